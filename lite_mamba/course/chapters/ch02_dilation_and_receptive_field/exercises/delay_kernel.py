"""Exercise 5: delay_kernel."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lite_mamba import causal_dilated_conv1d_fn

from ....checking.compare import Facts, describe
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def delay_kernel(delay: int, d_conv: int) -> tuple[Tensor, int]:
    """One tap of 1, the oldest; the dilation puts it `delay` samples back. d_conv − 1 divides delay."""
    weight = torch.zeros(d_conv)  # (W,)
    weight[0] = 1.0
    return weight, delay // (d_conv - 1)


def draw_delay(draw: Draw) -> dict[str, Any]:
    d_conv = draw.size(2, 5)
    widest = draw.in_turn([8, 40])  # dilations: a slider goes to 16, and a cell needs 17
    return {"delay": (d_conv - 1) * draw.size(1, widest), "d_conv": d_conv}


def run_delay(function: Callable[[int, int], tuple[Tensor, int]], delay: int, d_conv: int) -> Facts | None:
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
    lag = (len(weight) - 1) * dilation
    return Facts("a tuple of 2", {"the number of taps": len(weight), "the output": y, "the history": lag})


delayed = partial(edited, delay_kernel)


DELAY_KERNEL = Exercise(
    id="02.delay_kernel",
    title="A pure delay from one branch",
    reference=delay_kernel,
    cases=draw_delay,
    apply=run_delay,
    rtol=0,  # a later cell compares bit for bit
    atol=0,
    example={"delay": 6, "d_conv": 4},
    misconceptions=[
        Misconception(
            name="the newest tap",
            wrong=[
                delayed("weight[0] → weight[-1]"),
                delayed("weight[0] → weight[-1]", "delay // (d_conv - 1) → delay"),
                delayed("weight[0] → weight[-1]", "delay // (d_conv - 1) → delay // d_conv"),
                delayed("weight[0] → weight[-1]", "delay // (d_conv - 1) → 1"),
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
            name="divided by more than the gaps",
            wrong=[
                delayed("delay // (d_conv - 1) → delay // d_conv"),
                delayed("delay // (d_conv - 1) → max(1, delay // d_conv)"),
                delayed("delay // (d_conv - 1) → -(-delay // d_conv)"),
                delayed("delay // (d_conv - 1) → (delay + 1) // d_conv"),
                delayed("delay // (d_conv - 1) → round(delay / d_conv)"),
                delayed("delay // (d_conv - 1) → delay // d_conv + 1"),
                delayed("delay // (d_conv - 1) → delay // (d_conv + 1)"),
            ],
            message="You divide by d_conv or more, and the delay comes out too short. d_conv taps have d_conv − 1 gaps "
            "between them.",
            where=lambda delay, d_conv: delay > d_conv,  # a shorter one may give the dilation 0, and no delay comes out
        ),
        Misconception(
            name="the taps, and a decimal point",
            wrong=delayed("delay // (d_conv - 1) → delay / d_conv"),
            message="`/` makes a float, and a dilation counts samples: `//` gives an integer. And you divide by the "
            "taps: d_conv of them have d_conv − 1 gaps between them.",
        ),
        Misconception(
            name="brackets around the gaps forgotten",
            wrong=delayed("delay // (d_conv - 1) → delay // d_conv - 1"),
            message="The division comes before the minus: delay // d_conv - 1 is one less than delay // d_conv. The "
            "delay is divided by the gaps, and there are d_conv − 1 of them.",
        ),
        Misconception(
            name="the taps in between counted",
            wrong=[
                delayed("delay // (d_conv - 1) → delay // (d_conv - 2)"),
                delayed("delay // (d_conv - 1) → delay // max(1, d_conv - 2)"),
            ],
            message="You divide by d_conv − 2: so many taps stand between the newest and the oldest. Count the gaps on "
            "the way from one to the other.",
        ),
        Misconception(
            name="a difference in the place of a quotient",
            wrong=[
                delayed("delay // (d_conv - 1) → delay - (d_conv - 1)"),
                delayed("delay // (d_conv - 1) → delay - d_conv"),
            ],
            message="You take d_conv, or the number of gaps, off the delay. All gaps together make the delay, and they "
            "are equally wide: how wide is one?",
        ),
        Misconception(
            name="the division upside down",
            wrong=delayed("delay // (d_conv - 1) → (d_conv - 1) // delay"),
            message="The gaps are divided by the delay here. All gaps together make the delay: how large is one?",
        ),
        Misconception(
            name="the delay multiplied",
            wrong=[
                delayed("delay // (d_conv - 1) → delay * (d_conv - 1)"),
                delayed("delay // (d_conv - 1) → delay * d_conv"),
            ],
            message="The delay comes out too long. All gaps together make the delay, so that one of them is smaller "
            "than it, or as large.",
        ),
        Misconception(
            name="a fixed number of taps",
            wrong=[
                delayed(f"torch.zeros(d_conv) → torch.zeros({taps})", *gaps)
                for taps in (3, 4)
                for gaps in ((), (f"delay // (d_conv - 1) → delay // {taps - 1}",))
            ],
            message="Your kernel always has the same number of taps, whatever `d_conv` says. It is wanted for any "
            "number of taps from 2 on.",
        ),
        Misconception(
            name="a fixed number of gaps",
            wrong=[
                delayed("delay // (d_conv - 1) → delay // 2"),
                delayed("delay // (d_conv - 1) → delay // 3"),
            ],
            message="You divide by a fixed number of gaps, whatever `d_conv` says. The case worked by hand has three "
            "taps, and this kernel has d_conv.",
        ),
        Misconception(
            name="one tap too few",
            wrong=delayed("torch.zeros(d_conv) → torch.zeros(d_conv - 1)"),
            message="Your kernel has d_conv − 1 taps: so many gaps there are between d_conv of them.",
        ),
        Misconception(
            name="the tap beside the oldest",
            wrong=delayed("weight[0] → weight[1]"),
            message="Python counts from 0: weight[1] is the second oldest tap, one gap nearer to now. The delay "
            "comes out too short.",
        ),
        Misconception(
            name="the tap in the middle",
            wrong=[delayed(f"weight[0] → weight[{middle}]") for middle in ("d_conv // 2", "(d_conv - 1) // 2")],
            message="A causal kernel is not centred: the tap in the middle looks back less far than the oldest one. "
            "Which place has the oldest?",
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
            name="a dilation without the delay",
            wrong=[
                *(delayed(f"delay // (d_conv - 1) → {one}") for one in ("1", "2", "d_conv - 1", "d_conv")),
                delayed("weight[0] → weight[d_conv - 1 - delay]", "delay // (d_conv - 1) → 1"),
            ],
            message="Your dilation is the same for every delay. How far apart must the taps be for the oldest one to "
            "be `delay` samples old?",
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
            wrong=[
                delayed(f"torch.zeros(d_conv) → torch.zeros({taps})", "delay // (d_conv - 1) → 1")
                for taps in ("delay + 1", "delay")
            ],
            message="It delays, but with a weight for every sample. You have d_conv of them; a gap between taps is "
            "free.",
        ),
        Misconception(
            name="the gaps twice",
            wrong=delayed("torch.zeros(d_conv) → torch.zeros(delay + 1)"),
            message="Your kernel has the gaps in it already, as zeros, and the dilation opens them once more. The "
            "kernel has d_conv taps, and the dilation alone pulls them apart.",
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
            message="In Python 6 / 3 is a float, 2.0, and a dilation counts samples. 6 // 3 is the integer 2.",
        ),
        Misconception(
            name="a dilation that is one too large",
            wrong=[
                delayed("delay // (d_conv - 1) → delay // (d_conv - 1) + 1"),
                delayed("delay // (d_conv - 1) → (delay + 1) // (d_conv - 1)"),
            ],
            message="The dilation is one too large: the delay becomes d_conv − 1 samples longer. A dilation is a "
            "distance; now is not counted in it.",
        ),
        Misconception(
            name="a dilation that is one too small",
            wrong=[
                delayed("delay // (d_conv - 1) → delay // (d_conv - 1) - 1"),
                delayed("delay // (d_conv - 1) → max(1, delay // (d_conv - 1) - 1)"),
            ],
            message="The dilation is one too small, and the delay comes out d_conv − 1 samples too short. The lag "
            "of the oldest tap has to be the delay itself: now is lag 0, so nothing is taken off.",
        ),
        Misconception(
            name="taps that are no floats",
            wrong=delayed("torch.zeros(d_conv) → torch.zeros(d_conv, dtype=torch.int64)"),
            message="The taps are integers, truth values or complex. Samples are floats, and F.conv1d does not mix "
            "them. torch.zeros without a dtype makes floats, and so does torch.tensor of 1.0.",
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
                    "weight[:, None], delay // (d_conv - 1)",
                    "weight, delay // (d_conv - 1), delay",
                    "weight.tolist(), delay // (d_conv - 1)",
                    "torch.eye(d_conv), delay // (d_conv - 1)",
                    "weight, (delay // (d_conv - 1),)",
                    "weight, [delay // (d_conv - 1)]",
                    "weight.numpy(), delay // (d_conv - 1)",
                    "{'weight': weight, 'dilation': delay // (d_conv - 1)}",
                    "weight, torch.tensor(delay // (d_conv - 1))",
                    "weight, torch.tensor(delay / (d_conv - 1))",
                    "weight, None",
                    "delay // (d_conv - 1)",
                )
            ],
            message="Two things are wanted, in this order: the taps, a tensor of the shape (W,), and the dilation, "
            "a Python integer.",
        ),
    ],
)
