"""What a part of a sequence says to the parts after it, and to those before it: two sums over its tokens.

A part that starts from zero ends in the state e, and a gradient that is zero behind its end is ν at its beginning:

    e = Σ_t exp(A·Σ_{s>t} Δ_s) ⊙ Δ_t·u_t·B_t,    ν = Σ_t exp(A·Σ_{s≤t} Δ_s) ⊙ ∂y_t·C_t

The exponent is a sum of steps, never a product of rounded decays. It only falls with the distance, and where exp is 0,
it stays 0: each sum starts at the border and goes as far as something can still be told, channel by channel. So the
cost does not grow with the part once it is longer than its memory. For `lite_mamba.distributed`, so for real A and maps
B and C per token in one group.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .arguments import Scan
from .arithmetic import step_size

SILENT = {torch.float32: -104.0, torch.float64: -746.0}  # where exp is 0
BLOCK = {"cpu": 1 << 19, "cuda": 1 << 26}  # numbers that are looked at in one go, as in eager.py


def end_of_part(scan: Scan, kept: Tensor | None) -> tuple[Tensor, Tensor]:
    """The end state e (B, D, N), and Σ Δ (B, D), or so much of it that nothing passes.

    Args:
        scan: the part; its initial state does not count.
        kept: (B, L) bools, the tokens of each row's last segment, or None for all.
    """

    def read(span: slice, channels: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
        return delta * scan.u[:, channels, span].to(scan.real), scan.B[:, 0, :, span]

    return _sum_from_border(scan, kept, read, from_end=True)


def gradient_at_start(scan: Scan, kept: Tensor | None, grad_out: Tensor) -> Tensor:
    """The gradient ν (B, D, N) of the state before the part, as far as it comes from the part's own outputs.

    Args:
        scan: the part.
        kept: (B, L) bools, the tokens that the state before the part reaches, or None for all.
        grad_out: (B, D, L).
    """

    def read(span: slice, channels: Tensor, _delta: Tensor) -> tuple[Tensor, Tensor]:
        grad_y = grad_out[:, channels, span].to(scan.real)
        if scan.z is not None:
            grad_y = grad_y * torch.nn.functional.silu(scan.z[:, channels, span].to(scan.real))
        return grad_y, scan.C[:, 0, :, span]

    return _sum_from_border(scan, kept, read, from_end=False)[0]


def _sum_from_border(scan: Scan, kept: Tensor | None, read: Callable, from_end: bool) -> tuple[Tensor, Tensor]:
    """Σ_t exp(A·ΣΔ between the border and t) ⊙ drive_t·map_t (B, D, N), and ΣΔ (B, D), from the border inwards.

    Args:
        read: from a span of time, channels and Δ there, drive (B, D, s) and map (B, N, s).
        from_end: whether the border is the part's end, where Δ_t does not count, or its beginning, where it does.
    """
    batch, channels, length = scan.u.shape
    states, device = scan.A.shape[1], scan.u.device
    total = scan.A.new_zeros(batch, channels, states)  # (B, D, N)
    passed = scan.A.new_zeros(batch, channels)  # (B, D)
    slowest, silent = scan.A.amax(dim=1), SILENT[scan.real]  # (D,)
    heard, done = torch.arange(channels, device=device), 0  # channels of which something can still be told
    while done < length and len(heard) > 0:
        size = BLOCK.get(device.type, BLOCK["cuda"]) * (torch.get_num_threads() if device.type == "cpu" else 1)
        stop = min(length, done + max(8, size // (batch * len(heard) * states)))
        span = slice(length - stop, length - done) if from_end else slice(done, stop)
        bias = None if scan.delta_bias is None else scan.delta_bias[heard]
        delta = step_size(scan.delta[:, heard, span].to(scan.real), bias, scan.softplus)  # (B, d, s)
        drive, maps = read(span, heard, delta)
        if kept is not None:
            mask = kept[:, None, span]
            delta, drive, maps = (torch.where(mask, value, 0) for value in (delta, drive, maps))
        between = _exclusive_sum_to_the_right(delta) if from_end else delta.cumsum(dim=2)
        distance = passed[:, heard, None] + between  # (B, d, s)
        weights = (distance.unsqueeze(1) * scan.A[heard].t().unsqueeze(2)).exp_()  # (B, N, d, s)
        told = torch.matmul(weights.mul_(drive.unsqueeze(1)), maps.unsqueeze(3))  # (B, N, d, 1)
        total[:, heard] += told.squeeze(3).transpose(1, 2)
        passed[:, heard] += delta.sum(dim=2)
        reaches = passed * slowest > silent  # (B, D)
        if kept is not None:
            reaches &= kept[:, length - stop if from_end else stop - 1, None]
        heard, done = reaches.any(dim=0).nonzero().squeeze(1), stop
    return total, passed


def _exclusive_sum_to_the_right(value: Tensor) -> Tensor:
    """Σ of what comes later: (B, D, s)."""
    following = torch.nn.functional.pad(value, (0, 1))[..., 1:]
    return following.flip(2).cumsum(dim=2).flip(2)
