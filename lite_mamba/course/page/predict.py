"""Predict, commit, reveal: the learner's guess first, then the truth drawn over it.

`predict` shows the question with a control and a Commit button. `reveal`, in a later cell, shows the truth only after
the commitment; until then it shows a line that turns into the answer by itself. With `LITE_MAMBA_ANSWERS=shown` the
truth shows without a guess: the stored notebooks are made so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets

from ..drawing import LiveFigure
from ..drawing.numbers import with_unit, written
from ..drawing.truth import choice_picture, number_picture
from . import markup, state
from .cards import Card, Shown, live, show

WAITING = "Commit your guess above first; the answer appears here."
EMPTY = {"text/plain": "", "text/html": ""}
NEAR = 0.2  # of the answer: so far off is close
POINTS = 3  # of a percentage, where a fifth of a small answer is next to nothing


@dataclass(frozen=True)
class Scale:
    """The range of a number guess."""

    low: float
    high: float
    step: float
    unit: str = ""

    def words(self, value: float) -> str:
        return self._written(value, self.unit)

    def distance(self, value: float) -> str:
        """How far two numbers lie apart: percentages do so by percentage points."""
        return self._written(value, "percentage points" if self.unit == "%" else self.unit)

    def _written(self, value: float, units: str) -> str:
        shown = value if float(value).is_integer() else float(f"{value:.4g}")
        return with_unit(written(shown, ",.10g"), units)

    def near(self, truth: float) -> float:
        """How far off a guess may be and still be close."""
        return max(NEAR * abs(truth), POINTS if self.unit == "%" else 0)

    def span(self) -> str:
        return f"{written(self.low, 'g')} to {self.words(self.high)}"


def predict(
    id: str,
    question: str,
    *,
    choices: Sequence[str] | None = None,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
) -> Prediction:
    """Asks for a guess: one of the choices, or a number from low to high.

    Args:
        id: names the guess in the learner's state, for example "02.holes".
        question: the question, in words.
        choices: what can be chosen; or
        low, high, step, unit: the range of the number. The step is 1 for whole numbers, else a hundredth of the range.

    Returns:
        A Prediction; call its `reveal(truth, because)` in a later cell.

    Raises:
        ValueError: neither or both of choices and low/high, or an empty range.
    """
    if (choices is None) == (low is None or high is None):
        raise ValueError(f"predict({id!r}): give either choices= or both low= and high=")
    scale = None if choices is not None else scale_of(id, low, high, step, unit)
    prediction = Prediction(id, question, list(map(str, choices or [])), scale)
    prediction.ask()
    return prediction


def scale_of(id: str, low: float, high: float, step: float | None, unit: str) -> Scale:
    """The range of a number, with its step; a ValueError if it is empty."""
    if not low < high:
        raise ValueError(f"predict({id!r}): low={low} must be below high={high}")
    whole = isinstance(low, int) and isinstance(high, int)
    return Scale(low, high, step if step is not None else 1 if whole else (high - low) / 100, unit)


class Prediction:
    """A question with the learner's guess, if there is one. Made by `predict`."""

    def __init__(self, id: str, question: str, choices: list[str], scale: Scale | None):
        self.id, self.question, self.choices, self.scale = id, question, choices, scale
        self.truth: Any = None
        self.picture: LiveFigure | None = None
        self.because = self.working = ""
        self.places: tuple[Shown, Shown] | None = None
        self.guess = self._kept_guess()
        self.control = choice_control(choices) if scale is None else number_control(scale)
        self.button = widgets.Button(layout=widgets.Layout(width="max-content"))
        self.note = widgets.HTML()
        self.button.on_click(lambda _: self._pressed())
        self._lock(self.guess is not None)

    def ask(self) -> None:
        """Shows the question; in the saved file it stands as text."""
        label = widgets.HTML(f"<b>{escape(self.question)}</b>")
        box = widgets.VBox([label, self.control, widgets.HBox([self.button, self.note])])
        options = self.choices or [f"a number from {self.scale.span()}"]
        text = "\n".join([f"Predict: {self.question}", *(f"  ○ {option}" for option in options)])
        show(live(box, text, _question_html(self.question, options)))

    def commit(self, guess: Any) -> None:
        """Keeps the guess, locks the control, and shows the answer where `reveal` waits for it."""
        self.guess = guess
        first = (state.read("guess", self.id) or {}).get("first", guess)
        state.write("guess", self.id, {"guess": guess, "first": first, "question": self.question})
        self._lock(True)
        if self.places:
            self._draw()

    def reveal(
        self, truth: Any, because: str = "", working: Sequence[str] = (), picture: LiveFigure | None = None
    ) -> None:
        """Draws the truth over the guess, as soon as there is a guess.

        It is the last statement of its cell, and the cell prints nothing, so that no answer shows before the guess.

        Args:
            truth: one of the choices, or the number.
            because: why it is so, in one or two sentences.
            working: lines of numbers that show it, in the place of what the cell would print.
            picture: a figure that shows it, in the place of the guess and the truth in one picture.

        Raises:
            ValueError: the truth is not among the choices.
        """
        if self.scale is None and str(truth) not in self.choices:
            raise ValueError(f"reveal of {self.id!r}: {truth!r} is not among the choices {self.choices}")
        self.truth, self.because = (str(truth) if self.scale is None else float(truth)), because
        self.working, self.picture = "\n".join(working), picture
        answer = self._answer() if self._open() else (Card("open", WAITING).bundle(), EMPTY)
        self.places = (Shown(answer[0]), Shown(answer[1]))

    def _open(self) -> bool:
        return self.guess is not None or os.environ.get("LITE_MAMBA_ANSWERS") == "shown"

    def _draw(self) -> None:
        for place, bundle in zip(self.places, self._answer(), strict=True):
            place.update(bundle)

    def _answer(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The card with the answer in words, and the picture; without a guess, the card is folded and alone."""
        if self.scale is None:
            tone, words = choice_words(self.guess, self.truth)
            picture, about = choice_picture(self.choices, self.guess, self.truth)
        else:
            tone, words = number_words(self.guess, self.truth, self.scale)
            picture, about = number_picture(self.guess, self.truth, self.scale)
        lines = [self.because] if self.because else []
        rows = [("worked out", self.working)] if self.working else []
        card = Card(tone, words, lines, rows).bundle()
        if self.guess is None:
            return card | {"text/html": markup.folded("The answer", card["text/html"])}, EMPTY
        if self.picture is not None:
            return card, self.picture._repr_mimebundle_()[0]
        return card, {"image/png": picture, "text/plain": about}

    def _pressed(self) -> None:
        if self.control.disabled:
            self._lock(False)
        elif self.control.value is None:
            self.note.value = "Choose an answer first."
        else:
            self.commit(self.control.value)

    def _lock(self, locked: bool) -> None:
        if locked and self.control.value != self.guess:
            self.control.value = self.guess
        self.control.disabled = locked
        self.button.description = "Guess again" if locked else "Commit my guess"
        shown = self.scale.words(self.guess) if locked and self.scale else self.guess
        self.note.value = f"Your guess: <b>{escape(str(shown))}</b>" if locked else ""

    def _kept_guess(self) -> Any:
        """The guess of an earlier session, if it still fits the question."""
        guess = (state.read("guess", self.id) or {}).get("guess")
        if self.scale is None:
            return guess if guess in self.choices else None
        fits = isinstance(guess, (int, float)) and self.scale.low <= guess <= self.scale.high
        return guess if fits else None


def choice_control(choices: list[str]) -> widgets.RadioButtons:
    """Radio buttons with nothing chosen yet."""
    return widgets.RadioButtons(options=choices, value=None, layout=widgets.Layout(width="max-content"))


def number_control(scale: Scale) -> widgets.Widget:
    """A number field with the range in its label; a text field answers to keyboard and screen reader."""
    whole = all(float(value).is_integer() for value in (scale.low, scale.high, scale.step))
    kind, cast = (widgets.BoundedIntText, int) if whole else (widgets.BoundedFloatText, float)
    label = f"Your guess ({scale.span()}):"
    return kind(
        value=cast(scale.low),
        min=cast(scale.low),
        max=cast(scale.high),
        step=cast(scale.step),
        description=label,
        style={"description_width": "initial"},
        layout=widgets.Layout(width="max-content"),
    )


def choice_words(guess: str | None, truth: str) -> tuple[str, str]:
    """Tone and sentence for a chosen answer."""
    if guess is None:
        return "open", f"The answer: {truth}."
    if guess == truth:
        return "good", f"Your guess is right: {truth}."
    return "bad", f"You guessed: {guess}. The answer is: {truth}."


def number_words(guess: float | None, truth: float, scale: Scale) -> tuple[str, str]:
    """Tone and sentence for a guessed number: right (up to half a step), close, or far."""
    answer = scale.words(truth)
    if guess is None:
        return "open", f"The answer: {answer}."
    off = guess - truth
    if abs(off) <= scale.step / 2 * (1 + 1e-9):
        exact = "Exact" if scale.words(guess) == answer else "Right, as closely as you could say it"
        return "good", f"{exact}. You guessed {scale.words(guess)}; the answer is {answer}."
    side = "above" if off > 0 else "below"
    if abs(off) <= scale.near(truth):
        return "close", f"Close. You guessed {scale.words(guess)}, a little {side} the answer, {answer}."
    return (
        "bad",
        f"Far. You guessed {scale.words(guess)}, {scale.distance(abs(off))} {side} the answer, {answer}.",
    )


def _question_html(question: str, options: list[str]) -> str:
    return markup.frame("open", f"<b>Predict: {escape(question)}</b>", markup.items(map(escape, options)))
