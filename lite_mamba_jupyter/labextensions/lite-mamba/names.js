// Names what ipywidgets leaves without a name for a screen reader: the handle of a slider, and the buttons of a Play.
//
// An extension that JupyterLab and Notebook load as it stands: a "prebuilt" one, which needs no build because it imports
// nothing. It sees a control once, when it comes into the page. From then on noUiSlider, which ipywidgets uses, calls it
// at each move, after ipywidgets has written the readout.
"use strict";
{
  const SLIDER = ".widget-slider .noUi-target", PLAY = ".widget-play";
  const BUTTONS = ["Play or pause", "Stop", "Repeat"];
  let labels = 0;

  function nameSlider(slider) {
    const handles = slider.querySelectorAll(".noUi-handle"), widget = slider.closest(".widget-slider");
    if (!handles.length || handles[0].hasAttribute("aria-labelledby")) return; // a cell that scrolls back into sight
    const label = widget.querySelector(".widget-label"), readout = widget.querySelector(".widget-readout");
    label.id ||= `widget-label-${++labels}`;
    const each = (attribute, value) => handles.forEach(handle => handle.setAttribute(attribute, value));
    each("aria-labelledby", label.id);
    slider.noUiSlider.on("update", () => each("aria-valuetext", readout.textContent));
  }

  function namePlay(play) {
    play.querySelectorAll("button").forEach((button, i) => button.setAttribute("aria-label", BUTTONS[i]));
  }

  function nameAll(element) {
    for (const [selector, name] of [[SLIDER, nameSlider], [PLAY, namePlay]]) {
      const around = element.closest(selector); // a slider that turns upright is made anew within its place
      if (around) name(around);
      element.querySelectorAll(selector).forEach(name);
    }
  }

  const plugin = {
    id: "lite-mamba:names",
    description: "Names the controls of ipywidgets for screen readers.",
    autoStart: true,
    activate() {
      nameAll(document.body);
      const watch = new MutationObserver(records => {
        for (const { addedNodes } of records)
          for (const node of addedNodes) if (node instanceof Element) nameAll(node);
      });
      watch.observe(document.body, { childList: true, subtree: true });
    },
  };

  // What JupyterLab asks of an extension that is loaded as a script.
  (window._JUPYTERLAB ??= {})["lite-mamba"] = { init() {}, get: async () => () => plugin };
}
