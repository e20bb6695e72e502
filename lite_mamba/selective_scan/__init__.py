"""The selective scan: a linear recurrence whose step size, input map and output map depend on the token.

`reference.py` is the specification, a loop to be read. Notebooks 08 and 09 build it.
"""

from .function import selective_scan_fn
from .reference import selective_scan_ref
from .update import selective_state_update

__all__ = ["selective_scan_fn", "selective_scan_ref", "selective_state_update"]
