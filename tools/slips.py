"""What a check says to each answer that is one slip away from the reference.

    python tools/slips.py 04                 every exercise of a chapter
    python tools/slips.py 04.euler --all     one exercise, those with a name of their own, too

A slip is one place of the reference written otherwise: an operator, a constant, an axis or an index, a factor or a
function left out, two arguments exchanged. Each is judged. A slip that passes is either as good as the reference, or
the cases miss it; one that no mistake of the exercise explains may deserve a name, if a learner would make it.
"""

import argparse
import ast
import copy
import inspect
import linecache
import sys
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from mutate import Mutant, mutants

from lite_mamba.course.chapters import exercise, exercises
from lite_mamba.course.checking.exercise import Exercise
from lite_mamba.course.checking.trial import Verdict, judge

RELATIVES = {  # what is taken for what
    "exp": ("expm1", "exp2"),
    "expm1": ("exp",),
    "log": ("log2", "log1p"),
    "softplus": ("relu", "sigmoid"),
    "sigmoid": ("tanh",),
    "silu": ("sigmoid", "relu"),
    "cumsum": ("cumprod", "sum"),
    "cumprod": ("cumsum", "prod"),
    "sum": ("mean", "prod"),
    "mean": ("sum",),
    "max": ("min", "sum"),
    "min": ("max",),
    "ceil": ("floor",),
    "floor": ("ceil",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "stack": ("cat",),
    "cat": ("stack",),
}


def slips(source: str) -> list[Mutant]:
    """Every slip of a function's source, each text once, in the order of its lines."""
    tree = ast.parse(source)
    notes = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    skipped = {id(part) for note in notes if note is not None for part in ast.walk(note)}
    found = mutants(source)
    found += [slip for node in ast.walk(tree) if id(node) not in skipped for slip in _slips(node)]
    texts = {slip.apply(source): slip for slip in found}
    texts.pop(source, None)
    return sorted(texts.values(), key=lambda slip: (slip.node.lineno, slip.node.col_offset, slip.text))


def _slips(node: ast.AST) -> Iterator[Mutant]:
    def swapped(new: ast.expr) -> Mutant:
        return Mutant(node, f"({ast.unparse(new)})")

    match node:
        case ast.BinOp(left, op, right):
            yield swapped(left)
            yield swapped(right)
            if not isinstance(op, (ast.Add, ast.Mult)):
                yield swapped(ast.BinOp(right, op, left))
        case ast.Constant(int(value)) if not isinstance(value, bool):
            yield Mutant(node, str(value - 1))
            yield Mutant(node, str(-value))
        case ast.Call(function, arguments, keywords):
            yield from map(swapped, _calls(node, function, arguments, keywords))
        case ast.Attribute(value, "T" | "mT"):
            yield swapped(value)
        case ast.Subscript(value, index) if isinstance(node.ctx, ast.Load):
            yield from (swapped(ast.Subscript(value, new, node.ctx)) for new in _indices(index))
        case ast.Tuple([first, second]) if isinstance(node.ctx, ast.Load):
            yield swapped(ast.Tuple([second, first], node.ctx))
        case ast.For(_, iterated):
            yield Mutant(iterated, f"reversed(list({ast.unparse(iterated)}))")
            yield Mutant(iterated, f"list({ast.unparse(iterated)})[1:]")
            yield Mutant(iterated, f"list({ast.unparse(iterated)})[:-1]")
        case ast.AugAssign(target, _, value):
            yield Mutant(node, f"{ast.unparse(target)} = {ast.unparse(value)}")


def _calls(call: ast.Call, function: ast.expr, arguments: list, keywords: list) -> Iterator[ast.expr]:
    """The call left out, with arguments exchanged or left out, or of a function that is taken for this one."""
    if isinstance(function, ast.Attribute) and not isinstance(function.value, ast.Name):
        yield function.value
    elif isinstance(function, ast.Attribute):
        yield from [function.value] if function.value.id not in ("torch", "F", "math", "np", "nn") else []
    if arguments:
        yield arguments[0]
    for i in range(len(arguments) - 1):
        yield ast.Call(function, [*arguments[:i], arguments[i + 1], arguments[i], *arguments[i + 2 :]], keywords)
    for i in range(len(keywords)):
        yield ast.Call(function, arguments, keywords[:i] + keywords[i + 1 :])
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    for other in RELATIVES.get(name, ()):
        new = copy.copy(function)
        setattr(new, "attr" if isinstance(function, ast.Attribute) else "id", other)
        yield ast.Call(new, arguments, keywords)


def _indices(index: ast.expr) -> Iterator[ast.expr]:
    """One place before or after; a slice without an end, or with one that is a place off."""

    def moved(place: ast.expr) -> Iterator[ast.expr]:
        yield ast.BinOp(place, ast.Add(), ast.Constant(1))
        yield ast.BinOp(place, ast.Sub(), ast.Constant(1))

    match index:
        case ast.Slice(lower, upper, step):
            if lower:
                yield from (ast.Slice(new, upper, step) for new in (None, *moved(lower)))
            if upper:
                yield from (ast.Slice(lower, new, step) for new in (None, *moved(upper)))
        case ast.Name() | ast.BinOp():
            yield from moved(index)
        case ast.Tuple(parts):
            for i, part in enumerate(parts):
                for new in _indices(part):
                    yield ast.Tuple([*parts[:i], new, *parts[i + 1 :]], ast.Load())


def answers(reference: Callable[..., Any]) -> Iterator[tuple[Mutant, Callable[..., Any]]]:
    """Each slip of a function with the function that has it. Python must be able to read the slip."""
    source = textwrap.dedent(inspect.getsource(reference))
    warnings.simplefilter("ignore", SyntaxWarning)  # a slip may well look odd
    for number, slip in enumerate(slips(source)):
        changed, filename = slip.apply(source), f"<{reference.__name__}, slip {number}>"
        try:
            code = compile(changed, filename, "exec")
        except SyntaxError:
            continue
        linecache.cache[filename] = (len(changed), None, changed.splitlines(keepends=True), filename)
        space = dict(reference.__globals__)
        exec(code, space)
        yield slip, space[reference.__name__]


def kind(exercise: Exercise, verdict: Verdict) -> str:
    """How a verdict names an answer: "passes", "own name", "general name", "no name", "endless" or "not attempted"."""
    if verdict.kind in ("right", "endless", "not attempted"):
        return "passes" if verdict.kind == "right" else verdict.kind
    if verdict.misconception is None:
        return "no name"
    return "own name" if verdict.misconception in exercise.misconceptions else "general name"


def report(exercise: Exercise, everything: bool) -> None:
    """Print what the check says to each slip of an exercise's reference."""
    counts: Counter[str] = Counter()
    for slip, answer in answers(exercise.reference):
        verdict = judge(exercise, answer, quiet=True)
        found = kind(exercise, verdict)
        counts[found] += 1
        if everything or found != "own name":
            name = f" “{verdict.misconception.name}”" if verdict.misconception else ""
            print(f"  {found}: {slip}{name}", flush=True)
    print(f"{exercise.id}: " + ", ".join(f"{count} {found}" for found, count in counts.most_common()), flush=True)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", help="chapters (04) or exercises (04.euler)")
    parser.add_argument("--all", action="store_true", help="print slips with a name of their own, too")
    options = parser.parse_args(words)
    for place in options.places:
        for each in [exercise(place)] if "." in place else exercises(place):
            report(each, options.all)


if __name__ == "__main__":
    main(sys.argv[1:])
