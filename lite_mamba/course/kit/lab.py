"""Opens the learner's own copy of the notebooks in JupyterLab, quiet and offline."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .working_copy import FIRST, add_folder, filled

SETTINGS = Path(__file__).with_name("jupyterlab")
QUIET = (  # no news, no look for updates, no extensions from elsewhere
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    f"--LabApp.app_settings_dir={SETTINGS}",
)
# Saving keeps the words of a control and drops its live view, with an editable installation too.
SAVING = "--ServerApp.jpserver_extensions={'lite_mamba_jupyter': True}"


def command(folder: Path, more: Sequence[str] = ()) -> list[str]:
    """What starts JupyterLab on the first notebook of a folder."""
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", SAVING, *QUIET]
    root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return [*start, *root, f"--LabApp.default_url=/lab/tree/{FIRST}", *more]


def surroundings(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of JupyterLab: this installation's kernel first, and threads that wait without spinning."""
    return {"OMP_WAIT_POLICY": "PASSIVE", **given, "JUPYTER_PREFER_ENV_PATH": "1"}


def become(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a program in the place of this one, so that PyTorch, loaded here, does not stay in memory beside it."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(words[0], list(words), dict(environment))
    with subprocess.Popen(list(words), env=dict(environment)) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:  # JupyterLab got it too, and asks whether to stop
                continue


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m lite_mamba.course lab",
        description=(__doc__ or "").split("\n")[0],
        epilog="Further words go to JupyterLab, for example --no-browser or --port 8889.",
    )
    add_folder(parser)
    own, more = parted(sys.argv[1:] if arguments is None else arguments)
    return become(command(filled(parser.parse_args(own).folder), more), surroundings())


def parted(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for this command, and from the first strange option on the words for JupyterLab."""
    strange = [i for i, word in enumerate(arguments) if word.startswith("-") and word not in ("-h", "--help")]
    cut = strange[0] if strange else len(arguments)
    return list(arguments[:cut]), list(arguments[cut:])
