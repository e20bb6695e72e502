"""What several exercises of chapter 15 use."""

import torch
from torch import Tensor

from ....checking.exercise import Draw


def draw_part(draw: Draw, length: int, states: int) -> tuple[Tensor, Tensor]:
    """Step sizes (L,) and drives (L, N)."""
    return draw.uniform(0.05, 0.8, length), draw.normal(length, states)


def draw_decays(draw: Draw, states: int) -> Tensor:
    """A, (N,): negative, each state with its own."""
    return -draw.uniform(0.3, 2.0, states)


def all_states(delta, A, x):
    h, states = torch.zeros_like(A), []
    for delta_t, x_t in zip(delta, x, strict=True):
        h = torch.exp(delta_t * A) * h + x_t
        states.append(h)
    return torch.stack(states)


HALF = -torch.tensor([2.0]).log()  # A of one state that halves with each unit of Δ


def ranks_case(draw: Draw, name: str) -> dict:
    states, ranks = draw.size(2, 3), draw.size(3, 5)
    rank = draw.random.randrange(ranks)
    return {
        "rank": rank,
        "totals": draw.uniform(0.1, 1.5, ranks),
        name: draw.normal(ranks, states),
        "A": draw_decays(draw, states),
    }


def neighbour_alone(rank, parts, max_lag):
    nothing = parts[0].new_zeros(len(parts[0]), max_lag)
    before = torch.cat([nothing, parts[rank - 1] if rank else nothing], dim=1)
    return before[:, -max_lag:]
