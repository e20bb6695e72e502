"""Exercise 1: half_life."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def half_life(A: Tensor, delta: Tensor) -> Tensor:
    """ln 2 / (−A Δ) in steps, for A (D, N) and Δ (D,): (D, N)."""
    return math.log(2) / (-A * delta[:, None])  # (D, N)


def _half_life_cases(draw: Draw) -> dict:
    less = draw.size(1, 4)
    more = less + draw.size(1, 3)
    channels, states = draw.choice([(less, more), (less, more), (more, less), (more, more)])
    A = -draw.integers(1, 40, channels, states) / 4  # (D, N)
    return {"A": A, "delta": torch.tensor([draw.choice([0.001, 0.01, 0.02, 0.1, 0.5]) for _ in range(channels)])}


def _several_states(A: Tensor, delta: Tensor) -> bool:
    return A.shape[1] > 1


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
            "which numbers belong in the numerator, and which in the denominator?",
            [
                edited(half_life, "/ (-A → * (-A"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → -A * delta[:, None] / math.log(2)"),
            ],
        ),
        Misconception(
            "ln 2 in the denominator",
            "You divide by ln 2, or multiply by log2(e), which is the same. In exp(Δ·A·t) = 1/2 the logarithm leaves "
            "−ln 2 on the right: divide both sides by what stands beside t, and see where it stays.",
            edited(half_life, "math.log(2) / (-A → 1 / (math.log(2) * -A"),
        ),
        Misconception(
            "A in the numerator",
            "With your formula a state that fades faster lives longer. What does a larger −A do to exp(Δ·A)? It "
            "belongs in the denominator, with Δ.",
            edited(half_life, "/ (-A * delta[:, None]) → * -A / delta[:, None]"),
            where=_several_states,  # of one channel: those of two channels differ in Δ, too
        ),
        Misconception(
            "Δ in the numerator",
            "You divide by A and *multiply* by Δ, and both belong in the denominator. Without brackets a / b * c is "
            "(a / b) * c.",
            edited(half_life, " * delta[:, None]) → ) * delta[:, None]"),
        ),
        Misconception(
            "a quarter in the place of a half",
            "Your number is twice the half-life: after it a quarter is left. Which number stands under the logarithm "
            "when a half is left?",
            edited(half_life, "math.log(2) → math.log(4)"),
        ),
        Misconception(
            "a rounded logarithm",
            "You write a number for ln 2 that is rounded too much, so every half-life is a little off. math.log(2) "
            "has all of its digits.",
            [edited(half_life, f"math.log(2) → {rounded}") for rounded in (0.69, 0.7)],
        ),
        Misconception(
            "what a step takes away",
            "1 − exp(Δ·A) is the share that a step takes away. It is close to −Δ·A for small steps only, and the "
            "half-life wants the exponent itself.",
            [
                edited(half_life, "(-A * delta[:, None]) → (1 - torch.exp(A * delta[:, None]))"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → 0.5 / (1 - torch.exp(A * delta[:, None]))"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → 1 - torch.exp(A * delta[:, None])"),
            ],
        ),
        Misconception(
            "a sum in the place of a product",
            "You add Δ to A or to the rate. In exp(Δ·A) they are multiplied: twice the step does what twice the rate "
            "does.",
            [edited(half_life, f"-A * delta[:, None] → -A {sign} delta[:, None]") for sign in "+-"],
        ),
        Misconception(
            "one rate for all states",
            "Only one state of each channel counts: the first, the last, the slowest or the fastest. Each state has "
            "its own rate, a column of A, and so its own half-life: (D, N).",
            [
                *(edited(half_life, f"-A * → -A[:, [{state}]].expand_as(A) *") for state in (0, -1)),
                *(edited(half_life, f"-A * → -A[:, [{state}]] *") for state in (0, -1)),
                *(
                    edited(half_life, f"-A * delta[:, None] → -A{state} * delta")
                    for state in ("[:, 0]", "[:, -1]", ".max(dim=1).values", ".min(dim=1).values")
                ),
            ],
            where=_several_states,
        ),
        Misconception(
            "what is left after one step",
            "exp(Δ·A) is the factor of a single step. The question is the other way round: after how many steps has "
            "this factor, multiplied again and again, come down to 1/2?",
            edited(half_life, "math.log(2) / (-A * delta[:, None]) → torch.exp(A * delta[:, None])"),
        ),
        Misconception(
            "the exponent of one step",
            "Δ·A is by how much the exponent changes in one step. How many such steps change it by ln 2?",
            [
                edited(half_life, f"math.log(2) / (-A * delta[:, None]) → {sign}A * delta[:, None]")
                for sign in ("-", "")
            ],
        ),
        Misconception(
            "how often a step halves",
            "log2 of exp(Δ·A) says, with a minus sign, how often a single step halves the state. The half-life is the "
            "other way round: how many steps one halving takes.",
            edited(half_life, "math.log(2) / (-A * delta[:, None]) → A * delta[:, None] / math.log(2)"),
        ),
        Misconception(
            "the factor of Euler's rule",
            "You take 1 + Δ·A as the factor of a step, or 1 / (1 − Δ·A). Mamba uses exp(Δ·A) for its states, as in "
            "notebook 04. With it the logarithm becomes simple, and nothing fails when Δ·A is below −1.",
            [
                edited(half_life, "math.log(2) / (-A → math.log(0.5) / torch.log(1 + A"),
                edited(half_life, "math.log(2) / (-A → math.log(2) / torch.log(1 - A"),
            ],
        ),
        Misconception(
            "an exponential in the place of its exponent",
            "exp(Δ·A) is what is left after a step, and the half-life wants Δ·A, its exponent. You divide or multiply "
            "by an exponential, of A or of the product.",
            [
                edited(half_life, "-A * → A.exp() *"),
                edited(half_life, "-A * → -A.exp() *"),
                edited(half_life, "-A * → torch.exp(-A) *"),
                edited(half_life, "(-A * delta[:, None]) → torch.exp(A * delta[:, None])"),
                edited(half_life, "(-A * delta[:, None]) → torch.exp(-A * delta[:, None])"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → 0.5 / torch.exp(A * delta[:, None])"),
                edited(half_life, "math.log(2) / (-A * → math.log(0.5) / torch.exp(A *"),
            ],
        ),
        Misconception(
            "A_log in the place of A",
            "You take the logarithm of −A: that is A_log, the parameter. What comes in is A itself, and exp(Δ·A) wants "
            "it as it is.",
            edited(half_life, "-A * → torch.log(-A) *"),
        ),
        Misconception(
            "a denominator under the logarithm",
            "The logarithm is taken of the whole quotient. Only the two sides of exp(Δ·A·t) = 1/2 go under it, and "
            "then you divide: where does its bracket close?",
            [
                edited(half_life, f"math.log(2) / (-A * delta[:, None]) → torch.log({number} / (-A * delta[:, None]))")
                for number in (2, 0.5)
            ],
        ),
        Misconception(
            "channels or states added up",
            "Δ and A were multiplied as matrices, or the row of a channel was averaged or summed. Every state of every "
            "channel has a half-life of its own, (D, N).",
            [
                edited(half_life, "-A * delta[:, None] → -(delta @ A)"),
                edited(half_life, "-A * delta[:, None] → -A.sum(1) * delta"),
                edited(half_life, "-A * delta[:, None] → -A.mean(1) * delta"),
                *(edited(half_life, f"-A * → -A.{added}(dim=1, keepdim=True) *") for added in ("sum", "mean")),
            ],
            where=lambda A, delta: min(A.shape) > 1,  # a single one adds up to itself
        ),
        Misconception(
            "a half-life without A",
            "Your number of steps is made of Δ alone, the same for all states of a channel. Each state has a rate of "
            "its own, −A, and fades by exp(Δ·A).",
            [
                edited(half_life, "-A * delta[:, None] → delta[:, None].expand_as(A)"),
                edited(half_life, "-A * delta[:, None] → delta[:, None]"),
                edited(half_life, "-A * delta[:, None] → delta"),
            ],
            where=_several_states,
        ),
        Misconception(
            "rates that were counted, not given",
            "You count the states, from 1 or from 0 on, in the place of −A. A new block begins with the rates 1, 2, "
            "3, …; any other A has its own. They are given: use A.",
            [edited(half_life, f"-A → torch.arange({first}, A.shape[1] + {first})") for first in (1, 0)],
            where=_several_states,
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            edited(half_life, "delta[:, None] → F.softplus(delta)[:, None]"),
        ),
        Misconception(
            "one row of A for all channels",
            "Every channel gets the first row of A. A new block has the same rates in each row, but another A need "
            "not: row d of A belongs to channel d.",
            edited(half_life, "-A * → -A[0] *"),
        ),
        Misconception(
            "one Δ for all channels",
            "Every channel gets the same Δ, the first one or a mean. Each channel has a step size of its own: row d "
            "of A meets delta[d].",
            [edited(half_life, "delta[:, None] → delta[0]"), edited(half_life, "delta[:, None] → delta.mean()")],
        ),
        Misconception(
            "whole steps",
            "You round to whole steps, or count them. Leave the fraction: 0.43 steps says more than 0 or 1, namely "
            "that most of the state is gone after a single step.",
            [
                edited(half_life, "math.log(2) / → (math.log(2) /", f"[:, None]) → [:, None])).{rounded}")
                for rounded in ("ceil()", "floor()", "round()", "ceil().long()", "round().long()", "long()")
            ],
        ),
        Misconception(
            "a Δ that is matched with the states",
            "A is (D, N), and your Δ comes as (D,), (1, D) or (N, D). PyTorch lines shapes up from the right, and "
            "tries to match D with N. Each channel's Δ belongs to a whole row of A: its axis of size 1 stands "
            "*behind* D.",
            [
                edited(half_life, "[:, None] → "),
                edited(half_life, "-A * delta[:, None] → delta * -A"),
                edited(half_life, "math.log(2) / (-A * delta[:, None]) → math.log(0.5) / A / delta"),
                edited(half_life, "delta[:, None] → delta.expand_as(A)"),
                edited(half_life, "delta[:, None] → delta.repeat(A.shape[1], 1)"),
            ],
        ),
    ],
)
