"""What the eager scan reads and writes, cut into chains and strips and turned so that a tile can run along memory.

A *chain* is a few rows and channels; a *strip* is some time of a chain. A strip holds everything that has no state
axis, time-major: time is the first axis and the channel the last. It is read and written in one go, because moving a
little costs as many calls as moving a lot. `tile.py` runs the states, a part of a strip at a time.
"""

from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .arithmetic import base_two, exp_in_two_parts, skip_and_gate, step_size
from .gradients import ScanGradients, Sums
from .recurrence import reset_mask, reset_state


class Chain:
    """Rows and channels whose states run through time together; the channels share one group of B and one of C."""

    def __init__(self, scan: Scan, rows: slice, channels: slice):
        self.scan, self.rows, self.channels = scan, rows, channels

    @cached_property
    def A(self) -> Tensor:
        return self.scan.A[self.channels].t().contiguous()  # (N, D)

    @cached_property
    def exponent(self) -> Tensor:
        """A for `exp_of`: (N, D)."""
        return base_two(self.A)

    def parameter(self, value: Tensor | None) -> Tensor | None:
        """The chain's part of a (D,) parameter."""
        return None if value is None else value[self.channels]

    def group(self, value: Tensor) -> int:
        """Which group of B or C, (B, G, N, L), the channels belong to."""
        return self.channels.start // (self.scan.u.shape[1] // value.shape[1])

    def state(self, value: Tensor | None) -> Tensor:
        """The chain's part of (B, D, N), or zeros for None: (R, N, D)."""
        if value is not None:
            return value[self.rows, self.channels].transpose(1, 2)
        rows, channels = (s.stop - s.start for s in (self.rows, self.channels))
        return self.scan.A.new_zeros(rows, self.scan.A.shape[1], channels)


class Strip:
    """Some steps of a chain: what has no state axis.

    A name that ends in `_bdl` is laid out like the arguments (B, D, L): (R, D, s). The others are time-major,
    (S, R, D), where S is s padded to whole chunks, with Δ = u = 0.

    Args:
        chain: rows and channels.
        start, stop: the steps.
        chunk: T, the steps of a chunk.

    Attributes:
        u_bdl, delta_bdl: u, and Δ after bias and softplus.
        delta, drive: Δ and Δ·u.
        B, C: (N, D) when constant, else (S, R, N).
        decay: the decay exp(A·ΣΔ) of each whole chunk, in the two parts of `exp_in_two_parts`, (K, R, N, D) each; of
            no account where a segment starts in the chunk, and finite even so.
        resets, chunk_resets: (S, R, 1, 1) and (K, R, 1, 1), the `reset_mask` of each step and each chunk, or None.
        y: C·h, which the tiles fill.
    """

    def __init__(self, chain: Chain, start: int, stop: int, chunk: int):
        scan = chain.scan
        self.chain, self.time = chain, slice(start, stop)
        self.padding = -(stop - start) % chunk
        self.u_bdl = self.part(scan.u)
        self.delta_bdl = step_size(self.part(scan.delta), chain.parameter(scan.delta_bias), scan.softplus)
        self.delta, self.drive = self._time_major(self.delta_bdl), self._time_major(self.delta_bdl * self.u_bdl)
        self.B, self.C = self._read_map(scan.B), self._read_map(scan.C)
        self.resets = self._read_resets()
        self.chunk_resets = None if self.resets is None else self.resets.unflatten(0, (-1, chunk)).amax(dim=1)
        total = self.delta.unflatten(0, (-1, chunk)).sum(dim=1).unsqueeze(2)  # (K, R, 1, D)
        self.decay = exp_in_two_parts(reset_state(total, self.chunk_resets) * chain.A)
        self.y = torch.empty_like(self.delta)

    def part(self, value: Tensor) -> Tensor:
        """The strip's part of (B, D, L), in the recurrence's dtype: (R, D, s)."""
        return self.place(value).to(self.chain.scan.real)

    def place(self, value: Tensor) -> Tensor:
        """The strip's part of (B, D, L) itself: (R, D, s)."""
        return value[self.chain.rows, self.chain.channels, self.time]

    def write_output(self, out: Tensor) -> None:
        """(C·h + D·u) · SiLU(z) into (B, D, L)."""
        z, place = self.chain.scan.z, self.place(out)
        y, D = self._as_in(place, self.y), self.chain.parameter(self.chain.scan.D)
        place.copy_(skip_and_gate(y, self.u_bdl, D, None if z is None else self.part(z)))

    def _read_map(self, value: Tensor) -> Tensor:
        """The strip's part of B or C."""
        if value.ndim == 2:
            return value[self.chain.channels].t().contiguous()
        return self._time_major(value[self.chain.rows, self.chain.group(value), :, self.time])

    def _read_resets(self) -> Tensor | None:
        if self.chain.scan.resets is None:
            return None
        resets = self.chain.scan.resets[self.chain.rows, self.time]  # (R, s)
        return reset_mask(F.pad(resets, (0, self.padding), value=False).t())[:, :, None, None]

    def _time_major(self, source: Tensor) -> Tensor:
        """(R, D, s) → (S, R, D). A whole matrix is transposed quickly, a part of one slowly, so it is copied first."""
        if self.padding:
            source = F.pad(source, (0, self.padding))
        if source.stride(1) == 1:
            return source.permute(2, 0, 1).contiguous()
        return source.contiguous().flatten(0, 1).t().contiguous().unflatten(1, source.shape[:2])

    def _as_in(self, place: Tensor, value: Tensor) -> Tensor:
        """(S, R, D) → (R, D, s), in memory as `place` is."""
        value = value[: place.shape[2]]
        if place.stride(1) == 1:
            return value.permute(1, 2, 0)
        return value.flatten(1).t().contiguous().unflatten(0, value.shape[1:])


class GradientStrip(Strip):
    """A strip of the backward pass.

    Attributes:
        grad_out_bdl, z_bdl: the gradient of the output, and z or None.
        grad_y, grad_y_bdl: the gradient of y = C·h + D·u, in both forms.
        grad_drive, grad_delta: the gradients of Δ·u, and of Δ through the decay alone; the tiles fill them.
    """

    def __init__(self, chain: Chain, start: int, stop: int, chunk: int, grad_out: Tensor):
        super().__init__(chain, start, stop, chunk)
        self.grad_out_bdl, z = self.part(grad_out), chain.scan.z
        self.z_bdl = None if z is None else self.part(z)
        self.grad_y_bdl = self.grad_out_bdl if z is None else self.grad_out_bdl * F.silu(self.z_bdl)
        self.grad_y = self._time_major(self.grad_y_bdl)
        self.grad_drive, self.grad_delta = torch.empty_like(self.delta), torch.empty_like(self.delta)

    def write_gradients(self, grads: ScanGradients, sums: Sums) -> None:
        """The gradients of u, Δ, z, D and the bias, when the tiles have filled theirs."""
        scan, channels = self.chain.scan, self.chain.channels
        if self.z_bdl is not None:
            y, D = self._as_in(self.grad_out_bdl, self.y), self.chain.parameter(scan.D)
            grad_gate = self.grad_out_bdl * skip_and_gate(y, self.u_bdl, D, None)
            self.place(grads.z).copy_(torch.ops.aten.silu_backward(grad_gate, self.z_bdl))
        grad_drive = self._as_in(self.u_bdl, self.grad_drive)  # (R, D, s)
        grad_u = grad_drive * self.delta_bdl
        grad_delta = self._as_in(self.u_bdl, self.grad_delta) + grad_drive * self.u_bdl
        if scan.D is not None:
            grad_u.addcmul_(self.grad_y_bdl, self.chain.parameter(scan.D).unsqueeze(1))
            sums.D[channels] += (self.grad_y_bdl * self.u_bdl).sum(dim=(0, 2))
        if scan.softplus:
            grad_delta = grad_delta * -torch.expm1(-self.delta_bdl)  # the sigmoid, told by softplus
        self.place(grads.u).copy_(grad_u)
        self.place(grads.delta).copy_(grad_delta)
        if scan.delta_bias is not None:
            sums.delta_bias[channels] += grad_delta.sum(dim=(0, 2))
