"""The environment check: every branch, with probes that are told what to find."""

from __future__ import annotations

import importlib
from email import message_from_string
from importlib import metadata
from types import SimpleNamespace

import pytest

from lite_mamba import course

environment = importlib.import_module("lite_mamba.course.page.environment")
Finding = environment.Finding
RANGES = {"python": ">=3.10", "torch": ">=2.4", "ipywidgets": ">=8.1,<9"}


@pytest.fixture(autouse=True)
def ranges(monkeypatch):
    monkeypatch.setattr(environment, "supported", lambda: RANGES)


def missing(name):
    raise metadata.PackageNotFoundError(name)


FINE = [
    (lambda: environment.python_version("3.12.1"), "3.12.1 (supported: >=3.10)"),
    (lambda: environment.package_version("torch", lambda name: "2.13.0+cpu"), "2.13.0+cpu"),
    (lambda: environment.package_version("torch", lambda name: "2.14.0.dev20260101"), "2.14.0.dev20260101"),
    (lambda: environment.package_version("unlisted", lambda name: "1.0"), "1.0"),
    (lambda: environment.threads(lambda: 2, 2, {"OMP_WAIT_POLICY": "passive"}), "2 for 2 processor cores"),
    (lambda: environment.threads(lambda: 1, 2, {}), "1 for 2 processor cores"),
    (lambda: environment.graphics(lambda: True), "a CUDA GPU is there"),
    (lambda: environment.graphics(lambda: False), "no GPU; the course needs none"),
    (lambda: environment.write_access(lambda: None), "kept in"),
]
PROBLEMS = [
    (lambda: environment.python_version("3.9.2"), "3.9.2 (supported: >=3.10)", "Install a supported Python"),
    (
        lambda: environment.package_version("torch", lambda name: "2.3.1"),
        "2.3.1 (supported: >=2.4)",
        '-m pip install "torch>=2.4"',
    ),
    (
        lambda: environment.package_version("ipywidgets", lambda name: "9.0"),
        "9.0 (supported: >=8.1,<9)",
        '"ipywidgets>=8.1,<9"',
    ),
    (lambda: environment.package_version("torch", missing), "not installed", 'pip install "torch>=2.4"'),
    (lambda: environment.threads(lambda: 64, cores=2), "64 for 2 processor cores", "torch.set_num_threads(2)"),
    (lambda: environment.write_access(lambda: OSError(30, "Read-only")), "(Read-only)", "LITE_MAMBA_HOME"),
]


@pytest.mark.parametrize(("probe", "detail"), FINE)
def test_what_is_fine_needs_no_mending(probe, detail):
    found = probe()
    assert found.well and detail in found.detail and found.mend == ""


@pytest.mark.parametrize(("probe", "detail", "mend"), PROBLEMS)
def test_each_problem_says_how_to_mend_it(probe, detail, mend, capsys):
    found = probe()
    assert not found.well and detail in found.detail and mend in found.mend
    course.environment([probe, lambda: Finding("sky", True, "blue")])
    said = capsys.readouterr().out
    assert "✗ 1 of 2 checks found a problem." in said and mend in said and found.name in said


def test_threads_that_spin_are_advised_against_and_no_problem(capsys):
    found = environment.threads(lambda: 2, cores=2, variables={})
    assert found.well and "spin" in found.detail and "OMP_WAIT_POLICY" in found.mend
    course.environment([lambda: found])
    assert "OMP_WAIT_POLICY" not in capsys.readouterr().out, "the words of a stored notebook, the same everywhere"
    assert "OMP_WAIT_POLICY" in environment.live_part([found]).children[0].value


@pytest.mark.parametrize(
    ("variables", "asleep"),
    [
        ({}, False),
        ({"OMP_WAIT_POLICY": "PASSIVE"}, True),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, False),
        ({"GOMP_SPINCOUNT": "1000"}, True),
        ({"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "1000"}, True),
        ({"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "INFINITY"}, False),
    ],
)
def test_threads_sleep_by_the_number_of_looks_or_else_by_the_policy(variables, asleep):
    assert (environment.threads(lambda: 2, 2, variables).mend == "") == asleep


def test_where_all_is_well_the_text_is_the_same_on_every_machine(capsys):
    course.environment([lambda: Finding("torch", True, "1.2.3"), lambda: Finding("processor", True, "a GPU")])
    first = capsys.readouterr().out
    course.environment([lambda: Finding("torch", True, "4.5.6"), lambda: Finding("processor", True, "none")])
    assert capsys.readouterr().out == first
    assert "all 2 checks passed" in first and "1.2.3" not in first


def test_the_text_says_what_to_do_when_no_button_shows():
    fine = [Finding("torch", True, "1.2.3")]
    assert "widgets are not working: save" in environment.text(fine)
    assert "make" not in environment.html(fine)


@pytest.mark.parametrize(
    ("system", "words"),
    [("nt", 'In PowerShell: `& "C:/My Python/python.exe" -m pip'), ("posix", "In a terminal: `'C:/My")],
)
def test_what_to_type_fits_the_system(system, words, monkeypatch):
    monkeypatch.setattr(environment, "os", SimpleNamespace(name=system))
    monkeypatch.setattr(environment.sys, "executable", "C:/My Python/python.exe")
    assert words in environment.reinstall("torch", ">=2.4")


def test_the_live_part_shows_the_details_and_a_button_that_answers():
    box = environment.live_part([Finding("torch", True, "1.2.3"), Finding("sky", False, "<grey>", "Run `wait`.")])
    details, row = box.children
    button, answer = row.children
    assert "1.2.3" in details.value and "✗ problem" in details.value
    assert "&lt;grey&gt;" in details.value and ">wait</code>" in details.value
    button.click()
    assert button.description == "✓ Widgets work." and "answer you too" in answer.value


def test_this_environment_is_ready(monkeypatch, capsys):
    monkeypatch.undo()
    course.environment()
    assert "all 8 checks passed" in capsys.readouterr().out


def test_ranges_come_from_the_installed_package(monkeypatch):
    monkeypatch.undo()
    about = "Requires-Python: >=3.10\nRequires-Dist: torch>=2.4\nRequires-Dist: ipywidgets<9,>=8.1; extra == 'course'\n"
    message = message_from_string(about)
    monkeypatch.setattr(environment.metadata, "metadata", lambda name: message)
    assert environment.supported() == RANGES
    monkeypatch.setattr(environment.metadata, "metadata", missing)
    assert environment.supported() == {}
