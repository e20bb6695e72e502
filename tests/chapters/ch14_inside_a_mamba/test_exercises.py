"""What the cards of notebook 14 say, beside the case that they show."""

import math

import pytest
import torch

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge, trials


def cards(name, mistake):
    """Message and example of a known mistake, in each of its spellings."""
    chosen = exercise(f"14.{name}")
    (known,) = (one for one in chosen.misconceptions if one.name == mistake)
    for wrong in known.answers:
        verdict = judge(chosen, wrong)
        assert verdict.misconception is known
        yield known.message, verdict.example


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("hidden_attention", "a state that is not read", lambda case, got: len(case["A"]) > 1),
        ("hidden_attention", "a matrix for each number of the state", lambda case, got: len(case["A"]) > 1),
        ("hidden_attention", "an exponent taken for a decay", lambda case, got: got[1, 0] != 0),
        ("hidden_attention", "a state that is read too early", lambda case, got: got[1, 0] != 0),
        ("hidden_attention", "a step too few in the decay", lambda case, got: got[1, 0] != 0),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_no_row_or_column_is_hidden_by_a_token_that_reads_or_writes_nothing():
    matrix = exercise("14.hidden_attention")
    assert all((trial.case[name] != 0).all() for trial in trials(matrix) for name in "BC")


def test_two_steps_lie_between_where_steps_are_multiplied():
    for message, example in cards("hidden_attention", "a product of steps"):
        delta, M = example.case["delta"], example.expected.value
        assert len(delta) > 2 and (example.got.value[2, 0] - M[2, 0]).abs() > 0.01
        assert "of none, that makes 1" in message
        torch.testing.assert_close(example.got.value.diagonal(), M.diagonal() * example.case["A"].exp())  # one state


def test_no_small_number_is_said_to_be_added_to_a_quotient_without_one():
    for message, example in cards("hidden_attention", "a quotient of two decays"):
        got, expected = example.got.value[-1, -1], example.expected.value[-1, -1]
        assert expected.abs() > 0.1 and (got.isnan() or got.abs() < 1e-6)
        assert "small number added" not in message and "no number, or, guarded, nearly 0" in message


def test_the_example_that_halves_is_not_the_case_of_the_card():
    for message, example in cards("hidden_attention", "a decay with the base 2"):
        assert "the example of the text" in message and abs(example.case["A"].item() + math.log(2)) > 0.01
