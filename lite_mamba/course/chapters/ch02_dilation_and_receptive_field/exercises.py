"""Exercises of notebook 02: how far a convolution sees, which lags it reads, and the gated multi-dilated sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import causal_dilated_conv1d_fn

from ...checking.compare import describe
from ...checking.exercise import Draw, Exercise, Misconception, Question


def receptive_field(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    """The field in samples, now included: largest lag plus one."""
    lags = [(d_conv - 1) * dilation for dilation in dilations]
    return (sum(lags) if stacked else max(lags)) + 1


def largest_lag(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    return receptive_field(d_conv, dilations, stacked) - 1


def taps_times_dilation(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    spans = [d_conv * dilation for dilation in dilations]
    return sum(spans) if stacked else max(spans)


def always_added(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    return receptive_field(d_conv, dilations, stacked=True)


def never_added(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    return receptive_field(d_conv, dilations, stacked=False)


def fields_added(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    fields = [(d_conv - 1) * dilation + 1 for dilation in dilations]
    return sum(fields) if stacked else max(fields)


def published_formula(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    return (d_conv - 1) * max(dilations)


def last_dilation(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    lags = [(d_conv - 1) * dilation for dilation in dilations]
    return (sum(lags) if stacked else lags[-1]) + 1


def draw_stack(draw: Draw) -> dict[str, Any]:
    d_conv, branches = draw.size(2, 5), draw.size(1, 4)
    dilations = tuple(draw.size(1, 9) for _ in range(branches))
    return {"d_conv": d_conv, "dilations": dilations, "stacked": draw.choice([False, True])}


def lags_touched(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    """The lags that are read, in order, each once."""
    per_branch = [[k * dilation for k in range(d_conv)] for dilation in dilations]
    if stacked:
        return sorted({sum(path) for path in product(*per_branch)})
    return sorted({lag for lags in per_branch for lag in lags})


def no_holes(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    return list(range(receptive_field(d_conv, dilations, stacked)))


def with_repeats(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    per_branch = [[k * dilation for k in range(d_conv)] for dilation in dilations]
    return sorted(sum(path) for path in product(*per_branch)) if stacked else sorted(chain(*per_branch))


def now_left_out(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    return lags_touched(d_conv, dilations, stacked)[1:]


def one_tap_too_many(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    return lags_touched(d_conv + 1, dilations, stacked)


def union_always(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    return lags_touched(d_conv, dilations, stacked=False)


def measured_lags(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    """The lags on which the last output of fn, (L,) → (L,), depends: those with a gradient that is not zero."""
    x = torch.randn(length, requires_grad=True)  # (L,)
    (gradient,) = torch.autograd.grad(fn(x)[-1], x)  # (L,)
    return [lag for lag in range(length) if gradient[length - 1 - lag] != 0]


def _gradient(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.autograd.grad(fn(x)[-1], x)[0]  # (L,)


def _noise(length: int) -> Tensor:
    return torch.randn(length, requires_grad=True)


def positions(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    return _gradient(fn, _noise(length)).nonzero().flatten().tolist()


def gradient_of_the_sum(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    x = _noise(length)
    (gradient,) = torch.autograd.grad(fn(x).sum(), x)
    return [lag for lag in range(length) if gradient[length - 1 - lag] != 0]


def zeros_as_input(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    gradient = _gradient(fn, torch.zeros(length, requires_grad=True))
    return [lag for lag in range(length) if gradient[length - 1 - lag] != 0]


def only_positive(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    gradient = _gradient(fn, _noise(length))
    return [lag for lag in range(length) if gradient[length - 1 - lag] > 0]


def a_threshold(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    gradient = _gradient(fn, _noise(length))
    return [lag for lag in range(length) if gradient[length - 1 - lag].abs() > 1e-6]


def off_by_one_lag(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    return [lag + 1 for lag in measured_lags(fn, length)]


def draw_probe(draw: Draw) -> dict[str, Any]:
    taps, dilation, beyond = draw.size(1, 4), draw.size(1, 4), draw.size(1, 4)
    weight = draw.normal(taps)  # (W,)
    weight[weight == 0] = 1.0
    cubed, tiny = draw.choice([False, True]), draw.choice([False, True])

    def fn(x: Tensor) -> Tensor:
        y = causal_dilated_conv1d_fn(x[None, None], weight[None], dilation=dilation)[0, 0]  # (L,)
        return (y**3 if cubed else y) * (1e-9 if tiny else 1.0)

    words = [
        f"convolution with {taps} tap{'s' * (taps > 1)}, dilation {dilation}",
        "cubed" * cubed,
        "times 1e-9" * tiny,
    ]
    fn.__name__ = ", ".join(word for word in words if word)
    return {"fn": fn, "length": (taps - 1) * dilation + 1 + beyond}


def gated_dilated_conv(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], gates: Tensor, dilations: Sequence[int]
) -> Tensor:
    """Σ_i softmax(gates)_i · SiLU(branch_i(x)); x (B, D, L), each weight (D, W), each bias (D,), gates (branches,)."""
    shares = torch.softmax(gates, dim=0)  # (branches,)
    y = torch.zeros_like(x)  # (B, D, L)
    for share, weight, bias, dilation in zip(shares, weights, biases, dilations, strict=True):
        y = y + share * F.silu(branch(x, weight, bias, dilation))
    return y


def branch(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    """One causal dilated branch, before the activation: (B, D, L)."""
    padded = F.pad(x, ((weight.shape[-1] - 1) * dilation, 0))  # (B, D, lag + L)
    return F.conv1d(padded, weight[:, None], bias, dilation=dilation, groups=x.shape[1])


def _mixed(x, weights, biases, shares, dilations, one=branch, activation=F.silu):
    parts = zip(shares, weights, biases, dilations, strict=True)
    return sum(share * activation(one(x, weight, bias, dilation)) for share, weight, bias, dilation in parts)


def silu_after_the_sum(x, weights, biases, gates, dilations):
    return F.silu(_mixed(x, weights, biases, gates.softmax(0), dilations, activation=lambda y: y))


def no_activation(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, gates.softmax(0), dilations, activation=lambda y: y)


def raw_gates(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, gates, dilations)


def sigmoid_gates(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, gates.sigmoid(), dilations)


def softmax_of_one(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, [gate.softmax(0) for gate in gates], dilations)


def plain_mean(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, [1 / len(weights)] * len(weights), dilations)


def dilation_ignored(x, weights, biases, gates, dilations):
    return _mixed(x, weights, biases, gates.softmax(0), [1] * len(weights))


def padded_by_all_taps(x, weights, biases, gates, dilations):
    def late(x, weight, bias, dilation):
        return branch(F.pad(x, (dilation, 0)), weight, bias, dilation)[..., : x.shape[-1]]

    return _mixed(x, weights, biases, gates.softmax(0), dilations, one=late)


def padded_without_the_dilation(x, weights, biases, gates, dilations):
    def short(x, weight, bias, dilation):
        padded = F.pad(x, (weight.shape[-1] - 1, 0))  # (B, D, W - 1 + L)
        return F.conv1d(padded, weight[:, None], bias, dilation=dilation, groups=x.shape[1])

    return _mixed(x, weights, biases, gates.softmax(0), dilations, one=short)


def all_lengths_equal(dilations, **others):
    """Branches of different length cannot be added: that raises, and is a misconception of its own."""
    return len(set(dilations)) == 1


def bias_after_silu(x, weights, biases, gates, dilations):
    shares = gates.softmax(0)
    unbiased = _mixed(x, weights, [None] * len(weights), shares, dilations)
    return unbiased + sum(share * bias[:, None] for share, bias in zip(shares, biases, strict=True))


def draw_front_end(draw: Draw) -> dict[str, Any]:
    branches, d_conv, length = draw.size(1, 4), draw.size(2, 4), draw.size(4, 16)
    batch, channels = draw.size(1, 3), draw.size(1, 3)
    return {
        "x": draw.normal(batch, channels, length),
        "weights": [draw.normal(channels, d_conv) for _ in range(branches)],
        "biases": [draw.normal(channels) for _ in range(branches)],
        "gates": draw.normal(branches),
        "dilations": tuple(draw.size(1, 3) for _ in range(branches)),
    }


def delay_kernel(delay: int, d_conv: int) -> tuple[Tensor, int]:
    """One tap of 1, the oldest; the dilation puts it `delay` samples back. d_conv − 1 divides delay."""
    weight = torch.zeros(d_conv)  # (W,)
    weight[0] = 1.0
    return weight, delay // (d_conv - 1)


def newest_tap(delay: int, d_conv: int) -> tuple[Tensor, int]:
    weight, dilation = delay_kernel(delay, d_conv)
    return weight.flip(0), dilation


def dilation_is_the_delay(delay: int, d_conv: int) -> tuple[Tensor, int]:
    return delay_kernel(delay, d_conv)[0], delay


def divided_by_the_taps(delay: int, d_conv: int) -> tuple[Tensor, int]:
    return delay_kernel(delay, d_conv)[0], max(1, delay // d_conv)


def every_tap_one(delay: int, d_conv: int) -> tuple[Tensor, int]:
    return torch.ones(d_conv), delay_kernel(delay, d_conv)[1]


def every_tap_a_share(delay: int, d_conv: int) -> tuple[Tensor, int]:
    return torch.ones(d_conv) / d_conv, delay_kernel(delay, d_conv)[1]


def long_kernel(delay: int, d_conv: int) -> tuple[Tensor, int]:
    weight = torch.zeros(delay + 1)
    weight[0] = 1.0
    return weight, 1


def long_history(delay: int, d_conv: int) -> tuple[Tensor, int]:
    weight = torch.zeros(d_conv)
    weight[-2] = 1.0
    return weight, delay


def draw_delay(draw: Draw) -> dict[str, Any]:
    d_conv = draw.size(2, 5)
    return {"delay": (d_conv - 1) * draw.size(1, 8), "d_conv": d_conv}


def run_delay(function: Callable[[int, int], tuple[Tensor, int]], delay: int, d_conv: int) -> dict[str, Any] | None:
    """What the branch does with the samples 1, 2, 3, …: compared instead of the taps, which would tell the answer."""
    made = function(delay, d_conv)
    if made is None or made is Ellipsis:
        return None
    if not (isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], Tensor)):
        kind = " and ".join(map(describe, made)) if isinstance(made, tuple) else describe(made)
        raise TypeError(f"the function must return (weight, dilation), a tensor and an integer; it returned {kind}")
    weight, dilation = made
    x = torch.arange(1.0, delay + 5)  # (L,): 1, 2, 3, …
    y = causal_dilated_conv1d_fn(x[None, None], weight[None].float(), dilation=dilation)[0, 0]  # (L,)
    return {"taps": len(weight), "output": y, "history": (len(weight) - 1) * dilation}


EXERCISES = [
    Exercise(
        id="02.receptive_field",
        title="How many samples, now included",
        reference=receptive_field,
        cases=draw_stack,
        example={"d_conv": 3, "dilations": (1, 4), "stacked": False},
        misconceptions=[
            Misconception(
                name="off by one",
                wrong=largest_lag,
                message="This is the largest lag: how far back the oldest tap reads. The field counts samples, and "
                "the present one is a sample too. From lag 0 to lag 8 there are not 8 samples.",
            ),
            Misconception(
                name="off by one, and no stack",
                wrong=published_formula,
                message="This formula is easy to meet, and it is the largest lag of the longest branch. "
                "The field counts samples, and the present one is a sample too. A stack needs a formula of its own.",
            ),
            Misconception(
                name="taps times dilation",
                wrong=taps_times_dilation,
                message="Between four taps there are three gaps. Count the gaps in the drawing of one branch, not the "
                "taps.",
            ),
            Misconception(
                name="branches side by side are added up",
                wrong=always_added,
                message="Branches that run side by side all start from the same present sample. A second branch that "
                "reads less far back adds nothing to the reach. Look at what `stacked` says.",
            ),
            Misconception(
                name="stacked layers take the maximum",
                wrong=never_added,
                message="In a stack, the second layer reads outputs of the first, and each of these has already looked "
                "back. The steps back of the layers follow one another. Look at what `stacked` says.",
            ),
            Misconception(
                name="the fields of stacked layers added",
                wrong=fields_added,
                message="Each field counts its own present sample. In a stack these are one and the same sample, and "
                "it may count only once. Add the lags first.",
            ),
            Misconception(
                name="the last dilation in place of the largest",
                wrong=last_dilation,
                message="This takes the dilation that stands last. Dilations may stand in any order, such as (8, 1).",
            ),
        ],
    ),
    Exercise(
        id="02.gated_dilated_conv",
        title="The gated multi-dilated sum",
        reference=gated_dilated_conv,
        cases=draw_front_end,
        axes=("batch", "channel", "step"),
        misconceptions=[
            Misconception(
                name="SiLU after the sum",
                wrong=silu_after_the_sum,
                message="This adds the branches first and bends the sum. In the formula SiLU stands inside the sum: "
                "each branch is bent on its own. With one branch you would not see the difference.",
            ),
            Misconception(
                name="no activation",
                wrong=no_activation,
                message="SiLU is missing. It belongs to each branch, after its bias.",
            ),
            Misconception(
                name="gates used as they are",
                wrong=raw_gates,
                message="The parameter `gates` holds any numbers, negative ones too. The shares are its softmax: "
                "positive, with sum 1.",
            ),
            Misconception(
                name="a sigmoid on each gate",
                wrong=sigmoid_gates,
                message="A sigmoid looks at one gate alone, and the shares do not add up to 1. Softmax compares the "
                "gates with one another.",
            ),
            Misconception(
                name="softmax over one gate at a time",
                wrong=softmax_of_one,
                message="The softmax of a single number is always 1, so every branch comes in with full strength. Take "
                "the softmax of the whole vector once, before the loop.",
            ),
            Misconception(
                name="the plain mean of the branches",
                wrong=plain_mean,
                message="Every branch gets the same share here, whatever the gates are.",
            ),
            Misconception(
                name="dilation ignored",
                wrong=dilation_ignored,
                message="Every branch is computed with dilation 1. The gap belongs into the padding and into the "
                "convolution.",
            ),
            Misconception(
                name="padded by d_conv · dilation",
                wrong=padded_by_all_taps,
                message="Each branch comes one dilation too late. The oldest tap reads (d_conv − 1)·dilation samples "
                "back, and so many zeros are needed in front.",
            ),
            Misconception(
                name="padding without the dilation",
                wrong=padded_without_the_dilation,
                where=all_lengths_equal,
                message="The output is too short: compare the shapes. d_conv − 1 zeros in front are enough without "
                "gaps. How far back does the oldest tap read when the taps stand apart?",
            ),
            Misconception(
                name="padding that forgets the dilation",
                raises=RuntimeError,
                when=lambda error: "size" in str(error),
                message="The lengths do not fit. A branch with gaps needs (d_conv − 1)·dilation zeros in front; with "
                "fewer its output is too short.",
            ),
            Misconception(
                name="a kernel without its middle axis",
                raises=RuntimeError,
                when=lambda error: "three dimensions" in str(error),
                message="F.conv1d wants a kernel of shape (D, 1, W), and each weight has (D, W). unsqueeze(1) puts the "
                "middle axis in.",
            ),
            Misconception(
                name="the bias after the activation",
                wrong=bias_after_silu,
                message="The bias belongs to the convolution. It is added first, then SiLU bends the result.",
            ),
        ],
    ),
    Exercise(
        id="02.lags_touched",
        title="Which lags are read",
        reference=lags_touched,
        cases=draw_stack,
        example={"d_conv": 2, "dilations": (1, 3), "stacked": False},
        misconceptions=[
            Misconception(
                name="a field without holes",
                wrong=no_holes,
                message="These are all lags inside the field. A branch with dilation 3 jumps over the samples between "
                "its taps. List the lags of each branch first.",
            ),
            Misconception(
                name="lags counted twice",
                wrong=with_repeats,
                message="A lag that two branches read stands in the list twice. Each lag belongs in it once.",
            ),
            Misconception(
                name="now left out",
                wrong=now_left_out,
                message="Lag 0 is missing. The last tap of every branch reads the present sample.",
            ),
            Misconception(
                name="one tap too many",
                wrong=one_tap_too_many,
                message="d_conv taps have the lags 0·d to (d_conv − 1)·d. `range(d_conv + 1)` goes one tap further.",
            ),
            Misconception(
                name="a stack treated like branches",
                wrong=union_always,
                message="With `stacked=True` a path goes through every layer and takes one tap in each. Its lag is the "
                "sum of the lags on the way.",
            ),
        ],
    ),
    Exercise(
        id="02.measured_lags",
        title="The lags, measured by gradients",
        reference=measured_lags,
        cases=draw_probe,
        misconceptions=[
            Misconception(
                name="positions in place of lags",
                wrong=positions,
                message="These are positions, counted from the start. A lag is counted back from the last sample: the "
                "last position has lag 0.",
            ),
            Misconception(
                name="the gradient of all outputs",
                wrong=gradient_of_the_sum,
                message="The sum of the outputs depends on every input, because each output reads its own present. "
                "Ask one output only: the last.",
            ),
            Misconception(
                name="zeros as the input",
                wrong=zeros_as_input,
                message="At zero some functions are flat: the gradient of y³ is 0 there, though y³ depends on the "
                "input. Probe with random numbers.",
            ),
            Misconception(
                name="only positive gradients",
                wrong=only_positive,
                message="A tap with a negative weight has a negative gradient, and it reads its sample all the same.",
            ),
            Misconception(
                name="small gradients left out",
                wrong=a_threshold,
                message="A small weight is a weight. An input that is not read has a gradient of exactly 0, so no "
                "threshold is needed.",
            ),
            Misconception(
                name="an input without a gradient",
                raises=RuntimeError,
                when=lambda error: "does not require grad" in str(error),
                message="PyTorch follows only tensors that ask for it. Make the input with requires_grad=True.",
            ),
            Misconception(
                name="all outputs at once",
                raises=RuntimeError,
                when=lambda error: "scalar outputs" in str(error),
                message="A gradient belongs to one number. fn(x) has L of them; take the last one, fn(x)[-1].",
            ),
            Misconception(
                name="lags counted from one",
                wrong=off_by_one_lag,
                message="Every lag is one too large. The last input belongs to the last output: its lag is 0.",
            ),
        ],
    ),
    Exercise(
        id="02.delay_kernel",
        title="A pure delay from one branch",
        reference=delay_kernel,
        cases=draw_delay,
        apply=run_delay,
        example={"delay": 6, "d_conv": 4},
        misconceptions=[
            Misconception(
                name="the newest tap",
                wrong=newest_tap,
                message="The last tap reads the present sample, so the output is the input with no delay at all. "
                "Which tap reads the oldest sample?",
            ),
            Misconception(
                name="the delay as the dilation",
                wrong=dilation_is_the_delay,
                message="The dilation is the gap between two neighbouring taps. From the newest tap to the oldest "
                "there are d_conv − 1 gaps.",
            ),
            Misconception(
                name="the delay divided by the taps",
                wrong=divided_by_the_taps,
                message="The delay comes out too short. d_conv taps have d_conv − 1 gaps between them.",
            ),
            Misconception(
                name="every tap is one",
                wrong=every_tap_one,
                message="The output is the sum of several echoes. A pure delay reads one sample and no other.",
            ),
            Misconception(
                name="an average of all taps",
                wrong=every_tap_a_share,
                message="The output is an average over samples of different age. A pure delay reads one sample only.",
            ),
            Misconception(
                name="a long kernel",
                wrong=long_kernel,
                message="It delays, but with delay + 1 weights. You have d_conv of them; a gap between taps is free.",
            ),
            Misconception(
                name="a history longer than the delay",
                wrong=long_history,
                message="The output is right, but the taps that hold 0 reach back further than the delay, and a stream "
                "must keep those samples. Let the oldest tap be the one that reads.",
            ),
            Misconception(
                name="a dilation with a decimal point",
                raises=TypeError,
                when=lambda error: "dilation must be an integer" in str(error),
                message="In Python / gives a float, 8.0, and a dilation counts samples. // gives the integer 8.",
            ),
        ],
    ),
]

RECAP = [
    Question(
        text="One branch has d_conv = 3 and dilation 5. How many samples does its field span, now included?",
        choices=["10", "11", "15", "16"],
        answer="11",
        why="Three taps have two gaps of 5 samples: the largest lag is 10, and lags 0 to 10 are 11 samples.",
    ),
    Question(
        text="Branches with dilations 1 and 16 run side by side, d_conv = 4. Which of these lags is not read?",
        choices=["lag 2", "lag 3", "lag 8", "lag 32"],
        answer="lag 8",
        why="Dilation 1 reads 0, 1, 2, 3 and dilation 16 reads 0, 16, 32, 48. Nothing reads lag 8.",
    ),
    Question(
        text="Why do layers in a stack see further than the same kernels side by side?",
        choices=[
            "Each layer brings taps of its own, so there are more weights",
            "A path takes one tap in each layer, so the lags add up",
            "The gates give the largest share to the kernel that sees furthest",
        ],
        answer="A path takes one tap in each layer, so the lags add up",
        why="Side by side, a path goes through one branch only, and the largest lag counts.",
    ),
    Question(
        text="A branch averages four samples, 10 samples apart. A wiggle repeats every 10 samples. What comes out?",
        choices=["Nothing, the average removes it", "The same wiggle", "A wiggle that is 4 times slower"],
        answer="The same wiggle",
        why="All four taps read the same height of the wiggle, and the average of four equal numbers is that number.",
    ),
    Question(
        text="The front end of a Mamba block sees 25 samples. What does the output of the block depend on?",
        choices=["The last 25 samples", "The 10 lags that the taps read", "Every sample so far"],
        answer="Every sample so far",
        why="The scan behind the front end carries a state along, and every sample so far has left its trace in it.",
    ),
]
