"""A recorded figure shows what the figure itself would show, at the settings that the page names."""

import io

import numpy as np
import pytest
from PIL import Image

from lite_mamba.course import choice, slider, toggle
from lite_mamba.course.drawing.base import LiveFigure
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.site import record


class Boat(LiveFigure):
    """A line that one control lifts far, one a little, and one not at all."""

    controls = {  # noqa: RUF012
        "place": slider(0.0, 1.0, 0.5, 0.01, label="place"),
        "wide": toggle(False, label="wide"),
        "height": slider(1e-3, 1.0, 0.02, log=True, label="height"),
        "name": choice(["a", "b"], "b", label="name"),
    }

    def __init__(self):
        super().__init__(width=4, height=3)
        ax = self.figure.subplots()
        ax.set(xlim=(0, 1), ylim=(0, 1))
        (self.bar,) = ax.plot([0, 0], [0, 1], linewidth=1)
        (self.level,) = ax.plot([0, 1], [0, 0], linewidth=9)
        self.move(self.bar, self.level)

    def update(self, place=0.5, wide=False, height=0.02, name="b"):
        self.bar.set(xdata=[place, place], linewidth=2 if wide else 1)
        self.level.set_ydata([height, height])
        return f"{place:g} {wide} {height:g} {name}"


@pytest.fixture(scope="module")
def boat():
    return Exploration(Boat())


@pytest.fixture(scope="module")
def recorded(boat):
    return record.record(boat)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_every_frame_equals_the_figures_picture_and_sentence_at_its_settings(boat, recorded):
    start = {name: control.value for name, control in boat.controls.items()}
    for shot in recorded.shots:
        frame = boat.set(**start | shot.settings)
        assert shot.sentence == frame.sentence and not frame.failed
        np.testing.assert_array_equal(pixels(shot.picture), pixels(frame.picture))


def test_the_control_that_changes_the_most_comes_first_and_one_that_changes_nothing_last(boat):
    assert record.telling(boat) == ["height", "place", "wide", "name"]


def test_the_start_is_recorded_as_it_is_written(boat, recorded):
    start = recorded.shots[recorded.start]
    assert start.settings == {name: boat.controls[name].value for name in recorded.positions}
    assert start.sentence == boat.reset().sentence


def test_both_ends_of_each_recorded_control_are_recorded(boat, recorded):
    for name, positions in recorded.positions.items():
        assert [positions[0], positions[-1]] == boat.controls[name].extremes()


def test_a_second_control_is_recorded_only_where_there_is_room(boat):
    order = record.telling(boat)
    assert list(record.grid(boat, order, 62)) == ["wide", "height"]
    assert list(record.grid(boat, order, 61)) == ["height"]
    assert {name: len(p) for name, p in record.grid(boat, order, 310).items()} == {"place": 10, "height": 31}


@pytest.mark.parametrize("most", [3, 5, 60])
def test_thinned_positions_are_spread_and_hold_the_start(most):
    control = slider(0, 100, 7, label="step")
    kept = record.thinned(control, most)
    assert len(kept) == most and kept == sorted(kept) and {0, 7, 100} <= set(kept)


def test_where_pictures_are_heavy_there_are_fewer(boat):
    light = record.record(boat, size=20_000)
    assert sum(len(shot.picture) for shot in light.shots) <= 20_000 and 2 < len(light.shots) < 31
