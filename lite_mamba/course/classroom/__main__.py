"""Counts a class from the files that learners saved with `course.progress(save_as=…)`.

Names stay in the files: the table and the pictures hold counts only, so they can be shown to the room.
"""

from __future__ import annotations

import argparse
import csv
import difflib
from collections.abc import Sequence
from pathlib import Path

from ..drawing.numbers import several
from ..kit import terminal
from ..kit.working_copy import Stop, originals
from ..page.record import Record
from . import counts, pictures


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        "python -m lite_mamba.course classroom", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="the folder with the learners' files")
    parser.add_argument("--votes", metavar="ID", help="the votes of one prediction, for example 02.span")
    parser.add_argument("--to", type=Path, help="folder for table and pictures (default: class/ in the folder)")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        raise Stop(f"There is no folder {options.folder}.")
    target = options.to or options.folder / "class"
    found, said = counts.records(options.folder, target)
    print("\n".join([f"{several(len(found), 'learner')} in {options.folder}.", *said]))
    if not found:
        raise Stop('There is nothing to count. A learner saves a file with course.progress(save_as="progress.json").')
    try:
        target.mkdir(parents=True, exist_ok=True)
        if options.votes:
            show_votes(found, options.votes, target)
        else:
            show_class(found, target)
    except OSError as error:
        raise Stop(f"{target} can't be written ({error.strerror or error}). Name another folder with --to.") from error


def show_class(found: list[Record], target: Path) -> None:
    """Prints the table, writes it as class.csv, and draws a picture of each chapter that somebody has begun."""
    strange = counts.unknown(found)
    if strange:
        print(f"Exercises that this lite-mamba does not have are left out: {', '.join(strange)}.")
    rows = []
    for chapter in counts.touched(found):
        table = counts.counted(found, chapter)
        recap = counts.recap_words(found, chapter)
        print(f"\nChapter {chapter}: {recap}\n  {'right':>5} {'tried':>5} {'open':>5}")
        for one in table:
            print(f"  {one.right:5} {one.tried:5} {one.open:5}  {one.exercise.title}")
            if one.met:
                print(f"{'':22}{one.words(counts.FREQUENT)}")
            rows.append((one.exercise.id, one.exercise.title, one.right, one.tried, one.open, one.words()))
        pictures.chapter_picture(target / f"chapter-{chapter}.png", chapter, table, recap)
    with (target / "class.csv").open("w", encoding="utf-8-sig", newline="") as file:  # the mark is for Excel
        csv.writer(file).writerows([("exercise", "title", "right", "tried", "open", "mistakes met"), *rows])
    print(f"\nIn {target}: class.csv and a picture of each chapter.")


def show_votes(found: list[Record], id: str, target: Path) -> None:
    """Prints and draws how the class has guessed, without the answer."""
    asked = counts.questions(originals())
    if id not in asked:
        close = difflib.get_close_matches(id, asked, n=3, cutoff=0.5) or sorted(asked)
        raise Stop(f"There is no prediction {id!r}. There are: {', '.join(close)}.")
    question = asked[id]
    votes = counts.votes(found, question)
    print(f"\n{question.text}")
    for answer, number in votes.items() if question.choices else pictures.ranges(votes):
        print(f"  {number:5}  {answer}")
    path = target / f"votes-{id}.png"
    pictures.votes_picture(path, question, votes)
    print(f"\nDrawn in {path}.")


if __name__ == "__main__":
    terminal.run(main)
