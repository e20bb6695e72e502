"""The figures of notebook 02 show what the package computes, at every corner of their sliders."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lite_mamba import causal_dilated_conv1d_fn, receptive_field
from lite_mamba.course.chapters.ch02_dilation_and_receptive_field import figures
from lite_mamba.course.chapters.ch02_dilation_and_receptive_field.exercises import (
    RECAP,
    gated_dilated_conv,
    lags_touched,
)
from lite_mamba.course.drawing.numbers import percent
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.tasks import membrane_voltage

NOTEBOOK = Path(__file__).parents[3] / "notebooks/02_dilation_and_receptive_field.ipynb"
DILATIONS = (1, 2, 4, 8)
STEPS = 101


def cells():
    return ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]]


def recorded(delay):
    """A training that ends with all of the share on the last branch, without training."""
    last = torch.linspace(0.25, 0.97, STEPS)[:, None]  # (S, 1)
    shares = torch.cat([((1 - last) / 3).expand(-1, 3), last], dim=1)  # (S, branches)
    target = torch.arange(40.0) / 10 + delay  # (n,)
    taps = torch.zeros(STEPS, 4, 4)
    taps[:, 3, 0], taps[:, 1, 2] = last[:, 0], -0.1
    readers = [dilation for dilation in DILATIONS if delay in lags_touched(4, (dilation,))]
    return figures.Run(shares, taps, torch.linspace(1.1, 0.004, STEPS), shares[:, :1] * target, target, readers)


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
    caption = cells()[2]
    assert caption.startswith("**The picture of this notebook.**")
    assert "by formula" in figure.names[-2].get_text() and "by a formula" in caption
    assert "by gradient" in figure.names[-1].get_text() and "by gradients" in caption


def test_the_front_end_is_told_where_it_is_named_first():
    before, named, _ = "\n".join(cells()).partition("front end")
    assert named and before.endswith("the convolutions of a Mamba block, its *")


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        (
            {"lags": lambda d_conv, dilations, stacked: list(range(d_conv))},
            "Formula: 4 are read. Gradient: 10",
            "By formula 4 samples are read, by gradient 10. Formula and gradients do not agree.",
        ),
        (
            {"lags": lambda d_conv, dilations, stacked: [k * d for d in dilations for k in range(1, d_conv + 1)]},
            "Formula: 10 are read. Gradient: 10, but not the same",
            "By formula 10 samples are read, by gradient 10, but not the same. Formula and gradients do not agree.",
        ),
        (
            {
                "conv": lambda x, weights, biases, gates, dilations: gated_dilated_conv(
                    x, weights, biases, gates, [1] * 4
                )
            },
            "Formula: 10 are read. Gradient: 4",
            "By formula 10 samples are read, by gradient 4. Formula and gradients do not agree.",
        ),
        (
            {"measure": lambda fn, length: list(range(length))},
            "Formula: 10 are read. Gradient: 33",
            "By formula 10 samples are read, by gradient 33. Formula and gradients do not agree.",
        ),
        (
            {"field": lambda d_conv, dilations, stacked: 24},
            "The field has 24 samples, but lags 0 to 24 are 25",
            "The largest lag that is read is 24: from it to now there are 25 samples. "
            "On the lags, formula and gradients agree.",
        ),
        (
            {"field": lambda d_conv, dilations, stacked: 32},
            "The field has 32 samples, but lags 0 to 24 are 25",
            "The largest lag that is read is 24: from it to now there are 25 samples. "
            "On the lags, formula and gradients agree.",
        ),
    ],
)
def test_map_tells_where_functions_contradict_each_other(given, title, said):
    figure = figures.ReceptiveFieldMap(**given)
    sentence = figure.update(4, DILATIONS, stacked=False)
    assert figure.titles() == [title]
    assert sentence.endswith(f"the field spans {figure.samples} samples. {said}")
    for cells, lags in ((figure.formula_cells, figure.predicted), (figure.gradient_cells, figure.by_gradient)):
        assert np.flatnonzero(cells.get_facecolors()[:, 3]).tolist() == lags  # all that is counted has a cell


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        (
            {"field": lambda *_: 1},
            "The field has 1 sample, but lags 0 to 1 are 2",
            "the field spans 1 sample. The largest lag that is read is 1: from it to now there are 2 samples.",
        ),
        (
            {"lags": lambda *_: [1]},
            "Formula: 1 is read. Gradient: 2",
            "the field spans 2 samples. By formula 1 sample is read, by gradient 2.",
        ),
        (
            {"lags": lambda *_: [0], "measure": lambda *_: [0]},
            "The field has 2 samples, but only lag 0 is read",
            "the field spans 2 samples. The largest lag that is read is 0: it is now, 1 sample.",
        ),
        (
            {"lags": lambda *_: [1], "measure": lambda *_: [1]},
            "1 of 2 samples is read, 1 is skipped",
            "the field spans 2 samples. 1 of them is read, 1 is never read.",
        ),
    ],
)
def test_map_of_one_sample_has_no_s(given, title, said):
    figure = figures.ReceptiveFieldMap(**given)
    assert said in figure.update(2, (1,))
    assert figure.titles() == [title]
    assert figure.span_text.get_text() == ("1 sample" if "field" in given else "2 samples")


def test_map_measures_a_sum_without_softmax_too():
    figure = figures.ReceptiveFieldMap(conv=without_softmax)
    figure.update()
    assert figure.by_gradient == figure.predicted


def test_map_counts_the_cells_that_it_fills():
    figure = figures.ReceptiveFieldMap(
        lags=lambda d_conv, dilations, stacked: [k * d for d in dilations for k in reversed(range(d_conv))]
    )
    sentence = figure.update(4, DILATIONS, stacked=False)
    assert sentence == figures.ReceptiveFieldMap().update(4, DILATIONS, stacked=False)
    assert np.flatnonzero(figure.formula_cells.get_facecolors()[:, 3]).size == 10


def test_map_says_that_a_lag_below_zero_has_no_cell():
    figure = figures.ReceptiveFieldMap(lags=lambda d_conv, dilations, stacked: [-d for d in dilations])
    assert "By formula lag −8 is read: it lies after now, where the picture has no cell. " in figure.update()
    assert figure.titles() == ["By formula lag −8 is read, after now"]
    figure = figures.ReceptiveFieldMap(measure=lambda fn, length: [-1, 0])
    figure.update()
    assert figure.titles() == ["By gradient lag −1 is read, after now"]


def test_map_says_that_it_has_no_room():
    exploration = Exploration(figures.ReceptiveFieldMap(field=lambda d_conv, dilations, stacked: 9100))
    assert exploration.frame.failed
    assert "the picture has room for a field of 76 samples, not of 9100" in exploration.frame.sentence


def test_map_measures_as_far_as_the_formula_reaches():
    figure = figures.ReceptiveFieldMap(field=lambda d_conv, dilations, stacked: 1)
    assert figure.update(4, DILATIONS, stacked=False).endswith("On the lags, formula and gradients agree.")


def a_dilation_late(x, weights, biases, gates, dilations):
    later = [F.pad(weight, (0, 1)) for weight in weights]  # (D, W + 1) each, the newest tap 0
    return gated_dilated_conv(x, later, biases, gates, dilations)


@pytest.mark.parametrize("dilations", figures.DILATIONS.values())
@pytest.mark.parametrize("d_conv", [2, 5])
def test_map_counts_every_lag_of_kernels_that_are_a_dilation_late(d_conv, dilations):
    figure = figures.ReceptiveFieldMap(conv=a_dilation_late)
    figure.update(d_conv, dilations, stacked=False)
    assert figure.by_gradient == sorted({k * d for k in range(1, d_conv + 1) for d in dilations})
    figure.update(d_conv, dilations, stacked=True)
    assert figure.by_gradient == [lag + sum(dilations) for lag in lags_touched(d_conv, dilations, stacked=True)]


def test_map_says_whose_functions_it_runs():
    figure = figures.ReceptiveFieldMap()
    yours = (figure.conv, figure.measure)
    figure.owner = lambda function: "yours" if function in yours else "the reference's"
    assert figure.update().endswith("agree. Yours: gated sum, ruler. The reference's: field, lags.")


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


def test_the_two_spikes_have_tops_of_two_samples_and_lie_143_apart():
    past = figures.TapsOnRecording().past
    tops = [lag for near in (past[:72], past[72:]) for lag in (past == near.max()).nonzero().flatten().tolist()]
    assert tops == [0, 1, 143, 144]  # dilation 48 reaches the far end of the older top
    assert f"the top of the spike before, {tops[-1]} samples ago?" in NOTEBOOK.read_text("utf-8")


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
    assert figure.update().endswith("later, unchanged.")
    figure.owner = lambda function: "yours" * (function is figure.delay_kernel)
    assert figure.update().endswith("later, unchanged. The kernel is yours.")


def one_tap(place, value=1.0, gap=None):
    """A kernel of four taps with a single one that is not 0, in a place of its own, with a gap of its own."""
    return lambda delay, d_conv: (value * torch.eye(d_conv)[place], gap or delay // (d_conv - 1))


@pytest.mark.parametrize(
    ("kernel", "does"),
    [
        (one_tap(-1), "the input of the same moment"),
        (one_tap(1), "the input 16 samples later"),
        (one_tap(0, gap=6), "the input 18 samples later"),
        (one_tap(2, gap=1), "the input 1 sample later"),
        (one_tap(0, 0.5), "0.5 times the input 24 samples later"),
        (one_tap(0, -1.0), "−1 times the input 24 samples later"),
        (one_tap(0, 1.004), "1.004 times the input 24 samples later"),
        (one_tap(0, 0.0), "0 throughout"),
        (lambda delay, d_conv: (torch.full((d_conv,), 0.25), delay // (d_conv - 1)), "a mix of 4 samples"),
    ],
)
def test_a_kernel_that_is_no_delay_is_not_said_to_be_one(kernel, does):
    figure = figures.DelayOnRecording(kernel)
    assert f"the output is {does}, not the input 24 samples (12 ms) later." in figure.update(24)
    assert figure.titles() == [f"The output is {does}"]
    assert figure.note.get_text() == "asked: 24 samples = 12 ms"
    assert f"the output is SiLU of {does}, not of the input 24 samples" in figure.update(24, activation=True)
    assert figure.titles() == [f"The output is SiLU of {does}"]


def test_an_output_out_of_the_picture_keeps_its_name_inside():
    figure = figures.DelayOnRecording(one_tap(0, 100.0))
    said = figure.update(24)
    low, high = figure.ax.get_ylim()
    assert figure.y[-1] < low < figure.out_name.get_position()[1] < high
    gone = sum(not low <= y <= high for y in figure.y)
    assert f"Outside the picture: {gone} samples." in said


@pytest.mark.parametrize("activation", [False, True])
def test_a_delay_stays_in_the_picture(activation):
    figure = figures.DelayOnRecording()
    assert not any("Outside" in figure.update(delay, activation) for delay in range(3, 49, 3))


def test_the_taps_are_called_by_their_places_which_hold_for_any_sum():
    runs = {3: figures.train(delay=3, steps=1)}
    assert figures.GateTraining(runs).tap_ax.get_xlabel().endswith("its taps w[0] to w[3]")


def test_the_taps_are_counted():
    longer = figures.DelayOnRecording(lambda delay, d_conv: (torch.eye(d_conv + 1)[0], delay // d_conv))
    assert longer.update(24).startswith("5 taps, dilation 6: the output is the input 24 samples (12 ms) later")


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


@pytest.mark.parametrize("dilation", range(1, 9))
def test_the_drawn_curve_has_its_zeros_and_tops_where_the_law_has_them(dilation):
    figure = figures.CombFilter()
    for kernel, period in (("average", (1, 0, 0, 0)), ("half the difference", (0, None, 1, None))):  # every 25 at d = 1
        figure.update(dilation, 12.5, kernel)
        speeds, parts = figure.curve.get_data()
        for quarter in range(2 * dilation + 1):
            if (due := period[quarter % 4]) is not None:
                drawn = parts[np.abs(speeds - 25 * quarter / dilation).argmin()]
                assert drawn == pytest.approx(due, abs=1e-5), (kernel, quarter)


def test_a_wiggle_that_fits_the_gap_passes_whole():
    figure = figures.CombFilter()
    sentence = figure.update(dilation=8, speed=12.5, kernel="average")
    assert "100 % of it passes. The curve repeats after a speed of 12.5." in sentence
    assert figure.titles()[1] == "Dilation 8: repeats every 12.5"
    np.testing.assert_allclose(figure.read, figure.read[0], atol=1e-9)
    assert "65 % of it passes" in figure.update(dilation=1, speed=12.5, kernel="average")
    figure.update(dilation=1, speed=49.375, kernel="half the difference")
    assert figure.titles()[0] == "Over 99 % of this wiggle passes"


def test_samples_of_a_fast_wiggle_fall_near_its_tops_for_a_while_and_then_near_its_middle():
    figure = figures.CombFilter()
    figure.update(dilation=8, speed=46.875, kernel="average")
    heights = np.abs(figure.input.get_ydata() - figure.INPUT)
    largest = [heights[i : i + 4].max() for i in range(len(heights) - 3)]  # of four neighbours
    assert min(largest) < 0.35 and max(largest) > 0.95
    figure.update(dilation=8, speed=50.0, kernel="average")
    assert np.ptp(np.abs(figure.input.get_ydata() - figure.INPUT)) < 1e-5  # the fastest keeps one height


@pytest.mark.parametrize("dilation", range(2, 9))
def test_what_fits_the_gap_is_a_constant_to_these_taps_and_not_to_neighbours(dilation):
    figure = figures.CombFilter()
    for wiggles in range(1, dilation // 2 + 1):  # in the gap: up to the fastest wiggle
        figure.update(dilation, 100 * wiggles / dilation, "average")
        assert np.ptp(figure.read) < 1e-5
        figure.update(1, 100 * wiggles / dilation, "average")
        assert np.ptp(figure.read) > 0.5


def test_what_passes_a_kernel_whole_does_not_pass_a_branch_whole_so_section_6_speaks_of_kernels():
    figure = figures.CombFilter()
    x, y = figure.run(torch.full((4,), 0.25), 8, torch.tensor([12.5]))  # (1, L)
    torch.testing.assert_close(y[:, 24:], x[:, 24:])
    assert F.silu(y).min() > -0.28 > -0.99 > x.min()  # a branch ends with SiLU
    question = RECAP[3].text
    starts = [i for i, text in enumerate(cells()) if text.startswith(("## 6 ", "## 7 "))]
    for text in (figure.about(), question, *cells()[slice(*starts)]):
        assert "branch" not in text


def test_a_lag_is_found_before_dilations_read_it_and_a_number_for_think_says_so():
    (cell,) = (c for c in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if "alike = {lag:" in "".join(c["source"]))
    found, *reads, smooth = "".join(cell["outputs"][0]["text"]).splitlines()
    lag = found.split("most like themselves at ")[1].split()[0]
    assert len(reads) == 2 and all(f"reads lag {lag} " in line for line in reads)
    (question,) = (text for text in cells() if text.startswith("## Think"))
    assert smooth.startswith("For question 2 of Think") and "the recording" in question.split("**2.**")[1][:100]


def test_gates_are_drawn_as_recorded_and_the_right_branch_is_marked():
    figure = gate_training()
    sentence = figure.update(step=100, delay=24)
    assert [round(bar.get_height(), 2) for bar in figure.bars] == [0.01, 0.01, 0.01, 0.97]
    assert [bool(bar.get_hatch()) for bar in figure.bars] == [False, False, False, True]
    heights = [round(bar.get_height(), 2) for bar in figure.tap_bars]
    assert (heights[12], heights[6], sum(map(abs, heights))) == (0.97, -0.1, pytest.approx(1.07))
    assert sentence == (
        "Step 100: dilation 8 reads lag 24. Its share is 97 %. Up or down, the taps of the others reach 0.10. "
        "Of the target under 1 % is missed."
    )
    assert figure.update(step=0, delay=7).startswith(
        "Step 0: no branch reads lag 7. Up or down, the taps reach 0.25. Of the target 110 %"
    )
    assert not any(bar.get_hatch() for bar in figure.bars)


def test_training_finds_the_branch_that_reads_the_delay_and_its_oldest_tap():
    run = figures.train(delay=12)
    assert run.shares[-1].argmax() == DILATIONS.index(4)
    torch.testing.assert_close(run.shares.sum(-1), torch.ones(STEPS))
    assert run.missed[-1] < 0.01 < 1 < run.missed[0]
    assert run.taps[-1].flatten().argmax() == 4 * DILATIONS.index(4)
    assert run.readers == [4]
    figure = figures.GateTraining({12: run})
    figure.owner = lambda function: "yours" * (function is gated_dilated_conv)
    assert figure.update(100, 12).endswith("is missed. The gated sum is yours.")


def without_dilation(x, weights, biases, gates, dilations):
    return gated_dilated_conv(x, weights, biases, gates, [1] * len(dilations))


def first_alone(x, weights, biases, gates, dilations):
    return gated_dilated_conv(x, weights[:1], biases[:1], gates[:1], dilations[:1])


def without_softmax(x, weights, biases, gates, dilations):
    branches = zip(weights, biases, dilations, strict=True)
    alone = [gated_dilated_conv(x, [w], [b], gates[:1], [d]) for w, b, d in branches]
    return sum(gate * y for gate, y in zip(gates, alone, strict=True))


@pytest.mark.parametrize(
    ("conv", "delay", "says"),
    [
        (
            without_softmax,
            24,
            "dilation 8 reads lag 24. By softmax it would have 25 %, but the sum weighs another way. Up or down, the",
        ),
        (without_dilation, 24, "no branch reads lag 24. Up or down, the taps reach 0.62. Of"),
        (without_dilation, 3, "dilations 1, 2, 4, 8 read lag 3. Together their share is 100 %. Of"),
        (first_alone, 24, "no branch reads lag 24. Up or down, the taps reach 0.62. Of"),
        (
            first_alone,
            3,
            "dilation 1 reads lag 3. By softmax it would have 25 %, but the sum weighs another way. Up or down, the",
        ),
    ],
)
def test_a_branch_reads_a_lag_if_the_sum_that_runs_reads_it(conv, delay, says):
    run = figures.train(conv, delay, steps=0)
    figure = figures.GateTraining({delay: run})
    assert figure.update(0, delay).startswith(f"Step 0: {says} ")
    assert sum(bool(bar.get_hatch()) for bar in figure.bars) == len(run.readers)
    assert figure.titles()[0].lower() in says.lower()


def branches_alone(weigh):
    """The sum with weights of another kind: `weigh` takes the gates."""
    return lambda x, weights, biases, gates, dilations: sum(
        share * gated_dilated_conv(x, [w], [b], gates[:1], [d])
        for share, w, b, d in zip(weigh(gates), weights, biases, dilations, strict=True)
    )


def silu_after_the_sum(x, weights, biases, gates, dilations):
    branches = zip(gates.softmax(0), weights, biases, dilations, strict=True)
    return F.silu(sum(s * causal_dilated_conv1d_fn(x, w, b, dilation=d) for s, w, b, d in branches))


@pytest.mark.parametrize(
    ("conv", "weighed"),
    [
        (gated_dilated_conv, True),
        (without_dilation, True),
        (silu_after_the_sum, True),
        (a_dilation_late, True),
        (branches_alone(lambda gates: gates.softmax(0)), True),
        (branches_alone(torch.exp), False),
        (branches_alone(torch.sigmoid), False),
        (branches_alone(lambda gates: gates), False),
        (branches_alone(lambda gates: (-gates).softmax(0)), False),
        (branches_alone(lambda gates: gates.log_softmax(0)), False),
        (branches_alone(lambda gates: torch.full_like(gates, 0.25)), False),
    ],
)
def test_a_share_is_said_only_of_a_sum_that_is_weighed_by_it(conv, weighed):
    run = figures.train(conv, 24, steps=1) if conv is not without_dilation else figures.train(conv, 3, steps=1)
    figure = figures.GateTraining({24: run})
    assert ("share is" in figure.update(1, 24)) == run.weighed == weighed
    assert figure.bar_ax.get_ylabel() == ("share" if weighed else "softmax of gates")


def test_a_sum_of_nan_is_drawn_and_said():
    run = figures.train(lambda *given: torch.nan * gated_dilated_conv(*given), 24, steps=2)
    figure = figures.GateTraining({24: run})
    for step in (0, 2):
        assert figure.update(step, 24) == f"Step {step}: no branch reads lag 24. The output is not a number."
        assert figure.titles()[-1] == f"Step {step}: not a number"
        figure.pixels()
    assert not any(label.get_text() for label in figure.labels)


def test_taps_larger_than_usual_have_room():
    run = recorded(24)
    run.taps[-1, 3, 0], run.taps[-1, 0, 0] = 3.0, -2.0
    low, high = figures.GateTraining({24: run}).tap_ax.get_ylim()
    assert low < -2 and high > 3


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
    assert "depends on 201" in sentence and "about 10⁻⁵" in sentence
    said = [figure.update(part="the whole block", lag=lag).split("about ")[1] for lag in (50, 100, 200)]
    assert said == ["2·10⁻⁶.", "8·10⁻⁷.", "4·10⁻⁷."]


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


def test_a_ruler_that_finds_what_the_picture_has_no_room_for_is_told_in_words():
    far = figures.ReceptiveFieldMap(measure=lambda front_end, length: [0, 80])
    with pytest.raises(ValueError, match="room for a field of 76 samples, not of 81"):
        far.update()


def test_a_field_of_no_lags_says_that_none_is_read():
    empty = figures.ReceptiveFieldMap(field=lambda *_: -3, lags=lambda *_: [], measure=lambda *_: [])
    assert "the field spans −3 samples. No sample is read." in empty.update()
    assert empty.titles()[0] == "The field has −3 samples, but no lag is read"


def test_a_kernel_of_nan_is_no_sum():
    nan = figures.DelayOnRecording(delay_kernel=lambda *_: (torch.full((4,), torch.nan), 8))
    assert "the output is not a number" in nan.update()
