"""Exercise 1: receptive_field."""

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from math import prod
from operator import mul

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import draw_stack, lags_touched, side_by_side_unless_said


def receptive_field(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> int:
    """The field in samples, now included: largest lag plus one."""
    lags = [(d_conv - 1) * dilation for dilation in dilations]
    return (sum(lags) if stacked else max(lags)) + 1


field = partial(edited, receptive_field)


LAG = "(d_conv - 1) * dilation"
COMBINED = "sum(lags) if stacked else max(lags)"
PLUS_ONE = f"({COMBINED}) + 1"


RECEPTIVE_FIELD = Exercise(
    id="02.receptive_field",
    title="How many samples, now included",
    reference=receptive_field,
    cases=draw_stack,
    apply=side_by_side_unless_said,
    trials=160,  # so many that the largest of three or four stands at each place
    example={"d_conv": 3, "dilations": (1, 4), "stacked": False},
    misconceptions=[
        Misconception(
            name="off by one",
            wrong=field(f"{PLUS_ONE} → {COMBINED}"),
            message="This is the largest lag: how far back the oldest tap reads. The field counts samples, and "
            "the present one is a sample too. From lag 0 to lag 8 there are not 8 samples.",
        ),
        Misconception(
            name="now counted in one arrangement only",
            wrong=[
                field(f"{PLUS_ONE} → sum(lags) if stacked else max(lags) + 1"),
                field(f"{PLUS_ONE} → sum(lags) + 1 if stacked else max(lags)"),
                field(f"{PLUS_ONE} → sum(lags) + 1 if stacked else max(1, *lags)"),
            ],
            message="Only stacked, or only side by side, you count the present sample: `a if stacked else b + 1` adds "
            "1 to b alone. It belongs to the field in either arrangement.",
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
                field(f"{LAG} → d_conv * dilation - 1"),  # the field of one kernel, put together as it should be
                field(f"{LAG} → d_conv * dilation", f"{PLUS_ONE} → ({COMBINED}) - 1"),
                *(
                    field(f"{combined} → {combined.replace('lags', 'd_conv * d for d in dilations')}{less}")
                    for combined in ("sum(lags)", "max(lags)")
                    for less in ("", " - 1")
                ),
            ],
            message="Between four taps there are three gaps. Count the gaps, not the taps.",
        ),
        Misconception(
            name="the dilation taken for the samples in between",
            wrong=[
                field(f"{LAG} → (d_conv - 1) * (dilation + 1)"),
                field(f"{LAG} → (d_conv - 1) * (dilation + 1)", f"{COMBINED} → max(lags)"),
                field(f"{LAG} → (d_conv - 1) * (dilation + 1)", f"{PLUS_ONE} → {COMBINED}"),
                field(f"{LAG} → (d_conv - 1) * (dilation + 1) + 1", f"{PLUS_ONE} → {COMBINED}"),
                field(f"{PLUS_ONE} → d_conv + ({COMBINED})"),
            ],
            message="The dilation is the distance from one tap to the next. With dilation 1 they are neighbours "
            "and no sample lies between them.",
        ),
        Misconception(
            name="now counted for every gap",
            wrong=field(f"{PLUS_ONE} → d_conv - 1 + ({COMBINED})"),
            message="To the largest lag you add d_conv − 1, and the present sample is one. (With the 1 inside the "
            "brackets, the product multiplies it, too.)",
        ),
        Misconception(
            name="the taps themselves left out",
            wrong=[
                field(f"{LAG} → {count} * (dilation - 1)", *rest)
                for count in ("d_conv", "(d_conv - 1)")
                for rest in ([], [f"{PLUS_ONE} → {count} * ((sum(dilations) if stacked else max(dilations)) - 1) + 1"])
            ],
            message="dilation − 1 is how many samples are jumped over in each of the d_conv − 1 gaps. What the taps "
            "read belongs to the field, too.",
        ),
        Misconception(
            name="dilations that multiply",
            wrong=[
                field(f"{PLUS_ONE} → ((d_conv - 1) * prod(dilations) if stacked else max(lags)) + 1", prod=prod),
                field(
                    "sum(lags) if → (d_conv - 1) * sum(accumulate(dilations, mul)) if", accumulate=accumulate, mul=mul
                ),
                field(  # as strides do: the next layer's steps are those of this one, times its dilation
                    "sum(lags) if → (d_conv - 1) * sum(accumulate((1, *dilations[:-1]), mul)) if",
                    accumulate=accumulate,
                    mul=mul,
                ),
            ],
            message="You multiply the dilations of the layers. A path through them takes one step after the other: "
            "the lags add up.",
            where=lambda d_conv, dilations, stacked: len(dilations) > 1,  # with one layer nothing is multiplied
        ),
        Misconception(
            name="the dilation left out",
            wrong=[
                field(f"{LAG} → d_conv - 1"),
                field(f"{PLUS_ONE} → d_conv"),
                field(f"{PLUS_ONE} → (d_conv - 1) * len(dilations) + 1"),
            ],
            message="The dilations make no difference, however large they are. How far apart are the taps?",
        ),
        Misconception(
            name="one gap alone",
            wrong=[field(f"{LAG} → dilation"), field(f"{LAG} → dilation", f"{PLUS_ONE} → {COMBINED}")],
            message="Each kernel looks back by one dilation here: with two taps it does. How many gaps are there "
            "between d_conv taps?",
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
            wrong=[
                field(f"{LAG} → {LAG} + 1", f"{PLUS_ONE} → {COMBINED}"),
                field("sum(lags) if → sum(lags) + len(lags) if"),  # to the 1 that a loop begins with
            ],
            message="Each field counts its own present sample. In a stack these are one and the same sample, and "
            "it may count only once. Add the lags first.",
        ),
        Misconception(
            name="now counted twice",
            wrong=field(f"{LAG} → {LAG} + 1"),
            message="The field of a single kernel comes out one sample too large: the present sample is counted with "
            "the kernel, and once more at the end. It counts once.",
        ),
        Misconception(
            name="now taken off once",
            wrong=field("sum(lags) if → sum(lags) + len(lags) - 2 if"),
            message="You add the fields of the layers and take one sample off, however many layers there are. Each "
            "field counts its own present sample, and in a stack these are one and the same.",
        ),
        Misconception(
            name="the fields added, stacked or not",
            wrong=field(f"{LAG} → {LAG} + 1", f"{PLUS_ONE} → sum(lags)"),
            message="This adds the fields of all kernels, whatever `stacked` says. Side by side, the one that "
            "reads furthest decides. In a stack the present sample, which each field counts, counts only once.",
        ),
        Misconception(
            name="d_conv samples to begin with",
            wrong=field("sum(lags) if → d_conv - 1 + sum(lags) if"),
            message="Your stack is d_conv − 1 samples too long, as if there were one more layer. Before the first "
            "layer only the present sample is seen: begin with 1, and let every layer add its own steps back.",
        ),
        Misconception(
            name="a sum in the place of a product",
            wrong=[
                field(f"{PLUS_ONE} → d_conv + (sum(dilations) if stacked else max(dilations))"),
                field(f"{PLUS_ONE} → d_conv - 1 + (sum(dilations) if stacked else max(dilations))"),
            ],
            message="Taps and dilations are added. But each gap between two taps is a dilation wide: how many gaps "
            "are there?",
        ),
        Misconception(
            name="one layer of the stack",
            wrong=[field("sum(lags) if → lags[0] if"), field("sum(lags) if → lags[-1] if")],
            message="In a stack you take the steps back of one layer, the first or the last. They follow one another: "
            "all count. (A `return` inside a loop ends it in its first round.)",
        ),
        Misconception(
            name="a layer left out",
            wrong=[
                field("sum(lags) if → sum(lags[1:]) if"),
                field("sum(lags) if → sum(lags[:-1]) if"),
                field("sum(lags) if → d_conv - 1 + sum(lags[1:]) if"),
            ],
            message="The first or the last layer of the stack is missing in the sum, or its dilation is. All of them "
            "count: a list is counted from 0, and a range stops before its end.",
        ),
        Misconception(
            name="equal dilations counted once",
            wrong=field("for dilation in dilations → for dilation in set(dilations)"),
            message="A stack may have two layers with the same dilation, and both look back. A `set` keeps one "
            "of them.",
        ),
        Misconception(
            name="a tuple times a number",
            wrong=field(f"[{LAG} for dilation in dilations] → (d_conv - 1) * dilations"),
            message="In Python a number times a tuple repeats the tuple: 2 * (1, 4) is (1, 4, 1, 4). Multiply what "
            "stands in it, one dilation at a time.",
        ),
        Misconception(
            name="stacked layers multiplied",
            wrong=[
                field("sum(lags) if → prod(lag + 1 for lag in lags) - 1 if", prod=prod),
                field("sum(lags) if → prod(lags) if", prod=prod),
            ],
            message="Layers that follow one another add their steps back. The number of *paths* multiplies, and "
            "several may end at the same sample.",
        ),
        Misconception(
            name="the paths counted",
            wrong=[
                field("return → return d_conv ** len(dilations) if stacked else"),
                field(f"{PLUS_ONE} → d_conv ** len(dilations)"),
            ],
            message="d_conv to the power of the layers is how many paths a stack has. The field is a span: it "
            "depends on the dilations, and two paths may end at the same sample.",
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
            name="the largest dilation in every layer",
            wrong=field("sum(lags) if → len(lags) * max(lags) if"),
            message="In a stack you give all layers the largest dilation. Each layer has its own, and looks back so "
            "far and no further.",
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
            wrong=[
                field(f"{LAG} → d_conv - 1 * dilation"),
                field(f"{PLUS_ONE} → d_conv - 1 * (sum(dilations) if stacked else max(dilations)) + 1"),
            ],
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
            "(8, 1). (A `return` inside a loop ends it in its first round.)",
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
)
