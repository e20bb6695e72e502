"""What a scan costs: judged for answers whose states are right, by what L = 128 costs more than L = 64."""

import functools
import inspect
import sys

import torch
from torch import Tensor

from ....checking.compare import Remark, Tolerance, difference
from ....checking.counter import Counter
from ....checking.errors import PACKAGE, InALargerCase, said
from ....checking.exercise import Misconception
from .combine import combine

SHORT = 64  # few enough steps that the slowest answer is counted in a fraction of the time that a call has
LONG = 2048  # twice as many as the notebook scans
EACH_STEP = Remark("right states, with a call, or a line that runs, for every step")
EACH_JOIN = Remark("right states, with a call for every single join")
TWO_HALVES = Remark("right states, out of calls that make two more calls each")
ROUNDS = Remark("right states, with a work that grows faster than L")
ALL_PAIRS = Remark("right states, with a table of all pairs of steps")
ONCE_MORE = Remark("right states, with more than three times the work when L is twice as long")
MANY_CALLS = Remark("right states, with many more calls when L is twice as long")


def _slow(a: Tensor) -> Tensor:
    """Decays of both signs, out of numbers between 0 and 1; what comes in at first has not faded at the end."""
    return (1 - 0.02 * a) * (a - 0.5).sign()


def priced(reference, *, linear: bool = False, decay=_slow, rest: tuple = (), further=lambda scan: None):
    """An `apply` that returns the states, or words if a scan is right and costs too much.

    Args:
        reference: the scan that tells which states are right.
        linear: whether the work has to grow like L; else L·log2 L will do.
        decay: makes the scan's first argument of numbers between 0 and 1; by default slow decays of both signs.
        rest: what the scan takes after a and x.
        further: what else makes a right scan cost too much, in words, or None.
    """

    def inputs(length: int, axes: int, seeds=(0, 1)) -> tuple:
        shape = (length, 2)[:axes]
        a, x = (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds)
        return decay(a), x, *rest

    @functools.lru_cache(maxsize=64)
    def fails(scan, length: int, axes: int) -> str | None:
        twice = (inputs(length, axes, seeds) for seeds in ((0, 1), (2, 3)))  # a scan may remember what one shape gave
        return next(filter(None, (failing(reference, scan, one) for one in twice)), None)

    @functools.lru_cache(maxsize=64)
    def price(scan) -> str | None:
        if fails(scan, 2 * SHORT, 2):
            return None  # a case with such axes tells so
        short, long = inputs(SHORT, 2), inputs(2 * SHORT, 2)
        (few, little, small, shallow), (many, much, large, deep) = _cost(scan, short), _cost(scan, long)
        if many > 3 * few or much > 3 * little:
            return ALL_PAIRS if large > 3 * small else ONCE_MORE
        growing = much > 2.15 * little  # the work, faster than L
        if many - few >= SHORT:
            if growing and deep - shallow > 1.5 * SHORT:  # two calls of its own for each step
                return TWO_HALVES
            return EACH_JOIN if many > 2.15 * few else MANY_CALLS if growing else EACH_STEP
        return ROUNDS if linear and growing else further(scan)

    def apply(function, **case):
        expected = reference(*case.values())  # before the function runs, which may change its inputs
        states = function(*case.values())
        if _differ(expected, states):
            return states
        axes = min(states.ndim, 2)
        if words := fails(function, 2 * SHORT, axes):
            raise InALargerCase(words)
        if words := price(function):
            return words
        if words := fails(function, LONG, axes):
            raise InALargerCase(words)
        return states

    return apply


def failing(reference, scan, inputs: tuple) -> str | None:
    """How a scan fails with inputs that no case has, in words."""
    shape = tuple(inputs[1].shape)
    try:
        states = scan(*_copied(inputs))
    except Exception as error:
        return f"inputs of shape {shape} raise {said(error)}"
    return f"inputs of shape {shape} give wrong states" if _differ(reference(*inputs), states) else None


def _differ(expected: Tensor, states) -> bool:
    return difference(expected, states, Tolerance(1e-3, 1e-4)) is not None


def _cost(scan, inputs: tuple) -> tuple[int, int, int, int]:
    """What a scan runs: its calls into PyTorch and lines of Python, the bytes and the most numbers that a call writes,
    and the calls that a function makes to itself."""
    with Counter() as counter:
        scan(*_copied(inputs))
    lines, own_calls = _lines(scan, _copied(inputs))
    return counter.calls + lines, counter.bytes, max((n for _, n in counter.writes), default=0), own_calls


def _copied(inputs: tuple) -> list:
    return [value.clone() if isinstance(value, Tensor) else value for value in inputs]


def _lines(scan, inputs: list) -> tuple[int, int]:
    """How many lines of Python a scan runs, a loop outside of PyTorch is a loop, too; and the calls to itself.

    Only those of its own module, a notebook for example, and of the course are counted. What a profiler does in the
    middle of it depends on the clock.
    """
    own, count, own_calls = getattr(inspect.unwrap(scan), "__globals__", None), 0, 0

    def trace(frame, event, argument):
        nonlocal count, own_calls
        if frame.f_globals is not own and not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += event in ("call", "line")
        own_calls += event == "call" and _caller(frame) is frame.f_code
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scan(*inputs)
    finally:
        sys.settrace(before)
    return count, own_calls


def _caller(frame):
    """The code that called this one; a loop in brackets is part of the function in which it stands."""
    frame = frame.f_back
    while frame.f_back and frame.f_code.co_name in ("<listcomp>", "<genexpr>"):
        frame = frame.f_back
    return frame.f_code


PAIRS_OF_STEPS = Misconception(
    "a table of all pairs of steps",
    "Your states are right. But you make a number for every pair of steps: a table of L times L. Twice as many steps "
    "need four times the memory. A scan gets along with tables as long as x.",
    lambda a, x, *rest: all_pairs(a, x),
)


DONE_AGAIN = Misconception(
    "work that is done again",
    "Your states are right. But twice as many steps take more than three times the work: what has been computed "
    "before is computed again, or all that is there already is copied once more. What could be made once, and kept?",
    lambda a, x, *rest: copied_at_each_step(a, x),
)


BOTH_HALVES = Misconception(
    "two calls in the place of one",
    "Your states are right. But each call makes two more, for both halves of its span, or for one half twice: about 2L "
    "calls in all, one after the other, and every level is as much work as the first. Few calls need one sequence that "
    "is shorter, and one call that works on all of it.",
    lambda a, x, *rest: by_halves(a, x),
)


MORE_CALLS = Misconception(
    "pieces that wait for one another",
    "Your states are right. But twice as many steps take many more calls, and more than twice the work: you go through "
    "pieces of the sequence one after the other, and a longer piece takes more calls, too. What could one call do for "
    "all pieces?",
    lambda a, x, *rest: in_pieces(a, x),
)


def copied_at_each_step(a, x):
    """The states of a loop that puts them together at each step."""
    states = x[:1]
    for t in range(1, len(x)):
        states = torch.cat([states, a[t : t + 1] * states[-1:] + x[t : t + 1]])
    return states


def in_pieces(a, x):
    """The states of sixteen pieces, one piece after the other, each of them in rounds."""
    states, h = [], torch.zeros_like(x[0])
    for decays, drives in zip(a.chunk(16), x.chunk(16), strict=True):
        whole, own, shift = decays, drives, 1
        while shift < len(own):
            joined, new = combine(whole[:-shift], own[:-shift], whole[shift:], own[shift:])
            whole, own = torch.cat([whole[:shift], joined]), torch.cat([own[:shift], new])
            shift = 2 * shift
        states.append(own + whole * h)
        h = states[-1][-1]
    return torch.cat(states)


def by_halves(a, x):
    """The states of the first half, and those of the second with what the end of the first leaves behind."""
    if len(a) == 1:
        return x
    half = len(a) // 2
    first, second = by_halves(a[:half], x[:half]), by_halves(a[half:], x[half:])
    return torch.cat([first, second + a[half:].cumprod(0) * first[-1]])


def all_pairs(a, x):
    """The sum over s of what is left at t of the drive of step s."""
    later = torch.ones(len(a), len(a)).tril(-1).reshape(len(a), len(a), *[1] * (a.ndim - 1))  # t > s
    left = torch.where(later > 0, a[:, None], 1.0).cumprod(0)  # (L, L, …)
    return (left * (1 - later.transpose(0, 1)) * x).sum(1)
