"""The command itself: it says its address, serves, ends in words, and leaves the learner's folders alone."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from lite_mamba.course.lecture.__main__ import main


def test_a_lecture_starts_on_its_own_and_leaves_no_trace_with_the_learner_or_in_jupyter(tmp_path):
    folders = {name: str(tmp_path / name.lower()) for name in ("LITE_MAMBA_HOME", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
    words = [sys.executable, "-m", "lite_mamba.course", "lecture", "--deck", "00", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | folders) as running:
        said = ""
        while "Ctrl + C" not in said and (line := running.stdout.readline()):
            said += line
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
            page = urllib.request.urlopen(address).read()
            slides = json.load(urllib.request.urlopen(f"{address}deck.json"))["slides"]
        finally:
            running.send_signal(signal.SIGINT)
        assert running.stdout.read().strip() == "The lecture is over." and running.wait() == 0
    assert b"<main" in page and "Running 00_start_here" in said
    votes = [slide for slide in slides if slide["kind"] == "vote"]
    assert votes and f"{len(slides) + len(votes)} slides" in said  # as many as the page counts: an answer is one, too
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said_before_any_notebook_runs(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit):
        main(["--deck", "00", "--no-browser", "--port", str(taken.getsockname()[1])])
    said, complaint = capsys.readouterr()
    assert "is not free" in complaint and "without --port one is found" in complaint and "Running" not in said


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        main(["--deck", "00", f"--port={port}"])
    assert "is no port" in capsys.readouterr().err


def test_a_lecture_that_is_stopped_while_it_starts_ends_in_a_word():
    words = [sys.executable, "-m", "lite_mamba.course", "lecture", "--deck", "00", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("Running 00")
        running.send_signal(signal.SIGINT)
        said, complaint = running.communicate()
    assert (running.returncode, complaint.strip(), said) == (130, "Stopped.", "")


def test_an_unknown_deck_is_refused_with_the_names_of_the_others(capsys):
    with pytest.raises(SystemExit):
        main(["--deck", "91"])
    assert "'45'" in capsys.readouterr().err
