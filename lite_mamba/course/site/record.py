"""`record`: a figure drawn at many settings, so that its sliders still move where nothing can be computed.

Which controls are recorded is measured: first the one that changes most of the picture, then those that the answers
below the figure move, then the rest; each as long as there is room for its ends, its start, and what the answers set.
Room that is left goes to the control of which the smallest part is recorded. An answer's settings that lie outside of
all this get a picture of their own.
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
FEW = 5  # positions that say how much a control changes
FEWEST = 3  # frames of a figure

Settings = Mapping[str, object]


@dataclass(frozen=True)
class Shot:
    """One frame: the value of every control, the picture as a WebP file without loss, and its sentence."""

    settings: Settings
    picture: bytes
    sentence: str


@dataclass(frozen=True)
class Recording:
    """All frames of a figure.

    Attributes:
        positions: the recorded controls, each with its recorded positions, in the order of the figure.
        shots: a frame for each combination of them, the last control fastest; then one for each wanted setting that
            is none of them.
        start: which of the shots shows the figure as it starts.
        right: whether what moves stands mostly at the right end of the picture.
    """

    positions: dict[str, list]
    shots: list[Shot]
    start: int
    right: bool

    def combined(self) -> list[Shot]:
        """The frames that the recorded controls reach."""
        return self.shots[: math.prod(map(len, self.positions.values()))]

    def weight(self) -> int:
        """Bytes of all pictures together."""
        return sum(len(one.picture) for one in self.shots)


def record(
    exploration: Exploration, wanted: Sequence[Settings] = (), frames: int = MOST_FRAMES, size: int = MOST_BYTES
) -> Recording:
    """Draws a figure over its most telling controls; the others stay at their start.

    Args:
        exploration: the figure with its controls.
        wanted: settings that must be shown, each by a frame; a control that one does not name stands at its start.
        frames: how many at most, without those for wanted settings that the recorded controls do not reach.
        size: how many bytes all pictures may have together; there are fewer frames where they would have more.
    """
    moved = changes(exploration)
    order = telling(moved, wanted)
    while True:
        positions = grid(exploration, order, frames, wanted)
        made = draw(exploration, positions, wanted, _right(exploration, [moved[name] for name in positions]))
        if made.weight() <= size or frames == FEWEST:
            return made
        # those that are left may be the heavier ones
        frames = max(FEWEST, int(len(made.combined()) * size / made.weight() * 0.95))


def draw(exploration: Exploration, positions: dict[str, list], wanted: Sequence[Settings], right: bool) -> Recording:
    """Every combination of the positions, and the wanted settings beside them."""
    shown = {place(exploration, settings): settings for settings in combinations(positions)}
    for settings in wanted:
        shown.setdefault(place(exploration, settings), settings)
    start = list(shown).index(place(exploration, {}))
    shots = [shot(exploration, settings) for settings in shown.values()]
    return Recording(positions, shots, start, right)


def place(exploration: Exploration, settings: Settings) -> tuple[int, ...]:
    """The position of each control; one that the settings do not name stands at its start."""
    return tuple(one.position(settings.get(name, one.value)) for name, one in exploration.controls.items())


def changes(exploration: Exploration) -> dict[str, np.ndarray]:
    """For each control, where the picture changes when it moves over its range, (height, width) of bool."""
    _, first, _ = drawn(exploration, {})

    def moved(name: str) -> np.ndarray:
        values = thinned(exploration.controls[name], FEW)
        return np.any([drawn(exploration, {name: value})[1] != first for value in values], axis=(0, -1))

    return {name: moved(name) for name in exploration.controls}


def telling(moved: Mapping[str, np.ndarray], wanted: Sequence[Settings] = ()) -> list[str]:
    """The controls: first the one that changes the largest part of the picture, then those that `wanted` names."""
    leader, *others = sorted(moved, key=lambda name: moved[name].sum(), reverse=True)
    return [leader, *sorted(others, key=lambda name: all(name not in settings for settings in wanted))]


def _right(exploration: Exploration, moved: Sequence[np.ndarray]) -> bool:
    """Whether two thirds of what changes inside the axes lie in the last two fifths of the width."""
    changed = np.sum(moved, axis=0)  # (height, width)
    height, width = changed.shape
    inside = np.zeros_like(changed)
    for axes in exploration.figure.figure.axes:
        (left, low), (right, high) = axes.get_window_extent().get_points().astype(int)
        inside[max(height - high, 0) : height - low, max(left, 0) : right] = 1
    columns = (changed * inside).sum(0)
    return bool(columns[3 * width // 5 :].sum() > columns.sum() * 2 / 3)


def grid(exploration: Exploration, order: Sequence[str], room: int, wanted: Sequence[Settings] = ()) -> dict[str, list]:
    """Positions to record, of as many controls as there is room for."""
    controls = exploration.controls
    asked = {name: [settings[name] for settings in wanted if name in settings] for name in order}
    counts: dict[str, int] = {}
    for name in order:
        needed = len(_needed(controls[name], asked[name]))
        if not counts or needed * math.prod(counts.values()) <= room:
            counts[name] = min(needed, room)
    every = {name: len(controls[name].positions()) for name in counts}
    while growing := [n for n in counts if counts[n] < every[n] and _grown(counts, n) <= room]:
        counts[min(growing, key=lambda name: counts[name] / every[name])] += 1
    return {name: thinned(controls[name], counts[name], asked[name]) for name in controls if name in counts}


def _grown(counts: Mapping[str, int], name: str) -> int:
    """How many combinations there are when one control gets a position more."""
    return math.prod(counts.values()) // counts[name] * (counts[name] + 1)


def thinned(control: Control, most: int, asked: Sequence = ()) -> list:
    """At most so many (3 or more) positions of a control, evenly spread.

    Among them are both ends and the start and, if there are not too many, the values that are asked for.
    """
    positions, kept = control.positions(), _needed(control, asked)
    if len(kept) > most:
        kept = _needed(control)
    while len(kept) < min(most, len(positions)):
        low, high = max(itertools.pairwise(sorted(kept)), key=lambda gap: gap[1] - gap[0])
        kept.add((low + high) // 2)
    return [positions[i] for i in sorted(kept)]


def _needed(control: Control, asked: Sequence = ()) -> set[int]:
    return {0, len(control.positions()) - 1, *map(control.position, (control.value, *asked))}


def combinations(positions: Mapping[str, list]) -> list[Settings]:
    """Every combination of the positions, as settings; the last control runs fastest."""
    return [dict(zip(positions, values, strict=True)) for values in itertools.product(*positions.values())]


def shot(exploration: Exploration, settings: Settings) -> Shot:
    values, picture, sentence = drawn(exploration, settings)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", lossless=True, method=2, quality=20)
    return Shot(values, file.getvalue(), sentence)


def drawn(exploration: Exploration, settings: Settings) -> tuple[Settings, np.ndarray, str]:
    """All values, the picture (height, width, 3), the sentence; controls that are not named stand at their start."""
    values = {name: control.value for name, control in exploration.controls.items()} | dict(settings)
    sentence = exploration.figure.update(**values)
    return values, exploration.figure.pixels()[..., :3].copy(), sentence
