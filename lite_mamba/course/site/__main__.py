"""Writes the course as a site: a page for each notebook, with recorded figures, for any browser and without network."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from ..kit import terminal
from ..kit.working_copy import whole_course
from .build import chapter, index
from .record import MOST_FRAMES


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m lite_mamba.course site", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("site"), help="where to (default: site)")
    parser.add_argument("--chapter", metavar="NN", help="this chapter only: 00 and on, or glossary")
    parser.add_argument("--frames", type=int, default=MOST_FRAMES, help=f"pictures a figure (default: {MOST_FRAMES})")
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    notebooks = sorted(whole_course().glob("*.ipynb"))
    wanted = [one for one in notebooks if given.chapter is None or one.name.startswith(given.chapter)]
    if not wanted:
        parser.error(f"there is no chapter {given.chapter}; there are {', '.join(one.stem[:2] for one in notebooks)}")
    workers = min(len(wanted), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(chapter, notebook, given.folder, given.frames): notebook for notebook in wanted}
        for done in as_completed(running):
            done.result()
            print(f"{given.folder / running[done].stem}.html", flush=True)
    index(notebooks, given.folder)
    print(f"Ready after {time.perf_counter() - start:.0f} s: open {given.folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    terminal.run(main)
