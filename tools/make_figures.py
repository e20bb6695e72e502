"""Draw the pictures of figures/: each as SVG and PNG, for light and for dark slides, each by the code of the course.

python tools/make_figures.py [folder]
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from lite_mamba.course.chapters.ch02_dilation_and_receptive_field import figures as receptive_field
from lite_mamba.course.chapters.ch03_streaming_a_convolution import figures as streaming_convolution
from lite_mamba.course.chapters.ch06_time_scales import figures as time_scales
from lite_mamba.course.chapters.ch09_parallel_and_chunked_scans import figures as parallel_scan
from lite_mamba.course.chapters.ch11_the_streaming_step import figures as streaming_step
from lite_mamba.course.chapters.ch12_memory_tasks import figures as memory_tasks
from lite_mamba.course.drawing import LiveFigure, slide
from lite_mamba.course.drawing import block_diagram as block

FOLDER = Path(__file__).resolve().parent.parent / "figures"

# Name of the file, how to make the figure, and the parameters it shows.
PICTURES: dict[str, tuple[Callable[[], LiveFigure], dict]] = {
    "block_diagram": (block.BlockDiagram, {"part": "scan"}),
    "receptive_field": (receptive_field.ReceptiveFieldMap, {}),
    "half_life_map": (time_scales.TimeScaleMap, {}),
    "scan_tree": (parallel_scan.ScanTree, {}),
    "streaming_buffer": (streaming_convolution.BufferAtWork, {}),
    "streaming": (streaming_step.StreamingScope, {}),
    "extrapolation": (memory_tasks.ByLength, {"exponent": 16}),
}


def draw(name: str) -> LiveFigure:
    """The figure of that name, at the parameters of its picture."""
    make, parameters = PICTURES[name]
    figure = make()
    figure.update(**(figure.defaults() | parameters))
    return figure


def save(name: str, folder: Path) -> None:
    """Write NAME.svg, NAME.png and both for a dark slide."""
    figure = draw(name)
    slide.save(figure.figure, folder, name, figure.about())


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        save(name, folder)
        print(f"{folder.name}/{name}: .svg, .png, and both -dark")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    main(parser.parse_args().folder)
