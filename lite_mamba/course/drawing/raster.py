"""The costly steps of a move, made quick: words, the cells of a heat map, and the PNG file."""

import math
import re
import struct
import zlib
from functools import lru_cache

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage

# Before, matplotlib began each piece of text at a whole pixel; taken apart, a line would get uneven gaps.
WITHIN_PIXELS = matplotlib.__version_info__ >= (3, 11)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of (height, width, 4) bytes, three times as quick as PIL at the same level.

    Each row is stored as its difference from the row above, which leaves mostly zeros for a light compression.
    """
    height, width, _ = pixels.shape
    lines = pixels.reshape(height, -1)
    rows = np.empty((height, 1 + 4 * width), np.uint8)
    rows[:, 0] = 2  # the PNG filter "up"
    rows[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + zlib.compress(rows, 1), b"IEND")
    framed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


class Canvas(FigureCanvasAgg):
    """Draws like matplotlib's own, and keeps the pixels of words: most of them say the same after a move."""

    def get_renderer(self) -> RendererAgg:
        renderer = super().get_renderer()
        if not isinstance(renderer, _Renderer):
            self.renderer = renderer = _Renderer(renderer.width, renderer.height, renderer.dpi)
        return renderer


class _Renderer(RendererAgg):
    """Takes text word by word, and numbers digit by digit: of a title with a number in it, hardly anything is new."""

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if angle or not gc.get_antialiased():
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        *colour, opacity = gc.get_rgb()
        opacity = gc.get_alpha() if gc.get_forced_alpha() else opacity
        for word in _words(s, ismath):
            column, row = math.floor(x), math.floor(y)
            place = round(64 * (x - column)) / 64, round(64 * (y - row)) / 64  # within a pixel, as fonts count
            left, bottom, pixels = _drawn(word, prop, self.dpi, ismath, (*colour, opacity), *place)
            self.draw_image(gc, column + left, self.height - row - bottom, pixels)
            x += _measured(word, prop, self.dpi, ismath)[0]

    def get_text_width_height_descent(self, s, prop, ismath):
        sizes = [_measured(word, prop, self.dpi, ismath) for word in _words(s, ismath)]
        above, below = max(height - descent for _, height, descent in sizes), max(descent for *_, descent in sizes)
        return sum(width for width, *_ in sizes), above + below, below


def _words(line: str, ismath: bool | str) -> list[str]:
    """The words and the digits of a line, each with the space behind it; mathematics stays whole.

    DejaVu moves no letter closer to a digit or a space, so each begins where it does in the line.
    """
    return [line] if ismath or not WITHIN_PIXELS else re.findall(r"\d\s*|[^\d\s]+\s*|\s+", line) or [line]


@lru_cache(maxsize=4096)
def _measured(word: str, prop: FontProperties, dpi: float, ismath: bool | str) -> tuple[float, float, float]:
    """How far the next word is from a word's start, its height, and how much of that lies below the line."""
    return RendererAgg(1, 1, dpi).get_text_width_height_descent(word, prop, ismath)


@lru_cache(maxsize=2048)
def _drawn(
    word: str,
    prop: FontProperties,
    dpi: float,
    ismath: bool | str,
    colour: tuple[float, ...],
    across: float,
    down: float,
) -> tuple[int, int, np.ndarray]:
    """Where a word's left and lower edges lie from its start, and its pixels, row by row from below."""
    em = math.ceil(prop.get_size_in_points() * dpi / 72)
    ground = RendererAgg((len(word) + 2) * em, 6 * em, dpi)  # more than the word takes
    context = ground.new_gc()
    context.set_foreground(colour, isRGBA=True)
    ground.draw_text(context, em + across, 3 * em + down, word, prop, 0, ismath)
    pixels = np.asarray(ground.buffer_rgba())  # (height, width, 4)
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, np.zeros((1, 1, 4), np.uint8)
    (left, right), (top, bottom) = ((found[0], found[-1] + 1) for found in (columns, rows))
    return left - em, bottom - 3 * em, pixels[top:bottom, left:right][::-1].copy()


def has_plain_cells(artist) -> bool:
    """Whether an artist is an image of unsmoothed cells along straight axes, which `draw_cells` can draw."""
    if type(artist) is not AxesImage or artist.get_interpolation() not in ("nearest", "none"):
        return False
    straight = artist.axes.get_xscale() == artist.axes.get_yscale() == "linear"
    return straight and artist.get_transform() == artist.axes.transData


def draw_cells(image: AxesImage, renderer) -> None:
    """Draw an image by colouring its cells first and then repeating them, at a tenth of matplotlib's time."""
    if not image.get_visible():
        return
    cells = image.get_array()  # (rows, columns) or (rows, columns, 3 or 4)
    colours = image.to_rgba(cells, alpha=image.get_alpha(), bytes=True)  # (rows, columns, 4)
    if image.origin == "upper":
        colours = colours[::-1]
    left, right, bottom, top = image.get_extent()
    (x0, y0), (x1, y1) = image.axes.transData.transform([(left, bottom), (right, top)])
    frame = image.axes.bbox
    across, column = _nearest(x0, x1, colours.shape[1], frame.x0, frame.x1)
    up, row = _nearest(y0, y1, colours.shape[0], frame.y0, frame.y1)
    if len(column) and len(row):
        words = np.ascontiguousarray(colours).view(np.uint32)[..., 0]  # (rows, columns), four bytes a cell
        enlarged = words.take(column, axis=1).take(row, axis=0).view(np.uint8)  # (height, 4 width)
        context = renderer.new_gc()
        context.set_clip_rectangle(frame)
        renderer.draw_image(context, across, up, enlarged.reshape(len(row), len(column), 4))


def _nearest(start: float, end: float, cells: int, low: float, high: float) -> tuple[int, np.ndarray]:
    """For each pixel between `low` and `high` that cells spread from `start` to `end` cover: which cell it shows."""
    first, last = (int(np.floor(edge + 0.5)) for edge in np.clip((start, end), low, high)[:: 1 if start < end else -1])
    pixels = np.arange(first, last) + 0.5
    cell = np.floor((pixels - start) / (end - start) * cells).astype(int)
    return first, cell.clip(0, cells - 1)
