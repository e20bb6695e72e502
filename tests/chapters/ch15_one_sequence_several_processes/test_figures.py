"""The figures of notebook 15 show what the exercises and the counts say."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_rgb

from lite_mamba import Mamba
from lite_mamba.course.chapters.ch15_one_sequence_several_processes import costs, figures
from lite_mamba.course.chapters.ch15_one_sequence_several_processes import exercises as chapter
from lite_mamba.course.drawing import style
from lite_mamba.distributed import exchanged
from lite_mamba.selective_scan.ends import SILENT

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
TEXT = (NOTEBOOKS / "15_one_sequence_several_processes.ipynb").read_text("utf-8")


@pytest.fixture(scope="module")
def parts():
    return figures.Parts()


@pytest.mark.parametrize("ranks", range(4, 9))
def test_every_rank_has_the_states_of_one_process_once_the_others_have_told(parts, ranks):
    for rank in range(1, ranks):
        for half in (2.0, 64.0):
            sentence = parts.update(ranks=ranks, rank=rank, half=half, told=True)
            assert parts.equal
            assert sentence.endswith("as one process has them.")
            assert sum(parts.kept) == pytest.approx(parts.start, abs=1e-5)


def test_alone_a_rank_is_off_by_what_is_left_of_its_start(parts):
    """The start fades in the first step: no state of the part is off as far as its start. The sentence says both."""
    sentence = parts.update(ranks=6, rank=1, half=2.0, told=False)
    left = float(torch.exp2(-parts.delta[16] / 2.0))
    assert parts.error == pytest.approx(left * parts.true_start, abs=1e-6)
    assert not parts.equal
    assert "it begins at 0.68. Its first step fades that, and its states are off by up to 54 % of the" in sentence
    assert parts.titles()[0] == "Alone, rank 1 is off by up to 54 % of the largest state"  # not of that state itself


def test_what_is_left_of_an_end_is_never_shown_as_nothing(parts):
    parts.update(ranks=4, rank=3, half=2.0, told=True)  # the first of three ends fades to 2 in ten million
    assert 0 < parts.fades[0] < 1e-6
    assert [word.get_text() for word in parts.words[:3]] == ["< 0.01 % left", "0.02 % left", "100 % left"]


def test_the_words_of_many_parts_stand_side_by_side(parts):
    controls = parts.controls
    for half, ranks, rank in itertools.product(*(controls[name].positions() for name in ("half", "ranks", "rank"))):
        parts.update(half=half, ranks=ranks, rank=min(rank, ranks - 1), told=True)
        boxes = [word.get_window_extent() for word in parts.words if word.get_visible()]
        assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])], (half, ranks, rank)


def test_a_wrong_start_is_seen():
    wrong = figures.Parts(start=lambda rank, totals, ends, A: ends[rank - 1])
    assert "begins at 0.34, not at 0.51. Its states are off by" in wrong.update(told=True)
    assert not wrong.equal
    assert wrong.titles()[1] == "What is left of the ends adds up to 0.51; the start is 0.34"
    assert "In truth it begins at 0.51." in wrong.update(told=False)
    assert wrong.update(half=4.0, told=True).endswith("off by up to 0.47 % of the largest.")
    assert wrong.error == pytest.approx(0.0047, abs=5e-5)


def test_a_wrong_start_of_which_little_is_seen_is_not_said_to_be_right():
    """At the half-life of the second question 0.12 % of the first end is left, and this start leaves it out."""
    wrong = figures.Parts(start=lambda rank, totals, ends, A: ends[rank - 1])
    assert wrong.update(half=2.0, told=True).endswith("Its states are off by under 0.01 % of the largest.")
    assert wrong.titles()[0] == "With 2 pairs, rank 2 is off by under 0.01 % of the largest state"


def test_a_start_that_is_no_number_is_not_said_to_be_nearly_right():
    """Every comparison with nan is false: the states were off by "under 0.01 %"."""
    broken = figures.Parts(start=lambda rank, totals, ends, A: ends[0] * torch.nan)
    assert "begins at NaN, not at 0.51. Its states are not all numbers." in broken.update(told=True)
    assert broken.titles()[0] == "With 2 pairs, the states of rank 2 are not all numbers"


def test_alone_no_correction_is_run(parts):
    """What a rank lacks alone is what its dashed line lacks, whatever the function of exercise 3 does."""
    wrong = figures.Parts(correct=lambda states, start, delta, A: 2 * states)
    assert wrong.update(told=False) == parts.update(told=False)
    assert wrong.update(told=True) != parts.update(told=True)


def test_alone_no_start_is_asked_for(parts):
    """What a rank would begin with is not shown before the others have told."""
    wrong = figures.Parts(start=lambda rank, totals, ends, A: ends)
    assert wrong.update(told=False) == parts.update(told=False)
    with pytest.raises(ValueError, match=r"own_start returned \(4, 1\), expected a tensor of the shape \(1,\)"):
        wrong.update(told=True)


def test_the_sentence_says_whose_each_function_is():
    """Those of exercises 2 and 3 run once the others have told, as the text says: it promised three at the start."""
    shown = figures.Parts()
    assert "runs the function of exercise 1 and, once the others have told, those of 2 and 3; the sentence" in TEXT
    whose = dict.fromkeys((shown.summary, shown.start_of, shown.correct), "the reference's")
    shown.owner = lambda function: whose.get(function, "")
    assert shown.update(told=True).endswith("has them. The reference's: pairs, start, correction.")
    whose[shown.start_of] = "yours"
    assert shown.update(told=True).endswith(" The reference's: pairs, correction. Yours: start.")
    assert shown.update(told=False).endswith("% of the largest. The reference's: ends.")
    del whose[shown.start_of]  # one that has not been checked
    assert shown.update(told=True).endswith(" has them. The reference's: pairs, correction.")


def faded_in_place(delta, A, x):
    for t in range(1, len(x)):
        x[t] += torch.exp(delta[t] * A) * x[t - 1]
    return delta.sum(), x[-1]


def added_in_place(rank, totals, ends, A):
    ends[:rank] *= torch.exp(A * (totals[:rank].sum() - totals[:rank].cumsum(0)))[:, None]
    return ends[:rank].sum(0)


def corrected_in_place(states, start, delta, A):
    states += torch.exp(delta.cumsum(0)[:, None] * A) * start
    return states


@pytest.mark.parametrize(
    "functions", [{"summary": faded_in_place}, {"start": added_in_place}, {"correct": corrected_in_place}]
)
def test_a_function_that_writes_into_its_inputs_changes_nothing_else_that_is_shown(parts, functions):
    """Nor does a second move: the sequence, the dashed line and the bars are those of functions that write nowhere."""
    changing, setting = figures.Parts(**functions), {"rank": 3, "told": True}
    for _ in range(2):
        assert changing.update(**setting) == parts.update(**setting)
        assert changing.titles() == parts.titles()
        for line in ("true", "alone"):
            np.testing.assert_array_equal(getattr(changing, line).get_ydata(), getattr(parts, line).get_ydata())
        heights = [[bar.get_height() for bar in shown.ends] for shown in (changing, parts)]
        assert heights[0] == pytest.approx(heights[1], abs=1e-5)


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        (
            {"summary": lambda delta, A, x: x[-1]},
            r"summary returned \(1,\), expected tensors of the shapes \(\) and \(1,\)",
        ),
        ({"summary": lambda delta, A, x: (x[-1], delta.sum())}, r"summary returned \(1,\) and \(\), expected"),
        (
            {"correct": lambda states, start, delta, A: states[:, 0]},
            r"corrected returned \(24,\), expected .* \(24, 1\)",
        ),
    ],
)
def test_what_no_picture_can_be_made_of_is_told_in_words(functions, words):
    with pytest.raises(ValueError, match=words):
        figures.Parts(**functions).update(told=True)


def test_a_total_may_be_a_plain_number(parts):
    """The check takes it, too."""
    plain = figures.Parts(summary=lambda delta, A, x: (float(delta.sum()), chapter.summary(delta, A, x)[1]))
    assert plain.update(told=True) == parts.update(told=True)


def test_the_lower_title_calls_ends_what_are_ends_and_wrong_what_is_wrong(parts):
    """The end from zero is not what stands at the end of a part, and a wrong summary tells neither."""
    parts.update(rank=1)
    assert parts.titles()[1] == "The end of the part before yours, from zero"
    parts.update(rank=1, told=True)
    assert parts.titles()[1] == "What is left of the end is the start: 0.39"
    parts.update(rank=3)
    assert parts.titles()[1] == "The ends of the parts before yours, each from zero"
    unfaded = figures.Parts(summary=lambda delta, A, x: (delta.sum(), x.sum(0)))
    unfaded.update(rank=1)
    assert unfaded.titles()[1] == "What the part before yours would tell: 1 wrong end"
    unfaded.update(rank=2)
    assert unfaded.titles()[1] == "What the parts before yours would tell: 2 wrong ends"
    assert "has 2 pairs from the ranks before (2 wrong ends), and begins at 0.84" in unfaded.update(told=True)
    counted = figures.Parts(summary=lambda delta, A, x: (torch.tensor(24.0), chapter.summary(delta, A, x)[1]))
    counted.update()
    assert counted.titles()[1] == "The ends of the parts before yours, each from zero"
    counted.update(told=True)
    assert counted.titles()[1] == "2 wrong totals: what is left adds up to the start: 0.48"
    assert "has 1 pair from the rank before (1 wrong total), and begins at 0.39. Its states are as" in counted.update(
        rank=1, told=True
    )
    neither = figures.Parts(summary=lambda delta, A, x: (delta.mean(), x.sum(0)))
    assert "has 2 pairs from the ranks before (2 wrong pairs), and" in neither.update(told=True)
    broken = figures.Parts(summary=lambda delta, A, x: (delta.sum(), x[-1] * torch.nan))
    assert "(2 wrong ends), and begins at NaN" in broken.update(told=True)
    assert "Rank 1 began from zero and knows nothing of the part before." in parts.update(rank=1)


def test_what_leaves_the_picture_is_counted(parts):
    assert "Outside" not in parts.update(told=True)
    large = figures.Parts(summary=lambda delta, A, x: (delta.sum(), 100 * chapter.summary(delta, A, x)[1]))
    assert large.update().endswith(" Outside the picture: 2 ends.")
    assert large.update(told=True).endswith(" Outside the picture: the start, 24 states, 2 ends.")
    negative = figures.Parts(start=lambda *given: -chapter.own_start(*given))
    sentence = negative.update(told=True)
    below = int((negative.mended.get_ydata() < negative.top.get_ylim()[0]).sum())
    assert 0 < below < 24
    assert sentence.endswith(f" Outside the picture: the start, {below} states.")
    growing = figures.Parts(summary=lambda delta, A, x: (-delta.sum(), chapter.summary(delta, A, x)[1]))
    assert "Outside" not in growing.update(told=False)
    assert growing.update(told=True).endswith(" Outside the picture: the start, 7 states, what is left of 1 end.")
    assert growing.left[0].get_height() > growing.bars.get_ylim()[1]


@pytest.mark.parametrize("factor", [-900, 1e7])
def test_a_title_of_large_numbers_stays_inside_of_the_picture(factor):
    """A number that is cut off at the edge reads as a smaller one."""
    large = figures.Parts(
        summary=lambda delta, A, x: (delta.sum(), factor * chapter.summary(delta, A, x)[1]),
        start=lambda rank, totals, ends, A: 1.5 * chapter.own_start(rank, totals, ends, A),
    )
    for half in (2.0, 64.0):
        large.update(rank=3, half=half, told=True)
        assert re.match("3 wrong ends: what is left adds up to .*; the start is ", large.titles()[1])
        assert max(title.get_window_extent().x1 for title in large._titles.values()) < large.size()[0]
    assert figures.in_per_cent(155315.38) == "1.55e7 %"


def test_what_is_said_of_a_wrong_end_stays_inside_of_the_picture():
    made = ((1, -1, 16.0), (1, 0, 16.0), (1, 5, 16.0), (-1, 1, 16.0), (-1, 1, 2.0), (-0.35, 1, 2.0))
    for steps, factor, half in made:
        wrong = figures.Parts(
            summary=lambda delta, A, x, n=steps, by=factor: (n * delta.sum(), by * chapter.summary(delta, A, x)[1])
        )
        wrong.update(half=half, told=True)
        low, high = wrong.bars.get_ylim()
        assert all(low < word.get_position()[1] < high for word in wrong.words[:2])
        for word, bar in zip(wrong.words[:2], wrong.left, strict=False):
            (x, y), box = word.get_position(), bar.get_bbox()
            assert x < box.x0 or not box.y0 < y < box.y1
        assert "-" not in wrong.titles()[1]


def test_of_an_end_whose_part_has_no_number_for_its_total_nobody_knows_what_is_left():
    """It was said to be under 0.01 %."""
    broken = figures.Parts(summary=lambda delta, A, x: (delta.sum() * torch.nan, chapter.summary(delta, A, x)[1]))
    broken.update(told=True)
    assert [word.get_text() for word in broken.words[:2]] == ["NaN % left", "100 % left"]


def test_one_process_has_nobody_to_exchange_with():
    shown = figures.Waits()
    said = {shown.update(ranks=1, exchange=1.0, way=way) for way in ("hand on the state", "from zero, then once more")}
    assert said == {"1 process has the whole sequence, exchanges nothing, and is done after 8.0 s."}


@pytest.mark.parametrize("way, ranks, which", [(0, 2, "the"), (0, 3, "each"), (1, 2, "the"), (1, 8, "the")])
def test_one_exchange_is_not_called_each_exchange_and_the_key_calls_it_what_the_slider_does(way, ranks, which):
    shown = figures.Waits()
    said = shown.update(ranks=ranks, exchange=0.2, way=list(shown.controls["way"].options)[way])
    assert f"0.2 s for {which} exchange: " in said
    assert len([bar for bar in shown.sent if bar.get_visible()]) == (ranks if way else ranks - 1)
    assert shown.key[1].get_text().endswith("exchange")
    assert shown.controls["exchange"].label == "time of an exchange"


def test_the_text_calls_the_two_ways_what_the_control_does():
    bold = re.search("Here are two ways to make the parts one again.*?after an", TEXT).group()
    assert [name.lower() for name in re.findall(r"\*\*(.+?)\*\*", bold)] == list(figures.Waits.controls["way"].options)
    assert "first example: each line ends" not in TEXT  # the digits are the first


def test_the_key_names_what_is_there_and_nothing_else():
    shown = figures.Waits()
    for ranks, exchange, way in itertools.product((1, 2, 8), (0.0, 1.0), shown.controls["way"].options):
        shown.update(ranks=ranks, exchange=exchange, way=way)
        for word, bars in zip(shown.key, (shown.first, shown.sent, shown.run), strict=True):
            assert word.get_visible() == any(bar.get_visible() for bar in bars)


def test_each_row_that_is_named_is_a_process():
    shown = figures.Waits()
    for ranks, way in itertools.product(range(1, 9), shown.controls["way"].options):
        shown.update(ranks=ranks, way=way)
        assert list(shown.ax.get_yticks()) == [r for r, bar in enumerate(shown.run) if bar.get_visible()]


def test_all_others_are_not_called_every_other():
    """Which may be every second one."""
    assert "every other" not in TEXT.lower()


def test_what_the_text_calls_blue_is_blue():
    shown = figures.Parts()
    shown.update(told=True)
    blue = {artist.get_color() for artist in (shown.mended, shown.begin)} | {style.BLUE}
    assert {to_rgb(colour) for colour in blue} == {bar.get_facecolor()[:3] for bar in shown.left if bar.get_visible()}
    assert "blue above is what your part has, and blue below what is left of the ends" in TEXT


def test_handing_on_the_state_wins_nothing_and_two_runs_cost_two_parts():
    shown = figures.Waits()
    for ranks in range(1, 9):
        shown.update(ranks=ranks, exchange=0.0, way="hand on the state")
        assert shown.end == pytest.approx(8)
        shown.update(ranks=ranks, exchange=0.0, way="from zero, then once more")
        assert shown.end == pytest.approx(8 if ranks == 1 else 16 / ranks)


@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_the_picture_of_a_halo_counts_the_outputs_that_a_convolution_gets_wrong(dilation):
    shown = figures.Halo()
    generator = torch.Generator().manual_seed(0)
    parts = [torch.randn(1, 16, generator=generator) for _ in range(2)]
    weight = torch.randn(1, shown.TAPS, generator=generator)
    right = chapter.convolve_parts(parts, weight, dilation)[1]
    for length in range(16):
        shown.update(halo=length, dilation=dilation)
        known = parts[0].clone()
        known[:, : 16 - length] = 0
        got = chapter.convolve_parts([known, parts[1]], weight, dilation)[1]
        assert shown.broken == int(((got - right).abs() > 1e-6).sum())


def test_what_the_scan_receives_is_what_the_package_hands_out():
    block = Mamba(costs.WIDTH)
    assert (block.d_inner, block.d_state, block.max_lag) == (costs.D, costs.N, costs.MAX_LAG)
    assert f"one layer with d_model {costs.WIDTH} and {costs.MAX_LAG + 1} taps" in TEXT  # the halo is that of 4
    one = exchanged(block, batch=1)
    for P in (2, 8, 64):
        assert costs.scan_bytes(1000, P) == (P - 1) * one.state_forward + one.halo_forward


def test_a_state_is_as_large_as_the_keys_and_values_of_one_token_more_than_it_has_numbers():
    for P in (2, 8, 64):
        L = P * (costs.N + 1)
        assert costs.ring_bytes(L, P) == costs.scan_bytes(L, P) - costs.D * costs.MAX_LAG * costs.BYTES
    assert f"each other part tells the scan a pair, as large as keys and values of {costs.N + 1} tokens" in TEXT


def test_the_model_of_time_gives_what_was_measured():
    measured = json.loads((Path(__file__).parents[3] / "benchmarks/distributed.json").read_text("utf-8"))
    rows = [row for row in measured["rows"] if row["d_model"] == costs.WIDTH and row["direction"] == "forward"]
    times = [(row["length"], P, row.get(name)) for row in rows for P, name in ((1, "one GPU, ms"), (2, "two GPUs, ms"))]
    times = [(length, P, time) for length, P, time in times if time]  # where there was room
    assert len(times) == 15
    for length, P, time in times:
        assert 1000 * costs.seconds(costs.MACHINE, length, P) == pytest.approx(time, rel=0.2)
    small, large = measured["exchanges"][0], measured["exchanges"][-1]
    assert 1e6 * costs.MACHINE.message == pytest.approx(small["all-gather, µs"], rel=0.05)
    assert 1e6 * costs.MACHINE.byte * large["bytes"] == pytest.approx(large["all-gather, µs"], rel=0.05)


def test_the_memory_of_the_model_is_what_fits_the_times():
    """It lay between what the text says of the slowest channel and of the others, and nothing said why there."""
    measured = json.loads((Path(__file__).parents[3] / "benchmarks/distributed.json").read_text("utf-8"))
    rows = [row for row in measured["rows"] if row["d_model"] == costs.WIDTH and row["direction"] == "forward"]

    def largest_error(memory):
        machine = costs.MACHINE._replace(memory=memory)
        times = [(1000 * costs.seconds(machine, row["length"], 2), row["two GPUs, ms"]) for row in rows]
        return max(abs(model / time - 1) for model, time in times)

    assert largest_error(costs.MACHINE.memory) < 0.2 < min(map(largest_error, (4500, 450_000)))
    assert "The model takes 45 000 for all, to fit the times." in TEXT


def test_the_sum_for_an_end_looks_back_some_100_000_tokens_where_the_smallest_biases_stand():
    torch.manual_seed(0)
    smallest = F.softplus(Mamba(costs.WIDTH).dt_proj.bias).min().item()
    assert smallest == pytest.approx(0.001, rel=0.05)
    assert -SILENT[torch.float32] / smallest == pytest.approx(100_000, rel=0.1)
    assert torch.tensor(SILENT[torch.float32]).exp() == 0 and "from the end backwards, until nothing is left" in TEXT


def test_the_sum_in_the_model_is_said_to_be_the_package_s():
    """The picture before the model counts a scan that runs twice, which makes no such sum."""
    bare = costs.MACHINE._replace(sum=0)
    for P in (2, 64):
        assert costs.seconds(bare, 65536, P) < costs.seconds(costs.MACHINE, 65536, P)
    assert "A scan that runs twice, as in section 2, takes five" in TEXT
    assert "the package's sum for a part's end looks back as far as the part remembers" in TEXT


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem[:2])
def test_what_is_skipped_is_not_said_to_be_passed_over(notebook):
    """What has passed its check is done."""
    assert "passed over" not in notebook.read_text("utf-8")


@pytest.mark.parametrize("what", figures.Travel.QUANTITIES)
def test_each_count_fills_an_axis_of_its_own(what):
    """One axis for bytes, products and rounds left the rounds on its lowest seventh."""
    shown = figures.Travel()
    places = []
    for length in (1024, 4194304):
        for ranks in (2, 64):
            shown.update(length=length, ranks=ranks, what=what)
            places += list(
                shown.ax.transAxes.inverted().transform(shown.ax.transData.transform(shown.dots.get_xydata()))
            )
    heights = [height for _, height in places]
    assert 0 < min(heights) < 0.2
    assert 0.8 < max(heights) < 1


def test_counts_and_speeds_that_stand_side_by_side_have_three_digits():
    travel, pays = figures.Travel(), figures.Pays()
    said = [travel.update(length=4096), travel.update(length=1024, ranks=64), pays.update(length=4194304)]
    assert "22.0 MB for attention in a ring, 750 kB" in said[0]
    assert "6.19 MB for attention in a ring, 6.60 MB" in said[1]
    assert "2 processes: 1.98 times, 64 processes: 43.0 times" in said[2]
    rounds = "rounds of messages, one after the other"
    assert "7 for attention in a ring, 4 for the scan and halo" in travel.update(what=rounds)


@pytest.mark.parametrize("what", figures.Travel.QUANTITIES)
def test_a_count_with_the_halo_in_it_says_so(what):
    """The bytes of the pairs alone, 731 kB on eight processes, were not those of the line called scan."""
    shown = figures.Travel()
    sentence = shown.update(ranks=8, what=what)
    pairs = {
        "bytes": 7 * costs.D * (costs.N + 1) * costs.BYTES,
        "multiplications": 65536 / 8 * costs.D * costs.N * 5,
        "rounds": 3,
    }[what.split()[0]]
    name = "scan" if shown.values[1] == pairs else "scan and halo"
    assert sentence.split(" for the ")[1].split(".")[0] == name
    assert shown.names[1].get_text() == name
    assert f", {name} " in shown.titles()[0]


def test_multiplications_are_the_mean_over_the_processes():
    """In a ring the last process meets all keys, the first its own alone."""
    P, L = 8, 4096
    meets = [L / P * (rank * L / P + L / P / 2) * 2 * costs.WIDTH for rank in range(P)]
    assert costs.ring_work(L, P) == pytest.approx(sum(meets) / P)
    assert max(meets) > 1.8 * costs.ring_work(L, P) > 10 * min(meets)
    assert "how much it multiplies (on average over all)" in TEXT  # and over queries in the sentence after next


def test_rounds_are_whole_numbers():
    """In r rounds that double what a process knows, it knows of 2 ** r processes."""
    for P in range(2, 65):
        gathered = costs.scan_rounds(1000, P) - 1
        assert 2 ** (gathered - 1) < P <= 2**gathered
    assert "the rounds above were the fewest that it can take" in TEXT


def test_two_lines_that_meet_are_both_seen():
    """Four processes need three rounds either way."""
    shown = figures.Travel()
    shown.update(ranks=4, what="rounds of messages, one after the other")
    assert shown.values == (3, 3)
    pixels = shown.pixels()[..., :3].astype(float) / 255  # (height, width, 3)
    at = shown.ax.transData.transform([(2000, 3), (30000, 3)])
    row = pixels[len(pixels) - round(float(at[0, 1])), round(float(at[0, 0])) : round(float(at[1, 0]))]
    for colour in (style.VERMILLION, style.BLUE):
        assert (np.abs(row - to_rgb(colour)).max(axis=1) < 0.05).sum() > 10


@pytest.mark.parametrize("what", list(figures.Travel.QUANTITIES)[:2])
def test_how_many_times_as_much_fits_the_two_amounts_beside_it(what):
    size = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "million": 1e6, "billion": 1e9, "trillion": 1e12}
    shown = figures.Travel()
    for length, ranks in itertools.product((1024, 4096, 65536, 4194304), (2, 8, 64)):
        sentence = shown.update(length=length, ranks=ranks, what=what)
        ring, scan = (float(number) * size[unit] for number, unit in re.findall(r"([\d.]+) (\w+) for", sentence))
        times = re.search(r"About ([\d. ]+) to 1", sentence)[1]
        assert float(re.sub(r"\s", "", times)) == pytest.approx(ring / scan, rel=0.05)


def test_no_speed_leaves_the_picture():
    """Nor does the diamond, by a half of it: at one process the left border cut it."""
    shown = figures.Pays()
    low, high = shown.ax.get_ylim()
    for setting in shown.corners():
        shown.update(**setting)
        assert low < min(shown.values) <= max(shown.values) < high
        half = (shown.best.get_markersize() * 2**0.5 + shown.best.get_markeredgewidth()) / 2 * shown.figure.dpi / 72
        x, y = shown.ax.transData.transform(shown.best.get_xydata())[0]
        box = shown.ax.get_window_extent()
        assert box.x0 < x - half < x + half < box.x1
        assert box.y0 < y - half < y + half < box.y1


def test_where_one_process_is_the_fastest_the_times_of_the_others_are_said_to_be_of_its_speed():
    """Without it "2 processes: 0.702 times" was left, times of nothing."""
    slow = figures.Pays().update(length=1024, message=1300.0)
    assert "1 process is the fastest. 2 processes: 0.702 times, 64 processes: " in slow
    assert slow.endswith(" times as fast as one.")
    assert figures.Pays().update().count("as fast as one") == 1


def test_no_speed_is_rounded_to_that_of_one_or_to_p_times():
    """Two processes were said to be 2.00 times as fast, and 64 that are slower than one to be 1.00 times as fast."""
    shown = figures.Pays()
    names = ("length", "message", "memory")
    for setting in itertools.product(*(shown.controls[name].positions() for name in names)):
        sentence = shown.update(**dict(zip(names, setting, strict=True)))
        said = {int(P): float(times) for P, times in re.findall(r"(\d+) processes: ([\d.]+) times", sentence)}
        assert set(said) == {2, 64}
        for P, value in zip((2, 64), shown.values[[1, -1]], strict=True):
            assert said[P] < P
            assert (said[P] > 1) == (value > 1)
            assert (said[P] < 1) == (value < 1)


def test_the_longer_a_message_takes_the_fewer_processes_pay():
    best = []
    for message in (1e-6, 1e-3, 1e-1):
        machine = costs.MACHINE._replace(message=message)
        speeds = {P: costs.speed_up(machine, 65536, P) for P in (1, 2, 4, 8, 16, 32, 64)}
        assert speeds[1] == 1
        assert all(speed < P for P, speed in speeds.items() if P > 1)
        best.append(max(speeds, key=speeds.get))
    assert best[0] > best[1] > best[2] == 1


@pytest.mark.parametrize("length", [1, 2, 3, 15])
def test_the_word_halo_stands_left_of_the_border(length):
    """A halo of one sample had no name."""
    shown = figures.Halo()
    shown.update(halo=length)
    assert shown.word.get_text() == "halo"
    right = shown.ax.transData.inverted().transform((shown.word.get_window_extent().x1, 0))[0]
    assert right < -0.5


def test_a_line_from_an_output_ends_at_its_sample_and_crosses_no_other():
    """Drawn to the middle of its sample, and hidden behind it, a line seemed to end between two."""
    shown = figures.Halo()
    shown.update(halo=3, dilation=5)
    shown.figure.canvas.draw()
    x, y = map(np.asarray, shown.reads.get_data())
    half = (shown.missing.get_markersize() + shown.missing.get_markeredgewidth()) / 2 * shown.figure.dpi / 72  # pixels
    low, middle = shown.ax.transData.transform([(0, max(y[np.isfinite(y)])), (0, 1)])[:, 1]
    assert half <= middle - low < half + 4
    assert set(x[1::3]) == {float(sample) for sample in range(-15, -3)}


def test_no_end_is_said_to_look_back_further_than_its_part():
    """Of 1024 tokens no part can look back 45 000: that is the most, where there are as many."""
    assert "ends that look back up to 45 000 tokens: " in figures.Pays().update(length=1024.0)
