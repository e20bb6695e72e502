"""The scan for GPUs under `torch.compile`: the phases of `eager.py`, each one kernel with its loop unrolled.

    prepare   Δ, Δ·u                      time-major, (T, B, K, D)
    ends      (T, B, K, D) → (B, K, D, N)   each chunk's last state, from zero
    carry     (B, K, D, N) → (B, K, D, N)   each chunk's first state; in groups of 32 chunks, and groups of groups
    states    (B, K, D, N) → (T, B, K, D)   run again from there, y = C·h
    finish    y → out                     skip and gate

Here K counts all chunks of a sequence and N is the last axis, so that a thread of the GPU holds one state in a register
and the sum over N stays inside a warp. States live in registers only; between the kernels travel the chunks' borders,
2/T of all the states.

The backward pass needs sums over the channels (for B and C) and over the states (for u and Δ) of the same λ and h, so
it writes both out, some chunks at a time, and leaves the sums over channels to matrix products.
"""

from collections.abc import Callable
from functools import cache
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .gradients import ScanGradients, Sums

CHUNK = 32  # T: steps of one kernel's loop; with 64 the compiler runs out of registers and is five times slower
GROUP = 32  # chunks, and groups, that one level of the carry goes through
SLAB = 1 << 26  # states that the backward pass writes out at a time: up to 256 MiB each for λ and h
LOG2_E = 1.4426950408889634


def can_run(scan: Scan) -> bool:
    """Whether this schedule is written for such a scan: on CUDA, real, one group, maps per token, one segment."""
    maps = all(m.ndim == 4 and m.shape[1] == 1 for m in (scan.B, scan.C))
    return scan.u.is_cuda and maps and not scan.A.is_complex() and scan.starts is None and scan.u.numel() > 0


@cache
def _compiled(function: Callable) -> Callable:
    return torch.compile(function, fullgraph=True)


def forward(scan: Scan, keep_starts: bool) -> tuple[Tensor, Tensor, Tensor]:
    """As `eager.forward`, with the chunk starts as (B, K, D, N), flat."""
    delta, driving = _compiled(_prepare)(scan.u, scan.delta, scan.delta_bias, scan.softplus)
    exponent, B, C = scan.A * LOG2_E, _chunked_map(scan.B), _chunked_map(scan.C)
    end, _ = _compiled(_ends)(delta, driving, B, exponent)
    starts, last_state = carry(end, delta.sum(0), exponent, scan.initial_state)
    y = _compiled(_outputs)(delta, driving, B, C, exponent, starts)
    out = _compiled(_finish)(y, scan.u, scan.D, scan.z)
    kept = starts.flatten() if keep_starts else starts.new_empty(0)
    return out, last_state, kept


def backward(scan: Scan, kept: Tensor, grad_out: Tensor, grad_last_state: Tensor | None):
    """As `eager.backward`."""
    batch, channels, length = scan.u.shape
    states = scan.A.shape[1]
    starts = kept.view(batch, -1, channels, states)  # (B, K, D, N)
    grads, sums = ScanGradients.empty(scan), Sums.zeros(scan)
    delta, driving = _compiled(_prepare)(scan.u, scan.delta, scan.delta_bias, scan.softplus)
    exponent, B, C = scan.A * LOG2_E, _chunked_map(scan.B), _chunked_map(scan.C)
    y = None if scan.z is None else _compiled(_outputs)(delta, driving, B, C, exponent, starts)
    grad_y, grads.z = _compiled(_gate_backward)(y, scan.u, scan.D, scan.z, grad_out)  # (T, B, K, D), (B, D, L)
    end, _ = _compiled(_reverse_ends)(delta, grad_y, C, exponent)
    following, grads.initial_state = carry(end.flip(1), delta.sum(0).flip(1), exponent, grad_last_state)
    following = following.flip(1)  # (B, K, D, N)
    slab = max(1, SLAB // (CHUNK * batch * channels * states))
    for first in range(0, starts.shape[1], slab):
        k = slice(first, first + slab)
        time = slice(first * CHUNK, min((first + slab) * CHUNK, length))
        slabs = [value[:, :, k].contiguous() for value in (delta, driving, grad_y, B, C)]
        _backward_slab(
            scan, time, *slabs, exponent, starts[:, k].contiguous(), following[:, k].contiguous(), grads, sums
        )
    return grads, Sums.total([sums], scan)


def _backward_slab(scan, time, delta, driving, grad_y, B, C, exponent, starts, nu, grads, sums) -> None:
    """The gradients of some chunks, whose λ and h are written out: k of the K chunks."""
    h, _ = _compiled(_states)(delta, driving, B, exponent, starts)  # (T, B, k, D, N)
    lam, grad_driving, grad_exponent, grad_A = _compiled(_reverse)(delta, grad_y, B, C, scan.A, exponent, h, starts, nu)
    sums.A += grad_A.sum(dim=(0, 1))
    steps = time.stop - time.start
    sums.B[time, :, 0] += _unchunk(torch.matmul(driving.unsqueeze(3), lam).squeeze(3))[:steps]
    sums.C[time, :, 0] += _unchunk(torch.matmul(grad_y.unsqueeze(3), h).squeeze(3))[:steps]
    grads.u[..., time], grads.delta[..., time], grad_D, grad_bias = _compiled(_input_gradients)(
        grad_driving, grad_exponent, grad_y, delta, scan.u[..., time], scan.D, scan.softplus
    )
    sums.D += grad_D
    sums.delta_bias += grad_bias


def carry(end: Tensor, total: Tensor, exponent: Tensor, first: Tensor | None) -> tuple[Tensor, Tensor]:
    """From the chunks' ends to their starts: h ← exp(A·ΣΔ) ⊙ h + e, over groups of chunks, and groups of groups.

    Args:
        end: (B, K, D, N).
        total: (B, K, D) ΣΔ of each chunk.
        exponent: (D, N) A / ln 2.
        first: (B, D, N) the state before the first chunk, or None for zeros.

    Returns:
        starts (B, K, D, N) and the state after the last chunk (B, D, N).
    """
    batch, count, channels, states = end.shape
    first = end.new_zeros(batch, channels, states) if first is None else first.contiguous()
    size = min(GROUP, count)
    groups = ceil(count / size)
    padding = groups * size - count
    if padding:
        end, total = F.pad(end, (0, 0, 0, 0, 0, padding)), F.pad(total, (0, 0, 0, padding))
    end = end.view(batch, groups, size, channels, states)
    total = total.view(batch, groups, size, channels)
    if groups == 1:
        starts, last_state = _compiled(_carry_group)(end, total, exponent, first.unsqueeze(1))
        return starts.flatten(1, 2)[:, :count], last_state.squeeze(1)
    group_end = _compiled(_group_ends)(end, total, exponent)  # (B, groups, D, N)
    group_starts, last_state = carry(group_end, total.sum(2), exponent, first)
    starts, _ = _compiled(_carry_group)(end, total, exponent, group_starts)
    return starts.flatten(1, 2)[:, :count], last_state


def _prepare(u, delta, bias, softplus: bool) -> tuple[Tensor, Tensor]:
    """Δ and Δ·u, padded with zeros to whole chunks: (T, B, K, D) each."""
    delta = delta.float()
    if bias is not None:
        delta = delta + bias[:, None]
    delta = F.softplus(delta) if softplus else delta
    return _chunked(delta), _chunked(delta * u.float())


def _ends(delta, driving, B, exponent) -> tuple[Tensor, Tensor]:
    """Each chunk's last state from zero (B, K, D, N), and its sum over N.

    Nobody needs the sum. It makes the compiler give a row of N states to a few threads, as in `_outputs`; without it a
    thread gets more states than it has registers for, and the kernel takes ten times as long.
    """
    h = 0
    for t in range(CHUNK):
        h = _advance(h, delta[t], driving[t], B[t], exponent)
    return h, h.sum(-1)


def _outputs(delta, driving, B, C, exponent, h) -> Tensor:
    y = []
    for t in range(CHUNK):
        h = _advance(h, delta[t], driving[t], B[t], exponent)
        y.append((h * C[t].unsqueeze(2)).sum(-1))
    return torch.stack(y)  # (T, B, K, D)


def _states(delta, driving, B, exponent, h) -> tuple[Tensor, Tensor]:
    """Every state (T, B, K, D, N), and a sum as in `_ends`."""
    every = []
    for t in range(CHUNK):
        h = _advance(h, delta[t], driving[t], B[t], exponent)
        every.append(h)
    return torch.stack(every), h.sum(-1)


def _advance(h, delta, driving, B, exponent) -> Tensor:
    return torch.exp2(delta.unsqueeze(-1) * exponent) * h + driving.unsqueeze(-1) * B.unsqueeze(2)


def _group_ends(end, total, exponent) -> Tensor:
    h = 0
    for k in range(end.shape[2]):
        h = torch.exp2(total[:, :, k].unsqueeze(-1) * exponent) * h + end[:, :, k]
    return h  # (B, groups, D, N)


def _carry_group(end, total, exponent, h) -> tuple[Tensor, Tensor]:
    starts = []
    for k in range(end.shape[2]):
        starts.append(h)
        h = torch.exp2(total[:, :, k].unsqueeze(-1) * exponent) * h + end[:, :, k]
    return torch.stack(starts, dim=2), h  # (B, groups, size, D, N), (B, groups, D, N)


def _finish(y, u, D, z) -> Tensor:
    out = _whole(y, u.shape[2])  # (B, D, L)
    out = out if D is None else out + D[:, None] * u.float()
    return (out if z is None else out * F.silu(z.float())).to(u.dtype)


def _gate_backward(y, u, D, z, grad_out) -> tuple[Tensor, Tensor | None]:
    grad_out = grad_out.float()
    if z is None:
        return _chunked(grad_out), None
    y = _whole(y, u.shape[2])
    y = y if D is None else y + D[:, None] * u.float()
    gate, z = torch.sigmoid(z.float()), z.float()
    return _chunked(grad_out * z * gate), grad_out * y * gate * (1 + z * (1 - gate))


def _reverse_ends(delta, grad_y, C, exponent) -> tuple[Tensor, Tensor]:
    """ν at each chunk's beginning, from zero behind its end (B, K, D, N), and a sum as in `_ends`."""
    nu = 0
    for t in reversed(range(CHUNK)):
        lam = grad_y[t].unsqueeze(-1) * C[t].unsqueeze(2) + nu
        nu = torch.exp2(delta[t].unsqueeze(-1) * exponent) * lam
    return nu, nu.sum(-1)


def _reverse(delta, grad_y, B, C, A, exponent, h, starts, nu):
    """λ (T, B, K, D, N), the gradients of Δ·u and of Δ through the decay (T, B, K, D), and that of A (B, K, D, N)."""
    lams, grad_driving, grad_delta, grad_A = [], [], [], 0
    for t in reversed(range(CHUNK)):
        lam = grad_y[t].unsqueeze(-1) * C[t].unsqueeze(2) + nu
        nu = torch.exp2(delta[t].unsqueeze(-1) * exponent) * lam
        flow = nu * (h[t - 1] if t > 0 else starts)
        lams.append(lam)
        grad_driving.append((lam * B[t].unsqueeze(2)).sum(-1))
        grad_delta.append((flow * A).sum(-1))
        grad_A = grad_A + flow * delta[t].unsqueeze(-1)
    return *(torch.stack(x[::-1]) for x in (lams, grad_driving, grad_delta)), grad_A


def _input_gradients(grad_driving, grad_exponent, grad_y, delta, u, D, softplus: bool):
    length = u.shape[2]
    grad_driving, grad_exponent, grad_y, delta = (
        _whole(x, length) for x in (grad_driving, grad_exponent, grad_y, delta)
    )
    u = u.float()
    grad_u, grad_delta = grad_driving * delta, grad_driving * u + grad_exponent
    grad_u = grad_u if D is None else grad_u + D[:, None] * grad_y
    grad_delta = grad_delta * -torch.expm1(-delta) if softplus else grad_delta
    return grad_u, grad_delta, (grad_y * u).sum(dim=(0, 2)), grad_delta.sum(dim=(0, 2))


def _chunked(value: Tensor) -> Tensor:
    """(B, D, L) → (T, B, K, D), padded with zeros."""
    value = F.pad(value, (0, -value.shape[2] % CHUNK))
    return value.unflatten(2, (-1, CHUNK)).permute(3, 0, 2, 1).contiguous()


def _chunked_map(value: Tensor) -> Tensor:
    """(B, 1, N, L) → (T, B, K, N)."""
    return _chunked(value.squeeze(1))


def _unchunk(value: Tensor) -> Tensor:
    """(T, B, K, N) → (L, B, N), with the padding."""
    return value.permute(2, 0, 1, 3).flatten(0, 1)


def _whole(value: Tensor, length: int) -> Tensor:
    """(T, B, K, D) → (B, D, L)."""
    return value.permute(1, 3, 2, 0).flatten(2)[..., :length]
