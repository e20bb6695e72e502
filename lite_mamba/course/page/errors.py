"""Puts an error in words: what was raised, and the reader's own line, without the library's traceback."""

from __future__ import annotations

import linecache
import re
import sysconfig
import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[2])
LIBRARIES = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))


def said(error: BaseException) -> str:
    """The kind of an error and its words, the same on every machine."""
    words = re.sub(r" at 0x[0-9a-fA-F]+", "", str(error)).strip()
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def own_line(error: BaseException) -> tuple[str, int, str] | None:
    """The innermost line that is the reader's: its function, its number and its text; None if none is.

    A reader's line stands in a notebook cell, or in a file outside the installed packages and the course.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((PACKAGE, *LIBRARIES, "<frozen", "<string", "<__")):
            return frame.name, frame.lineno, linecache.getline(frame.filename, frame.lineno).strip()
    return None
