"""Offline data for the notebooks: a real recording and real text, both there after installation."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from matplotlib import cbook
from torch import Tensor

MEMBRANE_STEP = 0.0005  # seconds between two samples of the recording
NOT_THE_LIBRARY = {"site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__"}


def membrane_voltage(n: int | None = None) -> Tensor:
    """A real recording of the voltage across a nerve cell's membrane: the cell rests, then it fires.

    Args:
        n: how many samples from the start; None gives all 12 000 (six seconds).

    Returns:
        float32 tensor of shape (L,), in millivolts, one sample every `MEMBRANE_STEP` = 0.5 ms.

    Raises:
        ValueError: n is not between 1 and the length of the recording.

    Source: the sample data `membrane.dat` of matplotlib (raw float32). The scale (times 100 gives millivolts) and
    the sample interval are those that matplotlib's history page uses to draw the first matplotlib logo from it.

    >>> membrane_voltage(4).shape
    torch.Size([4])
    """
    with cbook.get_sample_data("membrane.dat") as file:
        recording = torch.from_numpy(100 * np.frombuffer(file.read(), dtype="<f4"))  # (L,)
    if n is not None and not 1 <= n <= len(recording):
        raise ValueError(f"n = {n}: the recording has {len(recording)} samples, so give 1 to {len(recording)}")
    return recording[:n].clone()  # (n,)


def library_text(n_bytes: int | None = None) -> bytes:
    """Real text: the source of the running Python's own standard library, without its tests.

    Args:
        n_bytes: how many bytes from the start; None gives everything, 11 to 13 MB.

    Returns:
        The files one after another, in the order of their paths. The text differs between Python versions.

    Raises:
        ValueError: n_bytes is negative, or more than there is.

    >>> len(library_text(1000))
    1000
    """
    if n_bytes is not None and n_bytes < 0:
        raise ValueError(f"n_bytes = {n_bytes}: give a number of bytes, or None for everything")
    text = bytearray()
    for path in _library_files(Path(sysconfig.get_path("stdlib"))):
        text += path.read_bytes()
        if n_bytes is not None and len(text) >= n_bytes:
            return bytes(text[:n_bytes])
    if n_bytes is not None:
        raise ValueError(f"n_bytes = {n_bytes}: the library has {len(text)} bytes")
    return bytes(text)


def _library_files(folder: Path) -> Iterator[Path]:
    """The source files of a library, folder by folder, each in the order of the names; read as they are needed."""
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.is_dir() and path.name not in NOT_THE_LIBRARY:
            yield from _library_files(path)
        elif path.suffix == ".py":
            yield path
