"""Puts an error in words: what was raised, and the reader's own line, without the library's traceback."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = str(Path(__file__).resolve().parents[2])
CHAPTERS = str(Path(PACKAGE) / "course" / "chapters")
LIBRARIES = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))
ENDS = (StopIteration, GeneratorExit)  # how loops and generators end, no mistake
OTHERS = (*LIBRARIES, "<frozen", "<string", "<__")
CALLED = {  # what a sign of Python is called in PyTorch
    "@": {"linear", "matmul", "mm", "bmm"},
    "*": {"mul", "multiply"},
    "/": {"div", "divide", "true_divide"},
    "+": {"add"},
    "-": {"sub", "subtract"},
}


class InALargerCase(Exception):
    """What an exercise's `apply` raises in place of a right result, if the function fails in a case that is not shown.

    That one is too large, or has other axes, or another number format. The words say which.
    """


def said(error: BaseException) -> str:
    """The kind of an error and its words, the same on every machine."""
    words = re.sub(r" at 0x[0-9a-fA-F]+", "", words_of(error)).strip()
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def words_of(error: BaseException) -> str:
    """The words of an error; none if it can't be printed."""
    try:
        return str(error)
    except Exception:
        return ""


def own_line(error: BaseException) -> tuple[str, int, str] | None:
    """The innermost line that is the reader's: its function, its number and its text; None if none is.

    A reader's line stands in a notebook cell, or in a file outside the installed packages and the course.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_readers(frame.filename):
            return frame.name, frame.lineno, linecache.getline(frame.filename, frame.lineno).strip()
    return None


def called_last(error: BaseException) -> str:
    """The innermost function written in Python that was at work, the reader's or a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].name if frames else ""


def raised_by_reader(error: BaseException) -> bool:
    """Whether a line of the reader's raised an error itself, and not a function written in Python that it called."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and is_readers(frames[-1].filename)


def raised_by_check(error: BaseException | None) -> bool:
    """Whether an exercise's `apply` raised an error to say what is wrong with a result, which itself raised nothing."""
    if error is None or own_line(error) is not None:
        return False
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return any(frame.filename.startswith(CHAPTERS) and (frame.line or "").startswith("raise ") for frame in last)


def is_readers(filename: str) -> bool:
    return not filename.startswith((PACKAGE, *OTHERS))


def swallowed(call: Callable[[], Any]) -> str | None:
    """The last error that the reader's own code caught during a call, in words with its line; None if there is none."""
    caught: list[str] = []

    def trace(frame, event, found):
        if event == "exception" and is_readers(frame.f_code.co_filename) and not issubclass(found[0], ENDS):
            line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            caught.append(f"Line {frame.f_lineno} of your code raised {said(found[1])}, and was caught: {line}")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return caught[-1] if caught else None


def same_error(first: BaseException | None, second: BaseException | None) -> bool:
    """Whether two answers failed for the same reason: the same kind, the same words, at the same operation.

    Of a call that never ends only the kind counts: where the stack is full, and in which words, differs by Python. A
    claim that does not hold is like any other: its words are its writer's, or repeat the room left for rounding.
    """
    if isinstance(first, RecursionError) and isinstance(second, RecursionError):
        return True
    if _is_claim(first) and _is_claim(second):
        return True
    if type(first) is not type(second) or _compared(first) != _compared(second):
        return False
    one, other = _place(first), _place(second)
    return one is not None and other is not None and (one == other or _same_operation(one, other))


def _is_claim(error: BaseException | None) -> bool:
    """Whether a line of an answer claims something that does not hold: by `assert`, or by a function called so."""
    place = _place(error) if isinstance(error, AssertionError) else None
    return place is not None and bool(
        re.search(r"\bassert", "".join(_lines(place, _end(place.filename, place.lineno))))
    )


def _same_operation(one: traceback.FrameSummary, other: traceback.FrameSummary) -> bool:
    """Whether two pieces of code share an operation.

    Names alone, to which a line gives too many or too few values, are none: then what gives them must be the same, if
    both lines say it.
    """
    shared = _operations(one) & _operations(other)
    if shared != {"names"}:
        return bool(shared)
    givers = _asked_for(one), _asked_for(other)
    return not all(givers) or bool(givers[0] & givers[1])


def _compared(error: BaseException) -> str:
    """The words of an error, but for the number of an axis that is split: the last one is axis 2 and axis −1. And but
    for the letter of an axis in einsum, which its writer chose, and the name of the product of matrices that torch 2.15
    puts before the words: `u @ W.T + b` is one or two operations.
    """
    return re.sub(r"(?<=size at dimension )-?\d+|(?<=\): subscript )\w|^\w*mm: ", "", words_of(error))


def _place(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost line of an answer or of its exercise; None for a call that did not get so far."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(OTHERS) and (
            not frame.filename.startswith(PACKAGE) or frame.filename.startswith(CHAPTERS)
        ):
            return frame
    return None


def _operations(frame: traceback.FrameSummary) -> set[str]:
    """What is called, computed or indexed in the piece of code that raised; "names" where it is names alone."""
    last = getattr(frame, "end_lineno", None) or _end(frame.filename, frame.lineno)  # Python 3.10 knows the line only
    lines = [line.encode() for line in _lines(frame, last)]
    if last_column := getattr(frame, "end_colno", None):  # columns count bytes
        lines[-1] = lines[-1][:last_column]
        lines[0] = lines[0][frame.colno :]
    piece = b"".join(lines).decode()
    found = set(re.findall(r"\w+(?=\()|[-+*/@%<>=[]|\.\w+|\b(?:raise|in|not)\b", piece)) or {"names"}
    called = {operation.lstrip(".") for operation in found}  # torch.cat, or cat where it is imported by its name
    return called | {sign for sign, names in CALLED.items() if names & called}


def _asked_for(frame: traceback.FrameSummary) -> set[str]:
    """What stands behind a dot in the line that raised."""
    return set(re.findall(r"\.([^\W\d]\w*)", "".join(_lines(frame, _end(frame.filename, frame.lineno)))))


def _lines(frame: traceback.FrameSummary, last: int) -> list[str]:
    return [linecache.getline(frame.filename, number) for number in range(frame.lineno, last + 1)]


def _end(filename: str, last: int) -> int:
    """The line where the brackets are closed that a line opens."""
    depth = 0
    while line := linecache.getline(filename, last):
        depth += len(re.findall(r"[(\[{]", line)) - len(re.findall(r"[)\]}]", line))
        if depth <= 0:
            break
        last += 1
    return last
