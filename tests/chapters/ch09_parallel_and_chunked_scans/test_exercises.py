"""What a card of notebook 09 says can be seen in the case beside it, and is true of every spelling of the mistake."""

import pytest

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


def shown(name, mistake):
    """Message and example of a known mistake, in each of its spellings."""
    chosen = exercise(f"09.{name}")
    (known,) = (one for one in chosen.misconceptions if one.name == mistake)
    for wrong in known.answers:
        verdict = judge(chosen, wrong)
        assert verdict.misconception is known
        yield known.message, verdict.example


def shrinks(case):
    return (case["a"].cumprod(0).abs() < 1e-5).any()


@pytest.mark.parametrize(
    ("name", "mistake", "made"),
    [
        ("hillis_steele", "rounds along the states", lambda case: case["x"].ndim > 1 and min(case["x"].shape) > 1),
        ("hillis_steele", "a division by a product of decays", shrinks),
        ("up_down", "a division by a product of decays", shrinks),
        ("linear_loop", "a division by a product of decays", shrinks),
        ("linear_loop", "a first state that is not zero", lambda case: (case["a"] != 0).all()),
        ("linear_loop", "a first step that is taken twice", lambda case: (case["a"] != 0).all()),
        ("linear_loop", "a loop over the states", lambda case: case["x"].shape[1] > 1),
        ("chunked_scan", "one decay for all states", lambda case: case["a"][0].numel() > 1),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, made):
    assert all(made(example.case) for _, example in shown(name, mistake))


def test_states_on_one_axis_with_the_steps_have_another_shape():
    for _, example in shown("up_down", "one axis for steps and states"):
        assert example.got.value.shape != example.expected.value.shape


def test_a_round_too_few_is_not_said_to_change_several_states():
    examples = list(shown("hillis_steele", "too few rounds"))
    assert any(len(example.case["x"]) == 2 for _, example in examples)  # its second state alone is wrong
    assert all("last steps" not in message for message, _ in examples)
