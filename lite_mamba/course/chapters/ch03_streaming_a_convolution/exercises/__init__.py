"""Exercises of notebook 03: a history that moves on, a step, a chunk, and the step of the whole front end.

A module each, and the recap.
"""

from .conv_chunk import CONV_CHUNK, conv_chunk
from .conv_step import CONV_STEP, conv_step
from .gated_conv_step import GATED_CONV_STEP, gated_conv_step
from .mended_step import MENDED_STEP, suspect_step
from .push import PUSH, push
from .recap import RECAP
from .ring_push import RING_PUSH, ring_push

__all__ = ["EXERCISES", "RECAP", "conv_chunk", "conv_step", "gated_conv_step", "push", "ring_push", "suspect_step"]

EXERCISES = [PUSH, RING_PUSH, CONV_STEP, CONV_CHUNK, GATED_CONV_STEP, MENDED_STEP]
