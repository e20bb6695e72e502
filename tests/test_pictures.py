"""The pictures in figures/ are what the code draws today."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image, ImageChops
from pixel_contrast import contrast

from lite_mamba.course.drawing import slide, style

ROOT = Path(__file__).resolve().parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "make_figures.py"))
MOVING = runpy.run_path(str(ROOT / "tools" / "make_moving_picture.py"))
MEASURED = {"scan_speed": "plot.py", "sequence_parallel": "paper_model.py"}  # drawn from what benchmarks/ measured
NAMES = (*TOOL["PICTURES"], *MEASURED)
FOLDER = ROOT / "figures"


def words(svg: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]*)<", svg.read_text("utf-8")))


def shapes(svg: Path) -> list[np.ndarray]:
    """The curves and the heights of bars of a picture: every drawn path with its corners, (points, 2), in order.

    What lies beside the picture, such as the foot of a bar on a logarithmic axis, is moved to its edge.
    """
    text = svg.read_text("utf-8")
    size = np.array(re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups(), dtype=float)
    paths = re.findall(r'<path d="([^"]+)"', re.sub(r"<defs>.*?</defs>", "", text, flags=re.DOTALL))
    points = (re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path) for path in paths)
    return [np.array(path, dtype=float).clip(0, size) for path in points if len(path) >= 4]


def along(path: np.ndarray, count: int = 200) -> np.ndarray:
    """Points at equal distances along a path: versions of matplotlib leave out other points of a smooth curve."""
    way = np.concatenate([[0], np.hypot(*np.diff(path, axis=0).T).cumsum()])
    return np.stack([np.interp(np.linspace(0, way[-1], count), way, axis) for axis in path.T], axis=1)


def shifted(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """The largest mean distance in points between two pictures' shapes; infinite if one has a shape more."""
    if len(one) != len(other):
        return float("inf")
    pairs = [(a, b) if len(a) == len(b) else (along(a), along(b)) for a, b in zip(one, other, strict=True)]
    return max((float(np.abs(a - b).mean()) for a, b in pairs), default=0.0)


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


@pytest.fixture(scope="module")
def drawn():
    """A function that gives the figure of a name, drawn once."""
    made = {}

    def figure(name: str):
        if name not in made and name in MEASURED:
            made[name] = runpy.run_path(str(ROOT / "benchmarks" / MEASURED[name]))["draw"]()
        elif name not in made:
            made[name] = TOOL["draw"](name).figure
        return made[name]

    return figure


@pytest.fixture(scope="module", autouse=True)
def beside_benchmarks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_picture_is_what_the_code_draws(name, drawn, tmp_path):
    slide.write(drawn(name), tmp_path, name, "")
    assert apart(tmp_path / f"{name}.png", FOLDER / f"{name}.png") < 1
    assert shifted(shapes(tmp_path / f"{name}.svg"), shapes(FOLDER / f"{name}.svg")) < 3
    assert words(tmp_path / f"{name}.svg") == words(FOLDER / f"{name}.svg")


@pytest.mark.parametrize("name", NAMES)
def test_the_back_row_can_read_it(name, drawn):
    """On a slide of 16:9 that it fills, the smallest words have a fortieth of the height."""
    figure = drawn(name)
    figure.canvas.draw()
    width, height = figure.get_size_inches()
    assert style.smallest_words(figure) / 72 >= max(height, width * 9 / 16) / 40


@pytest.mark.parametrize("name", NAMES)
def test_the_dark_picture_differs_in_colours_only(name):
    light, dark = FOLDER / f"{name}.svg", FOLDER / f"{name}-dark.svg"
    assert words(dark) == words(light) and shifted(shapes(dark), shapes(light)) == 0
    with Image.open(FOLDER / f"{name}-dark.png") as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == tuple(bytes.fromhex(slide.GROUND[1:]))


@pytest.mark.parametrize("name", [f"{name}{ground}" for name in NAMES for ground in ("", "-dark")])
def test_each_png_was_drawn_with_its_svg_and_fills_a_screen(name):
    with Image.open(FOLDER / f"{name}.png") as picture:
        assert picture.text["Comment"] == slide.fingerprint(FOLDER / f"{name}.svg")
        assert picture.width == slide.WIDE


def test_every_colour_of_the_palette_stands_out_on_a_dark_slide():
    broad = slide.ON_DARK["#949494"]
    colours = set(slide.ON_DARK.values()) - {slide.GROUND, broad}
    assert not [one for one in colours if contrast(one, slide.GROUND) < 4.5]
    assert contrast(broad, slide.GROUND) >= 3
    assert all(contrast(slide.ON_DARK[thin], broad) >= 3 for thin in (style.NAVY, style.RUST))


def test_what_is_drawn_upon_a_heat_map_keeps_its_colours_and_the_rest_turns():
    figure = style.new_figure(4, 3)
    axes = figure.subplots()
    axes.imshow(np.eye(2), extent=(0, 1, 0, 1))
    axes.set(xlim=(0, 2), ylim=(0, 1))
    upon, beside = (
        axes.text(0.5, 0.5, "on", color="white"),
        axes.text(1.5, 0.5, "off", color="#EEEEEE", bbox={"fc": "w"}),
    )
    arrow = axes.annotate("", (1.2, 0.2), (1.8, 0.2), arrowprops={"arrowstyle": "->", "color": "black"}).arrow_patch
    slide.darken(figure)
    assert to_hex(arrow.get_edgecolor()).upper() == slide.CHALK
    assert upon.get_color() == "white" and axes.patch.get_facecolor() == slide.dark("white")
    assert max(beside.get_color()[:3]) < 0.2 and beside.get_bbox_patch().get_facecolor()[:3] == slide.dark("white")[:3]


@pytest.mark.parametrize("colour", ["none", (0.2, 0.5, 0.9, 0.3)])
def test_a_colour_keeps_how_much_shows_through(colour):
    assert slide.dark(colour)[3] == (0 if colour == "none" else 0.3)


def test_the_moving_picture_is_what_the_code_draws_and_small():
    drawn = MOVING["frames"]()
    stored = FOLDER / MOVING["NAME"]
    assert stored.stat().st_size < 1_500_000
    with Image.open(stored) as moving:
        assert (moving.n_frames, moving.info["loop"]) == (len(drawn), 0)
        for number in MOVING["RESTS"]:
            moving.seek(number)
            distances = [apart(moving, one) for one in drawn]
            assert distances[number] == min(distances) < 1


def test_two_pictures_are_further_apart_than_the_tolerance():
    assert apart(*(FOLDER / f"{name}.png" for name in ("block_diagram", "receptive_field"))) > 1


def test_a_line_that_moves_by_a_fiftieth_of_the_width_is_further_apart_than_the_tolerance(tmp_path):
    stored = Image.open(FOLDER / "half_life_map.png")
    ImageChops.offset(stored, stored.width // 50, 0).save(tmp_path / "moved.png")
    assert apart(tmp_path / "moved.png", FOLDER / "half_life_map.png") > 1


def test_a_curve_that_is_gone_or_upside_down_is_noticed():
    drawn = max((shapes(path) for path in FOLDER.glob("*.svg")), key=len)
    assert shifted(drawn, drawn) == 0
    assert shifted(drawn[:-1], drawn) == float("inf")
    turned = [path * [1, -1] + [0, path[:, 1].min() + path[:, 1].max()] for path in drawn]
    assert shifted(turned, drawn) > 3


def test_the_example_in_the_docs_writes_four_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?slide.save.*?)```", (ROOT / "docs" / "teaching.md").read_text(), re.DOTALL)
    exec(example.rpartition("```python\n")[2], {})
    assert {path.name for path in tmp_path.iterdir()} == {
        f"reach{g}.{kind}" for g in ("", "-dark") for kind in ("svg", "png")
    }


def test_there_are_no_other_pictures():
    made = {f"{name}{ground}.{kind}" for name in NAMES for ground in ("", "-dark") for kind in ("png", "svg")}
    assert {path.name for path in FOLDER.iterdir() if path.suffix in {".png", ".svg"}} == made
