"""Exercises of notebook 07: Δ as a gate, a gated state, noise that is skipped, projections, a reset, a bias twice.

A module each, and the recap.
"""

from .delta_by_hand import DELTA_BY_HAND, delta_by_hand
from .gate_from_delta import GATE_FROM_DELTA, gate_from_delta
from .gated_state import GATED_STATE, gated_state
from .mended_ssm import MENDED_SSM, mended_ssm
from .recap import RECAP
from .reset_delta import RESET_DELTA, reset_delta
from .selective_parameters import SELECTIVE_PARAMETERS, selective_parameters

__all__ = [
    "EXERCISES",
    "RECAP",
    "delta_by_hand",
    "gate_from_delta",
    "gated_state",
    "mended_ssm",
    "reset_delta",
    "selective_parameters",
]

EXERCISES = [GATE_FROM_DELTA, GATED_STATE, DELTA_BY_HAND, SELECTIVE_PARAMETERS, MENDED_SSM, RESET_DELTA]
