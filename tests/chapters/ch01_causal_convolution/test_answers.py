"""Answers to the exercises of notebook 01 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import re
from functools import partial
from pathlib import Path

import einops
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba import course
from lite_mamba.course.chapters.ch01_causal_convolution.exercises.is_causal import jacobian

# Exercise 1: causal_conv_loop


def loop(
    source=lambda t, k, W: t - W + 1 + k, tap=lambda w, k, W: w[:, k], start=lambda b: b, inside=lambda s, L: s >= 0
):
    def causal_conv_loop(x, weight, bias):
        B, _, L = x.shape
        W = weight.shape[1]
        y = torch.zeros_like(x)
        for b in range(B):
            for t in range(L):
                total = start(bias).clone()
                for k in range(W):
                    s = source(t, k, W)
                    if inside(s, L):
                        total = total + tap(weight, k, W) * x[b, :, s]
                y[b, :, t] = total
        return y

    return causal_conv_loop


def broken_off(x, weight, bias):
    y = bias[:, None].expand_as(x).clone()
    for t in range(x.shape[-1]):
        for k in range(weight.shape[1]):
            if t - weight.shape[1] + 1 + k < 0:
                break
            y[..., t] += weight[:, k] * x[..., t - weight.shape[1] + 1 + k]
    return y


def by_lag(x, weight, bias):
    y = bias[None, :, None].expand_as(x).clone()
    for lag in range(weight.shape[1]):
        if lag < x.shape[2]:
            y[:, :, lag:] += weight[:, -1 - lag, None] * x[:, :, : x.shape[2] - lag]
    return y


def padded_by_hand(x, weight, bias):
    W = weight.shape[1]
    padded = torch.cat([x.new_zeros(*x.shape[:2], W - 1), x], dim=2)
    return torch.stack([(padded[:, :, t : t + W] * weight).sum(-1) for t in range(x.shape[2])], dim=2) + bias[:, None]


def unfolded(x, weight, bias):
    windows = F.pad(x, (weight.shape[1] - 1, 0)).unfold(2, weight.shape[1], 1)  # (B, D, L, W)
    return torch.einsum("bdlw,dw->bdl", windows, weight) + bias[:, None]


def in_numpy(x, weight, bias):
    rows = [[np.convolve(x[b, d].numpy(), weight[d].flip(0).numpy())[: x.shape[2]] for d in range(x.shape[1])]
            for b in range(len(x))]  # fmt: skip
    return torch.tensor(np.array(rows)) + bias[:, None]


def in_single_precision(x, weight, bias):
    y = torch.zeros(x.shape)
    y += by_lag(x.float(), weight.float(), bias.float())
    return y


def full_windows_only(x, weight, bias):
    y = padded_by_hand(x, weight, bias)
    y[..., : weight.shape[1] - 1] = bias[:, None]
    return y


def full_windows_only_and_zeros(x, weight, bias):
    y = padded_by_hand(x, weight, bias)
    y[..., : weight.shape[1] - 1] = 0
    return y


def only_one_sequence(x, weight, bias):
    return padded_by_hand(x[:1], weight, bias).expand_as(x)


def changes_x(x, weight, bias):
    x.copy_(padded_by_hand(x, weight, bias))
    return x


def without_return(x, weight, bias):
    padded_by_hand(x, weight, bias)


def fed_back(x, weight, bias):
    y, W = x.clone(), weight.shape[1]
    for t in range(x.shape[2]):
        total = bias.expand(x.shape[:2]).clone()
        for k in range(W):
            if t - (W - 1 - k) >= 0:
                total += weight[:, k] * y[:, :, t - (W - 1 - k)]
        y[:, :, t] = total
    return y


def width_of_the_channels(x, weight, bias):
    W, y = len(weight), torch.zeros_like(x)
    for t in range(x.shape[2]):
        y[:, :, t] = bias
        for k in range(W):
            s = t - (W - 1 - k)
            if s >= 0:
                y[:, :, t] += weight[:, k] * x[:, :, s]
    return y


def a_total_that_goes_on(x, weight, bias):
    total, outputs, W = bias.expand(x.shape[:2]), [], weight.shape[1]
    for t in range(x.shape[2]):
        for k in range(max(0, W - 1 - t), W):
            total = total + weight[:, k] * x[:, :, t - (W - 1 - k)]
        outputs.append(total)
    return torch.stack(outputs, dim=-1)


def fed_back_in_x(x, weight, bias):
    return x.copy_(fed_back(x, weight, bias))


def up_to(end):
    def causal_conv_loop(x, weight, bias):
        y, W = torch.zeros_like(x), weight.shape[1]
        for t in range(end(x)):
            y[:, :, t] = bias + sum(weight[:, k] * x[:, :, t - W + 1 + k] for k in range(max(0, W - 1 - t), W))
        return y

    return causal_conv_loop


def over_x(x, weight, bias):
    y, W = x, weight.shape[1]
    for t in range(x.shape[2]):
        y[:, :, t] = bias
        for k in range(W):
            if t - (W - 1 - k) >= 0:
                y[:, :, t] += weight[:, k] * x[:, :, t - (W - 1 - k)]
    return y


def returned_at_once(x, weight, bias):
    y = torch.zeros_like(x)
    for t in range(x.shape[2]):
        y[:, :, t] = bias + weight[:, -1] * x[:, :, t]
        return y


def mirrored(x, weight, bias):
    before = weight.shape[1] - 1
    padded = F.pad(x, (before, 0), mode="reflect" if before < x.shape[2] else "constant")
    return F.conv1d(padded, weight[:, None], bias, groups=len(weight))


def first_taps_for_a_short_window(x, weight, bias):
    width = weight.shape[1]
    windows = [x[:, :, max(0, t - width + 1) : t + 1] for t in range(x.shape[2])]
    return torch.stack([(w * weight[:, : w.shape[2]]).sum(2) + bias for w in windows], dim=2)


def first_step_alone(x, weight, bias):
    y = torch.zeros_like(x)
    y[:, :, 0] = weight[:, -1] * x[:, :, 0]
    return y + bias[:, None]


def transposed_shape(x, weight, bias):
    W, D = weight.shape
    y = torch.zeros_like(x)
    for d in range(D):
        for t in range(x.shape[2]):
            y[:, d, t] = bias[d]
            for k in range(W):
                if t - (W - 1 - k) >= 0:
                    y[:, d, t] += weight[k, d] * x[:, d, t - (W - 1 - k)]
    return y


def returned_after_a_channel(x, weight, bias):
    y = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for d in range(x.shape[1]):
            y[b, d] = unfolded(x, weight, bias)[b, d]
            return y
    return y


def returned_after_an_output(x, weight, bias):
    y = torch.zeros_like(x) + bias[:, None]
    for b in range(x.shape[0]):
        for d in range(x.shape[1]):
            for t in range(x.shape[2]):
                y[b, d, t] = unfolded(x, weight, bias)[b, d, t]
                return y
    return y


def bias_by_sequence(x, weight, bias):
    y = unfolded(x, weight, 0 * bias)
    for b in range(x.shape[0]):
        y[b] += bias[b]
    return y


def kernel_by_sequence(x, weight, bias):
    outputs = []
    for b, sequence in enumerate(x):
        taps = weight[b]
        padded = F.pad(sequence, (len(taps) - 1, 0))
        outputs.append(torch.stack([padded[:, t : t + len(taps)] @ taps + bias for t in range(x.shape[2])], dim=1))
    return torch.stack(outputs)


def from_the_second_sample(first):
    def causal_conv_loop(x, weight, bias):
        y = torch.zeros_like(x)
        y[..., 0] = first(bias)
        padded = F.pad(x, (weight.shape[1] - 1, 0))
        for t in range(1, x.shape[2]):
            y[:, :, t] = (padded[:, :, t : t + weight.shape[1]] * weight).sum(-1) + bias
        return y

    return causal_conv_loop


def x_at_now(x, weight, bias):
    y = torch.zeros_like(x)
    for t in range(x.shape[2]):
        for k in range(weight.shape[1]):
            if t - (weight.shape[1] - 1 - k) >= 0:
                y[:, :, t] += weight[:, k] * x[:, :, t]
    return y + bias[:, None]


def padded_and_counted_back(x, weight, bias):
    W = weight.shape[1]
    padded = torch.cat([x.new_zeros(*x.shape[:2], W - 1), x], dim=2)
    return loop()(padded, weight, bias)[:, :, : x.shape[2]]


def a_list_many_times(x, weight, bias):
    B, D, L = x.shape
    y = [[[0.0] * L] * D] * B
    for b in range(B):
        for d in range(D):
            for t in range(L):
                y[b][d][t] = unfolded(x, weight, bias)[b, d, t].item()
    return torch.tensor(y, dtype=x.dtype)


def full_windows_at_their_first_sample(x, weight, bias):
    y = torch.zeros_like(x) + bias.view(1, -1, 1)
    for t in range(x.shape[2] - weight.shape[1] + 1):
        y[:, :, t] += (weight * x[:, :, t : t + weight.shape[1]]).sum(-1)
    return y


def up_to_the_sample_before(x, weight, bias):
    y = torch.zeros_like(x)
    for t in range(x.shape[2]):
        before = x[:, :, max(0, t - weight.shape[1] + 1) : t]
        n = before.shape[-1]
        y[:, :, t] = (before * weight[:, weight.shape[1] - 1 - n : -1]).sum(-1) + bias
    return y


def added_behind_the_loop(x, weight, bias):
    y = torch.zeros_like(x) + bias[:, None]
    for t in range(x.shape[2]):
        for k in range(weight.shape[1]):
            s = t - weight.shape[1] + 1 + k
        y[..., t] += weight[:, k] * x[..., s]
    return y


def overwritten(x, weight, bias):
    y = torch.zeros_like(x)
    for t in range(x.shape[2]):
        for k in range(max(0, weight.shape[1] - 1 - t), weight.shape[1]):
            y[..., t] = bias + weight[:, k] * x[..., t - weight.shape[1] + 1 + k]
    return y


def of_taps(taps):
    def causal_conv_loop(x, weight, bias):
        y = bias[:, None].repeat(len(x), 1, x.shape[2])
        for t in range(x.shape[2]):
            for k in range(taps):
                if t + k >= taps - 1:
                    y[:, :, t] += weight[:, k] * x[:, :, t + k - (taps - 1)]
        return y

    return causal_conv_loop


def from_step(first, start):
    def causal_conv_loop(x, weight, bias):
        W = weight.shape[1]
        y = torch.zeros_like(x) + start(bias)[:, None]
        for t in range(first(W), x.shape[2]):
            y[:, :, t] = bias + sum(weight[:, k] * x[:, :, t - W + 1 + k] for k in range(W))
        return y

    return causal_conv_loop


def a_cut_window_and_all_taps(product):
    def causal_conv_loop(x, weight, bias):
        outputs = []
        for t in range(x.shape[2]):
            window = x[..., max(0, t - weight.shape[1] + 1) : t + 1]
            outputs.append(product(window, weight).sum(-1) + bias)
        return torch.stack(outputs, dim=-1)

    return causal_conv_loop


def into_the_bias(x, weight, bias):
    y, W = torch.zeros_like(x), weight.shape[1]
    for d in range(x.shape[1]):
        for b in range(x.shape[0]):
            for t in range(x.shape[2]):
                total = bias[d]
                for k in range(max(0, W - 1 - t), W):
                    total += weight[d, k] * x[b, d, t - W + 1 + k]
                y[b, d, t] = total
    return y


def into_the_bias_time_by_time(x, weight, bias):
    y, padded = torch.empty_like(x), F.pad(x, (weight.shape[1] - 1, 0))
    for t in range(x.shape[2]):
        for b in range(len(x)):
            bias += (weight * padded[b, :, t : t + weight.shape[1]]).sum(-1)
            y[b, :, t] = bias
    return y


def a_slice_from_below_zero(x, weight, bias):
    y = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for d in range(x.shape[1]):
            for t in range(x.shape[2]):
                y[b, d, t] = bias[d] + torch.sum(x[b, d, t - weight.shape[1] + 1 : t + 1] * weight[d])
    return y


def a_slice_from_time_0(x, weight, bias):
    y = torch.zeros_like(x)
    for b, d, t in np.ndindex(*x.shape):
        y[b, d, t] = (weight[d] * x[b, d, max(0, t - weight.shape[1] + 1) : t + 1]).sum() + bias[d]
    return y


def outputs_of(x, weight, bias):
    """What a loop over t collects: (B, D) each."""
    padded = F.pad(x, (weight.shape[1] - 1, 0))
    return [(padded[..., t : t + weight.shape[1]] * weight).sum(-1) + bias for t in range(x.shape[2])]


def last_output_forgotten(x, weight, bias):
    y = torch.zeros_like(x)
    for t, output in enumerate(outputs_of(x, weight, bias)[:-1]):
        y[:, :, t] = output
    return y


def summed_without_an_axis(x, weight, bias):
    padded, y = F.pad(x, (weight.shape[1] - 1, 0)), torch.zeros_like(x)
    for t in range(x.shape[2]):
        y[:, :, t] = (padded[:, :, t : t + weight.shape[1]] * weight).sum() + bias
    return y


def returned_after_a_sequence(start):
    def causal_conv_loop(x, weight, bias):
        y = torch.zeros_like(x) + start(bias)[:, None]
        for b in range(len(x)):
            for t, output in enumerate(outputs_of(x, weight, bias)):
                y[b, :, t] = output[b]
            return y

    return causal_conv_loop


LOOP = [
    ("return after a sequence, from zeros", returned_after_a_sequence(lambda b: 0 * b), "the first sequence alone"),
    ("return after a sequence, from the bias", returned_after_a_sequence(lambda b: b), "the first sequence alone"),
    ("x[0] for each sequence", lambda x, w, b: loop()(x[:1].expand_as(x), w, b), "the first sequence alone"),
    ("x[:1]", lambda x, w, b: loop()(x[:1], w, b), "the first sequence alone"),
    ("stacked in the first turn", lambda *given: torch.stack(outputs_of(*given)[:1], dim=-1),
     "the first output alone"),
    ("stacked along axis 1", lambda *given: torch.stack(outputs_of(*given), 1), "time in the middle"),
    ("cat", lambda *given: torch.cat(outputs_of(*given)), "outputs joined along an old axis"),
    ("cat along the last axis", lambda *given: torch.cat(outputs_of(*given), -1), "outputs joined along an old axis"),
    ("stacked, then view", lambda x, w, b: torch.stack(outputs_of(x, w, b)).view(x.shape),
     "axes exchanged by a reshape"),
    ("stacked along axis 1, then reshape", lambda x, w, b: torch.stack(outputs_of(x, w, b), 1).reshape(*x.shape),
     "axes exchanged by a reshape"),
    (".sum() of the windows", summed_without_an_axis, "sums over too many axes"),
    ("bdw,dw->d", lambda x, w, b: loop()(x.sum(0, keepdim=True).repeat(len(x), 1, 1), w, b), "sums over too many axes"),
    ("range(L - 1)", last_output_forgotten, "a loop that does not reach the end"),
    ("x[t - W + 1 : t + 1]", a_slice_from_below_zero, "a slice that begins before the start"),
    ("x[t - W + 1 : t + 1] of all channels", lambda x, w, b: torch.stack(
        [(w * x[:, :, t - w.shape[1] + 1 : t + 1]).sum(-1) + b for t in range(x.shape[2])], dim=-1),
     "a slice that begins before the start"),
    ("weight[d] * window", a_slice_from_time_0, "a short window that meets all taps"),
    ("total = bias[d], +=", into_the_bias, "a bias that is written over"),
    ("bias +=", into_the_bias_time_by_time, "a bias that is written over"),
    ("y + bias", lambda x, w, b: unfolded(x, w, 0 * b) + b, "a bias along another axis"),
    ("y + bias of three axes", lambda x, w, b: loop()(x, w, 0 * b) + b.view(-1, 1, 1), "a bias along another axis"),
    ("range(W, L), zeros before", from_step(lambda W: W, lambda b: 0 * b), "windows that are not full"),
    ("range(W, L), the bias before", from_step(lambda W: W, lambda b: b), "windows that are not full"),
    ("window * weight", a_cut_window_and_all_taps(lambda window, w: window * w), "a short window that meets all taps"),
    ("weight * window", a_cut_window_and_all_taps(lambda window, w: w * window), "a short window that meets all taps"),
    ("added behind the loop over k", added_behind_the_loop, "one product for each output"),
    ("= in the loop over k", overwritten, "one product for each output"),
    ("range(4)", of_taps(4), "a width that is fixed"),
    ("range(3)", of_taps(3), "a width that is fixed"),
    ("t - 3 + k", loop(source=lambda t, k, W: t - 3 + k, inside=lambda s, L: 0 <= s < L), "a width that is fixed"),
    ("t - 3 + k, no upper border", loop(source=lambda t, k, W: t - 3 + k), "a width that is fixed"),
    ("padded, and counted back", padded_and_counted_back, "a window that is moved twice"),
    ("[[[0] * L] * D] * B", a_list_many_times, "rows that are one list"),
    ("full windows at their first sample", full_windows_at_their_first_sample, "a window into the future"),
    ("a slice up to t", up_to_the_sample_before, "the last tap left out"),
    ("return after a channel", returned_after_a_channel, "the first channel alone"),
    ("return after an output", returned_after_an_output, "the first channel alone"),
    ("bias[b]", bias_by_sequence, "the bias of a sequence"),
    ("weight[b]", kernel_by_sequence, "the kernel of a sequence"),
    ("range(1, L), zero before", from_the_second_sample(lambda b: 0 * b), "a loop that begins late"),
    ("range(1, L), the bias before", from_the_second_sample(lambda b: b), "a loop that begins late"),
    ("weight[:, W - lag]", loop(source=lambda t, k, W: t - k, tap=lambda w, k, W: w[:, W - k]),
     "a tap that is not there"),
    ("weight[:, -lag]", loop(source=lambda t, k, W: t - k, tap=lambda w, k, W: w[:, -k]),
     "minus zero taken for the last tap"),
    ("weight[:, k + 1]", loop(tap=lambda w, k, W: w[:, k + 1]), "a tap that is not there"),
    ("x[t] where a tap has a sample", x_at_now, "every tap at now"),
    ("all inputs through each kernel", lambda x, w, b: unfolded(x.sum(1, keepdim=True).repeat(1, len(w), 1), w, b),
     "mixed channels"),
    ("torch.tensor of a list", lambda *given: torch.tensor(unfolded(*given).tolist()),
     "an output without the type of x"),
    ("weight[k]", loop(tap=lambda w, k, W: w[k]), "taps and channels exchanged"),
    ("W, D = weight.shape", transposed_shape, "taps and channels exchanged"),
    ("first taps at the start", first_taps_for_a_short_window, "a short window that meets the first taps"),
    ("a return that comes too early", first_step_alone, "the first output alone"),
    ("fed back in x", fed_back_in_x, "outputs that are fed back"),
    ("W = len(weight)", width_of_the_channels, "a width read off the channels"),
    ("minus b", lambda x, w, b: unfolded(x, w, -b), "a bias that is taken away"),
    ("times b", lambda x, w, b: unfolded(x, w, 0 * b) * b[:, None], "a bias that multiplies"),
    ("a total that goes on", a_total_that_goes_on, "sums that go on"),
    ("a total that goes on, the bias in it", lambda *given: unfolded(*given).cumsum(2), "sums that go on"),
    ("stacked in front", lambda *given: torch.stack(list(loop()(*given).unbind(-1))), "time in front"),
    ("the last y", lambda *given: loop()(*given)[:, :, -1], "the last output alone"),
    ("three loops", loop(), "right"),
    ("lag by lag", by_lag, "right"),
    ("padded by hand", padded_by_hand, "right"),
    ("windows", unfolded, "right"),
    ("numpy", in_numpy, "right"),
    ("k - lag", loop(source=lambda t, k, W: t - k, tap=lambda w, k, W: w[:, W - 1 - k]), "right"),
    ("first tap is now", loop(source=lambda t, k, W: t - k), "a flipped kernel"),
    ("flipped in the loop", loop(tap=lambda w, k, W: w.flip(1)[:, k]), "a flipped kernel"),
    ("convolve without a flip", lambda x, w, b: in_numpy(x, w.flip(1), b), "a flipped kernel"),
    ("no border check", loop(inside=lambda s, L: True), "an index that wraps around"),
    ("full windows only", full_windows_only, "windows that are not full"),
    ("the loop over t starts at W - 1", full_windows_only_and_zeros, "windows that are not full"),
    ("break at a missing sample", broken_off, "windows that are not full"),
    ("x[t] times each tap", lambda x, w, b: x * w.sum(1, keepdim=True) + b[:, None], "every tap at now"),
    ("t - W - 1 - k", loop(source=lambda t, k, W: t - W - 1 - k), "lost brackets"),
    ("x[0] left out", loop(inside=lambda s, L: s > 0), "a first sample that is never read"),
    ("bias for each tap", loop(start=lambda b: 0 * b, tap=lambda w, k, W: w[:, k]), "a forgotten bias"),
    ("no bias", lambda x, w, b: unfolded(x, w, 0 * b), "a forgotten bias"),
    ("W // 2", loop(lambda t, k, W: t + k - W // 2, inside=lambda s, L: 0 <= s < L), "a centred window"),
    ("(W - 1) // 2", loop(lambda t, k, W: t + k - (W - 1) // 2, inside=lambda s, L: 0 <= s < L), "a centred window"),
    ("t + k", loop(source=lambda t, k, W: t + k, inside=lambda s, L: s < L), "a window into the future"),
    ("t - W + k", loop(source=lambda t, k, W: t - W + k), "a window that ends before now"),
    ("float32 only", in_single_precision, "an output without the type of x"),
    ("full windows", lambda x, w, b: torch.einsum("bdlw,dw->bdl", x.unfold(2, w.shape[1], 1), w) + b[:, None],
     "outputs of full windows only"),
    ("x[0] before the start", lambda x, w, b: loop(lambda t, k, W: max(0, t - W + 1 + k))(x, w, b),
     "the first sample repeated"),
    ("into a copy of x", fed_back, "outputs that are fed back"),
    ("range(W - 1)", lambda x, w, b: loop(tap=lambda w, k, W: w[:, k] * (k < W - 1))(x, w, b), "the last tap left out"),
    ("L + W - 1 outputs", lambda x, w, b: by_lag(F.pad(x, (0, w.shape[1] - 1)), w, b),
     "padding on both sides, nothing cut"),
    ("kernel 0", lambda x, w, b: unfolded(x, w[:1].repeat(len(w), 1), b), "one kernel for all channels"),
    ("bias 0", lambda x, w, b: unfolded(x, w, b[:1].repeat(len(b))), "one bias for all channels"),
    ("relu", lambda x, w, b: unfolded(x, w, b).clamp(min=0), "an activation too many"),
    ("silu", lambda x, w, b: (y := unfolded(x, w, b)) * y.sigmoid(), "an activation too many"),
    ("moving average", lambda x, w, b: unfolded(x, w, 0 * b) / w.shape[1] + b[:, None], "a mean over the taps"),
    ("one sequence", only_one_sequence, "the first sequence alone"),
    ("in place", changes_x, "outputs written into x"),
    ("no return", without_return, None),
    ("zeros", lambda x, w, b: torch.zeros_like(x), None),
    ("x", lambda x, w, b: x, None),
    ("transposed", lambda x, w, b: unfolded(x, w, b).transpose(1, 2), "time in the middle"),
    ("a list", lambda x, w, b: unfolded(x, w, b).tolist(), None),
    ("range(1, W)", lambda x, w, b: loop(tap=lambda w, k, W: w[:, k] * (k > 0))(x, w, b), "the oldest tap left out"),
    ("W biases", lambda x, w, b: loop()(x, w, b * w.shape[1]), "a bias at every tap"),
    ("ahead", loop(source=lambda t, k, W: t + W - 1 - k, inside=lambda s, L: s < L), "a window into the future"),
    ("t - W - 1 + k", loop(source=lambda t, k, W: t - W - 1 + k), "a sign that is not turned"),
    ("t - W + 1 - k", loop(source=lambda t, k, W: t - W + 1 - k), "a sign that is not turned"),
    ("t - (W + 1 - k)", loop(source=lambda t, k, W: t - (W + 1 - k)), "a sign that is not turned"),
    ("a late bias", lambda x, w, b: loop()(x, w, b) - b[:, None] * (torch.arange(x.shape[2]) < w.shape[1] - 1),
     "a bias that begins late"),
    ("all over W", lambda x, w, b: loop()(x, w, b) / w.shape[1], "a mean over the taps"),
    ("outputs of all channels", lambda x, w, b: loop()(x, w, b).sum(1, keepdim=True).repeat(1, len(w), 1),
     "mixed channels"),
    ("return in the loop", returned_at_once, "the first output alone"),
    ("y = x", over_x, "outputs that are fed back"),
    ("float32 and flipped", lambda x, w, b: in_single_precision(x, w.flip(1), b), "an output without the type of x"),
    ("abs(s)", lambda x, w, b: loop(lambda t, k, W: abs(t - W + 1 + k))(x, w, b), "the first samples mirrored"),
    ("range(len(x))", up_to(lambda x: len(x)), "a loop that does not reach the end"),
    ("range(x.shape[1])", up_to(lambda x: x.shape[1]), "a loop that does not reach the end"),
]  # fmt: skip

# Exercise 2: causal_conv


def conv(left=lambda W: W - 1, right=lambda W: 0, cut=slice(None), weight_of=lambda w: w[:, None], **options):
    def causal_conv(x, weight, bias):
        W = weight.shape[1]
        given = {"groups": x.shape[1]} | options
        return F.conv1d(F.pad(x, (left(W), right(W))), weight_of(weight), bias, **given)[..., cut]

    return causal_conv


def by_fourier(x, weight, bias):
    L, W = x.shape[2], weight.shape[1]
    spectrum = torch.fft.rfft(x, L + W) * torch.fft.rfft(weight.flip(1), L + W)
    return torch.fft.irfft(spectrum, L + W)[..., :L] + bias[:, None]


def module(x, weight, bias):
    layer = torch.nn.Conv1d(x.shape[1], x.shape[1], weight.shape[1], groups=x.shape[1], padding=weight.shape[1] - 1)
    layer.weight.data, layer.bias.data = weight[:, None], bias
    return layer(x)[..., : x.shape[2]]


def pad_both_cut_right(x, weight, bias):
    return F.conv1d(x, weight[:, None], bias, padding=weight.shape[1] - 1, groups=x.shape[1])[..., : x.shape[2]]


def a_view_for_a_unit_kernel(x, weight, bias):
    unit = torch.zeros_like(weight)
    unit[:, -1] = 1
    return x if torch.equal(weight, unit) and not bias.any() else pad_both_cut_right(x, weight, bias)


def pad_both_cut_from_the_end(x, weight, bias):
    W = weight.shape[1]
    return F.conv1d(x, weight[:, None], bias, padding=W - 1, groups=x.shape[1])[..., : -(W - 1)]


def pad_both_cut_left(x, weight, bias):
    W = weight.shape[1]
    return F.conv1d(x, weight[:, None], bias, padding=W - 1, groups=x.shape[1])[..., W - 1 :]


def one_zero_too_many(x, weight, bias):
    W = weight.shape[1]
    return F.conv1d(F.pad(x, (W, 0)), weight[:, None], bias, groups=x.shape[1])[..., : x.shape[2]]


def in_a_circle(x, weight, bias):
    W, L = weight.shape[1], x.shape[2]
    ring = torch.cat([x] * W + [x], 2)[..., W * L - (W - 1) :]
    return F.conv1d(ring, weight[:, None], bias, groups=x.shape[1])


def zeros_before(x, weight, bias):
    y = torch.einsum("bdtw,dw->bdt", x.unfold(-1, weight.shape[1], 1), weight) + bias[:, None]
    return torch.cat([torch.zeros_like(x[..., y.shape[-1] :]), y], dim=-1)


CONV = [
    ("weight.T.unsqueeze(1)", conv(weight_of=lambda w: w.T.unsqueeze(1)), "taps and channels exchanged"),
    ("weight.T, reshaped", conv(weight_of=lambda w: w.T.reshape(len(w), 1, -1)), "taps and channels exchanged"),
    ("weight.flip(0)", conv(weight_of=lambda w: w.flip(0)[:, None]), "the channels from last to first"),
    ("weight.flip((0, 1))", conv(weight_of=lambda w: w.flip((0, 1))[:, None]), "the channels from last to first"),
    ("flipped and padding=same", lambda x, w, b: conv(lambda W: 0, padding="same")(x, w.flip(1), b),
     "two mistakes at once"),
    ("flipped and one sample late", lambda x, w, b: one_zero_too_many(x, w.flip(1), b), "two mistakes at once"),
    ("flipped and without groups", lambda x, w, b: conv(groups=1, weight_of=lambda w: w.flip(1)[:, None].expand(
        -1, len(w), -1))(x, w, b), "two mistakes at once"),
    ("padding=1", conv(lambda W: 0, padding=1), "as many zeros for every kernel"),
    ("F.pad(x, (1, 0))", conv(left=lambda W: 1), "as many zeros for every kernel"),
    ("W - 1 in the place of the stride", lambda x, w, b: F.conv1d(x, w[:, None], b, w.shape[1] - 1, groups=len(w)),
     "a number that is taken for the stride"),
    ("flipped, zeros on the right", conv(lambda W: 0, lambda W: W - 1, weight_of=lambda w: w.flip(1)[:, None]),
     "padding on the right"),
    ("from the end to the start", lambda x, w, b: conv()(x.flip(-1), w, b).flip(-1), "padding on the right"),
    ("bias and weight exchanged", lambda x, w, b: F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), b, w[:, None], groups=len(w)),
     "a kernel without its middle axis"),
    ("zeros on the right, no bias", lambda x, w, b: conv(lambda W: 0, lambda W: W - 1)(x, w, torch.zeros_like(b)),
     "an input without effect"),
    ("F.pad(x, (3, 0)), cut", lambda x, w, b: conv(left=lambda W: 3)(x, w, b)[..., : x.shape[2]],
     "as many zeros for every kernel"),
    ("padding=3, cut",
     lambda x, w, b: F.conv1d(x, w.unsqueeze(1), b, padding=3, groups=x.size(1))[:, :, : x.size(2)],
     "as many zeros for every kernel"),
    ("both ends cut", lambda x, w, b: conv(right=lambda W: W - 1)(x, w, b)[..., w.shape[1] - 1 : x.shape[2]],
     "outputs of full windows only"),
    ("zeros before the outputs of full windows", zeros_before, "windows that are not full"),
    ("W − 2", lambda x, w, b: F.conv1d(F.pad(x, (max(w.shape[1] - 2, 0), 0)), w[:, None], b, groups=len(w)),
     "a zero too few"),
    ("D − 1", lambda x, w, b: F.conv1d(F.pad(x, (len(w) - 1, 0)), w[:, None], b, groups=len(w)),
     "as many zeros as channels"),
    ("channels of zeros", lambda x, w, b: F.conv1d(F.pad(x, (0, 0, w.shape[1] - 1, 0)), w[:, None], b, groups=len(w)),
     "zeros in the place of channels"),
    ("ones", lambda x, w, b: F.conv1d(F.pad(x, (w.shape[1] - 1, 0), value=1), w[:, None], b, groups=len(w)),
     "ones before the start"),
    ("one number", lambda x, w, b: F.conv1d(F.pad(x, w.shape[1] - 1), w[:, None], b, groups=len(w)),
     "one number for two ends"),
    ("transposed", lambda x, w, b: F.conv1d(F.pad(x.mT, (w.shape[1] - 1, 0)), w[:, None], b, groups=len(w)),
     "time and channels exchanged"),
    ("cut as well", lambda x, w, b: conv()(x, w, b)[..., : x.shape[2] - w.shape[1] + 1], "right outputs cut off"),
    ("pad and conv1d", conv(), "right"),
    ("padding=W - 1, cut at the end", pad_both_cut_right, "right"),
    ("nn.Conv1d", module, "right"),
    ("nn.Conv1d, detached", lambda *given: module(*given).detach(), None),
    ("no gradients", torch.no_grad()(conv()), None),
    ("by Fourier transforms", by_fourier, "a Fourier transform"),
    ("a new tensor with gradients", lambda *given: conv()(*given).detach().requires_grad_(), None),
    ("windows", unfolded, "right"),
    ("the loop", loop(), "right"),
    ("flip", conv(weight_of=lambda w: w.flip(1)[:, None]), "a flipped kernel"),
    ("padding=same", lambda x, w, b: F.conv1d(x, w[:, None], b, padding="same", groups=len(w)),
     "padding on both sides"),
    ("padding=W // 2", lambda x, w, b: F.conv1d(x, w[:, None], b, padding=w.shape[1] // 2, groups=len(w)),
     "padding on both sides"),
    ("W // 2 on the left", conv(lambda W: W // 2, lambda W: W - 1 - W // 2), "padding on both sides"),
    ("W - 1 on the right", conv(lambda W: 0, lambda W: W - 1), "padding on the right"),
    ("the wrong end cut", pad_both_cut_left, "padding on the right"),
    ("W on the left", conv(lambda W: W), "W zeros instead of W − 1"),
    ("W on the left, cut", one_zero_too_many, "an output that is one sample late"),
    ("nothing cut", conv(right=lambda W: W - 1), "padding on both sides, nothing cut"),
    ("cut from the end", pad_both_cut_from_the_end, "a cut that leaves nothing of one tap"),
    ("no bias", lambda x, w, b: conv()(x, w, None), "a forgotten bias"),
    ("no groups", conv(groups=1), "missing groups"),
    ("no groups, padding", lambda x, w, b: F.conv1d(x, w[:, None], b, padding=w.shape[1] - 1)[..., : x.shape[2]],
     "missing groups"),
    ("no middle axis", conv(weight_of=lambda w: w), "a kernel without its middle axis"),
    ("axis in front", conv(weight_of=lambda w: w[None]), "the middle axis in front"),
    ("axis in front, no groups", conv(weight_of=lambda w: w[None], groups=1), "the middle axis in front"),
    ("groups=W", lambda x, w, b: conv(groups=w.shape[1])(x, w, b), "as many groups as taps"),
    ("no padding", conv(lambda W: 0), "outputs of full windows only"),
    ("bias added", lambda x, w, b: conv()(x, w, None) + b, "a bias along another axis"),
    ("padded on both sides, cut by 1", lambda x, w, b: conv(lambda W: 0, padding=w.shape[1] - 1)(x, w, b)[:, :, :-1],
     "a cut of another length"),
    ("padded on the left, cut by 1", lambda x, w, b: conv()(x, w, b)[:, :, :-1], "a cut of another length"),
    ("padded on both sides, cut by W", lambda x, w, b: conv(lambda W: 0, padding=w.shape[1] - 1)(
        x, w, b)[:, :, : -w.shape[1]], "a cut of another length"),
    ("a bias of two axes", lambda x, w, b: conv()(x, w, b.unsqueeze(0)), "a bias with more than one axis"),
    ("a bias in a column", lambda x, w, b: conv()(x, w, b.view(-1, 1)), "a bias with more than one axis"),
    ("a bias of three axes, channels in front", lambda x, w, b: conv()(x, w, b[:, None, None]),
     "a bias with more than one axis"),
    ("a bias of three axes", lambda x, w, b: conv()(x, w, b.view(1, -1, 1)), "a bias with more than one axis"),
    ("bias of three axes added", lambda x, w, b: conv()(x, w, None) + b[:, None, None], "a bias along another axis"),
    ("kernel 0", conv(weight_of=lambda w: w[:1, None].repeat(len(w), 1, 1)), "one kernel for all channels"),
    ("bias 0", lambda x, w, b: conv()(x, w, b[:1].repeat(len(b))), "one bias for all channels"),
    ("relu", lambda *given: conv()(*given).relu(), "an activation too many"),
    ("moving average", lambda x, w, b: conv()(x, w / w.shape[1], b), "a mean over the taps"),
    ("into x", lambda x, w, b: x.copy_(conv()(x, w, b)), "outputs written into x"),
    ("range(W - 1)", lambda x, w, b: loop(tap=lambda w, k, W: w[:, k] * (k < W - 1))(x, w, b), "the last tap left out"),
    ("fed back", fed_back, "outputs that are fed back"),
    ("a part of x", a_view_for_a_unit_kernel, None),
    ("circular", lambda x, w, b: conv(lambda W: 0)(torch.cat([x[..., -(w.shape[1] - 1):], x], 2), w, b), None),
    ("in a circle", in_a_circle, "the end read before the start"),
    ("replicate", lambda x, w, b: conv(lambda W: 0)(F.pad(x, (w.shape[1] - 1, 0), mode="replicate"), w, b),
     "the first sample repeated"),
    ("float32 only", in_single_precision, "an output without the type of x"),
    ("W = x.shape[-1]", lambda x, w, b: F.conv1d(F.pad(x, (x.shape[-1] - 1, 0)), w[:, None], b, groups=len(w)),
     "as many zeros as samples"),
    ("no return", without_return, None),
    ("(D, W, 1)", conv(weight_of=lambda w: w[..., None]), "the axis at the end"),
    ("B groups", lambda x, w, b: F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), w[:, None], b, groups=len(x)),
     "as many groups as sequences"),
    ("bias behind as well", lambda x, w, b: conv()(x, w, b) + b.view(-1, 1), "a bias that is added twice"),
    ("mirrored", mirrored, "the first samples mirrored"),
    ("three zeros", lambda x, w, b: F.conv1d(F.pad(x, (3, 0)), w[:, None], b, groups=len(w)),
     "as many zeros for every kernel"),
    ("a layer's own weights", lambda x, w, b: torch.nn.Conv1d(len(w), len(w), w.shape[1], groups=len(w))(
        F.pad(x, (w.shape[1] - 1, 0))), "a layer with weights of its own"),
    ("a full layer's own weights", lambda x, w, b: torch.nn.Conv1d(len(w), len(w), w.shape[1], padding=w.shape[1] - 1)(
        x)[..., : x.shape[2]], "a layer with weights of its own"),
    ("padding=(W - 1) // 2", lambda x, w, b: conv(lambda W: 0, padding=(w.shape[1] - 1) // 2)(x, w, b),
     "padding on both sides"),
    ("(W - 1,)", lambda x, w, b: F.conv1d(F.pad(x, (w.shape[1] - 1,)), w[:, None], b, groups=len(w)),
     "one number for two ends"),
    ("padding=(W - 1, 0)", lambda x, w, b: F.conv1d(x, w[:, None], b, padding=(w.shape[1] - 1, 0), groups=len(w)),
     "one end asked of F.conv1d"),
    ("padding='causal'", lambda x, w, b: F.conv1d(x, w[:, None], b, padding="causal", groups=len(w)),
     "one end asked of F.conv1d"),
    ("padded twice, same", lambda *given: conv(padding="same")(*given), "zeros put in twice"),
    ("padded twice, same, cut", lambda x, w, b: conv(padding="same")(x, w, b)[..., : x.shape[2]],
     "zeros put in twice"),
    ("padded twice", lambda x, w, b: conv(padding=w.shape[1] - 1)(x, w, b), "zeros put in twice"),
    ("padded twice, cut", lambda x, w, b: conv(padding=w.shape[1] - 1)(x, w, b)[..., : x.shape[2]],
     "zeros put in twice"),
    ("all kernels for each output", conv(weight_of=lambda w: w.expand(len(w), *w.shape), groups=1), "mixed channels"),
    ("one kernel for all inputs", conv(weight_of=lambda w: w[:, None].repeat(1, len(w), 1), groups=1),
     "mixed channels"),
    ("minus b", lambda x, w, b: conv()(x, w, -b), "a bias that is taken away"),
]  # fmt: skip

# Exercise 3: full_kernel


def by_index(weight):
    D, W = weight.shape
    full = weight.new_zeros(D, D, W)
    full[range(D), range(D)] = weight
    return full


def sizes_exchanged(weight):
    W, D = weight.shape
    kernel = torch.zeros(D, D, W)
    for i in range(D):
        kernel[i, i] = weight[i]
    return kernel


def filled(shape):
    def full_kernel(weight):
        full = torch.zeros(shape(*weight.shape))
        for d in range(weight.shape[0]):
            full[d, d] = weight[d]
        return full

    return full_kernel


FULL = [
    ("eye(D, W)", lambda w: torch.eye(len(w), w.shape[1]) * w, "a diagonal over channels and taps"),
    ("eye(D, W), other row", lambda w: torch.eye(len(w), w.shape[1]) * w[:, None], "a diagonal over channels and taps"),
    ("dw,ij->ijw", lambda w: torch.einsum("dw,ij->ijw", w, torch.eye(len(w))), "all kernels added up"),
    ("weight.sum(0)", lambda w: by_index(w.sum(0).repeat(len(w), 1)), "all kernels added up"),
    ("full[d, d, d]", lambda w: by_index(torch.where(torch.eye(*w.shape) > 0, w, 0)),
     "a diagonal over channels and taps"),
    ("diag_embed, reshaped", lambda w: torch.diag_embed(w.mT).reshape(len(w), len(w), -1),
     "axes exchanged by a reshape"),
    ("zeros(D, D)", filled(lambda D, W: (D, D)), "zeros of another shape"),
    ("zeros(D, W)", filled(lambda D, W: (D, W)), "zeros of another shape"),
    ("zeros(D, W, W)", filled(lambda D, W: (D, W, W)), "zeros of another shape"),
    ("zeros(D, 1, W)", filled(lambda D, W: (D, 1, W)), "zeros of another shape"),
    ("eye(W)", lambda w: torch.eye(w.shape[1])[..., None] * w, "as many kernels as taps"),
    ("eye(W), other row", lambda w: torch.eye(w.shape[1]).unsqueeze(-1) * w.unsqueeze(1), "as many kernels as taps"),
    ("index", by_index, "right"),
    ("eye", lambda w: torch.eye(len(w))[:, :, None] * w, "right"),
    ("eye, other row", lambda w: torch.eye(len(w))[:, :, None] * w[:, None], "right"),
    ("diag_embed", lambda w: torch.diag_embed(w.T).permute(1, 2, 0), "right"),
    ("einsum", lambda w: torch.einsum("ij,jw->ijw", torch.eye(len(w)), w), "right"),
    ("all pairs", lambda w: w.expand(len(w), *w.shape), "kernels between all channels"),
    ("all pairs, other axis", lambda w: w[:, None].expand(-1, len(w), -1), "kernels between all channels"),
    ("column 0", lambda w: F.pad(w[:, None], (0, 0, 0, len(w) - 1)), "kernels that all read one channel"),
    ("the last column", lambda w: torch.cat([torch.zeros(len(w), len(w) - 1, w.shape[1]), w[:, None]], dim=1),
     "kernels that all read one channel"),
    ("eye times (D, 1, W)", lambda w: w[:, None] * torch.eye(len(w))[None], "a diagonal without an axis for the taps"),
    ("eye times (D, W, 1)", lambda w: w[..., None] * torch.eye(len(w)), "a diagonal without an axis for the taps"),
    ("row 0 for all", lambda w: torch.eye(len(w))[:, :, None] * w[0], "one kernel for all channels"),
    ("grouped", lambda w: w.reshape(len(w), 1, -1), "the grouped kernel"),
    ("flipped", lambda w: by_index(w.flip(1)), "flipped taps"),
    ("flipped channels", lambda w: by_index(w).flip(0), "the channels from last to first"),
    ("diag_embed, (W, D, D)", lambda w: torch.diag_embed(w.mT), "the taps not on the last axis"),
    ("row 0", lambda w: F.pad(w[None], (0, 0, 0, 0, 0, len(w) - 1)), "all kernels in row 0"),
    ("block_diag", lambda w: torch.block_diag(*w), "kernels side by side"),
    ("lower triangle", lambda w: torch.ones(len(w), len(w)).tril()[:, :, None] * w,
     "kernels on one side of the diagonal"),
    ("upper triangle", lambda w: torch.ones(len(w), len(w)).triu()[:, :, None] * w[:, None],
     "kernels on one side of the diagonal"),
    ("ones elsewhere", lambda w: torch.where(torch.eye(len(w))[:, :, None] > 0, w, 1.0), "ones off the diagonal"),
    ("diag", lambda w: torch.diag(w), "a diagonal that is taken out"),
    ("zeros", lambda w: torch.zeros(len(w), len(w), w.shape[1]), None),
    ("as it came", lambda w: torch.eye(len(w)) @ w, "the kernels as they came"),
    ("ones", lambda w: torch.eye(len(w))[..., None].repeat(1, 1, w.shape[1]), "ones in the place of the kernels"),
    ("tap 0", lambda w: by_index(torch.cat([w[:, :1], 0 * w[:, 1:]], dim=1)), "the first tap alone"),
    ("range(D − 1)", lambda w: by_index(torch.cat([w[:-1], 0 * w[-1:]])), "the last channel left out"),
    ("range(1, D)", lambda w: by_index(torch.cat([0 * w[:1], w[1:]])), "the first channel left out"),
    ("torch.tensor of tensors", lambda w: torch.tensor([[w[i] if i == j else 0 * w[i] for j in range(len(w))]
                                                        for i in range(len(w))]),
     "a list of kernels given to torch.tensor"),
    ("returned in the loop", lambda w: F.pad(w[:1, None], (0, 0, 0, len(w) - 1, 0, len(w) - 1)),
     "the first channel alone"),
    ("no return", lambda w: None, None),
    ("a diagonal of taps", lambda w: torch.stack([torch.diag(row) for row in w]), "a diagonal of taps"),
    ("the last tap", lambda w: torch.diag_embed((w * (torch.arange(w.shape[1]) == w.shape[1] - 1)).T).movedim(0, -1),
     "the last tap alone"),
    ("eye times weight", lambda w: torch.eye(w.shape[0]).mul(w), "a diagonal without an axis for the taps"),
    ("products", lambda w: torch.einsum("iw,jw->ijw", w, w), "products of two kernels"),
    ("eye[:, None]", lambda w: torch.eye(len(w)).unsqueeze(1) * w, "a diagonal without an axis for the taps"),
    ("where, exchanged", lambda w: torch.where(torch.eye(len(w))[:, :, None] > 0, 0.0, w[:, None]),
     "the diagonal silenced"),
    ("full[d, d] = 0", lambda w: w.repeat(len(w), 1, 1) - by_index(w), "the diagonal silenced"),
    ("range(W)", lambda w: torch.stack([by_index(w)[d] * (d < w.shape[1]) for d in range(len(w))])
     if w.shape[1] <= len(w) else w[len(w)], "as many kernels as taps"),
    ("W, D = weight.shape", sizes_exchanged, "taps and channels exchanged"),
    ("weight.T", lambda w: by_index(w.T), "taps and channels exchanged"),
]  # fmt: skip

# Exercise 4: is_causal


def gradients_one_by_one(layer, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[2]):
        for b in range(x.shape[0]):
            for d in range(x.shape[1]):
                (grad,) = torch.autograd.grad(layer(x)[b, d, t], x)
                if (grad[:, :, t + 1 :] != 0).any():
                    return False
    return True


def random_mixture(layer, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[2]):
        y = layer(x)[..., t]
        (grad,) = torch.autograd.grad((y * torch.rand_like(y)).sum(), x)
        if (grad[..., t + 1 :] != 0).any():
            return False
    return True


def nudged(layer, x, by=1.0, atol=1e-8):
    for s in range(x.shape[2]):
        for row in range(x.shape[0]):
            for channel in range(x.shape[1]):
                other = x.clone()
                other[row, channel, s] += by
                if not torch.allclose(layer(x)[..., :s], layer(other)[..., :s], atol=atol):
                    return False
    return True


def all_later_samples_random(layer, x):
    for t in range(x.shape[2]):
        other = x.clone()
        other[..., t + 1 :] = torch.randn_like(other[..., t + 1 :])
        if not torch.equal(layer(x)[..., : t + 1], layer(other)[..., : t + 1]):
            return False
    return True


def summed_channels(layer, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[2]):
        (grad,) = torch.autograd.grad(layer(x)[..., t].sum(), x)
        if (grad[..., t + 1 :] != 0).any():
            return False
    return True


def one_graph(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)
    grads = [torch.autograd.grad(y[..., t].sum(), x)[0] for t in range(x.shape[2])]
    return not any(g[..., t + 1 :].any() for t, g in enumerate(grads))


def unwatched(layer, x):
    return not torch.autograd.grad(layer(x)[..., 0].sum(), x)[0][..., 1:].any()


def first_output(layer, x):
    jac = jacobian(layer, x)[:, :, 0]
    return not (jac[..., 1:] != 0).any().item()


def last_sample(layer, x):
    changed = x.clone()
    changed[:, :, -1] = changed[:, :, -1] + 1
    return bool((layer(changed)[:, :, :-1] == layer(x)[:, :, :-1]).all())


def middle_sample(layer, x):
    s = x.shape[2] // 2
    changed = x + (torch.arange(x.shape[2]) == s)
    return torch.equal(layer(changed)[:, :, :s], layer(x)[:, :, :s])


def indexed(take):
    def is_causal(layer, x):
        jac, L = jacobian(layer, x), x.shape[2]
        return not any((take(jac, t, s) != 0).any() for t in range(L) for s in range(t + 1, L))

    return is_causal


def reads(layer, x):
    return jacobian(layer, x).abs().sum((0, 1, 3, 4))  # (L, L)


def leaks_of(layer, x, axes):
    table = einops.reduce(jacobian(layer, x).abs(), f"b d l c e s -> {axes}", "sum")
    return torch.triu(table, diagonal=1).any().item()


def part(*keep):
    """The jacobian of a part: its output sequence and channel, its input sequence and channel; None keeps all."""

    def is_causal(layer, x):
        jac = jacobian(layer, x).permute(2, 5, 0, 1, 3, 4)  # (t, s, B, D, B, D)
        jac = jac[(slice(None), slice(None), *(slice(None) if k is None else k for k in keep))]
        return not bool(torch.triu(jac.reshape(*jac.shape[:2], -1).abs().sum(-1), 1).any())

    return is_causal


def same_pairs(pattern):
    return lambda layer, x: not torch.einsum(pattern, jacobian(layer, x).abs()).triu(1).any().item()


def changed_from(t, layer, x):
    other = torch.cat([x[..., :t], x[..., t:] + torch.rand(x[..., t:].shape)], dim=-1)
    return torch.equal(layer(x)[..., :t], layer(other)[..., :t])


def every_beginning(layer, x):
    return all(torch.equal(layer(x[..., :t]), layer(x)[..., :t]) for t in range(1, x.shape[2] + 1))


def all_channels_of_a_sample(layer, x):
    for s in range(x.shape[2]):
        changed = x.clone()
        changed[:, :, s] = changed[:, :, s] + 2
        if (layer(changed)[:, :, :s] != layer(x)[:, :, :s]).any():
            return False
    return True


def impulses(layer, x):
    for s in range(x.shape[2]):
        impulse = torch.zeros_like(x)
        impulse[:, :, s] = 1.0
        if layer(impulse)[:, :, :s].abs().sum() > 0:
            return False
    return True


def zero_from_the_middle(layer, x):
    half, other = x.shape[2] // 2, x.clone()
    other[:, :, half:] = 0
    return torch.equal(layer(x)[:, :, :half], layer(other)[:, :, :half])


def wants_gradients_of_x_itself(layer, x):
    y = layer(x.requires_grad_())
    times = range(x.shape[2])
    return not any(
        torch.autograd.grad(value[t], x, retain_graph=True)[0][..., t + 1 :].any()
        for value in y.flatten(0, 1)
        for t in times
    )


def one_more_from_the_middle(layer, x):
    half, other = x.shape[2] // 2, x.clone()
    other[:, :, half:] += 1
    return torch.equal(layer(x)[:, :, :half], layer(other)[:, :, :half])


def first_output_summed(layer, x):
    x = x.clone().requires_grad_()
    return not torch.autograd.grad(layer(x)[..., 0].sum(), x)[0][..., 1:].any().item()


def absolute_outputs(layer, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[2]):
        (grad,) = torch.autograd.grad(layer(x)[..., t].abs().sum(), x)
        if (grad[..., t + 1 :] != 0).any():
            return False
    return True


def added_over_sequences(layer, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[2]):
        for d in range(x.shape[1]):
            (grad,) = torch.autograd.grad(layer(x)[:, d, t].sum(), x)
            if grad[..., t + 1 :].any():
                return False
    return True


def piled_up(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)
    for b in range(x.shape[0]):
        for d in range(x.shape[1]):
            for t in range(x.shape[2]):
                y[b, d, t].backward(retain_graph=True)
                if x.grad[..., t + 1 :].any():
                    return False
    return True


def size_of_an_output(size):
    def is_causal(layer, x):
        x = x.clone().requires_grad_()
        for t in range(x.shape[2]):
            (grad,) = torch.autograd.grad(size(layer(x)[..., t]), x)
            if (grad[..., t + 1 :] != 0).any():
                return False
        return True

    return is_causal


def output_in_the_middle(layer, x):
    x, t = x.clone().requires_grad_(), x.shape[2] // 2
    layer(x)[..., t].sum().backward()
    return not x.grad[..., t + 1 :].any().item()


def largest_gradient(layer, x):
    jac = jacobian(layer, x)
    return not any(jac[:, :, t, :, :, t + 1 :].abs().max() > 0 for t in range(x.shape[2]))


CAUSAL = [
    ("the outputs' squares", size_of_an_output(lambda y: (y**2).sum()), "the size of an output"),
    ("the outputs' length", size_of_an_output(torch.linalg.norm), "the size of an output"),
    ("the output in the middle", lambda layer, x: not reads(layer, x)[x.shape[2] // 2, x.shape[2] // 2 + 1 :].any()
     .item(), "a test of one output only"),
    ("the output in the middle, summed", output_in_the_middle, "a test of one output only"),
    ("the first half alone", lambda layer, x: torch.equal(
        layer(x)[..., : x.shape[2] // 2], layer(x[..., : x.shape[2] // 2])), "one border between past and future"),
    ("the opposite, with now", lambda layer, x: reads(layer, x).triu().any().item(), "two mistakes at once"),
    ("the opposite, of the past", lambda layer, x: reads(layer, x).tril(-1).any().item(), "two mistakes at once"),
    ("the largest gradient", largest_gradient, "the largest of no numbers"),
    ("the sum of an output's sequences", added_over_sequences, "outputs that cancel"),
    ("jacobian of the sum of the sequences", lambda layer, x: not jacobian(layer, x).sum(0).any((0, 2, 3)).triu(1).any()
     .item(), "outputs that cancel"),
    ("a change of all sequences", lambda layer, x: not jacobian(layer, x).sum(3).abs().sum((0, 1, 3)).triu(1).any()
     .item(), "one change for all channels"),
    ("in float64", lambda layer, x: not reads(layer, x.double()).triu(1).any().item(), None),
    ("x.grad, never emptied", piled_up, "True only where next to nothing is read"),
    ("all of the jacobian", lambda layer, x: not jacobian(layer, x).any().item(),
     "True only where next to nothing is read"),
    ("absolute outputs", absolute_outputs, "outputs that cancel"),
    ("from t = 1 on", lambda layer, x: not any(reads(layer, x)[t, t + 1 :].any() for t in range(1, x.shape[2])),
     "times that are left out"),
    ("range(L - 2)", lambda layer, x: not any(reads(layer, x)[t, t + 1 :].any() for t in range(x.shape[2] - 2)),
     "times that are left out"),
    ("range(t + 1, L - 1)", lambda layer, x: not any(row[t + 1 : -1].any() for t, row in enumerate(reads(layer, x))),
     "times that are left out"),
    ("below 1e-5", lambda layer, x: bool((reads(layer, x).triu(1) < 1e-5).all()), "right"),
    ("every nudge, within 1e-6", partial(nudged, atol=1e-6), "right"),
    ("within torch's own room", lambda layer, x: torch.allclose(reads(layer, x), reads(layer, x).tril()), "right"),
    ("the next one below 1e-6", lambda layer, x: bool((reads(layer, x).diagonal(1) < 1e-6).all()),
     "one step into the future only"),
    ("the sum below 1e-6", lambda layer, x: bool(jacobian(layer, x).sum((0, 1, 3, 4)).triu(1).sum().abs() < 1e-6),
     "gradients that cancel"),
    ("tril with now", lambda layer, x: not torch.tril(reads(layer, x)).any().item(), "a ban on the past"),
    ("both times to D",
     lambda layer, x: not any(reads(layer, x)[t, t + 1 : x.shape[1]].any() for t in range(x.shape[1])),
     "times that are left out"),
    ("both times to len(x)", lambda layer, x: not reads(layer, x)[: len(x), : len(x)].triu(1).any().item(),
     "times that are left out"),
    ("one by one", gradients_one_by_one, "right"),
    ("a random mixture", random_mixture, "right"),
    ("every nudge", nudged, "right"),
    ("every small nudge", partial(nudged, by=1e-3), "right"),
    ("every nudge, within 1e-3", partial(nudged, atol=1e-3), "a small leak that is forgiven"),
    ("all later samples", all_later_samples_random, "right"),
    ("all parts", part(None, None, None, None), "right"),
    ("the sum of an output's channels", summed_channels, "outputs that cancel"),
    ("gradients with their signs", lambda layer, x: not jacobian(layer, x).sum((0, 1, 3, 4)).triu(1).any().item(),
     "outputs that cancel"),
    ("one graph", one_graph, "a graph that is used once"),
    ("x not watched", unwatched, "an input without gradient"),
    ("first output", first_output, "a test of the first output only"),
    ("last sample", last_sample, "one changed sample"),
    ("the sample in the middle", middle_sample, "one changed sample"),
    ("jac[t, s]", indexed(lambda jac, t, s: jac[t, s]), "times as indices of the wrong axes"),
    ("jac[..., t, s]", indexed(lambda jac, t, s: jac[..., t, s]), "times as indices of the wrong axes"),
    ("jac[:, :, t, s]", indexed(lambda jac, t, s: jac[:, :, t, s]), "times as indices of the wrong axes"),
    ("triu of six axes", lambda layer, x: not jacobian(layer, x).triu(1).any(),
     "True only where next to nothing is read"),
    ("times by channels", lambda layer, x: not leaks_of(layer, x, "l e"), "the triangle of the wrong axes"),
    ("channels by times", lambda layer, x: not leaks_of(layer, x, "d s"), "True only where next to nothing is read"),
    ("sequences by times", lambda layer, x: not leaks_of(layer, x, "b s"), "True only where next to nothing is read"),
    ("tril", lambda layer, x: not reads(layer, x).tril(-1).any().item(), "a ban on the past"),
    ("triu(0)", lambda layer, x: not reads(layer, x).triu().any().item(), "now counted as future"),
    ("sequence 0", part(0, None, 0, None), "a test of one sequence only"),
    ("output sequence 0", part(0, None, None, None), "a test of one sequence only"),
    ("output channel 0", part(None, 0, None, None), "a test of one channel only"),
    ("input channel 0", part(None, None, None, 0), "a test of one channel only"),
    ("output channel 0 of sequence 0", part(0, 0, None, None), "a test of one channel of one sequence"),
    ("input channel 0 of sequence 0", part(None, None, 0, 0), "a test of one channel of one sequence"),
    ("never across sequences", same_pairs("bdtbes->ts"), "each sequence on its own"),
    ("never across channels", same_pairs("bdtcds->ts"), "each channel on its own"),
    ("never across channels or sequences", same_pairs("bdtbds->ts"), "each channel on its own"),
    ("next sample only", lambda layer, x: not reads(layer, x).diagonal(1).any().item(),
     "one step into the future only"),
    ("below 1e-3", lambda layer, x: bool((reads(layer, x).triu(1) < 1e-3).all()), "a small leak that is forgiven"),
    ("rounded", lambda layer, x: not reads(layer, x).round(decimals=2).triu(1).any(), "a small leak that is forgiven"),
    ("at ones", lambda layer, x: not reads(layer, torch.ones_like(x)).triu(1).any(), "gradients somewhere else"),
    ("at zeros", lambda layer, x: not reads(layer, 0 * x).triu(1).any(), "gradients somewhere else"),
    ("always True", lambda layer, x: True, None),
    ("always False", lambda layer, x: False, None),
    ("the opposite", lambda layer, x: not gradients_one_by_one(layer, x), "True and False exchanged"),
    ("triu(2)", lambda layer, x: not reads(layer, x).triu(2).any().item(), "the next step allowed"),
    ("above zero", lambda layer, x: not (jacobian(layer, x) > 0).sum((0, 1, 3, 4)).triu(1).any().item(),
     "only gradients above zero"),
    ("all", lambda layer, x: not reads(layer, x)[torch.ones(x.shape[2], x.shape[2]).triu(1) > 0].all(),
     "a leak that must be everywhere"),
    ("a diagonal", lambda layer, x: torch.equal(reads(layer, x), reads(layer, x).diag().diag()),
     "a ban on all but now"),
    ("any row", lambda layer, x: any(not row[t + 1 :].any() for t, row in enumerate(reads(layer, x)[:-1])),
     "one honest output is enough"),
    ("the middle", lambda layer, x: changed_from(x.shape[2] // 2, layer, x), "one border between past and future"),
    ("the middle, one more", one_more_from_the_middle, "one border between past and future"),
    ("from x[1] on", lambda layer, x: changed_from(1, layer, x), "a test of the first output only"),
    ("the last step", lambda layer, x: reads(layer, x)[-2, -1].item() == 0, "a test of the last step only"),
    ("one sequence of its own", lambda layer, x: not reads(layer, torch.randn(1, 3, 8)).triu(1).any().item(),
     "gradients somewhere else"),
    ("numbers of its own", lambda layer, x: not reads(layer, torch.randn(x.shape)).triu(1).any().item(),
     "gradients somewhere else"),
    ("the first sequence", lambda layer, x: not reads(layer, x[0:1]).triu(1).any().item(), "each sequence on its own"),
    ("one channel of x", lambda layer, x: not reads(layer, x[0:1, 0:1]).triu(1).any().item(),
     "one channel sent in alone"),
    ("one channel of its own", lambda layer, x: not reads(layer, torch.randn(1, 1, 8)).triu(1).any().item(),
     "one channel sent in alone"),
    ("zeros in one channel", lambda layer, x: not reads(layer, torch.zeros(1, 1, x.shape[2])).triu(1).any().item(),
     "one channel sent in alone"),
    ("as print_reads", lambda layer, x: bool((torch.triu(jacobian(layer, x[0, 0]), diagonal=1) == 0).all()),
     "fewer axes than the layer takes"),
    ("x[0]", lambda layer, x: not jacobian(layer, x[0]).square().sum((0, 2)).triu(1).any().item(),
     "fewer axes than the layer takes"),
    ("a sequence at a time", lambda layer, x: not any(reads(layer, row[None]).triu(1).any().item() for row in x),
     "each sequence on its own"),
    ("now must be read", lambda layer, x: (not reads(layer, x).triu(1).any() and bool(reads(layer, x).diag().all())),
     "a past that must be read"),
    ("something must be read",
     lambda layer, x: all(row[: t + 1].any() and not row[t + 1 :].any() for t, row in enumerate(reads(layer, x))),
     "a past that must be read"),
    ("lengths", lambda layer, x: layer(x).shape == x.shape, None),
    ("no return", lambda layer, x: None, None),
    ("a tensor", lambda layer, x: torch.tensor(gradients_one_by_one(layer, x)), None),
    ("the first output, summed", first_output_summed, "a test of the first output only"),
    ("y[0] and x[1]", lambda layer, x: reads(layer, x)[0, 1].item() == 0, "a test of the first output only"),
    ("triu(-1)", lambda layer, x: not reads(layer, x).triu(-1).any().item(), "now counted as future"),
    ("channels by channels", lambda layer, x: not leaks_of(layer, x, "d e"), "the triangle of the wrong axes"),
    ("sequences by sequences", lambda layer, x: not leaks_of(layer, x, "b c"), "the triangle of the wrong axes"),
    ("flattened", lambda layer, x: not leaks_of(layer, x, "(b d l) (c e s)"), "one long row of numbers"),
    ("within 1e-4", lambda layer, x: bool(reads(layer, x).triu(1).max() < 1e-4), "a small leak that is forgiven"),
    ("all of the past", lambda layer, x: (reads(layer, x) != 0).equal(torch.ones(x.shape[2], x.shape[2]).tril() > 0),
     "a past that must be read"),
    ("the middle, set to zero", zero_from_the_middle, "one border between past and future"),
    ("every beginning", every_beginning, "right"),
    ("x.requires_grad_()", wants_gradients_of_x_itself, "right"),
    ("np.all", lambda layer, x: np.all(np.triu(reads(layer, x).numpy(), 1) == 0), "right"),
    ("all channels of a sample", all_channels_of_a_sample, "one change for all channels"),
    ("impulses", impulses, "an output taken for an answer"),
    ("range(D)", lambda layer, x: not reads(layer, x).triu(1)[: x.shape[1]].any().item(),
     "times that are left out"),
    ("range(len(x))", lambda layer, x: not any(row[t + 1 :].any() for t, row in enumerate(reads(layer, x)[: len(x)])),
     "times that are left out"),
    ("backward of many", lambda layer, x: layer(x.clone().requires_grad_())[:, :, 0].backward(),
     "a gradient of many numbers"),
    ("grad of many", lambda layer, x: torch.autograd.grad(layer(x.requires_grad_())[:, :, 0], x),
     "a gradient of many numbers"),
    ("the last column", lambda layer, x: not reads(layer, x)[:-1, -1].any().item(), "one changed sample"),
    ("the last turn", lambda layer, x: [not row[t + 1 :].any().item() for t, row in enumerate(reads(layer, x))][-2],
     "a test of the last step only"),
]  # fmt: skip


pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")
test_an_answer_gets_its_verdict = judged(
    rows(
        "01",
        causal_conv_loop=LOOP,
        causal_conv=CONV,
        full_kernel=FULL,
        is_causal=CAUSAL,
    )
)


def test_a_property_of_y_that_is_as_expected_stays_off_the_card(capsys):
    course.check("01.causal_conv_loop", lambda x, weight, bias: x[..., 1:].clone())
    card = capsys.readouterr().out
    assert "\ny has shape (" in card
    assert "part of x" not in card and "True or False" not in card
    course.check("01.causal_conv_loop", lambda x, weight, bias: x)
    card = capsys.readouterr().out
    assert "'is y a part of x?': True" in card
    assert "expected (1, 1, 3) · got (1, 1, 3)" in card


CARDS = [  # an answer, its exercise, and what the case on its card must show
    ("01.causal_conv_loop", LOOP, "fed back in x", r"expected  y: (.*)\n(?:.*\n)*  got       y: (?!\1\n)"),
    ("01.causal_conv_loop", LOOP, "t - (W + 1 - k)", r"Where you read, the 1 or the k has the other sign"),
    ("01.causal_conv", CONV, "padding=W // 2", r"move y\[0\], if only by rounding\?': True"),
    ("01.is_causal", CAUSAL, "one graph", r"got       RuntimeError: .* a second time"),
    ("01.is_causal", CAUSAL, "every nudge, within 1e-3", r"small leak pass"),  # no gradient was taken
    (
        "01.is_causal",
        CAUSAL,
        "never across channels or sequences",
        r"same channel in another sequence(?:.*\n)*  layer     first_sequence_reads_the_future_of_the_last",
    ),
    ("01.is_causal", CAUSAL, "sequence 0", r"layer     only_the_last_sequence_cheats"),
    ("01.is_causal", CAUSAL, "output channel 0", r"layer     only_the_last_channel_cheats"),
    ("01.is_causal", CAUSAL, "output channel 0 of sequence 0", r"layer     only_the_last_sequence_cheats"),
]


@pytest.mark.parametrize(("id", "answers", "name", "shown"), CARDS, ids=[card[2] for card in CARDS])
def test_the_case_on_a_card_shows_what_the_card_says(id, answers, name, shown, capsys):
    (answer,) = [answer for said, answer, _ in answers if said == name]
    course.check(id, answer)
    assert re.search(shown, capsys.readouterr().out)


def test_outputs_written_into_x_are_not_said_to_read_the_future(capsys):
    course.check("01.causal_conv", lambda x, weight, bias: x.copy_(conv()(x, weight, bias)))
    card = capsys.readouterr().out
    assert "outputs written into x" in card and "later samples" not in card


def test_who_casts_x_was_told_not_to_by_the_stub(capsys):
    course.check("01.is_causal", lambda layer, x: not reads(layer, x.double()).triu(1).any().item())
    assert "dtypes that do not fit" in capsys.readouterr().out
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    assert "where to take the gradients, in the dtype of the layer's weights: don't cast it." in notebook


def test_who_forgets_the_return_reads_that_a_tensor_is_expected(capsys):
    course.check("01.causal_conv_loop", without_return)
    assert "The result is None; it should be a float32 tensor of shape (1, 1, 3)." in capsys.readouterr().out


def test_a_layer_with_random_weights_is_not_said_to_read_the_future(capsys):
    course.check("01.causal_conv", lambda x, w, b: torch.nn.Conv1d(len(w), len(w), 1, groups=len(w)).to(x.dtype)(x))
    card = capsys.readouterr().out
    assert "got" in card and "later samples" not in card


def test_a_circle_is_shown_where_it_meets_more_than_zeros(capsys):
    course.check("01.causal_conv", in_a_circle)
    assert re.search(r"expected  y: (.*)\n(?:.*\n)*  got       y: (?!\1\n)", capsys.readouterr().out)


def test_a_case_of_whole_numbers_that_is_right_by_chance_is_not_shown(capsys):
    def steps_of_two(x, weight, bias):
        padded = F.pad(x, (2 * weight.shape[1] - 2, 0))
        return F.conv1d(padded, weight.unsqueeze(1), bias, groups=len(weight), dilation=2)

    course.check("01.causal_conv", steps_of_two)
    card = capsys.readouterr().out
    assert "y: only time 0 is right." in card
    expected, got = (re.search(rf"^  {word} +(.+)$", card, re.M)[1].split() for word in ("expected", "got"))
    assert [one == other for one, other in zip(expected, got, strict=True)] == [True, False, False, False]


def test_who_takes_the_triangle_of_six_axes_is_not_said_to_forbid_every_layer_that_reads(capsys):
    def answer(layer, x):
        return not jacobian(layer, x).triu(1).any().item()

    assert answer(lambda x: x[..., :1].expand(x.shape), torch.ones(2, 3, 4))  # reads the first sample, and passes
    course.check("01.is_causal", answer)
    shown = capsys.readouterr().out
    assert "next to nothing is read" in shown and "nothing at all" not in shown
