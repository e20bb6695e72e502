"""Attempts that learners make in notebook 06, and what the card shows."""

import inspect
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from lite_mamba import Mamba, course, initialization
from lite_mamba.course.chapters.ch06_time_scales.exercises import MENDED_INIT, SPLIT_WEIGHT_DECAY
from lite_mamba.course.checking.trial import trials

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
