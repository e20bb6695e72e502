"""Exercise 1: gate_from_delta."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def gate_from_delta(delta: Tensor) -> Tensor:
    """g = 1 − exp(−Δ): the share of the state that one token replaces, for A = −1 and the zero-order hold."""
    return 1 - torch.exp(-delta)  # (L,)


def _gate(formula: str):
    """A wrong gate: another formula."""
    return edited(gate_from_delta, f"1 - torch.exp(-delta) → {formula}")


def _steps(draw: Draw) -> dict:
    delta = draw.uniform(0.01, 8.0, draw.size(2, 6))
    delta[-1] *= draw.in_turn([1, 1, 100])  # most of these have an exp(Δ) that is infinite in float32
    return {"delta": delta}


def _small(delta: Tensor) -> bool:
    """Whether exp(Δ) is finite: beyond, one and the same curve gives other values in another spelling."""
    return bool(delta.max() < 80)


GATE_FROM_DELTA = Exercise(
    id="07.gate_from_delta",
    title="A gate from Δ",
    reference=gate_from_delta,
    cases=_steps,
    axes=("token",),
    example={"delta": torch.tensor([0.001, 1.0, 3.0])},  # the first one tells a sigmoid from the gate
    misconceptions=[
        Misconception(
            "the share that is kept",
            "exp(−Δ) is what is left of the old state. The gate is the other share, the one that the token takes. "
            "Try a very small Δ: must the gate be near 0 or near 1?",
            _gate("torch.exp(-delta)"),
        ),
        Misconception(
            "an exponential that overflows",
            "Right on paper. But exp(Δ) is infinite in float32 from Δ = 89 on, and infinity over infinity, or times 0, "
            "is not a number. Which exponential stays small when Δ grows?",
            _gate("torch.expm1(delta) / torch.exp(delta)"),
        ),
        Misconception(
            "Δ itself",
            "Close for a small Δ. But a gate is a share, it never exceeds 1. What does your gate say for Δ = 3?",
            _gate("delta.clone()"),
        ),
        Misconception(
            "a Δ that is cut off at one",
            "A share must not exceed 1, so you cut. But the exact share bends smoothly: at Δ = 1 a part of the old "
            "state is still there. How much, by the zero-order hold?",
            _gate("delta.clamp(max=1)"),
        ),
        Misconception(
            "a sigmoid of Δ",
            "Your gate is σ(Δ). The sigmoid belongs to the raw number w, before the softplus. Here you get Δ, after "
            "it: neither a sigmoid nor a second softplus is needed. With yours a token with Δ = 0 would still replace "
            "half of the state.",
            _gate("torch.sigmoid(delta)"),
            where=_small,
        ),
        Misconception(
            "a sigmoid of a second softplus",
            "Your gate is σ(softplus(Δ)). Neither is needed: the softplus has made Δ of the raw number, and the "
            "sigmoid belongs to that raw number. With yours a token with Δ = 0 would still replace two thirds of the "
            "state.",
            _gate("torch.sigmoid(F.softplus(delta))"),
            where=_small,
        ),
        Misconception(
            "the softplus once more",
            "You take the softplus of Δ. It is done: Δ is its result. And a gate is a share, it never exceeds 1.",
            _gate("F.softplus(delta)"),
            where=_small,
        ),
        Misconception(
            "a sigmoid of another raw number",
            "You take the sigmoid of a raw number, but of one whose softplus is not Δ: try it with one Δ. From Δ the "
            "way is shorter: what is kept of the old state, and what is missing to the whole?",
            [_gate(f"torch.sigmoid({w})") for w in ("torch.log(delta - 1)", "torch.expm1(delta)")],
        ),
        Misconception(
            "a softplus of −Δ",
            "You take the softplus of −Δ. The softplus is done: Δ is its result. What is kept of the old state is "
            "exp(−Δ), without a logarithm around it.",
            [_gate("F.softplus(-delta)"), _gate("1 - F.softplus(-delta)")],
        ),
        Misconception(
            "a series that breaks off",
            "Your gate is the beginning of a series, close for a small Δ only. What does it say for Δ = 6? With all "
            "of its terms the series is a short formula, which has an exponential in it.",
            [_gate("delta - delta**2 / 2"), _gate("delta - delta**2 / 2 + delta**3 / 6")],
        ),
        Misconception(
            "gates that share one whole",
            "Your gates add up to 1 over the tokens. It is the token and the old state that share one whole, in each "
            "step anew: a gate knows nothing of the other tokens.",
            [
                _gate("delta / delta.sum()"),
                _gate("torch.softmax(delta, 0)"),
                _gate("(1 - torch.exp(-delta)) / (1 - torch.exp(-delta)).sum()"),
            ],
        ),
        Misconception(
            "gates that look at each other",
            "Your gates depend on the Δ of other tokens. A gate knows nothing of them: its own Δ decides, whatever the "
            "others are.",
            [
                _gate("(1 - torch.exp(-delta[0])).expand_as(delta)"),
                _gate("(1 - torch.exp(-delta[-1])).expand_as(delta)"),
                _gate("delta / delta.norm()"),
                _gate("delta / delta.max()"),
                _gate("(delta - delta.min()) / (delta.max() - delta.min())"),
                _gate("(1 - torch.exp(-delta.mean())).expand_as(delta)"),
                _gate("1 - torch.exp(-delta / delta.sum())"),
                _gate("1 - torch.exp(-delta / delta.max())"),
            ],
        ),
        Misconception(
            "a missing minus sign",
            "exp(Δ) grows without end; a gate lies between 0 and 1. The state fades: the exponent is ΔA, and A = −1.",
            [_gate("1 - torch.exp(delta)"), _gate("torch.exp(delta) - 1"), _gate("torch.exp(delta)")],
            where=_small,
        ),
        Misconception(
            "a difference the wrong way round",
            "Your gate is negative: exp(−Δ) − 1. The share of the token is the whole minus the share that is kept.",
            _gate("torch.exp(-delta) - 1"),
        ),
        Misconception(
            "a plus in the place of a minus",
            "Your gate is 1 + exp(−Δ), more than a whole. What is kept and what is let in add up to 1: the gate is the "
            "whole without what is kept.",
            _gate("1 + torch.exp(-delta)"),
        ),
        Misconception(
            "a whole inside of the exponential",
            "A 1 stands in your exponent, beside Δ. It is the whole, of which exp(−Δ) is kept: its place is outside of "
            "the exponential.",
            [_gate("torch.exp(1 - delta)"), _gate("torch.exp(-(1 - delta))"), _gate("1 - torch.exp(1 - delta)")],
            where=_small,
        ),
        Misconception(
            "a straight line for what is kept",
            "1 − Δ is close to what is kept for a small Δ only, and below zero for a large one. What is kept is "
            "exp(−Δ), and the gate is the rest of the whole.",
            _gate("1 - delta"),
        ),
        Misconception(
            "a Δ that adds up over the tokens",
            "In each of your gates the Δ of all tokens so far add up. Each token replaces a share of its own, by its "
            "own Δ; the recurrence puts them together.",
            [_gate("1 - torch.exp(-delta.cumsum(0))"), _gate("torch.exp(-delta.cumsum(0))")],
        ),
        Misconception(
            "a gate with Δ in it once more",
            "Your gate has Δ as a factor or a divisor, too. The zero-order hold divides by A, which is −1, and not by "
            "Δ: here Δ stands in the exponent only.",
            [
                _gate("delta * (1 - torch.exp(-delta))"),
                _gate("(1 - torch.exp(-delta)) / delta"),
                _gate("(torch.exp(-delta) - 1) / delta"),
                _gate("delta * torch.exp(-delta)"),
                _gate("1 - delta * torch.exp(-delta)"),
            ],
        ),
        Misconception(
            "a logarithm in the place of the gate",
            "You take a logarithm, as on the way back from Δ to the raw number w. But w may be anything, and a gate is "
            "a share. From Δ the way is shorter: what is kept of the old state, and what is missing to the whole?",
            [_gate("torch.log(torch.expm1(delta))"), _gate("torch.log(delta)")],
            where=_small,
        ),
        Misconception(
            "the bilinear rule",
            "Your gate is that of the bilinear rule, a quotient of two straight lines: for a large Δ it exceeds 1. The "
            "zero-order hold keeps exp(−Δ) of the old state.",
            _gate("delta / (1 + delta / 2)"),
        ),
        Misconception(
            "a logarithm or power of another base",
            "The state fades as a power of e, by the zero-order hold: torch.exp.",
            [_gate("1 - 2**-delta"), _gate("1 - 10**-delta")],
        ),
        Misconception(
            "the other side of a sigmoid",
            "The sigmoid belongs to the raw number w, before the softplus, and the gate is σ(w), not 1 − σ. Here you "
            "get Δ, after the softplus.",
            _gate("1 - torch.sigmoid(delta)"),
            where=_small,
        ),
        Misconception(
            "a gate that is open or shut",
            "Your gate is 0 or 1. Between a Δ that holds and one that resets, the token replaces a part of the state: "
            "how large a part, by the zero-order hold?",
            [_gate(f"({size}).to(delta.dtype)") for size in ("1 - torch.exp(-delta) > 0.5", "delta > 1", "delta >= 1")],
        ),
        Misconception(
            "another curve from 1 to 0",
            "Your curve begins at 1 and falls to 0. So does the share that is *kept*, which is exp(−Δ) by the "
            "zero-order hold. The gate is the other share.",
            [
                _gate(curve)
                for curve in (
                    "torch.relu(1 - delta)",
                    "1 / (1 + delta)",
                    "2**-delta",
                    "1 - torch.tanh(delta)",
                    "torch.exp(-delta / 2)",
                    "torch.exp(-2 * delta)",
                    "1 - torch.exp(-1 / delta)",
                )
            ],
            where=_small,
        ),
        Misconception(
            "a curve that has no end",
            "Your curve begins at 0, and for a large Δ it exceeds 1. A share never does: by the zero-order hold "
            "exp(−Δ) is kept. What is the rest of the whole?",
            [_gate(curve) for curve in ("torch.log1p(delta)", "delta.sqrt()", "delta**2", "delta / 2", "2 * delta")],
        ),
        Misconception(
            "another curve from 0 to 1",
            "Your curve begins at 0 and ends at 1, as a gate must. But it is not the one of the zero-order hold: of "
            "the old state exp(−Δ) is left. What is the rest of the whole?",
            [
                _gate(curve)
                for curve in (
                    "torch.tanh(delta)",
                    "torch.tanh(delta / 2)",
                    "delta / (1 + delta)",
                    "1 - torch.exp(-(delta**2))",
                    "1 - torch.exp(-2 * delta)",
                    "1 - torch.exp(-delta / 2)",
                    "torch.exp(-1 / delta)",
                    "torch.erf(delta)",
                    "torch.atan(delta) * 2 / torch.pi",
                )
            ],
            where=_small,
        ),
    ],
)
