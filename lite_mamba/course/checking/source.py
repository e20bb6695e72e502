"""Keeps a function as a program: its source with the imports, helpers and constants that it needs.

`program(function)` writes the program, `rebuild(program, name)` runs it in a fresh namespace. Imports are kept by
alias, helper functions and classes of the learner's notebook with all that they need in turn, and simple constants
as they are written. Anything else, a tensor or a model, can't be kept: `CannotKeep` says which name it was.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import linecache
import symtable
import textwrap
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any


class CannotKeep(Exception):
    """The function needs something that can't be written as source; the message names it."""


def program(function: Callable[..., Any]) -> str:
    """The program that defines the function under its own name. Raises CannotKeep."""
    collected: dict[str, tuple[Any, str]] = {}
    _collect(getattr(function, "__name__", ""), function, collected)
    return "\n\n".join(code for _, code in collected.values()) + "\n"


def rebuild(code: str, name: str, label: str) -> Callable[..., Any]:
    """Runs a program in a fresh namespace and returns the function called `name`.

    The source is given to `linecache` under the label, so that tracebacks and `inspect.getsource` show it.
    """
    filename = f"<{label}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": label}
    exec(compile(code, filename, "exec"), namespace)
    return namespace[name]


def _collect(name: str, value: Any, collected: dict[str, tuple[Any, str]]) -> None:
    """Adds the code for one name, after the code for the names that it needs."""
    if name in collected:
        if collected[name][0] is not value:
            raise CannotKeep(f"two different things are called {name!r}")
        return
    line = _import_line(name, value) or _constant_line(name, value)
    if line is not None:
        collected[name] = (value, line)
        return
    if not isinstance(value, (FunctionType, type)):
        raise CannotKeep(f"{name!r} is {type(value).__name__}: neither import, function nor simple constant")
    source = _own_source(name, value)
    collected[name] = (value, "")  # a function may call itself
    for needed, found in _needs(source, value):
        _collect(needed, found, collected)
    collected[name] = (value, collected.pop(name)[1] or source)  # after what it needs


def _own_source(name: str, value: Any) -> str:
    value = inspect.unwrap(value)  # past decorators like torch.no_grad()
    if getattr(value, "__closure__", None):
        raise CannotKeep(f"{name!r} uses variables of an outer function: {', '.join(value.__code__.co_freevars)}")
    try:
        source = _class_source(value) if isinstance(value, type) else textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError, StopIteration):
        raise CannotKeep(f"the source of {name!r} can't be found") from None
    if value.__name__ == "<lambda>" or not source.startswith(("def ", "class ", "@", "async def ")):
        raise CannotKeep(f"{name!r} is not written with `def`")
    source = source.rstrip()
    return source if value.__name__ == name else f"{source}\n\n{name} = {value.__name__}"


def _class_source(value: type) -> str:
    """The source of a class of a notebook, found by the file of its methods (`inspect` looks for a module's file)."""
    filename = next(item.__code__.co_filename for item in vars(value).values() if isinstance(item, FunctionType))
    lines = linecache.getlines(filename)
    tree = ast.parse("".join(lines))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == value.__name__)
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return "".join(lines[first - 1 : found.end_lineno])


def _needs(source: str, value: Any) -> list[tuple[str, Any]]:
    """The global names that a source reads, with their values, in the order of their appearance."""
    function = inspect.unwrap(value)
    if isinstance(value, type):
        function = next(item for item in vars(value).values() if isinstance(item, FunctionType))
    space = function.__globals__
    read = _global_names(symtable.symtable(source, "<kept>", "exec"))
    names = [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and node.id in read]
    return [(name, space[name]) for name in dict.fromkeys(names) if name in space and not hasattr(builtins, name)]


def _global_names(table: symtable.SymbolTable) -> set[str]:
    """The names that a piece of source reads from outside itself; its local variables are not among them."""
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()}
    return names.union(*map(_global_names, table.get_children()))


def _import_line(name: str, value: Any) -> str | None:
    if isinstance(value, ModuleType):
        if value.__name__ == "__main__":
            raise CannotKeep(f"{name!r} is the notebook itself")
        return f"import {value.__name__} as {name}"
    module, attribute = getattr(value, "__module__", None), getattr(value, "__name__", name)
    if module == "__main__":
        return None
    for home in (
        module,
        "torch",
        "torch.nn.functional",
    ):  # torch's built-in functions don't know their module
        if isinstance(home, str) and _found_in(home, attribute) is value:
            return f"from {home} import {attribute} as {name}"
    return None


def _found_in(module: str, attribute: str) -> Any:
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except (ImportError, ValueError):
        return None


def _constant_line(name: str, value: Any) -> str | None:
    try:
        return f"{name} = {value!r}" if ast.literal_eval(repr(value)) == value else None
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
