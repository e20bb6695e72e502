"""Writes the course as a site: a page for each notebook, with recorded figures, for any browser and without network."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from ..kit import terminal
from ..kit.working_copy import Stop, whole_course
from .build import GENERATOR, chapter, index
from .record import MOST_FRAMES


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m lite_mamba.course site", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("site"), help="where to (default: site)")
    parser.add_argument("--chapter", metavar="NN", help="this chapter only: 00 and on, or glossary")
    parser.add_argument("--frames", type=int, default=MOST_FRAMES, help=f"pictures a figure (default: {MOST_FRAMES})")
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    notebooks = sorted(whole_course().glob("*.ipynb"))
    names = {one.stem.partition("_")[0]: one for one in notebooks}
    if given.chapter not in (None, *names):
        parser.error(f"there is no chapter {given.chapter}; there are {', '.join(names)}")
    if given.frames < 1:
        parser.error(f"a figure needs a picture, and --frames is {given.frames}")
    chosen = notebooks if given.chapter is None else [names[given.chapter]]
    must_write(given.folder)
    must_keep_others(given.folder, [one.stem for one in chosen])
    pages(chosen, given.folder, given.frames)
    index(notebooks, given.folder)
    print(f"Ready after {time.perf_counter() - start:.0f} s: open {given.folder / 'index.html'}")
    return 0


def must_write(folder: Path) -> None:
    """Makes the folder, and ends the command in words if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Stop(f"The site can't be written to {folder} ({error.strerror or error}). Name another.") from error


def must_keep_others(folder: Path, stems: Sequence[str]) -> None:
    """Ends the command in words if a page would take the place of one that may not be the course's."""
    for page in (folder / f"{stem}.html" for stem in ("index", "reference", *stems)):
        if page.exists() and GENERATOR not in page.read_text("utf-8", errors="replace"):
            raise Stop(
                f"{page} bears no mark of this course, and stays as it is. Name another folder, or delete it if "
                "an older version of this command wrote it."
            )


def pages(notebooks: Sequence[Path], folder: Path, frames: int) -> None:
    """Writes the pages of these notebooks, in a process for each core; Ctrl + C ends those, too."""
    workers = min(len(notebooks), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        # A process that starts while Ctrl + C is ignored goes on to ignore it, so that only this one speaks of it.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            running = {pool.submit(chapter, notebook, folder, frames): notebook for notebook in notebooks}
        finally:
            signal.signal(signal.SIGINT, before)
        try:
            for done in as_completed(running):
                done.result()
                print(f"{folder / running[done].stem}.html", flush=True)
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()
            raise


if __name__ == "__main__":
    terminal.run(main)
