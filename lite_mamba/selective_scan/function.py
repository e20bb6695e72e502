"""`selective_scan_fn`: the fast scan behind the signature of `selective_scan_ref`."""

import torch
from torch import Tensor
from torch.autograd import forward_ad

from . import compiled
from .arguments import check, without_autocast
from .operators import EagerScan, scan_operator
from .signature import typed

_compile_on_gpus = False


def compile_scan(enabled: bool = True) -> None:
    """Whether scans on CUDA devices run through `torch.compile`; off at the start.

    The compiled scan takes a minute or two to compile, anew for every shape (so pad to few lengths), seconds where the
    compiler finds it in its cache on the disk, and is several times as fast afterwards: see benchmarks/README.md. It is
    for float32 and narrower inputs, real A, B and C per token in one group, and no `seq_idx`; other scans, and all on
    CPUs, run eagerly as before. A backward pass runs as its forward pass did.

    >>> from lite_mamba.selective_scan import compile_scan
    >>> compile_scan(False)
    """
    global _compile_on_gpus
    _compile_on_gpus = enabled


@typed
def selective_scan_fn(
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
) -> Tensor | tuple[Tensor, Tensor]:
    """Run the selective scan over a sequence, chunk by chunk: the same function as `selective_scan_ref`, faster.

    Time and memory grow linearly with L, forward and backward. For the backward pass only every 32nd state is kept, by
    the compiled scan every 16th. Second derivatives, forward mode, and `torch.func`'s transforms (grad, vjp, jvp, vmap,
    hessian) are right, if slower. Forward mode inside forward mode, second derivatives inside `torch.compile`, and
    forward mode there with `fullgraph=True`, raise an error; an exported program has no forward mode, and PyTorch does
    not say so.

    Args:
        u: (B, D, L) input.
        delta: (B, D, L) step size Δ, before bias and softplus.
        A: (D, N) state matrix, real (negative where the state should decay) or complex.
        B: (D, N) constant, (B, N, L) per token, or (B, G, N, L) per token and group of channels, with D/G
            neighbouring channels to a group. For a complex A the last two forms are real with length 2L, real and
            imaginary parts interleaved.
        C: as B.
        D: (D,) skip, or None.
        z: (B, D, L) gate, or None; the result is multiplied by SiLU(z).
        delta_bias: (D,) added to `delta`, or None.
        delta_softplus: whether Δ = softplus(delta + delta_bias).
        return_last_state: whether to return the state after the last token too.
        initial_state: (B, D, N) state before the first token, or None for zeros. It belongs to the first segment.
        seq_idx: (B, L) segment indices; a change of index starts a new segment from the zero state.

    Returns:
        out (B, D, L) in the dtype of `u`; with `return_last_state` also the state (B, D, N) in the recurrence's dtype,
        complex for a complex A. For a complex A, out is twice the real part: the other half of each conjugate pair.

    Raises:
        TypeError, ValueError: a wrong type, rank, size or length.

    Source: Mamba paper, section 3.3 (the hardware-aware scan) and algorithm 2. Notebook 09 builds it.

    >>> u = torch.tensor([[[1.0, 0.0, 0.0]]])
    >>> one = torch.ones(1, 1)
    >>> selective_scan_fn(u, torch.ones_like(u), -one, one, one)
    tensor([[[1.0000, 0.3679, 0.1353]]])
    """
    scan = check(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state, seq_idx)
    with without_autocast(u.device.type):
        inputs = scan.tensors
        keep_starts = torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in inputs)
        if torch.compiler.is_compiling() and forward_ad._current_level >= 0:  # an operator would answer with zeros
            raise NotImplementedError("selective_scan_fn has no forward mode inside torch.compile; take it outside")
        run = scan_operator if torch.compiler.is_compiling() or u.is_meta else EagerScan.apply
        use_compiled = _compile_on_gpus and compiled.can_run(scan)
        out, last_state, _ = run(*inputs, scan.softplus, keep_starts, use_compiled)
    return (out, last_state) if return_last_state else out
