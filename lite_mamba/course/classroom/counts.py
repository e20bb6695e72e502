"""Counts a class: for each exercise how many are right, for each known mistake how many have met it, and votes."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..chapters import chapters, exercises
from ..checking.exercise import Exercise
from ..checking.general import NAMES
from ..page.record import NoRecord, Record, read

FREQUENT = 4  # as many mistakes of an exercise stand in table and picture; class.csv has them all


@dataclass(frozen=True)
class Count:
    """One exercise in a class."""

    exercise: Exercise
    right: int
    tried: int  # and not right yet
    open: int
    met: Counter[str]  # known mistake -> how many learners have made it

    @property
    def frequent(self) -> list[tuple[str, int]]:
        """The known mistakes that most learners met."""
        return self.met.most_common(FREQUENT)

    def words(self, most: int | None = None) -> str:
        """The known mistakes, the most frequent first."""
        return " · ".join(f"“{name}” {count}" for name, count in self.met.most_common(most))


@dataclass(frozen=True)
class Question:
    """A prediction as a notebook asks it."""

    id: str
    text: str
    choices: tuple[str, ...] = ()  # none if it asks for a number
    unit: str = ""


def records(folder: Path) -> tuple[list[Record], list[str]]:
    """The records in a folder, and for each other JSON file a sentence that names it."""
    found, skipped = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(read(path))
        except NoRecord as reason:
            skipped.append(f"{path.name} is skipped: {reason}.")
    return found, skipped


def counted(found: Sequence[Record], chapter: str) -> list[Count]:
    """The exercises of a chapter, in the order of its notebook."""
    return [
        _count(exercise, [one.checks.get(exercise.id, ("", ())) for one in found]) for exercise in exercises(chapter)
    ]


def _count(exercise: Exercise, checks: list[tuple[str, tuple[str, ...]]]) -> Count:
    right = sum(verdict == "right" for verdict, _ in checks)
    still_open = sum(verdict == "" for verdict, _ in checks)
    known = {misconception.name for misconception in exercise.misconceptions} | NAMES
    met = Counter(name for _, names in checks for name in sorted(known & set(names)))
    return Count(exercise, right, len(checks) - right - still_open, still_open, met)


def touched(found: Sequence[Record]) -> list[str]:
    """The chapters in which somebody has tried an exercise or answered a recap."""
    ids = {id for one in found for id in (*one.checks, *one.recaps)}
    return [chapter for chapter in chapters() if any(id.partition(".")[0] == chapter for id in ids)]


def unknown(found: Sequence[Record]) -> list[str]:
    """The exercises in the records that this course does not have."""
    known = {exercise.id for chapter in chapters() for exercise in exercises(chapter)}
    return sorted({id for one in found for id in one.checks} - known)


def recap_words(found: Sequence[Record], chapter: str) -> str:
    """How the recap of a chapter went."""
    scores = [one.recaps[chapter] for one in found if chapter in one.recaps]
    if not scores:
        return "recap not answered yet"
    mean = sum(right for right, _ in scores) / len(scores)
    return f"recap answered by {len(scores)}, {mean:.1f} of {scores[0][1]} right"


def votes(found: Sequence[Record], question: Question) -> Counter[str | float]:
    """How often each answer was guessed; every choice is there, with 0 if nobody took it."""
    given = [one.guesses[question.id] for one in found if question.id in one.guesses]
    if not question.choices:
        return Counter(guess for guess in given if not isinstance(guess, str))
    counts: Counter[str | float] = Counter(dict.fromkeys(question.choices, 0))
    counts.update(guess for guess in given if guess in question.choices)
    return counts


def questions(notebooks: Path) -> dict[str, Question]:
    """The predictions of the course, by id, read from its notebooks."""
    cells = [
        cell for path in sorted(notebooks.glob("*.ipynb")) for cell in json.loads(path.read_text("utf-8"))["cells"]
    ]
    asked = [_question("".join(cell["source"])) for cell in cells if "predict" in cell["metadata"].get("tags", [])]
    return {question.id: question for question in asked}


def _question(source: str) -> Question:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    call = next(call for call in calls if ast.unparse(call.func) == "course.predict")
    id, text = map(ast.literal_eval, call.args)
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in ("choices", "unit")}
    values = {name: ast.literal_eval(value) for name, value in named.items()}
    return Question(id, text, tuple(map(str, values.get("choices", ()))), values.get("unit", ""))
