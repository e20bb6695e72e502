"""A prediction: the guess first, then the truth drawn over it."""

from __future__ import annotations

import base64
import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lite_mamba import course
from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.drawing import truth as truth_module
from lite_mamba.course.drawing.truth import choice_picture, number_picture
from lite_mamba.course.page import state

module = importlib.import_module("lite_mamba.course.page.predict")
SCALE = module.Scale(0, 30, 1, "samples")
WIDGET = "application/vnd.jupyter.widget-view+json"
PNG = b"\x89PNG\r\n"


class Page:
    """What stands on the page, place by place, as bundles; updates replace."""

    def __init__(self):
        self.shown: list[dict] = []

    def place(self, bundle: dict):
        page, at = self, len(self.shown)
        self.shown.append(bundle)

        class Place:
            def update(self, new: dict) -> None:
                page.shown[at] = new

        return Place()


class Answer(LiveFigure):
    """The answer."""

    def update(self) -> str:
        return "The last tap is now."


@pytest.fixture
def page(monkeypatch):
    page = Page()
    monkeypatch.setattr(module, "show", page.place)
    monkeypatch.setattr(module, "Shown", page.place)
    return page


def number_question():
    return course.predict("91.count", "How many?", low=0, high=30, unit="samples")


def choice_question():
    return course.predict("91.tap", "Which tap is now?", choices=["the first", "the last"])


def test_the_saved_file_shows_the_question_and_the_choices(page):
    choice_question()
    number_question()
    first, second = page.shown
    assert first["text/plain"] == "Predict: Which tap is now?\n  ○ the first\n  ○ the last"
    assert "<li" in first["text/html"] and "the first" in first["text/html"]
    assert second["text/plain"] == "Predict: How many?\n  ○ a number from 0 to 30 samples"
    assert WIDGET in first and WIDGET in second


def test_the_truth_waits_for_the_guess_and_then_appears_by_itself(page):
    prediction = number_question()
    prediction.reveal(24, because="Six times four.")
    assert page.shown[1]["text/plain"] == "○ Commit your guess above first; the answer appears here."
    assert page.shown[2]["text/plain"] == ""
    prediction.control.value = 22
    prediction.button.click()
    assert page.shown[1]["text/plain"] == (
        "≈ Close. You guessed 22 samples, a little below the answer, 24 samples.\nSix times four."
    )
    assert base64.b64decode(page.shown[2]["image/png"]).startswith(PNG)
    assert "the truth at 24 samples, your guess at 22 samples" in page.shown[2]["text/plain"]


def test_a_figure_of_the_answer_waits_for_the_guess_too(page):
    prediction = choice_question()
    prediction.reveal("the last", picture=Answer())
    assert page.shown[2] == module.EMPTY
    prediction.commit("the first")
    assert page.shown[1]["text/plain"].startswith("✗ You guessed: the first.")
    assert page.shown[2]["text/plain"] == "The last tap is now."
    assert page.shown[2]["image/png"].startswith(PNG)


def test_after_the_commitment_the_control_is_locked_until_guess_again(page):
    prediction = number_question()
    assert not prediction.control.disabled and prediction.button.description == "Commit my guess"
    prediction.control.value = 5
    prediction.button.click()
    assert prediction.control.disabled and prediction.button.description == "Guess again"
    assert "5 samples" in prediction.note.value
    prediction.button.click()
    assert not prediction.control.disabled and prediction.button.description == "Commit my guess"


def test_guessing_again_draws_again(page):
    prediction = number_question()
    prediction.commit(3)
    prediction.reveal(24)
    assert page.shown[1]["text/plain"].startswith("✗ Far. You guessed 3 samples, 21 samples below")
    prediction.button.click()
    prediction.control.value = 24
    prediction.button.click()
    assert page.shown[1]["text/plain"] == "✓ Exact. You guessed 24 samples; the answer is 24 samples."


def test_nothing_chosen_is_no_guess(page):
    prediction = choice_question()
    prediction.button.click()
    assert prediction.guess is None and prediction.note.value == "Choose an answer first."
    assert state.items("guess") == {}


def test_a_choice_is_compared_with_the_truth(page):
    prediction = choice_question()
    prediction.control.value = "the first"
    prediction.button.click()
    prediction.reveal("the last", because="Torch correlates.")
    assert page.shown[1]["text/plain"] == "✗ You guessed: the first. The answer is: the last.\nTorch correlates."
    prediction.commit("the last")
    assert page.shown[1]["text/plain"].startswith("✓ Your guess is right: the last.")


def test_answers_are_shown_without_a_guess_when_the_variable_says_so(page, monkeypatch):
    monkeypatch.setenv("LITE_MAMBA_ANSWERS", "shown")
    number_question().reveal(24, because="Six times four.")
    assert page.shown[1]["text/plain"] == "○ The answer: 24 samples.\nSix times four."
    assert "your guess" not in page.shown[2]["text/plain"]


def test_a_guess_is_kept_for_the_next_session(page):
    number_question().commit(7)
    again = number_question()
    assert again.guess == 7 and again.control.value == 7 and again.control.disabled
    again.reveal(7)
    assert page.shown[-2]["text/plain"].startswith("✓ Exact")


@pytest.mark.parametrize("guess", ["the middle", 3, None, [1], 99])
def test_a_kept_guess_that_fits_no_more_is_forgotten(guess, page):
    state.write("guess", "91.tap", {"guess": guess})
    assert choice_question().guess is None
    state.write("guess", "91.count", {"guess": "the middle" if guess == 3 else guess})
    assert number_question().guess is None


def test_a_reveal_that_runs_twice_shows_its_answer_in_the_newer_place(page):
    prediction = number_question()
    prediction.reveal(24)
    prediction.reveal(24)
    prediction.commit(24)
    assert "Commit your guess" in page.shown[1]["text/plain"] and "Exact" in page.shown[3]["text/plain"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "either choices= or both"),
        ({"low": 1}, "either choices= or both"),
        ({"choices": ["a"], "low": 1, "high": 2}, "either choices= or both"),
        ({"low": 2, "high": 2}, "must be below"),
    ],
)
def test_a_question_that_can_not_be_asked_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        course.predict("91.x", "What?", **options)


def test_a_truth_that_is_no_choice_is_refused(page):
    with pytest.raises(ValueError, match="'the middle' is not among the choices"):
        choice_question().reveal("the middle")


@given(truth=st.floats(-100, 100), guess=st.floats(-100, 100))
def test_a_number_is_graded_by_its_distance(truth, guess):
    tone, words = module.number_words(guess, truth, module.Scale(-100, 100, 0.5))
    off = abs(truth - guess)
    if off <= 0.25:
        assert tone == "good"
    elif off <= 0.2 * abs(truth):
        assert tone == "close"
    elif off > 0.26:
        assert tone == "bad" and (" above " in words) == (guess > truth)


@pytest.mark.parametrize(
    ("guess", "tone", "words"),
    [
        (1, "good", "Exact. You guessed 1 %; the answer is 1 %."),
        (4, "close", "Close. You guessed 4 %, a little above the answer, 1 %."),
        (5, "bad", "Far. You guessed 5 %, 4 percentage points above the answer, 1 %."),
    ],
)
def test_a_percentage_is_close_by_its_points(guess, tone, words):
    assert module.number_words(guess, 1, module.Scale(0, 100, 1, "%")) == (tone, words)
    assert module.number_words(2, 1, module.Scale(0, 100, 1, "rounds"))[0] == "bad"


def test_a_guess_is_exact_if_the_answer_reads_the_same():
    scale = module.Scale(0, 10, 0.5)
    words = "Right, as closely as you could say it. You guessed 2; the answer is 2.005."
    assert module.number_words(2, 2.005, scale) == ("good", words)
    assert module.number_words(2, 2.0, scale) == ("good", "Exact. You guessed 2; the answer is 2.")


def test_a_whole_guess_is_told_in_all_its_digits():
    words = module.number_words(11_776, 5120, module.Scale(1000, 12_000, 1, "numbers"))[1]
    assert words == "Far. You guessed 11 776 numbers, 6656 numbers above the answer, 5120 numbers."
    assert module.Scale(0, 1, 0.01).distance(0.123456) == "0.1235"


def test_one_of_a_unit_has_no_s():
    words = module.number_words(2, 1, module.Scale(0, 9, 1, "rounds"))[1]
    assert words == "Far. You guessed 2 rounds, 1 round above the answer, 1 round."
    assert module.Scale(0, 100, 1, "%").distance(1) == "1 percentage point"


def test_whole_and_fractional_ranges_get_their_control():
    whole, fraction = module.number_control(SCALE), module.number_control(module.Scale(0, 1, 0.01))
    assert type(whole).__name__ == "BoundedIntText" and whole.step == 1
    assert type(fraction).__name__ == "BoundedFloatText" and fraction.step == 0.01
    assert whole.description == "Your guess (0 to 30 samples):"
    assert module.Scale(-2, 2, 0.5).span() == "−2 to 2"


@pytest.mark.parametrize("guess", [None, 0, 12, 30])
@pytest.mark.parametrize("truth", [0, 12, 30, 55, -4])
def test_every_number_line_can_be_drawn(guess, truth):
    picture, words = number_picture(guess, truth, SCALE)
    assert base64.b64decode(picture).startswith(PNG)
    assert (f"guess at {guess} samples" in words) == (guess is not None)
    assert words.startswith(f"A number line from {'−4' if truth < 0 else 0} to {max(truth, 30)} samples: the truth at")


@pytest.mark.parametrize("guess", [None, "a", "long " * 30])
def test_every_list_of_choices_can_be_drawn(guess):
    picture, words = choice_picture(["a", "b", "long " * 30], guess, "b")
    assert base64.b64decode(picture).startswith(PNG)
    assert "“b” marked as the truth" in words and ("your guess" in words) == (guess is not None)


@pytest.fixture
def drawn(monkeypatch):
    """The axes of what is drawn next, as `axes()`; every word lies in the picture."""
    figures = []
    monkeypatch.setattr(truth_module, "_png", lambda figure: figures.append(figure) or "")

    def axes():
        (figure,) = figures
        figure.canvas.draw()
        for text in figure.axes[0].texts:
            words = text.get_window_extent()
            assert figure.bbox.x0 <= words.x0 and words.x1 <= figure.bbox.x1, text
        return figure.axes[0]

    return axes


@pytest.mark.parametrize(("guess", "truth"), [(0, 30), (30, 0), (12, 13), (0, -4), (30, 55)])
def test_the_number_line_has_guess_and_truth_at_their_places(guess, truth, drawn):
    number_picture(guess, truth, SCALE)
    axes = drawn()
    true, way, guessed = ([mark.get_marker(), *mark.get_xdata()] for mark in axes.lines)
    assert true == ["o", truth] and way[1:] == [guess, truth] and guessed == ["D", guess]
    low, high = axes.get_xlim()
    assert -10 < low < min(guess, truth) and max(guess, truth) < high < max(guess, truth, 30) + 10
    words = {text.get_text(): text.get_position() for text in axes.texts}
    assert words[f"truth {SCALE.words(truth)}"][0] == truth and words[f"your guess {SCALE.words(guess)}"][0] == guess
    assert words[f"truth {SCALE.words(truth)}"][1] > 0 > words[f"your guess {SCALE.words(guess)}"][1]


def test_the_number_line_writes_its_numbers_as_the_sentence_does(drawn):
    number_picture(11_776, 5120, module.Scale(1000, 12_000, 1, "numbers"))
    assert {"2000", "10 000"} <= {tick.get_text() for tick in drawn().get_xticklabels()}


def test_the_list_of_choices_marks_the_rows_of_guess_and_truth(drawn):
    choice_picture(["a", "b", "long " * 30], "long " * 30, "b")
    rows = drawn()
    filled, outlined = rows.patches
    assert filled.get_fill() and filled.get_y() < 1 < filled.get_y() + filled.get_height()
    assert not outlined.get_fill() and outlined.get_y() < 2 < outlined.get_y() + outlined.get_height()
    words = {text.get_text(): (text.get_position()[1], text.get_fontweight()) for text in rows.texts}
    assert words["b"] == (1, "bold") and words["a"] == (0, "normal")
    assert words["truth"][0] == 1 and words["your guess"][0] == 2
    assert rows.get_ylim() == (2.5, -0.5) and not rows.axison


def test_outside_a_notebook_everything_is_printed(capsys):
    prediction = number_question()
    prediction.reveal(24)
    prediction.commit(24)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Predict: How many?" and "✓ Exact. You guessed 24 samples; the answer is 24 samples." in lines
