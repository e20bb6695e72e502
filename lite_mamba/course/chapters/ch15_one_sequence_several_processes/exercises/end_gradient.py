"""Exercise 5: end_gradient."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import HALF, LONG, ONE_FACTOR, ONE_NUMBER, ranks_case


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


def _decays_added(rank, totals, slopes, A):
    """Each slope fades by the sum of the decays between; that of the next part, where there are none, not at all."""
    between = {q: totals[rank + 1 : q] for q in range(rank + 1, len(totals))}
    left = {q: sum(torch.exp(A * total) for total in some) if len(some) else 1.0 for q, some in between.items()}
    return sum((decay * slopes[q] for q, decay in left.items()), torch.zeros_like(A))


def _differentiated(by):
    """What is left of each slope, times what comes of a derivative by the total or by A."""

    def answer(rank, totals, slopes, A):
        times = {q: totals[rank + 1 : q].sum() for q in range(rank + 1, len(totals))}
        left = {q: by(A, time) * torch.exp(A * time) for q, time in times.items()}
        return sum((left[q] * slopes[q] for q in left), torch.zeros_like(A))

    return answer


def _parts_on_the_axis_of_states(rank, totals, slopes, A):
    until = totals.cumsum(0)[rank:-1]  # (P − 1 − rank,): to the beginning of each part behind
    return (torch.exp((until - until[:1]) * A) * slopes[rank + 1 :]).sum(0)


def _summed_over_the_states(rank, totals, slopes, A):
    until = totals.cumsum(0)[rank:-1, None]  # (P − 1 − rank, 1)
    return (torch.exp((until - until[:1]) * A) * slopes[rank + 1 :]).sum(1)


def _divided(rank, totals, slopes, A):
    left = torch.exp(A * totals.cumsum(0)[:, None])  # (P, N): after each part, of what was there before rank 0
    return (left[rank:-1] / left[rank] * slopes[rank + 1 :]).sum(0)


END_GRADIENT = Exercise(
    id="15.end_gradient",
    title="What comes back",
    reference=end_gradient,
    cases=lambda draw: ranks_case(draw, "slopes", asking=lambda ranks: 0),
    trials=40,
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
                lambda rank, totals, slopes, A: slopes[:rank].sum(0),
            ],
        ),
        Misconception(
            "the own part counted",
            "You count your own slope. It is the gradient at your part's *beginning*; the task asks for what comes to "
            "its end, from behind.",
            [
                edited(end_gradient, "range(rank + 1, → range(rank,"),
                lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes, A) + slopes[rank],
                lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes.roll(1, 0), A),
                lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes[rank].expand_as(slopes), A),
                lambda rank, totals, slopes, A: slopes[rank],
                lambda rank, totals, slopes, A: slopes[rank:].sum(0),
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
            "Of all slopes, you take only that of the part right behind. Your last state goes on through it, to the "
            "parts after it.",
            [
                edited(end_gradient, f"{HAND_BACK} → slopes[q]"),
                edited(end_gradient, f"{HAND_BACK} → torch.exp(A * totals[q]) * slopes[q]"),
                lambda rank, totals, slopes, A: slopes[(rank + 1) % len(slopes)],
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "the last part alone",
            "You take the slope of the last part only. Your last state goes on into every part behind yours, and each "
            "has a share in its gradient.",
            [
                lambda rank, totals, slopes, A: slopes[-1],
                edited(
                    end_gradient, f"{HAND_BACK} → slopes[-1] if q == len(totals) - 1 else torch.exp(A * totals[q]) * g"
                ),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a fixed number of parts",
            "You look a fixed number of parts ahead. Your last state goes on into every part behind yours.",
            [
                edited(end_gradient, f"range(rank + 1, len(totals)) → range(rank + 1, min(rank + {n}, len(totals)))")
                for n in (3, 4)
            ],
        ),
        Misconception(
            "a part between that does not fade",
            "A change of your last state goes through every part between yours and the slope's. In your sum one of "
            "them does not fade it.",
            [
                _behind(lambda totals, rank, q: totals[rank + 1 : max(q - 1, rank + 1)].sum()),
                _behind(lambda totals, rank, q: totals[rank + 2 : q].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 3,
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
            "You let the gradient fade by your own part as well. The task asks for what comes to your *last* state; "
            "your own backward pass carries it on from there.",
            [
                edited(end_gradient, "return g → return torch.exp(A * totals[rank]) * g"),
                _behind(lambda totals, rank, q: totals[rank : q + 1].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "slopes that grow",
            "Your slopes grow on their way. A is negative already: no further sign belongs in the exponent.",
            [
                edited(end_gradient, "A * totals[q] → -A * totals[q]"),
                _behind(lambda totals, rank, q: -totals[rank + 1 : q + 1].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2 and totals.max() < LONG,
        ),
        Misconception(
            "a loop and a sum mixed",
            "You mix two ways. Either a loop carries a gradient that fades by one part in each turn, or each slope "
            "fades once, by all parts between.",
            [
                edited(end_gradient, "A * totals[q] → A * totals[q:].sum()"),
                edited(end_gradient, "A * totals[q] → A * totals[rank + 1 : q + 1].sum()"),
                edited(end_gradient, "A * totals[q] → A * totals[rank + 1 : q].sum()"),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a gradient that is kept and fades besides",
            "You add what is left of the gradient to the gradient itself. What is left of it comes in its *place*.",
            edited(end_gradient, f"{HAND_BACK} → g + {HAND_BACK}"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a sum taken for a decay",
            "You multiply by the sum of the steps, with A or without it. In the formula it stands in an exponent: a "
            "decay lies between 0 and 1.",
            [
                edited(end_gradient, f"{HAND_BACK} → totals[q] * g + slopes[q]"),
                edited(end_gradient, f"{HAND_BACK} → A * totals[q] * g + slopes[q]"),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            *ONE_FACTOR,
            [
                edited(end_gradient, f"{HAND_BACK} → A * torch.exp(totals[q]) * g + slopes[q]"),
                edited(end_gradient, f"{HAND_BACK} → totals[q] * torch.exp(A) * g + slopes[q]"),
                lambda rank, totals, slopes, A: A * end_gradient(rank, totals, slopes, torch.ones_like(A)),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2 and totals.max() < LONG,
        ),
        Misconception(
            "the next part left out",
            "The slope of the part right behind yours is missing. Its start is your last state: it has not faded at "
            "all.",
            [
                edited(end_gradient, "range(rank + 1, → range(rank + 2,"),
                edited(
                    end_gradient,
                    "range(rank + 1, → range(rank + 2,",
                    "return g → return torch.exp(A * totals[rank + 1]) * g",
                ),
            ],
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
            "the total of the own part",
            "A gradient that goes through part q fades by the total of q. You take the total of your own part, which "
            "your own backward pass goes through.",
            edited(end_gradient, "A * totals[q] → A * totals[rank]"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "decays that are added up",
            "You add up the decays of the parts between. What goes through several parts is multiplied by each of "
            "their decays; what is added up are the totals in the exponent.",
            _decays_added,
            where=lambda rank, totals, **_: rank < len(totals) - 3,
        ),
        Misconception(
            "fading by one part alone",
            "From farther behind, your slopes fade by one part alone. The last one has to come through all that lie "
            "between, and that of the next part through none.",
            [
                _behind(lambda totals, rank, q: totals[rank + 1]),
                _behind(lambda totals, rank, q: totals[q - 1]),
                _behind(lambda totals, rank, q: totals[rank + 1] * (q > rank + 1)),
                _behind(lambda totals, rank, q: totals[q - 1] * (q > rank + 1)),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 3,
        ),
        Misconception(
            "fading from the first rank on",
            "Each of your slopes fades by all parts before it, from rank 0 on. Only those between your end and that "
            "part's beginning lie in its way.",
            [
                _behind(lambda totals, rank, q: totals[:q].sum()),
                _behind(lambda totals, rank, q: totals[: q + 1].sum()),
            ],
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
            "Each of your slopes fades by the parts behind *it*, with its own or without, as if it travelled to the "
            "last rank. Which parts lie between your end and that part's beginning?",
            [
                edited(end_gradient, "reversed(range(rank + 1, len(totals))) → range(rank + 1, len(totals))"),
                _behind(lambda totals, rank, q: totals[q:].sum()),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a product of totals",
            "You multiply the totals of the parts between. Decays multiply; their exponents, which hold the totals, "
            "add up.",
            _behind(lambda totals, rank, q: totals[rank + 1 : q].prod()),
            where=lambda rank, totals, **_: rank < len(totals) - 3,
        ),
        Misconception(
            "a number in the place of N zeros",
            "For the last rank you return one number, 0: a loop that begins with it does so, and Python's `sum` of "
            "nothing. A gradient has N numbers, for the last rank as well: begin with zeros.",
            [
                edited(end_gradient, f"return g → return g if rank < len(totals) - 1 else {nothing}")
                for nothing in ONE_NUMBER
            ],
        ),
        Misconception(
            "an axis of parts that is missing",
            "The times between have one axis, that of the parts, and meet A on it, whose axis is that of the states. "
            "`[:, None]` gives them an axis for the states.",
            [
                _parts_on_the_axis_of_states,
                edited(_parts_on_the_axis_of_states, "(until - until[:1]) * A → A * (until - until[:1])"),
            ],
        ),
        Misconception(
            "as many parts behind as before",
            "From the end you go through as many parts as there are *before* yours. Behind rank r there are P − 1 − r.",
            edited(end_gradient, "range(rank + 1, len(totals)) → range(len(totals) - rank, len(totals))"),
        ),
        Misconception(
            "Euler's decay",
            "You let a gradient fade by 1 + TA. That is Euler's step, close to the decay for a small T only. The "
            "formula has the exponential.",
            edited(end_gradient, "torch.exp(A * totals[q]) → (1 + A * totals[q])"),
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a power of 2",
            "You fade by powers of 2, as if totals were counted in half-lives. In the formula stands e, and A says how "
            "fast each state fades.",
            [
                edited(end_gradient, "torch.exp(A * totals[q]) → torch.exp2(A * totals[q])"),
                edited(end_gradient, "torch.exp(A * totals[q]) → 0.5 ** totals[q]"),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "a derivative of the decay",
            "You differentiate the decay. On its way back a gradient is multiplied by what the state was multiplied "
            "by on its way forwards: by the decay itself.",
            [
                edited(end_gradient, f"{HAND_BACK} → A * {HAND_BACK}"),
                edited(end_gradient, f"{HAND_BACK} → totals[q] * {HAND_BACK}"),
                _differentiated(lambda A, time: A),
                _differentiated(lambda A, time: time),
            ],
            where=lambda rank, totals, **_: rank < len(totals) - 2,
        ),
        Misconception(
            "one of two turned round",
            "You turn the parts round, but only one of the two that belong together: totals or slopes. A part has the "
            "same place in both.",
            [
                lambda rank, totals, slopes, A: end_gradient(rank, totals.flip(0), slopes, A),
                lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes.flip(0), A),
            ],
        ),
        Misconception(
            "rank and parts not turned round together",
            "You turn the rank round and not totals and slopes, or these and not the rank: so you collect from the "
            "first parts. A part has the same place in all three.",
            lambda rank, totals, slopes, A: end_gradient(rank, totals.flip(0), slopes.flip(0), A),
        ),
        Misconception(
            "zeros for every rank",
            "Every rank gets zeros. Does your loop take a turn? A range that counts down has a step of −1, or stands "
            "in `reversed`.",
            lambda rank, totals, slopes, A: torch.zeros_like(A),
        ),
        Misconception(
            "a running sum before part 0",
            "The sum of the totals before your part stands at rank − 1 in `cumsum`. Before part 0 it is 0, and Python "
            "takes the last one there, that of all parts. And which parts lie between your *end* and the part behind?",
            [
                _behind(lambda totals, rank, q: totals.cumsum(0)[q - 1] - totals.cumsum(0)[rank - 1]),
                _behind(lambda totals, rank, q: totals.cumsum(0)[q] - totals.cumsum(0)[rank - 1]),
            ],
            where=lambda rank, totals, **_: rank == 0 and totals.max() < LONG,
        ),
        Misconception(
            "a mean for a sum",
            "You take the mean of what is left of the slopes. Each part behind adds its share as a whole: they are "
            "added up.",
            lambda rank, totals, slopes, A: end_gradient(rank, totals, slopes, A) / (len(totals) - 1 - rank),
            where=lambda rank, totals, **_: rank < len(totals) - 1,
        ),
        Misconception(
            "a sum over the states",
            "You add up the states of each part. The states stay apart; what is added up are the parts.",
            _summed_over_the_states,
            where=lambda rank, totals, A, **_: rank < len(totals) - 1 and len(A) > 1,
        ),
        Misconception(
            "not a number where a part is long",
            "Nothing is left behind a long part: a quotient of decays is 0 / 0 there, and `exp` of a positive exponent "
            "is infinite. Which parts lie between your end and the beginning of a part behind?",
            _divided,
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(end_gradient, "A * totals[q] → -totals[q]"),
            where=lambda rank, totals, A, **_: rank < len(totals) - 2 and len(A) > 1,
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
            "a last rank that takes a slope",
            "The last rank gets a slope, its own or that of rank 0. No part comes after it, and it gets zeros.",
            [
                edited(end_gradient, "return g → return g if rank < len(totals) - 1 else slopes[-1]"),
                edited(end_gradient, "return g → return g if rank < len(totals) - 1 else slopes[0]"),
            ],
        ),
        Misconception(
            "a beginning with ones",
            "You begin with ones. Nothing comes from behind the last part, and the gradient there is zero.",
            edited(end_gradient, "torch.zeros_like(A) → torch.ones_like(A)"),
        ),
        Misconception(
            "the gradients of all ranks",
            "You return a gradient for each rank that you go through. Each process asks for its own.",
            [
                lambda rank, totals, slopes, A: torch.stack(
                    [end_gradient(r, totals, slopes, A) for r in range(len(totals))]
                ),
                lambda rank, totals, slopes, A: torch.stack(
                    [end_gradient(r, totals, slopes, A) for r in range(rank, len(totals))]
                ),
            ],
        ),
        Misconception(
            "all ranks",
            "You go through the parts before yours as well. They do not feel your state.",
            [
                edited(end_gradient, "range(rank + 1, len(totals)) → range(len(totals))"),
                edited(
                    end_gradient,
                    "range(rank + 1, len(totals)) → range(len(totals))",
                    "totals[q]) → (totals[q] if q > rank else 0))",
                ),
                edited(
                    end_gradient,
                    "range(rank + 1, len(totals)) → [q for q in range(len(totals)) if q != rank]",
                ),
                edited(
                    end_gradient,
                    "reversed(range(rank + 1, len(totals))) → [q for q in range(len(totals)) if q != rank]",
                ),
                lambda rank, totals, slopes, A: (
                    end_gradient(rank, totals, slopes, A)
                    + end_gradient(len(totals) - 1 - rank, totals.flip(0), slopes.flip(0), A)
                ),
                lambda rank, totals, slopes, A: slopes.sum(0) - slopes[rank],
                lambda rank, totals, slopes, A: slopes.sum(0),
            ],
        ),
    ],
)
