"""Exercises of notebook 04: three rules from continuous to discrete, the limit of Euler, and exact small numbers."""

import torch
from torch import Tensor

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


EULER = Exercise(
    id="04.euler",
    title="Euler's rule",
    reference=euler,
    cases=_rule_cases,
    items=PAIR,
    misconceptions=[
        Misconception(
            "a forgotten old level",
            "Your Ā is only the change: Δ·A·h is what leaves during the tick. But the new level is the old level plus "
            "the change. Where does the old h go in your recurrence?",
            lambda delta, A, B: (delta * A, delta * B),
        ),
        Misconception(
            "a missing step size",
            "You add the slope as if every tick lasted one unit of time. A slope is a change in each unit of time: "
            "over a tick of length Δ it adds Δ times as much, for the leak and for the input.",
            lambda delta, A, B: (1 + A, B),
        ),
        Misconception(
            "an input without the step size",
            "Your Ā is right. But B·u is a flow too, so much in each unit of time: a tick of length Δ lets in Δ times "
            "as much. Halve Δ: how much should flow in during one tick?",
            lambda delta, A, B: (1 + delta * A, B),
        ),
        Misconception(
            "a leak that fills",
            "A is negative already. With 1 − Δ·A the level grows without any input. Try A = −0.5, Δ = 1: a bucket that "
            "loses half of itself must keep the factor 0.5.",
            lambda delta, A, B: (1 - delta * A, delta * B),
        ),
        Misconception(
            "an exponential",
            "exp(Δ·A) is what the true level does, and Euler does not know it. Euler takes the slope at the start of "
            "the tick and goes straight on. Write h_t = h_{t−1} + Δ·(slope) and collect what stands before h_{t−1}.",
            lambda delta, A, B: (torch.exp(delta * A), delta * B),
        ),
        Misconception(
            "the slope at the end of the tick",
            "You take the slope at the new level, and solve for it. That rule exists (backward Euler). Here the slope "
            "is taken at the old level h_{t−1}, which is known, so that nothing is divided.",
            lambda delta, A, B: (1 / (1 - delta * A), delta * B / (1 - delta * A)),
        ),
    ],
)

ZOH = Exercise(
    id="04.zoh",
    title="The zero-order hold",
    reference=zoh,
    cases=_rule_cases,
    items=PAIR,
    misconceptions=[
        Misconception(
            "the input of Euler",
            "Your Ā is right. But Δ·B lets the input in as if nothing of it leaked out during the tick. The water that "
            "comes in early has already leaked a little at the end: the integral in step 3 counts that.",
            lambda delta, A, B: (torch.exp(delta * A), delta * B),
        ),
        Misconception(
            "an exponential without the step size",
            "You use exp(A), so every tick lasts one unit of time. What stands in the exponent is A times the time "
            "that has passed.",
            lambda delta, A, B: (torch.exp(A), torch.expm1(A) / A * B),
        ),
        Misconception(
            "a missing − 1",
            "Your B̄ uses exp(ΔA) where the integral gives exp(ΔA) − 1. Try a tick of length 0: nothing can flow in, so "
            "B̄ must be 0. Is yours?",
            lambda delta, A, B: (torch.exp(delta * A), torch.exp(delta * A) / A * B),
        ),
        Misconception(
            "a division by ΔA",
            "You divide by Δ·A. The paper's equation 4 does so too, but it multiplies by Δ·B at the end. The two Δ "
            "cancel; you kept only one of them.",
            lambda delta, A, B: (torch.exp(delta * A), torch.expm1(delta * A) / (delta * A) * B),
        ),
        Misconception(
            "one Δ too many",
            "Your Ā is right, and your B̄ has one Δ too many. The paper's equation 4 divides by Δ·A and multiplies by "
            "Δ·B: its two Δ cancel. Try a very long tick: B̄ must come close to −B/A, and yours grows with Δ.",
            lambda delta, A, B: (torch.exp(delta * A), torch.expm1(delta * A) / A * delta * B),
        ),
        Misconception(
            "an upside-down sign",
            "Your input has the wrong sign: water that is poured in lowers the level. Since A is negative, "
            "exp(ΔA) − 1 is negative too, and their quotient is positive.",
            lambda delta, A, B: (torch.exp(delta * A), -torch.expm1(delta * A) / A * B),
        ),
        Misconception(
            "a product instead of a quotient",
            "You multiply by A where the integral of exp(A·τ) over τ divides by A. Check with the end level: with the "
            "tap on for ever, B̄/(1 − Ā) must be −B/A.",
            lambda delta, A, B: (torch.exp(delta * A), torch.expm1(delta * A) * A * B),
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
    items=PAIR,
    misconceptions=[
        Misconception(
            "the slope at the end alone",
            "You use only the slope at the end of the tick (backward Euler). The bilinear rule takes half of the slope "
            "at the start and half of the slope at the end, so ΔA/2 appears above and below.",
            lambda delta, A, B: (1 / (1 - delta * A), delta * B / (1 - delta * A)),
        ),
        Misconception(
            "two whole slopes",
            "You add the slope at the start and the slope at the end, but you need their mean. As it is, the leak acts "
            "twice as strongly. Where does a ½ belong?",
            lambda delta, A, B: ((1 + delta * A) / (1 - delta * A), delta * B / (1 - delta * A)),
        ),
        Misconception(
            "an input that is not divided",
            "Your Ā is right. To get h_t alone on the left you divide the whole right side by 1 − ΔA/2, and the "
            "input stands there too.",
            lambda delta, A, B: (bilinear(delta, A, B)[0], delta * B),
        ),
        Misconception(
            "an upside-down fraction",
            "Above and below are swapped, so the level grows. Try A = −0.5, Δ = 1: Ā must be 0.75/1.25, below one.",
            lambda delta, A, B: ((1 - delta * A / 2) / (1 + delta * A / 2), delta * B / (1 + delta * A / 2)),
        ),
        Misconception(
            "half of the input",
            "Your Ā is right, but you let only half of the input in. The input is held, so it is the same at both "
            "ends: the mean of u and u is u.",
            lambda delta, A, B: (bilinear(delta, A, B)[0], bilinear(delta, A, B)[1] / 2),
        ),
        Misconception(
            "the mean of two results",
            "You compute one step with the slope at the start, one with the slope at the end, and take the mean of the "
            "two results. The rule takes the mean of the two slopes and then solves for the new level, once.",
            lambda delta, A, B: (
                (1 + delta * A + 1 / (1 - delta * A)) / 2,
                (delta * B + delta * B / (1 - delta * A)) / 2,
            ),
        ),
    ],
)


# Exercise 4: largest_euler_step


def largest_euler_step(pole: complex) -> float:
    """The Δ at which |1 + Δs| = 1: Δ = −2·Re(s)/|s|², for a pole in the left half-plane."""
    return -2 * pole.real / abs(pole) ** 2


def _pole_cases(draw: Draw) -> dict:
    size = draw.size(0, 8)  # the imaginary part grows; a real pole comes first
    return {"pole": complex(-draw.random.randint(1, 12) / 4, draw.choice([-1, 1]) * size / 2)}


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
            lambda pole: 2 / abs(pole),
        ),
        Misconception(
            "the limit of overshooting",
            "At your Δ a real pole reaches z = 0: the level jumps to its end in one tick, and beyond that it "
            "overshoots. That is not yet an explosion. Where is |z| = 1?",
            lambda pole: 1 / abs(pole),
        ),
        Misconception(
            "half of the step",
            "Your Δ is half of the right one. From |1 + Δs|² = 1 follows 2Δ·Re s + Δ²·|s|² = 0. Divide by Δ, once.",
            lambda pole: -pole.real / abs(pole) ** 2,
        ),
        Misconception(
            "a forgotten imaginary part",
            "You use the real part alone, as if the motion did not swing. Try s = −0.2 + 2i: your step is 10, and "
            "1 + 10·s lies far outside the unit circle.",
            lambda pole: -2 / pole.real,
        ),
        Misconception(
            "a forgotten square",
            "Δ must be a time, and s counts per time. So the result has to scale as 1/s: make every s twice as large, "
            "and Δ must halve. Yours does not change.",
            lambda pole: -2 * pole.real / abs(pole),
        ),
        Misconception(
            "a negative step",
            "The size is right, but the sign is not: the real part of a stable pole is negative, and a step is "
            "positive.",
            lambda pole: 2 * pole.real / abs(pole) ** 2,
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
    misconceptions=[
        Misconception(
            "the B̄ of the zero-order hold",
            "You return B̄ itself. The package multiplies whatever it gets by Δ, so your input comes out Δ times too "
            "large or too small. Which B' gives B̄ after that multiplication?",
            lambda delta, A, B: torch.expm1(delta * A) / A * B,
        ),
        Misconception(
            "an upside-down factor",
            "ΔB lets in too much, so B' must be smaller than B. Yours is larger: the factor is upside down.",
            lambda delta, A, B: B * delta * A / torch.expm1(delta * A),
        ),
        Misconception(
            "a second multiplication by Δ",
            "The package multiplies by Δ, so you have to divide by it beforehand. You multiply once more.",
            lambda delta, A, B: torch.expm1(delta * A) / A * B * delta,
        ),
        Misconception(
            "a factor without − 1",
            "Check with a short tick: as Δ goes to 0 the two rules agree, so the factor must go to 1. With exp(ΔA) "
            "alone above the line it grows without limit.",
            lambda delta, A, B: torch.exp(delta * A) / (delta * A) * B,
        ),
        Misconception(
            "no correction",
            "You return B as it came. Then the package pours in Δ·B, which is more than the zero-order hold does.",
            lambda delta, A, B: B.clone(),
        ),
    ],
)


# Bug hunt: mended_zoh


def mended_zoh(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The zero-order hold for any A ≤ 0 and any Δ > 0, exact to float32 for tiny ΔA too, with B̄ = ΔB at A = 0."""
    x = delta * A  # (N,)
    share = torch.expm1(x) / torch.where(x == 0, 1, x)  # (N,), what is left of ΔB at the end of the tick
    return torch.exp(x), torch.where(x == 0, 1, share) * delta * B  # (N,), (N,)


def _for_each_unit_of_time(function, delta: float, A: Tensor, B: Tensor):
    """Ā and B̄/Δ: so tiny steps count as much as large ones."""
    A_bar, B_bar = function(delta, A, B)
    return A_bar, B_bar / delta


def _small_cases(draw: Draw) -> dict:
    size = draw.size(1, 4)
    A = -draw.integers(0, 4, size) / 2.0  # (N,), zeros among them
    return {"delta": draw.choice([1.0, 0.1, 1e-3, 1e-5, 1e-7, 1e-9]), "A": A, "B": draw.normal(size) + 0.05}


def _guarded(function):
    """A rule that answers ΔB where A is zero, and otherwise what `function` answers."""

    def rule(delta, A, B):
        A_bar, B_bar = function(delta, torch.where(A == 0, -1.0, A), B)
        return torch.where(A == 0, 1, A_bar), torch.where(A == 0, delta * B, B_bar)

    return rule


def _subtracted(delta, A, B):
    A_bar = torch.exp(delta * A)  # (N,)
    return A_bar, (A_bar - 1) / A * B


def _nudged(delta, A, B):
    A_bar = torch.exp(delta * A)  # (N,)
    return A_bar, (A_bar - 1) / (A - 1e-6) * B


def _emptied(delta, A, B):
    return torch.exp(delta * A), torch.nan_to_num(torch.expm1(delta * A) / A) * B


def _switched(delta, A, B):
    A_bar, B_bar = _subtracted(delta, A, B)
    return A_bar, torch.where((delta * A).abs() < 1e-2, delta * B, B_bar)


MENDED_ZOH = Exercise(
    id="04.mended_zoh",
    title="The hold that loses the input",
    reference=mended_zoh,
    cases=_small_cases,
    apply=_for_each_unit_of_time,
    items=("Ā", "B̄/Δ"),
    example={"delta": 1e-9, "A": torch.tensor([-0.5, 0.0]), "B": torch.tensor([1.0, 2.0])},
    trials=40,
    atol=1e-6,
    misconceptions=[
        Misconception(
            "the unmended code",
            "Two things are wrong with this code, and both are still there: tiny steps, and A = 0.",
            _subtracted,
        ),
        Misconception(
            "half of the repair: a tiny ΔA",
            "A = 0 is mended. But exp(x) − 1 still loses its digits when x is tiny: exp(x) is rounded to a number near "
            "1 first, and the subtraction cannot bring the lost digits back.",
            _guarded(_subtracted),
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
            _nudged,
        ),
        Misconception(
            "an input lost at A = 0",
            "Tiny steps are right, and the NaN is gone, but a bucket without a hole now gets no water at all. What is "
            "the limit of (exp(ΔA) − 1)/A for A → 0? It is not 0.",
            _emptied,
        ),
        Misconception(
            "the package's rule",
            "Δ·B has neither of the two problems, but it is not the zero-order hold: for Δ = 1 it is far off. The task "
            "is to keep the formula and to compute it well.",
            lambda delta, A, B: (torch.exp(delta * A), delta * B),
        ),
        Misconception(
            "a switch to ΔB",
            "You use Δ·B as soon as ΔA is small. Just below the switch this is off by ΔA/2, and just above it the "
            "subtraction has already lost digits. There is a function that is exact on both sides.",
            _switched,
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
