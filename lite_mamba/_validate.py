"""Checks at the public doors: each error says what was given, what is allowed, and what to do."""

import math
import numbers
import operator

import torch
from torch import Tensor


def integer(name: str, value, minimum: int = 1) -> int:
    """Return `value` as an int of at least `minimum`, or raise `TypeError` / `ValueError`."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got the bool {value!r}")
    try:
        number = value if isinstance(value, int) else operator.index(value)  # the compiler makes a constant of an index
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})") from None
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {number}")
    return number


def positive_number(name: str, value, *, zero_allowed: bool = False) -> float:
    """Return `value` as a finite float above zero (or at least zero), or raise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r} ({type(value).__name__})")
    allowed = "zero or more" if zero_allowed else "above zero"
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero_allowed):
        raise ValueError(f"{name} must be a finite number, {allowed}, got {value!r}")
    return float(value)


def one_of(name: str, value, allowed) -> None:
    """Raise `ValueError` unless `value` is one of `allowed`."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def dilations(name: str, value) -> tuple[int, ...]:
    """Return `value` as a non-empty tuple of dilations, each an integer of at least 1, or raise."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} must be a sequence of integers such as (1, 2, 4), got {value!r}")
    checked = tuple(integer(f"{name}[{i}]", dilation) for i, dilation in enumerate(value))
    if not checked:
        raise ValueError(f"{name} is empty; give at least one dilation, such as (1,)")
    return checked


def is_tensor(name: str, value) -> None:
    """Raise `TypeError` unless `value` is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")


def shape(name: str, tensor: Tensor, expected: tuple, letters: str) -> None:
    """Raise unless `tensor` has the `expected` shape, where None stands for any size.

    `letters` names the axes in the message, such as "(B, D, L)".
    """
    is_tensor(name, tensor)
    given = tuple(tensor.shape)
    fits = len(given) == len(expected) and all(e is None or e == g for e, g in zip(expected, given, strict=True))
    if not fits:
        axes = letters.partition(")")[0].strip("(,").split(", ")
        sizes = [f"{axis} = {size}" for axis, size in zip(axes, expected, strict=True) if size is not None]
        known = f" with {', '.join(sizes)}" if sizes else ""
        raise ValueError(f"{name} must have shape {letters}{known}, got {given}")


def floating(name: str, tensor: Tensor, remedy: str = "convert it with .float()") -> None:
    """Raise `TypeError` unless `tensor` holds real floating-point numbers."""
    is_tensor(name, tensor)
    if not tensor.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers, got {tensor.dtype}; {remedy}")


def integers(name: str, tensor: Tensor) -> None:
    """Raise `TypeError` unless `tensor` holds integers that PyTorch looks things up with."""
    is_tensor(name, tensor)
    if tensor.dtype not in (torch.int64, torch.int32):
        raise TypeError(f"{name} must hold int64 or int32 numbers, got {tensor.dtype}; convert with .long()")


# Asked once, since the compiler of older PyTorch versions cannot trace the question.
_WITHOUT_AUTOCAST = [kind for kind in ("meta", "mps") if not torch.amp.is_autocast_available(kind)]


def autocast_is_on(device_type: str) -> bool:
    """Whether autocast may change dtypes on this kind of device, so that mixed dtypes are fine."""
    return device_type not in _WITHOUT_AUTOCAST and torch.is_autocast_enabled(device_type)
