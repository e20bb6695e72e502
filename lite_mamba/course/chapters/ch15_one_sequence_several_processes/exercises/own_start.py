"""Exercise 2: own_start."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import HALF, LONG, ONE_FACTOR, ONE_NUMBER, ranks_case


def own_start(rank: int, totals: Tensor, ends: Tensor, A: Tensor) -> Tensor:
    """The state with which a part begins: what the parts before it, (P,) and (P, N), have left; (N,)."""
    h = torch.zeros_like(A)
    for q in range(rank):
        h = torch.exp(A * totals[q]) * h + ends[q]
    return h


HAND_ON = "torch.exp(A * totals[q]) * h + ends[q]"


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


def _parts_on_the_axis_of_states(rank, totals, ends, A):
    until = totals.cumsum(0)[:rank]  # (rank,): to the end of each part before
    return (torch.exp((until[-1:] - until) * A) * ends[:rank]).sum(0)


def _summed_over_the_states(rank, totals, ends, A):
    until = totals.cumsum(0)[:rank, None]  # (rank, 1)
    return (torch.exp((until[-1:] - until) * A) * ends[:rank]).sum(1)


def _divided(rank, totals, ends, A):
    left = torch.exp(A * totals.cumsum(0)[:, None])  # (P, N): after each part, of what was there before rank 0
    return ((ends / left).cumsum(0) * left)[rank - 1] if rank else torch.zeros_like(A)


def _before(kind):
    return lambda rank, totals, ends, A: _summed(rank, totals, ends, A, kind)


OWN_START = Exercise(
    id="15.own_start",
    title="Where a part begins",
    reference=own_start,
    cases=lambda draw: ranks_case(draw, "ends", asking=lambda ranks: ranks - 1),
    trials=40,
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
            "scan.",
            [
                edited(own_start, "range(rank) → range(rank + 1)"),
                lambda rank, totals, ends, A: own_start(rank, totals, ends, A) + ends[rank],
                lambda rank, totals, ends, A: own_start(rank, totals, ends.roll(-1, 0), A),
                lambda rank, totals, ends, A: ends[rank],
                lambda rank, totals, ends, A: ends[: rank + 1].sum(0),
                edited(
                    own_start, "range(rank) → range(rank + 1)", f"{HAND_ON} → torch.exp(A * totals[q]) * (h + ends[q])"
                ),
            ],
        ),
        Misconception(
            "ends that do not fade",
            "You add up the ends of the parts before. Each of them still goes through the parts between it and yours.",
            edited(own_start, f"{HAND_ON} → h + ends[q]"),
        ),
        Misconception(
            "the part before alone",
            "Of all ends, only that of the part before yours is in your start. That part began from zero, so its end "
            "knows nothing of the parts before *it*. If you have a loop, what becomes of what is there already?",
            [
                edited(own_start, f"{HAND_ON} → ends[q]"),
                edited(own_start, f"{HAND_ON} → torch.exp(A * totals[q]) * ends[q]"),
                lambda rank, totals, ends, A: ends[rank - 1],
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "a fixed number of parts",
            "You go back a fixed number of parts. Every part before yours has an end, and something is left of each.",
            [edited(own_start, f"range(rank) → range(max(rank - {count}, 0), rank)") for count in (2, 3)],
            where=lambda rank, **_: rank > 1,
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
            "Your ends grow on their way. A is negative already: no further sign belongs in the exponent.",
            edited(own_start, "A * totals[q] → -A * totals[q]"),
            where=lambda rank, totals, **_: rank > 1 and totals.max() < LONG,
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
            "a part between that does not fade",
            "An end goes through every part between its own and yours. In your sum one of them does not fade it.",
            [
                _before(lambda totals, q, rank: totals[q + 1 : rank - 1].sum()),
                _before(lambda totals, q, rank: totals[q + 2 : rank].sum()),
            ],
            where=lambda rank, **_: rank > 2,
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
            "the total of the own part",
            "A state that goes through part q fades by the total of q. You take the total of your own part, through "
            "which nothing has gone yet.",
            edited(own_start, "A * totals[q] → A * totals[rank]"),
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
            "Each of your ends fades by the parts *before* it, with its own or without, as if the state travelled from "
            "your neighbour back to rank 0. Which parts lie between an end and your beginning?",
            [
                edited(own_start, "range(rank) → reversed(range(rank))"),
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
            "You go through the parts behind yours as well. A state comes from the past.",
            [
                edited(own_start, "range(rank) → range(len(totals))"),
                edited(own_start, "range(rank) → range(len(totals))", "totals[q]) → (totals[q] if q < rank else 0))"),
                edited(own_start, "range(rank) → [q for q in range(len(totals)) if q != rank]"),
                edited(
                    own_start,
                    "range(rank) → [q for q in range(len(totals)) if q != rank]",
                    "totals[q]) → (totals[q] if q < rank else 0))",
                ),
                lambda rank, totals, ends, A: (
                    own_start(rank, totals, ends, A)
                    + own_start(len(totals) - 1 - rank, totals.flip(0), ends.flip(0), A)
                ),
                lambda rank, totals, ends, A: ends.sum(0) - ends[rank],
                lambda rank, totals, ends, A: ends.sum(0),
            ],
        ),
        Misconception(
            "a loop and a sum mixed",
            "You mix two ways. Either a loop carries a state that fades by one part in each turn, or each end fades "
            "once, by all parts between.",
            [
                edited(own_start, "A * totals[q] → A * totals[: q + 1].sum()"),
                edited(own_start, "A * totals[q] → A * totals[q:rank].sum()"),
                edited(own_start, "A * totals[q] → A * totals[q + 1 : rank].sum()"),
            ],
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "a state that is kept and fades besides",
            "You add what is left of the state to the state itself. What is left of it comes in its *place*.",
            edited(own_start, f"{HAND_ON} → h + {HAND_ON}"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "not a number where a part is long",
            "Nothing is left behind a long part: a quotient of decays is 0 / 0 there, and `exp` of a positive exponent "
            "is infinite. Which parts lie between an end and your beginning?",
            _divided,
        ),
        Misconception(
            "a sum taken for a decay",
            "You multiply by the sum of the steps, with A or without it. In the formula it stands in an exponent: a "
            "decay lies between 0 and 1.",
            [
                edited(own_start, f"{HAND_ON} → totals[q] * h + ends[q]"),
                edited(own_start, f"{HAND_ON} → A * totals[q] * h + ends[q]"),
                _sum_of_exponents,
            ],
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            *ONE_FACTOR,
            [
                edited(own_start, f"{HAND_ON} → A * torch.exp(totals[q]) * h + ends[q]"),
                edited(own_start, f"{HAND_ON} → totals[q] * torch.exp(A) * h + ends[q]"),
                lambda rank, totals, ends, A: A * own_start(rank, totals, ends, torch.ones_like(A)),
            ],
            where=lambda rank, totals, **_: rank > 1 and totals.max() < LONG,
        ),
        Misconception(
            "the first part left out",
            "The end of part 0 is missing. It has come the longest way, and something of it is left.",
            edited(own_start, "range(rank) → range(1, rank)"),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "the first part alone",
            "Only the end of part 0 is in your start. Every part before yours has an end, and something is left of "
            "each. Does your loop go through all of them? A `return` inside it ends it at its first turn.",
            [
                edited(own_start, "range(rank) → range(min(rank, 1))"),
                lambda rank, totals, ends, A: (
                    torch.exp(A * totals[1:rank].sum()) * ends[0] if rank else torch.zeros_like(A)
                ),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "ranks counted from 1",
            "You go through the parts 1 to r, as if ranks were counted from 1. The parts before rank r are 0 to r − 1.",
            [
                edited(own_start, "range(rank) → range(1, rank + 1)"),
                edited(own_start, "range(rank) → range(rank, 0, -1)"),
            ],
        ),
        Misconception(
            "a running sum before part 0",
            "The sum of the totals before part q stands at q − 1 in `cumsum`. Before part 0 it is 0, and Python takes "
            "the last one there, that of all parts. And which parts lie between the *end* of part q and you?",
            [
                _before(lambda totals, q, rank: totals.cumsum(0)[rank - 1] - totals.cumsum(0)[q - 1]),
                _before(lambda totals, q, rank: totals.cumsum(0)[rank] - totals.cumsum(0)[q - 1]),
            ],
            where=lambda rank, totals, **_: rank > 0 and totals.max() < LONG,
        ),
        Misconception(
            "a product of totals",
            "You multiply the totals of the parts between. Decays multiply; their exponents, which hold the totals, "
            "add up.",
            _before(lambda totals, q, rank: totals[q + 1 : rank].prod()),
            where=lambda rank, **_: rank > 2,
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
            "From farther off, your ends fade by the part right behind them, and by no other. The end of rank 0 goes "
            "through all parts up to yours.",
            _before(lambda totals, q, rank: totals[q + 1 : min(q + 2, rank)].sum()),
            where=lambda rank, **_: rank > 2,
        ),
        Misconception(
            "a number in the place of N zeros",
            "For rank 0 you return one number, 0: a loop that begins with it does so, and Python's `sum` of nothing. A "
            "state has N numbers, for rank 0 as well: begin with zeros.",
            [edited(own_start, f"return h → return h if rank else {nothing}") for nothing in ONE_NUMBER],
        ),
        Misconception(
            "an axis of parts that is missing",
            "The times between have one axis, that of the parts, and meet A on it, whose axis is that of the states. "
            "`[:, None]` gives them an axis for the states.",
            [
                _parts_on_the_axis_of_states,
                edited(_parts_on_the_axis_of_states, "(until[-1:] - until) * A → A * (until[-1:] - until)"),
            ],
        ),
        Misconception(
            "Euler's decay",
            "You let a state fade by 1 + TA. That is Euler's step, close to the decay for a small T only. The formula "
            "has the exponential.",
            edited(own_start, "torch.exp(A * totals[q]) → (1 + A * totals[q])"),
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "a power of 2",
            "You fade by powers of 2, as if totals were counted in half-lives. In the formula stands e, and A says how "
            "fast each state fades.",
            [
                edited(own_start, "torch.exp(A * totals[q]) → torch.exp2(A * totals[q])"),
                edited(own_start, "torch.exp(A * totals[q]) → 0.5 ** totals[q]"),
            ],
            where=lambda rank, **_: rank > 1,
        ),
        Misconception(
            "a mean for a sum",
            "You take the mean of what is left of the ends. Each of them is in your start as a whole: they are added "
            "up.",
            lambda rank, totals, ends, A: own_start(rank, totals, ends, A) / rank,
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "a sum over the states",
            "You add up the states of each part. The states stay apart; what is added up are the parts.",
            _summed_over_the_states,
            where=lambda rank, A, **_: rank > 0 and len(A) > 1,
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(own_start, "A * totals[q] → -totals[q]"),
            where=lambda rank, A, **_: rank > 1 and len(A) > 1,
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
            "From farther off, your ends fade by the part right before yours, and by no other. The end of rank 0 goes "
            "through all parts between its own and yours; that of the part right before yours, through none.",
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
            "a beginning with ones",
            "You begin with ones. Nothing comes before part 0, and the state there is zero.",
            edited(own_start, "torch.zeros_like(A) → torch.ones_like(A)"),
        ),
        Misconception(
            "the starts of all ranks",
            "You return a start for each rank that you go through. Each process asks for its own.",
            [
                lambda rank, totals, ends, A: torch.stack([own_start(r, totals, ends, A) for r in range(len(totals))]),
                lambda rank, totals, ends, A: torch.stack([own_start(r, totals, ends, A) for r in range(rank + 1)]),
            ],
        ),
    ],
)
