"""Attempts that learners make in notebook 08, and the message that must answer."""

import warnings

import pytest
import torch
from torch.autograd import gradcheck

from lite_mamba import course
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch08_the_selective_scan.exercises import discretise, scan_from
from lite_mamba.course.checking.trial import judge


def cloned_and_detached(u, delta, A, B, C, state):
    return scan_from(*discretise(u, delta, A, B), C, state.clone().detach())


def one_path_from_zero(u, delta, A, B, C, state):
    return scan_from(*discretise(u, delta, A, B), C, torch.zeros_like(state))


def in_place(u, delta, A, B, C, state):
    deltaA, deltaB_u = discretise(u, delta, A, B)
    outputs = []
    for t in range(u.shape[-1]):
        state *= deltaA[:, :, t]
        state += deltaB_u[:, :, t]
        outputs.append(torch.einsum("b d n, b n -> b d", state, C[:, :, t]))
    return torch.stack(outputs, dim=-1), state


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (cloned_and_detached, "a state without gradient"),
        (one_path_from_zero, "a state that nobody reads"),
        (in_place, "a given state that is changed in place"),
    ],
)
def test_the_mended_chunk_is_told_by_name(attempt, name):
    assert judge(exercise("08.mended_chunk"), attempt).misconception.name == name


def test_a_gradcheck_in_float32_is_answered_without_a_wall_of_warnings(capsys):
    def in_float32(function, inputs):
        return gradcheck(function, [x.detach().requires_grad_() for x in inputs], raise_exception=False)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        course.check("08.gradients_are_right", in_float32)
    assert heard == []
    assert "Inputs that differ by 10⁻⁶ give outputs that float32 can hardly tell apart" in capsys.readouterr().out
