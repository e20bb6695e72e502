"""Exercise 5: corrected_B."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import rule_cases, several, zoh


def corrected_B(delta: float, A: Tensor, B: Tensor) -> Tensor:
    """The B' with Δ·B' = (exp(ΔA) − 1)/A · B, so that a rule which uses ΔB' computes the zero-order hold of B."""
    return torch.expm1(delta * A) / (delta * A) * B  # (N,)


def _cases(draw: Draw) -> dict:
    case = rule_cases(draw)
    short, long = {"delta": 0.005, "A": 10 * case["A"]}, {"delta": 4.0}  # as notebook 07 has them, too
    return case | draw.in_turn([{}, short, long])


CORRECTED_B = Exercise(
    id="04.corrected_B",
    title="The B that turns one rule into the other",
    reference=corrected_B,
    cases=_cases,
    axes=("entry",),
    rtol=3e-5,  # what exp(ΔA) − 1 and 1 − exp(−ΔA) lose at the shortest step
    atol=2e-6,
    misconceptions=[
        Misconception(
            "the B̄ of the zero-order hold",
            "You return B̄ itself. The package multiplies whatever it gets by Δ, so your input comes out Δ times as "
            "large as it should. Which B' gives B̄ after that multiplication?",
            edited(corrected_B, "/ (delta * A) → / A"),
        ),
        Misconception(
            "an upside-down factor",
            "ΔB lets in too much, so B' must be smaller than B. Yours is larger: the factor is upside down.",
            [
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → delta * A / torch.expm1(delta * A)"),
                lambda delta, A, B: (1 - delta * A / 2) * B,  # the ≈ of section 6
            ],
        ),
        Misconception(
            "a forgotten Δ",
            "Your B' is the same for every Δ. The longer the tick, the more leaks out of what comes in: Δ stands in "
            "the exponent, and in the denominator.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.expm1(A) / A"),
        ),
        Misconception(
            "a second multiplication by Δ",
            "The package multiplies by Δ, so you have to divide by it beforehand. You multiply once more.",
            edited(corrected_B, "/ (delta * A) → / A * delta"),
        ),
        Misconception(
            "a factor without − 1",
            "Check with a short tick: as Δ goes to 0 the two rules agree, so the factor must go to 1. With exp(ΔA) "
            "alone above the line, or with exp(ΔA) + 1, it grows without limit.",
            [
                edited(corrected_B, "expm1 → exp"),
                edited(corrected_B, "torch.expm1(delta * A) → (torch.exp(delta * A) + 1)"),
            ],
        ),
        Misconception(
            "no correction",
            "You return B as it came. Then the package pours in Δ·B, which is more than the zero-order hold does.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) * B → B.clone()"),
        ),
        Misconception(
            "what the package pours in already",
            "Δ·B is what the package makes of B. What has to be handed in, so that Δ times it is the B̄ of the "
            "zero-order hold?",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → delta"),
        ),
        Misconception(
            "a factor without B",
            "This is the factor between the two rules. It has to be multiplied by the B that was given.",
            edited(corrected_B, "/ (delta * A) * B → / (delta * A)"),
        ),
        Misconception(
            "forgotten brackets",
            "a / b * c is (a / b) * c, and exp(x) - 1 / a is exp(x) − (1/a). A product below the line needs brackets, "
            "and so does a difference above it.",
            [
                edited(corrected_B, "/ (delta * A) → / delta * A"),
                edited(corrected_B, "torch.expm1(delta * A) → torch.exp(delta * A) - 1"),
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.exp(delta * A) - 1 / delta * A"),
                edited(
                    corrected_B, "torch.expm1(delta * A) / (delta * A) * B → B * torch.exp(delta * A) - 1 / (delta * A)"
                ),
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → (torch.exp(delta * A) - 1 / (delta * A))"),
            ],
        ),
        Misconception(
            "B over Δ alone",
            "You undo the Δ of the package, and forget where to end: it must be B̄ of the zero-order hold, not B.",
            lambda delta, A, B: B / delta,
        ),
        Misconception(
            "a factor without its division",
            "exp(ΔA) − 1 alone, or 1 − exp(ΔA), goes to 0 for a short tick. The factor must go to 1: what does it have "
            "to be divided by?",
            [
                edited(corrected_B, "/ (delta * A) → "),
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → -torch.expm1(delta * A)"),
            ],
        ),
        Misconception(
            "a product instead of a quotient",
            "You multiply by A, or by ΔA, and your factor goes to 0 for a short tick. It must go to 1: there the two "
            "rules agree. (ΔA)⁻¹ is 1/(ΔA).",
            [edited(corrected_B, f"/ (delta * A) → {times}") for times in ("* delta * A", "* A")],
            where=lambda delta, A, B: 0.005 < delta < 4,  # at the shortest one A is ten times as large
        ),
        Misconception(
            "what is left of a level",
            "exp(ΔA) is what a whole tick leaves of a level. The input comes in little by little, and the last of it "
            "has no time to leak: the factor is larger.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.exp(delta * A)"),
        ),
        Misconception(
            "one factor for all states",
            "You make one number of the factors, or of the leaks: by a mean, a sum or `@`. Each state leaks at a speed "
            "of its own, and has a factor of its own: nothing goes from one to another.",
            [
                edited(corrected_B, "/ (delta * A) * B → / (delta * A) @ B"),
                edited(
                    corrected_B, "torch.expm1(delta * A) / (delta * A) → (torch.expm1(delta * A) / (delta * A)).mean()"
                ),
                edited(
                    corrected_B, "torch.expm1(delta * A) / (delta * A) → (torch.expm1(delta * A) / (delta * A)).sum()"
                ),
                edited(corrected_B, "return → A = A.mean()\n    return"),
            ],
            where=several,
        ),
        Misconception(
            "a division by B",
            "You divide by B. It says how much comes in: it multiplies.",
            edited(corrected_B, "* B → / B"),
        ),
        Misconception(
            "an exponential that grows",
            "Your factor is made of exp(−ΔA), by a minus in the exponent, an abs or a division by Ā, and its size "
            "grows with the tick. A is negative already, so that exp(ΔA) is what gets smaller.",
            [
                *(edited(corrected_B, f"expm1(delta * A) / → expm1(-delta * A) / {sign}") for sign in ("-", "")),
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.exp(-delta * A)"),
            ],
        ),
        Misconception(
            "the first terms of a series",
            "1 + ΔA/2 is how the factor begins, (ΔA)²/6 how it goes on. For a small ΔA this is close, for a large one "
            "far off. The formula of the zero-order hold is exact.",
            [
                lambda delta, A, B: (1 + delta * A / 2) * B,
                lambda delta, A, B: (1 + delta * A / 2 + (delta * A) ** 2 / 6) * B,
            ],
        ),
        Misconception(
            "the quotient of the two rules",
            "You divide one rule by the other, so that the B that was given is gone, or stands in the denominator. B′ "
            "is B̄ of the zero-order hold over Δ, and B is in B̄ already.",
            lambda delta, A, B: delta * B / zoh(delta, A, B)[1],
        ),
        Misconception(
            "a difference in the place of a quotient",
            "The package multiplies by Δ. A product is undone by a division, not by a difference.",
            [
                lambda delta, A, B: zoh(delta, A, B)[1] - delta,
                lambda delta, A, B: zoh(delta, A, B)[1] - delta * B,
                lambda delta, A, B: delta * B - zoh(delta, A, B)[1],
                lambda delta, A, B: B - zoh(delta, A, B)[1],
                lambda delta, A, B: B - (delta * B - zoh(delta, A, B)[1]),
            ],
        ),
        Misconception(
            "Ā in the place of B̄",
            "You take the first number of the zero-order hold, Ā: it says what is left of the old level, and knows "
            "nothing of B. Which number says what the input becomes?",
            [
                lambda delta, A, B: zoh(delta, A, B)[0] / delta,
                lambda delta, A, B: zoh(delta, A, B)[0],
                lambda delta, A, B: zoh(delta, A, B)[0] * B / delta,
            ],
        ),
        Misconception(
            "a pair in the place of its second part",
            "`zoh` answers with a pair, Ā and B̄, and you take both. One of the two knows of B: which?",
            [
                lambda delta, A, B: zoh(delta, A, B) / delta,
                lambda delta, A, B: zoh(delta, A, B),
                lambda delta, A, B: zoh(delta, A, B) * B,
            ],
        ),
        Misconception(
            "a division by something else",
            "You divide B̄ by A or Ā. The package multiplies by Δ what it is given, and by nothing else: what undoes "
            "that?",
            [
                lambda delta, A, B: zoh(delta, A, B)[1] / A,
                lambda delta, A, B: zoh(delta, A, B)[1] / zoh(delta, A, B)[0],
            ],
        ),
        Misconception(
            "a B̄ without B",
            "What you return is (exp(ΔA) − 1)/A: no B is left in it. In the B̄ of the zero-order hold it is a factor, "
            "and it stays one in B'. And what undoes the Δ of the package?",
            edited(corrected_B, "/ (delta * A) * B → / A"),
        ),
        Misconception(
            "an input that comes in heaps",
            "The water lies in heaps: all of it in the middle of the tick, or half of it at either end. It comes in "
            "evenly, and the zero-order hold adds up a leak for each moment.",
            [
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → (1 + torch.exp(delta * A)) / 2"),
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.exp(delta * A / 2)"),
            ],
        ),
        Misconception(
            "the end of the whole rise",
            "−B/A is where the level ends if the tap is never closed. In one tick it comes a part of the way: the B̄ "
            "of the zero-order hold.",
            [lambda delta, A, B: -B / A, lambda delta, A, B: -B / (delta * A)],
        ),
        Misconception(
            "a 1 inside of the exponent",
            "exp(x − 1) is exp(x) divided by e. The 1 is taken off the exponential, not off its exponent.",
            edited(corrected_B, "torch.expm1(delta * A) → torch.exp(delta * A - 1)"),
        ),
        Misconception(
            "a 1 that is taken off twice",
            "torch.expm1(x) is exp(x) − 1 already. You take off one more.",
            edited(corrected_B, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
        ),
        Misconception(
            "a negative factor",
            "The sign is wrong: for a negative A, exp(ΔA) − 1 is negative too, and the quotient of both is positive.",
            [
                edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → -delta * A / torch.expm1(delta * A)"),
                edited(corrected_B, "torch.expm1 → -torch.expm1"),
                edited(corrected_B, "torch.expm1 → -torch.expm1", "/ (delta * A) → / A"),
            ],
        ),
        Misconception(
            "a factor for a small ΔA",
            "1/(1 − ΔA/2) is close for a small ΔA: the ≈ of section 6 leads to it, and so does the bilinear rule. "
            "The task asks for the zero-order hold, with its exponential.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) * B → B / (1 - delta * A / 2)"),
        ),
        Misconception(
            "a step size forgotten in the exponent",
            "You take exp(A), as if every tick lasted one unit of time. What has leaked hangs on Δ: exp(ΔA).",
            edited(corrected_B, "expm1(delta * A) → expm1(A)"),
        ),
        Misconception(
            "a second division by Δ",
            "You undo the Δ of the package twice. It multiplies once.",
            edited(corrected_B, "/ (delta * A) → / (delta * delta * A)"),
        ),
        Misconception(
            "a B̄ that loses its division by A",
            "Divide the B̄ of the zero-order hold by Δ: its division by A stays where it is.",
            edited(corrected_B, "/ (delta * A) → / delta"),
        ),
    ],
)
