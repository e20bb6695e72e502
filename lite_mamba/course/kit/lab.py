"""Opens the learner's own copy of the notebooks in JupyterLab, quiet and offline."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

import lite_mamba_jupyter

from ..waiting import soon_asleep
from .working_copy import FIRST, add_folder, filled

SETTINGS = Path(__file__).with_name("jupyterlab")
QUIET = (  # no news, no look for updates, no extensions from elsewhere
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    f"--LabApp.app_settings_dir={SETTINGS}",
)
# With an editable installation too: saving keeps the words of a control and drops its live view, and the controls have
# names for screen readers.
SAVING = "--ServerApp.jpserver_extensions={'lite_mamba_jupyter': True}"
EXTENSIONS = Path(lite_mamba_jupyter.__file__).with_name("labextensions")
NAMES = f"--LabApp.extra_labextensions_path={EXTENSIONS}"


def command(folder: Path, more: Sequence[str] = ()) -> list[str]:
    """What starts JupyterLab on the first notebook of a folder."""
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", SAVING, NAMES, *QUIET]
    root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return [*start, *root, f"--LabApp.default_url=/lab/tree/{FIRST}", *more]


def surroundings(folder: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of JupyterLab: this installation's kernel first, and threads that soon sleep.

    Where the user's own folders can't be written, everything that wants to write there goes to the learner's folder.
    """
    return {**soon_asleep(given), **_without_home(folder), **given, "JUPYTER_PREFER_ENV_PATH": "1"}


# What JupyterLab, the kernel, matplotlib and the course keep in the user's folders, and the variable that moves it.
MOVED = {
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
    "LITE_MAMBA_HOME": "progress",
}


def _without_home(folder: Path) -> dict[str, str]:
    """Nothing if the user's folders can be written, else another place for each."""
    unwritable = [path for path in map(Path, (jupyter_config_dir(), jupyter_runtime_dir())) if not can_write(path)]
    if not unwritable:
        return {}
    base = folder / ".home" if can_write(folder) else Path(tempfile.mkdtemp(prefix="lite-mamba-"))
    print(f"{unwritable[0]} can't be written. Settings and progress are kept in {base.resolve()} instead.")
    for name in MOVED.values():
        (base / name).mkdir(parents=True, exist_ok=True)
    return {variable: str((base / name).resolve()) for variable, name in MOVED.items()}


def can_write(path: Path) -> bool:
    """Whether a folder can be written, or made where it would be."""
    there = next((place for place in (path, *path.absolute().parents) if place.exists()), path)
    return os.access(there, os.W_OK | os.X_OK)


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
    folder = filled(parser.parse_args(own).folder)
    return become(command(folder, more), surroundings(folder))


def parted(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for this command, and from the first strange option on the words for JupyterLab."""
    strange = [i for i, word in enumerate(arguments) if word.startswith("-") and word not in ("-h", "--help")]
    cut = strange[0] if strange else len(arguments)
    return list(arguments[:cut]), list(arguments[cut:])
