"""Counting gives probabilities that add up to one, and gets better with the context; compressors are measured whole."""

import gzip
from itertools import pairwise

import numpy as np
import pytest

from lite_mamba.course.training.baselines import NGrams, baselines

TEXT = b"the cat sat on the mat; the rat sat on the cat. " * 3


@pytest.mark.parametrize("order", range(7))
def test_the_probabilities_of_all_bytes_add_up_to_one(order):
    counts = NGrams(TEXT, order)
    for context in (b"the ca", b"sat zz", b"zzzzzz"):
        total = sum(counts.probabilities(context + bytes([byte]))[-1] for byte in range(256))
        assert total == pytest.approx(1)


def test_order_zero_counts_bytes():
    p = NGrams(b"aab", 0).probabilities(b"ab")
    floor = 0.75 * 2 / 3 / 256  # two kinds, discounted by 0.75 each, shared by all bytes
    np.testing.assert_allclose(p, [(2 - 0.75) / 3 + floor, (1 - 0.75) / 3 + floor])


def test_a_longer_context_helps_on_the_text_itself():
    bits = [NGrams(TEXT, order).bits_per_byte(TEXT) for order in range(7)]
    assert all(longer < shorter for shorter, longer in pairwise(bits))


def test_shortened_counts_are_those_of_a_shorter_order():
    assert NGrams(TEXT, 6).shortened(2).bits_per_byte(TEXT[::-1]) == NGrams(TEXT, 2).bits_per_byte(TEXT[::-1])


def test_baselines_name_every_order_and_compressor():
    bits = baselines(TEXT, TEXT, orders=range(3))
    assert list(bits) == ["order 0", "order 1", "order 2", "gzip", "xz", "xz after training"]
    assert bits["gzip"] == 8 * len(gzip.compress(TEXT, 9)) / len(TEXT)
    assert bits["xz after training"] < 0.5 < bits["xz"]
