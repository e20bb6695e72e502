"""Exercises of notebook 12: three memory tasks, what is left of a token, and a long sequence read in chunks.

A module each, and the recap.
"""

from .fixed_copying import FIXED_COPYING, fixed_copying
from .induction_heads import INDUCTION_HEADS, induction_heads
from .last_logits import LAST_LOGITS, last_logits
from .left_at_the_end import LEFT_AT_THE_END, left_at_the_end
from .recap import RECAP
from .selective_copying import SELECTIVE_COPYING, selective_copying

__all__ = [
    "EXERCISES",
    "RECAP",
    "fixed_copying",
    "induction_heads",
    "last_logits",
    "left_at_the_end",
    "selective_copying",
]

EXERCISES = [FIXED_COPYING, SELECTIVE_COPYING, LEFT_AT_THE_END, INDUCTION_HEADS, LAST_LOGITS]
