"""The whole block as a picture, part by part (notebooks 00 and 10)."""

from dataclasses import dataclass

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from . import style
from .base import LiveFigure
from .controls import choice


@dataclass(frozen=True)
class Part:
    """One box of the diagram: where it stands, what it says, and what it is for."""

    label: str
    notebooks: str
    x: float
    y: float
    width: float
    height: float
    purpose: str


PARTS = {
    "in_proj": Part("in_proj", "10", 0.2, 1.3, 1.4, 1.6, "makes two mixtures of the input: a signal x and a gate z"),
    "convolution": Part(
        "causal\nconvolutions", "01–03", 2.3, 1.85, 2.05, 1.5, "let each token see a few of the tokens before it"
    ),
    "selection": Part(
        "Δ, B, C\nfrom x", "06, 07", 4.85, 3.75, 1.75, 1.0, "decide, token by token, what to write and what to read"
    ),
    "scan": Part(
        "selective\nscan", "04–09", 4.85, 1.95, 1.75, 1.3, "carries a state along the sequence: the block's memory"
    ),
    "gate": Part("×", "10", 7.35, 2.25, 0.75, 0.75, "lets the second mixture z decide what goes out"),
    "out_proj": Part("out_proj", "10", 8.65, 1.95, 1.5, 1.3, "mixes the channels and goes back to the input's width"),
}


class BlockDiagram(LiveFigure):
    """The Mamba block: what each part does and where the course builds it."""

    controls = {"part": choice({name: name for name in PARTS}, "scan", label="part of the block")}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.figure.set_layout_engine("none")
        self.ax = self.figure.add_axes((0.01, 0.01, 0.98, 0.86))
        self.ax.set(xlim=(-0.9, 11.1), ylim=(0, 4.95))
        self.ax.axis("off")
        self.boxes, self.texts = {}, {}
        for name, part in PARTS.items():
            self._box(name, part)
        self._arrows()
        self.move(*self.boxes.values(), *(text for pair in self.texts.values() for text in pair))

    def update(self, part: str = "scan") -> str:
        for name, box in self.boxes.items():
            lit = name == part
            box.set(facecolor=style.BLUE if lit else "#EAF2F8", linewidth=4 if lit else 2)
            for text in self.texts[name]:
                text.set_color("white" if lit and not _outside(text) else style.BLACK)
        chosen = PARTS[part]
        self.part = part
        self.title(self.ax, f"{_one_line(chosen)} {chosen.purpose}")
        return f"{_one_line(chosen)} {chosen.purpose}. {_place(chosen)}"

    def _box(self, name: str, part: Part) -> None:
        if name == "gate":
            radius = part.width / 2
            box = Circle((part.x + radius, part.y + radius), radius, edgecolor=style.BLUE)
            places = ((part.x + radius, part.y + radius), (part.x + radius, part.y + part.height + 0.3))
        else:
            box = FancyBboxPatch(
                (part.x, part.y),
                part.width,
                part.height,
                boxstyle="round,pad=0,rounding_size=0.12",
                edgecolor=style.BLUE,
            )
            middle = part.x + part.width / 2
            places = ((middle, part.y + part.height * 0.62), (middle, part.y + part.height * 0.2))
        self.boxes[name] = self.ax.add_patch(box)
        options = {"ha": "center", "va": "center"}
        size = 24 if name == "gate" else 15
        label = self.ax.text(*places[0], part.label, fontsize=size, fontweight="bold", linespacing=1.05, **options)
        number = self.ax.text(*places[1], part.notebooks, fontsize=13, **options)
        number.outside = name == "gate"
        self.texts[name] = (label, number)

    def _arrows(self) -> None:
        self._arrow((-0.75, 2.1), (0.2, 2.1))
        self._arrow((1.6, 2.6), (2.3, 2.6))
        self._arrow((4.35, 2.6), (4.85, 2.6))
        self._elbow([(4.58, 2.6), (4.58, 4.25)], (4.85, 4.25))
        self._arrow((5.72, 3.75), (5.72, 3.25))
        self._arrow((6.6, 2.62), (7.35, 2.62))
        self._arrow((8.1, 2.62), (8.65, 2.62))
        self._arrow((10.15, 2.62), (10.95, 2.62))
        self._elbow([(1.6, 1.5), (1.9, 1.5), (1.9, 0.65), (7.72, 0.65)], (7.72, 2.25))
        loop = FancyArrowPatch(
            (6.4, 1.95), (5.05, 1.95), connectionstyle="arc3,rad=-0.75", arrowstyle="-|>", mutation_scale=20, lw=2.5,
            color=style.VERMILLION,
        )  # fmt: skip
        self.ax.add_patch(loop)
        note = {"fontsize": 14, "ha": "center", "va": "center"}
        self.ax.text(5.72, 1.2, "state h", color=style.VERMILLION, fontweight="bold", **note)
        self.ax.text(-0.38, 2.5, "in", **note)
        self.ax.text(10.6, 3.0, "out", **note)
        self.ax.text(1.95, 2.95, "x", fontstyle="italic", **note)
        self.ax.text(2.25, 0.95, "z", fontstyle="italic", **note)
        self.ax.text(8.12, 1.2, "SiLU", **note)

    def _arrow(self, start, end) -> None:
        self.ax.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-|>", mutation_scale=20, lw=2.5, color=style.BLACK, shrinkA=0, shrinkB=0
            )
        )

    def _elbow(self, points, end) -> None:
        xs, ys = zip(*points, strict=True)
        self.ax.plot(xs, ys, color=style.BLACK, lw=2.5, ls="-", solid_joinstyle="round")
        self._arrow(points[-1], end)


def _outside(text) -> bool:
    return getattr(text, "outside", False)


def _one_line(part: Part) -> str:
    name = "gate" if part.label == "×" else part.label.replace("\n", " ")
    return name if "_" in name or "Δ" in name else f"The {name}"


def _place(part: Part) -> str:
    return f"Built in notebook{'s' if len(part.notebooks) > 2 else ''} {part.notebooks}."


CHAPTERS = {
    "01": "01_causal_convolution.ipynb",
    "02": "02_dilation_and_receptive_field.ipynb",
    "03": "03_streaming_a_convolution.ipynb",
    "04": "04_discretisation.ipynb",
    "05": "05_three_views.ipynb",
    "06": "06_time_scales.ipynb",
    "07": "07_selection.ipynb",
    "08": "08_the_selective_scan.ipynb",
    "09": "09_parallel_and_chunked_scans.ipynb",
    "10": "10_the_block.ipynb",
}
READ_IN = {
    "in_proj": ("10",),
    "convolution": ("01", "02", "03"),
    "selection": ("06", "07"),
    "scan": ("04", "05", "08", "09"),
    "gate": ("08", "10"),
    "out_proj": ("10",),
}
INK, BOX, LINK = "#1A1A1A", "#EAF2F8", "#00507D"
UNIT = 66  # pixels for one unit of the diagram


class LinkedDiagram:
    """The block as a page: every box holds links to the notebooks that build it. The same text on every machine."""

    def __repr__(self) -> str:
        lines = ["The block, in the order in which a token passes it:"]
        lines += [f"  {_one_line(part)}: notebook {', '.join(READ_IN[name])}" for name, part in PARTS.items()]
        return "\n".join(lines).replace("from x", "from u")

    def _repr_html_(self) -> str:
        boxes = "".join(_html_box(name, part) for name, part in PARTS.items())
        words = "".join(_html_word(*word) for word in WORDS)
        size = f"width:{11.6 * UNIT:.0f}px;height:{4.7 * UNIT:.0f}px"
        return (
            f'<div style="overflow-x:auto"><div role="group" aria-label="The block and its notebooks" '
            f'style="position:relative;{size};background:#FFFFFF;color:{INK};font-size:15px">'
            f"{_svg_arrows()}{boxes}{words}</div></div>"
        )


WORDS = (
    (-0.45, 2.55, "in"),
    (10.42, 2.95, "out"),
    (1.95, 2.9, "x"),
    (4.4, 3.7, "u"),
    (2.3, 0.9, "z"),
    (8.12, 1.2, "SiLU"),
    (6.97, 2.9, "y"),
    (5.72, 1.35, "state h"),
)
ARROWS = (
    ((-0.75, 2.1), (0.2, 2.1)),
    ((1.6, 2.6), (2.3, 2.6)),
    ((4.35, 2.6), (4.85, 2.6)),
    ((4.58, 2.6), (4.58, 4.25), (4.85, 4.25)),
    ((5.72, 3.75), (5.72, 3.25)),
    ((6.6, 2.62), (7.23, 2.62)),
    ((8.22, 2.62), (8.65, 2.62)),
    ((10.15, 2.62), (10.7, 2.62)),
    ((1.6, 1.5), (1.9, 1.5), (1.9, 0.65), (7.72, 0.65), (7.72, 2.25)),
    ((6.3, 1.95), (6.3, 1.6), (5.15, 1.6), (5.15, 1.95)),
)


def _place_in_page(x: float, y: float) -> tuple[float, float]:
    """From the diagram's units, y upwards, to pixels from the upper left corner."""
    return (x + 0.75) * UNIT, (4.95 - y) * UNIT


def _svg_arrows() -> str:
    """The arrows as lines with heads; they are decoration, the order stands in the text."""
    drawn = []
    for points in ARROWS:
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in (_place_in_page(*point) for point in points))
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="2.5"/>')
        drawn.append(f'<polygon points="{_head(*points[-2:])}" fill="{INK}"/>')
    return (
        f'<svg aria-hidden="true" width="{11.6 * UNIT:.0f}" height="{4.7 * UNIT:.0f}" '
        f'style="position:absolute;left:0;top:0">{"".join(drawn)}</svg>'
    )


def _head(start, end) -> str:
    """The three corners of an arrow's head; all arrows run along an axis."""
    (x0, y0), (x, y) = _place_in_page(*start), _place_in_page(*end)
    across, along = (0, 1), (1 if x > x0 else -1, 0)
    if abs(x - x0) < 1:
        across, along = (1, 0), (0, 1 if y > y0 else -1)
    corners = [
        (x, y),
        *((x - 11 * along[0] + side * 6 * across[0], y - 11 * along[1] + side * 6 * across[1]) for side in (1, -1)),
    ]
    return " ".join(f"{a:.0f},{b:.0f}" for a, b in corners)


def _html_box(name: str, part: Part) -> str:
    left, top = _place_in_page(part.x, part.y + part.height)
    width, height = part.width * UNIT, part.height * UNIT
    links = " ".join(
        f'<a href="{CHAPTERS[number]}" title="notebook {number}, {part.purpose}" '
        f'style="color:{LINK};text-decoration:underline;font-weight:bold">{number}</a>'
        for number in READ_IN[name]
    )
    label = "× gate" if name == "gate" else part.label.replace("from x", "from u").replace("\n", "<br>")
    if name == "gate":
        left, width = left - 8, width + 16
    return (
        f'<div style="position:absolute;left:{left:.0f}px;top:{top:.0f}px;width:{width:.0f}px;height:{height:.0f}px;'
        f"box-sizing:border-box;border:2.5px solid {style.BLUE};border-radius:9px;background:{BOX};color:{INK};"
        f"display:flex;flex-direction:column;align-items:center;justify-content:center;text-align:center;"
        f'line-height:1.25"><strong>{label}</strong><span>{links}</span></div>'
    )


def _html_word(x: float, y: float, text: str) -> str:
    left, top = _place_in_page(x, y)
    return (
        f'<div style="position:absolute;left:{left - 40:.0f}px;top:{top - 11:.0f}px;width:80px;'
        f'text-align:center;color:{INK};background:transparent"><em>{text}</em></div>'
    )
