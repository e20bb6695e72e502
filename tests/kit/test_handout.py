"""A handout holds no solution and no answer that can be read, no word about a fold that is not there, and it runs;
solved, every check passes."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lite_mamba.course.chapters import chapters, exercises
from lite_mamba.course.kit import handout
from lite_mamba.course.page import packed

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
QUICK = "01_causal_convolution.ipynb"


@pytest.fixture(scope="module", params=handout.HINTS)
def folder(request, tmp_path_factory):
    """A handout with none, the first, or all of the hints."""
    target = tmp_path_factory.mktemp("handout") / request.param
    handout.main([str(target), "--hints", request.param])
    return target


def cells(path):
    """The cells of a notebook; nbformat.read would check each of them, which takes a second."""
    return nbformat.from_dict(nbformat.reader.reads(path.read_text("utf-8"))).cells


def prose(cell):
    """Markdown without its folds and formulas."""
    return re.sub(r"<details.*?</details>|\$[^$]*\$", "", cell.source, flags=re.S)


def test_the_two_editions_hold_every_notebook_without_outputs(folder):
    for edition in (folder / "students" / "notebooks", folder / "instructor"):
        assert sorted(path.name for path in edition.iterdir()) == NAMES
        nbformat.validate(nbformat.read(edition / QUICK, as_version=4))
        assert not any(cell.get("outputs") for path in edition.iterdir() for cell in cells(path))


def test_students_get_no_solution_and_no_answer_that_can_be_read(folder):
    for name in NAMES:
        text = "\n".join(cell.source for cell in cells(folder / "students" / "notebooks" / name))
        for cell in cells(ROOT / "notebooks" / name):
            if set(cell.metadata.get("tags", [])) & {"solution", "answers", "reveal"}:
                assert cell.source not in text
        assert not re.search(r"_solution\b|course\.verify|course\.answers|\.reveal\([^\"]|because=", text)


def test_the_folds_that_are_left_hold_something_and_the_text_names_no_other(folder):
    kept = handout.LADDER[: handout.HINTS[folder.name]]
    for cell in (cell for name in NAMES for cell in cells(folder / "students" / "notebooks" / name)):
        folds = re.findall(r"<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>", cell.source, re.S)
        assert all(body.strip() for _, body in folds)
        assert cell.source.count("<details") == cell.source.count("</details>") == len(folds)
        assert not [summary for summary, _ in folds if summary in {*handout.LADDER, "One answer"} - {*kept}]
        if cell.cell_type == "markdown" and not folds and "Four things come back" not in cell.source:
            words = re.findall(r"\bfold(?:s|ed)?\b|\bhints?\b|\bSolution\b|open the\b.*\bbelow", prose(cell))
            assert not words, f"{words} in: {cell.source}"


def test_the_first_notebook_says_which_folds_there_are(folder):
    text = "\n".join(cell.source for cell in cells(folder / "students" / "notebooks" / NAMES[0]))
    assert handout.FOLDS_OF_A_HANDOUT[folder.name] in text and handout.FOLDS_OF_THE_COURSE not in text


def test_students_get_a_project_that_stands_alone(folder):
    students = folder / "students"
    for name in ("README.md", "pyproject.toml", "constraints.txt", "LICENSE", "lite_mamba_jupyter/__init__.py"):
        assert (students / name).exists()
    assert not list(students.rglob("__pycache__")) and not list(students.rglob("*_solution*"))
    with zipfile.ZipFile(folder / "students.zip") as archive:
        assert f"students/notebooks/{QUICK}" in archive.namelist()


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    target = tmp_path_factory.mktemp("handout") / "given"
    handout.main([str(target)])
    return target / "students"


@pytest.mark.parametrize(
    "command", [["lecture", "--no-browser"], ["handout", "again"], ["site"]], ids=lambda words: words[0]
)
def test_a_command_that_needs_the_answers_says_in_a_handout_that_they_are_not_there(students, tmp_path, command):
    words = [sys.executable, "-m", "lite_mamba.course", *command]
    environment = os.environ | {"PYTHONPATH": str(students)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("This copy of the course is a handout.")
    assert not done.stdout and not list(tmp_path.iterdir())


def test_a_handout_that_is_there_stays(folder, tmp_path):
    with pytest.raises(SystemExit, match="already, and it stays"):
        handout.main([str(folder)])
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="can't be written"):
        handout.main([str(tmp_path / "file" / "x")])


def test_an_archive_that_is_there_stays(tmp_path):
    (tmp_path / "students.zip").write_text("mine")
    with pytest.raises(SystemExit, match="already, and it stays"):
        handout.main([str(tmp_path)])
    assert [one.name for one in tmp_path.iterdir()] == ["students.zip"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["Ctrl-C", "full"])
@pytest.mark.parametrize("packing", [False, True], ids=["written", "packed"])
def test_half_a_handout_does_not_stand_in_the_way_of_the_next(stop, packing, tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("mine")

    def write(target, edition):
        target.mkdir(parents=True)
        if not packing:
            raise stop

    def pack(base, *rest):
        Path(f"{base}.zip").write_text("half")
        raise stop

    monkeypatch.setattr(handout, "write", write)
    monkeypatch.setattr(shutil, "make_archive", pack)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        handout.main([str(tmp_path)])
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_a_packed_cell_runs_where_it_stands(monkeypatch):
    source = "words = [word.upper() for word in words]\nsaid = ''.join(words) + 'λ'"
    names = {"words": ["a", "b"]}
    monkeypatch.setattr(packed, "get_ipython", lambda: type("Shell", (), {"user_ns": names}))
    word = packed.pack(source)
    assert "words" not in word and '"' not in word and "\\" not in word
    packed.reveal(word)
    assert names["said"] == "ABλ" and packed.unpack(word) == source


def test_a_solution_takes_the_place_of_its_stub():
    stub = "LIMIT = 3\n\n\n@decorated\ndef f(x):\n    raise NotImplementedError\n\n\nf = course.check('01.f', f)"
    helper = "def helper(x):\n    return x"
    body = "def f_solution(x):\n    return f_solution(helper(x))"
    solution = f"{helper}\n\n\n{body}\n\n\ncourse.verify('01.f', f_solution)"
    mended = "def f(x):\n    return f(helper(x))\n\n\nLIMIT = 3\n\n\nf = course.check('01.f', f)"
    assert handout.filled_in(stub, solution) == f"{helper}\n\n\n{mended}"


def run(path, package, home, monkeypatch):
    """Runs a notebook with the package of a folder, as a learner would, and gives its cells."""
    monkeypatch.setenv("LITE_MAMBA_HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(package))
    notebook = nbformat.read(path, as_version=4)
    probe = nbformat.v4.new_code_cell("import lite_mamba as _; print(_.__file__)")
    notebook.cells.append(probe)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert Path(probe.outputs[0].text.strip()).parent.parent == package
    return notebook.cells


def verdicts(home):
    return {path.stem: json.loads(path.read_text("utf-8"))["verdict"] for path in (home / "check").glob("*.json")}


def test_a_handout_runs_unsolved_and_passes_every_check_solved(tmp_path, monkeypatch):
    handout.main([str(tmp_path)])
    students = tmp_path / "students"
    run(students / "notebooks" / QUICK, students, tmp_path / "open", monkeypatch)
    assert "right" not in verdicts(tmp_path / "open").values()
    run(tmp_path / "instructor" / QUICK, students, tmp_path / "solved", monkeypatch)
    assert verdicts(tmp_path / "solved") == {exercise.id: "right" for exercise in exercises("01")}


@pytest.mark.slow
def test_every_notebook_of_a_handout_runs_unsolved_and_passes_every_check_solved(tmp_path, monkeypatch):
    handout.main([str(tmp_path)])
    students = tmp_path / "students"
    for name in NAMES:
        print(name, file=sys.stderr)
        run(students / "notebooks" / name, students, tmp_path / "open", monkeypatch)
        run(tmp_path / "instructor" / name, students, tmp_path / "solved", monkeypatch)
    assert "right" not in verdicts(tmp_path / "open").values()
    expected = {exercise.id: "right" for chapter in chapters() for exercise in exercises(chapter)}
    assert verdicts(tmp_path / "solved") == expected
