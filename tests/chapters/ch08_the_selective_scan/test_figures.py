"""The figures of notebook 08 show what the package computes, at every corner of their sliders."""

import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from lite_mamba import selective_scan_fn, selective_scan_ref
from lite_mamba.course.chapters.ch08_the_selective_scan import exercises as chapter
from lite_mamba.course.chapters.ch08_the_selective_scan import figures
from lite_mamba.course.checking.counter import kept_for_backward
from lite_mamba.course.page.explore import Exploration

NOTEBOOK = Path(__file__).parents[3] / "notebooks/08_the_selective_scan.ipynb"


def test_the_step_shows_the_numbers_of_the_package_for_the_tiny_case():
    shown = figures.StepThrough()
    case = figures.tiny_case()
    y, last = selective_scan_ref(**case, return_last_state=True)
    for channel in (0, 1):
        for t in range(3):
            sentence = shown.update(moment=3 * t + 2, channel=channel)
            before, decay, faded, drive, now, _, products = shown.columns
            np.testing.assert_allclose(faded, decay * before)
            np.testing.assert_allclose(now, faded + drive, rtol=1e-6)
            np.testing.assert_allclose(products.sum(), y[0, channel, t], rtol=1e-5)
            assert f"gives y = {figures.plain(float(y[0, channel, t]))}." in sentence
        np.testing.assert_allclose(now, last[0, channel], rtol=1e-5)


def test_the_step_tells_of_what_each_drive_is_made():
    added = figures.StepThrough().update(moment=4, channel=1)
    assert "add: what is left, 4 and 4, and the drives Δ·B·u, 1·2·12 = 24 and 1·1·12 = 12, make" in added
    assert added.endswith(" make the new states 28 and 16.")


def test_the_numbers_of_the_tiny_case_are_whole():
    case = figures.tiny_case()
    assert selective_scan_ref(**case).round(decimals=4).tolist() == [[[4, 12, 11], [8, 44, 12]]]


def test_the_step_says_of_a_state_that_is_zero_that_nothing_fades():
    figure = figures.StepThrough()
    figure.update(moment=0, channel=1)
    assert [title.get_text() for title in figure._titles.values()] == ["t = 0, fade: the states are still 0"]


def test_no_step_speaks_of_shares_which_section_4_defines():
    figure = figures.StepThrough()
    for moment in range(9):
        words = figure.update(moment=moment), *(title.get_text() for title in figure._titles.values())
        assert not any("share" in said for said in words)


def test_the_step_tells_what_a_wrong_loop_says():
    shown = figures.StepThrough(loop=lambda a, b, C: chapter.scan_loop(a, b, C).roll(1, -1) * torch.tensor([0, 1, 1]))
    assert "The loop says 0." in shown.update(moment=2, channel=0)
    exploration = Exploration(figures.StepThrough(loop=lambda *given: chapter.scan_loop(*given).mT))
    assert exploration.frame.failed
    assert "expected a tensor of the shape (1, 2, 3)" in exploration.frame.sentence


def test_the_title_of_a_loop_that_reads_another_number_names_both():
    shown = figures.StepThrough(loop=lambda a, b, C: chapter.scan_loop(torch.ones_like(a), b, C))  # nothing fades
    shown.update(moment=5, channel=0)
    assert shown.titles() == ["t = 1, read: C weighs the new states, and one number goes out"]  # as with Δ = 0
    shown.update(moment=8, channel=0)
    assert shown.titles() == ["t = 2, read: the sum is 11, the loop says 34"]


def test_a_loop_that_is_off_by_less_than_what_is_written_is_told_no_other_number():
    for factor, other in ((1.0002, False), (1.01, True)):
        shown = figures.StepThrough(loop=lambda *given, factor=factor: factor * chapter.scan_loop(*given))
        sentence = shown.update(moment=5, channel=0)
        assert ("the loop says" in shown.titles()[0]) == ("The loop says" in sentence) == other


@pytest.mark.parametrize("loop", [lambda y: 1e-9 * y / 3, lambda y: y + 0.0009, lambda y: -y / 3e4, lambda y: y])
def test_the_box_of_an_output_holds_the_number_that_is_told(loop):
    shown = figures.StepThrough(loop=lambda *given: loop(chapter.scan_loop(*given)))
    sentence = shown.update(moment=8, channel=0)
    shown.pixels()
    for box, text in shown.tokens["y"]:
        assert box.get_window_extent().width > text.get_window_extent().width
    said = shown.tokens["y"][2][1].get_text()
    assert (f"The loop says {said}." in sentence) == (said != "11")


def test_a_loop_that_writes_into_its_inputs_does_not_change_the_step():
    def written_into(deltaA, deltaB_u, C):
        for t in range(1, 3):
            deltaB_u[:, :, t] += deltaA[:, :, t] * deltaB_u[:, :, t - 1]
        return torch.einsum("b d l n, b n l -> b d l", deltaB_u, C)

    shown, right = figures.StepThrough(loop=written_into), figures.StepThrough()
    for moment in (4, 5, 4, 8):
        assert shown.update(moment=moment) == right.update(moment=moment)
        assert shown.titles() == right.titles()


def test_a_discretisation_that_writes_into_its_inputs_shows_the_same_at_every_move():
    def doubled(*given):
        for tensor in given:
            tensor *= 2
        return chapter.discretise(*given)

    shown = figures.StateMap(discretise=doubled)
    drawn = []
    for _ in range(2):
        shown.update()
        drawn.append(shown.fixed["h"])
    np.testing.assert_array_equal(*drawn)


def test_a_figure_says_whose_function_it_runs_and_what_it_returned():
    shown = figures.StepThrough(), figures.StateMap(), figures.ChunkBorders()
    for figure, name in zip(shown, ("loop", "discretisation", "chunk"), strict=True):
        figure.owner = lambda function: "yours"
        assert figure.update().endswith(f" The {name} is yours.")
    assert shown[0].maker.get_text().endswith("yours") and shown[2].by.get_text() == "chunk: yours"
    lists = figures.StepThrough(loop=lambda *given: list(chapter.scan_loop(*given).unbind(-1)))
    with pytest.raises(ValueError, match=r"the loop returned a list of 3, expected a tensor of the shape \(1, 2, 3\)"):
        lists.update()
    alone = figures.ChunkBorders(chunk=lambda *given: None)
    with pytest.raises(ValueError, match=r"the chunk returned NoneType, .* shapes \(1, 1, 16\) and \(1, 1, 4\)"):
        alone.update()


@pytest.mark.parametrize("fixed", [0.001, 0.1, 1.0])
def test_the_map_holds_the_states_of_the_package(fixed):
    shown = figures.StateMap()
    shown.update(fixed=fixed)
    ones = torch.ones(1, shown.STATES, shown.LENGTH)
    for delta, run in ((torch.full((shown.LENGTH,), fixed), shown.fixed), (shown.selective_delta, shown.selective)):
        y, last = selective_scan_fn(
            shown.u[None, None], delta[None, None], shown.A, ones, ones, return_last_state=True
        )  # (1, 1, L), (1, 1, N)
        np.testing.assert_allclose(run["h"].sum(1), y[0, 0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(run["h"][-1], last[0, 0], rtol=1e-4, atol=1e-6)


def test_the_part_of_the_last_data_token_is_the_scan_of_that_token_alone():
    shown = figures.StateMap()
    shown.update(t=38, fixed=0.1)
    alone = torch.where(torch.arange(shown.LENGTH) == 24, shown.u, 0.0)
    delta = torch.full((1, 1, 39), 0.1)
    ones = torch.ones(1, shown.STATES, 39)
    _, last = selective_scan_fn(alone[None, None, :39], delta, shown.A, ones, ones, return_last_state=True)
    np.testing.assert_allclose(shown.fixed["last"][38], last[0, 0], rtol=1e-4, atol=1e-7)
    assert not shown.fixed["last"][:6].any()


def test_no_fixed_step_makes_the_last_data_token_most_of_the_state():
    shown = figures.StateMap()
    for t in (22, 38, 60):
        for fixed in np.logspace(-3, 0, 13):
            sentence = shown.update(t=t, fixed=float(fixed))
            assert shown.share[0] < 50 < 90 < shown.share[1]
            assert f"At t = {t} the last data token makes" in sentence


@pytest.mark.parametrize("fixed", [0.001, 0.1, 0.562, 1.0])
def test_a_trace_of_other_tokens_leaves_no_state_to_one_token_alone(fixed):
    shown = figures.StateMap()
    for t in range(6, shown.LENGTH):
        sentence = shown.update(t=t, fixed=fixed)
        assert all(0 < share < 100 for share in shown.share)
        for text in (sentence, shown.heading.get_text()):
            assert " 0 %" not in text and "100 %" not in text
    assert figures.told(100) == "100 %" and figures.told(0) == "0 %"


@pytest.mark.parametrize("fixed", [0.001, 0.1, 1.0])
def test_the_bars_have_the_colours_and_the_scale_of_their_map(fixed):
    shown = figures.StateMap()
    shown.update(t=38, fixed=fixed)
    for side, run in zip(shown.sides, (shown.fixed, shown.selective), strict=True):
        h, reach = run["h"], float(side["reach"].get_text().removeprefix("±"))
        assert reach == pytest.approx(abs(h).max(), rel=0.05)
        for bar, value in zip(side["bars"], h[38], strict=True):
            half = np.linspace(0.5, 1, 200) if value > 0 else np.linspace(0, 0.5, 200)
            assert abs(side["image"].cmap(half) - bar.get_facecolor()).max(1).min() < 0.01
            assert bar.get_width() * reach == pytest.approx(value, rel=0.05)


def test_the_line_of_now_leaves_most_of_the_newest_column_to_be_seen():
    shown = figures.StateMap()
    shown.pixels()  # lays the axes out
    for side in shown.sides:
        line, to_pixels = side["cursor"], side["cursor"].axes.transData
        column = to_pixels.transform((1, 0))[0] - to_pixels.transform((0, 0))[0]
        assert line.get_linewidth() * shown.figure.dpi / 72 / 2 < column / 4


def test_the_text_says_at_which_moment_the_last_column_of_the_map_is_drawn():
    shown = figures.StateMap()
    columns = []
    for t in (38, shown.LENGTH - 1):
        shown.update(t=t)
        columns += [side["image"].get_array().count(axis=1)[0] for side in shown.sides]
    assert columns == [39, 39, shown.LENGTH, shown.LENGTH]  # up to now
    assert f"At t = {shown.LENGTH - 1}, the last column of the map" in NOTEBOOK.read_text("utf-8")


def texts(notebook: Path) -> list[str]:
    """The source of each markdown cell; of a code cell, nothing."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) if cell["cell_type"] == "markdown" else "" for cell in cells]


def output_of(cell: dict) -> str:
    """What a code cell printed."""
    return "".join("".join(one.get("text", "")) for one in cell["outputs"])


def test_the_text_says_that_silu_of_z_and_not_z_multiplies_what_comes_out():
    y, u, D, z = torch.full((1, 1, 1), 3.0), torch.ones(1, 1, 1), torch.ones(1), torch.full((1, 1, 1), -2.0)
    out = chapter.skip_and_gate(y, u, D, z)
    torch.testing.assert_close(out, 4 * torch.nn.functional.silu(z))
    assert abs(out - 4 * z).min() > 1
    (told,) = (text for text in texts(NOTEBOOK) if text.startswith("## 3 "))
    assert "The **gate** multiplies what comes out by [SiLU](glossary.ipynb#S)(z)" in told


def test_the_exercise_of_another_notebook_is_called_as_its_card_calls_it():
    (heading,) = re.findall(r"### (Exercise \d+): Δ·A", "\n".join(texts(NOTEBOOK.parent / "00_start_here.ipynb")))
    (told,) = (text for text in texts(NOTEBOOK) if "computed the same exponent" in text)
    assert told.startswith(f"{heading} of notebook 00 ")


def test_no_text_speaks_of_a_border_before_the_chunks_have_shown_one():
    named = [i for i, text in enumerate(texts(NOTEBOOK)) if re.search(r"\bborders?\b", text)]
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    (shown,) = (i for i, cell in enumerate(cells) if "ChunkBorders(" in "".join(cell["source"]))
    assert named and min(named) > shown


def test_the_first_map_stands_below_the_words_for_its_colours_and_its_scale():
    sources = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]]
    first = next(i for i, source in enumerate(sources) if "StateMap(" in source)
    assert all(word in sources[first - 1] for word in ("Red is positive, blue is negative", "±"))


def test_each_row_of_the_weights_is_what_the_text_says_that_is_left_of_a_token():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    (at,) = (i for i, cell in enumerate(cells) if "noise of now" in "".join(cell["source"]) and cell["outputs"])
    rows = re.findall(r"^(?:fixed Δ = +([\d.]+)|selective) +([\d.]+) +([\d.]+)$", output_of(cells[at]), re.M)
    assert len(rows) == 4
    written, now = 24, 38
    for fixed, data, noise in rows:
        shown = figures.StateMap()
        delta = torch.full_like(shown.u, float(fixed)) if fixed else shown.selective_delta  # (L,)
        left = delta[written] * math.prod(math.exp(-step) for step in delta[written + 1 : now + 1])
        assert (data, noise) == (f"{left:.6f}", f"{delta[now]:.6f}")
    assert (
        "each token after it, by its own Δ, leaves $e^{-\\Delta}$ of that: after 14, the first"
        in texts(NOTEBOOK)[at - 1]
    )


def test_no_text_counts_the_lines_of_an_algorithm_that_the_last_table_lists():
    told = texts(NOTEBOOK)
    (table,) = (i for i, text in enumerate(told) if "Algorithm 2, line 4" in text)
    assert not any(re.search(r"\bline \d|\blines \d", text) for text in told[:table])
    (at,) = (i for i, text in enumerate(told) if "Algorithm 2 from its softplus on" in text)
    code = "".join(json.loads(NOTEBOOK.read_text("utf-8"))["cells"][at + 1]["source"])
    assert code.split('"""')[2].strip().startswith("delta = F.softplus(")


def test_the_symbol_card_tells_each_counter_in_the_column_of_meanings():
    (card,) = (text for text in texts(NOTEBOOK) if text.startswith("## Symbols"))
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in card.splitlines() if line.startswith("|")]
    assert not any("counter" in shape for _, _, shape, _ in rows)  # there no rule compares letters with things
    (things,) = (meaning for *_, meaning in rows if meaning.startswith("counters: "))
    assert things == "counters: tokens, earlier tokens, states"


def test_a_question_about_a_thing_that_has_something_names_the_thing_before_its_verb():
    asked = [question.text for question in chapter.RECAP] + texts(NOTEBOOK)
    assert not [found for text in asked for found in re.findall(r"\bWhich \w+ (?:has|have) (?:the|`).*", text)]


def test_before_the_first_data_token_no_share_of_it_is_told():
    shown = figures.StateMap()
    assert "no data token" in shown.update(t=5) and "%" in shown.update(t=6)


def test_before_the_first_data_token_the_state_is_called_what_it_is():
    def loud(u, delta, A, B):
        return chapter.discretise(u, delta, A, B)[0], torch.einsum("b n l, b d l -> b d l n", B, u)  # without Δ

    right, wrong = figures.StateMap(), figures.StateMap(discretise=loud)
    for shown, words in ((right, "is almost empty"), (wrong, "holds noise")):
        assert f"the selective state {words}." in shown.update(t=5)
        assert shown.heading.get_text().endswith(f"the selective state {words}")
    bars = [max(abs(bar.get_width()) for bar in shown.sides[1]["bars"]) for shown in (right, wrong)]
    assert bars[0] < 0.02 < 0.1 < bars[1]


def test_states_without_a_drive_are_empty_before_and_behind_the_data():
    def undriven(u, delta, A, B):
        decay, drive = chapter.discretise(u, delta, A, B)
        return decay, 0 * drive

    shown = figures.StateMap(discretise=undriven)
    for t in (5, 38):
        assert "both states are empty" in shown.update(t=t)
        assert shown.heading.get_text().endswith("both states are empty")


def test_states_that_are_no_numbers_are_not_drawn():
    def growing(u, delta, A, B):
        decay, drive = chapter.discretise(u, delta, A, B)
        return 1 / decay, drive

    exploration = Exploration(figures.StateMap(discretise=growing))
    assert exploration.frame.failed and "infinite or nan at t = 60" in exploration.frame.sentence


def test_a_map_that_asks_does_not_tell_the_shares():
    shown = figures.StateMap(asks=True)
    sentence = shown.update(t=38, fixed=0.1)
    assert "%" not in sentence + shown.heading.get_text() and shown.heading.get_text().endswith("?")
    plain = figures.StateMap()
    assert "%" in plain.update(t=38, fixed=0.1) and "%" in plain.heading.get_text()


def test_the_map_runs_the_learners_discretisation():
    def held(u, delta, A, B):
        decay, drive = chapter.discretise(u, delta, A, B)
        return decay, drive * (decay - 1) / (delta[..., None] * A[:, None])

    right, wrong = figures.StateMap(), figures.StateMap(discretise=held)
    wrong.owner = lambda function: "yours"
    assert wrong.update().endswith("The discretisation is yours.")
    right.update()
    assert not np.allclose(right.fixed["h"], wrong.fixed["h"], atol=1e-3)
    with pytest.raises(ValueError, match=r"expected tensors of the shapes \(1, 1, 64, 16\) and \(1, 1, 64, 16\)"):
        figures.StateMap(discretise=lambda *given: [part.transpose(1, 2) for part in chapter.discretise(*given)])


def test_the_memory_bars_are_the_bytes_of_the_tensors():
    shown = figures.Memory()
    sentence = shown.update(batch=8, channels=1536, power=11, d_state=16)
    assert shown.bytes[3] == 1.5 * 2**30
    assert sentence.endswith("takes 1.5 GiB, one state 768 KiB, every 32nd state 48 MiB, the input 96 MiB.")
    shown.update(batch=2, channels=256, power=6, d_state=4)
    state, u, kept, every = (
        torch.empty(s).nbytes for s in ((2, 256, 4), (2, 256, 64), (2, 2, 4, 256), (2, 256, 64, 4))
    )
    assert shown.bytes == [state, u, kept, every]


@pytest.mark.parametrize("corner", [{}, {"power": 16}, {"power": 17}, {"batch": 16, "channels": 4096, "power": 20}])
def test_the_bytes_are_written_clear_of_the_line_of_the_gpu(corner):
    shown = figures.Memory()
    shown.update(**corner)
    shown.pixels()
    line = shown.ax.transData.transform((shown.GPU, 0))[0]
    names = [text for text in shown.ax.texts if "(B" in text.get_text() or "(L/" in text.get_text()]
    for name, note, size in zip(names, shown.notes, shown.bytes, strict=True):
        assert note.get_text() == figures.in_words(size)
        box = note.get_window_extent()
        assert name.get_window_extent().x1 + 5 < box.x0 and box.x1 + 5 < line


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (2048, "2 KiB"), (1008 * 2**10, "1008 KiB"), (3 << 40, "3 TiB")]
)
def test_bytes_read_well(size, words):
    assert figures.in_words(size) == words


def test_chunks_from_the_package_are_right_and_those_of_the_suspect_are_not():
    right, suspect = figures.ChunkBorders(), figures.ChunkBorders(chunk=chapter.suspect_chunk, whose="the suspect")
    for size in (1, 5, 16, 47, 48):
        assert "no output" in right.update(size=size)
        suspect.update(size=size)
        assert suspect.wrong.tolist() == [size > 1 and t >= size and size != 47 for t in range(48)]
    sentence = suspect.update(size=16)
    assert "32 outputs of 48 wrong. The first wrong one is at t = 16. The chunk is the suspect." in sentence


@pytest.mark.parametrize("size", range(1, 49))
def test_the_keys_of_the_chunks_name_what_is_drawn(size):
    for factor in (1, 3):
        shown = figures.ChunkBorders(chunk=lambda u, *rest, factor=factor: figures.package_chunk(factor * u, *rest))
        sentence = shown.update(size=size)
        drawn = len(shown.good.get_xdata()), len(shown.bad.get_xdata()), len(shown.borders.get_segments())
        assert [key.get_visible() for key in shown.keys] == [number > 0 for number in drawn]
        assert drawn[2] == -(-48 // size) - 1
        assert sentence.startswith("Chunks of") == (1 < size < 48)


@pytest.mark.parametrize("factor", [-1.0, 3.0, float("nan")])
def test_every_wrong_output_has_a_cross_in_the_picture(factor):
    def wrong(*given):
        y, state = figures.package_chunk(*given)
        return factor * y, state

    shown = figures.ChunkBorders(chunk=wrong)
    sentence = shown.update(size=16)
    drawn = shown.bad.get_ydata()
    low, high = shown.ENDS
    assert len(drawn) == 48 and (low <= drawn).all() and (drawn <= high).all() and shown.ax.get_ylim()[0] < low
    beyond = np.isclose(drawn[:, None], shown.ENDS).sum()
    assert beyond and f"{beyond} of the wrong ones have no place in the picture" in sentence
    shown.pixels()
    box = shown.by.axes.transData.transform((0, high))[1]
    assert all(text.get_window_extent().y0 > box for text in shown.ax.texts if text.get_text() and text.get_visible())


def test_a_chunk_that_writes_into_its_inputs_shows_the_same_at_every_move():
    def doubled(u, *rest):
        u *= 2
        return figures.package_chunk(u, *rest)

    shown = figures.ChunkBorders(chunk=doubled)
    shown.update(size=16)
    first = shown.y.copy()
    shown.update(size=16)
    np.testing.assert_array_equal(shown.y, first)
    np.testing.assert_allclose(first, 2 * shown.truth, rtol=1e-4)


def test_a_chunk_of_a_wrong_shape_is_told_so():
    exploration = Exploration(figures.ChunkBorders(chunk=lambda u, *rest: (u[..., 1:], rest[-1])))
    assert exploration.frame.failed
    assert "expected tensors of the shapes (1, 1, 16)" in exploration.frame.sentence


def test_the_slope_is_the_derivative_of_the_recurrence():
    a = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
    h = torch.zeros((), dtype=torch.float64)
    for _ in range(20):
        h = a * h + 1
    h.backward()
    assert float(a.grad) == pytest.approx(figures.FiniteDifference.slope())


def test_the_green_field_holds_what_gradcheck_takes():
    def output(a):
        h = torch.zeros_like(a)
        for _ in range(20):
            h = a * h + 1
        return h

    shown = figures.FiniteDifference()
    for nudge in 10.0 ** np.arange(-10, -0.9, 0.5):
        shown.update(nudge=nudge)
        for dtype, error in zip((torch.float32, torch.float64), shown.now, strict=True):
            a = torch.tensor(0.9, dtype=dtype, requires_grad=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns about float32
                assert gradcheck(output, a, eps=nudge, raise_exception=False) == (error < 1e-3)


def test_the_line_of_float32_dips_into_the_green_field_once_where_its_crosses_are_still_above():
    shown = figures.FiniteDifference()
    inside = shown.errors[np.float32] < 1e-3
    dip = shown.nudges[inside & (shown.nudges < 10**-4.5)]
    assert dip.min() > 1e-5
    assert len(dip) == np.count_nonzero((shown.nudges >= dip.min()) & (shown.nudges <= dip.max()))


def test_the_positions_of_the_nudge_are_written_as_picture_and_slider_write_them():
    sources = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]]
    (answers,) = (source for source in sources if "    nudges,\n" in source)
    shown = figures.FiniteDifference()
    for nudge in 10.0 ** np.array([-5, -4.5, -4, -3, -2.5]):
        sentence = shown.update(nudge=nudge)
        name = shown.controls["nudge"].describe(nudge)
        assert shown.titles()[0].startswith(f"ε = {name}:") and f" {name} " in answers
        assert sentence.startswith(f"With a nudge of {name} the slope")


def test_the_gap_that_the_text_tells_is_that_above_8_for_below_it_is_half_as_wide():
    above, below = np.spacing(np.float32(8)), np.spacing(np.float32((2 - 1e-6) ** 3))
    assert f"{above:.0e}" == "1e-06" and below == above / 2
    text = NOTEBOOK.read_text("utf-8")
    assert "numbers above 8: 1e−6 apart" in text and "neighbours above 8 are 10⁻⁶ apart" in text
    assert not re.search(r"(numbers|neighbours) near 8", text)


def test_a_state_that_keeps_999_thousandths_keeps_all_in_bfloat16():
    one, below = torch.ones((), dtype=torch.bfloat16), torch.tensor(1 - 1 / 256, dtype=torch.bfloat16)
    assert torch.tensor(0.999).bfloat16() == one and torch.nextafter(one, 0 * one) == below
    text = NOTEBOOK.read_text("utf-8")
    assert "decay of a slow state is 0.999" in text and f"about {1 - below:.3f} apart, so 0.999 becomes 1" in text


def test_the_skip_goes_past_the_state_and_not_past_the_gate():
    y, u, D = torch.zeros(1, 2, 3), torch.ones(1, 2, 3), torch.ones(2)
    assert not chapter.skip_and_gate(y, u, D, torch.zeros(1, 2, 3)).any()
    assert chapter.skip_and_gate(y, u, D, torch.ones(1, 2, 3)).all()
    chapters = {path.name: path.read_text("utf-8") for path in NOTEBOOK.parent.glob("*.ipynb")}
    past_the_gate = r"straight (?:from the input|to (?:the|its) output)"
    assert not [name for name, text in chapters.items() if re.search(past_the_gate, text)]


def test_float64_is_right_where_gradcheck_looks_and_float32_is_not():
    shown = figures.FiniteDifference()
    sentence = shown.update(nudge=1e-6)
    assert shown.now[0] > 1e-3 > 1e-8 > shown.now[1]
    assert f"{shown.digits[1]} digits right in float64" in sentence


def test_the_loops_keep_the_decays_the_old_states_and_the_product_of_step_and_way_in():
    sizes = {"u": (1, 4, 8), "delta": (1, 4, 8), "A": (4, 16), "B": (1, 16, 8), "C": (1, 16, 8)}
    u, delta, A, B, C = (torch.rand(shape) for shape in sizes.values())
    kept = kept_for_backward(
        lambda u, d, A, B, C: chapter.scan_loop(*chapter.discretise(u, d, A, B), C), u, delta, A, B, C
    )
    large = [value for value in kept if value.numel() == 4 * 8 * 16]
    assert len(large) == 2 and sum(value.numel() == 4 * 16 for value in kept) == 9
    wanted = chapter.discretise(u, delta, A, B)[0], torch.einsum("b d l, b n l -> b d l n", delta, B)
    for tensor in wanted:
        assert any(torch.allclose(tensor.flatten().sort()[0], value.sort()[0]) for value in large)


def product_first(u, delta, A, B):
    return torch.exp(delta[..., None] * A[:, None]), (delta * u)[..., None] * B.mT[:, None]


def product_first_in_einsum(u, delta, A, B):
    return torch.exp(delta[..., None] * A[:, None]), torch.einsum("b d l, b d l, b n l -> b d l n", delta, u, B)


def input_last(u, delta, A, B):
    return torch.exp(delta[..., None] * A[:, None]), delta[..., None] * B.mT[:, None] * u[..., None]


def state_by_state(u, delta, A, B):
    decays = torch.stack([torch.exp(delta * A_n[:, None]) for A_n in A.unbind(1)], -1)
    return decays, (delta * u)[..., None] * B.mT[:, None]


def states_in_a_table(deltaA, deltaB_u, C):
    return torch.einsum("b d l n, b n l -> b d l", figures.states(deltaA, deltaB_u), C)


@pytest.mark.parametrize("loop", [chapter.scan_loop, states_in_a_table])
@pytest.mark.parametrize(
    "discretise", [chapter.discretise, input_last, product_first, product_first_in_einsum, state_by_state]
)
def test_each_loop_keeps_two_large_tensors_and_one_more_for_a_half_made_drive_and_for_each_table(discretise, loop):
    case = [torch.rand(shape) for shape in ((1, 8, 64), (1, 8, 64), (8, 16), (1, 16, 64), (1, 16, 64))]
    kept = kept_for_backward(lambda u, d, A, B, C: loop(*discretise(u, d, A, B), C), *case)
    large = round(sum(value.numel() for value in kept) / (8 * 64 * 16))
    half_made, table = (chapter.discretise, input_last), (state_by_state, states_in_a_table)
    assert large == 2 + (discretise in half_made) + (discretise in table) + (loop in table)


def test_the_card_of_the_division_says_that_the_product_vanishes_in_both_formats():
    decays = (torch.full((2000,), 0.2, dtype=dtype) for dtype in (torch.float32, torch.float64))
    single, double = (int(decay.cumprod(0).count_nonzero()) for decay in decays)
    assert 6 * single < double < 2000  # much later, and it does
    for exercise in (chapter.SCAN_LOOP, chapter.SCAN_FROM):
        (card,) = (one for one in exercise.misconceptions if one.name == "a division by a product of decays")
        assert "soon becomes zero, in float64 too, and you divide by it" in card.message


def test_the_question_about_a_small_and_a_large_step_names_the_moment_of_its_answer():
    start = figures.StateMap.controls["t"].value
    (told,) = (text for text in texts(NOTEBOOK) if "Now scrub through time" in text)
    assert f"3. At t = {start}, try a very small and a very large Δ" in told
    shown = figures.StateMap()
    shown.update(t=30, fixed=0.001)  # where question 2 leaves the reader
    assert round(shown.share[0]) != 4


def test_the_bytes_are_a_multiple_of_the_input_by_a_number_that_no_equation_swallows():
    shown = figures.Memory()
    shown.update()
    assert shown.bytes[3] == 16 * shown.bytes[1]
    source = NOTEBOOK.read_text("utf-8")
    assert "N times as large as the input, and N = 16." in source
    assert not re.search(r"\b[A-Za-z] = \d+ times\b", source)


def test_the_text_promises_of_the_scan_in_place_what_the_cell_below_tells():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    (at,) = (i for i, text in enumerate(texts(NOTEBOOK)) if "by changing `h` in place" in text)
    assert "see what its backward pass does." in texts(NOTEBOOK)[at]
    assert "the backward pass raises a RuntimeError" in output_of(cells[at + 1])
