"""Notebooks as pages and on paper: pictures described, letters there, folds open, and the file as it was."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from matplotlib.ft2font import FT2Font
from nbconvert.exporters import LatexExporter, WebPDFExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lite_mamba.course.kit.paper import FONTS, CourseHTML, CoursePDF, Paper
from lite_mamba.course.page.cards import WAKE
from lite_mamba.course.prose import CODE_OR_MATH

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def a_notebook():
    picture = new_output("display_data", {"image/png": DOT, "text/plain": 'A "dot" < a line'})
    asleep = new_output(
        "display_data", {"text/html": f"<b>Guess</b><p><i>{WAKE}</i></p>", "text/plain": f"Guess\n{WAKE}"}
    )
    fold = new_markdown_cell("<details><summary>What to use</summary>\n\nThe ruler.\n\n</details>")
    proof = new_code_cell("prove_it()", metadata={"tags": ["answers"]})
    return new_notebook(cells=[fold, new_code_cell("draw()", outputs=[picture, asleep]), proof])


def prepared(exporter) -> nbformat.NotebookNode:
    """What `Paper` hands to an exporter."""
    return Paper(parent=exporter).preprocess(a_notebook(), {})[0]


def test_a_picture_carries_its_words_and_nothing_asks_to_be_woken():
    body, _ = CourseHTML().from_notebook_node(a_notebook())
    assert BeautifulSoup(body, "html.parser").img["alt"] == 'A "dot" < a line'
    assert "Guess" in body and "To wake this" not in body
    assert "draw" in body and "prove_it" not in body
    assert "<details>" in body  # a page can open it


def test_the_notebook_itself_stays_as_it_is():
    notebook = a_notebook()
    before = nbformat.writes(notebook)
    CourseHTML().from_notebook_node(notebook)
    assert nbformat.writes(notebook) == before


def test_a_fold_stands_open_where_it_is_printed():
    assert "<details open>" in prepared(WebPDFExporter()).cells[0].source
    assert "<details>" in prepared(CourseHTML()).cells[0].source


def test_hidden_code_is_a_fold_on_a_page_and_stands_open_where_it_is_printed():
    notebook = a_notebook()
    printed = new_output("stream", text="6 steps")
    hidden = {"jupyter": {"source_hidden": True}}
    notebook.cells.append(new_code_cell("reveal(6)", metadata={**hidden, "tags": ["reveal"]}, outputs=[printed]))
    notebook.cells.append(new_code_cell("def solution(): ...", metadata={**hidden, "tags": ["solution"]}))
    page = BeautifulSoup(CourseHTML().from_notebook_node(notebook)[0], "html.parser")
    folds = {fold.summary.text: fold.get_text() for fold in page.find_all("details")}
    assert "reveal" in folds["Code"] and "solution" in folds["Solution"]
    for fold in page.find_all("details"):
        fold.decompose()
    assert "6 steps" in page.get_text() and "draw" in page.get_text()
    assert "reveal" not in page.body.get_text() and "solution" not in page.body.get_text()
    paper = Paper(parent=WebPDFExporter()).preprocess(notebook, {})[0]
    code = [cell.source for cell in paper.cells if cell.cell_type == "code"]
    assert code[-2:] == ["reveal(6)", "def solution(): ..."]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_page_draws_its_formulas_without_network(file):
    body, _ = CourseHTML().from_filename(str(file))
    page = BeautifulSoup(body, "html.parser")
    formulas = sum(
        bool(display or inline)
        for cell in nbformat.read(file, 4).cells
        if cell.cell_type == "markdown"
        for _, display, inline in CODE_OR_MATH.findall(cell.source)
    )
    assert len(page.find_all("math")) >= formulas  # the cards hold some, too
    assert not any(script.get("src") for script in page.find_all("script"))
    for code in page.find_all(["pre", "code", "script", "style"]):
        code.decompose()
    assert "$" not in page.get_text()


def test_on_paper_a_long_line_of_code_is_turned_not_cut():
    assert "white-space: pre-wrap" in prepared(WebPDFExporter()).cells[-1].source


def test_latex_gets_its_fonts_first_and_the_picture_as_it_is():
    cells = prepared(LatexExporter()).cells
    assert r"\setmainfont" in cells[0].source and cells[0].cell_type == "raw"
    assert "text/html" not in cells[2].outputs[0].data
    assert Paper in CoursePDF().preprocessors


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_the_fonts_have_every_letter(file):
    glyphs = {name: FT2Font(str(FONTS / f"{name}.ttf")).get_charmap() for name in ("DejaVuSans", "DejaVuSansMono")}
    for cell in nbformat.read(file, 4).cells:
        prose = re.sub(r"\$[^$]*\$|`[^`]*`", "", cell.source) if cell.cell_type == "markdown" else ""
        words = [
            output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])
        ]
        for name, text in (("DejaVuSans", prose), ("DejaVuSansMono", cell.source + "".join(words))):
            missing = {letter for letter in text if letter.isprintable() and ord(letter) not in glyphs[name]}
            assert not missing, f"{name} lacks {missing} of cell {cell.get('id')}"


def test_the_formats_are_installed_with_the_package():
    formats = {entry.name: entry.value for entry in entry_points(group="nbconvert.exporters")}
    assert formats["course_html"] == "lite_mamba.course.kit.paper:CourseHTML"
