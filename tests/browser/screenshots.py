"""Pictures of every exploration of a notebook at three settings, to look at.

    python tests/browser/screenshots.py NOTEBOOK OUT_DIR

Runs the notebook in JupyterLab in Chromium, on a copy of its folder, and writes for each exploration the
whole cell output as `explore-1-start.png`, `explore-1-low.png` and `explore-1-high.png` (every slider at its
left or right end), and one `page.png` from top to bottom. Sentences and errors are printed.
"""

import pathlib
import shutil
import sys
import tempfile

import lab
from playwright.sync_api import sync_playwright


def main(notebook: str, out: str) -> None:
    source, folder = pathlib.Path(notebook).resolve(), pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "notebooks"
        shutil.copytree(source.parent, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        with (
            lab.server(copy) as jupyter,
            sync_playwright() as playwright,
            lab.browser(playwright) as chromium,
        ):
            page = chromium.new_page(viewport={"width": 1280, "height": 1000})
            opened = lab.Notebook(page, jupyter, source.name)
            opened.run()
            for text in opened.errors():
                print("ERROR OUTPUT:", text[-1500:])
            for number, explored in enumerate(opened.explorations(), 1):
                photograph(explored, folder / f"explore-{number}")
            opened.photograph(folder / "page.png")


def photograph(explored: lab.Explored, stem: pathlib.Path) -> None:
    """The cell's output as it starts, with all sliders at the left, and at the right."""
    for setting, key in (("start", None), ("low", "Home"), ("high", "End")):
        for slider in explored.sliders if key else ():
            explored.press(slider, key)
            explored.notebook.wait()
        explored.page.wait_for_timeout(200)
        explored.photograph(stem.with_name(f"{stem.name}-{setting}.png"))
        print(f"{stem.name}-{setting}: {explored.shown()[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
