"""Build wheel and source distribution for a release: links and metadata lead to the repository. Nothing is uploaded.

    python tools/release.py --url https://example.org/me/lite-mamba [--branch v2.0.0] [--to dist]

The address stands in no file, so that a copy of the project never names another's. Files that git does not know are
left out, and the working tree stays as it is.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from setuptools import build_meta as b; to = sys.argv[1]; b.build_wheel(to); b.build_sdist(to)"


def absolute(text: str, url: str, branch: str) -> str:
    """A README whose links and pictures lead to the repository, wherever it is read."""
    text = re.sub(r"(!\[[^\]]*\]\()(?!https?:|#)", rf"\1{url}/raw/{branch}/", text)
    return re.sub(r"((?<!!)\[[^\]]*\]\()(?!https?:|#)", rf"\1{url}/blob/{branch}/", text)


def addresses(url: str, branch: str) -> str:
    """The table of addresses in pyproject.toml."""
    places = {"Homepage": url, "Issues": f"{url}/issues", "Changelog": f"{url}/blob/{branch}/CHANGELOG.md"}
    return "\n".join(["[project.urls]", *(f'{name} = "{place}"' for name, place in places.items()), "", ""])


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def build(url: str, branch: str, target: Path) -> list[Path]:
    """Build from a copy of the tracked files; return the two archives."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in tracked():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        readme, project = copy / "README.md", copy / "pyproject.toml"
        readme.write_text(absolute(readme.read_text("utf-8"), url, branch), "utf-8")
        head, extras = project.read_text("utf-8").split("[project.optional-dependencies]")
        text = f"{head}{addresses(url, branch)}[project.optional-dependencies]{extras}"
        project.write_text(text, "utf-8")
        command = [sys.executable, "-c", BUILD, str(target.resolve())]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    if done.returncode:
        sys.exit(done.stderr)
    return sorted(target.glob("lite_mamba-*"))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", required=True, help="address of the repository, without a / at its end")
    parser.add_argument("--branch", default="main", help="branch or tag that links lead to")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder for the archives")
    options = parser.parse_args(arguments)
    for archive in build(options.url.rstrip("/"), options.branch, options.to):
        print(archive)


if __name__ == "__main__":
    main()
