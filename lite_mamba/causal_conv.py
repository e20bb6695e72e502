"""Causal dilated depthwise convolution: the front end of the block.

One branch, for channel d at time t, with W = `d_conv` taps (Mamba paper, section 3.4 and figure 3; dilation is this
package's addition):

    y[d, t] = bias[d] + Σ_k weight[d, k] · x[d, t − (W − 1 − k)·dilation]

The last tap, k = W − 1, is *now*. Samples before the start are zero, or come from `initial_state`. Several branches
with different dilations run side by side and are summed with softmax gates:

    out = Σ_i softmax(gates)_i · SiLU(branch_i)

All branches read one shared input history of `max lag` samples, where the lag of a branch is (W − 1)·dilation.
Notebooks 01, 02 and 03 build this module.
"""

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from . import _validate
from .segments import check_seq_idx, segment_runs

ONEDNN = torch.backends.mkldnn.is_available()  # asked here, where no compiler traces
ACTIVATIONS = {None: lambda y: y, "identity": lambda y: y, "silu": F.silu, "swish": F.silu}


def receptive_field(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    """How many samples, the present one included, the convolutions look over.

    The largest lag of one branch is (d_conv − 1)·dilation, so its field is one more. Parallel branches take the
    maximum; stacked layers add their lags. This is the field of the front end only: the scan behind it reaches back
    without limit. Notebook 02 builds it.

    Args:
        d_conv: taps of each kernel, at least 1.
        dilations: the dilation of each branch or layer.
        stacked: whether the convolutions follow one another (True) or run side by side (False).

    Returns:
        The field in samples.

    Raises:
        TypeError, ValueError: `d_conv` or a dilation is not an integer of at least 1.

    >>> receptive_field(4, (1, 2, 4, 8)), receptive_field(4, (1, 2, 4, 8), stacked=True)
    (25, 46)
    """
    d_conv = _validate.integer("d_conv", d_conv)
    lags = [(d_conv - 1) * dilation for dilation in _validate.dilations("dilations", dilations)]
    return (sum(lags) if stacked else max(lags)) + 1


def causal_dilated_conv1d_fn(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    activation: str | None = None,
    dilation: int = 1,
    *,
    initial_state: Tensor | None = None,
    seq_idx: Tensor | None = None,
) -> Tensor:
    """Convolve a whole sequence with one causal, dilated kernel per channel.

    Args:
        x: (B, D, L) input.
        weight: (D, W) taps, the oldest first; the last one multiplies the present sample.
        bias: (D,) or None.
        activation: None, "identity", "silu" or "swish" (the same as "silu"), applied to the result.
        dilation: distance between taps in samples, at least 1.
        initial_state: (B, D, S) samples before the first one, the latest last, with S ≥ (W − 1)·dilation; a longer
            history is fine, its latest samples count. None means zeros. It belongs to the first segment.
        seq_idx: (B, L) segment indices; a change of index starts a new segment, and no tap looks across it.

    Returns:
        (B, D, L), in the dtype of `x`.

    Raises:
        TypeError, ValueError: a wrong type, rank or size, an unknown activation, a history that is too short.

    Source: Mamba paper, section 3.4. Notebook 01 builds it, notebook 02 adds the dilation.

    >>> x = torch.tensor([[[1.0, 0.0, 0.0, 0.0]]])
    >>> causal_dilated_conv1d_fn(x, torch.tensor([[3.0, 2.0, 1.0]]))
    tensor([[[1., 2., 3., 0.]]])
    """
    lag = _check_conv(x, ("B", "D", "L"), weight, bias, activation, dilation)
    length = x.shape[-1]
    if initial_state is not None:
        _check_history("initial_state", initial_state, x, lag)
    if seq_idx is not None:
        check_seq_idx(seq_idx, x.shape[0], length)
    if length == 0:
        return torch.zeros_like(x)
    padded = with_history(x, initial_state, lag)  # (B, D, lag + L)
    if seq_idx is None and _runs_as_it_lies(x):
        rows, taps = padded.unsqueeze(2), weight[:, None, None]  # (B, D, 1, lag + L), (D, 1, 1, W)
        y = F.conv2d(rows, taps, bias, dilation=(1, dilation), groups=weight.shape[0]).squeeze(2)
    elif seq_idx is None and not _taps_are_quicker(x):
        y = F.conv1d(padded, weight.unsqueeze(1), bias, dilation=dilation, groups=weight.shape[0])
    else:
        y = _sum_of_taps(padded, weight, bias, dilation, length, seq_idx)
    return ACTIVATIONS[activation](y)  # (B, D, L)


def causal_dilated_conv1d_update(
    x: Tensor,
    conv_state: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    activation: str | None = None,
    dilation: int = 1,
) -> Tensor:
    """Convolve one sample, and shift it into the history: the streaming form of `causal_dilated_conv1d_fn`.

    Args:
        x: (B, D) the present sample.
        conv_state: (B, D, S) the samples before it, the latest last, with S ≥ (W − 1)·dilation. Updated **in place**:
            the oldest sample drops out, `x` comes in.
        weight, bias, activation, dilation: as in `causal_dilated_conv1d_fn`.

    Returns:
        (B, D), in the dtype of `x`.

    Raises:
        TypeError, ValueError: a wrong type, rank or size, an unknown activation, a history that is too short.

    Notebook 03 builds it.

    >>> state = torch.zeros(1, 1, 2)
    >>> [causal_dilated_conv1d_update(torch.tensor([[v]]), state, torch.tensor([[3.0, 2.0, 1.0]])).item()
    ...  for v in (1.0, 0.0, 0.0)]
    [1.0, 2.0, 3.0]
    """
    lag = _check_conv(x, ("B", "D"), weight, bias, activation, dilation)
    _check_history("conv_state", conv_state, x, lag)
    window = torch.cat([conv_state.to(x.dtype), x.unsqueeze(-1)], dim=-1)  # (B, D, S + 1)
    y = ACTIVATIONS[activation](newest_output(window, weight, bias, dilation))  # (B, D)
    conv_state.copy_(window[..., 1:])
    return y


def gated_dilated_conv(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor | None],
    gates: Tensor,
    dilations: Sequence[int],
    *,
    initial_state: Tensor | None = None,
    seq_idx: Tensor | None = None,
) -> Tensor:
    """The multi-dilated front end: Σ_i softmax(gates)_i · SiLU(branch_i(x)).

    Args:
        x: (B, D, L).
        weights, biases, dilations: one entry per branch, as in `causal_dilated_conv1d_fn`.
        gates: (branches,) logits of the mixture.
        initial_state: (B, D, S) shared input history with S at least the largest lag.
        seq_idx: (B, L) segment indices.

    Returns:
        (B, D, L). Notebook 02 builds it.

    >>> x = torch.randn(1, 2, 5)
    >>> w = torch.randn(2, 3)
    >>> one = causal_dilated_conv1d_fn(x, w, activation="silu")
    >>> two = gated_dilated_conv(x, [w, w], [None, None], torch.zeros(2), (1, 1))
    >>> torch.allclose(one, two)
    True
    """
    branches = (
        causal_dilated_conv1d_fn(x, weight, bias, "silu", dilation, initial_state=initial_state, seq_idx=seq_idx)
        for weight, bias, dilation in zip(weights, biases, dilations, strict=True)
    )
    return gated_sum(branches, gates, x.dtype)  # (B, D, L)


def gated_sum(branches: Iterable[Tensor], gates: Tensor, dtype: torch.dtype) -> Tensor:
    """Σ_i softmax(gates)_i · branch_i."""
    if len(gates) == 1 and not torch.is_grad_enabled():
        return next(iter(branches))  # its share is 1; with grad on, the gate still wants its zero gradient
    shares = torch.softmax(gates, dim=0).to(dtype)  # (branches,)
    return sum(share * branch for share, branch in zip(shares, branches, strict=True))


def next_history(x: Tensor, history: Tensor, seq_idx: Tensor | None = None) -> Tensor:
    """The history to keep after the chunk `x`: the last S samples, those of earlier segments set to zero.

    Args:
        x: (B, D, L) the chunk that was just processed.
        history: (B, D, S) the history before it.
        seq_idx: (B, L) segment indices of the chunk, or None for one segment.

    Returns:
        (B, D, S).
    """
    size = history.shape[-1]
    padded = torch.cat([history.to(x.dtype), x], dim=-1)  # (B, D, S + L)
    kept = padded[..., padded.shape[-1] - size :]  # (B, D, S)
    if seq_idx is None or x.shape[-1] == 0:
        return kept
    runs = F.pad(segment_runs(seq_idx), (size, 0))[:, padded.shape[-1] - size :]  # (B, S)
    last_run = segment_runs(seq_idx)[:, -1:]  # (B, 1)
    return torch.where((runs == last_run).unsqueeze(1), kept, 0)


def with_history(x: Tensor, history: Tensor | None, lag: int) -> Tensor:
    """Put the last `lag` samples of the history, or zeros, before `x`: (B, D, lag + L), in memory as `x` is."""
    time = 1 if _is_time_major(x) else 2
    x = x.transpose(time, 2)
    if history is None:
        padded = F.pad(x, (0, 0, lag, 0) if time == 1 else (lag, 0))
    else:
        history = history[..., history.shape[-1] - lag :].to(x.dtype).transpose(time, 2)
        padded = torch.cat([history, x], dim=time)
    return padded.transpose(time, 2)


def _is_time_major(x: Tensor) -> bool:
    """Whether the channels of a sample of `x` (B, D, L) lie side by side in memory, as a projection leaves them."""
    return x.stride(1) == 1 and x.stride(2) != 1


def _runs_as_it_lies(x: Tensor) -> bool:
    """Whether to call it an image of one row: conv2d leaves time-major memory as it is, where conv1d turns it around.

    That takes oneDNN, which PyTorch has on most processors.
    """
    return ONEDNN and x.device.type == "cpu" and _is_time_major(x) and x.dtype == torch.float32


def _taps_are_quicker(x: Tensor) -> bool:
    """Whether to sum tap by tap: where conv1d would turn the sequence around in memory, and nobody wants gradients.

    Not in half precision, where conv1d adds up more exactly than its result.
    """
    whole = x.dtype in (torch.float32, torch.float64)
    return whole and x.device.type == "cpu" and _is_time_major(x) and not torch.is_grad_enabled()


def _sum_of_taps(padded, weight, bias, dilation, length, seq_idx) -> Tensor:
    """The convolution tap by tap. With `seq_idx`, taps that read from another segment are left out."""
    weight = weight.to(padded.dtype)
    reads = [slice(k * dilation, k * dilation + length) for k in range(weight.shape[1])]
    samples = [padded[..., read] for read in reads]  # W × (B, D, L)
    if seq_idx is not None:
        runs = segment_runs(seq_idx)  # (B, L)
        padded_runs = F.pad(runs, (padded.shape[-1] - length, 0))  # (B, lag + L): the history is part of segment 0
        same = [(padded_runs[:, read] == runs).unsqueeze(1) for read in reads]  # W × (B, 1, L)
        samples = [torch.where(mask, sample, 0) for mask, sample in zip(same, samples, strict=True)]
    y = weight[:, 0, None] * samples[0]
    for k in range(1, len(samples)):
        y.addcmul_(weight[:, k, None], samples[k])
    return y if bias is None else y.add_(bias.to(padded.dtype)[:, None])


def newest_output(window: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    """The branch's output at the last sample of `window` (B, D, S + 1), before the activation: (B, D)."""
    oldest = window.shape[-1] - 1 - (weight.shape[-1] - 1) * dilation
    y = (window[..., oldest::dilation] * weight.to(window.dtype)).sum(dim=-1)
    return y if bias is None else y + bias.to(window.dtype)


def _check_conv(x, axes, weight, bias, activation, dilation) -> int:
    """Check the arguments that both forms share, and return the branch's lag in samples."""
    _validate.floating("x", x)
    letters = f"({', '.join(axes)})"
    if x.ndim != len(axes):
        raise ValueError(f"x must have {len(axes)} axes {letters}, got shape {tuple(x.shape)}")
    channels = x.shape[1]
    _validate.is_tensor("weight", weight)
    if weight.ndim != 2 or weight.shape[0] != channels or weight.shape[1] < 1:
        raise ValueError(
            f"weight must have shape (D, W) with D = {channels} channels as in x and W ≥ 1 taps, got "
            f"{tuple(weight.shape)}; from an nn.Conv1d pass conv.weight.squeeze(1)"
        )
    if bias is not None:
        _validate.shape("bias", bias, (channels,), "(D,)")
    _validate.one_of("activation", activation, tuple(ACTIVATIONS))
    for name, value in (("weight", weight), ("bias", bias)):
        mixed = value is not None and value.dtype != x.dtype
        if mixed and not _validate.autocast_is_on(x.device.type):
            raise TypeError(f"x is {x.dtype} but {name} is {value.dtype}; convert one with .to(dtype)")
    return (weight.shape[1] - 1) * _validate.integer("dilation", dilation)


def _check_history(name: str, history: Tensor, x: Tensor, lag: int) -> None:
    """Raise unless `history` is (B, D, S) with S ≥ lag."""
    _validate.floating(name, history)
    _validate.shape(name, history, (x.shape[0], x.shape[1], None), "(B, D, S)")
    if history.shape[-1] < lag:
        raise ValueError(
            f"{name} holds {history.shape[-1]} samples, but the kernel looks back (W - 1)·dilation = {lag}; "
            f"give at least {lag}"
        )
