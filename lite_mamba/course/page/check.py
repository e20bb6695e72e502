"""Checks a learner's function and says, in one of six ways, how it stands.

Right; "this is *X*", a known misconception or a general mistake by name; wrong, with a small failing example; it
raised, with the learner's own line; it does not come to an end; not attempted. In the last five the reference stands
in, and the card says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..chapters import chapters, exercise, exercises
from ..checking.compare import Remark, difference
from ..checking.errors import InALargerCase, own_line, raised_by_check, said, words_of
from ..checking.exercise import Exercise, Misconception
from ..checking.limit import Endless
from ..checking.running import SECONDS, Example, tolerance
from ..checking.source import CannotKeep, program, rebuild
from ..checking.tables import has_tensor, shape_words, table
from ..checking.trial import Verdict, judge
from . import state
from .cards import Card, show

Function = Callable[..., Any]

_standing: dict[str, Function] = {}  # exercise id -> the function that stands in this session

MISCALLED = re.compile(r"[\w.<>]+\(\) (takes|missing|got)")  # Python's words when arguments don't fit

SHORT = 60  # a value is written as Python writes it only if it has no more signs than this
FEW_PARTS = 4  # a result with more named parts shows only those that differ

STANDS_IN = "The reference stands in, so that the cells below work."
RUN_STUB = "An earlier check put it in the place of your function. Define your function again, then check it."


def check(id: str, function: Function) -> Function:
    """Checks a function, shows the verdict, and returns the function that stands from now on.

    Args:
        id: the exercise, for example "01.causal_conv_loop".
        function: the learner's function. It gets copies of the inputs; global random states stay untouched.

    Returns:
        The learner's function if it is right, else the reference. `course.whose` tells which.

    Raises:
        ValueError: there is no such exercise; the message names close matches.
        TypeError: what was given is not a function.

    A right function is kept with the progress, so that `course.mine(id)` gives it in another notebook.
    """
    found = exercise(id)
    if function is found.reference:
        show(Card("open", f"{id}: this is the reference", [RUN_STUB]).bundle())
        return function
    verdict = _judge(found, function)
    if verdict.kind == "right":
        kept = _keep(found, function)
        _standing[id] = function
        tests = f"right on all {verdict.trials} cases"
        show(Card("good", f"{id}: {tests}", ["Your function stands from here on."], after=kept).bundle())
        return function
    _record_attempt(found, verdict)
    _standing[id] = found.reference
    show(card(found, verdict).bundle())
    return found.reference


def verify(id: str, function: Function) -> None:
    """Runs the same check on a folded solution: records nothing, rebinds nothing.

    Prints one line. Raises an AssertionError with the check's words if the solution is not right.
    """
    found = exercise(id)
    verdict = _judge(found, function)
    assert verdict.kind == "right", card(found, verdict).text()
    print(f"solution of {id}: right")


def mine(id: str) -> Function:
    """The learner's kept function for an exercise of another notebook, checked again; else the reference.

    Says in one line which of the two it is.
    """
    found = exercise(id)
    function, reason = _rebuilt(found)
    _standing[id] = function
    whose_it_is = "your function" if function is not found.reference else f"the reference's ({reason})"
    print(f"{id}: {whose_it_is}")
    return function


def owner(function: Function) -> str:
    """ "yours" or "the reference's" for a function that stands in this session, else "": a figure asks it."""
    function = getattr(function, "func", function)  # functools.partial
    standing = [id for id, found in _standing.items() if found is function]
    return whose(standing[0]) if standing else ""


def whose(id_or_function: str | Function) -> str:
    """ "yours" or "the reference's", for an exercise id or for a function that `check` or `mine` returned."""
    if isinstance(id_or_function, str):
        found = exercise(id_or_function)
        function = _standing.get(found.id, found.reference)
        return "the reference's" if function is found.reference else "yours"
    function = getattr(id_or_function, "func", id_or_function)  # functools.partial
    references = (found.reference for chapter in chapters() for found in exercises(chapter))
    return "the reference's" if any(function is reference for reference in references) else "yours"


def card(found: Exercise, verdict: Verdict) -> Card:
    """The card for a verdict that is not "right"."""
    if verdict.kind == "not attempted":
        return Card("open", f"{found.id}: not attempted yet", [STANDS_IN])
    example = verdict.example
    if verdict.kind == "misconception":
        known = verdict.misconception in found.misconceptions
        says = [*_left_lines(example), *verdict.relations] if known else _wrong_lines(verdict, found.items)
        lines = [verdict.misconception.message, *says] if known else [*says, verdict.misconception.message]
        return _example_card("close", f"{found.id}: this is “{verdict.misconception.name}”", lines, found, example)
    if verdict.kind == "raised" and raised_by_check(example.raised):  # no line of the answer did: what came is wrong
        lines = [_sentence(words_of(example.raised), found.items)]
        return _example_card("bad", f"{found.id}: wrong", lines, found, example)
    if verdict.kind == "raised":
        name = f": “{verdict.misconception.name}”" if verdict.misconception else ""
        return _example_card("bad", f"{found.id}: it raised{name}", _error_lines(verdict), found, example)
    if verdict.kind == "endless":
        return _example_card("bad", f"{found.id}: it does not come to an end", _endless_lines(example), found, example)
    return _example_card("bad", f"{found.id}: wrong", _wrong_lines(verdict, found.items), found, example)


def _judge(found: Exercise, function: Function) -> Verdict:
    if function is None or function is Ellipsis:
        return Verdict("not attempted")
    if not callable(function):
        raise TypeError(f"check({found.id!r}, …) wants a function; it was given a {type(function).__name__}")
    return judge(found, function)


def _wrong_lines(verdict: Verdict, names: Sequence[str]) -> list[str]:
    example, lines = verdict.example, _left_lines(verdict.example)
    if example.difference:
        lines.append(_sentence(example.difference.words, names))
    if example.raised is None and example.got.value is None and example.expected.value is not None:
        lines.append("Does every way through your function end with `return`?")
    return [*lines, *verdict.relations]


def _left_lines(example: Example) -> list[str]:
    """What a call left behind for the code after it."""
    inputs = " and ".join(f"`{name}`" for name in example.got.changed)
    changed = [f"It changes its input {inputs} in place. Work on a copy, or build a new one."] if inputs else []
    return [*changed, *(f"It leaves {setting} for all code that runs after it." for setting in example.got.left)]


def _endless_lines(example: Example) -> list[str]:
    line = own_line(example.raised)
    where = f", in line {line[1]} of your code: {line[2]}" if line else "."
    return [f"It was stopped after {SECONDS:.0f} seconds{where}", "Which condition ends the loop, and when is it met?"]


def _example_card(tone: str, headline: str, lines: list[str], found: Exercise, example: Example) -> Card:
    expected, got, names = _parts_to_show(found, example)
    case = "A small case that fails:"
    rows = [*_shape_rows(example, expected, got), *((name, table(value)) for name, value in example.case.items())]
    wanted, given = _told_apart(expected, got, names)
    if example.expected.error is None:
        rows.append(("expected", wanted))
    if example.raised is None:
        rows.append(("got", given))
        if tone == "close" and example.difference and table(got, names) == table(expected, names):
            hidden = _sentence(example.difference.words, found.items)  # by the rounding of the tables
            lines = lines if hidden in lines else [*lines, hidden]
    elif isinstance(example.raised, InALargerCase):
        lines, case = [*lines, _sentence(words_of(example.raised), found.items)], "The case that comes out right:"
    elif isinstance(example.raised, Endless):
        case = "The case:"
    elif tone == "close" and words_of(example.raised):
        raised = example.raised
        rows.append(("got", words_of(raised) if raised_by_check(raised) else said(raised)))
    return Card(tone, headline, [*lines, case], rows, [STANDS_IN])


def _told_apart(expected: Any, got: Any, names: Sequence[str]) -> tuple[str, str]:
    """Both as tables; as Python writes them where only so a number differs from the expected one: 9, 9.0, tensor(9)."""
    tables = table(expected, names), table(got, names)
    if tables[0] != tables[1] or has_tensor(expected) or len(repr(got)) > SHORT:
        return tables
    return _as_python(expected), _as_python(got)


def _as_python(value: Any) -> str:
    """As Python writes it; of parts with names, as a table has them, each so."""
    return "\n".join(f"{name}: {part!r}" for name, part in value.items()) if isinstance(value, dict) else repr(value)


def _parts_to_show(found: Exercise, example: Example) -> tuple[Any, Any, Sequence[str]]:
    """What was expected, what came, and the names of the parts.

    Of dicts with many entries those that differ; no property (True or False) that is as expected.
    """
    expected, got = example.expected.value, example.got.value
    if isinstance(expected, tuple) and len(expected) == len(found.items):
        return _without_properties(expected, got, found.items)
    if not isinstance(expected, dict):
        return expected, got, found.items
    alike = isinstance(got, dict) and expected.keys() == got.keys()
    within = tolerance(found, example.case)
    differ = [name for name in expected if alike and difference(expected[name], got[name], within)]
    keep = [name for name in expected if name in differ or not isinstance(expected[name], bool)]
    keep = (differ if len(expected) > FEW_PARTS else keep) or list(expected)
    return {name: expected[name] for name in keep}, {name: got[name] for name in keep} if alike else got, found.items


def _without_properties(expected: tuple, got: Any, names: Sequence[str]) -> tuple[Any, Any, Sequence[str]]:
    """The parts but for the properties that are as expected; a single one stands alone."""
    alike = isinstance(got, tuple) and len(got) == len(expected)
    keep = [i for i, (want, have) in enumerate(zip(expected, got if alike else expected, strict=True))
            if not isinstance(want, bool) or want is not have]  # fmt: skip

    def kept(parts: tuple) -> Any:
        return parts[keep[0]] if len(keep) == 1 else tuple(parts[i] for i in keep)

    return kept(expected), kept(got) if alike else got, [names[i] for i in keep]


def _shape_rows(example: Example, expected: Any, got: Any) -> list[tuple[str, str]]:
    shapes = [f"{name} {shape_words(value)}" for name, value in example.case.items() if has_tensor(value)]
    if example.expected.error is None and has_tensor(expected):
        shapes.append(f"expected {_shapes_of_parts(expected)}")
        if example.raised is None and not isinstance(got, Remark):
            shapes.append(f"got {_shapes_of_parts(got)}")
    return [("shapes", " · ".join(shapes))] if shapes else []


def _shapes_of_parts(value: Any) -> str:
    """The shapes of a result, without the properties (True or False) that stand beside its tensors."""
    if not (isinstance(value, tuple) and has_tensor(value)):
        return shape_words(value)
    parts = tuple(part for part in value if not isinstance(part, bool))
    return shape_words(parts[0] if len(parts) == 1 else parts)


def _error_lines(verdict: Verdict) -> list[str]:
    """What was raised and the learner's own line, without the library's traceback."""
    error = verdict.example.raised
    line = own_line(error)
    if line is None and MISCALLED.match(words_of(error)):
        return [said(error), "It was raised by the call itself: compare your function's parameters with the stub's."]
    if line is None:
        return [
            said(error),
            "None of your lines raised it: compare what your function returns with what the stub says.",
        ]
    hint = [verdict.misconception.message] if verdict.misconception else []
    return [f"Line {line[1]} of your code: {line[2]}", said(error), *verdict.relations, *hint]


def _sentence(words: str, names: Sequence[str]) -> str:
    """The words with a capital letter, unless they start with the name of a part, or with one in code: y is not Y."""
    named = words.startswith(tuple(names)) or re.match(r"\S*\w[._(]\w", words)  # norm.weight, softplus(bias)
    return (words if named else words[:1].upper() + words[1:]) + "."


def _keep(found: Exercise, function: Function) -> list[str]:
    """Records a right function with its program; returns what there is to say about it."""
    name = getattr(function, "__name__", "")
    item, notes = {"verdict": "right", "program": None, "name": name if name.isidentifier() else "answer"}, []
    item |= _met(state.read("check", found.id))
    try:
        item["program"] = _program(found, function, item["name"])
    except CannotKeep as reason:
        notes = [f"It can't be kept for other notebooks: {reason}."]
    state.write("check", found.id, item)
    return notes


def _program(found: Exercise, function: Function, name: str) -> str:
    """The program of a right function, tried out: it must pass on its own, without the notebook."""
    code = program(function, name)
    try:
        alone = judge(found, rebuild(code, name, f"your {found.id}"), quiet=True)
    except Exception as error:
        raise CannotKeep(f"without this notebook it raises {type(error).__name__}") from error
    if alone.kind != "right":
        raise CannotKeep("without this notebook it is not right")
    return code


def _record_attempt(found: Exercise, verdict: Verdict) -> None:
    """Notes an attempt, unless a right function is kept already: that one stays.

    Neither a stub nor the code that a bug hunt gives is an attempt.
    """
    kept, mistake = state.read("check", found.id), verdict.misconception
    as_given = verdict.kind == "not attempted" or (isinstance(mistake, Misconception) and mistake.given)
    if as_given or (kept or {}).get("verdict") == "right":
        return
    name = mistake.name if mistake else None
    state.write("check", found.id, {"verdict": verdict.kind} | _met(kept, name))


def _met(kept: dict[str, Any] | None, name: str | None = None) -> dict[str, list[str]]:
    """The known mistakes that the learner has met in this exercise so far, each once; empty without any."""
    before = (kept or {}).get("met")
    names = [*(before if isinstance(before, list) else []), *([name] if name else [])]
    return {"met": list(dict.fromkeys(map(str, names)))} if names else {}


def _rebuilt(found: Exercise) -> tuple[Function, str]:
    """The kept function if it can be rebuilt and is still right, else the reference with the reason."""
    item = state.read("check", found.id) or {}
    code, name = item.get("program"), item.get("name")
    if item.get("verdict") != "right":
        return found.reference, "yours has not passed its check yet"
    if not isinstance(code, str) or not isinstance(name, str):
        return found.reference, "yours could not be kept"
    try:
        function = rebuild(code, name, f"your {found.id}")
    except Exception as error:
        return found.reference, f"yours can't be rebuilt: {type(error).__name__}"
    if judge(found, function, quiet=True).kind != "right":
        return found.reference, "yours no longer passes its check"
    return function, ""
