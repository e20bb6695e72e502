"""Answers to the exercises of notebook 06 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from answer_rows import judged, rows
from torch import Tensor, nn

# Exercise 1: half_life (A, delta)


def half_life_by_two_loops(A, delta):
    out = torch.zeros(A.shape)
    for d in range(A.shape[0]):
        for n in range(A.shape[1]):
            out[d, n] = math.log(2) / (abs(A[d, n]) * delta[d])
    return out


def half_life_of_channel_0(A, delta):
    return math.log(2) / (-A * delta[0])


def half_life_in_place(A, delta):
    A *= -delta[:, None]
    return math.log(2) / A


def half_life_without_return(A, delta):
    steps = math.log(2) / (-A * delta[:, None])  # noqa: F841


HALF_LIFE = [
    ("squeezed", lambda A, delta: (math.log(2) / (-A * delta.unsqueeze(1))).squeeze(), "another shape"),
    ("unsqueeze", lambda A, delta: math.log(2) / (-A * delta.unsqueeze(1)), "right"),
    ("einsum", lambda A, delta: math.log(0.5) / torch.einsum("dn,d->dn", A, delta), "right"),
    ("two loops", half_life_by_two_loops, "right"),
    ("torch.log of the factor", lambda A, delta: math.log(0.5) / torch.log(torch.exp(A.T * delta).T), "right"),
    ("in float64", lambda A, delta: np.log(2) / (-A.double() * delta.double().view(-1, 1)), None),
    ("transposed twice", lambda A, delta: (math.log(2) / (A.abs().T * delta)).T, "right"),
    ("log2 of e", lambda A, delta: 1 / (-A * delta[:, None] * math.log2(math.e)), "right"),
    ("torch.tensor(2.).log()", lambda A, delta: -torch.tensor(2.0).log() / A / delta[:, None], "right"),
    ("no logarithm", lambda A, delta: 1 / (-A * delta[:, None]), "a time constant"),
    ("log2", lambda A, delta: -math.log2(0.5) / (-A * delta[:, None]), "a time constant"),
    (
        "log10",
        lambda A, delta: torch.log10(torch.tensor(2.0)) / (-A * delta.reshape(-1, 1)),
        "a logarithm to the base 10",
    ),
    ("half over", lambda A, delta: 0.5 / (-A * delta[:, None]), "a half without its logarithm"),
    ("two over", lambda A, delta: 2 / (A.abs() * delta[:, None]), "a half without its logarithm"),
    ("a minus less", lambda A, delta: math.log(2) / (A * delta[:, None]), "a negative half-life"),
    ("half over the loss", lambda A, delta: 0.5 / (1 - torch.exp(A * delta[:, None])), "what a step takes away"),
    ("half over the loss, expm1", lambda A, delta: -0.5 / torch.expm1((A.T * delta).T), "what a step takes away"),
    ("a minus more", lambda A, delta: math.log(0.5) / (-A * delta[:, None]), "a negative half-life"),
    (
        "a sum that keeps its axis",
        lambda A, delta: math.log(2) / (-A.sum(-1, keepdim=True) * delta[:, None]),
        "channels or states added up",
    ),
    ("no delta", lambda A, delta: -math.log(2) / A, "a half-life in time, not in steps"),
    (
        "n counted",
        lambda A, delta: math.log(2) / torch.outer(delta, torch.arange(1.0, A.shape[1] + 1)),
        "rates that were counted, not given",
    ),
    (
        "n counted from 0",
        lambda A, delta: math.log(2) / (torch.arange(A.shape[1]) * delta[:, None]),
        "rates that were counted, not given",
    ),
    ("Δ alone", lambda A, delta: math.log(2) / delta, "a half-life without A"),
    ("Δ alone, in a column", lambda A, delta: math.log(2) / delta.unsqueeze(1), "a half-life without A"),
    ("a product", lambda A, delta: math.log(2) * (-A * delta[:, None]), "an upside-down ratio"),
    ("the reciprocal", lambda A, delta: A * delta[:, None] / math.log(0.5), "an upside-down ratio"),
    ("no brackets", lambda A, delta: math.log(2) / -A * delta[:, None], "Δ in the numerator"),
    ("times Δ", lambda A, delta: math.log(2) * delta[:, None] / A.abs(), "Δ in the numerator"),
    (
        "over exp(−Δ·A)",
        lambda A, delta: math.log(2) / (A.T * -delta).exp().T,
        "an exponential in the place of its exponent",
    ),
    ("the factor", lambda A, delta: torch.exp(delta[:, None] * A), "what is left after one step"),
    ("Euler", lambda A, delta: -math.log(2) / torch.log(1 + delta[:, None] * A), "the factor of Euler's rule"),
    ("ceil", lambda A, delta: torch.ceil(math.log(2) / (-A * delta[:, None])), "whole steps"),
    ("int", lambda A, delta: (math.log(2) / (-A * delta[:, None])).int(), "whole steps"),
    ("round", lambda A, delta: torch.round(math.log(2) / (-A * delta[:, None])), "whole steps"),
    ("no new axis", lambda A, delta: math.log(2) / -(A * delta), "a Δ that is matched with the states"),
    ("new axis in front", lambda A, delta: math.log(2) / (-A * delta[None]), "a Δ that is matched with the states"),
    ("delta first", lambda A, delta: math.log(2) / (delta * A.abs()), "a Δ that is matched with the states"),
    ("channel 0", half_life_of_channel_0, "one Δ for all channels"),
    ("in place", half_life_in_place, None),
    ("no return", half_life_without_return, None),
    ("hard-coded", lambda A, delta: torch.full_like(A, 69.3), None),
    ("mean Δ", lambda A, delta: math.log(2) / (-A * delta.mean()), "one Δ for all channels"),
    (
        "exp(A)",
        lambda A, delta: math.log(2) / (torch.exp(A) * delta[:, None]),
        "an exponential in the place of its exponent",
    ),
    ("matrices", lambda A, delta: math.log(2) / (delta @ -A), "channels or states added up"),
    ("as a list", lambda A, delta: (math.log(2) / (-A * delta[:, None])).tolist(), None),
    ("math.exp of a tensor", lambda A, delta: math.log(2) / math.exp(A * delta[:, None]), None),
    ("A / Δ", lambda A, delta: A * math.log(0.5) / delta[:, None], "A in the numerator"),
    (
        "half of the factor",
        lambda A, delta: 0.5 / torch.exp(A * delta[:, None]),
        "an exponential in the place of its exponent",
    ),
    (
        "log of a half over the factor",
        lambda A, delta: -math.log(2) / (A * delta[:, None]).exp(),
        "an exponential in the place of its exponent",
    ),
    ("Δ alone", lambda A, delta: (math.log(2) / delta).repeat(A.shape[1], 1).T, "a half-life without A"),
    ("softplus", lambda A, delta: math.log(2) / (-A * F.softplus(delta)[:, None]), "softplus once more"),
    ("a quarter", lambda A, delta: 2 * math.log(2) / (-A * delta[:, None]), "a quarter in the place of a half"),
    ("1 − Ā", lambda A, delta: math.log(2) / -torch.expm1(A * delta[:, None]), "what a step takes away"),
    ("added", lambda A, delta: math.log(2) / (delta[:, None] - A), "a sum in the place of a product"),
    (
        "state 0",
        lambda A, delta: (math.log(2) / (-A[:, 0] * delta)).repeat(A.shape[1], 1).T,
        "one rate for all states",
    ),
    ("the rate of a step", lambda A, delta: torch.einsum("dn,d->dn", A.abs(), delta), "the exponent of one step"),
    ("the factor's logarithm", lambda A, delta: torch.exp(A * delta[:, None]).log(), "the exponent of one step"),
    ("1 − Ā alone", lambda A, delta: 1 - torch.exp(A * delta[:, None]), "what a step takes away"),
    ("added to A", lambda A, delta: math.log(2) / -(A + delta[:, None]), "a sum in the place of a product"),
    (
        "exp(−A)",
        lambda A, delta: math.log(2) / (torch.exp(-A) * delta[:, None]),
        "an exponential in the place of its exponent",
    ),
    ("log(−A)", lambda A, delta: math.log(2) / ((-A).log() * delta[:, None]), "A_log in the place of A"),
    ("a bracket too late", lambda A, delta: torch.log(2 / (-A * delta[:, None])), "a denominator under the logarithm"),
    ("divided twice", lambda A, delta: math.log(0.5) / A / delta, "a Δ that is matched with the states"),
    ("expanded", lambda A, delta: -math.log(2) / (A * delta.expand_as(A)), "a Δ that is matched with the states"),
    ("log2 of the factor", lambda A, delta: torch.log2(torch.exp(A * delta[:, None])), "how often a step halves"),
    (
        "a product with the exponential",
        lambda A, delta: math.log(2) * torch.exp(A * delta[:, None]),
        "an exponential in the place of its exponent",
    ),
    ("0.69", lambda A, delta: 0.69 / (-A * delta[:, None]), "a rounded logarithm"),
    ("0.7", lambda A, delta: (0.7 / A.abs()) / delta.unsqueeze(1), "a rounded logarithm"),
    ("0.693", lambda A, delta: 0.693 / (-A * delta[:, None]), "right"),
    ("a matrix of step sizes", lambda A, delta: torch.diag(1 / delta) @ (-math.log(2) / A), "right"),
    ("one number a channel", lambda A, delta: math.log(2) / (-A[:, 0] * delta), "one rate for all states"),
    (
        "the slowest of each channel",
        lambda A, delta: math.log(2) / (A.abs().min(dim=1).values * delta),
        "one rate for all states",
    ),
    ("one column", lambda A, delta: math.log(2) / (-A[:, :1] * delta[:, None]), "one rate for all states"),
    (
        "implicit Euler",
        lambda A, delta: math.log(0.5) / torch.log(1 / (1 - A * delta[:, None])),
        "the factor of Euler's rule",
    ),
    ("no minus, no brackets", lambda A, delta: math.log(2) / A * delta[:, None], "two mistakes at once"),
    ("no logarithm, no brackets", lambda A, delta: 1 / -A * delta[:, None], "two mistakes at once"),
    (
        "repeated the wrong way",
        lambda A, delta: math.log(2) / (-A * delta.repeat(A.shape[1], 1)),
        "a Δ that is matched with the states",
    ),
    ("of a squeezed table", lambda A, delta: math.log(2) / (-A.squeeze() * delta[:, None]), None),
    (
        "a loop over the smaller axis",
        lambda A, delta: torch.stack([math.log(2) / (-A[d] * delta[d]) for d in range(min(A.shape))]),
        None,
    ),
    (
        "laid flat where it stands",
        lambda A, delta: math.log(2) / (-(A.T if A.shape[0] > A.shape[1] else A) * delta[:, None]),
        None,
    ),
    (
        "along the states where it fits",
        lambda A, delta: math.log(2) / (-A * (delta if len(delta) == A.shape[1] else delta[:, None])),
        None,
    ),
    ("ln 2 below", lambda A, delta: 1 / (math.log(2) * A.abs() * delta[:, None]), "ln 2 in the denominator"),
    ("times log2(e)", lambda A, delta: math.log2(math.e) / -A / delta[:, None], "ln 2 in the denominator"),
    (
        "the first row in a loop",
        lambda A, delta: torch.stack([math.log(2) / (-A[0] * step) for step in delta]),
        "one row of A for all channels",
    ),
    ("the first row", lambda A, delta: -math.log(2) / torch.outer(delta, A[0]), "one row of A for all channels"),
]

# Exercise 2: inverse_softplus (dt)


def inverse_by_a_loop(dt):
    out = torch.empty_like(dt)
    for i in range(dt.numel()):
        x = dt.flatten()[i].item()
        out.view(-1)[i] = x + math.log(-math.expm1(-x))
    return out


def inverse_by_newton(dt):
    x = dt.double().log()
    for _ in range(60):
        x = torch.where(dt > 20, dt.double(), x - (F.softplus(x) - dt) / torch.sigmoid(x))
    return x.to(dt.dtype)


def inverse_in_place(dt):
    return dt.add_(torch.log(-torch.expm1(-dt)))


def inverse_of_the_first(dt):
    return (dt + torch.log(-torch.expm1(-dt)))[0]


def inverse_of_a_line(dt):
    return torch.stack([x + torch.log(-torch.expm1(-x)) for x in dt])


def inverse_where_finite(dt):
    x = torch.log(torch.exp(dt) - 1)
    return torch.where(torch.isfinite(x), x, dt)


def naive_up_to_20(dt, lifted=lambda x: x):
    return torch.where(dt > 20, dt, torch.log(lifted(torch.exp(dt) - 1)))


LOST, OVERFLOWS, CANCELS = "the form that loses its digits", "a form that overflows", "a difference that cancels"
SWITCHED, LIFTED = "a difference that cancels, and a switch", "small numbers lifted, large ones not"
MATH, FOR_TOO_MANY = "functions of math, given a tensor", "a plain logarithm for too many"
INVERSE = [
    ("a series", lambda dt: dt.log() + dt / 2, "the first terms of a series"),
    ("dt of 1e-3 at least", lambda dt: stable(dt.clamp(min=1e-3)), "a small number added"),
    ("dt on top", lambda dt: dt + torch.expm1(dt).log(), "a dt too many"),
    ("a product", lambda dt: dt * (1 - torch.exp(-dt)).log(), "multiplied instead of added"),
    ("a product, expm1", lambda dt: dt * torch.log(-torch.expm1(-dt)), "multiplied instead of added"),
    ("naive, clamped", lambda dt: torch.log(torch.clamp(dt.exp() - 1, min=1e-8)), "a small number added"),
    ("naive, a little more", lambda dt: (dt.exp() - 1 + 1e-6).log(), "a small number added"),
    ("expm1, two cases", lambda dt: torch.where(dt > 20, dt, torch.log(torch.expm1(dt.clamp(max=80)))), "right"),
    ("in float64", lambda dt: (dt.double() + (-(-dt.double()).expm1()).log()).float(), "right"),
    ("a loop", inverse_by_a_loop, "right"),
    ("Newton", inverse_by_newton, "right"),
    ("numpy", lambda dt: torch.from_numpy(np.asarray(dt + np.log(-np.expm1(-dt.numpy())))), "right"),
    ("1 − e^(−dt) by expm1", lambda dt: torch.log(torch.expm1(-dt).neg()) + dt, "right"),
    ("math on paper", lambda dt: torch.log(torch.exp(dt) - 1), LOST),
    ("methods", lambda dt: dt.exp().sub(1).log(), LOST),
    ("two logarithms", lambda dt: torch.log(torch.special.expm1(dt)), OVERFLOWS),
    ("methods of expm1", lambda dt: dt.expm1().log(), OVERFLOWS),
    ("a product under the logarithm", lambda dt: (dt.exp() * -(-dt).expm1()).log(), OVERFLOWS),
    ("its logarithm taken apart", lambda dt: dt.exp().log() + (-(-dt).expm1()).log(), OVERFLOWS),
    ("1 − exp", lambda dt: dt + torch.log(1 - torch.exp(-dt)), CANCELS),
    ("log1p", lambda dt: torch.log1p(-torch.exp(-dt)) + dt, CANCELS),
    ("large apart", lambda dt: torch.where(dt > 50, dt, (dt.exp() - 1).log()), CANCELS),
    ("softplus", lambda dt: torch.nn.Softplus()(dt), "softplus once more"),
    ("softplus of −dt", lambda dt: -F.softplus(-dt), "softplus once more"),
    ("reciprocal", lambda dt: F.softplus(dt) ** -1, "one over softplus"),
    ("log", lambda dt: dt.log(), "a plain logarithm"),
    ("plus", lambda dt: torch.log(1 + torch.exp(dt)), "softplus once more"),
    ("log1p(exp)", lambda dt: torch.log1p(torch.exp(dt)), "softplus once more"),
    ("1 + e^(−dt)", lambda dt: dt + torch.log(1 + (-dt).exp()), "softplus once more"),
    ("dt less its mirror", lambda dt: dt - F.softplus(-dt), "softplus once more"),
    ("no dt", lambda dt: torch.log(-torch.expm1(-dt)), "a forgotten dt"),
    ("minus", lambda dt: dt - torch.log(-torch.expm1(-dt)), "a wrong sign between the two parts"),
    ("the other minus", lambda dt: -dt + torch.log(-torch.expm1(-dt)), "a wrong sign between the two parts"),
    ("no logarithm", lambda dt: torch.exp(dt) - 1, "a forgotten logarithm"),
    ("wrong sign inside", lambda dt: dt + torch.log(torch.expm1(-dt)), "the logarithm of a negative number"),
    ("turned round", lambda dt: torch.log(1 - dt.exp()), "the logarithm of a negative number"),
    ("logit", lambda dt: torch.logit(dt), "the inverse of another function"),
    ("expm1 of the log", lambda dt: torch.expm1(torch.log(dt)), "the two steps in the wrong order"),
    ("exp of the log, minus 1", lambda dt: dt.log().exp() - 1, "the two steps in the wrong order"),
    ("a small number added", lambda dt: dt + torch.log(1 - torch.exp(-dt) + 1e-6), "a small number added"),
    ("clamped", lambda dt: torch.log(torch.expm1(dt.clamp(max=80))), "a large dt that is cut off"),
    ("clamped to what exp bears", lambda dt: dt.clamp(max=88).expm1().log(), "a large dt that is cut off"),
    ("finfo.eps", lambda dt: dt + torch.log(1 - torch.exp(-dt) + torch.finfo(dt.dtype).eps), "a small number added"),
    ("finfo.eps, naive", lambda dt: (dt.exp() - 1 + torch.finfo(dt.dtype).eps).log(), "a small number added"),
    ("clamped below", lambda dt: stable(dt.clamp_min(1e-4)), "a small number added"),
    ("dt from 1 on", lambda dt: torch.where(dt > 1, dt, dt.expm1().log()), "a straight line too early"),
    ("dt from 4 on", lambda dt: torch.where(dt > 4, dt, dt.expm1().log()), "a straight line too early"),
    ("log below 0.01", lambda dt: torch.where(dt < 0.01, dt.log(), stable(dt)), "a plain logarithm for too many"),
    ("log below 1", lambda dt: torch.where(dt < 1, dt.log(), dt.expm1().log()), FOR_TOO_MANY),
    ("log below 0.0001", lambda dt: torch.where(dt < 1e-4, dt.log(), stable(dt)), "a plain logarithm for too many"),
    ("log below 0.00001", lambda dt: torch.where(dt < 1e-5, dt.log(), stable(dt)), "right"),
    ("dt from 8 on", lambda dt: torch.where(dt > 8, dt, dt.expm1().log()), "a straight line too early"),
    ("dt from 12 on", lambda dt: torch.where(dt > 12, dt, dt.expm1().log()), "right"),
    ("in place", inverse_in_place, None),
    ("the first only", inverse_of_the_first, None),
    ("one axis only", inverse_of_a_line, None),
    ("math.log of a tensor", lambda dt: math.log(torch.exp(dt) - 1), MATH),
    ("math throughout", lambda dt: math.log(math.expm1(dt)), MATH),
    ("math, the stable form", lambda dt: dt + math.log(1 - math.exp(-dt)), MATH),
    ("torch outside, math inside", lambda dt: torch.log(math.exp(dt) - 1), MATH),
    ("infinities replaced", lambda dt: dt.expm1().log().nan_to_num(), OVERFLOWS),
    ("infinities replaced, naive", lambda dt: torch.nan_to_num((dt.exp() - 1).log()), LOST),
    ("log below 0.01, naive", lambda dt: torch.where(dt < 0.01, dt.log(), (dt.exp() - 1).log()), FOR_TOO_MANY),
    ("log and dt", lambda dt: torch.where(dt >= 1, dt, dt.log()), "the two ends alone"),
    ("log below 0.7, else dt", lambda dt: torch.where(dt < 0.7, dt.log(), dt), "the two ends alone"),
    ("log of exp", lambda dt: dt.exp().log(), "dt itself"),
    ("log1p of expm1, dt comes out", lambda dt: torch.log1p(torch.expm1(dt)), "dt itself"),
    ("exp of dt, minus 1 after the logarithm", lambda dt: dt.exp().log() - 1, "a 1 that is not between exp and log"),
    ("a product, naive", lambda dt: torch.log(dt.exp() * (1 - torch.exp(-dt))), LOST),
    ("expm1 without a logarithm", lambda dt: dt + torch.expm1(-dt), "a forgotten logarithm"),
    ("a bracket too late", lambda dt: torch.log(dt - torch.expm1(-dt)), "dt under the logarithm"),
    ("a product under the logarithm", lambda dt: (dt * (-(-dt).expm1())).log(), "dt under the logarithm"),
    ("log of dt − 1", lambda dt: torch.log(dt - 1), "a forgotten exponential"),
    ("log of dt, minus 1", lambda dt: dt.log() - 1, "a forgotten exponential"),
    ("exp of dt − 1", lambda dt: (dt - 1).exp().log(), "a 1 that is not between exp and log"),
    ("log10", lambda dt: dt + torch.log10(-torch.expm1(-dt)), "a logarithm of another base"),
    ("nothing done", lambda dt: dt.clone(), "dt itself"),
    ("large apart, all or none", lambda dt: dt if (dt > 20).all() else dt.expm1().log(), OVERFLOWS),
    ("log1p of expm1", lambda dt: dt + torch.log1p(torch.expm1(-dt)), "a 1 beside expm1"),
    ("expm1 − 1", lambda dt: torch.log(torch.expm1(dt) - 1), "a 1 beside expm1"),
    ("a minus, naive", lambda dt: dt - (1 - torch.exp(-dt)).log(), "a wrong sign between the two parts"),
    ("log2", lambda dt: torch.log2(dt.expm1()), "a logarithm of another base"),
    ("log10, naive", lambda dt: (dt.exp() - 1).log10(), "a logarithm of another base"),
    ("where, exchanged", lambda dt: torch.where(dt > 20, dt.expm1().log(), dt), "dt itself"),
    ("1 − expm1", lambda dt: dt + torch.log(1 - torch.expm1(-dt)), "a 1 beside expm1"),
    ("1 + expm1", lambda dt: dt + torch.log(1 + torch.expm1(-dt)), "a 1 beside expm1"),
    ("exp(dt) in front", lambda dt: dt.exp() + torch.log1p(-torch.exp(-dt)), "a logarithm of one factor alone"),
    ("large apart, by the largest", lambda dt: dt if dt.max() > 20 else dt.expm1().log(), "one way for all numbers"),
    ("large apart, any", lambda dt: dt.clone() if (dt > 50).any() else (dt.exp() - 1).log(), SWITCHED),
    ("naive up to 3", lambda dt: torch.where(dt > 3, dt, (dt.exp() - 1).log()), SWITCHED),
    ("naive up to 30", lambda dt: torch.where(dt > 30, dt, (dt.exp() - 1).log()), CANCELS),
    ("at least 1e-5", lambda dt: torch.log(torch.maximum(torch.expm1(dt), torch.tensor(1e-5))), LIFTED),
    ("dt of 1e-6 at least", lambda dt: dt.clamp(min=1e-6).expm1().log(), LIFTED),
    ("at least 1e-4", lambda dt: torch.expm1(dt).clamp_min(1e-4).log(), "a small number added"),
    ("log, from 20 on dt", lambda dt: torch.where(dt > 20, dt, torch.log(dt)), "the two ends alone"),
    ("log of log1p", lambda dt: torch.log1p(dt).log(), "log1p in the place of expm1"),
    ("log1p, and dt", lambda dt: dt + torch.log(dt.log1p()), "log1p in the place of expm1"),
    ("dt taken away", lambda dt: torch.expm1(dt).log() - dt, "a dt too many"),
    ("dt minus the whole", lambda dt: dt - torch.log(torch.exp(dt) - 1), "a dt too many"),
    ("dt from 90 on", lambda dt: torch.where(dt > 90, dt, dt.expm1().log()), "a switch that comes too late"),
    ("dt from 100 on", lambda dt: torch.where(dt > 100, dt, dt.expm1().log()), "a switch that comes too late"),
    ("dt from 88 on", lambda dt: torch.where(dt > 88, dt, dt.expm1().log()), "right"),
    ("dt where infinite", lambda dt: torch.where(dt.expm1().isinf(), dt, dt.expm1().log()), "right"),
    ("dt where infinite, naive", inverse_where_finite, CANCELS),
    ("infinities replaced, 1 − exp", lambda dt: (dt + (1 - (-dt).exp()).log()).nan_to_num(), CANCELS),
    ("naive, cut off", lambda dt: torch.log(torch.exp(dt.clamp(max=88)) - 1), "a large dt that is cut off"),
    ("three cases", lambda dt: torch.where(dt < 1e-4, dt.log(), naive_up_to_20(dt)), FOR_TOO_MANY),
    ("log below 1e-6, naive", lambda dt: torch.where(dt < 1e-6, dt.log(), (dt.exp() - 1).log()), None),
    ("a little more, up to 20", lambda dt: naive_up_to_20(dt, lambda x: x + 1e-8), "a small number added"),
    (
        "at least a little, up to 20",
        lambda dt: naive_up_to_20(dt, lambda x: x.clamp(min=1e-10)),
        "a small number added",
    ),
    ("cut off at both ends", lambda dt: torch.log(dt.clamp(1e-4, 20).expm1()), "a large dt that is cut off"),
    (
        "naive below 20, at least 1e-20",
        lambda dt: torch.where(dt > 20, dt, (dt.exp() - 1).clamp(min=1e-20).log()),
        "a small number added",
    ),
]

# Exercise 3: sample_dt (u, dt_min, dt_max, dt_init_floor)


def sample_by_a_loop(u, dt_min, dt_max, dt_init_floor):
    return torch.tensor([max(dt_min ** (1 - x) * dt_max**x, dt_init_floor) for x in u.tolist()])


def sample_with_where(u, dt_min, dt_max, dt_init_floor):
    dt = 10 ** (math.log10(dt_min) + u * (math.log10(dt_max) - math.log10(dt_min)))
    return torch.where(dt < dt_init_floor, dt_init_floor, dt)


def sample_in_place(u, dt_min, dt_max, dt_init_floor):
    return u.mul_(math.log(dt_max / dt_min)).add_(math.log(dt_min)).exp_().clamp_(min=dt_init_floor)


def sample_with_the_defaults(u, dt_min, dt_max, dt_init_floor):
    return torch.exp(math.log(0.001) + u * math.log(100)).clamp(min=1e-4)


def log_dt(u, dt_min, dt_max):
    return math.log(dt_min) + u * (math.log(dt_max) - math.log(dt_min))


def floored_to_dt_min(u, dt_min, dt_max, dt_init_floor):
    dt = log_dt(u, dt_min, dt_max).exp()
    dt[dt < dt_init_floor] = dt_min
    return dt


SAMPLE = [
    ("a power of the ratio", lambda u, a, b, f: (a * (b / a) ** u).clamp(min=f), "right"),
    (
        "torch.lerp",
        lambda u, a, b, f: torch.lerp(torch.tensor(a).log(), torch.tensor(b).log(), u).exp().clamp(f),
        "right",
    ),
    ("a loop", sample_by_a_loop, "right"),
    ("log10 and where", sample_with_where, "right"),
    ("maximum", lambda u, a, b, f: torch.maximum(log_dt(u, a, b).exp(), torch.tensor(f)), "right"),
    ("floor in the logarithm", lambda u, a, b, f: log_dt(u, a, b).clamp(min=math.log(f)).exp(), "right"),
    ("in float64", lambda u, a, b, f: log_dt(u.double(), a, b).exp().clamp(min=f), None),
    ("uniform", lambda u, a, b, f: torch.clamp(u * (b - a) + a, min=f), "a uniform draw"),
    ("uniform, no floor", lambda u, a, b, f: a + (b - a) * u, "a uniform draw"),
    ("uniform, from the top", lambda u, a, b, f: (b - (b - a) * u).clamp(min=f), "a uniform draw"),
    ("uniform, a little too far", lambda u, a, b, f: torch.clamp(u * b + a, min=f), "a uniform draw"),
    ("the ratio of the example", lambda u, a, b, f: (a * 100**u).clamp(min=f), "a range of your own"),
    ("the ratio of the example, no floor", lambda u, a, b, f: a * 100**u, "a range of your own"),
    ("the line of the example", lambda u, a, b, f: 0.001 * 100**u, "a range of your own"),
    (
        "a ratio without brackets",
        lambda u, a, b, f: (a * b / a**u).clamp(min=f),
        "a way that does not begin at dt_min",
    ),
    (
        "a power that takes dt_min along",
        lambda u, a, b, f: ((a * (b / a)) ** u).clamp(min=f),
        "a way that does not begin at dt_min",
    ),
    ("ratio times u", lambda u, a, b, f: torch.clamp(b * u, min=f), "a product in the place of a power"),
    (
        "roots",
        lambda u, a, b, f: torch.lerp(torch.tensor(a).sqrt(), torch.tensor(b).sqrt(), u).square().clamp(min=f),
        "roots or reciprocals spread evenly",
    ),
    ("reciprocals", lambda u, a, b, f: (1 / ((1 - u) / a + u / b)).clamp(min=f), "roots or reciprocals spread evenly"),
    ("u lifted", lambda u, a, b, f: log_dt(u.clamp(min=f), a, b).exp(), "a floor under u"),
    ("uniform by lerp", lambda u, a, b, f: torch.maximum((1 - u) * a + u * b, torch.tensor(f)), "a uniform draw"),
    ("no exp", lambda u, a, b, f: log_dt(u, a, b).clamp(min=f), "the floor and nothing else"),
    ("no exp, no floor", lambda u, a, b, f: log_dt(u, a, b), "a logarithm that is returned"),
    ("no floor", lambda u, a, b, f: a * (b / a) ** u, "an ignored floor"),
    ("clamped to the range", lambda u, a, b, f: log_dt(u, a, b).exp().clamp(a, b), "an ignored floor"),
    ("floor before exp", lambda u, a, b, f: torch.exp(log_dt(u, a, b).clamp(min=f)), "a floor under the logarithm"),
    (
        "maximum before exp",
        lambda u, a, b, f: torch.maximum(log_dt(u, a, b), torch.tensor(f)).exp(),
        "a floor under the logarithm",
    ),
    ("clamp max", lambda u, a, b, f: torch.exp(log_dt(u, a, b)).clamp(max=f), "a floor that is a ceiling"),
    ("minimum", lambda u, a, b, f: torch.minimum(log_dt(u, a, b).exp(), torch.tensor(f)), "a floor that is a ceiling"),
    ("range from the floor", lambda u, a, b, f: max(a, f) * (b / max(a, f)) ** u, "a floor that moves the range"),
    (
        "no distance",
        lambda u, a, b, f: torch.exp(math.log(a) + u * math.log(b)).clamp(min=f),
        "an end in the place of a distance",
    ),
    (
        "log10 and exp",
        lambda u, a, b, f: torch.exp(log_dt(u, a, b) / math.log(10)).clamp(min=f),
        "two kinds of logarithm",
    ),
    ("log and 10 **", lambda u, a, b, f: (10 ** log_dt(u, a, b)).clamp(min=f), "two kinds of logarithm"),
    ("softplus", lambda u, a, b, f: F.softplus(log_dt(u, a, b)).clamp(min=f), "a softplus in the place of exp"),
    ("upside down", lambda u, a, b, f: (b * (a / b) ** u).clamp(min=f), "a range from top to bottom"),
    ("1 − u", lambda u, a, b, f: log_dt(1 - u, a, b).exp().clamp(min=f), "a range from top to bottom"),
    ("own draw", lambda u, a, b, f: log_dt(torch.rand(len(u)), a, b).exp().clamp(min=f), "random numbers of your own"),
    (
        "the bias",
        lambda u, a, b, f: torch.log(torch.expm1(log_dt(u, a, b).exp().clamp(min=f))),
        "a bias in the place of Δ",
    ),
    ("the defaults", sample_with_the_defaults, "a range of your own"),
    ("in place", sample_in_place, None),
    ("math.exp of a tensor", lambda u, a, b, f: math.exp(log_dt(u, a, b)), None),
    ("one value", lambda u, a, b, f: log_dt(u[0], a, b).exp().clamp(min=f), None),
    ("floor to zero", lambda u, a, b, f: F.threshold(log_dt(u, a, b).exp(), f, 0.0), "another number below the floor"),
    ("floor to dt_min", floored_to_dt_min, "another number below the floor"),
    ("log of the difference", lambda u, a, b, f: (a * (b - a) ** u).clamp(min=f), "the logarithm of the difference"),
    ("a floor added", lambda u, a, b, f: log_dt(u, a, b).exp() + f, "a floor that is added"),
    (
        "fewer",
        lambda u, a, b, f: torch.tensor([x for x in log_dt(u, a, b).exp().tolist() if x >= f]),
        "values below the floor thrown away",
    ),
    ("no return", lambda u, a, b, f: None, None),
    (
        "log2, exp",
        lambda u, a, b, f: torch.exp(math.log2(a) + u * math.log2(b / a)).clamp(min=f),
        "two kinds of logarithm",
    ),
    (
        "exp of the ends",
        lambda u, a, b, f: torch.exp(a + u * (b - a)).clamp(min=f),
        "an exponential without a logarithm",
    ),
    ("max", lambda u, a, b, f: max(log_dt(u, a, b).exp(), f), "Python's max"),
    ("max, the floor first", lambda u, a, b, f: max(f, log_dt(u, a, b).exp()), "Python's max"),
    ("no more than 0.1", lambda u, a, b, f: log_dt(u, a, b).exp().clamp(f, 0.1), "a range of your own"),
    (
        "a sum of logarithms",
        lambda u, a, b, f: torch.exp(math.log(a) + u * math.log(a * b)).clamp(min=f),
        "a sum in the place of a distance",
    ),
    (
        "logspace",
        lambda u, a, b, f: torch.logspace(math.log10(a), math.log10(b), len(u)).clamp(min=f),
        "step sizes that are laid out evenly",
    ),
    ("expm1", lambda u, a, b, f: torch.expm1(log_dt(u, a, b)).clamp(min=f), "the floor and nothing else"),
    ("log of uniform", lambda u, a, b, f: torch.log(a + u * (b - a)).clamp(min=f), "the floor and nothing else"),
    ("between floor and floor", lambda u, a, b, f: (a * (b / a) ** u).clamp(f, f), "the floor and nothing else"),
    ("torch.max", lambda u, a, b, f: torch.max(a * (b / a) ** u, f), "a maximum for tensors, given a number"),
    (
        "torch.maximum",
        lambda u, a, b, f: torch.maximum(torch.exp(log_dt(u, a, b)), f),
        "a maximum for tensors, given a number",
    ),
    (
        "a ratio",
        lambda u, a, b, f: (a * torch.exp(u * math.log(b) / math.log(a))).clamp(min=f),
        "a ratio of the logarithms",
    ),
    ("exp too early", lambda u, a, b, f: (a + u * math.log(b / a)).clamp(min=f), "exp before the sum"),
    ("two powers added", lambda u, a, b, f: (a + (b / a) ** u).clamp(min=f), "exp before the sum"),
    ("a sum of logarithms, no floor", lambda u, a, b, f: a * (a * b) ** u, "a sum in the place of a distance"),
    ("floor of exp", lambda u, a, b, f: log_dt(u, a, b).exp().clamp(min=math.exp(f)), "a floor under the logarithm"),
    ("to the top from one", lambda u, a, b, f: (b**u).clamp(min=f), "a way that does not begin at dt_min"),
    ("upside down, no floor", lambda u, a, b, f: b * (a / b) ** u, "a range from top to bottom"),
    ("exp of log10", lambda u, a, b, f: (a * torch.exp(u * math.log10(b / a))).clamp(min=f), "two kinds of logarithm"),
    ("2 ** of log", lambda u, a, b, f: (a * 2 ** (u * math.log(b / a))).clamp(min=f), "two kinds of logarithm"),
    ("log and 10 **, no floor", lambda u, a, b, f: 10 ** log_dt(u, a, b), "two kinds of logarithm"),
    ("softplus, no floor", lambda u, a, b, f: F.softplus(log_dt(u, a, b)), "a softplus in the place of exp"),
    (
        "the bias, no floor",
        lambda u, a, b, f: torch.log(torch.expm1(log_dt(u, a, b).exp())),
        "a bias in the place of Δ",
    ),
    ("no distance, no floor", lambda u, a, b, f: a * b**u, "an end in the place of a distance"),
    ("log of the difference, no floor", lambda u, a, b, f: a * (b - a) ** u, "the logarithm of the difference"),
    ("from one", lambda u, a, b, f: ((b / a) ** u).clamp(min=f), "a range that begins at one"),
    (
        "torch.log",
        lambda u, a, b, f: torch.exp(torch.log(a) + u * (torch.log(b) - torch.log(a))).clamp(min=f),
        "a logarithm for tensors, given a number",
    ),
    ("from the floor", lambda u, a, b, f: f * (b / f) ** u, "a floor that moves the range"),
    ("the floor times the ratio", lambda u, a, b, f: f * (b / a) ** u, "a floor that moves the range"),
    (
        "no brackets",
        lambda u, lo, hi, floor: torch.exp(math.log(lo) + u * math.log(hi) - math.log(lo)).clamp(min=floor),
        "a way that does not begin at dt_min",
    ),
    ("e to the u", lambda u, lo, hi, floor: (lo * math.e**u).clamp(min=floor), "a distance of one"),
    (
        "the ratio turned round",
        lambda u, lo, hi, floor: (lo * (lo / hi) ** u).clamp(min=floor),
        "a way that leads down",
    ),
    (
        "up from the top",
        lambda u, lo, hi, floor: (hi * (hi / lo) ** u).clamp(min=floor),
        "a way that begins at the top",
    ),
    (
        "log u",
        lambda u, lo, hi, floor: (lo * u ** math.log(hi / lo)).clamp(min=floor),
        "a function of u",
    ),
    ("log(u) of the way", lambda u, a, b, f: (a + u.log() * (b - a)).clamp(min=f), "a function of u"),
    ("exp(u) of the way", lambda u, a, b, f: (a + (b - a) * u.exp()).clamp(min=f), "a function of u"),
    ("u² of the way", lambda u, a, b, f: torch.clamp(a + u * u * (b - a), min=f), "a function of u"),
    ("no 1 − u", lambda u, a, b, f: (a**u * b).clamp(min=f), "a way that begins at the top"),
    ("u twice", lambda u, a, b, f: (a**u * b**u).clamp(min=f), "a range that begins at one"),
    ("log10, no power", lambda u, a, b, f: log_dt(u, a, b) / math.log(10), "a logarithm that is returned"),
    ("squeezed", lambda u, a, b, f: log_dt(u, a, b).exp().clamp(min=f).squeeze(), "another shape"),
    (
        "a power of the difference",
        lambda u, a, b, f: (a + (b - a) ** u).clamp(min=f),
        "the logarithm of the difference",
    ),
    ("a power of the end", lambda u, a, b, f: (a + b**u).clamp(min=f), "exp before the sum"),
    ("clamped from top to bottom", lambda u, a, b, f: (a * (b / a) ** u).clamp(b, f), "the floor and nothing else"),
]

# Exercise 4: dt_weight (u, dt_init, dt_scale)


def weight(u, dt_init, bound, spread=lambda u: 2 * u - 1):
    if dt_init == "constant":
        return torch.ones(u.shape) * bound
    return spread(u) * bound


def weight_by_rows(u, dt_init, dt_scale):
    D, R = u.shape
    bound = dt_scale / math.sqrt(R)
    out = torch.empty(D, R)
    for i in range(D):
        out[i] = bound if dt_init == "constant" else -bound + 2 * bound * u[i]
    return out


def weight_in_place(u, dt_init, dt_scale):
    bound = dt_scale / math.sqrt(u.shape[1])
    if dt_init == "constant":
        return u.fill_(bound)
    return u.mul_(2 * bound).sub_(bound)


def weight_without_random(u, dt_init, dt_scale):
    if dt_init == "constant":
        return torch.full(u.shape, u.shape[1] ** -0.5 * dt_scale)


def weight_with_torchs_own_start(u, dt_init, dt_scale):
    bound = u.shape[1] ** -0.5 * dt_scale
    if dt_init == "constant":
        return nn.init.constant_(torch.empty(u.shape), bound)
    return nn.init.uniform_(torch.empty(u.shape), -bound, bound)


def weight_of_other_axes(u, dt_init, dt_scale):
    R, D = u.shape
    bound = R**-0.5 * dt_scale
    return torch.full((D, R), bound) if dt_init == "constant" else (2 * u - 1) * bound


WEIGHT = [
    ("squeezed", lambda u, i, s: weight(u, i, s / math.sqrt(u.shape[1])).squeeze(), "another shape"),
    ("R, D = u.shape", weight_of_other_axes, "the number of outputs in the place of the rank"),
    (
        "a minus before the power",
        lambda u, i, s: weight(u, i, -(u.shape[1] ** 0.5) * s),
        "a bound that grows with the rank",
    ),
    (
        "2 u − 1/2",
        lambda u, i, s: weight(u, i, s / math.sqrt(u.shape[1]), lambda u: 2 * u - 0.5),
        "a shift of another size",
    ),
    ("u − 1", lambda u, i, s: weight(u, i, s / math.sqrt(u.shape[1]), lambda u: u - 1), "a shift of another size"),
    ("scale added", lambda u, i, s: weight(u, i, s + 1 / math.sqrt(u.shape[1])), "a scale that is no factor"),
    ("scale in the power", lambda u, i, s: weight(u, i, u.shape[1] ** (-s / 2)), "a scale that is no factor"),
    (
        "one constant for each input",
        lambda u, i, s: weight(u[0] if i == "constant" else u, i, s / math.sqrt(u.shape[1])),
        "fewer than D × R weights",
    ),
    (
        "a row",
        lambda u, i, s: weight(u[:1] if i == "constant" else u, i, s * len(u.T) ** -0.5),
        "fewer than D × R weights",
    ),
    ("one star", lambda u, i, s: weight(u, i, u.shape[1] * -0.5 * s), "a product in the place of a power"),
    (
        "u in both",
        lambda u, i, s: (u if i == "constant" else 2 * u - 1) * s / math.sqrt(u.shape[1]),
        "a constant with u in it",
    ),
    ("by rows", weight_by_rows, "right"),
    ("math.sqrt", lambda u, kind, s: weight(u, kind, s / math.sqrt(u.size(-1))), "right"),
    (
        "lerp",
        lambda u, kind, s: weight(
            u, kind, s * u.shape[1] ** -0.5, lambda u: torch.lerp(-torch.ones(()), 1.0 + 0 * u, u)
        ),
        "right",
    ),
    ("in float64", lambda u, kind, s: weight(u.double(), kind, s * u.shape[1] ** -0.5), None),
    ("rsqrt", lambda u, kind, s: weight(u, kind, torch.tensor(float(u.shape[1])).rsqrt() * s), "right"),
    (
        "u − 1/2 over 2 bounds",
        lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, lambda u: (u - 0.5) * 2),
        "right",
    ),
    (
        "times the root",
        lambda u, kind, s: weight(u, kind, math.sqrt(u.shape[1]) * s),
        "a bound that grows with the rank",
    ),
    ("1/R", lambda u, kind, s: weight(u, kind, s / u.shape[1]), "a bound of 1/R"),
    ("-1/2", lambda u, kind, s: weight(u, kind, u.shape[1] ** -1 / 2 * s), "a power without brackets"),
    ("1/2 below", lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 1 / 2), "a power without brackets"),
    (
        "len(u)",
        lambda u, kind, s: weight(u, kind, len(u) ** -0.5 * s),
        "the number of outputs in the place of the rank",
    ),
    (
        "u.shape[0]",
        lambda u, kind, s: weight(u, kind, s / math.sqrt(u.shape[0])),
        "the number of outputs in the place of the rank",
    ),
    ("no scale", lambda u, kind, s: weight(u, kind, u.shape[1] ** -0.5), "a forgotten scale"),
    ("over the scale", lambda u, kind, s: weight(u, kind, 1 / (s * u.shape[1] ** 0.5)), "a scale that is no factor"),
    (
        "scale in the root",
        lambda u, kind, s: weight(u, kind, 1 / math.sqrt(u.shape[1] * s)),
        "a scale that is no factor",
    ),
    (
        "scale over R in the root",
        lambda u, kind, s: weight(u, kind, math.sqrt(s / u.shape[1])),
        "a scale that is no factor",
    ),
    ("u itself", lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, lambda u: u), "positive weights only"),
    ("u − 1/2", lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, lambda u: u - 0.5), "half the range"),
    (
        "1 − 2u",
        lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, lambda u: 1 - 2 * u),
        "a range from top to bottom",
    ),
    (
        "own draw",
        lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, lambda u: torch.rand(u.shape) * 2 - 1),
        "random numbers of your own",
    ),
    ("nn.init", weight_with_torchs_own_start, "random numbers of your own"),
    ("always random", lambda u, kind, s: (2 * u - 1) * s / u.shape[1] ** 0.5, "random weights for both"),
    ("always constant", lambda u, kind, s: torch.full(u.shape, s / u.shape[1] ** 0.5), "constant weights for both"),
    (
        "random for constant",
        lambda u, kind, s: weight(u, "random" if kind == "constant" else "constant", s / u.shape[1] ** 0.5),
        "the two kinds the wrong way round",
    ),
    (
        "ones",
        lambda u, kind, s: torch.ones_like(u) if kind == "constant" else (2 * u - 1) * s / u.shape[1] ** 0.5,
        "a constant that is not the bound",
    ),
    (
        "the scale",
        lambda u, kind, s: torch.full_like(u, s) if kind == "constant" else (2 * u - 1) * s / u.shape[1] ** 0.5,
        "a constant that is not the bound",
    ),
    (
        "a number",
        lambda u, kind, s: s / u.shape[1] ** 0.5 if kind == "constant" else (2 * u - 1) * s / u.shape[1] ** 0.5,
        "fewer than D × R weights",
    ),
    (
        "a scale in one",
        lambda u, kind, s: weight(u, kind, u.shape[1] ** -0.5 * (s if kind == "constant" else 1)),
        "a scale for the constant alone",
    ),
    ("no shift", lambda u, kind, s: weight(u, kind, s * u.shape[1] ** -0.5, lambda u: u + u), "a shift left out"),
    ("no rank", weight, "a bound without the rank"),
    (
        "cut",
        lambda u, kind, s: (
            weight(u, kind, s * u.shape[1] ** -0.5)
            if kind == "constant"
            else (2 * u - 1).clamp(-s * u.shape[1] ** -0.5, s * u.shape[1] ** -0.5)
        ),
        "cut at the bound, or divided by it",
    ),
    ("Kaiming", lambda u, kind, s: weight(u, kind, s * math.sqrt(3 / u.shape[1])), "the bound of another rule"),
    ("Xavier", lambda u, kind, s: weight(u, kind, s * math.sqrt(6 / sum(u.shape))), "the bound of another rule"),
    ("transposed", lambda u, kind, s: weight(u.T, kind, s / u.shape[1] ** 0.5), "swapped axes"),
    (
        "2·u·bound − 1",
        lambda u, kind, s: weight(2 * u - u.shape[1] ** 0.5 / s, kind, s / u.shape[1] ** 0.5, lambda u: u),
        "a shift that is not scaled",
    ),
    (
        "normal",
        lambda u, kind, s: weight(u, kind, s / u.shape[1] ** 0.5, torch.randn_like),
        "normal instead of uniform",
    ),
    ("numel", lambda u, kind, s: weight(u, kind, s / u.numel() ** 0.5), "the size of the whole weight"),
    (
        "the signs of the random ones",
        lambda u, kind, s: (torch.sgn(2 * u - 1) if kind == "constant" else 2 * u - 1) * s / u.shape[1] ** 0.5,
        "a constant with u in it",
    ),
    (
        "one bound or the other",
        lambda u, kind, s: (
            torch.where(u >= 0.5, s, -s) / u.shape[1] ** 0.5
            if kind == "constant"
            else weight(u, kind, s / u.shape[1] ** 0.5)
        ),
        "a constant with u in it",
    ),
    ("one row", lambda u, kind, s: weight(u[:1], kind, s / u.shape[1] ** 0.5), None),
    ("in place", weight_in_place, None),
    ("no return for random", weight_without_random, None),
    ("upper case", lambda u, kind, s: weight(u, kind.upper(), s / u.shape[1] ** 0.5), "random weights for both"),
    (
        "constant by u",
        lambda u, kind, s: u * s / u.shape[1] ** 0.5 if kind == "constant" else (2 * u - 1) * s / u.shape[1] ** 0.5,
        "a constant with u in it",
    ),
    ("crash", lambda u, kind, s: weight(u, kind, s / math.sqrt(u.shape)), None),
    (
        "u from −1 to 1",
        lambda u, kind, s: weight(u, kind, 1.0) if kind == "random" else weight(u, kind, s * u.shape[1] ** -0.5),
        "no bound",
    ),
    (
        "2·(u − 1)",
        lambda u, kind, s: weight(u, kind, s * u.shape[1] ** -0.5, lambda u: (u - 1) * 2),
        "a shift before the stretch",
    ),
    (
        "a constant without the scale",
        lambda u, kind, s: weight(u, kind, (1 if kind == "constant" else s) * u.shape[1] ** -0.5),
        "a constant that is not the bound",
    ),
    (
        "one constant for each output",
        lambda u, kind, s: weight(u[:, 0] if kind == "constant" else u, kind, s * u.shape[1] ** -0.5),
        "fewer than D × R weights",
    ),
    (
        "a column",
        lambda u, kind, s: weight(u[:, :1] if kind == "constant" else u, kind, s * u.shape[1] ** -0.5),
        "fewer than D × R weights",
    ),
    (
        "no brackets",
        lambda u, kind, scale: (
            torch.full_like(u, scale / math.sqrt(u.shape[1]))
            if kind == "constant"
            else u + u - scale / math.sqrt(u.shape[1])
        ),
        "a stretch that is not scaled",
    ),
    (
        "u cut",
        lambda u, kind, s: (
            u.clamp(-s / u.shape[1] ** 0.5, s / u.shape[1] ** 0.5)
            if kind == "random"
            else weight(u, kind, s / u.shape[1] ** 0.5)
        ),
        "cut at the bound, or divided by it",
    ),
    ("the smaller axis", lambda u, kind, s: weight(u, kind, s / math.sqrt(min(u.shape))), None),
    ("both axes", lambda u, kind, s: weight(u, kind, s / math.sqrt(sum(u.shape))), "the bound of another rule"),
    ("len(u), no scale", lambda u, kind, s: weight(u, kind, len(u) ** -0.5), "two mistakes at once"),
    ("1/R, no scale", lambda u, kind, s: weight(u, kind, 1 / u.shape[1]), "two mistakes at once"),
    (
        "−bound + u",
        lambda u, kind, s: weight(u, kind, s * len(u[0]) ** -0.5, lambda u: u * len(u[0]) ** 0.5 / s - 1),
        "a stretch that is not scaled",
    ),
]

# Bug hunt: mended_init (model, u)


def stable(dt: Tensor) -> Tensor:
    return dt + torch.log(-torch.expm1(-dt))


def log_uniform(u: Tensor) -> Tensor:
    return 0.001 * 100**u


def init_by_names(model, u):
    linear = [f"{name}.bias" for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    for name, parameter in model.named_parameters():
        if getattr(parameter, "_no_reinit", False):
            parameter.data = stable(log_uniform(u))
        elif name in linear:
            parameter.data.zero_()


def init_of_all_that_is_called_bias(model, u):
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            marked = getattr(parameter, "_no_reinit", False)
            parameter.data.copy_(stable(log_uniform(u)) if marked else torch.zeros_like(parameter))


@torch.no_grad()
def init_after_a_reset_of_everything(model, u):
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv1d)):
            layer.reset_parameters()
    init_with(model, u, lambda u: stable(log_uniform(u)))


def init_with_a_reset_first(model, u):
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
                if layer.bias is not None and hasattr(layer.bias, "_no_reinit"):
                    layer.bias[:] = stable(log_uniform(u))
                elif layer.bias is not None:
                    nn.init.zeros_(layer.bias)


def init_zeros_first(model, u):
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.constant_(module.bias, 0.0)
    marked = [p for p in model.parameters() if getattr(p, "_no_reinit", False)]
    with torch.no_grad():
        for bias in marked:
            bias.copy_(torch.log(torch.expm1(log_uniform(u))))


@torch.no_grad()
def init_with(model, u, bias_of, is_marked=lambda layer: getattr(layer.bias, "_no_reinit", False)):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.copy_(bias_of(u)) if is_marked(layer) else layer.bias.zero_()


@torch.no_grad()
def init_of_a_layer_of_this_name(model, u):
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.copy_(stable(log_uniform(u))) if "dt_proj" in name else layer.bias.zero_()


def init_then_reset(model, u):
    init_with(model, u, lambda u: torch.log(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()


def init_by_a_reset_alone(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
            if layer.bias is not None and hasattr(layer, "_no_reinit"):
                layer.bias.data = stable(log_uniform(u))


def init_with_a_reset_of_the_marked_alone(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.reset_parameters()
            else:
                layer.bias.data.zero_()


def init_then_reset_of_the_marked(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and hasattr(layer.bias, "_no_reinit"):
            layer.reset_parameters()


def init_then_reset_of_the_others(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None and not hasattr(layer.bias, "_no_reinit"):
            layer.reset_parameters()


def reset_the_others(model):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and not getattr(layer.bias, "_no_reinit", False):
            layer.reset_parameters()


def init_by_layers_then_reset(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)), lambda layer: hasattr(layer, "_no_reinit"))
    reset_the_others(model)


def init_of_logs_then_reset(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u).log()))
    reset_the_others(model)


def init_that_erases_marks(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for parameter in model.parameters():
        vars(parameter).pop("_no_reinit", None)


def init_that_unmarks(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for parameter in model.parameters():
        parameter._no_reinit = False


def init_that_marks_all(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias._no_reinit = True


def init_with_equal_weights(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, layer.in_features**-0.5)


def init_zero_gates(model, u):
    for parameter in model.parameters():
        if getattr(parameter, "_no_reinit", False):
            parameter.data = stable(log_uniform(u))
        elif parameter.ndim == 1 and not hasattr(parameter, "_no_weight_decay"):
            nn.init.zeros_(parameter)


def init_marked_only(model, u):
    for parameter in model.parameters():
        if hasattr(parameter, "_no_reinit"):
            parameter.data.copy_(stable(log_uniform(u)))


def init_without_no_grad(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.copy_(stable(log_uniform(u))) if hasattr(layer.bias, "_no_reinit") else layer.bias.zero_()


def init_all_that_has_one_axis(model, u):
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data = stable(log_uniform(u)) if hasattr(parameter, "_no_reinit") else parameter.data * 0


def init_zero_weights(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    model[0].weight.data.zero_()


def init_zero_linear_weights(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data *= 0


def init_zero_weights_beside_unmarked(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None and not hasattr(layer.bias, "_no_reinit"):
            nn.init.zeros_(layer.weight)


def init_zero_weights_without_a_mark(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and not getattr(layer.bias, "_no_reinit", False):
            nn.init.zeros_(layer.weight)


def init_zero_weights_beside_marked(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and getattr(layer.bias, "_no_reinit", False):
            layer.weight.data.fill_(0.0)


def init_without_autograd(model, u):
    torch.set_grad_enabled(False)
    init_with(model, u, lambda u: stable(log_uniform(u)))


def init_in_double_from_then_on(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    torch.set_default_dtype(torch.float64)


def init_that_skips_the_marked(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
            if layer.bias is not None and not hasattr(layer.bias, "_no_reinit"):
                layer.bias.data.zero_()


def init_with_one_tensor(model, u):
    bias = stable(log_uniform(u))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.data = bias if hasattr(layer.bias, "_no_reinit") else torch.zeros_like(layer.bias)


def init_with_parameters_of_one_tensor(model, u):
    bias = stable(log_uniform(u))
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.bias = nn.Parameter(bias)
            else:
                nn.init.zeros_(layer.bias)


def init_with_views_of_one_tensor(model, u):
    start = stable(log_uniform(u))
    for parameter in model.parameters():
        if getattr(parameter, "_no_reinit", False):
            parameter.data = start[:]
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None and not hasattr(layer.bias, "_no_reinit"):
            nn.init.zeros_(layer.bias)


def init_with_plain_tensors(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if getattr(layer.bias, "_no_reinit", False):
                layer.bias = stable(torch.exp(torch.log(log_uniform(u))))
            else:
                layer.bias = torch.zeros(layer.bias.shape)


@torch.no_grad()
def init_with_a_plain_tensor_for_the_marked(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.bias = stable(log_uniform(u))
            else:
                layer.bias *= 0


def init_with_weights_of_one(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.ones_(layer.weight)


def init_under_a_new_name(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            bias = layer.bias.data
            if getattr(layer.bias, "_no_reinit", False):
                bias = stable(log_uniform(u))
            else:
                bias.zero_()


def init_that_freezes(model, u):
    init_with(model, u, lambda u: stable(log_uniform(u)))
    model[1].dt_proj.bias.requires_grad = False


def init_with_a_reset_for_zero(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.bias.data.copy_(stable(log_uniform(u)))
            else:
                layer.reset_parameters()


@torch.no_grad()
def init_by_adding(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.bias += stable(log_uniform(u))
            else:
                layer.bias *= 0


def init_without_biases(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if hasattr(layer.bias, "_no_reinit"):
                layer.bias.data.copy_(stable(log_uniform(u)))
            else:
                layer.bias = None


def init_that_freezes_each(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.requires_grad_(False)
            layer.bias.copy_(stable(log_uniform(u))) if hasattr(layer.bias, "_no_reinit") else layer.bias.zero_()


def init_of_a_frozen_model(model, u):
    model.requires_grad_(False)
    init_with(model, u, lambda u: stable(log_uniform(u)))


def init_that_returns_early(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            if getattr(layer.bias, "_no_reinit", False):
                layer.bias.data = stable(log_uniform(u))
                return
            nn.init.zeros_(layer.bias)


def init_of_every_parameter(model, u):
    for parameter in model.parameters():
        parameter.data = stable(log_uniform(u)) if hasattr(parameter, "_no_reinit") else parameter.data * 0


@torch.no_grad()
def init_by_the_block(model, u):
    for layer in model.modules():
        if hasattr(layer, "dt_proj"):
            layer.dt_proj.bias.copy_(stable(log_uniform(u)))
        elif isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.zero_()


def init_with_new_parameters(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            marked = hasattr(layer.bias, "_no_reinit")
            layer.bias = nn.Parameter(stable(log_uniform(u)) if marked else torch.zeros_like(layer.bias))


def init_of_the_outermost(model, u):
    for layer in model:
        if isinstance(layer, nn.Linear):
            layer.bias.data.copy_(stable(log_uniform(u))) if hasattr(
                layer.bias, "_no_reinit"
            ) else layer.bias.data.zero_()


def init_with_data_of_its_own(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            marked = hasattr(layer.bias, "_no_reinit")
            layer.bias.data.set_(stable(log_uniform(u))) if marked else nn.init.zeros_(layer.bias)


def init_after_a_reset(model, u):
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
                if getattr(layer.bias, "_no_reinit", False):
                    layer.bias.copy_(stable(log_uniform(u)))


def init_of_every_bias(model, u):
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                if getattr(layer.bias, "_no_reinit", False):
                    layer.bias.copy_(stable(log_uniform(u)))
                else:
                    layer.bias.zero_()


def init_with_a_reset_inside(model, u):
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                marked = hasattr(layer.bias, "_no_reinit")
                layer.bias.copy_(stable(log_uniform(u)) if marked else torch.zeros_like(layer.bias))
                layer.reset_parameters()


def init_of_the_first_layer(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            values = stable(log_uniform(u)) if hasattr(layer.bias, "_no_reinit") else torch.zeros_like(layer.bias)
            layer.bias.data.copy_(values)
            return model


def init_any_bias_by_data(model, u):
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            if getattr(layer.bias, "_no_reinit", False):
                layer.bias.data.copy_(stable(log_uniform(u)))
            else:
                layer.bias.data.zero_()


MENDED = [
    ("by names", init_by_names, "right"),
    ("a reset first", init_with_a_reset_first, "right"),
    ("zeros first", init_zeros_first, "right"),
    ("expm1 only", lambda m, u: init_with(m, u, lambda u: log_uniform(u).expm1().log()), "right"),
    ("apply", lambda m, u: m.apply(lambda layer: init_with(layer, u, lambda u: stable(log_uniform(u)))), "right"),
    ("reset last", init_then_reset, "biases that are overwritten"),
    ("a reset, then nothing", init_by_a_reset_alone, "biases that are overwritten"),
    ("the marked reset, not set", init_with_a_reset_of_the_marked_alone, "a marked bias drawn anew"),
    (
        "inverse, then log",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)).log()),
        "the logarithm of a negative number",
    ),
    ("from the top", lambda m, u: init_with(m, u, lambda u: stable(log_uniform(1 - u))), "a range from top to bottom"),
    (
        "own draw",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(torch.rand_like(u)))),
        "random numbers of your own",
    ),
    ("zero weights", init_zero_linear_weights, "weights that are all alike"),
    ("a reset inside", init_with_a_reset_inside, "biases that are overwritten"),
    (
        "a power of 10",
        lambda m, u: init_with(m, u, lambda u: stable(10 ** log_uniform(u).log())),
        "two kinds of logarithm",
    ),
    (
        "a power of 2",
        lambda m, u: init_with(m, u, lambda u: stable(2 ** log_uniform(u).log())),
        "two kinds of logarithm",
    ),
    (
        "mark of the layer",
        lambda m, u: init_with(m, u, stable, lambda layer: hasattr(layer, "_no_reinit")),
        "marked biases set to zero",
    ),
    (
        "mark of the weight",
        lambda m, u: init_with(m, u, stable, lambda layer: hasattr(layer.weight, "_no_reinit")),
        "marked biases set to zero",
    ),
    ("all zero", lambda m, u: init_with(m, u, stable, lambda layer: False), "marked biases set to zero"),
    (
        "as long as u",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)), lambda layer: layer.bias.shape == u.shape),
        "a bias known by its name or its length",
    ),
    ("by the name of the layer", init_of_a_layer_of_this_name, "a bias known by its name or its length"),
    (
        "log fed",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u).log())),
        "the logarithm of a negative number",
    ),
    (
        "log without its sign",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u).log().abs())),
        "a logarithm without its sign",
    ),
    ("no inverse", lambda m, u: init_with(m, u, log_uniform), "a forgotten inverse"),
    (
        "softplus of Δ",
        lambda m, u: init_with(m, u, lambda u: F.softplus(log_uniform(u))),
        "a softplus in the place of its inverse",
    ),
    (
        "softplus of log Δ",
        lambda m, u: init_with(m, u, lambda u: F.softplus(log_uniform(u).log())),
        "a softplus in the place of its inverse",
    ),
    (
        "log",
        lambda m, u: init_with(m, u, lambda u: math.log(0.001) + u * math.log(100)),
        "a logarithm in the place of the inverse",
    ),
    ("the others random", init_marked_only, "other biases that stay random"),
    ("the marked reset", init_then_reset_of_the_marked, "a marked bias drawn anew"),
    ("to 0.01", lambda m, u: init_with(m, u, lambda u: stable(0.001 * 10**u)), "another range"),
    ("no distance", lambda m, u: init_with(m, u, lambda u: stable(0.001 * 0.1**u)), "another range"),
    ("the others reset", init_then_reset_of_the_others, "the other biases drawn anew"),
    (
        "the wrong way round",
        lambda m, u: init_with(
            m, u, lambda u: stable(log_uniform(u)), lambda layer: not hasattr(layer.bias, "_no_reinit")
        ),
        "step sizes for a bias without the mark",
    ),
    (
        "every layer",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)), lambda layer: True),
        "step sizes for a bias without the mark",
    ),
    ("without no_grad", init_without_no_grad, "a change that autograd forbids"),
    ("D set to zero", init_all_that_has_one_axis, "zeros beyond the biases of linear layers"),
    ("weights set to zero", init_zero_weights, None),
    ("weights beside unmarked biases", init_zero_weights_beside_unmarked, "weights that are all alike"),
    ("weights without a mark", init_zero_weights_without_a_mark, "weights that are all alike"),
    ("weights beside marked biases", init_zero_weights_beside_marked, "weights that are all alike"),
    ("a reset, then zeros", init_that_skips_the_marked, "marked biases left alone"),
    ("autograd off for good", init_without_autograd, "autograd that stays off"),
    ("float64 for all that comes after", init_in_double_from_then_on, "a setting of PyTorch left changed"),
    ("exp(Δ) − 1", lambda m, u: init_with(m, u, lambda u: torch.expm1(log_uniform(u))), "a forgotten inverse"),
    (
        "exp around the inverse",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)).exp()),
        "a forgotten inverse",
    ),
    ("a new name", init_under_a_new_name, "marked biases left alone"),
    (
        "not a number, replaced",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u).log()).nan_to_num()),
        "marked biases set to zero",
    ),
    (
        "the inverse twice",
        lambda m, u: init_with(m, u, lambda u: stable(stable(log_uniform(u)))),
        "the logarithm of a negative number",
    ),
    ("mark of the layer, others reset", init_by_layers_then_reset, "marked biases set to zero"),
    ("log fed, others reset", init_of_logs_then_reset, "the logarithm of a negative number"),
    ("mark erased", init_that_erases_marks, "a mark that is lost"),
    ("mark set to False", init_that_unmarks, "a mark that is lost"),
    ("every bias marked", init_that_marks_all, None),
    ("weights of one number each", init_with_equal_weights, "weights that are all alike"),
    ("gates set to zero", init_zero_gates, None),
    (
        "mark read with getattr",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)), lambda layer: getattr(layer.bias, "_no_reinit")),  # noqa: B009
        "a mark that most biases do not have",
    ),
    ("a reset in the place of the zeros", init_with_a_reset_for_zero, "the other biases drawn anew"),
    ("from 0.1 on", lambda m, u: init_with(m, u, lambda u: stable(0.1 * 100**u)), "another range"),
    ("added", init_by_adding, "numbers added to the old bias"),
    ("no bias", init_without_biases, "biases taken away"),
    (
        "mark read",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u)), lambda layer: layer.bias._no_reinit),
        "a mark that most biases do not have",
    ),
    ("one frozen", init_that_freezes, None),
    ("frozen", init_that_freezes_each, "biases that no longer train"),
    ("all frozen", init_of_a_frozen_model, "biases that no longer train"),
    ("the first mark ends it", init_that_returns_early, "layers behind the first mark left out"),
    ("every parameter", init_of_every_parameter, "zeros beyond the biases of linear layers"),
    ("by the block, then zero", init_by_the_block, "marked biases set to zero"),
    ("weights of one", init_with_weights_of_one, "weights that are all alike"),
    ("one tensor", init_with_one_tensor, "numbers that several biases share"),
    ("parameters of one tensor", init_with_parameters_of_one_tensor, "a mark that is lost"),
    ("views of one tensor", init_with_views_of_one_tensor, "numbers that several biases share"),
    ("plain tensors", init_with_plain_tensors, "a tensor in the place of a parameter"),
    (
        "a plain tensor for the marked",
        init_with_a_plain_tensor_for_the_marked,
        "a tensor in the place of a parameter",
    ),
    (
        "the floor of exercise 3",
        lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u).log().clamp(min=1e-4))),
        "the same small number for every Δ",
    ),
    (
        "into the range",
        lambda m, u: init_with(m, u, lambda u: stable(torch.clamp(torch.log(log_uniform(u)), 0.001, 0.1))),
        "the same small number for every Δ",
    ),
    (
        "relu",
        lambda m, u: init_with(m, u, lambda u: stable(F.relu(torch.log(log_uniform(u))))),
        "the same small number for every Δ",
    ),
    ("−4.6", lambda m, u: init_with(m, u, lambda u: torch.full_like(u, -4.6)), "the same small number for every Δ"),
    ("nothing", lambda m, u: None, "a model that is left as it was"),
    ("a copy", lambda m, u: init_by_names(copy.deepcopy(m), u), "a model that is left as it was"),
    ("new parameters", init_with_new_parameters, "a mark that is lost"),
    ("children", init_of_the_outermost, "layers inside of other layers left out"),
    ("the marked ones left", lambda m, u: init_with_data_of_its_own(m, u), "marked biases left alone"),
    ("one value", lambda m, u: init_with(m, u, lambda u: stable(log_uniform(u))[0]), None),
    ("an unknown name", lambda m, u: init_with(m, u, lambda u: stable(log_uniform(dt))), None),  # noqa: F821
    ("uniform", lambda m, u: init_with(m, u, lambda u: stable(0.001 + u * 0.099)), "a uniform draw"),
    ("a reset, and no zeros", init_after_a_reset, "other biases that stay random"),
    ("every bias", init_of_every_bias, "a layer without a bias"),
    ("all that is called bias", init_of_all_that_is_called_bias, "zeros beyond the biases of linear layers"),
    ("a reset of everything first", init_after_a_reset_of_everything, "right"),
    ("a return inside", init_of_the_first_layer, "a loop that ends after one round"),
    (
        "log10 and exp",
        lambda m, u: init_with(m, u, lambda u: stable(torch.exp(math.log10(0.001) + u * math.log10(100)))),
        "two kinds of logarithm",
    ),
    ("no bias, by .data", init_any_bias_by_data, "a layer without a bias"),
]

# Exercise 5: split_weight_decay (model, weight_decay)


def groups(decay, no_decay, weight_decay):
    return [{"params": list(decay), "weight_decay": weight_decay}, {"params": list(no_decay), "weight_decay": 0.0}]


def decays(p):
    return p.dim() >= 2 and not hasattr(p, "_no_weight_decay")


def split_by_ids(model, wd):
    first = {id(p) for p in model.parameters() if p.ndim > 1 and not getattr(p, "_no_weight_decay", False)}
    return groups(
        [p for p in model.parameters() if id(p) in first], [p for p in model.parameters() if id(p) not in first], wd
    )


def split_by_modules(model, wd):
    seen, lists = set(), ([], [])
    for module in model.modules():
        for p in module.parameters(recurse=False):
            if p not in seen:
                seen.add(p)
                lists[0 if decays(p) else 1].append(p)
    return groups(*lists, wd)


def split_as_a_tuple(model, wd):
    spared = [p for p in model.parameters() if not decays(p)]
    return {"params": filter(decays, model.parameters()), "weight_decay": wd}, {"params": spared, "weight_decay": 0}


def split_with_an_if(model, wd):
    a, b = [], []
    for _, p in model.named_parameters():
        if getattr(p, "_no_weight_decay", False) or len(p.shape) <= 1:
            b.append(p)
        else:
            a.append(p)
    return groups(a, b, wd)


def split_by(decay, no_decay=None):
    """Two comprehensions over the parameters."""
    spared = no_decay or (lambda name, p: not decay(name, p))
    return lambda model, wd: groups(
        [p for name, p in model.named_parameters() if decay(name, p)],
        [p for name, p in model.named_parameters() if spared(name, p)],
        wd,
    )


def split_in(model, wd):
    spared = [p for p in model.parameters() if not decays(p)]
    return groups([p for p in model.parameters() if p not in spared], spared, wd)


def split_every_module(model, wd):
    everything = [p for module in model.modules() for p in module.parameters()]
    return groups(filter(decays, everything), [p for p in everything if not decays(p)], wd)


def split_own_parameters(model, wd):
    everything = [p for module in model.modules() for p in module.parameters(recurse=False)]
    return groups(filter(decays, everything), [p for p in everything if not decays(p)], wd)


def split_by_linear_layers(model, wd):
    linear = {id(layer.weight) for layer in model.modules() if isinstance(layer, nn.Linear)}
    return split_by(lambda name, p: id(p) in linear)(model, wd)


def split_without_return(model, wd):
    groups(filter(decays, model.parameters()), [], wd)


def split_with_names(model, wd):
    return groups([(n, p) for n, p in model.named_parameters() if decays(p)], [], wd)


def split_into_both(model, wd):
    a, b = [], []
    for p in model.parameters():
        if p.ndim < 2:
            b.append(p)
        if marked(p):
            b.append(p)
        else:
            a.append(p)
    return groups(a, b, wd)


def split_into_lists_that_stay(model, wd, a=[], b=[]):  # noqa: B006
    for p in model.parameters():
        (a if decays(p) else b).append(p)
    return groups(a, b, wd)


def split_and_freeze(model, wd):
    for p in model.parameters():
        p.requires_grad_(decays(p))
    return split_by_ids(model, wd)


@torch.no_grad()
def split_and_decay(model, wd):
    for p in filter(decays, model.parameters()):
        p *= 1 - wd
    return split_by_ids(model, wd)


def split_by_taking_out(model, wd):
    a = [p for p in model.parameters() if p.ndim > 1]
    b = [p for p in model.parameters() if p.ndim < 2]
    for i, p in enumerate(a):
        if marked(p):
            b.append(a.pop(i))
    return groups(a, b, wd)


def split_with_none(model, wd):
    decay, no_decay = split_by_ids(model, wd)
    return [decay, {**no_decay, "weight_decay": None}]


def split_of_a_copy(model, wd):
    return split_by_ids(copy.deepcopy(model), wd)


def split_into_sets(model, wd):
    return [
        {"params": {p for p in model.parameters() if decays(p)}, "weight_decay": wd},
        {"params": {p for p in model.parameters() if not decays(p)}, "weight_decay": 0.0},
    ]


def split_into_copies(model, wd):
    decay, no_decay = (group["params"] for group in split_by_ids(model, wd))
    return groups([p.clone() for p in decay], no_decay, wd)


def split_of_linear_layers(model, wd):
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    return groups([layer.weight for layer in linear], [layer.bias for layer in linear if layer.bias is not None], wd)


def split_in_the_first_round(model, wd):
    for p in model.parameters():
        return groups([p] if decays(p) else [], [] if decays(p) else [p], wd)


def split_into_one_list(model, wd):
    a = b = []
    for p in model.parameters():
        if decays(p):
            a.append(p)
        else:
            b.append(p)
    return [{"params": a, "weight_decay": wd}, {"params": b, "weight_decay": 0.0}]


def split_with_two_ifs(model, wd):
    a, b = [], []
    for p in model.parameters():
        if marked(p):
            b.append(p)
        if p.ndim >= 2:
            a.append(p)
        else:
            b.append(p)
    return groups(a, b, wd)


def split_with_three_ifs(model, wd):
    a, b = [], []
    for p in model.parameters():
        if p.ndim < 2:
            b.append(p)
        if marked(p):
            b.append(p)
        if decays(p):
            a.append(p)
    return groups(a, b, wd)


def split_with_new_lists(model, wd):
    for p in model.parameters():
        a, b = [], []
        (a if decays(p) else b).append(p)
    return groups(a, b, wd)


def split_with_a_plus(model, wd):
    a, b = [], []
    for p in model.parameters():
        if decays(p):
            a += p
        else:
            b += p
    return groups(a, b, wd)


def split_with_extend(model, wd):
    a, b = [], []
    for p in model.parameters():
        b.extend(p) if p.ndim < 2 or marked(p) else a.extend(p)
    return groups(a, b, wd)


def split_one_by_one(model, wd):
    return [{"params": [p], "weight_decay": wd if decays(p) else 0.0} for p in model.parameters()]


def marked(p):
    return getattr(p, "_no_weight_decay", False)


def split_of_the_outermost(model, wd):
    parameters = [p for layer in model.children() for p in layer.parameters(recurse=False)]
    return groups([p for p in parameters if decays(p)], [p for p in parameters if not decays(p)], wd)


def split_by_kinds_of_layers(model, wd):
    seen, lists = set(), ([], [])
    for layer in model.modules():
        for name, p in layer.named_parameters(recurse=False):
            if p not in seen:
                known = name == "weight" and isinstance(layer, (nn.Linear, nn.Conv1d))
                lists[0 if known else 1].append(p)
            seen.add(p)
    return groups(*lists, wd)


SPLIT = [
    ("by ids", split_by_ids, "right"),
    ("by modules, each once", split_by_modules, "right"),
    ("a tuple, a filter", split_as_a_tuple, "right"),
    ("if and else", split_with_an_if, "right"),
    ("comprehensions", split_by(lambda name, p: decays(p)), "right"),
    ("axes only", split_by(lambda name, p: p.ndim >= 2), "marks that are ignored"),
    (
        "another mark",
        split_by(lambda name, p: p.ndim >= 2 and not hasattr(p, "_no_reinit")),
        "the mark of another rule",
    ),
    ("bias", split_by(lambda name, p: not name.endswith(".bias")), "a choice by the word bias"),
    ("A_log and D", split_by(lambda name, p: p.dim() > 1 and "A_log" not in name), "names in the place of marks"),
    ("marks", split_by(lambda name, p: not marked(p)), "marks alone"),
    ("== 2", split_by(lambda name, p: p.ndim == 2 and not marked(p)), "a convolution that is spared"),
    ("conv", split_by(lambda name, p: decays(p) and "conv" not in name), "a convolution that is spared"),
    ("not marked", split_by(lambda name, p: p.ndim >= 2 and marked(p)), "the mark the wrong way round"),
    ("marked decay", split_by(lambda name, p: p.ndim >= 2 or marked(p)), "the mark the wrong way round"),
    ("linear layers", split_by_linear_layers, "weights of known layers alone"),
    (
        "another key",
        lambda m, wd: [{"params": g["params"], "decay": g["weight_decay"]} for g in split_by_ids(m, wd)],
        "groups without the key weight_decay",
    ),
    ("a dict", lambda m, wd: dict(enumerate(split_by_ids(m, wd))), "something else than a list of groups"),
    ("AdamW", lambda m, wd: torch.optim.AdamW(split_by_ids(m, wd)), "something else than a list of groups"),
    ("one axis", split_by(lambda name, p: len(p.shape) != 1 and not marked(p)), "one axis exactly"),
    (
        "by names",
        split_by(lambda name, p: not any(word in name for word in ("bias", "norm", "A_log", "block.D"))),
        "a list of names",
    ),
    ("embeddings", split_by(lambda name, p: decays(p) and "embedding" not in name), "embeddings spared"),
    ("copies", split_into_copies, "one group without its parameters"),
    ("no axis", split_by(lambda name, p: p.ndim >= 1 and not marked(p)), "no axis at all"),
    ("first group", lambda m, wd: split_by_ids(m, wd)[:1], "one group without its parameters"),
    ("second group", lambda m, wd: [split_by_ids(m, wd)[1]], "one group without its parameters"),
    ("and for or", split_by(lambda name, p: p.ndim >= 2 or not marked(p)), "both conditions at once"),
    (
        "marked lost",
        split_by(lambda name, p: decays(p), lambda name, p: p.ndim < 2 and not marked(p)),
        "marked parameters that are lost",
    ),
    ("A_log lost", split_by(lambda name, p: decays(p), lambda name, p: p.ndim < 2), "marked parameters that are lost"),
    ("biases lost", split_by(lambda name, p: decays(p), lambda name, p: marked(p)), "biases and norms that are lost"),
    ("all in the first", split_by(lambda name, p: True, lambda name, p: not decays(p)), "parameters in both groups"),
    (
        "A_log in both",
        split_by(lambda name, p: p.ndim > 1, lambda name, p: not decays(p)),
        "marked matrices in both groups",
    ),
    ("own parameters", split_own_parameters, "a shared weight that is counted twice"),
    ("every module", split_every_module, "parameters counted again by every parent"),
    (
        "no second decay",
        lambda m, wd: [
            {"params": filter(decays, m.parameters()), "weight_decay": wd},
            {"params": [p for p in m.parameters() if not decays(p)]},
        ],
        "a second group without its own decay",
    ),
    (
        "a decay of one's own",
        lambda m, wd: groups(filter(decays, m.parameters()), [p for p in m.parameters() if not decays(p)], 0.01),
        "a decay that was not given",
    ),
    ("swapped", split_by(lambda name, p: not decays(p)), "swapped groups"),
    (
        "mark read",
        split_by(lambda name, p: p.ndim >= 2 and not p._no_weight_decay),
        "a mark that most parameters do not have",
    ),
    ("in", split_in, "parameters compared by their values"),
    (
        "two lists",
        lambda m, wd: ([p for p in m.parameters() if decays(p)], [p for p in m.parameters() if not decays(p)]),
        "groups that are no dicts",
    ),
    ("no return", split_without_return, "nothing returned"),
    ("two ifs, and norms in both", split_into_both, "parameters in both groups"),
    ("lists that stay", split_into_lists_that_stay, None),
    ("freezes what is spared", split_and_freeze, None),
    ("decays by hand", split_and_decay, None),
    ("None for a decay", split_with_none, None),
    (
        "a list of decays",
        lambda m, wd: groups(m.parameters(), [], [0.0 if marked(p) else wd for p in m.parameters()]),
        None,
    ),
    ("taken out of the list in its loop", split_by_taking_out, None),
    (
        "a parameter is no layer",
        lambda m, wd: groups([p for p in m.parameters() if isinstance(p, nn.Linear)], m.parameters(), wd),
        "nothing that decays",
    ),
    ("a decay in quotes", lambda m, wd: split_by_ids(m, str(wd)), None),
    ("a copy", split_of_a_copy, "groups without the model's parameters"),
    ("state_dict", lambda m, wd: groups(m.state_dict().values(), [], wd), "groups without the model's parameters"),
    ("one group", lambda m, wd: [{"params": list(m.parameters()), "weight_decay": wd}], "a decay for everything"),
    ("nothing decays", lambda m, wd: groups([], m.parameters(), wd), "nothing that decays"),
    ("names beside", split_with_names, "groups without the model's parameters"),
    ("empty groups", lambda m, wd: groups([], [], wd), "groups without the model's parameters"),
    ("<= 2", split_by(lambda name, p: p.ndim > 2 and not marked(p)), "more than two axes"),
    ("numel", split_by(lambda name, p: p.numel() > 1 and not marked(p)), "few numbers in the place of few axes"),
    ("sets", split_into_sets, "a set of parameters"),
    (
        "generators",
        lambda m, wd: [
            {"params": (p for p in m.parameters() if decays(p)), "weight_decay": wd},
            {"params": (p for p in m.parameters() if not decays(p)), "weight_decay": 0.0},
        ],
        "right",
    ),
    ("linear layers and nothing else", split_of_linear_layers, "nothing but linear layers"),
    ("return in the loop", split_in_the_first_round, "a loop that ends after one round"),
    ("two ifs", split_with_two_ifs, "marked matrices in both groups"),
    ("three ifs", split_with_three_ifs, "one parameter twice in a group"),
    ("lists in the loop", split_with_new_lists, "lists that begin anew in each round"),
    (
        "biases, norms and marks",
        split_by(lambda name, p: "bias" not in name and "norm" not in name and not marked(p)),
        "names in the place of axes",
    ),
    (
        "mark read with getattr",
        split_by(lambda name, p: p.ndim >= 2 and not getattr(p, "_no_weight_decay")),  # noqa: B009
        "a mark that most parameters do not have",
    ),
    ("one list", split_into_one_list, "all parameters in both groups"),
    ("all in both", lambda m, wd: groups(m.parameters(), m.parameters(), wd), "all parameters in both groups"),
    (
        "pairs",
        lambda m, wd: [tuple(group.values()) for group in split_by_ids(m, wd)],
        "groups that are no dicts",
    ),
    ("+=", split_with_a_plus, "a parameter taken apart"),
    ("extend", split_with_extend, "a parameter taken apart"),
    ("the two well-known", split_by(lambda name, p: not name.endswith((".A_log", ".D"))), "a list of names"),
    (
        "biases in both",
        split_by(lambda name, p: not marked(p), lambda name, p: not decays(p)),
        "parameters in both groups",
    ),
    ("one by one", split_one_by_one, "more groups than two"),
    (
        "parameters",
        lambda m, wd: [{"parameters": g["params"], "weight_decay": g["weight_decay"]} for g in split_by_ids(m, wd)],
        "groups without the key params",
    ),
    ("len", split_by(lambda name, p: len(p) > 1 and not marked(p)), "few numbers in the place of few axes"),
    (
        "the first axis",
        split_by(lambda name, p: p.shape[0] >= 2 and not marked(p)),
        "few numbers in the place of few axes",
    ),
    ("linear layers only", split_by(lambda name, p: p.ndim == 2 and "proj" in name), None),
    ("crash", lambda m, wd: groups(m["block"].weights, [], wd), None),
    (
        "no list of params",
        lambda m, wd: [{"weight_decay": wd}, {"weight_decay": 0.0}],
        "groups without the key params",
    ),
    ("what is called weight", split_by(lambda name, p: "weight" in name), "names in the place of axes"),
    (
        "no bias and no mark",
        split_by(lambda name, p: not name.endswith("bias") and not marked(p)),
        "names in the place of axes",
    ),
    (
        "the first without",
        lambda m, wd: [
            {"params": [p for p in m.parameters() if decays(p)]},
            {"params": [p for p in m.parameters() if not decays(p)], "weight_decay": 0},
        ],
        "a first group without its decay",
    ),
    (
        "marked by default",
        split_by(lambda name, p: p.ndim > 1 and not getattr(p, "_no_weight_decay", True)),
        "nothing that decays",
    ),
    (
        "0.0 for both",
        lambda m, wd: groups(
            [p for p in m.parameters() if decays(p)], [p for p in m.parameters() if not decays(p)], 0.0
        ),
        "nothing that decays",
    ),
    ("few axes decay", split_by(lambda name, p: p.ndim <= 1 and not marked(p)), "axes the wrong way round"),
    (
        "biases and the well-known by name",
        split_by(lambda name, p: not name.endswith(("bias", "A_log", ".D"))),
        "a list of names",
    ),
    ("either mark", split_by(lambda name, p: decays(p) and not hasattr(p, "_no_reinit")), "the mark of another rule"),
    ("the outermost", split_of_the_outermost, "layers inside of other layers left out"),
    (
        "not, of each alone",
        lambda m, wd: groups(
            [p for p in m.parameters() if p.ndim >= 2 and not marked(p)],
            [p for p in m.parameters() if not p.ndim >= 2 and marked(p)],
            wd,
        ),
        "two conditions that are no opposites",
    ),
    ("linear layers and convolutions", split_by_kinds_of_layers, "weights of known layers alone"),
    ("all in the second", split_by(lambda name, p: decays(p), lambda name, p: True), "parameters in both groups"),
    (
        "one axis lost",
        split_by(lambda name, p: decays(p), lambda name, p: p.ndim >= 2 and marked(p)),
        "biases and norms that are lost",
    ),
    (
        "no axis lost",
        split_by(lambda name, p: decays(p), lambda name, p: p.ndim == 1 or marked(p)),
        "a single number that is lost",
    ),
    (
        "the names that were shown, and marks",
        split_by(
            lambda name, p: (
                not any(word in name for word in ("bias", "norm", "gates", "gain", "offset")) and not marked(p)
            )
        ),
        "names that fit one model",
    ),
    (
        "the names that were shown",
        split_by(lambda name, p: p.ndim > 1 and name.split(".")[-1] not in ("A_log", "rate", "phase")),
        "names that fit one model",
    ),
    (
        "bias, norm, gates, gain and marks",
        split_by(lambda name, p: not any(word in name for word in ("bias", "norm", "gates", "gain")) and not marked(p)),
        "names in the place of axes",
    ),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "06",
        half_life=HALF_LIFE,
        inverse_softplus=INVERSE,
        sample_dt=SAMPLE,
        dt_weight=WEIGHT,
        mended_init=MENDED,
        split_weight_decay=SPLIT,
    )
)
