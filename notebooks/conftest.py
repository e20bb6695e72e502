"""What strict nbval needs before a kernel starts: a learner with no history, and predictions with answers.

Stored outputs must not depend on who runs them, so each notebook gets an empty folder of its own for the
learner's state. A kernel inherits this process's environment when its notebook's first cell is set up. Other tests of
the same run see nothing of it.
"""

import tempfile
from pathlib import Path

import pytest

HOMES = tempfile.TemporaryDirectory(prefix="lite-mamba-homes-")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    home = Path(HOMES.name, item.path.stem)
    home.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LITE_MAMBA_ANSWERS", "shown")
        environment.setenv("LITE_MAMBA_HOME", str(home))
        return (yield)
