"""The chunked scan of notebook 09 on one page, with its gradient: what `eager.py` does, before it is made fast.

    h_t = a_t ⊙ h_{t−1} + x_t,    a_t = exp(Δ_t·A),  x_t = Δ_t·u_t·B_t       (Mamba paper, equation 2a, algorithm 2)
    λ_t = g_t + ā_{t+1} ⊙ λ_{t+1},    gradient of x_t: λ_t,  of a_t: λ_t ⊙ conj(h_{t−1})

The gradient is again such a scan, backwards in time. So it has a gradient too, and that one has, and so on: the fast
scan comes here for its second derivatives. Time is the first axis. All states are kept, 2L tables of (B, D, N).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .arithmetic import skip_and_gate, step_size

CHUNK = 32  # T


def chunked_scan(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t from h = 0, for a and x (K·T, …): ends, carry and rerun, as in notebook 09."""
    a_steps, x_steps = (value.unflatten(0, (-1, CHUNK)).unbind(1) for value in (a, x))  # T × (K, …)
    end = torch.zeros_like(x_steps[0])  # (K, …)
    for a_t, x_t in zip(a_steps, x_steps, strict=True):
        end = a_t * end + x_t  # ends
    starts, h = [], torch.zeros_like(x[0])  # (…)
    for decay, chunk_end in zip(a.unflatten(0, (-1, CHUNK)).prod(dim=1), end, strict=True):
        starts.append(h)
        h = decay * h + chunk_end  # carry
    states, h = [], torch.stack(starts)  # (K, …)
    for a_t, x_t in zip(a_steps, x_steps, strict=True):
        h = a_t * h + x_t  # rerun
        states.append(h)
    return torch.stack(states, dim=1).flatten(0, 1)  # (K·T, …)


class ChunkedScan(torch.autograd.Function):
    """`chunked_scan` with the gradient of the module's second line: the same scan, backwards in time."""

    generate_vmap_rule = True
    forward = staticmethod(chunked_scan)

    @staticmethod
    def setup_context(ctx, inputs, states) -> None:
        ctx.save_for_backward(inputs[0], states)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, states = ctx.saved_tensors
        none = torch.zeros_like(a[:1])
        following, before = torch.cat([a[1:], none]).conj(), torch.cat([none, states[:-1]]).conj()  # (K·T, …)
        lam = ChunkedScan.apply(following.flip(0), grad.flip(0)).flip(0)  # (K·T, …)
        return lam * before, lam


def selective_scan(scan: Scan) -> tuple[Tensor, Tensor]:
    """out (B, D, L) and the last state (B, D, N): `selective_scan_ref` in about 2T + L/T steps."""
    u = scan.u.to(scan.real)  # (B, D, L)
    delta = step_size(scan.delta.to(scan.real), scan.delta_bias, scan.softplus)  # (B, D, L)
    delta_t, B, C = delta.permute(2, 0, 1), _per_token(scan.B, u), _per_token(scan.C, u)
    a = torch.exp(delta_t.unsqueeze(3) * scan.A)  # (L, B, D, N)
    x = (delta * u).permute(2, 0, 1).unsqueeze(3) * B  # (L, B, D, N)
    if scan.resets is not None:
        a = a.masked_fill(scan.resets.t()[:, :, None, None], 0)
    length = u.shape[2]
    padding = (0, 0, 0, 0, 0, 0, 0, CHUNK - length % CHUNK)  # at least one step, h → 1·h + 0, with nothing else to do
    a, x = F.pad(a, padding, value=1), F.pad(x, padding)  # (K·T, B, D, N)
    x = torch.cat([x[:1] + a[:1] * scan.first_state, x[1:]])
    states = ChunkedScan.apply(a, x)  # (K·T, B, D, N)
    y = (states[:length] * C).sum(dim=3).permute(1, 2, 0)  # (B, D, L)
    y = 2 * y.real if y.is_complex() else y
    return skip_and_gate(y, u, scan.D, scan.z).to(scan.u.dtype), states[-1]


def _per_token(value: Tensor, u: Tensor) -> Tensor:
    """B or C to broadcast with (L, B, D, N)."""
    if value.ndim == 2:
        return value  # (D, N)
    return value.repeat_interleave(u.shape[1] // value.shape[1], dim=1).permute(3, 0, 1, 2)  # (L, B, D, N)
