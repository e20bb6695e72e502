"""The figures of notebook 02 show what the package computes, at every corner of their sliders."""

import itertools

import numpy as np
import pytest
import torch

from lite_mamba import causal_dilated_conv1d_fn, receptive_field
from lite_mamba.course.chapters.ch02_dilation_and_receptive_field import figures
from lite_mamba.course.drawing.numbers import percent
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.tasks import membrane_voltage

DILATIONS = (1, 2, 4, 8)
STEPS = 101


def recorded(delay):
    """A training that ends with all of the share on the last branch, without training."""
    last = torch.linspace(0.25, 0.97, STEPS)[:, None]  # (S, 1)
    gates = torch.cat([((1 - last) / 3).expand(-1, 3), last], dim=1)  # (S, branches)
    target = torch.arange(40.0) / 10 + delay  # (n,)
    taps = torch.zeros(STEPS, 4, 4)
    taps[:, 3, 0], taps[:, 1, 2] = last[:, 0], -0.1
    return figures.Run(gates, taps, torch.linspace(1.1, 0.004, STEPS), gates[:, :1] * target, target)


def gate_training():
    return figures.GateTraining({delay: recorded(delay) for delay in (3, 6, 7, 12, 24)})


MAKERS = [
    figures.ReceptiveFieldMap,
    figures.Hero,
    figures.TapsOnRecording,
    figures.DelayOnRecording,
    figures.CombFilter,
    gate_training,
    figures.BlockReach,
]


@pytest.mark.parametrize("make", MAKERS)
def test_words_stay_inside_the_picture_and_apart(make):
    figure = make()
    width, height = figure.size()
    for corner in figure.corners():
        figure.update(**corner)
        figure.pixels()
        words = [text for axes in figure.figure.axes for text in [*axes.texts, *figure._titles.values()]]
        boxes = {text: text.get_window_extent() for text in words if text.get_text()}
        for text, box in boxes.items():
            assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, (corner, text)
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
            assert not a.overlaps(b), (corner, one, other)


def test_map_agrees_with_the_package_at_every_setting():
    figure = figures.ReceptiveFieldMap()
    for d_conv in (2, 3, 4, 5):
        for dilations in figures.DILATIONS.values():
            for stacked in (False, True):
                sentence = figure.update(d_conv, dilations, stacked)
                assert figure.samples == receptive_field(d_conv, dilations, stacked) <= figure.window
                assert figure.by_gradient == figure.predicted
                assert figure.predicted[-1] == figure.samples - 1
                read = len(figure.by_gradient)
                counted = "All of them are read." if read == figure.samples else f"{read} of them are read, "
                assert f"spans {figure.samples} samples. {counted}" in sentence
                assert "Formula and gradients agree" in sentence


def test_map_shows_the_numbers_of_the_chapter():
    figure = figures.ReceptiveFieldMap()
    figure.update(4, DILATIONS, stacked=False)
    assert (figure.samples, figure.by_gradient) == (25, [0, 1, 2, 3, 4, 6, 8, 12, 16, 24])
    filled = np.flatnonzero(figure.formula_cells.get_facecolors()[:, 3])
    assert filled.tolist() == figure.by_gradient
    outlined = np.flatnonzero(figure.gradient_cells.get_edgecolors()[:, 3])
    assert outlined.tolist() == list(range(25))
    figure.update(4, DILATIONS, stacked=True)
    assert (figure.samples, figure.by_gradient) == (46, list(range(46)))


def test_map_has_room_for_the_field_and_for_little_more():
    figure = figures.ReceptiveFieldMap()
    for d_conv, stacked, window in ((4, False, 25), (5, False, 37), (4, True, 46), (5, True, 61)):
        figure.update(d_conv, DILATIONS, stacked)
        left, right = figure.ax.get_xlim()
        assert right < 0 and left > figure.window - 1 == window - 1
        assert figure.ticks[1].get_text() == str(int(figure.ticks[1].get_position()[0]))


def test_hero_shows_the_numbers_of_its_caption():
    figure = figures.Hero()
    assert "spans 19 samples. 7 of them are read" in figure.update()
    assert figure.samples == figure.window


def test_map_tells_when_a_function_disagrees():
    figure = figures.ReceptiveFieldMap(lags=lambda d_conv, dilations, stacked: list(range(d_conv)))
    assert "do not agree" in figure.update(4, DILATIONS, stacked=False)


def test_taps_lie_on_the_recording():
    figure = figures.TapsOnRecording()
    sentence = figure.update(d_conv=4, dilation=8)
    lags, heights = figure.taps.get_data()
    assert list(lags) == [0, 8, 16, 24]
    recording = membrane_voltage(figure.NOW + 1)
    assert list(heights) == [recording[figure.NOW - lag].item() for lag in lags]
    assert f"{receptive_field(4, (8,))} samples" in sentence
    assert "12 ms old" in sentence


def test_taps_48_apart_join_two_spikes():
    figure = figures.TapsOnRecording()
    figure.update(d_conv=4, dilation=48)
    _, heights = figure.taps.get_data()
    assert min(heights[0], heights[-1]) > -5 > -35 > max(heights[1:-1])


def test_delay_moves_the_recording_and_nothing_else():
    figure = figures.DelayOnRecording()
    sentence = figure.update(delay=24, activation=False)
    first, last = figure.FIRST - 24, figure.FIRST + figure.LENGTH - 24
    np.testing.assert_array_equal(figure.y, figure.x[first:last].numpy())
    assert "dilation 8" in sentence and "24 samples (12 ms) later, unchanged" in sentence
    assert "bent by SiLU" in figure.update(delay=24, activation=True)
    expected = torch.nn.functional.silu(figure.x[first:last]).numpy()
    np.testing.assert_allclose(figure.y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", [torch.Tensor.double, torch.Tensor.int, torch.nn.Parameter])
def test_delay_bears_taps_of_any_kind(form):
    usual, odd = figures.DelayOnRecording(), figures.DelayOnRecording(lambda *given: (form(torch.eye(4)[0]), 8))
    assert odd.update() == usual.update()
    np.testing.assert_array_equal(odd.y, usual.y)


def test_delay_says_whose_kernel_it_runs():
    figure = figures.DelayOnRecording()
    assert "dilation 8: the output" in figure.update()
    figure.owner = lambda function: "yours" * (function is figure.delay_kernel)
    assert "dilation 8 (yours): the output" in figure.update()


def test_delay_shows_the_error_of_a_wrong_kernel_in_place():
    exploration = Exploration(figures.DelayOnRecording(lambda delay, d_conv: (torch.ones(d_conv), delay / 3)))
    assert exploration.frame.failed
    assert "dilation must be an integer" in exploration.frame.sentence


@pytest.mark.parametrize("kernel", ["average", "half the difference"])
@pytest.mark.parametrize("dilation", [1, 3, 8])
def test_pass_curve_is_what_the_convolution_does(kernel, dilation):
    figure = figures.CombFilter()
    for speed in (0.0, 0.625, 6.875, 12.5, 31.25, 50.0):
        figure.update(dilation, speed, kernel)
        at = int(torch.isclose(figure.speeds, torch.tensor(speed)).nonzero())
        assert abs(figure.part - figure.parts[at]) < 1e-5


def test_a_wiggle_that_fits_the_gap_passes_whole():
    figure = figures.CombFilter()
    sentence = figure.update(dilation=8, speed=12.5, kernel="average")
    assert "100 % of it passes" in sentence and "repeats every 12.5" in sentence
    np.testing.assert_allclose(figure.read, figure.read[0], atol=1e-9)
    assert "65 % of it passes" in figure.update(dilation=1, speed=12.5, kernel="average")


def test_gates_are_drawn_as_recorded_and_the_right_branch_is_marked():
    figure = gate_training()
    sentence = figure.update(step=100, delay=24)
    assert [round(bar.get_height(), 2) for bar in figure.bars] == [0.01, 0.01, 0.01, 0.97]
    assert [bool(bar.get_hatch()) for bar in figure.bars] == [False, False, False, True]
    heights = [round(bar.get_height(), 2) for bar in figure.tap_bars]
    assert (heights[12], heights[6], sum(map(abs, heights))) == (0.97, -0.1, pytest.approx(1.07))
    assert sentence == (
        "Step 100: dilation 8 reads lag 24. Its share is 97 %. The largest tap of the others is 0.10. "
        "Of the target under 1 % is missed."
    )
    assert figure.update(step=0, delay=7).startswith(
        "Step 0: no branch reads lag 7. The largest tap of them is 0.25. Of the target 110 %"
    )
    assert not any(bar.get_hatch() for bar in figure.bars)


def test_training_finds_the_branch_that_reads_the_delay_and_its_oldest_tap():
    run = figures.train(delay=12)
    assert run.gates[-1].argmax() == DILATIONS.index(4)
    assert run.missed[-1] < 0.01 < 1 < run.missed[0]
    assert run.taps[-1].flatten().argmax() == 4 * DILATIONS.index(4)


@pytest.mark.parametrize("delay", [3, 6, 7, 12, 24])
def test_at_most_one_branch_reads_each_delay(delay):
    figure = gate_training()
    figure.update(step=50, delay=delay)
    x = torch.randn(1, 1, delay + 1, requires_grad=True)
    readers = []
    for dilation in DILATIONS:
        y = causal_dilated_conv1d_fn(x, torch.ones(1, 4), dilation=dilation)
        if torch.autograd.grad(y[0, 0, -1], x)[0][0, 0, 0] != 0:
            readers.append(dilation)
    assert readers == figure.right


def test_front_end_reads_ten_lags_and_the_block_all():
    figure = figures.BlockReach()
    sentence = figure.update(part="the front end", lag=5)
    assert figure.depends.tolist() == [0, 1, 2, 3, 4, 6, 8, 12, 16, 24]
    assert "depends on 10" in sentence and "exactly 0" in sentence
    sentence = figure.update(part="the whole block", lag=5)
    assert len(figure.depends) == figure.LENGTH
    assert "depends on 201" in sentence and "10⁻⁵" in sentence


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 %"),
        (4e-14, "0 %"),
        (0.002, "under 1 %"),
        (0.9952, "over 99 %"),
        (0.984, "98 %"),
        (1 - 1e-15, "100 %"),
        (1.13, "113 %"),
    ],
)
def test_only_all_reads_as_all_and_only_nothing_as_nothing(value, said):
    assert percent(value) == said
