"""`collect`: run a notebook's cells in this process, and keep what they would show.

    for cell in collect("notebooks/02_dilation_and_receptive_field.ipynb"):
        for thing in cell.shown:
            ...

A lecture and a static page draw the pictures of a notebook without the notebook's page. So the three functions that
show something alive, `course.explore`, `course.predict` and `course.answers`, hand over their objects here instead:

    Exploration   of `course.explore`: the figure, its controls, their starting values, `set(…)` for a frame
    Asked         of `course.predict`: the question, and what its `reveal` said
    Answered      of `course.answers`: the folded answers, with the settings at which each shows
    LiveFigure    of a cell whose last line is a figure: a still picture

`course.mine` gives the reference, and says nothing of it.

The cells run as a learner with no history would run them: references stand in for exercises, and nothing is read from
or written to the learner's own state.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lite_mamba import course

from ..drawing.base import LiveFigure
from ..page.answers import Answer
from ..page.explore import Exploration
from ..page.predict import Scale, scale_of

__all__ = ["Answered", "Asked", "Cell", "collect"]


@dataclass
class Asked:
    """A prediction: the question with its choices or its range, and the answer, once its cell has run."""

    question: str
    choices: tuple[str, ...]
    scale: Scale | None
    truth: str | float | None = None
    because: str = ""
    working: tuple[str, ...] = ()
    picture: LiveFigure | None = None

    def reveal(
        self, truth: Any, because: str = "", working: Sequence[str] = (), picture: LiveFigure | None = None
    ) -> None:
        """Keeps the answer; the notebook calls it where the learner would see it."""
        self.truth = str(truth) if self.scale is None else float(truth)
        self.because, self.working, self.picture = because, tuple(working), picture


@dataclass
class Answered:
    """The answers to the questions above a picture, in their order."""

    exploration: Exploration
    given: tuple[Answer, ...]


@dataclass
class Cell:
    """One cell of a notebook after its run.

    Attributes:
        id: the cell's id, which stays when the notebook is edited.
        kind: "markdown" or "code".
        source: its text.
        tags: its tags, such as "explore" or "exercise".
        shown: what it made, in order.
        printed: what it printed, the texts of its cards included.
    """

    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    shown: list[Exploration | Asked | Answered | LiveFigure] = field(default_factory=list)
    printed: str = ""


def collect(notebook: str | Path, leave_out: Collection[str] = ()) -> list[Cell]:
    """Runs a notebook from top to bottom; cells with the tag "solution" are read and not run.

    The pictures are not drawn yet: `exploration.set(**values)` gives a frame, `figure.picture()` a still.

    Args:
        notebook: path of the .ipynb file.
        leave_out: ids of further cells that are not run, since they take long and nobody needs what they make.

    Returns:
        Every cell, in order, with what it made.

    Raises:
        RuntimeError: a cell raised; the message names notebook and cell.
    """
    path = Path(notebook)
    cells = [
        Cell(one["id"], one["cell_type"], "".join(one["source"]), tuple(one["metadata"].get("tags", ())))
        for one in json.loads(path.read_text("utf-8"))["cells"]
    ]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with _no_history(), _handing_over() as made:
        for cell in cells:
            if cell.kind == "code" and "solution" not in cell.tags and cell.id not in leave_out:
                _run(cell, f"{path.stem}, cell {cell.id}", namespace, made)
    return cells


def _run(cell: Cell, place: str, namespace: dict[str, Any], made: list) -> None:
    """Runs one cell as a notebook would: a figure in its last line is shown."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            last = _execute(cell.source, f"<{place}>", namespace)
    except Exception as error:
        raise RuntimeError(f"{place} raised {type(error).__name__}: {error}") from error
    if isinstance(last, LiveFigure):
        made.append(last)
    cell.shown, cell.printed = made[:], printed.getvalue()
    made.clear()


def _execute(source: str, filename: str, namespace: dict[str, Any]) -> Any:
    """Executes a source; the value of its last line if that is an expression. Tracebacks find the lines."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree = ast.parse(source, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, filename, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), filename, "eval"), namespace) if last else None


@contextlib.contextmanager
def _no_history() -> Iterator[None]:
    """A learner's state of its own, empty, and thrown away."""
    before = {name: os.environ.pop(name, None) for name in ("LITE_MAMBA_HOME", "LITE_MAMBA_ANSWERS")}
    with tempfile.TemporaryDirectory(prefix="lite-mamba-") as home:
        os.environ["LITE_MAMBA_HOME"] = home
        try:
            yield
        finally:
            del os.environ["LITE_MAMBA_HOME"]
            os.environ.update({name: value for name, value in before.items() if value is not None})


@contextlib.contextmanager
def _handing_over() -> Iterator[list]:
    """Lets `course.explore`, `predict` and `answers` put what they make into the list that is given."""
    made: list = []

    def explore(figure, **controls):
        made.append(Exploration(figure, **controls))
        return made[-1]

    def predict(id, question, *, choices=None, low=None, high=None, step=None, unit=""):
        scale = scale_of(id, low, high, step, unit) if choices is None else None
        made.append(Asked(question, tuple(map(str, choices or ())), scale))
        return made[-1]

    def answers(exploration, *given):
        made.append(Answered(exploration, given))

    def mine(id):
        with contextlib.redirect_stdout(io.StringIO()):  # whose it is: nobody here has written one
            return real["mine"](id)

    standing_in = {"explore": explore, "predict": predict, "answers": answers, "mine": mine}
    real = {name: getattr(course, name) for name in standing_in}
    vars(course).update(standing_in)
    try:
        yield made
    finally:
        vars(course).update(real)
