"""Measured on the pixels of a figure: how far each thing that is drawn stands out from what lies around it."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.image import AxesImage
from matplotlib.spines import Spine

REACH = 3  # pixels from the edge of a thing to what lies around it
FEWEST = 40  # pixels: anything smaller is not measured


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance, as WCAG defines it, of (…, 3 or more) bytes."""
    light = pixels[..., :3] / 255
    linear = np.where(light <= 0.03928, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, written #RRGGBB."""
    low, high = sorted(luminance(np.array(list(bytes.fromhex(colour[1:])))) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def contrasts(figure, enough: float) -> dict[tuple, tuple[float, Artist]]:
    """By axes and look: the contrast of the best of these artists, and that artist; of the first that has enough.

    Heat maps, axes and frames are left out. Of an artist's edge a tenth has at least this contrast.
    """
    light = luminance(figure.pixels())
    best: dict[tuple, tuple[float, Artist]] = {}
    for ax in figure.figure.axes:
        for artist in ax.get_children():
            if isinstance(artist, (Axis, Spine, AxesImage)) or artist is ax.patch or not artist.get_visible():
                continue
            if best.get(look(artist), (0, artist))[0] >= enough:
                continue
            edge = edge_contrasts(footprint(figure, artist), light)
            if len(edge):
                found = float(np.percentile(edge, 90))
                best[look(artist)] = max(best.get(look(artist), (0, artist)), (found, artist), key=lambda one: one[0])
    return best


def look(artist: Artist) -> tuple:
    """What tells one kind of thing in a figure from another."""
    colours = (getattr(artist, f"get_{name}", str)() for name in ("color", "facecolor", "edgecolor"))
    return (id(artist.axes), type(artist).__name__, *map(str, colours))


def footprint(figure, artist: Artist) -> np.ndarray:
    """Where an artist alone leaves its mark, (height, width) of bool; a text without the box behind it."""
    canvas = figure.figure.canvas
    renderer = canvas.get_renderer()
    box = artist.get_bbox_patch() if hasattr(artist, "get_bbox_patch") else None
    if box is not None:
        box.set_visible(False)
    renderer.clear()
    artist.draw(renderer)
    if box is not None:
        box.set_visible(True)
    alpha = np.asarray(canvas.buffer_rgba())[..., 3]  # (height, width)
    return alpha > max(alpha.max(), 20) / 2


def edge_contrasts(mask: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The contrast across the edge of a mask, for each of its pixels near it.

    A halo or a half-covered pixel at the very edge does not count: the best of the outermost pixels does.
    """
    if mask.sum() < FEWEST:
        return np.empty(0)
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    room = np.s_[max(rows[0] - 5, 0) : rows[-1] + 6, max(columns[0] - 5, 0) : columns[-1] + 6]
    mask, light = np.pad(mask[room], 5), np.pad(light[room], 5, mode="edge")
    shifts = [(axis, sign) for axis in (0, 1) for sign in (-1, 1)]
    near = np.logical_or.reduce([mask, *(np.roll(mask, sign, axis) for axis, sign in shifts)])
    found = []
    for axis, sign in shifts:
        at = mask & ~np.roll(near, REACH * sign, axis)
        around = np.roll(light, REACH * sign, axis)[at]
        layers = []
        for depth in range(REACH):
            inside = np.roll(mask, -depth * sign, axis)[at]
            own = np.where(inside, np.roll(light, -depth * sign, axis)[at], around)
            layers.append((np.maximum(own, around) + 0.05) / (np.minimum(own, around) + 0.05))
        found.append(np.max(layers, axis=0))
    return np.concatenate(found)
