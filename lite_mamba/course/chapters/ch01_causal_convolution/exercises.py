"""Exercises of notebook 01: causal convolution as a loop, in one line, as a full kernel, and a test of causality."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.functional import jacobian

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: causal_conv_loop. Exercise 2, causal_conv, computes the same.


def causal_conv_loop(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """y[b, d, t] = bias[d] + Σ_k weight[d, k] · x[b, d, t − (W − 1 − k)], with zeros before the start."""
    length, width = x.shape[-1], weight.shape[-1]
    y = torch.zeros_like(x) + bias[:, None]  # (B, D, L)
    for t in range(length):
        for k in range(width):
            source = t - (width - 1 - k)
            if 0 <= source < length:
                y[:, :, t] += weight[:, k] * x[:, :, source]  # (B, D)
    return y


def causal_conv(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same with F.pad and F.conv1d: W − 1 zeros on the left, one group a channel."""
    padded = F.pad(x, (weight.shape[1] - 1, 0))  # (B, D, W − 1 + L)
    return F.conv1d(padded, weight.unsqueeze(1), bias, groups=weight.shape[0])  # (B, D, L)


LAG, TAP, ADDED = "t - (width - 1 - k)", "weight[:, k]", "y[:, :, t] += weight"
WRAPS = "if 0 <= source < length: → if source < length:"
FULL_ONLY = "if 0 <= source < length: → if t >= width - 1:"
START_WITHOUT_BIAS = " + bias[:, None] → + bias[:, None] * (torch.arange(length) >= width - 1)"
LEFT, GROUPS = "(weight.shape[1] - 1, 0)", ", groups=weight.shape[0]"
CENTRED = [edited(causal_conv_loop, f"{LAG} → t + k - {left}") for left in ("(width - 1) // 2", "width // 2")]
AHEAD = edited(causal_conv_loop, f"{LAG} → t + k")
ACTIVATIONS = (F.relu, F.silu, torch.sigmoid, torch.tanh, F.gelu)
WITHOUT_NOW = edited(causal_conv_loop, f"{LAG} → t - (width - k)")


def _mixed(x, weight, bias):
    products = causal_conv(x, weight, torch.zeros_like(bias))  # (B, D, L)
    return products.sum(dim=1, keepdim=True) + bias[:, None]


def _summed_input(x, weight, bias):
    padded = F.pad(x.sum(dim=1, keepdim=True), (weight.shape[1] - 1, 0))  # (B, 1, W − 1 + L)
    return F.conv1d(padded, weight.unsqueeze(1), bias)


def _half_the_width(x, weight, bias):
    return F.conv1d(x, weight.unsqueeze(1), bias, padding=weight.shape[1] // 2, groups=len(weight))


def _padded(mode):
    """A wrong convolution: other samples than zeros before the start."""

    def convolve(x, weight, bias):
        width, length = weight.shape[1], x.shape[-1]
        before = torch.arange(1 - width, 0)  # (W − 1,) times before the start
        times = {"first": before.clamp(min=0), "last": before % length, "mirror": -before % length}[mode]
        return F.conv1d(torch.cat([x[..., times], x], dim=-1), weight.unsqueeze(1), bias, groups=len(weight))

    return convolve


def _fed_back(x, weight, bias):
    y = x.clone()  # (B, D, L)
    for t in range(x.shape[-1]):
        y[:, :, t] = causal_conv(y[:, :, : t + 1], weight, bias)[:, :, t]
    return y


def _activated(function):
    """The right outputs, sent through a function."""
    return lambda x, weight, bias: function(causal_conv(x, weight, bias))


def _written_into_the_input(x, weight, bias):
    return x.copy_(causal_conv(x, weight, bias))


def _mean_of_the_taps(x, weight, bias):
    return causal_conv(x, weight / weight.shape[1], bias)


def _mean_of_all(x, weight, bias):
    return causal_conv(x, weight, bias) / weight.shape[1]


def _mixed_outputs(x, weight, bias):
    return causal_conv(x, weight, bias).sum(dim=1, keepdim=True).expand_as(x)


def _by_fourier(x, weight, bias):
    length = x.shape[-1] + weight.shape[-1] - 1
    product = torch.fft.rfft(x, length) * torch.fft.rfft(weight.flip(-1), length)
    return torch.fft.irfft(product, length)[..., : x.shape[-1]] + bias[:, None]


def _without_padding(x, weight, bias):
    return F.conv1d(x, weight.unsqueeze(1), bias, groups=len(weight))


def _result_and_properties(function, x, weight, bias):
    """The result, whether it is a part of x (what is written into it is written into x), and whether it is as exact."""
    y = function(x, weight, bias)
    if not isinstance(y, Tensor):
        return y if y is None else (y, False, True)
    return y, y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), y.dtype.itemsize >= x.dtype.itemsize


def _and_the_future(function, x, weight, bias):
    """The same, and whether later samples move y[0], were it by rounding: section 5 asks what is read of x."""
    result = _result_and_properties(function, x, weight, bias)
    if result is None:
        return None
    if not isinstance(result[0], Tensor):
        return *result, False
    other = torch.cat([x[..., :1], x[..., 1:] + 100], dim=-1)  # (B, D, L): another future
    moved = result[0].shape == x.shape and not torch.equal(function(other, weight, bias)[..., 0], result[0][..., 0])
    return *result, moved


def _conv_cases(draw: Draw) -> dict:
    batch, channels, width, length = draw.size(1, 3), draw.size(1, 4), draw.size(1, 5), draw.size(3, 12)
    dtype = draw.choice([torch.float32, torch.float32, torch.float64])
    x, weight = draw.normal(batch, channels, length, dtype=dtype), draw.normal(channels, width, dtype=dtype)
    if draw.choice([False, False, False, True]):  # now and nothing else: the output equals the input
        weight = torch.zeros_like(weight)
        weight[:, -1] = 1
        return {"x": x, "weight": weight, "bias": torch.zeros(channels, dtype=dtype)}
    return {"x": x, "weight": weight, "bias": draw.normal(channels, dtype=dtype)}


FLIPPED = (
    "a flipped kernel",
    "Your first tap, weight[:, 0], is multiplied with the present sample. Here the last tap is now, and the first "
    "one is the oldest. Send in an impulse by hand: which tap must answer first?",
)
FORGOTTEN_BIAS = (
    "a forgotten bias",
    "All products are right, but the bias is not added. Every output of channel d starts from bias[d], also where "
    "the input is zero.",
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

CONV_LOOP = Exercise(
    id="01.causal_conv_loop",
    title="Causal convolution as a loop",
    reference=causal_conv_loop,
    cases=_conv_cases,
    apply=_result_and_properties,
    axes=("batch", "channel", "time"),
    items=("y", "'is y a part of x?'", "'is y as exact as x?'"),
    misconceptions=[
        Misconception(*FLIPPED, edited(causal_conv_loop, f"{TAP} → weight[:, width - 1 - k]")),
        Misconception(
            "an index that wraps around",
            "The first outputs read the last samples. In Python a negative index is no error: x[:, :, -1] is the last "
            "sample, which lies in the future. What should stand there instead of samples before the start?",
            edited(causal_conv_loop, WRAPS),
        ),
        Misconception(
            "a flipped kernel with an index that wraps around",
            "Two things at once. Your first tap is multiplied with the present sample, but here the last tap is now. "
            "And before the start you read x[:, :, -1], which in Python is the last sample. Mend one, check again.",
            edited(causal_conv_loop, f"{TAP} → weight[:, width - 1 - k]", WRAPS),
        ),
        Misconception(
            "windows that are not full",
            "The first W − 1 outputs are left out, as if a window with missing samples had no value. Only the missing "
            "ones count as zero: the products of the samples that are there still belong to the output.",
            [edited(causal_conv_loop, FULL_ONLY), edited(causal_conv_loop, FULL_ONLY, START_WITHOUT_BIAS)],
        ),
        Misconception(
            "a first sample that is never read",
            "You skip x[0] as if it were missing. Only samples *before* time 0 are: print the times of the samples "
            "that y[0] and y[1] read.",
            edited(causal_conv_loop, "0 <= source → 0 < source"),
        ),
        Misconception(
            "a sum that is overwritten",
            "Each output holds one product only, the last one that you computed. Products of all taps have to be "
            "added up: where do you write = instead of += ?",
            [
                edited(causal_conv_loop, f"{ADDED} → y[:, :, t] = bias + weight"),
                edited(causal_conv_loop, f"{ADDED} → y[:, :, t] = weight"),
            ],
        ),
        Misconception(
            "a bias at every tap",
            "The bias is added once for each tap. It belongs to the output, not to the product: once for each t.",
            [
                edited(causal_conv_loop, " + bias[:, None] → ", f"{ADDED} → y[:, :, t] += bias + weight"),
                edited(causal_conv_loop, "+ bias[:, None] → + width * bias[:, None]"),
            ],
        ),
        Misconception(
            "a centred window",
            "Your window reaches as far to the right as to the left, so y[t] reads samples after t. Print the index "
            "of every sample that one output reads: the largest one must be t.",
            CENTRED,
        ),
        Misconception(
            "a window into the future",
            "Your output y[t] reads x[t], x[t + 1], … and nothing of the past. Look at the formula again: by how much "
            "is the oldest sample, at tap 0, *before* t?",
            [AHEAD, edited(causal_conv_loop, f"{LAG} → t + (width - 1 - k)")],
        ),
        Misconception(
            "a window that ends before now",
            "Your last tap is multiplied with x[t − 1], not with x[t]. The kernel has W taps and one of them is now, "
            "so only W − 1 of them lie in the past.",
            WITHOUT_NOW,
        ),
        Misconception(
            "a sign that is not turned",
            "In front of a bracket, a minus turns all signs in it: t − (W − 1 − k) is t − W + 1 + k. You have turned "
            "one of the two, so y[t] does not read what it should: print the times that it reads.",
            [edited(causal_conv_loop, f"{LAG} → {lag}") for lag in ("t - width - 1 + k", "t - width + 1 - k")],
        ),
        Misconception(
            "a bias that begins late",
            "The bias is missing in the first W − 1 outputs. It belongs to every output, also where samples are "
            "missing.",
            edited(causal_conv_loop, START_WITHOUT_BIAS),
        ),
        Misconception(
            "lost brackets",
            "You read x[t − W − 1 − k]: too far back, and further back for a later tap. The brackets of the formula "
            "turn two signs: t − (W − 1 − k) is t − W + 1 + k.",
            edited(causal_conv_loop, f"{LAG} → t - width - 1 - k"),
        ),
        Misconception(*FORGOTTEN_BIAS, edited(causal_conv_loop, " + bias[:, None] → ")),
        Misconception(
            "the first sample repeated",
            "Before the start you read x[0], over and over. Samples before the start count as zero.",
            _padded("first"),
        ),
        Misconception(
            "outputs of full windows only",
            "No zeros stand before the start, so only the windows that are full give an output: L − W + 1 of them. "
            "Samples before the start count as zero, and every step has an output.",
            _without_padding,
            where=lambda x, weight, bias: weight.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "outputs that are fed back",
            "Your sum reads outputs where it should read inputs: what is written into x, or read from y, comes in "
            "again at the next step. Read from x as it came, and write into a tensor of its own.",
            [_fed_back, lambda x, weight, bias: x.copy_(_fed_back(x, weight, bias))],
        ),
        Misconception(
            "a bias that is taken away",
            "You subtract the bias. It is added: every output of channel d starts from bias[d].",
            edited(causal_conv_loop, "+ bias[:, None] → - bias[:, None]"),
        ),
        Misconception(
            "a bias that multiplies",
            "You multiply by the bias. It is added: every output of channel d starts from bias[d].",
            lambda x, weight, bias: causal_conv(x, weight, torch.zeros_like(bias)) * bias[:, None],
        ),
        Misconception(
            "a width read off the channels",
            "You take W from the first axis of `weight`: len(weight), or weight.shape[0], is D. The taps are the "
            "second axis.",
            edited(causal_conv_loop, "weight.shape[-1] → weight.shape[0]"),
        ),
        Misconception(
            "sums that go on",
            "The sum of one t goes on in the next: y[t] holds the products of all outputs before it, too. Each output "
            "begins anew, from the bias.",
            lambda x, weight, bias: causal_conv(x, weight, torch.zeros_like(bias)).cumsum(-1) + bias[:, None],
        ),
        Misconception(
            "time in front",
            "You stack the outputs along a new first axis: (L, B, D). Time is the last one, as in x.",
            lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 0),
        ),
        Misconception(
            "the first output alone",
            "Only the outputs at t = 0 are computed. Does your loop return in its first turn? The return stands "
            "behind all loops.",
            lambda x, weight, bias: causal_conv(x, weight, bias) * (torch.arange(x.shape[-1]) == 0),
        ),
        Misconception(
            "the last output alone",
            "You return one output a channel, the last one. Every t has an output: keep them all, along the last axis.",
            lambda x, weight, bias: causal_conv(x, weight, bias)[..., -1],
        ),
        Misconception(
            "the last tap left out",
            "The product of now is missing: the loop over the taps ends before the last one. range(n) stops at n − 1.",
            edited(causal_conv_loop, "range(width): → range(width - 1):"),
        ),
        Misconception(
            "the oldest tap left out",
            "The product of the oldest tap is missing: the loop over the taps begins at 1, and the first tap is tap 0.",
            edited(causal_conv_loop, "range(width): → range(1, width):"),
        ),
        Misconception(
            "padding on both sides, nothing cut",
            "W − 1 zeros stand on both sides, so W − 1 outputs too many come out: those that read zeros after the "
            "end. Pad on one side only, or cut these outputs off.",
            edited(causal_conv, f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)"),
        ),
        Misconception("mixed channels", "All channels are added up in each output. " + MIXED, [_mixed, _mixed_outputs]),
        Misconception(*ONE_KERNEL, edited(causal_conv_loop, f"{TAP} → weight[0, k]")),
        Misconception(*ONE_BIAS, edited(causal_conv_loop, " + bias[:, None] → + bias[0]")),
        Misconception(*ACTIVATED, [_activated(one) for one in ACTIVATIONS]),
        Misconception(*WRITTEN_IN, _written_into_the_input),
        Misconception(*MEAN, [_mean_of_the_taps, _mean_of_all]),
        Misconception(
            "an output without the type of x",
            "The numbers are right, but x came in float64 and your y is float32: half of its digits are gone. Which "
            "call makes zeros of the type of another tensor?",
            edited(
                causal_conv_loop, "torch.zeros_like(x) + bias[:, None] → torch.zeros(x.shape) + bias[:, None].float()"
            ),
        ),
    ],
)

OF_A_LOOP = (  # whoever does without F.conv1d makes these, too
    "a first sample that is never read",
    "a sum that is overwritten",
    "a bias at every tap",
    "outputs that are fed back",
    "the last tap left out",
)

CONV = Exercise(
    id="01.causal_conv",
    title="Causal convolution in one line",
    reference=causal_conv,
    cases=_conv_cases,
    apply=_and_the_future,
    axes=("batch", "channel", "time"),
    items=("y", "'is y a part of x?'", "'is y as exact as x?'", "'do later samples move y[0], were it by rounding?'"),
    gradients=("x",),
    misconceptions=[
        Misconception(*FLIPPED, edited(causal_conv, "weight.unsqueeze → weight.flip(-1).unsqueeze")),
        Misconception(
            "padding on both sides",
            "The zeros are shared between left and right, as padding='same' does it. So y[t] reads samples after t. "
            "All the missing samples lie before the start: on which side do they belong?",
            [*CENTRED, _half_the_width],
        ),
        Misconception(
            "padding on the right",
            "The first output already reads the samples 0 … W − 1, so every output looks into the future. Either the "
            "zeros stand at the wrong end, or the wrong end was cut off.",
            AHEAD,
        ),
        Misconception(
            "W zeros instead of W − 1",
            "One output too many comes out, and the first one is made of zeros alone. Count the samples before the "
            "start that y[0] needs, if its last tap is x[0] itself.",
            edited(causal_conv, f"{LEFT} → (weight.shape[1], 0)"),
        ),
        Misconception(
            "a zero too few",
            "One output is missing. Count the samples before the start that y[0] needs, if its last tap is x[0] "
            "itself.",
            [
                edited(causal_conv, f"{LEFT} → ({zeros}, 0)")
                for zeros in ("weight.shape[1] - 2", "max(0, weight.shape[1] - 2)")
            ],
        ),
        Misconception(
            "as many zeros as channels",
            "You count the zeros by the channels: weight.shape[0], or len(weight), is D. The taps are the second axis.",
            edited(causal_conv, f"{LEFT} → (weight.shape[0] - 1, 0)"),
        ),
        Misconception(
            "ones before the start",
            "You put ones before the start. What is not there counts as zero: a one would be a sample.",
            edited(causal_conv, f"{LEFT} → {LEFT}, value=1.0"),
        ),
        Misconception(
            "one number for two ends",
            "F.pad wants a pair, (left, right): how many at the one end, and how many at the other?",
            edited(causal_conv, f"{LEFT} → weight.shape[1] - 1"),
        ),
        Misconception(
            "time and channels exchanged",
            "You exchange the axes of x. F.conv1d wants (B, D, L), channels before time, and so x comes.",
            edited(causal_conv, "F.pad(x, → F.pad(x.transpose(1, 2),"),
        ),
        Misconception(
            "zeros in the place of channels",
            "F.pad counts its pairs from the last axis: the first pair is for time, the second one for the channels. "
            "Your zeros are channels before the first one.",
            edited(causal_conv, f"{LEFT} → (0, 0, weight.shape[1] - 1, 0)"),
        ),
        Misconception(
            "right outputs cut off",
            "With W − 1 zeros on the left all L outputs are right, and you cut some of them off. Only who pads both "
            "sides has to cut.",
            [
                edited(causal_conv, f"{GROUPS}) → {GROUPS})[..., {kept}]")
                for kept in (": x.shape[-1] - weight.shape[1] + 1", ": -(weight.shape[1] - 1)")
            ],
        ),
        Misconception(
            "an output that is one sample late",
            "Each output is right, but stands one place too late: y[t] does not know x[t]. One zero too many stands "
            "on the left, and cutting the end has hidden it.",
            WITHOUT_NOW,
        ),
        Misconception(
            "padding on both sides, nothing cut",
            "W − 1 zeros stand on both sides, so W − 1 outputs too many come out: those that read zeros after the "
            "end. Pad on one side only, or cut these outputs off. Which end are they at?",
            edited(causal_conv, f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)"),
        ),
        Misconception(
            "a cut that leaves nothing of one tap",
            "Pad-and-cut is right, but with one tap −(W − 1) is −0, and [..., :-0] is [..., :0]: nothing is left. "
            "Say how many outputs stay, not how many go.",
            edited(
                causal_conv,
                f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)",
                f"{GROUPS}) → {GROUPS})[..., : -(weight.shape[1] - 1)]",
            ),
        ),
        Misconception(*FORGOTTEN_BIAS, edited(causal_conv, "bias, groups → None, groups")),
        Misconception(
            "mixed channels", "The channels of x are added up before the convolution. " + MIXED, _summed_input
        ),
        Misconception(
            "outputs of full windows only",
            "No zeros stand before the start, so only the windows that are full give an output: L − W + 1 of them. "
            "Samples before the start count as zero, and every step has an output.",
            _without_padding,
            where=lambda x, weight, bias: weight.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "the first sample repeated",
            "Before the start you read x[0], over and over. Samples before the start count as zero.",
            _padded("first"),
        ),
        Misconception(
            "the first samples mirrored",
            "Before the start you read x[1], x[2], … backwards, as in a mirror. Samples before the start count as "
            "zero.",
            _padded("mirror"),
        ),
        Misconception(
            "the end read before the start",
            "Before the start you read the last samples, in a circle: they lie in the future. Samples before the "
            "start count as zero.",
            _padded("last"),
        ),
        Misconception(
            "a bias along time",
            "F.conv1d takes the bias as its third argument, and gives each channel its own. Added afterwards, (D,) is "
            "lined up with the last axis, which is time: it wants an axis more, (D, 1).",
            edited(causal_conv, "bias, groups → None, groups", f"{GROUPS}) → {GROUPS}) + bias"),
        ),
        Misconception(
            "the middle axis in front",
            "The weight is (1, D, W): one output channel that reads all D input channels. Here each of D output "
            "channels reads one: (D, 1, W).",
            [
                edited(causal_conv, "unsqueeze(1) → unsqueeze(0)"),
                edited(causal_conv, "unsqueeze(1) → unsqueeze(0)", f"{GROUPS} → "),
            ],
        ),
        Misconception(
            "as many groups as taps",
            "`groups` says in how many groups the channels are split. Each channel stays alone: one group a channel.",
            edited(causal_conv, "groups=weight.shape[0] → groups=weight.shape[1]"),
        ),
        Misconception(
            "as many groups as sequences",
            "`groups` says in how many groups the *channels* are split, one group a channel. x.shape[0] is B: the "
            "sequences are kept apart anyhow.",
            edited(causal_conv, "groups=weight.shape[0] → groups=x.shape[0]"),
        ),
        Misconception(
            "a bias that is added twice",
            "F.conv1d has added the bias already, as its third argument, and you add it again.",
            edited(causal_conv, f"{GROUPS}) → {GROUPS}) + bias[:, None]"),
        ),
        Misconception(
            "a Fourier transform",
            "The values are right but for rounding. But each of them is made of all of x, so a change of a later "
            "sample moves it a little, and section 5 would take this for a look into the future. F.conv1d reads W "
            "samples.",
            _by_fourier,
        ),
        Misconception(
            "missing groups",
            "Without groups, F.conv1d lets each output channel read all input channels, and wants a weight of the "
            "shape (D, D, W). Say in how many groups the channels are split, so that each stays alone.",
            [
                edited(causal_conv, f"{GROUPS} → "),
                edited(causal_conv, f"{GROUPS} → , padding=weight.shape[1] - 1", "padded, → x,"),
                edited(causal_conv, f"{GROUPS}) → , padding=weight.shape[1] - 1)[..., : x.shape[-1]]", "padded, → x,"),
            ],
        ),
        Misconception(
            "the axis at the end",
            "The weight is (D, W, 1): the taps stand where the input channels belong. The axis of size 1 is the "
            "middle one, (D, 1, W).",
            edited(causal_conv, "unsqueeze(1) → unsqueeze(-1)"),
        ),
        Misconception(
            "a kernel without its middle axis",
            "F.conv1d wants a weight with three axes: output channels, input channels in each group, taps. With one "
            "kernel a channel the middle one has size 1: unsqueeze puts it in.",
            edited(causal_conv, "weight.unsqueeze(1) → weight"),
        ),
        Misconception(
            *ONE_KERNEL, edited(causal_conv, "weight.unsqueeze(1) → weight[:1].expand_as(weight).unsqueeze(1)")
        ),
        Misconception(*ONE_BIAS, edited(causal_conv, "bias, groups → bias[:1].expand_as(bias), groups")),
        Misconception(*ACTIVATED, [_activated(one) for one in ACTIVATIONS]),
        Misconception(*WRITTEN_IN, _written_into_the_input),
        Misconception(*MEAN, [_mean_of_the_taps, _mean_of_all]),
        *(known for known in CONV_LOOP.misconceptions if known.name in OF_A_LOOP),
    ],
)


# Exercise 3: full_kernel


def full_kernel(weight: Tensor) -> Tensor:
    """The (D, D, W) kernel that has `weight` on its diagonal and zeros elsewhere."""
    full = weight.new_zeros(weight.shape[0], *weight.shape)  # (D, D, W)
    for d, kernel in enumerate(weight):
        full[d, d] = kernel  # (W,)
    return full


FULL_KERNEL = Exercise(
    id="01.full_kernel",
    title="The full kernel of a depthwise convolution",
    reference=full_kernel,
    cases=lambda draw: {"weight": draw.normal(draw.size(2, 5), draw.size(1, 4))},
    axes=("output channel", "input channel", "tap"),
    misconceptions=[
        Misconception(
            "kernels between all channels",
            "Each output channel adds up all input channels, because no entry is zero. Which pairs [i, j] have to "
            "stay silent?",
            [edited(full_kernel, f"full[d, d] = kernel → full[{row}] = kernel") for row in (":, d", "d")],
        ),
        Misconception(
            "kernels that all read channel 0",
            "The kernels stand in column 0, so each output channel reads input channel 0. Output channel i must read "
            "input channel i: where does its kernel belong?",
            edited(full_kernel, "full[d, d] → full[d, 0]"),
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
            "a diagonal of taps",
            "(D, W, W): your diagonal runs over the taps of one kernel. It belongs over the channels, and the taps "
            "stay in a row: (D, D, W).",
            torch.diag_embed,
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
            ],
        ),
        Misconception(
            "products of two kernels",
            "Each place holds the product of two kernels. On the diagonal stands a kernel as it is, and elsewhere "
            "zero.",
            lambda weight: weight[:, None] * weight,
        ),
        Misconception(
            "the last channel left out",
            "The last channel has no kernel. Where does your loop end? range(n) stops at n − 1.",
            edited(full_kernel, "enumerate(weight) → enumerate(weight[:-1])"),
        ),
        Misconception(
            "the first channel alone",
            "Only channel 0 has its kernel. Does your loop get to the other channels, or does it return before?",
            edited(full_kernel, "return full → return full * (torch.arange(len(full)) == 0)[:, None, None]"),
        ),
        Misconception(
            "flipped taps",
            "The right kernels stand in the right places, but from new to old. Both F.conv1d calls read the taps in "
            "the same direction, so there is nothing to flip.",
            edited(full_kernel, "= kernel → = kernel.flip(-1)"),
        ),
    ],
)


# Exercise 4: is_causal, and the layers that it is tried on


def is_causal(layer, x: Tensor) -> bool:
    """Whether ∂y[:, :, t] / ∂x[:, :, s] is zero for all s > t."""
    gradients = jacobian(layer, x)  # (B, D, L, B, D, L)
    reads = gradients.abs().sum(dim=(0, 1, 3, 4))  # (L, L): output t, input s
    return not bool(reads.triu(1).any())


def twice(x):
    return 2 * x


def running_sum(x):
    return x.cumsum(dim=-1)


def delay_by_one(x):
    return F.pad(x, (1, 0))[..., :-1]


def one_sample_ahead(x):
    return F.pad(x, (0, 1))[..., 1:]


def subtract_mean(x):
    return x - x.mean(dim=-1, keepdim=True)


def first_output_reads_the_second_sample(x):
    return torch.cat([x[..., :1] + x[..., 1:2], x[..., 1:]], dim=-1)


def second_last_output_reads_the_last_sample(x):
    return torch.cat([x[..., :-2], x[..., -2:-1] + x[..., -1:], x[..., -1:]], dim=-1)


def add_the_slope_ahead(x):
    """y[t] = x[t] + (x[t + 1] − x[t + 2]), where both are there: the two gradients cancel when added up."""
    return x + F.pad(x[..., 1:-1] - x[..., 2:], (0, 2))


def next_sample_of_the_other_channels(x):
    return x + one_sample_ahead(x.sum(dim=1, keepdim=True) - x)


def one_channel_adds_what_another_takes_away(x):
    """Two channels read the next sample, one with + and one with −: added up, the two outputs do not move."""
    ahead = one_sample_ahead(x[:, :1])
    return torch.cat([x[:, :1] + ahead, x[:, 1:2] - ahead, x[:, 2:]], dim=1)


def third_sample_ahead(x):
    return x + F.pad(x[..., 3:], (0, 3))


def gated_by_the_past(x):
    return x * running_sum(x)


def only_the_last_sequence_cheats(x):
    return torch.cat([x[:-1], one_sample_ahead(x[-1:])])


def first_sequence_reads_the_future_of_the_last(x):
    return torch.cat([x[:1] + one_sample_ahead(x[-1:]), x[1:]]) if len(x) > 1 else x


def only_the_last_channel_cheats(x):
    return torch.cat([x[:, :-1], one_sample_ahead(x[:, -1:])], dim=1)


def all_read_the_future_of_the_last_channel(x):
    return x + one_sample_ahead(x[:, -1:])


def second_last_output_reads_a_little_of_the_last_sample(x):
    return torch.cat([x[..., :-2], x[..., -2:-1] + 1e-4 * x[..., -1:], x[..., -1:]], dim=-1)


def second_last_output_adds_the_square_of_the_last_step(x):
    """y[L − 2] reads (x[L − 1] − x[L − 2])²: where x is constant, the gradient of the square is zero."""
    return torch.cat([x[..., :-2], x[..., -2:-1] + x[..., -2:].diff(dim=-1) ** 2, x[..., -1:]], dim=-1)


def nothing(x):
    return 0 * x


LAYERS = [
    nothing,
    twice,
    running_sum,
    delay_by_one,
    one_sample_ahead,
    subtract_mean,
    first_output_reads_the_second_sample,
    second_last_output_reads_the_last_sample,
    add_the_slope_ahead,
    next_sample_of_the_other_channels,
    one_channel_adds_what_another_takes_away,
    third_sample_ahead,
    gated_by_the_past,
    only_the_last_sequence_cheats,
    first_sequence_reads_the_future_of_the_last,
    only_the_last_channel_cheats,
    all_read_the_future_of_the_last_channel,
    second_last_output_reads_a_little_of_the_last_sample,
    second_last_output_adds_the_square_of_the_last_step,
]


def _causal_cases(draw: Draw) -> dict:
    """Each layer in turn, so that each is met at small and at large sizes."""
    x = draw.normal(draw.size(2, 3), draw.size(2, 3), draw.size(4, 7))  # (B, D, L)
    return {"layer": LAYERS[draw.seed % len(LAYERS)], "x": x}


def _judged(forbidden):
    """A wrong `is_causal`: it answers True if `forbidden(gradient, t)` is False for every t."""

    def judge(layer, x):
        gradients = jacobian(layer, x)  # (B, D, L, B, D, L)
        # (B, D, B, D, L) each: output t, every input
        return not any(bool(forbidden(gradient, t)) for t, gradient in enumerate(gradients.unbind(2)))

    return judge


READS = "gradients.abs().sum(dim=(0, 1, 3, 4))"
SAME_CHANNEL = edited(is_causal, f'{READS} → torch.einsum("bdtcds->ts", gradients.abs())')
SAME_ROW = edited(is_causal, f'{READS} → torch.einsum("bdtbes->ts", gradients.abs())')


def _last_sample_changed(layer, x):
    other = x.clone()
    other[..., -1] += 1
    return torch.equal(layer(x)[..., :-1], layer(other)[..., :-1])


def _all_outputs_added(layer, x):
    x = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).sum(), x)  # (B, D, L)
    return not bool((gradient[..., 1:] != 0).any())


def _unwatched(layer, x):
    torch.autograd.grad(layer(x)[..., 0].sum(), x)


def _one_graph(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)  # (B, D, L)
    for t in range(x.shape[-1]):
        for b, d in torch.cartesian_prod(torch.arange(x.shape[0]), torch.arange(x.shape[1])).tolist():
            if torch.autograd.grad(y[b, d, t], x)[0][..., t + 1 :].any():
                return False
    return True


def _one_graph_for_the_sums(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)  # (B, D, L)
    return not any(torch.autograd.grad(y[..., t].sum(), x)[0][..., t + 1 :].any() for t in range(x.shape[-1]))


IS_CAUSAL = Exercise(
    id="01.is_causal",
    title="Is it causal?",
    reference=is_causal,
    cases=_causal_cases,
    trials=100,
    misconceptions=[
        Misconception(
            "a test of the first output only",
            "You look at the gradient of one output, the first. A layer may be honest there and read the future "
            "later on. Every output needs its own gradient.",
            [
                _judged(lambda gradient, t: t == 0 and (gradient[..., 1:] != 0).any()),
                _judged(lambda gradient, t: t == 0 and (gradient.sum(dim=(0, 1))[..., 1:] != 0).any()),
            ],
        ),
        Misconception(
            "a test of the last step only",
            "You look at one output, the last but one, and one input, the last. A layer may be honest there and read "
            "the future elsewhere.",
            edited(is_causal, "reads.triu(1).any() → reads[-2, -1] != 0"),
        ),
        Misconception(
            "a ban on all but now",
            "You ask whether an output depends on anything but its own sample. The past is allowed: a causal layer may "
            "remember as much as it likes.",
            edited(is_causal, "reads.triu(1).any() → (reads != reads.diag().diag()).any()"),
        ),
        Misconception(
            "one honest output is enough",
            "You answer True as soon as one output reads nothing later. A causal layer needs that of all of them.",
            edited(is_causal, "reads.triu(1).any() → reads.triu(1)[:-1].any(dim=1).all()"),
        ),
        Misconception(
            "one border between past and future",
            "You change all samples from one time on, and look at the outputs before it. That finds only leaks across "
            "this border. Each t has a border of its own.",
            edited(is_causal, "reads.triu(1).any() → reads[: len(reads) // 2, len(reads) // 2 :].any()"),
        ),
        Misconception(
            "a leak that must be everywhere",
            "You ask whether *all* places right of the diagonal hold something. One of them is enough.",
            edited(is_causal, "reads.triu(1).any() → (reads[torch.ones_like(reads).triu(1) > 0] != 0).all()"),
        ),
        Misconception(
            "now counted as future",
            "You forbid the output at t to read x[t] itself. Now is allowed; the future starts at t + 1.",
            _judged(lambda gradient, t: (gradient[..., t:] != 0).any()),
        ),
        Misconception(
            "a ban on the past",
            "You forbid what is allowed: the gradient with respect to *earlier* inputs. A causal layer may remember "
            "as much as it likes. On which side of t does the future lie?",
            _judged(lambda gradient, t: (gradient[..., :t] != 0).any()),
        ),
        Misconception(
            "gradients that cancel",
            "You add the gradients up before you compare them with zero. This layer reads one later sample with + "
            "and one with −, so the sum is zero. Ask for each value whether it is zero.",
            _judged(lambda gradient, t: gradient[..., t + 1 :].sum().abs() > 1e-6),
        ),
        Misconception(
            "outputs that cancel",
            "You add up what belongs to several channels: the outputs y[:, :, t] before the gradient, or the gradients "
            "with their signs. In this layer one channel reads a later sample with + and another one with −, and the "
            "sum is zero. Each output needs a gradient of its own, and each gradient its absolute value.",
            _judged(lambda gradient, t: (gradient.sum(dim=(0, 1))[..., t + 1 :] != 0).any()),
        ),
        Misconception(
            "the triangle of the wrong axes",
            "torch.triu works on the last two axes. Of the six axes of the jacobian these are channel and time of "
            "the *input*. Bring the jacobian to a table of output times and input times first.",
            lambda layer, x: not bool(torch.triu(jacobian(layer, x), 1).any()),
        ),
        Misconception(
            "one changed sample",
            "You change the last sample and look for changes in the outputs before it. That finds only layers which "
            "read the *last* sample too early. Every later sample must be tried, and gradients try them all at once.",
            _last_sample_changed,
        ),
        Misconception(
            "all outputs added up",
            "The gradient of y.sum() cannot say *which* output has read a sample: the sample x[5] may be read by "
            "y[5], which is fine, or by y[2], which is not. Take one output at a time.",
            _all_outputs_added,
        ),
        Misconception(
            "each channel on its own",
            "You ask only whether a channel reads its own future. This layer reads the future of *another* channel. "
            "Look at the gradient with respect to all channels of x.",
            [SAME_CHANNEL, edited(is_causal, f'{READS} → torch.einsum("bdtbds->ts", gradients.abs())')],
        ),
        Misconception(
            "each sequence on its own",
            "You ask only whether a sequence reads its own future. This layer reads the future of *another* sequence "
            "of the batch. Look at the gradient with respect to all sequences of x.",
            SAME_ROW,
        ),
        Misconception(
            "a test of one sequence only",
            "You look at the first sequence of the batch. Here another one cheats. Every output needs its gradient.",
            [
                edited(is_causal, f"{READS} → gradients[0].abs().sum(dim=(0, 2, 3))"),
                edited(is_causal, f"{READS} → gradients[0, :, :, 0].abs().sum(dim=(0, 2))"),
            ],
        ),
        Misconception(
            "a test of one channel only",
            "You look at the first channel. Here another one cheats. Every output needs its gradient.",
            [
                edited(is_causal, f"{READS} → gradients[:, 0].abs().sum(dim=(0, 2, 3))"),
                edited(is_causal, f"{READS} → gradients[:, :, :, :, 0].abs().sum(dim=(0, 1, 3))"),
                edited(is_causal, f"{READS} → gradients[:, 0, :, :, 0].abs().sum(dim=(0, 2))"),
                edited(is_causal, f"{READS} → gradients[0, 0, :, 0, 0].abs()"),
            ],
        ),
        Misconception(
            "the next step allowed",
            "You begin one step too late: an output that reads the very next sample passes. The future is everything "
            "after t, from t + 1 on.",
            edited(is_causal, "triu(1) → triu(2)"),
        ),
        Misconception(
            "only gradients above zero",
            "A gradient below zero passes, and reads the future as well. Ask whether it is zero, or take its absolute "
            "value.",
            _judged(lambda gradient, t: (gradient[..., t + 1 :] > 0).any()),
        ),
        Misconception(
            "True and False exchanged",
            "Your answer is the opposite of the right one in every case.",
            edited(is_causal, "return not bool → return bool"),
        ),
        Misconception(
            "one step into the future only",
            "You ask whether an output reads the *next* sample. This layer reads a later one and skips the next. The "
            "future is everything after t.",
            edited(is_causal, "reads.triu(1) → reads.diagonal(1)"),
        ),
        Misconception(
            "a small leak that is forgiven",
            "You let a small gradient pass. This layer reads a ten-thousandth of the last sample too early, and the "
            "layer after it can make that large again. A causal layer has an exact zero there.",
            edited(is_causal, "reads.triu(1) → (reads.triu(1) > 1e-3)"),
        ),
        Misconception(
            "gradients somewhere else",
            "You take the gradients at an input of your own, not at x. Where all samples are equal this layer seems "
            "honest; at x it reads a later sample.",
            edited(is_causal, "jacobian(layer, x) → jacobian(layer, torch.zeros_like(x))"),
        ),
        Misconception(
            "an input without gradient",
            "PyTorch has not watched x. Before you call the layer, make a copy that wants a gradient: "
            "x.detach().clone().requires_grad_().",
            _unwatched,
        ),
        Misconception(
            "a graph that is used once",
            "After the first gradient PyTorch throws its notes away. Pass retain_graph=True, or call the layer anew "
            "for every t.",
            [_one_graph, _one_graph_for_the_sums],
        ),
    ],
)

EXERCISES = [CONV_LOOP, CONV, FULL_KERNEL, IS_CAUSAL]

RECAP = [
    Question(
        "What makes a layer causal?",
        [
            "Its output is as long as its input",
            "y[t] depends on x[t] only",
            "y[t] depends on x[0] … x[t] only",
            "Its kernel is flipped",
        ],
        "y[t] depends on x[0] … x[t] only",
        "The past and the present are allowed, the future is not. The length says nothing about what is read.",
    ),
    Question(
        "A kernel of W taps, as PyTorch stores it. Which tap is multiplied with the oldest sample?",
        ["weight[0]", "weight[W - 1]", "weight[W // 2]", "it depends on the padding"],
        "weight[0]",
        "The last tap is now, so the first one is W − 1 samples old. With causal padding this never changes.",
    ),
    Question(
        "How many zeros does a causal convolution of width W put in, and where?",
        ["W on the left", "(W − 1) / 2 on each side", "W − 1 on the right", "W − 1 on the left"],
        "W − 1 on the left",
        "One of the W taps is now, so y[0] lacks W − 1 samples, and they all lie before the start.",
    ),
    Question(
        "A depthwise convolution has D channels and W taps. How many weights are in its kernel?",
        ["W", "D · W", "D · D · W", "D · D"],
        "D · W",
        "Each channel has one kernel of W taps. D · D · W is the full convolution, which mixes the channels.",
    ),
    Question(
        "The gradient of y[3] with respect to x[5] is not zero. What do you know?",
        [
            "The layer has a memory of two samples",
            "The layer reads the future",
            "The kernel has at least three taps",
            "Nothing, gradients are never exactly zero",
        ],
        "The layer reads the future",
        "Output 3 moves when sample 5 moves, and sample 5 comes later. A causal layer has an exact zero there.",
    ),
]
