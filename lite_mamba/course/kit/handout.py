"""Writes a folder to give out: the course without solutions and answers; and a solved copy for the instructor.

students/ (and students.zip) is a project of its own, with the package and the same commands. instructor/ holds the
notebooks with each solution in the place of its stub. How much a student can find all the same stands in README.md.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lite_mamba
import lite_mamba_jupyter

from ..page.packed import pack
from .working_copy import Stop, root, whole_course, without_outputs

Cell = dict[str, Any]

LADDER = ("Where to look", "What to use", "All but the last step")
HINTS = {"none": 0, "first": 1, "all": len(LADDER)}  # how many of them a handout keeps
FOLD = re.compile(r"\n*<details[^>]*>\s*<summary>(.*?)</summary>.*?</details>\n*", re.S)
SOLUTION = re.compile(r"\n*^\*\*Solution\*\*.*$\n*", re.M)
ANSWER = "One answer"

# What notebook 00 says of the folds, and what it says in a handout.
LATER = "a hint that you open after some thought is worth more."
FOLDS_OF_THE_COURSE = (
    "Under each exercise are three hints and a solution, folded, and under each figure the answers to its questions. "
    f"Open them when you want: {LATER}"
)
WITHOUT = "Solutions, and the answers to the questions above a figure, are not in this copy."
FOLDS_OF_A_HANDOUT = {
    "none": f"Hints are not in this copy. {WITHOUT}",
    "first": f"Under each exercise is a hint, folded. Open it when you want: {LATER} {WITHOUT}",
    "all": f"Under each exercise are three hints, folded. Open them when you want: {LATER} {WITHOUT}",
}

NOT_HANDED_OUT = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*")


def source(cell: Cell) -> str:
    """The text of a cell, which a notebook keeps as one string or as a list of lines."""
    return "".join(cell["source"])


def tagged(cell: Cell, tag: str) -> bool:
    return tag in cell["metadata"].get("tags", [])


def edited_cells(notebook: dict[str, Any], edit: Callable[[Cell], str | None]) -> dict[str, Any]:
    """A copy without outputs, each cell with the text that `edit` gives; without text, the cell is left out."""
    new = without_outputs(copy.deepcopy(notebook))
    texts = [(cell, edit(cell)) for cell in new["cells"]]
    new["cells"] = [{**cell, "source": text} for cell, text in texts if text and text.strip()]
    return new


def handed_out(notebook: dict[str, Any], hints: str) -> dict[str, Any]:
    """A notebook for students: no solution, no answer to a figure, reveals packed, as many hints as wanted."""

    def edit(cell: Cell) -> str | None:
        if tagged(cell, "solution") or tagged(cell, "answers"):
            return None
        text = source(cell)
        if tagged(cell, "reveal"):
            return f'course.reveal("{pack(text)}")  # the answer, once you have committed your guess'
        return folds_left(text, hints) if cell["cell_type"] == "markdown" else text

    return edited_cells(notebook, edit)


def folds_left(text: str, hints: str) -> str:
    """Markdown without the folds that a handout leaves out, and without a word about them."""
    left_out = {*LADDER[HINTS[hints] :], ANSWER}
    text = FOLD.sub(lambda fold: "\n\n" if fold[1].strip() in left_out else fold[0], text)
    text = SOLUTION.sub("\n\n", text).replace(FOLDS_OF_THE_COURSE, FOLDS_OF_A_HANDOUT[hints])
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def solved(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook for the instructor: everything that the original holds, and each stub replaced by its solution."""
    solutions = {checked(cell): source(cell) for cell in notebook["cells"] if tagged(cell, "solution")}

    def edit(cell: Cell) -> str | None:
        if tagged(cell, "exercise"):
            return filled_in(source(cell), solutions[checked(cell)])
        return None if tagged(cell, "solution") else SOLUTION.sub("", source(cell))

    return edited_cells(notebook, edit)


def checked(cell: Cell) -> str:
    """The id of the exercise that a cell checks or verifies."""
    for node in ast.walk(ast.parse(source(cell))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("check", "verify"):
            return str(ast.literal_eval(node.args[0]))
    raise ValueError(f"no exercise is checked in: {source(cell)}")


def filled_in(stub: str, solution: str) -> str:
    """The stub's cell with the solution in the place of its function."""
    name = next(node.name for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef))
    program = re.sub(rf"\b{name}_solution\b", name, _without(solution, lambda node: isinstance(node, ast.Expr)))
    rest = _without(stub, lambda node: isinstance(node, ast.FunctionDef) and node.name == name)
    return re.sub(r"\n{4,}", "\n\n\n", f"{program.strip()}\n\n\n{rest.strip()}")


def _without(program: str, unwanted: Callable[[ast.stmt], bool]) -> str:
    """A program without some of its statements at top level."""
    lines = program.split("\n")
    for node in reversed(ast.parse(program).body):
        if unwanted(node):
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
            del lines[first - 1 : node.end_lineno]
    return "\n".join(lines)


def write_students(target: Path, hints: str) -> None:
    """The students' project: package, notebooks, versions, and how to start."""
    for package in (lite_mamba, lite_mamba_jupyter):
        folder = Path(package.__file__ or "").parent
        shutil.copytree(folder, target / folder.name, ignore=NOT_HANDED_OUT)
    for name in ("pyproject.toml", "constraints.txt", "LICENSE"):
        shutil.copy2(root() / name, target / name)
    shutil.copy2(Path(__file__).with_name("handout.md"), target / "README.md")
    write(target / "notebooks", lambda notebook: handed_out(notebook, hints))


def write(target: Path, edition: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """All notebooks in an edition."""
    target.mkdir(parents=True)
    for original in sorted((root() / "notebooks").glob("*.ipynb")):
        notebook = edition(json.loads(original.read_text("utf-8")))
        (target / original.name).write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m lite_mamba.course handout", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument(
        "--hints", choices=HINTS, default="first", help="how many of an exercise's hints students get (default: first)"
    )
    options = parser.parse_args(arguments)
    whole_course()
    students, instructor = options.folder / "students", options.folder / "instructor"
    archive = options.folder / "students.zip"
    if students.exists() or instructor.exists() or archive.exists():
        raise Stop(f"There is a handout in {options.folder} already, and it stays as it is. Name a new folder.")
    try:
        write_students(students, options.hints)
        write(instructor, solved)
        shutil.make_archive(str(students), "zip", options.folder, students.name)
    except (OSError, KeyboardInterrupt) as error:  # half a handout would stand in the way of the next
        for half in (students, instructor):
            shutil.rmtree(half, ignore_errors=True)
        with contextlib.suppress(OSError):  # not there, or no folder that it could be in
            archive.unlink()
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Stop(f"The handout can't be written to {options.folder} ({error.strerror or error}).") from error
    print(f"{students}: to give out, also as {students}.zip\n{instructor}: solved, to keep")
