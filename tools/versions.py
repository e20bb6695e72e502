"""Try the promised versions, each set in an environment of its own that is thrown away afterwards.

    python tools/versions.py                      # the three sets below, a quick look at each
    python tools/versions.py lowest --all         # one of them, with every unit test and every notebook
    python tools/versions.py py310 --python310 /usr/local/bin/python3.10

lowest is every dependency at its floor in pyproject.toml, newest the newest of everything that the ranges allow, and
py310 is Python 3.10 with constraints.txt. Each is imported, tested, its notebooks checked and a block compiled into
one graph; the table at the end says how each went. An environment takes about 2 GB, and three times that where pip
finds no CPU build of PyTorch.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
QUICK_TESTS = ["public_api", "parts", "block_oracles", "causal_conv", "citizen", "explore", "pictures", "every_figure"]
QUICK_NOTEBOOKS = ["02_dilation_and_receptive_field", "08_the_selective_scan"]
SHOWN = ("torch", "numpy", "matplotlib", "jupyterlab")  # whose versions the table names
COMPILE = """
import torch
from lite_mamba import Mamba
torch.manual_seed(0)
block, x = Mamba(8, conv_dilations=(1, 4)), torch.randn(2, 20, 8)
torch.testing.assert_close(torch.compile(block, fullgraph=True)(x), block(x))
"""


def floors(project: dict, *extras: str) -> list[str]:
    """A pin for each dependency at the lowest version that the project promises, such as `torch==2.4`."""
    lines = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    pins = set()
    for need in map(Requirement, lines):
        (lowest,) = (part.version for part in need.specifier if part.operator == ">=")
        pins.add(f"{need.name}=={lowest}" + (f" ; {need.marker}" if need.marker else ""))
    return sorted(pins)


def constraints(name: str, folder: Path) -> list[str]:
    """The words that tell pip which versions a set takes."""
    if name == "newest":
        return ["--upgrade", "--upgrade-strategy", "eager"]
    if name == "py310":
        return ["--constraint", str(ROOT / "constraints.txt")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (folder / "floors.txt").write_text("\n".join(floors(project, "course", "test")))
    return ["--constraint", str(folder / "floors.txt")]


def cpu_index() -> list[str]:
    """PyTorch's index of CPU builds, if it answers."""
    try:
        urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=5).close()
    except OSError:
        return []
    return ["--extra-index-url", CPU_INDEX]


def checks(every: bool) -> dict[str, list[str]]:
    """What is run in each environment: the words after `python`."""
    tests = [f"tests/test_{name}.py" for name in QUICK_TESTS]
    if every:
        tests = ["--doctest-modules", "lite_mamba", "tests", "--ignore=tests/browser"]
    notebooks = ["notebooks"] if every else [f"notebooks/{name}.ipynb" for name in QUICK_NOTEBOOKS]
    return {
        "import": ["-c", "import lite_mamba, lite_mamba.course"],
        "unit tests": ["-m", "pytest", "-q", *tests],
        "notebooks": ["-m", "pytest", "-q", "--nbval", *notebooks],
        "compile": ["-c", COMPILE],
    }


class Environment:
    """A set of versions in a folder; `results` has the outcome of each command, in order."""

    def __init__(self, name: str, interpreter: str, folder: Path):
        self.name, self.folder, self.results = name, folder, {}
        subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def run(self, what: str, *words: str) -> bool:
        """Run `python` with these words; its last lines are shown if it fails."""
        start, log = time.time(), self.folder / f"{what}.log"
        print(f"{self.name}: {what}", flush=True)
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        with log.open("w") as output:
            settings = {"cwd": ROOT, "env": alone | {"JUPYTER_PREFER_ENV_PATH": "1"}, "stderr": subprocess.STDOUT}
            passed = subprocess.run([self.python, *words], stdout=output, **settings).returncode == 0
        lines = log.read_text(errors="replace").splitlines()
        if not passed:
            print(*lines[-40:], sep="\n", flush=True)
        counted = lines[-1].partition(" in ")[0] if lines and " in " in lines[-1] else ""
        outcome = counted or ("passed" if passed else "FAILED")
        self.results[what] = f"{outcome}, {time.time() - start:.0f} s"
        return passed

    def install(self) -> bool:
        """torch first and alone, so that only it is looked for on an index of its own."""
        pip, chosen = ("-m", "pip", "install", "--quiet"), constraints(self.name, self.folder)
        torch = self.run("torch", *pip, *chosen, *cpu_index(), "torch")
        return torch and self.run("install", *pip, *chosen, "--editable", ".[course,test]")

    def versions(self) -> str:
        """The versions that the table names."""
        ask = f"import platform, importlib.metadata as m; print(platform.python_version(), *map(m.version, {SHOWN}))"
        answer = subprocess.run([self.python, "-c", ask], capture_output=True, text=True).stdout.split()
        return ", ".join(f"{name} {version}" for name, version in zip(("Python", *SHOWN), answer, strict=False))


def tried(name: str, interpreter: str, folder: Path, every: bool) -> tuple[bool, str]:
    """Whether all went well with a set, and its row of the table."""
    environment, words = Environment(name, interpreter, folder), checks(every)
    well = environment.install() and all([environment.run(what, *command) for what, command in words.items()])
    cells = [environment.results.get(what, "not run") for what in words]
    return well, " | ".join(["", name, environment.versions(), *cells, ""]).strip()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="*", metavar="set", help="lowest, newest, py310 (all three without a word)")
    parser.add_argument("--all", action="store_true", help="every unit test and every notebook")
    parser.add_argument("--python310", default="python3.10", help="a Python 3.10 (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where the environments are made and kept for a second run")
    args = parser.parse_args(argv)
    if unknown := set(args.sets) - {"lowest", "newest", "py310"}:
        parser.error(f"there is no set {', '.join(sorted(unknown))}; it can be lowest, newest, py310")
    rows = []
    with tempfile.TemporaryDirectory(prefix="versions-") as temporary:
        for name in args.sets or ["lowest", "newest", "py310"]:
            interpreter = args.python310 if name == "py310" else sys.executable
            rows.append(tried(name, interpreter, (args.folder or Path(temporary)).resolve() / name, args.all))
    titles = ["set", "versions", *checks(args.all)]
    print(f"\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}", *(row for _, row in rows), sep="\n")
    return 0 if all(well for well, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
