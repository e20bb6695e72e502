"""Runs a function on a case, and compares what it did with what was expected.

The function gets copies of the inputs; one that changes them is found out by comparing the copies with the originals.
Each call starts from the same random numbers and torch's own settings, so that the outcome is a function of the answer
alone; random states and settings are put back afterwards. A call that does not come to an end is stopped.
"""

from __future__ import annotations

import contextlib
import io
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.backends import opt_einsum

from .compare import Difference, Facts, Tolerance, difference
from .exercise import Exercise
from .limit import Endless, in_time

CPU = torch.device("cpu")
SEED = 0  # of the random numbers that a function may draw
SECONDS = 10.0  # for one call; the slowest reference takes less than one, its first call
MOST_PRINTED = 4000  # characters of what a function prints


@dataclass(frozen=True)
class Outcome:
    """What a function did with one case: a value or an error, the inputs it changed, and torch's settings it left
    otherwise than it found them, in words."""

    value: Any = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """What a function did with a case, beside what was expected."""

    case: dict[str, Any]
    expected: Outcome
    got: Outcome
    difference: Difference | None = None  # None: the same value, or an error

    @property
    def raised(self) -> BaseException | None:
        return self.got.error

    @property
    def right(self) -> bool:
        if self.raised is not None:
            return type(self.raised) is type(self.expected.error)
        return self.difference is None and not self.got.changed and not self.got.left


def beside(exercise: Exercise, case: dict[str, Any], expected: Outcome, got: Outcome) -> Example:
    """An outcome beside the expected one."""
    found = None
    if expected.error is None and got.error is None:
        found = difference(expected.value, got.value, tolerance(exercise, case))
    elif got.error is None:
        words = f"the result should be the error {type(expected.error).__name__}; nothing was raised"
        found = Difference("type", words)
    return Example(case, expected, got, found)


def tolerance(exercise: Exercise, case: Any = None) -> Tolerance:
    """What is right. With a case that holds real numbers in tensors, their dtype should come out, too."""
    return Tolerance(exercise.rtol, exercise.atol, exercise.axes, exercise.items, same_dtype=_has_dtype(case))


def _has_dtype(value: Any) -> bool:
    if isinstance(value, (dict, tuple, list)):
        return any(map(_has_dtype, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def run(
    exercise: Exercise,
    function: Callable[..., Any],
    case: dict[str, Any],
    quiet: bool = True,
    seconds: float | None = None,
) -> Outcome:
    """Calls a function on a copy of a case, always from the same random numbers, and stops it after so many seconds.

    Without a number these are `SECONDS`. What it prints is shown only when not quiet; warnings never are.
    """
    given, printed = copy(case), _Printed()
    try:
        with neutral(SEED), contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = in_time(lambda: exercise.call(function, given), SECONDS if seconds is None else seconds)
            _close(value)
            left = tuple(_settings_left())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too: `exit()` in an answer must not end the check
        return Outcome(error=error)
    finally:
        if not quiet:
            printed.show()
    changed = (name for name in case if name not in exercise.may_change and not _unchanged(case[name], given[name]))
    return Outcome(value, changed=tuple(changed), left=left)


def _settings_left() -> Iterator[str]:
    """The settings that `neutral` made and that are others now, which all code after a call would meet."""
    if torch.get_default_dtype() != torch.float32:
        yield f"the default dtype {torch.get_default_dtype()}"
    if _default_device() != CPU:
        yield f"the default device {_default_device()}"
    if not torch.is_grad_enabled():
        yield "autograd off"


def _close(value: Any) -> None:
    """Closes a coroutine, also one among the parts of a result: nobody awaits it, and Python would warn of that."""
    for part in [value, *(value.values() if isinstance(value, dict) else ())]:
        if isinstance(part, CoroutineType):
            part.close()


def spun(outcome: Outcome) -> bool:
    """Whether the call had to be stopped."""
    return isinstance(outcome.error, Endless)


class _Printed(io.StringIO):
    """Takes what a function prints, up to a limit."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)

    def show(self) -> None:
        text = self.getvalue()
        print(text, end="…\n" if len(text) == MOST_PRINTED else "")


def copy(value: Any) -> Any:
    """A copy of the tensors and containers in a value; everything else, functions too, is shared."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        copied = {key: copy(item) for key, item in value.items()}
        return Facts(value.of, copied) if isinstance(value, Facts) else copied
    if isinstance(value, (tuple, list)):
        return type(value)(copy(item) for item in value)
    return value


_kept = False  # whether somebody who called has saved them already


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Puts the random numbers of Python, NumPy and torch, and torch's own settings, back at the end.

    To save them takes longer than many a call: one `kept` around many calls saves them once for all.
    """
    global _kept
    if _kept:
        yield
        return
    python, numpy, dtype = random.getstate(), np.random.get_state(), torch.get_default_dtype()
    fills = torch.get_deterministic_debug_mode()
    states = [(generator, generator.get_state()) for generator in _generators()]
    _kept = True
    try:
        with left_to_right():
            yield
    finally:
        _kept = False
        random.setstate(python)
        np.random.set_state(numpy)
        for generator, state in states:
            generator.set_state(state)
        torch.set_default_dtype(dtype)
        torch.set_deterministic_debug_mode(fills)


@contextlib.contextmanager
def left_to_right() -> Iterator[None]:
    """`einsum` multiplies from left to right: where opt_einsum is installed, PyTorch lets it choose the order.

    PyTorch's own `opt_einsum.flags` does nothing any more once `enabled` is set. Here it is, and taken away again.
    """
    before, was_set = opt_einsum.enabled, "enabled" in vars(opt_einsum)
    opt_einsum.enabled = False
    try:
        yield
    finally:
        opt_einsum.enabled = before
        if not was_set:
            vars(opt_einsum).pop("enabled", None)


@contextlib.contextmanager
def neutral(seed: int) -> Iterator[None]:
    """Random numbers from a seed, new memory full of NaN, and torch's own settings; all is put back at the end."""
    with kept():
        random.seed(seed)
        np.random.seed(seed)
        for generator in _generators():  # not torch.manual_seed: it keeps a traceback of every call for a GPU to come
            generator.manual_seed(seed)
        torch.set_default_dtype(torch.float32)
        torch.set_deterministic_debug_mode("warn")  # torch.empty holds NaN, not what the memory happened to hold
        opt_einsum.enabled = False  # also if the call before has set it: it has errors of its own
        with torch.enable_grad(), _on_the_cpu():
            yield


@contextlib.contextmanager
def _on_the_cpu() -> Iterator[None]:
    """New tensors are made on the CPU, whatever the default device; that is put back, also if a call set another."""
    before = _default_device()
    try:
        with contextlib.nullcontext() if before == CPU else CPU:
            yield
    finally:
        if _default_device() != before:
            torch.set_default_device(None if before == CPU else before)


def _default_device() -> torch.device:
    return torch.empty(0).device  # as `torch.get_default_device`, which takes twenty times as long


def _generators() -> tuple[torch.Generator, ...]:
    return torch.default_generator, *(torch.cuda.default_generators if torch.cuda.is_initialized() else ())


def _unchanged(before: Any, after: Any) -> bool:
    if isinstance(before, (Tensor, dict, tuple, list)):
        return difference(before, after, Tolerance()) is None
    return True
