"""Exercise 5: state_bytes."""

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def state_bytes(d_model: int, d_state: int, d_conv: int, dilations: tuple[int, ...], expand: int) -> int:
    """Bytes that one stream of one block must keep between two tokens, in float32."""
    inner, lag = expand * d_model, (d_conv - 1) * max(dilations)
    return 4 * inner * (lag + d_state)


def _draw_state(draw: Draw) -> dict:
    several = draw.size(2, 4)
    # One branch alone has every other time a small dilation, which the W - 1 gaps between its taps may outnumber.
    branches, largest = draw.in_turn([*[(several, 6)] * 3, (1, 2), *[(several, 6)] * 3, (1, 6)])
    dilations = tuple(draw.size(1, largest) for _ in range(branches))
    return {
        "d_model": draw.size(2, 40),
        "d_state": draw.size(2, 16),
        "d_conv": draw.size(2, 5),
        "dilations": dilations,
        "expand": draw.size(2, 3),
    }


LAG = "(d_conv - 1) * max(dilations)"
IN_TAPS = ("d_conv - 1", "d_conv", "(d_conv - 1) * len(dilations)", "d_conv * len(dilations)")


STATE_BYTES = Exercise(
    id="10.state_bytes",
    title="The bytes of a state",
    reference=state_bytes,
    cases=_draw_state,
    rtol=0,
    atol=0.5,
    example={"d_model": 4, "d_state": 16, "d_conv": 4, "dilations": (1, 2, 4, 8), "expand": 2},
    misconceptions=[
        Misconception(
            "a history for every branch",
            "You count a history for each branch. They read one shared history, as long as the largest lag "
            "(notebook 03).",
            [
                edited(state_bytes, f"max(dilations) → {lags}")
                for lags in ("sum(dilations)", "max(dilations) * len(dilations)")
            ]
            + [
                edited(state_bytes, f"{LAG} → sum({one} for d in dilations)")
                for one in ("(d_conv - 1) * d + 1", "d_conv * d")
            ]
            + [edited(state_bytes, f"{LAG} → (d_conv - 1) * sum(dilations) + 1")],
        ),
        Misconception(
            "a history without the dilation",
            "Your history has the same length for any dilation. A dilated kernel looks back (taps − 1)·dilation "
            "samples.",
            [edited(state_bytes, f"{LAG} → {columns}") for columns in IN_TAPS],
        ),
        Misconception(
            "only the samples that a tap reads",
            "You count the samples that a tap reads now. Those between them are read later, when they have moved to a "
            "tap: until then they have to be kept.",
            [
                edited(state_bytes, f"{LAG} → len({{i * d for i in range({first}, d_conv) for d in dilations}})")
                for first in (0, 1)
            ],
        ),
        Misconception(
            "only the samples between the taps",
            "You count the samples that lie between the taps of the widest branch. Those under its taps are kept, too: "
            "from one tap to the next it is a whole dilation.",
            edited(state_bytes, "max(dilations) → (max(dilations) - 1)"),
        ),
        Misconception(
            "a dilation that is not the largest",
            "You take the first dilation, or the smallest one. The history has to be long enough for the branch that "
            "looks back furthest.",
            [edited(state_bytes, f"max(dilations) → {one}") for one in ("dilations[0]", "min(dilations)")],
        ),
        Misconception(
            "the dilation that stands last",
            "You take the last dilation. They may stand in any order; the largest one looks back furthest.",
            edited(state_bytes, "max(dilations) → dilations[-1]"),
        ),
        Misconception(
            "a product of history and state",
            "You multiply the two. They stand side by side in memory: add them.",
            edited(state_bytes, "lag + d_state → lag * d_state"),
        ),
        Misconception(
            "one number a channel that is not kept",
            "You keep one number a channel too many. The field counts the present sample, and this one is just coming "
            "in; and Δ is made anew of each token.",
            edited(state_bytes, "lag + d_state → lag + 1 + d_state"),
        ),
        Misconception(
            "a history one sample short",
            "One sample too few. The sample that is just coming in is not counted in (W − 1)·dilation: these are past "
            "ones, and all are needed.",
            edited(state_bytes, "lag + d_state → lag - 1 + d_state"),
        ),
        Misconception(
            "taps times dilation",
            "You keep taps·dilation samples, or one less. Between W taps there are W − 1 gaps, each as wide as the "
            "dilation.",
            [edited(state_bytes, f"{LAG} → d_conv * max(dilations){less}") for less in ("", " - 1")],
        ),
        Misconception(
            "channels of the outer width",
            "You count d_model channels, at least for one of the two. Inside the block each token has expand·d_model "
            "channels, and each of them has a history and a state.",
            [
                edited(state_bytes, "expand * d_model → d_model"),
                edited(state_bytes, "inner * (lag + d_state) → (d_model * lag + inner * d_state)"),
                edited(state_bytes, "inner * (lag + d_state) → (inner * lag + d_model * d_state)"),
            ],
        ),
        Misconception(
            "a width that is expanded twice",
            "You multiply by `expand` twice. D is expand·d_model already.",
            edited(state_bytes, "expand * d_model → expand * expand * d_model"),
        ),
        Misconception(
            "a state for every branch",
            "You count the state of the scan once a branch. The branches are added up before the scan: a block has "
            "one state.",
            [
                edited(state_bytes, f"(lag + d_state) → {both}")
                for both in (
                    "(lag + len(dilations) * d_state)",
                    "(lag + d_state) * len(dilations)",
                    "sum((d_conv - 1) * d + d_state for d in dilations)",
                )
            ],
        ),
        Misconception(
            "a history of a single gap",
            "You keep as many samples as the largest dilation. Between W taps there are W − 1 such gaps.",
            edited(state_bytes, f"{LAG} → max(dilations)"),
        ),
        Misconception(
            "one state for all channels",
            "You count N numbers for the state. Each of the D channels has N of its own.",
            edited(state_bytes, "inner * (lag + d_state) → (inner * lag + d_state)"),
        ),
        Misconception(
            "one history for all channels",
            "You count the history as if there were one. Each of the D channels is convolved, and has a past of its "
            "own.",
            edited(state_bytes, "inner * (lag + d_state) → (lag + inner * d_state)"),
        ),
        Misconception(
            "a single channel",
            "You count one channel. Inside the block there are expand·d_model of them.",
            edited(state_bytes, "inner * (lag + d_state) → (lag + d_state)"),
        ),
        Misconception(
            "one of the two outside the brackets",
            "You add the state, or the history, behind the product: it is not multiplied by the D channels and the 4 "
            "bytes. Both have to be.",
            [
                edited(state_bytes, f"inner * (lag + d_state) → inner * {both}")
                for both in ("lag + d_state", "d_state + lag")
            ],
        ),
        Misconception(
            "a history of the gate",
            "You keep a history for 2D channels. z is not convolved: it needs no past.",
            edited(state_bytes, "lag + d_state → 2 * lag + d_state"),
        ),
        Misconception(
            "a dilation without brackets",
            "Between W taps there are W − 1 gaps, each as wide as the dilation: (W − 1)·dilation. Without brackets "
            "the dilation is taken off W.",
            edited(state_bytes, f"{LAG} → d_conv - 1 * max(dilations)"),
        ),
        Misconception(
            "4 bytes for one of the two",
            "You count 4 bytes a number for the history or for the state, and fewer for the other. Both are float32.",
            [
                edited(state_bytes, f"lag + d_state → {both}", "4 * inner → inner")
                for fewer in (1, 2)
                for both in (f"4 * lag + {fewer} * d_state", f"{fewer} * lag + 4 * d_state")
            ],
        ),
        Misconception(
            "a state of N·N numbers",
            "You count N·N numbers a channel for the scan. A is diagonal, and the state is a list: N numbers.",
            edited(state_bytes, "lag + d_state → lag + d_state**2"),
        ),
        Misconception(
            "more than h that is kept",
            "You count more for the scan than N numbers a channel. Δ, B and C are made anew of each token, and A is a "
            "weight, one for all streams; what the scan keeps is its state alone, N real numbers a channel.",
            [
                *(edited(state_bytes, f"lag + d_state → lag + {n} * d_state") for n in (2, 3)),
                *(
                    edited(state_bytes, f"inner * (lag + d_state) → (inner * (lag + d_state{delta}) + 2 * d_state)")
                    for delta in ("", " + 1")
                ),
            ],
        ),
        Misconception(
            "kilobytes in place of bytes",
            "You divide by 1024, or by 1000. Bytes are wanted, a whole number.",
            [
                edited(state_bytes, f"4 * inner * (lag + d_state) → 4 * inner * (lag + d_state) {by}")
                for by in ("/ 1024", "// 1024", "// 1000")
            ],
        ),
        Misconception(
            "a width that is always twice",
            "D is 2·d_model in your count. `expand` says how many times d_model it is.",
            edited(state_bytes, "expand * d_model → 2 * d_model"),
        ),
        Misconception(
            "taps and dilation added",
            "You add the taps and the dilation. Between W taps there are W − 1 gaps, and each is as wide as the "
            "dilation: multiply.",
            [
                edited(state_bytes, f"{LAG} → {lag}")
                for lag in ("d_conv - 1 + max(dilations) - 1", "d_conv - 1 + max(dilations)", "d_conv + max(dilations)")
            ],
        ),
        Misconception(
            "dilations that are not read",
            "You work with a power of two, by the number of branches. The dilations are given, and need not be powers "
            "of two: the largest of them counts.",
            [edited(state_bytes, f"max(dilations) → 2 ** {n}") for n in ("(len(dilations) - 1)", "len(dilations)")],
        ),
        Misconception(
            "half, twice or eight times the bytes",
            "Your count is half, twice or eight times the right one. A float32 number takes 4 bytes, not 2, 8 or 32; "
            "and what is kept belongs to the D channels of x, not to those of z.",
            [edited(state_bytes, f"4 * inner → {size} * inner") for size in (2, 8, 32)],
        ),
        Misconception(
            "numbers in place of bytes",
            "You count numbers. A float32 number takes 4 bytes.",
            edited(state_bytes, "4 * inner → inner"),
        ),
        Misconception(
            "a state without the history of the convolution",
            "Only the state of the scan is counted. The convolution remembers, too.",
            edited(state_bytes, "lag + d_state → d_state"),
        ),
        Misconception(
            "a history without the state of the scan",
            "Only the history of the convolution is counted. The scan keeps N numbers a channel.",
            edited(state_bytes, "lag + d_state → lag"),
        ),
    ],
)
