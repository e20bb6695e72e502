"""`explore`: the one way to put controls on a figure.

    course.explore(ImpulseResponse(conv=my_conv), dilation=course.slider(1, 8, 2, label="dilation"))

shows, in this order, the controls, the picture, and one sentence that says in words what the picture shows
now. `Exploration` holds the state and knows no widget: tests drive it with plain calls. The rest of the
module wires it to ipywidgets and to three displays of the notebook. Nothing here ever raises out of a
widget's callback: what goes wrong in a figure, or in the reader's own function inside it, is told in the
place of the sentence.
"""

import html
from dataclasses import dataclass, replace
from typing import ClassVar

import ipywidgets
from IPython import get_ipython
from IPython.display import display, update_display

from ..checking.errors import own_line
from ..drawing.base import LiveFigure
from ..drawing.controls import Choice, Control, Slider, Toggle
from .cards import live, show
from .check import owner

__all__ = ["Exploration", "Frame", "explore"]

SPEEDS = {"slow": 400, "normal": 100, "fast": 50}  # milliseconds from one picture to the next


@dataclass(frozen=True)
class Frame:
    """What the reader sees after a move: a PNG file, a sentence, and whether that tells of an error."""

    picture: bytes
    sentence: str
    failed: bool = False


class Exploration:
    """A figure, the present values of its controls, and the frame they give.

    Args:
        figure: the figure that is explored.
        controls: controls that take the place of the figure's own, by name.

    Raises:
        ValueError: if a control names no parameter of the figure.
        TypeError: if a control is not made by `slider`, `choice` or `toggle`, or the figure is no
            `LiveFigure`.
    """

    def __init__(self, figure: LiveFigure, **controls: Control):
        _check(figure, controls)
        self.figure = figure
        self.controls = _started(figure) | controls
        self.values: dict[str, object] = {}
        self.reset()

    def reset(self) -> Frame:
        """Go back to the starting values."""
        return self.set(**{name: control.value for name, control in self.controls.items()})

    def set(self, **values) -> Frame:
        """Change some values and draw once."""
        with self.figure.lock:
            self.values |= values
            try:
                sentence = self.figure.update(**self.values)
                self.frame = Frame(self.figure.picture(), sentence)
            except Exception as error:
                self.frame = Frame(self.figure.faded(), self._explain(error), failed=True)
            return self.frame

    def at(self, **values) -> str:
        """What the picture says with some controls set and the others at their start: its sentence.

        Raises:
            ValueError: a name is no control, or its control can't be set to the value.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(f"there is no control {name!r}; there are {', '.join(self.controls)}")
            if not self.controls[name].reaches(value):
                raise ValueError(f"{name} = {value!r} can't be set: {self.controls[name].summary()}")
        return self.figure.update(**{name: control.value for name, control in self.controls.items()} | values)

    def describe(self, values: dict[str, object]) -> str:
        """Some controls with their values, in words."""
        return ", ".join(
            f"{self.controls[name].label} = {self.controls[name].describe(v)}" for name, v in values.items()
        )

    def _ipython_display_(self) -> None:
        """Nothing more: `explore` has shown it already."""

    def summary(self) -> str:
        """The controls in words, one a line."""
        return "\n".join(control.summary() for control in self.controls.values())

    def _explain(self, error: Exception) -> str:
        at = self.describe(self.values)
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        line = own_line(error)
        place = f"\nRaised in {line[0]}, line {line[1]}: {line[2]}" if line else ""
        return f"No picture at {at}. {what}{place}\nMove a control to go on."


def explore(figure: LiveFigure, **controls: Control) -> Exploration:
    """Show a figure with its controls. One call, the last line of a cell.

    Args:
        figure: a `LiveFigure`; its class names the controls and their starting values. One that was set with
            `figure.update(...)` starts as it was set.
        **controls: controls that take the place of the figure's own, by name.

    Returns:
        The exploration, for `course.answers` in the cell below.

    Raises:
        ValueError: if a control names no parameter of the figure.
        TypeError: if a control is not made by `slider`, `choice` or `toggle`, or the figure is no
            `LiveFigure`.

    Example:
        >>> explore(ImpulseResponse(), dilation=slider(1, 8, 2, label="dilation"))  # doctest: +SKIP
    """
    if isinstance(figure, LiveFigure):
        figure.owner = owner  # to be told here only: a room or a page has no function of its own beside the reference's
    exploration = Exploration(figure, **controls)
    _Panel(exploration).show()
    return exploration


class _Panel:
    """The notebook side of an exploration: widgets above, picture and sentence below."""

    # by cell: the run that made them, and its panels
    open_panels: ClassVar[dict[str, tuple[str, list["_Panel"]]]] = {}

    def __init__(self, exploration: Exploration):
        self.exploration = exploration
        controls = exploration.controls
        width = f"{max((len(_title(control)) for control in controls.values()), default=0) + 1}ch"
        self.widgets = {name: _widget(control, width) for name, control in controls.items()}
        self.reset = ipywidgets.Button(
            description="Reset",
            icon="undo",
            tooltip="Back to the starting values",
            layout={"width": "max-content", "margin": f"2px 2px 2px calc({width} + 8px)"},
        )
        self.players: list[ipywidgets.Play] = []
        self.links: list[ipywidgets.Widget] = []
        rows = []
        for name, widget in self.widgets.items():
            rows.append(_row(controls[name], widget, width))
            if getattr(controls[name], "play", False):
                rows.append(self._player(widget, width))
        self.box = ipywidgets.VBox([*rows, self.reset])
        self.resetting = False
        self.shown = {name: widget.value for name, widget in self.widgets.items()}
        for widget in self.widgets.values():
            widget.observe(self._follow, names="value")
        self.reset.on_click(self._reset)

    def show(self) -> None:
        self._replace_older()
        items = "".join(f"<li>{html.escape(control.summary())}</li>" for control in self.exploration.controls.values())
        show(live(self.box, self._text(), f"Controls<ul>{items}</ul>"))
        picture, details = self._picture_bundle()
        self.picture_id = display(picture, metadata=details, raw=True, display_id=True).display_id
        self.sentence_id = display(self._sentence_bundle(), raw=True, display_id=True).display_id

    def close(self) -> None:
        for link in self.links:
            link.close()
        _close(self.box)

    def _player(self, slider: ipywidgets.IntSlider, label_width: str) -> ipywidgets.HBox:
        """Buttons that move a slider by themselves: play, pause, stop, repeat, and the speed.

        The link lives in the page, so that a slow kernel skips pictures instead of falling behind.
        """
        ends = {"min": slider.min, "max": slider.max, "step": slider.step}
        play = ipywidgets.Play(value=slider.value, interval=SPEEDS["normal"], **ends)
        self.players.append(play)
        self.links.append(ipywidgets.jslink((play, "value"), (slider, "value")))
        speed = ipywidgets.ToggleButtons(
            options=SPEEDS, value=play.interval, tooltips=[f"play {name}" for name in SPEEDS]
        )
        speed.style.button_width = "max-content"
        speed.observe(lambda change: setattr(play, "interval", change["new"]), names="value")
        return ipywidgets.HBox([play, speed], layout={"margin": f"2px 2px 2px calc({label_width} + 8px)"})

    def _text(self) -> str:
        return "Controls\n" + self.exploration.summary()

    def _follow(self, _change=None) -> None:
        """Draw what the widgets hold now, unless that is what is drawn already: moves that came in between drop out.

        JupyterLab may hand the messages of widgets to several threads at once.
        """
        with self.exploration.figure.lock:
            shown = {name: widget.value for name, widget in self.widgets.items()}
            if self.resetting or shown == self.shown:
                return
            self.shown = shown
            controls = self.exploration.controls
            self.exploration.set(**{name: _value(controls[name], value) for name, value in shown.items()})
            self._redraw()

    def _reset(self, _button) -> None:
        with self.exploration.figure.lock:
            self.resetting = True
            for play in self.players:
                play.playing = False
            for name, widget in self.widgets.items():
                widget.value = _shown(self.exploration.controls[name])
            self.resetting = False
            self._follow()

    def _redraw(self) -> None:
        picture, details = self._picture_bundle()
        update_display(picture, metadata=details, raw=True, display_id=self.picture_id)
        update_display(self._sentence_bundle(), raw=True, display_id=self.sentence_id)

    def _picture_bundle(self) -> tuple[dict, dict]:
        width, height = self.exploration.figure.size()
        bundle = {"image/png": self.exploration.frame.picture, "text/plain": self.exploration.figure.about()}
        return bundle, {"image/png": {"width": width, "height": height}}

    def _sentence_bundle(self) -> dict[str, str]:
        frame = self.exploration.frame
        lines = html.escape(frame.sentence).replace("\n", "<br>")
        if frame.failed:
            shown = f'<p role="alert" style="color:#A33F00;font-weight:bold;font-size:110%">{lines}</p>'
        else:
            shown = f'<p role="status" aria-live="polite" style="font-size:110%">{lines}</p>'
        return {"text/html": shown, "text/plain": frame.sentence}

    def _replace_older(self) -> None:
        """Close the panels that an earlier run of the same cell left behind."""
        shell = get_ipython()
        parent = shell.get_parent() if shell is not None and hasattr(shell, "get_parent") else {}
        cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
        if cell is None:
            return
        earlier, panels = self.open_panels.get(cell, (run, []))
        if earlier != run:
            for panel in panels:
                panel.close()
            panels = []
        self.open_panels[cell] = (run, [*panels, self])


def _started(figure: LiveFigure) -> dict[str, Control]:
    """The figure's controls, each starting where the figure was set last, if it can be set there."""
    last = {name: value for name, value in figure.set_to.items() if figure.controls[name].reaches(value)}
    return figure.controls | {name: replace(figure.controls[name], value=value) for name, value in last.items()}


def _check(figure, controls: dict[str, Control]) -> None:
    if not isinstance(figure, LiveFigure):
        raise TypeError(f"explore takes a LiveFigure, got {type(figure).__name__}")
    for name, control in controls.items():
        if name not in figure.controls:
            known = ", ".join(figure.controls)
            raise ValueError(f"{type(figure).__name__} has no parameter {name!r}; it has: {known}")
        if not isinstance(control, Control):
            raise TypeError(f"{name} must be made by slider(), choice() or toggle(), got {type(control).__name__}")


def _title(control: Control) -> str:
    unit = getattr(control, "unit", "")
    return f"{control.label} ({unit})" if unit else control.label


def _widget(control: Control, label_width: str) -> ipywidgets.ValueWidget:
    shared = {
        "description": _title(control),
        "tooltip": control.summary(),
        "style": {"description_width": label_width},
    }
    if isinstance(control, Slider):
        return _slider_widget(control, shared | {"layout": {"width": "100%", "max_width": "760px"}})
    if isinstance(control, Toggle):
        return ipywidgets.Checkbox(value=control.value, indent=True, layout={"width": "auto"}, **shared)
    assert isinstance(control, Choice)
    shared |= {"options": list(control.options), "value": _shown(control)}
    if len(control.options) <= 4 and sum(map(len, control.options)) <= 50:
        shared |= {"description": "", "orientation": "horizontal"}
        return ipywidgets.RadioButtons(layout={"width": "max-content"}, **shared)
    return ipywidgets.Dropdown(layout={"width": "max-content"}, **shared)


def _close(widget: ipywidgets.Widget) -> None:
    """Close a widget with all that belongs to it, so that a cell that runs again leaves nothing behind."""
    for part in (*getattr(widget, "children", ()), widget.layout, getattr(widget, "style", None)):
        if isinstance(part, ipywidgets.DOMWidget):
            _close(part)
        elif part is not None:
            part.close()
    widget.close()


def _shown(control: Control):
    """The starting value as its widget holds it: a choice shows names, since values may be anything."""
    return control.describe(control.value) if isinstance(control, Choice) else control.value


def _value(control: Control, shown):
    """The value that belongs to what a widget shows."""
    return control.options[shown] if isinstance(control, Choice) else shown


def _row(control: Control, widget: ipywidgets.Widget, label_width: str) -> ipywidgets.Widget:
    """A widget with its label in front; radio buttons would put theirs above."""
    if not isinstance(widget, ipywidgets.RadioButtons):
        return widget
    layout = {
        "width": label_width,
        "display": "flex",
        "justify_content": "flex-end",
        "margin": "2px 4px 2px 2px",
    }
    return ipywidgets.HBox([ipywidgets.Label(control.label, layout=layout), widget])


def _slider_widget(control: Slider, shared: dict) -> ipywidgets.ValueWidget:
    if control.log:  # the widgets' own formats write 0.000001995 and 65,536, where a sentence has 1.995e−6 and 65 536
        numbers = [(control.number(value), value) for value in control.positions()]
        return ipywidgets.SelectionSlider(options=numbers, value=control.value, **shared)
    kind = ipywidgets.IntSlider if control.whole else ipywidgets.FloatSlider
    form = {} if control.whole else {"readout_format": f".{control.decimals()}f"}
    return kind(value=control.value, min=control.low, max=control.high, step=control.step, **form, **shared)
