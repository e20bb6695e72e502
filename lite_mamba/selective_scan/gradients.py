"""What the backward pass of the eager scan fills: gradients with a place of their own, and sums that tiles add to."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .arguments import Scan


@dataclass
class ScanGradients:
    """Gradients of which every number belongs to one place of one chain.

    Attributes:
        u, delta, z: (B, D, L); z is None without a gate.
        initial_state: (B, D, N).
    """

    u: Tensor
    delta: Tensor
    z: Tensor | None
    initial_state: Tensor

    @classmethod
    def empty(cls, scan: Scan) -> "ScanGradients":
        return cls(
            torch.empty_like(scan.u),
            torch.empty_like(scan.delta),
            None if scan.z is None else torch.empty_like(scan.z),
            scan.A.new_empty(*scan.u.shape[:2], scan.A.shape[1]),
        )


@dataclass
class Sums:
    """Gradients that are sums over time, rows or channels.

    Attributes:
        A: (D, N).
        B, C: (D, N) when constant, else time-major (L, B, G, N).
        D, delta_bias: (D,).
    """

    A: Tensor
    B: Tensor
    C: Tensor
    D: Tensor
    delta_bias: Tensor

    @classmethod
    def zeros(cls, scan: Scan) -> "Sums":
        per_channel = scan.u.shape[1]
        return cls(
            A=torch.zeros_like(scan.A),
            B=_zeros_for_map(scan.B),
            C=_zeros_for_map(scan.C),
            D=scan.A.new_zeros(per_channel, dtype=scan.real),
            delta_bias=scan.A.new_zeros(per_channel, dtype=scan.real),
        )

    def laid_out_like(self, scan: Scan) -> "Sums":
        """The sums, laid out in memory like the arguments they belong to."""
        B, C = (value if value.ndim == 2 else value.permute(1, 2, 3, 0) for value in (self.B, self.C))
        A, B, C = (torch.empty_like(x).copy_(value) for x, value in ((scan.A, self.A), (scan.B, B), (scan.C, C)))
        return Sums(A, B, C, self.D, self.delta_bias)


def _zeros_for_map(value: Tensor) -> Tensor:
    shape = value.shape if value.ndim == 2 else (value.shape[3], *value.shape[:3])
    return torch.zeros(shape, dtype=value.dtype, device=value.device)
