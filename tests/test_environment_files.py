"""pyproject.toml, constraints.txt and environment.yml say the same."""

import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
EXTRAS = sorted(PROJECT["optional-dependencies"])

# Only the names that differ. pytorch-cpu never brings CUDA, matplotlib-base never brings Qt.
CONDA_NAME = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def requirements(*extras):
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return [Requirement(line) for line in lines]


def pins():
    """Canonical name -> the pinned requirements of that name; a marker may tell two pins apart."""
    table = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            table.setdefault(canonicalize_name(pin.name), []).append(pin)
    return table


def pinned_version(pin):
    (specifier,) = pin.specifier
    assert specifier.operator == "==", f"{pin} is not pinned"
    return specifier.version


def conda_ranges():
    """Conda name -> its range; the entries are `name` or `name range`."""
    entries = [entry.split(" ", 1) for entry in CONDA if isinstance(entry, str)]
    return {name: rest[0] if rest else "" for name, *rest in entries}


@pytest.mark.parametrize("requirement", requirements("course"), ids=str)
def test_conda_asks_for_the_same_range_as_pip(requirement):
    conda_range = conda_ranges()[CONDA_NAME.get(requirement.name, requirement.name)]
    assert SpecifierSet(conda_range) == requirement.specifier


def test_conda_asks_for_nothing_that_pip_does_not():
    pip_names = {CONDA_NAME.get(r.name, r.name) for r in requirements("course")}
    assert set(conda_ranges()) - {"python", "pip"} == pip_names


def test_conda_python_is_one_that_the_package_supports():
    version = conda_ranges()["python"].removeprefix("=")
    assert version in SpecifierSet(PROJECT["requires-python"])


def test_conda_lets_pip_add_only_the_package_itself():
    assert [entry["pip"] for entry in CONDA if isinstance(entry, dict)] == [["--editable ."]]


@pytest.mark.parametrize("requirement", requirements(*EXTRAS), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement):
    for pin in pins()[canonicalize_name(requirement.name)]:
        assert pinned_version(pin) in requirement.specifier


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_no_python_version_meets_two_pins_of_one_package(python):
    environment = {"python_version": python}
    for name, candidates in pins().items():
        valid = [p for p in candidates if p.marker is None or p.marker.evaluate(environment)]
        assert len(valid) <= 1, f"{name} on Python {python}: {', '.join(map(str, valid))}"


def test_torch_is_pinned_without_a_build_suffix_so_that_cpu_and_cuda_both_fit():
    (pin,) = pins()["torch"]
    assert pinned_version(pin) == "2.13.0"


@pytest.mark.parametrize(
    ("system", "machine", "pinned"),
    [("linux", "x86_64", True), ("win32", "AMD64", True), ("darwin", "arm64", True), ("darwin", "x86_64", False)],
)
def test_an_intel_mac_is_not_asked_for_a_torch_that_has_no_wheel(system, machine, pinned):
    (pin,) = pins()["torch"]
    assert pin.marker.evaluate({"sys_platform": system, "platform_machine": machine}) is pinned
