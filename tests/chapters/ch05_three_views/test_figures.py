"""The figures of notebook 05 show what the package computes, at every corner of their sliders."""

import inspect
import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lite_mamba import selective_scan_fn
from lite_mamba.course.chapters.ch01_causal_convolution.exercises import causal_conv
from lite_mamba.course.chapters.ch04_discretisation.exercises import euler
from lite_mamba.course.chapters.ch05_three_views import exercises as chapter
from lite_mamba.course.chapters.ch05_three_views import figures
from lite_mamba.course.page.explore import Exploration

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "05_three_views.ipynb"
ALL = [figures.ThreeViews, figures.KernelSum, figures.Clock, figures.Leak, figures.Costs, figures.TwoImpulses]


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.__name__)
def test_no_word_leaves_the_picture(figure):
    shown = figure()
    for parameters in list(shown.corners())[:20]:
        shown.update(**parameters)
        shown.picture()
        renderer = shown.figure.canvas.get_renderer()
        width, height = shown.size()
        texts = [text for ax in shown.figure.axes for text in (*ax.texts, ax.title, ax._left_title)]
        for text in texts:
            if text.get_visible() and text.get_text():
                box = text.get_window_extent(renderer)
                assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, (text, parameters)


def scan(u, A_bar, B_bar, C):
    """The package's scan with Ā = exp(A) and a step size of one: the oracle of the three views."""
    ones = torch.ones(1, 1, len(u))
    return selective_scan_fn(u.view(1, 1, -1), ones, A_bar.log()[None], B_bar[None], C[None]).flatten()


def test_the_three_views_meet_in_the_output_of_the_package():
    shown = figures.ThreeViews()
    for parameters in [*shown.corners(), {"t": 20, "at": 11}, {"t": 11, "at": 11}]:
        t, at = parameters["t"], parameters["at"]
        sentence = shown.update(**parameters)
        truth = scan(torch.eye(shown.LENGTH)[at], *shown.system).numpy()
        for y in shown.y:
            np.testing.assert_allclose(y, truth, atol=1e-5)
        assert shown.states[1].sum() == pytest.approx(truth[t], abs=1e-6)
        assert shown.waves.sum() == pytest.approx(truth[t], abs=1e-6)
        assert (f"add up to {truth[t]:.3f}" if t >= at else "has not come yet") in sentence


def test_a_state_is_drawn_as_high_as_it_is_and_not_at_all_where_it_is_next_to_nothing():
    shown = figures.ThreeViews()
    for t in range(shown.LENGTH):
        shown.update(t=t, at=6)
        for bars, states in zip(shown.bars, shown.states, strict=True):
            for bar, state in zip(bars, states, strict=True):
                assert bar.get_height() == state and bar.get_visible() == (state > 0.01)
    assert all(bar.get_linewidth() == 0 for bar in shown.bars[1])  # a white edge would hide a low bar
    assert [bar.get_visible() for bars in shown.bars for bar in bars] == [True, False, True, False]


def test_what_lies_outside_of_the_picture_is_told():
    shown = figures.ThreeViews(recurrence=lambda u, A, B, C: chapter.recurrence(u, A.exp(), B, C))
    assert "drawn make 0.854. Outside the picture: recurrence." in shown.update(t=9, at=6)
    assert "Outside" not in shown.update(t=6, at=6)
    shown = figures.ThreeViews(convolve=lambda u, kernel: u - 1, fft_convolve=lambda u, kernel: u * math.nan)
    assert "NaN" in shown.update(t=9) and "Outside the picture: kernel." in shown.update(t=9)
    kernel = figures.KernelSum(kernel=lambda A, B, C, n: 3 * chapter.ssm_kernel(A, B, C, n))
    assert kernel.update().count("Outside the picture: 2 taps.") == 1 and (kernel.kernel > 2.15).sum() == 2
    assert not any("Outside" in figures.KernelSum().update(**parameters) for parameters in kernel.corners())


def test_the_kernel_lies_with_its_first_tap_on_now():
    shown = figures.ThreeViews()
    shown.update(t=9, at=6)
    steps, taps = shown.slid.get_data()
    assert dict(zip(steps, taps, strict=True))[6] == pytest.approx(0.9**3 + 0.5**3)
    assert (steps[0], taps[0]) == (9, 2)


def test_views_that_disagree_are_named_with_their_numbers():
    shown = figures.ThreeViews(convolve=lambda u, kernel: 0 * u)
    sentence = shown.update(t=9, at=6)
    assert "The views disagree: 0.854, 0.000, 0.854" in sentence and "drawn make 0.854." in sentence
    shown = figures.ThreeViews(recurrence=lambda u, *system: 0 * u - 1e6)
    assert "The views disagree: −1e6, 0.854, 0.854" in shown.update(t=9, at=6)


def test_the_letters_of_the_text_are_counted_where_the_sentence_speaks_of_their_steps():
    shown = figures.TwoImpulses()
    named = dict(enumerate(label.get_text().split("\n") for label in shown.top.get_xticklabels()))
    assert named[0] == ["o", "t = 0"] and named[12] == ["t", "12"] and named[shown.stop] == [".", "16"]
    assert [letter.replace("␣", " ") for letter, _ in named.values()] == list(shown.TEXT)


def test_numbers_that_differ_by_little_do_not_look_alike():
    def near(u, kernel):
        return chapter.convolve(u, kernel) + 0.0004

    assert "disagree: 0.8540, 0.8540, 0.8544" in figures.ThreeViews(fft_convolve=near).update(t=9, at=6)
    alike = figures.ThreeViews(lambda u, A, B, C: near(u, chapter.ssm_kernel(A, B, C, len(u))), near, near)
    assert "all three functions say 0.8544; right is 0.8540" in alike.update(t=9, at=6)
    large = figures.ThreeViews(*(lambda u, *rest, n=n: 0 * u + 20000 + n for n in range(3)))
    assert "The views disagree: 20000, 20001, 20002" in large.update(t=9, at=6)


def test_a_view_that_is_right_at_this_time_and_wrong_at_another_is_said_to_be_so():
    def wraps(u, kernel):
        return torch.fft.irfft(torch.fft.rfft(u) * torch.fft.rfft(kernel), n=len(u))

    shown = figures.ThreeViews(fft_convolve=wraps)
    sentence = shown.update(t=9, at=6)
    assert "one number: 0.854" in shown.heading.get_text() and "At t = 0 not all three are right." in sentence
    late = figures.ThreeViews(recurrence=lambda u, *system: chapter.recurrence(u.roll(1), *system))
    assert "cancel to 0. At t = 6 not all three are right." in late.update(t=3, at=6)
    assert "not all three" not in figures.ThreeViews().update(t=9, at=6)


@pytest.mark.parametrize(
    ("alike", "said"), [(lambda u, *rest: torch.ones_like(u), "1.000"), (lambda u, *rest: u * math.nan, "NaN")]
)
def test_three_functions_that_are_wrong_alike_are_not_called_right(alike, said):
    shown = figures.ThreeViews(recurrence=alike, convolve=alike, fft_convolve=alike)
    for t, right in ((3, "0.000"), (9, "0.854"), (31, "0.072")):
        sentence = shown.update(t=t, at=6)
        assert shown.heading.get_text() == f"t = {t}: all three functions say {said}; right is {right}"
        assert f"drawn make {right}." in sentence
        assert not any(words in sentence for words in ("cancel", "States:", "add up", "disagree"))


def test_the_three_views_run_the_learners_functions_and_say_whose_they_are():
    functions = {"recurrence": chapter.recurrence, "convolve": chapter.convolve, "fft_convolve": chapter.fft_convolve}
    shown = figures.ThreeViews(**functions)
    shown.owner = lambda function: "yours"
    assert " Yours: recurrence, kernel, FFT." in shown.update()
    shown.owner = lambda function: "the reference's" if function is chapter.convolve else "yours"
    assert " Yours: recurrence, FFT. The reference's: kernel." in shown.update()
    exploration = Exploration(figures.ThreeViews(fft_convolve=lambda u, kernel: u[1:]))
    assert exploration.frame.failed
    assert "(31,), expected a tensor of the shape (32,)" in exploration.frame.sentence


def test_the_kernel_is_the_answer_to_an_impulse():
    shown = figures.KernelSum()
    shown.owner = lambda function: "yours" if function is chapter.ssm_kernel else ""
    for parameters in list(shown.corners())[1:]:
        sentence = shown.update(**parameters)
        system = [torch.tensor(pair) for pair in ((parameters["slow"], parameters["fast"]), (1.0, 1.0))]
        C = torch.tensor([parameters["c_slow"], parameters["c_fast"]])
        truth = chapter.recurrence(torch.eye(shown.LENGTH)[0], *system, C)
        np.testing.assert_allclose(shown.kernel, truth, atol=1e-5)
        assert "The kernel is yours." in sentence


def test_the_tap_from_which_the_slow_state_is_alone():
    shown = figures.KernelSum()
    shown.update(slow=0.95, fast=0.5, c_slow=0.5, c_fast=1.0)
    slow, fast = shown.parts
    assert shown.alone == 6
    assert fast[6] / (slow[6] + fast[6]) < 0.05 < fast[5] / (slow[5] + fast[5])


def test_two_weights_of_opposite_sign_make_a_kernel_that_rises():
    shown = figures.KernelSum()
    sentence = shown.update(slow=0.95, fast=0.5, c_slow=1.0, c_fast=-1.0)
    peak = int(np.argmax(0.95 ** np.arange(41) - 0.5 ** np.arange(41)))
    assert f"largest at tap {peak}." in sentence and shown.mark.get_xdata()[0] == peak
    assert "largest at the taps 1 and 2." in shown.update(slow=0.8, fast=0.2, c_slow=0.7, c_fast=-0.7)
    assert "lowest at the taps 1 and 2." in shown.update(slow=0.9, fast=0.1, c_slow=-0.7, c_fast=0.7)
    assert "C is 0" in shown.update(slow=0.95, fast=0.5, c_slow=0.0, c_fast=1.0)


def test_a_kernel_that_changes_its_sign_says_at_which_tap():
    shown = figures.KernelSum()
    assert "tap 2 is the first on the other side" in shown.update(slow=0.95, fast=0.5, c_slow=-0.5, c_fast=1.0)
    assert shown.kernel[1] > 0 > shown.kernel[2]
    assert "sign" not in shown.update(slow=0.95, fast=0.5, c_slow=-0.5, c_fast=-1.0)
    assert "tap 25 is the first" in shown.update(slow=0.8, fast=0.75, c_slow=-0.1, c_fast=0.5)
    assert -1e-5 < shown.kernel[25] < 0 < shown.kernel[24]


def test_what_is_said_of_a_first_tap_can_be_read_from_its_number():
    shown, named = figures.KernelSum(), set()
    weights = [round(0.1 * n, 1) for n in range(-10, 11)]
    for slow, fast in ((0.8, 0.6), (0.88, 0.6), (0.93, 0.75), (0.99, 0.7), (0.99, 0.05)):
        for c_slow, c_fast in itertools.product(weights, weights):
            sentence = shown.update(slow=slow, fast=fast, c_slow=c_slow, c_fast=c_fast)
            first = [float(n.replace("−", "-")) for n in re.search(r"taps are (.*?)\.(?: |$)", sentence)[1].split(", ")]
            if (turn := re.search(r"tap ([0-3]) is the first on the other side", sentence)) is not None:
                assert first[0] * first[int(turn[1])] < 0, sentence
                named.add("turn")
            elif (peak := re.search(r"(?:largest|lowest) at tap ([0-3])\.", sentence)) is not None:
                sizes = [abs(tap) for tap in first]
                assert sizes.count(max(sizes)) == 1 and sizes[int(peak[1])] == max(sizes), sentence
                named.add("peak")
    assert named == {"turn", "peak"}
    assert "first taps are 0.100, 0.039, −0.004, −0.034." in shown.update(slow=0.93, fast=0.75, c_slow=-0.2, c_fast=0.3)
    assert "first taps are 1.50, 0.98, 0.70, 0.55." in shown.update()


def test_a_state_that_is_too_small_to_see_is_not_said_to_be_seen():
    shown = figures.KernelSum()
    sentence = shown.update(slow=0.8, fast=0.75, c_slow=0.5, c_fast=0.5)
    slow, fast = shown.parts
    assert "makes 5 % or more of each of the 41 taps" in sentence and (fast / (slow + fast)).min() >= 0.05
    assert slow[40] < 1e-4


def test_no_tap_is_marked_for_a_state_that_is_not_read():
    shown = figures.KernelSum()
    for weights in ({"c_slow": 0.0}, {"c_fast": 0.0}, {"c_slow": 0.0, "c_fast": 0.0}):
        assert "C is 0" in shown.update(**weights) or "C are 0" in shown.titles()[0]
        assert len(shown.mark.get_xdata()) == 0


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (lambda A, B, C, n: (C * B) @ A[:, None] ** torch.arange(1, n + 1), "tap 0 is 0.975, their sum is 1.500"),
        (lambda A, B, C, n: B @ A[:, None] ** torch.arange(n), "tap 0 is 2.000, their sum is 1.500"),
        (lambda A, B, C, n: torch.zeros(n), "tap 0 is 0.000, their sum is 1.500"),
        (lambda A, B, C, n: ((C * B) @ A[:, None] ** torch.arange(n)).cumsum(0), "tap 1 is 2.475, their sum is 0.975"),
        (lambda A, B, C, n: C[0] * A[0] ** torch.arange(n) * math.nan, "tap 0 is NaN, their sum is 1.500"),
    ],
)
def test_a_kernel_that_is_not_the_sum_of_its_states_is_called_so(kernel, said):
    shown = figures.KernelSum(kernel=kernel)
    assert f"Not the sum of both states: {said}. " in shown.update()
    assert shown.names[0].get_text() == "● kernel: not the sum of both"
    for parameters in list(shown.corners())[1:]:
        sentence = shown.update(**parameters)
        wrong = not np.allclose(shown.kernel, sum(shown.parts), atol=1e-3)
        assert sentence.startswith("Not the sum") == wrong == ("not the sum" in shown.names[0].get_text())


def test_the_clock_shows_the_circular_convolution():
    shown = figures.Clock()
    for hours in range(4, 9):
        sentence = shown.update(hours=hours)
        values = np.fft.ifft(np.fft.fft(shown.U, hours) * np.fft.fft(shown.KERNEL, hours)).real.round()
        assert [sum(lap) for lap in shown.laps] == values.tolist()
        assert shown.wrong == max(0, 2 * 4 - 1 - hours)
        assert ("hour of its own" in sentence) == (hours >= 7)


def test_the_leak_marks_exactly_the_outputs_that_come_round():
    shown = figures.Leak(convolve=chapter.suspect_convolve, whose="the suspect")
    for length in (12, 16, 17, 20, 32, 40):
        for before_end in (0, 2, 11):
            sentence = shown.update(length=length, before_end=before_end)
            points, at = 2 ** math.ceil(math.log2(length)), length - 1 - before_end
            spoilt = [hour - points for hour in range(at, at + length) if hour >= points]
            assert np.flatnonzero(shown.wrong).tolist() == spoilt
            early = sum(t < at for t in spoilt)
            assert f"{early} output" in sentence if early else "are right" in sentence


def test_the_mended_convolution_leaks_nowhere():
    shown = figures.Leak(convolve=chapter.mended_convolve)
    for parameters in shown.corners():
        assert "are right" in shown.update(**parameters)
        np.testing.assert_allclose(shown.y, shown.truth, atol=1e-5)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (lambda u, kernel: u * math.nan, "16 outputs of 16 are NaN"),
        (lambda u, kernel: u.where(u < 1, math.nan), "1 output of 16 is NaN, 2 more are wrong"),
        (lambda u, kernel: u + 1, "13 outputs of 16 answer before the impulse comes, 3 more are wrong"),
        (lambda u, kernel: 100 * chapter.mended_convolve(u, kernel), "3 outputs of 16 are wrong"),
        (lambda u, kernel: u, "2 outputs of 16 are wrong"),
    ],
)
def test_the_leak_counts_every_wrong_output_and_tells_of_those_that_it_cannot_show(view, said):
    shown = figures.Leak(convolve=view)
    shown.owner = lambda function: "yours"
    sentence = shown.update()
    assert shown.titles() == [said] and f"impulse at t = 13 (yours): {said}." in sentence
    low, high = shown.ax.get_ylim()
    outside = sum(not low < value < high for value in shown.y if not math.isnan(value))
    assert (f"Outside the picture: {outside} of them." in sentence) == (outside > 0)


def test_the_marks_of_the_leak_have_a_name_wherever_the_impulse_comes():
    shown = figures.Leak(convolve=chapter.suspect_convolve)
    for parameters in shown.corners():
        shown.update(**parameters)
        words = {text.get_text(): text for text in shown.ax.texts if text.get_visible()}
        for mark, line in (("● a right output", shown.good), ("× a wrong output", shown.bad)):
            assert words[mark].get_color() == line.get_color()
        assert "○ what is right" in words
        assert ("after the end" in words) == (parameters["length"] < 32)


def test_the_suspect_is_right_for_the_lengths_that_the_notebook_names():
    named = re.search(
        r"For (\d+) to (\d+), (\d+) to (\d+) and (\d+) to (\d+) steps", NOTEBOOK.read_text(encoding="utf-8")
    )
    ends = [int(end) for end in named.groups()]
    shown = figures.Leak(convolve=chapter.suspect_convolve)
    for length in range(12, 41):
        shown.update(length=length, before_end=11)
        within = any(low <= length <= high for low, high in zip(ends[::2], ends[1::2], strict=True))
        assert within == (not shown.wrong.any()), length


def test_complex_outputs_are_refused_in_words():
    for shown in (
        figures.Leak(convolve=lambda u, kernel: chapter.mended_convolve(u, kernel) + 0j),
        figures.KernelSum(kernel=lambda *system: chapter.ssm_kernel(*system) + 0j),
    ):
        exploration = Exploration(shown)
        assert exploration.frame.failed and "complex numbers, expected real ones" in exploration.frame.sentence


def test_the_costs_of_the_table_in_the_notebook():
    assert figures.multiplications(16, 16) == (768, 136, 1088)
    assert figures.multiplications(1024, 16) == (49152, 524800, 143360)
    assert figures.multiplications(16384, 16) == (786432, 134225920, 3080192)
    assert figures.waiting_steps(16384, 16) == (16384, 15, 31)


def test_the_costs_name_the_view_that_needs_the_fewest():
    shown = figures.Costs()
    assert shown.update(length=16, states=16, what=True).endswith("Fewest: kernel.")
    assert shown.update(length=16384, states=16, what=True).endswith("Fewest: recurrence.")
    assert shown.update(length=65536, states=256, what=True).endswith("Fewest: FFT.")
    assert "16 384, kernel 15, FFT 31" in shown.update(length=16384, states=16, what=False)
    assert shown.worst == "recurrence"


def test_names_beside_the_lines_keep_their_distance():
    assert figures._apart(np.array([100.0, 10.0, 1000.0]), 2) == [100, 10, 1000]
    assert figures._apart(np.array([11.0, 10.0, 12.0]), 2) == [20, 10, 40]


def test_one_step_size_gives_one_response_at_all_times():
    shown = figures.TwoImpulses()
    for late in (3, 9, 15):
        sentence = shown.update(strength=0.0, late=late)
        both = len(shown.late_y)
        np.testing.assert_allclose(shown.early_y[:both], shown.late_y, atol=1e-6)
        np.testing.assert_allclose(shown.late_y, np.exp(-0.1 * np.arange(both)), atol=1e-5)
        assert "the two responses are the same" in sentence


def test_a_full_stop_cuts_the_later_response_earlier():
    shown = figures.TwoImpulses()
    for late in (3, 12, 15):
        sentence = shown.update(strength=1.0, late=late)
        told = float(sentence.partition(" lie ")[2][:4])
        assert told == pytest.approx(np.abs(shown.early_y[: len(shown.late_y)] - shown.late_y).max(), abs=0.0051)
        before = shown.stop - late
        np.testing.assert_allclose(shown.early_y[:before], shown.late_y[:before], atol=1e-6)
        assert shown.late_y[before] < 0.01 < shown.early_y[before]


SYSTEM = {"A_bar": torch.tensor([0.9, 0.5]), "B_bar": torch.tensor([1.0, 2.0]), "C": torch.tensor([1.0, -1.0])}


def test_the_exercises_agree_with_each_other_and_with_the_package():
    u = torch.randn(50, generator=torch.Generator().manual_seed(0))
    y, kernel = scan(u, **SYSTEM), chapter.ssm_kernel(**SYSTEM, length=50)
    torch.testing.assert_close(chapter.recurrence(u, **SYSTEM), y, rtol=1e-4, atol=1e-5)
    for view in (chapter.convolve, chapter.fft_convolve):
        torch.testing.assert_close(view(u, kernel), y, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(chapter.mended_convolve(u[None, None], kernel[None])[0, 0], y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("slow", "c_slow", "c_fast", "said"),
    [
        (0.95, 0.5, 1.0, "Steeper at first"),
        (0.8, 1.0, -0.1, "Flatter at first"),
        (0.99, 1.0, -0.1, "grows at first"),
        (0.99, -1.0, 0.1, "falls at first"),
    ],
)
def test_the_kernel_tells_how_it_begins(slow, c_slow, c_fast, said):
    shown = figures.KernelSum()
    assert said in shown.update(slow=slow, fast=0.75, c_slow=c_slow, c_fast=c_fast)
    falls = shown.kernel[1] / shown.kernel[0]
    assert falls < slow if "Steeper" in said else falls > slow


def test_the_tap_that_is_named_is_the_first_of_which_the_fast_state_makes_below_5_percent():
    shown = figures.KernelSum()
    for slow, fast, c_slow in ((0.8, 0.6, 1.0), (0.95, 0.5, 0.5), (0.9, 0.75, 0.5), (0.84, 0.65, -1.0)):
        c_fast = 0.5 if c_slow > 0 else 0.3  # of opposite sign, the slow state makes more than the whole tap
        named = re.search(r"from tap (\d+) on", shown.update(slow=slow, fast=fast, c_slow=c_slow, c_fast=c_fast))
        share = np.abs(c_fast * fast ** np.arange(41) / shown.kernel)
        assert np.array_equal(share < 0.05, np.arange(41) >= int(named[1]))  # each tap from there on, and none before


def test_what_is_next_to_nothing_is_not_shown_as_nothing():
    assert "0.072 + 3e−8 ≈ 0.072" in figures.ThreeViews().update(t=31)


def test_a_sum_of_rounded_states_is_equal_only_if_its_digits_are():
    shown = figures.ThreeViews()
    assert "0.729 + 0.125 = 0.854" in shown.update(t=9) and "0.656 + 0.062 ≈ 0.719" in shown.update(t=10)
    assert "0.314 + 0.0005 ≈ 0.314" in shown.update(t=17)


def in_the_text(words: str) -> re.Match:
    """Where the notebook says so: its numbers are compared with computed ones."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    found = re.search(words, "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))
    assert found, words
    return found


def test_the_strength_of_the_full_stop_raises_its_step_size_as_far_as_the_text_says():
    named = in_the_text(r"Δ is ([\d.]+) at every letter; .* raises it there, to ([\d.]+) at most")
    letter, highest = map(float, named.groups())
    shown = figures.TwoImpulses()
    steps = []
    for strength in np.linspace(0, 1, 21):
        shown.update(strength=float(strength))
        steps.append(shown.delta[shown.stop].item())
        assert shown.delta[: shown.stop].numpy() == pytest.approx(letter)
    assert steps == sorted(steps) and steps[0] == pytest.approx(letter) and f"{steps[-1]:.2f}" == f"{highest:.2f}"


def test_the_exercise_of_the_convolution_names_all_that_causal_conv_wants_besides():
    in_the_text(r"neither \[batch\]\(\S*\) nor bias")
    takes = [set(inspect.signature(function).parameters) for function in (causal_conv, chapter.convolve)]
    assert takes == [{"x", "weight", "bias"}, {"u", "kernel"}]


def test_a_factor_that_is_zero_or_below_is_one_of_euler():
    in_the_text(r"An Ā may also be 0 or less: .*Euler.*'s rule can make one")
    factors, _ = euler(0.5, torch.tensor([-1.0, -2.0, -4.0]), torch.ones(3))  # (N,)
    assert factors.tolist() == [0.5, 0.0, -1.0]
