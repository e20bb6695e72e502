"""Five self-test questions of a chapter: radio buttons, the verdict at once, and why."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from ..chapters import Question
from ..chapters import recap as questions_of
from . import markup, state
from .cards import live, show


def recap(chapter: str) -> None:
    """Shows a chapter's self-test questions; the answers given are kept with the progress.

    Args:
        chapter: "01", "02", …

    In the saved file the questions stand as text, with the answers folded.
    """
    questions = questions_of(chapter)
    asked = [Asked(chapter, i, question) for i, question in enumerate(questions, 1)]
    box = widgets.VBox([one.box for one in asked])
    show(live(box, _text(questions), _html(questions)))


class Asked:
    """One question with its radio buttons and the verdict below them."""

    def __init__(self, chapter: str, number: int, question: Question):
        self.chapter, self.question = chapter, question
        label = widgets.HTML(f"<b>{number}. {escape(question.text)}</b>")
        self.radio = widgets.RadioButtons(
            options=list(question.choices), value=None, layout=widgets.Layout(width="max-content")
        )
        self.verdict = widgets.HTML()
        self.radio.observe(self.answered, "value")
        self.box = widgets.VBox([label, self.radio, self.verdict])

    def answered(self, change) -> None:
        """Shows the verdict on the new answer and keeps it."""
        tone, words = verdict(self.question, change["new"])
        why = markup.text(self.question.why)
        why = f" {why}" if tone == "good" else markup.folded("Why", why)
        self.verdict.value = markup.frame(tone, markup.mark(tone, words), why, status=True)
        kept = (state.read("recap", self.chapter) or {}).get("answers")
        answers = {**(kept if isinstance(kept, dict) else {}), self.question.text: change["new"]}
        state.write("recap", self.chapter, {"answers": answers})


def verdict(question: Question, answer: str) -> tuple[str, str]:
    """The tone and the words for an answer."""
    return ("good", "Right.") if answer == question.answer else ("bad", "Not this one. Choose again.")


def _text(questions: list[Question]) -> str:
    lines = []
    for number, question in enumerate(questions, 1):
        lines.append(f"{number}. {question.text}")
        lines += [f"   ○ {choice}" for choice in question.choices]
    return "\n".join(lines)


def _html(questions: list[Question]) -> str:
    asked = []
    for question in questions:
        answer = f"<b>{escape(question.answer)}.</b> {escape(question.why)}"
        choices = markup.items(map(escape, question.choices))
        asked.append(escape(question.text) + choices + markup.folded("Answer", answer))
    return markup.frame("open", markup.items(asked, "ol"))
