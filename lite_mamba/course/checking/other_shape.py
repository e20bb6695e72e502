"""Relations between what came and what was expected, of another shape; `OTHER_SHAPE` has the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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
    if sum(pair.want.numel() and pair.have.numel() > 0 for pair in pairs) < FEWEST:
        return None  # of nothing, nothing is right
    for i in axes_of(pairs):
        for said in _ends(pairs[0], i):
            if all(said in _ends(pair, i) for pair in pairs):
                return Said(said.name, f"{said.words}{along(axis(i))}.")
    return None


def _ends(pair: Pair, i: int) -> Iterator[Said]:
    """What is too long or too short at an end of an axis, the rest being right."""
    if pair.want.ndim != pair.have.ndim:
        return
    short, long = sorted((pair.want, pair.have), key=lambda tensor: tensor.shape[i])
    surplus = long.shape[i] - short.shape[i]
    name, too_many = ("too much at an end", "too many") if long is pair.have else ("too little at an end", "missing")
    how_many = "one is" if surplus == 1 else "some are"
    if surplus and same(long.narrow(i, 0, short.shape[i]), short):
        yield Said(name, f"Right, but {how_many} {too_many} at the end")
    if surplus and same(long.narrow(i, surplus, short.shape[i]), short):
        yield Said(name, f"Right, but {how_many} {too_many} at the start")


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


OTHER_SHAPE: tuple[Relation, ...] = (swapped, _added_up, _longer, _repeated, _reshaped)
