"""A command in a terminal, on every system."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

__all__ = ["run"]


def run(main: Callable[[], int | None]) -> None:
    """Runs a command's `main` and leaves Python with its number; Ctrl + C ends it in a word.

    A letter that the output has no place for becomes a question mark. Windows gives a pipe or a file some 200 letters,
    without Δ and ✓.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)  # what a shell expects of a command that was interrupted
