"""Break a module in one place at a time, and see whether the tests notice.

    python tools/mutate.py lite_mamba/segments.py -- tests/test_segments.py -x
    python tools/mutate.py lite_mamba/selective_scan/*.py --most 100 --seed 1 -- tests/test_selective_scan.py

Each mutant changes one operator, constant, branch or statement, in a temporary copy of the project. A mutant that
passes the tests has *survived*: either a test is missing, or the line does nothing. The words after `--` go to pytest.

A process that has loaded the heavy libraries once is forked for each mutant, so this runs where `fork` exists. The
tests run with CI=true, for which hypothesis draws the same examples every time.
"""

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PRELOADED = ("pytest", "numpy", "torch", "hypothesis.strategies", "einops")
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the node that is replaced, and the text that takes its place."""

    node: ast.expr | ast.stmt
    text: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:60] for text in (ast.unparse(self.node), self.text))
        return f"{self.node.lineno}: {old}  →  {new}"

    def apply(self, source: str) -> str:
        lines = source.encode().splitlines(keepends=True)  # the columns of `ast` count bytes
        node = self.node
        before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
        after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
        return (before + self.text.encode() + after).decode()


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines; annotations, strings and docstrings stay."""
    tree = ast.parse(source)
    notes = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    skipped = {id(part) for note in notes if note is not None for part in ast.walk(note)}
    found = [change for node in ast.walk(tree) if id(node) not in skipped for change in _changes(node)]
    return sorted(found, key=lambda mutant: (mutant.node.lineno, mutant.node.col_offset, mutant.text))


def _changes(node: ast.AST) -> Iterator[Mutant]:
    def swapped(new: ast.expr) -> Mutant:
        return Mutant(node, f"({ast.unparse(new)})")

    match node:
        case ast.Compare(left, [op], right):
            yield swapped(ast.Compare(left, [COMPARISONS[type(op)]()], right))
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield swapped(ast.BinOp(left, ARITHMETIC[type(op)](), right))
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield swapped(operand)
        case ast.BoolOp(op, values):
            yield swapped(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
        case ast.IfExp(_, body, orelse):
            yield swapped(body)
            yield swapped(orelse)
        case ast.If(test):
            yield Mutant(test, "True")
            yield Mutant(test, "False")
        case ast.Constant(bool(value)):
            yield Mutant(node, str(not value))
        case ast.Constant(int(value) | float(value)):
            yield Mutant(node, str(value + 1))
        case ast.Expr(ast.Call()) | ast.AugAssign():
            yield Mutant(node, "pass")
        case ast.Return(ast.expr() as value) if ast.unparse(value) != "None":
            yield Mutant(node, "return None")


class Trials:
    """Runs of the tests in a copy of the project.

    Args:
        copy: the copy's folder.
        pytest_args: what pytest is told.
    """

    def __init__(self, copy: Path, pytest_args: list[str]):
        self.copy, self.pytest_args = copy, pytest_args
        os.environ.update(CI="true", PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
        sys.path.insert(0, str(copy))
        sys.dont_write_bytecode = True
        for name in PRELOADED:
            with suppress(ImportError):
                importlib.import_module(name)

    def survives(self, module: str, source: str, limit: int = 0) -> bool:
        """Whether the tests pass, in `limit` seconds if it is not 0, with this source of a module."""
        path = self.copy / module
        original = path.read_text("utf-8")
        path.write_text(source, "utf-8")
        child = os.fork()
        if child == 0:
            self._run(limit)
        _, status = os.waitpid(child, 0)
        path.write_text(original, "utf-8")
        return status == 0

    def _run(self, limit: int) -> None:
        import pytest

        signal.alarm(limit)  # the signal ends the process
        os.chdir(self.copy)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *self.pytest_args])))


def copy_project(target: Path) -> None:
    """Copy what git knows, or would add, from the current folder."""
    listing = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], capture_output=True, check=True)
    for name in filter(None, listing.stdout.decode().split("\0")):
        if Path(name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, target / name)


def main(words: list[str]) -> None:
    words, pytest_args = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+", help="files to change, from the project's root")
    parser.add_argument("--most", type=int, help="try so many mutants of a module at most, a random sample")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument("--limit", type=int, help="seconds for one run; default: 10 and twice those of the right code")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy_project(Path(folder))
        trials = Trials(Path(folder), pytest_args)
        start = time.monotonic()
        if not trials.survives(options.modules[0], Path(options.modules[0]).read_text("utf-8")):
            sys.exit("The tests fail on the code as it is; see with: pytest " + " ".join(pytest_args))
        limit = options.limit or 10 + 2 * int(time.monotonic() - start)
        for module in options.modules:
            try_module(trials, module, limit, options.most, options.seed)


def try_module(trials: Trials, module: str, limit: int, most: int | None, seed: int) -> None:
    source = Path(module).read_text("utf-8")
    every = mutants(source)
    count = len(every) if most is None else min(most, len(every))
    survived = 0
    for i in sorted(random.Random(seed).sample(range(len(every)), count)):
        survives = trials.survives(module, every[i].apply(source), limit)
        survived += survives
        print(f"{'SURVIVED' if survives else 'killed  '} {module}:{every[i]}", flush=True)
    print(f"{module}: {count} of {len(every)} mutants tried, {survived} survived", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
