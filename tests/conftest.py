"""Every test starts with an empty learner's folder, nothing checked, one thread, and hypothesis without a clock."""

import os
import sys
import tempfile

import hypothesis
import pytest
import torch

HOME = tempfile.TemporaryDirectory(prefix="lite-mamba-tests-")
os.environ["LITE_MAMBA_HOME"] = HOME.name
os.environ.pop("LITE_MAMBA_ANSWERS", None)
# PyTorch's compiler forks its workers from a process with threads, and waits for them when the process ends.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

# Two test processes share the two cores of the reference machine.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    """The learner's state of one test, empty at its start."""
    home = tmp_path / "lite-mamba-home"
    monkeypatch.setenv("LITE_MAMBA_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_checked(monkeypatch):
    """The session of one test, in which no function stands yet: a figure would say whose it is."""
    if page := sys.modules.get("lite_mamba.course.page.check"):
        monkeypatch.setattr(page, "_standing", {})
