"""The figures of notebook 09 show what the scans compute, at every corner of their sliders."""

import itertools
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from lite_mamba import course, selective_scan_fn
from lite_mamba.course.chapters.ch09_parallel_and_chunked_scans import exercises as chapter
from lite_mamba.course.chapters.ch09_parallel_and_chunked_scans import figures
from lite_mamba.course.checking.counter import kept_for_backward
from lite_mamba.course.page.explore import Exploration

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "09_parallel_and_chunked_scans.ipynb"
SCANS = {"loop": figures.linear_loop, "chunked": lambda a, x: chapter.chunked_scan(a, x, 16)}


@pytest.fixture(scope="module")
def timings():
    """Measured once; how long anything took is not asserted."""
    return figures.Timings(SCANS, lengths=(64, 128, 256, 512, 1024))


ALL = [figures.ScanTree, figures.DyingShortcut, figures.SideBySide, figures.WrittenGradients, "timings"]


@pytest.fixture(params=ALL, ids=lambda figure: getattr(figure, "__name__", figure))
def shown(request):
    return request.getfixturevalue("timings") if request.param == "timings" else request.param()


def test_no_word_leaves_the_picture(shown):
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


@pytest.mark.parametrize("schedule", figures.ScanTree.SCHEDULES)
def test_every_number_stands_inside_of_its_box_and_no_boxes_touch(schedule):
    shown = figures.ScanTree(combine=chapter.combine)
    shown.update(rounds=7, schedule=schedule)
    shown.picture()
    boxes = [path.get_extents(shown.ax.transData) for path in shown.boxes.get_paths()]
    texts = [cell for row in shown.cells[1:] for cell in row if cell.get_visible()]
    assert len(boxes) == len(texts)
    for box, text in zip(boxes, texts, strict=True):
        inside = text.get_window_extent()
        assert box.x0 < inside.x0 and inside.x1 < box.x1, text
        assert not any(box.overlaps(other) for other in boxes if other is not box), text


@pytest.mark.parametrize("schedule", figures.ScanTree.SCHEDULES)
def test_no_line_of_a_join_runs_through_a_box(schedule):
    shown = figures.ScanTree(combine=chapter.combine)
    for rounds in range(8):
        shown.update(rounds=rounds, schedule=schedule)
        boxes = [path.get_extents() for path in shown.boxes.get_paths()]
        for x, y in (line.get_data() for line in shown.lines):
            for start in range(0, len(x), 3):  # from, to, a gap
                for way in np.linspace(0.02, 0.98, 49):
                    point = [ends[start] + way * (ends[start + 1] - ends[start]) for ends in (x, y)]
                    assert not any(box.contains(*point) for box in boxes), (rounds, point)


@pytest.mark.parametrize("schedule", figures.ScanTree.SCHEDULES)
def test_a_box_that_no_line_enters_is_an_earlier_box_again(schedule):
    shown = figures.ScanTree(combine=chapter.combine)
    for rounds in range(1, 8):
        shown.update(rounds=rounds, schedule=schedule)
        ends = [end for line in shown.lines for end in line.get_xydata()[1::3]]  # from, to, a gap
        for t, column in enumerate(zip(*shown.cells, strict=True)):
            boxes = [cell for cell in column if cell.get_visible()]  # down the page
            for above, cell in itertools.pairwise(boxes):
                entered = any(np.allclose(end, (t, cell.get_position()[1] - 0.24)) for end in ends)
                assert entered == (cell.get_text() != above.get_text()), (rounds, t, cell)


@pytest.mark.parametrize("schedule", figures.ScanTree.SCHEDULES)
def test_the_rounds_end_with_all_states(schedule):
    shown = figures.ScanTree(combine=chapter.combine)
    for rounds in range(8):
        sentence = shown.update(rounds=rounds, schedule=schedule)
        assert f"{sum(shown.finished)} of 8 states" in sentence
    a, x = torch.full((8,), 10.0), torch.arange(1.0, 9.0)
    assert shown.states == chapter.hillis_steele(a, x).tolist() == chapter.up_down(a, x).tolist()
    assert all(shown.finished)


def test_the_slider_does_not_say_that_rounds_are_done_which_a_way_does_not_have():
    shown = Exploration(figures.ScanTree())
    assert shown.controls["rounds"].label == "rounds at most"
    for schedule, rounds in itertools.product(figures.ScanTree.SCHEDULES, range(8)):
        sentence = shown.set(rounds=rounds, schedule=schedule).sentence
        done, of = map(int, re.search(r"(\d+) of (\d+) rounds?", sentence).groups())
        assert done == min(rounds, of) == shown.figure.done, shown.describe(shown.values)


def test_a_round_joins_neighbouring_spans_and_no_place_twice():
    for plan in (figures.loop_rounds, figures.doubling_rounds, figures.tree_rounds):
        for length in (2, 8, 64):
            first = list(range(length))  # where the span of each place begins
            for joins in plan(length):
                late = [t for _, t in joins]
                assert len(set(late)) == len(late)
                old = list(first)
                for early, t in joins:
                    assert old[t] == early + 1
                    first[t] = old[early]
            assert first == [0] * length


@pytest.mark.parametrize(
    ("plan", "rounds", "joins"),
    [(figures.loop_rounds, 1023, 1023), (figures.doubling_rounds, 10, 9217), (figures.tree_rounds, 19, 2036)],
)
def test_depth_and_work_for_1024_steps(plan, rounds, joins):
    assert plan in figures.ScanTree.SCHEDULES.values()  # counted as in the picture
    assert len(plan(1024)) == rounds
    assert sum(map(len, plan(1024))) == joins


def test_most_joins_of_hillis_steele_and_half_of_a_tree_make_no_state():
    shares = {}
    for plan in (figures.doubling_rounds, figures.tree_rounds):
        first, useless = list(range(1024)), []  # where the span of each place begins; whether a join made no state
        for joins in plan(1024):
            begins = [first[early] for early, _ in joins]
            for begin, (_, late) in zip(begins, joins, strict=True):
                first[late] = begin
            useless += [begin > 0 for begin in begins]
        shares[plan] = (sum(useless), len(useless))
    assert shares == {figures.doubling_rounds: (8194, 9217), figures.tree_rounds: (1013, 2036)}
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert "Most of these joins make spans that nobody asked for" in text and "A better plan makes fewer." in text


def test_the_exercises_multiply_as_often_as_the_plans_say():
    a, x = torch.rand(64), torch.randn(64)
    down = 64 - 1 - 6  # joins that leave out the product of the decays
    for scan, left_out, plan in (
        (chapter.hillis_steele, 0, figures.doubling_rounds),
        (chapter.up_down, down, figures.tree_rounds),
    ):
        with figures.Counter() as counter:
            scan(a, x)
        assert counter.multiplications == 2 * sum(map(len, plan(64))) - left_out


def test_a_wrong_join_is_seen_in_the_tree():
    shown = figures.ScanTree(combine=lambda a1, b1, a2, b2: (a2 * a1, a1 * b2 + b1))
    assert "1 of 8 states is finished" in shown.update(rounds=5)
    assert shown.titles() == ["5 of 5 rounds, 11 of 11 joins: 1 state is finished"]


@pytest.mark.parametrize(
    ("join", "shows"),
    [
        (lambda a1, b1, a2, b2: (a2 * a1, a2 * b1 + b2 + 0.5), "12.5"),
        (lambda a1, b1, a2, b2: (a2 * a1, math.nan), "NaN"),
        (lambda a1, b1, a2, b2: (a2 * a1, -b2), "−2"),
    ],
)
def test_a_state_that_is_almost_right_is_not_finished(join, shows):
    shown = figures.ScanTree(combine=join)
    assert "1 of 8 states is finished" in shown.update(rounds=1)
    assert shown.cells[1][1].get_text() == shows and not shown.finished[1]


@pytest.mark.parametrize("joined", [12.0, None, (1.0, 2.0, 3.0)])
def test_a_join_that_returns_no_pair_is_told(joined):
    with pytest.raises(ValueError, match="expected a pair"):
        figures.ScanTree(combine=lambda a1, b1, a2, b2: joined)


@pytest.mark.parametrize("whose", ["yours", "the reference's", ""])
def test_the_tree_and_the_times_say_whose_functions_they_run(whose, timings, monkeypatch):
    tree = figures.ScanTree(combine=chapter.combine)
    for shown in (tree, timings):
        monkeypatch.setattr(shown, "owner", lambda function: "" if function is figures.linear_loop else whose)
    assert (f"The join is {whose}." in tree.update()) == bool(whose)
    assert (f" {whose.capitalize()}: chunked." in timings.update()) == bool(whose)
    assert "loop, chunked" not in timings.update()


def test_the_shortcut_dies_at_step_56():
    shown = figures.DyingShortcut()
    assert "dies at step 56" in shown.update()
    assert np.isfinite(shown.h[:55]).all() and not np.isfinite(shown.h[55])
    assert shown.titles() == ["Δ·A = −1.6, float32: the shortcut dies at step 56"]
    shown.update(exponent=-3.2, digits=torch.float64)
    assert shown.titles() == ["Δ·A = −3.2, float64: the shortcut dies at step 222"]


@pytest.mark.parametrize("digits", [torch.float32, torch.float64])
def test_the_word_dead_stands_where_the_shortcut_is_dead_and_covers_no_line(digits):
    shown = figures.DyingShortcut()
    for tenths in range(2, 33):
        shown.update(exponent=-tenths / 10, digits=digits)
        shown.picture()
        assert bool(shown.word.get_text()) == bool(shown.first_bad)
        if shown.first_bad:
            paper = shown.word.get_bbox_patch().get_window_extent()
            left, right = shown.ax.transData.transform([(shown.first_bad, 0), (470, 0)])[:, 0]
            assert left <= paper.x0 and paper.x1 <= right, tenths
            lines = (shown.ax.transData.transform(line.get_xydata()) for line in shown.ax.lines)
            assert not any(paper.contains(x, y) for line in lines for x, y in line), tenths


def test_the_shortcut_dies_where_the_inverse_product_overflows():
    shown = figures.DyingShortcut()
    for exponent in (-3.2, -2.0, -0.8, -0.4):
        shown.update(exponent=exponent)
        limit = math.log(torch.finfo(torch.float32).max) / -exponent
        assert 0.98 * limit - 1 <= shown.first_bad <= limit + 1
    early = {}
    for tenths in range(3, 33):
        shown.update(exponent=-tenths / 10)
        early[tenths] = 1 + math.floor(math.log(torch.finfo(torch.float32).max) * 10 / tenths) - shown.first_bad
    assert set(early.values()) == {0, 1, 2, 4} and early[16] == 0 and early[3] == 4  # never later
    assert "lives for all 400 steps" in shown.update(exponent=-0.2)
    assert shown.update(exponent=-1.6, digits=torch.float64).count("lives") == 1


def test_chunks_take_two_runs_and_a_carry():
    shown = figures.SideBySide(chunked=chapter.chunked_scan)
    shown.owner = lambda function: "yours"
    for chunk in (1, 2, 4, 8, 16, 32):
        sentence = shown.update(chunk=float(chunk))
        chunks = 64 // chunk
        assert shown.equal and "(yours) equals" in sentence
        assert shown.rounds == 2 * chunk + chunks
        assert max(rows.max() for rows in shown.rows) == shown.rounds - 1
        with figures.Counter() as counter:
            chapter.chunked_scan(shown.a[:, :1], shown.x[:, :1], chunk)
        assert shown.products == counter.multiplications
        assert shown.products - sum(map(len, shown.rows)) == 64  # the whole decays have no dots


def test_the_a_of_a_join_is_at_most_1_and_what_it_adds_need_not_be():
    (promise,) = (cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.source.startswith("## 5"))
    assert "The a that it makes is a product of decays, at most 1, and if it becomes 0, then nothing is left" in promise
    a, b = chapter.combine(0.5, 4.0, 0.9, 0.0)
    assert a <= 1 < b
    a, x = torch.tensor([0.5, 0.9, 0.0, 0.7]).repeat(8), torch.randn(32)
    for scan in figures.SCANS.values():
        torch.testing.assert_close(scan(a, x)[30:], scan(a, torch.cat([torch.randn(30), x[30:]]))[30:])


def test_the_start_of_a_chunk_and_what_is_counted_are_said_before_they_are_used():
    sources = [cell.source for cell in nbformat.read(NOTEBOOK, 4).cells]
    said = next(i for i, source in enumerate(sources) if "from its *start*, the state before it" in source)
    assert said < next(i for i, source in enumerate(sources) if "chunk starts" in source)
    assert any("starts are kept for the backward pass" in source for source in sources)
    (reveal,) = (source for source in sources if source.startswith("depth_guess.reveal"))
    assert "3L + K products, where the loop has L" in reveal and "log2" not in reveal  # that one counts joins
    assert f" {3 * 64 + 8} products instead of 64" in figures.SideBySide().update(chunk=8.0)


def test_a_tree_keeps_tables_for_its_backward_pass_and_the_package_one_state_of_32():
    x = torch.rand(256, 4)
    kept = [sum(map(torch.numel, kept_for_backward(s, x, x))) / x.numel() for s in figures.SCANS.values()]
    assert [round(tables) for tables in kept] == [1, 14, 3, 2]
    u = torch.rand(1, 4, 256)
    starts = kept_for_backward(selective_scan_fn, u, u, -torch.rand(4, 3), *torch.rand(2, 1, 3, 256))
    assert sum(map(torch.numel, starts)) == 256 // 32 * 4 * 3


@pytest.mark.parametrize("scan", [chapter.up_down, lambda a, x: chapter.chunked_scan(a, x, 32)], ids=["tree", "chunks"])
def test_the_states_before_the_chunks_are_enough_to_run_all_again(scan):
    a, x = torch.rand(1024), torch.randn(1024)
    states = scan(a, x)
    starts = torch.cat([torch.zeros(1), states[31:-1:32]])  # (K,)
    h, again = starts, []
    for a_t, x_t in zip(*(value.unflatten(0, (-1, 32)).unbind(1) for value in (a, x)), strict=True):
        h = a_t * h + x_t  # (K,)
        again.append(h)
    torch.testing.assert_close(torch.stack(again, dim=1).flatten(), states, rtol=1e-4, atol=1e-5)
    rounds = len(again) + len(starts) + len(again)
    assert chapter.RECAP[0].answer == f"{rounds} rounds, {len(starts)} states"


def test_the_first_start_that_the_package_keeps_is_no_state_after_a_step():
    u, A = torch.rand(1, 4, 256), -torch.rand(4, 3)
    starts = torch.cat(kept_for_backward(selective_scan_fn, u, u, A, *torch.rand(2, 1, 3, 256))).view(8, -1)
    assert [bool(start.any()) for start in starts] == [False] + 7 * [True]
    (kept,) = (cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.source.startswith("inputs = list(case.val"))
    told = "For 256 steps the package keeps 8 states for its backward pass: the starts of its chunks.\n"
    assert [output["text"] for output in kept.outputs] == [told]


def test_no_cell_runs_backward_before_the_section_on_it():
    cells = nbformat.read(NOTEBOOK, 4).cells
    (section,) = (i for i, cell in enumerate(cells) if "Until now you have only run forward" in cell.source)
    before = [cell.source for cell in cells[:section] if cell.cell_type == "code"]
    assert not any(word in source for source in before for word in ("autograd.grad", ".backward(", "backward_bytes"))


def test_a_wrong_chunked_scan_is_told():
    shown = figures.SideBySide(chunked=lambda a, x, chunk: x)
    assert "differs from" in shown.update()
    assert shown.titles() == ["T = 8: 24 rounds, and not the loop's states"]
    assert (
        "(16, 4), expected a tensor of the shape (64, 4)"
        in Exploration(figures.SideBySide(chunked=lambda a, x, chunk: x[:16])).frame.sentence
    )


def test_chunks_that_are_written_into_the_inputs_draw_the_same_at_every_move():
    def in_place(a, x, chunk):
        for t in range(1, len(x)):
            x[t] += a[t] * x[t - 1]
        return x

    shown = figures.SideBySide(chunked=in_place)
    for chunk in (8, 1, 8):
        assert "equals" in shown.update(chunk=chunk)
        assert shown.titles() == [f"T = {chunk}: {shown.rounds} rounds instead of 64"]


def test_chunks_of_another_precision_are_compared():
    shown = figures.SideBySide(chunked=lambda a, x, chunk: chapter.chunked_scan(a.double(), x.double(), chunk))
    assert "equals" in shown.update()


def test_the_tables_of_zeros_are_those_that_autograd_makes():
    shown = figures.WrittenGradients(cured=chapter.linear_loop)
    for length in (4, 16, 32):
        assert f"{length * length} cells for {length} gradients" in shown.update(
            length=length, way="slice at each step"
        )
        assert f"{length} cells for {length} gradients" in shown.update(length=length, way="cut once")


def test_as_many_rows_are_coloured_as_tables_come_back():
    shown = figures.WrittenGradients(cured=chapter.linear_loop)
    for parameters in shown.corners():
        shown.update(**parameters)
        rows = np.asarray(shown.image.get_array()).any(axis=1)
        assert rows[: shown.tables].all() and rows.sum() == shown.tables == shown.edge.get_height()


def test_a_loop_that_does_not_cut_once_is_drawn_and_named_as_it_is():
    shown = figures.WrittenGradients(cured=figures.slicing_loop)
    truth = figures.WrittenGradients(cured=chapter.linear_loop)
    sentence = shown.update(length=16, way="cut once")
    assert "The loop given, L = 16" in sentence and "256 cells" in sentence
    truth.update(length=16, way="slice at each step")
    assert np.array_equal(shown.image.get_array(), truth.image.get_array())
    assert np.array_equal(np.asarray(truth.image.get_array())[:16, :16], 1 + np.eye(16))
    rounds = figures.WrittenGradients(cured=chapter.hillis_steele)
    rounds.update(length=8, way="cut once")
    coloured = np.asarray(rounds.image.get_array())
    assert rounds.tables == coloured.any(axis=1).sum() == 9  # three slices of x in each of three rounds
    assert coloured[coloured > 0].min() == 1 and rounds.written == 72


def test_a_gradient_that_nothing_gathers_is_one_table():
    shown = figures.WrittenGradients(cured=lambda a, x: 2 * x)
    assert shown.update(length=8, way="cut once").endswith("1 table as long as x is made, 8 cells for 8 gradients.")
    assert shown.cured == "the loop given"


def starts_from_the_first_drive(a, x):
    """Right, and accepted by the check: it cuts x twice."""
    states = [x[0]]
    for a_t, x_t in zip(a[1:].unbind(0), x[1:].unbind(0), strict=True):
        states.append(a_t * states[-1] + x_t)
    return torch.stack(states)


def test_a_loop_that_cuts_twice_shows_two_tables_and_the_answers_hold():
    shown = figures.WrittenGradients(cured=starts_from_the_first_drive)
    assert "the loop given" in shown.update(length=8, way="cut once").lower() and shown.tables == 2
    cells = nbformat.read(NOTEBOOK, 4).cells
    (answers,) = (cell.source for cell in cells if cell.source.startswith("course.answers(\n    gradients"))
    exec(
        answers,
        {
            "course": course,
            "figures": figures,
            "gradients": Exploration(figures.WrittenGradients(cured=starts_from_the_first_drive)),
        },
    )


def states_in_the_table_that_is_read(a, x):
    x = x.clone()
    for t in range(1, len(x)):
        x[t] = x[t] + a[t] * x[t - 1]
    return x


def test_a_loop_that_slices_the_decays_does_not_cut_once():
    def cuts_the_drives(a, x):
        h, states = torch.zeros_like(x[0]), []
        for t, x_t in enumerate(x.unbind(0)):
            h = a[t] * h + x_t
            states.append(h)
        return torch.stack(states)

    shown = figures.WrittenGradients(cured=cuts_the_drives)
    assert shown.update(length=8, way="cut once").startswith("The loop given, L = 8") and shown.tables == 1
    assert "the loop given" in [text.get_text() for text in shown.bars.texts]


def test_a_loop_that_writes_its_states_into_a_table_is_not_called_cut_once():
    def fills_a_table(a, x):
        h, states = torch.zeros_like(x[0]), torch.empty_like(x)
        for t, (a_t, x_t) in enumerate(zip(a.unbind(0), x.unbind(0), strict=True)):
            states[t] = h = a_t * h + x_t
        return states

    shown = figures.WrittenGradients(cured=fills_a_table)
    assert shown.update(length=8, way="cut once").startswith("The loop given, L = 8")
    assert shown.tables == 9  # a copy of the whole gradient for each state, and the gradient of x


def test_all_tables_of_a_loop_are_drawn():
    shown = figures.WrittenGradients(cured=states_in_the_table_that_is_read)
    shown.update(length=32, way="cut once")
    coloured = np.asarray(shown.image.get_array())
    assert shown.tables == 93 and (coloured > 0).sum() == shown.written == 2976
    assert shown.grid.get_ylim()[0] > shown.edge.get_y() + shown.edge.get_height() - 1


@pytest.mark.parametrize(
    "cured",
    [
        chapter.linear_loop,
        starts_from_the_first_drive,
        chapter.hillis_steele,
        figures.slicing_loop,
        states_in_the_table_that_is_read,
    ],
)
def test_the_names_of_the_loops_do_not_lie_on_a_line(cured):
    shown = figures.WrittenGradients(cured=cured)
    shown.update()
    shown.picture()
    assert {text.get_text() for text in shown.bars.texts} == {shown.cured, "slice at each step"}
    for name in shown.bars.texts:
        box = name.get_window_extent(shown.figure.canvas.get_renderer())
        for line in shown.bars.lines[:2]:
            lengths, cells = line.get_data()
            many = np.linspace(4, 32, 500)
            points = shown.bars.transData.transform(np.column_stack([many, np.interp(many, lengths, cells)]))
            assert not any(box.contains(*point) for point in points), (shown.cured, name)


def test_a_loop_without_a_gradient_is_told():
    with pytest.raises(ValueError, match="no gradient leads from the states back to x"):
        figures.WrittenGradients(cured=lambda a, x: chapter.linear_loop(a, x.detach()))


def test_adding_the_tables_up_writes_one_table_less_than_there_are():
    for length in (4, 16, 32):
        a, x = torch.full((length, 2), 0.5), torch.ones(length, 2, requires_grad=True)
        states = figures.slicing_loop(a, x)
        with figures.Counter() as counter:
            torch.autograd.grad(states, x, torch.ones_like(states))
        sums = [size for name, size in counter.writes if "add" in name and size == x.numel()]
        assert len(sums) == length - 1 == len(figures.whole_tables(figures.slicing_loop, length)) - 1


def test_the_backward_of_a_slicing_loop_is_quadratic_and_the_cure_linear():
    def growth(scan):
        one, two = (figures.backward_bytes(scan, torch.rand(n, 4), torch.rand(n, 4)) for n in (100, 200))
        return two / one

    assert growth(figures.slicing_loop) > 3.8
    assert growth(chapter.linear_loop) < 2.05


def test_the_gradient_that_comes_in_is_not_counted_as_written_by_the_backward_pass():
    a, x = torch.rand(8, 4), torch.rand(8, 4)
    written = figures.backward_bytes(torch.mul, a, x)
    assert written == 2 * x.numel() * x.element_size()  # two products, and nothing else


def test_the_timed_scans_compute_the_same_as_the_package(timings):
    for channels in timings.WIDTHS.values():
        case = timings._case(channels, 64)
        for scan in timings.scans.values():
            torch.testing.assert_close(figures.whole_scan(scan, *case), selective_scan_fn(*case), rtol=1e-4, atol=1e-4)
    assert all((table > 0).all() for table in timings.times.values())


def test_the_products_that_are_told_are_those_of_one_number_of_the_state_over_all_steps(timings):
    length, states = 128, 16
    products = []
    for scan in (figures.linear_loop, chapter.hillis_steele):
        with figures.Counter() as counter:
            scan(torch.rand(length, states), torch.rand(length, states))
        products.append(counter.multiplications // states)
    told = "a state of 16 numbers. Over all steps, each number takes {} products with the loop, {} with Hillis–Steele."
    assert told.format(*products) in timings.update(length=length, channels=1)


def test_a_timed_scan_with_other_outputs_is_told(timings):
    assert "With other outputs" not in timings.update()
    shown = figures.Timings({"right": figures.linear_loop, "no carry": lambda a, x: x, "nan": lambda a, x: x / 0}, [64])
    assert "With other outputs than the package: no carry, nan." in shown.update(length=64)


@pytest.mark.parametrize(("scan", "words"), [(lambda a, x: None, "NoneType"), (lambda a, x: x[:5], r"\(5, 16\)")])
def test_a_timed_scan_that_returns_no_states_is_told_in_words(scan, words):
    with pytest.raises(ValueError, match=f"the scan returned {words}, expected a tensor of the shape"):
        figures.Timings({"mine": scan}, [64])


def test_a_timed_scan_that_dies_on_the_way_is_told_and_there_is_room_for_many():
    def shortcut(a, x):
        product = a.cumprod(0)
        return product * (x / product).cumsum(0)

    short = figures.Timings({"shortcut": shortcut}, [64])
    assert "With other outputs" not in short.update(length=64)
    shown = figures.Timings({f"right {k}": chapter.up_down for k in range(5)} | {"shortcut": shortcut}, [64, 1024])
    for length in (64, 1024):
        assert "With other outputs than the package: shortcut." in shown.update(length=length)
    assert len(shown.lines) == len(shown.labels) == 7


def test_the_package_calls_less_often_than_the_loop_and_never_has_a_wide_table(timings):
    calls = {}
    for channels in timings.WIDTHS.values():
        case = timings._case(channels, 1024)
        with torch.no_grad(), figures.Counter() as counts:
            selective_scan_fn(*case)
        with torch.no_grad(), figures.Counter() as loop:
            figures.whole_scan(figures.linear_loop, *case)
        assert timings.calls(channels) == (counts.calls, loop.calls)  # without the making of the inputs
        calls[channels] = loop.calls / counts.calls
        largest = max(size for _, size in counts.writes) / (1024 * channels * timings.STATES)
    assert min(calls.values()) > 5
    assert largest <= 0.25  # of the wide block


@pytest.mark.parametrize(("width", "of_the_table"), [(128, 0.25), (1, 1)])
def test_a_tile_of_the_package_is_a_quarter_of_the_wide_table_and_holds_its_decays_too(timings, width, of_the_table):
    held = []
    allocate = torch.Tensor.new_empty

    def watched(tensor, *shape):
        held.append(allocate(tensor, *shape))
        return held[-1]

    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(torch.Tensor, "new_empty", watched)
        selective_scan_fn(*timings._case(width, 1024))
    buffers = max(held, key=torch.numel)  # the decays and the states of a tile
    assert [len(buffers), 4 * buffers[0].numel()] == [2, of_the_table * 4 * 1024 * width * 16]
    (text,) = (cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.source.startswith("So there is no"))
    # the bytes that it holds are more
    assert "Of the wide block's table of states it never holds more than a quarter" in text


def test_the_loop_makes_the_most_calls_and_writes_the_fewest_tables():
    a = torch.rand(1024, 16)
    counts = {}
    for name, scan in figures.SCANS.items():
        with figures.Counter() as counts[name]:
            scan(a, a)
    assert max(counts, key=lambda name: counts[name].calls) == "loop"
    assert min(counts, key=lambda name: counts[name].bytes) == "loop"


def test_a_timed_scan_need_not_know_more_than_two_axes(timings):
    def of_two_axes(a, x):
        length, states = a.shape
        return chapter.up_down(a, x).reshape(length, states)

    case = timings._case(2, 16)
    torch.testing.assert_close(figures.whole_scan(of_two_axes, *case), selective_scan_fn(*case), rtol=1e-4, atol=1e-4)


def test_chunks_that_view_their_tables_under_other_names_are_right_in_later_cells():
    def chunks_of_views(decays, drives, T):
        states = chapter.chunked_scan(*(value.view(-1, value[0].numel()) for value in (decays, drives)), T)
        return states.view(drives.shape)

    a, x = torch.rand(64, 5), torch.randn(64, 5)
    assert torch.equal(figures.InChunks(chunks_of_views, 32)(a, x), chapter.chunked_scan(a, x, 32))
    (selective_scan,) = (cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if "def chunked_sel" in cell.source)
    cell = {"course": course, "torch": torch, "Tensor": torch.Tensor, "chunked_scan": chunks_of_views}
    exec(selective_scan, cell)
    u, delta, A = torch.randn(2, 3, 64), torch.rand(2, 3, 64), -torch.rand(3, 4)
    B, C = torch.randn(2, 2, 4, 64)
    y, _ = cell["chunked_selective_scan"](u, delta, A, B, C, chunk=16)
    torch.testing.assert_close(y, selective_scan_fn(u, delta, A, B, C), rtol=1e-4, atol=1e-4)


def test_names_beside_the_lines_keep_their_distance():
    assert figures._spread(np.array([10.0, 1.0, 14.4]), 1.6) == pytest.approx(
        [12 / math.sqrt(1.6), 1, 12 * math.sqrt(1.6)]
    )


def test_every_exercise_equals_the_package():
    a, x = torch.rand(64, 5), torch.randn(64, 5)
    truth = figures.linear_loop(a, x)
    scans = (
        chapter.hillis_steele,
        chapter.up_down,
        chapter.linear_loop,
        lambda a, x: chapter.chunked_scan(a, x, 8),
    )
    for scan in scans:
        torch.testing.assert_close(scan(a, x), truth, rtol=1e-4, atol=1e-4)
    u, ones = x.T[None], torch.ones(1, 5, 64)
    constant = torch.full((5, 1), -0.5)
    states = selective_scan_fn(u, ones, constant, torch.ones(5, 1), torch.ones(5, 1))[0].T
    decay = torch.full_like(x, math.exp(-0.5))
    torch.testing.assert_close(chapter.chunked_scan(decay, x, 8), states, rtol=1e-4, atol=1e-4)
