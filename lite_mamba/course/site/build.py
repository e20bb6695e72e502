"""Pages for the notebooks: their prose, code and stored outputs, and in the place of live figures recorded ones.

A page asks for nothing from outside its folder, so it reads the same from a disk, a stick, or a server.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import torch
from PIL import Image

from ..lecture.collect import collect
from ..page.cards import WAKE
from ..page.explore import Exploration
from ..prose import html
from .player import player
from .record import record
from .reference import reference

ASSETS = ("site.css", "site.js")
READING = (
    "This page is for reading: its pictures are recorded. In the notebook every control is alive, and the exercises "
    "can be done."
)

HOME = '<a href="index.html">All chapters</a>'
WIDE_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
WIDE_FORMULA = re.compile(r'<math[^>]*display="block".*?</math>', re.DOTALL)

Cell = dict[str, Any]


def chapter(notebook: Path, site: Path) -> None:
    """Writes the page of a notebook, and its pictures in a folder beside it."""
    torch.set_num_threads(1)
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    ran = {cell.id: cell for cell in collect(notebook)}
    pictures = site / "figures" / notebook.stem
    pictures.mkdir(parents=True, exist_ok=True)
    parts = []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text(source))
            continue
        parts.append(code(source, cell))
        explored = [thing for thing in ran[cell["id"]].shown if isinstance(thing, Exploration)]
        for number, exploration in enumerate(explored):
            folder = pictures / f"{cell['id']}-{number}"
            parts.append(player(exploration, record(exploration), folder, site))
        if not explored:
            parts += [output(one, pictures / f"{cell['id']}-{i}.webp", site) for i, one in enumerate(cell["outputs"])]
    parts.insert(1, f'<p class="held">{READING}</p>')
    write(site, notebook, "\n".join(parts))


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
    path.write_text(template.substitute(title=escape(title), links=links, body=body), "utf-8")


def asset(name: str):
    return resources.files(__package__) / "page" / name


def opening(notebook: Path) -> tuple[str, str]:
    """A notebook's title and its first paragraph."""
    title, lead, *_ = "".join(json.loads(notebook.read_text("utf-8"))["cells"][0]["source"]).split("\n\n")
    return title.lstrip("# "), lead


def text(markdown: str) -> str:
    """Prose, with links to pages instead of notebooks, and a name for each heading that a link may lead to."""
    made = re.sub(r"<h2>(.*?)</h2>", lambda found: f'<h2 id="{_name(found[1])}">{found[1]}</h2>', html(markdown))
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


def code(source: str, cell: Cell) -> str:
    """A cell's code; folded where the notebook folds it, and left out where it only shows answers."""
    tags = cell["metadata"].get("tags", [])
    if "answers" in tags:
        return ""
    shown = f'<pre tabindex="0"><code>{escape(source)}</code></pre>'
    if not cell["metadata"].get("jupyter", {}).get("source_hidden"):
        return shown
    return f"<details><summary>{'Solution' if 'solution' in tags else 'Code'}</summary>{shown}</details>"


def output(stored: dict[str, Any], file: Path, site: Path) -> str:
    """What a cell has left in its notebook: a picture, a card, or printed text."""
    if "text" in stored:
        return f'<pre class="printed" tabindex="0">{escape("".join(stored["text"]).rstrip())}</pre>'
    data = {kind: "".join(words) for kind, words in stored.get("data", {}).items() if kind != "application/json"}
    if "image/png" in data:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        picture.save(file, "WEBP", lossless=True)
        width, height = picture.size
        place, alt = file.relative_to(site).as_posix(), escape(data["text/plain"])
        return f'<img src="{place}" width="{width}" height="{height}" alt="{alt}" loading="lazy">'
    if "text/html" in data:
        card = scrolling(to_pages(data["text/html"].replace(f"<p><i>{WAKE}</i></p>", "")))
        return f'<div class="output">{card}</div>' if card else ""
    return f'<pre class="printed" tabindex="0">{escape(data.get("text/plain", ""))}</pre>'
