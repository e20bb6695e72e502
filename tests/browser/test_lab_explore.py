"""What `explore` promises a reader, in a real JupyterLab: no queue behind a slow figure, errors in place, no mixing,
names for those who do not see the labels."""

import lab
import nbformat
import pytest

FIGURES = """
import pathlib
import time

from lite_mamba.course import explore
from lite_mamba.course import slider
from lite_mamba.course.drawing import LiveFigure


class Line(LiveFigure):
    "A line to a height; it fails between 40 and 60."

    controls = {"height": slider(0, 200, 0, label="height")}

    def __init__(self):
        super().__init__()
        axes = self.figure.subplots()
        (self.line,) = axes.plot([0, 1], [0, 1])
        axes.set_ylim(0, 200)
        self.move(self.line)

    def update(self, height=0):
        if 40 < height < 60:
            raise ValueError("not between 40 and 60")
        self.line.set_ydata([0, height])
        return f"The height is {height:.4g}."


class Held(Line):
    "A line that takes its time, as long as there is a file `hold`, and counts its pictures."

    drawn = 0

    def update(self, height=0):
        while pathlib.Path("hold").exists():
            time.sleep(0.01)
        self.drawn += 1
        self.line.set_ydata([0, height])
        return f"The height is {height}; picture {self.drawn}."
"""
POWERS = 'explore(Line(), height=slider(1, 1000, 10, 0.1, log=True, label="height"))'
SMALL = 'explore(Line(), height=slider(1e-7, 0.1, 1e-4, log=True, label="height"))'
COUNT = "import ipywidgets\nprint(len(ipywidgets.widgets.widget._instances))"


@pytest.fixture(scope="module")
def notebook(folder, open_notebook) -> lab.Notebook:
    codes = (FIGURES, "explore(Held())", "explore(Line())", POWERS, SMALL, COUNT)
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    kernel = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "slow.ipynb")
    opened = open_notebook("slow.ipynb")
    yield opened
    opened.close()


def test_a_slow_figure_does_not_queue_up_behind_a_drag(notebook, folder):
    held, other, *_ = notebook.explorations()
    (slider,) = held.sliders
    untouched = other.shown()
    hold = folder / "hold"
    hold.touch()
    try:
        held.drag(slider, 0.9, steps=60)
    finally:
        hold.unlink()
    # Of 60 moves two were drawn, after the start: the first, which was held, and the last.
    assert held.shown()[1] == f"The height is {held.readout(slider)}; picture 3."
    assert other.shown() == untouched


def test_an_error_shows_in_place_and_the_next_move_recovers(notebook):
    explored = notebook.explorations()[1]
    (picture, sentence), (slider,) = explored.shown(), explored.sliders
    explored.drag(slider, 0.25)
    faded, message = explored.shown()
    assert faded != picture
    assert explored.failed()
    assert f"height = {explored.readout(slider)}" in message and "ValueError: not between 40 and 60" in message
    explored.reset.click()
    assert explored.shown() == (picture, sentence)
    assert notebook.errors() == []


def test_running_again_leaves_nothing_behind(notebook):
    count = notebook.page.locator(".jp-CodeCell").nth(5).locator(".jp-OutputArea-output")
    before = count.inner_text()
    notebook.run()
    assert count.inner_text() == before
    assert len(notebook.explorations()) == 4


def test_a_screen_reader_hears_the_label_of_a_slider_and_its_readout(notebook):
    for explored, key in zip(notebook.explorations()[1:], ("ArrowRight", "ArrowLeft", "ArrowLeft"), strict=True):
        (slider,) = explored.sliders
        handle = explored.cell.get_by_role("slider", name="height", exact=True)
        said = [handle.get_attribute("aria-valuetext")]
        assert said[0] == explored.readout(slider)
        handle.press(key)
        said.append(handle.get_attribute("aria-valuetext"))
        assert said[1] == explored.readout(slider) and said[0] != said[1]


def test_a_logarithmic_slider_shows_its_number_as_sentences_write_it(notebook):
    explored = notebook.explorations()[2]
    (slider,) = explored.sliders
    explored.reset.click()
    assert explored.readout(slider) == "10"
    for _ in range(3):
        explored.press(slider, "ArrowRight")
    assert explored.readout(slider) == "19.95"
    explored = notebook.explorations()[3]
    (slider,) = explored.sliders
    explored.reset.click()
    assert explored.readout(slider) == "0.0001"
    for key, number in (("ArrowLeft", "7.943e−5"), ("Home", "1e−7"), ("End", "0.1")):
        explored.press(slider, key)
        assert explored.readout(slider) == number
        assert explored.shown()[1] == f"The height is {float(number.replace('−', '-')):.4g}."
