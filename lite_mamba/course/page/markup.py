"""The HTML of everything that the course shows in words: one place for frames, tables, marks and folds.

Colours stand inline, so that a card reads well in light and dark themes and in a saved page. An icon and a word say
what a colour says. Words are escaped here; what stands between backticks becomes code, and between stars emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

INK, PAPER, RULE = "#1b1b1b", "#fbfbf8", "#c9c9c0"
TONES = {
    "good": ("✓", "#00664b"),
    "close": ("≈", "#7a4a00"),
    "bad": ("✗", "#a33a00"),
    "open": ("○", "#37474f"),
}
PLAIN = f"color:{INK};background:{PAPER}"
MONO = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.35"
CELL = f"{PLAIN};text-align:left;vertical-align:top;padding:2px 12px 2px 0;border:0"


CODE_OR_STARS = re.compile(r"`([^`]+)`|(?<![\w*])\*(?=[^\s*])([^*`]+)(?<=\S)\*(?![\w*])")


def frame(tone: str, *parts: str, status: bool = False) -> str:
    """A box with a bar in the tone's colour; `status` lets a screen reader say it when it changes."""
    style = (
        f"{PLAIN};border:1px solid {RULE};border-left:6px solid {TONES[tone][1]};"
        "padding:8px 12px;margin:4px 0;max-width:60em"
    )
    role = ' role="status"' if status else ""
    return f'<div{role} style="{style}">{"".join(parts)}</div>'


def mark(tone: str, words: str) -> str:
    """Words in the tone's colour, behind its icon."""
    icon, colour = TONES[tone]
    return f'<b style="color:{colour}">{icon} {text(words)}</b>'


def line(words: str) -> str:
    return f'<div style="{PLAIN};margin-top:4px">{text(words)}</div>'


def text(words: str) -> str:
    """Escaped words; what stands between backticks becomes code, what stands between stars is emphasised."""

    def shown(found: re.Match) -> str:
        code, stressed = found.groups()
        return f'<code style="{PLAIN}">{code}</code>' if code else f"<em>{stressed}</em>"

    return CODE_OR_STARS.sub(shown, escape(words))


def table(rows: Iterable[Sequence[str]], heads: Sequence[str] = (), mono: bool = False) -> str:
    """A table of ready HTML; the first cell of each row names it. `mono` sets the other cells in fixed width."""
    style = f"{CELL};{MONO}" if mono else CELL
    top = "".join(f'<th scope="col" style="{CELL}">{head}</th>' for head in heads)
    body = [f'<tr style="background:{PAPER}">{top}</tr>'] if heads else []
    for name, *cells in rows:
        rest = "".join(f'<td style="{style}">{cell}</td>' for cell in cells)
        head = f'<th scope="row" style="{CELL};white-space:nowrap">{name}</th>'
        body.append(f'<tr style="background:{PAPER}">{head}{rest}</tr>')
    return f'<table style="{PLAIN};margin:6px 0">{"".join(body)}</table>' if body else ""


def items(lines: Iterable[str], kind: str = "ul") -> str:
    """A list of ready HTML; `kind` is "ul" or, numbered, "ol"."""
    body = "".join(f"<li>{one}</li>" for one in lines)
    return f'<{kind} style="{PLAIN}">{body}</{kind}>'


def folded(summary: str, inside: str) -> str:
    """What opens when its summary is clicked."""
    return f'<details style="{PLAIN}"><summary style="{PLAIN}">{text(summary)}</summary>{inside}</details>'
