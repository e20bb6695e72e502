"""Exercises of notebook 12: three memory tasks, what is left of a token, and a long sequence read in chunks.

A module each, and the recap.
"""

from .fixed_copying import FIXED, fixed_copying
from .induction_heads import HEADS, induction_heads
from .last_logits import READING, last_logits
from .left_at_the_end import LEFT, left_at_the_end
from .recap import RECAP
from .selective_copying import SELECTIVE, selective_copying

__all__ = [
    "EXERCISES",
    "RECAP",
    "fixed_copying",
    "induction_heads",
    "last_logits",
    "left_at_the_end",
    "selective_copying",
]

EXERCISES = [FIXED, SELECTIVE, HEADS, LEFT, READING]
