"""Fixed Python texts that the models never read, and what a reader of them should know after each byte.

`FILES` are the first 1024 bytes of 24 source files of this project, as they were when the chapter was written. They are
kept apart, in `files.txt`, so that what is measured on them stays when the project changes.
"""

import re
from pathlib import Path

import torch
from torch import Tensor

from ..ch13_a_language_model.texts import encoded

LENGTH = 56  # bytes of a snippet

SNIPPETS = {
    "a docstring": 'def area(width, height):\n    """Return the area of a rec',
    "a call": 'total = add(first(x), [1, 2, 3], "a (b", key)  # the end',
    "a loop": "for name in sorted(names):\n    if name in seen:\n        ",
    "no Python": "The quick brown fox jumps over the lazy dog, and again. ",
    "a comment": "# Return the area of a rectangle with sides of any size.",
    "code in a string": '"""x = y + 3; print(z[4]); for i in range(9): z[i] = z[0',
}

HELD = 8  # files at the end of FILES that no probe is trained on
FILES = Path(__file__).with_name("files.txt").read_text("utf-8").split("\f\n")

PIECES = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<long>"{3}|'{3})(?:\\.|(?!(?P=long)).)*(?P<long_end>(?P=long))?
    |(?P<short>["'])(?:\\.?|(?!(?P=short))[^\\\n])*(?P<short_end>(?P=short))?
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])""",
    re.DOTALL | re.VERBOSE,
)


def marks(text: str) -> dict[str, Tensor]:
    """Where a reader stands after each byte, (L,) bools each: inside a string or a bracket, or on an even line.

    Args:
        text: Python, one byte a character; it may break off anywhere.

    >>> [int(inside) for inside in marks("f('a')")["inside a string"]]
    [0, 0, 1, 1, 0, 0]
    """
    depth = torch.zeros(len(text), dtype=torch.long)
    for piece in PIECES.finditer(text):
        if piece["open"] or piece["close"]:
            depth[piece.start()] = 1 if piece["open"] else -1
    open_now = depth.cumsum(0)
    return {
        "inside a string": kinds(text) > 0,
        "inside a bracket": open_now > open_now.cummin(0).values.clamp(max=0),  # what was opened before may close
        "on an even line": (encoded(text) == ord("\n")).cumsum(0) % 2 > 0,
    }


def kinds(text: str) -> Tensor:
    """Of each byte, 2 inside a string of three quotes, 1 inside another one, −1 in a comment, else 0: (L,)."""
    kind = torch.zeros(len(text), dtype=torch.long)
    for piece in PIECES.finditer(text):
        if piece["long"] or piece["short"]:
            closed = bool(piece["long_end"] or piece["short_end"])  # behind its last quote a reader stands outside
            kind[piece.start() : piece.end() - closed] = 2 if piece["long"] else 1
        elif piece["comment"]:
            kind[piece.start() : piece.end()] = -1
    return kind
