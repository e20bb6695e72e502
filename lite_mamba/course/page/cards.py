"""Shows cards: the same words as plain text and as HTML, both the same at every run.

The HTML carries its own colours inline, so that it reads well in light and dark themes and in a saved page. An icon
and a word say what the colour says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from ipywidgets import DOMWidget

from lite_mamba_jupyter import MARK, VIEW

WAKE = "To wake this, run its cell (Shift + Enter), or all cells: Run ▸ Run All Cells."
INK, PAPER, RULE = "#1b1b1b", "#fbfbf8", "#c9c9c0"
TONES = {
    "good": ("✓", "#00664b"),
    "close": ("≈", "#7a4a00"),
    "bad": ("✗", "#a33a00"),
    "open": ("○", "#37474f"),
}
MONO = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.35"


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
        icon, colour = TONES[self.tone]
        head = f'<div style="color:{colour};font-weight:bold">{icon} {escape(self.headline)}</div>'
        table = "".join(_row(name, value) for name, value in self.rows)
        if table:
            table = f'<table style="color:{INK};background:{PAPER};margin:6px 0">{table}</table>'
        body = "".join(map(_line, self.lines)) + table + "".join(map(_line, self.after))
        return f'<div style="{frame(colour)}">{head}{body}</div>'

    def bundle(self) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def frame(colour: str) -> str:
    """The style of a card's outer box."""
    return (
        f"color:{INK};background:{PAPER};border:1px solid {RULE};border-left:6px solid {colour};"
        "padding:8px 12px;margin:4px 0;max-width:60em"
    )


def folded(summary: str, inside: str) -> str:
    """HTML that opens when its summary is clicked."""
    style = f"color:{INK};background:{PAPER}"
    return f'<details style="{style}"><summary style="{style}">{escape(summary)}</summary>{inside}</details>'


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

    A saved notebook keeps these words and no live view (see `lite_mamba_jupyter`), and one line on how to wake it.
    """
    asleep = f'<div style="color:{INK};background:{PAPER}">{html}<p><i>{WAKE}</i></p></div>'
    return {**box._repr_mimebundle_(), "text/plain": text, "text/html": asleep}


def _line(line: str) -> str:
    return f'<div style="color:{INK};margin-top:4px">{escape(line)}</div>'


def _row(name: str, value: str) -> str:
    cell = f"color:{INK};background:{PAPER};text-align:left;vertical-align:top;padding:2px 10px 2px 0;border:0"
    return (
        f'<tr style="background:{PAPER}"><th scope="row" style="{cell};white-space:nowrap">{escape(name)}</th>'
        f'<td style="{cell};{MONO}">{escape(value)}</td></tr>'
    )


def _hang(head: str, value: str) -> str:
    return head + value.replace("\n", "\n" + " " * len(head))
