"""Exercises of notebook 04: three rules from continuous to discrete, the limit of Euler, and exact small numbers.

A module each, and the recap.
"""

from .bilinear import BILINEAR, bilinear
from .corrected_B import CORRECTED_B, corrected_B
from .euler import EULER, euler
from .largest_euler_step import LARGEST_EULER_STEP, largest_euler_step
from .mended_zoh import MENDED_ZOH, mended_zoh
from .recap import RECAP
from .zoh import ZOH, zoh

__all__ = ["EXERCISES", "RECAP", "bilinear", "corrected_B", "euler", "largest_euler_step", "mended_zoh", "zoh"]

EXERCISES = [EULER, ZOH, BILINEAR, LARGEST_EULER_STEP, CORRECTED_B, MENDED_ZOH]
