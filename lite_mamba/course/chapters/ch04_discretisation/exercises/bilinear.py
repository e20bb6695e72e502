"""Exercise 3: bilinear."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import (
    PAIR,
    euler,
    for_matrices,
    for_one_number,
    for_real_numbers,
    in_each_format,
    own_format,
    rule_cases,
    several,
    too_few_digits,
    zoh,
)


def bilinear(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = (1 + ΔA/2)/(1 − ΔA/2), B̄ = ΔB/(1 − ΔA/2): the mean of the slopes at both ends of the tick."""
    half = delta * A / 2  # (N,)
    return (1 + half) / (1 - half), delta * B / (1 - half)  # (N,), (N,)


def _unit(A: Tensor) -> Tensor:
    return torch.eye(len(A))  # (N, N)


BILINEAR = Exercise(
    id="04.bilinear",
    title="The bilinear rule",
    reference=bilinear,
    cases=rule_cases,
    apply=in_each_format(bilinear),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        own_format(bilinear),
        for_real_numbers(bilinear),
        too_few_digits(bilinear),
        for_one_number(bilinear),
        for_matrices(
            *(
                edited(bilinear, f"(1 + half) / (1 - half) → torch.{inverse}(1 - half) * (1 + half)")
                for inverse in ("linalg.inv", "linalg.pinv")
            ),
        ),
        Misconception(
            "the slope at the end alone",
            "You use only the slope at the end of the tick (backward Euler). The bilinear rule takes half of the slope "
            "at the start and half of the slope at the end, so ΔA/2 appears above and below.",
            edited(bilinear, "delta * A / 2 → delta * A", "(1 + half) / → 1 /"),
        ),
        Misconception(
            "two whole slopes",
            "You add the slope at the start and the slope at the end, but you need their mean. As it is, the leak acts "
            "twice as strongly. Where does a ½ belong?",
            [
                edited(bilinear, "delta * A / 2 → delta * A"),
                edited(bilinear, "delta * A / 2 → delta * A", "B / (1 - half) → B"),
            ],
        ),
        Misconception(
            "an input that is not divided",
            "Your Ā is right. To get h_t alone on the left you divide the whole right side by 1 − ΔA/2, and the "
            "input stands there too.",
            edited(bilinear, "delta * B / (1 - half) → delta * B"),
        ),
        Misconception(
            "an upside-down fraction",
            "Above and below are swapped, or ΔA/2 has the wrong sign, so the level grows. Try A = −0.5, Δ = 1: Ā must "
            "be 0.75/1.25, below one.",
            [
                edited(bilinear, "delta * A / 2 → -delta * A / 2"),
                edited(bilinear, "(1 + half) / (1 - half) → (1 - half) / (1 + half)"),
                edited(bilinear, "delta * A / 2 → -delta * A / 2", "B / (1 - half) → B"),
            ],
        ),
        Misconception(
            "half of the input",
            "Your Ā is right, but you halve the input. It is held, so it is the same at both ends: the mean of u and u "
            "is u. And the whole right side is divided by 1 − ΔA/2: whoever doubles above and below doubles the input, "
            "too.",
            [
                edited(bilinear, "delta * B / → delta * B / 2 /"),
                edited(bilinear, "delta * B / (1 - half) → delta * B / 2"),
            ],
        ),
        Misconception(
            "the mean of two results",
            "You compute one step with the slope at the start, one with the slope at the end, and take the mean of the "
            "two results. The rule takes the mean of the two slopes and then solves for the new level, once.",
            edited(
                bilinear,
                "(1 + half) / (1 - half), delta * B / (1 - half) → (A_bar + end) / 2, (B_bar + end * delta * B) / 2",
                "half = delta * A / 2 → (A_bar, B_bar), end = euler(delta, A, B), 1 / (1 - delta * A)",
            ),
        ),
        Misconception(
            "the slope at the start alone",
            "1 + Δ·A is Euler's rule: the slope at the start of the tick. Here the unknown level h_t stands on both "
            "sides, so that something has to be divided.",
            [euler, edited(bilinear, "(1 + half) / (1 - half) → 1 + delta * A")],
        ),
        Misconception(
            "a left side that is not divided away",
            "You have collected the right side. On the left h_t still stands with a factor before it: divide the whole "
            "line by it.",
            [
                edited(bilinear, "(1 + half) / (1 - half), delta * B / (1 - half) → 1 + half, delta * B"),
                edited(bilinear, "(1 + half) / (1 - half) → 1 + half"),
            ],
        ),
        Misconception(
            "a product in the place of a quotient",
            "You multiply by 1 − ΔA/2. It stands on the left, before h_t: to get h_t alone, divide by it.",
            [
                edited(bilinear, "(1 + half) / → (1 + half) *", "delta * B / → delta * B *"),
                edited(bilinear, "(1 + half) / → (1 + half) *"),
                edited(bilinear, "delta * B / → delta * B *"),
            ],
        ),
        Misconception(
            "an input with the factor of the state",
            "Your Ā is right. But 1 + ΔA/2 stands before the old level only. What stands before the input when h_t has "
            "been brought to the left?",
            [
                edited(bilinear, "delta * B / → delta * B * (1 + half) /"),
                edited(bilinear, "delta * B / → (1 + half) * B /"),
            ],
        ),
        Misconception(
            "an input without the step size",
            "Your Ā is right. But B·u is a flow, so much in each unit of time: it stands inside of the bracket that is "
            "multiplied by Δ.",
            edited(bilinear, "delta * B / → B /"),
        ),
        Misconception(
            "a step size that is missing in the halves",
            "You take A/2 where ΔA/2 belongs: as if every tick lasted one unit of time.",
            [
                edited(bilinear, "delta * A / 2 → A / 2"),
                edited(bilinear, "delta * A / 2 → A / 2", "delta * B → B"),
                edited(bilinear, "(1 + half) → (1 + A / 2)"),
                edited(bilinear, "(1 - half), → (1 - A / 2),"),
                edited(bilinear, "(1 - half), → (1 - A / 2),", "B / (1 - half) → B / (1 - A / 2)"),
            ],
        ),
        Misconception(
            "a fraction with a 1 in the numerator",
            "Your Ā is 1/(1 − ΔA/2), without the slope at the start: 1 + ΔA/2 stands in the numerator. If you wrote "
            "both, look at the brackets: 1 + a / (1 - a) divides a alone, and is 1/(1 − a).",
            edited(bilinear, "(1 + half) / (1 - half) → 1 / (1 - half)"),
        ),
        Misconception(
            "brackets or a sign of the fraction",
            "Your Ā is 1. The division comes before the sums: 1 + a / 1 - a is 1 + (a / 1) − a. A fraction of two sums "
            "needs brackets around both of them, and the minus in the lower one: the same sum above and below is 1.",
            edited(bilinear, "(1 + half) / (1 - half) → 1 + half / 1 - half"),
        ),
        Misconception(
            "forgotten brackets",
            "The division comes before the difference: b / 1 - a is (b / 1) − a. A sum or a difference below a line "
            "needs brackets around it.",
            [
                edited(bilinear, "B / (1 - half) → B / 1 - half"),
                edited(
                    bilinear,
                    "(1 + half) / (1 - half), delta * B / (1 - half) → 1 + half / 1 - half, delta * B / 1 - half",
                ),
            ],
        ),
        Misconception(
            "a matrix in the place of its diagonal",
            "A is kept as N numbers, each for itself. You make a matrix of them, with N × N entries. "
            "Nothing has to be mixed: work on each entry. In place of the matrix I stands the number 1.",
            [
                edited(bilinear, "(1 + half) / (1 - half), → torch.diag((1 + half) / (1 - half)),"),
                edited(
                    bilinear,
                    "(1 + half) / (1 - half), → torch.diag((1 + half) / (1 - half)),",
                    "B / (1 - half) → B * torch.diag(1 / (1 - half))",
                ),
                edited(bilinear, "(1 + half) / (1 - half), → (I(A) + half) / (I(A) - half),", I=_unit),
                edited(
                    bilinear,
                    "(1 + half) / (1 - half), → (I(A) + half) / (I(A) - half),",
                    "B / (1 - half) → B / (I(A) - half)",
                    I=_unit,
                ),
                edited(
                    bilinear,
                    "(1 + half) / (1 - half), → torch.linalg.inv(I(A) - half) @ (I(A) + half),",
                    "delta * B / (1 - half) → torch.linalg.inv(I(A) - half) @ (delta * B)",
                    I=_unit,
                ),
            ],
            where=several,
        ),
        Misconception(
            "a forgotten old level",
            "In your Ā the change stands alone above the line. The new level is the old level plus the change. Where "
            "does the old h go?",
            [
                edited(bilinear, "(1 + half) / → half /"),
                edited(bilinear, "(1 + half) / → delta * A /"),
            ],
        ),
        Misconception(
            "a half that is taken twice",
            "ΔA/4 stands where ΔA/2 belongs. The mean of two slopes has one half in it.",
            [
                edited(bilinear, "A / 2 → A / 4"),
                edited(bilinear, "(1 + half) / (1 - half), → (1 + half / 2) / (1 - half / 2),"),
            ],
        ),
        Misconception(
            "a half that is cut to whole numbers",
            "`//`, or a floor, cuts the half down to a whole number. A half is / 2.",
            edited(bilinear, "A / 2 → A // 2"),
        ),
        Misconception(
            "the same sign above and below",
            "Numerator and denominator are the same sum, so that nothing leaks, or the input is divided by the "
            "wrong one. What is brought to the left side changes its sign: 1 − ΔA/2.",
            [
                edited(bilinear, "B / (1 - half) → B / (1 + half)"),
                edited(bilinear, "/ (1 - half), → / (1 + half),", "B / (1 - half) → B / (1 + half)"),
            ],
        ),
        Misconception(
            "a half in some places only",
            "Half of ΔA stands in one of the places, and all of it in another. Each end of the tick gives half of the "
            "slope, so the half stands in all three.",
            [
                edited(bilinear, *edits)
                for edits in (
                    ["(1 + half) → (1 + delta * A)"],
                    ["(1 - half), → (1 - delta * A),"],
                    ["B / (1 - half) → B / (1 - delta * A)"],
                    ["(1 - half), → (1 - delta * A),", "B / (1 - half) → B / (1 - delta * A)"],
                )
            ],
        ),
        Misconception(
            "the slope at a guessed end",
            "You guess the end level with Euler, and take the mean of the two slopes. The bilinear rule does not "
            "guess: the true h_t stands on both sides, and you solve for it.",
            [
                edited(
                    bilinear, f"(1 + half) / (1 - half), delta * B / (1 - half) → 1 + delta * A * (1 + half), {B_bar}"
                )
                for B_bar in ("delta * B * (1 + half)", "delta * B")
            ],
        ),
        Misconception(
            "an exponential",
            "exp(ΔA) belongs to the zero-order hold. The bilinear rule knows only the slopes at both ends of the tick: "
            "Ā is a fraction of two sums.",
            [
                zoh,
                edited(zoh, "torch.expm1(delta * A) / A → delta"),
                edited(zoh, "torch.expm1(delta * A) / A → delta * torch.exp(delta * A / 2)"),
                edited(bilinear, "(1 + half) / (1 - half) → torch.exp(delta * A)"),
            ],
        ),
        Misconception(
            "an input that is divided twice",
            "Your Ā is right. But the input is divided by 1 − ΔA/2 once, as the whole right side is.",
            edited(bilinear, "delta * B / (1 - half) → delta * B / (1 - half) ** 2"),
        ),
        Misconception(
            "a leak of the input",
            "Your B̄ has A in it once more. Before the division, what stands in front of the input is Δ·B.",
            [edited(bilinear, "delta * B / → delta * A * B /"), edited(bilinear, "delta * B / → half * B /")],
        ),
        Misconception(
            "a difference the wrong way round",
            "Below stands ΔA/2 − 1. What is brought to the left changes its sign, and the 1 of h_t stays as it is: "
            "1 − ΔA/2.",
            edited(bilinear, "(1 - half), → (half - 1),", "delta * B / (1 - half) → delta * B / (half - 1)"),
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: bilinear(delta, A, B)[::-1],
        ),
    ],
)
