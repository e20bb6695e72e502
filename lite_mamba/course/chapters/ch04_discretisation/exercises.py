"""Exercises of notebook 04: three rules from continuous to discrete, the limit of Euler, and exact small numbers."""

import torch
from torch import Tensor

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

PAIR = ("Ā", "B̄")  # what a rule returns


def euler(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = 1 + ΔA, B̄ = ΔB: one step along the slope at the start of the tick."""
    return 1 + delta * A, delta * B  # (N,), (N,)


def zoh(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = exp(ΔA), B̄ = (exp(ΔA) − 1)/A · B: exact if the input is held during the tick. No A is zero."""
    return torch.exp(delta * A), torch.expm1(delta * A) / A * B  # (N,), (N,)


def bilinear(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = (1 + ΔA/2)/(1 − ΔA/2), B̄ = ΔB/(1 − ΔA/2): the mean of the slopes at both ends of the tick."""
    half = delta * A / 2  # (N,)
    return (1 + half) / (1 - half), delta * B / (1 - half)  # (N,), (N,)


def _rule_cases(draw: Draw) -> dict:
    size = draw.size(1, 4)
    A = -draw.integers(1, 30, size) / 10  # (N,)
    return {"delta": draw.choice([0.1, 0.2, 0.5, 1.0, 1.5]), "A": A, "B": draw.normal(size) + 0.05}


def _in_each_format(rule):
    """How a learner's `rule` is called: one that is right must also bear what sections 3 and 5 hand to it."""

    def apply(function, delta, A, B):
        result = function(delta, A, B)
        if _same(result, rule(delta, A, B), rtol=1e-3, atol=1e-4):
            for other in (A.double(), A.double() * (1 + 0.5j)):
                given = delta, other, B.to(other.dtype)
                try:
                    again = function(*given)
                except Exception:
                    again = None
                if not _same(again, rule(*given), rtol=1e-6, atol=1e-7):
                    raise TypeError("a float64 or a complex A, as in sections 3 and 5, does not come out right")
        return result

    return apply


def _same(pair, right: tuple[Tensor, Tensor], **tolerance: float) -> bool:
    """Whether these are two tensors of the right shape, format and values."""
    try:
        torch.testing.assert_close(tuple(pair), right, **tolerance)
    except Exception:
        return False
    return True


def _own_format(rule) -> Misconception:
    """A right `rule` that makes float32 of whatever comes in."""
    return Misconception(
        "a number format of its own",
        "For real float32 numbers your rule is right. But section 3 hands float64 numbers to it, and section 5 complex "
        "ones. Python's math, abs, lists, new tensors and .float() have formats of their own: torch.exp and + − * / on "
        "the given tensors keep theirs.",
        lambda delta, A, B: rule(delta, A.real.float(), B.real.float()),
    )


EULER = Exercise(
    id="04.euler",
    title="Euler's rule",
    reference=euler,
    cases=_rule_cases,
    apply=_in_each_format(euler),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        _own_format(euler),
        Misconception(
            "a forgotten old level",
            "Your Ā is only the change: Δ·A·h is what leaves during the tick. But the new level is the old level plus "
            "the change. Where does the old h go in your recurrence?",
            edited(euler, "1 + delta → delta"),
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
            "A is negative already. With 1 − Δ·A the level grows without any input. Try A = −0.5, Δ = 1: a bucket that "
            "loses half of itself must keep the factor 0.5.",
            edited(euler, "return 1 + → return 1 -"),
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
            edited(euler, "1 + delta * A, delta * B → 1 / (1 - delta * A), delta * B / (1 - delta * A)"),
        ),
        Misconception(
            "a leak without the step size",
            "Your B̄ is right. But A says how much leaks in each unit of time. How much is it in a tick of length Δ?",
            edited(euler, "1 + delta * A → 1 + A"),
        ),
        Misconception(
            "an old level that is multiplied by Δ",
            "Δ stands before the bracket (A·h + B·u) only. The old level outside of it is not a flow: it stays as it "
            "is, however long the tick lasts.",
            edited(euler, "1 + delta * A → delta * (1 + A)"),
        ),
        Misconception(
            "a matrix in the place of its diagonal",
            "A is kept as N numbers, each for itself. You make a matrix of them, so that there are N × N entries. "
            "Nothing has to be mixed: work on each entry.",
            [
                edited(euler, "1 + delta * A → torch.eye(len(A)) + delta * torch.diag(A)"),
                edited(euler, "1 + delta * A → torch.eye(len(A)) + delta * A"),
            ],
        ),
        Misconception(
            "a sum in the place of a product",
            "Δ is added to A, or multiplied with more than the slope. The slope A·h lasts for Δ units of time: Δ·A, "
            "beside the 1 of the old level.",
            [
                edited(euler, "1 + delta * A → 1 + delta + A"),
                edited(euler, "1 + delta * A → (1 + delta) * A"),
                edited(euler, "delta * A, delta * B → delta + A, delta + B"),
            ],
        ),
        Misconception(
            "the input of another rule",
            "Your Ā is right. This B̄ counts what leaks during the tick, as the zero-order hold does. Euler takes the "
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
            "an Ā that is cut off at zero",
            "For a long tick your Ā stays at zero. Euler's rule overshoots there, and its Ā is negative: section 2 "
            "shows what follows from it.",
            edited(euler, "1 + delta * A → (1 + delta * A).clamp(min=0)"),
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: euler(delta, A, B)[::-1],
        ),
    ],
)


def _matrices(delta, A, B):
    A_bar = torch.matrix_exp(torch.diag(delta * A))  # (N, N)
    return A_bar, torch.linalg.inv(torch.diag(A)) @ (A_bar - torch.eye(len(A))) @ B


ZOH = Exercise(
    id="04.zoh",
    title="The zero-order hold",
    reference=zoh,
    cases=_rule_cases,
    apply=_in_each_format(zoh),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        _own_format(zoh),
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
        ),
        Misconception(
            "forgotten brackets",
            "exp(x) - 1 / A is exp(x) − (1/A). A quotient of a difference needs brackets around the difference.",
            [
                edited(zoh, "torch.expm1(delta * A) / A → torch.exp(delta * A) - 1 / A"),
                edited(zoh, "torch.expm1(delta * A) / A → torch.exp(delta * A) / A - 1"),
                edited(zoh, "torch.expm1(delta * A) / A → (torch.exp(delta * A) / A - 1)"),
            ],
        ),
        Misconception(
            "half of the input early, half late",
            "Your Ā is right, and the water lies in two heaps: half of it leaks for the whole tick, half not at all. "
            "It comes in evenly, and the integral of step 2 adds up a leak for each moment.",
            [
                edited(zoh, "torch.expm1(delta * A) / A → delta * (1 + torch.exp(delta * A)) / 2"),
                edited(zoh, "torch.expm1(delta * A) / A → delta * torch.exp(delta * A / 2)"),
            ],
        ),
        Misconception(
            "a power of 2",
            "torch.exp2(x) is 2 to the power x. A motion whose derivative is A times itself is a power of e: "
            "torch.exp.",
            [
                edited(zoh, "exp(delta * A) → exp2(delta * A)", "torch.expm1(delta * A) → (torch.exp2(delta * A) - 1)"),
                edited(zoh, "exp(delta * A) → exp2(delta * A)"),
            ],
        ),
        Misconception(
            "a product instead of a quotient",
            "You multiply by A where the integral of exp(A·τ) over τ divides by A. Check with the end level: with the "
            "tap on for ever, B̄/(1 − Ā) must be −B/A.",
            edited(zoh, "/ A → * A"),
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
            "the Ā of Euler",
            "1 + Δ·A goes straight on with the slope at the start of the tick. But you know how the level really moves "
            "inside the tick: which share of it is left after the time Δ?",
            [edited(zoh, "torch.exp(delta * A) → 1 + delta * A"), euler],
        ),
        Misconception(
            "an exponential that grows",
            "A is negative already, and the minus in your exponent turns it round: without any input your level grows. "
            "What is left of a level after a tick must be below 1.",
            [
                edited(zoh, "exp(delta * A) → exp(-delta * A)", "expm1(delta * A) → expm1(-delta * A)"),
                edited(zoh, "exp(delta * A) → exp(-delta * A)"),
            ],
        ),
        Misconception(
            "an integral that stops at step 3",
            "Your Ā is right, and your B̄ is the integral of step 3. Step 4 multiplies the whole line by exp(A·Δ), the "
            "input too.",
            edited(zoh, "torch.expm1(delta * A) → -torch.expm1(-delta * A)"),
        ),
        Misconception(
            "an input that leaks for the whole tick",
            "Your Ā is right. But you let all of Δ·B leak for the whole tick, as if it had come in at its start. The "
            "water comes in little by little; the last of it has no time to leak. The integral in step 2 counts that.",
            edited(zoh, "torch.expm1(delta * A) / A * B → torch.exp(delta * A) * delta * B"),
        ),
        Misconception(
            "a matrix in the place of its diagonal",
            "A is kept as N numbers, each for itself. You make a matrix of them, so that there are N × N entries. "
            "Nothing has to be mixed: work on each entry. In place of the matrix I stands the number 1.",
            [
                edited(zoh, "torch.expm1(delta * A) / → (torch.exp(delta * A) - torch.eye(len(A))) /"),
                _matrices,
            ],
        ),
        Misconception(
            "a division by B",
            "You divide by A·B. B says how much comes in: it multiplies. In Python a / b * c multiplies by c, and a / "
            "(b * c) divides by it.",
            edited(zoh, "/ A * B → / (A * B)"),
        ),
        Misconception(
            "a 1 that is taken off twice",
            "torch.expm1(x) is exp(x) − 1 already. You take off one more.",
            edited(zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
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
            "A stands above the stroke in your B̄, and exp(ΔA) − 1 below. The integral of exp(A·τ) is (exp(ΔA) − 1)/A.",
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
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: zoh(delta, A, B)[::-1],
        ),
    ],
)

BILINEAR = Exercise(
    id="04.bilinear",
    title="The bilinear rule",
    reference=bilinear,
    cases=_rule_cases,
    apply=_in_each_format(bilinear),
    axes=("entry",),
    items=PAIR,
    misconceptions=[
        _own_format(bilinear),
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
            edited(bilinear, "delta * A / 2 → delta * A"),
        ),
        Misconception(
            "an input that is not divided",
            "Your Ā is right. To get h_t alone on the left you divide the whole right side by 1 − ΔA/2, and the "
            "input stands there too.",
            edited(bilinear, "delta * B / (1 - half) → delta * B"),
        ),
        Misconception(
            "an upside-down fraction",
            "Above and below are swapped, so the level grows. Try A = −0.5, Δ = 1: Ā must be 0.75/1.25, below one.",
            [
                edited(bilinear, "delta * A / 2 → -delta * A / 2"),
                edited(bilinear, "(1 + half) / (1 - half) → (1 - half) / (1 + half)"),
            ],
        ),
        Misconception(
            "half of the input",
            "Your Ā is right, but you let only half of the input in. The input is held, so it is the same at both "
            "ends: the mean of u and u is u.",
            edited(bilinear, "delta * B / → delta * B / 2 /"),
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
            "Your Ā is right. But 1 + ΔA/2 stands before the old level only. What stands before the input in the line "
            "above the exercise?",
            edited(bilinear, "delta * B / → delta * B * (1 + half) /"),
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
            edited(bilinear, "delta * A / 2 → A / 2"),
        ),
        Misconception(
            "a fraction with a 1 above the stroke",
            "Your Ā is 1/(1 − ΔA/2), without the slope at the start: 1 + ΔA/2 stands above the stroke. If you wrote "
            "both, look at the brackets: 1 + a / (1 - a) divides a alone, and is 1/(1 − a).",
            edited(bilinear, "(1 + half) / (1 - half) → 1 / (1 - half)"),
        ),
        Misconception(
            "brackets or a sign of the fraction",
            "The division comes before the sums: 1 + a / 1 - a is 1 + (a / 1) − a. A fraction of two sums needs "
            "brackets around both of them, and the minus in the lower one: the same sum above and below is 1.",
            [
                edited(bilinear, "(1 + half) / (1 - half), delta * B / (1 - half) → 1 + half / 1 - half, " + held)
                for held in ("delta * B / (1 - half)", "delta * B / 1 - half")
            ]
            + [
                edited(bilinear, "delta * B / (1 - half) → delta * B / 1 - half"),
            ],
        ),
        Misconception(
            "the same sign above and below",
            "Above and below the stroke stands the same sum, so that nothing leaks, or the input is divided by the "
            "wrong one. What is brought to the left side changes its sign: 1 − ΔA/2.",
            [
                edited(bilinear, "B / (1 - half) → B / (1 + half)"),
                edited(bilinear, "/ (1 - half), → / (1 + half),", "B / (1 - half) → B / (1 + half)"),
            ],
        ),
        Misconception(
            "a half in one place only",
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
            edited(
                bilinear,
                "(1 + half) / (1 - half), delta * B / (1 - half) → 1 + delta * A * (1 + half), delta * B * (1 + half)",
            ),
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
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: bilinear(delta, A, B)[::-1],
        ),
    ],
)


# Exercise 4: largest_euler_step


def largest_euler_step(pole: complex) -> float:
    """The Δ at which |1 + Δs| = 1: Δ = −2·Re(s)/|s|², for a pole in the left half-plane."""
    return -2 * pole.real / abs(pole) ** 2


def _scan(grid: float, back: int):
    """A search on a grid: the first step outside of the circle, or the last one inside of it."""

    def scan(pole):
        delta = grid
        while abs(1 + delta * pole) < 1:
            delta += grid
        return delta - back * grid

    return scan


def _pole_cases(draw: Draw) -> dict:
    size = draw.size(0, 8)  # the imaginary part grows; a real pole comes first
    return {"pole": complex(-draw.random.randint(1, 12) / 4, draw.choice([-1, 1]) * size / draw.choice([2, 3]))}


LARGEST_STEP = Exercise(
    id="04.largest_euler_step",
    title="The largest step that Euler survives",
    reference=largest_euler_step,
    cases=_pole_cases,
    misconceptions=[
        Misconception(
            "the rule for real poles",
            "2/|s| is right for a real pole only. A complex pole leaves the circle earlier, since it moves sideways "
            "too. Write |1 + Δs|² with both parts: (1 + Δ·Re s)² + (Δ·Im s)².",
            edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → 2 / abs(pole)"),
        ),
        Misconception(
            "the limit of overshooting",
            "At your Δ a real pole reaches z = 0: the level jumps to its end in one tick, and beyond that it "
            "overshoots. That is not yet an explosion. Where is |z| = 1?",
            [
                edited(largest_euler_step, f"-2 * pole.real / abs(pole) ** 2 → {at}")
                for at in ("1 / abs(pole)", "-1 / pole.real")
            ],
        ),
        Misconception(
            "half of the step",
            "Your Δ is half of the right one. From |1 + Δs|² = 1 follows 2Δ·Re s + Δ²·|s|² = 0. Divide by Δ, once.",
            edited(largest_euler_step, "-2 * → -"),
        ),
        Misconception(
            "a forgotten imaginary part",
            "You use the real part alone, as if the motion did not swing. Try s = −0.2 + 2i: your step is 10, and "
            "1 + 10·s lies far outside the unit circle.",
            edited(largest_euler_step, " * pole.real / abs(pole) ** 2 → / pole.real"),
        ),
        Misconception(
            "a forgotten square",
            "Δ must be a time, and s counts per time. So the result has to scale as 1/s: make every s twice as large, "
            "and Δ must halve. Yours does not change.",
            edited(largest_euler_step, " ** 2 → "),
        ),
        Misconception(
            "a negative step",
            "The size is right, but the sign is not: the real part of a stable pole is negative, and a step is "
            "positive.",
            edited(largest_euler_step, "-2 → 2"),
        ),
        Misconception(
            "the square of s in the place of its size",
            "s² is a complex number, and its real part is (Re s)² − (Im s)². What |1 + Δs|² holds is |s|², with a plus "
            "between the two squares.",
            [
                edited(largest_euler_step, "abs(pole) ** 2 → (pole**2).real"),
                edited(largest_euler_step, "abs(pole) ** 2 → abs((pole**2).real)"),
                edited(largest_euler_step, "abs(pole) ** 2 → pole ** 2"),
            ],
        ),
        Misconception(
            "the sum of the parts squared",
            "You square Re s + Im s. The size of a complex number has the sum of the two squares: |s|² = (Re s)² + "
            "(Im s)².",
            [
                edited(largest_euler_step, "abs(pole) ** 2 → (pole.real + pole.imag) ** 2"),
                edited(largest_euler_step, "abs(pole) ** 2 → (abs(pole.real) + abs(pole.imag)) ** 2"),
            ],
        ),
        Misconception(
            "a step without its real part",
            "You divide by |s|² and leave the real part out. Set the middle term of |1 + Δs|² = 1 + 2Δ·Re s + Δ²·|s|² "
            "against the last one.",
            [
                edited(largest_euler_step, "-2 * pole.real / → 2 /"),
                edited(largest_euler_step, "-2 * pole.real / → 1 /"),
            ],
        ),
        Misconception(
            "a complex step",
            "−2/s solves 1 + Δ·s = −1, a single point of the unit circle, and it is complex. A step is a real number: "
            "it is the size of 1 + Δ·s that must be 1.",
            edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → -2 / pole"),
        ),
        Misconception(
            "the imaginary part in the place of the real one",
            "Above the stroke stands the imaginary part. |1 + Δs|² = 1 + 2Δ·Re s + Δ²·|s|²: the term with Δ has the "
            "real part.",
            [
                edited(largest_euler_step, "-2 * pole.real → 2 * abs(pole.imag)"),
                edited(largest_euler_step, "pole.real → pole.imag"),
            ],
        ),
        Misconception(
            "a step that is not exact",
            "The first digits of your step are right: it is rounded, or found on a grid. |1 + Δs|² = 1 can be solved "
            "for Δ.",
            [
                *(
                    edited(largest_euler_step, "return → return round(", f"** 2 → ** 2, {digits})")
                    for digits in (1, 2, 3)
                ),
                *(_scan(grid, back) for grid in (0.1, 0.01, 0.001) for back in (0, 1)),
            ],
        ),
        Misconception(
            "an upside-down fraction",
            "With your formula a pole far out allows a long step. Set Δ·|s|² against −2·Re s and solve for Δ.",
            edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → abs(pole) ** 2 / (-2 * pole.real)"),
        ),
        Misconception(
            "the imaginary part alone",
            "The real part belongs into the size, too: |s|² = (Re s)² + (Im s)². For a bucket, Im s = 0, your step "
            "has no end; section 2 found 2/|A|.",
            edited(largest_euler_step, "abs(pole) → abs(pole.imag)"),
        ),
    ],
)


# Exercise 5: corrected_B


def corrected_B(delta: float, A: Tensor, B: Tensor) -> Tensor:
    """The B' with Δ·B' = (exp(ΔA) − 1)/A · B, so that a rule which uses ΔB' computes the zero-order hold of B."""
    return torch.expm1(delta * A) / (delta * A) * B  # (N,)


CORRECTED_B = Exercise(
    id="04.corrected_B",
    title="The B that turns one rule into the other",
    reference=corrected_B,
    cases=_rule_cases,
    axes=("entry",),
    misconceptions=[
        Misconception(
            "the B̄ of the zero-order hold",
            "You return B̄ itself. The package multiplies whatever it gets by Δ, so your input comes out Δ times too "
            "large or too small. Which B' gives B̄ after that multiplication?",
            edited(corrected_B, "/ (delta * A) → / A"),
        ),
        Misconception(
            "an upside-down factor",
            "ΔB lets in too much, so B' must be smaller than B. Yours is larger: the factor is upside down.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → delta * A / torch.expm1(delta * A)"),
        ),
        Misconception(
            "a forgotten Δ",
            "Your B' is the same for every Δ. The longer the tick, the more leaks out of what comes in: Δ stands in "
            "the exponent, and below the stroke.",
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
            "a / b * c is (a / b) * c: you divide by one of the two, and multiply by the other. Both belong below the "
            "stroke.",
            edited(corrected_B, "/ (delta * A) → / delta * A"),
        ),
        Misconception(
            "B over Δ alone",
            "You undo the Δ of the package, and forget where to end: it must be B̄ of the zero-order hold, not B.",
            lambda delta, A, B: B / delta,
        ),
        Misconception(
            "a factor without its division",
            "exp(ΔA) − 1 alone is negative, and goes to 0 for a short tick. The factor must go to 1: what does it "
            "have to be divided by?",
            edited(corrected_B, "/ (delta * A) → "),
        ),
        Misconception(
            "what is left of a level",
            "exp(ΔA) is what a whole tick leaves of a level. The input comes in little by little, and the last of it "
            "has no time to leak: the factor is larger.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) → torch.exp(delta * A)"),
        ),
        Misconception(
            "a division by B",
            "You divide by B. It says how much comes in: it multiplies.",
            edited(corrected_B, "* B → / B"),
        ),
        Misconception(
            "an exponential that grows",
            "A is negative already, and the minus in your exponent turns it round: exp(−ΔA) is larger than 1, and so "
            "is your factor.",
            edited(corrected_B, "torch.expm1(delta * A) / → torch.expm1(-delta * A) / -"),
        ),
        Misconception(
            "the first terms of a series",
            "1 + ΔA/2 is how the factor begins. For a small ΔA this is close, and for ΔA = −2 it is zero. The formula "
            "of the zero-order hold is exact.",
            [
                lambda delta, A, B: (1 + delta * A / 2) * B,
                lambda delta, A, B: (1 + delta * A / 2 + (delta * A) ** 2 / 6) * B,
            ],
        ),
        Misconception(
            "the quotient of the two rules",
            "You divide one rule by the other, so that the B that was given is gone, or stands below the stroke. B′ "
            "is B̄ of the zero-order hold over Δ, and B is in B̄ already.",
            lambda delta, A, B: delta * B / zoh(delta, A, B)[1],
        ),
        Misconception(
            "a difference in the place of a quotient",
            "The package multiplies by Δ. A product is undone by a division, not by a difference.",
            [lambda delta, A, B: zoh(delta, A, B)[1] - delta, lambda delta, A, B: zoh(delta, A, B)[1] - delta * B],
        ),
        Misconception(
            "a negative factor",
            "The sign is wrong: for a negative A, exp(ΔA) − 1 is negative too, and the quotient of both is positive.",
            edited(corrected_B, "torch.expm1 → -torch.expm1"),
        ),
        Misconception(
            "the B̄ of the bilinear rule",
            "1/(1 − ΔA/2) is what the bilinear rule makes of ΔB. For a small ΔA it is close. Asked for is the "
            "zero-order hold, with its exponential.",
            edited(corrected_B, "torch.expm1(delta * A) / (delta * A) * B → B / (1 - delta * A / 2)"),
        ),
        Misconception(
            "a second division by Δ",
            "You undo the Δ of the package twice. It multiplies once.",
            edited(corrected_B, "/ (delta * A) → / (delta * delta * A)"),
        ),
        Misconception(
            "a B̄ that keeps its A",
            "Divide the B̄ of the zero-order hold by Δ: its division by A stays where it is.",
            edited(corrected_B, "/ (delta * A) → / delta"),
        ),
    ],
)


# Bug hunt: mended_zoh


def mended_zoh(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The zero-order hold for any A ≤ 0 and any Δ > 0, exact to float32 for tiny ΔA too, with B̄ = ΔB at A = 0."""
    divisor = torch.where(A == 0, 1, A)  # (N,), never zero
    held = torch.where(A == 0, delta, torch.expm1(delta * A) / divisor)  # (N,)
    return torch.exp(delta * A), held * B  # (N,), (N,)


def unmended(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The code of the bug hunt."""
    A_bar = torch.exp(delta * A)  # (N,)
    return A_bar, (A_bar - 1) / A * B  # (N,), (N,)


def _for_each_unit_of_time(function, delta: float, A: Tensor, B: Tensor):
    """Ā and B̄/Δ, so that tiny steps count as much as large ones; what is no pair stays as it is."""
    answer = function(delta, A, B)
    pair = isinstance(answer, (tuple, list)) and len(answer) == 2 and isinstance(answer[1], Tensor)
    return (answer[0], answer[1] / delta) if pair else answer


def _small_cases(draw: Draw) -> dict:
    size = draw.size(1, 4)
    A = -torch.tensor([draw.choice([0.0, 0.0, 3e-7, 3e-4, 0.5, 1.0, 1.5, 2.0]) for _ in range(size)])  # (N,)
    delta = 10.0 ** draw.choice([3, 3, 0, -1, -2, -3, -4, -5, -7, -9, -14])
    return {"delta": delta, "A": A, "B": draw.normal(size) + 0.05}


def _switch(condition: str):
    """The unmended code, with ΔB where the condition holds."""
    switch = f"B_bar = (A_bar - 1) / A * B\n    return A_bar, torch.where({condition}, delta * B, B_bar)"
    return edited(unmended, f"return A_bar, (A_bar - 1) / A * B → {switch}")


def _one_for_all(rule, condition: str):
    """A rule that decides once for the whole vector A."""
    first = f"if {condition}:\n        return torch.exp(delta * A), delta * B\n    return rule(delta, A, B)"
    return edited(mended_zoh, f"divisor = torch.where(A == 0, 1, A) → {first}", rule=rule)


NUDGED = [f"A {sign} 1e-{digits}" for sign in "-+" for digits in (6, 7, 8, 9, 10)] + ["A - 1e-12"]

MENDED_ZOH = Exercise(
    id="04.mended_zoh",
    title="The hold that loses the input",
    reference=mended_zoh,
    cases=_small_cases,
    apply=_for_each_unit_of_time,
    axes=("entry",),
    items=("Ā", "B̄/Δ"),
    example={"delta": 1e-9, "A": torch.tensor([-0.5, 0.0]), "B": torch.tensor([1.0, 2.0])},
    trials=60,
    rtol=3e-5,
    atol=1e-6,
    misconceptions=[
        Misconception(
            "the unmended code",
            "Nothing is mended yet: the numbers are as odd as they were. Print the parts of the line that computes B̄.",
            unmended,
            given=True,
        ),
        Misconception(
            "half of the repair: a tiny ΔA",
            "A = 0 is mended. But exp(x) − 1 still loses its digits when x is tiny: exp(x) is rounded to a number near "
            "1 first, and the subtraction cannot bring the lost digits back.",
            edited(mended_zoh, "torch.expm1(delta * A) → (torch.exp(delta * A) - 1)"),
        ),
        Misconception(
            "half of the repair: A = 0",
            "Tiny steps are mended. But A = 0 still gives 0/0, which is NaN. What is the level of a bucket without a "
            "hole after one tick?",
            zoh,
        ),
        Misconception(
            "a nudge against zero",
            "A tiny number beside A stops the division by zero, and mends nothing: at A = 0 you get 0 divided by your "
            "tiny number, so the input is lost without any warning. And tiny steps are as wrong as they were.",
            [
                *(edited(unmended, f"/ A → / ({nudged})") for nudged in NUDGED),
                edited(unmended, "A_bar = → A = A - 1e-6\n    A_bar ="),
                edited(unmended, "A_bar = → A = A.clamp(max=-1e-8)\n    A_bar ="),
            ],
        ),
        Misconception(
            "an input lost at A = 0",
            "Tiny steps are right, and the NaN is gone, but a bucket without a hole now gets no water at all. What is "
            "the limit of (exp(ΔA) − 1)/A for A → 0? It is not 0.",
            [
                edited(zoh, "torch.expm1(delta * A) / A * B → torch.nan_to_num(torch.expm1(delta * A) / A) * B"),
                *(edited(zoh, f"/ A → / ({nudged})") for nudged in NUDGED[:-1]),
            ],
        ),
        Misconception(
            "the package's rule",
            "Δ·B has neither of the two problems, but it is not the zero-order hold: for Δ = 1 it is far off. The task "
            "is to keep the formula and to compute it well.",
            edited(mended_zoh, "held * B → delta * B"),
        ),
        Misconception(
            "a switch to another formula",
            "Below some ΔA, or some Δ, you use another formula. If it is Δ·B, it is off by ΔA/2 just below that "
            "border; if you subtract above it, digits are lost there already. There is a function that is exact on "
            "both sides.",
            [_switch(f"(delta * A).abs() < {at}") for at in ("0.1", "0.01", "1e-3", "1e-4", "1e-6", "1e-8")]
            + [_switch(f"(A == 0) | (delta < {at})") for at in ("0.01", "1e-3", "1e-4", "1e-6", "1e-8")]
            + [_switch(f"A * 0 + delta < {at}") for at in ("0.01", "1e-3", "1e-4", "1e-6", "1e-8")],
        ),
        Misconception(
            "a bucket without a hole that forgets",
            "At A = 0 your B̄ is right, and your Ā is not. Nothing leaks there: what is left of the old level after one "
            "tick?",
            edited(mended_zoh, "return torch.exp(delta * A), → return torch.exp(delta * A) * (A != 0),"),
        ),
        Misconception(
            "the integral of step 3",
            "With the minus in the exponent, the input that comes early weighs least. Step 4 multiplies by exp(ΔA), "
            "the input too: what stands in the exponent is ΔA as it is.",
            edited(mended_zoh, "torch.expm1(delta * A) → -torch.expm1(-delta * A)"),
        ),
        Misconception(
            "an input without Δ at A = 0",
            "A bucket without a hole holds all that came in. That is B·u for each unit of time, for Δ units: (exp(ΔA) "
            "− 1)/A goes to Δ for A → 0.",
            edited(mended_zoh, "A == 0, delta → A == 0, 1"),
        ),
        Misconception(
            "an input without B at A = 0",
            "A bucket without a hole gets Δ in your code. What comes in is Δ·B: B is missing there.",
            edited(
                mended_zoh,
                "return torch.exp(delta * A), held * B → return torch.exp(delta * A), torch.where(A == 0, delta, held "
                "* B)",
            ),
        ),
        Misconception(
            "the Ā of Euler",
            "Your B̄ is mended, and Ā has become 1 + Δ·A. It was right: exp(ΔA) is exact for a tiny ΔA and for none.",
            edited(mended_zoh, "torch.exp(delta * A) → 1 + delta * A"),
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: mended_zoh(delta, A, B)[::-1],
        ),
        Misconception(
            "the first terms of a series",
            "A few terms of exp are right for a tiny ΔA, and wrong for an everyday one. The function that PyTorch has "
            "is exact for both.",
            [
                edited(mended_zoh, "held * B → delta * (1 + delta * A / 2) * B"),
                edited(mended_zoh, "held * B → delta * (1 + delta * A / 2 + (delta * A) ** 2 / 6) * B"),
            ],
        ),
        Misconception(
            "a 1 that is taken off twice",
            "torch.expm1(x) is exp(x) − 1 already. You take off one more.",
            [
                edited(mended_zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
                edited(zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
            ],
        ),
        Misconception(
            "buckets that are left out",
            "The entries with A = 0 are missing in what you return. They are buckets without a hole: they get an Ā "
            "and a B̄, too.",
            lambda delta, A, B: zoh(delta, A[A != 0], B[A != 0]),
        ),
        Misconception(
            "a small A taken for none",
            "You use Δ·B as soon as A is small. Only the product ΔA counts: in a long tick a small leak still loses "
            "water. Try A = −0.0003 and a tick of 1000.",
            [edited(mended_zoh, f"A == 0, delta → A.abs() < {at}, delta") for at in ("1e-3", "1e-5")],
        ),
        Misconception(
            "a small leak in the place of none",
            "You shift A by a tiny number. In a short tick nobody sees it. But a bucket without a hole keeps its water "
            "for ever: try A = 0 and a tick of 1000.",
            [
                edited(zoh, *edits)
                for shifted in (
                    *("A - 1e-6", "A - 1e-5", "A - 1e-4", "A - 1e-3"),
                    *("A.clamp(max=-1e-6)", "A.clamp(max=-1e-5)", "A.clamp(max=-1e-4)", "A.clamp(max=-1e-3)"),
                )
                for edits in (
                    [f"return → A = {shifted}\n    return"],
                    [f"expm1(delta * A) / A → expm1(delta * ({shifted})) / ({shifted})"],
                )
            ],
        ),
        Misconception(
            "a 1 taken off Ā too",
            "B̄ is right now. But Ā is what is left of the old level, exp(ΔA) itself: a tiny step leaves nearly all.",
            edited(mended_zoh, "return torch.exp(delta * A) → return torch.expm1(delta * A)"),
        ),
        Misconception(
            "more digits in the place of a better formula",
            "float64 has 16 digits, and the subtraction loses them in the same way: only at smaller steps. Try "
            "Δ = 10⁻¹⁴. The formula has to go, not the number format.",
            [
                edited(unmended, "A_bar = → A = A.double()\n    A_bar ="),
                edited(mended_zoh, "torch.expm1(delta * A) → (torch.exp(delta * A.double()) - 1)"),
            ],
        ),
        Misconception(
            "one decision for all entries",
            "You decide once, for the whole vector. Some entries of A may be zero while others are not: each of them "
            "needs its own answer.",
            [_one_for_all(rule, f"(A == 0).{which}()") for rule in (zoh, unmended) for which in ("any", "all")],
        ),
        Misconception(
            "an if for a vector",
            "`if` wants one True or False, and A == 0 is a vector of them. Choose for each entry: torch.where.",
            [_one_for_all(rule, "A == 0") for rule in (zoh, unmended)],
        ),
    ],
)

EXERCISES = [EULER, ZOH, BILINEAR, LARGEST_STEP, CORRECTED_B, MENDED_ZOH]

RECAP = [
    Question(
        "A bucket obeys dh/dt = A·h + B·u with A = −0.25 and B = 1. The tap runs at u = 1 for ever. Where does the "
        "level end?",
        ["at 0.25", "at 1", "at 4", "nowhere, it grows for ever"],
        "at 4",
        "At the end nothing changes: 0 = A·h + B·u, so h = −B·u/A = 4.",
    ),
    Question(
        "A = −16. For which step sizes does Euler's rule stay bounded?",
        ["Δ below 1/8", "Δ below 1/16", "Δ below 8", "all of them"],
        "Δ below 1/8",
        "|1 + ΔA| < 1 holds for Δ < 2/|A| = 1/8. At 1/16 the level only begins to overshoot.",
    ),
    Question(
        "Under which condition is the zero-order hold exact at the ticks?",
        [
            "the step is small",
            "the input is constant during each tick",
            "A is small",
            "never, it is an approximation",
        ],
        "the input is constant during each tick",
        "The integral over one tick is solved exactly, whatever Δ and A are. The only assumption is the held input.",
    ),
    Question(
        "A pole in the z-plane lies at z = −0.9. What does the state do without input?",
        [
            "it dies out and changes its sign at every tick",
            "it grows and changes its sign at every tick",
            "it dies out without changing its sign",
            "it stays as it is",
        ],
        "it dies out and changes its sign at every tick",
        "Each tick multiplies by −0.9: the sign flips, and |z| < 1 makes the size shrink.",
    ),
    Question(
        "Mamba's code uses B̄ = Δ·B. Compared with the zero-order hold of equation 4, what is different?",
        [
            "how long the state remembers",
            "how much of the input is let in",
            "both",
            "nothing, the two are equal",
        ],
        "how much of the input is let in",
        "Ā = exp(ΔA) is the same in both, so the memory is the same. ΔB lets in ΔA/(exp(ΔA) − 1) times as much.",
    ),
]
