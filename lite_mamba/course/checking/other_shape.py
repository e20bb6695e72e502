"""Relations between what came and what was expected, of another shape; `OTHER_SHAPE` has the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from .features import FEWEST
from .general import Said
from .result_parts import Pair, Relation, axes_of, close, same
from .same_shape import along, swapped


def _added_up(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for words, function in (("added up", torch.sum), ("averaged", torch.mean)):
        for i in axes_of(pairs):
            if all(same(function(pair.want, dim=i, keepdim=True).expand_as(pair.want), pair.want) for pair in pairs):
                continue  # of one number, of zeros, and of a mean of numbers that are all alike, it is not to be seen
            for keep in (False, True):
                if all(same(pair.have, function(pair.want, dim=i, keepdim=keep)) for pair in pairs):
                    return Said(f"{words} over an axis", f"The right numbers, {words} over {axis(i)}.")
    return None


def _longer(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """What is too long or too short at an end of an axis, the rest being right: each time, by however many."""
    for i in axes_of(pairs):
        surpluses = [pair.have.shape[i] - pair.want.shape[i] for pair in pairs if pair.have.ndim == pair.want.ndim]
        if len(surpluses) < len(pairs) or not (all(n > 0 for n in surpluses) or all(n < 0 for n in surpluses)):
            continue
        name, too_many = ("too much at an end", "too many") if surpluses[0] > 0 else ("too little at an end", "missing")
        how_many = "One is" if {*surpluses} <= {1, -1} else "Some are"
        for end in ("end", "start"):
            told = [_right_but_for(end, pair, i) for pair in pairs if pair.want.numel() and pair.have.numel()]
            if len(told) >= FEWEST and all(told):  # of nothing, nothing is right
                return Said(name, f"{how_many} {too_many} at the {end}{along(axis(i))}; the rest is right.")
    return None


def _right_but_for(end: str, pair: Pair, i: int) -> bool:
    """Whether the shorter one of two is the longer one, cut at an end."""
    short, long = sorted((pair.want, pair.have), key=lambda tensor: tensor.shape[i])
    start = long.shape[i] - short.shape[i] if end == "start" else 0
    return same(long.narrow(i, start, short.shape[i]), short)


def _repeated(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """That each number of a list of different ones came, some of them more than once, in whatever order."""
    in_a_row = all(pair.want.ndim == pair.have.ndim == 1 for pair in pairs)
    ordered = not any(pair.want.is_complex() or pair.have.is_complex() for pair in pairs)
    if in_a_row and ordered and all(same(pair.have.unique(), pair.want.sort().values) for pair in pairs):
        return Said("numbers that come several times", "The right numbers, some of them several times.")
    return None


def _reshaped(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    same = all(
        pair.have.numel() == pair.want.numel() and close(pair.have.flatten(), pair.want.flatten()) for pair in pairs
    )
    return Said("another shape", "The right numbers in the right order, in another shape.") if same else None


OTHER_SHAPE: tuple[Relation, ...] = (swapped, _added_up, _repeated, _longer, _reshaped)
