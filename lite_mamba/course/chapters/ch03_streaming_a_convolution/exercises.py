"""Exercises of notebook 03: a history that moves on, a step, a chunk, and the step of the whole front end."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.exercise import Exercise, Misconception, Question


def push(history: Tensor, x: Tensor) -> Tensor:
    """The history after one more sample: (B, D, S) and (B, D) to (B, D, S)."""
    return torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., 1:]  # (B, D, S)


def sample_at_the_wrong_end(history, x):
    return torch.cat([x.unsqueeze(-1), history[..., :-1]], dim=-1)


def one_too_many(history, x):
    return torch.cat([history, x.unsqueeze(-1)], dim=-1)


def newest_dropped(history, x):
    return torch.cat([history, x.unsqueeze(-1)], dim=-1)[..., :-1]


def newest_overwritten(history, x):
    return torch.cat([history[..., :-1], x.unsqueeze(-1)], dim=-1)


def shifted_to_the_right(history, x):
    moved = torch.roll(history, 1, dims=-1)
    moved[..., -1] = x
    return moved


def written_over_the_oldest(history, x):
    return torch.cat([x.unsqueeze(-1), history[..., 1:]], dim=-1)


def draw_push(draw):
    B, D, S = draw.size(1, 3), draw.size(1, 4), draw.size(1, 8)
    return {"history": draw.normal(B, D, S), "x": draw.normal(B, D)}


def ring_push(ring: Tensor, oldest: int, x: Tensor) -> tuple[Tensor, int, Tensor]:
    """Write over the oldest sample; return the new ring, the new place of the oldest sample, and the time order."""
    ring = ring.clone()
    ring[..., oldest] = x
    oldest = (oldest + 1) % ring.shape[-1]
    return ring, oldest, torch.roll(ring, -oldest, dims=-1)


def _ring(ring, write, x):
    ring = ring.clone()
    ring[..., write] = x
    return ring


def pointer_runs_away(ring, oldest, x):
    ring = _ring(ring, oldest, x)
    return ring, oldest + 1, torch.roll(ring, -(oldest + 1), dims=-1)


def read_from_the_newest(ring, oldest, x):
    ring = _ring(ring, oldest, x)
    return ring, (oldest + 1) % ring.shape[-1], torch.roll(ring, -oldest, dims=-1)


def rolled_the_other_way(ring, oldest, x):
    ring = _ring(ring, oldest, x)
    oldest = (oldest + 1) % ring.shape[-1]
    return ring, oldest, torch.roll(ring, oldest, dims=-1)


def written_over_the_newest(ring, oldest, x):
    ring = _ring(ring, oldest - 1, x)
    return ring, oldest, torch.roll(ring, -oldest, dims=-1)


def order_of_the_slots(ring, oldest, x):
    ring = _ring(ring, oldest, x)
    return ring, (oldest + 1) % ring.shape[-1], ring


def rolled_through_all_axes(ring, oldest, x):
    ring = _ring(ring, oldest, x)
    oldest = (oldest + 1) % ring.shape[-1]
    return ring, oldest, torch.roll(ring, -oldest)


def draw_ring(draw):
    B, D, S = draw.size(1, 2), draw.size(1, 3), draw.size(1, 7)
    return {"ring": draw.normal(B, D, S), "oldest": draw.choice(range(S)), "x": draw.normal(B, D)}


def conv_step(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """One sample through one branch: the output (B, D) and the next history (B, D, S)."""
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)  # (B, D, S + 1)
    oldest = window.shape[-1] - 1 - (weight.shape[-1] - 1) * dilation
    y = (window[..., oldest::dilation] * weight).sum(dim=-1) + bias  # (B, D)
    return y, window[..., 1:]


def taps_reversed(x, history, weight, bias, dilation):
    return conv_step(x, history, weight.flip(-1), bias, dilation)


def read_after_writing(x, history, weight, bias, dilation):
    moved = push(history, x)
    return conv_step(x, moved, weight, bias, dilation)[0], moved


def history_not_moved(x, history, weight, bias, dilation):
    return conv_step(x, history, weight, bias, dilation)[0], history


def dilation_ignored(x, history, weight, bias, dilation):
    return conv_step(x, history, weight, bias, 1)


def read_from_the_oldest(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    read = window[..., : (weight.shape[-1] - 1) * dilation + 1 : dilation]
    return (read * weight).sum(dim=-1) + bias, window[..., 1:]


def every_dilation_th_column(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return (window[..., ::dilation] * weight).sum(dim=-1) + bias, window[..., 1:]


def reach_of_all_taps(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return (window[..., -weight.shape[-1] * dilation :: dilation] * weight).sum(dim=-1) + bias, window[..., 1:]


def oldest_dropped_before_it_is_read(x, history, weight, bias, dilation):
    moved = push(history, x)
    newest, taps = moved.shape[-1] - 1, weight.shape[-1]
    y = bias.expand_as(x)
    for k in range(taps):
        y = y + weight[:, k] * moved[..., newest - (taps - 1 - k) * dilation]
    return y, moved


def pushed_first_then_every_dilation_th(x, history, weight, bias, dilation):
    moved = push(history, x)
    return (moved[..., ::dilation] * weight).sum(dim=-1) + bias, moved


def pushed_first_then_sliced(x, history, weight, bias, dilation):
    moved = push(history, x)
    start = max(0, moved.shape[-1] - 1 - (weight.shape[-1] - 1) * dilation)
    return (moved[..., start::dilation] * weight).sum(dim=-1) + bias, moved


def cut_to_its_own_lag(x, history, weight, bias, dilation):
    y, moved = conv_step(x, history, weight, bias, dilation)
    return y, moved[..., moved.shape[-1] - (weight.shape[-1] - 1) * dilation :]


def history_moved_the_wrong_way(x, history, weight, bias, dilation):
    return conv_step(x, history, weight, bias, dilation)[0], sample_at_the_wrong_end(history, x)


def _branch(draw):
    B, D, taps, dilation = draw.size(1, 2), draw.size(1, 3), draw.size(1, 4), draw.size(1, 4)
    return B, D, taps, dilation, max(1, (taps - 1) * dilation) + draw.size(0, 3)


def draw_step(draw):
    """One step; with one sequence and one channel it is made of digits, so that an output tells what it has read."""
    B, D, taps, dilation, S = _branch(draw)
    if B == D == 1:
        return step_of_digits(taps, dilation, S)
    history = draw.normal(B, D, S)
    return {
        "x": draw.normal(B, D), "history": history, "weight": draw.normal(D, taps), "bias": draw.normal(D),
        "dilation": dilation,
    }  # fmt: skip


def step_of_digits(taps, dilation, S):
    """The samples 1, 2, 3, … (after 9 comes 0 again) and the taps …, 100, 10, 1, without a bias."""
    samples = torch.arange(1.0, S + 2) % 10  # (S + 1,)
    weight = 10.0 ** torch.arange(taps).flip(0)  # (W,)
    return {
        "x": samples[-1:].view(1, 1), "history": samples[:-1].view(1, 1, S), "weight": weight[None],
        "bias": torch.zeros(1), "dilation": dilation,
    }  # fmt: skip


STEP_EXAMPLE = step_of_digits(taps=3, dilation=2, S=5)


def conv_chunk(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """A chunk of any length: the outputs (B, D, L) and the next history (B, D, S)."""
    padded = torch.cat([history, x], dim=-1)  # (B, D, S + L)
    L, S = x.shape[-1], history.shape[-1]
    y = torch.zeros_like(x) + bias[:, None]  # (B, D, L)
    for k in range(weight.shape[-1]):
        start = S - (weight.shape[-1] - 1 - k) * dilation
        y = y + weight[:, k, None] * padded[..., start : start + L]
    return y, padded[..., L:]


def short_chunk_not_remembered(x, history, weight, bias, dilation):
    y, _ = conv_chunk(x, history, weight, bias, dilation)
    S = history.shape[-1]
    return y, x[..., -S:] if x.shape[-1] >= S else history


def end_of_the_chunk_only(x, history, weight, bias, dilation):
    y, _ = conv_chunk(x, history, weight, bias, dilation)
    return y, x[..., -history.shape[-1] :]


def history_of_the_wrong_end(x, history, weight, bias, dilation):
    y, _ = conv_chunk(x, history, weight, bias, dilation)
    return y, torch.cat([history, x], dim=-1)[..., : history.shape[-1]]


def every_chunk_from_zeros(x, history, weight, bias, dilation):
    y, _ = conv_chunk(x, torch.zeros_like(history), weight, bias, dilation)
    return y, torch.cat([history, x], dim=-1)[..., x.shape[-1] :]


def zeros_take_the_place(x, history, weight, bias, dilation):
    return conv_chunk(x, torch.zeros_like(history), weight, bias, dilation)


def outputs_of_the_history_too(x, history, weight, bias, dilation):
    padded = torch.cat([history, x], dim=-1)
    lag = (weight.shape[-1] - 1) * dilation
    y, _ = conv_chunk(padded[..., lag:], padded[..., :lag], weight, bias, dilation)
    return y, padded[..., x.shape[-1] :]


def one_sample_late(x, history, weight, bias, dilation):
    y, _ = conv_chunk(x, history, weight, bias, dilation)
    padded = torch.cat([torch.zeros_like(history[..., :1]), history, x], dim=-1)
    return y, padded[..., x.shape[-1] : x.shape[-1] + history.shape[-1]]


def minus_zero(x, history, weight, bias, dilation):
    S, lag = history.shape[-1], (weight.shape[-1] - 1) * dilation
    before = history[..., -lag:]
    y, _ = conv_chunk(torch.cat([before[..., lag:], x], dim=-1), history[..., S - lag :], weight, bias, dilation)
    return y, conv_chunk(x, history, weight, bias, dilation)[1]


def not_empty(x, **others):
    return x.shape[-1] > 0


def nothing_to_work_on(error):
    return any(words in str(error) for words in ("greater than actual input size", "non-empty TensorList"))


def draw_chunk(draw):
    B, D, taps, dilation, S = _branch(draw)
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


def moved_once_a_branch(x, history, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for share, weight, bias, dilation in zip(torch.softmax(gates, dim=0), weights, biases, dilations, strict=True):
        branch, history = conv_step(x, history, weight, bias, dilation)
        y = y + share * F.silu(branch)
    return y, history


def _mixed(x, history, weights, biases, shares, dilations, activation=F.silu):
    """The sum over the branches with other shares or another activation than the right ones."""
    branches = zip(weights, biases, dilations, strict=True)
    outputs = [activation(conv_step(x, history, w, b, d)[0]) for w, b, d in branches]
    return sum(share * y for share, y in zip(shares, outputs, strict=True)), push(history, x)


def silu_after_the_sum(x, history, weights, biases, gates, dilations):
    shares = torch.softmax(gates, dim=0)
    y, moved = _mixed(x, history, weights, biases, shares, dilations, lambda y: y)
    return F.silu(y), moved


def silu_left_out(x, history, weights, biases, gates, dilations):
    return _mixed(x, history, weights, biases, torch.softmax(gates, dim=0), dilations, lambda y: y)


def gates_without_softmax(x, history, weights, biases, gates, dilations):
    return _mixed(x, history, weights, biases, gates, dilations)


def gates_left_out(x, history, weights, biases, gates, dilations):
    return _mixed(x, history, weights, biases, torch.ones_like(gates), dilations)


def pushed_before_the_branches(x, history, weights, biases, gates, dilations):
    moved = push(history, x)
    return gated_conv_step(x, moved, weights, biases, gates, dilations)[0], moved


def history_returned_as_it_came(x, history, weights, biases, gates, dilations):
    return gated_conv_step(x, history, weights, biases, gates, dilations)[0], history


def draw_gated(draw):
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


def suspect_step(x, history, weight, bias, dilation):
    """The code of the bug hunt."""
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    taps = weight.shape[-1]
    if dilation == 1:
        read = window[..., -taps:]
    else:
        newest = window.shape[-1] - 1
        read = window[..., newest - dilation * torch.arange(taps)]
    return (read * weight).sum(dim=-1) + bias, window[..., 1:]


def both_paths_reversed(x, history, weight, bias, dilation):
    return suspect_step(x, history, weight.flip(-1), bias, dilation)


def channels_reversed(x, history, weight, bias, dilation):
    return suspect_step(x, history, weight if dilation == 1 else weight.flip(0), bias, dilation)


def columns_fit_and_dilated(history, weight, dilation, **others):
    """Cases in which `window[..., ::dilation]` has one column for each tap, and dilation is not 1."""
    return dilation > 1 and history.shape[-1] < weight.shape[-1] * dilation


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
                wrong=sample_at_the_wrong_end,
                message="The new sample stands first, and the latest of the old ones is thrown away. In this "
                "history time runs from left to right: find the end at which the newest sample lives.",
            ),
            Misconception(
                name="one sample too many",
                wrong=one_too_many,
                message="The new sample comes in, but none goes out: after 1000 samples this history holds 1000 "
                "columns more. Compare its number of columns before and after.",
            ),
            Misconception(
                name="the newest sample thrown away",
                wrong=newest_dropped,
                message="The new sample comes in and is cut off again, so the history never changes. The sample that "
                "has to go stands at the other end.",
            ),
            Misconception(
                name="the latest sample overwritten",
                wrong=newest_overwritten,
                message="The new sample takes the place of the one before it; all others stay where they are. Every "
                "sample has to move by one column, and only the oldest is lost.",
            ),
            Misconception(
                name="shifted the wrong way",
                wrong=shifted_to_the_right,
                message="The samples move to the right, away from their place in time, and the newest overwrites what "
                "wraps around. A sample that gets older moves towards column 0.",
            ),
            Misconception(
                name="written over the oldest, and not moved",
                wrong=written_over_the_oldest,
                message="The new sample stands where the oldest was, and nothing has moved. That is a ring, the next "
                "exercise. Here the columns stay in the order of time: all move by one, and the new sample comes last.",
            ),
        ],
    ),
    Exercise(
        id="03.ring_push",
        title="The same history as a ring",
        reference=ring_push,
        cases=draw_ring,
        example={"ring": torch.tensor([[[5.0, 6.0, 3.0, 4.0]]]), "oldest": 2, "x": torch.tensor([[7.0]])},
        misconceptions=[
            Misconception(
                name="a pointer that runs away",
                wrong=pointer_runs_away,
                message="`oldest` grows without end, and the write after the last slot has no slot to go to. After "
                "the last slot comes slot 0 again: the operator `%` does that.",
            ),
            Misconception(
                name="read from the newest sample",
                wrong=read_from_the_newest,
                message="The order starts with the sample that was just written, the newest one. Once it is written, "
                "the oldest sample stands in another slot: read from the *new* `oldest`.",
            ),
            Misconception(
                name="rolled the other way",
                wrong=rolled_the_other_way,
                message="The ring turns in the wrong direction. Slot `oldest` has to come to column 0; "
                "`torch.roll` with a positive number moves columns to the right.",
            ),
            Misconception(
                name="written over the newest sample",
                wrong=written_over_the_newest,
                message="This writes into the slot before `oldest`, where the newest sample stands. The sample that is "
                "no longer needed is the oldest.",
            ),
            Misconception(
                name="the order of the slots taken for the order of time",
                wrong=order_of_the_slots,
                message="The slots come back as they lie in memory. In a ring the oldest sample can lie anywhere; "
                "time starts at slot `oldest` and goes around.",
            ),
            Misconception(
                name="rolled through all axes",
                wrong=rolled_through_all_axes,
                message="With one channel this is right; with more, samples wander from one channel into the next. "
                "`torch.roll` without `dims` rolls the tensor as one long row. Name the axis.",
            ),
        ],
    ),
    Exercise(
        id="03.conv_step",
        title="One sample through one branch",
        reference=conv_step,
        cases=draw_step,
        example=STEP_EXAMPLE,
        misconceptions=[
            Misconception(
                name="the taps reversed",
                wrong=taps_reversed,
                message="The tap for the oldest sample is multiplied with the newest one. `weight[:, -1]` belongs to "
                "*now*: look at which digit of the expected output is which sample.",
            ),
            Misconception(
                name="reading after writing",
                wrong=read_after_writing,
                message="The new sample is in the window twice: once because it was pushed into the history before "
                "the reading, once as the present sample. Older taps then read a sample one step newer than they "
                "should. Build the window from the history as it was.",
            ),
            Misconception(
                name="a history that stands still",
                wrong=history_not_moved,
                message="The output is right, but the history comes back as it was given. The next step will not "
                "know this sample.",
            ),
            Misconception(
                name="the dilation left out",
                wrong=dilation_ignored,
                message="The taps read neighbouring samples. With dilation d two taps stand d samples apart.",
            ),
            Misconception(
                name="counted from the oldest sample",
                wrong=read_from_the_oldest,
                message="The first tap reads column 0 of the history. This is right only when the history has exactly "
                "the length that this branch needs. A shared history may be longer: count from the newest end.",
            ),
            Misconception(
                name="every d-th column from column 0",
                wrong=every_dilation_th_column,
                message="`window[..., ::dilation]` starts at column 0. It meets the right samples only when the "
                "history has exactly the length that this branch needs. Work out at which column the "
                "oldest tap reads, counted from the newest end, and start there.",
            ),
            Misconception(
                name="a reach of W·dilation",
                wrong=reach_of_all_taps,
                message="The first tap reads W·dilation columns from the end of the window, so all taps read too "
                "early, except for dilation 1. Between W taps there are W − 1 distances.",
            ),
            Misconception(
                name="the oldest sample dropped before it is read",
                wrong=oldest_dropped_before_it_is_read,
                message="The history moves on first, and the taps read from what is left. When the history is just "
                "long enough, the sample that the oldest tap wants is gone by then, and a negative index may quietly "
                "read another one. Read from all S + 1 columns, then let the oldest go.",
            ),
            Misconception(
                name="pushed first, then every d-th column",
                wrong=pushed_first_then_every_dilation_th,
                message="The history moves on first, and with it goes the sample that the oldest tap may still want. "
                "What is left has S columns, too few for the window, and a product with too few columns may be "
                "spread over all taps without an error. Read from all S + 1 columns, then let the oldest go.",
            ),
            Misconception(
                name="pushed first, then read",
                wrong=pushed_first_then_sliced,
                message="The history moves on first, and with it goes the sample that the oldest tap wants when the "
                "history is just long enough. Read from all S + 1 columns, then let the oldest go.",
            ),
            Misconception(
                name="a history cut to this branch",
                wrong=cut_to_its_own_lag,
                message="The output is right, but the history comes back shorter than it was. It is shared: another "
                "branch may look further back. Return as many columns as came in.",
            ),
            Misconception(
                name="a history moved the wrong way",
                wrong=history_moved_the_wrong_way,
                message="The output is right, but the new sample stands at the old end of the returned history. "
                "Exercise 1 has the right move.",
            ),
        ],
    ),
    Exercise(
        id="03.conv_chunk",
        title="A chunk of any length",
        reference=conv_chunk,
        cases=draw_chunk,
        example=CHUNK_EXAMPLE,
        misconceptions=[
            Misconception(
                name="a short chunk is not remembered",
                wrong=short_chunk_not_remembered,
                where=not_empty,
                message="When the chunk is shorter than the history, the old history comes back unchanged. A chunk of "
                "one sample is still a sample: the history has to take it in and let one go.",
            ),
            Misconception(
                name="the end of the chunk only",
                wrong=end_of_the_chunk_only,
                where=not_empty,
                message="The new history is cut out of the chunk alone. A chunk shorter than the history does not "
                "hold enough samples: the rest are samples that the old history still has.",
            ),
            Misconception(
                name="a history of the wrong end",
                wrong=history_of_the_wrong_end,
                where=not_empty,
                message="The outputs are right, but the returned history holds the *oldest* samples of history and "
                "chunk together. The next chunk needs those that come just before it.",
            ),
            Misconception(
                name="every chunk from zeros",
                wrong=every_chunk_from_zeros,
                where=not_empty,
                message="The history is returned rightly but never read: the outputs are those of a chunk with "
                "zeros before it. Look at the first outputs of the chunk.",
            ),
            Misconception(
                name="zeros in place of the history",
                wrong=zeros_take_the_place,
                where=not_empty,
                message="The given history is replaced by zeros, both for the outputs and for what is returned. The "
                "samples before the chunk are in `history`; padding with zeros is right at the very start only.",
            ),
            Misconception(
                name="outputs for samples of the history too",
                wrong=outputs_of_the_history_too,
                where=not_empty,
                message="There are more outputs than samples in the chunk. The history may be longer than this branch "
                "needs, and the surplus gives outputs that an earlier chunk has already given. Put only the last "
                "`lag` columns before the chunk.",
            ),
            Misconception(
                name="a history that ends one sample early",
                wrong=one_sample_late,
                where=not_empty,
                message="The returned history lacks the last sample of the chunk, and holds one that is too old "
                "instead. Its last column is the sample just before the next chunk.",
            ),
            Misconception(
                name="minus zero",
                wrong=minus_zero,
                where=not_empty,
                message="A kernel with one tap has lag 0, and `history[..., -0:]` is not empty: it is the whole "
                "history. Count from the front, `history[..., S - lag:]`.",
            ),
            Misconception(
                name="an empty chunk not thought of",
                raises=RuntimeError,
                when=nothing_to_work_on,
                message="`F.conv1d` and `torch.stack` refuse to work on nothing, and this chunk is empty. An empty "
                "chunk has no outputs: return early, with outputs as empty as the chunk. What is the history then?",
            ),
        ],
    ),
    Exercise(
        id="03.gated_conv_step",
        title="All branches from one history",
        reference=gated_conv_step,
        cases=draw_gated,
        example=GATED_EXAMPLE,
        misconceptions=[
            Misconception(
                name="pushed first, then read",
                wrong=pushed_before_the_branches,
                message="The history has moved on before the branches read it, so `conv_step` sees the new sample "
                "twice, and older taps read a sample one step newer than they should. Give the branches the history "
                "as it came, and push once they have read.",
            ),
            Misconception(
                name="the history moved once a branch",
                wrong=moved_once_a_branch,
                message="Each branch pushes the sample into the history and hands it to the next branch, so the "
                "second branch sees this sample twice and the history ends with several copies. All branches read "
                "the same history; it moves once a step.",
            ),
            Misconception(
                name="SiLU after the sum",
                wrong=silu_after_the_sum,
                message="The branches are added first and go through SiLU together. In this front end each branch "
                "goes through SiLU on its own, then they are added.",
            ),
            Misconception(
                name="SiLU left out",
                wrong=silu_left_out,
                message="The branches are added as they are. Each one goes through `F.silu` before the sum.",
            ),
            Misconception(
                name="gates without softmax",
                wrong=gates_without_softmax,
                message="The gates multiply the branches directly. They are logits: softmax makes shares of them "
                "that are positive and add up to 1.",
            ),
            Misconception(
                name="gates left out",
                wrong=gates_left_out,
                message="Every branch counts fully. Each one has a share, softmax of `gates` at its place.",
            ),
            Misconception(
                name="a history that stands still",
                wrong=history_returned_as_it_came,
                message="The output is right, but the history comes back as it was given. The next step will not "
                "know this sample.",
            ),
        ],
    ),
    Exercise(
        id="03.mended_step",
        title="The step that works for dilation 1 only",
        reference=conv_step,
        cases=draw_step,
        example=STEP_EXAMPLE,
        misconceptions=[
            Misconception(
                name="the bug, still in",
                wrong=suspect_step,
                message="With dilation 1 this step is right, with every larger dilation it is not. The expected "
                "output below is made of digits: each digit is a sample. Which sample met which tap?",
            ),
            Misconception(
                name="the bug moved to dilation 1",
                wrong=both_paths_reversed,
                message="The dilated path is right now, and the path for dilation 1 is wrong. A change that both "
                "paths share mends one and breaks the other: change one path only, or make it one path.",
            ),
            Misconception(
                name="the channels turned around",
                wrong=channels_reversed,
                message="The weights of the channels are swapped: `flip` turned axis 0, the channels. With a "
                "single channel nothing changes. Taps lie along the last axis.",
            ),
            Misconception(
                name="the dilated path taken out",
                wrong=dilation_ignored,
                message="Every call takes the path of dilation 1, so a dilated kernel reads neighbouring samples. "
                "Keep the distance between the taps and look at their order.",
            ),
            Misconception(
                name="counted from the oldest sample",
                wrong=read_from_the_oldest,
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
        choices=["All outputs from then on", "The next max-lag outputs", "The next output only"],
        answer="The next max-lag outputs",
        why="After max-lag more samples the history is full of true samples again. A convolution forgets; the scan of "
        "notebook 08 does not.",
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
