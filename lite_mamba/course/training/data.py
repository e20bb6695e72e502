"""What a run trains on: a memory task, or text. Each draws (tokens, targets), the targets at the last tokens."""

from dataclasses import dataclass, field
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import tasks

GENERATORS = {
    "fixed_copying": tasks.fixed_copying,
    "selective_copying": tasks.selective_copying,
    "induction_heads": tasks.induction_heads,
}


@dataclass(frozen=True)
class Memory:
    """A memory task of `lite_mamba.course.tasks`.

    Args:
        name: one of `GENERATORS`.
        n_symbols: different symbols.
        options: further arguments of the generator.
    """

    name: str
    n_symbols: int
    options: dict = field(default_factory=dict)

    @property
    def vocab_size(self) -> int:
        return self.n_symbols + (1 if self.name == "induction_heads" else 2)

    def draw(self, generator: torch.Generator, batch: int, length: int) -> tuple[Tensor, Tensor]:
        """tokens (B, L) and targets (B, answers)."""
        return GENERATORS[self.name](generator, batch, length, n_symbols=self.n_symbols, **self.options)

    def data(self, tokens: Tensor) -> Tensor:
        """Where a memory should take something in, (B, L) bools.

        That is at the symbols between noise, or at the first cue and the three tokens behind it, for there the
        block's convolution of four taps sees the cue.
        """
        if self.name != "induction_heads":
            return tokens < self.n_symbols
        cues = (tokens == self.n_symbols).cumsum(1)  # (B, L), 0 before the first cue, 1 from there on
        return (cues == 1) & (F.pad(cues, (4, 0))[:, :-4] == 0)

    def noise(self, tokens: Tensor) -> Tensor:
        """What a memory should ignore, (B, L) bools: all but the data and the questions."""
        question = self.n_symbols if self.name == "induction_heads" else self.n_symbols + 1
        return (tokens != question) & ~self.data(tokens)


@dataclass(frozen=True)
class Text:
    """Windows of the standard library's source, from the files that are not held out; every byte is a token."""

    vocab_size: int = 256

    def draw(self, generator: torch.Generator, batch: int, length: int) -> tuple[Tensor, Tensor]:
        """tokens (B, L) and the bytes that follow each (B, L)."""
        text = library_bytes(generator.device)[0]  # (bytes,)
        starts = torch.randint(len(text) - length, (batch, 1), generator=generator, device=text.device)
        windows = text[starts + torch.arange(length + 1, device=text.device)].long()  # (B, L + 1)
        return windows[:, :-1], windows[:, 1:]


@cache
def library_bytes(device: torch.device) -> tuple[Tensor, Tensor]:
    """The library's text, (bytes,) uint8 each: to train on, and held out."""
    return tuple(torch.frombuffer(bytearray(part), dtype=torch.uint8).to(device) for part in tasks.library_split())
