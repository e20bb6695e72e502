"""Exercises of notebook 06: half-lives, the start of Δ, and what keeps it through set-up and training.

A module each, and the recap.
"""

from .dt_weight import DT_WEIGHT, dt_weight
from .half_life import HALF_LIFE, half_life
from .inverse_softplus import INVERSE_SOFTPLUS, inverse_softplus
from .mended_init import MENDED_INIT, mended_init
from .recap import RECAP
from .sample_dt import SAMPLE_DT, sample_dt
from .split_weight_decay import SPLIT_WEIGHT_DECAY, split_weight_decay

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

EXERCISES = [HALF_LIFE, INVERSE_SOFTPLUS, SAMPLE_DT, DT_WEIGHT, MENDED_INIT, SPLIT_WEIGHT_DECAY]
