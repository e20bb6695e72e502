"""Attempts that learners make in notebook 03, and the misconception that must answer; the examples are digits."""

import pytest
import torch

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch03_streaming_a_convolution.exercises import conv_step, gated_conv_step, push
from lite_mamba.course.checking.trial import judge


def pushed_then_every_dth(x, history, weight, bias, dilation):
    h = push(history, x)
    return (h[..., ::dilation] * weight).sum(-1) + bias, h


def pushed_then_sliced(x, history, weight, bias, dilation):
    h = push(history, x)
    lag = (weight.shape[1] - 1) * dilation
    return (h[..., -1 - lag :: dilation] * weight).sum(-1) + bias, h


def pushed_then_conv_step(x, history, weight, bias, dilation):
    h = push(history, x)
    y, _ = conv_step(x, h, weight, bias, dilation)
    return y, h


def pushed_then_gated(x, history, weights, biases, gates, dilations):
    h = push(history, x)
    y, _ = gated_conv_step(x, h, weights, biases, gates, dilations)
    return y, h


def mended_by_slicing(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    read = window[..., -weight.shape[-1] :] if dilation == 1 else window[..., ::dilation]
    return (read * weight).sum(-1) + bias, window[..., 1:]


def mended_by_indices(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    taps = weight.shape[-1]
    read = window[..., -taps:] if dilation == 1 else window[..., dilation * torch.arange(taps)]
    return (read * weight).sum(-1) + bias, window[..., 1:]


def mended_into_one_path(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return (window[..., dilation * torch.arange(weight.shape[-1])] * weight).sum(-1) + bias, window[..., 1:]


@pytest.mark.parametrize(
    ("id", "attempt", "name"),
    [
        ("03.conv_step", pushed_then_every_dth, "pushed first, then every d-th column"),
        ("03.conv_step", pushed_then_sliced, "pushed first, then read"),
        ("03.conv_step", pushed_then_conv_step, "reading after writing"),
        ("03.gated_conv_step", pushed_then_gated, "pushed first, then read"),
        ("03.mended_step", mended_by_slicing, "counted from the oldest sample"),
        ("03.mended_step", mended_by_indices, "counted from the oldest sample"),
        ("03.mended_step", mended_into_one_path, "counted from the oldest sample"),
    ],
)
def test_a_mistake_is_called_by_its_name_on_a_case_of_digits(id, attempt, name):
    verdict = judge(exercise(id), attempt)
    assert verdict.kind == "misconception"
    assert verdict.misconception.name == name
    case = verdict.example.case
    kernel = case["weights"][0] if "weights" in case else case["weight"]
    assert kernel.tolist() in ([[1]], [[10, 1]], [[100, 10, 1]], [[1000, 100, 10, 1]])
