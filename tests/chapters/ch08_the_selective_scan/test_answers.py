"""Answers to the exercises of notebook 08 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import math
import warnings
from collections import namedtuple

import numpy as np
import torch
import torch.nn.functional as F
from answer_rows import judged, rows
from einops import einsum, rearrange
from torch.autograd import gradcheck, gradgradcheck

from lite_mamba import course, selective_scan_fn

# Exercise 1: discretise (u, delta, A, B)


def right_discretise(u, delta, A, B):
    decay = (delta.unsqueeze(-1) * A[None, :, None, :]).exp()
    return decay, delta.unsqueeze(-1) * u.unsqueeze(-1) * rearrange(B, "b n l -> b 1 l n")


def discretise_by_loops(u, delta, A, B):
    batch, D, L = u.shape
    decay, drive = torch.zeros(batch, D, L, A.shape[1]), torch.zeros(batch, D, L, A.shape[1])
    for t in range(L):
        for n in range(A.shape[1]):
            decay[:, :, t, n] = torch.exp(delta[:, :, t] * A[:, n])
            drive[:, :, t, n] = delta[:, :, t] * B[:, n, t][:, None] * u[:, :, t]
    return decay, drive


def discretise_by_einops(u, delta, A, B):
    return (
        torch.exp(einsum(delta, A, "b d l, d n -> b d l n")),
        einsum(delta * u, B, "b d l, b n l -> b d l n"),
    )


def discretise_by_powers(u, delta, A, B):
    return torch.pow(np.e, delta[..., None] * A[:, None]), (delta * u)[..., None] * B.mT[:, None]


def discretise_in_place(u, delta, A, B):
    u *= delta
    return torch.exp(delta[..., None] * A[:, None]), u[..., None] * B.mT[:, None]


def discretise_without_return(u, delta, A, B):
    deltaA = torch.exp(torch.einsum("bdl,dn->bdln", delta, A))  # noqa: F841


def with_decay(decay):
    return lambda u, delta, A, B: (decay(delta, A), right_discretise(u, delta, A, B)[1])


def with_drive(drive):
    return lambda u, delta, A, B: (right_discretise(u, delta, A, B)[0], drive(u, delta, A, B))


def in_order(*order):
    return lambda *given: tuple(part.permute(order) for part in right_discretise(*given))


def in_sum(axis):
    """Both results, summed over an axis in the exponent and in the drive."""
    return lambda u, delta, A, B: (
        torch.exp((delta[..., None] * A[:, None]).sum(axis)),
        right_discretise(u, delta, A, B)[1].sum(axis),
    )


def written(u, B):
    """B·u, (B, D, L, N)."""
    return torch.einsum("bnl,bdl->bdln", B, u)


def with_u_in_the_decay(u, delta, A, B):
    written = delta * u
    return torch.exp(written[..., None] * A[:, None]), written[..., None] * B.mT[:, None]


def einsum_of(u, delta, A):
    return einsum(u, delta, A, "b d l, b d l, d n -> b d l n")


def of_all(one, delta):
    """One Δ (B, D) for every token."""
    return one[..., None] + torch.zeros_like(delta)


def with_one_delta(one, delta, A):
    return (of_all(one, delta)[..., None] * A[:, None]).exp()


def state_by_state(u, delta, A, B, lacking=""):
    """One state after the other; `lacking` names the tensors that are left without the axis that they need."""
    A_n = A.T if "A" in lacking else A.T[:, :, None]
    B_n = B.transpose(0, 1) if "B" in lacking else B.transpose(0, 1)[:, :, None]
    return torch.stack([torch.exp(delta * a) for a in A_n], -1), torch.stack([delta * u * b for b in B_n], -1)


DISCRETISE = [
    ("Δ·u @ B", with_drive(lambda u, delta, A, B: (delta * u) @ B.mT), "summed over the tokens"),
    (
        "two exponentials multiplied",
        with_decay(lambda delta, A: delta.exp()[..., None] * A.exp()[:, None]),
        "a sum in the place of a product",
    ),
    (
        "the mean of B",
        lambda u, delta, A, B: right_discretise(u, delta, A, B.mean(-1, keepdim=True).expand_as(B)),
        "one B for all tokens",
    ),
    *(
        (f"the hold, {title}", with_drive(drive), "a piece of the zero-order hold")
        for title, drive in (
            ("not divided by A", lambda u, d, A, B: torch.expm1(d[..., None] * A[:, None]) * written(u, B)),
            (
                "with the other sign",
                lambda u, d, A, B: (1 - right_discretise(u, d, A, B)[0]) * written(u, B) / A.unsqueeze(1),
            ),
            (
                "Δ twice",
                lambda u, d, A, B: torch.expm1(d[..., None] * A[:, None]) / A[:, None] * written(d * u, B),
            ),
            (
                "Δ divided away",
                lambda u, d, A, B: torch.expm1(d[..., None] * A[:, None]) / (d[..., None] * A[:, None]) * written(u, B),
            ),
        )
    ),
    (
        "the hold, as one formula",
        with_drive(lambda u, d, A, B: torch.expm1(x := d[..., None] * A[:, None]) / x * d[..., None] * written(u, B)),
        "the zero-order hold for B",
    ),
    (
        "u for Δ",
        lambda u, d, A, B: (right_discretise(d, u, A, B)[0], right_discretise(u, d, A, B)[1]),
        "u in the decay",
    ),
    (
        "softplus in the drive",
        with_drive(lambda u, d, A, B: written(u * F.softplus(d), B)),
        "softplus once more",
    ),
    ("state by state", state_by_state, "right"),
    *(
        (f"decay by {name}", with_decay(decay), "another rule for the decay")
        for name, decay in (
            ("a power of 2", lambda delta, A: 2 ** (delta[..., None] * A[:, None])),
            ("a sigmoid", lambda delta, A: 1 / (1 + torch.exp(-delta[..., None] * A[:, None]))),
        )
    ),
    *(
        (
            f"state by state, {lacking} as it is",
            lambda *given, lacking=lacking: state_by_state(*given, lacking),
            "axes that broadcasting lines up",
        )
        for lacking in ("A", "B", "A and B")
    ),
    (
        "no B",
        with_drive(lambda u, delta, A, B: (delta * u)[..., None].repeat(1, 1, 1, A.shape[1])),
        "a drive without B",
    ),
    ("no B, by zeros", with_drive(lambda u, delta, A, B: (delta * u)[..., None] + 0 * A[:, None]), "a drive without B"),
    ("Δ·u in both", with_u_in_the_decay, "u in the decay"),
    (
        "u in the exponent",
        lambda u, d, A, B: (einsum_of(u, d, A).exp(), right_discretise(u, d, A, B)[1]),
        "u in the decay",
    ),
    ("one Δ: the mean", lambda u, d, A, B: right_discretise(u, of_all(d.mean(2), d), A, B), "one Δ for all tokens"),
    ("one Δ: the first", lambda u, d, A, B: right_discretise(u, of_all(d[..., 0], d), A, B), "one Δ for all tokens"),
    ("one Δ, in the decay", with_decay(lambda d, A: with_one_delta(d[:, :, 0], d, A)), "one Δ for all tokens"),
    (
        "one Δ, the last, in the decay",
        with_decay(lambda d, A: with_one_delta(d[:, :, -1], d, A)),
        "one Δ for all tokens",
    ),
    (
        "the decay for Δ",
        with_drive(lambda u, d, A, B: right_discretise(u, d, A, B)[0] * (u[:, :, None] * B[:, None]).mT),
        "a drive with the decay",
    ),
    ("A by its last axis", with_decay(lambda d, A: (d.unsqueeze(-1) * A).exp()), "axes that broadcasting lines up"),
    ("Δ · A", with_decay(lambda d, A: torch.exp(A * d)), "axes that broadcasting lines up"),
    (
        "B by its last axis",
        with_drive(lambda u, d, A, B: (d * u).unsqueeze(3) * B.unsqueeze(1)),
        "axes that broadcasting lines up",
    ),
    (
        "u by its last axis",
        with_drive(lambda u, d, A, B: torch.einsum("bdl,bnl->bdln", d, B) * u),
        "axes that broadcasting lines up",
    ),
    (
        "Δ by its last axis",
        with_drive(lambda u, d, A, B: d * torch.einsum("bnl,bdl->bdln", B, u)),
        "axes that broadcasting lines up",
    ),
    (
        "A's letters",
        with_decay(lambda d, A: torch.einsum("bdl,nd->bdln", d, A).exp()),
        "the letters of A in another order",
    ),
    (
        "exp on B, too",
        with_drive(lambda u, d, A, B: torch.exp(d[..., None] * B.mT[:, None]) * u[..., None]),
        "the exponential of the drive",
    ),
    (
        "B added up",
        with_drive(lambda u, d, A, B: (d * u * B.sum(1)[:, None])[..., None].expand(*u.shape, A.shape[1])),
        "B summed over the states",
    ),
    ("A without gradient", lambda u, d, A, B: right_discretise(u, d, A.detach(), B), None),
    (
        "bilinear",
        with_decay(lambda d, A: (x := d[..., None] * A[:, None]).add(2) / (2 - x)),
        "another rule for the decay",
    ),
    (
        "A in the drive",
        with_drive(lambda u, d, A, B: torch.einsum("bdl,dn,bnl,bdl->bdln", d, A, B, u)),
        "a drive with A",
    ),
    (
        "1 − decay",
        with_drive(lambda u, d, A, B: (1 - right_discretise(u, d, A, B)[0]) * B.mT[:, None] * u[..., None]),
        "a drive weighted with what the decay leaves free",
    ),
    ("Δ + A", with_decay(lambda d, A: torch.exp(A[:, None] + d[..., None])), "a sum in the place of a product"),
    (
        "Δ·(B + u)",
        with_drive(lambda u, d, A, B: d[..., None] * (u[..., None] + B.mT[:, None])),
        "a sum in the place of a product",
    ),
    (
        "Δ·B + u",
        with_drive(lambda u, d, A, B: u[..., None] + torch.einsum("bdl,bnl->bdln", d, B)),
        "a sum in the place of a product",
    ),
    ("broadcasting", right_discretise, "right"),
    ("loops", discretise_by_loops, "right"),
    ("no gradients", torch.inference_mode()(discretise_by_loops), None),
    ("einops", discretise_by_einops, "right"),
    ("powers of e", discretise_by_powers, "right"),
    ("in float64", lambda *given: right_discretise(*(x.double() for x in given)), None),
    ("a list", lambda *given: list(right_discretise(*given)), "right"),
    ("no exp", with_decay(lambda delta, A: torch.einsum("bdl,dn->bdln", delta, A)), "exp forgotten"),
    ("no exp, broadcast", with_decay(lambda delta, A: delta[..., None] * A[:, None]), "exp forgotten"),
    ("A", with_decay(lambda delta, A: A[None, :, None] + 0 * delta[..., None]), "A as the decay"),
    ("exp(A)", with_decay(lambda delta, A: A.exp()[:, None] * torch.ones_like(delta)[..., None]), "A as the decay"),
    (
        "exp(A) repeated",
        with_decay(lambda delta, A: torch.exp(A)[None, :, None].repeat(len(delta), 1, delta.shape[2], 1)),
        "A as the decay",
    ),
    ("a minus", with_decay(lambda delta, A: torch.exp(delta[..., None] * -A[:, None])), "a state that grows"),
    ("abs", with_decay(lambda delta, A: torch.exp(delta[..., None] * A[:, None].abs())), "a state that grows"),
    (
        "n is missing",
        with_decay(lambda delta, A: torch.einsum("bdl,dn->bdl", delta, A).exp()),
        "summed over the states",
    ),
    (
        "n is missing in the drive",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bnl,bdl->bdl", u, B, delta)),
        "summed over the states",
    ),
    (
        "n is missing twice",
        lambda u, delta, A, B: (torch.exp(delta * A.sum(1)[:, None]), delta * u * B.sum(1)[:, None]),
        "summed over the states",
    ),
    (
        "B in another order",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bln->bdln", delta * u, B)),
        "the letters of B in another order",
    ),
    ("no Δ", with_drive(lambda u, delta, A, B: u[..., None] * B.mT[:, None]), "a drive without Δ"),
    ("no u", with_drive(lambda u, delta, A, B: torch.einsum("bdl,bnl->bdln", delta, B)), "a drive without u"),
    ("decay in the drive", lambda *given: ((r := right_discretise(*given))[0], r[0] * r[1]), "a drive with the decay"),
    ("swapped", lambda *given: right_discretise(*given)[::-1], "the two results swapped"),
    ("paper's order", in_order(0, 2, 1, 3), "time before the channels"),
    ("n before l", in_order(0, 1, 3, 2), "states before time"),
    (
        "n before l in the drive",
        with_drive(lambda u, delta, A, B: (delta * u)[:, :, None] * B[:, None]),
        "a drive with the states before time",
    ),
    (
        "zero-order hold",
        with_drive(
            lambda u, delta, A, B: (
                torch.expm1(delta[..., None] * A[:, None]) / A[:, None] * u[..., None] * B.mT[:, None]
            )
        ),
        "the zero-order hold for B",
    ),
    ("exp of Δ", with_decay(lambda delta, A: torch.exp(delta)[..., None] * A[:, None]), "the exponential of Δ alone"),
    ("d is missing", in_sum(1), "summed over the channels"),
    ("Δ @ A", with_decay(lambda delta, A: torch.exp(delta.mT @ A)), "summed over the channels"),
    (
        "exp of the drive",
        lambda *given: ((r := right_discretise(*given))[0], r[1].exp()),
        "the exponential of the drive",
    ),
    (
        "B in a view",
        with_drive(lambda u, delta, A, B: (delta * u).unsqueeze(-1) * B.contiguous().view(len(B), 1, u.shape[2], -1)),
        "B reshaped, not transposed",
    ),
    ("softplus", lambda u, delta, A, B: right_discretise(u, F.softplus(delta), A, B), "softplus once more"),
    ("channel 0", with_decay(lambda delta, A: torch.exp(delta[..., None] * A[0])), None),
    ("sequence 0", with_drive(lambda u, delta, A, B: (delta * u)[..., None] * B[0].mT), None),
    ("Euler's factor", with_decay(lambda delta, A: 1 + delta[..., None] * A[:, None]), "another rule for the decay"),
    (
        "Δ squared",
        with_drive(lambda u, delta, A, B: (delta**2 * u)[..., None] * B.mT[:, None]),
        "Δ twice in the drive",
    ),
    (
        "1 − exp",
        with_decay(lambda delta, A: 1 - torch.exp(delta[..., None] * A[:, None])),
        "what is lost in the place of what is left",
    ),
    (
        "expm1",
        with_decay(lambda delta, A: torch.expm1(delta[..., None] * A[:, None])),
        "what is lost in the place of what is left",
    ),
    ("l is missing", in_sum(2), "summed over the tokens"),
    (
        "l is missing in the drive",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bnl->bdn", u * delta, B)),
        "summed over the tokens",
    ),
    ("no arrow", with_decay(lambda delta, A: torch.einsum("bdl,dn", delta, A).exp()), "summed over the channels"),
    (
        "no arrow in the drive",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bdl,bnl", delta, u, B)),
        "no arrow in the pattern",
    ),
    (
        "no arrow at all",
        lambda u, d, A, B: (torch.einsum("bdl,dn", d, A).exp(), torch.einsum("bdl,bnl,bdl", d, B, u)),
        "no arrow in the pattern",
    ),
    (
        "tensors in another order",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bnl,bdl->bdln", u, delta, B)),
        "letters for another tensor",
    ),
    (
        "A first",
        with_decay(lambda delta, A: torch.exp(torch.einsum("bdl,dn->bdln", A, delta))),
        "letters for another tensor",
    ),
    (
        "u with the letters of B",
        with_drive(lambda u, delta, A, B: torch.einsum("bdl,bnl,bnl->bdln", delta, B, u)),
        "letters for another tensor",
    ),
    (
        "both by their last axes",
        lambda u, delta, A, B: (
            torch.exp(delta.unsqueeze(-1) * A),
            (delta * u).unsqueeze(-1) * B.unsqueeze(1),
        ),
        "axes that broadcasting lines up",
    ),
    (
        "B without the axis of the channels",
        with_drive(lambda u, delta, A, B: (delta * u)[..., None] * B.transpose(1, 2)),
        "axes that broadcasting lines up",
    ),
    ("in place", discretise_in_place, None),
    ("no return", discretise_without_return, None),
    ("a crash", lambda u, delta, A, B: (delta @ A, u @ B), None),
    ("the drive alone", lambda *given: right_discretise(*given)[1], None),
    ("hard-coded", lambda u, delta, A, B: (0.5 + 0 * (r := right_discretise(u, delta, A, B))[0], r[1]), None),
    (
        "A as its logarithm",
        with_decay(lambda d, A: (d[..., None] * -A.exp()[:, None]).exp()),
        "A taken for its logarithm",
    ),
    (
        "running sums of the step sizes",
        with_decay(lambda delta, A: torch.exp(delta.cumsum(2).unsqueeze(-1) * A.unsqueeze(1))),
        "a Δ that adds up over the tokens",
    ),
    (
        "exp of A, times Δ",
        with_decay(lambda delta, A: delta.unsqueeze(-1) * A.exp().unsqueeze(1)),
        "an exponential of A alone",
    ),
    (
        "the first B",
        lambda u, delta, A, B: right_discretise(u, delta, A, B[:, :, [0] * B.shape[2]]),
        "one B for all tokens",
    ),
]

# Exercise 2: scan_loop (deltaA, deltaB_u, C)


def loop(deltaA, deltaB_u, C, order="fade add read", read=None, start=None, stack=-1):
    B, D, L, N = deltaA.shape
    h = torch.zeros(B, D, N) if start is None else start
    read = read or (lambda h, c: torch.matmul(h, c.unsqueeze(-1)).squeeze(-1))
    ys = []
    for t in range(L):
        for what in order.split():
            if what == "fade":
                h = deltaA[:, :, t] * h
            elif what == "add":
                h = h + deltaB_u[:, :, t]
            elif what == "forget":
                h = torch.zeros_like(h)
            else:
                ys.append(read(h, C[:, :, t]))
    return torch.stack(ys, dim=stack)


def loop_into_a_table(deltaA, deltaB_u, C):
    h = torch.zeros_like(deltaB_u)
    h[:, :, 0] = deltaB_u[:, :, 0]
    for t in range(1, deltaA.shape[2]):
        h[:, :, t] = h[:, :, t - 1] * deltaA[:, :, t] + deltaB_u[:, :, t]
    return (h * C.transpose(1, 2)[:, None]).sum(dim=-1)


def loop_with_unbind(deltaA, deltaB_u, C):
    h, ys = 0, []
    for a, x, c in zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True):
        h = torch.addcmul(x, a, h) if torch.is_tensor(h) else x
        ys.append(torch.einsum("bdn,bn->bd", h, c))
    return torch.stack(ys, 2)


def sum_over_pairs(deltaA, deltaB_u, C):
    y = torch.zeros_like(deltaA[..., 0])
    for t in range(deltaA.shape[2]):
        for s in range(t + 1):
            left = deltaA[:, :, s + 1 : t + 1].prod(2) * deltaB_u[:, :, s]
            y[:, :, t] += (left * C[:, None, :, t]).sum(-1)
    return y


def rounds(deltaA, deltaB_u, C):
    a, x, shift = deltaA, deltaB_u, 1
    while shift < x.shape[2]:
        x = torch.cat([x[:, :, :shift], a[:, :, shift:] * x[:, :, :-shift] + x[:, :, shift:]], 2)
        a = torch.cat([a[:, :, :shift], a[:, :, shift:] * a[:, :, :-shift]], 2)
        shift *= 2
    return torch.einsum("b d l n, b n l -> b d l", x, C)


def loop_without_channels(deltaA, deltaB_u, C):
    h, ys = torch.zeros(deltaA.shape[0], deltaA.shape[3]), []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        ys.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(ys, -1)


def loop_as_a_list(deltaA, deltaB_u, C):
    return list(loop(deltaA, deltaB_u, C).unbind(-1))


def two_cumulative_sums(deltaA, deltaB_u, C, epsilon=0.0):
    P = torch.cumprod(deltaA, dim=2)
    h = torch.cumsum(deltaB_u / (P + epsilon), dim=2) * P
    return (h * C.mT[:, None]).sum(-1)


def divided_in_float64(deltaA, deltaB_u, C):
    return two_cumulative_sums(deltaA.double(), deltaB_u.double(), C.double()).to(C.dtype)


def divided_by_at_least(smallest, deltaA, deltaB_u, C):
    P = deltaA.cumprod(2)
    return (P * (deltaB_u / P.clamp(min=smallest)).cumsum(2) * C.mT[:, None]).sum(-1)


def product_of_at_least(smallest, deltaA, deltaB_u, C):
    P = deltaA.cumprod(2).clamp(min=smallest)
    return (P * (deltaB_u / P).cumsum(2) * C.mT[:, None]).sum(-1)


def divided_without_nan(deltaA, deltaB_u, C):
    P = deltaA.cumprod(2)
    return ((P * (deltaB_u / P).cumsum(2)).nan_to_num() * C.mT[:, None]).sum(-1)


def loop_that_keeps_the_last_state(deltaA, deltaB_u, C):
    for n in range(deltaA.shape[3]):
        y = loop(*(x[..., n : n + 1] for x in (deltaA, deltaB_u)), C[:, n : n + 1])
    return y


def of_the_token_before(x):
    """Each token gets what belongs to the one before, the first one nothing."""
    return torch.cat([torch.zeros_like(x[:, :, :1]), x[:, :, :-1]], 2)


def states_in_a_table(deltaA, deltaB_u, C):
    h = torch.zeros(deltaA.shape, dtype=deltaA.dtype)
    for t in range(h.shape[2]):
        h[:, :, t] = h[:, :, t - 1] * deltaA[:, :, t] + deltaB_u[:, :, t]
    return (h * C.mT[:, None]).sum(-1)


def two_sums_of_logarithms(deltaA, deltaB_u, C):
    total = torch.cumsum(torch.log(deltaA), 2)
    return torch.einsum("bdln,bnl->bdl", total.exp() * torch.cumsum(torch.exp(-total) * deltaB_u, 2), C)


def along_the_channels(deltaA, deltaB_u, C):
    h, outputs = 0 * deltaA[:, 0], []
    for decay, drive in zip(deltaA.unbind(1), deltaB_u.unbind(1), strict=True):
        h = decay * h + drive
        outputs.append((h * C.mT).sum(-1))
    return torch.stack(outputs, 1)


def loop_without_return(deltaA, deltaB_u, C):
    loop(deltaA, deltaB_u, C)


def loop_in_place(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h *= deltaA[:, :, t]
        h += deltaB_u[:, :, t]
        outputs.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(outputs, dim=-1)


def loop_into_float32(deltaA, deltaB_u, C):
    y, h = torch.empty(deltaA.shape[:3]), torch.zeros(deltaA[:, :, 0].shape)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        y[:, :, t] = (h * C[:, None, :, t]).sum(-1)
    return y


def loop_in_float32(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h = (deltaA[:, :, t] * h + deltaB_u[:, :, t]).float()
        outputs.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(outputs, -1)


def scan_on_from_float32(deltaA, deltaB_u, C, initial_state):
    return scan_on(deltaA, deltaB_u, C, initial_state.float())


def loop_by_recursion(deltaA, deltaB_u, C):
    def state(t):
        return deltaA[:, :, t] * state(t - 1) + deltaB_u[:, :, t] if t else deltaB_u[:, :, 0]

    return torch.stack([(state(t) * C[:, None, :, t]).sum(-1) for t in range(C.shape[-1])], -1)


def loop_from(first, deltaA, deltaB_u, C):
    """The loop without its first turns, from the first drive."""
    h, outputs = deltaB_u[:, :, 0], []
    for t in range(first, deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(torch.einsum("bdn,bn->bd", h, C[..., t]))
    return torch.stack(outputs, -1)


def loop_over_an_axis(axis, deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.size(axis)):
        h = torch.addcmul(deltaB_u[:, :, t], deltaA[:, :, t], h)
        outputs.append(torch.einsum("bdn,bn->bd", h, C[..., t]))
    return torch.stack(outputs, -1)


def read_state_goes_on(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for a, x, c in zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True):
        h = (a * h + x) * c.unsqueeze(1)
        outputs.append(h.sum(-1))
    return torch.stack(outputs, 2)


def last_of_a_list(deltaA, deltaB_u, C):
    h, states = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h.mul_(deltaA[:, :, t]).add_(deltaB_u[:, :, t])
        states.append(h)
    return torch.einsum("bdln,bnl->bdl", torch.stack(states, 2), C)


def backwards(deltaA, deltaB_u, C):
    return loop(deltaA.flip(2), deltaB_u.flip(2), C.flip(2))


def cut_off(deltaA, deltaB_u, C):
    h, outputs = 0, []
    for a, x, c in zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True):
        outputs.append(((a * h + x) * c[:, None]).sum(-1))
        h = (a * h + x).detach()
    return torch.stack(outputs, -1)


def cut_off_every_third_time(deltaA, deltaB_u, C):
    h, outputs = 0, []
    for t, (a, x, c) in enumerate(zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True)):
        h = a * (h if t % 3 else h.detach() if t else 0) + x
        outputs.append((h * c[:, None]).sum(-1))
    return torch.stack(outputs, -1)


def loop_in_numpy(deltaA, deltaB_u, C):
    a, x, c = (v.detach().numpy() for v in (deltaA, deltaB_u, C))
    h, y = np.zeros_like(a[:, :, 0]), np.zeros(a.shape[:3], a.dtype)
    for t in range(a.shape[2]):
        h = a[:, :, t] * h + x[:, :, t]
        y[:, :, t] = np.einsum("bdn,bn->bd", h, c[:, :, t])
    return torch.from_numpy(y)


def loop_read_halfway(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        new = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(((h + new) / 2 * C[:, None, :, t]).sum(-1))
        h = new
    return torch.stack(outputs, -1)


def loop_at(axis, deltaA, deltaB_u, C):
    """Decay and drive indexed along another axis."""
    h, outputs = torch.zeros_like(deltaA.select(axis, 0)), []
    for t in range(deltaA.shape[2]):
        place = (slice(None),) * axis + (t,)
        h = deltaA[place] * h + deltaB_u[place]
        outputs.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(outputs, -1)


def read_at_the_states(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h = torch.addcmul(deltaB_u[:, :, t], deltaA[:, :, t], h)
        outputs.append(torch.einsum("bdn,bn->bd", h, C[:, t]))
    return torch.stack(outputs, -1)


def loop_over_sequences(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for a, x, c in zip(deltaA, deltaB_u, C, strict=True):
        h = a * h + x
        outputs.append(torch.einsum("bdn,bn->bd", h, c))
    return torch.stack(outputs, -1)


def loop_with_one_letter_too_few(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(torch.einsum("bdn,bnl->bd", h, C))
    return torch.stack(outputs, -1)


def loop_that_loses(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h = h - deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(outputs, -1)


def loop_that_adds(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h += deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(outputs, -1)


def read_behind_the_loop(deltaA, deltaB_u, C):
    h = torch.zeros_like(deltaA[:, :, 0])
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
    return torch.einsum("bdn,bnl->bdl", h, C)


def around_the_state(function):
    def answer(deltaA, deltaB_u, C):
        h, ys = 0, []
        for a, x, c in zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True):
            h = function(a * h + x)
            ys.append((h @ c[..., None]).squeeze(-1))
        return torch.stack(ys, -1)

    return answer


def with_step(step):
    def answer(deltaA, deltaB_u, C):
        h, ys = torch.zeros_like(deltaA[:, :, 0]), []
        for t in range(deltaA.shape[2]):
            h = step(h, deltaA, deltaB_u, t)
            ys.append((h @ C[:, :, t, None]).squeeze(-1))
        return torch.stack(ys, 2)

    return answer


def loop_over_rows(axis):
    """A row after the other, each from the state that the one before has left."""

    def answer(deltaA, deltaB_u, C):
        rows, h = [], 0
        for i in range(deltaA.shape[axis]):
            one = deltaA.narrow(axis, i, 1), deltaB_u.narrow(axis, i, 1), C[i : i + 1] if axis == 0 else C
            y, h = scan_on(*one, h)
            rows.append(y)
        return torch.cat(rows, axis)

    return answer


def loop_over_both(deltaA, deltaB_u, C):
    y, h = torch.empty_like(deltaA[..., 0]), torch.zeros_like(deltaA[0, 0, 0])
    for b in range(len(deltaA)):
        for d in range(deltaA.shape[1]):
            for t in range(deltaA.shape[2]):
                h = deltaA[b, d, t] * h + deltaB_u[b, d, t]
                y[b, d, t] = h @ C[b, :, t]
    return y


def loop_into_a_default(deltaA, deltaB_u, C, ys=[]):  # noqa: B006 (the mistake)
    ys.extend(loop(deltaA, deltaB_u, C, start=torch.zeros_like(deltaA[:, :, 0])).unbind(-1))
    return torch.stack(ys, -1)


LEFT = {}


def loop_from_what_is_left(deltaA, deltaB_u, C):
    h = LEFT.get(deltaA[:, :, 0].shape, torch.zeros_like(deltaA[:, :, 0]))
    y, LEFT[h.shape] = scan_on(deltaA, deltaB_u, C, h, hand_on=torch.detach)
    return y


def loop_by_float32(deltaA, deltaB_u, C):
    return loop(deltaA.float(), deltaB_u.float(), C.float()).to(C.dtype)


def loop_otherwise_in_float64(deltaA, deltaB_u, C):
    start = torch.full_like(deltaA[:, :, 0], float(deltaA.dtype == torch.float64))
    return loop(deltaA, deltaB_u, C, start=start)


LOOP = [
    (
        "two letters for one axis",
        lambda a, x, C: loop(a, x, C, read=lambda h, c: torch.einsum("bdn,bm->bd", h, c), start=0),
        "two sums in the place of one",
    ),
    *(
        (f"h in front of the loop over {title}", answer, "a state that goes on from the row before")
        for title, answer in (
            ("sequences", loop_over_rows(0)),
            ("channels", loop_over_rows(1)),
            ("both", loop_over_both),
        )
    ),
    (
        "a decay behind the plus",
        with_step(lambda h, a, x, t: torch.addcmul(h, a[:, :, t], x[:, :, t])),
        "a decay on the drive alone",
    ),
    *(
        (
            f"a state that stays within {most}",
            with_step(lambda h, a, x, t, most=most: (a[:, :, t] * h + x[:, :, t]).clamp(-most, most)),
            None,
        )
        for most in (10, 50)
    ),
    ("a list behind a parameter's =", loop_into_a_default, "another result at the next call"),
    ("a state that stays for the next call", loop_from_what_is_left, "another result at the next call"),
    ("float32 in between", loop_by_float32, "a number format of its own"),
    ("from one, in float64", loop_otherwise_in_float64, "a start from one"),
    ("a decay added", with_step(lambda h, a, x, t: h + a[:, :, t] + x[:, :, t]), "a decay that is added"),
    ("a decay added in turn", with_step(lambda h, a, x, t: sum((a[:, :, t], x[:, :, t]), h)), "a decay that is added"),
    (
        "the decay of token 0",
        with_step(lambda h, a, x, t: a[:, :, 0] * h + x[:, :, t]),
        "the first token in every turn",
    ),
    (
        "the drive of token 0",
        with_step(lambda h, a, x, t: torch.addcmul(x[:, :, 0], a[:, :, t], h)),
        "the first token in every turn",
    ),
    ("tanh", around_the_state(torch.tanh), "a function around the state"),
    ("ReLU", around_the_state(lambda h: h.clamp(min=0)), "a function around the state"),
    ("SiLU", around_the_state(torch.nn.SiLU()), "a function around the state"),
    ("t at the channels", lambda *given: loop_at(1, *given), "an index at another axis"),
    ("t at the states", lambda *given: loop_at(3, *given), "an index at another axis"),
    ("C[:, t]", read_at_the_states, "an index at another axis"),
    ("shape[0]", lambda *given: loop_over_an_axis(0, *given), "a loop over the sequences"),
    ("zip", loop_over_sequences, "a loop over the sequences"),
    ("C whole", loop_with_one_letter_too_few, "one C for all tokens"),
    ("1 − decay for the decay", loop_that_loses, "what is lost in the place of what is left"),
    ("read behind the loop", read_behind_the_loop, "the last state read at every token"),
    (
        "states",
        lambda *given: loop(*given, read=lambda h, c: h, stack=2),
        "the states in the place of the outputs",
    ),
    (
        "states in front",
        lambda *given: loop(*given, read=lambda h, c: h, stack=0),
        "the states in the place of the outputs",
    ),
    ("all but the last", lambda *given: loop(*given)[..., :-1], "no output for the last token"),
    ("the drive rolled", lambda a, x, C: loop(a, x.roll(1, 2), C), "the drive of the token before"),
    ("cat", lambda a, x, C: torch.cat(list(loop(a, x, C).unbind(-1)), -1), "outputs put one behind the other"),
    ("cat in front", lambda a, x, C: torch.cat(loop(a, x, C).unbind(-1)), "outputs put one behind the other"),
    (
        "cumulative sums without a division",
        lambda a, x, C: torch.einsum("bdln,bnl->bdl", a.cumprod(2) * x.cumsum(2), C),
        "every decay on every drive",
    ),
    ("outputs from NumPy", loop_in_numpy, "outputs without a gradient"),
    ("a trapezoid", loop_read_halfway, "the mean of the old state and the new one"),
    ("recursion, no decay for one token", loop_by_recursion, "right"),
    ("states kept apart", lambda *given: loop(*given, read=lambda h, c: h * c[:, None], stack=2), "states not summed"),
    ("range(1, L)", lambda *given: loop_from(1, *given), "no output for the first token"),
    ("shape[1]", lambda *given: loop_over_an_axis(1, *given), "a loop over the channels"),
    ("shape[-1]", lambda *given: loop_over_an_axis(-1, *given), "a loop over the states"),
    ("sums of outputs", lambda *given: loop(*given).cumsum(-1), "outputs that are added up"),
    ("h · C goes on", read_state_goes_on, "a state that C is multiplied into"),
    (
        "C · drive goes on",
        lambda a, x, C: loop(a, torch.einsum("bdln,bnl->bdln", x, C), torch.ones_like(C)),
        "a state that C is multiplied into",
    ),
    ("C · drive, read by C", lambda a, x, C: loop(a, x * C.mT[:, None], C), "a state that C is multiplied into"),
    ("h @ C", lambda a, x, C: loop(a, x, C, read=lambda h, c: h @ C), "every C at every token"),
    (
        "C without its token",
        lambda a, x, C: loop(a, x, C, read=lambda h, c: torch.einsum("bdn,bnl->bdl", h, C), stack=2),
        "every C at every token",
    ),
    (
        "cumprod, then cumsum",
        lambda a, x, C: ((a.cumprod(2) * x).cumsum(2) * C.mT[:, None]).sum(-1),
        "the decays before a token instead of those after it",
    ),
    ("states in a table", states_in_a_table, "a state that is changed in place"),
    ("reshaped", lambda *given: loop(*given, stack=0).reshape(given[0].shape[:3]), "outputs reshaped, not transposed"),
    ("from logarithms", two_sums_of_logarithms, "a division by a product of decays"),
    *(
        (f"divided, {name}", answer, "a division by a product of decays")
        for name, answer in (
            ("in float64", divided_in_float64),
            ("from logarithms in float64", lambda *g: two_sums_of_logarithms(*(x.double() for x in g)).to(g[0])),
            ("by 1e-10 at least", lambda *given: divided_by_at_least(1e-10, *given)),
            ("the product 1e-12 at least", lambda *given: product_of_at_least(1e-12, *given)),
            ("without NaN", divided_without_nan),
        )
    ),
    ("the drive before, or none", lambda a, x, C: loop(a, of_the_token_before(x), C), "the drive of the token before"),
    ("the C before, or none", lambda a, x, C: loop(a, x, of_the_token_before(C)), "the way out of the token before"),
    ("a mean, the wrong way", lambda a, x, C: loop(1 - a, a * x, C), "what is lost in the place of what is left"),
    ("range(L − 1) into zeros", lambda *given: F.pad(loop(*given)[..., :-1], (0, 1)), "no output for the last token"),
    ("range(1, L) into zeros", lambda *given: F.pad(loop_from(1, *given), (1, 0)), "no output for the first token"),
    ("for the state", lambda a, x, C: loop(x, a, C), "decay and drive exchanged"),
    ("h + decay · h", lambda a, x, C: loop(1 + a, x, C), "an old state that stays whole"),
    ("h += decay · h", loop_that_adds, "an old state that stays whole"),
    ("no state", lambda a, x, C: ((a * x) * C.mT[:, None]).sum(-1), "outputs of their own token alone"),
    ("along axis 1", along_the_channels, "a loop over the channels"),
    ("matmul", loop, "right"),
    ("unbind", loop_with_unbind, "right"),
    ("pairs", sum_over_pairs, "right"),
    ("rounds", rounds, "right"),
    ("in float64", lambda *given: loop(*(x.double() for x in given), start=torch.zeros(1)), None),
    ("read first", lambda *given: loop(*given, order="read fade add"), "read before the update"),
    ("fade last", lambda *given: loop(*given, order="add read fade"), "a state that fades after it is read"),
    ("no fading", lambda *given: loop(*given, order="add read"), "a state that does not fade"),
    ("cumsum", lambda a, x, C: torch.einsum("bdln,bnl->bdl", x.cumsum(2), C), "a state that does not fade"),
    (
        "h in the loop",
        lambda *given: loop(*given, order="forget fade add read"),
        "outputs of their own token alone",
    ),
    ("add, then fade", lambda *given: loop(*given, order="add fade read"), "a new token that fades too"),
    ("no drive", lambda *given: loop(*given, order="fade read"), "outputs that stay at zero"),
    ("two cumulative sums", two_cumulative_sums, "a division by a product of decays"),
    (
        "two cumulative sums, 1e-8",
        lambda *given: two_cumulative_sums(*given, 1e-8),
        "a division by a product of decays",
    ),
    ("sum(1)", lambda *given: loop(*given, read=lambda h, c: (h * c[:, None]).sum(1)), "summed over the channels"),
    (
        "einsum bn",
        lambda *given: loop(*given, read=lambda h, c: torch.einsum("bdn,bn->bn", h, c)),
        "summed over the channels",
    ),
    ("no sum", lambda *given: loop(*given, read=lambda h, c: torch.einsum("bdn,bn->bdn", h, c)), "states not summed"),
    ("the last state", loop_that_keeps_the_last_state, "one state alone is read"),
    ("state 0", lambda *given: loop(*given, read=lambda h, c: h[..., 0] * c[:, :1]), "one state alone is read"),
    ("no C", lambda *given: loop(*given, read=lambda h, c: h.sum(-1)), "C left out"),
    ("C is (B, N)", lambda *given: loop(*given, read=lambda h, c: (h * c).sum(-1)), "a missing axis for the channels"),
    (
        "C first",
        lambda *given: loop(*given, read=lambda h, c: torch.sum(c * h, dim=2)),
        "a missing axis for the channels",
    ),
    ("h is (B, N)", loop_without_channels, "a missing axis for the channels"),
    ("stack", lambda *given: loop(*given, stack=0), "time stacked in front"),
    ("stack 1", lambda *given: loop(*given, stack=1), "time stacked in the middle"),
    ("transposed", lambda *given: loop(*given).transpose(1, 2), "time stacked in the middle"),
    ("list", loop_as_a_list, "a list of outputs"),
    ("torch.tensor", lambda *given: torch.tensor(loop_as_a_list(*given)), "a list given to torch.tensor"),
    ("a table", loop_into_a_table, "a state that is changed in place"),
    ("without gradients", torch.no_grad()(loop), "outputs without a gradient"),
    ("in place", loop_in_place, "a state that is changed in place"),
    ("a float32 table", loop_into_float32, "a number format of its own"),
    ("float32 in between", loop_in_float32, "a number format of its own"),
    ("no return", loop_without_return, None),
    ("the last output", lambda *given: loop(*given)[..., -1], "one output alone"),
    ("C of token 0", lambda a, x, C: loop(a, x, C[:, :, :1].expand_as(C)), "one C for all tokens"),
    ("a start of one", lambda a, x, C: loop(a, x, C, start=torch.ones_like(a[:, :, 0])), "a start from one"),
    ("C of sequence 0", lambda a, x, C: loop(a, x, C[:1].expand_as(C)), None),
    ("a loop over channels", lambda a, x, C: loop(a.transpose(1, 2), x.transpose(1, 2), C), "a loop over the channels"),
    ("h @ c", lambda a, x, C: loop(a, x, C, read=lambda h, c: h @ c), "a product of matrices"),
    ("a crash", lambda a, x, C: loop(a, x, C, read=lambda h, c: h.reshape(len(C), c)), None),
    ("hard-coded", lambda a, x, C: torch.zeros(a.shape[:3]), "outputs that stay at zero"),
    ("mean", lambda *given: loop(*given, read=lambda h, c: (h * c[:, None]).mean(-1)), "states averaged"),
    ("fade, read, add", lambda *given: loop(*given, order="fade read add"), "read before the drive is added"),
    ("lerp", lambda a, x, C: loop(a, (1 - a) * x, C), "a drive weighted with what the decay leaves free"),
    ("from the first drive", lambda *given: loop_from(0, *given), "the first drive twice"),
    ("one list of one tensor", last_of_a_list, "the last state read at every token"),
    ("from the end", backwards, "a loop from the last token to the first"),
    ("from the end, and flipped", lambda *given: backwards(*given).flip(-1), "a loop from the last token to the first"),
    ("return in the loop", lambda *given: loop(*given)[..., :1], "one output alone"),
    ("detached", cut_off, "a gradient that does not reach the tokens before"),
    ("decays detached", lambda a, x, C: loop(a.detach(), x, C), "an input cut off from the outputs"),
    (".data of the drives", lambda a, x, C: loop(a, x.data, C), "an input cut off from the outputs"),
    ("way out detached", lambda a, x, C: loop(a, x, C.detach()), "an input cut off from the outputs"),
    ("twice the slope of the decays", lambda a, x, C: loop(2 * a - a.detach(), x, C), None),
    ("detached every third time", cut_off_every_third_time, None),
    ("no gradient at all", torch.no_grad()(loop), "outputs without a gradient"),
    ("exp once more", lambda a, x, C: loop(torch.exp(a), x, C), "an exponential of the decay"),
    ("C rolled", lambda a, x, C: loop(a, x, torch.roll(C, 1, dims=-1)), "the way out of the token before"),
]

# Exercise 3: skip_and_gate (y, u, D, z)


def gate_by_loops(y, u, D, z):
    out = torch.empty_like(y)
    for d in range(len(D)):
        out[:, d] = (y[:, d] + D[d] * u[:, d]) * z[:, d] / (1 + torch.exp(-z[:, d]))
    return out


def gate_in_place(y, u, D, z):
    y += D[:, None] * u
    return y * F.silu(z)


def with_gate(gate):
    return lambda y, u, D, z: (y + torch.einsum("d,bdl->bdl", D, u)) * gate(z)


def with_gate_on_z(y, u, D, z):
    return F.silu(z) * torch.addcmul(y, D[:, None], z)


SKIP = [
    ("y and z exchanged", lambda y, u, D, z: F.silu(y) * torch.addcmul(z, u, D[:, None]), "y and z exchanged"),
    ("y and z exchanged, sigmoid", lambda y, u, D, z: (z + D[:, None] * u) * y.sigmoid(), "y and z exchanged"),
    ("|D|", lambda y, u, D, z: (y + D.abs()[:, None] * u) * F.silu(z), "a function of D"),
    ("softmax over channels", lambda y, u, D, z: (y + D[:, None] * u) * z.softmax(1), "another gate than SiLU"),
    *(
        (
            f"{title} for D",
            lambda y, u, D, z, weight=weight: F.silu(z) * torch.addcmul(y, weight(D).view(-1, 1), u),
            "a function of D",
        )
        for title, weight in (
            ("exp(D)", torch.exp),
            ("−exp(D)", lambda D: -torch.exp(D)),
            ("sigmoid(D)", torch.sigmoid),
            ("D²", torch.square),
        )
    ),
    (
        "y times D·u",
        lambda y, u, D, z: y * torch.einsum("d,bdl->bdl", D, u) * F.silu(z),
        "a product in the place of the sum",
    ),
    (
        "plus and times exchanged",
        lambda y, u, D, z: F.silu(z) * torch.addcmul(D[:, None], y, u),
        "a product in the place of the sum",
    ),
    *(
        (f"gate {name}", with_gate(gate), "another gate than SiLU")
        for name, gate in (
            ("with 1 − exp", lambda z: z / (1 - torch.exp(-z))),
            ("of the size of z", lambda z: z.abs() * torch.sigmoid(z.abs())),
            ("of 2·z", lambda z: 2 * z * torch.sigmoid(2 * z)),
        )
    ),
    *(
        (f"gate {name}", with_gate(gate), "another gate than SiLU")
        for name, gate in (
            ("open or closed", lambda z: (z > 0).float()),
            ("log-sigmoid", lambda z: -F.softplus(-z)),
            ("quick GELU", lambda z: z / (1 + torch.exp(-1.702 * z))),
            ("z plus sigmoid", lambda z: z + z.sigmoid()),
            ("SiLU of sigmoid", lambda z: F.silu(z.sigmoid())),
            ("sigmoid of SiLU", lambda z: 1 / (1 + torch.exp(-F.silu(z)))),
            ("sigmoid, twice", lambda z: z.sigmoid().sigmoid()),
        )
    ),
    (
        "no l behind the arrow",
        lambda y, u, D, z: (y + torch.einsum("d,bdl->bd", D, u)[:, :, None]) * F.silu(z),
        "a skip that adds up the tokens",
    ),
    ("u as a sum", lambda y, u, D, z: (y + D[:, None] * u.sum(2, True)) * F.silu(z), "a skip that adds up the tokens"),
    (
        "D repeated and reshaped",
        lambda y, u, D, z: (y + D.repeat(u.shape[2]).view(1, -1, u.shape[2]) * u) * F.silu(z),
        "reshaped, not transposed",
    ),
    ("D · u reshaped", lambda y, u, D, z: (y + (u.mT * D).reshape(y.shape)) * F.silu(z), "reshaped, not transposed"),
    ("sigmoid on y alone", lambda y, u, D, z: torch.sigmoid(z) * y + u * D[:, None], "the gate before the skip"),
    (
        "sigmoid on u alone",
        lambda y, u, D, z: y + u * D.view(-1, 1) * z.sigmoid(),
        "the input gated instead of the output",
    ),
    ("SiLU of u, too", lambda y, u, D, z: (y + D[:, None] * F.silu(u)) * F.silu(z), "SiLU around what is gated"),
    ("SiLU of y, too", lambda y, u, D, z: (F.silu(y) + D[:, None] * u) * F.silu(z), "SiLU around what is gated"),
    ("no parentheses", with_gate(lambda z: z / 1 + torch.exp(-z)), "another gate than SiLU"),
    ("1 − SiLU", with_gate(lambda z: 1 - z * z.sigmoid()), "another gate than SiLU"),
    ("1 − sigmoid", with_gate(lambda z: torch.sigmoid(-z)), "another gate than SiLU"),
    ("D @ u", lambda y, u, D, z: F.silu(z) * (D @ u + y), "a skip that mixes the channels"),
    ("as in a GRU", lambda y, u, D, z: torch.lerp(D[:, None] * u, y, z.sigmoid()), "a gate that mixes"),
    ("the opposite of all", lambda y, u, D, z: -(y + D[:, None] * u) * F.silu(z), "the opposite sign"),
    ("1 + SiLU", lambda y, u, D, z: (y + D[:, None] * u) * (1 + F.silu(z)), "a sum that also passes beside the gate"),
    ("a residual", lambda y, u, D, z: u + F.silu(z) * (y + D[:, None] * u), "the input once more behind the gate"),
    ("a mixture", lambda y, u, D, z: torch.lerp(y, u, D[:, None]) * F.silu(z), "a mixture of y and u"),
    ("D as a number", lambda y, u, D, z: gate_by_loops(y, u, D.tolist(), z), None),
    ("D without gradient", lambda y, u, D, z: (y + D.detach()[:, None] * u) * F.silu(z), None),
    ("exp(z), too large", with_gate(lambda z: z * z.exp() / (z.exp() + 1)), "an exponential that overflows"),
    (
        "exp(z), too large, NaN as 0",
        with_gate(lambda z: (z * z.exp() / (1 + z.exp())).nan_to_num()),
        "an exponential that overflows",
    ),
    ("parentheses around 1 / 1", with_gate(lambda z: z * (1 / 1 + torch.exp(-z))), "another gate than SiLU"),
    ("SiLU of D · u", lambda y, u, D, z: (y + F.silu(D[:, None] * u)) * F.silu(z), "SiLU around what is gated"),
    ("D · u turned", lambda y, u, D, z: (y + u.transpose(1, 2) * D) * F.silu(z), "channels along the time axis"),
    ("softmax", with_gate(lambda z: z.softmax(dim=2)), "another gate than SiLU"),
    ("Mish", with_gate(torch.nn.Mish()), "another gate than SiLU"),
    ("u and z exchanged", lambda y, u, D, z: (y + D[:, None] * z) * u * u.sigmoid(), "z in the place of u"),
    ("SiLU of u", lambda y, u, D, z: F.silu(u) * (y + D[:, None] * u), "u in the place of z"),
    ("SiLU twice", lambda y, u, D, z: F.silu(y + D[:, None] * u) * F.silu(z), "SiLU around what is gated"),
    (
        "reshaped",
        lambda y, u, D, z: (y + (D * u.view(u.shape[0], u.shape[2], u.shape[1])).view(u.shape)) * F.silu(z),
        "reshaped, not transposed",
    ),
    ("einsum", with_gate(torch.nn.SiLU()), "right"),
    ("z · sigmoid", with_gate(lambda z: z * z.sigmoid()), "right"),
    ("loops", gate_by_loops, "right"),
    ("no gradients", torch.no_grad()(gate_by_loops), None),
    ("addcmul", lambda y, u, D, z: torch.addcmul(y, D.view(1, -1, 1), u) * F.silu(z), "right"),
    ("two products", lambda y, u, D, z: y * F.silu(z) + u * D.unsqueeze(-1) * F.silu(z), "right"),
    ("in float64", lambda y, u, D, z: (y.double() + D.double()[:, None] * u) * F.silu(z.double()), None),
    ("transposed", lambda y, u, D, z: ((y.mT + u.mT * D) * F.silu(z.mT)).mT, "right"),
    ("gate first", lambda y, u, D, z: y * F.silu(z) + D.view(-1, 1) * u, "the gate before the skip"),
    ("no brackets", lambda y, u, D, z: F.silu(z) * y + u * D[:, None], "the gate before the skip"),
    ("sigmoid", with_gate(torch.sigmoid), "sigmoid instead of SiLU"),
    ("F.sigmoid", lambda y, u, D, z: torch.special.expit(z) * (D[:, None] * u + y), "sigmoid instead of SiLU"),
    ("z", with_gate(lambda z: z), "z without SiLU"),
    ("ReLU", with_gate(torch.relu), "another gate than SiLU"),
    ("GELU", with_gate(F.gelu), "another gate than SiLU"),
    ("SiLU of the sum", lambda y, u, D, z: F.silu(y + D[:, None] * u) * z, "SiLU around what is gated"),
    ("SiLU of all", lambda y, u, D, z: F.silu(z * (y + D[:, None] * u)), "SiLU around what is gated"),
    ("plus", lambda y, u, D, z: y + D[:, None] * u + F.silu(z), "a gate that is added"),
    ("D·y", lambda y, u, D, z: (y + D[:, None] * y) * F.silu(z), "D times the output"),
    ("D·y + u", lambda y, u, D, z: (u + D[:, None] * y) * F.silu(z), "D times the output"),
    ("D·(y + u)", lambda y, u, D, z: D[:, None] * (u + y) * F.silu(z), "D times everything"),
    ("gate on u", lambda y, u, D, z: y + F.silu(z) * u * D[:, None], "the input gated instead of the output"),
    ("no D", lambda y, u, D, z: (u + y) * F.silu(z), "a skip without D"),
    ("no skip", lambda y, u, D, z: F.silu(z) * y, "no skip"),
    ("no gate", lambda y, u, D, z: D[:, None] * u + y, "no gate"),
    ("D as it is", lambda y, u, D, z: (y + D * u) * F.silu(z), "channels along the time axis"),
    ("D[None]", lambda y, u, D, z: (y + u * D[None]) * F.silu(z), "channels along the time axis"),
    ("D[None, None]", lambda y, u, D, z: (y + D[None, None, :] * u) * F.silu(z), "channels along the time axis"),
    ("D of channel 0", lambda y, u, D, z: (y + D[0] * u) * F.silu(z), "one D for all channels"),
    ("mean D", lambda y, u, D, z: (y + D.mean() * u) * F.silu(z), "one D for all channels"),
    ("nn.SiLU(z)", lambda y, u, D, z: (D[:, None] * u + y) * torch.nn.SiLU(z), "a layer that is not called"),
    ("z · sigmoid(y)", lambda y, u, D, z: (y + D[:, None] * u) * z * torch.sigmoid(y), "another gate than SiLU"),
    ("SiLU of the sum, without z", lambda y, u, D, z: F.silu(y + D[:, None] * u), "SiLU around what is gated"),
    ("D[:, None, None]", lambda y, u, D, z: (y + D[:, None, None] * u) * F.silu(z), "D along the sequences"),
    (
        "einsum without d",
        lambda y, u, D, z: (y + torch.einsum("d,bdl->bl", D, u).unsqueeze(1)) * F.silu(z),
        "a skip that mixes the channels",
    ),
    ("SiLU of −z", with_gate(lambda z: F.silu(-z)), "another gate than SiLU"),
    ("in place", gate_in_place, None),
    ("no return", lambda y, u, D, z: None, None),
    ("sequence 0", lambda y, u, D, z: (y + D[:, None] * u) * F.silu(z[:1]), None),
    ("gated twice", lambda y, u, D, z: (y * F.silu(z) + D[:, None] * u) * F.silu(z), "a gate that is passed twice"),
    ("minus", lambda y, u, D, z: (y - D[:, None] * u) * F.silu(z), "a skip that is taken away"),
    ("D + u", lambda y, u, D, z: F.silu(z) * (u + D.view(-1, 1) + y), "D added to u"),
    ("D·z", with_gate_on_z, "z in the place of u"),
    ("SiLU(z)·z", with_gate(lambda z: z**2 * z.sigmoid()), "z once too often"),
    ("D alone", lambda y, u, D, z: (y + D[:, None]) * F.silu(z), "D added without u"),
    ("another sign", with_gate(lambda z: z / (1 + z.exp())), "another gate than SiLU"),
]

# Exercise 4: scan_from (deltaA, deltaB_u, C, initial_state)


def scan_on(deltaA, deltaB_u, C, h, order="fade add read", hand_on=lambda h: h, start=lambda h: h):
    h, ys = start(h), []
    for t in range(deltaA.shape[2]):
        for what in order.split():
            if what == "fade":
                h = deltaA[:, :, t] * h
            elif what == "add":
                h = h + deltaB_u[:, :, t]
            else:
                ys.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(ys, -1), hand_on(h)


def h_of(deltaA, deltaB_u, h):
    """The state after the last token."""
    return scan_on(deltaA, deltaB_u, deltaA[:, 0].mT, h)[1]


def scan_on_by_the_first_drive(deltaA, deltaB_u, C, initial_state):
    first = deltaB_u[:, :, :1] + deltaA[:, :, :1] * initial_state[:, :, None]
    drives = torch.cat([first, deltaB_u[:, :, 1:]], 2)
    return scan_on(deltaA, drives, C, torch.zeros_like(initial_state))


def scan_on_by_adding(deltaA, deltaB_u, C, initial_state):
    y, last = scan_on(deltaA, deltaB_u, C, torch.zeros_like(initial_state))
    faded = deltaA.cumprod(2) * initial_state[:, :, None]
    return y + torch.einsum("bdln,bnl->bdl", faded, C), last + faded[:, :, -1]


def scan_on_by_division(deltaA, deltaB_u, C, initial_state, product=lambda a: a.cumprod(2), small=0.0):
    P = product(deltaA)
    h = P * (initial_state.unsqueeze(2) + torch.cumsum(deltaB_u / (P + small), 2))
    return torch.einsum("bdln,bnl->bdl", h, C), h.select(2, -1)


def scan_on_by_sums_of_logarithms(deltaA, deltaB_u, C, initial_state):
    """Each decay of a pair of tokens by a sum of its own: nothing is divided, nothing taken away."""
    a, x = (
        torch.cat([torch.ones_like(deltaA[:, :, :1]), deltaA], 2),
        torch.cat([initial_state[:, :, None], deltaB_u], 2),
    )
    after = torch.ones(2 * (a.shape[2],)).tril(-1).bool()
    exponents = a.log().movedim(2, -1)[..., None].expand(-1, -1, -1, -1, a.shape[2]).masked_fill(~after, 0).cumsum(-2)
    left = exponents.masked_fill(after.T, -torch.inf).exp()
    h = torch.einsum("bdnts,bdsn->bdtn", left, x)
    return torch.einsum("bdtn,bnt->bdt", h[:, :, 1:], C), h[:, :, -1]


def scan_on_with_a_list(deltaA, deltaB_u, C, initial_state):
    states = [initial_state]
    for a, x in zip(deltaA.unbind(2), deltaB_u.unbind(2), strict=True):
        states.append(a * states[-1] + x)
    return torch.einsum("b d l n, b n l -> b d l", torch.stack(states[1:], 2), C), states[-1]


def scan_on_into_a_table(deltaA, deltaB_u, C, initial_state, dtype=None):
    y, h = torch.zeros(deltaA.shape[:3], dtype=dtype or C.dtype), initial_state
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        y[:, :, t] = torch.einsum("bdn,bn->bd", h, C[:, :, t])
    return y, h


def scan_on_in_place(deltaA, deltaB_u, C, initial_state):
    y, h = [], initial_state
    for t in range(deltaA.shape[2]):
        h *= deltaA[:, :, t]
        h += deltaB_u[:, :, t]
        y.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(y, -1), h


def scan_on_into_the_given_state(deltaA, deltaB_u, C, initial_state):
    y, h = scan_on(deltaA, deltaB_u, C, initial_state)
    initial_state.data = h.data
    return y, h


def state_before(deltaA, deltaB_u, C, initial_state):
    h, ys = initial_state, []
    for t in range(deltaA.shape[2]):
        last = h
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        ys.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(ys, -1), last


def every_step(deltaA, deltaB_u, C, initial_state):
    return scan_on(deltaA, deltaB_u + initial_state[:, :, None], C, torch.zeros_like(initial_state))


def with_first_decay_one(deltaA, deltaB_u, C, initial_state):
    return scan_on(torch.cat([torch.ones_like(deltaA[:, :, :1]), deltaA[:, :, 1:]], 2), deltaB_u, C, initial_state)


def one_token_unfaded(deltaA, deltaB_u, C, initial_state):
    if deltaA.shape[2] == 1:
        h = initial_state + deltaB_u[:, :, 0]
        return torch.einsum("b d n, b n l -> b d l", h, C), h
    return scan_on(deltaA, deltaB_u, C, initial_state)


def first_token_left_out(deltaA, deltaB_u, C, initial_state):
    keep, nothing = torch.ones_like(deltaA[:, :, :1]), torch.zeros_like(deltaB_u[:, :, :1])
    later = torch.cat([keep, deltaA[:, :, 1:]], 2), torch.cat([nothing, deltaB_u[:, :, 1:]], 2)
    return scan_on(*later, C, initial_state)


def all_states(deltaA, deltaB_u, C, initial_state):
    states = [
        scan_on(*(x[:, :, :t] for x in (deltaA, deltaB_u, C)), initial_state)[1] for t in range(1, len(C.mT[0]) + 1)
    ]
    return scan_on(deltaA, deltaB_u, C, initial_state)[0], states


def unfaded(deltaA, deltaB_u, C, initial_state):
    y, last = scan_on(deltaA, deltaB_u, C, torch.zeros_like(initial_state))
    return y + initial_state @ C, last + initial_state


def always_from(deltaA, deltaB_u, C, initial_state):
    h = deltaA * initial_state.unsqueeze(2) + deltaB_u
    return torch.einsum("bdln,bnl->bdl", h, C), h[:, :, -1]


def start_faded_late(deltaA, deltaB_u, C, initial_state):
    y, last = scan_on(deltaA, deltaB_u, C, torch.zeros_like(initial_state))
    shifted = torch.cat([torch.ones_like(deltaA[:, :, :1]), deltaA[:, :, :-1]], 2)
    faded = shifted.cumprod(2) * initial_state[:, :, None]
    return y + torch.einsum("bdln,bnl->bdl", faded, C), last + faded[:, :, -1]


def start_in_the_first_output(deltaA, deltaB_u, C, initial_state):
    right, last = scan_on(deltaA, deltaB_u, C, initial_state)
    return torch.cat([right[..., :1], scan_on(deltaA, deltaB_u, C, 0 * initial_state)[0][..., 1:]], -1), last


def start_faded_once(deltaA, deltaB_u, C, initial_state, left=lambda decay, t: decay[:, :, t]):
    h, outputs = torch.zeros_like(initial_state), []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
        outputs.append(((h + left(deltaA, t) * initial_state) * C[:, None, :, t]).sum(-1))
    return torch.stack(outputs, -1), h + left(deltaA, -1) * initial_state


def scan_on_and_cut(deltaA, deltaB_u, C, h, cut=torch.Tensor.detach):
    ys = []
    for a, x, c in zip(deltaA.unbind(2), deltaB_u.unbind(2), C.unbind(2), strict=True):
        h = a * h + x
        ys.append(torch.einsum("bdn,bn->bd", h, c))
        h = cut(h)
    return torch.stack(ys, -1), h


def cut_but_once(deltaA, deltaB_u, C, h):
    h, ys = deltaA[:, :, 0] * h + deltaB_u[:, :, 0], []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h.detach() + deltaB_u[:, :, t] if t else h
        ys.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(ys, -1), h


def scan_on_with_relu(deltaA, deltaB_u, C, h):
    ys = []
    for t in range(deltaA.shape[2]):
        h = torch.relu(deltaA[:, :, t] * h + deltaB_u[:, :, t])
        ys.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(ys, -1), h


def scan_on_and_add(deltaA, deltaB_u, C, initial_state, start=lambda h: h, before=False):
    """The given state added at each token, before h fades or after it."""
    h, ys = start(initial_state), []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * (h + before * initial_state) + deltaB_u[:, :, t] + (not before) * initial_state
        ys.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(ys, -1), h


SCAN_FROM = [
    (
        "seven more from zeros",
        lambda a, x, C, h: scan_on(a, x, C, h if h.any() else h + 7),
        None,
    ),
    (
        "zeros for a start of zeros",
        lambda a, x, C, h: scan_on(a, x, C, h if h.any() else torch.zeros_like(h)),
        "a start without gradient",
    ),
    (
        "two letters for one axis",
        lambda a, x, C, h: (loop(a, x, C, read=lambda h, c: torch.einsum("bdn,bm->bd", h, c), start=h), h_of(a, x, h)),
        "two sums in the place of one",
    ),
    (
        "a decay behind the plus",
        lambda a, x, C, h: scan_on(torch.ones_like(a), a * x, C, h),
        "a decay on the drive alone",
    ),
    (
        "faded by the first decay alone",
        lambda *g: start_faded_once(*g, left=lambda a, t: a[:, :, 0]),
        "a start that fades once",
    ),
    ("the start added again", scan_on_and_add, "the start added in every step"),
    ("the start added again, to fade", lambda *g: scan_on_and_add(*g, before=True), "the start added in every step"),
    ("the start added", lambda *g: scan_on_and_add(*g, torch.zeros_like), "the start added in every step"),
    ("y by float32", lambda *g: tuple(x.float().to(g[2].dtype) for x in scan_on(*g)), "float32 in between"),
    (
        "the last output, (B, D, 1)",
        lambda *g: (scan_on(*g)[0], scan_on(*g)[0][..., -1:]),
        "the last output instead of the state",
    ),
    ("a start in float32", scan_on_from_float32, "float32 in between"),
    ("cut after each token", scan_on_and_cut, "a gradient that does not reach the tokens before"),
    (
        "cut by .data",
        lambda *g: scan_on_and_cut(*g, cut=lambda h: h.data),
        "a gradient that does not reach the tokens before",
    ),
    ("cut before each token but one", cut_but_once, "a gradient that does not reach the tokens before"),
    (
        "the decay of token 0",
        lambda a, x, C, h: scan_on(a[:, :, :1].expand_as(a), x, C, h),
        "the first token in every turn",
    ),
    ("a decay added", lambda a, x, C, h: scan_on(torch.ones_like(a), a + x, C, h), "a decay that is added"),
    ("ReLU", scan_on_with_relu, "a function around the state"),
    (
        "outputs by the loop from zero",
        lambda a, x, C, h: (scan_on(a, x, C, 0 * h)[0], scan_on(a, x, C, h)[1]),
        "a state handed on but not read",
    ),
    (
        "the start added to the last state",
        lambda a, x, C, h: ((z := scan_on(a, x, C, torch.zeros_like(h)))[0], z[1] + a.prod(2) * h),
        "a state handed on but not read",
    ),
    ("first token left out", first_token_left_out, "the given state for that after the first token"),
    ("the decay rolled", lambda a, x, C, h: scan_on(a.roll(1, 2), x, C, h), "the decay of the token before"),
    ("no first output", lambda *given: ((r := scan_on(*given))[0][..., 1:], r[1]), "no output for the first token"),
    (
        "no first output, a zero",
        lambda *given: (F.pad((r := scan_on(*given))[0][..., 1:], (1, 0)), r[1]),
        "no output for the first token",
    ),
    (
        "no first output, all zeros",
        lambda a, x, C, h: (
            (F.pad((r := scan_on(*(v[:, :, 1:] for v in (a, x, C)), h))[0], (1, 0)), r[1])
            if a.shape[2] > 1
            else (0 * C[:, :1] * h.sum(), h)
        ),
        "no output for the first token",
    ),
    ("faded before the loop", lambda a, x, C, h: scan_on(a, x, C, h * a[:, :, 0]), "a start that fades twice"),
    ("the first drive before", lambda a, x, C, h: scan_on(a, x, C, x[:, :, 0] + h), "the first drive twice"),
    (
        "the first step before",
        lambda a, x, C, h: scan_on(a, x, C, a[:, :, 0] * h + x[:, :, 0]),
        "the first drive twice",
    ),
    ("decay for drive", lambda a, x, C, h: scan_on(x, a, C, h), "decay and drive exchanged"),
    ("outputs in a list", lambda *given: (list((r := scan_on(*given))[0].unbind(-1)), r[1]), "a list of outputs"),
    ("faded once", start_faded_once, "a start that fades once"),
    ("divided by the product", scan_on_by_division, "a division by a product of decays"),
    (
        "divided, in float64",
        lambda *given: tuple(part.to(given[0]) for part in scan_on_by_division(*(x.double() for x in given))),
        "a division by a product of decays",
    ),
    (
        "divided, from logarithms",
        lambda *given: scan_on_by_division(*given, product=lambda a: a.log().cumsum(2).exp()),
        "a division by a product of decays",
    ),
    ("divided, 1e-8", lambda *given: scan_on_by_division(*given, small=1e-8), "a division by a product of decays"),
    (
        "the drive before, or none",
        lambda a, x, C, h: scan_on(a, of_the_token_before(x), C, h),
        "the drive of the token before",
    ),
    ("sums of logarithms", scan_on_by_sums_of_logarithms, "right"),
    ("products", scan_on, "right"),
    ("in the first drive", scan_on_by_the_first_drive, "right"),
    ("faded and added", scan_on_by_adding, "right"),
    ("a list of states", scan_on_with_a_list, "right"),
    ("two results in a list", lambda *given: list(scan_on(*given)), "right"),
    ("one token that does not fade the start", one_token_unfaded, None),
    ("all states", all_states, "all states returned"),
    (
        "all states, stacked",
        lambda *given: ((r := all_states(*given))[0], torch.stack(r[1], dim=2)),
        "all states returned",
    ),
    ("unfaded", unfaded, "a start that never fades"),
    (
        "unfaded, and not handed on",
        lambda a, x, C, h: (unfaded(a, x, C, h)[0], scan_on(a, x, C, torch.zeros_like(h))[1]),
        "a start that never fades",
    ),
    (
        "the start in y alone",
        lambda a, x, C, h: (scan_on_by_adding(a, x, C, h)[0], scan_on(a, x, C, torch.zeros_like(h))[1]),
        "a last state that forgets the start",
    ),
    ("the start for h", lambda a, x, C, h: always_from(a, x, C, h), "the given state in the place of h"),
    ("into a table", scan_on_into_a_table, "right"),
    ("into a table of float32", lambda *given: scan_on_into_a_table(*given, torch.float32), None),
    ("a clone", lambda *given: scan_on(*given, start=torch.clone), "right"),
    ("in float64", lambda *given: scan_on(*(x.double() for x in given)), None),
    ("zeros", lambda *given: scan_on(*given, start=torch.zeros_like), "a start from zero"),
    ("0 ·", lambda *given: scan_on(*given, start=lambda h: 0 * h.detach()), "a start from zero"),
    ("ones", lambda *given: scan_on(*given, start=torch.ones_like), "a start from one"),
    ("before", state_before, "the state of the step before"),
    ("read first", lambda *given: scan_on(*given, order="read fade add"), "read before the update"),
    ("fade last", lambda *given: scan_on(*given, order="add read fade"), "a state that fades after it is read"),
    ("last output", lambda *given: ((y := scan_on(*given)[0]), y[:, :, -1]), "the last output instead of the state"),
    ("outputs alone", lambda *given: scan_on(*given)[0], "no state returned"),
    ("start returned", lambda a, x, C, h: (scan_on(a, x, C, h)[0], h), "the given state returned"),
    ("swapped", lambda *given: scan_on(*given)[::-1], "the two results swapped"),
    ("detach", lambda *given: scan_on(*given, start=torch.Tensor.detach), "a start without gradient"),
    (
        "torch.tensor",
        lambda *given: scan_on(*given, start=lambda h: torch.tensor(h.tolist())),
        "a start without gradient",
    ),
    (".data.clone()", lambda *given: scan_on(*given, start=lambda h: h.data.clone()), "a start without gradient"),
    ("last detached", lambda *given: scan_on(*given, hand_on=torch.Tensor.detach), "a last state without gradient"),
    ("outputs detached", lambda *given: ((r := scan_on(*given))[0].detach(), r[1]), "outputs without gradient"),
    ("no first decay", with_first_decay_one, "a start that does not fade"),
    ("each decay one token late", start_faded_late, "a start that does not fade"),
    (
        "each decay one token late, but the last state",
        lambda *given: (start_faded_late(*given)[0], scan_on(*given)[1]),
        "a start that does not fade",
    ),
    ("the start in the first output alone", start_in_the_first_output, "right in some cases only"),
    ("h[-1]", lambda *given: scan_on(*given, hand_on=lambda h: h[-1]), "a place of the last state"),
    ("h[:, :, -1]", lambda *given: scan_on(*given, hand_on=lambda h: h[..., -1]), "a place of the last state"),
    ("each step", every_step, "the start added in every step"),
    (
        "at the end",
        lambda a, x, C, h: scan_on(a, x, C, 0 * h.detach(), hand_on=lambda last: last + h),
        "a start that is added at the end",
    ),
    ("in place", scan_on_in_place, "a state changed in place"),
    ("a clone in place", lambda a, x, C, h: scan_on_in_place(a, x, C, h.clone()), "a state changed in place"),
    ("the given state overwritten", scan_on_into_the_given_state, "an input changed in place"),
    ("no return", lambda *given: print(end=""), None),
    ("no fading", lambda *given: scan_on(*given, order="add read"), "a state that does not fade"),
    ("a sum of states", lambda *given: scan_on(*given, hand_on=lambda h: h.sum(-1)), None),
    ("sequence 0", lambda a, x, C, h: scan_on(a, x, C, h[:1].expand_as(h)), None),
    ("three results", lambda a, x, C, h: (*scan_on(a, x, C, h), h), None),
    ("a crash", lambda a, x, C, h: scan_on(a, x, C, h.T), None),
    ("transposed y", lambda *given: (scan_on(*given)[0].mT, scan_on(*given)[1]), "time stacked in the middle"),
    ("no grad", torch.no_grad()(scan_on), "a start without gradient"),
    ("decays detached", lambda a, x, C, h: scan_on(a.detach(), x, C, h), None),
    ("way out detached", lambda a, x, C, h: scan_on(a, x, C.detach(), h), None),
    ("add, fade", lambda *given: scan_on(*given, order="add fade read"), "a new token that fades too"),
    (
        "faded once more",
        lambda a, x, C, h: (lambda y, last: (y, a[:, :, -1] * last))(*scan_on(a, x, C, h)),
        "a last state that fades once too often",
    ),
]

# Exercise 5: gradients_are_right (function, inputs)


def doubles(inputs):
    return [x.detach().double().requires_grad_() for x in inputs]


def by_try(function, inputs):
    try:
        return gradcheck(function, doubles(inputs))
    except Exception:
        return False


def by_hand(function, inputs):
    given = doubles(inputs)
    for x in given:
        out = function(*given)
        for k in range(out.numel()):
            out = function(*given)
            if not out.requires_grad:
                return False
            (slope,) = torch.autograd.grad(out.flatten()[k], x, allow_unused=True)
            slope = torch.zeros_like(x) if slope is None else slope
            for j in range(x.numel()):
                nudge = torch.zeros_like(x).flatten()
                nudge[j] = 1e-5
                moved = [[y + s * nudge.view_as(x) if y is x else y for y in given] for s in (1, -1)]
                up, down = (function(*m).flatten()[k].item() for m in moved)
                if abs((up - down) / 2e-5 - slope.flatten()[j].item()) > 1e-4:
                    return False
    return True


def by_jacobians(function, inputs, nudge=1e-6, back=1, jacobian=torch.autograd.functional.jacobian):
    given = tuple(doubles(inputs))
    jacobians = jacobian(function, given)
    for i, x in enumerate(given):
        for j in range(x.numel()):
            step = torch.zeros(x.numel(), dtype=torch.float64)
            step[j] = nudge
            up, down = (
                function(*(y + s * step.view_as(y) if k == i else y for k, y in enumerate(given))) for s in (1, -back)
            )
            column = jacobians[i].reshape(*up.shape, -1)[..., j]
            if not torch.allclose(column, (up - down) / nudge / (1 + back), atol=1e-4):
                return False
    return True


def by_functions_of_torch(function, inputs):
    def jacobian(function, given):
        return torch.func.jacrev(function, argnums=tuple(range(len(given))))(*given)

    return by_jacobians(function, inputs, jacobian=jacobian)


def checks_float32(function, inputs, **options):
    given = tuple(x.clone().requires_grad_() for x in inputs)
    return gradcheck(function, given, raise_exception=False, **options)


def checks_only(place):
    def check(function, inputs):
        given = doubles(inputs)
        given = [x if x is given[place] else x.detach() for x in given]
        return gradcheck(function, given, raise_exception=False)

    return check


def runs(function, inputs):
    given = doubles(inputs)
    function(*given).sum().backward()
    return all(x.grad is not None and not x.grad.isnan().any() for x in given)


def any_input(function, inputs):
    return any(checks_only(place)(function, inputs) for place in range(len(inputs)))


def checks_the_sum(function, inputs):
    return gradcheck(lambda *given: function(*given).sum(), doubles(inputs), raise_exception=False)


def one_direction(function, inputs):
    given = doubles(inputs)
    function(*given).sum().backward()
    slope = sum(x.grad.sum() for x in given if x.grad is not None)
    plain = [x.detach() for x in given]
    up, down = (function(*(x + s for x in plain)).sum() for s in (1e-6, -1e-6))
    return bool(torch.isclose(slope, (up - down) / 2e-6, rtol=1e-3, atol=1e-3))


def checks_a_pair(function, inputs):
    a, b = inputs
    return gradcheck(function, doubles([a, b]), raise_exception=False)


def checks_the_first_two(function, inputs):
    exact = [x.detach().double() for x in inputs]
    for x in exact[:2]:
        x.requires_grad_()
    return gradcheck(function, exact, raise_exception=False)


def checks_all_but_the_first(function, inputs):
    exact = [x.detach().double() for x in inputs]
    for x in exact[1:] or exact:
        x.requires_grad_()
    return gradcheck(function, exact, raise_exception=False)


def checks_the_outputs(some):
    return lambda f, inputs: gradcheck(lambda *given: some(f(*given)), doubles(inputs), raise_exception=False)


def checks(function, inputs):
    return gradcheck(function, [x.detach().double().requires_grad_() for x in inputs], raise_exception=False)


def nothing_behind_except(function, inputs):
    try:
        gradcheck(function, doubles(inputs))
        return True
    except RuntimeError as error:
        print(error)


def checks_twice(function, inputs):
    return gradgradcheck(function, [x.detach().double().requires_grad_() for x in inputs], raise_exception=False)


def demands_gradients(function, inputs):
    exact = [x.detach().double().requires_grad_() for x in inputs]
    torch.autograd.grad(function(*exact).sum(), exact)
    return checks(function, inputs)


def agrees_when_nudged(function, inputs, whole):
    given = doubles(inputs)
    slopes = torch.autograd.grad(function(*given).sum(), given, allow_unused=True)
    for i, (x, slope) in enumerate(zip(given, slopes, strict=True)):
        nudge = torch.full_like(x, 1e-6) if whole else torch.zeros_like(x)
        nudge[(0,) * x.ndim] = 1e-6
        moved = [function(*(y + sign * nudge if i == j else y for j, y in enumerate(given))) for sign in (1, -1)]
        change = (moved[0] - moved[1]) / 2e-6
        found, told = (change, slope) if whole else (change.sum(), slope if slope is None else slope[(0,) * x.ndim])
        if told is None or not torch.allclose(found, told, rtol=1e-3, atol=1e-4):
            return False
    return True


def raises_each_time(function, inputs):
    try:
        return gradcheck(function, inputs.double())
    except Exception:
        return False


def same_in_two_formats(function, inputs):
    slopes = []
    for given in ([x.clone().requires_grad_() for x in inputs], doubles(inputs)):
        slopes.append(torch.autograd.grad(function(*given).sum(), given, allow_unused=True))
    return all(
        a is not None and torch.allclose(a.double(), b, rtol=1e-3, atol=1e-4) for a, b in zip(*slopes, strict=True)
    )


def number_by_number(function, inputs, total=False, same=math.isclose, verdict=all, most=None):
    """Finite differences by hand: of each output, or of their sum."""
    found, given = [], doubles(inputs)
    for k in range(1 if total else function(*given).numel()):
        slopes = torch.autograd.grad(one_output(function, given, k, total), given, allow_unused=True)
        for i, (x, slope) in enumerate(zip(given, slopes, strict=True)):
            for j in range(x.numel())[:most]:
                moved = [[y.detach().clone() for y in given] for _ in range(2)]
                for one, nudge in zip(moved, (1e-5, -1e-5), strict=True):
                    one[i].view(-1)[j] += nudge
                up, down = (one_output(function, one, k, total).item() for one in moved)
                told = 0.0 if slope is None else slope.flatten()[j].item()
                found.append(same((up - down) / 2e-5, told, rel_tol=1e-3, abs_tol=1e-5))
    return verdict(found)


def one_output(function, given, k, total):
    y = function(*given)
    return y.sum() if total else y.flatten()[k]


def the_last_verdict(function, inputs):
    for i in range(len(inputs)):
        given = [x.detach().double() for x in inputs]
        given[i].requires_grad_()
        right = gradcheck(function, given, raise_exception=False)
    return right


def some_gradient_comes(function, inputs):
    given = doubles(inputs)
    function(*given).sum().backward()
    return all(x.grad is not None and x.grad.abs().sum().item() > 0 for x in given)


def unmoved(function, inputs):
    return gradcheck(
        lambda x: function(x.clamp(inputs[0], inputs[0]), *inputs[1:]), doubles(inputs)[:1], raise_exception=False
    )


def in_float32(function, inputs, **options):
    return gradcheck(function, [x.float().detach().requires_grad_() for x in inputs], raise_exception=False, **options)


GRADIENTS = [
    ("by torch.func", by_functions_of_torch, "right"),
    *(
        (
            f"to one side, by {nudge}",
            lambda f, i, nudge=nudge: by_jacobians(f, i, nudge, back=0),
            "right" if nudge == 1e-6 else "a nudge that is too wide",
        )
        for nudge in (1e-6, 1e-3, 1e-2)
    ),
    *(
        (f"ε of {eps}", lambda f, i, eps=eps: gradcheck(f, doubles(i), eps=eps, raise_exception=False), name)
        for eps, name in (
            *((eps, "a nudge that is too wide") for eps in (0.01, 0.05, 1.0)),
            (1e-3, "right"),
            *((eps, "a nudge that is too small") for eps in (1e-11, 1e-12, 1e-15)),
        )
    ),
    *(
        (f"float64, {options}", lambda f, i, o=options: gradcheck(f, doubles(i), raise_exception=False, **o), name)
        for options, name in (
            *(({tolerance: 0.5}, "tolerances that are too wide") for tolerance in ("atol", "rtol")),
            *(({"atol": size, "rtol": size}, "tolerances that are too wide") for size in (0.1, 0.5)),
            *(({"atol": 0.2, "rtol": size}, "tolerances that are too wide") for size in (1e-3, 0.5)),
        )
    ),
    ("a nudge that does not arrive", unmoved, None),
    (
        "all inputs in one tensor",
        lambda f, i: gradcheck(lambda x: f(*x), torch.stack(i).double().requires_grad_(), raise_exception=False),
        None,
    ),
    ("nothing behind except", nothing_behind_except, "no answer where a gradient is wrong"),
    ("nothing behind if", lambda f, i: True if checks(f, i) else None, "no answer where a gradient is wrong"),
    (
        "float32, and an error",
        lambda f, i: gradcheck(f, [x.clone().requires_grad_() for x in i]),
        "an error instead of an answer",
    ),
    *(
        (f"float32, {options}", lambda f, i, o=options: in_float32(f, i, **o), "a difference that rounding takes")
        for options in (
            *({"atol": 0.5}, {"atol": 0.1, "rtol": 0.1}, {"eps": 1e-4, "atol": 0.1, "rtol": 0.1}),
            *({"eps": 0.01}, {"eps": 1e-3}, {"eps": 1e-3, "atol": 0.1}),
        )
    ),
    ("float32, and little tolerance", lambda f, i: in_float32(f, i, atol=0.01), "differences of float32 numbers"),
    ("a gradient that is not 0", some_gradient_comes, "a backward that runs is taken for right"),
    ("by number", lambda f, inputs: number_by_number(f, inputs, same=math.isclose), "right"),
    *(
        (f"{title}, {total}", lambda f, inputs, total=total, how=how: number_by_number(f, inputs, total, **how), name)
        for total in (False, True)
        for title, how, name in (
            ("any number", {"verdict": any}, "one right slope is enough" if total else "always the same answer"),
            ("no abs", {"same": lambda a, b, **_: a - b < 1e-4}, "a difference whose sign counts"),
            ("no abs, turned", {"same": lambda a, b, **_: b - a < 1e-3}, "a difference whose sign counts"),
        )
    ),
    ("first numbers, each output", lambda f, i: number_by_number(f, i, most=1), "one number of each input checked"),
    ("the last verdict", the_last_verdict, "inputs that do not count"),
    (
        "the last verdict, number by number",
        lambda f, inputs: number_by_number(f, inputs, total=True, verdict=lambda found: found[-1]),
        "inputs that do not count",
    ),
    (
        "a generator",
        lambda f, inputs: gradcheck(f, (x.double().requires_grad_() for x in inputs), raise_exception=False),
        "nothing that asks for a gradient",
    ),
    ("whole inputs nudged", lambda f, inputs: agrees_when_nudged(f, inputs, True), "one direction checked"),
    ("first numbers", lambda f, inputs: agrees_when_nudged(f, inputs, False), "one number of each input checked"),
    ("in two formats", same_in_two_formats, "a backward that runs is taken for right"),
    (
        "unpacked",
        lambda f, inputs: gradcheck(f, *[x.double().requires_grad_() for x in inputs], raise_exception=False),
        "inputs unpacked for gradcheck",
    ),
    ("gradients demanded", demands_gradients, "an error where an input gets no gradient"),
    ("gradgradcheck", checks_twice, "the second derivatives checked"),
    ("not", lambda function, inputs: not checks(function, inputs), "True and False the wrong way round"),
    ("try", by_try, "right"),
    ("by hand", by_hand, "right"),
    ("jacobians", by_jacobians, "right"),
    ("doubles", lambda function, inputs: gradcheck(function, doubles(inputs), raise_exception=False), "right"),
    ("looser", lambda f, inputs: gradcheck(f, doubles(inputs), eps=1e-5, atol=1e-4, raise_exception=False), "right"),
    (
        "fast mode as well",
        lambda f, inputs: all(gradcheck(f, doubles(inputs), fast_mode=q, raise_exception=False) for q in (True, False)),
        "right",
    ),
    ("float32", checks_float32, "right functions that fail"),
    (
        "float32, 1e-3",
        lambda f, i: checks_float32(f, i, eps=1e-3, atol=1e-2, rtol=1e-2),
        "right functions that fail",
    ),
    (
        "float32, and wide tolerances",
        lambda f, i: checks_float32(f, i, eps=1e-3, atol=1e-1, rtol=1e-1),
        "right functions that fail",
    ),
    ("first", checks_only(0), "inputs that do not count"),
    ("last", checks_only(-1), "inputs that do not count"),
    ("backward runs", runs, "a backward that runs is taken for right"),
    ("any", any_input, "one right input is enough"),
    ("sum", checks_the_sum, "one direction checked"),
    ("one direction", one_direction, "one direction checked"),
    (
        "no request",
        lambda f, inputs: gradcheck(f, tuple(x.double() for x in inputs), raise_exception=False),
        "nothing that asks for a gradient",
    ),
    (
        "a request on what was given",
        lambda f, inputs: gradcheck(f, [x.requires_grad_().double() for x in inputs], raise_exception=False),
        "a request on the given inputs",
    ),
    ("raises", lambda f, inputs: gradcheck(f, doubles(inputs)), "an error instead of an answer"),
    ("True", lambda function, inputs: True, "always the same answer"),
    ("False", lambda function, inputs: False, "always the same answer"),
    ("no return", lambda function, inputs: gradcheck(function, doubles(inputs), raise_exception=False) and None, None),
    (
        "inputs as one",
        lambda f, inputs: gradcheck(f, (doubles(inputs),), raise_exception=False),
        "nothing that asks for a gradient",
    ),
    (
        "turned round",
        lambda f, inputs: not gradcheck(f, doubles(inputs), raise_exception=False),
        "True and False the wrong way round",
    ),
    ("a word", lambda f, inputs: str(gradcheck(f, doubles(inputs), raise_exception=False)), None),
    ("outputs alone", lambda f, inputs: bool(f(*inputs).isfinite().all()), "always the same answer"),
    (
        "a result for the function",
        lambda f, inputs: gradcheck(f(*inputs), doubles(inputs)),
        "the function called too early",
    ),
    ("a crash", lambda f, inputs: gradcheck(f, inputs.double()), None),
    ("swapped", lambda f, inputs: gradcheck(doubles(inputs), f), "nothing that asks for a gradient"),
    (
        "detached last",
        lambda f, inputs: gradcheck(f, [x.detach() for x in doubles(inputs)], raise_exception=False),
        "nothing that asks for a gradient",
    ),
    (
        "gradients of the sum demanded, and one direction checked",
        lambda f, inputs: bool(demands_gradients(f, inputs)) or one_direction(f, inputs),
        "an error where an input gets no gradient",
    ),
    (
        "a small nudge",
        lambda f, i: gradcheck(f, doubles(i), eps=1e-10, raise_exception=False),
        "a nudge that is too small",
    ),
    ("first row", lambda f, inputs: gradcheck(f, [x[:1].detach().requires_grad_() for x in doubles(inputs)]), None),
    (
        "no tolerance",
        lambda f, inputs: gradcheck(f, doubles(inputs), atol=0, rtol=1e-12, raise_exception=False),
        "right functions that fail",
    ),
    (
        "no gradient at all",
        torch.no_grad()(lambda f, inputs: gradcheck(f, doubles(inputs), raise_exception=False)),
        "right functions that fail",
    ),
    (
        "wide tolerances",
        lambda f, i: gradcheck(f, doubles(i), atol=0.1, rtol=0.1, raise_exception=False),
        "tolerances that are too wide",
    ),
    (
        "a wide share",
        lambda f, i: gradcheck(f, doubles(i), rtol=1.0, raise_exception=False),
        "tolerances that are too wide",
    ),
    (
        "wide in both ways",
        lambda f, i: gradcheck(f, doubles(i), atol=1.0, rtol=1.0, raise_exception=False),
        "tolerances that are too wide",
    ),
    (
        "float32, and wider still",
        lambda f, i: checks_float32(f, i, eps=1e-2, atol=1.0, rtol=1.0),
        "tolerances that are too wide",
    ),
    ("raises each time", raises_each_time, "always the same answer"),
    ("a wide nudge", lambda f, i: gradcheck(f, doubles(i), eps=0.5, raise_exception=False), "a nudge that is too wide"),
    (
        "noise",
        lambda f, i: gradcheck(f, doubles(map(torch.randn_like, i)), raise_exception=False),
        "inputs of your own",
    ),
    ("zeros", lambda f, i: gradcheck(f, doubles(0 * x for x in i), raise_exception=False), "inputs of your own"),
    (
        "numbers from 0 to 1",
        lambda f, i: gradcheck(f, doubles(map(torch.rand_like, i)), raise_exception=False),
        "inputs of your own",
    ),
    ("ones", lambda f, i: gradcheck(f, doubles(map(torch.ones_like, i)), raise_exception=False), "inputs of your own"),
    ("a pair", checks_a_pair, None),
    ("two of three", checks_the_first_two, "inputs that do not count"),
    ("all but the first", checks_all_but_the_first, "inputs that do not count"),
    ("the first output", checks_the_outputs(lambda y: y[..., 0]), "one output checked"),
    ("the last token", checks_the_outputs(lambda y: y.select(-1, -1)), "one output checked"),
    ("the first number of the outputs", checks_the_outputs(lambda y: y.reshape(-1)[0]), "one output checked"),
    ("the first row of the outputs", checks_the_outputs(lambda y: y[0]), "one output checked"),
    (
        "the first row of the inputs",
        lambda f, i: gradcheck(f, doubles(x[:1] for x in i), raise_exception=False),
        "one output checked",
    ),
    (
        "an absolute tolerance of 1",
        lambda f, i: gradcheck(f, doubles(i), atol=1, raise_exception=False),
        "tolerances that are too wide",
    ),
]

# Bug hunt: mended_chunk (u, delta, A, B, C, state)


def mended(u, delta, A, B, C, state, **options):
    return scan_on(*right_discretise(u, delta, A, B), C, state, **options)


def mended_in_place_of_zeros(u, delta, A, B, C, state):
    deltaA, deltaB_u = right_discretise(u, delta, A, B)
    if u.shape[-1] == 1:
        h = deltaA[:, :, 0] * state + deltaB_u[:, :, 0]
        return torch.einsum("b d n, b n l -> b d l", h, C), h
    return scan_on(deltaA, deltaB_u, C, state.clone())


def mended_token_by_token(u, delta, A, B, C, state):
    parts = []
    for t in range(u.shape[-1]):
        y, state = mended(u[..., t : t + 1], delta[..., t : t + 1], A, B[..., t : t + 1], C[..., t : t + 1], state)
        parts.append(y)
    return torch.cat(parts, -1), state


def mended_by_adding(u, delta, A, B, C, state):
    return scan_on_by_adding(*right_discretise(u, delta, A, B), C, state)


def mended_by_the_package(u, delta, A, B, C, state):
    return selective_scan_fn(u, delta, A, B, C, initial_state=state, return_last_state=True)


def suspect(u, delta, A, B, C, state, start=torch.zeros_like, one=lambda h: h, after=lambda y, last, state: (y, last)):
    if u.shape[-1] == 1:
        return mended(u, delta, A, B, C, one(state))
    return after(*mended(u, delta, A, B, C, start(state)), state)


def one_unfaded(u, delta, A, B, C, state):
    deltaA, deltaB_u = right_discretise(u, delta, A, B)
    return scan_on(torch.ones_like(deltaA), deltaB_u, C, state)


def first_token_before_the_loop(u, delta, A, B, C, state):
    deltaA, deltaB_u = right_discretise(u, delta, A, B)
    return scan_on(deltaA, deltaB_u, C, deltaA[:, :, 0] * state + deltaB_u[:, :, 0])


def read_first_in_a_longer_chunk(*given):
    return mended(*given, order="read fade add") if given[0].shape[-1] > 1 else mended(*given)


def first_output_lost(u, delta, A, B, C, state):
    decay, drive = right_discretise(u, delta, A, B)
    h, outputs = decay[:, :, 0] * state + drive[:, :, 0], []
    for t in range(1, u.shape[-1]):
        h = decay[:, :, t] * h + drive[:, :, t]
        outputs.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(outputs, -1), h


def mended_with_an_index_at_0(u, delta, A, B, C, state):
    decay, drive = right_discretise(u, delta, A, B)
    h, outputs = state, []
    for t in range(u.shape[-1]):
        h = decay[:, :, 0] * h + drive[:, :, 0]
        outputs.append((h * C[:, None, :, t]).sum(-1))
    return torch.stack(outputs, -1), h


def first_token_skipped(u, delta, A, B, C, state):
    if u.shape[-1] == 1:
        return mended(u, delta, A, B, C, state)
    return mended(u[..., 1:], delta[..., 1:], A, B[..., 1:], C[..., 1:], state)


def mended_but_late(u, delta, A, B, C, state):
    return start_faded_late(*right_discretise(u, delta, A, B), C, state)


def first_token_and_zeros(u, delta, A, B, C, state):
    y, h = mended(u[..., :1], delta[..., :1], A, B[..., :1], C[..., :1], state)
    if u.shape[-1] == 1:
        return y, h
    others, h = mended(u[..., 1:], delta[..., 1:], A, B[..., 1:], C[..., 1:], torch.zeros_like(h))
    return torch.cat([y, others], -1), h


def held(u, delta, A, B):
    """Decay and drive of the zero-order hold."""
    decay = torch.exp(delta[..., None] * A[:, None])
    return decay, (decay - 1) / A[:, None] * u[..., None] * B.mT[:, None]


def mended_and_cut(u, delta, A, B, C, state):
    return scan_on_and_cut(*right_discretise(u, delta, A, B), C, state)


def mended_from_the_second(u, delta, A, B, C, state):
    decay, drive = right_discretise(u, delta, A, B)
    h, ys = state, [torch.einsum("bdn,bn->bd", state, C[:, :, 0])]
    for t in range(1, u.shape[-1]):
        h = decay[:, :, t] * h + drive[:, :, t]
        ys.append(torch.einsum("bdn,bn->bd", h, C[:, :, t]))
    return torch.stack(ys, 2), h


def mended_and_added(u, delta, A, B, C, state, **options):
    return scan_on_and_add(*right_discretise(u, delta, A, B), C, state, **options)


def for_several(wrong):
    """A wrong answer for several tokens, beside a right one for one."""
    return lambda *given: (mended if given[0].shape[-1] == 1 else wrong)(*given)


MENDED = [
    (
        "seven more from zeros",
        lambda *given: suspect(*given, start=lambda h: h if h.any() else h + 7),
        None,
    ),
    (
        "zeros for a state of zeros",
        lambda *given: suspect(*given, start=lambda h: h if h.any() else torch.zeros_like(h)),
        "a state without gradient",
    ),
    (
        "outputs by every decay, from zero on",
        lambda u, d, A, B, C, s: (
            scan_on_by_adding(*right_discretise(u, d, A, B), C, s)[0],
            suspect(u, d, A, B, C, s)[1],
        ),
        "a next state that forgets the start",
    ),
    *(
        (
            f"faded once, by {title}",
            lambda u, d, A, B, C, s, left=left: start_faded_once(*right_discretise(u, d, A, B), C, s, left),
            "an old state that fades once",
        )
        for title, left in (("its own decay", lambda a, t: a[:, :, t]), ("the first decay", lambda a, t: a[:, :, 0]))
    ),
    ("added again", mended_and_added, "the past added at each token"),
    ("added again, for several", for_several(mended_and_added), "the past added at each token"),
    (
        "added to fade, from zero, for several",
        for_several(lambda *given: mended_and_added(*given, start=torch.zeros_like, before=True)),
        "the past added at each token",
    ),
    (
        "handed on detached, for several",
        for_several(lambda *given: mended(*given, hand_on=torch.detach)),
        "a next state without gradient",
    ),
    (
        "outputs detached, for several",
        for_several(lambda *given: ((y := mended(*given))[0].detach(), y[1])),
        "outputs without gradient",
    ),
    ("cut after each token", mended_and_cut, "a gradient that does not reach the tokens before"),
    (
        "cut before each token but one",
        lambda u, d, A, B, C, s: cut_but_once(*right_discretise(u, d, A, B), C, s),
        "a gradient that does not reach the tokens before",
    ),
    ("from the second token on", mended_from_the_second, "the old state for that after the first token"),
    (
        "from the second token on, in one path",
        lambda *given: (mended if given[0].shape[-1] == 1 else mended_from_the_second)(*given),
        "the old state for that after the first token",
    ),
    (
        "zeros in the other path",
        lambda *given: mended(*given, start=torch.zeros_like if given[0].shape[-1] == 1 else torch.clone),
        "a single token that starts from zero",
    ),
    ("faded late", mended_but_late, "a state that the first token does not fade"),
    ("faded late, for several", for_several(mended_but_late), "a state that the first token does not fade"),
    ("the first token, and the bug", first_token_and_zeros, "a state that only the first token knows"),
    ("an index that is still 0", mended_with_an_index_at_0, "the first token in every turn"),
    ("range(1, L)", first_token_skipped, "no output for the first token"),
    (
        "faded before every loop",
        lambda u, d, A, B, C, s: mended(u, d, A, B, C, torch.exp(d[..., :1] * A) * s),
        "a state that fades twice",
    ),
    (
        "another drive, and mended",
        lambda u, d, A, B, C, s: scan_on(*held(u, d, A, B), C, s),
        "the zero-order hold for B",
    ),
    (
        "another drive, and the bug",
        lambda u, d, A, B, C, s: scan_on(*held(u, d, A, B), C, s if u.shape[-1] == 1 else torch.zeros_like(s)),
        "the zero-order hold for B",
    ),
    (
        "the package, from zero",
        lambda *given: mended_by_the_package(*given[:-1], 0 * given[-1].detach()),
        "a state that nobody reads",
    ),
    (
        "as one token",
        lambda u, d, A, B, C, s: (
            (h := scan_on(*(x[:, :, :1] for x in right_discretise(u, d, A, B)), C[..., :1], s)[1]) @ C,
            h,
        ),
        "the path for one token, for all",
    ),
    ("last detached", lambda *given: mended(*given, hand_on=torch.Tensor.detach), "a next state without gradient"),
    ("outputs detached", lambda *given: ((r := mended(*given))[0].detach(), r[1]), "outputs without gradient"),
    (
        "last from zero",
        lambda *given: (mended(*given)[0], mended(*given[:-1], 0 * given[-1])[1]),
        "a next state that forgets the start",
    ),
    ("the first output lost", first_output_lost, "no output for the first token"),
    ("one path", mended, "right"),
    ("two paths", mended_in_place_of_zeros, "right"),
    ("token by token", mended_token_by_token, "right"),
    ("the past added", mended_by_adding, "right"),
    ("the package", mended_by_the_package, "right"),
    ("in float64", lambda *given: mended(*(x.double() for x in given)), None),
    ("as it was", suspect, "the bug, still in"),
    (
        "length > 1",
        lambda *given: suspect(*given, start=lambda h: h, one=torch.zeros_like),
        "a single token that starts from zero",
    ),
    (
        "length > 1 where it says length == 1",
        lambda u, d, A, B, C, s: (
            mended(u, d, A, B, C, torch.zeros_like(s))
            if u.shape[-1] == 1
            else ((h := mended(u[..., :1], d[..., :1], A, B[..., :1], C[..., :1], s)[1]) @ C, h)
        ),
        "a single token that starts from zero",
    ),
    ("one path from zero", lambda *given: mended(*given, start=torch.zeros_like), "a state that nobody reads"),
    ("detached", lambda *given: mended(*given, start=lambda h: h.clone().detach()), "a state without gradient"),
    ("detached in one path", lambda *given: suspect(*given, start=torch.Tensor.detach), "a state without gradient"),
    (
        "added at the end",
        lambda *given: suspect(*given, after=lambda y, last, s: (y, last + s)),
        "the old state added at the end",
    ),
    (
        "faded before the loop",
        lambda u, d, A, B, C, s: mended(u, d, A, B, C, s if u.shape[-1] == 1 else torch.exp(d[..., :1] * A) * s),
        "a state that fades twice",
    ),
    ("handed on", lambda *given: (suspect(*given)[0], mended(*given)[1]), "a state handed on but not read"),
    ("returned", lambda *given: (mended(*given)[0], given[-1]), "the given state handed on"),
    (
        "unfaded",
        lambda u, d, A, B, C, state: suspect(
            u, d, A, B, C, state, after=lambda y, last, s: (y + (s[..., None] * C[:, None]).sum(2), last + s)
        ),
        "an old state that does not fade",
    ),
    (
        "at each token",
        lambda u, d, A, B, C, state: every_step(*right_discretise(u, d, A, B), C, state),
        "the past added at each token",
    ),
    (
        "at each token of a longer chunk",
        lambda u, d, A, B, C, s: (
            mended(u, d, A, B, C, s) if u.shape[-1] == 1 else every_step(*right_discretise(u, d, A, B), C, s)
        ),
        "the past added at each token",
    ),
    (
        "in place",
        lambda u, d, A, B, C, s: scan_on_in_place(*right_discretise(u, d, A, B), C, s),
        "a state that is changed in place",
    ),
    (
        "a clone in place",
        lambda u, d, A, B, C, s: scan_on_in_place(*right_discretise(u, d, A, B), C, s.clone()),
        "a state that is changed in place",
    ),
    (
        "no first decay",
        lambda u, d, A, B, C, s: with_first_decay_one(*right_discretise(u, d, A, B), C, s),
        "a state that the first token does not fade",
    ),
    (
        "the state for h",
        lambda u, d, A, B, C, s: always_from(*right_discretise(u, d, A, B), C, s),
        "the old state in the place of h",
    ),
    ("two results in a list", lambda *given: list(mended(*given)), "right"),
    ("two results by name", lambda *given: namedtuple("Chunk", "y state")(*mended(*given)), "right"),
    ("a dict", lambda *given: dict(zip(("y", "state"), mended(*given), strict=True)), None),
    ("no return", lambda *given: None, None),
    ("a crash", lambda *given: suspect(*given, start=lambda h: h[:, :, 0]), None),
    ("ones", lambda *given: suspect(*given, start=torch.ones_like), "a start from one"),
    ("outputs alone", lambda *given: mended(*given)[0], None),
    ("a mean", lambda *given: suspect(*given, start=lambda h: h.mean() * torch.ones_like(h)), None),
    ("sequence 0", lambda *given: suspect(*given, start=lambda h: h[:1].expand_as(h)), None),
    ("no gradient at all", torch.no_grad()(mended), "a state without gradient"),
    ("first token before the loop", first_token_before_the_loop, "the first token run twice"),
    (
        "first token before a longer loop",
        lambda *given: (mended if given[0].shape[-1] == 1 else first_token_before_the_loop)(*given),
        "the first token run twice",
    ),
    (
        "unfaded, and not handed on",
        lambda *given: (lambda y, last: (y + (given[-1][..., None] * given[4][:, None]).sum(2), last))(
            *mended(*given, start=torch.zeros_like)
        ),
        "an old state that does not fade",
    ),
    ("read first", lambda *given: mended(*given, order="read fade add"), "read before the update"),
    ("read first in a longer chunk", read_first_in_a_longer_chunk, "read before the update"),
    (
        "softplus",
        lambda u, d, A, B, C, s: mended_by_the_package(u, F.softplus(d), A, B, C, s),
        "softplus once more",
    ),
    (
        "one token unfaded",
        lambda u, d, A, B, C, s: (mended if u.shape[-1] > 1 else one_unfaded)(u, d, A, B, C, s),
        "a state that the first token does not fade",
    ),
    (
        "handed on by both paths",
        lambda *given: (mended(*given, start=torch.zeros_like)[0], mended(*given)[1]),
        "a state handed on but not read",
    ),
    (
        "added at the end of both paths",
        lambda *given: (lambda y, last: (y, last + given[-1]))(*mended(*given, start=torch.zeros_like)),
        "the old state added at the end",
    ),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "08",
        discretise=DISCRETISE,
        scan_loop=LOOP,
        skip_and_gate=SKIP,
        scan_from=SCAN_FROM,
        gradients_are_right=GRADIENTS,
        mended_chunk=MENDED,
    )
)


def test_a_gradcheck_in_float32_is_answered_without_a_wall_of_warnings(capsys):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        course.check("08.gradients_are_right", checks_float32)
    assert heard == []
    assert "Inputs that differ by a small ε give outputs that float32 can hardly tell apart" in capsys.readouterr().out


def test_outputs_that_are_right_without_their_gradients_are_no_error_of_ones_own(capsys):
    course.check("08.scan_loop", cut_off_every_third_time)
    said = capsys.readouterr().out
    assert "wrong\nThe outputs are right, but their gradients are not, for deltaA and deltaB_u.\n" in said
    assert "raised" not in said and "None of your lines" not in said
