"""The lists of the lectures, and the chapters as decks: each cell they name is there and of its kind."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from lite_mamba.course.lecture.chapter import chapters, deck
from lite_mamba.course.lecture.decks import DECKS, Code, Picture, Text, Vote
from lite_mamba.course.lecture.slides import MOST_LINES, bare, chosen, look_for

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CELLS = {
    path.name[:2]: {cell["id"]: cell for cell in json.loads(path.read_text())["cells"]}
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
}
ENTRIES = [pytest.param(entry, id=f"{name}-{entry.cell}") for name, one in DECKS.items() for entry in one.entries]


POINTS_BACK = re.compile(r"^(The same|Such|It|That)\b|answers it")


def is_told(cell: dict) -> bool:
    return cell["cell_type"] == "markdown" or "predict" in cell["metadata"].get("tags", [])


def words(entry: Text | Vote) -> str:
    """What the slide of an entry says first."""
    if isinstance(entry, Text):
        return chosen(source(entry.notebook, entry.cell), entry.paragraphs)
    call = next(node for node in ast.walk(ast.parse(source(entry.notebook, entry.cell))) if isinstance(node, ast.Call))
    return ast.literal_eval(call.args[1])


def source(notebook: str, cell: str) -> str:
    return "".join(CELLS[notebook][cell]["source"])


def above(notebook: str, cell: str) -> str:
    """The text above a cell."""
    ids = list(CELLS[notebook])
    texts = [one for one in ids[: ids.index(cell)] if CELLS[notebook][one]["cell_type"] == "markdown"]
    return source(notebook, texts[-1])


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_names_a_cell_of_its_kind(entry):
    cell = CELLS[entry.notebook][entry.cell]
    tags = cell["metadata"].get("tags", [])
    match entry:
        case Text():
            assert cell["cell_type"] == "markdown" and chosen(source(entry.notebook, entry.cell), entry.paragraphs)
        case Vote():
            assert "predict" in tags
        case Picture():
            assert "explore" in tags
            assert all(1 <= n <= len(look_for(above(entry.notebook, entry.cell))) for n in entry.questions)
            assert not entry.code or 0 < len(bare(source(entry.notebook, entry.code)).splitlines()) <= MOST_LINES
        case Code():
            assert 0 < len(bare(source(entry.notebook, entry.cell)).splitlines()) <= MOST_LINES


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_has_its_minutes_and_words_for_the_presenter(entry):
    assert entry.minutes > 0 and entry.note.endswith((".", "?"))


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_note_asks_for_nothing_that_a_slide_does_not_have(entry):
    assert not re.search(r"\bplay(s|ed|ing)?\b", entry.note, re.IGNORECASE)  # controls stand still until they are moved


@pytest.mark.parametrize("name", DECKS)
def test_words_that_point_back_stand_behind_what_they_point_to(name):
    entries = DECKS[name].entries
    for before, entry in pairwise(entries):
        if not isinstance(entry, (Text, Vote)):
            continue
        ids = list(CELLS[entry.notebook])
        place = ids.index(entry.cell)
        nearest = next(one for one in reversed(ids[:place]) if is_told(CELLS[entry.notebook][one]))
        if POINTS_BACK.search(words(entry)):
            assert before.cell == nearest, f"{entry.cell} goes on from {nearest}"


@pytest.mark.parametrize("name", DECKS)
def test_what_is_to_be_done_by_hand_is_done_on_the_next_slide(name):
    for entry, following in zip(DECKS[name].entries, [*DECKS[name].entries[1:], None], strict=True):
        if isinstance(entry, Text) and re.search(r"(?i)\bby hand\b", words(entry)):
            ids = list(CELLS[entry.notebook])
            assert following is not None and following.cell == ids[ids.index(entry.cell) + 1], entry.cell


@pytest.mark.parametrize("name", DECKS)
def test_a_lecture_fits_its_time_and_leaves_some(name):
    assert 0.85 * int(name) <= sum(entry.minutes for entry in DECKS[name].entries) <= int(name)


@pytest.mark.parametrize("name", DECKS)
def test_what_a_lecture_leaves_out_is_a_cell_that_it_does_not_show(name):
    known = {cell for cells in CELLS.values() for cell in cells}
    assert DECKS[name].leave_out <= known - {entry.cell for entry in DECKS[name].entries}


def test_the_short_lecture_has_about_eight_pictures_with_one_question_each_and_starts_with_the_block():
    pictures = [entry for entry in DECKS["45"].entries if isinstance(entry, Picture)]
    assert 7 <= len(pictures) <= 9 and all(len(picture.questions) == 1 for picture in pictures)
    assert DECKS["45"].entries[0] is pictures[0] and "BlockDiagram" in source("00", pictures[0].cell)


def test_the_long_lecture_goes_through_its_chapters_in_order():
    assert list(dict.fromkeys(entry.notebook for entry in DECKS["90"].entries)) == ["00", "01", "02", "06", "08", "11"]


@pytest.mark.parametrize("number", chapters(NOTEBOOKS))
def test_a_chapter_shows_every_picture_and_every_prediction_in_their_order(number):
    wanted = [
        cell for cell, one in CELLS[number].items() if {"explore", "predict"} & set(one["metadata"].get("tags", []))
    ]
    entries = deck(number, NOTEBOOKS).entries
    shown = [entry.cell for entry in entries if isinstance(entry, (Picture, Vote)) and entry.cell in wanted]
    assert shown == wanted


@pytest.mark.parametrize("number", chapters(NOTEBOOKS))
def test_a_chapter_shows_no_exercise_and_no_solution(number):
    for entry in deck(number, NOTEBOOKS).entries:
        assert not {"exercise", "solution"} & set(CELLS[number][entry.cell]["metadata"].get("tags", []))
