"""`record`: a figure drawn at many settings, so that its sliders still move where nothing can be computed.

Which controls are recorded is measured: first the one that changes most of the picture, in as many positions as there
is room for; then each further one that still has room for all of its positions or at least for a few.
"""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..drawing.controls import Control
from ..page.explore import Exploration

__all__ = ["Recording", "Shot", "record"]

MOST_FRAMES = 60
MOST_BYTES = 1_000_000
FEW = 5  # positions that say what a control does


@dataclass(frozen=True)
class Shot:
    """One frame: the settings, the picture as a WebP file without loss, and its sentence."""

    settings: dict[str, object]
    picture: bytes
    sentence: str


@dataclass(frozen=True)
class Recording:
    """All frames of a figure.

    Attributes:
        positions: the recorded controls, each with its recorded positions, in the order of the figure.
        shots: a frame for each combination of them; the last control runs fastest.
        start: which of the shots shows the figure as it starts.
    """

    positions: dict[str, list]
    shots: list[Shot]
    start: int


def record(exploration: Exploration, frames: int = MOST_FRAMES, size: int = MOST_BYTES) -> Recording:
    """Draws a figure over its most telling controls; the others stay at their start.

    Args:
        exploration: the figure with its controls.
        frames: how many at most.
        size: how many bytes all pictures may have together; there are fewer frames where they would have more.
    """
    order = telling(exploration)
    while True:
        positions = grid(exploration, order, frames)
        shots = [shot(exploration, settings) for settings in combinations(positions)]
        weight = sum(len(one.picture) for one in shots)
        if weight <= size:
            break
        frames = max(3, int(len(shots) * size / weight * 0.95))  # those that are left may be the heavier ones
    start = {name: exploration.controls[name].value for name in positions}
    return Recording(positions, shots, next(i for i, one in enumerate(shots) if one.settings == start))


def telling(exploration: Exploration) -> list[str]:
    """The controls, first the one that changes the largest part of the picture over its range."""
    first = pixels(exploration, {})  # (height, width, 3)

    def changed(name: str) -> int:
        moved = np.zeros(first.shape[:2], bool)  # (height, width)
        for value in thinned(exploration.controls[name], FEW):
            moved |= (pixels(exploration, {name: value}) != first).any(-1)
        return int(moved.sum())

    return sorted(exploration.controls, key=changed, reverse=True)


def grid(exploration: Exploration, order: Sequence[str], room: int) -> dict[str, list]:
    """Positions to record of as many controls as there is room for."""
    chosen: dict[str, list] = {}
    for name in order:
        control = exploration.controls[name]
        left = room // math.prod(map(len, chosen.values()))
        if not chosen or left >= min(FEW, len(control.positions())):
            chosen[name] = thinned(control, left)
    return {name: chosen[name] for name in exploration.controls if name in chosen}


def thinned(control: Control, most: int) -> list:
    """At most so many (3 or more) positions of a control, evenly spread, among them both ends and the start."""
    positions, start = control.positions(), control.position(control.value)
    if len(positions) <= most:
        return positions
    kept = np.linspace(0, len(positions) - 1, most).round().astype(int)
    if start not in kept:
        kept[1 + np.abs(kept[1:-1] - start).argmin()] = start
    return [positions[i] for i in kept]


def combinations(positions: Mapping[str, list]) -> list[dict[str, object]]:
    """Every combination of the positions, as settings; the last control runs fastest."""
    return [dict(zip(positions, values, strict=True)) for values in itertools.product(*positions.values())]


def shot(exploration: Exploration, settings: dict[str, object]) -> Shot:
    file = io.BytesIO()
    Image.fromarray(pixels(exploration, settings)).save(file, "WEBP", lossless=True, method=2, quality=20)
    return Shot(settings, file.getvalue(), exploration.frame.sentence)


def pixels(exploration: Exploration, settings: Mapping[str, object]) -> np.ndarray:
    """The picture with some controls set and the others at their start, (height, width, 3)."""
    values = {name: control.value for name, control in exploration.controls.items()} | dict(settings)
    return np.asarray(Image.open(io.BytesIO(exploration.set(**values).picture)).convert("RGB"))
