"""What a line can read off a layer of the language model, and off what it must beat: a probe and its controls.

A probe is trained on the first files of `texts.FILES` and tested on the last `HELD`. It sees what the state gives:
the output of the scan without the skip, so that no byte of the present goes past the state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ...training import stored
from ..ch13_a_language_model.texts import encoded
from .exercises import fit_probe, last_bytes
from .inside import look, untrained
from .texts import FILES, HELD, marks

LANGUAGE = "library-plain-0"
TARGETS = ("inside a string", "inside a bracket", "on an even line")
PLACES = slice(259, None, 4)  # every file starts with a docstring; and neighbouring bytes are much alike
RIDGE = 1.0
BACK = 8  # bytes that the rival sees
SHUFFLES = 10


def features(trained: bool = True) -> Tensor:
    """What the states of the language model give, on every file: (n_layers, files, places, D)."""
    return _features(trained)


@cache  # with nothing left to default: `features()` and `features(True)` would each be computed
def _features(trained: bool) -> Tensor:
    model = stored(LANGUAGE) if trained else untrained(LANGUAGE)
    return torch.stack([states(model, text)[:, PLACES] for text in FILES], dim=1)


@torch.no_grad()
def states(model, text: str) -> Tensor:
    """C·h of a text, every layer and byte: (n_layers, L, D)."""
    return torch.stack([layer.scanned().T for layer in look(model, encoded(text))])


@cache
def labels(target: str) -> Tensor:
    """What is asked, on every file: (files, places) bools."""
    return torch.stack([marks(text)[target][PLACES] for text in FILES])


@cache
def rival() -> Tensor:
    """The last bytes of each place, one column for each byte that may stand there: (files, places, F)."""
    seen = torch.stack([last_bytes(encoded(text), BACK)[PLACES] for text in FILES])  # (files, places, k)
    return F.one_hot(seen + 1, 129).flatten(2).float()  # −1, and 128 signs


@dataclass(frozen=True)
class Probe:
    """A direction in scaled features, and a cut."""

    mean: Tensor  # (F,)
    std: Tensor  # (F,)
    w: Tensor  # (F,)
    c: Tensor

    def score(self, x: Tensor) -> Tensor:
        """Above 0 for what it takes to be inside: (…,) from (…, F)."""
        return (x - self.mean) / self.std @ self.w + self.c


def train(x: Tensor, y: Tensor, fit: Callable = fit_probe) -> Probe:
    """A probe on features (files, places, F) and labels (files, places), from the files that are not held out."""
    x, y = x[:-HELD].flatten(0, 1), y[:-HELD].flatten()
    mean, std = x.mean(0), x.std(0).clamp(min=1e-5)  # a byte that never stands there has none
    return Probe(mean, std, *fit((x - mean) / std, y, RIDGE))


def balanced(said: Tensor, true: Tensor) -> float:
    """The mean of two shares: the inside that is called inside, and the outside that is called outside.

    >>> said, true = torch.tensor([True, True, True, False]), torch.tensor([True, False, False, False])
    >>> round(balanced(said, true), 2)
    0.67
    """
    return (said[true].float().mean() + (~said[~true]).float().mean()).item() / 2


def accuracy(x: Tensor, y: Tensor, fit: Callable = fit_probe, trained_on: Tensor | None = None) -> float:
    """Balanced accuracy on the files held out; the probe may be trained on other labels than it is tested on."""
    probe = train(x, y if trained_on is None else trained_on, fit)
    return balanced(probe.score(x[-HELD:]).flatten() > 0, y[-HELD:].flatten())


def shuffled(x: Tensor, y: Tensor, fit: Callable = fit_probe) -> list[float]:
    """The same with labels in random order, several times."""
    generator = torch.Generator().manual_seed(0)
    orders = (torch.randperm(y.numel(), generator=generator) for _ in range(SHUFFLES))
    return [accuracy(x, y, fit, y.flatten()[order].view_as(y)) for order in orders]


@dataclass(frozen=True)
class Unit:
    """One channel of one layer, read by a cut."""

    layer: int  # from 0
    channel: int
    sign: float
    cut: float

    def score(self, x: Tensor) -> Tensor:
        """Above 0 for what it takes to be inside: (…,) from what the layer's states give (…, D)."""
        return self.sign * (x[..., self.channel] - self.cut)


@cache
def best_unit(target: str, trained: bool = True) -> Unit:
    """The channel that alone tells inside from outside best, judged on the files that are not held out."""
    y = labels(target)[:-HELD].flatten()
    found = []
    for layer, x in enumerate(features(trained)):
        x = x[:-HELD].flatten(0, 1)  # (n, D)
        inside, outside = x[y].mean(0), x[~y].mean(0)  # (D,)
        cut, sign = (inside + outside) / 2, (inside - outside).sign()
        said = sign * (x - cut) > 0  # (n, D)
        right = (said[y].float().mean(0) + (~said[~y]).float().mean(0)) / 2  # (D,)
        best = int(right.argmax())
        found.append((float(right[best]), Unit(layer, best, float(sign[best]), float(cut[best]))))
    return max(found, key=lambda one: one[0])[1]
