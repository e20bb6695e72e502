"""The pictures in figures/ are what the code draws today."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "make_figures.py"))
MEASURED = "scan_speed"  # drawn from benchmarks/measured.json


def words(svg: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]*)<", svg.read_text("utf-8")))


def coarse(png: Path) -> np.ndarray:
    """The picture in greys, shrunk so that another version's rounding of an edge does not count."""
    return np.asarray(Image.open(png).convert("L").resize((150, 68), Image.Resampling.BOX), dtype=float)


@pytest.mark.parametrize("name", TOOL["PICTURES"])
def test_the_stored_picture_is_what_the_code_draws(name, tmp_path):
    TOOL["save"](name, tmp_path)
    assert_stored(name, tmp_path)


def test_the_picture_of_the_measurements_is_drawn_from_them(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    runpy.run_path(str(ROOT / "benchmarks" / "plot.py"))["save"](tmp_path)
    assert_stored(MEASURED, tmp_path)


def assert_stored(name: str, tmp_path: Path) -> None:
    assert np.abs(coarse(tmp_path / f"{name}.png") - coarse(ROOT / "figures" / f"{name}.png")).mean() < 2
    assert words(tmp_path / f"{name}.svg") == words(ROOT / "figures" / f"{name}.svg")


def test_two_pictures_differ_by_more_than_the_tolerance():
    one, other = (coarse(ROOT / "figures" / f"{name}.png") for name in ("block_diagram", "receptive_field"))
    assert np.abs(one - other).mean() > 2


def test_there_are_no_other_pictures():
    made = {f"{name}.{kind}" for name in (*TOOL["PICTURES"], MEASURED) for kind in ("png", "svg")}
    stored = {path.name for path in (ROOT / "figures").iterdir() if path.suffix in {".png", ".svg"}}
    assert stored == made | {"course.png"} & stored
