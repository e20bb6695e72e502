"""What a learner hands in: one small JSON file, written and read here; `course.classroom` counts a folder of them.

    {"format": "lite-mamba progress",
     "version": 1,
     "name": "Ada",                                            what the learner typed, or ""
     "checks": {"02.receptive_field": {"verdict": "right",     right, misconception, wrong, raised or endless
                                       "met": ["a lag, not a field"]}},     the known mistakes made on the way
     "guesses": {"02.span": 24, "02.gates": "nothing"},        the first guess of each prediction
     "recaps": {"02": {"right": 4, "of": 5}}}

Nothing else goes in: no program, no path, no time, no name of a machine. A reader takes versions up to its own.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..chapters import chapters, recap
from . import state

FORMAT, VERSION = "lite-mamba progress", 1
VERDICTS = ("right", "misconception", "wrong", "raised", "endless")
MOST_BYTES = 1_000_000
MOST_QUESTIONS = 100  # in a recap


class NoRecord(ValueError):
    """A file that is no record, with the reason in words."""


@dataclass(frozen=True)
class Record:
    """What stands in one file."""

    name: str
    checks: dict[str, tuple[str, tuple[str, ...]]]  # exercise -> verdict, known mistakes met
    guesses: dict[str, str | float]
    recaps: dict[str, tuple[int, int]]  # chapter -> right, of


def collected(name: str = "") -> dict[str, Any]:
    """The record of this learner's state, as it is written; what is damaged or of another form is left out."""
    checks = {id: {"verdict": item.get("verdict"), "met": item.get("met", [])} for id, item in _items("check")}
    guesses = {id: item.get("first", item.get("guess")) for id, item in _items("guess")}
    recaps = {chapter: score for chapter in chapters() if (score := recap_score(chapter))}
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "checks": {id: check for id, check in checks.items() if _is_check(check)},
        "guesses": {id: guess for id, guess in guesses.items() if _is_guess(guess)},
        "recaps": {chapter: {"right": right, "of": of} for chapter, (right, of) in recaps.items()},
    }


def _items(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return sorted(state.items(kind).items())


def recap_score(chapter: str) -> tuple[int, int] | None:
    """How many of a chapter's recap questions are answered right, of how many; None before the first answer."""
    given = (state.read("recap", chapter) or {}).get("answers")
    if not isinstance(given, dict) or not given:
        return None
    try:
        questions = recap(chapter)
    except ValueError:
        return None
    return sum(given.get(question.text) == question.answer for question in questions), len(questions)


def text(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def read(path: Path) -> Record:
    """The record in a file.

    Raises:
        NoRecord: the file is damaged or something else; the message says what.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NoRecord("it is too large to be a record")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise NoRecord(f"it can't be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, NoRecord):
            raise
        raise NoRecord("it is damaged: not JSON") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NoRecord("it is something else, not a progress of this course")
    if not isinstance(found.get("version"), int) or not 1 <= found["version"] <= VERSION:
        raise NoRecord(f"its version is {found.get('version')!r}; this lite-mamba reads up to {VERSION}")
    return _record(found)


def _record(found: dict[str, Any]) -> Record:
    parts = {part: found.get(part) for part in ("checks", "guesses", "recaps")}
    wrong = [part for part, value in parts.items() if not isinstance(value, dict)]
    name = found.get("name")
    wrong += [] if isinstance(name, str) else ["name"]
    wrong += [f"checks of {id}" for id, check in _entries(parts["checks"]) if not _is_check(check)]
    wrong += [f"guess of {id}" for id, guess in _entries(parts["guesses"]) if not _is_guess(guess)]
    wrong += [f"recap of {id}" for id, score in _entries(parts["recaps"]) if not _is_score(score)]
    if wrong:
        raise NoRecord(f"it is damaged: {', '.join(wrong[:3])}")
    checks = {id: (check["verdict"], tuple(check["met"])) for id, check in parts["checks"].items()}
    recaps = {id: (score["right"], score["of"]) for id, score in parts["recaps"].items()}
    return Record(str(name), checks, dict(parts["guesses"]), recaps)


def _entries(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else []


def _is_check(check: Any) -> bool:
    if not isinstance(check, dict) or check.get("verdict") not in VERDICTS or not isinstance(check.get("met"), list):
        return False
    return all(isinstance(name, str) for name in check["met"])


def _is_guess(guess: Any) -> bool:
    if isinstance(guess, bool) or not isinstance(guess, str | int | float):
        return False
    return isinstance(guess, str) or abs(guess) <= sys.float_info.max  # an int has no end


def _is_score(score: Any) -> bool:
    numbers = (score.get("right"), score.get("of")) if isinstance(score, dict) else ()
    whole = bool(numbers) and all(type(number) is int for number in numbers)
    return whole and 0 <= numbers[0] <= numbers[1] <= MOST_QUESTIONS
