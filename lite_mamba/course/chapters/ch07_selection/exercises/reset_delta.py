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


RATES = "A.abs().min().item()", "A.abs().max().item()", "1.0"  # the right one, the fastest state's, and none


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
            "Your Δ goes by the largest |A|. With it the fastest state is empty, or nearly, but the slow ones still "
            "remember. All states must have forgotten.",
            [
                _reset("math.log(1 / left) / A.abs().max().item()"),
                *(  # a search that ends at the first state
                    _reset(f"math.ceil({parts} * math.log(1 / left) / A.abs().max().item()) / {parts}")
                    for parts in (1, 10, 100, 1000, 10000)
                ),
                *(_reset(f"round(math.log(1 / left) / A.abs().max().item(), {digits})") for digits in (1, 2)),
            ],
        ),
        Misconception(
            "the mean state decides",
            "Your Δ goes by a mean, the middle or the median of the states, and some states are slower than that. "
            "Which state forgets last?",
            [
                _reset("math.log(1 / left) / A.abs().median().item()"),
                _reset("math.log(1 / left) / -A.median().item()"),
                _reset("math.log(1 / left) / A.abs().mean().item()"),
                _reset("math.log(1 / left) / A.mean().item()"),
                _reset("(math.log(1 / left) / A.abs()).mean().item()"),
                _reset("math.log(1 / left) / A.square().mean().sqrt().item()"),
                _reset("2 * math.log(1 / left) / -(A.min() + A.max()).item()"),
            ],
        ),
        Misconception(
            "a share without its logarithm",
            "You divide by A, but took no logarithm before, and Δ·A stands in an exponent. Take the logarithm of both "
            "sides of exp(Δ·A) = left.",
            [
                _reset(f"{share} / {rate}.item()")
                for share in ("left", "1 / left", "(1 - left)", "(1 / left - 1)")
                for rate in ("A.abs().min()", "A.max()", "A.abs().max()", "A.min()")
            ],
        ),
        Misconception(
            "one per cent, whatever is asked",
            "Your Δ leaves 1 %. The share that may stay is given: `left`.",
            [_reset(f"{size} / A.abs().min().item()") for size in ("math.log(100)", "4.6")],
            where=lambda left, A: left != 0.01,
        ),
        Misconception(
            "the fastest state, with a minus",
            "Your Δ is negative, and it is that of the state that fades fastest. A is negative: its smallest number, "
            "A.min(), has the largest size. And what sign has the logarithm of a share?",
            _reset("math.log(1 / left) / A.min().item()"),
        ),
        Misconception(
            "a half-life",
            "ln 2 over |A| is when half is left. Here the share that may stay is given: `left`.",
            _reset("math.log(2) / A.abs().min().item()"),
        ),
        Misconception(
            "a Δ that is rounded",
            "You round, or try one Δ after the other. The smallest one is no whole number, and no number of few "
            "decimals: solve the equation, and return what comes as it is.",
            [
                _reset("float(math.ceil(math.log(1 / left) / A.abs().min().item()))"),
                _reset("int(math.log(1 / left) / A.abs().min().item())"),
                _reset("math.ceil(100 * math.log(1 / left) / A.abs().min().item()) / 100"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 1)"),
                _reset("math.ceil(10 * math.log(1 / left) / A.abs().min().item()) / 10"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 2)"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 3)"),
                _reset("math.ceil(1000 * math.log(1 / left) / A.abs().min().item()) / 1000"),
                _reset("math.log(1 / left) // A.abs().min().item()"),
                _reset("math.ceil(math.log2(1 / left)) * math.log(2) / A.abs().min().item()"),
            ],
        ),
        Misconception(
            "all states taken together",
            "You add up over the states, or count them. Each of them fades by itself, and the slowest one decides.",
            [
                _reset("(math.log(1 / left) / A.abs()).sum().item()"),
                _reset("math.log(1 / (left * len(A))) / A.abs().min().item()"),
                _reset("math.log(1 / left) / A.abs().sum().item()"),
                _reset("math.log(len(A) / left) / A.abs().min().item()"),
                _reset("len(A) * math.log(1 / left) / A.abs().min().item()"),
                _reset("math.log(1 / left) / len(A)"),
                _reset("math.log(1 / left) / len(A) / A.abs().min().item()"),
            ],
        ),
        Misconception(
            "a state by its place",
            "You look at the first or the last state. The states need not be sorted: which |A| forgets last? If your Δ "
            "is negative: log(left) and A are, too, and what is their quotient?",
            [_reset(f"math.log({share}) / A[{i}].item()") for i in (0, -1) for share in ("left", "1 / left")],
        ),
        Misconception(
            "a state's number in the place of its A",
            "You take the place of the slowest state for its |A|. State n fades n times as fast only while A is −1, "
            "−2, −3, …: here A is given. `argmin` and `argmax` say where, `min` and `max` say how much.",
            [
                _reset("math.log(1 / left) / (A.abs().argmin().item() + 1)"),
                _reset("math.log(1 / left) / A.abs().argmin().item()"),
                _reset("math.log(1 / left) / max(A.abs().argmin().item(), 1)"),
            ],
        ),
        Misconception(
            "a percentage",
            "`left` is a share, 0.01 for 1 %. You take it for a number of per cent, or make it one.",
            [_reset(f"math.log({kept}) / A.abs().min().item()") for kept in ("100 / left", "1 / (100 * left)")],
        ),
        Misconception(
            "an exponential in the place of a logarithm",
            "You put `left` into an exponential. It is the state that fades by an exponential: to solve for what "
            "stands in its exponent takes the other function.",
            [
                _reset(f"{way} / A.abs().min().item()")
                for way in ("math.exp(-left)", "math.exp(left)", "math.exp(1 / left)", "(1 - math.exp(-left))")
            ],
        ),
        Misconception(
            "an exponential of A",
            "A comes as it is, negative. Only a block keeps it as a logarithm, A_log, and takes −exp of that.",
            [
                _reset("math.log(1 / left) / torch.exp(A).min().item()"),
                _reset("math.log(1 / left) / torch.exp(A).max().item()"),
                _reset("math.log(1 / left) / torch.exp(A.abs()).min().item()"),
            ],
        ),
        Misconception(
            "one Δ for each state",
            "You give each state the Δ that it needs. But a token has one Δ for all of them, so it must do for the one "
            "that needs most.",
            [_reset("math.log(1 / left) / A.abs()"), _reset("(math.log(1 / left) / A.abs()).tolist()")],
        ),
        Misconception(
            "a raw number in the place of Δ",
            "You take the inverse of the softplus as well: this is the raw number w that a network would give. The "
            "task asks for Δ itself.",
            _reset("math.log(math.expm1(math.log(1 / left) / A.abs().min().item()))"),
        ),
        Misconception(
            "a time constant",
            "1/|A| is the Δ after which a share of 1/e is left, 37 %, and a few times 1/|A| is a rule of thumb. Here "
            "the share that may stay is given: `left`.",
            [_reset(f"{times} / A.abs().{which}().item()") for times in (1, 3, 5) for which in ("min", "max")],
        ),
        Misconception(
            "a gate in the place of Δ",
            "1 − left is the gate: the share that the token replaces. The task asks for the Δ that opens it so far.",
            _reset("1 - left"),
        ),
        Misconception(
            "a root in the place of a quotient",
            "Your result is the power 1/A of `left`, or 1/|A|. That is exp(Δ), or exp(−Δ): a logarithm is missing, or "
            "an exponential is one too many.",
            [_reset(f"left ** (1 / {rate}.item())") for rate in ("A.max()", "A.abs().min()")],
        ),
        Misconception(
            "an A inside of the logarithm",
            "A stands inside of a logarithm: log(share / |A|), or log(share) − log(|A|), which is the same. Take the "
            "logarithm of the share alone, then divide by A. Where do your parentheses close?",
            [
                _reset(f"math.log({inside} / A.abs().{which}().item())")
                for inside in ("1 / left", "left")
                for which in ("min", "max")
            ],
        ),
        Misconception(
            "the share in the place of Δ",
            "You put `left` where Δ stands: exp(left·A) is what a token with such a Δ would leave. Here `left` is "
            "what comes out, and the Δ that leads to it is asked for.",
            [_reset(f"math.exp(left * A.{which}().item())") for which in ("max", "min")],
        ),
        Misconception(
            "ln(left) alone",
            "Your Δ is negative, and it does not depend on A. What is left is exp(ΔA): take the logarithm of both "
            "sides, and solve for Δ.",
            _reset("math.log(left)"),
        ),
        Misconception(
            "A is forgotten",
            "Your Δ is right for A = −1 only. What is left is exp(ΔA), so a slower state needs a larger Δ.",
            _reset("math.log(1 / left)"),
        ),
        Misconception(
            "a logarithm to base ten",
            "The state fades as a power of e, so the natural logarithm is wanted: math.log, not math.log10.",
            [_reset(f"math.log10({share}) / {rate}") for share in ("1 / left", "left") for rate in RATES],
        ),
        Misconception(
            "a logarithm to base two",
            "You count halvings: with base 2 the state would have to fade as a power of 2. It fades as a power of e.",
            [_reset(f"math.log2({share}) / {rate}") for share in ("1 / left", "left") for rate in RATES],
        ),
        Misconception(
            "the forgotten share in place of the kept one",
            "You take the logarithm of 1 − left, the share that is *forgotten*. It is `left` that stays: solve "
            "exp(ΔA) = left.",
            [_reset(f"{sign}math.log(1 - left) / {rate}") for sign in ("", "-") for rate in RATES],
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
