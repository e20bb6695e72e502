"""Exercises of notebook 13: bits per byte, counts that back off, files held out, draws, and reading in windows.

A module each, and the recap.
"""

from .bits_per_byte import BITS_PER_BYTE, bits_per_byte
from .draw_byte import DRAW_BYTE, draw_byte
from .held_out import HELD_OUT, held_out
from .ngram import NGRAM, ngram
from .recap import RECAP
from .window_bits import WINDOW_BITS, window_bits

__all__ = ["EXERCISES", "RECAP", "bits_per_byte", "draw_byte", "held_out", "ngram", "window_bits"]

EXERCISES = [BITS_PER_BYTE, NGRAM, HELD_OUT, DRAW_BYTE, WINDOW_BITS]
