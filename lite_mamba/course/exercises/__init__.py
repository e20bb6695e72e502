"""The registry of exercises: finds the modules `chNN_topic.py` in this folder.

A new notebook's exercises are one new module here; nothing else has to be registered. Modules are imported when
their chapter is first asked for.
"""

from __future__ import annotations

import difflib
import pkgutil
import re
from importlib import import_module
from types import ModuleType

from .._exercise import Draw, Exercise, Misconception, Question

__all__ = [
    "Draw",
    "Exercise",
    "Misconception",
    "Question",
    "chapters",
    "exercise",
    "exercises",
    "module_names",
    "modules",
    "recap",
]


def module_names() -> list[str]:
    """The names of the exercise modules, in order."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if re.fullmatch(r"ch\d\d_\w+", name))


def chapters() -> list[str]:
    """The chapters that have an exercise module, in order: ["01", "02", …]."""
    return sorted({name[2:4] for name in module_names()})


def modules(chapter: str) -> list[ModuleType]:
    """The exercise modules of a chapter."""
    return [import_module(f"{__name__}.{name}") for name in module_names() if name[2:4] == chapter]


def exercises(chapter: str) -> list[Exercise]:
    """The exercises of a chapter, in the order of the notebook."""
    return [exercise for module in modules(chapter) for exercise in module.EXERCISES]


def recap(chapter: str) -> list[Question]:
    """The recap questions of a chapter; a ValueError if there are none."""
    questions = [question for module in modules(chapter) for question in getattr(module, "RECAP", [])]
    if not questions:
        raise ValueError(f"no recap for chapter {chapter!r}; there are chapters {', '.join(chapters())}")
    return questions


def exercise(id: str) -> Exercise:
    """The exercise with this id; a ValueError that names close matches if there is none."""
    for found in exercises(str(id).partition(".")[0]):
        if found.id == id:
            return found
    known = [found.id for chapter in chapters() for found in exercises(chapter)]
    close = difflib.get_close_matches(str(id), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"there are: {', '.join(known)}"
    raise ValueError(f"no exercise {id!r}; {hint}")
