"""What strict nbval needs before a kernel starts: a learner with no history, and predictions with answers.

Stored outputs must not depend on who runs them, so each notebook gets an empty folder of its own for the
learner's state. A kernel inherits this process's environment when its notebook's first cell is set up. Other tests of
the same run see nothing of it.

The ports of a kernel are looked for before it starts. If another program takes one meanwhile, the kernel dies, and the
next one gets other ports.
"""

import contextlib
import tempfile
from pathlib import Path

import nbval.kernel
import pytest

HOMES = tempfile.TemporaryDirectory(prefix="lite-mamba-homes-")
STARTS = 3


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    home = Path(HOMES.name, item.path.stem)
    home.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITE_MAMBA_ANSWERS", "shown")
        patch.setenv("LITE_MAMBA_HOME", str(home))
        patch.setattr(nbval.kernel, "start_new_kernel", started_again(nbval.kernel.start_new_kernel))
        return (yield)


def started_again(start):
    """The same start of a kernel, tried again if the kernel dies."""

    def start_again(**options):
        for _ in range(STARTS - 1):
            with contextlib.suppress(RuntimeError):
                return start(**options)
        return start(**options)

    return start_again
