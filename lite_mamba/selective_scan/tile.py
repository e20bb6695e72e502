"""One tile of the eager scan: the states, forward and backward. `eager.py` explains the phases and walks the tiles.

A tile is S time steps of R rows and D channels, cut into K chunks of T steps (S = K·T). Time is the first axis and
the channel the last, so that every call runs along contiguous memory.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .arithmetic import exp_of
from .gradients import Sums
from .recurrence import Resets, Steps, last_state, reset_state, run, run_split
from .strip import GradientStrip, Strip


class Buffers:
    """Memory for the tiles of one shape, and views of it. A view costs a microsecond, so each is made once.

    Attributes:
        a: (S, R, N, D) the decays a; going back, ν and then the gradient of Δ·A are written over them.
        x: (S, R, N, D) the drive x, then the states h, then products.
        lam: (S, R, N, D) the gradient λ; None for the forward pass.
        border: (K, R, N, D) the state before each chunk; going back, the gradient ν after each chunk.
        borders: its entries, one by one.
        a_steps, x_steps, lam_steps: the t-th step of every chunk, for each t, T × (K, R, N, D).
        to_last, to_first: of a and x, and of a and λ, the same of every chunk but the last, or the first.
    """

    def __init__(self, memory: Sequence[Tensor], chunks: int, chunk: int, rows: int, states: int, channels: int):
        self.chunks, self.chunk = chunks, chunk
        shape = (chunks * chunk, rows, states, channels)
        size = chunks * chunk * rows * states * channels
        self.a, self.x, *rest = (flat[:size].view(shape) for flat in memory)
        self.lam = rest[0] if rest else None
        self.a_steps, self.x_steps = self._steps(self.a), self._steps(self.x)
        self.to_last = self._steps(self.a, slice(-1)), self._steps(self.x, slice(-1))
        if rest:
            self.lam_steps = self._steps(self.lam)
            self.to_first = self._steps(self.a, slice(1, None)), self._steps(self.lam, slice(1, None))
        self.border = self.a.new_empty(chunks, *shape[1:])
        self.borders = self.border.unbind(0)

    def chunked(self, value: Tensor) -> Tensor:
        """(S, …) → (K, T, …)."""
        return value.unflatten(0, (self.chunks, self.chunk))

    def _steps(self, value: Tensor, chunks: slice = slice(None)) -> tuple[Tensor, ...]:
        return self.chunked(value)[chunks].unbind(1)


class Tile:
    """Some chunks of a strip, with their states.

    Args:
        strip: the inputs.
        first: the tile's first chunk, counted in the strip.
        buffers: the memory to work in.
    """

    def __init__(self, strip: Strip, first: int, buffers: Buffers):
        self.strip, self.chain, self.buffers = strip, strip.chain, buffers
        self.steps = slice(first * buffers.chunk, (first + buffers.chunks) * buffers.chunk)  # counted in the strip
        self.delta, self.drive = (x[self.steps].unsqueeze(2) for x in (strip.delta, strip.drive))  # (S, R, 1, D)
        self.B, self.C = (m if m.ndim == 2 else m[self.steps] for m in (strip.B, strip.C))  # (N, D) or (S, R, N)
        self.wholes, self.rests = (part[first : first + buffers.chunks] for part in strip.decay)  # (K, R, N, D)
        resets, chunk_resets = strip.resets, strip.chunk_resets
        self.resets = None if resets is None else resets[self.steps]  # (S, R, 1, 1)
        self.chunk_resets = () if resets is None else chunk_resets[first : first + buffers.chunks].unbind(0)

    def chunk_starts(self, h: Tensor) -> Tensor:
        """Phases "ends" and "carry": from the state before the tile (R, N, D) to those before its chunks (K, R, N, D).

        Fills the buffers of a and x.
        """
        buffers = self.buffers
        self._fill_decays()
        self._fill_drive()
        buffers.borders[0].copy_(h)
        if buffers.chunks > 1:
            decays, drives = buffers.to_last
            last_state(drives, decays, self._step_resets(slice(-1)), out=buffers.border[1:])
            wholes, rests = self.wholes.unbind(0), self.rests.unbind(0)
            run_split(buffers.borders[1:], wholes, rests, buffers.borders[0], self.chunk_resets)
        return buffers.border

    def rerun(self, starts: Tensor) -> Tensor:
        """Phase "rerun": the states from the chunks' starts (K, R, N, D), and y = C·h into the strip.

        Returns the state after the tile (R, N, D).
        """
        h = self._run_states(starts)  # (S, R, N, D)
        self._contract(self.C, h, self.strip.y, factor=2)
        return h[-1] + self._lost(-1, starts[-1])

    def backward(self, starts: Tensor, nu: Tensor, sums: Sums) -> Tensor:
        """The tile's part of every gradient, from the chunk starts and from ν (R, N, D) of the tile after it.

        Returns ν for the tile before it.
        """
        strip: GradientStrip = self.strip
        self._fill_decays()
        self._fill_drive()
        h = self._run_states(starts)  # (S, R, N, D)
        if strip.z_bdl is not None:
            self._contract(self.C, h, strip.y, factor=2)
        grad_y = strip.grad_y[self.steps].unsqueeze(2)  # (S, R, 1, D)
        grad_y = 2 * grad_y if h.is_complex() else grad_y
        nu = self._run_gradients(grad_y, nu)  # (R, N, D)
        lam = self.buffers.lam  # (S, R, N, D)
        scan = self.chain.scan
        self._add_to_map(sums.C, scan.C, grad_y, h.conj())
        self._add_to_map(sums.B, scan.B, self.drive, lam)
        self._contract(self.B.conj(), lam, strip.grad_drive, factor=1)
        grad_exponent = self._decay_gradient(h, starts)  # (S, R, N, D)
        product = torch.mul(grad_exponent, self.chain.A.conj(), out=h)
        strip.grad_delta[self.steps] = _real(product.sum(dim=2))
        product = torch.mul(grad_exponent, self.delta, out=h)
        sums.A[self.chain.channels] += product.sum(dim=(0, 1)).t()
        return nu

    @property
    def time(self) -> slice:
        """The tile's steps counted in the sequence, without the padding."""
        start = self.strip.time.start
        return slice(start + self.steps.start, min(start + self.steps.stop, self.strip.time.stop))

    def _fill_decays(self) -> None:
        """a = exp(Δ·A), zero where a segment starts: (S, R, N, D)."""
        self._cut(exp_of(torch.mul(self.delta, self.chain.exponent, out=self.buffers.a)))

    def _fill_drive(self) -> None:
        """x = Δ·u·B: (S, R, N, D)."""
        torch.mul(self.drive, _column(self.B), out=self.buffers.x)

    def _cut(self, value: Tensor) -> Tensor:
        """`value` (S, R, N, D), set to zero where a segment starts, even if it was NaN."""
        if self.resets is not None:
            value.view(torch.int32).bitwise_and_(self.resets)
        return value

    def _step_resets(self, chunks: slice = slice(None)) -> Resets:
        """Where a segment starts, for each step of the chunks."""
        return () if self.resets is None else self.buffers.chunked(self.resets)[chunks].unbind(1)

    def _run_states(self, starts: Tensor) -> Tensor:
        """From the chunks' starts (K, R, N, D), the buffer of x becomes h (S, R, N, D)."""
        run(self.buffers.x_steps, self.buffers.a_steps, starts, self._step_resets())
        return self.buffers.x

    def _run_gradients(self, grad_y: Tensor, nu: Tensor) -> Tensor:
        """The three phases in reverse time: fills the buffers of λ and, in place of a, of ν; returns ν of the tile.

        In terms of λ alone, which is what the buffers hold: λ_t = C̄_t·∂y_t + ā_{t+1}·λ_{t+1}.
        """
        buffers, borders = self.buffers, self.buffers.borders
        torch.mul(grad_y, _column(self.C.conj()), out=buffers.lam)
        if buffers.a.is_complex():
            buffers.a.conj_physical_()
            self.wholes, self.rests = self.wholes.conj(), self.rests.conj()
        borders[-1].copy_(nu)
        if buffers.chunks > 1:
            decays, drives = buffers.to_first
            resets = self._step_resets(slice(1, None))
            last_state(drives[::-1], _delayed(decays), _delayed(resets), out=buffers.border[:-1])
            lam = reset_state(buffers.border[:-1], resets[0] if resets else None)
            torch.mul(lam, decays[0], out=buffers.border[:-1])
            wholes, rests = self.wholes.unbind(0), self.rests.unbind(0)
            run_split(borders[-2::-1], wholes[:0:-1], rests[:0:-1], borders[-1], self.chunk_resets[:0:-1])
        drives, decays, resets = buffers.lam_steps[::-1], _delayed(buffers.a_steps), _delayed(self._step_resets())
        drives[0].add_(buffers.border)
        run(drives[1:], decays[1:], drives[0], resets[1:])
        lost = self._lost(0, borders[0])
        return self._cut(buffers.a.mul_(buffers.lam))[0] + lost

    def _lost(self, chunk: int, before: Tensor) -> Tensor:
        """What a chunk's steps, each with its decay rounded, lose of the state `before` it: (R, N, D).

        A decay of almost 1 is rounded the same way in every step, and over thousands of chunks that adds up.
        """
        decay = self.buffers.chunked(self.buffers.a)[chunk].prod(dim=0)  # (R, N, D)
        lost = (self.wholes[chunk] - decay + self.rests[chunk]) * before
        return reset_state(lost, self.chunk_resets[chunk] if self.chunk_resets else None)

    def _decay_gradient(self, h: Tensor, starts: Tensor) -> Tensor:
        """The gradient of Δ·A, ν_t ⊙ conj(h_{t−1}), in place of ν: (S, R, N, D)."""
        nu, h_chunks = self.buffers.chunked(self.buffers.a), self.buffers.chunked(h)  # (K, T, R, N, D)
        nu[:, 1:].mul_(h_chunks[:, :-1].conj())
        nu[:, 0].mul_(starts.conj())
        return self._cut(self.buffers.a)

    def _add_to_map(self, total: Tensor, value: Tensor, weights: Tensor, states: Tensor) -> None:
        """Add Σ weights · states to the gradient of B or C: over the channels, or over time where it is constant.

        Args:
            total: the gradient, as in `Sums`.
            value: B or C, as in `Scan`.
            weights: (S, R, 1, D).
            states: (S, R, N, D).
        """
        if value.ndim == 2:
            total[self.chain.channels] += (weights * states).sum(dim=(0, 1)).t()
            return
        part = torch.matmul(weights.to(states.dtype), states.transpose(2, 3)).squeeze(2)  # (S, R, N)
        total[self.time, self.chain.rows, self.chain.group(value)] += part[: self.time.stop - self.time.start]

    def _contract(self, weights: Tensor, states: Tensor, target: Tensor, factor: int) -> None:
        """Put Σ_n weights_n · states_n, for complex states `factor` times the real part, into the strip's `target`."""
        y = target[self.steps]  # (S, R, D)
        if weights.ndim == 2:
            y.copy_(_real((weights * states).sum(dim=2), factor))
        elif states.is_complex():
            y.copy_(_real(torch.matmul(weights.unsqueeze(2), states).squeeze(2), factor))
        else:
            torch.bmm(weights.flatten(0, 1).unsqueeze(1), states.flatten(0, 1), out=y.flatten(0, 1).unsqueeze(1))


def _column(value: Tensor) -> Tensor:
    """B or C to broadcast with the states: (N, D), or (S, R, N) → (S, R, N, 1)."""
    return value if value.ndim == 2 else value.unsqueeze(3)


def _delayed(steps: Steps) -> Steps:
    """Decays or resets, backwards in time and a step late, as λ meets them; the first is another chunk's, not used."""
    return (*steps[:1], *steps[:0:-1])


def _real(value: Tensor, factor: int = 1) -> Tensor:
    return factor * value.real if value.is_complex() else value
