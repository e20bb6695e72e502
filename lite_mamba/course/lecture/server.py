"""A small server on this machine: hands the page of a lecture its slides, and draws its pictures.

    /                the page, and beside it deck.css and deck.js
    /deck.json       the slides
    /frame?figure=2&width=1500&at=3,0
                     one figure, drawn that wide, with its controls at these positions: a PNG file, and what it says in
                     the header X-Sentence

It answers this machine only. Nothing is kept: each frame names all its settings.
"""

from __future__ import annotations

import json
import sys
import threading
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from ..page.explore import Frame
from .slides import Show, bound

FILES = {
    "/": ("page.html", "text/html"),
    "/deck.css": ("deck.css", "text/css"),
    "/deck.js": ("deck.js", "text/javascript"),
}
WIDTHS = range(100, 4001)  # pixels


class Stage:
    """The figures of a show, drawn one at a time: matplotlib shares its settings and fonts between all figures."""

    def __init__(self, show: Show):
        self.show = show
        self.lock = threading.Lock()

    @cached_property
    def deck(self) -> bytes:
        return json.dumps({"title": self.show.title, "slides": self.show.slides}, ensure_ascii=False).encode()

    def frame(self, figure: int, width: int, at: list[int]) -> Frame:
        """A figure at these positions of its controls; without any, as it starts.

        Raises:
            ValueError: there is no such figure, width or position; the message says so in words.
        """
        if not 0 <= figure < len(self.show.figures):
            raise ValueError(f"there is no figure {figure}; there are {len(self.show.figures)}")
        if width not in WIDTHS:
            raise ValueError(f"a picture can be {WIDTHS.start} to {WIDTHS.stop - 1} pixels wide, not {width}")
        exploration = self.show.figures[figure]
        if len(at) not in (0, len(exploration.controls)):
            raise ValueError(f"{len(exploration.controls)} controls need as many positions, got {len(at)}")
        values = {name: control.value for name, control in exploration.controls.items()}
        for position, (name, control) in zip(at, exploration.controls.items(), strict=False):
            positions = control.positions()
            if not 0 <= position < len(positions):
                raise ValueError(f"{control.label} has the positions 0 to {len(positions) - 1}, not {position}")
            values[name] = positions[position]
        with self.lock:
            exploration.figure.enlarge(width)
            return exploration.set(**values)


class Server(ThreadingHTTPServer):
    """Serves one show on 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, show: Show, port: int = 0):
        self.stage = Stage(show)
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says what went wrong; a page that was left before its answer came is nothing to be told of."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, request after request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: Server

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path in FILES:
            name, kind = FILES[asked.path]
            self._answer((resources.files(__package__) / "page" / name).read_bytes(), f"{kind}; charset=utf-8")
        elif asked.path == "/deck.json":
            self._answer(self.server.stage.deck, "application/json")
        elif asked.path == "/frame":
            self._frame(parse_qs(asked.query))
        else:
            self._answer(b"There is nothing here.", "text/plain", HTTPStatus.NOT_FOUND)

    def _frame(self, query: dict[str, list[str]]) -> None:
        try:
            figure, width = (int(query[name][0]) for name in ("figure", "width"))
            at = [int(word) for word in query.get("at", [""])[0].split(",") if word]
            frame = self.server.stage.frame(figure, width, at)
        except KeyError as error:
            self._answer(f"a frame needs {error.args[0]}".encode(), "text/plain", HTTPStatus.BAD_REQUEST)
        except ValueError as error:
            self._answer(str(error).encode(), "text/plain", HTTPStatus.BAD_REQUEST)
        else:
            said = {"X-Sentence": quote(bound(frame.sentence)), "X-Failed": str(int(frame.failed))}
            self._answer(frame.picture, "image/png", **said)

    def _answer(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> None:
        self.send_response(status)
        more = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", **headers}
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Nothing: a line for each move of a slider helps nobody."""
