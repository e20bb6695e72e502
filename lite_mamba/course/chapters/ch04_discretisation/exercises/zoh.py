"""Exercise 2: zoh."""

import torch

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .bilinear import bilinear
from .shared import (
    PAIR,
    euler,
    for_matrices,
    for_one_number,
    for_real_numbers,
    in_each_format,
    own_format,
    pours,
    rule_cases,
    several,
    too_few_digits,
    zoh,
)


def _unit(A):
    return torch.eye(len(A))  # (N, N)


def _matrices(delta, A, B):
    A_bar = torch.matrix_exp(torch.diag(delta * A))  # (N, N)
    return A_bar, torch.linalg.inv(torch.diag(A)) @ (A_bar - torch.eye(len(A))) @ B


def _exponential_of_each_entry(delta, A, B):
    A_bar = torch.exp(torch.diag(delta * A))  # (N, N), with exp(0) beside the diagonal
    return A_bar, torch.linalg.inv(torch.diag(A)) @ (A_bar - torch.eye(len(A))) @ B


def _added_up(pieces: int, *moments: float):
    """The integral as a sum over pieces of the tick; the moments in a piece: 0 is its start, 1 its end."""

    def rule(delta, A, B):
        at = (torch.arange(pieces, dtype=torch.float64)[:, None] + torch.tensor(moments)).flatten() / pieces
        held = delta * torch.exp(delta * A[:, None] * at).mean(dim=-1)  # (N,)
        return torch.exp(delta * A), held.to(A.dtype) * B

    return rule


def _many_small_steps(pieces: int):
    """Euler's rule, for many steps in one tick."""

    def rule(delta, A, B):
        A_bar = ((1 + delta / pieces * A.to(torch.complex128)) ** pieces).to(A.dtype)
        return A_bar, (A_bar - 1) / A * B

    return rule


ZOH = Exercise(
    id="04.zoh",
    title="The zero-order hold",
    reference=zoh,
    cases=rule_cases,
    apply=in_each_format(zoh),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        own_format(zoh),
        for_real_numbers(zoh, edited(zoh, "torch.exp(delta * A) → torch.exp(A) ** delta")),
        too_few_digits(zoh),
        for_one_number(zoh),
        for_matrices(
            edited(zoh, "torch.exp( → torch.matrix_exp("),
            *(
                edited(zoh, f"torch.expm1(delta * A) / A → torch.{inverse}(A) * torch.expm1(delta * A)")
                for inverse in ("linalg.inv", "inverse", "linalg.pinv")
            ),
        ),
        Misconception(
            "the input of Euler",
            "Your Ā is right. But Δ·B lets the input in as if nothing of it leaked out during the tick. The water that "
            "comes in early has already leaked a little at the end: the integral in step 3 counts that.",
            edited(zoh, "torch.expm1(delta * A) / A * B → delta * B"),
        ),
        Misconception(
            "an exponential without the step size",
            "You use exp(A), so every tick lasts one unit of time. What stands in the exponent is A times the time "
            "that has passed.",
            [
                edited(zoh, "exp(delta * A) → exp(A)", "expm1(delta * A) → expm1(A)"),
                edited(zoh, "exp(delta * A) → exp(A)"),
                edited(zoh, "expm1(delta * A) → expm1(A)"),
            ],
        ),
        Misconception(
            "a missing − 1",
            "Your B̄ uses exp(ΔA), or exp(ΔA) + 1, where the integral gives exp(ΔA) − 1. Try a tick of length 0: "
            "nothing can flow in, so B̄ must be 0. Is yours?",
            [
                edited(zoh, "expm1 → exp"),
                edited(zoh, "expm1(delta * A) / A → exp(delta * A)"),
                edited(zoh, "torch.expm1(delta * A) / → (torch.exp(delta * A) + 1) /"),
                edited(zoh, "torch.expm1(delta * A) / → -(torch.exp(delta * A) + 1) /"),
                edited(zoh, "torch.expm1 → -torch.exp"),
            ],
        ),
        Misconception(
            "a division by ΔA",
            "You divide by Δ·A. The paper's equation 4 does so too, but it multiplies by Δ·B at the end. The two Δ "
            "cancel; you kept only one of them.",
            edited(zoh, "/ A → / (delta * A)"),
        ),
        Misconception(
            "one Δ too many",
            "Your Ā is right, and your B̄ has one Δ too many. The paper's equation 4 divides by Δ·A and multiplies by "
            "Δ·B: its two Δ cancel. Try a very long tick: B̄ must come close to −B/A, and yours grows with Δ.",
            edited(zoh, "/ A → / A * delta"),
        ),
        Misconception(
            "an upside-down sign",
            "Your input has the wrong sign: water that is poured in lowers the level. Since A is negative, "
            "exp(ΔA) − 1 is negative too, and their quotient is positive.",
            edited(zoh, "torch.expm1 → -torch.expm1"),
            where=pours,
        ),
        Misconception(
            "forgotten brackets",
            "exp(x) - 1 / A is exp(x) − (1/A). A difference that is divided, or multiplied, needs brackets around it.",
            [
                edited(zoh, "torch.expm1(delta * A) / A → torch.exp(delta * A) - 1 / A"),
                edited(zoh, "torch.expm1(delta * A) / A → (torch.exp(delta * A) - 1 / A)"),
                edited(zoh, "torch.expm1(delta * A) / A → torch.exp(delta * A) / A - 1"),
                edited(zoh, "torch.expm1(delta * A) / A → (torch.exp(delta * A) / A - 1)"),
                edited(zoh, "torch.expm1(delta * A) / A → 1 / (delta * A) * torch.exp(delta * A) - 1 * delta"),
                edited(zoh, "torch.expm1(delta * A) / A → (torch.exp(delta * A) / (delta * A) - 1) * delta"),
            ],
        ),
        Misconception(
            "an integral that is added up",
            "You cut the tick into many pieces and add them up, or take a small Euler step for each. More pieces come "
            "closer, and never get there. The integral has a formula: step 3.",
            [
                *(_added_up(pieces, at) for pieces in (10, 100, 1000) for at in (0.0, 1.0)),
                *(_added_up(pieces, 0.5) for pieces in (10, 1000)),
                _added_up(10, 0.0, 1.0),
                *(_many_small_steps(pieces) for pieces in (10, 100, 1000)),
            ],
        ),
        Misconception(
            "the bilinear rule",
            "A fraction with 1 − ΔA/2 below the line belongs to the bilinear rule, which S4 uses: section 4. It is "
            "close for a small ΔA. Here you know how the level moves inside the tick.",
            [bilinear, edited(zoh, "torch.expm1(delta * A) / A → delta / (1 - delta * A / 2)")],
        ),
        Misconception(
            "an input that comes in heaps",
            "Your Ā is right. But the water lies in heaps: all of it in the middle of the tick, or half of it at "
            "either end. It comes in evenly, and the integral of step 2 adds up a leak for each moment.",
            [
                edited(zoh, "torch.expm1(delta * A) / A → delta * (1 + torch.exp(delta * A)) / 2"),
                edited(zoh, "torch.expm1(delta * A) / A → delta * torch.exp(delta * A / 2)"),
            ],
        ),
        Misconception(
            "a power of 2",
            "Your base is 2, as in torch.exp2, or ½, as for half-lives. A motion whose derivative is A times itself "
            "is a power of e: torch.exp.",
            [
                edited(zoh, "exp(delta * A) → exp2(delta * A)", "torch.expm1(delta * A) → (torch.exp2(delta * A) - 1)"),
                edited(zoh, "exp(delta * A) → exp2(delta * A)"),
                edited(zoh, "torch.exp( → 0.5 ** (", "torch.expm1(delta * A) → (0.5 ** (delta * A) - 1)"),
            ],
        ),
        Misconception(
            "a product instead of a quotient",
            "You multiply by A where the integral of exp(A·τ) over τ divides by A. Check with the end level: with the "
            "tap on for ever, B̄/(1 − Ā) must be −B/A. In Python a / b * c multiplies by c, and the paper's (ΔA)⁻¹ "
            "is 1/(ΔA).",
            [edited(zoh, f"/ A → {times}") for times in ("* A", "/ delta * A", "* delta * A * delta", "* delta * A")],
        ),
        Misconception(
            "an integral without its division",
            "Your Ā is right, and exp(ΔA) − 1 stands in B̄. The derivative of exp(A·τ) is "
            "A·exp(A·τ), so the integral of exp(A·τ) has one more number in it. Which?",
            edited(zoh, "/ A → "),
        ),
        Misconception(
            "the share that leaks",
            "Your Ā is right, and 1 − Ā is the share of a level that leaks in one tick. With it a bucket ends at B·u, "
            "whatever A is. Section 1 found where it ends: a small leak lets it rise higher.",
            edited(zoh, "torch.expm1(delta * A) / A → (1 - torch.exp(delta * A))"),
        ),
        Misconception(
            "the end of another bucket",
            "Your Ā is right, and 1 − Ā is the part of its way that a level comes in one tick. But 2 litres is where "
            "the bucket of section 1 ends, with its own leak. Where does one with the leak A and the input B end?",
            [edited(zoh, f"torch.expm1(delta * A) / A * B → -2 * torch.expm1(delta * A){B}") for B in (" * B", "")],
        ),
        Misconception(
            "a quotient that is cut to whole numbers",
            "`//`, or a floor, cuts the quotient down to a whole number. What is in a bucket after a tick seldom is "
            "one.",
            edited(zoh, "/ A → // A"),
        ),
        Misconception(
            "the Ā of Euler",
            "1 + Δ·A goes straight on with the slope at the start of the tick. But you know how the level really moves "
            "inside the tick: which share of it is left after the time Δ?",
            [edited(zoh, "torch.exp(delta * A) → 1 + delta * A"), euler],
        ),
        Misconception(
            "an exponential that grows",
            "A is negative already. A minus in the exponent, an abs or a 1 over the exponential turns it round, so "
            "that your level grows without any input. What is left of a level after a tick must be below 1.",
            [
                edited(zoh, "exp(delta * A) → exp(-delta * A)", "expm1(delta * A) → expm1(-delta * A)"),
                edited(zoh, "exp(delta * A) → exp(-delta * A)"),
                edited(zoh, "exp(delta * A) → exp(-delta * A)", "expm1(delta * A) / → expm1(-delta * A) / -"),
            ],
        ),
        Misconception(
            "an integral that stops at step 3",
            "Your Ā is right, and your B̄ is the integral of step 3. Step 4 multiplies the whole line by exp(A·Δ), the "
            "input too.",
            edited(zoh, "torch.expm1(delta * A) → -torch.expm1(-delta * A)"),
        ),
        Misconception(
            "a step 4 that is taken twice",
            "Your Ā is right, and your B̄ has exp(ΔA) as a factor once too often. The integral of step 3 has a minus in "
            "its exponent. Step 4 turns it round, once.",
            edited(zoh, "torch.expm1(delta * A) → torch.exp(delta * A) * torch.expm1(delta * A)"),
        ),
        Misconception(
            "an input that leaks for the whole tick",
            "Your Ā is right. But you let all of Δ·B leak for the whole tick, as if it had come in at its start. The "
            "water comes in little by little; the last of it has no time to leak. The integral in step 2 counts that.",
            edited(zoh, "torch.expm1(delta * A) / A * B → torch.exp(delta * A) * delta * B"),
        ),
        Misconception(
            "a matrix in the place of its diagonal",
            "A is kept as N numbers, each for itself. You make a matrix of them, with N × N entries. "
            "Nothing has to be mixed: work on each entry. In place of the matrix I stands the number 1.",
            [
                *(
                    edited(zoh, f"torch.expm1(delta * A) / A * B → {B_bar}", I=_unit)
                    for B_bar in (
                        "(torch.exp(delta * A) - I(A)) / A * B",
                        "(torch.exp(delta * A) - I(A)) / A @ B",
                        "(torch.exp(delta * A) - I(A)) @ B / A",
                        "(torch.exp(torch.diag(delta * A)) - I(A)) @ B / A",
                    )
                ),
                _matrices,
                edited(zoh, "torch.exp(delta * A) → torch.exp(torch.diag(delta * A))"),
                _exponential_of_each_entry,
            ],
            where=several,
        ),
        Misconception(
            "a division by Ā",
            "Your Ā is right, and you divide by it. The integral of exp(A·τ) is divided by A itself: does the name A "
            "still stand for it in that line?",
            edited(zoh, "/ A → / torch.exp(delta * A)"),
        ),
        Misconception(
            "a division by B",
            "You divide by A·B. B says how much comes in: it multiplies. In Python a / b * c multiplies by c, and a / "
            "(b * c) divides by it.",
            edited(zoh, "/ A * B → / (A * B)"),
        ),
        Misconception(
            "a 1 that is taken off twice",
            "torch.expm1(x) is exp(x) − 1 already. You take off one more. And from Ā, what is left of the old level, "
            "nothing is taken off.",
            [
                edited(zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
                edited(zoh, "exp(delta * A) → expm1(delta * A)", "/ A * B → / A * B - B / A"),
            ],
        ),
        Misconception(
            "a 1 taken off Ā too",
            "Ā is what is left of the old level, exp(ΔA) itself. The − 1 belongs to the integral, in B̄.",
            edited(zoh, "torch.exp(delta * A) → torch.expm1(delta * A)"),
        ),
        Misconception(
            "a Δ in front of the exponential",
            "You multiply exp(A) by Δ. The time stands inside of the exponent.",
            [
                edited(zoh, "torch.expm1(delta * A) → delta * torch.expm1(A)"),
                edited(zoh, "torch.exp(delta * A) → delta * torch.exp(A)"),
                edited(
                    zoh,
                    "torch.exp(delta * A) → delta * torch.exp(A)",
                    "torch.expm1(delta * A) → (delta * torch.exp(A) - 1)",
                ),
                edited(
                    zoh,
                    "torch.exp(delta * A) → delta * torch.exp(A)",
                    "torch.expm1(delta * A) → delta * torch.expm1(A)",
                ),
            ],
        ),
        Misconception(
            "the exponential of Δ alone",
            "You take exp(Δ), and A stands outside. The product Δ·A is the exponent: first multiply, then take exp.",
            [
                edited(
                    zoh,
                    "torch.exp(delta * A) → torch.e**delta * A",
                    "torch.expm1(delta * A) → (torch.e**delta * A - 1)",
                ),
                edited(zoh, "torch.exp(delta * A) → torch.e**delta * A"),
            ],
        ),
        Misconception(
            "a division by the step size",
            "A/Δ stands in the exponent. A leak of so much in each unit of time, for Δ units, is a product: Δ·A.",
            [
                edited(zoh, "exp(delta * A) → exp(A / delta)", "expm1(delta * A) → expm1(A / delta)"),
                edited(zoh, "exp(delta * A) → exp(A / delta)"),
            ],
        ),
        Misconception(
            "an upside-down fraction",
            "A stands in the numerator of your B̄, and exp(ΔA) − 1 in the denominator. The integral of exp(A·τ) is "
            "(exp(ΔA) − 1)/A.",
            edited(zoh, "torch.expm1(delta * A) / A → A / torch.expm1(delta * A)"),
        ),
        Misconception(
            "a B̄ without B",
            "B is missing: the flow that comes in for each unit of u.",
            edited(zoh, " / A * B → / A"),
        ),
        Misconception(
            "a 1 inside of the exponent",
            "exp(x − 1) is exp(x) divided by e. The 1 is taken off the exponential, not off its exponent.",
            edited(zoh, "torch.expm1(delta * A) → torch.exp(delta * A - 1)"),
        ),
        Misconception(
            "a Δ in the place of the division by A",
            "Your Ā is right. In B̄ stands exp(ΔA) − 1, or 1 − exp(ΔA), times Δ or over Δ. The integral of exp(A·τ) "
            "from 0 to Δ divides by A: Δ is in the exponent already.",
            [edited(zoh, f"/ A * B → {over} * B") for over in ("* delta", "/ delta", "* -delta", "/ -delta")],
            where=lambda delta, A, B: delta != 1,
        ),
        Misconception(
            "a sum in the exponent",
            "You add Δ and A. A leak of A in each unit of time, for Δ units, is a product.",
            [
                edited(zoh, "exp(delta * A) → exp(delta + A)", "expm1(delta * A) → expm1(delta + A)"),
                edited(zoh, "exp(delta * A) → exp(delta + A)"),
            ],
        ),
        Misconception(
            "the end of the whole rise",
            "Your Ā is right. −B/A is where the level ends if the tap is never closed. In one tick it comes a part of "
            "the way: which part, if Ā is what is left of the distance?",
            edited(zoh, "torch.expm1(delta * A) / A * B → -B / A"),
        ),
        Misconception(
            "a B that stays as it is",
            "Your Ā is right, and B comes back as it was given. It is a flow, so much in each unit of time. How much "
            "of it is in the bucket after a tick of length Δ, when some has leaked already?",
            edited(zoh, "torch.expm1(delta * A) / A * B → B.clone()"),
        ),
        Misconception(
            "a sum over the buckets",
            "`@` and `.sum()` add up over all entries, so that the buckets are mixed. Each has a leak and an input of "
            "its own: * works on each entry.",
            [
                edited(zoh, "torch.expm1(delta * A) / A * B → (1 / A) @ torch.expm1(delta * A) * B"),
                edited(zoh, "A * B → A @ B"),
            ],
            where=several,
        ),
        Misconception(
            "an exponential of an exponential",
            "You put Ā into torch.exp or torch.expm1, which takes the exponential of what it is given. Ā is an "
            "exponential already.",
            edited(zoh, "expm1(delta * A) → expm1(torch.exp(delta * A))"),
        ),
        Misconception(
            "the first terms of a series",
            "A few terms of the series of exp are close for a small ΔA, and wrong for a larger one. torch.exp has them "
            "all.",
            [
                edited(
                    zoh,
                    "torch.exp(delta * A) → 1 + delta * A + (delta * A) ** 2 / 2",
                    "torch.expm1(delta * A) / A → delta * (1 + delta * A / 2)",
                ),
                edited(zoh, "torch.expm1(delta * A) / A → delta * (1 + delta * A / 2)"),
            ],
        ),
        Misconception(
            "a B inside of an exponent",
            "B stands in an exponent. What comes in grows with B in proportion: twice the B, twice the water. So B "
            "multiplies.",
            [
                edited(zoh, "torch.expm1(delta * A) / A * B → torch.exp(delta * B)"),
                edited(zoh, "/ A * B → / A * torch.exp(delta * B)"),
                edited(zoh, "torch.expm1(delta * A) / A * B → torch.expm1(delta * A * B) / A"),
                edited(zoh, "exp(delta * A) → exp(delta * A * B)", "expm1(delta * A) → expm1(delta * A * B)"),
            ],
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: zoh(delta, A, B)[::-1],
        ),
    ],
)
