"""Answers to the exercises of notebook 11 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba import InferenceParams, selective_scan_fn, selective_scan_ref, selective_state_update
from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card

# Exercise 1: state_update

MISPLACED = "an axis missing, or at another place"
OTHER_DECAY = "another function in the place of the exponential"


def unsqueezed(
    size=lambda delta, bias: F.softplus(delta + bias),
    decay=lambda dt, A: (dt.unsqueeze(-1) * A.unsqueeze(0)).exp(),
    drive=lambda dt, u, B: dt.unsqueeze(-1) * B.unsqueeze(1) * u.unsqueeze(-1),
    finish=lambda y, u, D, z: (y + u * D) * (z * torch.sigmoid(z)),
):
    def state_update(h, u, delta, A, B, C, D, z, dt_bias):
        dt = size(delta, dt_bias)
        new = decay(dt, A) * h + drive(dt, u, B)
        return finish((new * C.unsqueeze(1)).sum(dim=-1), u, D, z), new

    return state_update


def drive_without_bias(h, u, delta, A, B, C, D, z, dt_bias):
    given = F.softplus(delta)
    return unsqueezed(drive=lambda dt, u, B: torch.einsum("bd,bd,bn->bdn", given, u, B))(
        h, u, delta, A, B, C, D, z, dt_bias
    )


def by_einsum(h, u, delta, A, B, C, D, z, dt_bias):
    dt = torch.log1p(torch.exp(delta + dt_bias))
    h = torch.exp(torch.einsum("bd,dn->bdn", dt, A)) * h + torch.einsum("bd,bn,bd->bdn", dt, B, u)
    return (torch.einsum("bdn,bn->bd", h, C) + D * u) * F.silu(z), h


def three_loops(h, u, delta, A, B, C, D, z, dt_bias):
    y, new = torch.zeros_like(u), h.clone()
    for b in range(h.shape[0]):
        for d in range(h.shape[1]):
            dt = F.softplus(delta[b, d] + dt_bias[d])
            for n in range(h.shape[2]):
                new[b, d, n] = torch.exp(dt * A[d, n]) * h[b, d, n] + dt * B[b, n] * u[b, d]
                y[b, d] += C[b, n] * new[b, d, n]
            y[b, d] = (y[b, d] + D[d] * u[b, d]) * F.silu(z[b, d])
    return y, new


def by_matmul(h, u, delta, A, B, C, D, z, dt_bias):
    dt = F.softplus(delta + dt_bias)
    new = torch.exp(dt[:, :, None] * A) * h + (dt * u)[:, :, None] @ B[:, None, :]
    return (torch.bmm(new, C[:, :, None])[..., 0] + D * u) * F.silu(z), new


def by_package(h, u, delta, A, B, C, D, z, dt_bias):
    h = h.clone()
    return selective_state_update(h, u, delta, A, B, C, D, z, dt_bias, dt_softplus=True), h


def by_scan(h, u, delta, A, B, C, D, z, dt_bias):
    columns = (value[..., None] for value in (u, delta, B, C, z))
    u, delta, B, C, z = columns
    y, h = selective_scan_ref(
        u, delta, A, B, C, D, z=z, delta_bias=dt_bias, delta_softplus=True, initial_state=h, return_last_state=True
    )
    return y[..., 0], h


def squeezed_scan(*given):
    y, h = by_scan(*given)
    return y.squeeze(), h


def in_double(h, u, delta, A, B, C, D, z, dt_bias):
    return unsqueezed()(*(value.double() for value in (h, u, delta, A, B, C, D, z, dt_bias)))


def in_place(h, u, delta, A, B, C, D, z, dt_bias):
    dt = F.softplus(delta + dt_bias)
    h *= torch.exp(dt[..., None] * A)
    h += (dt * u)[..., None] * B[:, None]
    return ((h * C[:, None]).sum(-1) + D * u) * F.silu(z), h


def reads_first(h, u, delta, A, B, C, D, z, dt_bias):
    y = (h * C[:, None]).sum(-1)
    _, new = by_einsum(h, u, delta, A, B, C, D, z, dt_bias)
    return (y + D * u) * F.silu(z), new


def reads_faded(h, u, delta, A, B, C, D, z, dt_bias):
    dt = F.softplus(delta + dt_bias)
    h = h * torch.exp(dt[..., None] * A)
    y = torch.einsum("bdn,bn->bd", h, C)
    return (y + D * u) * F.silu(z), h + dt[..., None] * B[:, None] * u[..., None]


def adds_then_fades(h, u, delta, A, B, C, D, z, dt_bias):
    dt = F.softplus(delta + dt_bias)
    h = torch.exp(dt[..., None] * A) * (h + (dt * u)[..., None] * B[:, None])
    return ((h * C[:, None]).sum(-1) + D * u) * F.silu(z), h


def first_sequence(*given):
    y, h = by_einsum(*given)
    return y[:1].expand_as(y), h[:1].expand_as(h)


def transposed_C(h, u, delta, A, B, C, D, z, dt_bias):
    return by_einsum(h, u, delta, A, C, B, D, z, dt_bias)


def gated(h, u, delta, A, B, C, D, z, dt_bias):
    dt = F.softplus(delta + dt_bias)
    keep = torch.exp(dt.unsqueeze(-1) * A)
    h = keep * h + (1 - keep) * u.unsqueeze(-1) * B.unsqueeze(1)
    return (torch.einsum("bdn,bn->bd", h, C) + D * u) * F.silu(z), h


def mean_of_the_states(h, u, delta, A, B, C, D, z, dt_bias):
    y, h = by_einsum(h, u, delta, A, B, C / h.shape[-1], D, z, dt_bias)
    return y, h


def unsqueezed_gated_input(h, u, delta, A, B, C, D, z, dt_bias):
    return unsqueezed(finish=lambda y, u, D, z: y + u * D)(h, u * F.silu(z), delta, A, B, C, D, z, dt_bias)


def skip_with_step(h, u, delta, A, B, C, D, z, dt_bias):
    v = F.softplus(delta + dt_bias) * u
    return unsqueezed(drive=lambda dt, v, B: torch.einsum("bd,bn->bdn", v, B))(h, v, delta, A, B, C, D, z, dt_bias)


def read_by(reading):
    def state_update(h, u, delta, A, B, C, D, z, dt_bias):
        new = unsqueezed()(h, u, delta, A, B, C, D, z, dt_bias)[1]
        return (reading(new, C) + u * D) * F.silu(z), new

    return state_update


def both_unshaped(shape=lambda way: way):
    def state_update(h, u, delta, A, B, C, D, z, dt_bias):
        dt = F.softplus(dt_bias + delta)
        new = torch.exp(dt.unsqueeze(2) * A) * h + (u * dt).unsqueeze(2) * shape(B)
        return ((new * shape(C)).sum(2) + u * D) * F.silu(z), new

    return state_update


def axisless(reading):
    def state_update(h, u, delta, A, B, C, D, z, dt_bias):
        dt = F.softplus(delta + dt_bias)
        h = torch.exp(dt * A) * h + dt * B * u
        return (reading(h, C) + D * u) * F.silu(z), h

    return state_update


def without_bias_and_softplus(h, u, delta, A, B, C, D, z, dt_bias):
    h = h.clone()
    return selective_state_update(h, u, delta, A, B, C, D, z), h


def made_before_the_package(h, u, delta, A, B, C, D, z, dt_bias):
    h, dt = h.clone(), F.softplus(delta + dt_bias)
    return selective_state_update(h, u, dt, A, B, C, D, z, dt_bias, dt_softplus=True), h


def states_summed(h, u, delta, A, B, C, D, z, dt_bias):
    y, new = unsqueezed()(h, u, delta, A, B, C, D, z, dt_bias)
    return y, new.sum(dim=2)


def state_gated(h, u, delta, A, B, C, D, z, dt_bias):
    y, new = unsqueezed()(h, u, delta, A, B, C, D, z, dt_bias)
    return y, torch.einsum("bdn,bd->bdn", new, F.silu(z))


def skip_in_the_sum(h, u, delta, A, B, C, D, z, dt_bias):
    new = unsqueezed()(h, u, delta, A, B, C, D, z, dt_bias)[1]
    return (new * C[:, None] + (u * D).unsqueeze(2)).sum(2) * F.silu(z), new


def gated_before_it_is_read(h, u, delta, A, B, C, D, z, dt_bias):
    new = state_gated(h, u, delta, A, B, C, D, z, dt_bias)[1]
    return (new * C.unsqueeze(1)).sum(2) + D * u, new


def bilinear(dt, A):
    half = torch.einsum("bd,dn->bdn", dt, A) / 2
    return (1 + half) / (1 - half)


UPDATE = [
    ("unsqueeze", unsqueezed(), "right"),
    ("einsum and log1p", by_einsum, "right"),
    ("three loops", three_loops, "right"),
    ("matrix products", by_matmul, "right"),
    ("the package's step on a copy", by_package, "right"),
    ("the scan over one token", by_scan, "right"),
    ("float64", in_double, None),
    ("logaddexp", unsqueezed(lambda d, b: torch.logaddexp(d + b, torch.zeros(()))), "right"),
    ("in place", in_place, "the given state changed in place"),
    ("read before", reads_first, "an output read before the update"),
    ("read between", reads_faded, "an output read before the update"),
    ("add, then fade", adds_then_fades, "a drive that fades at once"),
    ("no softplus", unsqueezed(lambda d, b: d + b), "a step size without softplus"),
    ("exp", unsqueezed(lambda d, b: torch.exp(d + b)), "another function in the place of softplus"),
    ("relu", unsqueezed(lambda d, b: (d + b).clamp(min=0)), "another function in the place of softplus"),
    ("no bias", unsqueezed(lambda d, b: F.softplus(d)), "a step size without its bias"),
    ("bias first and last", unsqueezed(lambda d, b: F.softplus(d + b) + b), "the bias added twice"),
    ("bias twice inside", unsqueezed(lambda d, b: F.softplus(d + b + b)), "the bias added twice"),
    ("bias behind", unsqueezed(lambda d, b: F.softplus(d) + b), "the bias added behind softplus"),
    ("no decay", unsqueezed(decay=lambda dt, A: 1), "a forgotten decay"),
    ("exp(A)", unsqueezed(decay=lambda dt, A: A.exp()[None]), "a decay without the step size"),
    ("no exp", unsqueezed(decay=lambda dt, A: dt[..., None] * A), "a decay without the exponential"),
    ("exp(dt) A", unsqueezed(decay=lambda dt, A: dt.exp()[..., None] * A), "an exponential of one factor"),
    ("dt exp(A)", unsqueezed(decay=lambda dt, A: dt[..., None] * A.exp()), "an exponential of one factor"),
    ("|A|", unsqueezed(decay=lambda dt, A: torch.exp(dt[..., None] * A.abs())), "a state that grows"),
    ("Euler", unsqueezed(decay=lambda dt, A: 1 + dt[..., None] * A), "a decay by Euler's rule"),
    ("exp(-dt A)", unsqueezed(decay=lambda dt, A: torch.exp(-dt[..., None] * A)), "a state that grows"),
    ("-exp(A)", unsqueezed(decay=lambda dt, A: torch.exp(-dt[..., None] * A.exp())), "A taken for its logarithm"),
    ("exp2", unsqueezed(decay=lambda dt, A: 2 ** (dt[..., None] * A)), OTHER_DECAY),
    ("the size of delta and bias", unsqueezed(lambda d, b: (d + b).abs()), "another function in the place of softplus"),
    ("sigmoid of the decay", unsqueezed(decay=lambda dt, A: (dt[..., None] * A).sigmoid()), OTHER_DECAY),
    ("1 - exp", unsqueezed(decay=lambda dt, A: 1 - torch.exp(dt[..., None] * A)), OTHER_DECAY),
    ("exp(A) to the power of Δ", unsqueezed(decay=lambda dt, A: A.exp() ** dt[..., None]), "right"),
    ("B u", unsqueezed(drive=lambda dt, u, B: B[:, None] * u[..., None]), "a drive without the step size"),
    ("no B", unsqueezed(drive=lambda dt, u, B: (dt * u)[..., None]), "a drive without its way in"),
    ("Δ B", unsqueezed(drive=lambda dt, u, B: dt[..., None] * B[:, None]), "a drive without its input"),
    ("Δ Δ B u", unsqueezed(drive=lambda dt, u, B: (dt**2 * u)[..., None] * B[:, None]),
     "a drive with the step size twice"),
    ("+ gate", unsqueezed(finish=lambda y, u, D, z: y + D * u + F.silu(z)), "a gate that is added"),
    ("way out unshaped", read_by(lambda h, C: (C * h).sum(dim=2)), MISPLACED),
    ("way out for channels", read_by(lambda h, C: (C.unsqueeze(-1) * h).sum(dim=2)), MISPLACED),
    ("both unshaped", both_unshaped(), MISPLACED),
    ("both for channels", both_unshaped(lambda way: way.unsqueeze(2)), MISPLACED),
    ("a column read", read_by(lambda h, C: torch.matmul(h, C.unsqueeze(2))), "a reading with an axis too many"),
    ("keepdim", read_by(lambda h, C: (C.unsqueeze(1) * h).sum(2, keepdim=True)), "a reading with an axis too many"),
    ("SiLU of u", lambda h, u, *rest: unsqueezed()(h, F.silu(u), *rest), "a SiLU on the signal"),
    ("channels summed", read_by(lambda h, C: torch.einsum("bdn,bn->bdn", h, C).sum(dim=1)), "a sum over the channels"),
    ("gate u", unsqueezed(finish=lambda y, u, D, z: (y + D * u) * F.silu(u)), "a signal that gates itself"),
    ("no C", lambda h, u, d, A, B, C, *rest: by_einsum(h, u, d, A, B, torch.ones_like(C), *rest),
     "a state read without its way out"),
    ("gate z", unsqueezed(finish=lambda y, u, D, z: (y + D * u) * z), "a gate without SiLU"),
    ("sigmoid", unsqueezed(finish=lambda y, u, D, z: (y + D * u) * z.sigmoid()), "a gate without SiLU"),
    ("no gate", unsqueezed(finish=lambda y, u, D, z: y + D * u), "a missing gate"),
    ("skip outside", unsqueezed(finish=lambda y, u, D, z: y * F.silu(z) + D * u), "a skip behind the gate"),
    ("no skip", unsqueezed(finish=lambda y, u, D, z: y * F.silu(z)), "a missing skip"),
    ("skip u", unsqueezed(finish=lambda y, u, D, z: (y + u) * F.silu(z)), "a skip without its weight"),
    ("old state back", lambda h, *rest: (by_einsum(h, *rest)[0], h), "a state that is returned as it came"),
    ("state first", lambda *given: by_einsum(*given)[::-1], "the two results in exchanged places"),
    ("B and C", transposed_C, "B and C in exchanged places"),
    ("softplus twice", unsqueezed(lambda d, b: F.softplus(F.softplus(d + b))), "softplus taken twice"),
    ("softplus, bias, softplus", unsqueezed(lambda d, b: F.softplus(F.softplus(d) + b)), "softplus taken twice"),
    ("minus the bias", unsqueezed(lambda d, b: F.softplus(d - b)), "a bias that is taken off"),
    ("y + D u g", unsqueezed(finish=lambda y, u, D, z: y + D * u * F.silu(z)), "brackets that are missing"),
    ("D", unsqueezed(finish=lambda y, u, D, z: (y + D) * F.silu(z)), "a skip without its input"),
    ("gelu", unsqueezed(finish=lambda y, u, D, z: (y + D * u) * F.gelu(z)), "a gate without SiLU"),
    ("SiLU of the sum", unsqueezed(finish=lambda y, u, D, z: F.silu(y + D * u) * z), "a SiLU on the signal"),
    ("SiLU of both", unsqueezed(finish=lambda y, u, D, z: F.silu(y + D * u) * F.silu(z)), "a SiLU on the signal"),
    ("a drive without the bias", drive_without_bias, "a step size that is ready in one place only"),
    ("SiLU of all", unsqueezed(finish=lambda y, u, D, z: F.silu((y + D * u) * z)), "a SiLU on the signal"),
    ("D y", unsqueezed(finish=lambda y, u, D, z: (y * D + u) * F.silu(z)), "a skip of y"),
    ("1 - decay", gated, "a drive weighed by one minus the decay"),
    ("mean", mean_of_the_states, "a mean over the states"),
    ("read with B", lambda *given: by_einsum(*given[:5], given[4], *given[6:]), "a state read with its way in"),
    ("one sequence", first_sequence, None),
    ("only the output", lambda *given: by_einsum(*given)[0], None),
    ("no return", lambda *given: None, None),
    ("zeros", lambda h, u, *rest: (u * 0, h * 0), None),
    ("crash", lambda h, u, *rest: (h @ u, h), None),
    ("gate on u", unsqueezed_gated_input, "a gate on the input"),
    ("z too often", unsqueezed(finish=lambda y, u, D, z: (y + u * D) * z * F.silu(z)), "the gate z too often"),
    ("skip of delta u", skip_with_step, "a skip with the step size"),
    ("states summed", states_summed, "states that are added up too early"),
    ("two softplus, added", unsqueezed(lambda d, b: F.softplus(d) + F.softplus(b)), "softplus of each by itself"),
    ("the state gated", state_gated, "a state that passes the gate"),
    ("bilinear", unsqueezed(decay=bilinear), "a decay by the bilinear rule"),
    ("u without its axis", unsqueezed(drive=lambda dt, u, B: u * dt.unsqueeze(2) * B.unsqueeze(1)), MISPLACED),
    ("a plain product", unsqueezed(drive=lambda dt, u, B: dt * u * B), MISPLACED),
    ("a plain product, B first", unsqueezed(drive=lambda dt, u, B: dt * B * u), MISPLACED),
    ("A Δ", unsqueezed(decay=lambda dt, A: (A * dt).exp()), MISPLACED),
    ("h @ C", read_by(lambda h, C: h.matmul(C)), MISPLACED),
    ("C @ h", read_by(lambda h, C: C.matmul(h)), MISPLACED),
    ("softplus for a gate", unsqueezed(finish=lambda y, u, D, z: (y + D * u) * F.softplus(z)), "a gate without SiLU"),
    ("Δ as a row", unsqueezed(decay=lambda dt, A: torch.exp(dt.unsqueeze(1) * A)), MISPLACED),
    ("states in the middle", unsqueezed(decay=lambda dt, A: torch.exp(dt.unsqueeze(1) * A),
                                        drive=lambda dt, u, B: torch.einsum("bd,bn->bnd", dt * u, B)), MISPLACED),
    ("no sum", read_by(lambda h, C: torch.einsum("bdn,bn->bdn", h, C)), "a reading that is not added up"),
    ("@ C.T", read_by(lambda h, C: h.matmul(C.mT)), "a row read with the C of every row"),
    ("the C of every row, added up", read_by(lambda h, C: torch.einsum("bdn,cn->bd", h, C)),
     "a row read with the C of every row"),
    ("@ C.T, summed", read_by(lambda h, C: torch.einsum("bdn,cn->bdc", h, C).sum(2)),
     "a row read with the C of every row"),
    ("skip in the sum", skip_in_the_sum, "a skip in the sum over the states"),
    ("squeeze", read_by(lambda h, C: h.matmul(C.unsqueeze(2)).squeeze()), "an axis of size 1 too few"),
    ("squeeze at the end", squeezed_scan, "an axis of size 1 too few"),
    ("a gated state that is read", gated_before_it_is_read, "a state that passes the gate"),
    ("delta", unsqueezed(lambda d, b: d), "a delta as it came"),
    ("delta, by the package", without_bias_and_softplus, "a delta as it came"),
    ("no axis anywhere", axisless(lambda h, C: (h * C).sum(-1)), MISPLACED),
    ("no axis but in the reading", axisless(lambda h, C: torch.einsum("bdn,bn->bd", h, C)), MISPLACED),
    ("Δ as a row, twice", unsqueezed(decay=lambda dt, A: torch.exp(dt[:, None] * A),
                                     drive=lambda dt, u, B: dt[:, None] * B[:, None] * u[..., None]), MISPLACED),
    ("the bias as a column", unsqueezed(lambda d, b: F.softplus(d + b.unsqueeze(1))), MISPLACED),
    ("the skip as a column", unsqueezed(finish=lambda y, u, D, z: (y + D.unsqueeze(1) * u) * F.silu(z)), MISPLACED),
    ("made twice", unsqueezed(lambda d, b: F.softplus(F.softplus(d + b) + b)), "a step size that is made twice"),
    ("made before the package makes it", made_before_the_package, "a step size that is made twice"),
    ("backward Euler", unsqueezed(decay=lambda dt, A: 1 / (1 - dt.unsqueeze(2) * A)), OTHER_DECAY),
    ("u as a row", unsqueezed(drive=lambda dt, u, B: dt.unsqueeze(2) * B.unsqueeze(2) * u.unsqueeze(1)), MISPLACED),
]  # fmt: skip

# Exercise 2: block_step


def linear(
    order=(0, 1, 2), scan=lambda x, u: u, select=lambda x, u: u, rates=lambda log: log.exp().neg(),
    size=lambda d, w: d, gate=lambda z: z, last=lambda y, u, z, w: F.linear(y, w["out_proj"]), swap=False,
    memory=lambda old, new, x, u: new, lost=False, back=lambda out, history, h: (out, history, h),
):  # fmt: skip
    def block_step(token, history, h, weights, parts):
        w, D, N = weights, weights["D"].shape[0], h.shape[2]
        xz = F.linear(token, w["in_proj"])
        x, z = (xz[:, D:], xz[:, :D]) if swap else (xz[:, :D], xz[:, D:])
        u, moved = parts["conv_step"](
            x, history, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"]
        )  # fmt: skip
        R = w["dt_proj"].shape[1]
        three = F.linear(select(x, u), w["x_proj"])
        cut = [three[:, :R], three[:, R : R + N], three[:, R + N :]]
        low, B, C = (cut[i] for i in order)
        delta = size(F.linear(low, w["dt_proj"]), w)
        y, new = parts["state_update"](
            h, scan(x, u), delta, rates(w["A_log"]), B, C, w["D"], gate(z), w["dt_bias"]
        )  # fmt: skip
        return back(last(y, u, z, w), memory(history, moved, x, u), h if lost else new)

    return block_step


def einsummed(token, history, h, weights, parts):
    both = torch.einsum("bm,em->be", token, weights["in_proj"])
    x, z = torch.tensor_split(both, 2, dim=-1)
    names = ("conv_weights", "conv_biases", "conv_gates", "dilations")
    u, history = parts["conv_step"](x, history, *[weights[name] for name in names])
    selected = torch.einsum("bd,ed->be", u, weights["x_proj"])
    N = h.shape[-1]
    B, C, low = selected[:, -2 * N : -N], selected[:, -N:], selected[:, : -2 * N]
    delta = torch.einsum("br,dr->bd", low, weights["dt_proj"])
    y, h = parts["state_update"](h, u, delta, -weights["A_log"].exp(), B, C, weights["D"], z, weights["dt_bias"])
    return torch.einsum("bd,md->bm", y, weights["out_proj"]), history, h


def by_package_parts(token, history, h, weights, parts):
    h = h.clone()
    by_hand = {**parts, "state_update": lambda h, *rest: (selective_state_update(h, *rest, dt_softplus=True), h)}
    return einsummed(token, history, h, weights, by_hand)


def row_by_row(token, history, h, weights, parts):
    rows = [einsummed(token[b : b + 1], history[b : b + 1], h[b : b + 1], weights, parts) for b in range(len(token))]
    return tuple(torch.cat(part) for part in zip(*rows, strict=True))


def by_hand_shift(old, new, x, u):
    return torch.cat([old, x[:, :, None]], dim=2)[:, :, 1:]


def overwritten(old, new, x, u):
    old = old.clone()
    old[..., -1] = x
    return old


def overwritten_in_place(old, new, x, u):
    old[..., -1] = x
    return old


def written_before(token, history, h, weights, parts):
    x = (token @ weights["in_proj"].T)[:, : len(weights["D"])]
    history[..., -1] = x
    return einsummed(token, history, h, weights, parts)[0], history, einsummed(token, history, h, weights, parts)[2]


def wrongly_moved(old, new, x, u):
    return torch.cat([x[..., None], old], dim=-1)[..., :-1]


def untransposed(token, history, h, weights, parts):
    x, _ = (token @ weights["in_proj"]).chunk(2, dim=-1)
    return x, history, h


def in_turns(token, history, h, weights, parts):
    rows = torch.cat([weights["in_proj"][0::2], weights["in_proj"][1::2]])
    return einsummed(token, history, h, weights | {"in_proj": rows}, parts)


def gate_of_u(token, history, h, weights, parts):
    def update(h, u, delta, A, B, C, D, z, dt_bias):
        return parts["state_update"](h, u, delta, A, B, C, D, u, dt_bias)

    return linear()(token, history, h, weights, parts | {"state_update": update})


def bias_for_skip(token, history, h, weights, parts):
    return linear()(token, history, h, weights | {"D": weights["dt_bias"], "dt_bias": weights["D"]}, parts)


def plain(
    token, history, h, weights, parts, cut=None, convolved=lambda token, x: x, select=lambda u, z: u,
    sized=lambda low_rank, w: low_rank @ w["dt_proj"].T, selected=lambda *three: three,
):  # fmt: skip
    w = weights
    x, z = F.linear(token, w["in_proj"]).chunk(2, dim=-1)
    front = (w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])
    u, history = parts["conv_step"](convolved(token, x), history, *front)
    selection = select(u, z) @ w["x_proj"].T
    pieces = cut(selection) if cut else selection.split([w["dt_proj"].shape[1], h.shape[2], h.shape[2]], dim=-1)
    low_rank, B, C = pieces
    low_rank, B, C = selected(low_rank, B, C)
    delta = sized(low_rank, w)
    y, h = parts["state_update"](h, u, delta, -w["A_log"].exp(), B, C, w["D"], z, w["dt_bias"])
    return y @ w["out_proj"].T, history, h


def low_rank_in_the_middle(token, history, h, weights, parts):
    rank, states = weights["dt_proj"].shape[1], h.shape[2]

    def cut(three):
        B, low_rank, C = three.split([states, rank, states], dim=-1)
        return low_rank, B, C

    return plain(token, history, h, weights, parts, cut=cut)


def with_weights(name, changed):
    return lambda token, history, h, w, parts: plain(token, history, h, w | {name: changed(w[name])}, parts)


def gate_kept(token, history, h, weights, parts):
    out, _, h = plain(token, history, h, weights, parts)
    z = (token @ weights["in_proj"].T)[:, len(weights["D"]) :]
    return out, torch.cat([history[..., 1:], z[..., None]], dim=-1), h


def gate_convolved(token, history, h, weights, parts):
    def gate(token, x):
        return F.linear(token, weights["in_proj"])[:, x.shape[1] :]

    return plain(token, history, h, weights, parts, convolved=gate)


def gate_scanned(token, history, h, weights, parts):
    def update(h, u, delta, A, B, C, D, z, dt_bias):
        return parts["state_update"](h, z, delta, A, B, C, D, z, dt_bias)

    return linear()(token, history, h, weights, parts | {"state_update": update})


def not_unpacked(token, history, h, weights, parts):
    x, _ = (token @ weights["in_proj"].T).chunk(2, -1)
    u = parts["conv_step"](
        x, history, *(weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations"))
    )
    return u @ weights["x_proj"].T


def first_row(*given):
    return tuple(part[:1].expand_as(part) for part in einsummed(*given))


def appended_before(token, history, h, weights, parts):
    x = F.linear(token, weights["in_proj"]).chunk(2, dim=-1)[0]
    return linear()(token, torch.cat([history[..., 1:], x.unsqueeze(-1)], dim=-1), h, weights, parts)


def appended_and_given_back(token, history, h, weights, parts):
    x = F.linear(token, weights["in_proj"]).chunk(2, dim=-1)[0]
    moved = by_hand_shift(history, None, x, None)
    out, _, h = linear()(token, moved, h, weights, parts)
    return out, moved, h


def ranked(rank, sliced=False):
    """The low rank, and so the way in and out, cut with another rank."""

    def block_step(token, history, h, weights, parts):
        R, N = rank(token, weights), h.shape[-1]

        def cut(three):
            return (three[:, :R], three[:, R : R + N], three[:, R + N :]) if sliced else three.split([R, N, N], dim=1)

        return plain(token, history, h, weights, parts, cut=cut)

    return block_step


def state_kept_in_parts(token, history, h, weights, parts):
    out, history, parts["h"] = plain(token, history, parts.get("h", h), weights, parts)
    return out, history, parts["h"]


def with_ready_step_size(token, history, h, weights, parts):
    unbiased = weights | {"dt_bias": torch.zeros_like(weights["dt_bias"])}
    return linear(size=lambda d, w: F.softplus(d + weights["dt_bias"]))(token, history, h, unbiased, parts)


def halved_as(cut):
    def block_step(token, history, h, weights, parts):
        halves = cut(F.linear(token, weights["in_proj"]), token)
        x, _ = halves
        return plain(token, history, h, weights, parts, convolved=lambda *_: x)

    return block_step


def split_along_the_rows(token, history, h, weights, parts):
    sizes = [weights["dt_proj"].shape[1], h.shape[2], h.shape[2]]
    return plain(token, history, h, weights, parts, cut=lambda three: torch.split(three, sizes))


def called(*order):
    """state_update gets its arguments in another order."""

    def block_step(token, history, h, weights, parts):
        def update(*given):
            return parts["state_update"](*(given[i] for i in order), *given[len(order) :])

        return plain(token, history, h, weights, {**parts, "state_update": update})

    return block_step


def exchanged(name, given=False):
    def block_step(token, history, h, weights, parts):
        part = parts[name]
        turned = (lambda a, b, *rest: part(b, a, *rest)) if given else (lambda *all: part(*all)[::-1])
        return plain(token, history, h, weights, {**parts, name: turned})

    return block_step


def sliced(B, C, until=None, end=True):
    """B and C begin, and B ends, at numbers that are told by name."""

    def block_step(token, history, h, weights, parts):
        at = {0: 0, "R": weights["dt_proj"].shape[1], "N": h.shape[2]}

        def cut(three):
            stop = at[until] if until else at[B] + at["N"]
            return three[:, : at["R"]], three[:, at[B] : stop], three[:, at[C] : at[C] + at["N"] if end else None]

        return plain(token, history, h, weights, parts, cut=cut)

    return block_step


def sliced_to_the_end(B, C):
    return sliced(B, C, end=False)


def own_scan_without_bias(token, history, h, weights, parts):
    def update(h, u, delta, A, B, C, D, z, dt_bias):
        return unsqueezed(lambda delta, bias: F.softplus(delta))(h, u, delta, A, B, C, D, z, dt_bias)

    return plain(token, history, h, weights, {**parts, "state_update": update})


def low_rank_last(token, history, h, weights, parts):
    rank, states = weights["dt_proj"].shape[1], h.shape[2]

    def cut(three):
        C, B, low_rank = three.split([states, states, rank], dim=-1)
        return low_rank, B, C

    return plain(token, history, h, weights, parts, cut=cut)


STEP = [
    ("linear", linear(), "right"),
    ("einsum", einsummed, "right"),
    ("the package's update", by_package_parts, "right"),
    ("row by row", row_by_row, "right"),
    ("history by hand", linear(memory=by_hand_shift), "right"),
    ("swapped halves", linear(swap=True), "the halves in exchanged places"),
    ("C, B", linear(order=(0, 2, 1)), "B and C in exchanged places"),
    ("C, B, low rank", low_rank_last, "the low rank taken from the end"),
    ("x selects", linear(select=lambda x, u: x), "a selection that does not see the convolution"),
    ("silu(u) selects", linear(select=lambda x, u: F.silu(u)), "a SiLU too many"),
    *[(f"B from {B}, C from {C}", cut_at(B, C), "parts that begin at the wrong number")
      for B, C in ((0, "N"), ("R", "N")) for cut_at in (sliced, sliced_to_the_end)],
    ("B up to N", sliced("R", "N", until="N"), "parts that begin at the wrong number"),
    ("x scanned", linear(scan=lambda x, u: x), "a scan past the convolution"),
    ("x everywhere", linear(scan=lambda x, u: x, select=lambda x, u: x), "a convolution that nothing reads"),
    ("silu(u)", linear(scan=lambda x, u: F.silu(u), select=lambda x, u: F.silu(u)), "a SiLU too many"),
    ("silu(z)", linear(gate=F.silu), "a gate that passes SiLU twice"),
    ("bias twice", linear(size=lambda d, w: d + w["dt_bias"]), "the bias added twice"),
    ("softplus twice", linear(size=lambda d, w: F.softplus(d)), "softplus taken twice"),
    ("softplus twice, the bias once", with_ready_step_size, "softplus taken twice"),
    ("2 d_model channels", halved_as(lambda xz, token: xz.tensor_split([2 * token.shape[1]], dim=1)), None),
    ("chunk without an axis", halved_as(lambda xz, token: torch.chunk(xz, 2)), "a cut along the rows"),
    ("split without an axis", split_along_the_rows, "a cut along the rows"),
    ("both twice", linear(size=lambda d, w: F.softplus(d + w["dt_bias"])), "a step size that is made twice"),
    ("A_log", linear(rates=lambda log: log), "a logarithm in the place of A"),
    ("-A_log", linear(rates=lambda log: -log), "a logarithm in the place of A"),
    ("log", linear(rates=lambda log: log.log().neg()), "a logarithm in the place of A"),
    ("exp", linear(rates=torch.exp), "A without its sign"),
    ("exp(-)", linear(rates=lambda log: torch.exp(-log)), "a minus in the exponent"),
    ("gate again", linear(last=lambda y, u, z, w: (y * F.silu(z)) @ w["out_proj"].T), "the gate applied twice"),
    ("skip again", linear(last=lambda y, u, z, w: (y + w["D"] * u) @ w["out_proj"].T), "a skip added twice"),
    ("the first d_model numbers", lambda *given: plain(*given, convolved=lambda token, x: x[:, : token.shape[1]]),
     "a convolution of d_model channels"),
    ("u and delta", called(0, 2, 1), "two arguments in exchanged places"),
    ("z and D", called(0, 1, 2, 3, 4, 5, 7, 6), "two arguments in exchanged places"),
    ("bias and z", called(0, 1, 2, 3, 4, 5, 6, 8, 7), "two arguments in exchanged places"),
    ("no bias", with_weights("dt_bias", lambda bias: bias * 0), "a step size without its bias"),
    ("no bias in a scan of one's own", own_scan_without_bias, "a step size without its bias"),
    ("skip and gate again", linear(last=lambda y, u, z, w: F.linear((w["D"] * u + y) * F.silu(z), w["out_proj"])),
     "skip and gate a second time"),
    ("-exp(-)", linear(rates=lambda log: -1 / log.exp()), "a minus in the exponent"),
    ("no out_proj", linear(last=lambda y, u, z, w: y), "an output that has not passed out_proj"),
    ("old history", linear(memory=lambda old, new, x, u: old), "a history that is returned as it came"),
    ("old state", linear(lost=True), "a state that is returned as it came"),
    ("both old", linear(lost=True, memory=lambda old, *_: old), "both memories returned as they came"),
    ("last column", linear(memory=overwritten), "a history that is overwritten"),
    ("last column in place", linear(memory=overwritten_in_place), "a history that is overwritten"),
    ("last column before", written_before, "a history that is overwritten"),
    ("newest first", linear(memory=wrongly_moved), "a history that moves the wrong way"),
    ("keeps u", linear(memory=lambda old, new, x, u: torch.cat([old[..., 1:], u[..., None]], -1)),
     "a history of what the convolution gives"),
    ("h first", linear(back=lambda out, history, h: (out, h, history)), "the two memories in exchanged places"),
    ("not transposed", untransposed, "a weight the wrong way round"),
    ("turned twice", lambda x, *rest: F.linear(x, rest[2]["in_proj"].T).chunk(2, -1), "a weight the wrong way round"),
    ("in turns", in_turns, "halves taken in turns"),
    ("silu(x) selects", linear(select=lambda x, u: F.silu(x)), "a selection that does not see the convolution"),
    ("gate of u", gate_of_u, "a signal that gates itself"),
    ("bias, D", bias_for_skip, "skip and bias in exchanged places"),
    ("z selects", lambda *given: plain(*given, select=lambda u, z: z), "a selection made from the gate"),
    ("B, low rank, C", low_rank_in_the_middle, "the low rank taken from the middle"),
    ("B twice", lambda *given: plain(*given, selected=lambda low, B, C: (low, B, B)), "one map for in and out"),
    ("C twice", lambda *given: plain(*given, selected=lambda low, B, C: (low, C, C)), "one map for in and out"),
    ("h = 0", lambda token, history, h, *rest: plain(token, history, 0 * h, *rest), "a state that starts anew"),
    ("taps flipped", with_weights("conv_weights", lambda taps: [one.flip(1) for one in taps]), "flipped taps"),
    ("softmax twice", with_weights("conv_gates", lambda gates: gates.softmax(-1)), "gates that pass softmax twice"),
    ("SiLU at the end", lambda *given: (F.silu(plain(*given)[0]), *plain(*given)[1:]),
     "an activation behind out_proj"),
    ("a longer history", linear(memory=lambda old, new, x, u: torch.cat([old, x[..., None]], -1)),
     "a history that grows"),
    ("keeps z", gate_kept, "a history of the gate"),
    ("no dt_proj", lambda *given: plain(*given, sized=lambda low_rank, w: low_rank),
     "a low rank taken for the step sizes"),
    ("thirds", lambda *given: plain(*given, cut=lambda three: three.chunk(3, -1)), "three parts of one size"),
    ("the token convolved", lambda *given: plain(*given, convolved=lambda token, x: token),
     "a convolution of d_model channels"),
    ("the gate convolved", gate_convolved, "a convolution of the gate"),
    ("the gate scanned", gate_scanned, "a scan of the gate"),
    ("one name", not_unpacked, "two results in one name"),
    ("a residual", lambda token, *given: (token + einsummed(token, *given)[0], *einsummed(token, *given)[1:]),
     "the token added to the output"),
    ("one row", first_row, None),
    ("only the output", lambda *given: einsummed(*given)[0], "the output alone"),
    ("no return", lambda *given: None, None),
    ("as it came", lambda token, history, h, *_: (token, history, h), None),
    ("a missing key", lambda token, history, h, w, parts: parts["conv"](token), None),
    ("silu of u in the scan", linear(scan=lambda x, u: F.silu(u)), "a SiLU too many"),
    ("silu of u", linear(scan=lambda x, u: F.silu(u), select=lambda x, u: F.silu(u)), "a SiLU too many"),
    ("silu of y", linear(last=lambda y, u, z, w: F.silu(y) @ w["out_proj"].T), "a SiLU on the output"),
    ("u added on", linear(last=lambda y, u, z, w: (y + u) @ w["out_proj"].T), "an input that is added on"),
    ("x appended before", appended_before, "a token that goes into the history twice"),
    ("the scan's results", exchanged("state_update"), "two results in exchanged places"),
    ("the convolution's results", exchanged("conv_step"), "two results in exchanged places"),
    ("the scan's inputs", exchanged("state_update", given=True), "signal and memory in exchanged places"),
    ("the convolution's inputs", exchanged("conv_step", given=True), "signal and memory in exchanged places"),
    ("x appended before, and given back", appended_and_given_back, "a token that goes into the history twice"),
    ("rank of d_model", ranked(lambda token, w: math.ceil(token.shape[1] / 16)), "a rank that is another number"),
    ("rank 1, sliced", ranked(lambda token, w: 1, sliced=True), "a rank that is another number"),
    ("rank of the wrong axis", ranked(lambda token, w: len(w["dt_proj"])), "a rank that is another number"),
    ("-softplus", linear(rates=lambda log: -F.softplus(log)), "another way from A_log to A"),
    ("exp(-exp)", linear(rates=lambda log: log.exp().neg().exp()), "another way from A_log to A"),
    ("the bias taken off", linear(size=lambda d, w: d - w["dt_bias"]), "a step size without its bias"),
    ("the state in parts", state_kept_in_parts, None),
    ("|A_log|", linear(rates=lambda log: -log.abs().exp()), None),
    ("x appended behind", linear(memory=lambda old, new, x, u: by_hand_shift(new, None, x, u)),
     "a token that goes into the history twice"),
]  # fmt: skip

# Exercise 3: generate


def loop(
    before=lambda piece, chunk: 0, after=lambda piece, chunk: piece, whole=0, token=1, feed_last=False, room=100,
    pieces=lambda prompt, chunk: prompt.split(chunk, dim=1), new=(), first=lambda out, prompt: out[:, -1:],
    kept=slice(None), sooner=0, rows=None,
):  # fmt: skip
    """A loop whose offset moves as told: before and after a piece, after the prompt, after a token."""

    def generate(block, prompt, chunk, tokens):
        def fresh():
            return InferenceParams(max_seqlen=room, max_batch_size=rows or len(prompt))

        stream = fresh()
        for piece in pieces(prompt, chunk):
            stream = fresh() if "piece" in new else stream
            stream.seqlen_offset += before(piece.shape[1], chunk)
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += after(piece.shape[1], chunk)
        stream.seqlen_offset += whole * prompt.shape[1]
        stream = fresh() if "between" in new else stream
        outputs = [first(out, prompt)]
        while len(outputs) < tokens + feed_last:
            stream = fresh() if "token" in new else stream
            stream.seqlen_offset += sooner
            outputs.append(block(outputs[-1], inference_params=stream))
            stream.seqlen_offset += token
        return torch.cat(outputs[kept][:tokens], dim=1)

    return generate


LOOPS = {
    "an offset that moves by one for a whole chunk": {"after": lambda piece, chunk: 1},
    "an offset that moves by `chunk` after a shorter piece": {"after": lambda piece, chunk: chunk},
    "an offset that stands still while you generate": {"token": 0},
    "an offset that does not move between the pieces": {"after": lambda piece, chunk: 0},
    "an offset that moves once, after the whole prompt": {"after": lambda piece, chunk: 0, "whole": 1},
    "an offset that moves before the call": {"before": lambda piece, chunk: piece, "after": lambda piece, chunk: 0},
    "an offset that never moves": {"after": lambda piece, chunk: 0, "token": 0},
    "an offset that does not fit the tokens": {"token": 2},
}


def by_index(block, prompt, chunk, tokens):
    batch, length, width = prompt.shape
    params, result = InferenceParams(length + tokens - 1, batch), torch.empty(batch, tokens, width)
    for start in range(0, length, chunk):
        y = block(prompt[:, start : start + chunk], inference_params=params)
        params.seqlen_offset = min(start + chunk, length)
    result[:, 0] = y[:, -1]
    for i in range(1, tokens):
        result[:, i] = block(result[:, i - 1 : i], inference_params=params)[:, 0]
        params.seqlen_offset = length + i
    return result


def one_loop(block, prompt, chunk, tokens):
    stream, done, outputs = InferenceParams(10**6, 64), 0, []
    queue = [prompt[:, i : i + chunk] for i in range(0, prompt.shape[1], chunk)]
    while len(outputs) < tokens:
        given = queue.pop(0) if queue else outputs[-1]
        stream.seqlen_offset = done
        out = block(given, inference_params=stream)
        done += given.shape[1]
        if not queue:
            outputs.append(out[:, -1:])
    return torch.cat(outputs, 1)


def set_to_the_piece(block, prompt, chunk, tokens):
    stream = InferenceParams(max_seqlen=1000, max_batch_size=8)
    for piece in torch.split(prompt, chunk, 1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset = piece.size(1)
    results = []
    for _ in range(tokens):
        results += [out[:, -1:]]
        out = block(results[-1], inference_params=stream)
        stream.seqlen_offset += 1
    return torch.cat(results, 1)


def moved_behind(block, prompt, chunk, tokens):
    stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
    for start in range(0, prompt.shape[1], chunk):
        piece = prompt[:, start : start + chunk]
        out = block(piece, inference_params=stream)
    stream.seqlen_offset += piece.shape[1]
    outputs = [out[:, -1:]]
    while len(outputs) < tokens:
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def by_the_tokens_asked_for(block, prompt, chunk, tokens):
    return loop(after=lambda piece, chunk: tokens)(block, prompt, chunk, tokens)


def reads_all_again(block, prompt, chunk, tokens):
    text = prompt
    for _ in range(tokens):
        text = torch.cat((text, block(text)[:, -1:]), dim=1)
    return text[:, -tokens:]


def without_a_stream(block, prompt, chunk, tokens):
    for piece in prompt.split(chunk, dim=1):
        out = block(piece)
    outputs = [out[:, -1:]]
    for _ in range(tokens - 1):
        outputs.append(block(outputs[-1]))
    return torch.cat(outputs, dim=1)


def no_stream_one_piece(block, prompt, chunk, tokens):
    return without_a_stream(block, prompt, prompt.shape[1], tokens)


def read(block, prompt, chunk, tokens):
    """The stream behind a prompt, and its last output."""
    stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
    for piece in prompt.split(chunk, dim=1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
    return stream, out[:, -1:]


def no_stream_for_tokens(block, prompt, chunk, tokens):
    _, out = read(block, prompt, chunk, tokens)
    outputs = [out]
    for _ in range(1, tokens):
        outputs.append(block(outputs[-1]))
    return torch.cat(outputs, dim=1)


def no_stream_for_the_prompt(pieces, moved):
    def generate(block, prompt, chunk, tokens):
        stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
        for piece in pieces(prompt, chunk, dim=1):
            out = block(piece)
            stream.seqlen_offset += moved * piece.shape[1]
        outputs = [out[:, -1:]]
        for _ in range(tokens - 1):
            outputs.append(block(outputs[-1], inference_params=stream))
            stream.seqlen_offset += 1
        return torch.cat(outputs, dim=1)

    return generate


def the_prompts_last_token(block, prompt, chunk, tokens):
    stream, out = read(block, prompt, chunk, tokens)
    outputs = [out]
    for _ in range(1, tokens):
        outputs.append(block(prompt[:, -1:], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def all_outputs(block, prompt, chunk, tokens):
    stream, result = read(block, prompt, chunk, tokens)
    while result.shape[1] < tokens:
        out = block(result, inference_params=stream)
        stream.seqlen_offset += result.shape[1]
        result = torch.cat([result, out[:, -1:]], dim=1)
    return result


def by_steps(block, prompt, chunk, tokens):
    states, outputs = block.allocate_inference_cache(len(prompt), 100), []
    for token in prompt.split(1, dim=1):
        out, *states = block.step(token, *states)
    while len(outputs) < tokens:
        outputs.append(out)
        out, *states = block.step(out, *states)
    return torch.cat(outputs, dim=1)


def steps_behind_the_prompt(block, prompt, chunk, tokens):
    stream, out = read(block, prompt, chunk, tokens)
    history, h = stream.key_value_memory_dict[block.layer_idx]
    outputs = [out]
    for _ in range(tokens - 1):
        out, history, h = block.step(out, history, h)
        outputs.append(out)
    return torch.cat(outputs, dim=1)


def one_behind(block, prompt, chunk, tokens):
    return counting(behind=prompt.shape[1] - 1)(block, prompt, chunk, tokens)


def by_number_of_the_piece(block, prompt, chunk, tokens):
    stream = InferenceParams(max_seqlen=100, max_batch_size=len(prompt))
    for number, piece in enumerate(prompt.split(chunk, dim=1)):
        stream.seqlen_offset = number * chunk
        out = block(piece, inference_params=stream)
    outputs = [out[:, -1:]]
    for _ in range(1, tokens):
        stream.seqlen_offset += 1
        outputs.append(block(outputs[-1], inference_params=stream))
    return torch.cat(outputs, dim=1)


def all_of_the_last_piece(counted=lambda out: out.shape[1]):
    def generate(block, prompt, chunk, tokens):
        stream = InferenceParams(max_seqlen=100, max_batch_size=len(prompt))
        for piece in prompt.split(chunk, dim=1):
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += piece.shape[1]
        outputs = [out[:, -1:]]
        while len(outputs) < tokens:
            out = block(out, inference_params=stream)
            stream.seqlen_offset += counted(out)
            outputs.append(out[:, -1:])
        return torch.cat(outputs, dim=1)

    return generate


def small_second_stream(block, prompt, chunk, tokens):
    _, out = read(block, prompt, chunk, tokens)
    stream, outputs = InferenceParams(max_seqlen=tokens, max_batch_size=len(prompt)), [out]
    for _ in range(1, tokens):
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def small_streams(block, prompt, chunk, tokens):
    _, out = read(block, prompt, chunk, tokens)
    outputs = [out]
    while len(outputs) < tokens:
        outputs.append(block(outputs[-1], inference_params=InferenceParams(tokens, len(prompt))))
    return torch.cat(outputs, dim=1)


def overwritten_output(block, prompt, chunk, tokens):
    stream, out = read(block, prompt, chunk, tokens)
    for _ in range(tokens - 1):
        out = block(out, inference_params=stream)
        stream.seqlen_offset += 1
    return out


def one_by_one(block, prompt, chunk, tokens):
    yield from loop()(block, prompt, chunk, tokens).split(1, dim=1)


def whole(prompt, chunk):
    return (prompt,)


def outputs_of_the_pieces(first):
    def generate(block, prompt, chunk, tokens):
        stream, outputs = InferenceParams(prompt.shape[1] + tokens, len(prompt)), []
        for piece in prompt.split(chunk, dim=1):
            outputs.append(block(piece, inference_params=stream)[:, first:])
            stream.seqlen_offset += piece.shape[1]
        for _ in range(tokens - 1):
            outputs.append(block(outputs[-1][:, -1:], inference_params=stream))
            stream.seqlen_offset += 1
        return torch.cat(outputs, dim=1)

    return generate


def input_added(block, prompt, chunk, tokens):
    stream, outputs = InferenceParams(prompt.shape[1] + tokens, len(prompt)), []
    for given in [*prompt.split(chunk, dim=1), *[None] * (tokens - 1)]:
        given = outputs[-1] if given is None else given
        outputs.append((block(given, inference_params=stream) + given)[:, -1:])
        stream.seqlen_offset += given.shape[1]
    return torch.cat(outputs[-tokens:], dim=1)


def counting(moved=lambda piece: piece.shape[1], behind=None):
    def generate(block, prompt, chunk, tokens):
        stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
        for piece in prompt.split(chunk, dim=1):
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += moved(piece)
        stream.seqlen_offset = stream.seqlen_offset if behind is None else behind
        outputs = [out[:, -1:]]
        for _ in range(tokens - 1):
            outputs.append(block(outputs[-1], inference_params=stream))
            stream.seqlen_offset += 1
        return torch.cat(outputs, dim=1)

    return generate


def inside_the_loop(block, prompt, chunk, tokens):
    stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
    for piece in prompt.split(chunk, dim=1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
        outputs = [out[:, -1:]]
        for _ in range(1, tokens):
            outputs.append(block(outputs[-1], inference_params=stream))
            stream.seqlen_offset += 1
    return torch.cat(outputs, 1)


def last_outputs(pieces):
    """The last outputs of the last so many pieces, and no token generated."""

    def generate(block, prompt, chunk, tokens):
        params, made = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt)), []
        for start in range(0, prompt.shape[1], chunk):
            params.seqlen_offset = start
            made.append(block(prompt[:, start : start + chunk], inference_params=params))
        return torch.cat(made[-pieces:], dim=1)[:, -tokens:]

    return generate


def by_number_behind(block, prompt, chunk, tokens):
    params, outputs = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt)), []
    for start in range(0, prompt.shape[1], chunk):
        out = block(prompt[:, start : start + chunk], inference_params=params)
        params.seqlen_offset = start
    while len(outputs) < tokens:
        outputs.append(out[:, -1:])
        out = block(outputs[-1], inference_params=params)
        params.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def text_each_time(stream):
    def generate(block, prompt, chunk, tokens):
        params = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
        for piece in prompt.split(chunk, dim=1):
            out = block(piece, inference_params=params)
            params.seqlen_offset += piece.shape[1]
        text = torch.cat([prompt, out[:, -1:]], dim=1)
        for _ in range(tokens - 1):
            out = block(text, inference_params=params if stream else None)
            params.seqlen_offset += 1
            text = torch.cat([text, out[:, -1:]], dim=1)
        return text[:, -tokens:]

    return generate


def rows_for_numbers(block, prompt, chunk, tokens):
    stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=prompt.shape[2])
    for piece in prompt.split(chunk, dim=1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
    outputs = [out[:, -1:]]
    for _ in range(tokens - 1):
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def by_start_before(block, prompt, chunk, tokens):
    stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))
    for start in range(0, prompt.shape[1], chunk):
        stream.seqlen_offset = start
        out = block(prompt[:, start : start + chunk], inference_params=stream)
    outputs = [out[:, -1:]]
    while len(outputs) < tokens:
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


def pieces_fed(fed, prompt, chunk):
    return [fed(piece) for piece in prompt.split(chunk, dim=1)][-1]


def full_piece_first(fed, prompt, chunk):
    out = fed(prompt[:, :chunk], chunk)
    for start in range(chunk, prompt.shape[1], chunk):
        out = fed(prompt[:, start : start + chunk])
    return out


def fed_by(read=pieces_fed, following=lambda fed, token, chunk: fed(token), least=1):
    """A loop that reads the prompt, and makes each further token, as told."""

    def generate(block, prompt, chunk, tokens):
        stream = InferenceParams(prompt.shape[1] + tokens, len(prompt))

        def fed(piece, moved=None):
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += moved or piece.shape[1]
            return out[:, -1:]

        outputs = [read(fed, prompt, chunk)]
        while len(outputs) < max(tokens, least):
            outputs.append(following(fed, outputs[-1], chunk))
        return torch.cat(outputs, dim=1)

    return generate


def whole_text_again(counted):
    def generate(block, prompt, chunk, tokens):
        stream, out = read(block, prompt, chunk, tokens)
        text = torch.cat([prompt, out], dim=1)
        for _ in range(tokens - 1):
            out = block(text, inference_params=stream)[:, -1:]
            stream.seqlen_offset += counted(text)
            text = torch.cat([text, out], dim=1)
        return text[:, prompt.shape[1] :]

    return generate


def no_axis_later(block, prompt, chunk, tokens):
    stream, out = read(block, prompt, chunk, tokens)
    outputs = [out]
    for _ in range(tokens - 1):
        out = block(outputs[-1], inference_params=stream)
        stream.seqlen_offset += 1
        outputs.append(out[:, -1])
    return torch.cat(outputs, 1)


def one_too_many(block, prompt, chunk, tokens):
    stream, out = read(block, prompt, chunk, tokens)
    outputs = [out]
    stream.seqlen_offset += 1  # for the token in the list, which has not gone in
    for _ in range(tokens - 1):
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)


GENERATE = [
    ("until there are enough", loop(), "right"),
    ("forward by its name", lambda b, p, c, n: loop()(b.forward, p, c, n), "right"),
    ("the last output is fed back", loop(feed_last=True), "right"),
    ("a block for evaluation", lambda b, p, c, n: loop()(b.eval(), p, c, n), "right"),
    ("by index", by_index, "right"),
    ("one loop", one_loop, "right"),
    ("an offset in a tensor", counting(lambda piece: torch.tensor(piece.shape[1])), "right"),
    ("a larger plan", loop(room=10**9), "right"),
    *[(f"{name}, {last}", loop(**moved, feed_last=last), name)
      for name, moved in LOOPS.items() for last in (False, True)],
    ("offset set", set_to_the_piece, "an offset that is set, not moved"),
    ("the last piece, after the prompt", moved_behind, "an offset that moves once, after the whole prompt"),
    ("as many as are asked for", by_the_tokens_asked_for, "an offset that does not fit the tokens"),
    ("offset before the token", loop(sooner=1, token=0), "an offset that moves before the call"),
    ("new a piece", loop(new=["piece"]), "a fresh InferenceParams for each piece"),
    ("new a piece, fed back", loop(new=["piece"], feed_last=True), "a fresh InferenceParams for each piece"),
    ("new a call", loop(new=["piece", "token"]), "a fresh InferenceParams for each piece"),
    ("new a piece and for the tokens", loop(new=["piece", "between"]), "a fresh InferenceParams for each piece"),
    ("new for the tokens", loop(new=["between"]), "a second stream for the generated tokens"),
    ("new a token", loop(new=["token"]), "a second stream for the generated tokens"),
    ("everything again", reads_all_again, "a whole forward pass for each token"),
    ("one piece", loop(pieces=whole), "a prompt in one piece"),
    ("one piece, no room", loop(pieces=whole, room=1), "a prompt in one piece"),
    ("one behind", lambda b, p, c, n: loop()(b, p, c, n)[:, 1:], "a first output thrown away"),
    ("all numbers counted", counting(lambda piece: piece.numel()), "an offset that does not fit the tokens"),
    ("one less", counting(lambda piece: piece.shape[1] - 1), "an offset that does not fit the tokens"),
    ("back to 0", counting(behind=0), "an offset that starts anew behind the prompt"),
    ("tensor_split", loop(pieces=lambda p, c: p.tensor_split(c, dim=1)), "as many chunks as a chunk has tokens"),
    ("the last row", loop(first=lambda out, p: out[-1:]), "the axis of the rows for that of the tokens"),
    ("an axis before the rows", loop(first=lambda out, p: out[:, -1][None]),
     "the axis of the rows for that of the tokens"),
    ("the last number", loop(first=lambda out, p: out[:, :, -1:]), "the axis of the numbers for that of the tokens"),
    ("an axis behind the numbers", loop(first=lambda out, p: out[:, -1][..., None]),
     "the axis of the numbers for that of the tokens"),
    ("the whole text again", whole_text_again(lambda text: text.shape[1]), "all generated tokens fed in again"),
    ("the whole text again, counted as one", whole_text_again(lambda text: 1), "all generated tokens fed in again"),
    ("the whole text again, not counted", whole_text_again(lambda text: 0), "all generated tokens fed in again"),
    ("no axis, one call later", no_axis_later, "a token without its axis"),
    ("one too many, once", one_too_many, "an offset that moves before the call"),
    ("inside the loop", inside_the_loop, "tokens generated between the pieces"),
    ("as many rows as numbers", rows_for_numbers, "a stream without room for the rows"),
    ("i · chunk", by_number_of_the_piece, "an offset that does not fit the tokens"),
    ("the last piece's outputs", all_of_the_last_piece(), "a whole piece of outputs fed in"),
    ("the last piece's outputs, counted as one", all_of_the_last_piece(lambda out: 1),
     "a whole piece of outputs fed in"),
    ("one token apart", loop(pieces=lambda p, c: [p[:, i : i + c] for i in range(p.shape[1] - c + 1)]),
     "pieces that overlap"),
    ("row by row", lambda b, p, c, n: torch.cat([loop()(b, row[None], c, n) for row in p]), "a stream for each row"),
    ("a list", lambda b, p, c, n: list(loop()(b, p, c, n).split(1, dim=1)), "a list of tokens"),
    ("no axis", loop(first=lambda out, p: out[:, -1]), "a token without its axis"),
    ("a small new one", small_second_stream, "a second stream for the generated tokens"),
    ("token by token", loop(pieces=lambda p, c: p.split(1, dim=1)), "a prompt token by token"),
    ("chunk", loop(pieces=lambda p, c: p.chunk(c, dim=1)), "as many chunks as a chunk has tokens"),
    ("no rest", loop(pieces=lambda p, c: [p[:, i * c : (i + 1) * c] for i in range(p.shape[1] // c)]),
     "a part of the prompt left out"),
    ("the last tokens only", loop(pieces=lambda p, c: [p[:, -c:]]), "a part of the prompt left out"),
    ("steps behind the prompt", steps_behind_the_prompt, "the step in the place of the stream"),
    ("counted from 0", one_behind, "an offset that does not fit the tokens"),
    ("last token only", loop(pieces=lambda p, c: [p[:, -1:]]), "a prompt of which only the last token is read"),
    ("last piece only", loop(pieces=lambda p, c: p.split(c, dim=1)[-1:]), 
     "a prompt of which only the last piece is read"),
    ("first output", loop(first=lambda out, p: out[:, :1]), "the first output of a piece"),
    ("the prompt's last token", loop(first=lambda out, p: p[:, -1:]), "the last token of the prompt fed in twice"),
    ("no room", loop(room=1), "a stream without room for the tokens"),
    ("one row", loop(rows=1), "a stream without room for the rows"),
    ("a first output lost", lambda b, p, c, n: loop(kept=slice(1, None))(b, p, c, n + 1),
     "a first output thrown away"),
    ("the prompt's last output", lambda b, p, c, n: read(b, p, c, n)[1], "nothing generated"),
    ("the prompt counted", lambda b, p, c, n: loop()(b, p, c, max(1, n - p.shape[1])), "nothing generated"),
    ("one too many", lambda b, p, c, n: loop()(b, p, c, n + 1), "an output too many"),
    ("the prompt and what came", lambda b, p, c, n: torch.cat([p, loop()(b, p, c, n)], dim=1),
     "the prompt in front of what came"),
    ("the prompt's last outputs", last_outputs(100), "outputs of the prompt for generated tokens"),
    ("the last piece's last outputs", last_outputs(1), "outputs of the prompt for generated tokens"),
    ("i behind the call", by_number_behind, "an offset that is a piece behind"),
    ("two pieces", loop(pieces=lambda p, c: p.tensor_split([c], dim=1)), "a prompt in two pieces"),
    ("up to the piece", loop(pieces=lambda p, c: [p[:, : i + c] for i in range(0, p.shape[1], c)]),
     "pieces that begin at the start"),
    ("up to the piece, counted by chunk", loop(pieces=lambda p, c: [p[:, : i + c] for i in range(0, p.shape[1], c)],
                                               after=lambda piece, chunk: chunk), "pieces that begin at the start"),
    ("one more in each", loop(pieces=lambda p, c: [p[:, i : i + c + 1] for i in range(0, p.shape[1], c)]),
     "pieces of another length"),
    ("one less in each", loop(pieces=lambda p, c: [p[:, i : i + c - 1] for i in range(0, p.shape[1], c)]),
     "pieces of another length"),
    ("filled up", loop(pieces=lambda p, c: F.pad(p.mT, (0, -p.shape[1] % c)).mT.split(c, dim=1)),
     "a last piece filled up"),
    ("filled up in front", loop(pieces=lambda p, c: F.pad(p, (0, 0, -p.shape[1] % c, 0)).split(c, dim=1)),
     "a last piece filled up"),
    ("a piece at every token", loop(pieces=lambda p, c: [p[:, i : i + c] for i in range(p.shape[1])]),
     "pieces that overlap"),
    ("the text each time", text_each_time(stream=True), "all generated tokens fed in again"),
    ("the text each time, no stream", text_each_time(stream=False), "a whole forward pass for each token"),
    ("no room at all", loop(room=1, rows=1), "a stream without room for the tokens"),
    ("range ends early", loop(pieces=lambda p, c: [p[:, i : i + c] for i in range(0, p.shape[1] - c, c)]),
     "a part of the prompt left out"),
    ("range begins late", loop(pieces=lambda p, c: [p[:, i : i + c] for i in range(c, p.shape[1], c)]),
     "a part of the prompt left out"),
    ("the first piece alone", loop(pieces=lambda p, c: [p[:, :c]]), "a part of the prompt left out"),
    ("the whole last piece", loop(first=lambda out, p: out), "a whole piece of outputs fed in"),
    ("one piece more", loop(pieces=lambda p, c: [p[:, i * c :][:, :c] for i in range(p.shape[1] // c + 1)]),
     "a piece without tokens"),
    ("up to chunk", loop(pieces=lambda p, c: [p[:, i:c] for i in range(0, p.shape[1], c)]), "a piece without tokens"),
    ("the last token by itself", loop(pieces=lambda p, c: [*p[:, :-1].split(c, dim=1), p[:, -1:]]),
     "a short piece before the last"),
    ("the rest in front", loop(pieces=lambda p, c: [piece.flip(1) for piece in p.flip(1).split(c, dim=1)][::-1]),
     "a short piece before the last"),
    ("chunk for a token, too", fed_by(following=lambda fed, token, chunk: fed(token, chunk)),
     "an offset that does not fit the tokens"),
    ("start before the call", by_start_before, "an offset that does not fit the tokens"),
    ("squeeze", loop(first=lambda out, p: out[:, -1].squeeze()), "a token without its axis"),
    ("token added", fed_by(following=lambda fed, token, chunk: fed(token) + token), "an input added to the output"),
    ("at least two tokens", fed_by(least=2), None),
    ("a full piece first", fed_by(full_piece_first), None),
    ("no stream", without_a_stream, "a call without its stream"),
    ("no stream, one piece", no_stream_one_piece, "a call without its stream"),
    ("no stream for the tokens", no_stream_for_tokens, "a call without its stream"),
    *[(f"no stream for the prompt, {chunks}, {moved} counted", no_stream_for_the_prompt(pieces, moved),
       "a call without its stream")
      for chunks, pieces in (("in chunks", torch.split), ("at once", lambda p, c, dim: [p])) for moved in (0, 1)],
    ("steps", by_steps, "the step in the place of the stream"),
    ("the prompt's last token again", the_prompts_last_token, "the same token fed in again and again"),
    ("all outputs", all_outputs, "all generated tokens fed in again"),
    ("cat 0", lambda b, p, c, n: torch.cat(loop()(b, p, c, n).split(1, dim=1)), "tokens put together as rows"),
    ("an error of its own", lambda b, p, c, n: b(p[..., :-1] if p.shape[2] > 1 else p[0]), None),
    ("no return", lambda b, p, c, n: loop()(b, p, c, n) and None if n < 0 else print(end=""), None),
    ("zeros", lambda b, p, c, n: torch.zeros(len(p), n, p.shape[2]), None),
    ("the prompt", lambda b, p, c, n: p[:, -n:], None),
    ("all outputs of the prompt", outputs_of_the_pieces(0), "an output for each piece of the prompt"),
    ("the last of each piece", outputs_of_the_pieces(-1), "an output for each piece of the prompt"),
    ("input added", input_added, "an input added to the output"),
    ("the last one", lambda b, p, c, n: loop()(b, p, c, n)[:, -1:], "the last token alone"),
    ("overwritten", overwritten_output, "the last token alone"),
    ("a small new one a token", small_streams, "a second stream for the generated tokens"),
    ("yield", one_by_one, "a result of the wrong type"),
]  # fmt: skip

# Exercise 4: kv_overtakes


def counted_up(state_bytes, d_model, number_bytes):
    tokens = 0
    while tokens * d_model * number_bytes * 2 <= state_bytes:
        tokens += 1
    return tokens


def each(d_model, number_bytes):
    return 2 * d_model * number_bytes


def summed_up(state_bytes, d_model, number_bytes):
    tokens = total = 0
    while total <= state_bytes:
        tokens += 1
        total += tokens * each(d_model, number_bytes)
    return tokens


def at_equality(state_bytes, d_model, number_bytes):
    tokens, rest = divmod(state_bytes, each(d_model, number_bytes))
    return tokens if rest else tokens + 1


OVERTAKES = [
    ("bits", lambda s, d, n: s // (each(d, n) * 8) + 1, "bits in the place of bytes"),
    ("counted up", counted_up, "right"),
    ("floor", lambda s, d, n: math.floor(s / each(d, n)) + 1, "right"),
    ("ceil of one more byte", lambda s, d, n: math.ceil((s + 1) / each(d, n)), "right"),
    ("divmod", lambda s, d, n: divmod(s, each(d, n))[0] + 1, "right"),
    ("int", lambda s, d, n: 1 + int(s / (d * n + d * n)), "right"),
    ("negative floor", lambda s, d, n: -(-(s + 1) // each(d, n)), "right"),
    ("keys", lambda s, d, n: s // (d * n) + 1, "keys without values"),
    ("numbers", lambda s, d, n: s // (2 * d) + 1, "numbers in the place of bytes"),
    ("no d_model", lambda s, d, n: s // (2 * n) + 1, "a key of one number"),
    ("a hundredth more", lambda s, d, n: math.ceil(s / each(d, n) + 0.01), None),
    ("ever larger tokens", summed_up, "a cache that grows with pairs of tokens"),
    ("ceil", lambda s, d, n: math.ceil(s / each(d, n)), "equal counted as larger"),
    ("-(-//)", lambda s, d, n: -(-s // each(d, n)), "equal counted as larger"),
    ("floor only", lambda s, d, n: int(s / each(d, n)), "the last token at which the cache is not larger"),
    ("ceil + 1", lambda s, d, n: math.ceil(s / each(d, n)) + 1, "one token too many"),
    ("unrounded", lambda s, d, n: s / each(d, n), "a count that is not whole"),
    ("no brackets", lambda s, d, n: s // 2 * d * n + 1, "brackets that are missing"),
    ("square root", lambda s, d, n: int((s // each(d, n)) ** 0.5) + 1, "a cache that grows with pairs of tokens"),
    ("upside down", lambda s, d, n: each(d, n) // s, "a division the wrong way round"),
    ("the example's", lambda s, d, n: 33, None),
    ("rounded", lambda s, d, n: round(s / each(d, n)), "a count that is rounded to the nearest"),
    ("+ 0.5", lambda s, d, n: int(s / each(d, n) + 0.5), "a count that is rounded to the nearest"),
    ("rounded + 1", lambda s, d, n: round(s / each(d, n)) + 1, "a count that is rounded to the nearest"),
    ("no return", lambda s, d, n: None, None),
    ("a string", lambda s, d, n: str(s // each(d, n) + 1), None),
    ("a tensor", lambda s, d, n: torch.tensor(s // each(d, n) + 1), None),
    ("queries", lambda s, d, n: s // (3 * d * n) + 1, "queries that are kept as well"),
    ("bytes", lambda s, d, n: (s // each(d, n) + 1) * each(d, n), "bytes in the place of tokens"),
    ("always two bytes", lambda s, d, n: s // (4 * d) + 1, "two bytes for every number"),
    ("always four bytes", lambda s, d, n: s // (8 * d) + 1, "four bytes for every number"),
    ("keys, rounded down", lambda s, d, n: s // (d * n), "keys without values"),
    ("keys, rounded up", lambda s, d, n: math.ceil(s / (d * n)), "keys without values"),
    ("numbers, rounded down", lambda s, d, n: s // (2 * d), "numbers in the place of bytes"),
    ("no brackets, rounded down", lambda s, d, n: s // 2 * d * n, "brackets that are missing"),
    ("no brackets, divided", lambda s, d, n: int(s / 2 * d * n) + 1, "brackets that are missing"),
    ("d_inner", lambda s, d, n: s // (2 * 2 * d * n) + 1, "a token of twice its size"),
    ("bits of the state", lambda s, d, n: s * 8 // each(d, n) + 1, "bits in the place of bytes"),
    ("brackets round two", lambda s, d, n: s // (2 * d) * n + 1, "a factor on the wrong side"),
    ("one after another", lambda s, d, n: s // 2 // d * n + 1, "a factor on the wrong side"),
    ("divided by bytes", lambda s, d, n: s // (2 * d // n) + 1, "a factor on the wrong side"),
    ("bytes of the state", lambda s, d, n: n * s // (2 * d) + 1, "a factor on the wrong side"),
    ("twice the state", lambda s, d, n: int(2 * s / (d * n)) + 1, "a factor on the wrong side"),
    ("no brackets, the 2 last", lambda s, d, n: s // d * n * 2 + 1, "brackets that are missing"),
    ("matrices", lambda s, d, n: s // (2 * d * d * n) + 1, "d_model squared"),
    ("one matrix", lambda s, d, n: s // (d**2 * n) + 1, "d_model squared"),
    ("a square", lambda s, d, n: s // (d * n) ** 2 + 1, "d_model squared"),
    ("always 1", lambda s, d, n: 1, None),
    ("+ 0.5, + 1", lambda s, d, n: math.floor(s / each(d, n) + 0.5) + 1, "a count that is rounded to the nearest"),
    ("d_model bytes", lambda s, d, n: s // d + 1, "d_model bytes a token"),
    ("the rest", lambda s, d, n: divmod(s, each(d, n))[1] + 1, "a remainder in the place of a quotient"),
    ("one byte more", lambda s, d, n: s // (each(d, n) + 1), "a one inside the brackets"),
    ("one byte more of state", lambda s, d, n: int((s + 1) / each(d, n)), "a one inside the brackets"),
    (
        "one more at equality",
        lambda s, d, n: s // each(d, n) + (s % each(d, n) == 0),
        "one more only where nothing is left",
    ),
    ("one more at equality, by if", at_equality, "one more only where nothing is left"),
    ("a 2 twice", lambda s, d, n: s // 2 // each(d, n) + 1, "a token of twice its size"),
    ("at least one", lambda s, d, n: max(1, s // each(d, n)), None),
    ("no more than 999", lambda s, d, n: next((t for t in range(1000) if t * each(d, n) > s), None), None),
]

# Exercise 5: restart


def multiplied(change=lambda last, now: now != last, shape=lambda rows: rows.view(-1, 1, 1)):
    def restart(history, h, last, now):
        goes_on = ~shape(change(last, now))
        return history * goes_on, h * goes_on

    return restart


def cloned(history, h, last, now, rows=lambda last, now: now != last):
    history, h = history.clone(), h.clone()
    history[rows(last, now)] = 0
    h[rows(last, now)] = 0
    return history, h


def looped(history, h, last, now):
    rows = [b for b in range(len(now)) if now[b].item() != last[b].item()]
    return (history.index_fill(0, torch.tensor(rows, dtype=torch.long), 0),
            h.index_fill(0, torch.tensor(rows, dtype=torch.long), 0))  # fmt: skip


def filled(history, h, last, now):
    mask = torch.ne(now, last)[..., None, None]
    return history.masked_fill(mask, 0), h.masked_fill(mask, 0)


def by_einsum_mask(history, h, last, now):
    same = (now == last).float()
    return torch.einsum("b,bds->bds", same, history), torch.einsum("b,bdn->bdn", same, h)


def cleared(history, h, last, now):
    history[now != last] = 0
    h[now != last] = 0
    return history, h


def if_any(history, h, last, now):
    if (now != last).any():
        return torch.zeros_like(history), torch.zeros_like(h)
    return history, h


def first_decides(history, h, last, now):
    return (history * 0, h * 0) if now[0] != last[0] else (history, h)


def as_a_factor(history, h, last, now):
    factor = 1 - (now - last).abs().view(-1, 1, 1)
    return factor * history, factor * h


def only_row(which, always=True):
    def restart(history, h, last, now):
        history, h, row = history.clone(), h.clone(), which(now != last)
        if always or now[row] != last[row]:
            history[row], h[row] = 0, 0
        return history, h

    return restart


def cleared_column(column):
    def restart(history, h, last, now):
        history, h = history.clone(), h.clone()
        history[now != last, :, column] = 0
        h[now != last] = 0
        return history, h

    return restart


def renamed(history, h, last, now):
    for kept, state, a, b in zip(history, h, last, now, strict=True):
        if a != b:
            kept, state = torch.zeros_like(kept), torch.zeros_like(state)
    return history, h


def as_objects(history, h, last, now):
    rows = [one is not other for one, other in zip(last.tolist(), now.tolist(), strict=True)]
    return torch.where(torch.tensor(rows)[:, None, None], 0.0, history), h * ~torch.tensor(rows)[:, None, None]


def axes_forgotten(kept, lost):
    """One memory cleared in the right rows, the other one by a mask that lacks axes."""

    def restart(history, h, last, now):
        mask = now != last
        shaped = {"history": mask[:, None, None], "h": mask[:, None, None], lost: kept(mask)}
        return torch.where(shaped["history"], 0, history), torch.where(shaped["h"], 0, h)

    return restart


RESTART = [
    ("is not", as_objects, None),  # small numbers are one object each, large ones are not
    ("in 16 bits", multiplied(lambda last, now: last.short() != now.short()), None),
    ("multiplied", multiplied(), "right"),
    ("cloned", cloned, "right"),
    ("looped", looped, "right"),
    ("masked_fill", filled, "right"),
    ("einsum", by_einsum_mask, "right"),
    ("xor", multiplied(lambda last, now: (now ^ last) != 0), "right"),
    ("difference", multiplied(lambda last, now: (now - last).abs() > 0), "right"),
    ("in place", cleared, "the given memories changed in place"),
    ("if any", if_any, "every row started afresh"),
    ("all zero", lambda history, h, last, now: (history * 0, h * 0), "every row started afresh"),
    ("state only", lambda history, h, last, now: (history, cloned(history, h, last, now)[1]), "a history that is kept"),
    ("history only", lambda history, h, last, now: (cloned(history, h, last, now)[0], h), "a state that is kept"),
    ("grows", multiplied(lambda last, now: now > last), "only an index that grows"),
    ("0 stays", multiplied(lambda last, now: (last != now) * (last != 0)), "a text 0 that does not count"),
    ("0 does not begin", multiplied(lambda last, now: now.bool() & (last != now)), "a text 0 that does not count"),
    ("two truths", multiplied(lambda last, now: now.bool() & last.bool() & (last != now)),
     "a text 0 that does not count"),
    ("the difference", lambda history, h, last, now: ((now - last).reshape(-1, 1, 1) * history,
                                                      (now - last).reshape(-1, 1, 1) * h),
     "a difference used as a factor"),
    ("one more", multiplied(lambda last, now: now - last == 1), "only an index that grows"),
    ("zero", multiplied(lambda last, now: now == 0), "an index of zero read as a new text"),
    ("truth", multiplied(lambda last, now: now.bool()), "an index other than zero read as a new text"),
    ("turned round", multiplied(lambda last, now: now == last), "the rows that go on are cleared"),
    (
        "only those that go on",
        lambda history, h, last, now: (history[now == last], h[now == last]),
        "rows that are taken out",
    ),
    *[(f"{lost} with a mask of {axes}", axes_forgotten(kept, lost), "a row matched with another axis")
      for lost in ("history", "h")
      for axes, kept in (("(B,)", lambda mask: mask), ("(B, 1)", lambda mask: mask[:, None]))],
    ("h first", lambda *given: cloned(*given)[::-1], "the two memories in exchanged places"),
    ("falls", multiplied(lambda last, now: now < last), "only an index that gets smaller"),
    ("row 0", first_decides, "one decision for all rows"),
    ("all or none", multiplied(lambda last, now: (now != last).all().expand(len(now))), "one decision for all rows"),
    ("1 - |difference|", as_a_factor, "a difference used as a factor"),
    ("nothing", lambda history, h, last, now: (history, h), "memories that stay as they are"),
    ("a name in a loop", renamed, "memories that stay as they are"),
    ("a mask of numbers", lambda history, h, last, now: cloned(history, h, last, now, lambda a, b: (a != b).int()),
     "a mask taken for row numbers"),
    ("above 0", multiplied(lambda last, now: now.clamp(min=0) != 0), "an index other than zero read as a new text"),
    ("all but the last column", cleared_column(slice(None, -1)), "a history that is cleared in part"),
    ("zeros like the history", lambda history, h, last, now: tuple(
        torch.where((last != now).view(-1, 1, 1), torch.zeros_like(history), part) for part in (history, h)),
     "zeros of the other memory"),
    ("zeros like the state", lambda history, h, last, now: tuple(
        torch.where((last != now).view(-1, 1, 1), torch.zeros_like(h), part) for part in (history, h)),
     "zeros of the other memory"),
    ("after a text above 0", multiplied(lambda last, now: (now != last) & (last > 0)), "a text 0 that does not count"),
    ("before a text above 0", multiplied(lambda last, now: (now > 0) & (last != now)), "a text 0 that does not count"),
    ("no return", lambda *given: None, None),
    ("one result", lambda *given: cloned(*given)[0], None),
    ("(B, 1, 1) in brackets", lambda *given: cloned(*given, lambda last, now: (now != last)[:, None, None]),
     "a mask with axes in the brackets"),
    ("(B, 1) in front", lambda history, h, last, now: ((last == now)[:, None] * history, (last == now)[:, None] * h),
     "a row matched with another axis"),
    ("(B, 1)", multiplied(shape=lambda rows: rows[:, None]), "a row matched with another axis"),
    ("(1, B, 1)", multiplied(shape=lambda rows: rows[None, :, None]), "a row matched with another axis"),
    ("ones", lambda history, h, last, now: (torch.ones_like(history), torch.ones_like(h)), None),
    ("lists", lambda *given: [part.tolist() for part in cloned(*given)], None),
    ("crash", lambda history, h, last, now: (history[now], h), None),
    ("argmax", only_row(lambda change: change.int().argmax()), "only the first row that changes"),
    ("nonzero", only_row(lambda change: change.nonzero()[0]), "only the first row that changes"),
    ("return in the loop", only_row(lambda change: 0, always=False), "only row 0 started afresh"),
    ("the last column", cleared_column(-1), "a history that is cleared in part"),
    ("the first column", cleared_column(0), "a history that is cleared in part"),
]  # fmt: skip

# Bug hunt: mended_stream


def mended(
    bias_in_delta=False, bias_in_scan=True, end=0, reset_state=True, reset_history=True, late_reset=False,
    changed=lambda segment, last: segment != last, kept=None, size=lambda delta: delta, softplus=True,
    columns=lambda joined, x, W: joined, bend=F.silu, sized_by=lambda u, x: u,
):  # fmt: skip
    def mended_stream(x, segment, history, h, last, weights):
        rows, W = changed(segment, last), history.shape[-1]
        goes_on = (~rows).to(x.dtype).reshape(-1, 1, 1)
        history = history * goes_on if reset_history else history
        h = h * goes_on if reset_state else h
        joined = torch.cat([history, x], dim=-1)
        u = bend(F.conv1d(columns(joined, x, W), weights["conv"][:, None], groups=len(weights["conv"])))
        delta = size(weights["dt"][:, None] * sized_by(u, x) + bias_in_delta * weights["dt_bias"][:, None])
        B, C = (weights[name].expand(len(x), -1)[..., None].expand(-1, -1, x.shape[-1]) for name in "BC")
        y, h = selective_scan_fn(
            u, delta, weights["A"], B, C, delta_bias=weights["dt_bias"] if bias_in_scan else None,
            delta_softplus=softplus,
            return_last_state=True, initial_state=h,
        )  # fmt: skip
        h = h * goes_on if late_reset else h
        stop = joined.shape[-1] - end
        return y, joined[..., stop - W : stop] if kept is None else kept(joined, x, W), h, segment

    return mended_stream


def states_of_all_rows(x, segment, history, h, last, weights):
    h = torch.zeros_like(h) if (segment != last).any() else h
    return mended(reset_state=False)(x, segment, history, h, last, weights)


def histories_of_all_rows(x, segment, history, h, last, weights):
    history = torch.zeros_like(history) if (segment != last).any() else history
    return mended(reset_history=False)(x, segment, history, h, last, weights)


def keeps_u(x, segment, history, h, last, weights):
    given = mended()(x, segment, history, h, last, weights)
    joined = torch.cat([history * (segment == last)[:, None, None], x], dim=-1)
    u = F.silu(F.conv1d(joined, weights["conv"][:, None], groups=x.shape[1]))
    return given[0], u[..., -history.shape[-1] :], *given[2:]


def clears_next(**left):
    def mended_stream(x, segment, history, h, last, weights):
        y, history, h, segment = mended(**left)(x, segment, history, h, last, weights)
        return y, history.masked_fill((segment != last)[:, None, None], 0), h, segment

    return mended_stream


def sample_by_sample(x, segment, history, h, last, weights):
    outputs, stream = [], mended()
    for t in range(x.shape[-1]):
        y, history, h, last = stream(x[..., t : t + 1], segment, history, h, last, weights)
        outputs.append(y)
    return torch.cat(outputs, dim=-1), history, h, segment


def convolved(change, **left):
    return lambda x, segment, history, h, last, weights: mended(**left)(x, segment, history, h, last, change(weights))


def weightless(**left):
    return convolved(lambda weights: {**weights, "dt": torch.ones_like(weights["dt"])}, **left)


MENDED = [
    ("the scan adds the bias", mended(), "right"),
    ("the line adds the bias", mended(bias_in_delta=True, bias_in_scan=False), "right"),
    ("sample by sample", sample_by_sample, "right"),
    ("the last columns", mended(kept=lambda joined, x, W: joined[..., -W:].clone()), "right"),
    ("narrow", mended(kept=lambda joined, x, W: joined.narrow(-1, x.shape[-1], W)), "right"),
    ("as given", mended(bias_in_delta=True, end=1, reset_state=False), "the code as it was given"),
    ("bias left", mended(bias_in_delta=True), "one mistake left: the bias"),
    ("history left", mended(end=1), "one mistake left: the history"),
    ("reset left", mended(reset_state=False), "one mistake left: the reset"),
    ("bias, history", mended(bias_in_delta=True, end=1), "two mistakes left: the bias and the history"),
    ("bias, reset", mended(bias_in_delta=True, reset_state=False), "two mistakes left: the bias and the reset"),
    ("history, reset", mended(end=1, reset_state=False), "two mistakes left: the history and the reset"),
    ("no bias", mended(bias_in_scan=False), "a bias that is gone altogether"),
    ("no weight", weightless(), "a weight that is gone"),
    ("no weight, bias in the line", weightless(bias_in_delta=True, bias_in_scan=False), "a weight that is gone"),
    ("no weight, the bias left", weightless(bias_in_delta=True), "a weight that is gone"),
    ("no weight, two left", weightless(end=1, reset_state=False), "a weight that is gone"),
    ("softplus twice", mended(size=F.softplus), "a softplus taken twice"),
    ("softplus twice, bias inside", mended(bias_in_delta=True, bias_in_scan=False, size=F.softplus),
     "a softplus taken twice"),
    ("all rows", mended(changed=lambda segment, last: torch.ones_like(segment).bool()), "a reset of every row"),
    ("any row", mended(changed=lambda segment, last: (segment != last).any().expand(len(last))),
     "a reset of every row"),
    ("any row, the state alone", states_of_all_rows, "a reset of every row"),
    ("no history reset", mended(reset_history=False), "a reset that has left the history out"),
    ("no reset", mended(reset_history=False, reset_state=False), "a reset that never comes"),
    ("a reset of all or none", mended(changed=lambda segment, last: (segment != last).all().expand(len(last)), end=1),
     "a reset that never comes"),
    ("reset behind", mended(reset_state=False, late_reset=True), "a reset behind the scan"),
    ("turned round", mended(changed=lambda segment, last: segment == last), "the rows that go on are reset"),
    ("no softplus", mended(softplus=False), "a softplus that is gone"),
    ("softplus twice, bias twice", mended(bias_in_delta=True, size=F.softplus), "a softplus taken twice"),
    ("first columns", mended(kept=lambda joined, x, W: joined[..., :W]), "a history that is returned as it came"),
    ("from the chunk", mended(kept=lambda joined, x, W: x[..., -W:]), "a history from the chunk alone"),
    ("from the chunk, filled up", mended(kept=lambda joined, x, W: F.pad(x, (W, 0))[..., -W:]),
     "a history from the chunk alone"),
    ("bias behind", mended(size=F.softplus, softplus=False), "the bias added behind softplus"),
    ("no softplus, bias twice", mended(bias_in_delta=True, softplus=False), "a softplus that is gone"),
    ("one column on", mended(kept=lambda joined, x, W: joined[..., 1:]), "a history that moves on by one"),
    ("one column on, cut", mended(kept=lambda joined, x, W: joined[..., 1 : 1 + W]), "a history that moves on by one"),
    ("one column on, the last sample", mended(kept=lambda joined, x, W: torch.cat([joined[..., 1:W], x[..., -1:]], -1)),
     "a history that moves on by one"),
    ("one column on, two left",
     mended(bias_in_delta=True, reset_state=False, kept=lambda joined, x, W: joined[..., 1:]),
     "a history that moves on by one"),
    ("as many as x", mended(kept=lambda joined, x, W: joined[..., -x.shape[-1] :]), "a history as long as the chunk"),
    ("the chunk", mended(kept=lambda joined, x, W: x, reset_state=False), "a history as long as the chunk"),
    ("reset before and behind", mended(late_reset=True), "a reset of what is handed on"),
    ("the next history cleared", clears_next(), "a reset of what is handed on"),
    ("only the next history cleared", clears_next(reset_history=False), "a reset of what is handed on"),
    ("u kept", keeps_u, "a history of what the convolution gives"),
    ("SiLU twice", mended(bend=lambda u: F.silu(F.silu(u))), "a SiLU too many"),
    ("too late", mended(kept=lambda joined, x, W: joined[..., x.shape[-1] + 1 :]), "a history that starts too late"),
    ("always row 0", mended(changed=lambda segment, last: torch.arange(len(last)) == 0), None),
    ("never row 0", mended(changed=lambda segment, last: torch.arange(len(last)) > 0), None),
    ("three results", lambda *given: mended()(*given)[:3], None),
    ("no return", lambda *given: None, None),
    ("the old segment", lambda x, segment, history, h, last, w: (*mended()(x, segment, history, h, last, w)[:3], last),
     "the text of the chunk before"),
    ("the old state", lambda x, s, hi, h, last, w: (*mended()(x, s, hi, h, last, w)[:2], h, s),
     "a state that is returned as it came"),
    ("the columns of x", mended(kept=lambda joined, x, W: joined[..., x.shape[-1] - W : x.shape[-1]]),
     "a history that ends too early"),
    ("the columns of x, two left", mended(bias_in_delta=True, reset_state=False,
                                          kept=lambda joined, x, W: joined[..., x.shape[-1] - W : x.shape[-1]]),
     "a history that ends too early"),
    ("flipped taps", convolved(lambda weights: weights | {"conv": weights["conv"].flip(-1)}),
     "a convolution that was right before"),
    ("flipped taps, all left", convolved(lambda weights: weights | {"conv": weights["conv"].flip(1)},
                                         bias_in_delta=True, end=1, reset_state=False),
     "a convolution that was right before"),
    ("zeros in front", mended(columns=lambda joined, x, W: F.pad(x, (W, 0))), "a convolution that was right before"),
    ("zeros in front of the history",
     mended(columns=lambda joined, x, W: F.pad(joined, (W, 0))[..., : W + x.shape[-1]]),
     "a convolution that was right before"),
    ("-A", convolved(lambda w: w | {"A": -w["A"]}), "a scan that was right before"),
    ("-exp(A), two left", convolved(lambda w: w | {"A": -w["A"].exp()}, end=1, reset_state=False),
     "a scan that was right before"),
    ("C and B", convolved(lambda w: w | {"B": w["C"], "C": w["B"]}), "a scan that was right before"),
    ("a step size of x", mended(sized_by=lambda u, x: x), "a scan that was right before"),
    ("all columns", mended(kept=lambda joined, x, W: joined), "a history that grows"),
    ("grows", mended(changed=lambda segment, last: segment > last), "only an index that grows"),
    ("no bias, two left", mended(bias_in_scan=False, end=1, reset_state=False), "a bias that is gone altogether"),
    ("softplus twice, the history left", mended(size=F.softplus, end=1), "a softplus taken twice"),
    ("no softplus, the reset left", mended(softplus=False, reset_state=False), "a softplus that is gone"),
    ("first columns, two left",
     mended(bias_in_delta=True, reset_state=False, kept=lambda joined, x, W: joined[..., :W]),
     "a history that is returned as it came"),
    ("reset behind, two left", mended(bias_in_delta=True, end=1, reset_state=False, late_reset=True),
     "a reset behind the scan"),
    ("any row, the bias left", mended(bias_in_delta=True, changed=lambda segment, last: (segment != segment + 1)),
     "a reset of every row"),
    ("any row, the history alone", histories_of_all_rows, "a reset of every row"),
    ("one more column", mended(kept=lambda joined, x, W: joined[..., -W - 1 :]), "a history with one column too many"),
]  # fmt: skip


test_an_answer_gets_its_verdict = judged(
    rows(
        "11",
        state_update=UPDATE,
        block_step=STEP,
        generate=GENERATE,
        kv_overtakes=OVERTAKES,
        restart=RESTART,
        mended_stream=MENDED,
    )
)


@pytest.mark.parametrize("name", LOOPS)
def test_a_wrong_offset_is_shown_with_what_came(name):
    verdict = judge(exercise("11.generate"), loop(**LOOPS[name]), quiet=True)
    rows = dict(card(exercise("11.generate"), verdict).rows)
    assert "seqlen_offset at each call" in rows["got"]
    if verdict.example.raised:
        assert "ValueError: inference_params.seqlen_offset is" in rows["got"] and "tokens in each call" in rows["got"]
