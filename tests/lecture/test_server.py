"""The small server of a lecture: pages, frames, and what it says to a wrong question."""

import io
import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from urllib.parse import unquote

import pytest
from PIL import Image

from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.drawing.controls import choice, slider, toggle
from lite_mamba.course.lecture.server import Server
from lite_mamba.course.lecture.slides import Show
from lite_mamba.course.page.explore import Exploration


class Fragile(LiveFigure):
    """A line that breaks at 3."""

    controls = {  # noqa: RUF012
        "n": slider(0, 3, 1, label="n"),
        "sign": choice({"plus": 1, "minus": -1}, 1, label="sign"),
        "on": toggle(False, label="on"),
    }

    def __init__(self):
        super().__init__()
        self.ax = self.figure.subplots()
        (self.line,) = self.ax.plot([0, 1], [0, 1])
        self.move(self.line)

    def update(self, n=1, sign=1, on=False):
        if n == 3:
            raise ValueError("three is too much, 100 % and 10 000")
        self.line.set_ydata([0, n * sign + on])
        return f"The line ends at {n * sign + on} − “here”."


@pytest.fixture(scope="module")
def server():
    with Server(Show("A title", [{"kind": "title"}], [Exploration(Fragile())])) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def get(server, path: str):
    """Status, headers and body of an answer."""
    try:
        with urllib.request.urlopen(server.address + path) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize(
    ("path", "kind"), [("", "text/html"), ("deck.css", "text/css"), ("deck.js", "text/javascript")]
)
def test_the_page_and_what_belongs_to_it_are_there(server, path, kind):
    status, headers, body = get(server, path)
    assert status == 200 and headers["Content-Type"].startswith(kind) and body


def test_nothing_that_the_page_loads_lies_elsewhere(server):
    for path in ("", "deck.css", "deck.js"):
        assert b"//" not in get(server, path)[2].replace(b"// ", b"").replace(b"/** ", b"")


def test_the_slides_are_handed_over(server):
    assert json.loads(get(server, "deck.json")[2]) == {"title": "A title", "slides": [{"kind": "title"}]}


def test_a_frame_is_a_picture_of_the_asked_width_with_its_sentence(server):
    status, headers, body = get(server, "frame?figure=0&width=700&at=2,1,1")
    assert status == 200 and unquote(headers["X-Sentence"]) == "The line ends at -1 − “here”."
    assert Image.open(io.BytesIO(body)).size == (700, 315) and headers["X-Failed"] == "0"


def test_another_setting_is_another_picture_and_the_same_setting_the_same(server):
    one, other, again = (get(server, f"frame?figure=0&width=500&at={n},0,0")[2] for n in (1, 2, 1))
    assert one == again != other


def test_without_positions_a_figure_is_as_it_starts(server):
    assert unquote(get(server, "frame?figure=0&width=500")[1]["X-Sentence"]).startswith("The line ends at 1")


def test_a_figure_that_raises_says_so_and_goes_on(server):
    _, headers, body = get(server, "frame?figure=0&width=500&at=3,0,0")
    assert (
        headers["X-Failed"] == "1"
        and "three is too much, 100\xa0% and 10\xa0000" in unquote(headers["X-Sentence"])
        and body
    )
    assert get(server, "frame?figure=0&width=500&at=1,0,0")[1]["X-Failed"] == "0"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("figure=1&width=500&at=1,0,0", "there is no figure 1; there are 1"),
        ("figure=0&width=9999&at=1,0,0", "a picture can be 100 to 4000 pixels wide, not 9999"),
        ("figure=0&width=500&at=1,0", "3 controls need as many positions, got 2"),
        ("figure=0&width=500&at=9,0,0", "n has the positions 0 to 3, not 9"),
        ("figure=0&width=500&at=-1,0,0", "n has the positions 0 to 3, not -1"),
        ("figure=0&width=500&at=1,2,0", "sign has the positions 0 to 1, not 2"),
        ("figure=0&at=1,0,0", "a frame needs width"),
        ("figure=x&width=500", "invalid literal"),
    ],
)
def test_a_wrong_question_is_answered_in_words(server, query, words):
    status, _, body = get(server, f"frame?{query}")
    assert status == 400 and words in body.decode()


def test_a_page_that_is_left_before_its_answer_came_leaves_no_word_in_the_terminal(server, capfd):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.server_port)) as page:
            page.sendall(b"GET /frame?figure=0&width=3000 HTTP/1.1\r\nHost: here\r\n\r\n")
            page.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # hangs up at once
    assert get(server, "frame?figure=0&width=500")[0] == 200  # drawn after the others
    assert not capfd.readouterr().err


def test_an_unknown_page_is_not_found(server):
    assert get(server, "etc/passwd")[0] == 404


def test_many_questions_at_once_get_each_its_own_answer(server):
    sentences = {}

    def ask(n):
        sentences[n] = unquote(get(server, f"frame?figure=0&width=400&at={n % 3},0,0")[1]["X-Sentence"])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sentences == {n: f"The line ends at {n % 3} − “here”." for n in range(12)}
