"""The plugin that forks kernels: a run's first starts by itself, the others with PyTorch, and none stays behind."""

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
HAS_PYTORCH = "import sys\nprint('torch' in sys.modules)"


def _notebook(path: Path, source: str, prints: str) -> Path:
    """A notebook of one cell and the output that strict nbval is to find."""
    output = nbformat.v4.new_output("stream", name="stdout", text=f"{prints}\n")
    cell = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), path)
    return path


def _left_of(run: str) -> list[str]:
    """The processes that carry the mark of a run."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if run.encode() in environment.read_bytes():
                found.append(environment.parent.name)
        except OSError:  # another user's, or just gone
            pass
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_all_kernels_but_the_first_begin_with_pytorch_and_end_with_the_run(tmp_path):
    first = _notebook(tmp_path / "a.ipynb", HAS_PYTORCH, "False")
    others = [_notebook(tmp_path / f"{name}.ipynb", HAS_PYTORCH, "True") for name in "bc"]
    run = uuid.uuid4().hex
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.warm_kernels", "-p", "no:cacheprovider"]
    told = subprocess.run(
        [*command, "--nbval", first, *others],
        cwd=ROOT,
        env=os.environ | {"LITE_MAMBA_RUN": run},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in told.stdout, told.stdout + told.stderr
    until = time.monotonic() + 20
    while _left_of(run) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _left_of(run)
