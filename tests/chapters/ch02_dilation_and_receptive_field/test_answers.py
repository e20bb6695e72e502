"""Answers as learners write them in notebook 02: the right ones pass, a wrong one gets a name only where it fits."""

import functools
import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from answer_rows import RIGHT, judged

from lite_mamba.causal_conv import causal_dilated_conv1d_fn, gated_dilated_conv, receptive_field

UNNAMED = None
ANSWERS = []


def answer(id, expected):
    def keep(function):
        ANSWERS.append(pytest.param(id, function, expected, id=f"{id[3:]}-{function.__name__}-{len(ANSWERS)}"))
        return function

    return keep


# 1: how many samples, now included


def field_loop(d_conv, dilations, stacked=False):
    total = 1
    for d in dilations:
        lag = d * (d_conv - 1)
        total = total + lag if stacked else max(total, lag + 1)
    return total


def field_of_the_sets(d_conv, dilations, stacked=False):
    sums = {0}
    for d in dilations:
        own = range(0, d_conv * d, d)
        sums = {a + b for a in sums for b in own} if stacked else sums | set(own)
    return max(sums) - min(sums) + 1


def field_by_impulse(d_conv, dilations, stacked=False, zeros=None):
    layers = [causal_dilated_conv1d_fn] * len(dilations)
    zeros = d_conv * sum(dilations) if zeros is None else zeros
    x, ones = F.pad(torch.ones(1, 1, 1), (0, zeros)), torch.ones(1, d_conv)
    if stacked:
        for layer, d in zip(layers, dilations, strict=True):
            x = layer(x, ones, dilation=d)
    else:
        x = sum(layer(x, ones, dilation=d) for layer, d in zip(layers, dilations, strict=True))
    return int(x.nonzero()[-1, -1]) + 1


def field_forgotten_return(d_conv, dilations, stacked=False):
    if stacked:
        return sum((d_conv - 1) * d for d in dilations) + 1
    max((d_conv - 1) * d for d in dilations) + 1


def field_as_float(d_conv, dilations, stacked=False):
    return float(receptive_field(d_conv, dilations, stacked))


def field_with_a_branch(k, dils, stacked=False):
    if not stacked:
        return (k - 1) * max(dils)
    return (k - 1) * sum(dils)


for expected, functions in {
    RIGHT: [
        receptive_field,
        field_loop,
        field_of_the_sets,
        field_by_impulse,
        lambda k, d, stacked=False: 1 + (k - 1) * (sum(d) if stacked else max(d)),
        lambda k, d, stacked=False: k * max(d) - max(d) + 1 if not stacked else k * sum(d) - sum(d) + 1,
        lambda k, d, stacked=False: [max, sum][stacked]([(k - 1) * i for i in d]) + 1,
        lambda k, d, stacked=False: sum((k - 1) * i + 1 for i in d) - len(d) + 1 if stacked else (k - 1) * max(d) + 1,
        lambda k, d, stacked=False: int(1 + (k - 1) * (torch.tensor(d).sum() if stacked else torch.tensor(d).max())),
    ],
    "off by one": [
        field_with_a_branch,
        lambda k, d, stacked=False: (k - 1) * (sum(d) if stacked else max(d)),
        lambda k, d, stacked=False: sum(k * i - i for i in d) if stacked else max(k * i - i for i in d),
    ],
    "off by one, and no stack": [lambda k, d, stacked=False: (k - 1) * max(d)],
    "off by one, and always a stack": [lambda k, d, stacked=False: sum((k - 1) * i for i in d)],
    "taps times dilation": [
        lambda k, d, stacked=False: k * max(d),
        lambda k, d, stacked=False: k * (sum(d) if stacked else max(d)),
        lambda k, d, stacked=False: k * sum(d),
        lambda k, d, stacked=False: k * (sum(d) if stacked else max(d)) + 1,
        lambda k, d, stacked=False: k * max(d) + 1,
        lambda k, d, stacked=False: sum(k * i + 1 for i in d) if stacked else max(k * i + 1 for i in d),
    ],
    "the dilation taken for the samples in between": [
        lambda k, d, stacked=False: (k - 1) * (max(d) + 1) + 1,
        lambda k, d, stacked=False: sum((k - 1) * (i + 1) for i in d) + 1 if stacked else (k - 1) * (max(d) + 1) + 1,
        lambda k, d, stacked=False: sum(k + (k - 1) * i for i in d) if stacked else max(k + (k - 1) * i for i in d),
    ],
    "branches side by side are added up": [
        lambda k, d, stacked=False: (k - 1) * sum(d) + 1,
        lambda k, d, stacked=False: sum((k - 1) * d) + 1,  # repeats the tuple
        lambda k, d, stacked=False: receptive_field(k, d, True),
    ],
    "stacked layers take the maximum": [
        lambda k, d, stacked=False: (k - 1) * max(d) + 1,
        lambda k, d, stacked=False: max((k - 1) * i + 1 for i in d),
    ],
    "the fields of stacked layers added": [
        lambda k, d, stacked=False: sum((k - 1) * i + 1 for i in d) if stacked else max((k - 1) * i + 1 for i in d)
    ],
    "the fields added, stacked or not": [lambda k, d, stacked=False: sum((k - 1) * i + 1 for i in d)],
    "the two arrangements exchanged": [
        lambda k, d, stacked=False: 1 + (k - 1) * (max(d) if stacked else sum(d)),
        lambda k, d, stacked=False: receptive_field(k, d, not stacked),
    ],
    "one fixed dilation in place of the largest": [
        lambda k, d, stacked=False: (k - 1) * (sum(d) if stacked else d[-1]) + 1,
        lambda k, d, stacked=False: (k - 1) * d[-1] + 1,
        lambda k, d, stacked=False: (k - 1) * d[0] + 1,
    ],
    "the dilation left out": [
        lambda k, d, stacked=False: (k - 1) * len(d) + 1 if stacked else k,
        lambda k, d, stacked=False: k,
    ],
    "only the samples that are read": [
        lambda k, d, stacked=False: len({i * j for i in range(k) for j in d}),
        lambda k, d, stacked=False: (
            (k - 1) * sum(d) + 1 if stacked else len({i * dilation for dilation in d for i in range(k)})
        ),
    ],
    "stacked layers multiplied": [
        lambda k, d, stacked=False: math.prod((k - 1) * i + 1 for i in d) if stacked else (k - 1) * max(d) + 1,
    ],
    "now counted in one arrangement only": [
        lambda k, d, stacked=False: (k - 1) * sum(d) if stacked else (k - 1) * max(d) + 1,
        lambda k, d, stacked=False: max(i * k - i for i in d) if not stacked else 1 + sum(i * k - i for i in d),
    ],
    "the paths counted": [
        lambda k, d, stacked=False: k ** len(d),
        lambda k, d, stacked=False: math.prod(k for _ in d) if stacked else k * max(d) - max(d) + 1,
    ],
    "another default": [lambda k, d, stacked=True: receptive_field(k, d, stacked)],
    "the smallest dilation": [lambda k, d, stacked=False: (k - 1) * (sum(d) if stacked else min(d)) + 1],
    "brackets around the gaps forgotten": [
        lambda k, d, stacked=False: sum(k - 1 * i for i in d) + 1 if stacked else max(k - 1 * i for i in d) + 1,
    ],
    "dilations that multiply": [
        lambda k, d, stacked=False: (k - 1) * (math.prod(d) if stacked else max(d)) + 1,
    ],
    "now counted in every branch": [
        lambda k, d, stacked=False: (k - 1) * (sum(d) if stacked else max(d)) + len(d),
    ],
    UNNAMED: [
        field_as_float,
        field_forgotten_return,
        lambda k, d, stacked=False: receptive_field(k, d, stacked) + 1,
        lambda k, d, stacked=False: 25,
        lambda k, d, stacked=False: (k - 1) * d + 1,
        lambda k, d, stacked=False: torch.tensor(receptive_field(k, d, stacked)),
        lambda k, d, stacked=False: None,
    ],
}.items():
    for function in functions:
        answer("02.receptive_field", expected)(function)


# 2: the gated multi-dilated sum


@answer("02.gated_dilated_conv", RIGHT)
def cut_at_the_end(x, weights, biases, gates, dilations):
    g = gates.softmax(-1)
    y = torch.zeros(x.shape)
    for i in range(len(weights)):
        pad = (weights[i].shape[-1] - 1) * dilations[i]
        out = F.conv1d(x, weights[i].unsqueeze(1), biases[i], padding=pad, dilation=dilations[i], groups=x.size(1))
        y += g[i] * F.silu(out[:, :, : x.size(-1)])
    return y


@answer("02.gated_dilated_conv", RIGHT)
def loops_over_taps(x, weights, biases, gates, dilations):
    e = torch.exp(gates - gates.max())
    y = 0
    for share, w, b, d in zip(e / e.sum(), weights, biases, dilations, strict=True):
        pre = b[None, :, None].expand_as(x).clone()
        for k in range(w.shape[1]):
            lag = (w.shape[1] - 1 - k) * d
            shifted = F.pad(x, (lag, 0))[..., : x.shape[-1]]
            pre = pre + w[None, :, k, None] * shifted
        y = y + share * pre * torch.sigmoid(pre)
    return y


@answer("02.gated_dilated_conv", RIGHT)
def stacked_einsum(x, weights, biases, gates, dilations):
    branches = []
    for w, b, d in zip(weights, biases, dilations, strict=True):
        windows = F.pad(x, ((w.shape[1] - 1) * d, 0)).unfold(-1, (w.shape[1] - 1) * d + 1, 1)[..., ::d]
        branches.append(F.silu(torch.einsum("bdlw,dw->bdl", windows, w) + b[:, None]))
    return torch.einsum("i,ibdl->bdl", torch.softmax(gates, 0), torch.stack(branches))


@answer("02.gated_dilated_conv", RIGHT)
def with_a_module(x, weights, biases, gates, dilations):
    silu, y = torch.nn.SiLU(), torch.zeros_like(x)
    for share, w, b, d in zip(F.softmax(gates, dim=0), weights, biases, dilations, strict=True):
        y += share * silu(causal_dilated_conv1d_fn(x, w, b, dilation=d))
    return y


@answer("02.gated_dilated_conv", RIGHT)
def zeros_joined_in_double(x, weights, biases, gates, dilations):
    parts = []
    for w, b, d in zip(weights, biases, dilations, strict=True):
        zeros = torch.zeros(x.shape[0], x.shape[1], d * (w.shape[1] - 1))
        joined = torch.cat((zeros, x), dim=2).double()
        parts.append(F.conv1d(joined, w.double()[:, None, :], b.double(), dilation=d, groups=w.shape[0]))
    return (F.silu(torch.stack(parts)) * torch.softmax(gates.double(), 0).view(-1, 1, 1, 1)).sum(0).to(x.dtype)


answer("02.gated_dilated_conv", RIGHT)(gated_dilated_conv)


def one(x, w, b, d, pad=None, **changes):
    """One branch of a wrong answer, cut or not as the learner has it."""
    lag = (w.shape[1] - 1) * d
    changes = {"dilation": d, "groups": x.shape[1]} | changes
    return F.conv1d(F.pad(x, (lag, 0) if pad is None else pad), w.unsqueeze(1), b, **changes)


def added(part, shares=lambda gates: gates.softmax(0), start=torch.zeros_like):
    """A learner's loop around `part(x, w, b, d)`, which may have mistakes."""

    def function(x, weights, biases, gates, dilations):
        y = start(x)
        for s, w, b, d in zip(shares(gates), weights, biases, dilations, strict=True):
            y = y + s * part(x, w, b, d)
        return y

    return function


def in_place(part):
    def function(x, weights, biases, gates, dilations):
        shares, y = torch.softmax(gates, dim=0), torch.zeros(x.shape)
        for i, d in enumerate(dilations):
            y += shares[i] * part(x, weights[i], biases[i], d)
        return y

    return function


def listed(part):
    def function(x, weights, biases, gates, dilations):
        parts = torch.stack([part(x, w, b, d) for w, b, d in zip(weights, biases, dilations, strict=True)])
        return (parts * gates.softmax(0)[:, None, None, None]).sum(dim=0)

    return function


def summed(part):
    return lambda x, ws, bs, gates, ds: sum(
        s * part(x, w, b, d) for s, w, b, d in zip(gates.softmax(0), ws, bs, ds, strict=True)
    )


def in_four_ways(part):
    return [added(part), in_place(part), listed(part), summed(part)]


def silu(x, w, b, d, **changes):
    return F.silu(one(x, w, b, d, **changes))


def cut_as_without_gaps(x, w, b, d):
    W, D = w.shape[1], x.shape[1]
    uncut = F.conv1d(x, w.unsqueeze(1), b, padding=(W - 1) * d, dilation=d, groups=D)
    return F.silu(uncut[..., : uncut.shape[-1] - (W - 1)])


def bare_weight(x, w, b, d):
    return F.silu(F.conv1d(F.pad(x, ((w.shape[1] - 1) * d, 0)), w, b, dilation=d, groups=x.shape[1]))


def front_axis(x, w, b, d, groups=1):
    return F.silu(F.conv1d(F.pad(x, ((w.shape[1] - 1) * d, 0)), w.unsqueeze(0), b, dilation=d, groups=groups))


def last_only(x, weights, biases, gates, dilations):
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y = s * silu(x, w, b, d)
    return y


def behind_one_another(x, weights, biases, gates, dilations):
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        x = s * silu(x, w, b, d)
    return x


def early_return(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y = y + s * silu(x, w, b, d)
        return y


def forgotten_return(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y += s * silu(x, w, b, d)


def commas_are_missing(x, weights, biases, gates, dilations):
    return sum(gates.softmax(0) * silu(x, weights, biases, dilations))


def detached(x, weights, biases, gates, dilations):
    return torch.tensor(gated_dilated_conv(x, weights, biases, gates, dilations).tolist())[:1]


def input_changed(x, weights, biases, gates, dilations):
    y = gated_dilated_conv(x, weights, biases, gates, dilations)
    x.copy_(y)
    return x


def beside(join):
    """The branches, joined in another way than by a sum."""
    return lambda x, ws, bs, gates, ds: join(
        [
            share * gated_dilated_conv(x, [w], [b], torch.zeros(1), [d])
            for share, w, b, d in zip(gates.softmax(0), ws, bs, ds, strict=True)
        ]
    )


def first_dilation(x, weights, biases, gates, dilations):
    return gated_dilated_conv(x, weights, biases, gates, dilations[:1] * len(dilations))


def max_lag(x, ws, bs, gates, ds, cut=None):
    padded = F.pad(x, ((ws[0].shape[1] - 1) * max(ds), 0))
    parts = [one(padded, w, b, d, pad=(0, 0))[..., :cut] for w, b, d in zip(ws, bs, ds, strict=True)]
    return sum(s * F.silu(p) for s, p in zip(gates.softmax(0), parts, strict=True))


for expected, functions in {
    "SiLU after the sum": [
        lambda *a: F.silu(summed(one)(*a)),
        lambda *a: (y := added(one)(*a)) * torch.sigmoid(y),
        lambda *a: torch.nn.SiLU()(listed(one)(*a)),
    ],
    "no activation": in_four_ways(one),
    "the share inside SiLU": [
        lambda x, ws, bs, gates, ds: sum(
            F.silu(s * one(x, w, b, d)) for s, w, b, d in zip(gates.softmax(0), ws, bs, ds, strict=True)
        )
    ],
    "another function than SiLU": [
        summed(lambda *a: F.relu(one(*a))),
        added(lambda *a: one(*a).sigmoid()),
        added(lambda *a: F.gelu(one(*a))),
        added(lambda *a: torch.tanh(one(*a))),
    ],
    "SiLU on the input": [added(lambda x, w, b, d: one(F.silu(x), w, b, d))],
    "SiLU once more on the sum": [lambda *a: F.silu(gated_dilated_conv(*a))],
    "gates used as they are": [added(silu, lambda gates: gates), added(silu, lambda gates: gates, lambda x: 0)],
    "exponentials that are not divided by their sum": [
        added(silu, torch.exp),
        added(silu, lambda gates: [math.e**g for g in gates]),
        added(silu, lambda gates: gates.exp(), lambda x: 0),
    ],
    "gates divided by their sum": [added(silu, lambda gates: gates / gates.sum())],
    "a sigmoid on each gate": [added(silu, torch.sigmoid), added(silu, lambda gates: 1 / (1 + (-gates).exp()))],
    "every branch at full strength": [
        added(silu, torch.ones_like),
        added(silu, lambda gates: [torch.softmax(g, 0) for g in gates]),
        lambda x, ws, bs, gates, ds: sum(silu(x, w, b, d) for w, b, d in zip(ws, bs, ds, strict=True)),
    ],
    "the plain mean of the branches": [
        added(silu, lambda gates: [1 / len(gates)] * len(gates)),
        lambda x, ws, bs, gates, ds: torch.stack([silu(x, w, b, d) for w, b, d in zip(ws, bs, ds, strict=True)]).mean(
            0
        ),
    ],
    "only one branch": [last_only, early_return],
    "the branches one behind the other": [behind_one_another],
    "dilation ignored": [
        added(lambda x, w, b, d: silu(x, w, b, 1)),
        in_place(lambda x, w, b, d: F.silu(causal_dilated_conv1d_fn(x, w, b))),
    ],
    "the oldest tap alone in its place": [
        *in_four_ways(lambda *a: silu(*a, dilation=1))[2:],
        added(lambda x, w, b, d: silu(x, w, b, d, dilation=1)[..., : x.shape[-1]]),
    ],
    "a dilation that is not everywhere": [
        *in_four_ways(lambda *a: silu(*a, dilation=1))[:2],
        *in_four_ways(cut_as_without_gaps)[:2],
    ],
    "one dilation too late": [
        *in_four_ways(lambda x, w, b, d: silu(x, w, b, d, pad=(w.shape[1] * d, 0))),
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(w.shape[1] * d, 0))[..., : x.shape[-1]]),
    ],
    "padding without the dilation": in_four_ways(lambda x, w, b, d: silu(x, w, b, d, pad=(w.shape[1] - 1, 0))),
    "no padding at all": in_four_ways(lambda *a: silu(*a, pad=(0, 0))),
    "padding on both sides": [
        *in_four_ways(lambda x, w, b, d: silu(x, w, b, d, padding=(w.shape[1] - 1) * d, pad=(0, 0))),
        added(lambda x, w, b, d: silu(x, w, b, d, pad=((w.shape[1] - 1) * d,) * 2)),
    ],
    "a branch that reads the future": [
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(0, (w.shape[1] - 1) * d))),
        summed(lambda x, w, b, d: silu(x, w, b, d, pad=((w.shape[1] - 1) * d,) * 2)[..., -x.shape[-1] :]),
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(0, 0), padding="same")),
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(0, 0), padding=(w.shape[1] - 1) * d // 2)),
    ],
    "one padding for all branches": [
        max_lag,
        lambda *a: max_lag(*a, cut=a[0].shape[-1]),
        lambda *a: torch.zeros_like(a[0]) + max_lag(*a),
    ],
    "groups forgotten": [
        *in_four_ways(lambda *a: silu(*a, groups=1)),
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(0, 0), padding=(w.shape[1] - 1) * d, groups=1)),
    ],
    "a kernel without its middle axis": in_four_ways(bare_weight),
    "the new axis in front": [added(front_axis), added(lambda *a: front_axis(*a, groups=a[0].shape[1]))],
    "taps in reverse order": [
        added(lambda x, w, b, d: silu(x, w.flip(1), b, d)),
        summed(lambda x, w, b, d: silu(x, torch.flip(w, dims=(-1,)), b, d)),
    ],
    "the bias left out": [
        added(lambda x, w, b, d: silu(x, w, None, d)),
        summed(lambda x, w, b, d: silu(x, w, 0 * b, d)),
    ],
    "the bias after the activation": [
        added(lambda x, w, b, d: silu(x, w, None, d) + b.view(1, -1, 1)),
        lambda x, ws, bs, gates, ds: (
            summed(lambda x, w, b, d: silu(x, w, None, d))(x, ws, bs, gates, ds) + sum(b[:, None] for b in bs)
        ),
    ],
    "one dilation for all branches": [
        first_dilation,
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs, gates, [max(ds)] * len(ds)),
    ],
    "branches that are not added": [
        beside(list),
        beside(torch.stack),
        beside(lambda parts: torch.cat(parts, 1)),
    ],
    "the logarithm of the shares": [
        lambda x, ws, bs, gates, ds: sum(
            share * gated_dilated_conv(x, [w], [b], torch.zeros(1), [d])
            for share, w, b, d in zip(gates.log_softmax(0), ws, bs, ds, strict=True)
        ),
    ],
    "one kernel or one bias for all branches": [
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws[:1] * len(ws), bs, gates, ds),
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs[:1] * len(bs), gates, ds),
    ],
    UNNAMED: [
        forgotten_return,
        commas_are_missing,
        detached,
        input_changed,
        torch.no_grad()(gated_dilated_conv),
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs, gates.detach(), ds),
        lambda x, ws, bs, gates, ds: torch.from_numpy(gated_dilated_conv(x, ws, bs, gates, ds).numpy()),
        lambda x, ws, bs, gates, ds: torch.zeros_like(x),
        lambda x, ws, bs, gates, ds: x,
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs, gates.flip(0), ds),
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs, gates, ds)[:1].expand_as(x),
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs, gates, ds).transpose(1, 2),
        lambda x, ws, bs, gates, ds: gated_dilated_conv(x[..., :4], ws, bs, gates, ds),
    ],
}.items():
    for function in functions:
        answer("02.gated_dilated_conv", expected)(function)


# 3: which lags are read


def with_taps(taps, dilations, stacked):
    reached = {0}
    for d in dilations:
        own = {k * d for k in taps}
        reached = {lag + more for lag in reached for more in own} if stacked else reached | own
    return sorted(reached)


def path_sums(d_conv, dilations, stacked=False):
    if stacked:
        return sorted({sum(path) for path in itertools.product(*([k * d for k in range(d_conv)] for d in dilations))})
    return sorted({k * d for d in dilations for k in range(d_conv)})


def with_lists(d_conv, dilations, stacked=False):
    lags = [0]
    for d in dilations:
        new = []
        for k in range(d_conv):
            new += [lag + k * d for lag in lags] if stacked else [k * d]
        lags = new if stacked else lags + new
    out = []
    for lag in lags:
        if lag not in out:
            out.append(lag)
    out.sort()
    return out


def by_impulse(d_conv, dilations, stacked=False, zeros=None):
    x = F.pad(torch.ones(1, 1, 1), (0, d_conv * sum(dilations) if zeros is None else zeros))
    ys = [causal_dilated_conv1d_fn(x, torch.ones(1, d_conv), dilation=d) for d in dilations]
    if stacked:
        for d in dilations:
            x = causal_dilated_conv1d_fn(x, torch.ones(1, d_conv), dilation=d)
        ys = [x]
    return sum(ys)[0, 0].nonzero().flatten().tolist()


def recursive(d_conv, dilations, stacked=False):
    own = [k * dilations[0] for k in range(d_conv)]
    if len(dilations) == 1:
        return own
    rest = recursive(d_conv, dilations[1:], stacked)
    return sorted({a + b for a in own for b in rest} if stacked else {*own, *rest})


def with_tensors(d_conv, dilations, stacked=False):
    lags = torch.outer(torch.tensor(dilations), torch.arange(d_conv))
    if not stacked:
        return lags.unique().tolist()
    total = lags[0]
    for row in lags[1:]:
        total = (total[:, None] + row).flatten()
    return torch.unique(total).tolist()


def paths(d_conv, dilations, stacked=False, taps=None):
    own = [[k * d for k in (range(d_conv) if taps is None else taps)] for d in dilations]
    return [sum(p) for p in itertools.product(*own)] if stacked else [lag for lags in own for lag in lags]


for expected, functions in {
    RIGHT: [path_sums, with_lists, by_impulse, recursive, with_tensors, lambda *a: tuple(path_sums(*a))],
    "a field without holes": [
        lambda k, d, stacked=False: list(range(1 + (k - 1) * (sum(d) if stacked else max(d)))),
        lambda k, d, stacked=False: [*range(receptive_field(k, d, stacked))],
    ],
    "a stack without holes": [
        lambda k, d, stacked=False: (
            list(range((k - 1) * sum(d) + 1)) if stacked else sorted({i * j for i in range(k) for j in d})
        )
    ],
    "lags counted twice": [
        paths,
        lambda *a: sorted(paths(*a)),
        lambda k, d, stacked=False: sorted(paths(k, d, True)) if stacked else path_sums(k, d),
    ],
    "lags that are not in order": [
        lambda *a: sorted(set(paths(*a)), reverse=True),
        lambda *a: list(set(paths(*a))),
        lambda *a: list(dict.fromkeys(paths(*a))),
        lambda k, d, stacked=False: path_sums(k, d, True) if stacked else list(dict.fromkeys(paths(k, d))),
        lambda k, d, stacked=False: list(dict.fromkeys(paths(k, d, True))) if stacked else path_sums(k, d),
    ],
    "now left out": [
        lambda *a: [lag for lag in path_sums(*a) if lag],
        lambda k, d, stacked=False: path_sums(k, d, stacked)[1:],
    ],
    "one tap too many": [
        lambda k, d, stacked=False: path_sums(k + 1, d, stacked),
        lambda k, d, s=False: with_lists(k + 1, d, s),
    ],
    "one tap too few": [lambda k, d, stacked=False: path_sums(max(1, k - 1), d, stacked)],
    "the newest and the oldest tap alone": [
        lambda k, d, stacked=False: sorted(set(paths(k, d, stacked, (0, k - 1))) | {0}),
    ],
    "the holes": [
        lambda k, d, stacked=False: sorted(set(range(receptive_field(k, d, stacked))) - {*path_sums(k, d, stacked)}),
    ],
    "taps counted from one": [lambda k, d, stacked=False: sorted(set(paths(k, d, stacked, range(1, k + 1))))],
    "a stack treated like branches": [
        lambda k, d, stacked=False: sorted({i * j for i in range(k) for j in d}),
        lambda k, d, stacked=False: path_sums(k, d),
    ],
    "branches treated like a stack": [lambda k, d, stacked=False: path_sums(k, d, True)],
    "the two arrangements exchanged": [lambda k, d, stacked=False: path_sums(k, d, not stacked)],
    "the same tap in every layer": [
        lambda k, d, stacked=False: sorted({i * sum(d) for i in range(k)}) if stacked else path_sums(k, d)
    ],
    "another default": [lambda k, d, stacked=True: path_sums(k, d, stacked)],
    "the newest tap left out": [lambda k, d, stacked=False: with_taps(range(1, k), d, stacked)],
    "a stack that begins with nothing": [
        lambda k, d, stacked=False: [] if stacked else path_sums(k, d),
    ],
    "one branch only": [
        lambda k, d, stacked=False: path_sums(k, d, True) if stacked else list(range(0, k * d[-1], d[-1])),
    ],
    "the dilations taken for the lags": [lambda k, d, stacked=False: sorted({0, *d})],
    "lags that all branches read": [
        lambda k, d, stacked=False: (
            path_sums(k, d, True)
            if stacked
            else [i for i in path_sums(k, d) if all(i in range(0, k * j, j) for j in d)]
        ),
    ],
    "lags below zero": [lambda k, d, stacked=False: [-lag for lag in path_sums(k, d, stacked)]],
    UNNAMED: [
        lambda *a: set(path_sums(*a)),
        lambda *a: torch.tensor(path_sums(*a)),
        lambda *a: path_sums(*a).sort(),
        lambda k, d, stacked=False: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24],
        lambda k, d, stacked=False: sorted({i * max(d) for i in range(k)}),
        lambda k, d, stacked=False: sorted({i**j for i in range(k) for j in d}),
        lambda k, d, stacked=False: sorted(range(k) * d),
        lambda k, d, stacked=False: list(d),
    ],
}.items():
    for function in functions:
        answer("02.lags_touched", expected)(function)


# 4: the lags, measured by gradients


def gradient(fn, length, x=None, pick=lambda y: y[-1]):
    x = torch.randn(length) if x is None else x
    x.requires_grad_()
    pick(fn(x)).backward()
    return x.grad


def by_poking(fn, length):
    x = torch.randn(length, dtype=torch.float64)
    before = fn(x)[-1]
    lags = []
    for lag in range(length):
        poked = x.clone()
        poked[length - 1 - lag] += 1.5
        if fn(poked)[-1] != before:
            lags.append(lag)
    return lags


def by_jacobian(fn, length):
    row = torch.autograd.functional.jacobian(fn, torch.randn(length))[-1]
    return [lag for lag, value in enumerate(reversed(row.tolist())) if value]


def in_three_tries(fn, length):
    seen = set()
    for _ in range(3):
        seen |= set(gradient(fn, length).flip(0).nonzero().flatten().tolist())
    return sorted(seen)


def no_grad_asked(fn, length):
    x = torch.randn(length)
    fn(x)[-1].backward()
    return [lag for lag in range(length) if x.grad[length - 1 - lag] != 0]


def all_backward(fn, length):
    x = torch.randn(length, requires_grad=True)
    fn(x).backward()
    return x.grad.flip(0).nonzero().flatten().tolist()


def impulse_only(fn, length):
    return fn(F.pad(torch.ones(1), (0, length - 1))).nonzero().flatten().tolist()


def never_backward(fn, length):
    x = torch.randn(length, requires_grad=True)
    fn(x)[-1]
    return [lag for lag in range(length) if x.grad[length - 1 - lag] != 0]


def flipped(g):
    return g.flip(0).nonzero().flatten().tolist()


def beyond(least):
    return lambda fn, n: [i for i, v in enumerate(gradient(fn, n).flip(0)) if abs(v) > least]


for expected, functions in {
    RIGHT: [
        lambda fn, n: flipped(gradient(fn, n)),
        lambda fn, n: flipped(gradient(fn, n, torch.randn(n, dtype=torch.float64))),
        lambda fn, n: [i for i in range(n) if gradient(fn, n)[-1 - i].abs() > 0],
        lambda fn, n: sorted(n - 1 - i for i in gradient(fn, n).nonzero().flatten().tolist()),
        lambda fn, n: flipped(gradient(fn, n, torch.rand(n) + 0.5)),
        by_jacobian,
        in_three_tries,
    ],
    "positions in place of lags": [
        lambda fn, n: gradient(fn, n).nonzero().flatten().tolist(),
        lambda fn, n: [i for i, v in enumerate(gradient(fn, n)) if v != 0],
    ],
    "lags from large to small": [
        lambda fn, n: [n - 1 - i for i in gradient(fn, n).nonzero().flatten().tolist()],
        lambda fn, n: [n - 1 - i for i, v in enumerate(gradient(fn, n)) if v != 0],
    ],
    "the gradient of all outputs": [
        lambda fn, n: flipped(gradient(fn, n, pick=torch.sum)),
        lambda fn, n: flipped(gradient(fn, n, pick=lambda y: y.sum())),
    ],
    "the first output": [lambda fn, n: flipped(gradient(fn, n, pick=lambda y: y[0]))],
    "a 1 in the input": [
        lambda fn, n: flipped(gradient(fn, n, torch.ones(n))),
        lambda fn, n: flipped(gradient(fn, n, torch.linspace(0, 1, n))),
        lambda fn, n: flipped(gradient(fn, n, torch.linspace(-1, 1, n))),
    ],
    "whole numbers as the input": [
        lambda fn, n: flipped(gradient(fn, n, torch.arange(1.0, n + 1))),
        lambda fn, n: flipped(gradient(fn, n, torch.linspace(1, n, n))),
        lambda fn, n: flipped(gradient(fn, n, torch.arange(n).float())),
    ],
    "a poke in the place of a gradient": [by_poking],
    "zeros as the input": [lambda fn, n: flipped(gradient(fn, n, torch.zeros(n)))],
    "only positive gradients": [lambda fn, n: [i for i, v in enumerate(gradient(fn, n).flip(0)) if v > 0]],
    "small gradients left out": [
        *map(beyond, (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)),
        lambda fn, n: flipped(~torch.isclose(gradient(fn, n), torch.zeros(n))),
    ],
    "an input without a gradient": [no_grad_asked],
    "all outputs at once": [all_backward],
    "lags counted from one": [
        lambda fn, n: [i + 1 for i in flipped(gradient(fn, n))],
        lambda fn, n: sorted(n - i for i in gradient(fn, n).nonzero().flatten().tolist()),
        lambda fn, n: [i for i in range(1, n) if gradient(fn, n)[n - i] != 0],
        lambda fn, n: [i for i in range(n) if gradient(fn, n)[-i] != 0],
    ],
    "what is not read": [
        lambda fn, n: [i for i, v in enumerate(gradient(fn, n).flip(0)) if v == 0],
    ],
    "values in the place of gradients": [
        lambda fn, n: flipped(fn(torch.randn(n))),
    ],
    "the oldest input left out": [lambda fn, n: [i for i in range(n - 1) if gradient(fn, n)[n - 1 - i]]],
    "now left out": [lambda fn, n: [i for i in flipped(gradient(fn, n)) if i > 0]],
    "an impulse in the place of a gradient": [impulse_only],
    "the gradient itself": [
        lambda fn, n: gradient(fn, n).flip(0).tolist(),
        lambda fn, n: [v.item() for v in gradient(fn, n)],
        lambda fn, n: [v for v in gradient(fn, n, torch.randn(n)).flip(0).tolist() if v != 0],
        lambda fn, n: [bool(v) for v in gradient(fn, n).flip(0)],
    ],
    "a gradient that is None": [never_backward],
    "every lag": [lambda fn, n: list(range(n))],
    UNNAMED: [
        lambda fn, n: gradient(fn, n).flip(0).nonzero().flatten(),
        lambda fn, n: flipped(gradient(fn, n, pick=lambda y: y[n // 2])),
        lambda fn, n: print(flipped(gradient(fn, n))),
        lambda fn, n: fn.lags,
        lambda fn, n: [0, *flipped(gradient(fn, n))[1:]],
    ],
}.items():
    for function in functions:
        answer("02.measured_lags", expected)(function)


# 5: a pure delay from one branch


def tap(d_conv, at, value=1.0):
    weight = torch.zeros(d_conv)
    weight[at] = value
    return weight


for expected, functions in {
    RIGHT: [
        lambda delay, k: (tap(k, 0), delay // (k - 1)),
        lambda delay, k: (torch.tensor([1.0] + [0.0] * (k - 1)), int(delay / (k - 1))),
        lambda delay, k: (F.one_hot(torch.tensor(0), k).float(), round(delay / (k - 1))),
        lambda delay, k: (torch.eye(k)[0], divmod(delay, k - 1)[0]),
        lambda delay, k: [tap(k, 0), delay // (k - 1)],
        lambda delay, k: (F.pad(torch.ones(1, dtype=torch.float64), (0, k - 1)), delay // (k - 1)),
        lambda delay, k: (torch.tensor([1.0] + [0] * (k - 1)), math.floor(delay / (k - 1))),
    ],
    "taps that are no floats": [
        lambda delay, k: (torch.tensor([1] + [0] * (k - 1)), delay // (k - 1)),
        lambda delay, k: (torch.arange(k) == 0, delay // (k - 1)),
    ],
    "a dilation that is one too small": [lambda delay, k: (tap(k, 0), (delay - 1) // (k - 1))],
    "the newest tap": [
        lambda delay, k: (tap(k, -1), delay // (k - 1)),
        lambda delay, k: (torch.eye(k)[-1], delay // (k - 1)),
        lambda delay, k: (tap(k, k - 1), delay),
    ],
    "the delay as the dilation": [lambda delay, k: (tap(k, 0), delay)],
    "a dilation that is one too large": [lambda delay, k: (tap(k, 0), delay // (k - 1) + 1)],
    "no taps (W,) and dilation": [
        lambda delay, k: (delay // (k - 1), tap(k, 0)),
        lambda delay, k: tap(k, 0),
        lambda delay, k: (tap(k, 0), torch.tensor(delay // (k - 1))),
        lambda delay, k: (tap(k, 0)[None], delay // (k - 1)),
        lambda delay, k: ([1.0] + [0.0] * (k - 1), delay // (k - 1)),
    ],
    "divided by more than the gaps": [
        lambda delay, k: (tap(k, 0), delay // k),
        lambda delay, k: (tap(k, 0), math.ceil(delay / k)),
    ],
    "the taps, and a decimal point": [lambda delay, k: (tap(k, 0), delay / k)],
    "every tap is one": [lambda delay, k: (torch.ones(k), delay // (k - 1))],
    "an average of all taps": [lambda delay, k: (torch.full((k,), 1 / k), delay // (k - 1))],
    "a long kernel": [lambda delay, k: (tap(delay + 1, 0), 1)],
    "a history longer than the delay": [lambda delay, k: (tap(k, -2), delay)],
    "a dilation with a decimal point": [lambda delay, k: (tap(k, 0), delay / (k - 1))],
    "a tap as large as the delay": [
        lambda delay, k: (tap(k, 0, delay), delay // (k - 1)),
    ],
    "the tap beside the oldest": [lambda delay, k: (tap(k, 1), delay // (k - 1))],
    "a dilation without the delay": [
        lambda delay, k: (tap(k, 0), 1),
        lambda delay, k: (tap(k, 0), 2),
        lambda delay, k: (tap(k, 0), k - 1),
        lambda delay, k: (tap(k, 0), k),
    ],
    "a difference in the place of a quotient": [
        lambda delay, k: (tap(k, 0), delay - (k - 1)),
        lambda delay, k: (tap(k, 0), delay - k),
    ],
    "the tap in the middle": [
        lambda delay, k: (tap(k, k // 2), delay // (k - 1)),
        lambda delay, k: (tap(k, (k - 1) // 2), delay // (k - 1)),
    ],
    "an echo beside the delay": [lambda delay, k: (tap(k, 0) + tap(k, -1), delay // (k - 1))],
    UNNAMED: [
        lambda delay, k: (tap(k, 0), 8),
        lambda delay, k: None,
    ],
}.items():
    for function in functions:
        answer("02.delay_kernel", expected)(function)


# 6: dilations that read a lag


def found_by_taps(lag, d_conv):
    return sorted({lag // k for k in range(1, d_conv) if lag % k == 0})


def found_by_asking(lag, d_conv):
    return [d for d in range(1, lag + 1) if lag in [k * d for k in range(d_conv)]]


def found_by_gradient(lag, d_conv):
    found, x = [], torch.zeros(1, 1, lag + 1)
    x[..., 0] = 1.0
    for d in range(1, lag + 1):
        if causal_dilated_conv1d_fn(x, torch.ones(1, d_conv), dilation=d)[0, 0, -1] != 0:
            found.append(d)
    return found


for expected, functions in {
    RIGHT: [
        found_by_taps,
        found_by_asking,
        found_by_gradient,
        lambda lag, k: [d for d in range(1, lag + 1) if (lag / d).is_integer() and lag / d <= k - 1],
        lambda lag, k: [d for d in range(1, 1000) if not lag % d and d * (k - 1) >= lag and d <= lag],
    ],
    "one tap too many": [
        lambda lag, k: [d for d in range(1, lag + 1) if lag in range(0, k * d + 1, d)],
        lambda lag, k: sorted(lag // i for i in range(1, k + 1) if lag % i == 0),
    ],
    "one tap too few": [lambda lag, k: sorted(lag // i for i in range(1, k - 1) if lag % i == 0)],
    "the number of taps forgotten": [lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0]],
    "inside the field taken for read": [
        lambda lag, k: [d for d in range(1, lag + 1) if receptive_field(k, (d,)) > lag]
    ],
    "the oldest tap only": [
        lambda lag, k: [lag // (k - 1)] if lag % (k - 1) == 0 else [],
        lambda lag, k: [int(lag / (k - 1))],
    ],
    "from large to small": [lambda lag, k: [lag // i for i in range(1, k) if lag % i == 0]],
    "the lag itself left out": [lambda lag, k: sorted(lag // i for i in range(2, k) if lag % i == 0)],
    "a range that begins with 0": [
        lambda lag, k: [d for d in range(lag) if lag % d == 0],
        lambda lag, k: sorted(lag // i for i in range(k) if lag % i == 0),
        lambda lag, k: [lag / i for i in range(k)],
    ],
    "gaps and dilations exchanged": [
        lambda lag, k: [i for i in range(1, k) if lag % i == 0],
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and d < k],
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and d <= k],
    ],
    "a remainder that is ignored": [
        lambda lag, k: [d for d in range(1, lag + 1) if lag // d < k],
        lambda lag, k: sorted({lag // i for i in range(1, k)}),
        lambda lag, k: [lag // i for i in range(1, k)],
    ],
    "one dilation alone": [lambda lag, k: [min(lag // i for i in range(1, k) if lag % i == 0)]],
    "either condition": [lambda lag, k: [d for d in range(1, lag + 1) if not lag % d or lag // d < k]],
    "as many dilations as taps": [lambda lag, k: [d for d in range(1, k) if not lag % d and lag // d < k]],
    "the lag itself alone": [
        lambda lag, k: [lag],
        lambda lag, k: [d for d in range(1, lag + 1) if d % lag == 0 and lag // d < k],
    ],
    UNNAMED: [
        lambda lag, k: set(found_by_taps(lag, k)),
        lambda lag, k: lag // (k - 1),
        lambda lag, k: [float(d) for d in found_by_taps(lag, k)][:1],
        lambda lag, k: found_by_taps(lag, k).sort(),
        lambda lag, k: [1, 2, 4, 8],
        lambda lag, k: [0, *found_by_taps(lag, k)],
    ],
}.items():
    for function in functions:
        answer("02.dilations_for", expected)(function)


def zeros_behind_each_tap(x, weights, biases, gates, dilations):
    y = 0
    for share, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        kernel = x.new_zeros(w.shape[0], w.shape[1] * d)
        kernel[:, ::d] = w
        padded = F.pad(x, (kernel.shape[1] - 1, 0))
        y = y + share * F.silu(F.conv1d(padded, kernel[:, None], b, groups=len(w)))
    return y


def stacked_and_added(x, weights, biases, gates, dilations):
    h, y = x, 0
    for share, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        padded = F.pad(h, ((w.shape[1] - 1) * d, 0))
        h = F.silu(F.conv1d(padded, w[:, None], b, dilation=d, groups=len(w)))
        y = y + share * h
    return y


def short_branches_at_the_end(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for share, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        branch = F.conv1d(F.pad(x, (w.shape[1] - 1, 0)), w[:, None], b, dilation=d, groups=len(w))
        y[..., -branch.shape[-1] :] += share * F.silu(branch)
    return y


def gradient_of_the_last(fn, length):
    x = torch.randn(length, requires_grad=True)
    return torch.autograd.grad(fn(x)[-1], x)[0]


def lags_by_sums(k, dilations, stacked, sums):
    own = {i * d for d in dilations for i in range(k)}
    return sorted(sums(own) if stacked else own)


def last_slopes(fn, length):
    x = torch.randn(length, requires_grad=True)
    fn(x)[-1].backward()
    return x.grad


def end_to_end(k, dilations, stacked=False):
    lags, start = [0], 0
    for d in dilations:
        lags += range(start, start + k * d, d)
        start = lags[-1] if stacked else 0
    return sorted(set(lags))


def oldest_taps(k, dilations, stacked=False):
    if not stacked:
        return lags_by_sums(k, dilations, False, None)
    return [0, *itertools.accumulate((k - 1) * d for d in dilations)]


def by_hand(gates):
    powers = gates.exp()
    return powers / powers.sum()


def padded_again(x, weights, biases, gates, dilations, cut=None):
    y, W = 0, weights[0].shape[-1]
    for i, share in enumerate(gates.softmax(0)):
        x = F.pad(x, ((W - 1) * dilations[i], 0))
        branch = F.conv1d(x, weights[i].unsqueeze(1), biases[i], dilation=dilations[i], groups=x.shape[1])
        y = y + share * F.silu(branch)[..., :cut]
    return y


def padded_by_channels(x, w, b, d):
    return F.silu(one(x, w, b, d, pad=((len(w) - 1) * d, 0)))


def layers_from_d_conv(k, dilations, stacked=False):
    field = k
    for d in dilations:
        field += (k - 1) * d
    return field if stacked else (k - 1) * max(dilations) + 1


def returned_in_the_loop(k, dilations, stacked=False):
    field = 1
    for d in dilations:
        field = field + (k - 1) * d if stacked else max(field, (k - 1) * d + 1)
        if stacked:
            return field
    return field


def repeated(k, dilations, stacked=False):
    lags = dilations * (k - 1)
    return 1 + (sum(lags) if stacked else max(lags))


def oldest_in_a_stack(k, dilations, stacked=False):
    if not stacked:
        return lags_by_sums(k, dilations, False, None)
    reached = {0}
    for d in dilations:
        reached |= {lag + (k - 1) * d for lag in reached}
    return sorted(reached)


def lags_of_every_output(fn, length):
    x, lags = torch.randn(length, requires_grad=True), set()
    for t, y in enumerate(fn(x)):
        slopes = torch.autograd.grad(y, x, retain_graph=True)[0].tolist()
        lags |= {t - i for i, slope in enumerate(slopes) if slope}
    return sorted(lags)


def poked_nearly(fn, length):
    x, lags = torch.randn(length), []
    for lag in range(length):
        z = x.clone()
        z[-1 - lag] += 1.0
        if not torch.allclose(fn(z)[-1], fn(x)[-1]):
            lags.append(lag)
    return lags


def vector_backward(fn, length):
    x = torch.randn(length, requires_grad=True)
    y = fn(x)
    y.backward()
    return flipped(x.grad)


def in_its_tuple(read):
    def function(fn, length):
        x = torch.randn(length, requires_grad=True)
        return read(torch.autograd.grad(fn(x)[-1], x), length)

    return function


def lags_in_d_conv(k, dilations, stacked=False):
    reached = {0}
    for d in dilations:
        own = range(0, k, d)
        reached = {a + b for a in reached for b in own} if stacked else reached.union(own)
    return sorted(reached)


def growing_jumps(k, dilations, stacked=False):
    if not stacked:
        return (k - 1) * max(dilations) + 1
    field, jump = 1, 1
    for d in dilations:
        jump *= d
        field += (k - 1) * jump
    return field


def with_roll(x, weights, biases, gates, dilations):
    y, shares = 0, gates.softmax(0)
    for i, d in enumerate(dilations):
        taps = weights[i].unbind(1)
        lags = [(len(taps) - 1 - k) * d for k in range(len(taps))]
        branch = sum(tap[:, None] * torch.roll(x, lag, dims=-1) for tap, lag in zip(taps, lags, strict=True))
        y = y + shares[i] * F.silu(branch + biases[i][:, None])
    return y


def without_the_first(x, weights, biases, gates, dilations):
    y, shares = torch.zeros_like(x), gates.softmax(0)
    for i in range(1, len(dilations)):
        y += shares[i] * silu(x, weights[i], biases[i], dilations[i])
    return y


def without_the_last(x, weights, biases, gates, dilations):
    y, shares = torch.zeros_like(x), gates.softmax(0)
    for i in range(len(dilations) - 1):
        y += shares[i] * silu(x, weights[i], biases[i], dilations[i])
    return y


def taps_in(chosen, x, w, b, d):
    """One branch as a sum over its taps, or over some of them."""
    L, W = x.shape[-1], w.shape[1]
    shifted = [w[:, k, None] * F.pad(x, ((W - 1 - k) * d, 0))[..., :L] for k in chosen(W)]
    return F.silu(sum(shifted, torch.zeros_like(x)) + b[:, None])


def spread_kernel(x, w, b, d):
    D, W = w.shape
    return F.silu(F.conv1d(F.pad(x, ((W - 1) * d, 0)), w.unsqueeze(1).repeat(1, D, 1), b, dilation=d))


def first_sample_in_front(x, w, b, d):
    before = x[..., :1].expand(-1, -1, (w.shape[1] - 1) * d)
    return silu(torch.cat([before, x], dim=-1), w, b, d, pad=(0, 0))


def zeros_in_front_of_the_output(x, w, b, d):
    return F.silu(F.pad(one(x, w, b, d, pad=(0, 0)), ((w.shape[1] - 1) * d, 0)))


def exchanged_in_grad(fn, length):
    x = torch.randn(length, requires_grad=True)
    return torch.autograd.grad(x, fn(x)[-1])[0].flip(0).nonzero().flatten().tolist()


def one_input_at_a_time(fn, length):
    x = torch.randn(length, requires_grad=True)
    last = fn(x)[-1]
    slopes = [torch.autograd.grad(last, x[-1 - lag], retain_graph=True)[0] for lag in range(length)]
    return [lag for lag, slope in enumerate(slopes) if slope != 0]


def back_twice(fn, length):
    x, found = torch.randn(length, requires_grad=True), []
    last = fn(x)[-1]
    for i in range(length):
        last.backward()
        if x.grad[-1 - i] != 0:
            found += [i]
    return found


def lags_to_the_end(k, dilations, stacked=False):
    field = receptive_field(k, dilations, stacked)
    return [lag for lag in range(field) if any(lag % d == 0 for d in dilations)]


def lags_from_its_own(d_conv, dilations, stacked=False):
    lags = {0}
    for d in dilations:
        for k in range(1, d_conv):
            for lag in list(lags) if stacked else [0]:
                lags.add(lag + k * d)
    return sorted(lags)


def what_backward_gives(fn, length):
    slopes = fn(torch.randn(length, requires_grad=True))[-1].backward()
    return [lag for lag in range(length) if slopes[length - 1 - lag] != 0]


def the_gradient_of_what_is_computed(fn, length):
    x = 2 * torch.randn(length, requires_grad=True)
    fn(x)[-1].backward()
    return x.grad.flip(0).nonzero().flatten().tolist()


def removed_in_the_loop(lag, d_conv):
    dilations = [*range(1, lag + 1)]
    for d in dilations:
        if lag % d or lag // d >= d_conv:
            dilations.remove(d)
    return dilations


def a_tap(value, newest):
    def function(delay, d_conv):
        weight = torch.zeros(d_conv)
        weight[-1], weight[0] = newest, value
        return weight, delay // (d_conv - 1)

    return function


def returned_at_once(lag, k):
    found = []
    for d in range(1, lag + 1):
        if lag % d == 0 and lag // d < k:
            found.append(d)
        return found


def without_grad(fn, L):
    x = torch.randn(L, requires_grad=True)
    with torch.no_grad():
        y = fn(x)
    y[-1].backward()
    return flipped(x.grad)


def by_lags(lag_of, x, w, b, d):
    """One branch whose tap k has this lag; one below zero reads ahead."""
    W, v = w.shape[1], b[:, None] + 0 * x
    for k in range(W):
        lag = lag_of(k, W, d)
        shifted = F.pad(x, (lag, 0))[..., : x.shape[-1]] if lag > 0 else F.pad(x, (0, -lag))[..., -lag:]
        v = v + w[:, k, None] * shifted
    return F.silu(v)


def from_the_end(x, w, b, d):
    W, steps = w.shape[1], []
    for t in range(x.shape[-1]):
        steps.append(b + sum(w[:, k] * x[:, :, t - (W - 1 - k) * d] for k in range(W)))
    return F.silu(torch.stack(steps, dim=-1))


def from_the_end_of_all(x, w, b, d):
    W, v = w.shape[1], b[:, None].repeat(len(x), 1, x.shape[-1])
    for k in range(W):
        for t in range(x.shape[-1]):
            v[..., t] += w[:, k] * x[..., t - (W - 1 - k) * d]
    return F.silu(v)


def step_by_step(reads, x, w, b, d):
    W, steps = w.shape[1], []
    for t in range(x.shape[-1]):
        v = b.expand(x.shape[:2])
        for k in range(W):
            lag = (W - 1 - k) * d
            if reads(t, lag):
                v = v + w[:, k] * x[..., t - lag]
        steps.append(v)
    return F.silu(torch.stack(steps, dim=-1))


def from_the_oldest_on(x, w, b, d):
    W, v = w.shape[1], torch.zeros_like(x)
    for t in range((W - 1) * d, x.shape[-1]):
        v[..., t] = b + sum(w[:, k] * x[..., t - (W - 1 - k) * d] for k in range(W))
    return F.silu(v)


def one_step_late(x, w, b, d):
    """The lags of the taps counted from one."""
    L, W = x.shape[-1], w.shape[1]
    lags = [(W - k) * d for k in range(W)]
    return F.silu(b[:, None] + sum(w[:, k, None] * F.pad(x, (lag, 0))[..., :L] for k, lag in enumerate(lags)))


def growing_dilations(x, weights, biases, gates, dilations):
    y, d = 0, 1
    for share, w, b in zip(gates.softmax(0), weights, biases, strict=True):
        y, d = y + share * silu(x, w, b, d), 2 * d
    return y


def one_kernel(x, weights, biases, gates, dilations):
    shares = torch.softmax(gates, dim=0)
    return sum(shares[i] * silu(x, weights[0], biases[0], d) for i, d in enumerate(dilations))


def multiplied_paths(k, dilations, stacked=False):
    if not stacked:
        return path_sums(k, dilations)
    growing = [math.prod(dilations[: i + 1]) for i in range(len(dilations))]
    return path_sums(k, growing, True)


def multiplied_kernels(k, dilations, stacked=False):
    d, lags = 1, {0}
    for more in dilations:
        d = d * more if stacked else more
        lags.update(range(0, k * d, d))
    return sorted(lags)


def one_long_kernel(k, dilations, stacked=False):
    return [i * (sum(dilations) if stacked else max(dilations)) for i in range(k)]


def from_the_oldest(k, dilations, stacked=False):
    lags = path_sums(k, dilations, stacked)
    return [lags[-1] - lag for lag in reversed(lags)]


def next_or_now(k, dilations, stacked=False):
    if not stacked:
        return path_sums(k, dilations)
    return sorted({sum(some) for n in range(len(dilations) + 1) for some in itertools.combinations(dilations, n)})


def up_to_a_hole(fn, L):
    slopes, lags = last_slopes(fn, L).flip(0), []
    while len(lags) < L and slopes[len(lags)] != 0:
        lags.append(len(lags))
    return lags


def up_to_a_break(fn, L):
    lags = []
    for lag, slope in enumerate(reversed(last_slopes(fn, L).tolist())):
        if slope == 0:
            break
        lags.append(lag)
    return lags


def with_a_batch(*axes):
    def function(fn, L):
        x = torch.randn(*axes, L, requires_grad=True)
        (slopes,) = torch.autograd.grad(fn(x).flatten()[-1], x)
        return [lag for lag in range(L) if slopes.flatten()[L - 1 - lag] != 0]

    return function


for id, expected, function in (
    ("receptive_field", "all taps counted", lambda k, dilations, stacked=False: k * len(dilations)),
    (
        "receptive_field",
        "dilations that double",
        lambda k, ds, stacked=False: 1 + (k - 1) * (2 ** len(ds) - 1 if stacked else 2 ** len(ds) // 2),
    ),
    ("gated_dilated_conv", "zeros behind the newest tap", zeros_behind_each_tap),
    ("gated_dilated_conv", "the branches one behind the other", stacked_and_added),
    ("gated_dilated_conv", "padding without the dilation", short_branches_at_the_end),
    (
        "lags_touched",
        "taps of whatever layer",
        lambda k, ds, stacked=False: lags_by_sums(k, ds, stacked, lambda own: {a + b for a in own for b in own}),
    ),
    (
        "lags_touched",
        "taps of whatever layer",
        lambda k, ds, stacked=False: lags_by_sums(
            k, ds, stacked, lambda own: set(map(sum, itertools.product(own, repeat=len(ds))))
        ),
    ),
    (
        "lags_touched",
        "a field without holes",
        lambda k, ds, stacked=False: (
            path_sums(k, ds, True) if stacked else sorted({lag for d in ds for lag in range((k - 1) * d + 1)})
        ),
    ),
    (
        "lags_touched",
        "a range without its step",
        lambda k, ds, stacked=False: path_sums(k, ds, True) if stacked else [*range(k * max(ds))],
    ),
    ("lags_touched", "a range that ends at d_conv", lags_in_d_conv),
    (
        "receptive_field",
        "a sum in the place of a product",
        lambda k, ds, stacked=False: k + (sum(ds) if stacked else max(ds)),
    ),
    (
        "receptive_field",
        "a sum in the place of a product",
        lambda k, ds, stacked=False: k + [max, sum][stacked](ds) - 1,
    ),
    ("receptive_field", "the dilation left out", lambda k, ds, stacked=False: 1 + len(ds) * (k - 1)),
    (
        "receptive_field",
        "now counted twice",
        lambda k, ds, stacked=False: [max, sum][stacked]([(k - 1) * d + 1 for d in ds]) + 1,
    ),
    ("receptive_field", "dilations that multiply", growing_jumps),
    ("receptive_field", None, lambda k, ds, stacked=False: receptive_field(k, ds[:3] if stacked else ds, stacked)),
    ("gated_dilated_conv", "the end of x before its start", with_roll),
    ("gated_dilated_conv", "a branch left out", without_the_first),
    ("gated_dilated_conv", "a branch left out", without_the_last),
    (
        "measured_lags",
        "small gradients left out",
        lambda fn, L: flipped((slopes := gradient_of_the_last(fn, L)).abs() > 1e-3 * slopes.abs().max()),
    ),
    (
        "measured_lags",
        "an impulse in the place of a gradient",
        lambda fn, L: [lag for lag in range(L) if fn(torch.eye(L)[L - 1 - lag])[-1] != 0],
    ),
    (
        "measured_lags",
        "lags below zero",
        lambda fn, L: [t - L + 1 for t, slope in enumerate(gradient_of_the_last(fn, L)) if slope != 0],
    ),
    ("delay_kernel", "the newest tap", lambda delay, k: (tap(k, -1), 1)),
    ("delay_kernel", "the delay multiplied", lambda delay, k: (tap(k, 0), delay * (k - 1))),
    ("delay_kernel", "the delay multiplied", lambda delay, k: (tap(k, 0), k * delay)),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: dict(weight=tap(k, 0), dilation=delay // (k - 1))),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0).numpy(), delay // (k - 1))),
    ("dilations_for", "a remainder that is ignored", lambda lag, k: sorted(int(lag / i) for i in range(1, k))),
    ("dilations_for", "a part of a sample", lambda lag, k: sorted({lag / i for i in range(1, k)})),
    (
        "dilations_for",
        "four taps whatever is asked",
        lambda lag, k: sorted(lag // i for i in (1, 2, 3) if lag % i == 0),
    ),
    ("dilations_for", "a list cut while a loop goes through it", removed_in_the_loop),
    ("lags_touched", "the longest paths alone", oldest_taps),
    ("lags_touched", "layers laid end to end", end_to_end),
    (
        "lags_touched",
        "one tap too few",
        lambda k, ds, stacked=False: (
            sorted({sum(path) for path in itertools.product(*(range(0, (k - 1) * d, d) for d in ds))})
            if stacked
            else sorted({lag for d in ds for lag in range(0, (k - 1) * d, d)})
        ),
    ),
    ("lags_touched", "the dilation left out", lambda k, ds, stacked=False: [*range(k)]),
    (
        "lags_touched",
        "a list for each kernel",
        lambda k, ds, stacked=False: [list(range(0, k * d, d)) for d in ds],
    ),
    (
        "measured_lags",
        "an index one too large",
        lambda fn, length: [lag for lag in range(length) if last_slopes(fn, length)[length - lag] != 0],
    ),
    (
        "measured_lags",
        "each lag in a list of its own",
        lambda fn, length: last_slopes(fn, length).flip(0).nonzero().tolist(),
    ),
    (
        "dilations_for",
        "a search that stops at the root",
        lambda lag, k: [d for d in range(1, int(lag**0.5) + 1) if lag % d == 0 and d * (k - 1) >= lag],
    ),
    (
        "dilations_for",
        "dilations that fall short",
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and lag > d * (k - 1)],
    ),
    (
        "lags_touched",
        "the last layer alone",
        lambda k, ds, stacked=False: lags_by_sums(k, ds[-1:] if stacked else ds, False, None),
    ),
    (
        "lags_touched",
        "lags below zero",
        lambda k, ds, stacked=False: sorted(
            {-sum(path) for path in itertools.product(*(range(0, k * d, d) for d in ds))}
            if stacked
            else {-lag for d in ds for lag in range(0, k * d, d)}
        ),
    ),
    (
        "measured_lags",
        "lags counted from one",
        lambda fn, L: [L - t for t, slope in enumerate(gradient_of_the_last(fn, L)) if slope != 0],
    ),
    (
        "measured_lags",
        "all lags up to the largest",
        lambda fn, L: list(range(L - int(gradient_of_the_last(fn, L).nonzero().min()))),
    ),
    ("delay_kernel", "a difference of two samples", a_tap(1.0, newest=-1.0)),
    ("delay_kernel", "a sample upside down", a_tap(-1.0, newest=0.0)),
    ("dilations_for", "multiples of the lag", lambda lag, k: [lag * gaps for gaps in range(1, k)]),
    (
        "receptive_field",
        "brackets around the gaps forgotten",
        lambda k, ds, stacked=False: k - 1 * sum(ds) + 1 if stacked else k - 1 * max(ds) + 1,
    ),
    ("receptive_field", "d_conv samples to begin with", layers_from_d_conv),
    ("receptive_field", "one layer of the stack", returned_in_the_loop),
    (
        "receptive_field",
        "one layer of the stack",
        lambda k, ds, stacked=False: 1 + (k - 1) * (ds[-1] if stacked else max(ds)),
    ),
    ("receptive_field", "a tuple times a number", repeated),
    ("gated_dilated_conv", "exponentials that overflow", added(silu, by_hand)),
    ("gated_dilated_conv", "padding that piles up", padded_again),
    ("gated_dilated_conv", "padding that piles up", lambda x, *rest: padded_again(x, *rest, cut=x.shape[-1])),
    ("gated_dilated_conv", "zeros counted by the channels", added(padded_by_channels)),
    ("gated_dilated_conv", "zeros counted by the channels", listed(padded_by_channels)),
    (
        "gated_dilated_conv",
        "zeros counted by the channels",
        added(lambda x, *a: padded_by_channels(x, *a)[..., : x.shape[-1]]),
    ),
    ("lags_touched", "one tap too few", lambda k, ds, stacked=False: with_taps(range(k - 1), ds, stacked)),
    ("lags_touched", "now left out", lambda k, ds, stacked=False: path_sums(k, ds, stacked)[not stacked :]),
    ("lags_touched", "the newest and the oldest tap alone", oldest_in_a_stack),
    ("measured_lags", "every output asked", lags_of_every_output),
    ("measured_lags", "a poke in the place of a gradient", poked_nearly),
    ("measured_lags", "all outputs at once", vector_backward),
    (
        "measured_lags",
        "a tuple around the gradient",
        in_its_tuple(lambda slopes, L: [lag for lag in range(L) if slopes[L - 1 - lag] != 0]),
    ),
    ("measured_lags", "a tuple around the gradient", in_its_tuple(lambda slopes, L: flipped(slopes))),
    (
        "measured_lags",
        "a tuple around the gradient",
        in_its_tuple(lambda slopes, L: [L - 1 - int(i) for i in slopes.nonzero()][::-1]),
    ),
    ("delay_kernel", "brackets around the gaps forgotten", lambda delay, k: (tap(k, 0), delay // k - 1)),
    ("delay_kernel", "a fixed number of taps", lambda delay, k: (torch.tensor([1.0, 0.0, 0.0, 0.0]), delay // 3)),
    ("delay_kernel", "a fixed number of taps", lambda delay, k: (tap(4, 0), delay // (k - 1))),
    ("delay_kernel", "the newest tap", lambda delay, k: (tap(k, k - 1), delay // k)),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0), torch.tensor(delay / (k - 1)))),
    ("dilations_for", "a remainder that is ignored", lambda lag, k: sorted({round(lag / i) for i in range(1, k)})),
    (
        "dilations_for",
        "powers of two alone",
        lambda lag, k: [d for d in (1, 2, 4, 8, 16, 32, 64) if lag in range(0, k * d, d)],
    ),
    ("dilations_for", "powers of two alone", lambda lag, k: [d for d in (1, 2, 4, 8) if lag in range(0, k * d, d)]),
    (
        "receptive_field",
        "the dilation taken for the samples in between",
        lambda k, ds, stacked=False: k + (k - 1) * (sum(ds) if stacked else max(ds)),
    ),
    (
        "receptive_field",
        "now counted for every gap",
        lambda k, ds, stacked=False: (k - 1) * (1 + (sum(ds) if stacked else max(ds))),
    ),
    (
        "receptive_field",
        "now taken off once",
        lambda k, ds, stacked=False: (
            sum((k - 1) * d + 1 for d in ds) - 1 if stacked else max((k - 1) * d + 1 for d in ds)
        ),
    ),
    (
        "receptive_field",
        "the largest dilation in every layer",
        lambda k, ds, stacked=False: (k - 1) * max(ds) * (len(ds) if stacked else 1) + 1,
    ),
    ("gated_dilated_conv", "another function than SiLU", added(lambda *a: (v := one(*a)) / (1 + torch.exp(v)))),
    ("gated_dilated_conv", "two factors of two kinds", added(lambda x, *a: x * torch.sigmoid(one(x, *a)))),
    ("gated_dilated_conv", "a tap left out", added(lambda *a: taps_in(lambda W: range(W - 1), *a))),
    ("gated_dilated_conv", "a tap left out", added(lambda *a: taps_in(lambda W: range(1, W), *a))),
    ("gated_dilated_conv", RIGHT, added(lambda *a: taps_in(range, *a))),
    ("lags_touched", "one branch only", lambda k, ds, stacked=False: path_sums(k, ds[:1])),
    ("lags_touched", "one branch only", lambda k, ds, stacked=False: path_sums(k, ds[-1:])),
    (
        "lags_touched",
        "lags that are not kept",
        lambda k, ds, stacked=False: path_sums(k, ds, True) if stacked else [0],
    ),
    ("lags_touched", "lags that are not kept", lambda k, ds, stacked=False: [0] if stacked else path_sums(k, ds)),
    ("lags_touched", "lags that are not kept", lambda k, ds, stacked=False: [0]),
    ("lags_touched", "branches without an end", lags_to_the_end),
    (
        "lags_touched",
        "branches without an end",
        lambda k, ds, stacked=False: path_sums(k, ds, True) if stacked else lags_to_the_end(k, ds),
    ),
    ("lags_touched", "a layer that goes on from its own lags", lags_from_its_own),
    (
        "lags_touched",
        "dilations that add up",
        lambda k, ds, stacked=False: path_sums(k, list(itertools.accumulate(ds)) if stacked else ds),
    ),
    ("measured_lags", "the same number everywhere", lambda fn, L: flipped(gradient(fn, L, torch.full((L,), 0.3)))),
    ("measured_lags", "an index one too large", lambda fn, L: gradient(fn, L, pick=lambda y: y[L])),
    ("measured_lags", "a tuple around the lags", lambda fn, L: torch.where(last_slopes(fn, L) != 0)),
    ("measured_lags", "a tuple around the lags", lambda fn, L: last_slopes(fn, L).flip(0).nonzero(as_tuple=True)),
    ("measured_lags", "the gradient itself", lambda fn, L: (slopes := last_slopes(fn, L))[slopes != 0].tolist()),
    ("measured_lags", "lags below zero", lambda fn, L: [t - L for t in range(L) if last_slopes(fn, L)[t] != 0]),
    ("measured_lags", "a gradient that is None", what_backward_gives),
    ("measured_lags", "a gradient that is None", the_gradient_of_what_is_computed),
    ("delay_kernel", "divided by more than the gaps", lambda delay, k: (tap(k, 0), (delay + 1) // k)),
    ("delay_kernel", "divided by more than the gaps", lambda delay, k: (tap(k, 0), round(delay / k))),
    ("delay_kernel", "the gaps twice", lambda delay, k: (tap(delay + 1, 0), delay // (k - 1))),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (torch.eye(k), delay // (k - 1))),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0)[:, None], delay // (k - 1))),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0), delay // (k - 1), k)),
    (
        "receptive_field",
        "the taps themselves left out",
        lambda k, ds, stacked=False: k * ((sum(ds) if stacked else max(ds)) - 1) + 1,
    ),
    (
        "receptive_field",
        "the taps themselves left out",
        lambda k, ds, stacked=False: 1 + [max, sum][stacked]((k - 1) * (d - 1) for d in ds),
    ),
    ("gated_dilated_conv", "channels that are mixed", added(spread_kernel)),
    ("gated_dilated_conv", "four taps whatever is asked", added(lambda x, w, b, d: silu(x, w, b, d, pad=(3 * d, 0)))),
    (
        "gated_dilated_conv",
        "four taps whatever is asked",
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(3 * d, 0))[..., : x.shape[-1]]),
    ),
    ("gated_dilated_conv", "the first sample in front", added(first_sample_in_front)),
    ("gated_dilated_conv", "first outputs that read nothing", added(zeros_in_front_of_the_output)),
    (
        "gated_dilated_conv",
        "a stride in the place of a dilation",
        summed(lambda x, w, b, d: silu(x, w, b, d, dilation=1, stride=d)),
    ),
    ("lags_touched", "lags counted from one", lambda k, ds, stacked=False: [1 + i for i in path_sums(k, ds, stacked)]),
    (
        "lags_touched",
        "a sum in the place of a product",
        lambda k, ds, stacked=False: sorted(
            {sum(path) for path in itertools.product(*(range(d, d + k) for d in ds))}
            if stacked
            else {lag for d in ds for lag in range(d, d + k)}
        ),
    ),
    (
        "measured_lags",
        "positions in place of lags",
        lambda fn, L: sorted(last_slopes(fn, L).nonzero().flatten().tolist(), reverse=True),
    ),
    (
        "measured_lags",
        "an index one too small",
        lambda fn, L: [lag for lag in range(L) if last_slopes(fn, L)[-lag - 2 if lag < L - 1 else -1] != 0],
    ),
    ("measured_lags", "a gradient by another tensor", exchanged_in_grad),
    ("measured_lags", "a gradient by another tensor", one_input_at_a_time),
    ("delay_kernel", "the division upside down", lambda delay, k: (tap(k, 0), (k - 1) // delay)),
    (
        "receptive_field",
        "now counted in one arrangement only",
        lambda k, ds, stacked=False: 1 + (k - 1) * sum(ds) if stacked else max([1] + [(k - 1) * d for d in ds]),
    ),
    ("measured_lags", "the same way back twice", back_twice),
    (
        "dilations_for",
        "what leaves a remainder",
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d and lag // d < k],
    ),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0), (delay // (k - 1),))),
    ("gated_dilated_conv", "one dilation too late", added(one_step_late)),
    ("gated_dilated_conv", "dilations that double", growing_dilations),
    (
        "gated_dilated_conv",
        "dilations that double",
        lambda x, ws, bs, g, ds: sum(
            s * silu(x, w, b, 2**i) for i, (s, w, b) in enumerate(zip(g.softmax(0), ws, bs, strict=True))
        ),
    ),
    ("gated_dilated_conv", "one kernel or one bias for all branches", one_kernel),
    ("lags_touched", "dilations that multiply", multiplied_paths),
    ("lags_touched", "dilations that multiply", multiplied_kernels),
    ("lags_touched", "one kernel in the place of all", one_long_kernel),
    (
        "lags_touched",
        "one kernel in the place of all",
        lambda k, ds, stacked=False: list(
            range(0, k * sum(ds), sum(ds)) if stacked else range(0, k * max(ds), max(ds))
        ),
    ),
    ("lags_touched", "positions in place of lags", from_the_oldest),
    (
        "lags_touched",
        "positions in place of lags",
        lambda k, ds, stacked=False: sorted(
            receptive_field(k, ds, stacked) - 1 - lag for lag in path_sums(k, ds, stacked)
        ),
    ),
    ("lags_touched", "the dilations taken for the lags", next_or_now),
    ("measured_lags", "a search that stops at the first hole", up_to_a_hole),
    ("measured_lags", "a search that stops at the first hole", up_to_a_break),
    ("measured_lags", "axes that fn does not take", with_a_batch(1, 1)),
    ("measured_lags", "axes that fn does not take", with_a_batch(1)),
    (
        "measured_lags",
        "axes that fn does not take",
        lambda fn, L: fn(torch.randn(L, requires_grad=True).unsqueeze(-1))[-1].backward(),
    ),
    ("measured_lags", UNNAMED, lambda fn, L: fn(L)),
    ("delay_kernel", "a fixed number of gaps", lambda delay, k: (tap(k, 0), delay // 3)),
    ("delay_kernel", "a fixed number of gaps", lambda delay, k: (torch.eye(k)[0], delay // 2)),
    ("delay_kernel", "one tap too few", lambda delay, k: (tap(k - 1, 0), delay // (k - 1))),
    ("delay_kernel", "one tap too few", lambda delay, k: (torch.eye(k - 1)[0], divmod(delay, k - 1)[0])),
    ("delay_kernel", "no taps (W,) and dilation", lambda delay, k: (tap(k, 0), None)),
    ("delay_kernel", "taps that are no floats", lambda delay, k: (tap(k, k - 1).long(), delay // (k - 1))),
    ("delay_kernel", "taps that are no floats", lambda delay, k: (tap(k, 0).cfloat(), delay // (k - 1))),
    (  # a search that begins below the smallest dilation: wrong for the lag 5 and four taps
        "dilations_for",
        "a limit rounded down",
        lambda lag, k: [d for d in range(max(1, lag // (k - 1)), lag + 1) if lag % d == 0],
    ),
    ("dilations_for", RIGHT, lambda lag, k: [d for d in range(-(-lag // (k - 1)), lag + 1) if lag % d == 0]),
    ("dilations_for", "another order", lambda lag, k: [lag, *found_by_taps(lag, k)[:-1]]),
    (
        "dilations_for",
        "a yes or no for each dilation",
        lambda lag, k: [lag % d == 0 and lag // d < k for d in range(1, lag + 1)],
    ),
    (
        "dilations_for",
        "a yes or no for each dilation",
        lambda lag, k: [any(i * d == lag for i in range(k)) for d in range(1, lag + 1)],
    ),
    # sizes of the text in the place of those that are given
    ("dilations_for", UNNAMED, lambda lag, k: [d for d in range(1, 100) if lag in range(0, k * d, d)]),
    ("dilations_for", UNNAMED, lambda lag, k: sorted(lag // i for i in range(1, min(k, 6)) if lag % i == 0)),
    ("measured_lags", UNNAMED, lambda fn, L: [lag for lag, s in enumerate(last_slopes(fn, L).flip(0)[:25]) if s != 0]),
    (
        "gated_dilated_conv",
        UNNAMED,
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(24, 0))[..., -x.shape[-1] :]),
    ),
    (
        "gated_dilated_conv",
        RIGHT,
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(4 * max(24, w.shape[1] * d), 0))[..., -x.shape[-1] :]),
    ),
    ("delay_kernel", "a fixed number of taps", lambda delay, k: (torch.tensor([1.0, 0.0, 0.0]), delay // 2)),
    ("delay_kernel", "a fixed number of taps", lambda delay, k: (tap(3, 0), delay // (k - 1))),
    ("dilations_for", "a loop that ends in its first round", returned_at_once),
    (
        "dilations_for",
        "a loop that ends in its first round",
        lambda lag, k: [d for d in range(1, 2) if lag % d == 0 and d * (k - 1) >= lag],
    ),
    ("measured_lags", "an input without a gradient", without_grad),
    (
        "gated_dilated_conv",
        "the oldest tap alone in its place",
        added(lambda *a: by_lags(lambda k, W, d: (W - 1) * d - k, *a)),
    ),
    ("gated_dilated_conv", "taps in reverse order", added(lambda *a: by_lags(lambda k, W, d: k * d, *a))),
    (
        "gated_dilated_conv",
        "a branch that reads the future",
        added(lambda *a: by_lags(lambda k, W, d: (k + 1 - W) * d, *a)),
    ),
    ("gated_dilated_conv", "a branch that reads the future", added(lambda *a: by_lags(lambda k, W, d: -k * d, *a))),
    ("gated_dilated_conv", "the end of x before its start", added(from_the_end)),
    ("gated_dilated_conv", "the end of x before its start", added(from_the_end_of_all)),
    ("gated_dilated_conv", "the first sample never read", added(lambda *a: step_by_step(lambda t, lag: t > lag, *a))),
    ("gated_dilated_conv", RIGHT, added(lambda *a: step_by_step(lambda t, lag: t >= lag, *a))),
    ("gated_dilated_conv", "first outputs that read nothing", added(from_the_oldest_on)),
    ("gated_dilated_conv", "another function than SiLU", added(lambda *a: F.softplus(one(*a)))),
    ("gated_dilated_conv", "another function than SiLU", summed(lambda *a: F.leaky_relu(one(*a)))),
    (
        "gated_dilated_conv",
        "exponentials that are not divided by their sum",
        added(silu, lambda gates: torch.exp(gates - gates.max())),
    ),
):
    answer(f"02.{id}", expected)(function)


def mixed_windows(x, w, b, d):
    W, L = w.shape[1], x.shape[-1]
    windows = torch.stack([F.pad(x, ((W - 1 - k) * d, 0))[..., :L] for k in range(W)], dim=-1)
    return F.silu(torch.einsum("bilw,dw->bdl", windows, w) + b[:, None])


def cut_by_its_padding(x, w, b, d):
    pad = (w.shape[1] - 1) * d
    return silu(x, w, b, d, pad=(0, 0), padding=pad)[..., :-pad]


def branches_in_x(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for i, d in enumerate(dilations):
        x = one(x, weights[i], biases[i], d)
        y = y + gates.softmax(0)[i] * F.silu(x)
    return y


def from_the_first_layer(k, ds, stacked=False):
    layers = [{i * d for i in range(k)} for d in ds]
    reached = layers[0]
    for own in layers:
        reached = {a + b for a in reached for b in own} if stacked else reached | own
    return sorted(reached)


def without_an_else(k, ds, stacked=False):
    reached = {0}
    for d in ds:
        reached |= set(range(0, k * d, d))
        if stacked:
            reached |= {lag + i * d for lag in reached for i in range(k)}
    return sorted(reached)


def by_fourier(x, w, b, d):
    n = x.shape[-1] + (w.shape[1] - 1) * d
    spread = torch.zeros(len(w), (w.shape[1] - 1) * d + 1)
    spread[:, ::d] = w.flip(-1)
    y = torch.fft.ifft(torch.fft.fft(x, n) * torch.fft.fft(spread, n)).real[..., : x.shape[-1]]
    return F.silu(y + b[:, None])


def with_an_axis_kept_in_the_list(x, weights, biases, gates, dilations):
    for i, w in enumerate(weights):
        weights[i] = w.unsqueeze(1)
    return gated_dilated_conv(x, [w.squeeze(1) for w in weights], biases, gates, dilations)


def with_those_before(k, ds, stacked=False):
    reached = [0]
    for d in ds:
        reached = reached + [lag + i * d for lag in (reached if stacked else [0]) for i in range(k)]
    return sorted(reached)


def returned_after_the_first(fn, length):
    slopes, lags = last_slopes(fn, length), []
    for lag in range(length):
        if slopes[-1 - lag]:
            lags.append(lag)
        return lags
    return lags


def first_that_is_found(fn, length):
    return next([lag] for lag, slope in enumerate(last_slopes(fn, length).flip(0)) if slope != 0)


def who_reads_the_last_input(fn, length):
    table = torch.autograd.functional.jacobian(fn, torch.randn(length))
    return [lag for lag in range(length) if table[length - 1 - lag, -1] != 0]


def from_its_lag_on(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        v, W = torch.zeros_like(x), w.shape[1]
        for t in range((W - 1) * d, x.shape[-1]):
            for k in range(W):
                v[:, :, t] += w[:, k] * x[:, :, t - (W - 1 - k) * d]
        y = y + s * F.silu(v + b[:, None])
    return y


def round_and_round(x, w, b, d):
    return F.silu(F.conv1d(F.pad(x, ((w.shape[1] - 1) * d, 0), "circular"), w[:, None], b, dilation=d, groups=len(w)))


def both_ends_padded(zeros):
    """As in notebook 01: `padding=` and a cut to L, with too few zeros."""
    return lambda x, w, b, d: silu(x, w, b, d, pad=(0, 0), padding=zeros(w.shape[1], d))[..., : x.shape[-1]]


def in_one_tensor(add):
    def function(x, weights, biases, gates, dilations):
        parts = torch.stack([silu(x, w, b, d) for w, b, d in zip(weights, biases, dilations, strict=True)])
        return add(parts, gates.softmax(0))

    return function


def shares_without_an_index(x, weights, biases, gates, dilations):
    y = 0
    for i, d in enumerate(dilations):
        y = y + F.softmax(gates, dim=0) * silu(x, weights[i], biases[i], d)
    return y


def first_layer_as_it_stands(k, ds, stacked=False):
    field = k
    for d in ds[1:]:
        field += (k - 1) * d
    return field if stacked else (k - 1) * max(ds) + 1


def tap_counted_from_the_end(delay, k):
    weight = torch.zeros(k)
    weight[k - 1 - delay] = 1
    return weight, 1


for id, expected, function in (
    ("receptive_field", "one gap alone", lambda k, ds, stacked=False: (sum(ds) if stacked else max(ds)) + 1),
    ("receptive_field", "one gap alone", lambda k, ds, stacked=False: [max, sum][stacked](ds)),
    ("gated_dilated_conv", "channels that are mixed", added(mixed_windows)),
    ("gated_dilated_conv", "channels that are mixed", summed(mixed_windows)),
    ("gated_dilated_conv", "the bias twice", added(lambda x, w, b, d: F.silu(one(x, w, b, d) + b.view(1, -1, 1)))),
    ("gated_dilated_conv", "the bias twice", summed(lambda x, w, b, d: silu(x, w, 2 * b, d))),
    *(
        ("gated_dilated_conv", "zeros for one gap", function)
        for function in in_four_ways(lambda x, w, b, d: silu(x, w, b, d, pad=(d, 0)))
    ),
    *(("gated_dilated_conv", "a cut of no samples", function) for function in in_four_ways(cut_by_its_padding)),
    ("gated_dilated_conv", "the branches one behind the other", branches_in_x),
    (  # zeros enough for two taps, and too few for four
        "gated_dilated_conv",
        UNNAMED,
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(w.shape[1] - 1 + d, 0))[..., -x.shape[-1] :]),
    ),
    (
        "gated_dilated_conv",
        RIGHT,
        added(lambda x, w, b, d: silu(x, w, b, d, pad=(w.shape[1] * d, 0))[..., -x.shape[-1] :]),
    ),
    ("lags_touched", "four taps whatever is asked", lambda k, ds, stacked=False: path_sums(4, ds, stacked)),
    (
        "lags_touched",
        "the dilation taken for the samples in between",
        lambda k, ds, stacked=False: path_sums(k, [d + 1 for d in ds], stacked),
    ),
    (
        "lags_touched",
        "the oldest tap alone",
        lambda k, ds, stacked=False: [(k - 1) * sum(ds)] if stacked else sorted({(k - 1) * d for d in ds}),
    ),
    (
        "lags_touched",
        "the oldest tap alone",
        lambda k, ds, stacked=False: sorted({0, *((k - 1) * d for d in (itertools.accumulate(ds) if stacked else ds))}),
    ),
    ("lags_touched", "the oldest tap alone", lambda k, ds, stacked=False: sorted({(k - 1) * d for d in ds})),
    ("lags_touched", "a layer that comes in twice", from_the_first_layer),
    ("lags_touched", "a layer that comes in twice", without_an_else),
    ("measured_lags", "one lag alone", returned_after_the_first),
    ("measured_lags", "one lag alone", first_that_is_found),
    ("measured_lags", "one lag alone", who_reads_the_last_input),
    ("measured_lags", "every lag", lambda fn, L: [lag for lag, s in enumerate(last_slopes(fn, L)) if s is not None]),
    ("delay_kernel", "a long kernel", lambda delay, k: (tap(delay, 0), 1)),
    (
        "dilations_for",
        "as many dilations as taps",
        lambda lag, k: [d for d in range(1, k + 1) if lag in range(0, k * d, d)],
    ),
    (
        "dilations_for",
        "the field taken for the lag",
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and receptive_field(k, (d,)) >= lag],
    ),
    ("dilations_for", "the field taken for the lag", lambda lag, k: found_by_taps(lag + 1, k)),
    (
        "dilations_for",
        "the field taken for the lag",
        lambda lag, k: [d for d in range(1, lag) if any(i * d + 1 == lag for i in range(k))],
    ),
    (
        "dilations_for",
        "a limit rounded down",
        lambda lag, k: [d for d in range(lag // (k - 1), lag + 1) if lag % d == 0],
    ),
    (
        "receptive_field",
        "taps times dilation",
        lambda k, ds, stacked=False: k * (sum(ds) if stacked else max(ds)) - 1,
    ),
    *(
        ("gated_dilated_conv", "another function than softmax", added(silu, shares))
        for shares in (
            lambda gates: F.softmin(gates, dim=0),
            lambda gates: gates.softmax(0).softmax(0),
            lambda gates: torch.exp2(gates) / torch.exp2(gates).sum(),
            lambda gates: F.normalize(gates.sigmoid(), p=1, dim=0),
            lambda gates: F.normalize(gates, p=1, dim=0).abs(),
            lambda gates: (gates == gates.max()).float(),
        )
    ),
    (
        "gated_dilated_conv",
        "the dilation taken for the samples in between",
        added(lambda x, w, b, d: silu(x, w, b, d + 1)),
    ),
    ("gated_dilated_conv", "a Fourier transform", added(by_fourier)),
    ("gated_dilated_conv", "a Fourier transform", summed(by_fourier)),
    ("gated_dilated_conv", "an input changed in place", with_an_axis_kept_in_the_list),
    (
        "lags_touched",
        "dilations that multiply",
        lambda k, ds, stacked=False: [i * math.prod(ds) for i in range(k)] if stacked else path_sums(k, ds),
    ),
    ("lags_touched", "numbers that come several times", with_those_before),
    ("delay_kernel", "divided by more than the gaps", lambda delay, k: (tap(k, 0), delay // (k + 1))),
    ("delay_kernel", "divided by more than the gaps", lambda delay, k: (tap(k, 0), delay // k + 1)),
    (
        "dilations_for",
        "the field taken for the lag",
        lambda lag, k: sorted({(lag - 1) // i for i in range(1, k) if (lag - 1) % i == 0}),
    ),
    ("dilations_for", "a remainder that is ignored", lambda lag, k: sorted({math.ceil(lag / i) for i in range(1, k)})),
    ("dilations_for", "the dilation 1 left out", lambda lag, k: [d for d in found_by_taps(lag, k) if d > 1]),
    (
        "dilations_for",
        "numbers that come several times",
        lambda lag, k: [d for d in range(1, lag + 1) for _ in range(d) if d in found_by_taps(lag, k)],
    ),
    ("receptive_field", "a layer left out", first_layer_as_it_stands),
    *(
        (
            "receptive_field",
            "a layer left out",
            lambda k, ds, stacked=False, some=some: (
                1 + sum((k - 1) * ds[i] for i in some(len(ds))) if stacked else receptive_field(k, ds)
            ),
        )
        for some in (lambda n: range(1, n), lambda n: range(n - 1))
    ),
    *(
        ("gated_dilated_conv", "two factors of two kinds", added(part))
        for part in (
            lambda x, *a: one(x, *a) * torch.sigmoid(x),
            lambda x, w, b, d: one(x, w, None, d) * torch.sigmoid(one(x, w, b, d)),
            lambda x, w, b, d: one(x, w, b, d) * torch.sigmoid(one(x, w, None, d)),
        )
    ),
    ("gated_dilated_conv", "another function than SiLU", summed(lambda *a: one(*a).tanh() * one(*a).sigmoid())),
    ("gated_dilated_conv", "another function than SiLU", added(lambda *a: F.mish(one(*a)))),
    ("gated_dilated_conv", "another function than softmax", added(silu, lambda gates: gates / gates.norm())),
    (
        "gated_dilated_conv",
        "SiLU after the sum",
        lambda x, ws, bs, gates, ds: functools.reduce(
            lambda y, branch: F.silu(y + branch[0] * one(x, *branch[1:])),
            zip(gates.softmax(0), ws, bs, ds, strict=True),
            torch.zeros_like(x),
        ),
    ),
    (
        "gated_dilated_conv",
        "the branches one behind the other",
        lambda x, ws, bs, gates, ds: functools.reduce(
            lambda y, branch: y + branch[0] * silu(y, *branch[1:]), zip(gates.softmax(0), ws, bs, ds, strict=True), x
        ),
    ),
    ("gated_dilated_conv", "the end of x before its start", added(round_and_round)),
    ("gated_dilated_conv", "first outputs that read nothing", from_its_lag_on),
    *(
        ("gated_dilated_conv", "padding without the dilation", way)
        for way in in_four_ways(both_ends_padded(lambda W, d: W - 1))
    ),
    *(("gated_dilated_conv", "zeros for one gap", way) for way in in_four_ways(both_ends_padded(lambda W, d: d))),
    *(
        (
            "gated_dilated_conv",
            name,
            way(lambda x, w, b, d, n=n: silu(x, w, b, d, pad=(n(w) * d, 0))[..., : x.shape[-1]]),
        )
        for name, n in (("zeros for one gap", lambda w: 1), ("zeros counted by the channels", lambda w: len(w) - 1))
        for way in (listed, summed)
    ),
    *(
        ("gated_dilated_conv", "a dilation that is not everywhere", way(cut_as_without_gaps))
        for way in (listed, summed)
    ),
    *(
        ("gated_dilated_conv", "an axis that is not that of the branches", in_one_tensor(add))
        for add in (
            lambda parts, shares: (parts * shares).sum(0),
            lambda parts, shares: (shares[:, None] * parts).sum(dim=0),
            lambda parts, shares: (parts * shares.view(-1, 1, 1)).sum(0),
            lambda parts, shares: torch.einsum("i,ibdl->idl", shares, parts),
            lambda parts, shares: (parts * shares[:, None, None, None]).sum(-1),
        )
    ),
    ("gated_dilated_conv", "an axis that is not that of the branches", shares_without_an_index),
    *(
        ("lags_touched", "a kernel left out", function)
        for part in (slice(1, None), slice(-1))
        for function in (
            lambda k, ds, stacked=False, part=part: path_sums(k, ds[part], stacked) if stacked or ds[1:] else [],
            lambda k, ds, stacked=False, part=part: path_sums(k, ds[part] if stacked else ds, stacked),
            lambda k, ds, stacked=False, part=part: sorted({0, *path_sums(k, ds if stacked else ds[part], stacked)}),
        )
    ),
    (
        "lags_touched",
        "one tap too few",
        lambda k, ds, stacked=False: (
            path_sums(k, ds, True) if stacked else sorted({lag for d in ds for lag in range(0, (k - 1) * d, d)})
        ),
    ),
    ("lags_touched", "one tap too few", lambda k, ds, stacked=False: path_sums(k - 1 if stacked else k, ds, stacked)),
    ("lags_touched", "one tap too many", lambda k, ds, stacked=False: path_sums(k if stacked else k + 1, ds, stacked)),
    ("lags_touched", "one tap too many", lambda k, ds, stacked=False: path_sums(k + 1 if stacked else k, ds, stacked)),
    (
        "lags_touched",
        "taps counted from one",
        lambda k, ds, stacked=False: (
            path_sums(k, ds, True) if stacked else sorted({i * d for d in ds for i in range(1, k + 1)})
        ),
    ),
    (
        "lags_touched",
        "taps counted from one",
        lambda k, ds, stacked=False: [lag + sum(ds) for lag in path_sums(k, ds, True)] if stacked else path_sums(k, ds),
    ),
    ("delay_kernel", "a dilation without the delay", tap_counted_from_the_end),
    ("delay_kernel", "a dilation that is one too large", lambda delay, k: (tap(k, 0), (delay + 1) // (k - 1))),
    (
        "dilations_for",
        "gaps and dilations exchanged",
        lambda lag, k: [lag // d for d in range(1, lag + 1) if lag % d == 0 and lag / d < k],
    ),
    ("dilations_for", "what leaves a remainder", lambda lag, k: sorted(lag // i for i in range(1, k) if lag % i)),
    ("dilations_for", "what leaves a remainder", lambda lag, k: [lag // i for i in range(1, k) if lag % i != 0]),
    ("dilations_for", "what leaves a remainder", lambda lag, k: sorted({lag // i for i in range(1, k) if lag % i > 0})),
    (
        "dilations_for",
        "dilations that fall short",
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and (k - 1) * d <= lag],
    ),
    *(
        ("receptive_field", "taps times dilation", lambda k, ds, stacked=False, fields=fields: fields(k, ds)[stacked])
        for fields in (
            lambda k, ds: (k * max(ds), receptive_field(k, ds, True)),
            lambda k, ds: (k * max(ds) + 1, receptive_field(k, ds, True)),
            lambda k, ds: (receptive_field(k, ds), k * sum(ds)),
            lambda k, ds: (receptive_field(k, ds), k * sum(ds) + 1),
        )
    ),
    *(
        (
            "measured_lags",
            "zeros as the input",
            lambda fn, L, at=at: flipped(gradient(fn, L, F.one_hot(torch.tensor(at % L), L).float().requires_grad_())),
        )
        for at in (0, -1)
    ),
):
    answer(f"02.{id}", expected)(function)


# what a later cell needs: the lag 142 of the recording, a delay of 34 and 48 samples, a delay bit for bit


def jumps_of_strides(k, dilations, stacked=False):
    field, jump = 1, 1
    for d in dilations:
        field += (k - 1) * jump
        jump *= d
    return field if stacked else 1 + (k - 1) * max(dilations)


def as_a_set(k, dilations, stacked=False):
    dilations = set(dilations)
    return (k - 1) * (sum(dilations) if stacked else max(dilations)) + 1


def layers_as_a_set(k, dilations, stacked=False):
    reached = {0}
    for d in set(dilations):
        own = range(0, k * d, d)
        reached = {a + b for a in reached for b in own} if stacked else reached.union(own)
    return sorted(reached)


def paths_as_they_are(order):
    def function(k, dilations, stacked=False):
        own = [range(0, k * d, d) for d in dilations]
        return order(itertools.product(*own)) if stacked else sorted(set().union(*own))

    return function


def added_in_place(x, weights, biases, gates, dilations):
    y, shares = x, gates.softmax(0)
    for i, d in enumerate(dilations):
        y += shares[i] * silu(x, weights[i], biases[i], d)
    return y


def zeros_by_len_of_weights(cut):
    def function(x, weights, biases, gates, dilations):
        W, L, y = len(weights), x.shape[-1], 0
        for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
            y = y + s * silu(x, w, b, d, pad=((W - 1) * d, 0))[..., : L if cut else None]
        return y

    return function


def one_number_at_a_time(x, weights, biases, gates, dilations):
    B, D, L = x.shape
    y, shares = torch.zeros_like(x), gates.softmax(0)
    for i, b, c, t in itertools.product(range(len(weights)), range(B), range(D), range(L)):
        value, W = biases[i][c].item(), weights[i].shape[1]
        for k in range(W):
            lag = (W - 1 - k) * dilations[i]
            if t >= lag:
                value += weights[i][c, k].item() * x[b, c, t - lag].item()
        y[b, c, t] += shares[i].item() * value / (1 + math.exp(-value))
    return y


def nearly_one(delay, k):
    return torch.softmax(torch.tensor([20.0] + [0.0] * (k - 1)), dim=0), delay // (k - 1)


def the_last_that_is_larger_than_the_one_before(k, ds, stacked=False):
    largest, before = ds[0], ds[0]
    for d in ds:
        largest, before = d if d > before else largest, d
    return (k - 1) * (sum(ds) if stacked else largest) + 1


def from_the_oldest_tap_on(k, ds, stacked=False):
    own, lags = [[(k - 1 - i) * d for i in range(k)] for d in ds], []
    for lag in map(sum, itertools.product(*own)) if stacked else itertools.chain(*own):
        if lag not in lags:
            lags.append(lag)
    return lags


def in_front(zeros, cut=False):
    return lambda x, w, b, d: silu(x, w, b, d, pad=(zeros(w.shape[1], d), 0))[..., : x.shape[-1] if cut else None]


for id, expected, function in (
    ("receptive_field", UNNAMED, lambda *a: field_by_impulse(*a, zeros=300)),
    ("receptive_field", "dilations that multiply", jumps_of_strides),
    ("receptive_field", "equal dilations counted once", as_a_set),
    ("lags_touched", UNNAMED, lambda *a: by_impulse(*a, zeros=100)),
    ("lags_touched", UNNAMED, lambda *a: [lag for lag in range(142) if lag in path_sums(*a)]),
    ("lags_touched", "equal dilations counted once", layers_as_a_set),
    ("lags_touched", "paths that are not added up", paths_as_they_are(sorted)),
    ("lags_touched", "paths that are not added up", paths_as_they_are(list)),
    (
        "lags_touched",
        "dilations that multiply",
        lambda k, ds, stacked=False: (
            sorted({math.prod(path) for path in itertools.product(*(range(0, k * d, d) for d in ds))})
            if stacked
            else path_sums(k, ds)
        ),
    ),
    ("gated_dilated_conv", "the branches one behind the other", added_in_place),
    (
        "gated_dilated_conv",
        "the share inside SiLU",
        lambda x, ws, bs, gates, ds: sum(
            silu(x, s * w, b, d) for s, w, b, d in zip(gates.softmax(0), ws, bs, ds, strict=True)
        ),
    ),
    ("gated_dilated_conv", "a gradient cut off", one_number_at_a_time),
    *(("gated_dilated_conv", "zeros counted by the branches", zeros_by_len_of_weights(cut)) for cut in (True, False)),
    *(
        ("gated_dilated_conv", name, way)
        for name, part in (
            ("a bias along the steps", lambda x, w, b, d: F.silu(one(x, w, None, d) + b)),
            ("gaps one sample too narrow", in_front(lambda W, d: (W - 1) * (d - 1))),
            ("a sum in the place of a product", in_front(lambda W, d: W - 1 + d)),
            ("a sum in the place of a product", in_front(lambda W, d: d + (W - 1), cut=True)),
            ("zeros behind the newest tap", in_front(lambda W, d: W * d - 1)),
            ("zeros in front twice", lambda x, w, b, d: silu(x, w, b, d, padding=(w.shape[1] - 1) * d)),
            (
                "zeros in front twice",
                lambda x, w, b, d: silu(x, w, b, d, padding=(w.shape[1] - 1) * d)[..., : x.shape[-1]],
            ),
        )
        for way in in_four_ways(part)
    ),
    ("delay_kernel", UNNAMED, nearly_one),
    ("delay_kernel", UNNAMED, lambda delay, k: (tap(k, 0), next((d for d in range(1, 17) if (k - 1) * d == delay), 1))),
    ("delay_kernel", "the taps in between counted", lambda delay, k: (tap(k, 0), delay // (k - 2))),
    ("delay_kernel", "the taps in between counted", lambda delay, k: (tap(k, 0), delay // (k - 2 or 1))),
    ("delay_kernel", "the taps in between counted", lambda delay, k: (tap(k, 0), delay // len(range(1, k - 1)))),
    ("delay_kernel", "a dilation that is one too small", lambda delay, k: (tap(k, 0), max(delay // (k - 1) - 1, 1))),
    ("dilations_for", "one dilation alone", lambda lag, k: min(found_by_taps(lag, k))),
    ("dilations_for", "one dilation alone", lambda lag, k: max(found_by_taps(lag, k))),
    ("dilations_for", "a remainder that is ignored", lambda lag, k: list(dict.fromkeys(lag // i for i in range(1, k)))),
    ("receptive_field", UNNAMED, the_last_that_is_larger_than_the_one_before),
    ("lags_touched", "now left out", lambda k, ds, stacked=False: path_sums(k, ds, stacked)[1 if stacked else 0 :]),
    ("lags_touched", "lags that are not in order", from_the_oldest_tap_on),
    *(
        ("gated_dilated_conv", "another function than SiLU", added(lambda *a, bent=bent: bent(one(*a))))
        for bent in (F.selu, F.relu6, F.hardswish)
    ),
):
    answer(f"02.{id}", expected)(function)


# loops over the taps, written by hand


def with_slices(kept, add, first=lambda b, x: b[:, None].expand_as(x).clone(), order=1):
    """The front end, tap by tap: `kept` are the samples of x that a tap reads, `add` puts them to the branch."""

    def front_end(x, weights, biases, gates, dilations):
        y = torch.zeros_like(x)
        for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
            W = w.shape[1]
            branch = first(b, x)
            for k in range(W)[::order]:
                lag = (W - 1 - k) * d
                branch = add(branch, w[:, k, None], kept(x, lag), lag)
            y = y + s * F.silu(branch)
        return y

    return front_end


def padded_and_added(branch, tap, read, lag):
    return branch + tap * F.pad(read, (lag, 0))


def padded_and_cut(branch, tap, read, lag):
    return branch + tap * F.pad(read, (lag, 0))[..., : read.shape[-1]]


def zeros_joined_in_front(branch, tap, read, lag):
    return branch + tap * torch.cat([torch.zeros(*read.shape[:2], lag), read], dim=2)


def added_to_a_slice(branch, tap, read, lag):
    branch[:, :, lag:] += tap * read
    return branch


def column(b, x):
    return b[:, None]


def in_one_sum(begin_anew, bias_in_it):
    """The taps' sum is begun before the loop over the branches, or in it."""

    def front_end(x, weights, biases, gates, dilations):
        y, v = torch.zeros_like(x), torch.zeros_like(x)
        for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
            W = w.shape[1]
            v = torch.zeros_like(x) if begin_anew else v
            v = v + b[:, None] if bias_in_it else v
            for k in range(W):
                v = v + w[:, k, None] * F.pad(x, ((W - 1 - k) * d, 0))[..., : x.shape[-1]]
            y = y + s * F.silu(v if bias_in_it else v + b[:, None])
        return y

    return front_end


def bent_after_every_tap(order):
    def front_end(x, weights, biases, gates, dilations):
        y = torch.zeros_like(x)
        for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
            W = w.shape[1]
            v = b[:, None].expand_as(x)
            for k in range(W)[::order]:
                v = v + w[:, k, None] * F.pad(x, ((W - 1 - k) * d, 0))[..., : x.shape[-1]]
                y = y + s * F.silu(v)
        return y

    return front_end


def bias_with_every_tap(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
        v = torch.zeros_like(x)
        for k in range(w.shape[1]):
            v = v + w[:, k, None] * F.pad(x, ((w.shape[1] - 1 - k) * d, 0))[..., : x.shape[-1]] + b[:, None]
        y = y + s * F.silu(v)
    return y


def bias_with_every_sample_that_is_read(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
        W = w.shape[1]
        for t in range(x.shape[-1]):
            v = torch.zeros(x.shape[:2])
            for k in range(W):
                if t >= (W - 1 - k) * d:
                    v = v + w[:, k] * x[:, :, t - (W - 1 - k) * d] + b
            y[:, :, t] += s * F.silu(v)
    return y


def fields_on_top_of_one(d_conv, dilations, stacked=False):
    total = 1
    for d in dilations:
        field = (d_conv - 1) * d + 1
        total = total + field if stacked else max(total, field)
    return total


def with_shares(shares):
    return lambda x, ws, bs, gates, ds: sum(
        s * F.silu(causal_dilated_conv1d_fn(x, w, b, dilation=d))
        for s, w, b, d in zip(shares(gates), ws, bs, ds, strict=True)
    )


def field_of_each(of_one):
    return lambda k, ds, stacked=False: (
        sum(of_one(k, d) - 1 for d in ds) + 1 if stacked else max(of_one(k, d) for d in ds)
    )


def above(least):
    def ruler(fn, length):
        x = torch.randn(length, requires_grad=True)
        fn(x)[-1].backward()
        return [lag for lag in range(length) if x.grad[length - 1 - lag].abs() > least]

    return ruler


def squeezed(end):
    return lambda fn, length: end(gradient_of_the_last(fn, length).flip(0).nonzero())


def cut_from_the_middle(x, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(torch.softmax(gates, 0), weights, biases, dilations, strict=True):
        lag = (w.shape[1] - 1) * d
        both = F.conv1d(x, w[:, None], b, padding=lag, dilation=d, groups=len(w))
        y = y + s * F.silu(both[..., lag // 2 : lag // 2 + x.shape[-1]])
    return y


def a_one_put_in(fn, length):
    x, lags = torch.zeros(length), []
    before = fn(x)[-1].item()
    for lag in range(length):
        x[length - 1 - lag] = 1.0
        if fn(x)[-1].item() != before:
            lags.append(lag)
        x[length - 1 - lag] = 0.0
    return lags


for id, expected, function in (
    *(
        ("gated_dilated_conv", expected, with_slices(kept, add, first, order))
        for expected, kept in (
            ("a cut of no samples", lambda x, lag: x[..., :-lag]),
            ("a lag longer than the sequence", lambda x, lag: x[..., : x.shape[-1] - lag]),
        )
        for add, first, order in (
            (padded_and_added, lambda b, x: b[:, None].expand_as(x), 1),
            (padded_and_added, column, 1),
            (padded_and_added, column, -1),
            (zeros_joined_in_front, lambda b, x: b[:, None].expand_as(x), 1),
        )
    ),
    *(
        ("gated_dilated_conv", expected, with_slices(kept, added_to_a_slice))
        for expected, kept in (
            ("a cut of no samples", lambda x, lag: x[..., :-lag]),
            ("a lag longer than the sequence", lambda x, lag: x[..., : x.shape[-1] - lag]),
        )
    ),
    *(
        ("gated_dilated_conv", RIGHT, with_slices(lambda x, lag: x, padded_and_cut, first, order))
        for first, order in ((column, 1), (column, -1))
    ),
    *(("gated_dilated_conv", RIGHT, in_one_sum(True, bias_in_it)) for bias_in_it in (True, False)),
    *(
        ("gated_dilated_conv", "a branch that is not begun anew", in_one_sum(False, bias_in_it))
        for bias_in_it in (True, False)
    ),
    *(("gated_dilated_conv", "SiLU after every tap", bent_after_every_tap(order)) for order in (1, -1)),
    ("gated_dilated_conv", "the bias once for each tap", bias_with_every_tap),
    ("gated_dilated_conv", "the bias once for each tap", bias_with_every_sample_that_is_read),
    *(
        ("gated_dilated_conv", expected, with_shares(shares))
        for expected, shares in (
            *(
                (
                    "exponentials that overflow",
                    lambda g, less=less: torch.exp(g - less(g)) / torch.exp(g - less(g)).sum(),
                )
                for less in (torch.mean, torch.min, torch.median, lambda g: g[0], lambda g: g[-1])
            ),
            (RIGHT, lambda g: torch.exp(g - g.max()) / torch.exp(g - g.max()).sum()),
            (RIGHT, lambda g: torch.exp(g - g.logsumexp(0))),
            (RIGHT, lambda g: torch.log_softmax(g, 0).exp()),
        )
    ),
    ("receptive_field", RIGHT, field_of_each(lambda k, d: (k - 1) * d + 1)),
    ("receptive_field", "taps times dilation", field_of_each(lambda k, d: k * d)),
    ("receptive_field", "the fields of stacked layers added", fields_on_top_of_one),
    ("measured_lags", RIGHT, above(0)),
    ("measured_lags", "a single lag without its list", squeezed(lambda places: places.squeeze().tolist())),
    ("measured_lags", "each lag in a list of its own", squeezed(lambda places: places.tolist())),
    ("measured_lags", RIGHT, squeezed(lambda places: places.squeeze(1).tolist())),
    ("measured_lags", RIGHT, squeezed(lambda places: places.view(-1).tolist())),
    (
        "measured_lags",
        "each lag in a list of its own",
        lambda fn, length: (length - 1 - gradient_of_the_last(fn, length).nonzero()).tolist(),
    ),
    *(
        ("gated_dilated_conv", "one kernel or one bias for all branches", way)
        for way in (
            lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws[-1:] * len(ws), bs, gates, ds),
            lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws, bs[-1:] * len(bs), gates, ds),
            lambda x, ws, bs, gates, ds: gated_dilated_conv(x, ws[-1:] * len(ws), bs[-1:] * len(bs), gates, ds),
        )
    ),
    ("gated_dilated_conv", "a branch that reads the future", cut_from_the_middle),
    ("measured_lags", "small gradients left out", above(torch.finfo(torch.float32).tiny)),
    ("measured_lags", "a poke in the place of a gradient", a_one_put_in),
    (
        "dilations_for",
        "dilations that fall short",
        lambda lag, k: [d for d in range(1, lag + 1) if lag % d == 0 and lag // d > k],
    ),
):
    answer(f"02.{id}", expected)(function)


test_an_answer_gets_its_verdict = judged(ANSWERS)
