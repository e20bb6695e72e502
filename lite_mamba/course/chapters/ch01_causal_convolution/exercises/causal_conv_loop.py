"""Exercise 1: causal_conv_loop. Exercise 2, causal_conv, computes the same."""

from itertools import product

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import (
    ACTIVATED,
    ACTIVATIONS,
    ADDED,
    BIAS_AXIS,
    FLIPPED,
    FORGOTTEN_BIAS,
    FULL_ONLY,
    LAG,
    LEFT,
    MEAN,
    MIXED,
    ONE_BIAS,
    ONE_KERNEL,
    START_WITHOUT_BIAS,
    TAP,
    WRAPS,
    WRITTEN_IN,
    activated,
    causal_conv,
    conv_cases,
    every_tap_counts,
    fed_back,
    mean_of_all,
    mean_of_the_taps,
    mixed_inputs,
    mixed_outputs,
    over_the_input,
    padded_with,
    result_and_properties,
    several_taps,
    summed_input,
    the_end_counts,
    three_taps_or_more,
    without_padding,
    written_into_the_input,
)


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


CENTRED = [edited(causal_conv_loop, f"{LAG} → t + k - {left}") for left in ("(width - 1) // 2", "width // 2")]
AHEAD = edited(causal_conv_loop, f"{LAG} → t + k")


WITHOUT_NOW = edited(causal_conv_loop, f"{LAG} → t - (width - k)")


def _sliced(cut, first, alone):
    """A slice of x times all taps: from time 0 on if it is cut off there, the taps first, each channel alone."""

    def convolve(x, weight, bias):
        y, width = torch.zeros_like(x), weight.shape[1]
        places = product(range(len(x)), range(len(weight))) if alone else [(slice(None), slice(None))]
        for (b, d), t in product(places, range(x.shape[-1])):
            start = t + 1 - width
            window, taps = x[b, d, max(0, start) if cut else start : t + 1], weight[d]
            y[b, d, t] = (taps * window if first else window * taps).sum(dim=-1) + bias[d]
        return y

    return convolve


def _of_fixed_width(width):
    return edited(causal_conv_loop, f"weight.shape[-1] → {width}", "source < length → source")


def _up_to(count, biased):
    """A loop over t that has another count of turns; the outputs that it does not reach hold the bias, or zero."""

    def convolve(x, weight, bias):
        reached = torch.arange(x.shape[-1]) < count(x)
        return torch.where(reached, causal_conv(x, weight, bias), bias[:, None] * biased)

    return convolve


def _into_the_bias(outer):
    """total = bias is no copy: the sums of all outputs go on in it, sequence by sequence or time by time."""

    def convolve(x, weight, bias):
        y, products = torch.zeros_like(x), causal_conv(x, weight, torch.zeros_like(bias))
        outputs = product(range(len(x)), range(x.shape[-1]))
        for b, t in sorted(outputs, key=lambda place: place[outer]):
            y[b, :, t] = bias.add_(products[b, :, t])
        return y

    return convolve


def _begun(outputs, biased):
    """A return inside of the loops: the first channel of the first sequence is there, or its first outputs."""

    def convolve(x, weight, bias):
        y = torch.zeros_like(x) + bias[:, None] * biased
        y[0, 0, :outputs] = causal_conv(x, weight, bias)[0, 0, :outputs]
        return y

    return convolve


def _added_up(axes):
    def convolve(x, weight, bias):
        products = causal_conv(x, weight, torch.zeros_like(bias))  # (B, D, L)
        return products.sum(dim=axes, keepdim=True).expand_as(x) + bias[:, None]

    return convolve


CAUSAL_CONV_LOOP = Exercise(
    id="01.causal_conv_loop",
    title="Causal convolution as a loop",
    reference=causal_conv_loop,
    cases=conv_cases,
    trials=50,
    apply=result_and_properties,
    axes=("batch", "channel", "time"),
    items=("y", "'is y a part of x?'", "'is y as exact as x?'"),
    misconceptions=[
        Misconception(*FLIPPED, edited(causal_conv_loop, f"{TAP} → weight[:, width - 1 - k]")),
        Misconception(
            "an index that wraps around",
            "The first outputs read the last samples. In Python a negative index is no error: x[:, :, -1] is the last "
            "sample, which lies in the future. What should stand there instead of samples before the start?",
            edited(causal_conv_loop, WRAPS),
            where=the_end_counts,
        ),
        Misconception(
            "a flipped kernel with an index that wraps around",
            "Two things at once. Your first tap is multiplied by the present sample, but here the last tap is now. "
            "And before the start you read x[:, :, -1], which in Python is the last sample. Mend one, check again.",
            edited(causal_conv_loop, f"{TAP} → weight[:, width - 1 - k]", WRAPS),
            where=the_end_counts,
        ),
        Misconception(
            "a short window that meets the first taps",
            "Where the window is cut off by the start, you give its samples the *first* taps. They belong to the last "
            "ones: the newest sample meets the last tap, however few there are before it.",
            edited(causal_conv_loop, f"{LAG} → max(0, t - width + 1) + k", "< length → <= t"),
        ),
        Misconception(
            "a short window that meets all taps",
            "Where the window is cut off by the start, it holds fewer samples than there are taps, and you multiply it "
            "by all of them: one sample meets every tap, and two do not fit three. Which taps belong to the "
            "samples that are there?",
            [_sliced(True, *how) for how in product((False, True), repeat=2)],
        ),
        Misconception(
            "a slice that begins before the start",
            "In x[a:b], an a below zero is counted from the *end*: where your window is cut off by the start, the "
            "slice is empty, or holds other samples. Which samples and which taps are left there?",
            [_sliced(False, *how) for how in product((False, True), repeat=2)],
        ),
        Misconception(
            "windows that are not full",
            "The first outputs are left out, as if a window with missing samples had no value. Only the missing ones "
            "count as zero: the products of the samples that are there still belong to the output. In a loop over the "
            "taps, `break` leaves those out, too. (The first full window is that of t = W − 1.)",
            [
                edited(causal_conv_loop, FULL_ONLY),
                edited(causal_conv_loop, FULL_ONLY, START_WITHOUT_BIAS),
                edited(causal_conv_loop, "if 0 <= source < length: → if t >= width:"),  # and one more
                edited(
                    causal_conv_loop,
                    "if 0 <= source < length: → if t >= width:",
                    " + bias[:, None] → + bias[:, None] * (torch.arange(length) >= width)",
                ),
            ],
            where=lambda x, weight, bias: weight.shape[1] > 2 and every_tap_counts(x, weight, bias),
        ),
        Misconception(
            "a first sample that is never read",
            "You skip x[0] as if it were missing. Only samples *before* time 0 are: print the times of the samples "
            "that y[0] and y[1] read.",
            edited(causal_conv_loop, "0 <= source → 0 < source"),
        ),
        Misconception(
            "one product for each output",
            "Each output holds one product only, the last one that you computed. Products of all taps have to be "
            "added up: is the line that adds one a part of the loop over the taps, and does it add or overwrite?",
            [
                edited(causal_conv_loop, f"{ADDED} → y[:, :, t] = bias + weight"),
                edited(causal_conv_loop, f"{ADDED} → y[:, :, t] = weight"),
            ],
            where=several_taps,
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
            "You put the middle of the window at t, so it reads samples after t. Print the index of every "
            "sample that one output reads: the largest one must be t.",
            CENTRED,
            where=lambda x, weight, bias: weight.shape[1] > 2 and every_tap_counts(x, weight, bias),
        ),
        Misconception(
            "a window into the future",
            "Your output y[t] reads x[t], x[t + 1], … and nothing of the past. Look at the formula again: by how much "
            "is the oldest sample, at tap 0, *before* t?",
            [
                AHEAD,
                edited(causal_conv_loop, f"{LAG} → t + (width - 1 - k)"),
                edited(causal_conv_loop, f"{LAG} → t + k", "if 0 <= source < length: → if t + width <= length:"),
            ],
        ),
        Misconception(
            "every tap at now",
            "All taps are multiplied by x[t]. Each tap has a sample of its own: the index of x depends on k, too.",
            [edited(causal_conv_loop, f"{LAG} → t"), edited(causal_conv_loop, "x[:, :, source] → x[:, :, t]")],
        ),
        Misconception(
            "a window that ends before now",
            "Your last tap is multiplied by x[t − 1], not by x[t]. The kernel has W taps and one of them is now, "
            "so only W − 1 of them lie in the past.",
            WITHOUT_NOW,
        ),
        Misconception(
            "a window that is moved twice",
            "Your window ends W − 1 samples before now. Zeros put before x move its samples: in the padded x, x[t] "
            "stands at t + W − 1. Whoever reads there counts back W − 1 places less.",
            edited(causal_conv_loop, f"{LAG} → t - 2 * (width - 1) + k"),
        ),
        Misconception(
            "a sign that is not turned",
            "In front of a bracket, a minus turns all signs in it: t − (W − 1 − k) is t − W + 1 + k. Where you read, "
            "the 1 or the k has the other sign. Print the times that y[t] reads.",
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
            where=lambda x, weight, bias: 1 < weight.shape[1] < x.shape[-1] - 2,
        ),
        Misconception(*FORGOTTEN_BIAS, edited(causal_conv_loop, " + bias[:, None] → ")),
        Misconception(
            *BIAS_AXIS,
            [edited(causal_conv_loop, f"bias[:, None] → {bias}") for bias in ("bias", "bias[:, None, None]")],
        ),
        Misconception(
            "the first sample repeated",
            "Before the start you read x[0], over and over. Samples before the start count as zero.",
            padded_with("first"),
            where=three_taps_or_more,
        ),
        Misconception(
            "outputs of full windows only",
            "Only the windows that are full give an output: L − W + 1 of them. Either no zeros stand before the start, "
            "or what they gave is cut off. Samples before the start count as zero, and every step has an output.",
            without_padding,
            where=lambda x, weight, bias: weight.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "outputs that are fed back",
            "Your sum reads outputs where it should read inputs: what is written into x, or read from y, comes in "
            "again at the next step. Read from x as it came, and write into a tensor of its own.",
            [fed_back, lambda x, weight, bias: x.copy_(fed_back(x, weight, bias)), over_the_input],
            where=lambda x, weight, bias: weight.shape[1] > 1 and bool((weight != 0).all()),  # else nothing comes back
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
            where=lambda x, weight, bias: every_tap_counts(x, weight, bias) and bool((bias != 0).all()),
        ),
        Misconception(
            "the first samples mirrored",
            "Before the start you read x[1], x[2], … backwards, as in a mirror. Samples before the start count as "
            "zero.",
            padded_with("mirror"),
            where=lambda x, weight, bias: 2 < weight.shape[1] <= x.shape[-1],  # else there is no x[1], x[2], …
        ),
        Misconception(
            "a loop that does not reach the end",
            "The end of y is not computed. Your loop over t must run through the last axis of x, up to L − 1: "
            "range(n) stops at n − 1, len(x) is B, and x.shape[1] is D.",
            [
                _up_to(count, biased)
                for count in (len, lambda x: x.shape[1], lambda x: x.shape[-1] - 1)
                for biased in (False, True)
            ],
            where=lambda x, weight, bias: x.shape[1] <= x.shape[-1],
        ),
        Misconception(
            "a loop that begins late",
            "Only y[:, :, 0] is not computed. Where does your loop over t begin? The first time is 0, and "
            "y[0] has a sample already, x[0].",
            [
                edited(causal_conv_loop, "for t in range(length) → for t in range(1, length)"),
                edited(
                    causal_conv_loop,
                    "for t in range(length) → for t in range(1, length)",
                    " + bias[:, None] → + bias[:, None] * (torch.arange(length) > 0)",
                ),
            ],
        ),
        Misconception(
            "a tap that is not there",
            "You ask for weight[:, W]. There are W taps, counted from 0: the last one is W − 1. Print the number of "
            "the tap in each product. Is it the number of a tap, and not a time? From where to where should it run?",
            edited(causal_conv_loop, "for k in range(width) → for k in range(width + 1)"),
        ),
        Misconception(
            "minus zero taken for the last tap",
            "You count the taps from the end by how many steps back a sample lies. But −0 is 0: weight[:, -0] is the "
            "first tap, and the sample of now needs the last one. What is the index of the last tap, counted from the "
            "end?",
            edited(causal_conv_loop, f"{TAP} → weight[:, -(width - 1 - k)]"),
        ),
        Misconception(
            "a width read off the channels",
            "You take W from the first axis of `weight`: len(weight), or weight.shape[0], is D. The taps are the "
            "second axis.",
            edited(causal_conv_loop, "weight.shape[-1] → weight.shape[0]"),
        ),
        Misconception(
            "a width that is fixed",
            "You count on a kernel of three or four taps, as in an example. W is the second size of `weight`: how far "
            "back does the first of W taps reach, and how many are there?",
            [
                _of_fixed_width(4),
                _of_fixed_width(3),
                edited(causal_conv_loop, f"{LAG} → t - (3 - k)"),
                edited(causal_conv_loop, f"{LAG} → t - (3 - k)", "source < length → source"),
                edited(causal_conv_loop, f"{LAG} → t - (2 - k)"),
                edited(causal_conv_loop, f"{LAG} → t - (2 - k)", "source < length → source"),
            ],
        ),
        Misconception(
            "taps and channels exchanged",
            "You read `weight` as (W, D): weight[k] is a row, all taps of channel k. The channels are its first axis. "
            "Tap k of all channels is a column.",
            edited(causal_conv_loop, f"{TAP} → weight[k]"),
            where=lambda x, weight, bias: weight.shape[0] == weight.shape[1],
        ),
        Misconception(
            "sums that go on",
            "The sum of one t goes on in the next: y[t] holds the products of all outputs before it, too. Each output "
            "begins anew, from the bias.",
            [
                lambda x, weight, bias: causal_conv(x, weight, torch.zeros_like(bias)).cumsum(-1) + bias[:, None],
                lambda x, weight, bias: causal_conv(x, weight, bias).cumsum(-1),  # and begins from the bias each time
            ],
            where=every_tap_counts,
        ),
        Misconception(
            "a bias that is written over",
            "Your sums stand in `bias` itself, so each of them begins where the last one ended. A name for bias[d] is "
            "not a copy of it, and += writes into what the name stands for.",
            [_into_the_bias(0), _into_the_bias(1)],
        ),
        Misconception(
            "time in front",
            "You stack the outputs along a new first axis: (L, B, D). Time is the last one, as in x.",
            lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 0),
        ),
        Misconception(
            "time in the middle",
            "Your result is (B, L, D), with time in the middle. Time is the last axis, as in x.",
            lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 1),
        ),
        Misconception(
            "outputs joined along an old axis",
            "torch.cat joins along an axis that is there. The outputs of one t are (B, D), so they come to lie along "
            "the channels or the sequences. Time is a new axis: what makes one?",
            [
                lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 1).flatten(1),
                lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 0).flatten(0, 1),
            ],
        ),
        Misconception(
            "axes exchanged by a reshape",
            "The right numbers, in the wrong places. `reshape` and `view` read the numbers in their old order and cut "
            "them anew: they exchange no axes. What does?",
            [
                lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 0).reshape(x.shape),
                lambda x, weight, bias: causal_conv(x, weight, bias).movedim(-1, 1).reshape(x.shape),
            ],
        ),
        Misconception(
            "the first sequence alone",
            "You read sequence 0 of x and no other. Each of the B sequences has its own outputs: does your loop go "
            "through all of them, or does it return in its first turn?",
            [
                lambda x, weight, bias: causal_conv(x, weight, bias) * (torch.arange(len(x)) == 0)[:, None, None],
                lambda x, weight, bias: (
                    causal_conv(x, weight, 0 * bias) * (torch.arange(len(x)) == 0)[:, None, None] + bias[:, None]
                ),
                lambda x, weight, bias: causal_conv(x, weight, bias)[:1].repeat(len(x), 1, 1),
                lambda x, weight, bias: causal_conv(x, weight, bias)[0],
                lambda x, weight, bias: causal_conv(x, weight, bias)[:1],
            ],
            where=lambda x, weight, bias: len(x) > 1,
        ),
        Misconception(
            "the first output alone",
            "Only y[:, :, 0] is computed. Does your loop return in its first turn? The return stands behind all loops.",
            [
                lambda x, weight, bias: causal_conv(x, weight, bias)[..., :1],
                lambda x, weight, bias: causal_conv(x, weight, bias) * (torch.arange(x.shape[-1]) == 0),
                lambda x, weight, bias: (
                    causal_conv(x, weight, 0 * bias) * (torch.arange(x.shape[-1]) == 0) + bias[:, None]
                ),
            ],
        ),
        Misconception(
            "the first channel alone",
            "Only channel 0 of sequence 0 is computed, or the first output of it; all other places stay as they began. "
            "Does your function return inside a loop? The return stands behind all loops.",
            [_begun(outputs, biased) for outputs in (None, 1) for biased in (False, True)],
            where=lambda x, weight, bias: len(x) > 1 and len(bias) > 1,
        ),
        Misconception(
            "rows that are one list",
            "Rows hold the same numbers, those of the last of them: [[0] * L] * n is *one* list, n times, and what is "
            "written into one of its rows stands in all. Make a list for each row, or a tensor of zeros.",
            [
                lambda x, weight, bias: causal_conv(x, weight, bias)[-1:, -1:].repeat(*x.shape[:2], 1),
                lambda x, weight, bias: causal_conv(x, weight, bias)[:, -1:].repeat(1, x.shape[1], 1),
                lambda x, weight, bias: causal_conv(x, weight, bias)[-1:].repeat(len(x), 1, 1),
            ],
        ),
        Misconception(
            "the kernel of a sequence",
            "You take the kernel by the number of the sequence. There is one for each channel: weight[d].",
            edited(causal_conv_loop, f"{TAP} → torch.stack([weight[b, k] for b in range(len(x))])[:, None]"),
            where=lambda x, weight, bias: 1 < len(x) <= len(weight),
        ),
        Misconception(
            "the bias of a sequence",
            "You take the bias by the number of the sequence. There is one for each channel: bias[d].",
            edited(
                causal_conv_loop, "+ bias[:, None] → + torch.stack([bias[b] for b in range(len(x))])[:, None, None]"
            ),
            where=lambda x, weight, bias: 1 < len(x) <= len(bias),
        ),
        Misconception(
            "the last output alone",
            "You return one output a channel, the last one. Every t has an output: keep them all, along the last axis.",
            lambda x, weight, bias: causal_conv(x, weight, bias)[..., -1],
        ),
        Misconception(
            "the last tap left out",
            "The product of now is missing. Where does your loop over the taps, your slice or your condition end? "
            "range(n) stops at n − 1, and x[a:t] at t − 1.",
            edited(causal_conv_loop, "range(width): → range(width - 1):"),
        ),
        Misconception(
            "the oldest tap left out",
            "The product of the oldest tap is missing. Where does your loop over the taps, or your slice, begin? The "
            "first tap is tap 0.",
            edited(causal_conv_loop, "range(width): → range(1, width):"),
            where=several_taps,
        ),
        Misconception(
            "padding on both sides, nothing cut",
            "W − 1 zeros stand on both sides, so W − 1 outputs too many come out: those that read zeros after the "
            "end. Pad on one side only, or cut these outputs off.",
            edited(causal_conv, f"{LEFT} → (weight.shape[1] - 1, weight.shape[1] - 1)"),
        ),
        Misconception(
            "sums over too many axes",
            "You add up more than the products of the taps: the sequences, or sequences and channels. A sum without an "
            "axis adds up everything, and einsum each letter that is missing behind the arrow. Which axis holds taps?",
            [_added_up(0), _added_up((0, 1))],
            where=lambda x, weight, bias: min(len(x), len(weight)) > 1,
        ),
        Misconception(
            "mixed channels",
            "All channels are added up in each output. " + MIXED,
            [summed_input, mixed_inputs, mixed_outputs],
        ),
        Misconception(*ONE_KERNEL, edited(causal_conv_loop, f"{TAP} → weight[0, k]")),
        Misconception(*ONE_BIAS, edited(causal_conv_loop, " + bias[:, None] → + bias[0]")),
        Misconception(*ACTIVATED, [activated(one) for one in ACTIVATIONS]),
        Misconception(*WRITTEN_IN, written_into_the_input),
        Misconception(*MEAN, [mean_of_the_taps, mean_of_all]),
        Misconception(
            "an output without the type of x",
            "x came in float64, and your y is float32: half of its digits are gone. Which line makes a tensor of "
            "float32, and how can it be told to take the type of x?",
            edited(
                causal_conv_loop, "torch.zeros_like(x) + bias[:, None] → torch.zeros(x.shape) + bias[:, None].float()"
            ),
            where=lambda x, weight, bias: weight.shape[1] == 1,  # with more taps something else may be wrong, too
        ),
    ],
)
