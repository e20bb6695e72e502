"""Answers to the exercises of notebook 15 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import functools
import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba.course.chapters.ch15_one_sequence_several_processes.exercises import halo

# Exercise 1: summary (delta, A, x)


def by_weights(delta, A, x, weights=lambda d: d.sum() - d.cumsum(0), total=lambda d, A: d.sum()):
    """A learner's sum of weighted drives, with one thing changed."""
    return total(delta, A), (torch.exp(weights(delta)[:, None] * A) * x).sum(0)


def weighed(weights):
    return lambda delta, A, x: by_weights(delta, A, x, weights)


def totalled(total):
    return lambda delta, A, x: by_weights(delta, A, x, total=total)


def by_products(delta, A, x):
    """The decays multiplied one by one."""
    h, left = 0 * A, torch.ones_like(A)
    for t in range(len(delta)):
        decay = torch.exp(A * delta[t])
        left = left * decay
        h = h * decay + x[t]
    return torch.log(left)[0] / A[0], h


def by_pairs(delta, A, x):
    """A tree: neighbours are joined until one pair is left."""
    pairs = [(d, drive) for d, drive in zip(delta, x, strict=True)]
    while len(pairs) > 1:
        joined = [
            (p[0] + q[0], torch.exp(q[0] * A) * p[1] + q[1]) for p, q in zip(pairs[::2], pairs[1::2], strict=False)
        ]
        pairs = joined + pairs[len(pairs) // 2 * 2 :]
    return pairs[0]


def returned_early(turn):
    """A loop over the steps that returns in its first turn, or goes on from the first drive and does so."""
    return lambda delta, A, x: (delta.sum(), all_states(delta, A, x)[turn])


def all_states(delta, A, x):
    decays = torch.exp(delta[:, None] * A)
    states = [x[0]]
    for t in range(1, len(x)):
        states.append(decays[t] * states[-1] + x[t])
    return torch.stack(states)


SUMMARY = [
    ("weights", by_weights, "right"),
    ("the log of a product, which is 0 in a long part", by_products, None),
    ("two running sums", lambda d, A, x: (
        d.sum(), (x * (-d.cumsum(0)[:, None] * A).exp()).sum(0) * (d.sum() * A).exp()),
     "not a number behind a long step"),
    ("what is small left out", lambda d, A, x: (d.sum(), (x * F.threshold(
        torch.exp((d.sum() - d.cumsum(0))[:, None] * A), 0.01, 0.0)).sum(0)), None),
    ("what is smaller still left out", lambda d, A, x: (d.sum(), (x * F.threshold(
        torch.exp((d.sum() - d.cumsum(0))[:, None] * A), 1e-3, 0.0)).sum(0)), None),
    ("the last eight drives", lambda d, A, x: (d.sum(), all_states(d[-8:], A, x[-8:])[-1]), None),
    ("all drives by the whole part", lambda d, A, x: (sum(d), sum(x * (sum(d) * A).exp())), "drives that fade alike"),
    ("kept, and the rest added", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: h + (d[t] * A).exp() * h + x[t], range(len(d)), 0 * A)), "a state that is kept and fades besides"),
    ("a running sum in the loop", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: (d[: t + 1].sum() * A).exp() * h + x[t], range(len(d)), 0 * A)),
     "a sum that fades again at each step"),
    ("up to the last", totalled(lambda d, A: d[:-1].sum()), "a total without one of its steps"),
    ("the first Δ for all", lambda d, A, x: (d.sum(), by_pairs(d[0].expand(len(d)), A, x)[1]), "steps taken as equal"),
    ("the last Δ for all", lambda d, A, x: (d.sum(), by_pairs(d[-1].expand(len(d)), A, x)[1]), "steps taken as equal"),
    ("a tree of pairs", by_pairs, "right"),
    ("a list of two", lambda *case: list(by_weights(*case)), "right"),
    ("in float64", lambda d, A, x: tuple(v.float() for v in by_weights(d.double(), A.double(), x.double())), "right"),
    ("a plain number", lambda *case: (float(by_weights(*case)[0]), by_weights(*case)[1]), "right"),
    ("numpy", lambda d, A, x: (torch.tensor(np.sum(d.numpy())), all_states(d, A, x)[-1]), "right"),
    ("a decay", totalled(lambda d, A: torch.exp(A * d.sum())), "A in the sum of steps"),
    ("a product of decays", totalled(lambda d, A: torch.exp(A * d[:, None]).prod(0)),
     "A in the sum of steps"),
    ("an exponent", totalled(lambda d, A: (d[:, None] * A).sum(0)), "A in the sum of steps"),
    ("multiplied steps", totalled(lambda d, A: d.prod()), "a product of step sizes"),
    ("counted steps", totalled(lambda d, A: float(len(d))), "steps that are counted"),
    ("an average step", totalled(lambda d, A: d.mean()), "the mean of the steps"),
    ("added drives", lambda d, A, x: (d.sum(), x.sum(0)), "drives that do not fade"),
    ("faded by their own step", weighed(lambda d: d.flip(0).cumsum(0).flip(0)), "a drive that fades in its own step"),
    ("faded from the beginning", weighed(lambda d: d.cumsum(0)), "drives that fade the longer the later they come"),
    ("faded from the beginning, without their own", weighed(lambda d: d.cumsum(0) - d),
     "drives that fade the longer the later they come"),
    ("every state", lambda d, A, x: (d.sum(), all_states(d, A, x)), "all states"),
    ("the last drive", lambda d, A, x: (d.sum(), x[-1]), "the last drive alone"),
    ("exchanged", lambda *case: by_weights(*case)[::-1], "the two results exchanged"),
    ("a second minus", lambda d, A, x: (d.sum(), (torch.exp((d.cumsum(0) - d.sum())[:, None] * A) * x).sum(0)),
     "an end that grows"),
    ("divided by the decay", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: x[t] + h / torch.exp(d[t] * A), range(len(d)), 0 * A)), "an end that grows"),
    ("no exp", lambda d, A, x: (d.sum(), functools.reduce(lambda h, t: d[t] * A * h + x[t], range(len(d)), 0 * A)),
     "an exponent taken for a decay"),
    ("no exp, weighed", lambda d, A, x: (d.sum(), (torch.outer(d.sum() - d.cumsum(0), A) * x).sum(0)),
     "an exponent taken for a decay"),
    ("the drives fade", lambda d, A, x: (d.sum(), (x * torch.exp(torch.outer(d, A))).sum(0)),
     "drives that fade in the place of the state"),
    ("equal steps", lambda d, A, x: by_weights(d.mean().expand(len(d)), A, x), "steps taken as equal"),
    ("Δ x", lambda d, A, x: by_weights(d, A, torch.einsum("l,ln->ln", d, x)), "Δ in the drive once more"),
    ("the first drive as a start", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: torch.exp(d[t] * A) * h + x[t], range(len(d)), x[0])), "a first drive that comes in twice"),
    ("one step too few", lambda d, A, x: (d.sum(), all_states(d, A, x)[-2]), "the last step left out"),
    ("a total of shape (1,)", totalled(lambda d, A: d.sum(0, keepdim=True)), None),
    ("the end alone", lambda *case: by_weights(*case)[1], None),
    ("no A", lambda d, A, x: (d.sum(), (torch.exp(-(d.sum() - d.cumsum(0)))[:, None] * x).sum(0)), None),
    ("no return", lambda *case: None, None),
    ("a crash", lambda d, A, x: (d.sum(), torch.exp(d * A) @ x), None),
    ("every sum", lambda d, A, x: (torch.cumsum(d, 0), by_pairs(d, A, x)[1]), "all sums on the way"),
    ("a mean", lambda d, A, x: (sum(d) / len(d), by_pairs(d, A, x)[1]), "the mean of the steps"),
    ("from the second on", lambda d, A, x: (sum(d[1:]), by_pairs(d, A, x)[1]), "a total without one of its steps"),
    ("Euler", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: h + d[t] * A * h + x[t], range(len(d)), 0 * A)), "Euler's decay"),
    ("a count", totalled(lambda d, A: len(d)), "steps that are counted"),
    ("a count in a tensor", totalled(lambda d, A: torch.tensor(len(d))), "steps that are counted"),
    ("no step size", lambda d, A, x: (d.sum(), by_pairs(torch.ones_like(d), A, x)[1]), "a decay without Δ"),
    ("the last drive taken off", lambda d, A, x: (d.sum(), by_weights(d, A, x)[1] - x[-1]), "the last drive left out"),
    ("no axis for the steps", lambda d, A, x: (d.sum(), ((A * (d.sum() - d.cumsum(0))).exp() * x).sum(0)),
     "an axis of steps that is missing"),
    ("the axis on the other side", lambda d, A, x: (d.sum(), (torch.exp(A * (d.sum() - d.cumsum(0)).unsqueeze(0))
     * x).sum(0)), "an axis of steps that is missing"),
    ("summed over N", lambda d, A, x: (d.sum(), (torch.outer(d.sum() - d.cumsum(0), A).exp() * x).sum(-1)),
     "a sum over the states"),
    ("from the second drive on", lambda d, A, x: (d.sum(), by_weights(d[1:], A, x[1:])[1]), "the first drive left out"),
    ("one Δ ahead", lambda d, A, x: (d.sum(), by_weights(d.roll(-1), A, x)[1]), "the next step's fading"),
    ("a zip of Δ from the second on", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, pair: torch.exp(pair[0] * A) * h + pair[1], zip(d[1:], x, strict=False), 0 * A)),
     "the next step's fading"),
    ("a return in the loop", returned_early(0), "the first steps alone"),
    ("a return in the loop, the total in it, too", lambda d, A, x: (d[0], x[0]), "the first steps alone"),
    ("from the first drive on, a return in the loop", returned_early(1), "the first steps alone"),
    ("from ones", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: torch.exp(d[t] * A) * h + x[t], range(len(d)), A / A)), "a beginning with ones"),
    ("the end in one number", lambda *case: (by_weights(*case)[0], by_weights(*case)[1].sum()),
     "a sum over the states"),
    ("a number of numpy's", lambda d, A, x: (np.sum(d.numpy()), by_weights(d, A, x)[1]), "right"),
    ("its own Δ, as often as there are steps behind", weighed(lambda d: d * torch.arange(len(d)).flip(0)),
     "steps taken as equal"),
    ("zero-order hold", lambda d, A, x: by_weights(d, A, torch.expm1(torch.outer(d, A)) / A * x),
     "Δ in the drive once more"),
    ("a blend", lambda d, A, x: by_weights(d, A, -torch.expm1(torch.outer(d, A)) * x), "Δ in the drive once more"),
    ("exp2", lambda d, A, x: (d.sum(), by_weights(d, math.log(2) * A, x)[1]), "a power of 2"),
    ("half-lives", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: h / 2 ** d[t] + x[t], range(len(d)), 0 * A)), "a power of 2"),
    ("without the last step", lambda d, A, x: by_pairs(d[:-1], A, x[:-1]), "a part without one of its steps"),
    ("without the first step", lambda d, A, x: by_weights(d[1:], A, x[1:]), "a part without one of its steps"),
    ("exponents, all added up", totalled(lambda d, A: torch.outer(d, A).sum()), "one number with A in it"),
    ("decays, all multiplied", totalled(lambda d, A: torch.outer(d, A).exp().prod()), "one number with A in it"),
    ("the mean of A", totalled(lambda d, A: sum(d) * A.mean()), "one number with A in it"),
    ("the mean of the decays", totalled(lambda d, A: (sum(d) * A).exp().mean()), "one number with A in it"),
    ("the exponent of the first state", totalled(lambda d, A: (d * A[0]).sum()), "one number with A in it"),
    ("decays, added up over the steps", totalled(lambda d, A: sum(torch.exp(step * A) for step in d)),
     "decays that are added up"),
    ("decays, all added up", totalled(lambda d, A: torch.outer(d, A).exp().sum()), "decays that are added up"),
    ("a decay without A", totalled(lambda d, A: math.exp(-sum(d))), "an exponential of the sum"),
    ("an exponential", totalled(lambda d, A: torch.exp(d).prod()), "an exponential of the sum"),
    ("a total N times", totalled(lambda d, A: (d[:, None] * torch.ones_like(A)).sum(0)), "a total for each state"),
    ("A outside", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: A * torch.exp(d[t]) * h + x[t], range(len(d)), 0 * A)), "an exponential of one factor"),
    ("Δ outside", lambda d, A, x: (d.sum(), functools.reduce(
        lambda h, t: torch.exp(A) * d[t] * h + x[t], range(len(d)), 0 * A)), "an exponential of one factor"),
]  # fmt: skip


# Exercise 2: own_start (rank, totals, ends, A)


def by_sums(rank, totals, ends, A, parts=lambda rank, P: range(rank), between=lambda q, rank: slice(q + 1, rank)):
    """A learner's double sum, with one thing changed: the parts that count, and the parts that fade them."""
    start = torch.zeros(len(A))
    for q in parts(rank, len(totals)):
        start = start + torch.exp(A * totals[between(q, rank)].sum()) * ends[q]
    return start


def summed(**changes):
    return functools.partial(by_sums, **changes)


def by_recursion(rank, totals, ends, A):
    if rank == 0:
        return torch.zeros_like(ends[0])
    return by_recursion(rank - 1, totals, ends, A) * (A * totals[rank - 1]).exp() + ends[rank - 1]


def by_mask(rank, totals, ends, A):
    gone = totals.cumsum(0)  # (P,)
    until = gone[rank] - totals[rank]
    weights = torch.exp(A * (until - gone)[:, None]) * (torch.arange(len(totals)) < rank)[:, None]
    return (weights * ends).sum(0)


def by_mask_of_times(rank, totals, ends, A):
    gone = totals.cumsum(0)  # (P,)
    times = torch.where(torch.arange(len(totals)) < rank, gone[rank] - totals[rank] - gone, torch.inf)
    return (torch.exp(A * times.clamp(min=0)[:, None]) * ends).sum(0)


def by_rounded_products(rank, totals, ends, A):
    decays = [torch.exp(A * total) for total in totals]
    h = torch.zeros_like(A)
    for q in range(rank):
        left = torch.ones_like(A)
        for p in range(q + 1, rank):
            left = left * decays[p]
        h = h + left * ends[q]
    return h


def by_divided_decays(rank, left, ends):
    return sum((left[rank - 1] / left[q] * ends[q] for q in range(rank)), torch.zeros_like(ends[0]))


def carried(step, order=lambda rank, P: range(rank), finish=lambda h, rank, totals, A: h):
    """A learner's loop that carries a state from part to part."""

    def answer(rank, totals, ends, A):
        h = torch.zeros_like(A)
        for q in order(rank, len(totals)):
            h = step(h, torch.exp(A * totals[q]), ends[q])
        return finish(h, rank, totals, A)

    return answer


def fade_then_add(h, decay, end):
    return decay * h + end


START = [
    ("a double sum", by_sums, "right"),
    ("a recursion", by_recursion, "right"),
    ("a mask on what overflows", by_mask, "not a number where a part is long"),
    ("a mask before exp", by_mask_of_times, "right"),
    ("products of decays", by_rounded_products, "right"),
    ("a loop", carried(fade_then_add), "right"),
    ("inclusive", carried(fade_then_add, lambda rank, P: range(rank + 1)), "the own part counted"),
    ("inclusive, by a double sum", summed(parts=lambda rank, P: range(rank + 1)), "the own part counted"),
    ("the own end", lambda rank, totals, ends, A: ends[rank], "the own part counted"),
    ("a sum of ends, inclusive", lambda rank, totals, ends, A: ends[: rank + 1].sum(0), "the own part counted"),
    ("add, then fade, inclusive", carried(lambda h, decay, end: decay * (h + end), lambda rank, P: range(rank + 1)),
     "the own part counted"),
    ("a loop from 0.0", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q]) * h + ends[q], range(rank), 0.0), "a number in the place of N zeros"),
    ("a loop from one zero", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q]) * h + ends[q], range(rank), torch.zeros(1)),
     "a number in the place of N zeros"),
    ("a loop from a tensor of one number", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q]) * h + ends[q], range(rank), torch.tensor(0.0)),
     "a number in the place of N zeros"),
    ("two parts, whatever the rank", lambda rank, totals, ends, A: ends[rank - 1] + ends[rank - 2] * torch.exp(
        A * totals[rank - 1]), "a fixed number of parts"),
    ("the end of rank 0", lambda rank, totals, ends, A: ends[0] if rank else 0 * A, "the first part alone"),
    ("the end of rank 0, faded", lambda rank, totals, ends, A: torch.exp(A * totals[1:rank].sum()) * ends[0],
     "the first part alone"),
    ("parts from 1 on", carried(fade_then_add, lambda rank, P: range(1, rank + 1)), "ranks counted from 1"),
    ("parts down to 1", carried(fade_then_add, lambda rank, P: range(rank, 0, -1)), "ranks counted from 1"),
    ("a sum of ends", lambda rank, totals, ends, A: ends[:rank].sum(0), "ends that do not fade"),
    ("Python's sum", lambda rank, totals, ends, A: sum(
        torch.exp(A * totals[q + 1 : rank].sum()) * ends[q] for q in range(rank)), "a number in the place of N zeros"),
    ("the totals alone", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: math.exp(-totals[q]) * h + ends[q], range(rank), 0 * A), "a decay without A"),
    ("the mean of the totals", lambda rank, totals, ends, A: by_sums(
        rank, totals.mean().expand(len(totals)), ends, A), "parts taken as equal"),
    ("a sum of decays", lambda rank, totals, ends, A: sum(
        (torch.exp(torch.outer(totals[q + 1 : rank], A)).sum(0) * ends[q] for q in range(rank)), 0 * A),
     "decays that are added up"),
    ("a sum of decays, none is one", lambda rank, totals, ends, A: sum(
        ((sum(torch.exp(T * A) for T in totals[q + 1 : rank]) if q + 1 < rank else 1) * ends[q] for q in range(rank)),
        0 * A), "decays that are added up"),
    ("the neighbour's total", lambda rank, totals, ends, A: (torch.exp(totals[rank - 1] * A) * ends[:rank]).sum(0),
     "fading by the part before yours alone"),
    ("the neighbour's total, once behind it", lambda rank, totals, ends, A: sum(
        (ends[q] * (torch.exp(totals[rank - 1] * A) if q < rank - 1 else 1) for q in range(rank)), 0 * A),
     "fading by the part before yours alone"),
    ("the neighbour", lambda rank, totals, ends, A: ends[rank - 1] if rank > 0 else torch.zeros_like(A),
     "the part before alone"),
    ("a second minus", carried(lambda h, decay, end: h / decay + end), "ends that grow"),
    ("a second minus in the sum", lambda rank, totals, ends, A: by_sums(rank, totals, ends, -A), "ends that grow"),
    ("the last for rank 0", lambda rank, totals, ends, A: by_sums(rank, totals, ends, A) if rank else ends[rank - 1],
     "a first rank that begins with the last end"),
    ("without the neighbour", carried(fade_then_add, lambda rank, P: range(rank - 1)),
     "the end of the part before left out"),
    ("without the neighbour, in the sum", summed(parts=lambda rank, P: range(rank - 1)),
     "the end of the part before left out"),
    ("one total too few", summed(between=lambda q, rank: slice(q + 1, rank - 1)),
     "a part between that does not fade"),
    ("the total before", lambda rank, totals, ends, A: by_recursion(rank, totals.roll(1), ends, A),
     "the total of the part before"),
    ("an exponent as a decay", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: A * totals[q] * h + ends[q], range(rank), torch.zeros_like(A)), "a sum taken for a decay"),
    ("none for rank 0", lambda rank, totals, ends, A: by_sums(rank, totals, ends, A) if rank else None, None),
    ("the neighbour, and the last for rank 0", lambda rank, totals, ends, A: ends[rank - 1], "the part before alone"),
    ("add, then fade", carried(lambda h, decay, end: decay * (h + end)), "an end that fades in its own part"),
    ("its own total", summed(between=lambda q, rank: slice(q, q + 1)), "an end that fades in its own part"),
    ("up to the own end", summed(between=lambda q, rank: slice(q + 1, rank + 1)),
     "a start that has gone through the own part"),
    ("from its own part to the own end", summed(between=lambda q, rank: slice(q, rank + 1)),
     "a start that has gone through the own part"),
    ("the parts before", summed(between=lambda q, rank: slice(0, q)), "fading by the parts before"),
    ("backwards", carried(fade_then_add, lambda rank, P: range(rank - 1, -1, -1)), "fading by the parts before"),
    ("the parts behind", carried(fade_then_add, lambda rank, P: range(rank + 1, P)), "the ranks behind"),
    ("the next", lambda rank, totals, ends, A: ends[(rank + 1) % len(ends)], None),
    ("everybody", carried(fade_then_add, lambda rank, P: range(P)), "all ranks"),
    ("everybody, in a sum", summed(parts=lambda rank, P: range(P)), "all ranks"),
    ("all the others", carried(fade_then_add, lambda rank, P: [q for q in range(P) if q != rank]), "all ranks"),
    ("all the others, in a sum", summed(parts=lambda rank, P: [q for q in range(P) if q != rank]), "all ranks"),
    ("all the others, each from its side", lambda rank, totals, ends, A: sum(
        (torch.exp(A * totals[min(q, rank) + 1 : max(q, rank)].sum()) * ends[q] for q in range(len(ends)) if q != rank),
        0 * A), "all ranks"),
    ("all the others, added", lambda rank, totals, ends, A: ends.sum(0) - ends[rank], "all ranks"),
    ("a sum of all", lambda rank, totals, ends, A: ends.sum(0), "all ranks"),
    ("a running sum in the loop", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals.cumsum(0)[q]) * h + ends[q], range(rank), 0 * A),
     "a loop and a sum mixed"),
    ("all from there on in the loop", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q:rank].sum()) * h + ends[q], range(rank), 0 * A),
     "a loop and a sum mixed"),
    ("the formula's sum in the loop", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * sum(totals[q + 1 : rank])) * h + ends[q], range(rank), 0 * A),
     "a loop and a sum mixed"),
    ("A outside", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(totals[q]) * A * h + ends[q], range(rank), 0 * A), "an exponential of one factor"),
    ("the total outside", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: totals[q] * A.exp() * h + ends[q], range(rank), 0 * A), "an exponential of one factor"),
    ("A outside, in a sum", lambda rank, totals, ends, A: sum(
        (A * torch.exp(totals[q + 1 : rank].sum()) * ends[q] for q in range(rank)), 0 * A),
     "an exponential of one factor"),
    ("a total as a decay", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: totals[q] * h + ends[q], range(rank), torch.zeros_like(A)), "a sum taken for a decay"),
    ("all starts", lambda rank, totals, ends, A: torch.stack(
        [by_sums(r, totals, ends, A) for r in range(len(totals))]), "the starts of all ranks"),
    ("faded by all before", summed(between=lambda q, rank: slice(0, rank)), "ends that fade alike"),
    ("the next total alone", lambda rank, totals, ends, A: by_sums(
        rank, totals, ends, A, between=lambda q, rank: slice(q + 1, min(q + 2, rank))),
     "fading by the next part alone"),
    ("from the first end on", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q]) * h + ends[q], range(1, rank), ends[0]),
     "a first rank that begins with its own end"),
    ("the first end, and all", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[q]) * h + ends[q], range(rank), ends[0]), "the first end twice"),
    ("zeros", lambda rank, totals, ends, A: torch.zeros_like(A), None),
    ("no return", lambda *case: None, None),
    ("a crash", lambda rank, totals, ends, A: torch.exp(A * totals) @ ends, None),
    ("the own end added", lambda rank, totals, ends, A: by_sums(rank, totals, ends, A) + ends[rank],
     "the own part counted"),
    ("its own total in the loop", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: torch.exp(A * totals[rank]) * h + ends[q], range(rank), 0 * A), "the total of the own part"),
    ("three parts at most", summed(parts=lambda rank, P: range(max(rank - 3, 0), rank)), "a fixed number of parts"),
    ("one total too late", summed(between=lambda q, rank: slice(q + 2, rank)), "a part between that does not fade"),
    ("Euler, by hand", lambda rank, totals, ends, A: functools.reduce(
        lambda h, q: h + totals[q] * A * h + ends[q], range(rank), 0 * A), "Euler's decay"),
    ("summed over N", lambda rank, totals, ends, A: torch.stack(
        [(torch.exp(A * totals[q + 1 : rank].sum()) * ends[q]).sum() for q in range(rank)] or [0 * A[0]]),
     "a sum over the states"),
    ("two parts at most", summed(parts=lambda rank, P: range(max(rank - 2, 0), rank)), "a fixed number of parts"),
    ("six parts at most", summed(parts=lambda rank, P: range(max(rank - 6, 0), rank)), None),
    ("parts that are counted", lambda rank, totals, ends, A: sum(
        (torch.exp((rank - 1 - q) * A) * ends[q] for q in range(rank)), 0 * A), "an input without effect"),
    ("four parts at most", summed(parts=lambda rank, P: range(max(rank - 4, 0), rank)), None),
    ("what is small left out", lambda rank, totals, ends, A: sum((ends[q] * F.threshold(
        torch.exp(A * totals[q + 1 : rank].sum()), 0.01, 0.0) for q in range(rank)), 0 * A), None),
    ("what is tiny left out", lambda rank, totals, ends, A: sum((ends[q] * F.threshold(
        torch.exp(A * totals[q + 1 : rank].sum()), 1e-4, 0.0) for q in range(rank)), 0 * A), None),
    ("kept, and the rest added", carried(lambda h, decay, end: h + decay * h + end),
     "a state that is kept and fades besides"),
    ("two running sums", lambda rank, totals, ends, A: by_divided_decays(rank, torch.exp(totals.cumsum(0)[:, None] * A),
     ends), "not a number where a part is long"),
    ("from part 1 on", summed(parts=lambda rank, P: range(1, rank)), "the first part left out"),
    ("a product of totals", lambda rank, totals, ends, A: sum(
        [torch.exp(A * torch.prod(totals[q + 1 : rank])) * ends[q] for q in range(rank)], torch.zeros_like(A)),
     "a product of totals"),
    ("no exp in the sum", lambda rank, totals, ends, A: sum(
        [A * totals[q + 1 : rank].sum() * ends[q] for q in range(rank)], torch.zeros_like(A)),
     "a sum taken for a decay"),
    ("one total ahead", lambda rank, totals, ends, A: by_sums(rank, totals.roll(-1), ends, A),
     "the total of the part behind"),
    ("totals from there on", summed(between=lambda q, rank: slice(q + 1, None)), "fading up to the last rank"),
    ("no axis for the parts", lambda rank, totals, ends, A: torch.sum(
        ends[:rank] * torch.exp(A * (totals.cumsum(0)[rank - 1] - totals.cumsum(0)[:rank])), 0),
     "an axis of parts that is missing"),
    ("overwritten", carried(lambda h, decay, end: end), "the part before alone"),
    ("the neighbour, faded", carried(lambda h, decay, end: decay * end), "the part before alone"),
    ("the neighbour, faded, for every rank", lambda rank, totals, ends, A: (A * totals[rank - 1]).exp()
     * ends[rank - 1], "the part before alone"),
    ("from ones", lambda rank, totals, ends, A: by_sums(rank, totals, ends, A) + torch.exp(A * totals[:rank].sum()),
     "a beginning with ones"),
    ("the starts up to its own", lambda rank, totals, ends, A: torch.stack(
        [by_sums(q, totals, ends, A) for q in range(rank + 1)]), "the starts of all ranks"),
    ("a mean", lambda rank, totals, ends, A: (torch.exp(A * torch.stack(
        [totals[q + 1 : max(rank, q + 1)].sum() for q in range(len(totals))])[:rank, None]) * ends[:rank]).mean(0),
     "a mean for a sum"),
    ("the end behind", lambda rank, totals, ends, A: sum(
        (torch.exp(A * totals[q + 1 : rank].sum()) * ends[q + 1] for q in range(rank)), 0 * A),
     "the own part counted"),
    ("running sums, one of them at q − 1", lambda rank, totals, ends, A: sum((ends[q] * torch.exp(
        A * (totals.cumsum(0)[rank - 1] - totals.cumsum(0)[q - 1])) for q in range(rank)), 0 * A),
     "a running sum before part 0"),
    ("running sums up to the own end, one of them at q − 1", lambda rank, totals, ends, A: sum((ends[q] * torch.exp(
        A * (totals.cumsum(0)[rank] - totals.cumsum(0)[q - 1])) for q in range(rank)), 0 * A),
     "a running sum before part 0"),
    ("downwards, inclusive", carried(fade_then_add, lambda rank, P: range(rank, -1, -1)), "two mistakes at once"),
    ("exp2", lambda rank, totals, ends, A: by_sums(rank, totals, ends, math.log(2) * A), "a power of 2"),
    ("half-lives", lambda rank, totals, ends, A: sum(
        (0.5 ** totals[q + 1 : rank].sum() * ends[q] for q in range(rank)), 0 * A), "a power of 2"),
]  # fmt: skip


# Exercise 3: corrected (states, start, delta, A)


def added(fade, keep=lambda states, extra: states + extra):
    """A learner's correction, with one thing changed: how long the start has faded, or what is returned."""
    return lambda states, start, delta, A: keep(states, torch.exp(fade(delta)[:, None] * A) * start)


def by_loop(states, start, delta, A):
    out = []
    for t in range(len(states)):
        start = start * torch.exp(A * delta[t])
        out.append(states[t] + start)
    return torch.stack(out)


def rerun(states, start, delta, A):
    """Recovers the drives and scans once more."""
    decays = torch.exp(delta[:, None] * A)
    x = torch.cat([states[:1], states[1:] - decays[1:] * states[:-1]])
    h, out = start, []
    for t in range(len(x)):
        h = decays[t] * h + x[t]
        out.append(h)
    return torch.stack(out)


CORRECTED = [
    ("a running sum", added(lambda d: d.cumsum(0)), "right"),
    ("a running product", lambda s, start, d, A: s + torch.exp(d[:, None] * A).cumprod(0) * start, "right"),
    ("a loop", by_loop, "right"),
    ("a rerun", rerun, "right"),
    ("einsum", lambda s, start, d, A: s + torch.einsum("ln,n->ln", torch.exp(torch.outer(d.cumsum(0), A)), start),
     "right"),
    ("a running sum of decays", lambda s, start, d, A: s + torch.cumsum(torch.exp(torch.outer(d, A)), 0) * start,
     "decays that are added up"),
    ("a running product along N", lambda s, start, d, A: s + torch.exp(torch.outer(d, A)).cumprod(-1) * start,
     "decays gathered along the states"),
    ("as it is", lambda s, start, d, A: s + start, "a start that does not fade"),
    ("single steps", added(lambda d: d), "a start that fades by single steps"),
    ("one too few", added(lambda d: d.cumsum(0) - d), "one step too few"),
    ("the axis on the other side", lambda s, start, d, A: s + torch.exp(d.cumsum(0).unsqueeze(0) * A) * start,
     "an axis of steps that is missing"),
    ("less the first step", added(lambda d: d.cumsum(0) - d[0]), "one step too few"),
    ("its own Δ, as often as its number", added(lambda d: d * torch.arange(len(d))), "steps taken as equal"),
    ("A by Δ", lambda s, start, d, A: s + torch.outer(A, d.cumsum(0)).exp() * start, "states in front of the steps"),
    ("A by Δ, and the start to it", lambda s, start, d, A: s + torch.outer(A, d.cumsum(0)).exp() * start[:, None],
     "states in front of the steps"),
    ("one too few, by a loop", lambda s, start, d, A: torch.stack(
        [s[t] + torch.exp(A * d[:t].sum()) * start for t in range(len(s))]), "one step too few"),
    ("the whole part", lambda s, start, d, A: s + torch.exp(d.sum() * A) * start,
     "a start that has faded by the whole part at once"),
    ("from the end", added(lambda d: d.flip(0).cumsum(0).flip(0)), "fading the wrong way round"),
    ("what is left to go", added(lambda d: d.sum() - d.cumsum(0)), "fading the wrong way round"),
    ("the first alone", lambda s, start, d, A: torch.cat([(s[0] + torch.exp(d[0] * A) * start)[None], s[1:]]),
     "a start that is felt for one step"),
    ("the last alone", lambda s, start, d, A: torch.cat([s[:-1], (s[-1] + torch.exp(d.sum() * A) * start)[None]]),
     "a last state alone that is corrected"),
    ("minus A", lambda s, start, d, A: s + torch.exp(-A * d.cumsum(0)[:, None]) * start, "a start that grows"),
    ("what is added", added(lambda d: d.cumsum(0), lambda states, extra: extra), "the correction alone"),
    ("all fades", lambda s, start, d, A: (s + start) * torch.exp(d.cumsum(0)[:, None] * A), "states that fade"),
    ("subtracted", added(lambda d: d.cumsum(0), lambda states, extra: states - extra), "a start taken away"),
    ("counted", added(lambda d: torch.arange(1.0, 1 + len(d))), "steps taken as equal"),
    ("the step at hand, counted", added(lambda d: torch.arange(1, 1 + len(d)) * d), "steps taken as equal"),
    ("no exp", lambda s, start, d, A: torch.addcmul(s, torch.outer(d.cumsum(0), A), start),
     "an exponent taken for what is left"),
    ("scanned again", lambda s, start, d, A: torch.stack(list(itertools.accumulate(
        range(len(d)), lambda h, t: torch.exp(d[t] * A) * h + s[t], initial=start))[1:]), "states taken for drives"),
    ("one tensor in every place", lambda s, start, d, A: s + torch.stack([torch.exp(A * d.sum()) * start for _ in d]),
     "a start that has faded by the whole part at once"),
    ("unchanged", lambda s, start, d, A: s, None),
    ("no return", lambda *case: None, None),
    ("no axis for the steps", lambda s, start, d, A: s + torch.exp(d.cumsum(0) * A) * start,
     "an axis of steps that is missing"),
    ("a crash", lambda s, start, d, A: s + torch.exp(d.cumsum(0) @ A) * start, None),
    ("the states fade", lambda s, start, d, A: s * torch.outer(d.cumsum(0), A).exp() + start,
     "start and states exchanged"),
    ("differences", lambda s, start, d, A: torch.stack(list(itertools.accumulate(
        range(len(d)), lambda h, t: torch.exp(d[t] * A) * h + s[t] - (s[t - 1] if t else 0), initial=start))[1:]),
     "differences taken for drives"),
    ("the first four alone", lambda s, start, d, A: torch.cat(
        [s[:4] + torch.exp(torch.outer(d[:4].cumsum(0), A)) * start, s[4:]]), None),
    ("a product of steps", added(lambda d: d.cumprod(0)), "a product of step sizes"),
    ("a blend", lambda s, start, d, A: torch.lerp(s, start.expand_as(s), torch.exp(torch.outer(d.cumsum(0), A))),
     "a blend of start and states"),
    ("no A", lambda s, start, d, A: s + torch.exp(-d.cumsum(0))[:, None] * start, "a decay without A"),
    ("A outside", lambda s, start, d, A: s + d.cumsum(0).exp()[:, None] * (A * start), "an exponential of one factor"),
    ("Δ outside", lambda s, start, d, A: s + torch.outer(d.cumsum(0), A.exp()) * start, "an exponential of one factor"),
    ("out of the brackets", lambda s, start, d, A: (s / (left := torch.outer(d.cumsum(0), A).exp()) + start) * left,
     "not a number behind a long step"),
    ("a quotient of two decays", lambda s, start, d, A: s + torch.exp(d.sum() * A) / torch.exp(
        (d.sum() - d.cumsum(0))[:, None] * A) * start, None),
    ("the first twenty steps", lambda s, start, d, A: torch.cat(
        [s[:20] + torch.exp(d[:20].cumsum(0)[:, None] * A) * start, s[20:]]), None),
    ("what is tiny left out", lambda s, start, d, A: s + F.threshold(
        torch.exp(d.cumsum(0)[:, None] * A), 1e-4, 0.0) * start, None),
    ("Euler, at once", lambda s, start, d, A: s + (1 + torch.outer(d.cumsum(0), A)) * start, "Euler's decay"),
    ("Euler, step by step", lambda s, start, d, A: s + torch.stack(list(itertools.accumulate(
        d, lambda h, step: h + step * A * h, initial=start))[1:]), "Euler's decay"),
    ("a running sum in the loop", lambda s, start, d, A: s + torch.stack(list(itertools.accumulate(
        d.cumsum(0), lambda h, gone: (gone * A).exp() * h, initial=start))[1:]),
     "a sum that fades again at each step"),
    ("one late", lambda s, start, d, A: s + F.pad(added(lambda d: d.cumsum(0))(0 * s, start, d, A)[:-1], (0, 0, 1, 0)),
     "a first state that gets nothing"),
    ("a loop from 1 on", lambda s, start, d, A: torch.cat([s[:1], by_loop(s[1:], start, d[1:], A)]),
     "a first state that gets nothing"),
    ("a running sum turned round", added(lambda d: d.cumsum(0).flip(0)), "fading the wrong way round"),
    ("the first Δ for all", added(lambda d: d[0].expand(len(d)).cumsum(0)), "steps taken as equal"),
    ("the last Δ for all", added(lambda d: d[-1].expand(len(d)).cumsum(0)), "steps taken as equal"),
    ("scanned again, add, then fade", lambda s, start, d, A: torch.stack(list(itertools.accumulate(
        range(len(d)), lambda h, t: torch.exp(d[t] * A) * (h + s[t]), initial=start))[1:]), "states taken for drives"),
    ("up to the last", lambda s, start, d, A: torch.cat([by_loop(s[:-1], start, d, A), s[-1:]]),
     "a last state that gets nothing"),
    ("the state before", lambda s, start, d, A: torch.stack(
        [s[t] + torch.exp(d[t] * A) * (s[t - 1] if t else start) for t in range(len(s))]),
     "the state before once more"),
    ("exp2", lambda s, start, d, A: s + torch.exp2(torch.outer(d.cumsum(0), A)) * start, "a power of 2"),
    ("half-lives", lambda s, start, d, A: s + 2 ** -d.cumsum(0)[:, None] * start, "a power of 2"),
]  # fmt: skip


# Exercise 4: halo (rank, parts, max_lag)


def from_all(rank, parts, max_lag, end=lambda parts, rank: sum(p.shape[1] for p in parts[:rank])):
    """A learner's slice of the joined sequence, with zeros in front."""
    whole = F.pad(torch.cat(parts, 1), (max_lag, 0))
    return whole[:, end(parts, rank) : end(parts, rank) + max_lag]


def sample_by_sample(rank, parts, max_lag):
    seen = [part[:, t] for part in parts[:rank] for t in range(part.shape[1])]
    seen = [torch.zeros(parts[0].shape[0])] * max_lag + seen
    return torch.stack(seen[len(seen) - max_lag :], dim=1)


def from_the_back(rank, parts, max_lag):
    """Takes from the nearest part, and goes on as long as something is missing."""
    pieces, missing = [], max_lag
    for part in reversed(parts[:rank]):
        piece = part[:, max(0, part.shape[1] - missing) :]
        pieces.insert(0, piece)
        missing -= piece.shape[1]
        if not missing:
            break
    return torch.cat([parts[0].new_zeros(parts[0].shape[0], missing), *pieces], dim=1)


def from_the_back_appended(rank, parts, max_lag):
    pieces, missing = [], max_lag
    for part in reversed(parts[:rank]):
        if missing:
            pieces.append(part[:, -missing:])
            missing -= pieces[-1].shape[1]
    return torch.cat([*pieces, torch.zeros(len(parts[0]), missing)], dim=1)


def from_the_back_to_zero(rank, parts, max_lag):
    pieces, missing = [], max_lag
    for part in reversed(parts[:rank]):
        pieces.insert(0, part[:, -missing:])
        missing = max(missing - part.shape[1], 0)
    return torch.cat([torch.zeros(len(parts[0]), missing), *pieces], dim=1)


def of_neighbour(take, first=lambda parts, max_lag: torch.zeros(len(parts[0]), max_lag), step=-1):
    """A learner who looks at one other part only."""

    def answer(rank, parts, max_lag):
        other = rank + step
        return take(parts[other], max_lag) if 0 <= other < len(parts) else first(parts, max_lag)

    return answer


HALO = [
    ("a slice of all", from_all, "right"),
    ("sample by sample", sample_by_sample, "right"),
    ("from the back", from_the_back, "right"),
    ("contiguous", lambda *case: from_all(*case).contiguous(), "right"),
    ("Python's last", lambda rank, parts, m: parts[rank - 1][:, -m:], "a first rank that takes from the last"),
    ("a ring", lambda rank, parts, m: parts[(rank - 1) % len(parts)][:, -m:], "a first rank that takes from the last"),
    ("a roll", lambda rank, parts, m: (parts[-1:] + parts[:-1])[rank][:, -m:], "a first rank that takes from the last"),
    ("the neighbour", of_neighbour(lambda part, m: part[:, -m:]), "a short part that is all there is"),
    ("the neighbour, zeros behind", of_neighbour(lambda part, m: F.pad(part[:, -m:], (0, max(m - part.shape[1], 0)))),
     "a short part that is all there is"),
    ("no comma", of_neighbour(lambda part, m: part[-m:]), "the whole part before"),
    ("not padded", lambda rank, parts, m: torch.cat(parts, 1)[:, (b := sum(p.shape[1] for p in parts[:rank])) - m : b],
     "a slice that begins before the sequence"),
    ("by len", lambda rank, parts, m: from_all(rank, parts, m, lambda parts, rank: sum(map(len, parts[:rank]))),
     "channels counted for samples"),
    ("the neighbour, filled up", of_neighbour(lambda part, m: F.pad(part, (m, 0))[:, -m:]),
     "a short part that is all there is"),
    ("what there is", lambda rank, parts, m: torch.cat(parts[:rank], 1)[:, -m:] if rank else torch.zeros(
        len(parts[0]), m), "no zeros in front"),
    ("what there is, for every rank", lambda rank, parts, m: torch.cat([parts[0][:, :0], *parts[:rank]], 1)[:, -m:],
     "no zeros in front"),
    ("the end of all", lambda rank, parts, m: torch.cat(parts, 1)[:, -m:] if m < sum(p.shape[1] for p in parts) else
     F.pad(torch.cat(parts, 1), (m, 0))[:, -m:], "the end of the whole sequence"),
    ("all that come behind", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *parts[rank + 1 :]], 1),
     (m, 0))[:, -m:], "samples from behind"),
    ("turned round", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *reversed(parts[:rank])], 1),
     (m, 0))[:, -m:], "parts in the wrong order"),
    ("one channel of zeros", lambda rank, parts, m: from_all(rank, parts, m) if rank else torch.zeros(1, m),
     "zeros of one channel"),
    ("one channel of zeros, joined", lambda rank, parts, m: torch.cat([torch.zeros(1, m), *parts[:rank]], 1)[:, -m:],
     "zeros of one channel"),
    ("from part 1 on", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *parts[1:rank]], 1), (m, 0))[:, -m:],
     "the first part left out"),
    ("a slice of the channels", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[:rank]], 1)[-m:], "a halo that is not cut off"),
    ("the first sample for rank 0 alone", lambda rank, parts, m: from_all(rank, parts, m) if rank else
     parts[0][:, [0] * m], "the oldest sample repeated"),
    ("two neighbours", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *parts[max(rank - 2, 0) : rank]], 1),
     (m, 0))[:, -m:], "a fixed number of parts"),
    ("each part filled up", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *(F.pad(part, (m, 0)) for part in parts[:rank])], 1)[:, -m:],
     "a short part that is all there is"),
    ("whole parts, from the nearest on", lambda rank, parts, m: F.pad(functools.reduce(
        lambda x, part: torch.cat([x, part], 1) if x.shape[1] < m else x, parts[:rank][::-1], parts[0][:, :0]),
        (m, 0))[:, -m:], "parts in the wrong order"),
    ("from the nearest on, zeros last", from_the_back_appended, "parts in the wrong order"),
    ("three neighbours", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[max(rank - 3, 0) : rank]], 1)[:, -m:], "a fixed number of parts"),
    ("four neighbours", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[max(rank - 4, 0) : rank]], 1)[:, -m:], None),
    ("eleven neighbours", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[max(rank - 11, 0) : rank]], 1)[:, -m:], None),
    ("the first of all", lambda rank, parts, m: torch.cat(parts, 1)[:, :m] if rank else torch.zeros(len(parts[0]), m),
     "the beginning of all that was before"),
    ("the first of all, zeros in front", lambda rank, parts, m: F.pad(torch.cat(parts, 1), (m, 0))[:, :m],
     "zeros for every rank"),
    ("a slice that ends at −1", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *parts[:rank]], 1),
     (m, 0))[:, -m:-1], "the nearest sample left out"),
    ("a slice that ends at −1, full", lambda rank, parts, m: F.pad(torch.cat([parts[0][:, :0], *parts[:rank]], 1),
     (m + 1, 0))[:, -m - 1 : -1], "the nearest sample left out"),
    ("the first samples", of_neighbour(lambda part, m: part[:, :m]), "the wrong end of the part before"),
    ("the next part's first", of_neighbour(lambda part, m: part[:, :m], step=1), "samples from behind"),
    ("the next part's last", of_neighbour(lambda part, m: part[:, -m:], step=1), "samples from behind"),
    ("one short", lambda rank, parts, m: from_all(rank, parts, m)[:, 1:], "one sample short"),
    ("one short, from the end", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[:rank]], 1)[:, -(m - 1) :], "one sample short"),
    ("one short, with a zero", lambda rank, parts, m: F.pad(from_all(rank, parts, m)[:, 1:], (1, 0)),
     "one sample short"),
    ("one more", lambda rank, parts, m: from_all(rank, parts, m + 1), "one sample too many"),
    ("one rank further", lambda rank, parts, m: from_all(rank + 1, parts, m), "samples of the own part"),
    ("rank times a length", lambda rank, parts, m: F.pad(torch.cat(parts, 1), (m, 0)).narrow(
        1, rank * parts[0].shape[1], m) if rank * parts[0].shape[1] <= sum(p.shape[1] for p in parts) else F.pad(
        torch.cat(parts, 1), (m, 0))[:, rank * parts[0].shape[1] :], "parts taken as equally long"),
    ("rank times its own length", lambda rank, parts, m: F.pad(torch.cat(parts, -1), (m, 0))[
        ..., (begin := rank * parts[rank].shape[-1]) : begin + m], "parts taken as equally long"),
    ("zeros behind", lambda rank, parts, m: F.pad(
        k := torch.cat([parts[0][:, :0], *parts[:rank]], 1)[:, -m:], (0, m - k.shape[1])), "zeros behind the samples"),
    ("newest first", lambda rank, parts, m: from_all(rank, parts, m).flip(1), "newest first"),
    ("with the part", lambda rank, parts, m: torch.cat([from_all(rank, parts, m), parts[rank]], 1),
     "halo and part together"),
    ("zeros", lambda rank, parts, m: torch.zeros(len(parts[0]), m), "zeros for every rank"),
    ("the own last", lambda rank, parts, m: parts[rank][:, -m:], "the part's own samples"),
    ("the own first", lambda rank, parts, m: parts[rank][:, :m], "the part's own samples"),
    ("nothing for rank 0", lambda rank, parts, m: from_all(rank, parts, m) if rank else parts[0][:, :0],
     "zeros of another shape for rank 0"),
    ("zeros of no channel for rank 0", lambda rank, parts, m: from_all(rank, parts, m) if rank else torch.zeros(m),
     "zeros of another shape for rank 0"),
    ("zeros like the part for rank 0", lambda rank, parts, m: from_all(rank, parts, m) if rank else 0 * parts[rank],
     "zeros of another shape for rank 0"),
    ("no index below 0", lambda rank, parts, m: F.pad(parts[max(rank - 1, 0)], (m, 0))[:, -m:],
     "a first rank that takes its own samples"),
    ("the own first for rank 0", lambda rank, parts, m: F.pad(torch.cat(parts[:rank], 1), (m, 0))[:, -m:] if rank else
     F.pad(parts[0], (0, m))[:, :m], "a first rank that takes its own samples"),
    ("one to the right", lambda rank, parts, m: F.pad(torch.cat(parts, 1), (m, 0))[
        :, (b := sum(p.shape[1] for p in parts[:rank])) + 1 : b + m + 1], "samples of the own part"),
    ("whole parts, until there are enough", lambda rank, parts, m: F.pad(x := functools.reduce(
        lambda x, part: torch.cat([part, x], 1) if x.shape[1] < m else x, parts[:rank][::-1], parts[0][:, :0]),
        (max(0, m - x.shape[1]), 0)), "a halo that is not cut off"),
    ("zeros on the wrong side, and the end of that", lambda rank, parts, m: F.pad(
        torch.cat([parts[0][:, :0], *parts[:rank]], 1), (0, m))[:, -m:], "zeros for every rank"),
    ("no return", lambda *case: None, None),
    ("a crash", lambda rank, parts, m: torch.cat(parts[:rank])[:, -m:], None),
    ("the first sample again", lambda rank, parts, max_lag: (
        F.pad(torch.cat(parts[:rank], 1), (max_lag, 0), mode="replicate")[:, -max_lag:]
        if rank else torch.zeros(len(parts[0]), max_lag)), "the oldest sample repeated"),
    ("the first sample for rank 0, too", lambda rank, parts, m: torch.cat(
        [parts[0][:, :1].repeat(1, m), *parts[:rank]], 1)[:, -m:], "the oldest sample repeated"),
    ("joined, then padded", lambda rank, parts, m: F.pad(torch.cat(parts[:rank], 1), (m, 0))[:, -m:],
     "nothing to join for rank 0"),
    ("the last ones of each part", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m)] + [part[:, -m:] for part in parts[:rank]], 1), "a halo that is not cut off"),
    ("one to the left", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts[:rank]], 1)[:, -(m + 1) : -1], "the nearest sample left out"),
    ("a slice to rank − 1", lambda rank, parts, m: F.pad(torch.cat(parts, 1), (m, 0))[
        :, sum(p.shape[1] for p in parts[: rank - 1]) :][:, :m] if rank else torch.zeros(len(parts[0]), m),
     "the part before left out"),
    ("its own end", lambda rank, parts, m: F.pad(parts[rank], (m, 0))[:, -m:], "the part's own samples"),
    ("its own beginning", lambda rank, parts, m: torch.cat(
        [parts[rank], torch.zeros(len(parts[0]), m)], 1)[:, :m], "the part's own samples"),
    ("padded, and cut as if it were not", lambda rank, parts, m: torch.cat(
        [torch.zeros(len(parts[0]), m), *parts], 1)[:, (b := sum(p.shape[1] for p in parts[:rank])) - m : b],
     "zeros that are not counted"),
    ("−0", from_the_back_to_zero, "a halo that is not cut off"),
    ("sample by sample, each in front of the others", lambda rank, parts, m: torch.stack(
        [torch.zeros(len(parts[0]))] * m + [x for part in parts[:rank] for x in reversed(part.T)], 1)[:, -m:],
     "newest first"),
]  # fmt: skip


# Bug hunt: convolve_parts (parts, weight, dilation)


def convolved(reach=lambda taps, d: (taps - 1) * d, lag=lambda k, taps, d: (taps - 1 - k) * d, before=halo):
    """The suspect with one thing changed."""

    def answer(parts, weight, dilation):
        taps, results = weight.shape[1], []
        back = reach(taps, dilation)
        for rank, part in enumerate(parts):
            x = torch.cat([before(rank, parts, back), part], dim=1)
            y = torch.zeros_like(part)
            for k in range(taps):
                moved = F.pad(x, (lag(k, taps, dilation), 0))
                y = y + weight[:, k, None] * moved[:, back : back + part.shape[1]]
            results.append(y)
        return results

    return answer


def half_mended(parts, weight, dilation):
    """The halo made long where it is asked for, and nothing else."""
    reach, results = weight.shape[1] - 1, []
    for rank, part in enumerate(parts):
        x = torch.cat([halo(rank, parts, reach * dilation), part], dim=1)
        moved = [F.pad(x, (lag * dilation, 0))[:, reach : reach + part.shape[1]] for lag in range(reach, -1, -1)]
        results.append(sum(weight[:, k, None] * y for k, y in enumerate(moved)))
    return results


def kept(outputs):
    """Halo and part convolved as they stand behind each other; the question is which outputs are kept."""

    def answer(parts, weight, dilation):
        back = (weight.shape[1] - 1) * dilation
        xs = [torch.cat([halo(rank, parts, back), part], dim=1) for rank, part in enumerate(parts)]
        return [outputs(joined([x], weight, dilation)[0], part) for x, part in zip(xs, parts, strict=True)]

    return answer


def of_length(length):
    """Each part convolved behind a halo that is as long as the sizes of the parts say."""

    def answer(parts, weight, dilation):
        xs = [torch.cat([halo(rank, parts, length(rank, parts)), part], dim=1) for rank, part in enumerate(parts)]
        return [joined([x], weight, dilation)[0][:, -part.shape[1] :] for x, part in zip(xs, parts, strict=True)]

    return answer


def without_padding(reach):
    def answer(parts, weight, dilation):
        back = reach(weight.shape[1], dilation)
        xs = [torch.cat([halo(rank, parts, back), part], dim=1) for rank, part in enumerate(parts)]
        return [F.conv1d(x, weight[:, None], dilation=dilation, groups=len(weight)) for x in xs]

    return answer


def joined(parts, weight, dilation):
    x = F.pad(torch.cat(parts, 1), ((weight.shape[1] - 1) * dilation, 0))
    y = F.conv1d(x[None], weight[:, None], dilation=dilation, groups=len(weight))[0]
    return list(y.split([part.shape[1] for part in parts], dim=1))


def halo_of_outputs(parts, weight, dilation):
    reach, outs = (weight.shape[1] - 1) * dilation, []
    for rank, part in enumerate(parts):
        x = torch.cat([halo(rank, [*outs, part], reach), part], dim=1)
        outs.append(F.conv1d(x[None], weight[:, None], dilation=dilation, groups=len(weight))[0])
    return outs


HUNT = [
    ("the largest lag", convolved(), "right"),
    ("one process", joined, "right"),
    ("a tuple", lambda *case: tuple(joined(*case)), "right"),
    ("a halo with room to spare", convolved(lambda taps, d: taps * d), "right"),
    ("as it was", convolved(lambda taps, d: taps - 1), "the suspect as it was"),
    ("the halo alone", half_mended, "a slice as it was"),
    ("taps", convolved(lambda taps, d: taps), "a halo that counts taps"),
    ("a gap too far", convolved(lag=lambda k, taps, d: (taps - k) * d), "taps a gap too far back"),
    ("the first outputs", kept(lambda y, part: y[:, : part.shape[1]]), "outputs of the halo"),
    ("all outputs", kept(lambda y, part: y), "outputs of the halo, too"),
    ("one gap too many, unpadded", without_padding(lambda taps, d: taps * d), "outputs of the halo, too"),
    ("nearly a gap too many, unpadded", without_padding(lambda taps, d: taps * d - 1), "outputs of the halo, too"),
    ("one short", convolved(lambda taps, d: (taps - 1) * d - 1), "one sample short"),
    ("one short, at least one", convolved(lambda taps, d: max(1, (taps - 1) * d - 1)), "one sample short"),
    ("added", convolved(lambda taps, d: taps - 1 + d), "taps and dilation added"),
    ("added, less one", convolved(lambda taps, d: taps + d - 2), "taps and dilation added"),
    ("added, and the last tap, too", convolved(lambda taps, d: taps + d), "taps and dilation added"),
    ("between the taps", convolved(lambda taps, d: max((taps - 1) * (d - 1), 1)), "a halo without the taps in it"),
    ("padded, the last", lambda parts, weight, d: [F.conv1d(
        torch.cat([halo(rank, parts, (weight.shape[1] - 1) * d), part], 1), weight[:, None], dilation=d,
        groups=len(weight), padding=(weight.shape[1] - 1) * d)[:, -part.shape[1] :]
        for rank, part in enumerate(parts)], "padding besides the halo"),
    ("a bracket left out", convolved(lambda taps, d: max(taps - 1 * d, 1)), "a halo of taps less dilation"),
    ("a slice alone", lambda parts, weight, d: [sum(weight[:, k, None] * F.pad(torch.cat(
        [halo(rank, parts, weight.shape[1] - 1), part], 1), ((weight.shape[1] - 1 - k) * d, 0))[
        :, (weight.shape[1] - 1) * d :][:, : part.shape[1]] for k in range(weight.shape[1]))
        for rank, part in enumerate(parts)], "a slice that cuts off outputs"),
    ("no groups", lambda parts, weight, d: [F.conv1d(torch.cat([halo(rank, parts, (weight.shape[1] - 1) * d), part], 1),
        weight[:, None], dilation=d) for rank, part in enumerate(parts)], "groups forgotten"),
    ("no dilation, unpadded", lambda parts, weight, d: [F.conv1d(
        torch.cat([halo(rank, parts, (weight.shape[1] - 1) * d), part], 1), weight[:, None], groups=len(weight))
        for rank, part in enumerate(parts)], "the dilation left out"),
    ("reversed, and nothing mended", convolved(lambda taps, d: taps - 1, lambda k, taps, d: k * d),
     "taps in the wrong order"),
    ("no dilation", convolved(lambda taps, d: taps - 1, lambda k, taps, d: taps - 1 - k), "the dilation left out"),
    ("one gap", convolved(lambda taps, d: d), "a halo of one gap"),
    ("two gaps", convolved(lambda taps, d: 2 * d), "a fixed number of gaps"),
    ("the gaps of four taps", convolved(lambda taps, d: 3 * d), "a fixed number of gaps"),
    ("two gaps at most", convolved(lambda taps, d: min(taps - 1, 2) * d), "a fixed number of gaps"),
    ("a gap short", convolved(lambda taps, d: max((taps - 2) * d, 1)), "a gap too few"),
    ("a gap short, and one sample more", convolved(lambda taps, d: (taps - 2) * d + 1), "a gap too few"),
    ("twelve samples", convolved(lambda taps, d: 12), "a halo of a fixed length"),
    ("three samples", convolved(lambda taps, d: 3), "a halo of a fixed length"),
    ("a hundred samples", convolved(lambda taps, d: 100), "a halo of a fixed length"),
    ("a hundred samples at most", convolved(lambda taps, d: min((taps - 1) * d, 100)), "a halo of a fixed length"),
    ("fifty samples", convolved(lambda taps, d: 50), "a halo of a fixed length"),
    ("twenty samples", convolved(lambda taps, d: 20), "a halo of a fixed length"),
    ("as many as the part has", of_length(lambda rank, parts: parts[rank].shape[1]), "a halo as long as a part"),
    ("as many as the first part has", of_length(lambda rank, parts: parts[0].shape[1]), "a halo as long as a part"),
    ("as many as the longest part has", of_length(lambda rank, parts: max(part.shape[1] for part in parts)),
     "a halo as long as a part"),
    ("as many as the neighbour has", of_length(lambda rank, parts: parts[rank - 1].shape[1]),
     "the samples of the neighbour alone"),
    ("four taps", convolved(lambda taps, d: 3 * d, lambda k, taps, d: (3 - k) * d), "four taps, whatever the kernel"),
    ("dilated gaps, two at most", convolved(lambda taps, d: taps - 1 + 2 * (d - 1)), None),
    ("half of the reach", convolved(lambda taps, d: (taps - 1) * d // 2), None),
    ("gaps to the power of the dilation", convolved(lambda taps, d: (taps - 1) ** d), "a power for a product"),
    ("ten samples", convolved(lambda taps, d: 10), "a halo of a fixed length"),
    ("zeros", convolved(before=lambda rank, parts, m: torch.zeros(len(parts[0]), m)),
     "parts that know nothing of each other"),
    ("reversed", convolved(lag=lambda k, taps, d: k * d), "taps in the wrong order"),
    ("the neighbour", convolved(before=of_neighbour(lambda part, m: F.pad(part, (m, 0))[:, -m:])),
     "the samples of the neighbour alone"),
    ("one tensor", lambda *case: torch.cat(joined(*case), 1), "parts joined in one tensor"),
    ("from the results", halo_of_outputs, "a halo of outputs"),
    ("chunks", lambda parts, *case: torch.cat(joined(parts, *case), 1).chunk(len(parts), 1),
     "parts taken as equally long"),
    ("no return", lambda *case: None, None),
    ("the bracket left out", convolved(lag=lambda k, taps, d: taps - 1 - k * d), "a slice that cuts off outputs"),
    ("the bracket moved", convolved(lag=lambda k, taps, d: (taps - 1) * d - k), "taps one sample apart"),
    ("no lag", convolved(lag=lambda k, taps, d: 0), "taps that all read one sample"),
    ("from behind the zeros", convolved(lag=lambda k, taps, d: (taps - 1) * d), "taps that all read one sample"),
    ("a gap less in each", convolved(lambda taps, d: taps * (d - 1)), "a halo without the taps in it"),
    ("no first tap", lambda parts, weight, d: joined(parts, torch.cat([0 * weight[:, :1], weight[:, 1:]], 1), d),
     "a tap left out"),
    ("no last tap", lambda parts, weight, d: joined(parts, torch.cat([weight[:, :-1], 0 * weight[:, :1]], 1), d),
     "a tap left out"),
    ("a gap too far, and a halo to match", convolved(lambda taps, d: taps * d, lambda k, taps, d: (taps - k) * d),
     "taps a gap too far back"),
    ("a split by the first length", lambda parts, *case: torch.cat(joined(parts, *case), 1).split(parts[0].shape[1], 1),
     "parts taken as equally long"),
    ("nothing added up", lambda parts, weight, d: [weight[:, -1:] * part for part in parts], "the last tap alone"),
    ("the same length", lambda parts, weight, d: [F.conv1d(
        part, weight[:, None], dilation=d, groups=len(weight), padding="same") for part in parts],
     "outputs that look ahead"),
    ("the same length, joined", lambda parts, weight, d: list(F.conv1d(
        torch.cat(parts, 1), weight[:, None], dilation=d, groups=len(weight), padding="same").split(
        [part.shape[1] for part in parts], 1)), "outputs that look ahead"),
    ("padded besides", lambda parts, weight, d: [F.conv1d(
        torch.cat([halo(rank, parts, (weight.shape[1] - 1) * d), part], 1), weight[:, None], dilation=d,
        groups=len(weight), padding=(weight.shape[1] - 1) * d) for rank, part in enumerate(parts)],
     "padding besides the halo"),
    ("a halo of a gap more", lambda parts, weight, d: [
        y[:, : part.shape[1]] for y, part in zip(without_padding(lambda taps, d: taps * d)(parts, weight, d), parts,
        strict=True)], "taps a gap too far back"),
    ("a gap too far, and nothing mended", convolved(lambda taps, d: taps - 1, lambda k, taps, d: (taps - k) * d),
     "taps a gap too far back"),
    ("four gaps", convolved(lambda taps, d: 4 * d), "a fixed number of gaps"),
    ("ten gaps", convolved(lambda taps, d: 10 * d), None),
    ("a power", convolved(lambda taps, d: d ** (taps - 1)), "a power for a product"),
    ("between the taps, and one more", convolved(lambda taps, d: (taps - 1) * (d - 1) + 1),
     "a halo without the taps in it"),
    ("that of the next rank", convolved(before=lambda rank, parts, m: halo(rank + 1, parts, m)),
     "the halo of another rank"),
    ("that of the rank before", convolved(before=lambda rank, parts, m: halo(rank and rank - 1, parts, m)),
     "the halo of another rank"),
    ("that of the next rank, and nothing mended", convolved(
        lambda taps, d: taps - 1, before=lambda rank, parts, m: halo(rank + 1, parts, m)), "the halo of another rank"),
    ("that of the rank before, and nothing mended", convolved(
        lambda taps, d: taps - 1, before=lambda rank, parts, m: halo(rank - 1, parts, m)), "the halo of another rank"),
]  # fmt: skip


# Exercise 5: end_gradient (rank, totals, slopes, A)


def behind(parts=lambda rank, P: range(rank + 1, P), between=lambda rank, q: slice(rank + 1, q)):
    """A learner's double sum, with one thing changed."""

    def answer(rank, totals, slopes, A):
        g = torch.zeros(len(A))
        for q in parts(rank, len(totals)):
            g = g + torch.exp(A * totals[between(rank, q)].sum()) * slopes[q]
        return g

    return answer


def by_turning(rank, totals, slopes, A):
    """Turns the ranks round and uses the forward exchange."""
    return by_sums(len(totals) - 1 - rank, totals.flip(0), slopes.flip(0), A)


def back(step, order=lambda rank, P: range(P - 1, rank, -1), finish=lambda g, rank, totals, A: g):
    return carried(step, order, finish)


BACK = [
    ("a double sum", behind(), "right"),
    ("a loop", back(fade_then_add), "right"),
    ("turned round", by_turning, "right"),
    ("forwards", by_sums, "the forward direction"),
    ("forwards, by a loop from the neighbour", back(fade_then_add, lambda rank, P: range(rank - 1, -1, -1)),
     "the forward direction"),
    ("inclusive", back(fade_then_add, lambda rank, P: range(P - 1, rank - 1, -1)), "the own part counted"),
    ("a sum", lambda rank, totals, slopes, A: slopes[rank + 1 :].sum(0), "slopes that do not fade"),
    ("the next", lambda rank, totals, slopes, A: slopes[rank + 1] if rank + 1 < len(slopes) else torch.zeros_like(A),
     "the next part alone"),
    ("add, then fade", back(lambda g, decay, slope: decay * (g + slope)), "a slope that fades in its own part"),
    ("through the own part", behind(between=lambda rank, q: slice(rank, q)),
     "a gradient that has gone through the own part"),
    ("through both", behind(between=lambda rank, q: slice(rank, q + 1)),
     "a gradient that has gone through the own part"),
    ("upwards", back(fade_then_add, lambda rank, P: range(rank + 1, P)), "fading by the parts behind"),
    ("everybody", back(fade_then_add, lambda rank, P: range(P - 1, -1, -1)), "all ranks"),
    ("the own slope alone", lambda rank, totals, slopes, A: slopes[rank], "the own part counted"),
    ("a sum, inclusive", lambda rank, totals, slopes, A: slopes[rank:].sum(0), "the own part counted"),
    ("a sum of those before", lambda rank, totals, slopes, A: slopes[:rank].sum(0), "the forward direction"),
    ("a sum of all", lambda rank, totals, slopes, A: slopes.sum(0), "all ranks"),
    ("a loop from 0.0", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[q]) * g + slopes[q], range(len(totals) - 1, rank, -1), 0.0),
     "a number in the place of N zeros"),
    ("a loop from one zero", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[q]) * g + slopes[q], range(len(totals) - 1, rank, -1), torch.zeros(1)),
     "a number in the place of N zeros"),
    ("a loop from a tensor of one number", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[q]) * g + slopes[q], range(len(totals) - 1, rank, -1), torch.tensor(0.0)),
     "a number in the place of N zeros"),
    ("running sums the wrong way round", lambda rank, totals, slopes, A: (
        torch.exp((totals.cumsum(0)[rank] - totals.cumsum(0)[rank + 1 :])[:, None] * A) * slopes[rank + 1 :]).sum(0),
     "slopes that grow"),
    ("all the others", back(fade_then_add, lambda rank, P: [q for q in range(P) if q != rank]), "all ranks"),
    ("all the others, down", back(fade_then_add, lambda rank, P: [q for q in range(P - 1, -1, -1) if q != rank]),
     "all ranks"),
    ("all the others, added", lambda rank, totals, slopes, A: slopes.sum(0) - slopes[rank], "all ranks"),
    ("a second minus", back(lambda g, decay, slope: g / decay + slope), "slopes that grow"),
    ("no exp", lambda rank, totals, slopes, A: functools.reduce(lambda g, q: totals[q] * A * g + slopes[q],
     range(len(totals) - 1, rank, -1), 0 * A), "a sum taken for a decay"),
    ("one too few", back(fade_then_add, lambda rank, P: range(P - 1, rank + 1, -1)), "the next part left out"),
    ("without the last", behind(lambda rank, P: range(rank + 1, P - 1)), "the last part left out"),
    ("the total behind", lambda rank, totals, slopes, A: behind()(rank, totals.roll(-1), slopes, A),
     "the total of the part behind"),
    ("the last", lambda rank, totals, slopes, A: slopes[-1], "the last part alone"),
    ("zeros", lambda rank, totals, slopes, A: torch.zeros_like(A), "zeros for every rank"),
    ("a range without a step", back(fade_then_add, lambda rank, P: range(P - 1, rank)), "zeros for every rank"),
    ("upwards, inclusive", back(fade_then_add, lambda rank, P: range(rank, P)), "two mistakes at once"),
    ("the rank turned round", lambda rank, totals, slopes, A: by_sums(len(totals) - 1 - rank, totals, slopes, A),
     "rank and parts not turned round together"),
    ("running sums, one of them at rank − 1", lambda rank, totals, slopes, A: sum((slopes[q] * torch.exp(
        A * (totals.cumsum(0)[q - 1] - totals.cumsum(0)[rank - 1])) for q in range(rank + 1, len(slopes))), 0 * A),
     "a running sum before part 0"),
    ("running sums up to the end, one of them at rank − 1", lambda rank, totals, slopes, A: sum((slopes[q] * torch.exp(
        A * (totals.cumsum(0)[q] - totals.cumsum(0)[rank - 1])) for q in range(rank + 1, len(slopes))), 0 * A),
     "a running sum before part 0"),
    ("no return", lambda *case: None, None),
    ("a crash", lambda rank, totals, slopes, A: slopes[rank + 1] @ totals, None),
    ("the own slope added", lambda rank, totals, slopes, A: slopes[rank] + sum(
        torch.exp(A * totals[rank + 1 : q].sum()) * slopes[q] for q in range(rank + 1, len(totals))),
     "the own part counted"),
    ("all totals behind", lambda rank, totals, slopes, A: torch.exp(A * totals[rank + 1 :].sum())
     * slopes[rank + 1 :].sum(0), "fading by all parts behind"),
    ("a product of totals", lambda rank, totals, slopes, A: sum(
        (torch.exp(A * math.prod(totals[rank + 1 : q])) * slopes[q] for q in range(rank + 1, len(slopes))), 0 * A),
     "a product of totals"),
    ("from the last slope", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(totals[q] * A) * g + slopes[q], range(len(slopes) - 1, rank, -1), slopes[-1]),
     "the last slope twice"),
    ("no test for the last", lambda rank, totals, slopes, A: behind()(rank, totals, slopes, A)
     if rank < len(slopes) - 1 else slopes[rank], "a last rank that takes a slope"),
    ("Python's sum", lambda rank, totals, slopes, A: sum(
        torch.exp(A * totals[rank + 1 : q].sum()) * slopes[q] for q in range(rank + 1, len(slopes))),
     "a number in the place of N zeros"),
    ("the totals alone", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: math.exp(-totals[q]) * g + slopes[q], range(len(slopes) - 1, rank, -1), 0 * A),
     "a decay without A"),
    ("the mean of the totals", lambda rank, totals, slopes, A: behind()(
        rank, totals.mean().expand(len(totals)), slopes, A), "parts taken as equal"),
    ("everybody's", lambda rank, totals, slopes, A: torch.stack(
        [behind()(r, totals, slopes, A) for r in range(len(totals))]), "the gradients of all ranks"),
    ("the total before", lambda rank, totals, slopes, A: behind()(rank, totals.roll(1), slopes, A),
     "the total of the part before"),
    ("all totals up to there", behind(between=lambda rank, q: slice(q)), "fading from the first rank on"),
    ("no axis for the parts", lambda rank, totals, slopes, A: torch.sum(
        slopes[rank + 1 :] * torch.exp((totals.cumsum(0)[rank:-1] - totals.cumsum(0)[rank]) * A), 0),
     "an axis of parts that is missing"),
    ("its own total in the loop", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[rank]) * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "the total of the own part"),
    ("three parts at most", behind(lambda rank, P: range(rank + 1, min(rank + 4, P))), "a fixed number of parts"),
    ("two parts at most", behind(lambda rank, P: range(rank + 1, min(rank + 3, P))), "a fixed number of parts"),
    ("six parts at most", behind(lambda rank, P: range(rank + 1, min(rank + 7, P))), None),
    ("parts that are counted", lambda rank, totals, slopes, A: sum(
        (torch.exp((q - rank - 1) * A) * slopes[q] for q in range(rank + 1, len(totals))), 0 * A),
     "an input without effect"),
    ("what is small left out", lambda rank, totals, slopes, A: sum((slopes[q] * F.threshold(
        torch.exp(A * totals[rank + 1 : q].sum()), 1e-4, 0.0) for q in range(rank + 1, len(totals))), 0 * A), None),
    ("the last, faded", lambda rank, totals, slopes, A: torch.exp(A * totals[rank + 1 : -1].sum()) * slopes[-1]
     if rank < len(totals) - 1 else 0 * A, "the last part alone"),
    ("Euler", lambda rank, totals, slopes, A: functools.reduce(lambda g, q: g + totals[q] * A * g + slopes[q],
     range(len(totals) - 1, rank, -1), 0 * A), "Euler's decay"),
    ("summed over N", lambda rank, totals, slopes, A: torch.stack(
        [(torch.exp(A * totals[rank + 1 : q].sum()) * slopes[q]).sum() for q in range(rank + 1, len(totals))]
        or [0 * A[0]]), "a sum over the states"),
    ("a quotient", lambda rank, totals, slopes, A: sum(
        (torch.exp(A * totals[:q].sum()) / torch.exp(A * totals[: rank + 1].sum()) * slopes[q]
         for q in range(rank + 1, len(totals))), 0 * A), "not a number where a part is long"),
    ("one total too few", behind(between=lambda rank, q: slice(rank + 1, q - 1)), "a part between that does not fade"),
    ("one total too late", behind(between=lambda rank, q: slice(rank + 2, q)), "a part between that does not fade"),
    ("everybody, in a sum", behind(lambda rank, P: range(P)), "all ranks"),
    ("a running sum in the loop", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[q:].sum()) * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "a loop and a sum mixed"),
    ("all up to there in the loop", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals[rank + 1 : q + 1].sum()) * g + slopes[q],
        range(len(totals) - 1, rank, -1), 0 * A), "a loop and a sum mixed"),
    ("the formula's sum in the loop", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * sum(totals[rank + 1 : q])) * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "a loop and a sum mixed"),
    ("A outside", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(totals[q]) * A * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "an exponential of one factor"),
    ("the total outside", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: totals[q] * A.exp() * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "an exponential of one factor"),
    ("A outside, in a sum", lambda rank, totals, slopes, A: sum(
        (A * torch.exp(totals[rank + 1 : q].sum()) * slopes[q] for q in range(rank + 1, len(totals))), 0 * A),
     "an exponential of one factor"),
    ("kept, and the rest added", back(lambda g, decay, slope: g + decay * g + slope),
     "a gradient that is kept and fades besides"),
    ("a running sum of totals", lambda rank, totals, slopes, A: sum(
        (torch.exp(A * totals.cumsum(0)[q]) * slopes[q] for q in range(rank + 1, len(slopes))), 0 * A),
     "fading from the first rank on"),
    ("a sum of decays", lambda rank, totals, slopes, A: slopes[rank] * 0 + sum(
        (sum(torch.exp(T * A) for T in totals[rank + 1 : q]) if q > rank + 1 else 1) * slopes[q]
        for q in range(rank + 1, len(totals))), "decays that are added up"),
    ("the next total alone", behind(between=lambda rank, q: slice(rank + 1, min(rank + 2, q))),
     "fading by one part alone"),
    ("the total before it alone", behind(between=lambda rank, q: slice(max(q - 1, rank + 1), q)),
     "fading by one part alone"),
    ("the next total, for the next part as well", behind(between=lambda rank, q: slice(rank + 1, rank + 2)),
     "fading by one part alone"),
    ("the total before it, the own one as well", behind(between=lambda rank, q: slice(q - 1, q)),
     "fading by one part alone"),
    ("the next, faded", lambda rank, totals, slopes, A: torch.exp(A * totals[rank + 1]) * slopes[rank + 1]
     if rank + 1 < len(slopes) else 0 * A, "the next part alone"),
    ("from ones", lambda rank, totals, slopes, A: behind()(rank, totals, slopes, A)
     + torch.exp(A * totals[rank + 1 :].sum()), "a beginning with ones"),
    ("turned round, up to the rank", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: torch.exp(A * totals.flip(0)[q]) * g + slopes.flip(0)[q], range(rank), 0 * A),
     "as many parts behind as before"),
    ("a sum without the next", behind(lambda rank, P: range(rank + 2, P)), "the next part left out"),
    ("a ring", lambda rank, totals, slopes, A: slopes[(rank + 1) % len(slopes)] + behind(
        lambda rank, P: range(rank + 2, P))(rank, totals, slopes, A), "a last rank that takes a slope"),
    ("a derivative by the total", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: A * torch.exp(A * totals[q]) * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "a derivative of the decay"),
    ("a derivative by A", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: totals[q] * torch.exp(A * totals[q]) * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A),
     "a derivative of the decay"),
    ("a derivative by the total, in a sum", lambda rank, totals, slopes, A: A * behind()(rank, totals, slopes, A),
     "a derivative of the decay"),
    ("a derivative by A, in a sum", lambda rank, totals, slopes, A: sum(
        ((T := totals[rank + 1 : q].sum()) * (A * T).exp() * slopes[q] for q in range(rank + 1, len(totals))), 0 * A),
     "a derivative of the decay"),
    ("the totals turned round", lambda rank, totals, slopes, A: by_sums(
        len(totals) - 1 - rank, totals.flip(0), slopes, A), "one of two turned round"),
    ("the slopes turned round", lambda rank, totals, slopes, A: by_sums(
        len(totals) - 1 - rank, totals, slopes.flip(0), A), "one of two turned round"),
    ("a mean", lambda rank, totals, slopes, A: (torch.exp(
        A * (totals[rank + 1 :].cumsum(0) - totals[rank + 1 :])[:, None]) * slopes[rank + 1 :]).mean(0),
     "a mean for a sum"),
    ("the slope before", lambda rank, totals, slopes, A: sum(
        (torch.exp(A * totals[rank + 1 : q].sum()) * slopes[q - 1] for q in range(rank + 1, len(totals))), 0 * A),
     "the own part counted"),
    ("its own slope in the sum", lambda rank, totals, slopes, A: sum(
        (torch.exp(A * totals[rank + 1 : q].sum()) * slopes[rank] for q in range(rank + 1, len(totals))), 0 * A),
     "the own part counted"),
    ("both sides", lambda rank, totals, slopes, A: behind()(rank, totals, slopes, A)
     + by_sums(rank, totals, slopes, A), "all ranks"),
    ("from the own rank on", lambda rank, totals, slopes, A: torch.stack(
        [behind()(r, totals, slopes, A) for r in range(rank, len(totals))]), "the gradients of all ranks"),
    ("exp2", lambda rank, totals, slopes, A: behind()(rank, totals, slopes, math.log(2) * A), "a power of 2"),
    ("half-lives", lambda rank, totals, slopes, A: functools.reduce(
        lambda g, q: 0.5 ** totals[q] * g + slopes[q], range(len(totals) - 1, rank, -1), 0 * A), "a power of 2"),
]  # fmt: skip


test_an_answer_gets_its_verdict = judged(
    rows("15", summary=SUMMARY, own_start=START, corrected=CORRECTED, halo=HALO, convolve_parts=HUNT, end_gradient=BACK)
)
