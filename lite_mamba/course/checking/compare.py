"""Compares a learner's result with the expected one and puts the first difference in words."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import CoroutineType, EllipsisType
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Difference:
    """What differs: a sentence, and the kind.

    A kind is "type", "shape", "dtype", "nan", "infinity", "value", "length", "keys" or "remark".
    """

    kind: str
    words: str


@dataclass(frozen=True)
class Tolerance:
    """A value is right when |got - expected| <= atol + rtol * |expected|; of any precision, unless `same_dtype`.

    `axes` names the axes of the result, or of each of its parts by the part's name, which `items` gives.
    """

    rtol: float = 0.0
    atol: float = 0.0
    axes: Sequence[str] | Mapping[str, Sequence[str]] = ()
    items: Sequence[str] = ()
    same_dtype: bool = False

    def of(self, part: str) -> Tolerance:
        """The same for one part of a result."""
        if not self.axes and not self.items:
            return self
        return replace(self, axes=self.axes.get(part, ()) if isinstance(self.axes, Mapping) else self.axes, items=())


def difference(expected: Any, got: Any, tolerance: Tolerance, where: str = "the result") -> Difference | None:
    """The first difference between two results, or None. Tensors, numbers, bools, strings, tuples, lists, dicts.

    What a learner returns may be anything; what can't be compared at all is different.
    """
    try:
        return _difference(expected, got, tolerance, where)
    except Exception as error:
        return Difference("type", f"{where} is {describe(got)} that can't be compared ({type(error).__name__})")


def _difference(expected: Any, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    if isinstance(got, Remark) and not isinstance(expected, Remark):
        return Difference("remark", got)
    if isinstance(expected, Tensor):
        return _tensor_difference(expected, got, tolerance, where)
    if isinstance(expected, dict):
        return _dict_difference(expected, got, tolerance, where)
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(expected, got, tolerance, where)
    if type(expected) is type(got) and type(expected) in (int, float, str) and expected == got:
        return None  # at once: a list may hold many of them
    if _kind(expected) != _kind(got) and not (_kind(expected) == "a number" and _kind(got) == "a whole number"):
        return Difference("type", f"{where} is {describe(got)}; it should be {describe(expected)}{_cure(got)}")
    if type(expected) in (int, float, str) and expected == got:
        return None
    if isinstance(expected, numbers.Number) and not isinstance(expected, bool):
        pair = torch.tensor([expected, got], dtype=torch.complex128)
        return _value_difference(pair[0], pair[1], tolerance, where)
    if expected != got:
        have, want = (value if isinstance(value, Remark) else repr(value) for value in (got, expected))
        return Difference("value", f"{where} is {have}; it should be {want}")
    return None


class Facts(dict):
    """What an exercise's `apply` looked up about a result that is a learner's, by name; no learner returned the dict.

    Args:
        of: what such a result is, in words: "a module".
        facts: from the name of a fact, as a sentence begins with it, to its value.
    """

    def __init__(self, of: str, facts: dict[str, Any]):
        super().__init__(facts)
        self.of = of


class Remark(str):
    """What an exercise's `apply` says of a result or of a part of it; no learner returned the words: no quotes."""


def describe(value: Any) -> str:
    """What a value is, in words: "a float32 tensor of shape (2, 3)", "a whole number", "a tuple of 2"."""
    if isinstance(value, Tensor):
        try:
            dtype = short_dtype(value.dtype)
            return f"a{'n' * dtype.startswith('int')} {dtype} tensor of shape {tuple(value.shape)}"
        except Exception:  # nested tensors have no shape, and a subclass may refuse everything
            return f"a {type(value).__name__} without a shape"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return _kind(value)


def short_dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "True or False"
    if isinstance(value, numbers.Integral):
        return "a whole number"
    if isinstance(value, numbers.Real):
        return "a number"
    if isinstance(value, numbers.Complex):
        return "a complex number"
    if value is None:
        return "None"
    if isinstance(value, Facts):
        return value.of
    names = {
        str: "a string",
        bytes: "bytes",
        Tensor: "a tensor",
        np.ndarray: "a NumPy array",
        dict: "a dict",
        CoroutineType: "a coroutine (leave out `async`)",
        EllipsisType: "three dots",
    }
    return next((name for kind, name in names.items() if isinstance(value, kind)), f"a {type(value).__name__}")


def _cure(got: Any) -> str:
    if isinstance(got, Tensor) and got.numel() == 1:
        return " (.item() takes the value out of the tensor)"
    return ""


def _tensor_difference(expected: Tensor, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    if not isinstance(got, Tensor):
        return Difference("type", f"{where} is {describe(got)}; it should be {describe(expected)}")
    if words := _no_plain_values(got):
        return Difference("type", f"{where} {words}; it should be {describe(expected)}")
    if expected.shape != got.shape:
        words = f"{where} has shape {tuple(got.shape)}; it should be {tuple(expected.shape)}"
        return Difference("shape", words)
    if _dtype_kind(expected.dtype) != _dtype_kind(got.dtype):
        words = f"{where} holds {_dtype_kind(got.dtype)} ({short_dtype(got.dtype)}); they should be "
        return Difference("dtype", words + f"{_dtype_kind(expected.dtype)} ({short_dtype(expected.dtype)})")
    return _value_difference(expected, got, tolerance, where) or (
        _precision_difference(expected, got, where) if tolerance.same_dtype else None
    )


def _precision_difference(expected: Tensor, got: Tensor, where: str) -> Difference | None:
    """Right values in another dtype than the inputs': a layer that comes after refuses them."""
    if expected.dtype == got.dtype or not (expected.is_floating_point() or expected.is_complex()):
        return None
    want, have = short_dtype(expected.dtype), short_dtype(got.dtype)
    words = f"the values of {where} are right, the dtype is {have}; it should be {want}, as the inputs are"
    return Difference("dtype", f"{words} (.to(torch.{want}) converts it)")


def _no_plain_values(got: Tensor) -> str | None:
    """What keeps a tensor's values from being compared, and what frees them."""
    if got.device.type == "meta":
        return "is a tensor without values, on the device 'meta'"
    if got.layout != torch.strided:
        return f"is a sparse tensor ({str(got.layout).removeprefix('torch.')}; .to_dense() makes a dense one)"
    return "is a quantized tensor (.dequantize() gives its numbers)" if got.is_quantized else None


def _dtype_kind(dtype: torch.dtype) -> str:
    if dtype == torch.bool:
        return "True or False"
    if dtype.is_complex:
        return "complex numbers"
    return "real numbers" if dtype.is_floating_point else "whole numbers"


def _value_difference(expected: Tensor, got: Tensor, tolerance: Tolerance, where: str) -> Difference | None:
    if expected.dtype == got.dtype and expected.device == got.device and torch.equal(expected, got):
        return None
    wide = torch.complex128 if expected.is_complex() else torch.float64
    expected, got = expected.detach().cpu().to(wide), got.detach().cpu().to(wide)
    right = torch.isclose(got, expected, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True)
    if right.all():
        return None
    first = (~right).nonzero()[0].tolist()
    have, want = got[tuple(first)].item(), expected[tuple(first)].item()
    words = f"{_position(where, first, tolerance.axes)}: expected {number(want)}, got {number(have)}"
    if number(want) == number(have):
        words += f", which is {abs(have - want):.0e} off"
    wrong = int((~right).sum())
    if right.numel() > 1:
        words += f" ({wrong} of {right.numel()} values {'is' if wrong == 1 else 'are'} wrong)"
    kinds = {"nan": torch.isnan, "infinity": torch.isinf}
    unheard_of = (kind for kind, is_one in kinds.items() if is_one(got).any() and not is_one(expected).any())
    return Difference(next(unheard_of, "value"), words)


def _position(where: str, index: list[int], axes: Sequence[str]) -> str:
    if not index:
        return where
    names = tuple(axes) if len(axes) == len(index) else {1: ("position",), 2: ("row", "column")}.get(len(index))
    place = ", ".join(f"{name} {i}" for name, i in zip(names, index, strict=True)) if names else f"index {index}"
    return f"{where} at {place} (counted from 0)"


def number(value: complex) -> str:
    """A number rounded so that it can be read and stays the same on every machine."""
    if isinstance(value, complex):
        if value.imag:
            return f"{number(value.real)} {'+' if value.imag >= 0 else '-'} {number(abs(value.imag))}i"
        value = value.real
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN (not a number)", "inf": "infinity", "-inf": "minus infinity"}[str(float(value))]
    text = f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.3g}"
    if text in ("0", "-0"):
        return "0" if value == 0 else f"{value:.1e}"
    return text


def _sequence_difference(expected: Any, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    if not isinstance(got, (tuple, list)):
        asked = [part for part in expected if not isinstance(part, bool)]  # without what was looked up about it
        wanted = asked[0] if tolerance.items and len(asked) == 1 else expected
        return Difference("type", f"{where} is {describe(got)}; it should be {describe(wanted)}")
    if len(expected) != len(got):
        return Difference(
            "length", f"{where} has {len(got)} item{'s' * (len(got) != 1)}; there should be {len(expected)}"
        )
    names = tolerance.items or [f"item {i} of {where}" for i in range(len(expected))]
    parts = (
        _difference(want, have, tolerance.of(name), name) for name, want, have in zip(names, expected, got, strict=True)
    )
    return next((part for part in parts if part), None)


def _dict_difference(expected: Any, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    if not isinstance(got, dict) or _kind(got) != _kind(expected):
        return Difference("type", f"{where} is {describe(got)}; it should be {describe(expected)}")
    if expected.keys() != got.keys():
        keys = f"the keys {sorted(map(str, got))}; they should be {sorted(map(str, expected))}"
        return Difference("keys", f"{where} has {keys}")
    names = {key: key if isinstance(expected, Facts) else f"{where}[{key!r}]" for key in expected}
    parts = (_difference(expected[key], got[key], tolerance, name) for key, name in names.items())
    return next((part for part in parts if part), None)
