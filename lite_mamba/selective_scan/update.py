"""The selective scan for one token: what a stream runs at each step. Notebook 11 builds it."""

import torch
from torch import Tensor

from .. import _validate
from .arguments import (
    check_floats,
    check_groups,
    check_numbers,
    check_parameters,
    recurrence_dtype,
    state_dtype,
    without_autocast,
)
from .arithmetic import skip_and_gate, step_size


def selective_state_update(
    state: Tensor,
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    dt_bias: Tensor | None = None,
    dt_softplus: bool = False,
) -> Tensor:
    """Advance the state by one token, **in place**, and return that token's output.

    Args:
        state: (B, D, N) state, in the recurrence's dtype: float32, float64 for a float64 x; complex for a complex A.
            Updated in place; gradients flow through it from token to token.
        x: (B, D) input of the token.
        dt: (B, D) step size Δ, before bias and softplus.
        A: (D, N) real or complex.
        B, C: (B, N), or (B, G, N) per group of channels; complex, or real, for a complex A.
        D: (D,) skip, or None.
        z: (B, D) gate, or None.
        dt_bias: (D,) added to `dt`, or None.
        dt_softplus: whether Δ = softplus(dt + dt_bias).

    Returns:
        out (B, D) in the dtype of `x`.

    Raises:
        TypeError, ValueError: a wrong type, rank or size.

    Source: Mamba paper, algorithm 2, one turn of the recurrence.

    >>> state, one = torch.zeros(1, 1, 1), torch.ones(1, 1)
    >>> selective_state_update(state, one, one, -one, one, one)
    tensor([[1.]])
    >>> selective_state_update(state, 0 * one, one, -one, one, one)
    tensor([[0.3679]])
    """
    _check_token(state, x, dt, A, B, C, D, z, dt_bias)
    before = state.clone() if torch.is_grad_enabled() else state  # the backward pass reads it again
    out, new_state = advance(before, x, dt, A, B, C, D, z, dt_bias, dt_softplus)
    state.copy_(new_state)
    return out


def advance(
    state: Tensor,
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    dt_bias: Tensor | None,
    dt_softplus: bool,
) -> tuple[Tensor, Tensor]:
    """One token of the recurrence, nothing in place: out (B, D) and the next state (B, D, N)."""
    with without_autocast(x.device.type):
        real = recurrence_dtype(x.dtype)
        dtype = state_dtype(A, x.dtype)
        u = x.to(real)  # (B, D)
        delta = step_size(dt.to(real), dt_bias, dt_softplus)  # (B, D)
        decay = torch.exp(delta[..., None] * A.to(dtype))  # (B, D, N)
        drive = (delta * u)[..., None] * _per_channel(B, x).to(dtype)  # (B, D, N)
        h = torch.addcmul(drive, decay, state.to(dtype))  # (B, D, N)
        y = (h * _per_channel(C, x).to(dtype)).sum(dim=-1)  # (B, D)
        y = 2 * y.real if y.is_complex() else y
        return skip_and_gate(y, u, D, z).to(x.dtype), h


def _per_channel(value: Tensor, x: Tensor) -> Tensor:
    """B or C of one token, (B, N) or (B, G, N), to broadcast with (B, D, N)."""
    if value.ndim == 2:
        return value.unsqueeze(1)  # (B, 1, N)
    return value.repeat_interleave(x.shape[1] // value.shape[1], dim=1)  # (B, D, N)


def _check_token(
    state: Tensor,
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    dt_bias: Tensor | None,
) -> None:
    _validate.floating("x", x)
    if x.ndim != 2:
        raise ValueError(f"x must have 2 axes (B, D), one token without a time axis, got shape {tuple(x.shape)}")
    batch, channels = x.shape
    states = check_parameters(A, D, dt_bias, channels, "dt_bias")
    _validate.shape("state", state, (batch, channels, states), "(B, D, N)")
    wanted = state_dtype(A, x.dtype)
    if state.dtype != wanted:
        raise TypeError(
            f"state is {state.dtype}, but with x in {x.dtype} and A in {A.dtype} the recurrence runs in {wanted}, and "
            f"a state in another dtype would be rounded at each token; make it with dtype={wanted}"
        )
    check_floats("dt", dt, (batch, channels), "(B, D)")
    if z is not None:
        check_floats("z", z, (batch, channels), "(B, D)")
    for name, value in (("B", B), ("C", C)):
        check_numbers(name, value, A)
        if value.ndim == 3:
            _validate.shape(name, value, (batch, None, states), "(B, G, N)")
            check_groups(name, value, channels)
        elif value.ndim == 2:
            _validate.shape(name, value, (batch, states), "(B, N)")
        else:
            raise ValueError(
                f"{name} has {value.ndim} axes, {tuple(value.shape)}; for one token give it 2 axes (B, N), "
                "or 3 axes (B, G, N) for groups of channels"
            )
