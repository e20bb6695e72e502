"""Every test starts with an empty learner's folder, nothing checked, one thread, and the same draws in every run.

With `SEARCH=1` in the environment hypothesis looks for new examples instead.
"""

import gc
import itertools
import os
import re
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

HOME = tempfile.TemporaryDirectory(prefix="lite-mamba-tests-")
os.environ["LITE_MAMBA_HOME"] = HOME.name
HOMES = itertools.count()
TESTS = Path(__file__).parent
os.environ.pop("LITE_MAMBA_ANSWERS", None)
# PyTorch's compiler forks its workers from a process with threads, and waits for them when the process ends.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("search" if os.environ.get("SEARCH") else "same")


# What `make test` leaves to `make test-all`, beside tests that are marked one by one.
THOROUGH = ("chapters", "kit", "lecture", "site", "test_every_figure.py")


def is_thorough(path: Path) -> bool:
    return path.is_relative_to(TESTS) and path.relative_to(TESTS).parts[:1] in [(name,) for name in THOROUGH]


def pytest_ignore_collect(collection_path, config):
    """What would be left out is not imported either: that takes half a minute."""
    return True if "not thorough" in config.option.markexpr and is_thorough(collection_path) else None


def pytest_collection_modifyitems(items):
    """The tests of a chapter stand together, those that go through all chapters too: what one computes serves all."""
    items.sort(key=chapter)
    for item in items:
        if is_thorough(item.path):
            item.add_marker("thorough")


def chapter(item) -> str:
    found = re.search(r"ch(\d\d)_", item.nodeid)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return found[1] if found else str(parameters.get("chapter", ""))


def pytest_collection_finish():
    """What has been imported stays: the garbage collector need not go through it again and again."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Two test processes share the two cores of the reference machine, and einsum goes from left to right."""
    import torch  # not at the top: the process that hands out the tests has no need of it

    torch.set_num_threads(1)
    torch.backends.opt_einsum.enabled = False  # installed or not: what a sum of products keeps depends on its order


@pytest.fixture(autouse=True)
def same_draws():
    """What a test draws and computes does not depend on the tests before it."""
    import torch

    for generator in (torch.default_generator, *torch.cuda.default_generators):  # manual_seed would write a traceback
        generator.manual_seed(0)
    torch.set_flush_denormal(False)  # what PyTorch 2.4 has compiled turns it on for the whole process


@pytest.fixture(autouse=True)
def empty_home(monkeypatch):
    """The learner's state of one test: a folder that is not there yet."""
    home = Path(HOME.name, str(next(HOMES)))
    monkeypatch.setenv("LITE_MAMBA_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_checked(monkeypatch):
    """The session of one test, in which no function stands yet: a figure would say whose it is."""
    if page := sys.modules.get("lite_mamba.course.page.check"):
        monkeypatch.setattr(page, "_standing", {})
