"""Exercise 1: euler."""

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import (
    PAIR,
    euler,
    for_one_number,
    for_real_numbers,
    in_each_format,
    own_format,
    rule_cases,
    several,
    too_few_digits,
    zoh,
)

EULER = Exercise(
    id="04.euler",
    title="Euler's rule",
    reference=euler,
    cases=rule_cases,
    apply=in_each_format(euler),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        own_format(euler),
        for_real_numbers(euler),
        too_few_digits(euler),
        for_one_number(euler),
        Misconception(
            "a forgotten old level",
            "Your Ā is only the change: Δ·A·h is what leaves during the tick. But the new level is the old level plus "
            "the change. Where does the old h go in your recurrence?",
            [
                edited(euler, "1 + delta → delta"),
                edited(euler, "1 + delta * A → delta * A", "delta * B → 1 + delta * B"),
            ],
        ),
        Misconception(
            "a missing step size",
            "You add the slope as if every tick lasted one unit of time. A slope is a change in each unit of time: "
            "over a tick of length Δ it adds Δ times as much, for the leak and for the input.",
            edited(euler, "delta * A, delta * B → A, B"),
        ),
        Misconception(
            "an input without the step size",
            "Your Ā is right. But B·u is a flow too, so much in each unit of time: a tick of length Δ lets in Δ times "
            "as much. Halve Δ: how much should flow in during one tick?",
            edited(euler, ", delta * B → , B"),
        ),
        Misconception(
            "a leak that fills",
            "A is negative already. With 1 − Δ·A, or an abs, the level grows without any input. Try A = −0.5, Δ = 1: a "
            "bucket that loses half of itself must keep the factor 0.5.",
            [edited(euler, "return 1 + → return 1 -"), edited(euler, "return 1 + → return 1 -", ", delta * B → , B")],
        ),
        Misconception(
            "a slope that is taken off",
            "You take the slope, or its part B·u, off the level. The slope has its sign already: a tap that pours in "
            "makes the level rise.",
            [
                edited(euler, "return 1 + delta * A, delta * B → return 1 - delta * A, -delta * B"),
                edited(euler, ", delta * B → , -delta * B"),
            ],
        ),
        Misconception(
            "an exponential",
            "exp(Δ·A) is what the true level does, and Euler does not know it. Euler takes the slope at the start of "
            "the tick and goes straight on. Write h_t = h_{t−1} + Δ·(slope) and collect what stands before h_{t−1}.",
            [edited(euler, "1 + delta * A → torch.exp(delta * A)"), zoh],
        ),
        Misconception(
            "the slope at the end of the tick",
            "You take the slope at the new level, and solve for it. That rule exists (backward Euler). Here the slope "
            "is taken at the old level h_{t−1}, which is known, so that nothing is divided.",
            [
                edited(euler, "1 + delta * A, delta * B → 1 / (1 - delta * A), delta * B / (1 - delta * A)"),
                edited(euler, "1 + delta * A → 1 / (1 - delta * A)"),
            ],
        ),
        Misconception(
            "a leak without the step size",
            "Your B̄ is right. But A says how much leaks in each unit of time. How much is it in a tick of length Δ?",
            edited(euler, "1 + delta * A → 1 + A"),
        ),
        Misconception(
            "an old level that is multiplied",
            "The old level stands before the bracket Δ·(A·h + B·u), not in it: neither Δ nor A multiplies it. It is "
            "not a flow, and stays as it is, however long the tick lasts.",
            [
                edited(euler, "1 + delta * A → delta * (1 + A)"),
                edited(euler, "1 + delta * A → (1 + delta) * A"),
            ],
        ),
        Misconception(
            "a matrix in the place of its diagonal",
            "A is kept as N numbers, each for itself. You make a matrix of them, with N × N entries. "
            "Nothing has to be mixed: work on each entry.",
            [
                edited(euler, "1 + delta * A → torch.eye(len(A)) + delta * torch.diag(A)"),
                edited(euler, "1 + delta * A → torch.eye(len(A)) + delta * A"),
            ],
            where=several,
        ),
        Misconception(
            "a sum in the place of a product",
            "Δ is added to A. The slope A·h lasts for Δ units of time: Δ·A, beside the 1 of the old level.",
            [
                edited(euler, "1 + delta * A → 1 + delta + A"),
                edited(euler, "delta * A, delta * B → delta + A, delta + B"),
            ],
        ),
        Misconception(
            "the input of another rule",
            "Your Ā is right. This B̄ counts what leaks during the tick, as the rule of section 3 will. Euler takes the "
            "slope at the start for the whole tick: what stands before u_t in the line above?",
            [
                edited(euler, "delta * B → torch.expm1(delta * A) / A * B"),
                edited(euler, "delta * B → delta * B / (1 - delta * A)"),
                edited(euler, "delta * B → (1 + delta * A) * delta * B"),
            ],
        ),
        Misconception(
            "an old level that is counted in B̄",
            "A 1 stands in B̄ as well. It comes from the old level, h_{t−1} alone: only Ā has it.",
            [
                edited(euler, "A, delta * B → A, 1 + delta * B"),
                edited(euler, "A, delta * B → A, (1 + delta * A) * B"),
            ],
        ),
        Misconception(
            "a division by the step size",
            "You divide by Δ. A flow of so much in each unit of time, for Δ units, is a product.",
            [
                edited(euler, "1 + delta * A, delta * B → 1 + A / delta, B / delta"),
                edited(euler, "1 + delta * A → 1 + A / delta"),
                edited(euler, "A, delta * B → A, B / delta"),
            ],
        ),
        Misconception(
            "half of the slope",
            "You take half of a slope. Euler's rule takes the slope at the start for the whole tick: Δ·A, not Δ·A/2.",
            [
                edited(euler, "delta * A, delta * B → delta * A / 2, delta * B / 2"),
                edited(euler, "delta * A, → delta * A / 2,"),
            ],
        ),
        Misconception(
            "a second term",
            "1 + ΔA + (ΔA)²/2 follows the exponential one term further. Euler's rule goes straight on with the slope "
            "at the start, and stops after ΔA.",
            [
                edited(euler, "delta * A, → delta * A + (delta * A) ** 2 / 2,"),
                edited(
                    euler, "delta * A, delta * B → delta * A + (delta * A) ** 2 / 2, delta * B * (1 + delta * A / 2)"
                ),
            ],
        ),
        Misconception(
            "an Ā that is never negative",
            "For a long tick your Ā stays at zero, or has lost its sign. Euler's rule overshoots there, and its Ā is "
            "negative: section 2 shows what follows from it.",
            [
                edited(euler, "1 + delta * A → (1 + delta * A).clamp(min=0)"),
                edited(euler, "1 + delta * A → (1 + delta * A).abs()"),
            ],
        ),
        Misconception(
            "a leak of the input",
            "Your B̄ has A in it, too. A says what the level does by itself; the tap pours in Δ·B, whatever leaks.",
            edited(euler, ", delta * B → , delta * A * B"),
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: euler(delta, A, B)[::-1],
        ),
    ],
)
