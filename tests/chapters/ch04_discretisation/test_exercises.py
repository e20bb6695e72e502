"""Cards of chapter 04: the case beside a mistake's message shows what the message says."""

import pytest

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


def cards(name, mistake):
    """Message and example of a known mistake, in each of its spellings."""
    chosen = exercise(f"04.{name}")
    (known,) = (one for one in chosen.misconceptions if one.name == mistake)
    for wrong in known.answers:
        verdict = judge(chosen, wrong)
        assert verdict.misconception is known
        yield known.message, verdict.example


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("euler", "a matrix in the place of its diagonal", lambda case, got: len(case["A"]) > 1),
        ("zoh", "an upside-down sign", lambda case, got: (case["B"] > 0).all() and (got[1] < 0).all()),
        ("zoh", "a matrix in the place of its diagonal", lambda case, got: len(case["A"]) > 1),
        ("zoh", "a Δ in the place of the division by A", lambda case, got: case["delta"] != 1),
        ("zoh", "a sum over the buckets", lambda case, got: len(case["A"]) > 1),
        ("bilinear", "a matrix in the place of its diagonal", lambda case, got: len(case["A"]) > 1),
        ("largest_euler_step", "the square of s in the place of its size", lambda case, got: case["pole"].imag),
        ("largest_euler_step", "a complex step", lambda case, got: got.imag),
        (
            "largest_euler_step",
            "the imaginary part in the place of the real one",
            lambda case, got: got != 0 and case["pole"].imag,
        ),
        # as the card prints them, with three decimals
        ("largest_euler_step", "forgotten brackets", lambda case, got: abs(got + 2 / case["pole"].real) > 1e-3),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_a_step_that_differs_in_its_second_digit_is_not_said_to_be_right_in_its_first_ones():
    found = list(cards("largest_euler_step", "a step that is not exact"))
    assert any(round(example.got.value, 1) != round(example.expected.value, 1) for _, example in found)
    for message, example in found:
        assert abs(example.got.value - example.expected.value) <= 0.1
        assert "is close" in message and "digits" not in message
