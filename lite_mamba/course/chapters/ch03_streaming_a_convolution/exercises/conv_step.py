"""Exercise 3: conv_step."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .push import push
from .shared import HISTORY_CHANGED, OUTPUT, START, STEP_EXAMPLE, WINDOW, draw_step


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


stepped = partial(edited, conv_step)
tapped = partial(edited, conv_step_by_taps)


def moved(change: str) -> Callable[..., Any]:
    """A step with the right output and another next history."""
    return stepped(f"return y, window[..., 1:] → return y, {change}", push=push)


def or_nothing(row: str) -> str:
    """The column that lies `lag` before the last one of a row; zero where the row does not go back so far."""
    return f"({row}[..., {row}.shape[-1] - 1 - lag] if lag < {row}.shape[-1] else 0)"


SUM = "(window[..., start::dilation] * weight).sum(dim=-1)"


def past(columns: str) -> str:
    """A sum of the newest tap and of those that read these columns of the history."""
    return f"(history{columns} * weight[:, :-1]).sum(dim=-1) + weight[:, -1] * x"


KERNELS = "weight[:, None]"
SETTINGS = "dilation=dilation, groups=weight.shape[0]"

TAP = "window[..., window.shape[-1] - 1 - lag]"
TOO_FAR = "(weight.shape[-1] - 1 - k) * dilation → (weight.shape[-1] - k) * dilation"
IN_FRONT = "[history, x.unsqueeze(-1)] → [x.unsqueeze(-1), history]"
FROM_THE_FRONT = "start::dilation → : (weight.shape[-1] - 1) * dilation + 1 : dilation"
CUT_BEHIND = "y, window[..., 1:] → y, window[..., :-1]"
TAKEN_IN = "y, window[..., 1:] → y, torch.cat([history[..., 1:], x.unsqueeze(-1)], dim=-1)"
PUSHED_FIRST = (f"window = {WINDOW} → window = push(history, x)", "return y, window[..., 1:] → return y, window")


CONV_STEP = Exercise(
    id="03.conv_step",
    title="One sample through one branch",
    reference=conv_step,
    cases=draw_step,
    example=STEP_EXAMPLE,
    axes=OUTPUT,
    items=tuple(OUTPUT),
    trials=30,
    misconceptions=[
        Misconception(
            name="the taps reversed",
            wrong=stepped("* weight) → * weight.flip(-1))"),
            message="The tap for the oldest sample is multiplied by the newest one. `weight[:, -1]` belongs to "
            "*now*: look at which digit of the expected output is which sample.",
        ),
        Misconception(
            name="reading after writing",
            wrong=[
                stepped(f"window = {WINDOW} → history = push(history, x); window = {WINDOW}", *following, push=push)
                for following in (("window[..., 1:] → history",), ())
            ],
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
            name="every tap one sample too old",
            wrong=[
                stepped(f"start = {START} → start = {START} - 1"),
                stepped(f"start = {START} → start = {START} - 1", "[..., start::dilation] → [..., start:-1:dilation]"),
                stepped(f"{SUM} + bias → F.conv1d(history, {KERNELS}, bias, {SETTINGS})[..., -1]"),
                tapped("window.shape[-1] - 1 - lag → window.shape[-1] - 2 - lag"),
                tapped(f"{TAP} → history[..., -1 - lag]"),
                tapped(f"{TAP} → history[..., history.shape[-1] - 1 - lag]"),
                tapped(f"{TAP} → {or_nothing('history')}"),
            ],
            message="The newest tap reads the sample before the present one, where the history ends, and so every tap "
            "reads one sample too old. The window ends with the present sample, and the newest tap belongs to it.",
        ),
        Misconception(
            name="the present sample not among the columns",
            wrong=stepped("(window[..., start::dilation] → (history[..., start::dilation]"),
            message="The older taps read the right columns, and the present sample is missing: there is one column "
            "fewer than taps. `history` ends before it, and a slice or a range stops before its second number.",
        ),
        Misconception(
            name="the older taps one sample too old",
            wrong=[
                tapped(f"{TAP} → (x if lag == 0 else {older})")
                for older in (
                    "history[..., -1 - lag]",
                    "history[..., history.shape[-1] - 1 - lag]",
                    "history[..., max(0, history.shape[-1] - 1 - lag)]",
                    or_nothing("history"),
                )
            ],
            message="The newest tap reads the present sample, as it should, and all others read one sample too old. "
            "The last column of the history is one sample back from now, not none.",
        ),
        Misconception(
            name="the older taps reversed",
            wrong=tapped("weight[:, k] → (weight[:, k] if lag == 0 else weight[:, -2 - k])"),
            where=lambda weight, **rest: weight.shape[-1] > 2,
            message="The newest tap meets the present sample, as it should, and the other taps meet the history in the "
            "reverse order. The first tap of `weight` is the oldest: it looks back furthest.",
        ),
        Misconception(
            name="neighbours from the oldest on",
            wrong=[stepped(f"start::dilation → start{end}") for end in (" : start + weight.shape[-1]", ":")],
            message="The columns begin where the oldest tap reads, as they should, and go on one by one. From one tap "
            "to the next it is `dilation` columns.",
        ),
        Misconception(
            name="column 0 left out",
            wrong=stepped("start::dilation] → [*range(window.shape[-1] - 1, 0, -dilation)][: weight.shape[-1]][::-1]]"),
            message="The columns are listed from the newest on, and the list stops before column 0: `range` does not "
            "reach its second number. The oldest tap reads column 0 when the history is just long enough.",
        ),
        Misconception(
            name="added into the bias",
            wrong=tapped("bias.expand_as(x) → bias", "y = y + weight → y += weight"),
            message="The sum begins with the bias itself, and `+=` writes into it: it is (D,), and what is added "
            "is (B, D). Begin with a tensor of your own.",
        ),
        Misconception(
            name="a tap's number taken for its lag",
            wrong=tapped("weight[:, k] → (weight[:, k] if lag == 0 else weight[:, weight.shape[-1] - 1 - k])"),
            message="The newest tap meets the present sample, as it should, and tap k the sample k distances back. The "
            "taps are listed from the oldest, so tap 0 looks back furthest: how many distances does tap k look back?",
        ),
        Misconception(
            name="a sample that is no column yet",
            wrong=[stepped("x.unsqueeze(-1) → x"), *(stepped(f"unsqueeze(-1) → unsqueeze({axis})") for axis in (0, 1))],
            message="The history has three axes and the sample two, (B, D). One column of the history is (B, D, 1): "
            "the axis that is missing comes last.",
        ),
        Misconception(
            name="three taps, whatever W is",
            wrong=[
                tapped("range(weight.shape[-1]) → range(3)", "(weight.shape[-1] - 1 - k) → (2 - k)"),
                *(
                    stepped(f"window[..., start::dilation] → {read}")
                    for read in (
                        "window[..., [history.shape[-1] - back * dilation for back in (2, 1, 0)]]",
                        "window[..., [-1 - back * dilation for back in (2, 1, 0)]]",
                        "torch.stack([window[..., -1 - back * dilation] for back in (2, 1, 0)], dim=-1)",
                    )
                ),
            ],
            where=lambda weight, **rest: weight.shape[-1] not in (1, 3),
            message="Three taps are read, and this kernel has another number of them. The last axis of `weight` counts "
            "the taps.",
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
            wrong=[
                stepped("[..., start::dilation] → [..., : (weight.shape[-1] - 1) * dilation + 1 : dilation]"),
                stepped(f"{SUM} → {past('[..., ::dilation][..., : weight.shape[-1] - 1]')}"),
            ],
            message="The first tap reads column 0 of the history. This is right only when the history has exactly "
            "the length that this branch needs. A history may be longer: count from the newest end.",
        ),
        Misconception(
            name="every d-th column from column 0",
            wrong=[stepped("start::dilation → ::dilation"), stepped(f"{SUM} → {past('[..., ::dilation]')}")],
            message="`[..., ::dilation]` starts at column 0. It meets the right samples only when the "
            "history has exactly the length that this branch needs. Work out at which column the "
            "oldest tap reads, counted from the newest end, and start there.",
        ),
        Misconception(
            name="one sample too new",
            wrong=[
                stepped(f"start = {START} → start = -(weight.shape[-1] - 1) * dilation"),
                stepped(f"start = {START} → start = {START} + 1"),
                tapped("window.shape[-1] - 1 - lag → window.shape[-1] - lag"),
                tapped(f"{TAP} → window[..., [window.shape[-1] - lag]].squeeze(-1)"),
                tapped("window.shape[-1] - 1 - lag → -lag"),
            ],
            message="The first tap reads one sample too new. The window is the history as it was, then the sample: "
            "it has S + 1 columns, and the newest is column S, which is `window[..., -1]`.",
        ),
        Misconception(
            name="every d-th column, as many as there are",
            wrong=stepped(f"start = {START} → start = history.shape[-1] % dilation"),
            message="The columns end with the present sample, as they should, but they begin as far back as the "
            "history goes, not where the oldest tap reads. A history may be longer than this branch needs.",
        ),
        Misconception(
            name="a slice with a negative step",
            wrong=stepped("start::dilation → ::-dilation"),
            message="Lists can be read backwards with a negative step, tensors cannot: `flip` turns one around.",
        ),
        Misconception(
            name="cut at the lag, not at its distance from the end",
            wrong=stepped(f"start = {START} → start = (weight.shape[-1] - 1) * dilation"),
            message="You count (W − 1)·dilation columns from the front of the window. The oldest tap reads so many "
            "columns before the last one, whatever the length of the history.",
        ),
        Misconception(
            name="no column for the oldest tap",
            wrong=stepped(f"start = {START} → start = {START} + dilation"),
            message="The list of columns ends with the present sample, as it should, and begins one distance too late: "
            "there is one column fewer than taps. A range stops before its second number: write the list down for "
            "three taps.",
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
                tapped(TOO_FAR, "window.shape[-1] - 1 - lag → window.shape[-1] - lag"),
                tapped(TOO_FAR, f"{TAP} → window[..., -lag]"),
                tapped(TOO_FAR, f"{TAP} → window[..., [-lag]].squeeze(-1)"),
            ],
            message="You go back W·dilation columns, from the end of the window or from the present sample (and a "
            "negative index counts from the end). Between W taps there are W − 1 distances: the oldest looks "
            "(W − 1)·dilation samples back.",
        ),
        Misconception(
            name="one distance too far back",
            wrong=[
                tapped(TOO_FAR),
                tapped(TOO_FAR, f"{TAP} → {or_nothing('window')}"),
                tapped(TOO_FAR, f"{TAP} → window[..., max(0, window.shape[-1] - 1 - lag)]"),
                tapped(TOO_FAR, f"{TAP} → window[..., -1 - lag]"),
            ],
            message="Every tap looks one distance too far back. (Where an index falls below 0, it reads from the end.) "
            "The newest tap looks 0 samples back. How many distances back does the oldest of three taps look?",
        ),
        Misconception(
            name="a lag counted from the oldest sample",
            wrong=tapped(f"{TAP} → window[..., lag]"),
            message="A lag counts back from the present sample, and you count it from column 0. So the tap that looks "
            "back furthest reads the newest of your columns, and the newest tap the oldest one.",
        ),
        Misconception(
            name="W − 1 without brackets",
            wrong=[
                stepped("(weight.shape[-1] - 1) * dilation → weight.shape[-1] - 1 * dilation"),
                stepped("(weight.shape[-1] - 1) * dilation → (weight.shape[-1] - 1 * dilation)"),
            ],
            where=lambda weight, dilation, **rest: weight.shape[-1] > 1 and dilation > 1,
            message="The product comes before the difference: in `W - 1 * dilation` it is the 1 that is multiplied, "
            "not W − 1. There are W − 1 distances of `dilation` each: put the difference in brackets.",
        ),
        Misconception(
            name="the bias taken away",
            wrong=stepped(" + bias → - bias"),
            message="The bias is subtracted. It is added, once for each channel.",
        ),
        Misconception(
            name="the present sample in front",
            wrong=[
                *(stepped(IN_FRONT, *following) for following in ((), (CUT_BEHIND,))),
                *(
                    stepped(IN_FRONT, FROM_THE_FRONT, *turned, *following)
                    for turned in ((), ("* weight) → * weight.flip(-1))",))
                    for following in ((), (CUT_BEHIND,), (TAKEN_IN,))
                ),
            ],
            message="The window begins with the present sample and ends with the one before it. Time runs from "
            "left to right: the present sample stands last.",
        ),
        Misconception(
            name="pushed first, then read",
            wrong=[
                tapped(*PUSHED_FIRST, push=push),
                tapped(*PUSHED_FIRST, f"{TAP} → window[..., -1 - lag]", push=push),
                tapped(*PUSHED_FIRST, f"{TAP} → window[..., [-1 - lag]].squeeze(-1)", push=push),
                tapped(*PUSHED_FIRST, f"{TAP} → window[..., max(0, window.shape[-1] - 1 - lag)]", push=push),
                tapped(*PUSHED_FIRST, f"{TAP} → {or_nothing('window')}", push=push),
                stepped(
                    *PUSHED_FIRST, f"{SUM} + bias → F.conv1d(window, {KERNELS}, bias, {SETTINGS})[..., -1]", push=push
                ),
                stepped(*PUSHED_FIRST, "start::dilation → ::dilation", push=push),
                stepped(*PUSHED_FIRST, f"start = {START} → start = max(0, {START} - 1)", push=push),
                stepped(*PUSHED_FIRST, f"start = {START} → start = {START} - 1", push=push),
            ],
            message="The history moves on first, and with it goes the sample that the oldest tap wants when the "
            "history is just long enough. Then a negative index may quietly read another sample, and a product "
            "with too few columns may be spread over all taps. Read from S + 1 columns, then let the oldest go.",
        ),
        Misconception(
            name="a history cut to this branch",
            wrong=moved("window[..., 1 + start :]"),
            where=lambda weight, **rest: weight.shape[-1] > 1,
            message="The output is right, but the history comes back shorter than it was. It may be "
            "longer than this branch needs: return as many columns as came in.",
        ),
        Misconception(
            name="as many columns as the kernel says",
            wrong=[moved("window[..., start:]"), moved("window[..., -weight.shape[-1] :]")],
            message="The output is right, but you let the kernel say how many columns the next history has. Return as "
            "many as came in.",
        ),
        Misconception(
            name="only what was read is kept",
            wrong=[moved("window[..., start::dilation][..., 1:]"), moved("window[..., start::dilation]")],
            message="The output is right, but the next history holds only samples that this step has read. Later steps "
            "read the samples in between: return as many columns as came in.",
        ),
        Misconception(
            name="no sample at the new end",
            wrong=[moved("torch.roll(history, -1, dims=-1)"), moved("F.pad(history[..., 1:], (0, 1))")],
            message="The output is right, and the columns of the history move as they should, but the new sample does "
            "not come in: the last column holds zeros, or the oldest sample, which has come around.",
        ),
        Misconception(
            name="as many let go as the dilation says",
            wrong=moved("window[..., dilation:]"),
            message="The output is right, but the history comes back shorter than it was. The dilation is the distance "
            "between two taps. One sample has come, and one goes.",
        ),
        Misconception(
            name="a history moved the wrong way",
            wrong=moved("torch.cat([x.unsqueeze(-1), history[..., :-1]], dim=-1)"),
            message="The output is right, but the new sample stands at the old end of the returned history. "
            "Exercise 1 has the right move.",
        ),
        Misconception(
            name="the history turned around too",
            wrong=[moved(f"window.flip(-1)[..., {columns}]") for columns in ("1:", ":-1")],
            message="The output is right, but the next history is cut out of the window that you have turned around. "
            "A history runs from the oldest sample to the latest.",
        ),
        Misconception(
            name="the given history changed",
            wrong=moved("history.copy_(window[..., 1:])"),
            message=HISTORY_CHANGED,
        ),
        Misconception(
            name="the bias left out",
            wrong=stepped(" + bias → "),
            message="The output lacks the bias: one number for each channel, added once.",
        ),
        Misconception(
            name="channels added up",
            wrong=[
                *(
                    stepped(f"* weight).sum(dim=-1) → * weight).sum({axes}")
                    for axes in ("dim=(1, 2))[:, None]", "dim=(1, 2))", ")")
                ),
                stepped(f"{SUM} → window[..., start::dilation].sum(dim=1) @ weight.T"),
            ],
            where=lambda x, **rest: x.shape[1] > 1,  # of a single channel, the sum is that channel
            message="All channels are added up, or all there is. Every sequence has its outputs and every channel a "
            "kernel of its own: the sum runs over the taps only.",
        ),
        Misconception(
            name="added up over another axis than the taps",
            wrong=[stepped(f"* weight).sum(dim=-1) → * weight).sum(dim={axis})") for axis in (0, 1)],
            message="The channels or the sequences are added up, and the taps stay apart. An output is the sum over "
            "the taps: the last axis.",
        ),
        Misconception(
            name="a channel's kernel in place of a tap",
            wrong=tapped("weight[:, k] → weight[k]"),
            message="`weight[k]` is the whole kernel of channel k. One tap of all channels is a column of `weight`.",
        ),
        Misconception(
            name="as many taps as channels",
            wrong=[
                stepped("weight.shape[-1] → len(weight)"),
                tapped("range(weight.shape[-1]) → range(len(weight))", "(weight.shape[-1] - 1 → (len(weight) - 1"),
            ],
            message="The length of `weight` counts its rows, the channels. Its last axis counts the taps.",
        ),
        Misconception(
            name="the bias along another axis",
            wrong=stepped(" + bias → + bias[:, None]"),
            message="The bias gets an axis behind that of the channels, so its channels meet the sequences. The output "
            "is (B, D): a bias (D,) lines up with it as it is.",
        ),
        Misconception(
            name="a product of matrices",
            wrong=stepped(
                "(window[..., start::dilation] * weight).sum(dim=-1) → window[..., start::dilation] @ weight.T"
            ),
            message="`@` brings every channel together with the kernels of all channels: there is one axis of channels "
            "too many. Each channel has a kernel of its own, and meets no other.",
        ),
        Misconception(
            name="one tap alone",
            wrong=[stepped(f"{SUM} → weight[:, {tap}") for tap in ("-1] * x", "0] * window[..., start]")],
            message="The output holds one tap only, the newest or the oldest. Does each tap read its column of history "
            "and sample together, and are the products of all taps added up before the function returns?",
        ),
        Misconception(
            name="a tap left out",
            wrong=[
                tapped("range(weight.shape[-1]) → range(1, weight.shape[-1])"),
                tapped("range(weight.shape[-1]) → range(weight.shape[-1] - 1)"),
            ],
            where=lambda weight, **rest: weight.shape[-1] > 1,
            message="The oldest or the newest tap takes no part. There are W of them, 0 to W − 1: whose product "
            "is not in the sum?",
        ),
        Misconception(
            name="products that are not added up",
            wrong=[stepped(f".sum(dim=-1) + bias → + {bias}") for bias in ("bias", "bias[:, None]")],
            message="Each tap has a product, and their axis is still there. An output is the sum over the taps.",
        ),
        Misconception(
            name="the taps on another axis",
            wrong=[
                stepped(f"{SUM} → (torch.stack(window[..., start::dilation].unbind(-1)) * {product}")
                for product in ("weight).sum(dim=-1)", "weight).sum(dim=0)", "weight.T).sum(dim=0)")
            ],
            message="The columns that you read are right, and in your tensor of them the axis of the taps comes first. "
            "Where does `torch.stack` put its new axis, and which axis of `weight` counts the taps?",
        ),
        Misconception(
            name="an output for every place of the kernel",
            wrong=[
                stepped(f"{SUM} + bias → F.conv1d(window, {KERNELS}, bias, {SETTINGS}){axis}")
                for axis in ("", ".squeeze(-1)")
            ],
            message="F.conv1d slides the kernel over the whole window: what it gives has an axis of time, and outputs "
            "that earlier steps have given. One is wanted, that of the present sample.",
        ),
        Misconception(
            name="a lag of 0 looked up in the history",
            wrong=tapped(f"{TAP} → history[..., -lag]"),
            message="You look up each tap in the history, so many places from its end. The newest tap has lag 0: the "
            "present sample, which is not in the history. And index −0 is 0, the oldest sample.",
        ),
        Misconception(
            name="minus zero",
            wrong=[
                stepped(
                    f"start = {START} → start = -(weight.shape[-1] - 1) * dilation",
                    "window[..., start::dilation] → "
                    "torch.cat([history[..., start::dilation], x.unsqueeze(-1)], dim=-1)",
                ),
                stepped(
                    f"start = {START} → start = {START} if weight.shape[-1] > 1 else 0",
                    "start::dilation] → start::dilation][..., : weight.shape[-1]]",
                ),
                stepped(f"{SUM} → {past('[..., -(weight.shape[-1] - 1) * dilation :: dilation]')}"),
                stepped(
                    f"{SUM} + bias → F.conv1d("
                    "torch.cat([history[..., -(weight.shape[-1] - 1) * dilation :], x[..., None]], dim=-1), "
                    f"{KERNELS}, bias, {SETTINGS}).squeeze(-1)",
                ),
            ],
            message="A kernel with one tap looks 0 samples back, and `history[..., -0:]` is not empty: it is the whole "
            "history. At which column, counted from the front, does the oldest tap read?",
        ),
        Misconception(
            name="a kernel without its middle axis",
            wrong=[
                stepped(f"y = {SUM} + bias → y = F.conv1d(window, {kernels}, bias, {SETTINGS})[..., -1]")
                for kernels in ("weight", "weight[None]")
            ],
            message="F.conv1d wants a kernel of shape (D, 1, W), and the weight has (D, W). unsqueeze(1) puts the "
            "middle axis in.",
        ),
        Misconception(
            name="the stride in place of the dilation",
            wrong=stepped(
                f"y = {SUM} + bias → "
                f"y = F.conv1d(window, {KERNELS}, bias, stride=dilation, groups=weight.shape[0])[..., -1]"
            ),
            message="`stride` says how far the kernel moves from one output to the next, `dilation` how far its taps "
            "stand apart.",
        ),
        Misconception(
            name="the sample pushed twice",
            wrong=moved("push(window[..., 1:], x)"),
            message="The window ends with this sample already. Pushed once more, the sample stands in the history "
            "twice.",
        ),
        Misconception(
            name="padded as well",
            wrong=stepped(
                f"{SUM} + bias → "
                f"F.conv1d(window, {KERNELS}, bias, {SETTINGS}, padding=(weight.shape[-1] - 1) * dilation)[..., -1]"
            ),
            message="`padding` puts zeros at both ends, and your output is the last: it has read the zeros behind the "
            "present sample. The history is there in place of any padding.",
        ),
        Misconception(
            name="sample and history exchanged",
            wrong=moved("push(x, history)"),
            message="`push` takes the history first and the sample second, and here they have changed places.",
        ),
        Misconception(
            name="the output alone",
            wrong=stepped("return y, window[..., 1:] → return y"),
            message="The next history is missing: who takes the next step hands it in again.",
        ),
        Misconception(
            name="a mean over the taps",
            wrong=stepped(".sum(dim=-1) + → .mean(dim=-1) +"),
            message="The products are averaged, so the output is W times too small before the bias comes in. They "
            "are added up.",
        ),
        Misconception(
            name="not as many groups as channels",
            wrong=[
                stepped(f"y = {SUM} + bias → y = F.conv1d(window, {KERNELS}, bias, dilation=dilation{groups})[..., -1]")
                for groups in ("", ", groups=x.shape[0]")
            ],
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
)
