"""Exercise 1: summary."""

import math
from numbers import Real

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import HALF, LONG, all_states, draw_decays, draw_part, few_or_many, several_states


def summary(delta: Tensor, A: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """A part in two results: the sum of its step sizes, and its last state, (N,), from zero."""
    end = torch.zeros_like(A)  # (N,)
    for delta_t, x_t in zip(delta, x, strict=True):
        end = torch.exp(delta_t * A) * end + x_t
    return delta.sum(), end


def _weights(delta, A, x):
    """What is left of each drive at the end, (L, N)."""
    return torch.exp((delta.sum() - delta.cumsum(0))[:, None] * A) * x


def _without_an_axis(delta, A, x):
    later = delta.sum() - delta.cumsum(0)
    return delta.sum(), (torch.exp(later * A) * x).sum(0)


def _weighted(delta, A, x):
    faded = delta.cumsum(0)
    return delta.sum(), (torch.exp(faded[:, None] * A) * x).sum(0)


def _counted(delta, A, x):
    """Each drive fades by its own Δ, as often as there are steps behind it."""
    behind = torch.arange(len(delta) - 1, -1, -1)
    return delta.sum(), (torch.exp((behind * delta)[:, None] * A) * x).sum(0)


def _divided(delta, A, x):
    left = torch.exp(delta.cumsum(0)[:, None] * A)  # (L, N): after each step, of what was there before the part
    return delta.sum(), ((x / left).cumsum(0) * left)[-1]


def _summary_case(draw: Draw) -> dict:
    states = draw.size(1, 3)
    kind = draw.in_turn(["alike", "the earlier the larger", "a long step"])
    length = few_or_many(draw, 2, 8)
    delta, x = draw_part(draw, length, states)
    A = draw_decays(draw, states)
    if kind == "the earlier the larger":  # as much as they fade more: none may be left out for its size or its place
        delta = delta * min(3, 30 / length)
        later = delta.sum() - delta.cumsum(0)  # (L,)
        x = x * 10.0 ** (-later[:, None] * A / math.log(10)).round()
    if kind == "a long step":  # its decay is 0, by which nobody can divide
        delta[len(delta) // 2] = LONG
        A = A / 5 - 1.1
    return {"delta": delta, "A": A, "x": x}


def _with_a_tensor(function, delta, A, x):
    """What a function returns; a total that is a plain number is as good as a tensor."""
    result = function(delta, A, x)
    plain = isinstance(result, (tuple, list)) and len(result) == 2 and isinstance(result[0], Real)
    return (torch.tensor(float(result[0])), result[1]) if plain else result


SUMMARY = Exercise(
    id="15.summary",
    title="What a part tells the others",
    reference=summary,
    cases=_summary_case,
    apply=_with_a_tensor,
    example={"delta": torch.tensor([1.0, 2.0, 1.0]), "A": HALF, "x": torch.tensor([[8.0], [4.0], [1.0]])},
    items=("total", "end"),
    axes=("state",),
    misconceptions=[
        Misconception(
            "A in the sum of steps",
            "Your first result has A in it: N numbers, the decays of the whole part or their exponents. They are "
            "right, and more than has to travel: everybody knows A. Which one number makes all N of them?",
            [
                edited(summary, "return delta.sum(), end → return torch.exp(A * delta.sum()), end"),
                edited(summary, "return delta.sum(), end → return A * delta.sum(), end"),
            ],
            where=several_states,
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the step sizes. Decays multiply; their exponents, which hold the steps, add up.",
            edited(summary, "delta.sum() → delta.prod()"),
        ),
        Misconception(
            "steps that are counted",
            "Your first result is how many steps the part has. The steps differ in size, and fading goes by their "
            "sizes.",
            [
                edited(summary, "delta.sum() → torch.tensor(float(len(delta)))"),
                edited(summary, "delta.sum() → torch.tensor(len(delta))"),
            ],
        ),
        Misconception(
            "drives that do not fade",
            "You add up the drives. What came in at the first step has faded in all later ones when the part ends.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → end + x_t"),
        ),
        Misconception(
            "drives that fade alike",
            "You let every drive fade by the whole part. Each fades only in the steps that come after it.",
            lambda delta, A, x: (delta.sum(), torch.exp(delta.sum() * A) * x.sum(0)),
        ),
        Misconception(
            "a state that is kept and fades besides",
            "You add what is left of the state to the state itself. What is left of it comes in its *place*.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → end + torch.exp(delta_t * A) * end + x_t"),
        ),
        Misconception(
            "a sum that fades again at each step",
            "At each step your state fades by all steps so far. In the earlier ones it has faded already: its own Δ is "
            "what a step adds.",
            lambda delta, A, x: (delta.sum(), summary(delta.cumsum(0), A, x)[1]),
        ),
        Misconception(
            "not a number behind a long step",
            "Of what was there before a long step nothing is left: a quotient of decays is 0 / 0 then, and `exp` of a "
            "positive exponent is infinite. Which steps come after a drive?",
            _divided,
        ),
        Misconception(
            "a drive that fades in its own step",
            "Each of your drives fades once too often: also in its own step. x comes in *after* that step's fading.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → torch.exp(delta_t * A) * (end + x_t)"),
        ),
        Misconception(
            "drives that fade in the place of the state",
            "You let each drive fade in its own step, and keep the state whole. It is the other way round: the state "
            "fades, and the drive comes in as it is.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → end + torch.exp(delta_t * A) * x_t"),
        ),
        Misconception(
            "drives that fade the longer the later they come",
            "You weigh each drive with what fades from the part's *beginning* up to it. In the last state the earliest "
            "drive has faded most: what counts lies between the drive and the part's end.",
            [_weighted, edited(_weighted, "delta.cumsum(0) → delta.cumsum(0) - delta")],
        ),
        Misconception(
            "an end that grows",
            "Your state grows at each step: A is negative already, and no further sign belongs in the exponent.",
            edited(summary, "torch.exp(delta_t * A) → torch.exp(-delta_t * A)"),
            where=lambda delta, **_: delta.max() < LONG,
        ),
        Misconception(
            "an exponent taken for a decay",
            "You multiply by A times Δ, of one step or of several, which is negative. That is the exponent; what is "
            "left of a state or of a drive lies between 0 and 1.",
            [
                edited(summary, "torch.exp(delta_t * A) → delta_t * A"),
                lambda delta, A, x: (
                    delta.sum(),
                    ((delta.sum() - delta.cumsum(0))[:, None] * A * x).sum(0),
                ),
            ],
        ),
        Misconception(
            "an exponential of one factor",
            "Your exponential holds only one of the two, Δ or A, and the other one stands outside. The decay is the "
            "exponential of their product.",
            [
                edited(summary, "torch.exp(delta_t * A) → torch.exp(delta_t) * A"),
                edited(summary, "torch.exp(delta_t * A) → delta_t * torch.exp(A)"),
            ],
            where=lambda delta, **_: delta.max() < LONG,
        ),
        Misconception(
            "Euler's decay",
            "You let the state fade by 1 + ΔA. That is Euler's step, close to the decay for small Δ only. The equation "
            "on the symbol card has the exponential.",
            edited(summary, "torch.exp(delta_t * A) → (1 + delta_t * A)"),
        ),
        Misconception(
            "a power of 2",
            "You fade by powers of 2, as if steps were counted in half-lives. In the equation stands e, and A says how "
            "fast each state fades.",
            [
                edited(summary, "torch.exp(delta_t * A) → torch.exp2(delta_t * A)"),
                edited(summary, "torch.exp(delta_t * A) → 0.5**delta_t"),
            ],
        ),
        Misconception(
            "steps taken as equal",
            "In your end a drive fades in all steps behind it alike, by one and the same Δ. The steps differ in size: "
            "which ones come after a drive counts.",
            [
                edited(summary, "delta_t * A → delta.mean() * A"),
                edited(summary, "delta_t * A → delta[0] * A"),
                edited(summary, "delta_t * A → delta[-1] * A"),
                _counted,
            ],
        ),
        Misconception(
            "Δ in the drive once more",
            "You scale each drive by its Δ, or by something that is made of it. x is what a step adds to the state, as "
            "it stands: Δ and B are in it already.",
            [
                edited(summary, "end + x_t → end + delta_t * x_t"),
                edited(summary, "end + x_t → end + (torch.exp(delta_t * A) - 1) / A * x_t"),
                edited(summary, "end + x_t → end + (1 - torch.exp(delta_t * A)) * x_t"),
            ],
        ),
        Misconception(
            "a first drive that comes in twice",
            "You begin with the first drive, and then the first step adds it again. Before the first step there is "
            "zero.",
            edited(summary, "torch.zeros_like(A) → x[0]"),
        ),
        Misconception(
            "the last step left out",
            "Your end is the state before the last step. The last step fades it once more, and adds its drive.",
            edited(summary, "zip(delta, x, → zip(delta[:-1], x[:-1],"),
        ),
        Misconception(
            "the step before's fading",
            "A step fades by its own Δ. You fade by the Δ of the step before it.",
            edited(summary, "zip(delta, x, → zip(delta.roll(1), x,"),
        ),
        Misconception(
            "the next step's fading",
            "A step fades by its own Δ. You take that of the step behind it, and behind the last one there is none.",
            [
                edited(summary, "zip(delta, x, → zip(delta.roll(-1), x,"),
                edited(summary, "zip(delta, x, → zip(delta[1:], x[:-1],"),
            ],
        ),
        Misconception(
            "the first drive left out",
            "The first drive is missing in your end. It comes in at the first step, and fades in all later ones.",
            edited(summary, "zip(delta, x, → zip(delta[1:], x[1:],"),
        ),
        Misconception(
            "the last drive left out",
            "The last drive is missing in your end. It comes in after the last step's fading, and stands in the end as "
            "it is.",
            edited(summary, "return delta.sum(), end → return delta.sum(), end - x_t"),
        ),
        Misconception(
            "an axis of steps that is missing",
            "Your steps stand on the last axis, where they meet the states of A. (L, 1) is needed: `[:, None]` puts "
            "them in front, on an axis of their own.",
            [
                _without_an_axis,
                edited(_without_an_axis, "later * A → A * later"),
                edited(_without_an_axis, "later * A → later[None] * A"),
                edited(_without_an_axis, "later * A → A * later[None]"),
            ],
        ),
        Misconception(
            "a sum over the states",
            "You add up the N states. They stay apart; what is added up are the steps.",
            [
                lambda delta, A, x: (delta.sum(), _weights(delta, A, x).sum(1)),
                lambda delta, A, x: (delta.sum(), summary(delta, A, x)[1].sum()),
            ],
            where=several_states,
        ),
        Misconception(
            "all states",
            "You return the state after every step. The others ask for the last one only: it is all that goes on.",
            lambda delta, A, x: (delta.sum(), all_states(delta, A, x)),
        ),
        Misconception(
            "the last drive alone",
            "Your end is the last drive. Before it there were others, and something is left of them.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → x_t"),
        ),
        Misconception(
            "the first steps alone",
            "Your end is the state after the first step, or the first two. All later ones fade it, and bring their "
            "drives. Does your loop go through all of them? A `return` inside it ends it at its first turn.",
            [
                lambda delta, A, x: (delta.sum(), summary(delta[:1], A, x[:1])[1]),
                lambda delta, A, x: summary(delta[:1], A, x[:1]),
                lambda delta, A, x: (delta.sum(), summary(delta[:2], A, x[:2])[1]),
                lambda delta, A, x: summary(delta[:2], A, x[:2]),
            ],
            where=lambda delta, **_: len(delta) > 2,
        ),
        Misconception(
            "a beginning with ones",
            "You begin with ones. Before its first step a part has nothing, and its state is zero.",
            edited(summary, "torch.zeros_like(A) → torch.ones_like(A)"),
        ),
        Misconception(
            "all sums on the way",
            "You return the sum of the steps up to each step. The others ask for the sum over the whole part: one "
            "number.",
            edited(summary, "delta.sum() → delta.cumsum(0)"),
        ),
        Misconception(
            "the mean of the steps",
            "Your first result is the mean of the steps. The part fades what comes in by all of its steps together.",
            edited(summary, "delta.sum() → delta.mean()"),
        ),
        Misconception(
            "a total without one of its steps",
            "One step is missing in your sum, the first or the last. What comes in fades in it, too.",
            [edited(summary, "delta.sum() → delta[1:].sum()"), edited(summary, "delta.sum() → delta[:-1].sum()")],
        ),
        Misconception(
            "a part without one of its steps",
            "One step is missing in both of your results, the first or the last. Where does your loop or your slice "
            "begin, and where does it end?",
            [
                edited(summary, "zip(delta, x, → zip(delta[:-1], x[:-1],", "delta.sum() → delta[:-1].sum()"),
                edited(summary, "zip(delta, x, → zip(delta[1:], x[1:],", "delta.sum() → delta[1:].sum()"),
            ],
        ),
        Misconception(
            "one number with A in it",
            "Your first result is one number, and A is in it. Everybody knows A, with a rate for each state. What else "
            "is in the exponents of all N, and the same in each?",
            [
                edited(summary, f"return delta.sum(), end → return {one_number}, end")
                for one_number in (
                    "(A * delta.sum()).sum()",
                    "(A * delta.sum()).mean()",
                    "A[0] * delta.sum()",
                    "A[-1] * delta.sum()",
                    "torch.exp((A * delta.sum()).sum())",
                    "torch.exp((A * delta.sum()).mean())",
                    "torch.exp(A * delta.sum()).sum()",
                    "torch.exp(A * delta.sum()).mean()",
                )
            ],
            where=several_states,
        ),
        Misconception(
            "decays that are added up",
            "Your first result is a sum of decays. Decays multiply; what is added up are the steps in their exponents.",
            [
                edited(summary, "return delta.sum(), end → return torch.exp(delta[:, None] * A).sum(0), end"),
                edited(summary, "return delta.sum(), end → return torch.exp(delta[:, None] * A).sum(), end"),
            ],
        ),
        Misconception(
            "an exponential of the sum",
            "Your first result is an exponential of the sum of the steps. The others put the sum into N exponents, "
            "each with its own A: what they need is the sum itself.",
            [edited(summary, f"delta.sum() → torch.exp({sign}delta.sum())") for sign in ("", "-")],
            where=lambda delta, **_: delta.max() < LONG,
        ),
        Misconception(
            "a total for each state",
            "Your first result is right, and stands there N times. One number says how all N states fade.",
            edited(summary, "return delta.sum(), end → return delta.sum().expand_as(A), end"),
            where=several_states,
        ),
        Misconception(
            "a decay without Δ",
            "Your state fades by exp(A) at each step, whatever its size. A step fades by its own Δ.",
            edited(summary, "delta_t * A → A"),
        ),
        Misconception(
            "the two results exchanged",
            "Both are right, and they come in the wrong order: first the sum of the steps, then the end.",
            edited(summary, "return delta.sum(), end → return end, delta.sum()"),
            where=several_states,  # in the fixed example both are 4
        ),
    ],
)
