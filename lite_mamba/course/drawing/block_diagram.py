"""The whole block as a picture, part by part: its boxes, arrows and words (notebooks 00 and 10)."""

from dataclasses import dataclass

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from . import style
from .base import LiveFigure
from .controls import choice


@dataclass(frozen=True)
class Part:
    """One box of the diagram: where it stands, what it says, and what it is for."""

    label: str
    notebooks: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    purpose: str


PARTS = {
    "in_proj": Part("in_proj", ("10",), 0.2, 1.3, 1.4, 1.6, "makes two mixtures of the input: a signal x and a gate z"),
    "convolution": Part(
        "causal\nconvolutions",
        ("01", "02", "03"),
        2.3,
        1.85,
        2.05,
        1.5,
        "let each token see a few of the tokens before it",
    ),
    "selection": Part(
        "Δ, B, C\nfrom u", ("06", "07"), 4.85, 3.66, 1.75, 1.2, "decide, token by token, what to write and what to read"
    ),
    "scan": Part(
        "selective\nscan",
        ("04", "05", "08", "09"),
        4.85,
        1.95,
        1.75,
        1.3,
        "carries a state along the sequence: its memory",
    ),
    "gate": Part("×", ("08", "10"), 7.35, 2.25, 0.75, 0.75, "lets the second mixture z decide what goes out"),
    "out_proj": Part(
        "out_proj", ("10",), 8.65, 1.95, 1.5, 1.3, "mixes the channels and goes back to the input's width"
    ),
}

WORDS = (
    (-0.45, 2.55, "in"),
    (10.42, 2.95, "out"),
    (1.95, 2.9, "x"),
    (4.4, 3.7, "u"),
    (2.3, 0.9, "z"),
    (8.12, 1.2, "SiLU"),
    (6.97, 2.9, "y"),
    (5.72, 1.12, "state h"),
)
ARROWS = (
    ((-0.75, 2.1), (0.2, 2.1)),
    ((1.6, 2.6), (2.3, 2.6)),
    ((4.35, 2.6), (4.85, 2.6)),
    ((4.58, 2.6), (4.58, 4.25), (4.85, 4.25)),
    ((5.72, 3.66), (5.72, 3.25)),
    ((6.6, 2.62), (7.23, 2.62)),
    ((8.22, 2.62), (8.65, 2.62)),
    ((10.15, 2.62), (10.7, 2.62)),
    ((1.6, 1.5), (1.9, 1.5), (1.9, 0.65), (7.72, 0.65), (7.72, 2.25)),
    ((6.3, 1.95), (6.3, 1.6), (5.15, 1.6), (5.15, 1.95)),
)


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
        self.title(self.ax, f"{one_line(chosen)} {chosen.purpose}")
        return f"{one_line(chosen)} {chosen.purpose}. {_place(chosen)}"

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
        number = self.ax.text(*places[1], numbers(part), fontsize=13, **options)
        number.outside = name == "gate"
        self.texts[name] = (label, number)

    def _arrows(self) -> None:
        for *corners, end in ARROWS[:-1]:
            self._elbow(corners, end)
        loop = FancyArrowPatch(
            (6.4, 1.95), (5.05, 1.95), connectionstyle="arc3,rad=-0.75", arrowstyle="-|>", mutation_scale=20, lw=2.5,
            color=style.VERMILLION,
        )  # fmt: skip
        self.ax.add_patch(loop)
        for x, y, word in WORDS:
            look = {"color": style.VERMILLION, "fontweight": "bold"} if word == "state h" else {}
            self.ax.text(x, y, word, fontsize=14, ha="center", va="center", **look)

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


def numbers(part: Part) -> str:
    """The notebooks of a part, neighbours as a span: "04–05, 08–09"."""
    spans: list[list[str]] = []
    for number in part.notebooks:
        if spans and int(number) == int(spans[-1][-1]) + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ", ".join("–".join(span) for span in spans)


def one_line(part: Part) -> str:
    """The part's name in a sentence."""
    name = "gate" if part.label == "×" else part.label.replace("\n", " ")
    return name if "_" in name or "Δ" in name else f"The {name}"


def _place(part: Part) -> str:
    return f"Built in notebook{'s' if len(part.notebooks) > 1 else ''} {numbers(part)}."
