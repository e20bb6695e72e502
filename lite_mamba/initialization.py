"""Initial values of the parameters that set the block's time scales.

    Δ ~ log-uniform in [dt_min, dt_max]           (the authors' code, as S4D; the paper, 3.6, writes uniform)
    bias = softplus⁻¹(Δ) = Δ + log(1 − e^(−Δ))     so that softplus(bias) = Δ at the start
    A[d, n] = −(n + 1), n = 0 … N − 1              (S4D-real, section 3.6), kept as A_log = log(n + 1)

State n of a channel forgets its half in ln 2 / ((n + 1)·Δ) steps, so that these numbers decide how far the block
remembers before it has learned anything. Everything is computed in float32, whatever the dtype of the parameter.
Notebook 06 builds this module.
"""

import math

import torch
from torch import Tensor, nn


def inverse_softplus(dt: Tensor) -> Tensor:
    """The x with softplus(x) = dt, in the form that stays exact for a small dt.

    The obvious log(exp(dt) − 1) loses all digits as dt → 0; `expm1` keeps them.

    Args:
        dt: any shape, above zero.

    Returns:
        The same shape.

    >>> torch.nn.functional.softplus(inverse_softplus(torch.tensor([1e-4, 1.0])))
    tensor([1.0000e-04, 1.0000e+00])
    """
    return dt + torch.log(-torch.expm1(-dt))


def sample_dt(size: int, dt_min: float, dt_max: float, dt_init_floor: float, device=None) -> Tensor:
    """Draw step sizes log-uniformly from [dt_min, dt_max], none below `dt_init_floor`.

    Returns:
        (size,) float32.

    >>> sample_dt(3, 0.01, 0.01, 1e-4)
    tensor([0.0100, 0.0100, 0.0100])
    """
    low, high = math.log(dt_min), math.log(dt_max)
    log_dt = torch.rand(size, device=device, dtype=torch.float32) * (high - low) + low  # (size,)
    return torch.exp(log_dt).clamp(dt_min, dt_max).clamp(min=dt_init_floor)


@torch.no_grad()
def init_dt_projection(
    dt_proj: nn.Linear,
    *,
    dt_min: float,
    dt_max: float,
    dt_init: str,
    dt_scale: float,
    dt_init_floor: float,
) -> None:
    """Set `dt_proj` so that Δ starts log-uniform in [dt_min, dt_max] and the input moves it only gently.

    The weight is ±dt_rank^(−1/2)·dt_scale: drawn uniformly between the two for "random", the upper one for
    "constant". The bias is the inverse softplus of the drawn Δ.

    Args:
        dt_proj: Linear(dt_rank, d_inner).
        dt_min, dt_max, dt_init_floor: range of Δ, and the least Δ.
        dt_init: "random" or "constant".
        dt_scale: factor of the weight's size.
    """
    d_inner, dt_rank = dt_proj.weight.shape
    bound = dt_rank**-0.5 * dt_scale
    weight = torch.full((d_inner, dt_rank), bound, device=dt_proj.weight.device, dtype=torch.float32)
    if dt_init == "random":
        weight.uniform_(-bound, bound)
    dt = sample_dt(d_inner, dt_min, dt_max, dt_init_floor, device=dt_proj.bias.device)
    dt_proj.weight.copy_(weight)
    dt_proj.bias.copy_(inverse_softplus(dt))


def s4d_real_A_log(d_inner: int, d_state: int, device=None) -> Tensor:
    """The logarithm of −A for A[d, n] = −(n + 1): (d_inner, d_state), float32.

    >>> s4d_real_A_log(2, 3).exp()
    tensor([[1., 2., 3.],
            [1., 2., 3.]])
    """
    n = torch.arange(1, d_state + 1, dtype=torch.float32, device=device)  # (N,)
    return torch.log(n).repeat(d_inner, 1)  # (D, N)


def mark_parameters(block: nn.Module, *_) -> None:
    """Mark the parameters that training frameworks must treat apart.

    `A_log` and `D` carry `_no_weight_decay`: decay would pull every time scale towards A = −1. The dt bias carries
    `_no_reinit`: a framework that sets all biases to zero would set every Δ to softplus(0) = 0.69.
    Copies and conversions of a module make new parameter objects without such marks, so the block calls this again
    after each of them.
    """
    block.A_log._no_weight_decay = True
    block.D._no_weight_decay = True
    for name, parameter in block.dt_proj.named_parameters():  # also inside a wrapper
        if name.endswith("bias"):
            parameter._no_reinit = True
