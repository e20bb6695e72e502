"""Exercises of notebook 08: discretise, the loop, skip and gate, a scan that goes on, gradients, a lost state.

A module each, and the recap.
"""

from .discretise import DISCRETISE, discretise
from .gradients_are_right import GRADIENTS_ARE_RIGHT, gradients_are_right
from .mended_chunk import MENDED_CHUNK, continue_scan, suspect_chunk
from .recap import RECAP
from .scan_from import SCAN_FROM, scan_from
from .scan_loop import SCAN_LOOP, scan_loop
from .skip_and_gate import SKIP_AND_GATE, skip_and_gate

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

EXERCISES = [DISCRETISE, SCAN_LOOP, SKIP_AND_GATE, SCAN_FROM, GRADIENTS_ARE_RIGHT, MENDED_CHUNK]
