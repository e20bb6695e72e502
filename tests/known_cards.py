"""The cards of known mistakes: what each says, and the case that stands beside it."""

from collections.abc import Callable

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.exercise import Exercise, Misconception
from lite_mamba.course.checking.running import Example
from lite_mamba.course.checking.trial import is_wrong, judge, trials


def mistake_of(id: str, name: str) -> Misconception:
    """A known mistake of an exercise, by its name."""
    (found,) = (one for one in exercise(id).misconceptions if one.name == name)
    return found


def telling(id: str, mistake: str) -> list[int]:
    """For each spelling of a known mistake, in how many of the cases that it picks it is wrong."""
    found, chosen = exercise(id), mistake_of(id, mistake)
    picked = [one for one in trials(found) if chosen.where(**one.case)]
    return [sum(is_wrong(found, wrong, one.number) for one in picked) for wrong in chosen.answers]


def examples(found: Exercise, known: Misconception) -> list[Example]:
    """The case that is shown for each spelling of a known mistake, which gets its own name."""
    verdicts = [judge(found, wrong, quiet=True) for wrong in known.answers]
    assert all(verdict.misconception is known for verdict in verdicts), f"{found.id}: {known.name}"
    return [verdict.example for verdict in verdicts]


def cards_of(chapter: str) -> Callable[[str, str], list[tuple[str, Example]]]:
    """The cards of a chapter, by an exercise's name and a mistake's: message and case of each spelling."""

    def cards(name: str, mistake: str) -> list[tuple[str, Example]]:
        id = f"{chapter}.{name}"
        known = mistake_of(id, mistake)
        return [(known.message, example) for example in examples(exercise(id), known)]

    return cards
