"""Relations between what came and what was expected, of the same shape; `SAME_SHAPE` has the most telling first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .compare import number
from .features import FEWEST, sizes
from .general import Said
from .result_parts import CLOSE, Pair, Relation, axes_of, close, plain, same

ANOTHER_FACTOR = Said(
    "a factor for all values", "One and the same factor in all values of a case, and not the same in all cases."
)
ANOTHER_NUMBER = Said(
    "a number added to all values", "One and the same number is missing or too many in all values of a case."
)


def scaled(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
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
        return Said("a size as a factor", f"Every value is too large by the factor `{name}`.")
    if name := _size_that_is(pairs, [1 / factor for factor in factors if factor]):
        return Said("a size as a factor", f"Every value is too small by the factor `{name}`.")
    telling = all(pair.want.numel() > 2 for pair in pairs) and _one_in_each_case(pairs, factors)
    return ANOTHER_FACTOR if telling else None


def _factor(pair: Pair) -> complex | None:
    """The number that makes what came out of all that was expected, if there is one."""
    if not pair.want.numel() or not pair.want.isfinite().all() or not pair.have.isfinite().all():
        return None
    largest = pair.want.abs().argmax()
    want, have = pair.want.flatten()[largest].item(), pair.have.flatten()[largest].item()
    return have / want if want and close(pair.have, pair.want * (have / want)) else None


def moved(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    shifts = [_shift(pair) for pair in pairs]
    if None in shifts:
        return None
    words = "large" if shifts[0].real > 0 else "small"
    if _constant(shifts) and not isinstance(shifts[0], complex):
        return Said("a number added to all values", f"Every value is {_rounded(abs(shifts[0]))} too {words}.")
    for sign, words in ((1, "large"), (-1, "small")):
        if name := _size_that_is(pairs, [sign * shift for shift in shifts]):
            return Said("a size added to all values", f"Every value is too {words} by `{name}`.")
    telling = all(pair.want.numel() > 2 for pair in pairs) and _one_in_each_case(pairs, shifts)
    return ANOTHER_NUMBER if telling else None


def _shift(pair: Pair) -> complex | None:
    """The number that came on top of all that was expected, if there is one."""
    if not pair.want.numel() or not pair.have.isfinite().all():
        return None
    shift = (pair.have - pair.want).flatten()[0].item()
    return shift if close(pair.have, pair.want + shift) else None


def _constant(numbers: Sequence[complex]) -> bool:
    return all(abs(one - numbers[0]) <= 1e-3 * abs(numbers[0]) for one in numbers)


def _one_in_each_case(pairs: Sequence[Pair], numbers: Sequence[complex]) -> bool:
    """Whether the tensors of a list, which are several pairs of one case, have one and the same number."""
    cases: dict[int, list[complex]] = {}
    for pair, number_of_one in zip(pairs, numbers, strict=True):
        cases.setdefault(id(pair.case), []).append(number_of_one)
    return all(map(_constant, cases.values()))


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
        Said(GIVEN_BACK, "It gives `{}` back as it came."): lambda want, have, x: close(have, x.expand_as(have)),
        Said("a missing term", "What is missing is `{}`, added."): lambda want, have, x: close(have + x, want),
        Said("a term too many", "`{}` is added once too often."): lambda want, have, x: close(have, want + x),
        Said("a missing factor", "What is missing is the factor `{}`."): lambda want, have, x: close(have * x, want),
        Said("a factor too many", "The factor `{}` is too many."): lambda want, have, x: close(have, want * x),
    }
    for name in pairs[0].case:
        for place in (-1, *axes_of(pairs)):
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
    if not isinstance(value, (Tensor, float)) or (x := plain(value)) is None:
        return None
    if place < 0:
        return x if x.shape in (pair.want.shape, ()) else None
    if x.ndim != 1 or x.shape[0] != pair.want.shape[place]:
        return None
    return x.reshape([-1 if i == place else 1 for i in range(pair.want.ndim)])


def function_of_the_right(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    if not any((pair.have.isfinite() & (pair.have != 0)).any() for pair in pairs):
        return None  # a root of less than 0 is no number, nor is the logarithm, and of 0 it is 0: that tells of nothing
    for words, function in FUNCTIONS.items():
        if all(pair.want.numel() and close(pair.have, function(pair.want)) for pair in pairs):
            return Said("a function of the right values", f"Each value is {words} the expected one.")
    return None


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "one divided by": torch.reciprocal,
    "the square of": torch.square,
    "the root of": torch.sqrt,
    "the exponential of": torch.exp,
    "the logarithm of": torch.log,
    "2 to the power of": lambda want: 2**want,
    "the logarithm to the base 2 of": torch.log2,
    "the magnitude of": torch.abs,
    "the complex conjugate of": torch.conj_physical,
    "the real part of": torch.real,
}


def _late(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in axes_of(pairs):
        if axis(i) == ITEM or sum(pair.want.shape[i] > 2 for pair in pairs) < FEWEST:
            continue
        late = all(_is_late(pair.want, pair.have, i) for pair in pairs)
        if late or all(_is_late(pair.have, pair.want, i) for pair in pairs):
            if axis(i) not in TIMES and len(pairs[0].want.shape) > 1:
                return Said("one place off", f"Moved by one place along {axis(i)}.")
            when = "late" if late else "early"
            return Said(f"one step too {when}", f"One step too {when} along {axis(i)}.")
    return None


ITEM = "item"  # the axis of a list: no time runs along it
TIMES = {"time", "step", "token", "sample", "byte", "column", "place"}  # axes that run from early to late


def along(axis: str) -> str:
    """Along which axis something is found; a list has one alone, which need not be named."""
    return "" if axis == ITEM else f" along {axis}"


def _is_late(want: Tensor, have: Tensor, i: int) -> bool:
    length = max(0, want.shape[i] - 1)
    return close(have.narrow(i, want.shape[i] - length, length), want.narrow(i, 0, length))


def _turned(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in axes_of(pairs):
        if all(close(pair.have, pair.want.flip(i)) for pair in pairs):
            return Said("the reversed order", f"The right numbers, reversed{along(axis(i))}.")
    return None


def swapped(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in axes_of(pairs):
        for j in range(i):
            if all(same(pair.have, pair.want.transpose(i, j)) for pair in pairs):
                return Said("exchanged axes", f"The right numbers, with {axis(j)} and {axis(i)} exchanged.")
    return None


def _reordered(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    ordered = any(pair.want.numel() > 2 for pair in pairs) and all(
        not pair.want.is_complex() and not pair.have.is_complex()
        and close(pair.have.flatten().sort().values, pair.want.flatten().sort().values)
        for pair in pairs
    )  # fmt: skip
    return Said("another order", "The right numbers, in another order.") if ordered else None


def _some_rows(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for words in (_only_rows, _first_rows):
        for i in axes_of(pairs):
            lengths = [pair.want.shape[i] for pair in pairs]
            if min(lengths) and sum(length > 1 for length in lengths) >= FEWEST:
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
        split = [
            one == [first == "right"] * k + [then == "right"] * (len(one) - k)
            for one, k in zip(rows, counts, strict=True)
        ]
        mixed = [0 < k < len(one) or one == [False] for k, one in zip(counts, rows, strict=True)]
        if not all(split) or not all(mixed):  # a wrong row that is the only one is the first one, and the last one, too
            continue
        if set(counts) == {1}:
            return Said(f"only the first one {first}", f"Only {axis} 0 is {first}.")
        if len(set(counts)) == 1:
            words = f"From {axis} {counts[0]} on it is {then}, and {first} before that."
            return Said(f"{first} at first, then {then}", words)
        if name := _size_that_is(pairs, counts):
            words = f"The first `{name}`{along(axis)} are {first}, and the others {then}."
            return Said(f"{first} at first, then {then}", words)
        if all(k == len(one) - 1 for k, one in zip(counts, rows, strict=True)):
            return Said(f"only the last one {then}", f"Only the last one{along(axis)} is {then}.")
    return None


def _first_rows(rows: Sequence[list[bool]], axis: str, pairs: Sequence[Pair]) -> Said | None:
    starts = {one.index(False) if False in one else 0 for one in rows}  # a result can be off by less than a row shows
    if len(starts) == 1 and (start := starts.pop()):
        words = f"The first mistake is always at {axis} {start}; up to {axis} {start - 1} all is right."
        return Said("right at first, then wrong", words)
    return None


def _one_number_a_case(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """One factor for each case, or one number added: some cases are too small to tell, a few are large enough."""
    if sum(pair.want.numel() > 2 for pair in pairs) < FEWEST:
        return None
    kinds = ((_factor, ANOTHER_FACTOR), (_shift, ANOTHER_NUMBER))
    for number_of, said in kinds:
        numbers = [number_of(pair) for pair in pairs]
        if None not in numbers and _one_in_each_case(pairs, numbers):
            return said
    return None


def _one_number_a_row(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    for i in axes_of(pairs) if pairs[0].want.ndim > 1 else ():
        rows = [(pair.want.movedim(i, 0).flatten(1), pair.have.movedim(i, 0).flatten(1)) for pair in pairs]
        if sum(want.shape[1] > 1 for want, _ in rows) < FEWEST:  # one number is always off by one
            continue
        finite = all(have.isfinite().all() for _, have in rows)  # NaN is no number to be off by
        if finite and all(close(have - want, (have - want)[:, :1].expand_as(want)) for want, have in rows):
            return Said("a number added to each row or column", f"Off by one number for each {axis(i)}, added.")
        if all(_right_or_zero(want, have) for want, have in rows):
            return Said("places left at zero", f"Each place{along(axis(i))} is right or nothing but zeros.")
        if finite and all(_one_factor_a_row(want, have) for want, have in rows):
            return Said("a factor for each row or column", f"Off by one factor for each {axis(i)}.")
    return None


def _one_factor_a_row(want: Tensor, have: Tensor) -> bool:
    """Whether each row is the expected one times a number, that of its largest place: a zero tells of none."""
    largest = want.abs().argmax(1, keepdim=True)
    factors = have.gather(1, largest) / want.gather(1, largest)
    return close(have, torch.where(factors.isfinite(), factors * want, want))


def _right_or_zero(want: Tensor, have: Tensor) -> bool:
    return all(close(one, other) or not other.any() for one, other in zip(want, have, strict=True))


def rounded(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """The expected numbers with fewer digits, in every case. Zeros alone, or a mask, are rounded from nothing."""
    if _whole(pairs) or any(pair.want.is_complex() or pair.have.is_complex() for pair in pairs):
        return None
    if torch.cat([pair.have.flatten() for pair in pairs]).unique().numel() < 3:
        return None
    for digits in range(5):
        step = 10.0**-digits
        if all(_has_digits(pair.have, digits) and _is_near(pair, step / 2) for pair in pairs):
            return Said("rounded numbers", f"The right numbers, rounded to multiples of {step:g}.")
    for whole in (torch.trunc, torch.floor, torch.ceil):
        if all(close(pair.have, whole(pair.want)) for pair in pairs):
            return Said("rounded numbers", "The right numbers, made whole.")
    return None


def _whole(pairs: Sequence[Pair]) -> bool:
    """Whether whole numbers are expected: one that is off by one is neither rounded nor nearly right."""
    return not any((pair.want % 1).any() for pair in pairs if not pair.want.is_complex())


def _has_digits(numbers: Tensor, digits: int) -> bool:
    return torch.allclose(numbers, numbers.round(decimals=digits), rtol=1e-6, atol=1e-6, equal_nan=True)


def _is_near(pair: Pair, off: float) -> bool:
    """Whether no value is off by more than so much. Halves are rounded up in one precision, down in another."""
    return torch.allclose(pair.have, pair.want, rtol=1e-6, atol=off * (1 + 1e-5), equal_nan=True)


def nearly_right(pairs: Sequence[Pair], axis: Callable[[int], str]) -> Said | None:
    """Values that are off by a little of themselves, as a series or a search that stops early gives them."""
    if _whole(pairs):
        return None
    off = max(_largest_share(pair) for pair in pairs)
    limit = next((limit for limit in LITTLE if off <= limit), None)
    return Said("nearly right", f"No value is off by more than {limit} %.") if limit else None


LITTLE = (0.01, 0.1, 1, 5)  # percent


def _largest_share(pair: Pair) -> float:
    """By how many percent of itself a value is off at most."""
    shares = torch.where(pair.have == pair.want, 0, 100 * (pair.have - pair.want).abs() / pair.want.abs())
    return shares.nan_to_num(math.inf).max().item() if shares.numel() else 0.0


SAME_SHAPE: tuple[Relation, ...] = (
    rounded, scaled, moved, _an_input, function_of_the_right, _late, _turned, swapped, _reordered, _some_rows,
    _one_number_a_case, _one_number_a_row, nearly_right,
)  # fmt: skip
OF_EVERY_VALUE: tuple[Relation, ...] = (scaled, moved, _an_input, function_of_the_right)  # they speak of all cases
