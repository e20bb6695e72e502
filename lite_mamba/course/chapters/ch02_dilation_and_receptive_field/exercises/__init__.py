"""Exercises of notebook 02: how far a convolution sees, which lags it reads, and the gated multi-dilated sum.

A module each, and the recap.
"""

from .delay_kernel import DELAY_KERNEL, delay_kernel
from .dilations_for import DILATIONS_FOR, dilations_for
from .gated_dilated_conv import GATED_DILATED_CONV, gated_dilated_conv
from .lags_touched import LAGS_TOUCHED, lags_touched
from .measured_lags import MEASURED_LAGS, measured_lags
from .recap import RECAP
from .receptive_field import RECEPTIVE_FIELD, receptive_field

__all__ = [
    "EXERCISES",
    "RECAP",
    "delay_kernel",
    "dilations_for",
    "gated_dilated_conv",
    "lags_touched",
    "measured_lags",
    "receptive_field",
]

EXERCISES = [RECEPTIVE_FIELD, GATED_DILATED_CONV, LAGS_TOUCHED, MEASURED_LAGS, DELAY_KERNEL, DILATIONS_FOR]
