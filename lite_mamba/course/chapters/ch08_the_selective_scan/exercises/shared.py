"""What several exercises of chapter 08 use."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ....checking.exercise import Draw

AXES = ("batch", "channel", "token", "state")
STATE_AXES = ("batch", "channel", "state")


def _sizes(draw: Draw) -> tuple[int, int, int]:
    """Sequences, channels and states: three different numbers, so that no axis passes for another."""
    batch = draw.size(1, 2)
    channels = batch + draw.size(1, 2)
    return batch, channels, channels + draw.size(1, 2)


def discretise_cases(draw: Draw) -> dict:
    batch, channels, states = _sizes(draw)
    length = draw.size(1, 5)
    return {
        "u": draw.normal(batch, channels, length),
        "delta": draw.uniform(0.1, 1.5, batch, channels, length).round(decimals=1),
        "A": -draw.uniform(0.5, 3.0, channels, states).round(decimals=1),
        "B": draw.normal(batch, states, length),
    }


STEP = "h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)"
READ = 'outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)'
FADE_LAST = (
    f"{STEP} → h = h + deltaB_u[:, :, t]",
    f"{READ} → {READ}\n        h = deltaA[:, :, t] * h",
)


def scan_cases(draw: Draw) -> dict:
    batch, channels, states = _sizes(draw)
    length = draw.size(1, 6)
    decay = draw.uniform(0.1, 0.9, batch, channels, length, states).round(decimals=1)
    fast = draw.choice([False, False, True])
    drive = draw.normal(batch, channels, length, states)
    if fast:  # a channel whose product of decays leaves the range of float32, and whose state any bound would cut off
        decay[:, 0], drive[:, 0] = 1e-30, 100 * drive[:, 0]
    return {
        "deltaA": decay,
        "deltaB_u": drive,
        "C": draw.normal(batch, states, length),
    }


def several_tokens(**case: Tensor) -> bool:
    """Whether a case has more than one token: what happens between two shows there alone."""
    return case.get("u", case.get("deltaA")).shape[2] > 1


def faster(decay: Tensor) -> Tensor:
    """Decays in float64: in fast channels so small that their product leaves its range, too."""
    return decay.where(decay > 1e-9, 1e-300)


def gradients_of(total: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """The gradient of each input, zero where none comes: one token needs no decay."""
    try:
        slopes = torch.autograd.grad(total, inputs, retain_graph=True, allow_unused=True)
    except RuntimeError as error:  # torch words it anew for each operation
        raise RuntimeError("the backward pass needs a tensor that was changed in place") from error
    return [torch.zeros_like(x) if slope is None else slope for x, slope in zip(inputs, slopes, strict=True)]


FROM = "h, outputs = initial_state, [] → h, outputs = "


def going_on(
    reference: Callable[..., Any], function: Callable[..., Any], given: tuple[Tensor, ...], name: str, after: str
):
    """What a scan makes of `given`, whose last is the state it starts from, called `name`; `after` it returns.

    If that is right, gradients must flow into this state, and a state of zeros, as at the beginning of a text, is right
    with its gradients, too.
    """
    result = function(*given)
    flown = _flowing(reference(*given), result, given[-1], name, after)
    if flown is result:  # as it came: it is not right
        return result
    zeros = *given[:-1], torch.zeros_like(given[-1]).requires_grad_()
    again = function(*zeros)
    if _flowing(reference(*zeros), again, zeros[-1], name, after) is again:
        raise RuntimeError(f"the results are wrong where `{name}` is zero")
    return flown


def _flowing(right: tuple[Tensor, Tensor], result, start: Tensor, name: str, after: str):
    """Both results as they came; if they are right and their gradients or last digits are not, an error."""
    if not (isinstance(result, (tuple, list)) and len(result) == 2 and all(map(_close, result, right))):
        return result
    slopes, expected = [[_slope(part, start) for part in pair] for pair in (result, right)]
    parts = ("the outputs", after)
    wrong = [i for i in range(2) if not torch.allclose(slopes[i], expected[i], 1e-3, 1e-4)]
    if wrong:
        flows = "the wrong gradient flows" if any(slopes[i].any() for i in wrong) else "no gradient flows"
        raise RuntimeError(
            f"the numbers are right, but {flows} from {' and '.join(parts[i] for i in wrong)} to `{name}`"
        )
    keep_the_digits(result, right)
    return tuple(part.detach() for part in result)


def keep_the_digits(results: Sequence[Tensor], right: Sequence[Tensor]) -> None:
    """Results in float64 that are right to the digits of float32 alone raise an error."""
    pairs = [(x, y) for x, y in zip(results, right, strict=True) if x.dtype == y.dtype == torch.float64]
    if not all(torch.allclose(x, y, 1e-9, 1e-9) for x, y in pairs):
        raise TypeError(
            "float64 comes in and goes out, with the digits of float32: something in between has that format"
        )


def _close(part, right: Tensor) -> bool:
    return isinstance(part, Tensor) and part.shape == right.shape and torch.allclose(part.to(right), right, 1e-3, 1e-4)


def _slope(part: Tensor, start: Tensor) -> Tensor:
    """The gradient of the sum of a part, with respect to `start`."""
    return gradients_of(part.sum(), [start])[0] if part.requires_grad else torch.zeros_like(start)
