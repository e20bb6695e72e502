"""The figures of notebook 00: the block diagram, the fading state, and one changed letter."""

import math

import numpy as np
import pytest
import torch

from lite_mamba.course.chapters.ch00_start_here.exercises import scale_A
from lite_mamba.course.chapters.ch00_start_here.figures import FadingState, OneLetterChanged
from lite_mamba.course.drawing.block_diagram import PARTS, BlockDiagram, numbers
from lite_mamba.course.tasks import library_text


def test_each_part_of_the_diagram_is_lit_alone_and_named_in_the_sentence():
    diagram = BlockDiagram()
    for part in PARTS:
        sentence = diagram.update(part=part)
        lit = [name for name, box in diagram.boxes.items() if box.get_linewidth() == 4]
        assert lit == [part]
        assert numbers(PARTS[part]) in sentence


@pytest.mark.parametrize("delta, n", [(0.1, 2), (0.5, 4), (0.02, 1)])
def test_half_of_the_state_is_left_at_the_half_life(delta, n):
    figure = FadingState(scale_A)
    sentence = figure.update(delta=delta, n=n)
    assert figure.left[0] == 1
    at_half_life = np.interp(figure.half_life, figure.TIMES, figure.left)
    assert at_half_life == pytest.approx(0.5, abs=0.01)  # the mark stands on the curve
    assert f"{math.log(2) / (delta * n):.1f} steps" in sentence


def test_the_fading_state_bears_exponents_that_ask_for_gradients():
    asking = FadingState(lambda delta, A: scale_A(delta, A).requires_grad_())
    assert asking.update() == FadingState(scale_A).update()


SAID = [
    (lambda delta, A: 2 * scale_A(delta, A), "Half of the state is gone after 3.5 steps"),
    (lambda delta, A: delta[..., None] + A, "Half of the state is gone after 0.8 steps"),
    (lambda delta, A: -scale_A(delta, A), "The state grows: half of it is never gone"),
    (lambda delta, A: 0 * scale_A(delta, A), "The state does not fade: all of it is left"),
    (lambda delta, A: scale_A(delta, A) / 10, "More than half of the state is left after 50 steps"),
    (lambda delta, A: turned(scale_A(delta, A), 25), "More than half of the state is left after 50 steps"),
    (lambda delta, A: -turned(scale_A(delta, A), 10), "Half of the state is gone after 6.9 steps, but not for good"),
    (lambda delta, A: 100 * scale_A(delta, A), "Half of the state is gone after 0.1 steps"),
    (lambda delta, A: 1000 * scale_A(delta, A), "Half of the state is gone after less than 0.1 steps"),
    (lambda delta, A: scale_A(delta, A) * math.log(2) / 4.9999, "Half of the state is gone after 50.0 steps"),
]


def turned(exponents, steps):
    """Another sign at the first steps."""
    return torch.cat([-exponents[:, :steps], exponents[:, steps:]], dim=1)


@pytest.mark.parametrize("function, title", SAID)
def test_the_fading_state_says_what_the_function_that_is_given_draws(function, title):
    figure = FadingState(function)
    sentence = figure.update()
    assert figure.titles() == [title] and title[1:] in sentence
    marked = figure.point.get_xdata()[0]
    if "gone after" in title:
        said = title.removeprefix("Half of the state is gone after ").removesuffix(", but not for good")
        assert figure.note.get_text() == said
        assert np.interp(marked, figure.TIMES, figure.left) == pytest.approx(0.5, abs=0.01) or marked < 0.1
    else:
        assert np.isnan(marked) and not figure.note.get_text()


@pytest.mark.parametrize("factor, lost", [(1, 0), (0, 0), (-0.001, 0), (-1, 50), (-0.1, 46)])
def test_a_curve_that_rises_out_of_the_picture_is_said_to(factor, lost):
    figure = FadingState(lambda delta, A: factor * scale_A(delta, A))
    figure.update()
    assert figure.above.get_text() == (f"above the picture: {lost} of 50 steps" if lost else "")
    assert lost == (figure.left[10::10] > figure.ax.get_ylim()[1]).sum()


def test_a_dot_stands_at_each_whole_step():
    figure = FadingState(scale_A)
    figure.update(delta=0.5, n=4)
    steps, left = figure.dots.get_data()
    assert steps.tolist() == list(range(figure.STEPS + 1))
    assert left == pytest.approx(np.exp(-2.0 * steps))


def test_the_fading_state_says_in_words_what_it_cannot_draw():
    for function in (lambda delta, A: scale_A(delta, A)[..., 0], lambda delta, A: None):
        with pytest.raises(ValueError, match=r"scale_A returned .*, expected a tensor of the shape \(1, 50, 1, 1\)"):
            FadingState(function).update()
    with pytest.raises(ValueError, match="not finite"):
        FadingState(lambda delta, A: delta[..., None] / (0 * A)).update()


@pytest.mark.parametrize("dilations", [(1,), (1, 2), (1, 2, 4)])
def test_the_outputs_that_move_much_are_those_whose_convolutions_read_the_changed_letter(dilations):
    figure = OneLetterChanged()
    reached = {tap * dilation for dilation in dilations for tap in range(figure.blocks[dilations].d_conv)}
    for position in range(figure.LENGTH):
        sentence = figure.update(position=position, dilations=dilations)
        assert figure.before == 0 and figure.after == figure.LENGTH - position
        high = sorted(position + steps for steps in reached if position + steps < figure.LENGTH)
        assert sentence.endswith(f"by over 0.001: {', '.join(map(str, high))}.")


def test_no_bar_rises_with_more_convolutions_but_those_that_the_answer_names():
    figure = OneLetterChanged()
    figure.update(dilations=(1,))
    with_one = figure.change
    figure.update(dilations=(1, 2, 4))
    assert np.flatnonzero(figure.change > with_one).tolist() == [16, 18, 20, 24]


def test_the_picture_shows_the_text_that_the_notebook_changes():
    assert OneLetterChanged().text.encode() == library_text(51)[3:]


@pytest.mark.parametrize(
    "position, words", [(0, "and those after it"), (46, "and the one after it"), (47, "none after")]
)
def test_the_title_speaks_of_as_many_outputs_as_stand_after_the_changed_letter(position, words):
    figure = OneLetterChanged()
    figure.update(position=position)
    assert words in figure.titles()[0]


@pytest.mark.parametrize(
    "dilations, words", [((1,), "convolution has the dilation 1."), ((1, 2), "s have the dilations 1, 2.")]
)
def test_a_block_has_a_convolution_for_each_dilation_and_the_sentence_counts_them(dilations, words):
    figure = OneLetterChanged()
    assert len(figure.blocks[dilations].conv1d_layers) == len(dilations)
    assert words in figure.update(dilations=dilations)


def test_the_fading_state_says_whose_function_draws_it():
    figure = FadingState(scale_A)
    assert figure.update() == "With Δ = 0.10 and A = −1, half of the state is gone after 6.9 steps."
    figure.owner = {scale_A: "yours"}.get
    assert figure.update().endswith(" steps. The curve is yours.")


def test_each_output_that_moves_has_a_bar_above_the_axis_and_no_other_shows():
    figure = OneLetterChanged()
    lowest = figure.ax.get_ylim()[0]
    for position in (0, 12, 30):
        for dilations in figure.blocks:
            figure.update(position=position, dilations=dilations)
            assert figure.change[position:].min() > 2 * lowest
            assert all(bar.get_height() < lowest / 2 for bar in figure.bars[:position])
