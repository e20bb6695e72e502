"""The wrong parts of a result, as plain numbers in which a relation can be looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .compare import Tolerance, difference
from .general import Said
from .running import Example


@dataclass(frozen=True)
class Pair:
    """What was expected and what came in one case, as plain tensors of double precision."""

    want: Tensor
    have: Tensor
    case: dict[str, Any]


# What is said of the wrong pairs of a part, with the names of its axes; None if it does not hold.
Relation = Callable[[Sequence[Pair], Callable[[int], str]], Said | None]


def wrong_parts(wrong: Sequence[Example], tolerance: Tolerance) -> dict[str, list[Pair]]:
    """Each part that is wrong in some cases, with what came there; no pairs if something in it is no number."""
    found: dict[str, list[Pair]] = {}
    without: set[str] = set()
    for example in wrong:
        for name, *values in differing_parts(example, tolerance):
            want, have = map(plain, values)
            pairs = found.setdefault(name, [])
            if want is None or have is None:
                without.add(name)
            else:
                pairs.append(Pair(want, have, example.case))
    return {name: [] if name in without else pairs for name, pairs in found.items()}


def right_part(name: str, examples: Sequence[Example], tolerance: Tolerance) -> Iterator[Pair]:
    """What came of this part in the cases where it is right and can tell a factor from none: no zeros."""
    limit = Tolerance(tolerance.rtol, tolerance.atol)
    for example in examples:
        for part, expected, got in parts_of(example, tolerance):
            if part != name or difference(expected, got, limit):
                continue
            want, have = plain(expected), plain(got)
            if want is not None and have is not None and want.any():
                yield Pair(want, have, example.case)


def differing_parts(example: Example, tolerance: Tolerance) -> list[tuple[str, Any, Any]]:
    """Each part that is wrong in this case, as it was expected and as it came."""
    limit = Tolerance(tolerance.rtol, tolerance.atol)
    return [part for part in parts_of(example, tolerance) if difference(*part[1:], limit)]


def parts_of(example: Example, tolerance: Tolerance) -> list[tuple[str, Any, Any]]:
    """Each part of a result by its name, as it was expected and as it came; the whole one without a name.

    What stands in a list has no name either: another case may have more of it, or less.
    """
    want, have = example.expected.value, example.got.value
    if isinstance(want, dict) and isinstance(have, dict) and want.keys() == have.keys():
        return [(str(key), want[key], have[key]) for key in want]
    one_part = in_a_row(want) and in_a_row(have)
    if not one_part and all(isinstance(value, (tuple, list)) for value in (want, have)) and len(want) == len(have):
        names = [""] * len(want) if isinstance(want, list) else [f"Item {i}" for i in range(len(want))]
        names = tolerance.items if len(tolerance.items) == len(want) else names
        return list(zip(names, want, have, strict=True))
    return [("", want, have)]


def in_a_row(value: Any) -> bool:
    """Whether it is a list of numbers: one part, as a tensor is, of as many numbers as there happen to be."""
    return isinstance(value, list) and bool(value) and {type(one) for one in value} <= {int, float}


def plain(value: Any) -> Tensor | None:
    """A tensor, number or list of numbers as a double-precision tensor on the CPU; None for what has no numbers."""
    if in_a_row(value) or (isinstance(value, (int, float, complex)) and not isinstance(value, bool)):
        try:
            return torch.tensor(value, dtype=torch.complex128 if isinstance(value, complex) else torch.float64)
        except OverflowError:  # a whole number beyond all floats
            return None
    if not isinstance(value, Tensor) or value.dtype == torch.bool:
        return None
    value = value.detach().cpu()
    return value.to(torch.complex128 if value.is_complex() else torch.float64)


def axes_of(pairs: Sequence[Pair]) -> range:
    """The axes of the expected results; none if they have different numbers of them."""
    ndims = {pair.want.ndim for pair in pairs}
    return range(ndims.pop() if len(ndims) == 1 else 0)


CLOSE = {"rtol": 1e-3, "atol": 1e-6, "equal_nan": True}


def close(one: Tensor, other: Tensor) -> bool:
    """Whether all numbers agree, to three digits; shapes may broadcast."""
    one, other = (x.to(torch.complex128) for x in (one, other))
    return torch.allclose(one, other, **CLOSE)


def same(one: Tensor, other: Tensor) -> bool:
    """Whether the shapes agree, and all numbers."""
    return one.shape == other.shape and close(one, other)
