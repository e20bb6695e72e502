"""Bug hunt: mended_step."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .conv_step import conv_step, moved, stepped, tapped
from .shared import OUTPUT, START, STEP_EXAMPLE, WINDOW, draw_step


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


def dilated(dilation: int, **others: Any) -> bool:
    """Cases of the dilated path: whoever mends it may make it the only path, or not."""
    return dilation > 1


suspected = partial(edited, suspect_step)


MENDED_STEP = Exercise(
    id="03.mended_step",
    title="The step that is right for dilation 1",
    reference=conv_step,
    cases=draw_step,
    example=STEP_EXAMPLE,
    axes=OUTPUT,
    items=tuple(OUTPUT),
    trials=40,
    misconceptions=[
        Misconception(
            name="the bug, still in",
            wrong=suspect_step,
            message="With dilation 1 this step is right, with a larger one only for some kernels. The expected "
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
                suspected("newest - dilation * torch.arange(taps)] → newest - dilation * torch.arange(taps)].flip(1)"),
                suspected("read * weight → read * weight.flip(0)"),
            ],
            message="The channels are swapped: `flip` turned their axis. With a single channel nothing changes. "
            "Taps lie along the last axis.",
        ),
        Misconception(
            name="turned along other axes too",
            wrong=[
                *(
                    suspected(f"torch.arange(taps)] → torch.arange(taps)].flip({axes})")
                    for axes in ((0, 1, 2), (1, 2), (0, 2))
                ),
                suspected("read * weight → read * weight.flip(0, 1)"),
            ],
            where=dilated,
            message="`flip` turned the taps, and the channels or the sequences with them. Taps lie along the last axis "
            "alone.",
        ),
        Misconception(
            name="the sequences turned around",
            wrong=[
                suspected("newest - dilation * torch.arange(taps)] → newest - dilation * torch.arange(taps)].flip(0)"),
                suspected("read * weight → read.flip(0) * weight"),
            ],
            message="The sequences are swapped: `flip` turned their axis. With a single sequence nothing changes. "
            "Taps lie along the last axis.",
        ),
        Misconception(
            name="a slice with a negative step",
            wrong=[
                suspected("torch.arange(taps)] → torch.arange(taps)[::-1]]"),
                stepped("start::dilation → ::-dilation"),
            ],
            message="Lists can be turned around with [::-1], tensors cannot: `flip` does it.",
        ),
        Misconception(
            name="one distance too far back",
            wrong=[
                suspected("torch.arange(taps)] → (taps - torch.arange(taps))]", *one_path)
                for one_path in ((), ("if dilation == 1: → if False:",))
            ],
            message="The order is right now, but every tap looks one distance too far back, and what is too far back "
            "for the window begins again at its end. How far back does the oldest of three taps look?",
        ),
        Misconception(
            name="beside the present sample",
            wrong=[
                suspected(f"newest - dilation * torch.arange(taps)] → {first} - dilation * torch.arange(taps).flip(0)]")
                for first in ("newest - 1", "newest - dilation + 1", "-dilation")
            ],
            where=dilated,
            message="The order is right now, but the newest tap does not read the present sample any more. In which "
            "column of the window does that stand?",
        ),
        Misconception(
            name="one sample too new",
            wrong=[
                stepped(f"start = {START} → start = {START} + 1"),
                tapped("window.shape[-1] - 1 - lag → -lag"),
            ],
            where=dilated,
            message="The order is right now, but the oldest tap reads one sample too new. It looks (W − 1)·dilation "
            "columns back from the last one of the window, which is column S, or −1.",
        ),
        Misconception(
            name="other columns in the same order",
            wrong=[
                suspected(f"newest - dilation * torch.arange(taps)] → {columns}]")
                for columns in (
                    "newest - 1 - dilation * torch.arange(taps)",
                    "newest - dilation * torch.arange(1, taps + 1)",
                    "newest - torch.arange(taps)",
                    "-dilation * torch.arange(taps)",
                )
            ],
            where=dilated,
            message="You have changed which columns are read, and your list of them still runs backwards. Is it the "
            "place of the columns that is wrong, or their order?",
        ),
        Misconception(
            name="the history turned around too",
            wrong=[
                moved("window.flip(-1)[..., 1:]"),
                moved("window.flip(-1)[..., :-1]"),
                moved("(window if dilation == 1 else window.flip(-1))[..., 1:]"),
            ],
            message="The outputs are right, but the next history is cut out of the window that you have turned "
            "around. A history runs from the oldest sample to the latest.",
        ),
        Misconception(
            name="the next history changed",
            wrong=[
                *(
                    made(f", window[..., 1:] → , {other}")
                    for made in (suspected, stepped)
                    for other in (
                        "window[..., :-1]",
                        "window",
                        "window[..., dilation:]",
                        "window[..., 1::dilation]",
                        "window[..., -(weight.shape[-1] - 1) * dilation :]",
                    )
                ),
                suspected(", window[..., 1:] → , window[..., 1:].flip(-1)"),
            ],
            message="The next history was right, and you have changed it. The bug is in what the taps read, and there "
            "alone.",
        ),
        Misconception(
            name="neighbours from the oldest on",
            wrong=[
                suspected(f"newest - dilation * torch.arange(taps)] → newest - dilation * (taps - 1){on}]")
                for on in (" + torch.arange(taps)", " :")
            ],
            message="The columns begin where the oldest tap reads, as they should, and go on one by one. From one tap "
            "to the next it is `dilation` columns.",
        ),
        Misconception(
            name="the whole window turned around",
            wrong=suspected(f"window = {WINDOW} → window = {WINDOW}.flip(-1)"),
            where=dilated,
            message="The window itself is turned around. `newest` is the column of its oldest sample then, and the "
            "next history, cut out of it as well, runs backwards. Turn what the dilated path reads, not the window.",
        ),
        Misconception(
            name="the present sample in front",
            wrong=[
                *(
                    suspected("[history, x.unsqueeze(-1)] → [x.unsqueeze(-1), history]", *following)
                    for following in ((), ("window[..., 1:] → window[..., :-1]",))
                ),
                stepped("[history, x.unsqueeze(-1)] → [x.unsqueeze(-1), history]"),
            ],
            where=dilated,
            message="The present sample stands in front now, and behind it the history still runs from the oldest "
            "sample to the latest: that turns nothing around. Leave the window in the order of time: the bug is in the "
            "order in which it is read.",
        ),
        Misconception(
            name="a column that is not there",
            wrong=[
                suspected("newest = window.shape[-1] - 1 → newest = window.shape[-1]"),
                suspected("newest - dilation → newest + dilation"),
            ],
            where=dilated,
            message="This asks for a column after the last one. The window has S + 1 columns, counted from 0: the "
            "newest is column S, and the older taps read columns before it. Is it the place of the columns that is "
            "wrong, or their order?",
        ),
        Misconception(
            name="the dilation left out",
            wrong=stepped(f"{START} → history.shape[-1] - (weight.shape[-1] - 1)", "start::dilation → start:"),
            message="The order is right now, but a dilated kernel reads neighbouring samples, as with dilation 1. Keep "
            "the distance between the taps.",
        ),
        Misconception(
            name="a reach of W·dilation",
            wrong=[
                stepped(f"start = {START} → start = -weight.shape[-1] * dilation"),
                stepped("(weight.shape[-1] - 1) * dilation → weight.shape[-1] * dilation"),
                stepped(f"start = {START} → start = window.shape[-1] - weight.shape[-1] * dilation"),
            ],
            where=dilated,
            message="The order is right now, but you go back W·dilation columns, from the end of the window or from "
            "the present sample (and a negative index counts from the end). Between W taps there are W − 1 distances.",
        ),
        Misconception(
            name="column 0 left out",
            wrong=stepped("start::dilation] → [*range(window.shape[-1] - 1, 0, -dilation)][: weight.shape[-1]][::-1]]"),
            where=dilated,
            message="The order is right now, but the list of columns stops before column 0: `range` does not reach its "
            "second number. The oldest tap reads column 0 when the history is just long enough.",
        ),
        Misconception(
            name="every d-th column, as many as there are",
            wrong=stepped(f"start = {START} → start = history.shape[-1] % dilation"),
            where=dilated,
            message="The order is right now, and the columns end with the present sample, but they begin as far back "
            "as the history goes, not where the oldest tap reads. A history may be longer than this branch needs.",
        ),
        Misconception(
            name="every d-th column, the last W of them",
            wrong=stepped("[..., start::dilation] → [..., ::dilation][..., -weight.shape[-1] :]"),
            where=dilated,
            message="The order is right now, but the columns are counted from column 0 of the window, so whether the "
            "present sample is among them depends on the length of the history. Count from the newest end.",
        ),
        Misconception(
            name="another number of columns than of taps",
            wrong=[
                suspected(f"torch.arange(taps)] → torch.arange({down}, -1)]") for down in ("taps, -1", "taps - 1, 0")
            ],
            where=dilated,
            message="The columns are listed from the oldest on now, and their number is not W: a slice begins with its "
            "first number and stops before its second, and so does `torch.arange`. Write the list down for three taps.",
        ),
        Misconception(
            name="three taps, whatever W is",
            wrong=suspected("dilation * torch.arange(taps) → dilation * torch.tensor([2, 1, 0])"),
            where=lambda weight, dilation, **rest: dilation > 1 and weight.shape[-1] not in (1, 3),
            message="Three columns are read, and this kernel has another number of taps. The last axis of `weight` "
            "counts them.",
        ),
        Misconception(
            name="counting down with a step up",
            wrong=suspected("torch.arange(taps)] → torch.arange(taps - 1, -1)]"),
            where=dilated,
            message="`torch.arange` counts up from the first number to the second, and here the second is smaller. "
            "Its third number is the step.",
        ),
        Misconception(
            name="counted from the oldest sample",
            wrong=[
                stepped("[..., start::dilation] → [..., : (weight.shape[-1] - 1) * dilation + 1 : dilation]"),
                stepped("start::dilation → ::dilation"),
            ],
            where=dilated,
            message="The order is right now, but the first tap reads column 0 of the history. This fits only if "
            "the history has exactly the length that this branch needs. Count from the newest end.",
        ),
    ],
)
