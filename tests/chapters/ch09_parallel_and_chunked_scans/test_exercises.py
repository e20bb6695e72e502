"""The checks of notebook 09 tell a scan from a loop, and accept every right way to save work."""

import pytest
import torch

from lite_mamba.course import chapters as exercises
from lite_mamba.course.chapters.ch09_parallel_and_chunked_scans.exercises import combine, hillis_steele
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card


def loop(a, x):
    h, states = torch.zeros_like(x[0]), []
    for t in range(len(x)):
        h = a[t] * h + x[t]
        states.append(h)
    return torch.stack(states)


def fused_loop(a, x):
    states = [x[0]]
    for t in range(1, len(x)):
        states.append(torch.addcmul(x[t], a[t], states[-1]))
    return torch.stack(states)


def written_loop(a, x):
    states = x.clone()
    for t in range(1, len(x)):
        states[t] = a[t] * states[t - 1] + x[t]
    return states


def rounds_that_drop_finished_decays(a, x):
    shift = 1
    while shift < len(x):
        done, rest = x[:shift], torch.addcmul(x[shift:], a, x[:-shift]) if shift > 1 else None
        if rest is None:
            rest = torch.addcmul(x[1:], a[1:], x[:-1])
            a = a[1:]
        x = torch.cat([done, rest])
        a = a[shift:] * a[:-shift]
        shift = 2 * shift
    return x


def rounds_in_place(a, x):
    a, x, shift = a.clone(), x.clone(), 1
    while shift < len(a):
        new_a, new_x = combine(a[:-shift].clone(), x[:-shift].clone(), a[shift:].clone(), x[shift:].clone())
        a[shift:], x[shift:] = new_a, new_x
        shift *= 2
    return x


def tree_in_place(a, x):
    if len(a) == 1:
        return x.clone()
    states = torch.empty_like(x)
    states[1::2] = tree_in_place(*combine(a[0::2], x[0::2], a[1::2], x[1::2]))
    states[0] = x[0]
    states[2::2] = a[2::2] * states[1:-1:2] + x[2::2]
    return states


def chunks_with_indices(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    states, decay = torch.zeros_like(x), a.prod(1)
    h = torch.zeros_like(x[:, 0])
    for t in range(chunk):
        h = a[:, t] * h + x[:, t]
    start = torch.zeros_like(h)
    for k in range(1, len(h)):
        start[k] = decay[k - 1] * start[k - 1] + h[k - 1]
    for t in range(chunk):
        start = a[:, t] * start + x[:, t]
        states[:, t] = start
    return states.flatten(0, 1)


def chunks_one_after_another(a, x, chunk):
    h, states = torch.zeros_like(x[0]), []
    for first in range(0, len(x), chunk):
        for t in range(first, first + chunk):
            h = a[t] * h + x[t]
            states.append(h)
    return torch.stack(states)


LOOPS = [
    (id, function)
    for function in (loop, fused_loop, written_loop)
    for id, function in (
        ("09.hillis_steele", function),
        ("09.up_down", function),
        ("09.mended_scan", lambda log_a, x, function=function: function(log_a.exp(), x)),
        ("09.chunked_scan", lambda a, x, chunk, function=function: function(a, x)),
    )
]


@pytest.mark.parametrize(("id", "function"), [*LOOPS, ("09.chunked_scan", chunks_one_after_another)])
def test_a_loop_over_the_steps_is_named(id, function):
    exercise = exercises.exercise(id)
    verdict = judge(exercise, function)
    assert verdict.kind == "misconception" and verdict.misconception.name == "a loop over the steps"
    assert "every step" in card(exercise, verdict).text()


@pytest.mark.parametrize(
    ("id", "function"),
    [
        ("09.hillis_steele", rounds_that_drop_finished_decays),
        ("09.hillis_steele", rounds_in_place),
        ("09.up_down", tree_in_place),
        ("09.chunked_scan", chunks_with_indices),
        ("09.mended_scan", lambda log_a, x: rounds_in_place(log_a.exp(), x)),
    ],
)
def test_other_right_ways_are_right(id, function):
    assert judge(exercises.exercise(id), function).kind == "right"


@pytest.mark.parametrize("id", ["09.up_down", "09.chunked_scan"])
def test_rounds_are_too_much_work_where_less_is_asked_for(id):
    verdict = judge(exercises.exercise(id), lambda a, x, *chunk: hillis_steele(a, x))
    assert "rounds" in verdict.misconception.name


def test_the_counts_of_a_slow_backward_pass_come_first():
    exercise = exercises.exercise("09.linear_loop")
    text = card(exercise, judge(exercise, loop)).text()
    assert text.index("the number of whole tables") < text.index("the gradients of a and x:")
