"""What several exercises of chapter 05 use."""

import torch
from torch import Tensor

from ....checking.errors import InALargerCase, said
from ....checking.exercise import Draw


def draw_system(draw: Draw) -> dict:
    """A system some of whose states change their sign in each step, or are gone after one."""
    states = draw.size(1, 4)
    A_bar = draw.uniform(0.1, 0.9, states).round(decimals=1)  # (N,)
    A_bar[0] *= draw.choice([1.0, 1.0, 1.0, 0.0, -1.0])
    return {"A_bar": A_bar, "B_bar": draw.normal(states), "C": draw.normal(states)}


def several_states(A_bar: Tensor, **rest) -> bool:
    """Where an answer shows what it does with more than one state."""
    return len(A_bar) > 1


def draw_pair(draw: Draw, shortest: int = 2) -> dict:
    length = draw.size(shortest, 10)
    return {"u": draw.normal(length), "kernel": draw.normal(length)}


def _rounded(function, **case):
    """What a function returns, rounded: the FFT leaves 1e-8 where a zero belongs, which is hard to read in a table."""
    y = function(*case.values())
    if isinstance(y, Tensor) and y.is_complex():
        return torch.view_as_complex(torch.view_as_real(y).round(decimals=5) + 0.0)
    return y.round(decimals=5) + 0.0 if isinstance(y, Tensor) and y.is_floating_point() else y


LATE = {"u": torch.tensor([0.0, 0.0, 0.0, 1.0]), "kernel": torch.tensor([4.0, 3.0, 2.0, 1.0])}  # the first case


def also_long(view, length: int):
    """How a learner's `view` is called: one that is right in the first case must be right for a long input, too.

    Once is enough, for a loop of the learner's is slow; and sums of many waves are rounded more.
    """

    def apply(function, u, kernel):
        result = _rounded(function, u=u, kernel=kernel)
        if torch.equal(u.flatten(), LATE["u"]) and _close(result, view(u, kernel), 1e-3):
            generator = torch.Generator().manual_seed(0)
            u, kernel = (torch.randn(*x.shape[:-1], length, generator=generator) for x in (u, kernel))
            try:
                right = _close(function(u, kernel), view(u, kernel), 0.05)
            except Exception as error:
                raise InALargerCase(f"{len(LATE['u'])} samples come out right, {length} raise {said(error)}") from error
            if not right:
                raise InALargerCase(f"{len(LATE['u'])} samples come out right, {length} do not")
        return result

    return apply


def in_another_case(u: Tensor, kernel: Tensor) -> bool:
    """Where a wrong answer is shown that is right in the first case, and wrong in a long one."""
    return not torch.equal(u.flatten(), LATE["u"])


def _close(y, right: Tensor, room: float) -> bool:
    return isinstance(y, Tensor) and y.shape == right.shape and torch.allclose(y.to(right), right, 1e-3, room)


LARGER_ON_THE_WAY_BACK = (
    "a larger clock for the way back alone",
    "Only irfft has more points. The values were taken on a smaller clock; on a larger one they belong to other hours, "
    "and anything that has come round stays so. All three calls need the same n.",
)


FEWER_ON_THE_WAY_BACK = (
    "a way back with the wrong n",
    "irfft was told fewer points than rfft, and throws the values of the fastest waves away. Go back with the same n, "
    "and cut the result afterwards.",
)


TWO_LENGTHS = (
    "two lists of different lengths",
    "Your two lists have different lengths, so their numbers do not belong to the same points of the circle. Both must "
    "be values, taken at the same points: by the same call, with the same n.",
)


RUNNING_BACKWARDS = (
    "a cross-correlation",
    "A complex conjugate turns time round, and so do two flips: one of the two lists runs backwards. Multiply the "
    "values as they are.",
)


COMPLEX = (
    "a complex result",
    "The numbers are right, but they are complex, with imaginary parts that are zero but for rounding. Take .real at "
    "the very end, or use rfft and irfft.",
)


CENTRED = (
    "a centred output",
    "You keep the middle of the 2L − 1 outputs, as mode='same' does. So y[t] reads samples after t.",
)


A_CLOCK_FOR_SHORT_INPUTS = (
    "a clock for short inputs",
    "Short inputs come out right, and a long one goes round. How many points are enough follows from the length: is a "
    "number of them written into your code, or do they grow more slowly than the product does?",
)
