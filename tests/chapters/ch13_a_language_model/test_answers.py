"""Answers to the exercises of notebook 13 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import binascii
import hashlib
import itertools
import math
import random
import re
import unicodedata
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba import InferenceParams
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch13_a_language_model.exercises import draw_byte
from lite_mamba.course.checking.trial import judge, trials

# Exercise 1: bits_per_byte (logits, ids)


def bits_by_a_loop(logits, ids):
    total = 0.0
    for t in range(len(ids) - 1):
        p = torch.softmax(logits[t], dim=0)
        total += -math.log2(p[ids[t + 1]])
    return total / (len(ids) - 1)


def bits_by_exp2(logits, ids):
    log2 = logits.double() / math.log(2)
    norm = torch.log2(torch.exp2(log2).sum(1))
    return float(np.mean([float(norm[t] - log2[t, ids[t + 1]]) for t in range(len(ids) - 1)]))


def bits_one_hot(logits, ids):
    p = logits.softmax(dim=1)
    chosen = (p[:-1] * F.one_hot(ids[1:], 256)).sum(1)
    return chosen.log2().neg().mean().item()


def bits_without_return(logits, ids):
    F.cross_entropy(logits[:-1], ids[1:]) / math.log(2)


def bits_of_a_product(logits, ids):
    p = 1.0
    for row, byte in zip(logits.double(), ids[1:], strict=False):
        p *= row.softmax(0)[byte].item()
    return -math.log2(p) / (len(ids) - 1)


def ce(logits, ids, **more):
    return F.cross_entropy(logits, ids, **more).item()


ONE_GUESS = "one guess in the place of all"
SMALL = "a small number beside each probability"
EPS = torch.finfo(torch.float32).eps


def bits_by_categorical(logits, ids):
    guesses = torch.distributions.Categorical(probs=logits[:-1].softmax(-1))  # none of them less than EPS
    return -guesses.log_prob(ids[1:]).mean().item() / math.log(2)


def bits_of_one_guess(last, over_all):
    """A `return` in the loop, or `=` in the place of `+=`."""

    def bits_per_byte(logits, ids):
        for row, byte in zip(logits, ids[1:], strict=False):
            bits = -math.log2(row.softmax(-1)[byte])
            if not last:
                break
        return bits / (len(ids) - 1 if over_all else 1)

    return bits_per_byte


def bits_weighed(logits, ids, add=torch.mean):
    p = logits[:-1].softmax(-1)[torch.arange(len(ids) - 1), ids[1:]]
    return -add(p * p.log2()).item()


def bits_with(chances):
    """The bits of the probabilities that a learner makes of the logits, or of those that came."""

    def bits_per_byte(logits, ids):
        return -chances(logits[:-1], ids[1:, None]).log2().mean().item()

    return bits_per_byte


def bits_by_bce(logits, ids, **more):
    return F.binary_cross_entropy_with_logits(logits[:-1], F.one_hot(ids[1:], 256).float(), **more).item()


TWO = "two mistakes at once"


ALL_BYTES = "all bytes in the place of the one that came"
AS_LOG_P = "logits taken for log-probabilities"


def below_the_largest(x, ids):
    """The cost in nats if the largest logit is taken for the sum."""
    return (x[:-1].max(1).values - x[range(len(ids) - 1), ids[1:]]).mean().item()


def bits_halved_until(cut):
    """A learner who counts how often 1 is halved, in whole numbers."""

    def bits_per_byte(logits, ids):
        costs = [-math.log2(row.softmax(-1)[byte]) for row, byte in zip(logits, ids[1:], strict=False)]
        return sum(map(cut, costs)) / len(costs)

    return bits_per_byte


BITS = [
    ("a mean over the table", lambda x, ids: -x[:-1].softmax(-1).log2().mean().item(), ALL_BYTES),
    ("a mean over the table of all places", lambda x, ids: -x.log_softmax(-1).mean().item(), ALL_BYTES),
    ("a sum over all bytes", lambda x, ids: -x[:-1].softmax(-1).log2().sum(1).mean().item(), ALL_BYTES),
    ("softmax over the text, in nats", lambda x, i: -x.log_softmax(0)[range(len(i) - 1), i[1:]].mean().item(),
     "a softmax over the places"),
    ("below the largest", lambda x, ids: below_the_largest(x, ids) / math.log(2), AS_LOG_P),
    ("below the largest, in nats", below_the_largest, AS_LOG_P),
    ("whole bits", bits_halved_until(math.ceil), "a rounded number"),
    ("whole bits, cut off", bits_halved_until(int), "a rounded number"),
    ("a byte that is passed over", lambda x, i: ce(x, torch.cat([i[1:], i.new_tensor([-100])])) / math.log(2), "right"),
    ("a cross entropy of yes and no", lambda x, ids: bits_by_bce(x, ids) / math.log(2),
     "a sigmoid in the place of a softmax"),
    ("a cross entropy of yes and no, added up",
     lambda x, ids: bits_by_bce(x, ids, reduction="sum") / math.log(2) / (len(ids) - 1),
     "a sigmoid in the place of a softmax"),
    ("a ring the wrong way round", lambda x, ids: ce(x, ids.roll(1)) / math.log(2), "a shift the wrong way round"),
    ("nats over L", lambda x, ids: ce(x[:-1], ids[1:], reduction="sum") / len(ids), TWO),
    ("a ring, in nats", lambda x, ids: ce(x, ids.roll(-1)), TWO),
    ("no minus, added up", lambda x, i: x.softmax(1)[range(len(i) - 1), i[1:]].log2().sum().item(), TWO),
    ("over ln 2 too early", lambda x, ids: ce(x[:-1] / math.log(2), ids[1:]), "another base in the softmax"),
    (
        "over ln 2 before and behind",
        lambda x, ids: ce(x[:-1] / math.log(2), ids[1:]) / math.log(2),
        "another base in the softmax",
    ),
    (
        "a zero behind the text",
        lambda x, ids: ce(x, torch.cat([ids[1:], ids.new_zeros(1)])) / math.log(2),
        "a guess of a byte that is not there",
    ),
    (
        "the mean of a table",
        lambda x, ids: -(x[:-1].log_softmax(-1) * F.one_hot(ids[1:], 256)).mean().item() / math.log(2),
        "a mean over zeros",
    ),
    (
        "shares of powers of 2",
        bits_with(lambda x, to: (x.exp2() / x.exp2().sum(1, keepdim=True)).gather(1, to)),
        "another base in the softmax",
    ),
    ("a cost that is rare", bits_with(lambda x, to: x.softmax(1).gather(1, to) + 1e-12), SMALL),
    ("a lower bound", bits_with(lambda x, to: x.softmax(1).gather(1, to).clamp(min=1e-8)), SMALL),
    (
        "log2, over ln 2",
        lambda x, ids: bits_with(lambda x, to: x.softmax(1).gather(1, to))(x, ids) / math.log(2),
        "bits divided by ln 2",
    ),
    ("over ln 256", lambda x, ids: ce(x[:-1], ids[1:]) / math.log(256), "a byte divided by 8"),
    ("the first guess", bits_of_one_guess(last=False, over_all=False), ONE_GUESS),
    ("the first guess over L − 1", bits_of_one_guess(last=False, over_all=True), ONE_GUESS),
    ("the last guess over L − 1", bits_of_one_guess(last=True, over_all=True), ONE_GUESS),
    ("the last guess", lambda logits, ids: ce(logits[-2], ids[-1]) / math.log(2), ONE_GUESS),
    ("p log p", bits_weighed, "a cost that is weighed once more"),
    (
        "p log p, added up",
        lambda logits, ids: bits_weighed(logits, ids, torch.sum),
        "a cost that is weighed once more",
    ),
    (
        "a mean of probabilities",
        lambda logits, ids: logits[:-1].softmax(-1).gather(1, ids[1:, None]).mean().item(),
        "probabilities without a logarithm",
    ),
    ("a mean by hand, too", lambda x, ids: ce(x[:-1], ids[1:]) / math.log(2) / (len(ids) - 1), "a mean of a mean"),
    ("bytes first", lambda x, ids: ce(ids[1:], x[:-1]) / math.log(2), "logits and bytes exchanged"),
    ("cross_entropy", lambda x, ids: ce(x[:-1], ids[1:]) / math.log(2), "right"),
    ("a loop", bits_by_a_loop, "right"),
    ("log2 of the softmax", lambda x, ids: -x.softmax(-1)[range(len(ids) - 1), ids[1:]].log2().mean().item(), "right"),
    ("exp2 in float64", bits_by_exp2, "right"),
    ("one hot", bits_one_hot, "right"),
    ("logsumexp", lambda x, i: float((x.logsumexp(1)[:-1] - x[range(len(i) - 1), i[1:]]).mean()) * 1.442695, "right"),
    ("cross_entropy alone", lambda x, ids: ce(x[:-1], ids[1:]), "nats in the place of bits"),
    ("log of the softmax", lambda x, i: -x.softmax(1)[range(len(i) - 1), i[1:]].log().mean().item(),
     "nats in the place of bits"),
    ("times ln 2", lambda x, ids: ce(x[:-1], ids[1:]) * math.log(2), "bits turned into nats"),
    ("over log2 of e", lambda x, ids: ce(x[:-1], ids[1:]) / math.log2(math.e), "bits turned into nats"),
    ("log10", lambda x, i: -x.softmax(1)[range(len(i) - 1), i[1:]].log10().mean().item(), "a logarithm to the base 10"),
    ("no shift", lambda x, ids: ce(x, ids) / math.log(2), "a byte that judges its own logits"),
    ("both cut in front", lambda x, ids: ce(x[1:], ids[1:]) / math.log(2), "a byte that judges its own logits"),
    ("both cut behind", lambda x, ids: ce(x[:-1], ids[:-1]) / math.log(2), "a byte that judges its own logits"),
    ("the other shift", lambda x, ids: ce(x[1:], ids[:-1]) / math.log(2), "a shift the wrong way round"),
    ("a ring", lambda x, ids: ce(x, torch.roll(ids, -1)) / math.log(2), "a guess of a byte that is not there"),
    ("a sum", lambda x, i: ce(x[:-1], i[1:], reduction="sum") / math.log(2), "a sum in the place of a mean"),
    ("over L", lambda x, i: ce(x[:-1], i[1:], reduction="sum") / math.log(2) / len(i), "a guess too many in the count"),
    ("log of the mean", lambda x, i: -math.log2(x.softmax(1)[range(len(i) - 1), i[1:]].mean()),
     "the logarithm of a mean"),
    ("no softmax", lambda x, i: -float(x[range(len(i) - 1), i[1:]].mean()) / math.log(2),
     "logits taken for log-probabilities"),
    ("softmax twice", lambda x, ids: ce(x.softmax(-1)[:-1], ids[1:]) / math.log(2), "a softmax of a softmax"),
    ("no minus", lambda x, ids: -ce(x[:-1], ids[1:]) / math.log(2), "a negative cost"),
    ("no return", bits_without_return, None),
    ("a tensor", lambda x, ids: F.cross_entropy(x[:-1], ids[1:]) / math.log(2), None),
    ("eight", lambda x, ids: 8.0, None),
    ("a crash", lambda x, ids: ce(x, ids[1:]), None),
    ("perplexity", lambda x, ids: 2 ** (ce(x[:-1], ids[1:]) / math.log(2)), "a perplexity"),
    ("the logits themselves", lambda x, ids: F.nll_loss(x[:-1], ids[1:]).item(), "logits taken for log-probabilities"),
    ("softmax over the text", lambda x, i: -x.softmax(0)[range(len(i) - 1), i[1:]].log2().mean().item(),
     "a softmax over the places"),
    ("a cost for each byte", lambda x, ids: F.cross_entropy(x[:-1], ids[1:], reduction="none") / math.log(2),
     "a cost for each byte"),
    ("a list of costs", lambda x, ids: [ce(x[i], ids[i + 1]) / math.log(2) for i in range(len(ids) - 1)],
     "a cost for each byte"),
    ("the likeliest", lambda x, ids: -x.softmax(-1).amax(-1)[:-1].log2().mean().item(),
     "the likeliest byte in the place of the one that came"),
    ("a sigmoid", lambda x, i: -x.sigmoid()[range(len(i) - 1), i[1:]].log2().mean().item(),
     "a sigmoid in the place of a softmax"),
    ("a billionth more", lambda x, i: -(x.softmax(-1)[range(len(i) - 1), i[1:]] + 1e-8).log2().mean().item(),
     "a small number beside each probability"),
    ("at least a millionth", lambda x, i: -x.softmax(-1)[range(len(i) - 1), i[1:]].clamp(min=1e-6).log2().mean().item(),
     "a small number beside each probability"),
    ("eps more", lambda x, i: -(x.softmax(-1)[range(len(i) - 1), i[1:]] + EPS).log2().mean().item(), SMALL),
    ("Categorical of probabilities", bits_by_categorical, SMALL),
    ("no minus, in nats", lambda x, i: -ce(x[:-1], i[1:]), "a negative cost"),
    ("the other shift, in nats", lambda x, i: ce(x[1:], i[:-1]), "a shift the wrong way round"),
    ("no shift, over L − 1", lambda x, i: ce(x, i, reduction="sum") / math.log(2) / (len(i) - 1),
     "a byte that judges its own logits"),
    ("a ring, over L − 1", lambda x, i: ce(x.roll(1, 0), i, reduction="sum") / math.log(2) / (len(i) - 1),
     "a guess of a byte that is not there"),
    ("the entropy in nats", lambda x, i: torch.distributions.Categorical(logits=x[:-1]).entropy().mean().item(),
     "the entropy of the guess"),
    ("a product", lambda x, ids: -float(x[:-1].softmax(-1).gather(1, ids[1:, None]).prod().log2()) / (len(ids) - 1),
     "a product that a float cannot hold"),
    ("a product in float64", bits_of_a_product, "a product that a float cannot hold"),
    ("a sum of nats", lambda x, ids: ce(x[:-1], ids[1:], reduction="sum"), "a sum in the place of a mean"),
    ("no shift, and nats", lambda x, ids: ce(x, ids), "a byte that judges its own logits"),
    ("two on", lambda x, ids: ce(x[:-2], ids[2:]) / math.log(2), "a shift of two places"),
    ("from the second row on", lambda x, ids: ce(x[1:-1], ids[2:]) / math.log(2), "a second byte that costs nothing"),
    ("8 bits at first", lambda x, ids: (8 + ce(x[:-1], ids[1:], reduction="sum") / math.log(2)) / len(ids),
     "a first byte that costs 8 bits"),
    ("one sum for the table", lambda x, i: -(x[:-1].exp() / x[:-1].exp().sum())[range(len(i) - 1), i[1:]].log2().mean()
     .item(), "a softmax over the places"),
    ("log2 of log_softmax", lambda x, i: -x.log_softmax(1)[range(len(i) - 1), i[1:]].log2().mean().item(), None),
    ("a softmax of logarithms", lambda x, ids: ce(x[:-1].log(), ids[1:]) / math.log(2), None),
    ("the mean of nothing", lambda x, ids: ce(x[:0], ids[:0]) / math.log(2), None),
    ("shares of the logits", lambda x, i: -(x / x.sum(1, keepdim=True))[range(len(i) - 1), i[1:]].log2().mean().item(),
     "logits taken for probabilities"),
    ("floor division", lambda x, ids: ce(x[:-1], ids[1:]) // math.log(2), "a rounded number"),
    ("bytes as floats", lambda x, ids: ce(x[:-1], ids[1:].float()), "an index that is not a whole number"),
    ("log2 of the logits", lambda x, i: -x[range(len(i) - 1), i[1:]].log2().mean().item(),
     "logits taken for probabilities"),
    ("log2 of the nats", lambda x, ids: math.log2(ce(x[:-1], ids[1:])), "a logarithm too many"),
    ("one guess fewer", lambda x, ids: ce(x[:-2], ids[1:-1]) / math.log(2), "a last byte that costs nothing"),
    ("one byte fewer in the loop", lambda x, ids: bits_by_a_loop(x[:-1], ids[:-1]), "a last byte that costs nothing"),
    ("over 8", lambda x, ids: ce(x[:-1], ids[1:]) / math.log(2) / 8, "a byte divided by 8"),
    ("over log10(2)", lambda x, ids: ce(x[:-1], ids[1:]) / math.log10(2), "a logarithm to the base 10"),
    (
        "the entropy",
        lambda x, ids: -float((x[:-1].softmax(-1) * x[:-1].softmax(-1).log2()).sum(-1).mean()),
        "the entropy of the guess",
    ),
    (
        "accuracy",
        lambda x, ids: float((x[:-1].argmax(-1) == ids[1:]).float().mean()),
        "guesses counted as right or wrong",
    ),
    (
        "a median",
        lambda x, i: float(F.cross_entropy(x[:-1], i[1:], reduction="none").median()) / math.log(2),
        "a median in the place of a mean",
    ),
    ("a probability's mean", lambda x, ids: -float(x[:-1].softmax(-1).gather(1, ids[1:, None]).mean()),
     "probabilities without a logarithm"),
    ("nll_loss of a softmax", lambda x, ids: F.nll_loss(x[:-1].softmax(-1), ids[1:]).item() / math.log(2),
     "probabilities without a logarithm"),
    ("all pairs", lambda x, ids: -x[:-1].log_softmax(-1)[:, ids[1:]].mean().item() / math.log(2),
     "every place with every byte"),
    ("two digits", lambda x, ids: round(ce(x[:-1], ids[1:]) / math.log(2), 2), "a rounded number"),
    ("a whole number", lambda x, ids: int(ce(x[:-1], ids[1:]) / math.log(2)), "a rounded number"),
    ("the entropy of all rows",
     lambda x, ids: torch.distributions.Categorical(logits=x).entropy().mean().item() / math.log(2),
     "the entropy of the guess"),
]  # fmt: skip


# Exercise 2: ngram (text, context)


def ngram_recursive(text, context):
    lower = ngram_recursive(text, context[1:]) if context else torch.full((256,), 1 / 256)
    counts = torch.zeros(256)
    for i in range(len(text)):
        if i >= len(context) and text[i - len(context) : i] == context:
            counts[text[i]] += 1
    return (counts + lower) / (counts.sum() + 1)


def ngram_endswith(text, context):
    p = [1 / 256] * 256
    ends = [context[i:] for i in range(len(context), -1, -1)]
    for end in ends:
        after = [text[i] for i in range(len(end), len(text)) if text[:i].endswith(end)]
        p = [(after.count(b) + p[b]) / (1 + len(after)) for b in range(256)]
    return torch.tensor(p)


def ngram_startswith(text, context):
    p = torch.ones(256) / 256
    for k in range(0, len(context) + 1):
        end, n = context[len(context) - k :], 0
        counts = torch.zeros(256, dtype=torch.float64)
        for i in range(len(text) - k):
            if text.startswith(end, i):
                counts[text[i + k]] += 1
                n += 1
        p = counts / (n + 1) + p / (n + 1)
    return p


def ngram_find(text, context):
    p = torch.full((256,), 1 / 256, dtype=torch.float64)
    for k in range(len(context) + 1):
        end = context[len(context) - k :]
        counts, at = np.zeros(256), text.find(end)
        while 0 <= at < len(text) - k:
            counts[text[at + k]] += 1
            at = text.find(end, at + 1)
        p = (torch.from_numpy(counts) + p) / (counts.sum() + 1)
    return p


def ngram_dict(text, context):
    table = {}
    for size in range(len(context) + 1):
        for i in range(len(text) - size):
            table.setdefault(text[i : i + size], []).append(text[i + size])
    p = torch.tensor([1 / 256] * 256)
    for start in reversed(range(len(context) + 1)):
        found = table.get(context[start:], [])
        p = torch.tensor([(found.count(b) + float(p[b])) / (len(found) + 1) for b in range(256)])
    return p


def ngram_by(ends, mix=lambda counts, p: (counts + p) / (counts.sum() + 1), off=0, start=1 / 256, more=0):
    """A learner's loop with one thing changed: the ends, the mixture, the byte, the start, or the places."""

    def answer(text, context):
        p = torch.ones(256) * start
        for end in ends(context):
            counts = torch.zeros(256)
            for i in range(len(text) - len(end) + more):
                if text[i : i + len(end)] == end:
                    counts[text[i + len(end) + off]] += 1
            p = mix(counts, p)
        return p

    return answer


def ngram_with_count(text, context):
    p = torch.full((256,), 1 / 256)
    for k in range(len(context) + 1):
        end = context[len(context) - k :]
        counts = torch.tensor([float(text.count(end + bytes([b]))) for b in range(256)])
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_with_finditer(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        counts = torch.zeros(256)
        for match in re.finditer(re.escape(end), text):
            if match.end() < len(text):
                counts[text[match.end()]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_short(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        counts = torch.zeros(256)
        for i in range(len(end), len(text) - 1):
            if text[i - len(end) : i] == end:
                counts[text[i]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ends(context):
    return [context[len(context) - k :] for k in range(len(context) + 1)]


def ngram_in_front(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        before = [text[i - 1] for i in range(1, len(text) - len(end) + 1) if text[i:].startswith(end)]
        p = (torch.tensor([before.count(b) for b in range(256)]) + p) / (len(before) + 1)
    return p


def ngram_in_one_table(text, context):
    p, counts = torch.full((256,), 1 / 256), torch.zeros(256)
    for end in ends(context):
        for i in range(len(end), len(text)):
            if text[:i].endswith(end):
                counts[text[i]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_with_every_place(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        places = [i for i in range(len(end), len(text) + 1) if text[:i].endswith(end)]
        counts = torch.bincount(torch.tensor([text[i] for i in places if i < len(text)], dtype=int), minlength=256)
        p = (counts + p) / (len(places) + 1)
    return p


def ngram_with_all_ends(text, context):
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        counts, times = torch.zeros(256), 0
        for i in range(len(text)):
            if text[i : i + size] == context[len(context) - size :]:
                times += 1
                if i + size < len(text):
                    counts[text[i + size]] += 1
        p = (counts + p) / (times + 1)
    return p


def ngram_at_the_first(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        place, counts = text.find(end) + len(end), torch.zeros(256)
        if end in text and place < len(text):
            counts[text[place]] = 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_longest_only(text, context):
    for end in reversed(ends(context)):
        found = [text[i + len(end)] for i in range(len(text) - len(end)) if text[i : i + len(end)] == end]
        if found:
            return torch.tensor([found.count(b) / len(found) for b in range(256)])
    return torch.full((256,), 1 / 256)


def ngram_add_one_to_the_longest(text, context):
    for end in reversed(ends(context)):
        found = [text[i + len(end)] for i in range(len(text) - len(end)) if text[i : i + len(end)] == end]
        if found:
            return torch.tensor([(found.count(b) + 1) / (len(found) + 256) for b in range(256)])
    return torch.full((256,), 1 / 256)


def ngram_at_the_match(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        counts = torch.zeros(256)
        for i in range(len(text) - len(end)):
            if text[i : i + len(end)] == end:
                counts[text[i]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_mixed(mix, step=lambda end: 1):
    def f(text, context):
        p = torch.full((256,), 1 / 256)
        for end in ends(context):
            counts = torch.zeros(256)
            for i in range(0, len(text) - len(end), step(end)):
                if text[i : i + len(end)] == end:
                    counts[text[i + len(end)]] += 1
            p = mix(counts, p)
        return p

    return f


def ngram_from(followers, observed=lambda n, p: n + p):
    """An n-gram that asks `followers(text, end)` for what stands behind an end, and mixes its counts with p."""

    def answer(text, context):
        p = torch.full((256,), 1 / 256)
        for size in range(len(context) + 1):
            found = followers(text, context[len(context) - size :])
            counts = torch.tensor([float(found.count(byte)) for byte in range(256)])
            p = observed(counts, p) / (1 + len(found))
        return p

    return answer


def all_after(text, end, more=0):
    return [text[i + more] for i in range(len(end), len(text) - more) if text[:i].endswith(end)]


def ngram_in_a_line(mix):
    def answer(text, context):
        p = torch.ones(256) / 256
        for size in range(len(context) + 1):
            found = all_after(text, context[len(context) - size :])
            p = mix(torch.tensor([found.count(byte) for byte in range(256)]).float(), torch.tensor(len(found)), p)
        return p

    return answer


def counts_over_counts(text, context):
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        end = context[len(context) - size :]
        counts = torch.tensor([float(text.count(end + bytes([b]))) for b in range(256)])
        p = (counts + p) / (text.count(end) + 1)
    return p


def mixed_at_each_match(text, context):
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        counts = torch.zeros(256)
        for i in range(size, len(text)):
            if text[i - size : i] == context[len(context) - size :]:
                counts[text[i]] += 1
                p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_up_to(places):
    def answer(text, context):
        p = torch.full((256,), 1 / 256)
        for size in range(len(context) + 1):
            end, counts = context[len(context) - size :], torch.zeros(256)
            for i in range(places(text, size)):
                if text[i : i + size] == end:
                    counts[text[i + size]] += 1
            p = (counts + p) / (counts.sum() + 1)
        return p

    return answer


def ngram_longest_and_a_start(text, context):
    for end in reversed(ends(context)):
        if found := all_after(text, end):
            return torch.tensor([(found.count(b) + 1 / 256) / (len(found) + 1) for b in range(256)])


def taken_by_finditer(text, end):
    return [match[1][0] for match in re.finditer(re.escape(end) + b"(.)", text)]


def ngram_counted_twice(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        found = all_after(text, end)
        p = (torch.tensor([found.count(b) for b in range(256)]) + p) / (text.count(end) + 1)
    return p


def ngram_sliced(text, context):
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        end, counts = context[len(context) - size :], torch.zeros(256)
        for i in range(len(text) - size):
            if text[i:size] == end:
                counts[text[i + size]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def ngram_of_what_is_left(text, context):
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        end, counts = context[size:], torch.zeros(256)
        for i in range(len(text) - size):
            if text[i : i + size] == end:
                counts[text[i + size]] += 1
        p = (counts + p) / (counts.sum() + 1)
    return p


def found_by(pattern, text, flags=0):
    return [found[0] for found in re.findall(pattern, text, flags)]


def ngram_of_text(encoding):
    def answer(text, context):
        text, context, p = text.decode(encoding), context.decode(encoding), torch.full((256,), 1 / 256)
        for end in ends(context):
            counts = torch.zeros(256)
            for letter in all_after(text, end):
                counts[ord(letter)] += 1
            p = (counts + p) / (counts.sum() + 1)
        return p

    return answer


def text_counts(text):
    return lambda end: torch.bincount(torch.tensor(all_after(text, end), dtype=torch.long), minlength=256)


def ngram_normalised_at_each_byte(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        for byte in all_after(text, end):
            p[byte] += 1
            p /= p.sum()
    return p


def mix(n, p):
    return (n + p) / (n.sum() + 1)


def mix_those_that_followed(n, p):
    for byte in n.nonzero()[:, 0]:
        p[byte] = (n[byte] + p[byte]) / (n.sum() + 1)
    return p


def ngram_of_lists(text, context):
    """A list is equal to no bytes, so nothing is ever counted."""
    p = torch.full((256,), 1 / 256)
    for k in range(len(context) + 1):
        n = torch.zeros(256)
        for i in range(len(text) - k):
            n[text[i + k]] += list(text)[i : i + k] == context[len(context) - k :]
        p = mix(n, p)
    return p


def ngram_over_all_places(text, context):
    p = torch.full((256,), 1 / 256)
    for size, end in enumerate(ends(context)):
        counts = torch.bincount(torch.tensor(all_after(text, end), dtype=torch.long), minlength=256)
        p = (counts + p) / (len(text) - size + 1)
    return p


def without_the_first(text, end):
    return [text[i + len(end)] for i in range(1, len(text) - len(end)) if text[i:].startswith(end)]


def looking_back(places, found):
    """A learner who goes through the places behind the ends, with other places or another comparison."""

    def answer(text, context):
        p = torch.full((256,), 1 / 256)
        for k in range(len(context) + 1):
            n = torch.zeros(256)
            for i in places(len(text), k):
                if found(text[i - k : i], context[len(context) - k :]):
                    n[text[i]] += 1
            p = mix(n, p)
        return p

    return answer


def up_to_the_first_rare_end(text, context):
    p = torch.full((256,), 1 / 256)
    for end in ends(context):
        found = all_after(text, end)
        if len(found) < 2:
            return p
        p = (torch.tensor([found.count(b) for b in range(256)]) + p) / (len(found) + 1)
    return p


def nothing_of_what_is_not_there(text, context):
    return ngram_recursive(text, context) if context in text else torch.full((256,), 1 / 256)


def kinds(n):
    return (n > 0).sum()


def ngram_by_one_array(text, context):
    """Whether the last k bytes before each place agree, place by place at once."""
    letters, p = np.frombuffer(text, np.uint8), np.full(256, 1 / 256)
    agree = np.ones(len(letters), bool)
    for k in range(len(context) + 1):
        if k:
            agree &= np.concatenate([np.zeros(k, bool), letters == context[-k]])[: len(letters)]
        n = np.bincount(letters[agree], minlength=256)
        p = (n + p) / (n.sum() + 1)
    return torch.from_numpy(p)


def ngram_from_shares(text, context):
    p = torch.bincount(torch.tensor(list(text)), minlength=256) / len(text)
    for end in ends(context)[1:]:
        p = mix(torch.tensor([all_after(text, end).count(b) for b in range(256)]), p)
    return p


def ngram_by_count_from_one(text, context):
    p = torch.full((256,), 1 / 256)
    for k in range(1, len(context) + 1):
        p = mix(torch.tensor([text.count(context[-k:] + bytes([b])) for b in range(256)]), p)
    return p


def ngram_averaged(shares, start=()):
    """The mean over the ends, each by itself; `start` are further distributions in it."""

    def answer(text, context):
        found = [*start, *(shares(text_counts(text)(end).float()) for end in ends(context))]
        return torch.stack([one for one in found if one is not None]).mean(0)

    return answer


def up_to(most):
    return lambda context: [context[len(context) - k :] for k in range(min(most, len(context)) + 1)]


def share_of_counts(share):
    return ngram_by(ends, lambda n, p: share * n / n.sum() + (1 - share) * p if n.any() else p)


OTHER_RULE = "another rule of backing off"
SAME_WEIGHT = "ends that all weigh the same"
UNIFORM = torch.full((256,), 1 / 256)


NGRAM = [
    ("all places at once", ngram_by_one_array, "right"),
    ("a mean of all", ngram_averaged(lambda n: n / n.sum().clamp(min=1)), SAME_WEIGHT),
    ("a mean of those that were seen", ngram_averaged(lambda n: n / n.sum() if n.any() else None), SAME_WEIGHT),
    ("a mean with the start", ngram_averaged(lambda n: n / n.sum().clamp(min=1), [UNIFORM]), SAME_WEIGHT),
    (
        "a mean of the start and those that were seen",
        ngram_averaged(lambda n: n / n.sum() if n.any() else None, [UNIFORM]),
        SAME_WEIGHT,
    ),
    ("a mean, each with a 256th", ngram_averaged(lambda n: mix(n, 1 / 256)), SAME_WEIGHT),
    ("a tenth for p", share_of_counts(0.9), "a share that is fixed"),
    ("four tenths for p", share_of_counts(0.6), "a share that is fixed"),
    (
        "seven tenths of nothing, too",
        ngram_by(ends, lambda n, p: 0.7 * n / n.sum().clamp(min=1) + 0.3 * p),
        "a share that is fixed",
    ),
    ("small letters", lambda text, context: ngram_recursive(text.lower(), context.lower()), None),
    ("one byte and none", ngram_by(lambda c: [b""] + [c[-1:]] * (c != b"")), "ends that are never long"),
    ("four bytes at most", ngram_by(up_to(4)), "ends that are never long"),
    (
        "Witten and Bell",
        ngram_by(ends, lambda n, p: (n + kinds(n) * p) / (n.sum() + kinds(n)) if n.any() else p),
        OTHER_RULE,
    ),
    ("Witten and Bell, and 0 / 0", ngram_by(ends, lambda n, p: (n + kinds(n) * p) / (n.sum() + kinds(n))), OTHER_RULE),
    (
        "a discount",
        ngram_by(
            ends,
            lambda n, p: (n - 0.75).clamp(min=0) / n.sum() + 0.75 * kinds(n) / n.sum() * p if n.any() else p,
        ),
        OTHER_RULE,
    ),
    ("p where nothing followed", ngram_by(ends, lambda n, p: torch.where(n > 0, n / n.sum(), p)), OTHER_RULE),
    (
        "0.4 p where nothing followed",
        ngram_by(ends, lambda n, p: torch.where(n > 0, n / n.sum(), 0.4 * p)),
        OTHER_RULE,
    ),
    ("from the shares of the bytes", ngram_from_shares, "another start"),
    ("count, and from one on", ngram_by_count_from_one, TWO),
    ("from one on, one place short", ngram_by(lambda c: ends(c)[1:], more=-1), TWO),
    ("the front, downwards", ngram_by(lambda c: [c[:k] for k in range(len(c), -1, -1)]), TWO),
    (
        "both ways of counting places",
        looking_back(lambda n, k: range(n - k), bytes.__eq__),
        "first or last places left out",
    ),
    ("all places", looking_back(lambda n, k: range(n), bytes.__eq__), "right"),
    *(
        (
            f"a piece from {first} to {last}",
            ngram_from(
                lambda text, end, first=first, last=last: [
                    text[i] for i in range(len(end), len(text)) if text[i - len(end) + first : i + last] == end
                ]
            ),
            name,
        )
        for first, last, name in (
            (0, 1, "no counts at all"),
            (0, -1, "the empty end alone"),
            (-1, 0, "the empty end alone"),
            (1, 0, "the empty end alone"),
        )
    ),
    (
        "the byte k places back",
        looking_back(lambda n, k: range(k, n), lambda piece, end: piece[:1] == end[:1]),
        "single bytes in the place of ends",
    ),
    (
        "each byte of the context",
        ngram_by(lambda c: [b"", *(bytes([b]) for b in reversed(c))]),
        "single bytes in the place of ends",
    ),
    ("no rare ends", up_to_the_first_rare_end, "ends with few followers left out"),
    (
        "at least three times",
        ngram_by(ends, lambda n, p: mix(n, p) if n.sum() > 2 else p),
        "ends with few followers left out",
    ),
    ("the context or nothing", nothing_of_what_is_not_there, "an unseen end that knows nothing"),
    ("a softmax of each", ngram_by(ends, lambda n, p: F.softmax(n + p, 0)), "a softmax of counts"),
    ("a softmax of the counts", ngram_by(lambda c: [c], lambda n, p: n.softmax(0)), "a softmax of counts"),
    ("over all places", ngram_over_all_places, "the text's length in the denominator"),
    ("from the second place on", ngram_from(without_the_first), "first or last places left out"),
    ("counts of the context", ngram_by(lambda c: [c], lambda n, p: n), "counts that are no probabilities"),
    ("read backwards", ngram_by(lambda c: [c[::-1][:k] for k in range(len(c) + 1)]), "an end from behind"),
    ("counts of uint8", ngram_by(ends, lambda n, p: mix(n.to(torch.uint8), p)), "a count that a byte cannot hold"),
    ("six bytes at most", ngram_by(lambda context: ends(context[-6:])), "ends that are never long"),
    ("mixed by a function", ngram_by(ends, mix), "right"),
    ("those that followed", ngram_by(ends, mix_those_that_followed), "bytes that keep what they had"),
    (
        "those that followed, at once",
        ngram_by(ends, lambda n, p: torch.where(n > 0, mix(n, p), p)),
        "bytes that keep what they had",
    ),
    ("by its own count", ngram_by(ends, lambda n, p: (n + p) / (n + 1)), "the count of the byte in the denominator"),
    (
        "no context",
        lambda text, context: ngram_by(ends)(text, context) if context else torch.full((256,), 1 / 256),
        "an empty context that knows nothing",
    ),
    ("counts added up", ngram_by(ends, lambda n, p: n + p, start=0), "counts that are no probabilities"),
    ("lists beside bytes", ngram_of_lists, "no counts at all"),
    (
        "uniform where nothing followed",
        ngram_by(ends, lambda n, p: mix(n, p) if n.any() else torch.full((256,), 1 / 256)),
        "an unseen end that knows nothing",
    ),
    ("three bytes at most", ngram_by(lambda context: ends(context[-3:])), "ends that are never long"),
    (
        "from as many as occur",
        lambda text, context: ngram_by(ends, start=1 / len(set(text)))(text, context),
        "another start",
    ),
    ("lookahead", ngram_from(lambda text, end: found_by(b"(?=" + end + b"(.))", text)), "an end read as a pattern"),
    (
        "lookahead with DOTALL",
        ngram_from(lambda text, end: found_by(b"(?=" + end + b"(.))", text, re.DOTALL)),
        "an end read as a pattern",
    ),
    (
        "lookahead, escaped",
        ngram_from(lambda text, end: found_by(b"(?=" + re.escape(end) + b"(.))", text)),
        "line ends that are not counted",
    ),
    (
        "lookahead as it is right",
        ngram_from(lambda text, end: found_by(b"(?=" + re.escape(end) + b"(.))", text, re.DOTALL)),
        "right",
    ),
    ("text", ngram_of_text("utf-8"), "bytes taken for text"),
    ("text of single bytes", ngram_of_text("latin-1"), "right"),
    ("undivided", ngram_by(ends, lambda n, p: n + p), "counts that are no probabilities"),
    ("one for each", ngram_from(all_after, lambda n, p: n + 1), "one added to every byte"),
    ("p behind", ngram_in_a_line(lambda n, of, p: n / (of + 1) + p), "brackets that are missing"),
    ("1 behind", ngram_in_a_line(lambda n, of, p: (n + p) / of + 1), "brackets that are missing"),
    ("behind each end", ngram_from(all_after), "right"),
    ("one further", ngram_from(lambda text, end: all_after(text, end, 1)), "a byte too far"),
    ("no p", ngram_from(all_after, lambda n, p: n), "counts without what the shorter end says"),
    ("recursive", ngram_recursive, "right"),
    ("endswith", ngram_endswith, "right"),
    ("startswith in float64", ngram_startswith, "right"),
    ("find", ngram_find, "right"),
    ("a dict", ngram_dict, "right"),
    ("minus zero", ngram_by(lambda c: [c[-k:] for k in range(len(c) + 1)]), "an end of length 0 that is everything"),
    ("the front", ngram_by(lambda c: [c[:k] for k in range(len(c) + 1)]), "the beginning of the context"),
    ("one short", ngram_by(lambda c: ends(c)[:-1]), "the longest end left out"),
    ("from one on", ngram_by(lambda c: ends(c)[1:]), "the empty end left out"),
    ("downwards", ngram_by(lambda c: ends(c)[::-1]), "from the longest end to the shortest"),
    ("the context alone", ngram_by(lambda c: [c]), "no back-off"),
    ("bare shares", ngram_by(lambda c: [c], lambda n, p: n / n.sum().clamp(min=1)), "bytes that are impossible"),
    ("a 256th in the place of p", ngram_by(ends, lambda n, p: (n + 1 / 256) / (n.sum() + 1)), "no back-off"),
    ("shares of what occurs", ngram_by(ends, lambda n, p: n / n.sum() if n.sum() else p), "bytes that are impossible"),
    ("add one", ngram_by(ends, lambda n, p: (n + 1) / (n.sum() + 256)), "one added to every byte"),
    (
        "not normalised",
        ngram_by(ends, lambda n, p: (n + p) / n.sum().clamp(min=1)),
        "probabilities that do not add up to 1",
    ),
    ("count", ngram_with_count, "overlaps that are not counted"),
    ("finditer", ngram_with_finditer, "overlaps that are not counted"),
    ("one place short", ngram_short, "first or last places left out"),
    ("the last of the match", ngram_by(ends, off=-1), "the byte before in the place of the byte after"),
    ("the longest that occurs", ngram_longest_only, "bytes that are impossible"),
    (
        "not normalised, and divided by 0",
        ngram_by(ends, lambda n, p: (n + p) / n.sum()),
        "probabilities that do not add up to 1",
    ),
    ("the byte in front", ngram_in_front, "the byte before in the place of the byte after"),
    ("from nothing", ngram_by(ends, start=0.0), "another start"),
    ("from all", ngram_by(ends, start=1.0), "another start"),
    ("one table for all", ngram_in_one_table, "counts that run on"),
    ("the end of the text counted", ngram_with_every_place, "an end behind which nothing stands"),
    ("the end of the text counted, but for the empty end", ngram_with_all_ends, "an end behind which nothing stands"),
    ("the first of the match", ngram_at_the_match, "the byte before in the place of the byte after"),
    ("add one to the longest that occurs", ngram_add_one_to_the_longest, "one added to every byte"),
    (
        "over the text",
        lambda text, c: ngram_by(ends, lambda n, p: (n + p) / (len(text) + 1))(text, c),
        "the text's length in the denominator",
    ),
    ("what is left behind size bytes", ngram_of_what_is_left, "an end of another length"),
    (
        "one mixture of all",
        lambda text, c: (n := sum(map(text_counts(text), ends(c))) + 1 / 256) / n.sum(),
        "counts that run on",
    ),
    (
        "from the bytes of the text",
        lambda text, c: ngram_by(ends, start=torch.tensor([(b in text) / len(set(text)) for b in range(256)]))(text, c),
        "another start",
    ),
    ("normalised at each byte", ngram_normalised_at_each_byte, "a mixture at each place"),
    ("one place more", ngram_by(ends, more=1), "a place too many"),
    ("no further than the text", ngram_up_to(lambda text, size: len(text)), "a place too many"),
    ("counts behind the quotient", ngram_by(ends, lambda n, p: n + p / (n.sum() + 1)), "brackets that are missing"),
    ("shares of the context alone", ngram_by(lambda c: [c], lambda n, p: n / n.sum()), "bytes that are impossible"),
    ("the longest that occurs, and 1/256", ngram_longest_and_a_start, "the longest end that occurs, alone"),
    ("finditer that takes the byte", ngram_from(taken_by_finditer), "overlaps that are not counted"),
    ("exact counts over count", ngram_counted_twice, "overlaps that are not counted"),
    ("a slice of a length", ngram_sliced, "a slice that is given its length"),
    ("both as text", lambda text, context: ngram_recursive(text + context, context), "the context counted as text"),
    ("a start of 1/255", ngram_by(ends, start=1 / 255), "another start"),
    ("the shortest end", ngram_by(lambda c: [b""]), "the empty end alone"),
    ("seen or not", ngram_by(ends, lambda n, p: (n.sign() + p) / (n.sign().sum() + 1)), "each byte counted once"),
    ("uniform", lambda text, context: torch.full((256,), 1 / 256), "no counts at all"),
    ("no return", lambda text, context: None, None),
    ("a list", lambda text, context: ngram_recursive(text, context).tolist(), None),
    ("one number", lambda text, context: float(ngram_recursive(text, context).max()), None),
    ("a str", lambda text, context: ngram_recursive(text.decode(), context), None),
    ("256 in the denominator", ngram_by(ends, lambda n, p: (n + p) / (n.sum() + 256)), "256 in the denominator"),
    ("the first place", ngram_at_the_first, "the first place alone"),
    ("half and half", ngram_mixed(lambda n, p: (n / n.sum().clamp(min=1) + p) / 2), "half and half"),
    ("p 256 times", ngram_mixed(lambda n, p: (n + 256 * p) / (n.sum() + 256)), "256 observations in the place of one"),
    (
        "jumps",
        ngram_mixed(lambda n, p: (n + p) / (n.sum() + 1), step=lambda end: len(end) or 1),
        "places that are skipped",
    ),
    ("count over count", counts_over_counts, "overlaps that are not counted"),
    ("mixed at each match", mixed_at_each_match, "a mixture at each place"),
]


# Exercise 3: held_out (paths, share)


def held_by_loop(paths, share):
    out = []
    for path in paths:
        out.append(not zlib.crc32(bytes(path, "utf-8")) % share)
    return out


def held_shuffled(paths, share):
    order = random.Random(0).sample(range(len(paths)), len(paths))
    return [i in order[: len(paths) // share] for i in range(len(paths))]


def held_at_random(paths, share):
    generator = random.Random(0)
    return [generator.random() < 1 / share for _ in range(len(paths))]


def held(decide):
    return lambda paths, share: [decide(path, share) for path in paths]


def held_running(paths, share):
    sums = itertools.accumulate(paths, lambda so_far, path: zlib.crc32(path.encode(), so_far), initial=0)
    return [checksum % share == 0 for checksum in sums][1:]


def held_by_a_return_in_the_loop(paths, share):
    for path in paths:
        return zlib.crc32(path.encode()) % share == 0


def held_by_a_list_returned_in_the_loop(paths, share):
    out = []
    for path in paths:
        out.append(zlib.crc32(path.encode()) % share == 0)
        return out


def held_with_a_seed(paths, share):
    random.seed(42)
    return [random.random() < 1 / share for _ in paths]


def held_among_the_smallest(paths, share):
    sums = [zlib.crc32(path.encode()) for path in paths]
    return [checksum in sorted(sums)[: len(sums) // share] for checksum in sums]


OTHER_BYTES = "other bytes than those of the path"


def crc(path):
    return zlib.crc32(path.encode())


def held_by_rank(paths, share):
    rank = {path: i for i, path in enumerate(sorted(paths))}
    return [rank[path] % share == 0 for path in paths]


def read_and_decide(path, share):
    with open(path, "rb") as file:
        return zlib.crc32(file.read()) % share == 0


ONE_ANSWER = "one answer for the whole list"


HELD = [
    ("a common divisor", held(lambda path, n: math.gcd(crc(path), n) == n), "right"),
    ("any", lambda paths, n: any(crc(path) % n == 0 for path in paths), ONE_ANSWER),
    ("all of them", lambda paths, n: all(crc(path) % n == 0 for path in paths), ONE_ANSWER),
    ("of all paths", lambda paths, n: crc("".join(paths)) % n == 0, ONE_ANSWER),
    ("of all lines", lambda paths, n: crc("\n".join(paths)) % n == 0, ONE_ANSWER),
    ("a dict", lambda paths, n: {path: crc(path) % n == 0 for path in paths},
     "one answer for a path that stands twice"),
    ("names, and the others", held(lambda path, n: crc(Path(path).name) % n != 0), TWO),
    ("hash, and the others", held(lambda path, n: hash(path) % n != 0), TWO),
    ("every n-th when sorted", lambda paths, n: [path in sorted(paths)[::n] for path in paths], "a place in the list"),
    ("so many at first", lambda paths, n: [i < n for i, _ in enumerate(paths)], "one end of the list"),
    ("so many at last", lambda paths, n: [len(paths) - i <= n for i, _ in enumerate(paths)], "one end of the list"),
    ("of two", held(lambda path, n: crc(path) % 2 == 0), "another divisor"),
    ("a fraction", held(lambda path, n: crc(path) % (1 / n) == 0), "another divisor"),
    ("per cent", held(lambda path, n: crc(path) % 100 < n), "a share in per cent"),
    ("all", held(lambda path, n: crc(path) / 2**32 < n), "all or nothing"),
    ("no folder, no suffix", held(lambda path, n: crc(Path(path).stem) % n == 0), "the name without its folder"),
    ("names of modules", held(lambda path, n: crc(path[:-3].replace("/", ".")) % n == 0), OTHER_BYTES),
    ("a line", held(lambda path, n: crc(f"{path}\n") % n == 0), OTHER_BYTES),
    ("begun at share", held(lambda path, n: zlib.crc32(path.encode(), n) % n == 0), "another checksum"),
    ("16 bits", held(lambda path, n: binascii.crc_hqx(path.encode(), 0) % n == 0), "another checksum"),
    ("ranks", held_by_rank, "a place in the list"),
    (
        "places in a sorted set",
        lambda paths, share: [sorted({*paths}).index(path) % share == 0 for path in paths],
        "a place in the list",
    ),
    ("the file", held(read_and_decide), "what stands in the file"),
    ("the bytes of the file", held(lambda path, n: zlib.crc32(Path(path).read_bytes()) % n == 0),
     "what stands in the file"),
    ("UTF-8 of an accent beside its letter", held(lambda path, n: crc(unicodedata.normalize("NFD", path)) % n == 0),
     OTHER_BYTES),
    ("escapes", held(lambda path, n: zlib.crc32(path.encode("ascii", "backslashreplace")) % n == 0), OTHER_BYTES),
    ("from the root of the machine", held(lambda path, n: crc(str(Path(path).absolute())) % n == 0), OTHER_BYTES),
    ("the number of bytes", held(lambda path, n: len(path.encode()) % n == 0), "another checksum"),
    ("one long path", lambda paths, n: [crc("/".join(paths)) % n == 0 for _ in paths], "one checksum for all"),
    ("a line for each path", lambda paths, n: [zlib.crc32("\n".join(paths).encode()) % n == 0] * len(paths),
     "one checksum for all"),
    ("upper case", lambda paths, share: [crc(path.upper()) % share == 0 for path in paths], OTHER_BYTES),
    ("from the root", lambda paths, share: [crc(f"/{path}") % share == 0 for path in paths], OTHER_BYTES),
    ("from here", lambda paths, share: [crc("./" + path) % share == 0 for path in paths], OTHER_BYTES),
    ("ords", lambda paths, share: [sum(ord(sign) for sign in path) % share == 0 for path in paths], "another checksum"),
    (
        "one whole number",
        lambda paths, share: [int.from_bytes(path.encode(), "big") % share == 0 for path in paths],
        "another checksum",
    ),
    (
        "a sorted set",
        lambda paths, share: [crc(path) % share == 0 for path in sorted(set(paths))],
        "one answer for a path that stands twice",
    ),
    ("torch draws", lambda paths, share: (torch.rand(len(paths)) < 1 / share).tolist(), "a draw for each file"),
    (
        "NumPy draws",
        lambda paths, share: [bool(u < 1 / share) for u in np.random.default_rng(0).random(len(paths))],
        "a draw for each file",
    ),
    ("places in alphabetical order", lambda paths, n: [sorted(paths).index(path) % n == 0 for path in paths],
     "a place in the list"),
    ("a checksum of the place", lambda paths, n: [zlib.crc32(str(i).encode()) % n == 0 for i in range(len(paths))],
     "a place in the list"),
    ("UTF-32", held(lambda path, n: zlib.crc32(path.encode("utf-32")) % n == 0), "other bytes than those of the path"),
    ("b and quotation marks", held(lambda path, n: zlib.crc32(bytes(str(path.encode()), "ascii")) % n == 0),
     "other bytes than those of the path"),
    ("the second of each", lambda paths, n: [i % n == 1 for i in range(len(paths))], "a place in the list"),
    ("the end, rounded up", lambda paths, n: [i >= len(paths) - math.ceil(len(paths) / n) for i in range(len(paths))],
     "one end of the list"),
    ("a seed of 42", held_with_a_seed, "a draw for each file"),
    ("those to train on", lambda paths, n: [p for p in paths if zlib.crc32(p.encode()) % n], "the paths themselves"),
    ("one less", held(lambda path, n: zlib.crc32(path.encode()) % (n - 1) == 0), "another divisor"),
    ("by the files", lambda paths, n: [zlib.crc32(p.encode()) % len(paths) == 0 for p in paths], "another divisor"),
    ("sha1", held(lambda path, n: int.from_bytes(hashlib.sha1(path.encode()).digest(), "big") % n == 0),
     "another checksum"),
    ("backslashes", held(lambda path, n: zlib.crc32("\\".join(path.split("/")).encode()) % n == 0),
     "other bytes than those of the path"),
    ("a return in the loop", held_by_a_return_in_the_loop, "the first path alone"),
    ("a list returned in the loop", held_by_a_list_returned_in_the_loop, "the first path alone"),
    ("True for those", lambda paths, share: [True for p in paths if zlib.crc32(p.encode()) % share == 0],
     "no answer for the others"),
    ("a set", lambda paths, share: held_by_loop(set(paths), share), "one answer for a path that stands twice"),
    ("a dict's values", lambda paths, n: list({p: zlib.crc32(p.encode()) % n == 0 for p in paths}.values()),
     "one answer for a path that stands twice"),
    ("so many of the smallest", held_among_the_smallest, "a size in the place of a divisor"),
    ("no suffix", held(lambda path, n: zlib.crc32(path[:-3].encode()) % n == 0), "other bytes than those of the path"),
    ("dots", held(lambda path, n: zlib.crc32(path.replace("/", ".").encode()) % n == 0),
     "other bytes than those of the path"),
    ("a draw from the path", held(lambda path, n: random.Random(path).randrange(n) == 0), "another checksum"),
    (
        "places",
        lambda paths, share: [i for i in range(len(paths)) if not zlib.crc32(paths[i].encode()) % share],
        "the places of the paths",
    ),
    ("one in ten", held(lambda path, n: zlib.crc32(path.encode()) % 10 == 0), "another divisor"),
    ("latin-1", held(lambda path, n: zlib.crc32(path.encode("latin1")) % n == 0), "other bytes than those of the path"),
    ("a comprehension", held(lambda path, n: zlib.crc32(path.encode("utf-8")) % n == 0), "right"),
    ("a loop with not", held_by_loop, "right"),
    ("binascii", held(lambda path, n: binascii.crc32(path.encode()) % n == 0), "right"),
    ("divmod", held(lambda path, n: divmod(zlib.crc32(path.encode()), n)[1] == 0), "right"),
    ("map", lambda paths, share: list(map(lambda p: zlib.crc32(p.encode()) % share < 1, paths)), "right"),
    ("with a mask", held(lambda path, n: (zlib.crc32(path.encode()) & 0xFFFFFFFF) % n == 0), "right"),
    ("enumerate", lambda paths, share: [i % share == 0 for i, _ in enumerate(paths)], "a place in the list"),
    ("hash", held(lambda path, n: hash(path) % n == 0), "Python's own hash"),
    ("hash of the bytes", held(lambda path, n: hash(path.encode()) % n == 0), "Python's own hash"),
    ("the end", lambda paths, n: [i >= len(paths) - len(paths) // n for i in range(len(paths))],
     "one end of the list"),
    ("the beginning", lambda paths, n: [i < len(paths) // n for i in range(len(paths))], "one end of the list"),
    ("small letters", held(lambda path, n: zlib.crc32(path.lower().encode()) % n == 0), OTHER_BYTES),
    ("the smallest", held(lambda path, n: zlib.crc32(path.encode()) / 2**32 < 1 / n),
     "a size in the place of a divisor"),
    ("all paths joined", lambda paths, n: [zlib.crc32("".join(paths).encode()) % n == 0 for _ in paths],
     "one checksum for all"),
    ("random with a seed", held_at_random, "a draw for each file"),
    ("bool of the remainder", held(lambda path, n: bool(zlib.crc32(path.encode()) % n)), "most files held out"),
    ("remainder 1", held(lambda path, n: zlib.crc32(path.encode()) % n == 1), "another remainder"),
    ("base name", held(lambda path, n: zlib.crc32(path.split("/")[-1].encode()) % n == 0),
     "the name without its folder"),
    ("adler32", held(lambda path, n: zlib.adler32(path.encode()) % n == 0), "another checksum"),
    ("length", held(lambda path, n: len(path) % n == 0), "another checksum"),
    ("shuffled", held_shuffled, None),
    ("the names", lambda paths, n: [p for p in paths if zlib.crc32(p.encode()) % n == 0], "the paths themselves"),
    ("share by checksum", held(lambda path, n: n % zlib.crc32(path.encode()) == 0), "all or nothing"),
    ("sorted", lambda paths, n: held_by_loop(sorted(paths), n), "another order"),
    ("sum of the bytes", held(lambda path, n: sum(path.encode()) % n == 0), "another checksum"),
    ("remainders", held(lambda path, n: zlib.crc32(path.encode()) % n), "remainders in the place of answers"),
    ("none", lambda paths, share: [False] * len(paths), "all or nothing"),
    ("no encode", held(lambda path, n: zlib.crc32(path) % n == 0), "a checksum of text"),
    ("a tensor", lambda paths, n: torch.tensor(held_by_loop(paths, n)), None),
    ("no return", lambda paths, n: None, None),
    ("UTF-16", held(lambda path, n: zlib.crc32(path.encode("utf-16")) % n == 0), "other bytes than those of the path"),
    (
        "repr",
        held(lambda path, n: zlib.crc32(bytes(repr(path), "utf8")) % n == 0),
        "other bytes than those of the path",
    ),
    ("running on", held_running, "a checksum that runs on"),
    ("ascii", lambda paths, share: [zlib.crc32(p.encode("ascii")) % share == 0 for p in paths],
     "other bytes than those of the path"),
    ("the parent", held(lambda p, share: zlib.crc32(str(Path(p).parent).encode()) % share == 0),
     "the folder without the file"),
    ("the first folder", lambda paths, share: [zlib.crc32(p.split("/")[0].encode()) % share == 0 for p in paths],
     "the folder without the file"),
    ("the start, rounded up", lambda paths, share: [i * share < len(paths) for i in range(len(paths))],
     "one end of the list"),
]  # fmt: skip


# Exercise 4: draw_byte (logits, temperature, u)


def draw_by_loop(logits, temperature, u):
    if not temperature:
        return max(range(len(logits)), key=lambda i: logits[i])
    weights = [math.exp(value / temperature) for value in logits.double().tolist()]
    left = u * sum(weights)
    for i, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return i
    return len(weights) - 1


def draw_searchsorted(logits, temperature, u):
    if temperature == 0:
        return logits.argmax().item()
    sums = torch.cumsum(F.softmax(logits / temperature, dim=0), 0)
    return torch.searchsorted(sums, torch.tensor(u), right=True).item()


def draw_numpy(logits, temperature, u):
    if temperature < 1e-9:
        return int(np.argmax(logits.numpy()))
    p = np.exp((logits.numpy() - logits.numpy().max()) / temperature)
    return int(np.searchsorted(np.cumsum(p / p.sum()), u, side="right"))


def draw_from(change):
    """A learner's draw with another way to the probabilities."""

    def answer(logits, temperature, u):
        if temperature == 0:
            return int(logits.argmax())
        return int((change(logits, temperature).cumsum(0) <= u).sum())

    return answer


def draw_at(byte):
    """A learner's draw that finds the byte in another way."""
    return lambda x, t, u: int(byte((x / t).softmax(0), u) if t else x.argmax())


def draw_sorted(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    p, _ = torch.sort((logits / temperature).softmax(0), descending=True)
    return int((p.cumsum(0) <= u).sum())


def draw_sorted_and_back(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    p, order = (logits / temperature).softmax(0).sort(descending=True)
    return order[(p.cumsum(0) <= u).sum()].item()


def draw_right_end(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    end = 0.0
    for byte, p in enumerate((logits / temperature).softmax(0).tolist()):
        end += p
        if u <= end:
            return byte
    return len(logits) - 1


def draw_between(logits, temperature, u):
    """Pieces without their left end and with the right one; at u = 0 none is found."""
    if temperature == 0:
        return int(logits.argmax())
    start = 0.0
    for byte, p in enumerate((logits / temperature).softmax(0).tolist()):
        if start < u <= start + p:
            return byte
        start += p
    return len(logits) - 1


def draw_seeded(seed):
    def draw_byte(logits, temperature, u):
        if temperature == 0:
            return int(logits.argmax())
        torch.manual_seed(seed)
        return torch.multinomial((logits / temperature).softmax(0), 1).item()

    return draw_byte


def at_least(least):
    return lambda x, t, u: int(((x / max(t, least)).softmax(0).cumsum(0)[:-1] <= u).sum())


def draw_left(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.searchsorted((logits / temperature).softmax(0).cumsum(0), u))


def draw_multinomial(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(0), 1))


def shifted(by):
    return lambda logits, temperature, u: draw_searchsorted(logits, temperature, u) + by * (temperature > 0)


def no_preference(logits, temperature, u):
    if not temperature:
        return math.floor(len(logits) * u)
    return draw_by_loop(logits, temperature, u)


def no_last_piece(logits, temperature, u):
    if not temperature:
        return draw_by_loop(logits, temperature, u)
    return sum(p <= u for p in F.softmax(logits / temperature, 0)[:-1].tolist())


def drawn_by_exp(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    e = torch.exp(logits / temperature)
    return min(int(((e / e.sum()).cumsum(0) <= u).sum()), len(e) - 1)


def draw_by_a_loop_without_0(logits, temperature, u):
    end = 0.0
    for byte, p in enumerate((logits / temperature).softmax(0).tolist()):
        end += p
        if u < end:
            return byte
    return len(logits) - 1


def draw_by_a_late_sum(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    end = 0.0
    for byte, p in enumerate((logits / temperature).softmax(0).tolist()):
        if u < end:
            return byte
        end += p
    return len(logits) - 1


def drawn_from_the_smallest(logits, temperature, u):
    """The smallest logit is taken off, and that of an impossible byte is −∞: NaN is left."""
    if temperature == 0:
        return int(logits.argmax())
    return int((((logits - logits.min()) / temperature).softmax(-1).cumsum(-1)[:-1] <= u).sum())


def drawn_of_sums(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    ends = torch.cumsum(logits / temperature, 0).softmax(0)
    return sum(end <= u for end in ends.tolist())


def draw_by_a_late_sum_alone(logits, temperature, u):
    if temperature == 0:
        return int(logits.argmax())
    end = 0.0
    for byte, p in enumerate((logits / temperature).softmax(0).tolist()):
        if u < end:
            return byte
        end += p


def draw_in_a_loop(first, start=lambda p: 0.0, otherwise=None, above=False):
    """A learner's loop that begins elsewhere, decides at once, or compares the other way round."""

    def draw(p, u):
        end = start(p)
        for byte in range(first, len(p)):
            end += p[byte].item()
            if (u > end) if above else (u < end):
                return byte
            if otherwise:
                return otherwise(p)
        return len(p) - 1

    return draw_at(draw)


FIRST_PIECE = "a decision at the first piece"
FIRST_SUM = "a first piece left out or laid twice"
SMALL_TEMPERATURE = "a small temperature in the place of 0"


def draw_without_0(byte):
    """A learner's draw that divides by 0, with a way to find the byte among the right ends."""
    return lambda x, t, u: int(byte((x / t).softmax(-1).cumsum(-1), u))


AT_0 = "the same byte always at temperature 0"


DRAW = [
    ("a triangle of ones", draw_at(lambda p, u: ((torch.ones(len(p), len(p)).tril() @ p)[:-1] <= u).sum()), "right"),
    ("a search in the pieces", draw_at(lambda p, u: torch.searchsorted(p, u)),
     "single probabilities in the place of their sum"),
    ("a search in the pieces, to the right of them",
     draw_at(lambda p, u: torch.searchsorted(p, u, right=True).clamp(max=len(p) - 1)),
     "single probabilities in the place of their sum"),
    ("zero, and the right end", draw_without_0(lambda ends, u: (ends < u).sum()), AT_0),
    ("zero, and a search", draw_without_0(lambda ends, u: torch.searchsorted(ends, u, right=True)), AT_0),
    ("zero, and a search as it comes", draw_without_0(lambda ends, u: torch.searchsorted(ends, u)), AT_0),
    ("zero, and a loop to the right end",
     draw_without_0(lambda ends, u: next((i for i, end in enumerate(ends) if u <= end), len(ends) - 1)), AT_0),
    ("zero, and multinomial", lambda x, t, u: int(torch.multinomial((x / t).softmax(-1), 1)),
     "random numbers of your own"),
    ("ignored at 0, too, and the right end", lambda x, t, u: int((x.softmax(-1).cumsum(-1) < u).sum()),
     "an ignored temperature"),
    ("times τ, and the right end", lambda x, t, u: int(((x * t).softmax(-1).cumsum(-1) < u).sum() if t else x.argmax()),
     TWO),
    ("else in the loop", draw_in_a_loop(0, otherwise=lambda p: len(p) - 1), FIRST_PIECE),
    ("the first end below u", draw_in_a_loop(0, above=True), FIRST_PIECE),
    ("from byte 1 on", draw_in_a_loop(1), FIRST_SUM),
    ("begun with the first piece", draw_in_a_loop(0, start=lambda p: p[0].item()), FIRST_SUM),
    ("begun with the first piece, from byte 1 on", draw_in_a_loop(1, start=lambda p: p[0].item()), FIRST_SUM),
    ("a ten thousandth", lambda x, t, u: draw_numpy(x, t or 1e-4, u), SMALL_TEMPERATURE),
    ("a hundred thousandth at least", at_least(1e-5), SMALL_TEMPERATURE),
    ("a millionth at least", at_least(1e-6), SMALL_TEMPERATURE),
    ("a ten billionth at least", at_least(1e-10), "right"),
    ("the likeliest by its probability", lambda x, t, u: draw_numpy(x, t, u) if t else int(x.softmax(0).argmax()),
     "right"),
    ("between two ends", draw_between, "a piece that holds its right end"),
    ("Gumbel's softmax", lambda x, t, u: int(F.gumbel_softmax(x, t).argmax() if t else x.argmax()),
     "random numbers of your own"),
    ("a seed of 0", draw_seeded(0), "random numbers of your own"),
    ("a seed of 42", draw_seeded(42), "random numbers of your own"),
    ("equal pieces, rounded", lambda x, t, u: round(u * (len(x) - 1)) if t else int(x.argmax()),
     "pieces of one length"),
    ("a ten thousandth more", lambda x, t, u: draw_numpy(x, t + 1e-4, u), SMALL_TEMPERATURE),
    ("shares of the logits", draw_from(lambda x, t: (x / t) / (x / t).sum()), "no softmax"),
    (
        "NumPy's choice",
        draw_at(lambda p, u: np.random.choice(np.arange(len(p)), p=p.numpy())),
        "random numbers of your own",
    ),
    ("a minus, as physicists have it", draw_from(lambda x, t: (-x / t).softmax(0)), "the least likely byte"),
    ("summed up too late, and nothing behind the loop", draw_by_a_late_sum_alone, "the byte after"),
    ("the smallest taken off", drawn_from_the_smallest, None),
    ("sums before the softmax", drawn_of_sums, "a running sum before the softmax"),
    (
        "times τ, at 0 too",
        lambda logits, temperature, u: int(((temperature * logits).softmax(0).cumsum(0) <= u).sum()),
        "a temperature that multiplies",
    ),
    ("log-probabilities", draw_from(lambda x, t: F.log_softmax(x / t, 0)), "always the end of the line"),
    ("t taken off", draw_from(lambda x, t: F.softmax(x - t, 0)), "an ignored temperature"),
    ("all alike at 0", no_preference, "a byte without preference at temperature 0"),
    ("text", lambda *all: chr(draw_by_loop(*all)), "a character in the place of a byte"),
    ("single pieces", no_last_piece, "single probabilities in the place of their sum"),
    ("a loop", draw_by_loop, "right"),
    ("searchsorted", draw_searchsorted, "right"),
    ("numpy", draw_numpy, "right"),
    (
        "first above",
        lambda x, t, u: int(((x / (t or 1e-9)).softmax(0).cumsum(0) > u).int().argmax()),
        "right",
    ),
    ("a power of p", draw_from(lambda x, t: (q := x.double().softmax(0) ** (1 / t)) / q.sum()), "right"),
    ("log_softmax", draw_from(lambda x, t: x.div(t).log_softmax(0).exp()), "right"),
    ("multiplied", draw_from(lambda x, t: (x * t).softmax(0)), "a temperature that multiplies"),
    ("ignored", draw_from(lambda x, t: x.softmax(0)), "an ignored temperature"),
    ("ignored at 0, too", lambda x, t, u: draw_numpy(x, 1.0, u), "an ignored temperature"),
    ("at least a thousandth", lambda x, t, u: draw_numpy(x, max(t, 1e-3), u), "a small temperature in the place of 0"),
    ("behind", draw_from(lambda x, t: x.softmax(0) / t), "a temperature behind the softmax"),
    ("argmax", lambda x, t, u: x.argmax().item(), "always the likeliest byte"),
    ("zero", lambda x, t, u: int(((x / t).softmax(-1).cumsum(-1) <= u).sum()), "the same byte always at temperature 0"),
    ("one low", shifted(-1), "the byte before"),
    ("one high", shifted(1), "the byte after"),
    ("multinomial", draw_multinomial, "random numbers of your own"),
    ("Gumbel noise", draw_at(lambda p, u: (p.log() - (-torch.rand(len(p)).log()).log()).argmax()),
     "random numbers of your own"),
    ("logits and Gumbel noise", lambda x, t, u: draw_numpy(x, t, u) if t == 0 else
     int((x / t - torch.log(-torch.log(torch.rand_like(x)))).argmax()), "random numbers of your own"),
    ("sorted", draw_sorted, "a running sum over the sorted bytes"),
    ("sorted, and back", draw_sorted_and_back, "a running sum over the sorted bytes"),
    ("the right end", draw_right_end, "a piece that holds its right end"),
    ("searchsorted as it comes", draw_left, "a piece that holds its right end"),
    ("one low, not below 0", lambda x, t, u: max(0, shifted(-1)(x, t, u)), "the byte before"),
    ("above u", draw_at(lambda p, u: (p.cumsum(0) > u).sum()), "the ends that are still to come"),
    ("nearest end", draw_at(lambda p, u: (p.cumsum(0) - u).abs().argmin()), "the nearest end"),
    ("nearest piece", draw_at(lambda p, u: (p - u).abs().argmin()), "single probabilities in the place of their sum"),
    ("the first as long as u", draw_at(lambda p, u: (p >= u).int().argmax()),
     "single probabilities in the place of their sum"),
    ("argmax of the ends passed", draw_at(lambda p, u: (p.cumsum(0) <= u).int().argmax()), "always the first byte"),
    ("argmax of the ends below", draw_at(lambda p, u: (p.cumsum(0) < u).int().argmax()), "always the first byte"),
    ("first piece longer than u", draw_at(lambda p, u: [q > u for q in [*p[:-1].tolist(), 1]].index(True)),
     "single probabilities in the place of their sum"),
    ("logits end to end", draw_from(lambda x, t: x / t), "no softmax"),
    ("logits end to end, all of them", lambda x, t, u: draw_numpy(x, t, u) if t == 0 else
     min(int(((x / t).cumsum(0) <= u).sum()), len(x) - 1), "no softmax"),
    ("never below 1", lambda x, t, u: draw_numpy(x, t if t >= 1 else 0, u),
     "the likeliest byte at every low temperature"),
    ("0 as 1", lambda x, t, u: draw_numpy(x, t or 1, u), "temperature 0 taken for 1"),
    ("the largest logit", lambda x, t, u: draw_numpy(x, t, u) if t else int(x.max()),
     "the largest logit in the place of its byte"),
    ("no running sum", lambda x, t, u: int(((x / (t or 1e-4)).softmax(0) <= u).sum()), None),
    ("a probability", lambda x, t, u: float((x / (t or 1)).softmax(0).max()), None),
    ("no draw below 0.1", lambda x, t, u: draw_numpy(x, t if t >= 0.1 else 0, u),
     "the likeliest byte at every low temperature"),
    ("draws above 1 only", lambda x, t, u: draw_numpy(x, t if t > 1 else 0, u),
     "the likeliest byte at every low temperature"),
    ("the last byte for NaN", draw_by_a_loop_without_0, "the same byte always at temperature 0"),
    ("summed up too late", draw_by_a_late_sum, "the byte after"),
    ("nearest beginning", draw_at(lambda p, u: (p.cumsum(0) - p - u).abs().argmin()), "the nearest end"),
    ("nearest middle", draw_at(lambda p, u: (p.cumsum(0) - p / 2 - u).abs().argmin()), "the nearest end"),
    ("a power of T", draw_from(lambda x, t: (q := x.softmax(0) ** t) / q.sum()), "a temperature that multiplies"),
    ("exp, less the largest", draw_from(lambda x, t: ((x - x.max()) / t).exp()), "pieces that do not add up to 1"),
    ("1 more", lambda x, t, u: draw_numpy(x, t + 1, u), "a temperature that is raised"),
    ("if temperature", lambda x, t, u: draw_numpy(x, 0 if t else 1, u), "the two ways exchanged"),
    ("beginnings below u", draw_at(lambda p, u: (p.cumsum(0) - p < u).sum() - 1), "a piece that holds its right end"),
    ("of 256", draw_at(lambda p, u: 256 * u), "pieces of one length"),
    ("sorted upwards, and back", draw_at(lambda p, u: p.argsort()[(p.sort().values.cumsum(0) <= u).sum()]),
     "a running sum over the sorted bytes"),
    ("random.choices", draw_at(lambda p, u: random.choices(range(len(p)), weights=p.tolist())[0]),
     "random numbers of your own"),
    ("the piece", lambda x, t, u: (x / (t or 1)).softmax(0)[draw_by_loop(x, t, u)].item(),
     "a probability in the place of its byte"),
    ("where it ends", lambda x, t, u: (x / (t or 1)).softmax(0).cumsum(0)[draw_by_loop(x, t, u)].item(),
     "a probability in the place of its byte"),
    ("bytes", lambda *all: bytes([draw_by_loop(*all)]), "a character in the place of a byte"),
    ("no return", lambda x, t, u: None, None),
    ("zero always", lambda x, t, u: 0, None),
    ("a tensor", lambda x, t, u: torch.tensor(draw_by_loop(x, t, u)), None),
    ("u of the top", lambda x, t, u: int(u * len(x)), "pieces of one length"),
    ("crash", lambda x, t, u: x.cumsum(), None),
    ("exponentials", draw_from(lambda x, t: (x / t).exp()), "pieces that do not add up to 1"),
    ("softmax twice", draw_from(lambda x, t: (x.softmax(0) / t).softmax(0)), "a softmax of a softmax"),
    ("argmin", lambda x, t, u: draw_numpy(x, t, u) if t else int(x.argmin()), "the least likely byte"),
    ("max as it comes", lambda x, t, u: draw_numpy(x, t, u) if t else x.max().item(),
     "the largest logit in the place of its byte"),
    ("from the right", lambda x, t, u: draw_searchsorted(x, t, 1 - u), "a line from the other end"),
    ("a sigmoid", draw_from(lambda x, t: (q := (x / t).sigmoid()) / q.sum()), "a sigmoid in the place of a softmax"),
    ("exp over its sum", drawn_by_exp, "exponentials too large for a float"),
    ("a power", lambda x, t, u: int(((x.softmax(-1) ** (1 / t)).cumsum(-1) <= u).sum() if t else x.argmax()),
     "pieces that do not add up to 1"),
    ("ends at or above u", lambda x, t, u: int(((x / t).softmax(-1).cumsum(-1) >= u).sum() if t else x.argmax()),
     "the ends that are still to come"),
    ("the last end above u",
     lambda x, t, u: int(((x / t).softmax(-1).cumsum(-1) > u).nonzero()[-1] if t else x.argmax()),
     "always the end of the line"),
]  # fmt: skip


# Bug hunt: window_bits (model, ids, window)


def window_whole(model, ids, window):
    logits = model(ids[None])[0, :-1]
    return ce(logits, ids[1:]) / math.log(2)


def window_by_step(model, ids, window):
    stream, nats = InferenceParams(max_seqlen=len(ids), max_batch_size=1), []
    for t in range(len(ids) - 1):
        logits = model(ids[t].view(1, 1), stream)[0, 0]
        stream.seqlen_offset += 1
        nats.append(-logits.log_softmax(0)[ids[t + 1]])
    return float(torch.stack(nats).mean() / math.log(2))


def window_gather_all(model, ids, window):
    stream, kept = InferenceParams(len(ids), 1), []
    for part in ids[:-1].split(window):
        kept.append(model(part[None], stream)[0])
        stream.seqlen_offset += len(part)
    return ce(torch.cat(kept), ids[1:]) / math.log(2)


def window_inputs_targets(model, ids, window):
    stream, bits = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        p = model(x.unsqueeze(0), inference_params=stream).squeeze(0).softmax(1)
        stream.seqlen_offset += x.numel()
        bits -= p[torch.arange(len(x)), y].log2().sum()
    return float(bits) / (len(ids) - 1)


def window_last_logits(model, ids, window):
    """Keeps the last logits of a window for the first byte of the next one."""
    stream, last, nats = InferenceParams(len(ids), 1), None, 0.0
    for part in ids.split(window):
        logits = model(part[None], stream)[0]
        stream.seqlen_offset += len(part)
        if last is not None:
            nats += ce(last[None], part[:1])
        nats += F.cross_entropy(logits[:-1], part[1:], reduction="sum").item()
        last = logits[-1]
    return nats / (len(ids) - 1) / math.log(2)


def window_reads_twice(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]
        logits = model(part[None], stream)[0]
        stream.seqlen_offset += len(part)
        nats += ce(logits[:-1], part[1:], reduction="sum")
    return nats / (len(ids) - 1) / math.log(2)


def window_offset_left(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats += ce(model(x[None], stream)[0], y, reduction="sum")
    return nats / (len(ids) - 1) / math.log(2)


def window_loop(*, carry=True, inside=False, scale=1.442695, mean=False, extra=0, step=0):
    """The loop of the hunt with what a learner may leave or break."""

    def answer(model, ids, window):
        stream, total, count = InferenceParams(len(ids), 1), 0.0, 0
        for start in range(0, len(ids) - 1, window + step):
            part = ids[start : start + window + (not inside)]
            logits = model(part[None] if inside else part[None, :-1], stream if carry else None)[0]
            stream.seqlen_offset += logits.shape[0]
            wanted = part[1:]
            loss = F.cross_entropy(logits[: len(wanted)], wanted, reduction="sum").item()
            total += loss / max(1, len(wanted)) if mean else loss
            count += 1 if mean else len(wanted)
        return total / max(1, count + extra) * scale

    return answer


def window_from_the_start(model, ids, window):
    nats = 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[: start + window + 1]
        nats += ce(model(part[None, :-1])[0][start:], part[start + 1 :], reduction="sum")
    return nats / (len(ids) - 1) / math.log(2)


def window_inside(model, ids, window):
    logits = [model(part[None])[0][:-1] for part in ids.split(window)]
    wanted = torch.cat([part[1:] for part in ids.split(window)])
    return ce(torch.cat(logits), wanted, reduction="sum") / (len(ids) - 1) / math.log(2)


def window_last_only(model, ids, window):
    stream = InferenceParams(len(ids), 1)
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats = ce(model(x[None], stream)[0], y, reduction="sum")
        stream.seqlen_offset += len(x)
    return nats / (len(ids) - 1) / math.log(2)


def window_own_bytes(model, ids, window):
    stream, logits = InferenceParams(len(ids), 1), []
    for part in ids.split(window):
        logits.append(model(part[None], stream)[0])
        stream.seqlen_offset += len(part)
    return ce(torch.cat(logits), ids) / math.log(2)


def window_offset_first(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        stream.seqlen_offset += len(x)
        nats += ce(model(x[None], stream)[0], y, reduction="sum")
    return nats / (len(ids) - 1) / math.log(2)


def window_fresh_at_its_place(model, ids, window):
    nats = 0.0
    for start in range(0, len(ids) - 1, window):
        stream = InferenceParams(len(ids), 1)
        stream.seqlen_offset = start
        part = ids[start : start + window + 1]
        nats += ce(model(part[None, :-1], stream)[0], part[1:], reduction="sum")
    return nats / (len(ids) - 1) / math.log(2)


def window_offset_more(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]
        nats += ce(model(part[None, :-1], stream)[0], part[1:], reduction="sum")
        stream.seqlen_offset += len(part)
    return nats / (len(ids) - 1) / math.log(2)


def window_sliding(model, ids, window):
    nats = 0.0
    for i in range(1, len(ids)):
        nats += ce(model(ids[None, max(0, i - window) : i])[0, -1:], ids[i : i + 1])
    return nats / (len(ids) - 1) / math.log(2)


def window_offset_set(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats += ce(model(x[None], stream)[0], y, reduction="sum")
        stream.seqlen_offset = len(x)
    return nats / (len(ids) - 1) / math.log(2)


def window_offset_moved_once(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats += ce(model(x[None], stream)[0], y, reduction="sum")
        stream.seqlen_offset = stream.seqlen_offset or len(x)
    return nats / (len(ids) - 1) / math.log(2)


def window_table(model, ids, window):
    stream, logits = InferenceParams(len(ids), 1), torch.empty(len(ids), 256)
    for start in range(0, len(ids), window):
        part = ids[start : start + window]
        logits[start : start + len(part)] = model(part[None], stream)[0]
        stream.seqlen_offset += len(part)
    return ce(logits[:-1], ids[1:]) / math.log(2)


def window_one_hot(model, ids, window):
    stream, bits = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        log_p = model(x[None], stream).view(-1, 256).log_softmax(-1) / math.log(2)
        bits -= (F.one_hot(y, 256) * log_p).sum().item()
        stream.seqlen_offset += len(x)
    return bits / (len(ids) - 1)


def window_stepping_over(mean):
    def answer(model, ids, window):
        stream, nats = InferenceParams(len(ids), 1), []
        for part in ids.split(window):
            if len(part) > 1:
                nats += F.cross_entropy(model(part[None, :-1], stream)[0], part[1:], reduction="none").tolist()
                stream.seqlen_offset += len(part) - 1
        return mean(nats, ids) / math.log(2)

    return answer


def window_anew_one_too_far(model, ids, window):
    nats = []
    for part in ids.split(window + 1):
        if len(part) > 1:
            nats += F.cross_entropy(model(part[None, :-1])[0], part[1:], reduction="none").tolist()
    return sum(nats) / len(nats) / math.log(2)


def window_and_the_last(model, ids, window):
    nats = []
    for start in range(0, len(ids) - 1, window):
        begin, end = max(start - window, 0), min(start + window, len(ids) - 1)
        costs = F.cross_entropy(model(ids[None, begin:end])[0], ids[begin + 1 : end + 1], reduction="none")
        nats += costs[start - begin :].tolist()
    return sum(nats) / len(nats) / math.log(2)


def window_carried(ends_at, counted):
    """The last logits of a window are kept for the next one; what is guessed inside of a window was counted before."""

    def answer(model, ids, window):
        stream, nats, guesses, last = InferenceParams(len(ids), 1), 0.0, 0, None
        for start in range(0, ends_at(ids), window):
            part = ids[start : start + window]
            logits = model(part[None], stream)[0]
            stream.seqlen_offset += len(part)
            nats += ce(logits[:-1], part[1:], reduction="sum") if len(part) > 1 else 0.0
            nats += ce(last, part[0]) if start else 0.0
            guesses += len(part) - 1
            last = logits[-1]
        return nats / counted(guesses, ids) / math.log(2)

    return answer


def window_overlapping(carry):
    def answer(model, ids, window):
        stream, nats, guesses = InferenceParams(2 * len(ids), 1) if carry else None, 0.0, 0
        for start in range(0, len(ids) - 1, window - 1):
            part = ids[start : start + window]
            nats += ce(model(part[None], stream)[0][:-1], part[1:], reduction="sum")
            guesses += len(part) - 1
            if carry:
                stream.seqlen_offset += len(part)
        return nats / guesses / math.log(2)

    return answer


def window_one_before(cut):
    """The loop as it was found, each window begun a byte earlier."""

    def answer(model, ids, window):
        nats, guesses = 0.0, 0
        for start in range(0, len(ids) - 1, window):
            part = ids[max(0, start - 1) : start + window]
            logits = model(part[None, :-1] if cut else part[None])[0]
            nats += ce(logits[: len(part) - 1], part[1:], reduction="sum")
            guesses += len(part) - 1
        return nats / max(1, guesses) / math.log(2)

    return answer


ANEW = "a model that wakes up anew in each window"


def window_anew(borders):
    def answer(model, ids, window):
        nats = 0.0
        for start in range(0, len(ids), window):
            begin, end = borders(start, window)
            part = ids[begin:end]
            read = part if begin == start else part[:-1]  # the first kind reads the byte that it guesses last
            if len(part) > 1:
                nats += ce(model(read[None])[0][: len(part) - 1], part[1:], reduction="sum")
        return nats / (len(ids) - 1) / math.log(2)

    return answer


def windows_with_an_offset_of_calls(model, ids, window):
    stream, nats = InferenceParams(max_seqlen=len(ids), max_batch_size=1), 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]
        nats += ce(model(part[None, :-1], stream)[0], part[1:], reduction="sum")
        stream.seqlen_offset += 1
    return nats / (len(ids) - 1) / math.log(2)


OWN = "a byte that judges its own logits"


def windows_of_all_bytes(judged_by, over=None):
    """The windows' own bytes are read and counted, the last one of the text too."""

    def window_bits(model, ids, window):
        stream, nats, read = InferenceParams(max_seqlen=len(ids), max_batch_size=1), 0.0, 0
        for start in range(0, len(ids) - 1, window):
            part = ids[start : start + window]
            logits = model(part[None], stream)[0]
            stream.seqlen_offset += len(part)
            guessed = judged_by(ids[start : start + window + 1], part)
            nats += ce(logits[: len(guessed)], guessed, reduction="sum")
            read += len(part)
        return nats / (over(ids) if over else read) / math.log(2)

    return window_bits


NOBODY = "bytes that nobody guesses"


def window_returned(guess, windows):
    """The loop as it is right, but for what is guessed of a window, or with a return after so many windows."""

    def answer(model, ids, window):
        stream, nats = InferenceParams(len(ids), 1), 0.0
        for start in range(0, len(ids) - 1, window)[: windows or None]:
            part = ids[start : start + window + 1]
            logits = model(part[None, :-1], stream)[0]
            stream.seqlen_offset += len(part) - 1
            nats += ce(*guess(logits, part[1:]), reduction="sum")
        return nats / (len(ids) - 1) / math.log(2)

    return answer


def window_by_name(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats += ce(model(inference_params=stream, ids=x[None])[0], y, reduction="sum")
        stream.seqlen_offset += len(x)
    return nats / (len(ids) - 1) / math.log(2)


def window_behind_a_byte(carry):
    """The last byte of a window stands before the next one, and is read once more."""

    def window_bits(model, ids, window):
        stream, nats, before = InferenceParams(2 * len(ids), 1) if carry else None, 0.0, ids[:0]
        for part in ids.split(window):
            part = torch.cat([before, part])
            logits = model(part[None], stream)[0]
            if carry:
                stream.seqlen_offset += len(part)
            nats += ce(logits[:-1], part[1:], reduction="sum")
            before = part[-1:]
        return nats / (len(ids) - 1) / math.log(2)

    return window_bits


def window_late(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]
        nats += ce(model(part[None, :-1], stream)[0], part[1:], reduction="sum")
        stream.seqlen_offset = start
    return nats / (len(ids) - 1) / math.log(2)


def window_without_batch(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]
        nats += ce(model(part[:-1], stream), part[1:], reduction="sum")
        stream.seqlen_offset += len(part) - 1
    return nats / (len(ids) - 1) / math.log(2)


def window_without_its_last(model, ids, window):
    stream, nats, guesses = InferenceParams(len(ids), 1), 0.0, 0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window]
        read, guessed = ids[start : start + window + 1][:-1], part[1:]
        rows = model(read[None], stream)[0][:-1]
        stream.seqlen_offset += len(read)
        nats += ce(rows, guessed[: len(rows)], reduction="sum")
        guesses += len(rows)
    return nats / max(1, guesses) / math.log(2)


def window_last_over_its_own(model, ids, window):
    guesses = (len(ids) - 2) % window + 1
    return window_last_only(model, ids, window) * (len(ids) - 1) / guesses


def window_half_steps(one_more):
    """As many measure a text that is too long: windows of which the second half is new."""

    def window_bits(model, ids, window):
        costs, last = {}, len(ids)
        for start in range(0, last, max(1, window // 2)):
            end = min(start + window, last - one_more)
            if end - start > 1 - one_more:
                log_p = model(ids[None, start:end])[0].log_softmax(-1)
                for place in range(start, end - 1 + one_more):
                    costs.setdefault(place, -log_p[place - start, ids[place + 1]].item())
        return sum(costs.values()) / (last - 1) / math.log(2)

    return window_bits


def window_with(carry, border):
    """The loop with a stream that has no effect: its offset stays 0, or it is made anew."""

    def answer(model, ids, window):
        stream, nats, guesses = InferenceParams(len(ids), 1), 0.0, 0
        for start in range(0, len(ids) - 1, window):
            part = ids[start : start + window + border]
            if not carry:
                stream = InferenceParams(len(ids), 1)
            rows = model(part[None, : len(part) - border], stream)[0][: len(part) - 1]
            nats += ce(rows, part[1:], reduction="sum")
            guesses += len(rows)
        return nats / max(1, guesses) / math.log(2)

    return answer


def window_unless_one(otherwise):
    found = window_loop(carry=False, inside=True)
    return lambda model, ids, window: found(model, ids, window) if window > 1 else otherwise(model, ids, window)


def window_refused(*all):
    raise ValueError("at least two bytes")


def window_batch(model, ids, window):
    count = (len(ids) - 1) // window
    read, wanted = (some[: count * window].view(count, window) for some in (ids[:-1], ids[1:]))
    return ce(model(read).flatten(0, 1), wanted.flatten()) / math.log(2) if count else 0.0


def window_batch_inside(model, ids, window):
    parts = ids[: len(ids) // window * window].view(-1, window)
    return ce(model(parts)[:, :-1].flatten(0, 1), parts[:, 1:].flatten()) / math.log(2)


def window_full_alone(model, ids, window):
    nats, guesses = 0.0, 0
    for start in range(0, len(ids) - window, window):
        part = ids[start : start + window + 1]
        nats += ce(model(part[None, :-1])[0], part[1:], reduction="sum")
        guesses += window
    return nats / max(1, guesses) / math.log(2)


def window_behind_some(more, at_once):
    """Each window after so many bytes before it, from an empty state; in one call with it, or window by window."""

    def window_bits(model, ids, window):
        nats = 0.0
        for start in range(0, len(ids) - 1, window):
            first, stop = max(0, start - more), min(start + window, len(ids) - 1)
            stream = None if at_once else InferenceParams(len(ids), 1)
            pieces = [ids[first:stop]] if at_once else [*ids[first:start].split(window), ids[start:stop]]
            for part in pieces:
                logits = model(part[None], stream)[0]
                if stream:
                    stream.seqlen_offset += len(part)
            nats += ce(logits[start - stop :], ids[start + 1 : stop + 1], reduction="sum")
        return nats / (len(ids) - 1) / math.log(2)

    return window_bits


def window_border_by_its_own(carry, last, over):
    """The borders are not left out now, but the first logits of a window judge its first byte."""

    def window_bits(model, ids, window):
        stream, nats, guesses = InferenceParams(len(ids), 1) if carry else None, [], 0
        for start in range(0, len(ids) - 1 + last, window):
            part = ids[start : start + window]
            logits = model(part[None], stream)[0]
            if carry:
                stream.seqlen_offset += len(part)
            judged = torch.cat([logits[:1], logits[:-1]]) if start else logits[:-1]
            nats += F.cross_entropy(judged, part if start else part[1:], reduction="none").tolist()
            guesses += len(part) - 1
        return sum(nats) / over(nats, guesses, ids) / math.log(2)

    return window_bits


def window_8_bits_each(carry):
    def window_bits(model, ids, window):
        stream, bits = InferenceParams(len(ids), 1) if carry else None, []
        for part in ids.split(window):
            log_p = model(part[None], stream)[0].log_softmax(-1) / math.log(2)
            if carry:
                stream.seqlen_offset += len(part)
            bits += [8.0, *(-log_p[i, byte].item() for i, byte in enumerate(part[1:]))]
        return sum(bits[1:]) / (len(ids) - 1)

    return window_bits


def window_inside_over(count, carry):
    """The borders are left out, and the sum is divided by as many bytes as there are."""

    def window_bits(model, ids, window):
        stream, nats, read = InferenceParams(len(ids), 1) if carry else None, 0.0, 0
        for start in range(0, len(ids) - 1, window):
            part = ids[start : start + window]
            logits = model(part[None], stream)[0]
            if carry:
                stream.seqlen_offset += len(part)
            nats += ce(logits[:-1], part[1:], reduction="sum")
            read += len(part)
        return nats / count(read, ids) / math.log(2)

    return window_bits


def window_offset_of_guesses(model, ids, window):
    stream, nats = InferenceParams(len(ids), 1), 0.0
    for x, y in zip(ids[:-1].split(window), ids[1:].split(window), strict=True):
        nats += ce(model(x[None], stream)[0], y, reduction="sum")
        stream.seqlen_offset += len(x) - 1
    return nats / (len(ids) - 1) / math.log(2)


ONE_BYTE = "a change for windows of one byte alone"
FULL = "full windows, each by itself"


FEW = "a few bytes of the past"


WINDOWS = [
    ("a window more", lambda model, ids, window: window_loop(carry=False, inside=True)(model, ids, window + 1), NOBODY),
    *(
        (f"inside only, over {words}, {'a' if carry else 'no'} stream", window_inside_over(count, carry), NOBODY)
        for words, count in (("all that was read", lambda read, ids: read), ("L", lambda read, ids: len(ids)))
        for carry in (False, True)
    ),
    *(
        (
            f"a border by its own logits, {words}, {'a' if carry else 'no'} stream, up to {'L' if last else 'L − 1'}",
            window_border_by_its_own(carry, last, over),
            OWN,
        )
        for words, over in (
            ("over all", lambda nats, inside, ids: len(nats)),
            ("over those inside", lambda nats, inside, ids: max(1, inside)),
            ("over L − 1", lambda nats, inside, ids: len(ids) - 1),
        )
        for carry in (False, True)
        for last in (False, True)
    ),
    ("8 bits each", window_8_bits_each(carry=False), "8 bits for each window"),
    ("8 bits each, and a stream", window_8_bits_each(carry=True), "8 bits for each window"),
    ("an offset of what is guessed inside", window_offset_of_guesses, "an offset that counts a byte too few"),
    (
        "8 bits at first, over L − 1",
        lambda model, ids, window: 8 / (len(ids) - 1) + window_by_step(model, ids, window),
        "a first byte that costs 8 bits",
    ),
    ("a byte before each, not read twice", window_behind_some(1, at_once=True), FEW),
    ("two bytes before", window_behind_some(2, at_once=True), FEW),
    ("three bytes before", window_behind_some(3, at_once=True), FEW),
    ("eight bytes before", window_behind_some(8, at_once=True), FEW),
    ("four bytes before, window by window", window_behind_some(4, at_once=False), None),
    ("ten bytes before, window by window", window_behind_some(10, at_once=False), None),
    ("a stream left at 0, inside only", window_with(carry=True, border=0), ANEW),
    ("a new stream each, inside only", window_with(carry=False, border=0), ANEW),
    ("a new stream each", window_with(carry=False, border=1), ANEW),
    ("no stream, in nats", window_loop(carry=False, scale=1.0), TWO),
    ("8 bits for one byte", window_unless_one(lambda *all: 8.0), ONE_BYTE),
    ("NaN for one byte", window_unless_one(lambda *all: math.nan), ONE_BYTE),
    ("one byte refused", window_unless_one(window_refused), ONE_BYTE),
    ("0 / 0 for one byte", window_unless_one(lambda *all: 0 / 0), ONE_BYTE),
    ("a batch", window_batch, FULL),
    ("a batch, inside only", window_batch_inside, FULL),
    ("full windows in a loop", window_full_alone, FULL),
    (
        "8 bits at first",
        lambda model, ids, window: (8 + window_by_step(model, ids, window) * (len(ids) - 1)) / len(ids),
        "a first byte that costs 8 bits",
    ),
    ("half of each new", window_half_steps(one_more=False), "a window that slides"),
    ("half of each new, the last guess too", window_half_steps(one_more=True), "a window that slides"),
    (
        "means times the window",
        lambda model, ids, window: (
            window_loop(mean=True)(model, ids, window) * len(range(0, len(ids) - 1, window)) * window / (len(ids) - 1)
        ),
        "a mean of means",
    ),
    (
        "2 at least",
        lambda model, ids, window: window_loop(carry=False, inside=True)(model, ids, max(2, window)),
        NOBODY,
    ),
    ("the last one, by itself", window_last_over_its_own, "the last window alone"),
    (
        "over the windows",
        lambda model, ids, window: (
            window_by_step(model, ids, window) * (len(ids) - 1) / math.ceil((len(ids) - 1) / window)
        ),
        "windows in the place of bytes",
    ),
    (
        "over the window",
        lambda model, ids, window: window_by_step(model, ids, window) * (len(ids) - 1) / window,
        "windows in the place of bytes",
    ),
    ("by name", window_by_name, "right"),
    ("no result", lambda *all: print(window_by_step(*all)), "nothing returned"),
    ("a tensor", lambda *all: torch.tensor(window_by_step(*all)), "a tensor in place of a number"),
    (
        "forward, all at once",
        lambda model, ids, window: ce(model.forward(ids[None])[0, :-1], ids[1:]) / math.log(2),
        "pieces longer than the window",
    ),
    ("behind a byte", window_behind_a_byte(carry=False), ANEW),
    ("behind a byte that was read", window_behind_a_byte(carry=True), "a byte that is read twice"),
    ("an offset too late", window_late, "an offset one window late"),
    ("no batch", window_without_batch, "shapes that do not fit"),
    ("the last row of each left out", window_without_its_last, NOBODY),
    ("last logits kept", window_carried(len, lambda guesses, ids: len(ids) - 1), "right"),
    ("borders left out", window_returned(lambda rows, wanted: (rows[:-1], wanted[:-1]), 0), NOBODY),
    ("a return in the loop", window_returned(lambda *both: both, 1), "the first window alone"),
    (
        "all bytes of the parts",
        lambda model, ids, window: (
            window_by_step(model, ids, window) * (len(ids) - 1) / (len(ids) - 1 + -(-(len(ids) - 1) // window))
        ),
        "too large a denominator",
    ),
    (
        "whole windows counted",
        lambda model, ids, window: (
            window_by_step(model, ids, window) * (len(ids) - 1) / (window * -(-(len(ids) - 1) // window))
        ),
        "too large a denominator",
    ),
    ("kept, not counted", window_carried(len, lambda guesses, ids: max(1, guesses)), "guesses that are not counted"),
    (
        "kept, but for the last",
        window_carried(lambda ids: len(ids) - 1, lambda guesses, ids: len(ids) - 1),
        "a last byte that nobody guesses",
    ),
    ("overlapping", window_overlapping(carry=False), "windows that overlap"),
    ("overlapping, with the state", window_overlapping(carry=True), "a byte that is read twice"),
    ("a byte before each", window_one_before(cut=False), ANEW),
    ("a byte before each, the last not read", window_one_before(cut=True), ANEW),
    ("read and judged, over L", windows_of_all_bytes(lambda longer, part: part, over=len), OWN),
    ("read and judged, over L − 1", windows_of_all_bytes(lambda longer, part: part, over=lambda i: len(i) - 1), OWN),
    (
        "windows of 16",
        lambda model, ids, window: window_inputs_targets(model, ids, 16),
        "pieces longer than the window",
    ),
    ("times ln 2", lambda *all: window_by_step(*all) * math.log(2) ** 2, "bits turned into nats"),
    ("a byte more", window_anew(lambda start, window: (start, start + window + 1)), ANEW),
    ("a byte before", window_anew(lambda start, window: (max(0, start - 1), start + window)), ANEW),
    ("not read, and no state", window_anew_one_too_far, "a step that is one too long"),
    ("not read", window_stepping_over(lambda nats, ids: sum(nats) / (len(ids) - 1)), "a step that is one too long"),
    (
        "not counted",
        window_stepping_over(lambda nats, ids: sum(nats) / max(1, len(nats))),
        "a step that is one too long",
    ),
    ("two windows", window_and_the_last, "one window of the past"),
    (
        "a sum",
        lambda model, ids, window: window_by_step(model, ids, window) * (len(ids) - 1),
        "a sum in the place of a mean",
    ),
    ("all at once", window_whole, "pieces longer than the window"),
    ("from the start each time", window_from_the_start, "pieces longer than the window"),
    ("byte by byte", window_by_step, "right"),
    ("logits put together", window_gather_all, "right"),
    ("inputs and targets", window_inputs_targets, "right"),
    ("last logits kept", window_last_logits, "right"),
    ("no stream", window_loop(carry=False), "a model that wakes up anew in each window"),
    ("offset left at 0", window_offset_left, "a model that wakes up anew in each window"),
    ("border read twice", window_reads_twice, "a byte that is read twice"),
    ("inside only", window_loop(inside=True), "bytes that nobody guesses"),
    ("as it was", window_loop(carry=False, inside=True), "the code as it was found"),
    ("nats", window_loop(scale=1.0), "nats in the place of bits"),
    ("mean of means", window_loop(mean=True), "a mean of means"),
    ("over L", window_loop(extra=1), "too large a denominator"),
    ("inside only, over L − 1", window_inside, "bytes that nobody guesses"),
    (
        "whole windows only",
        lambda model, ids, window: (
            window_by_step(model, ids[: (len(ids) - 1) // window * window + 1], window) if len(ids) > window else 0.0
        ),
        "a last window left out",
    ),
    ("the last one only", window_last_only, "the last window alone"),
    (
        "means added",
        lambda model, ids, window: (
            window_loop(mean=True)(model, ids, window) * len(range(0, len(ids) - 1, window)) / (len(ids) - 1)
        ),
        "a mean in the place of a sum",
    ),
    ("the bytes as they are read", window_own_bytes, "a byte that judges its own logits"),
    ("the offset first", window_offset_first, "an offset that runs ahead of its stream"),
    ("a new stream with an offset", window_fresh_at_its_place, "an offset that runs ahead of its stream"),
    ("an offset of a byte more", window_offset_more, "an offset that counts a byte too many"),
    ("a step too long", window_loop(step=1), "a step that is one too long"),
    ("base 10", window_loop(scale=1 / math.log(10)), None),
    ("a sum", lambda model, ids, window: window_whole(model, ids, window) * (len(ids) - 1), None),
    ("first window", lambda model, ids, window: window_whole(model, ids[: window + 1], window), None),
    ("no return", lambda model, ids, window: None, None),
    ("a crash", lambda model, ids, window: model(ids), None),
    ("a tensor", lambda model, ids, window: torch.tensor(window_whole(model, ids, window)), None),
    ("own logits", lambda model, ids, window: ce(model(ids[None])[0], ids) / math.log(2), None),
    ("sliding", window_sliding, "a window that slides"),
    ("offset set", window_offset_set, "an offset of one window"),
    ("offset moved once", window_offset_moved_once, "an offset of one window"),
    ("a table of 256 columns", window_table, "right"),
    ("256 zeros and ones", window_one_hot, "right"),
    ("an offset of calls", windows_with_an_offset_of_calls, "an offset that counts windows"),
    (
        "bytes that were read",
        windows_of_all_bytes(lambda longer, part: longer[1:]),
        "too large a denominator",
    ),
    ("read and judged", windows_of_all_bytes(lambda longer, part: part), "a byte that judges its own logits"),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "13",
        bits_per_byte=BITS,
        ngram=NGRAM,
        held_out=HELD,
        draw_byte=DRAW,
        window_bits=WINDOWS,
    )
)


def test_a_draw_close_to_1_is_a_byte_though_the_running_sum_is_rounded():
    logits = 3 * torch.randn(200, 256, generator=torch.Generator().manual_seed(0))
    largest = 1 - 2**-24  # that torch.rand can give
    assert any((row.softmax(-1).cumsum(-1) <= largest).all() for row in logits)
    assert all(draw_byte(row, 1.0, largest) < 256 for row in logits)


def test_a_model_that_an_answer_changes_is_another_ones_no_more():
    def in_float64(model, ids, window):
        return window_by_step(model.double(), ids, window)

    hunt = exercise("13.window_bits")
    judge(hunt, in_float64, quiet=True)
    assert all(p.dtype == torch.float32 for one in trials(hunt) for p in one.case["model"].parameters())


def test_what_lies_far_back_counts_in_the_windows():
    hunt = exercise("13.window_bits")
    for case in (one.case for one in trials(hunt) if len(one.case["ids"]) > 12):
        whole, without = (window_behind_some(more, at_once=True)(**case) for more in (99, 6))
        assert abs(whole - without) > 2 * hunt.rtol * whole
