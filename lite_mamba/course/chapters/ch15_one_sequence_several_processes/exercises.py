"""Exercises of notebook 15: what a part of a sequence tells the others, and what it makes of what they tell.

One channel with N states, time first: delta (L,), drives x (L, N), A (N,). A part is known by its process, its rank.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question


def _part(draw: Draw, length: int, states: int) -> tuple[Tensor, Tensor]:
    """Step sizes (L,) and drives (L, N)."""
    return draw.uniform(0.05, 0.8, length), draw.normal(length, states)


def _decays(draw: Draw, states: int) -> Tensor:
    """A, (N,): negative, each state with its own."""
    return -draw.uniform(0.3, 2.0, states)


# Exercise 1: summary


def summary(delta: Tensor, A: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """A part in two results: the sum of its step sizes, and its last state, (N,), from zero."""
    end = torch.zeros_like(A)  # (N,)
    for delta_t, x_t in zip(delta, x, strict=True):
        end = torch.exp(delta_t * A) * end + x_t
    return delta.sum(), end


def _states(delta, A, x):
    h, states = torch.zeros_like(A), []
    for delta_t, x_t in zip(delta, x, strict=True):
        h = torch.exp(delta_t * A) * h + x_t
        states.append(h)
    return torch.stack(states)


def _weights(delta, A, x):
    """What is left of each drive at the end, (L, N)."""
    return torch.exp((delta.sum() - delta.cumsum(0))[:, None] * A) * x


def _without_an_axis(delta, A, x):
    later = delta.sum() - delta.cumsum(0)
    return delta.sum(), (torch.exp(later * A) * x).sum(0)


def _weighted(delta, A, x):
    faded = delta.cumsum(0)
    return delta.sum(), (torch.exp(faded[:, None] * A) * x).sum(0)


def _summary_case(draw: Draw) -> dict:
    states = draw.size(1, 3)
    delta, x = _part(draw, draw.size(2, 8), states)
    return {"delta": delta, "A": _decays(draw, states), "x": x}


def _with_a_tensor(function, delta, A, x):
    """What a function returns; a total that is a plain number is as good as a tensor."""
    result = function(delta, A, x)
    plain = isinstance(result, (tuple, list)) and len(result) == 2 and isinstance(result[0], (int, float))
    return (torch.tensor(float(result[0])), result[1]) if plain else result


HALF = -torch.tensor([2.0]).log()  # A of one state that halves with each unit of Δ

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
            "decays in the place of the sum of steps",
            "Your first result has A in it: N numbers, the decays of the whole part or their exponents. They are "
            "right, and more than has to travel: everybody knows A. Which one number makes all N of them?",
            [
                edited(summary, "return delta.sum(), end → return torch.exp(A * delta.sum()), end"),
                edited(summary, "return delta.sum(), end → return A * delta.sum(), end"),
            ],
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
            edited(summary, "delta.sum() → torch.tensor(float(len(delta)))"),
        ),
        Misconception(
            "drives that do not fade",
            "You add up the drives. What came in at the first step has faded in all later ones when the part ends.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → end + x_t"),
        ),
        Misconception(
            "a drive that fades in its own step",
            "Each of your drives fades once too often: also in its own step. x comes in *after* that step's fading.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → torch.exp(delta_t * A) * (end + x_t)"),
        ),
        Misconception(
            "drives that fade the longer the later they come",
            "You weigh each drive with what fades from the part's *beginning* up to it. In the last state the earliest "
            "drive has faded most: what counts lies between the drive and the part's end.",
            [_weighted, edited(_weighted, "delta.cumsum(0) → delta.cumsum(0) - delta")],
        ),
        Misconception(
            "an end that grows",
            "Your state grows at each step: A is negative already, and no further sign belongs into the exponent.",
            edited(summary, "torch.exp(delta_t * A) → torch.exp(-delta_t * A)"),
        ),
        Misconception(
            "an exponent taken for a decay",
            "You multiply the state with Δ·A, which is negative: it changes its sign at each step. That is the "
            "exponent; what is left of a state lies between 0 and 1.",
            edited(summary, "torch.exp(delta_t * A) → delta_t * A"),
        ),
        Misconception(
            "Euler's decay",
            "You let the state fade by 1 + ΔA. That is Euler's step, close to the decay for small Δ only. The equation "
            "on the symbol card has the exponential.",
            edited(summary, "torch.exp(delta_t * A) → (1 + delta_t * A)"),
        ),
        Misconception(
            "steps taken as equal",
            "In your end all steps fade alike, by the mean of Δ. The steps differ in size: which ones come after a "
            "drive counts.",
            edited(summary, "delta_t * A → delta.mean() * A"),
        ),
        Misconception(
            "Δ in the drive once more",
            "You multiply the drives with Δ. x is what a step adds to the state, as it stands: Δ and B are in it "
            "already.",
            edited(summary, "end + x_t → end + delta_t * x_t"),
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
            "A step fades by its own Δ. You fade by the Δ of the step behind it.",
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
            "Your weights have the shape (L,) where (L, 1) is needed: steps meet the states of A on the same axis. "
            "`[:, None]` puts them on an axis of their own.",
            [_without_an_axis, edited(_without_an_axis, "later * A → A * later")],
        ),
        Misconception(
            "a sum over the states",
            "You add up the states of each step. The states stay apart; what is added up are the steps.",
            [
                lambda delta, A, x: (delta.sum(), _weights(delta, A, x).sum(1)),
                lambda delta, A, x: (delta.sum(), summary(delta, A, x)[1].sum()),
            ],
        ),
        Misconception(
            "all states",
            "You return the state after every step. The others ask for the last one only: it is all that goes on.",
            lambda delta, A, x: (delta.sum(), _states(delta, A, x)),
        ),
        Misconception(
            "the last drive alone",
            "Your end is the last drive. Before it there were others, and something is left of them.",
            edited(summary, "torch.exp(delta_t * A) * end + x_t → x_t"),
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
            "a total without its first step",
            "The first step is missing in your sum. What comes in fades in it, too.",
            edited(summary, "delta.sum() → delta[1:].sum()"),
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
        ),
    ],
)


# Exercise 2: own_start


def own_start(rank: int, totals: Tensor, ends: Tensor, A: Tensor) -> Tensor:
    """The state with which a part begins: what the parts before it, (P,) and (P, N), have left; (N,)."""
    h = torch.zeros_like(A)
    for q in range(rank):
        h = torch.exp(A * totals[q]) * h + ends[q]
    return h


HAND_ON = "torch.exp(A * totals[q]) * h + ends[q]"


def _ranks_case(draw: Draw, name: str) -> dict:
    states, ranks = draw.size(2, 3), draw.size(3, 5)
    rank = draw.random.randrange(ranks)
    return {
        "rank": rank,
        "totals": draw.uniform(0.1, 1.5, ranks),
        name: draw.normal(ranks, states),
        "A": _decays(draw, states),
    }


def _summed(rank, totals, ends, A, between):
    """The sum over the parts before of what is left of each end, given the time that it fades."""
    return sum((torch.exp(A * between(totals, q, rank)) * ends[q] for q in range(rank)), torch.zeros_like(A))


def _sum_of_exponents(rank, totals, ends, A):
    return sum((A * totals[q + 1 : rank].sum() * ends[q] for q in range(rank)), torch.zeros_like(A))


def _decays_added(ones):
    """Each end fades by the sum of the decays between; between neighbours, where there are none, by `ones`."""

    def answer(rank, totals, ends, A):
        left = [sum(torch.exp(A * total) for total in totals[q + 1 : rank]) + 0 * A for q in range(rank)]
        left = [ones + decay if q == rank - 1 else decay for q, decay in enumerate(left)]
        return sum((decay * end for decay, end in zip(left, ends, strict=False)), torch.zeros_like(A))

    return answer


def _before(kind):
    return lambda rank, totals, ends, A: _summed(rank, totals, ends, A, kind)


OWN_START = Exercise(
    id="15.own_start",
    title="Where a part begins",
    reference=own_start,
    cases=lambda draw: _ranks_case(draw, "ends"),
    example={
        "rank": 2,
        "totals": torch.tensor([1.0, 2.0, 1.0, 1.0]),
        "ends": torch.tensor([[8.0], [4.0], [2.0], [1.0]]),
        "A": HALF,
    },
    axes=("state",),
    misconceptions=[
        Misconception(
            "the own part counted",
            "You let the part's own end go into its beginning: it would be counted twice, here and by the part's own "
            "scan. The prefix is *exclusive*: it ends before the own rank.",
            [
                edited(own_start, "range(rank) → range(rank + 1)"),
                lambda rank, totals, ends, A: own_start(rank, totals, ends, A) + ends[rank],
            ],
        ),
        Misconception(
            "ends that do not fade",
            "You add up the ends of the parts before. Each of them still goes through the parts between it and yours.",
            edited(own_start, f"{HAND_ON} → h + ends[q]"),
        ),
        Misconception(
            "the part before alone",
            "You take the end of the part before. That part began from zero, so its end knows nothing of the parts "
            "before *it*.",
            [
                edited(own_start, f"{HAND_ON} → ends[q]"),
                lambda rank, totals, ends, A: ends[rank - 1],
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "an end that fades in its own part",
            "You let each end fade by its own part. It is what stands at the *end* of that part: the steps before it "
            "are over. Only the parts behind it fade it.",
            [
                edited(own_start, f"{HAND_ON} → torch.exp(A * totals[q]) * (h + ends[q])"),
                _before(lambda totals, q, rank: totals[q]),
            ],
        ),
        Misconception(
            "a start that has gone through the own part",
            "You let what comes from before fade by your own part, too. The start is the state *before* your part.",
            [
                edited(own_start, "return h → return torch.exp(A * totals[rank]) * h"),
                _before(lambda totals, q, rank: totals[q : rank + 1].sum()),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "ends that grow",
            "Your ends grow on their way. A is negative already: no further sign belongs into the exponent.",
            edited(own_start, "A * totals[q] → -A * totals[q]"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "a first rank that begins with the last end",
            "Rank 0 gets the end of the last part: in Python, ends[−1] is the last one. Nothing comes before rank 0, "
            "and it begins with zeros.",
            edited(own_start, "return h → return h if rank else ends[-1]"),
        ),
        Misconception(
            "the end of the part before left out",
            "The end of the part right before yours is missing. It stands at your beginning, and has not faded at all.",
            [
                edited(own_start, "range(rank) → range(rank - 1)"),
                edited(
                    own_start, "range(rank) → range(rank - 1)", "return h → return torch.exp(A * totals[rank - 1]) * h"
                ),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "the part before yours without its fading",
            "What comes from further back goes through the part right before yours, too. In your sum it does not fade "
            "there.",
            _before(lambda totals, q, rank: totals[q + 1 : rank - 1].sum()),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "the total of the part before",
            "A state that goes through part q fades by the total of q. You take the total of the part before q.",
            edited(own_start, "A * totals[q] → A * totals[q - 1]"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "the total of the part behind",
            "A state that goes through part q fades by the total of q. You take the total of the part behind q.",
            edited(own_start, "A * totals[q] → A * totals[q + 1]"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "fading up to the last rank",
            "Each of your ends fades by all parts behind it, up to the last rank. It has to go up to *your* beginning "
            "only.",
            _before(lambda totals, q, rank: totals[q + 1 :].sum()),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "fading by the parts before",
            "Each of your ends fades by the parts *before* it, as if the state travelled from your neighbour back to "
            "rank 0. Which parts lie between an end and your beginning?",
            [
                _before(lambda totals, q, rank: totals[:q].sum()),
                _before(lambda totals, q, rank: totals[: q + 1].sum()),
            ],
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "the ranks behind",
            "You take what the parts *behind* yours have left. A state comes from the past.",
            [
                edited(own_start, "range(rank) → range(rank + 1, len(totals))"),
                edited(own_start, "range(rank) → reversed(range(rank + 1, len(totals)))"),
            ],
        ),
        Misconception(
            "all ranks",
            "You go through all parts: this is the state at the end of the whole sequence, the same for everybody.",
            edited(own_start, "range(rank) → range(len(totals))"),
        ),
        Misconception(
            "a sum taken for a decay",
            "You multiply with the sum of the steps, with A or without it. In the formula it stands in an exponent: a "
            "decay lies between 0 and 1.",
            [
                edited(own_start, f"{HAND_ON} → totals[q] * h + ends[q]"),
                edited(own_start, f"{HAND_ON} → A * totals[q] * h + ends[q]"),
                _sum_of_exponents,
            ],
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "the first part left out",
            "The end of part 0 is missing. It has come the longest way, and something of it is left.",
            edited(own_start, "range(rank) → range(1, rank)"),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the totals of the parts between. Decays multiply; their exponents, which hold the totals, "
            "add up.",
            _before(lambda totals, q, rank: totals[q + 1 : rank].prod()),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "ends that fade alike",
            "You let all ends fade alike, by all parts before yours. Each has come another way, and the end of the "
            "part right before yours has not faded at all.",
            _before(lambda totals, q, rank: totals[:rank].sum()),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "fading by the next part alone",
            "Each of your ends fades by the part right behind it, and by no other. The end of rank 0 goes through all "
            "parts up to yours.",
            _before(lambda totals, q, rank: totals[q + 1 : min(q + 2, rank)].sum()),
            where=lambda rank, **_: rank > 2,
        ),
        Misconception(
            "a number in the place of N zeros",
            "For rank 0 you return the number 0, as Python's `sum` of nothing does. A state has N numbers, for rank 0 "
            "as well: begin with zeros.",
            edited(own_start, "return h → return h if rank else 0"),
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(own_start, "A * totals[q] → -totals[q]"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "parts taken as equal",
            "You let all parts fade alike, by the mean of the totals. Each part has a total of its own.",
            edited(own_start, "A * totals[q] → A * totals.mean()"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "decays that are added up",
            "You add up the decays of the parts between. What goes through several parts is multiplied by each of "
            "their decays; what is added up are the totals in the exponent.",
            [_decays_added(0.0), _decays_added(1.0)],
            where=lambda rank, **_: rank > 2,
        ),
        Misconception(
            "fading by the part before yours alone",
            "Each of your ends fades by the part right before yours, and by no other. The end of rank 0 goes through "
            "all parts from its own to yours.",
            [
                _before(lambda totals, q, rank: totals[rank - 1]),
                _before(lambda totals, q, rank: totals[rank - 1] * (q < rank - 1)),
            ],
            where=lambda rank, **_: rank > 2,
        ),
        Misconception(
            "a first rank that begins with its own end",
            "Rank 0 begins with its own end. Nothing comes before rank 0, and it begins with zeros.",
            edited(own_start, "torch.zeros_like(A) → ends[0]", "range(rank) → range(1, rank)"),
        ),
        Misconception(
            "the first end twice",
            "You begin with the end of part 0, and then part 0 adds it again. Before part 0 there is zero.",
            edited(own_start, "torch.zeros_like(A) → ends[0]"),
        ),
        Misconception(
            "the starts of all ranks",
            "You return a start for every rank. Each process asks for its own.",
            lambda rank, totals, ends, A: torch.stack([own_start(r, totals, ends, A) for r in range(len(totals))]),
        ),
    ],
)


# Exercise 3: corrected


def corrected(states: Tensor, start: Tensor, delta: Tensor, A: Tensor) -> Tensor:
    """The states of a part that began from `start`, from those that began from zero; (L, N)."""
    left = torch.exp(delta.cumsum(0)[:, None] * A)  # (L, N): of the start, after each step
    return states + left * start


def _corrected_case(draw: Draw) -> dict:
    N = draw.size(1, 3)
    delta, x = _part(draw, draw.size(2, 6), N)
    A = _decays(draw, N)
    return {"states": _states(delta, A, x), "start": draw.normal(N) + 0.05, "delta": delta, "A": A}


def _differences_scanned(states, start, delta, A):
    return _scanned_again(torch.cat([states[:1], states.diff(dim=0)]), start, delta, A)


def _scanned_again(states, start, delta, A):
    h, again = start, []
    for delta_t, state in zip(delta, states, strict=True):
        h = torch.exp(delta_t * A) * h + state
        again.append(h)
    return torch.stack(again)


CORRECTED = Exercise(
    id="15.corrected",
    title="A part that learns its past",
    reference=corrected,
    cases=_corrected_case,
    example={
        "states": torch.tensor([[1.0], [1.0], [1.0]]),
        "start": torch.tensor([16.0]),
        "delta": torch.tensor([1.0, 2.0, 1.0]),
        "A": HALF,
    },
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "a start taken away",
            "You take the faded start away from the states. It is what they lack.",
            edited(corrected, "states + left → states - left"),
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the step sizes up to each step. Decays multiply; their exponents, which hold the steps, add "
            "up.",
            edited(corrected, "delta.cumsum(0) → delta.cumprod(0)"),
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(corrected, "[:, None] * A → [:, None] * -torch.ones_like(A)"),
        ),
        Misconception(
            "a start that does not fade",
            "You add the start to every state as it is. At each step of the part something of it is lost.",
            edited(corrected, "left * start → start"),
        ),
        Misconception(
            "a start that fades by single steps",
            "You fade the start by the step at hand only. At the third step it has gone through three.",
            edited(corrected, "delta.cumsum(0) → delta"),
        ),
        Misconception(
            "one step too few",
            "Your first state takes in the start as it is. A step fades first and adds its drive then, so even in the "
            "first state the start has faded once.",
            edited(corrected, "delta.cumsum(0) → (delta.cumsum(0) - delta)"),
        ),
        Misconception(
            "a start that has faded by the whole part at once",
            "You let the start fade by the whole part, at every step. Only at the last one has it gone that far.",
            edited(corrected, "delta.cumsum(0) → delta.sum().expand(len(delta))"),
        ),
        Misconception(
            "sums from the end",
            "You sum the steps from each one to the part's *end*. The start comes in at the beginning.",
            [
                edited(corrected, "delta.cumsum(0) → delta.flip(0).cumsum(0).flip(0)"),
                edited(corrected, "delta.cumsum(0) → (delta.sum() - delta.cumsum(0))"),
            ],
        ),
        Misconception(
            "a start that is felt for one step",
            "Only your first state knows the start. The second was made from the first.",
            [
                lambda states, start, delta, A: torch.cat([states[:1] + torch.exp(delta[0] * A) * start, states[1:]]),
                lambda states, start, delta, A: torch.cat([states[:1] + start, states[1:]]),
            ],
        ),
        Misconception(
            "a last state alone that is corrected",
            "You mend the last state. The output reads all of them.",
            lambda states, start, delta, A: torch.cat([states[:-1], states[-1:] + torch.exp(delta.sum() * A) * start]),
        ),
        Misconception(
            "a start that grows",
            "Your start grows from step to step. A is negative already: no further sign belongs into the exponent.",
            edited(corrected, "delta.cumsum(0)[:, None] * A → -delta.cumsum(0)[:, None] * A"),
        ),
        Misconception(
            "an exponent taken for what is left",
            "You multiply the start with A times the steps that have gone by, which is negative. That is the "
            "exponent; what is left of the start lies between 0 and 1.",
            edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → delta.cumsum(0)[:, None] * A"),
        ),
        Misconception(
            "steps taken as equal",
            "You count steps as if all were equal. They differ in size: the start has faded by the sum of the sizes "
            "that have gone by.",
            [
                edited(corrected, "delta.cumsum(0) → torch.arange(1, len(delta) + 1)"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta)"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta.mean())"),
            ],
        ),
        Misconception(
            "an axis of steps that is missing",
            "Your sum of steps has the shape (L,) where (L, 1) is needed: steps meet the states of A on the same axis. "
            "`[:, None]` puts them on an axis of their own.",
            [
                edited(corrected, "delta.cumsum(0)[:, None] * A → delta.cumsum(0) * A"),
                edited(corrected, "delta.cumsum(0)[:, None] * A → A * delta.cumsum(0)"),
            ],
        ),
        Misconception(
            "start and states exchanged",
            "You fade the states and add the start as it is. It is the other way round: the states from zero are right "
            "as they are, and the start fades.",
            edited(corrected, "states + left * start → left * states + start"),
        ),
        Misconception(
            "differences taken for drives",
            "You take the difference of two states for the drive between them. The state before has faded in that "
            "step, too: its drive is what has come in besides.",
            _differences_scanned,
        ),
        Misconception(
            "a blend of start and states",
            "You blend start and states: what fades from the one comes from the other. The states from zero are whole; "
            "the faded start is added to them.",
            edited(corrected, "states + left * start → (1 - left) * states + left * start"),
        ),
        Misconception(
            "states taken for drives",
            "You scan the states as if they were drives. Each of them has in it what the steps before have brought, "
            "and you add that up once more.",
            _scanned_again,
        ),
        Misconception(
            "the correction alone",
            "You return what is to be added. The states from zero belong to it.",
            edited(corrected, "states + left * start → left * start"),
        ),
        Misconception(
            "states that fade",
            "You fade the states from zero as well. They are right as they are; only the start is missing.",
            edited(corrected, "states + left * start → left * (states + start)"),
        ),
    ],
)


# Exercise 4: halo


def halo(rank: int, parts: list[Tensor], max_lag: int) -> Tensor:
    """The last `max_lag` inputs in front of a part, zeros where the sequence has not begun; (D, max_lag)."""
    nothing = parts[0].new_zeros(len(parts[0]), max_lag)  # (D, max_lag)
    before = torch.cat([nothing, *parts[:rank]], dim=1)  # (D, …)
    return before[:, -max_lag:]


def _first_repeated(rank, parts, max_lag):
    if rank == 0:
        return halo(rank, parts, max_lag)
    before = torch.cat(parts[:rank], dim=1)
    return torch.cat([before[:, :1].expand(-1, max_lag), before], dim=1)[:, -max_lag:]


def _halo_case(draw: Draw) -> dict:
    D, ranks, max_lag = draw.size(1, 2), draw.size(2, 4), draw.size(2, 4)
    least = 1 if draw.choice([False, True]) else max_lag
    parts = [draw.normal(D, least + draw.size(0, 3)) for _ in range(ranks)]
    return {"rank": draw.random.randrange(ranks), "parts": parts, "max_lag": max_lag}


def _long(parts, max_lag, **_) -> bool:
    return all(part.shape[1] >= max_lag for part in parts)


def _zeros_behind(rank, parts, max_lag):
    known = torch.cat([parts[0][:, :0], *parts[:rank]], dim=1)[:, -max_lag:]
    return F.pad(known, (0, max_lag - known.shape[1]))


def _neighbour(rank, parts, max_lag):
    nothing = parts[0].new_zeros(len(parts[0]), max_lag)
    before = torch.cat([nothing, parts[rank - 1] if rank else nothing], dim=1)
    return before[:, -max_lag:]


def _collected(rank, parts, max_lag):
    """From the nearest part on, as long as something is missing."""
    pieces, missing = [], max_lag
    for part in reversed(parts[:rank]):
        pieces.insert(0, part[:, max(0, part.shape[1] - missing) :])
        missing -= pieces[0].shape[1]
    return torch.cat([parts[0].new_zeros(len(parts[0]), missing), *pieces], dim=1)


HALO = Exercise(
    id="15.halo",
    title="The samples in front of a part",
    reference=halo,
    cases=_halo_case,
    trials=40,
    example={
        "rank": 3,
        "parts": [torch.tensor([samples]) for samples in ([1.0, 2.0], [3.0], [4.0], [5.0, 6.0])],
        "max_lag": 3,
    },
    axes=("channel", "sample"),
    misconceptions=[
        Misconception(
            "a first rank that takes from the last",
            "Rank 0 gets the end of the sequence: in Python, parts[−1] is the last part. Nothing comes before rank 0, "
            "and its halo is zeros.",
            [
                lambda rank, parts, max_lag: parts[rank - 1][:, -max_lag:],
                lambda rank, parts, max_lag: F.pad(parts[rank - 1], (max_lag, 0))[:, -max_lag:],
                lambda rank, parts, max_lag: halo(rank or len(parts), parts, max_lag),
            ],
            where=_long,
        ),
        Misconception(
            "a short part that is all there is",
            "You look at the neighbour only. It may be shorter than the halo: then the samples before it are wanted, "
            "too, from the rank before the neighbour.",
            [
                _neighbour,
                lambda rank, parts, max_lag: (
                    parts[rank - 1][:, -max_lag:] if rank else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
            ],
        ),
        Misconception(
            "no zeros in front",
            "Your halo has the samples that there are. Where the sequence has not begun, zeros stand in their place: "
            "the halo is max_lag long for every rank.",
            edited(halo, "[nothing, *parts[:rank]] → parts[:rank]"),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "nothing to join for rank 0",
            "Rank 0 has no parts before it, and `torch.cat` cannot join nothing. With zeros in front there is always "
            "something.",
            edited(halo, "[nothing, *parts[:rank]] → parts[:rank]", "before[ → F.pad(before, (max_lag, 0))["),
        ),
        Misconception(
            "a halo that is not cut off",
            "You return more than the last max_lag samples. Nobody reads what lies farther back, and it would have to "
            "travel.",
            [
                edited(halo, "before[:, -max_lag:] → before"),
                edited(
                    halo,
                    "*parts[:rank] → *(part[:, -max_lag:] for part in parts[:rank])",
                    "before[:, -max_lag:] → before",
                ),
                lambda rank, parts, max_lag: torch.cat([parts[0][:, :0], *parts[:rank]], dim=1),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "two parts that are all there is",
            "You look at two parts before yours. Both together may be shorter than the halo: go back until it is full.",
            edited(halo, "*parts[:rank] → *parts[max(rank - 2, 0) : rank]"),
        ),
        Misconception(
            "the part before left out",
            "The part right before yours is missing. Its last samples lie next to your beginning. Where does a slice "
            "of a list end?",
            [
                edited(halo, "*parts[:rank] → *parts[: max(rank - 1, 0)]"),
                edited(halo, "*parts[:rank] → *parts[: rank - 1]"),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "the part's own samples",
            "Your samples are those of the part itself, which its process has. The halo lies in front of it.",
            [
                edited(halo, "*parts[:rank] → parts[rank]"),
                lambda rank, parts, max_lag: F.pad(parts[rank], (0, max_lag))[:, :max_lag],
            ],
        ),
        Misconception(
            "the wrong end of the part before",
            "You take the *first* samples of the part before. A convolution reads the ones next to your beginning.",
            lambda rank, parts, max_lag: (
                parts[rank - 1][:, :max_lag] if rank else parts[0].new_zeros(len(parts[0]), max_lag)
            ),
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank > 0,
        ),
        Misconception(
            "the beginning of all that was before",
            "You keep the *first* columns of all that stands before your part, and those lie farthest back. A "
            "convolution reads the ones next to your beginning.",
            edited(halo, "[nothing, *parts[:rank]] → [*parts[:rank], nothing]", "-max_lag: → :max_lag"),
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank > 0,
        ),
        Misconception(
            "zeros for every rank",
            "Every rank gets nothing but zeros. Is anything of the parts before put in? And if it is, from which end "
            "do you take the halo? The zeros stand first.",
            edited(halo, "-max_lag: → :max_lag"),
        ),
        Misconception(
            "the nearest sample left out",
            "The sample right in front of your part is missing. In Python a slice that ends at −1 leaves the last "
            "column out.",
            [
                edited(halo, "before[:, -max_lag:] → before[:, -max_lag:-1]"),
                edited(halo, "before[:, -max_lag:] → before[:, -max_lag - 1 : -1]"),
                edited(
                    halo,
                    "(len(parts[0]), max_lag) → (len(parts[0]), max_lag + 1)",
                    "before[:, -max_lag:] → before[:, -max_lag - 1 : -1]",
                ),
            ],
        ),
        Misconception(
            "the end of the whole sequence",
            "Every rank gets the last samples of the whole sequence. The halo of a rank lies in front of *its* part.",
            edited(halo, "*parts[:rank] → *parts"),
        ),
        Misconception(
            "samples of the rank behind",
            "Your samples come from the rank *behind*. A causal convolution reads the past.",
            [
                lambda rank, parts, max_lag: (
                    parts[rank + 1][:, :max_lag]
                    if rank + 1 < len(parts)
                    else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
                lambda rank, parts, max_lag: (
                    parts[rank + 1][:, -max_lag:]
                    if rank + 1 < len(parts)
                    else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
                edited(halo, "parts[:rank] → parts[rank + 1 :]"),
            ],
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank + 1 < len(parts),
        ),
        Misconception(
            "one sample short",
            "Your halo has one sample too few. The oldest tap reads max_lag samples back from the part's first.",
            [
                edited(halo, "return before[:, -max_lag:] → return before[:, before.shape[1] - max_lag + 1:]"),
                edited(
                    halo,
                    "return before[:, -max_lag:] → return F.pad(before[:, before.shape[1] - max_lag + 1:], (1, 0))",
                ),
            ],
        ),
        Misconception(
            "one sample too many",
            "Your halo has one sample more than max_lag. Nobody reads it.",
            edited(halo, "max_lag)  # (D, max_lag) → max_lag + 1)", "-max_lag: → -max_lag - 1:"),
        ),
        Misconception(
            "samples of the own part",
            "The last of your samples belong to the part itself. The halo lies in front of it.",
            edited(halo, "parts[:rank] → parts[:rank + 1]"),
        ),
        Misconception(
            "parts in the wrong order",
            "The parts before yours come in the wrong order: the nearest one stands first. The samples run from the "
            "oldest to the newest, so the part right before yours comes last.",
            [
                edited(halo, "*parts[:rank] → *parts[:rank][::-1]"),
                edited(_collected, "pieces.insert(0, → pieces.append("),
            ],
        ),
        Misconception(
            "zeros behind the samples",
            "Your samples are right, and the zeros stand on the wrong side: what lies before the beginning of the "
            "sequence is farther back than everything else.",
            _zeros_behind,
        ),
        Misconception(
            "the oldest sample repeated",
            "Where the sequence has not begun, you repeat its first sample. There are zeros.",
            [
                _first_repeated,
                edited(halo, "parts[0].new_zeros(len(parts[0]), max_lag) → parts[0][:, :1].expand(-1, max_lag)"),
            ],
        ),
        Misconception(
            "newest first",
            "Your samples run backwards in time. They are put in front of the part as they came.",
            edited(halo, "-max_lag:] → -max_lag:].flip(1)"),
        ),
        Misconception(
            "halo and part together",
            "You return the part with its halo. Asked for is what has to travel: the halo alone.",
            edited(halo, "return before[:, -max_lag:] → return torch.cat([before[:, -max_lag:], parts[rank]], dim=1)"),
        ),
    ],
)


# Bug hunt: convolve_parts


def convolve_parts(parts: list[Tensor], weight: Tensor, dilation: int) -> list[Tensor]:
    """A causal dilated convolution, (D, W) taps, of parts (D, L) that know their halo only."""
    taps = weight.shape[1]
    reach = (taps - 1) * dilation  # samples of the past that an output reads
    results = []
    for rank, part in enumerate(parts):
        x = torch.cat([halo(rank, parts, reach), part], dim=1)  # (D, reach + L)
        y = torch.zeros_like(part)  # (D, L)
        for k in range(taps):
            lag = (taps - 1 - k) * dilation  # the last tap meets the present
            y = y + weight[:, k, None] * F.pad(x, (lag, 0))[:, reach : reach + part.shape[1]]
        results.append(y)
    return results


def _hunt_case(draw: Draw) -> dict:
    D, ranks = draw.size(1, 2), draw.size(3, 4)
    parts = [draw.normal(D, draw.size(1, 8)) for _ in range(ranks)]
    return {"parts": parts, "weight": draw.normal(D, draw.size(2, 4)) + 0.05, "dilation": draw.size(1, 4)}


def _unpadded(parts, weight, dilation):
    """A convolution of halo and part without padding: as many outputs as there are samples behind the first reach."""
    taps = weight.shape[1]
    reach = (taps - 1) * dilation
    joined = [torch.cat([halo(rank, parts, reach), part], dim=1) for rank, part in enumerate(parts)]
    return [F.conv1d(x[None], weight[:, None], dilation=dilation, groups=len(weight))[0] for x in joined]


def _in_equal_parts(cut):
    """Right outputs, cut by one of torch's functions that know of no lengths."""
    return lambda parts, weight, dilation: list(
        cut(torch.cat(convolve_parts(parts, weight, dilation), dim=1), len(parts), dim=1)
    )


def _without_dilation(parts, weight, dilation):
    return convolve_parts(parts, weight, 1)


REACH = "reach = (taps - 1) * dilation"

CONVOLVE_PARTS = Exercise(
    id="15.convolve_parts",
    title="A convolution that is right for dilation 1 only",
    reference=convolve_parts,
    cases=_hunt_case,
    example={
        "parts": [torch.ones(1, 4), torch.ones(1, 4)],
        "weight": torch.tensor([[100.0, 10.0, 1.0]]),
        "dilation": 2,
    },
    axes=("channel", "sample"),
    misconceptions=[
        Misconception(
            "the suspect as it was",
            "Nothing is mended yet. Follow the first output of the second part: which samples does it read, and which "
            "of them are there?",
            edited(convolve_parts, f"{REACH} → reach = taps - 1"),
            given=True,
        ),
        Misconception(
            "one sample short",
            "Nearly: the first output of a part still lacks its oldest sample. From an output to the oldest sample "
            "that it reads there are taps − 1 gaps. How wide is each?",
            edited(convolve_parts, f"{REACH} → reach = (taps - 1) * dilation - 1"),
            where=lambda weight, dilation, **_: (weight.shape[1] - 1) * dilation > 1,
        ),
        Misconception(
            "taps and dilation added",
            "You have added the dilation to the taps. Between two neighbouring taps lie `dilation` samples, and there "
            "are taps − 1 such gaps.",
            [
                edited(convolve_parts, f"{REACH} → reach = taps - 1 + dilation"),
                edited(convolve_parts, f"{REACH} → reach = taps + dilation - 2"),
            ],
            where=lambda weight, dilation, **_: weight.shape[1] > 2 and dilation > 2,
        ),
        Misconception(
            "the dilation left out",
            "Now halo and taps agree, and the convolution has lost its dilation: it reads neighbouring samples.",
            _without_dilation,
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "a halo of one gap",
            "Your halo is one dilation long. With more than two taps, the oldest one reads further back.",
            edited(convolve_parts, f"{REACH} → reach = dilation"),
            where=lambda weight, **_: weight.shape[1] > 2,
        ),
        Misconception(
            "a slice as it was",
            "The halo is long enough now, and the slice still leaves out taps − 1 samples only. Your first outputs "
            "belong to the part before.",
            edited(convolve_parts, "reach : reach + → taps - 1 : taps - 1 +"),
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "parts that know nothing of each other",
            "Every part begins with zeros now. What the part before ends with is gone.",
            edited(convolve_parts, "halo(rank, parts, reach) → part.new_zeros(len(part), reach)"),
        ),
        Misconception(
            "taps a gap too far back",
            "The halo is long enough now, and each of your taps reads one gap too far back: not even the last one "
            "meets the present.",
            edited(convolve_parts, "(taps - 1 - k) * dilation → (taps - k) * dilation"),
        ),
        Misconception(
            "taps one sample apart",
            "The halo is long enough now, and your lags differ by one sample from tap to tap. Between two neighbouring "
            "taps lie `dilation` samples: it multiplies k, too.",
            edited(convolve_parts, "(taps - 1 - k) * dilation → (taps - 1) * dilation - k"),
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "taps that all read the present",
            "The halo is long enough now, and all of your taps read the present sample. Zeros in *front* move the "
            "samples by the lag of a tap.",
            edited(convolve_parts, "(lag, 0) → (0, lag)"),
        ),
        Misconception(
            "a tap left out",
            "The halo is long enough now, and one tap is missing in your sum: the oldest, or the present one.",
            [
                edited(convolve_parts, "range(taps) → range(1, taps)"),
                edited(convolve_parts, "range(taps) → range(taps - 1)"),
            ],
        ),
        Misconception(
            "a slice shorter than the halo",
            "Your halo is longer than what the slice leaves out, so the first outputs belong to the part before. The "
            "two lengths must agree.",
            edited(convolve_parts, "halo(rank, parts, reach) → halo(rank, parts, taps * dilation)"),
        ),
        Misconception(
            "outputs of the halo",
            "The halo is long enough now, and you keep the outputs that belong to it. Those of the part stand behind "
            "them.",
            edited(convolve_parts, "[:, reach : reach + part.shape[1]] → [:, : part.shape[1]]"),
        ),
        Misconception(
            "outputs of the halo, too",
            "Your results are longer than their parts. The first of them belong to samples of the halo, which you have "
            "for reading only: keep as many outputs, from the end, as the part has samples.",
            [
                edited(
                    convolve_parts,
                    "zeros_like(part) → zeros_like(x)",
                    "[:, reach : reach + part.shape[1]] → [:, : x.shape[1]]",
                ),
                edited(_unpadded, f"{REACH} → reach = taps * dilation - 1"),
                edited(_unpadded, f"{REACH} → reach = taps * dilation"),
            ],
        ),
        Misconception(
            "a halo that counts taps",
            "Your halo has a sample for each tap, whatever the dilation. Between two neighbouring taps lie `dilation` "
            "samples.",
            edited(convolve_parts, f"{REACH} → reach = taps"),
            where=lambda weight, dilation, **_: (weight.shape[1] - 1) * dilation > weight.shape[1],
        ),
        Misconception(
            "taps in the wrong order",
            "The halo is right, and now the taps are reversed: the last one meets the present.",
            edited(convolve_parts, "(taps - 1 - k) * dilation → k * dilation"),
        ),
        Misconception(
            "a halo of outputs",
            "You cut the halo from outputs. The convolution reads inputs, on both sides of a border.",
            edited(convolve_parts, "halo(rank, parts, reach) → halo(rank, results + list(parts[rank:]), reach)"),
        ),
        Misconception(
            "parts joined in one tensor",
            "Your outputs are right, and joined in one tensor. Each process has its own: a list with a tensor for each "
            "part is asked for.",
            lambda parts, weight, dilation: torch.cat(convolve_parts(parts, weight, dilation), dim=1),
        ),
        Misconception(
            "parts taken as equally long",
            "You cut the joined outputs into equal parts. The parts differ in length: each has as many outputs as "
            "samples.",
            [_in_equal_parts(torch.chunk), _in_equal_parts(torch.tensor_split)],
        ),
        Misconception(
            "the samples of the neighbour alone",
            "The neighbour may be shorter than the reach. `halo` of exercise 4 goes further back.",
            edited(convolve_parts, "halo(rank → _neighbour(rank"),
        ),
    ],
)


# Exercise 5: end_gradient


def end_gradient(rank: int, totals: Tensor, slopes: Tensor, A: Tensor) -> Tensor:
    """The gradient that comes to a part's last state from all parts behind it, (P,) and (P, N); (N,)."""
    g = torch.zeros_like(A)
    for q in reversed(range(rank + 1, len(totals))):
        g = torch.exp(A * totals[q]) * g + slopes[q]
    return g


HAND_BACK = "torch.exp(A * totals[q]) * g + slopes[q]"


def _behind(between):
    """The sum over the parts behind of what is left of each slope, given the time that it fades."""

    def answer(rank, totals, slopes, A):
        later = range(rank + 1, len(totals))
        return sum((torch.exp(A * between(totals, rank, q)) * slopes[q] for q in later), torch.zeros_like(A))

    return answer


END_GRADIENT = Exercise(
    id="15.end_gradient",
    title="What comes back",
    reference=end_gradient,
    cases=lambda draw: _ranks_case(draw, "slopes"),
    example={
        "rank": 1,
        "totals": torch.tensor([1.0, 1.0, 2.0, 1.0]),
        "slopes": torch.tensor([[1.0], [2.0], [4.0], [8.0]]),
        "A": HALF,
    },
    axes=("state",),
    misconceptions=[
        Misconception(
            "the forward direction",
            "You collect from the parts *before*. The state of a part changes what comes after it, so its gradient "
            "comes from the parts behind.",
            [
                edited(end_gradient, "reversed(range(rank + 1, len(totals))) → range(rank)"),
                edited(end_gradient, "reversed(range(rank + 1, len(totals))) → reversed(range(rank))"),
            ],
        ),
        Misconception(
            "the own part counted",
            "You count your own slope. It is the gradient at your part's *beginning*; asked for is what comes to its "
            "end, from behind.",
            [
                edited(end_gradient, "range(rank + 1, → range(rank,"),
                lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes, A) + slopes[rank],
            ],
        ),
        Misconception(
            "slopes that do not fade",
            "You add up the slopes of the parts behind. A change of your last state has faded by all parts between "
            "before it reaches a later one, and its gradient with it.",
            edited(end_gradient, f"{HAND_BACK} → g + slopes[q]"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "the next part alone",
            "You take the slope of the part right behind. Your last state goes on through it, to the parts after it.",
            [
                edited(end_gradient, f"{HAND_BACK} → slopes[q]"),
                lambda rank, totals, slopes, A: slopes[(rank + 1) % len(slopes)],
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a slope that fades in its own part",
            "You let each slope fade by its own part. It is a gradient at that part's *beginning*: only the parts "
            "between lie in its way.",
            [
                edited(end_gradient, f"{HAND_BACK} → torch.exp(A * totals[q]) * (g + slopes[q])"),
                _behind(lambda totals, rank, q: totals[q]),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a gradient that has gone through the own part",
            "You let the gradient fade by your own part as well. Asked for is what comes to your *last* state; your "
            "own backward pass carries it on from there.",
            [
                edited(end_gradient, "return g → return torch.exp(A * totals[rank]) * g"),
                _behind(lambda totals, rank, q: totals[rank : q + 1].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "slopes that grow",
            "Your slopes grow on their way. A is negative already: no further sign belongs into the exponent.",
            edited(end_gradient, "A * totals[q] → -A * totals[q]"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a sum taken for a decay",
            "You multiply with the sum of the steps, with A or without it. In the formula it stands in an exponent: a "
            "decay lies between 0 and 1.",
            [
                edited(end_gradient, f"{HAND_BACK} → totals[q] * g + slopes[q]"),
                edited(end_gradient, f"{HAND_BACK} → A * totals[q] * g + slopes[q]"),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "the next part left out",
            "The slope of the part right behind yours is missing. Its start is your last state: it has not faded at "
            "all.",
            edited(end_gradient, "range(rank + 1, → range(rank + 2,"),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "the last part left out",
            "The slope of the last part is missing. Its start depends on your last state, too.",
            edited(end_gradient, "len(totals) → len(totals) - 1"),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "the total of the part behind",
            "A gradient that goes through part q fades by the total of q. You take the total of the part behind q.",
            _behind(lambda totals, rank, q: totals[rank + 2 : q + 1].sum()),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "the total of the part before",
            "A gradient that goes through part q fades by the total of q. You take the total of the part before q.",
            edited(end_gradient, "A * totals[q] → A * totals[q - 1]"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "fading from the first rank on",
            "Each of your slopes fades by all parts before it, from rank 0 on. Only those between your end and that "
            "part's beginning lie in its way.",
            _behind(lambda totals, rank, q: totals[:q].sum()),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "fading by all parts behind",
            "Each of your slopes fades by all parts behind yours. Only those between your end and that part's "
            "beginning lie in its way.",
            _behind(lambda totals, rank, q: totals[rank + 1 :].sum()),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "fading by the parts behind",
            "Each of your slopes fades by the parts behind *it*, as if it travelled to the last rank. Which parts lie "
            "between your end and that part's beginning?",
            [
                _behind(lambda totals, rank, q: totals[q + 1 :].sum()),
                _behind(lambda totals, rank, q: totals[q:].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the totals of the parts between. Decays multiply; their exponents, which hold the totals, "
            "add up.",
            _behind(lambda totals, rank, q: totals[rank + 1 : q].prod()),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a number in the place of N zeros",
            "For the last rank you return the number 0, as Python's `sum` of nothing does. A gradient has N numbers, "
            "for the last rank as well: begin with zeros.",
            edited(end_gradient, "return g → return g if rank < len(totals) - 1 else 0"),
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(end_gradient, "A * totals[q] → -totals[q]"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "parts taken as equal",
            "You let all parts fade alike, by the mean of the totals. Each part has a total of its own.",
            edited(end_gradient, "A * totals[q] → A * totals.mean()"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "the last slope twice",
            "You begin with the slope of the last part, and then that part adds it again. Nothing comes from behind "
            "the last part: begin with zeros.",
            edited(end_gradient, "torch.zeros_like(A) → slopes[-1]"),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a last rank that takes its own slope",
            "The last rank gets its own slope. No part comes after it, and it gets zeros.",
            edited(end_gradient, "return g → return g if rank < len(totals) - 1 else slopes[-1]"),
        ),
        Misconception(
            "the gradients of all ranks",
            "You return a gradient for every rank. Each process asks for its own.",
            lambda rank, totals, slopes, A: torch.stack(
                [end_gradient(r, totals, slopes, A) for r in range(len(totals))]
            ),
        ),
        Misconception(
            "all ranks",
            "You go through all parts. The parts before yours do not feel your state.",
            edited(end_gradient, "range(rank + 1, len(totals)) → range(len(totals))"),
        ),
    ],
)

EXERCISES = [SUMMARY, OWN_START, CORRECTED, HALO, CONVOLVE_PARTS, END_GRADIENT]

RECAP = [
    Question(
        "Which two things must a part tell the others, so that they can go on from it?",
        [
            "its inputs and its outputs",
            "the sum of its step sizes, and its last state from zero",
            "its first and its last state",
            "its number of steps, and its last output",
        ],
        "the sum of its step sizes, and its last state from zero",
        "They are its pair (decay, end), as in notebook 09: A, which everybody has, makes the decay of the sum.",
    ),
    Question(
        "The start of rank 3 is made of the ends of ranks 0, 1 and 2. By which parts does the end of rank 0 fade?",
        ["by 0, 1 and 2", "by 1 and 2", "by 1, 2 and 3", "by 0 alone"],
        "by 1 and 2",
        "By the parts between: the end of rank 0 stands behind part 0, and the start of rank 3 before part 3.",
    ),
    Question(
        "Sequences become ten times as long, on the same processes. What happens to the bytes that they exchange?",
        ["they stay the same", "they become ten times as many", "100 times as many", "a tenth"],
        "they stay the same",
        "A part tells one sum a channel, one state and one halo, however long it is.",
    ),
    Question(
        "In the backward pass, from where does a process get the gradient of its last state?",
        ["from all ranks before it", "from all ranks behind it", "from nobody", "from rank 0"],
        "from all ranks behind it",
        "Its last state goes on into every later part, and it fades on its way. So does the gradient, coming back.",
    ),
    Question(
        "A kernel of 4 taps with dilation 8. How many samples does a part need from the parts before it?",
        ["3", "4", "24", "32"],
        "24",
        "Three gaps of 8 samples: the oldest tap of the first output reads 24 samples back.",
    ),
]
