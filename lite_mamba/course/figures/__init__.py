"""Figures of the course: one module a topic, parameters in, a picture that is updated in place out."""

from .base import LiveFigure

__all__ = ["LiveFigure"]
