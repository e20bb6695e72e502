"""What several exercises of chapter 01 use."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.exercise import Draw


def causal_conv(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same with F.pad and F.conv1d: W − 1 zeros on the left, one group a channel."""
    padded = F.pad(x, (weight.shape[1] - 1, 0))  # (B, D, W − 1 + L)
    return F.conv1d(padded, weight.unsqueeze(1), bias, groups=weight.shape[0])  # (B, D, L)


LAG, TAP, ADDED = "t - (width - 1 - k)", "weight[:, k]", "y[:, :, t] += weight"
WRAPS = "if 0 <= source < length: → if source < length:"
FULL_ONLY = "if 0 <= source < length: → if t >= width - 1:"
START_WITHOUT_BIAS = " + bias[:, None] → + bias[:, None] * (torch.arange(length) >= width - 1)"
LEFT, GROUPS = "(weight.shape[1] - 1, 0)", ", groups=weight.shape[0]"

ACTIVATIONS = (F.relu, F.silu, torch.sigmoid, torch.tanh, F.gelu)


def mixed_inputs(x, weight, bias):
    products = causal_conv(x, weight, torch.zeros_like(bias))  # (B, D, L)
    return products.sum(dim=1, keepdim=True) + bias[:, None]


def summed_input(x, weight, bias):
    return causal_conv(x.sum(dim=1, keepdim=True).expand_as(x), weight, bias)


def padded_with(mode):
    """A wrong convolution: other samples than zeros before the start."""

    def convolve(x, weight, bias):
        width, length = weight.shape[1], x.shape[-1]
        before = torch.arange(1 - width, 0)  # (W − 1,) times before the start
        times = {"first": before.clamp(min=0), "last": before % length, "mirror": -before % length}[mode]
        return F.conv1d(torch.cat([x[..., times], x], dim=-1), weight.unsqueeze(1), bias, groups=len(weight))

    return convolve


def fed_back(x, weight, bias):
    y = x.clone()  # (B, D, L)
    for t in range(x.shape[-1]):
        y[:, :, t] = causal_conv(y[:, :, : t + 1], weight, bias)[:, :, t]
    return y


def over_the_input(x, weight, bias):
    """The bias is written over the sample of now, and each product is added to it."""
    length, width = x.shape[-1], weight.shape[-1]
    for t in range(length):
        x[:, :, t] = bias
        for k in range(max(0, width - 1 - t), width):
            x[:, :, t] += weight[:, k] * x[:, :, t - (width - 1 - k)]
    return x


def activated(function):
    """The right outputs, sent through a function."""
    return lambda x, weight, bias: function(causal_conv(x, weight, bias))


def written_into_the_input(x, weight, bias):
    return x.copy_(causal_conv(x, weight, bias))


def mean_of_the_taps(x, weight, bias):
    return causal_conv(x, weight / weight.shape[1], bias)


def mean_of_all(x, weight, bias):
    return causal_conv(x, weight, bias) / weight.shape[1]


def mixed_outputs(x, weight, bias):
    return causal_conv(x, weight, bias).sum(dim=1, keepdim=True).expand_as(x)


def without_padding(x, weight, bias):
    return F.conv1d(x, weight.unsqueeze(1), bias, groups=len(weight))


def result_and_properties(function, x, weight, bias):
    """The result, whether it is a part of x (what is written into it is written into x), and whether it is as exact."""
    y = function(x, weight, bias)
    if not isinstance(y, Tensor):
        return y if y is None else (y, False, True)
    return y, y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), y.dtype.itemsize >= x.dtype.itemsize


def conv_cases(draw: Draw) -> dict:
    batch, channels, width, length = draw.size(1, 3), draw.size(1, 4), draw.size(1, 5), draw.size(3, 12)
    dtype = draw.choice([torch.float32, torch.float32, torch.float64])
    x, weight = draw.normal(batch, channels, length, dtype=dtype), draw.normal(channels, width, dtype=dtype)
    others = (2 + torch.arange(x.numel()) % 5).view_as(x)  # neighbours differ, or it is hidden which one is read
    x = torch.where(x == 0, others.to(dtype), x)  # a sample of zero hides which tap it meets, and a tap which sample
    weight[weight == 0] = 3
    if draw.choice([False, False, False, True]):  # now and nothing else: the output equals the input
        weight = torch.zeros_like(weight)
        weight[:, -1] = 1
        return {"x": x, "weight": weight, "bias": torch.zeros(channels, dtype=dtype)}
    return {"x": x, "weight": weight, "bias": draw.normal(channels, dtype=dtype)}


def several_taps(x, weight, bias):
    return weight.shape[1] > 1


def three_taps_or_more(x, weight, bias):
    """More than one sample is missing at the start."""
    return weight.shape[1] > 2


def every_tap_counts(x, weight, bias):
    return bool((weight != 0).all())


def the_end_counts(x, weight, bias):
    """What is read from the end before the start shows: several samples, and nothing is zero; or none are missing."""
    before = weight.shape[1] - 1
    return before == 0 or (before > 1 and every_tap_counts(x, weight, bias) and bool((x[..., -before:] != 0).all()))


FLIPPED = (
    "a flipped kernel",
    "Your first tap, weight[:, 0], is multiplied by the present sample. Here the last tap is now, and the first "
    "one is the oldest. Send in an impulse by hand: which tap must answer first?",
)
FORGOTTEN_BIAS = (
    "a forgotten bias",
    "All products are right, but the bias is not added. Every output of channel d starts from bias[d], also where "
    "the input is zero.",
)
BIAS_AXIS = (
    "a bias along another axis",
    "The axes of what you add to y are lined up with those of y from the right: (D,) lies along time, and (D, 1, 1) "
    "along the batch. Where do the channels stand?",
)
ONE_KERNEL = (
    "one kernel for all channels",
    "Each channel is filtered with the kernel of channel 0. The first axis of `weight` is the channel: weight[d] is "
    "for x[:, d].",
)
ONE_BIAS = (
    "one bias for all channels",
    "Each channel gets the bias of channel 0. A channel has a bias of its own, bias[d].",
)
ACTIVATED = (
    "an activation too many",
    "The outputs are right, and then go through a function such as ReLU or SiLU. A convolution multiplies and adds up, "
    "nothing else: what comes after it comes after it.",
)
WRITTEN_IN = (
    "outputs written into x",
    "The numbers are right, but they stand in x itself: whoever called you has lost the input. Write into a tensor of "
    "its own.",
)
MEAN = (
    "a mean over the taps",
    "The products are divided by W, as in a moving average. A kernel has its own weights: the products are added up.",
)
MIXED = "Look at the sizes: output channel d may read input channel d only, through weight[d] and nothing else."
