"""One chapter of the site: complete, light, and without a word to the outside."""

import json
import re
from html.parser import HTMLParser

import pytest
from pixel_contrast import contrast

import lite_mamba
from lite_mamba.course import slider
from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.kit.working_copy import originals
from lite_mamba.course.lecture.collect import Cell
from lite_mamba.course.page import markup
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.site import build
from lite_mamba.course.site.picture import least_width
from lite_mamba.course.site.player import Player
from lite_mamba.course.site.record import MOST_BYTES, record

CHAPTER, FRAMES = "00_start_here", 9


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, notebook = tmp_path_factory.mktemp("site"), originals() / f"{CHAPTER}.ipynb"
    build.chapter(notebook, folder, FRAMES)
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
        assert len(frames) >= 3 and sum(one.stat().st_size for one in frames) <= MOST_BYTES

    told = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    assert len(told) == len(folders) and all(all(one["sentences"]) for one in told)
    assert all(3 <= len(one["sentences"]) <= FRAMES for one in told)


def test_each_answer_shows_its_picture(site):
    page = (site / f"{CHAPTER}.html").read_text()
    answers = re.findall(r"<details><summary>Answer \d.*?</details>", page, re.DOTALL)
    assert len(answers) > 3
    for answer in answers:
        assert Tags(answer).named("img") and answer.count("<figcaption>") == answer.count("<img")


def test_a_figure_says_which_controls_stand_still():
    exploration = Exploration(Still())
    player = Player(exploration, record(exploration, frames=4), "figures/still")
    assert "The notebook moves 1 more; it stands here at depth = 2.</p>" in player.html()
    assert player.html().count('type="range"') == 1
    assert 'class="held"' not in Player(exploration, record(exploration), "figures/still").html()


class Still(LiveFigure):
    """Two lines."""

    controls = {"height": slider(0, 3, 1, label="height"), "depth": slider(0, 2, 2, label="depth")}  # noqa: RUF012

    def __init__(self):
        super().__init__(width=4, height=3)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, 1), ylim=(-3, 4), xlabel="$10^{-3}$ of a second")
        (self.top,) = self.ax.plot([0, 1], [1, 1], linewidth=9)
        (self.bottom,) = self.ax.plot([0, 1], [-2, -2], linewidth=1)
        self.move(self.top, self.bottom)

    def update(self, height=1, depth=2):
        self.top.set_ydata([height, height])
        self.bottom.set_ydata([-depth, -depth])
        return f"{height} above, {depth} below."


def test_a_picture_is_never_so_small_that_its_smallest_words_are_below_eleven_pixels():
    figure = Still()
    figure.update()
    figure.pixels()
    exponent = 0.7 * 14 / 72 * 100  # pixels in a picture as drawn, 400 of them wide
    assert least_width(figure.figure) == pytest.approx(400 * 11 / exponent, abs=1)


def test_code_stands_in_colours_and_a_card_takes_those_of_the_page():
    coloured = build.python('if x:\n    "a < b"').replace("&quot;", '"')  # as older Pygments writes it
    assert coloured == (
        '<pre tabindex="0"><code><span class="k">if</span> <span class="n">x</span><span class="p">:</span>\n'
        '    <span class="s2">"a &lt; b"</span></code></pre>'
    )
    assert '<span class="kn">import</span>' in build.text("```python\nimport torch\n```")
    style = build.asset("site.css").read_text()
    card = build.themed(markup.frame("good", markup.mark("bad", "no")))
    named = set(re.findall(r"var\((--\w+)\)", card))
    assert "#" not in card and named == {"--ink", "--paper", "--rule", "--good", "--bad"}
    assert all(style.count(f"{name}:") == 2 for name in named)  # light and dark


def test_the_colours_of_code_stand_out_in_light_and_in_dark():
    style = build.asset("site.css").read_text()
    light, dark = ({n: c for n, c in re.findall(r"--(\w+): (#\w{6});", part)} for part in style.split("@media")[:2])
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        for ground in (colours["paper"], colours["code"]):
            pale = [
                n for n, one in colours.items() if n not in ("paper", "code", "rule") and contrast(one, ground) < 4.5
            ]
            assert not pale


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
    hidden = {"metadata": {"jupyter": {"source_hidden": True}}}
    assert build.code(hidden, Cell("a", "code", "course.answers(seen)", ("answers",))) == ""
    folded = build.code(hidden, Cell("a", "code", "a < b", ("solution",)))
    assert folded.startswith("<details><summary>Solution</summary>") and "&lt;" in folded
