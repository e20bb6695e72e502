"""A picture on a page: never drawn so small that its smallest words can't be read; a narrow screen scrolls it."""

from __future__ import annotations

import math
from html import escape

from matplotlib.figure import Figure

from ..drawing.style import DPI, WIDTH, smallest_words

LEAST = 11  # CSS pixels: the size of the smallest words on a phone
WIDEST = round(WIDTH * DPI)  # pixels: how wide figures of the course are drawn


def picture(source: str, size: tuple[int, int], alt: str, least: int) -> str:
    """An image that is at least so many CSS pixels wide, in a frame that scrolls."""
    width, height = size
    return (
        f'<div class="picture" role="group" aria-label="Picture" tabindex="0"><img src="{source}" width="{width}" '
        f'height="{height}" style="min-width:{least}px" alt="{escape(alt)}" loading="lazy"></div>'
    )


def least_width(figure: Figure) -> int:
    """At how many CSS pixels in width a drawn figure's smallest words can just be read."""
    return math.ceil(LEAST * 72 * figure.get_figwidth() / smallest_words(figure))
