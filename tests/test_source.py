"""A right function of any kind is kept for other notebooks, or the card says what to change so that it is."""

from __future__ import annotations

import pytest
import torch
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from IPython.core.interactiveshell import InteractiveShell

from lite_mamba import course

pytestmark = pytest.mark.usefixtures("fake_chapter")

IMPORTS = """
import functools, math, torch
import torch.nn.functional as F
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple
from torch import nn

def delay(x, lag, fill=0.0):
    return F.pad(x, (lag, 0), value=fill)[:, : x.shape[1]]
"""

KEPT = {
    "a lambda": "mine = lambda x, lag: delay(x, lag)",
    "a lambda inside the call": "mine = [lambda x: x, lambda x, lag: delay(x, lag)][1]",
    "two lambdas of a line": "a, mine = (lambda x, lag: delay(x, lag + 1)), (lambda x, lag: delay(x, lag + 0))",
    "a lambda over several lines": "mine = (\n    lambda x, lag:\n    delay(x, lag)\n)",
    "a lambda with a default": "more = 0\nmine = lambda x, lag, more=more: delay(x, lag + more)",
    "a lambda whose default is a lambda": "mine = lambda x, lag, f=lambda n: n: delay(x, f(lag))",
    "a lambda that holds a lambda": "mine = lambda x, lag: (lambda y: delay(y, lag))(x)",
    "a partial": "def filled(x, lag, fill): return delay(x, lag, fill)\nmine = functools.partial(filled, fill=0.0)",
    "a partial with a helper": (
        "def through(f, x, lag): return f(x, lag)\nmine = functools.partial(through, lambda x, lag: delay(x, lag))"
    ),
    "a callable object": (
        "class Delay:\n    def __init__(self, fill): self.fill = fill\n"
        "    def __call__(self, x, lag): return delay(x, lag, self.fill)\nmine = Delay(0.0)"
    ),
    "an object in an object": (
        "class Fill:\n    def __init__(self): self.value, self.f = 0.0, delay\n"
        "class Delay:\n    def __init__(self): self.fill = Fill()\n"
        "    def __call__(self, x, lag): return self.fill.f(x, lag, self.fill.value)\nmine = Delay()"
    ),
    "a bound method": (
        "class Delay:\n    fill = 0.0\n    def run(self, x, lag): return delay(x, lag, self.fill)\nmine = Delay().run"
    ),
    "a static method": (
        "class Delay:\n    @staticmethod\n    def run(x, lag): return delay(x, lag)\n"
        "def mine(x, lag): return Delay.run(x, lag)"
    ),
    "a lambda as a helper": "cut = lambda y, x: y[:, : x.shape[1]]\ndef mine(x, lag): return cut(F.pad(x, (lag, 0)), x)",  # noqa: E501
    "a partial as a helper": "run = functools.partial(delay, fill=0.0)\ndef mine(x, lag): return run(x, lag)",
    "a module of torch": "act = nn.SiLU()\ndef mine(x, lag): return delay(x, lag) + act(torch.zeros(()))",
    "a module with words": (
        "act = nn.Softplus(beta=2.0)\ndef mine(x, lag): return delay(x, lag) + 0 * act(torch.zeros(()))"
    ),
    "a dataclass": (
        "@dataclass\nclass Config:\n    fill: float = 0.0\nCONFIG = Config(fill=-0.0)\n"
        "def mine(x, lag): return delay(x, lag, CONFIG.fill)"
    ),
    "a NamedTuple": (
        "class Config(NamedTuple):\n    fill: float\nCONFIG = Config(0.0)\n"
        "def mine(x, lag): return delay(x, lag, CONFIG.fill)"
    ),
    "a dtype and a device": (
        "DTYPE, DEVICE = torch.float32, torch.device('cpu')\ndef mine(x, lag): return delay(x, lag).to(DEVICE, DTYPE)"
    ),
    "constants": (
        "LARGE, NONE, SIZES = math.inf, math.nan, {'a': [1, (2, 3)], 'b': {4}}\n"
        "def mine(x, lag): return delay(x, lag).clamp(max=LARGE) * (NONE != NONE) * len(SIZES['a'])/2"
    ),
    "slices and ranges": "ALL, TWO = slice(None), range(2)\ndef mine(x, lag): return delay(x, lag)[ALL] + 0 * len(TWO)",
    "a small tensor": (
        "FILL = torch.tensor([[1 / 3, 0.1]]).log()\n"
        "def mine(x, lag): return delay(x, lag, FILL.exp()[0, 0].item() - FILL.exp()[0, 0].item())"
    ),
    "a global operator": "import operator\nplus = operator.add\ndef mine(x, lag): return plus(delay(x, lag), 0)",
}  # fmt: skip


def run(code):
    shell = InteractiveShell.instance()
    try:
        shell.run_cell(IMPORTS)
        shell.run_cell(code)
        return shell.user_ns["mine"]
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize("kind", KEPT)
def test_it_is_kept_whatever_it_is(kind, capsys):
    function = run(KEPT[kind])
    assert course.check("91.shifted", function) is function
    assert "can't be kept" not in capsys.readouterr().out
    again = course.mine("91.shifted")
    assert capsys.readouterr().out == "91.shifted: your function\n"
    x = torch.randn(2, 5)
    assert again is not function and torch.equal(again(x, 2), torch.nn.functional.pad(x, (2, 0))[:, :5])
    course.check("91.shifted", again)
    course.mine("91.shifted")
    assert capsys.readouterr().out.endswith("91.shifted: your function\n")


NOT_KEPT = {
    "'FILL' is a Tensor, which can't be written down; make it inside your function": (
        "FILL = torch.zeros(2000)\ndef mine(x, lag): return delay(x, lag) + FILL[0]"
    ),
    "'layer' is a Linear, which can't be written down; make it inside your function": (
        "layer = nn.Linear(1, 1)\ndef mine(x, lag): return delay(x, lag) + 0 * layer.weight.sum()"
    ),
    "uses variables of an outer function (n); make them parameters": (
        "def outer(n):\n    return lambda x, lag: delay(x, lag) * n\nmine = outer(1)"
    ),
    "'notebook' is the notebook itself": (
        "import __main__ as notebook\ndef mine(x, lag): return notebook.delay(x, lag)"
    ),
    "the source of 'answer' can't be found; write it with `def` in a cell of its own": (
        "mine, other = (lambda x, lag: delay(x, lag)), (lambda x, lag: delay(lag, x))"
    ),
    "the source of 'mine' can't be found; write it with `def` in a cell of its own": (
        "exec('def mine(x, lag): return delay(x, lag)')"
    ),
}


@pytest.mark.parametrize("words", NOT_KEPT)
def test_what_can_not_be_kept_is_told_with_what_to_do(words, fake_chapter, capsys):  # noqa: F811
    course.check("91.shifted", run(NOT_KEPT[words]))
    answer = capsys.readouterr().out
    assert "right on all 20 cases" in answer and "It can't be kept for other notebooks:" in answer and words in answer
    assert course.mine("91.shifted") is fake_chapter.shifted
