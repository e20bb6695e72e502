"""How the values of a mistake differ from the expected ones, where no known wrong answer gives them.

Each relation looks at every case with a wrong answer and claims only what holds on all of them: "A factor of 2
everywhere.", "One step too late along time.", "What is missing is `bias`." It also gives the mistake its general name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .compare import Tolerance, difference
from .features import FEWEST
from .general import Said, most_telling
from .other_shape import OTHER_SHAPE
from .result_parts import Pair, close, differing_parts, in_a_row, parts_of, plain, right_part, wrong_parts
from .running import Example
from .same_shape import ITEM, OF_EVERY_VALUE, SAME_SHAPE, nearly_right, rounded

TELLING = ("value", "nan", "infinity", "shape")  # kinds of differences with a relation between numbers
FEW_PARTS = 4  # wrong ones of which a sentence can be read
OF_ALL_VALUES = ("a factor for all values", "a number added to all values")
SOME = "right in some cases only"
WHERE = "Where it is wrong"


def value_words(examples: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """The most telling relation between what was expected and what came, in all cases with a wrong answer.

    Each part of a result is looked at for itself. It has a name only if there is a relation in every wrong part.
    """
    wrong = [example for example in examples if not example.right]
    if len(wrong) < FEWEST or not all(map(_tells, wrong)):
        return None
    if words := _always_the_same(examples) or _opposite(examples) or _single_precision(wrong):
        return words
    parts = wrong_parts(wrong, tolerance)
    if len(parts) > FEW_PARTS:
        return None
    found = {name: _of_one_part(name, pairs, examples, tolerance) for name, pairs in parts.items()}
    there = Counter(name for one in wrong for name, *_ in parts_of(one, tolerance))
    told = {name: _where(said, len(parts[name]), there[name]) for name, said in found.items() if said}
    if not told:
        return _others_right(wrong, tolerance)
    same: dict[str, list[str]] = {}  # what is said, and of which parts
    for name, said in told.items():
        same.setdefault(said.words, []).append(name)
    words = " ".join(f"{_listed(names)}: {_small(words)}" if names[0] else words for words, names in same.items())
    return Said(most_telling(told.values()) if len(told) == len(found) else "", words)


def _tells(example: Example) -> bool:
    """Whether there may be a relation between the numbers that came and the expected ones."""
    if example.difference and example.difference.kind == "length":
        return in_a_row(example.expected.value) and in_a_row(example.got.value)
    return bool(example.difference) and example.difference.kind in TELLING


def _of_one_part(name: str, pairs: list[Pair], examples: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """The most telling relation in one part of the result, or in all of it."""
    if len(pairs) < FEWEST:
        return None
    same_shape = all(pair.want.shape == pair.have.shape for pair in pairs)
    if same_shape and all(close(pair.have, pair.want) for pair in pairs):
        return rounded(pairs, str) or nearly_right(pairs, str)  # no factor of 1, no shift of 0, nor its own magnitude

    wanted = [want for one in examples for part, want, _ in parts_of(one, tolerance) if part == name]
    axes = (ITEM,) if all(map(in_a_row, wanted)) else tolerance.of(name).axes

    def axis(i: int) -> str:
        return axes[i] if len(axes) == pairs[0].want.ndim else f"axis {i}"

    for relation in SAME_SHAPE if same_shape else OTHER_SHAPE:
        if found := relation(pairs, axis):
            if name and found.name in OF_ALL_VALUES and _one_number(pairs):
                return None
            if relation not in OF_EVERY_VALUE:
                return found
            of_all = relation([*pairs, *right_part(name, examples, tolerance)], axis) == found
            if of_all:
                return found
            some = found.name in OF_ALL_VALUES and all(pair.want.numel() == 1 for pair in pairs)
            return Said(SOME if some else found.name, f"{WHERE}, {_small(found.words)}")
    return None


def _where(said: Said, wrong: int, there: int) -> Said:
    """What is said of a part, so often wrong in the wrong cases: the one that is shown may have it right."""
    everywhere = wrong == there or said.words.startswith(WHERE)
    return said if everywhere else Said(said.name, f"{WHERE}, {_small(said.words)}")


def _one_number(pairs: Sequence[Pair]) -> bool:
    """Whether one and the same number is expected each time: any other differs from it by a factor and by a sum."""
    return all(pair.want.numel() == 1 and pair.want.item() == pairs[0].want.flatten()[0].item() for pair in pairs)


def _others_right(wrong: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """That one part alone is wrong, the same in every case, of a few that the learner returns."""
    example, *_ = wrong
    differing = {name for one in wrong for name, *_ in differing_parts(one, tolerance)}
    others = {part: want for part, want, _ in parts_of(example, tolerance) if part not in differing}
    if len(differing) != 1 or not 1 <= len(others) <= 3 or isinstance(example.expected.value, dict):
        return None
    if any(plain(want) is None for want in others.values()):
        return None  # not numbers: facts about the answer
    verb = "are" if len(others) > 1 else "is"
    words = f"Only {differing.pop()} is wrong: {_listed(list(others))} {verb} right in every case."
    return Said("one part wrong", words.replace("Item", "item"))


def _always_the_same(examples: Sequence[Example]) -> Said | None:
    first = examples[0].got.value
    plain = isinstance(first, (bool, int, float, str))
    if plain and all(type(one.got.value) is type(first) and one.got.value == first for one in examples):
        return Said("always the same answer", f"It answers {first} in every case.")
    return None


def _opposite(examples: Sequence[Example]) -> Said | None:
    """The other one of two answers, each time: of True and False, also value by value, or of any two classes."""
    want, have = ([_answers(getattr(one, which).value) for one in examples] for which in ("expected", "got"))
    classes = {answer for answers in want for answer in answers or ()}
    if None in want or None in have or len(classes) != 2:
        return None
    other = dict(zip(classes, reversed(list(classes)), strict=True))
    if all([other[answer] for answer in one] == two for one, two in zip(want, have, strict=True)):
        return Said("the opposite answer", "The opposite in every case.")
    return None


def _answers(value: Any) -> list | None:
    """The answers of yes and no or of classes that a result holds; None for numbers and all else."""
    if isinstance(value, Tensor):
        return value.flatten().tolist() if value.dtype == torch.bool else None
    return [value] if isinstance(value, (bool, int, str)) else None


def _single_precision(wrong: Sequence[Example]) -> Said | None:
    limit = Tolerance(1e-5, 1e-5)
    for example in wrong:
        want = example.expected.value
        first = want[0] if isinstance(want, (tuple, list)) and want else want
        double = isinstance(first, Tensor) and first.dtype in (torch.float64, torch.complex128)
        if not double or difference(want, example.got.value, limit):
            return None
    words = "Right to about six digits, where the input has sixteen: somewhere it computes in float32."
    return Said("single precision", words)


def _listed(names: Sequence[str]) -> str:
    first, *others = names
    *others, last = [first, *(name.replace("Item ", "item ") for name in others)]
    return f"{', '.join(others)} and {last}" if others else last


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]
