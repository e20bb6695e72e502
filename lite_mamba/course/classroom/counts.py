"""Counts a class: for each exercise how many are right, for each known mistake how many have met it, and votes."""

from __future__ import annotations

import ast
import json
import math
import re
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
    low: float = -math.inf
    high: float = math.inf


def records(folder: Path, results: Path | None = None) -> tuple[list[Record], list[str]]:
    """The records in a folder and those inside of it, where some platforms put each learner's file, under any names.

    Args:
        folder: where they lie.
        results: a folder inside of it that is left alone, since table and pictures go there.

    Returns:
        Each record once; and a sentence for each other file, and for files that may be one learner's.
    """
    found: dict[str, Record] = {}
    said = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or re.search(r"(^|/)[._]", name) or (results is not None and results in path.parents):
            continue
        try:
            record = read(path)
        except NoRecord as reason:
            said.append(f"{name} is skipped: {reason}.")
            continue
        twin = next((other for other, known in found.items() if record.name and known == record), None)
        if twin:
            said.append(f"{name} is skipped: it holds the same as {twin}.")
        else:
            found[name] = record
    return list(found.values()), said + _of_one_name(found)


def _of_one_name(found: dict[str, Record]) -> list[str]:
    """A sentence for files that carry one name: which of them counts is not for a program to say."""
    files: dict[str, list[str]] = {}
    for file, record in found.items():
        files.setdefault(record.name, []).append(file)
    files.pop("", None)
    told = "carry one name, and all of them are counted. If they are one learner's, take the older ones away."
    return [f"{' and '.join(several)} {told}" for several in files.values() if len(several) > 1]


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
    ((most, _),) = Counter(of for _, of in scores).most_common(1)
    # A file of another version may have more questions, or fewer.
    rights = [right for right, of in scores if of == most]
    return f"recap answered by {len(scores)}, {sum(rights) / len(rights):.1f} of {most} right"


def votes(found: Sequence[Record], question: Question) -> Counter[str | float]:
    """How often each answer was guessed; every choice is there, with 0 if nobody took it.

    What the question does not offer is left out: a file can be edited.
    """
    given = [one.guesses[question.id] for one in found if question.id in one.guesses]
    if not question.choices:
        numbers = (guess for guess in given if not isinstance(guess, str))
        return Counter(guess for guess in numbers if question.low <= guess <= question.high)
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
    named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg != "step"}
    return Question(id, text, tuple(map(str, named.pop("choices", ()))), **named)
