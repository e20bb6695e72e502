"""Bug hunt: convolve_parts."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .halo import halo
from .shared import neighbour_alone


def convolve_parts(parts: list[Tensor], weight: Tensor, dilation: int) -> list[Tensor]:
    """A causal dilated convolution, (D, W) taps, of parts (D, L) that know their halo only."""
    taps = weight.shape[1]
    reach = (taps - 1) * dilation  # samples of the past that an output reads
    results = []
    for rank, part in enumerate(parts):
        x = torch.cat([halo(rank, parts, reach), part], dim=1)  # (D, reach + L)
        y = torch.zeros_like(part)  # (D, L)
        for k in range(taps):
            lag = (taps - 1 - k) * dilation  # the last tap meets the present
            y = y + weight[:, k, None] * F.pad(x, (lag, 0))[:, reach : reach + part.shape[1]]
        results.append(y)
    return results


def _hunt_case(draw: Draw) -> dict:
    D, ranks = draw.size(1, 2), draw.size(3, 4)
    kind = draw.in_turn(["near", "near", "far", "near", "many taps", "farther"])
    least, most, taps, dilations = {
        "near": (1, 8, (2, 5), (1, 4)),
        "far": (8, 12, (4, 5), (6, 9)),
        "many taps": (1, 12, (12, 18), (1, 2)),  # more gaps than a guess allows; dilation ** gaps is a length, too
        "farther": (1, 12, (2, 2), (40, 2000)),  # than most halos of a fixed length; 2 ** dilation fails at once
    }[kind]
    first = draw.size(least, 5000 if kind == "farther" else most)
    parts = [draw.normal(D, first), *(draw.normal(D, draw.size(least, most)) for _ in range(ranks - 1))]
    return {"parts": parts, "weight": draw.normal(D, draw.size(*taps)) + 0.05, "dilation": draw.size(*dilations)}


def _unpadded(parts, weight, dilation):
    """A convolution of halo and part without padding: as many outputs as there are samples behind the first reach."""
    taps = weight.shape[1]
    reach = (taps - 1) * dilation
    joined = [torch.cat([halo(rank, parts, reach), part], dim=1) for rank, part in enumerate(parts)]
    return [F.conv1d(x[None], weight[:, None], dilation=dilation, groups=len(weight))[0] for x in joined]


def _looking_ahead(pieces):
    """Each piece is convolved by itself, with half of the zeros behind it."""

    def answer(parts, weight, dilation):
        same = {"dilation": dilation, "groups": len(weight), "padding": "same"}
        y = torch.cat([F.conv1d(x[None], weight[:, None], **same)[0] for x in pieces(parts)], dim=1)
        return list(y.split([part.shape[1] for part in parts], dim=1))

    return answer


def _in_equal_parts(cut):
    """Right outputs, cut by one of torch's functions that know of no lengths."""
    return lambda parts, weight, dilation: list(
        cut(torch.cat(convolve_parts(parts, weight, dilation), dim=1), len(parts), dim=1)
    )


def _without_dilation(parts, weight, dilation):
    return convolve_parts(parts, weight, 1)


REACH = "reach = (taps - 1) * dilation"
LONGEST = "max(part.shape[1] for part in parts)"
LENGTHS = (3, 4, 8, 9, 10, 12, 15, 16, 20, 24, 32, 100, 150, 200, 256, 500, 1000)


CONVOLVE_PARTS = Exercise(
    id="15.convolve_parts",
    title="Right for dilation 1",
    reference=convolve_parts,
    cases=_hunt_case,
    trials=60,
    example={
        "parts": [torch.ones(1, 4), torch.ones(1, 4)],
        "weight": torch.tensor([[100.0, 10.0, 1.0]]),
        "dilation": 2,
    },
    axes=("channel", "sample"),
    misconceptions=[
        Misconception(
            "the suspect as it was",
            "Nothing is mended yet. Follow the first output of the second part: which samples does it read, and which "
            "of them are there?",
            edited(convolve_parts, f"{REACH} → reach = taps - 1"),
            given=True,
        ),
        Misconception(
            "one sample short",
            "Nearly: the first output of a part still lacks its oldest sample. From an output to the oldest sample "
            "that it reads there are taps − 1 gaps. How wide is each?",
            edited(convolve_parts, f"{REACH} → reach = (taps - 1) * dilation - 1"),
            where=lambda weight, dilation, **_: (weight.shape[1] - 1) * dilation > 1,
        ),
        Misconception(
            "taps and dilation added",
            "You have added the dilation to the taps. Two neighbouring taps are `dilation` samples apart, and there "
            "are taps − 1 such gaps.",
            [
                edited(convolve_parts, f"{REACH} → reach = taps - 1 + dilation"),
                edited(convolve_parts, f"{REACH} → reach = taps + dilation - 2"),
                edited(convolve_parts, f"{REACH} → reach = taps + dilation"),
            ],
            where=lambda weight, dilation, **_: weight.shape[1] > 2 and dilation > 2,
        ),
        Misconception(
            "the dilation left out",
            "Your convolution has lost its dilation: it reads neighbouring samples. The suspect's lags are right.",
            [_without_dilation, edited(_unpadded, "dilation=dilation, → ")],
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "a halo of taps less dilation",
            "Your halo has taps − dilation samples. Python multiplies before it subtracts; what is to be multiplied is "
            "the number of gaps.",
            edited(convolve_parts, f"{REACH} → reach = taps - 1 * dilation"),
            where=lambda weight, dilation, **_: weight.shape[1] > dilation,
        ),
        Misconception(
            "a halo without the taps in it",
            "Your halo has the samples between the taps, dilation − 1 in each gap, and hardly more. All taps but the "
            "last stand in it, too, each on a sample of its own.",
            [
                edited(convolve_parts, f"{REACH} → reach = (taps - 1) * (dilation - 1)"),
                edited(convolve_parts, f"{REACH} → reach = (taps - 1) * (dilation - 1) + 1"),
                edited(convolve_parts, f"{REACH} → reach = taps * (dilation - 1)"),
            ],
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "a power for a product",
            "You take a power for a product: 1 stays 1 in it, be it the dilation or the number of gaps. All gaps of a "
            "kernel are equally wide, and they lie one behind the other.",
            [
                edited(convolve_parts, f"{REACH} → reach = dilation ** (taps - 1)"),
                edited(convolve_parts, f"{REACH} → reach = (taps - 1) ** dilation"),
            ],
        ),
        Misconception(
            "a halo of one gap",
            "Your halo is one dilation long. With more than two taps, the oldest one reads further back.",
            edited(convolve_parts, f"{REACH} → reach = dilation"),
            where=lambda weight, **_: weight.shape[1] > 2,
        ),
        Misconception(
            "a fixed number of gaps",
            "Your halo has a fixed number of gaps. A kernel with more taps reads further back: how many gaps lie "
            "between its first tap and its last?",
            [
                edited(convolve_parts, f"{REACH} → reach = 2 * dilation"),
                edited(convolve_parts, f"{REACH} → reach = 3 * dilation"),
                edited(convolve_parts, f"{REACH} → reach = 4 * dilation"),
            ],
        ),
        Misconception(
            "a gap too few",
            "Your halo is a gap short, or nearly. How many gaps lie between the first tap and the last?",
            [
                edited(convolve_parts, f"{REACH} → reach = (taps - 2) * dilation"),
                edited(convolve_parts, f"{REACH} → reach = (taps - 2) * dilation + 1"),
            ],
            where=lambda weight, dilation, **_: weight.shape[1] > 2 and dilation > 2,
        ),
        Misconception(
            "a halo of a fixed length",
            "Your halo has a fixed length, or a fixed limit, whatever the kernel and its dilation. That is enough for "
            "some of them. What makes the first output read further back?",
            [edited(convolve_parts, f"{REACH} → reach = {length}") for length in LENGTHS],
            where=lambda weight, dilation, **_: weight.shape[1] > 2 or dilation > 9,
        ),
        Misconception(
            "a halo as long as a part",
            "Your halo is as long as a part, or at most that long. The kernel says how far the first output reads "
            "back, and that may be less than a part, or more.",
            [
                edited(convolve_parts, f"x = torch → reach = {length}\n        x = torch")
                for length in ("part.shape[1]", "parts[0].shape[1]", LONGEST)
            ],
        ),
        Misconception(
            "four taps, whatever the kernel",
            "You count with four taps. The kernel may have more or fewer, and its last tap meets the present.",
            edited(convolve_parts, f"{REACH} → reach = 3 * dilation", "(taps - 1 - k) * dilation → (3 - k) * dilation"),
        ),
        Misconception(
            "a slice as it was",
            "The halo is long enough now, and the slice still leaves out taps − 1 samples only. Your first outputs "
            "belong to the halo.",
            edited(convolve_parts, "reach : reach + → taps - 1 : taps - 1 +"),
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "a slice that cuts off outputs",
            "The slice leaves out (taps − 1) · dilation samples, and cuts off outputs of the part, too: the halo is "
            "shorter than that, or a lag is below 0. Halo, slice and largest lag are one length.",
            edited(convolve_parts, "halo(rank, parts, reach) → halo(rank, parts, taps - 1)"),
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "groups forgotten",
            "Without `groups`, F.conv1d lets each output channel read all input channels. Here each has taps of its "
            "own.",
            edited(_unpadded, ", groups=len(weight) → "),
            where=lambda weight, **_: len(weight) > 1,
        ),
        Misconception(
            "parts that know nothing of each other",
            "Every part begins with zeros now. What the part before ends with is gone.",
            edited(convolve_parts, "halo(rank, parts, reach) → part.new_zeros(len(part), reach)"),
        ),
        Misconception(
            "taps a gap too far back",
            "Each of your taps reads one gap too far back: not even the last one meets the present. That comes from a "
            "lag that is too large, or from a slice that leaves out less than the halo.",
            [
                edited(convolve_parts, "(taps - 1 - k) * dilation → (taps - k) * dilation"),
                edited(
                    convolve_parts, "(taps - 1 - k) * dilation → (taps - k) * dilation", f"{REACH} → reach = taps - 1"
                ),
                edited(convolve_parts, "halo(rank, parts, reach) → halo(rank, parts, taps * dilation)"),
            ],
        ),
        Misconception(
            "taps one sample apart",
            "The halo is long enough now, and your lags differ by one sample from tap to tap. Two neighbouring taps "
            "are `dilation` samples apart: it multiplies k, too.",
            edited(convolve_parts, "(taps - 1 - k) * dilation → (taps - 1) * dilation - k"),
            where=lambda dilation, **_: dilation > 1,
        ),
        Misconception(
            "taps that all read one sample",
            "All of your taps read the same sample. Zeros in *front* move the samples by the lag of a tap; a slice "
            "that counts from the end, or from behind these zeros, moves them back.",
            [
                edited(convolve_parts, "(lag, 0) → (0, lag)"),
                edited(convolve_parts, "[:, reach : reach + → [:, lag : lag +"),
            ],
        ),
        Misconception(
            "the last tap alone",
            "Only the last tap is left in your outputs. The products of all taps are added up.",
            edited(convolve_parts, "y + weight → weight"),
        ),
        Misconception(
            "outputs that look ahead",
            "The zeros are shared between both sides, as padding='same' does it. So an output reads samples after it.",
            [_looking_ahead(lambda parts: parts), _looking_ahead(lambda parts: [torch.cat(parts, dim=1)])],
        ),
        Misconception(
            "a tap left out",
            "The halo is long enough now, and one tap is missing in your sum: the oldest, or the present one.",
            [
                edited(convolve_parts, "range(taps) → range(1, taps)"),
                edited(convolve_parts, "range(taps) → range(taps - 1)"),
            ],
        ),
        Misconception(
            "padding besides the halo",
            "You put zeros in front of the halo, and behind the part. The halo stands where the zeros would stand, and "
            "nothing comes behind: without padding there are as many outputs as the part has samples.",
            [
                edited(_unpadded, "groups=len(weight)) → groups=len(weight), padding=reach)"),
                edited(
                    _unpadded,
                    "groups=len(weight))[0] → groups=len(weight), padding=reach)[0][:, reach - x.shape[1] :]",
                ),
            ],
        ),
        Misconception(
            "outputs of the halo",
            "The halo is long enough now, and you keep the outputs that belong to it. Those of the part stand behind "
            "them.",
            edited(convolve_parts, "[:, reach : reach + part.shape[1]] → [:, : part.shape[1]]"),
        ),
        Misconception(
            "outputs of the halo, too",
            "Your results are longer than their parts. The first of them belong to samples of the halo, which you have "
            "for reading only: keep as many outputs, from the end, as the part has samples.",
            [
                edited(
                    convolve_parts,
                    "zeros_like(part) → zeros_like(x)",
                    "[:, reach : reach + part.shape[1]] → [:, : x.shape[1]]",
                ),
                edited(_unpadded, f"{REACH} → reach = taps * dilation - 1"),
                edited(_unpadded, f"{REACH} → reach = taps * dilation"),
            ],
        ),
        Misconception(
            "a halo that counts taps",
            "Your halo has a sample for each tap, whatever the dilation. Two neighbouring taps are `dilation` samples "
            "apart.",
            edited(convolve_parts, f"{REACH} → reach = taps"),
            where=lambda weight, dilation, **_: (weight.shape[1] - 1) * dilation > weight.shape[1],
        ),
        Misconception(
            "taps in the wrong order",
            "Your taps are reversed: the first meets the present, and the last reads farthest back. In the suspect the "
            "last one meets the present, as it should.",
            [
                edited(convolve_parts, "(taps - 1 - k) * dilation → k * dilation"),
                edited(convolve_parts, "(taps - 1 - k) * dilation → k * dilation", f"{REACH} → reach = taps - 1"),
            ],
        ),
        Misconception(
            "a halo of outputs",
            "You cut the halo from outputs. The convolution reads inputs, on both sides of a border.",
            edited(convolve_parts, "halo(rank, parts, reach) → halo(rank, results + list(parts[rank:]), reach)"),
        ),
        Misconception(
            "the halo of another rank",
            "You ask for the halo of another rank. A part needs the samples in front of *it*, as far back as its first "
            "output reads.",
            [
                edited(convolve_parts, f"halo(rank → halo({other}", *as_it_was)
                for other in ("rank - 1", "max(rank - 1, 0)", "rank + 1")
                for as_it_was in ((), (f"{REACH} → reach = taps - 1",))
            ],
        ),
        Misconception(
            "parts joined in one tensor",
            "Your outputs are right, and joined in one tensor. Each process has its own: a list with a tensor for each "
            "part is asked for.",
            lambda parts, weight, dilation: torch.cat(convolve_parts(parts, weight, dilation), dim=1),
        ),
        Misconception(
            "parts taken as equally long",
            "You cut the joined outputs into parts of one length, or nearly. The parts differ in length: each has as "
            "many outputs as samples.",
            [
                _in_equal_parts(torch.chunk),
                _in_equal_parts(torch.tensor_split),
                lambda parts, *case: torch.cat(convolve_parts(parts, *case), dim=1).split(parts[0].shape[1], dim=1),
            ],
        ),
        Misconception(
            "the samples of the neighbour alone",
            "The neighbour may be shorter than the reach. `halo` of exercise 4 goes further back.",
            edited(convolve_parts, "halo(rank → neighbour_alone(rank", neighbour_alone=neighbour_alone),
        ),
    ],
)
