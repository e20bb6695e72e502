"""`LiveFigure`: a matplotlib figure that is built once and then only moved.

Drawing a figure anew costs 50 ms and more. Here everything that stays (axes, labels, grid) is drawn once and
kept as pixels; a move restores those pixels, draws the few artists that change on top, and encodes the
result. A subclass builds its axes in `__init__`, names what will change with `move`, and sets data in
`update`:

    class Decay(LiveFigure):
        "An exponential and its half-life."

        controls = {"rate": slider(0.1, 2.0, 0.5, 0.1, label="decay rate", unit="per step")}

        def __init__(self):
            super().__init__()
            self.ax = self.figure.subplots()
            self.ax.set(xlim=(0, 20), ylim=(0, 1), xlabel="time (steps)", ylabel="state")
            self.t = np.linspace(0, 20, 200)
            (self.line,) = self.ax.plot(self.t, self.t * 0)
            self.move(self.line)

        def update(self, rate=0.5):
            self.y = np.exp(-rate * self.t)
            self.line.set_ydata(self.y)
            self.title(self.ax, f"Half of it is left after {np.log(2) / rate:.1f} steps")
            return f"At a rate of {rate:.1f} per step the state halves every {np.log(2) / rate:.1f} steps."
"""

import contextlib
import functools
import inspect
import io
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from . import style
from .controls import Control
from .raster import draw_cells, has_plain_cells, png


class LiveFigure:
    """A figure whose picture follows its parameters.

    Attributes:
        controls: the parameters of `update`, in the order shown, each with range, starting value and label.
        figure: the matplotlib figure, made without pyplot.
        set_to: the parameters given to the last `update`: what the figure shows when a cell ends with it.
        owner: says whose a function is that the figure runs: "yours", "the reference's", or "" as long as nobody knows.
        lock: held from an update to the end of its picture, since widgets may call from several threads.
    """

    controls: ClassVar[dict[str, Control]] = {}
    measured: ClassVar[bool] = False  # whether it draws times of this machine, which differ from run to run

    def __init__(self, width: float = style.WIDTH, height: float = style.HEIGHT):
        self.figure = style.new_figure(width, height)
        self.figure.before_saving = self._prepare
        self.lock = threading.RLock()
        self.owner = lambda function: ""
        self._moving: list[Artist] = []
        self._titles: dict[object, Text] = {}
        self._still = None
        self._laid_out = False
        self.set_to: dict[str, object] = {}
        self._last = b""  # the last picture, as a file: a thirtieth of its pixels

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "__init__" in cls.__dict__:
            cls.__init__ = _styled(cls.__init__)
        if "update" in cls.__dict__:
            cls.update = _remembered(cls.update)

    def update(self, **parameters) -> str:
        """Set the artists' data in place; return the live sentence, which says what is shown."""
        raise NotImplementedError

    def move(self, *artists: Artist) -> None:
        """Name the artists that change. They are drawn above everything that stays, in order of their zorder.

        An image brings the frame of its axes along, which would otherwise vanish beneath it.
        """
        for artist in artists:
            frame = artist.axes.spines.values() if isinstance(artist, ScalarMappable) and artist.axes else ()
            for one in (artist, *frame):
                if one not in self._moving:
                    one.set_animated(True)
                    self._moving.append(one)
        self._moving.sort(key=lambda one: one.get_zorder())
        self._still = None

    def title(self, ax, text: str, pad: float | None = None) -> None:
        """Set the title of `ax`, left aligned, as an artist that moves. Keep its number of lines the same.

        `pad` is its distance from the axes in points, if there is something in between.
        """
        if ax not in self._titles:
            with style.context():
                self._titles[ax] = ax.set_title(text, loc="left", pad=pad)
            self.move(self._titles[ax])
        self._titles[ax].set_text(text)

    def picture(self) -> bytes:
        """The figure after the last `update`, as a PNG file."""
        self._last = png(self.pixels())
        return self._last

    def savefig(self, *where, **options) -> None:
        """Write the figure as it was set last to a file: the arguments are those of matplotlib's `Figure.savefig`."""
        with self.lock:
            self.update(**self.defaults() | self.set_to)
            self.figure.savefig(*where, **options)

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        """A still picture of what was set last, for a cell whose last line is a figure. The sentence is its text."""
        sentence = self.update(**self.defaults() | self.set_to)
        width, height = self.size()
        return {"image/png": self.picture(), "text/plain": sentence}, {"image/png": {"width": width, "height": height}}

    def faded(self) -> bytes:
        """The last picture that could be drawn, pale: shown while the parameters have none of their own."""
        if not self._last:
            return png(np.full((*self.size()[::-1], 4), 255, np.uint8))  # (height, width, 4), white
        pale = np.array(Image.open(io.BytesIO(self._last)))  # (height, width, 4)
        pale[..., :3] = 255 - (255 - pale[..., :3]) // 4
        return png(pale)

    def pixels(self) -> np.ndarray:
        """The figure after the last `update`, (height, width, 4) bytes, valid until the next call."""
        canvas = self.figure.canvas
        if self._still is None:
            self._draw_still()
        canvas.restore_region(self._still)
        renderer = canvas.get_renderer()
        for artist in self._moving:
            if has_plain_cells(artist):
                draw_cells(artist, renderer)
            else:
                artist.draw(renderer)
        return np.asarray(canvas.buffer_rgba())

    def enlarge(self, width: int) -> None:
        """Draw `width` pixels wide from now on: lines and type grow with the picture, and all keeps its place."""
        dpi = width / self.figure.get_figwidth()
        if dpi != self.figure.dpi:
            self.figure.set_dpi(dpi)
            self._still, self._last = None, b""

    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self.figure.canvas.get_width_height()

    def titles(self) -> list[str]:
        """The titles that moved last, as text."""
        return [title.get_text() for title in self._titles.values()]

    def whose_is(self, **functions: Callable) -> str:
        """Whose functions the figure runs, a sentence of each to append: " The gate is yours."

        Nothing of a function that nobody knows.
        """
        return "".join(f" The {name} is {whose}." for name, one in functions.items() if (whose := self.owner(one)))

    def whose_are(self, functions: Mapping[str, Callable]) -> str:
        """The same of many, by their names, owner by owner: " Yours: loop, tree. The reference's: chunks." """
        named: dict[str, list[str]] = {}
        for name, function in functions.items():
            named.setdefault(self.owner(function), []).append(name)
        return "".join(f" {whose.capitalize()}: {', '.join(names)}." for whose, names in named.items() if whose)

    def about(self) -> str:
        """What the figure is, in one line: the first line of the class's docstring."""
        return (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]

    def defaults(self) -> dict[str, object]:
        """The starting value of every parameter."""
        return {name: control.value for name, control in self.controls.items()}

    def corners(self) -> Iterator[dict[str, object]]:
        """The starting parameters, then every combination of the controls' extremes: for tests."""
        yield self.defaults()
        for values in itertools.product(*(control.extremes() for control in self.controls.values())):
            yield dict(zip(self.controls, values, strict=True))

    def _prepare(self) -> None:
        """A file has its axes where the picture has them."""
        if not self._laid_out:
            self.update(**self.defaults() | self.set_to)
            self._lay_out()

    def _draw_still(self) -> None:
        if not self._laid_out:
            self._lay_out()
        canvas = self.figure.canvas
        with style.context():
            canvas.draw()
        self._still = canvas.copy_from_bbox(self.figure.bbox)

    def _lay_out(self) -> None:
        """Give the axes the places that the starting parameters ask for, whatever is drawn first, and keep them."""
        start, shown = self.defaults(), self.defaults() | self.set_to
        elsewhere = any(shown[name] is not value for name, value in start.items())
        if elsewhere:
            with contextlib.suppress(Exception):  # a reader's function may fail there, and not here
                self.update(**start)
        for one in self._moving:
            if isinstance(one, Line2D) and not len(one.get_xdata()):
                one.set_in_layout(False)  # no points: it would ask for room around the corner of the picture
        with style.context():
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        self._laid_out = True
        if elsewhere:
            self.update(**shown)


def _styled(build):
    @functools.wraps(build)
    def build_in_style(*args, **kwargs):
        with style.context():
            build(*args, **kwargs)

    return build_in_style


def _remembered(update):
    names = list(inspect.signature(update).parameters)[1:]

    @functools.wraps(update)
    def update_and_remember(self, *given, **named):
        sentence = update(self, *given, **named)
        self.set_to = dict(zip(names, given, strict=False)) | named
        return sentence

    return update_and_remember
