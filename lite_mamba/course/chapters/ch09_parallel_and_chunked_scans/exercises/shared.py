"""What several exercises of chapter 09 use."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Misconception


def linear_loop(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t = a_t·h_{t−1} + x_t in a loop over axis 0, cut once; a, x and the result are (L, …)."""
    h, states = torch.zeros_like(x[0]), []  # (…)
    for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True):
        h = a_t * h + x_t  # (…)
        states.append(h)
    return torch.stack(states)  # (L, …)


MOVE_ON = "a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])"


def by_cumulative_products(a, x):
    product = a.cumprod(0)
    return product * (x / product).cumsum(0)


def from_the_end(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return (to_end * x).cumsum(0) / to_end


EPSILONS = (1e-6, 1e-8, 1e-9, 1e-10, 1e-12)


def guarded(function, divisor: str, guard: str, epsilons=EPSILONS) -> list:
    """A scan that divides, with a small number against a division by zero."""
    return [edited(function, f"/ {divisor} → / {guard.format(e)}") for e in epsilons]


def product_shrinks(a: Tensor, x: Tensor) -> bool:
    """Whether the product of the decays comes near to zero: a division by it is shown there."""
    return bool((a.cumprod(0).abs() < 1e-5).any())


LOGARITHMS = Misconception(
    "logarithms of decays",
    "You take the logarithm of a. A decay below zero has none, and what comes of it is not a number. Joins multiply "
    "decays as they are.",
    [
        edited(by_cumulative_products, "a.cumprod(0) → a.log().cumsum(0).exp()"),
        edited(
            from_the_end,
            "log_a.flip(0).cumsum(0).flip(0) - log_a → (log_a.log().flip(0).cumsum(0).flip(0)) - log_a.log()",
        ),
    ],
)


def scan_case(draw: Draw, length: int) -> dict:
    states = draw.size(0, 3)
    shape = (length, states) if states else (length,)
    a = draw.choice([draw.normal(*shape), draw.uniform(0.01, 1.0, *shape), draw.normal(*shape)])
    if length > 32:  # slow ones, so that the first drive is felt at the end
        a = draw.uniform(0.95, 1.0, *shape)
    return {"a": a, "x": draw.normal(*shape)}


def as_digits(length: int) -> dict:
    return {"a": torch.full((length,), 10.0), "x": torch.arange(1.0, 1 + length)}


def zero_first(states):
    return torch.cat([torch.zeros_like(states[:1]), states[:-1]])
