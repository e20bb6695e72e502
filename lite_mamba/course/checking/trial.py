"""Runs a function on drawn cases and judges it: the engine of the check, without any output.

The inputs that a function gets are copies. A function that changes its inputs is found out by comparing the copies with
the originals. Every function and every case starts from the same random numbers, so that a verdict is a function of the
answer alone, and the global random states are put back afterwards.
"""

from __future__ import annotations

import contextlib
import io
import random
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .compare import Difference, Tolerance, difference, same
from .exercise import Draw, Exercise, Misconception

SHRINK_TRIES = 80
SEED = 0  # of the random numbers that a function may draw


@dataclass(frozen=True)
class Outcome:
    """What a function did with one case: a value or an error, and the inputs it changed."""

    value: Any = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """A case that a function fails, with what was expected and what came."""

    case: dict[str, Any]
    expected: Outcome
    got: Outcome
    difference: Difference | None  # None: raised, or only the inputs are changed

    @property
    def raised(self) -> BaseException | None:
        return self.got.error


@dataclass(frozen=True)
class Verdict:
    """The judgement: "right", "misconception", "wrong", "raised" or "not attempted"."""

    kind: str
    trials: int = 0
    example: Example | None = None
    misconception: Misconception | None = None


def judge(exercise: Exercise, function: Callable[..., Any], quiet: bool = False) -> Verdict:
    """The verdict on a function: first the reference, then each known misconception.

    What the function prints in the first case is shown, unless quiet.
    """
    for trial in trials(exercise):
        example = failure(exercise, function, trial.case, quiet or trial.number > 0)
        if example is not None:
            return _name_failure(exercise, function, example, trial)
    return Verdict("right", trials=len(list(trials(exercise))))


@dataclass(frozen=True)
class Trial:
    """One drawn case. `sizes` are the drawn sizes with the smallest allowed ones; None for a fixed example."""

    number: int
    case: dict[str, Any]
    sizes: list[tuple[int, int]] | None
    seed: int = 0


def trials(exercise: Exercise) -> Iterator[Trial]:
    """The fixed example, if any, then random cases with growing sizes; the same ones at every call."""
    first = 0
    if exercise.example is not None:
        yield Trial(0, exercise.example, None)
        first = 1
    for i in range(exercise.trials):
        seed = zlib.crc32(exercise.id.encode()) + i
        draw = Draw(seed, growth=i / max(1, exercise.trials - 1))
        yield Trial(first + i, drawn(exercise, draw), draw.taken, seed)


def drawn(exercise: Exercise, draw: Draw) -> dict[str, Any]:
    """One case. Parts that are made with global random numbers, a block for example, are the same each time, too."""
    with own_random_states(draw.seed):
        return exercise.cases(draw)


def failure(
    exercise: Exercise, function: Callable[..., Any], case: dict[str, Any], quiet: bool = True
) -> Example | None:
    """How a function fails a case, or None if it is right."""
    expected = run(exercise, exercise.reference, case)
    got = run(exercise, function, case, quiet)
    if got.error is not None:
        right = type(got.error) is type(expected.error)
        return None if right else Example(case, expected, got, None)
    if expected.error is not None:
        words = f"the result should be the error {type(expected.error).__name__}; nothing was raised"
        return Example(case, expected, got, Difference("type", words))
    found = difference(
        expected.value, got.value, Tolerance(exercise.rtol, exercise.atol, exercise.axes, exercise.items)
    )
    return Example(case, expected, got, found) if found or got.changed else None


def run(exercise: Exercise, function: Callable[..., Any], case: dict[str, Any], quiet: bool = True) -> Outcome:
    """Calls a function on a copy of a case, always from the same random numbers.

    What it prints is shown only when not quiet; warnings never are.
    """
    given = copy(case)
    hush = contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext()
    try:
        with own_random_states(SEED), hush, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = exercise.call(function, given)
    except Exception as error:
        return Outcome(error=error)
    changed = (name for name in case if name not in exercise.may_change and not _unchanged(case[name], given[name]))
    return Outcome(value, changed=tuple(changed))


def copy(value: Any) -> Any:
    """A copy of the tensors and containers in a value; everything else, functions too, is shared."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(copy(item) for item in value)
    return value


@contextlib.contextmanager
def own_random_states(seed: int) -> Iterator[None]:
    """Random numbers of Python, NumPy and torch from a seed; the states of before are put back at the end."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def _unchanged(before: Any, after: Any) -> bool:
    if isinstance(before, (Tensor, dict, tuple, list)):
        return difference(before, after, Tolerance()) is None
    return True


def _name_failure(exercise: Exercise, function: Callable[..., Any], example: Example, trial: Trial) -> Verdict:
    if _not_attempted(example):
        return Verdict("not attempted")
    small = shrink(exercise, function, example, trial)
    misconception = known_misconception(exercise, function, small)
    if misconception is not None:
        return Verdict("misconception", example=small, misconception=misconception)
    return Verdict("raised" if small.raised else "wrong", example=small)


def _not_attempted(example: Example) -> bool:
    if isinstance(example.raised, NotImplementedError):
        return True
    empty = example.got.value is None or example.got.value is Ellipsis
    return example.raised is None and empty and example.expected.value is not example.got.value


def known_misconception(exercise: Exercise, function: Callable[..., Any], example: Example) -> Misconception | None:
    """The first known misconception that the function agrees with on every case that tells."""
    for known in exercise.misconceptions:
        if known.raises is not None:
            if isinstance(example.raised, known.raises) and known.when(example.raised):
                return known
        elif any(same_everywhere(exercise, function, wrong, known.where) for wrong in known.answers):
            return known
    return None


def same_everywhere(
    exercise: Exercise,
    first: Callable[..., Any],
    second: Callable[..., Any],
    where: Callable[..., bool] = lambda **case: True,
) -> bool:
    """Whether two functions agree on every case that `where` picks."""
    cases = (trial.case for trial in trials(exercise))
    return all(_agree(exercise, first, second, case) for case in cases if where(**case))


def _agree(exercise: Exercise, first: Callable[..., Any], second: Callable[..., Any], case: dict[str, Any]) -> bool:
    one, other = run(exercise, first, case), run(exercise, second, case)
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error) and str(one.error) == str(other.error)
    return same(other.value, one.value)


def shrink(exercise: Exercise, function: Callable[..., Any], example: Example, trial: Trial) -> Example:
    """A smaller case that fails in the same way: each size as small as it goes, then whole numbers."""
    if trial.sizes is None:
        return example
    best, tries = [size for size, _ in trial.sizes], Tries(exercise, function, example, trial.seed)
    for i, (_, low) in enumerate(trial.sizes):
        for size in range(low, best[i] if i < len(best) else low):
            sizes = [*best[:i], size, *best[i + 1 :]]
            if tries.fails(sizes):
                best = sizes
                break
    tries.fails(best, whole=True)
    return tries.smallest


@dataclass
class Tries:
    """Tries smaller cases and remembers the last one that fails in the same way."""

    exercise: Exercise
    function: Callable[..., Any]
    smallest: Example
    seed: int
    left: int = field(default=SHRINK_TRIES)

    def fails(self, sizes: list[int], whole: bool = False) -> bool:
        self.left -= 1
        if self.left < 0:
            return False
        case = drawn(self.exercise, Draw(self.seed, 1.0, sizes, whole))
        found = failure(self.exercise, self.function, case)
        if found is None or _way(found) != _way(self.smallest):
            return False
        self.smallest = found
        return True


def _way(example: Example) -> tuple[Any, ...]:
    return (type(example.raised), example.difference.kind if example.difference else None)
