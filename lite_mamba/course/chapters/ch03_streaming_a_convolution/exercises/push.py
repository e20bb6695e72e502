"""Exercise 1: push."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def push(history: Tensor, x: Tensor) -> Tensor:
    """The history after one more sample: (B, D, S) and (B, D) to (B, D, S)."""
    return torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:]  # (B, D, S)


def push_in_place(history: Tensor, x: Tensor) -> Tensor:
    history.copy_(push(history, x))
    return history


def draw_push(draw: Draw) -> dict[str, Any]:
    B, D, S = draw.size(1, 3), draw.size(1, 4), draw.size(1, 8)
    return {"history": draw.normal(B, D, S), "x": draw.normal(B, D)}


def push_into(history: Tensor, x: Tensor, place: str) -> Tensor:
    """The columns move, and the new sample is written along another axis than theirs."""
    new = torch.roll(history, -1, dims=-1)
    new[-1 if place == "the last sequence" else (slice(None), -1)] = x
    return new


pushed = partial(edited, push)


PUSH = Exercise(
    id="03.push",
    title="A history that moves on",
    reference=push,
    cases=draw_push,
    example={"history": torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), "x": torch.tensor([[5.0]])},
    axes=("batch", "channel", "column"),
    misconceptions=[
        Misconception(
            name="the new sample at the wrong end",
            wrong=pushed(
                "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → [x.unsqueeze(-1), history], dim=-1)[..., :-1]"
            ),
            message="The new sample stands first, and the latest of the old ones is thrown away. In this "
            "history time runs from left to right: find the end at which the newest sample lives.",
        ),
        Misconception(
            name="one sample too many",
            wrong=[
                pushed("[..., 1:] → "),
                pushed("[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → [x.unsqueeze(-1), history], dim=-1)"),
            ],
            message="The new sample comes in, but none goes out: after 1000 samples this history holds 1000 "
            "columns more. Compare its number of columns before and after.",
        ),
        Misconception(
            name="the newest sample thrown away",
            wrong=pushed("[..., 1:] → [..., :-1]"),
            message="The history comes back as it was: the new sample does not come in, or is cut off again. Which "
            "sample has to go, and at which end does it stand?",
        ),
        Misconception(
            name="the latest sample overwritten",
            wrong=pushed("[history, x → [history[..., :-1], x", "[..., 1:] → "),
            message="The new sample takes the place of the one before it; all others stay where they are. Every "
            "sample has to move by one column, and only the oldest is lost.",
        ),
        Misconception(
            name="shifted the wrong way",
            wrong=pushed(
                "[history, x → [history[..., -1:], history[..., :-2], x", "[..., 1:] → [..., -history.shape[-1]:]"
            ),
            message="The samples move to the right: the latest one comes around to column 0, and the new one "
            "overwrites the one before it. A sample that gets older moves towards column 0.",
        ),
        Misconception(
            name="the new sample where the columns begin",
            wrong=pushed(
                "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → "
                "[x.unsqueeze(-1), torch.roll(history, -1, dims=-1)[..., 1:]], dim=-1)"
            ),
            message="The columns are rolled to the left, so the oldest sample has come around to the last column, "
            "and the new one is written into column 0. Which of the two columns is the place of the newest sample?",
        ),
        Misconception(
            name="cut, and then written over the latest",
            wrong=pushed(
                "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → [history[..., 1:-1], x.unsqueeze(-1)], dim=-1)"
            ),
            where=lambda history, **rest: history.shape[-1] > 1,
            message="The oldest sample has gone, and the new one is written over the latest: two go and one comes. "
            "After the cut there is no column for it yet.",
        ),
        Misconception(
            name="written first, then rolled",
            wrong=pushed(
                "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → "
                "[history[..., 1:-1], x.unsqueeze(-1), history[..., :1]], dim=-1)[..., -history.shape[-1] :]"
            ),
            where=lambda history, **rest: history.shape[-1] > 1,
            message="The new sample is written over the latest one, and then all columns roll on, the new sample with "
            "them: the oldest comes around to the end. First make room, then write.",
        ),
        Misconception(
            name="the new sample added to the oldest",
            wrong=pushed("history, x.unsqueeze(-1)] → history, history[..., :1] + x.unsqueeze(-1)]"),
            message="The columns are rolled to the left, and the new sample is added to the oldest, which has come "
            "around to the last column. It has to take its place.",
        ),
        Misconception(
            name="added, not joined",
            wrong=[
                pushed(f"torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:] → {old} + x.unsqueeze(-1)")
                for old in ("history[..., 1:]", "history")
            ],
            message="Between lists `+` joins, between tensors it adds: the new sample is added to every column, and "
            "no column is put behind them.",
        ),
        Misconception(
            name="another axis rolled",
            wrong=[
                pushed(f"[history, x → [torch.roll(history, -1, dims={axis})[..., :-1], x", "[..., 1:] → ")
                for axis in (0, 1)
            ],
            message="The axis of the sequences or of the channels is rolled: no column moves, and the new sample is "
            "written over the latest. It is the columns that move: the last axis.",
        ),
        Misconception(
            name="a column looked up along another axis",
            wrong=[partial(push_into, place=place) for place in ("the last sequence", "the last channel")],
            message="new[-1] is the last sequence, and new[:, -1] the last channel. The new sample goes into the last "
            "column of every sequence and channel.",
        ),
        Misconception(
            name="written over the oldest, and not moved",
            wrong=pushed("[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → [x.unsqueeze(-1), history[..., 1:]], dim=-1)"),
            message="The new sample stands where the oldest was, and nothing has moved. That is a ring, the next "
            "exercise. Here the columns stay in the order of time: all move by one, and the new sample comes last.",
        ),
        Misconception(
            name="the given history changed",
            wrong=push_in_place,
            message="The result is right, and the history that was given has changed with it: whoever still holds "
            "it finds other numbers there. Return a new tensor.",
        ),
        Misconception(
            name="cut along another axis",
            wrong=[
                *(pushed(f"[..., 1:] → [{cut}]") for cut in ("1:", ":, 1:")),
                *(pushed(f"[history, → [history[{cut}],", "[..., 1:] → ") for cut in ("1:", ":, 1:")),
                pushed("torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:] → torch.stack([*history[1:], x])"),
            ],
            message="The first sequence or the first channel is cut off, and not the oldest column. The columns are "
            "the last axis.",
        ),
        Misconception(
            name="joined along another axis",
            wrong=[
                pushed("dim=-1)[..., 1:] → dim=0)[..., 1:]"),
                pushed("[history, → [history[..., 1:],", "dim=-1)[..., 1:] → dim=0)"),
                pushed("dim=-1)[..., 1:] → dim=1)[..., 1:]"),
                pushed("[history, → [history[..., 1:],", "dim=-1)[..., 1:] → dim=1)"),
            ],
            message="The new sample is put behind the last sequence or the last channel, not behind the last column. "
            "Unless you name an axis, `torch.cat` joins along the first.",
        ),
        Misconception(
            name="no sample at the new end",
            wrong=[
                pushed("x.unsqueeze(-1) → torch.zeros_like(x).unsqueeze(-1)"),
                pushed("x.unsqueeze(-1)], dim=-1)[..., 1:] → history[..., :1]], dim=-1)[..., 1:]"),
                pushed("x.unsqueeze(-1)], dim=-1)[..., 1:] → history[..., -1:]], dim=-1)[..., 1:]"),
            ],
            message="The columns move as they should, but the new sample does not come in: the last column holds "
            "zeros, or an old sample.",
        ),
        Misconception(
            name="columns overwritten before they were read",
            wrong=[
                pushed("[history, x → [history[..., -1:].expand_as(history), x"),
                pushed("[history, x → [history[..., :1].expand_as(history), x"),
                pushed(
                    "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → "
                    "[x.unsqueeze(-1), history[..., :1].expand_as(history)], dim=-1)[..., :-1]"
                ),
            ],
            message="One and the same sample stands in every column but one: it was copied on from neighbour to "
            "neighbour, over samples that nobody had read yet. Read from the old history, write into the new one.",
        ),
        Misconception(
            name="the columns on another axis",
            wrong=[
                pushed(
                    "torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:] → "
                    f"torch.stack([*history.unbind(-1)[1:], x], dim={axis})"
                )
                for axis in (0, 1)
            ],
            message="The columns are right, and their axis stands before another one. It comes last: where does "
            "`torch.stack` put its new axis?",
        ),
        Misconception(
            name="stacked, not joined",
            wrong=[
                pushed(f"torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:] → torch.stack([{old}, {new}], dim=-1)")
                for old in ("history", "history[..., 1:]")
                for new in ("x", "x.unsqueeze(-1)")
            ],
            where=lambda history, **rest: history.shape[-1] > 2,
            message="`torch.stack` puts parts of one shape beside each other, on a new axis. History and sample differ "
            "in shape, and are joined along an axis that is there: that of the columns.",
        ),
        Misconception(
            name="a sample that is no column yet",
            wrong=[
                pushed("x.unsqueeze(-1) → x"),
                pushed("unsqueeze(-1) → unsqueeze(1)"),
                pushed("unsqueeze(-1) → unsqueeze(0)"),
            ],
            message="The history has three axes and the sample two, (B, D). One column of the history is "
            "(B, D, 1): the axis that is missing comes last.",
        ),
    ],
)
