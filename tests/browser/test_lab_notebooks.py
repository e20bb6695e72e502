"""Each notebook in a real JupyterLab: it runs, its controls move its pictures, its answers show, nothing leaves."""

import pathlib

import lab
import pytest
from axe_playwright_python.sync_playwright import Axe

# The largest come first, so that no process is left with a long one at the end.
NOTEBOOKS = sorted(
    (path.name for path in (lab.ROOT / "notebooks").glob("*.ipynb")),
    key=lambda name: -(lab.ROOT / "notebooks" / name).stat().st_size,
)

# What JupyterLab and ipywidgets put into an output and offer no way to change.
BEYOND_US = {
    "image-alt": "JupyterLab drops the alternative text of a PNG output; the sentence below says it in words",
    "scrollable-region-focusable": "JupyterLab scrolls a wide output in a box that the keyboard does not reach",
}


@pytest.fixture(scope="module", params=NOTEBOOKS)
def notebook(request, open_notebook) -> lab.Notebook:
    opened = open_notebook(request.param)
    opened.name = pathlib.Path(request.param).stem
    yield opened
    opened.close()


def test_runs_whole_without_error_or_dialog(notebook):
    assert notebook.errors() == []
    assert notebook.dialogs() == 0
    assert all("[ ]" not in prompt for prompt in notebook.prompts())


def test_every_control_moves_its_picture_and_its_sentence(notebook):
    for number, explored in enumerate(notebook.explorations(), 1):
        where, start = f"{notebook.name}, exploration {number}", explored.shown()
        for slider in explored.sliders:
            move_by_mouse(explored, slider, where)
            move_by_keyboard(explored, slider, where)
        for turn, move in enumerate(explored.other_moves()):
            before = explored.shown()
            move()
            expect_change(explored, before, f"{where}, move {turn} of its switches and choices")
        if explored.shown() == start:  # two moves of one switch cancel
            explored.other_moves()[0]()
            expect_change(explored, start, where)
        explored.reset.click()
        assert explored.shown() == start, f"{where}: Reset does not bring back the start"


def move_by_mouse(explored: lab.Explored, slider, where: str) -> None:
    before, at = explored.shown(), explored.fraction(slider)
    explored.drag(slider, 0.85 if at < 0.5 else 0.15)
    expect_change(explored, before, f"{where}, {lab.label(slider)!r} dragged")


def move_by_keyboard(explored: lab.Explored, slider, where: str) -> None:
    before, at = explored.shown(), explored.fraction(slider)
    explored.press(slider, "ArrowLeft" if at > 0.5 else "ArrowRight")
    expect_change(explored, before, f"{where}, {lab.label(slider)!r} moved by an arrow key")


def expect_change(explored: lab.Explored, before: tuple[str, str], what: str) -> None:
    picture, sentence = explored.shown()
    assert picture != before[0], f"{what}: the picture stayed as it was"
    assert sentence != before[1], f"{what}: the sentence stayed as it was: {before[1]}"
    assert not explored.failed(), f"{what}: {explored.shown()[1]}"


def test_a_guess_is_committed_and_the_answer_shows(notebook):
    open_questions = notebook.commit_buttons().count()
    assert notebook.waiting() == open_questions, "an answer shows before there is a guess, or never will"
    for left in reversed(range(open_questions)):
        button = notebook.commit_buttons().first
        notebook.choose_first(button)
        button.click()
        notebook.wait()
        assert notebook.commit_buttons().count() == left
        assert notebook.waiting() == left


def test_every_check_says_something(notebook):
    for cell in notebook.cells_with("course.check("):
        assert cell.locator(".jp-OutputArea-output").all_inner_texts(), cell.inner_text()


def test_page_is_quiet_and_nothing_leaves_the_machine(notebook):
    assert notebook.watch.errors == []
    assert notebook.watch.outside == []
    assert [line for line in notebook.watch.console if "widget" in line.lower()] == []


def test_no_serious_barrier_of_our_making(notebook):
    options = {"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]}
    context = {"include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]}
    found = Axe().run(notebook.page, context=context, options=options).response["violations"]
    ours = [
        f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in BEYOND_US
    ]
    assert ours == []


def test_no_move_is_lost_where_cells_are_laid_out_as_they_come_into_sight(chromium, jupyter):
    """JupyterLab does that when nobody has set anything; the other tests have all cells laid out from the start."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    with jupyter.as_installed():
        notebook = lab.Notebook(page, jupyter, "05_three_views.ipynb")
    assert notebook.windowing() != "none"
    notebook.run()
    for number, explored in enumerate(notebook.explorations(), 1):
        where, slider = f"exploration {number} as installed", explored.sliders[0]
        notebook.turn_wheel_to(slider)
        move_by_mouse(explored, slider, where)
        before, key = explored.shown(), "ArrowLeft" if explored.fraction(slider) > 0.5 else "ArrowRight"
        page.keyboard.press(key)  # the drag has left the focus on the handle
        expect_change(explored, before, f"{where}, {lab.label(slider)!r} moved by an arrow key")
    assert notebook.errors() == []
    notebook.close()
    page.close()
