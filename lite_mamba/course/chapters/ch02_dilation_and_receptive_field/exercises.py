"""Exercises of notebook 02: how far a convolution sees, which lags it reads, and the gated multi-dilated sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import causal_dilated_conv1d_fn

from ...checking.compare import describe
from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question


def receptive_field(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    """The field in samples, now included: largest lag plus one."""
    lags = [(d_conv - 1) * dilation for dilation in dilations]
    return (sum(lags) if stacked else max(lags)) + 1


def draw_stack(draw: Draw) -> dict[str, Any]:
    d_conv, branches = draw.size(1, 5), draw.size(1, 4)
    dilations = tuple(draw.size(1, 9) for _ in range(branches))
    return {"d_conv": d_conv, "dilations": dilations, "stacked": draw.choice([False, True])}


def side_by_side_unless_said(function: Callable[..., Any], d_conv: int, dilations: Sequence[int], stacked: bool) -> Any:
    """A function's result; side by side is the default, and with an even number of taps it is left to be one."""
    return function(d_conv, dilations, stacked) if stacked or d_conv % 2 else function(d_conv, dilations)


def lags_touched(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    """The lags that are read, in order, each once."""
    reached = {0}
    for dilation in dilations:
        own = {k * dilation for k in range(d_conv)}
        reached = {lag + more for lag in reached for more in own} if stacked else reached | own
    return sorted(reached)


def lags_of_all_paths(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    """Each path gives a lag, so that some come several times."""
    per_branch = [[k * dilation for k in range(d_conv)] for dilation in dilations]
    if not stacked:
        return list(chain(*per_branch))
    reached = [0]
    for own in per_branch:
        reached = [lag + more for lag in reached for more in own]
    return reached


def _in_all(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    own = [set(range(0, d_conv * dilation, dilation)) for dilation in dilations]
    return lags_touched(d_conv, dilations, True) if stacked else sorted(set.intersection(*own))


def measured_lags(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    """The lags on which the last output of fn, (L,) → (L,), depends: those with a gradient that is not zero."""
    x = torch.randn(length, requires_grad=True)  # (L,)
    (gradient,) = torch.autograd.grad(fn(x)[-1], x)  # (L,)
    return [lag for lag in range(length) if gradient[length - 1 - lag] != 0]


def draw_probe(draw: Draw) -> dict[str, Any]:
    taps, dilation, beyond = draw.size(1, 4), draw.size(1, 4), draw.size(0, 4)
    length = (taps - 1) * dilation + 1 + beyond
    weight = draw.normal(taps)  # (W,)
    weight[weight == 0] = 1.0
    squared, scale = draw.choice([False, True]), draw.choice([1.0, 1.0, 1e-30])
    deaf = draw.choice([None, length - 1 - draw.choice(range(taps)) * dilation]) if taps > 1 else None  # to a position
    kind = draw.choice(["drowned", "tapered", "bent", "", ""]) if deaf is None else ""

    def fn(x: Tensor) -> Tensor:
        heard = x if deaf is None else x * (torch.arange(length) != deaf)  # (L,)
        heard = heard * torch.exp(-(heard**2)) if kind == "tapered" else heard
        heard = (heard - 1) ** 2 if kind == "bent" else heard
        y = causal_dilated_conv1d_fn(heard[None, None], weight[None].to(x.dtype), dilation=dilation)[0, 0]  # (L,)
        return (y**2 if squared else y) * scale + (1e30 if kind == "drowned" else 0)

    words = [
        f"convolution with {taps} tap{'s' * (taps > 1)}, dilation {dilation}",
        "squared" * squared,
        f"times {scale:g}" * (scale != 1),
        f"that leaves out position {deaf}" * (deaf is not None),
        "of inputs that fade where they are large" * (kind == "tapered"),
        "of (x − 1)²" * (kind == "bent"),
        "plus 10³⁰" * (kind == "drowned"),
    ]
    fn.__name__ = ", ".join(word for word in words if word)
    return {"fn": fn, "length": length}


def _poked(fn: Callable[[Tensor], Tensor], length: int) -> list[int]:
    x = torch.randn(length)  # (L,)
    moved = [bool(fn(x + one)[-1] != fn(x)[-1]) for one in torch.eye(length).flip(0)]
    return [lag for lag, does in enumerate(moved) if does]


def gated_dilated_conv(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], gates: Tensor, dilations: Sequence[int]
) -> Tensor:
    """Σ_i softmax(gates)_i · SiLU(branch_i(x)); x (B, D, L), each weight (D, W), each bias (D,), gates (branches,)."""
    shares = torch.softmax(gates, dim=0)  # (branches,)
    y = torch.zeros_like(x)  # (B, D, L)
    for share, weight, bias, dilation in zip(shares, weights, biases, dilations, strict=True):
        D, W = weight.shape
        padded = F.pad(x, ((W - 1) * dilation, 0))  # (B, D, lag + L)
        branch = F.conv1d(padded, weight[:, None], bias, dilation=dilation, groups=D)  # (B, D, L)
        y = y + share * F.silu(branch)
    return y


def draw_front_end(draw: Draw) -> dict[str, Any]:
    branches, d_conv, length = draw.size(1, 4), draw.size(1, 4), draw.size(4, 16)
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


def draw_delay(draw: Draw) -> dict[str, Any]:
    d_conv = draw.size(2, 5)
    return {"delay": (d_conv - 1) * draw.size(1, 8), "d_conv": d_conv}


def run_delay(function: Callable[[int, int], tuple[Tensor, int]], delay: int, d_conv: int) -> dict[str, Any] | None:
    """What the branch does with the samples 1, 2, 3, …: compared instead of the taps, which would tell the answer."""
    made = function(delay, d_conv)
    if made is None or made is Ellipsis:
        return None
    several = isinstance(made, (tuple, list)) and len(made) == 2
    if not (several and isinstance(made[0], Tensor) and made[0].ndim == 1 and not isinstance(made[1], Tensor)):
        kind = " and ".join(map(describe, made)) if several else describe(made)
        pair = "(weight, dilation), a tensor of shape (W,) and an integer"
        raise TypeError(f"the function must return {pair}; it returned {kind}")
    weight, dilation = made
    if not weight.is_floating_point():
        raise TypeError("the taps must be floats, as the samples are")
    x = torch.arange(1.0, delay + 5)  # (L,): 1, 2, 3, …
    y = causal_dilated_conv1d_fn(x[None, None], weight[None].float(), dilation=dilation)[0, 0]  # (L,)
    return {"taps": len(weight), "output": y, "history": (len(weight) - 1) * dilation}


def dilations_for(lag: int, d_conv: int) -> list[int]:
    """The dilations at which one of d_conv taps has this lag, from small to large."""
    return [dilation for dilation in range(1, lag + 1) if lag % dilation == 0 and lag // dilation < d_conv]


def draw_lag(draw: Draw) -> dict[str, Any]:
    return {"lag": draw.size(1, 48), "d_conv": draw.size(2, 6)}


field, gated, read, measured, delayed, chosen = (
    partial(edited, reference)
    for reference in (receptive_field, gated_dilated_conv, lags_touched, measured_lags, delay_kernel, dilations_for)
)

LAG = "(d_conv - 1) * dilation"
COMBINED = "sum(lags) if stacked else max(lags)"
PLUS_ONE = f"({COMBINED}) + 1"
IN_FRONT = "F.pad(x, ((W - 1) * dilation, 0))"
CUT = "groups=D) → groups=D)[..., : x.shape[-1]]"


def summed(*edits: str) -> list[Callable[..., Tensor]]:
    """Branches of a wrong length, in three ways to add them: each of them fails in its own way."""
    as_list = ("y = torch.zeros_like(x) → y = []", "y = y + share * F.silu(branch) → y.append(share * F.silu(branch))")
    return [
        gated(*edits),
        gated(*edits, "y = torch.zeros_like(x) → y = 0"),
        gated(*edits, *as_list, "return y → return torch.stack(y).sum(0)"),
    ]


def _not_added(join: Callable[[list[Tensor]], Any]) -> Callable[..., Any]:
    """The branches of the front end, with their shares, joined in another way than by a sum."""

    def function(x, weights, biases, gates, dilations):
        each = zip(torch.softmax(gates, dim=0), weights, biases, dilations, strict=True)
        one = torch.zeros(1)  # a single gate has the share 1
        return join([share * gated_dilated_conv(x, [w], [b], one, [d]) for share, w, b, d in each])

    return function


OTHER_ACTIVATIONS = ("F.relu", "F.gelu", "torch.sigmoid", "torch.tanh")
THRESHOLDS = (1e-3,)

EXERCISES = [
    Exercise(
        id="02.receptive_field",
        title="How many samples, now included",
        reference=receptive_field,
        cases=draw_stack,
        apply=side_by_side_unless_said,
        trials=60,
        example={"d_conv": 3, "dilations": (1, 4), "stacked": False},
        misconceptions=[
            Misconception(
                name="off by one",
                wrong=field(f"{PLUS_ONE} → {COMBINED}"),
                message="This is the largest lag: how far back the oldest tap reads. The field counts samples, and "
                "the present one is a sample too. From lag 0 to lag 8 there are not 8 samples.",
            ),
            Misconception(
                name="off by one, and no stack",
                wrong=field(f"{PLUS_ONE} → max(lags)"),
                message="This formula is easy to meet, and it is the largest lag of the longest branch. "
                "The field counts samples, and the present one is a sample too. A stack needs a formula of its own.",
            ),
            Misconception(
                name="off by one, and always a stack",
                wrong=field(f"{PLUS_ONE} → sum(lags)"),
                message="This adds all lags, whatever `stacked` says; side by side, one of them decides. And the field "
                "counts samples: the present one is a sample too.",
            ),
            Misconception(
                name="taps times dilation",
                wrong=[
                    field(f"{LAG} → d_conv * dilation", f"{PLUS_ONE} → {COMBINED}"),
                    field(f"{LAG} → d_conv * dilation", f"{PLUS_ONE} → max(lags)"),
                    field(f"{LAG} → d_conv * dilation", f"{PLUS_ONE} → sum(lags)"),
                    field(f"{LAG} → d_conv * dilation"),
                    field(f"{LAG} → d_conv * dilation", f"{COMBINED} → max(lags)"),
                    field(f"{LAG} → d_conv * dilation", f"{COMBINED} → sum(lags)"),
                    field(f"{LAG} → d_conv * dilation + 1", f"{PLUS_ONE} → {COMBINED}"),
                ],
                message="Between four taps there are three gaps. Count the gaps in the drawing of one branch, not the "
                "taps.",
            ),
            Misconception(
                name="the dilation taken for the samples in between",
                wrong=[
                    field(f"{LAG} → (d_conv - 1) * (dilation + 1)"),
                    field(f"{LAG} → (d_conv - 1) * (dilation + 1)", f"{COMBINED} → max(lags)"),
                    field(f"{LAG} → (d_conv - 1) * (dilation + 1)", f"{PLUS_ONE} → {COMBINED}"),
                    field(f"{LAG} → (d_conv - 1) * (dilation + 1) + 1", f"{PLUS_ONE} → {COMBINED}"),
                ],
                message="The dilation is the distance from one tap to the next. With dilation 1 they are neighbours "
                "and no sample lies between them.",
            ),
            Misconception(
                name="dilations that multiply",
                wrong=field(f"{PLUS_ONE} → ((d_conv - 1) * prod(dilations) if stacked else max(lags)) + 1", prod=prod),
                message="You multiply the dilations of the layers. A path through them takes one step after the other: "
                "the lags add up.",
            ),
            Misconception(
                name="the dilation left out",
                wrong=[field(f"{LAG} → d_conv - 1"), field(f"{PLUS_ONE} → d_conv")],
                message="As many samples as taps: that holds for dilation 1 only. How far apart are the taps?",
            ),
            Misconception(
                name="branches side by side are added up",
                wrong=field(f"{COMBINED} → sum(lags)"),
                message="Branches that run side by side all start from the same present sample. A second branch that "
                "reads less far back adds nothing to the reach. Look at what `stacked` says.",
            ),
            Misconception(
                name="stacked layers take the maximum",
                wrong=field(f"{COMBINED} → max(lags)"),
                message="In a stack, the second layer reads outputs of the first, and each of these has already looked "
                "back. The steps back of the layers follow one another. Look at what `stacked` says.",
            ),
            Misconception(
                name="the two arrangements exchanged",
                wrong=[
                    field("if stacked → if not stacked"),
                    field(f"{PLUS_ONE} → max(lags) if stacked else sum(lags)"),
                ],
                message="Side by side and stacked have changed places. Layers that follow one another look back one "
                "after another; branches all start from the same present sample.",
            ),
            Misconception(
                name="the fields of stacked layers added",
                wrong=field(f"{LAG} → {LAG} + 1", f"{PLUS_ONE} → {COMBINED}"),
                message="Each field counts its own present sample. In a stack these are one and the same sample, and "
                "it may count only once. Add the lags first.",
            ),
            Misconception(
                name="the fields added, stacked or not",
                wrong=field(f"{LAG} → {LAG} + 1", f"{PLUS_ONE} → sum(lags)"),
                message="This adds the fields of all kernels, whatever `stacked` says. Side by side, the one that "
                "reads furthest decides. In a stack the present sample, which each field counts, counts only once.",
            ),
            Misconception(
                name="stacked layers multiplied",
                wrong=[
                    field("sum(lags) if → prod(lag + 1 for lag in lags) - 1 if", prod=prod),
                    field("sum(lags) if → prod(lags) if", prod=prod),
                ],
                message="Layers that follow one another add their steps back. The number of *paths* multiplies; many "
                "of them end at the same sample.",
            ),
            Misconception(
                name="another default",
                wrong=field("stacked: bool = False → stacked: bool = True"),
                message="With `stacked` given, all is right. But without it your function takes the layers as "
                "stacked: the default, False, stands for branches side by side.",
            ),
            Misconception(
                name="all taps counted",
                wrong=lambda d_conv, dilations, stacked=False: d_conv * len(dilations),
                message="This is how many taps all kernels have together. The field is a span of time: it grows with "
                "the distance between the taps.",
            ),
            Misconception(
                name="dilations that double",
                wrong=[
                    lambda d_conv, dilations, stacked=False: (
                        (d_conv - 1) * (2 ** len(dilations) - 1 if stacked else 2 ** (len(dilations) - 1)) + 1
                    ),
                    field("sum(lags) if → (d_conv - 1) * (2 ** len(dilations) - 1) if"),
                ],
                message="A power of two stands in for the dilations: that holds for 1, 2, 4, 8, … alone. The "
                "dilations are given, and may be any numbers.",
            ),
            Misconception(
                name="the smallest dilation",
                wrong=field("max(lags) → min(lags)"),
                message="Side by side the branch that looks back furthest decides, not the one that sees least.",
            ),
            Misconception(
                name="brackets around the gaps forgotten",
                wrong=field(f"{LAG} → d_conv - 1 * dilation"),
                message="The product comes before the difference: d_conv - 1 * dilation is d_conv − dilation. The "
                "gaps, d_conv − 1, are multiplied by the dilation.",
            ),
            Misconception(
                name="now counted in every branch",
                wrong=field(PLUS_ONE + " → (" + COMBINED + ") + len(dilations)"),
                message="One sample is added for each branch or layer. The present sample is one and the same for all "
                "of them: it counts once.",
            ),
            Misconception(
                name="one fixed dilation in place of the largest",
                wrong=[
                    field("max(lags) → lags[-1]"),
                    field("max(lags) → lags[0]"),
                    field(f"{COMBINED} → lags[-1]"),
                    field(f"{COMBINED} → lags[0]"),
                ],
                message="This takes the dilation that stands last, or first. Dilations may stand in any order, such as "
                "(8, 1).",
            ),
            Misconception(
                name="only the samples that are read",
                wrong=[
                    lambda d_conv, dilations, stacked=False: len(lags_touched(d_conv, dilations, stacked)),
                    lambda d_conv, dilations, stacked=False: len(lags_touched(d_conv, dilations)),
                    lambda d_conv, dilations, stacked=False: (
                        receptive_field(d_conv, dilations, True) if stacked else len(lags_touched(d_conv, dilations))
                    ),
                ],
                message="This counts the samples that a tap reads. The field is the span from the oldest of them to "
                "now, with the samples that are jumped over.",
            ),
        ],
    ),
    Exercise(
        id="02.gated_dilated_conv",
        title="The gated multi-dilated sum",
        reference=gated_dilated_conv,
        cases=draw_front_end,
        gradients=("x", "weights", "biases", "gates"),
        axes=("batch", "channel", "step"),
        misconceptions=[
            Misconception(
                name="SiLU after the sum",
                wrong=gated("F.silu(branch) → branch", "return y → return F.silu(y)"),
                message="This adds the branches first and bends the sum. In the formula SiLU stands inside the sum: "
                "each branch is bent on its own. With one branch you would not see the difference.",
            ),
            Misconception(
                name="SiLU once more on the sum",
                wrong=gated("return y → return F.silu(y)"),
                message="Each branch is bent, and then the sum is bent again. In the formula SiLU stands inside the "
                "sum, and nothing stands around it.",
            ),
            Misconception(
                name="the share inside SiLU",
                wrong=gated("share * F.silu(branch) → F.silu(share * branch)"),
                message="Here SiLU bends the branch times its share. A share weighs what comes *out* of SiLU.",
            ),
            Misconception(
                name="SiLU on the input",
                wrong=gated("F.pad(x, → F.pad(F.silu(x),", "F.silu(branch) → branch"),
                message="SiLU bends the samples here, before they are convolved. It bends what a branch gives.",
            ),
            Misconception(
                name="no activation",
                wrong=gated("F.silu(branch) → branch"),
                message="SiLU is missing. It belongs to each branch, after its bias.",
            ),
            Misconception(
                name="another function than SiLU",
                wrong=[gated(f"F.silu(branch) → {other}(branch)") for other in OTHER_ACTIVATIONS],
                message="A branch is bent, but not by SiLU(v) = v · σ(v), where σ is the sigmoid.",
            ),
            Misconception(
                name="gates used as they are",
                wrong=gated("torch.softmax(gates, dim=0) → gates"),
                message="The parameter `gates` holds any numbers, negative ones too. The shares are its softmax: "
                "positive, with sum 1.",
            ),
            Misconception(
                name="gates divided by their sum",
                wrong=gated("torch.softmax(gates, dim=0) → gates / gates.sum()"),
                message="Gates may be negative, and their sum may be 0. Softmax takes exponentials first.",
            ),
            Misconception(
                name="exponentials that are not divided by their sum",
                wrong=gated("torch.softmax(gates, dim=0) → torch.exp(gates)"),
                message="The exponentials do not add up to 1. Softmax divides them by their sum.",
            ),
            Misconception(
                name="a sigmoid on each gate",
                wrong=gated("torch.softmax(gates, dim=0) → torch.sigmoid(gates)"),
                message="A sigmoid looks at one gate alone, and the shares do not add up to 1. Softmax compares the "
                "gates with one another.",
            ),
            Misconception(
                name="every branch at full strength",
                wrong=gated("share * F.silu → F.silu"),
                message="Every branch comes in with the share 1. (The softmax of a single number is 1, too.) The "
                "shares are the softmax of the whole vector `gates`, taken once.",
            ),
            Misconception(
                name="the plain mean of the branches",
                wrong=gated("share * F.silu → F.silu", "return y → return y / len(weights)"),
                message="Every branch gets the same share here, whatever the gates are.",
            ),
            Misconception(
                name="the weighted sum divided once more",
                wrong=gated("return y → return y / len(weights)"),
                message="The shares add up to 1 already. Divided by the number of branches, the output is too small.",
            ),
            Misconception(
                name="only one branch",
                wrong=[gated("y = y + → y ="), gated("return y →     return y")],
                message="The output holds one branch and not their sum: the last one if each overwrites the one "
                "before, the first one if the function returns inside the loop.",
            ),
            Misconception(
                name="one kernel for all branches",
                wrong=[
                    gated("weight[:, None], bias → weights[0][:, None], bias"),
                    gated("weight[:, None], bias → weight[:, None], biases[0]"),
                ],
                message="All branches share the weights or the bias of the first one. Each branch has its own, at its "
                "place in the list.",
            ),
            Misconception(
                name="one dilation for all branches",
                wrong=[
                    gated(
                        "zip(shares, weights, biases, dilations, → zip(shares, weights, biases, ["
                        + one
                        + "] * len(dilations),"
                    )
                    for one in ("dilations[0]", "dilations[-1]", "max(dilations)")
                ],
                message="All branches have the same dilation, one out of the list. Each branch has its own, at its "
                "place in `dilations`.",
            ),
            Misconception(
                name="branches that are not added",
                wrong=[
                    _not_added(torch.stack),
                    _not_added(list),
                    _not_added(lambda parts: torch.cat(parts, dim=1)),
                    _not_added(lambda parts: torch.cat(parts, dim=-1)),
                    _not_added(lambda parts: torch.stack(parts, -1)),
                ],
                message="The branches are all there, weighed and bent, but beside each other. They are added: the "
                "result is as large as x.",
            ),
            Misconception(
                name="the logarithm of the shares",
                wrong=gated("torch.softmax( → torch.log_softmax("),
                message="log_softmax gives the logarithms of the shares, all of them negative. The shares themselves "
                "are wanted.",
            ),
            Misconception(
                name="the branches one behind the other",
                wrong=[
                    gated("y = torch.zeros_like(x) → y = x", "F.pad(x, → F.pad(y,", "y = y + → y ="),
                    gated("y = torch.zeros_like(x) → y = x", "F.pad(x, → F.pad(y,", "y = y + share * → y ="),
                    gated(
                        "y = torch.zeros_like(x) → y, h = torch.zeros_like(x), x",
                        "F.pad(x, → F.pad(h,",
                        "y = y + share * F.silu(branch) → h = F.silu(branch); y = y + share * h",
                    ),
                ],
                message="Each branch reads what the one before gave. Here they stand side by side: all read x, and "
                "what they give is added.",
            ),
            Misconception(
                name="dilation ignored",
                wrong=gated("(W - 1) * dilation → W - 1", "dilation=dilation, → "),
                message="Every branch is computed with dilation 1. The gap belongs into the padding and into the "
                "convolution.",
            ),
            Misconception(
                name="dilation in the padding only",
                wrong=[*summed("dilation=dilation, → "), gated("dilation=dilation, → ", CUT)],
                message="The zeros in front are those of taps that stand apart, but the convolution still has "
                "neighbouring taps. It must be told the dilation, too.",
            ),
            Misconception(
                name="padded by d_conv · dilation",
                wrong=[*summed("(W - 1) * dilation → W * dilation"), gated("(W - 1) * dilation → W * dilation", CUT)],
                message="Each branch comes one dilation too late. The oldest tap reads (d_conv − 1)·dilation samples "
                "back, and so many zeros are needed in front.",
            ),
            Misconception(
                name="zeros behind the newest tap",
                wrong=gated("(W - 1) * dilation → W * dilation - 1", CUT),
                message="Each branch comes dilation − 1 samples too late, as if its kernel had d_conv · dilation "
                "places. Zeros stand between the taps only: behind the newest tap comes nothing.",
            ),
            Misconception(
                name="padding without the dilation",
                wrong=[
                    *summed("(W - 1) * dilation → W - 1"),
                    gated(  # what is there is added to the last outputs
                        "(W - 1) * dilation → W - 1",
                        "F.silu(branch) → F.pad(F.silu(branch), (x.shape[-1] - branch.shape[-1], 0))",
                    ),
                ],
                message="The branches are too short: compare the lengths. d_conv − 1 zeros in front are enough without "
                "gaps. How far back does the oldest tap read when the taps stand apart?",
            ),
            Misconception(
                name="no padding at all",
                wrong=summed(f"{IN_FRONT} → x"),
                message="Without zeros in front a branch is shorter than its input: the first outputs have no samples "
                "to read.",
            ),
            Misconception(
                name="padding on both sides",
                wrong=summed("(W - 1) * dilation, 0 → (W - 1) * dilation, (W - 1) * dilation"),
                message="With zeros in front and behind, a branch is longer than its input. A causal branch wants "
                "them in front only; with `padding=` they come on both sides, and the end has to be cut off.",
            ),
            Misconception(
                name="a branch that reads the future",
                wrong=[
                    gated("(W - 1) * dilation, 0 → 0, (W - 1) * dilation"),
                    gated(f"{IN_FRONT} → x", "dilation=dilation → padding='same', dilation=dilation"),
                    *summed(
                        f"{IN_FRONT} → x", "dilation=dilation → padding=(W - 1) * dilation // 2, dilation=dilation"
                    ),
                ],
                message="Some outputs read samples that come after them. All zeros belong in front; if the padding put "
                "some behind, the outputs at the *end* are those to cut off.",
            ),
            Misconception(
                name="one padding for all branches",
                wrong=[
                    *summed("(W - 1) * dilation → (W - 1) * max(dilations)"),
                    gated("(W - 1) * dilation → (W - 1) * max(dilations)", CUT),
                ],
                message="Every branch is padded for the largest dilation, so those with a smaller one come out too "
                "long, and late. Each branch needs as many zeros as its own oldest tap reads back.",
            ),
            Misconception(
                name="taps in reverse order",
                wrong=gated("weight[:, None] → weight.flip(-1)[:, None]"),
                message="The taps are turned around. F.conv1d slides the kernel as it stands, and here the oldest tap "
                "stands first already.",
            ),
            Misconception(
                name="groups forgotten",
                wrong=[
                    gated(", groups=D → "),
                    gated(
                        f"{IN_FRONT} → x", "dilation=dilation, groups=D → padding=(W - 1) * dilation, dilation=dilation"
                    ),
                ],
                message="F.conv1d mixes all channels unless it is told not to. Here each channel has a kernel of its "
                "own: as many groups as channels.",
            ),
            Misconception(
                name="a kernel without its middle axis",
                wrong=gated("weight[:, None] → weight"),
                message="F.conv1d wants a kernel of shape (D, 1, W), and each weight has (D, W). unsqueeze(1) puts the "
                "middle axis in.",
            ),
            Misconception(
                name="the new axis in front",
                wrong=[
                    gated("weight[:, None] → weight[None]"),
                    gated("weight[:, None] → weight[None]", ", groups=D → "),
                ],
                message="The kernel has the shape (1, D, W) here: one output channel that mixes D. F.conv1d wants "
                "(D, 1, W), one kernel for each channel.",
            ),
            Misconception(
                name="the bias left out",
                wrong=gated("bias, dilation=dilation → dilation=dilation"),
                message="Each branch has a bias. It is added to the convolution, before SiLU.",
            ),
            Misconception(
                name="the bias after the activation",
                wrong=[
                    gated(
                        "bias, dilation=dilation → dilation=dilation",
                        "F.silu(branch) → (F.silu(branch) + bias[:, None])",
                    ),
                    gated(
                        "bias, dilation=dilation → dilation=dilation", "F.silu(branch) → F.silu(branch) + bias[:, None]"
                    ),
                ],
                message="The bias belongs to the convolution. It is added first, then SiLU bends the result.",
            ),
        ],
    ),
    Exercise(
        id="02.lags_touched",
        title="Which lags are read",
        reference=lags_touched,
        cases=draw_stack,
        apply=side_by_side_unless_said,
        example={"d_conv": 2, "dilations": (1, 3), "stacked": False},
        misconceptions=[
            Misconception(
                name="a field without holes",
                wrong=lambda d_conv, dilations, stacked=False: list(range(receptive_field(d_conv, dilations, stacked))),
                message="These are all lags inside the field. A branch with dilation 3 jumps over the samples between "
                "its taps. List the lags of each branch first.",
            ),
            Misconception(
                name="a stack without holes",
                wrong=read(
                    "return sorted(reached) → return list(range(max(reached) + 1)) if stacked else sorted(reached)"
                ),
                message="Layers in a stack reach many lags, but not always all: two taps with dilation 3 in each of "
                "two layers give 0, 3 and 6. Which sums are possible?",
            ),
            Misconception(
                name="lags counted twice",
                wrong=[
                    lambda *case, **named: sorted(lags_of_all_paths(*case, **named)),
                    lags_of_all_paths,
                    lambda d_conv, dilations, stacked=False: (
                        sorted(lags_of_all_paths(d_conv, dilations, True))
                        if stacked
                        else lags_touched(d_conv, dilations)
                    ),
                    lambda d_conv, dilations, stacked=False: (
                        lags_touched(d_conv, dilations, True)
                        if stacked
                        else sorted(lags_of_all_paths(d_conv, dilations))
                    ),
                    lambda d_conv, dilations, stacked=False: (
                        lags_touched(d_conv, dilations, True) if stacked else lags_of_all_paths(d_conv, dilations)
                    ),
                ],
                message="A lag that two branches read, or two paths of a stack, stands in the list twice. Each lag "
                "belongs in it once.",
            ),
            Misconception(
                name="lags that are not in order",
                wrong=[
                    read("sorted(reached) → sorted(reached, reverse=True)"),
                    lambda *case, **named: list(set(lags_of_all_paths(*case, **named))),
                    read("sorted(reached) → list(reached)"),
                    lambda *case, **named: list(dict.fromkeys(lags_of_all_paths(*case, **named))),
                ],
                message="These are the right lags in another order. They are wanted from small to large. (A Python "
                "`set` promises no order.)",
            ),
            Misconception(
                name="now left out",
                wrong=[
                    read("sorted(reached) → sorted(reached)[1:]"),
                    read("reached = {0} → reached = {0} if stacked else set()", "range(d_conv) → range(1, d_conv)"),
                ],
                message="Lag 0 is missing. The last tap of every branch reads the present sample.",
            ),
            Misconception(
                name="another default",
                wrong=read("stacked: bool = False → stacked: bool = True"),
                message="With `stacked` given, all is right. But without it your function takes the layers as "
                "stacked: the default, False, stands for branches side by side.",
            ),
            Misconception(
                name="the newest tap left out",
                wrong=read("range(d_conv) → range(1, d_conv)"),
                message="The taps are counted from 1, so no path takes the newest tap. Its lag is 0, and it is one of "
                "the taps of every layer.",
            ),
            Misconception(
                name="a stack that begins with nothing",
                wrong=read("reached = {0} → reached = set()"),
                message="You begin with an empty set. A stack adds its lags to those reached so far, and there are "
                "none: begin with {0}.",
            ),
            Misconception(
                name="one branch only",
                wrong=[
                    lambda d_conv, dilations, stacked=False: lags_touched(
                        d_conv, dilations if stacked else dilations[-1:], stacked
                    ),
                    lambda d_conv, dilations, stacked=False: lags_touched(
                        d_conv, dilations if stacked else [max(dilations)], stacked
                    ),
                ],
                message="Side by side you list the lags of one branch. A lag is read if *any* branch reads it: join "
                "them all.",
            ),
            Misconception(
                name="lags that all branches read",
                wrong=_in_all,
                message="You keep the lags that every branch reads. One branch is enough.",
            ),
            Misconception(
                name="the newest and the oldest tap alone",
                wrong=read("for k in range(d_conv)} → for k in (0, d_conv - 1)}"),
                message="Of each kernel you take the first and the last tap. Those in between read samples, too.",
            ),
            Misconception(
                name="the holes",
                wrong=read(
                    "return sorted(reached) → return [lag for lag in range(max(reached)) if lag not in reached]"
                ),
                message="These are the lags that are *not* read. Wanted are those that are.",
            ),
            Misconception(
                name="one tap too many",
                wrong=read("range(d_conv) → range(d_conv + 1)"),
                message="d_conv taps have the lags 0·d to (d_conv − 1)·d. `range(d_conv + 1)` goes one tap further.",
            ),
            Misconception(
                name="one tap too few",
                wrong=read("range(d_conv) → range(max(1, d_conv - 1))"),
                message="The oldest tap is missing. d_conv taps have the lags 0·d to (d_conv − 1)·d.",
            ),
            Misconception(
                name="taps counted from one",
                wrong=read(
                    "range(d_conv) → range(1, d_conv + 1)", "reached = {0} → reached = {0} if stacked else set()"
                ),
                message="Here the newest tap already looks one dilation back. It reads the present sample: its lag "
                "is 0.",
            ),
            Misconception(
                name="a stack treated like branches",
                wrong=read("if stacked → if False"),
                message="With `stacked=True` a path goes through every layer and takes one tap in each. Its lag is the "
                "sum of the lags on the way.",
            ),
            Misconception(
                name="branches treated like a stack",
                wrong=read("if stacked → if True"),
                message="Side by side, a path goes through one branch only. Nothing is added up unless `stacked` says "
                "so.",
            ),
            Misconception(
                name="the two arrangements exchanged",
                wrong=read("if stacked → if not stacked"),
                message="Side by side and stacked have changed places. Sums of lags belong to layers that follow one "
                "another.",
            ),
            Misconception(
                name="the same tap in every layer",
                wrong=read("return sorted → return [k * sum(dilations) for k in range(d_conv)] if stacked else sorted"),
                message="These are the paths that take the same tap in each layer. A path may take the newest tap in "
                "one layer and the oldest in the next.",
            ),
            Misconception(
                name="two taps for each path",
                wrong=lambda d_conv, dilations, stacked=False: (
                    sorted({a + b for a in lags_touched(d_conv, dilations) for b in lags_touched(d_conv, dilations)})
                    if stacked
                    else lags_touched(d_conv, dilations)
                ),
                message="In a stack you add two lags out of all of them, from whatever layers. A path takes one tap in "
                "*every* layer, and no two in the same one.",
            ),
            Misconception(
                name="the longest paths alone",
                wrong=read(
                    "return sorted → return [(d_conv - 1) * sum(dilations[:i]) for i in range(len(dilations) + 1)] "
                    "if stacked else sorted"
                ),
                message="In a stack you follow the oldest tap of every layer. A path may take any tap: all sums are "
                "read, not the largest alone.",
            ),
            Misconception(
                name="the last layer alone",
                wrong=lambda d_conv, dilations, stacked=False: lags_touched(
                    d_conv, dilations[-1:] if stacked else dilations, stacked
                ),
                message="In a stack each layer replaces what was reached before it. Its lags are added to those that "
                "the layers before it have reached.",
            ),
            Misconception(
                name="lags below zero",
                wrong=read("k * dilation → -k * dilation"),
                message="A lag counts steps back, and is not negative: the sample with lag 3 stands at t − 3.",
            ),
            Misconception(
                name="the dilations taken for the lags",
                wrong=[
                    read("sorted(reached) → sorted({*dilations, 0})"),
                    read("sorted(reached) → sorted({*dilations})"),
                ],
                message="A dilation is the distance of two neighbouring taps. A kernel has d_conv taps, and so d_conv "
                "lags: multiples of its dilation.",
            ),
        ],
    ),
    Exercise(
        id="02.measured_lags",
        title="The lags, measured by gradients",
        reference=measured_lags,
        cases=draw_probe,
        trials=40,
        misconceptions=[
            Misconception(
                name="positions in place of lags",
                wrong=measured("gradient[length - 1 - lag] → gradient[lag]"),
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
                message="The sum of the outputs depends on every input, because each output reads its own present. "
                "Ask one output only: the last.",
            ),
            Misconception(
                name="the first output",
                wrong=measured("fn(x)[-1] → fn(x)[0]"),
                message="This asks the first output, which has no past. Ask the last one.",
            ),
            Misconception(
                name="zeros as the input",
                wrong=measured("torch.randn(length → torch.zeros(length"),
                message="At zero some functions are flat: the gradient of y² is 0 there, though y² depends on the "
                "input. Probe with random numbers.",
            ),
            Misconception(
                name="ones as the input",
                wrong=measured("torch.randn(length → torch.ones(length"),
                message="A function may be flat at 1 by chance: the gradient of (x − 1)² is 0 there, though it depends "
                "on x. At a random number it is flat only if it is flat all around.",
            ),
            Misconception(
                name="large numbers as the input",
                wrong=[
                    measured("torch.randn(length → torch.arange(1.0, length + 1"),
                    measured("torch.randn(length → torch.arange(1.0 * length"),
                ],
                message="At large numbers some functions are flat: the gradient is 0 there, though the output depends "
                "on the input. Probe with random numbers, as torch.randn gives them.",
            ),
            Misconception(
                name="a poke in the place of a gradient",
                wrong=_poked,
                message="You change an input and look whether the last output changes. Where an effect is small beside "
                "the output, rounding hides it. A gradient shows it, however small, and one backward pass asks all "
                "inputs at once.",
            ),
            Misconception(
                name="only positive gradients",
                wrong=measured("!= 0 → > 0"),
                message="A tap with a negative weight has a negative gradient, and it reads its sample all the same.",
            ),
            Misconception(
                name="small gradients left out",
                wrong=[
                    measured(f"gradient[length - 1 - lag] != 0 → gradient[length - 1 - lag].abs() > {least}")
                    for least in THRESHOLDS
                ],
                message="A small weight is a weight. An input that is not read has a gradient of exactly 0, so no "
                "threshold is needed.",
                where=lambda fn, length: "fade" not in fn.__name__,
            ),
            Misconception(
                name="an input without a gradient",
                wrong=measured(", requires_grad=True → "),
                message="PyTorch follows only tensors that ask for it. Make the input with requires_grad=True, and "
                "give this very tensor to fn, not a detached one.",
            ),
            Misconception(
                name="all outputs at once",
                wrong=measured("fn(x)[-1] → fn(x)"),
                message="A gradient belongs to one number. fn(x) has L of them; take the last one, fn(x)[-1].",
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
                    measured(
                        f"return [lag for lag in range(length) if gradient[length - 1 - lag] != 0] → return {numbers}"
                    )
                    for one in ("gradient", "gradient.flip(0)", "gradient != 0", "gradient.flip(0) != 0")
                    for numbers in (one, f"({one}).tolist()")
                ]
                + [measured("return [lag for → return [gradient[length - 1 - lag].item() for")],
                message="The numbers of the gradient come back, or whether each of them is 0. Wanted is where they are "
                "not 0: a list of lags.",
            ),
            Misconception(
                name="an impulse in the place of a gradient",
                wrong=measured(
                    "(gradient,) = torch.autograd.grad(fn(x)[-1], x)  # → "
                    "gradient = fn(F.pad(torch.ones(1), (0, length - 1))).flip(0)  #"
                ),
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
                wrong=[
                    delayed("weight[0] → weight[-1]"),
                    delayed("weight[0] → weight[-1]", "delay // (d_conv - 1) → delay"),
                ],
                message="The last tap reads the present sample, so the output is the input with no delay at all. "
                "Which tap reads the oldest sample?",
            ),
            Misconception(
                name="the delay as the dilation",
                wrong=delayed("delay // (d_conv - 1) → delay"),
                message="The dilation is the gap between two neighbouring taps. From the newest tap to the oldest "
                "there are d_conv − 1 gaps.",
            ),
            Misconception(
                name="the delay divided by the taps",
                wrong=[
                    delayed("delay // (d_conv - 1) → delay // d_conv"),
                    delayed("delay // (d_conv - 1) → max(1, delay // d_conv)"),
                    delayed("delay // (d_conv - 1) → -(-delay // d_conv)"),
                    delayed("delay // (d_conv - 1) → delay / d_conv"),
                ],
                message="The delay comes out too short. d_conv taps have d_conv − 1 gaps between them.",
            ),
            Misconception(
                name="the tap beside the oldest",
                wrong=delayed("weight[0] → weight[1]"),
                message="Python counts from 0: weight[1] is the second oldest tap, one gap nearer to now. The delay "
                "comes out too short.",
            ),
            Misconception(
                name="a tap as large as the delay",
                wrong=delayed("= 1.0 → = float(delay)"),
                message="The output comes at the right time, and delay times too large. When it comes is the business "
                "of the dilation; the tap is 1.",
            ),
            Misconception(
                name="an echo beside the delay",
                wrong=delayed("weight[0] = 1.0 → weight[0] = weight[-1] = 1.0"),
                message="The last tap is 1 as well, so that the present sample comes through without a delay. A pure "
                "delay reads one sample and no other.",
            ),
            Misconception(
                name="a difference of two samples",
                wrong=[
                    delayed("weight[0] = 1.0 → weight[0], weight[-1] = 1.0, -1.0"),
                    delayed("weight[0] = 1.0 → weight[0], weight[-1] = -1.0, 1.0"),
                ],
                message="The output is the difference of the delayed sample and the present one. A pure delay reads "
                "one sample and no other.",
            ),
            Misconception(
                name="a sample upside down",
                wrong=delayed("= 1.0 → = -1.0"),
                message="The right sample comes at the right time, with the opposite sign. The tap is 1: the formula "
                "adds, and takes nothing away.",
            ),
            Misconception(
                name="a delay without dilation",
                wrong=delayed("delay // (d_conv - 1) → 1"),
                message="Your dilation is 1, so the oldest tap is d_conv − 1 samples old. How far apart must the taps "
                "be for it to be `delay` samples old?",
            ),
            Misconception(
                name="every tap is one",
                wrong=delayed("torch.zeros → torch.ones"),
                message="The output is the sum of several echoes. A pure delay reads one sample and no other.",
            ),
            Misconception(
                name="an average of all taps",
                wrong=delayed("torch.zeros(d_conv) → torch.ones(d_conv) / d_conv", "= 1.0 → = 1 / d_conv"),
                message="The output is an average over samples of different age. A pure delay reads one sample only.",
            ),
            Misconception(
                name="a long kernel",
                wrong=delayed("torch.zeros(d_conv) → torch.zeros(delay + 1)", "delay // (d_conv - 1) → 1"),
                message="It delays, but with delay + 1 weights. You have d_conv of them; a gap between taps is free.",
            ),
            Misconception(
                name="a history longer than the delay",
                wrong=delayed("weight[0] → weight[-2]", "delay // (d_conv - 1) → delay"),
                message="The output is right, but the taps that hold 0 reach back further than the delay, and a stream "
                "must keep those samples. Let the oldest tap be the one that reads.",
            ),
            Misconception(
                name="a dilation with a decimal point",
                wrong=delayed("// → /"),
                message="In Python / gives a float, 8.0, and a dilation counts samples. // gives the integer 8.",
            ),
            Misconception(
                name="a dilation that is one too large",
                wrong=delayed("delay // (d_conv - 1) → delay // (d_conv - 1) + 1"),
                message="The dilation is one too large: the delay becomes d_conv − 1 samples longer. A dilation is a "
                "distance; now is not counted in it.",
            ),
            Misconception(
                name="a dilation that is one too small",
                wrong=delayed("delay // (d_conv - 1) → delay // (d_conv - 1) - 1"),
                message="The dilation is one too small, and the delay comes out d_conv − 1 samples too short. The lag "
                "of the oldest tap has to be the delay itself: now is lag 0, so nothing is taken off.",
            ),
            Misconception(
                name="taps that are no floats",
                wrong=delayed("torch.zeros(d_conv) → torch.zeros(d_conv, dtype=torch.int64)"),
                message="The right taps stand at the right place, but as integers or truth values. Samples are floats, "
                "and F.conv1d does not mix them. torch.zeros without a dtype makes floats, and so does torch.tensor of "
                "1.0.",
            ),
            Misconception(
                name="no taps (W,) and dilation",
                wrong=[
                    delayed(f"return weight, delay // (d_conv - 1) → return {one}")
                    for one in (
                        "weight",
                        "delay // (d_conv - 1), weight",
                        "weight[None], delay // (d_conv - 1)",
                        "weight[None, None], delay // (d_conv - 1)",
                        "weight.tolist(), delay // (d_conv - 1)",
                        "weight, torch.tensor(delay // (d_conv - 1))",
                        "delay // (d_conv - 1)",
                    )
                ],
                message="Two things are wanted, in this order: the taps, a tensor of the shape (W,), and the dilation, "
                "a Python integer.",
            ),
        ],
    ),
    Exercise(
        id="02.dilations_for",
        title="Dilations that read a lag",
        reference=dilations_for,
        cases=draw_lag,
        example={"lag": 6, "d_conv": 4},
        misconceptions=[
            Misconception(
                name="one tap too many",
                wrong=chosen("lag // dilation < d_conv → lag // dilation <= d_conv"),
                message="d_conv taps have the lags 0·d to (d_conv − 1)·d. The lag d_conv·d is one tap further.",
            ),
            Misconception(
                name="one tap too few",
                wrong=chosen("lag // dilation < d_conv → lag // dilation < d_conv - 1"),
                message="The oldest tap is not used: its lag is (d_conv − 1)·d.",
            ),
            Misconception(
                name="the number of taps forgotten",
                wrong=chosen(" and lag // dilation < d_conv → "),
                message="Each of these dilations divides the lag, but some of them need more taps than there are. How "
                "many steps of the dilation does the lag take?",
            ),
            Misconception(
                name="inside the field taken for read",
                wrong=chosen("lag % dilation == 0 and lag // dilation < d_conv → lag <= (d_conv - 1) * dilation"),
                message="The lag lies inside the field at each of these dilations. A tap has to stand on it: the lags "
                "of the taps are whole multiples of the dilation.",
            ),
            Misconception(
                name="a rest that is ignored",
                wrong=[
                    chosen("lag % dilation == 0 and → "),
                    lambda lag, d_conv: sorted({lag // gaps for gaps in range(1, d_conv)}),
                    lambda lag, d_conv: [lag // gaps for gaps in range(1, d_conv)],
                ],
                message="The lag has to be a whole multiple of the dilation. With a rest the taps stand beside the "
                "lag, on both sides of it.",
            ),
            Misconception(
                name="gaps in the place of dilations",
                wrong=lambda lag, d_conv: [gaps for gaps in range(1, d_conv) if lag % gaps == 0],
                message="These are numbers of gaps. The dilation that puts a tap so many gaps back on the lag is lag "
                "// gaps.",
            ),
            Misconception(
                name="multiples of the lag",
                wrong=[
                    lambda lag, d_conv: [lag * gaps for gaps in range(1, d_conv)],
                    lambda lag, d_conv: [lag * gaps for gaps in range(d_conv)],
                ],
                message="You multiply the lag. The lag is the multiple: so many gaps of one dilation each. Divide it "
                "by the gaps.",
            ),
            Misconception(
                name="the division turned round",
                wrong=chosen("lag % dilation == 0 → dilation % lag == 0"),
                message="You ask whether the lag divides the dilation. The dilation has to divide the lag, lag % "
                "dilation.",
            ),
            Misconception(
                name="a dilation of zero",
                wrong=chosen("range(1, lag + 1) → range(lag + 1)"),
                message="range(n) begins at 0, and nothing can be divided by 0. A dilation is at least 1.",
            ),
            Misconception(
                name="either condition",
                wrong=chosen("== 0 and → == 0 or"),
                message="A dilation that meets one of the conditions passes. The lag must be a multiple, *and* there "
                "must be a tap for it.",
            ),
            Misconception(
                name="as many dilations as taps",
                wrong=chosen("range(1, lag + 1) → range(1, d_conv)"),
                message="You try the dilations below d_conv only. How many taps there are limits the gaps, not the "
                "distance between two taps: it may be as large as the lag.",
            ),
            Misconception(
                name="the oldest tap only",
                wrong=[
                    chosen("lag // dilation < d_conv → lag // dilation == d_conv - 1"),
                    lambda lag, d_conv: [lag // (d_conv - 1)],
                ],
                message="These are the dilations that put the oldest tap on the lag. Any other tap may read it, too.",
            ),
            Misconception(
                name="one dilation alone",
                wrong=lambda lag, d_conv: dilations_for(lag, d_conv)[:1],
                message="You give one of them. Each tap but the newest may be the one that reads the lag, with a "
                "dilation of its own: list them all.",
            ),
            Misconception(
                name="from large to small",
                wrong=chosen("range(1, lag + 1) → range(lag, 0, -1)"),
                message="These are the right dilations, from large to small. They are wanted from small to large.",
            ),
            Misconception(
                name="the lag itself left out",
                wrong=chosen("range(1, lag + 1) → range(1, lag)"),
                message="A dilation as large as the lag is missing: the tap next to the newest one stands there.",
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
