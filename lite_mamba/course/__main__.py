"""The commands of the course, on every system alike: `python -m lite_mamba.course` lists them.

A command is a module with `main(arguments)`; its row in `COMMANDS` names it. The Makefile calls the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from .kit import terminal

PROGRAM = "python -m lite_mamba.course"
COMMANDS = {  # name: (module, what it does)
    "lab": ("kit.lab", "fill your own copy of the notebooks and open it in JupyterLab"),
    "lecture": ("lecture.__main__", "show a deck of live pictures and votes, made of the notebooks, in the browser"),
    "fill": ("kit.working_copy", "fill your own copy of the notebooks, and stop there"),
    "handout": ("kit.handout", "write a folder to give out, without solutions, and a solved one to keep"),
    "classroom": ("classroom.__main__", "count a class: exercises, mistakes, votes"),
    "site": ("site.__main__", "write the course as pages for the browser, with recorded figures and no kernel"),
    "environment": ("kit.report", "say what is installed, what is missing, and how to mend it"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; without one, or with --help, lists them all."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help"):
        print(listing())
        return 0
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{listing()}", file=sys.stderr)
        return 2
    module, _ = COMMANDS[name]
    return import_module(f".{module}", __package__).main(rest) or 0


def listing() -> str:
    """The commands with their words, and how to ask for more."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {words}" for name, (_, words) in COMMANDS.items()]
    return "\n".join([f"usage: {PROGRAM} COMMAND …", "", *lines, "", f"{PROGRAM} COMMAND --help says more."])


if __name__ == "__main__":
    terminal.run(main)
