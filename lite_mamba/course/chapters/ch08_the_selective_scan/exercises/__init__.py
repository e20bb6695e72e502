"""Exercises of notebook 08: discretise, the loop, skip and gate, a scan that goes on, gradients, a lost state.

A module each, and the recap.
"""

from .discretise import DISCRETISE, discretise
from .gradients_are_right import GRADIENTS, gradients_are_right
from .mended_chunk import MENDED, continue_scan, suspect_chunk
from .recap import RECAP
from .scan_from import SCAN_FROM, scan_from
from .scan_loop import LOOP, scan_loop
from .skip_and_gate import SKIP, skip_and_gate

__all__ = [
    "EXERCISES",
    "RECAP",
    "continue_scan",
    "discretise",
    "gradients_are_right",
    "scan_from",
    "scan_loop",
    "skip_and_gate",
    "suspect_chunk",
]

EXERCISES = [DISCRETISE, LOOP, SKIP, SCAN_FROM, GRADIENTS, MENDED]
