"""The figures of notebook 11 show what the package computes, at every corner of their sliders."""

import inspect
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lite_mamba import Mamba, selective_state_update
from lite_mamba.course.chapters.ch03_streaming_a_convolution.exercises.gated_conv_step import gated_conv_step
from lite_mamba.course.chapters.ch11_the_streaming_step import figures
from lite_mamba.course.chapters.ch11_the_streaming_step.exercises.mended_stream import mended_stream

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "11_the_streaming_step.ipynb"
LIVE = [figures.StreamingScope, figures.StateAgainstCache, figures.RoundedState, figures.ResetRow]


@pytest.fixture(scope="module")
def made():
    """Each figure once; building them is the slow part."""
    return {figure.__name__: figure() for figure in LIVE}


def test_the_scope_streams_the_forward_pass(made):
    scope = made["StreamingScope"]
    with torch.no_grad():
        whole = scope.block(scope.x)[0, :, 0].numpy()
    np.testing.assert_allclose(scope.outputs, whole, atol=1e-5)
    for t in (0, 1, 100, 239):
        sentence = scope.update(t=t)
        assert scope.wrong == 0 and "All outputs equal the forward pass" in sentence
        assert f"{t + 1} sample" in sentence
        held = scope.states[:, scope.channel]
        assert np.abs(scope.shares).max(0) == pytest.approx(1) and scope.shares * np.abs(held).max(0) == pytest.approx(
            held
        )
        for bars, values in ((scope.held_bars, scope.shares), (scope.past_bars, scope.histories[:, scope.channel])):
            tops = [bar[1, 1] for bar in bars.get_segments()]
            assert tops == pytest.approx(values[t])
        assert scope.grown.get_xydata().shape == (t + 1, 2)


def test_the_scope_says_which_channel_it_draws(made):
    scope = made["StreamingScope"]
    name = f"channel {scope.channel + 1}"
    assert [ax.get_title(loc="left") for ax in (scope.past, scope.held)] == [f"history, {name}", "its states (shares)"]
    assert f"for each of 4 channels; the bars are {name}," in scope.update(t=100)


@pytest.mark.parametrize(
    ("t", "words"),
    [
        (0, "The block keeps 80 numbers: 1 input, 11 zeros before it and 8 states"),
        (1, "The block keeps 80 numbers: 2 inputs, 10 zeros before them and 8 states"),
        (10, "The block keeps 80 numbers: 11 inputs, 1 zero before them and 8 states"),
        (11, "The block keeps 80 numbers: 12 inputs and 8 states"),
        (12, "Of all of them the block keeps 80 numbers: 12 inputs and 8 states"),
    ],
)
def test_a_young_stream_keeps_no_more_inputs_than_it_has_had(made, t, words):
    scope = made["StreamingScope"]
    assert words in scope.update(t=t)
    assert (scope.histories[t, scope.channel] != 0).sum() == min(t + 1, 12)


def test_a_share_is_nothing_or_all_only_where_it_is(made):
    """0 % is an empty state, 100 % the largest that it holds: every other bar lies between."""
    scope = made["StreamingScope"]
    for t in range(scope.LENGTH):
        said = re.findall(r"((?:under |over )?\d+ %) in state", scope.update(t=t))
        assert len(said) == 2
        for words, share in zip(said, abs(scope.shares[t, [0, -1]]), strict=True):
            assert (words == "0 %") == (share == 0) and (words == "100 %") == (share > 1 - 1e-6)


def test_the_scope_gets_positive_numbers_of_the_voltage(made):
    """The bars of its history stand above the axis, though the voltage is negative."""
    scope = made["StreamingScope"]
    assert scope.x[0, :, 0].numpy() == pytest.approx((scope.millivolts.numpy() + 80) / 40)
    assert scope.millivolts.max() < 0 and (scope.histories[:, scope.channel] >= 0).all()


def test_the_scope_keeps_the_last_inputs_and_moves_them_on(made):
    histories = made["StreamingScope"].histories  # (L, D, S)
    np.testing.assert_array_equal(histories[1:, :, :-1], histories[:-1, :, 1:])


def test_the_spike_is_heard_after_it_has_left_the_history(made):
    scope = made["StreamingScope"]
    with torch.no_grad():
        forgotten = scope.block(scope.x[:, 75:])[0, :, 0].numpy()  # the spike ends before sample 65
    late = np.abs(forgotten - scope.parallel[75:])[12:]  # the convolution has forgotten
    assert late.max() > 0.03 * np.ptp(scope.parallel)


def test_what_is_left_of_a_spike_fades_at_the_rate_of_the_state(made):
    """Not so what a bar shows: it holds what came in since, too."""
    scope = made["StreamingScope"]
    left = scope.left(51, 63)  # (N,)
    assert left == pytest.approx(left[0] ** np.arange(1, 9), rel=1e-3, abs=1e-5)
    assert left[0] == pytest.approx(0.43, abs=0.005)
    assert abs(scope.shares[63, 7]) > 100 * left[7]


def test_the_scope_tells_of_a_wrong_step():
    right = figures.package_step(figures.scope_block())

    def forgetful(token, history, h, *_):
        return right(token, history, torch.zeros_like(h))

    scope = figures.StreamingScope(forgetful)
    assert "outputs are wrong" in scope.update(t=239)
    assert "All outputs equal" in scope.update(t=0)  # nothing to forget yet
    assert "1 output is wrong" in scope.update(t=1)
    assert "2 outputs are wrong" in scope.update(t=2)
    scope.update(t=239)
    assert scope.wrong > 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda y, history, h: (y[0], history, h),
            r"returned \(1,\) and .*, expected tensors of the shapes \(1, 1\) and ",
        ),
        (lambda y, history, h: (y, history), r"returned \(1, 1\) and \(1, 4, 12\), expected"),
        (lambda y, history, h: None, "returned NoneType"),
        (lambda y, history, h: (y * math.nan, history, h), "not finite: NaN"),
        (lambda y, history, h: (y, history, h * math.inf), "not finite"),
    ],
    ids=["another shape", "two results", "nothing", "not a number", "infinite states"],
)
def test_the_scope_has_words_for_what_it_can_not_draw(change, words):
    right = figures.package_step(figures.scope_block())
    with pytest.raises(ValueError, match=f"the step .*{words}"):
        figures.StreamingScope(lambda *given: change(*right(*given)))


def test_no_output_is_equal_because_it_is_small():
    """The first outputs are ten thousandths, and a step that is half a per cent off is wrong in all of them."""
    right = figures.package_step(figures.scope_block())

    def larger(token, history, h, *_):
        y, history, h = right(token, history, h)
        return 1.005 * y, history, h

    scope = figures.StreamingScope(larger)
    assert "9 outputs are wrong, the worst by under 1 % of the output's range." in scope.update(t=9)
    assert scope.heading.get_text() == "10 samples in: 9 outputs are wrong"
    assert "the worst by under 1 % of" in scope.update(t=239)


def test_the_scope_tells_of_outputs_outside_of_its_frame():
    right = figures.package_step(figures.scope_block())
    scope = figures.StreamingScope(lambda *given: (100 - 50 * given[1][0, 0, -1:, None], *right(*given)[1:]))
    low, high = scope.low.get_ylim()
    beyond = ((scope.outputs < low) | (scope.outputs > high)).sum()
    assert beyond > 0 and f"times the output's range; {beyond} outside of the frame." in scope.update(t=239)


@pytest.mark.parametrize("kept", ["history", "state"])
def test_the_scope_draws_a_memory_that_never_moves(kept, recwarn):
    right = figures.package_step(figures.scope_block())

    def standing(token, history, h, *_):
        y, moved, new = right(token, history.clone(), h.clone())
        return (y, history, new) if kept == "history" else (y, moved, h)

    scope = figures.StreamingScope(standing)
    said = scope.update(t=100)
    scope.picture()
    assert not len(recwarn)
    shaded = "kept inputs" if kept == "state" else "the inputs to keep"
    assert scope.shaded.get_text() == f"shaded: {shaded}"
    assert ("12 numbers, which are not its last inputs in order, and 8 states" in said) == (kept == "history")
    assert ("0 % in state 1, 0 % in state 8" in said) == (kept == "state")


def test_the_scope_names_the_owners_of_all_that_it_runs():
    right = figures.package_step(figures.scope_block())
    scope = figures.StreamingScope(right, {}, {"conv_step": len, "state_update": sum})
    assert scope.update(t=5).endswith("All outputs equal the forward pass.")
    scope.owner = lambda function: "the reference's" if function is len else "yours"
    assert scope.update(t=5).endswith(" Yours: block_step, state_update. The reference's: conv_step.")


def test_the_state_has_the_bytes_of_a_real_block(made):
    shown = made["StateAgainstCache"]
    small = Mamba(4, shown.D_STATE, 4, (1, 16), expand=shown.EXPAND, dtype=torch.bfloat16)
    kept = sum(state.numel() * state.element_size() for state in small.allocate_inference_cache(1, 1))
    assert shown.state == kept * shown.D_MODEL // 4 == 327_680
    sentence = shown.update(tokens=81.0, sharing=1)
    assert shown.overtakes == 81 and shown.cache > shown.state >= shown.cache - 4096
    assert "from 81 tokens on" in sentence and "331 776" in sentence
    shown.update(tokens=81.0, sharing=8)
    assert shown.overtakes == 641


def test_nobody_can_set_a_part_of_a_token(made):
    """The slider shows its own number above the picture, which counts whole tokens."""
    for tokens in made["StateAgainstCache"].controls["tokens"].positions():
        made["StateAgainstCache"].update(tokens=tokens)
        assert made["StateAgainstCache"].tokens == pytest.approx(tokens, rel=1e-9)


def test_the_title_holds_the_ratio_of_the_bytes_in_the_sentence(made):
    shown = made["StateAgainstCache"]
    for sharing in (1, 8):
        for tokens in (159.0, 160.0, 199.0, 1e4, 1e6):
            shown.update(tokens=tokens, sharing=sharing)
            said = re.search(r"cache is ([\d .]+) (times|%)", shown.ax.get_title(loc="left"))
            ratio = float(said[1].replace(" ", "")) / (100 if said[2] == "%" else 1)
            assert ratio == pytest.approx(shown.cache / shown.state, abs=0.051 if said[2] == "times" else 0.00051)


def test_the_drift_is_that_of_the_package_with_a_rounded_state(made):
    shown = made["RoundedState"]
    one, row = torch.ones(1, 1), 10  # Δ = 0.001
    states = {kind: torch.zeros(1, 1, 1, dtype=kind) for kind in (torch.float32, torch.bfloat16)}
    for _ in range(1500):
        for kind, kept in states.items():
            h = kept.float()
            selective_state_update(h, one, 0.001 * one, -one, one, one)
            states[kind] = h.to(kind)
    assert shown.kept["bfloat16"][row, 1500] == states[torch.bfloat16].item() == 0.25
    assert shown.kept["float32"][row, 1500] == pytest.approx(states[torch.float32].item(), rel=1e-4)
    assert "0.250, 67.8 % off" in shown.update(delta=0.001, kept_in="bfloat16")


@pytest.mark.parametrize("delta", [0.0001, 0.0015, 0.03, 0.1])
def test_the_step_size_in_the_sentence_is_the_one_that_is_drawn(made, delta):
    """A value between two places of the slider gets the nearer one."""
    said = made["RoundedState"].update(delta=delta, kept_in="bfloat16")
    step, should = (float(number) for number in re.search(r"Δ = ([\d.]+)\. .* should be ([\d.]+)\.", said).groups())
    assert should == pytest.approx(step * (1 - math.exp(-1500 * step)) / (1 - math.exp(-step)), abs=0.0015)


def test_title_mark_and_sentence_round_in_one_way(made):
    shown = made["RoundedState"]
    for delta in shown.deltas:
        for kept_in in shown.FORMATS:
            said = shown.update(delta=delta, kept_in=kept_in)
            early, late = re.findall(r"([\d.]+ %)", shown.ax.get_title(loc="left"))
            end = re.search(r"still at ([\d.]+):", shown.note.get_text())[1]
            assert f"{early} off; kept" in said and f"holds {end}, {late} off" in said


@pytest.mark.parametrize("delta", [0.001, 0.002])
def test_bfloat16_is_tens_of_per_cent_off_and_float32_less_than_one(made, delta):
    shown = made["RoundedState"]
    shown.update(delta=delta, kept_in="bfloat16")
    assert 0.45 < shown.off < 0.7
    assert shown.fine_off < 0.01


def test_a_rounded_state_first_runs_ahead_of_the_exact_one(made):
    """A step above half a gap is stored as a whole one, until the gaps double."""
    rounded = made["RoundedState"]
    row = int(np.abs(rounded.deltas - 0.001).argmin())
    coarse, exact = rounded.kept["bfloat16"][row], rounded.truth[row]
    stuck = int((coarse == coarse[-1]).argmax())
    assert coarse[stuck] == 0.25 and (coarse[:stuck] > exact[:stuck])[coarse[:stuck] > 0.0625].all()


def test_the_error_does_not_shrink_from_mark_to_mark(made):
    """Where two marks of the slider get stuck at one power of 2, the larger step size is the further off."""
    rounded = made["RoundedState"]
    coarse, exact = rounded.kept["bfloat16"], rounded.truth
    off = abs(coarse[:, rounded.MARK] / exact[:, rounded.MARK] - 1)  # (positions,)
    grows = np.flatnonzero(np.diff(off[10:]) > 0) + 10  # from 0.001 on
    assert len(grows) and off[-1] < off[10]
    assert all(coarse[i, -1] == coarse[i + 1, -1] and math.log2(coarse[i, -1]).is_integer() for i in grows)


def test_a_state_stands_still_where_a_step_is_less_than_half_a_gap(made):
    shown = made["RoundedState"]
    for delta in (0.0001, 0.001, 0.01):
        for kept_in in shown.FORMATS:
            shown.update(delta=delta, kept_in=kept_in)
            if shown.note.get_visible():
                assert shown.adds <= 1.01 * shown.half_gap
    shown.update(delta=0.001, kept_in="bfloat16")
    assert shown.note.get_visible()
    assert (shown.adds, shown.half_gap) == pytest.approx((0.00075, 0.0009766), rel=1e-2)


def test_only_a_whole_reset_gives_a_fresh_stream_and_never_touches_other_rows(made):
    shown = made["ResetRow"]
    off = {}
    for border in range(20, 141, 20):
        for reset in shown.RESETS:
            sentence = shown.update(border=border, reset=reset)
            assert max(shown.off[0], shown.off[2]) < 1e-5 and "The rows 0 and 2 are exact" in sentence
            thick = np.stack([line.get_ydata() for line in shown.right])  # (B, L), the range is theirs
            off[reset] = np.abs(shown.lines[1].get_ydata() - thick[1]).max() / np.ptp(thick)
            assert shown.off[1] == pytest.approx(off[reset], abs=1e-6)
            assert (len(shown.loud) == 0) == (reset == "history and state")
            told = re.findall(r"up to ([\d.]+) %", f"{shown.axes[0].get_title(loc='left')} {sentence}")
            assert told == [f"{100 * shown.off[1]:.1f}"] * (0 if reset == "history and state" else 2)
        assert off["history and state"] < 1e-5 < off["state only"] < off["history only"] < off["nothing"]


@pytest.mark.parametrize("border", [20, 60, 109, 110, 140])
def test_dots_stand_where_the_row_is_wrong_and_the_words_at_the_border_stay_in_the_frame(made, border):
    """A thin line that lies within the thick one does not show a difference of a few per cent."""
    shown = made["ResetRow"]
    for reset in shown.RESETS:
        said = shown.update(border=border, reset=reset)
        at = shown.dots.get_xdata()
        assert list(at) == list(shown.loud) and shown.dots_name.get_visible() == (len(at) > 0)
        assert not len(at) or f"more than 1 % in {len(at)} samples, the last of them sample {at[-1]}." in said
        shown.figure.draw_without_rendering()
        words, row = shown.note.get_window_extent(), shown.axes[1].get_window_extent()
        assert row.x0 <= words.x0 and words.x1 <= row.x1 and "new recording" in shown.note.get_text()


def test_a_history_that_is_kept_shows_again_where_the_way_out_is_wider(made):
    """What it leaves in the state only shrinks behind the border; the spike's C is larger."""
    shown, seen = made["ResetRow"], []
    shown.update(border=60, reset="state only")
    x, states = shown.x[1:2].clone(), []
    x[:, 60:] = shown.new[:, :100]
    hook = shown.block.x_proj.register_forward_hook(lambda layer, given, out: seen.append(out.flatten()[-8:]))
    with torch.no_grad():
        for clear in (0, 1):
            history, h = shown.block.allocate_inference_cache(1, 160)
            states.append([])
            for t in range(160):
                if t == 60:
                    history, h = history * clear, h * 0
                _, history, h = shown.block.step(x[:, t : t + 1], history, h)
                states[-1].append(h[0].clone())
    hook.remove()
    fresh, old = (torch.stack(kept) for kept in states)  # (L, D, N)
    left = (old - fresh)[72:].abs()
    assert (left[1:] <= left[:-1] + 1e-7).all()
    way_out = torch.stack(seen[160:]).norm(dim=1)  # (L,) of C
    assert way_out[117:125].min() > way_out[90:117].max()
    assert not set(shown.loud) & set(range(90, 117))


def test_a_whole_reset_is_what_seq_idx_does(made):
    shown = made["ResetRow"]
    shown.update(border=60, reset="history and state")
    x = shown.x.clone()
    x[1, 60:] = shown.new[0, :100]
    seq_idx = torch.zeros(3, 160, dtype=torch.long)
    seq_idx[1, 60:] = 1
    with torch.no_grad():
        expected = shown.block(x, seq_idx=seq_idx)[..., 0]
    np.testing.assert_allclose(shown.outputs, expected, atol=1e-5)


def test_the_closed_boxes_take_what_the_code_of_the_bug_hunt_takes():
    (taken,) = re.findall(r"Which of the three properties stream\((.*?)\) keeps", NOTEBOOK.read_text("utf-8"))
    assert taken.split(", ") == list(inspect.signature(mended_stream).parameters)


def test_a_hint_counts_no_streams_where_the_streams_are_the_rows():
    notebook = NOTEBOOK.read_text("utf-8")
    assert "`max_batch_size` the streams side by side" in notebook
    assert "How many `InferenceParams`, and where is each made?" in notebook


def test_a_call_is_not_timed_by_what_the_one_before_it_has_left_behind(monkeypatch):
    """After attention over 100 000 tokens the processor's cache is cold: the step after 10 tokens must not pay."""
    clock, latest = [0.0], [""]

    def call(name: str) -> None:
        clock[0] += 1 if latest[0] == name else 5
        latest[0] = name

    monkeypatch.setattr(figures, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    assert figures._quickest_ms([lambda: call("step"), lambda: call("attention")], rounds=2) == [1000, 1000]


@pytest.mark.parametrize("late", [0.1, 0.139, 0.14, 0.15, 0.2, 0.53, 5.0])
def test_no_time_is_written_over_another_one(monkeypatch, late):
    measured = [time for pair in zip([0.14] * 5, [0.01, 0.02, 0.14, 0.145, late], strict=True) for time in pair]
    monkeypatch.setattr(figures, "_quickest_ms", lambda calls, rounds: measured)
    shown = figures.TimeEachToken(rounds=1)
    shown.figure.draw_without_rendering()
    extents = [text.get_window_extent() for text in shown.ax.texts]
    assert len(extents) == 8  # three times of each, and the names of the two lines
    assert not [1 for i, one in enumerate(extents) for other in extents[:i] if one.overlaps(other)]


def test_the_time_of_a_token_is_measured_at_every_position():
    shown = figures.TimeEachToken(rounds=1)
    assert len(shown.block) == len(shown.attention) == len(shown.POSITIONS)
    assert min(*shown.block, *shown.attention) > 0
    assert "100 000 tokens" in shown.update()
    labels = [float(text.get_text()) for text in shown.ax.texts[:6]]  # three of the step, three of attention
    ratios = labels[2] / labels[0], labels[5] / labels[3]
    told = [f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}" for ratio in ratios]
    assert shown.ax.get_title(loc="left").endswith("the step × {}, attention × {}".format(*told))
    assert len(shown.picture()) > 1000


def test_a_step_size_behind_softplus_has_another_name_than_one_before_it():
    """The table of symbols says that `delta` comes before bias and softplus."""
    text = NOTEBOOK.read_text("utf-8")
    assert "| `delta` | (B, D) | step size of the token, here *before* bias and softplus" in text
    assert "delta = F.softplus(" not in text


def test_the_text_says_that_the_convolution_brings_its_silu():
    """The drawing of the block shows a SiLU at the gate alone; one branch of weight 1 shows the other one."""
    assert "gives u, SiLU included, and the next [history]" in NOTEBOOK.read_text("utf-8")
    x, one = torch.tensor([[-2.0]]), torch.ones(1, 1)
    u, _ = gated_conv_step(x, torch.zeros(1, 1, 1), [one], [torch.zeros(1)], torch.zeros(1), (1,))
    torch.testing.assert_close(u, torch.nn.functional.silu(x))


def test_the_smallest_step_size_of_the_slider_is_a_tenth_of_what_a_new_block_draws():
    assert "A new block draws no Δ below ten times that (notebook 06)" in NOTEBOOK.read_text("utf-8")
    torch.manual_seed(0)
    least = torch.nn.functional.softplus(Mamba(64, expand=16).dt_proj.bias.detach()).min().item()
    assert least == pytest.approx(10 * figures.RoundedState.controls["delta"].low, rel=0.05)
    assert least > 0.999 * 10 * figures.RoundedState.controls["delta"].low
