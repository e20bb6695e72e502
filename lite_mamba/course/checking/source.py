"""Keeps a function as a program: its source with the imports, helpers and constants that it needs.

`program(function, name)` writes the program, `rebuild(program, name)` runs it in a fresh namespace. Imports are kept by
alias; functions, lambdas and classes of the learner's notebook with all that they need in turn; partials, objects and
constants as an expression that makes them anew. Anything else, a tensor or a model, can't be kept: `CannotKeep` says
what it was, and what to do.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import linecache
import math
import symtable
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch

MOST_NUMBERS = 1000  # of a tensor that is written down
HOMES = ("torch", "torch.nn.functional", "torch.nn", "math")  # torch's built-in functions don't know their module
WRITTEN = {name: value for home in (math, torch, torch.nn) for name, value in vars(home).items()} | {"torch": torch}


class CannotKeep(Exception):
    """The function needs something that can't be written as source; the message names it."""


def program(function: Callable[..., Any], name: str) -> str:
    """The program that defines the function under this name. Raises CannotKeep."""
    made = _Program()
    made.add(name, function, _space(function))
    return "\n\n".join(code for _, code in made.parts.values()) + "\n"


def rebuild(code: str, name: str, label: str) -> Callable[..., Any]:
    """Runs a program in a fresh namespace and returns the function called `name`.

    The source is given to `linecache` under the label, so that tracebacks and `inspect.getsource` show it.
    """
    filename = f"<{label}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": label}
    exec(compile(code, filename, "exec", dont_inherit=True), namespace)
    return namespace[name]


class _Program:
    """The code for each name, after the code for the names that it needs."""

    def __init__(self):
        self.parts: dict[str, tuple[Any, str]] = {}

    def add(self, name: str, value: Any, space: dict[str, Any]) -> str:
        """Adds a name, found in the namespace `space`, with all that its value needs; returns the name."""
        if name not in self.parts:
            self.parts[name] = (value, "")  # a function may call itself
            code = self._code(name, value, space)
            self.parts[name] = (value, self.parts.pop(name)[1] or code)  # after what it needs
        elif self.parts[name][0] is not value:
            raise CannotKeep(f"two different things are called {name!r}; give one of them another name")
        return name

    def _code(self, name: str, value: Any, space: dict[str, Any]) -> str:
        if line := _import_line(name, value):
            return line
        if isinstance(value, (FunctionType, type)):
            return self._definition(name, value, space)
        if isinstance(value, MethodType):
            return f"{name} = {self._named(value.__self__, space, f'{name}_owner')}.{value.__name__}"
        return self._object(name, value, space)

    def _definition(self, name: str, value: Any, space: dict[str, Any]) -> str:
        function = inspect.unwrap(value)  # past decorators like torch.no_grad()
        if getattr(function, "__closure__", None) and not isinstance(value, type):
            outer = ", ".join(function.__code__.co_freevars)
            raise CannotKeep(f"{name!r} uses variables of an outer function ({outer}); make them parameters")
        source = _source(name, function)
        space = _space(function) if isinstance(function, FunctionType) else space
        for needed, found in _needs(source, space):
            self.add(needed, found, space)
        if isinstance(function, FunctionType) and function.__name__ == "<lambda>":
            return f"{name} = {source}"
        return source if function.__name__ == name else f"{source}\n\n{name} = {function.__name__}"

    def _object(self, name: str, value: Any, space: dict[str, Any]) -> str:
        """Lines that make a constant, a partial or any other object anew."""
        if (expression := self._expression(value, space)) is not None:
            return f"{name} = {expression}"
        kind = type(value)
        learners = _import_line(kind.__name__, kind) is None
        if learners and not isinstance(value, torch.nn.Module) and hasattr(value, "__dict__"):
            made = self._named(kind, space, kind.__name__)
            fields = [
                f"{name}.{key} = {self._named(part, space, f'{name}_{key}')}" for key, part in vars(value).items()
            ]
            return "\n".join([f"{name} = {made}.__new__({made})", *fields])
        raise CannotKeep(f"{name!r} is a {kind.__name__}, which can't be written down; make it inside your function")

    def _named(self, value: Any, space: dict[str, Any], name: str) -> str:
        """An expression for a value: the value itself if it can be written down, else a name for it."""
        expression = self._expression(value, space)
        if expression is not None:
            return expression
        known = next((key for key, found in space.items() if found is value and not key.startswith("_")), None)
        return self.add(known or getattr(value, "__name__", name).replace("<lambda>", name), value, space)

    def _expression(self, value: Any, space: dict[str, Any]) -> str | None:
        """What makes a value anew in one expression: its repr, if that does, or the call of a partial."""
        if isinstance(value, functools.partial):
            parts = [self._named(part, space, "part") for part in (value.func, *value.args)]
            parts += [f"{key}={self._named(part, space, key)}" for key, part in value.keywords.items()]
            return f"{self.add('functools', functools, space)}.partial({', '.join(parts)})"
        if type(value) is torch.Tensor and value.numel() <= MOST_NUMBERS and not value.requires_grad:
            return f"{self.add('torch', torch, space)}.tensor({value.tolist()!r}, dtype={value.dtype})"
        names = _names_of_repr(value, space)
        if names is None:
            return None
        for name in names:
            self.add(name, space.get(name, WRITTEN.get(name)), space)
        return repr(value)


def _names_of_repr(value: Any, space: dict[str, Any]) -> list[str] | None:
    """The names that the repr of a value uses, if it gives an equal value when it is evaluated; else None."""
    try:
        text = repr(value)
        tree = ast.parse(text, mode="eval")
        anew = eval(compile(tree, "<repr>", "eval"), {**WRITTEN, **vars(builtins), **space})
        equal = type(anew) is type(value) and repr(anew) == text and (bool(anew == value) or text == "nan")
    except Exception:  # most values have a repr that is no program
        return None
    if not equal and not (isinstance(value, torch.nn.Module) and _plain_module(value, anew)):
        return None
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [name for name in names if not hasattr(builtins, name)]


def _plain_module(value: torch.nn.Module, anew: Any) -> bool:
    """Whether a module has no numbers of its own, so that its repr says it all: nn.SiLU(), nn.Softplus(beta=2)."""
    return type(anew) is type(value) and repr(anew) == repr(value) and not value.state_dict()


def _space(value: Any) -> dict[str, Any]:
    """The namespace that a function, or an object with methods, was written in."""
    if isinstance(value, functools.partial):
        return _space(value.func)
    if isinstance(value, MethodType):
        return _space(value.__func__)
    if isinstance(value, FunctionType):
        return inspect.unwrap(value).__globals__
    methods = [item for item in vars(type(value)).values() if isinstance(item, FunctionType)]
    return methods[0].__globals__ if methods else {}


def _source(name: str, value: Any) -> str:
    try:
        if isinstance(value, type):
            return _class_source(value)
        if value.__name__ == "<lambda>":
            return _lambda_source(value.__code__)
        source = textwrap.dedent(inspect.getsource(value)).rstrip()
    except (OSError, TypeError, StopIteration, SyntaxError):
        raise CannotKeep(f"the source of {name!r} can't be found; write it with `def` in a cell of its own") from None
    if not source.startswith(("def ", "class ", "@", "async def ")):
        raise CannotKeep(f"{name!r} is not written with `def`; do that, in a cell of its own")
    return source


def _lambda_source(code: CodeType) -> str:
    """The source of a lambda: the one of those that begin in its line that uses the same names and constants."""
    text, found = "".join(linecache.getlines(code.co_filename)), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            source = f"({ast.unparse(node)})"
            *_, own = (item for item in compile(source, "<lambda>", "eval").co_consts if isinstance(item, CodeType))
            if _uses(own) == _uses(code):  # the last one: lambdas that are its defaults come before it
                found.add(source)
    if len(found) != 1:
        raise StopIteration
    return found.pop()


def _uses(code: CodeType) -> tuple[Any, ...]:
    constants = [_uses(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return code.co_names, code.co_varnames, constants


def _class_source(value: type) -> str:
    """The source of a class of a notebook (`inspect` looks for a module's file): the last one of that name."""
    own = [item.__code__.co_filename for item in vars(value).values() if isinstance(item, FunctionType)]
    for filename in [*own, *reversed(list(linecache.cache))]:
        lines = linecache.getlines(filename)
        for node in _statements(lines):
            if isinstance(node, ast.ClassDef) and node.name == value.__name__:
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                return "".join(lines[first - 1 : node.end_lineno]).rstrip()
    raise StopIteration


def _statements(lines: list[str]) -> list[ast.stmt]:
    try:
        return ast.parse("".join(lines)).body
    except SyntaxError:  # a cell with a magic command
        return []


def _needs(source: str, space: dict[str, Any]) -> list[tuple[str, Any]]:
    """The global names that a source reads, with their values, in the order of their appearance."""
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
            raise CannotKeep(f"{name!r} is the notebook itself; use the names without it")
        return f"import {value.__name__} as {name}"
    module, attribute = getattr(value, "__module__", None), getattr(value, "__name__", name)
    if module == "__main__":
        return None
    for home in (module, *HOMES):
        if isinstance(home, str) and _found_in(home, attribute) is value:
            return f"from {home} import {attribute} as {name}"
    return None


def _found_in(module: str, attribute: str) -> Any:
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except (ImportError, ValueError):
        return None
