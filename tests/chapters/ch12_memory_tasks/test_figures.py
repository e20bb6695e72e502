"""What the figures of notebook 12 find, beyond the laws of all figures."""

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lite_mamba.course.chapters.ch12_memory_tasks import figures
from lite_mamba.course.chapters.ch12_memory_tasks.exercises import RECAP
from lite_mamba.course.tasks import selective_copying
from lite_mamba.course.training import RUNS, build, facts


def source_of_notebook() -> str:
    """The text and the code of the notebook; a string that goes on in another line is one."""
    cells = json.loads((Path(__file__).parents[3] / "notebooks/12_memory_tasks.ipynb").read_text("utf-8"))["cells"]
    return re.sub(r'"\n +"', "", "\n".join("".join(cell["source"]) for cell in cells))


def test_only_the_delay_from_symbol_to_recall_copies_fixed_symbols():
    line = figures.DelayLine()
    assert [delay for delay in range(1, line.L) if line.right["fixed"][delay - 1] == 1] == [line.L - line.N_DATA]
    assert max(line.right["selective"]) < 1 / line.N_SYMBOLS


@pytest.mark.parametrize(
    ("task", "delay", "silent"), [("fixed", 18, 1), ("fixed", 22, 1 / 3), ("selective", 12, 6 / 7)]
)
def test_the_sentence_says_at_how_many_recalls_a_delay_hears_no_symbol(task, delay, silent):
    line = figures.DelayLine()
    (said,) = re.findall(r"hears no symbol at (\d+) %", line.update(task, delay))
    assert int(said) == pytest.approx(100 * silent, abs=1)  # 3 symbols stand in 21 places


def test_of_a_delay_that_hears_a_symbol_at_every_recall_the_sentence_says_so_without_two_negatives():
    line = figures.DelayLine()
    for task, delay in itertools.product(("fixed", "selective"), line.delays):
        said = line.update(task, int(delay))
        always = line.silent[task][delay - 1] == 0
        assert ("hears a symbol at every recall" in said) == always == ((task, delay) == ("fixed", 21))
        assert "no symbol at 0 %" not in said


def test_each_recall_has_the_weights_of_the_one_before_moved_on_by_a_token():
    torch.manual_seed(0)
    delay, noise = build("delay", 10, d_model=32, taps=64), torch.full((1, 64), 8)

    @torch.no_grad()
    def adds(place):
        row = noise.clone()
        row[0, place] = 3
        return (delay(row) - delay(noise))[0, -3:]  # (K, vocab_size), what one symbol adds at the recalls

    for place in (0, 20, 59):
        torch.testing.assert_close(adds(place)[:-1], adds(place + 1)[1:])
    assert "each recall has the weights of the one before, moved on by a token." in source_of_notebook()


def test_the_rows_of_the_notebook_have_as_many_kinds_of_symbols_as_those_of_the_stored_models():
    assert {run.data.n_symbols for name, run in RUNS.items() if name.startswith("induction-")} == {15}
    assert '"""Rows for the induction heads, with 15 kinds of symbols:' in source_of_notebook()


def test_the_recap_does_not_speak_of_a_head():
    for question in RECAP:
        assert not re.search(r"\bhead\b", " ".join([question.text, *question.choices]))  # heads are here a task


@pytest.mark.parametrize(("length", "times"), [*itertools.product((64, 256, 1024), (1, 2, 4))])
def test_selective_seeds_are_ahead_of_the_lti_block_or_one_of_them_stands_at_the_line_of_a_blind_guess(length, times):
    figure = figures.Copying()
    figure.update(length, times)
    worst, best_lti = min(figure.now["selective"]), max(figure.now["LTI block"])
    (line,) = set(figure.guess.get_xdata())
    assert line == (1 / 8 if length == 64 else 1 / 16)
    assert figure.now["delay"] or figure.words["delay"].get_position()[0] > line  # the words do not stand upon it
    if "only guesses" in figure.titles()[0]:
        assert worst == pytest.approx(line, abs=0.005)
    else:
        assert "every selective seed is ahead" in figure.titles()[0] and worst > best_lti


def test_the_runs_that_the_picture_of_seeds_leaves_out_are_named_beside_it():
    drawn = {run for models in figures.Copying.MODELS.values() for run in models.values()}
    of_the_length = {name.rpartition("-")[0] for name in RUNS if name.startswith("copying1024-")}
    assert of_the_length - drawn == {"copying1024-gentle"}
    gentle, usual = (RUNS[f"copying1024-{kind}-0"] for kind in ("gentle", "selective"))
    assert (gentle.model, gentle.lr) == (usual.model, usual.lr / 2)
    assert "every" not in figures.Copying().about()
    words = '\\"gentle\\", not in the picture, is the selective block with half the learning rate.'
    assert words in (Path(__file__).parents[3] / "notebooks/12_memory_tasks.ipynb").read_text("utf-8")


def test_dilations_stand_as_four_branches_in_the_place_of_one():
    plain, dilated = (RUNS[f"induction-{kind}-0"].build().layers[0].mixer for kind in ("selective", "dilated"))
    assert [len(block.conv1d_layers) for block in (plain, dilated)] == [1, 4]
    assert [one.dilation for one in dilated.conv1d_layers] == [(1,), (2,), (4,), (8,)]
    notebook = (Path(__file__).parents[3] / "notebooks/12_memory_tasks.ipynb").read_text("utf-8")
    said = re.sub(r"\]\([^)]*\)|\[", "", notebook)  # without the links to the glossary
    assert "with four branches of dilations 1, 2, 4, 8 in the place of one" in said


def test_a_delay_learns_to_pass_over_noise():
    torch.manual_seed(1)
    delay, generator = build("delay", 10, d_model=32, taps=64), torch.Generator().manual_seed(2)
    optimizer = torch.optim.Adam(delay.parameters(), lr=5e-3)
    for _ in range(200):
        tokens, targets = selective_copying(generator, 32, 64, n_data=3, n_symbols=8)
        optimizer.zero_grad()
        F.cross_entropy(delay(tokens)[:, -3:].flatten(0, 1), targets.flatten()).backward()
        optimizer.step()

    @torch.no_grad()
    def preferred(tokens):
        logits = delay(tokens)[:, -3:, :8]  # (B, K, n_symbols)
        return logits - logits.mean(-1, keepdim=True)

    late = selective_copying(torch.Generator().manual_seed(9), 64, 40, n_data=3, n_symbols=8)[0]  # (B, 40)
    noise = F.pad(late, (24, 0), value=8)  # (B, 64)
    symbol = noise.clone()
    symbol[:, 12] = 3
    of_noise, of_symbol = ((preferred(noise) - preferred(other)).norm() for other in (late, symbol))
    assert of_noise < of_symbol / 2  # 24 more tokens of noise say less than half of what one symbol says


def test_the_gate_is_level_at_the_start_and_open_for_data_alone_at_the_end():
    gate = figures.GateLearned()
    gate.update(0)
    assert gate.ratio == pytest.approx(1, abs=0.05)
    ratios = []
    for moment in range(32):
        gate.update(moment)
        ratios.append(gate.ratio)
    assert ratios[-1] > 100 and max(ratios[:16]) < 1.2
    single = gate.profile[31]  # (L,); gate stands at the last moment
    assert (single[gate.noise] > single[gate.data].min()).any() and "typical Δ" in gate.titles()[0]  # not of each token


def test_what_is_kept_over_noise_is_said_of_the_mean_for_few_channels_keep_as_much():
    gate = figures.GateLearned()
    said, (model, log) = gate.update(31), figures.load(gate.RUN)
    delta = figures.step_sizes(model, log["probe"].long()[None])[gate.LAYER, 0]  # (L, D)
    kept = torch.exp(-delta[gate.noise].sum(0))  # (D,)
    assert (kept < gate.left).float().mean() > 0.7
    assert f"With the mean Δ of the channels a state with A = −1 keeps {figures.share(gate.left)}" in said


def test_untrained_the_model_says_the_recall_itself():
    run = RUNS[figures.GateLearned.RUN]
    torch.manual_seed(run.seed)
    tokens, targets = run.data.draw(torch.Generator().manual_seed(9), 8, run.length)
    with torch.no_grad():
        said = run.build()(tokens)[:, -targets.shape[1] :].argmax(-1)  # (B, K)
    assert torch.equal(said, tokens[:, -targets.shape[1] :])


def test_each_moment_of_the_training_has_a_place_of_its_own_on_the_curve_and_words_that_stand_apart():
    gate, places = figures.GateLearned(), []
    for moment in range(32):
        gate.update(moment)
        gate.picture()
        places.append(gate.now.get_xdata()[0])
        data, noise = (word.get_window_extent() for word in (gate.data_word, gate.noise_word))
        assert noise.y1 <= data.y0 + 3  # letters, not boxes
    assert places == gate.steps and len(set(places)) == 32 and places[0] == 0


def test_the_notebook_says_how_long_the_row_is_that_the_models_read():
    notebook = (Path(__file__).parents[3] / "notebooks/12_memory_tasks.ipynb").read_text("utf-8")
    assert f"They read one row of {figures.Reach.TOKENS} tokens." in notebook


@pytest.mark.parametrize("run", figures.Reach.NAMES.values())
def test_every_channel_of_a_model_is_in_the_picture(run):
    figure = figures.Reach()
    low, high = figure.ax.get_ylim()
    assert len(figure.reach[run]) == 128 and low < figure.reach[run].min() and figure.reach[run].max() < high


def test_a_state_reaches_as_far_as_the_sum_of_its_later_step_sizes_stays_below_one():
    model, _ = figures.load("induction-gate-0")
    found, _ = figures.reach(model, 1024)
    delta = figures.step_sizes(model, figures.cued_row(1024)[None])[:, 0, 104:-1].double()  # (n_layers, L, D)
    A = torch.stack([layer.mixer.A_log.detach().exp().min(1).values for layer in model.layers])  # (n_layers, D)
    left = torch.exp(-(A * delta.sum(1)))  # (n_layers, D)
    assert float(left.max()) == pytest.approx(math.exp(-delta.shape[1] / found[0]), rel=1e-3)
    assert (np.diff(found) <= 0).all()


def test_each_kind_of_dot_has_its_name_in_the_picture_and_in_its_colour():
    figure = figures.Reach()
    words = {
        text.get_text(): text.get_color() for text in figure.ax.texts if text.get_text().startswith(("●", "○", "■"))
    }
    kinds = (figure.long, figure.shut, figure.short)
    assert list(words.values()) == [kind.get_markeredgecolor() for kind in kinds]
    assert [word.partition(" ")[2] for word in words] == [
        "takes a symbol in",
        "hardly takes any in",
        "can't hold one so long",
    ]


def test_of_two_seeds_with_the_same_steps_and_no_loss_left_one_remembers_and_the_other_does_not():
    figure, found = figures.Reach(), {}
    for name in ("induction-gate-0", "induction-gate-1"):
        assert facts(name)["steps"] == 40_000 and facts(name)["curve"][-1][1] < 1e-4
        figure.update(name, 20)
        found[name] = figure.right, figure.count
    assert found["induction-gate-0"] == (0.25, 0) and found["induction-gate-1"][0] == 1


def holding(model, layer, tokens):
    """Which channels of a layer hold a symbol for so many tokens: (D,) bools."""
    delta = figures.step_sizes(model, figures.cued_row(figures.Reach.TOKENS)[None])[layer, 0].double()  # (L, D)
    slowest = model.layers[layer].mixer.A_log.exp().min(1).values  # (D,)
    return slowest * delta[104:-1].mean(0) < 1 / tokens


def taking(model, layer, symbol):
    """Which channels of a layer have a large Δ while the window shows the cue with this symbol: (D,) bools."""
    row = figures.cued_row(figures.Reach.TOKENS)[:104]
    row[101] = symbol
    return figures.step_sizes(model, row[None])[layer, 0, 100:].amax(0) > 0.1


def test_what_a_channel_can_hold_it_need_not_take_in():
    figure, (model, _) = figures.Reach(), figures.load("induction-gate-0")
    figure.update("induction-gate-0", 8)
    holds, takes = holding(model, 0, 2**8), torch.stack([taking(model, 0, one) for one in range(15)]).any(0)
    assert figure.count == holds.sum() == 59 and figure.open == (holds & takes).sum() == 25
    assert "can hold" in figure.titles()[0]


def test_a_channel_that_takes_in_one_symbol_and_not_another_has_a_full_dot():
    figure, (model, _) = figures.Reach(), figures.load("induction-state1-0")
    figure.update("induction-state1-0", 20)
    holds = holding(model, 1, 2**20)
    assert [int((holds & taking(model, 1, symbol)).sum()) for symbol in (4, 13)] == [21, 10]
    assert figure.open == figure.count == holds.sum() == 21
    assert "above 0.1 for at least one of the 15 symbols, the dot is full" in source_of_notebook()


@pytest.mark.parametrize("run", figures.Reach.NAMES.values())
def test_a_full_dot_takes_a_symbol_in_and_an_open_one_only_holds_it(run):
    figure = figures.Reach()
    for exponent in range(6, 21):
        said = figure.update(run, exponent)
        full, hollow, grey = (line.get_ydata() for line in (figure.long, figure.shut, figure.short))
        assert [name.get_visible() for name in figure.names] == [len(dots) > 0 for dots in (full, hollow, grey)]
        assert len(full) == figure.open and len(full) + len(hollow) == figure.count
        assert min([*full, *hollow], default=math.inf) > 2**exponent >= max(grey)
        assert sorted([*full, *hollow, *grey], reverse=True) == figure.reach[run].tolist()
        takes = f"{figure.open} of them take{'s' if figure.open == 1 else ''} one in"
        assert (takes in said) == (figure.open < figure.count)
        assert ("all of them take one in" in said) == (figure.open == figure.count > 1)
        assert ("not tested" in said) == ("not tested" in figure.titles()[0]) == (exponent % 2 == 1)


@pytest.mark.parametrize("moment", range(32))
def test_title_and_sentence_say_one_ratio(moment):
    gate = figures.GateLearned()
    said, (title, *_) = gate.update(moment), gate.titles()
    ratio = re.search(r"([\d.]+) to 1\.", said).group(1)
    assert float(ratio) == pytest.approx(gate.ratio, rel=0.05)
    assert f"typical Δ {ratio} times as large on data" in title or (ratio, "about as large on data as on noise") == (
        "1.0",
        title[-34:],
    )


@pytest.mark.parametrize(("task", "of"), [("copying", 16), ("induction", 15)])
def test_the_line_of_a_blind_guess_stands_where_a_model_without_memory_does(task, of):
    figure = figures.Ablations()
    figure.update(task, 1)
    assert set(figure.guess.get_xdata()) == {1 / of} and figure.guess_word.get_text().endswith(f"1 in {of}")
    if task == "induction":
        figure.update(task, 0)
        assert figure.now["no convolution"] == pytest.approx([1 / of] * 3, abs=0.02)  # three seeds


def test_the_line_of_a_blind_guess_has_one_name_and_no_sentence_calls_it_chance():
    (word,) = (text for text in figures.ByLength().ax.texts if "1 in" in text.get_text())
    kinds = RUNS["induction-selective-0"].data.n_symbols
    assert word.get_text().split() == ["a", "blind", "guess:", "1", "in", str(kinds)]
    notebook = source_of_notebook()
    assert re.findall(r".{9}\bchance\b", notebook) == ["which by chance"]  # two symbols that happen to be alike
    assert "about a third is right, like a guess among the three" in notebook


def test_the_ablations_name_their_two_tasks():
    assert "Selective copying and the induction heads again" in source_of_notebook()
    assert set(figures.Ablations.LENGTHS) == {"copying", "induction"}


def test_the_ages_against_a_second_symbol_are_so_far_apart_that_an_lti_block_adds_up_what_each_says():
    three = re.findall(r"t ages (\d+), (\d+) and (\d+)", source_of_notebook())
    (early, late) = ([int(age) for age in ages] for ages in three)
    assert early[:2] == late[1:]  # what is second of the one row is first or last of the other
    torch.manual_seed(0)
    layer = (model := build("lti", 10, d_model=32, n_layers=1, d_state=8).double()).layers[0]

    @torch.no_grad()
    def says(*symbols):
        row = torch.full((1, 64), 8)
        row[0, -3:] = 9
        for age, symbol in symbols:
            row[0, -1 - age] = symbol
        return layer.mixer(layer.norm(model.embedding(row)))[0, -1]  # (D,), at the last recall

    def added(ages):
        symbols, nothing = list(zip(ages, (0, 1, 2), strict=True)), says()
        return says(*symbols) - nothing, sum(says(one) - nothing for one in symbols)

    for ages in (early, late):
        torch.testing.assert_close(*added(ages))
    whole, parts = added((4, 3, 2))  # within one window of the convolution
    assert (whole - parts).norm() > 0.1 * whole.norm()


@pytest.mark.parametrize("run", figures.Reach.NAMES.values())
def test_a_model_is_right_throughout_where_several_channels_reach(run):
    figure = figures.Reach()
    for exponent in range(6, 21, 2):
        figure.update(run, exponent)
        assert figure.right == facts(run)["evaluation"]["by_length"][str(2**exponent)]["accuracy"]
        assert figure.right >= 0.99 if figure.count > 10 else figure.right < 0.9


def test_only_what_is_all_reads_as_all():
    assert [figures.share(value) for value in (1, 0.9999, 0.994, 0.5, 0)] == [
        "100 %",
        "99.9 %",
        "99.4 %",
        "50 %",
        "0 %",
    ]
    assert figures.between([0.5, 0.5]) == "50 %" and figures.between([0.06, 0.99]) == "6 % to 99 %"


def test_a_memory_is_said_by_one_digit_and_a_long_one_by_the_nearest_power_of_ten():
    assert [figures.approximately(number) for number in (501_344, 1.8e11, 9.6e11)] == [
        "about 500 000",
        "about 10¹¹",
        "about 10¹²",
    ]


def test_the_line_of_the_length_passes_behind_the_words():
    figure, seen = figures.ByLength(), []
    for exponent in figure.EXPONENTS:
        figure.update(exponent)
        pixels = figure.pixels()[::-1].copy()  # from below, as the words' places are
        boxes = [word.get_window_extent().extents.round().astype(int) for word in figure.words]
        seen.append([pixels[y0:y1, x0:x1] for x0, y0, x1, y1 in boxes])
    assert all(np.array_equal(first, now) for words in seen for first, now in zip(seen[0], words, strict=True))
