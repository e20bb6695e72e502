"""Answers as learners write them in notebook 03: the right ones pass, a wrong one gets a name only where it fits."""

import pytest
import torch
import torch.nn.functional as F
from answer_rows import RIGHT, judged

from lite_mamba import causal_dilated_conv1d_fn, causal_dilated_conv1d_update

UNNAMED = None
ANSWERS = []


def answers(id, table):
    for expected, functions in table.items():
        for function in functions:
            ANSWERS.append(pytest.param(id, function, expected, id=f"{id[3:]}-{len(ANSWERS)}"))


def taken_in(history, x):
    """The next history, for those answers whose mistake is elsewhere."""
    return torch.cat((history, x[..., None]), -1)[..., 1:]


# 1: a history that moves on


def rolled(history, x):
    moved = torch.roll(history, -1, dims=-1)
    moved[:, :, -1] = x
    return moved


def rolled_and_into_a_sequence(history, x):
    new = history.roll(-1, 2)
    new[-1] = x
    return new


def rolled_and_into_a_channel(history, x):
    new = torch.roll(history, shifts=-1, dims=-1)
    new[:, -1] = x
    return new


def filled_in(history, x):
    new = torch.empty_like(history)
    new[..., :-1] = history[..., 1:]
    new[..., -1] = x
    return new


def in_place(history, x):
    history[..., :-1] = history[..., 1:].clone()
    history[..., -1] = x
    return history


def only_the_last_column(history, x):
    new = history.clone()
    new[..., -1] = x
    return new


def cut_in_place(history, x):
    history = history[..., 1:]
    history[..., -1] = x
    return history


def rolled_to_the_right(history, x):
    moved = history.roll(1, dims=2)
    moved[..., -1] = x
    return moved


def moved_and_left(history, x):
    new = history.clone()
    for s in range(1, history.shape[-1]):
        new[..., s - 1] = history[..., s]
    return new


def slot_zero(history, x):
    new = history.clone()
    new[..., 0] = x
    return new


def copied(history, x, columns, step):
    """Column by column in one tensor, from `columns` to the neighbour; the new sample at the end that is left."""
    new = history.clone()
    for s in columns:
        new[..., s + step] = new[..., s]
    new[..., -1 if step < 0 else 0] = x
    return new


def shifted_into_itself(history, x):
    new = history.clone()
    for s in range(1, history.shape[-1]):
        new[..., s] = new[..., s - 1]
    new[..., -1] = x
    return new


def shifted_and_forgotten(history, x):
    torch.cat([history[..., 1:], x.unsqueeze(-1)], dim=-1)


answers(
    "03.push",
    {
        RIGHT: [
            rolled,
            filled_in,
            taken_in,
            lambda h, x: torch.cat([h[:, :, 1:], x.unsqueeze(2)], dim=2),
            lambda h, x: torch.stack([*h.unbind(-1)[1:], x], dim=-1),
            lambda h, x: F.pad(h, (0, 1))[..., 1:] + F.pad(x[..., None], (h.shape[-1] - 1, 0)),
        ],
        "the new sample at the wrong end": [
            lambda h, x: torch.cat([x[..., None], h[..., :-1]], dim=-1),
            lambda h, x: torch.stack([x, *h.unbind(-1)[:-1]], dim=-1),
            lambda h, x: torch.cat([x.unsqueeze(-1), h], dim=-1)[..., : h.shape[-1]],
        ],
        "one sample too many": [
            lambda h, x: torch.cat([h, x[..., None]], dim=-1),
            lambda h, x: torch.cat((x.unsqueeze(2), h), 2),
        ],
        "the newest sample thrown away": [
            lambda h, x: torch.cat([h, x[..., None]], dim=-1)[..., :-1],
            lambda h, x: h,
            lambda h, x: torch.cat([h, x[..., None]], dim=-1)[..., : h.shape[-1]],
        ],
        "the latest sample overwritten": [only_the_last_column],
        "shifted the wrong way": [rolled_to_the_right],
        "the new sample where the columns begin": [lambda h, x: slot_zero(h.roll(-1, 2), x)],
        "the new sample added to the oldest": [
            lambda h, x: h.roll(-1, -1) + F.pad(x[..., None], (h.shape[-1] - 1, 0)),
        ],
        "cut, and then written over the latest": [
            lambda h, x: only_the_last_column(h[..., 1:], x),
            cut_in_place,
        ],
        "written first, then rolled": [
            lambda h, x: only_the_last_column(h, x).roll(-1, dims=-1),
            lambda h, x: torch.cat([h[..., 1:-1], x[..., None], h[..., :1]], dim=-1)[..., -h.shape[-1] :],
        ],
        "added, not joined": [
            lambda h, x: h[..., 1:] + x.unsqueeze(-1),
            lambda h, x: (h + x[..., None])[..., 1:],
            lambda h, x: h + x[:, :, None],
        ],
        "another axis rolled": [
            lambda h, x: only_the_last_column(torch.roll(h, -1, dims=0), x),
            lambda h, x: only_the_last_column(torch.roll(h, -1, dims=1), x),
        ],
        "written over the oldest, and not moved": [slot_zero],
        "the given history changed": [in_place, lambda h, x: h.copy_(taken_in(h, x))],
        "columns overwritten before they were read": [
            lambda h, x: copied(h, x, range(h.shape[-1] - 1, 0, -1), -1),
            lambda h, x: copied(h, x, range(h.shape[-1] - 1), 1),
            shifted_into_itself,
        ],
        "the columns on another axis": [
            lambda h, x: torch.stack([*h.unbind(-1)[1:], x]),
            lambda h, x: torch.stack([*h.unbind(-1)[1:], x], 1),
        ],
        "stacked, not joined": [
            lambda h, x: torch.stack([h[..., 1:], x]),
            lambda h, x: torch.stack((h, x[..., None]), 2)[..., 1:],
            lambda h, x: torch.stack([h[:, :, 1:], x.unsqueeze(-1)], dim=-1),
        ],
        "a sample that is no column yet": [
            lambda h, x: torch.cat([h, x], dim=-1)[..., 1:],
            lambda h, x: torch.cat([h[..., 1:], x], dim=-1),
            lambda h, x: torch.cat([h, x.unsqueeze(1)], dim=-1)[..., 1:],
            lambda h, x: torch.cat([h, x[None]], dim=2)[:, :, 1:],
        ],
        "no sample at the new end": [
            lambda h, x: taken_in(h, torch.zeros_like(x)),
            lambda h, x: torch.roll(h, -1, dims=-1),
            lambda h, x: F.pad(h[..., 1:], (0, 1)),
            moved_and_left,
        ],
        "cut along another axis": [
            lambda h, x: torch.cat([h, x.unsqueeze(2)], 2)[1:],
            lambda h, x: torch.cat([h, x.unsqueeze(2)], 2)[:, 1:],
            lambda h, x: torch.cat([h[1:], x.unsqueeze(-1)], dim=-1),
            lambda h, x: torch.cat((h[:, 1:], x[..., None]), 2),
            lambda h, x: torch.stack([*h[1:], x], dim=0),
        ],
        "a column looked up along another axis": [rolled_and_into_a_sequence, rolled_and_into_a_channel],
        "joined along another axis": [
            lambda h, x: torch.cat([h, x.unsqueeze(-1)])[..., 1:],
            lambda h, x: torch.cat((h[:, :, 1:], x[:, :, None])),
            lambda h, x: torch.cat([h, x.unsqueeze(2)], 1)[:, :, 1:],
            lambda h, x: torch.cat([h[..., 1:], x[..., None]], dim=1),
        ],
        UNNAMED: [
            shifted_and_forgotten,
            lambda h, x: h[..., 1:],
            lambda h, x: torch.cat([h[:1, :, 1:], x[:1, :, None]], dim=-1),
            lambda h, x: taken_in(h, x).tolist(),
            lambda h, x: taken_in(h, x).flip(-1),
            lambda h, x: torch.cat([h, x.unsqueeze(-1)], dim=1)[:, 1:],
        ],
    },
)


# 2: the same history as a ring


def by_index(ring, oldest, x):
    S = ring.shape[-1]
    new = ring.clone()
    new[:, :, oldest] = x
    first = (oldest + 1) % S
    return new, first, new[..., [(first + i) % S for i in range(S)]]


def joined_ring(ring, oldest, x):
    new = torch.cat([ring[..., :oldest], x[..., None], ring[..., oldest + 1 :]], dim=-1)
    first = 0 if oldest == ring.shape[-1] - 1 else oldest + 1
    return new, first, torch.cat([new[..., first:], new[..., :first]], dim=-1)


def from_time_order(ring, oldest, x):
    ordered = taken_in(ring.roll(-oldest, dims=-1), x)
    first = (oldest + 1) % ring.shape[-1]
    return ordered.roll(first, dims=-1), first, ordered


def with_where(ring, oldest, x):
    here = torch.arange(ring.shape[-1]) == oldest
    new = torch.where(here, x[..., None], ring)
    first = (oldest + 1) % ring.shape[-1]
    return new, first, torch.roll(new, shifts=(-first,), dims=(2,))


def ring(write=0, step=1, order=None, modulo=True, clone=True, returned=None):
    """A learner's ring with something different in it."""

    def function(ring, oldest, x):
        S = ring.shape[-1]
        new = ring.clone() if clone else ring
        new[..., (oldest + write) % S] = x
        first = (oldest + step) % S if modulo else oldest + step
        return new, first, (order or (lambda n, f, o: n.roll(-f, dims=-1)))(new, first, oldest)

    return function


def around(axis):
    """A ring whose pointer goes around after as many steps as another axis is long."""

    def function(ring, oldest, x):
        new = ring.clone()
        new[..., oldest] = x
        oldest = (oldest + 1) % ring.shape[axis]
        return new, oldest, torch.roll(new, -oldest, -1)

    return function


def ring_of_columns(ring, oldest, x):
    new = ring.clone()
    new[:, :, oldest] = x[..., None]
    first = (oldest + 1) % ring.shape[-1]
    return new, first, new.roll(-first, -1)


def moved_at_the_end_only(ring, oldest, x):
    new = ring.clone()
    new[..., oldest] = x
    if oldest + 1 == ring.shape[-1]:
        oldest = 0
    return new, oldest, new.roll(-oldest, -1)


def ahead_of_the_order(ring, oldest, x):
    new, first = ring.clone(), (oldest + 1) % ring.shape[-1]
    new[..., first] = x
    return new, first, torch.cat([new[..., oldest:], new[..., :oldest]], dim=-1)


def one_slot_late(r, o, x):
    new, first = joined_ring(r, o, x)[0], o + 1
    if first > r.shape[-1]:
        first = 0
    return new, first, torch.cat([new[..., first:], new[..., :first]], dim=-1)


def without_the_last_slot(r, o, x):
    new, first = joined_ring(r, o, x)[0], (o + 1) % (r.shape[-1] - 1)
    return new, first, new.roll(-first, 2)


def four_slots(r, o, x):
    new, first = joined_ring(r, o, x)[0], (o + 1) % 4
    return new, first, new.roll(-first, 2)


def in_a_channel(r, o, x):
    new = r.clone()
    new[:, o] = x
    first = (o + 1) % r.shape[2]
    return new, first, new.roll(-first, 2)


def in_a_sequence(r, o, x):
    new = r.clone()
    new[o] = x
    first = (o + 1) % r.shape[2]
    return new, first, new.roll(-first, 2)


def moved_before_and_after(r, o, x):
    new, o = r.clone(), (o + 1) % r.shape[-1]
    new[..., o] = x
    o = (o + 1) % r.shape[-1]
    return new, o, new.roll(-o, -1)


def moved_before_all(r, o, x):
    new, o = r.clone(), (o + 1) % r.shape[-1]
    new[..., o] = x
    return new, o, new.roll(-(o + 1), -1)


def put_in_between(more):
    """One slot more, and a pointer that goes around after as many slots as there were, or as there are now."""

    def function(r, o, x):
        new, first = torch.cat([r[..., :o], x[..., None], r[..., o:]], -1), (o + 1) % (r.shape[-1] + more)
        return new, first, new.roll(-first, -1)

    return function


def one_slot_short(r, o, x):
    new, first = r.clone(), 0 if o >= r.shape[2] - 2 else o + 1
    new[..., o] = x
    return new, first, new.roll(-first, 2)


def added_to_the_slot(r, o, x):
    new, first = r.clone(), (o + 1) % r.shape[-1]
    new[:, :, o] += x
    return new, first, new[..., [(first + i) % r.shape[-1] for i in range(r.shape[-1])]]


def into(slot):
    def function(r, o, x):
        new, first = r.clone(), (o + 1) % r.shape[2]
        new[..., slot] = x
        return new, first, new.roll(-first, 2)

    return function


answers(
    "03.ring_push",
    {
        RIGHT: [by_index, joined_ring, from_time_order, with_where, ring()],
        "a pointer that runs away": [ring(modulo=False), one_slot_late],
        "the remainder of 1": [
            lambda r, o, x: (new := joined_ring(r, o, x)[0], o + 1 % r.shape[2], new.roll(-(o + 1 % r.shape[2]), 2)),
        ],
        "a pointer that stands still": [
            ring(step=0),
            ring(step=0, order=lambda n, f, o: n.roll(-o - 1, dims=-1)),
            moved_at_the_end_only,
        ],
        "a pointer that stops at the last slot": [
            lambda r, o, x: (new := joined_ring(r, o, x)[0], o := min(o + 1, r.shape[-1] - 1), new.roll(-o, -1)),
        ],
        "turned by one slot, wherever the oldest stands": [
            ring(order=lambda n, f, o: torch.roll(n, -1, dims=-1)),
            ring(order=lambda n, f, o: torch.cat([n[..., 1:], n[..., :1]], dim=-1)),
        ],
        "put in between, not written over": [put_in_between(0), put_in_between(1)],
        "the columns on another axis": [
            ring(order=lambda n, f, o: torch.stack([n[..., (f + i) % n.shape[-1]] for i in range(n.shape[-1])])),
            ring(order=lambda n, f, o: torch.stack(n.roll(-f, -1).unbind(2), dim=1)),
        ],
        "a pointer that goes backwards": [ring(step=-1)],
        "read from the newest sample": [
            ring(order=lambda n, f, o: n.roll(-o, dims=2)),
            ring(order=lambda n, f, o: torch.cat([n[..., o:], n[..., :o]], dim=-1)),
            ring(order=lambda n, f, o: n.roll(n.shape[-1] - f + 1, dims=-1)),
        ],
        "read from one slot too far on": [ring(order=lambda n, f, o: torch.roll(n, -(f + 1), dims=-1))],
        "rolled the other way": [ring(order=lambda n, f, o: n.roll(f, dims=-1))],
        "not written over the oldest sample": [
            ring(write=-1),
            ring(write=-1, step=0),
            ring(write=1),
            ahead_of_the_order,
            moved_before_all,
            moved_before_and_after,
        ],
        "the order of the slots taken for the order of time": [ring(order=lambda n, f, o: n)],
        "the new sample behind the slots": [lambda r, o, x: (*ring()(r, o, x)[:2], taken_in(r, x))],
        "rolled through all axes": [ring(order=lambda n, f, o: torch.roll(n, -f))],
        "the given ring changed": [ring(clone=False)],
        "a history that moves, not a ring": [
            lambda r, o, x: (taken_in(r, x), o, taken_in(r, x)),
            lambda r, o, x: (taken_in(r, x), (n := (o + 1) % r.shape[2]), taken_in(r, x).roll(-n, -1)),
            lambda r, o, x: (taken_in(r, x), (o + 1) % r.shape[2], taken_in(r, x)),
            lambda r, o, x: (taken_in(r, x), 0, taken_in(r, x)),
        ],
        "the old ring read": [
            lambda r, o, x: (*(found := ring()(r, o, x))[:2], r.roll(-found[1], dims=2)),
            lambda r, o, x: (*ring()(r, o, x)[:2], torch.cat([r[..., o:], r[..., :o]], dim=-1)),
        ],
        "the newest sample first": [lambda r, o, x: (*(found := ring()(r, o, x))[:2], found[2].flip(2))],
        "slots counted along another axis": [around(1), around(0)],
        "four slots, whatever S is": [four_slots],
        "added, not joined": [
            ring(order=lambda n, f, o: n[..., f:] + n[..., :f]),
            ring(order=lambda n, f, o: n[:, :, f:] + n[:, :, :f]),
        ],
        "joined along another axis": [
            ring(order=lambda n, f, o: torch.cat([n[..., f:], n[..., :f]])),
            ring(order=lambda n, f, o: torch.cat((n[:, :, f:], n[:, :, :f]), 1)),
        ],
        "rolled along another axis": [
            ring(order=lambda n, f, o: n.roll(-f, 1)),
            ring(order=lambda n, f, o: torch.roll(n, -f, dims=0)),
            ring(order=lambda n, f, o: torch.cat([n[f:], n[:f]])),
        ],
        "a sample with an axis too many": [ring_of_columns],
        "a slot looked up along another axis": [in_a_channel, in_a_sequence],
        "not around the end": [
            ring(order=lambda n, f, o: n[:, :, f:]),
            ring(order=lambda n, f, o: n[..., list(range(f, f + n.shape[-1]))]),
            ring(order=lambda n, f, o: n[..., f + torch.arange(n.shape[-1])]),
            ring(order=lambda n, f, o: torch.stack([n[:, :, f + i] for i in range(n.shape[-1])], dim=-1)),
        ],
        "a ring that is one slot short": [one_slot_short, without_the_last_slot],
        "always into the same slot": [into(-1), into(0)],
        "a ring that was turned": [
            lambda r, o, x: (ring()(r, o, x)[2], *ring()(r, o, x)[1:]),
            lambda r, o, x: ((ordered := taken_in(r.roll(-o, -1), x)), 0, ordered),
        ],
        "the new sample added to the oldest": [
            lambda r, o, x: ring()(r, o, x + r[..., o]),
            added_to_the_slot,
        ],
        "ring and order of time exchanged": [lambda r, o, x: ring()(r, o, x)[::-1]],
        UNNAMED: [
            lambda r, o, x: ring()(r, o, x)[0],
            lambda r, o, x: (r, o, r),
            lambda r, o, x: ring()(r[:1], o, x[:1]),
            lambda r, o, x: ring()(r, 0, x),
            lambda r, o, x: ring()(r, o, x)[:2],
            ring(order=lambda n, f, o: n.flip(-1)),
            lambda r, o, x: None,
        ],
    },
)


# 3: one sample through one branch


def taps_one_by_one(x, history, weight, bias, dilation):
    window, W = torch.cat([history, x[..., None]], dim=-1), weight.shape[1]
    y = bias[None].repeat(x.shape[0], 1)
    for k in range(W):
        y += weight[:, k] * window[..., -1 - (W - 1 - k) * dilation]
    return y, window[..., 1:]


def by_the_index(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    columns = history.shape[-1] - dilation * torch.arange(weight.shape[-1] - 1, -1, -1)
    return torch.einsum("bdw,dw->bd", window[..., columns], weight) + bias, window[..., 1:]


def one_output_of_conv1d(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    y = F.conv1d(window, weight[:, None], bias, dilation=dilation, groups=weight.shape[0])
    return y[..., -1], window[..., 1:]


def of_the_package(x, history, weight, bias, dilation):
    state = history.clone()
    return causal_dilated_conv1d_update(x, state, weight, bias, dilation=dilation), state


def newest_first(x, history, weight, bias, dilation):
    backwards = torch.cat([history, x.unsqueeze(-1)], dim=-1).flip(-1)
    y = (backwards[..., ::dilation][..., : weight.shape[1]] * weight.flip(-1)).sum(-1) + bias
    return y, backwards[..., :-1].flip(-1)


def now_apart(x, history, weight, bias, dilation):
    y = weight[:, -1] * x + bias
    for k in range(1, weight.shape[1]):
        y = y + weight[:, -1 - k] * history[..., -k * dilation]
    return y, taken_in(history, x)


def step(read, following=taken_in, weight=lambda w: w, bias=True, axis=-1):
    """A learner's step: which columns it reads, and what it keeps."""

    def function(x, history, w, b, d):
        window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
        y = (read(window, history, x, w, d) * weight(w)).sum(axis)
        return (y + b if bias else y), following(history, x)

    return function


def columns(window, history, x, w, d, extra=0):
    return window[..., history.shape[-1] - (w.shape[-1] - 1) * d + extra :: d]


def stacked(window, history, x, w, d):
    return torch.stack([window[..., -1 - (w.shape[1] - 1 - k) * d] for k in range(w.shape[1])])


def looped(source, shift=0):
    """Tap by tap from the end of what `source` gives."""

    def function(x, history, w, b, d):
        samples, y = source(history, x), b.expand_as(x)
        for k in range(w.shape[1]):
            y = (
                y
                + w[:, k]
                * samples[
                    ..., samples.shape[-1] - 1 - (w.shape[1] - 1 - k) * d - (shift(d) if callable(shift) else shift)
                ]
            )
        return y, taken_in(history, x)

    return function


def both(history, x):
    return torch.cat([history, x[..., None]], dim=-1)


def pushed_twice(x, history, weight, bias, dilation):
    return step(columns)(x, taken_in(history, x), weight, bias, dilation)[0], taken_in(history, x)


def outputs_kept(x, history, weight, bias, dilation):
    y, _ = step(columns)(x, history, weight, bias, dilation)
    return y, taken_in(history, y)


def cut_short(x, history, weight, bias, dilation):
    y, following = step(columns)(x, history, weight, bias, dilation)
    lag = (weight.shape[1] - 1) * dilation
    return y, following[..., following.shape[-1] - lag :]


def cut_from_the_end(x, history, weight, bias, dilation):
    y, _ = step(columns)(x, history, weight, bias, dilation)
    return y, torch.cat([history, x[..., None]], dim=-1)[..., -(weight.shape[1] - 1) * dilation :]


def cut_before(x, history, weight, bias, dilation):
    window = torch.cat([history[..., -(weight.shape[1] - 1) * dilation :], x[..., None]], dim=-1)
    return (window[..., ::dilation] * weight).sum(-1) + bias, window[..., 1:]


def now_beside(x, history, weight, bias, dilation):
    y, W = weight[:, -1] * x + bias, weight.shape[1]
    for k in range(W - 1):
        y = y + weight[:, k] * history[..., -1 - (W - 1 - k) * dilation]
    return y, taken_in(history, x)


def now_apart_and_guarded(x, history, weight, bias, dilation):
    y, S = bias + weight[:, -1] * x, history.shape[-1]
    for back in range(1, weight.shape[1]):
        if S - 1 - back * dilation >= 0:
            y = y + weight[:, -1 - back] * history[..., S - 1 - back * dilation]
    return y, taken_in(history, x)


def now_apart_and_clamped(x, history, weight, bias, dilation):
    y, S = bias + weight[:, -1] * x, history.shape[-1]
    for back in range(1, weight.shape[1]):
        y = y + weight[:, -1 - back] * history[..., max(S - 1 - back * dilation, 0)]
    return y, taken_in(history, x)


def far_and_clamped(x, history, weight, bias, dilation):
    window, y = both(history, x), bias
    for back, tap in enumerate(reversed(weight.unbind(1)), start=1):
        y = y + tap * window[..., max(history.shape[-1] - back * dilation, 0)]
    return y, window[..., 1:]


def older_taps_reversed(x, history, weight, bias, dilation):
    y = weight[:, -1] * x + bias
    for k in range(1, weight.shape[1]):
        y = y + weight[:, k - 1] * history[..., history.shape[-1] - k * dilation]
    return y, taken_in(history, x)


def into_the_bias(x, history, weight, bias, dilation):
    window, y, W = both(history, x), bias, weight.shape[1]
    for k in range(W):
        y += weight[:, k] * window[..., -1 - (W - 1 - k) * dilation]
    return y, window[..., 1:]


def of_the_past(columns):
    """The newest tap apart, and the older ones on some columns of the history."""

    def function(x, history, w, b, d):
        return (columns(history, w, d) * w[:, :-1]).sum(-1) + w[:, -1] * x + b, taken_in(history, x)

    return function


def the_first_tap_only(x, history, w, b, d):
    window, y = both(history, x), b.expand_as(x)
    for k in range(w.shape[1]):
        y = y + w[:, k] * window[..., -1 - (w.shape[1] - 1 - k) * d]
        return y, window[..., 1:]


def the_last_tap_only(x, history, weight, bias, dilation):
    window, W = both(history, x), weight.shape[1]
    for k in range(W):
        y = weight[:, k] * window[..., -1 - (W - 1 - k) * dilation] + bias
    return y, window[..., 1:]


def three_taps(x, history, weight, bias, dilation):
    window = both(history, x)
    oldest, middle, now = (window[..., history.shape[-1] - back * dilation] for back in (2, 1, 0))
    return oldest * weight[:, 0] + middle * weight[:, 1] + now * weight[:, 2] + bias, window[..., 1:]


def changed_in_place(x, history, weight, bias, dilation):
    y, following = step(columns)(x, history, weight, bias, dilation)
    history[:] = following
    return y, history


def pushed_then(read):
    return step(lambda window, h, x, w, d: read(taken_in(h, x), w, d))


def from_the_end(x, history, w, b, d):
    window, y = both(history, x), b.clone()
    for k in range(w.shape[-1]):
        y = y + w[:, k] * window[..., -(w.shape[-1] - k) * d]
    return y, window[..., 1:]


def numbered_by_lag(x, history, w, b, d):
    y = w[:, -1] * x + b
    for k in range(1, w.shape[-1]):
        y = y + w[:, k] * history[..., -k * d]
    return y, taken_in(history, x)


def joined_with(column):
    def function(x, h, w, b, d):
        window = torch.cat([h, column(x)], dim=-1)
        return (columns(window, h, x, w, d) * w).sum(-1) + b, window[..., 1:]

    return function


def by_negative_indices(x, history, w, b, d):
    history, W = taken_in(history, x), w.shape[-1]
    return sum(w[:, k] * history[..., -1 - (W - 1 - k) * d] for k in range(W)) + b, history


def sample_in_front(x, history, w, b, d):
    window = torch.cat([x[..., None], history], dim=-1)
    return (columns(window, history, x, w, d) * w).sum(-1) + b, window[..., 1:]


def newest_in_front(weight, following):
    """A window that begins with the present sample, read from there; the history behind it runs as it came."""

    def function(x, history, w, b, d):
        window, y = torch.cat([x[..., None], history], dim=-1), b.expand_as(x)
        for back in range(w.shape[1]):
            y = y + weight(w, back) * window[..., back * d]
        return y, following(window, history, x)

    return function


def without_the_newest(x, history, w, b, d):
    """The columns end before the present one; with one tap there is none, and the output is the bias alone."""
    window, y = both(history, x), b.clone()
    for k, column in enumerate(range(history.shape[-1] - (w.shape[1] - 1) * d, history.shape[-1], d)):
        y = y + w[:, k] * window[..., column]
    return y, window[..., 1:]


def guarded(source, first):
    """Tap by tap, the newest `first` distances back; what is not there counts as nothing."""

    def function(x, history, w, b, d):
        samples, y = source(history, x), b + 0 * x
        for back, tap in enumerate(reversed(w.unbind(1)), start=first):
            if back * d < samples.shape[-1]:
                y = y + tap * samples[..., samples.shape[-1] - 1 - back * d]
        return y, taken_in(history, x)

    return function


STEP = {
    RIGHT: [
        taps_one_by_one,
        by_the_index,
        one_output_of_conv1d,
        of_the_package,
        newest_first,
        now_apart,
        step(columns),
        looped(both),
    ],
    "the taps reversed": [
        step(columns, weight=lambda w: w.flip(-1)),
        step(columns, weight=lambda w: w.flip(1)),
        step(lambda win, h, x, w, d: win.flip(-1)[..., : (w.shape[1] - 1) * d + 1 : d]),
        step(lambda win, h, x, w, d: torch.stack([win[..., -1 - k * d] for k in range(w.shape[1])], dim=-1)),
    ],
    "reading after writing": [
        pushed_twice,
        lambda x, h, *case: step(columns)(x, taken_in(h, x), *case),
    ],
    "the present sample in front": [
        sample_in_front,
        lambda x, h, *case: (sample_in_front(x, h, *case)[0], torch.cat([x[..., None], h[..., :-1]], dim=-1)),
        newest_in_front(lambda w, back: w[:, -1 - back], lambda window, h, x: window[..., :-1]),
        newest_in_front(lambda w, back: w[:, -1 - back], lambda window, h, x: taken_in(h, x)),
        newest_in_front(lambda w, back: w[:, back], lambda window, h, x: torch.cat([x[..., None], h[..., :-1]], -1)),
        newest_in_front(lambda w, back: w[:, back], lambda window, h, x: taken_in(h, x)),
        newest_in_front(lambda w, back: w[:, -1 - back], lambda window, h, x: window[..., 1:]),
    ],
    "a history that stands still": [step(columns, lambda h, x: h), step(columns, lambda h, x: h.clone())],
    "a history that grows": [step(columns, both)],
    "the output taken into the history": [outputs_kept],
    "every tap one sample too old": [
        step(lambda win, h, x, w, d: columns(torch.cat([x[..., None], h], dim=-1), h, x, w, d)),
        looped(lambda h, x: h),
        looped(both, shift=1),
        step(lambda *case: columns(*case, extra=-1)),
        guarded(lambda h, x: h, first=0),
        lambda x, h, w, b, d: (F.conv1d(h, w[:, None], b, dilation=d, groups=len(b))[..., -1], taken_in(h, x)),
    ],
    "the present sample not among the columns": [
        step(lambda win, h, x, w, d: h[..., h.shape[-1] - (w.shape[-1] - 1) * d :: d]),
        step(lambda win, h, x, w, d: win[..., torch.arange(h.shape[-1] - (w.shape[1] - 1) * d, h.shape[-1], d)]),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - (w.shape[-1] - 1) * d : -1 : d]),
    ],
    "a lag counted from the oldest sample": [
        step(lambda win, h, x, w, d: win[..., d * torch.arange(w.shape[1] - 1, -1, -1)]),
        lambda x, h, w, b, d: (
            b + sum(w[:, k] * both(h, x)[..., (w.shape[1] - 1 - k) * d] for k in range(w.shape[1])),
            taken_in(h, x),
        ),
    ],
    "the history turned around too": [
        step(columns, lambda h, x: both(h, x).flip(-1)[..., 1:]),
        step(columns, lambda h, x: torch.cat([x[..., None], h.flip(-1)], dim=-1)[..., : h.shape[-1]]),
    ],
    "W − 1 without brackets": [
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - w.shape[1] - 1 * d :: d]),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - (w.shape[1] - 1 * d) :: d]),
    ],
    "the bias taken away": [lambda x, h, w, b, d: step(columns)(x, h, w, -b, d)],
    "one distance too far back": [
        guarded(both, first=1),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - d * torch.arange(w.shape[1], 0, -1)]),
        far_and_clamped,
        lambda x, h, w, b, d: (
            b + sum(w[:, -k] * both(h, x)[..., -1 - k * d] for k in range(w.shape[1], 0, -1)),
            taken_in(h, x),
        ),
    ],
    "the dilation left out": [
        step(lambda win, h, x, w, d: win[..., -w.shape[1] :]),
        lambda x, h, w, b, d: by_the_index(x, h, w, b, 1),
    ],
    "counted from the oldest sample": [
        step(lambda win, h, x, w, d: win[..., torch.arange(w.shape[1]) * d]),
        step(lambda win, h, x, w, d: win[..., ::d][..., : w.shape[1]]),
        step(lambda win, h, x, w, d: torch.stack([win[..., k * d] for k in range(w.shape[1])], dim=-1)),
        of_the_past(lambda h, w, d: h[..., ::d][..., : w.shape[1] - 1]),
    ],
    "every d-th column from column 0": [
        step(lambda win, h, x, w, d: win[..., ::d]),
        of_the_past(lambda h, w, d: h[:, :, ::d]),
    ],
    "one sample too new": [
        step(lambda win, h, x, w, d: win[..., -(w.shape[1] - 1) * d :: d]),
        step(lambda win, h, x, w, d: win[..., win.shape[-1] - d * torch.arange(w.shape[1]).flip(0)]),
        step(lambda *case: columns(*case, extra=1)),
        pushed_then(lambda p, w, d: p[..., p.shape[-1] - (w.shape[1] - 1) * d :: d]),
        looped(both, shift=-1),
        lambda x, h, w, b, d: (
            b + sum(w[:, k] * both(h, x)[..., -(w.shape[1] - 1 - k) * d] for k in range(w.shape[1])),
            taken_in(h, x),
        ),
    ],
    "every d-th column, as many as there are": [
        step(lambda win, h, x, w, d: win[..., torch.arange(h.shape[-1] % d, h.shape[-1] + 1, d)]),
        step(lambda win, h, x, w, d: win.flip(-1)[..., ::d].flip(-1)),
    ],
    "a channel's kernel in place of a tap": [
        lambda x, h, w, b, d: (
            sum(w[k] * both(h, x)[..., -1 - (w.shape[1] - 1 - k) * d] for k in range(w.shape[1])) + b,
            taken_in(h, x),
        ),
    ],
    "as many taps as channels": [
        lambda x, h, w, b, d: (
            sum(w[:, k] * both(h, x)[..., -1 - (len(w) - 1 - k) * d] for k in range(len(w))) + b,
            taken_in(h, x),
        ),
    ],
    "the bias along another axis": [
        lambda x, h, w, b, d: ((columns(both(h, x), h, x, w, d) * w).sum(-1) + b.unsqueeze(-1), taken_in(h, x)),
    ],
    "a kernel without its middle axis": [
        lambda x, h, w, b, d: (F.conv1d(both(h, x), w, b, dilation=d, groups=len(b))[..., -1], taken_in(h, x)),
        lambda x, h, w, b, d: (F.conv1d(both(h, x), w[None], b, dilation=d, groups=len(b))[..., -1], taken_in(h, x)),
    ],
    "the stride in place of the dilation": [
        lambda x, h, w, b, d: (F.conv1d(both(h, x), w[:, None], b, stride=d, groups=len(b))[..., -1], taken_in(h, x)),
    ],
    "the sample pushed twice": [
        lambda x, h, *case: (taps_one_by_one(x, h, *case)[0], taken_in(taken_in(h, x), x)),
    ],
    "sample and history exchanged": [step(columns, lambda h, x: taken_in(x, h))],
    "a slice with a negative step": [step(lambda win, h, x, w, d: win[..., ::-d][..., : w.shape[1]])],
    "the bias added for every tap": [
        lambda x, h, w, b, d: step(columns)(x, h, w, b * w.shape[1], d),
    ],
    "every d-th column, the last W of them": [
        step(lambda win, h, x, w, d: win[..., ::d][..., -w.shape[1] :]),
        step(lambda win, h, x, w, d: win.unfold(-1, 1, d)[..., -w.shape[1] :, 0]),
    ],
    "a reach of W·dilation": [
        step(lambda win, h, x, w, d: win[..., -w.shape[1] * d :: d]),
        step(lambda win, h, x, w, d: win[..., win.shape[-1] - w.shape[1] * d :: d]),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - w.shape[-1] * d :: d]),
        step(lambda win, h, x, w, d: win[..., [win.shape[-1] - (w.shape[1] - k) * d for k in range(w.shape[1])]]),
        looped(both, shift=lambda d: d - 1),
        from_the_end,
        step(lambda win, h, x, w, d: win[..., [-(w.shape[1] - k) * d for k in range(w.shape[1])]]),
    ],
    "a tap's number taken for its lag": [numbered_by_lag],
    "cut at the lag, not at its distance from the end": [
        step(lambda win, h, x, w, d: win[..., (w.shape[1] - 1) * d :: d]),
        step(lambda win, h, x, w, d: win[..., (w.shape[-1] - 1) * d :][..., ::d]),
    ],
    "no column for the oldest tap": [
        step(lambda win, h, x, w, d: win[..., list(range(h.shape[-1], h.shape[-1] - (w.shape[1] - 1) * d, -d))[::-1]]),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - d * torch.arange(w.shape[1] - 2, -1, -1)]),
    ],
    "as many columns as the kernel says": [
        lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], both(h, x)[..., -(w.shape[1] - 1) * d - 1 :]),
        lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], both(h, x)[..., -w.shape[1] :]),
    ],
    "only what was read is kept": [
        lambda x, h, w, b, d: (
            taps_one_by_one(x, h, w, b, d)[0],
            columns(both(h, x), h, x, w, d)[..., 1:],
        ),
        lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], columns(both(h, x), h, x, w, d)),
    ],
    "no sample at the new end": [
        lambda x, h, *case: (taps_one_by_one(x, h, *case)[0], h.roll(-1, 2)),
        lambda x, h, *case: (taps_one_by_one(x, h, *case)[0], taken_in(h, torch.zeros_like(x))),
    ],
    "the older taps one sample too old": [now_beside, now_apart_and_guarded, now_apart_and_clamped],
    "three taps, whatever W is": [
        three_taps,
        step(lambda win, h, x, w, d: torch.stack([win[..., -1 - back * d] for back in (2, 1, 0)], dim=-1)),
    ],
    "the older taps reversed": [older_taps_reversed],
    "neighbours from the oldest on": [
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - (w.shape[1] - 1) * d :][..., : w.shape[1]]),
        step(lambda win, h, x, w, d: win[..., h.shape[-1] - (w.shape[1] - 1) * d :]),
    ],
    "column 0 left out": [
        step(lambda win, h, x, w, d: win[..., list(range(h.shape[-1], 0, -d))[: w.shape[1]][::-1]]),
    ],
    "added into the bias": [into_the_bias],
    "a sample that is no column yet": [
        lambda x, h, w, b, d: step(columns)(x, torch.cat([h, x], dim=-1), w, b, d),
        joined_with(lambda x: x.unsqueeze(1)),
        joined_with(lambda x: x[None]),
    ],
    "as many let go as the dilation says": [
        lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], both(h, x)[..., d:]),
    ],
    "pushed first, then read": [
        looped(taken_in),
        by_negative_indices,
        pushed_then(lambda p, w, d: p[..., [-1 - d * k for k in reversed(range(w.shape[1]))]]),
        pushed_then(lambda p, w, d: p[..., ::d]),
        pushed_then(lambda p, w, d: p[..., -1 - (w.shape[1] - 1) * d :: d]),
        pushed_then(lambda p, w, d: p[..., p.shape[-1] - 1 - (w.shape[1] - 1) * d :: d]),
        pushed_then(lambda p, w, d: p[..., [max(0, p.shape[-1] - 1 - d * k) for k in reversed(range(w.shape[1]))]]),
        pushed_then(lambda p, w, d: F.pad(p, (1, 0))[..., p.shape[-1] - (w.shape[1] - 1) * d :: d]),
        lambda x, h, w, b, d: (
            F.conv1d(taken_in(h, x), w[:, None], b, dilation=d, groups=len(b))[:, :, -1],
            taken_in(h, x),
        ),
    ],
    "a history cut to this branch": [cut_short, cut_from_the_end, cut_before],
    "a history moved the wrong way": [step(columns, lambda h, x: torch.cat([x[..., None], h[..., :-1]], dim=-1))],
    "the given history changed": [changed_in_place],
    "the bias left out": [step(columns, bias=False)],
    "the two results exchanged": [lambda *case: taps_one_by_one(*case)[::-1]],
    "SiLU too early": [lambda x, h, w, b, d: (F.silu(taps_one_by_one(x, h, w, b, d)[0]), taken_in(h, x))],
    "channels added up": [
        lambda x, h, w, b, d: (
            (taps_one_by_one(x, h, w, b, d)[0] - b).sum(1, keepdim=True) + b,
            taken_in(h, x),
        ),
        lambda x, h, w, b, d: (torch.einsum("bdw,dw->b", columns(both(h, x), h, x, w, d), w) + b, taken_in(h, x)),
        lambda x, h, w, b, d: ((columns(both(h, x), h, x, w, d) * w).sum() + b, taken_in(h, x)),
        lambda x, h, w, b, d: (
            torch.einsum("bdw,ew->be", columns(both(h, x), h, x, w, d), w) + b,
            taken_in(h, x),
        ),
    ],
    "added up over another axis than the taps": [
        lambda x, h, w, b, d: ((columns(both(h, x), h, x, w, d) * w).sum(1) + b, taken_in(h, x)),
        lambda x, h, w, b, d: ((columns(both(h, x), h, x, w, d) * w).sum(dim=0) + b, taken_in(h, x)),
    ],
    "a product of matrices": [
        lambda x, h, w, b, d: (columns(both(h, x), h, x, w, d) @ w.T + b, taken_in(h, x)),
        lambda x, h, w, b, d: (torch.matmul(columns(both(h, x), h, x, w, d), w.t()) + b, taken_in(h, x)),
    ],
    "one tap alone": [
        lambda x, h, w, b, d: (w[:, -1] * x + b, taken_in(h, x)),
        the_last_tap_only,
        the_first_tap_only,
    ],
    "the taps on another axis": [
        step(stacked, weight=weight, axis=axis)
        for weight, axis in ((lambda w: w, -1), (lambda w: w, 0), (lambda w: w.T, 0))
    ],
    "a tap left out": [
        lambda x, h, w, b, d: taps_one_by_one(x, h, w * (torch.arange(w.shape[1]) > 0), b, d),
        lambda x, h, w, b, d: taps_one_by_one(x, h, w * (torch.arange(w.shape[1]) < w.shape[1] - 1), b, d),
        without_the_newest,
    ],
    "products that are not added up": [
        lambda x, h, w, b, d: (columns(both(h, x), h, x, w, d) * w + b[:, None], taken_in(h, x)),
    ],
    "an output for every place of the kernel": [
        lambda x, h, w, b, d: (
            F.conv1d(both(h, x), w.unsqueeze(1), b, dilation=d, groups=x.shape[1]),
            taken_in(h, x),
        ),
        lambda x, h, w, b, d: (
            F.conv1d(both(h, x), w.unsqueeze(1), b, dilation=d, groups=x.shape[1]).squeeze(-1),
            taken_in(h, x),
        ),
    ],
    "minus zero": [
        step(lambda win, h, x, w, d: both(h[..., -(w.shape[1] - 1) * d :][..., ::d], x)),
        step(lambda win, h, x, w, d: torch.cat([h[..., -(w.shape[1] - 1) * d :: d], x[..., None]], dim=-1)),
        lambda x, h, w, b, d: (
            F.conv1d(both(h[..., -(w.shape[1] - 1) * d :], x), w[:, None], b, dilation=d, groups=len(b))[..., 0],
            taken_in(h, x),
        ),
        of_the_past(lambda h, w, d: h[..., -(w.shape[1] - 1) * d :: d]),
        lambda x, h, w, b, d: (
            F.conv1d(both(h[..., -(w.shape[1] - 1) * d :], x), w[:, None], b, dilation=d, groups=len(b)).squeeze(-1),
            taken_in(h, x),
        ),
    ],
    "padded as well": [
        lambda x, h, w, b, d: (
            F.conv1d(both(h, x), w.unsqueeze(1), b, padding=(w.shape[1] - 1) * d, dilation=d, groups=x.shape[1])[
                ..., -1
            ],
            taken_in(h, x),
        ),
    ],
    "a lag of 0 looked up in the history": [
        lambda x, h, w, b, d: (
            b + sum(w[:, k] * h[:, :, -(w.shape[1] - 1 - k) * d] for k in range(w.shape[1])),
            taken_in(h, x),
        ),
    ],
    "the output alone": [lambda *case: taps_one_by_one(*case)[0]],
    "a mean over the taps": [
        lambda x, h, w, b, d: ((taps_one_by_one(x, h, w, b, d)[0] - b) / w.shape[1] + b, taken_in(h, x)),
    ],
    "not as many groups as channels": [
        lambda x, h, w, b, d: (F.conv1d(both(h, x), w.unsqueeze(1), b, dilation=d)[:, :, -1], taken_in(h, x)),
        lambda x, h, w, b, d: (
            F.conv1d(both(h, x), w.unsqueeze(1), b, dilation=d, groups=len(x))[..., -1],
            taken_in(h, x),
        ),
    ],
    "two mistakes at once": [
        lambda x, h, w, b, d: step(columns, bias=False)(x, h, w.flip(-1), b, d),
        step(lambda win, h, x, w, d: win[..., ::d][..., : w.shape[1]], bias=False),
    ],
    UNNAMED: [
        lambda x, h, w, b, d: (x, taken_in(h, x)),
        lambda x, h, w, b, d: (taps_one_by_one(x, h, w[:1].expand_as(w), b, d)[0], taken_in(h, x)),
        lambda x, h, w, b, d: taps_one_by_one(x[:1], h[:1], w, b, d),
        lambda x, h, w, b, d: (causal_dilated_conv1d_fn(h, w, b, dilation=d), taken_in(h, x)),
        lambda x, h, w, b, d: [step(columns)(x, h, w, b, d)],
        lambda x, h, w, b, d: print(step(columns)(x, h, w, b, d)),
        lambda x, h, w, b, d: (246.0, taken_in(h, x)),
        step(columns, weight=lambda w: w.flip(0)),
    ],
}
answers("03.conv_step", STEP)


# 4: a chunk of any length


def sample_by_sample(x, history, weight, bias, dilation):
    y = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        y[..., t], history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
    return y, history


def shifted_sums(x, history, weight, bias, dilation):
    joined, W = torch.cat([history, x], dim=-1), weight.shape[1]
    L, S = x.shape[-1], history.shape[-1]
    y = bias[:, None].expand_as(x)
    for k in range(W):
        start = S - (W - 1 - k) * dilation
        y = y + weight[:, k, None] * joined[..., start : start + L]
    return y, joined[..., L:]


def by_the_package(x, history, weight, bias, dilation):
    lag = (weight.shape[1] - 1) * dilation
    before = history[..., history.shape[-1] - lag :]
    y = causal_dilated_conv1d_fn(x, weight, bias, dilation=dilation, initial_state=before)
    return y, torch.cat([history, x], dim=-1)[..., -history.shape[-1] :]


def all_then_the_last(x, history, weight, bias, dilation):
    if x.numel() == 0:
        return torch.zeros_like(x), history.clone()
    joined = torch.cat([history, x], dim=2)
    y = F.conv1d(joined, weight[:, None, :], bias, dilation=dilation, groups=x.shape[1])
    return y[..., -x.shape[-1] :], joined[:, :, -history.shape[2] :]


def unfolded(x, history, weight, bias, dilation):
    joined = torch.cat([history, x], dim=-1)
    if x.shape[-1] == 0:
        return x.clone(), history.clone()
    lag = (weight.shape[1] - 1) * dilation
    windows = joined[..., history.shape[-1] - lag :].unfold(-1, lag + 1, 1)[..., ::dilation]
    return torch.einsum("bdlw,dw->bdl", windows, weight) + bias[:, None], joined[..., x.shape[-1] :]


def unfolded_in_any_case(x, history, weight, bias, dilation):
    joined, lag = torch.cat([history, x], dim=-1), (weight.shape[1] - 1) * dilation
    windows = joined[..., history.shape[-1] - lag :].unfold(-1, lag + 1, 1)[..., ::dilation]
    return (windows * weight[:, None]).sum(-1) + bias[:, None], joined[..., x.shape[-1] :]


def all_unfolded_then_the_last(x, history, weight, bias, dilation):
    joined = torch.cat([history, x], dim=-1)
    windows = joined.unfold(-1, (weight.shape[1] - 1) * dilation + 1, 1)[..., ::dilation]
    y = torch.einsum("bdlw,dw->bdl", windows, weight) + bias[:, None]
    return y[..., y.shape[-1] - x.shape[-1] :], joined[..., x.shape[-1] :]


def chunk(
    following=lambda joined, x, h, y: joined[..., x.shape[-1] :],
    before=lambda h, lag: h[..., h.shape[-1] - lag :],
    outputs=lambda y, L: y,
    early=True,
    kernel=lambda w: w.unsqueeze(1),
    bias=lambda b: b,
    **changes,
):
    """A learner's chunk with something different in it."""

    def function(x, h, w, b, d):
        if early and x.shape[-1] == 0:
            return x, h
        read = torch.cat([before(h, (w.shape[1] - 1) * d), x], dim=-1)
        settings = {"dilation": d, "groups": w.shape[0]} | changes
        y = outputs(F.conv1d(read, kernel(w), bias(b), **settings), x.shape[-1])
        return y, following(torch.cat([h, x], dim=-1), x, h, y)

    return function


def stacked_steps(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = now_apart(x[:, :, t], history, weight, bias, dilation)
        outputs += [y]
    return torch.stack(outputs, -1), history


def counted_in_rows(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined, lag = torch.cat([history, x], dim=-1), (len(weight) - 1) * dilation
    row = joined[..., history.shape[-1] - lag :]
    return F.conv1d(row, weight[:, None], bias, dilation=dilation, groups=len(bias)), joined[..., x.shape[-1] :]


def the_last_step(x, history, weight, bias, dilation):
    y = x
    for t in range(x.shape[2]):
        y, history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
    return y, history


def lag_columns(following):
    """A row of the last `lag` columns and the chunk, from which the next history is cut."""

    def function(x, h, w, b, d):
        if x.shape[-1] == 0:
            return x, h
        row = torch.cat([h[..., -(w.shape[1] - 1) * d :], x], dim=-1)
        return F.conv1d(row, w[:, None], b, dilation=d, groups=len(w)), following(row, h, x.shape[-1])

    return function


def zeros_for_the_history(x, history, weight, bias, dilation):
    return shifted_sums(x, 0 * history, weight, bias, dilation)


def forgets_the_history(x, history, weight, bias, dilation):
    y = causal_dilated_conv1d_fn(x, weight, bias, dilation=dilation)
    return y, torch.cat([history, x], -1)[..., x.shape[-1] :]


def chunk_of_dilation_one(x, history, weight, bias, dilation):
    return shifted_sums(x, history, weight, bias, 1)


def history_of_zeros_and_chunk(x, history, weight, bias, dilation):
    S = history.shape[-1]
    return shifted_sums(x, history, weight, bias, dilation)[0], F.pad(x, (S, 0))[..., -S:]


def of_length(n):
    return lambda x, h, w, b, d: shifted_sums(x[..., :n], h, w, b, d)


def the_chunk_first(x, history, weight, bias, dilation):
    joined, lag = torch.cat([x, history], -1), (weight.shape[1] - 1) * dilation
    if x.shape[-1] == 0:
        return x, history
    row = joined[..., history.shape[-1] - lag :]
    return F.conv1d(row, weight[:, None], bias, dilation=dilation, groups=len(bias)), joined[..., x.shape[-1] :]


def the_chunk_before_all_of_it(x, history, weight, bias, dilation):
    joined = torch.cat([x, history], dim=2)
    y = F.conv1d(joined, weight.unsqueeze(1), bias, dilation=dilation, groups=x.shape[1])
    return y[..., : x.shape[2]], joined[:, :, -history.shape[2] :]


def some_steps(first, fewer):
    def function(x, history, weight, bias, dilation):
        outputs = []
        for t in range(first, x.shape[-1] - fewer):
            y, history = now_apart(x[:, :, t], history, weight, bias, dilation)
            outputs += [y]
        return torch.stack(outputs, -1), history

    return function


def filled_steps(first, fewer):
    def function(x, history, weight, bias, dilation):
        y = torch.zeros(x.shape)
        for t in range(first, x.shape[2] - fewer):
            y[:, :, t], history = by_the_index(x[:, :, t], history, weight, bias, dilation)
        return y, history

    return function


def returned_early(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = now_apart(x[:, :, t], history, weight, bias, dilation)
        outputs += [y]
        return torch.stack(outputs, -1), history


def filled_and_returned_early(x, history, weight, bias, dilation):
    y = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        y[..., t], history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
        return y, history
    return y, history


def a_bias_for_every_tap(x, history, weight, bias, dilation):
    joined, W, y = torch.cat([history, x], dim=-1), weight.shape[1], torch.zeros_like(x)
    for k in range(W):
        start = history.shape[-1] - (W - 1 - k) * dilation
        y = y + weight[:, k, None] * joined[..., start : start + x.shape[-1]] + bias[:, None]
    return y, joined[..., x.shape[-1] :]


def looped_from_one_history(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, moved = taps_one_by_one(x[..., t], history, weight, bias, dilation)
        outputs.append(y)
    return torch.stack(outputs, dim=-1), moved


def steps_of(axis):
    def function(x, history, weight, bias, dilation):
        outputs = []
        for t in range(x.shape[axis]):
            y, history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
            outputs.append(y)
        return torch.stack(outputs, -1), history

    return function


def outputs_pushed(x, history, weight, bias, dilation):
    y = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        y[..., t] = by_the_index(x[..., t], history, weight, bias, dilation)[0]
        history = taken_in(history, y[..., t])
    return y, history


def joined_steps(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
        outputs.append(y)
    return torch.cat(outputs, dim=-1), history


def one_distance_too_far(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined, far = torch.cat([history, x], dim=-1), weight.shape[-1] * dilation
    row = joined[..., history.shape[-1] - far :]
    return F.conv1d(row, weight[:, None], bias, dilation=dilation, groups=len(bias)), joined[..., x.shape[-1] :]


def cut_by_the_history(x, history, weight, bias, dilation):
    joined = torch.cat([history, x], dim=-1)
    y = F.conv1d(joined, weight.unsqueeze(1), bias, dilation=dilation, groups=weight.shape[0])
    return y[..., history.shape[-1] :], joined[..., x.shape[-1] :]


def cut_by_the_lag(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined, lag = torch.cat([history, x], dim=-1), (weight.shape[-1] - 1) * dilation
    y = F.conv1d(joined, weight.unsqueeze(1), bias, dilation=dilation, groups=weight.shape[0])
    return y[..., lag:], joined[..., -history.shape[-1] :]


def moved_first(as_it_is):
    """The history takes the chunk in before it is read; it is returned as it is, or with the chunk once more."""

    def function(x, history, weight, bias, dilation):
        history = torch.cat([history, x], dim=-1)[..., x.shape[-1] :]
        y, again = shifted_sums(x, history, weight, bias, dilation)
        return y, history if as_it_is else again

    return function


def pushed_twice(x, history, weight, bias, dilation):
    y = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        y[..., t], history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
        history = taken_in(history, x[..., t])
    return y, history


def pushed_first(kept):
    """Each sample is pushed before its step; the history that the step gives is kept, or is not."""

    def function(x, history, weight, bias, dilation):
        y = torch.zeros_like(x)
        for t in range(x.shape[-1]):
            history = taken_in(history, x[..., t])
            y[..., t], moved = by_the_index(x[..., t], history, weight, bias, dilation)
            history = moved if kept else history
        return y, history

    return function


def filled_along(place):
    def function(x, history, weight, bias, dilation):
        y = torch.zeros(x.shape)
        for t in range(x.shape[2]):
            y[place(t)], history = by_the_index(x[:, :, t], history, weight, bias, dilation)
        return y, history

    return function


def counted_from_the_chunk(x, history, weight, bias, dilation):
    joined, W = torch.cat([history, x], dim=-1), weight.shape[-1]
    y = bias[:, None].repeat(x.shape[0], 1, x.shape[-1])
    for t in range(x.shape[-1]):
        for k in range(W):
            y[..., t] += weight[:, k] * joined[..., t - (W - 1 - k) * dilation]
    return y, joined[..., x.shape[-1] :]


def steps_joined(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = taps_one_by_one(x[..., t], history, weight, bias, dilation)
        outputs.append(y.unsqueeze(-1))
    return torch.cat(outputs, dim=-1), history


def stacked_pairs(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        outputs.append(taps_one_by_one(x[..., t], history, weight, bias, dilation))
        history = taken_in(history, x[..., t])
    return torch.stack(outputs, dim=-1), history


def sliced_steps(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = taps_one_by_one(x[..., t : t + 1], history, weight, bias, dilation)
        outputs.append(y)
    return torch.cat(outputs, dim=-1), history


def joined_as_a_sample(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return F.conv1d(joined, weight[:, None], bias, dilation=dilation, groups=len(bias)), joined[..., x.shape[-1] :]


def joined_across(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined = torch.cat([history, x.transpose(1, 2)], dim=-1)
    y = F.conv1d(joined, weight[:, None], bias, dilation=dilation, groups=len(bias))
    return y[..., -x.shape[-1] :], joined[..., -history.shape[-1] :]


def over_sequences(x, history, weight, bias, dilation):
    outputs = []
    for sample in x:
        y, history = taps_one_by_one(sample, history, weight, bias, dilation)
        outputs.append(y)
    return torch.stack(outputs, dim=-1), history


def over_channels(x, history, weight, bias, dilation):
    outputs = []
    for t in range(x.shape[-1]):
        y, history = taps_one_by_one(x[:, t], history, weight, bias, dilation)
        outputs.append(y)
    return torch.stack(outputs, dim=-1), history


def cut_at_the_lag(x, history, weight, bias, dilation):
    joined, lag = torch.cat([history, x], -1), (weight.shape[1] - 1) * dilation
    if x.shape[-1] == 0:
        return x, history
    y = F.conv1d(joined[..., lag:], weight.unsqueeze(1), bias, dilation=dilation, groups=len(bias))
    return y, joined[..., x.shape[-1] :]


def one_history(x, history, weight, bias, dilation):
    outputs = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        outputs[..., t] = taps_one_by_one(x[..., t], history, weight, bias, dilation)[0]
    return outputs, torch.cat([history, x], -1)[..., x.shape[-1] :]


def of_the_row(first=0, fewer=0, shift=0):
    """Output by output from one row; the next history is right."""

    def function(x, history, weight, bias, dilation):
        row, S, W = torch.cat([history, x], dim=-1), history.shape[-1], weight.shape[1]
        y = torch.zeros_like(x)
        for t in range(first, x.shape[-1] - fewer):
            for k in range(W):
                y[..., t] += weight[:, k] * row[..., S + t - shift - (W - 1 - k) * dilation]
            y[..., t] += bias
        return y, row[..., x.shape[-1] :]

    return function


def empty_if(short):
    def function(x, history, *case):
        return (x, history) if short(x.shape[-1], history.shape[-1]) else shifted_sums(x, history, *case)

    return function


def changed_chunk_by_chunk(x, history, weight, bias, dilation):
    y, following = shifted_sums(x, history, weight, bias, dilation)
    return y, history.copy_(following)


def changed_sample_by_sample(x, history, weight, bias, dilation):
    y = torch.zeros_like(x)
    for t in range(x.shape[-1]):
        y[..., t], following = by_the_index(x[..., t], history, weight, bias, dilation)
        history[:] = following
    return y, history


def every_kernel_for_every_channel(x, history, weight, bias, dilation):
    if x.shape[-1] == 0:
        return x, history
    joined = torch.cat([history, x], dim=-1)
    y = F.conv1d(joined, weight.unsqueeze(1).expand(-1, x.shape[1], -1), bias, dilation=dilation)
    return y[..., -x.shape[-1] :], joined[..., x.shape[-1] :]


answers(
    "03.conv_chunk",
    {
        RIGHT: [sample_by_sample, shifted_sums, by_the_package, all_then_the_last, unfolded, chunk()],
        "a short chunk is not remembered": [
            chunk(lambda j, x, h, y: x[..., -h.shape[-1] :] if x.shape[-1] >= h.shape[-1] else h),
            chunk(lambda j, x, h, y: h if x.shape[-1] < h.shape[-1] else j[..., -h.shape[-1] :]),
        ],
        "a history that stands still": [
            chunk(lambda j, x, h, y: h),
            chunk(lambda j, x, h, y: j[..., : h.shape[-1]]),
            chunk(lambda j, x, h, y: j[..., : -x.shape[-1]]),
        ],
        "a history that moves by one sample": [
            chunk(lambda j, x, h, y: j[..., 1 : h.shape[-1] + 1]),
            chunk(lambda j, x, h, y: taken_in(h, x[..., -1])),
        ],
        "a history that grows": [
            chunk(lambda j, x, h, y: j),
            chunk(lambda j, x, h, y: j[..., 1:], early=False),
            chunk(lambda j, x, h, y: j[..., -h.shape[-1] - 1 :]),
            chunk(lambda j, x, h, y: j[..., x.shape[-1] - 1 :], early=False),
        ],
        "a long chunk that comes back whole": [
            lambda x, h, *case: (shifted_sums(x, h, *case)[0], torch.cat([h[..., x.shape[-1] :], x], dim=-1)),
            chunk(lambda j, x, h, y: torch.cat((h[:, :, x.shape[2] :], x), 2)),
            chunk(lambda j, x, h, y: torch.cat([h[..., -(h.shape[-1] - x.shape[-1]) :], x], dim=-1)),
        ],
        "the end of the chunk only": [
            chunk(lambda j, x, h, y: x[..., -h.shape[-1] :]),
            chunk(lambda j, x, h, y: j[..., -x.shape[-1] :]),
        ],
        "zeros before a short chunk": [history_of_zeros_and_chunk],
        "the last none of the history": [
            chunk(
                lambda j, x, h, y: (
                    x[..., -h.shape[-1] :]
                    if x.shape[-1] > h.shape[-1]
                    else torch.cat([h[..., -(h.shape[-1] - x.shape[-1]) :], x], dim=-1)
                ),
            ),
        ],
        "as many columns as the kernel says": [
            lambda x, h, w, b, d: chunk(lambda j, x, h, y: j[..., -((w.shape[1] - 1) * d + 1) :])(x, h, w, b, d),
            lambda x, h, w, b, d: chunk(lambda j, x, h, y: j[:, :, -w.shape[1] :])(x, h, w, b, d),
        ],
        "every tap one sample too old": [
            of_the_row(shift=1),
            chunk(before=lambda h, lag: F.pad(h, (1, 0))[..., h.shape[-1] - lag :], outputs=lambda y, L: y[..., :-1]),
            lambda x, h, w, b, d: (
                F.conv1d(torch.cat([h, x], dim=-1)[..., :-1], w[:, None], b, dilation=d, groups=len(b))[
                    ..., -x.shape[-1] :
                ]
                if x.numel()
                else x,
                torch.cat([h, x], dim=-1)[..., x.shape[-1] :],
            ),
        ],
        "a short chunk taken for an empty one": [
            empty_if(lambda L, S: L <= 1),
            empty_if(lambda L, S: L < S),
            empty_if(lambda L, S: L <= S),
            lambda x, h, w, b, d: empty_if(lambda L, S: (w.shape[1] - 1) * d > L)(x, h, w, b, d),
        ],
        "the given history changed": [changed_chunk_by_chunk, changed_sample_by_sample],
        "a history of outputs": [
            chunk(lambda j, x, h, y: torch.cat([h, y], -1)[..., y.shape[-1] :]),
            chunk(lambda j, x, h, y: y[..., -h.shape[-1] :]),
            outputs_pushed,
        ],
        "every chunk from zeros": [
            forgets_the_history,
            chunk(before=lambda h, lag: h.new_zeros(*h.shape[:2], lag)),
            lambda x, h, w, b, d: chunk(before=lambda h, lag: h[..., :0], padding=(w.shape[1] - 1) * d)(x, h, w, b, d),
        ],
        "zeros in place of the history": [zeros_for_the_history],
        "the chunk convolved alone": [
            chunk(before=lambda h, lag: h[..., :0]),
            lambda x, h, w, b, d: (
                (F.conv1d(x, w[:, None], b, dilation=d, groups=len(b)), torch.cat([h, x], -1)[..., x.shape[-1] :])
                if x.numel()
                else (x, h)
            ),
            chunk(before=lambda h, lag: h[..., :0], outputs=lambda y, L: y[..., -L:]),
        ],
        "outputs for samples of the history too": [chunk(before=lambda h, lag: h)],
        "the first outputs in place of the last": [chunk(before=lambda h, lag: h, outputs=lambda y, L: y[..., :L])],
        "a history that ends one sample early": [
            chunk(lambda j, x, h, y: F.pad(j, (1, 0))[..., -h.shape[-1] - 1 : -1]),
        ],
        "a history cut to this branch": [
            lag_columns(lambda row, h, L: row[..., L:]),
            lag_columns(lambda row, h, L: row[..., L - row.shape[-1] :]),
            lag_columns(lambda row, h, L: row[..., -h.shape[-1] :]),
        ],
        "the receptive field in place of the lag": [
            chunk(before=lambda h, lag: h[..., -(lag + 1) :]),
            chunk(before=lambda h, lag: h[..., h.shape[-1] - lag - 1 :]),
        ],
        "a row one column too short": [
            chunk(before=lambda h, lag: h[..., h.shape[-1] - lag + 1 :]),
            chunk(before=lambda h, lag: h[..., h.shape[-1] + 1 - lag :], outputs=lambda y, L: y[..., -L:]),
            chunk(before=lambda h, lag: h[..., 1 - lag :]),
        ],
        "as many taps as channels": [counted_in_rows],
        "the bias along the axis of time": [
            lambda x, h, w, b, d: chunk(bias=lambda b: None, outputs=lambda y, L: y + b)(x, h, w, b, d),
        ],
        "the last output alone": [the_last_step],
        "minus zero": [chunk(before=lambda h, lag: h[..., -lag:])],
        "the last none of them": [
            chunk(early=False, before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:]),
        ],
        "a silent chunk taken for an empty one": [
            lambda x, h, *case: chunk()(x, h, *case) if x.any() else (x, h),
            lambda x, h, *case: (x, h) if x.abs().sum() == 0 else all_then_the_last(x, h, *case),
        ],
        "outputs of an empty chunk in another form": [
            lambda x, h, *case, nothing=nothing: chunk()(x, h, *case) if x.numel() else (nothing(x, h), h)
            for nothing in (
                lambda x, h: None,
                lambda x, h: [],
                lambda x, h: torch.tensor([]),
                lambda x, h: x.sum(-1),
                lambda x, h: x.new_zeros(*x.shape[:2], 1),
                lambda x, h: h,
            )
        ],
        "an empty chunk not returned early": [
            chunk(early=False),
            lambda x, h, *case: chunk(early=False)(x, h, *case) if len(x) else (x, h),
            chunk(early=False, before=lambda h, lag: h, outputs=lambda y, L: y[..., y.shape[-1] - L :]),
            unfolded_in_any_case,
            all_unfolded_then_the_last,
            stacked_steps,
            steps_joined,
        ],
        "the dilation left out": [chunk_of_dilation_one, chunk(dilation=1)],
        "taps in reverse order": [chunk(kernel=lambda w: w.flip(-1).unsqueeze(1))],
        "not as many groups as channels": [
            chunk(groups=1),
            chunk(before=lambda h, lag: h, groups=1),
            chunk(before=lambda h, lag: h, outputs=lambda y, L: y[..., y.shape[-1] - L :], groups=1, early=False),
            lambda x, h, w, b, d: chunk(groups=x.shape[0], early=False)(x, h, w, b, d),
            every_kernel_for_every_channel,
        ],
        "a kernel without its middle axis": [
            chunk(kernel=lambda w: w),
            chunk(kernel=lambda w: w.unsqueeze(0), early=False),
            chunk(kernel=lambda w: w[None], before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:]),
            chunk(kernel=lambda w: w.unsqueeze(0), groups=1),
            chunk(kernel=lambda w: w.unsqueeze(-1)),
            chunk(kernel=lambda w: w[..., None], before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:]),
        ],
        "the bias left out": [chunk(bias=lambda b: None), chunk(bias=lambda b: 0 * b)],
        "outputs of the chunk cut off": [
            cut_by_the_history,
            cut_by_the_lag,
            lambda x, h, w, b, d: chunk(outputs=lambda y, L: y[..., (w.shape[1] - 1) * d :])(x, h, w, b, d),
        ],
        "pushed first, then read": [pushed_first(kept=False)],
        "each sample pushed twice": [pushed_twice, pushed_first(kept=True)],
        "column t taken for sample t": [counted_from_the_chunk],
        "the history moved first": [moved_first(True), moved_first(False)],
        "a pair in place of the output": [stacked_pairs],
        "an axis of time too many": [sliced_steps, taps_one_by_one, joined_as_a_sample],
        "another axis taken for time": [
            over_sequences,
            over_channels,
            joined_across,
            filled_along(lambda t: t),
            filled_along(lambda t: (slice(None), t)),
        ],
        "zeros before the history": [chunk(before=lambda h, lag: F.pad(h, (lag, 0)))],
        "the chunk before the history": [the_chunk_first, the_chunk_before_all_of_it],
        "an empty history after an empty chunk": [
            lambda x, h, w, b, d: shifted_sums(x, h, w, b, d) if x.shape[2] else (x, x),
        ],
        "padded as well": [
            lambda x, h, w, b, d: chunk(
                before=lambda h, lag: h, outputs=lambda y, L: y[..., :L], padding=(w.shape[1] - 1) * d
            )(x, h, w, b, d),
            lambda x, h, w, b, d: chunk(
                before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:], padding=(w.shape[1] - 1) * d
            )(x, h, w, b, d),
            chunk(before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:], padding="same"),
        ],
        "the oldest samples kept": [
            chunk(lambda j, x, h, y: torch.cat([h[..., : max(0, h.shape[2] - x.shape[2])], x[..., -h.shape[2] :]], 2)),
        ],
        "SiLU too early": [
            chunk(outputs=lambda y, L: F.silu(y)),
            lambda x, h, w, b, d: (F.silu(shifted_sums(x, h, w, b, d)[0]), torch.cat([h, x], -1)[..., x.shape[-1] :]),
        ],
        "a history lost in an empty chunk": [
            lambda x, h, w, b, d: shifted_sums(x, h, w, b, d) if x.shape[2] else (x, torch.zeros(h.shape)),
            lambda x, h, w, b, d: shifted_sums(x, h, w, b, d) if x.numel() else (x.clone(), h * 0),
        ],
        "cut at the lag, not at its distance from the end": [cut_at_the_lag],
        "the chunk step by step, with one history": [
            one_history,
            looped_from_one_history,
            lambda x, h, *case: (one_history(x, h, *case)[0], h),
        ],
        "a sample left out": [
            some_steps(1, 0),
            some_steps(0, 1),
            filled_steps(1, 0),
            filled_steps(0, 1),
            of_the_row(first=1),
            of_the_row(fewer=1),
            chunk(outputs=lambda y, L: y[..., : L - 1]),
        ],
        "one sample of the chunk alone": [returned_early, filled_and_returned_early, of_length(1)],
        "the bias added for every tap": [a_bias_for_every_tap],
        "steps joined along the channels": [joined_steps],
        "a reach of W·dilation": [
            one_distance_too_far,
            lambda x, h, w, b, d: chunk(before=lambda h, lag: h[..., h.shape[-1] - lag - d :])(x, h, w, b, d),
            lambda x, h, w, b, d: chunk(before=lambda h, lag: h[..., -w.shape[1] * d :])(x, h, w, b, d),
        ],
        "the oldest part of the history": [chunk(before=lambda h, lag: h[..., :lag])],
        "the stride in place of the dilation": [
            lambda x, h, w, b, d: chunk(dilation=1, stride=d)(x, h, w, b, d),
            lambda x, h, w, b, d: chunk(
                before=lambda h, lag: h, outputs=lambda y, L: y[..., -L:], dilation=1, stride=d
            )(x, h, w, b, d),
        ],
        "time on another axis": [
            lambda *case: ((y := stacked_steps(*case))[0].permute(2, 0, 1), y[1]),
            lambda *case: ((y := stacked_steps(*case))[0].transpose(1, 2), y[1]),
        ],
        "the length of another axis": [
            steps_of(0),
            steps_of(1),
            *(chunk(lambda j, x, h, y, axis=axis: j[..., x.shape[axis] :]) for axis in (0, 1)),
            lambda x, h, *case: chunk(
                lambda j, x, h, y: j[..., len(x) :],
                before=lambda h, lag: h,
                outputs=lambda y, L: y[..., -len(x) :],
            )(x, h, *case),
        ],
        "the outputs alone": [
            lambda *case: chunk(early=False)(*case)[0],
            lambda x, h, w, b, d: shifted_sums(x, h, w, b, d)[0] if x.numel() else x,
        ],
        UNNAMED: [
            lambda *case: shifted_sums(*case)[::-1],
            of_length(3),
            lambda x, h, w, b, d: (x, torch.cat([h, x], -1)[..., x.shape[-1] :]),
            lambda x, h, w, b, d: shifted_sums(x[:1], h[:1], w, b, d),
            lambda x, h, w, b, d: (shifted_sums(x, h, w, b, d)[0].detach() * 2, h),
            lambda x, h, w, b, d: print(shifted_sums(x, h, w, b, d)),
            lambda x, h, w, b, d: (shifted_sums(x, h.flip(-1), w, b, d)[0], torch.cat([h, x], -1)[..., x.shape[-1] :]),
        ],
    },
)


# 5: all branches from one history


def package_sum(x, history, weights, biases, gates, dilations):
    window = both(history, x)
    branches = [
        causal_dilated_conv1d_fn(window, w, b, "silu", d)[..., -1]
        for w, b, d in zip(weights, biases, dilations, strict=True)
    ]
    return torch.einsum("i,ibd->bd", gates.softmax(0), torch.stack(branches)), window[..., 1:]


def gated(
    part=F.silu, shares=lambda g: torch.softmax(g, dim=0), following=taken_in, before=lambda h, x: h, inside=False
):
    """A learner's loop over branches with something different in it."""

    def function(x, history, weights, biases, gates, dilations):
        y, read = torch.zeros(x.shape), before(history, x)
        for i in range(len(weights)):
            out = taps_one_by_one(x, read, weights[i], biases[i], dilations[i])[0]
            y += part(shares(gates)[i] * out) if inside else shares(gates)[i] * part(out)
        return y, following(history, x)

    return function


def handed_on(x, history, weights, biases, gates, dilations, again=False):
    y = 0
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        out, history = taps_one_by_one(x, history, w, b, d)
        y = y + s * F.silu(out)
    return y, taken_in(history, x) if again else history


def handed_among_branches(x, history, weights, biases, gates, dilations):
    return handed_on(x, history, weights, biases, gates, dilations)[0], taken_in(history, x)


def by_oldest_columns(x, history, weights, biases, gates, dilations):
    y = 0
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y = y + s * F.silu(taps_one_by_one(x, history[..., : (w.shape[1] - 1) * d], w, b, d)[0])
    return y, taken_in(history, x)


def by_columns(read):
    """A sum over branches that each read their columns of one window."""

    def function(x, history, weights, biases, gates, dilations):
        window, y = both(history, x), 0
        for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
            y = y + s * F.silu((read(window, w, d) * w).sum(-1) + b)
        return y, window[..., 1:]

    return function


def overwritten(x, history, weights, biases, gates, dilations):
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        out, moved = taps_one_by_one(x, history, w, b, d)
        y = s * F.silu(out)
    return y, moved


def behind_each_other(x, history, weights, biases, gates, dilations):
    y = x
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y = F.silu(taps_one_by_one(y, history, w, b, d)[0]) * s
    return y, taken_in(history, x)


def handed_along(x, history, weights, biases, gates, dilations):
    y, read = 0, x
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        read = F.silu(taps_one_by_one(read, history, w, b, d)[0])
        y = y + s * read
    return y, taken_in(history, x)


def bent_so_far(x, history, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        y = F.silu(y + s * by_the_index(x, history, w, b, d)[0])
    return y, taken_in(history, x)


def each_branch(x, history, weights, biases, gates, dilations):
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        yield s * F.silu(taps_one_by_one(x, history, w, b, d)[0])


def each_from_its_end(x, history, weights, biases, gates, dilations):
    y = 0
    for s, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        out, moved = taps_one_by_one(x, history[..., -(w.shape[1] - 1) * d :], w, b, d)
        y = y + s * F.silu(out)
    return y, moved


def pushed_before_each(x, history, weights, biases, gates, dilations):
    y = torch.zeros_like(x)
    for i, share in enumerate(torch.softmax(gates, dim=0)):
        history = taken_in(history, x)
        y += share * F.silu(by_the_index(x, history, weights[i], biases[i], dilations[i])[0])
    return y, history


def begun_with(start, in_place=False):
    """The sum over branches does not begin with zeros."""

    def function(x, history, weights, biases, gates, dilations):
        y = start(x)
        for share, *branch in zip(gates.softmax(0), weights, biases, dilations, strict=True):
            out = share * F.silu(taps_one_by_one(x, history, *branch)[0])
            if in_place:
                y += out
            else:
                y = y + out
        return y, taken_in(history, x)

    return function


def moved_in_place(x, history, *case):
    y, following = gated()(x, history, *case)
    history[:] = following
    return y, history


def plain(v):
    return v


answers(
    "03.gated_conv_step",
    {
        RIGHT: [
            package_sum,
            gated(),
            lambda x, h, ws, bs, gates, ds: (
                sum(
                    s * F.silu(by_the_index(x, h, w, b, d)[0])
                    for s, w, b, d in zip(gates.softmax(-1), ws, bs, ds, strict=True)
                ),
                taken_in(h, x),
            ),
            gated(part=lambda v: v * torch.sigmoid(v), following=filled_in),
            gated(shares=lambda g: torch.exp(g - g.max()) / torch.exp(g - g.max()).sum(), following=rolled),
        ],
        "pushed first, then read": [
            gated(before=taken_in),
            lambda x, h, *case: gated()(x, taken_in(h, x), *case),
            pushed_before_each,
        ],
        "the history moved once a branch": [
            handed_on,
            handed_among_branches,
            lambda *case: handed_on(*case, again=True),
        ],
        "the sample pushed twice": [gated(following=lambda h, x: taken_in(taken_in(h, x), x))],
        "the oldest part of the shared history": [by_oldest_columns],
        "counted from the oldest sample": [
            by_columns(lambda window, w, d: window[..., [k * d for k in range(w.shape[1])]]),
            by_columns(lambda window, w, d: window[..., ::d][..., : w.shape[1]]),
            by_columns(lambda window, w, d: window[..., ::d]),
        ],
        "SiLU after the sum": [
            lambda *case: (F.silu(gated(part=plain)(*case)[0]), taken_in(case[1], case[0])),
            bent_so_far,
        ],
        "SiLU on the shares": [gated(part=plain, shares=lambda g: F.silu(g.softmax(0)))],
        "SiLU on the gates": [gated(part=plain, shares=lambda g: F.softmax(F.silu(g), 0))],
        "SiLU left out": [gated(part=plain)],
        "SiLU made, not applied": [gated(part=torch.nn.SiLU)],
        "SiLU on what comes in": [lambda x, h, *case: (gated(part=plain)(F.silu(x), h, *case)[0], taken_in(h, x))],
        "biases outside of SiLU": [
            lambda x, h, ws, bs, gates, ds: (
                gated()(x, h, ws, [0 * b for b in bs], gates, ds)[0] + gates.softmax(0) @ torch.stack(bs),
                taken_in(h, x),
            ),
        ],
        "softmax twice": [gated(shares=lambda g: g.softmax(0).softmax(0))],
        "a branch left out": [
            gated(shares=lambda g: g.softmax(0) * (torch.arange(len(g)) > 0)),
            gated(shares=lambda g: g.softmax(0) * (torch.arange(len(g)) < len(g) - 1)),
            lambda x, h, *case: (sum([*each_branch(x, h, *case)][:-1]), taken_in(h, x)),
        ],
        "the taps reversed": [
            lambda x, h, ws, bs, gates, ds: gated()(x, h, [w.flip(-1) for w in ws], bs, gates, ds),
        ],
        "a history cut to what the branches need": [
            lambda x, h, ws, bs, gates, ds: (
                gated()(x, h, ws, bs, gates, ds)[0],
                taken_in(h, x)[..., h.shape[-1] - max((ws[0].shape[1] - 1) * d for d in ds) :],
            ),
            each_from_its_end,
        ],
        "a history for each branch": [
            lambda *case: (gated()(*case)[0], [taken_in(case[1], case[0]) for _ in case[2]]),
            lambda *case: (gated()(*case)[0], taken_in(case[1], case[0]).expand(len(case[2]), *case[1].shape)),
        ],
        "a pair in place of the output": [
            lambda x, h, ws, bs, gates, ds: (
                sum(
                    s * F.silu(taps_one_by_one(x, h, w, b, d))
                    for s, w, b, d in zip(gates.softmax(0), ws, bs, ds, strict=True)
                ),
                taken_in(h, x),
            ),
            lambda x, h, ws, bs, gates, ds: (
                sum(s * taps_one_by_one(x, h, *case) for s, *case in zip(gates.softmax(0), ws, bs, ds, strict=True)),
                taken_in(h, x),
            ),
        ],
        "shares along another axis": [
            lambda x, h, ws, bs, gates, ds, together=together: (
                together(torch.stack([*each_branch(x, h, ws, bs, 0 * gates, ds)]) * len(ws), gates.softmax(0)),
                taken_in(h, x),
            )
            for together in (
                lambda branches, shares: (branches * shares).sum(0),
                lambda branches, shares: (shares.unsqueeze(-1) * branches).sum(dim=0),
                lambda branches, shares: torch.matmul(shares, branches),
                lambda branches, shares: torch.einsum("n,bdn->bd", shares, branches),
            )
        ],
        "added up over another axis than the branches": [
            lambda *case, axis=axis, summed=summed: (
                torch.stack([*each_branch(*case)], axis).sum(summed),
                taken_in(case[1], case[0]),
            )
            for axis, summed in ((0, 1), (0, 2), (2, 0), (-1, 1))
        ],
        "SiLU once more": [lambda *case: (F.silu(gated()(*case)[0]), taken_in(case[1], case[0]))],
        "a mean of what has its shares already": [
            lambda *case: (gated()(*case)[0] / len(case[2]), taken_in(case[1], case[0])),
        ],
        "branches that are not added": [
            lambda *case: (torch.cat([*each_branch(*case)], -1), taken_in(case[1], case[0])),
            lambda *case: (torch.stack([*each_branch(*case)]).prod(0), taken_in(case[1], case[0])),
            lambda *case: (torch.stack([*each_branch(*case)]), taken_in(case[1], case[0])),
            lambda *case: (list(each_branch(*case)), taken_in(case[1], case[0])),
        ],
        "a history that grows": [gated(following=both)],
        "the share inside SiLU": [gated(inside=True)],
        "gates without softmax": [gated(shares=plain)],
        "another function than softmax": [
            gated(shares=torch.sigmoid),
            gated(shares=torch.exp),
            gated(shares=lambda g: g / g.sum()),
            gated(shares=F.silu),
            gated(shares=lambda g: torch.softmax(-g, 0)),
            gated(shares=lambda g: g / g.numel()),
            gated(shares=lambda g: g.sigmoid() / g.sigmoid().sum()),
        ],
        "gates left out": [gated(shares=torch.ones_like), gated(shares=lambda g: torch.ones_like(g) / len(g))],
        "only one branch": [overwritten],
        "one share for all branches": [
            gated(shares=lambda g: g.softmax(0)[0].expand_as(g)),
            gated(shares=lambda g: g.softmax(0)[-1].expand_as(g)),
        ],
        "a history that stands still": [gated(following=lambda h, x: h)],
        "the sum begun with the sample": [begun_with(lambda x: x), begun_with(lambda x: x, in_place=True)],
        "the given history changed": [moved_in_place],
        "two mistakes at once": [
            gated(part=plain, shares=plain),
            lambda x, h, *case: (F.silu(gated(part=plain, shares=plain)(x, h, *case)[0]), taken_in(h, x)),
        ],
        "sample and history exchanged": [
            gated(following=lambda h, x: taken_in(x, h)),
            lambda x, h, *case: gated()(h, x, *case),
        ],
        "one dilation for all branches": [
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates, (1,) * len(ds)),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates, [ds[0]] * len(ds)),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates, [ds[-1]] * len(ds)),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates, [max(ds)] * len(ds)),
        ],
        "one kernel or one bias for all branches": [
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws[:1] * len(ws), bs, gates, ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs[:1] * len(bs), gates, ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws[:1] * len(ws), bs[:1] * len(bs), gates, ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws[-1:] * len(ws), bs, gates, ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs[-1:] * len(bs), gates, ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws[-1:] * len(ws), bs[-1:] * len(bs), gates, ds),
        ],
        "lists in different orders": [
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates.flip(0), ds),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, bs, gates, ds[::-1]),
            lambda x, h, ws, bs, gates, ds: gated()(x, h, [*reversed(ws)], bs, gates, ds),
        ],
        "the biases left out": [
            lambda x, h, ws, bs, gates, ds: gated()(x, h, ws, [torch.zeros_like(b) for b in bs], gates, ds),
        ],
        "another function than SiLU": [
            gated(part=F.relu),
            gated(part=torch.sigmoid),
            gated(part=F.softplus),
            gated(part=lambda v: v / (1 + torch.exp(v))),
            lambda x, *case: gated(part=lambda v: x * v.sigmoid())(x, *case),
            lambda x, *case: gated(part=lambda v: v * x.sigmoid())(x, *case),
            lambda x, *case: gated(part=lambda v: v * F.silu(x))(x, *case),
        ],
        "one branch behind the other": [behind_each_other, handed_along],
        UNNAMED: [
            lambda *case: gated()(*case)[0],
            lambda *case: gated()(*case)[::-1],
            lambda x, h, ws, bs, gates, ds: (torch.zeros_like(x), taken_in(h, x)),
            lambda x, h, ws, bs, gates, ds: taps_one_by_one(x, h, ws, bs, ds),
        ],
    },
)


# The bug hunt


def hunted(read_dilated, read_one=lambda window, newest, taps, d: window[..., -taps:], weight=lambda w, d: w):
    """The suspect, mended or not."""

    def function(x, history, w, b, d):
        window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
        taps, newest = w.shape[-1], window.shape[-1] - 1
        read = (read_one if d == 1 else read_dilated)(window, newest, taps, d)
        return (read * weight(w, d)).sum(dim=-1) + b, window[..., 1:]

    return function


def backwards(window, newest, taps, d):
    return window[..., newest - d * torch.arange(taps)]


def with_another_next(read, following):
    """The suspect, mended or not, with another next history."""

    def function(x, history, w, b, d):
        return hunted(read)(x, history, w, b, d)[0], following(both(history, x), w.shape[-1], d)

    return function


def turned(x, history, w, b, d):
    window, taps = both(history, x).flip(-1), w.shape[-1]
    read = window[..., -taps:] if d == 1 else window[..., window.shape[-1] - 1 - d * torch.arange(taps)]
    return (read * w).sum(-1) + b, window[..., 1:]


def in_front(of_the_next, dilated=backwards):
    """The window begins with the present sample; the next history is cut out of it, or is as it should be."""

    def function(x, history, w, b, d):
        window = torch.cat([x[..., None], history], dim=-1)
        read = window[..., -w.shape[1] :] if d == 1 else dilated(window, history.shape[-1], w.shape[1], d)
        return (read * w).sum(-1) + b, window[..., 1:] if of_the_next else window[..., :-1]

    return function


def turned_in_its_path(x, history, w, b, d):
    window, taps = both(history, x), w.shape[-1]
    if d == 1:
        return (window[..., -taps:] * w).sum(-1) + b, window[..., 1:]
    window = torch.flip(window, [-1])
    return (backwards(window, window.shape[-1] - 1, taps, d) * w).sum(-1) + b, window[..., 1:]


def turned_for_reading(x, history, w, b, d):
    window, taps = both(history, x), w.shape[-1]
    if d == 1:
        read = window[..., -taps:]
    else:
        window = window.flip(-1)
        read = window[..., d * torch.arange(taps)].flip(-1)
    return (read * w).sum(-1) + b, window[..., 1:]


answers(
    "03.mended_step",
    {
        RIGHT: [
            *STEP[RIGHT],
            hunted(lambda win, newest, taps, d: backwards(win, newest, taps, d).flip(-1)),
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps - 1, -1, -1)]),
            hunted(backwards, weight=lambda w, d: w if d == 1 else w.flip(-1)),
            hunted(lambda win, newest, taps, d: win[..., newest - d * (taps - 1) :: d]),
        ],
        "the bug, still in": [hunted(backwards)],
        "the bug moved to dilation 1": [hunted(backwards, weight=lambda w, d: w.flip(-1))],
        "the bug in both paths": [
            hunted(backwards, backwards),
            hunted(backwards, weight=lambda w, d: w.flip(1) if d == 1 else w),
        ],
        "the channels turned around": [
            hunted(backwards, weight=lambda w, d: w if d == 1 else w.flip(0)),
            hunted(backwards, weight=lambda w, d: w.flip(0)),
            hunted(lambda *case: backwards(*case).flip(1)),
        ],
        "turned along other axes too": [
            hunted(lambda *case: backwards(*case).flip((0, 1, 2))),
            hunted(lambda *case: torch.flip(backwards(*case), dims=(1, 2))),
            hunted(lambda *case: backwards(*case).flip(0, -1)),
            hunted(backwards, weight=lambda w, d: w if d == 1 else w.flip((0, 1))),
            hunted(backwards, weight=lambda w, d: torch.flip(w, (0, 1))),
        ],
        "the next history changed": [
            with_another_next(read, following)
            for read in (backwards, lambda *case: backwards(*case).flip(-1))
            for following in (
                lambda window, taps, d: window[..., :-1],
                lambda window, taps, d: window,
                lambda window, taps, d: window[..., d:],
                lambda window, taps, d: window[..., 1::d],
                lambda window, taps, d: window[..., -(taps - 1) * d :],
            )
        ]
        + [
            with_another_next(backwards, lambda window, taps, d: window[..., 1:].flip(-1)),
            lambda x, h, w, b, d: (hunted(backwards)(x, h, w, b, d)[0], h),
        ],
        "the sequences turned around": [hunted(lambda *case: backwards(*case).flip(0))],
        "a slice with a negative step": [
            hunted(lambda *case: backwards(*case)[..., ::-1]),
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps)[::-1]]),
            hunted(lambda win, newest, taps, d: win[..., newest::-d]),
            step(lambda win, h, x, w, d: win[..., h.shape[-1] :: -d]),
        ],
        "one distance too far back": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * (taps - torch.arange(taps))]),
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps, 0, -1)]),
            step(lambda win, h, x, w, d: win[..., h.shape[-1] - d * torch.arange(w.shape[1], 0, -1)]),
        ],
        "the dilation left out": [
            hunted(lambda win, newest, taps, d: win[..., -taps:]),
            hunted(lambda win, newest, taps, d: win[..., newest - torch.arange(taps).flip(0)]),  # in a path of its own
        ],
        "a reach of W·dilation": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * taps :: d]),
            hunted(lambda win, newest, taps, d: win[..., -taps * d :: d]),
            step(lambda win, h, x, w, d: win[..., -w.shape[1] * d :: d]),
        ],
        "every d-th column, as many as there are": [
            hunted(lambda win, newest, taps, d: win[..., torch.arange(newest % d, newest + 1, d)]),
            step(lambda win, h, x, w, d: win[..., h.shape[-1] % d :: d]),
        ],
        "counted from the oldest sample": [
            hunted(lambda win, newest, taps, d: win[..., d * torch.arange(taps)]),
            hunted(lambda win, newest, taps, d: win[..., ::d]),
            step(lambda win, h, x, w, d: win[..., d * torch.arange(w.shape[-1])]),
        ],
        "beside the present sample": [
            hunted(lambda win, newest, taps, d: win[..., newest - 1 - d * torch.arange(taps).flip(0)]),
            hunted(lambda win, newest, taps, d: win[..., newest + 1 - d * torch.arange(1, taps + 1).flip(0)]),
            hunted(lambda win, newest, taps, d: win[..., newest + 1 - d * torch.arange(taps, 0, -1)]),
        ],
        "other columns in the same order": [
            hunted(lambda win, newest, taps, d: backwards(win, newest - 1, taps, d)),
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(1, taps + 1)]),
            hunted(lambda win, newest, taps, d: win[..., newest - torch.arange(taps)]),
            hunted(lambda win, newest, taps, d: win[..., -d * torch.arange(taps)]),
        ],
        "the history turned around too": [
            lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], both(h, x).flip(2)[..., 1:]),
            turned_for_reading,
            lambda x, h, w, b, d: (taps_one_by_one(x, h, w, b, d)[0], both(h, x).flip(2)[..., :-1]),
        ],
        "the present sample in front": [
            in_front(True),
            in_front(False),
            in_front(True, lambda *case: backwards(*case).flip(-1)),
        ],
        "the whole window turned around": [turned, turned_in_its_path],
        "one sample too new": [
            hunted(lambda win, newest, taps, d: win[..., newest + 1 - d * (taps - 1) :: d]),
            hunted(lambda win, newest, taps, d: win[..., d * torch.arange(1 - taps, 1)]),
        ],
        "every d-th column, the last W of them": [
            hunted(lambda win, newest, taps, d: win[..., ::d][..., -taps:]),
        ],
        "another number of columns than of taps": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps, -1, -1)]),
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps - 1, 0, -1)]),
        ],
        "counting down with a step up": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.arange(taps - 1, -1)]),
        ],
        "neighbours from the oldest on": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * (taps - 1) :][..., :taps]),
            hunted(lambda win, newest, taps, d: win[..., newest - d * (taps - 1) :]),
        ],
        "a column that is not there": [
            hunted(lambda win, newest, taps, d: win[..., newest + 1 - d * torch.arange(taps)]),
            hunted(lambda win, newest, taps, d: win[..., newest + d * torch.arange(taps)]),
            step(lambda win, h, x, w, d: win[..., h.shape[-1] + d * torch.arange(w.shape[1])]),
        ],
        "column 0 left out": [
            hunted(lambda win, newest, taps, d: win[..., list(range(newest, 0, -d))[:taps][::-1]]),
        ],
        "three taps, whatever W is": [
            hunted(lambda win, newest, taps, d: win[..., newest - d * torch.tensor([2, 1, 0])]),
        ],
        UNNAMED: [
            hunted(
                lambda win, newest, taps, d: backwards(win, newest, taps, d)[..., [-1, *range(1, taps - 1), 0][-taps:]]
            ),
            lambda *case: hunted(backwards)(*case)[0],
        ],
    },
)


test_an_answer_gets_its_verdict = judged(ANSWERS)
