"""The scan's arguments, checked and brought to one form, so that the schedules contain only the algorithm."""

from contextlib import nullcontext
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


def without_autocast(device_type: str):
    """A `with` block in which autocast leaves the recurrence alone."""
    on = _validate.autocast_is_on(device_type)
    return torch.autocast(device_type, enabled=False) if on else nullcontext()


def check(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state, seq_idx) -> Scan:
    """Check every argument of `selective_scan_fn` and bring it to the form of `Scan`.

    Raises:
        TypeError, ValueError: a wrong type, rank, size or length.
    """
    batch, channels, length = _check_sequences(u, delta, z)
    states = _check_parameters(A, D, delta_bias, channels)
    real = recurrence_dtype(u.dtype)
    dtype = state_dtype(A, u.dtype)
    if initial_state is not None:
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


def _check_sequences(u, delta, z) -> tuple[int, int, int]:
    _validate.floating("u", u)
    if u.ndim != 3:
        raise ValueError(f"u must have 3 axes (B, D, L), got shape {tuple(u.shape)}")
    _validate.floating("delta", delta)
    _validate.shape("delta", delta, tuple(u.shape), "(B, D, L)")
    if z is not None:
        _validate.floating("z", z)
        _validate.shape("z", z, tuple(u.shape), "(B, D, L)")
    return tuple(u.shape)


def _check_parameters(A, D, delta_bias, channels: int) -> int:
    _validate.is_tensor("A", A)
    if not (A.is_floating_point() or A.is_complex()):
        raise TypeError(f"A must hold floating-point or complex numbers, got {A.dtype}")
    _validate.shape("A", A, (channels, None), "(D, N)")
    if D is not None:
        _validate.shape("D", D, (channels,), "(D,)")
    if delta_bias is not None:
        _validate.shape("delta_bias", delta_bias, (channels,), "(D,)")
    return A.shape[1]


def _map_form(name: str, value, A: Tensor, batch: int, channels: int, length: int) -> Tensor:
    """Bring B or C to (D, N) or (B, G, N, L); for a complex A, join the interleaved real and imaginary parts."""
    _validate.is_tensor(name, value)
    states = A.shape[1]
    if value.ndim == 2:
        _validate.shape(name, value, (channels, states), "(D, N)")
        return value
    if value.ndim not in (3, 4):
        raise ValueError(
            f"{name} must have shape (D, N), (B, N, L) or (B, G, N, L), got {value.ndim} axes {tuple(value.shape)}"
        )
    _validate.floating(name, value)
    steps = 2 * length if A.is_complex() else length
    last = "2L" if A.is_complex() else "L"
    if value.ndim == 3:
        _validate.shape(name, value, (batch, states, steps), f"(B, N, {last})")
        value = value.unsqueeze(1)  # (B, 1, N, L)
    _validate.shape(name, value, (batch, None, states, steps), f"(B, G, N, {last})")
    groups = value.shape[1]
    if groups == 0 or channels % groups:
        raise ValueError(f"{name} has G = {groups} groups, which must divide the D = {channels} channels of u")
    if A.is_complex():
        parts = value.double() if value.dtype == torch.float64 else value.float()
        value = torch.view_as_complex(rearrange(parts, "b g n (l two) -> b g n l two", two=2).contiguous())
    return value
