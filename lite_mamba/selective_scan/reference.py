"""The selective scan as a loop: the specification of every faster version.

    h_t = exp(Δ_t·A) ⊙ h_{t−1} + Δ_t·B_t·u_t          (Mamba paper, equation 2a and algorithm 2)
    y_t = C_t·h_t + D·u_t

with the input map B̄ = Δ·B, as the authors' own code computes it, and not the zero-order hold of the paper's
equation 4; notebook 04 explains the difference. Notebook 08 builds this loop.
"""

from collections.abc import Iterator
from itertools import repeat

import torch
from torch import Tensor

from .arguments import Scan, check, without_autocast
from .arithmetic import skip_and_gate, step_size
from .signature import typed


@typed
def selective_scan_ref(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    delta_bias: Tensor | None = None,
    delta_softplus: bool = False,
    return_last_state: bool = False,
    *,
    initial_state: Tensor | None = None,
    seq_idx: Tensor | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Run the selective scan over a sequence, one token after the other.

    The recurrence runs in float32, in float64 for float64 input, and never under autocast.

    Args:
        u: (B, D, L) input.
        delta: (B, D, L) step size Δ, before bias and softplus.
        A: (D, N) state matrix, real (negative where the state should decay) or complex.
        B: (D, N) constant, (B, N, L) per token, or (B, G, N, L) per token and group of channels, with D/G
            neighbouring channels to a group. For a complex A the last two forms are real with length 2L, real and
            imaginary parts interleaved.
        C: as B.
        D: (D,) skip, or None.
        z: (B, D, L) gate, or None; the result is multiplied by SiLU(z).
        delta_bias: (D,) added to `delta`, or None.
        delta_softplus: whether Δ = softplus(delta + delta_bias).
        return_last_state: whether to return the state after the last token too.
        initial_state: (B, D, N) state before the first token, or None for zeros. It belongs to the first segment.
        seq_idx: (B, L) segment indices; a change of index starts a new segment from the zero state.

    Returns:
        out (B, D, L) in the dtype of `u`; with `return_last_state` also the state (B, D, N) in the recurrence's dtype,
        complex for a complex A. For a complex A, out is twice the real part: the other half of each conjugate pair.

    Raises:
        TypeError, ValueError: a wrong type, rank, size or length.

    >>> u = torch.tensor([[[1.0, 0.0, 0.0]]])
    >>> one = torch.ones(1, 1)
    >>> selective_scan_ref(u, torch.ones_like(u), -one, one, one)
    tensor([[[1.0000, 0.3679, 0.1353]]])
    """
    scan = check(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state, seq_idx)
    with without_autocast(u.device.type):
        u_real = u.to(scan.real)  # (B, D, L)
        y, last_state = _loop(scan, u_real, step_size(delta.to(scan.real), delta_bias, delta_softplus))
        out = skip_and_gate(y, u_real, D, z).to(u.dtype)  # (B, D, L)
    return (out, last_state) if return_last_state else out


def _loop(scan: Scan, u: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
    """The recurrence itself. `unbind` slices each input once, which keeps the backward pass linear in L."""
    h, length = scan.first_state, u.shape[-1]  # (B, D, N)
    if length == 0:
        return torch.zeros_like(u), h
    B, C = _per_token(scan.B, u), _per_token(scan.C, u)
    resets = [None] * length if scan.resets is None else scan.resets.unbind(-1)
    outputs = []
    for u_t, delta_t, B_t, C_t, reset in zip(u.unbind(-1), delta.unbind(-1), B, C, resets, strict=True):
        if reset is not None:
            h = torch.where(reset[:, None, None], 0, h)
        decay = torch.exp(delta_t[..., None] * scan.A)  # (B, D, N)
        h = decay * h + (delta_t * u_t)[..., None] * B_t  # (B, D, N)
        outputs.append((h * C_t).sum(dim=-1))  # (B, D)
    y = torch.stack(outputs, dim=-1)  # (B, D, L)
    return (2 * y.real if y.is_complex() else y), h


def _per_token(value: Tensor, u: Tensor) -> Iterator[Tensor]:
    """B or C, token by token, each to broadcast with (B, D, N); never all of them at once."""
    if value.ndim == 2:
        yield from repeat(value, u.shape[-1])  # (D, N)
        return
    channels_per_group = u.shape[1] // value.shape[1]
    for one in value.unbind(-1):
        yield one.repeat_interleave(channels_per_group, dim=1)  # (B, D, N)
