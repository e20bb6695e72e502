"""Notebooks on paper and as a page: exporters of nbconvert that keep what its own would lose.

Installed with the package, they are formats of `jupyter nbconvert --to …`, and entries of JupyterLab's menu
"Save and Export Notebook As":

    course_html     each picture carries its description, formulas need no network, and hidden code is folded;
                    nbconvert writes images without one, and code that is hidden in a notebook openly
    course_pdf      through LaTeX, in fonts that have ○, λ and ⁻; its own fonts drop them
    course_webpdf   through a browser, with every fold open and long lines of code turned; a closed fold, and what
                    is left of a line beyond the margin, are lost on paper
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import matplotlib
from nbconvert.exporters import HTMLExporter, LatexExporter, PDFExporter, WebPDFExporter
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_markdown_cell, new_raw_cell
from traitlets.config import Config

from ..page.cards import WAKE
from ..prose import with_mathml

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACES = "Extension=.ttf, UprightFont=*, BoldFont=*-Bold, ItalicFont=*-Oblique, BoldItalicFont=*-BoldOblique"
LATEX_SETUP = rf"""
\setmainfont[Path={FONTS.as_posix()}/, Scale=0.88, {FACES}]{{DejaVuSans}}
\setmonofont[Path={FONTS.as_posix()}/, Scale=0.82, {FACES}]{{DejaVuSansMono}}
\normalfont
\setcounter{{secnumdepth}}{{0}}
"""
PAGE_SETUP = """
<style>
@media print { pre { white-space: pre-wrap !important; overflow-wrap: anywhere; } }
</style>
"""


class Paper(Preprocessor):
    """Prepares a notebook for a page or for paper.

    Pictures are described, every letter has a glyph, and a fold that will be printed stands open. On a page the code
    that the notebook hides is a fold, since it gives answers away. The code that only proves the answers below a
    picture is left out, and so are the lines that say how to wake a picture.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The notebook as it goes to the exporter; its file stays as it is."""
        nb, resources = super().preprocess(nb, resources)
        if isinstance(self.parent, HTMLExporter) and not self._printed:
            nb.cells = [part for cell in nb.cells for part in with_folded_code(cell)]
        if isinstance(self.parent, LatexExporter):
            nb.metadata["title"] = "lite-mamba"
            nb.cells.insert(0, new_raw_cell(LATEX_SETUP))
        else:
            nb.cells.append(new_markdown_cell(PAGE_SETUP))
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: dict[str, Any], index: int) -> tuple[Any, dict[str, Any]]:
        """One cell."""
        printed = self._printed
        if cell.cell_type == "markdown":
            if not isinstance(self.parent, LatexExporter):
                cell.source = with_mathml(unfolded(cell.source) if printed else cell.source)
            return cell, resources
        if "answers" in cell.metadata.get("tags", []):
            cell.metadata.transient = {"remove_source": True}
        for data in (output.data for output in cell.get("outputs", []) if "data" in output):
            if "image/png" in data and not isinstance(self.parent, LatexExporter):
                data["text/html"] = described(data["image/png"], data.get("text/plain", ""))
            elif "text/html" in data:
                card = data["text/html"].replace(f"<p><i>{WAKE}</i></p>", "")
                data["text/html"] = unfolded(card) if printed else card
            data["text/plain"] = data.get("text/plain", "").replace(WAKE, "").rstrip()
        return cell, resources

    @property
    def _printed(self) -> bool:
        """Whether a browser prints the page: then no fold can be opened."""
        return isinstance(self.parent, WebPDFExporter)


def with_folded_code(cell: Any) -> list[Any]:
    """A cell; if the notebook hides its code, a fold that has the code, and the cell without it."""
    shown = not cell.metadata.get("jupyter", {}).get("source_hidden") or "transient" in cell.metadata
    if shown or cell.cell_type != "code":
        return [cell]
    name = "Solution" if "solution" in cell.metadata.get("tags", []) else "Code"
    fold = f"<details><summary>{name}</summary>\n\n````python\n{cell.source}\n````\n\n</details>"
    cell.metadata.transient = {"remove_source": True}
    return [new_markdown_cell(fold, id=f"{cell.id}-code"), cell]


def described(png: str, words: str) -> str:
    """A picture, base64, as an image that carries its description."""
    return f'<img src="data:image/png;base64,{png.strip()}" alt="{escape(words)}" style="max-width:100%">'


def unfolded(text: str) -> str:
    """HTML or markdown whose folds stand open."""
    return text.replace("<details", "<details open")


class CourseHTML(HTMLExporter):
    """`--to course_html`."""

    export_from_notebook = "HTML, pictures described"

    @property
    def default_config(self) -> Config:
        """What nbconvert does, and `Paper` first."""
        return with_paper(super().default_config)


class CoursePDF(PDFExporter):
    """`--to course_pdf`; needs xelatex and pandoc, as `--to pdf` does."""

    export_from_notebook = "PDF, every letter there"

    @property
    def default_config(self) -> Config:
        """What nbconvert does, and `Paper` first."""
        return with_paper(super().default_config)


class CourseWebPDF(WebPDFExporter):
    """`--to course_webpdf`; needs Playwright and a Chromium of its own, as `--to webpdf` does."""

    export_from_notebook = "PDF through a browser, folds open"

    @property
    def default_config(self) -> Config:
        """What nbconvert does, and `Paper` first."""
        return with_paper(super().default_config)


def with_paper(config: Config) -> Config:
    """An exporter's configuration with `Paper` as a preprocessor, and without the scripts that nothing here needs."""
    scripts = {"mathjax_url": "", "require_js_url": ""}
    config.merge(Config({"Exporter": {"preprocessors": [Paper]}, "HTMLExporter": scripts}))
    return config
