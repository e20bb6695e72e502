"""One tile of the eager scan: its arithmetic, forward and backward. `eager.py` explains the phases and walks the tiles.

A tile is S time steps of R rows and D channels, cut into K chunks of T steps (S = K·T). Time is the first axis and
the channel the last, so that every call runs along contiguous memory.
"""

from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from .arguments import Scan
from .gradients import ScanGradients, Sums

LOG2_E = 1.4426950408889634


class Chain:
    """Rows and channels whose states run through time together; the channels share one group of B and one of C."""

    def __init__(self, scan: Scan, rows: slice, channels: slice):
        self.scan, self.rows, self.channels = scan, rows, channels

    @cached_property
    def A(self) -> Tensor:
        return self.scan.A[self.channels].t().contiguous()  # (N, D)

    @cached_property
    def exponent(self) -> Tensor:
        """A for `_exp`: (N, D)."""
        return self.A if self.A.is_complex() else self.A * LOG2_E

    @cached_property
    def wide_exponent(self) -> Tensor:
        """The same in double precision."""
        wide = self.A.to(_wide(self.A))
        return wide if self.A.is_complex() else wide * LOG2_E

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


class Buffers:
    """Memory for the tiles of one shape, and views of it. A view costs a microsecond, so each is made once.

    Attributes:
        a: (S, R, N, D) the decays a; going back, ν and then the gradient of Δ·A are written over them.
        x: (S, R, N, D) the drive x, then the states h, then products.
        lam: (S, R, N, D) the gradient λ; None for the forward pass.
        end: (K, R, N, D) the chunks' ends.
        wide_end, wide_decay: (K, R, N, D) those ends and the whole decays E, in double precision.
        wide_border: (K + 1, R, N, D) states between the chunks, going back gradients ν, in double precision.
        border: the same, in the recurrence's dtype.
        a_steps, x_steps, lam_steps: the t-th step of every chunk, for each t, T × (K, R, N, D).
    """

    def __init__(self, memory: list[Tensor], chunks: int, chunk: int, rows: int, states: int, channels: int):
        self.chunks, self.chunk = chunks, chunk
        shape = (chunks * chunk, rows, states, channels)
        size = chunks * chunk * rows * states * channels
        self.a, self.x, *rest = (flat[:size].view(shape) for flat in memory)
        self.lam = rest[0] if rest else None
        self.a_steps, self.x_steps = self._steps(self.a), self._steps(self.x)
        self.lam_steps = self._steps(self.lam) if rest else None
        self.end = self.a.new_empty(chunks, *shape[1:])
        self.border = self.a.new_empty(chunks + 1, *shape[1:])
        self.wide_end, self.wide_decay = (torch.empty_like(self.end, dtype=_wide(self.a)) for _ in range(2))
        self.wide_border = torch.empty_like(self.border, dtype=_wide(self.a))

    def chunked(self, value: Tensor) -> Tensor:
        """(S, …) → (K, T, …)."""
        return value.unflatten(0, (self.chunks, self.chunk))

    def _steps(self, value: Tensor) -> tuple[Tensor, ...]:
        return self.chunked(value).unbind(1)


class Tile:
    """Some steps of a chain, read into time-major form. Chunks that reach beyond `stop` are padded with Δ = u = 0.

    Args:
        chain: rows and channels.
        start, stop: the steps.
        buffers: the memory to work in.
    """

    def __init__(self, chain: Chain, start: int, stop: int, buffers: Buffers):
        scan = chain.scan
        self.chain, self.buffers, self.time = chain, buffers, slice(start, stop)
        self.padding = buffers.chunks * buffers.chunk - (stop - start)
        self.u = self.read(scan.u)  # (S, R, D)
        self.delta = _step_size(self.read(scan.delta), chain.parameter(scan.delta_bias), scan.softplus)
        if self.padding:
            self.delta[-self.padding :] = 0  # (S, R, D)
        self.driving = self.delta * self.u  # (S, R, D)
        self.B, self.C = self._read_map(scan.B), self._read_map(scan.C)  # (N, D) or (S, R, N, 1)
        self.starts = self._read_starts()  # (S, R, 1, 1) bools, or None

    def chunk_starts(self, h: Tensor) -> Tensor:
        """Phases "ends" and "carry": from the state before the tile (R, N, D) to those before its chunks.

        Returns (K + 1, R, N, D); the last entry is the state after the tile. Fills the buffers of a and x.
        """
        self._fill_decays()
        self._fill_drive()
        buffers, end = self.buffers, self.buffers.end  # (K, R, N, D)
        end.copy_(buffers.x_steps[0])
        for t in range(1, buffers.chunk):
            torch.addcmul(buffers.x_steps[t], buffers.a_steps[t], self._cut(end, t), out=end)
        return self._carry(h, range(self.buffers.chunks))

    def run_states(self, starts: Tensor) -> Tensor:
        """Phase "rerun": from the chunks' starts (K, R, N, D), the buffer of x becomes h (S, R, N, D)."""
        previous = starts
        for t, (a_t, x_t) in enumerate(zip(self.buffers.a_steps, self.buffers.x_steps, strict=True)):
            previous = torch.addcmul(x_t, a_t, self._cut(previous, t), out=x_t)
        return self.buffers.x

    def output(self, h: Tensor) -> Tensor:
        """(C·h + D·u) · SiLU(z): (S, R, D)."""
        y = self._skip(_contract(self.C, h, factor=2))
        z = self.chain.scan.z
        return y if z is None else y.mul_(F.silu(self.read(z)))

    def backward(self, starts: Tensor, nu: Tensor, grad_out: Tensor, grads: ScanGradients, sums: Sums) -> Tensor:
        """Every gradient of the tile, from the chunk starts and from ν (R, N, D) of the tile after it.

        Returns ν for the tile before it.
        """
        self._fill_decays()
        self._fill_drive()
        h = self.run_states(starts)  # (S, R, N, D)
        grad_y = self._gate_backward(h, self.read(grad_out), grads)  # (S, R, D)
        nu = self._run_gradients(grad_y, nu)  # (R, N, D)
        lam = self.buffers.lam  # (S, R, N, D)
        sums.add_map("C", self, 2 * grad_y if h.is_complex() else grad_y, h.conj())
        sums.add_map("B", self, self.driving, lam)
        grad_driving = _contract(self.B.conj(), lam, factor=1)  # (S, R, D)
        grad_exponent = self._decay_gradient(h, starts)  # (S, R, N, D)
        product = torch.mul(grad_exponent, self.chain.A.conj(), out=h)
        grad_delta = _real(product.sum(dim=2)).addcmul_(grad_driving, self.u)  # (S, R, D)
        product = torch.mul(grad_exponent, self.delta.unsqueeze(2), out=h)
        sums.A[self.chain.channels] += product.sum(dim=(0, 1)).t()
        self._write_gradients(grad_y, grad_driving, grad_delta, grads, sums)
        return nu

    def read(self, value: Tensor) -> Tensor:
        """The tile's part of (B, D, L), time-major, in the recurrence's dtype: (S, R, D)."""
        part = value[self.chain.rows, self.chain.channels, self.time]
        return self._time_major(part.to(self.chain.scan.real))

    def write(self, target: Tensor, value: Tensor) -> None:
        """Put (S, R, D) into its place in (B, D, L)."""
        place = target[self.chain.rows, self.chain.channels, self.time]  # (R, D, s)
        value = value[: place.shape[2]]
        if value.shape[1] == 1 and place.stride(1) != 1:
            place.copy_(value[:, 0].t().contiguous().unsqueeze(0))
        else:
            place.copy_(value.permute(1, 2, 0))

    def _read_map(self, value: Tensor) -> Tensor:
        """The tile's part of B or C: (N, D) when constant, else (S, R, N, 1)."""
        if value.ndim == 2:
            return value[self.chain.channels].t().contiguous()
        return self._time_major(value[self.chain.rows, self.chain.group(value), :, self.time]).unsqueeze(3)

    def _read_starts(self) -> Tensor | None:
        """Where a segment starts: (S, R, 1, 1) bools."""
        if self.chain.scan.starts is None:
            return None
        starts = self.chain.scan.starts[self.chain.rows, self.time]  # (R, s)
        return F.pad(starts, (0, self.padding), value=False).t()[:, :, None, None]

    def _time_major(self, source: Tensor) -> Tensor:
        """(R, D, s) → (S, R, D). Two plain copies are quicker than one against the grain of the memory."""
        if self.padding:
            source = F.pad(source, (0, self.padding))
        if source.stride(1) != 1:
            source = source.contiguous()
        if source.shape[0] == 1:
            return source[0].t().contiguous().unsqueeze(1)
        return source.permute(2, 0, 1).contiguous()

    def _fill_decays(self) -> None:
        """a = exp(Δ·A), zero where a segment starts: (S, R, N, D)."""
        a = _exp(torch.mul(self.delta.unsqueeze(2), self.chain.exponent, out=self.buffers.a))
        if self.starts is not None:
            a.masked_fill_(self.starts, 0)

    def _cut(self, previous: Tensor, t: int) -> Tensor:
        """The states that go into step t of each chunk, (K, R, N, D): zero where a segment starts, even if NaN."""
        if self.starts is None:
            return previous
        return previous.masked_fill(self.buffers.chunked(self.starts)[:, t], 0)

    def _cut_chunk(self, previous: Tensor, k: int) -> Tensor:
        """The state that goes through chunk k, (R, N, D): zero where a segment starts in the chunk, even if NaN."""
        if self.starts is None:
            return previous
        return previous.masked_fill(self.buffers.chunked(self.starts)[k].any(dim=0), 0)

    def _fill_drive(self) -> None:
        """x = Δ·u·B: (S, R, N, D)."""
        torch.mul(self.driving.unsqueeze(2), self.B, out=self.buffers.x)

    def _carry(self, first: Tensor, chunks: range) -> Tensor:
        """Phase "carry": from `first` (R, N, D) over the chunks, backwards in time where they are counted down.

        In double precision: a slow channel adds up tens of thousands of chunks, and a thousandth of the work is here.
        Returns what stands between the chunks, (K + 1, R, N, D).
        """
        buffers = self.buffers
        total = buffers.chunked(self.delta).sum(dim=1).double().unsqueeze(2)  # (K, R, 1, D)
        decay = _exp(torch.mul(total, self.chain.wide_exponent, out=buffers.wide_decay))  # (K, R, N, D)
        if chunks.step < 0:
            decay = decay.conj()
        end, border = buffers.wide_end.copy_(buffers.end).unbind(0), buffers.wide_border.unbind(0)
        before, after = (0, 1) if chunks.step > 0 else (1, 0)
        border[chunks[0] + before].copy_(first)
        for k, decay_k in zip(chunks, decay.unbind(0)[:: chunks.step], strict=True):
            torch.addcmul(end[k], decay_k, self._cut_chunk(border[k + before], k), out=border[k + after])
        return buffers.border.copy_(buffers.wide_border)

    def _skip(self, y: Tensor) -> Tensor:
        D = self.chain.parameter(self.chain.scan.D)
        return y if D is None else y.addcmul_(self.u, D)

    def _gate_backward(self, h: Tensor, grad_out: Tensor, grads: ScanGradients) -> Tensor:
        """Write the gradient of z, and return that of y = C·h + D·u."""
        if self.chain.scan.z is None:
            return grad_out
        z = self.read(self.chain.scan.z)  # (S, R, D)
        gate, y = torch.sigmoid(z), self._skip(_contract(self.C, h, factor=2))
        self.write(grads.z, grad_out * y * gate * (1 + z * (1 - gate)))
        return grad_out * z * gate

    def _run_gradients(self, grad_y: Tensor, nu: Tensor) -> Tensor:
        """The three phases in reverse time: fills the buffers of λ and, in place of a, of ν; returns ν of the tile."""
        buffers, end = self.buffers, self.buffers.end
        if buffers.a.is_complex():
            grad_y = 2 * grad_y
            buffers.a.conj_physical_()
        torch.mul(grad_y.unsqueeze(2), self.C.conj(), out=buffers.lam)
        end.copy_(buffers.lam_steps[-1])
        for lam_t, a_next in zip(buffers.lam_steps[-2::-1], buffers.a_steps[:0:-1], strict=True):
            torch.addcmul(lam_t, a_next, end, out=end)
        end.mul_(buffers.a_steps[0])
        border = self._carry(nu, range(buffers.chunks)[::-1])
        following = border[1:]
        for lam_t, a_t in zip(reversed(buffers.lam_steps), reversed(buffers.a_steps), strict=True):
            following = a_t.mul_(lam_t.add_(following))
        return border[0]

    def _decay_gradient(self, h: Tensor, starts: Tensor) -> Tensor:
        """The gradient of Δ·A, ν_t ⊙ conj(h_{t−1}), in place of ν: (S, R, N, D)."""
        nu, h_chunks = self.buffers.chunked(self.buffers.a), self.buffers.chunked(h)  # (K, T, R, N, D)
        nu[:, 1:].mul_(h_chunks[:, :-1].conj())
        nu[:, 0].mul_(starts.conj())
        return self.buffers.a

    def _write_gradients(self, grad_y, grad_driving, grad_delta, grads: ScanGradients, sums: Sums) -> None:
        """The gradients of u, Δ, D and the bias, from those of y, Δ·u and Δ, each (S, R, D)."""
        grad_u, D = grad_driving * self.delta, self.chain.parameter(self.chain.scan.D)
        if D is not None:
            grad_u.addcmul_(grad_y, D)
            sums.D[self.chain.channels] += (grad_y * self.u).sum(dim=(0, 1))
        if self.chain.scan.softplus:
            grad_delta = grad_delta * -torch.expm1(-self.delta)  # the sigmoid, told by softplus
        self.write(grads.u, grad_u)
        self.write(grads.delta, grad_delta)
        if self.chain.scan.delta_bias is not None:
            steps = len(grad_delta) - self.padding
            sums.delta_bias[self.chain.channels] += grad_delta[:steps].sum(dim=(0, 1))


def _step_size(delta: Tensor, bias: Tensor | None, softplus: bool) -> Tensor:
    """Δ: add the bias (D,), apply softplus, both optional: (S, R, D)."""
    if bias is not None:
        delta = delta + bias
    return F.softplus(delta) if softplus else delta


def _wide(value: Tensor) -> torch.dtype:
    return torch.complex128 if value.is_complex() else torch.float64


def _exp(product: Tensor) -> Tensor:
    """exp, in place, of what was multiplied by `Chain.exponent`: on a CPU PyTorch's exp2 takes half the time of exp."""
    return torch.exp(product, out=product) if product.is_complex() else torch.exp2(product, out=product)


def _contract(weights: Tensor, states: Tensor, factor: int) -> Tensor:
    """Σ_n weights_n · states_n, for complex states `factor` times the real part: (S, R, D)."""
    constant = weights.ndim == 2
    y = (weights * states).sum(2) if constant else torch.matmul(weights.transpose(2, 3), states).squeeze(2)
    return factor * y.real if y.is_complex() else y


def _real(value: Tensor) -> Tensor:
    return value.real if value.is_complex() else value
