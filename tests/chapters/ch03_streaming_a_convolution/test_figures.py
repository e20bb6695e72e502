"""The figures of notebook 03 show what the package computes, at every corner of their sliders."""

import itertools

import numpy as np
import torch

from lite_mamba import causal_dilated_conv1d_fn, causal_dilated_conv1d_update
from lite_mamba.course.chapters.ch03_streaming_a_convolution import exercises as chapter
from lite_mamba.course.chapters.ch03_streaming_a_convolution import figures
from lite_mamba.course.page.explore import Exploration


def test_the_buffer_holds_the_samples_before_now_and_streams_the_parallel_output():
    shown = figures.BufferAtWork()
    for parameters in shown.corners():
        sentence = shown.update(**parameters)
        t, lag = parameters["t"], 2 * parameters["dilation"]
        padded = [0] * lag + list(shown.SAMPLES)
        assert shown.history == padded[t : t + lag]
        np.testing.assert_allclose(shown.streamed, shown.parallel[: t + 1])
        assert shown.wrong == 0
        assert f"the history has {lag} columns. The taps read" in sentence  # zeros at first, no samples
        assert f"the output is {shown.streamed[t]:g}" in sentence


def test_the_buffer_shows_the_package_update():
    shown = figures.BufferAtWork()
    shown.update(t=19, dilation=3)
    state = torch.zeros(1, 1, 6)
    outputs = [
        causal_dilated_conv1d_update(torch.tensor([[float(x)]]), state, shown.weight, dilation=3).item()
        for x in shown.SAMPLES
    ]
    np.testing.assert_allclose(shown.streamed, outputs)


def test_the_buffer_tells_how_many_outputs_of_a_wrong_step_are_wrong():
    shown = figures.BufferAtWork(step=chapter.suspect_step, name="the suspect")
    assert "equal the single pass" in shown.update(t=11, dilation=1)
    sentence = shown.update(t=11, dilation=2)
    assert shown.wrong == 11
    assert "11 of 12 outputs are wrong" in sentence
    assert "The taps should read the samples at t = 7, 9, 11," in sentence  # another step reads others
    assert "The first output is wrong." in shown.update(t=0, dilation=2)
    shown.update(t=11, dilation=2)
    assert shown.by.get_text() == "(the step is the suspect)"
    assert shown.tap_name.get_text() == "× tap, as it\nshould be"
    shown.update(t=11, dilation=1)
    assert shown.tap_name.get_text() == "× tap"


def test_a_step_that_returns_a_history_of_another_length_is_told_so():
    exploration = Exploration(figures.BufferAtWork(step=lambda x, history, *rest: (x, history[..., 1:])))
    assert exploration.frame.failed
    assert "(1, 1) and (1, 1, 3), expected tensors of the shapes (1, 1) and (1, 1, 4)" in exploration.frame.sentence


def test_a_step_or_a_chunk_that_returns_no_pair_is_told_so():
    for shown in (
        figures.BufferAtWork(step=lambda x, *rest: x),
        figures.AnySplit(chunk=lambda x, *rest: [x, "history"]),
    ):
        frame = Exploration(shown).frame
        assert frame.failed
        assert "expected tensors of the shapes (1, 1" in frame.sentence


def remembered_output(x, history, *rest):
    y = chapter.conv_step(x, history, *rest)[0]
    return y, torch.cat([history[..., 1:], y.unsqueeze(-1)], dim=-1)


def test_a_history_that_is_not_of_the_last_samples_is_not_called_so():
    shown = figures.BufferAtWork(step=remembered_output)
    sentence = shown.update(t=1, dilation=2)  # both outputs are right, and a 12 stands in the place of the 3
    assert shown.history == [0, 0, 0, 12] and shown.wrong == 0
    assert "the history has 4 columns, which do not hold the samples just before. The taps should read" in sentence
    assert shown.titles() == ["The 2 outputs so far equal the single pass"]
    assert shown.tap_name.get_text() == "× tap, as it\nshould be"


def test_a_step_that_is_wrong_later_is_not_said_to_read_where_the_taps_are():
    def without_dilation(x, history, weight, bias, dilation):
        window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
        return (window[..., -weight.shape[-1] :] * weight).sum(dim=-1) + bias, window[..., 1:]

    shown = figures.BufferAtWork(step=without_dilation)
    assert "the history has 4 columns. The taps should read" in shown.update(t=0, dilation=2)  # where all is zero
    assert shown.titles() == ["The first output equals the single pass"]
    assert "1 of 2 outputs is wrong." in shown.update(t=1, dilation=2)
    assert shown.titles() == ["1 of 2 streamed outputs differs from the single pass"]
    assert "The taps read" in shown.update(t=0, dilation=1)
    assert shown.titles() == ["The history, at first zeros, and the new sample are enough"]


def test_the_title_names_no_samples_that_have_not_come():
    shown = figures.BufferAtWork()
    for t, dilation in itertools.product(range(20), range(1, 5)):
        shown.update(t=t, dilation=dilation)
        held = f"The last {shown.lag} samples" if t >= shown.lag else "The history, at first zeros,"
        assert shown.titles()[0].startswith(f"{held} and the new ")


def test_an_output_outside_of_the_frame_has_a_cross_and_a_nan_has_one_too():
    def step(x, history, *rest):
        y, following = chapter.conv_step(x, history, *rest)
        return {5: -y, 9: 100 * y, 2: y * torch.nan}.get(int(x), y), following  # by the sample that comes in

    shown = figures.BufferAtWork(step=step)
    sentence = shown.update(t=7, dilation=1)
    assert shown.crosses.get_xdata().tolist() == [4, 5, 6]
    assert shown.grown.get_xdata().tolist() == [0, 1, 2, 3, 7]
    low, high = shown.plot.get_ylim()
    assert all(low < y < high for y in shown.crosses.get_ydata())
    assert "3 of 8 outputs are wrong. Outside of the frame: 2 outputs. Not a number: 1 output." in sentence
    assert shown.cross_note.get_text() == "× outside of the frame or not a number"
    shown.update(t=3, dilation=1)
    assert shown.crosses.get_xdata().size == 0 and shown.cross_note.get_text() == ""


def off_by(much):
    def step(*given):
        y, following = chapter.conv_step(*given)
        return y + much, following

    return figures.BufferAtWork(step=step)


def test_a_wrong_output_is_written_so_that_it_differs_from_the_right_one():
    shown = off_by(0.001)
    sentence = shown.update(t=11, dilation=2)  # 44 would be right
    assert shown.wrong == 12 and "the output is 44.001. 12 of 12 outputs are wrong." in sentence
    assert shown.sum_note.get_text() == "1·6 + 2·3 + 4·8 ≠ 44.001"
    shown = off_by(0.0003)  # what is rounding for the count is rounding for the sign
    assert "the output is 4.0003. 2 of 2 outputs are wrong." in shown.update(t=1, dilation=2)
    assert shown.sum_note.get_text() == "1·0 + 2·0 + 4·1 ≠ 4.0003"
    assert "the output is 44. 3 of 12 outputs are wrong." in shown.update(t=11, dilation=2)
    assert shown.sum_note.get_text() == "1·6 + 2·3 + 4·8 = 44"


def test_what_a_history_holds_stays_in_its_cells():
    shown = figures.BufferAtWork(step=remembered_output)
    words = set()
    for t, dilation in ((7, 1), (11, 2), (19, 2)):
        shown.update(t=t, dilation=dilation)
        shown.figure.draw_without_rendering()
        for box, text in shown.kept_cells[: shown.lag]:
            edges = [artist.get_window_extent() for artist in (box, text)]
            assert edges[0].x0 <= edges[1].x0 and edges[1].x1 <= edges[0].x1
            words.add(text.get_text())
    assert {len(word) for word in words} >= {1, 3, 4}  # the 1 is a …


def test_a_function_that_writes_into_its_inputs_changes_no_figure():
    def written(function):
        def writes(x, history, weight, bias, dilation):
            for tensor in (x, weight, bias):
                tensor += 1
            return function(x, history, weight, bias, dilation)

        return writes

    for own, right in (
        (figures.BufferAtWork(step=written(chapter.conv_step)), figures.BufferAtWork()),
        (figures.AnySplit(chunk=written(chapter.conv_chunk)), figures.AnySplit()),
    ):
        right.update()
        drawn = [own.update() for _ in range(2)]
        assert drawn[0] == drawn[1]
        truth = "parallel" if isinstance(own, figures.BufferAtWork) else "truth"
        np.testing.assert_array_equal(getattr(own, truth), getattr(right, truth))


def test_the_sentence_says_whose_function_runs():
    shown = figures.BufferAtWork(), figures.AnySplit()
    for figure, words in zip(shown, ("The step is yours.", "Yours: conv_chunk."), strict=True):
        assert "ours" not in figure.update()
        figure.owner = lambda function: "yours"
        assert figure.update().endswith(words)
    assert figures.BufferAtWork(chapter.suspect_step, name="the suspect").update().endswith("The step is the suspect.")


def test_outputs_are_wrong_exactly_until_the_lag_is_covered():
    shown = figures.KeptSamples()
    for dilation in (1, 3, 8):
        for kept in (0, 1, 3 * dilation - 1, 3 * dilation, 3 * dilation + 1, 32):
            sentence = shown.update(kept=kept, dilation=dilation)
            missing = max(0, 3 * dilation - kept)
            assert np.flatnonzero(shown.wrong).tolist() == list(range(missing))
            assert (f"the first {missing}".removesuffix(" 1") if missing else "No output is wrong") in sentence


def test_the_outputs_after_the_pause_are_those_of_the_whole_recording():
    shown = figures.KeptSamples()
    shown.update(kept=24, dilation=8)
    whole = causal_dilated_conv1d_fn(shown.signal[None, None], shown.weight, dilation=8)[0, 0, shown.BEFORE :]
    np.testing.assert_allclose(shown.truth, whole, rtol=1e-5)
    np.testing.assert_allclose(shown.outputs, whole, rtol=1e-5)


def test_the_shared_history_is_as_long_as_the_largest_lag():
    shown = figures.SharedHistory()
    sentence = shown.update(branches=5, d_conv=4)
    assert (shown.shared, shown.separate) == (48, 98)
    assert "98 columns" in sentence and "takes 48" in sentence
    for parameters in shown.corners():
        shown.update(**parameters)
        lags = [-at for positions in shown.read.values() for at in positions]
        assert shown.shared == max(lags)
        assert len(shown.read) == parameters["branches"]


def test_the_shared_history_holds_what_the_branches_read_but_for_the_present_sample():
    shown = figures.SharedHistory()
    assert "one history that holds all but the present one" in shown.about()
    for parameters in shown.corners():
        shown.update(**parameters)
        held = set(range(-shown.shared, 0))
        assert {at for positions in shown.read.values() for at in positions} - held == {0}


def test_the_history_of_one_branch_is_not_called_shared():
    shown = figures.SharedHistory()
    for branches, name in ((1, "history"), (2, "shared"), (1, "history")):
        shown.update(branches=branches, d_conv=4)
        assert shown.cells[len(shown.DILATIONS)]["name"].get_text() == name


def test_the_picture_of_the_chunks_can_not_tell_turned_taps():
    """So section 6 says of it."""
    shown = figures.AnySplit(chunk=lambda x, h, weight, *rest: chapter.conv_chunk(x, h, weight.flip(-1), *rest))
    shown.update(size=60, border=True, dilation=8)
    assert shown.wrong == 0


def test_any_split_equals_one_pass_if_the_history_is_carried():
    shown = figures.AnySplit()
    for size in (1, 7, 60, 150):
        for dilation in (1, 5, 8):
            sentence = shown.update(size=size, border=True, dilation=dilation)
            assert shown.wrong == 0
            assert "0 of 300 outputs differ" in sentence


def test_a_dropped_history_spoils_the_first_lag_outputs_of_each_later_chunk():
    shown = figures.AnySplit()
    for size, dilation in ((60, 8), (100, 3), (150, 1)):
        sentence = shown.update(size=size, border=False, dilation=dilation)
        spoilt = [start + i for start in range(size, 300, size) for i in range(3 * dilation)]
        assert np.flatnonzero(shown.difference > 1e-3).tolist() == spoilt
        assert f"{len(spoilt)} of 300 outputs differ" in sentence


def test_the_borders_of_the_chunks_have_a_name_where_they_are_drawn():
    shown = figures.AnySplit(chunk=chapter.conv_chunk)
    for size in (4, 5, 150):
        shown.update(size=size)
        drawn = len(shown.borders[0].get_segments())
        assert drawn == (300 // size - (300 % size == 0) if size >= 5 else 0)
        assert shown.names[2].get_text() == ("dotted: borders" if drawn else "")
    shown.figure.draw_without_rendering()
    whole, pieces, borders = (name.get_window_extent() for name in shown.names)
    assert whole.x1 < borders.x0 and borders.x1 < pieces.x0


def test_chunks_of_one_sample_differ_from_one_pass_by_rounding_alone():
    shown = figures.AnySplit()
    assert "0 of 300 outputs differ" in shown.update(size=1)
    assert shown.difference.max() < 1e-4  # not nothing on every machine
    assert shown.note.get_text() == "zero, up to rounding"


def test_the_split_runs_the_learners_function():
    shown = figures.AnySplit(chunk=lambda x, history, *rest: chapter.conv_chunk(x, 0 * history, *rest))
    shown.owner = lambda function: "yours" * (function is shown.chunk)
    assert "0 of 300" not in shown.update(size=60, border=True, dilation=8)
    assert shown.names[1].get_text() == "thin: chunk after chunk (yours)"
    exploration = Exploration(figures.AnySplit(chunk=lambda x, history, *rest: (x[..., 1:], history)))
    assert (
        "(1, 1, 59) and (1, 1, 24), expected tensors of the shapes (1, 1, 60) and (1, 1, 24)"
        in exploration.frame.sentence
    )


def test_chunks_that_do_not_fill_the_recording_end_in_a_shorter_one():
    shown = figures.AnySplit()
    assert "in 13 chunks of 24, the last of 12, " in shown.update(size=24, dilation=8)
    assert "in 12 chunks of 25, the history" in shown.update(size=25, dilation=8)
    shown.update(size=140, border=False, dilation=8)  # the last chunk has 20 samples and is wrong to its end
    assert shown._titles[shown.top].get_text() == "History dropped: 44 of 300 outputs are wrong"
    shown.update(size=138, border=False, dilation=8)
    assert "the first 24 outputs of each later chunk" in shown._titles[shown.top].get_text()


def test_the_title_of_a_dropped_history_is_that_of_the_outputs():
    """A chunk of the learner's may be wrong elsewhere, or remember what the figure drops."""
    shown = figures.AnySplit(chunk=lambda x, history, *rest: (0 * x, history))
    shown.update(size=60, border=False, dilation=8)
    assert shown._titles[shown.top].get_text() == "History dropped: 300 of 300 outputs are wrong"
    whole = figures.AnySplit()
    whole.update(size=150, border=True, dilation=1)
    outputs = iter(torch.from_numpy(whole.outputs).view(1, 1, 2, 150).unbind(2))
    shown = figures.AnySplit(chunk=lambda x, history, *rest: (next(outputs), history))
    shown.update(size=150, border=False, dilation=1)
    assert shown._titles[shown.top].get_text() == "Chunks of 150, history dropped: no output differs"


def test_taps_before_the_first_sample_read_zeros():
    shown = figures.BufferAtWork()
    assert "t = −4, −2, 0 (zeros before t = 0), and" in shown.update(t=0, dilation=2)
    assert "t = 0, 2, 4, and" in shown.update(t=4, dilation=2)


def test_the_split_calls_a_nan_wrong_and_says_what_lies_outside_of_its_frame():
    def altered(change):
        def chunk(*given):
            y, following = chapter.conv_chunk(*given)
            return change(y), following

        return figures.AnySplit(chunk=chunk)

    shown = altered(lambda y: torch.where(torch.arange(y.shape[-1]) == 0, torch.nan, y))  # the first of each chunk
    sentence = shown.update(size=60)
    assert np.flatnonzero(shown.differs).tolist() == [0, 60, 120, 180, 240]
    assert "5 of 300 outputs differ from one pass." in sentence and "Not a number: 5 outputs." in sentence
    assert shown.titles() == ["Chunks of 60: 5 of 300 outputs differ"]
    assert shown.note.get_text() == "not a number: 5 of 300"
    assert shown.error.get_ydata()[60] > 40
    shown = altered(lambda y: -y)
    assert "Outside of the frame: 300 outputs." in shown.update()
    assert shown.note.get_text() == "at worst 98.2 mV, above the frame"
    for line in (shown.pieces, shown.error):
        low, high = line.axes.get_ylim()
        assert low <= line.get_ydata().min() and line.get_ydata().max() < high
    shown = altered(lambda y: y + 0.0204)  # rounded down, it is no bound
    shown.update()
    assert shown.note.get_text() == "at worst 0.02 mV"
    shown.update(border=False)
    assert shown.titles() == ["History dropped: 300 of 300 outputs are wrong"]
    assert shown.note.get_text() == "204 of 300 by less than 0.5 mV"
    shown = altered(lambda y: torch.where(torch.arange(y.shape[-1]) == 0, 60.0, y + 0.02))
    shown.update()
    assert shown.note.get_text() == "at worst 106 mV, above the frame; 295 of 300 by less than 0.5 mV"
    shown.figure.draw_without_rendering()
    note, above, errors = (artist.get_window_extent() for artist in (shown.note, shown.top, shown.low))
    assert errors.y1 <= note.y0 and note.y1 <= above.y0  # between the two: it hides nothing
    shown = figures.AnySplit()
    shown.update()
    assert shown.note.get_text() == "zero, up to rounding"
    shown.update(border=False)
    assert shown.note.get_text() == ""
