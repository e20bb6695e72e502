"""On which cases a mistake shows: what sets the cases with a wrong answer apart from those with a right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from .compare import short_dtype
from .running import Example

FEWEST = 3  # cases on either side of a claim
KINDS_OF_NUMBERS = {
    "even": lambda n: n % 2 == 0,
    "odd": lambda n: n % 2 == 1,
    "a power of two": lambda n: n > 0 and n & (n - 1) == 0,
}


class Claim(NamedTuple):
    """What is said of a feature: in words, and as a test of the values for which the answer is said to be right."""

    name: str
    words: str
    right: Callable[[Any], bool]

    def holds(self, case: dict[str, Any]) -> bool:
        """Whether the answer is said to be right in a case."""
        value = features(case).get(self.name)
        return value is not None and self.right(value)


def claims(examples: Sequence[Example]) -> Iterator[Claim]:
    """For example "Right where x.shape[0] is 1, wrong where it is 2 or more.": what holds for all the examples.

    A result that is right everywhere is not called wrong where only an input was changed.
    """
    right = [features(example.case) for example in examples if example.right]
    wrong = [features(example.case) for example in examples if not example.right]
    if min(len(right), len(wrong)) < FEWEST:
        return
    only_changed = not any(example.raised or example.difference for example in examples)
    sides = ("Unchanged", "changed") if only_changed else ("Right", "wrong")
    for name in right[0]:
        good, bad = ({case.get(name) for case in side} for side in (right, wrong))
        if None not in good | bad and (claim := _apart(name, good, bad, *sides)):
            yield claim


def features(case: dict[str, Any]) -> dict[str, Any]:
    """The choices and dtypes of a case, then its whole numbers, lengths and shapes."""
    found: dict[str, Any] = {}
    for name, value in case.items():
        if isinstance(value, (bool, str)):
            found[name] = repr(value)
        elif isinstance(value, Tensor):
            found[f"{name}.dtype"] = short_dtype(value.dtype)
        elif callable(value):
            found[name] = getattr(value, "__name__", type(value).__name__)
    return found | sizes(case)


def sizes(case: dict[str, Any]) -> dict[str, int]:
    """The whole numbers, lengths and shapes of a case."""
    found: dict[str, int] = {}
    for name, value in case.items():
        if isinstance(value, int) and not isinstance(value, bool):
            found[name] = value
        elif isinstance(value, (tuple, list)):
            found[f"len({name})"] = len(value)
        elif isinstance(value, Tensor):
            found |= {f"{name}.shape[{i}]": size for i, size in enumerate(value.shape)}
    return found


def _apart(name: str, good: set[Any], bad: set[Any], right: str, wrong: str) -> Claim | None:
    """What is said of a feature that takes other values in the right cases than in the wrong ones."""
    if good & bad:
        return None
    if isinstance(next(iter(good)), str):
        words = f"{right} where `{name}` is {_or(good)}, {wrong} where it is {_or(bad)}."
        return Claim(name, words, good.__contains__) if len(good | bad) <= 4 else None
    if max(good) < min(bad):
        words = f"{right} where `{name}` is {_up_to(good)}, {wrong} where it is {_from(bad)}."
        return Claim(name, words, lambda n: n <= max(good))
    if max(bad) < min(good):
        words = f"{right} where `{name}` is {_from(good)}, {wrong} where it is {_up_to(bad)}."
        return Claim(name, words, lambda n: n >= min(good))
    for kind, holds in KINDS_OF_NUMBERS.items():
        if all(map(holds, good)) and not any(map(holds, bad)):
            return Claim(name, f"{right} where `{name}` is {kind}, {wrong} elsewhere.", holds)
    return None


def _or(values: set[str]) -> str:
    return " or ".join(sorted(values))


def _up_to(values: set[int]) -> str:
    return str(max(values)) if len(values) == 1 else f"{max(values)} or less"


def _from(values: set[int]) -> str:
    return str(min(values)) if len(values) == 1 else f"{min(values)} or more"
