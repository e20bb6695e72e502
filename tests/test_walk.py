"""A walk puts a learner's answers into a notebook, and says where a cell does not bear them."""

import os
from pathlib import Path

import pytest
from test_tools import tool

STUB = """
import torch

def other(x): ...

def f(x):
    raise NotImplementedError

f = course.check("04.f", f)
"""


@pytest.fixture(scope="module")
def walk():
    return tool("walk")


def test_the_function_that_is_checked_makes_room_for_the_answer_and_all_else_stays(walk):
    assert walk.checked(STUB) == ("f", "04.f")
    left = walk.without_function(STUB, "f")
    assert "def other" in left and "import torch" in left and "course.check" in left and "def f" not in left


def test_a_wrong_answer_stumbles_at_its_check_and_a_right_one_nowhere(walk):
    before = Path.cwd(), os.environ["LITE_MAMBA_HOME"]
    right = walk.right_answers("00")
    assert list(right) == ["00.scale_A"] and not list(walk.walk("00", 0))
    (_, scale), *_ = right["00.scale_A"]
    wrong = {"A itself": lambda delta, A: A, "right numbers in a list": lambda delta, A: scale(delta, A).tolist()}
    for title, answer in wrong.items():
        (stumble,) = walk.walk("00", 0, {"00.scale_A": [(title, answer)]})
        assert f"is not called right: {title}" in stumble
    assert (Path.cwd(), os.environ["LITE_MAMBA_HOME"]) == before
