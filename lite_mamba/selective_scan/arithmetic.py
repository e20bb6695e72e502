"""The arithmetic around the recurrence: the step size before it, skip and gate after it, and the exponentials in it."""

import torch
import torch.nn.functional as F
from torch import Tensor

LOG2_E = 1.4426950408889634  # exp(x) = exp2(x · LOG2_E)


def step_size(delta: Tensor, bias: Tensor | None, softplus: bool) -> Tensor:
    """Δ: add the bias (D,) and apply softplus, both optional, to (B, D, L) or, for one token, (B, D)."""
    if bias is not None:
        delta = delta + bias.to(delta.dtype).reshape(-1, *[1] * (delta.ndim - 2))
    return F.softplus(delta) if softplus else delta


def skip_and_gate(y: Tensor, u: Tensor, D: Tensor | None, z: Tensor | None) -> Tensor:
    """out = (y + D·u) · SiLU(z), both optional, for (B, D, L) or, for one token, (B, D)."""
    if D is not None:
        y = torch.addcmul(y, D.to(y.dtype).reshape(-1, *[1] * (y.ndim - 2)), u)
    return y if z is None else y * F.silu(z.to(y.dtype))


def base_two(A: Tensor) -> Tensor:
    """A as `exp_of` wants it multiplied: on a CPU PyTorch's exp2 takes half the time of exp, but is real only."""
    return A if A.is_complex() else A * LOG2_E


def exp_of(product: Tensor) -> Tensor:
    """exp, in place, of what was multiplied by `base_two`."""
    return torch.exp(product, out=product) if product.is_complex() else torch.exp2(product, out=product)


def exp_in_two_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """exp(x) = whole + rest, where `whole` is 1 if |exp(x)| is above 1/2, and else 0.

    A slow channel decays in one chunk by a factor such as 1 − 3·10⁻⁵, of which float32 keeps three digits behind the
    nines. Over thousands of chunks, and always the same way, that is an error of 10⁻³. The rest −3·10⁻⁵ has all its
    seven digits, and so no wider dtype is needed, which some devices do not have.
    """
    modulus = torch.exp2(x.real * LOG2_E)
    whole = modulus.round().to(x.dtype)
    return whole, torch.lerp(torch.exp(x) if x.is_complex() else modulus, torch.expm1(x), whole)
