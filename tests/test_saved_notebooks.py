"""What a notebook of the course keeps when it is saved with live controls in it."""

import json
from pathlib import Path

import ipywidgets
import pytest

import lite_mamba_jupyter
from lite_mamba.course.page.cards import VOILA, WAKE, live

VIEW = lite_mamba_jupyter.VIEW


def saved(bundle, metadata):
    output = {"output_type": "display_data", "data": dict(bundle), "metadata": metadata}
    model = {"type": "notebook", "content": {"cells": [{"cell_type": "markdown"}, {"outputs": [output]}]}}
    lite_mamba_jupyter.keep_the_text(model, path="a.ipynb", contents_manager=None)
    return output["data"]


def test_a_control_of_the_course_keeps_its_words_and_how_to_wake_it():
    data = saved(live(ipywidgets.IntSlider(), "Controls", "<b>Controls</b>"), {"lite_mamba": True})
    assert VIEW not in data and data["text/plain"] == "Controls"
    assert "<b>Controls</b>" in data["text/html"] and WAKE in data["text/html"]


def test_in_voila_no_control_stands_that_would_move_nothing(monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    bundle = live(ipywidgets.IntSlider(), "Controls", "<b>Controls</b>")
    assert VIEW not in bundle and "<b>Controls</b>" in bundle["text/html"]
    assert VOILA in bundle["text/html"] and WAKE not in bundle["text/html"]


def test_a_readers_own_widget_is_left_alone():
    assert VIEW in saved({VIEW: {"model_id": "1"}, "text/plain": "IntSlider()"}, {})


@pytest.mark.parametrize("model", [{"type": "file", "content": "x"}, {"type": "notebook", "content": None}])
def test_other_files_are_left_alone(model):
    before = json.dumps(model)
    lite_mamba_jupyter.keep_the_text(model)
    assert json.dumps(model) == before


def test_the_server_registers_it():
    hooks = []
    manager = type("Manager", (), {"register_pre_save_hook": lambda self, hook: hooks.append(hook)})()
    lite_mamba_jupyter._load_jupyter_server_extension(type("Server", (), {"contents_manager": manager})())
    assert hooks == [lite_mamba_jupyter.keep_the_text]
    config = json.loads(Path(lite_mamba_jupyter.__file__).with_name("lite_mamba_jupyter.json").read_text("utf-8"))
    assert config["ServerApp"]["jpserver_extensions"] == {"lite_mamba_jupyter": True}
