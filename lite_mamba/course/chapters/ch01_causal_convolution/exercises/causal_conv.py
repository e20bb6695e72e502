"""Exercise 2: causal_conv."""

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .causal_conv_loop import CAUSAL_CONV_LOOP, CENTRED
from .shared import (
    ACTIVATED,
    ACTIVATIONS,
    BIAS_AXIS,
    FLIPPED,
    FORGOTTEN_BIAS,
    GROUPS,
    LEFT,
    MEAN,
    MIXED,
    ONE_BIAS,
    ONE_KERNEL,
    WRITTEN_IN,
    activated,
    causal_conv,
    conv_cases,
    mean_of_all,
    mean_of_the_taps,
    mixed_inputs,
    padded_with,
    result_and_properties,
    several_taps,
    the_end_counts,
    three_taps_or_more,
    without_padding,
    written_into_the_input,
)


def _half_the_width(x, weight, bias):
    return F.conv1d(x, weight.unsqueeze(1), bias, padding=weight.shape[1] // 2, groups=len(weight))


def _layer_of_its_own(x, weight, bias):
    channels, width = weight.shape
    return torch.nn.Conv1d(channels, channels, width, groups=channels, padding=width - 1)(x)[..., : x.shape[-1]]


def _full_layer_of_its_own(x, weight, bias):
    channels, width = weight.shape
    return torch.nn.Conv1d(channels, channels, width)(F.pad(x, (width - 1, 0)))


def _padded_by_conv1d(padding):
    return lambda x, weight, bias: F.conv1d(
        x, weight.unsqueeze(1), bias, padding=padding(weight.shape[1]), groups=len(weight)
    )


def _by_fourier(x, weight, bias):
    length = x.shape[-1] + weight.shape[-1] - 1
    product = torch.fft.rfft(x, length) * torch.fft.rfft(weight.flip(-1), length)
    return torch.fft.irfft(product, length)[..., : x.shape[-1]] + bias[:, None]


def _and_the_future(function, x, weight, bias):
    """The same, and whether later samples move y[0], if only by rounding: section 5 asks what is read of x."""
    other = torch.cat([x[..., :1], x[..., 1:] + 1000 / 3], dim=-1)  # (B, D, L): another future, no round numbers
    with torch.random.fork_rng(devices=[]):  # from the same random numbers both times
        result = result_and_properties(function, x, weight, bias)  # which may write into x
    if result is None:
        return None
    if not isinstance(result[0], Tensor):
        return *result, False
    moved = result[0].shape == x.shape and not torch.equal(function(other, weight, bias)[..., 0], result[0][..., 0])
    return *result, moved


LEFT_AND_SAME = "(weight.shape[1] - 1 + (weight.shape[1] - 1) // 2, weight.shape[1] // 2)"  # padding="same" adds these


OF_A_LOOP = (  # whoever does without F.conv1d makes these, too
    "windows that are not full",
    "a first sample that is never read",
    "one product for each output",
    "a bias at every tap",
    "outputs that are fed back",
    "the last tap left out",
    "a bias that is taken away",
    "a bias that multiplies",
    "an output without the type of x",
)


CAUSAL_CONV = Exercise(
    id="01.causal_conv",
    title="Causal convolution in one line",
    reference=causal_conv,
    cases=conv_cases,
    trials=50,
    apply=_and_the_future,
    axes=("batch", "channel", "time"),
    items=("y", "'is y a part of x?'", "'is y as exact as x?'", "'do later samples move y[0], if only by rounding?'"),
    gradients=("x",),
    misconceptions=[
        Misconception(*FLIPPED, edited(causal_conv, "weight.unsqueeze → weight.flip(-1).unsqueeze")),
        Misconception(
            "padding on both sides",
            "The zeros are shared between left and right, as padding='same' does it. So y[t] reads samples after t. "
            "All the missing samples lie before the start: on which side do they belong?",
            [
                edited(causal_conv, f"{LEFT} → ((weight.shape[1] - 1) // 2, weight.shape[1] // 2)"),
                CENTRED[1],
                _half_the_width,
                _padded_by_conv1d(lambda width: (width - 1) // 2),
            ],
            where=three_taps_or_more,  # two need one zero, and W // 2 on each side puts it where it belongs
        ),
        Misconception(
            "padding on the right",
            "The first output already reads the samples 0 … W − 1, and every output with a future looks into it. "
            "Either the zeros stand at the wrong end, or the wrong end was cut off.",
            [
                edited(causal_conv, f"{LEFT} → (0, weight.shape[1] - 1)"),
                edited(causal_conv, f"{LEFT} → (0, weight.shape[1] - 1)", "unsqueeze → flip(-1).unsqueeze"),
            ],
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
            where=several_taps,
        ),
        Misconception(
            "as many zeros as channels",
            "You count the zeros by the channels: weight.shape[0], or len(weight), is D. The taps are the second axis.",
            edited(causal_conv, f"{LEFT} → (weight.shape[0] - 1, 0)"),
        ),
        Misconception(
            "as many zeros as samples",
            "You count the zeros by the samples: x.shape[-1] is L. How many of them are missing depends on how far the "
            "kernel reaches back, not on how long x is.",
            edited(causal_conv, f"{LEFT} → (x.shape[-1] - 1, 0)"),
        ),
        Misconception(
            "as many zeros for every kernel",
            "You put in the same number of zeros for every kernel, as in an example. How many samples before the start "
            "does a kernel of W taps read?",
            [
                edited(causal_conv, f"{LEFT} → ({zeros})", f"{GROUPS}) → {GROUPS}){cut}")
                for n in (1, 2, 3)
                for zeros, cut in product((f"{n}, 0", f"{n}, {n}"), ("[...]", "[..., : x.shape[-1]]"))
            ],
        ),
        Misconception(
            "a layer with weights of its own",
            "nn.Conv1d makes a layer with random weights. Here the weights are given, and F.conv1d takes them as its "
            "second argument.",
            [_layer_of_its_own, _full_layer_of_its_own],
            where=lambda x, weight, bias: x.dtype == torch.float32,  # as its weights are
        ),
        Misconception(
            "ones before the start",
            "You put ones before the start. What is not there counts as zero: a one would be a sample.",
            edited(causal_conv, f"{LEFT} → {LEFT}, value=1.0"),
        ),
        Misconception(
            "one number for two ends",
            "F.pad wants a pair, (left, right): how many at the one end, and how many at the other?",
            [edited(causal_conv, f"{LEFT} → {one}") for one in ("weight.shape[1] - 1", "(weight.shape[1] - 1,)")],
        ),
        Misconception(
            "one end asked of F.conv1d",
            "The padding of F.conv1d is one number, and puts as many zeros at both ends. Only F.pad takes one number "
            "for the left and another one for the right.",
            [_padded_by_conv1d(lambda width: (width - 1, 0)), _padded_by_conv1d(lambda width: "causal")],
        ),
        Misconception(
            "zeros put in twice",
            "F.pad has put in all the zeros that are missing, and the padding of F.conv1d puts in more. One of the two "
            "is enough.",
            [
                edited(causal_conv, f"{GROUPS} → {GROUPS}, padding=weight.shape[1] - 1"),
                edited(causal_conv, f"{GROUPS}) → {GROUPS}, padding=weight.shape[1] - 1)[..., : x.shape[-1]]"),
                edited(causal_conv, f"{LEFT} → {LEFT_AND_SAME}"),
                edited(causal_conv, f"{LEFT} → {LEFT_AND_SAME}", f"{GROUPS}) → {GROUPS})[..., : x.shape[-1]]"),
            ],
        ),
        Misconception(
            "a number that is taken for the stride",
            "The fourth argument of F.conv1d is the stride, by how many samples the window moves on. What you mean by "
            "this number has a name, and goes in by that.",
            lambda x, weight, bias: F.conv1d(x, weight.unsqueeze(1), bias, weight.shape[1] - 1, groups=len(weight)),
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
            where=three_taps_or_more,
        ),
        Misconception(
            "an output that is one sample late",
            "Each output is right, but stands one place too late: y[t] does not know x[t]. One zero too many stands "
            "on the left, and cutting the end has hidden it.",
            edited(causal_conv, f"{LEFT} → (weight.shape[1], 0)", f"{GROUPS}) → {GROUPS})[..., :-1]"),
        ),
        Misconception(
            "padding on both sides, nothing cut",
            "W − 1 zeros stand on both sides, so W − 1 outputs too many come out: those that read zeros after the "
            "end. Pad on one side only, or cut these outputs off, along time. Which end are they at?",
            edited(causal_conv, f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)"),
        ),
        Misconception(
            "a cut of another length",
            "At the end you keep more or fewer outputs than there are samples. With W − 1 zeros on both sides, those "
            "that read a zero after the end go, and no others; with zeros on the left alone, none goes. How many stay?",
            [
                edited(
                    causal_conv, f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)", f"{GROUPS}) → {GROUPS}){cut}"
                )
                for cut in ("[..., :-1]", "[..., : -weight.shape[1]]")
            ],
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
            "mixed channels",
            "All channels are added up in each output. " + MIXED,
            [
                edited(causal_conv, "(padded, → (padded.sum(1, keepdim=True).expand_as(padded),"),
                mixed_inputs,
            ],
        ),
        Misconception(
            "outputs of full windows only",
            "Only the windows that are full give an output: L − W + 1 of them. Either no zeros stand before the start, "
            "or what they gave is cut off. Samples before the start count as zero, and every step has an output.",
            without_padding,
            where=lambda x, weight, bias: weight.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "the first sample repeated",
            "Before the start you read x[0], over and over. Samples before the start count as zero.",
            padded_with("first"),
            where=three_taps_or_more,
        ),
        Misconception(
            "the first samples mirrored",
            "Before the start you read x[1], x[2], … backwards, as in a mirror. Samples before the start count as "
            "zero.",
            padded_with("mirror"),
            where=lambda x, weight, bias: 2 < weight.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "the end read before the start",
            "Before the start you read the last samples, in a circle: they lie in the future. Samples before the "
            "start count as zero.",
            padded_with("last"),
            where=the_end_counts,
        ),
        Misconception(
            *BIAS_AXIS,
            [
                edited(causal_conv, "bias, groups → None, groups", f"{GROUPS}) → {GROUPS}) + {bias}")
                for bias in ("bias", "bias[:, None, None]")
            ],
        ),
        Misconception(
            "a bias with more than one axis",
            "F.conv1d wants the bias as it came, (D,), one number for each output channel, and finds its axis by "
            "itself. Axes are lined up only where a bias is added to the outputs by +.",
            [
                edited(causal_conv, f"bias, groups → {bias}, groups")
                for bias in ("bias[None]", "bias[:, None]", "bias[None, :, None]", "bias[:, None, None]")
            ],
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
            "taps and channels exchanged",
            "You exchange the axes of `weight`, as if it came as (W, D). It is (D, W) already, a row of taps for each "
            "channel, and lacks only the axis in the middle.",
            edited(causal_conv, "weight.unsqueeze → weight.T.unsqueeze"),
            where=lambda x, weight, bias: weight.shape[0] == weight.shape[1],
        ),
        Misconception(
            "the channels from last to first",
            "You turn `weight` around along its channels, and perhaps along its taps, too: channel 0 is filtered with "
            "the kernel of the last one. Output channel d has the kernel weight[d], its taps in the order they come "
            "in.",
            [edited(causal_conv, f"weight.unsqueeze → weight.flip({axes}).unsqueeze") for axes in ("0", "0, 1")],
            where=lambda x, weight, bias: len(weight) > 1,
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
            "sample can move it a little, and section 5 would take this for a look into the future. F.conv1d reads W "
            "samples.",
            _by_fourier,
        ),
        Misconception(
            "missing groups",
            "Without groups, F.conv1d lets each output channel read all input channels, and wants a weight of the "
            "shape (D, D, W). Say by its name, groups=…, in how many groups the channels are split, so that each stays "
            "alone.",
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
            "What F.conv1d gets as its second argument has fewer than three axes. There stands the weight: output "
            "channels, input channels in each group, taps. With one kernel a channel the middle axis has size 1: "
            "unsqueeze puts it in.",
            edited(causal_conv, "weight.unsqueeze(1) → weight"),
        ),
        Misconception(
            *ONE_KERNEL, edited(causal_conv, "weight.unsqueeze(1) → weight[:1].expand_as(weight).unsqueeze(1)")
        ),
        Misconception(*ONE_BIAS, edited(causal_conv, "bias, groups → bias[:1].expand_as(bias), groups")),
        Misconception(*ACTIVATED, [activated(one) for one in ACTIVATIONS]),
        Misconception(*WRITTEN_IN, written_into_the_input),
        Misconception(*MEAN, [mean_of_the_taps, mean_of_all]),
        *(known for known in CAUSAL_CONV_LOOP.misconceptions if known.name in OF_A_LOOP),
    ],
)
