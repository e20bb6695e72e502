"""From a list of cells to slides: runs the notebooks that a deck needs and takes out what each slide shows.

A slide is a dict that goes to the page as JSON. Its "kind" is "title", "text", "vote", "picture" or "code".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..drawing.base import LiveFigure
from ..drawing.controls import Control, Slider, Toggle
from ..page.explore import Exploration
from ..prose import html
from .collect import Answered, Asked, Cell, collect
from .decks import Deck, Entry, Picture, Text, Vote

MOST_LINES = 12  # of code on one slide
ROOM = 900  # characters of prose on one slide
BLOCK = re.compile(r"<details[\s\S]*?</details>|\S(?:(?!\n\n)[\s\S])*")
TO_THE_COURSE = re.compile(r"course\.|\w+ = course\.mine\(")  # a statement that only talks to it
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")

Slide = dict[str, Any]


@dataclass
class Show:
    """What a lecture shows: its slides in order, and the figures that they move."""

    title: str
    slides: list[Slide] = field(default_factory=list)
    figures: list[Exploration] = field(default_factory=list)


def show(deck: Deck, notebooks: Path, say: Callable[[str], None] = lambda words: None) -> Show:
    """Runs the notebooks of a deck and makes its slides."""
    made = Show(deck.title)
    made.slides.append({"kind": "title", "title": deck.title, "lead": prose(deck.lead, inline=True), "minutes": 0})
    runs: dict[str, Run] = {}
    for entry in deck.entries:
        if entry.notebook not in runs:
            runs[entry.notebook] = Run.of(entry.notebook, notebooks, deck.leave_out, say)
        made.slides += _slides(entry, runs[entry.notebook], made.figures)
    return made


@dataclass
class Run:
    """A notebook after its run: its cells by id, in order."""

    cells: dict[str, Cell]

    @classmethod
    def of(cls, number: str, notebooks: Path, leave_out: Collection[str], say: Callable[[str], None]) -> Run:
        (path,) = notebooks.glob(f"{number}_*.ipynb")
        say(f"Running {path.stem}")
        return cls({cell.id: cell for cell in collect(path, leave_out)})

    def questions(self, cell: str) -> list[str]:
        """What to look for in the picture of a cell: the numbered lines of the text above it."""
        ids = list(self.cells)
        above = next(self.cells[i] for i in reversed(ids[: ids.index(cell)]) if self.cells[i].kind == "markdown")
        return look_for(above.source)

    def answers(self, exploration: Exploration) -> Answered | None:
        shown = (thing for cell in self.cells.values() for thing in cell.shown)
        return next((a for a in shown if isinstance(a, Answered) and a.exploration is exploration), None)


def _slides(entry: Entry, run: Run, figures: list[Exploration]) -> list[Slide]:
    """The slide of an entry; an answer that brings a picture of its own has it on one more."""
    cell, more = run.cells[entry.cell], []
    match entry:
        case Picture():
            body = _picture(entry, cell, run, figures)
        case Text():
            body = {"kind": "text", "html": prose(chosen(cell.source, entry.paragraphs))}
        case Vote():
            asked = next(thing for thing in cell.shown if isinstance(thing, Asked))
            body = _vote(asked)
            if asked.picture is not None:
                more.append(_still(asked.picture, figures))
        case _:
            body = {"kind": "code", "code": bare(cell.source), "printed": cell.printed.rstrip()}
    told = {"note": entry.note, "minutes": entry.minutes, "source": f"{entry.notebook}, cell {entry.cell}"}
    return [told | body, *({"note": "", "minutes": 0, "source": told["source"]} | one for one in more)]


def _vote(asked: Asked) -> Slide:
    slide = {"kind": "vote", "question": prose(asked.question, inline=True), "choices": asked.choices}
    slide |= {"because": prose(asked.because, inline=True), "working": "\n".join(asked.working), "truth": asked.truth}
    if asked.scale is not None:
        scale = asked.scale
        slide["scale"] = {"low": scale.low, "high": scale.high, "step": scale.step, "unit": scale.unit}
        slide["truth_words"] = scale.words(asked.truth)
    return slide


def _picture(entry: Picture, cell: Cell, run: Run, figures: list[Exploration]) -> Slide:
    shown = cell.shown[-1]
    if isinstance(shown, LiveFigure):
        return _still(shown, figures)
    figures.append(shown)
    slide = _drawn(shown.figure, len(figures) - 1)
    slide["controls"] = [_control(control) for control in shown.controls.values()]
    slide["questions"] = _questions(entry, run, shown)
    if entry.code:
        slide["code"] = bare(run.cells[entry.code].source)
    return slide


def _still(figure: LiveFigure, figures: list[Exploration]) -> Slide:
    figures.append(Exploration(figure))
    return _drawn(figure, len(figures) - 1)


def _drawn(figure: LiveFigure, number: int) -> Slide:
    width, height = figure.size()
    slide = {"kind": "picture", "figure": number, "about": figure.about(), "aspect": height / width}
    return slide | {"controls": [], "questions": []}


def _questions(entry: Picture, run: Run, exploration: Exploration) -> list[Slide]:
    asked, answered = run.questions(entry.cell), run.answers(exploration)
    made = []
    for number in entry.questions if entry.questions is not None else range(1, len(asked) + 1):
        one = {"question": prose(asked[number - 1], inline=True), "answer": "", "settings": []}
        if answered is not None:
            answer = answered.given[number - 1]
            one["answer"] = prose(answer.words, inline=True)
            one["settings"] = [_positions(exploration, setting) for setting in answer.settings]
        made.append(one)
    return made


def _positions(exploration: Exploration, setting: dict[str, Any]) -> list[int]:
    """A setting as the position of each control; those that it does not name stand at their start."""
    return [control.position(setting.get(name, control.value)) for name, control in exploration.controls.items()]


def _control(control: Control) -> Slide:
    kind = "slider" if isinstance(control, Slider) else "switch" if isinstance(control, Toggle) else "choice"
    words = [control.describe(value) for value in control.positions()]
    return {"kind": kind, "label": control.label, "words": words, "start": control.position(control.value)}


def look_for(markdown: str) -> list[str]:
    """The numbered questions below "What to look for"."""
    _, _, below = markdown.partition("What to look for")
    return [" ".join(found.split()) for found in re.findall(r"(?ms)^\d+\. (.+?)(?=^\d+\. |\n\n|\Z)", below)]


def paragraphs(markdown: str) -> list[str]:
    """A text in blocks, a fold in one, without tables; its heading loses its number."""
    blocks = BLOCK.findall(re.sub(r"(?m)^(#+) \d+ (· )?", r"\1 ", markdown.strip()))
    return [block for block in blocks if not block.startswith("|") and (is_fold(block) or not block.startswith("<"))]


def is_fold(block: str) -> bool:
    return block.startswith("<details")


def opening(markdown: str, room: int = ROOM) -> str:
    """The heading of a text and as many of its paragraphs as a slide has room for; a closed fold takes none."""
    kept: list[str] = []
    for block in paragraphs(markdown):
        room -= 0 if is_fold(block) else len(LINK.sub(r"\1", block))
        if room < 0 and len(kept) > 1:
            break
        kept.append(block)
    while len(kept) > 1 and kept[-1].endswith(":"):  # it would announce what is not there
        kept.pop()
    return "\n\n".join(kept)


def chosen(markdown: str, numbers: tuple[int, ...]) -> str:
    """Some paragraphs of a text; without numbers, its opening."""
    blocks = paragraphs(markdown)
    return "\n\n".join(blocks[number] for number in numbers) if numbers else opening(markdown)


def prose(markdown: str, inline: bool = False) -> str:
    """Markdown as HTML without links, which would lead out of the lecture; `inline` gives no paragraph."""
    made = bound(re.sub(r"</?a\b[^>]*>", "", html(markdown)).strip())
    made = re.sub(
        r"(<math\b(?![^>]*block)[^>]*>(?:(?!</math>).)*</math>[.,:;?]+)", r'<span class="whole">\1</span>', made
    )
    return re.sub(r"^<p>|</p>$", "", made) if inline else made


def bound(words: str) -> str:
    """Words whose numbers stay on one line: 65 536, and 31 % with its sign."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d)|%)", "\u00a0", words)


def bare(source: str) -> str:
    """A cell's code without imports and what only talks to the course; a solution takes the name of what it solves."""
    lines, kept, before = source.splitlines(), [], 0
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)) or TO_THE_COURSE.match(ast.unparse(statement)):
            continue
        first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", ()))])
        if kept and first - before > 1:
            kept.append("")
        kept += lines[first - 1 : statement.end_lineno]
        before = statement.end_lineno or first
    return re.sub(r"_solution\b", "", "\n".join(kept))
