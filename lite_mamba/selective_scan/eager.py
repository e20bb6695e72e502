"""The eager scan: one algorithm, chunk by chunk, in tiles that suit the device. `tile.py` is the arithmetic of a tile.

    h_t = a_t ⊙ h_{t−1} + x_t,    a_t = exp(Δ_t·A),  x_t = Δ_t·u_t·B_t       (Mamba paper, equation 2a, algorithm 2)
    y_t = C_t·h_t

A call into PyTorch costs as much as ten thousand multiplications, so steps of *different* places in time are done in
one call. A tile of time is cut into K chunks of T steps, which advance side by side:

                  chunk 0          chunk 1          chunk 2          chunk 3
    step        0 1 2 … T−1      0 1 2 … T−1      0 1 2 … T−1      0 1 2 … T−1
    ends        0 →→→→→→→ e₀     0 →→→→→→→ e₁     0 →→→→→→→ e₂     0 →→→→→→→ e₃      T calls, each for all chunks
    carry       h₀ ─ E₀h₀+e₀ ──▶ h₁ ─ E₁h₁+e₁ ──▶ h₂ ─ E₂h₂+e₂ ──▶ h₃ ─ E₃h₃+e₃ ──▶ h₄, where the next tile begins
    rerun       h₀ →→→→→→→→      h₁ →→→→→→→→      h₂ →→→→→→→→      h₃ →→→→→→→→       T calls; then y = C·h at once

The chunk's whole decay is E = exp(A·ΣΔ), from the sum and not from a product of rounded factors; a slow channel would
drift otherwise. Nothing is ever divided by a product of decays, so a fast channel cannot overflow.

Rows and channels never meet in the recurrence. A *chain* is a few rows and channels; it walks through its tiles in
order. On a CPU each core takes its share of the chains, and a tile stays in the core's cache.

Backward keeps only the chunk starts h₀, h₁, …: 1/T of all the states. Tiles are walked from the last to the first,
their states are run again, and the gradient λ of the state is a scan with the same three phases, backwards in time:

    λ_t = C̄_t·∂y_t + ν_{t+1},    ν_t = ā_t ⊙ λ_t

Every other gradient is a sum of products of λ, ν, h and the inputs.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, gcd

import torch
from torch import Tensor

from .arguments import Scan
from .gradients import ScanGradients, Sums
from .tile import Buffers, Chain, Tile


@dataclass(frozen=True)
class TileSizes:
    """How a device wants its work cut.

    Attributes:
        chunk: T, steps of a chunk at most. 1/T of the states is kept for the backward pass, and must stay below 1/8.
        tile: numbers of one buffer, rows · steps · states · channels.
        channels: channels of a chain, at most.
        small: below so many states in all, one thread does it.
        rows_first: whether a tile is filled with rows before it is filled with chunks.
    """

    chunk: int
    tile: int
    channels: int
    small: int
    rows_first: bool


# CPU: two or three buffers of 2^19 float32 numbers (2 MiB each) move through a core's second-level cache and its share
# of the third; in smaller tiles the calls cost more than the arithmetic. 256 channels fill vector instructions and
# leave room for several chunks; one row at a time, because that is quickly transposed.
# GPU: a launch costs 5 µs, so the step of a tile must keep the GPU busy for longer. A tile is 256 MiB, and all buffers
# of a backward pass stay below one GiB.
SIZES = {
    "cpu": TileSizes(chunk=32, tile=1 << 19, channels=256, small=1 << 18, rows_first=False),
    "cuda": TileSizes(chunk=32, tile=1 << 26, channels=1 << 20, small=0, rows_first=True),
}


def forward(scan: Scan, keep_starts: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Run the scan: out (B, D, L), last state (B, D, N), and the chunk starts, flat (chunks · B · N · D) or empty."""
    plan = Plan(scan)
    batch, channels, length = scan.u.shape
    out = torch.empty_like(scan.u)
    last_state = scan.A.new_empty(batch, channels, scan.A.shape[1])
    kept = chunk_count(length, scan.u.device.type) if keep_starts else 0
    all_starts = scan.A.new_empty(kept, batch, scan.A.shape[1], channels)

    def share(chains: list[Chain]) -> None:
        memory = Memory(plan, count=2)
        for chain in chains:
            h = chain.state(scan.initial_state)  # (R, N, D)
            for first_chunk, tile in plan.tiles(chain, memory):
                starts = tile.chunk_starts(h)  # (K + 1, R, N, D)
                h = starts[-1]
                if keep_starts:
                    _starts_of(tile, first_chunk, all_starts).copy_(starts[:-1])
                tile.write(out, tile.output(tile.run_states(starts[:-1])))
            last_state[chain.rows, chain.channels] = h.transpose(1, 2)

    plan.run(share)
    return out, last_state, all_starts.flatten()


def backward(
    scan: Scan, all_starts: Tensor, grad_out: Tensor, grad_last_state: Tensor | None
) -> tuple[ScanGradients, Sums]:
    """The gradients of all inputs, from the chunk starts that `forward` kept."""
    plan = Plan(scan)
    batch, channels, length = scan.u.shape
    kept = chunk_count(length, scan.u.device.type)
    all_starts = all_starts.view(kept, batch, scan.A.shape[1], channels)
    grads = ScanGradients.empty(scan)

    def share(chains: list[Chain]) -> Sums:
        sums, memory = Sums.zeros(scan), Memory(plan, count=3)
        for chain in chains:
            nu = chain.state(grad_last_state)  # (R, N, D)
            for first_chunk, tile in plan.tiles(chain, memory, backwards=True):
                starts = _starts_of(tile, first_chunk, all_starts)  # (K, R, N, D)
                nu = tile.backward(starts, nu, grad_out, grads, sums)
            grads.initial_state[chain.rows, chain.channels] = nu.transpose(1, 2)
        return sums

    return grads, Sums.total(plan.run(share), scan)


def chunk_count(length: int, device_type: str) -> int:
    """How many chunk starts `forward` keeps at most for a sequence."""
    return -(-length // SIZES.get(device_type, SIZES["cuda"]).chunk)


class Plan:
    """How a scan is cut into chains and tiles, and who does them."""

    def __init__(self, scan: Scan):
        self.scan = scan
        device = scan.u.device.type
        sizes = SIZES.get(device, SIZES["cuda"])
        batch, channels, length = scan.u.shape
        states = scan.A.shape[1]
        threads = torch.get_num_threads() if device == "cpu" and scan.u.numel() * states >= sizes.small else 1

        self.chunk = max(1, ceil(length / max(1, ceil(length / sizes.chunk))))  # T, the chunks about equally long
        span = gcd(*(channels // m.shape[1] for m in (scan.B, scan.C) if m.ndim == 4), channels)
        width = min(sizes.channels, span)
        while width >= 64 and batch * channels // width < threads:
            width //= 2
        room = max(1, sizes.tile // max(1, self.chunk * states * width))  # chunks of one row that fill a tile
        if sizes.rows_first:
            rows = min(room, batch)
            self.chunks = max(1, min(room // rows, ceil(length / self.chunk)))  # K
        else:
            self.chunks = max(1, min(room, ceil(length / self.chunk)))
            rows = max(1, min(room // self.chunks, batch, batch * ceil(channels / max(1, width)) // threads))
        self.chains = [
            Chain(scan, slice(row, min(row + rows, batch)), slice(channel, min(channel + width, start + span)))
            for row in range(0, batch, rows)
            for start in range(0, channels, max(1, span))
            for channel in range(start, start + span, max(1, width))
        ]
        self.workers = max(1, min(threads, len(self.chains)))
        self.buffer_size = rows * self.chunks * self.chunk * states * width

    def tiles(self, chain: Chain, memory: "Memory", backwards: bool = False) -> Iterator[tuple[int, Tile]]:
        """A chain's tiles in order, each with the number of its first chunk."""
        length, step = self.scan.u.shape[2], self.chunks * self.chunk
        for start in range(0, length, step)[:: -1 if backwards else 1]:
            stop = min(start + step, length)
            yield (
                start // self.chunk,
                Tile(chain, start, stop, memory.buffers(chain, ceil((stop - start) / self.chunk))),
            )

    def run(self, share: Callable) -> list:
        """Call `share` with each worker's chains. The shares are fixed, so that sums come out the same every time."""
        shares = [self.chains[worker :: self.workers] for worker in range(self.workers)]
        if self.workers == 1:
            return [share(shares[0])]
        threads, inference = torch.get_num_threads(), torch.is_inference_mode_enabled()

        def work(chains: list[Chain]):
            torch.set_num_threads(1)  # of this thread; the loop below is parallel already
            with torch.inference_mode(inference), torch.no_grad():
                return share(chains)

        try:
            with ThreadPoolExecutor(self.workers) as pool:
                return list(pool.map(work, shares))
        finally:
            torch.set_num_threads(threads)


class Memory:
    """One worker's memory, laid out for each shape of tile that comes up: the usual one, and those at the edges."""

    def __init__(self, plan: Plan, count: int):
        self.chunk, self.states = plan.chunk, plan.scan.A.shape[1]
        self.flat = [plan.scan.A.new_empty(plan.buffer_size) for _ in range(count)]
        self.shapes: dict[tuple[int, int, int], Buffers] = {}

    def buffers(self, chain: Chain, chunks: int) -> Buffers:
        """Buffers for a tile of `chunks` chunks of a chain."""
        rows, channels = (s.stop - s.start for s in (chain.rows, chain.channels))
        key = (chunks, rows, channels)
        if key not in self.shapes:
            self.shapes[key] = Buffers(self.flat, chunks, self.chunk, rows, self.states, channels)
        return self.shapes[key]


def _starts_of(tile: Tile, first_chunk: int, all_starts: Tensor) -> Tensor:
    """The tile's part of (chunks, B, N, D): (K, R, N, D)."""
    chunks = slice(first_chunk, first_chunk + tile.buffers.chunks)
    return all_starts[chunks, tile.chain.rows, :, tile.chain.channels]
