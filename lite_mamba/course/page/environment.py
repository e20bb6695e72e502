"""The environment check of notebook 00: what is there, what is missing, and how to mend it.

The words that every machine prints alike stand in the output's text; versions, threads and the processor differ
from machine to machine and stand in the live part only, which a saved file does not keep.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import ipywidgets as widgets
import torch
from packaging.requirements import Requirement
from packaging.version import Version

from ..waiting import sleeps
from . import markup, state
from .cards import live, show
from .markup import TONES

NO_BUTTON = (
    "A button stands here in a running notebook. If you ran this cell and see this text instead, widgets are not "
    "working: save, close the browser tab, stop JupyterLab, start it again as you did before, and run this cell again."
)
PRESSED = "Widgets work."
SPINNING = (
    "All is well while no other program computes; beside one, training can take thirty times as long. Start the course "
    "with `python -m lite_mamba.course lab`, or set two variables before JupyterLab starts: OMP_WAIT_POLICY to PASSIVE "
    "and GOMP_SPINCOUNT to 1000."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its name, whether it is well, the details, and how to mend it."""

    name: str
    well: bool
    detail: str
    mend: str = ""


Probe = Callable[[], Finding]


def environment(probes: Sequence[Probe] | None = None) -> None:
    """Looks at everything the course needs, shows each problem with how to mend it, and a button to press.

    Args:
        probes: functions that each return a Finding; by default `PROBES`.
    """
    findings = [probe() for probe in (PROBES if probes is None else probes)]
    show(live(live_part(findings), text(findings), html(findings)))


def python_version(version: str | None = None) -> Finding:
    return versioned("Python", version or platform.python_version(), supported().get("python", ""))


def package_version(name: str, installed: Callable[[str], str] = metadata.version) -> Finding:
    try:
        return versioned(name, installed(name), supported().get(name, ""))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", reinstall(name, supported().get(name, "")))


def reinstall(name: str, allowed: str) -> str:
    """What to type, on this system and for the Python that runs here."""
    python = f'& "{sys.executable}"' if os.name == "nt" else shlex.quote(sys.executable)
    terminal = "PowerShell" if os.name == "nt" else "a terminal"
    return f'In {terminal}: `{python} -m pip install "{name}{allowed}"`. Then stop JupyterLab and start it again.'


def versioned(name: str, version: str, allowed: str) -> Finding:
    """Whether a version lies in the range that the course supports."""
    well = not allowed or Requirement(f"x{allowed}").specifier.contains(Version(version), prereleases=True)
    detail = f"{version} (supported: {allowed})" if allowed else version
    python = "Install a supported Python, and with it make a new environment for the course, as the README says."
    mend = python if name == "Python" else reinstall(name, allowed)
    return Finding(name, well, detail, "" if well else mend)


def supported() -> dict[str, str]:
    """The supported versions, by package, from the metadata of the installed lite-mamba."""
    try:
        about = metadata.metadata("lite-mamba")
    except metadata.PackageNotFoundError:
        return {}
    needed = [Requirement(line) for line in about.get_all("Requires-Dist") or []]
    return {"python": about.get("Requires-Python", "")} | {need.name.lower(): _range(need) for need in needed}


def _range(need: Requirement) -> str:
    """The allowed versions, the lower end first."""
    return ",".join(sorted(map(str, need.specifier), key=lambda part: part.startswith("<")))


def threads(
    count: Callable[[], int] = torch.get_num_threads,
    cores: int | None = None,
    variables: Mapping[str, str] = os.environ,
) -> Finding:
    """How many threads, and how they wait: threads that spin take the cores from other programs and each other."""
    have, cores = count(), cores or os.cpu_count() or 1
    sleeping = have == 1 or sleeps(variables)
    detail = f"{have} for {cores} processor cores" + ("" if sleeping else "; they spin while they wait")
    if have > cores:
        return Finding("threads", False, detail, f"Too many slow torch down: run `torch.set_num_threads({cores})`.")
    return Finding("threads", True, detail, "" if sleeping else SPINNING)


def graphics(available: Callable[[], bool] = torch.cuda.is_available) -> Finding:
    """A GPU is welcome and not needed: either is well."""
    return Finding("processor", True, "a CUDA GPU is there" if available() else "no GPU; the course needs none")


def write_access(problem: Callable[[], OSError | None] = state.can_write) -> Finding:
    error = problem()
    if error is None:
        return Finding("progress", True, f"kept in {state.home()}")
    mend = "Set the variable LITE_MAMBA_HOME to a folder that you can write to, and restart JupyterLab."
    return Finding("progress", False, f"can't be written to {state.home()} ({error.strerror or error})", mend)


PROBES: tuple[Probe, ...] = (
    python_version,
    lambda: package_version("torch"),
    lambda: package_version("ipywidgets"),
    lambda: package_version("jupyterlab"),
    lambda: package_version("matplotlib"),
    threads,
    graphics,
    write_access,
)


def summary(findings: Sequence[Finding]) -> tuple[str, str]:
    """Tone and headline: the same on every machine where all is well."""
    wrong = sum(not finding.well for finding in findings)
    if not wrong:
        return "good", f"Your environment is ready: all {len(findings)} checks passed."
    return "bad", f"{wrong} of {len(findings)} checks found a problem. How to mend it stands below."


def problems(findings: Sequence[Finding]) -> list[str]:
    return [f"{found.name}: {found.detail}. {found.mend}" for found in findings if not found.well]


def text(findings: Sequence[Finding]) -> str:
    tone, headline = summary(findings)
    return "\n".join([f"{TONES[tone][0]} {headline}", *problems(findings), NO_BUTTON])


def html(findings: Sequence[Finding]) -> str:
    tone, headline = summary(findings)
    return markup.frame(tone, markup.mark(tone, headline), *map(markup.line, [*problems(findings), NO_BUTTON]))


def live_part(findings: Sequence[Finding]) -> widgets.VBox:
    """The details, and a button that turns to "Widgets work." when it is pressed."""
    button = widgets.Button(description="Press me", layout=widgets.Layout(width="max-content"))
    answer = widgets.HTML("Does the button answer? Press it.")

    def pressed(_) -> None:
        button.description, answer.value = (
            "✓ " + PRESSED,
            "Sliders, checks and predictions will answer you too.",
        )

    button.on_click(pressed)
    return widgets.VBox([widgets.HTML(_details(findings)), widgets.HBox([button, answer])])


def _details(findings: Sequence[Finding]) -> str:
    tone, headline = summary(findings)
    rows = []
    for found in findings:
        state = markup.mark("good", "ok") if found.well else markup.mark("bad", "problem")
        detail = markup.text(found.detail) + (f"<br>{markup.text(found.mend)}" if found.mend else "")
        rows.append((markup.text(found.name), state, detail))
    return markup.frame(tone, markup.mark(tone, headline), markup.table(rows))
