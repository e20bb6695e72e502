"""The command itself: what stands in its way is said in words, before anything is recorded."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lite_mamba.course.site.__main__ import main


@pytest.mark.parametrize("inside", ["", "site"], ids=["the place of the folder", "the way to it"])
def test_a_file_in_the_way_is_said_in_words(inside, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match=r"The site can't be written to .*file"):
        main([str(tmp_path / "file" / inside), "--chapter", "glossary"])


@pytest.mark.parametrize("name", ["index", "reference", "glossary"])
def test_a_page_of_another_site_stays_as_it_is(name, tmp_path):
    (tmp_path / f"{name}.html").write_text("<h1>Somebody's own</h1>")
    with pytest.raises(SystemExit, match=f"{name}.html bears no mark of this course"):
        main([str(tmp_path), "--chapter", "glossary"])
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(f"{name}.html", "<h1>Somebody's own</h1>")]


def test_the_courses_own_pages_are_written_again(tmp_path):
    for _ in range(2):
        assert main([str(tmp_path), "--chapter", "glossary"]) == 0


@pytest.mark.parametrize("chapter", ["0", "99", "", "gl"])
def test_a_chapter_has_its_whole_name_and_another_is_refused_with_the_names_of_all(chapter, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "site"), "--chapter", chapter])
    assert "15, glossary" in capsys.readouterr().err and not (tmp_path / "site").exists()


def test_a_figure_without_a_picture_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "site"), "--frames", "0"])
    assert "needs a picture" in capsys.readouterr().err and not (tmp_path / "site").exists()


@pytest.mark.skipif(os.name != "posix", reason="a terminal of Windows interrupts in another way")
def test_ctrl_c_ends_every_process_in_a_word(tmp_path):
    words = [sys.executable, "-m", "lite_mamba.course", "site", str(tmp_path / "site"), "--frames", "60"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, start_new_session=True, **pipes) as running:
        while not (tmp_path / "site").exists() and running.poll() is None:
            time.sleep(0.1)
        time.sleep(2)  # its processes are starting
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        said, complaint = running.communicate(timeout=60)
    assert (running.returncode, complaint.strip(), said) == (130, "Stopped.", "")
