"""Knows a stub that nobody has worked on yet by what its code does: nothing."""

from __future__ import annotations

import dis
import inspect
from typing import Any

from .running import Outcome

IDLE = {  # a docstring, `...`, `pass`, `return`, `raise NotImplementedError("words")`; in Python 3.10 to 3.14
    "RESUME", "NOP", "CACHE", "POP_TOP", "PUSH_NULL", "PRECALL", "CALL", "CALL_FUNCTION", "RAISE_VARARGS", "LOAD_CONST",
    "LOAD_GLOBAL", "LOAD_COMMON_CONSTANT", "RETURN_VALUE", "RETURN_CONST", "NOT_TAKEN",
}  # fmt: skip


def is_stub(function: Any, outcome: Outcome) -> bool:
    """Whether a function neither reads a parameter nor computes anything, and gave nothing back."""
    nothing = outcome.value is None or outcome.value is ...
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (
        (isinstance(outcome.error, NotImplementedError) or (outcome.error is None and nothing))
        and code is not None
        and set(code.co_names) <= {"NotImplementedError"}
        and all(step.opname in IDLE for step in dis.get_instructions(code))
    )
