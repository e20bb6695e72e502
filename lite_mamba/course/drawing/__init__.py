"""A figure that is built once and then moved: its base, its controls, the style, and what makes it quick."""

from .base import LiveFigure

__all__ = ["LiveFigure"]
