"""Answers to the exercises of notebook 05 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import dataclasses
import math
from itertools import accumulate

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch01_causal_convolution.exercises import causal_conv
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card

# Exercise 1: recurrence (u, A, B, C)


def recurrence_of_read_states(u, A_bar, B_bar, C):
    h, y = torch.zeros(len(C)), []
    for x in u:
        h = C * (A_bar * h + B_bar * x)
        y.append(h.sum())
    return torch.stack(y)


def looped(step, read=lambda C, h: C @ h, first=None):
    """A loop over the steps, with a step h, u, A, B -> h and a way to read the state."""

    def run(u, A, B, C):
        h = torch.zeros(len(A)) if first is None else first(A)
        y = []
        for t in range(len(u)):
            h = step(h, u[t], A, B)
            y.append(read(C, h))
        return torch.stack(y)

    return run


def recurrence_that_adds_to_its_state(u, A, B, C):
    h, y = 0 * A, []
    for x in u:
        h += A * h + B * x
        y.append(C @ h)
    return torch.stack(y)


def recurrence_with_C_twice(u, A, B, C):
    return looped(lambda h, x, A, B: A * h + C * x)(u, A, B, C)


def looped_one_late(u, A, B, C):
    h, y = 0 * A, []
    for t in range(len(u)):
        h = A * h + B * u[t - 1]
        y.append(C @ h)
    return torch.stack(y)


def recurrence_in_python(u, A, B, C):
    h, y = [0.0] * len(A), []
    for x in u.tolist():
        h = [a * old + b * x for a, old, b in zip(A.tolist(), h, B.tolist(), strict=True)]
        y.append(sum(c * new for c, new in zip(C.tolist(), h, strict=True)))
    return torch.tensor(y)


def recurrence_as_a_table(u, A, B, C):
    h = torch.zeros(len(u) + 1, len(A), dtype=torch.float64)
    for t, x in enumerate(u):
        h[t + 1] = A * h[t] + B * x
    return torch.einsum("tn,n->t", h[1:].float(), C)


def recurrence_by_matrices(u, A, B, C):
    h = torch.zeros(len(A), 1)
    y = torch.empty(len(u))
    for t in range(len(u)):
        h = torch.diag(A) @ h + B[:, None] * u[t]
        y[t] = (C[None] @ h).item()
    return y


def recurrence_read_first(u, A, B, C):
    h, y = torch.zeros_like(B), torch.zeros_like(u)
    for t in range(len(u)):
        y[t] = torch.dot(C, h)
        h = A * h + B * u[t]
    return y


def recurrence_that_starts_anew(u, A, B, C):
    y = []
    for x in u:
        h = torch.zeros(len(A))
        h = A * h + B * x
        y.append((C * h).sum())
    return torch.stack(y)


def recurrence_that_forgets_to_collect(u, A, B, C):
    h = torch.zeros_like(A)
    for x in u:
        h = A * h + B * x
        y = (C * h).sum()
    return y


def recurrence_that_keeps_an_alias(u, A, B, C):
    h, states = torch.zeros_like(A), []
    for x in u:
        h.mul_(A).add_(B * x)
        states.append(h)
    return torch.stack(states) @ C


def recurrence_by_dividing(u, A, B, C):
    powers = A ** torch.arange(len(u))[:, None]  # 0 where an Ā is
    return (powers * (B * u[:, None] / powers).cumsum(0)) @ C


def recurrence_in_the_input(u, A, B, C):
    for t in range(1, len(u)):
        u[t] += A[0] * u[t - 1]
    return u * (B * C).sum()


def recurrence_from_1_on(u, A, B, C):
    h, y = torch.zeros(len(A)), torch.zeros(len(u))
    for t in range(1, len(u)):
        h = A * h + B * u[t]
        y[t] = C @ h
    return y


def recurrence_with_powers(u, A, B, C):
    h, y = torch.zeros(len(A)), []
    for t, x in enumerate(u):
        h = torch.pow(A, t) * h + B * x
        y.append(C @ h)
    return torch.stack(y)


def recurrence_with_a_first_output(u, A, B, C):
    h = B * u[0]
    y = [C @ h]
    for t in range(len(u)):
        h = A * h + B * u[t]
        y.append(C @ h)
    return torch.stack(y)


def recurrence_by_cat(u, A, B, C):
    h, y = torch.zeros(len(A)), []
    for x in u:
        h = A * h + B * x
        y.append(torch.dot(C, h))
    return torch.cat(y)


def recurrence_of_outputs(u, A, B, C):
    y = [torch.zeros(())]
    for x in u:
        y.append(torch.dot(C, A * y[-1] + B * x))
    return torch.stack(y[1:])


def recurrence_of_one_list(u, A, B, C):
    y = torch.zeros_like(u)
    for t in range(len(u)):
        y[t] = (A * y[t - 1]).sum() * (t > 0) + torch.dot(C, B * u[t])
    return y


def recurrence_state_after_state(u, A, B, C):
    y, h = torch.zeros(len(u)), 0
    for a, b, c in zip(A, B, C, strict=True):
        for t, x in enumerate(u):
            h = a * h + b * x
            y[t] += c * h
    return y


def recurrence_with_a_number_a_step(u, A, B, C):
    h, y = 0, []
    for t in range(len(u)):
        h = h * A[t] + B[t] * u[t]
        y.append(C[t] * h)
    return torch.stack(y)


def recurrence_in_outputs_like_the_states(u, A, B, C):
    h, y = torch.zeros_like(A), torch.zeros_like(A)
    for t in range(len(u)):
        h = A * h + B * u[t]
        y[t] = (C * h).sum()
    return y


def recurrence_by_zip(u, A, B, C):
    h, y = 0, []
    for x, a, b, c in zip(u, A, B, C, strict=False):
        h = a * h + b * x
        y.append(c * h)
    return torch.stack(y)


def recurrence_read_between(u, A, B, C):
    h, y = torch.zeros_like(A), []
    for x in u:
        h = A * h
        y.append(C @ h)
        h = h + B * x
    return torch.stack(y)


def STEP(h, x, A, B):
    return A * h + B * x


FULL = "a state that is not empty at first"
SECOND = "a second memory"
PLACES = "steps in the place of states"


def recurrence_of_states(u, A, B, C):
    h, states = 0 * A, []
    for x in u:
        h = A * h + B * x
        states.append(h)
    return torch.stack(states)


def states_in_a_table(u, A, B, C):
    states = torch.zeros(len(u), len(A))
    for t in range(len(u)):
        states[t] = A * states[t - 1] + B * u[t]
    return states


STATES = "states in the place of outputs"

RECURRENCE = [
    ("brackets around both", looped(lambda h, x, A, B: (A * h + B) * x), "a sample that multiplies the state"),
    (
        "h as long as u",
        lambda u, A, B, C: looped(STEP, lambda C, h: (C * h).sum(), lambda A: 0 * u)(u, A, B, C),
        "a state as long as the input",
    ),
    (
        "all of u",
        lambda u, A, B, C: looped(lambda h, x, A, B: A * h + B * u, lambda C, h: (C * h).sum())(u, A, B, C),
        "all samples in each step",
    ),
    ("Ā to the power t", recurrence_with_powers, "a power of Ā in each step"),
    ("N turns", lambda u, A, B, C: looped(STEP)(u[: len(A)], A, B, C), "a loop over the states"),
    (
        "added up over time",
        lambda *given: sum(looped(STEP, read=torch.mul)(*given)),
        "steps that are added up",
    ),
    ("C @ h", looped(lambda h, x, A, B: A * h + B * x), "right"),
    ("in Python", recurrence_in_python, "right"),
    ("a table of states", recurrence_as_a_table, "right"),
    ("matrices", recurrence_by_matrices, "right"),
    ("addcmul", looped(lambda h, x, A, B: torch.addcmul(B * x, A, h), lambda C, h: torch.dot(C, h)), "right"),
    ("numpy", lambda u, A, B, C: torch.from_numpy(np.asarray(recurrence_in_python(u, A, B, C))), "right"),
    ("read first", recurrence_read_first, "an output from the old state"),
    ("no fading", looped(lambda h, x, A, B: h + B * x), "a state that never fades"),
    ("anew in each step", recurrence_that_starts_anew, "a state that is lost"),
    ("faded twice", looped(lambda h, x, A, B: A * A * h + B * x), "a state that fades twice"),
    ("powers divided out", recurrence_by_dividing, None),
    ("no state", looped(lambda h, x, A, B: B * x), "a state that is lost"),
    ("all fades", looped(lambda h, x, A, B: A * (B * x + h)), "a new sample that fades at once"),
    ("an average", looped(lambda h, x, A, B: A * h + (1 - A) * x), "a moving average"),
    ("an average with B", looped(lambda h, x, A, B: A * h + (1 - A) * B * x), "a moving average"),
    ("no B", looped(lambda h, x, A, B: A * h + x), "a missing B_bar"),
    ("B for A", looped(lambda h, x, A, B: B * h + A * x), "Ā and B̄ exchanged"),
    ("C on the state", recurrence_of_read_states, "a C that stays in the state"),
    ("no C", looped(lambda h, x, A, B: A * h + B * x, lambda C, h: h.sum()), "a missing C"),
    ("@ for A", looped(lambda h, x, A, B: torch.dot(A, h) + B * x), "states that meet"),
    ("no sum", looped(lambda h, x, A, B: A * h + B * x, lambda C, h: h * C), "states that are not added up"),
    ("a mean", looped(lambda h, x, A, B: A * h + B * x, lambda C, h: (h * C).mean()), "a mean over the states"),
    ("exp(Ā)", looped(lambda h, x, A, B: torch.exp(A) * h + B * x), "an exponential of Ā"),
    (
        "starts with the first sample",
        lambda u, A, B, C: looped(lambda h, x, A, B: A * h + B * x, first=lambda A: B * u[0])(u, A, B, C),
        "the first sample twice",
    ),
    ("the last output", recurrence_that_forgets_to_collect, "only the last output"),
    (
        "the last output in a list",
        lambda *case: recurrence_that_forgets_to_collect(*case)[None],
        "only the last output",
    ),
    ("an alias of the state", recurrence_that_keeps_an_alias, "one state in the whole list"),
    ("in the input", recurrence_in_the_input, None),
    ("no return", lambda u, A, B, C: None, None),
    ("starts at one", looped(lambda h, x, A, B: A * h + B * x, first=torch.ones_like), FULL),
    ("starts with B", lambda u, A, B, C: looped(STEP, first=lambda A: B)(u, A, B, C), FULL),
    ("starts with u", lambda u, A, B, C: looped(STEP, first=lambda A: u[0].expand(len(A)))(u, A, B, C), FULL),
    ("an output from the output before", recurrence_of_one_list, "states that meet"),
    ("state 0 only", looped(lambda h, x, A, B: A * h + B * x, lambda C, h: C[0] * h[0]), "one state alone"),
    ("+=", recurrence_that_adds_to_its_state, "a state that is added to itself"),
    ("Ā alone", looped(lambda h, x, A, B: A + B * x), "Ā added in the place of Ā·h"),
    ("C on the way in", recurrence_with_C_twice, "C in the place of B̄"),
    ("backwards", lambda u, *ABC: recurrence_as_a_table(u.flip(0), *ABC), "a loop from the end to the beginning"),
    ("u[t - 1]", looped_one_late, "the sample of the step before"),
    ("B added", looped(lambda h, x, A, B: A * h + B + x), "B̄ added to the input"),
    ("exp(−Ā)", looped(lambda h, x, A, B: h / A.exp() + B * x), "an exponential of Ā"),
    ("from 1 on", lambda u, *ABC: recurrence_as_a_table(u[1:], *ABC), "the first step left out"),
    ("the states", recurrence_of_states, STATES),
    ("the states, in a table", states_in_a_table, STATES),
    ("return in the loop", lambda u, *ABC: recurrence_as_a_table(u, *ABC)[:1], "a return inside the loop"),
    # Nothing after it asks for gradients.
    ("detached", lambda u, *ABC: recurrence_as_a_table(u, *ABC).detach(), "right"),
    ("a list", lambda u, A, B, C: recurrence_in_python(u, A, B, C).tolist(), None),
    ("a crash", looped(lambda h, x, A, B: A @ h[None] + B * x), None),
    (
        "a running total",
        lambda u, A, B, C: torch.tensor(list(accumulate(recurrence_in_python(u, A, B, C).tolist()))),
        SECOND,
    ),
    ("sums of both", looped(lambda h, x, A, B: A * h + B * x, lambda C, h: sum(C) * sum(h)), "two sums multiplied"),
    ("a minus", looped(lambda h, x, A, B: A * h - B * x), None),
    ("1 − Ā", looped(lambda h, x, A, B: (1 - A) * h + B * x), "what is lost in the place of what is left"),
    (
        "a skip",
        looped(lambda h, x, A, B: torch.stack([A * h[0] + B * x, x.expand_as(A)]), lambda C, h: C @ h[0] + h[1][0]),
        "an input that goes past the state",
    ),
    ("from 1 on", recurrence_from_1_on, "the first sample left out"),
    (
        "the state as one number",
        looped(lambda h, x, A, B: sum(A * h + B * x), lambda C, h: sum(C * h)),
        "states that meet",
    ),
    ("the first sample before the loop", recurrence_with_a_first_output, "the first sample twice"),
    (
        "the empty state, too",
        lambda u, *ABC: recurrence_as_a_table(F.pad(u, (1, 0)), *ABC),
        "an output before the first step",
    ),
    ("cat", recurrence_by_cat, "numbers that are laid end to end"),
    ("the output carried on", recurrence_of_outputs, "a C that stays in the state"),
    ("state after state", recurrence_state_after_state, "a state that starts where another one ends"),
    ("A[t]", recurrence_with_a_number_a_step, PLACES),
    ("y like A", recurrence_in_outputs_like_the_states, PLACES),
    ("a zip of all", recurrence_by_zip, PLACES),
    ("samples added up", lambda u, *ABC: recurrence_as_a_table(u.cumsum(0), *ABC), SECOND),
    ("read between fading and input", recurrence_read_between, "an output from the old state"),
    ("B before the brackets", looped(lambda h, x, A, B: B * (A * h + x)), "an entrance in every step"),
    ("B on the state", looped(lambda h, x, A, B: A * h * B + x), "an entrance in every step"),
    ("B on both", looped(lambda h, x, A, B: B * A * h + B * x), "an entrance in every step"),
    (
        "C on the state and at the end",
        lambda u, A, B, C: looped(lambda h, x, A, B: C * (A * h + B * x))(u, A, B, C),
        "a C that stays in the state",
    ),
    ("tanh", looped(lambda h, x, A, B: torch.tanh(A * h + B * x)), "a system that bends"),
    ("ReLU", looped(lambda h, x, A, B: F.relu(A * h + B * x)), "a system that bends"),
    (
        "C on both ways",
        lambda u, A, B, C: looped(lambda h, x, A, B: A * h + C * B * x)(u, A, B, C),
        "a weight that counts twice",
    ),
    ("B on both ways", lambda u, A, B, C: recurrence_as_a_table(u, A, B, C * B), "a weight that counts twice"),
    (
        "tanh of the output",
        looped(lambda h, x, A, B: A * h + B * x, lambda C, h: torch.tanh(h @ C)),
        "a system that bends",
    ),
]

# Exercise 2: ssm_kernel (A, B, C, length)


def kernel_by_a_loop(A, B, C, length):
    K, weight = torch.empty(length), C * B
    for j in range(length):
        K[j] = weight.sum()
        weight = weight * A
    return K


def kernel_by_running(A, B, C, length):
    one = torch.zeros(length)
    one[0] = 1
    return recurrence_as_a_table(one, A, B, C)


def kernel_by_cumprod(A, B, C, length):
    table = torch.cat([torch.ones(len(A), 1), A[:, None].expand(-1, length - 1)], dim=1).cumprod(1)
    return torch.einsum("n,n,nl->l", B, C, table)


def kernel_by_cumprod_alone(A, B, C, length):
    return (C * B) @ A[:, None].expand(-1, length).cumprod(1)


def one_tap_short(A, B, C, length):
    return (C * B) @ A[:, None] ** torch.arange(length - 1)


def kernel_by_doubling(A, B, C, length):
    powers = torch.ones(len(A), 1)
    while powers.shape[1] < length:
        powers = torch.cat([powers, powers * (powers[:, -1] * A)[:, None]], dim=1)
    return (C * B) @ powers[:, :length]


def kernel_that_crashes_for_several_states(A, B, C, length):
    return torch.stack([C * B * A**j for j in range(length)]).view(length)


def kernel_with_its_first_tap_twice(A, B, C, length):
    K, state = [C @ B], B
    for _ in range(length - 1):
        K.append(C @ state)
        state = state * A
    return torch.stack(K)


def kernel_with_an_entrance_in_each_step(A, B, C, length):
    K, state = [], B
    for _ in range(length):
        K.append((C * state).sum())
        state = A * B * state
    return torch.stack(K)


def kernel_of_an_alias(A, B, C, length):
    power, table = torch.ones(len(A)), []
    for _ in range(length):
        table.append(power)
        power *= A
    return torch.stack(table) @ (B * C)


def powers_by_logarithms(A, length):
    j = torch.arange(length)
    return A.sign()[:, None] ** j * (j * A.abs().log()[:, None]).exp()


TWICE = "a weight that counts twice"
KEPT_UP = "an Ā that is kept from going below 0"
MULTIPLIED = "states that are multiplied"

GONE = "a state with an Ā of 0 left out"

KERNEL = [
    (
        "a row for each tap",
        lambda A, B, C, length: (B * C) @ (A[None] ** torch.arange(length).unsqueeze(1)),
        "a table with a row for each tap",
    ),
    ("an alias of the power", kernel_of_an_alias, "one power in all taps"),
    ("one tap a state", lambda A, B, C, n: C * B * A ** torch.arange(len(A)), "as many taps as states"),
    ("signs and logs", lambda A, B, C, n: (C * B) @ powers_by_logarithms(A, n), "a logarithm of Ā"),
    (
        "complex powers",
        lambda A, B, C, n: ((C * B) * (A + 0j) ** torch.arange(n)[:, None]).sum(1).real,
        "a logarithm of Ā",
    ),
    ("signs and logs, 0 for NaN", lambda A, B, C, n: (C * B) @ torch.nan_to_num(powers_by_logarithms(A, n)), GONE),
    ("0 where Ā is 0", lambda A, B, C, n: (C * B) @ torch.where(A == 0, 0, A ** torch.arange(n)[:, None]).T, GONE),
    ("a loop", kernel_by_a_loop, "right"),
    ("the answer to an impulse", kernel_by_running, "right"),
    ("cumprod", kernel_by_cumprod, "right"),
    ("rows are taps", lambda A, B, C, n: (A ** torch.arange(n)[:, None] * B * C).sum(1), "right"),
    (
        "exp of logs",
        lambda A, B, C, n: ((C * B)[:, None] * torch.exp(A.log()[:, None] * torch.arange(n))).sum(0),
        "a logarithm of Ā",
    ),
    (
        "exp of logs with a little more",
        lambda A, B, C, n: torch.exp(torch.log(A + 1e-8) * torch.arange(n)[:, None]) @ (B * C),
        "a logarithm of Ā",
    ),
    ("vander", lambda A, B, C, n: (C * B) @ torch.vander(A.double(), n, increasing=True).float(), "right"),
    ("one by one", lambda A, B, C, n: torch.stack([(C * A**j * B).sum() for j in range(n)]), "right"),
    (
        "a loop over the states",
        lambda A, B, C, n: sum(c * a ** torch.arange(n) * b for a, b, c in zip(A, B, C, strict=True)),
        "right",
    ),
    ("by doubling", kernel_by_doubling, "right"),
    (
        "from power 1",
        lambda A, B, C, n: torch.stack([(C * A**j * B).sum() for j in range(1, n + 1)]),
        "a kernel that starts at Ā",
    ),
    ("cumprod alone", kernel_by_cumprod_alone, "a kernel that starts at Ā"),
    ("no C", lambda A, B, C, n: B @ A[:, None] ** torch.arange(n), "a missing C"),
    ("no B", lambda A, B, C, n: torch.stack([(C * A**j).sum() for j in range(n)]), "a missing B_bar"),
    (
        "the exponential taken again",
        lambda A, B, C, length: (C * B) @ torch.exp(A[:, None] * torch.arange(length)),
        "an exponential of Ā",
    ),
    (
        "times j",
        lambda A, B, C, n: torch.stack([(C * A * j * B).sum() for j in range(n)]),
        "multiples instead of powers",
    ),
    ("cumsum", lambda A, B, C, n: (C * B) @ A[:, None].expand(-1, n).cumsum(1), "a cumulative sum instead of powers"),
    ("the step", lambda A, B, C, n: recurrence_as_a_table(torch.ones(n), A, B, C), "the answer to a step"),
    (
        "reversed",
        lambda A, B, C, n: torch.stack([(C * A**j * B).sum() for j in reversed(range(n))]),
        "a reversed kernel",
    ),
    ("(N, L)", lambda A, B, C, n: (B * C)[:, None] * A.unsqueeze(1) ** torch.arange(n), "states that are not added up"),
    ("sums first", lambda A, B, C, n: A.sum() ** torch.arange(n) * (B * C).sum(), "states that are added up too early"),
    (
        "three sums",
        lambda A, B, C, n: torch.stack([C.sum() * A.sum() ** j * B.sum() for j in range(n)]),
        "states that are added up too early",
    ),
    ("no table", lambda A, B, C, n: C * A ** torch.arange(n) * B, "two lists without a table"),
    ("no table, a sum", lambda A, B, C, n: (C * B * A ** torch.arange(n)).sum(), "two lists without a table"),
    ("multiples, no table", lambda A, B, C, n: (C * B) @ (A * torch.arange(n)), "two lists without a table"),
    ("j to the Ā", lambda A, B, C, n: (B * C) @ torch.arange(n) ** A[:, None], "base and exponent exchanged"),
    (
        "all to the power j",
        lambda A, B, C, n: torch.stack([((C * A * B) ** j).sum() for j in range(n)]),
        "a power of all three",
    ),
    ("weights without an axis", lambda A, B, C, n: (C * B * A[:, None] ** torch.arange(n)).sum(0), None),
    ("one tap short", one_tap_short, "another number of taps"),
    ("a crash", lambda A, B, C, n: (C * B) @ A[:, None] ** range(n), None),
    ("no return", lambda A, B, C, n: None, None),
    ("state 0", lambda A, B, C, n: C[0] * B[0] * A[0] ** torch.arange(n), "one state alone"),
    ("the size of Ā", lambda A, B, C, n: (C * B) @ torch.abs(A)[:, None] ** torch.arange(n), "a sign that is lost"),
    (
        "the logarithm of that size",
        lambda A, B, C, n: (C * B) @ torch.exp(torch.arange(n) * A.abs().log()[:, None]),
        "a sign that is lost",
    ),
    ("added", lambda A, B, C, n: (C + B) @ A[:, None] ** torch.arange(n), "C and B̄ added"),
    (
        "linspace",
        lambda A, B, C, n: (C * B) @ A[:, None] ** torch.linspace(0, n, steps=n),
        "exponents between whole numbers",
    ),
    (
        "three sums",
        lambda A, B, C, n: sum(C) * sum(B) * (A[:, None] ** torch.arange(n)).sum(0),
        "states that are added up too early",
    ),
    ("detached", lambda A, B, C, n: ((C * B) @ A[:, None] ** torch.arange(n)).detach(), "right"),
    ("sum(1)", lambda A, B, C, n: (C * B) * (A[:, None] ** torch.arange(n)).sum(1), "taps that are added up"),
    ("arange of the states", lambda A, B, C, n: (C * B) @ A[:, None] ** torch.arange(len(C)), "as many taps as states"),
    (
        "one tap more",
        lambda A, B, C, n: torch.stack([(C * A**j * B).sum() for j in range(n + 1)]),
        "another number of taps",
    ),
    (
        "B to the power",
        lambda A, B, C, n: torch.stack([(C * (A * B) ** j).sum() for j in range(n)]),
        "B_bar to the power j",
    ),
    (
        "two sums a tap",
        lambda A, B, C, n: torch.stack([(C * B).sum() * (A**j).sum() for j in range(n)]),
        "states that are added up too early",
    ),
    ("a mean", lambda A, B, C, n: (C * B) @ A[:, None] ** torch.arange(n) / len(A), "a mean over the states"),
    ("in place", lambda A, B, C, n: C.mul_(B) @ A[:, None] ** torch.arange(n), None),
    ("squares", lambda A, B, C, n: (C * B) @ A[:, None] ** (2 * torch.arange(n)), "every second power"),
    (
        "1 − Ā",
        lambda A, B, C, n: (C * B) @ (1 - A)[:, None] ** torch.arange(n),
        "what is lost in the place of what is left",
    ),
    ("exp(−Ā)", lambda A, B, C, n: (C * B) @ torch.exp(-A[:, None] * torch.arange(n)), "an exponential of Ā"),
    ("C to the power", lambda A, B, C, n: torch.stack([B @ (C * A) ** j for j in range(n)]), "C to the power j"),
    ("ten taps", lambda A, B, C, n: (C * B) @ A[:, None] ** torch.arange(10), None),
    ("log of a clamp", lambda A, B, C, n: (C * B) @ (A[:, None].clamp(1e-30).log() * torch.arange(n)).exp(), KEPT_UP),
    ("a clamp", lambda A, B, C, n: (C * B) @ A.clamp(min=1e-6)[:, None] ** torch.arange(n), KEPT_UP),
    ("relu", lambda A, B, C, n: torch.stack([(C * F.relu(A) ** j * B).sum() for j in range(n)]), KEPT_UP),
    (
        "two sums multiplied",
        lambda A, B, C, n: torch.stack([(C * A**j).sum() * (A**j * B).sum() for j in range(n)]),
        "states that are added up too early",
    ),
    ("cumprod over the states", lambda A, B, C, n: (C * B) @ A[:, None].repeat(1, n).cumprod(0), MULTIPLIED),
    ("cumprod before the powers", lambda A, B, C, n: (C * B) @ A.cumprod(0)[:, None] ** torch.arange(n), MULTIPLIED),
    ("prod", lambda A, B, C, n: (C * B).sum() * A.prod() ** torch.arange(n), MULTIPLIED),
    ("prod in place of sum", lambda A, B, C, n: (C * B * A ** torch.arange(n)[:, None]).prod(-1), MULTIPLIED),
    (
        "ones and cumprod, wrong axis",
        lambda A, B, C, n: torch.cat([torch.ones(1, len(A)), A.repeat(n - 1, 1).cumprod(-1)]) @ (C * B),
        MULTIPLIED,
    ),
    ("(L, N)", lambda A, B, C, n: A ** torch.arange(n)[:, None] * B * C, "states that are not added up"),
    ("one by one for one state alone", kernel_that_crashes_for_several_states, None),
    ("B before the powers and after", lambda A, B, C, n: (C * B) @ (B * A ** torch.arange(n)[:, None]).T, TWICE),
    ("C before the powers and after", lambda A, B, C, n: (C * B * A ** torch.arange(n)[:, None]) @ C, TWICE),
    ("the first tap in front of the loop", kernel_with_its_first_tap_twice, "the first tap twice"),
    ("Ā·B̄ in each step", kernel_with_an_entrance_in_each_step, "B_bar to the power j"),
    ("C to the power j + 1", lambda A, B, C, n: ((A * C)[:, None] ** torch.arange(n)).T @ (B * C), "C to the power j"),
]

# Exercise 3: convolve (u, kernel)


def conv_after_ones(u, k):
    past = torch.ones(len(k) - 1)
    return conv_by_two_loops(torch.cat([past, u]), F.pad(k, (0, len(past))))[len(past) :]


def conv_by_two_loops(u, k):
    y = torch.zeros(len(u))
    for t in range(len(u)):
        for j in range(t + 1):
            y[t] += k[j] * u[t - j]
    return y


def conv_by_two_loops_and_on(u, k):
    room = (0, len(u) - 1)
    return conv_by_two_loops(F.pad(u, room), F.pad(k, room))


def conv_of_later_taps(u, k):
    y = torch.zeros(len(u))
    for t in range(len(u)):
        for j in range(t, len(u)):
            y[t] += k[j] * u[j - t]
    return y


def conv_by_a_matrix(u, k):
    lag = torch.arange(len(u))[:, None] - torch.arange(len(u))
    return torch.where(lag >= 0, k[lag], torch.tensor(0.0)) @ u


def conv_by_copies(u, k):
    return sum(F.pad(tap * u, (j, 0))[: len(u)] for j, tap in enumerate(k))


def conv_by_padding(u, k):
    L = len(u)
    return F.conv1d(u.view(1, 1, L), k.flip(0).view(1, 1, L), padding=L - 1).view(-1)[:L]


def conv_around(u, k):
    y = torch.zeros_like(u)
    for t in range(len(u)):
        for j in range(len(u)):
            y[t] += k[j] * u[t - j]
    return y


def conv_without_the_present(u, k):
    y = torch.zeros_like(u)
    for t in range(len(u)):
        for j in range(t):
            y[t] += k[j] * u[t - j - 1]
    return y


def conv_without_the_oldest(u, k):
    y = torch.zeros(len(u))
    for t in range(len(u)):
        for j in range(t):
            y[t] += k[j] * u[t - j]
    return y


def conv_with_three_axes(u, k):
    _, _, L = u.shape
    return F.conv1d(F.pad(u, (L - 1, 0)), k)


def conv_same(u, k):
    return F.conv1d(u[None, None], k.flip(0)[None, None], padding=len(u) // 2)[0, 0, : len(u)]


def conv_in_place(u, k):
    for t in reversed(range(len(u))):
        u[t] = (k[: t + 1].flip(0) * u[: t + 1]).sum()
    return u


def conv_that_overwrites(u, k):
    y = torch.zeros(len(u))
    for t in range(len(u)):
        for j in range(t + 1):
            y[t] = k[j] * u[t - j]
    return y


def conv_that_sums_on(u, k):
    y, total = torch.zeros(len(u)), 0
    for t in range(len(u)):
        for j in range(t + 1):
            total = total + k[j] * u[t - j]
        y[t] = total
    return y


def conv_after_a_mirror(u, k):
    padded = F.pad(u[None, None], (len(u) - 1, 0), mode="reflect")
    return F.conv1d(padded, k.flip(0)[None, None])[0, 0]


BACKWARDS = "a slice that runs backwards"
THE_END = "the end instead of the beginning"
TURNED_BACK = "an output that was turned round"

CONVOLVE = [
    (
        "exchanged",
        lambda u, k: F.conv1d(k.flip(0)[None, None], F.pad(u, (len(k) - 1, 0))[None, None]).view(-1),
        "a weight longer than its input",
    ),
    (
        "zeros before the taps",
        lambda u, k: F.conv1d(u[None, None], F.pad(k.flip(0), (len(u) - 1, 0))[None, None])[0, 0],
        "a weight longer than its input",
    ),
    (
        "taps without a channel",
        lambda u, k: F.conv1d(F.pad(u, (len(k) - 1, 0))[None, None], k.flip(0)[None])[0, 0],
        "missing axes",
    ),
    (
        "half on both sides",
        lambda u, k: F.conv1d(u[None, None], k.flip(0)[None, None], padding=(len(k) - 1) // 2).flatten(),
        "a centred output",
    ),
    ("two loops", conv_by_two_loops, "right"),
    ("a matrix", conv_by_a_matrix, "right"),
    ("delayed copies", conv_by_copies, "right"),
    ("padding=", conv_by_padding, "right"),
    ("numpy", lambda u, k: torch.from_numpy(np.convolve(u, k)[: len(u)]), "right"),
    ("dot products", lambda u, k: torch.stack([u[: t + 1] @ k[: t + 1].flip(0) for t in range(len(u))]), "right"),
    (
        "no flip",
        lambda u, k: F.conv1d(F.pad(u, (len(u) - 1, 0)).view(1, 1, -1), k.view(1, 1, -1)).view(-1),
        "a kernel that was not turned round",
    ),
    (
        "numpy, k backwards",
        lambda u, k: torch.from_numpy(np.convolve(u, k.flip(0))[: len(u)]),
        "a kernel that was not turned round",
    ),
    (
        "u backwards",
        lambda u, k: torch.from_numpy(np.convolve(u.flip(0), k)[: len(u)]),
        "an input that was turned round",
    ),
    (
        "u as the taps",
        lambda u, k: causal_conv(k[None, None], u[None], torch.zeros(1))[0, 0],
        "an input that was turned round",
    ),
    (
        "u turned, and the output turned back",
        lambda u, k: causal_conv(u.flip(0)[None, None], k[None], torch.zeros(1))[0, 0].flip(0),
        "the end instead of the beginning",
    ),
    ("not cut", lambda u, k: torch.from_numpy(np.convolve(u, k)), "an output that is too long"),
    ("the last L", lambda u, k: torch.from_numpy(np.convolve(u, k)[-len(u) :]), "the end instead of the beginning"),
    ("mode same", conv_same, "a centred output"),
    ("numpy same", lambda u, k: torch.from_numpy(np.convolve(u, k, mode="same")), "a centred output"),
    ("a negative index", conv_around, "a response that goes in a circle"),
    ("roll", lambda u, k: sum(tap * u.roll(j) for j, tap in enumerate(k)), "a response that goes in a circle"),
    ("one late", conv_without_the_present, "an output one step late"),
    ("a product", lambda u, k: k * u, "a product at each step"),
    (
        "[::-1]",
        lambda u, k: F.conv1d(F.pad(u, (len(u) - 1, 0))[None, None], k[::-1][None, None])[0, 0],
        "a slice that runs backwards",
    ),
    ("no axes", lambda u, k: F.conv1d(F.pad(u, (len(k) - 1, 0)), k.flip(0)), "missing axes"),
    ("no padding", lambda u, k: F.conv1d(u[None, None], k.flip(0)[None, None])[0, 0], "a kernel without room"),
    (
        "padding='same'",
        lambda u, k: F.conv1d(u[None, None], k.flip(0)[None, None], padding="same")[0, 0],
        "a centred output",
    ),
    (
        "u[t + j]",
        lambda u, k: torch.stack([u[t:] @ k[: len(u) - t] for t in range(len(u))]),
        "a response that runs into the past",
    ),
    ("range(t)", conv_without_the_oldest, "the oldest sample left out"),
    (
        "k[t - j] · u[t - j]",
        lambda u, k: torch.stack([sum(k[t - j] * u[t - j] for j in range(t + 1)) for t in range(len(u))]),
        "lag and step mixed up",
    ),
    ("three axes asked for", conv_with_three_axes, None),
    ("in place", conv_in_place, None),
    ("from t = 1", lambda u, k: F.pad(conv_by_two_loops(u, k)[1:], (1, 0)), "only the first one wrong"),
    ("no return", lambda u, k: conv_by_two_loops(u, k) and None, None),
    ("the first tap only", lambda u, k: k[0] * u, "a product at each step"),
    (
        "steps as sequences",
        lambda u, k: causal_conv(u.view(-1, 1, 1), k.flip(0)[None], torch.zeros(1)).flatten(),
        "a product at each step",
    ),
    (
        "[::-1] of an array",
        lambda u, k: causal_conv(u[None, None], torch.from_numpy(k.numpy()[::-1])[None], torch.zeros(1))[0, 0],
        BACKWARDS,
    ),
    ("numpy's flip", lambda u, k: conv_by_padding(u, torch.from_numpy(np.flip(k.numpy()))), BACKWARDS),
    ("a tensor of [::-1]", lambda u, k: conv_by_padding(u, torch.tensor(k.numpy()[::-1])), BACKWARDS),
    ("a mirror in front", conv_after_a_mirror, "a past that is not empty"),
    ("four taps", lambda u, k: sum(F.pad(tap * u, (j, 0))[: len(u)] for j, tap in enumerate(k[:4])), None),
    ("with axes", lambda u, k: conv_by_two_loops(u, k)[None, None], "axes that are left"),
    ("with one axis", lambda u, k: conv_by_two_loops(u, k).unsqueeze(0), "axes that are left"),
    ("an axis too few", lambda u, k: conv_by_two_loops(u, k)[0], "an output instead of an axis"),
    ("all taps now", lambda u, k: sum(tap * u for tap in k), "lag and step mixed up"),
    (
        "k[j] · u[t]",
        lambda u, k: torch.stack([sum(k[j] * u[t] for j in range(t + 1)) for t in range(len(u))]),
        "lag and step mixed up",
    ),
    ("k[t] · u[j]", lambda u, k: k * u.cumsum(0), "lag and step mixed up"),
    ("a table, added up over the samples", lambda u, k: torch.outer(u, k).sum(0), "lag and step mixed up"),
    (
        "rolled back",
        lambda u, k: sum(tap * u.roll(-j) for j, tap in enumerate(k)),
        "a response that runs into the past",
    ),
    (
        "a symmetric matrix",
        lambda u, k: k[(torch.arange(len(u))[:, None] - torch.arange(len(u))).abs()] @ u,
        "a response that runs into the past",
    ),
    ("ones before the start", conv_after_ones, "a past that is not empty"),
    ("L zeros", lambda u, k: F.pad(conv_by_two_loops(u, k), (1, 0)), "a zero too many"),
    ("turned back", lambda u, k: torch.flip(conv_by_two_loops(u, k), [0]), TURNED_BACK),
    ("a bias", lambda u, k: conv_by_two_loops(u, k) + torch.ones(1), "a bias of one"),
    ("detached", lambda u, k: conv_by_two_loops(u, k).detach(), "right"),
    ("a cumulative sum", lambda u, k: (u * k).cumsum(0), "lag and step mixed up"),
    ("an unknown name", lambda u, k: causal_convolution(u, k), None),  # noqa: F821
    ("one dot", lambda u, k: (u * k.flip(0)).sum(), "a kernel without room"),
    ("steps as channels", lambda u, k: u * k.flip(0), "a product at each step"),
    ("the outputs in place of the taps", lambda u, k: conv_by_two_loops(u, k.flip(0)).flip(0), TURNED_BACK),
    ("as it is, squeezed", lambda u, k: conv_by_padding(u, k.flip(0)).squeeze(), "a kernel that was not turned round"),
    ("same, squeezed", lambda u, k: conv_same(u, k).squeeze(), "a centred output"),
    ("zeros behind, squeezed", lambda u, k: conv_by_two_loops_and_on(u, k)[len(u) - 1 :].squeeze(), THE_END),
    ("sample j − t", conv_of_later_taps, TURNED_BACK),
    ("squeezed", lambda u, k: conv_by_two_loops(u, k)[None, None].squeeze(), "an axis too many taken off"),
    (
        "from j = 1",
        lambda u, k: torch.stack([sum((k[j] * u[t - j] for j in range(1, t + 1)), 0 * u[0]) for t in range(len(u))]),
        "the tap for now left out",
    ),
    (
        "zeros behind",
        lambda u, k: F.pad(u, (0, len(u) - 1)).unfold(0, len(u), 1) @ k.flip(0),
        "the end instead of the beginning",
    ),
    ("a cumulative sum of a turned kernel", lambda u, k: torch.cumsum(k.flip(0) * u, 0), "lag and step mixed up"),
    ("the last product", conv_that_overwrites, "a sum of which the last term is left"),
    ("a sum that goes on", conv_that_sums_on, "a sum that goes on"),
    (
        "padded by hand and by causal_conv",
        lambda u, k: causal_conv(F.pad(u, (len(u) - 1, 0))[None, None], k.flip(0)[None], torch.zeros(1))[0, 0],
        "zeros that are put in twice",
    ),
    (
        "padded twice, and cut",
        lambda u, k: F.conv1d(F.pad(u, (2 * len(u) - 2, 0))[None, None], k.flip(0)[None, None])[0, 0, : len(u)],
        "zeros that are put in twice",
    ),
    (
        "exchanged in causal_conv",
        lambda u, k: causal_conv(k.flip(0)[None], u[None, None], torch.zeros(1))[0, 0],
        "an axis too many",
    ),
    (
        "an axis too many",
        lambda u, k: causal_conv(u.view(1, 1, -1), k.view(1, 1, -1), torch.zeros(1)).flatten(),
        "an axis too many",
    ),
]

# Exercise 4: fft_convolve (u, kernel)


def fft_by_padding(u, k):
    U, K = (torch.fft.rfft(F.pad(v, (0, len(v)))) for v in (u, k))
    return torch.fft.irfft(U * K)[: len(u)]


def fft_complex(u, k, n=None, part=lambda y: y.real):
    n = n or 2 * len(u)
    return part(torch.fft.ifft(torch.fft.fft(u, n) * torch.fft.fft(k, n)))[: len(u)]


def fft_ortho(u, k):
    n = 2 * len(u)
    values = torch.fft.rfft(u, n, norm="ortho") * torch.fft.rfft(k, n, norm="ortho")
    return torch.fft.irfft(values, n, norm="ortho")[: len(u)]


def fft_back_again(u, k):
    n = 2 * len(u)
    return torch.fft.rfft(torch.fft.rfft(u, n) * torch.fft.rfft(k, n), n)[: len(u)]


def fft_by_a_table(u, k):
    """The hands in float32, as `to_values` of the notebook has them: long sums are rounded more."""
    n = 2 * len(u)
    hands = torch.exp(-2j * math.pi * torch.arange(n)[:, None] * torch.arange(n) / n)
    values = (hands[:, : len(u)] @ u.to(hands)) * (hands[:, : len(k)] @ k.to(hands))
    return (hands.conj() @ values).real[: len(u)] / n


def back_by_fft(u, k):
    n = 2 * len(u)
    return torch.fft.fft(torch.fft.fft(u, n) * torch.fft.fft(k, n)).real[: len(u)]


def fft_two_ways(u, k):
    n = 2 * len(u)
    U, K = torch.view_as_real(torch.fft.rfft(u, n)), torch.view_as_real(torch.fft.rfft(k, n))
    real, imag = U[:, 0] * K[:, 0] - U[:, 1] * K[:, 1], U[:, 0] * K[:, 1] + U[:, 1] * K[:, 0]
    return torch.fft.irfft(torch.complex(real, imag), n)[: len(u)]


def fft_joined(join, n=lambda L: 2 * L, back=lambda n: n, cut=lambda y, L: y[:L]):
    """An FFT view with another way to join the values, other points, another n for the way back, or another cut."""

    def view(u, k):
        L = len(u)
        values = join(torch.fft.rfft(u, n=n(L)), torch.fft.rfft(k, n=n(L)))
        return cut(torch.fft.irfft(values, n=back(n(L))), L)

    return view


def times(U, K):
    return U * K


def fft_by_numpy(u, k, n):
    values = np.fft.irfft(np.fft.rfft(u, n) * np.fft.rfft(k, n))[: len(u)]
    return torch.from_numpy(values).to(u.dtype)  # NumPy before 2.0 computes it in float64


def fft_of_few_values(u, k):
    L = len(u)
    values = torch.fft.rfft(u, 2 * L)[:L] * torch.fft.rfft(k, 2 * L)[:L]
    return torch.fft.irfft(values)[:L]


MIDDLE = "a centred output"


def fft_of_one(u, k, n):
    return torch.fft.irfft(torch.fft.rfft(u, n=n) * k, n=n)[: len(u)]


def fft_at(u, k, n, m):
    return torch.fft.irfft(torch.fft.rfft(u, n=n) * torch.fft.rfft(k, n=m), n=n)[: len(u)]


def fft_forth_twice_imported(u, k):
    from torch.fft import rfft

    values = rfft(u, 2 * len(u)) * rfft(k, 2 * len(u))
    return rfft(values)[: len(u)]


FFT = [
    ("taps in place of values", lambda u, k: fft_of_one(u, k, 2 * len(u)), "two lists of different lengths"),
    (
        "taps in place of values, complex",
        lambda u, k: torch.fft.ifft(torch.fft.fft(u, 2 * len(u)) * k).real[: len(u)],
        "two lists of different lengths",
    ),
    ("2L and 2L − 1", lambda u, k: fft_at(u, k, 2 * len(u), 2 * len(u) - 1), "two lists of different lengths"),
    ("2L − 1 and 2L", lambda u, k: fft_at(u, k, 2 * len(u) - 1, 2 * len(u)), "two lists of different lengths"),
    (
        "rfft and fft",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * len(u)) * torch.fft.fft(k, 2 * len(u)))[: len(u)],
        "two lists of different lengths",
    ),
    ("rfft and rfft, imported", fft_forth_twice_imported, "complex numbers for rfft"),
    ("complex samples", lambda u, k: fft_by_padding(u.to(torch.complex64), k), "complex numbers for rfft"),
    ("a sum over the points", fft_joined(lambda U, K: (U * K).sum()), "values that are added up"),
    ("as many taps as values", lambda u, k: fft_of_one(u, k, 2 * len(u) - 1), "a product before the transform"),
    ("u flipped", lambda u, k: fft_by_padding(u.flip(0), k), "an input that was turned round"),
    (
        "n on the way back alone",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u) * torch.fft.rfft(k), n=2 * len(u)).split(len(u))[0],
        "a larger clock for the way back alone",
    ),
    (
        "half of the hours",
        lambda u, k: torch.fft.ifft(torch.fft.rfft(u, 2 * len(u)) * torch.fft.rfft(k, 2 * len(k)), 2 * len(u)).real[
            : len(u)
        ],
        "a way back from half of the hours",
    ),
    (
        "L values",
        lambda u, k: torch.fft.irfft(
            (torch.fft.rfft(k, 2 * len(u)) * torch.fft.rfft(u, 2 * len(u))).narrow(0, 0, len(u)), 2 * len(u)
        )[: len(u)],
        "values that are cut",
    ),
    ("F.pad", fft_by_padding, "right"),
    ("complex, .real", fft_complex, "right"),
    ("real and imaginary", fft_two_ways, "right"),
    ("2L − 1", fft_joined(times, n=lambda L: 2 * L - 1), "right"),
    ("a power of two", fft_joined(times, n=lambda L: 2 ** (2 * L - 1).bit_length()), "right"),
    ("numpy", lambda u, k: fft_by_numpy(u, k, 2 * len(u)), "right"),
    ("64 points", lambda u, k: fft_by_numpy(u, k, 64), "a clock for short inputs"),
    ("1024 points", lambda u, k: fft_by_numpy(u, k, 1024), "a clock for short inputs"),
    ("2048 points", lambda u, k: fft_by_numpy(u, k, 2048), "a clock for short inputs"),
    (
        "complex, n for u only",
        lambda u, k: torch.fft.ifft(torch.fft.fft(u, 2 * len(u)) * torch.fft.fft(k)).real[: len(u)],
        "two lists of different lengths",
    ),
    (
        "2L + 1, guessed",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * len(u) + 1) * torch.fft.rfft(k, 2 * len(u) + 1))[: len(u)],
        "a length that irfft must guess",
    ),
    ("@", fft_joined(lambda U, K: U @ K), "values that are added up"),
    ("squared", fft_joined(lambda U, K: U**2), "the input with itself"),
    ("rfft back", fft_back_again, "complex numbers for rfft"),
    ("detached", lambda u, k: fft_by_padding(u, k).detach(), "right"),
    ("a table of hands", fft_by_a_table, "right"),
    ("two loops", conv_by_two_loops, "right"),
    ("in float64", lambda u, k: fft_by_padding(u.double(), k.double()), None),
    ("n = L", fft_joined(times, n=lambda L: L), "a circular wrap"),
    ("no n", lambda u, k: torch.fft.irfft(torch.fft.rfft(u) * torch.fft.rfft(k)), "a circular wrap"),
    ("numpy, no n", lambda u, k: torch.from_numpy(np.fft.ifft(np.fft.fft(u) * np.fft.fft(k)).real), "a circular wrap"),
    ("complex, no n", lambda u, k: fft_complex(u, k, len(u)), "a circular wrap"),
    ("complex, no n, no .real", lambda u, k: torch.fft.ifft(torch.fft.fft(u) * torch.fft.fft(k)), "a circular wrap"),
    ("n = L + 1", fft_joined(times, n=lambda L: L + 1), "one hour more instead of twice as many"),
    ("n = 2L - 2", fft_joined(times, n=lambda L: 2 * L - 2), "one hour too few"),
    ("2 ** ceil", fft_joined(times, n=lambda L: 2 ** math.ceil(math.log2(L))), "the next power of two after L"),
    ("bit_length", fft_joined(times, n=lambda L: 1 << L.bit_length()), "the next power of two after L"),
    (
        "n for u only",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * len(u)) * torch.fft.rfft(k), 2 * len(u))[: len(u)],
        "two lists of different lengths",
    ),
    ("real parts", fft_joined(lambda U, K: U.real * K.real), "real parts too early"),
    ("sizes", fft_joined(lambda U, K: abs(U) * abs(K)), "sizes without angles"),
    ("conjugate", fft_joined(lambda U, K: U * torch.conj(K)), "a cross-correlation"),
    ("flipped", lambda u, k: fft_complex(u, k.flip(0)), "a kernel that was turned round"),
    ("sums", fft_joined(torch.add), "values that are added"),
    ("back with L", fft_joined(times, back=lambda n: n // 2), "a way back with the wrong n"),
    ("back with as many as values", fft_joined(times, back=lambda n: n // 2 + 1), "a way back with the wrong n"),
    (
        "back with L from 2L − 1",
        fft_joined(times, lambda L: 2 * L - 1, lambda n: n // 2 + 1),
        "a way back with the wrong n",
    ),
    (
        "odd, guessed",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * len(u) - 1) * torch.fft.rfft(k, 2 * len(u) - 1))[: len(u)],
        "a length that irfft must guess",
    ),
    ("not cut", fft_joined(times, cut=lambda y, L: y), "an output that is too long"),
    ("the last L", fft_joined(times, cut=lambda y, L: y[-L:]), "the outputs after the end"),
    ("the middle", fft_joined(times, cut=lambda y, L: y[L // 2 : L // 2 + L]), "a centred output"),
    ("as scipy's same", fft_joined(times, n=lambda L: 2 * L - 1, cut=lambda y, L: y[(L - 1) // 2 :][:L]), MIDDLE),
    (
        "irfft first",
        lambda u, k: torch.fft.rfft(torch.fft.irfft(u, 2 * len(u)) * torch.fft.irfft(k, 2 * len(u)), 2 * len(u))[:-1],
        "there and back exchanged",
    ),
    (
        "zeros in front",
        lambda u, k: fft_complex(F.pad(u, (len(u), 0)), F.pad(k, (0, len(k))), 2 * len(u))[: len(u)],
        "the outputs after the end",
    ),
    ("back with one less", fft_joined(times, back=lambda n: n - 1), "a way back with the wrong n"),
    (
        "back with one more",
        fft_joined(times, lambda L: 2 * L - 1, lambda n: n + 1),
        "a larger clock for the way back alone",
    ),
    ("the hands' own sums, divided by L", lambda u, k: 2 * fft_by_a_table(u, k), "another scale"),
    ("L values, no n", fft_of_few_values, "values that are cut"),
    ("complex", lambda u, k: fft_complex(u, k, part=lambda y: y), "a complex result"),
    ("ortho", fft_ortho, "another scale"),
    ("divided by n", lambda u, k: fft_complex(u, k) / (2 * len(u)), "another scale"),
    ("its sizes", lambda u, k: fft_complex(u, k, part=torch.abs), "sizes instead of signs"),
    ("imaginary part", lambda u, k: fft_complex(u, k, part=lambda y: y.imag), None),
    ("no way back", lambda u, k: torch.fft.rfft(u, 2 * len(u)) * torch.fft.rfft(k, 2 * len(u)), "no way back"),
    ("no return", lambda u, k: None, None),
    ("1.5 L", fft_joined(times, n=lambda L: L + L // 2), "half as much again"),
    ("3L // 2 + 1", fft_joined(times, n=lambda L: 3 * L // 2 + 1), "half as much again"),
    ("1.5 L rounded up", fft_joined(times, n=lambda L: math.ceil(1.5 * L)), "half as much again"),
    ("the real part of the product", fft_joined(lambda U, K: torch.real(U * K)), "real parts too early"),
    ("conjugate of u", fft_joined(lambda U, K: torch.conj(U) * K), "a cross-correlation"),
    (
        "a product of samples",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u * k, 2 * len(u)), 2 * len(u))[: len(u)],
        "a product before the transform",
    ),
    ("divided", fft_joined(torch.div), "values that are divided"),
    ("ten samples", fft_joined(times, n=lambda L: 10), None),
    ("rounded", lambda u, k: fft_complex(u, k).round(), None),
    ("a crash", lambda u, k: torch.fft.irfft(torch.fft.rfft(u, n=2 * u.shape[1])), None),
    ("fft twice", lambda u, k: back_by_fft(u, k) / (2 * len(u)), "the same way twice"),
    ("fft twice, not divided", lambda u, k: back_by_fft(u, k), "the same way twice"),
    ("the hands' own sums, not divided", lambda u, k: 2 * len(u) * fft_by_a_table(u, k), "another scale"),
    (
        "half of the hours, no n",
        lambda u, k: torch.fft.ifft(torch.fft.rfft(u, 2 * len(u)) * torch.fft.rfft(k, 2 * len(u))).real[: len(u)],
        "a way back from half of the hours",
    ),
    (
        "from the last step on",
        fft_joined(times, n=lambda L: 2 * L - 1, cut=lambda y, L: y[L - 1 :]),
        "the outputs after the end",
    ),
    (
        "L − 1 zeros in front",
        lambda u, k: fft_joined(times, n=lambda L: L)(F.pad(u, (len(u) - 1, 0)), F.pad(k, (0, len(k) - 1)))[: len(u)],
        "the outputs after the end",
    ),
    (
        "fft, and irfft without n",
        lambda u, k: torch.fft.irfft(torch.fft.fft(u, 2 * len(u)) * torch.fft.fft(k, 2 * len(u)))[: len(u)],
        "a length that irfft must guess",
    ),
]

# Bug hunt: mended_convolve (u, kernel)


def hunted(n, back=True, cut=lambda y, L: y[..., :L]):
    def view(u, k):
        L = u.shape[-1]
        values = torch.fft.rfft(u, n(L)) * torch.fft.rfft(k, n(L))
        return cut(torch.fft.irfft(values, n(L)) if back else torch.fft.irfft(values), L)

    return view


def mended_by_groups(u, k):
    L = u.shape[-1]
    return F.conv1d(F.pad(u, (L - 1, 0)), k.flip(-1)[:, None], groups=len(k))


def mended_row_by_row(u, k):
    return torch.stack([torch.stack([conv_by_padding(row, taps) for row, taps in zip(x, k, strict=True)]) for x in u])


def mended_for_sequence_0(u, k):
    return mended_by_groups(u[:1], k).expand(len(u), -1, -1)


def mended_for_channel_0(u, k):
    return mended_by_groups(u, k[:1].expand(len(k), -1))


def ceil(L):
    return 2 ** math.ceil(math.log2(L))


def hunted_in_front(u, k):
    L = u.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(F.pad(u, [L, 0])) * torch.fft.rfft(k, 2 * L))[..., :L]


def back_with(n, fewer):
    def view(u, k):
        L = u.shape[-1]
        values = torch.fft.rfft(u, n=n(L)) * torch.fft.rfft(k, n=n(L))
        return torch.fft.irfft(values, n=fewer(L))[..., :L]

    return view


back_on_a_larger_clock = back_with(ceil, lambda L: 2 * ceil(L))


def hunted_without_late_taps(u, k):
    L = u.shape[-1]
    return hunted(ceil)(u, k * (torch.arange(L) <= ceil(L) - L))


def hunted_in_front_of_both(u, k):
    return hunted(ceil)(*(F.pad(v, (v.shape[-1], 0)) for v in (u, k)))[..., : u.shape[-1]]


def hunted_by_channels(u, k):
    n = 2 * u.shape[1]
    return torch.fft.irfft(torch.fft.rfft(u, n) * torch.fft.rfft(k, n), n)[..., : u.shape[2]]


def mended_with_the_batch_as_length(u, k):
    n = 2 * len(u)
    return torch.fft.irfft(torch.fft.rfft(u, n) * torch.fft.rfft(k, n), n)[..., : len(u)]


def mended_with_the_channels_as_length(u, k):
    L = u.shape[1]
    return torch.fft.irfft(torch.fft.rfft(u, ceil(2 * L)) * torch.fft.rfft(k, ceil(2 * L)), ceil(2 * L))[..., :L]


def hunted_with(both):
    def view(u, k):
        n = 2 * u.shape[-1]
        return torch.fft.irfft(both(u, k, n), n)[..., : u.shape[-1]]

    return view


def mended_for_u_alone(u, k):
    n = ceil(u.shape[-1])
    return torch.fft.irfft(torch.fft.rfft(u, 2 * n) * torch.fft.rfft(k, n), 2 * n)[..., : u.shape[-1]]


def hunted_with_a_clock_in_front(u, k):
    n, L = ceil(u.shape[-1]), u.shape[-1]
    U = torch.fft.rfft(torch.cat([torch.zeros(*u.shape[:-1], n), u], dim=-1), 2 * n)
    return torch.fft.irfft(U * torch.fft.rfft(k, 2 * n))[..., :L]


def mended_without_real(u, k):
    n = ceil(2 * u.shape[-1])
    return torch.fft.ifft(torch.fft.fft(u, n) * torch.fft.fft(k, n))[..., : u.shape[-1]]


NO_ROOM = "no room at all"

HALF = "half of the clock"

HUNT = [
    ("the natural logarithm of L", hunted(lambda L: 2 ** math.ceil(math.log(L))), "a natural logarithm"),
    ("as many as channels", hunted_by_channels, "a clock for the batch"),
    (
        "the values",
        lambda u, k: torch.mul(*(torch.fft.rfft(v, 2 * v.shape[-1]) for v in (u, k)))[..., : len(u.mT[0])],
        "no way back",
    ),
    (
        "hidden until it comes",
        lambda u, k: torch.where((u != 0).cummax(-1).values, hunted(ceil)(u, k), torch.zeros(())),
        "outputs that are hidden",
    ),
    ("the last of the suspect's", hunted(ceil, cut=lambda y, L: y[..., -L:]), "the end of the clock"),
    ("one and a half", hunted(lambda L: ceil(L + L // 2)), "half as much again"),
    ("the suspect with a flip", lambda u, k: hunted(ceil)(u, k.flip(1)), "a kernel that was turned round"),
    (
        "conjugate",
        lambda u, k: torch.fft.irfft(torch.conj(torch.fft.rfft(k, 999)) * torch.fft.rfft(u, 999), 999)[
            ..., : u.shape[2]
        ],
        "a cross-correlation",
    ),
    ("flipped there and back", lambda u, k: mended_by_groups(u.flip(-1), k).flip(-1), "a cross-correlation"),
    ("one less, guessed", hunted(lambda L: 2 * ceil(L) - 1, back=False), "a length that irfft must guess"),
    ("complex", mended_without_real, "a complex result"),
    ("base e", hunted(lambda L: 2 ** math.ceil(math.log(2 * L))), "a natural logarithm"),
    ("2 ** ceil(log2(2L))", hunted(lambda L: ceil(2 * L)), "right"),
    ("2 ** (ceil + 1)", hunted(lambda L: 2 * ceil(L)), "right"),
    ("2L − 1", hunted(lambda L: 2 * L - 1), "right"),
    ("bit_length of 2L", hunted(lambda L: 1 << (2 * L).bit_length()), "right"),
    ("groups", mended_by_groups, "right"),
    ("row by row", mended_row_by_row, "right"),
    ("no gradients", torch.no_grad()(mended_by_groups), None),
    ("no gradient for the kernel", lambda u, k: mended_by_groups(u, k.detach()), None),
    ("below zero in Python", lambda u, k: sum(k[:, j, None] * u.roll(j, -1) for j in range(u.shape[-1])), NO_ROOM),
    ("as it was", hunted(ceil), "the bug as it was"),
    ("floor + 1", hunted(lambda L: 2 ** (math.floor(math.log2(L)) + 1)), "the next power of two after L"),
    ("ceil of log2(L + 1)", hunted(lambda L: ceil(L + 1)), "the next power of two after L"),
    ("ceil + 1 point", hunted(lambda L: ceil(L) + 1), "one point more"),
    ("L + 1", hunted(lambda L: L + 1), "one point more"),
    ("1.5 L", hunted(lambda L: int(1.5 * L)), "half as much again"),
    ("n = L", hunted(lambda L: L), "no room at all"),
    ("no n", lambda u, k: torch.fft.irfft(torch.fft.rfft(u) * torch.fft.rfft(k)), "no room at all"),
    ("complex, no n", lambda u, k: torch.fft.ifft(torch.fft.fft(u) * torch.fft.fft(k)).real, "no room at all"),
    ("the last L", hunted(lambda L: 2 * L, cut=lambda y, L: y[..., -L:]), "the wrong half"),
    ("not cut", hunted(lambda L: 2 * L, cut=lambda y, L: y), "an output that is too long"),
    ("the batch is cut", hunted(lambda L: 2 * L, cut=lambda y, L: y[:L]), "an output that is too long"),
    (
        "u only",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * u.shape[-1]) * torch.fft.rfft(k)),
        "two lists of different lengths",
    ),
    ("2L − 2", hunted(lambda L: 2 * L - 2), "one hour too few"),
    ("always 1024", hunted(lambda L: 1024), "a clock for short inputs"),
    ("always 1500", hunted(lambda L: 1500), "a clock for short inputs"),
    ("always 2048", hunted(lambda L: 2048), "a clock for short inputs"),  # enough for all samples in the notebook, 1024
    ("2048 at least", hunted(lambda L: max(2048, ceil(L))), "a clock for short inputs"),
    ("half as many again as before", hunted(lambda L: ceil(L) + ceil(L) // 2), "half as much again"),
    ("2L − 1 rounded down", hunted(lambda L: 2 ** int(math.log2(2 * L - 1))), "the bug as it was"),
    ("2L + 1, guessed", hunted(lambda L: 2 * L + 1, back=False), "a length that irfft must guess"),
    ("round", hunted(lambda L: 2 ** round(math.log2(2 * L))), "a power of two that is rounded down"),
    ("2L − 1, guessed", hunted(lambda L: 2 * L - 1, back=False), "a length that irfft must guess"),
    ("flipped", lambda u, k: hunted(lambda L: 2 * L)(u, k.flip(-1)), "a kernel that was turned round"),
    (
        "len(u)",
        lambda u, k: torch.fft.irfft(torch.fft.rfft(u, 2 * len(u)) * torch.fft.rfft(k, 2 * len(u))),
        "a clock for the batch",
    ),
    ("sequence 0", mended_for_sequence_0, None),
    ("channel 0", mended_for_channel_0, None),
    ("no flip", lambda u, k: mended_by_groups(u, k.flip(-1)), "a kernel that was turned round"),
    ("in place", lambda u, k: u.copy_(mended_by_groups(u, k)), None),
    ("no return", lambda u, k: None, None),
    ("no groups", lambda u, k: F.conv1d(F.pad(u, (u.shape[-1] - 1, 0)), k.flip(-1)[:, None]), None),
    (
        "zeroed before the impulse",
        lambda u, k: hunted(ceil)(u, k) * (u.cumsum(-1) != 0),
        "outputs that are hidden",
    ),
    ("half the kernel", lambda u, k: hunted(ceil)(u, k[:, : k.shape[1] // 2]), "a kernel that was cut"),
    ("2 log2", hunted(lambda L: math.ceil(math.log2(L)) * 2), "a logarithm as the number of points"),
    ("log2 alone", hunted(lambda L: math.ceil(math.log2(2 * L))), "a logarithm as the number of points"),
    ("the end of a power of two", hunted(lambda L: ceil(2 * L), cut=lambda y, L: y[..., -L:]), "the end of the clock"),
    ("zeros in front", hunted_in_front, "the wrong half"),
    (
        "zeros in front, a power of two",
        lambda u, k: hunted(lambda L: ceil(L))(F.pad(u, (u.shape[-1], 0)), k)[..., : u.shape[-1]],
        "the end of the clock",
    ),
    ("ceil of log2(1.5 L)", hunted(lambda L: ceil(1.5 * L)), "half as much again"),
    ("sixteen points", hunted(lambda L: 16), "a clock for short inputs"),
    ("a square of a logarithm", hunted(lambda L: math.ceil(math.log2(2 * L)) ** 2), "a clock for short inputs"),
    ("eight hours more", hunted(lambda L: L + 8), "a clock for short inputs"),
    ("a floor", hunted(lambda L: 2 ** int(math.log2(L))), "a power of two that is rounded down"),
    ("from L on", hunted(lambda L: ceil(2 * L), cut=lambda y, L: y[..., L:]), "the wrong half"),
    ("back with L", back_with(lambda L: 2 * L, lambda L: L), "a way back with the wrong n"),
    ("back as it was", back_with(lambda L: 2 * ceil(L), ceil), "a way back with the wrong n"),
    ("back with as many as values", back_with(lambda L: 2 * L, lambda L: L + 1), "a way back with the wrong n"),
    ("2L − 2, a power of two", hunted(lambda L: ceil(2 * L - 2)), "one hour too few"),
    ("all with len(u)", mended_with_the_batch_as_length, "a clock for the batch"),
    ("all with shape[1]", mended_with_the_channels_as_length, "a clock for the batch"),
    ("more points for u alone", mended_for_u_alone, "two lists of different lengths"),
    *(
        (name, hunted_with(both), "two lists of different lengths")
        for name, both in (
            ("taps in place of values", lambda u, k, n: torch.fft.rfft(u, n) * k),
            ("taps added to values", lambda u, k, n: torch.fft.rfft(u, n) + k),
            ("2L and 2L − 1", lambda u, k, n: torch.fft.rfft(u, n) * torch.fft.rfft(k, n - 1)),
            ("rfft and fft", lambda u, k, n: torch.fft.rfft(u, n) * torch.fft.fft(k, n)),
        )
    ),
    ("zeros in front of u alone", hunted_with_a_clock_in_front, "the wrong half"),
    ("taps set to zero", hunted_without_late_taps, "a kernel that was cut"),
    ("zeros before both", hunted_in_front_of_both, None),
    ("a crash", lambda u, k: hunted(lambda L: L / 2)(u, k), None),
    ("twice the batch", lambda u, k: hunted(lambda L: 2 * len(u))(u, k), "a clock for the batch"),
    ("both len", lambda u, k: hunted(lambda L: len(u) + len(k))(u, k), "a clock for the batch"),
    ("both len, less 1", lambda u, k: hunted(lambda L: len(u) + len(k) - 1)(u, k), "a clock for the batch"),
    ("L and the channels", lambda u, k: hunted(lambda L: L + len(k) - 1)(u, k), "a clock for the batch"),
    ("L and the channels, 2 **", lambda u, k: hunted(lambda L: ceil(L + k.shape[0]))(u, k), "a clock for the batch"),
    ("the batch and L", lambda u, k: hunted(lambda L: len(u) + L)(u, k), "a clock for the batch"),
    ("half of the clock", hunted(lambda L: ceil(2 * L), cut=lambda y, L: y[..., : ceil(2 * L) // 2]), HALF),
    ("2 ** L", hunted(lambda L: 2**L), None),
    ("irfft alone", back_on_a_larger_clock, "a larger clock for the way back alone"),
    ("3L // 2 + 1", hunted(lambda L: 3 * L // 2 + 1), "half as much again"),
    ("the first of the batch", lambda u, k: mended_by_groups(u[:1], k), "only the first of the batch"),
]

# Exercise 5: is_time_invariant (layer, u, shift)


def delayed(v, s):
    return torch.cat([torch.zeros(s), v[: len(v) - s]])


def close(a, b):
    return torch.allclose(a, b, atol=1e-4, rtol=1e-3)


def moved_on(v, s):
    late = v.clone()
    late[s:] = v[:-s]
    return late


def silenced(v, s):
    return torch.cat([torch.zeros(s), v[s:]])


def invariant_by_a_loop(layer, u, s):
    late, plain = layer(delayed(u, s)), layer(u)
    return all(abs(late[t] - (plain[t - s] if t >= s else 0)) < 1e-3 for t in range(len(u)))


def invariant_at_the_first_step(layer, u, s):
    late, plain = layer(delayed(u, s)), layer(u)
    for t in range(len(u)):
        return bool(abs(late[t] - (plain[t - s] if t >= s else 0)) < 1e-3)


def invariant_in_place(layer, u, s):
    y = layer(u.clone())
    u[s:] = u[:-s].clone()
    u[:s] = 0
    return close(layer(u), delayed(y, s))


def invariant_from_the_shift_on(layer, u, s):
    return close(layer(delayed(u, s))[s:], layer(u)[:-s])


def invariant_by_the_norm(layer, u, s):
    return bool((layer(delayed(u, s)) - delayed(layer(u), s)).norm() < 1e-3)


def invariant_to_digits(digits):
    def invariant(layer, u, s):
        return np.array_equal(np.round(layer(delayed(u, s)), digits), np.round(delayed(layer(u), s), digits))

    return invariant


def invariant_by_squares(room):
    return lambda layer, u, s: F.mse_loss(layer(delayed(u, s)), delayed(layer(u), s)).item() < room


def held(v, s):
    return torch.cat([v[:1].repeat(s), v[:-s]])


def invariant_after_one_zero(layer, u, s):
    def late(v):
        v = v.roll(s)
        v[0] = 0
        return v

    return close(layer(late(u)), late(layer(u)))


def invariant_for_shift(own):
    return lambda layer, u, s: close(layer(delayed(u, own)), delayed(layer(u), own))


def invariant_on(make):
    return lambda layer, u, s: close(layer(delayed(make(u), s)), delayed(layer(make(u)), s))


def invariant_as_a_tensor(layer, u, s):
    return (layer(delayed(u, s)) - delayed(layer(u), s)).abs().max() < 1e-3


def invariant_without_return(layer, u, s):
    close(layer(delayed(u, s)), delayed(layer(u), s))


def invariant_by_assert_close(**room):
    def invariant(layer, u, s):
        torch.testing.assert_close(delayed(layer(u), s), layer(delayed(u, s)), **room)
        return True

    return invariant


ROOM = "too much room"
PEAK = "a look at the largest output"
NOT_GONE = "an end that is not gone"
SILENCED = "the first samples set to zero"
FORGETS = "a comparison that forgets the order"
ONE_INPUT = "one input for both outputs"
DIFFER = "two delays that differ"
STARTED = "a start that is not empty"
ASSERTED = "an assertion in the place of an answer"
LONGER = "an input that got longer"
LIKE = "a likeness in the place of equality"
LEFT_OUT = "a step that is left out"


def invariant_by_a_claim(layer, u, s):
    assert close(layer(delayed(u, s)), delayed(layer(u), s)), "not time-invariant"
    return True


def invariant_by_a_claim_of_numpy(layer, u, s):
    np.testing.assert_allclose(layer(delayed(u, s)), delayed(layer(u), s), atol=1e-4)


def invariant_on_longer_inputs(answer):
    def invariant(layer, u, s):
        try:
            late = layer(torch.cat([torch.zeros(s), u]))
        except Exception:
            return answer
        return close(late[s:], layer(u))

    return invariant


def invariant_but_for_the_last(layer, u, s):
    late, y = layer(delayed(u, s)), layer(u)
    return all(close(late[t], y[t - s]) for t in range(s, len(u) - 1))


def invariant_relatively(layer, u, s):
    late, y = layer(delayed(u, s)), delayed(layer(u), s)
    return bool((late - y).norm() / y.norm() < 1e-4)


def invariant_by_some_shift(layer, u, s):
    return any(close(layer(delayed(u, own)), delayed(layer(u), own)) for own in range(1, s + 1))


def alike(how, room):
    return lambda layer, u, s: bool(how(layer(delayed(u, s)), delayed(layer(u), s)) > room)


def invariant_of_the_start(cut, end):
    """A test for causality: what comes from `cut` on is another input, and all before it must stay."""

    def invariant(layer, u, s):
        other, start = u.clone(), slice(cut(u, s))
        other[cut(u, s) :] = end
        return close(layer(other)[start], layer(u)[start])

    return invariant


TIME = [
    (
        "an answer a step",
        lambda layer, u, s: (layer(delayed(u, s)) - delayed(layer(u), s)).abs() < 1e-3,
        "an answer for each step",
    ),
    ("louder", lambda layer, u, s: close(layer(s + u), s + layer(u)), "a number that is added to the samples"),
    (
        "an impulse, from the shift on",
        lambda layer, u, s: close(layer(torch.eye(len(u))[s])[s:], layer(torch.eye(len(u))[0])[:-s]),
        "an input of your own",
    ),
    ("a loop", invariant_by_a_loop, "right"),
    ("from the shift on", invariant_from_the_shift_on, "right"),
    ("the norm", invariant_by_the_norm, "right"),
    ("one digit", invariant_to_digits(1), ROOM),
    ("two digits", invariant_to_digits(2), "right"),
    ("three digits", invariant_to_digits(3), "right"),
    ("squares", invariant_by_squares(1e-6), "right"),
    ("squares with room", invariant_by_squares(1e-3), ROOM),
    ("squares with much room", invariant_by_squares(1e-2), ROOM),
    (
        "noise",
        lambda layer, u, s: close(layer(delayed(v := torch.randn_like(u), s)), delayed(layer(v), s)),
        "an input of your own",
    ),
    ("one zero after a roll", invariant_after_one_zero, NOT_GONE),
    (
        "moved back, with zeros at the end",
        lambda layer, u, s: close(F.pad(layer(delayed(u, s))[s:], (0, s)), layer(u)),
        NOT_GONE,
    ),
    ("both fronts held", lambda layer, u, s: close(layer(held(u, s)), held(layer(u), s)), STARTED),
    ("zeros and cat", lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), s)), "right"),
    ("numpy", lambda layer, u, s: bool(np.allclose(layer(delayed(u, s)), delayed(layer(u), s), atol=1e-4)), "right"),
    (
        "the largest",
        lambda layer, u, s: (layer(delayed(u, s)) - delayed(layer(u), s)).abs().max().item() < 1e-3,
        "right",
    ),
    ("roll", lambda layer, u, s: close(layer(torch.roll(u, s)), torch.roll(layer(u), s)), NOT_GONE),
    (
        "pad and roll",
        lambda layer, u, s: close(layer(delayed(u, s)), layer(u).roll(s)),
        NOT_GONE,
    ),
    (
        "roll and pad",
        lambda layer, u, s: close(layer(torch.roll(u, s)), delayed(layer(u), s)),
        NOT_GONE,
    ),
    (
        "longer",
        lambda layer, u, s: close(layer(torch.cat([torch.zeros(s), u]))[s:], layer(u)),
        "an input that got longer",
    ),
    ("shorter", lambda layer, u, s: close(layer(u[s:]), layer(u)[s:]), "an input of another length"),
    ("not delayed", lambda layer, u, s: close(layer(delayed(u, s)), layer(u)), "an output that was not delayed"),
    ("equal", lambda layer, u, s: layer(delayed(u, s)).equal(delayed(layer(u), s)), "a comparison to the bit"),
    ("==", lambda layer, u, s: bool((layer(delayed(u, s)) == delayed(layer(u), s)).all()), "a comparison to the bit"),
    ("doubled", lambda layer, u, s: close(layer(2 * u), 2 * layer(u)), "a test for linearity"),
    ("earlier", lambda layer, u, s: close(layer(F.pad(u, (-s, s)))[:-s], layer(u)[s:]), "a shift into the past"),
    (
        "the last",
        lambda layer, u, s: close(layer(delayed(u, s))[-1], layer(u)[-1 - s]),
        "a look at one end only",
    ),
    (
        "the first",
        lambda layer, u, s: close(layer(delayed(u, s))[s], layer(u)[0]),
        "a look at one end only",
    ),
    ("against the input", lambda layer, u, s: close(layer(u), delayed(u, s)), "a test whether the system is a delay"),
    (
        "against the input, both late",
        lambda layer, u, s: close(delayed(layer(u), s), delayed(u, s)),
        "a test whether the system is a delay",
    ),
    (
        "sums",
        lambda layer, u, s: close(layer(delayed(u, s)).sum(), delayed(layer(u), s).sum()),
        "a comparison that forgets the order",
    ),
    ("shift 1", invariant_for_shift(1), "a shift of your own"),
    ("shift 2", invariant_for_shift(2), "a shift of your own"),
    ("ones", invariant_on(torch.ones_like), "an input of your own"),
    ("an impulse", invariant_on(lambda u: torch.eye(len(u))[0]), "an input of your own"),
    ("a late impulse", invariant_on(lambda u: torch.eye(len(u))[-1]), "an input of your own"),
    (
        "no room",
        lambda layer, u, s: torch.allclose(layer(delayed(u, s)), delayed(layer(u), s)),
        "a comparison to the bit",
    ),
    (
        "a unit of room",
        lambda layer, u, s: np.allclose(layer(delayed(u, s)), delayed(layer(u), s), atol=1),
        "too much room",
    ),
    (
        "any",
        lambda layer, u, s: any(close(a, b) for a, b in zip(layer(delayed(u, s)), delayed(layer(u), s), strict=True)),
        "one equal step is enough",
    ),
    (
        "no abs",
        lambda layer, u, s: bool((layer(delayed(u, s)) - delayed(layer(u), s) < 1e-3).all()),
        "a difference with its sign",
    ),
    (
        "delayed twice",
        lambda layer, u, s: close(late := layer(delayed(u, s)), delayed(late, s)),
        "one input for both outputs",
    ),
    ("True", lambda layer, u, s: True, "a test that never says False"),
    (
        "silence at first",
        lambda layer, u, s: close(layer(delayed(u, s))[:s], torch.zeros(s)),
        "only the steps before the input",
    ),
    ("a return in the loop", invariant_at_the_first_step, "only the steps before the input"),
    (
        "the loudest step",
        lambda layer, u, s: close(max(layer(delayed(u, s))), max(delayed(layer(u), s))),
        "a comparison that forgets the order",
    ),
    ("False", lambda layer, u, s: False, None),
    ("in place", invariant_in_place, None),
    ("no return", invariant_without_return, None),
    ("a tensor", invariant_as_a_tensor, None),
    ("zeros", invariant_on(torch.zeros_like), "an input of your own"),
    (
        "one more",
        lambda layer, u, s: close(layer(delayed(u, s + 1)), delayed(layer(u), s + 1)),
        "a shift of your own",
    ),
    (
        "added",
        lambda layer, u, s: close(layer(u + u), layer(u) + layer(u)),
        "a test for linearity",
    ),
    ("the layer on itself", lambda layer, u, s: close(layer(u), layer(u)), "a test that never says False"),
    ("by name", lambda layer, u, s: "leaky" in layer.__name__, None),
    (
        "the beginning",
        lambda layer, u, s: close(layer(delayed(u, s))[: s + 1], delayed(layer(u), s)[: s + 1]),
        "a look at one end only",
    ),
    (
        "sorted",
        lambda layer, u, s: close(layer(delayed(u, s)).sort()[0], delayed(layer(u), s).sort()[0]),
        "a comparison that forgets the order",
    ),
    ("a crash", lambda layer, u, s: close(layer(F.pad(u, s)), F.pad(layer(u), (s, 0))), None),
    ("negative", lambda layer, u, s: not close(layer(delayed(u, s)), delayed(layer(u), s)), "True and False exchanged"),
    ("the output alone", lambda layer, u, s: close(layer(u), delayed(layer(u), s)), ONE_INPUT),
    ("the output with itself, later", lambda layer, u, s: close((y := layer(u))[s:], y[:-s]), ONE_INPUT),
    ("the output two shifts late", lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), 2 * s)), DIFFER),
    ("the input two shifts late", lambda layer, u, s: close(layer(delayed(u, 2 * s)), delayed(layer(u), s)), DIFFER),
    ("one step more", lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), s + 1)), DIFFER),
    ("one step less", lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), s - 1)), DIFFER),
    ("the front left as it was", lambda layer, u, s: close(layer(moved_on(u, s)), delayed(layer(u), s)), STARTED),
    (
        "both fronts left as they were",
        lambda layer, u, s: close(layer(moved_on(u, s)), moved_on(layer(u), s)),
        STARTED,
    ),
    (
        "the front left as it was, from the shift on",
        lambda layer, u, s: close(layer(moved_on(u, s))[s:], layer(u)[:-s]),
        STARTED,
    ),
    (
        "ones in front",
        lambda layer, u, s: close(layer(F.pad(u[:-s], (s, 0), value=1.0)), delayed(layer(u), s)),
        STARTED,
    ),
    (
        "ones in front, from the shift on",
        lambda layer, u, s: close(layer(F.pad(u[:-s], (s, 0), value=1.0))[s:], layer(u)[:-s]),
        STARTED,
    ),
    (
        "not delayed, from the shift on",
        lambda layer, u, s: close(layer(delayed(u, s))[s:], layer(u)[s:]),
        "an output that was not delayed",
    ),
    (
        "zeros behind, cut off again",
        lambda layer, u, s: close(layer(F.pad(u, (0, s))[: len(u)]), delayed(layer(u), s)),
        ONE_INPUT,
    ),
    (
        "the late output with itself, later",
        lambda layer, u, s: close((late := layer(delayed(u, s)))[s:], late[:-s]),
        ONE_INPUT,
    ),
    (
        "a mean with room",
        lambda layer, u, s: bool((layer(delayed(u, s)) - delayed(layer(u), s)).abs().mean() < 0.01),
        ROOM,
    ),
    ("sizes alone", lambda layer, u, s: close(layer(delayed(u, s)).abs(), delayed(layer(u), s).abs()), None),
    (
        "the input the wrong way",
        lambda layer, u, s: close(layer(torch.cat([u[s:], torch.zeros(s)])), delayed(layer(u), s)),
        "two delays that differ",
    ),
    (
        "the wrong way",
        lambda layer, u, s: close(layer(delayed(u, s)), F.pad(layer(u)[s:], (0, min(s, len(u))))),
        "two delays that differ",
    ),
    (
        "late twice",
        lambda layer, u, s: close(delayed(layer(delayed(u, s)), s), delayed(layer(u), s)),
        "times that do not belong together",
    ),
    (
        "rolled in",
        lambda layer, u, s: close(layer(u.roll(s))[s:], layer(u)[: len(u) - s]),
        NOT_GONE,
    ),
    (
        "a signed mean",
        lambda layer, u, s: bool((layer(delayed(u, s)) - delayed(layer(u), s)).mean() < 1e-4),
        "a difference with its sign",
    ),
    ("sums", lambda layer, u, s: close(layer(delayed(u, s)).sum(), layer(u).sum()), FORGETS),
    (
        "a tenth of room",
        lambda layer, u, s: torch.allclose(layer(delayed(u, s)), delayed(layer(u), s), atol=0.1),
        "too much room",
    ),
    (
        "the first sample again",
        lambda layer, u, s: close(layer(torch.cat([u[:1].expand(s), u[:-s]])), delayed(layer(u), s)),
        STARTED,
    ),
    ("cut behind", lambda layer, u, s: close(layer(u[:-s]), layer(u)[:-s]), "a test for causality"),
    (
        "the late one delayed",
        lambda layer, u, s: close(delayed(layer(delayed(u, s)), s), layer(u)),
        "times that do not belong together",
    ),
    (
        "the first sample again, from the shift on",
        lambda layer, u, s: close(layer(torch.cat([u[:1].repeat(s), u[:-s]]))[s:], layer(u)[:-s]),
        STARTED,
    ),
    ("a number below 1", lambda layer, u, s: bool((layer(delayed(u, s)) - delayed(layer(u), s)).abs().max() < 1), ROOM),
    (
        "the short one for itself",
        lambda layer, u, s: close(layer(delayed(u, s))[s:], layer(u[:-s])),
        "an input of another length",
    ),
    (
        "any, from the shift on",
        lambda layer, u, s: bool(((layer(delayed(u, s))[s:] - layer(u)[:-s]).abs() < 1e-4).any()),
        "one equal step is enough",
    ),
    ("a ramp", invariant_on(lambda u: torch.arange(len(u)).float()), "an input of your own"),
    (
        "a sum of two",
        lambda layer, u, s: close(layer(delayed(u, s) + u), layer(delayed(u, s)) + layer(u)),
        "a test for linearity",
    ),
    ("the largest moves", lambda layer, u, s: bool(layer(delayed(u, s)).argmax() == layer(u).argmax() + s), PEAK),
    ("the largest", lambda layer, u, s: bool(layer(delayed(u, s)).argmax() == delayed(layer(u), s).argmax()), PEAK),
    (
        "silence at the end",
        lambda layer, u, s: close(layer(F.pad(u[:-s], (0, s)))[:-s], layer(u)[:-s]),
        "a test for causality",
    ),
    ("set to zero", lambda layer, u, s: close(layer(silenced(u, s)), silenced(layer(u), s)), SILENCED),
    ("set to zero, the rest", lambda layer, u, s: close(layer(silenced(u, s))[s:], layer(u)[s:]), SILENCED),
    (
        "room for a twentieth alone",
        lambda layer, u, s: torch.allclose(layer(delayed(u, s)), delayed(layer(u), s), rtol=0.05),
        "a comparison to the bit",
    ),
    ("== alone", lambda layer, u, s: layer(delayed(u, s)) == delayed(layer(u), s), "an answer for each step"),
    (
        "earlier, zeros behind",
        lambda layer, u, s: close(layer(F.pad(u[s:], (0, s))), F.pad(layer(u)[s:], (0, s))),
        "a shift into the past",
    ),
    ("assert_close", invariant_by_assert_close(), ASSERTED),
    ("assert_close with room", invariant_by_assert_close(rtol=1e-3, atol=1e-4), ASSERTED),
    ("assert_close with room of one's own", invariant_by_assert_close(rtol=1e-5, atol=1e-3), ASSERTED),
    ("assert with words", invariant_by_a_claim, ASSERTED),
    ("numpy's assert", invariant_by_a_claim_of_numpy, ASSERTED),
    ("longer, and False where it is refused", invariant_on_longer_inputs(False), LONGER),
    ("longer, and True where it is refused", invariant_on_longer_inputs(True), LONGER),
    ("a loop that ends early", invariant_but_for_the_last, LEFT_OUT),
    ("all but the first", lambda layer, u, s: close(layer(delayed(u, s))[s + 1 :], layer(u)[1:-s]), LEFT_OUT),
    ("divided", invariant_relatively, "a division by silence"),
    ("a cosine", alike(lambda a, b: F.cosine_similarity(a, b, dim=0), 0.999), LIKE),
    ("a correlation", alike(lambda a, b: np.corrcoef(a, b)[0, 1], 0.99), LIKE),
    ("one of the shifts", invariant_by_some_shift, None),
    (
        "linear, too",
        lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), s)) and close(layer(3 * u), 3 * layer(u)),
        "a test for linearity",
    ),
    (
        "cut off by one too many",
        lambda layer, u, s: close(layer(delayed(u, s))[s + 1 :], layer(u)[: -s - 1]),
        DIFFER,
    ),
    ("cut off at the wrong ends", lambda layer, u, s: close(layer(delayed(u, s))[:-s], layer(u)[s:]), DIFFER),
    (
        "both ends cut off",
        lambda layer, u, s: close(layer(delayed(u, s))[:-s], layer(u)[:-s]),
        "times that do not belong together",
    ),
    ("rolled the other way", lambda layer, u, s: close(layer(u.roll(-s)), layer(u).roll(-s)), "a shift into the past"),
    ("relative room", lambda layer, u, s: torch.allclose(layer(delayed(u, s)), delayed(layer(u), s), 0.2, 1e-4), ROOM),
    (
        "room of both kinds",
        lambda layer, u, s: np.allclose(layer(delayed(u, s)), delayed(layer(u), s), rtol=0.1, atol=0.1),
        ROOM,
    ),
    ("a fifth of room", lambda layer, u, s: torch.allclose(delayed(layer(u), s), layer(delayed(u, s)), atol=0.2), ROOM),
    ("the input 1 late", lambda layer, u, s: close(layer(delayed(u, 1)), delayed(layer(u), s)), DIFFER),
    ("the output 1 late", lambda layer, u, s: close(layer(delayed(u, s)), delayed(layer(u), 1)), DIFFER),
    ("the input set to zero", lambda layer, u, s: close(layer(silenced(u, s)), delayed(layer(u), s)), SILENCED),
    ("norms", lambda layer, u, s: close(layer(delayed(u, s)).norm(), layer(u)[:-s].norm()), FORGETS),
    ("all but the end", lambda layer, u, s: close(layer(delayed(u, s))[s:-s], layer(u)[: -2 * s]), LEFT_OUT),
    ("from two shifts on", lambda layer, u, s: close(layer(delayed(u, s))[2 * s :], layer(u)[s:-s]), LEFT_OUT),
    ("another end", invariant_of_the_start(lambda u, s: -s, 7.0), "a test for causality"),
    ("another half", invariant_of_the_start(lambda u, s: len(u) // 2, 7.0), "a test for causality"),
    ("a silent half", invariant_of_the_start(lambda u, s: len(u) // 2, 0.0), "a test for causality"),
    (
        "the output longer at its end",
        lambda layer, u, s: close(layer(delayed(u, s)), F.pad(layer(u), (0, s))),
        "a list that was not cut",
    ),
    (
        "the longer input in the place of an output",
        lambda layer, u, s: close(layer(delayed(u, s)), F.pad(u, (s, 0))),
        "a list that was not cut",
    ),
    (
        "the output longer",
        lambda layer, u, s: close(layer(delayed(u, s)), F.pad(layer(u), (s, 0))),
        "a list that was not cut",
    ),
    (
        "the input longer",
        lambda layer, u, s: close(layer(F.pad(u, (s, 0))), delayed(layer(u), s)),
        "an input that got longer",
    ),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "05",
        recurrence=RECURRENCE,
        ssm_kernel=KERNEL,
        convolve=CONVOLVE,
        fft_convolve=FFT,
        mended_convolve=HUNT,
        is_time_invariant=TIME,
    )
)


@pytest.mark.parametrize("id", ["05.fft_convolve", "05.mended_convolve"])
def test_a_mistake_is_shown_in_a_case_that_it_gets_wrong(id):
    for known in exercise(id).misconceptions:
        shown = [judge(exercise(id), answer, quiet=True).example for answer in known.answers]
        long_alone = [example for example in shown if "come out right" in str(example.raised)]
        assert bool(long_alone) == (known.name == "a clock for short inputs"), known.name


@pytest.mark.parametrize("named", [True, False])
def test_of_an_answer_that_fails_on_long_inputs_alone_the_card_says_so(named):
    hunt = exercise("05.mended_convolve")
    found = hunt if named else dataclasses.replace(hunt, misconceptions=[])
    text = card(found, judge(found, hunted(lambda L: 64), quiet=True)).text()
    assert ("a clock for short inputs" in text) == named
    assert "4 samples come out right, 1100 do not.\nThe case that comes out right:" in text
    assert not any(word in text for word in ("Error", "raised", "return", "got"))


def test_of_an_answer_that_raises_on_long_inputs_alone_the_card_says_so():
    hunt = exercise("05.mended_convolve")
    text = card(hunt, judge(hunt, hunted(lambda L: 2**L), quiet=True)).text()
    assert "4 samples come out right, 1100 raise" in text and "The case that comes out right:" in text
