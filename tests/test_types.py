"""A user's program passes `mypy --strict`, whichever way the package was installed."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """
import torch
from lite_mamba import InferenceParams, Mamba, __version__, selective_scan_fn
from lite_mamba.language_model import MambaLM


def run(block: Mamba, x: torch.Tensor) -> torch.Tensor:
    stream = InferenceParams(max_seqlen=8, max_batch_size=1)
    y = block(x, inference_params=stream, seq_idx=None)
    stream.reorder(torch.tensor([0]))
    out, conv_state, ssm_state = block.step(x[:, :1], *stream.key_value_memory_dict[0])
    scanned, state = selective_scan_fn(x, x, x[0], x[0], x[0], return_last_state=True)
    return y + out + selective_scan_fn(x, x, x[0], x[0], x[0], initial_state=state)


block = Mamba(8, layer_idx=0, device="cpu", dtype=torch.float32)
print(run(block, torch.zeros(1, 8, 8)).shape, MambaLM(9, 8, 1)(torch.zeros(1, 2).long()).shape, __version__.upper())
"""
MISTAKES = """
import torch
from lite_mamba import Mamba

block = Mamba(8, device=1.5)
block("text")
block(torch.zeros(1, 2, 8), seq_idx=3).no_such_method()
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """What an install reads, where it may write beside it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("lite_mamba", "lite_mamba_jupyter", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


def alone(*command, folder):
    """Run a command that sees no checkout but what is installed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def install(checkout, folder, *how):
    """The interpreter of a new environment: this package, and everything else of the present one."""
    alone(sys.executable, "-m", "venv", "--without-pip", "new", folder=folder).check_returncode()
    python = str(folder / "new" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    site = alone(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).stdout.strip()
    Path(site, "rest.pth").write_text(sysconfig.get_path("purelib"))
    offline = ("--quiet", "--no-deps", "--no-build-isolation", "--ignore-installed", "--disable-pip-version-check")
    done = alone(python, "-m", "pip", "install", *offline, *how, str(checkout), folder=folder)
    assert done.returncode == 0, done.stderr
    return python


def mypy(python, folder, **programs):
    """What mypy says of programs that stand in a folder with nothing else."""
    for name, program in programs.items():
        (folder / f"{name}.py").write_text(program)
    options = ("--strict", "--python-executable", python, "--cache-dir", str(ROOT / ".mypy_cache"))
    return alone(sys.executable, "-m", "mypy", *options, *(f"{name}.py" for name in programs), folder=folder).stdout


@pytest.mark.thorough
@pytest.mark.parametrize("how", [(), ("--editable",)], ids=["plain", "editable"])
def test_a_users_program_passes_mypy_strict_after_every_way_to_install(how, checkout, tmp_path):
    python = install(checkout, tmp_path, *how)
    *found, _ = mypy(python, tmp_path, program=PROGRAM, mistakes=MISTAKES).splitlines()
    assert [line.split(":")[:2] for line in found] == [["mistakes.py", line] for line in "5677"], found
    ran = alone(python, "program.py", folder=tmp_path)
    assert ran.stdout.split() == ["torch.Size([1,", "8,", "8])", "torch.Size([1,", "2,", "9])", "2.0.0"], ran.stderr
