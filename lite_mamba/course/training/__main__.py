"""Train, evaluate and store the runs of chapters 12 to 14.

python -m lite_mamba.course.training list
python -m lite_mamba.course.training train live-selective-0
python -m lite_mamba.course.training all --jobs 4 --compile      # everything that is stored
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from .. import tasks
from ..kit import terminal
from ..waiting import sleeps, soon_asleep
from . import results
from .baselines import baselines
from .runs import RUNS
from .trainer import Trainer

MODULE = "lite_mamba.course.training"


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command of the command line."""
    options = parser().parse_args(argv)
    options.command(options)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="command")
    commands.add_parser("list", help="show the named runs").set_defaults(command=show)
    for name, command, words in (
        ("train", train, "train runs one after another; one that was killed goes on"),
        ("all", train_all, "train several runs side by side, spread over the GPUs"),
    ):
        sub = commands.add_parser(name, help=words)
        sub.set_defaults(command=command)
        sub.add_argument("names", nargs="+" if name == "train" else "*", help="which, or the start of their names")
        sub.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="folder to go on from")
        sub.add_argument("--store", type=Path, default=results.STORED, help="folder for the results")
        sub.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
        sub.add_argument("--seconds", type=float, default=float("inf"), help="stop each run after so long")
        sub.add_argument("--compile", action="store_true", help="compile the scan on CUDA: minutes, once")
    commands.choices["all"].add_argument("--jobs", type=int, default=1, help="runs at a time, on each GPU")
    sub = commands.add_parser("baselines", help="n-grams, gzip and xz on the held-out text")
    sub.set_defaults(command=write_baselines)
    sub.add_argument("--store", type=Path, default=results.STORED)
    return top


def chosen(names: Sequence[str]) -> list[str]:
    """The runs whose names start with one of these, in their order; all but the live ones if none is given."""
    if not names:
        return [name for name in RUNS if not name.startswith("live-")]
    found = [name for name in RUNS if name.startswith(tuple(names))]
    if not found:
        sys.exit(f"no run is called {' or '.join(names)}; `python -m {MODULE} list` shows them")
    return found


def show(_) -> None:
    """Print the runs."""
    for name, run in RUNS.items():
        stored = "stored" if name in results.names() else ""
        print(f"{name:24} {run.steps:7} steps of {run.batch} × {run.length:5}  {stored}")


def train(options) -> None:
    """Train, evaluate and store the chosen runs."""
    if options.device == "cpu":
        # A second thread that spins while it waits costs more than it wins.
        torch.set_num_threads(min(2 if sleeps(os.environ) else 1, torch.get_num_threads()))
    for name in chosen(options.names):
        trainer = Trainer(RUNS[name], options.checkpoints / f"{name}.safetensors", options.device, options.compile)
        trainer.train(options.seconds)
        command = f"python -m {MODULE} train {name}" + " --compile" * options.compile
        facts = results.store(trainer, command, options.store)
        print(name, facts["steps"], "steps,", facts["seconds"], "s:", json.dumps(facts["evaluation"]), flush=True)


def train_all(options) -> None:
    """Train the chosen runs, each in a process of its own with its words in a file beside its checkpoint."""
    gpus = [str(i) for i in range(torch.cuda.device_count())] if options.device == "cuda" else [""]
    waiting, running = chosen(options.names), {}
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    while True:
        for place in [(gpu, job) for job in range(options.jobs) for gpu in gpus]:
            if place in running and running[place].poll() is not None:
                del running[place]
            if place not in running and waiting:
                running[place] = start(waiting.pop(0), place[0], options)
        if not running:
            return
        time.sleep(0.5)


def start(name: str, gpu: str, options) -> subprocess.Popen:
    """Start one run on one GPU."""
    words = [sys.executable, "-m", MODULE, "train", name, "--device", options.device]
    words += ["--checkpoints", str(options.checkpoints), "--store", str(options.store)]
    words += ["--seconds", str(options.seconds)] + ["--compile"] * options.compile
    with open(options.checkpoints / f"{name}.txt", "a", encoding="utf-8") as words_of_run:
        environment = {**soon_asleep(os.environ), **os.environ, "CUDA_VISIBLE_DEVICES": gpu}
        return subprocess.Popen(words, env=environment, stdout=words_of_run, stderr=subprocess.STDOUT)


def write_baselines(options) -> None:
    """Count, compress, and store bits per byte."""
    train_text, held_out = tasks.library_split()
    facts = {"python": platform.python_version(), "train": len(train_text), "held_out": len(held_out)}
    facts["bits_per_byte"] = {name: round(bits, 4) for name, bits in baselines(train_text, held_out).items()}
    options.store.mkdir(parents=True, exist_ok=True)
    (options.store / "baselines.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    print(json.dumps(facts))


if __name__ == "__main__":
    terminal.run(main)
