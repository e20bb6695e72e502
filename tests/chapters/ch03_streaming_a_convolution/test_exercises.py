"""The smallest failing case of notebook 03 is made of digits, so that an output tells what it has read."""

import pytest
import torch

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch03_streaming_a_convolution.exercises import conv_step, gated_conv_step, push
from lite_mamba.course.checking.trial import judge


def pushed_then_conv_step(x, history, weight, bias, dilation):
    moved = push(history, x)
    return conv_step(x, moved, weight, bias, dilation)[0], moved


def pushed_then_gated(x, history, weights, biases, gates, dilations):
    moved = push(history, x)
    return gated_conv_step(x, moved, weights, biases, gates, dilations)[0], moved


def mended_into_one_path(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return (window[..., dilation * torch.arange(weight.shape[-1])] * weight).sum(-1) + bias, window[..., 1:]


@pytest.mark.parametrize(
    ("id", "attempt", "name"),
    [
        ("03.conv_step", pushed_then_conv_step, "reading after writing"),
        ("03.gated_conv_step", pushed_then_gated, "pushed first, then read"),
        ("03.mended_step", mended_into_one_path, "counted from the oldest sample"),
    ],
)
def test_a_mistake_is_called_by_its_name_on_a_case_of_digits(id, attempt, name):
    verdict = judge(exercise(id), attempt)
    assert verdict.misconception.name == name
    case = verdict.example.case
    kernel = case["weights"][0] if "weights" in case else case["weight"]
    assert kernel.tolist() in ([[1]], [[10, 1]], [[100, 10, 1]], [[1000, 100, 10, 1]])
