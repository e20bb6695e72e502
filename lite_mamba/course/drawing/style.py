"""One look for every figure of the course: colours, sizes, and the few helpers that all of them need.

The five colours keep a contrast of at least 3:1 on white and stay apart for colour-blind readers; an area that is paler
has an edge that is not. Colour never stands alone: lines differ in style too, and carry their name beside them instead
of in a legend.
"""

import matplotlib
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from .raster import Canvas

BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
BLACK = "#000000"
GREY = "#6B6B6B"  # for what stays in the background; 5.3:1 on white
RULE = "#8C8C8C"  # for thin lines and edges in the background; 3.4:1 on white
NAVY, RUST = "#00446B", "#7A2E00"  # blue and vermillion for a thin line upon a broad grey one: 3:1 on #949494
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, BLACK)
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))

PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 3}  # a `bbox` for text that lines may cross

SEQUENTIAL = "cividis"  # for magnitudes
DIVERGING = "RdBu_r"  # for signed values, symmetric around zero
NEGATIVE, POSITIVE = map(to_hex, matplotlib.colormaps[DIVERGING]((0.15, 0.85)))  # for bars beside such a map

WIDTH, HEIGHT, DPI = 10.0, 4.5, 100

SETTINGS = {
    "font.family": "DejaVu Sans",
    "font.size": 14,
    "axes.titlesize": 16,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.labelsize": 14,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
    "legend.fontsize": 13,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "lines.linewidth": 2.5,
    "lines.markersize": 8,
    "image.cmap": SEQUENTIAL,
    "image.interpolation": "nearest",
    "image.aspect": "auto",
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS) + matplotlib.cycler(linestyle=LINES),
}


def context():
    """The course's matplotlib settings, for the length of a `with` block."""
    return matplotlib.rc_context(SETTINGS)


class _Saved(Figure):
    """Saved as it is drawn: in this style, with a heading that moves, where matplotlib would leave that out."""

    def before_saving(self) -> None:
        """What has to be done first: a `LiveFigure` gives its axes their places."""

    def __getstate__(self) -> dict:
        """What a copy takes along: nothing of a `LiveFigure`, which cannot be copied."""
        return {name: value for name, value in super().__getstate__().items() if name != "before_saving"}

    def savefig(self, *where, **options) -> None:
        self.before_saving()
        moving = [one for one in self.get_children() if one.get_animated()]
        for one in moving:
            one.set_animated(False)
        try:
            with context():
                super().savefig(*where, **options)
        finally:
            for one in moving:
                one.set_animated(True)


def new_figure(width: float = WIDTH, height: float = HEIGHT, dpi: int = DPI) -> Figure:
    """An empty figure of `width` by `height` inches, drawn by Agg, unknown to pyplot."""
    room = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.1, wspace=0.04)  # inches around each axes
    figure = _Saved(figsize=(width, height), dpi=dpi, layout=room, facecolor="white")
    Canvas(figure)
    return figure


def label_line(ax, text: str, x: float, y: float, colour: str, **options):
    """Write `text` beside a line at data position (x, y), in the line's colour. Returns the text artist."""
    settings = {"ha": "left", "va": "center", "fontsize": 14, "fontweight": "bold"} | options
    return ax.text(x, y, text, color=colour, **settings)


def smallest_words(figure: Figure) -> float:
    """The size of the smallest letters in a drawn figure, in points; an exponent has 0.7 of its base's."""

    def size(words: Text) -> float:
        raised = "$" in words.get_text() and any(sign in words.get_text() for sign in "^_")
        return words.get_fontsize() * (0.7 if raised else 1)

    return min(size(one) for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip())
