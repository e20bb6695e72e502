"""h_i = a_i ⊙ h_{i−1} + x_i over a list of steps: the innermost loop of the eager scan."""

from collections.abc import Sequence
from itertools import repeat

import torch
from torch import Tensor

Steps = Sequence[Tensor]  # tensors of one shape, one for each step
Resets = Sequence[Tensor]  # a `reset_mask` for each step, that broadcasts with it; empty for no reset anywhere


def run(drives: Steps, decays: Steps, before: Tensor, resets: Resets = ()) -> None:
    """Run the recurrence in place: each of `drives`, x_i, becomes h_i.

    Args:
        drives, decays: x_i and a_i.
        before: h before the first step.
        resets: where h_{i−1} counts as zero, even if it is NaN.
    """
    for x, a, reset in zip(drives, decays, resets or repeat(None), strict=False):
        before = x.addcmul_(a, reset_state(before, reset))


def run_split(drives: Steps, wholes: Steps, rests: Steps, before: Tensor, resets: Resets = ()) -> None:
    """The same with each a_i in the two parts of `exp_in_two_parts`, so that a slow decay loses no digits."""
    for x, whole, rest, reset in zip(drives, wholes, rests, resets or repeat(None), strict=False):
        before = reset_state(before, reset)
        before = x.addcmul_(rest, before).addcmul_(whole, before)


def last_state(drives: Steps, decays: Steps, resets: Resets, out: Tensor) -> None:
    """The state after the last step, from zero before the first; only `out` is written."""
    out.copy_(drives[0])
    for x, a, reset in zip(drives[1:], decays[1:], resets[1:] or repeat(None), strict=False):
        torch.addcmul(x, a, reset_state(out, reset), out=out)


def reset_mask(starts: Tensor) -> Tensor:
    """For bools, True where a segment starts: 0 there, and elsewhere −1, which has all bits."""
    return starts.int() - 1


def reset_state(state: Tensor, mask: Tensor | None) -> Tensor:
    """The state, zero where a segment starts. By its bits, for NaN times 0 is NaN, and a masked fill takes longer."""
    return state if mask is None else (state.view(torch.int32) & mask).view(state.dtype)
