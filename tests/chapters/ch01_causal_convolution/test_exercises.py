"""What learners of notebook 01 hear when PyTorch refuses their call."""

import pytest
import torch
import torch.nn.functional as F

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


def name_of_the_mistake(id, function):
    verdict = judge(exercise(id), function)
    return verdict.misconception.name if verdict.misconception else verdict.kind


def test_missing_groups_are_named():
    def conv(x, weight, bias):
        return F.conv1d(F.pad(x, (weight.shape[-1] - 1, 0)), weight.unsqueeze(1), bias)

    assert name_of_the_mistake("01.causal_conv", conv) == "missing groups"


def test_a_kernel_without_its_middle_axis_is_named():
    def conv(x, weight, bias):
        return F.conv1d(F.pad(x, (weight.shape[-1] - 1, 0)), weight, bias, groups=x.shape[1])

    assert name_of_the_mistake("01.causal_conv", conv) == "a kernel without its middle axis"


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_padding_same_is_named():
    def conv(x, weight, bias):
        return F.conv1d(x, weight.unsqueeze(1), bias, padding="same", groups=x.shape[1])

    assert name_of_the_mistake("01.causal_conv", conv) == "padding on both sides"


def test_pad_on_both_sides_and_cut_the_wrong_end_is_named():
    def conv(x, weight, bias):
        width = weight.shape[-1]
        return F.conv1d(x, weight.unsqueeze(1), bias, padding=width - 1, groups=x.shape[1])[..., width - 1 :]

    assert name_of_the_mistake("01.causal_conv", conv) == "padding on the right"


def test_a_gradient_without_a_graph_is_named():
    def is_causal(layer, x):
        y = layer(x)
        return not torch.autograd.grad(y[..., 0].sum(), x)[0][..., 1:].any()

    assert name_of_the_mistake("01.is_causal", is_causal) == "an input without gradient"


def test_a_graph_used_twice_is_named():
    def is_causal(layer, x):
        x = x.clone().requires_grad_()
        y = layer(x) * x  # a product keeps what a second gradient would need
        grads = [torch.autograd.grad(y[..., t].sum(), x)[0] for t in range(x.shape[-1])]
        return not any(g[..., t + 1 :].any() for t, g in enumerate(grads))

    assert name_of_the_mistake("01.is_causal", is_causal) == "a graph that is used once"


def gradient_loop(factors):
    """A learner's loop over t, with the channels of an output weighted by `factors(outputs)` before they are added."""

    def is_causal(layer, x):
        x = x.clone().requires_grad_()
        for t in range(x.shape[-1]):
            x.grad = None
            outputs = layer(x)[..., t]
            (outputs * factors(outputs)).sum().backward()
            if x.grad[..., t + 1 :].any():
                return False
        return True

    return is_causal


def test_a_loop_over_gradients_with_random_factors_is_right():
    assert judge(exercise("01.is_causal"), gradient_loop(torch.rand_like)).kind == "right"


def test_a_loop_over_gradients_that_adds_the_channels_is_named():
    assert name_of_the_mistake("01.is_causal", gradient_loop(torch.ones_like)) == "outputs that cancel"
