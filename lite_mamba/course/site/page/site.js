// Scrubs recorded figures: a range input stands for each control, a picture and a sentence for each combination.
"use strict";

for (const player of document.querySelectorAll(".player")) {
  const { words, sentences } = JSON.parse(player.querySelector("script").textContent);
  const ranges = [...player.querySelectorAll("input")];
  const shown = [...player.querySelectorAll("label span")];
  const picture = player.querySelector("img");
  const says = player.querySelector("[aria-live]");
  const file = frame => picture.getAttribute("src").replace(/\d+\.webp$/, `${frame}.webp`);

  function show() {
    const frame = ranges.reduce((at, range, i) => at * words[i].length + Number(range.value), 0);
    picture.src = file(frame);
    says.textContent = sentences[frame];
    ranges.forEach((range, i) => {
      shown[i].textContent = words[i][range.value];
      range.setAttribute("aria-valuetext", words[i][range.value]);
    });
  }

  function reset() { // also after a reload, when a browser restores where a slider stood
    for (const range of ranges) range.value = range.defaultValue;
    show();
  }

  function fetchAll() { // at the first sign of interest, so that no picture comes late
    sentences.forEach((_, frame) => { new Image().src = file(frame); });
  }

  for (const play of player.querySelectorAll(".play")) {
    const range = play.previousElementSibling.querySelector("input");
    let clock = null;
    const run = timer => {
      clearInterval(clock);
      clock = timer;
      play.textContent = play.textContent.replace(/^\w+/, clock ? "Pause" : "Play");
      says.setAttribute("aria-live", clock ? "off" : "polite"); // nobody wants each frame read out
    };
    const step = () => {
      range.stepUp();
      show();
      if (range.value === range.max) run(null);
    };
    play.addEventListener("click", () => {
      if (!clock && range.value === range.max) range.value = 0;
      run(clock ? null : setInterval(step, 200));
    });
    player.querySelector(".reset").addEventListener("click", () => run(null));
  }
  for (const range of ranges) range.addEventListener("input", show);
  player.querySelector(".reset").addEventListener("click", reset);
  for (const sign of ["pointerenter", "focusin"]) player.addEventListener(sign, fetchAll, { once: true });
  player.querySelector(".controls").hidden = false;
  reset();
  if ("right" in player.dataset) picture.parentElement.scrollLeft = picture.width; // where the screen is narrow
}
