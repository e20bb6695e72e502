"""The picture of a prediction: the guess and the truth on a number line, or in a list of choices."""

from __future__ import annotations

import base64
import io
import textwrap
from typing import Any

from .numbers import written
from .style import GREEN, GREY, VERMILLION, context, new_figure

DARK_GREEN, DARK_VERMILLION = "#00664B", "#A33F00"  # for text: 4.5:1 and more on white


def number_picture(guess: float | None, truth: float, scale: Any) -> tuple[str, str]:
    """A number line with the truth and, if there is one, the guess. Returns the PNG as base64, and its words."""
    with context():
        figure = new_figure(8.0, 1.7)
        ax = figure.add_subplot()
        low, high = min(scale.low, truth), max(scale.high, truth)
        ax.set(xlim=(low - 0.06 * (high - low), high + 0.06 * (high - low)), ylim=(-1.6, 1.6), yticks=[])
        ax.set_xlabel(scale.unit)
        ax.xaxis.set_major_formatter(lambda at, _: written(at, ",.10g"))
        ax.spines["left"].set_visible(False)
        ax.hlines(0, low, high, color=GREY, linewidth=2)
        _mark(ax, truth, 1, "o", GREEN, DARK_GREEN, f"truth {scale.words(truth)}", low, high)
        if guess is not None:
            ax.plot([guess, truth], [0, 0], color=VERMILLION, linestyle="--", linewidth=3)
            _mark(ax, guess, -1, "D", VERMILLION, DARK_VERMILLION, f"your guess {scale.words(guess)}", low, high)
        drawn = _png(figure)
    words = f"A number line from {written(low, 'g')} to {scale.words(high)}: the truth at {scale.words(truth)}"
    return drawn, words + (f", your guess at {scale.words(guess)}." if guess is not None else ".")


def choice_picture(choices: list[str], guess: str | None, truth: str) -> tuple[str, str]:
    """One row a choice: the right one with a filled bar, the guess with an outlined one."""
    rows = [textwrap.fill(choice, 52) for choice in choices]
    with context():
        figure = new_figure(8.0, 0.35 + 0.45 * len(rows) + 0.22 * sum(row.count("\n") for row in rows))
        ax = figure.add_subplot()
        ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
        ax.set_axis_off()
        for i, (choice, row) in enumerate(zip(choices, rows, strict=True)):
            right, chosen = choice == truth, choice == guess
            if right:
                ax.barh(i, 0.99, height=0.8, left=0, color="#DDF2EA")
            if chosen:
                ax.barh(
                    i,
                    0.99,
                    height=0.8,
                    left=0,
                    fill=False,
                    edgecolor=VERMILLION,
                    linestyle="--",
                    linewidth=2.5,
                )
            ax.text(0.02, i, row, va="center", fontweight="bold" if right else "normal")
            tags = [name for name, on in (("truth", right), ("your guess", chosen)) if on]
            ax.text(0.97, i, " · ".join(tags), va="center", ha="right", color=DARK_GREEN if right else DARK_VERMILLION)
        drawn = _png(figure)
    words = f"The choices, with “{truth}” marked as the truth"
    return drawn, words + (f" and “{guess}” as your guess." if guess is not None else ".")


def _mark(ax, x: float, side: int, marker: str, colour: str, ink: str, label: str, low: float, high: float) -> None:
    ax.plot([x], [0], marker=marker, color=colour, markersize=12, linestyle="none", clip_on=False, zorder=3)
    place = (x - low) / (high - low)
    align = "left" if place < 0.15 else "right" if place > 0.85 else "center"
    ax.text(x, 0.85 * side, label, ha=align, va="center", color=ink, fontweight="bold")


def _png(figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
