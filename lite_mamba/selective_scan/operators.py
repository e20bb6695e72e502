"""The scan with its gradient, as PyTorch sees it: two functions of tensors, forward and backward.

Eagerly they stand behind an `autograd.Function` each. For PyTorch's compiler and for `torch.export` they stand behind
two custom operators, each one opaque call: a compiled model calls the same eager code, which on CPUs is needed for
right answers (compiled chains of scan steps came out wrong there), and keeps L dynamic. The operators are for the
compiler only, since a first call of one loads the whole compiler, which takes seconds.

Second derivatives and forward mode come from `chunked.py`, where every operation is one that PyTorch can
differentiate.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from . import chunked, compiled, eager
from .arguments import Scan, without_autocast

NAMES = ("u", "delta", "A", "B", "C", "D", "z", "delta_bias", "initial_state")  # what has a gradient, as in `Scan`


def forward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    delta_bias: Tensor | None,
    initial_state: Tensor | None,
    resets: Tensor | None,
    softplus: bool,
    keep_starts: bool,
    use_compiled: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """out (B, D, L), last state (B, D, N), and the chunk starts, flat, none unless `keep_starts`.

    The arguments are those of `Scan`; `use_compiled` chooses the schedule, for the backward pass too.
    """
    scan = Scan(u, delta, A, B, C, D, z, delta_bias, initial_state, resets, softplus)
    return _schedule(use_compiled).forward(scan, keep_starts)


def backward(
    grad_out: Tensor,
    grad_last_state: Tensor | None,
    starts: Tensor,
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    delta_bias: Tensor | None,
    initial_state: Tensor | None,
    resets: Tensor | None,
    softplus: bool,
    use_compiled: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The gradients of `NAMES`; an empty tensor for what is not there."""
    scan, schedule = Scan(u, delta, A, B, C, D, z, delta_bias, initial_state, resets, softplus), _schedule(use_compiled)
    with without_autocast(u.device.type):
        if starts.numel() == 0:  # inside vmap, the forward pass does not see that a gradient will be asked for
            *_, starts = schedule.forward(scan, True)
        grads, sums = schedule.backward(scan, starts, grad_out, grad_last_state)
    return (
        grads.u,
        grads.delta,
        sums.A,
        sums.B,
        sums.C,
        u.new_empty(0) if D is None else sums.D,
        u.new_empty(0) if grads.z is None else grads.z,
        u.new_empty(0) if delta_bias is None else sums.delta_bias,
        u.new_empty(0) if initial_state is None else grads.initial_state,
    )


def _schedule(use_compiled: bool):
    return compiled if use_compiled else eager


def _save(ctx, inputs, output) -> None:
    *tensors, ctx.softplus, _, ctx.use_compiled = inputs
    ctx.mark_non_differentiable(output[2])
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[2], *tensors)
    ctx.save_for_forward(output[2], *tensors)


def _differentiate(backward, ctx, grad_out, grad_last_state, _):
    starts, *tensors = ctx.saved_tensors
    if grad_out is None and grad_last_state is None:
        return (None,) * 13
    if grad_out is None:
        grad_out = torch.zeros_like(tensors[0])
    grads = backward(grad_out, grad_last_state, starts, *tensors, ctx.softplus, ctx.use_compiled)
    return (*(None if x is None else g for x, g in zip(tensors, grads, strict=False)), *(None,) * 4)


def _one_by_one(function, info, in_dims, *inputs):
    """The rule for vmap: sample by sample."""
    outputs = [
        function.apply(*(x if dim is None else x.select(dim, i) for x, dim in zip(inputs, in_dims, strict=True)))
        for i in range(info.batch_size)
    ]
    stacked = tuple(torch.stack(samples) for samples in zip(*outputs, strict=True))
    return stacked, (0,) * len(stacked)


def _has_memory(grad: Tensor | None) -> bool:
    """False for many gradients at once, as in `torch.autograd.grad(…, is_grads_batched=True)`.

    That is an older vmap, which knows nothing of rules for a Function, and which calls an operator row by row.
    """
    try:
        if grad is not None:
            grad.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return False
    return True


class EagerScan(torch.autograd.Function):
    """`forward`, for eager use."""

    @staticmethod
    def forward(*inputs):
        return forward(*inputs)

    setup_context = staticmethod(_save)

    @staticmethod
    def backward(ctx, *grads):
        return _differentiate(EagerBackward.apply, ctx, *grads)

    @staticmethod
    def vmap(info, in_dims, *inputs):
        return _one_by_one(EagerScan, info, in_dims, *inputs)

    @staticmethod
    def jvp(ctx, *tangents):
        _refuse_forward_mode_twice()
        _, *tensors, resets = ctx.saved_tensors
        given = _present(tensors)
        with without_autocast(given["u"].device.type):
            slopes = _slopes(_scan(resets, ctx.softplus), (given,), (_tangents(given, tangents),))
        return *slopes, None


class EagerBackward(torch.autograd.Function):
    """`backward`, for eager use. Its own gradient runs the scan and its gradient again, in `chunked.py`."""

    @staticmethod
    def forward(*inputs):
        return (backward if all(map(_has_memory, inputs[:2])) else backward_operator)(*inputs)

    @staticmethod
    def setup_context(ctx, inputs, _):
        *tensors, ctx.softplus, _ = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx, *grads):
        grad_out, grad_last_state, _, *tensors, resets = ctx.saved_tensors
        given = _present(tensors)
        of_outputs = (grad_out,) if grad_last_state is None else (grad_out, grad_last_state)
        with without_autocast(grad_out.device.type):
            _, pull = torch.func.vjp(_gradients(resets, ctx.softplus), given, *of_outputs)
            inner, *to_outputs = pull(_tangents(given, grads))
        return *to_outputs, *(None,) * (3 - len(to_outputs)), *(inner.get(name) for name in NAMES), None, None, None

    @staticmethod
    def vmap(info, in_dims, *inputs):
        return _one_by_one(EagerBackward, info, in_dims, *inputs)

    @staticmethod
    def jvp(ctx, along_out, along_last_state, _, *tangents):
        _refuse_forward_mode_twice()
        grad_out, grad_last_state, _, *tensors, resets = ctx.saved_tensors
        given = _present(tensors)
        of_outputs = [x for x in (grad_out, grad_last_state) if x is not None]
        along = (along_out, along_last_state)[: len(of_outputs)]
        along = [torch.zeros_like(x) if slope is None else slope for x, slope in zip(of_outputs, along, strict=True)]
        gradients, primals = _gradients(resets, ctx.softplus), (given, *of_outputs)
        with without_autocast(grad_out.device.type):
            slopes = _slopes(gradients, primals, (_tangents(given, tangents), *along))
        return tuple(slopes.get(name, grad_out.new_empty(0)) for name in NAMES)


def _slopes(function: Callable, primals: tuple, tangents: tuple):
    """Forward mode by reverse mode twice: a gradient is linear in what comes in, and its own gradient is the slope.

    A compiler that runs must leave it alone: compiled, it gave zeros.
    """

    def slopes():
        out, pull = torch.func.vjp(function, *primals)
        return torch.func.vjp(pull, tree_map(torch.zeros_like, out))[1](tangents)[0]

    compiler = sys.modules.get("torch._dynamo")
    return (compiler.disable(slopes) if compiler else slopes)()


def _refuse_forward_mode_twice() -> None:
    """PyTorch forgets the outer direction behind an `autograd.Function`, and would give zeros."""
    transforms = [one.key() for one in torch._C._functorch.get_interpreter_stack() or ()]
    if transforms.count(torch._C._functorch.TransformType.Jvp) > 1:
        raise NotImplementedError(
            "selective_scan_fn has no forward-mode derivative inside another one (jvp of jvp, jacfwd of jacfwd); take "
            "reverse mode for one of them (hessian is jacfwd(jacrev(f))), or selective_scan_ref, the loop, which has it"
        )


def _present(tensors: Iterable[Tensor | None]) -> dict[str, Tensor]:
    """What is there of `NAMES`."""
    return {name: x for name, x in zip(NAMES, tensors, strict=True) if x is not None}


def _tangents(given: dict[str, Tensor], slopes: Iterable[Tensor | None]) -> dict[str, Tensor]:
    """A slope for each given tensor, from those of `NAMES`: zero where none came."""
    found = dict(zip(NAMES, slopes, strict=False))
    return {name: torch.zeros_like(x) if found[name] is None else found[name] for name, x in given.items()}


def _scan(resets: Tensor | None, softplus: bool) -> Callable:
    """The scan as a function of the tensors that are there, out of operations that PyTorch can differentiate."""
    absent = dict.fromkeys(NAMES)
    return lambda given: chunked.selective_scan(Scan(**absent | given, resets=resets, softplus=softplus))


def _gradients(resets: Tensor | None, softplus: bool) -> Callable:
    """Its gradient, as a function of these tensors and of the gradient of out, and of the last state's if that came."""

    def gradients(given, *of_outputs):
        (_, last_state), pull = torch.func.vjp(_scan(resets, softplus), given)
        return pull(of_outputs if len(of_outputs) == 2 else (*of_outputs, torch.zeros_like(last_state)))[0]

    return gradients


def _refuse_second_derivatives(ctx, *_) -> None:
    raise RuntimeError(
        "selective_scan_fn has no second derivatives inside torch.compile; call the model uncompiled to get them"
    )


scan_operator = torch.library.custom_op("lite_mamba::selective_scan", forward, mutates_args=())
backward_operator = torch.library.custom_op("lite_mamba::selective_scan_backward", backward, mutates_args=())
scan_operator.register_autograd(partial(_differentiate, backward_operator), setup_context=_save)
backward_operator.register_autograd(_refuse_second_derivatives)


@scan_operator.register_fake
def _(u, delta, A, B, C, D, z, delta_bias, initial_state, resets, softplus, keep_starts, use_compiled):
    batch, channels, length = u.shape
    states = A.shape[1]
    chunks = _schedule(use_compiled).chunk_count(length, u.device.type) if keep_starts else 0
    return (
        torch.empty_like(u),
        A.new_empty(batch, channels, states),
        A.new_empty(chunks * batch * states * channels),
    )


@backward_operator.register_fake
def _(grad_out, grad_last_state, starts, *inputs):
    return tuple(grad_out.new_empty(0) if x is None else torch.empty_like(x) for x in inputs[: len(NAMES)])
