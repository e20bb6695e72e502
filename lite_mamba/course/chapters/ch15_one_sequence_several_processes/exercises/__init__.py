"""Exercises of notebook 15: what a part of a sequence tells the others, and what it makes of what they tell.

One channel with N states, time first: delta (L,), drives x (L, N), A (N,). A part is known by its process, its rank.

A module each, and the recap.
"""

from .convolve_parts import CONVOLVE_PARTS, convolve_parts
from .corrected import CORRECTED, corrected
from .end_gradient import END_GRADIENT, end_gradient
from .halo import HALO, halo
from .own_start import OWN_START, own_start
from .recap import RECAP
from .summary import SUMMARY, summary

__all__ = ["EXERCISES", "RECAP", "convolve_parts", "corrected", "end_gradient", "halo", "own_start", "summary"]

EXERCISES = [SUMMARY, OWN_START, CORRECTED, HALO, CONVOLVE_PARTS, END_GRADIENT]
