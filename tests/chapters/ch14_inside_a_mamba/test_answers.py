"""Answers to the exercises of notebook 14 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import itertools
import math

import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba import selective_scan_fn
from lite_mamba.course.chapters.ch14_inside_a_mamba.exercises import fit_probe

# Exercise 1: hidden_attention (delta, A, B, C)


def matrix_by_loops(delta, A, B, C):
    length = len(delta)
    M = torch.zeros(length, length)
    for t in range(length):
        for s in range(t + 1):
            for n in range(len(A)):
                M[t, s] += C[n, t] * math.exp(A[n] * sum(delta[s + 1 : t + 1])) * delta[s] * B[n, s]
    return M


def matrix_by_impulses(delta, A, B, C):
    """Sends in one 1 at a time, through the package's scan."""
    eye = torch.eye(len(delta))[None]  # (1, L, L): a channel for each impulse
    same = delta.expand(1, *eye.shape[1:])
    y = selective_scan_fn(eye, same.contiguous(), A.expand(len(delta), -1).contiguous(), B[None], C[None])
    return y[0].T


def matrix_by_recurrence(delta, A, B, C):
    columns = []
    for s in range(len(delta)):
        h, column = torch.zeros(len(A)), []
        for t in range(len(delta)):
            h = torch.exp(delta[t] * A) * h + delta[t] * B[:, t] * float(t == s)
            column.append((C[:, t] * h).sum())
        columns.append(torch.stack(column))
    return torch.stack(columns, 1)


def matrix_by_quotient(delta, A, B, C):
    total = torch.exp(A[:, None] * delta.cumsum(0))  # (N, L)
    return torch.tril((C * total).T @ (delta * B / total))


def matrix_by_two_exponentials(delta, A, B, C):
    time = A[:, None] * delta.cumsum(0)  # (N, L)
    return torch.tril((C * torch.exp(time)).T @ (delta * B * torch.exp(-time)))


def matrix_with_one_state(delta, A, B, C):
    """Impulses, and a state that nobody empties between them."""
    h, columns = torch.zeros_like(A), []
    for one in torch.eye(len(delta)):
        column = []
        for t, u in enumerate(one):
            h = (A * delta[t]).exp() * h + delta[t] * B[:, t] * u
            column.append(h @ C[:, t])
        columns.append(torch.stack(column))
    return torch.stack(columns, dim=1)


def matrix_without_impulses(begin):
    """Columns of a scan that reads ones, from a first token on."""

    def answer(delta, A, B, C):
        M = torch.zeros(len(delta), len(delta))
        for s in range(len(delta)):
            h = torch.zeros_like(A)
            for t in range(begin(s), len(delta)):
                h = (A * delta[t]).exp() * h + delta[t] * B[:, t]
                M[t, s] = h @ C[:, t]
        return M

    return answer


def matrix_read_first(delta, A, B, C):
    """Impulses through a loop that reads the state and then writes."""
    columns = []
    for s in range(len(delta)):
        h, column = torch.zeros(len(A)), []
        for t in range(len(delta)):
            column.append((C[:, t] * h).sum())
            h = torch.exp(delta[t] * A) * h + delta[t] * B[:, t] * float(t == s)
        columns.append(torch.stack(column))
    return torch.stack(columns, 1)


def matrix_with(fade=lambda d, t, s: d[s + 1 : t + 1].sum(), write=lambda d, t, s: d[s], last=0, swap=False):
    """A learner's loop with one thing changed: the time that fades, the step that writes, the last column of a row."""

    def answer(delta, A, B, C):
        if swap:
            B, C = C, B
        length = len(delta)
        M = torch.zeros(length, length)
        for t in range(length):
            for s in range(t + 1 + last):
                M[t, s] = (C[:, t] * torch.exp(A * fade(delta, t, s)) * write(delta, t, s) * B[:, s]).sum()
        return M

    return answer


def matrix_of_two(read, write, base=math.e):
    """A learner's loop with other tokens that read and write, or another base."""

    def answer(delta, A, B, C):
        M = torch.zeros(len(delta), len(delta))
        for t in range(len(delta)):
            for s in range(t + 1):
                left = base ** (A * delta[s + 1 : t + 1].sum())
                M[t, s] = (read(C, t, s) * left * delta[s] * write(B, t, s)).sum()
        return M

    return answer


def matrix_softmax(delta, A, B, C):
    M = matrix_by_loops(delta, A, B, C)
    return torch.where(torch.ones_like(M).tril() > 0, M, -torch.inf).softmax(dim=1)


def matrix_of_kept_ones(delta, A, B, C):
    """Impulses, each beside those of the columns before."""
    u, columns = torch.zeros_like(delta), []
    for s in range(len(delta)):
        u[s], h, column = 1, torch.zeros_like(A), []
        for t in range(len(delta)):
            h = (A * delta[t]).exp() * h + delta[t] * B[:, t] * u[t]
            column.append(h @ C[:, t])
        columns.append(torch.stack(column))
    return torch.stack(columns, dim=1)


def matrix_kept_in_place(delta, A, B, C):
    """A state for each input at once, faded in place and kept for each output."""
    h, kept = torch.zeros_like(B), []
    for t in range(len(delta)):
        h *= (A * delta[t]).exp()[:, None]
        h[:, t] = delta[t] * B[:, t]
        kept.append(h)
    return torch.einsum("nt,tns->ts", C, torch.stack(kept))


MATRIX = [
    ("three loops", matrix_by_loops, "right"),
    ("impulses through the package", matrix_by_impulses, "right"),
    ("impulses through a loop", matrix_by_recurrence, "right"),
    ("a quotient of totals", matrix_by_quotient, "a quotient of two decays"),
    ("a quotient, and 1e-12", lambda d, A, B, C: (lambda left: torch.einsum(
        "nt,ns,nt,ns->ts", C, B * d, left, 1 / (left + 1e-12)).tril())((A[:, None] * d).exp().cumprod(1)),
     "a quotient of two decays"),
    ("logs of the tokens' decays", lambda d, A, B, C: (lambda log: torch.einsum("nt,nts,ns->ts", C, torch.exp(
        log[:, :, None] - log[:, None]).tril(), B * d))((A[:, None] * d).exp().log().cumsum(1)), "right"),
    *((f"a quotient, and {little}", lambda d, A, B, C, little=little: (lambda left: (
        (C * left).T @ (d * B / (little + left))).tril())((A[:, None] * d.cumsum(0)).exp()), "a quotient of two decays")
      for little in (1e-7, 1e-6, 1e-5, torch.finfo(torch.float32).eps, torch.finfo(torch.float32).tiny)),
    ("a product with the inverse", matrix_by_two_exponentials, "a quotient of two decays"),
    ("from s", matrix_with(lambda d, t, s: d[s : t + 1].sum()), "a step too many in the decay"),
    ("up to t - 1", matrix_with(lambda d, t, s: d[s + 1 : t].sum() if t > s else -d[s]),
     "a step too few in the decay"),
    ("the product of the steps", matrix_with(lambda d, t, s: math.prod(d[s + 1 : t + 1])), "a product of steps"),
    ("one A for all", lambda d, A, B, C: matrix_by_loops(d, A.sum().expand(len(A)), B, C), "one decay for all states"),
    ("before t", matrix_with(lambda d, t, s: d[s:t].sum()), "the writer's step in the place of the reader's"),
    ("softmax", matrix_softmax, "rows that add up to 1"),
    (
        "divided by the sum",
        lambda *case: (M := matrix_by_loops(*case)) / M.sum(1, keepdim=True),
        "rows that add up to 1",
    ),
    ("without a triangle", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0))), d * B
    ), "inputs of the future"),
    ("a distance both ways", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0)).abs()), d * B
    ), "inputs of the future"),
    ("below the diagonal", matrix_with(last=-1), "a diagonal of zeros"),
    ("step of t", matrix_with(write=lambda d, t, s: d[t]), "the reader's step in the place of the writer's"),
    ("no step", matrix_with(write=lambda d, t, s: 1.0), "an input without its step"),
    ("B and C", matrix_with(swap=True), "B and C exchanged"),
    ("t minus s", matrix_with(lambda d, t, s: float(t - s)), "a decay that counts tokens"),
    ("plus", matrix_with(lambda d, t, s: -d[s + 1 : t + 1].sum()), "a state that grows"),
    ("on its side", lambda *case: matrix_by_loops(*case).T, "outputs in columns"),
    ("zero-order hold", lambda d, A, B, C: matrix_by_loops(
        torch.as_tensor(d), A, B * (torch.exp(A[:, None] * d) - 1) / (A[:, None] * d), C
    ), "a zero-order hold in the place of Δ·B"),
    ("no return", lambda *case: None, None),
    ("the upper triangle", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0))), d * B
    ).triu(), "inputs of the future"),
    ("t minus s, times the writer's step", matrix_with(lambda d, t, s: d[s] * (t - s)), "a decay that counts tokens"),
    ("t minus s, times the reader's step", matrix_with(lambda d, t, s: d[t] * (t - s)), "a decay that counts tokens"),
    ("the mean of A", lambda d, A, B, C: matrix_by_loops(d, A.mean().expand(len(A)), B, C), "one decay for all states"),
    ("t minus s, times the mean", matrix_with(lambda d, t, s: d.mean() * (t - s)), "a decay that counts tokens"),
    ("no exp", lambda d, A, B, C: torch.einsum(
        "nt,n,ts,ns->ts", C, A, d.cumsum(0)[:, None] - d.cumsum(0), d * B
    ).tril(), "an exponent taken for a decay"),
    ("no fading", matrix_with(lambda d, t, s: 0.0), "inputs that do not fade"),
    ("step of t fades", matrix_with(lambda d, t, s: d[t]), "the reader's step alone"),
    ("step of t fades, but not on the diagonal", matrix_with(lambda d, t, s: d[t] * (t > s)),
     "the reader's step alone"),
    ("from the beginning", matrix_with(lambda d, t, s: d[: t + 1].sum()), "a decay from the beginning"),
    ("minus infinity", lambda *case: (M := matrix_by_loops(*case)) + torch.full_like(M, -math.inf).triu(1),
     "a mask of minus infinity"),
    ("1 + ΔA", lambda d, A, B, C: torch.stack([torch.stack([
        (C[:, t] * torch.stack([1 + A * step for step in d[s + 1 : t + 1]] + [A / A]).prod(0) * d[s] * B[:, s]).sum()
        if t >= s else torch.zeros(()) for s in range(len(d))]) for t in range(len(d))]), "Euler's decay"),
    ("C of s", matrix_of_two(lambda C, t, s: C[:, s], lambda B, t, s: B[:, s]), "the writer's C"),
    ("B of t", matrix_of_two(lambda C, t, s: C[:, t], lambda B, t, s: B[:, t]), "the reader's B"),
    ("Δ and B of t", lambda d, A, B, C: torch.stack([torch.stack([
        (C[:, t] * (A * d[s + 1 : t + 1].sum()).exp() * d[t] * B[:, t]).sum() * (s <= t)
        for s in range(len(d))]) for t in range(len(d))]), "the reader's B"),
    ("not added up", lambda d, A, B, C: torch.stack([matrix_by_loops(d, A[n : n + 1], B[n : n + 1], C[n : n + 1])
     for n in range(len(A))]), "a matrix for each number of the state"),
    ("a list", lambda *case: matrix_by_loops(*case).tolist(), None),
    ("a mean over N", lambda d, A, B, C: matrix_by_loops(d, A, B, C) / len(A) + 1e-3, None),
    ("attention", lambda d, A, B, C: (C.T @ B).tril(), None),
    ("faded by the writer's step", matrix_with(fade=lambda d, t, s: d[s]), "the writer's step alone"),
    ("faded up to s", matrix_with(fade=lambda d, t, s: d[: s + 1].sum()), "the steps before the writer"),
    ("Δ_t − Δ_s", matrix_with(fade=lambda d, t, s: d[t] - d[s]), "a difference of two steps"),
    ("from s + 2 on", matrix_with(fade=lambda d, t, s: d[s + 2 : t + 1].sum()), "the step behind the writer left out"),
    ("no C", lambda d, A, B, C: matrix_by_loops(d, A, B, C * 0 + 1), "a state that is not read"),
    ("no B", lambda d, A, B, C: matrix_by_loops(d, A, B * 0 + 1, C), "a token that writes without B"),
    ("a skip of 1", lambda d, A, B, C: matrix_by_recurrence(d, A, B, C) + torch.diag(torch.ones(len(d))),
     "the skip in M"),
    ("softplus once more", lambda d, A, B, C: matrix_by_recurrence(F.softplus(d), A, B, C),
     "a softplus that has been applied already"),
    ("−exp(A)", lambda d, A, B, C: matrix_by_recurrence(d, -A.exp(), B, C), "the exponential of A"),
    ("above the diagonal, with a distance both ways", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0) - d.cumsum(0)[:, None])), d * B
    ).triu(), "inputs of the future"),
    ("one state for all", matrix_with_one_state, "a state that is not emptied"),
    ("ones from s on", matrix_without_impulses(lambda s: s), "more than one 1"),
    ("ones", matrix_without_impulses(lambda s: 0), "more than one 1"),
    ("read before it is written", matrix_read_first, "a state that is read too early"),
    ("overwritten", lambda d, A, B, C: matrix_by_loops(d, A[-1:], B[-1:], C[-1:]), "one number of the state alone"),
    ("the first number", lambda d, A, B, C: matrix_by_loops(d, A[:1], B[:1], C[:1]), "one number of the state alone"),
    ("a return too early", lambda *case: F.pad(matrix_by_loops(*case)[:1], (0, 0, 0, len(case[0]) - 1)),
     "one round of the loop"),
    ("a return too early, by columns", lambda *case: F.pad(matrix_by_loops(*case)[:, :1], (0, len(case[0]) - 1)),
     "one round of the loop"),
    ("minus infinity in the time", lambda d, A, B, C: torch.einsum("nt,nts,s,ns->ts", C, torch.exp(
        A[:, None, None] * torch.where(
            torch.ones(len(d), len(d)).tril() > 0, d.cumsum(0)[:, None] - d.cumsum(0), -math.inf)), d, B),
     "a time of minus infinity"),
    ("decays added up", lambda d, A, B, C: (C.T @ B) * d * torch.exp(
        A * (d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)[..., None]).sum(-1).tril(), "a sum for each factor"),
    ("three sums", lambda d, A, B, C: C.sum(0)[:, None] * (d * B.sum(0)) * torch.exp(
        A * (d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)[..., None]).sum(-1).tril(), "a sum for each factor"),
    ("halved with each unit", matrix_of_two(lambda C, t, s: C[:, t], lambda B, t, s: B[:, s], base=2.0),
     "a decay with the base 2"),
    ("a half to the power of |A|", lambda d, A, B, C: torch.einsum("nt,nts,ns->ts", C, 0.5 ** (
        A.abs()[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)), B * d).tril(),
     "a decay with the base 2"),
    ("a triangle of the matrix on its side", lambda *case: matrix_by_loops(*case).T.tril(), "the diagonal alone"),
    ("each token by itself", lambda d, A, B, C: torch.diag(d * torch.einsum("nt,nt->t", B, C)), "the diagonal alone"),
    ("a mask that multiplies", lambda d, A, B, C: (d.cumsum(0)[:, None] >= d.cumsum(0)) * torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0))), B * d),
     "a mask that meets an infinity"),
    ("a mask that multiplies the decay", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.ones(len(d), len(d)).tril() * torch.exp(
            A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0))), B * d), "a mask that meets an infinity"),
    ("ones that stay", matrix_of_kept_ones, "more than one 1"),
    ("one tensor for all rows", matrix_kept_in_place, "the last state in every row"),
    ("the steps to the end", matrix_with(fade=lambda d, t, s: d[s + 1 :].sum()), "the last state in every row"),
    ("y in its whole row", lambda *case: matrix_by_loops(*case).sum(1)[:, None].repeat(1, len(case[0])).tril(),
     "more than one 1"),
    ("C added up by itself", lambda d, A, B, C: torch.einsum("nts,ns->ts", torch.exp(A[:, None, None] * (
        d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)), B * d).tril() * C.sum(0)[:, None], "a sum for each factor"),
    ("B added up by itself", lambda d, A, B, C: torch.einsum("nt,nts->ts", C, torch.exp(A[:, None, None] * (
        d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0))).tril() * B.sum(0) * d, "a sum for each factor"),
    ("A as a parameter", lambda d, A, B, C: matrix_by_recurrence(d, torch.nn.Parameter(A), B, C), "right"),
    ("from s, and no step", matrix_with(lambda d, t, s: d[s : t + 1].sum(), write=lambda d, t, s: 1.0),
     "a step too many in the decay"),
    ("a triangle with a diagonal too many", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0))), d * B).tril(1),
     "inputs of the future"),
    ("a triangle with a diagonal too many, of times cut at 0", lambda d, A, B, C: torch.einsum(
        "nt,nts,ns->ts", C, torch.exp(A[:, None, None] * (d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)),
        d * B).tril(1), "inputs of the future"),
    ("the writer's step twice", matrix_with(write=lambda d, t, s: d[s] ** 2), "a step that counts twice"),
    ("both steps", matrix_with(write=lambda d, t, s: d[s] * d[t]), "a step that counts twice"),
    ("a mean of the state", lambda d, A, B, C: torch.stack([matrix_by_loops(
        d, A[n : n + 1], B[n : n + 1], C[n : n + 1]) for n in range(len(A))]).mean(0), "a mean over the state"),
    ("all steps of the text", matrix_with(lambda d, t, s: d.sum()), "a decay from the beginning"),
    ("from s, on its side", lambda *case: matrix_with(lambda d, t, s: d[s : t + 1].sum())(*case).T,
     "a step too many in the decay"),
    ("from s, B and C", matrix_with(lambda d, t, s: d[s : t + 1].sum(), swap=True), "a step too many in the decay"),
    ("no step, before t", matrix_with(lambda d, t, s: d[s:t].sum(), lambda d, t, s: 1.0),
     "an input without its step"),
    ("no step, up to t − 1", matrix_with(lambda d, t, s: d[s + 1 : t].sum(), lambda d, t, s: 1.0),
     "an input without its step"),
    ("no step, B and C", matrix_with(write=lambda d, t, s: 1.0, swap=True), "an input without its step"),
    ("no step, on its side", lambda *case: matrix_with(write=lambda d, t, s: 1.0)(*case).T,
     "an input without its step"),
    ("shares of the sizes", lambda *case: (size := matrix_by_loops(*case).abs()) / size.sum(1)[:, None],
     "rows that add up to 1"),
    ("a mean of the decays", lambda d, A, B, C: torch.exp(A * (
        d.cumsum(0)[:, None] - d.cumsum(0)).clamp(min=0)[..., None]).mean(-1).tril() * (C.T @ (d * B)),
     "one decay for all states"),
    ("shares of the sizes, with signs", lambda *case: (M := matrix_by_loops(*case)) / M.abs().sum(1, keepdim=True),
     "rows that add up to 1"),
]  # fmt: skip


# Exercise 2: conv_and_state (M, D, gate, taps)


def conv_by_loops(gate, taps):
    conv = torch.zeros(len(gate), len(gate))
    for t in range(len(gate)):
        for lag in range(len(taps)):
            if t - lag >= 0:
                conv[t, t - lag] = gate[t] * taps[len(taps) - 1 - lag]
    return conv


def conv_with_first_taps(gate, taps):
    conv = torch.zeros(len(gate), len(gate))
    for t in range(len(gate)):
        first = max(0, t + 1 - len(taps))
        conv[t, first : t + 1] = taps[: t + 1 - first]
    return gate[:, None] * conv


def conv_from(first, gate, taps):
    conv = torch.zeros(len(gate), len(gate))
    for t in range(first, len(gate)):
        conv[t, t + 1 - len(taps) : t + 1] = gate[t] * taps
    return conv


def conv_by_padding(gate, taps):
    """The convolution of every impulse, as a batch."""
    eye = torch.eye(len(gate))[:, None]  # (L, 1, L)
    out = F.conv1d(F.pad(eye, (len(taps) - 1, 0)), taps[None, None])[:, 0]  # (L, L): row s, output t
    return gate[:, None] * out.T


def conv_of_diagonals(gate, taps):
    length = len(gate)
    return gate[:, None] * sum(torch.diag(tap.repeat(length - lag), -lag) for lag, tap in enumerate(taps.flip(0)))


def ways(conv=conv_by_loops, join=lambda M, D, conv: (D * conv, M @ conv)):
    return lambda M, D, gate, taps: join(M, D, conv(gate, taps))


WAYS = [
    ("loops", ways(), "right"),
    ("a batch of impulses", ways(conv_by_padding), "right"),
    ("an identity times D", ways(join=lambda M, D, c: ((D * torch.eye(len(M))) @ c, torch.mm(M, c))), "right"),
    ("a list", ways(join=lambda M, D, c: [D * c, M @ c]), "right"),
    ("taps from the front", ways(lambda g, w: conv_by_loops(g, w.flip(0))), "taps the wrong way round"),
    ("the gate again before the scan", lambda M, D, g, w: (D * conv_by_loops(g, w), M @ conv_by_loops(g * g, w)),
     "a gate that counts twice"),
    ("the past alone", ways(lambda g, w: conv_by_loops(g, w).tril(-1)), "the present sample left out"),
    ("taps[-lag]", ways(lambda g, w: conv_by_loops(g, torch.stack([w[-lag] for lag in range(len(w))]).flip(0))),
     "a count from the end that begins at 0"),
    ("in the middle", ways(lambda g, w: g[:, None] * F.conv1d(
        torch.eye(len(g))[:, None], w[None, None], padding=len(w) // 2)[:, 0, : len(g)].T),
     "a convolution that looks ahead"),
    ("padding that keeps the length", ways(lambda g, w: g[:, None] * F.conv1d(
        torch.eye(len(g))[:, None], w[None, None], padding="same")[:, 0].T), "a convolution that looks ahead"),
    ("of u", ways(join=lambda M, D, c: (torch.diag_embed(D.expand(len(M))), M)), "what u weighs"),
    ("of conv(x)", lambda M, D, g, w: (D * g.diag(), M * g), "two ways without the convolution"),
    ("of conv(x), by loops", lambda M, D, g, w: (lambda one: (D * one, M @ one))(
        torch.tensor([[float(g[t]) * (t == s) for s in range(len(g))] for t in range(len(g))])),
     "two ways without the convolution"),
    ("a lag without a sign", ways(lambda g, w: g[:, None] * torch.tensor([
        [float(w[-1 - abs(t - s)]) if abs(t - s) < len(w) else 0.0 for s in range(len(g))] for t in range(len(g))])),
     "a convolution that looks ahead"),
    ("the taps on both sides", ways(lambda g, w: (lambda one: one + one.tril(-1).T)(
        conv_by_loops(torch.ones_like(g), w)) * g[:, None]), "a convolution that looks ahead"),
    ("columns", ways(lambda g, w: conv_by_loops(torch.ones_like(g), w) * g), "the gate of the input"),
    ("the other order", ways(join=lambda M, D, c: (D * c, c @ M)), "the scan before the convolution"),
    ("entry by entry", ways(join=lambda M, D, c: (D * c, M * c)), "a product entry by entry"),
    ("M alone", ways(join=lambda M, D, c: (D * c, M)), "a state without its convolution"),
    ("no D", ways(join=lambda M, D, c: (c, M @ c)), "a skip that is forgotten"),
    ("D twice", ways(join=lambda M, D, c: (D * c, (M + D * torch.eye(len(M))) @ c)), "a skip in both ways"),
    ("around", ways(join=lambda M, D, c: (D * torch.eye(len(M)), M @ c)), "a skip around the convolution"),
    ("no gate", ways(lambda g, w: conv_by_loops(torch.ones_like(g), w)), "a gate that is left out"),
    ("exchanged", ways(join=lambda M, D, c: (M @ c, D * c)), "the two ways exchanged"),
    ("M and a gate", lambda M, D, g, w: (D * conv_by_loops(g, w), g[:, None] * M), "a state without its convolution"),
    ("around, with a gate", lambda M, D, g, w: (D * g.diag(), M @ conv_by_loops(g, w)),
     "a skip around the convolution"),
    ("on its side", ways(lambda g, w: conv_by_loops(g, w).T), "a convolution that looks ahead"),
    ("D on both", ways(join=lambda M, D, c: (D * c, (D * M) @ c)), "a skip on the state"),
    ("one late", ways(lambda g, w: conv_by_loops(g, torch.cat([w, w.new_zeros(1)]))),
     "a convolution that is a token late"),
    ("a ring", ways(lambda g, w: g[:, None] * sum(
        torch.eye(len(g)).roll(lag, 0) * w[-1 - lag] for lag in range(min(len(g), len(w))))), "a text that is a ring"),
    ("SiLU of the gate", ways(lambda g, w: conv_by_loops(F.silu(g), w)), "a gate of the gate"),
    ("the gate squared", ways(lambda g, w: conv_by_loops(g * g, w)), "a gate that counts twice"),
    ("a gate behind M", lambda M, D, g, w: (
        D * conv_by_loops(g, w), g[:, None] * (M @ conv_by_loops(torch.ones_like(g), w))), "a gate behind the scan"),
    ("both in one", ways(join=lambda M, D, c: D * c + M @ c), "both ways in one"),
    ("D in the matrix", ways(join=lambda M, D, c: (D * c, (M + D) @ c)), "a skip on every entry of M"),
    ("M on its side", ways(join=lambda M, D, c: (D * c, torch.einsum("rt,rs->ts", M, c))), "a scan on its side"),
    ("the last tap", ways(lambda g, w: torch.diag(w[-1] * g)), "one tap"),
    ("rows from k − 1 on", ways(lambda g, w: conv_from(len(w) - 1, g, w)), "first rows of zeros"),
    ("rows from k on", ways(lambda g, w: conv_from(len(w), g, w)), "first rows of zeros"),
    ("no return", lambda M, D, gate, taps: None, None),
    ("a crash", lambda M, D, gate, taps: M @ taps, None),
    ("zeros", ways(join=lambda M, D, c: (0 * c, 0 * c)), None),
    ("a gate past the state alone", lambda M, D, g, w: (
        D * conv_by_loops(g, w), M @ conv_by_loops(torch.ones_like(g), w)), "a gate on one way only"),
    ("a gate through the state alone", lambda M, D, g, w: (
        D * conv_by_loops(torch.ones_like(g), w), M @ conv_by_loops(g, w)), "a gate on one way only"),
    ("without the first tap", ways(lambda g, w: conv_by_loops(g, w[1:])), "a tap too few"),
    ("four taps, whatever there are", ways(lambda g, w: conv_by_loops(g, w[-4:])), "a tap too few"),
    ("taps[: t + 1]", ways(conv_with_first_taps), "the first taps in the first rows"),
    ("t − lag > 0", ways(lambda g, w: F.pad(conv_by_loops(g, w)[:, 1:], (1, 0))), "the first token left out"),
    ("zeros behind", ways(lambda g, w: g[:, None] * F.conv1d(
        F.pad(torch.eye(len(g))[:, None], (0, len(w) - 1)), w[None, None])[:, 0].T), "a convolution that looks ahead"),
    ("SiLU of conv", ways(lambda g, w: F.silu(conv_by_loops(torch.ones_like(g), w))), "a SiLU of the taps"),
    ("SiLU of conv, and the gate", ways(lambda g, w: g[:, None] * F.silu(conv_by_loops(torch.ones_like(g), w))),
     "a SiLU of the taps"),
    ("SiLU behind the gate", ways(lambda g, w: F.silu(conv_by_loops(g, w))), "a SiLU of the taps"),
    ("taps[k − 1 − lag], whatever the lag", ways(lambda g, w: torch.tensor([
        [float(w[len(w) - 1 - t + s]) if s <= t else 0.0 for s in range(len(g))] for t in range(len(g))]) * g[:, None]),
     "taps that begin again"),
    ("taps as a ring", ways(lambda g, w: g[:, None] * w[(len(w) - 1 - torch.arange(len(g))[:, None] + torch.arange(
        len(g))) % len(w)].tril()), "taps that begin again"),
    ("D + conv", ways(join=lambda M, D, c: (c + D, M @ c)), "a skip that is added"),
    ("an index held at 0", ways(lambda g, w: g[:, None] * w.flip(0)[
        (torch.arange(len(g))[:, None] - torch.arange(len(g))).clamp(0, len(w) - 1)].tril()),
     "a first tap without an end"),
    ("the first tap for the rest", ways(lambda g, w: conv_by_loops(
        g, torch.cat([w[:1].expand(len(g) - len(w)) if len(g) > len(w) else w[:0], w]))),
     "a first tap without an end"),
    ("M on both ways", ways(join=lambda M, D, c: (D * (M @ c), M @ c)), "a state on both ways"),
    ("y, and the second way", ways(join=lambda M, D, c: (D * c + M @ c, M @ c)), "a state on both ways"),
    ("the last tap past the state", lambda M, D, g, w: (D * w[-1] * g.diag(), M @ conv_by_loops(g, w)), "one tap"),
    ("taps held at both ends", ways(lambda g, w: g[:, None] * w.flip(0)[
        (torch.arange(len(g))[:, None] - torch.arange(len(g))).clamp(0, len(w) - 1)]),
     "a convolution that looks ahead"),
    ("the last tap for the rest", ways(lambda g, w: conv_by_loops(g, w) + g[:, None] * w[-1] * torch.ones(
        len(g), len(g)).triu(1)), "a convolution that looks ahead"),
    ("padded with the first token", ways(lambda g, w: g[:, None] * F.conv1d(
        F.pad(torch.eye(len(g))[:, None], (len(w) - 1, 0), mode="replicate"), w[None, None])[:, 0].T),
     "the first token repeated"),
    ("an index not below 0", ways(lambda g, w: g[:, None] * sum(w[-1 - lag] * torch.eye(len(g))[
        (torch.arange(len(g)) - lag).clamp(min=0)] for lag in range(len(w)))), "the first token repeated"),
    ("the gate on the columns of M", lambda M, D, g, w: (
        D * conv_by_loops(g, w), (M * g) @ conv_by_loops(torch.ones_like(g), w)), "right"),
    ("a diagonal for each tap", ways(conv_of_diagonals), "right"),
    ("four taps", ways(lambda g, w: conv_by_loops(g, w[:4]) if len(w) > 4 else conv_by_loops(g, w)), None),
    ("taps from the front, the gate of the input", lambda M, D, g, w: (lambda conv: (D * conv, M @ conv))(
        conv_by_loops(torch.ones_like(g), w.flip(0)) * g), "taps the wrong way round"),
    ("the gate of the input past the state", lambda M, D, g, w: (
        D * g * conv_by_loops(torch.ones_like(g), w), M @ conv_by_loops(g, w)), "the gate of the input"),
    ("the gate of the input through the state", lambda M, D, g, w: (
        D * conv_by_loops(g, w), M @ conv_by_loops(torch.ones_like(g), w) * g), "the gate of the input"),
    ("ahead through the state", ways(join=lambda M, D, c: (D * c, M @ c.T)), "a convolution that looks ahead"),
    ("ahead through the state, the gate on rows", lambda M, D, g, w: (
        D * conv_by_loops(g, w), (M * g) @ conv_by_loops(torch.ones_like(g), w).T), "a convolution that looks ahead"),
    ("rolled identities", ways(lambda g, w: g[:, None] * sum(
        w[-1 - lag] * torch.eye(len(g)).roll(lag, 0) for lag in range(len(w)))), "a text that is a ring"),
]  # fmt: skip


# Exercise 3: half_life (delta, A)

LN2 = math.log(2)


def tokens_counted(delta, A):
    """Token by token, until half is left or the text ends."""
    counts = torch.zeros_like(A)
    for d, n in [(d, n) for d in range(A.shape[0]) for n in range(A.shape[1])]:
        left = 1.0
        for step in delta[d]:
            left, counts[d, n] = left * torch.exp(A[d, n] * step), counts[d, n] + 1
            if left < 0.5:
                break
    return counts


HALF = [
    ("a sum over L", lambda d, A: LN2 * d.shape[1] / (A.abs() * d.sum(1, keepdim=True)), "right"),
    ("numpy", lambda d, A: torch.tensor(LN2 / (-A.numpy() * d.numpy().mean(1)[:, None])), "right"),
    ("einsum", lambda d, A: LN2 / torch.einsum("d,dn->dn", d.mean(1), -A), "right"),
    ("log of a half", lambda d, A: math.log(0.5) / (A * d.mean(-1)[:, None]), "right"),
    ("a geometric mean", lambda d, A: -LN2 / A / d.log2().mean(1)[:, None].exp2(), "a mean of logarithms"),
    ("all in the numerator", lambda d, A: LN2 * A.abs() * d.mean(1)[:, None], "A in the numerator"),
    ("all in the numerator, and one Δ for all channels", lambda d, A: LN2 * A.abs() * d.mean(), None),
    ("base 10", lambda d, A: math.log(2, 10) / (A.abs() * d.mean(1)[:, None]), "a logarithm to another base"),
    ("log of a mean's decay", lambda d, A: math.log(0.5) / torch.exp(A * d.mean(1, keepdim=True)).log(), "right"),
    ("a mean of the tokens' logs", lambda d, A: LN2 / -torch.exp(A[..., None] * d[:, None]).log().mean(2), "right"),
    ("a geometric mean of decays", lambda d, A: math.log(0.5) / torch.exp(A[..., None] * d[:, None]).log().mean(
        2).exp().log(), "right"),
    ("logs of a product", lambda d, A: math.log(0.5) / torch.exp(A[..., None] * d[:, None]).prod(2).pow(
        1 / d.shape[1]).log(), "the logarithm of what is left"),
    ("a mean of half-lives", lambda d, A: (LN2 / (-A[..., None] * d[:, None])).mean(2), "a mean of half-lives"),
    ("a mean of 1 / Δ", lambda d, A: LN2 * (1 / d).mean(1, keepdim=True) / -A, "a mean of half-lives"),
    ("no ln 2", lambda d, A: -1 / (A * d.mean(1, keepdim=True)), "a time constant"),
    ("log2", lambda d, A: math.log2(2) / (A.abs() * d.mean(1, keepdim=True)), "a time constant"),
    ("negative", lambda d, A: LN2 / (A * d.mean(1, keepdim=True)), "a negative time"),
    ("a sum", lambda d, A: LN2 / (-A * d.sum(1, keepdim=True)), "the whole text as one step"),
    ("all channels", lambda d, A: LN2 / (-A * d.mean()), "one step size for all channels"),
    ("a decay", lambda d, A: torch.exp(d.mean(1, keepdim=True) * A), "a decay in the place of a time"),
    ("last", lambda d, A: LN2 / (-A * d[:, -1:]), "one token for the text"),
    ("a decay over the text", lambda d, A: torch.exp(torch.einsum("dl,dn->dn", d, A)),
     "a decay in the place of a time"),
    ("the largest", lambda d, A: LN2 / (A.abs() * d.max(dim=1)[0][:, None]), "the largest step for all"),
    ("counted", lambda d, A: ((A.unsqueeze(2) * d.cumsum(1).unsqueeze(1)).exp() > 0.5).float().sum(2) + 1,
     "the first half of this text"),
    ("along the channels", lambda d, A: LN2 / (-A * d.mean(dim=0, keepdim=True)), "a mean along the channels"),
    ("exp of A", lambda d, A: LN2 / (torch.exp(A) * d.mean(1, keepdim=True)), "the exponential of A"),
    ("a median", lambda d, A: LN2 / (-A * d.median(1, keepdim=True).values) * 1.001, None),
    ("no keepdim", lambda d, A: LN2 / (-A * d.mean(1)[:, None, None]), None),
    ("no return", lambda d, A: None, None),
    ("a median of half-lives", lambda d, A: (LN2 / (d[:, None] * A.abs()[..., None])).median(2)[0],
     "a median in the place of the mean"),
    ("no bracket", lambda d, A: d.shape[1] * math.log(0.5) / A * d.sum(1, keepdim=True),
     "a product with Δ in the place of a division"),
    ("rounded up, to whole numbers", lambda d, A: (LN2 / (-A * d.mean(1, keepdim=True))).ceil().int(),
     "a time that is rounded"),
    ("rounded, to whole numbers", lambda d, A: (LN2 / (A.abs() * d.mean(1)[:, None])).round().long(),
     "a time that is rounded"),
    ("rounded", lambda d, A: (LN2 / (-A * d.mean(1, keepdim=True))).round(), "a time that is rounded"),
    ("a negative time constant", lambda d, A: 1 / (A * d.mean(1)[:, None]), "a negative time constant"),
    ("a half", lambda d, A: 0.5 / (A.abs() * d.mean(1, keepdim=True)), "a half in the place of its logarithm"),
    ("a lost axis", lambda d, A: LN2 / (A.abs() * d.mean(-1)), "a mean without its axis"),
    ("for each token", lambda d, A: LN2 / torch.einsum("dl,dn->dnl", d, -A), "a half-life for each token"),
    ("a mean of decays", lambda d, A: -LN2 / torch.exp(torch.einsum("dl,dn->dnl", d, A)).mean(2).log(),
     "a mean of decays"),
    ("a plain median", lambda d, A: LN2 / (-A * torch.median(d, 1)[0][:, None]), "a median in the place of the mean"),
    ("A alone", lambda d, A: -LN2 / A, "no step size"),
    ("Δ alone", lambda d, A: LN2 / d.mean(1, keepdim=True), "no A"),
    ("Δ alone, for each state", lambda d, A: torch.ones_like(A) * LN2 / d.mean(1)[:, None], "no A"),
    ("times A", lambda d, A: LN2 / d.mean(1, keepdim=True) * A.abs(), "A in the numerator"),
    ("a rate", lambda d, A: -A * d.mean(1, keepdim=True) / LN2, "a half-life turned over"),
    ("halvings in the text", lambda d, A: (A * d.sum(1)[:, None]).abs() / LN2, "a half-life turned over"),
    ("halvings in the text, by log2", lambda d, A: -torch.einsum("dn,dl->dn", A, d) * math.log2(math.e),
     "a half-life turned over"),
    ("log of a half, and |A|", lambda d, A: math.log(0.5) / (A.abs() * d.mean(1)[:, None]), "a negative time"),
    ("softplus once more", lambda delta, A: -math.log(2) / (A * F.softplus(delta).mean(1)[:, None]),
     "a softplus that has been applied already"),
    ("times Δ", lambda delta, A: -math.log(2) / A * delta.mean(-1)[:, None],
     "a product with Δ in the place of a division"),
    ("log 2 below", lambda delta, A: -1 / (A * delta.mean(-1)[:, None] * math.log(2)),
     "a logarithm on the wrong side of the fraction bar"),
    ("the exponent of a token", lambda d, A: A.abs() * d.mean(1)[:, None], "an exponent in the place of a time"),
    ("the exponent of the text", lambda d, A: torch.einsum("dl,dn->dn", d, A), "an exponent in the place of a time"),
    ("the smallest step", lambda d, A: -LN2 / (A * d.min(1, keepdim=True).values), "the smallest step for all"),
    ("L − 1", lambda d, A: -LN2 * (d.shape[1] - 1) / (A * d.sum(1)[:, None]), "a mean over one token less"),
    ("no mean", lambda d, A: LN2 / (A.abs() * d), "a half-life for each token"),
    ("cut to whole numbers", lambda d, A: (-LN2 / (A * d.mean(1, True))).int().long(), "a time that is rounded"),
    ("rounded down", lambda d, A: -LN2 / (A * d.mean(1, True)) // 1, "a time that is rounded"),
    ("from the second token on", lambda d, A: -LN2 / (A * d[:, 1:].mean(-1, True)), "a token that is left out"),
    ("up to the last token but one", lambda d, A: -LN2 / (A * d[:, :-1].mean(-1, True)), "a token that is left out"),
    ("a logarithm of a product", lambda d, A: math.log(0.5) / (
        torch.exp(A[..., None] * d[:, None]).prod(2) ** (1 / d.shape[1])).log(), "the logarithm of what is left"),
    ("the place of the first below a half", lambda d, A: (
        torch.exp(A[..., None] * d.cumsum(1)[:, None]) < 0.5).float().argmax(-1).float(),
     "the first half of this text"),
    ("counted in whole numbers", lambda d, A: (
        torch.exp(A[..., None] * d[:, None]).cumprod(2) > 0.5).sum(2), "the first half of this text"),
    ("counted up to a half, or to the end", tokens_counted, "the first half of this text"),
    ("over the length of delta", lambda d, A: LN2 / (-A * (d.sum(1) / len(d))[:, None]), "the length of another axis"),
    ("over the states", lambda d, A: LN2 / (-A * (d.sum(1) / len(A[0]))[:, None]), "the length of another axis"),
    ("over what is left", lambda d, A: LN2 / torch.exp(d.mean(1)[:, None] * A),
     "what is left in the place of its exponent"),
    ("over what fades", lambda d, A: LN2 / (1 - torch.exp(d.mean(1)[:, None] * A)),
     "what is left in the place of its exponent"),
    ("the mean of A", lambda d, A: LN2 / (A.mean(1)[:, None].abs() * d.mean(1)[:, None]) + 0 * A,
     "one A for all states"),
    ("the sum of A", lambda d, A: (-LN2 / (A.sum(1) * d.mean(1)))[:, None].repeat(1, A.shape[1]),
     "one A for all states"),
    ("L tokens, without the first step", lambda d, A: LN2 * d.shape[1] / (-A * d[:, 1:].sum(1)[:, None]),
     "a token that is left out"),
    ("L tokens, without the last step", lambda d, A: LN2 * d.shape[1] / (-A * d[:, :-1].sum(1)[:, None]),
     "a token that is left out"),
    ("1 + ΔA", lambda d, A: math.log(0.5) / (1 + A * d.mean(1)[:, None]).log(), "Euler's decay"),
    ("a log with a small number", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]) + 1e-8), "the logarithm of what is left"),
    ("a log that stops at 1e-30", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]).clamp(min=1e-30)), "the logarithm of what is left"),
    ("a log that stops at 1e-12", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]).clamp(min=1e-12)), "the logarithm of what is left"),
    ("a log with the distance of floats", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]) + torch.finfo(A.dtype).eps), "the logarithm of what is left"),
    ("a log that stops at 1e-5", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]).clamp(min=1e-5)), "the logarithm of what is left"),
    ("a log with 1e-9", lambda d, A: -d.shape[1] / torch.log2(1e-9 + torch.exp(A * d.sum(1)[:, None])),
     "the logarithm of what is left"),
    ("a log with the smallest number", lambda d, A: -LN2 * d.shape[1] / torch.log(
        torch.exp(A * d.sum(1)[:, None]) + torch.finfo(A.dtype).tiny), "the logarithm of what is left"),
    ("a sum, and no ln 2", lambda d, A: 1 / (A.abs() * d.sum(1)[:, None]), "the whole text as one step"),
    ("a sum, and negative", lambda d, A: math.log(0.5) / (A.abs() * d.sum(1)[:, None]), "the whole text as one step"),
    ("−exp of A", lambda d, A: LN2 / (-torch.exp(A) * d.mean(1)[:, None]), "the exponential of A"),
]  # fmt: skip


# Exercise 4: fit_probe (x, y, ridge)


def fit_by_lstsq(x, y, ridge):
    """Ridge as further rows of a plain least-squares problem."""
    n, width = x.shape
    rows = torch.cat([(x - x.mean(0)) / n**0.5, ridge**0.5 * torch.eye(width)])
    right = torch.cat([(y.float() - y.float().mean()) / n**0.5, torch.zeros(width)])
    w = torch.linalg.lstsq(rows, right[:, None]).solution[:, 0]
    return w, -(x[y].mean(0) + x[y.logical_not()].mean(0)) @ w / 2


def fit_by_inverse(x, y, ridge, scale=True, centre=True, target=lambda y: y.float(), cut=None, eye=torch.eye):
    """A learner's closed form with one thing changed."""
    t, c = target(y), x - x.mean(0) if centre else x
    n = len(x) if scale else 1
    w = torch.inverse(c.T @ c / n + ridge * eye(x.shape[1])) @ (c.T @ (t - t.mean()) / n)
    return w, cut(x, y, w) if cut else -((x[y] @ w).mean() + (x[~y] @ w).mean()) / 2


def fit(**changes):
    return lambda x, y, ridge: fit_by_inverse(x, y, ridge, **changes)


def ones(width):
    return torch.ones(width, width)


def with_cut(x, y, w):
    return w, -((x[y] @ w).mean() + (x[~y] @ w).mean()) / 2


def fit_by_cov(x, y, ridge):
    cov = torch.cov(torch.cat([x, y[:, None].float()], 1).T)  # (F + 1, F + 1)
    w = torch.linalg.solve(cov[:-1, :-1] + ridge * torch.eye(x.shape[1]), cov[:-1, -1])
    return w, -(x[y].mean(0) + x[~y].mean(0)) @ w / 2


def fit_by_cov_of_n(x, y, ridge):
    """The system made of covariances over n."""
    both = torch.cov(torch.cat([x, y[:, None].to(x)], 1).T, correction=0)  # (F + 1, F + 1)
    w = torch.linalg.solve(both[:-1, :-1] + ridge * torch.eye(len(both) - 1), both[:-1, -1])
    return w, -(x[y] @ w).mean() / 2 - (x[~y] @ w).mean() / 2


PROBE = [
    ("lstsq", fit_by_lstsq, "right"),
    ("n times the ridge", lambda x, y, r: fit_by_inverse(x, y, len(y) * r), "a ridge that grows with the data"),
    ("sums on the right", lambda x, y, r: fit_by_inverse(x, y, r, target=lambda y: y.float() * len(y)),
     "a mean on one side only"),
    ("sums on the left", lambda x, y, r: fit_by_inverse(
        x, y, r * len(x), scale=False, target=lambda y: y.float() / len(y), eye=lambda F: torch.eye(F) / len(x)),
     "a mean on one side only"),
    ("no cut", fit(cut=lambda x, y, w: 0 * w.sum()), "no cut"),
    ("inverse", fit(), "right"),
    ("float64", lambda x, y, r: tuple(v.float() for v in fit_by_lstsq(x, y, r)), "right"),
    ("c as a plain number", lambda x, y, r: (lambda w, c: (w, c.item()))(*fit_by_lstsq(x, y, r)), None),
    ("no ridge", lambda x, y, r: fit_by_inverse(x, y, 0.0), "no ridge"),
    ("sums", fit(scale=False), "a ridge that fades with the data"),
    ("means, and the ridge over n", lambda x, y, r: fit_by_inverse(x, y, r / len(y)),
     "a ridge that fades with the data"),
    ("n equations, and the ridge alone", lambda x, y, r: (lambda c: with_cut(x, y, c.T @ torch.linalg.solve(
        c @ c.T + r * torch.eye(len(x)), y.float() - y.float().mean())))(x - x.mean(0)),
     "a ridge that fades with the data"),
    ("n equations, and n times the ridge", lambda x, y, r: (lambda c: with_cut(x, y, c.T @ torch.linalg.solve(
        c @ c.T + len(x) * r * torch.eye(len(x)), y.float() - y.float().mean())))(x - x.mean(0)), "right"),
    ("ridge everywhere", fit(eye=ones), "a ridge on every product"),
    ("not centred", fit(centre=False), "features that are not centred"),
    ("the mean of all", fit(cut=lambda x, y, w: -(x @ w).mean()), "a cut at the mean of everything"),
    ("one half", fit(cut=lambda x, y, w: y.float().mean() - (x @ w).mean() - 0.5),
     "a cut where the regression says a half"),
    ("the middle of centred features", fit(
        cut=lambda x, y, w: -((x - x.mean(0))[y].mean(0) + (x - x.mean(0))[~y].mean(0)) @ w / 2
    ), "a cut for centred features"),
    ("plus", fit(cut=lambda x, y, w: (x[y].mean(0) + x[~y].mean(0)) @ w / 2), "a cut of the wrong sign"),
    ("no half", fit(cut=lambda x, y, w: -(x[y].mean(0) + x[~y].mean(0)) @ w), "a middle that is not halved"),
    ("plus and minus one", fit(target=lambda y: 2.0 * y - 1), "weights that are twice as long"),
    ("a 2 on the right side", lambda x, y, r: with_cut(x, y, 2 * fit_by_inverse(x, y, r)[0]),
     "weights that are twice as long"),
    ("yes for no", fit(target=lambda y: (~y).float()), "the two groups exchanged"),
    ("nothing centred", lambda x, y, r: (lambda w: (w, -(x[y].mean(0) + x[~y].mean(0)) @ w / 2))(
        torch.linalg.solve(x.T @ x / len(x) + r * torch.eye(x.shape[1]), x.T @ y.float() / len(x))),
     "features that are not centred"),
    ("an intercept", fit(cut=lambda x, y, w: (y.float() - x @ w).mean()), "an intercept in the place of a cut"),
    ("a ridge twice", lambda x, y, r: fit_by_inverse(x, y, 2 * r), "a 2 that has not cancelled"),
    ("a ridge halved", lambda x, y, r: fit_by_inverse(x, y, r / 2), "a 2 that has not cancelled"),
    ("torch.cov", fit_by_cov, "n − 1 in the denominator"),
    ("the means", lambda x, y, r: (lambda w: (w, -(x[y].mean(0) + x[~y].mean(0)) @ w / 2))(
        x[y].mean(0) - x[~y].mean(0)), "a system that is not solved"),
    ("products alone", lambda x, y, r: with_cut(x, y, ((x - x.mean(0)) * y[:, None]).mean(0)),
     "a system that is not solved"),
    ("sums of products alone", lambda x, y, r: with_cut(x, y, ((x - x.mean(0)) * y[:, None]).sum(0)),
     "a system that is not solved"),
    ("the means on the right side", lambda x, y, r: with_cut(x, y, torch.inverse(torch.cov(x.T, correction=0).view(
        x.shape[1], -1) + r * torch.eye(x.shape[1])) @ (x[y].mean(0) - x[~y].mean(0))),
     "the difference of the means on the right side"),
    ("scaled, and back", lambda x, y, r: with_cut(x, y, fit_by_inverse(x / x.std(0), y, r)[0] / x.std(0)),
     "a ridge for scaled features"),
    ("a ridge times the variances", lambda x, y, r: (lambda c: with_cut(x, y, torch.linalg.solve(
        c.T @ c / len(x) + r * torch.diag(c.square().mean(0)), c.T @ y.float() / len(x))))(x - x.mean(0)),
     "a ridge for scaled features"),
    ("−½", fit(cut=lambda x, y, w: torch.tensor(-0.5)), "a cut between the targets"),
    ("minus the share of the inside", fit(cut=lambda x, y, w: -(y.sum() / len(y))), "a cut between the targets"),
    ("the root of the ridge", lambda x, y, r: fit_by_cov_of_n(x, y, math.sqrt(r)), "a power of the ridge"),
    ("c first", lambda x, y, r: fit_by_inverse(x, y, r)[::-1], "the two results exchanged"),
    ("w alone", lambda x, y, r: fit_by_inverse(x, y, r)[0], None),
    ("difference of means", lambda x, y, r: (x[y].mean(0) - x[~y].mean(0), torch.tensor(0.0)), None),
    ("no return", lambda x, y, r: None, None),
    ("a crash", lambda x, y, r: torch.linalg.solve(x, y), None),
    ("sums, and a ridge divided", lambda x, y, r: fit_by_inverse(x, y, r / len(x), scale=False),
     "a ridge divided by the examples"),
    ("a spread of 1", lambda x, y, r: fit_by_inverse((x - x.mean(0)) / x.std(0), y, r), "features that are scaled"),
    ("a spread of 1, uncentred", lambda x, y, r: fit_by_lstsq(x / x.std(dim=0), y, r), "features that are scaled"),
    ("half the difference", fit(cut=lambda x, y, w: -(x[y].mean(0) - x[~y].mean(0)) @ w / 2),
     "a cut at half the difference"),
    ("the mean of the inside", fit(cut=lambda x, y, w: -(x @ w)[y].mean()), "a cut at the mean of one group"),
    ("the middle itself", fit(cut=lambda x, y, w: -(x[y].mean() + x[~y].mean()) / 2), "a cut without the weights"),
    ("the median", fit(cut=lambda x, y, w: -torch.median(x @ w)), "a cut at the median"),
    ("the ridge squared", lambda x, y, ridge: fit_by_cov_of_n(x, y, ridge**2), "a power of the ridge"),
    ("no ridge, and a constant", lambda x, y, r: (lambda w: (w[:-1], w[-1] - 0.5))(torch.linalg.lstsq(
        torch.cat([x, torch.ones(len(x), 1)], 1), y.float()[:, None]).solution[:, 0]), "no ridge"),
    ("a minus", lambda x, y, r: fit_by_inverse(x, y, -r), "a ridge that is taken away"),
    ("one mean", lambda x, y, r: with_cut(x, y, fit_by_inverse(x - x.mean(), y, r, centre=False)[0]),
     "a mean that is not the feature's"),
    ("a mean of each example", lambda x, y, r: with_cut(
        x, y, fit_by_inverse(x - x.mean(1, keepdim=True), y, r, centre=False)[0]), "a mean that is not the feature's"),
    ("over F", lambda x, y, r: fit_by_inverse(x, y, r * x.shape[1] / len(x)), "the number of features"),
    ("multiplied", lambda x, y, r: with_cut(x, y, torch.mv(torch.cov(x.T, correction=0).view(
        x.shape[1], -1) + r * torch.eye(x.shape[1]), ((x - x.mean(0)) * y[:, None]).mean(0))),
     "a product in the place of a solution"),
    ("fractions", lambda x, y, r: with_cut(
        x, y, ((x - x.mean(0)) * y[:, None]).mean(0) / (x.var(0, correction=0) + r)), "each feature by itself"),
    ("1 / ridge", lambda x, y, r: fit_by_inverse(x, y, 1 / r), "a ridge turned over"),
    ("a column of ones", lambda x, y, r: (lambda X: (lambda w: (w[:-1], w[-1] - 0.5))(torch.inverse(
        X.T @ X + r * len(X) * torch.eye(X.shape[1])) @ (X.T @ y.float())))(F.pad(x, (0, 1), value=1.0)),
     "a ridge on the constant"),
    ("whole numbers as an index", lambda x, y, r: (lambda g: fit_by_inverse(
        x, y, r, cut=lambda x, y, w: -(x[g].mean(0) + x[1 - g].mean(0)) @ w / 2))(y.long()),
     "places in the place of a mask"),
    ("whole numbers and their ~", lambda x, y, r: (lambda g: fit_by_inverse(
        x, y, r, cut=lambda x, y, w: -(x[g] @ w).mean() / 2 - (x[~g] @ w).mean() / 2))(y.int()),
     "places in the place of a mask"),
    ("two medians", fit(cut=lambda x, y, w: -(torch.median(x[y] @ w) + torch.median(x[~y] @ w)) / 2),
     "a cut between the medians"),
    ("centred on the left alone", lambda x, y, r: with_cut(x, y, torch.linalg.solve(
        torch.atleast_2d(torch.cov(x.T, correction=0)) + r * torch.eye(x.shape[1]), x[y].sum(0) / len(x))),
     "features that are not centred"),
    ("the middle for c", fit(cut=lambda x, y, w: (x[y].mean(0) + x[~y].mean(0)) / 2), "a cut without the weights"),
    ("minus the middle for c", fit(cut=lambda x, y, w: (x[y].mean(0) + x[~y].mean(0)) / -2),
     "a cut without the weights"),
    ("weights that keep a gradient", lambda x, y, r: fit_by_inverse(x.clone().requires_grad_(), y, r), "right"),
    ("sums, and plus and minus one", fit(scale=False, target=lambda y: 2.0 * y - 1),
     "a ridge that fades with the data"),
    ("sums, not centred", fit(scale=False, centre=False), "a ridge that fades with the data"),
    ("sums, and the mean of all", fit(scale=False, cut=lambda x, y, w: -(x @ w).mean()),
     "a ridge that fades with the data"),
    ("sums, and an intercept", fit(scale=False, cut=lambda x, y, w: (y.float() - x @ w).mean()),
     "a ridge that fades with the data"),
    ("sums, and one half", fit(scale=False, cut=lambda x, y, w: (y.float() - x @ w).mean() - 0.5),
     "a ridge that fades with the data"),
    ("plus and minus one, and an intercept", fit(
        target=lambda y: 2.0 * y - 1, cut=lambda x, y, w: (2.0 * y - 1 - x @ w).mean()),
     "an intercept for targets of −1 and 1"),
    ("the middle taken off", lambda x, y, r: with_cut(
        x, y, fit(centre=False)(x - (x[y].mean(0) + x[~y].mean(0)) / 2, y, r)[0]),
     "the middle taken off the features"),
    ("the middle taken off, and ½ off the targets", lambda x, y, r: (lambda z: with_cut(x, y, torch.linalg.solve(
        z.T @ z / len(x) + r * torch.eye(x.shape[1]), z.T @ (y.float() - 0.5) / len(x))))(
        x - torch.stack([x[y].mean(0), x[~y].mean(0)]).mean(0)), "the middle taken off the features"),
    ("nothing centred, and −½", lambda x, y, r: (torch.linalg.solve(
        x.T @ x / len(x) + r * torch.eye(x.shape[1]), x.T @ y.float() / len(x)), torch.tensor(-0.5)),
     "features that are not centred"),
    ("nothing centred, and an intercept", lambda x, y, r: (lambda w: (w, (y.float() - x @ w).mean()))(
        torch.linalg.solve(x.T @ x / len(x) + r * torch.eye(x.shape[1]), x.T @ y.float() / len(x))),
     "features that are not centred"),
    ("nothing centred, and an intercept less ½", lambda x, y, r: (lambda w: (w, (y.float() - x @ w).mean() - 0.5))(
        torch.linalg.solve(x.T @ x / len(x) + r * torch.eye(x.shape[1]), x.T @ y.float() / len(x))),
     "features that are not centred"),
    ("nothing centred, and no cut", lambda x, y, r: (torch.linalg.solve(
        x.T @ x / len(x) + r * torch.eye(x.shape[1]), x.T @ y.float() / len(x)), torch.tensor(0.0)),
     "features that are not centred"),
]  # fmt: skip


# Exercise 5: last_bytes (ids, k)


def bytes_by_loop(ids, k):
    rows = []
    for t in range(len(ids)):
        rows.append([int(ids[t - j]) if t - j >= 0 else -1 for j in range(k)])
    return torch.tensor(rows)


def bytes_filled(ids, k, end=lambda L, j: max(0, L - j)):
    out = torch.full((len(ids), k), -1)
    for j in range(k):
        out[j:, j] = ids[: end(len(ids), j)]
    return out


def bytes_moved_on(ids, k, first=True):
    columns, column = [], ids.clone()
    for j in range(k):
        if j > 0 and not first:
            column[1:], column[0] = column[:-1].clone(), -1
        columns.append(column)
        if first:
            column[1:], column[0] = column[:-1].clone(), -1
    return torch.stack(columns, dim=1)


def rows_of_slices(ids, k):
    out = torch.zeros(len(ids), k, dtype=ids.dtype) - 1
    for t, _ in enumerate(ids):
        out[t, :] = torch.flip(ids[t + 1 - k : t + 1], (0,))
    return out


def bytes_with(change):
    return lambda ids, k: torch.stack([change(ids, j) for j in range(k)], dim=1)


BYTES = [
    ("a loop", bytes_by_loop, "right"),
    ("filled", bytes_filled, "right"),
    ("−1 in front of each row", lambda ids, k: torch.tensor([
        [-1] * (k - 1 - t) + [int(ids[t - j]) for j in range(min(k, t + 1))] for t in range(len(ids))]),
     "a first row that begins with what is missing"),
    ("cut in front", bytes_with(lambda ids, j: torch.cat([torch.full((j,), -1), ids])[j:]), "the text in every column"),
    ("unfold", lambda ids, k: F.pad(ids, (k - 1, 0), value=-1).unfold(0, k, 1).flip(1), "right"),
    ("roll", bytes_with(lambda ids, j: torch.roll(ids, j)), "a text that is a ring"),
    ("negative index", lambda ids, k: torch.stack([ids[torch.arange(len(ids)) - j] for j in range(k)], 1),
     "a text that is a ring"),
    ("ahead", bytes_with(lambda ids, j: F.pad(ids, (0, j), value=-1)[j:]), "a look ahead"),
    ("one back", lambda ids, k: bytes_by_loop(ids, k + 1)[:, 1:], "the present byte left out"),
    ("oldest first", lambda ids, k: bytes_by_loop(ids, k).flip(1), "the oldest byte first"),
    ("zeros", lambda ids, k: bytes_by_loop(ids, k).clamp(min=0), "zeros before the text"),
    ("spaces", bytes_with(lambda ids, j: F.pad(ids, (j, 0), value=32)[: len(ids)]), "another number for none"),
    ("uint8", lambda ids, k: bytes_by_loop(ids, k).to(torch.uint8), "another number for none"),
    ("one tensor moved on", lambda ids, k: bytes_moved_on(ids, k, first=False), "the last move in every column"),
    ("one tensor moved on, the first time too late", bytes_moved_on, "the last move in every column"),
    ("the 128 of one_hot", bytes_with(lambda ids, j: F.pad(ids, (j, 0), value=128)[: len(ids)]),
     "another number for none"),
    ("on its side", lambda ids, k: bytes_by_loop(ids, k).T, "places in columns"),
    ("k + 1", lambda ids, k: bytes_by_loop(ids, k + 1), "a byte too many"),
    ("unfold alone", lambda ids, k: ids.unfold(0, k, 1).flip(1), "the first places left out"),
    ("padded behind", lambda ids, k: F.pad(ids, (0, k - 1), value=-1).unfold(0, k, 1).flip(1), "a look ahead"),
    ("the first again", bytes_with(lambda ids, j: ids[(torch.arange(len(ids)) - j).clamp(min=0)]),
     "the first byte repeated"),
    ("k − 1", lambda ids, k: bytes_by_loop(ids, k - 1), "a byte too few"),
    ("one hot", lambda ids, k: F.one_hot(bytes_by_loop(ids, k) + 1, 257), None),
    ("the last ones", lambda ids, k: ids[-k:], None),
    ("no return", lambda ids, k: None, None),
    ("floats", lambda ids, k: bytes_by_loop(ids, k).float(), None),
    ("−1 for the first rows", lambda ids, k: torch.cat([torch.full((k - 1, k), -1), bytes_by_loop(ids, k)[k - 1 :]]),
     "whole rows of −1"),
    ("the same in each", lambda ids, k: torch.where(bytes_by_loop(ids, k) < 0, -1, ids[:, None]),
     "columns that are not moved"),
    ("up to −j", bytes_with(lambda ids, j: torch.cat([ids.new_full((j,), -1), ids[:-j]])),
     "a slice that ends at −0"),
    ("rows of slices", rows_of_slices, "a slice that begins below 0"),
    ("padded alone", bytes_with(lambda ids, j: torch.cat([torch.full((j,), -1), ids])), "columns that are not cut"),
    ("shorter and shorter", bytes_with(lambda ids, j: ids[j:]), "columns without their −1"),
    ("from the one before, up to k", lambda ids, k: bytes_by_loop(ids, k)[:, 1:], "the present byte left out"),
    ("t − j > 0", lambda ids, k: torch.tensor([[int(ids[t - j]) if t - j > 0 else -1 for j in range(k)]
     for t in range(len(ids))]), "the first byte left out"),
    ("roll, and −1 in the first row", bytes_with(
        lambda ids, j: torch.where(torch.arange(len(ids)) < min(j, 1), -1, ids.roll(j))), "a text that is a ring"),
    ("a window in reading order", lambda ids, k: torch.tensor([
        (ids[max(0, t - k + 1) : t + 1].tolist() + k * [-1])[:k] for t in range(len(ids))]), "the oldest byte first"),
    ("a view", lambda ids, k: bytes_by_loop(ids, k).T.contiguous().view(len(ids), k),
     "another shape for the same row of numbers"),
    ("the bytes before, in reading order", lambda ids, k: F.pad(ids, (k, 0), value=-1).unfold(0, k, 1)[:-1],
     "the present byte left out"),
    ("an index below 0, in reading order", lambda ids, k: torch.stack([
        ids[t + torch.arange(1 - k, 1)] for t in range(len(ids))]), "a text that is a ring"),
    ("from k on", lambda ids, k: torch.where((torch.arange(len(ids)) < k)[:, None], -1, bytes_by_loop(ids, k)),
     "whole rows of −1"),
    ("padded in front, as rows", lambda ids, k: F.pad(ids.unfold(0, k, 1).flip(1), (0, 0, k - 1, 0), value=-1),
     "whole rows of −1"),
    ("flipped along the places", lambda ids, k: F.pad(ids, (k - 1, 0), value=-1).unfold(0, k, 1).flip(0),
     "the last place first"),
    ("flipped along both", lambda ids, k: F.pad(ids, (k - 1, 0), value=-1).unfold(0, k, 1).flip(0, 1),
     "the last place first"),
    ("zeros in floats", lambda ids, k: bytes_by_loop(ids, k).float().clamp(min=0), "zeros before the text"),
    ("repeated", lambda ids, k: ids[:, None].expand(-1, k), "the text in every column"),
    ("cut to k", lambda ids, k: bytes_by_loop(ids, k)[:k],
     "as many places as columns"),
    ("0 for none, then −1", lambda ids, k: (lambda out: out.masked_fill(out == 0, -1))(bytes_by_loop(ids, k)),
     "a 0 taken for no byte"),
    ("padded as sequences", lambda ids, k: torch.nn.utils.rnn.pad_sequence(
        [ids[max(0, t + 1 - k) : t + 1] for t in range(len(ids))], batch_first=True, padding_value=-1),
     "the oldest byte first"),
    ("as far as there are bytes", lambda ids, k: bytes_by_loop(ids, min(k, len(ids))), "no more columns than bytes"),
    ("the last k in all rows", lambda ids, k: torch.stack(len(ids) * [ids.flip(0)[:k]]),
     "the end of the text in every row"),
    ("moved j more each time", lambda ids, k: (lambda moved: torch.stack(moved, 1))(list(itertools.accumulate(
        range(1, k), lambda now, j: F.pad(now, (j, 0), value=-1)[: len(ids)], initial=ids))), "moves that add up"),
    ("padded by a growing sum", lambda ids, k: torch.stack([
        torch.cat([torch.full((sum(range(j + 1)),), -1), ids])[: len(ids)] for j in range(k)], 1),
     "moves that add up"),
    ("rolled the other way", bytes_with(lambda ids, j: ids.roll(-j)), "a look ahead"),
    ("rolled the other way, by an index", lambda ids, k: ids[
        (torch.arange(len(ids))[:, None] + torch.arange(k)) % len(ids)], "a look ahead"),
    ("padded behind, and cut", bytes_with(lambda ids, j: F.pad(ids, (0, j), value=-1)[: len(ids)]),
     "the text in every column"),
    ("an index not below −1", lambda ids, k: ids[
        (torch.arange(len(ids))[:, None] - torch.arange(k)).clamp(min=-1)], "a text that is a ring"),
    ("moved by one each time, from the text itself", lambda ids, k: torch.stack(
        [ids] + (k - 1) * [torch.cat([torch.tensor([-1]), ids[:-1]])], 1), "one move for all columns"),
    ("one place for every j but 0", bytes_with(lambda ids, j: F.pad(ids, (1 if j else 0, 0), value=-1)[: len(ids)]),
     "one move for all columns"),
    ("rolled, and −1 at the end", bytes_with(lambda ids, j: ids.roll(j).where(
        torch.arange(len(ids)) < len(ids) - j, -1)), "a text that is a ring"),
    ("rolled, and a −1 too few", bytes_with(lambda ids, j: ids.roll(j).where(
        torch.arange(len(ids)) >= j - 1, -1)), "a text that is a ring"),
    ("1 for none", lambda ids, k: F.pad(ids, (k - 1, 0), value=1).unfold(0, k, 1).flip(1), "another number for none"),
    ("whole numbers of 32 bits", lambda ids, k: bytes_filled(ids, k).int(), "right"),
    ("a slice up to L − j", bytes_with(lambda ids, j: torch.cat([torch.full((j,), -1), ids[: len(ids) - j]])),
     "more −1 than places"),
    ("a slice up to −j", lambda ids, k: torch.stack([ids] + [
        torch.cat([torch.full((j,), -1), ids[:-j]]) for j in range(1, k)], 1), "more −1 than places"),
    ("filled up to L − j", lambda ids, k: bytes_filled(ids, k, end=lambda L, j: L - j), "a slice that ends below 0"),
    ("an unfold on its side", lambda ids, k: F.pad(ids, (k - 1, 0), value=-1).unfold(0, k, 1).T, "places in columns"),
    ("zeros, up to L − j", bytes_with(lambda ids, j: torch.cat([torch.zeros(j).long(), ids[: len(ids) - j]])),
     "zeros before the text"),
    ("an unfold of a padded text alone", lambda ids, k: F.pad(ids, (k - 1, 0)).unfold(0, k, 1),
     "the oldest byte first"),
    ("an unfold alone, in reading order", lambda ids, k: ids.unfold(0, k, 1), "the first places left out"),
    ("windows from k − 1 on, in reading order", lambda ids, k: torch.tensor([
        k * [-1] if t < k - 1 else ids[t - k + 1 : t + 1].tolist() for t in range(len(ids))]), "whole rows of −1"),
]  # fmt: skip


# Bug hunt: held_out_accuracy (features, labels, held, ridge)


def balanced(said, true):
    return ((said & true).sum() / true.sum() + (~said & ~true).sum() / (~true).sum()).item() / 2


def scored(x_train, y_train, x_test, y_test, ridge, mean, std, score=balanced):
    w, c = fit_probe((x_train - mean) / std, y_train, ridge)
    return score(((x_test - mean) / std) @ w + c > 0, y_test)


def by_files(features, labels, held, ridge, scale="train", test=None, train=None, score=balanced):
    """A learner's repair, by masks over the files, with one thing changed."""
    files = torch.arange(len(labels))
    tested = files >= len(labels) - held if test is None else test(files, held)
    trained = ~tested if train is None else train(files, held)
    x = features.reshape(-1, features.shape[-1])
    tested, trained = (mask.repeat_interleave(labels.shape[1]) for mask in (tested, trained))
    y, part = labels.reshape(-1), {"train": x[trained], "all": x, "test": x[tested]}[scale]
    return scored(x[trained], y[trained], x[tested], y[tested], ridge, part.mean(0), part.std(0), score)


def repaired(**changes):
    return lambda features, labels, held, ridge: by_files(features, labels, held, ridge, **changes)


def drawn(features, labels, held, ridge, own=False, last=False, seed=0):
    x, y = features.flatten(0, 1), labels.flatten()
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    cut = held * labels.shape[1]
    test, train = (order[-cut:], order[:-cut]) if last else (order[:cut], order[cut:])
    part = x[train] if own else x
    return scored(x[train], y[train], x[test], y[test], ridge, part.mean(0), part.std(0))


def drawn_on(scale):
    """Bytes drawn, and each part on a scale of its own."""

    def answer(features, labels, held, ridge):
        x, y = features.flatten(0, 1), labels.flatten()
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
        test, train = order[: held * labels.shape[1]], order[held * labels.shape[1] :]
        return scored(scale(x[train]), y[train], scale(x[test]), y[test], ridge, 0.0, 1.0)

    return answer


def not_scaled(features, labels, held, ridge):
    x, y = features.flatten(0, 1), labels.flatten()
    cut = (len(labels) - held) * labels.shape[1]
    return scored(x[:cut], y[:cut], x[cut:], y[cut:], ridge, 0.0, 1.0)


def scored_by_parts(features, labels, held, ridge):
    parts = [part.flatten(0, 1) for part in features.split([len(labels) - held, held])]
    train, test = ((x - x.mean(0)) / x.std(0) for x in parts)
    y = labels.flatten()
    return scored(train, y[: len(train)], test, y[len(train) :], ridge, 0.0, 1.0)


def scored_with_own(mean, spread):
    """The tested part with its own mean, or its own spread."""

    def answer(features, labels, held, ridge):
        known, new = (part.flatten(0, 1) for part in features.split([len(labels) - held, held]))
        w, c = fit_probe((known - known.mean(0)) / known.std(0), labels[:-held].flatten(), ridge)
        test = (new - (new if mean else known).mean(0)) / (new if spread else known).std(0)
        return balanced(test @ w + c > 0, labels[-held:].flatten())

    return answer


def scored_on(scale):
    """The tested part on a scale other than the one fitted on."""

    def answer(features, labels, held, ridge):
        known, new = (part.flatten(0, 1) for part in features.split([len(labels) - held, held]))
        mean, std = known.mean(0), known.std(0)
        w, c = fit_probe((known - mean) / std, labels[:-held].flatten(), ridge)
        return balanced(scale(new, mean, std) @ w + c > 0, labels[-held:].flatten())

    return answer


def score_above_c(features, labels, held, ridge):
    x, new = features[:-held].flatten(0, 1), features[-held:].flatten(0, 1)
    mean, std = x.mean(0), x.std(0)
    w, c = fit_probe((x - mean) / std, labels[:-held].flatten(), ridge)
    return balanced((new - mean) / std @ w > c, labels[-held:].flatten())


def scored_above_a_half(features, labels, held, ridge):
    x, new = features[:-held].flatten(0, 1), features[-held:].flatten(0, 1)
    mean, std = x.mean(0), x.std(0)
    w, c = fit_probe((x - mean) / std, labels[:-held].flatten(), ridge)
    return balanced((new - mean) / std @ w + c > 0.5, labels[-held:].flatten())


LEAK = [
    ("masks", repaired(), "right"),
    ("a double loop", lambda f, y, h, r: by_files(f.double().float(), y, h, r), "right"),
    ("as it was", drawn, "the code as it was found"),
    ("bytes", lambda f, y, h, r: by_files(f.flatten(0, 1)[:, None], y.flatten()[:, None], h, r),
     "bytes in the place of files"),
    ("own scale", lambda f, y, h, r: drawn(f, y, h, r, own=True), "neighbours on both sides"),
    ("bytes drawn, and fitted on all", lambda f, y, h, r: (lambda x, y, order: scored(
        x, y, x[order], y[order], r, x.mean(0), x.std(0)))(f.flatten(0, 1), y.flatten(), torch.randperm(
            y.numel(), generator=torch.Generator().manual_seed(0))[: h * y.shape[1]]),
     "a test on what was trained on"),
    ("bytes drawn, and no scale", drawn_on(lambda x: x), "neighbours on both sides"),
    ("bytes drawn, each part on a scale of its own", drawn_on(lambda x: (x - x.mean(0)) / x.std(0)),
     "neighbours on both sides"),
    ("the two names exchanged", repaired(
        scale="all", train=lambda files, held: files < held, test=lambda files, held: files >= held),
     "training and test exchanged"),
    ("the last of the shuffle", lambda f, y, h, r: drawn(f, y, h, r, last=True), "other bytes drawn"),
    ("the last, and own scale", lambda f, y, h, r: drawn(f, y, h, r, own=True, last=True), "other bytes drawn"),
    ("one minus", lambda *case: 1 - by_files(*case), "shares of wrong answers"),
    ("the scale of all", repaired(scale="all"), "a scale that has seen the test"),
    ("the first files", repaired(test=lambda files, held: files < held), "the first files held out"),
    (
        "tested on what it knows",
        repaired(test=lambda f, h: f < len(f) - h, train=lambda f, h: f < len(f) - h),
        "a test on what was trained on",
    ),
    ("trained on all", repaired(train=lambda files, held: files >= 0), "a test on what was trained on"),
    (
        "plain",
        repaired(score=lambda said, true: (said == true).float().mean().item()),
        "a plain share of right answers",
    ),
    ("each part by itself", scored_by_parts, "a scale of its own for the test"),
    ("each file by itself", lambda f, y, h, r: not_scaled(
        (f - f.mean(1, keepdim=True)) / f.std(1, keepdim=True), y, h, r), "each file scaled by itself"),
    ("nothing scaled", not_scaled, "no scale"),
    ("files by lot", lambda f, y, h, r: (lambda order: by_files(f[order], y[order], h, r))(
        torch.randperm(len(f), generator=torch.Generator().manual_seed(0))), "files drawn by lot"),
    *((f"files by lot, of seed {seed}", lambda f, y, h, r, seed=seed: (lambda order: by_files(
        f[order], y[order], h, r))(torch.randperm(len(f), generator=torch.Generator().manual_seed(seed))),
       "files drawn by lot") for seed in (1, 42)),
    ("the other way round", repaired(test=lambda f, h: f < len(f) - h, train=lambda f, h: f >= len(f) - h),
     "training and test exchanged"),
    ("sizes the other way round", repaired(test=lambda f, h: f >= h, train=lambda f, h: f < h),
     "training and test exchanged"),
    ("a mean of its own", scored_with_own(mean=True, spread=False), "a scale of its own for the test"),
    ("a spread of its own", scored_with_own(mean=False, spread=True), "a scale of its own for the test"),
    ("a share of every file", lambda f, y, h, r: (lambda n: by_files(
        torch.cat([f[:, :-n].flatten(0, 1), f[:, -n:].flatten(0, 1)])[:, None],
        torch.cat([y[:, :-n].flatten(), y[:, -n:].flatten()])[:, None], n * len(f), r))(h * y.shape[1] // len(f)),
     "the end of every file held out"),
    ("right among the inside", repaired(score=lambda said, true: said[true].float().mean().item()),
     "one of the two shares"),
    ("right among the outside", repaired(score=lambda said, true: (~said)[~true].float().mean().item()),
     "one of the two shares"),
    ("one file too few", lambda f, y, h, r: by_files(f, y, 1, r), "too few files held out"),
    ("features[-held]", repaired(
        test=lambda files, held: files == len(files) - held, train=lambda files, held: files < len(files) - held),
     "too few files held out"),
    ("features[-1]", repaired(
        test=lambda files, held: files == len(files) - 1, train=lambda files, held: files < len(files) - held),
     "too few files held out"),
    ("held + 1", lambda f, y, h, r: by_files(f, y, h + 1, r), "a file too many or too few"),
    ("a file in between", repaired(train=lambda files, held: files < len(files) - held - 1),
     "a file too many or too few"),
    ("tested on all", repaired(test=lambda files, held: files >= 0, train=lambda files, held: files < len(files) - held
     ), "a test on what was trained on"),
    ("no ~", repaired(score=lambda said, true: (
        (said & true).sum() / true.sum() + (said & ~true).sum() / (~true).sum()).item() / 2),
     "a yes counted as right outside"),
    ("one mean and one spread", lambda f, y, h, r: not_scaled((f - f[:-h].mean()) / f[:-h].std(), y, h, r),
     "a scale across the features"),
    ("a scale for each byte", lambda f, y, h, r: not_scaled(
        (f - f.mean(-1, keepdim=True)) / f.std(-1, keepdim=True), y, h, r), "a scale across the features"),
    ("over the variance", lambda f, y, h, r: not_scaled(f / f[:-h].flatten(0, 1).var(0), y, h, r),
     "a variance in the place of the spread"),
    ("in per cent", lambda f, y, h, r: 100 * by_files(f, y, h, r), None),
    ("a half", lambda f, y, h, r: 0.5, None),
    ("no return", lambda f, y, h, r: None, None),
    ("a tensor", lambda f, y, h, r: torch.tensor(by_files(f, y, h, r)), None),
    ("the scale of the test", repaired(scale="test"), "a scale of the test alone"),
    ("fitted on all, scaled by the others", lambda f, y, h, r: (lambda x, part: scored(
        x, y.flatten(), f[-h:].flatten(0, 1), y[-h:].flatten(), r, part.mean(0), part.std(0)))(
        f.flatten(0, 1), f[:-h].flatten(0, 1)), "a test on what was trained on"),
    ("no shuffle", lambda f, y, h, r: by_files(f, y, h, r, scale="all", test=lambda files, held: files < held),
     "only the shuffle taken away"),
    ("files by lot, scaled by all", lambda f, y, h, r: (lambda order: by_files(
        f[order], y[order], h, r, scale="all", test=lambda files, held: files < held))(
        torch.randperm(len(f), generator=torch.Generator().manual_seed(0))), "files drawn by lot"),
    ("in turn", lambda f, y, h, r: sum(by_files(f, y, 1, r, test=lambda files, held, i=i: files == i)
     for i in range(len(f))) / len(f), "every file held out in turn"),
    ("file by file", lambda f, y, h, r: sum(by_files(
        f, y, h, r, test=lambda files, held, i=i: files == len(files) - 1 - i,
        train=lambda files, held: files < len(files) - held) for i in range(h)) / h, "a mean over the files"),
    ("minus c", score_above_c, "a cut of the wrong sign"),
    ("right in what it says", repaired(score=lambda said, true: (
        (said & true).sum() / said.sum() + (~said & ~true).sum() / (~said).sum()).item() / 2),
     "shares of the verdicts"),
    ("a cut at one half", scored_above_a_half, "a half in the place of 0"),
    ("a scale for each place", lambda f, y, h, r: not_scaled(
        (f - f[:-h].mean(0)) / f[:-h].std(0), y, h, r), "a scale for each place of a file"),
    ("a ridge of 0.01", lambda f, y, h, r: by_files(f, y, h, 0.01), "a ridge of your own"),
    ("fitted on the test", repaired(train=lambda files, held: files >= len(files) - held),
     "a test on what was trained on"),
    ("HELD of the notebook", lambda f, y, h, r: by_files(f, y, 8, r) if len(f) > 8 else 0.5,
     "the notebook's number of files"),
    ("the notebook's 8 files", repaired(test=lambda files, held: files >= max(len(files) - 8, 1)),
     "the notebook's number of files"),
    ("only centred", scored_on(lambda x, mean, std: x - mean), "a test that is not scaled"),
    ("only divided", scored_on(lambda x, mean, std: x / std), "a test that is not scaled"),
    ("as they came", scored_on(lambda x, mean, std: x), "a test that is not scaled"),
    ("tested from held on", repaired(
        test=lambda files, held: files >= held, train=lambda files, held: files < len(files) - held),
     "a test on what was trained on"),
    ("trained from held on", repaired(train=lambda files, held: files >= held), "a test on what was trained on"),
    ("a ridge of 1, and bytes drawn", lambda f, y, h, r: drawn(f, y, h, 1.0), "a ridge as the remedy"),
    ("no ridge", lambda f, y, h, r: by_files(f, y, h, 0), "a ridge of your own"),
    ("a plain share, on the scale of all", repaired(
        scale="all", score=lambda said, true: (said == true).float().mean().item()), "a plain share of right answers"),
    ("the end of every file, in shares", lambda f, y, h, r: (lambda cut: scored(
        *(f[:, :cut].flatten(0, 1), y[:, :cut].flatten(), f[:, cut:].flatten(0, 1), y[:, cut:].flatten()), r,
        f[:, :cut].mean((0, 1)), f[:, :cut].std((0, 1))))(y.shape[1] * (len(y) - h) // len(y)),
     "the end of every file held out"),
    ("trained on all but the last", repaired(train=lambda files, held: files < len(files) - 1),
     "a test on what was trained on"),
    ("trained on a file too many", repaired(train=lambda files, held: files <= len(files) - held),
     "a test on what was trained on"),
    ("a scale for each place, of all files", lambda f, y, h, r: not_scaled((f - f.mean(0)) / f.std(0), y, h, r),
     "a scale for each place of a file"),
    ("the second half of every file", lambda f, y, h, r: (lambda cut: scored(
        *(f[:, :cut].flatten(0, 1), y[:, :cut].flatten(), f[:, cut:].flatten(0, 1), y[:, cut:].flatten()), r,
        f[:, :cut].mean((0, 1)), f[:, :cut].std((0, 1))))(y.shape[1] // 2), "the end of every file held out"),
    ("never below a guess", lambda *case: (lambda share: max(share, 1 - share))(by_files(*case)), None),
    ("a little added to the spread", lambda f, y, h, r: scored(
        f[:-h].flatten(0, 1), y[:-h].flatten(), f[-h:].flatten(0, 1), y[-h:].flatten(), r,
        f[:-h].mean((0, 1)), f[:-h].std((0, 1)) + 1e-8), "right"),
    ("seed 1", lambda f, y, h, r: drawn(f, y, h, r, seed=1), "neighbours on both sides"),
    ("seed 42", lambda f, y, h, r: drawn(f, y, h, r, seed=42), "neighbours on both sides"),
    ("the two names exchanged, and bytes drawn", lambda f, y, h, r: drawn(f, y, len(f) - h, r, last=True),
     "other bytes drawn"),
    ("n times the ridge", lambda f, y, h, r: by_files(f, y, h, r * y[:-h].numel()), "a ridge of your own"),
    ("the ridge over n", lambda f, y, h, r: by_files(f, y, h, r / y[:-h].numel()), "a ridge of your own"),
    ("twice the ridge", lambda f, y, h, r: by_files(f, y, h, 2 * r), "a ridge of your own"),
    ("half the ridge", lambda f, y, h, r: by_files(f, y, h, r / 2), "a ridge of your own"),
    ("n times the ridge, and bytes drawn", lambda f, y, h, r: drawn(f, y, h, r * y[:-h].numel()),
     "a ridge as the remedy"),
]  # fmt: skip


test_an_answer_gets_its_verdict = judged(
    rows(
        "14",
        hidden_attention=MATRIX,
        conv_and_state=WAYS,
        half_life=HALF,
        fit_probe=PROBE,
        last_bytes=BYTES,
        held_out_accuracy=LEAK,
    )
)
