"""A result in a wrong form: a list for a tensor, a float for a whole number, one part of two.

Each result is brought into the form of the expected one; if it then is right, the form was the whole mistake.
"""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .compare import Facts, Tolerance, difference
from .general import Said
from .result_parts import same
from .running import Example

FEW_PARTS = 4  # parts whose orders are tried


def form(examples: Sequence[Example], tolerance: Callable[[dict[str, Any]], Tolerance]) -> Said | None:
    """What is wrong with the form of the result in every wrong case; None if the form is as expected."""
    wrong = [example for example in examples if not example.right]
    if any(example.raised is not None or example.expected.error is not None for example in wrong):
        return None
    if all(example.got.value is None is not example.expected.value for example in wrong):
        lists = all(isinstance(example.expected.value, list) for example in wrong)
        return Said("nothing returned", "`.sort()`, `.append()` and `.extend()` change a list and give None." * lists)
    if all(example.difference is None for example in wrong):
        return Said("an input changed in place" if wrong[0].got.changed else "a setting of PyTorch left changed")
    if any(example.difference is None for example in wrong):
        return None
    found = {_right_but_for(example, tolerance(example.case)) for example in wrong}
    if len(found) == 1 and None not in found and not any(example.got.changed for example in wrong):
        return Said(found.pop())
    kinds = {example.difference.kind for example in wrong}
    if kinds == {"length"} and not all(_of_another_length(example) for example in wrong):
        return None  # a part's length: the part may be what an exercise has noted, and no work of the reader's
    if kinds == {"length"} and all(_both_lists(example) for example in wrong):
        return Said("a list of the wrong length")
    return Said(OF_KIND[kinds.pop()]) if len(kinds) == 1 and kinds <= OF_KIND.keys() else None


OF_KIND = {  # where the values are not right either, or can't be told
    "type": "a result of the wrong type",
    "shape": "a result of the wrong shape",
    "length": "a result with the wrong number of parts",
    "keys": "a result with the wrong keys",
    "nan": "a result that is not a number",
    "infinity": "an infinity in the result",
}


def _of_another_length(example: Example) -> bool:
    want, have = example.expected.value, example.got.value
    return isinstance(want, (tuple, list)) and isinstance(have, (tuple, list)) and len(want) != len(have)


def _both_lists(example: Example) -> bool:
    return isinstance(example.expected.value, list) and isinstance(example.got.value, list)


def _right_but_for(example: Example, tolerance: Tolerance) -> str | None:
    """The one thing that makes the result's form another one; None if it is several, or the values are wrong."""
    want, have, changes = example.expected.value, example.got.value, set()
    try:
        if name := _parts(want, have, tolerance):
            return name
        right = difference(want, _as_wanted(want, have, changes), tolerance) is None
    except Exception:  # what a learner returns may be anything
        return None
    return changes.pop() if right and len(changes) == 1 else None


def _parts(want: Any, have: Any, tolerance: Tolerance) -> str | None:
    """A name for right parts of which one is missing, one too many, or that stand in another order."""

    def same(expected: Any, got: Any) -> bool:
        return difference(expected, got, Tolerance(tolerance.rtol, tolerance.atol)) is None

    if isinstance(have, (tuple, list)) and len(have) == 1 and same(want, have[0]):
        return "a result packed into a list or tuple"
    if not isinstance(want, tuple):
        return "a part too many" if isinstance(have, tuple) and any(same(want, part) for part in have) else None
    if len(want) < 2:
        return None
    if not isinstance(have, (tuple, list)):
        return "one result alone" if any(same(part, have) for part in want) else None
    if len(have) > len(want):
        return "a part too many" if same(want, tuple(have[: len(want)])) else None
    if len(have) == len(want) <= FEW_PARTS:
        orders = itertools.permutations(have)
        return "exchanged parts" if not same(want, next(orders)) and any(same(want, one) for one in orders) else None
    return None


def _as_wanted(want: Any, have: Any, changes: set[str]) -> Any:
    """A result in the form of the expected one, as far as no number is lost, and what was changed for that."""
    if isinstance(want, Tensor):
        return _as_tensor(want, have, changes)
    if isinstance(want, numbers.Number):
        return _as_number(want, have, changes)
    if isinstance(want, tuple) and isinstance(have, Tensor) and have.ndim and len(have) == len(want):
        changes.add("a tensor in place of a tuple")
        return tuple(have)
    if isinstance(want, list) and isinstance(have, (Tensor, np.ndarray, set)):
        changes.add(f"a {_what(have)} in place of a list")
        have = sorted(have) if isinstance(have, set) else have.tolist()
    if isinstance(want, (tuple, list)) and isinstance(have, (tuple, list)) and len(want) == len(have):
        return tuple(_as_wanted(one, other, changes) for one, other in zip(want, have, strict=True))
    if isinstance(want, dict) and isinstance(have, dict) and want.keys() == have.keys():
        made = {key: _as_wanted(want[key], have[key], changes) for key in want}
        return Facts(want.of, made) if isinstance(want, Facts) else made
    return have


def _as_tensor(want: Tensor, have: Any, changes: set[str]) -> Any:
    made = _made_tensor(have)
    if made is None:
        return have
    name, tensor = made
    if name:
        changes.add(name)
        if isinstance(have, (list, tuple)) and all(isinstance(part, Tensor) for part in have):
            tensor = _turned(want, tensor)
        return _of_dtype(tensor, want.dtype, set())  # whoever has no tensor has chosen no dtype
    if have.shape != want.shape:
        if have.numel() != want.numel():
            return have
        changes.add("another shape")
        have = have.reshape(want.shape)
    return _of_dtype(have, want.dtype, changes)


def _made_tensor(have: Any) -> tuple[str, Tensor] | None:
    """A tensor of what came, and what it was; None if it can't be made."""
    if isinstance(have, Tensor):
        return "", have
    if isinstance(have, (np.ndarray, numbers.Number, list, tuple)):
        return f"a {_what(have)} in place of a tensor", _stacked(have)
    return None


def _stacked(have: Any) -> Tensor:
    if isinstance(have, (list, tuple)):
        if {type(item) for item in have} <= {bool, int, float, complex}:  # at once: there may be many
            return torch.tensor(have)
        return torch.stack([_stacked(item) for item in have])
    return torch.as_tensor(have.copy() if isinstance(have, np.ndarray) else have)


def _turned(want: Tensor, stack: Tensor) -> Tensor:
    """A stack with its new axis in the place where it is right: a list of tensors has chosen none."""
    if not stack.numel() and not want.numel():
        return stack.reshape(want.shape)
    turned = (stack.movedim(0, axis) for axis in range(stack.ndim))
    return next((one for one in turned if same(one, want)), stack)


def _what(have: Any) -> str:
    """The word for what came, one that the general names know."""
    kinds = {Tensor: "tensor", np.ndarray: "NumPy array", list: "list", tuple: "tuple", set: "set"}
    return next((word for kind, word in kinds.items() if isinstance(have, kind)), "number")


def _of_dtype(have: Tensor, dtype: torch.dtype, changes: set[str]) -> Tensor:
    """The same numbers in another dtype, with a name for what differed; as it came if numbers would be lost."""
    if have.dtype == dtype:
        return have
    cast = have.real.to(dtype) if have.is_complex() and not dtype.is_complex else have.to(dtype)
    kinds = _kind(have.dtype), _kind(dtype)
    if kinds[0] != kinds[1] and not torch.equal(cast.to(have.dtype), have):
        return have
    changes.add(CHANGED_KINDS.get(kinds, "another precision"))
    return cast


CHANGED_KINDS = {
    ("real", "whole"): "real numbers in place of whole ones",
    ("whole", "real"): "whole numbers in place of real ones",
    ("complex", "real"): "complex numbers in place of real ones",
    ("real", "bool"): "numbers in place of True and False",
    ("whole", "bool"): "numbers in place of True and False",
}


def _kind(dtype: torch.dtype) -> str:
    if dtype == torch.bool:
        return "bool"
    return "complex" if dtype.is_complex else "real" if dtype.is_floating_point else "whole"


def _as_number(want: Any, have: Any, changes: set[str]) -> Any:
    if isinstance(have, (Tensor, np.ndarray, np.generic)):
        value = have.item()
        if not isinstance(have, np.generic):
            changes.add(f"a {_what(have)} in place of {'True or False' if isinstance(want, bool) else 'a number'}")
        have = value
    if isinstance(have, complex) and not isinstance(want, complex) and have.imag == 0:
        changes.add("complex numbers in place of real ones")
        have = have.real
    if isinstance(have, float) and isinstance(want, int) and not isinstance(want, bool) and have.is_integer():
        changes.add("real numbers in place of whole ones")
        have = int(have)
    if isinstance(want, bool) and not isinstance(have, bool) and have in (0, 1):
        changes.add("numbers in place of True and False")
        have = bool(have)
    return have
