"""Attempts that learners make in notebook 06, and what the card shows."""

import re

from lite_mamba import course


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
    assert re.search(r"^block\.x_proj\.weight is 0; expected is (0\.01|0\.1)\.$", words, re.M)  # as in code: no capital
    assert re.search(r"block\.x_proj\.weight: (0\.01|0\.1)$", words, re.M)  # and numbers, without quotes
    assert "A_log" not in words and "norm" not in words
