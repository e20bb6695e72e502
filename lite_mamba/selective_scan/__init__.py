"""The selective scan: a linear recurrence whose step size, input map and output map depend on the token.

Read `reference.py`, the specification, a loop; then `chunked.py`, the same in chunks, on one page; then `eager.py`, the
fast scan, with its arithmetic in `tile.py`. `compiled.py` is the fast scan for GPUs under `torch.compile`, behind
`compile_scan`, and `operators.py` is what PyTorch's autograd, vmap and compiler see. Notebooks 08 and 09 build it.
"""

from .function import compile_scan, selective_scan_fn
from .reference import selective_scan_ref
from .update import selective_state_update

__all__ = ["compile_scan", "selective_scan_fn", "selective_scan_ref", "selective_state_update"]
