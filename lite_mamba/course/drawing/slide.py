"""A figure as files for slides: SVG and PNG, each for a light and for a dark ground."""

from __future__ import annotations

import hashlib
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import hex2color, to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from . import style

WIDE = 1920  # pixels of a PNG across
GROUND, CHALK = "#14171B", "#F4F4F1"  # what is white and black on a dark slide
ON_DARK = {
    style.BLUE: "#56B4E9",
    style.VERMILLION: "#FF8F4A",
    style.GREEN: "#35C99A",
    style.PURPLE: "#F0A8CE",
    style.BLACK: CHALK,
    style.GREY: "#A9AEB4",
    style.RULE: "#868C93",
    style.NAVY: "#9AD3F7",
    style.RUST: "#FFB48A",
    "#949494": "#686D73",  # broad lines, with a thin one of the last two upon them
    "#FFFFFF": GROUND,
}


def save(figure: Figure, folder: Path, name: str, title: str) -> None:
    """Writes NAME.svg and NAME.png, and both as NAME-dark; the figure stays dark."""
    write(figure, folder, name, title)
    darken(figure)
    write(figure, folder, f"{name}-dark", title)


def write(figure: Figure, folder: Path, name: str, title: str) -> None:
    """Writes NAME.svg and NAME.png as the figure is.

    The SVG keeps its words as text and holds neither dates nor random names; the PNG carries the hash of the SVG.
    """
    svg = folder / f"{name}.svg"
    with style.context(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name.removesuffix("-dark")}):
        figure.canvas.draw()
        figure.set_layout_engine("none")  # a second drawing would move everything by a hair
        figure.savefig(svg, metadata={"Date": None, "Title": title})
        drawn_with = {"Comment": fingerprint(svg)}
        figure.savefig(folder / f"{name}.png", dpi=WIDE / figure.get_figwidth(), metadata=drawn_with)


def fingerprint(svg: Path) -> str:
    """What a PNG says of the SVG that it was drawn with."""
    return f"sha256 {hashlib.sha256(svg.read_bytes()).hexdigest()}"


def darken(figure: Figure) -> None:
    """Gives a figure the colours of a dark slide; heat maps, and what is drawn upon them, keep theirs."""
    figure.canvas.draw()  # only now are all ticks there
    grounds = {figure.patch, *(axes.patch for axes in figure.axes)}
    maps = [one.get_window_extent() for one in figure.findobj(AxesImage)]
    edges = {spine for axes in figure.axes for spine in axes.spines.values()}
    for artist in set(figure.findobj(lambda one: not isinstance(one, AxesImage))):
        if artist in grounds | edges or not any(_lies_in(artist, box) for box in maps):
            _recolour(artist)


def _lies_in(artist: Artist, box: Bbox) -> bool:
    """Whether the middle of an artist lies in a box; a line across the whole axes has none."""
    with np.errstate(invalid="ignore"):
        return box.contains(*artist.get_window_extent().get_points().mean(axis=0))


def _recolour(artist: Artist) -> None:
    match artist:
        case Text():
            artist.set_color(dark(artist.get_color()))
            for patch in (artist.get_bbox_patch(), getattr(artist, "arrow_patch", None)):
                if patch is not None:
                    _recolour(patch)
        case Line2D():
            colours = {part: getattr(artist, f"get_{part}")() for part in ("color", "mfc", "mec")}
            artist.set(**{part: dark(colour) for part, colour in colours.items()})
        case Patch():
            artist.set(facecolor=dark(artist.get_facecolor()), edgecolor=dark(artist.get_edgecolor()))
        case Collection() if artist.get_array() is None:
            faces, edges = artist.get_facecolor(), artist.get_edgecolor()
            artist.set(facecolor=[dark(one) for one in faces], edgecolor=[dark(one) for one in edges])


def dark(colour) -> tuple[float, float, float, float]:
    """A colour's counterpart on a dark ground: of the palette, or of the same hue with light and dark changed over."""
    *light, alpha = to_rgba(colour)
    name = to_hex(light).upper()
    if name in ON_DARK:
        return (*hex2color(ON_DARK[name]), alpha)
    turned = (one + 1 - min(light) - max(light) for one in light)
    ends = zip(hex2color(GROUND), hex2color(CHALK), strict=True)
    return (*(low + one * (high - low) for one, (low, high) in zip(turned, ends, strict=True)), alpha)
