"""The pictures in figures/ are what the code draws today."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "make_figures.py"))
MOVING = runpy.run_path(str(ROOT / "tools" / "make_moving_picture.py"))
MEASURED = "scan_speed"  # drawn from benchmarks/measured.json


def words(svg: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]*)<", svg.read_text("utf-8")))


def shapes(svg: Path) -> list[np.ndarray]:
    """The curves and the heights of bars of a picture: every drawn path with its corners, (points, 2), in order."""
    paths = re.findall(r'<path d="([^"]+)"', re.sub(r"<defs>.*?</defs>", "", svg.read_text("utf-8"), flags=re.DOTALL))
    points = (re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path) for path in paths)
    return [np.array(path, dtype=float) for path in points if len(path) >= 4]


def shifted(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """The largest mean distance in points between two pictures' shapes; infinite if one has a shape more."""
    if [len(path) for path in one] != [len(path) for path in other]:
        return float("inf")
    return max((float(np.abs(a - b).mean()) for a, b in zip(one, other, strict=True)), default=0.0)


def coarse(picture: Path | Image.Image) -> np.ndarray:
    """The picture in greys, shrunk so that another version's rounding of an edge does not count."""
    image = picture if isinstance(picture, Image.Image) else Image.open(picture)
    return np.asarray(image.convert("L").resize((150, 68), Image.Resampling.BOX), dtype=float)


def apart(one: Path | Image.Image, other: Path | Image.Image) -> float:
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
    assert shifted(shapes(tmp_path / f"{name}.svg"), shapes(ROOT / "figures" / f"{name}.svg")) < 3
    assert words(tmp_path / f"{name}.svg") == words(ROOT / "figures" / f"{name}.svg")


def test_the_moving_picture_is_what_the_code_draws_and_small():
    drawn = MOVING["frames"]()
    stored = ROOT / "figures" / MOVING["NAME"]
    assert stored.stat().st_size < 1_500_000
    with Image.open(stored) as moving:
        assert (moving.n_frames, moving.info["loop"]) == (len(drawn), 0)
        for number in MOVING["RESTS"]:
            moving.seek(number)
            distances = [apart(moving, one) for one in drawn]
            assert distances[number] == min(distances) < 1


def test_two_pictures_are_further_apart_than_the_tolerance():
    assert apart(*(ROOT / "figures" / f"{name}.png" for name in ("block_diagram", "receptive_field"))) > 1


def test_a_line_that_moves_by_a_fiftieth_of_the_width_is_further_apart_than_the_tolerance(tmp_path):
    stored = Image.open(ROOT / "figures" / "half_life_map.png")
    ImageChops.offset(stored, stored.width // 50, 0).save(tmp_path / "moved.png")
    assert apart(tmp_path / "moved.png", ROOT / "figures" / "half_life_map.png") > 1


def test_a_curve_that_is_gone_or_upside_down_is_noticed():
    drawn = max((shapes(path) for path in (ROOT / "figures").glob("*.svg")), key=len)
    assert shifted(drawn, drawn) == 0
    assert shifted(drawn[:-1], drawn) == float("inf")
    turned = [path * [1, -1] + [0, path[:, 1].min() + path[:, 1].max()] for path in drawn]
    assert shifted(turned, drawn) > 3


def test_there_are_no_other_pictures():
    made = {f"{name}.{kind}" for name in (*TOOL["PICTURES"], MEASURED) for kind in ("png", "svg")}
    stored = {path.name for path in (ROOT / "figures").iterdir() if path.suffix in {".png", ".svg"}}
    assert stored == made
