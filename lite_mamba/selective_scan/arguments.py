"""The scan's arguments, checked and brought to one form, so that the schedules contain only the algorithm."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor

from .. import _validate
from ..segments import check_seq_idx, segment_starts


@dataclass(frozen=True)
class Scan:
    """The arguments of a scan, checked, each in one form, the long ones still as they were given.

    R is the recurrence's dtype: float32, or float64 for float64 input. State is R, or complex R for a complex A.

    Attributes:
        u, delta: (B, D, L), any floating-point dtype; delta before bias and softplus.
        A: (D, N) State.
        B, C: (D, N) when constant, else (B, G, N, L); State. Channel d belongs to group d // (D/G).
        D, delta_bias: (D,) R, or None.
        z: (B, D, L) gate, any floating-point dtype, or None.
        initial_state: (B, D, N) State, or None for zeros.
        resets: (B, L) bools, True where a new segment starts, or None.
        softplus: whether Δ = softplus(delta + delta_bias).
    """

    u: Tensor
    delta: Tensor
    A: Tensor
    B: Tensor
    C: Tensor
    D: Tensor | None
    z: Tensor | None
    delta_bias: Tensor | None
    initial_state: Tensor | None
    resets: Tensor | None
    softplus: bool

    @property
    def real(self) -> torch.dtype:
        """R."""
        return recurrence_dtype(self.u.dtype)

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """All fields but `softplus`, in their order."""
        rest = (self.D, self.z, self.delta_bias, self.initial_state, self.resets)
        return (self.u, self.delta, self.A, self.B, self.C, *rest)

    @property
    def first_state(self) -> Tensor:
        """The state before the first token: (B, D, N)."""
        if self.initial_state is not None:
            return self.initial_state
        batch, channels, _ = self.u.shape
        return self.A.new_zeros(batch, channels, self.A.shape[1])


def recurrence_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype in which the recurrence runs for an input of `dtype`."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def state_dtype(A: Tensor, dtype: torch.dtype) -> torch.dtype:
    """The dtype of the state for a given A and an input of `dtype`."""
    real = recurrence_dtype(dtype)
    if not A.is_complex():
        return real
    return torch.complex128 if real == torch.float64 else torch.complex64  # the compiler does not know to_complex()


def without_autocast(device_type: str) -> AbstractContextManager[None]:
    """A `with` block in which autocast leaves the recurrence alone."""
    on = _validate.autocast_is_on(device_type)
    return torch.autocast(device_type, enabled=False) if on else nullcontext()


def check(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    z: Tensor | None,
    delta_bias: Tensor | None,
    delta_softplus: bool,
    initial_state: Tensor | None,
    seq_idx: Tensor | None,
) -> Scan:
    """Check every argument of `selective_scan_fn` and bring it to the form of `Scan`.

    Raises:
        TypeError, ValueError: a wrong type, rank, size or length.
    """
    batch, channels, length = _check_sequences(u, delta, z)
    states = check_parameters(A, D, delta_bias, channels, "delta_bias")
    real = recurrence_dtype(u.dtype)
    dtype = state_dtype(A, u.dtype)
    if initial_state is not None:
        check_numbers("initial_state", initial_state, A)
        _validate.shape("initial_state", initial_state, (batch, channels, states), "(B, D, N)")
        initial_state = initial_state.to(dtype)
    if seq_idx is not None:
        check_seq_idx(seq_idx, batch, length)
    return Scan(
        u=u,
        delta=delta,
        A=A.to(dtype),
        B=_map_form("B", B, A, batch, channels, length).to(dtype),
        C=_map_form("C", C, A, batch, channels, length).to(dtype),
        D=None if D is None else D.to(real),
        z=z,
        delta_bias=None if delta_bias is None else delta_bias.to(real),
        initial_state=initial_state,
        resets=None if seq_idx is None else segment_starts(seq_idx),
        softplus=delta_softplus,
    )


def check_parameters(A: Tensor, D: Tensor | None, bias: Tensor | None, channels: int, bias_name: str) -> int:
    """Check A (D, N), D (D,) and the bias (D,) of the step size; returns N."""
    _validate.is_tensor("A", A)
    if not (A.is_floating_point() or A.is_complex()):
        raise TypeError(f"A must hold floating-point or complex numbers, got {A.dtype}; convert it with .float()")
    _validate.shape("A", A, (channels, None), "(D, N)")
    for name, value in (("D", D), (bias_name, bias)):
        if value is not None:
            check_floats(name, value, (channels,), "(D,)")
    return A.shape[1]


def check_floats(name: str, value: Tensor, shape: tuple[int, ...], letters: str) -> None:
    """Raise unless `value` holds real floating-point numbers and has the shape, whose axes `letters` names."""
    _validate.floating(name, value)
    _validate.shape(name, value, shape, letters)


def check_numbers(name: str, value: Tensor, A: Tensor) -> None:
    """Raise unless B, C or a state holds real numbers, or complex ones where A does."""
    _validate.is_tensor(name, value)
    if not value.is_complex():
        _validate.floating(name, value)
    elif not A.is_complex():
        raise TypeError(
            f"{name} is {value.dtype} but A is {A.dtype}, so the imaginary part of {name} would be lost; "
            f"make A complex too, or pass {name}.real"
        )


def check_groups(name: str, value: Tensor, channels: int) -> None:
    """Raise unless the groups of B or C, its axis 1, share out the channels evenly."""
    groups = value.shape[1]
    if groups == 0 or channels % groups:
        raise ValueError(
            f"{name} has {groups} groups (its axis 1), which cannot share out {channels} channels evenly; "
            f"give it a number of groups that divides {channels}"
        )


def _check_sequences(u: Tensor, delta: Tensor, z: Tensor | None) -> tuple[int, int, int]:
    _validate.floating("u", u)
    if u.ndim != 3:
        raise ValueError(f"u must have 3 axes (B, D, L), got shape {tuple(u.shape)}")
    batch, channels, length = u.shape
    check_floats("delta", delta, (batch, channels, length), "(B, D, L)")
    if z is not None:
        check_floats("z", z, (batch, channels, length), "(B, D, L)")
    return batch, channels, length


def _map_form(name: str, value: Tensor, A: Tensor, batch: int, channels: int, length: int) -> Tensor:
    """Bring B or C to (D, N) or (B, G, N, L); for a complex A, join the interleaved real and imaginary parts."""
    check_numbers(name, value, A)
    states = A.shape[1]
    if value.ndim == 2:
        _validate.shape(name, value, (channels, states), "(D, N)")
        return value
    if value.ndim not in (3, 4):
        raise ValueError(
            f"{name} has {value.ndim} axes, {tuple(value.shape)}; give it 2 axes (D, N) when it is constant, "
            "3 axes (B, N, L) for one value per token, or 4 axes (B, G, N, L) for groups of channels"
        )
    if value.is_complex():
        raise TypeError(
            f"{name} is {value.dtype}; with a complex A, a {name} per token is real and has length 2L, real and "
            f"imaginary parts in turns: pass torch.view_as_real({name}).flatten(-2)"
        )
    steps, last = (2 * length, "2L") if A.is_complex() else (length, "L")
    if value.ndim == 3:
        _validate.shape(name, value, (batch, states, steps), f"(B, N, {last})")
        value = value.unsqueeze(1)  # (B, 1, N, L)
    _validate.shape(name, value, (batch, None, states, steps), f"(B, G, N, {last})")
    check_groups(name, value, channels)
    if A.is_complex():
        parts = value.double() if value.dtype == torch.float64 else value.float()
        value = torch.view_as_complex(rearrange(parts, "b g n (l two) -> b g n l two", two=2).contiguous())
    return value
