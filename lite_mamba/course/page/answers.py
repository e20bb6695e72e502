"""The answers to "What to look for": folded below a picture, and each shown to hold in that picture.

    fading = course.explore(figures.Fading())

    course.answers(
        fading,
        course.answer("Twice as large an n leaves half the half-life: 3.5 instead of 6.9 steps.", {"n": 1}, {"n": 2}),
        course.answer("It has forgotten it: half is gone after 0.04 steps.", {"delta": 1.0, "n": 16}),
    )

An answer names the settings at which it shows. They must be settings that the controls can take, and each number in its
words must stand in the picture's sentence or titles there, in the settings, or among the numbers read off the figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..drawing.base import LiveFigure
from . import markup
from .cards import show
from .explore import Exploration

NUMBER = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?: \d{3})+(?!\d|\.\d)|(?<![\w.])[-−]?\d+(?:\.\d+)?(?:e[-+−]?\d+)?")


@dataclass(frozen=True)
class Answer:
    """An answer in words, the settings at which it shows, and what proves it there."""

    words: str
    settings: tuple[dict[str, Any], ...]
    says: tuple[str, ...]
    reads: Callable[[LiveFigure], float | Iterable[float]] | None
    holds: Callable[[LiveFigure], bool] | None


def answer(
    words: str,
    *settings: dict[str, Any],
    says: str | Sequence[str] = (),
    reads: Callable[[LiveFigure], float | Iterable[float]] | None = None,
    holds: Callable[[LiveFigure], bool] | None = None,
) -> Answer:
    """One answer for `course.answers`.

    Args:
        words: the answer, in words.
        settings: the controls' values at which it shows, a dict each; the other controls stay at their start. Without
            settings it shows at the start.
        says: words that must stand in the sentence or a title of the picture at one of the settings.
        reads: a function of the figure, for numbers that the sentence does not hold: it gives one number or several.
        holds: a function of the figure that must be true at each setting.
    """
    phrases = (says,) if isinstance(says, str) else tuple(says)
    return Answer(words, settings or ({},), phrases, reads, holds)


def answers(exploration: Exploration, *given: Answer) -> None:
    """Shows the answers to the questions above a picture, each folded, after proving each of them.

    Args:
        exploration: what `course.explore` returned.
        given: the answers, in the order of the questions.

    Raises:
        ValueError: a setting can't be taken by its control; an answer holds nothing that is proved.
        AssertionError: the picture does not show what an answer says; the message names answer and picture.
    """
    with exploration.figure.lock:
        shown = [_proved(number, one, exploration) for number, one in enumerate(given, 1)]
        exploration.set()  # back to what the reader sees
    text = "\n".join(f"Answer {n}: {one.words}" + "".join(f"\n  {line}" for line in lines) for n, one, lines in shown)
    folds = (
        markup.folded(f"Answer {n}", markup.line(one.words) + markup.items(map(markup.text, lines)))
        for n, one, lines in shown
    )
    show({"text/plain": text, "text/html": markup.frame("open", *folds)})


def numbers(words: str) -> list[str]:
    """The numbers in a text, as they are written."""
    return NUMBER.findall(words)


def agrees(written: str, value: float) -> bool:
    """Whether a number, rounded as it is written, is `value`; per cents may be shares."""
    plain = written.replace(" ", "").replace("−", "-")
    digits = len(plain.partition("e")[0].partition(".")[2])
    exponent = int(plain.partition("e")[2] or 0)
    half = 0.5001 * 10.0 ** (exponent - digits)
    return any(abs(float(plain) - scaled) <= half for scaled in (value, 100 * value))


def _proved(number: int, one: Answer, exploration: Exploration) -> tuple[int, Answer, list[str]]:
    lines, said, known = [], [], []
    for setting in one.settings:
        sentence = exploration.at(**setting)
        said += [sentence, *exploration.figure.titles()]
        known += [value for value in setting.values() if isinstance(value, (int, float))]
        known += _read(one, exploration.figure)
        if one.holds is not None:
            assert one.holds(exploration.figure), f"answer {number} does not hold at {setting}: {sentence}"
        at = exploration.describe(setting) or "as it starts"
        lines.append(f"{at}: {sentence}")
    _check_words(number, one, "\n".join(said), known)
    return number, one, lines


def _read(one: Answer, figure: LiveFigure) -> list[float]:
    value = one.reads(figure) if one.reads is not None else ()
    return [float(item) for item in (value if isinstance(value, Iterable) else (value,))]


def _check_words(number: int, one: Answer, said: str, known: list[float]) -> None:
    if not (one.says or one.holds or numbers(one.words)):
        raise ValueError(f"answer {number} proves nothing: give says=, reads= or holds=, or a number in its words")
    missing = [phrase for phrase in one.says if phrase not in said]
    assert not missing, f"answer {number}: the picture does not say {missing}. It says: {said}"
    values = known + [float(text.replace(" ", "").replace("−", "-")) for text in numbers(said)]
    unknown = [text for text in numbers(one.words) if not any(agrees(text, value) for value in values)]
    assert not unknown, f"answer {number}: {unknown} can't be read off the picture. It says: {said}"
