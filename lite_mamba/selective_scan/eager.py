"""The eager scan: one algorithm, chunk by chunk, in tiles that suit the device.

`chunked.py` is the same algorithm on one page, to be read first. Here `strip.py` reads and writes the sequences,
`tile.py` is the arithmetic of a tile, and `recurrence.py` its innermost loop.

    h_t = a_t ⊙ h_{t−1} + x_t,    a_t = exp(Δ_t·A),  x_t = Δ_t·u_t·B_t       (Mamba paper, equation 2a, algorithm 2)
    y_t = C_t·h_t

A call into PyTorch costs as much as ten thousand multiplications, so steps of *different* places in time are done in
one call. A tile of time is cut into K chunks of T steps, which advance side by side:

                  chunk 0          chunk 1          chunk 2          chunk 3
    step        0 1 2 … T−1      0 1 2 … T−1      0 1 2 … T−1      0 1 2 … T−1
    ends        0 →→→→→→→ e₀     0 →→→→→→→ e₁     0 →→→→→→→ e₂                       T steps, each for all chunks
    carry       h₀ ─ E₀h₀+e₀ ──▶ h₁ ─ E₁h₁+e₁ ──▶ h₂ ─ E₂h₂+e₂ ──▶ h₃
    rerun       h₀ →→→→→→→→      h₁ →→→→→→→→      h₂ →→→→→→→→      h₃ →→→→→→→→ h₄    T steps; then y = C·h at once

The next tile begins with h₄. Where there are rows enough to advance side by side, a tile is one chunk: rerun alone.

The chunk's whole decay is E = exp(A·ΣΔ), from the sum and not from a product of rounded factors, and in two parts, for
float32 rounds an E of almost 1; a slow channel would drift otherwise, and h₄ is mended for the same reason. Nothing is
ever divided by a product of decays, so a fast channel cannot overflow. In Mamba-2 the three phases are called chunk
state, state passing and chunk scan.

Rows and channels never meet in the recurrence. A *chain* is a few rows and channels; it walks through its tiles in
order. A tile is as large as the device likes, and PyTorch's own threads share each call.

Backward keeps only the chunk starts h₀, h₁, …: 1/T of all the states. Tiles are walked from the last to the first,
their states are run again, and the gradient λ of the state is a scan with the same three phases, backwards in time:

    λ_t = C̄_t·∂y_t + ν_{t+1},    ν_t = ā_t ⊙ λ_t

Every other gradient is a sum of products of λ, ν, h and the inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, gcd

import torch
from torch import Tensor

from .arguments import Scan
from .gradients import ScanGradients, Sums
from .strip import Chain, GradientStrip, Strip
from .tile import Buffers, Tile


@dataclass(frozen=True)
class TileSizes:
    """How a device wants its work cut.

    Attributes:
        chunk: T, steps of a chunk at most. 1/T of the states is kept for the backward pass, and must stay below 1/8.
        tile: numbers of a buffer, rows · steps · states · channels; forward needs two buffers, backward three.
        channels: channels of a chain, at most: with more, the strips of a short sequence are large and slow to get.
        strip: tiles of a strip, what is read and written in one go.
    """

    chunk: int
    tile: int
    channels: int
    strip: int


# CPU: two or three buffers of 2^19 float32 numbers (2 MiB each) stay in the caches; in smaller tiles the calls cost
# more than the arithmetic. A step is then 2^14 numbers, for which PyTorch wakes no second thread: that would cost more
# than the step. Threads share the calls for a whole tile. A strip reads long runs of every row.
# GPU: a launch costs 5 µs, so the step of a tile must keep the GPU busy for longer. A tile is 256 MiB, and all buffers
# of a backward pass stay below one GiB.
SIZES = {
    "cpu": TileSizes(chunk=32, tile=1 << 19, channels=512, strip=4),
    "cuda": TileSizes(chunk=32, tile=1 << 26, channels=1 << 20, strip=1),
}


def forward(scan: Scan, keep_starts: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Run the scan: out (B, D, L), last state (B, D, N), and the chunk starts, flat (chunks · B · N · D) or empty."""
    plan = Plan(scan, buffers=2)
    batch, channels, length = scan.u.shape
    out = torch.empty_like(scan.u)
    last_state = scan.A.new_empty(batch, channels, scan.A.shape[1])
    kept = chunk_count(length, scan.u.device.type) if keep_starts else 0
    all_starts = scan.A.new_empty(kept, batch, scan.A.shape[1], channels)
    for chain in plan.chains:
        h = chain.state(scan.initial_state)  # (R, N, D)
        for strip in plan.strips(chain):
            for tile in plan.tiles(strip):
                starts = tile.chunk_starts(h)  # (K, R, N, D)
                if keep_starts:
                    _starts_of(tile, all_starts).copy_(starts)
                h = tile.rerun(starts)  # (R, N, D)
            strip.write_output(out)
        last_state[chain.rows, chain.channels] = h.transpose(1, 2)
    return out, last_state, all_starts.flatten()


def backward(
    scan: Scan, all_starts: Tensor, grad_out: Tensor, grad_last_state: Tensor | None
) -> tuple[ScanGradients, Sums]:
    """The gradients of all inputs, from the chunk starts that `forward` kept."""
    plan = Plan(scan, buffers=3)
    batch, channels, length = scan.u.shape
    kept = chunk_count(length, scan.u.device.type)
    all_starts = all_starts.view(kept, batch, scan.A.shape[1], channels)
    grads, sums = ScanGradients.empty(scan), Sums.zeros(scan)
    for chain in plan.chains:
        nu = chain.state(grad_last_state)  # (R, N, D)
        for strip in plan.strips(chain, grad_out):
            for tile in plan.tiles(strip):
                nu = tile.backward(_starts_of(tile, all_starts), nu, sums)
            strip.write_gradients(grads, sums)
        grads.initial_state[chain.rows, chain.channels] = nu.transpose(1, 2)
    return grads, sums.laid_out_like(scan)


def chunk_count(length: int, device_type: str) -> int:
    """How many chunk starts `forward` keeps at most for a sequence."""
    return -(-length // SIZES.get(device_type, SIZES["cuda"]).chunk)


class Plan:
    """How a scan is cut into chains, strips and tiles, and the memory for these.

    Args:
        scan: the arguments.
        buffers: how many buffers of a tile's size are needed.
    """

    def __init__(self, scan: Scan, buffers: int):
        self.scan = scan
        device = scan.u.device.type
        sizes = SIZES.get(device, SIZES["cuda"])
        batch, channels, length = scan.u.shape
        states = scan.A.shape[1]
        self.tiles_in_a_strip = sizes.strip
        self.chunk = max(1, ceil(length / max(1, ceil(length / sizes.chunk))))  # T, the chunks about equally long
        room = max(1, sizes.tile // max(1, self.chunk * states))  # chunks of one row and channel that fill a tile
        span = gcd(*(channels // m.shape[1] for m in (scan.B, scan.C) if m.ndim == 4), channels)  # of one group
        width = max(1, ceil(span / max(1, ceil(span / min(room, sizes.channels)))))
        rows = max(1, min(batch, room // width))  # R
        self.chunks = max(1, min(ceil(length / self.chunk), room // (rows * width)))  # K, whose carry costs calls
        self.chains = [
            Chain(scan, slice(row, min(row + rows, batch)), slice(channel, min(channel + width, start + span)))
            for row in range(0, batch, rows)
            for start in range(0, channels, max(1, span))
            for channel in range(start, start + span, width)
        ]
        size = rows * self.chunks * self.chunk * states * width
        self.memory = scan.A.new_empty(buffers, size).unbind(0)
        self.layouts: dict[tuple[int, int, int], Buffers] = {}

    def strips(self, chain: Chain, grad_out: Tensor | None = None) -> Iterator[Strip]:
        """A chain's strips in order; with the gradient of the output those of the backward pass, backwards."""
        length, steps = self.scan.u.shape[2], self.tiles_in_a_strip * self.chunks * self.chunk
        spans = [(start, min(start + steps, length)) for start in range(0, length, steps)]
        if grad_out is None:
            return (Strip(chain, *span, self.chunk) for span in spans)
        return (GradientStrip(chain, *span, self.chunk, grad_out) for span in reversed(spans))

    def tiles(self, strip: Strip) -> Iterator[Tile]:
        """A strip's tiles in the order in which they are run."""
        count = len(strip.delta) // self.chunk
        firsts = range(0, count, self.chunks)
        for first in reversed(firsts) if isinstance(strip, GradientStrip) else firsts:
            yield Tile(strip, first, self._buffers(strip.chain, min(self.chunks, count - first)))

    def _buffers(self, chain: Chain, chunks: int) -> Buffers:
        """The memory, laid out for a tile of `chunks` chunks of a chain: the usual tile, or one at the edges."""
        rows, channels = (s.stop - s.start for s in (chain.rows, chain.channels))
        key = (chunks, rows, channels)
        if key not in self.layouts:
            self.layouts[key] = Buffers(self.memory, chunks, self.chunk, rows, self.scan.A.shape[1], channels)
        return self.layouts[key]


def _starts_of(tile: Tile, all_starts: Tensor) -> Tensor:
    """The tile's part of (chunks, B, N, D): (K, R, N, D)."""
    first = tile.time.start // tile.buffers.chunk
    return all_starts[first : first + tile.buffers.chunks, tile.chain.rows, :, tile.chain.channels]
