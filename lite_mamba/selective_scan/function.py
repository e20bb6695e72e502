"""`selective_scan_fn`: the fast scan behind the signature of `selective_scan_ref`.

Eagerly the schedules stand behind an `autograd.Function`. For PyTorch's compiler and for `torch.export` they stand
behind two custom operators, each one opaque call: a compiled model calls the same eager code, which on CPUs is needed
for right answers (compiled chains of scan steps came out wrong there), and keeps L dynamic. The operators are for the
compiler only, since a first call of one loads the whole compiler, which takes seconds.
"""

from functools import partial

import torch
from torch import Tensor

from . import compiled, eager
from .arguments import Scan, check, without_autocast

_compile_on_gpus = False


def compile_scan(enabled: bool = True) -> None:
    """Whether scans on CUDA devices run through `torch.compile`; off at the start.

    The compiled scan takes minutes to compile, once for a shape, and is several times as fast afterwards: see
    benchmarks/README.md. It is for float32 and narrower inputs, real A, B and C per token in one group, and no
    `seq_idx`; other scans, and all on CPUs, run eagerly as before. Do not switch it between a forward pass and its
    backward pass.

    >>> from lite_mamba.selective_scan import compile_scan
    >>> compile_scan(False)
    """
    global _compile_on_gpus
    _compile_on_gpus = enabled


def _schedule(scan: Scan):
    return compiled if _compile_on_gpus and compiled.can_run(scan) else eager


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

    Time and memory grow linearly with L, forward and backward. For the backward pass only every 32nd state is kept.
    Second derivatives are not supported and raise a RuntimeError.

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
    with without_autocast(u.device.type):
        scan = check(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state, seq_idx)
        inputs = _tensors(scan)
        keep_starts = torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in inputs)
        run = _scan if torch.compiler.is_compiling() or u.is_meta else _EagerScan.apply
        out, last_state, _ = run(*inputs, scan.softplus, keep_starts)
    return (out, last_state) if return_last_state else out


def _tensors(scan: Scan) -> tuple[Tensor | None, ...]:
    """The operators' arguments, in the order of `Scan`."""
    return (
        scan.u,
        scan.delta,
        scan.A,
        scan.B,
        scan.C,
        scan.D,
        scan.z,
        scan.delta_bias,
        scan.initial_state,
        scan.starts,
    )


def _forward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    delta_bias: Tensor | None,
    initial_state: Tensor | None,
    starts: Tensor | None,
    softplus: bool,
    keep_starts: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """out (B, D, L), last state (B, D, N), and the chunk starts, flat, none unless `keep_starts`."""
    scan = Scan(u, delta, A, B, C, D, z, delta_bias, initial_state, starts, softplus)
    return _schedule(scan).forward(scan, keep_starts)


_scan = torch.library.custom_op("lite_mamba::selective_scan", _forward, mutates_args=())


@_scan.register_fake
def _(u, delta, A, B, C, D, z, delta_bias, initial_state, starts, softplus, keep_starts):
    batch, channels, length = u.shape
    states = A.shape[1]
    chunks = eager.chunk_count(length, u.device.type) if keep_starts else 0
    return (
        torch.empty_like(u),
        A.new_empty(batch, channels, states),
        A.new_empty(chunks * batch * states * channels),
    )


def _backward(
    grad_out: Tensor,
    grad_last_state: Tensor | None,
    all_starts: Tensor,
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    delta_bias: Tensor | None,
    initial_state: Tensor | None,
    starts: Tensor | None,
    softplus: bool,
) -> list[Tensor]:
    """Gradients of u, delta, A, B, C, D, z, delta_bias and initial_state; an empty tensor for what is not there."""
    scan = Scan(u, delta, A, B, C, D, z, delta_bias, initial_state, starts, softplus)
    with without_autocast(u.device.type):
        grads, sums = _schedule(scan).backward(scan, all_starts, grad_out, grad_last_state)
    none = u.new_empty(0)
    return [
        grads.u,
        grads.delta,
        sums.A,
        sums.B,
        sums.C,
        none if D is None else sums.D,
        none.clone() if z is None else grads.z,
        none.clone() if delta_bias is None else sums.delta_bias,
        none.clone() if initial_state is None else grads.initial_state,
    ]


_scan_backward = torch.library.custom_op("lite_mamba::selective_scan_backward", _backward, mutates_args=())


@_scan_backward.register_fake
def _(grad_out, grad_last_state, all_starts, u, delta, A, B, C, D, z, delta_bias, initial_state, starts, softplus):
    inputs = (u, delta, A, B, C, D, z, delta_bias, initial_state)
    return [u.new_empty(0) if x is None else torch.empty_like(x) for x in inputs]


def _save(ctx, inputs, output) -> None:
    *tensors, softplus, _ = inputs
    ctx.softplus = softplus
    ctx.mark_non_differentiable(output[2])
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[2], *tensors)


def _differentiate(backward, ctx, grad_out, grad_last_state, _):
    all_starts, *tensors = ctx.saved_tensors
    if grad_out is None and grad_last_state is None:
        return (None,) * 12
    if grad_out is None:
        grad_out = torch.zeros_like(tensors[0])
    grads = backward(grad_out, grad_last_state, all_starts, *tensors, ctx.softplus)
    return (*(None if x is None else g for x, g in zip(tensors, grads, strict=False)), None, None, None)


def _refuse_second_derivatives(ctx, *_) -> None:
    raise RuntimeError(
        "selective_scan_fn has no second derivatives; call selective_scan_ref, the loop, where you need them"
    )


_scan.register_autograd(partial(_differentiate, _scan_backward), setup_context=_save)
_scan_backward.register_autograd(_refuse_second_derivatives)


class _EagerScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs):
        output = _forward(*inputs)
        _save(ctx, inputs, output)
        return output

    @staticmethod
    def backward(ctx, *grads):
        return _differentiate(_EagerBackward.apply, ctx, *grads)


class _EagerBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs):
        return tuple(_backward(*inputs))

    backward = staticmethod(_refuse_second_derivatives)
