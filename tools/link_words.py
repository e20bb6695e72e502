"""Link the words of the glossary at their first use in a chapter: python tools/link_words.py 06 …

Words that the chapter itself explains stay as they are; so do words that are linked already.
"""

import sys
from pathlib import Path

import nbformat

from lite_mamba.course.glossary import address, unlinked

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def link(notebook: nbformat.NotebookNode, chapter: str) -> int:
    """Sets the missing links in place; returns how many."""
    symbols = next((i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Symbols")), 0)
    cells = [c for i, c in enumerate(notebook.cells) if i not in (0, symbols) and c.cell_type == "markdown"]
    missing = unlinked([cell.source for cell in cells], chapter)
    for i, match, term in sorted(missing, key=lambda found: (found[0], -found[1].start())):
        text = cells[i].source
        cells[i].source = f"{text[: match.start()]}[{match[0]}]({address(term)}){text[match.end() :]}"
    return len(missing)


if __name__ == "__main__":
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        if not sys.argv[1:] or path.name[:2] in sys.argv[1:]:
            notebook = nbformat.read(path, nbformat.NO_CONVERT)
            print(f"{path.name}: {link(notebook, path.name[:2])} words linked")
            nbformat.write(notebook, path)
