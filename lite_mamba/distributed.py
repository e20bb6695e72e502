"""One sequence, several processes: each holds a part of the tokens, and what must pass from part to part is small.

    halo       the last inputs of the convolutions go to the next process        B·d_inner·max_lag numbers
    forward    every process tells Σ Δ and its end state from zero, (T, e)       B·d_inner·(N + 1) numbers
               h_r = Σ_{q<r} exp(A·Σ_{q<p<r} T_p) ⊙ e_q    the state before part r
    backward   every process tells ν, the gradient that leaves its beginning     B·d_inner·N numbers
               g_r = Σ_{q>r} exp(A·Σ_{r<p<q} T_p) ⊙ ν_q    the gradient of part r's last state

None of it grows with the length. Between the exchanges runs the ordinary scan, once, from the state h_r, and its
ordinary backward pass, from the gradient g_r. For e and ν alone it does not run: they are sums that end where a part's
memory ends (`selective_scan/ends.py`); to run it from zero and to correct its output would cost no less. The scan is
linear in the state, which is all that this needs: it is the associativity of notebook 09, over processes instead of
chunks. Batches and weights are DDP's and FSDP's part. Notebook 15 builds it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import _validate
from .agreement import agree, agree_on_backward
from .causal_conv import next_history
from .layer import Layer
from .relay import Relay
from .segments import segment_starts
from .selective_scan import selective_scan_fn
from .selective_scan.arguments import Scan, check, recurrence_dtype, without_autocast
from .selective_scan.ends import end_of_part, gradient_at_start
from .streaming import BlockCache, InferenceParams, keep

_relay: Relay | None = None


@contextmanager
def sequence_parallel(group: "dist.ProcessGroup | None" = None) -> Iterator[None]:
    """Inside this context the processes of a group hold one sequence, each the tokens behind those of the one before.

    Every `Mamba`, and so a `MambaLM`, then gives for its part what it would give for these tokens of the whole
    sequence, and so do the gradients. Parts may differ in length, and be empty. `seq_idx` is each process's part of the
    whole one. The parameters must be the same on every process; their gradients are each process's share, and the sum
    over the processes is the whole gradient. (DDP takes the mean: with parts of one length, of losses that are means
    over them, that is the gradient of the mean over the sequence. An empty part gives its convolutions no gradient:
    tell DDP with `find_unused_parameters=True`.)

    Every process runs every layer and calls `backward` as often as the others, if only on `(0 * out).sum()`. It may do
    so after the context, except with activation checkpointing, which runs the layers again. Nobody can see whether a
    process has the right part: cut with `own_part`.

    A stream may begin inside, with `inference_params` at offset 0. The last process goes on with it, outside: its cache
    has seen all tokens.

    Args:
        group: the processes, in the order of their ranks; None for all. A process that does not come is named after
            the group's `timeout`; with NCCL, NCCL itself then ends the processes that wait.

    Raises:
        RuntimeError: `torch.distributed` is not initialised; later, where a process does not come to an exchange.
        TypeError: `group` is something else than a process group.
        ValueError: this process is not in the group; later, on every process, where the parts do not fit together.

    Inside of the context `torch.compile` leaves the blocks as they are; second derivatives raise an error.

    Source: Mamba paper, section 3.3.2, the scan; Mamba-2 (arXiv 2405.21060), section 8.2, hands states from device to
    device.

    >>> from lite_mamba.processes import Processes
    >>> def largest_difference():
    ...     import torch
    ...     from lite_mamba import Mamba
    ...     from lite_mamba.distributed import own_part, sequence_parallel
    ...     block, x = Mamba(8), torch.randn(1, 20, 8)
    ...     own = own_part(20)
    ...     with torch.no_grad(), sequence_parallel():
    ...         part = block(x[:, own])
    ...     return float((part - block(x)[:, own]).abs().max())
    >>> with Processes(2) as ranks:
    ...     max(ranks.run(largest_difference)) < 1e-6
    True
    """
    global _relay
    before, _relay = _relay, Relay(group)
    try:
        yield
    finally:
        _relay = before


def current() -> Relay | None:
    """The processes that share the sequence now, or None outside of `sequence_parallel`."""
    return _relay


def own_part(
    length: int, group: "dist.ProcessGroup | None" = None, *, rank: int | None = None, size: int | None = None
) -> slice:
    """Which tokens a process holds when a sequence is cut into about equal parts.

    Args:
        length: tokens of the whole sequence.
        group: the processes, None for all.
        rank, size: a place, from 0 on, and a number of processes, instead of this process's in the group.

    Returns:
        A slice of the time axis.

    Raises:
        TypeError, ValueError: a length that is not an integer of at least 0, a place that is not among the processes.

    >>> [own_part(10, rank=r, size=3) for r in range(3)]
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
    """
    length = _validate.integer("length", length, minimum=0)
    size = _validate.integer("size", dist.get_world_size(group) if size is None else size)
    rank = _validate.integer("rank", dist.get_rank(group) if rank is None else rank, minimum=0)
    if rank >= size:
        raise ValueError(f"rank must be below size = {size}, got {rank}; the first process has rank 0")
    return slice(rank * length // size, (rank + 1) * length // size)


class Exchange(NamedTuple):
    """Bytes that one process hands out for one layer: see `exchanged`."""

    halo_forward: int
    state_forward: int
    halo_backward: int
    state_backward: int


def exchanged(block: Layer, batch: int, dtype: torch.dtype | None = None) -> Exchange:
    """The bytes that one process hands out for one layer, whatever the length.

    The last process has no halo to hand out, and the first none of its gradient. A few integers more are spent on the
    check that the parts fit together, and with `seq_idx` two a row.

    Args:
        block: the layer.
        batch: rows.
        dtype: of the signal, where autocast changes it; None for the block's.

    Returns:
        The bytes of the halo and of the state, forward and backward.

    Raises:
        TypeError, ValueError: a batch that is not an integer of at least 1.

    >>> from lite_mamba import Mamba
    >>> exchanged(Mamba(d_model=64), batch=1)
    Exchange(halo_forward=1536, state_forward=8704, halo_backward=1536, state_backward=8192)
    """
    dtype = dtype or block.conv_gates.dtype
    rows = _validate.integer("batch", batch) * block.d_inner
    halo, number = rows * block.max_lag * dtype.itemsize, recurrence_dtype(dtype).itemsize
    return Exchange(halo, rows * (block.d_state + 1) * number, halo, rows * block.d_state * number)


def begin(
    relay: Relay, block: Layer, hidden_states: Tensor, inference_params, seq_idx, problem: Exception | None
) -> "Part":
    """This process's part of the input of `block`, once all have said that they can take theirs.

    Raises:
        ValueError: the parts do not fit, or another process has a problem. This one's own is raised as it is.
    """
    lengths = agree(relay, block, hidden_states, seq_idx, inference_params, problem)
    return Part(relay, block.max_lag, lengths, seq_idx)


def uncompiled(run: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`run`, never compiled: processes that compile at different times would part."""
    if "torch._dynamo" in sys.modules:  # loading it takes seconds, and without it nothing is compiled
        return torch.compiler.disable(run)
    return run


def check_offset(inference_params: InferenceParams) -> None:
    """Raise `ValueError` unless a stream begins: one that goes on has no place among several processes."""
    offset = getattr(inference_params, "seqlen_offset", 0)
    if offset != 0:
        raise ValueError(
            f"inside sequence_parallel a stream can only begin, at seqlen_offset 0, got {offset}; leave the context "
            f"and go on with the last process's cache"
        )


class Part:
    """The part of this process, for one layer.

    Args:
        relay: the processes.
        max_lag: S, samples of input history that the convolutions need.
        lengths: of every process's part.
        seq_idx: (B, L) of this part, or None.

    Attributes:
        tokens: how many there are up to the end of this part.
        starts: (B, L) bools, where a segment starts, the part's first token included; None without `seq_idx`.
        anew: (B, 1) bools, the rows in which nothing comes from the part before, or None for none.
        last_seq_idx: (B,) the segment index of each row's last token in this part or before it, or None.
        history_before, history_after: (B, d_inner, S) the inputs before and behind the part, once `history` has run.
    """

    def __init__(self, relay: Relay, max_lag: int, lengths: list[int], seq_idx: Tensor | None):
        self.relay, self.max_lag, self.length = relay, max_lag, lengths[relay.rank]
        self.tokens = sum(lengths[: relay.rank + 1])
        self.seq_idx, self.starts, self.anew, self.last_seq_idx = seq_idx, None, None, None
        self.history_before = self.history_after = None
        if seq_idx is not None:
            self._compare_borders(lengths)

    def _compare_borders(self, lengths: list[int]) -> None:
        seq_idx, rank = self.seq_idx.long(), self.relay.rank
        last = seq_idx[:, -1] if self.length else seq_idx.new_zeros(len(seq_idx))  # (B,)
        lasts = self.relay.gather(last)
        known = [last for last, length in zip(lasts[:rank], lengths, strict=False) if length]  # of earlier parts
        self.starts = segment_starts(seq_idx)
        if known and self.length:
            self.anew = (seq_idx[:, 0] != known[-1]).unsqueeze(1)
            self.starts[:, :1] = self.anew
        self.last_seq_idx = last if self.length else (known or [None])[-1]

    def history(self, x: Tensor) -> Tensor:
        """The inputs before `x` (B, d_inner, L), those of other segments zero: (B, d_inner, S)."""
        first = max(0, self.length - self.max_lag)
        seq_idx = None if self.seq_idx is None else self.seq_idx[:, first:]
        tail = x[..., first:]
        self.history_before, self.history_after = Halo.apply(tail, self.max_lag, seq_idx, self.anew, self.relay)
        return self.history_before

    def scan(self, *inputs: Tensor, z, delta_bias, seq_idx, initial_state=None, **options) -> tuple[Tensor, Tensor]:
        """`selective_scan_fn` from the state before the part, with the gradient from the parts behind it."""
        u, delta, A, B, C, _ = inputs
        with torch.no_grad(), without_autocast(u.device.type):
            scan = check(u, delta, A, B, C, None, z, delta_bias, options["delta_softplus"], None, None)
            totals, state = self._state_before(scan)
        out, last_state = selective_scan_fn(
            *inputs, z=z, delta_bias=delta_bias, seq_idx=seq_idx, initial_state=state, **options
        )
        out = PassBack.apply(out, last_state, self.history_before, self.relay, self.starts, scan, totals)
        return out, last_state.detach()

    def store(self, cache: BlockCache, last_state: Tensor) -> None:
        """Note in the cache where the stream stands behind this part."""
        states = keep(cache.conv_state, self.history_after), keep(cache.ssm_state, last_state)
        cache.store(*states, self.tokens, None)
        cache.last_seq_idx = self.last_seq_idx

    def _state_before(self, scan: Scan) -> tuple[list[Tensor], Tensor]:
        """Every part's ΣΔ (B, D), infinite where a segment starts in it, and the state before this part (B, D, N)."""
        kept = None if self.starts is None else _is_last_run(self.starts)
        end, total = end_of_part(scan, kept)
        if self.starts is not None:
            total = total.masked_fill(self.starts.any(dim=1, keepdim=True), torch.inf)
        told = self.relay.gather(torch.cat([end, total.unsqueeze(2)], dim=2))  # (B, D, N + 1) each
        ends, totals = [message[..., :-1] for message in told], [message[..., -1].contiguous() for message in told]
        earlier = list(zip(totals, ends, strict=True))[: self.relay.rank]
        state = carry(earlier, scan.A, end)
        return totals, state if self.anew is None else state.masked_fill(self.anew.unsqueeze(2), 0)


def carry(parts: Iterable[tuple[Tensor, Tensor]], A: Tensor, like: Tensor) -> Tensor:
    """h ← exp(A·T) ⊙ h + e over (T, e) of some parts, from zero: (B, D, N), in the form of `like`."""
    state = torch.zeros_like(like)
    for total, end in parts:  # (B, D), (B, D, N)
        total = total.unsqueeze(2)
        state = torch.where(total == torch.inf, 0, torch.exp(total * A) * state) + end
    return state


class Halo(torch.autograd.Function):
    """The input history from the process before, and on to the next; in the backward pass its gradient goes back.

    A part that is shorter than the history hands on what it has got, and so has to wait for it; others send first.
    """

    @staticmethod
    def forward(ctx, tail: Tensor, size: int, seq_idx, anew, relay: Relay) -> tuple[Tensor, Tensor]:
        """From the part's last inputs (B, D, t), t ≤ S, to the histories before and behind it: (B, D, S) each."""
        before = tail.new_zeros(*tail.shape[:2], size)
        ctx.relay, ctx.anew, ctx.length = relay, anew, tail.shape[2]  # not the part: it holds what comes out of here
        # Which samples of the history behind the part are the last segment's: (B, 1, S).
        ctx.same = next_history(torch.ones_like(tail[:, :1]), torch.ones_like(before[:, :1]), seq_idx) > 0
        with relay.exchange():
            if ctx.length == size:
                after = torch.where(ctx.same, tail, 0)
                wait = relay.send(after, +1)
            before = relay.receive(before, -1)
            if anew is not None:
                before = before.masked_fill(anew.unsqueeze(2), 0)
            if ctx.length < size:
                after = torch.where(ctx.same, torch.cat([before, tail], dim=2)[..., ctx.length :], 0)
                wait = relay.send(after, +1)
            wait()
        ctx.mark_non_differentiable(after)
        return before, after

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_before: Tensor, _grad_after) -> tuple[Tensor | None, ...]:
        size, length = grad_before.shape[2], ctx.length

        def hand_back(grad: Tensor):
            return ctx.relay.send(grad if ctx.anew is None else grad.masked_fill(ctx.anew.unsqueeze(2), 0), -1)

        with ctx.relay.exchange():
            if length == size:
                wait = hand_back(grad_before)
            grad_after = torch.where(ctx.same, ctx.relay.receive(grad_before, +1), 0)
            if length < size:
                wait = hand_back(grad_before + F.pad(grad_after[..., : size - length], (length, 0)))
            wait()
        return grad_after[..., size - length :], None, None, None, None


class PassBack(torch.autograd.Function):
    """`out` as it is; in the backward pass the last state gets the gradient that the parts behind this one have for it.

    The history before the part is an argument only so that every process's `Halo` runs backward, an empty part's too.
    """

    @staticmethod
    def forward(ctx, out: Tensor, _last_state, _history, relay: Relay, starts, scan: Scan, totals) -> Tensor:
        ctx.relay, ctx.starts, ctx.softplus = relay, starts, scan.softplus
        ctx.save_for_backward(*totals, *scan.tensors)
        return out.view_as(out)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        relay, starts = ctx.relay, ctx.starts
        saved = ctx.saved_tensors  # asked once, as checkpointing wants it
        totals, scan = saved[: relay.size], Scan(*saved[relay.size :], softplus=ctx.softplus)
        agree_on_backward(relay, grad_out.device)
        with without_autocast(grad_out.device.type):
            kept = None if starts is None else starts.cumsum(dim=1) == 0  # what the state before the part reaches
            nu = gradient_at_start(scan, kept, grad_out)
            behind = zip(totals, relay.gather(nu), strict=True)
            later = list(behind)[: relay.rank : -1]  # from the last part to the next one
            return grad_out, carry(later, scan.A, nu), *(None,) * 5


def _is_last_run(starts: Tensor) -> Tensor:
    """The tokens of each row's last segment: (B, L) bools."""
    runs = starts.cumsum(dim=1)
    return runs == runs[:, -1:]
