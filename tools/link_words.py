"""Link the words of the glossary at their first use in a chapter: python tools/link_words.py 06 …

Words that the chapter itself explains stay as they are; so do words that are linked already.
"""

import argparse
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
    paths = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="NN", help="a chapter's number; all of them if none is given")
    chapters = parser.parse_args().chapters
    if unknown := [chapter for chapter in chapters if chapter not in paths]:
        parser.error(f"there is no chapter {unknown[0]!r}; there are {', '.join(paths)}")
    for chapter, path in paths.items():
        if not chapters or chapter in chapters:
            notebook = nbformat.read(path, nbformat.NO_CONVERT)
            print(f"{path.name}: {link(notebook, path.name[:2])} words linked")
            nbformat.write(notebook, path)
