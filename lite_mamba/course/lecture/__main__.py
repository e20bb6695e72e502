"""Shows a lecture in the browser: pictures with live sliders, and questions to vote on, made of the notebooks."""

from __future__ import annotations

import argparse
import time
import webbrowser
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer

import torch

from ..kit import terminal
from ..kit.working_copy import originals, whole_course
from .chapter import chapters, deck
from .decks import DECKS
from .server import Server
from .slides import show


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m lite_mamba.course lecture", description=(__doc__ or "").split("\n")[0])
    folder = originals()
    names = [*DECKS, *chapters(folder)]
    told = "45 or 90 minutes, or a chapter by its number, 00 and on (default: 45)"
    parser.add_argument("--deck", choices=names, default="45", metavar="NAME", help=told)
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.add_argument("--port", type=free_port, default=0, help="default: a free one")
    given = parser.parse_args(arguments)
    whole_course()
    torch.set_num_threads(1)  # a second thread wins nothing for a picture, and spins
    start = time.perf_counter()
    made = show(deck(given.deck, folder), folder, say=lambda words: print(words, flush=True))
    with Server(made, given.port) as server:
        pages = len(made.slides) + sum(slide["kind"] == "vote" for slide in made.slides)  # and its answer
        print(f"{pages} slides, ready after {time.perf_counter() - start:.0f} s: {server.address}")
        print("Press ? in the lecture for its keys. Stop it here with Ctrl + C.", flush=True)
        if not given.no_browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nThe lecture is over.")
    return 0


def free_port(word: str) -> int:
    """The number of a port on which a lecture can be shown, tried before its notebooks run."""
    if not word.isdecimal() or not int(word) < 2**16:
        raise argparse.ArgumentTypeError(f"{word!r} is no port: it is a number up to {2**16 - 1}")
    try:
        HTTPServer(("127.0.0.1", int(word)), BaseHTTPRequestHandler).server_close()
    except OSError as error:
        reason = error.strerror or error
        raise argparse.ArgumentTypeError(f"port {word} is not free ({reason}); without --port one is found") from error
    return int(word)


if __name__ == "__main__":
    terminal.run(main)
