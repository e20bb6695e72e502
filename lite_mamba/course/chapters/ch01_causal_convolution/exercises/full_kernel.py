"""Exercise 3: full_kernel."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def full_kernel(weight: Tensor) -> Tensor:
    """The (D, D, W) kernel that has `weight` on its diagonal and zeros elsewhere."""
    full = weight.new_zeros(weight.shape[0], *weight.shape)  # (D, D, W)
    for d, kernel in enumerate(weight):
        full[d, d] = kernel  # (W,)
    return full


def _exchanged_sizes(weight: Tensor) -> Tensor:
    width, channels = weight.shape
    full = weight.new_zeros(channels, channels, width)
    for d in range(channels):
        full[d, d] = weight[d]
    return full


def _full_kernel_cases(draw: Draw) -> dict:
    weight = draw.normal(draw.size(2, 5), draw.size(1, 4))  # (D, W)
    others = torch.arange(2.0, 2 + weight.numel()).view_as(weight)  # for zeros: those look like places left empty
    return {"weight": weight.where(weight != 0, others)}


FULL_KERNEL = Exercise(
    id="01.full_kernel",
    title="The full kernel of a depthwise convolution",
    reference=full_kernel,
    cases=_full_kernel_cases,
    axes=("output channel", "input channel", "tap"),
    misconceptions=[
        Misconception(
            "kernels between all channels",
            "Each output channel adds up all input channels, because no entry is zero. Which pairs [i, j] have to "
            "stay silent?",
            [edited(full_kernel, f"full[d, d] = kernel → full[{row}] = kernel") for row in (":, d", "d")],
        ),
        Misconception(
            "kernels that all read one channel",
            "The kernels stand in one column, so all output channels read the same input channel. Output channel i "
            "must read input channel i: where does its kernel belong?",
            [edited(full_kernel, f"full[d, d] → full[d, {column}]") for column in (0, -1)],
        ),
        Misconception(
            "one kernel for all channels",
            "The places are right, but the kernel of channel 0 stands in all of them. Each channel has its own row "
            "of `weight`.",
            edited(full_kernel, "= kernel → = weight[0]"),
        ),
        Misconception(
            "kernels on one side of the diagonal",
            "Output channel i also reads the input channels before i, or those after it. It reads input channel i "
            "alone: the diagonal, and nothing beside it.",
            [
                edited(full_kernel, f"full[d, d] = kernel → full[{places}] = kernel")
                for places in ("d:, d", "d, d:", ": d + 1, d", "d, : d + 1")
            ],
        ),
        Misconception(
            "ones off the diagonal",
            "The diagonal is right, but the other places hold 1, so every channel still reads every other. What number "
            "silences a channel?",
            edited(full_kernel, "weight.new_zeros → weight.new_ones"),
        ),
        Misconception(
            "the grouped kernel",
            "(D, 1, W) is what F.conv1d takes *with* groups=D. Without groups it needs a kernel for each pair of an "
            "output and an input channel, so the middle axis has D places.",
            lambda weight: weight.unsqueeze(1),
        ),
        Misconception(
            "the taps not on the last axis",
            "The right kernels, with their axes in another order. F.conv1d wants output channels, input channels, "
            "taps.",
            [edited(full_kernel, f"return full → return full.movedim(-1, {axis})") for axis in (0, 1)],
        ),
        Misconception(
            "axes exchanged by a reshape",
            "The right numbers, in the wrong places. `reshape` and `view` read the numbers in their old order and cut "
            "them anew: they exchange no axes. What does?",
            [
                lambda weight: torch.diag_embed(weight.T).reshape(len(weight), *weight.shape),
                lambda weight: full_kernel(weight).movedim(-1, 1).reshape(len(weight), *weight.shape),
            ],
        ),
        Misconception(
            "zeros of another shape",
            "The zeros that you fill lack an axis, or places on one. They need a place for each output channel, each "
            "input channel and each tap: print their shape before the loop.",
            [
                edited(full_kernel, f"weight.shape[0], *weight.shape → {shape}")
                for shape in (
                    "weight.shape[0], weight.shape[0]",
                    "weight.shape",
                    "weight.shape[0], 1, weight.shape[1]",
                    "*weight.shape, weight.shape[1]",
                )
            ],
        ),
        Misconception(
            "a diagonal of taps",
            "(D, W, W): your diagonal runs over the taps of one kernel. It belongs over the channels, and the taps "
            "stay in a row: (D, D, W).",
            torch.diag_embed,
            where=lambda weight: weight.shape[1] > 1,
        ),
        Misconception(
            "a diagonal that is taken out",
            "torch.diag, given a matrix, reads the diagonal *of* it, one number after the other. Here a diagonal is "
            "filled, and each of its places holds a row of taps.",
            torch.diag,
            where=lambda weight: weight.shape[1] > 1,
        ),
        Misconception(
            "the channels from last to first",
            "The kernels stand on the other diagonal, so the first output channel reads the last input channel. "
            "Output channel i reads input channel i.",
            [edited(full_kernel, f"return full → return full.flip({axis})") for axis in (0, 1)],
        ),
        Misconception(
            "all kernels in row 0",
            "All kernels stand in row 0, so the first output channel reads all channels and the others read none. "
            "Output channel i reads input channel i.",
            edited(full_kernel, "full[d, d] → full[0, d]"),
            where=lambda weight: len(weight) > 2,
        ),
        Misconception(
            "kernels side by side",
            "The result has two axes: the kernels stand side by side in one long row for each output channel. The "
            "input channel and the tap have an axis each, (D, D, W).",
            edited(full_kernel, "return full → return full.flatten(1)"),
        ),
        Misconception(
            "the kernels as they came",
            "Your result is (D, W), as `weight` is: a kernel for each output channel. It needs one for each *pair* of "
            "an output and an input channel.",
            edited(full_kernel, "return full → return weight"),
        ),
        Misconception(
            "ones in the place of the kernels",
            "The right places are filled, with ones. They hold the taps: full[d, d] is the kernel of channel d.",
            edited(full_kernel, "= kernel → = 1"),
        ),
        Misconception(
            "the first tap alone",
            "Only tap 0 of each kernel is in its place. A place [i, j] holds all W taps.",
            edited(full_kernel, "full[d, d] = kernel → full[d, d, 0] = kernel[0]"),
        ),
        Misconception(
            "the last tap alone",
            "Only the last tap of each kernel is in its place. A place [i, j] holds all W taps.",
            edited(full_kernel, "full[d, d] = kernel → full[d, d, -1] = kernel[-1]"),
        ),
        Misconception(
            "a diagonal without an axis for the taps",
            "torch.eye(D) is (D, D) and weight is (D, W): PyTorch lines shapes up from the right, and so channels up "
            "with taps. Both want an axis of size 1: (D, D, 1), and (D, 1, W) or (1, D, W).",
            [
                lambda weight: torch.eye(len(weight)) * weight,
                lambda weight: torch.eye(len(weight))[:, None] * weight,
                lambda weight: torch.eye(len(weight)) * weight[:, None],
                lambda weight: weight[:, None] * torch.eye(len(weight)),
                lambda weight: torch.eye(len(weight)) * weight[:, :, None],
                lambda weight: weight[:, :, None] * torch.eye(len(weight)),
            ],
        ),
        Misconception(
            "a diagonal over channels and taps",
            "Your diagonal lies where a channel and a tap have the same number, as in torch.eye(D, W). It belongs "
            "where an output and an input channel have the same number, and each of its places holds all W taps.",
            [
                lambda weight: torch.eye(*weight.shape) * weight,
                lambda weight: torch.eye(*weight.shape) * weight[:, None],
                lambda weight: full_kernel(torch.eye(*weight.shape) * weight),
            ],
        ),
        Misconception(
            "taps and channels exchanged",
            "You read `weight` as (W, D). Its shape is (D, W): a row for each channel, with the taps of this channel.",
            [lambda weight: full_kernel(weight.T), _exchanged_sizes],
            where=lambda weight: weight.shape[0] != weight.shape[1],
        ),
        Misconception(
            "the diagonal silenced",
            "Zeros stand on the diagonal, and kernels everywhere else: each channel reads all the others, and not "
            "itself. Which pairs [i, j] have to stay silent?",
            [
                lambda weight: (1 - torch.eye(len(weight)))[:, :, None] * weight[:, None],
                lambda weight: (1 - torch.eye(len(weight)))[:, :, None] * weight,
            ],
        ),
        Misconception(
            "as many kernels as taps",
            "You count to W, the number of taps. One kernel for each channel: how many channels are there?",
            [
                edited(full_kernel, "enumerate(weight) → ((d, weight[d]) for d in range(weight.shape[1]))"),
                lambda weight: torch.eye(weight.shape[1])[:, :, None] * weight,
                lambda weight: torch.eye(weight.shape[1])[:, :, None] * weight[:, None],
            ],
        ),
        Misconception(
            "a list of kernels given to torch.tensor",
            "torch.tensor makes a tensor of numbers, and your list holds tensors: kernels of one tap lose their axis, "
            "others it cannot read. What joins tensors?",
            lambda weight: torch.tensor(
                [
                    [kernel if i == j else torch.zeros_like(kernel) for j in range(len(weight))]
                    for i, kernel in enumerate(weight)
                ]
            ),
        ),
        Misconception(
            "products of two kernels",
            "Each place holds the product of two kernels. On the diagonal stands a kernel as it is, and elsewhere "
            "zero.",
            lambda weight: weight[:, None] * weight,
        ),
        Misconception(
            "all kernels added up",
            "Each place on the diagonal holds the sum of all kernels. In einsum each letter that is missing behind the "
            "arrow is added up. Output channel i needs weight[i] alone.",
            edited(full_kernel, "= kernel → = weight.sum(dim=0)"),
        ),
        Misconception(
            "the last channel left out",
            "The last channel has no kernel. Where does your loop end? range(n) stops at n − 1.",
            edited(full_kernel, "enumerate(weight) → enumerate(weight[:-1])"),
        ),
        Misconception(
            "the first channel left out",
            "The first channel has no kernel. Where does your loop begin? The first channel is channel 0.",
            edited(full_kernel, "return full → return full * (torch.arange(len(full)) > 0)[:, None, None]"),
        ),
        Misconception(
            "the first channel alone",
            "Only channel 0 has its kernel. Does your loop get to the other channels, or does it return before?",
            edited(full_kernel, "return full → return full * (torch.arange(len(full)) == 0)[:, None, None]"),
            where=lambda weight: len(weight) > 2,
        ),
        Misconception(
            "flipped taps",
            "The right kernels stand in the right places, but from new to old. Both F.conv1d calls read the taps in "
            "the same direction, so there is nothing to flip.",
            edited(full_kernel, "= kernel → = kernel.flip(-1)"),
        ),
    ],
)
