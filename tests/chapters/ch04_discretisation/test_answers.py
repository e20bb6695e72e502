"""Answers to the exercises of notebook 04 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import cmath
import math

import numpy as np
import torch
from answer_rows import judged, rows

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge

OWN_FORMAT = "a number format of its own"
FEW_DIGITS = "a result with too few digits"
ANOTHER_END = "the end of another bucket"
CUT = "a quotient that is cut to whole numbers"
REAL = "a rule for real numbers alone"
TAKEN_OFF = "a slope that is taken off"
ADDED_UP = "an integral that is added up"
ALL_STATES = "one factor for all states"
PRODUCT = "a product instead of a quotient"
FOR_MATRICES = "an operation for matrices"
MATRIX = "a matrix in the place of its diagonal"

# Exercise 1: euler (delta, A, B)


def euler_by_a_loop(dt, a, b):
    A_bar, B_bar = torch.empty(len(a)), torch.empty(len(a))
    for n in range(len(a)):
        A_bar[n] = 1 + dt * a[n]
        B_bar[n] = dt * b[n]
    return A_bar, B_bar


def euler_by_two_probes(dt, a, b):
    """Ā and B̄ are what the rule makes of h = 1, u = 0 and of h = 0, u = 1."""

    def step(h, u):
        return h + dt * (a * h + b * u)

    return step(1, 0), step(0, 1)


def euler_in_place(dt, a, b):
    return a.mul_(dt).add_(1), b.mul_(dt)


def euler_without_return(dt, a, b):
    A_bar, B_bar = 1 + dt * a, dt * b  # noqa: F841


def euler_with_yield(dt, a, b):
    yield 1 + dt * a
    yield dt * b


def euler_of_state_0(dt, a, b):
    return torch.full_like(a, 1 + dt * a[0].item()), dt * b


EULER = [
    ("A in both", lambda dt, a, b: (1 + dt * a, b * a * dt), "a leak of the input"),
    ("a loop", euler_by_a_loop, OWN_FORMAT),
    (
        "a stacked loop",
        lambda dt, a, b: (torch.stack([1 + dt * x for x in a]), torch.stack([dt * y for y in b])),
        "right",
    ),
    ("lists", lambda dt, a, b: ([1 + dt * x for x in a.tolist()], [dt * y for y in b.tolist()]), None),
    ("float()", lambda dt, a, b: (1 + dt * a.float(), dt * b), OWN_FORMAT),
    ("two probes", euler_by_two_probes, "right"),
    ("addcmul", lambda dt, a, b: (torch.addcmul(torch.ones_like(a), torch.tensor(dt), a), b.mul(dt)), "right"),
    ("a list of two", lambda dt, a, b: [1 + dt * a, dt * b], "right"),
    (
        "float32 of what is real",
        lambda dt, a, b: (1 + dt * a if a.is_complex() else (1 + dt * a).float(), dt * b),
        OWN_FORMAT,
    ),
    ("in float64, as a list", lambda dt, a, b: [(1 + dt * a.double()), dt * b.double()], None),
    ("numpy", lambda dt, a, b: (torch.from_numpy(1 + dt * a.numpy()), torch.from_numpy(dt * b.numpy())), "right"),
    ("einsum", lambda dt, a, b: (torch.ones(len(a)) + a * dt, torch.einsum("n,->n", b, torch.tensor(dt))), "right"),
    ("the change alone", lambda dt, a, b: (a * dt, b * dt), "a forgotten old level"),
    ("the 1 at the input", lambda dt, a, b: (dt * a, 1 + dt * b), "a forgotten old level"),
    ("no Δ", lambda dt, a, b: (a + 1, b), "a missing step size"),
    ("Δ for the leak only", lambda dt, a, b: (torch.ones_like(a) + dt * a, b), "an input without the step size"),
    ("Δ for the input only", lambda dt, a, b: (1 + a, b * dt), "a leak without the step size"),
    ("minus", lambda dt, a, b: (1 - dt * a, dt * b), "a leak that fills"),
    ("abs", lambda dt, a, b: (1 + dt * a.abs(), dt * b), "a leak that fills"),
    ("exp", lambda dt, a, b: ((dt * a).exp(), dt * b), "an exponential"),
    ("all of the hold", lambda dt, a, b: ((dt * a).exp(), ((dt * a).exp() - 1) / a * b), "an exponential"),
    ("backward", lambda dt, a, b: ((1 - dt * a) ** -1, dt * b / (1 - dt * a)), "the slope at the end of the tick"),
    ("backward Ā alone", lambda dt, a, b: (1 / (1 - dt * a), dt * b), "the slope at the end of the tick"),
    ("brackets", lambda dt, a, b: (dt * (a + 1), dt * b), "an old level that is multiplied"),
    ("1 + Δ, times A", lambda dt, a, b: ((1 + dt) * a, dt * b), "an old level that is multiplied"),
    ("swapped", lambda dt, a, b: (dt * b, 1 + dt * a), "a swapped pair"),
    ("in place", euler_in_place, None),
    ("no return", euler_without_return, None),
    ("state 0", euler_of_state_0, None),
    ("Ā only", lambda dt, a, b: 1 + dt * a, None),
    ("one tensor", lambda dt, a, b: torch.stack([1 + dt * a, dt * b]), None),
    ("B forgotten", lambda dt, a, b: (1 + dt * a, torch.full_like(b, dt)), None),
    (
        "a diagonal matrix",
        lambda dt, a, b: (torch.eye(len(a)) + dt * torch.diag(a), dt * b),
        "a matrix in the place of its diagonal",
    ),
    ("Δ + A", lambda dt, a, b: (1 + (dt + a), dt * b), "a sum in the place of a product"),
    ("the hold's B̄", lambda dt, a, b: (1 + dt * a, (exp(dt, a) - 1) / a * b), "the input of another rule"),
    ("1 in both", lambda dt, a, b: (1 + dt * a, dt * b + 1), "an old level that is counted in B̄"),
    ("over Δ", lambda dt, a, b: (1 + a / dt, b / dt), "a division by the step size"),
    ("hard-coded", lambda dt, a, b: (torch.full_like(a, 0.5), dt * b), None),
    ("an unknown name", lambda dt, a, b: (1 + delta * a, dt * b), None),  # noqa: F821
    ("a whole step", lambda dt, a, b: (1 + dt * a, dt * b + dt * a), None),
    ("half a slope", lambda dt, a, b: (1 + dt * a / 2, dt * b / 2), "half of the slope"),
    ("half a leak", lambda dt, a, b: (1 + dt * a / 2, dt * b), "half of the slope"),
    ("two terms", lambda dt, a, b: (1 + dt * a + (dt * a) ** 2 / 2, dt * b), "a second term"),
    ("relu", lambda dt, a, b: (torch.relu(1 + dt * a), dt * b), "an Ā that is never negative"),
    ("the size of Ā", lambda dt, a, b: (torch.abs(1 + dt * a), dt * b), "an Ā that is never negative"),
    ("B / Δ", lambda dt, a, b: (1 + dt * a, b / dt), "a division by the step size"),
    ("Ā·B", lambda dt, a, b: (1 + dt * a, (1 + dt * a) * b), "an old level that is counted in B̄"),
    ("two sums", lambda dt, a, b: (1 + dt + a, dt + b), "a sum in the place of a product"),
    ("item", lambda dt, a, b: (1 + dt * a.item(), dt * b.item()), "a function for one number"),
    ("item of A", lambda dt, a, b: (1 + dt * a.item(), dt * b), "a function for one number"),
    ("float", lambda dt, a, b: (1 + dt * float(a), dt * float(b)), "a function for one number"),
    ("yield", euler_with_yield, "a result of the wrong type"),
    ("a generator", lambda dt, a, b: (part for part in (1 + dt * a, dt * b)), "a result of the wrong type"),
    ("an if for all", lambda dt, a, b: (1 + dt * a if a < 0 else 1 - dt * a, dt * b), "a tensor in a condition"),
    ("the conjugate", lambda dt, a, b: (1 + dt * torch.conj(a), dt * b), REAL),
    ("the adjoint", lambda dt, a, b: (1 + dt * torch.diag(a).mH.diagonal(), dt * b), REAL),
    ("minus, and B as it is", lambda dt, a, b: (torch.ones_like(a) - a * dt, b), "a leak that fills"),
    ("always complex", lambda dt, a, b: (1 + dt * a + 0j, dt * b + 0j), OWN_FORMAT),
    ("h − Δ·slope", lambda dt, a, b: (1 - dt * a, -(dt * b)), TAKEN_OFF),
    ("two probes of h − Δ·slope", lambda dt, a, b: tuple(h - dt * (a * h + b * (1 - h)) for h in (1, 0)), TAKEN_OFF),
    ("the input taken off", lambda dt, a, b: (a.mul(dt) + 1, b.mul(-dt)), TAKEN_OFF),
]

# Exercise 2: zoh (delta, A, B)


def zoh_by_a_loop(dt, a, b):
    pairs = [(math.exp(dt * x), (math.exp(dt * x) - 1) / x * y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    return tuple(torch.tensor(part) for part in zip(*pairs, strict=True))


def zoh_by_six_terms(dt, a, b):
    A_bar = sum((dt * a) ** k / math.factorial(k) for k in range(6))
    return A_bar, (A_bar - 1) / a * b


def zoh_by_the_paper(dt, a, b):
    inverse = torch.linalg.inv(dt * torch.diag(a))
    A_bar = torch.linalg.matrix_exp(dt * torch.diag(a))
    return A_bar.diagonal(), inverse @ (A_bar - torch.eye(len(a))) @ (dt * b)


def zoh_by_a_row_beside(dt, a, b):
    rows = torch.stack([torch.stack([dt * a, dt * b], -1), torch.zeros(len(a), 2, dtype=a.dtype)], -2)  # (N, 2, 2)
    both = torch.matrix_exp(rows)
    return both[:, 0, 0], both[:, 0, 1]


def zoh_by_an_integral(dt, a, b):
    tau = torch.linspace(0, dt, 2001, dtype=torch.float64)
    kernel = torch.exp(a[:, None].double() * tau)
    return kernel[:, -1].float(), torch.trapezoid(kernel, tau).float() * b


def zoh_in_place(dt, a, b):
    return torch.exp(dt * a), b.mul_(torch.expm1(dt * a) / a)


def exp(dt, a):
    return torch.exp(dt * a)


def zoh_by_a_sum(dt, a, b):
    share = torch.zeros_like(a)
    for k in range(100):
        share = share + torch.exp(a * k * dt / 100) * dt / 100
    return torch.exp(a * dt), share * b


def zoh_by_the_middles(dt, a, b):
    return exp(dt, a), sum(exp(dt * (k + 0.5) / 1000, a) for k in range(1000)) * dt / 1000 * b


def zoh_by_trapezia(dt, a, b):
    tau = torch.linspace(0, dt, 11, dtype=torch.float64)
    return exp(dt, a), torch.trapezoid(torch.exp(a[:, None] * (dt - tau)), tau).to(a.dtype) * b


def zoh_by_small_steps(dt, a, b):
    A_bar, B_bar = torch.ones_like(a), torch.zeros_like(b)
    for _ in range(100):
        A_bar, B_bar = A_bar + dt / 100 * a * A_bar, B_bar + dt / 100 * (a * B_bar + b)
    return A_bar, B_bar


ZOH = [
    ("a sum of 100", zoh_by_a_sum, ADDED_UP),
    ("a sum of 1000, in the middle", zoh_by_the_middles, ADDED_UP),
    ("trapezia", zoh_by_trapezia, ADDED_UP),
    ("100 Euler steps", zoh_by_small_steps, ADDED_UP),
    ("the end and back, a plus", lambda dt, a, b: (exp(dt, a), -b / a * (1 + exp(dt, a))), "a missing − 1"),
    ("what is left of the end", lambda dt, a, b: (exp(dt, a), -b / a * exp(dt, a)), "a missing − 1"),
    (
        "the paper's line, no brackets",
        lambda dt, a, b: (exp(dt, a), ((dt * a) ** -1 * exp(dt, a) - 1) * (dt * b)),
        "forgotten brackets",
    ),
    ("exp(ΔB)", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a * exp(dt, b)), "a B inside of an exponent"),
    ("the bilinear B̄", lambda dt, a, b: (exp(dt, a), 2 * dt * b / (2 - dt * a)), "the bilinear rule"),
    (
        "times dt",
        lambda dt, a, b: ((a * dt).exp(), ((a * dt).exp() - 1) * b * dt),
        "a Δ in the place of the division by A",
    ),
    ("dt + A", lambda dt, a, b: ((a + dt).exp(), ((dt + a).exp() - 1) / a * b), "a sum in the exponent"),
    ("exp − 1", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a * b), "right"),
    ("a loop with math", zoh_by_a_loop, OWN_FORMAT),
    ("|A|", lambda dt, a, b: (torch.exp(dt * a), (1 - torch.exp(dt * a)) / a.abs() * b), REAL),
    ("the paper's matrices", zoh_by_the_paper, "right"),
    ("an integral", zoh_by_an_integral, OWN_FORMAT),
    ("in float64", lambda dt, a, b: (exp(dt, a.double()), (1 - exp(dt, a.double())) * b / a.abs()), None),
    ("both Δ", lambda dt, a, b: (exp(dt, a), torch.expm1(dt * a) / (dt * a) * (dt * b)), "right"),
    (
        "numpy",
        lambda dt, a, b: tuple(
            map(torch.from_numpy, (np.exp(dt * a.numpy()), np.expm1(dt * a.numpy()) / a.numpy() * b.numpy()))
        ),
        "right",
    ),
    ("Euler's input", lambda dt, a, b: (exp(dt, a), dt * b), "the input of Euler"),
    ("B as it is", lambda dt, a, b: (exp(dt, a), b), "a B that stays as it is"),
    ("exp(A)", lambda dt, a, b: (a.exp(), (a.exp() - 1) / a * b), "an exponential without the step size"),
    ("exp(A) in B̄ only", lambda dt, a, b: (exp(dt, a), (a.exp() - 1) / a * b), "an exponential without the step size"),
    ("no − 1", lambda dt, a, b: (exp(dt, a), b * exp(dt, a) / a), "a missing − 1"),
    ("exp(ΔA)·B", lambda dt, a, b: (exp(dt, a), b * exp(dt, a)), "a missing − 1"),
    ("Ā·B", lambda dt, a, b: (lambda A_bar: (A_bar, A_bar * b))(torch.exp(a * dt)), "a missing − 1"),
    ("e to the ΔA, times B", lambda dt, a, b: (math.e ** (dt * a), math.e ** (dt * a) * b), "a missing − 1"),
    ("exp(ΔA)·ΔB", lambda dt, a, b: (exp(dt, a), exp(dt, a) * dt * b), "an input that leaks for the whole tick"),
    ("one Δ kept", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / (dt * a) * b), "a division by ΔA"),
    ("Δ again", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a * dt * b), "one Δ too many"),
    ("brackets", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / dt * a * b), PRODUCT),
    ("over Δ", lambda dt, a, b: (exp(dt, a), b * (exp(dt, a) - 1) / dt), "a Δ in the place of the division by A"),
    ("no brackets", lambda dt, a, b: (exp(dt, a), exp(dt, a) - 1 / a * b), "forgotten brackets"),
    ("no brackets, times B", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1 / a) * b), "forgotten brackets"),
    ("a new A", lambda dt, a, b: (a := exp(dt, a), (a - 1) / a * b), "a division by Ā"),
    ("nearly ten digits", lambda dt, a, b: (exp(dt, a) + 1e-9, torch.expm1(dt * a) / a * b), FEW_DIGITS),
    ("1 − exp", lambda dt, a, b: (exp(dt, a), (1 - exp(dt, a)) / a * b), "an upside-down sign"),
    ("abs of A", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a.abs() * b), "an upside-down sign"),
    ("times A", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) * a * b), PRODUCT),
    ("no 1/A", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) * b), "an integral without its division"),
    ("share that left", lambda dt, a, b: (exp(dt, a), (1 - exp(dt, a)) * b), "the share that leaks"),
    ("Euler", lambda dt, a, b: (1 + dt * a, dt * b), "the Ā of Euler"),
    ("Euler's Ā", lambda dt, a, b: (1 + a * dt, (exp(dt, a) - 1) / a * b), "the Ā of Euler"),
    ("exp(−ΔA)", lambda dt, a, b: (exp(-dt, a), (exp(-dt, a) - 1) / a * b), "an exponential that grows"),
    ("step 3", lambda dt, a, b: (exp(dt, a), (1 - exp(-dt, a)) / a * b), "an integral that stops at step 3"),
    ("exp(x − 1)", lambda dt, a, b: (exp(dt, a), torch.exp(dt * a - 1) / a * b), "a 1 inside of the exponent"),
    ("swapped", lambda dt, a, b: ((exp(dt, a) - 1) / a * b, exp(dt, a)), "a swapped pair"),
    (
        "bilinear",
        lambda dt, a, b: ((1 + dt * a / 2) / (1 - dt * a / 2), dt * b / (1 - dt * a / 2)),
        "the bilinear rule",
    ),
    ("in place", zoh_in_place, None),
    ("B forgotten", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a), "a B̄ without B"),
    ("over A·B", lambda dt, a, b: (exp(dt, a), torch.expm1(dt * a) / (a * b)), "a division by B"),
    ("expm1 − 1", lambda dt, a, b: (exp(dt, a), (torch.expm1(dt * a) - 1) * b / a), "a 1 that is taken off twice"),
    ("expm1 twice", lambda dt, a, b: ((x := torch.expm1(dt * a)), x / a * b), "a 1 taken off Ā too"),
    ("Δ·exp(A)", lambda dt, a, b: (a.exp() * dt, torch.expm1(dt * a) / a * b), "a Δ in front of the exponential"),
    (
        "a unit matrix",
        lambda dt, a, b: (exp(dt, a), (exp(dt, a) - torch.eye(len(a))) / a * b),
        "a matrix in the place of its diagonal",
    ),
    ("math.exp", lambda dt, a, b: (math.exp(dt * a), (math.exp(dt * a) - 1) / a * b), "a function for one number"),
    ("2.718", lambda dt, a, b: (2.718 ** (dt * a), (2.718 ** (dt * a) - 1) / a * b), FEW_DIGITS),
    ("2.71828", lambda dt, a, b: (2.71828 ** (dt * a), (2.71828 ** (dt * a) - 1) / a * b), FEW_DIGITS),
    ("a row beside each A", zoh_by_a_row_beside, "right"),
    ("two terms", lambda dt, a, b: (exp(dt, a), dt * b + dt**2 * a * b / 2), "the first terms of a series"),
    ("exp of both", lambda dt, a, b: (exp(dt, a), exp(dt, b)), "a B inside of an exponent"),
    (
        "exp of a diagonal matrix",
        lambda dt, a, b: (torch.diag(dt * a).exp(), torch.expm1(dt * a) / a * b),
        "a matrix in the place of its diagonal",
    ),
    ("math.exp in B̄", lambda dt, a, b: (exp(dt, a), b / a * (math.exp(a * dt) - 1)), "a function for one number"),
    ("the end", lambda dt, a, b: (exp(dt, a), b / -a), "the end of the whole rise"),
    ("expm1 of Ā", lambda dt, a, b: (x := exp(dt, a), x.expm1() * b / a), "an exponential of an exponential"),
    (
        "@ for the paper's dot",
        lambda dt, a, b: (exp(dt, a), (dt * a) ** -1 @ (exp(dt, a) - 1) * (dt * b)),
        "a sum over the buckets",
    ),
    (
        "a matrix",
        lambda dt, a, b: (torch.diag(exp(dt, a)), (exp(dt, a) - 1) / a * b),
        "a matrix in the place of its diagonal",
    ),
    ("a sum over states", lambda dt, a, b: (exp(dt, a), ((exp(dt, a) - 1) / a * b).sum()), "a sum over the buckets"),
    ("state 0", lambda dt, a, b: (exp(dt, a), (exp(dt, a[0]) - 1) / a[0] * b), None),
    ("no pair", lambda dt, a, b: None, None),
    ("+ 1", lambda dt, a, b: (exp(dt, a), (exp(dt, a) + 1) / a * b), "a missing − 1"),
    (
        "Δ in front of both",
        lambda dt, a, b: (dt * a.exp(), dt * torch.expm1(a) / a * b),
        "a Δ in front of the exponential",
    ),
    (
        "exp(Δ)·A",
        lambda dt, a, b: (math.exp(dt) * a, (math.exp(dt) * a - 1) / a * b),
        "the exponential of Δ alone",
    ),
    ("A / Δ", lambda dt, a, b: (exp(1 / dt, a), (exp(1 / dt, a) - 1) / a * b), "a division by the step size"),
    ("upside down", lambda dt, a, b: (exp(dt, a), a * b / (exp(dt, a) - 1)), "an upside-down fraction"),
    ("brackets around the quotient", lambda dt, a, b: (exp(dt, a), exp(dt, a) / a * b - 1 * b), "forgotten brackets"),
    (
        "a mean decay",
        lambda dt, a, b: (exp(dt, a), dt * b * (1 + exp(dt, a)) / 2),
        "an input that comes in heaps",
    ),
    ("the leak of half a tick", lambda dt, a, b: (exp(dt, a), dt * b * exp(dt / 2, a)), "an input that comes in heaps"),
    ("exp2", lambda dt, a, b: (torch.exp2(dt * a), (torch.exp2(dt * a) - 1) / a * b), "a power of 2"),
    ("a half-life that grows", lambda dt, a, b: ((x := 0.5 ** (a * dt)), (x - 1) / a * b), "a power of 2"),
    ("a half-life", lambda dt, a, b: ((x := 0.5 ** (-a * dt)), (x - 1) / a * b), "a power of 2"),
    ("1 − exp(−ΔA)", lambda dt, a, b: (exp(-dt, a), (1 - exp(-dt, a)) / a * b), "an exponential that grows"),
    ("expm1 twice, − 1", lambda dt, a, b: ((x := torch.expm1(dt * a)), (x - 1) / a * b), "a 1 that is taken off twice"),
    ("(ΔA)⁻¹ as ΔA", lambda dt, a, b: (exp(dt, a), dt * a * (exp(dt, a) - 1) * dt * b), PRODUCT),
    ("(ΔA)⁻¹ as ΔA, Δ once", lambda dt, a, b: (exp(dt, a), dt * a * (exp(dt, a) - 1) * b), PRODUCT),
    ("the paper without brackets", lambda dt, a, b: (exp(dt, a), exp(dt, a) / (dt * a) - dt * b), "forgotten brackets"),
    ("inv", lambda dt, a, b: (exp(dt, a), torch.linalg.inv(dt * a) @ (exp(dt, a) - 1) * dt * b), FOR_MATRICES),
    ("torch.inverse", lambda dt, a, b: (exp(dt, a), torch.inverse(a) @ (exp(dt, a) - 1) * b), FOR_MATRICES),
    (
        "matrix_exp",
        lambda dt, a, b: (torch.linalg.matrix_exp(dt * a), torch.expm1(dt * a) / a * b),
        FOR_MATRICES,
    ),
    ("a power of exp(A)", lambda dt, a, b: (x := a.exp() ** dt, (x - 1) / a * b), REAL),
    (
        "a power of exp(A), by pow",
        lambda dt, a, b: (torch.pow(torch.exp(a), dt), torch.expm1(dt * a) / a * b),
        REAL,
    ),
    ("a power of e", lambda dt, a, b: (x := math.exp(dt) ** a, (x - 1) / a * b), "right"),
    ("the conjugate in B̄", lambda dt, a, b: (exp(dt, a), torch.expm1(dt * a) / a.conj() * b), REAL),
    ("the conjugate", lambda dt, a, b: (exp(dt, a.conj()), torch.expm1(dt * a.conj()) / a.conj() * b), REAL),
    ("six terms", zoh_by_six_terms, None),
    ("half of the way to 2 litres", lambda dt, a, b: (exp(dt, a), (1 - exp(dt, a)) * 2 * b), ANOTHER_END),
    ("half of the way to 2 litres, no B", lambda dt, a, b: (exp(dt, a), 2 - 2 * exp(dt, a)), ANOTHER_END),
    ("//", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) // a * b), CUT),
    ("cut down", lambda dt, a, b: (exp(dt, a), torch.floor((exp(dt, a) - 1) / a) * b), CUT),
    (
        "cmath",
        lambda dt, a, b: (x := torch.tensor([cmath.exp(dt * z) for z in a.tolist()]), (x - 1) / a * b),
        OWN_FORMAT,
    ),
    ("the paper with @", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - I(a)) @ b / a), MATRIX),
    ("the paper with @ at its end", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - I(a)) / a @ b), MATRIX),
    (
        "exp of a diagonal matrix, back to N numbers",
        lambda dt, a, b: (exp(dt, a), torch.diag(1 / a) @ (torch.diag(dt * a).exp() - I(a)) @ b),
        MATRIX,
    ),
    (
        "the paper with inv",
        lambda dt, a, b: (exp(dt, a), torch.linalg.inv(torch.diag(dt * a)) @ (exp(dt, a) - I(a)) @ (dt * b)),
        MATRIX,
    ),
    ("Δ before expm1", lambda dt, a, b: (exp(dt, a), dt * torch.expm1(a) / a * b), "a Δ in front of the exponential"),
    (
        "a gate times ΔB",
        lambda dt, a, b: (exp(dt, a), (1 - exp(dt, a)) * dt * b),
        "a Δ in the place of the division by A",
    ),
    (
        "times Ā again",
        lambda dt, a, b: (exp(dt, a), (exp(2 * dt, a) - exp(dt, a)) / a * b),
        "a step 4 that is taken twice",
    ),
]

# Exercise 3: bilinear (delta, A, B)


def bilinear_by_a_solve(dt, a, b):
    left = torch.eye(len(a)) - dt / 2 * torch.diag(a)
    return torch.linalg.solve(left, torch.eye(len(a)) + dt / 2 * torch.diag(a)).diagonal(), torch.linalg.solve(
        left, dt * b
    )


def bilinear_by_matrices(dt, a, b):
    one, half = torch.eye(len(a)), dt / 2 * torch.diag(a)
    left = torch.linalg.inv(one - half)
    return left @ (one + half), left @ b * dt


def bilinear_by_iteration(dt, a, b):
    """The equation with h_t on both sides, put into itself until nothing changes (halved, so that it settles)."""

    def solve(old, u):
        new = old * torch.ones_like(a).double()
        for _ in range(400):
            new = new / 2 + (old + dt * (a.double() * (old + new) / 2 + b.double() * u)) / 2
        return new.float()

    return solve(1.0, 0.0), solve(0.0, 1.0)


def bilinear_in_place(dt, a, b):
    half = a.mul_(dt / 2)
    return (1 + half) / (1 - half), dt * b / (1 - half)


def I(a):  # noqa: E743
    return torch.eye(len(a))


def mean_of_two(dt, a, b):
    return (1 + dt * a + 1 / (1 - dt * a)) / 2, (dt * b + dt * b / (1 - dt * a)) / 2


BILINEAR = [
    ("A in both", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), 2 * b * a * dt / (2 - dt * a)), "a leak of the input"),
    (
        "dt A - 2",
        lambda dt, a, b: ((2 + dt * a) / (dt * a - 2), 2 * dt * b / (dt * a - 2)),
        "a difference the wrong way round",
    ),
    ("half of dt B", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), b * (dt / 2)), "half of the input"),
    ("(2 + x)/(2 − x)", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), 2 * dt * b / (2 - dt * a)), "right"),
    ("a solve", bilinear_by_a_solve, "right"),
    ("iterated", bilinear_by_iteration, OWN_FORMAT),
    ("2/(1 − x/2) − 1", lambda dt, a, b: (2 / (1 - dt * a / 2) - 1, dt * b / (1 - dt * a / 2)), "right"),
    ("in float64", lambda dt, a, b: ((2 / dt + a.double()) / (2 / dt - a), 2 * b.double() / (2 / dt - a)), None),
    (
        "reciprocal",
        lambda dt, a, b: tuple(v * (1 - dt * a / 2).reciprocal() for v in (1 + dt * a / 2, dt * b)),
        "right",
    ),
    ("Euler", lambda dt, a, b: (1 + dt * a, dt * b), "the slope at the start alone"),
    ("Euler's Ā", lambda dt, a, b: (1 + dt * a, dt * b / (1 - dt * a / 2)), "the slope at the start alone"),
    ("backward", lambda dt, a, b: (1 / (1 - dt * a), dt * b / (1 - dt * a)), "the slope at the end alone"),
    ("no half", lambda dt, a, b: ((1 + dt * a) / (1 - dt * a), dt * b / (1 - dt * a)), "two whole slopes"),
    ("B̄ = ΔB", lambda dt, a, b: ((1 + dt * a / 2) / (1 - dt * a / 2), dt * b), "an input that is not divided"),
    (
        "signs",
        lambda dt, a, b: ((1 - dt * a / 2) / (1 + dt * a / 2), dt * b / (1 + dt * a / 2)),
        "an upside-down fraction",
    ),
    (
        "signs of Ā",
        lambda dt, a, b: ((2 - dt * a) / (2 + dt * a), dt * b / (1 - dt * a / 2)),
        "an upside-down fraction",
    ),
    ("half of u", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), dt * b / (2 - dt * a)), "half of the input"),
    ("a mean of results", mean_of_two, "the mean of two results"),
    ("nothing divided", lambda dt, a, b: (1 + dt * a / 2, dt * b), "a left side that is not divided away"),
    (
        "a product",
        lambda dt, a, b: ((1 + dt * a / 2) * (1 - dt * a / 2), dt * b * (1 - dt * a / 2)),
        "a product in the place of a quotient",
    ),
    (
        "B̄ with Ā",
        lambda dt, a, b: tuple((2 + dt * a) / (2 - dt * a) * v for v in (1, dt * b)),
        "an input with the factor of the state",
    ),
    (
        "no Δ before B",
        lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), b / (1 - dt * a / 2)),
        "an input without the step size",
    ),
    (
        "no Δ in the halves",
        lambda dt, a, b: ((1 + a / 2) / (1 - a / 2), dt * b / (1 - a / 2)),
        "a step size that is missing in the halves",
    ),
    (
        "no Δ at all",
        lambda dt, a, b: ((1 + a / 2) / (1 - a / 2), b / (1 - a / 2)),
        "a step size that is missing in the halves",
    ),
    (
        "no Δ above",
        lambda dt, a, b: ((1 + a / 2) / (1 - dt * a / 2), dt * b / (1 - dt * a / 2)),
        "a step size that is missing in the halves",
    ),
    (
        "no Δ below",
        lambda dt, a, b: ((1 + dt * a / 2) / (1 - a / 2), dt * b / (1 - a / 2)),
        "a step size that is missing in the halves",
    ),
    (
        "a guess without the input",
        lambda dt, a, b: (1 + dt * a + (dt * a) ** 2 / 2, dt * b),
        "the slope at a guessed end",
    ),
    (
        "no brackets",
        lambda dt, a, b: (1 + dt * a / 2 / 1 - dt * a / 2, dt * b / (1 - dt * a / 2)),
        "brackets or a sign of the fraction",
    ),
    ("exp", lambda dt, a, b: (exp(dt, a), dt * b), "an exponential"),
    ("swapped", lambda dt, a, b: (dt * b / (1 - dt * a / 2), (2 + dt * a) / (2 - dt * a)), "a swapped pair"),
    ("in place", bilinear_in_place, None),
    ("Ā only", lambda dt, a, b: (2 + dt * a) / (2 - dt * a), None),
    (
        "whole numbers",
        lambda dt, a, b: ((1 + dt * a // 2) / (1 - dt * a // 2), dt * b / (1 - dt * a // 2)),
        "a half that is cut to whole numbers",
    ),
    (
        "a quarter",
        lambda dt, a, b: ((4 + dt * a) / (4 - dt * a), dt * b / (1 - dt * a / 4)),
        "a half that is taken twice",
    ),
    (
        "no brackets below B",
        lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), b * dt / 1 - a * dt / 2),
        "forgotten brackets",
    ),
    (
        "no brackets at all",
        lambda dt, a, b: (1 + dt * a / 2 / 1 - dt * a / 2, dt * b / 1 - dt * a / 2),
        "forgotten brackets",
    ),
    (
        "Ā·B",
        lambda dt, a, b: tuple((2 + dt * a) / (2 - dt * a) * v for v in (1, b)),
        "an input with the factor of the state",
    ),
    ("item", lambda dt, a, b: (1 + (h := dt * a.item() / 2)) / (1 - h) * b, "a function for one number"),
    ("matrices", bilinear_by_matrices, MATRIX),
    (
        "I beside a vector",
        lambda dt, a, b: ((I(a) + dt * a / 2) / (I(a) - dt * a / 2), dt * b / (1 - dt * a / 2)),
        MATRIX,
    ),
    (
        "I beside a vector, inverted",
        lambda dt, a, b: tuple(torch.linalg.inv(I(a) - dt * a / 2) @ v for v in (I(a) + dt * a / 2, dt * b)),
        MATRIX,
    ),
    (
        "the change above",
        lambda dt, a, b: (dt * a / (2 - dt * a), 2 * dt * b / (2 - dt * a)),
        "a forgotten old level",
    ),
    ("A/2 in both", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), b * a * dt / (2 - dt * a)), "a leak of the input"),
    ("state 0", lambda dt, a, b: ((2 + dt * a[0]) / (2 - dt * a), 2 * dt * b / (2 - dt * a)), None),
    (
        "as floats",
        lambda dt, a, b: (((2 + dt * a) / (2 - dt * a)).tolist(), (dt * b / (1 - dt * a / 2)).tolist()),
        None,
    ),
    ("forgot the pair", lambda dt, a, b: print(), None),
    ("three parts", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), 2 * dt * b / (2 - dt * a), dt), None),
    ("inv of a vector", lambda dt, a, b: (torch.linalg.inv(1 - dt * a / 2) @ (1 + dt * a / 2), dt * b), FOR_MATRICES),
    (
        "the same sum",
        lambda dt, a, b: ((2 + dt * a) / (2 + dt * a), 2 * dt * b / (2 - dt * a)),
        "brackets or a sign of the fraction",
    ),
    (
        "plus twice",
        lambda dt, a, b: ((2 + dt * a) / (2 + dt * a), 2 * dt * b / (2 + dt * a)),
        "the same sign above and below",
    ),
    (
        "1 − ΔA below",
        lambda dt, a, b: ((1 + dt * a / 2) / (1 - dt * a), dt * b / (1 - dt * a)),
        "a half in some places only",
    ),
    (
        "a guess",
        lambda dt, a, b: (1 + dt * (a + a * (1 + dt * a)) / 2, dt * (b + b * (1 + dt * a)) / 2),
        "the slope at a guessed end",
    ),
    (
        "1 in the numerator",
        lambda dt, a, b: (2 / (2 - dt * a), 2 * dt * b / (2 - dt * a)),
        "a fraction with a 1 in the numerator",
    ),
    ("half an exponential", lambda dt, a, b: (exp(dt, a), dt * b * exp(dt, a / 2)), "an exponential"),
    (
        "divided twice",
        lambda dt, a, b: ((1 + dt * a / 2) / (1 - dt * a / 2), dt * b / (1 - dt * a / 2) ** 2),
        "an input that is divided twice",
    ),
    ("the conjugate below", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a.conj()), 2 * dt * b / (2 - dt * a)), REAL),
    ("no halves, B as in Euler", lambda dt, a, b: ((1 + dt * a) / (1 - dt * a), dt * b), "two whole slopes"),
    ("upside down, B as in Euler", lambda dt, a, b: ((2 - dt * a) / (2 + dt * a), dt * b), "an upside-down fraction"),
]

# Exercise 4: largest_euler_step (pole)


def step_by_halving(pole):
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if abs(1 + middle * pole) < 1 else (low, middle)
    return low


def step_by_the_quadratic_formula(pole):
    a, b = pole.real**2 + pole.imag**2, 2 * pole.real
    return (-b + math.sqrt(b * b)) / (2 * a)


def step_by_a_scan(pole):
    delta = 0.0
    while abs(1 + (delta + 0.01) * pole) < 1:
        delta += 0.01
    return delta


def step_by_halving_from(end):
    """A search that takes for granted that the step is below `end`."""

    def step(pole):
        low, high = 0.0, end
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if abs(1 + middle * pole) < 1 else (low, middle)
        return middle

    return step


def step_on_a_line(pole):
    deltas = torch.linspace(0, 10, 10001)
    return deltas[(1 + deltas * pole).abs() < 1].max().item()


def step_with_two_cases(pole):
    if pole.imag == 0:
        return 2 / abs(pole)
    return -2 * pole.real / abs(pole)


STEP = [
    (
        "over Im² alone",
        lambda s: 2 * abs(s.real) / (s.imag or s.real) ** 2,
        "the imaginary part alone",
    ),
    ("the parts", lambda s: -2 * s.real / (s.real**2 + s.imag**2), "right"),
    ("halving", step_by_halving, "right"),
    ("the quadratic formula", step_by_the_quadratic_formula, "right"),
    ("1/s", lambda s: -2 * (1 / s).real, "right"),
    ("the conjugate", lambda s: -(s + s.conjugate()).real / (s * s.conjugate()).real, "right"),
    ("the angle", lambda s: -2 * math.cos(cmath.phase(s)) / abs(s), "right"),
    ("numpy", lambda s: np.abs(2 * np.real(s)) / np.abs(s) ** 2, "right"),
    ("torch, .item()", lambda s: (2 / torch.tensor(-s)).real.item(), "right"),
    ("2/|s|", lambda s: 2 / (s.real**2 + s.imag**2) ** 0.5, "the rule for real poles"),
    ("1/|s|", lambda s: 1 / abs(s), "the limit of overshooting"),
    ("half", lambda s: -s.real / (s.real**2 + s.imag**2), "half of the step"),
    ("2/|Re|", lambda s: 2 / abs(s.real), "a forgotten imaginary part"),
    ("no square", lambda s: 2 * abs(s.real) / abs(s), "the wrong power of the size"),
    ("the sign", lambda s: 2 * s.real / abs(s) ** 2, "a negative step"),
    ("s squared", lambda s: -2 * s.real / (s.real**2 - s.imag**2), "the square of s in the place of its size"),
    ("s·s", lambda s: -2 * s.real / (s * s), "the square of s in the place of its size"),
    ("2/|s|²", lambda s: 2 / abs(s) ** 2, "a step without its real part"),
    ("upside down", lambda s: abs(s) ** 2 / abs(2 * s.real), "an upside-down fraction"),
    ("complex", lambda s: -2 / s, "a complex step"),
    ("a tensor", lambda s: torch.tensor(-2 * s.real / abs(s) ** 2), None),
    ("rounded", lambda s: round(-2 * s.real / abs(s) ** 2, 1), "a step that is not exact"),
    ("rounded to 4 digits", lambda s: round(-2 * s.real / abs(s) ** 2, 4), "a step that is not exact"),
    ("a coarse scan", step_by_a_scan, "a step that is not exact"),
    ("the best of a line", step_on_a_line, "a step that is not exact"),
    ("the real part of 1/s²", lambda s: -2 * s.real * (s**-2).real, "the square of s in the place of its size"),
    ("halving from 1", step_by_halving_from(1.0), "a search that ends too early"),
    ("halving from 3", step_by_halving_from(3.0), "a search that ends too early"),
    ("halving from 10", step_by_halving_from(10.0), "a search that ends too early"),
    ("halving from 100", step_by_halving_from(100.0), "a search that ends too early"),
    ("4th power", lambda s: -2 * s.real / (s.real**2 + s.imag**2) ** 2, "the wrong power of the size"),
    ("3rd power", lambda s: -2 * s.real / abs(s) ** 3, "the wrong power of the size"),
    ("times 2", lambda s: -2 * s.real / (abs(s) * 2), "the wrong power of the size"),
    ("a star too few", lambda s: -2 * s.real / abs(s) * 2, "the wrong power of the size"),
    ("Im² − Re²", lambda s: -2 * s.real / (s.imag**2 - s.real**2), "the square of s in the place of its size"),
    ("whole", lambda s: int(-2 * s.real // abs(s) ** 2), "a step in whole numbers"),
    ("rounded to whole", lambda s: round(-2 * s.real / abs(s) ** 2), "a step in whole numbers"),
    ("a root", lambda s: math.sqrt(2 * abs(s.real)) / abs(s), "a root too many"),
    ("no brackets", lambda s: -2 * s.real / s.real**2 + s.imag**2, "forgotten brackets"),
    ("the other solution", lambda s: (-2 * s.real - math.sqrt(4 * s.real**2)) / (2 * abs(s) ** 2), "no step at all"),
    (
        "a quadratic equation with 1",
        lambda s: (-2 * s.real + math.sqrt(4 * s.real**2 - 4 * abs(s) ** 2)) / (2 * abs(s) ** 2),
        "a 1 that has not cancelled",
    ),
    ("a product", lambda s: -2 * s.real * abs(s) ** 2, "a product in the place of a quotient"),
    ("half right", step_with_two_cases, None),
    ("no return", lambda s: None, None),
    ("hard-coded", lambda s: 0.235, None),
    ("hard-coded, as for a bucket", lambda s: 4.0, None),
    ("a crash", lambda s: -2 * s.re / abs(s) ** 2, None),
    ("just below", lambda s: -1.99 * s.real / abs(s) ** 2, None),
    ("a string", lambda s: f"{-2 * s.real / abs(s) ** 2}", None),
    ("the sum of the parts", lambda s: -2 * s.real / (s.real + s.imag) ** 2, "the sum of the parts squared"),
    ("upwards by 0.01", lambda s: math.ceil(-200 * s.real / abs(s) ** 2 - 1e-7) / 100, "a step that is not exact"),
    ("the imaginary part", lambda s: 2 * abs(s.imag) / abs(s) ** 2, "the imaginary part in the place of the real one"),
    ("2·Im s", lambda s: 2 * s.imag / abs(s) ** 2, "the imaginary part in the place of the real one"),
    ("one over the square", lambda s: 1 / abs(s) ** 2, "a step without its real part"),
    ("Im s not squared", lambda s: -2 * s.real / (s.real**2 + s.imag), "the wrong power of the size"),
    ("|Im s| not squared", lambda s: 2 * abs(s.real) / (s.real * s.real + abs(s.imag)), "the wrong power of the size"),
    ("rounded to a millionth", lambda s: round(2 * abs(s.real) / abs(s) ** 2, 6), "a step that is not exact"),
    ("the shorter of two limits", lambda s: min(2 / abs(p) for p in (s.real, s.imag) if p), "a limit for each part"),
    ("the sizes of both parts", lambda s: 2 / (abs(s.real) + abs(s.imag)), "a limit for each part"),
    (
        "i squared with Im",
        lambda s: -2 * s.real / (s.real**2 + (1j * s.imag) ** 2),
        "the square of s in the place of its size",
    ),
    ("upside down, the 2 above", lambda s: 2 * abs(s) ** 2 / -s.real, "an upside-down fraction"),
]

# Exercise 5: corrected_B (delta, A, B)


def corrected_by_a_series(dt, a, b):
    x, term, total = dt * a.double(), torch.ones(len(a), dtype=torch.float64), torch.zeros(len(a), dtype=torch.float64)
    for k in range(1, 60):
        total, term = total + term, term * x / (k + 1)
    return total.float() * b


def corrected_by_a_loop(dt, a, b):
    return torch.stack([(math.exp(dt * x) - 1) / (dt * x) * y for x, y in zip(a, b, strict=True)])


DIFFERENCE = "a difference in the place of a quotient"

CORRECTED = [
    ("exp(A)", lambda dt, a, b: (a.exp() - 1) / a / dt * b, "a step size forgotten in the exponent"),
    ("zoh / Δ", lambda dt, a, b: (exp(dt, a) - 1) / a * b / dt, "right"),
    ("steps 3 and 4", lambda dt, a, b: exp(dt, a) * (1 - exp(-dt, a)) / a * b / dt, "right"),
    ("the paper's matrices", lambda dt, a, b: zoh_by_the_paper(dt, a, b)[1] / dt, "right"),
    ("2.718", lambda dt, a, b: (2.718 ** (dt * a) - 1) / (dt * a) * b, None),
    ("a midpoint sum", lambda dt, a, b: b * exp(dt * (torch.arange(200) + 0.5) / 200, a[:, None]).mean(-1), None),
    ("a series", corrected_by_a_series, "right"),
    ("a loop", corrected_by_a_loop, "right"),
    ("numpy", lambda dt, a, b: b * torch.from_numpy(np.expm1(dt * a.numpy()) / (dt * a.numpy())), "right"),
    ("B over the ratio", lambda dt, a, b: b / (dt * a / (exp(dt, a) - 1)), "right"),
    ("in float64", lambda dt, a, b: (1 - exp(dt, a.double())) / (-dt * a) * b, None),
    ("B̄", lambda dt, a, b: (exp(dt, a) - 1) / a * b, "the B̄ of the zero-order hold"),
    ("the ratio", lambda dt, a, b: dt * a / (exp(dt, a) - 1) * b, "an upside-down factor"),
    ("times Δ", lambda dt, a, b: dt * (exp(dt, a) - 1) / a * b, "a second multiplication by Δ"),
    ("no − 1", lambda dt, a, b: exp(dt, a) / (dt * a) * b, "a factor without − 1"),
    ("B", lambda dt, a, b: b, "no correction"),
    ("ΔB", lambda dt, a, b: dt * b, "what the package pours in already"),
    ("no B", lambda dt, a, b: (exp(dt, a) - 1) / (dt * a), "a factor without B"),
    ("brackets", lambda dt, a, b: b * (exp(dt, a) - 1) / dt * a, "forgotten brackets"),
    ("1 − exp", lambda dt, a, b: (1 - exp(dt, a)) / (dt * a) * b, "a negative factor"),
    ("no A", lambda dt, a, b: (exp(dt, a) - 1) / dt * b, "a B̄ that loses its division by A"),
    ("a pair", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / (dt * a) * b), None),
    ("in place", lambda dt, a, b: b.mul_((exp(dt, a) - 1) / (dt * a)), None),
    ("no return", lambda dt, a, b: None, None),
    ("half a leak", lambda dt, a, b: b * torch.exp(dt * a / 2), "an input that comes in heaps"),
    ("a mean", lambda dt, a, b: b * (1 + exp(dt, a)) / 2, "an input that comes in heaps"),
    ("the end", lambda dt, a, b: -b / a / dt, "the end of the whole rise"),
    ("exp(x − 1)", lambda dt, a, b: torch.exp(dt * a - 1) / (dt * a) * b, "a 1 inside of the exponent"),
    ("expm1 − 1", lambda dt, a, b: (torch.expm1(dt * a) - 1) / (dt * a) * b, "a 1 that is taken off twice"),
    ("B̄ over Ā", lambda dt, a, b: (exp(dt, a) - 1) / a * b / dt / exp(dt, a), "an exponential that grows"),
    ("times ΔA", lambda dt, a, b: dt * a * (exp(dt, a) - 1) * b, PRODUCT),
    ("times A", lambda dt, a, b: (exp(dt, a) - 1) * b * a, PRODUCT),
    ("B over Ā", lambda dt, a, b: b / exp(dt, a), "an exponential that grows"),
    ("minus what leaks", lambda dt, a, b: b - (dt * b - (exp(dt, a) - 1) / a * b), DIFFERENCE),
    ("no brackets anywhere", lambda dt, a, b: exp(dt, a) - 1 / dt * a * b, "forgotten brackets"),
    ("first order", lambda dt, a, b: b * (1 + dt * a / 2), "the first terms of a series"),
    ("B/Δ", lambda dt, a, b: b / dt, "B over Δ alone"),
    ("one rule over the other", lambda dt, a, b: dt * b / ((exp(dt, a) - 1) / a * b), "the quotient of the two rules"),
    ("minus Δ", lambda dt, a, b: (exp(dt, a) - 1) / a * b - dt, DIFFERENCE),
    ("Δ²", lambda dt, a, b: (exp(dt, a) - 1) / (dt * dt * a) * b, "a second division by Δ"),
    ("state 0", lambda dt, a, b: (exp(dt, a[0]) - 1) / (dt * a[0]) * b, None),
    ("an unknown name", lambda dt, a, b: zero_order_hold(dt, a, b)[1] / dt, None),  # noqa: F821
    ("hard-coded", lambda dt, a, b: b / 1.27, None),
    ("a plain list", lambda dt, a, b: ((exp(dt, a) - 1) / (dt * a) * b).tolist(), None),
    ("expm1 alone", lambda dt, a, b: torch.expm1(dt * a) * b, "a factor without its division"),
    ("+ 1", lambda dt, a, b: (exp(dt, a) + 1) / (dt * a) * b, "a factor without − 1"),
    ("what is left", lambda dt, a, b: exp(dt, a) * b, "what is left of a level"),
    ("over B", lambda dt, a, b: torch.expm1(dt * a) / (dt * a * b), "a division by B"),
    ("exp(−ΔA)", lambda dt, a, b: (exp(-dt, a) - 1) / (-dt * a) * b, "an exponential that grows"),
    ("as for Δ = 1", lambda dt, a, b: (exp(1, a) - 1) / a * b, "a forgotten Δ"),
    ("the bilinear B̄", lambda dt, a, b: b / (1 - dt * a / 2), "a factor for a small ΔA"),
    ("1 + |x|/2", lambda dt, a, b: b / (1 + dt * a.abs() / 2), "a factor for a small ΔA"),
    ("B − B̄", lambda dt, a, b: b - (exp(dt, a) - 1) / a * b, DIFFERENCE),
    ("what leaks", lambda dt, a, b: b - b * exp(dt, a), "a factor without its division"),
    ("no brackets above", lambda dt, a, b: exp(dt, a) - 1 / (dt * a) * b, "forgotten brackets"),
    ("no brackets, all times B", lambda dt, a, b: b * (exp(dt, a) - 1 / (a * dt)), "forgotten brackets"),
    ("Ā", lambda dt, a, b: exp(dt, a) / dt, "Ā in the place of B̄"),
    ("Δ twice", lambda dt, a, b: (exp(dt, a) - 1) / a / dt**2 * b, "a second division by Δ"),
    ("Ā·B", lambda dt, a, b: b * exp(dt, a) / dt, "Ā in the place of B̄"),
    ("the pair over Δ", lambda dt, a, b: zoh_of(dt, a, b) / dt, "a pair in the place of its second part"),
    ("the pair", lambda dt, a, b: zoh_of(dt, a, b), "a pair in the place of its second part"),
    ("over A", lambda dt, a, b: zoh_of(dt, a, b)[1] / a, "a division by something else"),
    ("over Ā", lambda dt, a, b: zoh_of(dt, a, b)[1] / zoh_of(dt, a, b)[0], "a division by something else"),
    ("B̄ over B", lambda dt, a, b: zoh_of(dt, a, b)[1] / b, "a B̄ without B"),
    ("step 4, without B", lambda dt, a, b: torch.expm1(dt * a) / a, "a B̄ without B"),
    ("B̄ of ones", lambda dt, a, b: zoh_of(dt, a, torch.ones_like(b))[1], "a B̄ without B"),
    ("1 − exp over A", lambda dt, a, b: (1 - exp(dt, a)) / a * b, "a negative factor"),
    ("the ratio, its sign", lambda dt, a, b: dt * a / (1 - exp(dt, a)) * b, "a negative factor"),
    ("times 1 + |x|/2", lambda dt, a, b: (1 + dt * a.abs() / 2) * b, "an upside-down factor"),
    ("exp(−ΔA), its sign", lambda dt, a, b: (exp(-dt, a) - 1) / (dt * a) * b, "an exponential that grows"),
    ("a mean factor", lambda dt, a, b: b * torch.mean((exp(dt, a) - 1) / (dt * a)), ALL_STATES),
    ("the mean leak", lambda dt, a, b: b * (exp(dt, a.mean()) - 1) / (dt * a.mean()), ALL_STATES),
    ("a sum of factors", lambda dt, a, b: sum(torch.expm1(dt * x) / (dt * x) for x in a) * b, ALL_STATES),
    ("@", lambda dt, a, b: b @ ((exp(dt, a) - 1) / (dt * a)), ALL_STATES),
]

# Bug hunt: mended_zoh (delta, A, B)


def mended_where(none, dt, a, b):
    return exp(dt, a), torch.where(none, dt, torch.expm1(dt * a) / a.masked_fill(none, 1)) * b


def mended_by_indices(dt, a, b):
    B_bar = dt * b
    leaks = a < 0
    B_bar[leaks] = torch.expm1(dt * a[leaks]) / a[leaks] * b[leaks]
    return torch.exp(dt * a), B_bar


def mended_by_a_loop(dt, a, b):
    B_bar = [dt * y if x == 0 else math.expm1(dt * x) / x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    return torch.exp(dt * a), torch.tensor(B_bar)


def mended_by_a_series(dt, a, b):
    x = (dt * a).double()
    safe = torch.where(x.abs() < 0.1, -1.0, x)
    series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5)))
    B_bar = torch.where(x.abs() < 0.1, series, (safe.exp() - 1) / safe) * dt * b
    return torch.exp(dt * a), B_bar.float()


def mended_by_sinh(dt, a, b):
    x = (dt * a).double()
    halves = torch.where(x == 0, 1, torch.sinh(x / 2) / torch.where(x == 0, 1, x / 2))
    long = torch.where(x < -50, -1 / torch.where(x == 0, 1, x), torch.exp(x / 2) * halves)
    return torch.exp(dt * a), long.float() * dt * b


def mended_by_a_nan_filter(dt, a, b):
    B_bar = torch.expm1(dt * a) / a * b
    return torch.exp(dt * a), torch.where(B_bar.isnan(), dt * b, B_bar)


def mended_by_an_if(dt, a, b):
    if a == 0:
        return torch.ones_like(a), dt * b
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_any(dt, a, b):
    if (a == 0).any():
        return torch.exp(dt * a), dt * b
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_all(dt, a, b):
    if torch.all(a == 0):
        return torch.ones(len(a)), dt * b
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_any_tiny(dt, a, b):
    if (torch.abs(dt * a) < 1e-6).any():
        return torch.exp(dt * a), dt * b
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_a_logarithm(dt, a, b):
    """exp(x) − 1 without expm1: what rounding does to exp(x), its logarithm undoes."""
    x, A_bar = dt * a, torch.exp(dt * a)
    near, far = A_bar == 1, A_bar == 0
    share = torch.where(near, 1, torch.where(far, -1 / x, (A_bar - 1) / torch.log(A_bar)))
    return A_bar, share * dt * b


def mended_in_place(dt, a, b):
    a[a == 0] = -1e-8
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_a_stand_in(dt, a, b):
    a = torch.where(a == 0, -1, a)
    return torch.exp(dt * a), torch.expm1(dt * a) / a * b


def mended_by_a_smaller_stand_in(dt, a, b):
    leak = torch.where(a == 0, -1e-8, a)
    return torch.exp(dt * leak), torch.expm1(dt * leak) / leak * b


def zoh_of(dt, a, b):
    return exp(dt, a), torch.expm1(dt * a) / a * b


def hunted(share, zero=None):
    """B̄ = share(Δ, A)·B, and at A = 0 something else."""

    def rule(dt, a, b):
        B_bar = share(dt, a) * b
        return torch.exp(dt * a), B_bar if zero is None else torch.where(a == 0, zero(dt, b), B_bar)

    return rule


def fill(dt, b):
    return dt * b


HIDDEN = "a NaN that is only hidden"
SUBTRACTED = "half of the repair: a tiny ΔA"
SWITCH = "a switch to another formula"
WRONG_SIDE = "a clamp on the wrong side"
EPSILON = torch.finfo(torch.float32).eps
WITHOUT_B = "an input without B"
LONGER = "a step that is made longer"
ONE_AT_ZERO = "an input without Δ at A = 0"
LOST = "an input lost at A = 0"


def small_by(what, at):
    """expm1, and ΔB where A, or ΔA, is smaller than a border."""

    def answer(dt, a, b):
        size = a.abs() if what == "A" else (dt * a).abs()
        return exp(dt, a), torch.where(size < at, dt * b, torch.expm1(dt * a) / a * b)

    return answer


def mended_near_zero(dt, a, b):
    return exp(dt, a), torch.where(a.abs() < 1e-8, dt * b, (exp(dt, a) - 1) / a * b)


def switched(dt, a, small, where, b):
    """One share of B where ΔA is small, the subtraction elsewhere."""
    return exp(dt, a), torch.where(where, small, (exp(dt, a) - 1) / a) * b


MENDED = [
    (
        "kept away from 0",
        lambda dt, a, b: ((a * dt).exp(), (a * dt).expm1() * b / torch.clamp(a, max=-1e-8)),
        "an input lost at A = 0",
    ),
    ("where twice", hunted(lambda dt, a: torch.expm1(dt * a) / torch.where(a == 0, 1, a), fill), "right"),
    ("where once", hunted(lambda dt, a: torch.expm1(dt * a) / a, fill), "right"),
    ("indices", mended_by_indices, "right"),
    ("a loop", mended_by_a_loop, "right"),
    ("a series", mended_by_a_series, "right"),
    (
        "expm1 for both",
        lambda dt, a, b: (torch.expm1(dt * a), torch.where(a == 0, dt, torch.expm1(dt * a) / a) * b),
        "a 1 taken off Ā too",
    ),
    ("sinh", mended_by_sinh, "right"),
    ("NaN replaced by ΔB", mended_by_a_nan_filter, "right"),
    (
        "clamped far below",
        lambda dt, a, b: (exp(dt, a), torch.expm1(dt * a.clamp(max=-1e-12)) / a.clamp(max=-1e-12) * b),
        "right",
    ),
    ("in float64 with expm1", hunted(lambda dt, a: torch.expm1(dt * a.double()) / a, fill), None),
    ("as it was", hunted(lambda dt, a: (torch.exp(dt * a) - 1) / a), "the unmended code"),
    ("where only", hunted(lambda dt, a: (torch.exp(dt * a) - 1) / a, fill), SUBTRACTED),
    ("expm1 only", hunted(lambda dt, a: torch.expm1(dt * a) / a), "half of the repair: A = 0"),
    (
        "a mask by a product",
        lambda dt, a, b: (exp(dt, a), (a != 0) * torch.expm1(dt * a) / a * b),
        "half of the repair: A = 0",
    ),
    ("1e-8 below", hunted(lambda dt, a: (torch.exp(dt * a) - 1) / (a - 1e-8)), HIDDEN),
    ("NaN to 0", hunted(lambda dt, a: torch.nan_to_num((exp(dt, a) - 1) / a)), HIDDEN),
    ("−1e-8 for 0", mended_by_a_smaller_stand_in, "a small leak in the place of none"),
    ("1e-6 for 0", lambda dt, a, b: zoh_of(dt, torch.where(a == 0, 1e-6, a), b), "a stand-in for 0 that goes too far"),
    ("B̄/Δ itself", lambda dt, a, b: (exp(dt, a), mended_by_indices(dt, a, b)[1] / dt), "a B̄ without its Δ"),
    ("over ΔA", hunted(lambda dt, a: torch.expm1(dt * a) / (dt * a), fill), "a B̄ without its Δ"),
    ("expm1(A)", hunted(lambda dt, a: torch.expm1(a) / a, fill), "an exponential without the step size"),
    ("Δ at zero, no more", hunted(lambda dt, a: (exp(dt, a) - 1) / a, lambda dt, b: dt), WITHOUT_B),
    ("B at zero, no more", hunted(lambda dt, a: (exp(dt, a) - 1) / a, lambda dt, b: b), ONE_AT_ZERO),
    ("1e-6 above", hunted(lambda dt, a: (torch.exp(dt * a) - 1) / (a + 1e-6)), HIDDEN),
    ("nan_to_num", hunted(lambda dt, a: (torch.expm1(dt * a) / a).nan_to_num()), "an input lost at A = 0"),
    ("1e-9 and expm1", hunted(lambda dt, a: torch.expm1(dt * a) / (a - 1e-9)), "an input lost at A = 0"),
    ("zero at zero", hunted(lambda dt, a: torch.expm1(dt * a) / a, lambda dt, b: 0 * b), "an input lost at A = 0"),
    ("ΔB", lambda dt, a, b: (exp(dt, a), dt * b), "another rule"),
    ("Euler", lambda dt, a, b: (1 + dt * a, dt * b), "another rule"),
    ("bilinear", lambda dt, a, b: ((2 + dt * a) / (2 - dt * a), 2 * dt * b / (2 - dt * a)), "another rule"),
    (
        "a switch at 1e-3",
        lambda dt, a, b: (exp(dt, a), torch.where((dt * a).abs() < 1e-3, dt, (exp(dt, a) - 1) / a) * b),
        SWITCH,
    ),
    (
        "a switch at 1e-6",
        lambda dt, a, b: (exp(dt, a), torch.where(dt * a > -1e-6, dt * b, (exp(dt, a) - 1) / a * b)),
        SWITCH,
    ),
    (
        "ΔB with its correction, the subtraction above",
        hunted(lambda dt, a: torch.where(dt * a > -1e-4, dt * (1 + dt * a / 2), (exp(dt, a) - 1) / a)),
        SWITCH,
    ),
    (
        "shifted by 1e-6",
        lambda dt, a, b: (exp(dt, a), torch.expm1(dt * (a - 1e-6)) / (a - 1e-6) * b),
        "a small leak in the place of none",
    ),
    (
        "shifted by 1e-4",
        lambda dt, a, b: (exp(dt, a - 1e-4), torch.expm1(dt * (a - 1e-4)) / (a - 1e-4) * b),
        "a small leak in the place of none",
    ),
    (
        "float64",
        hunted(lambda dt, a: (torch.exp(dt * a.double()) - 1) / a.double(), fill),
        "more digits in the place of a better formula",
    ),
    (
        "float64 alone",
        hunted(lambda dt, a: (torch.exp(dt * a.double()) - 1).float() / a),
        "more digits in the place of a better formula",
    ),
    ("a switch at 1e-5", hunted(lambda dt, a: torch.where(dt * a > -1e-5, dt, (exp(dt, a) - 1) / a)), SWITCH),
    ("expm1 of Ā", hunted(lambda dt, a: torch.expm1(exp(dt, a)) / a, fill), "an exponential of an exponential"),
    ("expm1 of Ā alone", hunted(lambda dt, a: torch.expm1(exp(dt, a)) / a), "an exponential of an exponential"),
    (
        "the wrong way round",
        lambda dt, a, b: (exp(dt, a), torch.where(a == 0, torch.expm1(dt * a) / a * b, dt * b)),
        "two choices exchanged",
    ),
    ("lifted", hunted(lambda dt, a: (exp(dt, a) - 1) / torch.clamp(a, min=1e-8)), "a clamp on the wrong side"),
    ("−1 for 0", mended_by_a_stand_in, "a stand-in for 0 that goes too far"),
    ("ΔB for a small A", small_by("A", 1e-3), "a small A taken for none"),
    ("ΔB for a smaller A", small_by("A", 1e-6), "a small A taken for none"),
    ("ΔB for a still smaller A", small_by("A", 1e-9), "a small A taken for none"),
    ("ΔB for a small ΔA, expm1 above", small_by("ΔA", 1e-3), SWITCH),
    ("ΔB where it is exact in float32", small_by("ΔA", 1e-6), "right"),
    ("ΔB at a small ΔA and at the border", lambda dt, a, b: switched(dt, a, dt, dt * a >= -1e-5, b), SWITCH),
    (
        "two terms of the series below 0.5",
        lambda dt, a, b: switched(dt, a, dt + dt**2 * a / 2, dt * a > -0.5, b),
        SWITCH,
    ),
    (
        "three terms of the series below 0.5",
        lambda dt, a, b: switched(dt, a, dt + dt**2 * a / 2 + dt**3 * a**2 / 6, dt * a > -0.5, b),
        SWITCH,
    ),
    ("where without its else", lambda dt, a, b: (exp(dt, a), torch.where(a == 0, dt * b)), "a choice with one side"),
    (
        "where of Δ without its else",
        lambda dt, a, b: (exp(dt, a), torch.where(a == 0, dt) * b),
        "a choice with one side",
    ),
    ("if", mended_by_an_if, "an if for a vector"),
    ("any", mended_by_any, "one decision for all entries"),
    ("all", mended_by_all, "one decision for all entries"),
    ("in place", mended_in_place, "a small leak in the place of none"),
    ("1e-10 below", lambda dt, a, b: zoh_of(dt, a - 1e-10, b), "a small leak in the place of none"),
    ("B at zero", hunted(lambda dt, a: torch.expm1(dt * a) / a, lambda dt, b: b), "an input without Δ at A = 0"),
    ("1 at zero", hunted(lambda dt, a: torch.expm1(dt * a) / a, lambda dt, b: torch.ones_like(b)), ONE_AT_ZERO),
    ("no return", lambda dt, a, b: print(end=""), None),
    ("Ā from Euler", lambda dt, a, b: (1 + dt * a, mended_by_indices(dt, a, b)[1]), "the Ā of Euler"),
    ("a crash", lambda dt, a, b: (exp(dt, a), torch.where(a == 0, dt, math.expm1(dt * a) / a) * b), None),
    ("no B", lambda dt, a, b: (exp(dt, a), mended_by_indices(dt, a, torch.ones_like(b))[1]), WITHOUT_B),
    ("right for tiny ΔA only", lambda dt, a, b: (exp(dt, a), dt * b * (1 + dt * a / 2)), "the first terms of a series"),
    (
        "no zeros",
        lambda dt, a, b: (exp(dt, a[a != 0]), (torch.expm1(dt * a) / a * b)[a != 0]),
        "buckets that are left out",
    ),
    ("expm1 − 1", hunted(lambda dt, a: (torch.expm1(dt * a) - 1) / a, fill), "a 1 that is taken off twice"),
    (
        "NaN to Δ",
        lambda dt, a, b: (exp(dt, a), torch.nan_to_num(torch.expm1(dt * a) / a * b, nan=dt)),
        WITHOUT_B,
    ),
    ("B at zero alone", lambda dt, a, b: (exp(dt, a), torch.where(a == 0, dt * b, torch.expm1(dt * a) / a)), WITHOUT_B),
    ("Δ kept above 1e-6", lambda dt, a, b: zoh_of(max(dt, 1e-6), a, b), LONGER),
    ("Δ kept above 1e-6, A = 0 mended", lambda dt, a, b: mended_by_indices(max(dt, 1e-6), a, b), LONGER),
    ("1e-8 added to Δ", lambda dt, a, b: mended_by_indices(dt + 1e-8, a, b), LONGER),
    ("the code with a longer Δ", lambda dt, a, b: (x := exp(max(dt, 1e-4), a), (x - 1) / a * b), LONGER),
    ("expm1 for exp", lambda dt, a, b: (x := torch.expm1(dt * a), (x - 1) / a * b), "a 1 that is taken off twice"),
    ("expm1 for both, A = 0 left", lambda dt, a, b: (x := torch.expm1(dt * a), x / a * b), "a 1 taken off Ā too"),
    ("swapped", lambda dt, a, b: mended_by_indices(dt, a, b)[::-1], "a swapped pair"),
    (
        "clamped a little",
        hunted(lambda dt, a: torch.expm1(dt * a.clamp(max=-1e-6)) / a.clamp(max=-1e-6)),
        "a small leak in the place of none",
    ),
    (
        "an if for a tiny Δ",
        lambda dt, a, b: (exp(dt, a), dt * b if dt < 1e-4 else torch.where(a == 0, dt, (exp(dt, a) - 1) / a) * b),
        "a switch to another formula",
    ),
    ("B̄ as a list", lambda dt, a, b: (exp(dt, a), mended_by_indices(dt, a, b)[1].tolist()), None),
    ("B̄ of Δ alone if tiny", lambda dt, a, b: (exp(dt, a), dt * b if dt < 1e-6 else (exp(dt, a) - 1) / a * b), SWITCH),
    (
        "nothing left at A = 0",
        lambda dt, a, b: (torch.where(a == 0, 0, exp(dt, a)), mended_by_indices(dt, a, b)[1]),
        "a bucket without a hole that forgets",
    ),
    ("isclose", lambda dt, a, b: mended_where(a.isclose(torch.zeros_like(a)), dt, a, b), "a small A taken for none"),
    ("A within 1e-6", lambda dt, a, b: mended_where(a > -1e-6, dt, a, b), "a small A taken for none"),
    (
        "1e-8 below the line, where A is 0",
        lambda dt, a, b: (x := exp(dt, a), (x - 1) / a.where(a != 0, 1e-8) * b),
        HIDDEN,
    ),
    ("clamped by 1e-6", lambda dt, a, b: (x := exp(dt, a.clamp(max=-1e-6)), (x - 1) / a.clamp(max=-1e-6) * b), HIDDEN),
    ("lifted to 1e-9", lambda dt, a, b: (exp(dt, a), torch.expm1(dt * a) / a.clamp(min=1e-9) * b), WRONG_SIDE),
    ("lifted to 1e-7, nothing else", lambda dt, a, b: (exp(dt, a), (exp(dt, a) - 1) / a.clip(1e-7) * b), WRONG_SIDE),
    ("ΔB below 1e-4, expm1 above", small_by("ΔA", 1e-4), SWITCH),
    (
        "three terms below 0.1",
        lambda dt, a, b: switched(dt, a, dt + dt**2 * a / 2 + dt**3 * a**2 / 6, dt * a > -0.1, b),
        SWITCH,
    ),
    ("two terms below 0.02", lambda dt, a, b: switched(dt, a, dt + dt**2 * a / 2, dt * a > -0.02, b), SWITCH),
    ("1e-4 below the line", hunted(lambda dt, a: torch.expm1(dt * a) / (a - 1e-4)), "an input lost at A = 0"),
    ("eps below the line", hunted(lambda dt, a: torch.expm1(dt * a) / (a + EPSILON)), "an input lost at A = 0"),
    ("beside ΔA", hunted(lambda dt, a: dt * torch.expm1(dt * a) / (dt * a - 1e-12)), "an input lost at A = 0"),
    ("beside ΔA, subtracted", hunted(lambda dt, a: dt * (exp(dt, a) - 1) / (dt * a + 1e-8)), HIDDEN),
    ("shifted by eps", lambda dt, a, b: zoh_of(dt, a - EPSILON, b), "a small leak in the place of none"),
    ("Δ·expm1(A)", hunted(lambda dt, a: dt * torch.expm1(a) / a, fill), "an exponential without the step size"),
    ("log1p", hunted(lambda dt, a: torch.log1p(dt * a) / a, fill), "a logarithm in the place of an exponential"),
    ("log1p alone", hunted(lambda dt, a: torch.log1p(dt * a) / a), "a logarithm in the place of an exponential"),
    ("any tiny ΔA", mended_by_any_tiny, "one decision for all entries"),
    ("a quotient by ln", mended_by_a_logarithm, "right"),
    ("clamped below the line", hunted(lambda dt, a: torch.expm1(dt * a) / a.clamp(max=-1e-3)), LOST),
    ("clamped ΔA below", hunted(lambda dt, a: dt * torch.expm1(dt * a) / (dt * a).clamp(max=-1e-6)), LOST),
    ("clamped ΔA a little below", hunted(lambda dt, a: dt * torch.expm1(dt * a) / (dt * a).clamp(max=-1e-8)), LOST),
    ("clamped below the code's line", hunted(lambda dt, a: (exp(dt, a) - 1) / a.clamp(max=-1e-4)), HIDDEN),
    ("ΔB for a small A, the subtraction above", mended_near_zero, SUBTRACTED),
    ("ΔA clamped at 4e-5", hunted(lambda dt, a: dt * (x := torch.clamp(dt * a, max=-4e-5)).expm1() / x), None),
    ("clamped ΔA", hunted(lambda dt, a: dt * (x := torch.clamp(dt * a, max=-1e-7)).expm1() / x), "right"),
]


def test_an_answer_that_uses_a_part_of_the_pole_is_not_told_that_it_makes_no_use_of_it():
    said = judge(exercise("04.largest_euler_step"), lambda s: 2 / abs(s.imag)).relations
    assert not any("no use" in words for words in said)


def test_wrong_values_are_shown_before_another_number_format():
    shown = judge(exercise("04.zoh"), zoh_by_six_terms, quiet=True).example
    assert shown.raised is None and shown.difference is not None


test_an_answer_gets_its_verdict = judged(
    rows(
        "04",
        euler=EULER,
        zoh=ZOH,
        bilinear=BILINEAR,
        largest_euler_step=STEP,
        corrected_B=CORRECTED,
        mended_zoh=MENDED,
    )
)
