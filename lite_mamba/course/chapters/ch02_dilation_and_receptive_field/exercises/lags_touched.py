"""Exercise 3: lags_touched."""

from collections.abc import Sequence
from functools import partial
from itertools import accumulate, chain, product
from math import prod
from operator import mul

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .receptive_field import receptive_field
from .shared import draw_stack, lags_touched, side_by_side_unless_said


def lags_of_all_paths(
    d_conv: int, dilations: Sequence[int], stacked: bool = False, oldest_first: bool = False
) -> list[int]:
    """Each path gives a lag, so that some come several times."""
    per_branch = [[k * dilation for k in range(d_conv)][:: -1 if oldest_first else 1] for dilation in dilations]
    if not stacked:
        return list(chain(*per_branch))
    reached = [0]
    for own in per_branch:
        reached = [lag + more for lag in reached for more in own]
    return reached


def _paths(d_conv: int, dilations: Sequence[int]) -> list[tuple[int, ...]]:
    return list(product(*([k * dilation for k in range(d_conv)] for dilation in dilations)))


def _in_all(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    own = [set(range(0, d_conv * dilation, dilation)) for dilation in dilations]
    return lags_touched(d_conv, dilations, True) if stacked else sorted(set.intersection(*own))


def _to_the_end(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    field = receptive_field(d_conv, dilations, stacked)
    return sorted({lag for dilation in dilations for lag in range(0, field, dilation)})


def _from_its_own(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    reached = {0}
    for dilation in dilations:
        for k in range(d_conv):
            reached |= {lag + k * dilation for lag in (reached if stacked else {0})}
    return sorted(reached)


read = partial(edited, lags_touched)


SIDE_FROM_NOTHING = "reached = {0} → reached = {0} if stacked else set()"


LAGS_TOUCHED = Exercise(
    id="02.lags_touched",
    title="Which lags are read",
    reference=lags_touched,
    cases=draw_stack,
    apply=side_by_side_unless_said,
    example={"d_conv": 2, "dilations": (1, 3), "stacked": False},
    trials=80,
    misconceptions=[
        Misconception(
            name="a field without holes",
            wrong=[
                lambda d_conv, dilations, stacked=False: list(range(receptive_field(d_conv, dilations, stacked))),
                read("sorted(reached) → sorted(reached) if stacked else list(range(max(reached) + 1))"),
            ],
            message="These are all lags inside the field. A branch with dilation 3 jumps over the samples between "
            "its taps. List the lags of each branch first.",
        ),
        Misconception(
            name="a stack without holes",
            wrong=read("return sorted(reached) → return list(range(max(reached) + 1)) if stacked else sorted(reached)"),
            message="Layers in a stack reach many lags, but not always all: two taps with dilation 3 in each of "
            "two layers give 0, 3 and 6. Which sums are possible?",
        ),
        Misconception(
            name="lags counted twice",
            wrong=[
                lambda *case, **named: sorted(lags_of_all_paths(*case, **named)),
                lags_of_all_paths,
                lambda d_conv, dilations, stacked=False: (
                    sorted(lags_of_all_paths(d_conv, dilations, True)) if stacked else lags_touched(d_conv, dilations)
                ),
                lambda d_conv, dilations, stacked=False: (
                    lags_touched(d_conv, dilations, True) if stacked else sorted(lags_of_all_paths(d_conv, dilations))
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
                lambda *case, **named: list(dict.fromkeys(lags_of_all_paths(*case, **named, oldest_first=True))),
                lambda d_conv, dilations, stacked=False: (
                    lags_touched(d_conv, dilations, True)
                    if stacked
                    else list(dict.fromkeys(lags_of_all_paths(d_conv, dilations)))
                ),
                lambda d_conv, dilations, stacked=False: (
                    list(dict.fromkeys(lags_of_all_paths(d_conv, dilations, True)))
                    if stacked
                    else lags_touched(d_conv, dilations)
                ),
            ],
            message="These are the right lags in another order. They are wanted from small to large. (A Python "
            "`set` promises no order.)",
        ),
        Misconception(
            name="now left out",
            wrong=[
                read("sorted(reached) → sorted(reached)[1:]"),
                read(SIDE_FROM_NOTHING, "range(d_conv) → range(1, d_conv)"),
                read("sorted(reached) → sorted(reached)[0 if stacked else 1 :]"),
                read("sorted(reached) → sorted(reached)[1 if stacked else 0 :]"),
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
                lambda d_conv, dilations, stacked=False: lags_touched(d_conv, dilations[:1], stacked),
                lambda d_conv, dilations, stacked=False: lags_touched(d_conv, dilations[-1:], stacked),
            ],
            message="Side by side you list the lags of one branch. A lag is read if *any* branch reads it: join "
            "them all. (A `return` inside a loop ends it in its first round.)",
        ),
        Misconception(
            name="a kernel left out",
            wrong=[
                read(f"in dilations: → in {all_but_one}:")
                for part in ("[1:]", "[:-1]")
                for all_but_one in (
                    f"dilations{part}",
                    f"(dilations{part} if stacked else dilations)",
                    f"(dilations if stacked else dilations{part})",
                )
            ],
            message="One branch or layer is missing, the first or the last. They are counted from 0, and a range stops "
            "before its end.",
            where=lambda d_conv, dilations, stacked: stacked or len(dilations) > 1,
        ),
        Misconception(
            name="lags that are not kept",
            wrong=[
                read("reached | own → reached"),
                read("{lag + more for lag in reached for more in own} if → reached if"),
                read("sorted(reached) → [0]"),
            ],
            message="Only lag 0 is left, side by side or in a stack. (`a.union(b)` and `a | b` make a new set, and a "
            "stays as it is. `a.update(b)` and `a |= b` put b into a.)",
        ),
        Misconception(
            name="branches without an end",
            wrong=[
                _to_the_end,
                lambda d_conv, dilations, stacked=False: (
                    lags_touched(d_conv, dilations, True) if stacked else _to_the_end(d_conv, dilations)
                ),
            ],
            message="Each branch goes on in its steps to the end of the whole field. It has d_conv taps: its own "
            "oldest one stands (d_conv − 1)·d samples back.",
        ),
        Misconception(
            name="lags that all branches read",
            wrong=_in_all,
            message="You keep the lags that every branch reads. One branch is enough.",
        ),
        Misconception(
            name="the newest and the oldest tap alone",
            wrong=[
                read("for k in range(d_conv)} → for k in (0, d_conv - 1)}"),
                read("for k in range(d_conv)} → for k in ((0, d_conv - 1) if stacked else range(d_conv))}"),
            ],
            message="Of each kernel you take the first and the last tap. Those in between read samples, too.",
        ),
        Misconception(
            name="the oldest tap alone",
            wrong=[
                read("range(d_conv) → [d_conv - 1]", SIDE_FROM_NOTHING),
                read("range(d_conv) → [d_conv - 1]"),
                lambda d_conv, dilations, stacked=False: sorted({(d_conv - 1) * d for d in dilations}),
                lambda d_conv, dilations, stacked=False: sorted(
                    {0, *((d_conv - 1) * d for d in (accumulate(dilations) if stacked else dilations))}
                ),
            ],
            message="Of each kernel you take the lag of its oldest tap. That one decides how large the field is; the "
            "other taps read samples, too.",
        ),
        Misconception(
            name="the holes",
            wrong=read("return sorted(reached) → return [lag for lag in range(max(reached)) if lag not in reached]"),
            message="These are the lags that are *not* read. The task asks for those that are.",
        ),
        Misconception(
            name="one tap too many",
            wrong=[read(f"range(d_conv) → range(d_conv + {more})") for more in ("1", "stacked", "(not stacked)")],
            message="d_conv taps have the lags 0·d to (d_conv − 1)·d. `range(d_conv + 1)` goes one tap further.",
        ),
        Misconception(
            name="four taps whatever is asked",
            wrong=read("range(d_conv) → range(4)"),
            message="You count with four taps, whatever `d_conv` says.",
        ),
        Misconception(
            name="the dilation taken for the samples in between",
            wrong=read("k * dilation → k * (dilation + 1)"),
            message="From tap to tap you go dilation + 1 samples back. The dilation is the distance from one tap to "
            "the next: with dilation 1 they are neighbours.",
        ),
        Misconception(
            name="one tap too few",
            wrong=[
                *(
                    read(f"range(d_conv) → range({taps})")
                    for taps in ("max(1, d_conv - 1)", "d_conv - 1", "d_conv - stacked", "d_conv - (not stacked)")
                ),
                *(
                    read(f"range(d_conv) → range({taps})", SIDE_FROM_NOTHING)
                    for taps in ("d_conv - 1", "d_conv - (not stacked)")
                ),
            ],
            message="The oldest tap is missing. d_conv taps have the lags 0·d to (d_conv − 1)·d, and a range stops "
            "before its end.",
        ),
        Misconception(
            name="a range without its step",
            wrong=[
                read("{k * dilation for k in range(d_conv)} → set(range(d_conv * dilation))"),
                read(
                    "{k * dilation for k in range(d_conv)} → "
                    "set(range(0, d_conv * dilation, dilation if stacked else 1))"
                ),
            ],
            message="Every lag is listed, one after the other. Those of a kernel stand a dilation apart: a range can "
            "go in steps.",
        ),
        Misconception(
            name="a range that ends at d_conv",
            wrong=read("{k * dilation for k in range(d_conv)} → set(range(0, d_conv, dilation))"),
            message="The lags stop below d_conv. That is how many taps there are; the last of them stands "
            "(d_conv − 1)·d samples back.",
        ),
        Misconception(
            name="taps counted from one",
            wrong=[
                read(f"range(d_conv) → range({one}, d_conv + {one})", SIDE_FROM_NOTHING)
                for one in ("1", "stacked", "(not stacked)")
            ],
            message="Here the newest tap already looks one dilation back. It reads the present sample: its lag is 0.",
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
            message="Side by side, a path goes through one branch only. Nothing is added up unless `stacked` says so.",
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
            name="taps of whatever layer",
            wrong=[
                lambda d_conv, dilations, stacked=False: (
                    sorted({a + b for a in lags_touched(d_conv, dilations) for b in lags_touched(d_conv, dilations)})
                    if stacked
                    else lags_touched(d_conv, dilations)
                ),
                lambda d_conv, dilations, stacked=False: (
                    sorted(set(map(sum, product(lags_touched(d_conv, dilations), repeat=len(dilations)))))
                    if stacked
                    else lags_touched(d_conv, dilations)
                ),
            ],
            message="In a stack you add lags out of all of them, from whatever layers. A path takes one tap in "
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
            where=lambda d_conv, dilations, stacked: d_conv > 1,  # a single tap is the oldest, and every path takes it
        ),
        Misconception(
            name="layers laid end to end",
            wrong=read(
                "return sorted → return sorted({(d_conv - 1) * sum(dilations[:i]) + k * d "
                "for i, d in enumerate(dilations) for k in range(d_conv)}) if stacked else sorted"
            ),
            message="In a stack you let each layer begin where the oldest tap of the layers before it stands. A path "
            "may take any tap there: from every lag reached so far the next layer goes on.",
        ),
        Misconception(
            name="a layer that goes on from its own lags",
            wrong=_from_its_own,
            message="In a stack you add the taps of a layer to lags that the same layer has just reached. A path takes "
            "one tap of each layer: keep what the layers before have reached apart from what this one adds.",
        ),
        Misconception(
            name="a layer that comes in twice",
            wrong=[
                read("reached = {0} → reached = {k * dilations[0] for k in range(d_conv)}"),
                read("range(d_conv)} → range(d_conv)}; reached |= own"),
            ],
            message="In a stack the lags of one layer, or of each, get into what was reached before they are added to "
            "it. A path takes one tap of every layer, and not two.",
        ),
        Misconception(
            name="dilations that add up",
            wrong=read(
                "in dilations: → in accumulate(dilations) if stacked else dilations:",
                "more in own} if stacked → more in own} if False",
                accumulate=accumulate,
            ),
            message="In a stack you add up the dilations. What adds up along a path are lags: it may take any tap of "
            "each layer.",
        ),
        Misconception(
            name="dilations that multiply",
            wrong=[
                read(
                    "in dilations: → in accumulate(dilations, mul) if stacked else dilations:",
                    *only,
                    accumulate=accumulate,
                    mul=mul,
                )
                for only in ((), ("more in own} if stacked → more in own} if False",))
            ]
            + [
                read(
                    "return sorted → return [k * prod(dilations) for k in range(d_conv)] if stacked else sorted",
                    prod=prod,
                ),
                lambda d_conv, dilations, stacked=False: (
                    sorted(set(map(prod, _paths(d_conv, dilations)))) if stacked else lags_touched(d_conv, dilations)
                ),
            ],
            message="In a stack you multiply the dilations of the layers, or the lags. A path through them takes one "
            "step after the other: the lags add up.",
        ),
        Misconception(
            name="paths that are not added up",
            wrong=lambda d_conv, dilations, stacked=False: (
                _paths(d_conv, dilations) if stacked else lags_touched(d_conv, dilations)
            ),
            message="In a stack you list the paths, each with a lag for every layer. How far back a path reads is the "
            "sum of these.",
        ),
        Misconception(
            name="equal dilations counted once",
            wrong=read("in dilations: → in set(dilations):"),
            message="A stack may have two layers with the same dilation, and a path goes through both. A `set` keeps "
            "one of them.",
        ),
        Misconception(
            name="one kernel in the place of all",
            wrong=lambda d_conv, dilations, stacked=False: lags_touched(
                d_conv, [sum(dilations) if stacked else max(dilations)]
            ),
            message="You list the lags of a single kernel, with the largest dilation, or with the sum of all. Such a "
            "kernel has the same field, but the other kernels read samples in between.",
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
            name="the dilation left out",
            wrong=[read("k * dilation → k"), read("sorted(reached) → list(range(d_conv))")],
            message="These are the lags of neighbouring taps. Taps that stand apart have the lags 0, d, 2·d and so on.",
        ),
        Misconception(
            name="a list for each kernel",
            wrong=[
                lambda d_conv, dilations, stacked=False: [[k * d for k in range(d_conv)] for d in dilations],
                lambda d_conv, dilations, stacked=False: (
                    lags_touched(d_conv, dilations, True)
                    if stacked
                    else [[k * d for k in range(d_conv)] for d in dilations]
                ),
            ],
            message="Each kernel has a list of its own here. The task asks for one list of numbers: side by side, "
            "join them; stacked, add them up along each path.",
        ),
        Misconception(
            name="lags counted from one",
            wrong=read("sorted(reached) → [lag + 1 for lag in sorted(reached)]"),
            message="Every lag is one too large. It counts steps back, and to the present sample there are none.",
        ),
        Misconception(
            name="a sum in the place of a product",
            wrong=[
                read("k * dilation → k + dilation", SIDE_FROM_NOTHING),
                read("k * dilation → k + dilation"),
            ],
            message="You add the dilation to the number of the tap. From every tap to the next it is a whole dilation "
            "more.",
        ),
        Misconception(
            name="positions in place of lags",
            wrong=read("sorted(reached) → sorted(max(reached) - lag for lag in reached)"),
            message="These are places, counted from the oldest sample of the field. A lag is counted back from now: "
            "the present sample has lag 0.",
        ),
        Misconception(
            name="lags below zero",
            wrong=[
                read("k * dilation → -k * dilation"),
                read("return sorted(reached) → return [-lag for lag in sorted(reached)]"),
            ],
            message="A lag counts steps back, and is not negative: the sample with lag 3 stands at t − 3.",
        ),
        Misconception(
            name="the dilations taken for the lags",
            wrong=[
                read("sorted(reached) → sorted({*dilations, 0})"),
                read("sorted(reached) → sorted({*dilations})"),
                read("range(d_conv) → range(2)"),
                read("range(d_conv) → range(2 if stacked else d_conv)"),
            ],
            message="A dilation is the distance of two neighbouring taps. A kernel has d_conv taps, and so d_conv "
            "lags: multiples of its dilation.",
        ),
    ],
)
