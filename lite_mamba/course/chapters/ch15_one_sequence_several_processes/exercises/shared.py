"""What several exercises of chapter 15 use."""

from collections.abc import Callable

import torch
from torch import Tensor

from ....checking.exercise import Draw


def draw_part(draw: Draw, length: int, states: int) -> tuple[Tensor, Tensor]:
    """Step sizes (L,) and drives (L, N)."""
    return draw.uniform(0.05, 0.8, length), draw.normal(length, states)


def few_or_many(draw: Draw, low: int, high: int) -> int:
    """A number of steps or of parts; in some cases eight times as many, so that nobody can do with the nearest ones."""
    return draw.size(low, high) * (8 if draw.size(0, 1) else 1)


def draw_decays(draw: Draw, states: int) -> Tensor:
    """A, (N,): negative, each state with its own."""
    return -draw.uniform(0.3, 2.0, states)


def several_states(A, **_):
    return len(A) > 1


def all_states(delta, A, x):
    h, states = torch.zeros_like(A), []
    for delta_t, x_t in zip(delta, x, strict=True):
        h = torch.exp(delta_t * A) * h + x_t
        states.append(h)
    return torch.stack(states)


LONG = 100.0  # a sum of step sizes after which nothing is left of a state with A < −1.1, in float32
HALF = -torch.tensor([2.0]).log()  # A of one state that halves with each unit of Δ


def ranks_case(draw: Draw, name: str, asking: Callable[[int], int]) -> dict:
    """What all ranks have told, and the rank that asks. Of what is told, `name`, no share may be left out for its size.

    In one case of four what lies farther off is as much larger as it fades more. In another, the first part and the
    last are so long that nothing is left behind them: their decay is 0, by which nobody can divide. Many parts fade
    less: what all of them have told is felt.
    """
    states, ranks = draw.size(2, 3), few_or_many(draw, 3, 7)
    kind = draw.in_turn(["alike", "the farther the larger", "alike", "a long part"])
    rank = {"alike": draw.random.randrange(ranks), "a long part": ranks // 2}.get(kind, asking(ranks))
    totals, told, A = draw.uniform(0.1, 1.5, ranks), draw.normal(ranks, states), draw_decays(draw, states)
    less = 1 if ranks <= 7 else 4 / ranks
    totals, off = less * totals, (torch.arange(ranks) - rank).abs()  # (P,)
    if kind == "the farther the larger":
        totals, told = 2 * totals, told * 5.0 ** (less * (off - 1))[:, None]
    if kind == "a long part":
        totals[0] = totals[-1] = LONG
        A = A / 5 - 1.1
    return {"rank": rank, "totals": totals, name: told, "A": A}


ONE_FACTOR = (
    "an exponential of one factor",
    "Your exponential holds only one of the two, the steps or A, and the other one stands outside. A decay is the "
    "exponential of their product.",
)
ONE_NUMBER = ("0", "0.0", "torch.tensor(0.0)", "torch.zeros(1)")  # what stands where N zeros should


def neighbour_alone(rank, parts, max_lag):
    nothing = parts[0].new_zeros(len(parts[0]), max_lag)
    before = torch.cat([nothing, parts[rank - 1] if rank else nothing], dim=1)
    return before[:, -max_lag:]
