"""The learner's folder: filled and never overwritten; what stands in the way is said in words; then JupyterLab."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lite_mamba.course.kit import lab, working_copy
from lite_mamba.course.waiting import WAITING

VIEW = "application/vnd.jupyter.widget-view+json"


def executed_notebook():
    outputs = [
        new_output("stream", name="stdout", text="the answer"),
        new_output("display_data", {VIEW: {"model_id": "1"}, "text/plain": "IntSlider()"}),
    ]
    cell = new_code_cell("show('ü')", execution_count=7, outputs=outputs, metadata={"tags": ["predict"]})
    return new_notebook(cells=[new_markdown_cell("# Title"), cell], metadata={"widgets": {}})


@pytest.fixture
def folders(tmp_path, monkeypatch):
    source, target = tmp_path / "notebooks", tmp_path / "deep" / "work"
    source.mkdir()
    nbformat.write(executed_notebook(), source / working_copy.FIRST)
    monkeypatch.setattr(working_copy, "BESIDE", tmp_path)
    return source, target


def test_a_working_copy_starts_without_answers(folders):
    source, target = folders
    assert working_copy.fill(source, target) == ([working_copy.FIRST], [])
    copy = nbformat.read(target / working_copy.FIRST, as_version=4)
    nbformat.validate(copy)
    assert "widgets" not in copy.metadata
    assert (copy.cells[1].source, copy.cells[1].outputs, copy.cells[1].execution_count) == ("show('ü')", [], None)
    assert copy.cells[1].metadata.tags == ["predict"]


def test_a_working_copy_that_is_there_is_never_touched(folders, capsys):
    _, target = folders
    target.mkdir(parents=True)
    (target / working_copy.FIRST).write_text("my notes")
    working_copy.main([str(target)])
    assert (target / working_copy.FIRST).read_text() == "my notes"
    assert "are yours and stay as they are" in capsys.readouterr().out


def test_without_a_word_a_clone_fills_work_and_an_installation_a_folder_of_its_own(folders, tmp_path, monkeypatch):
    assert working_copy.default_folder() == tmp_path / "work"
    monkeypatch.setattr(working_copy, "BESIDE", tmp_path / "elsewhere")
    monkeypatch.setattr(working_copy.metadata, "files", lambda name: [Located(folders[0] / working_copy.FIRST)])
    assert working_copy.originals() == folders[0].resolve()
    assert str(working_copy.default_folder()) == "lite-mamba-course"


class Located:
    """A file as the metadata of an installed package lists it."""

    def __init__(self, path):
        self.path, self.name = path, path.name

    def locate(self):
        return self.path


def no_metadata(name):
    raise working_copy.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("files", [no_metadata, lambda name: None, lambda name: []])
def test_an_installation_without_notebooks_is_said_in_words(files, tmp_path, monkeypatch):
    monkeypatch.setattr(working_copy, "BESIDE", tmp_path)
    monkeypatch.setattr(working_copy.metadata, "files", files)
    with pytest.raises(SystemExit, match="brings no notebooks"):
        working_copy.originals()


def test_a_file_in_the_place_of_the_folder_is_said_in_words(folders, tmp_path):
    (tmp_path / "deep").write_text("I am a file")
    with pytest.raises(SystemExit, match=r"can't be copied to .*work .*Name a folder of your own behind the command"):
        working_copy.main([str(folders[1])])


def test_a_folder_that_can_not_be_written_is_said_in_words(folders, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(working_copy.Path, "write_text", refuse)
    with pytest.raises(SystemExit, match="Permission denied"):
        working_copy.main([str(folders[1])])


# JupyterLab


def test_jupyterlab_opens_the_first_notebook_with_this_python(tmp_path):
    command = lab.command(tmp_path, ["--no-browser"])
    assert command[:3] == [sys.executable, "-m", "jupyterlab"] and command[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert json.loads((lab.SETTINGS / "overrides.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("arguments", "own", "more"),
    [
        ([], [], []),
        (["mine"], ["mine"], []),
        (["mine", "--no-browser"], ["mine"], ["--no-browser"]),
        (["--port", "8889"], [], ["--port", "8889"]),
        (["--help"], ["--help"], []),
    ],
)
def test_words_of_jupyterlab_are_never_taken_for_the_folder(arguments, own, more):
    assert lab.parted(arguments) == (own, more)


def test_threads_that_wait_soon_sleep_unless_somebody_wants_it_otherwise():
    assert WAITING.items() <= lab.surroundings(Path(), {}).items()
    for given in ({"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}):
        assert lab.surroundings(Path(), given).items() & (WAITING | given).items() == given.items(), "nothing is mixed"


def test_with_a_home_that_can_not_be_written_all_goes_to_the_learners_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab, "can_write", lambda path: path == tmp_path)
    moved = lab.surroundings(tmp_path, {"MPLCONFIGDIR": "mine"})
    assert moved["LITE_MAMBA_HOME"] == str(tmp_path / ".home" / "progress") and moved["MPLCONFIGDIR"] == "mine"
    assert (tmp_path / ".home" / "jupyter" / "runtime").is_dir()
    assert "can't be written. Settings and progress are kept in" in capsys.readouterr().out


def test_with_no_folder_at_all_that_can_be_written_a_temporary_one_is_taken(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab, "can_write", lambda path: False)
    monkeypatch.setattr(lab.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "temporary"))
    assert lab.surroundings(Path("work"), {})["IPYTHONDIR"] == str(tmp_path / "temporary" / "ipython")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_may_not_be_written_is_known(tmp_path):
    assert lab.can_write(tmp_path / "not" / "yet")
    tmp_path.chmod(0o500)
    assert not lab.can_write(tmp_path / "not" / "yet")


def test_jupyterlab_takes_the_place_of_the_command():
    """On POSIX with the same process id; elsewhere as a child that is waited for."""
    program = (
        "import os, sys\n"
        "from lite_mamba.course.kit.lab import become\n"
        "print(os.getpid(), flush=True)\n"
        "code = 'import os, sys; print(os.getpid(), os.environ[\"WORD\"]); sys.exit(3)'\n"
        "sys.exit(become([sys.executable, '-c', code], {**os.environ, 'WORD': 'said'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    before, after, word = done.stdout.split()
    assert done.returncode == 3 and word == "said"
    assert (before == after) is (os.name == "posix")
