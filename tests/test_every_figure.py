"""What holds for every figure of every chapter, at every corner of its controls."""

import functools
import importlib
import inspect
import itertools
import random
import re

import numpy as np
import pytest
import torch
from figure_laws import crossed_labels
from matplotlib.text import Text
from notebook_rules import HYPHEN_MINUS, ONE_OF_MANY, UNEVEN
from pixel_contrast import contrasts

from lite_mamba.course import chapters
from lite_mamba.course.drawing import LiveFigure, block_diagram
from lite_mamba.course.drawing.controls import Control
from lite_mamba.course.drawing.numbers import written
from lite_mamba.course.page.explore import Exploration

MODULES = [importlib.import_module(f"{chapters.__name__}.{name}.figures") for name in chapters.folders().values()]
FIGURES = {
    f"{module.__name__.split('.')[-2]}.{name}": one
    for module in [*MODULES, block_diagram]
    for name, one in vars(module).items()
    if inspect.isclass(one) and issubclass(one, LiveFigure) and one.__module__ == module.__name__ and name[0] != "_"
}
LIVE = {name: make for name, make in FIGURES.items() if make.controls or "self.controls" in inspect.getsource(make)}


def global_states() -> tuple:
    return random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()


@functools.lru_cache(maxsize=16)  # more than a chapter has, whose tests stand together; all would take a gigabyte
def twins(make: type[LiveFigure]) -> list[tuple[LiveFigure, bytes, bool]]:
    """A figure built twice, with the chapter's reference, under two seeds of the global generators.

    For each: the figure, its first picture, and whether it left the generators alone.
    """
    built = []
    for seed in (1, 2):
        random.seed(seed), np.random.seed(seed), torch.manual_seed(seed)
        before = global_states()
        figure = make()
        figure.update(**figure.defaults())
        built.append((figure, figure.pixels().tobytes(), global_states() == before))
    return built


@pytest.fixture(params=FIGURES.values(), ids=FIGURES.keys())
def make(request):
    return request.param


@pytest.fixture
def figure(make):
    return twins(make)[0][0]


@pytest.fixture(params=LIVE.values(), ids=LIVE.keys())
def live(request):
    figure = twins(request.param)[0][0]
    figure.update(**figure.defaults())  # where its controls start
    return figure


def title_boxes(figure: LiveFigure) -> list:
    return [title.get_window_extent() for title in figure._titles.values()]


def apart(one, other) -> bool:
    return one.x1 < other.x0 or other.x1 < one.x0 or one.y1 < other.y0 or other.y1 < one.y0


RULES = (HYPHEN_MINUS, UNEVEN, ONE_OF_MANY)


def unclear(figure: LiveFigure, sentence: str) -> list[str]:
    """What breaks a rule of writing, of the sentence and of all text in the picture but mathematics.

    Numbers have a true minus and their thousands apart, and one is not many.
    """
    found = [sentence, *(text.get_text() for text in figure.figure.findobj(Text))]
    plain = [re.sub(r"\$[^$]*\$", "", text) for text in found if not text.isdigit()]  # 12345 may be digits joined
    return [text for text in plain for rule in RULES if rule.search(text)]


def otherwise_written(control: Control, value, figure: LiveFigure, sentence: str) -> list[str]:
    """The value of a logarithmic slider, where a sentence or a title rounds it and the slider beside it does not."""
    if not getattr(control, "log", False):
        return []
    rounded = {written(value, f".{digits}g") for digits in (2, 3)} - {written(value, ".4g")}
    names, numbers = ("|".join(map(re.escape, words)) for words in (control.label.split(), rounded))
    said = [sentence, *(text.get_text() for text in figure.figure.findobj(Text))] if rounded else []
    return [text for text in said if re.search(rf"\b(?:{names}) (?:=|of) (?:{numbers})(?!\d|\.\d)", text)]


def too_small(figure: LiveFigure) -> list[str]:
    """The words that are smaller than a fortieth of a slide's height: the back row can't read them.

    A lecture draws a figure 139 hundredths of the slide's height wide.
    """
    points = figure.figure.get_figwidth() * 72 / 1.39 / 40
    words = (text for text in figure.figure.findobj(Text) if text.get_visible() and text.get_text().strip())
    return [text.get_text() for text in words if text.get_fontsize() < points]


def test_every_corner_gives_a_sentence_and_a_picture_that_can_be_read(figure):
    """Its titles and labels free and whole, its words large enough, its numbers written as the course writes them."""
    pictures, width = set(), figure.size()[0]
    for parameters in figure.corners():
        sentence = figure.update(**parameters)
        assert sentence.endswith((".", "?")) and "  " not in sentence  # a page draws two spaces as one
        assert unclear(figure, sentence) == [], parameters
        assert too_small(figure) == [], parameters
        pictures.add(hash(figure.pixels().tobytes()))
        boxes = title_boxes(figure)
        assert all(box.x0 >= 0 and box.x1 <= width for box in boxes), parameters
        assert all(apart(*pair) for pair in itertools.combinations(boxes, 2)), parameters
        assert crossed_labels(figure) == [], parameters
    assert len(pictures) > 1 or not figure.controls


def test_its_words_are_clear_and_not_crossed_at_each_position_of_each_control(figure):
    starts = figure.defaults()
    for name, control in figure.controls.items():
        for at in control.positions():
            sentence = figure.update(**starts | {name: at})
            assert unclear(figure, sentence) == [], (name, at)
            assert otherwise_written(control, at, figure, sentence) == [], (name, at)
            assert crossed_labels(figure) == [], (name, at)


def test_every_control_changes_the_picture_and_the_sentence(live):
    exploration = Exploration(live)
    for name, control in exploration.controls.items():
        frames = [exploration.set(**live.defaults() | {name: value}) for value in control.extremes()]
        assert not any(frame.failed for frame in frames), name
        assert frames[0].sentence != frames[-1].sentence, name
        assert frames[0].picture != frames[-1].picture, name


def test_its_update_starts_where_its_controls_start(figure):
    starts = {
        name: parameter.default
        for name, parameter in inspect.signature(type(figure).update).parameters.items()
        if parameter.default not in (inspect.Parameter.empty, None)
    }
    assert {name: figure.controls[name].value for name in starts} == starts


def test_a_move_draws_what_drawing_anew_would_draw(figure):
    """The artists that change are all named, and what stays was drawn before anything moved."""
    if figure.measured:
        pytest.skip("draws what it measures")
    corners = list(figure.corners())
    for parameters in (corners[-1], corners[0]):
        figure.update(**parameters)
        moved = figure.pixels().copy()
    fresh = np.frombuffer(twins(type(figure))[1][1], np.uint8).reshape(moved.shape)  # drawn once, at its defaults
    differs = np.abs(moved.astype(int) - fresh.astype(int)).max(axis=-1) > 0
    assert not differs.any(), f"{differs.mean():.2%} of the pixels"


def test_everything_in_a_picture_stands_out_from_its_ground(figure):
    """A contrast of 3:1, which a projector in a bright hall still shows; colour alone is not enough."""
    figure.update(**figure.defaults())
    pale = [f"{contrast:.2f} {artist}" for contrast, artist in contrasts(figure, 3).values() if contrast < 3]
    assert not pale


def test_a_figure_neither_uses_nor_reads_the_readers_random_numbers(make):
    (_, one, _), (_, other, _) = twins(make)
    assert all(undisturbed for *_, undisturbed in twins(make))
    assert one == other or make.measured
