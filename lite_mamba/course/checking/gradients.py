"""Asks whether gradients come through a right answer: a later cell trains it, or asks what it reads."""

from __future__ import annotations

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

    Asked are the gradients of the sum of all results, for each parameter in `exercise.gradients`.
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
        inputs = {
            f"gradient for {name}" + f"[{i}]" * isinstance(value, (tuple, list)): one
            for name, value in asked.items()
            for i, one in enumerate(_tensors(value))
        }
        total = sum(part.sum() for part in _tensors(_called(exercise, function, case | asked)))
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
    if isinstance(value, (tuple, list)):
        return type(value)(map(_asking, value))
    return value.detach().clone().requires_grad_()


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)
    else:
        yield value


def _in_words(example: Example) -> Difference:
    expected, got = example.expected.value, example.got.value
    name = next(name for name in expected if difference(expected[name], got[name], NEAR))
    of_what = f"`{name.removeprefix('gradient for ')}`"
    if got[name].any():
        return Difference("gradient", f"the values are right, their gradient for {of_what} is not: {CUT} in part")
    return Difference("gradient", f"the values are right, but no gradient leads from them back to {of_what}: {CUT}")
