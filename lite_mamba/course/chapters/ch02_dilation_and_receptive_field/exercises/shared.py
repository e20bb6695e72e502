"""What several exercises of chapter 02 use."""

from collections.abc import Callable, Sequence
from typing import Any

from ....checking.exercise import Draw


def draw_stack(draw: Draw) -> dict[str, Any]:
    d_conv, branches = draw.size(1, 5), draw.size(1, 4)
    widest = draw.in_turn([9, 9, 9, 9, 150])  # the recording asks for 142, with four taps
    dilations = tuple(draw.size(1, widest) for _ in range(branches))
    if draw.in_turn([False, False, True]):  # equal ones are not left to chance
        dilations = (*dilations[:-1], dilations[0])
    return {"d_conv": d_conv, "dilations": dilations, "stacked": draw.choice([False, True])}


def side_by_side_unless_said(function: Callable[..., Any], d_conv: int, dilations: Sequence[int], stacked: bool) -> Any:
    """A function's result; side by side is the default, and with an even number of taps it is left to be one."""
    return function(d_conv, dilations, stacked) if stacked or d_conv % 2 else function(d_conv, dilations)


def lags_touched(d_conv: int, dilations: Sequence[int], stacked: bool = False) -> list[int]:
    """The lags that are read, in order, each once."""
    reached = {0}
    for dilation in dilations:
        own = {k * dilation for k in range(d_conv)}
        reached = {lag + more for lag in reached for more in own} if stacked else reached | own
    return sorted(reached)
