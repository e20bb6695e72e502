"""Pages for the notebooks: their prose, code and stored outputs, and in the place of live figures recorded ones.

A page asks for nothing from outside its folder, so it reads the same from a disk, a stick, or a server.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import torch
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from ..drawing.base import LiveFigure
from ..lecture.collect import Answered, Asked, Cell, collect
from ..page import markup
from ..page.cards import WAKE
from ..page.explore import Exploration
from ..prose import html
from .picture import WIDEST, least_width, picture
from .player import Player
from .record import MOST_FRAMES, record
from .reference import reference

ASSETS = ("site.css", "site.js")
READING = (
    "This page is for reading: its pictures are recorded. In the notebook every control is alive, and the exercises "
    'can be done. <span class="phone">On a phone, turn it sideways to see a picture whole.</span>'
)
COLOURS = {"ink": markup.INK, "paper": markup.PAPER, "rule": markup.RULE} | {
    tone: colour for tone, (_, colour) in markup.TONES.items()
}

GENERATOR = '<meta name="generator" content="lite-mamba">'  # by which the command knows a page of its own
HOME = '<a href="index.html">All chapters</a>'
WIDE_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
WIDE_FORMULA = re.compile(r'<math[^>]*display="block".*?</math>', re.DOTALL)
EMPTY_HEAD = re.compile(r"<thead>\s*<tr>(\s*<th></th>)*\s*</tr>\s*</thead>")
PYTHON = re.compile(r'<pre><code class="language-python">(.*?)</code></pre>', re.DOTALL)


def chapter(notebook: Path, site: Path, frames: int = MOST_FRAMES) -> None:
    """Writes the page of a notebook, and in a folder beside it its pictures, about so many frames a figure at most."""
    torch.set_num_threads(1)
    stored = json.loads(notebook.read_text("utf-8"))["cells"]
    ran = collect(notebook)
    players = recorded(ran, f"figures/{notebook.stem}", frames)
    (site / "figures" / notebook.stem).mkdir(parents=True, exist_ok=True)
    for player in players.values():
        player.save(site)
    parts = []
    for cell, made in zip(stored, ran, strict=True):
        if made.kind == "markdown":
            parts.append(text(made.source))
            continue
        source = code(cell, made)
        shown = [live(one, players) for one in made.shown if isinstance(one, (Exploration, Answered))]
        if not shown:
            place, least = f"figures/{notebook.stem}/{made.id}", still_width(made)
            shown = [output(one, f"{place}-{i}.webp", site, least) for i, one in enumerate(cell["outputs"])]
        parts += [*shown, source] if "reveal" in made.tags else [source, *shown]
    parts.insert(1, f'<p class="held">{READING}</p>')
    write(site, notebook, "\n".join(parts))


def recorded(cells: Sequence[Cell], folder: str, frames: int) -> dict[int, Player]:
    """The figures of a notebook, recorded so that each answer below one can show its picture."""
    shown = [(f"{cell.id}-{number}", one) for cell in cells for number, one in enumerate(cell.shown)]
    answers = {id(one.exploration): one.given for _, one in shown if isinstance(one, Answered)}
    players = {}
    for place, one in shown:
        if isinstance(one, Exploration):
            wanted = [settings for given in answers.get(id(one), ()) for settings in given.settings]
            players[id(one)] = Player(one, record(one, wanted, frames), f"{folder}/{place}")
    return players


def still_width(cell: Cell) -> int:
    """How wide the picture that a cell has left must be at least, for its words to be read."""
    figures = [one.picture if isinstance(one, Asked) else one for one in cell.shown]
    drawn = [Exploration(one).figure.figure for one in figures if isinstance(one, LiveFigure)]
    return max(map(least_width, drawn), default=WIDEST)


def live(shown: Exploration | Answered, players: Mapping[int, Player]) -> str:
    """A figure with its ranges, or the answers below it."""
    if isinstance(shown, Exploration):
        return players[id(shown)].html()
    player = players[id(shown.exploration)]
    folds = "\n".join(player.answer(number, given) for number, given in enumerate(shown.given, 1))
    return f'<div class="answers">{folds}</div>'


def index(notebooks: Sequence[Path], site: Path) -> None:
    """Writes the first page, which lists what pages there are with their opening words, and what all pages share."""
    parts = ["<h1>lite-mamba: the course</h1>"]
    for notebook in notebooks:
        if (site / f"{notebook.stem}.html").exists():
            title, lead = opening(notebook)
            parts.append(f'<h2><a href="{notebook.stem}.html">{escape(title)}</a></h2>\n{text(lead)}')
    parts.append('<h2><a href="reference.html">Reference of the package</a></h2>')
    page(site / "index.html", "lite-mamba: the course", "", "\n".join(parts))
    page(site / "reference.html", "Reference of lite-mamba", HOME, reference())
    for name in ASSETS:
        (site / name).write_bytes(asset(name).read_bytes())


def write(site: Path, notebook: Path, body: str) -> None:
    """A notebook's page, with links to its neighbours."""
    every = sorted(notebook.parent.glob("*.ipynb"))
    at = every.index(notebook)
    links = [HOME]
    for one in (*every[max(at - 1, 0) : at], *every[at + 1 : at + 2]):
        links.append(f'<a href="{one.stem}.html">{escape(opening(one)[0])}</a>')
    page(site / f"{notebook.stem}.html", opening(notebook)[0], "\n".join(links), body)


def page(path: Path, title: str, links: str, body: str) -> None:
    template = Template(asset("page.html").read_text("utf-8"))
    path.write_text(template.substitute(generator=GENERATOR, title=escape(title), links=links, body=body), "utf-8")


def asset(name: str):
    return resources.files(__package__) / "page" / name


def opening(notebook: Path) -> tuple[str, str]:
    """A notebook's title and its first paragraph."""
    cells = [one for one in json.loads(notebook.read_text("utf-8"))["cells"] if one["cell_type"] == "markdown"]
    title, *blocks = "\n\n".join("".join(one["source"]) for one in cells).split("\n\n")
    return title.lstrip("# "), next(block for block in blocks if not block.startswith(("|", "#")))


def text(markdown: str) -> str:
    """Prose, with links to pages instead of notebooks, and a name for each heading that a link may lead to."""
    made = re.sub(r"<h2>(.*?)</h2>", lambda found: f'<h2 id="{_name(found[1])}">{found[1]}</h2>', html(markdown))
    made = EMPTY_HEAD.sub("", PYTHON.sub(lambda found: python(unescape(found[1])), made))
    return scrolling(to_pages(made.replace("<pre>", '<pre tabindex="0">')))


def scrolling(made: str) -> str:
    """Lets tables and displayed formulas scroll where a screen is narrow, also by the keyboard."""
    for what, tag, wide in (("Table", "div", WIDE_TABLE), ("Formula", "span", WIDE_FORMULA)):
        made = wide.sub(rf'<{tag} class="wide" role="group" aria-label="{what}" tabindex="0">\g<0></{tag}>', made)
    return made


def to_pages(made: str) -> str:
    return re.sub(r'href="([\w-]+)\.ipynb', r'href="\1.html', made)


def _name(heading: str) -> str:
    return escape(re.sub(r"<[^>]+>", "", heading).strip().replace(" ", "-"))


def code(cell: dict[str, Any], made: Cell) -> str:
    """A cell's code; folded where the notebook folds it, and left out where it only shows answers."""
    if "answers" in made.tags:
        return ""
    shown = python(made.source)
    if not cell["metadata"].get("jupyter", {}).get("source_hidden"):
        return shown
    return f"<details><summary>{'Solution' if 'solution' in made.tags else 'Code'}</summary>{shown}</details>"


def python(source: str) -> str:
    """Code in colours; the style sheet has them."""
    marked = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre tabindex="0"><code>{marked}</code></pre>'


def output(stored: dict[str, Any], place: str, site: Path, least: int) -> str:
    """What a cell has left in its notebook: a picture, a card, or printed text."""
    if "text" in stored:
        return f'<pre class="printed" tabindex="0">{escape("".join(stored["text"]).rstrip())}</pre>'
    data = {kind: "".join(words) for kind, words in stored.get("data", {}).items() if kind != "application/json"}
    if "image/png" in data:
        image = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        image.save(site / place, "WEBP", lossless=True)
        return picture(place, image.size, data["text/plain"], least)
    if "text/html" in data:
        card = scrolling(to_pages(themed(data["text/html"].replace(f"<p><i>{WAKE}</i></p>", ""))))
        return f'<div class="output">{card}</div>' if card else ""
    return f'<pre class="printed" tabindex="0">{escape(data.get("text/plain", ""))}</pre>'


def themed(card: str) -> str:
    """A card in the colours of the style sheet, which has them for light and for dark."""
    for name, colour in COLOURS.items():
        card = card.replace(colour, f"var(--{name})")
    return card
