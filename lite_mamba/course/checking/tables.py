"""Writes values as small rounded tables: tensors as aligned rows, everything else in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from .compare import Remark, describe, number

MOST_VALUES = 48


def shape_words(value: Any) -> str:
    """The shape of a tensor, or what else a value is."""
    if isinstance(value, Tensor):
        return describe(value).partition("shape ")[2] or describe(value)
    if isinstance(value, (tuple, list)) and any(isinstance(item, Tensor) for item in value):
        return _bracketed(value, map(shape_words, value))
    return describe(value)


def has_tensor(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(has_tensor, value))
    return isinstance(value, Tensor)


def table(value: Any, names: Sequence[str] = ()) -> str:
    """A value as text, rounded; large ones are cut. `names` are those of the parts, if it has several.

    What a learner returns may be anything; what has no table is said in a few words.
    """
    try:
        return _table(value, names)
    except Exception:
        return describe(value)


def _table(value: Any, names: Sequence[str]) -> str:
    if isinstance(value, Tensor):
        return _tensor(value.detach().cpu())
    if isinstance(value, (tuple, list)):
        if has_tensor(value):
            names = names if len(names) == len(value) else [f"item {i}" for i in range(len(value))]
            return "\n".join(f"{name}: {_inline(item)}" for name, item in zip(names, value, strict=True))
        return _bracketed(value, _items(value))
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_inline(item)}" for key, item in value.items())
    return _inline(value)


def _inline(value: Any) -> str:
    if isinstance(value, Remark):
        return str(value)
    if isinstance(value, Tensor):
        return str(_nested(value)) if value.numel() <= MOST_VALUES else describe(value)
    if isinstance(value, np.bool_):
        return repr(bool(value))
    if isinstance(value, (bool, str, bytes)) or value is None:
        return repr(value)
    if isinstance(value, (int, float, complex)):
        return number(value)
    if isinstance(value, (tuple, list)):
        return _bracketed(value, _items(value))
    name = getattr(value, "__name__", None) if callable(value) else None  # a generator has one, too
    return name or describe(value)


def _items(value: Sequence[Any]) -> list[str]:
    return [*map(_inline, value[:MOST_VALUES]), *["…"] * (len(value) > MOST_VALUES)]


def _bracketed(value: Sequence[Any], items: Iterable[str]) -> str:
    """As Python writes it: a tuple in round brackets, with a comma if it has one item, and a list in square ones."""
    inside = ", ".join(items)
    return f"[{inside}]" if isinstance(value, list) else f"({inside},)" if len(value) == 1 else f"({inside})"


def _nested(value: Tensor) -> str:
    if value.ndim == 0:
        return _short(value.item())
    return "[" + ", ".join(map(_nested, value)) + "]"


def _tensor(value: Tensor) -> str:
    if value.numel() == 0:
        return "no values"
    if value.ndim == 0:
        return _short(value.item())
    if value.numel() > MOST_VALUES:
        first = value.flatten()[:6].tolist()
        return f"{', '.join(map(_short, first))}, … ({value.numel()} values)"
    if value.ndim > 2:
        if value.shape[0] == 1:
            return _tensor(value[0])
        return "\n".join(f"[{i}]\n{_tensor(part)}" for i, part in enumerate(value))
    rows = [[_short(item) for item in row] for row in value.reshape(-1, value.shape[-1]).tolist()]
    width = max(len(item) for row in rows for item in row)
    return "\n".join("  ".join(item.rjust(width) for item in row) for row in rows)


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    text = number(value)
    return {"NaN (not a number)": "NaN", "infinity": "inf", "minus infinity": "-inf"}.get(text, text)
