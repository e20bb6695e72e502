"""The selective scan: a linear recurrence whose step size, input map and output map depend on the token.

`reference.py` is the specification, a loop to be read. `eager.py` is the fast scan, with the arithmetic in `tile.py`;
`compiled.py` is the same for GPUs under `torch.compile`, behind `compile_scan`. Notebooks 08 and 09 build it.
"""

from .function import compile_scan, selective_scan_fn
from .reference import selective_scan_ref
from .update import selective_state_update

__all__ = ["compile_scan", "selective_scan_fn", "selective_scan_ref", "selective_state_update"]
