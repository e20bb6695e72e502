"""The learner's progress: which checks pass and how each recap went, read from the state on disk."""

from __future__ import annotations

from html import escape

from ..chapters import Exercise, chapters, exercises, recap
from . import markup, state
from .cards import show
from .markup import TONES

WORDS = {  # verdict -> (tone, words)
    "right": ("good", "passes"),
    "misconception": ("close", "tried, not right yet"),
    "wrong": ("close", "tried, not right yet"),
    "raised": ("close", "tried, not right yet"),
    "endless": ("close", "tried, not right yet"),
}
OPEN = ("open", "not attempted yet")


def progress() -> None:
    """Shows, per chapter, which checks pass and the score of the recap.

    The table comes from the folder `$LITE_MAMBA_HOME` (default: `lite-mamba` in the user's data folder) and is kept
    between sessions.
    """
    table = [(chapter, _rows(chapter), _recap_words(chapter)) for chapter in chapters()]
    show({"text/plain": _text(table), "text/html": _html(table)})


def _rows(chapter: str) -> list[tuple[Exercise, str, str]]:
    kept = state.items("check")
    return [(found, *WORDS.get(str(kept.get(found.id, {}).get("verdict")), OPEN)) for found in exercises(chapter)]


def _recap_words(chapter: str) -> str:
    try:
        questions = recap(chapter)
    except ValueError:
        return "no recap"
    given = (state.read("recap", chapter) or {}).get("answers")
    if not isinstance(given, dict) or not given:
        return "recap not answered yet"
    right = sum(given.get(question.text) == question.answer for question in questions)
    return f"recap {right} of {len(questions)} right"


def _passes(rows: list[tuple[Exercise, str, str]]) -> str:
    return f"{sum(tone == 'good' for _, tone, _ in rows)} of {len(rows)} checks pass"


def _text(table: list) -> str:
    lines = []
    for chapter, rows, score in table:
        lines.append(f"Chapter {chapter}: {_passes(rows)}, {score}")
        lines += [f"  {TONES[tone][0]} {found.title}: {words}" for found, tone, words in rows]
    return "\n".join(lines) or "No exercises yet."


def _html(table: list) -> str:
    rows = []
    for chapter, found, score in table:
        rows.append((f"Chapter {chapter}", f"<b>{_passes(found)}, {score}</b>"))
        rows += [(escape(exercise.title), markup.mark(tone, words)) for exercise, tone, words in found]
    return markup.frame("open", markup.table(rows or [("No exercises yet.",)], ("Exercise", "State")))
