"""Running a notebook without its page: everything it would show is handed over, and nobody's progress is touched."""

import inspect
import json
import os
from pathlib import Path

import nbformat
import pytest

from lite_mamba import course
from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.lecture.collect import Answered, Asked, collect
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.page.predict import Prediction

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def notebook(folder: Path, *cells: tuple[str, ...]) -> Path:
    """A notebook of code cells, each a source and its tags."""
    made = nbformat.v4.new_notebook()
    for number, (source, *tags) in enumerate(cells):
        made.cells.append(nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata={"tags": tags}))
    nbformat.write(made, folder / "tiny.ipynb")
    return folder / "tiny.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in collect(NOTEBOOKS / "00_start_here.ipynb")}


def test_every_cell_is_there_in_order_with_its_words(cells):
    stored = json.loads((NOTEBOOKS / "00_start_here.ipynb").read_text())["cells"]
    assert list(cells) == [cell["id"] for cell in stored]
    assert [cell.source for cell in cells.values()] == ["".join(cell["source"]) for cell in stored]


def test_a_picture_with_sliders_is_an_exploration_that_starts_as_the_cell_says(cells):
    (seen,) = cells["fabbf245"].shown
    assert isinstance(seen, Exploration) and seen.values == {"part": "in_proj"}
    assert seen.set(part="scan").sentence != seen.reset().sentence


def test_a_picture_does_not_say_whose_functions_it_runs_for_nobody_has_written_any(tmp_path):
    source = (
        "from lite_mamba import course",
        "from lite_mamba.course.chapters.ch06_time_scales.figures import Fading",
        'half_life = course.check("06.half_life", None)',
        "course.explore(Fading(half_life))",
    )
    (cell,) = collect(notebook(tmp_path, ("\n".join(source),)))
    (seen,) = cell.shown
    assert "reference" not in seen.frame.sentence and "reference" not in seen.reset().sentence


def test_a_function_of_another_notebook_comes_without_a_word(tmp_path):
    source = 'from lite_mamba import course\nhalf_life = course.mine("06.half_life")\nprint(callable(half_life))'
    (cell,) = collect(notebook(tmp_path, (source,)))
    assert cell.printed == "True\n"


def test_a_prediction_has_its_question_and_its_answer(cells):
    (asked,) = cells["cec09d22"].shown
    assert isinstance(asked, Asked) and asked.truth in asked.choices and asked.because and asked.working
    (number,) = cells["64d7ab58"].shown
    assert number.scale.low <= number.truth <= number.scale.high


def test_folded_answers_name_their_picture(cells):
    (answered,) = cells["80b9b8d2"].shown
    assert isinstance(answered, Answered) and [answered.exploration] == cells["7bf31631"].shown
    assert all(one.words for one in answered.given)


def test_a_figure_in_the_last_line_is_a_still(cells):
    (still,) = cells["cd8090bd"].shown
    assert isinstance(still, LiveFigure)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("0[2-5]*.ipynb")), ids=lambda path: path.stem)
def test_no_prediction_stays_without_an_answer(path):
    asked = [one for cell in collect(path) for one in cell.shown if isinstance(one, Asked)]
    assert asked and all(one.truth is not None for one in asked)


def test_a_reveal_takes_what_the_notebooks_reveal_takes():
    assert inspect.signature(Asked.reveal) == inspect.signature(Prediction.reveal)


def test_what_a_cell_prints_is_kept_and_a_solution_is_not_run(tmp_path):
    shown, solved = collect(notebook(tmp_path, ("print('seen')\n1 + 1",), ("raise ValueError", "solution")))
    assert shown.printed == "seen\n" and not shown.shown
    assert solved.source == "raise ValueError" and not solved.printed


def test_a_cell_that_raises_is_named(tmp_path):
    with pytest.raises(RuntimeError, match="tiny, cell cell-1 raised ZeroDivisionError"):
        collect(notebook(tmp_path, ("n = 0",), ("1 / n",)))


def test_a_run_neither_reads_nor_writes_the_learners_state_and_leaves_the_course_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("LITE_MAMBA_HOME", str(tmp_path / "learner"))
    monkeypatch.setenv("LITE_MAMBA_ANSWERS", "shown")
    before = dict(vars(course))
    source = "import os\nfrom lite_mamba import course\nprint(os.environ['LITE_MAMBA_HOME'])\ncourse.progress()"
    (cell,) = collect(notebook(tmp_path, (source,)))
    assert str(tmp_path / "learner") not in cell.printed and not (tmp_path / "learner").exists()
    assert os.environ["LITE_MAMBA_HOME"] == str(tmp_path / "learner") and os.environ["LITE_MAMBA_ANSWERS"] == "shown"
    assert vars(course) == before
