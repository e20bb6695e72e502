"""Exercise 2: gated_dilated_conv."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.compare import Facts
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


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
    branches, d_conv, length = draw.size(1, 4), draw.size(1, 6), draw.size(4, 16)  # so that four taps are among them
    batch, channels = draw.size(1, 3), draw.size(1, 3)
    widest = draw.in_turn([4, 4, 4, 60])  # lags beyond the 24 of the text
    large = 100 * (draw.integers(0, 6) == 0)  # softmax does not see it, and e¹⁰⁰ is more than a float32 can hold
    low = draw.in_turn(range(branches))
    apart = 400 * (torch.arange(branches) != low)  # e to the power of a difference of gates overflows, too
    return {
        "x": draw.normal(batch, channels, length),
        "weights": [draw.normal(channels, d_conv) for _ in range(branches)],
        "biases": [draw.normal(channels) for _ in range(branches)],
        "gates": draw.normal(branches) + large + draw.in_turn([0, 0, 0, 0, 1]) * apart,
        "dilations": tuple(draw.size(1, widest) for _ in range(branches)),
    }


def _and_the_future(function: Callable[..., Any], x: Tensor, **branches: Any) -> Facts | None:
    """The result, and whether later samples move y[0], if only by rounding: section 4 asks what is read of x."""
    another = torch.cat([x[..., :1], x[..., 1:] + 1e4], dim=-1), *deepcopy(branches).values()  # what it may write into
    with torch.random.fork_rng(devices=[]):  # from the same random numbers both times
        y = function(x, *branches.values())
    if y is None:
        return None
    moved = False
    if isinstance(y, Tensor) and y.shape == x.shape:
        with suppress(OverflowError):  # math.exp overflows for the future tried here, not for x
            moved = not torch.allclose(function(*another)[..., 0], y[..., 0], rtol=0, atol=0, equal_nan=True)
    return Facts("a tensor", {"the result": y, "whether later samples move y[0], if only by rounding": moved})


gated = partial(edited, gated_dilated_conv)


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


def _stacked(add: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The branches of the front end in one tensor, (branches, B, D, L), and how they and their shares are added."""

    def function(x, weights, biases, gates, dilations):
        each, one = zip(weights, biases, dilations, strict=True), torch.zeros(1)  # a single gate has the share 1
        return add(torch.stack([gated_dilated_conv(x, [w], [b], one, [d]) for w, b, d in each]), gates.softmax(0))

    return function


def _add_in_place(branch: Tensor, read: Tensor, lag: int) -> Tensor:
    branch[..., lag:] += read
    return branch


def _tap_by_tap(kept: Callable[[Tensor, int], Tensor]) -> list[Callable[..., Tensor]]:
    """The front end in a loop over the taps, in several ways: what a tap reads of x has a wrong length."""

    def loop(add, wide=True, newest_first=False):
        def function(x, weights, biases, gates, dilations):
            y = torch.zeros_like(x)  # (B, D, L)
            for share, weight, bias, dilation in zip(gates.softmax(0), weights, biases, dilations, strict=True):
                branch = bias[:, None].expand_as(x).clone() if wide else bias[:, None]  # (B, D, L) or (D, 1)
                lags = [(weight.shape[1] - 1 - k) * dilation for k in range(weight.shape[1])]
                for tap, lag in list(zip(weight.mT[..., None], lags, strict=True))[:: -1 if newest_first else 1]:
                    branch = add(branch, tap * kept(x, lag), lag)
                y = y + share * F.silu(branch)
            return y

        return function

    def behind(branch, read, lag):
        return branch + F.pad(read, (lag, 0))

    def in_front(branch, read, lag):
        return F.pad(read, (lag, 0)) + branch

    narrow = [loop(behind, wide=False, newest_first=newest_first) for newest_first in (False, True)]
    return [*narrow, loop(behind), loop(in_front), loop(_add_in_place)]


def _by_fourier(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)  # (B, D, L)
    for share, weight, bias, dilation in zip(torch.softmax(gates, dim=0), weights, biases, dilations, strict=True):
        spread = F.pad(weight.flip(-1)[..., None], (0, dilation - 1)).flatten(1)  # (D, W · dilation)
        length = x.shape[-1] + spread.shape[-1]
        product = torch.fft.rfft(x, length) * torch.fft.rfft(spread, length)
        y = y + share * F.silu(torch.fft.irfft(product, length)[..., : x.shape[-1]] + bias[:, None])
    return y


BENT = "relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "softplus", "mish", "hardswish"
OTHER_ACTIVATIONS = [*(f"F.{name}" for name in BENT), "torch.sigmoid", "torch.tanh"]
OTHER_SHARES = (
    "torch.softmax(-gates, dim=0)",
    "torch.softmax(torch.softmax(gates, dim=0), dim=0)",
    "2**gates / (2**gates).sum()",
    "torch.sigmoid(gates) / torch.sigmoid(gates).sum()",
    "gates.abs() / gates.abs().sum()",
    "F.normalize(gates, dim=0)",
    "F.one_hot(gates.argmax(), len(gates))",
)


GATED_DILATED_CONV = Exercise(
    id="02.gated_dilated_conv",
    title="The gated multi-dilated sum",
    reference=gated_dilated_conv,
    cases=draw_front_end,
    apply=_and_the_future,
    gradients=("x", "weights", "biases", "gates"),
    axes=("batch", "channel", "step"),
    misconceptions=[
        Misconception(
            name="SiLU after the sum",
            wrong=[
                gated("F.silu(branch) → branch", "return y → return F.silu(y)"),
                gated("y + share * F.silu(branch) → F.silu(y + share * branch)"),
            ],
            message="This adds branches first and bends the sum. In the formula SiLU stands inside the sum: "
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
            wrong=[
                gated("share * F.silu(branch) → F.silu(share * branch)"),
                gated("weight[:, None], bias → share * weight[:, None], bias", "share * F.silu → F.silu"),
            ],
            message="Here the share comes in before SiLU. A share weighs what comes *out* of SiLU.",
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
            wrong=[
                *(gated(f"F.silu(branch) → {other}(branch)") for other in OTHER_ACTIVATIONS),
                gated("F.silu(branch) → branch * torch.sigmoid(-branch)"),
                gated("F.silu(branch) → torch.tanh(branch) * torch.sigmoid(branch)"),
            ],
            message="A branch is bent, but not by SiLU(v) = v · σ(v), where σ is the sigmoid.",
        ),
        Misconception(
            name="two factors of two kinds",
            wrong=[
                gated("F.silu(branch) → x * torch.sigmoid(branch)"),
                gated("F.silu(branch) → branch * torch.sigmoid(x)"),
                gated("F.silu(branch) → (branch - bias[:, None]) * torch.sigmoid(branch)"),
                gated("F.silu(branch) → branch * torch.sigmoid(branch - bias[:, None])"),
            ],
            message="In SiLU(v) = v · σ(v) both factors are made of the same v: what the branch gives, with its bias. "
            "Yours differ: is x one of them, or does the bias come into one alone?",
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
            wrong=[
                gated("torch.softmax(gates, dim=0) → torch.exp(gates)"),
                gated("torch.softmax(gates, dim=0) → torch.exp(gates - gates.max())"),
            ],
            message="The exponentials do not add up to 1. Softmax divides them by their sum.",
        ),
        Misconception(
            name="exponentials that overflow",
            wrong=[
                gated(f"torch.softmax(gates, dim=0) → torch.exp({less}) / torch.exp({less}).sum()")
                for less in ("gates", "gates - gates.mean()", "gates - gates[0]", "gates - gates[-1]")
            ],
            message="The shares are right for small gates. Gates may be any numbers, and e¹⁰⁰ is more than a float32 "
            "can hold. torch.softmax takes the largest gate off all of them first: their differences stay.",
        ),
        Misconception(
            name="a sigmoid on each gate",
            wrong=gated("torch.softmax(gates, dim=0) → torch.sigmoid(gates)"),
            message="A sigmoid looks at one gate alone, and the shares do not add up to 1. Softmax compares the "
            "gates with one another.",
        ),
        Misconception(
            name="another function than softmax",
            wrong=[gated(f"torch.softmax(gates, dim=0) → {other}") for other in OTHER_SHARES],
            message="The shares are made of the gates, but are not their softmax: that is e to the power of each gate, "
            "divided by the sum of all these.",
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
            name="a branch left out",
            wrong=[
                gated(
                    "in zip(shares, weights, biases, dilations, strict=True): → "
                    f"in list(zip(shares, weights, biases, dilations, strict=True)){part}:"
                )
                for part in ("[1:]", "[:-1]")
            ],
            message="One branch is missing in the sum, the first or the last. The branches are counted from 0, and a "
            "range stops before its end.",
        ),
        Misconception(
            name="a tap left out",
            wrong=[
                gated("weight[:, None], bias → F.pad(weight[:, :-1], (0, 1))[:, None], bias"),
                gated("weight[:, None], bias → F.pad(weight[:, 1:], (1, 0))[:, None], bias"),
            ],
            message="One tap of every kernel is missing in the sum, the newest or the oldest. The taps are counted "
            "from 0, and a range stops before its end.",
        ),
        Misconception(
            name="one kernel or one bias for all branches",
            wrong=[
                gated(f"weight[:, None], bias → {shared}")
                for one in ("0", "-1")
                for shared in (
                    f"weights[{one}][:, None], bias",
                    f"weight[:, None], biases[{one}]",
                    f"weights[{one}][:, None], biases[{one}]",
                )
            ],
            message="All branches share the weights or the bias of one of them, the first or the last. Each branch "
            "has its own, at its place in the list.",
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
            name="dilations that double",
            wrong=gated("biases, dilations, strict → biases, [2**i for i in range(len(weights))], strict"),
            message="A power of two stands in for the dilations: that holds for 1, 2, 4, 8, … alone. The dilations "
            "are given, and may be any numbers.",
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
            name="an axis that is not that of the branches",
            wrong=[
                *(
                    _stacked(lambda parts, shares, shape=shape, times=times: times(parts, shares.view(shape)).sum(0))
                    for shape in ((-1,), (-1, 1), (-1, 1, 1))
                    for times in (lambda a, b: a * b, lambda a, b: b * a)  # an error names the sizes in their order
                ),
                *(
                    _stacked(lambda parts, shares, axis=axis: (parts * shares.view(-1, 1, 1, 1)).sum(axis))
                    for axis in (1, 2, 3)
                ),
                gated("share * F.silu → shares * F.silu"),
            ],
            message="The shares meet another axis than that of the branches, or the sum goes along another. Print the "
            "shapes: two of them are lined up from their *last* axes, and `torch.stack` puts the branches first.",
        ),
        Misconception(
            name="the logarithm of the shares",
            wrong=gated("torch.softmax( → torch.log_softmax("),
            message="log_softmax gives the logarithms of the shares, none of them above 0. The shares themselves "
            "are wanted.",
        ),
        Misconception(
            name="the branches one behind the other",
            wrong=[
                gated("y = torch.zeros_like(x) → y = x", "F.pad(x, → F.pad(y,", "y = y + → y ="),
                gated("y = torch.zeros_like(x) → y = x", "F.pad(x, → F.pad(y,", "y = y + share * → y ="),
                gated("y = torch.zeros_like(x) → y = x", "F.pad(x, → F.pad(y,"),
                gated(
                    "y = torch.zeros_like(x) → y, h = torch.zeros_like(x), x",
                    "F.pad(x, → F.pad(h,",
                    "y = y + share * F.silu(branch) → h = F.silu(branch); y = y + share * h",
                ),
                gated("branch = F.conv1d → x = branch = F.conv1d"),
            ],
            message="Each branch reads what the one before gave. Here they stand side by side: all read x, and "
            "what they give is added. (`y = x` makes no copy: with `+=` x changes, too.)",
            where=lambda weights, **_: len(weights) > 1,  # a single branch has none before it
        ),
        Misconception(
            name="a branch that is not begun anew",
            wrong=[
                gated(
                    "y = torch.zeros_like(x) → y = so_far = torch.zeros_like(x)",
                    "y = y + share * F.silu(branch) → so_far = so_far + branch; y = y + share * F.silu(so_far)",
                ),
                gated(
                    "y = torch.zeros_like(x) → y = so_far = torch.zeros_like(x)",
                    "y = y + share * F.silu(branch) → so_far = so_far + branch - bias[:, None]; "
                    "y = y + share * F.silu(so_far + bias[:, None])",
                ),
            ],
            message="To each branch comes what the taps of the branches before it have added up. Where does your loop "
            "begin the sum over the taps? Each branch begins its own.",
            where=lambda weights, **_: len(weights) > 1,  # a single branch has none before it
        ),
        Misconception(
            name="SiLU after every tap",
            wrong=[
                gated(
                    "share * F.silu(branch) → share * sum(F.silu(F.conv1d(padded, (weight * "
                    f"({taps}))[:, None], bias, dilation=dilation, groups=D)) for k in range(W))"
                )
                for taps in ("torch.arange(W) <= k", "torch.arange(W) >= k")
            ],
            message="SiLU and the share come in after every tap, so that unfinished branches are added, too. A branch "
            "is the sum over all its taps: they come once it is done.",
        ),
        Misconception(
            name="dilation ignored",
            wrong=gated("(W - 1) * dilation → W - 1", "dilation=dilation, → "),
            message="Every branch is computed with dilation 1. The gap belongs in the padding and in the convolution.",
        ),
        Misconception(
            name="the dilation taken for the samples in between",
            wrong=gated("D, W = weight.shape → D, W = weight.shape; dilation = dilation + 1"),
            message="From tap to tap you go dilation + 1 samples back. The dilation is the distance from one tap to "
            "the next: with dilation 1 they are neighbours.",
        ),
        Misconception(
            name="the oldest tap alone in its place",
            wrong=[*summed("dilation=dilation, → ")[1:], gated("dilation=dilation, → ", CUT)],
            message="The oldest tap looks back as far as it should, but the next ones are its neighbours. The gaps "
            "belong between all taps: a convolution must be told the dilation, too, and not the padding alone.",
        ),
        Misconception(
            name="a dilation that is not everywhere",
            wrong=[
                gated("dilation=dilation, → "),  # its length alone is seen, and a cut of W − 1 leaves the same
                *summed(
                    f"{IN_FRONT} → x",
                    "dilation=dilation → padding=(W - 1) * dilation, dilation=dilation",
                    "groups=D) → groups=D)[..., : x.shape[-1] + (W - 1) * (dilation - 1)]",
                )[1:],
            ],
            message="The branches are (d_conv − 1)·(dilation − 1) samples too long. The padding, the convolution and a "
            "cut at the end, if there is one: does each of them know the dilation?",
        ),
        Misconception(
            name="one dilation too late",
            wrong=[*summed("(W - 1) * dilation → W * dilation"), gated("(W - 1) * dilation → W * dilation", CUT)],
            message="Each branch comes one dilation too late. The oldest tap reads (d_conv − 1)·dilation samples "
            "back, and so many zeros are needed in front.",
        ),
        Misconception(
            name="zeros behind the newest tap",
            wrong=[
                gated("(W - 1) * dilation → W * dilation - 1", CUT),
                *summed("(W - 1) * dilation → W * dilation - 1"),
            ],
            message="Each branch comes dilation − 1 samples too late, or is as much too long, as if its kernel had "
            "d_conv · dilation places. Zeros stand between the taps only: behind the newest tap comes nothing.",
        ),
        Misconception(
            name="padding without the dilation",
            wrong=[
                *summed("(W - 1) * dilation → W - 1"),
                gated(  # what is there is added to the last outputs
                    "(W - 1) * dilation → W - 1",
                    "F.silu(branch) → F.pad(F.silu(branch), (x.shape[-1] - branch.shape[-1], 0))",
                ),
                *summed(f"{IN_FRONT} → x", "dilation=dilation → padding=W - 1, dilation=dilation", CUT),
            ],
            message="d_conv − 1 zeros are enough without gaps. With gaps the branches come out too short, or, padded "
            "on both sides, read the future. How far back does the oldest tap read when the taps stand apart?",
        ),
        Misconception(
            name="zeros for one gap",
            wrong=[
                *summed("(W - 1) * dilation → dilation"),
                *summed("(W - 1) * dilation → dilation", CUT),
                *summed(f"{IN_FRONT} → x", "dilation=dilation → padding=dilation, dilation=dilation", CUT),
            ],
            message="You put one dilation of zeros in front, which fits two taps. From the newest tap to the oldest "
            "there are more gaps, or none if it is one tap.",
        ),
        Misconception(
            name="a cut of no samples",
            wrong=summed(
                f"{IN_FRONT} → F.pad(x, ((W - 1) * dilation, (W - 1) * dilation))",
                "groups=D) → groups=D)[..., : -(W - 1) * dilation]",
            )[:2]
            + _tap_by_tap(lambda x, lag: x[..., :-lag]),
            message="The newest tap, or a single one, needs no zeros, so nothing is to be cut off. But `[..., :-n]` "
            "with n = 0 keeps nothing: -0 is 0. Count the end from the front.",
        ),
        Misconception(
            name="a lag longer than the sequence",
            wrong=_tap_by_tap(lambda x, lag: x[..., : x.shape[-1] - lag]),
            message="A tap may look back further than x is long: then it reads zeros alone. But L − lag is negative "
            "there, and a slice counts it from the end.",
        ),
        Misconception(
            name="four taps whatever is asked",
            wrong=[*summed("(W - 1) * dilation → 3 * dilation"), gated("(W - 1) * dilation → 3 * dilation", CUT)],
            message="Your padding is that of four taps, whatever the kernels have. How many that is, the last axis of "
            "a weight says.",
        ),
        Misconception(
            name="the first sample in front",
            wrong=gated("dilation, 0)) → dilation, 0), mode='replicate')"),
            message="Copies of the first sample stand in front of x. Samples before the start count as zero.",
        ),
        Misconception(
            name="first outputs that read nothing",
            wrong=[
                gated(f"{IN_FRONT} → x", "F.silu(branch) → F.pad(F.silu(branch), ((W - 1) * dilation, 0))"),
                gated("F.silu(branch) → F.silu(branch) * (torch.arange(x.shape[-1]) >= (W - 1) * dilation)"),
                gated(
                    "bias, dilation=dilation → dilation=dilation",
                    "F.silu(branch) → F.silu("
                    "branch * (torch.arange(x.shape[-1]) >= (W - 1) * dilation) + bias[:, None])",
                ),
            ],
            message="The first outputs of a branch read nothing: zeros stand in their place, or the bias alone. They "
            "have samples to read already: the zeros belong in front of x.",
        ),
        Misconception(
            name="a stride in the place of a dilation",
            wrong=summed("dilation=dilation → stride=dilation"),
            message="With `stride` the kernel itself moves in steps, and outputs are left out. What pulls the taps "
            "apart is `dilation`.",
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
                gated("(W - 1) * dilation, 0 → 0, (W - 1) * dilation", "weight[:, None] → weight.flip(-1)[:, None]"),
                gated(f"{IN_FRONT} → x", "dilation=dilation → padding='same', dilation=dilation"),
                *summed(f"{IN_FRONT} → x", "dilation=dilation → padding=(W - 1) * dilation // 2, dilation=dilation"),
                gated(
                    f"{IN_FRONT} → x",
                    "dilation=dilation → padding=(W - 1) * dilation, dilation=dilation",
                    "groups=D) → groups=D)[..., (W - 1) * dilation // 2 :][..., : x.shape[-1]]",
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
            name="the end of x before its start",
            wrong=[
                gated(f"{IN_FRONT} → x[..., torch.arange(-(W - 1) * dilation, x.shape[-1]) % x.shape[-1]]"),
                gated("dilation, 0)) → dilation, 0), mode='circular')"),
                *(
                    gated(f"{IN_FRONT} → torch.stack([{sample} for t in range(-(W - 1) * dilation, x.shape[-1])], -1)")
                    for sample in ("x[:, :, t]", "x[..., t]")
                ),
            ],
            message="The first outputs read samples from the end of x: a negative index goes round, and so does "
            "`torch.roll`. Before the start there are zeros.",
        ),
        Misconception(
            name="the first sample never read",
            wrong=gated(f"{IN_FRONT} → F.pad(x[..., 1:], ((W - 1) * dilation + 1, 0))"),
            message="Sample 0 makes no difference. At time t a tap with the lag t reads it: is that case among those "
            "that you let through?",
        ),
        Misconception(
            name="padding that piles up",
            wrong=[
                *summed("padded = F.pad → x = F.pad", "F.conv1d(padded → F.conv1d(x")[1:],
                gated("padded = F.pad → x = F.pad", "F.conv1d(padded → F.conv1d(x", CUT.replace("x.s", "y.s")),
            ],
            message="The padded input is stored as `x` again, so that each branch pads what the branches before it "
            "have padded. All branches read the same x: give what is padded a name of its own.",
        ),
        Misconception(
            name="zeros counted by the channels",
            wrong=[
                *summed("(W - 1) * dilation → (D - 1) * dilation"),
                *summed("(W - 1) * dilation → (D - 1) * dilation", CUT),
            ],
            message="The zeros in front are counted by D, the first axis of a weight (D, W): the channels. How many "
            "taps there are, its last axis says.",
        ),
        Misconception(
            name="zeros counted by the branches",
            wrong=[
                *summed("(W - 1) * dilation → (len(weights) - 1) * dilation"),
                *summed("(W - 1) * dilation → (len(weights) - 1) * dilation", CUT),
            ],
            message="The zeros in front are counted by how many branches there are: so many kernels stand in "
            "`weights`. How many taps a kernel has, its own last axis says.",
        ),
        Misconception(
            name="gaps one sample too narrow",
            wrong=summed("(W - 1) * dilation → (W - 1) * (dilation - 1)")[:2],
            message="dilation − 1 samples are jumped over between two taps; the next tap is one step further. With "
            "dilation 1 there must be zeros, too.",
        ),
        Misconception(
            name="a sum in the place of a product",
            wrong=[
                *summed("(W - 1) * dilation → W - 1 + dilation"),
                *summed("(W - 1) * dilation → W - 1 + dilation", CUT),
            ],
            message="For the zeros in front you add gaps and dilation. Each gap between two taps is a dilation wide.",
        ),
        Misconception(
            name="zeros in front twice",
            wrong=[
                *summed("dilation=dilation → padding=(W - 1) * dilation, dilation=dilation"),
                gated("dilation=dilation → padding=(W - 1) * dilation, dilation=dilation", CUT),
            ],
            message="F.pad puts zeros in front, and `padding=` puts as many there again, and behind. F.pad alone is "
            "enough.",
        ),
        Misconception(
            name="taps in reverse order",
            wrong=gated("weight[:, None] → weight.flip(-1)[:, None]"),
            message="The taps are turned around. The oldest stands first in the kernel, and looks back furthest. "
            "(F.conv1d slides the kernel as it stands.)",
        ),
        Misconception(
            name="a Fourier transform",
            wrong=_by_fourier,
            message="The values are right, but for rounding: each of them is made of all of x. A sample that no tap "
            "reads can move it a little, and section 4 would take that for a lag that is read.",
        ),
        Misconception(
            name="groups forgotten",
            wrong=[
                gated(", groups=D → "),
                gated(f"{IN_FRONT} → x", "dilation=dilation, groups=D → padding=(W - 1) * dilation, dilation=dilation"),
            ],
            message="F.conv1d mixes all channels unless it is told not to. Here each channel has a kernel of its "
            "own: as many groups as channels.",
        ),
        Misconception(
            name="channels that are mixed",
            wrong=[
                gated("weight[:, None] → weight[:, None].expand(D, D, W)", ", groups=D → "),
                gated("weight[:, None] → weight[None].expand(D, D, W)", ", groups=D → "),
            ],
            message="Each channel of the output is made of all channels of x. A channel has a kernel of its own here, "
            "and reads itself alone.",
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
            name="a bias along the steps",
            wrong=gated("bias, dilation=dilation → dilation=dilation", "F.silu(branch) → F.silu(branch + bias)"),
            message="The bias has a number for each channel, and PyTorch lines up *last* axes: it meets the steps. "
            "It needs an axis behind its own.",
        ),
        Misconception(
            name="the bias twice",
            wrong=gated("F.silu(branch) → F.silu(branch + bias[:, None])"),
            message="The bias is added once more to a branch that has it already: F.conv1d adds the bias that it is "
            "given.",
        ),
        Misconception(
            name="the bias once for each tap",
            wrong=[
                gated("bias, dilation=dilation → W * bias, dilation=dilation"),
                gated(  # in a loop that leaves out the taps before the start
                    "bias, dilation=dilation → dilation=dilation",
                    "F.silu(branch) → F.silu("
                    "branch + bias[:, None] * (torch.arange(x.shape[-1]) // dilation + 1).clamp(max=W))",
                ),
            ],
            message="The bias is added with every tap that is read. It belongs to a branch once, outside of the loop "
            "over its taps.",
        ),
        Misconception(
            name="the bias after the activation",
            wrong=[
                gated(
                    "bias, dilation=dilation → dilation=dilation",
                    "F.silu(branch) → (F.silu(branch) + bias[:, None])",
                ),
                gated("bias, dilation=dilation → dilation=dilation", "F.silu(branch) → F.silu(branch) + bias[:, None]"),
            ],
            message="The bias belongs to the convolution. It is added first, then SiLU bends the result.",
        ),
    ],
)
