"""What several exercises of chapter 04 use."""

import math

import torch
from torch import Tensor

from ....checking.errors import InALargerCase
from ....checking.exercise import Draw, Misconception

PAIR = ("Ā", "B̄")  # what a rule returns
FEW_DIGITS = "a float64 or a complex A, as in the cells below, comes out right but for some digits"


def euler(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = 1 + ΔA, B̄ = ΔB: one step along the slope at the start of the tick."""
    return 1 + delta * A, delta * B  # (N,), (N,)


def zoh(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Ā = exp(ΔA), B̄ = (exp(ΔA) − 1)/A · B: exact if the input is held during the tick. No A is zero."""
    return torch.exp(delta * A), torch.expm1(delta * A) / A * B  # (N,), (N,)


def rule_cases(draw: Draw) -> dict:
    size = draw.size(1, 4)
    A = -draw.integers(1, 30, size) / 10  # (N,)
    return {"delta": draw.choice([0.1, 0.2, 0.5, 1.0, 1.5]), "A": A, "B": draw.normal(size) + 0.05}


def in_each_format(rule):
    """How a learner's `rule` is called: one that is right must also bear what the cells below hand to it.

    They want more digits than float32 has: so no entry of A is a float32 number. Δ is one, for torch.tensor(Δ) makes it
    one, and is as good an answer as Δ. torch.matrix_exp has eight or nine digits of them, and that is enough, but for
    a short tick: section 4 adds up the errors of 2048. Complex entries swing by more than half a turn in a unit of
    time, as some do in section 5.
    """

    def apply(function, delta, A, B):
        result = function(delta, A, B)
        if _same(result, rule(delta, A, B), rtol=1e-3, atol=1e-4):
            for other in (1.1 * A.double(), (1.1 + 2.5j) * A.double()):
                again, right = _beside(function, rule, round(8 * delta) / 8, other, B)
                if not _same(again, right, rtol=1e-2, atol=1e-3):
                    if other.is_complex() and _same(again, right, rtol=0, atol=math.inf):
                        raise InALargerCase("a complex A, as in section 5, comes out with other values")
                    raise InALargerCase("a float64 or a complex A, as in the cells below, does not come out right")
                if not _same(again, right, rtol=1e-8, atol=1e-9):
                    raise InALargerCase(FEW_DIGITS)
            short = _beside(function, rule, 1 / 256, 1.1 * A.double(), B)
            if _same(*short, rtol=1e-8, atol=1e-9) and not _same(*short, rtol=5e-11, atol=1e-12):
                raise InALargerCase(FEW_DIGITS)
        return result

    return apply


def _beside(function, rule, delta: float, A: Tensor, B: Tensor):
    """What a function makes of a step, None if it raises, and what is right. B comes in the format of A."""
    try:
        again = function(delta, A.clone(), B.to(A.dtype))
    except Exception:
        again = None
    return again, rule(delta, A, B.to(A.dtype))


def _same(pair, right: tuple[Tensor, Tensor], rtol: float, atol: float) -> bool:
    """Whether these are two tensors of the right shape, format and values; of any values if atol is infinite."""
    if not isinstance(pair, (tuple, list)) or len(pair) != len(right):
        return False
    try:
        return all(
            one.shape == other.shape and one.dtype == other.dtype and torch.allclose(one, other, rtol, atol)
            for one, other in zip(pair, right, strict=True)
        )
    except Exception:  # of what is no tensor, or one of a layout of its own
        return False


def several(delta: float, A: Tensor, B: Tensor) -> bool:
    """Whether there are several buckets: one that is mixed with others, or a row of N × N numbers, shows only then."""
    return len(A) > 1


def pours(delta: float, A: Tensor, B: Tensor) -> bool:
    """Whether every tap pours in: a negative B takes out."""
    return bool((B > 0).all())


def own_format(rule) -> Misconception:
    """A right `rule` that makes float32, or complex numbers, of whatever comes in."""
    return Misconception(
        "a number format of its own",
        "For real float32 numbers your values are right. But the cells below hand float64 numbers to it, and section 5 "
        "complex ones. Python's math and cmath, abs, .real, lists, new tensors and .float() have formats of their own, "
        "and <, clamp and their like take no complex numbers: torch.exp and + − * / on the given tensors keep theirs.",
        [
            lambda delta, A, B: rule(delta, A.real.float(), B.real.float()),
            lambda delta, A, B: tuple(part.to(torch.complex64) for part in rule(delta, A, B)),
        ],
    )


def for_real_numbers(rule, *others) -> Misconception:
    """A `rule` that keeps every format, and uses what holds for real numbers alone; `others` do so in other places."""
    return Misconception(
        "a rule for real numbers alone",
        "For real numbers your rule is right. But section 5 hands complex ones to it, and they come out elsewhere. "
        ".real, abs and .conj() leave out a part of a complex number, or turn it round. And exp(x) ** y is exp(x·y) "
        "for every real x, but not for every complex one.",
        [lambda delta, A, B: rule(delta, A.conj(), B), *others],
    )


def too_few_digits(rule) -> Misconception:
    """A `rule` that is right as far as float32 shows."""
    return Misconception(
        "a result with too few digits",
        "As far as float32 shows, your rule is right. The cells below compute in float64, with more digits, and your "
        "last ones are off: by a rounded constant, a small number that is added, an approximation or a detour over "
        "float32. Which line loses them?",
        lambda delta, A, B: tuple(part * (1 + 1e-5) for part in rule(delta, A, B)),
    )


def for_matrices(*rules) -> Misconception:
    """A rule that asks for the inverse, or the exponential, of a matrix, and hands A to it as it is."""
    return Misconception(
        "an operation for matrices",
        "An inverse, or an exponential, of a matrix is asked for, and A is no matrix: its diagonal alone is kept, "
        "(N,), N numbers, each for itself. What is that operation for a single number?",
        rules,
    )


def for_one_number(rule) -> Misconception:
    """A `rule` that takes one number out of A. What it makes of one bucket does not count: spellings differ there."""
    return Misconception(
        "a function for one number",
        "`.item()`, float and the functions of math want one number: they are good for one bucket at most, and raise "
        "an error for more. torch.exp and + − * / work on all buckets at once.",
        [
            lambda delta, A, B: rule(delta, A.item(), B),
            lambda delta, A, B: rule(delta, float(A), B),
            lambda delta, A, B: rule(delta, math.exp(A), B),
        ],
        where=several,
    )
