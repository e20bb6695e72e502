"""What a slide takes from its cell."""

import json
from pathlib import Path

import pytest

from lite_mamba.course.chapters.ch00_start_here.figures import OneLetterChanged
from lite_mamba.course.lecture.chapter import chapters, deck
from lite_mamba.course.lecture.decks import Deck, Picture, Vote
from lite_mamba.course.lecture.slides import bare, bound, look_for, opening, paragraphs, prose, show

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LIST = Deck(
    "Two cells",
    "of *one* notebook",
    (
        Picture("00", "7bf31631", 3, "Say this.", (3, 2)),
        Vote("00", "64d7ab58"),
        Picture("00", "cd8090bd", questions=()),
    ),
)


@pytest.fixture(scope="module")
def made():
    said = []
    shown = show(LIST, NOTEBOOKS, said.append)
    assert said == ["Running 00_start_here"]
    return shown


def test_a_deck_begins_with_its_title(made):
    assert made.slides[0]["title"] == "Two cells" and made.slides[0]["lead"] == "of <em>one</em> notebook"


def test_a_picture_has_its_controls_in_the_words_of_its_notebook(made):
    position, dilations = made.slides[1]["controls"]
    assert (position["kind"], position["label"], position["start"]) == ("slider", "which letter is changed", 12)
    assert position["words"] == [str(n) for n in range(48)]
    assert (dilations["kind"], dilations["words"]) == ("choice", list(OneLetterChanged.controls["dilations"].options))


def test_a_picture_has_the_questions_it_was_asked_for_and_their_answers_with_settings(made):
    third, second = made.slides[1]["questions"]
    assert third["question"].startswith("How far do the low bars go on?") and "36 outputs move" in third["answer"]
    assert third["settings"] == [[12, 0]] and [12, 2] in second["settings"]
    assert "<a" not in second["question"] and "dilations" in second["question"]


def test_a_vote_has_question_scale_and_answer(made):
    vote = made.slides[2]
    assert vote["scale"] == {"low": 1, "high": 50, "step": 1, "unit": "steps"}
    assert (vote["truth"], vote["truth_words"]) == (7, "7 steps") and "ln 2" in vote["because"] and vote["working"]


def test_a_still_picture_has_no_controls(made):
    assert made.slides[3]["controls"] == [] and made.figures[1].set().picture.startswith(b"\x89PNG")


def test_notes_and_minutes_come_from_the_list(made):
    assert (made.slides[1]["note"], made.slides[1]["minutes"]) == ("Say this.", 3)


def test_slides_are_plain_data(made):
    assert json.loads(json.dumps(made.slides))[1:] and len(made.figures) == 2


def test_a_chapter_begins_with_its_heading():
    one = deck("00", NOTEBOOKS)
    assert one.title == "Start here" and one.lead.startswith("This course takes the Mamba block apart.")


def test_the_questions_are_the_numbered_lines_below_what_to_look_for():
    text = "1. Not this.\n\nWhat to look for:\n\n1. One line?\n2. Two\nlines?\n\nNot this."
    assert look_for(text) == ["One line?", "Two lines?"]


def test_an_opening_loses_its_number_its_table_and_what_announces_something_that_is_not_there():
    text = "## 3 A heading\n\nFirst.\n\n| a |\n|---|\n\nThere are two:\n\n" + "x" * 900
    assert opening(text) == "## A heading\n\nFirst."


def test_an_opening_keeps_a_fold_whole_and_closed():
    text = "Ask.\n\n<details><summary>Step 1</summary>\n\n" + "x" * 900 + "\n\nThe end.\n\n</details>\n\nGo on."
    assert opening(text) == text and paragraphs(text)[0::2] == ["Ask.", "Go on."]
    assert prose(text).count("<details>") == prose(text).count("</details>") == 1


@pytest.mark.parametrize("number", chapters(NOTEBOOKS))
def test_the_title_of_a_chapter_is_its_words(number):
    assert deck(number, NOTEBOOKS).title[0].isalpha()


def test_no_number_is_torn_apart():
    assert (
        bound("65 536 times, 31 % of 1 000 000, 3 times 1024")
        == "65\xa0536 times, 31\xa0% of 1\xa0000\xa0000, 3 times 1024"
    )
    assert "65\xa0536" in prose("its gaps are 65 536 times finer", inline=True)


def test_a_formula_keeps_the_stop_behind_it():
    made = prose("for $a$ and $2^8 = 256$. And $$b$$.")
    assert made.count('<span class="whole"><math') == 1 and "</math>.</span>" in made
    assert made.index('<span class="whole">') > made.index("</math>")


def test_prose_leads_nowhere_else():
    assert prose("a [word](glossary.ipynb#W)", inline=True) == "a word"


def test_code_is_shown_without_what_only_talks_to_the_course():
    own = "def f_solution(x):\n    return x\n\n\n"
    cell = f"import math\n\ng = course.mine('g')\n\n{own}course.verify('f', f_solution)\ny = f(1)  # one\nprint(y)"
    assert bare(cell) == "def f(x):\n    return x\n\ny = f(1)  # one\nprint(y)"
