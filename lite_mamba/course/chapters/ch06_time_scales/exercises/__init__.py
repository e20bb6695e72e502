"""Exercises of notebook 06: half-lives, the start of Δ, and what keeps it through set-up and training.

A module each, and the recap.
"""

from .dt_weight import WEIGHT, dt_weight
from .half_life import HALF_LIFE, half_life
from .inverse_softplus import INVERSE, inverse_softplus
from .mended_init import MENDED, mended_init
from .recap import RECAP
from .sample_dt import SAMPLE, sample_dt
from .split_weight_decay import SPLIT, split_weight_decay

__all__ = [
    "EXERCISES",
    "RECAP",
    "dt_weight",
    "half_life",
    "inverse_softplus",
    "mended_init",
    "sample_dt",
    "split_weight_decay",
]

EXERCISES = [HALF_LIFE, INVERSE, SAMPLE, WEIGHT, MENDED, SPLIT]
