"""Exercise 3: sample_dt."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .inverse_softplus import inverse_softplus


def sample_dt(u: Tensor, dt_min: float, dt_max: float, dt_init_floor: float) -> Tensor:
    """exp(log dt_min + u (log dt_max − log dt_min)), none below the floor: (D,)."""
    low, high = math.log(dt_min), math.log(dt_max)
    return torch.exp(low + u * (high - low)).clamp(min=dt_init_floor)  # (D,)


def _sample_cases(draw: Draw) -> dict:
    dt_min = draw.choice([0.001, 0.01])
    return {
        "u": draw.integers(0, 10, draw.size(1, 6)) / 10,
        "dt_min": dt_min,
        "dt_max": draw.choice([0.1, 0.5]),
        "dt_init_floor": draw.choice([0.0001, 0.004, 0.02]),
    }


def _floored_or_not(*edits: str):
    """Two wrong draws with the same edits: one with the floor, one without."""
    return [edited(sample_dt, *edits), edited(sample_dt, *edits, ".clamp(min=dt_init_floor) → ")]


def _below_the_floor(number):
    """A wrong draw: what lies below the floor becomes `number(dt_min, dt_max)`."""

    def draw(u, dt_min, dt_max, dt_init_floor):
        dt = sample_dt(u, dt_min, dt_max, 0.0)  # (D,)
        return torch.where(dt < dt_init_floor, torch.full_like(dt, number(dt_min, dt_max)), dt)

    return draw


SAMPLE_DT = Exercise(
    id="06.sample_dt",
    title="Step sizes, spread over the decades",
    reference=sample_dt,
    cases=_sample_cases,
    atol=1e-7,
    example={"u": torch.tensor([0.0, 0.25, 0.5, 1.0]), "dt_min": 0.001, "dt_max": 0.1, "dt_init_floor": 0.002},
    misconceptions=[
        Misconception(
            "a uniform draw",
            "You spread the step sizes themselves evenly. Then u = 0.5 gives about 0.05, the middle of the *numbers*. "
            "Spread their logarithms evenly instead: u = 0.5 must give 0.01, the middle of the *factors*.",
            [
                edited(sample_dt, f"torch.exp(low + u * (high - low)){floor} → ({even})")
                for even in ("dt_min + u * (dt_max - dt_min)", "dt_max - u * (dt_max - dt_min)", "dt_min + u * dt_max")
                for floor in ("", ".clamp(min=dt_init_floor)")
            ],
        ),
        Misconception(
            "an exponential without a logarithm",
            "You take exp of a number between dt_min and dt_max, which is no logarithm, so that all come out near 1. "
            "exp leads back from a logarithm: take that of both ends first.",
            edited(sample_dt, "math.log(dt_min), math.log(dt_max) → dt_min, dt_max"),
        ),
        Misconception(
            "the floor and nothing else",
            "All of your values are the floor. What comes out without it? If it is the logarithm of a step "
            "size, or exp of it minus 1, it is negative, and the floor lifts all of it: exp alone leads back. If it is "
            "a step size, look at what clamp gets: the least value first, and the largest second.",
            edited(sample_dt, "torch.exp(low → (low"),
        ),
        Misconception(
            "a logarithm that is returned",
            "You return log(dt), a negative number. A step size is positive: which function undoes the logarithm?",
            [
                edited(sample_dt, "torch.exp(low → (low", ".clamp(min=dt_init_floor) → "),
                *(
                    edited(
                        sample_dt,
                        "torch.exp(low → (low",
                        ".clamp(min=dt_init_floor) → ",
                        f"math.log(dt_min), math.log(dt_max) → math.{log}(dt_min), math.{log}(dt_max)",
                    )
                    for log in ("log10", "log2")
                ),
            ],
        ),
        Misconception(
            "an ignored floor",
            "The draw is right, but dt_init_floor does nothing. Every value below it has to be lifted to it.",
            edited(sample_dt, ".clamp(min=dt_init_floor) → "),
        ),
        Misconception(
            "a floor under the logarithm",
            "You lift the *logarithm* to the floor, or the step size to exp(floor). All logarithms are negative, so "
            "all are lifted, and about 1 comes out for each. First exp, then the floor itself.",
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
            "You put the floor in the place of dt_min and then draw from another range, so the values in between move "
            "as well. The floor touches only those that came out below it.",
            [
                edited(sample_dt, "math.log(dt_min) → math.log(max(dt_min, dt_init_floor))"),
                edited(sample_dt, "math.log(dt_min) → math.log(dt_init_floor)"),
                edited(sample_dt, "torch.exp(low → torch.exp(math.log(dt_init_floor)"),
            ],
        ),
        Misconception(
            "a product in the place of a power",
            "You have u · dt_max: equal steps of u then add the same, and u = 0 gives 0, which the floor lifts. For "
            "steps that multiply, u belongs in the exponent, over the ratio of the two ends.",
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
            _floored_or_not("u * (high - low) → u * high"),
        ),
        Misconception(
            "a way that does not begin at dt_min",
            "u = 1 leads to dt_max, but u = 0, before the floor, not to dt_min. Is it in your formula, and does it "
            "stay? A power comes before a product, and a product before a difference: brackets decide in "
            "low + u * high - low, in dt_min * dt_max / dt_min ** u and in (dt_min * ratio) ** u.",
            [
                edited(sample_dt, "u * (high - low) → u * high - low"),
                edited(sample_dt, "u * (high - low) → high - u * low"),
            ],
        ),
        Misconception(
            "a distance of one",
            "You add u itself to the logarithm, so u = 1 leads up by a factor of 2.7 only. How far is it from "
            "log(dt_min) to log(dt_max)?",
            edited(sample_dt, "u * (high - low) → u"),
        ),
        Misconception(
            "a way that leads down",
            "From dt_min your step sizes become *smaller* as u grows, until the floor lifts them: a difference or a "
            "ratio of the two ends is turned round. u = 1 has to lead up, to dt_max.",
            edited(sample_dt, "low + u → low - u"),
            where=lambda u, dt_min, dt_max, dt_init_floor: dt_init_floor < dt_min and len(set(u.tolist())) > 1,
        ),
        Misconception(
            "a way that begins at the top",
            "u = 0 gives dt_max, and u = 1, before the floor, does not lead to the other end. u = 0 stands for dt_min: "
            "there the way begins, and at dt_max it ends.",
            [
                edited(sample_dt, "low + u → high + u"),
                edited(sample_dt, "low + u * (high - low) → high + u * low"),
            ],
        ),
        Misconception(
            "a function of u",
            "You take the logarithm or another function of u. u is a share of the way from one logarithm to the other: "
            "it stays as it is.",
            [
                edited(sample_dt, "u * (high → torch.log(u) * (high"),
                *(
                    edited(sample_dt, f"torch.exp(low + u * (high - low)) → (dt_min + {function} * (dt_max - dt_min))")
                    for function in ("torch.log(u)", "torch.exp(u)", "u**2")
                ),
            ],
        ),
        Misconception(
            "a range of your own",
            "The range, its ratio of 100 or the floor is written into your code, with the numbers of the paper: 0.001 "
            "to 0.1. Use the dt_min, dt_max and dt_init_floor that are given.",
            [
                edited(sample_dt, "math.log(dt_min), math.log(dt_max) → math.log(0.001), math.log(0.1)"),
                edited(
                    sample_dt,
                    "math.log(dt_min), math.log(dt_max) → math.log(0.001), math.log(0.1)",
                    "min=dt_init_floor → min=1e-4",
                ),
                edited(sample_dt, "(high - low) → math.log(100)"),
                edited(sample_dt, "(high - low) → math.log(100)", ".clamp(min=dt_init_floor) → "),
                edited(sample_dt, "min=dt_init_floor → min=dt_init_floor, max=0.1"),
            ],
            where=lambda u, dt_min, dt_max, dt_init_floor: (dt_min, dt_max) != (0.001, 0.1),
        ),
        Misconception(
            "the logarithm of the difference",
            "dt_max − dt_min stands in your exponent, under a logarithm, or is the base of your power. The distance "
            "between two logarithms is the logarithm of the *ratio*: log(dt_max) − log(dt_min).",
            [
                *_floored_or_not("(high - low) → math.log(dt_max - dt_min)"),
                edited(sample_dt, "torch.exp(low + u * (high - low)) → (dt_min + (dt_max - dt_min) ** u)"),
            ],
        ),
        Misconception(
            "a ratio of the logarithms",
            "You divide one logarithm by the other. The logarithm of the ratio dt_max / dt_min is the *difference* of "
            "the two.",
            edited(sample_dt, "(high - low) → (high / low)"),
        ),
        Misconception(
            "exp before the sum",
            "exp is taken of one part alone, or of each by itself, and then they are added. The sum of both is the "
            "logarithm: exp comes last, of all of it.",
            [
                edited(sample_dt, "torch.exp(low + u * (high - low)) → (math.exp(low) + u * (high - low))"),
                edited(sample_dt, "torch.exp(low + u * (high - low)) → (low + torch.exp(u * (high - low)))"),
                edited(sample_dt, "torch.exp(low + u * (high - low)) → (dt_min + torch.exp(u * (high - low)))"),
                edited(sample_dt, "torch.exp(low + u * (high - low)) → (dt_min + torch.exp(u * high))"),
            ],
        ),
        Misconception(
            "a sum in the place of a distance",
            "You go u times the *sum* of the two logarithms. From one end to the other it is their difference.",
            _floored_or_not("(high - low) → (high + low)"),
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
                *(wrong for base in (10, 2) for wrong in _floored_or_not(f"torch.exp( → torch.pow({base}, ")),
                *(  # dt_min · exp(u · log10(ratio)), dt_min · 10^(u · log(ratio))
                    edited(sample_dt, f"(high - low) → (high - low) {way} math.log({base})")
                    for way in "/*"
                    for base in (10, 2)
                ),
            ],
        ),
        Misconception(
            "a logarithm for tensors, given a number",
            "dt_min and dt_max are plain numbers, and torch.log wants a tensor: math.log takes the logarithm of a "
            "number.",
            edited(sample_dt, "math.log(dt_min), math.log(dt_max) → torch.log(dt_min), torch.log(dt_max)"),
        ),
        Misconception(
            "a maximum for tensors, given a number",
            "torch.max and torch.maximum compare two tensors, and the floor is a plain number. Which of a tensor's "
            "methods takes a plain number as the least value?",
            [
                edited(sample_dt, f"return → return torch.{larger}(", ".clamp(min=dt_init_floor) → , dt_init_floor)")
                for larger in ("maximum", "max")
            ],
        ),
        Misconception(
            "a softplus in the place of exp",
            "softplus makes a step size of a bias. Here you are in the logarithm: only exp leads back from it.",
            _floored_or_not("torch.exp( → F.softplus("),
        ),
        Misconception(
            "a range from top to bottom",
            "In your draw u = 0 stands for dt_max and u = 1 for dt_min. For random u it makes no difference, but the "
            "exercise says: u = 0 is the low end.",
            _floored_or_not("low + u * (high - low) → high + u * (low - high)"),
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
            [
                edited(
                    sample_dt,
                    "torch.exp(low → inverse_softplus(torch.exp(low",
                    f".clamp(min=dt_init_floor) → {floor})",
                    inverse_softplus=inverse_softplus,
                )
                for floor in (".clamp(min=dt_init_floor)", "")
            ],
        ),
        Misconception(
            "a range that begins at one",
            "You start from 1 in the place of dt_min: u = 0 stands for dt_min, and its logarithm is where the way "
            "begins.",
            [
                edited(sample_dt, "torch.exp(low + u → torch.exp(u"),
                edited(sample_dt, "low + u * (high - low) → u * (high + low)"),
            ],
        ),
    ],
)
