"""The answer to a prediction in a handout: packed, so that nobody reads it by accident before the guess.

Packed is not encrypted: who wants to read it can unpack it.
"""

from __future__ import annotations

import base64
import zlib

from IPython import get_ipython


def pack(source: str) -> str:
    """A program as one word."""
    return base64.b85encode(zlib.compress(source.encode(), 9)).decode()


def unpack(packed: str) -> str:
    """The program again."""
    return zlib.decompress(base64.b85decode(packed)).decode()


def reveal(packed: str) -> None:
    """Runs a packed cell as if it stood here: it shows its answer as soon as there is a guess."""
    exec(compile(unpack(packed), "<the answer>", "exec"), get_ipython().user_ns)
