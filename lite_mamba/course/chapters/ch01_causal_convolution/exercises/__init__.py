"""Exercises of notebook 01: causal convolution as a loop, in one line, as a full kernel, and a test of causality.

A module each, and the recap.
"""

from .causal_conv import CAUSAL_CONV, causal_conv
from .causal_conv_loop import CAUSAL_CONV_LOOP, causal_conv_loop
from .full_kernel import FULL_KERNEL, full_kernel
from .is_causal import IS_CAUSAL, is_causal
from .recap import RECAP

__all__ = ["EXERCISES", "RECAP", "causal_conv", "causal_conv_loop", "full_kernel", "is_causal"]

EXERCISES = [CAUSAL_CONV_LOOP, CAUSAL_CONV, FULL_KERNEL, IS_CAUSAL]
