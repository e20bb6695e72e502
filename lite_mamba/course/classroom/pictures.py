"""The pictures of a class: a chapter's exercises with the mistakes made on the way, and the votes of a prediction."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..drawing.numbers import several, written
from ..drawing.style import BLUE, GREEN, GREY, VERMILLION, context, new_figure
from .counts import Count, Question

MOST_BARS = 14  # a question for a number with more different answers is drawn in this many ranges
PARTS = (("right", GREEN, ""), ("tried", VERMILLION, "//"), ("open", "white", ""))


def chapter_picture(path: Path, chapter: str, counts: Sequence[Count], recap: str) -> None:
    """A bar an exercise: right, tried, open; below it a thin bar for each known mistake that somebody met."""
    rows = [(count, name) for count in counts for name in (None, *(name for name, _ in count.frequent))]
    learners = max((count.right + count.tried + count.open for count in counts), default=0)
    with context():
        figure = new_figure(12.0, 1.9 + 0.36 * len(rows))
        ax = figure.add_subplot()
        for y, (count, name) in enumerate(rows):
            if name is None:
                _stack(ax, y, count)
            else:
                ax.barh(y, count.met[name], height=0.45, color=BLUE)
                ax.text(count.met[name] + 0.01 * learners, y, f" {count.met[name]}", va="center", fontsize=12)
        names = [textwrap.shorten(name or count.exercise.title, 58, placeholder=" …") for count, name in rows]
        ax.set_yticks(range(len(rows)), [f"“{n}”" if row[1] else n for n, row in zip(names, rows, strict=True)])
        for label, (_, name) in zip(ax.get_yticklabels(), rows, strict=True):
            label.set(fontweight="normal" if name else "bold", fontsize=12 if name else 13)
        ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, max(learners, 1) * 1.04), xlabel="learners")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_title(f"Chapter {chapter}, {several(learners, 'learner')}\n{recap}")
        handles = [
            ax.barh(0, 0, color=colour, hatch=hatch, edgecolor=GREY, label=name) for name, colour, hatch in PARTS
        ]
        handles.append(ax.barh(0, 0, color=BLUE, label="met this mistake"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        figure.savefig(path)


def _stack(ax, y: int, count: Count) -> None:
    start = 0
    for number, (_, colour, hatch) in zip((count.right, count.tried, count.open), PARTS, strict=True):
        ax.barh(y, number, left=start, height=0.8, color=colour, hatch=hatch, edgecolor=GREY, linewidth=1)
        if number:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            ax.text(start + number / 2, y, str(number), va="center", ha="center", fontsize=12, bbox=box)
        start += number


def votes_picture(path: Path, question: Question, votes: Counter[str | float]) -> None:
    """A bar an answer, without a word about which is right: that comes after the vote."""
    bars = list(votes.items()) if question.choices else ranges(votes)
    names = [textwrap.fill(str(name), 40) for name, _ in bars]
    with context():
        figure = new_figure(12.0, 1.8 + 0.21 * sum(2 + name.count("\n") for name in names))
        ax = figure.add_subplot()
        ax.barh(range(len(bars)), [number for _, number in bars], height=0.7, color=BLUE)
        for y, (_, number) in enumerate(bars):
            ax.text(number, y, f" {number}", va="center", fontweight="bold", color="black" if number else GREY)
        ax.set_yticks(range(len(bars)), names)
        most = max((number for _, number in bars), default=0)
        ax.set(ylim=(len(bars) - 0.4, -0.6), xlim=(0, max(most, 1) * 1.1), xlabel=several(votes.total(), "vote"))
        ax.set_ylabel(question.unit)
        ax.xaxis.get_major_locator().set_params(integer=True)
        # From edge to edge of the figure: the bars begin further in.
        figure.suptitle(textwrap.fill(question.text, 80), x=0.01, ha="left", fontweight="bold")
        figure.savefig(path)


def ranges(votes: Counter[str | float]) -> list[tuple[str, int]]:
    """Numbers in their order; many different ones in equal ranges, of whole numbers if all of them are whole.

    The upper end of a range belongs to it if the numbers are whole, and to the next range if they are not.
    """
    numbers = sorted(number for number in votes.elements() if not isinstance(number, str))
    if len(set(numbers)) <= MOST_BARS:
        return [(f"{number:g}", count) for number, count in sorted(Counter(numbers).items())]
    low, span = numbers[0], numbers[-1] - numbers[0]
    if all(number == int(number) for number in numbers):
        width = math.ceil((span + 1) / MOST_BARS)
        places = Counter(int(number - low) // width for number in numbers)
        ends = [(low + i * width, low + (i + 1) * width - 1) for i in range(math.ceil((span + 1) / width))]
        return [(f"{written(a, ',.10g')} to {written(b, ',.10g')}", places[i]) for i, (a, b) in enumerate(ends)]
    width = span / MOST_BARS
    places = Counter(min(int((number - low) / width), MOST_BARS - 1) for number in numbers)
    return [(f"{low + i * width:.3g} to {low + (i + 1) * width:.3g}", places[i]) for i in range(MOST_BARS)]
