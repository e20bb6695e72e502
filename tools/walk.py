"""Walk through the notebooks as a learner whose right answers are others than the reference, and see every cell run.

    python tools/walk.py                  every notebook, each exercise with the first right answer that its tests hold
    python tools/walk.py 04 07 --nth 3    two of them, with the fourth ones; after the last one it begins again

What a check calls right, every later cell must bear. A stumble is a cell that raises, or an answer that the check does
not call right. Beside the seconds of a notebook stand those of its slowest cell.
"""

import argparse
import ast
import contextlib
import io
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from lite_mamba.course import chapters

ROOT = Path(__file__).resolve().parent.parent
TOO_SLOW = {  # right, and told so by the task: a later cell gives them 20 000 tokens
    "gated_state: a table",
    "gated_state: recursion",
}
Answers = dict[str, list[tuple[str, Callable]]]  # the right answers of each exercise, by its id, each with its title


def right_answers(chapter: str) -> Answers:
    """What the tests of a chapter hold for right."""
    sys.path[:0] = [entry for entry in (str(ROOT), str(ROOT / "tests")) if entry not in sys.path]
    tests = import_module(f"tests.chapters.{chapters.folders()[chapter]}.test_answers")
    found: Answers = {}
    for mark in tests.test_an_answer_gets_its_verdict.pytestmark:
        for row in mark.args[1]:
            id, answer, expected = row.values
            if expected == "right" and row.id not in TOO_SLOW:
                found.setdefault(id, []).append((row.id, answer))
    return found


def walk(chapter: str, nth: int, answers: Answers | None = None) -> Iterator[str]:
    """Run all cells of a notebook, each exercise with the nth of its answers: a line for each stumble."""
    answers = right_answers(chapter) if answers is None else answers
    notebook = ROOT / "notebooks" / f"{chapters.folders()[chapter].removeprefix('ch')}.ipynb"
    times = {}
    with a_learner_in(notebook.parent) as shell:
        for number, cell in enumerate(json.loads(notebook.read_text("utf-8"))["cells"]):
            if cell["cell_type"] != "code":
                continue
            source, given = "".join(cell["source"]), ""
            if "exercise" in cell["metadata"].get("tags", []) and (check := checked(source)) and check[1] in answers:
                name, id = check
                given, answer = answers[id][nth % len(answers[id])]
                shell.user_ns[name] = answer
                source = without_function(source, name)
            silent, began = io.StringIO(), time.monotonic()
            with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
                ran = shell.run_cell(source)
            times[number] = time.monotonic() - began
            if error := ran.error_in_exec or ran.error_before_exec:
                yield f"{notebook.stem} [{number}] {type(error).__name__}: {str(error)[:200]}  {given}"
            elif given and shell.user_ns[name] is not answer:  # the reference stands in for it
                yield f"{notebook.stem} [{number}] is not called right: {given}"
    slowest = max(times, key=times.get)
    print(f"{chapter} in {sum(times.values()):.0f} s, [{slowest}] in {times[slowest]:.0f} s", flush=True)


def checked(source: str) -> tuple[str, str] | None:
    """The function that a cell checks, and the exercise's id."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.check":
            return ast.unparse(node.args[1]), ast.literal_eval(node.args[0])
    return None


def without_function(source: str, name: str) -> str:
    """A stub's cell without the function that is to be written."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == name)]
    return ast.unparse(tree)


@contextlib.contextmanager
def a_learner_in(folder: Path) -> Iterator[InteractiveShell]:
    """The Python of somebody who stands in a folder and has solved and guessed nothing; all is put back at the end."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    place, before = Path.cwd(), dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="lite-mamba-walk-") as home:
        os.environ["LITE_MAMBA_HOME"] = home
        os.chdir(folder)
        try:
            yield shell
        finally:
            shell.reset(new_session=False)
            os.chdir(place)
            os.environ.clear()
            os.environ.update(before)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="01 05 …; without a word all")
    parser.add_argument("--nth", type=int, default=0, help="which of an exercise's right answers, counted from 0")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    stumbles = 0
    for chapter in options.chapters or chapters.chapters():
        for stumble in walk(chapter, options.nth):
            stumbles += 1
            print(stumble, flush=True)
    sys.exit(bool(stumbles))


if __name__ == "__main__":
    main()
