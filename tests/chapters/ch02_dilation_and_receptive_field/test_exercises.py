"""Attempts that learners make in notebook 02, with mistakes that raise, and the misconception that must answer."""

import pytest
import torch
import torch.nn.functional as F

from lite_mamba import causal_dilated_conv1d_fn, receptive_field
from lite_mamba.causal_conv import gated_dilated_conv
from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


def short_padding(x, weights, biases, gates, dilations):
    parts = [
        F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), w[:, None], b, dilation=d, groups=x.shape[1])
        for w, b, d in zip(weights, biases, dilations, strict=True)
    ]
    return sum(share * F.silu(part) for share, part in zip(gates.softmax(0), parts, strict=True)) + 0 * x


def short_branches_added(x, weights, biases, gates, dilations):
    return sum(
        share * F.silu(F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), w.unsqueeze(1), b, dilation=d, groups=x.shape[1]))
        for share, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True)
    )


def short_branches_stacked(x, weights, biases, gates, dilations):
    parts = [
        F.silu(F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), w.unsqueeze(1), b, dilation=d, groups=x.shape[1]))
        for w, b, d in zip(weights, biases, dilations, strict=True)
    ]
    return torch.einsum("i,ibdl->bdl", gates.softmax(0), torch.stack(parts))


def flat_kernel(x, weights, biases, gates, dilations):
    return F.conv1d(F.pad(x, (3, 0)), weights[0], biases[0], groups=x.shape[1])


def no_gradient(fn, length):
    x = torch.randn(length)
    fn(x)[-1].backward()


def every_output(fn, length):
    x = torch.randn(length, requires_grad=True)
    fn(x).backward()


def float_dilation(delay, d_conv):
    return F.pad(torch.ones(1), (0, d_conv - 1)), delay / (d_conv - 1)


@pytest.mark.parametrize(
    ("id", "attempt", "name"),
    [
        ("02.gated_dilated_conv", short_padding, "padding that forgets the dilation"),
        ("02.gated_dilated_conv", short_branches_added, "padding without the dilation"),
        ("02.gated_dilated_conv", short_branches_stacked, "padding without the dilation"),
        ("02.gated_dilated_conv", flat_kernel, "a kernel without its middle axis"),
        ("02.measured_lags", no_gradient, "an input without a gradient"),
        ("02.measured_lags", every_output, "all outputs at once"),
        ("02.delay_kernel", float_dilation, "a dilation with a decimal point"),
    ],
)
def test_a_mistake_that_raises_is_called_by_its_name(id, attempt, name):
    verdict = judge(exercise(id), attempt)
    assert verdict.kind == "misconception"
    assert verdict.misconception.name == name


def test_the_packages_own_functions_pass():
    assert judge(exercise("02.receptive_field"), receptive_field).kind == "right"
    assert judge(exercise("02.gated_dilated_conv"), gated_dilated_conv).kind == "right"


def test_a_delay_through_another_tap_is_not_taken_for_a_wrong_output():
    def second_newest(delay, d_conv):
        weight = torch.zeros(d_conv)
        weight[-2] = 1.0
        return weight, delay

    verdict = judge(exercise("02.delay_kernel"), second_newest)
    assert verdict.misconception.name == "a history longer than the delay"
    weight, dilation = second_newest(6, 4)
    y = causal_dilated_conv1d_fn(torch.arange(1.0, 11)[None, None], weight[None], dilation=dilation)
    assert y.flatten().tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("made", [[1, 2], torch.ones(4), ([1.0, 0.0], 2)])
def test_a_delay_that_is_no_pair_of_tensor_and_integer_is_told_so(made):
    verdict = judge(exercise("02.delay_kernel"), lambda delay, d_conv: made)
    assert verdict.kind == "raised"
    assert "must return (weight, dilation)" in str(verdict.example.raised)
