"""Wrong answers as edits of the right one.

    edited(state_update, "decay * h → h")

is the reference `state_update` with one place changed: what a learner would have written who made that one mistake. So
the reference stays plain code, and each mistake is one line beside its message.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import linecache
import math
import textwrap
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import nn

ARROW = " → "
AT_HAND = {"F": F, "math": math, "nn": nn, "torch": torch}  # what a learner has at hand
_numbers = itertools.count(1)
_made: WeakKeyDictionary[Callable[..., Any], tuple[Callable[..., Any], tuple[str, ...], dict[str, Any]]]
_made = WeakKeyDictionary()  # for each edited function: of which one, the edits, and further names


def edited(function: Callable[..., Any], *edits: str, **names: Any) -> Callable[..., Any]:
    """A function with pieces of its source exchanged.

    Args:
        function: written with `def` in a module, without variables of an outer function.
        edits: "old → new" each; `old` must stand in the source exactly once, over several lines if need be.
        names: further names that the new source uses, beside those of the function's module, torch, nn, F and math.

    Raises:
        ValueError: an edit has no arrow, changes nothing, or its old piece does not stand in the source exactly once.

    >>> from lite_mamba import receptive_field
    >>> edited(receptive_field, "lag for lag → 2 * lag for lag")
    Traceback (most recent call last):
    ...
    ValueError: 'lag for lag' stands 0 times in receptive_field; an edit needs a piece that stands there once
    """
    source = _source(function)
    for edit in edits:
        source = _apply(edit, source, function.__name__)
    filename = f"<{function.__name__}, edit {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    space = {**AT_HAND, **function.__globals__, **names}
    exec(compile(source, filename, "exec"), space)
    _made[space[function.__name__]] = function, edits, names
    return space[function.__name__]


def both(first: Callable[..., Any], second: Callable[..., Any]) -> Callable[..., Any] | None:
    """One function with the edits of two others: who made both mistakes wrote it.

    None if they are no edits of the same function, or if no order leaves each edit its place.
    """
    if first not in _made or second not in _made or _made[first][0] is not _made[second][0]:
        return None
    for one, other in ((first, second), (second, first)):
        (function, edits, names), (_, more, further) = _made[one], _made[other]
        with contextlib.suppress(ValueError, SyntaxError), warnings.catch_warnings():  # a place that is gone, no code
            warnings.simplefilter("ignore")
            return edited(function, *edits, *more, **names | further)
    return None


@cache
def _source(function: Callable[..., Any]) -> str:
    """Found once for all edits of a function: Python reads its module token by token for it."""
    return textwrap.dedent(inspect.getsource(function))


def _apply(edit: str, source: str, name: str) -> str:
    old, arrow, new = edit.partition(ARROW)
    if not arrow or old == new:
        raise ValueError(f"{edit!r}: write an edit as 'old → new', with two different pieces")
    if source.count(old) != 1:
        times = source.count(old)
        raise ValueError(f"{old!r} stands {times} times in {name}; an edit needs a piece that stands there once")
    return source.replace(old, new)
