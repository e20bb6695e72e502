"""What is installed from a wheel opens the course without a clone; a release leads back to its repository."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
URL = "https://example.org/me/lite-mamba"
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def release():
    spec = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The source distribution and the wheel of a release."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("a release is built from a clone")
    found = release().build(URL, "v1", tmp_path_factory.mktemp("dist"))
    return {path.suffix: path for path in found}


@pytest.fixture(scope="module")
def installed(archives, tmp_path_factory):
    """Runs a program with the wheel installed, the clone out of sight."""
    prefix, elsewhere = tmp_path_factory.mktemp("prefix"), tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, "--prefix", str(prefix), str(archives[".whl"])], check=True)
    (site,) = {path.parent for path in prefix.rglob("lite_mamba")}

    def run(*words):
        environment = {**os.environ, "PYTHONPATH": str(site)}
        return subprocess.run([sys.executable, *words], cwd=elsewhere, env=environment, capture_output=True, text=True)

    run.site, run.folder, run.prefix = site, elsewhere, prefix
    return run


def test_the_wheel_brings_every_notebook_and_no_test(archives):
    names = zipfile.ZipFile(archives[".whl"]).namelist()
    assert sorted(Path(name).name for name in names if name.endswith(".ipynb")) == NOTEBOOKS
    assert not [name for name in names if re.match(r"tests|tools|benchmarks", name)]
    for needed in (
        "overrides.json",
        "lite_mamba_jupyter.json",
        "labextensions/lite-mamba/names.js",
        "share/lite-mamba/constraints.txt",
        "py.typed",
    ):
        assert any(name.endswith(needed) for name in names), needed


def test_the_metadata_lead_to_the_repository_and_no_link_is_relative(archives):
    wheel = zipfile.ZipFile(archives[".whl"])
    (name,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    about = BytesParser().parsebytes(wheel.read(name))
    assert f"Homepage, {URL}" in about.get_all("Project-URL")
    targets = re.findall(r"\]\(([^)]+)\)", about.get_payload())
    assert targets and all(target.startswith(("https://", "#")) for target in targets)
    assert f"{URL}/blob/v1/notebooks/00_start_here.ipynb" in targets


def test_the_source_distribution_holds_what_its_tests_need(archives):
    with tarfile.open(archives[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = [name for name in release().tracked() if name != ".gitignore"]
    assert not [name for name in wanted if name not in names]


def test_a_wheel_fills_a_folder_without_a_clone(installed):
    done = installed("-m", "lite_mamba.course", "fill")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (installed.folder / "lite-mamba-course").iterdir()) == NOTEBOOKS


def test_a_wheel_finds_what_jupyterlab_needs(installed):
    done = installed(
        "-c",
        "import json, lite_mamba, lite_mamba_jupyter; from lite_mamba.course.kit import lab;"
        "print(json.dumps([lite_mamba.__file__, str(lab.SETTINGS / 'overrides.json'), str(lab.EXTENSIONS)]))",
    )
    package, settings, extensions = json.loads(done.stdout)
    assert Path(package).parent.parent == installed.site and Path(settings).exists()
    assert Path(extensions).is_relative_to(installed.site)


def test_what_a_wheel_brings_of_jupyterlab_can_be_loaded(installed):
    beside_the_package, beside_python = installed.prefix.rglob("labextensions/lite-mamba")
    for extension in (beside_the_package, beside_python):
        about = json.loads((extension / "package.json").read_text("utf-8"))
        assert about["name"] == extension.name  # else JupyterLab looks elsewhere
        assert (extension / about["jupyterlab"]["_build"]["load"]).exists()
