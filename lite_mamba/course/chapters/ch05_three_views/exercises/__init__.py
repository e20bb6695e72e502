"""Exercises of notebook 05: one linear system as a recurrence, as a kernel and as a product of FFTs.

A module each, and the recap.
"""

from .convolve import CONVOLVE, convolve
from .fft_convolve import FFT_CONVOLVE, fft_convolve
from .is_time_invariant import IS_TIME_INVARIANT, is_time_invariant
from .mended_convolve import MENDED_CONVOLVE, mended_convolve, suspect_convolve
from .recap import RECAP
from .recurrence import RECURRENCE, recurrence
from .ssm_kernel import SSM_KERNEL, ssm_kernel

__all__ = [
    "EXERCISES",
    "RECAP",
    "convolve",
    "fft_convolve",
    "is_time_invariant",
    "mended_convolve",
    "recurrence",
    "ssm_kernel",
    "suspect_convolve",
]

EXERCISES = [RECURRENCE, SSM_KERNEL, CONVOLVE, FFT_CONVOLVE, MENDED_CONVOLVE, IS_TIME_INVARIANT]
