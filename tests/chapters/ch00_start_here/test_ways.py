"""Notebook 00 says which ways lead through the course: their minutes are those that the notebooks ask for."""

import re

import pytest
from notebook_rules import NOTEBOOKS, Notebook

CHAPTERS = {path.name[:2]: Notebook.read(path) for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))}
(WAYS,) = [cell.source for cell in CHAPTERS["00"].markdown if cell.source.startswith("## 6")]


def minutes(chapter: str) -> int:
    reading, exercises = re.search(
        r"reading (\d+) minutes, exercises (\d+) minutes", CHAPTERS[chapter].cells[0].source
    ).groups()
    return int(reading) + int(exercises)


@pytest.mark.parametrize("has", [45, 90])
def test_two_minutes_a_picture_and_one_a_prediction_make_the_time_that_you_have(has):
    (row,) = re.findall(rf"^\| {has} minutes \| (.*?) \|", WAYS, re.M)
    taken = [CHAPTERS[number] for number in re.findall(r"\[(\d\d)\]", row)]
    assert len(taken) > 3 and "two minutes a picture" in row
    needed = sum(2 * len(chapter.tagged("explore")) for chapter in taken)
    if "one a prediction" in row:
        needed += sum(len(chapter.tagged("predict")) for chapter in taken)
    assert needed == pytest.approx(has, abs=5)


def test_each_notebook_takes_one_to_two_hours_and_all_of_them_three_days():
    assert "three full days" in WAYS and "each notebook with its exercises takes one to two hours" in WAYS
    assert all(60 <= minutes(chapter) <= 120 for chapter in CHAPTERS if chapter != "00")
    assert sum(map(minutes, CHAPTERS)) == pytest.approx(3 * 8 * 60, abs=2 * 60)


def test_each_of_the_three_days_has_about_eight_hours():
    days = re.search(r"full days \| (\d\d)–(\d\d), then (\d\d)–(\d\d), then (\d\d) to \[(\d\d)\]", WAYS).groups()
    chapters = sorted(CHAPTERS)
    spans = [chapters[int(first) : int(last) + 1] for first, last in zip(days[::2], days[1::2], strict=True)]
    assert [chapter for day in spans for chapter in day] == chapters
    assert all(sum(map(minutes, day)) == pytest.approx(8 * 60, abs=45) for day in spans)
