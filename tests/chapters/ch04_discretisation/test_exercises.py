"""Cards of chapter 04: the case beside a mistake's message shows what the message says."""

import pytest
import torch
from known_cards import cards_of, telling

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge

cards = cards_of("04")


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
        ("corrected_B", "one factor for all states", lambda case, got: len(case["A"]) > 1),
        ("corrected_B", "a product instead of a quotient", lambda case, got: 0.1 <= case["delta"] < 4),
        ("mended_zoh", "a small leak in the place of none", lambda case, got: (case["A"] == 0).any()),
        ("mended_zoh", "a step that is made longer", lambda case, got: (got[1].abs() > 1.0005 * case["B"].abs()).any()),
        (
            "mended_zoh",
            "more digits in the place of a better formula",
            lambda case, got: (got[1] / case["B"] < 0.1).any(),
        ),
        ("mended_zoh", "a logarithm in the place of an exponential", lambda case, got: (got[1] > case["B"]).all()),
        ("mended_zoh", "an exponential without the step size", lambda case, got: got[1].isfinite().all()),
        ("mended_zoh", "a 1 taken off Ā too", lambda case, got: got[1].isfinite().all()),
        ("mended_zoh", "a clamp on the wrong side", lambda case, got: (got[1] * case["B"] < 0).any()),
        (
            "mended_zoh",
            "one decision for all entries",
            lambda case, got: (case["A"] == 0).any() and (case["A"] != 0).any(),
        ),
        # as the card prints them, with three decimals
        ("largest_euler_step", "forgotten brackets", lambda case, got: abs(got + 2 / case["pole"].real) > 1e-3),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_a_step_that_differs_in_its_second_digit_is_not_said_to_be_right_in_its_first_ones():
    found = cards("largest_euler_step", "a step that is not exact")
    assert any(round(example.got.value, 1) != round(example.expected.value, 1) for _, example in found)
    for message, example in found:
        assert abs(example.got.value - example.expected.value) <= 0.1
        assert "is close" in message and "digits" not in message


def test_three_terms_of_a_series_are_not_said_to_be_zero_where_two_are():
    (message, _), (_, longer) = cards("corrected_B", "the first terms of a series")
    delta, A, B = longer.case.values()
    torch.testing.assert_close(longer.got.value, (1 + delta * A / 2 + (delta * A) ** 2 / 6) * B)
    assert "(ΔA)²/6" in message and "zero" not in message.replace("zero-order", "")


def test_a_pair_that_is_returned_or_multiplied_is_not_said_to_be_divided():
    found = cards("corrected_B", "a pair in the place of its second part")
    assert [example.raised is None for _, example in found] == [False, True, False]
    assert all("you take both" in message and "divided" not in message for message, _ in found)


def test_another_rule_is_off_already_in_a_tick_that_is_shorter_than_1():
    for message, example in cards("mended_zoh", "another rule"):
        assert example.case["delta"] < 1 and "for an everyday Δ they are off" in message


def test_a_long_tick_of_a_tiny_leak_is_not_called_a_tiny_step():
    for message, example in cards("mended_zoh", "a 1 taken off Ā too"):
        assert example.case["delta"] > 1 and "a tiny ΔA leaves nearly all" in message


@pytest.mark.parametrize("mistake", ["an input lost at A = 0", "an input without Δ at A = 0", "an input without B"])
def test_a_bucket_is_wrong_only_as_its_card_says(mistake):
    """A bucket with a hole is right to three decimals, or it is the one whose B is missing; none shows lost digits."""
    for _, example in cards("mended_zoh", mistake):
        delta, A, B = example.case.values()
        got, right = (outcome.value[1] for outcome in (example.got, example.expected))
        assert delta >= 0.01 and (A == 0).any()
        torch.testing.assert_close(got[A != 0], (right if mistake != "an input without B" else right / B)[A != 0])


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("a step that is made longer", 3),
        ("more digits in the place of a better formula", 3),
        ("a small leak in the place of none", 2),  # the smallest of them is seen in the longest tick alone
    ],
)
def test_a_name_does_not_rest_on_a_single_case(name, least):
    assert min(telling("04.mended_zoh", name)) >= least


def _grows(delta, A, B):
    A_bar = torch.exp(delta * A.abs())
    return A_bar, (A_bar - 1) / A * B


def _one_over(delta, A, B):
    A_bar = 1 / torch.exp(delta * A)
    return A_bar, (A_bar - 1) / A * B


def _whole(delta, A, B):
    return torch.exp(delta * A), torch.floor(torch.expm1(delta * A) / A) * B


def _whole_half(delta, A, B):
    half = torch.floor(delta * A / 2)
    return (1 + half) / (1 - half), delta * B / (1 - half)


def _leaks_as_sizes(delta, A, B):
    size = delta * A.abs() / 2
    return (1 + size) / (1 - size), delta * B / (1 - size)


def _exp_of_A_bar(delta, A, B):
    A_bar = torch.exp(delta * A)
    return A_bar, torch.where(A == 0, delta, (torch.exp(A_bar) - 1) / torch.where(A == 0, 1, A)) * B


def _sizes_in_the_integral(delta, A, B):
    held = torch.expm1(delta * A.abs()) / torch.where(A == 0, 1, A.abs())
    return torch.exp(delta * A), torch.where(A == 0, delta, held) * B


def _lifted_by_where(delta, A, B):
    return torch.exp(delta * A), torch.expm1(delta * A) / torch.where(A < 1e-8, 1e-8, A) * B


@pytest.mark.parametrize(
    ("name", "answer", "mistake", "said"),
    [
        ("euler", lambda delta, A, B: (1 + delta * A.abs(), delta * B), "a leak that fills", "an abs"),
        ("zoh", _grows, "an exponential that grows", "an abs"),
        ("zoh", _whole, "a quotient that is cut to whole numbers", "a floor"),
        ("zoh", _one_over, "an exponential that grows", "a 1 over the exponential"),
        (
            "corrected_B",
            lambda delta, A, B: torch.expm1(delta * A.abs()) / (delta * A.abs()) * B,
            "an exponential that grows",
            "an abs",
        ),
        ("bilinear", _whole_half, "a half that is cut to whole numbers", "a floor"),
        ("bilinear", _leaks_as_sizes, "an upside-down fraction", "the wrong sign"),
        ("zoh", _exp_of_A_bar, "an exponential of an exponential", "torch.exp or"),
        ("mended_zoh", _exp_of_A_bar, "an exponential of an exponential", "torch.exp or"),
        ("mended_zoh", _sizes_in_the_integral, "the integral of step 3", "an abs"),
        ("mended_zoh", _lifted_by_where, "a clamp on the wrong side", "torch.where"),
    ],
)
def test_a_card_is_true_of_another_spelling_with_the_same_values(name, answer, mistake, said):
    found = judge(exercise(f"04.{name}"), answer, quiet=True).misconception
    assert found.name == mistake and said in found.message
