"""Asks whether gradients come through a right answer: a later cell trains it, or asks what it reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .compare import Difference, Tolerance, difference
from .exercise import Exercise
from .running import Example, beside, run

CUT = (
    "`detach`, `no_grad`, `.data`, `.item()`, `.tolist()`, NumPy, or a copy into a new tensor, parameter or layer cuts "
    "it off"
)
NEAR = Tolerance(rtol=1e-3, atol=1e-4)


def lost_gradient(exercise: Exercise, function: Callable[..., Any], cases: Iterable[dict[str, Any]]) -> Example | None:
    """The first case in which a gradient is not the reference's, or None.

    They are the gradients of the sum of all results, for each parameter in `exercise.gradients`.
    """
    asked = replace(exercise, apply=_slopes_for(exercise), rtol=NEAR.rtol, atol=NEAR.atol)
    for case in cases if exercise.gradients else ():
        example = beside(asked, case, run(asked, exercise.reference, case), run(asked, function, case))
        if not example.right:
            return replace(example, difference=_in_words(example)) if example.difference else example
    return None


def _slopes_for(exercise: Exercise) -> Callable[..., dict[str, Tensor]]:
    """An `apply`: the gradients by name, zero where none comes."""

    def slopes(function: Callable[..., Any], **case: Any) -> dict[str, Tensor]:
        asked = {name: _asking(case[name]) for name in exercise.gradients}
        inputs = dict(_tensors(asked))
        total = sum(part.sum() for _, part in _tensors(_called(exercise, function, case | asked)))
        if not total.requires_grad:
            return {name: torch.zeros_like(one) for name, one in inputs.items()}
        found = torch.autograd.grad(total, list(inputs.values()), allow_unused=True, materialize_grads=True)
        return dict(zip(inputs, found, strict=True))

    return slopes


def _called(exercise: Exercise, function: Callable[..., Any], case: dict[str, Any]) -> Any:
    """What the function returns: called by itself, unless `apply` brings along what the case does not hold."""
    return exercise.once(function, case) if exercise.fills(case) else exercise.call(function, case)


def _asking(value: Any) -> Any:
    """The same value, its tensors as copies that ask for a gradient."""
    if isinstance(value, dict):
        return {name: _asking(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(map(_asking, value))
    return value.detach().clone().requires_grad_() if isinstance(value, Tensor) else value


def _tensors(value: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Each tensor in a value, with its name: `x`, `weights[0]`, `weights["in_proj"]`."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, (tuple, list, dict)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _tensors(part, f"{name}[{json.dumps(key)}]" if name else str(key))


def _in_words(example: Example) -> Difference:
    expected, got = example.expected.value, example.got.value
    name = next(name for name in expected if difference(expected[name], got[name], NEAR))
    if not got[name].isfinite().all():
        return Difference(
            "not finite", f"the values are right, their gradient for `{name}` is infinite or not a number"
        )
    if got[name].any():
        return Difference("gradient", f"the values are right, their gradient for `{name}` is not: {CUT} in part")
    return Difference("gradient", f"the values are right, but no gradient leads from them back to `{name}`: {CUT}")
