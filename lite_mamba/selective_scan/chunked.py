"""The chunked scan of notebook 09 on one page, with its gradient: what `eager.py` does, before it is made fast.

    h_t = a_t ⊙ h_{t−1} + x_t,    a_t = exp(Δ_t·A),  x_t = Δ_t·u_t·B_t       (Mamba paper, equation 2a, algorithm 2)
    λ_t = g_t + ā_{t+1} ⊙ λ_{t+1},    gradient of x_t: λ_t,  of a_t: λ_t ⊙ conj(h_{t−1})

The gradient is again such a scan, backwards in time. So it has a gradient too, and that one has, and so on: the fast
scan comes here for its second derivatives. Time is the first axis. All states are kept, 2L tables of (B, D, N).

Where `resets` is True, the state before is not read at all: NaN · 0 would carry garbage into the next segment.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .arithmetic import skip_and_gate, step_size

CHUNK = 32  # T


def chunked_scan(a: Tensor, x: Tensor, resets: Tensor | None = None) -> Tensor:
    """All states h_t from h = 0, for a, x and resets (K·T, …): ends, carry and rerun, as in notebook 09."""
    a_steps, x_steps = (value.unflatten(0, (-1, CHUNK)).unbind(1) for value in (a, x))  # T × (K, …)
    reset_steps, decay_resets = [None] * CHUNK, [None] * len(a_steps[0])  # T and K of them
    if resets is not None:
        chunks = resets.unflatten(0, (-1, CHUNK))  # (K, T, …)
        reset_steps, decay_resets = chunks.unbind(1), chunks.any(dim=1)
    end = torch.zeros_like(x_steps[0])  # (K, …)
    for a_t, x_t, reset in zip(a_steps, x_steps, reset_steps, strict=True):
        end = _unless(reset, a_t * end) + x_t  # ends
    starts, h = [], torch.zeros_like(x[0])  # (…)
    for decay, chunk_end, reset in zip(a.unflatten(0, (-1, CHUNK)).prod(dim=1), end, decay_resets, strict=True):
        starts.append(h)
        h = _unless(reset, decay * h) + chunk_end  # carry
    states, h = [], torch.stack(starts)  # (K, …)
    for a_t, x_t, reset in zip(a_steps, x_steps, reset_steps, strict=True):
        h = _unless(reset, a_t * h) + x_t  # rerun
        states.append(h)
    return torch.stack(states, dim=1).flatten(0, 1)  # (K·T, …)


def _unless(reset: Tensor | None, value: Tensor) -> Tensor:
    return value if reset is None else value.masked_fill(reset, 0)


class ChunkedScan(torch.autograd.Function):
    """`chunked_scan` with the gradient of the module's second line: the same scan, backwards in time."""

    generate_vmap_rule = True
    forward = staticmethod(chunked_scan)

    @staticmethod
    def setup_context(ctx, inputs, states) -> None:
        a, _, resets = inputs
        ctx.save_for_backward(a, states, resets)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        a, states, resets = ctx.saved_tensors
        before = _unless(resets, torch.cat([torch.zeros_like(a[:1]), states[:-1]])).conj()  # (K·T, …)
        following = torch.cat([a[1:], torch.zeros_like(a[:1])]).conj()  # (K·T, …)
        backwards = None if resets is None else torch.cat([resets[1:], torch.zeros_like(resets[:1])]).flip(0)
        lam = ChunkedScan.apply(following.flip(0), grad.flip(0), backwards).flip(0)  # (K·T, …)
        return _unless(resets, lam * before), lam, None


def selective_scan(scan: Scan) -> tuple[Tensor, Tensor]:
    """out (B, D, L) and the last state (B, D, N): `selective_scan_ref` in about 2T + L/T steps."""
    u = scan.u.to(scan.real)  # (B, D, L)
    delta = step_size(scan.delta.to(scan.real), scan.delta_bias, scan.softplus)  # (B, D, L)
    delta_t, B, C = delta.permute(2, 0, 1), _per_token(scan.B, u), _per_token(scan.C, u)
    a = torch.exp(delta_t.unsqueeze(3) * scan.A)  # (L, B, D, N)
    x = (delta * u).permute(2, 0, 1).unsqueeze(3) * B  # (L, B, D, N)
    length = u.shape[2]
    padding = (0, 0, 0, 0, 0, 0, 0, CHUNK - length % CHUNK)  # at least one step, h → 1·h + 0, with nothing else to do
    a, x = F.pad(a, padding, value=1), F.pad(x, padding)  # (K·T, B, D, N)
    resets = None if scan.resets is None else F.pad(scan.resets.t()[:, :, None, None], padding)  # (K·T, B, 1, 1)
    first_state = _unless(None if resets is None else resets[0], scan.first_state)  # (B, D, N)
    states = ChunkedScan.apply(a, torch.cat([x[:1] + a[:1] * first_state, x[1:]]), resets)  # (K·T, B, D, N)
    y = (states[:length] * C).sum(dim=3).permute(1, 2, 0)  # (B, D, L)
    y = 2 * y.real if y.is_complex() else y
    return skip_and_gate(y, u, scan.D, scan.z).to(scan.u.dtype), states[-1]


def _per_token(value: Tensor, u: Tensor) -> Tensor:
    """B or C to broadcast with (L, B, D, N)."""
    if value.ndim == 2:
        return value  # (D, N)
    return value.repeat_interleave(u.shape[1] // value.shape[1], dim=1).permute(3, 0, 1, 2)  # (L, B, D, N)
