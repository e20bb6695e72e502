"""h_i = a_i ⊙ h_{i−1} + x_i over a list of steps: the innermost loop of the eager scan."""

from collections.abc import Sequence
from functools import cache
from itertools import repeat

import torch
from torch import Tensor

Steps = Sequence[Tensor]  # tensors of one shape, one for each step
Resets = Sequence[Tensor]  # bools that broadcast with a step, True where it starts from zero; empty for nowhere


def advance(drives: Steps, decays: Steps, before: Tensor, resets: Resets = ()) -> None:
    """Run the recurrence in place: each of `drives`, x_i, becomes h_i.

    Args:
        drives, decays: x_i and a_i.
        before: h before the first step.
        resets: where h_{i−1} counts as zero, even if it is NaN.
    """
    if drives and runs_in_one_call(before.device.type, resets):
        torch._foreach_addcmul_(drives, decays, [before, *drives[:-1]])
        return
    for x, a, reset in zip(drives, decays, resets or repeat(None), strict=False):
        before = torch.addcmul(x, a, reset_state(before, reset), out=x)


def last_state(drives: Steps, decays: Steps, resets: Resets, out: Tensor) -> Tensor:
    """The state after the last step, from zero before the first; only `out` is written."""
    out.copy_(drives[0])
    for x, a, reset in zip(drives[1:], decays[1:], resets[1:] or repeat(None), strict=False):
        torch.addcmul(x, a, reset_state(out, reset), out=out)
    return out


def reset_state(state: Tensor, reset: Tensor | None) -> Tensor:
    return state if reset is None else state.masked_fill(reset, 0)


def runs_in_one_call(device_type: str, resets: Resets = ()) -> bool:
    """Whether `advance` is a single call, in which no other thread waits for Python."""
    return not resets and device_type == "cpu" and _foreach_goes_in_order()


@cache
def _foreach_goes_in_order() -> bool:
    """Whether PyTorch's multi-tensor addcmul works through its lists on a CPU in order, so that a step sees the last.

    It does, being a loop in C++, but does not promise to; so it is asked, once, with steps of a size that is used.
    """
    if not hasattr(torch, "_foreach_addcmul_"):
        return False
    with torch.inference_mode(False), torch.no_grad():
        h = [torch.ones(1 << 14, device="cpu") for _ in range(32)]  # doubled and one more at each step: 2^i − 1
        torch._foreach_addcmul_(h[1:], [torch.full_like(x, 2) for x in h[1:]], h[:-1])
        return all(bool((x == 2.0 ** (i + 1) - 1).all()) for i, x in enumerate(h[:24]))
