"""Folded answers to the questions above a picture: shown only if they hold in that picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lite_mamba import course
from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.page.answers import agrees, numbers
from lite_mamba.course.page.explore import Exploration


class Square(LiveFigure):
    """A number and its square."""

    controls = {  # noqa: RUF012
        "x": course.slider(0.0, 2.0, 1.0, 0.25, label="x"),
        "scale": course.slider(1e-3, 1e3, 1.0, label="scale", log=True),
        "sign": course.choice(["plus", "minus"], "plus", label="sign"),
    }

    def __init__(self):
        super().__init__()
        self.ax = self.figure.subplots()
        (self.line,) = self.ax.plot([0, 1], [0, 1])
        self.move(self.line)

    def update(self, x=1.0, scale=1.0, sign="plus"):
        self.y = x * x * scale * (-1 if sign == "minus" else 1)
        self.line.set_ydata([0, self.y])
        self.title(self.ax, f"The square is {self.y:.2f}")
        return f"x = {x:.2f}, {sign}."


@pytest.fixture
def square():
    return Exploration(Square())


def test_an_answer_is_shown_with_its_settings_and_the_pictures_sentence(square, capsys):
    course.answers(square, course.answer("At 1.5 the square is 2.25.", {"x": 1.5}), course.answer("Up.", says="plus"))
    assert capsys.readouterr().out == (
        "Answer 1: At 1.5 the square is 2.25.\n  x = 1.5: x = 1.50, plus.\n"
        "Answer 2: Up.\n  as it starts: x = 1.00, plus.\n"
    )


def test_the_reader_still_sees_what_was_set(square):
    square.set(x=2.0)
    course.answers(square, course.answer("The square is 2.25.", {"x": 1.5}))
    assert square.figure.y == 4.0


def test_what_an_answer_does_not_set_stands_where_it_began(square):
    square.set(x=2.0, sign="minus")
    course.answers(square, course.answer("The square is 2.25.", {"x": 1.5}))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (course.answer("At 1.5 the square is 2.5.", {"x": 1.5}), r"answer 1: \['2.5'\] can't be read off"),
        (course.answer("Down.", {"x": 1.5}, says="minus"), "does not say"),
        (course.answer("Small.", {"x": 2.0}, holds=lambda figure: figure.y < 1), "does not hold at"),
        (course.answer("The 7 is read.", reads=lambda figure: figure.y), "can't be read off"),
    ],
)
def test_an_answer_that_the_picture_does_not_show_is_refused(square, answer, words):
    with pytest.raises(AssertionError, match=words):
        course.answers(square, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (course.answer("It grows."), "proves nothing"),
        (course.answer("At 0.3.", {"x": 0.3}), r"x = 0.3 can't be set: x: 1 \(slider, 0 to 2\)"),
        (course.answer("At 3.", {"x": 3.0}), "can't be set"),
        (course.answer("At 30.", {"scale": 30.0}), "can't be set"),
        (course.answer("Up.", {"sign": "times"}, says="plus"), "can't be set"),
        (course.answer("Up.", {"y": 1}, says="plus"), "no control 'y'; there are x, scale, sign"),
    ],
)
def test_an_answer_that_no_control_can_show_is_refused(square, answer, words):
    with pytest.raises(ValueError, match=words):
        course.answers(square, answer)


def test_numbers_may_be_read_off_the_figure_or_be_a_share_in_per_cent(square, capsys):
    course.answers(square, course.answer("That is 6 % of it.", {"x": 0.25}, reads=lambda figure: figure.y))
    course.answers(square, course.answer("Near 31.62 and 31.", {"scale": 31.6228}, reads=lambda f: [f.y, 31.1]))
    assert "scale = 31.62" in capsys.readouterr().out


def test_numbers_are_found_as_they_are_written():
    text = "From 1 000 to −2.5, 3e-05 and 12 %; notebook v2.0 has x1, up to 64 415."
    assert numbers(text) == ["1 000", "−2.5", "3e-05", "12", "64 415"]


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_number_agrees_with_what_it_was_rounded_from(value, digits):
    assert agrees(f"{value:.{digits}f}", value)
    assert not agrees(f"{value + 2 * 10**-digits:.{digits}f}", value) or abs(value) < 1


def test_a_figure_shows_and_starts_where_it_was_set():
    figure = Square()
    figure.update(x=1.5)
    data, _ = figure._repr_mimebundle_()
    assert data["text/plain"] == "x = 1.50, plus." and figure.y == 2.25
    exploration = Exploration(figure)
    assert exploration.values["x"] == 1.5 and exploration.frame.sentence == "x = 1.50, plus."
    exploration.set(x=0.5)
    assert exploration.reset().sentence == "x = 1.50, plus."
    assert Exploration(figure, x=course.slider(0, 3, 2, label="x")).values["x"] == 2


def test_a_figure_that_was_set_where_no_slider_leads_starts_at_the_beginning():
    figure = Square()
    figure.update(x=0.3)
    assert Exploration(figure).values["x"] == 1.0
