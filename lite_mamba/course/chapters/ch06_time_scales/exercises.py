"""Exercises of notebook 06: half-lives, the start of Δ, and what keeps it through set-up and training."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import Mamba

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: half_life


def half_life(A: Tensor, delta: Tensor) -> Tensor:
    """ln 2 / (−A Δ) in steps, for A (D, N) and Δ (D,): (D, N)."""
    return math.log(2) / (-A * delta[:, None])  # (D, N)


def _half_life_cases(draw: Draw) -> dict:
    channels = draw.size(2, 4)
    states = channels + draw.size(1, 3)  # never as many as channels: a wrong axis must show
    A = -draw.integers(1, 40, channels, states) / 4  # (D, N)
    return {"A": A, "delta": torch.tensor([draw.choice([0.001, 0.01, 0.02, 0.1, 0.5]) for _ in range(channels)])}


HALF_LIFE = Exercise(
    id="06.half_life",
    title="The half-life of every state",
    reference=half_life,
    cases=_half_life_cases,
    rtol=1e-3,  # log(exp(Δ·A)) is a right way, and loses digits for small Δ·A
    axes=("channel", "state"),
    misconceptions=[
        Misconception(
            "a time constant",
            "1/(−A·Δ) is the number of steps until 1/e = 37 % is left. That is a time scale too, but not the "
            "half-life: which number belongs in the place of the 1, so that a half is left? (The logarithm of 2 to the "
            "base 2 is 1 as well; the natural one is wanted.)",
            edited(half_life, "math.log(2) → 1"),
        ),
        Misconception(
            "a logarithm to the base 10",
            "You use log10(2) = 0.301. The exponential is that of e, so the logarithm is the natural one: math.log(2), "
            "or torch.log.",
            edited(half_life, "math.log(2) → math.log10(2)"),
        ),
        Misconception(
            "a half without its logarithm",
            "You divide the 2 or the 1/2 itself. Start from exp(Δ·A·t) = 1/2: what do you do to both sides, so that t "
            "comes down from the exponent?",
            [edited(half_life, "math.log(2) → 2"), edited(half_life, "math.log(2) → 0.5")],
        ),
        Misconception(
            "a negative half-life",
            "Your number of steps is negative. Two minus signs meet here: A is negative, and so is the logarithm of "
            "1/2. Start from exp(Δ·A·t) = 1/2, take the logarithm of both sides, and count them.",
            edited(half_life, "-A → A"),
        ),
        Misconception(
            "a half-life in time, not in steps",
            "ln 2 / (−A) is the half-life in units of time. A step lasts Δ units of time. How many steps fit in?",
            edited(half_life, " * delta[:, None] → "),
        ),
        Misconception(
            "an upside-down ratio",
            "With your formula a larger Δ makes the state remember longer. What does a larger step do to exp(Δ·A)? So "
            "which numbers belong above the stroke, and which below?",
            [
                edited(half_life, "/ (-A → * (-A"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → -A * delta[:, None] / math.log(2)"),
            ],
        ),
        Misconception(
            "A above the stroke",
            "With your formula a state that fades faster lives longer. What does a larger −A do to exp(Δ·A)? It "
            "belongs below the stroke, with Δ.",
            edited(half_life, "/ (-A * delta[:, None]) → * -A / delta[:, None]"),
        ),
        Misconception(
            "a Δ outside of the brackets",
            "a / b * c is (a / b) * c: you divide by A, and then *multiply* by Δ. Both belong below the stroke.",
            edited(half_life, "(-A * delta[:, None]) → -A * delta[:, None]"),
        ),
        Misconception(
            "a quarter in the place of a half",
            "Your number is twice the half-life: after it a quarter is left. Which number stands under the logarithm "
            "when a half is left?",
            edited(half_life, "math.log(2) → math.log(4)"),
        ),
        Misconception(
            "what a step takes away",
            "1 − exp(Δ·A) is the share that a step takes away. It is close to −Δ·A for small steps only, and the "
            "half-life wants the exponent itself.",
            edited(half_life, "(-A * delta[:, None]) → (1 - torch.exp(A * delta[:, None]))"),
        ),
        Misconception(
            "a sum in the place of a product",
            "You add Δ to the rate. In exp(Δ·A) they are multiplied: twice the step does what twice the rate does.",
            edited(half_life, "-A * delta[:, None] → -A + delta[:, None]"),
        ),
        Misconception(
            "one rate for all states",
            "All states of a channel get the half-life of one of them. Each state has its own rate, a column of A.",
            [edited(half_life, f"-A * → -A[:, [{state}]].expand_as(A) *") for state in (0, -1)],
        ),
        Misconception(
            "what is left after one step",
            "exp(Δ·A) is the factor of a single step. The question is the other way round: after how many steps has "
            "this factor, multiplied again and again, come down to 1/2?",
            edited(half_life, "math.log(2) / (-A * delta[:, None]) → torch.exp(A * delta[:, None])"),
        ),
        Misconception(
            "the factor of Euler's rule",
            "You take 1 + Δ·A as the factor of a step. Mamba uses exp(Δ·A) for its states, as in notebook 04. With it "
            "the logarithm becomes simple, and nothing fails when Δ·A is below −1.",
            edited(half_life, "math.log(2) / (-A → math.log(0.5) / torch.log(1 + A"),
        ),
        Misconception(
            "an exponential below the stroke",
            "exp(Δ·A) is what is left after a step. The half-life wants its exponent, −Δ·A, as it is: what stands "
            "below your stroke is an exponential, of A or of the product.",
            [
                edited(half_life, "-A * → A.exp() *"),
                edited(half_life, "-A * → -A.exp() *"),
                edited(half_life, "(-A * delta[:, None]) → torch.exp(A * delta[:, None])"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → 0.5 / torch.exp(A * delta[:, None])"),
                edited(half_life, "math.log(2) / (-A * → math.log(0.5) / torch.exp(A *"),
            ],
        ),
        Misconception(
            "channels or states added up",
            "The table has lost an axis: Δ and A were multiplied as matrices, or the row of a channel was averaged or "
            "summed. Every state of every channel has a half-life of its own, (D, N).",
            [
                edited(half_life, "-A * delta[:, None] → -(delta @ A)"),
                edited(half_life, "-A * delta[:, None] → -A.sum(1) * delta"),
                edited(half_life, "-A * delta[:, None] → -A.mean(1) * delta"),
                *(edited(half_life, f"-A * → -A.{added}(dim=1, keepdim=True) *") for added in ("sum", "mean")),
            ],
        ),
        Misconception(
            "a half-life without A",
            "Your number of steps is made of Δ alone, the same for all states of a channel. Each state has a rate of "
            "its own, −A, and fades by exp(Δ·A).",
            edited(half_life, "-A * delta[:, None] → delta[:, None].expand_as(A)"),
        ),
        Misconception(
            "rates that were counted, not given",
            "You count the states, 1, 2, 3, …, in the place of −A. A new block begins with these rates; any other A "
            "has its own. They are given: use A.",
            edited(half_life, "-A → torch.arange(1, A.shape[1] + 1)"),
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            edited(half_life, "delta[:, None] → F.softplus(delta)[:, None]"),
        ),
        Misconception(
            "one Δ for all channels",
            "Every channel gets the same Δ, the first one or a mean. Each channel has a step size of its own: row d "
            "of A meets delta[d].",
            [edited(half_life, "delta[:, None] → delta[0]"), edited(half_life, "delta[:, None] → delta.mean()")],
        ),
        Misconception(
            "whole steps",
            "You round to whole steps. Leave the fraction: 0.43 steps says more than 0 or 1, namely that most of the "
            "state is gone after a single step.",
            [
                edited(half_life, "math.log(2) / → (math.log(2) /", f"[:, None]) → [:, None])).{rounded}")
                for rounded in ("ceil()", "floor()", "round()", "ceil().long()", "round().long()", "long()")
            ],
        ),
        Misconception(
            "a Δ that is matched with the states",
            "A is (D, N), and your Δ comes as (D,) or (1, D). PyTorch lines shapes up from the right, so it tries to "
            "match D with N. Each channel's Δ belongs to a whole row of A: its axis of size 1 stands *behind* D.",
            [edited(half_life, "[:, None] → "), edited(half_life, "-A * delta[:, None] → delta * -A")],
        ),
    ],
)


# Exercise 2: inverse_softplus


def inverse_softplus(dt: Tensor) -> Tensor:
    """dt + log(1 − e^(−dt)), with expm1 so that no digit is lost for a small dt."""
    return dt + torch.log(-torch.expm1(-dt))


def _inverse(formula: str):
    """A wrong inverse: another formula."""
    return edited(inverse_softplus, f"dt + torch.log(-torch.expm1(-dt)) → {formula}")


def _inverse_cases(draw: Draw) -> dict:
    small = [1e-8, 1e-6, 1e-5, 2e-5, 1e-4, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5]
    sizes = [*small, 1.0, 2.0, 3.0, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 100.0, 200.0]
    drawn = torch.tensor([draw.choice(sizes) for _ in range(draw.size(1, 8))])
    return {"dt": draw.choice([drawn, drawn, drawn[0], drawn.expand(2, -1)])}  # any shape, as the docstring says


INVERSE = Exercise(
    id="06.inverse_softplus",
    title="The inverse of softplus",
    reference=inverse_softplus,
    cases=_inverse_cases,
    rtol=3e-7,  # exact, the docstring says: the next cell wants five digits of the Δ that comes back
    atol=4e-6,
    trials=60,
    misconceptions=[
        Misconception(
            "the form that loses its digits",
            "The algebra is right: log(exp(dt) − 1). But in float32 exp(1e-8) is exactly 1, so you take the logarithm "
            "of 0; and exp(100) is infinite. Bring it into a form in which only exp(−dt) occurs, and look at "
            "torch.expm1.",
            _inverse("torch.log(torch.exp(dt) - 1)"),
        ),
        Misconception(
            "a form that overflows",
            "Small values are exact now. But expm1(100) is infinite in float32, while the answer is 100. Take dt out "
            "of the logarithm first: exp(dt) − 1 = exp(dt)·(1 − exp(−dt)).",
            _inverse("torch.log(torch.expm1(dt))"),
        ),
        Misconception(
            "a difference that cancels",
            "Large values are right now, small ones not: you subtract two numbers that are almost equal, and for "
            "dt = 10⁻⁸ nothing is left. torch.expm1(x) computes exp(x) − 1 without this loss.",
            [
                _inverse("dt + torch.log(1 - torch.exp(-dt))"),
                _inverse("torch.where(dt > 20, dt, torch.log(torch.exp(dt) - 1))"),
            ],
        ),
        Misconception(
            "the softplus itself",
            "You apply softplus once more. The inverse has to lead back: what you put into softplus so that dt comes "
            "out. For a small dt it is a negative number.",
            [_inverse(f"{sign}F.softplus({inner}dt)") for sign in ("", "-") for inner in ("", "-")],
        ),
        Misconception(
            "one over softplus",
            "1/f is the reciprocal of a function, not its inverse. The inverse: which x gives softplus(x) = dt?",
            _inverse("1 / F.softplus(dt)"),
        ),
        Misconception(
            "a plain logarithm",
            "log(dt) is close for a small dt, because there softplus is almost exp. At dt = 1 it gives 0, and "
            "softplus(0) is 0.693. Solve dt = log(1 + exp(x)) for x.",
            _inverse("torch.log(dt)"),
        ),
        Misconception(
            "a plus in the place of a minus",
            "log(exp(dt) + 1) is softplus again, in another spelling. When you solve dt = log(1 + exp(x)) for x, the 1 "
            "changes sides.",
            _inverse("torch.log(torch.exp(dt) + 1)"),
        ),
        Misconception(
            "a forgotten dt",
            "You return log(1 − exp(−dt)) alone. When exp(dt) is taken out of the logarithm, it leaves something in "
            "front of it.",
            [_inverse("torch.log(-torch.expm1(-dt))"), _inverse("torch.log(1 - torch.exp(-dt))")],
        ),
        Misconception(
            "a dt too many",
            "log(exp(dt) − 1) is the whole inverse already, and dt comes on top. Where exp(dt) is taken out of the "
            "logarithm, 1 − exp(−dt) stays inside: with expm1(−dt), not expm1(dt).",
            [_inverse("dt + torch.log(torch.expm1(dt))"), _inverse("dt + torch.log(torch.exp(dt) - 1)")],
        ),
        Misconception(
            "multiplied instead of added",
            "The logarithm of a product is the *sum* of the logarithms: log(exp(dt) · (1 − exp(−dt))) has two parts, "
            "and they are added.",
            _inverse("dt * torch.log(-torch.expm1(-dt))"),
        ),
        Misconception(
            "a wrong sign between the two parts",
            "The logarithm of a product is the *sum* of the logarithms: log(exp(dt) · (1 − exp(−dt))). Which of your "
            "two parts has the wrong sign?",
            [_inverse("dt - torch.log(-torch.expm1(-dt))"), _inverse("torch.log(-torch.expm1(-dt)) - dt")],
        ),
        Misconception(
            "a forgotten logarithm",
            "The logarithm is missing: exp(dt) − 1 is exp(x), not x.",
            [_inverse("torch.expm1(dt)"), _inverse("dt - torch.expm1(-dt)")],
        ),
        Misconception(
            "the logarithm of a negative number",
            "exp(−dt) − 1 is negative for every dt > 0, and so is 1 − exp(dt). The logarithm of a negative number is "
            "not a number. Which sign turns it round?",
            [
                _inverse("dt + torch.log(torch.expm1(-dt))"),
                _inverse("torch.log(1 - torch.exp(dt))"),
            ],
        ),
        Misconception(
            "a large dt that is cut off",
            "Beyond some number your answer stays where it is. There dt and its inverse are almost equal, so nothing "
            "has to be cut: bring the formula into a form in which only exp(−dt) occurs.",
            [_inverse(f"torch.log(torch.expm1(dt.clamp(max={most})))") for most in (20, 50, 80)],
        ),
        Misconception(
            "a straight line too early",
            "For large dt the inverse is close to dt itself, and off by exp(−dt): where you begin that still shows. A "
            "switch has to come where the two agree to all digits, at 20 for example. A form in which only exp(−dt) "
            "occurs needs none.",
            [_inverse(f"torch.where(dt > {first}, dt, torch.log(torch.expm1(dt)))") for first in (1, 2, 3, 5, 7, 8, 10)]
            + [_inverse("torch.where(dt > 1, dt, torch.log(torch.exp(dt) - 1))")],
        ),
        Misconception(
            "a plain logarithm for too many",
            "For small dt the inverse is close to log(dt), and off by dt/2: where you end that already shows. "
            "torch.expm1 is exact for all of them, and needs no switch.",
            [
                _inverse(f"torch.where(dt < {last}, torch.log(dt), dt + torch.log(-torch.expm1(-dt)))")
                for last in (1e-4, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5)
            ],
        ),
        Misconception(
            "a small number added",
            "A small number stands in the logarithm or under dt, so that it does not become infinite. For dt = 1e-8 "
            "the answer is then that of the small number. Nothing has to be added once torch.expm1 keeps the digits.",
            [
                _inverse(f"dt + torch.log({inside} + {e})")
                for e in (1e-6, 1e-7, 1e-8, 1e-12)
                for inside in ("-torch.expm1(-dt)", "1 - torch.exp(-dt)")
            ]
            + [_inverse(f"torch.log(torch.expm1(dt) + {e})") for e in (1e-6, 1e-8)]
            + [
                _inverse(f"torch.log({inside})")
                for e in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
                for inside in (f"torch.exp(dt) - 1 + {e}", f"(torch.exp(dt) - 1).clamp(min={e})")
            ]
            + [_inverse("torch.log(torch.exp(dt) - 1 + 1e-12)")]
            + [edited(inverse_softplus, f"return → dt = dt.clamp(min={e}); return") for e in (1e-3, 1e-4, 1e-5, 1e-6)],
        ),
        Misconception(
            "the first terms of a series",
            "log(dt) + dt/2 is how the inverse begins for a small dt, and is off already at 0.5. The formula without a "
            "series is right for all: bring it into a form in which only exp(−dt) occurs.",
            [_inverse("torch.log(dt) + dt / 2"), _inverse("torch.log(dt + dt**2 / 2)")],
        ),
        Misconception(
            "a logarithm of another base",
            "exp undoes the natural logarithm only: torch.log.",
            [_inverse(f"dt + torch.{log}(-torch.expm1(-dt))") for log in ("log10", "log2")],
        ),
        Misconception(
            "the two steps in the wrong order",
            "exp and log cancel here, and dt − 1 is left. Softplus takes the exponential first and the logarithm last: "
            "the way back begins at the logarithm, and undoes it with exp.",
            _inverse("torch.expm1(torch.log(dt))"),
        ),
        Misconception(
            "the inverse of another function",
            "log(dt / (1 − dt)) undoes the sigmoid. Softplus is log(1 + exp(x)); it is never below 0, but it may be "
            "larger than 1.",
            _inverse("torch.log(dt / (1 - dt))"),
        ),
    ],
)


# Exercise 3: sample_dt


def sample_dt(u: Tensor, dt_min: float, dt_max: float, dt_init_floor: float) -> Tensor:
    """exp(log dt_min + u (log dt_max − log dt_min)), none below the floor: (D,)."""
    low, high = math.log(dt_min), math.log(dt_max)
    return torch.exp(low + u * (high - low)).clamp(min=dt_init_floor)  # (D,)


def _sample_cases(draw: Draw) -> dict:
    dt_min = draw.choice([0.001, 0.01])
    return {
        "u": draw.integers(0, 10, draw.size(2, 6)) / 10,
        "dt_min": dt_min,
        "dt_max": draw.choice([0.1, 0.5]),
        "dt_init_floor": draw.choice([0.0001, 0.004, 0.02]),
    }


def _below_the_floor(number):
    """A wrong draw: what lies below the floor becomes `number(dt_min, dt_max)`."""

    def draw(u, dt_min, dt_max, dt_init_floor):
        dt = sample_dt(u, dt_min, dt_max, 0.0)  # (D,)
        return torch.where(dt < dt_init_floor, torch.full_like(dt, number(dt_min, dt_max)), dt)

    return draw


SAMPLE = Exercise(
    id="06.sample_dt",
    title="Step sizes, spread over the decades",
    reference=sample_dt,
    cases=_sample_cases,
    atol=1e-7,
    example={"u": torch.tensor([0.0, 0.25, 0.5, 1.0]), "dt_min": 0.001, "dt_max": 0.1, "dt_init_floor": 0.002},
    misconceptions=[
        Misconception(
            "a uniform draw",
            "You spread the values evenly between dt_min and dt_max. Then u = 0.5 gives 0.05, the middle of the "
            "*numbers*. Spread their logarithms evenly instead: u = 0.5 must give 0.01, the middle of the *factors*.",
            edited(sample_dt, "torch.exp(low + u * (high - low)) → (dt_min + u * (dt_max - dt_min))"),
        ),
        Misconception(
            "an exponential without a logarithm",
            "You take exp of a number between dt_min and dt_max, which is no logarithm, so that all come out near 1. "
            "exp leads back from a logarithm: take that of both ends first.",
            edited(sample_dt, "math.log(dt_min), math.log(dt_max) → dt_min, dt_max"),
        ),
        Misconception(
            "a logarithm that stays one",
            "Before the floor lifts them your values are negative, all of them, as logarithms of step sizes are. Come "
            "back from the logarithm, with exp, before you compare with the floor.",
            edited(sample_dt, "torch.exp(low → (low"),
        ),
        Misconception(
            "a logarithm that is returned",
            "You return log(dt), a negative number. A step size is positive: which function undoes the logarithm?",
            edited(sample_dt, "torch.exp(low → (low", ".clamp(min=dt_init_floor) → "),
        ),
        Misconception(
            "an ignored floor",
            "The draw is right, but dt_init_floor does nothing. Every value below it has to be lifted to it.",
            edited(sample_dt, ".clamp(min=dt_init_floor) → "),
        ),
        Misconception(
            "a floor under the logarithm",
            "You compare the *logarithm* with the floor. All logarithms are negative, so all are lifted, and exp makes "
            "about 1 of each. First exp, then the floor.",
            edited(
                sample_dt, "(high - low)).clamp(min=dt_init_floor) → (high - low)).log().clamp(min=dt_init_floor).exp()"
            ),
        ),
        Misconception(
            "Python's max",
            "`max` asks which of the two is larger, once, and a tensor of several numbers has no single answer. "
            "clamp(min=…) lifts number by number.",
            edited(sample_dt, "return → return max(dt_init_floor, ", ".clamp(min=dt_init_floor) → )"),
        ),
        Misconception(
            "a floor that is a ceiling",
            "clamp(max=…) cuts what lies *above*. A floor lifts what lies below: clamp(min=…).",
            edited(sample_dt, "clamp(min= → clamp(max="),
        ),
        Misconception(
            "a floor that moves the range",
            "You put the floor in the place of dt_min and then draw from another range, so every value moves. The "
            "floor touches only the values that came out below it.",
            [
                edited(sample_dt, "math.log(dt_min) → math.log(max(dt_min, dt_init_floor))"),
                edited(sample_dt, "math.log(dt_min) → math.log(dt_init_floor)"),
            ],
        ),
        Misconception(
            "a product in the place of a power",
            "You multiply the ratio of the ends by u: equal steps of u then add the same, and u = 0 gives 0. For steps "
            "that multiply, u belongs in the exponent.",
            edited(sample_dt, "torch.exp(low + u * (high - low)) → (dt_min * (dt_max / dt_min) * u)"),
        ),
        Misconception(
            "roots or reciprocals spread evenly",
            "You spread the roots or the reciprocals evenly, and the decades get unequal shares. Between 0.001 and "
            "0.1, u = 0.5 must give 0.01.",
            [
                edited(sample_dt, f"torch.exp(low + u * (high - low)) → ({between})")
                for between in (
                    "(dt_min**0.5 + u * (dt_max**0.5 - dt_min**0.5)) ** 2",
                    "1 / (1 / dt_min + u * (1 / dt_max - 1 / dt_min))",
                )
            ],
        ),
        Misconception(
            "a floor under u",
            "The floor lifts u, the random number, and not the step size that comes out.",
            edited(
                sample_dt,
                "(high - low)).clamp(min=dt_init_floor) → (high - low))",
                "u * (high → u.clamp(min=dt_init_floor) * (high",
            ),
        ),
        Misconception(
            "an end in the place of a distance",
            "You go u · log(dt_max) away from log(dt_min), so u = 1 does not lead to dt_max. How far is it from one "
            "end to the other?",
            edited(sample_dt, "u * (high - low) → u * high"),
        ),
        Misconception(
            "a range of your own",
            "The range or the floor is written into your code: 0.001 to 0.1, the numbers of the paper. Use the "
            "dt_min, dt_max and dt_init_floor that are given.",
            [
                edited(sample_dt, "math.log(dt_min), math.log(dt_max) → math.log(0.001), math.log(0.1)"),
                edited(
                    sample_dt,
                    "math.log(dt_min), math.log(dt_max) → math.log(0.001), math.log(0.1)",
                    "min=dt_init_floor → min=1e-4",
                ),
                edited(sample_dt, "min=dt_init_floor → min=dt_init_floor, max=0.1"),
            ],
        ),
        Misconception(
            "the logarithm of the difference",
            "You take log(dt_max − dt_min). The distance between two logarithms is the logarithm of the *ratio*: "
            "log(dt_max) − log(dt_min).",
            edited(sample_dt, "(high - low) → math.log(dt_max - dt_min)"),
        ),
        Misconception(
            "a sum in the place of a distance",
            "You go u times the *sum* of the two logarithms. From one end to the other it is their difference.",
            edited(sample_dt, "(high - low) → (high + low)"),
        ),
        Misconception(
            "step sizes that are laid out evenly",
            "Your step sizes stand at equal distances in the logarithm, as many as there are channels, and u plays no "
            "part. Each channel lies where its own u puts it.",
            edited(sample_dt, "u * → torch.linspace(0, 1, len(u)) *"),
        ),
        Misconception(
            "a floor that is added",
            "The floor is added to every step size. It only lifts what lies below it, and leaves all others alone.",
            edited(sample_dt, ".clamp(min=dt_init_floor) → + dt_init_floor"),
        ),
        Misconception(
            "values below the floor thrown away",
            "Step sizes below the floor are left out, so that fewer than D come back. Each channel needs one: lift "
            "them to the floor.",
            lambda u, dt_min, dt_max, dt_init_floor: (dt := sample_dt(u, dt_min, dt_max, 0.0))[dt >= dt_init_floor],
        ),
        Misconception(
            "another number below the floor",
            "What lies below the floor is set to zero, to dt_min or to dt_max. It is lifted to the floor itself.",
            [_below_the_floor(other) for other in (lambda *ends: 0.0, min, max)],
        ),
        Misconception(
            "two kinds of logarithm",
            "One of your logarithms is natural, the other has another base: exp undoes math.log, 10 ** … undoes "
            "math.log10, 2 ** … undoes math.log2. Take one kind for both ways.",
            [
                *(
                    edited(sample_dt, f"math.log(dt_min), math.log(dt_max) → math.{log}(dt_min), math.{log}(dt_max)")
                    for log in ("log10", "log2")
                ),
                *(edited(sample_dt, f"torch.exp( → torch.pow({base}, ") for base in (10, 2)),
            ],
        ),
        Misconception(
            "a logarithm for tensors, given a number",
            "dt_min and dt_max are plain numbers, and torch.log wants a tensor: math.log takes the logarithm of a "
            "number.",
            edited(sample_dt, "math.log(dt_min), math.log(dt_max) → torch.log(dt_min), torch.log(dt_max)"),
        ),
        Misconception(
            "a softplus in the place of exp",
            "softplus makes a step size of a bias. Here you are in the logarithm: only exp leads back from it.",
            edited(sample_dt, "torch.exp( → F.softplus("),
        ),
        Misconception(
            "a range from top to bottom",
            "u = 0 gives dt_max and u = 1 gives dt_min. For random u it makes no difference, but the exercise says: "
            "u = 0 is the low end.",
            edited(sample_dt, "low + u * (high - low) → high + u * (low - high)"),
        ),
        Misconception(
            "random numbers of your own",
            "You draw random numbers yourself, and u plays no part. It *is* the draw, made beforehand, so that two "
            "programs can be compared.",
            edited(sample_dt, "u * → torch.rand_like(u) *"),
        ),
        Misconception(
            "a bias in the place of Δ",
            "You have already applied the inverse of softplus. That is the next step; here the step sizes themselves "
            "are wanted.",
            edited(
                sample_dt,
                "torch.exp(low → inverse_softplus(torch.exp(low",
                "dt_init_floor)  # → dt_init_floor))  #",
                inverse_softplus=inverse_softplus,
            ),
        ),
        Misconception(
            "a range that begins at one",
            "You start from 1 in the place of dt_min: u = 0 stands for dt_min, and its logarithm is where the way "
            "begins.",
            edited(sample_dt, "torch.exp(low + u → torch.exp(u"),
        ),
    ],
)


# Exercise 4: dt_weight


def dt_weight(u: Tensor, dt_init: str, dt_scale: float) -> Tensor:
    """Between ± R^(−1/2)·dt_scale for "random", all at the upper end for "constant": (D, R)."""
    bound = u.shape[1] ** -0.5 * dt_scale
    return torch.full_like(u, bound) if dt_init == "constant" else (2 * u - 1) * bound  # (D, R)


def _bound(formula: str):
    """A wrong `dt_weight`: right but for its bound."""
    return edited(dt_weight, f"u.shape[1] ** -0.5 * dt_scale → {formula}")


def _weight_cases(draw: Draw) -> dict:
    rank = draw.size(2, 4)
    u = draw.integers(0, 10, rank + draw.size(1, 3), rank) / 10  # (D, R)
    return {"u": u, "dt_init": draw.choice(["random", "constant"]), "dt_scale": draw.choice([0.5, 1.0, 2.0])}


WEIGHT = Exercise(
    id="06.dt_weight",
    title="The first weights of dt_proj",
    reference=dt_weight,
    cases=_weight_cases,
    axes=("channel", "rank"),
    misconceptions=[
        Misconception(
            "a bound that grows with the rank",
            "You multiply by the root of R. Each output adds up R products, so with a larger rank each weight has to "
            "be *smaller*.",
            _bound("u.shape[1] ** 0.5 * dt_scale"),
        ),
        Misconception(
            "a bound of 1/R",
            "With 1/R the sum of R random products shrinks as R grows. Independent random numbers cancel in part: "
            "their sum grows like the root of R, and this is what has to be made up for.",
            _bound("dt_scale / u.shape[1]"),
        ),
        Misconception(
            "a power without brackets",
            "R ** -1/2 is (R ** -1) / 2, half of 1/R: the power comes before the division. Write -0.5, or brackets.",
            _bound("u.shape[1] ** -1 / 2 * dt_scale"),
        ),
        Misconception(
            "the number of outputs in the place of the rank",
            "You take the root of D. But D counts the outputs. How many products does *one* output add up? Look at the "
            "second axis of the weight.",
            _bound("u.shape[0] ** -0.5 * dt_scale"),
        ),
        Misconception(
            "a forgotten scale",
            "Everything is right for dt_scale = 1. Otherwise the bound is multiplied by it.",
            _bound("u.shape[1] ** -0.5"),
        ),
        Misconception(
            "a scale for the constant alone",
            'dt_scale has an effect with "constant" only. It is a factor of bound, and bound is the same for both.',
            edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1) * u.shape[1] ** -0.5"),
        ),
        Misconception(
            "the bound of another rule",
            "This is the bound of Kaiming or of Xavier: it has a root of 2, 3 or 6 in it, or counts the outputs as "
            "well. Here bound is R to the power −1/2, times dt_scale.",
            [
                _bound(f"({number} / {width}) ** 0.5 * dt_scale")
                for number in (2, 3, 6)
                for width in ("u.shape[1]", "(u.shape[0] + u.shape[1])")
            ],
        ),
        Misconception(
            "a scale that divides",
            "A larger dt_scale has to make the weights larger, and twice as large a scale twice as large weights. You "
            "divide by it, or you put it inside the root.",
            [
                _bound("u.shape[1] ** -0.5 / dt_scale"),
                _bound("(u.shape[1] * dt_scale) ** -0.5"),
                _bound("(dt_scale / u.shape[1]) ** 0.5"),
            ],
        ),
        Misconception(
            "positive weights only",
            "u lies between 0 and 1, so all your weights are positive: one answer would move all channels the same "
            "way. Stretch u to the range from −1 to 1 first.",
            edited(dt_weight, "(2 * u - 1) → u"),
        ),
        Misconception(
            "a shift that is not scaled",
            "You stretch by 2·bound and subtract 1. Then u = 0 gives −1, not −bound: bring u to the range from −1 to "
            "1 first, and multiply all of it.",
            edited(dt_weight, "(2 * u - 1) * bound → 2 * u * bound - 1"),
        ),
        Misconception(
            "normal instead of uniform",
            "The weights are normally distributed, so that some lie beyond the bound, and u plays no part. They are "
            "uniform between −bound and bound, made of u.",
            edited(dt_weight, "(2 * u - 1) → torch.randn_like(u)"),
        ),
        Misconception(
            "the size of the whole weight",
            "You take the root of D·R, of all numbers of the weight. How many products does *one* output add up?",
            _bound("u.numel() ** -0.5 * dt_scale"),
        ),
        Misconception(
            "no bound",
            'With "random" your weights lie between −1 and 1, whatever R and dt_scale are. They lie between −bound and '
            "bound.",
            edited(dt_weight, "(2 * u - 1) * bound → 2 * u - 1"),
        ),
        Misconception(
            "a shift left out",
            "Your range is as wide as it should be, and begins at 0: no weight is negative. It lies evenly around 0, "
            "from −bound to bound.",
            edited(dt_weight, "(2 * u - 1) → (2 * u)"),
        ),
        Misconception(
            "a bound without the rank",
            "dt_scale alone is your bound, whatever R is. Each output adds up R products, so with a larger rank each "
            "weight has to be smaller.",
            _bound("dt_scale"),
        ),
        Misconception(
            "cut at the bound, or divided by it",
            "The weights are cut off at bound, or divided by it. The range from −1 to 1 becomes that from −bound to "
            "bound when all of it is multiplied.",
            [
                edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1).clamp(-bound, bound)"),
                edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1) / bound"),
            ],
        ),
        Misconception(
            "a shift before the stretch",
            "u − 1 lies between −1 and 0, and twice as much between −2 and 0: no weight is positive. Stretch u first, "
            "and then shift: the range from −1 to 1.",
            edited(dt_weight, "(2 * u - 1) → 2 * (u - 1)"),
        ),
        Misconception(
            "a shift of another size",
            "Your range is shifted by half of what it should be, or is half as wide and shifted: it does not reach "
            "from −bound to bound. Where do u = 0 and u = 1 land?",
            [edited(dt_weight, "(2 * u - 1) → (2 * u - 0.5)"), edited(dt_weight, "(2 * u - 1) → (u - 1)")],
        ),
        Misconception(
            "a scale that is added",
            "dt_scale is added to the power of R. It is a factor: the bound is multiplied by it.",
            _bound("(u.shape[1] ** -0.5 + dt_scale)"),
        ),
        Misconception(
            "a product in the place of a power",
            "R times −0.5 is negative, and its size grows with R. The bound is R *to the power* −0.5: two stars.",
            _bound("u.shape[1] * -0.5 * dt_scale"),
        ),
        Misconception(
            "half the range",
            "u − 1/2 lies between −1/2 and 1/2, so your weights reach half of the bound only. The range from −1 to 1 "
            "is twice as wide.",
            edited(dt_weight, "2 * u - 1 → u - 0.5"),
        ),
        Misconception(
            "a range from top to bottom",
            "u = 0 gives bound and u = 1 gives −bound. For random u it makes no difference, but the docstring says: "
            "u = 0 is the low end.",
            edited(dt_weight, "2 * u - 1 → 1 - 2 * u"),
        ),
        Misconception(
            "random numbers of your own",
            "You draw random numbers yourself, and u plays no part. It *is* the draw, made beforehand, so that two "
            "programs can be compared.",
            edited(dt_weight, "2 * u - 1 → 2 * torch.rand_like(u) - 1"),
        ),
        Misconception(
            "random weights for both",
            'dt_init changes nothing: with "constant" your weights are spread as well. There every weight is the upper '
            "bound, and u plays no part.",
            edited(dt_weight, 'torch.full_like(u, bound) if dt_init == "constant" else → '),
        ),
        Misconception(
            "a constant with u in it",
            'With "constant" u plays no part: every weight is bound, where u is 0 as where it is 1.',
            edited(dt_weight, "torch.full_like(u, bound) → u * bound"),
        ),
        Misconception(
            "the two kinds the wrong way round",
            'With "constant" your weights are spread, and with "random" they are all the same.',
            edited(dt_weight, 'dt_init == "constant" → dt_init != "constant"'),
        ),
        Misconception(
            "constant weights for both",
            'With "random" the weights are spread between −bound and bound; yours all sit at the upper end.',
            edited(dt_weight, ' if dt_init == "constant" else (2 * u - 1) * bound → '),
        ),
        Misconception(
            "a constant that is not the bound",
            'With "constant" every weight equals bound, which depends on R and on dt_scale. Yours is another number.',
            [
                edited(dt_weight, f"full_like(u, bound) → full_like(u, {value})")
                for value in ("1.0", "0.0", "dt_scale", "-bound", "bound / 2", "u.shape[1] ** -0.5")
            ],
        ),
        Misconception(
            "one number for all weights",
            'With "constant" every weight is bound, but there are D × R of them. Return a tensor of the shape of u.',
            [
                edited(dt_weight, f"torch.full_like(u, bound) → {one}")
                for one in ("bound", "torch.tensor(bound)", "torch.full((len(u),), bound)")
            ],
        ),
        Misconception(
            "swapped axes",
            "nn.Linear(R, D) keeps its weight as (D, R): outputs first. Yours is the other way round.",
            edited(dt_weight, "return torch → return (torch", "* bound → * bound).T"),
        ),
    ],
)


# Bug hunt: mended_init. The suspect has three mistakes, and each hides the next.


def mended_init(model: nn.Module, u: Tensor) -> None:
    """Zero for every bias, but the inverse softplus of log-uniform step sizes for a marked one."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                if getattr(layer.bias, "_no_reinit", False):
                    log_dt = math.log(0.001) + u * math.log(0.1 / 0.001)  # (D,)
                    layer.bias.copy_(inverse_softplus(torch.exp(log_dt)))
                else:
                    layer.bias.zero_()


def _then_reset(condition: str = ""):
    """`mended_init`, and after it a new draw for the linear layers of which the condition holds."""
    loop = "for layer in model.modules():\n            if isinstance(layer, nn.Linear)"
    return edited(
        mended_init, f"zero_() → zero_()\n        {loop}{condition}:\n                layer.reset_parameters()"
    )


def _after_a_reset(init):
    """An initialisation, after a new draw for all linear layers."""

    def reset_and_init(model, u):
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        init(model, u)

    return reset_and_init


def _with_zero_weights(model, u):
    mended_init(model, u)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data.zero_()


def _marked(formula: str):
    """A wrong `mended_init`: another number for the marked bias."""
    return edited(mended_init, f"inverse_softplus(torch.exp(log_dt)) → {formula}")


def small_model(d_model: int) -> nn.Sequential:
    """A linear layer, a Mamba block with biases, a linear layer as wide as the block, and one with a marked bias."""
    D = 2 * d_model
    block = Mamba(d_model, d_state=2, bias=True)
    model = nn.Sequential(nn.Linear(3, d_model), block, nn.Linear(d_model, D), nn.Linear(D, D))
    model[3].bias._no_reinit = True
    return model


def _first_values(function, d_model: int, u: Tensor) -> dict:
    """What an initialisation leaves behind in the same model each time: Δ, all other biases, and the rest.

    The weights may be drawn anew, but must stay random; everything must stay trainable, and marked what is marked.
    """
    torch.default_generator.manual_seed(0)
    model = small_model(d_model)
    marked = [name for name, parameter in model.named_parameters() if hasattr(parameter, "_no_reinit")]
    function(model, u)
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    biases = {f"{name}.bias": layer.bias.detach() for name, layer in layers if layer.bias is not None}
    return {
        **{f"softplus({name})": F.softplus(biases.pop(name)) for name in ("1.dt_proj.bias", "3.bias")},
        **biases,
        "1.A_log": model[1].A_log.detach(),
        "1.D": model[1].D.detach(),
        "weights that are all alike": [name for name, layer in layers if not layer.weight.std() > 0],
        "marks that are lost": [name for name in marked if not hasattr(model.get_parameter(name), "_no_reinit")],
        "no longer trained": [name for name, parameter in model.named_parameters() if not parameter.requires_grad],
    }


def _init_cases(draw: Draw) -> dict:
    d_model = draw.size(2, 3)
    return {"d_model": d_model, "u": draw.integers(0, 10, 2 * d_model) / 10}


MENDED = Exercise(
    id="06.mended_init",
    title="Three mistakes, one behind the other",
    reference=mended_init,
    cases=_init_cases,
    apply=_first_values,
    misconceptions=[
        Misconception(
            "biases that are overwritten",
            "Every Δ is large, some tenths or more, and differs from channel to channel, and the other biases are not "
            "zero either: these are random first values. So they are drawn anew after you have set them.",
            [_then_reset(), _then_reset(" and layer.bias is not None")],
            given=True,
        ),
        Misconception(
            "a mark that is not found",
            "Every Δ is exactly softplus(0) = 0.693: the dt bias was set to zero like all others. If nothing "
            "sets it to zero later, then the condition for it was never true. On which object does the package put its "
            "mark: the layer, the weight or the bias?",
            edited(mended_init, "getattr(layer.bias → getattr(layer"),
        ),
        Misconception(
            "the logarithm of a negative number",
            "Δ is not a number: somewhere a logarithm is taken of a negative number. The inverse of softplus takes "
            "one, and log(dt) is negative, which no softplus ever is. What leads from log(dt) to dt?",
            _marked("inverse_softplus(log_dt)"),
        ),
        Misconception(
            "a logarithm without its sign",
            "Δ is a number now, but of some units, and the largest u gives the smallest. The inverse of softplus got "
            "log(dt) with its minus taken away. Do not turn the sign round: what leads from log(dt) to dt?",
            _marked("inverse_softplus(-log_dt)"),
        ),
        Misconception(
            "two kinds of logarithm",
            "Every Δ is far too small: log_dt is a natural logarithm, and 10 ** … or 2 ** … undoes another one. exp "
            "leads back from math.log.",
            _marked("inverse_softplus(10**log_dt)"),
        ),
        Misconception(
            "a forgotten inverse",
            "Every Δ lies a little above 0.69: the bias got Δ itself. softplus comes after the bias, so the bias needs "
            "the number that softplus turns into Δ.",
            _marked("torch.exp(log_dt)"),
        ),
        Misconception(
            "a softplus in the place of its inverse",
            "Every Δ lies above 0.69: you apply softplus to the number that goes into the bias, and the block applies "
            "it once more. The bias needs the number that softplus turns into Δ: the way back.",
            [_marked("F.softplus(log_dt)"), _marked("F.softplus(torch.exp(log_dt))")],
        ),
        Misconception(
            "a logarithm in the place of the inverse",
            "Close, but a few per cent off where Δ is large: the bias got log(dt). That is the inverse of exp. Use "
            "both: back from the logarithm, then through the inverse of softplus.",
            _marked("log_dt"),
        ),
        Misconception(
            "a bias known by its name or its length",
            "Δ of the block is right. But here another layer's bias is as long and carries no mark, and yet another "
            "carries the mark and has another name. Only the mark tells what a bias is for: ask the bias for it.",
            [
                edited(mended_init, 'getattr(layer.bias, "_no_reinit", False) → layer.bias.shape == u.shape'),
                edited(
                    mended_init,
                    "layer in model.modules() → name, layer in model.named_modules()",
                    'getattr(layer.bias, "_no_reinit", False) → name.endswith("dt_proj")',
                ),
            ],
        ),
        Misconception(
            "other biases that stay random",
            "Δ is right now. But the other biases still hold their random first values: every bias without the mark "
            "has to be zero.",
            [
                edited(mended_init, "layer.bias.zero_() → pass"),
                _after_a_reset(edited(mended_init, "layer.bias.zero_() → pass")),
            ],
        ),
        Misconception(
            "a marked bias drawn anew",
            "Every bias without the mark is zero, as it should be. Those with the mark hold random first values: "
            "reset_parameters comes for their layers after you have set them.",
            _then_reset(' and getattr(layer.bias, "_no_reinit", False)'),
        ),
        Misconception(
            "another range",
            "Δ is spread over the decades, but not from 0.001 to 0.1. The docstring names both ends: where do u = 0 "
            "and u = 1 land?",
            [
                _marked(f"inverse_softplus({low} * {ratio} ** u)")
                for low in (0.0001, 0.001, 0.01)
                for ratio in (10, 100, 1000)
                if (low, ratio) != (0.001, 100)
            ],
        ),
        Misconception(
            "a reset after the zeros",
            "The marked bias is safe now, and Δ is right. But reset_parameters still comes last for the other layers, "
            "and draws their biases anew.",
            [
                _then_reset(' and not getattr(layer.bias, "_no_reinit", False)'),
                _then_reset(' and layer.bias is not None and not getattr(layer.bias, "_no_reinit", False)'),
            ],
        ),
        Misconception(
            "a uniform draw",
            "Δ lies in the right range, spread over the numbers and not over the decades. Exercise 3 has the "
            "log-uniform draw.",
            _marked("inverse_softplus(0.001 + u * 0.099)"),
        ),
        Misconception(
            "a range from top to bottom",
            "Δ lies in the right range, but u = 0 gives 0.1 and u = 1 gives 0.001. The draw goes from the low end up.",
            _marked("inverse_softplus(0.1 * 0.01**u)"),
        ),
        Misconception(
            "random numbers of your own",
            "You draw random numbers yourself, and u plays no part. It *is* the draw, made beforehand, so that two "
            "programs can be compared.",
            edited(mended_init, "+ u * → + torch.rand_like(u) *"),
        ),
        Misconception(
            "weights set to zero as well",
            "The biases are right, and the weights are all alike now: every output of a layer is the same, and stays "
            "so. Only biases are to be set.",
            _with_zero_weights,
        ),
        Misconception(
            "a change that autograd forbids",
            "A parameter is changed in place, and autograd watches it. A first value is not a step of the "
            "computation: torch.no_grad says so.",
            edited(mended_init, "torch.no_grad() → torch.enable_grad()"),
        ),
        Misconception(
            "a layer without a bias",
            "Some linear layers have no bias: theirs is None, and None has no zero_. Ask for it before you write.",
            edited(mended_init, " and layer.bias is not None → "),
        ),
        Misconception(
            "marked biases left alone",
            "Every bias without the mark is zero, and the marked ones hold what they held. They are to get step "
            "sizes, made of u.",
            edited(mended_init, "layer.bias.copy_(inverse_softplus(torch.exp(log_dt))) → pass"),
        ),
        Misconception(
            "layers inside of other layers left out",
            "Only the layers at the top are set up, and those inside of the block are not. model.modules() goes "
            "through all of them, model.children() through the outermost.",
            edited(mended_init, "model.modules() → model.children()"),
        ),
        Misconception(
            "a model that is left as it was",
            "The model is as it was: nothing was written, or it was written into a copy. The biases of the given "
            "model are to be changed in place.",
            edited(mended_init, "with torch.no_grad(): → return\n    with torch.no_grad():"),
        ),
        Misconception(
            "a new parameter without the mark",
            "The biases are right, but they are new parameters, and the mark is gone: the next program sets them to "
            "zero. Change the numbers of the old parameter, with copy_.",
            edited(mended_init, "layer.bias.copy_( → layer.bias = nn.Parameter("),
        ),
        Misconception(
            "step sizes for every layer",
            "You try to write the D step sizes into a bias of another length. Only the bias that carries the mark gets "
            "them: look at the condition once more, and at which way round it is.",
            edited(mended_init, "if getattr → if not getattr"),
        ),
    ],
)


# Exercise 5: split_weight_decay


def split_weight_decay(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for an optimiser: decay for unmarked parameters with two axes or more, none for the rest."""
    decay, no_decay = [], []
    for parameter in model.parameters():
        spared = parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False)
        (no_decay if spared else decay).append(parameter)
    return [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]


def _spared(condition: str):
    """A wrong split that spares other parameters; the condition may ask for a parameter's name."""
    named = "parameter in model.parameters() → name, parameter in model.named_parameters()"
    right = 'parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False)'
    return edited(split_weight_decay, named, f"{right} → {condition}")


def _seen(parameters: str):
    """A wrong split that goes through other parameters."""
    return edited(split_weight_decay, f"model.parameters() → {parameters}")


def _groups(groups: str):
    """A wrong split whose groups are other ones."""
    right = '[{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]'
    return edited(split_weight_decay, f"{right} → {groups}")


class Filter(nn.Module):
    """Another layer with parameters that must not decay: (d_model, 2), marked, not called A_log; and a number."""

    def __init__(self, d_model: int):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(d_model, 2))
        self.rate._no_weight_decay = True
        self.gain = nn.Parameter(torch.tensor(1.0))


def decay_model(d_model: int, tied: bool) -> nn.Module:
    """A small language model with every kind of parameter; if tied, head and embedding share one weight."""
    model = nn.ModuleDict(
        {
            "embedding": nn.Embedding(5, d_model),
            "norm": nn.LayerNorm(d_model),
            "block": Mamba(d_model, d_state=2),
            "filter": Filter(d_model),
            "head": nn.Linear(d_model, 5, bias=False),
        }
    )
    if tied:
        model["head"].weight = model["embedding"].weight
    return model


def _decay_of_each(function, d_model: int, tied: bool, weight_decay: float) -> dict[str, str]:
    """The weight decay that each parameter gets from a function's groups, by name."""
    model = decay_model(d_model, tied)
    groups = function(model, weight_decay)
    if not isinstance(groups, (list, tuple)) or not all(
        isinstance(group, dict) and "params" in group for group in groups
    ):
        kinds = (
            [type(group).__name__ for group in groups] if isinstance(groups, (list, tuple)) else type(groups).__name__
        )
        raise TypeError(f"a list of groups is wanted, dicts with 'params' and 'weight_decay'; got {kinds}")
    given: dict[int, list[str]] = {}
    for group in groups:
        if isinstance(group["params"], (set, frozenset)):
            raise TypeError("an optimiser wants the parameters in a list: a set has no order that stays")
        decay = group.get("weight_decay")
        for parameter in list(group["params"]):
            given.setdefault(id(parameter), []).append("the default" if decay is None else f"{decay:g}")
    return {name: " and ".join(given.get(id(p), ["in no group"])) for name, p in model.named_parameters()}


def _decay_cases(draw: Draw) -> dict:
    return {"d_model": draw.size(2, 4), "tied": draw.choice([False, True]), "weight_decay": draw.choice([0.01, 0.1])}


SPLIT = Exercise(
    id="06.split_weight_decay",
    title="Who decays and who does not",
    reference=split_weight_decay,
    cases=_decay_cases,
    apply=_decay_of_each,
    trials=8,
    misconceptions=[
        Misconception(
            "marks that are ignored",
            "Only the number of axes has an effect in your split. That spares biases, norms and D. But A_log has two "
            "axes, so it decays, and all time scales with it. It carries a mark, _no_weight_decay: ask for it by this "
            "name.",
            _spared("parameter.ndim < 2"),
        ),
        Misconception(
            "a choice by the word bias",
            "You spare what is called bias. A_log, D, the gates and the weights of the norm are not called so, and "
            "decay. Go by the marks and by the number of axes, not by names.",
            _spared('"bias" in name'),
        ),
        Misconception(
            "names in the place of marks",
            "You know A_log and D by name. The next model has a parameter of the same kind under another name, here "
            "filter.rate. It is marked as they are: getattr(parameter, …, False) finds the mark on all of them.",
            _spared('parameter.ndim < 2 or name.split(".")[-1] in ("A_log", "D")'),
        ),
        Misconception(
            "embeddings spared",
            "The embedding does not decay in your split. It is a matrix without a mark, so it decays like the others: "
            "the number of axes and the mark decide, not the kind of layer.",
            _spared('parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False) or "embedding" in name'),
        ),
        Misconception(
            "a list of names",
            "You go by names only: those of A_log, D, biases and norms. Here the block's conv_gates has one axis and "
            "another name, and filter.rate is marked: both decay in your split. Axes and mark need no list.",
            [
                _spared(f'"bias" in name or {norm} or name.split(".")[-1] in {names}')
                for norm in ('"norm" in name', '"embedding" in name or "norm" in name')
                for names in ('("A_log", "D")', '("A_log", "D", "gain")')
            ],
        ),
        Misconception(
            "names in the place of axes",
            "The mark is asked for, or a name, but not the number of axes. The weight of the norm is called weight, "
            "has one axis, and decays in your split.",
            [
                _spared(condition)
                for condition in (
                    '"bias" in name or getattr(parameter, "_no_weight_decay", False)',
                    'not name.endswith("weight")',
                )
            ],
        ),
        Misconception(
            "marks alone",
            "You spare the marked parameters only. Biases, gates and norms have one axis, carry no mark, and should "
            "not decay either: they are offsets and scales, not weights between features.",
            _spared('getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "two axes exactly",
            "The weight of the convolution has three axes, and it decays too: two axes *or more*.",
            _spared('parameter.ndim != 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "no axis at all",
            "ndim < 1 holds for single numbers only. A bias has one axis, and decays in your split: fewer than *two*.",
            _spared('parameter.ndim < 1 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "one axis exactly",
            "You spare what has exactly one axis. A parameter that is a single number, here filter.gain, has none, and "
            "decays in your split. Only two axes or more decay.",
            _spared('parameter.ndim == 1 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "the mark the wrong way round",
            "A_log and its like decay, though their mark asks for the opposite: _no_weight_decay stands on what is to "
            "be spared.",
            [
                _spared('parameter.ndim < 2 or not getattr(parameter, "_no_weight_decay", False)'),
                _spared('not getattr(parameter, "_no_weight_decay", False)'),
                _spared('parameter.ndim < 2 and not getattr(parameter, "_no_weight_decay", False)'),
            ],
        ),
        Misconception(
            "weights of linear layers alone",
            "Only the weights of linear layers decay in your split. Embeddings and convolutions have two axes or more "
            "and no mark: they decay too. Go through the parameters, not through kinds of layers.",
            _spared("all(parameter is not m.weight for m in model.modules() if isinstance(m, nn.Linear))"),
        ),
        Misconception(
            "a key of another name",
            "The groups do not say weight_decay, so both get the optimiser's default, which is 0.01 for AdamW. The "
            "keys have the names of the optimiser's arguments: params, weight_decay.",
            _groups('[{"params": decay}, {"params": no_decay}]'),
        ),
        Misconception(
            "something else than a list of groups",
            "What comes back is one dict, or an optimiser. Wanted is what an optimiser is made from: a list with two "
            'dicts, {"params": …, "weight_decay": …}.',
            [
                _groups('{"decay": decay, "no_decay": no_decay}'),
                _groups("torch.optim.AdamW(decay)"),
            ],
        ),
        Misconception(
            "both conditions at once",
            "You spare what has one axis *and* carries a mark: that is D alone. One of the two is enough to be spared.",
            _spared('parameter.ndim < 2 and getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "marked parameters that are lost",
            "Marked parameters are in neither group. What an optimiser is not given, it does not train: they "
            "would stay as they are for ever.",
            [
                _seen('[p for p in model.parameters() if not hasattr(p, "_no_weight_decay")]'),
                _seen('[p for p in model.parameters() if p.ndim < 2 or not hasattr(p, "_no_weight_decay")]'),
            ],
        ),
        Misconception(
            "biases and norms that are lost",
            "What has one axis and no mark is in neither group. What an optimiser is not given, it does not train.",
            _seen('[p for p in model.parameters() if p.ndim > 1 or hasattr(p, "_no_weight_decay")]'),
        ),
        Misconception(
            "one group without its parameters",
            "Only one of the two groups holds parameters of the model; the other is missing, empty, or holds copies. "
            "What an optimiser is not given, it does not train: its parameters would stay as they are for ever.",
            [
                _groups('[{"params": decay, "weight_decay": weight_decay}]'),
                _groups('[{"params": no_decay, "weight_decay": 0.0}]'),
            ],
        ),
        Misconception(
            "parameters in both groups",
            "The first group holds all parameters, so some stand in both. AdamW refuses such groups. Each parameter "
            "goes into exactly one.",
            edited(split_weight_decay, '"params": decay → "params": decay + no_decay'),
        ),
        Misconception(
            "marked matrices in both groups",
            "A_log has two axes, so it went into the first group, and it is marked, so it went into the second one "
            "too. Each parameter goes into exactly one: the mark wins.",
            edited(split_weight_decay, '"params": decay → "params": decay + [p for p in no_decay if p.ndim > 1]'),
        ),
        Misconception(
            "a shared weight that is counted twice",
            "You collect the parameters module by module. A weight that two modules share comes twice, and the "
            "optimiser refuses it. model.parameters() lists each one once.",
            _seen("[p for module in model.modules() for p in module.parameters(recurse=False)]"),
        ),
        Misconception(
            "parameters counted again by every parent",
            "Each module also lists the parameters of its children, so most come several times. Ask the model once: "
            "model.parameters() goes through all modules by itself.",
            _seen("[p for module in model.modules() for p in module.parameters()]"),
        ),
        Misconception(
            "a second group without its own decay",
            "The second group does not say weight_decay. Then it gets the optimiser's default, which is 0.01 for "
            "AdamW, not 0. Say it.",
            edited(split_weight_decay, ', "weight_decay": 0.0 → '),
        ),
        Misconception(
            "a decay that was not given",
            "The first group is to decay by the number that your function gets, not by one of your own.",
            [
                edited(split_weight_decay, f'"weight_decay": weight_decay → "weight_decay": {own}')
                for own in (0.1, 0.01)
            ],
        ),
        Misconception(
            "more than two axes",
            "You spare what has two axes as well, so that hardly anything decays. Matrices decay: two axes *or more*.",
            _spared('parameter.ndim <= 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "a decay for everything",
            "All parameters decay, so nothing is spared. Biases, norms and what is marked go into a second group, "
            "which gets 0.0.",
            edited(split_weight_decay, '"weight_decay": 0.0 → "weight_decay": weight_decay'),
        ),
        Misconception(
            "groups without the model's parameters",
            "No parameter of the model is in a group: they are empty, or hold names, pairs or copies. An optimiser "
            "changes what it is given, so it wants the parameters themselves.",
            edited(split_weight_decay, "append(parameter) → append(parameter.data)"),
        ),
        Misconception(
            "few numbers in the place of few axes",
            "You ask how many numbers a parameter has. A bias has many: it is the number of its axes, ndim, that sets "
            "it apart.",
            _spared('parameter.numel() < 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "a set of parameters",
            "The parameters stand in a set. It has no order that stays, so an optimiser refuses it: make a list.",
            edited(
                split_weight_decay,
                '"params": decay, → "params": set(decay),',
                '"params": no_decay, → "params": set(no_decay),',
            ),
        ),
        Misconception(
            "swapped groups",
            "The right parameters are together, but the decay went to the wrong group.",
            edited(split_weight_decay, "no_decay if spared else decay → decay if spared else no_decay"),
        ),
        Misconception(
            "a mark that most parameters do not have",
            "Most parameters carry no mark at all, so reading it raises an error. getattr takes a third argument: what "
            "to answer where there is nothing.",
            _spared("parameter.ndim < 2 or parameter._no_weight_decay"),
        ),
        Misconception(
            "parameters compared by their values",
            "`in` compares tensors number by number, and fails. Decide for each parameter on the spot which list it "
            "goes into, so that you never have to look for it again.",
            [
                edited(
                    split_weight_decay,
                    f'"params": decay → "params": [p for p in model.parameters() if p not in {them}]',
                )
                for them in ("no_decay", '[p for p in no_decay if hasattr(p, "_no_weight_decay")]')
            ],
        ),
        Misconception(
            "two lists in the place of two groups",
            'An optimiser wants a list of dicts, one a group: {"params": …, "weight_decay": …}.',
            [_groups("[decay, no_decay]"), _groups("[*decay, *no_decay]"), _groups("decay")],
        ),
    ],
)

EXERCISES = [HALF_LIFE, INVERSE, SAMPLE, WEIGHT, MENDED, SPLIT]

RECAP = [
    Question(
        "A channel has Δ = 0.01. Its state with A = −1 has a half-life of 69 steps. What is it for A = −4?",
        ["276 steps", "about 65 steps", "about 17 steps", "about 4 steps"],
        "about 17 steps",
        "The half-life is ln 2 / (−A·Δ). Four times the rate, a quarter of the steps.",
    ),
    Question(
        "What does S4D-real keep of the HiPPO-LegS matrix?",
        ["The rates 1, 2, …, N", "The links between the states", "The first column", "Nothing, it is random"],
        "The rates 1, 2, …, N",
        "It keeps the diagonal, −1 to −N: it holds the rates. The links below it, which make the waves, are dropped.",
    ),
    Question(
        "Why is dt drawn log-uniformly, not uniformly, between 0.001 and 0.1?",
        [
            "So that the mean of Δ is 0.05",
            "So that each factor of ten gets as many channels as the other",
            "Because softplus needs a logarithm",
            "So that no channel lies below the floor",
        ],
        "So that each factor of ten gets as many channels as the other",
        "Drawn uniformly, 91 of 100 channels would lie above 0.01, and few would remember for long.",
    ),
    Question(
        "A framework sets all biases to zero. How many steps does the slowest state of a Mamba block remember now?",
        ["Its half-life is 1 step", "Its half-life is 69 steps", "Its half-life is 693 steps", "It never forgets"],
        "Its half-life is 1 step",
        "Δ = softplus(0) = ln 2 in every channel. With A = −1 the half-life is ln 2 / ln 2 = 1 step.",
    ),
    Question(
        "Weight decay pulls A_log towards 0. What happens to the states?",
        [
            "They stop forgetting",
            "They forget at once",
            "Nothing, decay acts on weights only",
            "Their rates all move to 1",
        ],
        "Their rates all move to 1",
        "A = −exp(A_log), and exp(0) = 1. Sixteen time scales become one.",
    ),
]
