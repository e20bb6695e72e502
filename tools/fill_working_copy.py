"""Fill the learner's folder with the notebooks that are not there yet, and never overwrite one.

A copy starts without outputs, so that no stored answer spoils a prediction.

    python tools/fill_working_copy.py [notebooks] [work]
"""

import sys
from pathlib import Path

import nbformat


def without_outputs(notebook):
    """The same notebook as if nobody had run it: no outputs, no counts, no widget state."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def fill(source: Path, target: Path) -> tuple[list[str], list[str]]:
    """Copy what is missing from `source` to `target`; return the names copied and the names left alone."""
    target.mkdir(exist_ok=True)
    copied, kept = [], []
    for original in sorted(source.glob("*.ipynb")):
        copy = target / original.name
        if copy.exists():
            kept.append(original.name)
            continue
        nbformat.write(without_outputs(nbformat.read(original, as_version=4)), copy)
        copied.append(original.name)
    return copied, kept


def main(source="notebooks", target="work"):
    copied, kept = fill(Path(source), Path(target))
    for name in copied:
        print(f"{target}/{name}: new")
    for name in kept:
        print(f"{target}/{name}: yours, left as it is")
    if kept:
        print(f"To start a notebook afresh, rename yours in {target}/ and run the command again.")


if __name__ == "__main__":
    main(*sys.argv[1:])
