"""Exercises of notebook 10: assemble the block, rows that stay apart, parameters, a low rank, state, a name twice.

A module each, and the recap.
"""

from .block_forward import BLOCK_FORWARD, PARTS, block_forward
from .count_parameters import COUNT_PARAMETERS, count_parameters
from .delta_map import DELTA_MAP, delta_map
from .is_batch_independent import IS_BATCH_INDEPENDENT, is_batch_independent
from .mended_branches import MENDED_BRANCHES, mended_branches
from .recap import RECAP
from .state_bytes import STATE_BYTES, state_bytes

__all__ = [
    "EXERCISES",
    "PARTS",
    "RECAP",
    "block_forward",
    "count_parameters",
    "delta_map",
    "is_batch_independent",
    "mended_branches",
    "state_bytes",
]

EXERCISES = [BLOCK_FORWARD, IS_BATCH_INDEPENDENT, COUNT_PARAMETERS, DELTA_MAP, STATE_BYTES, MENDED_BRANCHES]
