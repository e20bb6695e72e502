"""Attempts that learners make in notebook 06, and what the card shows."""

import inspect
import re
from pathlib import Path

import pytest
import torch
from known_cards import cards_of
from torch import nn

from lite_mamba import Mamba, course, initialization
from lite_mamba.course.chapters.ch06_time_scales.exercises import MENDED_INIT, SPLIT_WEIGHT_DECAY
from lite_mamba.course.checking.trial import trials

cards = cards_of("06")

MARKS = {"_no_reinit", "_no_weight_decay"}
NOTEBOOK = Path(__file__).parents[3] / "notebooks/06_time_scales.ipynb"
FILLERS = {"and", "both", "marked"}


def split_by_an_arbitrary_rule(model, weight_decay):
    """Right, but for one parameter."""
    decay, no_decay = [], []
    for name, parameter in model.named_parameters():
        spared = parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False) or name == "block.x_proj.weight"
        (no_decay if spared else decay).append(parameter)
    return [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]


def test_the_card_lists_only_the_parameters_that_differ(capsys):
    course.check("06.split_weight_decay", split_by_an_arbitrary_rule)
    words = capsys.readouterr().out
    # a name as in code has no capital
    assert re.search(r"^block\.x_proj\.weight is 0; it should be (0\.01|0\.1)\.$", words, re.M)
    assert re.search(r"block\.x_proj\.weight: (0\.01|0\.1)$", words, re.M)  # and numbers, without quotes
    assert "A_log" not in words and "norm." not in words  # norm: LayerNorm(2) is a layer of the model


def said(layer):
    """A layer as a case says it: its kind and its sizes."""
    sizes = {
        nn.Linear: ("in_features", "out_features"),
        nn.Embedding: ("num_embeddings", "embedding_dim"),
        Mamba: ("d_model",),
    }.get(type(layer), ())
    return f"{type(layer).__name__}({', '.join(str(getattr(layer, size)) for size in sizes)}"


@pytest.mark.parametrize("exercise", [MENDED_INIT, SPLIT_WEIGHT_DECAY], ids=lambda one: one.id)
def test_a_case_says_the_model_that_a_function_gets(exercise):
    for trial in trials(exercise):
        words, got = trial.case["model"], []
        exercise.call(lambda model, _, got=got: got.append(model), trial.case)
        layers = dict(got[0].named_children())
        assert words.keys() == layers.keys()
        for name, layer in layers.items():
            marks = [at for at, one in layer.named_parameters(recurse=False) if vars(one).keys() & MARKS]
            if name == "filter":
                assert words[name].startswith(f"{' and '.join(marks)}, both marked, ")
                assert {at for at, _ in layer.named_parameters()} == set(re.findall(r"\w+", words[name])) - FILLERS
            else:
                assert words[name].startswith(said(layer)) and ("marked" in words[name]) == bool(
                    marks and name != "block"
                )
        shared = "head" in layers and layers["head"].weight is layers["embedding"].weight
        assert shared == ("its weight that of embedding" in words.get("head", ""))


def test_the_chapter_and_the_package_name_the_same_source_of_the_draw():
    line = next(line for line in initialization.__doc__.splitlines() if "log-uniform" in line)
    assert "the authors' code" in line and "the paper, 3.6, writes uniform" in line
    rows = [line for line in NOTEBOOK.read_text().splitlines() if "sim" in line]
    assert any("the authors' code; Mamba, 3.6 writes Uniform" in row for row in rows)


def test_the_block_has_as_many_arguments_about_the_step_size_as_the_card_says():
    about = [name for name in inspect.signature(Mamba).parameters if name.startswith("dt_")]
    assert {"dt_init", "dt_scale"} < set(about) and len(about) == 6
    assert "**For** `dt_init` and `dt_scale`, two of the block's six arguments about Δ" in NOTEBOOK.read_text("utf-8")


@torch.no_grad()
def test_a_token_hardly_moves_the_step_size_of_a_new_block_as_the_last_lines_say():
    torch.manual_seed(0)
    block, squeezed = Mamba(64), []
    block.x_proj.register_forward_hook(lambda layer, given, result: squeezed.append(result))
    block(torch.randn(1, 256, 64))
    delta = nn.functional.softplus(block.dt_proj(squeezed[0][..., : block.dt_rank]))  # (B, L, D)
    pushed = delta / nn.functional.softplus(block.dt_proj.bias)  # (B, L, D)
    assert 0.01 < pushed.log().std() < 0.1  # each token has its Δ, some per cent from that of the start
    assert "the start, where a token hardly moves the Δ of its channels" in NOTEBOOK.read_text("utf-8")


def test_a_card_of_values_drawn_anew_does_not_claim_that_others_were_set_before():
    """A reset that stands alone leaves the same values behind."""
    cards = {known.name: known.message for known in MENDED_INIT.misconceptions}
    for name in ("biases that are overwritten", "a marked bias drawn anew"):
        assert cards[name].endswith("has the last word.") and "set them" not in cards[name]


def test_the_rows_of_the_draw_by_hand_are_called_by_the_names_that_they_print():
    """A row of u stands above both, so that neither is the upper one of two."""
    words = NOTEBOOK.read_text("utf-8")
    rows = {
        name: [float(x) for x in row.split()] for name, row in re.findall(r'"((?:log-)?uniform) +([\d. ]+)\\n"', words)
    }
    added = re.search(r"Row \*uniform\*: equal steps \*add\* ([\d.]+)\.", words)[1]
    times = re.search(r"Row \*log-uniform\*: equal steps \*multiply\* by ([\d.]+)\.", words)[1]
    assert torch.tensor(rows["uniform"]).diff().mean().item() == pytest.approx(float(added), abs=5e-4)
    ratios = torch.tensor(rows["log-uniform"])
    assert (ratios[-1] / ratios[0]).item() ** 0.25 == pytest.approx(float(times), abs=5e-3)
    assert "The row *log-uniform* above." in words


def test_the_wish_for_a_long_memory_is_answered_with_arguments_of_the_block():
    words = NOTEBOOK.read_text("utf-8")
    asked, answered = "Which of the block's arguments must change?", r"So it takes `(\w+)` \*and\* `(\w+)`\."
    names = re.search(answered, words[words.index(asked) :]).groups()
    assert set(names) == {"dt_min", "dt_init_floor"} <= inspect.signature(Mamba).parameters.keys()


def test_the_card_of_names_does_not_say_that_d_was_named():
    """D has one axis: who counts the axes has no need to name it."""
    card = next(known for known in SPLIT_WEIGHT_DECAY.misconceptions if known.name == "names in the place of marks")
    assert re.findall(r"\b(?:A_log|D|filter\.\w+)\b", card.message) == ["A_log", "filter.rate", "A_log"]


def test_a_logarithm_without_its_sign_makes_step_sizes_as_its_card_says():
    card = next(known for known in MENDED_INIT.misconceptions if known.name == "a logarithm without its sign")
    block, u = Mamba(2), torch.linspace(0, 1, 4)  # (D,)
    card.answers[0](block, u)
    delta = nn.functional.softplus(block.dt_proj.bias.detach())  # (D,)
    assert (delta > 2).all() and (delta.diff() < 0).all()
    assert "but above 2, and the largest u gives the smallest" in card.message


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("half_life", "one rate for all states", lambda case, got: case["A"].shape[1] > 1),
        ("half_life", "a half-life without A", lambda case, got: case["A"].shape[1] > 1),
        ("half_life", "rates that were counted, not given", lambda case, got: case["A"].shape[1] > 1),
        ("half_life", "channels or states added up", lambda case, got: min(case["A"].shape) > 1),
        ("dt_weight", "a bound that grows with the rank", lambda case, got: case["u"].shape[1] > 1),
        ("dt_weight", "fewer than D × R weights", lambda case, got: torch.as_tensor(got).numel() < case["u"].numel()),
        (
            "dt_weight",
            "cut at the bound, or divided by it",
            lambda case, got: (2 * case["u"] - 1).max() > case["u"].shape[1] ** -0.5 * case["dt_scale"],
        ),
        ("sample_dt", "a way that leads down", lambda case, got: got.unique().numel() > 1),
        ("sample_dt", "a range of your own", lambda case, got: (case["dt_min"], case["dt_max"]) != (0.001, 0.1)),
        ("inverse_softplus", "a large dt that is cut off", lambda case, got: 88 < case["dt"].max() > got.max()),
        ("inverse_softplus", "a plain logarithm for too many", lambda case, got: got.isfinite().all()),
        ("inverse_softplus", "a small number added", lambda case, got: case["dt"].max() < 5e-8),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_states_that_fade_faster_live_longer_in_the_case_that_says_so():
    for _, example in cards("half_life", "A in the numerator"):
        assert example.case["A"].shape[1] > 1
        faster_first = example.case["A"].argsort(dim=1)
        assert (example.expected.value.gather(1, faster_first).diff(dim=1) > 0).all()
        assert (example.got.value.gather(1, faster_first).diff(dim=1) < 0).all()


def test_the_exponent_of_a_step_has_the_sign_that_it_has():
    for message, example in cards("half_life", "an exponential in the place of its exponent"):
        exponent = example.case["delta"][:, None] * example.case["A"]  # (D, N), of one step
        left = torch.exp(exponent * example.expected.value)  # after the steps of a half-life
        torch.testing.assert_close(left, torch.full_like(left, 0.5))
        assert "Δ·A, its exponent" in message and "−Δ·A" not in message


def test_a_table_that_keeps_its_axes_is_not_said_to_have_lost_one():
    found = cards("half_life", "channels or states added up")
    assert any(example.got.value.ndim == 2 for _, example in found)
    assert not any("lost" in message for message, _ in found)


def test_evenly_spread_step_sizes_are_not_held_to_a_range_that_they_leave():
    found = cards("sample_dt", "a uniform draw")
    assert any(example.got.value.max() > example.case["dt_max"] for _, example in found)
    for message, example in found:
        assert "between" not in message and "about 0.05" in message
        assert example.got.value[example.case["u"] == 0.5].item() == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize(
    ("mistake", "end", "words"),
    [
        ("a way that does not begin at dt_min", 0, "u = 0, before the floor,"),
        ("a way that begins at the top", -1, "u = 1, before the floor,"),
        ("a range from top to bottom", -1, "u = 1 for dt_min"),
    ],
)
def test_an_end_that_the_floor_lifts_is_not_said_to_be_seen(mistake, end, words):
    found = cards("sample_dt", mistake)
    assert any(example.got.value[end] == pytest.approx(example.case["dt_init_floor"]) for _, example in found)
    assert all(words in message for message, _ in found)


@pytest.mark.parametrize("mistake", ["the form that loses its digits", "a difference that cancels"])
def test_digits_that_are_few_are_not_said_to_be_none(mistake):
    for message, example in cards("inverse_softplus", mistake):
        left = example.case["dt"].exp() - 1
        assert 0 < abs(left / example.case["dt"] - 1) < 0.01  # a few of the seven
        assert "few digits of a small dt, and none of" in message


def test_each_exponential_that_overflows_is_named():
    """Who writes exp(dt) is told of more than expm1, and who has taken the logarithm apart, of what it is."""
    for message, example in cards("inverse_softplus", "a form that overflows"):
        dt = example.case["dt"].max()
        for name in ("exp", "expm1"):
            assert getattr(torch, name)(dt).isinf() and re.search(rf"\b{name}\(100\)", message)
        assert example.expected.value.max() == dt and "the logarithm of exp(dt) is dt itself" in message


def test_a_large_number_that_comes_back_right_is_not_said_to_be_off():
    for message, example in cards("inverse_softplus", "one way for all numbers"):
        assert example.got.value.argmax() == example.case["dt"].argmax()
        assert example.got.value.max() == example.expected.value.max()
        assert "beside a large number a small one comes back as it is" in message and "off by" not in message


def test_an_inverse_that_is_taken_from_dt_is_not_called_a_dt_taken_away():
    for message, _ in cards("inverse_softplus", "a dt too many"):
        assert "dt stands beside it" in message and "taken away" not in message


def test_both_forms_of_the_first_terms_are_named():
    dt, found = torch.tensor(0.5), cards("inverse_softplus", "the first terms of a series")
    forms = {"log(dt) + dt/2": dt.log() + dt / 2, "dt + dt²/2 under a logarithm": (dt + dt**2 / 2).log()}
    for (message, example), (words, value) in zip(found, forms.items(), strict=True):
        assert example.case["dt"].item() == dt and words in message
        torch.testing.assert_close(example.got.value.squeeze(), value)


def test_values_that_a_reset_drew_are_not_said_to_be_those_of_before():
    (message, kept), (_, drawn) = cards("mended_init", "other biases that stay random")
    assert not torch.equal(kept.got.value["first.bias"], drawn.got.value["first.bias"])
    assert "still" not in message


def test_the_layer_without_a_bias_is_named_and_none_of_the_ways_to_write():
    without = [
        name for name, layer in Mamba(2, bias=True).named_modules() if getattr(layer, "bias", layer) is None
    ]  # a layer that has no such attribute is not meant
    for message, example in cards("mended_init", "a layer without a bias"):
        assert without == ["x_proj"] and "x_proj in the block" in message
        assert str(example.raised).split("'")[-2] not in message  # zero_, data, fill_


def test_marked_parameters_that_have_a_group_are_not_said_to_have_none():
    found = cards("split_weight_decay", "marked parameters that are lost")
    lost = [str(example.got.value["block.D"]) == "in no group" for _, example in found]
    assert lost == [True, False] and all("or those with two axes" in message for message, _ in found)


def test_a_parameter_that_stands_twice_in_one_group_is_told_that_once_is_enough():
    found = cards("split_weight_decay", "marked matrices in both groups")
    assert any(str(example.got.value["block.D"]) == "0 and 0" for _, example in found)
    assert all("into one group, and once" in message for message, _ in found)


def test_the_number_that_has_no_axis_to_measure_is_named():
    found = cards("split_weight_decay", "few numbers in the place of few axes")
    assert sum(example.raised is not None for _, example in found) == 2
    assert all("filter.gain has no axis" in message for message, _ in found)


def test_names_hold_for_every_spelling():
    """A convolution's bias is a bias, a group without the key has none of another name, and one list is not two."""
    zeros = [example.got.value for _, example in cards("mended_init", "zeros beyond the biases of linear layers")]
    assert any(value["no longer random"] == ["block.conv1d_layers.0.bias"] for value in zeros)
    missing = [example.got.value for _, example in cards("split_weight_decay", "groups without the key weight_decay")]
    assert all(str(value["block.D"]) == "the default" for value in missing)
    lists = [str(example.raised) for _, example in cards("split_weight_decay", "groups that are no dicts")]
    assert any("['list', 'list']" in words for words in lists) and any("['tuple', 'tuple']" in words for words in lists)
