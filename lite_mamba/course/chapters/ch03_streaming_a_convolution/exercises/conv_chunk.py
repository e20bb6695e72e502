"""Exercise 4: conv_chunk."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .conv_step import conv_step
from .push import push
from .shared import HISTORY, HISTORY_CHANGED, STEP_EXAMPLE, draw_branch

OUTPUTS = {"outputs": ("batch", "channel", "time"), "next history": HISTORY}


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


def _into_zeros(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int):
    """Sample by sample; what is left out stays zero."""
    outputs = torch.zeros_like(x)  # (B, D, L)
    for t in range(x.shape[-1]):
        outputs[..., t], history = conv_step(x[..., t], history, weight, bias, dilation)
    return outputs, history


def _with_one_history(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor, dilation: int):
    steps = [conv_step(x[..., t], history, weight, bias, dilation) for t in range(x.shape[-1])]
    return torch.stack([y for y, _ in steps], dim=-1), conv_chunk(x, history, weight, bias, dilation)[1]


def not_empty(x: Tensor, **others: Any) -> bool:
    return x.shape[-1] > 0


def draw_chunk(draw: Draw) -> dict[str, Any]:
    B, D, taps, dilation, S = draw_branch(draw)
    x = draw.normal(B, D, draw.size(0, 14))
    if draw.in_turn(range(6)) == 0:
        x = torch.zeros_like(x)  # a silent chunk, which is no empty one
    return {
        "x": x, "history": draw.normal(B, D, S), "weight": draw.normal(D, taps), "bias": draw.normal(D),
        "dilation": dilation,
    }  # fmt: skip


CHUNK_EXAMPLE = STEP_EXAMPLE | {"x": torch.tensor([[[6.0, 7.0, 8.0]]])}


chunked = partial(edited, conv_chunk)


READ = "joined[..., history.shape[-1] - lag :]"
UNFOLDED = (
    "F.conv1d(read, weight[:, None], bias, dilation=dilation, groups=D) → "
    "(read.unfold(-1, lag + 1, 1)[..., ::dilation] * weight[:, None]).sum(dim=-1) + bias[:, None]"
)
NEXT = "return y, joined[..., L:] → return y, "
LAST = "return y, joined → return y[..., -L:], joined"


CONV_CHUNK = Exercise(
    id="03.conv_chunk",
    title="A chunk of any length",
    reference=conv_chunk,
    cases=draw_chunk,
    example=CHUNK_EXAMPLE,
    axes=OUTPUTS,
    items=tuple(OUTPUTS),
    trials=30,
    misconceptions=[
        Misconception(
            name="zeros in front of the history",
            wrong=chunked("F.conv1d(read → F.conv1d(F.pad(read, (lag, 0))", "groups=D) → groups=D)[..., :L]"),
            message="You pad once more. Zeros stand for what was before the start of everything. Before this chunk "
            "stands the history.",
        ),
        Misconception(
            name="a history that moves by one sample",
            wrong=[
                chunked("joined[..., L:] → joined[..., 1 : 1 + history.shape[-1]]"),
                chunked(f"{NEXT}torch.cat([history[..., 1:], x[..., -1:]], dim=-1)"),
            ],
            where=not_empty,
            message="The outputs are right. The history moves on by one sample, as in a step; a chunk has L of them, "
            "and as many go as have come.",
        ),
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
            wrong=[
                chunked(f"{NEXT}{columns}") for columns in ("joined", "read", "joined[..., 1:]", "joined[..., L - 1 :]")
            ],
            where=not_empty,
            message="The outputs are right, but the history comes back with another number of columns than it had. "
            "As many samples go as have come.",
        ),
        Misconception(
            name="a long chunk that comes back whole",
            wrong=[
                chunked(f"{NEXT}torch.cat([history[..., {columns}], x], dim=-1)")
                for columns in ("L:", "L - history.shape[-1] :")
            ],
            where=lambda x, history, **rest: x.shape[-1] not in (0, history.shape[-1]),
            message="The outputs are right, and so is the history after a short chunk: as many old samples go as new "
            "ones come. A chunk longer than the history leaves none that could go, and all of it is kept. How many "
            "columns come back then?",
        ),
        Misconception(
            name="the last none of the history",
            wrong=chunked(
                f"{NEXT}x[..., -history.shape[-1] :] if L > history.shape[-1] else "
                "torch.cat([history[..., L - history.shape[-1] :], x], dim=-1)"
            ),
            message="This chunk is as long as the history, so that no old sample stays. `history[..., -0:]` is not "
            "empty: minus zero is zero, and all of them stay.",
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
                edited(
                    conv_chunk_by_steps,
                    "y, history = conv_step → y, _ = conv_step",
                    "outputs.append(y) → outputs.append(y); history = push(history, y)",
                    push=push,
                ),
            ],
            where=not_empty,
            message="The history holds what came *in*. Here outputs are put into it, and what comes next is convolved "
            "with them.",
        ),
        Misconception(
            name="a history cut to this branch",
            wrong=[
                chunked(f"{NEXT}joined[..., joined.shape[-1] - lag :]"),
                chunked(f"{NEXT}read[..., -history.shape[-1] :]"),
            ],
            where=lambda x, weight, **rest: not_empty(x) and weight.shape[-1] > 1,
            message="The outputs are right, but the history comes back shorter than it was. It may be "
            "longer than this branch needs: return as many columns as came in.",
        ),
        Misconception(
            name="as many columns as the kernel says",
            wrong=[chunked(f"{NEXT}joined[..., {columns} :]") for columns in ("-lag - 1", "-W")],
            where=not_empty,
            message="The outputs are right, but you let the kernel say how many columns the next history has. Return "
            "as many as came in.",
        ),
        Misconception(
            name="every chunk from zeros",
            wrong=[
                chunked(
                    "history.shape[-1] - lag :] → history.shape[-1] :]",
                    f"F.conv1d(read → F.conv1d(F.pad(read, {zeros})",
                )
                for zeros in ("(lag, 0)", "(lag, lag)")
            ],
            where=not_empty,
            message="The history is returned rightly but never read: the outputs are those of a chunk with "
            "zeros before it, or at both ends. Look at the first outputs of the chunk.",
        ),
        Misconception(
            name="zeros in place of the history",
            wrong=chunked("torch.cat([history, x] → torch.cat([torch.zeros_like(history), x]"),
            where=not_empty,
            message="The given history is replaced by zeros, both for the outputs and for what is returned. The "
            "samples before the chunk are in `history`; padding with zeros is right at the very start only.",
        ),
        Misconception(
            name="the chunk convolved alone",
            wrong=chunked(f"{READ} → x"),
            where=not_empty,
            message="The convolution runs over the chunk and nothing else, and F.conv1d gives an output only where "
            "all taps find a sample: the first ones are missing, or all of them. Where are the samples that they read?",
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
            name="every tap one sample too old",
            wrong=[
                chunked(f"{READ} → F.pad(joined, (1, 0))[..., history.shape[-1] - lag : -1]"),
                chunked(f"{READ} → torch.roll(joined, 1, dims=-1)[..., history.shape[-1] - lag :]"),
                chunked(f"{READ} → joined[..., history.shape[-1] - lag - 1 : -1]"),
                chunked(f"{READ} → joined[..., :-1]", LAST),
            ],
            where=not_empty,
            message="The newest tap of each output reads the sample before its own, and so every tap reads one sample "
            "too old. Which sample does the last output read last?",
        ),
        Misconception(
            name="the first outputs in place of the last",
            wrong=chunked(f"{READ} → joined[..., : lag + L]"),
            where=not_empty,
            message="The history may be longer than this branch needs, and each column too many gives an output that "
            "an earlier chunk has already given. These come first: the outputs of this chunk are the last ones.",
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
            "history. At which column, counted from the front, does the part begin that you need?",
        ),
        Misconception(
            name="the last none of them",
            wrong=chunked("if L == 0: → if False:", f"{READ} → joined", LAST),
            message="The last L outputs are not `y[..., -L:]` when L is 0: minus zero is zero, and all outputs of "
            "old samples come back. An empty chunk has no outputs: return early. What is the history then?",
        ),
        Misconception(
            name="an empty chunk not returned early",
            wrong=[
                *(
                    chunked("if L == 0: → if False:", *unfolded, *whole)
                    for unfolded in ((), (UNFOLDED,))
                    for whole in (
                        (),
                        (f"{READ} → joined", "return y, joined → return y[..., y.shape[-1] - L :], joined"),
                    )
                ),
                conv_chunk_by_steps,
                edited(conv_chunk_by_steps, "torch.stack(outputs, → torch.cat([y[..., None] for y in outputs],"),
            ],
            message="This chunk is empty, a tensor (B, D, L) with L = 0. `F.conv1d` and `unfold` refuse a row that is "
            "shorter than the kernel reaches, `torch.stack` and `torch.cat` an empty list. Return early, with outputs "
            "as empty as the chunk. What is the history then?",
        ),
        Misconception(
            name="a silent chunk taken for an empty one",
            wrong=chunked("if L == 0: → if not x.any():"),
            message="This chunk holds zeros, and it is answered as if nothing had come. Its outputs get the bias "
            "all the same, older taps read the history, and the history moves on. An empty chunk is known by its "
            "length, not by its values.",
        ),
        Misconception(
            name="a short chunk taken for an empty one",
            wrong=[
                chunked(f"if L == 0: → if L {short}:")
                for short in (
                    "<= 1",
                    "< W",
                    "<= max(0, lag - 1)",
                    "<= lag",
                    "< history.shape[-1]",
                    "<= history.shape[-1]",
                )
            ],
            message="This chunk is short, and it is answered as if nothing had come. It has outputs, and the history "
            "moves on: only a chunk of length 0 is empty.",
        ),
        Misconception(
            name="outputs of an empty chunk in another form",
            wrong=[
                chunked(f"return x, history → return {nothing}, history")
                for nothing in (
                    "None",
                    "[]",
                    "torch.empty(0)",
                    "torch.zeros(x.shape[:2])",
                    "torch.zeros(*x.shape[:2], 1)",
                    "torch.zeros_like(history)",
                    "history",
                )
            ],
            message="An empty chunk has no outputs, and they come as a tensor all the same: (B, D, L) with L = 0. Then "
            "the outputs of all chunks can be joined along time, without an exception for the empty ones.",
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
            name="not as many groups as channels",
            wrong=[
                chunked(", groups=D → "),
                chunked(", groups=D → ", f"{READ} → joined"),
                chunked("groups=D → groups=x.shape[0]"),
                chunked("weight[:, None] → weight[:, None].repeat(1, D, 1)", ", groups=D → "),
            ],
            where=lambda x, **rest: not_empty(x) and x.shape[1] > 1,  # a single channel is one group
            message="F.conv1d mixes all channels unless it is told not to. Here each channel has a kernel of its "
            "own: as many groups as channels.",
        ),
        Misconception(
            name="a kernel without its middle axis",
            wrong=[
                chunked("weight[:, None] → weight"),
                chunked("weight[:, None] → weight[None]"),
                chunked("weight[:, None] → weight[None]", ", groups=D → "),
                chunked("weight[:, None] → weight[..., None]"),
                chunked("weight[:, None] → weight[..., None]", f"{READ} → joined", LAST),
            ],
            where=not_empty,
            message="F.conv1d wants a kernel of shape (D, 1, W), and the weight has (D, W). unsqueeze(1) puts the "
            "middle axis in.",
        ),
        Misconception(
            name="padded as well",
            wrong=[
                chunked(f"{READ} → joined", "F.conv1d(read → F.conv1d(F.pad(joined, (lag, 0))[..., : lag + L]"),
                chunked("dilation=dilation, → dilation=dilation, padding=lag,"),
                chunked("dilation=dilation, → dilation=dilation, padding=lag,", LAST),
                chunked(f"{READ} → joined", "dilation=dilation, → dilation=dilation, padding='same',", LAST),
            ],
            where=not_empty,
            message="There are zeros before the history, or behind the chunk, besides the history itself, and the "
            "outputs that are read from them come back. The history is there in place of any padding.",
        ),
        Misconception(
            name="the given history changed",
            wrong=chunked(f"{NEXT}history.copy_(joined[..., L:])"),
            message=HISTORY_CHANGED,
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
            wrong=[
                chunked("torch.cat([history, x], → torch.cat([x, history],", *outputs)
                for outputs in ((), (f"{READ} → joined", "return y, joined → return y[..., :L], joined"))
            ],
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
            message="An empty chunk empties the history too, or cuts it. Nothing came, so nothing goes: all columns "
            "come back, with the samples that stood in them.",
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
            wrong=[
                _with_one_history,
                *(
                    edited(_with_one_history, f"conv_chunk(x, history, weight, bias, dilation)[1] → {following}")
                    for following in ("history", "steps[-1][1]")
                ),
            ],
            where=not_empty,
            message="Every sample of the chunk is convolved with the history from before the chunk. After each "
            "sample it has moved on: hand the new one to the next step.",
        ),
        Misconception(
            name="the outputs alone",
            wrong=chunked("return y, joined[..., L:] → return y"),
            where=not_empty,
            message="The next history is missing: who brings the next chunk hands it in again.",
        ),
        Misconception(
            name="the oldest part of the history",
            wrong=chunked(f"{READ} → torch.cat([history[..., :lag], x], dim=-1)"),
            where=not_empty,
            message="The first `lag` columns of the history stand before the chunk, and these are the oldest. What "
            "came just before the chunk stands at the end of the history.",
        ),
        Misconception(
            name="a reach of W·dilation",
            wrong=[
                chunked("(W - 1) * dilation → W * dilation"),
                chunked(f"{READ} → joined[..., max(0, history.shape[-1] - W * dilation) :]"),
                chunked(f"{READ} → torch.cat([history[..., history.shape[-1] - W * dilation :], x], dim=-1)"),
            ],
            where=not_empty,
            message="You go back W·dilation columns from the chunk (and a negative index counts from the end). Between "
            "W taps there are W − 1 distances: the oldest looks (W − 1)·dilation samples back.",
        ),
        Misconception(
            name="the receptive field in place of the lag",
            wrong=chunked("(W - 1) * dilation → (W - 1) * dilation + 1"),
            where=lambda x, history, weight, dilation, **rest: (
                not_empty(x) and history.shape[-1] > (weight.shape[-1] - 1) * dilation
            ),
            message="Your row begins one column too early: (W − 1)·dilation + 1 samples are the receptive field, and "
            "one of them is the present one. It comes with the chunk.",
        ),
        Misconception(
            name="a row one column too short",
            wrong=[
                chunked(f"{READ} → joined[..., history.shape[-1] - lag + 1 :]"),
                chunked(f"{READ} → torch.cat([history[..., history.shape[-1] - lag + 1 :], x], dim=-1)"),
                chunked(f"{READ} → torch.cat([history[..., -(lag - 1) :], x], dim=-1)"),
            ],
            where=lambda x, weight, **rest: not_empty(x) and weight.shape[-1] > 1,
            message="Your row begins one column too late, and there is one output too few. The first output reads "
            "`lag` samples before its own, so the row has lag + L columns.",
        ),
        Misconception(
            name="as many taps as channels",
            wrong=chunked("(W - 1) * dilation → (D - 1) * dilation"),
            where=not_empty,
            message="The length of `weight` counts its rows, the channels. Its last axis counts the taps.",
        ),
        Misconception(
            name="the bias along the axis of time",
            wrong=chunked("bias, dilation= → None, dilation=", "groups=D) → groups=D) + bias"),
            where=not_empty,
            message="The bias is added along the last axis of the outputs, (B, D, L), and that is time. It has a "
            "number for each channel.",
        ),
        Misconception(
            name="the last output alone",
            wrong=edited(conv_chunk_by_steps, "torch.stack(outputs, dim=-1) → outputs[-1]"),
            where=not_empty,
            message="The output of the last step comes back, and those before it are lost. One is wanted for each "
            "sample of the chunk.",
        ),
        Misconception(
            name="the stride in place of the dilation",
            wrong=[
                chunked("dilation=dilation, → stride=dilation,"),
                chunked("dilation=dilation, → stride=dilation,", f"{READ} → joined", LAST),
            ],
            where=not_empty,
            message="`stride` says how far the kernel moves from one output to the next, `dilation` how far its taps "
            "stand apart.",
        ),
        Misconception(
            name="time on another axis",
            wrong=[
                edited(conv_chunk_by_steps, f"torch.stack(outputs, dim=-1) → torch.stack(outputs, dim={axis})")
                for axis in (0, 1)
            ],
            where=not_empty,
            message="The outputs are right, and the axis of time stands before others. The outputs are (B, D, L): "
            "where does `torch.stack` put its new axis?",
        ),
        Misconception(
            name="the length of another axis",
            wrong=[
                *(edited(conv_chunk_by_steps, f"range(x.shape[-1]) → range(x.shape[{axis}])") for axis in (0, 1)),
                *(
                    chunked(f"L, lag = x.shape[-1] → L, lag = x.shape[{axis}]", *outputs)
                    for axis in (0, 1)
                    for outputs in ((), (f"{READ} → joined", LAST))
                ),
            ],
            where=not_empty,
            message="The length of the chunk is taken from another axis: the first counts the sequences, as `len(x)` "
            "does, the second the channels. The samples of the chunk lie along the last axis.",
        ),
        Misconception(
            name="a sample left out",
            wrong=[
                *(
                    edited(by_steps, f"range(x.shape[-1]) → {fewer}")
                    for by_steps in (conv_chunk_by_steps, _into_zeros)
                    for fewer in ("range(1, x.shape[-1])", "range(x.shape[-1] - 1)")
                ),
                *(
                    chunked(f"return y, joined → return {fewer}, joined")
                    for fewer in ("F.pad(y[..., 1:], (1, 0))", "F.pad(y[..., :-1], (0, 1))", "y[..., :-1]")
                ),
            ],
            where=lambda x, **rest: x.shape[-1] > 1,
            message="The first or the last sample of the chunk has no output, or a 0 in its place. Where does your "
            "loop or your slice begin, and where does it end?",
        ),
        Misconception(
            name="one sample of the chunk alone",
            wrong=[
                edited(
                    conv_chunk_by_steps,
                    "outputs.append(y) → outputs.append(y); return torch.stack(outputs, dim=-1), history",
                ),
                edited(_into_zeros, "    return outputs →         return outputs"),
            ],
            where=lambda x, **rest: x.shape[-1] > 1,
            message="The first sample of the chunk is taken, and all others are lost. Does the function go "
            "through the whole chunk before it returns?",
        ),
        Misconception(
            name="steps joined along the channels",
            wrong=edited(conv_chunk_by_steps, "torch.stack(outputs, dim=-1) → torch.cat(outputs, dim=-1)"),
            where=not_empty,
            message="`torch.cat` joins along an axis that is there, and the last axis of a step's output is that of "
            "the channels. Time has no axis yet: which function makes a new one?",
        ),
        Misconception(
            name="outputs of the chunk cut off",
            wrong=[
                chunked(f"{READ} → joined", f"return y, joined → return y[..., {first} :], joined")
                for first in ("history.shape[-1]", "lag")
            ],
            where=not_empty,
            message="Without padding, F.conv1d gives no output for the first `lag` columns of its row. You cut off as "
            "many again, or one for each column of the history, and outputs of the chunk are among them. How many does "
            "F.conv1d give, how many are wanted?",
        ),
        Misconception(
            name="the history moved first",
            wrong=[
                chunked("if L == 0: → history = torch.cat([history, x], dim=-1)[..., L:]\n    if L == 0:", *following)
                for following in ((), ("joined[..., L:] → history",))
            ],
            where=not_empty,
            message="The history takes the chunk in before the chunk is convolved, so the samples of the chunk stand "
            "before themselves. Convolve with the history as it was given.",
        ),
        Misconception(
            name="pushed first, then read",
            wrong=edited(
                conv_chunk_by_steps,
                "y, history = conv_step → history = push(history, x[..., t]); y, _ = conv_step",
                push=push,
            ),
            where=not_empty,
            message="Each sample stands in the history already when it is convolved, so older taps read a sample one "
            "step newer than they should. Convolve with the history as it was before this sample.",
        ),
        Misconception(
            name="each sample pushed twice",
            wrong=[
                edited(conv_chunk_by_steps, twice, push=push)
                for twice in (
                    "outputs.append(y) → outputs.append(y); history = push(history, x[..., t])",
                    "y, history = conv_step → history = push(history, x[..., t]); y, history = conv_step",
                )
            ],
            where=not_empty,
            message="The history that `conv_step` returns has taken this sample in already. Pushed once more, each "
            "sample stands in it twice.",
        ),
        Misconception(
            name="column t taken for sample t",
            wrong=chunked(f"{READ} → torch.cat([joined[..., joined.shape[-1] - lag :], joined[..., :L]], dim=-1)"),
            where=not_empty,
            message="You count in the row as if it began with the chunk, but the history stands before it. A negative "
            "index then reads from the end of the row, which comes later.",
        ),
        Misconception(
            name="a pair in place of the output",
            wrong=edited(conv_chunk_by_steps, "y, history = conv_step → y = _, history = conv_step"),
            where=not_empty,
            message="`conv_step` returns two things, the output and the next history. The outputs alone are put "
            "together.",
        ),
        Misconception(
            name="an axis of time too many",
            wrong=edited(conv_chunk_by_steps, "x[..., t] → x[..., t : t + 1]"),
            where=not_empty,
            message="A chunk is (B, D, L) and has its axis of time, even as a slice of one sample. `conv_step` takes a "
            "sample, (B, D), and the `unsqueeze` that makes a column of it makes one axis too many of a chunk.",
        ),
        Misconception(
            name="another axis taken for time",
            wrong=[
                edited(conv_chunk_by_steps, "x[..., t] → x[:, t]"),
                edited(conv_chunk_by_steps, "x[..., t] → x[t]"),
                edited(conv_chunk_by_steps, "x[..., t] → x[t]", "x.shape[-1] → len(x)"),
                *(edited(_into_zeros, f"outputs[..., t] → outputs[{place}]") for place in ("t", ":, t")),
            ],
            where=not_empty,
            message="Samples and outputs lie along the last axis, and here another one stands for time. x[t] is a "
            "sequence, as is each part that `for … in x` gives; x[:, t] is a channel.",
        ),
        Misconception(
            name="the bias added for every tap",
            wrong=chunked("groups=D) → groups=D) + (W - 1) * bias[:, None]"),
            where=not_empty,
            message="The bias stands inside the sum over the taps, so it is added W times. It is added once.",
        ),
        Misconception(
            name="the bias left out",
            wrong=chunked("bias, dilation= → None, dilation="),
            where=not_empty,
            message="The outputs lack the bias: one number for each channel.",
        ),
    ],
)
