"""Segments of a sequence: one mechanism for packed sequences and for padding.

`seq_idx` (B, L) gives each token an index. Wherever the index *changes* from one token to the next, a new segment
starts, and neither the convolution nor the state looks across that border. The indices 1, 0, 1 are therefore three
segments. An attention mask is a valid `seq_idx`: the real tokens after left padding start from nothing.
"""

import torch
from torch import Tensor

from . import _validate


def check_seq_idx(seq_idx: Tensor, batch: int, length: int) -> None:
    """Raise unless `seq_idx` is an integer or bool tensor of shape (B, L)."""
    _validate.shape("seq_idx", seq_idx, (batch, length), "(B, L)")
    if seq_idx.is_floating_point() or seq_idx.is_complex():
        raise TypeError(f"seq_idx must hold integers or bools, got {seq_idx.dtype}; convert it with .long()")


def check_restart(restart: Tensor, batch: int) -> None:
    """Raise unless `restart` is a bool tensor of shape (B,)."""
    _validate.shape("restart", restart, (batch,), "(B,)")
    if restart.dtype != torch.bool:
        raise TypeError(
            f"restart must hold bools, got {restart.dtype}; it marks the rows that start afresh, "
            f"such as seq_idx[:, t] != seq_idx[:, t - 1]"
        )


def segment_starts(seq_idx: Tensor) -> Tensor:
    """Where a new segment starts *inside* the sequence; the first token never counts.

    Args:
        seq_idx: (B, L) integers or bools.

    Returns:
        (B, L) bools.

    >>> segment_starts(torch.tensor([[7, 7, 2, 2, 7]]))
    tensor([[False, False,  True, False,  True]])
    """
    starts = torch.zeros_like(seq_idx, dtype=torch.bool)  # (B, L)
    starts[:, 1:] = seq_idx[:, 1:] != seq_idx[:, :-1]
    return starts


def segment_runs(seq_idx: Tensor) -> Tensor:
    """Number the segments of each row 0, 1, 2, … in order of appearance.

    >>> segment_runs(torch.tensor([[1, 0, 0, 1]]))
    tensor([[0, 1, 1, 2]])
    """
    return segment_starts(seq_idx).cumsum(dim=1)
