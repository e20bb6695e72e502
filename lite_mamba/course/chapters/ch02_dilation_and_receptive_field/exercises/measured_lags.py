"""Exercise 4: measured_lags."""

from collections.abc import Callable
from functools import partial
from itertools import takewhile
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import causal_dilated_conv1d_fn

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def measured_lags(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    """The lags on which the last output of fn, (L,) → (L,), depends: those with a gradient that is not zero."""
    x = torch.randn(length, requires_grad=True)  # (L,)
    (gradient,) = torch.autograd.grad(fn(x)[-1], x)  # (L,)
    return [lag for lag in range(length) if gradient[length - 1 - lag] != 0]


def draw_probe(draw: Draw) -> dict[str, Any]:
    taps, dilation, beyond = draw.size(1, 4), draw.size(1, 18), draw.size(0, 4)  # lags beyond the 24 of the text
    length = (taps - 1) * dilation + 1 + beyond
    weight = draw.normal(taps)  # (W,)
    weight[weight == 0] = 1.0
    squared, scale = draw.choice([False, True]), draw.choice([1.0, 1.0, 1e-30])
    deaf = draw.choice([None, length - 1 - draw.choice(range(taps)) * dilation]) if taps > 1 else None  # to a position
    kind = draw.choice(["drowned", "tapered", "bent", "steps", "steps", "faint", "", ""]) if deaf is None else ""
    if kind == "faint":
        weight[0], scale = 1e-20 * weight[0], 1.0
    quiet = kind == "" and not squared and scale < 1 and draw.in_turn([False, True])  # hardly above 0, but above it
    scale = 1.0 if quiet else scale

    def fn(x: Tensor) -> Tensor:
        if torch.is_tensor(x) and x.ndim != 1:
            raise ValueError(f"fn takes a sequence of the shape (L,), it was given {tuple(x.shape)}")
        heard = x if deaf is None else x * (torch.arange(length) != deaf)  # (L,)
        heard = heard * 1e-40 if quiet else heard
        heard = heard * torch.exp(-(heard**2)) if kind == "tapered" else heard
        heard = (heard - 1) ** 2 if kind == "bent" else heard
        heard = (heard - F.pad(heard, (1, 0))[:-1]) ** 2 if kind == "steps" else heard
        y = causal_dilated_conv1d_fn(heard[None, None], weight[None].to(x.dtype), dilation=dilation)[0, 0]  # (L,)
        return (y**2 if squared else y) * scale + (1e30 if kind == "drowned" else 0)

    words = [
        f"convolution with {taps} tap{'s' * (taps > 1)}, dilation {dilation}",
        "its oldest tap times 1e-20" * (kind == "faint"),
        "squared" * squared,
        f"times {scale:g}" * (scale != 1),
        f"that leaves out position {deaf}" * (deaf is not None),
        "of inputs that fade where they are large" * (kind == "tapered"),
        "of inputs times 1e-40" * quiet,
        "of (x − 1)²" * (kind == "bent"),
        "of (x[t] − x[t − 1])²" * (kind == "steps"),
        "plus 10³⁰" * (kind == "drowned"),
    ]
    fn.__name__ = ", ".join(word for word in words if word)
    return {"fn": fn, "length": length}


def _bent(fn: Callable[[Tensor], Tensor]) -> bool:
    return "(x − 1)²" in fn.__name__


def _flat_at_one_alone(fn: Callable[[Tensor], Tensor], length: int) -> bool:
    """Left out: linspace(0, 1, 1), which is 0; an oldest input of 0, heard alone; and equal inputs, without steps."""
    return length > 1 and "leaves out" not in fn.__name__ and "x[t − 1]" not in fn.__name__


def _poked(
    alike: Callable[[Tensor, Tensor], bool], begun: Callable[[int], Tensor] = torch.randn
) -> Callable[..., list[int]]:
    """One input after the other is changed; kept are those that change the last output."""

    def function(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
        x = begun(length)  # (L,)
        still = [alike(fn(x + one)[-1], fn(x)[-1]) for one in torch.eye(length).flip(0)]
        return [lag for lag in range(length) if not still[lag]]

    return function


def _of_every_output(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    table = torch.autograd.functional.jacobian(fn, torch.randn(length))  # (L, L), a row for each output
    return [lag for lag in range(length) if table.diagonal(-lag).any()]


def _asked_again(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    x, lags = torch.randn(length, requires_grad=True), []
    y = fn(x)
    for lag in range(length):
        y[-1].backward()
        if x.grad[length - 1 - lag] != 0:
            lags.append(lag)
    return lags


measured = partial(edited, measured_lags)


THRESHOLDS = (1e-3, 1e-2, 1e-35)


MEASURED_LAGS = Exercise(
    id="02.measured_lags",
    title="The lags, measured by gradients",
    reference=measured_lags,
    cases=draw_probe,
    trials=60,
    misconceptions=[
        Misconception(
            name="positions in place of lags",
            wrong=[
                measured("gradient[length - 1 - lag] → gradient[lag]"),
                measured("gradient[length - 1 - lag] → gradient[lag]", "range(length) → reversed(range(length))"),
            ],
            message="These are positions, counted from the start. A lag is counted back from the last sample: the "
            "last position has lag 0.",
        ),
        Misconception(
            name="lags from large to small",
            wrong=measured("range(length) → reversed(range(length))"),
            message="These are the right lags, from large to small. They are wanted from small to large.",
        ),
        Misconception(
            name="the gradient of all outputs",
            wrong=measured("fn(x)[-1] → fn(x).sum()"),
            message="All outputs together depend on every input, because each of them reads its own present. "
            "Ask one output only: the last.",
        ),
        Misconception(
            name="the first output",
            wrong=measured("fn(x)[-1] → fn(x)[0]"),
            message="This asks the first output, which has no past. Ask the last one.",
        ),
        Misconception(
            name="zeros as the input",
            wrong=[
                measured("torch.randn(length → torch.zeros(length"),
                measured("torch.randn(length → torch.tensor([0.0] * (length - 1) + [1.0]"),
                measured("torch.randn(length → torch.tensor([1.0] + [0.0] * (length - 1)"),
            ],
            message="At zero some functions are flat: the gradient of y² is 0 there, though y² depends on the "
            "input. Probe with random numbers.",
            where=lambda fn, length: not _bent(fn),  # two spellings hold a 1, where (x − 1)² is flat
        ),
        Misconception(
            name="a 1 in the input",
            wrong=[
                measured("torch.randn(length → torch.ones(length"),
                measured("torch.randn(length → torch.linspace(0, 1, length"),
                measured("torch.randn(length → torch.linspace(-1, 1, length"),
            ],
            message="A function may be flat at 1 by chance: the gradient of (x − 1)² is 0 there, though it depends "
            "on x. At a random number it is flat only if it is flat all around.",
            where=_flat_at_one_alone,
        ),
        Misconception(
            name="the same number everywhere",
            wrong=measured("torch.randn(length → torch.full((length,), 0.5"),
            message="All inputs are the same number. A function of the steps from one sample to the next may be flat "
            "there: the gradient of (x[t] − x[t − 1])² is 0. Probe with random numbers.",
        ),
        Misconception(
            name="whole numbers as the input",
            wrong=[
                measured("torch.randn(length → torch.arange(1.0, length + 1"),
                measured("torch.randn(length → torch.arange(1.0 * length"),
            ],
            message="At whole numbers a function may be flat by chance: y² at 0, (x − 1)² at 1, others where x is "
            "large. Probe with random numbers, as torch.randn gives them.",
        ),
        Misconception(
            name="a poke in the place of a gradient",
            wrong=[_poked(torch.equal), _poked(torch.allclose), _poked(torch.equal, torch.zeros)],
            message="You change an input and look whether the last output changes. Where an effect is small, "
            "rounding or a tolerance hides it. A gradient shows it, however small, and one backward pass asks all "
            "inputs at once.",
        ),
        Misconception(
            name="only positive gradients",
            wrong=measured("!= 0 → > 0"),
            message="A gradient may be negative, and the input is read all the same.",
        ),
        Misconception(
            name="small gradients left out",
            wrong=[
                measured(f"gradient[length - 1 - lag] != 0 → gradient[length - 1 - lag].abs() > {least}")
                for least in THRESHOLDS
            ]
            + [
                measured(
                    "gradient[length - 1 - lag] != 0 → gradient[length - 1 - lag].abs() > 1e-3 * gradient.abs().max()"
                )
            ],
            message="A small gradient is not 0. An input that is not read has a gradient of exactly 0, so neither a "
            "threshold nor rounding is needed.",
            where=lambda fn, length: "fade" not in fn.__name__ and "x[t]" not in fn.__name__,
        ),
        Misconception(
            name="an input without a gradient",
            wrong=measured(", requires_grad=True → "),
            message="PyTorch follows only tensors that ask for it. Make the input with requires_grad=True, and "
            "give this very tensor to fn, not a detached one, with no `no_grad` around it.",
        ),
        Misconception(
            name="axes that fn does not take",
            wrong=[
                measured(f"torch.randn(length → torch.randn({axes}")
                for axes in ("1, 1, length", "1, length", "length, 1")
            ],
            message="The input has more than one axis. This fn takes one sequence of the shape (L,), without an axis "
            "for the batch or the channels.",
        ),
        Misconception(
            name="all outputs at once",
            wrong=[
                measured("fn(x)[-1] → fn(x)"),
                measured(
                    "(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → y = fn(x); y.backward(); gradient = x.grad  #"
                ),
            ],
            message="A gradient belongs to one number. fn(x) has L of them; take the last one, fn(x)[-1].",
        ),
        Misconception(
            name="every output asked",
            wrong=_of_every_output,
            message="You ask every output, and keep each lag that one of them reads. An earlier output may read what "
            "the last one does not. Ask the last one only.",
        ),
        Misconception(
            name="a tuple around the gradient",
            wrong=[
                measured("(gradient,) = → gradient ="),
                *(
                    measured("(gradient,) = → gradient =", f"lag in range(length) if → lag in gradient.{method} if")
                    for method in ("flip(0)", "nonzero()")
                ),
            ],
            message="torch.autograd.grad gives a tuple: one gradient for each input that it is asked for. Take the "
            "gradient out of it first.",
        ),
        Misconception(
            name="the oldest input left out",
            wrong=measured("range(length) → range(length - 1)"),
            message="The first input is never looked at. Its lag is length − 1: range(n) stops at n − 1 by itself.",
        ),
        Misconception(
            name="now left out",
            wrong=measured("range(length) → range(1, length)"),
            message="Lag 0 is never looked at. The last output may depend on the last input, too.",
        ),
        Misconception(
            name="values in the place of gradients",
            wrong=measured("(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → gradient = fn(x)  #"),
            message="You look at the outputs themselves. Whether the last one *depends* on an input, its gradient "
            "tells.",
        ),
        Misconception(
            name="the gradient itself",
            wrong=[
                measured(f"return [lag for lag in range(length) if gradient[length - 1 - lag] != 0] → return {numbers}")
                for one in (
                    "gradient",
                    "gradient.flip(0)",
                    "gradient != 0",
                    "gradient.flip(0) != 0",
                    "gradient[gradient != 0]",
                )
                for numbers in (one, f"({one}).tolist()")
            ]
            + [measured("return [lag for → return [gradient[length - 1 - lag].item() for")],
            message="The numbers of the gradient come back, or whether each of them is 0. The task asks where they are "
            "not 0: a list of lags.",
        ),
        Misconception(
            name="an impulse in the place of a gradient",
            wrong=[
                measured(f"(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → gradient = {answers}  #")
                for answers in (
                    "fn(F.pad(torch.ones(1), (0, length - 1))).flip(0)",
                    "[fn(impulse)[-1] for impulse in torch.eye(length)]",
                )
            ],
            message="You look at which outputs are not 0 after an impulse. A bias or an activation makes outputs "
            "that no input made, or hides one. Whether the last output depends on an input, its gradient tells.",
        ),
        Misconception(
            name="all lags up to the largest",
            wrong=measured(
                "range(length) if gradient[length - 1 - lag] != 0 → range(length) if gradient[: length - lag].any()"
            ),
            message="You find the oldest input that is read, and list every lag up to it. Between the taps stand "
            "holes: each input is asked by its own gradient.",
        ),
        Misconception(
            name="a search that stops at the first hole",
            wrong=measured(
                "return [lag for lag in range(length) if gradient[length - 1 - lag] != 0] → "
                "return list(takewhile(lambda lag: gradient[length - 1 - lag] != 0, range(length)))",
                takewhile=takewhile,
            ),
            message="You stop at the first input that is not read. Behind a hole there may be more that are: look at "
            "all of them.",
        ),
        Misconception(
            name="one lag alone",
            wrong=[
                measured("range(length) if → range(1) if"),
                measured("!= 0] → != 0][:1]"),
            ],
            message="You find one lag at most. A `return` inside a loop ends it in its first round. (And if you ask "
            "all outputs about the last input: the last one alone reads it. Ask the last output about all inputs.)",
        ),
        Misconception(
            name="every lag",
            wrong=measured(" if gradient[length - 1 - lag] != 0 → "),
            message="Every input stands in your list, whatever its gradient is. Where nothing is read the gradient is "
            "there too, and is 0: that is a number, and not None.",
        ),
        Misconception(
            name="an index one too large",
            wrong=measured("gradient[length - 1 - lag] → gradient[length - lag]"),
            message="Nothing stands at the index length: it is one too large. The last sample has the lag 0 and stands "
            "at length − 1.",
        ),
        Misconception(
            name="an index one too small",
            wrong=measured("gradient[length - 1 - lag] → gradient[length - 2 - lag]"),
            message="You look one place too far in front: the last input, with the lag 0, stands at length − 1. (And "
            "gradient[-1] is the last number.)",
        ),
        Misconception(
            name="a gradient by another tensor",
            wrong=[measured("fn(x)[-1], x) → x, fn(x)[-1])"), measured("fn(x)[-1], x) → fn(x)[-1], x[-1])")],
            message="torch.autograd.grad takes the result first, and then the very tensor that fn was given. With the "
            "two exchanged, or with a new tensor made of x, such as x[i], there is no way from one to the other.",
        ),
        Misconception(
            name="the same way back twice",
            wrong=_asked_again,
            message="You go back through the same output once for each input, and PyTorch forgets the way after the "
            "first time. Once is enough: one backward pass asks all inputs.",
        ),
        Misconception(
            name="each lag in a list of its own",
            wrong=[
                measured("return [lag for → return [[lag] for"),
                measured("return [lag for → return [[lag] for", "range(length) → reversed(range(length))"),
            ],
            message="The lags are right, each in a list of its own: `nonzero` gives a row for each place. `.flatten()` "
            "before `.tolist()` makes one list of numbers.",
        ),
        Misconception(
            name="a single lag without its list",
            wrong=measured(
                "return [lag for lag in range(length) if gradient[length - 1 - lag] != 0] → "
                "return gradient.flip(0).nonzero().squeeze().tolist()"
            ),
            message="If one lag alone is found, it comes back as a number: `squeeze()` takes away each axis of length "
            "1, that of the lags, too. The result is a list, however many there are.",
        ),
        Misconception(
            name="a tuple around the lags",
            wrong=[
                measured(f"return [lag for lag in range(length) if gradient[length - 1 - lag] != 0] → return {places}")
                for places in ("torch.where(gradient != 0)", "torch.where(gradient.flip(0) != 0)")
            ],
            message="`torch.where` and `nonzero(as_tuple=True)` give a tuple: a tensor of places for each axis. There "
            "is one axis here. Take the tensor out of the tuple, and make a list of it.",
        ),
        Misconception(
            name="a gradient that is None",
            wrong=[
                measured("(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → gradient = fn(x)[-1].backward()  #"),
                *(
                    measured(
                        "(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → gradient = fn(x)[-1].backward()  #",
                        f"lag in range(length) if → lag in gradient.{method} if",
                    )
                    for method in ("flip(0)", "nonzero()")
                ),
            ],
            message="What you read as the gradient is None. `backward()` makes one, but hands out nothing: it puts it "
            "into `.grad` of the tensor made with requires_grad=True. What is computed from that tensor gets none. "
            "(Without its brackets it does not run, and torch.autograd.grad hands out what it finds.)",
        ),
        Misconception(
            name="lags below zero",
            wrong=[
                measured(f"return [lag for lag in range(length) → return [{lag} for lag in reversed(range(length))")
                for lag in ("-lag", "-lag - 1")
            ],
            message="A lag counts steps back, and is not negative: the input before the last has the lag 1.",
        ),
        Misconception(
            name="what is not read",
            wrong=measured("!= 0 → == 0"),
            message="These are the lags whose gradient is zero: those that are not read.",
        ),
        Misconception(
            name="lags counted from one",
            wrong=[
                measured("return [lag for → return [lag + 1 for"),
                measured("range(length) → range(1, length)", "gradient[length - 1 - lag] → gradient[length - lag]"),
                measured("gradient[length - 1 - lag] → gradient[-lag]"),
                measured("return [lag for → return [lag + 1 for", "range(length) → reversed(range(length))"),
            ],
            message="Every lag is one too large. The last input belongs to the last output: its lag is 0. (And "
            "gradient[-0] is gradient[0], the first number.)",
            where=lambda fn, length: length > 1,  # a loop from 1 on finds no lag of a single input
        ),
    ],
)
