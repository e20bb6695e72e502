"""What a notebook's exercise module is written with: exercises, known misconceptions, recap questions.

A package `chapters/chNN_topic/exercises` holds a list `EXERCISES` and a list `RECAP` and nothing else that the course
machinery needs. `trial.judge` draws cases from an exercise, compares with its reference, and knows the misconceptions
as executable wrong answers.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor


class Draw:
    """Random sizes and values for one case, from a generator of its own (the global ones stay untouched).

    Args:
        seed: fixes the case; the same seed gives the same case on every machine.
        growth: 0 gives the smallest sizes, 1 the whole range.
        sizes: sizes to give instead of drawn ones, in the order of the calls (used to shrink a failing case).
        whole: round the normal values to whole numbers (used to make a failing case easy to read).
    """

    def __init__(self, seed: int, growth: float = 1.0, sizes: Sequence[int] = (), whole: bool = False):
        self.seed = seed
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.growth = growth
        self.whole = whole
        self.given = list(sizes)
        self.taken: list[tuple[int, int]] = []  # (size, smallest allowed), in the order of the calls

    def size(self, low: int, high: int) -> int:
        """A whole number from low to high, both included; close to low in the first cases."""
        drawn = self.random.randint(low, low + round(self.growth * (high - low)))
        if len(self.taken) < len(self.given):
            drawn = min(max(self.given[len(self.taken)], low), high)
        self.taken.append((drawn, low))
        return drawn

    def normal(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Standard normal values of the given shape, rounded to one decimal so that they can be read."""
        values = torch.randn(shape, generator=self.generator, dtype=torch.float64)
        return (values * 2 if self.whole else values).round(decimals=0 if self.whole else 1).to(dtype)

    def uniform(self, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Uniform values between low and high; without a shape, a tensor with one value."""
        values = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return (low + (high - low) * values).to(dtype)

    def number(self, low: float, high: float) -> float:
        """One Python number between low and high."""
        return self.random.uniform(low, high)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Whole numbers from low to high, both included, as an int64 tensor of the given shape."""
        return torch.randint(low, high + 1, shape, generator=self.generator)

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return self.random.choice(list(options))

    def in_turn(self, options: Sequence[Any]) -> Any:
        """One of the options; from case to case each has its turn, so that none is left out by chance."""
        return list(options)[self.seed % len(options)]


@dataclass(frozen=True)
class Mistake:
    """A mistake with a name.

    Args:
        name: what the mistake is called, in a few words: the card says "this is “name”".
        message: what is wrong and where to look, in plain words; never the line to write.
    """

    name: str
    message: str


@dataclass(frozen=True)
class Misconception(Mistake):
    """A wrong answer that learners really give, as a program.

    Args:
        name, message: as of every mistake.
        wrong: the wrong answer, a function with the learner's signature, or several: one mistake in the spellings that
            give different values. Natural is an edit of the reference, `edited(reference, "decay * h → h")`. It may
            raise: then the learner's function must raise the same error, with the same words, at the same operation.
            The first spelling is tried together with that of each other mistake, too, if both are edits.
        where: `where(**case) -> bool` picks the cases on which the learner's function must agree with `wrong`: edge
            cases that one and the same mistake treats in several ways are left out.
        given: the code of a bug hunt as the notebook gives it. Who has run it has tried nothing yet.
    """

    wrong: Callable[..., Any] | Sequence[Callable[..., Any]]
    where: Callable[..., bool] = field(default=lambda **case: True)
    given: bool = False

    @property
    def answers(self) -> tuple[Callable[..., Any], ...]:
        """The wrong answer in each of its spellings."""
        return tuple(self.wrong) if isinstance(self.wrong, Sequence) else (self.wrong,)


@dataclass(frozen=True, eq=False)  # its hash is its identity, so that outcomes can be remembered
class Exercise:
    """One exercise: the readable spec, how to draw a case, and the known misconceptions.

    Args:
        id: "<chapter>.<name of the function in the notebook>", for example "01.causal_conv_loop".
        title: the exercise's title, as in the notebook.
        reference: the spec, a plain function with the learner's signature.
        cases: `cases(draw)` returns one random case, a dict from parameter name to value.
        misconceptions: at least three.
        rtol, atol: a value is right when |got - expected| <= atol + rtol * |expected|.
        example: a fixed first case; when it fails, it is the example that the learner sees.
        apply: `apply(function, **case)` for functions that aren't called just once, for example a step that is run
            over a sequence. Default: `function(**case)`.
        may_change: parameters that the function may change in place.
        axes: names for the result's axes ("batch", "channel", "step"), used when a position is put in words; where
            the parts of a result have different ones, those of each part by its name.
        items: names for the parts of a result that is a tuple ("y", "history"), used in place of "item 0".
        gradients: parameters to which gradients must lead back from the result, where a later cell asks for them. The
            learner is told so before.
        sums: whether the result is one number, a sum of parts. Then a part of another size gives what one part that is
            missing and another that is too much give together: such two are not told as two mistakes.
        trials: how many random cases are drawn.
    """

    id: str
    title: str
    reference: Callable[..., Any]
    cases: Callable[[Draw], dict[str, Any]]
    misconceptions: Sequence[Misconception]
    rtol: float = 1e-4
    atol: float = 1e-5
    example: dict[str, Any] | None = None
    apply: Callable[..., Any] | None = None
    may_change: Sequence[str] = ()
    axes: Sequence[str] | Mapping[str, Sequence[str]] = ()
    items: Sequence[str] = ()
    gradients: Sequence[str] = ()
    sums: bool = False
    trials: int = 20

    @property
    def chapter(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]

    def call(self, function: Callable[..., Any], case: dict[str, Any]) -> Any:
        """The function's result for a case. Arguments go by position where the reference takes them so."""
        return self.once(function, case) if self.apply is None else self.apply(function, **case)

    def once(self, function: Callable[..., Any], case: dict[str, Any]) -> Any:
        """What one call of the function itself returns."""
        named = dict(case)
        positional = [named.pop(name) for name in takewhile(named.__contains__, self._by_position)]
        return function(*positional, **named)

    def fills(self, case: dict[str, Any]) -> bool:
        """Whether a case holds all that the function takes."""
        return case.keys() >= set(self._by_position)

    @cached_property
    def _by_position(self) -> list[str]:
        """The parameters that the reference takes by position."""
        parameters = inspect.signature(self.reference).parameters.values()
        return [one.name for one in parameters if one.kind <= one.POSITIONAL_OR_KEYWORD]


@dataclass(frozen=True)
class Question:
    """One self-test question of a recap: the text, the choices, the right one, and why it is right."""

    text: str
    choices: Sequence[str]
    answer: str
    why: str
