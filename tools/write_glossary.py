"""Write notebooks/glossary.ipynb, the words of the course on one page, from lite_mamba/course/glossary.py."""

from pathlib import Path

import nbformat

from lite_mamba.course import glossary

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
INTRODUCTION = """# Glossary

The words of this course in alphabetical order. The chapter is the one that explains the word, or works with it.
"""


def page(notebooks: Path = NOTEBOOKS) -> nbformat.NotebookNode:
    """The page as a notebook with one cell of text."""
    existing = {path.name[:2]: path.name for path in notebooks.glob("[0-9]*.ipynb")}
    text = f"{INTRODUCTION}\n{glossary.table(existing)}"
    cell = nbformat.v4.new_markdown_cell(text, id="glossary")
    metadata = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    return nbformat.v4.new_notebook(cells=[cell], metadata=metadata)


if __name__ == "__main__":
    nbformat.write(page(), NOTEBOOKS / "glossary.ipynb")
