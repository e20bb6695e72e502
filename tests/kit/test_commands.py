"""The commands of the course: each is listed, explains itself, and needs neither make nor a POSIX shell."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from lite_mamba.course import __main__ as commands


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_word_all_commands_are_listed(arguments, capsys):
    assert commands.main(arguments) == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and words in said for name, (_, words) in commands.COMMANDS.items())


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        commands.main([name, "--help"])
    assert end.value.code == 0
    assert f"usage: {commands.PROGRAM} {name}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_each_command_is_a_module_that_says_what_it_is_for(name):
    module = import_module(f"lite_mamba.course.{commands.COMMANDS[name][0]}")
    assert module.__doc__ and callable(module.main)


def test_a_command_that_is_not_there_is_answered_with_the_list(capsys):
    assert commands.main(["labs"]) == 2
    assert "There is no command 'labs'" in (said := capsys.readouterr().err) and "  lab " in said


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "lite_mamba.course", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: python -m lite_mamba.course")


def test_the_environment_is_reported_in_a_terminal(capsys):
    assert commands.main(["environment"]) == 0
    assert "✓ torch: " in (said := capsys.readouterr().out) and "all 8 checks passed" in said


@pytest.mark.parametrize("letters", ["cp1252", "ascii"])
def test_a_pipe_without_room_for_all_letters_gets_the_words(letters):
    environment = {**os.environ, "PYTHONIOENCODING": letters}
    command = [sys.executable, "-m", "lite_mamba.course", "environment"]
    done = subprocess.run(command, capture_output=True, text=True, encoding=letters, env=environment)
    assert done.returncode == 0 and "? torch: " in done.stdout and not done.stderr
