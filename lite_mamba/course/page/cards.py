"""Shows things on the page: the same words as plain text and as HTML, both the same at every run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from ipywidgets import DOMWidget

from lite_mamba_jupyter import MARK, VIEW

from . import markup
from .markup import TONES

WAKE = "To wake this, run its cell (Shift + Enter), or all cells: Run ▸ Run All Cells."
VOILA = "In Voilà this stands still. Live, and without code: python -m lite_mamba.course lecture"


@dataclass
class Card:
    """A headline with a tone, lines of text, a table of name and preformatted value, and lines below it."""

    tone: str
    headline: str
    lines: Sequence[str] = ()
    rows: Sequence[tuple[str, str]] = ()
    after: Sequence[str] = field(default=())

    def text(self) -> str:
        icon = TONES[self.tone][0]
        width = max((len(name) for name, _ in self.rows), default=0)
        rows = [_hang(f"  {name:<{width}}  ", value) for name, value in self.rows]
        return "\n".join([f"{icon} {self.headline}", *self.lines, *rows, *self.after])

    def html(self) -> str:
        rows = markup.table(([markup.escape(name), markup.escape(value)] for name, value in self.rows), mono=True)
        head = markup.mark(self.tone, self.headline)
        return markup.frame(self.tone, head, *map(markup.line, self.lines), rows, *map(markup.line, self.after))

    def bundle(self) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


class Shown:
    """Something on the page that can be replaced in place. Outside a notebook its text is printed."""

    def __init__(self, bundle: dict[str, Any]):
        self.handle = None
        if InteractiveShell.initialized():
            self.handle = display(bundle, raw=True, display_id=True)
        elif bundle["text/plain"]:
            print(bundle["text/plain"])

    def update(self, bundle: dict[str, Any]) -> None:
        if self.handle is not None:
            self.handle.update(bundle, raw=True)
        elif bundle["text/plain"]:
            print(bundle["text/plain"])


def show(bundle: dict[str, Any]) -> None:
    """Displays a bundle in a notebook; prints its text elsewhere."""
    if InteractiveShell.initialized():
        display(bundle, metadata={MARK: True} if VIEW in bundle else None, raw=True)
    else:
        print(bundle["text/plain"])


def live(box: DOMWidget, text: str, html: str) -> dict[str, Any]:
    """The bundle of a widget, with the words that stand in its place where nobody is there to answer it.

    A saved notebook keeps these words and no live view (see `lite_mamba_jupyter`), and one line on how to wake it. So
    does a page of Voilà, which has a kernel but shows no display a second time.
    """
    voila = os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")
    asleep = f'<div style="{markup.PLAIN}">{html}<p><i>{VOILA if voila else WAKE}</i></p></div>'
    return {**({} if voila else box._repr_mimebundle_()), "text/plain": text, "text/html": asleep}


def _hang(head: str, value: str) -> str:
    return head + value.replace("\n", "\n" + " " * len(head))
