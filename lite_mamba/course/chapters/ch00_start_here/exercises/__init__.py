"""Exercises of notebook 00: one warm-up, so that the check, the folds and the progress table are known.

A module each, and the recap.
"""

from .recap import RECAP
from .scale_A import SCALE_A, scale_A

__all__ = ["EXERCISES", "RECAP", "scale_A"]

EXERCISES = [SCALE_A]
