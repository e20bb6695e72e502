"""A recorded figure shows what the figure itself would show, at the settings that the page names."""

import io
import itertools

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
    for shot in recorded.shots:
        frame = boat.set(**shot.settings)
        assert shot.sentence == frame.sentence and not frame.failed
        np.testing.assert_array_equal(pixels(shot.picture), pixels(frame.picture))


def test_the_control_that_changes_the_most_comes_first_then_those_that_are_wanted(boat):
    moved = record.changes(boat)
    assert record.telling(moved) == ["height", "place", "wide", "name"]
    assert record.telling(moved, [{"name": "a"}]) == ["height", "name", "place", "wide"]


def test_the_start_is_recorded_as_it_is_written(boat, recorded):
    start = recorded.shots[recorded.start]
    assert start.settings == {name: control.value for name, control in boat.controls.items()}
    assert start.sentence == boat.reset().sentence


def test_both_ends_of_each_recorded_control_are_recorded(boat, recorded):
    for name, positions in recorded.positions.items():
        assert [positions[0], positions[-1]] == boat.controls[name].extremes()


def test_the_last_control_runs_fastest(recorded):
    reached = [tuple(shot.settings[name] for name in recorded.positions) for shot in recorded.combined()]
    assert reached == list(itertools.product(*recorded.positions.values()))


@pytest.mark.parametrize(
    ("room", "counts"),
    [
        (4, {"height": 4}),
        (9, {"place": 3, "height": 3}),
        (18, {"place": 3, "wide": 2, "height": 3}),
        (60, {"place": 5, "wide": 2, "height": 3, "name": 2}),
    ],
)
def test_as_many_controls_are_recorded_as_there_is_room_for(boat, room, counts):
    grid = record.grid(boat, ["height", "place", "wide", "name"], room)
    assert {name: len(positions) for name, positions in grid.items()} == counts


def test_each_wanted_setting_has_a_frame_and_none_has_two(boat):
    wanted = [{"place": 0.3}, {"height": 0.1, "name": "a"}, {"place": 0.77, "wide": True}, {"place": 0.3}, {}]
    for frames in (3, 60):
        made = record.record(boat, wanted, frames)
        shown = [record.place(boat, shot.settings) for shot in made.shots]
        assert {record.place(boat, settings) for settings in wanted} <= set(shown) and len(set(shown)) == len(shown)
        assert len(made.combined()) <= frames


@pytest.mark.parametrize("most", [3, 5, 60])
@pytest.mark.parametrize("asked", [(), (11, 98)])
def test_thinned_positions_are_spread_and_hold_the_start_and_what_is_asked_for(most, asked):
    control = slider(0, 100, 7, label="step")
    kept = record.thinned(control, most, asked)
    assert len(kept) == most and kept == sorted(kept) and {0, 7, 100} <= set(kept)
    if most > 3:
        assert set(asked) <= set(kept) and max(np.diff(kept)) <= 2 * 100 / (most - 3 - len(asked) or 0.5)


def test_where_pictures_are_heavy_there_are_fewer(boat):
    light = record.record(boat, size=20_000)
    assert light.weight() <= 20_000 and 2 < len(light.shots) < 31


@pytest.mark.parametrize(("low", "high", "right"), [(0.0, 0.4, False), (0.0, 1.0, False), (0.8, 1.0, True)])
def test_a_narrow_screen_begins_where_the_picture_moves(low, high, right):
    moving = Exploration(Boat(), place=slider(low, high, high, 0.1, label="place"))
    assert record._right(moving, [record.changes(moving)["place"]]) is right
