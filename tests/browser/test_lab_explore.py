"""What `explore` promises a reader, in a real JupyterLab: no queue behind a slow figure, errors in place, no mixing."""

import time

import lab
import nbformat
import pytest

pytestmark = pytest.mark.xdist_group("slow.ipynb")  # one process opens it

FIGURE = """
import time

from lite_mamba.course import explore
from lite_mamba.course import slider
from lite_mamba.course.drawing import LiveFigure


class Slow(LiveFigure):
    "A line to a height; it takes its time, and fails between 40 and 60."

    controls = {"height": slider(0, 200, 0, label="height")}

    def __init__(self):
        super().__init__()
        axes = self.figure.subplots()
        (self.line,) = axes.plot([0, 1], [0, 1])
        axes.set_ylim(0, 200)
        self.move(self.line)

    def update(self, height=0):
        time.sleep(0.2)
        if 40 < height < 60:
            raise ValueError("not between 40 and 60")
        self.line.set_ydata([0, height])
        return f"The height is {height}."
"""
COUNT = "import ipywidgets\nprint(len(ipywidgets.widgets.widget._instances))"


@pytest.fixture(scope="module")
def notebook(folder, open_notebook) -> lab.Notebook:
    cells = [nbformat.v4.new_code_cell(code) for code in (FIGURE, "explore(Slow())", "explore(Slow())", COUNT)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "slow.ipynb")
    opened = open_notebook("slow.ipynb")
    yield opened
    opened.close()


def test_a_slow_figure_does_not_queue_up_behind_a_drag(notebook):
    first, second = notebook.explorations()
    untouched = second.shown()
    first.drag(first.sliders[0], 0.9, steps=60, wait=False)
    released = time.time()
    wanted = f"The height is {first.readout(first.sliders[0])}."
    while first.shown()[1] != wanted:
        assert time.time() - released < 10, first.shown()[1]
        time.sleep(0.02)
    assert time.time() - released < 3, "60 moves of 0.2 s each would take 12 s"
    assert second.shown() == untouched


def test_an_error_shows_in_place_and_the_next_move_recovers(notebook):
    explored = notebook.explorations()[1]
    before = explored.shown()
    explored.drag(explored.sliders[0], 0.25)
    assert explored.changed(before) == (True, True)
    assert explored.failed()
    assert "height = " in explored.shown()[1] and "ValueError: not between 40 and 60" in explored.shown()[1]
    explored.reset.click()
    notebook.wait()
    assert explored.changed(("", "")) and explored.shown() == before
    assert notebook.errors() == []


def test_running_again_leaves_nothing_behind(notebook):
    count = notebook.page.locator(".jp-CodeCell").nth(3).locator(".jp-OutputArea-output")
    before = count.inner_text()
    notebook.run()
    assert count.inner_text() == before
    assert len(notebook.explorations()) == 2
