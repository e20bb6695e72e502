"""The figures of notebook 14 show what the stored models compute, and what the probes measure."""

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lite_mamba import selective_scan_fn
from lite_mamba.course.chapters.ch14_inside_a_mamba import figures, probing
from lite_mamba.course.chapters.ch14_inside_a_mamba.exercises import (
    conv_and_state,
    fit_probe,
    half_life,
    hidden_attention,
)
from lite_mamba.course.chapters.ch14_inside_a_mamba.inside import (
    contributions,
    half_lives,
    look,
    matrices,
    untrained,
)
from lite_mamba.course.chapters.ch14_inside_a_mamba.texts import FILES, LENGTH, SNIPPETS, encoded, kinds, marks
from lite_mamba.course.drawing.numbers import percent
from lite_mamba.course.training import RUNS, facts, load, names, step_sizes, stored

NAMES = list(figures.MODELS.values())
STARTS = [f"induction-selective-{seed}" for seed in range(3)] + ["induction-slow-0", "induction-slower-0"]
NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "14_inside_a_mamba.ipynb"


def source(cell_id):
    """The source of a cell of the notebook."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return next("".join(cell["source"]) for cell in cells if cell["id"] == cell_id)


@pytest.fixture(scope="module", params=NAMES)
def layers(request):
    return look(stored(request.param), figures.sequence(request.param, 40))


def close(one, other):
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


def whole_scan(layer):
    return selective_scan_fn(layer.u[None], layer.delta[None], layer.A, layer.B[None], layer.C[None], layer.D)[0]


def test_what_is_seen_is_what_the_model_computes():
    model, ids = stored(NAMES[0]), encoded(SNIPPETS["a loop"])
    delta = torch.stack([layer.delta.T for layer in look(model, ids)])
    close(delta, step_sizes(model, ids[None])[:, 0])


def test_u_is_the_gate_times_the_convolution(layers):
    for layer in layers:
        width = layer.taps.shape[1]
        padded = torch.nn.functional.pad(layer.x, (width - 1, 0)).unfold(1, width, 1)  # (D, L, d_conv)
        close(layer.gate * ((padded * layer.taps[:, None]).sum(-1) + layer.bias[:, None]), layer.u)


def test_the_matrices_are_the_scan(layers):
    for layer in layers:
        M = matrices(layer)
        close((M @ layer.u[..., None])[..., 0], layer.scanned())
        close(hidden_attention(layer.delta[3], layer.A[3], layer.B, layer.C), M[3])


def test_both_ways_and_the_bias_add_up_to_the_scan(layers):
    for layer in layers:
        past, through = contributions(layer)
        M, of_bias = matrices(layer), layer.gate * layer.bias[:, None]
        bias = (M @ of_bias[..., None])[..., 0] + layer.D[:, None] * of_bias
        close(past.sum(2) + through.sum(2) + bias, whole_scan(layer))
        ways = conv_and_state(M[5], layer.D[5], layer.gate[5], layer.taps[5])
        close(ways[0] * layer.x[5], past[5])
        close(ways[1] * layer.x[5], through[5])


def test_shares_by_lag_add_up_to_one_and_the_way_past_the_state_ends_with_the_taps():
    for name in NAMES:
        past, through = figures.by_lag(name, 0)
        assert abs(past.sum() + through.sum() - 1) < 1e-4
        assert past[4:].sum() == 0


@pytest.mark.parametrize("task", figures.MODELS)
def test_the_shares_are_of_what_x_adds_and_not_of_the_whole_output(task):
    """The convolution's bias adds a tenth and more, and the sentence must not count it in."""
    layer = figures.layers_of(figures.MODELS[task], 128, True)[0]
    past, through = (part.abs().sum((1, 2)) for part in contributions(layer))  # (D,) each
    of_bias = layer.gate * layer.bias[:, None]
    bias = ((matrices(layer) @ of_bias[..., None])[..., 0] + layer.D[:, None] * of_bias).abs().sum(1)
    share, of_all = (past / (past + through)).mean(), (past / (past + through + bias)).mean()
    assert (bias / (past + through + bias)).mean() > 0.1
    assert f"{100 * share:.0f} % of what x adds to the scan's output" in figures.Ways().update(task=task)
    assert f"{100 * share:.0f} %" != f"{100 * of_all:.0f} %"


def test_half_lives_are_those_of_the_exercise(layers):
    for layer in layers:
        close(half_lives(layer), half_life(layer.delta, layer.A))


@pytest.mark.parametrize("name", NAMES)
def test_the_untrained_model_is_the_one_that_the_training_began_with(name):
    log = load(name)[1]
    first = step_sizes(untrained(name), figures.sequence(name, 256)[None])[:, 0].mean(1)  # (n_layers, D)
    logged = log["delta"][0] if "delta" in log else log["delta_noise"][0]
    torch.testing.assert_close(first, logged, rtol=0.1, atol=0)


def test_the_bright_column_follows_the_cue():
    cue = figures.Cue()
    for place in (2, 17, 33):
        cue.update(place=place)
        assert cue.best == place + 3 and cue.share > 0.95


def test_the_token_at_the_end_is_called_the_second_cue():
    cue = figures.Cue()
    for place in range(2, 41):
        cue.update(place=place, layer=2)
        assert ("the second cue" in cue.titles()[0]) == (cue.best == 47)


def test_the_sentence_names_the_token_with_most_weight():
    cue = figures.Cue()
    for place, layer in itertools.product(range(2, 41), (1, 2)):
        words = cue.update(place=place, layer=layer)
        assert f"gives most weight to token {cue.shares[-1].argmax()}: {percent(cue.share)} of its row." in words


def test_the_bars_have_the_colours_of_their_map():
    shown = figures.HiddenAttention()
    shown.update(channel=3)
    for bar, value in zip(shown.bars, shown.M[50].tolist(), strict=True):
        side = np.linspace(0.5, 1, 200) if value > 0 else np.linspace(0, 0.5, 200)
        assert abs(shown.image.cmap(side) - bar.get_facecolor()).max(1).min() < 0.01


def test_a_title_names_both_bytes_as_they_are():
    shown = figures.HiddenAttention()
    shown.update(text="a docstring", layer=4, channel=3, at=33)
    assert shown.titles()[0].startswith("Byte 33 “e” reads most from byte 33 “e”:")
    shown.update(text="a docstring", layer=4, channel=238, at=32)
    assert shown.titles()[0].startswith("Byte 32 “R” reads most from byte 25 “␣”:")


@pytest.mark.parametrize("task", figures.MODELS)
def test_no_word_stands_upon_a_mark_or_the_line(task):
    shown = figures.Rain()
    for layer, n in itertools.product(range(1, len(stored(figures.MODELS[task]).layers) + 1), range(1, 17)):
        shown.update(task=task, layer=layer, n=n)
        shown.pixels()
        boxes = [word.get_window_extent() for word in shown.ax.texts]
        lines = [line.get_transform().transform(line.get_xydata()) for line in shown.ax.lines]
        assert not any(box.contains(*point) for box in boxes for line in lines for point in line)
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
        assert all(box.x1 < shown.ax.bbox.x1 for box in boxes)


@pytest.mark.parametrize("task", figures.MODELS)
def test_a_median_that_moved_is_told_by_two_numbers(task):
    shown = figures.Rain()
    for layer, n in itertools.product(range(1, len(stored(figures.MODELS[task]).layers) + 1), range(1, 17)):
        sentence = shown.update(task=task, layer=layer, n=n)
        before, after = re.search(r"median half-life from (.+?) to (.+?) tokens", sentence).groups()
        assert before != after and f"median {before} to {after} ◆" == shown.word.get_text()


def test_a_half_life_and_not_a_channel_becomes_longer():
    shown = figures.Rain()
    for task, n in itertools.product(figures.MODELS, (1, 16)):
        sentence = shown.update(task=task, n=n)
        grew = f"in {(shown.after > shown.before).sum()} of {len(shown.after)} channels"
        assert sentence.endswith(f"The half-life grew {grew}.") and shown.titles()[0].endswith(f"longer {grew}")


def test_the_tokens_of_a_half_life_are_those_that_the_text_names():
    ids = {name: figures.sequence(name, RUNS[name].length) for name in NAMES[1:]}
    first, last = (ids[NAMES[2]] == 15).nonzero().flatten().tolist()
    cues = torch.isin(torch.arange(len(ids[NAMES[2]])), torch.tensor([*range(first, first + 4), last]))
    for name, counted in ((NAMES[1], ids[NAMES[1]] == RUNS[NAMES[1]].data.n_symbols), (NAMES[2], ~cues)):
        layers = (figures.layers_of(name, RUNS[name].length, trained)[0] for trained in (False, True))
        for layer, shown in zip(layers, figures.rain(name, 0), strict=True):
            np.testing.assert_array_equal(half_lives(layer, counted), shown)
    said = "for copying the noise, for the induction heads all but the cues and the three tokens behind the first cue."
    assert said in source("c14-x4")


def test_a_byte_without_a_sign_of_its_own_is_named_by_its_number():
    assert "at byte 1 “\\xa4”" in figures.HiddenAttention("äöü").update(at=1)  # the dot would be that of six bytes


def test_a_text_of_your_own_is_read_and_cut_to_what_fits():
    assert figures.HiddenAttention("x" * 100).n == LENGTH
    short = figures.HiddenAttention("a = 1")
    assert "byte" in short.update(at=4)
    assert "text" not in figures.Reading("a = 'b'").controls
    with pytest.raises(ValueError, match="give at least 3"):
        figures.Reading("ab")


@pytest.mark.parametrize("wrong", [{"layer": 0}, {"layer": 7}, {"channel": 0}, {"channel": 353}, {"at": -1}, {"at": 5}])
def test_a_layer_channel_or_byte_that_is_not_there_is_refused_in_words(wrong):
    """Layers and channels are counted from 1: from 0, a list would give its last one."""
    with pytest.raises(ValueError, match="can't be set: "):
        figures.HiddenAttention("a = 1").update(**wrong)


def test_the_ticks_of_a_short_text_stand_at_bytes():
    short = figures.HiddenAttention("abc")
    short.update()
    short.pixels()
    for axis in (short.ax.xaxis, short.ax.yaxis):
        assert all(tick == round(tick) for tick in axis.get_majorticklocs())


def test_the_picture_alone_says_what_is_asked_and_in_which_layer():
    reading, cue = figures.Reading(), figures.Cue()
    for target, reader in itertools.product(reading.TARGETS, reading.READERS):
        reading.update(target=target, reader=reader)
        assert reading.titles()[0].startswith(f"{target.capitalize()}? ")
    for layer in (1, 2):
        cue.update(layer=layer)
        assert cue.titles()[0].startswith(f"Layer {layer}: token {cue.best},")


def test_a_matrix_of_another_shape_is_refused_in_words():
    wrong = figures.HiddenAttention(build=lambda delta, A, B, C: delta)
    with pytest.raises(
        ValueError, match=r"hidden_attention returned \(56,\), expected a tensor of the shape \(56, 56\)"
    ):
        wrong.update()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda *given: hidden_attention(*given) * math.nan, "not finite"),
        (lambda *given: hidden_attention(*given) + 0j, "complex numbers, expected real ones"),
    ],
)
def test_a_matrix_that_cannot_be_drawn_is_refused_in_words(wrong, words):
    with pytest.raises(ValueError, match=words):
        figures.HiddenAttention(build=wrong).update()


def test_a_row_of_zeros_reads_from_no_byte():
    below = figures.HiddenAttention(build=lambda *given: hidden_attention(*given).tril(-1))
    assert "gives no byte any weight" in below.update(at=0) and below.titles()[0] == "Byte 0 “d” reads from no byte"
    assert "of the weight is negative" in below.titles()[1]
    nothing = figures.HiddenAttention(build=lambda *given: hidden_attention(*given) * 0)
    assert "The whole matrix is zero." in nothing.update()
    assert nothing.titles()[1] == "Layer 4, channel 238: no weight at all"


@pytest.mark.parametrize("scale", [1e-42, 1e-33, 1e35])
def test_a_matrix_looks_the_same_however_small_or_large_it_is(scale):
    one = figures.HiddenAttention()
    other = figures.HiddenAttention(build=lambda *given: hidden_attention(*given).double() * scale)
    assert other.update() == one.update() and other.titles() == one.titles()
    np.testing.assert_allclose(other.image.get_array(), one.image.get_array(), atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "words"),
    [([0, 1], "2 bytes alike: 50 %"), (range(LENGTH), "51 bytes alike: 2 %"), ([3], "byte 3 “␣”: 100 %")],
)
def test_a_row_of_equal_weights_reads_most_from_no_single_byte(columns, words):
    def build(delta, A, B, C):
        M = torch.zeros(len(delta), len(delta))
        M[:, columns] = 1
        M[:, 0] *= -1  # a weight is a weight, whatever its sign
        return M.tril()

    alike = figures.HiddenAttention(build=build)
    assert f"gives most weight to {words} of its row" in alike.update(at=50)
    assert alike.titles()[0].startswith(f"Byte 50 “␣” reads most from {words}")
    alike.update(at=0)
    assert "alike" not in alike.titles()[0]


def test_rows_that_read_most_from_the_byte_of_the_chosen_one_are_counted():
    M = torch.eye(LENGTH)
    M[50:54, 49] = 3
    shown = figures.HiddenAttention(build=lambda *given: M)
    shown.update(at=52)
    assert shown.best == 49 and shown.kept() == (5, 7)  # the byte's own row, and those from 50 to 53


def test_the_frame_holds_all_of_its_row():
    shown = figures.HiddenAttention()
    shown.update(at=20)
    assert max(shown.frame.get_xdata()) == 20.5
    ahead = figures.HiddenAttention(build=lambda *given: hidden_attention(*given).T)
    ahead.update(at=20)
    bars = [i for i, bar in enumerate(ahead.bars) if bar.get_height()]
    assert max(ahead.frame.get_xdata()) == max(bars) + 0.5 > 20.5


@pytest.mark.parametrize("shown", [figures.Ways(), figures.Rain()], ids=["ways", "rain"])
def test_a_layer_that_a_model_lacks_gives_its_last_one(shown):
    assert "in layer 2 of the model" in shown.update(task="induction heads", layer=2).lower()
    assert "in layer 2, the last one of the model" in shown.update(task="induction heads", layer=6).lower()
    assert "in layer 6 of the model" in shown.update(task="language", layer=6).lower()


def test_the_bar_of_a_probe_stays_in_the_picture_or_says_that_it_does_not():
    shown = figures.Probes()
    lowest = min(probing.shuffled(probing.features()[5], probing.labels("inside a string")))  # of all layers
    assert 0.4 > lowest > shown.LEAST
    shown.known["inside a string", 5] = [0.09, 0.33, 0.37, 0.52, 0.44, 0.61]  # as a cut of the wrong sign gives
    shown.update(layer=5)
    assert [number.get_text() for number in shown.numbers] == ["◂ 9 %", "◂ 33 %", "37 %", "52 %"]
    ends = [bar.get_x() + bar.get_width() for bar in shown.bars]
    assert [end < shown.ax.get_xlim()[0] for end in ends] == [True, True, False, False]


def test_a_range_of_shuffles_that_leaves_the_picture_says_how_far_it_goes():
    shown = figures.Probes()
    shown.known["inside a string", 6] = [0.87, 0.52, 0.71, 0.48, 0.26, 0.67]  # as a difference of means gives
    shown.update(layer=6)
    assert shown.numbers[-1].get_text() == "48 %, from ◂ 26 %"
    shown.known["inside a string", 6] = [0.91, 0.67, 0.71, 0.51, 0.38, 0.63]
    shown.update(layer=6)
    assert shown.numbers[-1].get_text() == "51 %"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda w, c: (w * math.nan, c), "not finite"),
        (lambda w, c: (w[:5], c.item()), r"returned \(5,\) and \(\), expected tensors of the shapes \(352,\) and \(\)"),
        (lambda w, c: w, r"returned \(352,\), expected tensors of the shapes \(352,\) and \(\)"),
        (lambda w, c: (w, None), r"returned \(352,\) and NoneType, expected tensors of the shapes"),
    ],
)
def test_a_probe_that_is_none_is_refused_in_words(wrong, words):
    with pytest.raises(ValueError, match=words):
        figures.Probes(fit=lambda *given: wrong(*fit_probe(*given))).update()


def test_a_matrix_may_come_with_gradients():
    asking = figures.HiddenAttention(build=lambda *given: hidden_attention(*given).requires_grad_())
    assert asking.update() == figures.HiddenAttention().update()


def test_what_is_seen_of_a_model_that_trains_asks_for_no_gradient():
    layer = look(load(NAMES[0])[0], encoded(SNIPPETS["a loop"]))[0]
    assert not any(value.requires_grad for value in vars(layer).values())


def test_every_text_has_its_length():
    assert {len(text.encode()) for text in SNIPPETS.values()} == {LENGTH}
    assert len(FILES) == 24 and {len(text.encode()) for text in FILES} == {1024}


@pytest.mark.parametrize(
    ("text", "string", "bracket"),
    [
        ("a('b)')c", "..^^^...", ".^^^^^.."),
        ('"""a"b"""c', "^^^^^^^^..", ".........."),
        ("# it's (\nx", "..........", ".........."),
        ("'a\\'b'(", "^^^^^..", "......^"),
        ("[{}", "...", "^^^"),
        ("'open", "^^^^^", "....."),
        ("'\nx", "^..", "..."),
        ('f"""', ".^^^", "...."),
        ('"""a"', "^^^^^", "....."),
        ('"a\\"', "^^^^", "...."),
        ('"a\\', "^^^", "..."),
        ("a) + (b", ".......", ".....^^"),
    ],
)
def test_marks_say_where_a_reader_stands(text, string, bracket):
    found = marks(text)
    for name, expected in (("inside a string", string), ("inside a bracket", bracket)):
        assert "".join(".^"[inside] for inside in found[name].tolist()) == expected


def test_the_text_names_all_that_a_probe_is_asked_before_it_says_what_inside_means():
    text = source("c14-s5")
    assert max(text.index(asked) for asked in probing.TARGETS) < text.index("Inside means")


def test_the_text_says_that_brackets_in_strings_and_comments_do_not_count():
    """A picture shows brackets in a string, and no byte inside of one."""
    text = SNIPPETS["code in a string"]
    assert set("([") < set(text) and not marks(text)["inside a bracket"].any()
    assert not marks("# (a")["inside a bracket"].any()
    assert "; brackets in strings and comments do not count." in source("c14-s5")


def test_kinds_tell_long_strings_short_ones_and_comments_apart():
    assert kinds("'a'" + '"""b"""' + "# 'c'\n").tolist() == [1, 1, 0, 2, 2, 2, 2, 2, 2, 0, *[-1] * 5, 0]


def test_the_files_are_what_the_text_says_of_them():
    start, held = probing.PLACES.start, FILES[-probing.HELD :]
    assert all(text.startswith('"""') for text in FILES)
    assert all(text.isascii() for text in FILES) and "in ASCII a place has 128 possible bytes" in source("c14-eq5b")
    assert sum('"""' in text[3:start] for text in FILES) == 17  # has closed its docstring
    kind = torch.stack([kinds(text)[probing.PLACES] for text in held])
    assert (kind < 1).sum() > 2 * (kind > 0).sum()  # outside of strings, and inside
    assert (kind == 2).sum() > (kind == 1).sum()  # docstrings, and other strings
    comments = [comment for text in held for comment in re.findall(r"#.*", hidden_strings(text))]
    assert len(comments) == 5 and sum('"' in comment for comment in comments) == 1


def hidden_strings(text):
    """A text with a space for each byte inside of a string."""
    return "".join(" " if kind > 0 else sign for sign, kind in zip(text, kinds(text).tolist(), strict=True))


def test_training_made_most_half_lives_shorter_and_the_longest_of_four_layers_longer():
    both = np.array([figures.rain(probing.LANGUAGE, layer) for layer in range(6)])  # (layers, 2, D, N)
    before, after = both[:, 0], both[:, 1]
    assert (after < before).mean((1, 2)).min() > 0.5  # of each layer
    assert (after.max((1, 2)) > before.max((1, 2))).tolist() == [False, True, True, True, False, True]


def test_a_probe_is_tested_on_files_that_it_has_nothing_of():
    y = probing.labels("inside a string")
    x = torch.randn(*y.shape, 3, generator=torch.Generator().manual_seed(0)) + y[..., None].float()
    spoilt = x.clone()
    spoilt[-probing.HELD :] *= 100
    one, other = (probing.train(features, y) for features in (x, spoilt))
    assert torch.equal(one.w, other.w) and torch.equal(one.mean, other.mean)


def test_the_picture_trains_its_probes_with_the_ridge_that_the_text_gives():
    ridges = []

    def fit(x, y, ridge):
        ridges.append(ridge)
        return fit_probe(x, y, ridge)

    figures.Probes(fit=fit).update()
    (ridge,) = set(ridges)
    assert f"The picture trains your probe with ridge {ridge:g}." in source("c14-x5")


def test_every_channel_is_scaled_to_spread_1():
    """An untrained one, too, that hardly moves."""
    for x in (*probing.features(), *probing.features(False)):  # (files, places, D) each
        probe = probing.train(x, probing.labels("inside a string"))
        spread = ((x[: -probing.HELD] - probe.mean) / probe.std).std((0, 1))
        torch.testing.assert_close(spread, torch.ones_like(spread), rtol=1e-3, atol=0)


def test_neighbours_mostly_have_the_same_label_and_are_more_alike_than_bytes_of_two_files():
    """Why bytes must not be drawn one by one. They are not nearly the same: the share is 1 for bytes without a tie."""
    for target in ("inside a string", "inside a bracket"):
        y = probing.labels(target)  # (files, places)
        assert (y[:, 1:] == y[:, :-1]).float().mean() > 0.9
    for x in probing.features():  # (files, places, D)
        x = (x - x.mean((0, 1))) / x.std((0, 1))
        beside, apart = (difference.square().mean() / 2 for difference in (x[:, 1:] - x[:, :-1], x - x.roll(1, 0)))
        assert 0.4 < beside < 0.9 < apart


def test_only_training_makes_strings_easy_to_read():
    y = probing.labels("inside a string")
    trained, fresh, rival = (
        probing.accuracy(x, y) for x in (probing.features()[4], probing.features(False)[4], probing.rival())
    )
    assert trained > 0.85 > 0.8 > max(fresh, rival)
    assert max(probing.shuffled(probing.features()[4], y)) < 0.65
    unit = probing.best_unit("inside a string")
    said = unit.score(probing.features()[unit.layer][-probing.HELD :]) > 0
    assert probing.balanced(said.flatten(), y[-probing.HELD :].flatten()) > 0.8


def test_channel_and_whole_layer_are_read_in_the_same_layer():
    reading = figures.Reading()
    for target in reading.controls["target"].positions():
        layers = set()
        for reader in reading.READERS:
            reading.update(target=target, reader=reader)
            layers.add(re.search(r"layer (\d)", reading.titles()[0])[1])
        assert layers == {str(probing.best_unit(target).layer + 1)}


def test_the_key_of_a_reading_names_what_is_in_the_picture():
    reading = figures.Reading()
    for controls in itertools.product(*(one.positions() for one in reading.controls.values())):
        reading.update(**dict(zip(reading.controls, controls, strict=True)))
        right, key = reading.said == reading.true, reading.key.get_text()
        assert [word in key for word in ("yellow", "blue", "orange")] == [
            reading.true.any(),
            right.any(),
            not right.all(),
        ]


def test_every_bar_of_a_reading_can_be_seen_on_the_side_of_what_is_said():
    """Above the line for yes, below it for no, and higher than the line is thick."""
    reading = figures.Reading()
    thick = reading.line.get_linewidth() * reading.figure.dpi / 72
    for controls in itertools.product(*(one.positions() for one in reading.controls.values())):
        reading.update(**dict(zip(reading.controls, controls, strict=True)))
        heights = np.array([bar.get_height() for bar in reading.bars])
        assert ((heights > 0) == reading.said).all()
        ends = reading.ax.transData.transform([(0, 0), (0, np.abs(heights).min())])
        assert ends[1, 1] - ends[0, 1] > thick


def test_what_a_text_is_asked_can_be_read():
    y = {target: probing.labels(target) for target in figures.Reading().controls["target"].positions()}
    assert min(probing.accuracy(probing.features()[probing.best_unit(t).layer], y[t]) for t in y) > 0.8


def test_the_unit_reads_english_rather_than_quotes():
    reading = figures.Reading()
    shares = {}
    for name in SNIPPETS:
        reading.update(text=name)
        shares[name] = float(reading.said.mean())
    assert min(shares["no Python"], shares["a comment"]) > 0.8 > 0.3 > shares["code in a string"]


def test_the_projects_name_runs_that_have_what_they_ask_for():
    """Each has a state and so half-lives and matrices; those that are not trained anew have weights."""
    found = re.findall(r"`((?:induction|copying|library|live)[\w-]*)`", source("c14-capstone"))
    assert len(found) >= 9
    for name in found:
        assert RUNS[name].model["kind"] == "selective"
        assert facts(name)["seconds"] < 60 if name.startswith("live") else name in names()


def test_the_five_models_began_differently():
    """They are not all that is stored of the induction heads."""
    (project,) = re.findall(r"^3\. .*$", source("c14-capstone"), re.M)
    assert "Five stored models of the induction heads began differently: " in project
    starts = [untrained(name).layers[0].mixer.dt_proj.bias for name in STARTS if f"`{name}`" in project]
    assert len(starts) == 5 and len(set(names()) & {name for name in RUNS if "induction" in name}) > 5
    assert not any(torch.equal(one, other) for one, other in itertools.combinations(starts, 2))


def test_of_the_five_starts_some_need_their_second_layer_and_one_is_apart():
    """The third project has something to find."""
    rows, wanted = RUNS[STARTS[0]].data.draw(torch.Generator().manual_seed(0), 100, 48)
    place = (rows == 15).int().argmax(1)
    chosen = place < 36
    rows, wanted, place = rows[chosen], wanted[chosen, 0], place[chosen]

    def silent(name, layer, tokens):
        model, mixer = stored(name), stored(name).layers[layer].mixer
        module = mixer if tokens is None else mixer.x_proj

        def hook(_module, _given, out):
            kept = out.clone()
            if tokens is None:
                return kept * 0
            kept[torch.arange(len(kept)), tokens, -2 * mixer.d_state : -mixer.d_state] = 0
            return kept

        handle = module.register_forward_hook(hook)
        with torch.no_grad():
            said = model(rows)[:, -1].argmax(-1)
        handle.remove()
        return (said == wanted).float().mean().item()

    without_token = [silent(name, 0, place + 3) for name in STARTS]
    assert [share < 0.2 for share in without_token] == [True, False, True, True, True]
    assert max(silent(name, 0, None) for name in STARTS) < 0.2
    assert [silent(name, 1, None) == 1 for name in STARTS] == [True, True, False, True, True]
