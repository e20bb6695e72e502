"""Fills the learner's folder with the notebooks that are not there yet, and never overwrites one.

A copy starts without outputs, so that no stored answer spoils a prediction.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import lite_mamba

BESIDE = Path(lite_mamba.__file__).resolve().parent.parent  # the folder that holds the package: a clone's root
SHARE = Path("share", "lite-mamba")
FIRST = "00_start_here.ipynb"


class Stop(SystemExit):
    """What stands in the way, in words, as the end of a command."""


def root() -> Path:
    """The folder with notebooks/ and pyproject.toml: a clone's, or the one that a wheel has brought along."""
    for folder in (BESIDE, BESIDE / SHARE, *_installed()):
        if (folder / "notebooks" / FIRST).exists():
            return folder
    raise Stop(
        f"This installation of lite-mamba brings no notebooks: there is no {BESIDE / 'notebooks'}, and no installed "
        "copy. Install lite-mamba from its wheel or from a clone, as the README says."
    )


def _installed() -> list[Path]:
    """Where the installer has put what belongs to no package."""
    try:
        files = metadata.files("lite-mamba") or []
    except metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())).resolve().parent.parent for file in files if file.name == FIRST]


def originals() -> Path:
    """The folder of the executed notebooks."""
    return root() / "notebooks"


def whole_course() -> Path:
    """The folder of the executed notebooks, for a command that needs their solutions and answers.

    Raises:
        Stop: this copy is a handout, which has none.
    """
    cells = json.loads((originals() / FIRST).read_text("utf-8"))["cells"]
    if any("solution" in cell["metadata"].get("tags", []) for cell in cells):
        return originals()
    raise Stop(
        "This copy of the course is a handout. Its notebooks have no solutions and no answers, which this needs."
    )


def default_folder() -> Path:
    """Where a learner works if no folder is named: work/ in a clone, else lite-mamba-course/ where they are."""
    return BESIDE / "work" if root() == BESIDE else Path("lite-mamba-course")


def without_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The same notebook as if nobody had run it: no outputs, no counts, no widget state."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def fill(source: Path, target: Path) -> tuple[list[str], list[str]]:
    """Copies what is missing from `source` to `target`; returns the names copied and the names left alone."""
    target.mkdir(parents=True, exist_ok=True)
    copied, kept = [], []
    for original in sorted(source.glob("*.ipynb")):
        copy = target / original.name
        if copy.exists():
            kept.append(original.name)
            continue
        notebook = without_outputs(json.loads(original.read_text("utf-8")))
        copy.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")
        copied.append(original.name)
    return copied, kept


def filled(folder: Path | None) -> Path:
    """The learner's folder, filled; says what is new. A folder that can't be written ends the command in words."""
    target = default_folder() if folder is None else folder
    try:
        copied, kept = fill(originals(), target)
    except OSError as error:
        raise Stop(
            f"The notebooks can't be copied to {target} ({error.strerror or error}). "
            "Name a folder of your own behind the command, my-course for example."
        ) from error
    for name in copied:
        print(f"{target / name}: new")
    if kept:
        print(f"Notebooks in {target} that are yours and stay as they are: {len(kept)}.")
        print("To start one afresh, rename yours and run the command again.")
    return target


def add_folder(parser: argparse.ArgumentParser) -> None:
    """The argument that lab and fill share."""
    parser.add_argument(
        "folder", nargs="?", type=Path, help="your own folder (default: work/ of a clone, else ./lite-mamba-course)"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m lite_mamba.course fill", description=(__doc__ or "").split("\n")[0])
    add_folder(parser)
    filled(parser.parse_args(arguments).folder)
