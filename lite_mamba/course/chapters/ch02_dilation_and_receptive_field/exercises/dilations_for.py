"""Exercise 6: dilations_for."""

from functools import partial
from typing import Any

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def dilations_for(lag: int, d_conv: int) -> list[int]:
    """The dilations at which one of d_conv taps has this lag, from small to large."""
    return [dilation for dilation in range(1, lag + 1) if lag % dilation == 0 and lag // dilation < d_conv]


def draw_lag(draw: Draw) -> dict[str, Any]:
    lag = draw.size(1, draw.choice([48, 48, 200]))  # the recording asks for 142: no list of dilations ends before
    return {"lag": lag, "d_conv": draw.size(2, draw.choice([6, 12]))}


def _cut_in_its_loop(lag: int, d_conv: int) -> list[int]:
    found = list(range(1, lag + 1))
    for dilation in found:
        if dilation not in dilations_for(lag, d_conv):
            found.remove(dilation)
    return found


def _leaves_a_remainder(lag: int, d_conv: int) -> bool:
    return any(lag % gaps for gaps in range(1, d_conv))


chosen = partial(edited, dilations_for)


DILATIONS_FOR = Exercise(
    id="02.dilations_for",
    title="Dilations that read a lag",
    reference=dilations_for,
    cases=draw_lag,
    example={"lag": 6, "d_conv": 4},
    trials=80,  # a search that begins below lag / (d_conv − 1) is wrong at few lags only
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
            name="the field taken for the lag",
            wrong=[
                chosen("lag // dilation < d_conv → (d_conv - 1) * dilation + 1 >= lag"),
                lambda lag, d_conv: dilations_for(lag - 1, d_conv),
                lambda lag, d_conv: dilations_for(lag + 1, d_conv),
            ],
            message="One is added or taken off, as between a lag and a field. A field counts the present sample, a "
            "lag does not: how many dilations make the lag itself?",
            where=lambda lag, d_conv: lag > 1,
        ),
        Misconception(
            name="a limit rounded down",
            wrong=[
                chosen("lag // dilation < d_conv → dilation >= lag // (d_conv - 1)"),
                chosen("lag // dilation < d_conv → True", "range(1, lag + 1) → range(lag // (d_conv - 1), lag + 1)"),
            ],
            message="Your smallest dilation is lag // (d_conv - 1), and `//` rounds down. With fewer samples from tap "
            "to tap the oldest one does not reach the lag.",
        ),
        Misconception(
            name="a remainder that is ignored",
            wrong=[
                chosen("lag % dilation == 0 and → "),
                lambda lag, d_conv: sorted({lag // gaps for gaps in range(1, d_conv)}),
                lambda lag, d_conv: [lag // gaps for gaps in range(1, d_conv)],
                lambda lag, d_conv: list(dict.fromkeys(lag // gaps for gaps in range(1, d_conv))),
                lambda lag, d_conv: sorted(lag // gaps for gaps in range(1, d_conv)),
                lambda lag, d_conv: sorted({round(lag / gaps) for gaps in range(1, d_conv)}),
                lambda lag, d_conv: sorted({-(-lag // gaps) for gaps in range(1, d_conv)}),
            ],
            message="The lag has to be a whole multiple of the dilation. Where the division leaves a remainder, no "
            "tap stands on the lag.",
            where=_leaves_a_remainder,  # 6 of four taps leaves none: there an unsorted list is wrong by its order alone
        ),
        Misconception(
            name="gaps and dilations exchanged",
            wrong=[
                lambda lag, d_conv: [gaps for gaps in range(1, d_conv) if lag % gaps == 0],
                lambda lag, d_conv: [gaps for gaps in range(1, d_conv + 1) if lag % gaps == 0],
                chosen("[dilation for → [lag // dilation for"),
            ],
            message="The number of taps limits the *gaps* between now and the tap that reads the lag, and not the "
            "dilation. If what you list are numbers of gaps: which dilation goes with each of them?",
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
            name="the lag itself alone",
            wrong=chosen("lag % dilation == 0 → dilation % lag == 0"),
            message="You give the lag itself, with which the tap beside the newest reads it. Other taps may read it, "
            "with smaller dilations. (Which has to divide the other? `dilation % lag` is 0 for the lag alone.)",
        ),
        Misconception(
            name="a part of a sample",
            wrong=[
                lambda lag, d_conv: sorted(lag / gaps for gaps in range(1, d_conv)),
                lambda lag, d_conv: [lag / gaps for gaps in range(1, d_conv)],
            ],
            message="Some of these dilations are no whole numbers. A dilation counts samples: keep the divisions that "
            "leave no remainder.",
            where=_leaves_a_remainder,
        ),
        Misconception(
            name="four taps whatever is asked",
            wrong=chosen("lag // dilation < d_conv → lag // dilation < 4"),
            message="You count with four taps, whatever `d_conv` says.",
        ),
        Misconception(
            name="a list cut while a loop goes through it",
            wrong=_cut_in_its_loop,
            message="The loop goes through a list that loses items: after each of them it jumps over the next one. "
            "Put what you keep into a new list.",
        ),
        Misconception(
            name="a range that begins with 0",
            wrong=[
                chosen("range(1, lag + 1) → range(lag + 1)"),
                lambda lag, d_conv: sorted(lag / gaps for gaps in range(d_conv)),
            ],
            message="range(n) begins at 0, and nothing can be divided by 0. A dilation is at least 1, and from now to "
            "a tap that looks back there is at least one gap.",
        ),
        Misconception(
            name="either condition",
            wrong=chosen("== 0 and → == 0 or"),
            message="A dilation that meets one of the conditions passes. The lag must be a multiple, *and* there "
            "must be a tap for it.",
        ),
        Misconception(
            name="as many dilations as taps",
            wrong=[
                chosen("range(1, lag + 1) → range(1, d_conv)"),
                chosen("range(1, lag + 1) → range(1, d_conv + 1)"),
            ],
            message="No dilation that you try is larger than d_conv. How many taps there are limits the gaps, not the "
            "distance between two taps: it may be as large as the lag.",
        ),
        Misconception(
            name="powers of two alone",
            wrong=[
                chosen("range(1, lag + 1) → [2**i for i in range(9)]"),
                chosen("range(1, lag + 1) → (1, 2, 4, 8)"),
            ],
            message="You try 1, 2, 4, 8 and the like. Any whole number may be a dilation, such as 3 or 6.",
        ),
        Misconception(
            name="the oldest tap only",
            wrong=[
                chosen("lag // dilation < d_conv → lag // dilation == d_conv - 1"),
                lambda lag, d_conv: [lag // (d_conv - 1)],
            ],
            message="You ask about the oldest tap only. Any other tap may be the one that reads the lag, too.",
        ),
        Misconception(
            name="one dilation alone",
            wrong=[
                lambda lag, d_conv: dilations_for(lag, d_conv)[:1],
                lambda lag, d_conv: dilations_for(lag, d_conv)[0],
                lambda lag, d_conv: dilations_for(lag, d_conv)[-1],
            ],
            message="You give one of them. Each tap but the newest may be the one that reads the lag, with a "
            "dilation of its own: list them all.",
        ),
        Misconception(
            name="a loop that ends in its first round",
            wrong=lambda lag, d_conv: [1] if lag < d_conv else [],
            message="Only the dilation 1 was looked at. A `return` inside a loop ends it in its first round.",
        ),
        Misconception(
            name="from large to small",
            wrong=chosen("range(1, lag + 1) → range(lag, 0, -1)"),
            message="These are the right dilations, from large to small. They are wanted from small to large.",
        ),
        Misconception(
            name="a search that stops at the root",
            wrong=chosen("range(1, lag + 1) → range(1, math.isqrt(lag) + 1)"),
            message="You stop at the root of the lag. Its large divisors count here: with few taps, it is they that "
            "reach the lag.",
        ),
        Misconception(
            name="what leaves a remainder",
            wrong=[
                chosen("lag % dilation == 0 → lag % dilation != 0"),
                lambda lag, d_conv: [lag // gaps for gaps in range(1, d_conv) if lag % gaps],
                lambda lag, d_conv: sorted(lag // gaps for gaps in range(1, d_conv) if lag % gaps),
                lambda lag, d_conv: sorted({lag // gaps for gaps in range(1, d_conv) if lag % gaps}),
            ],
            message="You keep the divisions that leave a remainder. `lag % n` is 0, which counts as false, where the "
            "lag is a whole multiple of n.",
        ),
        Misconception(
            name="a yes or no for each dilation",
            wrong=chosen(
                "[dilation for → [lag % dilation == 0 and lag // dilation < d_conv for",
                "range(1, lag + 1) if lag % dilation == 0 and lag // dilation < d_conv → range(1, lag + 1)",
            ),
            message="The answer to the condition stands in the list, once for each dilation that you try. The task "
            "asks for the dilations for which it is yes.",
        ),
        Misconception(
            name="dilations that fall short",
            wrong=[
                chosen("lag // dilation < d_conv → lag // dilation >= d_conv"),
                chosen("lag // dilation < d_conv → lag // dilation >= d_conv - 1"),
                chosen("lag // dilation < d_conv → lag // dilation > d_conv"),
            ],
            message="These divide the lag, but you keep the small ones, and with them even the oldest tap does not get "
            "beyond the lag. How many gaps are there at most?",
        ),
        Misconception(
            name="the dilation 1 left out",
            wrong=chosen("range(1, lag + 1) → range(2, lag + 1)"),
            message="1 is a dilation, too: then the taps are neighbours, and read the smallest lags.",
        ),
        Misconception(
            name="the lag itself left out",
            wrong=chosen("range(1, lag + 1) → range(1, lag)"),
            message="A dilation as large as the lag is missing: the tap next to the newest one stands there.",
        ),
    ],
)
