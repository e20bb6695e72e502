"""The chapters: a folder each, named like its notebook, with `figures.py` and `exercises/`.

This module is the registry of their exercises. A new chapter is a new folder; nothing has to be registered. Its
exercises are imported when they are first asked for.
"""

from __future__ import annotations

import difflib
import pkgutil
import re
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from ..checking.exercise import Draw, Exercise, Misconception, Question

__all__ = [
    "Draw",
    "Exercise",
    "Misconception",
    "Question",
    "chapters",
    "exercise",
    "exercises",
    "folders",
    "module",
    "recap",
]


def folders() -> dict[str, str]:
    """The chapters' folders in order: {"01": "ch01_causal_convolution", …}."""
    return dict(_folders_in(*__path__))


@lru_cache(maxsize=1)  # each check asks for its exercise
def _folders_in(*path: str) -> dict[str, str]:
    names = (module.name for module in pkgutil.iter_modules(path))
    return {name[2:4]: name for name in sorted(names) if re.fullmatch(r"ch\d\d_\w+", name)}


def chapters() -> list[str]:
    """The numbers of the chapters, in order: ["01", "02", …]."""
    return list(folders())


def module(chapter: str) -> ModuleType | None:
    """The exercises' package of a chapter; None if there is no such chapter."""
    name = folders().get(chapter)
    return import_module(f"{__name__}.{name}.exercises") if name else None


def exercises(chapter: str) -> list[Exercise]:
    """The exercises of a chapter, in the order of the notebook."""
    return list(getattr(module(chapter), "EXERCISES", []))


def recap(chapter: str) -> list[Question]:
    """The recap questions of a chapter; a ValueError if there are none."""
    questions = list(getattr(module(chapter), "RECAP", []))
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
