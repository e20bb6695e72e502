"""Judge every answer that the tests know in several processes, and see whether each verdict stays the same.

    python tools/verdicts.py                 references, wrong answers and held answers of all chapters
    python tools/verdicts.py 01 05 --runs 8  of two chapters, eight processes

Each process has another hash seed and other random numbers, one or two threads, and vector instructions of one or
another kind. A verdict is the kind and the name, in the order of the tests. The answers are those that the tests of
the exercises and chapters judge, so a new test is looked at without being named here.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("test_answers.py", "test_exercises.py")


def record(path: str, seed: int, chapters: list[str]) -> None:
    """Run the tests, and write each verdict on a line."""
    import numpy
    import pytest
    import torch

    from lite_mamba.course.checking import trial

    random.seed(seed), numpy.random.seed(seed), torch.manual_seed(seed)
    real, found = trial.judge, []

    def judge(exercise, function, quiet=False):
        verdict = real(exercise, function, quiet=True)
        if exercise.id[:2] in chapters or not chapters:
            found.append([exercise.id, verdict.kind, verdict.misconception and verdict.misconception.name])
        return verdict

    trial.judge = judge
    places = [str(file) for name in FILES for file in sorted(ROOT.glob(f"tests/chapters/*/{name}"))]
    words = " or ".join(f"ch{chapter} or (keeps_every_rule and {chapter})" for chapter in chapters)
    failed = pytest.main(["-q", "-p", "no:cacheprovider", "--tb=no", "-k", words, "tests/test_exercises.py", *places])
    Path(path).write_text(json.dumps({"failed": int(failed), "verdicts": found}))


def run(number: int, chapters: list[str]) -> dict:
    """The verdicts of one process; its number says what is different about it."""
    environment = dict(os.environ, PYTHONHASHSEED=str(number), PYTHONPATH=str(ROOT), CI="true")
    environment["OMP_NUM_THREADS"] = str(1 + number % 2)
    if number % 4 in (1, 2):
        environment["ATEN_CPU_CAPABILITY"] = "avx2"
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "verdicts.json")
        command = [sys.executable, __file__, "--record", path, "--seed", str(number), *chapters]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(path).read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="01 05 …; without a word all")
    parser.add_argument("--runs", type=int, default=4, help="processes")
    parser.add_argument("--jobs", type=int, default=1, help="how many of them at once")
    parser.add_argument("--record", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        record(options.record, options.seed, options.chapters)
        return
    with ThreadPoolExecutor(options.jobs) as pool:
        compare(pool.map(run, range(options.runs), [options.chapters] * options.runs))


def compare(records) -> None:
    """Say how each record differs from the first, and leave with an error if one does or a test failed."""
    first, unlike = None, False
    for number, found in enumerate(records):
        first = first or found
        changed = [pair for pair in zip(first["verdicts"], found["verdicts"], strict=False) if pair[0] != pair[1]]
        changed += [["the number of verdicts"]] * (len(first["verdicts"]) != len(found["verdicts"]))
        kinds = [kind for _, kind, _ in found["verdicts"]]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
        print(f"process {number}: {counts}; {len(changed)} changed; tests {'fail' if found['failed'] else 'pass'}")
        for pair in changed:
            print("   ", *pair)
        unlike = unlike or bool(changed or found["failed"])
    sys.exit(unlike)


if __name__ == "__main__":
    main()
