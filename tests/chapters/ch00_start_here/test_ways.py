"""Notebook 00 says what stands where: the ways through the course, with their minutes, the parts and the text."""

import re
import sysconfig
from pathlib import Path

import pytest
from notebook_rules import NOTEBOOKS, Notebook

from lite_mamba.course.drawing.block_diagram import PARTS
from lite_mamba.course.tasks import library_text

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


def test_what_the_numbers_in_the_first_picture_are_is_said_before_it():
    words = "The first picture gives each part the numbers of the notebooks"
    (said,) = (i for i, cell in enumerate(CHAPTERS["00"].cells) if words in cell.source)
    shown = next(i for i, cell in enumerate(CHAPTERS["00"].cells) if any("image/png" in o.data for o in cell.outputs))
    assert said < shown


def test_the_table_of_parts_names_the_notebooks_that_the_picture_does():
    table = dict(re.findall(r"^\| ([^|]*) \| (\[\d\d .*) \|$", WAYS, re.M))
    said = {re.sub(r"\[(.*?)\]\(.*?\)", r"\1", name): re.findall(r"\[(\d\d) ", row) for name, row in table.items()}
    for part in PARTS.values():
        label = "gate" if part.label == "×" else part.label.replace("\n", " ")
        (row,) = [row for name, row in said.items() if label.lower() in name.lower()]
        assert row == list(part.notebooks)


def test_the_text_is_the_start_of_the_first_file_of_the_library():
    prose = "\n".join(cell.source for cell in CHAPTERS["00"].markdown)
    assert "the start of the first file in your Python's standard library" in prose
    first = min(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    assert first.read_bytes().startswith(library_text(51))
