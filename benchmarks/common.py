"""What the benchmarks share: taking turns, the peers, and one table."""

import ctypes
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

THREADS = int(os.environ.get("OMP_NUM_THREADS", 2))  # the C kernel reads the same variable
RESULTS = HERE / "measured.json"


def take_turns(runs: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Time every run `repeats` times, one after the other in each round, so that all see the same machine.

    A turn is two runs, of which the second counts: in the first, the caches still hold what the last one left, and its
    OpenMP threads still spin on a core that is wanted now.

    Args:
        runs: name → a function that does the work once and returns its seconds.
        repeats: rounds; one more goes first and is not counted.

    Returns:
        name → seconds of each round.
    """

    def turn(run: Callable[[], float]) -> float:
        run()
        return run()

    for run in runs.values():
        run()
    rounds = [{name: turn(run) for name, run in runs.items()} for _ in range(repeats)]
    return {name: [one[name] for one in rounds] for name in runs}


def clock(function: Callable) -> Callable[[], float]:
    """A run for `take_turns`: the seconds that `function` takes."""

    def run() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return run


def on_device(function: Callable, repeats: int) -> dict[str, float]:
    """Median milliseconds of a call among others that wait for the GPU, and of a call for which the GPU waits.

    And GiB at the peak beyond what was there.
    """

    def events():
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        function()
        stop.record()
        return start, stop

    function()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    held = torch.cuda.memory_allocated()
    alone = []
    for _ in range(repeats):
        alone.append(events())
        torch.cuda.synchronize()
    memory = torch.cuda.max_memory_allocated() - held
    queued = [events() for _ in range(repeats)]
    torch.cuda.synchronize()
    queued, alone = (median_ms([a.elapsed_time(b) / 1000 for a, b in pairs]) for pairs in (queued, alone))
    return {"ms": queued, "ms alone": alone, "GiB": memory / 2**30}


def median_ms(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


def ratio(slow: list[float], fast: list[float]) -> float:
    """The median over the rounds of slow/fast: what disturbs one round disturbs both."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


class Predecessor:
    """lite-mamba 0.1.4 in a process of its own, because it shares our package's name; it works only when asked.

    Install it with `pip install --no-deps --target FOLDER lite-mamba==0.1.4` and name the folder in the variable
    LITE_MAMBA_0_1_4. Without it the benchmarks leave its rows out.
    """

    folder = os.environ.get("LITE_MAMBA_0_1_4")

    def __init__(self, setup: str):
        program = f"import sys, time, torch\nsys.path.insert(0, {self.folder!r})\ntorch.set_num_threads({THREADS})\n"
        program += setup + "\nfor line in sys.stdin:\n    start = time.perf_counter()\n    eval(line)\n"
        program += "    print(time.perf_counter() - start, flush=True)\n"
        self.child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.folder
        )

    def run(self, expression: str) -> Callable[[], float]:
        """A run for `take_turns`: evaluates `expression` in the child."""

        def ask() -> float:
            self.child.stdin.write(expression + "\n")
            self.child.stdin.flush()
            return float(self.child.stdout.readline())

        return ask

    def close(self) -> None:
        self.child.stdin.close()
        self.child.wait()


def added_peak(function: Callable) -> float:
    """MiB by which the resident memory of this process rises at most while `function` runs; Linux only."""

    def status(field: str) -> float:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(field))

    pathlib.Path("/proc/self/clear_refs").write_text("5")  # starts the peak afresh
    before = status("VmRSS")
    function()
    return status("VmHWM") - before


def fused_kernel():
    """The hand-written C scan of `kernels/fused_limit.c`, compiled here, or None without gcc.

    It runs in the very threads of torch, where torch brings OpenMP with it: the threads of a second OpenMP would go on
    spinning after each run, on the cores that the next one wants.
    """
    if shutil.which("gcc") is None:
        return None
    folder = pathlib.Path(tempfile.mkdtemp())
    flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC"]
    subprocess.run(["gcc", *flags, "-c", HERE / "kernels/fused_limit.c", "-o", folder / "fused.o"], check=True)
    openmp = next((pathlib.Path(torch.__file__).parent / "lib").glob("libgomp*"), "-lgomp")
    subprocess.run(["gcc", "-shared", folder / "fused.o", openmp, "-lm", "-o", folder / "fused.so"], check=True)
    return ctypes.CDLL(str(folder / "fused.so"))


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    model = platform.processor() or platform.machine()
    if pathlib.Path("/proc/cpuinfo").exists():
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), model)
    return {
        "processor": f"{model}, {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": str(THREADS),
    }


def store(name: str, rows: list[dict]) -> None:
    """Put a benchmark's rows so far into `measured.json`, beside those of the others, and print them."""
    everything = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    name = name if THREADS == 2 else f"{name}, {THREADS} thread"
    everything[name] = {"machine": machine(), "rows": rows}
    RESULTS.write_text(json.dumps(everything, indent=1) + "\n")
    print_table(rows)


def print_table(rows: list[dict]) -> None:
    """Print rows as a Markdown table."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(_text(row.get(column, "–")) for column in columns) + " |")
    print(flush=True)


def _text(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
