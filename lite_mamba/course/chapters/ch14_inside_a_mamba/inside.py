"""What a layer computes on the way from its input to the output of its scan, and what that is as a matrix.

layer = look(model, ids)[4]              # of the fifth layer: u, delta, B, C, …
layer.scanned()                          # (D, L), as the package computes it
matrices(layer) @ layer.u[..., None]     # the same, through the (L, L) matrix of each channel
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import selective_scan_fn
from lite_mamba.language_model import MambaLM

from ...training import RUNS


@dataclass(frozen=True)
class Seen:
    """One layer of one sequence.

    Attributes:
        x: (D, L) what the convolution reads.
        gate: (D, L) σ of what the convolution gives: SiLU is this times that.
        u: (D, L) what the scan reads.
        delta: (D, L) step sizes.
        A: (D, N). B, C: (N, L). D: (D,). All as in the package.
        taps: (D, d_conv), the last one for the present. bias: (D,). Both of the first convolution.
    """

    x: Tensor
    gate: Tensor
    u: Tensor
    delta: Tensor
    A: Tensor
    B: Tensor
    C: Tensor
    D: Tensor
    taps: Tensor
    bias: Tensor

    def scanned(self) -> Tensor:
        """What the scan gives without the skip: (D, L)."""
        one = (value[None] for value in (self.u, self.delta))
        return selective_scan_fn(*one, self.A, self.B[None], self.C[None])[0]


@torch.no_grad()
def look(model: MambaLM, ids: Tensor) -> list[Seen]:
    """Run a model on a sequence (L,) and keep what each of its layers computes."""
    mixers = [layer.mixer for layer in model.layers]
    both, read = [], []  # of each layer, (L, 2·D) and (L, D)
    hooks = [m.in_proj.register_forward_hook(lambda _module, _input, out: both.append(out[0])) for m in mixers]
    hooks += [m.x_proj.register_forward_pre_hook(lambda _module, given: read.append(given[0][0])) for m in mixers]
    model(ids[None])
    for hook in hooks:
        hook.remove()
    return [_seen(*layer) for layer in zip(mixers, both, read, strict=True)]


def _seen(mixer: nn.Module, both: Tensor, read: Tensor) -> Seen:
    low_rank, B, C = mixer.x_proj(read).split([mixer.dt_rank, mixer.d_state, mixer.d_state], dim=-1)
    x, conv = both.T.chunk(2)[0], mixer.conv1d_layers[0]  # (D, L)
    before = F.conv1d(F.pad(x, (mixer.d_conv - 1, 0)), conv.weight, conv.bias, groups=len(x))  # (D, L)
    delta = F.softplus(mixer.dt_proj(low_rank))
    A = -mixer.A_log.exp()
    D, taps, bias = (weight.detach() for weight in (mixer.D, conv.weight[:, 0], conv.bias))
    return Seen(x, before.sigmoid(), read.T, delta.T, A, B.T, C.T, D, taps, bias)


@torch.no_grad()
def matrices(layer: Seen) -> Tensor:
    """The scan of every channel as a matrix (D, L, L): M[d, t, s] says how input s enters output t."""
    total = layer.delta.cumsum(1)  # (D, L)
    between = (total[:, :, None] - total[:, None, :]).clamp(min=0)  # (D, L, L)
    M = torch.zeros_like(between)
    for A, B, C in zip(layer.A.T, layer.B, layer.C, strict=True):  # one number of the state after another: less memory
        M += torch.exp(A[:, None, None] * between) * (C[:, None] * B)
    return (M * layer.delta[:, None, :]).tril()


@torch.no_grad()
def contributions(layer: Seen) -> tuple[Tensor, Tensor]:
    """What input x_s adds to output y_t, past the state and through it, gates and steps as they were: (D, L, L) each.

    With gate, Δ, B and C taken as given, both sums over s, and what comes of the bias, add up to y.
    """
    M, width, length = matrices(layer), layer.taps.shape[1], layer.x.shape[1]
    past, through = torch.zeros_like(M), torch.zeros_like(M)
    for lag in range(width):
        weight = layer.gate * layer.taps[:, width - 1 - lag, None]  # (D, L): x[t − lag] in u[t]
        kept = length - lag
        past.diagonal(-lag, 1, 2).add_((layer.D[:, None] * weight)[:, lag:])
        through[:, :, :kept] += M[:, :, lag:] * weight[:, None, lag:]
    return past * layer.x[:, None, :], through * layer.x[:, None, :]


def untrained(name: str) -> MambaLM:
    """The model of a run as it was before its first step: the same seed, the same draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(RUNS[name].seed)
        return RUNS[name].build().eval().requires_grad_(False)


def half_lives(layer: Seen, tokens: Tensor | slice = slice(None)) -> Tensor:
    """Steps after which half is left, at the mean step size of the chosen tokens: (D, N)."""
    return math.log(2) / (-layer.A * layer.delta[:, tokens].mean(1, keepdim=True))
