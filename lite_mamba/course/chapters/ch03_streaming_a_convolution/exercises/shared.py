"""What several exercises of chapter 03 use."""

from typing import Any

import torch

from ....checking.exercise import Draw


def draw_branch(draw: Draw) -> tuple[int, ...]:
    B, D = draw.size(1, 2), draw.size(1, 3)
    taps, dilation = min(4, draw.size(1, 6)), draw.size(1, 5)  # often four: the inner ones tell, too
    spare = max(0, draw.size(0, 8) - 1)  # often none: then the oldest tap reads the oldest sample; or more than d
    return B, D, taps, dilation, max(1, (taps - 1) * dilation) + spare


def draw_step(draw: Draw) -> dict[str, Any]:
    """One step; with one sequence and one channel it is made of digits, so that an output tells what it has read."""
    B, D, taps, dilation, S = draw_branch(draw)
    if B == D == 1:
        return step_of_digits(taps, dilation, S)
    history = draw.normal(B, D, S)
    return {
        "x": draw.normal(B, D), "history": history, "weight": draw.normal(D, taps), "bias": draw.normal(D),
        "dilation": dilation,
    }  # fmt: skip


def step_of_digits(taps: int, dilation: int, S: int) -> dict[str, Any]:
    """The samples 1, 2, 3, … (after 9 comes 0 again) and the taps …, 100, 10, 1, without a bias."""
    samples = torch.arange(1.0, S + 2) % 10  # (S + 1,)
    weight = 10.0 ** torch.arange(taps).flip(0)  # (W,)
    return {
        "x": samples[-1:].view(1, 1), "history": samples[:-1].view(1, 1, S), "weight": weight[None],
        "bias": torch.zeros(1), "dilation": dilation,
    }  # fmt: skip


HISTORY = ("batch", "channel", "column")
HISTORY_CHANGED = (
    "Both results are right, and the history that was given has changed with them. Somebody may still need it as it "
    "was: return a new tensor."
)
OUTPUT = {"output": ("batch", "channel"), "next history": HISTORY}


STEP_EXAMPLE = step_of_digits(taps=3, dilation=2, S=5)


WINDOW = "torch.cat([history, x.unsqueeze(-1)], dim=-1)"

START = "history.shape[-1] - (weight.shape[-1] - 1) * dilation"
