"""How long after a key press does the picture change? `interact` with a new figure against `course.explore`.

    python benchmarks/slider_latency.py [PRESSES]

Opens a scratch notebook in JupyterLab in Chromium, with the same line and 48 × 48 heat map driven both ways,
and presses the arrow keys on the two sliders in turns. The clock runs in the page, from the `keydown` event
to the first animation frame after the new picture is decoded. The kernel's part runs from the moment it takes
up the message to the moment it is done with it, by its own clock.
"""

import pathlib
import statistics
import sys
import tempfile

import nbformat
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests/browser"))
import lab

SETUP = """
import ipywidgets, numpy as np
import matplotlib.pyplot as plt
from lite_mamba.course.drawing.controls import slider
from lite_mamba.course.page.explore import explore
from lite_mamba.course.drawing import LiveFigure

t = np.linspace(0, 1, 400)
rows, columns = np.mgrid[0:48, 0:48] / 48

def wave(k):
    return np.sin(2 * np.pi * k * t / 10)

def field(k):
    return np.sin(k * rows) * np.cos(k * columns)

class Waves(LiveFigure):
    "A wave and a heat map."

    controls = {"k": slider(1, 200, 20, label="wave number")}

    def __init__(self):
        super().__init__()
        left, right = self.figure.subplots(1, 2)
        (self.line,) = left.plot(t, wave(20))
        left.set(ylim=(-1.1, 1.1), xlabel="time (s)", ylabel="amplitude")
        self.image = right.imshow(field(20), vmin=-1, vmax=1)
        right.set(xlabel="column", ylabel="row")
        self.axes = left
        self.move(self.line, self.image)

    def update(self, k=20):
        self.line.set_ydata(wave(k))
        self.image.set_data(field(k))
        self.title(self.axes, f"wave number {k}")
        return f"The wave number is {k}."
"""
INTERACT = """
@ipywidgets.interact(k=ipywidgets.IntSlider(20, 1, 200, description="wave number"))
def draw(k=20):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5))
    left.plot(t, wave(k))
    left.set(ylim=(-1.1, 1.1), xlabel="time (s)", ylabel="amplitude", title=f"wave number {k}")
    right.imshow(field(k), vmin=-1, vmax=1)
    right.set(xlabel="column", ylabel="row")
    plt.show()
"""
EXPLORE = "explore(Waves())"
KERNEL = {"name": "python3", "display_name": "Python 3"}

LISTEN = """() => {
    window.kernelTimes = {};
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    kernel.iopubMessage.connect((_, message) => {
        const parent = message.parent_header;
        if (parent?.msg_type !== 'comm_msg' || message.header.msg_type !== 'status') return;
        const times = window.kernelTimes[parent.msg_id] ??= {};
        times[message.content.execution_state] = Date.parse(message.header.date);
    });
}"""
ARM = """(cell, handle) => {
    handle ??= cell.querySelector('.noUi-handle');
    const picture = () => cell.querySelector('.jp-RenderedImage img');
    const before = picture().src;
    window.kernelTimes = {};
    window.latency = new Promise(done => handle.addEventListener('keydown', () => {
        const start = performance.now();
        const look = () => {
            const image = picture();
            const fresh = image && image.src !== before && image.complete && image.naturalWidth;
            if (fresh) done(performance.now() - start);
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, {once: true, capture: true}));
}"""


def main(presses: int = 30) -> None:
    """Measure and print."""
    times = measure([("interact", INTERACT), ("explore", EXPLORE)], presses)
    for name, (page, kernel) in times.items():
        print(
            f"{name:10} median {statistics.median(page):6.1f} ms key press to picture "
            f"(best {min(page):.1f}, worst {max(page):.1f}), kernel {statistics.median(kernel):.1f} ms"
        )
    ratio = statistics.median(times["explore"][0]) / statistics.median(times["interact"][0])
    print(f"ratio      {ratio:.2f} of interact's time, {presses} presses each")


def measure(ways: list[tuple[str, str]], presses: int) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds (page, kernel) for each named cell, pressed in turns."""
    with tempfile.TemporaryDirectory() as folder:
        cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *(code for _, code in ways))]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        nbformat.write(notebook, pathlib.Path(folder) / "scratch.ipynb")
        root = str(pathlib.Path(__file__).parents[1])
        with (
            lab.server(pathlib.Path(folder), {"PYTHONPATH": root}) as jupyter,
            sync_playwright() as playwright,
            lab.browser(playwright) as chromium,
        ):
            page = chromium.new_page(viewport={"width": 1300, "height": 2000})
            return press_in_turns(lab.Notebook(page, jupyter, "scratch.ipynb"), ways, presses)


def press_in_turns(notebook: lab.Notebook, ways, presses: int):
    notebook.run()
    assert not notebook.errors(), notebook.errors()
    notebook.page.evaluate(LISTEN)
    cells = notebook.page.locator(".jp-CodeCell:has(.widget-slider)").all()
    times = {name: ([], []) for name, _ in ways}
    for turn in range(presses + 3):
        for (name, _), cell in zip(ways, cells, strict=True):
            page, kernel = press(notebook, cell, "ArrowLeft" if turn % 3 == 2 else "ArrowRight")
            if turn >= 3:  # the first presses warm up
                times[name][0].append(page)
                times[name][1].append(kernel)
    return times


def press(notebook: lab.Notebook, cell, key: str) -> tuple[float, float]:
    """One key press: milliseconds to the new picture, and the kernel's longest message."""
    page = notebook.page
    cell.locator(".noUi-handle").focus()
    cell.evaluate(ARM)
    page.keyboard.press(key)
    latency = page.evaluate("window.latency")
    notebook.wait()
    page.wait_for_timeout(150)
    kernel = page.evaluate("Math.max(...Object.values(window.kernelTimes).map(t => t.idle - t.busy))")
    return latency, kernel


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
