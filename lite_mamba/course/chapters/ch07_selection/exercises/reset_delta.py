"""Exercise 5: reset_delta."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception


def reset_delta(left: float, A: Tensor) -> float:
    """The smallest Δ after which no state keeps more than `left`: ln(1/left) / min |A|."""
    return math.log(1 / left) / A.abs().min().item()


def _reset(formula: str):
    """A wrong reset: another formula."""
    return edited(reset_delta, f"math.log(1 / left) / A.abs().min().item() → {formula}")


RESET_DELTA = Exercise(
    id="07.reset_delta",
    title="How large must a reset be?",
    reference=reset_delta,
    cases=lambda draw: {
        "left": draw.choice([0.5, 0.1, 0.05, 0.01, 0.001]),
        "A": -(0.3 + draw.normal(draw.size(2, 5)).abs()),
    },
    example={"left": 0.01, "A": torch.tensor([-0.5, -1.0, -2.0, -4.0])},
    misconceptions=[
        Misconception(
            "the fastest state decides",
            "You divide by the largest |A|. With your Δ the fastest state is empty, but the slow ones still remember. "
            "All states must have forgotten.",
            _reset("math.log(1 / left) / A.abs().max().item()"),
        ),
        Misconception(
            "the mean state decides",
            "With the mean or the median over the states, those that are slower than it keep more than is allowed. "
            "Which state forgets last?",
            [
                _reset("math.log(1 / left) / A.abs().median().item()"),
                _reset("math.log(1 / left) / A.abs().mean().item()"),
                _reset("(math.log(1 / left) / A.abs()).mean().item()"),
            ],
        ),
        Misconception(
            "a share without its logarithm",
            "You divide by A what has not come down from the exponent. Take the logarithm of both sides of exp(Δ·A) "
            "= left.",
            [
                _reset(f"{share} / {rate}.item()")
                for share in ("left", "1 / left", "(1 - left)")
                for rate in ("A.abs().min()", "A.max()")
            ],
        ),
        Misconception(
            "one per cent, whatever is asked",
            "Your Δ leaves 1 %. The share that may stay is given: `left`.",
            [_reset(f"{size} / A.abs().min().item()") for size in ("math.log(100)", "4.6")],
        ),
        Misconception(
            "the smallest A for the smallest |A|",
            "A is negative, so A.min() belongs to the state that fades fastest, and your Δ is negative. Take the sizes "
            "first: .abs(), then .min().",
            _reset("math.log(1 / left) / A.min().item()"),
        ),
        Misconception(
            "a half-life",
            "ln 2 over |A| is when half is left. Here the share that may stay is given: `left`.",
            _reset("math.log(2) / A.abs().min().item()"),
        ),
        Misconception(
            "a Δ that is rounded",
            "You round. The smallest Δ is no whole number, and no number of two decimals: return it as it is.",
            [
                _reset("float(math.ceil(math.log(1 / left) / A.abs().min().item()))"),
                _reset("int(math.log(1 / left) / A.abs().min().item())"),
                _reset("math.ceil(100 * math.log(1 / left) / A.abs().min().item()) / 100"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 1)"),
                _reset("math.ceil(10 * math.log(1 / left) / A.abs().min().item()) / 10"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 2)"),
            ],
        ),
        Misconception(
            "all states taken together",
            "You add up the rates, or count the states. Each of them fades by itself, and the slowest one decides.",
            [
                _reset("math.log(1 / left) / A.abs().sum().item()"),
                _reset("math.log(len(A) / left) / A.abs().min().item()"),
            ],
        ),
        Misconception(
            "a state by its place",
            "You look at the first or the last state. The states need not be sorted: which |A| forgets last?",
            [_reset(f"math.log(1 / left) / A.abs()[{i}].item()") for i in (0, -1)],
        ),
        Misconception(
            "one Δ for each state",
            "You give each state the Δ that it needs. But a token has one Δ for all of them, so it must do for the one "
            "that needs most.",
            [_reset("math.log(1 / left) / A.abs()"), _reset("(math.log(1 / left) / A.abs()).tolist()")],
        ),
        Misconception(
            "a raw number in the place of Δ",
            "You take the inverse of the softplus as well: this is the raw number w that a network would give. Wanted "
            "is Δ itself.",
            _reset("math.log(math.expm1(math.log(1 / left) / A.abs().min().item()))"),
        ),
        Misconception(
            "A is forgotten",
            "Your Δ is right for A = −1 only. What is left is exp(ΔA), so a slower state needs a larger Δ.",
            _reset("math.log(1 / left)"),
        ),
        Misconception(
            "a logarithm to base ten",
            "The state fades as a power of e, so the natural logarithm is wanted: math.log, not math.log10.",
            _reset("math.log10(1 / left) / A.abs().min().item()"),
        ),
        Misconception(
            "a logarithm to base two",
            "You count halvings: with base 2 the state would have to fade as a power of 2. It fades as a power of e.",
            _reset("math.log2(1 / left) / A.abs().min().item()"),
        ),
        Misconception(
            "the forgotten share in place of the kept one",
            "Your Δ lets `left` be *forgotten* and the rest stay. It should be the other way: `left` stays.",
            _reset("-math.log(1 - left) / A.abs().min().item()"),
        ),
        Misconception(
            "a product in place of a quotient",
            "You multiply by |A|. Solve exp(−Δ·|A|) = left for Δ once more: a faster state needs a *smaller* Δ.",
            [_reset(f"math.log(1 / left) * A.abs().{which}().item()") for which in ("max", "min")],
        ),
        Misconception(
            "a negative Δ",
            "The size is right, the sign is not. log(left) and A are both negative: what is their quotient?",
            _reset("math.log(left) / A.abs().min().item()"),
        ),
    ],
)
