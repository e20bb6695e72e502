"""How the block runs its parts, so that whatever somebody does to one of them counts.

A plain `nn.Linear` or `nn.Conv1d` is run straight from its weight where that is faster, or more exact. A part that
was replaced (LoRA, int8), subclassed, parametrized or hooked is called as the module that it is. Hooks for all modules
at once do not count: profilers set them, and what they measure shall be what runs without them.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from .causal_conv import causal_dilated_conv1d_fn, newest_output, with_history
from .segments import segment_runs


def is_plain(part: nn.Module, kind: type[nn.Module]) -> bool:
    """Whether calling `part` does exactly what a bare `kind` with its weight and bias does."""
    if type(part) is not kind or "forward" in part.__dict__:
        return False
    forward, backward = (part._forward_hooks, part._forward_pre_hooks), (part._backward_hooks, part._backward_pre_hooks)
    return not (any(forward) or any(backward))


def product_and_bias(linear: nn.Module, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """`linear(x)` before its bias, and the bias, to be added in a higher precision; None where it is in already."""
    if is_plain(linear, nn.Linear):
        return F.linear(x, linear.weight), linear.bias
    return linear(x), None


def conv_sequence(
    conv: nn.Module, lag: int, dilation: int, x: Tensor, history: Tensor | None, seq_idx: Tensor | None
) -> Tensor:
    """SiLU(conv) at every sample of `x` (B, D, L): (B, D, L); arguments as in `causal_dilated_conv1d_fn`."""
    if is_plain(conv, nn.Conv1d):
        weight = conv.weight.squeeze(1)  # (D, W)
        return causal_dilated_conv1d_fn(x, weight, conv.bias, "silu", dilation, initial_state=history, seq_idx=seq_idx)
    if x.shape[-1] == 0:
        return torch.zeros_like(x)
    padded = with_history(x, history, lag)  # (B, D, lag + L)
    if seq_idx is None:
        return F.silu(conv(padded))
    windows = _inside_segments(padded.unfold(-1, lag + 1, 1), seq_idx)  # (B, D, L, lag + 1)
    y = conv(rearrange(windows, "b d l w -> (b l) d w"))  # (B·L, D, 1)
    return F.silu(rearrange(y, "(b l) d 1 -> b d l", l=x.shape[-1]))


def conv_token(conv: nn.Module, lag: int, dilation: int, window: Tensor) -> Tensor:
    """SiLU(conv) at the last sample of `window` (B, D, at least lag + 1): (B, D)."""
    if is_plain(conv, nn.Conv1d):
        return F.silu(newest_output(window, conv.weight.squeeze(1), conv.bias, dilation))
    return F.silu(conv(window[..., window.shape[-1] - 1 - lag :]).squeeze(-1))


def _inside_segments(windows: Tensor, seq_idx: Tensor) -> Tensor:
    """The windows (B, D, L, W), each ending at its sample, with the samples of earlier segments set to zero."""
    size = windows.shape[-1]
    runs = segment_runs(seq_idx)  # (B, L)
    before = F.pad(runs, (size - 1, 0)).unfold(-1, size, 1)  # (B, L, W): the history is part of segment 0
    return torch.where((before == runs.unsqueeze(-1)).unsqueeze(1), windows, 0)
