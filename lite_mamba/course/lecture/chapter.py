"""A whole chapter as a deck: its list is read off the notebook.

Shown are the headings with the words below them, displayed formulas, predictions, pictures with all their questions,
and short code. Exercises, hints and closing sections are for the desk.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .decks import DECKS, Code, Deck, Entry, Picture, Text, Vote
from .slides import MOST_LINES, bare, opening

FOR_THE_DESK = ("Symbols", "Think", "Recap", "Equations and code", "References", "Next")


def chapters(notebooks: Path) -> list[str]:
    """The chapters that can be shown: "00", "01", …"""
    return sorted(path.name[:2] for path in notebooks.glob("[0-9][0-9]_*.ipynb"))


def deck(name: str, notebooks: Path) -> Deck:
    """The deck of that name: one of `DECKS`, or a chapter."""
    return DECKS[name] if name in DECKS else chapter(name, notebooks)


def chapter(number: str, notebooks: Path) -> Deck:
    """A chapter as a deck."""
    (path,) = notebooks.glob(f"{number}_*.ipynb")
    first, *cells = json.loads(path.read_text("utf-8"))["cells"]
    title, *lead = opening("".join(first["source"])).split("\n\n")
    entries = (_entry(number, cell) for cell in cells)
    return Deck(title.lstrip("# "), "\n\n".join(lead), tuple(entry for entry in entries if entry is not None))


def _entry(number: str, cell: dict[str, Any]) -> Entry | None:
    source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
    if cell["cell_type"] == "markdown":
        return Text(number, cell["id"]) if _is_shown(source) else None
    if "explore" in tags:
        return Picture(number, cell["id"])
    if "predict" in tags:
        return Vote(number, cell["id"])
    if tags:
        return None
    if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
        return Picture(number, cell["id"], questions=())
    return Code(number, cell["id"]) if 0 < len(bare(source).splitlines()) <= MOST_LINES else None


def _is_shown(markdown: str) -> bool:
    heading = re.match(r"## (?:\d+ )?(.+)", markdown)
    if heading:
        return heading[1].strip() not in FOR_THE_DESK
    return "$$" in markdown and not markdown.startswith("### ")
