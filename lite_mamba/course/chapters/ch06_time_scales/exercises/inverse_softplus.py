"""Exercise 2: inverse_softplus."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def inverse_softplus(dt: Tensor) -> Tensor:
    """dt + log(1 − e^(−dt)), with expm1 so that no digit is lost for a small dt."""
    return dt + torch.log(-torch.expm1(-dt))


def _inverse(formula: str):
    """A wrong inverse: another formula."""
    return edited(inverse_softplus, f"dt + torch.log(-torch.expm1(-dt)) → {formula}", math=math)


_EPS = torch.finfo(torch.float32).eps
_TOO_EARLY = (1, 2, 3, 5, 7, 8, 10)  # where a switch to dt itself still shows
_MIDDLES = (0.01, 0.1, 0.5, 1, 2, 3, 5, 10, 20)  # where log(dt) gives way to dt


def _inverse_cases(draw: Draw) -> dict:
    small = [1e-8, 3e-8, 1e-6, 1e-5, 2e-5, 1e-4, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5]
    sizes = [*small, 1.0, 2.0, 3.0, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 89.0, 100.0, 200.0]
    drawn = torch.tensor([draw.choice(sizes) for _ in range(draw.size(1, 8))])
    return {"dt": draw.choice([drawn, drawn, drawn[0], drawn.expand(2, -1)])}  # any shape, as the docstring says


INVERSE_SOFTPLUS = Exercise(
    id="06.inverse_softplus",
    title="The inverse of softplus",
    reference=inverse_softplus,
    cases=_inverse_cases,
    rtol=3e-7,  # exact, the docstring says: the next cell wants five digits of the Δ that comes back
    atol=4e-6,
    trials=70,
    misconceptions=[
        Misconception(
            "the form that loses its digits",
            "The algebra is right: log(exp(dt) − 1). But in float32 exp(dt) keeps few digits of a small dt, and none "
            "of 1e-8: you take the logarithm of 0; and exp(100) is infinite. Bring it into a form in which only "
            "exp(−dt) occurs, and look at torch.expm1.",
            [
                _inverse("torch.log(torch.exp(dt) - 1)"),
                _inverse("torch.nan_to_num(torch.log(torch.exp(dt) - 1))"),
                _inverse("torch.log(torch.exp(dt) * (1 - torch.exp(-dt)))"),
            ],
        ),
        Misconception(
            "a form that overflows",
            "Small values are exact now. But exp(100) and expm1(100) are infinite in float32, while the answer is 100. "
            "exp(dt) − 1 = exp(dt)·(1 − exp(−dt)): the logarithm of exp(dt) is dt itself.",
            [
                _inverse("torch.log(torch.expm1(dt))"),
                _inverse("torch.nan_to_num(torch.log(torch.expm1(dt)))"),
                _inverse("dt * 1 if (dt > 20).all() else torch.log(torch.expm1(dt))"),
            ],
        ),
        Misconception(
            "a difference that cancels",
            "Large values are right now, small ones not: exp of a number near 0 is rounded, so its difference from 1 "
            "has few digits of a small dt, and none of 10⁻⁸. torch.expm1(x) computes exp(x) − 1 without forming exp(x) "
            "first.",
            [
                _inverse("dt + torch.log(1 - torch.exp(-dt))"),
                _inverse("torch.nan_to_num(dt + torch.log(1 - torch.exp(-dt)))"),
                _inverse("torch.where(dt > 20, dt, torch.log(torch.exp(dt) - 1))"),
                _inverse("torch.where(torch.log(torch.exp(dt) - 1).isinf(), dt, torch.log(torch.exp(dt) - 1))"),
            ],
        ),
        Misconception(
            "softplus once more",
            "You apply softplus once more, by its name or in another spelling: log(exp(dt) + 1) is softplus, and so is "
            "dt + log(1 + exp(−dt)). The inverse leads back: solve dt = log(1 + exp(x)) for x, and watch the sign of "
            "the 1.",
            [
                *(_inverse(f"{sign}F.softplus({inner}dt)") for sign in ("", "-") for inner in ("", "-")),
                _inverse("dt - F.softplus(-dt)"),
                _inverse("torch.log(torch.exp(dt) + 1)"),
            ],
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
            "a forgotten dt",
            "You return log(1 − exp(−dt)) alone. When exp(dt) is taken out of the logarithm, it leaves something in "
            "front of it.",
            [_inverse("torch.log(-torch.expm1(-dt))"), _inverse("torch.log(1 - torch.exp(-dt))")],
        ),
        Misconception(
            "a dt too many",
            "log(exp(dt) − 1) is the whole inverse already, and dt stands beside it. Where exp(dt) is taken out of the "
            "logarithm, 1 − exp(−dt) stays inside: with expm1(−dt), not expm1(dt).",
            [
                _inverse(both)
                for whole in ("torch.expm1(dt)", "torch.exp(dt) - 1")
                for both in (f"dt + torch.log({whole})", f"dt - torch.log({whole})", f"torch.log({whole}) - dt")
            ],
        ),
        Misconception(
            "multiplied instead of added",
            "The logarithm of a product is the *sum* of the logarithms: log(exp(dt) · (1 − exp(−dt))) has two parts, "
            "and they are added.",
            [_inverse(f"dt * torch.log({rest})") for rest in ("-torch.expm1(-dt)", "1 - torch.exp(-dt)")],
        ),
        Misconception(
            "a wrong sign between the two parts",
            "The logarithm of a product is the *sum* of the logarithms: log(exp(dt) · (1 − exp(−dt))). Which of your "
            "two parts has the wrong sign?",
            [
                _inverse(both)
                for rest in ("-torch.expm1(-dt)", "1 - torch.exp(-dt)")
                for both in (f"dt - torch.log({rest})", f"torch.log({rest}) - dt")
            ],
        ),
        Misconception(
            "a logarithm of one factor alone",
            "In log(exp(dt) · (1 − exp(−dt))) both factors stand under the logarithm, and you took that of the second "
            "only. What is the logarithm of exp(dt)?",
            [_inverse(f"torch.exp(dt) + torch.log({rest})") for rest in ("-torch.expm1(-dt)", "1 - torch.exp(-dt)")],
        ),
        Misconception(
            "a forgotten logarithm",
            "A logarithm is missing: exp(dt) − 1 is exp(x), not x. Taken apart, exp(dt)·(1 − exp(−dt)), both parts "
            "want theirs.",
            [_inverse("torch.expm1(dt)"), _inverse("dt - torch.expm1(-dt)"), _inverse("dt + torch.expm1(-dt)")],
        ),
        Misconception(
            "dt under the logarithm",
            "dt stands under the logarithm, with the rest. The logarithm of exp(dt) is dt already: where does it stand "
            "then?",
            [
                _inverse(f"torch.log({both})")
                for both in ("dt - torch.expm1(-dt)", "dt * -torch.expm1(-dt)", "dt + torch.expm1(-dt)")
            ],
        ),
        Misconception(
            "a forgotten exponential",
            "You take the 1 away from dt itself, or from its logarithm. In dt = log(1 + exp(x)) the logarithm comes "
            "last, so on the way back exp comes first.",
            [_inverse("torch.log(dt - 1)"), _inverse("torch.log(dt) - 1")],
        ),
        Misconception(
            "a 1 beside expm1",
            "expm1 has taken a 1 away already, and here a 1 stands beside it again: written out, or in log1p(x), which "
            "is log(1 + x). What does expm1 give, by itself?",
            [
                *(_inverse(f"dt + torch.log1p({sign}torch.expm1(-dt))") for sign in ("", "-")),
                _inverse("torch.log(torch.expm1(dt) - 1)"),
            ],
        ),
        Misconception(
            "log1p in the place of expm1",
            "log1p(x) is log(1 + x). It undoes expm1(x), which is exp(x) − 1: which of the two stands under your "
            "logarithm?",
            [_inverse(f"{front}torch.log(torch.log1p(dt))") for front in ("", "dt + ")],
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
            "a switch that comes too late",
            "For large dt you switch to dt itself, which is right, but only beyond the numbers that exp bears: above "
            "88.7 it is infinite in float32. A form in which only exp(−dt) occurs needs no switch.",
            [_inverse(f"torch.where(dt > {first}, dt, torch.log(torch.expm1(dt)))") for first in (90, 100)],
        ),
        Misconception(
            "a large dt that is cut off",
            "Beyond some large number your answer stays where it is. There dt and its inverse are almost equal, so "
            "nothing has to be cut: bring the formula into a form in which only exp(−dt) occurs.",
            [
                _inverse(f"torch.log({inside})")
                for ends in (
                    *(f"max={most}" for most in (20, 50, 80, 85, 88)),
                    *(f"{least}, {most}" for least in (1e-6, 1e-4) for most in (20, 50, 80)),
                )
                for inside in (f"torch.expm1(dt.clamp({ends}))", f"torch.exp(dt.clamp({ends})) - 1")
            ],
            where=lambda dt: (dt > 88).any(),
        ),
        Misconception(
            "a straight line too early",
            "For large dt the inverse is close to dt itself, and off by exp(−dt): where you begin that still shows. A "
            "switch has to come where the two agree to all digits, at 20 for example. A form in which only exp(−dt) "
            "occurs needs none.",
            [_inverse(f"torch.where(dt > {first}, dt, torch.log(torch.expm1(dt)))") for first in _TOO_EARLY],
        ),
        Misconception(
            "one way for all numbers",
            "You ask once, of the whole tensor, and go one way with all that it holds: beside a large number a small "
            "one comes back as it is. torch.where decides number by number. A form in which only exp(−dt) occurs has "
            "nothing to decide.",
            [_inverse(f"dt * 1 if (dt > {first}).any() else torch.log(torch.expm1(dt))") for first in (10, 20)],
        ),
        Misconception(
            "a difference that cancels, and a switch",
            "For a small dt you subtract two numbers that are almost equal, and few digits are left: torch.expm1(x) "
            "computes exp(x) − 1 without this loss. And your switch to dt comes too early, or for all numbers at once: "
            "a form in which only exp(−dt) occurs needs none.",
            [
                _inverse(f"{switch} torch.log(torch.exp(dt) - 1){close}")
                for switch, close in (
                    *((f"torch.where(dt > {first}, dt,", ")") for first in _TOO_EARLY),
                    *((f"dt * 1 if (dt > {first}).any() else", "") for first in (10, 20)),
                )
            ],
        ),
        Misconception(
            "a plain logarithm for too many",
            "For small dt the inverse is close to log(dt), and off by dt/2: where you end that already shows. "
            "torch.expm1 is exact for all of them, and needs no switch.",
            [
                _inverse(f"torch.where(dt < {last}, torch.log(dt), dt + torch.log(-torch.expm1(-dt)))")
                for last in (1e-4, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5)
            ]
            + [
                _inverse(f"torch.where(dt < {last}, torch.log(dt), torch.log({inside}))")
                for last, inside in (
                    (0.001, "torch.exp(dt) - 1"),
                    (0.001, "torch.expm1(dt)"),
                    (0.01, "torch.expm1(dt)"),
                    (0.1, "torch.expm1(dt)"),
                    (1, "torch.expm1(dt)"),
                )
            ]
            + [
                _inverse(
                    f"torch.where(dt < {last}, torch.log(dt), torch.where(dt > 20, dt, torch.log(torch.exp(dt) - 1)))"
                )
                for last in (1e-4, 0.001)
            ],
            where=lambda dt: (dt < 80).all() and ((dt > 1.5e-5) & (dt < 3e-5)).any(),  # all of these take log(2e-5)
        ),
        Misconception(
            "the two ends alone",
            "You take log(dt) below some number and dt above it. Each is close to the inverse at its own end, and "
            "neither in between: at dt = 1 the answer is 0.541. One formula is right for all.",
            [_inverse(f"torch.where(dt < {middle}, torch.log(dt), dt)") for middle in _MIDDLES],
        ),
        Misconception(
            "dt itself",
            "What comes out is dt. exp and log undo one another where nothing comes between them, and torch.where "
            "takes its first value where the condition holds. What comes between exp and log in softplus, and so on "
            "the way back?",
            [_inverse("dt * 1"), _inverse("torch.log(torch.exp(dt))")],
        ),
        Misconception(
            "a 1 that is not between exp and log",
            "What comes out is dt − 1: exp and log undo one another, and the 1 is taken away inside of exp, or after "
            "the logarithm. In softplus it stands between the two.",
            [_inverse("torch.log(torch.exp(dt)) - 1"), _inverse("torch.log(torch.exp(dt - 1))")],
        ),
        Misconception(
            "functions of math, given a tensor",
            "math.exp, math.expm1 and math.log take one number and give a plain one back. dt may hold many: torch has "
            "functions of the same names that take them all.",
            [
                _inverse(formula)
                for formula in (
                    "math.log(math.exp(dt) - 1)",
                    "math.log(math.expm1(dt))",
                    "math.log(torch.exp(dt) - 1)",
                    "dt + math.log(-math.expm1(-dt))",
                    "torch.log(math.exp(dt) - 1)",
                )
            ],
        ),
        Misconception(
            "a small number added",
            "A small number stands in the logarithm or under dt, so that it does not become infinite. It moves the "
            "answer for the smallest dt. Nothing has to be added once torch.expm1 keeps the digits.",
            [
                _inverse(f"dt + torch.log({inside} + {e})")
                for e in (1e-6, 1e-7, 1e-8, 1e-12, _EPS)
                for inside in ("-torch.expm1(-dt)", "1 - torch.exp(-dt)")
            ]
            + [_inverse(f"torch.log(torch.expm1(dt) + {e})") for e in (1e-6, 1e-8)]
            + [_inverse("torch.log(torch.expm1(dt).clamp(min=1e-4))")]
            + [
                _inverse(f"torch.log({inside})")
                for e in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, _EPS)
                for inside in (f"torch.exp(dt) - 1 + {e}", f"(torch.exp(dt) - 1).clamp(min={e})")
            ]
            + [
                _inverse(f"torch.where(dt > 20, dt, torch.log({inside}))")
                for e in (1e-6, 1e-7, 1e-8, 1e-10)
                for inside in (f"torch.exp(dt) - 1 + {e}", f"(torch.exp(dt) - 1).clamp(min={e})")
            ]
            + [
                _inverse("torch.log(torch.exp(dt) - 1 + 1e-12)"),
                *(_inverse(f"torch.where(dt > 20, dt, torch.log(torch.exp(dt) - 1 + {e}))") for e in (1e-12, 1e-20)),
            ]
            + [edited(inverse_softplus, f"return → dt = dt.clamp(min={e}); return") for e in (1e-3, 1e-4, 1e-5, 1e-6)],
            where=lambda dt: (dt < 5e-8).any(),
        ),
        Misconception(
            "small numbers lifted, large ones not",
            "You lift the smallest dt, so that its logarithm does not become infinite: torch.expm1 keeps its digits, "
            "and nothing has to be lifted. The large end is what fails: expm1(100) is infinite in float32, while the "
            "answer is 100. Take dt out of the logarithm first: exp(dt) − 1 = exp(dt)·(1 − exp(−dt)).",
            [_inverse(f"torch.log(torch.expm1(dt).clamp(min={e}))") for e in (1e-5, 1e-6)],
        ),
        Misconception(
            "the first terms of a series",
            "The first terms of a series, log(dt) + dt/2 or dt + dt²/2 under a logarithm, are close for a small dt, "
            "and off already at 0.5. The formula without a series is right for all: bring it into a form in which only "
            "exp(−dt) occurs.",
            [_inverse("torch.log(dt) + dt / 2"), _inverse("torch.log(dt + dt**2 / 2)")],
        ),
        Misconception(
            "a logarithm of another base",
            "exp undoes the natural logarithm only: torch.log.",
            [
                _inverse(formula)
                for log in ("log10", "log2")
                for formula in (
                    f"dt + torch.{log}(-torch.expm1(-dt))",
                    f"torch.{log}(torch.expm1(dt))",
                    f"torch.{log}(torch.exp(dt) - 1)",
                )
            ],
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
