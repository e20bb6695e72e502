"""The learner's progress: which checks pass and how each recap went, read from the state on disk."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ..chapters import Exercise, chapters, exercises, recap
from ..drawing.numbers import several
from . import markup, record, state
from .cards import Card, show
from .markup import TONES

WORDS = {  # verdict -> (tone, words)
    "right": ("good", "passes"),
    "misconception": ("close", "tried, not right yet"),
    "wrong": ("close", "tried, not right yet"),
    "raised": ("close", "tried, not right yet"),
    "endless": ("close", "tried, not right yet"),
}
OPEN = ("open", "not attempted yet")


def progress(save_as: str | Path | None = None, name: str = "") -> None:
    """Shows, per chapter, which checks pass and the score of the recap.

    The table comes from the folder `$LITE_MAMBA_HOME` (default: `lite-mamba` in the user's data folder) and is kept
    between sessions.

    Args:
        save_as: writes the results into this file too, for example "progress.json", to hand in. `record.py` says what
            stands in it.
        name: stands in that file as it is typed here; nothing else in it says who you are.
    """
    table = [(chapter, _rows(chapter), _recap_words(chapter)) for chapter in chapters()]
    show({"text/plain": _text(table), "text/html": _html(table)})
    if save_as is not None:
        show(_saved(Path(save_as), name).bundle())


def _saved(path: Path, name: str) -> Card:
    """Writes the file, and says how that went."""
    found = record.collected(name)
    try:
        path.write_text(record.text(found), "utf-8")
    except OSError as error:
        return Card("bad", f"{path} can't be written", [f"{error.strerror or error}. Give save_as= another place."])
    checks, guesses, recaps = (len(found[kept]) for kept in ("checks", "guesses", "recaps"))
    tried = several(checks, "exercise"), several(guesses, "prediction"), several(recaps, "recap")
    counted = f"{', '.join(tried)} tried."
    who = f"The name in it is “{name}”." if name else "There is no name in it; name= puts one in."
    return Card("good", f"Saved as {path}", [counted, who])


def _rows(chapter: str) -> list[tuple[Exercise, str, str]]:
    kept = state.items("check")
    return [(found, *WORDS.get(str(kept.get(found.id, {}).get("verdict")), OPEN)) for found in exercises(chapter)]


def _recap_words(chapter: str) -> str:
    try:
        recap(chapter)
    except ValueError:
        return "no recap"
    score = record.recap_score(chapter)
    return f"recap {score[0]} of {score[1]} right" if score else "recap not answered yet"


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
