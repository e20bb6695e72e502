"""Exercises of notebook 09: scans in rounds, in a tree and in chunks, and a loop with a linear backward pass.

A module each, and the recap.
"""

from .chunked_scan import CHUNKED_SCAN, chunked_scan
from .combine import COMBINE, combine
from .hillis_steele import HILLIS_STEELE, hillis_steele
from .linear_loop import LINEAR_LOOP, linear_loop
from .mended_scan import MENDED_SCAN, mended_scan
from .recap import RECAP
from .up_down import UP_DOWN, up_down

__all__ = ["EXERCISES", "RECAP", "chunked_scan", "combine", "hillis_steele", "linear_loop", "mended_scan", "up_down"]

EXERCISES = [COMBINE, HILLIS_STEELE, UP_DOWN, MENDED_SCAN, CHUNKED_SCAN, LINEAR_LOOP]
