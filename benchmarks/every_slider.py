"""How long after a key press does the picture change, for each slider of each notebook?

    python benchmarks/every_slider.py [NN …]

Runs the notebooks, one after the other, in Chromium, in JupyterLab as it is when nobody has set anything: cells out of
sight are not laid out. Presses the arrow keys on each slider, `PRESSES` times after three that warm up. The clock is
that of `slider_latency.py`. Prints a table for `benchmarks/README.md`, the slowest slider first.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile
from typing import NamedTuple

from playwright.sync_api import sync_playwright
from slider_latency import ARM, lab

ROOT = pathlib.Path(__file__).parents[1]
PRESSES, MOST = 9, 30
NO_LONGER = "Promise.race([window.latency, new Promise(done => setTimeout(() => done(null), 1000))])"


class Row(NamedTuple):
    """A slider and its times in milliseconds."""

    notebook: str
    slider: str
    times: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def main(*chapters: str) -> None:
    """Measure and print."""
    rows = sorted((row for row in measure(chapters) if row.times), key=lambda row: -row.median)
    print("| notebook | slider | median, ms | best | worst |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.notebook} | {row.slider} | {row.median:.0f} | {min(row.times):.0f} | {max(row.times):.0f} |")
    medians = [row.median for row in rows]
    print(f"\n{len(rows)} sliders, median of the medians {statistics.median(medians):.0f} ms, ", end="")
    print(f"{sum(median > 30 for median in medians)} above 30 ms")


def measure(chapters: tuple[str, ...]) -> list[Row]:
    """The rows of all sliders of the chapters, or of all chapters."""
    with tempfile.TemporaryDirectory() as folder:
        files = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
        files = [file for file in files if not chapters or file.name[:2] in chapters]
        for file in files:
            shutil.copy(file, folder)
        with (
            lab.server(pathlib.Path(folder), {"PYTHONPATH": str(ROOT)}) as jupyter,
            sync_playwright() as playwright,
            lab.browser(playwright) as chromium,
        ):
            rows = []
            for file in files:
                page = chromium.new_page(viewport={"width": 1300, "height": 1000})
                with jupyter.as_installed():
                    notebook = lab.Notebook(page, jupyter, file.name)
                notebook.run()
                rows += [
                    pressed(cell, slider, file.name[:2]) for cell in notebook.explorations() for slider in cell.sliders
                ]
                print(f"{file.stem} measured", file=sys.stderr)
                notebook.close()
                page.close()
            return rows


def pressed(cell: lab.Explored, slider, chapter: str) -> Row:
    """One slider, pressed from its start to the right, and back from each end.

    A key that leaves the picture as it is has no time.
    """
    times, key = [], "ArrowRight"
    cell.notebook.turn_wheel_to(slider)
    for _ in range(MOST):
        at = cell.fraction(slider)
        key = "ArrowLeft" if at == 1 else "ArrowRight" if at == 0 else key
        slider.locator(".noUi-handle").focus()
        slider.evaluate(
            "(slider, arm) => eval(arm)(slider.closest('.jp-Cell'), slider.querySelector('.noUi-handle'))", ARM
        )
        cell.page.keyboard.press(key)
        times.append(cell.page.evaluate(NO_LONGER))
        cell.shown()
        times = [time for time in times if time is not None]
        if len(times) == PRESSES + 3:
            break
    cell.reset.click()
    cell.shown()
    return Row(chapter, lab.label(slider), times[3:])


if __name__ == "__main__":
    main(*sys.argv[1:])
