"""A slip is the reference written otherwise in one place, and the check's word about it is the judge's."""

import pytest
from test_mutate import SOURCE
from test_tools import TOOLS, tool

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge

LOOP = """
def f(x: list, width=3):
    total = 0
    for i in range(width):
        total += math.exp(x[i]) - sum(x[1:i], start=width)
    return total, x.T
"""


@pytest.fixture
def slips(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    return tool("slips")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("range(width)", "reversed(list(range(width)))"),
        ("range(width)", "list(range(width))[:-1]"),
        ("total += ", "total = "),
        ("math.exp(x[i])", "(x[i])"),
        ("math.exp(x[i])", "(math.expm1(x[i]))"),
        ("x[i]", "(x[i - 1])"),
        ("x[1:i]", "(x[:i])"),
        ("x[1:i]", "(x[1:i + 1])"),
        ("sum(x[1:i], start=width)", "(sum(x[1:i]))"),
        ("math.exp(x[i]) - sum(x[1:i], start=width)", "(sum(x[1:i], start=width) - math.exp(x[i]))"),
        ("math.exp(x[i]) - sum(x[1:i], start=width)", "(math.exp(x[i]))"),
        ("total, x.T", "((x.T, total))"),
        ("x.T", "(x)"),
    ],
)
def test_a_slip_changes_one_place(slips, old, new):
    assert LOOP.replace(old, new) in [slip.apply(LOOP) for slip in slips.slips(LOOP)]


def test_no_slip_comes_twice_or_changes_nothing(slips):
    for source in (LOOP, SOURCE):
        made = [slip.apply(source) for slip in slips.slips(source)]
        assert len(set(made)) == len(made) and source not in made


def test_what_is_printed_is_what_the_judge_says(slips, capsys):
    slips.main(["04.euler", "--all"])
    *lines, last = capsys.readouterr().out.splitlines()
    euler = exercise("04.euler")
    found = [slips.kind(euler, judge(euler, answer)) for _, answer in slips.answers(euler.reference)]
    assert [line.split(":")[0].strip() for line in lines] == found
    assert last.startswith("04.euler: ") and f"{found.count('own name')} own name" in last
