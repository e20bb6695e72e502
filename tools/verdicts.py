"""Judge every answer that the tests know in several processes, and see whether each verdict stays the same.

    python tools/verdicts.py                 references, wrong answers and held answers of all chapters
    python tools/verdicts.py 01 05 --runs 8  of two chapters, eight processes
    python tools/verdicts.py 01 --rounds 5   each process judges five times
    python tools/verdicts.py 01 --minutes 8  each judges again until the next round would end later than that
    python tools/verdicts.py 01 --first 4    four further processes

Each process has another hash seed and other random numbers, one or two threads, and vector instructions of one or
another kind. In a further round of a process random numbers, threads and the order of the answers are others, and
nothing that was found out before is kept, but by an answer that itself remembers its calls. A verdict is the kind and
the name, in the order of the tests. The answers are those that the tests of the exercises and chapters judge, so a new
test is looked at without being named here.
"""

import argparse
import gc
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("test_answers.py", "test_exercises.py")


def record(path: str, seed: int, rounds: int, minutes: float, chapters: list[str]) -> None:
    """Run the tests, judge their answers again in each further round, and write all verdicts."""
    start, longest = time.monotonic(), 0.0
    import numpy
    import pytest
    import torch

    from lite_mamba.course.checking import trial

    random.seed(seed), numpy.random.seed(seed), torch.manual_seed(seed)
    real, answers, found = trial.judge, [], []

    def judge(exercise, function, quiet=False):
        verdict = real(exercise, function, quiet=True)
        if exercise.id[:2] in chapters or not chapters:
            answers.append((exercise, function))
            found.append(words(exercise, verdict))
        return verdict

    def words(exercise, verdict):
        return [exercise.id, verdict.kind, verdict.misconception and verdict.misconception.name]

    trial.judge = judge
    places = [str(file) for name in FILES for file in sorted(ROOT.glob(f"tests/chapters/*/{name}"))]
    these = " or ".join(f"ch{chapter} or (keeps_every_rule and {chapter})" for chapter in chapters)
    failed = pytest.main(["-q", "-p", "no:cacheprovider", "--tb=no", "-k", these, "tests/test_exercises.py", *places])
    all_rounds = [found]
    gc.unfreeze()  # the tests froze what was there at their start, which hides it below
    for number in range(1, rounds) if rounds else itertools.count(1):
        began = time.monotonic()
        if minutes and began + longest > start + 60 * minutes:
            break
        for cached in gc.get_objects():
            if type(cached) is type(trial.outcome):  # those of the exercises, too
                cached.cache_clear()
        numpy.random.seed(seed + number), torch.manual_seed(seed + number)
        torch.set_num_threads(1 + (seed + number) % 2)
        turn = random.Random(seed + number)
        turns = {id: turn.random() for id in sorted({exercise.id for exercise, _ in answers})}  # each at one go
        order = sorted(range(len(answers)), key=lambda at: (turns[answers[at][0].id], turn.random()))
        again = {at: words(answers[at][0], real(*answers[at], quiet=True)) for at in order}
        all_rounds.append([again[at] for at in range(len(answers))])
        longest = max(longest, time.monotonic() - began)
    Path(path).write_text(json.dumps({"failed": int(failed), "rounds": all_rounds}))


def run(number: int, rounds: int, minutes: float, chapters: list[str]) -> dict:
    """The verdicts of one process; its number says what is different about it."""
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    environment = dict(os.environ, PYTHONHASHSEED=str(number), PYTHONPATH=os.pathsep.join(paths), CI="true")
    environment["OMP_NUM_THREADS"] = str(1 + number % 2)
    if number % 4 in (1, 2):
        environment["ATEN_CPU_CAPABILITY"] = "avx2"
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "verdicts.json")
        how = ["--seed", str(number), *(["--minutes", str(minutes)] if minutes else ["--rounds", str(rounds)])]
        command = [sys.executable, __file__, "--record", path, *how, *chapters]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(path).read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="01 05 …; without a word all")
    parser.add_argument("--runs", type=int, default=4, help="processes")
    parser.add_argument("--first", type=int, default=0, help="the number of the first; another gives further runs")
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--rounds", type=int, default=1, help="how often each of them judges")
    how_long.add_argument("--minutes", type=float, default=0, help="how long each of them judges, again and again")
    parser.add_argument("--jobs", type=int, default=1, help="how many of them at once")
    parser.add_argument("--record", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    rounds = 0 if options.minutes else options.rounds
    if options.record:
        record(options.record, options.seed, rounds, options.minutes, options.chapters)
        return
    numbers = range(options.first, options.first + options.runs)
    with ThreadPoolExecutor(options.jobs) as pool:
        records = pool.map(lambda number: run(number, rounds, options.minutes, options.chapters), numbers)
        compare(records, options.first)


def compare(records, first_number: int) -> None:
    """Say how the verdicts of each round differ from the very first, and leave with an error if one does or a test
    failed.
    """
    first, unlike = None, False
    for number, record in enumerate(records, first_number):
        for again, found in enumerate(record["rounds"]):
            first = first or found
            changed = [pair for pair in zip(first, found, strict=False) if pair[0] != pair[1]]
            changed += [["the number of verdicts"]] * (len(first) != len(found))
            kinds = [kind for _, kind, _ in found]
            counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
            which = f"process {number}" + (f", round {again + 1}" if len(record["rounds"]) > 1 else "")
            print(f"{which}: {counts}; {len(changed)} changed; tests {'fail' if record['failed'] else 'pass'}")
            for pair in changed:
                print("   ", *pair)
            unlike = unlike or bool(changed or record["failed"])
    sys.exit(unlike)


if __name__ == "__main__":
    main()
