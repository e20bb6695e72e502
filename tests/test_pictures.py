"""The pictures in figures/ are what the code draws today."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "make_figures.py"))
MEASURED = "scan_speed"  # drawn from benchmarks/measured.json


def words(svg: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]*)<", svg.read_text("utf-8")))


def coarse(png: Path) -> np.ndarray:
    """The picture in greys, shrunk so that another version's rounding of an edge does not count."""
    return np.asarray(Image.open(png).convert("L").resize((150, 68), Image.Resampling.BOX), dtype=float)


def apart(one: Path, other: Path) -> float:
    """How many of 255 greys each place of one lies, on average, beyond all that the other shows there and next to it.

    Versions of matplotlib place words and edges up to one such place apart: 0.2 to 0.7 between 3.9 and 3.11.
    """
    a, b = coarse(one), coarse(other)
    return float(np.maximum(beyond(a, b), beyond(b, a)).mean())


def beyond(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    around = np.lib.stride_tricks.sliding_window_view(np.pad(b, 1, mode="edge"), (3, 3))
    return np.abs(a - a.clip(around.min(axis=(2, 3)), around.max(axis=(2, 3))))


@pytest.mark.parametrize("name", TOOL["PICTURES"])
def test_the_stored_picture_is_what_the_code_draws(name, tmp_path):
    TOOL["save"](name, tmp_path)
    assert_stored(name, tmp_path)


def test_the_picture_of_the_measurements_is_drawn_from_them(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    runpy.run_path(str(ROOT / "benchmarks" / "plot.py"))["save"](tmp_path)
    assert_stored(MEASURED, tmp_path)


def assert_stored(name: str, tmp_path: Path) -> None:
    assert apart(tmp_path / f"{name}.png", ROOT / "figures" / f"{name}.png") < 1
    assert words(tmp_path / f"{name}.svg") == words(ROOT / "figures" / f"{name}.svg")


def test_two_pictures_are_further_apart_than_the_tolerance():
    assert apart(*(ROOT / "figures" / f"{name}.png" for name in ("block_diagram", "receptive_field"))) > 1


def test_a_line_that_moves_by_a_fiftieth_of_the_width_is_further_apart_than_the_tolerance(tmp_path):
    stored = Image.open(ROOT / "figures" / "half_life_map.png")
    ImageChops.offset(stored, stored.width // 50, 0).save(tmp_path / "moved.png")
    assert apart(tmp_path / "moved.png", ROOT / "figures" / "half_life_map.png") > 1


def test_there_are_no_other_pictures():
    made = {f"{name}.{kind}" for name in (*TOOL["PICTURES"], MEASURED) for kind in ("png", "svg")}
    stored = {path.name for path in (ROOT / "figures").iterdir() if path.suffix in {".png", ".svg"}}
    assert stored == made | {"course.png"} & stored
