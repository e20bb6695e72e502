"""How PyTorch's threads wait for one another: OpenMP reads it from the environment when PyTorch loads."""

from __future__ import annotations

from collections.abc import Mapping

# They look a thousand times whether work has come, some ten microseconds, and then sleep. Threads that sleep at once
# have to be woken for every call, which makes two threads slower than one; threads that look on and on, as by default,
# take the cores from other programs and from one another. The first variable is OpenMP's, the second GNU's, and wins.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}


def soon_asleep(given: Mapping[str, str]) -> dict[str, str]:
    """The variables to set beside those given: none where the user has set one of them."""
    return {} if WAITING.keys() & given.keys() else WAITING


def sleeps(given: Mapping[str, str]) -> bool:
    """Whether threads that wait leave the cores to others: after a number of looks, or else at once."""
    looks = given.get("GOMP_SPINCOUNT", "")
    return looks.isdigit() if looks else given.get("OMP_WAIT_POLICY", "").upper() == "PASSIVE"
