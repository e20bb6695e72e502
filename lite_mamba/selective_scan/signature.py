"""How type checkers see `selective_scan_fn` and `selective_scan_ref`: a tensor, or with the last state two."""

from collections.abc import Callable
from typing import Literal, Protocol, overload

from torch import Tensor


class SelectiveScan(Protocol):
    """The one signature of both scans; `selective_scan_fn` tells what the arguments mean."""

    @overload
    def __call__(
        self,
        u: Tensor,
        delta: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor | None = None,
        z: Tensor | None = None,
        delta_bias: Tensor | None = None,
        delta_softplus: bool = False,
        return_last_state: Literal[False] = False,
        *,
        initial_state: Tensor | None = None,
        seq_idx: Tensor | None = None,
    ) -> Tensor: ...

    @overload
    def __call__(
        self,
        u: Tensor,
        delta: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor | None = None,
        z: Tensor | None = None,
        delta_bias: Tensor | None = None,
        delta_softplus: bool = False,
        *,
        return_last_state: Literal[True],
        initial_state: Tensor | None = None,
        seq_idx: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]: ...

    @overload
    def __call__(
        self,
        u: Tensor,
        delta: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor | None = None,
        z: Tensor | None = None,
        delta_bias: Tensor | None = None,
        delta_softplus: bool = False,
        return_last_state: bool = False,
        *,
        initial_state: Tensor | None = None,
        seq_idx: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]: ...


def typed(scan: Callable[..., Tensor | tuple[Tensor, Tensor]]) -> SelectiveScan:
    """The same function, with this signature for type checkers."""
    return scan  # type: ignore[return-value]
