"""Bug hunt: mended_stream."""

from itertools import combinations
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import selective_scan_fn

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import HISTORY_AXES, STATE_AXES


def mended_stream(
    x: Tensor,
    segment: Tensor,
    history: Tensor,
    h: Tensor,
    last: Tensor,
    weights: dict,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A chunk through convolution and scan, all three mistakes mended."""
    changed = (segment != last)[:, None, None]  # (B, 1, 1)
    history = torch.where(changed, 0.0, history)  # (B, D, W − 1)
    h = torch.where(changed, 0.0, h)  # (B, D, N)
    joined = torch.cat([history, x], dim=-1)  # (B, D, W − 1 + L)
    u = F.silu(F.conv1d(joined, weights["conv"].unsqueeze(1), groups=x.shape[1]))  # (B, D, L)
    delta = weights["dt"][:, None] * u  # (B, D, L): the scan adds the bias
    B, C = (weights[name][None, :, None].expand(len(x), -1, x.shape[-1]) for name in "BC")  # (B, N, L)
    options = {"delta_bias": weights["dt_bias"], "delta_softplus": True, "return_last_state": True}
    y, h = selective_scan_fn(u, delta, weights["A"], B, C, initial_state=h, **options)
    return y, joined[..., x.shape[-1] :], h, segment


BIAS_TWICE = '* u  # → * u + weights["dt_bias"][:, None]  #'
NO_BIAS = '"delta_bias": weights["dt_bias"], → '
MADE = "  # (B, D, L): the scan adds the bias → \n    delta = "
CUT_EARLY = "x.shape[-1] :] → x.shape[-1] - 1 : -1]"
STATE_KEPT = "h = torch.where(changed, 0.0, h) → "
GIVEN = {"bias": BIAS_TWICE, "history": CUT_EARLY, "reset": STATE_KEPT}


def _left(*edits: str):
    """The stream with mistakes that are left, or new ones."""
    return edited(mended_stream, *edits)


def _worse(part: str, *edits: str) -> list:
    """The stream with one part wrong in a new way, and each of the other given mistakes mended or not yet."""
    others = [edit for name, edit in GIVEN.items() if name != part]
    return [_left(*edits, *still) for k in range(len(others) + 1) for still in combinations(others, k)]


def suspects() -> SimpleNamespace:
    """Three closed boxes, each `mended_stream` with one mistake of its own."""
    made = {"first": _left(BIAS_TWICE), "second": _left(CUT_EARLY), "third": _left(STATE_KEPT)}
    for name, box in made.items():
        box.__name__ = f"the {name} suspect"
    return SimpleNamespace(**made)


def _draw_chunk(draw: Draw) -> dict:
    batch, channels, taps, states = draw.size(2, 3), draw.size(1, 3), draw.size(3, 4), draw.size(1, 3)
    last, goes_on = draw.integers(0, 2, batch), draw.integers(0, batch - 1, 1)
    moved = draw.integers(0, 2, batch).index_fill(0, goes_on, 0).index_fill(0, (goes_on + 1) % batch, 1)
    return {
        "x": draw.normal(batch, channels, draw.size(1, 5)),
        "segment": (last + moved) % 3,  # one row goes on, its neighbour has a new text
        "history": draw.normal(batch, channels, taps - 1),
        "h": draw.normal(batch, channels, states),
        "last": last,
        "weights": random_weights(draw.normal, channels, taps, states),
    }


def random_weights(normal, channels: int, taps: int, states: int) -> dict[str, Tensor]:
    """Weights of the small stream of the bug hunt, from a function that gives normal values of a shape."""
    return {
        "conv": normal(channels, taps),
        "dt": normal(channels),
        "dt_bias": 0.5 + normal(channels).abs(),
        "A": -torch.arange(1.0, states + 1).repeat(channels, 1),
        "B": normal(states),
        "C": normal(states),
    }


BIAS = "dt_bias comes in twice, once in the delta that you hand over and once inside selective_scan_fn"
LATE = "the history ends one sample before the end of the chunk"
STATE = "a row with a new text keeps the state of the old one"


MENDED_STREAM = Exercise(
    id="11.mended_stream",
    title="Three mistakes in one stream",
    reference=mended_stream,
    cases=_draw_chunk,
    rtol=1e-3,
    atol=1e-4,
    axes={
        "the output": ("row", "channel", "token"),
        "the history": HISTORY_AXES,
        "the state": STATE_AXES,
        "the segment": ("row",),
    },
    items=("the output", "the history", "the state", "the segment"),
    misconceptions=[
        Misconception(
            "the code as it was given",
            "All three are still in it. Run the three properties of the suspects on your code: each shows one mistake.",
            _left(BIAS_TWICE, CUT_EARLY, STATE_KEPT),
            given=True,
        ),
        Misconception(
            "one mistake left: the bias",
            f"The history and the reset are right. But {BIAS}. One chunk against the reference shows it.",
            _left(BIAS_TWICE),
        ),
        Misconception(
            "one mistake left: the history",
            f"The step size and the reset are right. But {LATE}. Two chunks against one show it.",
            _left(CUT_EARLY),
        ),
        Misconception(
            "one mistake left: the reset",
            f"The step size and the history are right. But {STATE}. A new text in an old row shows it.",
            _left(STATE_KEPT),
        ),
        Misconception(
            "two mistakes left: the bias and the history",
            "The reset is right. Run the other two properties on your code.",
            _left(BIAS_TWICE, CUT_EARLY),
        ),
        Misconception(
            "two mistakes left: the bias and the reset",
            "The history is right. Run the other two properties on your code.",
            _left(BIAS_TWICE, STATE_KEPT),
        ),
        Misconception(
            "two mistakes left: the history and the reset",
            "The step size is right. Run the other two properties on your code.",
            _left(CUT_EARLY, STATE_KEPT),
        ),
        Misconception(
            "a bias that is gone altogether",
            "Now dt_bias has no effect any more. It must come in once: it is the time scale of the channel.",
            _worse("bias", NO_BIAS),
        ),
        Misconception(
            "a weight that is gone",
            "Now the weight dt has no effect any more: it says how much u changes the step size of its channel. In the "
            "line for delta that was right; only the bias came in twice.",
            [
                *_worse("bias", f"{MADE}u"),
                *_worse("bias", f'{MADE}u + weights["dt_bias"][:, None]'),
            ],
        ),
        Misconception(
            "a softplus taken twice",
            "You take a softplus for delta, and delta_softplus=True takes one more inside the scan. Let one of the two "
            "do it.",
            [
                *_worse("bias", f"{MADE}F.softplus(delta)"),
                *_worse("bias", f'{MADE}F.softplus(delta + weights["dt_bias"][:, None])', NO_BIAS),
                *_worse("bias", f'{MADE}F.softplus(delta + weights["dt_bias"][:, None])'),
            ],
        ),
        Misconception(
            "the bias added behind softplus",
            "Your step size is softplus of delta alone, and dt_bias is added to it afterwards. Add first, then make "
            "the sum positive, as the scan does with delta_softplus=True.",
            _worse("bias", f"{MADE}F.softplus(delta)", '"delta_softplus": True → "delta_softplus": False'),
        ),
        Misconception(
            "a softplus that is gone",
            "The step size is not made positive any more. delta_softplus=True was right: the scan adds the bias, and "
            "then takes the softplus.",
            [
                *_worse("bias", '"delta_softplus": True → "delta_softplus": False'),
                *_worse("bias", '"delta_softplus": True → "delta_softplus": False', BIAS_TWICE),
            ],
        ),
        Misconception(
            "a reset of every row",
            "Rows that go on with their text start from nothing, too: their state, their history, or both. Which rows "
            "do you reset, and what does the scan begin with?",
            [
                *_worse("reset", "(segment != last)[:, None, None] → segment.new_ones(()) > 0"),
                *_worse("reset", "h = torch.where(changed, 0.0, h) → h = torch.zeros_like(h)"),
                *_worse("reset", "torch.where(changed, 0.0, history) → torch.zeros_like(history)"),
            ],
        ),
        Misconception(
            "only an index that grows",
            "A text with a smaller number than the one before is no new text for you. The numbers are names: what "
            "counts is a change.",
            [
                *_worse("reset", "segment != last → segment > last"),
                *_worse("reset", "where(changed, 0.0, h) → where((segment > last)[:, None, None], 0.0, h)"),
            ],
            where=lambda segment, last, **others: bool((segment < last).any()),
        ),
        Misconception(
            "a reset that has left the history out",
            "Now the state is reset, but the history is not any more. A new text needs both.",
            _worse("reset", "history = torch.where(changed, 0.0, history) → "),
        ),
        Misconception(
            "a reset that never comes",
            "Now a row with a new text keeps its history as well as its state. It needs both cleared, whatever the "
            "other rows do.",
            _worse("reset", "history = torch.where(changed, 0.0, history) → ", STATE_KEPT),
        ),
        Misconception(
            "a reset behind the scan",
            "The state is set to zero after the scan has run, so the new text has heard the old one, and its own "
            "state is gone.",
            _worse("reset", STATE_KEPT, "    return y, → \n    h = torch.where(changed, 0.0, h)\n    return y,"),
        ),
        Misconception(
            "a reset of what is handed on",
            "In a row with a new text you clear what the next call gets. That belongs to the new text already: only "
            "what came in is of the old one.",
            [
                *_worse("reset", "joined[..., x.shape[-1] :] → torch.where(changed, 0.0, joined[..., x.shape[-1] :])"),
                *_worse(
                    "reset",
                    "history = torch.where(changed, 0.0, history) → ",
                    "joined[..., x.shape[-1] :] → torch.where(changed, 0.0, joined[..., x.shape[-1] :])",
                ),
                *_worse("reset", "    return y, →     h = torch.where(changed, 0.0, h)\n    return y,"),
            ],
        ),
        Misconception(
            "the rows that go on are reset",
            "The test is turned round: it clears rows that go on with their text, and keeps those with a new one.",
            [*_worse("reset", "segment != last → segment == last"), *_worse("reset", "0.0, h) → h, 0.0)")],
        ),
        Misconception(
            "a history from the chunk alone",
            "A chunk may be shorter than the history. The columns that it lacks stand in front of x, in `joined`.",
            [
                *_worse("history", "joined[..., x.shape[-1] :] → x[..., -history.shape[-1] :]"),
                *_worse("history", "joined[..., x.shape[-1] :] → F.pad(x, (history.shape[-1], 0))[..., x.shape[-1] :]"),
            ],
        ),
        Misconception(
            "a history that moves on by one",
            "You move on by one column, as behind a single sample. A chunk has any number of samples, and as many "
            "columns go.",
            [
                *_worse("history", "joined[..., x.shape[-1] :] → joined[..., 1:]"),
                *_worse("history", "joined[..., x.shape[-1] :] → joined[..., 1 : 1 + history.shape[-1]]"),
                *_worse("history", "joined[..., x.shape[-1] :] → torch.cat([history[..., 1:], x[..., -1:]], dim=-1)"),
            ],
            where=lambda x, **others: x.shape[-1] > 1,
        ),
        Misconception(
            "a history as long as the chunk",
            "You keep as many columns as the chunk has samples. The history has W − 1, whatever the chunk's length is.",
            _worse("history", "joined[..., x.shape[-1] :] → x"),
        ),
        Misconception(
            "a history that ends too early",
            "You count the samples of x. `joined` begins with the history, so in it the chunk ends further behind.",
            _worse("history", "x.shape[-1] :] → x.shape[-1] - history.shape[-1] : x.shape[-1]]"),
            where=lambda x, history, **others: x.shape[-1] > history.shape[-1],  # else the slice may be empty
        ),
        Misconception(
            "a convolution that was right before",
            "You changed the way from the inputs to u: what is convolved, the order in `joined`, the taps, or the "
            "SiLU. It was right as it was given. The mistakes stand elsewhere.",
            [
                *_worse("convolution", "u = F.silu( → u = ("),
                *_worse("convolution", '["conv"].unsqueeze(1) → ["conv"].flip(-1).unsqueeze(1)'),
                *_worse("convolution", "torch.cat([history, x] → torch.cat([x, history]"),
                *_worse("convolution", "F.conv1d(joined → F.conv1d(F.pad(x, (history.shape[-1], 0))"),
                *_worse(
                    "convolution",
                    "groups=x.shape[1]))  # → groups=x.shape[1], padding=history.shape[-1])[..., : x.shape[-1]])  #",
                ),
            ],
        ),
        Misconception(
            "a scan that was right before",
            "You changed what goes into the scan: its signal, A, B or C, or what delta is made of. All this was right "
            "as it was given. The mistakes stand elsewhere.",
            [
                *_worse("scan", "selective_scan_fn(u, → selective_scan_fn(x,"),
                *_worse("scan", '["A"], B, C → ["A"], C, B'),
                *_worse("scan", 'weights["A"] → -weights["A"]'),
                *_worse("scan", 'weights["A"] → -torch.exp(weights["A"])'),
                *_worse("bias", f'{MADE}weights["dt"][:, None] * x'),
            ],
        ),
        Misconception(
            "a SiLU too many",
            "You take SiLU twice. One behind the convolution was right.",
            _left("u = F.silu( → u = F.silu(F.silu(", "groups=x.shape[1]))  # → groups=x.shape[1])))  #"),
        ),
        Misconception(
            "a history that is returned as it came",
            "You return the history that the chunk began with: the first columns of `joined`. The next one ends with "
            "the latest samples of x.",
            _worse("history", "joined[..., x.shape[-1] :] → history"),
        ),
        Misconception(
            "a state that is returned as it came",
            "The state that you return has not been through the scan. The next call wants the one behind the last "
            "sample: the scan gives it, next to y.",
            [
                _left("y, h = → y, _ ="),
                _left("h = torch.where( → given, h = h, torch.where(", ":], h, → :], given,"),
            ],
        ),
        Misconception(
            "the text of the chunk before",
            "You return `last`, the text of the chunk before. The next call compares with the text of this one.",
            _left("h, segment → h, last"),
        ),
        Misconception(
            "a history with one column too many",
            "The next history has a column more than the one that came in: with W taps the convolution looks W − 1 "
            "samples back.",
            _worse("history", "x.shape[-1] :] → x.shape[-1] - 1 :]"),
        ),
        Misconception(
            "a history that grows",
            "The next history is as long as the one that came in and the chunk together: it grows with each call. How "
            "far back does the convolution look?",
            _worse("history", "joined[..., x.shape[-1] :] → joined"),
        ),
        Misconception(
            "a history of what the convolution gives",
            "You keep u. The convolution looks back at its inputs, x.",
            [
                *_worse("history", "joined[..., x.shape[-1] :] → torch.cat([history, u], dim=-1)[..., x.shape[-1] :]"),
                *_worse("history", "joined[..., x.shape[-1] :] → u[..., -history.shape[-1] :]"),
            ],
        ),
        Misconception(
            "a history that starts too late",
            "The next history has a column less than the one that came in: its first column is the one that is "
            "missing.",
            _worse("history", "x.shape[-1] :] → x.shape[-1] + 1 :]"),
        ),
    ],
)
