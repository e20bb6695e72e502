"""A stored notebook holds no widget and nothing of the machine; the tools say which word they do not know."""

import importlib.util
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

TOOLS = Path(__file__).resolve().parent.parent / "tools"
VIEW = "application/vnd.jupyter.widget-view+json"


def tool(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def executed_notebook():
    outputs = [
        new_output("stream", name="stdout", text="the answer"),
        new_output("display_data", {VIEW: {"model_id": "1"}, "text/plain": "IntSlider()"}),
    ]
    cell = new_code_cell("show()", execution_count=7, outputs=outputs, metadata={"execution": {}, "tags": ["predict"]})
    metadata = {"widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}, "jupytext": {}}
    return new_notebook(cells=[new_markdown_cell("# Title"), cell], metadata=metadata)


def test_a_stored_notebook_keeps_the_words_of_a_widget_and_not_the_widget():
    notebook = tool("execute_notebooks").cleaned(executed_notebook())
    assert notebook.cells[1].outputs[1].data == {"text/plain": "IntSlider()"}
    assert notebook.cells[1].metadata == {"tags": ["predict"]}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info


def test_execution_keeps_ids_and_leaves_a_failing_notebook_alone(tmp_path, monkeypatch, capsys):
    execute_notebooks = tool("execute_notebooks")
    monkeypatch.setattr(execute_notebooks, "NOTEBOOKS", tmp_path)
    good = new_notebook(cells=[new_code_cell("import os\n\nprint(os.environ['LITE_MAMBA_ANSWERS'])")])
    bad = new_notebook(cells=[new_code_cell("1 / 0")])
    for name, notebook in (("00_good", good), ("01_bad", bad)):
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    before = (tmp_path / "01_bad.ipynb").read_bytes()

    assert execute_notebooks.main([]) == 1

    (cell,) = nbformat.read(tmp_path / "00_good.ipynb", as_version=4).cells
    assert (cell.id, cell.execution_count, cell.outputs[0].text) == (good.cells[0].id, 1, "shown\n")
    assert (tmp_path / "01_bad.ipynb").read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_chapter_without_a_notebook_is_an_error():
    with pytest.raises(SystemExit, match="starts with 99"):
        tool("execute_notebooks").chosen(["99"])


def test_the_lowest_versions_are_the_floors_of_the_project():
    project = {
        "dependencies": ["torch>=2.4"],
        "optional-dependencies": {
            "course": ["jupyterlab>=4.2,<5"],
            "test": ["torch>=2.4", "tomli>=2 ; os_name == 'nt'"],
        },
    }
    found = tool("versions").floors(project, "course", "test")
    assert found == ["jupyterlab==4.2", 'tomli==2 ; os_name == "nt"', "torch==2.4"]


def test_a_set_of_versions_that_is_not_there_is_an_error(capsys):
    with pytest.raises(SystemExit):
        tool("versions").main(["highest"])
    assert "there is no set highest; it can be lowest, newest, py310" in capsys.readouterr().err
