"""How the values of a mistake differ from the expected ones, where no known wrong answer gives them.

Each relation looks at every case with a wrong answer and claims only what holds on all of them: "A factor of 2
everywhere.", "One step too late along time.", "What is missing is `bias`." It also gives the mistake its general name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .compare import Tolerance, difference, number
from .features import FEWEST, sizes
from .general import Said, most_telling
from .running import Example


@dataclass(frozen=True)
class Pair:
    """What was expected and what came in one case, as plain tensors of double precision."""

    want: Tensor
    have: Tensor
    case: dict[str, Any]


TELLING = ("value", "nan", "shape")  # kinds of differences with a relation between numbers
FEW_PARTS = 4  # wrong ones of which a sentence can be read
Relation = Callable[[Sequence[Pair], Callable[[int], str]], "Said | None"]


def value_words(examples: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """The most telling relation between what was expected and what came, in all cases with a wrong answer.

    Each part of a result is looked at for itself. It has a name only if there is a relation in every wrong part.
    """
    wrong = [example for example in examples if not example.right]
    if len(wrong) < FEWEST or any(not one.difference or one.difference.kind not in TELLING for one in wrong):
        return None
    if words := _always_the_same(examples) or _opposite(examples) or _single_precision(wrong):
        return words
    parts = _wrong_parts(wrong, tolerance)
    if len(parts) > FEW_PARTS:
        return None
    found = {name: _of_one_part(name, pairs, examples, tolerance) for name, pairs in parts.items()}
    told = {name: said for name, said in found.items() if said}
    if not told:
        return _others_right(wrong, tolerance)
    same: dict[str, list[str]] = {}  # what is said, and of which parts
    for name, said in told.items():
        same.setdefault(said.words, []).append(name)
    words = " ".join(f"{_listed(names)}: {_small(words)}" if names[0] else words for words, names in same.items())
    return Said(most_telling(told.values()) if len(told) == len(found) else "", words)


def _of_one_part(name: str, pairs: list[Pair], examples: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """The most telling relation in one part of the result, or in all of it."""
    if len(pairs) < FEWEST:
        return None
    same_shape = all(pair.want.shape == pair.have.shape for pair in pairs)
    if same_shape and all(_close(pair.have, pair.want) for pair in pairs):
        return None  # nearly right: a factor of 1, a shift of 0, its own magnitude

    axes = tolerance.of(name).axes

    def axis(i: int) -> str:
        return axes[i] if len(axes) == pairs[0].want.ndim else f"axis {i}"

    for relation in SAME_SHAPE if same_shape else OTHER_SHAPE:
        if found := relation(pairs, axis):
            if name and found.name in OF_ALL_VALUES and _one_number(pairs):
                return None
            if relation not in OF_EVERY_VALUE:
                return found
            of_all = relation([*pairs, *_right_part(name, examples, tolerance)], axis) == found
            return found if of_all else Said(found.name, f"Where it is wrong, {_small(found.words)}")
    return None


def _one_number(pairs: Sequence[Pair]) -> bool:
    """Whether one and the same number is expected each time: any other differs from it by a factor and by a sum."""
    return all(pair.want.numel() == 1 and pair.want.item() == pairs[0].want.flatten()[0].item() for pair in pairs)


def _others_right(wrong: Sequence[Example], tolerance: Tolerance) -> Said | None:
    """That one part alone is wrong, the same in every case, of a few that the learner returns."""
    example, *_ = wrong
    differing = {name for one in wrong for name in _differing_parts(one, tolerance)}
    others = {part: want for part, want, _ in _parts(example, tolerance) if part not in differing}
    if len(differing) != 1 or not 1 <= len(others) <= 3 or isinstance(example.expected.value, dict):
        return None
    if any(_plain(want) is None for want in others.values()):
        return None  # not numbers: facts about the answer
    verb = "are" if len(others) > 1 else "is"
    words = f"Only {differing.pop()} is wrong: {_listed(list(others))} {verb} right in every case."
    return Said("one part wrong", words.replace("Item", "item"))


def _listed(names: Sequence[str]) -> str:
    first, *others = names
    *others, last = [first, *(name.replace("Item ", "item ") for name in others)]
    return f"{', '.join(others)} and {last}" if others else last


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _axes(pairs: Sequence[Pair]) -> range:
    """The axes of the expected results; none if they have different numbers of them."""
    ndims = {pair.want.ndim for pair in pairs}
    return range(ndims.pop() if len(ndims) == 1 else 0)


# Which parts of the result are wrong.


def _wrong_parts(wrong: Sequence[Example], tolerance: Tolerance) -> dict[str, list[Pair]]:
    """Each part that is wrong in some cases, with what came there; no pairs if something in it is no number."""
    found: dict[str, list[Pair]] = {}
    without: set[str] = set()
    for example in wrong:
        for name, values in _differing_parts(example, tolerance).items():
            want, have = map(_plain, values)
            pairs = found.setdefault(name, [])
            if want is None or have is None:
                without.add(name)
            else:
                pairs.append(Pair(want, have, example.case))
    return {name: [] if name in without else pairs for name, pairs in found.items()}


def _right_part(name: str, examples: Sequence[Example], tolerance: Tolerance) -> Iterator[Pair]:
    """What came of this part in the cases where it is right and can tell a factor from none: no zeros."""
    limit = Tolerance(tolerance.rtol, tolerance.atol)
    for example in examples:
        for part, expected, got in _parts(example, tolerance):
            if part != name or difference(expected, got, limit):
                continue
            want, have = _plain(expected), _plain(got)
            if want is not None and have is not None and want.any():
                yield Pair(want, have, example.case)


def _differing_parts(example: Example, tolerance: Tolerance) -> dict[str, tuple[Any, Any]]:
    limit = Tolerance(tolerance.rtol, tolerance.atol)
    parts = _parts(example, tolerance)
    return {name: (one, other) for name, one, other in parts if difference(one, other, limit)}


def _parts(example: Example, tolerance: Tolerance) -> list[tuple[str, Any, Any]]:
    """Each part of a result by its name, as it was expected and as it came; the whole one without a name."""
    want, have = example.expected.value, example.got.value
    named = [("", want, have)]
    if isinstance(want, dict) and isinstance(have, dict) and want.keys() == have.keys():
        named = [(str(key), want[key], have[key]) for key in want]
    elif isinstance(want, (tuple, list)) and isinstance(have, (tuple, list)) and len(want) == len(have):
        names = tolerance.items if len(tolerance.items) == len(want) else [f"Item {i}" for i in range(len(want))]
        named = list(zip(names, want, have, strict=True))
    return named


def _plain(value: Any) -> Tensor | None:
    """A tensor or number as a double-precision tensor on the CPU; None for what has no numbers."""
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        value = torch.tensor(value)
    if not isinstance(value, Tensor) or value.dtype == torch.bool:
        return None
    value = value.detach().cpu()
    return value.to(torch.complex128 if value.is_complex() else torch.float64)


# Relations for results of the same shape, the most telling first.


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


def _scaled(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    factors = [_factor(pair) for pair in pairs]
    if None in factors:
        return None
    if _constant(factors):
        factor = _rounded(factors[0])
        special = {
            "-1": Said("the opposite sign", "The opposite sign everywhere."),
            "0": Said("nothing but zeros", "Every value is zero."),
        }
        return special.get(factor, Said("a factor for all values", f"A factor of {factor} everywhere."))
    if name := _size_that_is(pairs, factors):
        return Said("a size as a factor", f"Every value is too large by the factor {name}.")
    if name := _size_that_is(pairs, [1 / factor for factor in factors if factor]):
        return Said("a size as a factor", f"Every value is too small by the factor {name}.")
    if all(pair.want.numel() > 2 for pair in pairs):
        words = "One and the same factor in all values of a case, another one in each case."
        return Said("a factor for all values", words)
    return None


def _factor(pair: Pair) -> complex | None:
    """The number that makes what came out of all that was expected, if there is one."""
    if not pair.want.numel() or not pair.want.isfinite().all() or not pair.have.isfinite().all():
        return None
    largest = pair.want.abs().argmax()
    want, have = pair.want.flatten()[largest].item(), pair.have.flatten()[largest].item()
    return have / want if want and _close(pair.have, pair.want * (have / want)) else None


def _moved(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    if not all(pair.want.numel() and pair.have.isfinite().all() for pair in pairs):
        return None
    shifts = [(pair.have - pair.want).flatten()[0].item() for pair in pairs]
    if not all(_close(pair.have, pair.want + shift) for pair, shift in zip(pairs, shifts, strict=True)):
        return None
    words = "large" if shifts[0].real > 0 else "small"
    if _constant(shifts) and not isinstance(shifts[0], complex):
        return Said("a number added to all values", f"Every value is {_rounded(abs(shifts[0]))} too {words}.")
    for sign, words in ((1, "large"), (-1, "small")):
        if name := _size_that_is(pairs, [sign * shift for shift in shifts]):
            return Said("a size added to all values", f"Every value is too {words} by {name}.")
    if all(pair.want.numel() > 2 for pair in pairs):
        words = "One and the same number is missing or too many in all values of a case."
        return Said("a number added to all values", words)
    return None


def _constant(numbers: Sequence[complex]) -> bool:
    return all(abs(one - numbers[0]) <= 1e-3 * abs(numbers[0]) for one in numbers)


def _rounded(value: complex) -> str:
    return number(complex(round(value.real, 4), round(value.imag, 4)))


def _size_that_is(pairs: Sequence[Pair], numbers: Sequence[complex]) -> str | None:
    """The size of the case that a number is, in every case."""
    for name in sizes(pairs[0].case) if len(numbers) == len(pairs) else ():
        found = [sizes(pair.case).get(name) for pair in pairs]
        if None not in found and all(abs(a - b) <= 1e-3 * abs(a) for a, b in zip(found, numbers, strict=True)):
            return name
    return None


GIVEN_BACK, REPEATED = "an input given back", "It gives `{}` back, repeated."


def _an_input(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """An input that is missing, or one too many, as a term or as a factor."""
    kinds = {
        Said(GIVEN_BACK, "It gives `{}` back as it came."): lambda want, have, x: _close(have, x.expand_as(have)),
        Said("a missing term", "What is missing is `{}`, added."): lambda want, have, x: _close(have + x, want),
        Said("a term too many", "`{}` is added once too often."): lambda want, have, x: _close(have, want + x),
        Said("a missing factor", "What is missing is the factor `{}`."): lambda want, have, x: _close(have * x, want),
        Said("a factor too many", "The factor `{}` is too many."): lambda want, have, x: _close(have, want * x),
    }
    for name in pairs[0].case:
        for place in (-1, *_axes(pairs)):
            inputs = [_along(pair, name, place) for pair in pairs]
            if any(x is None for x in inputs):
                continue
            for said, holds in kinds.items():
                if all(holds(pair.want, pair.have, x) for pair, x in zip(pairs, inputs, strict=True)):
                    repeated = any(x.numel() < pair.have.numel() for pair, x in zip(pairs, inputs, strict=True))
                    words = REPEATED if repeated and said.name == GIVEN_BACK else said.words
                    return Said(said.name, words.format(name))
    return None


def _along(pair: Pair, name: str, place: int) -> Tensor | None:
    """An input laid along an axis of the result, or with place −1 as it is; None if it does not fit."""
    value = pair.case.get(name)
    if not isinstance(value, (Tensor, float)) or (x := _plain(value)) is None:
        return None
    if place < 0:
        return x if x.shape in (pair.want.shape, ()) else None
    if x.ndim != 1 or x.shape[0] != pair.want.shape[place]:
        return None
    return x.reshape([-1 if i == place else 1 for i in range(pair.want.ndim)])


def _function(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    if not any(pair.have.isfinite().any() for pair in pairs):
        return None  # a root of less than 0 is no number, and neither is the logarithm: it tells of no function
    for words, function in FUNCTIONS.items():
        if all(pair.want.numel() and _close(pair.have, function(pair.want)) for pair in pairs):
            return Said("a function of the right values", f"Each value is {words} the expected one.")
    return None


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "one divided by": torch.reciprocal,
    "the square of": torch.square,
    "the exponential of": torch.exp,
    "the logarithm of": torch.log,
    "the magnitude of": torch.abs,
    "the complex conjugate of": torch.conj_physical,
    "the real part of": torch.real,
}


def _late(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in _axes(pairs):
        if sum(pair.want.shape[i] > 2 for pair in pairs) < FEWEST:
            continue
        late = all(_is_late(pair.want, pair.have, i) for pair in pairs)
        if late or all(_is_late(pair.have, pair.want, i) for pair in pairs):
            if axis(i) not in TIMES and len(pairs[0].want.shape) > 1:
                return Said("one place off", f"Moved by one place along {axis(i)}.")
            when = "late" if late else "early"
            return Said(f"one step too {when}", f"One step too {when} along {axis(i)}.")
    return None


TIMES = {"time", "step", "token", "sample", "byte", "column", "place"}  # axes that run from early to late


def _is_late(want: Tensor, have: Tensor, i: int) -> bool:
    length = max(0, want.shape[i] - 1)
    return _close(have.narrow(i, want.shape[i] - length, length), want.narrow(i, 0, length))


def _turned(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in _axes(pairs):
        if all(_close(pair.have, pair.want.flip(i)) for pair in pairs):
            return Said("the reversed order", f"The right numbers, reversed along {axis(i)}.")
    return None


def _swapped(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in _axes(pairs):
        for j in range(i):
            if all(_same(pair.have, pair.want.transpose(i, j)) for pair in pairs):
                return Said("exchanged axes", f"The right numbers, with {axis(j)} and {axis(i)} exchanged.")
    return None


def _reordered(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    ordered = all(
        pair.want.numel() > 2 and not pair.want.is_complex() and not pair.have.is_complex()
        and _close(pair.have.flatten().sort().values, pair.want.flatten().sort().values)
        for pair in pairs
    )  # fmt: skip
    return Said("another order", "The right numbers, in another order.") if ordered else None


def _some_rows(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for words in (_only_rows, _first_rows):
        for i in _axes(pairs):
            if all(pair.want.shape[i] > 1 for pair in pairs):
                rows = [_right_rows(pair, i) for pair in pairs]
                if found := words(rows, axis(i), pairs):
                    return found
    return None


def _right_rows(pair: Pair, i: int) -> list[bool]:
    close = torch.isclose(pair.have, pair.want, **CLOSE).movedim(i, 0)
    return close.reshape(close.shape[0], -1).all(dim=1).tolist()


def _only_rows(rows: Sequence[list[bool]], axis: str, pairs: Sequence[Pair]) -> Said | None:
    """Rows that are right up to one place and wrong from there on, or the other way round."""
    for first, then in (("right", "wrong"), ("wrong", "right")):
        counts = [sum(one) if first == "right" else one.count(False) for one in rows]
        same = [
            one == [first == "right"] * k + [then == "right"] * (len(one) - k)
            for one, k in zip(rows, counts, strict=True)
        ]
        if not all(same) or not all(0 < k < len(one) for k, one in zip(counts, rows, strict=True)):
            continue
        if set(counts) == {1}:
            return Said(f"only the first one {first}", f"Only {axis} 0 is {first}.")
        if len(set(counts)) == 1:
            words = f"{first.capitalize()} up to {axis} {counts[0] - 1}, {then} from there on."
            return Said(f"{first} at first, then {then}", words)
        if name := _size_that_is(pairs, counts):
            words = f"{first.capitalize()} for the first {name} along {axis}, {then} from there on."
            return Said(f"{first} at first, then {then}", words)
        if all(k == len(one) - 1 for k, one in zip(counts, rows, strict=True)):
            return Said(f"only the last one {then}", f"Only the last one along {axis} is {then}.")
    return None


def _first_rows(rows: Sequence[list[bool]], axis: str, pairs: Sequence[Pair]) -> Said | None:
    starts = {one.index(False) if False in one else 0 for one in rows}  # a result can be off by less than a row shows
    if len(starts) == 1 and (start := starts.pop()):
        words = f"Right up to {axis} {start - 1}; the first mistake is always at {axis} {start}."
        return Said("right at first, then wrong", words)
    return None


def _one_number_a_row(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in _axes(pairs) if pairs[0].want.ndim > 1 else ():
        rows = [(pair.want.movedim(i, 0).flatten(1), pair.have.movedim(i, 0).flatten(1)) for pair in pairs]
        if any(want.shape[1] < 2 for want, _ in rows):
            continue
        finite = all(have.isfinite().all() for _, have in rows)  # NaN is no number to be off by
        if finite and all(_close(have - want, (have - want)[:, :1].expand_as(want)) for want, have in rows):
            return Said("a number added to each row or column", f"Off by one number for each {axis(i)}, added.")
        if all(_right_or_zero(want, have) for want, have in rows):
            return Said("places left at zero", f"Right or nothing but zeros, {axis(i)} by {axis(i)}.")
        if finite and all(_close(have * want[:, :1], have[:, :1] * want) for want, have in rows):
            return Said("a factor for each row or column", f"Off by one factor for each {axis(i)}.")
    return None


def _right_or_zero(want: Tensor, have: Tensor) -> bool:
    return all(_close(one, other) or not other.any() for one, other in zip(want, have, strict=True))


# Relations for results of another shape.


def _added_up(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    if not any(pair.want.any() for pair in pairs):
        return None  # zeros are the sum of zeros, whatever was done
    for words, function in (("added up", torch.sum), ("averaged", torch.mean)):
        for i in _axes(pairs):
            if all(pair.want.shape[i] == 1 for pair in pairs):
                continue  # nothing was added up: an axis of one number is gone
            for keep in (False, True):
                if all(_same(pair.have, function(pair.want, dim=i, keepdim=keep)) for pair in pairs):
                    return Said(f"{words} over an axis", f"The right numbers, {words} over {axis(i)}.")
    return None


def _longer(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in _axes(pairs):
        for said in _ends(pairs[0], i):
            if all(said in _ends(pair, i) for pair in pairs):
                return Said(said.name, f"{said.words} along {axis(i)}.")
    return None


def _ends(pair: Pair, i: int) -> Iterator[Said]:
    """What is too long or too short at an end of an axis, the rest being right."""
    if pair.want.ndim != pair.have.ndim:
        return
    short, long = sorted((pair.want, pair.have), key=lambda tensor: tensor.shape[i])
    if not short.numel():
        return  # of nothing, nothing is right
    surplus = long.shape[i] - short.shape[i]
    name, too_many = ("too much at an end", "too many") if long is pair.have else ("too little at an end", "missing")
    how_many = "one is" if surplus == 1 else "some are"
    if surplus and _same(long.narrow(i, 0, short.shape[i]), short):
        yield Said(name, f"Right, but {how_many} {too_many} at the end")
    if surplus and _same(long.narrow(i, surplus, short.shape[i]), short):
        yield Said(name, f"Right, but {how_many} {too_many} at the start")


def _reshaped(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    same = all(
        pair.have.numel() == pair.want.numel() and _close(pair.have.flatten(), pair.want.flatten()) for pair in pairs
    )
    return Said("another shape", "The right numbers in the right order, in another shape.") if same else None


CLOSE = {"rtol": 1e-3, "atol": 1e-6, "equal_nan": True}


def _close(one: Tensor, other: Tensor) -> bool:
    one, other = (x.to(torch.complex128) for x in (one, other))
    return torch.allclose(one, other, **CLOSE)


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and _close(one, other)


SAME_SHAPE: tuple[Relation, ...] = (
    _scaled, _moved, _an_input, _function, _late, _turned, _swapped, _reordered, _some_rows, _one_number_a_row,
)  # fmt: skip
OTHER_SHAPE: tuple[Relation, ...] = (_swapped, _added_up, _longer, _reshaped)
OF_ALL_VALUES = ("a factor for all values", "a number added to all values")
OF_EVERY_VALUE: tuple[Relation, ...] = (_scaled, _moved, _function)  # their words speak of all cases
