"""The test of a chapter's answers: each is judged, and gets the verdict that it must get.

    test_an_answer_gets_its_verdict = judged(rows("09", combine=COMBINE, up_down=UP_DOWN))

A row is a title, an answer as a learner writes it, and what must be said of it: "right", the name of the mistake, or
None: wrong, and none of the exercise's own names fits. A general name may stand in a row; it need not.
"""

from collections.abc import Callable, Iterable

import pytest

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.general import NAMES
from lite_mamba.course.checking.trial import judge

RIGHT = "right"

Row = tuple[str, object, str | None]


def rows(chapter: str, **by_exercise: Iterable[Row]) -> list:
    """The rows of a chapter's exercises as pytest's parameters: id, answer, expected."""
    return [
        pytest.param(f"{chapter}.{name}", answer, expected, id=f"{name}: {title}")
        for name, its in by_exercise.items()
        for title, answer, expected in its
    ]


def judged(answers: list) -> Callable:
    """The test of these answers, to be bound to its name in a chapter's test module."""

    @pytest.mark.parametrize(("id", "answer", "expected"), answers)
    def test_an_answer_gets_its_verdict(id, answer, expected):
        verdict = judge(exercise(id), answer, quiet=True)
        name = verdict.misconception.name if verdict.misconception else None
        general = verdict.misconception not in exercise(id).misconceptions and expected not in NAMES
        said = RIGHT if verdict.kind == RIGHT else None if general else name
        assert said == expected, f"{id} is {verdict.kind}, named {name!r}; it must get {expected!r}"

    return test_an_answer_gets_its_verdict
