"""Exercises of notebook 03: a history that moves on, a step, a chunk, and the step of the whole front end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question


def push(history: Tensor, x: Tensor) -> Tensor:
    """The history after one more sample: (B, D, S) and (B, D) to (B, D, S)."""
    return torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:]  # (B, D, S)


def push_in_place(history: Tensor, x: Tensor) -> Tensor:
    history.copy_(push(history, x))
    return history


def draw_push(draw: Draw) -> dict[str, Any]:
    B, D, S = draw.size(1, 3), draw.size(1, 4), draw.size(1, 8)
    return {"history": draw.normal(B, D, S), "x": draw.normal(B, D)}


def ring_push(ring: Tensor, oldest: int, x: Tensor) -> tuple[Tensor, int, Tensor]:
    """Write over the oldest sample; return the new ring, the new place of the oldest sample, and the time order."""
    ring = ring.clone()
    ring[..., oldest] = x
    oldest = (oldest + 1) % ring.shape[-1]
    return ring, oldest, torch.roll(ring, -oldest, dims=-1)


def draw_ring(draw: Draw) -> dict[str, Any]:
    B, D, S = draw.size(1, 2), draw.size(1, 3), draw.size(1, 7)
    return {"ring": draw.normal(B, D, S), "oldest": draw.choice(range(S)), "x": draw.normal(B, D)}


def conv_step(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """One sample through one branch: the output (B, D) and the next history (B, D, S)."""
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)  # (B, D, S + 1)
    start = history.shape[-1] - (weight.shape[-1] - 1) * dilation
    y = (window[..., start::dilation] * weight).sum(dim=-1) + bias  # (B, D)
    return y, window[..., 1:]


def conv_step_by_taps(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """The same with a loop: an index that leaves the window fails or wraps around where a slice is cut."""
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)  # (B, D, S + 1)
    y = bias.expand_as(x)  # (B, D)
    for k in range(weight.shape[-1]):
        lag = (weight.shape[-1] - 1 - k) * dilation
        y = y + weight[:, k] * window[..., window.shape[-1] - 1 - lag]
    return y, window[..., 1:]


def draw_branch(draw: Draw) -> tuple[int, ...]:
    B, D, taps, dilation = draw.size(1, 2), draw.size(1, 3), draw.size(1, 4), draw.size(1, 4)
    spare = max(0, draw.size(0, 6) - 3)  # often none: then the oldest tap reads the oldest sample
    return B, D, taps, dilation, max(1, (taps - 1) * dilation) + spare


def draw_step(draw: Draw) -> dict[str, Any]:
    """One step; with one sequence and one channel it is made of digits, so that an output tells what it has read."""
    B, D, taps, dilation, S = draw_branch(draw)
    if B == D == 1:
        return step_of_digits(taps, dilation, S)
    history = draw.normal(B, D, S)
    return {
        "x": draw.normal(B, D), "history": history, "weight": draw.normal(D, taps), "bias": draw.normal(D),
        "dilation": dilation,
    }  # fmt: skip


def step_of_digits(taps: int, dilation: int, S: int) -> dict[str, Any]:
    """The samples 1, 2, 3, … (after 9 comes 0 again) and the taps …, 100, 10, 1, without a bias."""
    samples = torch.arange(1.0, S + 2) % 10  # (S + 1,)
    weight = 10.0 ** torch.arange(taps).flip(0)  # (W,)
    return {
        "x": samples[-1:].view(1, 1), "history": samples[:-1].view(1, 1, S), "weight": weight[None],
        "bias": torch.zeros(1), "dilation": dilation,
    }  # fmt: skip


HISTORY = ("batch", "channel", "column")
OUTPUT = {"output": ("batch", "channel"), "next history": HISTORY}
OUTPUTS = {"outputs": ("batch", "channel", "time"), "next history": HISTORY}

STEP_EXAMPLE = step_of_digits(taps=3, dilation=2, S=5)


def conv_chunk(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """A chunk of any length: the outputs (B, D, L) and the next history (B, D, S)."""
    D, W = weight.shape
    L, lag = x.shape[-1], (W - 1) * dilation
    if L == 0:
        return x, history
    joined = torch.cat([history, x], dim=-1)  # (B, D, S + L)
    read = joined[..., history.shape[-1] - lag :]  # (B, D, lag + L)
    y = F.conv1d(read, weight[:, None], bias, dilation=dilation, groups=D)  # (B, D, L)
    return y, joined[..., L:]


def conv_chunk_by_steps(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int):
    """Sample by sample; torch.stack refuses an empty list."""
    outputs = []
    for t in range(x.shape[-1]):
        y, history = conv_step(x[..., t], history, weight, bias, dilation)
        outputs.append(y)
    return torch.stack(outputs, dim=-1), history


def _with_one_history(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int):
    steps = [conv_step(x[..., t], history, weight, bias, dilation)[0] for t in range(x.shape[-1])]
    return torch.stack(steps, dim=-1), conv_chunk(x, history, weight, bias, dilation)[1]


def not_empty(x: Tensor, **others: Any) -> bool:
    return x.shape[-1] > 0


def draw_chunk(draw: Draw) -> dict[str, Any]:
    B, D, taps, dilation, S = draw_branch(draw)
    x = draw.normal(B, D, draw.size(0, 14))
    return {
        "x": x, "history": draw.normal(B, D, S), "weight": draw.normal(D, taps), "bias": draw.normal(D),
        "dilation": dilation,
    }  # fmt: skip


CHUNK_EXAMPLE = STEP_EXAMPLE | {"x": torch.tensor([[[6.0, 7.0, 8.0]]])}


def gated_conv_step(
    x: Tensor,
    history: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    gates: Tensor,
    dilations: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """One sample through all branches, from one history: the output (B, D) and the next history (B, D, S)."""
    shares = torch.softmax(gates, dim=0)  # (branches,)
    y = torch.zeros_like(x)  # (B, D)
    for share, weight, bias, dilation in zip(shares, weights, biases, dilations, strict=True):
        branch, _ = conv_step(x, history, weight, bias, dilation)
        y = y + share * F.silu(branch)
    return y, push(history, x)


def _behind_each_other(x, history, weights, biases, gates, dilations):
    y = x  # (B, D)
    for share, weight, bias, dilation in zip(torch.softmax(gates, dim=0), weights, biases, dilations, strict=True):
        y = share * F.silu(conv_step(y, history, weight, bias, dilation)[0])
    return y, push(history, x)


def draw_gated(draw: Draw) -> dict[str, Any]:
    B, D, taps, branches = draw.size(1, 2), draw.size(1, 3), draw.size(1, 4), draw.size(1, 3)
    dilations = tuple(draw.size(1, 4) for _ in range(branches))
    S = max(1, *((taps - 1) * dilation for dilation in dilations)) + draw.size(0, 2)
    return {
        "x": draw.normal(B, D),
        "history": draw.normal(B, D, S),
        "weights": [draw.normal(D, taps) for _ in range(branches)],
        "biases": [draw.normal(D) for _ in range(branches)],
        "gates": draw.normal(branches),
        "dilations": dilations,
    }


GATED_EXAMPLE = {
    "x": STEP_EXAMPLE["x"],
    "history": STEP_EXAMPLE["history"],
    "weights": [STEP_EXAMPLE["weight"]],
    "biases": [STEP_EXAMPLE["bias"]],
    "gates": torch.tensor([0.0]),
    "dilations": (2,),
}


def suspect_step(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """The code of the bug hunt."""
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    taps = weight.shape[-1]
    if dilation == 1:
        read = window[..., -taps:]
    else:
        newest = window.shape[-1] - 1
        read = window[..., newest - dilation * torch.arange(taps)]
    return (read * weight).sum(dim=-1) + bias, window[..., 1:]


def columns_fit_and_dilated(history: Tensor, weight: Tensor, dilation: int, **others: Any) -> bool:
    """Cases in which `window[..., ::dilation]` has one column for each tap, and dilation is not 1."""
    return dilation > 1 and history.shape[-1] < weight.shape[-1] * dilation


pushed, rung, stepped, tapped, chunked, gated, suspected = (
    partial(edited, reference)
    for reference in (push, ring_push, conv_step, conv_step_by_taps, conv_chunk, gated_conv_step, suspect_step)
)


def moved(change: str) -> Callable[..., Any]:
    """A step with the right output and another next history."""
    return stepped(f"return y, window[..., 1:] → return y, {change}", push=push)


def or_nothing(row: str) -> str:
    """The column that lies `lag` before the last one of a row; zero where the row does not go back so far."""
    return f"({row}[..., {row}.shape[-1] - 1 - lag] if lag < {row}.shape[-1] else 0)"


WINDOW = "torch.cat([history, x.unsqueeze(-1)], dim=-1)"
SUM = "(window[..., start::dilation] * weight).sum(dim=-1)"
KERNELS = "weight[:, None]"
START = "history.shape[-1] - (weight.shape[-1] - 1) * dilation"
TOO_FAR = "(weight.shape[-1] - 1 - k) * dilation → (weight.shape[-1] - k) * dilation"
PUSHED_FIRST = (f"window = {WINDOW} → window = push(history, x)", "return y, window[..., 1:] → return y, window")
HANDED_ON = "y = torch.zeros_like(x) → y, branch = torch.zeros_like(x), x"
READ = "joined[..., history.shape[-1] - lag :]"
NEXT = "return y, joined[..., L:] → return y, "

EXERCISES = [
    Exercise(
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
                message="The new sample comes in and is cut off again, so the history never changes. The sample that "
                "has to go stands at the other end.",
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
                name="the new sample added to the oldest",
                wrong=pushed("history, x.unsqueeze(-1)] → history, history[..., :1] + x.unsqueeze(-1)]"),
                message="The columns are rolled to the left, and the new sample is added to the oldest, which has come "
                "around to the last column. It has to take its place.",
            ),
            Misconception(
                name="another axis rolled",
                wrong=[
                    pushed(f"[history, x → [torch.roll(history, -1, dims={axis})[..., :-1], x", "[..., 1:] → ")
                    for axis in (0, 1)
                ],
                message="The sequences or the channels have changed places, and every sample is still in the column "
                "where it was. It is the columns that move: the last axis.",
            ),
            Misconception(
                name="written over the oldest, and not moved",
                wrong=pushed(
                    "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → [x.unsqueeze(-1), history[..., 1:]], dim=-1)"
                ),
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
                wrong=[pushed("[..., 1:] → [1:]"), pushed("[..., 1:] → [:, 1:]")],
                message="The sample is joined at the right place, and then the first sequence or the first channel is "
                "cut off. The columns are the last axis: [..., 1:].",
            ),
            Misconception(
                name="no sample at the new end",
                wrong=[
                    pushed("x.unsqueeze(-1) → torch.zeros_like(x).unsqueeze(-1)"),
                    pushed("x.unsqueeze(-1)], dim=-1)[..., 1:] → history[..., :1]], dim=-1)[..., 1:]"),
                ],
                message="The columns move as they should, but the new sample does not come in: the last column holds "
                "zeros, or the oldest sample once more.",
            ),
            Misconception(
                name="columns overwritten before they were read",
                wrong=[
                    pushed("[history, x → [history[..., -1:].expand_as(history), x"),
                    pushed(
                        "[history, x.unsqueeze(-1)], dim=-1)[..., 1:] → "
                        "[x.unsqueeze(-1), history[..., :1].expand_as(history)], dim=-1)[..., :-1]"
                    ),
                ],
                message="One and the same sample stands in every column but one: each column was copied from a "
                "neighbour that had been overwritten already. Read from the old history, write into the new one.",
            ),
            Misconception(
                name="a sample without its third axis",
                wrong=[pushed("x.unsqueeze(-1) → x"), pushed("unsqueeze(-1) → unsqueeze(1)")],
                message="The history has three axes and the sample two, (B, D). One column of the history is "
                "(B, D, 1): the axis that is missing comes last.",
            ),
        ],
    ),
    Exercise(
        id="03.ring_push",
        title="The same history as a ring",
        reference=ring_push,
        cases=draw_ring,
        example={"ring": torch.tensor([[[5.0, 6.0, 3.0, 4.0]]]), "oldest": 2, "x": torch.tensor([[7.0]])},
        axes={"ring": ("batch", "channel", "slot"), "samples in order": ("batch", "channel", "column")},
        items=("ring", "oldest slot", "samples in order"),
        misconceptions=[
            Misconception(
                name="a pointer that runs away",
                wrong=rung("(oldest + 1) % ring.shape[-1] → oldest + 1"),
                message="`oldest` grows without end, and the write after the last slot has no slot to go to. After "
                "the last slot comes slot 0 again: the operator `%` does that.",
            ),
            Misconception(
                name="a pointer that stands still",
                wrong=[
                    rung("oldest = (oldest + 1) % ring.shape[-1] → pass"),
                    rung("return ring, oldest → return ring, (oldest - 1) % ring.shape[-1]"),
                ],
                message="The slot that was just written holds the newest sample now. The oldest one stands in another "
                "slot.",
            ),
            Misconception(
                name="a pointer that goes backwards",
                wrong=rung("oldest + 1 → oldest - 1"),
                message="The next sample to be overwritten stands one slot further, not one slot back.",
            ),
            Misconception(
                name="read from the newest sample",
                wrong=rung("torch.roll(ring, -oldest → torch.roll(ring, 1 - oldest"),
                message="The order starts with the sample that was just written, the newest one. Once it is written, "
                "the oldest sample stands in another slot: read from the *new* `oldest`.",
            ),
            Misconception(
                name="rolled the other way",
                wrong=rung("ring, -oldest → ring, oldest"),
                message="The ring turns in the wrong direction. Slot `oldest` has to come to column 0; "
                "`torch.roll` with a positive number moves columns to the right.",
            ),
            Misconception(
                name="not written over the oldest sample",
                wrong=[
                    rung(
                        "ring[..., oldest] = x → ring[..., oldest - 1] = x",
                        "oldest = (oldest + 1) % ring.shape[-1] → pass",
                    ),
                    rung("ring[..., oldest] = x → ring[..., oldest - 1] = x"),
                    rung("ring[..., oldest] = x → ring[..., (oldest + 1) % ring.shape[-1]] = x"),
                ],
                message="This writes into a slot beside `oldest`, over a sample that is still needed. The sample that "
                "is no longer needed is the oldest.",
            ),
            Misconception(
                name="the order of the slots taken for the order of time",
                wrong=rung("torch.roll(ring, -oldest, dims=-1) → ring"),
                message="The slots come back as they lie in memory. In a ring the oldest sample can lie anywhere; "
                "time starts at slot `oldest` and goes around.",
            ),
            Misconception(
                name="the new sample behind the slots",
                wrong=rung(
                    "ring = ring.clone() → before = ring; ring = ring.clone()",
                    "torch.roll(ring, -oldest, dims=-1) → torch.cat([before[..., 1:], x.unsqueeze(-1)], dim=-1)",
                ),
                message="The slots are read as if slot 0 held the oldest sample, and the new one is put behind them. "
                "In a ring the oldest sample can lie anywhere; time starts at slot `oldest` and goes around.",
            ),
            Misconception(
                name="the old ring read",
                wrong=rung(
                    "ring = ring.clone() → before = ring; ring = ring.clone()", "torch.roll(ring, → torch.roll(before,"
                ),
                message="The order of time is read from the ring as it was, without the new sample. Write first, then "
                "read the ring that was written.",
            ),
            Misconception(
                name="the newest sample first",
                wrong=rung("torch.roll(ring, -oldest, dims=-1) → torch.roll(ring, -oldest, dims=-1).flip(-1)"),
                message="The samples come in the reverse order of time: the newest first. The order of time begins "
                "with the oldest.",
            ),
            Misconception(
                name="a history that moves, not a ring",
                wrong=[
                    rung(
                        "ring[..., oldest] = x → ring = push(ring, x)",
                        "oldest = (oldest + 1) % ring.shape[-1] → pass",
                        "torch.roll(ring, -oldest, dims=-1) → ring",
                        push=push,
                    ),
                    rung("ring[..., oldest] = x → ring = push(ring, x)", push=push),
                ],
                message="All samples move by one column, as in exercise 1. In a ring nothing moves: one slot is "
                "written, and the pointer moves on.",
            ),
            Misconception(
                name="a ring that was turned",
                wrong=rung("return ring, oldest → return torch.roll(ring, -oldest, dims=-1), oldest"),
                message="The ring itself comes back in the order of time, and `oldest` no longer says where its oldest "
                "sample stands. Turn a copy for reading; in the ring nothing moves.",
            ),
            Misconception(
                name="ring and order of time exchanged",
                wrong=rung(
                    "return ring, oldest, torch.roll(ring, -oldest, dims=-1) → "
                    "return torch.roll(ring, -oldest, dims=-1), oldest, ring"
                ),
                message="All three results are right, but the first and the last have changed places: first the ring "
                "as it lies in memory, last the samples in the order of time.",
            ),
            Misconception(
                name="as many slots as channels",
                wrong=[rung("% ring.shape[-1] → % ring.shape[1]"), rung("% ring.shape[-1] → % len(ring)")],
                message="The pointer goes around after as many steps as there are channels or sequences. The slots "
                "are the last axis: ring.shape[-1].",
            ),
            Misconception(
                name="rolled along the channels",
                wrong=rung("-oldest, dims=-1 → -oldest, dims=1"),
                message="The channels change places, and each keeps its samples as they lie in memory. The slots are "
                "the last axis: dims=-1.",
            ),
            Misconception(
                name="a slot looked up along the channels",
                wrong=rung("ring[..., oldest] = x → ring[:, oldest] = x"),
                message="ring[:, oldest] is a channel. The slots are the last axis: ring[..., oldest] is one slot of "
                "every channel.",
            ),
            Misconception(
                name="a ring that is one slot short",
                wrong=[
                    rung("% ring.shape[-1] → % max(1, ring.shape[-1] - 1)"),
                    rung("(oldest + 1) % ring.shape[-1] → oldest + 1 if oldest < ring.shape[-1] - 2 else 0"),
                ],
                message="After the last slot but one comes slot 0: the last one is left out. There are S slots, 0 to "
                "S − 1, and `%` S goes through all of them.",
            ),
            Misconception(
                name="always into the last slot",
                wrong=[
                    rung("ring[..., oldest] = x → ring[..., -1] = x"),
                    rung("ring[..., oldest] = x → ring[..., 0] = x"),
                ],
                message="The new sample goes into the same slot each time, the last or the first. In a ring it goes "
                "where the oldest sample stands, in slot `oldest`.",
            ),
            Misconception(
                name="rolled through all axes",
                wrong=rung("-oldest, dims=-1 → -oldest"),
                message="With one channel this is right; with more, samples wander from one channel into the next. "
                "`torch.roll` without `dims` rolls the tensor as one long row. Name the axis.",
            ),
            Misconception(
                name="the given ring changed",
                wrong=rung("ring = ring.clone() → pass"),
                message="The result is right, and the ring that was given has changed with it. Write into a copy.",
            ),
        ],
    ),
    Exercise(
        id="03.conv_step",
        title="One sample through one branch",
        reference=conv_step,
        cases=draw_step,
        example=STEP_EXAMPLE,
        axes=OUTPUT,
        items=tuple(OUTPUT),
        misconceptions=[
            Misconception(
                name="the taps reversed",
                wrong=stepped("* weight) → * weight.flip(-1))"),
                message="The tap for the oldest sample is multiplied with the newest one. `weight[:, -1]` belongs to "
                "*now*: look at which digit of the expected output is which sample.",
            ),
            Misconception(
                name="reading after writing",
                wrong=stepped(
                    f"window = {WINDOW} → history = push(history, x); window = {WINDOW}",
                    "window[..., 1:] → history",
                    push=push,
                ),
                message="The new sample is in the window twice: once because it was pushed into the history before "
                "the reading, once as the present sample. Older taps then read a sample one step newer than they "
                "should. Build the window from the history as it was.",
            ),
            Misconception(
                name="a history that stands still",
                wrong=moved("history"),
                message="The output is right, but the history comes back as it was given. The next step will not "
                "know this sample.",
            ),
            Misconception(
                name="a history that grows",
                wrong=moved("window"),
                message="The output is right, and the history comes back with one column more than it had. The oldest "
                "sample has to go.",
            ),
            Misconception(
                name="the output taken into the history",
                wrong=[moved("push(history, y)"), moved("torch.cat([history, y.unsqueeze(-1)], dim=-1)")],
                message="The history holds what came *in*. Here the output is put into it, and the next step would "
                "convolve outputs.",
            ),
            Misconception(
                name="the new sample left out of the window",
                wrong=[
                    stepped(f"start = {START} → start = {START} - 1"),
                    stepped(
                        f"start = {START} → start = {START} - 1", "[..., start::dilation] → [..., start:-1:dilation]"
                    ),
                    stepped("(window[..., start::dilation] → (history[..., start::dilation]"),
                    tapped("window.shape[-1] - 1 - lag → window.shape[-1] - 2 - lag"),
                    tapped("window[..., window.shape[-1] - 1 - lag] → history[..., -1 - lag]"),
                    tapped("window[..., window.shape[-1] - 1 - lag] → history[..., history.shape[-1] - 1 - lag]"),
                    tapped(f"window[..., window.shape[-1] - 1 - lag] → {or_nothing('history')}"),
                ],
                message="Every tap reads one sample too old: the newest tap reads the sample before the present one. "
                "The window ends with the present sample, and the newest tap belongs to it.",
            ),
            Misconception(
                name="the dilation left out",
                wrong=stepped(f"{START} → history.shape[-1] - (weight.shape[-1] - 1)", "start::dilation → start:"),
                message="The taps read neighbouring samples. With dilation d two taps stand d samples apart.",
            ),
            Misconception(
                name="every d-th column, the last W of them",
                wrong=stepped("[..., start::dilation] → [..., ::dilation][..., -weight.shape[-1] :]"),
                message="The columns are counted from column 0 of the window, so whether the present sample is among "
                "them depends on the length of the history. It always is what the newest tap reads: count from there.",
            ),
            Misconception(
                name="counted from the oldest sample",
                wrong=stepped("[..., start::dilation] → [..., : (weight.shape[-1] - 1) * dilation + 1 : dilation]"),
                message="The first tap reads column 0 of the history. This is right only when the history has exactly "
                "the length that this branch needs. A shared history may be longer: count from the newest end.",
            ),
            Misconception(
                name="every d-th column from column 0",
                wrong=stepped("start::dilation → ::dilation"),
                message="`window[..., ::dilation]` starts at column 0. It meets the right samples only when the "
                "history has exactly the length that this branch needs. Work out at which column the "
                "oldest tap reads, counted from the newest end, and start there.",
            ),
            Misconception(
                name="one sample too new",
                wrong=[
                    stepped(f"start = {START} → start = -(weight.shape[-1] - 1) * dilation"),
                    stepped(f"start = {START} → start = {START} + 1"),
                    tapped("window.shape[-1] - 1 - lag → window.shape[-1] - lag"),
                ],
                message="The first tap reads one sample too new. The window is the history as it was, then the sample: "
                "it has S + 1 columns, and the newest is column S, which is `window[..., -1]`.",
            ),
            Misconception(
                name="a slice with a negative step",
                wrong=stepped("start::dilation → ::-dilation"),
                message="Lists can be read backwards with a negative step, tensors cannot: `flip` turns one around.",
            ),
            Misconception(
                name="the bias added for every tap",
                wrong=stepped(".sum(dim=-1) + bias → .add(bias[:, None]).sum(dim=-1)"),
                message="The bias stands inside the sum over the taps, so it is added W times. It is added once.",
            ),
            Misconception(
                name="a reach of W·dilation",
                wrong=[
                    stepped(f"start = {START} → start = -weight.shape[-1] * dilation"),
                    stepped("(weight.shape[-1] - 1) * dilation → weight.shape[-1] * dilation"),
                    stepped(f"start = {START} → start = window.shape[-1] - weight.shape[-1] * dilation"),
                ],
                message="Your slice begins W·dilation columns before the end of the window, or before the present "
                "sample. Between W taps there are W − 1 distances: the oldest looks (W − 1)·dilation samples back.",
            ),
            Misconception(
                name="one distance too far back",
                wrong=[
                    tapped(TOO_FAR),
                    tapped(TOO_FAR, f"window[..., window.shape[-1] - 1 - lag] → {or_nothing('window')}"),
                ],
                message="Every tap reads one distance too far back, and none reads the present sample. The newest tap "
                "looks 0 samples back. How many distances back does the oldest of three taps look?",
            ),
            Misconception(
                name="W − 1 without brackets",
                wrong=[
                    stepped("(weight.shape[-1] - 1) * dilation → weight.shape[-1] - 1 * dilation"),
                    stepped("(weight.shape[-1] - 1) * dilation → (weight.shape[-1] - 1 * dilation)"),
                ],
                where=lambda weight, dilation, **rest: weight.shape[-1] > 1 and dilation > 1,
                message="W - 1 * dilation is W − (1·dilation): the product comes before the difference. There are "
                "W − 1 distances of `dilation` each: put the difference in brackets.",
            ),
            Misconception(
                name="the bias taken away",
                wrong=stepped(" + bias → - bias"),
                message="The bias is subtracted. It is added, once for each channel.",
            ),
            Misconception(
                name="the present sample in front",
                wrong=[
                    stepped("[history, x.unsqueeze(-1)] → [x.unsqueeze(-1), history]", *following)
                    for following in ((), ("y, window[..., 1:] → y, window[..., :-1]",))
                ],
                message="The window begins with the present sample and ends with the one before it. Time runs from "
                "left to right: the present sample stands last.",
            ),
            Misconception(
                name="pushed first, then read",
                wrong=[
                    tapped(*PUSHED_FIRST, push=push),
                    stepped(*PUSHED_FIRST, "start::dilation → ::dilation", push=push),
                    stepped(*PUSHED_FIRST, f"start = {START} → start = max(0, {START} - 1)", push=push),
                ],
                message="The history moves on first, and with it goes the sample that the oldest tap wants when the "
                "history is just long enough. Then a negative index may quietly read another sample, and a product "
                "with too few columns may be spread over all taps. Read from S + 1 columns, then let the oldest go.",
            ),
            Misconception(
                name="a history cut to this branch",
                wrong=[moved(f"window[..., {cut} :]") for cut in ("1 + start", "-(weight.shape[-1] - 1) * dilation")],
                message="The output is right, but the history comes back shorter than it was. It is shared: another "
                "branch may look further back. Return as many columns as came in.",
            ),
            Misconception(
                name="a history moved the wrong way",
                wrong=moved("torch.cat([x.unsqueeze(-1), history[..., :-1]], dim=-1)"),
                message="The output is right, but the new sample stands at the old end of the returned history. "
                "Exercise 1 has the right move.",
            ),
            Misconception(
                name="the given history changed",
                wrong=moved("history.copy_(window[..., 1:])"),
                message="Both results are right, and the history that was given has changed with them. Somebody may "
                "still need it as it was: return a new tensor.",
            ),
            Misconception(
                name="the bias left out",
                wrong=stepped(" + bias → "),
                message="The output lacks the bias: one number for each channel, added once.",
            ),
            Misconception(
                name="channels added up",
                wrong=stepped("* weight).sum(dim=-1) → * weight).sum(dim=(1, 2))[:, None]"),
                message="Each output is the sum of all channels of its sequence. Every channel has a kernel of its "
                "own: the sum runs over the taps only.",
            ),
            Misconception(
                name="the present sample alone",
                wrong=stepped(f"{SUM} → weight[:, -1] * x"),
                message="The output holds the newest tap only, as after a history of zeros: what was remembered is not "
                "read. Put history and sample together first; each tap reads a column of both.",
            ),
            Misconception(
                name="a tap left out",
                wrong=[
                    tapped("range(weight.shape[-1]) → range(1, weight.shape[-1])"),
                    tapped("range(weight.shape[-1]) → range(weight.shape[-1] - 1)"),
                ],
                message="The oldest or the newest tap takes no part. There are W of them, 0 to W − 1: where does your "
                "loop begin, and where does it end?",
            ),
            Misconception(
                name="a mean over the taps",
                wrong=stepped(".sum(dim=-1) + → .mean(dim=-1) +"),
                message="The products are averaged, so the output is W times too small before the bias comes in. They "
                "are added up.",
            ),
            Misconception(
                name="groups forgotten",
                wrong=stepped(f"y = {SUM} + bias → y = F.conv1d(window, {KERNELS}, bias, dilation=dilation)[..., -1]"),
                message="F.conv1d mixes all channels unless it is told not to. Here each channel has a kernel of its "
                "own: as many groups as channels.",
            ),
            Misconception(
                name="SiLU too early",
                wrong=stepped("return y, window → return F.silu(y), window"),
                message="The output went through SiLU. Here the convolution alone is asked for; exercise 5 applies "
                "SiLU to what comes out of it.",
            ),
            Misconception(
                name="the two results exchanged",
                wrong=stepped("return y, window[..., 1:] → return window[..., 1:], y"),
                message="The output comes first, the next history second.",
            ),
        ],
    ),
    Exercise(
        id="03.conv_chunk",
        title="A chunk of any length",
        reference=conv_chunk,
        cases=draw_chunk,
        example=CHUNK_EXAMPLE,
        axes=OUTPUTS,
        items=tuple(OUTPUTS),
        misconceptions=[
            Misconception(
                name="a short chunk is not remembered",
                wrong=chunked(f"{NEXT}x[..., -history.shape[-1] :] if L >= history.shape[-1] else history"),
                where=not_empty,
                message="When the chunk is shorter than the history, the old history comes back unchanged. A chunk of "
                "one sample is still a sample: the history has to take it in and let one go.",
            ),
            Misconception(
                name="a history that stands still",
                wrong=chunked(f"{NEXT}history"),
                where=not_empty,
                message="The outputs are right, but the history comes back as it was given: the *oldest* samples of "
                "history and chunk together. The next chunk needs those that come just before it.",
            ),
            Misconception(
                name="a history that grows",
                wrong=[chunked(f"{NEXT}joined"), chunked(f"{NEXT}read")],
                where=not_empty,
                message="The outputs are right, but the history comes back with another number of columns than it had. "
                "As many samples go as have come.",
            ),
            Misconception(
                name="the end of the chunk only",
                wrong=[chunked(f"{NEXT}x[..., -history.shape[-1] :]"), chunked(f"{NEXT}x")],
                where=not_empty,
                message="The new history is cut out of the chunk alone. A chunk shorter than the history does not "
                "hold enough samples: the rest are samples that the old history still has.",
            ),
            Misconception(
                name="zeros before a short chunk",
                wrong=chunked(f"{NEXT}F.pad(x, (history.shape[-1], 0))[..., -history.shape[-1] :]"),
                where=not_empty,
                message="A chunk shorter than the history is filled up with zeros. The samples before it are known: "
                "the old history holds them.",
            ),
            Misconception(
                name="a history of outputs",
                wrong=[
                    chunked(f"{NEXT}torch.cat([history, y], dim=-1)[..., L:]"),
                    chunked(f"{NEXT}y[..., -history.shape[-1] :]"),
                ],
                where=not_empty,
                message="The history holds what came *in*. Here outputs are put into it, and the next chunk would be "
                "convolved with them.",
            ),
            Misconception(
                name="a history cut to this branch",
                wrong=[chunked(f"{NEXT}joined[..., -lag:]"), chunked(f"{NEXT}joined[..., joined.shape[-1] - lag :]")],
                where=not_empty,
                message="The outputs are right, but the history comes back shorter than it was. It is shared: another "
                "branch may look further back. Return as many columns as came in.",
            ),
            Misconception(
                name="every chunk from zeros",
                wrong=chunked(
                    "history.shape[-1] - lag :] → history.shape[-1] :]",
                    "F.conv1d(read → F.conv1d(F.pad(read, (lag, 0))",
                ),
                where=not_empty,
                message="The history is returned rightly but never read: the outputs are those of a chunk with "
                "zeros before it. Look at the first outputs of the chunk.",
            ),
            Misconception(
                name="zeros in place of the history",
                wrong=chunked("torch.cat([history, x] → torch.cat([torch.zeros_like(history), x]"),
                where=not_empty,
                message="The given history is replaced by zeros, both for the outputs and for what is returned. The "
                "samples before the chunk are in `history`; padding with zeros is right at the very start only.",
            ),
            Misconception(
                name="outputs for samples of the history too",
                wrong=chunked(f"{READ} → joined"),
                where=not_empty,
                message="There are more outputs than samples in the chunk. The history may be longer than this branch "
                "needs, and the surplus gives outputs that an earlier chunk has already given. Put only the last "
                "`lag` columns before the chunk.",
            ),
            Misconception(
                name="the first outputs in place of the last",
                wrong=chunked(f"{READ} → joined[..., : lag + L]"),
                where=not_empty,
                message="The history may be longer than this branch needs. Then these are outputs that an earlier "
                "chunk has already given; those of this chunk stand at the end.",
            ),
            Misconception(
                name="a history that ends one sample early",
                wrong=chunked(f"{NEXT}F.pad(joined, (1, 0))[..., L : L + history.shape[-1]]"),
                where=not_empty,
                message="The returned history lacks the last sample of the chunk, and holds one that is too old "
                "instead. Its last column is the sample just before the next chunk.",
            ),
            Misconception(
                name="minus zero",
                wrong=chunked(f"{READ} → torch.cat([history[..., -lag:], x], dim=-1)"),
                where=not_empty,
                message="A kernel with one tap has lag 0, and `history[..., -0:]` is not empty: it is the whole "
                "history. Count from the front, `history[..., S - lag:]`.",
            ),
            Misconception(
                name="the last none of them",
                wrong=chunked(
                    "if L == 0: → if False:", f"{READ} → joined", "return y, joined → return y[..., -L:], joined"
                ),
                message="The last L outputs are not `y[..., -L:]` when L is 0: minus zero is zero, and all outputs of "
                "old samples come back. An empty chunk has no outputs: return early. What is the history then?",
            ),
            Misconception(
                name="an empty chunk not thought of",
                wrong=[
                    chunked("if L == 0: → if False:"),
                    chunked(
                        "if L == 0: → if False:",
                        f"{READ} → joined",
                        "return y, joined → return y[..., y.shape[-1] - L :], joined",
                    ),
                    conv_chunk_by_steps,
                ],
                message="`F.conv1d` and `torch.stack` refuse to work on nothing, and this chunk is empty. An empty "
                "chunk has no outputs: return early, with outputs as empty as the chunk. What is the history then?",
            ),
            Misconception(
                name="the dilation left out",
                wrong=[
                    chunked("(W - 1) * dilation → W - 1", "dilation=dilation, → "),
                    chunked("dilation=dilation, → "),
                    chunked("(W - 1) * dilation → W - 1"),
                ],
                where=not_empty,
                message="The dilation is missing where the columns are chosen, in the convolution, or in both. With "
                "dilation d two taps stand d samples apart.",
            ),
            Misconception(
                name="taps in reverse order",
                wrong=chunked("weight[:, None] → weight.flip(-1)[:, None]"),
                where=not_empty,
                message="The taps are turned around. F.conv1d slides the kernel as it stands, and here the oldest tap "
                "stands first already.",
            ),
            Misconception(
                name="groups forgotten",
                wrong=[
                    chunked(", groups=D → "),
                    chunked(", groups=D → ", f"{READ} → joined"),
                ],
                where=not_empty,
                message="F.conv1d mixes all channels unless it is told not to. Here each channel has a kernel of its "
                "own: as many groups as channels.",
            ),
            Misconception(
                name="a kernel without its middle axis",
                wrong=chunked("weight[:, None] → weight"),
                where=not_empty,
                message="F.conv1d wants a kernel of shape (D, 1, W), and the weight has (D, W). unsqueeze(1) puts the "
                "middle axis in.",
            ),
            Misconception(
                name="padded as well",
                wrong=[
                    chunked(f"{READ} → joined", "F.conv1d(read → F.conv1d(F.pad(joined, (lag, 0))[..., : lag + L]"),
                    chunked("dilation=dilation, → dilation=dilation, padding=lag,"),
                ],
                where=not_empty,
                message="There are zeros before the history, or behind the chunk, besides the history itself, and the "
                "outputs that are read from them come too. The history is there in place of any padding.",
            ),
            Misconception(
                name="the oldest samples kept",
                wrong=chunked(
                    f"{NEXT}torch.cat([history[..., : max(0, history.shape[-1] - L)], x], dim=-1)"
                    "[..., -history.shape[-1] :]"
                ),
                where=not_empty,
                message="A chunk shorter than the history takes the place of the *latest* old samples, and the oldest "
                "stay. The other way round: what is too much goes at the old end.",
            ),
            Misconception(
                name="SiLU too early",
                wrong=chunked("return y, joined → return F.silu(y), joined"),
                where=not_empty,
                message="The outputs went through SiLU. Here the convolution alone is asked for; exercise 5 applies "
                "SiLU to what comes out of it.",
            ),
            Misconception(
                name="zeros before the history",
                wrong=chunked("F.conv1d(read → F.conv1d(F.pad(joined, (lag, 0))"),
                where=not_empty,
                message="Zeros are put before a row that begins with the history, so there are outputs too many. The "
                "history is there in place of the padding.",
            ),
            Misconception(
                name="the chunk before the history",
                wrong=chunked("torch.cat([history, x], → torch.cat([x, history],"),
                where=not_empty,
                message="The row begins with the chunk and ends with the history. Time runs from left to right: what "
                "came before stands first.",
            ),
            Misconception(
                name="an empty history after an empty chunk",
                wrong=chunked("return x, history → return x, x"),
                message="The outputs of an empty chunk are empty, and its history is not: nothing came, so nothing "
                "goes. It stays as it was.",
            ),
            Misconception(
                name="a history lost in an empty chunk",
                wrong=[
                    chunked("return x, history → return x, torch.zeros_like(history)"),
                    chunked("return x, history → return x, history[..., history.shape[-1] - lag :]"),
                ],
                message="An empty chunk empties the history too, or cuts it. Nothing came, so nothing goes: the next "
                "chunk needs every sample that this one would have needed.",
            ),
            Misconception(
                name="cut at the lag, not at its distance from the end",
                wrong=chunked(f"{READ} → joined[..., lag:]"),
                where=not_empty,
                message="The first `lag` columns of the row are left out. The other way round: the last `lag` columns "
                "of the history are needed, and what stands before them is left out.",
            ),
            Misconception(
                name="the chunk step by step, with one history",
                wrong=_with_one_history,
                where=not_empty,
                message="Every sample of the chunk is convolved with the history from before the chunk. After each "
                "sample it has moved on: hand the new one to the next step.",
            ),
            Misconception(
                name="the bias left out",
                wrong=chunked("bias, dilation= → None, dilation="),
                where=not_empty,
                message="The outputs lack the bias: one number for each channel.",
            ),
        ],
    ),
    Exercise(
        id="03.gated_conv_step",
        title="All branches from one history",
        reference=gated_conv_step,
        cases=draw_gated,
        example=GATED_EXAMPLE,
        axes=OUTPUT,
        items=tuple(OUTPUT),
        misconceptions=[
            Misconception(
                name="pushed first, then read",
                wrong=gated(
                    "y = torch.zeros_like(x) → y, history = torch.zeros_like(x), push(history, x)",
                    "return y, push(history, x) → return y, history",
                ),
                message="The history has moved on before the branches read it, so `conv_step` sees the new sample "
                "twice, and older taps read a sample one step newer than they should. Give the branches the history "
                "as it came, and push once they have read.",
            ),
            Misconception(
                name="the history moved once a branch",
                wrong=[
                    gated("branch, _ = → branch, history =", "return y, push(history, x) → return y, history"),
                    gated("branch, _ = → branch, history ="),
                    gated(
                        "y = torch.zeros_like(x) → y, moved = torch.zeros_like(x), history",
                        "branch, _ = conv_step(x, history → branch, moved = conv_step(x, moved",
                    ),
                ],
                message="Each branch pushes the sample into the history and hands it to the next branch, so the "
                "second branch sees this sample twice. All branches read the same history; it moves once a step.",
            ),
            Misconception(
                name="the sample pushed twice",
                wrong=gated("branch, _ = → branch, moved =", "push(history, x) → push(moved, x)"),
                message="The history that `conv_step` returns has taken this sample in already. Pushed once more, the "
                "sample stands in it twice. Return the one, or push into the history that was given.",
            ),
            Misconception(
                name="the oldest part of the shared history",
                wrong=gated("(x, history, weight → (x, history[..., : (weight.shape[-1] - 1) * dilation], weight"),
                message="A branch reads the first columns of the shared history, and these are the oldest. Its own "
                "history is the *end* of the shared one: what came just before now.",
            ),
            Misconception(
                name="SiLU after the sum",
                wrong=gated("F.silu(branch) → branch", "return y, push → return F.silu(y), push"),
                message="The branches are added first and go through SiLU together. In this front end each branch "
                "goes through SiLU on its own, then they are added.",
            ),
            Misconception(
                name="SiLU once more",
                wrong=gated("return y, push → return F.silu(y), push"),
                message="Each branch went through SiLU, as it should, and their sum goes through it again. Once is "
                "enough.",
            ),
            Misconception(
                name="a mean of what has its shares already",
                wrong=gated("return y, push → return y / len(weights), push"),
                message="The sum is divided by the number of branches. The shares add up to 1 already: their sum is "
                "the mean.",
            ),
            Misconception(
                name="a history that grows",
                wrong=gated("push(history, x) → torch.cat([history, x.unsqueeze(-1)], dim=-1)"),
                message="The output is right, and the history comes back with one column more than it had. The oldest "
                "sample has to go.",
            ),
            Misconception(
                name="branches that are not added",
                wrong=[
                    gated("y = torch.zeros_like(x) → y = torch.ones_like(x)", "y = y + share → y = y * share"),
                    gated(
                        "y = torch.zeros_like(x) → y = []",
                        "y = y + share * F.silu(branch) → y.append(share * F.silu(branch))",
                        "return y, push → return torch.cat(y, dim=-1), push",
                    ),
                ],
                message="The branches stand beside each other in one long output, or are multiplied. They are added "
                "up: the output has the shape of one of them.",
            ),
            Misconception(
                name="the share inside SiLU",
                wrong=gated("share * F.silu(branch) → F.silu(share * branch)"),
                message="Here SiLU bends the branch times its share. A share weighs what comes *out* of SiLU.",
            ),
            Misconception(
                name="another function than SiLU",
                wrong=[
                    gated(f"F.silu(branch) → {other}(branch)")
                    for other in ("torch.sigmoid", "F.relu", "torch.tanh", "F.gelu")
                ],
                message="The branches go through another function. SiLU is z·sigmoid(z): `F.silu`.",
            ),
            Misconception(
                name="SiLU left out",
                wrong=gated("F.silu(branch) → branch"),
                message="The branches are added as they are. Each one goes through `F.silu` before the sum.",
            ),
            Misconception(
                name="gates without softmax",
                wrong=gated("torch.softmax(gates, dim=0) → gates"),
                message="The gates multiply the branches directly. They are logits: softmax makes shares of them "
                "that are positive and add up to 1.",
            ),
            Misconception(
                name="another function than softmax",
                wrong=[
                    gated(f"torch.softmax(gates, dim=0) → {other}")
                    for other in (
                        "torch.exp(gates)",
                        "torch.sigmoid(gates)",
                        "torch.log_softmax(gates, dim=0)",
                        "gates / gates.sum()",
                        "gates.abs() / gates.abs().sum()",
                        "F.silu(gates)",
                        "torch.softmax(-gates, dim=0)",
                        "torch.tanh(gates)",
                        "F.one_hot(gates.argmax(), len(gates))",
                    )
                ],
                message="These are not the shares: softmax divides the *exponentials* of the gates by their sum, so "
                "that all are positive and add up to 1, and the largest gate has the largest share.",
            ),
            Misconception(
                name="gates left out",
                wrong=[
                    gated("share * F.silu → F.silu"),
                    gated("share * F.silu(branch) → F.silu(branch) / len(weights)"),
                ],
                message="Every branch counts the same. Each one has a share, softmax of `gates` at its place. "
                "(Softmax of a single gate is 1: it is taken once, of all of them.)",
            ),
            Misconception(
                name="only one branch",
                wrong=[gated("y = y + → y ="), gated("return y, push →     return y, push")],
                message="The output holds one branch and not their sum: the last one if each overwrites the one "
                "before, the first one if the function returns inside the loop.",
            ),
            Misconception(
                name="the dilations left out",
                wrong=[gated("bias, dilation) → bias, 1)"), gated("bias, dilation) → bias, dilations[0])")],
                message="All branches are convolved with one and the same dilation. Each has its own, at its place in "
                "`dilations`.",
            ),
            Misconception(
                name="one branch behind the other",
                wrong=[
                    _behind_each_other,
                    gated(HANDED_ON, "conv_step(x, → conv_step(branch,"),
                    gated(HANDED_ON, "conv_step(x, → conv_step(branch,", "F.silu(branch) → (branch := F.silu(branch))"),
                ],
                message="The output of a branch is the input of the next one. The branches stand side by side: each "
                "reads the same sample.",
            ),
            Misconception(
                name="SiLU on what comes in",
                wrong=gated("conv_step(x, → conv_step(F.silu(x),", "F.silu(branch) → branch"),
                message="The sample goes through SiLU, and what the branches give does not. In this front end SiLU "
                "comes behind the convolution of each branch.",
            ),
            Misconception(
                name="biases outside of SiLU",
                wrong=[
                    gated("F.silu(branch) → (F.silu(branch - bias) + bias)"),
                    gated("y + share * F.silu(branch) → y + share * F.silu(branch - bias) + bias"),
                ],
                message="The biases are added to what has come out of SiLU. A bias belongs to the convolution of its "
                "branch, and goes through SiLU with it.",
            ),
            Misconception(
                name="softmax twice",
                wrong=gated("torch.softmax(gates, dim=0) → torch.softmax(torch.softmax(gates, dim=0), dim=0)"),
                message="The shares go through softmax once more, and so come closer together. They are shares after "
                "the first time.",
            ),
            Misconception(
                name="a branch left out",
                wrong=[
                    gated(
                        "zip(shares, weights, biases, dilations, strict=True) → "
                        f"[*zip(shares, weights, biases, dilations)]{part}"
                    )
                    for part in ("[1:]", "[:-1]")
                ],
                message="The first or the last branch takes no part in the sum. Where does your loop begin, and where "
                "does it end?",
            ),
            Misconception(
                name="a history cut to the longest branch",
                wrong=gated(
                    "push(history, x) → push(history, x)"
                    "[..., history.shape[-1] - (weights[0].shape[-1] - 1) * max(dilations) :]"
                ),
                message="The output is right, but the history comes back shorter than it was. It may be longer than "
                "these branches need: return as many columns as came in.",
            ),
            Misconception(
                name="lists in different orders",
                wrong=[
                    gated("biases, dilations, strict → biases, dilations[::-1], strict"),
                    gated("zip(shares, → zip(shares.flip(0),"),
                    gated("zip(shares, weights, → zip(shares, weights[::-1],"),
                    gated("weights, biases, dilations, strict → weights, biases[::-1], dilations, strict"),
                ],
                message="One of the lists is read from its end, so that a branch gets the share, the kernel, the bias "
                "or the dilation of another one. Place i belongs to branch i in all of them.",
            ),
            Misconception(
                name="one kernel for all branches",
                wrong=[
                    gated("bias, dilation) → biases[0], dilation)"),
                    gated("history, weight, → history, weights[0],"),
                ],
                message="All branches share the weights or the bias of the first one. Each branch has its own, at its "
                "place in the list.",
            ),
            Misconception(
                name="the biases left out",
                wrong=gated("bias, dilation) → 0 * bias, dilation)"),
                message="The branches are convolved without their biases. Each has one, at its place in `biases`.",
            ),
            Misconception(
                name="a history that stands still",
                wrong=gated("return y, push(history, x) → return y, history"),
                message="The output is right, but the history comes back as it was given. The next step will not "
                "know this sample.",
            ),
            Misconception(
                name="the output taken into the history",
                wrong=gated("push(history, x) → push(history, y)"),
                message="The history holds what came *in*. Here the output is put into it.",
            ),
        ],
    ),
    Exercise(
        id="03.mended_step",
        title="The step that works for dilation 1 only",
        reference=conv_step,
        cases=draw_step,
        example=STEP_EXAMPLE,
        axes=OUTPUT,
        items=tuple(OUTPUT),
        misconceptions=[
            Misconception(
                name="the bug, still in",
                wrong=suspect_step,
                message="With dilation 1 this step is right, with every larger dilation it is not. The expected "
                "output below is made of digits: each digit is a sample. Which sample met which tap?",
                given=True,
            ),
            Misconception(
                name="the bug moved to dilation 1",
                wrong=suspected("read * weight → read * weight.flip(-1)"),
                message="The dilated path is right now, and the path for dilation 1 is wrong. A change that both "
                "paths share mends one and breaks the other: change one path only, or make it one path.",
            ),
            Misconception(
                name="the bug in both paths",
                wrong=stepped("* weight) → * weight.flip(-1))"),
                message="Now dilation 1 is wrong as well: the newest sample meets the oldest tap in both paths. "
                "`weight` lists its taps from the oldest to the newest.",
            ),
            Misconception(
                name="the channels turned around",
                wrong=[
                    suspected("read * weight → read * (weight if dilation == 1 else weight.flip(0))"),
                    suspected(
                        "newest - dilation * torch.arange(taps)] → newest - dilation * torch.arange(taps)].flip(1)"
                    ),
                    suspected("read * weight → read * weight.flip(0)"),
                ],
                message="The channels are swapped: `flip` turned their axis. With a single channel nothing changes. "
                "Taps lie along the last axis.",
            ),
            Misconception(
                name="the sequences turned around",
                wrong=[
                    suspected(
                        "newest - dilation * torch.arange(taps)] → newest - dilation * torch.arange(taps)].flip(0)"
                    ),
                    suspected("read * weight → read.flip(0) * weight"),
                ],
                message="The sequences are swapped: `flip` turned their axis. With a single sequence nothing changes. "
                "Taps lie along the last axis.",
            ),
            Misconception(
                name="a slice with a negative step",
                wrong=suspected("torch.arange(taps)] → torch.arange(taps)[::-1]]"),
                message="Lists can be turned around with [::-1], tensors cannot: `flip` does it.",
            ),
            Misconception(
                name="one distance too far back",
                wrong=suspected("dilation * torch.arange(taps)] → dilation * (taps - torch.arange(taps))]"),
                message="The order is right now, but every tap reads one distance too far back, and no tap reads the "
                "present sample. What is too far back for the window begins again at its end. How far back does the "
                "oldest of three taps read?",
            ),
            Misconception(
                name="one sample beside",
                wrong=[
                    suspected(
                        f"newest - dilation * torch.arange(taps)] → {first} - dilation * torch.arange(taps).flip(0)]"
                    )
                    for first in ("newest - 1", "newest - dilation + 1")
                ],
                where=lambda dilation, **rest: dilation > 1,
                message="The order is right now, but the newest tap does not read the present sample any more. It "
                "reads column `newest`.",
            ),
            Misconception(
                name="the history turned around too",
                wrong=[
                    moved("window.flip(-1)[..., 1:]"),
                    moved("(window if dilation == 1 else window.flip(-1))[..., 1:]"),
                ],
                message="The outputs are right, but the next history is cut out of the window that you have turned "
                "around. A history runs from the oldest sample to the latest.",
            ),
            Misconception(
                name="neighbours from the oldest on",
                wrong=suspected(
                    "newest - dilation * torch.arange(taps)] → newest - dilation * (taps - 1) + torch.arange(taps)]"
                ),
                message="The oldest tap reads the right column now, and the others the columns beside it. From one tap "
                "to the next it is `dilation` columns.",
            ),
            Misconception(
                name="the whole window turned around",
                wrong=suspected(f"window = {WINDOW} → window = {WINDOW}.flip(-1)"),
                message="The window itself is turned around, and the path for dilation 1 and the next history are cut "
                "out of it as well. Both want the order of time. Turn what the dilated path reads, not the window.",
            ),
            Misconception(
                name="a column that is not there",
                wrong=[
                    suspected("newest = window.shape[-1] - 1 → newest = window.shape[-1]"),
                    suspected("newest - dilation → newest + dilation"),
                ],
                message="This asks for a column after the last one. The window has S + 1 columns, counted from 0: "
                "`newest` is S, and every other tap stands before it. Is it the place of the columns that is wrong, "
                "or their order?",
            ),
            Misconception(
                name="the dilated path taken out",
                wrong=stepped(f"{START} → history.shape[-1] - (weight.shape[-1] - 1)", "start::dilation → start:"),
                message="Every call takes the path of dilation 1, so a dilated kernel reads neighbouring samples. "
                "Keep the distance between the taps and look at their order.",
            ),
            Misconception(
                name="counted from the oldest sample",
                wrong=stepped("[..., start::dilation] → [..., : (weight.shape[-1] - 1) * dilation + 1 : dilation]"),
                where=columns_fit_and_dilated,
                message="The order is right now, but the first tap reads column 0 of the history. This fits only if "
                "the history has exactly the length that this branch needs. Count from the newest end.",
            ),
        ],
    ),
]

RECAP = [
    Question(
        text="A branch has d_conv = 3 taps and dilation 5. How many samples must be kept between two steps?",
        choices=["2", "10", "11", "15"],
        answer="10",
        why="The oldest tap reads (3 − 1)·5 = 10 samples back. The present sample arrives with the "
        "step and is not kept for it.",
    ),
    Question(
        text="A step first pushes the new sample into the history, then builds the window from history and sample. "
        "What happens?",
        choices=[
            "Nothing: the window holds the same samples either way",
            "Every older tap reads a sample one step newer than it should",
            "The history grows by one column at every step, without end",
        ],
        answer="Every older tap reads a sample one step newer than it should",
        why="The new sample is in the window twice. The window is the history as it was before this sample, then the "
        "sample.",
    ),
    Question(
        text="Branches with dilations 1, 3 and 9 share one history, d_conv = 4. How many columns does it need?",
        choices=["39", "42", "27", "28"],
        answer="27",
        why="The branch that looks back furthest needs (4 − 1)·9 = 27 samples. What the others need is part of them.",
    ),
    Question(
        text="The history is lost (set to zeros) in the middle of a stream. Which outputs are wrong?",
        choices=["All outputs from then on", "The next ones, as many as the largest lag", "The next output only"],
        answer="The next ones, as many as the largest lag",
        why="After that many samples the history is full of true samples again. A convolution forgets "
        "completely; a scan, as in notebook 08, fades.",
    ),
    Question(
        text="A chunk of 3 samples meets a history of 10. Which samples form the next history?",
        choices=[
            "The 3 of the chunk, then zeros until there are 10 again",
            "The last 7 of the old history, then the 3 of the chunk",
            "The old history as it was: the chunk is too short to fill it",
        ],
        answer="The last 7 of the old history, then the 3 of the chunk",
        why="The next history is always the last 10 columns of old history and chunk together, whatever the chunk's "
        "length.",
    ),
]
