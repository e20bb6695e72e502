"""What a language model has to beat: counts of byte sequences, and two compressors, on the same held-out text."""

import gzip
import lzma
from copy import copy

import numpy as np

DISCOUNT = 0.75


class NGrams:
    """The byte after the last `order` bytes, by counting, with absolute discounting down to shorter contexts:

        p(c | context) = max(n(context, c) − d, 0) / n(context) + d·kinds(context) / n(context) · p(c | shorter context)

    where kinds counts the different bytes that followed. A context that never occurred hands over to the shorter one;
    below the empty context all 256 bytes are alike.

    Args:
        text: to count.
        order: bytes of context at most, 0 to 6.

    Source: Chen and Goodman, An empirical study of smoothing techniques for language modeling, section 2.6.

    >>> NGrams(b"abababab", 1).bits_per_byte(b"abab") < 1
    True
    """

    def __init__(self, text: bytes, order: int):
        self.tables = [Counts(text, size) for size in range(1, order + 2)]

    def probabilities(self, text: bytes) -> np.ndarray:
        """(bytes,) of each byte of the text, after the bytes before it."""
        p = np.full(len(text), 1 / 256)
        for table in self.tables:
            late = table.size - 1  # the first bytes have no context of this size
            p[late:] = table.mix(text, p[late:])
        return p

    def bits_per_byte(self, text: bytes) -> float:
        """Mean −log₂ p over the text."""
        return float(-np.log2(self.probabilities(text)).mean())

    def shortened(self, order: int) -> "NGrams":
        """The same counts with contexts of at most `order` bytes."""
        short = copy(self)
        short.tables = self.tables[: order + 1]
        return short


class Counts:
    """How often each sequence of `size` bytes occurs, and what followed its first size − 1 bytes."""

    def __init__(self, text: bytes, size: int):
        self.size = size
        self.grams, self.times = np.unique(_packed(text, size), return_counts=True)
        contexts, first, self.kinds = np.unique(self.grams >> 8, return_index=True, return_counts=True)
        self.contexts, self.totals = contexts, np.add.reduceat(self.times, first)

    def mix(self, text: bytes, shorter: np.ndarray) -> np.ndarray:
        """This order's probabilities, given those of the next shorter one."""
        grams = _packed(text, self.size)
        times = _look_up(self.grams, self.times, grams)
        total = _look_up(self.contexts, self.totals, grams >> 8)
        kinds = _look_up(self.contexts, self.kinds, grams >> 8)
        seen = np.maximum(times - DISCOUNT, 0) + DISCOUNT * kinds * shorter
        return np.where(total > 0, seen / np.maximum(total, 1), shorter)


def _packed(text: bytes, size: int) -> np.ndarray:
    """Every sequence of `size` bytes as one number: (bytes − size + 1,)."""
    codes = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
    packed = np.zeros(len(codes) - size + 1, dtype=np.int64)
    for i in range(size):
        packed = packed << 8 | codes[i : len(codes) - size + 1 + i]
    return packed


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of each key, 0 for one that is not there."""
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def baselines(train: bytes, held_out: bytes, orders=range(7)) -> dict[str, float]:
    """Bits per byte of the held-out text: n-grams of each order, gzip and xz alone, and xz after the training text.

    "xz after training" is what the held-out text adds to the archive of the training text.
    """
    most = NGrams(train, max(orders))
    bits = {f"order {order}": most.shortened(order).bits_per_byte(held_out) for order in orders}
    sizes = {"gzip": len(gzip.compress(held_out, 9)), "xz": len(_xz(held_out))}
    sizes["xz after training"] = len(_xz(train + held_out)) - len(_xz(train))
    return bits | {name: 8 * size / len(held_out) for name, size in sizes.items()}


def _xz(text: bytes) -> bytes:
    return lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
