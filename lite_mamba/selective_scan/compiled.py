"""The scan for GPUs under `torch.compile`: the phases of `eager.py`, each one kernel with its loop unrolled.

    prepare   Δ, Δ·u                      time-major, (T, B, K, D)
    ends      (T, B, K, D) → (B, K, D, N)   each chunk's last state, from zero
    carry     (B, K, D, N) → (B, K, D, N)   each chunk's first state; in groups of 8 chunks, and groups of groups
    states    (B, K, D, N) → (T, B, K, D)   run again from there, y = C·h
    finish    y → out                     skip and gate

Here K counts all chunks of a sequence and N is the last axis, so that a thread of the GPU holds one state in a register
and the sum over N stays inside a warp. States live in registers only; between the kernels travel the chunks' borders,
2/T of all the states. `prepare` is compiled by itself, for else the compiler would do it again wherever it is used; all
the rest is compiled together, since each compiled call costs the host a tenth of a millisecond.

The backward pass needs sums over the states (for u and Δ) and over the channels (for B and C) of the same λ and h. A
kernel can sum over one axis only, and to write λ and h out, 2 N numbers for each of u, takes longer than to run them
again. So there are three loops: one for the sums over states, and one each for the channel sums with h and with λ.
"""

import logging
from collections.abc import Callable
from functools import cache
from types import FunctionType

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .arithmetic import LOG2_E, skip_and_gate, step_size
from .gradients import ScanGradients, Sums

CHUNK = 16  # T: steps of one kernel's loop; with 32 the states of the backward pass fill the registers
GROUP = 8  # chunks, and groups, that one level of the carry goes through
BLOCK = 32  # channels that a thread block sums over; the blocks' sums are added up afterwards
EVERY = 4  # steps from one of the sums to the next that `_ends` tells of
SHARE = 1 << 24  # numbers of u that the backward pass takes at a time: it keeps some nine others for each

# A kernel of the backward pass is two loops of 16 steps with three results each. By default the compiler puts at most
# 64 operations into a kernel, and writes out what goes from one half to the other. What it made stays on the disk.
COMPILE = {"options": {"max_fusion_size": 1024, "fx_graph_cache": True}}


def can_run(scan: Scan) -> bool:
    """Whether this schedule is written for such a scan: on CUDA, float32, one group, maps per token, one segment."""
    maps = all(m.ndim == 4 and m.shape[1] == 1 for m in (scan.B, scan.C))
    return scan.u.is_cuda and maps and scan.A.dtype == torch.float32 and scan.resets is None and scan.u.numel() > 0


@cache
def _compiled(function: Callable, shapes: tuple) -> Callable:
    """The function, compiled for these shapes: the number of chunks decides the loops, so no length is left open.

    The compiler gives up on a function after eight versions, and counts by code object: each shape has its own.
    """
    own = FunctionType(function.__code__.replace(), function.__globals__, function.__name__)
    return torch.compile(own, fullgraph=True, dynamic=False, **COMPILE)


@cache
def _announce(direction: str, shape: torch.Size) -> None:
    """Say once what the wait is for."""
    words = "compiling the %s pass of the selective scan for (B, D, L) = %s: a minute or two, and seconds in later runs"
    logging.getLogger(__name__).warning(words, direction, tuple(shape))


def chunk_count(length: int, device_type: str = "cuda") -> int:
    """As `eager.chunk_count`."""
    return -(-length // CHUNK)


def forward(scan: Scan, keep_starts: bool) -> tuple[Tensor, Tensor, Tensor]:
    """As `eager.forward`, with the chunk starts as (B, K, D, N), flat."""
    _announce("forward", scan.u.shape)
    shapes = (scan.u.shape, scan.A.shape)
    delta, drive = _compiled(_prepare, shapes)(scan.u, scan.delta, scan.delta_bias, scan.softplus)
    B, C = _compiled(_chunk_maps, shapes)(scan.B, scan.C)
    arguments = (delta, drive, B, C, scan.A, scan.initial_state, scan.u, scan.D, scan.z)
    out, last_state, starts, _ = _compiled(_run, shapes)(*arguments)
    return out, last_state, starts.flatten() if keep_starts else starts.new_empty(0)


def backward(scan: Scan, kept: Tensor, grad_out: Tensor, grad_last_state: Tensor | None):
    """As `eager.backward`, some channels at a time."""
    _announce("backward", scan.u.shape)
    batch, channels, _ = scan.u.shape
    states = scan.A.shape[1]
    starts = kept.view(batch, -1, channels, states)  # (B, K, D, N)
    grads, sums = ScanGradients.empty(scan), Sums.zeros(scan)
    B, C = _compiled(_chunk_maps, (scan.u.shape, scan.A.shape))(scan.B, scan.C)
    width = -(-channels // -(-scan.u.numel() // SHARE))
    for first in range(0, channels, width):
        part = slice(first, first + width)
        D, bias = (None if x is None else x[part] for x in (scan.D, scan.delta_bias))
        u, delta, z = (None if x is None else x[:, part] for x in (scan.u, scan.delta, scan.z))
        after = None if grad_last_state is None else grad_last_state[:, part]
        own = [None if x is None else x[:, part] for x in (grads.u, grads.delta, grads.z, grads.initial_state)]
        own += [x[part] for x in (sums.A, sums.D, sums.delta_bias)]
        shapes = (u.shape, scan.A.shape)
        steps, drive, grad_y = _compiled(_prepare_backward, shapes)(u, delta, bias, z, grad_out[:, part], scan.softplus)
        inputs = (steps, drive, grad_y, B, C, scan.A[part], starts[:, :, part], after, u, D, z, grad_out[:, part])
        _compiled(_differentiate, shapes)(inputs, (*own, sums.B, sums.C), scan.softplus)
    return grads, sums.laid_out_like(scan)


def _prepare(u, delta, bias, softplus: bool) -> tuple[Tensor, Tensor]:
    """Δ and Δ·u, padded with zeros to whole chunks: (T, B, K, D) each."""
    delta = step_size(delta.float(), bias, softplus)
    return _chunked(delta), _chunked(delta * u.float())


def _prepare_backward(u, delta, bias, z, grad_out, softplus: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Δ, Δ·u and the gradient of y = C·h + D·u: (T, B, K, D) each."""
    grad_y = grad_out.float() if z is None else grad_out.float() * F.silu(z.float())
    return *_prepare(u, delta, bias, softplus), _chunked(grad_y)


def _chunk_maps(B, C) -> tuple[Tensor, Tensor]:
    """(B, 1, N, L) → (T, B, K, N)."""
    return _chunked(B.squeeze(1)), _chunked(C.squeeze(1))


def _run(delta, drive, B, C, A, first, u, D, z) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Every phase after the preparation: out, the last state, the chunk starts, and sums that `_ends` tells of."""
    exponent = A * LOG2_E
    end, end_sums = _ends(delta, drive, B, exponent)
    starts, last_state = _carry(end, delta.sum(0), exponent, first)
    y = _whole(_outputs(delta, drive, B, C, exponent, starts), u.shape[2])  # (B, D, L)
    return skip_and_gate(y, u.float(), D, z).to(u.dtype), last_state, starts, end_sums


def _differentiate(inputs, gradients, softplus: bool) -> Tensor:
    """Fill the gradients of some channels; returns sums that `_ends` tells of.

    Args:
        inputs: Δ, Δ·u and the gradient of y, as `_prepare_backward` gives them; B, C (T, B, K, N), A (D, N), the chunk
            starts (B, K, D, N), the gradient of the last state or None; u, D, z and the gradient of out.
        gradients: to be written, u, Δ, z (B, D, L), the first state (B, D, N), A (D, N), D, the bias (D,); and to be
            added to, B and C (L, B, 1, N).
        softplus: whether Δ is a softplus.
    """
    delta, drive, grad_y, B, C, A, starts, grad_last_state, u, D, z, grad_out = inputs
    grad_u, grad_delta, grad_z, grad_first, grad_A, grad_D, grad_bias, sum_B, sum_C = gradients
    length, exponent = u.shape[2], A * LOG2_E
    end, end_sums = _reverse_ends(delta, grad_y, C, exponent)
    following, first = _carry(end.flip(1), delta.sum(0).flip(1), exponent, grad_last_state)
    y, to_drive, to_delta, to_A = _state_sums(delta, drive, grad_y, B, C, A, exponent, starts, following.flip(1))
    sum_C.add_(_unchunk(_sums_with_states(grad_y, delta, drive, B, exponent, starts))[:length].unsqueeze(2))
    sum_B.add_(
        _unchunk(_sums_with_gradients(drive, delta, grad_y, C, exponent, following.flip(1)))[:length].unsqueeze(2)
    )
    to_drive, to_delta, y, delta, grad_y = (_whole(x, length) for x in (to_drive, to_delta, y, delta, grad_y))
    u = u.float()
    to_delta = to_drive * u + to_delta
    to_delta = to_delta * -torch.expm1(-delta) if softplus else to_delta
    grad_u.copy_(to_drive * delta if D is None else to_drive * delta + D[:, None] * grad_y)
    grad_delta.copy_(to_delta)
    grad_first.copy_(first)
    grad_A.copy_(to_A.sum(dim=(0, 1)))
    grad_D.copy_((grad_y * u).sum(dim=(0, 2)))
    grad_bias.copy_(to_delta.sum(dim=(0, 2)))
    if z is not None:
        z, y = z.float(), skip_and_gate(y, u, D, None)
        gate = torch.sigmoid(z)
        grad_z.copy_(grad_out.float() * y * gate * (1 + z * (1 - gate)))
    return end_sums


def _ends(delta, drive, B, exponent) -> tuple[Tensor, Tensor]:
    """Each chunk's last state from zero (B, K, D, N), and sums over N of some states on the way.

    Nobody needs the sums. They make the compiler give a row of N states to a few threads, as in `_outputs`; without
    them a thread gets more states than it has registers for, and a longer chunk takes ten times as long. One sum, of
    the last state, is not enough: the compiler puts it into a kernel of its own.
    """
    h, sums = 0, []
    for t in range(CHUNK):
        h = _next_state(h, delta[t], drive[t], B[t], exponent)
        if t % EVERY == EVERY - 1:
            sums.append(h.sum(-1))
    return h, torch.stack(sums)


def _outputs(delta, drive, B, C, exponent, h) -> Tensor:
    y = []
    for t in range(CHUNK):
        h = _next_state(h, delta[t], drive[t], B[t], exponent)
        y.append((h * C[t].unsqueeze(2)).sum(-1))
    return torch.stack(y)  # (T, B, K, D)


def _next_state(h, delta, drive, B, exponent) -> Tensor:
    return torch.exp2(delta.unsqueeze(-1) * exponent) * h + drive.unsqueeze(-1) * B.unsqueeze(2)


def _carry(end: Tensor, total: Tensor, exponent: Tensor, first: Tensor | None) -> tuple[Tensor, Tensor]:
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
    first = end.new_zeros(batch, channels, states) if first is None else first
    size = min(GROUP, count)
    groups = -(-count // size)
    padding = groups * size - count
    if padding:
        end, total = F.pad(end, (0, 0, 0, 0, 0, padding)), F.pad(total, (0, 0, 0, padding))
    end, total = end.unflatten(1, (groups, size)), total.unflatten(1, (groups, size))
    if groups == 1:
        starts, last_state = _carry_group(end, total, exponent, first.unsqueeze(1))
        return starts.flatten(1, 2)[:, :count], last_state.squeeze(1)
    group_end = _group_ends(end, total, exponent)  # (B, groups, D, N)
    group_starts, last_state = _carry(group_end, total.sum(2), exponent, first)
    starts, _ = _carry_group(end, total, exponent, group_starts)
    return starts.flatten(1, 2)[:, :count], last_state


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


def _reverse_ends(delta, grad_y, C, exponent) -> tuple[Tensor, Tensor]:
    """ν at each chunk's beginning, from zero behind its end (B, K, D, N), and sums as in `_ends`."""
    nu, sums = 0, []
    for t in reversed(range(CHUNK)):
        _, nu = _previous_gradient(nu, delta[t], grad_y[t], C[t], exponent)
        if t % EVERY == 0:
            sums.append(nu.sum(-1))
    return nu, torch.stack(sums)


def _state_sums(delta, drive, grad_y, B, C, A, exponent, h, nu):
    """What is summed over the states: y = C·h, the gradients of Δ·u and of Δ through the decay, (T, B, K, D) each.

    And the gradient of A, (B, K, D, N). The states run forwards, and stay where they are until λ has come back.
    """
    before, y, grad_drive, grad_delta, grad_A = [], [], [], [], 0
    for t in range(CHUNK):
        before.append(h)
        h = _next_state(h, delta[t], drive[t], B[t], exponent)
        y.append((h * C[t].unsqueeze(2)).sum(-1))
    for t in reversed(range(CHUNK)):
        lam, nu = _previous_gradient(nu, delta[t], grad_y[t], C[t], exponent)
        flow = nu * before[t]
        grad_drive.append((lam * B[t].unsqueeze(2)).sum(-1))
        grad_delta.append((flow * A).sum(-1))
        grad_A = grad_A + flow * delta[t].unsqueeze(-1)
    return *(torch.stack(x) for x in (y, grad_drive[::-1], grad_delta[::-1])), grad_A


def _sums_with_states(weights, delta, drive, B, exponent, h) -> Tensor:
    """Σ_d weights · h, for weights (T, B, K, D): (T, B, K, N)."""
    weights, delta, drive = (_blocks(x, 3) for x in (weights, delta, drive))  # (T, B, K, D/32, 32)
    h, exponent, B, sums = _blocks(h, 2), _blocks(exponent, 0), B.unsqueeze(3), []
    for t in range(CHUNK):
        h = _next_state(h, delta[t], drive[t], B[t], exponent)
        sums.append((h * weights[t].unsqueeze(-1)).sum(-2))  # (B, K, D/32, N)
    return torch.stack(sums).sum(3)


def _sums_with_gradients(weights, delta, grad_y, C, exponent, nu) -> Tensor:
    """Σ_d weights · λ, for weights (T, B, K, D): (T, B, K, N)."""
    weights, delta, grad_y = (_blocks(x, 3) for x in (weights, delta, grad_y))  # (T, B, K, D/32, 32)
    nu, exponent, C, sums = _blocks(nu, 2), _blocks(exponent, 0), C.unsqueeze(3), []
    for t in reversed(range(CHUNK)):
        lam, nu = _previous_gradient(nu, delta[t], grad_y[t], C[t], exponent)
        sums.append((lam * weights[t].unsqueeze(-1)).sum(-2))  # (B, K, D/32, N)
    return torch.stack(sums[::-1]).sum(3)


def _previous_gradient(nu, delta, grad_y, C, exponent) -> tuple[Tensor, Tensor]:
    """λ_t and ν_t from ν_{t+1}."""
    lam = grad_y.unsqueeze(-1) * C.unsqueeze(2) + nu
    return lam, torch.exp2(delta.unsqueeze(-1) * exponent) * lam


def _blocks(value: Tensor, axis: int) -> Tensor:
    """Channels in blocks of 32, padded with zeros: (…, D, …) → (…, D/32, 32, …)."""
    missing = -value.shape[axis] % BLOCK
    if missing:
        value = F.pad(value, (*[0] * 2 * (value.ndim - 1 - axis), 0, missing))
    return value.unflatten(axis, (-1, BLOCK))


def _chunked(value: Tensor) -> Tensor:
    """(B, D, L) → (T, B, K, D), padded with zeros."""
    value = F.pad(value, (0, -value.shape[2] % CHUNK))
    return value.unflatten(2, (-1, CHUNK)).permute(3, 0, 2, 1).contiguous()


def _unchunk(value: Tensor) -> Tensor:
    """(T, B, K, N) → (L, B, N), with the padding."""
    return value.permute(2, 0, 1, 3).flatten(0, 1)


def _whole(value: Tensor, length: int) -> Tensor:
    """(T, B, K, D) → (B, D, L)."""
    return value.permute(1, 3, 2, 0).flatten(2)[..., :length]
