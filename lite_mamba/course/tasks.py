"""Offline data for the notebooks: a real recording and real text, both there after installation, and memory tasks.

A memory task is a generator of (tokens, targets): the targets are what a model should say at the last tokens.
"""

from __future__ import annotations

import sysconfig
import zlib
from collections.abc import Callable, Iterator, Sequence
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
        n_bytes: how many bytes from the start; None gives everything, 10 to 13 MB.

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


def held_out(paths: list[str], share: int) -> list[bool]:
    """Which files a model must not read in training: a checksum of the path says so, in every Python version alike."""
    return [zlib.crc32(path.encode()) % share == 0 for path in paths]


def library_split(share: int = 10, rule: Callable[[list[str], int], Sequence[bool]] = held_out) -> tuple[bytes, bytes]:
    """The library's text in two parts: what a language model may read, and whole files that it is tested on.

    Args:
        share: about one file in so many is held out.
        rule: (paths, share) to True for each path that is held out, the function of exercise 3 of notebook 13.

    Returns:
        The text to train on, and the text held out.

    >>> train, unread = library_split()
    >>> len(unread) < len(train) / 5
    True
    """
    folder, parts = Path(sysconfig.get_path("stdlib")), (bytearray(), bytearray())
    files = list(_library_files(folder))
    for path, unread in zip(files, rule([path.relative_to(folder).as_posix() for path in files], share), strict=True):
        parts[bool(unread)].extend(path.read_bytes())
    return bytes(parts[False]), bytes(parts[True])


def fixed_copying(generator: torch.Generator, batch: int, length: int, *, n_data: int = 16, n_symbols: int = 16):
    """Copy symbols that always stand at the same place: n_data symbols, then noise, then n_data times "recall".

    From the symbol to its recall it is always L − n_data steps, so a delay is enough.

    Args:
        generator: of the draws; the result is on its device.
        batch, length: B and L, the recalls counted.
        n_data: symbols to remember.
        n_symbols: different symbols, the ids 0 … n_symbols − 1. Noise is the next id, recall the one after it.

    Returns:
        tokens (B, L) and targets (B, n_data): what a model should say at the last n_data tokens.

    Raises:
        ValueError: a length with no room for the symbols and the recalls.

    Source: Mamba paper, section 3.1, figure 2 (left).

    >>> fixed_copying(torch.Generator().manual_seed(0), 1, 8, n_data=2, n_symbols=4)[0]
    tensor([[0, 3, 4, 4, 4, 4, 5, 5]])
    """
    _check_length(length, 2 * n_data)
    data = _symbols(generator, (batch, n_data), n_symbols)  # (B, n_data)
    places = torch.arange(n_data, device=generator.device).expand(batch, -1)  # (B, n_data)
    return _with_noise(data, places, length, n_symbols), data


def selective_copying(generator: torch.Generator, batch: int, length: int, *, n_data: int = 16, n_symbols: int = 16):
    """Copy symbols that stand anywhere between noise, in their order. Arguments and results as in `fixed_copying`.

    The way from a symbol to its recall differs from row to row, so no delay can do it: what to keep depends on what
    is read.

    Source: Mamba paper, section 3.1, figure 2 (right), and section 4.1.1.

    >>> selective_copying(torch.Generator().manual_seed(0), 1, 8, n_data=2, n_symbols=4)[0]
    tensor([[4, 4, 4, 0, 4, 3, 5, 5]])
    """
    _check_length(length, 2 * n_data)
    data = _symbols(generator, (batch, n_data), n_symbols)  # (B, n_data)
    draws = torch.rand(batch, length - n_data, generator=generator, device=generator.device)  # (B, L - n_data)
    places = draws.topk(n_data, dim=1).indices.sort(dim=1).values  # (B, n_data)
    return _with_noise(data, places, length, n_symbols), data


def induction_heads(generator: torch.Generator, batch: int, length: int, *, n_symbols: int = 15):
    """Recall what followed the cue: symbols, among them once the cue; at the end the cue again.

    Args:
        generator: of the draws; the result is on its device.
        batch, length: B and L, at least 3.
        n_symbols: different symbols, the ids 0 … n_symbols − 1. The cue is the next id: a vocabulary of 16.

    Returns:
        tokens (B, L) and targets (B, 1): what a model should say at the last token.

    Raises:
        ValueError: a length below 3.

    Source: Mamba paper, section 4.1.2.

    >>> tokens, targets = induction_heads(torch.Generator().manual_seed(1), 1, 8)
    >>> tokens, targets
    (tensor([[10, 14,  9,  8, 13, 15, 11, 15]]), tensor([[11]]))
    """
    _check_length(length, 3)
    tokens = _symbols(generator, (batch, length), n_symbols)  # (B, L)
    place = _symbols(generator, (batch, 1), length - 2)  # (B, 1)
    tokens.scatter_(1, place, n_symbols)
    tokens[:, -1] = n_symbols
    return tokens, tokens.gather(1, place + 1)


def _symbols(generator: torch.Generator, shape: tuple[int, ...], n: int) -> Tensor:
    return torch.randint(n, shape, generator=generator, device=generator.device)


def _with_noise(data: Tensor, places: Tensor, length: int, n_symbols: int) -> Tensor:
    """The symbols (B, n_data) at their places, noise elsewhere, a recall for each at the end: (B, L)."""
    tokens = torch.full((len(data), length), n_symbols, device=data.device)  # (B, L)
    tokens[:, -data.shape[1] :] = n_symbols + 1
    return tokens.scatter_(1, places, data)


def _check_length(length: int, least: int) -> None:
    if length < least:
        raise ValueError(f"length = {length}: this task needs at least {least} tokens")
