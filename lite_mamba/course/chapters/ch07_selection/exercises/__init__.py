"""Exercises of notebook 07: Δ as a gate, a gated state, noise that is skipped, projections, a reset, a bias twice.

A module each, and the recap.
"""

from .delta_by_hand import BY_HAND, delta_by_hand
from .gate_from_delta import GATE, gate_from_delta
from .gated_state import GATED, gated_state
from .mended_ssm import MENDED, mended_ssm
from .recap import RECAP
from .reset_delta import RESET, reset_delta
from .selective_parameters import PARAMETERS, selective_parameters

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

EXERCISES = [GATE, GATED, BY_HAND, PARAMETERS, MENDED, RESET]
