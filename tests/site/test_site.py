"""One chapter of the site: complete, light, and without a word to the outside."""

import json
import re
from html.parser import HTMLParser

import pytest

import lite_mamba
from lite_mamba.course.kit.working_copy import originals
from lite_mamba.course.site import build
from lite_mamba.course.site.record import MOST_BYTES, MOST_FRAMES

CHAPTER = "00_start_here"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, notebook = tmp_path_factory.mktemp("site"), originals() / f"{CHAPTER}.ipynb"
    build.chapter(notebook, folder)
    build.index([notebook], folder)
    return folder


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def named(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.found if tag == name]


def test_the_page_is_whole_light_and_local(site):
    page = (site / f"{CHAPTER}.html").read_text()
    tags = Tags(page)
    cells = json.loads((originals() / f"{CHAPTER}.ipynb").read_text())["cells"]

    explored = [cell for cell in cells if "explore" in cell["metadata"].get("tags", [])]
    assert page.count('class="player"') == len(explored) > 1
    assert all(image["alt"].strip() and not image["alt"].startswith("<") for image in tags.named("img"))

    asked = [attributes.get("src") or attributes.get("href") for tag, attributes in tags.found if tag != "a"]
    asked = [one for one in asked if one and one != "data:,"]
    assert {"site.css", "site.js"} < set(asked) and all((site / one).is_file() for one in asked)
    assert f'href="{CHAPTER}.html"' in (site / "index.html").read_text()
    assert ".ipynb" not in " ".join(link["href"] for link in tags.named("a"))
    assert "url(" not in (site / "site.css").read_text()

    folders = [folder for folder in (site / "figures" / CHAPTER).iterdir() if folder.is_dir()]
    assert len(folders) == len(explored)
    for folder in folders:
        frames = list(folder.iterdir())
        assert 3 <= len(frames) <= MOST_FRAMES and sum(one.stat().st_size for one in frames) <= MOST_BYTES

    told = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    counts = sorted(len(list(folder.iterdir())) for folder in folders)
    assert sorted(len(one["sentences"]) for one in told) == counts and all(all(one["sentences"]) for one in told)


def test_the_reference_describes_every_public_name(site):
    page = (site / "reference.html").read_text()
    assert all(f'<h2 id="{name}">' in page for name in lite_mamba.__all__) and '<h3 id="Mamba.step">' in page
    assert "&lt;class" not in page and '<pre class="docstring" tabindex="0"></pre>' not in page


def test_the_script_is_short():
    assert len(build.asset("site.js").read_text().splitlines()) < 60


def test_a_link_to_a_notebook_leads_to_its_page_and_a_heading_can_be_linked():
    assert build.text("[kernel](glossary.ipynb#K)") == '<p><a href="glossary.html#K">kernel</a></p>\n'
    assert build.text("## The state") == '<h2 id="The-state">The state</h2>\n'


def test_an_answer_cell_shows_no_code_and_a_solution_folds():
    cell = {"metadata": {"tags": ["answers"], "jupyter": {"source_hidden": True}}}
    assert build.code("course.answers(seen)", cell) == ""
    cell = {"metadata": {"tags": ["solution"], "jupyter": {"source_hidden": True}}}
    assert build.code("a < b", cell).startswith("<details><summary>Solution</summary>")
