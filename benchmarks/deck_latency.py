"""How long after a key press does the picture of a lecture change, for each slider of a deck?

    python benchmarks/deck_latency.py [DECK]

Starts the lecture as a lecturer does, opens it in Chromium, and presses the arrow keys on each slider, `PRESSES` times
after three that warm up. The clock runs in the page, from the `keydown` event to the first animation frame after the
new picture is decoded. Of that, the program's part runs until the answer begins to arrive: its update, its drawing
and its PNG file. The rest is the page's: it reads the answer, decodes the picture, and fits the words around it.
Prints a table, the slowest slider first.
"""

import contextlib
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/browser"))
import lab

PRESSES = 30
SIZE = {"width": 1280, "height": 720}
DRAWN = "() => { const { drawn, wanted, busy } = lecture.now.shown; return drawn === wanted && !busy; }"
ARM = f"""input => {{
    const drawn = {DRAWN};
    performance.clearResourceTimings();
    window.latency = new Promise(done => input.addEventListener("keydown", () => {{
        const start = performance.now();
        const look = () => {{
            if (!drawn()) return requestAnimationFrame(look);
            const [frame] = performance.getEntriesByType("resource").filter(one => one.name.includes("/frame?"));
            done([performance.now() - start, frame.responseStart - start]);
        }};
        requestAnimationFrame(look);
    }}, {{ once: true, capture: true }}));
}}"""


class Row(NamedTuple):
    """A slider and its times in milliseconds: key press to picture, and of that the program's part."""

    source: str
    slider: str
    times: list[float]
    program: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def main(deck: str = "45") -> None:
    """Measure and print."""
    with lecture(deck) as address, sync_playwright() as playwright, lab.browser(playwright) as chromium:
        page = chromium.new_page(viewport=SIZE)
        page.goto(address)
        page.wait_for_selector(".now")
        rows = sorted(measure(page), key=lambda row: -row.median)
    print("| slide | slider | median, ms | of that the program | best | worst |\n|---|---|---|---|---|---|")
    for row in rows:
        program = statistics.median(row.program)
        ends = f"{min(row.times):.0f} | {max(row.times):.0f}"
        print(f"| {row.source} | {row.slider} | {row.median:.0f} | {program:.0f} | {ends} |")
    medians = [row.median for row in rows]
    print(f"\n{len(rows)} sliders, median of the medians {statistics.median(medians):.0f} ms, ", end="")
    print(f"{sum(median > 30 for median in medians)} above 30 ms")


@contextlib.contextmanager
def lecture(deck: str) -> Iterator[str]:
    """The address of a lecture that runs in a process of its own."""
    words = [sys.executable, "-m", "lite_mamba.course", "lecture", "--deck", deck, "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=lab.ROOT) as program:
        try:
            yield next(line.split()[-1] for line in program.stdout if "ready after" in line)
        finally:
            program.terminate()


def measure(page: Page) -> list[Row]:
    """The rows of all sliders, slide after slide."""
    rows = []
    for number, slide in enumerate(page.evaluate("lecture.slides.map(({ slide }) => slide)")):
        kinds = [control["kind"] for control in slide.get("controls", ())]
        if "slider" not in kinds:
            continue
        page.evaluate(f"lecture.go({number})")
        for place, control in enumerate(slide["controls"]):
            if control["kind"] == "slider":
                rows.append(pressed(page, place, slide["source"], control))
    return rows


def pressed(page: Page, place: int, source: str, control: dict) -> Row:
    """One slider, pressed from its start to the right, and back from each end."""
    slider = page.locator(".now .controls label").nth(place).locator("input")
    key, times = "ArrowRight", []
    for _ in range(PRESSES + 3):
        page.wait_for_function(DRAWN)
        at = int(slider.input_value())
        key = "ArrowLeft" if at == len(control["words"]) - 1 else "ArrowRight" if at == 0 else key
        slider.focus()
        slider.evaluate(ARM)
        page.keyboard.press(key)
        times.append(page.evaluate("window.latency"))
    page.locator(".now .controls button").click()
    page.wait_for_function(DRAWN)
    whole, program = zip(*times[3:], strict=True)
    return Row(source, control["label"], list(whole), list(program))


if __name__ == "__main__":
    main(*sys.argv[1:2])
