"""Exercises of notebook 14: the scan as a matrix, two ways through a block, half-lives, a probe, and its controls.

A module each, and the recap.
"""

from .conv_and_state import CONV_AND_STATE, conv_and_state
from .fit_probe import FIT_PROBE, fit_probe
from .half_life import HALF_LIFE, half_life
from .held_out_accuracy import HELD_OUT_ACCURACY, held_out_accuracy
from .hidden_attention import HIDDEN_ATTENTION, hidden_attention
from .last_bytes import LAST_BYTES, last_bytes
from .recap import RECAP

__all__ = [
    "EXERCISES",
    "RECAP",
    "conv_and_state",
    "fit_probe",
    "half_life",
    "held_out_accuracy",
    "hidden_attention",
    "last_bytes",
]

EXERCISES = [HIDDEN_ATTENTION, CONV_AND_STATE, HALF_LIFE, FIT_PROBE, LAST_BYTES, HELD_OUT_ACCURACY]
