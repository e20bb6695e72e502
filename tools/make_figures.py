"""Draw the pictures of figures/, for slides and the README: each as SVG and PNG, each by the code of the course.

python tools/make_figures.py [folder]
"""

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

from lite_mamba.course.figures import (
    LiveFigure,
    block,
    parallel_scan,
    receptive_field,
    streaming_convolution,
    streaming_step,
    time_scales,
)

FOLDER = Path(__file__).resolve().parent.parent / "figures"

# Name of the file, how to make the figure, and the parameters it shows.
PICTURES: dict[str, tuple[Callable[[], LiveFigure], dict]] = {
    "block_diagram": (block.BlockDiagram, {"part": "scan"}),
    "receptive_field": (receptive_field.ReceptiveFieldMap, {}),
    "half_life_map": (time_scales.TimeScaleMap, {}),
    "scan_tree": (parallel_scan.ScanTree, {}),
    "streaming_buffer": (streaming_convolution.BufferAtWork, {}),
    "streaming": (streaming_step.StreamingScope, {}),
}


def draw(name: str) -> LiveFigure:
    """The figure of that name, at the parameters of its picture."""
    make, parameters = PICTURES[name]
    figure = make()
    figure.update(**(figure.defaults() | parameters))
    return figure


def save(name: str, folder: Path) -> None:
    """Write NAME.png and NAME.svg. The SVG keeps its words as text and holds neither dates nor random names."""
    figure = draw(name).figure
    figure.savefig(folder / f"{name}.png", dpi=150)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        save(name, folder)
        print(f"{folder.name}/{name}.png and .svg")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
