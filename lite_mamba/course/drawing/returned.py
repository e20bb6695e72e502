"""What a learner's function gave back to a figure: real tensors of known shapes or finite numbers, and nothing else."""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from .numbers import written


def of_copies(function: Callable, *given: Any) -> Any:
    """What a function makes of copies of the tensors given: it may write into them, and the figure keeps its own.

    Example:
        >>> import torch
        >>> u = torch.ones(2)
        >>> of_copies(lambda u, k: u.mul_(k), u, 3), u
        (tensor([3., 3.]), tensor([1., 1.]))
    """
    return function(*(one.clone() if isinstance(one, Tensor) else one for one in given))


def returned(name: str, result: Any, *shapes: tuple[int, ...], finite: bool = False) -> tuple[Tensor, ...]:
    """The tensors that a function returned, one of each shape, or words for its card.

    Args:
        name: what the function is called in the words: "the loop".
        result: what it returned: one tensor, or a tuple or list of as many as there are shapes.
        shapes: the shapes that are expected.
        finite: whether inf and nan are refused.

    Returns:
        The tensors, in order.

    Raises:
        ValueError: there are others, or of other shapes, or complex ones, or some numbers are not finite.

    Example:
        >>> import torch
        >>> (y,) = returned("the loop", torch.ones(2), (2,))
        >>> returned("the chunk", torch.ones(2), (2,), (1, 3))
        Traceback (most recent call last):
        ...
        ValueError: the chunk returned (2,), expected tensors of the shapes (2,) and (1, 3)
    """
    together = isinstance(result, (tuple, list))
    parts = result if together else (result,)
    got = [tuple(part.shape) if isinstance(part, Tensor) else type(part).__name__ for part in parts]
    if got != list(shapes) or together != (len(shapes) > 1):
        found, expected = (" and ".join(map(str, names)) or "nothing" for names in (got, shapes))
        if together and (len(shapes) == 1 or len(got) > 4):
            found = f"a {type(result).__name__} of {len(got)}"
        of = "a tensor of the shape" if len(shapes) == 1 else "tensors of the shapes"
        raise ValueError(f"{name} returned {found}, expected {of} {expected}")
    if any(part.is_complex() for part in parts):
        raise ValueError(f"{name} returned complex numbers, expected real ones")
    for part in parts:
        if finite and not part.isfinite().all():
            worst = written(part[~part.isfinite()][0].item())
            raise ValueError(f"{name} returned numbers that are not finite: {worst}")
    return tuple(parts)


def returned_number(name: str, result: Any) -> float:
    """The finite number that a function returned, of any type, or words for its card.

    Args:
        name: what the function is called in the words: "the count".
        result: what it returned.

    Raises:
        ValueError: it is no number, or not finite.

    Example:
        >>> import torch
        >>> returned_number("the count", torch.tensor(3))
        3.0
        >>> returned_number("the count", None)
        Traceback (most recent call last):
        ...
        ValueError: the count returned None, expected a number
    """
    try:
        value = float(result + 0)  # of a text, float would read one
    except (TypeError, ValueError, RuntimeError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        what = tuple(result.shape) if isinstance(result, Tensor) and result.ndim else repr(result)
        raise ValueError(f"{name} returned {what}, expected a number")
    return value
