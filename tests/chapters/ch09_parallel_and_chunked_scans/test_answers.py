"""Answers to the exercises of notebook 09 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import itertools
import math

import numpy as np
import pytest
import torch
from answer_rows import judged, rows
from packaging.version import Version

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch09_parallel_and_chunked_scans.exercises import chunked_scan, hillis_steele
from lite_mamba.course.checking.trial import failure, judge, trials
from lite_mamba.course.page.check import card

# Exercise 1: combine (a1, b1, a2, b2)


def join(a1, b1, a2, b2):
    a = a1 * a2
    b = b2 + a2 * b1
    return a, b


def join_by_matrices(a1, b1, a2, b2):
    one, other = ([[a, b], [0 * a, 0 * a + 1]] for a, b in ((a1, b1), (a2, b2)))
    both = [[sum(other[i][j] * one[j][k] for j in (0, 1)) for k in (0, 1)] for i in (0, 1)]
    return both[0][0], both[0][1]


def join_by_two_points(a1, b1, a2, b2):
    run = lambda h: a2 * (a1 * h + b1) + b2  # noqa: E731
    return run(1) - run(0), run(0)


def join_in_place(a1, b1, a2, b2):
    b1 *= a2
    b1 += b2
    return a1 * a2, b1


def join_without_return(a1, b1, a2, b2):
    a = a1 * a2  # noqa: F841
    b = a2 * b1 + b2  # noqa: F841


def filled_up(a0, x0, moves=True):
    """Rounds that fill the missing partners up with the step h → a0·h + x0."""

    def scan(a, x):
        shift = 1
        while shift < len(a):
            before_a = torch.cat([torch.full_like(a[:shift], a0), a[:-shift]])
            before_x = torch.cat([torch.full_like(x[:shift], x0), x[:-shift]])
            a, x = a * before_a if moves else a, a * before_x + x
            shift *= 2
        return x

    return scan


def rounds_to_the_right(a, x):
    shift = 1
    while shift < len(a):
        a, x = (
            torch.cat([a[shift:] * a[:-shift], a[-shift:]]),
            torch.cat([a[shift:] * x[:-shift] + x[shift:], x[-shift:]]),
        )
        shift *= 2
    return x


def both_halves(a, x):
    if len(x) == 1:
        return x
    middle = len(x) // 2
    left, right = both_halves(a[:middle], x[:middle]), both_halves(a[middle:], x[middle:])
    return torch.cat([left, right + a[middle:].cumprod(0) * left[-1]])


def up_alone(a, x):
    if len(a) == 1:
        return x
    return up_alone(a[1::2] * a[::2], a[1::2] * x[::2] + x[1::2])


def state_before_at_even_places(a, x):
    if len(a) == 1:
        return x
    odd = state_before_at_even_places(a[1::2] * a[::2], a[1::2] * x[::2] + x[1::2])
    return torch.stack([torch.cat([0 * x[:1], odd[:-1]]), odd], dim=1).flatten(0, 1)


def where_with_roll(alone, by=1):
    def scan(a, x):
        t, shift = torch.arange(len(a)).reshape(-1, *[1] * (a.ndim - 1)), 1
        while shift < len(a):
            before_a, before_x = a.roll(by * shift, 0), x.roll(by * shift, 0)
            a, x = (
                torch.where(alone(t, shift), a, a * before_a),
                torch.where(alone(t, shift), x, a * before_x + x),
            )
            shift *= 2
        return x

    return scan


def rolled_through_all(a, x):
    shift = 1
    while shift < len(a):
        before_a, before_x = a.roll(shift), x.roll(shift)
        before_a[:shift], before_x[:shift] = 1, 0
        a, x = a * before_a, a * before_x + x
        shift *= 2
    return x


def masked_along_the_states(a, x):
    t, shift = torch.arange(len(a)), 1
    while shift < len(a):
        joined = join(a.roll(shift, 0), x.roll(shift, 0), a, x)
        a, x = (torch.where(t < shift, old, new) for old, new in zip((a, x), joined, strict=True))
        shift *= 2
    return x


def rounds_of_powers(a, x):
    shift = 1
    while shift < len(a):
        x = torch.cat([x[:shift], x[shift:] + a[shift:].pow(shift) * x[:-shift]])
        shift *= 2
    return x


def evens_alone(a, x):
    if len(a) == 1:
        return x
    states = torch.empty_like(x)
    states[0::2] = evens_alone(a[0::2], x[0::2])
    states[1::2] = a[1::2] * states[0::2] + x[1::2]
    return states


def products_of_logarithms(log_a, x):
    shift = 1
    while shift < len(x):
        x = torch.cat([x[:shift], log_a[shift:].exp() * x[:-shift] + x[shift:]])
        log_a = torch.cat([log_a[:shift], log_a[shift:] * log_a[:-shift]])
        shift *= 2
    return x


def scaled_by_the_mean(log_a, x):
    to_end = log_a.flip(0).cumsum(0).flip(0) - log_a
    weights = torch.exp(to_end - to_end.mean(dim=0, keepdim=True))
    return (weights * x).cumsum(0) / weights


def starts_added_as_they_are(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    h, states = torch.zeros_like(x[:, 0]), []
    for t in range(chunk):
        h = a[:, t] * h + x[:, t]
        states.append(h)
    own, start, joined = torch.stack(states, dim=1), 0, []
    for chunk_of_states in own:
        joined.append(chunk_of_states + start)
        start = joined[-1][-1]
    return torch.cat(joined)


def chunks_with(decay=lambda a: a.prod(1), end=lambda end: end, first=lambda x: torch.zeros_like(x[:, 0])):
    def scan(a, x, chunk):
        a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
        ends = first(x)
        for t in range(chunk):
            ends = a[:, t] * ends + x[:, t]
        h, starts, states = torch.zeros_like(ends[0]), [], []
        for fade, last in zip(decay(a), end(ends), strict=True):
            starts.append(h)
            h = fade * h + last
        h = torch.stack(starts)
        for t in range(chunk):
            h = a[:, t] * h + x[:, t]
            states.append(h)
        return torch.stack(states, dim=1).flatten(0, 1)

    return scan


COMBINE = [
    ("both a first", lambda a1, a2, b1, b2: (a2 * a1, a2 * b1 + b2), None),
    ("other names", lambda a, x, b, y: (b * a, b * x + y), "right"),
    ("a2·(b1 + b2/a2)", lambda a1, b1, a2, b2: (a2 * a1, a2 * (b1 + b2 / a2)), None),
    ("two lines", join, "right"),
    ("matrices", join_by_matrices, "right"),
    ("two points", join_by_two_points, "right"),
    ("a list", lambda a1, b1, a2, b2: [a2 * a1, b2 + b1 * a2], "right"),
    ("h = 0 put in", lambda a1, b1, a2, b2: (a1 * a2, a2 * (a1 * 0 + b1) + b2), "right"),
    ("order", lambda a1, b1, a2, b2: (a1 * a2, a1 * b2 + b1), "two steps in the wrong order"),
    ("no fading", lambda a1, b1, a2, b2: (a1 * a2, b2 + b1), "a b1 that does not fade"),
    ("by a1", lambda a1, b1, a2, b2: (a2 * a1, b1 * a1 + b2), "a b1 that fades by its own step"),
    ("twice", lambda a1, b1, a2, b2: (a2 * a1, (a1 * a2) * b1 + b2), "a b1 that fades twice"),
    ("a sum", lambda a1, b1, a2, b2: (a2 + a1, a2 * b1 + b2), "a's that are added"),
    ("brackets", lambda a1, b1, a2, b2: (a2 * a1, a2 * (b1 + b2)), "b2 that fades"),
    ("swapped", lambda a1, b1, a2, b2: (a2 * b1 + b2, a2 * a1), "the two results in the wrong order"),
    ("b alone", lambda a1, b1, a2, b2: b2 + a2 * b1, "the second part alone"),
    ("crosswise", lambda a1, b1, a2, b2: (a2 * a1, a1 * b2 + a2 * b1), "b2 that fades"),
    ("each by its own", lambda a1, b1, a2, b2: (a2 * a1, a1 * b1 + a2 * b2), "each b faded by its own step"),
    ("a2 alone", lambda a1, b1, a2, b2: (a2, a2 * b1 + b2), "the decay of one step"),
    ("no b2", lambda a1, b1, a2, b2: (a1 * a2, b1 * a2), "a later b that is left out"),
    ("all added", lambda a1, b1, a2, b2: (a1 + a2, b1 + b2), "pairs that are added"),
    ("matrices' products", lambda a1, b1, a2, b2: (a2 @ a1, a2 @ b1 + b2), "products of matrices"),
    ("a product of b", lambda a1, b1, a2, b2: (a2 * a1, b1 * b2), "b's that are multiplied"),
    ("a product of all but a1", lambda a1, b1, a2, b2: (a2 * a1, b2 * (a2 * b1)), "b's that are multiplied"),
    ("torch.mul", lambda a1, b1, a2, b2: (torch.mul(a2, a1), torch.add(torch.mul(a2, b1), b2)), "right"),
    ("in place", join_in_place, None),
    ("no return", join_without_return, None),
    ("hard-coded", lambda a1, b1, a2, b2: (1000.0, 123.0), None),
    ("item", lambda a1, b1, a2, b2: (a2.item() * a1.item(), a2.item() * b1.item() + b2.item()), None),
    ("stacked", lambda a1, b1, a2, b2: torch.stack([a2 * a1, a2 * b1 + b2]), "both parts in one tensor"),
    ("a tensor", lambda a1, b1, a2, b2: torch.tensor([a1 * a2, a2 * b1 + b2]), "both parts in one tensor"),
    ("no b1", lambda a1, b1, a2, b2: (a1 * a2, b2), "an earlier b that is left out"),
    ("no b1, b2 faded", lambda a1, b1, a2, b2: (a1 * a2, b2 * a2), "an earlier b that is left out"),
    ("a2 overwritten", lambda a1, b1, a2, b2: (a2 := a1 * a2, a2 * b1 + b2), "a b1 that fades twice"),
    ("first state only", lambda a1, b1, a2, b2: (a2 * a1, a2.flatten()[0] * b1 + b2), None),
    ("crash", lambda a1, b1, a2, b2: a1 @ a2, None),
    ("divided by a1", lambda a1, b1, a2, b2: (a2 * a1, a2 * a1 * (b1 / a1) + b2), None),
    ("a minus", lambda a1, b1, a2, b2: (a1 * a2, a2 * b1 - b2), "a later drive taken away"),
    ("h = 1 put in", lambda a1, b1, a2, b2: (a2 * a1, (a1 + b1) * a2 + b2), "an a in both parts"),
    ("b1 and a2·b2", lambda a1, b1, a2, b2: (a1 * a2, b1 + a2 * b2), "b2 that fades"),
    ("b1 twice", lambda a1, b1, a2, b2: (a1 * a2, b1 + b1 * a2), "a later b that is left out"),
    ("b2 twice", lambda a1, b1, a2, b2: (a1 * a2, b2 + a1 * b2), "an earlier b that is left out"),
]

# Exercise 2: hillis_steele (a, x)


def rounds_that_drop_finished_decays(a, x):
    a, shift = a[1:], 1
    while shift < len(x):
        x = torch.cat([x[:shift], torch.addcmul(x[shift:], a, x[:-shift])])
        a, shift = a[shift:] * a[:-shift], 2 * shift
    return x


def rounds_in_place(a, x):
    a, x, shift = a.clone(), x.clone(), 1
    while shift < len(a):
        new_a, new_x = a[shift:] * a[:-shift], a[shift:] * x[:-shift] + x[shift:]
        a[shift:], x[shift:] = new_a, new_x
        shift *= 2
    return x


def rounds_with_padding(a, x):
    k = 0
    while 2**k < len(x):
        before_a = torch.cat([torch.ones_like(a[: 2**k]), a[: -(2**k)]])
        before_x = torch.cat([torch.zeros_like(x[: 2**k]), x[: -(2**k)]])
        a, x = before_a * a, a * before_x + x
        k += 1
    return x


def rounds_in_numpy(a, x):
    a, x = a.numpy().copy(), x.numpy().copy()
    for k in range(len(x).bit_length()):
        s = 2**k
        if s >= len(x):
            break
        x[s:], a[s:] = a[s:] * x[:-s] + x[s:], a[s:] * a[:-s]
    return torch.from_numpy(x)


def rounds_with_where(a, x):
    index = torch.arange(len(x)).reshape(-1, *[1] * (x.ndim - 1))
    shift = 1
    while shift < len(x):
        has = index >= shift
        x = torch.where(has, a * x.roll(shift, 0) + x, x)
        a = torch.where(has, a * a.roll(shift, 0), a)
        shift *= 2
    return x


def rounds_in_halves(a, x):
    """Both halves first, then the left one's last state carried through the right one: ⌈log2 L⌉ levels, padded."""
    length, size = len(x), 1
    full = 1 << (length - 1).bit_length()
    a = torch.cat([a, a.new_ones(full - length, *a.shape[1:])])
    x = torch.cat([x, x.new_zeros(full - length, *x.shape[1:])])
    while size < full:
        a, x = a.unflatten(0, (-1, 2, size)), x.unflatten(0, (-1, 2, size))
        right = a[:, 1] * x[:, 0, -1:] + x[:, 1]
        a = torch.stack([a[:, 0], a[:, 1] * a[:, 0, -1:]], 1).flatten(0, 2)
        x = torch.stack([x[:, 0], right], 1).flatten(0, 2)
        size *= 2
    return x[:length]


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


def loop_through_numpy(a, x):
    states, h = np.zeros(x.shape, dtype=np.float32), 0
    for t, (decay, drive) in enumerate(zip(a.numpy(), x.numpy(), strict=True)):
        h = states[t] = decay * h + drive
    return torch.from_numpy(states)


def loop_through_lists(a, x):
    steps = zip(a.reshape(len(a), -1).tolist(), x.reshape(len(x), -1).tolist(), strict=True)
    h, states = [0.0] * x[0].numel(), []
    for decays, drives in steps:
        h = [decay * one + drive for decay, one, drive in zip(decays, h, drives, strict=True)]
        states.append(h)
    return torch.tensor(states).reshape(x.shape)


def loop_by_accumulate(a, x):
    pairs = itertools.accumulate(zip(a, x, strict=True), lambda one, other: join(*one, *other))
    return torch.stack([b for _, b in pairs])


def all_pairs(a, x):
    L = len(a)
    mask = torch.ones(L, L).tril(-1).bool().reshape(L, L, *[1] * (a.ndim - 1))
    table = torch.where(mask, a[:, None], torch.ones_like(a)[:, None]).cumprod(0)
    return (table * x[None] * ~mask.transpose(0, 1)).sum(1)


def pair_by_pair(a, x):
    left = [[a[s + 1 : t + 1].prod(0) for s in range(t + 1)] for t in range(len(a))]
    return torch.stack([(torch.stack(row) * x[: len(row)]).sum(0) for row in left])


def from_the_first_step_on(a, x):
    return torch.stack([loop(a[: t + 1], x[: t + 1])[-1] for t in range(len(x))])


def rounds_of_neighbours(a, x):
    h = x
    for _ in range(1, len(x)):
        h = torch.cat([x[:1], a[1:] * h[:-1] + x[1:]])
    return h


def one_step_fewer(a, x):
    if len(x) == 1:
        return x
    before = one_step_fewer(a[:-1], x[:-1])
    return torch.cat([before, a[-1:] * before[-1:] + x[-1:]])


def pieces_of_a_root(a, x):
    size, states, h = math.isqrt(len(x)), [], torch.zeros_like(x[0])
    for decays, drives in zip(a.split(size), x.split(size), strict=True):
        states.append(rounds(decays, drives) + decays.cumprod(0) * h)
        h = states[-1][-1]
    return torch.cat(states)


def halves_and_a_loop(a, x):
    if len(x) == 1:
        return x
    half = len(x) // 2
    first, second = halves_and_a_loop(a[:half], x[:half]), halves_and_a_loop(a[half:], x[half:])
    states, left = [first], first[-1]
    for t in range(len(second)):
        left = a[half + t] * left
        states.append((second[t] + left)[None])
    return torch.cat(states)


def cat_each_step(a, x):
    out, h = None, 0
    for a_t, x_t in zip(a.unbind(), x.unbind(), strict=True):
        h = a_t * h + x_t
        out = h[None] if out is None else torch.cat([out, h[None]])
    return out


def joined_one_by_one(a, x):
    s = 1
    while s < len(x):
        pairs = [join(a[t - s], x[t - s], a[t], x[t]) if t >= s else (a[t], x[t]) for t in range(len(x))]
        a, x = torch.stack([p for p, _ in pairs]), torch.stack([q for _, q in pairs])
        s *= 2
    return x


def rounds(a, x, join=join, shifts=None, keep=True, late=False):
    """Rounds with one thing wrong."""
    L = len(x)
    for s in shifts(L) if shifts else [2**k for k in range(12) if 2**k < L]:
        if late:
            a = torch.cat([a[:s], a[:-s] * a[s:]])
        new_a, new_x = join(a[:-s], x[:-s], a[s:], x[s:])
        x = torch.cat([x[:s], new_x])
        a = a if late or not keep else torch.cat([a[:s], new_a])
    return x


def rounds_forwards_in_place(a, x):
    a, x, s = a.clone(), x.clone(), 1
    while s < len(x):
        for t in range(s, len(x)):
            x[t] += a[t] * x[t - s]
            a[t] *= a[t - s]
        s *= 2
    return x


def rounds_with_the_first_entries(a, x):
    shift = 1
    while shift < len(x):
        pairs = join(a[:shift], x[:shift], a[shift:], x[shift:])
        a, x = (torch.cat([old[:shift], new]) for old, new in zip((a, x), pairs, strict=True))
        shift *= 2
    return x


def rounds_of_overlapping_slices(a, x):
    a, x, shift = a.clone(), x.clone(), 1
    while shift < len(a):
        x[shift:] += a[shift:] * x[:-shift]
        a[shift:] *= a[:-shift]
        shift *= 2
    return x


def rolled(a, x):
    s = 1
    while s < len(x):
        x = a * torch.roll(x, s, dims=0) + x
        a = a * torch.roll(a, s, dims=0)
        s *= 2
    return x


def remembering(scan):
    """A scan that keeps the states of each shape, and gives them again."""
    kept = {}
    return lambda a, x: kept[x.shape] if x.shape in kept else kept.setdefault(x.shape, scan(a, x))


def shorter_and_shorter(a, x):
    s = 1
    while s < len(a):
        a, x, s = a[s:] * a[:-s], a[s:] * x[:-s] + x[s:], 2 * s
    return x


def zero_filled(a, x):
    s = 1
    while s < len(x):
        new_a, new_x = torch.zeros_like(a), torch.zeros_like(x)
        new_a[s:], new_x[s:] = join(a[:-s], x[:-s], a[s:], x[s:])
        a, x, s = new_a, new_x, 2 * s
    return x


def rounds_filled_with_ones(a, x):
    s = 1
    while s < len(a):
        one = torch.ones(s, *a.shape[1:])
        x, a, s = a * torch.cat([one, x[:-s]]) + x, a * torch.cat([one, a[:-s]]), 2 * s
    return x


def rounds_along_the_last_axis(a, x):
    s = 1
    while s < len(a):
        new_a, new_x = join(a[..., :-s], x[..., :-s], a[..., s:], x[..., s:])
        a, x, s = torch.cat([a[..., :s], new_a], dim=-1), torch.cat([x[..., :s], new_x], dim=-1), 2 * s
    return x


def rounds_with_the_finished_behind(a, x):
    s = 1
    while s < len(x):
        new_a, new_x = join(a[:-s], x[:-s], a[s:], x[s:])
        a, x, s = torch.cat([new_a, a[:s]]), torch.cat([new_x, x[:s]]), 2 * s
    return x


def kept_products(a, x):
    P = torch.cumprod(a, dim=0)
    return torch.cumsum(x / P, dim=0) * P


def without_return(a, x):
    s = 1
    while s < len(x):
        x = torch.cat([x[:s], a[s:] * x[:-s] + x[s:]])
        s *= 2


def both(a, x):
    s = 1
    while s < len(x):
        a, x = (
            torch.cat([a[:s], a[s:] * a[:-s]]),
            torch.cat([x[:s], a[s:] * x[:-s] + x[s:]]),
        )
        s *= 2
    return a, x


def inputs_changed(a, x):
    s = 1
    while s < len(x):
        x[s:] = a[s:] * x[:-s] + x[s:]
        a[s:] = a[s:] * a[:-s]
        s *= 2
    return x


DIVIDED = "a division by a product of decays"
LOGARITHMS = "logarithms of decays"


def table_of_logarithms(a, x):
    total, t = a.log().cumsum(0), torch.arange(len(a))
    past = (t[:, None] >= t).reshape(len(a), len(a), *[1] * (a.ndim - 1))
    return (torch.where(past, (total[:, None] - total[None]).exp(), 0.0) * x).sum(1)


def rounds_with_padded_states(a, x):
    s = 1
    while s < len(x):
        before_a = torch.nn.functional.pad(a[:-s], (s, 0), value=1)
        before_x = torch.nn.functional.pad(x[:-s], (s, 0))
        a, x, s = before_a * a, a * before_x + x, 2 * s
    return x


def rounds_rolled_to_the_left(a, x):
    s = 1
    while s < len(x):
        after_a, after_x = a.roll(-s, 0), x.roll(-s, 0)
        after_a[-s:], after_x[-s:] = 1, 0
        a, x, s = a * after_a, a * after_x + x, 2 * s
    return x


def rounds_with_return_inside(a, x):
    shift = 1
    while shift < len(a):
        new_a, new_x = join(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])
        shift *= 2
        return x


def rounds_that_keep_one(a, x):
    shift = 1
    while shift < len(a):
        new_a, new_x = join(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:1], new_a]), torch.cat([x[:1], new_x])
        shift *= 2
    return x


def rounds_until(stop, a, x):
    s = 1
    while s < stop:
        x, a = torch.cat([x[:s], a[s:] * x[:-s] + x[s:]]), torch.cat([a[:s], a[s:] * a[:-s]])
        s *= 2
    return x


def linear_states(a, x):
    h, states = 0, []
    for a_t, x_t in zip(a, x, strict=True):
        states.append(h := a_t * h + x_t)
    return torch.stack(states)


TOO_FEW, BY_ONE = "too few rounds", "a shift that grows by one"
TOO_EARLY = "decays that are joined too early"


def rounds_that_lose(a, x, of_x):
    """Rounds in which one of the two keeps its first entries, and the other one loses them."""
    s = 1
    while s < len(x):
        new_a, new_x = a[s:] * a[:-s], x[s:] + a[s:] * x[:-s]
        a, x = (torch.cat([a[:s], new_a]), new_x) if of_x else (new_a, torch.cat([x[:s], new_x]))
        s *= 2
    return x


def rounds_from_step_0(a, x):
    """Rounds in which step 0 is the partner of those that have none."""
    s = 1
    while s < len(x):
        partners = [max(0, t - s) for t in range(len(x))]
        x, a, s = a * x[partners] + x, a * a[partners], 2 * s
    return x


def rounds_of_repeated_firsts(a, x):
    s = 1
    while s < len(x):
        before_a, before_x = (torch.cat([v[:1]] * s + [v[:-s]]) for v in (a, x))
        a, x = join(before_a, before_x, a, x)
        s += s
    return x


def join_of_sums(a1, b1, a2, b2):
    return a1 + a2, a2 * b1 + b2


PARTLY_KEPT = "one part of the pair that gets shorter"
STEP_0 = "step 0 in the place of a missing partner"


def as_many_rounds_as(count, size=len, shift=lambda k: 2**k):
    return lambda a, x: rounds(a, x, shifts=lambda L: [shift(k) for k in range(math.ceil(count(size(x))))])


HILLIS_STEELE = [
    ("x by both", lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: (a1 * a2, a1 * a2 * b1 + b2)), TOO_EARLY),
    ("the last one", lambda a, x: rounds(a, x)[-1], "the last state alone"),
    ("remembered by shape", remembering(lambda a, x: rounds(a, x)), None),
    (
        "no later x",
        lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: (a1 * a2, a2 * b1)),
        "a later drive that is left out",
    ),
    ("a natural logarithm", as_many_rounds_as(math.log), "too few rounds"),
    ("shifts up to 64", lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(7)]), "too few rounds"),
    ("a logarithm to base 10", as_many_rounds_as(math.log10), "too few rounds"),
    ("shape[-1]", as_many_rounds_as(math.log2, lambda x: x.shape[-1]), "the states counted for L"),
    (
        "a shift times itself",
        as_many_rounds_as(math.log2, shift=lambda k: (1, 2, 4, 16, 256, 256, 256)[k]),
        "a shift that grows too fast",
    ),
    ("x alone put together", lambda a, x: rounds_that_lose(a, x, of_x=False), PARTLY_KEPT),
    ("a alone put together", lambda a, x: rounds_that_lose(a, x, of_x=True), PARTLY_KEPT),
    ("step 0 for all", rounds_from_step_0, STEP_0),
    (
        "the first row repeated",
        rounds_of_repeated_firsts,
        STEP_0,
    ),
    ("a1 + a2", lambda a, x: rounds(a, x, join_of_sums), "decays that are added"),
    ("sum", lambda a, x: rounds(a, x, lambda *pairs: (sum(pairs[::2]), join(*pairs)[1])), "decays that are added"),
    ("drives that fade", lambda a, x: linear_states(a, a * x), "a drive that fades at once"),
    ("cumsum of a x", lambda a, x: torch.cumsum(x * a, 0), "a single cumulative sum"),
    ("P cumsum", lambda a, x: x.cumsum(0) * a.cumprod(0), "a single cumulative sum"),
    ("a[:shift]", rounds_with_the_first_entries, "partners from the beginning"),
    ("overlapping slices", rounds_of_overlapping_slices, "a table that is read while it is written"),
    ("finished decays dropped", rounds_that_drop_finished_decays, "right"),
    ("in place of copies", rounds_in_place, "right"),
    ("padded", rounds_with_padding, "right"),
    ("numpy rounds", rounds_in_numpy, "right"),
    ("where", rounds_with_where, "right"),
    ("halves", rounds_in_halves, "right"),
    ("rounds that do nothing", lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(12)]), "right"),
    ("in float64", lambda a, x: rounds(a.double(), x.double()).float(), "right"),
    (
        "a of the earlier",
        lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: (a1 * a2, a1 * b1 + b2)),
        "a drive that fades by its own decay",
    ),
    (
        "later first",
        lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: join(a2, b2, a1, b1)),
        "operands in the wrong order",
    ),
    ("roll", rolled, "a shift that wraps around"),
    ("+= one by one", rounds_forwards_in_place, "values of this round read in this round"),
    ("a stays", lambda a, x: rounds(a, x, keep=False), "decays that are not joined"),
    ("a first", lambda a, x: rounds(a, x, late=True), "decays that are joined too early"),
    ("neighbours", lambda a, x: torch.cat([x[:1], a[1:] * x[:-1] + x[1:]]), "a single round"),
    (
        "log2 rounded down",
        lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(int(np.log2(L)))]),
        TOO_FEW,
    ),
    ("L − 1", lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(12) if 2**k < L - 1]), TOO_FEW),
    (
        "half of L",
        lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(12) if 2**k < L / 2]),
        TOO_FEW,
    ),
    (
        "log2 rounded",
        lambda a, x: rounds(a, x, shifts=lambda L: [2**k for k in range(round(np.log2(L)))]),
        TOO_FEW,
    ),
    ("+ 1", lambda a, x: rounds(a, x, shifts=lambda L: range(1, L)), "a shift that grows by one"),
    ("1", lambda a, x: rounds(a, x, shifts=lambda L: [1] * (L - 1).bit_length()), "a partner that stays next door"),
    ("1 for each step", lambda a, x: rounds(a, x, shifts=lambda L: [1] * (L - 1)), "a partner that stays next door"),
    (
        "3",
        lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (1, 3, 9, 27, 81) if s < L]),
        "a shift that grows too fast",
    ),
    (
        "2 s + 1",
        lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (1, 3, 7, 15, 31, 63) if s < L]),
        "a shift that grows too fast",
    ),
    ("s + 2", lambda a, x: rounds(a, x, shifts=lambda L: range(1, L, 2)), "a shift that grows too fast"),
    ("return inside", rounds_with_return_inside, "a single round"),
    (
        "2 k",
        lambda a, x: rounds(a, x, shifts=lambda L: [2 * k for k in range(1, 1 + (L - 1).bit_length())]),
        "a first round that is missing",
    ),
    (
        "L // 2 first",
        lambda a, x: rounds(a, x, shifts=lambda L: [L >> k for k in range(1, L.bit_length())]),
        "the longest shift first",
    ),
    ("a roll to the left", rounds_rolled_to_the_left, "partners on the right"),
    ("F.pad (shift, 0)", rounds_with_padded_states, "padding along the states"),
    ("a[:1] kept", rounds_that_keep_one, "steps without a partner that are lost"),
    (
        "from 2 on",
        lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (2, 4, 8, 16, 32, 64) if s < L]),
        "a first round that is missing",
    ),
    (
        "downwards",
        lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (64, 32, 16, 8, 4, 2, 1) if s < L]),
        "the longest shift first",
    ),
    ("ones", rounds_filled_with_ones, "a filling that changes the first steps"),
    ("a·x first", lambda a, x: rounds_in_place(a, torch.cat([a[:1] * x[:1], x[1:]])), "a first step that fades"),
    ("exclusive", lambda a, x: shifted(rounds_in_place(a, x)), "states of the step before"),
    ("last axis", rounds_along_the_last_axis, "rounds along the states"),
    ("behind", rounds_with_the_finished_behind, "steps without a partner behind the others"),
    ("shorter", shorter_and_shorter, "steps without a partner that are lost"),
    ("zeros", zero_filled, "steps without a partner that are zero"),
    ("both", both, "both parts of the pair"),
    ("the decays", lambda a, x: both(a, x)[0], "the decays in the place of the states"),
    ("two cumulative sums", kept_products, DIVIDED),
    ("logs", lambda a, x: (x / (P := a.log().cumsum(0).exp())).cumsum(0) * P, LOGARITHMS),
    ("a table of logs", table_of_logarithms, LOGARITHMS),
    ("1e-8", lambda a, x: (P := a.cumprod(0)) * torch.cumsum(x / (P + 1e-8), 0), DIVIDED),
    ("clamp", lambda a, x: (P := a.cumprod(0)) * torch.cumsum(x / P.clamp(min=1e-6), 0), DIVIDED),
    *(
        (name, function, "a loop over the steps")
        for name, function in {
            "loop": loop,
            "fused loop": fused_loop,
            "written loop": written_loop,
            "loop through numpy": loop_through_numpy,
            "loop through lists": loop_through_lists,
            "accumulate": loop_by_accumulate,
        }.items()
    ),
    ("one by one", joined_one_by_one, "joins one by one"),
    ("all pairs", all_pairs, "a table of all pairs of steps"),
    ("all pairs by loops", pair_by_pair, "work that is done again"),
    ("from the first step on", from_the_first_step_on, "work that is done again"),
    ("a longer table at each step", cat_each_step, "work that is done again"),
    ("a round for each step", rounds_of_neighbours, "work that is done again"),
    ("pieces of √L steps", pieces_of_a_root, "pieces that wait for one another"),
    ("halves and a loop", halves_and_a_loop, "two calls in the place of one"),
    ("no return", without_return, None),
    ("changed inputs", inputs_changed, None),
    ("a cumulative sum", lambda a, x: x.cumsum(0), "a single cumulative sum"),
    ("hard-coded", lambda a, x: torch.tensor([1.0, 12, 123, 1234, 12345, 123456]), None),
    ("five rounds", lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (1, 2, 4, 8, 16) if s < L]), TOO_FEW),
    ("six rounds", lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (1, 2, 4, 8, 16, 32) if s < L]), TOO_FEW),
    ("three rounds", lambda a, x: rounds(a, x, shifts=lambda L: [s for s in (1, 2, 4) if s < L]), TOO_FEW),
    ("ten rounds", lambda a, x: rounds_until(min(len(x), 1024), a, x), TOO_FEW),
    ("a crash", lambda a, x: rounds(a, x) @ a @ x, None),
    ("as a list", lambda a, x: rounds(a, x).tolist(), None),
    ("column 0", lambda a, x: rounds(a, x) if x.ndim == 1 else rounds(a[:, :1], x), None),
    ("up to half of the length", lambda a, x: rounds_until(len(x) // 2, a, x), TOO_FEW),
    ("partners on the right", rounds_to_the_right, "partners on the right"),
    ("both halves", both_halves, "two calls in the place of one"),
    ("filled with the step 0, 1", filled_up(0, 1), "a filling that changes the first steps"),
    ("filled with nothing", filled_up(1, 0), "right"),
    ("filled with two zeros", filled_up(0, 0), "right"),
    ("x and a", lambda a, x: filled_up(1, 0)(x, a), "decays and drives in exchanged places"),
    ("not above shift", where_with_roll(lambda t, shift: t <= shift), "the first pair of a round left out"),
    ("where and roll", where_with_roll(lambda t, shift: t < shift), "right"),
    ("rolled to the left", where_with_roll(lambda t, shift: t < 0, by=-1), "a shift that wraps around"),
    ("roll without an axis", rolled_through_all, "a shift through all numbers"),
    ("both a first", lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: join(a1, a2, b1, b2)), "both decays first"),
    ("a mask (L,)", masked_along_the_states, "a mask along the states"),
    (
        "log2 L shifts",
        lambda a, x: rounds(a, x, shifts=lambda L: range(1, L.bit_length() + 1)[: (L - 1).bit_length()]),
        BY_ONE,
    ),
    ("b, a", lambda a, x: rounds(a, x, lambda *pairs: join(*pairs)[::-1]), "the two parts of the pair exchanged"),
    (
        "combine(x, a, x, a)",
        lambda a, x: rounds(a, x, lambda a1, b1, a2, b2: join(b1, a1, b2, a2)),
        "the two parts of the pair exchanged",
    ),
    ("a power", rounds_of_powers, "decays that all fade alike"),
]

# Exercise 3: up_down (a, x)


def tree_in_place(a, x):
    if len(a) == 1:
        return x.clone()
    states = torch.empty_like(x)
    states[1::2] = tree_in_place(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    states[0] = x[0]
    states[2::2] = a[2::2] * states[1:-1:2] + x[2::2]
    return states


def tree_without_its_first_step(a, x):
    if len(a) == 1:
        return x
    states = torch.empty_like(x)
    states[1::2] = tree_without_its_first_step(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    states[2::2] = a[2::2] * states[1:-1:2] + x[2::2]
    return states


def tree_of_matrices(a, x):
    """Each pair as a matrix of 2 by 2."""
    one, zero = torch.ones_like(a), torch.zeros_like(a)
    steps = torch.stack([torch.stack([a, x], -1), torch.stack([zero, one], -1)], -2)  # (L, …, 2, 2)

    def scan(steps):
        if len(steps) == 1:
            return steps
        odd = scan(steps[1::2] @ steps[0::2])
        even = torch.cat([steps[:1], steps[2::2] @ odd[:-1]])
        return torch.stack([even, odd], dim=1).flatten(0, 1)

    return scan(steps)[..., 0, 1]


def tree_with_zero_first(a, x):
    if a.shape[0] == 1:
        return x
    a_left, a_right, x_left, x_right = a[::2], a[1::2], x[::2], x[1::2]
    odd = tree_with_zero_first(a_left * a_right, a_right * x_left + x_right)
    before = torch.cat([torch.zeros_like(odd[:1]), odd[:-1]])
    even = a_left * before + x_left
    return torch.stack((even, odd), 1).reshape(x.shape)


def tree_with_loops_over_levels(a, x):
    levels = [(a, x)]
    while len(levels[-1][0]) > 1:
        a, x = levels[-1]
        levels.append(join(a[::2], x[::2], a[1::2], x[1::2]))
    states = levels.pop()[1]
    for a, x in reversed(levels):
        even = torch.cat([x[:1], torch.addcmul(x[2::2], a[2::2], states[:-1])])
        states = torch.stack([even, states], 1).flatten(0, 1)
    return states


def halved_once_more(a, x):
    if not len(x):
        return x
    odd = halved_once_more(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], join(1, odd[:-1], a[2::2], x[2::2])[1]]), odd], dim=1).flatten(0, 1)


def tree_that_ends_at_two(a, x):
    if len(x) <= 2:
        return torch.cat([x[:1], a[1:] * x[:1] + x[1:]])
    odd = tree_that_ends_at_two(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    even = torch.cat([x[:1], odd[:-1] * a[2::2] + x[2::2]])
    return torch.stack([even, odd], 1).flatten(end_dim=1)


def tree_with_decays_at_its_end(a, x):
    if len(a) == 1:
        return a
    odd = tree_with_decays_at_its_end(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_with_nothing_at_its_end(a, x):
    if len(x) == 1:
        return None
    odd = tree_with_nothing_at_its_end(a[::2] * a[1::2], x[1::2] + a[1::2] * x[::2])
    even = torch.cat([x[:1], x[2::2] + a[2::2] * odd[:-1]])
    return torch.stack([even, odd], 1).flatten(0, 1)


def tree_of_bare_steps(a, x):
    if len(a) == 1:
        return x[0]
    odd = tree_of_bare_steps(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_with_zero_at_its_end(a, x):
    if len(a) == 1:
        return torch.zeros(x.shape)
    odd = tree_with_zero_at_its_end(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_with_its_end_faded(a, x):
    if len(a) == 1:
        return a * x
    odd = tree_with_its_end_faded(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_of_two(a, x):
    if len(a) == 2:
        return torch.stack([x[0], a[1] * x[0] + x[1]])
    odd, states = tree_of_two(a[1::2] * a[::2], a[1::2] * x[::2] + x[1::2]), x.clone()
    states[1::2] = odd
    states[2::2] += a[2::2] * odd[:-1]
    return states


def tree(up=None, down=None, weave=None, first=None):
    """A tree with one part of the learner's own."""
    up = up or (lambda a, x: join(a[0::2], x[0::2], a[1::2], x[1::2]))
    down = down or (lambda a, x, odd: torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]))
    weave = weave or (lambda even, odd: torch.stack([even, odd], 1).flatten(0, 1))

    def scan(a, x):
        if len(a) == 1 and first is None:
            return x
        odd = scan(*up(a, x))
        return weave(down(a, x, odd), odd)

    return scan


def endless(a, x):
    half_a, half_x = a[1::2] * a[0::2], a[1::2] * x[0::2] + x[1::2]
    odd = endless(half_a, half_x)
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_join_by_join(a, x):
    if len(a) == 1:
        return x
    pairs = [join(a[i], x[i], a[i + 1], x[i + 1]) for i in range(0, len(a), 2)]
    odd = tree_join_by_join(torch.stack([p for p, _ in pairs]), torch.stack([q for _, q in pairs]))
    states = []
    for i in range(len(odd)):
        states += [x[0] if i == 0 else a[2 * i] * odd[i - 1] + x[2 * i], odd[i]]
    return torch.stack(states)


def two_halves(a, x, *rest):
    n = len(x) // 2
    if n == 0:
        return x
    left, right = two_halves(a[:n], x[:n]), two_halves(a[n:], x[n:])
    return torch.cat([left, right + torch.cumprod(a[n:], 0) * left[-1:]])


def two_halves_in_brackets(a, x, *rest):
    if len(x) == 1:
        return x
    n = len(x) // 2
    left, right = [two_halves_in_brackets(a[half], x[half]) for half in (slice(n), slice(n, None))]
    return torch.cat([left, right + torch.cumprod(a[n:], 0) * left[-1:]])


def shifted(odd):
    return torch.cat([torch.zeros_like(odd[:1]), odd[:-1]])


def tree_that_stops_at_two(a, x):
    if len(a) < 3:
        return x
    odd = tree_that_stops_at_two(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def tree_that_keeps_two(a, x):
    if len(a) == 2:
        return x
    odd = tree_that_keeps_two(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


def pairs_of_halves(a, x):
    half = len(a) // 2
    return join(a[:half], x[:half], a[half:], x[half:])


def pairs(a, x):
    return join(a[0::2], x[0::2], a[1::2], x[1::2])


def nothing_at_first(a, x, odd):
    return torch.cat([torch.zeros(1, *x.shape[1:]), odd[:-1] * a[2::2] + x[2::2]])


def tree_without_return(a, x):
    if len(a) == 1:
        return x
    odd = tree_with_zero_first(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)
    return None


def one_level(a, x, fill=True):
    odd = a[1::2] * x[::2] + x[1::2]
    even = torch.cat([x[:1], odd[:-1] * a[2::2] + x[2::2]]) if fill else x[::2]
    return torch.stack([even, odd], 1).flatten(0, 1)


WRONG_DECAY = "pairs that fade by the wrong decay"


def tree_by_places(a, x):
    a, x, shift = a.clone(), x.clone(), 1
    while shift < len(a):
        places = torch.arange(len(a))[2 * shift - 1 :: 2 * shift]
        x[places] += a[places] * x[places - shift]
        a[places] *= a[places - shift]
        shift *= 2
    while shift >= 2:
        shift //= 2
        places = torch.arange(len(a))[3 * shift - 1 :: 2 * shift]
        x[places] += a[places] * x[places - shift]
    return x


def tree_written_from_bare_steps(a, x):
    if len(x) == 1:
        return x[0]
    odd, states = tree_written_from_bare_steps(*pairs(a, x)), torch.clone(x)
    states[1::2] = odd
    states[2::2] += a[2::2] * odd[:-1]
    return states


def tree_with_its_half_twice(a, x):
    if len(x) == 1:
        return x
    states = x.clone()
    states[1::2] = tree_with_its_half_twice(*pairs(a, x))
    states[2::2] += a[2::2] * tree_with_its_half_twice(*pairs(a, x))[:-1]
    return states


def tree_with_odd_drives(a, x):
    if len(x) < 2:
        return x
    states = torch.empty_like(x)
    states[1::2] = tree_with_odd_drives(a[::2] * a[1::2], a[1::2] * x[::2] + x[1::2])
    states[0] = x[0]
    states[2::2] = a[2::2] * states[1:-1:2] + x[1:-1:2]
    return states


def every_second_step(a, x, joined=True):
    if len(x) == 1:
        return x
    even, odd = every_second_step(a[::2], x[::2], joined), every_second_step(a[1::2], x[1::2], joined)
    return torch.stack([even, a[1::2] * even + odd if joined else odd], 1).flatten(0, 1)


def tree_with_its_half_three_times(a, x):
    if len(x) == 1:
        return x
    states = x.clone()
    states[1::2] = tree_with_its_half_three_times(*pairs(a, x))
    if len(tree_with_its_half_three_times(*pairs(a, x))) > 1:
        states[2::2] += a[2::2] * tree_with_its_half_three_times(*pairs(a, x))[:-1]
    return states


def halves(fade):
    """Both halves, and the end of the first one added to the second, faded by what the learner takes for it."""

    def scan(a, x):
        if len(x) == 1:
            return x
        m = len(x) // 2
        left, right = scan(a[:m], x[:m]), scan(a[m:], x[m:])
        return torch.cat([left, right + fade(a[m:]) * left[-1:]])

    return scan


END_OF_HALF = "an end that fades wrongly in the second half"
UP_DOWN = [
    ("remembered by shape", remembering(tree()), None),
    ("even and odd apart", every_second_step, "every second step by itself"),
    ("never joined", lambda a, x: every_second_step(a, x, joined=False), "steps that are never joined"),
    ("halves, from zero", halves(lambda a: 0 * a), "steps that are never joined"),
    ("halves, the end as it is", halves(lambda a: torch.ones_like(a)), END_OF_HALF),
    ("halves, the end by each decay", halves(lambda a: a), END_OF_HALF),
    ("halves, the end by the first decay", halves(lambda a: a[:1]), END_OF_HALF),
    ("halves, the end by all decays", halves(lambda a: a.prod(0)), END_OF_HALF),
    (
        "the even x before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * x[:-2:2] + x[2::2]])),
        "a drive in the place of the state before",
    ),
    (
        "side by side",
        tree(weave=lambda even, odd: torch.hstack([even, odd]).reshape(2 * len(odd), *odd.shape[1:])),
        "even and odd steps woven for (L, N) alone",
    ),
    ("a step back", tree(down=lambda a, x, odd: (odd - x[1::2]) / a[1::2]), "steps that are taken back"),
    ("x[0] at the end, written", tree_written_from_bare_steps, "one step without its axis"),
    ("the half twice", tree_with_its_half_twice, "two calls in the place of one"),
    ("even steps go up", tree(up=lambda a, x: (a[0::2], x[0::2])), "every second step by itself"),
    ("even places go up", tree(up=lambda a, x: (a.unflatten(0, (-1, 2))[:, 0], x[::2])), "every second step by itself"),
    ("a + a up", tree(up=lambda a, x: (a[0::2] + a[1::2], pairs(a, x)[1])), "decays that are added"),
    ("sum of two a's", tree(up=lambda a, x: (a.unflatten(0, (-1, 2)).sum(1), pairs(a, x)[1])), "decays that are added"),
    ("no t = 0", tree(down=lambda a, x, odd: a[2::2] * odd[:-1] + x[2::2]), "a first step that has no place"),
    ("nothing returned at one step", tree_with_nothing_at_its_end, "nothing at the end of the tree"),
    ("in place of copies", tree_in_place, "right"),
    ("2 × 2 matrices", tree_of_matrices, "right"),
    ("zero first", tree_with_zero_first, "right"),
    ("levels", tree_with_loops_over_levels, "right"),
    ("levels, by places", tree_by_places, "right"),
    ("ends at two", tree_that_ends_at_two, "right"),
    ("ends at two only", tree_of_two, "one step alone"),
    ("in float64", lambda a, x: tree()(a.double(), x.double()), None),
    ("no base case", endless, "a call that never ends"),
    ("a base case without steps", halved_once_more, "one step that is halved"),
    (
        "no base case, zero first",
        tree(down=lambda a, x, odd: a[::2] * shifted(odd) + x[::2], first=0),
        "a call that never ends",
    ),
    ("later first", tree(up=lambda a, x: (a[::2] * a[1::2], a[::2] * x[1::2] + x[::2])), "pairs in the wrong order"),
    (
        "a of the later step",
        tree(up=lambda a, x: (a[1::2], a[1::2] * x[::2] + x[1::2])),
        "pairs with the decay of one step",
    ),
    ("x added", tree(up=lambda a, x: (a[::2] * a[1::2], x[::2] + x[1::2])), "pairs that are added"),
    ("a1 x1 + x0", tree(up=lambda a, x: (a[::2] * a[1::2], a[1::2] * x[1::2] + x[::2])), WRONG_DECAY),
    ("a0 x0 + x1", tree(up=lambda a, x: (a[::2] * a[1::2], a[::2] * x[::2] + x[1::2])), WRONG_DECAY),
    ("odd alone, scanned", tree(up=lambda a, x: (a[1::2], x[1::2])), "every second step by itself"),
    ("one level", one_level, "a half that is not scanned"),
    ("one level, not filled", lambda a, x: one_level(a, x, fill=False), "a half that is not scanned"),
    (
        "a pair's decay",
        tree(down=lambda a, x, odd: torch.cat([x[:1], (a[::2] * a[1::2])[1:] * odd[:-1] + x[2::2]])),
        "a pair's decay on the way down",
    ),
    (
        "a·(h + x)",
        tree(down=lambda a, x, odd: torch.cat([x[:1], (odd[:-1] + x[2::2]) * a[2::2]])),
        "a drive that fades at once",
    ),
    (
        "x before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * x[1:-2:2] + x[2::2]])),
        "a drive in the place of the state before",
    ),
    (
        "x of the pair before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * (a[1::2] * x[::2] + x[1::2])[:-1] + x[2::2]])),
        "a drive in the place of the state before",
    ),
    ("halves", tree(up=pairs_of_halves), "halves in the place of neighbours"),
    ("stops at two", tree_that_stops_at_two, "two steps left as they are"),
    ("keeps two", tree_that_keeps_two, "two steps left as they are"),
    ("base case a", tree_with_decays_at_its_end, "decays at the end of the tree"),
    ("base case a x", tree_with_its_end_faded, "a last step left that fades"),
    (
        "a x at t = 0",
        tree(down=lambda a, x, odd: torch.cat([(a * x)[:1], odd[:-1] * a[2::2] + x[2::2]])),
        "a first step that fades",
    ),
    ("0 at t = 0", tree(down=nothing_at_first), "a first state of zero"),
    ("roll", tree(down=lambda a, x, odd: a[::2] * odd.roll(1, 0) + x[::2]), "a first step with a past"),
    ("x[0] at one step", tree_of_bare_steps, "one step without its axis"),
    (
        "x[:1] first",
        tree(down=lambda a, x, odd: a[::2] * torch.cat([x[:1], odd[:-1]]) + x[::2]),
        "a first step with a past",
    ),
    (
        "odd[:1] first",
        tree(down=lambda a, x, odd: a[::2] * torch.cat([odd[:1], odd[:-1]]) + x[::2]),
        "a first step with a past",
    ),
    (
        "stack -1, flatten(0, 1)",
        tree(weave=lambda even, odd: torch.stack((even, odd), -1).flatten(0, 1)),
        "one axis for steps and states",
    ),
    (
        "no x",
        tree(down=lambda a, x, odd: torch.cat([x[:1], odd[:-1] * a[2::2]])),
        "even steps without their own x",
    ),
    (
        "stack -1",
        tree(weave=lambda even, odd: torch.stack([even, odd], -1).view(2 * len(even), *even.shape[1:])),
        "even and odd steps woven along the states",
    ),
    ("even x", tree(down=lambda a, x, odd: x[::2]), "even steps without a past"),
    ("odd[i]", tree(down=lambda a, x, odd: odd * a[::2] + x[::2]), "even steps that read the state after them"),
    (
        "odd[1:]",
        tree(down=lambda a, x, odd: torch.cat([x[:1], odd[1:] * a[2::2] + x[2::2]])),
        "a neighbour from the future",
    ),
    ("no fading", tree(down=lambda a, x, odd: shifted(odd) + x[::2]), "a past that does not fade on the way down"),
    (
        "a[1::2]",
        tree(down=lambda a, x, odd: a[1::2] * shifted(odd) + x[::2]),
        "a decay of the wrong step on the way down",
    ),
    ("cat", tree(weave=lambda even, odd: torch.cat([even, odd])), "even steps first, odd steps after them"),
    (
        "stack 0",
        tree(weave=lambda even, odd: torch.stack([even, odd]).flatten(0, 1)),
        "even steps first, odd steps after them",
    ),
    (
        "odd first",
        tree(weave=lambda even, odd: torch.stack([odd, even], 1).flatten(0, 1)),
        "even and odd steps swapped",
    ),
    ("exclusive", lambda a, x: shifted(tree_in_place(a, x)), "states of the step before"),
    ("odd alone", lambda a, x: tree()(a, x)[1::2] if len(x) > 1 else x, "half of the states"),
    ("loop", loop, "a loop over the steps"),
    ("fused loop", fused_loop, "a loop over the steps"),
    ("written loop", written_loop, "a loop over the steps"),
    ("loop through lists", loop_through_lists, "a loop over the steps"),
    ("join by join", tree_join_by_join, "a loop over the steps"),
    ("two halves", two_halves, "two calls in the place of one"),
    ("two halves in brackets", two_halves_in_brackets, "two calls in the place of one"),
    ("one step fewer", one_step_fewer, "work that is done again"),
    ("the half three times", tree_with_its_half_three_times, "work that is done again"),
    ("halves and a loop", halves_and_a_loop, "two calls in the place of one"),
    ("rounds", rounds_in_place, "the rounds of exercise 2"),
    ("rounds of the half, also of one step", lambda a, x: half_in_rounds(a, x), "the rounds of exercise 2"),
    ("rounds of the half", lambda a, x: x if len(a) == 1 else half_in_rounds(a, x), "the rounds of exercise 2"),
    ("all pairs", all_pairs, "a table of all pairs of steps"),
    ("no return", tree_without_return, None),
    ("hard-coded", lambda a, x: torch.tensor([1.0, 12, 123, 1234]), None),
    ("a crash", tree(weave=lambda even, odd: torch.stack([even, odd[:1]])), None),
    ("flat", lambda a, x: tree()(a, x).flatten(), None),
    ("a pair", lambda a, x: (a, tree()(a, x)), None),
    (
        "the even decay before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[::2][:-1] * odd[:-1] + x[2::2]])),
        "a decay of the wrong step on the way down",
    ),
    (
        "the even drive before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * odd[:-1] + x[::2][:-1]])),
        "the drive of the step before",
    ),
    ("zero at the end", tree_with_zero_at_its_end, "zero at the end of the tree"),
    (
        "a pair's drive",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * odd[:-1] + (a[1::2] * x[::2] + x[1::2])[1:]])),
        "a pair's drive on the way down",
    ),
    (
        "a pair as a step",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * (a[3::2] * odd[:-1]) + pairs(a, x)[1][1:]])),
        "a pair's drive on the way down",
    ),
    (
        "all of odd",
        tree(down=lambda a, x, odd: torch.cat([x[:1], a[2::2] * odd + x[2::2]])),
        "a state without a step behind it",
    ),
    (
        "x[0]",
        tree(down=lambda a, x, odd: torch.cat([x[0], a[2::2] * odd[:-1] + x[2::2]])),
        "a first step without its axis",
    ),
    ("no flatten", tree(weave=lambda even, odd: torch.stack([even, odd], 1)), "pairs of states left over"),
    (
        "reshape(-1)",
        tree(weave=lambda even, odd: torch.stack((even, odd), 1).reshape(-1)),
        "one axis for steps and states",
    ),
    (
        "stack -1, flatten",
        tree(weave=lambda even, odd: torch.stack((even, odd), -1).flatten()),
        "one axis for steps and states",
    ),
    ("two cumulative sums", kept_products, DIVIDED),
    ("logs", lambda a, x: kept_products(a, x) * 0 + table_of_logarithms(a, x), LOGARITHMS),
    ("the odd drives again", tree_with_odd_drives, "the drive of the step before"),
    ("up alone", up_alone, "the top of the tree alone"),
    ("both a first", tree(up=lambda a, x: join(a[0::2], a[1::2], x[0::2], x[1::2])), "both decays first"),
    ("even alone, scanned", evens_alone, "every second step by itself"),
    (
        "a and x of the even step before",
        tree(down=lambda a, x, odd: torch.cat([x[:1], (a[::2] * odd + x[::2])[:-1]])),
        "the even step before",
    ),
    (
        "12 behind 3",
        tree(down=lambda a, x, odd: torch.cat([x[:1], join(a[2::2], x[2::2], (a[::2] * a[1::2])[:-1], odd[:-1])[1]])),
        "the later one first on the way down",
    ),
    (
        "3 before 12, by one decay",
        tree(down=lambda a, x, odd: torch.cat([x[:1], join(a[2::2], x[2::2], a[1:-1:2], odd[:-1])[1]])),
        "the later one first on the way down",
    ),
    ("the state before", state_before_at_even_places, "the state before an even step"),
    ("t = 0 left out", tree_without_its_first_step, "a first state that nobody fills in"),
]


def half_in_rounds(a, x):
    odd = rounds_in_place(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
    return torch.stack([torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]]), odd], 1).flatten(0, 1)


# Bug hunt: mended_scan (log_a, x)


def in_rounds(log_a, x):
    return rounds_in_place(torch.exp(log_a), x)


def rounds_of_exponents(log_a, x):
    """The decays are joined by adding their exponents."""
    shift = 1
    while shift < len(x):
        x = torch.cat([x[:shift], log_a[shift:].exp() * x[:-shift] + x[shift:]])
        log_a = torch.cat([log_a[:shift], log_a[shift:] + log_a[:-shift]])
        shift *= 2
    return x


def in_chunks(log_a, x):
    """Chunks of 8, filled up with steps that do nothing."""
    missing = -len(x) % 8
    a = torch.cat([log_a.exp(), torch.ones(missing, *x.shape[1:])])
    return chunks_with_indices(a, torch.cat([x, torch.zeros(missing, *x.shape[1:])]), 8)[: len(x)]


def suspect(log_a, x, divide):
    from_here = log_a.flip(0).cumsum(0).flip(0)
    to_end = (from_here - log_a).exp()
    return divide((to_end * x).cumsum(0), to_end)


def a_loop_if_a_weight_vanishes(log_a, x):
    if log_a[1:].sum(0).min() > -80:
        return suspect(log_a, x, torch.div)
    return loop(log_a.exp(), x)


def not_turned_back(log_a, x):
    to_end = (log_a.flip(0).cumsum(0) - log_a).exp()
    return (to_end * x).cumsum(0) / (to_end + 1e-12)


def dividing_chunks(log_a, x, size):
    states, h = [], 0 * x[0]
    for exponents, drives in zip(log_a.split(size), x.split(size), strict=True):
        total = exponents.cumsum(0)
        states.append(total.exp() * (h + (drives * torch.exp(-total)).cumsum(0)))
        h = states[-1][-1]
    return torch.cat(states)


def later(log_a):
    return log_a.sum(0) - log_a.cumsum(0)


def in_logarithms(log_a, x):
    S = log_a.cumsum(0)
    return torch.exp(S + torch.logcumsumexp(torch.log(x) - S, dim=0))


def in_absolute_logarithms(log_a, x):
    total = log_a.cumsum(0)
    return (total + torch.logcumsumexp(x.abs().log() - total, 0)).exp() * x.sign()


def rounds_of_bare_exponents(log_a, x):
    shift = 1
    while shift < len(x):
        x = torch.cat([x[:shift], log_a[shift:] * x[:-shift] + x[shift:]])
        log_a = torch.cat([log_a[:shift], log_a[:-shift] + log_a[shift:]])
        shift *= 2
    return x


def loop_of_fading_drives(a, x):
    h = torch.zeros_like(x[0])
    return torch.stack([h := a_t * (h + x_t) for a_t, x_t in zip(a, x, strict=True)])


def pairs_of_exponents(log_a, x):
    S = log_a.double().cumsum(0)
    lag = (S[:, None] - S[None]).exp()
    return (lag.tril() if x.ndim == 1 else torch.tril(lag.movedim(2, 0)).movedim(0, 2)).mul(x[None]).sum(1).float()


def faded_to_the_end(log_a, x):
    kept = [log_a[t + 1 :].sum(0).exp() * drive for t, drive in enumerate(x)]
    return torch.stack(kept).cumsum(0)


def clamped_from_the_start(log_a, x):
    fade = torch.exp(torch.cumsum(log_a, dim=0))
    return torch.cumsum(x / torch.clamp(fade, min=1e-30), dim=0) * fade


def not_mended(log_a, x):
    return suspect(log_a, x, lambda y, w: y / (w + 1e-12))


def suspect_in_chunks(log_a, x, size):
    states, h = [], 0 * x[0]
    for exponents, drives in zip(log_a.split(size), x.split(size), strict=True):
        own = not_mended(exponents, drives)
        states += [own + h * exponents.cumsum(0).exp()]
        h = states[-1][-1]
    return torch.cat(states)


def first_weight_one(log_a, x):
    W = (later(log_a) - later(log_a)[:1]).exp()
    return (W * x).cumsum(0) / W


LIFTED = "decays that are lifted"
OPERANDS = "operands in the wrong order"
WITH_EPSILON = "products counted from the start, and an epsilon"


def x_where_the_product_vanishes(log_a, x, least):
    product = log_a.exp().cumprod(0)
    return torch.where(product > least, product * torch.cumsum(x / product, 0), x)


def weighted_for_rounds(log_a, x, behind):
    weights = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return rounds(log_a.exp(), weights * x) / (weights if behind else 1)


def decays_out_of_weights(log_a, x):
    W = later(log_a).exp()
    return rounds(torch.cat([torch.ones_like(W[:1]), W[:-1] / W[1:]]), x)


def pairs_by_a_product(log_a, x):
    S, steps = log_a.cumsum(0), torch.arange(len(x))
    past = (steps[:, None] >= steps).float().view(len(x), len(x), *[1] * (x.ndim - 1))
    return ((S[:, None] - S[None]).exp() * past * x[None]).sum(1)


BESIDE = "weights beside a scan"
ZEROS, LIFTED_WEIGHTS, OTHER_STEP = (
    "zeros where a weight vanishes",
    "weights that are lifted",
    "a decay of another step",
)
MENDED = [
    (
        "x / W · W",
        lambda log_a, x: suspect(log_a, x, lambda y, w: w * (x / (w + 1e-12)).cumsum(0)),
        "weights in the place of products",
    ),
    (
        "float64, nan to 0",
        lambda log_a, x: suspect(log_a.double(), x.double(), torch.div).nan_to_num().float(),
        ZEROS,
    ),
    ("sums as exponents", lambda log_a, x: rounds(log_a.flip(0).cumsum(0).flip(0).exp(), x), BESIDE),
    ("decays out of weights", decays_out_of_weights, "a division by zero"),
    ("the total, no epsilon", lambda log_a, x: ((W := later(log_a).exp()) * x).cumsum(0) / W, "a division by zero"),
    ("1e-3", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-3)), "another epsilon"),
    ("1e-14", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-14)), "another epsilon"),
    ("eps", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + torch.finfo(w.dtype).eps)), "another epsilon"),
    ("+ 1e-12 twice", lambda log_a, x: suspect(log_a, x, lambda y, w: (y + 1e-12) / (w + 1e-12)), "another epsilon"),
    ("clamp to 1e-24", lambda log_a, x: suspect(log_a, x, lambda y, w: y / w.clamp(min=1e-24)), LIFTED_WEIGHTS),
    (
        "exponents to −100",
        lambda log_a, x: ((W := (log_a.flip(0).cumsum(0).flip(0) - log_a).clamp(-100).exp()) * x).cumsum(0) / W,
        LIFTED_WEIGHTS,
    ),
    (
        "0 below 1e-12, epsilon kept",
        lambda log_a, x: suspect(log_a, x, lambda y, w: torch.where(w > 1e-12, y / (w + 1e-12), 0.0)),
        ZEROS,
    ),
    ("1 / W, 0 for infinity", lambda log_a, x: suspect(log_a, x, lambda y, w: y * (1 / w).nan_to_num(0, 0)), ZEROS),
    (
        "x below 1e-6, epsilon kept",
        lambda log_a, x: suspect(log_a, x, lambda y, w: torch.where(w < 1e-6, x, y / (w + 1e-12))),
        "x where a weight vanishes",
    ),
    (
        "chunks in float64",
        lambda log_a, x: dividing_chunks(log_a.double(), x.double(), 8).float(),
        "chunks that still divide",
    ),
    ("log_a[t + 1]", lambda log_a, x: rounds(torch.cat([log_a[1:], log_a[:1]]).exp(), x), OTHER_STEP),
    ("log_a[t + 1], then 0", lambda log_a, x: rounds(torch.cat([log_a[1:], 0 * log_a[:1]]).exp(), x), OTHER_STEP),
    ("log_a[t − 1]", lambda log_a, x: rounds(torch.cat([log_a[:1], log_a[:-1]]).exp(), x), OTHER_STEP),
    ("all pairs, times 0", pairs_by_a_product, "a table that overflows"),
    ("weights as decays", lambda log_a, x: rounds((log_a.flip(0).cumsum(0).flip(0) - log_a).exp(), x), BESIDE),
    ("products as decays", lambda log_a, x: rounds(log_a.cumsum(0).exp(), x), BESIDE),
    ("weights before the rounds", lambda log_a, x: weighted_for_rounds(log_a, x, behind=False), BESIDE),
    ("weights before and behind the rounds", lambda log_a, x: weighted_for_rounds(log_a, x, behind=True), BESIDE),
    ("x, below 1e-30", lambda log_a, x: x_where_the_product_vanishes(log_a, x, 1e-30), "x where a weight vanishes"),
    ("x, at zero", lambda log_a, x: x_where_the_product_vanishes(log_a, x, 0), "x where a weight vanishes"),
    (
        "float64, epsilon kept",
        lambda log_a, x: not_mended(log_a.double(), x.double()).float(),
        "the suspect's states",
    ),
    (
        "from the start, + 1e-12",
        lambda log_a, x: (P := log_a.cumsum(0).exp()) * (x / (P + 1e-12)).cumsum(0),
        WITH_EPSILON,
    ),
    (
        "the shortcut, + 1e-30",
        lambda log_a, x: (P := log_a.exp().cumprod(0)) * torch.cumsum(x / (1e-30 + P), 0),
        WITH_EPSILON,
    ),
    (
        "from the start, + 1e-8 everywhere",
        lambda log_a, x: (P := log_a.cumsum(0).exp() + 1e-8) * (x / P).cumsum(0),
        WITH_EPSILON,
    ),
    ("backwards", lambda log_a, x: linear_states(log_a.exp().flip(0), x.flip(0)).flip(0), "steps from last to first"),
    ("a clamped product", clamped_from_the_start, "weights that are lifted"),
    ("chunks of 32", lambda log_a, x: dividing_chunks(log_a, x, 32), "chunks that still divide"),
    ("lifted decays, in rounds", lambda log_a, x: rounds_in_place(log_a.exp().clamp(min=1e-3), x), LIFTED),
    ("lifted exponents, in rounds", lambda log_a, x: rounds_in_place(log_a.clamp(min=-5).exp(), x), LIFTED),
    (
        "0 below 1e-12",
        lambda log_a, x: suspect(log_a, x, lambda y, w: torch.where(w > 1e-12, y / w, 0.0)),
        "zeros where a weight vanishes",
    ),
    ("the tree in place", lambda log_a, x: tree_in_place(log_a.exp(), x), "a scan that wants an L of its own"),
    ("rounds with a minus", lambda log_a, x: rounds_in_place(-log_a.exp(), x), "decays with a minus sign"),
    (
        "from the start, less the least",
        lambda log_a, x: (S := log_a.cumsum(0) - log_a.cumsum(0).min()).exp() * (x * (-S).exp()).cumsum(0),
        "weights that are scaled",
    ),
    ("chunks of 16", lambda log_a, x: dividing_chunks(log_a, x, 16), "chunks that still divide"),
    ("not turned back", not_turned_back, "a sum turned round and not back"),
    ("the tree", lambda log_a, x: tree()(log_a.exp(), x), "a scan that wants an L of its own"),
    (
        "chunks of 8 steps",
        lambda log_a, x: chunks_with_indices(log_a.exp(), x, 8),
        "a scan that wants an L of its own",
    ),
    ("chunks of 32", lambda log_a, x: chunks_with_views(log_a.exp(), x, 32), None),
    ("chunks of the suspect", lambda log_a, x: suspect_in_chunks(log_a, x, 64), "chunks that still divide"),
    (
        "chunks of the suspect, each from zero",
        lambda log_a, x: torch.cat([not_mended(*some) for some in zip(log_a.split(32), x.split(32), strict=True)]),
        "chunks that still divide",
    ),
    ("lifted decays", lambda log_a, x: not_mended(log_a.clamp_min(-10), x), "decays that are lifted"),
    (
        "from the start, as W",
        lambda log_a, x: (x * (W := log_a.cumsum(0).exp())).cumsum(0) / (W + 1e-12),
        "weights upside down",
    ),
    (
        "times exp(−)",
        lambda log_a, x: (later(log_a).exp() * x).cumsum(0) * (-later(log_a)).exp(),
        "a division by zero",
    ),
    (
        "from the start, times exp(−)",
        lambda log_a, x: (S := log_a.cumsum(0)).exp() * (x * torch.exp(-S)).cumsum(0),
        "products counted from the start",
    ),
    ("later first", lambda log_a, x: rounds(log_a.exp(), x, lambda *pairs: join(*pairs[2:], *pairs[:2])), OPERANDS),
    ("a first", lambda log_a, x: rounds(log_a.exp(), x, late=True), "decays that are joined too early"),
    ("rounds", in_rounds, "right"),
    ("exponents added", rounds_of_exponents, "right"),
    ("chunks", in_chunks, "right"),
    ("padded", lambda log_a, x: rounds_with_padding(log_a.exp(), x), "right"),
    ("where", lambda log_a, x: rounds_with_where(log_a.exp(), x), "right"),
    ("as it was", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-12)), "the suspect's states"),
    ("no epsilon", lambda log_a, x: suspect(log_a, x, torch.div), "a division by zero"),
    ("1e-30", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-30)), "another epsilon"),
    ("1e-8", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (1e-8 + w)), "another epsilon"),
    ("tiny", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + torch.finfo(w.dtype).tiny)), "another epsilon"),
    ("1e-16", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-16)), "another epsilon"),
    ("1e-20", lambda log_a, x: suspect(log_a, x, lambda y, w: y / (w + 1e-20)), "another epsilon"),
    ("clamp", lambda log_a, x: suspect(log_a, x, lambda y, w: y / w.clamp_min(1e-12)), "weights that are lifted"),
    (
        "maximum",
        lambda log_a, x: suspect(log_a, x, lambda y, w: y / w.maximum(torch.tensor(1e-20))),
        "weights that are lifted",
    ),
    (
        "clamp to the smallest",
        lambda log_a, x: suspect(log_a, x, lambda y, w: y / w.clamp(min=1e-38)),
        "weights that are lifted",
    ),
    (
        "nan to 0",
        lambda log_a, x: suspect(log_a, x, torch.div).nan_to_num(0.0),
        "zeros where a weight vanishes",
    ),
    (
        "0 where 0",
        lambda log_a, x: suspect(log_a, x, lambda y, w: torch.where(w == 0, 0.0, y / w)),
        "zeros where a weight vanishes",
    ),
    ("from the start", lambda log_a, x: kept_products(log_a.exp(), x), "products counted from the start"),
    ("float64", lambda log_a, x: suspect(log_a.double(), x.double(), torch.div).float(), "float64"),
    ("no exp", lambda log_a, x: rounds_in_place(log_a, x), "exponents taken for decays"),
    (
        "clamped exponents",
        lambda log_a, x: ((W := later(log_a).clamp(min=-80).exp()) * x).cumsum(0) / W,
        "weights that are lifted",
    ),
    (
        "+ 1e-12 everywhere",
        lambda log_a, x: ((W := later(log_a).exp() + 1e-12) * x).cumsum(0) / W,
        "weights that are lifted",
    ),
    (
        "float64 and 1e-300",
        lambda log_a, x: suspect(log_a.double(), x.double(), lambda y, w: y / (w + 1e-300)).float(),
        "another epsilon",
    ),
    ("loop without exp", loop, "exponents taken for decays"),
    ("exp(−)", lambda log_a, x: loop(torch.exp(-log_a), x), "decays upside down"),
    ("1 / a", lambda log_a, x: rounds_in_place(1 / log_a.exp(), x), "decays upside down"),
    ("a·(h + x)", lambda log_a, x: loop_of_fading_drives(log_a.exp(), x), "a drive that fades at once"),
    ("before", lambda log_a, x: shifted(loop(log_a.exp(), x)), "states of the step before"),
    (
        "own decay",
        lambda log_a, x: ((W := (later(log_a) + log_a).exp()) * x).cumsum(0) / (W + 1e-12),
        "weights that hold their own decay",
    ),
    ("logcumsumexp", in_logarithms, "logarithms of the drives"),
    ("loop", lambda log_a, x: loop(log_a.exp(), x), "a loop over the steps"),
    ("loop through numpy", lambda log_a, x: loop_through_numpy(log_a.exp(), x), "a loop over the steps"),
    ("loop through lists", lambda log_a, x: loop_through_lists(log_a.exp(), x), "a loop over the steps"),
    ("all pairs", pairs_of_exponents, "a table of all pairs of steps"),
    ("a longer table at each step", lambda log_a, x: cat_each_step(log_a.exp(), x), "work that is done again"),
    ("minus the largest", lambda log_a, x: suspect(log_a - log_a.max(), x, torch.div), None),
    (
        "x where 0",
        lambda log_a, x: suspect(log_a, x, lambda y, w: torch.where(w == 0, x, y / w)),
        "x where a weight vanishes",
    ),
    (
        "x where infinite",
        lambda log_a, x: torch.where((y := kept_products(log_a.exp(), x)).isfinite(), y, x),
        "x where a weight vanishes",
    ),
    ("first weight 1", first_weight_one, "weights that are scaled"),
    ("no return", lambda log_a, x: None, None),
    ("nothing done", lambda log_a, x: x.clone(), None),
    ("a sum", lambda log_a, x: x.cumsum(0), "a single cumulative sum"),
    ("a crash", lambda log_a, x: rounds_in_place(log_a.exp(), x, 8), None),
    ("both halves", lambda log_a, x: both_halves(log_a.exp(), x), "two calls in the place of one"),
    ("exponents, filled up", lambda log_a, x: filled_up(1, 0)(log_a, x), "exponents taken for decays"),
    ("decays that stay", lambda log_a, x: filled_up(1, 0, moves=False)(log_a.exp(), x), "decays that are not joined"),
    ("exp of exp", lambda log_a, x: filled_up(1, 0)(log_a.exp().exp(), x), "an exponential too many"),
    ("products of logarithms", products_of_logarithms, "logarithms that are multiplied"),
    ("scaled", scaled_by_the_mean, "weights that are scaled"),
    ("no division", faded_to_the_end, "what is left at the end"),
    ("added, and no exp", rounds_of_bare_exponents, "exponents taken for decays"),
    ("|x|, and its sign", in_absolute_logarithms, "logarithms of the drives"),
    ("x and a", lambda log_a, x: rounds_in_place(x, log_a.exp()), "decays and drives in exchanged places"),
    ("P·x", lambda log_a, x: (log_a.exp().cumprod(0) * x).cumsum(0), "a single cumulative sum"),
    ("a loop if need be", a_loop_if_a_weight_vanishes, "a loop over the steps"),
    ("roll", lambda log_a, x: rolled(log_a.exp(), x), "a shift that wraps around"),
    ("neighbours", lambda log_a, x: torch.cat([x[:1], log_a[1:].exp() * x[:-1] + x[1:]]), "a single round"),
    ("log2 rounded down", lambda log_a, x: rounds_until(2 ** int(np.log2(len(x))), log_a.exp(), x), TOO_FEW),
    ("shifts 1, 2, 3", lambda log_a, x: rounds(log_a.exp(), x, shifts=lambda L: range(1, L)), BY_ONE),
    (
        "shift 1",
        lambda log_a, x: rounds(log_a.exp(), x, shifts=lambda L: [1] * (L - 1).bit_length()),
        "a partner that stays next door",
    ),
    (
        "shorter",
        lambda log_a, x: shorter_and_shorter(log_a.exp(), x),
        "steps without a partner that are lost",
    ),
]

# Exercise 4: chunked_scan (a, x, chunk)


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


def chunks_with_views(a, x, chunk):
    K = a.shape[0] // chunk
    a, x = a.view(K, chunk, *a.shape[1:]), x.view(K, chunk, *x.shape[1:])
    h = x[:, 0]
    for t in range(1, chunk):
        h = torch.addcmul(x[:, t], a[:, t], h)
    starts = [torch.zeros_like(h[0])]
    for k in range(K - 1):
        starts.append(torch.prod(a[k], 0) * starts[-1] + h[k])
    h, out = torch.stack(starts), torch.empty_like(x)
    for t in range(chunk):
        h = h * a[:, t] + x[:, t]
        out[:, t] = h
    return out.view(K * chunk, *x.shape[2:])


def chunks_with_added_starts(a, x, chunk):
    """The states of the first run are kept, and the faded start is added."""
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    h, local = 0 * x[:, 0], []
    for t in range(chunk):
        h = a[:, t] * h + x[:, t]
        local.append(h)
    local, fade = torch.stack(local, 1), a.cumprod(1)
    start, starts = torch.zeros_like(h[0]), []
    for k in range(len(h)):
        starts.append(start)
        start = fade[k, -1] * start + local[k, -1]
    return (local + fade * torch.stack(starts)[:, None]).flatten(0, 1)


def run_from_the_start_and_added(a, x, chunk):
    states, own = (scan(a, x, chunk) for scan in (chunks(), chunks(lambda decay, end: 0 * end)))
    return states + (states - own)


def with_the_last_axis(value, chunk):
    return value.reshape(-1, chunk, value.shape[-1])


def chunks_with_a_scan_for_the_carry(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)).movedim(1, 0), x.unflatten(0, (-1, chunk)).movedim(1, 0)
    end, decay = x[0], a[0]
    for t in range(1, chunk):
        end, decay = a[t] * end + x[t], decay * a[t]
    h = shifted(rounds_in_place(decay, end))
    states = [h := a_t * h + x_t for a_t, x_t in zip(a, x, strict=True)]
    return torch.stack(states, 1).flatten(0, 1)


def chunks_in_float64(a, x, chunk):
    return chunks_with_indices(a.to(torch.float64), x.to(torch.float64), chunk)


def chunks_one_after_another(a, x, chunk):
    h, states = torch.zeros_like(x[0]), []
    for first in range(0, len(x), chunk):
        for t in range(first, first + chunk):
            h = a[t] * h + x[t]
            states.append(h)
    return torch.stack(states)


def chunks(start=None, finish=None, decay=lambda a: a.prod(1), cut=None, glue=None, rerun=lambda a, h, x: a * h + x):
    """Chunks with one part of the learner's own."""
    cut = cut or (lambda value, T: value.reshape(-1, T, *value.shape[1:]))

    def scan(a, x, chunk):
        a, x = cut(a, chunk), cut(x, chunk)
        local, h = [], torch.zeros_like(x[:, 0])
        for t in range(chunk):
            h = a[:, t] * h + x[:, t]
            local.append(h)
        if start:
            before = start(decay(a), h)
        else:
            before = torch.zeros_like(h)
            for k in range(1, len(h)):
                before[k] = decay(a)[k - 1] * before[k - 1] + h[k - 1]
        if finish:
            states = finish(a, torch.stack(local, 1), before)
        else:
            states, h = [], before
            for t in range(chunk):
                h = rerun(a[:, t], h, x[:, t])
                states.append(h)
            if glue:
                return glue(states)
            states = torch.stack(states, 1)
        return states.flatten(0, 1)

    return scan


def starts_from(h, decay, end):
    before = []
    for d, e in zip(decay, end, strict=True):
        before.append(h)
        h = d * h + e
    return torch.stack(before)


def after_each(decay, end):
    h, after = torch.zeros_like(end[0]), []
    for d, e in zip(decay, end, strict=True):
        h = d * h + e
        after.append(h)
    return torch.stack(after)


def on_from_the_last(decay, end):
    return after_each(decay, end)[-1:].expand_as(end)


def own_starts(decay, end):
    starts = [torch.zeros_like(end[0])]
    for k in range(1, len(end)):
        starts.append(decay[k] * starts[k - 1] + end[k])
    return torch.stack(starts)


def one_start_too_many(decay, end):
    starts = [torch.zeros_like(end[0])]
    for d, e in zip(decay, end, strict=True):
        starts.append(d * starts[-1] + e)
    return torch.stack(starts)


def first_kept(first):
    def scan(a, x, chunk):
        start = shifted(chunks_with()(a, x, chunk)[chunk - 1 :: chunk])
        a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
        states = [first(a[:, 0], start, x[:, 0])]
        for t in range(1, chunk):
            states.append(a[:, t] * states[-1] + x[:, t])
        return torch.stack(states, 1).flatten(0, 1)

    return scan


def chunks_that_forget(a, x, chunk):
    start = chunks_with()(a, x, chunk).unflatten(0, (-1, chunk))[:, -1]
    return (a.unflatten(0, (-1, chunk)) * shifted(start)[:, None] + x.unflatten(0, (-1, chunk))).flatten(0, 1)


def whole_chunks(a, x, chunk):
    return loop(a.reshape(-1, chunk, *a.shape[1:]), x.reshape(-1, chunk, *x.shape[1:]))


def pieces(a, x, chunk):
    states, h = [], 0
    for decays, drives in zip(a.chunk(chunk), x.chunk(chunk), strict=True):
        states.append(rounds_in_place(decays, drives) + decays.cumprod(0) * h)
        h = states[-1][-1]
    return torch.cat(states)


def first_step_only(a, local, start):
    local = local.clone()
    local[:, 0] += a[:, 0] * start
    return local


def shifted_products(a):
    return torch.cat([torch.ones_like(a[:, :1]), a[:, :-1].cumprod(1)], dim=1)


def chunks_with_a_division(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    P = torch.cumprod(a, 1)
    local, h, states = torch.cumsum(x / P, 1) * P, 0, []
    for k in range(len(a)):
        states.append(local[k] + P[k] * h)
        h = states[k][-1]
    return torch.cat(states)


def strided(value, T):
    return torch.stack([value[k :: len(value) // T] for k in range(len(value) // T)])


def starts_alone(a, x, chunk):
    states = linear_states(a, x)
    return torch.cat([torch.zeros_like(states[:1]), states[chunk - 1 : -1 : chunk]])


def faded_along_the_chunks(a, x, chunk):
    A, X = (value.reshape(-1, chunk, *value.shape[1:]) for value in (a, x))
    ends = [linear_states(A[k], X[k])[-1] for k in range(len(X))]
    whole, h, states = torch.prod(A, 0), torch.zeros_like(ends[0]), []
    for k, end in enumerate(ends):
        first = torch.cat([A[k, :1] * h + X[k, :1], X[k, 1:]])
        states.append(linear_states(A[k], first))
        h = end + whole[k] * h
    return torch.cat(states)


def ends_of(steps):
    """Chunks whose first run leaves steps out."""

    def scan(a, x, chunk):
        A, X = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
        ends = torch.zeros_like(X[:, 0])
        for t in steps(chunk):
            ends = A[:, t] * ends + X[:, t]
        return chunks(lambda decay, _: starts_from(0 * ends[0], decay, ends))(a, x, chunk)

    return scan


def sums_as_ends(a, x, chunk):
    ends = x.reshape(-1, chunk, *x.shape[1:]).sum(1)
    return chunks(lambda decay, _: starts_from(0 * ends[0], decay, ends))(a, x, chunk)


def last_drives(a, x, chunk):
    ends = x[chunk - 1 :: chunk]
    return chunks(lambda decay, _: starts_from(0 * ends[0], decay, ends))(a, x, chunk)


def chunk_chunks(a, x, chunk):
    a, x = a.unflatten(0, (chunk, -1)), x.unflatten(0, (chunk, -1))
    h = torch.zeros_like(x[:, 0])
    for a_t, x_t in zip(a.unbind(1), x.unbind(1), strict=True):
        h = a_t * h + x_t
    h = starts_from(torch.zeros_like(h[0]), a.prod(1), h)
    states = [h := a_t * h + x_t for a_t, x_t in zip(a.unbind(1), x.unbind(1), strict=True)]
    return torch.stack(states, 1).flatten(0, 1)


def along_the_chunks(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    h = torch.zeros_like(x[0])
    for a_t, x_t in zip(a, x, strict=True):
        h = a_t * h + x_t
    h = starts_from(torch.zeros_like(h[0]), a.prod(0), h)
    return torch.cat([h := a_t * h + x_t for a_t, x_t in zip(a, x, strict=True)])


def in_place(*phases):
    """Chunks with states that are changed in place, in the carry or in the rerun."""

    def moved(h, a, x, here):
        return h.mul_(a).add_(x) if here else a * h + x

    def scan(a, x, chunk):
        a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
        end, starts, states = torch.zeros_like(x[:, 0]), [], []
        for t in range(chunk):
            end = a[:, t] * end + x[:, t]
        h = torch.zeros_like(end[0])
        for k in range(len(end)):
            starts.append(h)
            h = moved(h, a[k].prod(0), end[k], "carry" in phases)
        h = torch.stack(starts)
        for t in range(chunk):
            h = moved(h, a[:, t], x[:, t], "rerun" in phases)
            states.append(h)
        return torch.stack(states, 1).flatten(0, 1)

    return scan


def products_from_the_beginning(a, x, chunk):
    P = a.cumprod(0).unflatten(0, (-1, chunk))
    local, h, out = chunks(lambda decay, end: 0 * end)(a, x, chunk).unflatten(0, (-1, chunk)), 0 * x[0], []
    for k in range(len(P)):
        out.append(local[k] + P[k] * h)
        h = out[k][-1]
    return torch.cat(out)


def ends_inside_x(a, x, chunk):
    cut_a, cut_x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    end = cut_x[:, 0]
    for t in range(1, chunk):
        end *= cut_a[:, t]
        end += cut_x[:, t]
    h, states = starts_from(0 * end[0], cut_a.prod(1), end), []
    for t in range(chunk):
        h = cut_a[:, t] * h + cut_x[:, t]
        states.append(h)
    return torch.stack(states, 1).flatten(0, 1)


ASIDE = "starts stacked along the wrong axis"
OWN_SIZE, OTHER_AXES = "chunks of a size of their own", "other axes taken for steps"


def divided_carry(decay, end):
    P = decay.cumprod(0)
    return shifted(P * (end / P).cumsum(0))


def chunks_once_for_each(a, x, chunk):
    """All chunks run again and again, from the ends of the run before, until the last start is right."""
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))
    start = torch.zeros_like(x[:, 0])
    for _ in range(len(x)):
        h, states = start, []
        for t in range(chunk):
            h = a[:, t] * h + x[:, t]
            states.append(h)
        start = torch.cat([start[:1], h[:-1]])
    return torch.stack(states, dim=1).flatten(0, 1)


CHUNKED = [
    (
        "a faded start",
        chunks(lambda decay, end: decay * starts_from(0 * end[0], decay, end)),
        "a start that has faded already",
    ),
    ("the start and end", chunks(lambda decay, end: after_each(decay, end) - end), "a start that has faded already"),
    (
        "k − 1 at 0",
        chunks(lambda decay, end: after_each(decay.roll(1, 0), end.roll(1, 0))),
        "a first chunk that starts from the last one",
    ),
    ("exp(a)", lambda a, x, chunk: chunks_with_views(a.exp(), x, chunk), "an exponential too many"),
    ("a divided carry", chunks(divided_carry), DIVIDED),
    ("return in the rerun", chunks(glue=lambda states: states[0]), "one state a chunk"),
    ("ends without a last step", ends_of(lambda T: range(max(1, T - 1))), "ends that are no states"),
    ("ends inside x", ends_inside_x, "drives overwritten by the ends"),
    ("starts along axis 1", chunks(lambda decay, end: starts_from(0 * end[0], decay, end).movedim(0, 1)), ASIDE),
    (
        "a mean to the power T",
        lambda a, x, T: chunks(decay=lambda a: a.mean(1) ** T)(a, x, T),
        "a chunk whose steps all fade alike",
    ),
    ("chunks of 2", lambda a, x, chunk: chunks_with_added_starts(a, x, 2), OWN_SIZE),
    ("chunks of 16, unflattened", lambda a, x, chunk: chunked_scan(a, x, 16), OWN_SIZE),
    ("chunks of 4, reshaped", lambda a, x, chunk: chunks()(a, x, 4), OWN_SIZE),
    ("chunks of 2, reshaped", lambda a, x, chunk: chunks()(a, x, 2), OWN_SIZE),
    ("decays along the chunks", faded_along_the_chunks, "decays of a place, not of a chunk"),
    ("starts of the chunks", starts_alone, "one state a chunk"),
    ("indices", chunks_with_indices, "right"),
    ("views", chunks_with_views, "right"),
    ("starts added", chunks_with_added_starts, "right"),
    ("a scan for the carry", chunks_with_a_scan_for_the_carry, "right"),
    ("in float64", chunks_in_float64, None),
    ("no carry", chunks(lambda decay, end: 0 * end), "chunks that know nothing of each other"),
    ("the end before", chunks(lambda decay, end: shifted(end)), "a carry that forgets all but one chunk"),
    ("a sum of ends", chunks(lambda decay, end: shifted(end.cumsum(0))), "a carry that does not fade"),
    ("the last decay", chunks(decay=lambda a: a[:, -1]), "a chunk that fades by one step only"),
    ("the first decay", chunks(decay=lambda a: a[:, 0]), "a chunk that fades by one step only"),
    ("all but the first decay", chunks(decay=lambda a: a[:, 1:].prod(1)), "a chunk that fades by one step too few"),
    ("a mean of decays", chunks(decay=lambda a: a.mean(1)), "decays of a chunk that are added"),
    (
        "a first start",
        chunks(lambda decay, end: starts_from(end[0], decay, end)),
        "a first chunk that does not start from zero",
    ),
    ("a·(h + x) in the rerun", chunks(rerun=lambda a, h, x: a * (h + x)), "a drive that fades at once"),
    ("h + x in the rerun", chunks(rerun=lambda a, h, x: h + x), "a rerun that does not fade"),
    ("a sum of decays", chunks(decay=lambda a: a.sum(1)), "decays of a chunk that are added"),
    ("the decay before", chunks(decay=lambda a: a.prod(1).roll(1, 0)), "the decay of a neighbouring chunk"),
    (
        "a_t · start",
        chunks(finish=lambda a, local, start: local + a * start[:, None]),
        "a start that fades by one step only",
    ),
    (
        "d·(h + e)",
        chunks(lambda decay, end: shifted(loop_of_fading_drives(decay, end))),
        "an end that fades in its own chunk",
    ),
    (
        "roll",
        chunks(lambda decay, end: after_each(decay, end).roll(1, dims=0)),
        "a first chunk that starts from the last one",
    ),
    (
        "an exclusive product",
        chunks(finish=lambda a, local, start: local + start[:, None] * shifted_products(a)),
        "a start that fades one step too late",
    ),
    (
        "the whole product",
        chunks(finish=lambda a, local, start: local + (start * a.prod(1)).unsqueeze(1)),
        "a start that fades by the whole chunk at once",
    ),
    ("the ends", lambda a, x, chunk: chunks()(a, x, chunk).unflatten(0, (-1, chunk))[:, -1], "one state a chunk"),
    ("division", chunks_with_a_division, "a division by a product of decays"),
    ("after", chunks(after_each), "starts that come one chunk late"),
    ("from the ends", chunks(lambda decay, end: end), "chunks that start from their own ends"),
    (
        "added as it is",
        chunks(finish=lambda a, local, start: local + start.unsqueeze(1)),
        "a start that does not fade inside its chunk",
    ),
    ("first step", chunks(finish=first_step_only), "a start that is felt for one step"),
    ("strides", chunks(cut=strided), "neighbours in different chunks"),
    ("(K, T, N)", chunks(glue=lambda states: torch.stack(states, 1)), "an axis of chunks that is left over"),
    ("cat of steps", chunks(glue=torch.cat), "steps stacked in front of chunks"),
    ("stack 0", chunks(glue=lambda states: torch.stack(states).flatten(0, 1)), "steps stacked in front of chunks"),
    ("loop", lambda a, x, chunk: loop(a, x), "a loop over the steps"),
    ("loop through numpy", lambda a, x, chunk: loop_through_numpy(a, x), "a loop over the steps"),
    ("chunk after chunk", chunks_one_after_another, "a loop over the steps"),
    ("two halves", two_halves, "two calls in the place of one"),
    ("rounds", lambda a, x, chunk: rounds_in_place(a, x), "rounds in place of chunks"),
    ("all pairs", lambda a, x, chunk: all_pairs(a, x), "a table of all pairs of steps"),
    ("a longer table at each step", lambda a, x, chunk: cat_each_step(a, x), "work that is done again"),
    ("all chunks, once for each", chunks_once_for_each, "work that is done again"),
    ("no return", lambda a, x, chunk: print(end=""), None),
    ("two axes only", lambda a, x, chunk: chunks()(a, x, chunk).reshape(-1, x.shape[1]), None),
    ("first state alone", lambda a, x, chunk: chunks()(a[:, :1], x[:, :1], chunk).expand_as(x), None),
    ("a crash", lambda a, x, chunk: a.unflatten(0, (chunk, chunk)), None),
    ("nothing done", lambda a, x, chunk: x, None),
    ("the first states", lambda a, x, chunk: chunks()(a, x, chunk)[::chunk], "one state a chunk"),
    ("chunk chunks", chunk_chunks, "a number of chunks"),
    ("a[t] of (K, T, N)", along_the_chunks, "neighbours in different chunks"),
    ("rerun in place", in_place("rerun"), "one tensor for several states"),
    ("carry in place", in_place("carry"), "one start for all chunks"),
    ("on from the last state", chunks(on_from_the_last), "one start for all chunks"),
    ("own decay, own end", chunks(own_starts), "starts made by the chunk itself"),
    ("h kept before the step", lambda a, x, chunk: shifted(chunks_with()(a, x, chunk)), "states of the step before"),
    ("the start kept", first_kept(lambda a, h, x: h), "a first step of each chunk left out"),
    ("the start added to x[:, 0]", first_kept(lambda a, h, x: h + x), "a start that fades one step too late"),
    ("K + 1 starts", chunks(one_start_too_many), "a start behind the last chunk"),
    ("no new h", chunks_that_forget, "states that are kept and not carried on"),
    ("a[k], flattened", lambda a, x, chunk: whole_chunks(a, x, chunk).flatten(0, 1), "a chunk taken for a step"),
    ("a[k], the last", lambda a, x, chunk: whole_chunks(a, x, chunk)[-1], "a chunk taken for a step"),
    ("torch.chunk", pieces, "pieces that wait for one another"),
    ("both in place", in_place("carry", "rerun"), "one tensor for several states"),
    ("the last drive as the end", last_drives, "ends that are no states"),
    ("all but the last step", ends_of(lambda T: range(T - 1)), "ends that are no states"),
    ("all but the first step", ends_of(lambda T: range(1, T)), "ends that are no states"),
    ("all decays so far", products_from_the_beginning, "decays from the beginning"),
    ("all drives as the end", sums_as_ends, "ends that are no states"),
    ("exp of a sum", chunks(decay=lambda a: torch.exp(torch.sum(a, 1))), "decays of a chunk that are added"),
    ("exp of a sum of logs", chunks(decay=lambda a: torch.exp(torch.log(a).sum(1))), LOGARITHMS),
    ("strides, put back", chunks(cut=strided, glue=torch.cat), "neighbours in different chunks"),
    (
        "stack −1",
        chunks(glue=lambda states: torch.stack(states, -1).flatten(0, 1)),
        "steps stacked behind the states",
    ),
    ("prod()", chunks(decay=lambda a: torch.stack([one.prod() for one in a])), "one decay for all states"),
    ("prod() of all", chunks(decay=lambda a: [a.prod()] * len(a)), "one decay for all states"),
    ("a power", chunks_with(decay=lambda a: a[:, 0] ** a.shape[1]), "a chunk whose steps all fade alike"),
    ("the end before", chunks_with(end=lambda end: end.roll(1, 0)), "the end of a neighbouring chunk"),
    ("x and a", lambda a, x, chunk: chunks_with()(x, a, chunk), "decays and drives in exchanged places"),
    ("ends from x", chunks_with(first=lambda x: x[:, 0]), "a first drive that counts twice"),
    ("starts added as they are", starts_added_as_they_are, "a start that does not fade inside its chunk"),
    ("reshape(-1, T, N)", chunks(cut=with_the_last_axis), OTHER_AXES),
    ("reshape(-1, T, N), put back", lambda *case: chunks(cut=with_the_last_axis)(*case).view_as(case[1]), OTHER_AXES),
    ("run from the start, and added", run_from_the_start_and_added, "a start that counts twice"),
    (
        "two axes at most",
        lambda a, x, chunk: chunks()(*(v.flatten(2) if v.ndim > 3 else v for v in (a, x)), chunk),
        None,
    ),
]

# Exercise 5: linear_loop (a, x)


def unbound(a, x):
    a_steps, x_steps = torch.unbind(a), torch.unbind(x)
    h, out = x_steps[0], [x_steps[0]]
    for t in range(1, len(x_steps)):
        h = torch.addcmul(x_steps[t], a_steps[t], h)
        out.append(h)
    return torch.stack(out)


def split_and_cat(a, x):
    h, out = 0, []
    for a_t, x_t in zip(a.split(1), x.split(1), strict=True):
        h = a_t * h + x_t
        out.append(h)
    return torch.cat(out)


def as_lists(a, x):
    out = []
    for a_t, x_t in zip(list(a), list(x), strict=True):
        out.append(a_t * out[-1] + x_t if out else x_t)
    return torch.stack(out, dim=0)


def loop_of(a_at, x_at):
    def scan(a, x):
        h, out = torch.zeros_like(x[0]), []
        for t in range(len(x)):
            h = a_at(a, t) * h + x_at(x, t)
            out.append(h)
        return torch.stack(out)

    return scan


def cut_anew(a=False, x=False):
    """A loop that cuts one of its inputs once, and the other one at each step."""

    def scan(decays, drives):
        once_a, once_x = decays.unbind(0), drives.unbind(0)
        a_at = (lambda t: decays.unbind(0)[t]) if a else once_a.__getitem__
        x_at = (lambda t: drives.unbind(0)[t]) if x else once_x.__getitem__
        h, out = torch.zeros_like(drives[0]), []
        for t in range(len(drives)):
            h = a_at(t) * h + x_at(t)
            out.append(h)
        return torch.stack(out)

    return scan


def enumerated(a, x):
    h, out = torch.zeros_like(x[0]), []
    for t, a_t in enumerate(a):
        h = a_t * h + x[t]
        out.append(h)
    return torch.stack(out)


def written(a, x):
    out, h = torch.empty_like(x), torch.zeros_like(x[0])
    for t, (a_t, x_t) in enumerate(zip(a.unbind(), x.unbind(), strict=True)):
        h = a_t * h + x_t
        out[t] = h
    return out


def tree_filled_up(a, x):
    """Up and down the tree, whatever L is: steps that do nothing fill it up to a power of two."""
    missing = 2 ** math.ceil(math.log2(len(x))) - len(x)
    a, x = torch.cat([a, torch.ones_like(a[:missing])]), torch.cat([x, torch.zeros_like(x[:missing])])
    return tree()(a, x)[: len(x) - missing]


def each_from_the_first_step_on(a, x):
    a, x = a.unbind(), x.unbind()
    states = []
    for t in range(len(x)):
        h = torch.zeros_like(x[0])
        for s in range(t + 1):
            h = a[s] * h + x[s]
        states.append(h)
    return torch.stack(states)


def stack_each_step(a, x):
    states, h = [], 0
    for a_t, x_t in zip(a.unbind(), x.unbind(), strict=True):
        h = a_t * h + x_t
        states.append(h)
        out = torch.stack(states)
    return out


SINCE_2_5 = Version(torch.__version__) >= Version("2.5")  # before, the backward pass makes two tables at each step


def table_of_both(a, x):
    both, h, out = torch.stack([a, x]), 0, []
    for t in range(len(x)):
        a_t, x_t = both[:, t]
        h = a_t * h + x_t
        out.append(h)
    return torch.stack(out)


def split_and_stack(a, x):
    h, out = 0, []
    for a_t, x_t in zip(a.split(1), x.split(1), strict=True):
        h = a_t * h + x_t
        out.append(h)
    return torch.stack(out)


def loop_that_forgets(a, x):
    h, out = torch.zeros_like(x[0]), []
    for a_t, x_t in zip(a, x, strict=True):
        out.append(a_t * h + x_t)
    return torch.stack(out)


def collected(a, x, before=False, detach=False, last=False, as_list=False):
    h, out = torch.zeros_like(x[0]), []
    for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True):
        if before:
            out.append(h)
        h = a_t * (h.detach() if detach else h) + x_t
        if not before:
            out.append(h)
    return h if last else out if as_list else torch.stack(out)


def added_to_the_list(a, x):
    h, states = 0, []
    for decay, drive in zip(a.unbind(), x.unbind(), strict=True):
        h = decay * h + drive
        states += h
    return torch.stack(states)


def written_and_read_from_a_clone(a, x):
    states, decays, drives = torch.zeros_like(x), a.unbind(), x.unbind()
    states[0] = drives[0]
    for t in range(1, len(x)):
        states[t] = decays[t] * states[t - 1].clone() + drives[t]
    return states


def added_up(a, x):
    h, out = torch.zeros_like(x[0]), []
    for a_t, x_t in zip(a, x, strict=True):
        h = h + a_t * x_t
        out.append(h)
    return torch.stack(out)


def kept_in_place(a, x):
    h, out = torch.zeros_like(x[0]), []
    for a_t, x_t in zip(a, x, strict=True):
        h.mul_(a_t).add_(x_t)
        out.append(h)
    return torch.stack(out)


def from_the_first_drive(a, x):
    h, out = x[0], []
    for a_t, x_t in zip(a, x, strict=True):
        h = h * a_t + x_t
        out.append(h)
    return torch.stack(out)


def read_where_it_is_written(a, x):
    h = torch.zeros_like(x)
    h[0] = x[0]
    for t in range(1, len(x)):
        h[t] = a[t] * h[t - 1] + x[t]
    return h


def added_to_a_copy(a, x):
    h = x.clone()
    for t in range(1, len(h)):
        h[t] += h[t - 1] * a[t]
    return h


@torch.no_grad()
def no_grad(a, x):
    return collected(a, x)


def along_the_states(a, x):
    h, out = 0, []
    for n in range(x.shape[-1]):
        h = a[..., n] * h + x[..., n]
        out.append(h)
    return torch.stack(out)


def in_slices_of_8(a, x):
    h, out = torch.zeros_like(x[0]), []
    for t in range(0, len(x), 8):
        for a_t, x_t in zip(a[t : t + 8].unbind(), x[t : t + 8].unbind(), strict=True):
            h = a_t * h + x_t
            out.append(h)
    return torch.stack(out)


def cut_off_after(steps):
    def scan(a, x):
        h, out = torch.zeros_like(x[0]), []
        for t, (a_t, x_t) in enumerate(zip(a.unbind(), x.unbind(), strict=True)):
            h = a_t * (h if t % steps else h.detach()) + x_t
            out.append(h)
        return torch.stack(out)

    return scan


def from_ones(a, x):
    h = torch.ones(x.shape[1:])
    return torch.stack([h := a_t * h + x_t for a_t, x_t in zip(a, x, strict=True)])


def without_the_first(a, x):
    (h, *drives), out = x.unbind(), []
    for a_t, x_t in zip(a.unbind()[1:], drives, strict=True):
        h = a_t * h + x_t
        out.append(h)
    return torch.stack(out)


def unbound_along(axis, a, x):
    h, states = torch.zeros_like(x[0]), []
    for decay, drive in zip(a.unbind(axis), x.unbind(axis), strict=True):
        h = decay * h + drive
        states.append(h)
    return torch.stack(states)


def from_step_1(a, x, first):
    decays, drives = a.unbind(), x.unbind()
    states = [first(drives[0])]
    for t in range(1, len(x)):
        states.append(decays[t] * states[t - 1] + drives[t])
    return torch.stack(states)


def read_from_what_is_put_together(a, x):
    states = x[:1]
    for a_t, x_t in zip(a[1:], x[1:], strict=True):
        states = torch.cat([states, (a_t * states[-1] + x_t).unsqueeze(0)])
    return states


LINEAR = [
    ("exp(a)", lambda a, x: collected(a.exp(), x), "an exponential too many"),
    ("cat, read back", read_from_what_is_put_together, "earlier states written once more"),
    ("(1 − a)·x", lambda a, x: collected(a, x - a * x), "a drive that is weighted"),
    ("from zero at step 0", lambda a, x: from_step_1(a, x, torch.zeros_like), "a first step that is not made"),
    ("from x[0]", lambda a, x: from_step_1(a, x, torch.clone), "right"),
    ("x[t − 1]", lambda a, x: collected(a, torch.cat([x[:1], x[:-1]])), "a drive of another step"),
    ("x[t + 1]", lambda a, x: collected(a, x.roll(-1, 0)), "a drive of another step"),
    (
        "a[t]·x[t − 1]",
        lambda a, x: torch.cat([x[:1], a[1:] * x[:-1] + x[1:]]),
        "a drive in the place of the state before",
    ),
    ("unbind(1)", lambda a, x: unbound_along(1, a, x), "a loop over the states"),
    ("unbind(-1)", lambda a, x: unbound_along(-1, a, x), "a loop over the states"),
    ("vstack", lambda a, x: torch.vstack(collected(a, x, as_list=True)), None),
    ("stack, dim=-2", lambda a, x: torch.stack(collected(a, x, as_list=True), dim=-2), None),
    ("insert(0, h)", lambda a, x: torch.stack(collected(a, x, as_list=True)[::-1]), "states in reverse"),
    ("unbind(-1)", along_the_states, "a loop over the states"),
    ("x[0] is not kept", without_the_first, "a first state that is lost"),
    ("unbind", unbound, "right"),
    ("split and cat", split_and_cat, "right"),
    ("lists", as_lists, "right"),
    ("iteration", lambda a, x: collected(a, x), "right"),
    ("in float64", lambda a, x: collected(a.double(), x.double()), None),
    ("copies first", lambda a, x: unbound(a * 1, x), "right"),
    ("slices", loop, "a slice at each step"),
    ("select", loop_of(lambda a, t: a.select(0, t), lambda x, t: x[t, :]), "a slice at each step"),
    ("narrow", loop_of(lambda a, t: a.narrow(0, t, 1)[0], lambda x, t: x[t]), "a slice at each step"),
    ("enumerate", enumerated, "one slice left at each step"),
    ("a table of both", table_of_both, "one slice left at each step" if SINCE_2_5 else None),
    ("new leaves", lambda a, x: collected(*(v.detach().requires_grad_() for v in (a, x))), "states without a gradient"),
    ("x cut, a sliced", lambda a, x: half(a, x), "one slice left at each step"),
    ("unbind inside", loop_of(lambda a, t: a.unbind()[t], lambda x, t: x.unbind()[t]), "cut anew at each step"),
    ("list inside", loop_of(lambda a, t: list(a)[t], lambda x, t: list(x)[t]), "cut anew at each step"),
    ("x unbound inside", cut_anew(x=True), "cut anew at each step"),
    ("a unbound inside", cut_anew(a=True), "cut anew at each step"),
    ("written", written, "states written into a table"),
    ("cat", cat_each_step, "earlier states written once more"),
    ("from the first step on", each_from_the_first_step_on, "earlier states written once more"),
    ("both halves", both_halves, None),
    ("the tree, filled up", tree_filled_up, "right"),
    ("stack", stack_each_step, "earlier states written once more"),
    ("before", lambda a, x: collected(a, x, before=True), "states of the step before"),
    ("detach", lambda a, x: collected(a, x, detach=True), "a state cut off from its past"),
    ("last", lambda a, x: collected(a, x, last=True), "the last state alone"),
    ("append outside", lambda a, x: torch.stack([collected(a, x, last=True)]), "the last state alone"),
    ("return inside", lambda a, x: torch.stack([0 * a[0] + x[0]]), "a loop that ends at once"),
    ("two cumulative sums", kept_products, DIVIDED),
    ("list", lambda a, x: collected(a, x, as_list=True), "a list of states"),
    ("in rounds", lambda a, x: rounds(a, x), "rounds in the place of a loop"),
    ("in rounds, filled up", rounds_with_padding, "rounds in the place of a loop"),
    ("a[t − 1]", lambda a, x: collected(torch.cat([a[-1:], a[:-1]]), x), "a decay of another step"),
    ("backwards", lambda a, x: collected(a.flip(0), x.flip(0)), "steps from last to first"),
    ("zero in front", lambda a, x: torch.stack([0 * x[0], *collected(a, x)]), "a state of zero in front"),
    ("stacked behind", lambda a, x: torch.stack(collected(a, x, as_list=True), dim=-1), "steps behind the states"),
    ("h + x", lambda a, x: collected(torch.ones_like(a) + 0 * a, x), "a state that never fades"),
    (
        "index_select twice",
        loop_of(*[lambda v, t: v.index_select(0, torch.tensor([t]))[0]] * 2),
        "a slice at each step",
    ),
    ("split and stack", split_and_stack, "an axis of one step that is left over"),
    ("torch.tensor", lambda a, x: torch.tensor(collected(a, x, as_list=True)), "torch.tensor of tensors"),
    ("no new h", loop_that_forgets, "states that are kept and not carried on"),
    ("+= on the list", added_to_the_list, "states joined end to end"),
    ("written and read from a clone", written_and_read_from_a_clone, "states written into a table"),
    ("joined end to end", lambda a, x: torch.cat(collected(a, x, as_list=True)), "states joined end to end"),
    ("h[t] of h[t − 1]", read_where_it_is_written, "states read out of the table that they are written into"),
    ("h[t] += …", added_to_a_copy, "states read out of the table that they are written into"),
    ("no grad", no_grad, "states without a gradient"),
    ("detached result", lambda a, x: collected(a, x).detach(), "states without a gradient"),
    ("detached drives", lambda a, x: collected(a, x.detach()), "drives without a gradient"),
    ("ones first", from_ones, "a first state that is not zero"),
    ("detached decays", lambda a, x: collected(a.detach(), x), "decays without a gradient"),
    ("numpy", lambda a, x: loop_through_numpy(a.detach(), x.detach()), "states without a gradient"),
    ("h + a·x", lambda a, x: torch.cumsum(torch.stack(a.unbind()) * x, 0), "a state that never fades"),
    ("h + a·x in a loop", added_up, "a state that never fades"),
    ("in place", kept_in_place, "one tensor for all states"),
    ("x[0] first", from_the_first_drive, "a first step that is taken twice"),
    ("a·(h + x)", loop_of_fading_drives, "a drive that fades at once"),
    ("last axis", lambda a, x: torch.stack([*collected(a.T, x.T)], dim=1), "a loop over the states"),
    ("no return", lambda a, x: print(end=""), None),
    ("a sum", lambda a, x: x.cumsum(0) + 0 * a, "a state that never fades"),
    ("a crash", lambda a, x: collected(a, x.numpy()), None),
    ("a and x swapped", lambda a, x: collected(x, a), "decays and drives in exchanged places"),
    ("column 0", lambda a, x: collected(a[:, :1], x), None),
    ("slices of 8", in_slices_of_8, None),
    ("a gradient over 8 steps", cut_off_after(8), "a state cut off from its past"),
    ("a gradient over 20 steps", cut_off_after(20), "a state cut off from its past"),
]


def half(a, x):
    h, out = torch.zeros_like(x[0]), []
    for t, x_t in enumerate(x.unbind(0)):
        h = a[t] * h + x_t
        out.append(h)
    return torch.stack(out)


test_an_answer_gets_its_verdict = judged(
    rows(
        "09",
        combine=COMBINE,
        hillis_steele=HILLIS_STEELE,
        up_down=UP_DOWN,
        mended_scan=MENDED,
        chunked_scan=CHUNKED,
        linear_loop=LINEAR,
    )
)


def test_lines_that_others_run_in_the_middle_of_a_scan_are_not_counted():
    """A profiler for example: the longer a scan takes, the more lines."""
    profiler = {}
    exec("def look(times):\n    for _ in range(times):\n        pass\n", profiler)

    def watched(a, x, chunk):
        profiler["look"](10 * len(a))
        return chunks_with_views(a, x, chunk)

    assert judge(exercise("09.chunked_scan"), watched, quiet=True).kind == "right"


def test_an_answer_that_cannot_take_states_is_shown_with_a_case_that_has_some():
    """And not with a case of steps alone, next to a complaint about the table that tells what a scan costs."""

    def steps_alone(a, x):
        left = torch.where(torch.ones(len(a), len(a)).tril(-1) > 0, a[:, None], 1.0).cumprod(0).tril()
        return left @ x if a.ndim == 1 else left.view(len(a), -1) @ x

    verdict = judge(exercise("09.hillis_steele"), steps_alone, quiet=True)
    shown = card(exercise("09.hillis_steele"), verdict).text()
    assert "RuntimeError" in shown and "(128)" not in shown and "a (2, 1)" in shown, shown


def few_levels(a, x, most=4):
    """Up and down, with as many levels as 2**most steps need."""
    levels = [(a, x)]
    for _ in range(most):
        a, x = levels[-1]
        if len(a) > 1:
            levels.append((a[0::2] * a[1::2], a[1::2] * x[0::2] + x[1::2]))
    h = levels.pop()[1]
    for a, x in reversed(levels):
        h = torch.stack([torch.cat([x[:1], a[2::2] * h[:-1] + x[2::2]]), h], dim=1).flatten(0, 1)
    return h


@pytest.mark.parametrize(("id", "answer", "words"), [
    ("09.up_down", few_levels, "Inputs of shape (128,) give wrong states."),
    ("09.up_down", lambda a, x: few_levels(a, x, 7), "Inputs of shape (2048,) give wrong states."),
    ("09.hillis_steele", lambda a, x: [hillis_steele][len(a) > 90:][0](a, x),
     "Inputs of shape (128,) raise IndexError: list index out of range."),
    ("09.chunked_scan", lambda a, x, chunk: chunked_scan(a, x, chunk) * (len(a) < 90),
     "Inputs of shape (128, 2) give wrong states."),
    ("09.linear_loop", lambda a, x: torch.vstack(collected(a, x, as_list=True)),
     "Inputs of shape (8,) give wrong states."),
    ("09.linear_loop", cut_off_after(20), "Inputs of shape (64, 2) give wrong gradients."),
    ("09.linear_loop", lambda a, x: unbound(a, x) if a.ndim < 3 else unbound(a.movedim(1, 0), x.movedim(1, 0)),
     "Inputs of shape (8, 2, 3) give wrong states."),
])  # fmt: skip
def test_what_is_right_for_few_steps_must_be_right_for_many(id, answer, words):
    shown = card(exercise(id), judge(exercise(id), answer, quiet=True)).text()
    assert words in shown and "The case that comes out right:" in shown, shown
    assert "does not depend" not in shown and "was caught" not in shown, shown


def test_a_slow_backward_pass_is_told_by_its_counts():
    shown = card(exercise("09.linear_loop"), judge(exercise("09.linear_loop"), loop)).text()
    assert "the number of whole tables of zeros" in shown and "the gradient of" not in shown


def test_a_count_that_is_twice_the_expected_one_is_no_factor_for_all_values():
    def shorter_at_each_step(a, x):
        h, states = torch.zeros_like(x[0]), []
        while len(x):
            h = a[0] * h + x[0]
            states.append(h)
            a, x = a[1:], x[1:]
        return torch.stack(states)

    verdict = judge(exercise("09.linear_loop"), shorter_at_each_step)
    shown = card(exercise("09.linear_loop"), verdict).text()
    assert verdict.misconception is None
    assert "when L is twice as long: expected 2, got 4." in shown and "everywhere" not in shown


def test_states_of_a_wrong_shape_are_told_by_their_shapes():
    def along_the_states(a, x):
        h, states = torch.zeros_like(x[0]), []
        for a_t, x_t in zip(a.unbind(-1), x.unbind(-1), strict=True):
            h = a_t * h[:1] + x_t
            states.append(h)
        return torch.stack(states)

    shown = card(exercise("09.linear_loop"), judge(exercise("09.linear_loop"), along_the_states)).text()
    assert "The table of states has shape" in shown and "a dict" not in shown


def test_the_card_does_not_call_its_case_the_smallest_for_a_smaller_one_fails_too():
    hunt = exercise("09.mended_scan")
    verdict = judge(hunt, not_mended)
    failing = [trial.case for trial in trials(hunt) if failure(hunt, not_mended, trial.case)]
    assert min(case["x"].numel() for case in failing) == 3 and verdict.example.case["x"].numel() == 5
    shown = card(hunt, verdict).text()
    assert "A small case that fails:" in shown and "smallest" not in shown


def test_the_digits_that_a_card_names_stand_in_its_table_whichever_decay_the_answer_takes():
    tree = exercise("09.up_down")
    (later_first,) = (one for one in tree.misconceptions if one.name == "the later one first on the way down")
    assert len(later_first.answers) == 3
    for answer in later_first.answers:
        shown = judge(tree, answer, quiet=True).example
        step, state = shown.case["x"][2].int().item(), shown.got.value[1].int().item()
        assert f"With the digits these are {step} and {state}." in later_first.message
