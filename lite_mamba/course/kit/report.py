"""The environment check of notebook 00 in a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..page.environment import PROBES, summary
from ..page.markup import TONES


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints every finding and how to mend it; 1 if there is a problem."""
    argparse.ArgumentParser("python -m lite_mamba.course environment", description=__doc__).parse_args(arguments)
    findings = [probe() for probe in PROBES]
    for found in findings:
        print(f"{TONES['good' if found.well else 'bad'][0]} {found.name}: {found.detail}")
        if found.mend:
            print(f"    {found.mend}")
    print(summary(findings)[1])
    return int(not all(found.well for found in findings))
