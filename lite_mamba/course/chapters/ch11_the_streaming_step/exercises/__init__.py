"""Exercises of notebook 11: one token through scan and block, a generation loop, memory, a reset, three bugs.

A module each, and the recap.
"""

from .block_step import BLOCK_STEP, block_step
from .generate import GENERATE, generate, lively_block
from .kv_overtakes import KV_OVERTAKES, kv_overtakes
from .mended_stream import MENDED_STREAM, mended_stream, random_weights, suspects
from .recap import RECAP
from .restart import RESTART, restart
from .state_update import STATE_UPDATE, state_update

__all__ = [
    "EXERCISES",
    "RECAP",
    "block_step",
    "generate",
    "kv_overtakes",
    "lively_block",
    "mended_stream",
    "random_weights",
    "restart",
    "state_update",
    "suspects",
]

EXERCISES = [STATE_UPDATE, BLOCK_STEP, GENERATE, KV_OVERTAKES, RESTART, MENDED_STREAM]
