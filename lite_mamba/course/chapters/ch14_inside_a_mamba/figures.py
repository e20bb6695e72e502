"""The figures of notebook 14: the scan as a matrix, two ways by lag, half-lives before and after, probes, a unit."""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import percent, several, three_digits, written
from ...drawing.returned import of_copies, returned
from ...training import RUNS, stored
from ...training.data import Memory
from ..ch13_a_language_model.texts import CODE, encoded, named, shown
from . import probing
from .exercises import fit_probe, hidden_attention
from .inside import Seen, contributions, half_lives, look, matrices, untrained
from .texts import LENGTH, SNIPPETS, marks

MODELS = {
    "language": probing.LANGUAGE,
    "selective copying": "copying-selective-0",
    "induction heads": "induction-selective-0",
}
MONO = "DejaVu Sans Mono"


@cache
def sequence(name: str, length: int) -> Tensor:
    """What a model is shown: the program of notebook 13, or a row of its task; (L,) ids."""
    data = RUNS[name].data
    if isinstance(data, Memory):
        return data.draw(torch.Generator().manual_seed(4), 1, length)[0][0]
    return encoded(CODE[:length])


@cache
def layers_of(name: str, length: int, trained: bool) -> list[Seen]:
    """What each layer of a model computes on its sequence, after training or before."""
    return look(stored(name) if trained else untrained(name), sequence(name, length))


def which(task: str, layer: int) -> tuple[str, int, str]:
    """The name of a model's run, the layer shown of it, and both as a sentence names them: the slider has six."""
    name = MODELS[task]
    last = len(stored(name).layers)
    of = f" of the model for {task}"
    return name, min(layer, last), f"layer {layer}{of}" if layer <= last else f"layer {last}, the last one{of}"


def texts_of(text: str | None) -> dict[str, str]:
    """The texts to choose from, or the reader's own alone, cut to what fits."""
    texts = SNIPPETS if text is None else {"yours": text.encode()[:LENGTH].decode("utf-8", "ignore")}
    if min(len(one.encode()) for one in texts.values()) < 3:
        raise ValueError(f"the text {text!r} has {several(len(text.encode()), 'byte')}; give at least 3")
    return texts


class Cue(LiveFigure):
    """How much each token weighs in each output: the scan of a model that found out what to remember."""

    L, CUE = 48, 15
    controls = {  # noqa: RUF012
        "place": slider(2, 40, 12, label="place of the cue", play=True),
        "layer": choice({"layer 1": 1, "layer 2": 2}, 1, label="layer"),
    }

    def __init__(self):
        super().__init__(height=5.6)
        ids = sequence(MODELS["induction heads"], self.L).clone()
        ids[ids == self.CUE] = 0
        self.ids = ids
        self.seen: dict[tuple[int, int], np.ndarray] = {}
        ax = self.ax = self.figure.subplots()
        self.image = ax.imshow(np.zeros((self.L, self.L)), vmin=0, vmax=1, aspect="auto")
        ax.set(xlabel="token that writes (s)", ylabel="token that reads (t)")
        bar = self.figure.colorbar(self.image, ax=ax, pad=0.01, ticks=[0, 0.5, 1])
        bar.set_label("share of the row")
        (self.mark,) = ax.plot([], [], "v", color=style.VERMILLION, ms=16, mec="white", mew=1.5, clip_on=False)
        self.word = ax.text(
            0, 0, "cue", color=style.VERMILLION, fontweight="bold", ha="center", va="center", fontsize=16
        )
        self.move(self.image, self.mark, self.word)

    def update(self, place: int = 12, layer: int = 1) -> str:
        self.shares = self._shares(place, layer)
        self.image.set_data(self.shares)
        self.mark.set_data([place], [place - 1.2])
        above, beside = (place, place - 4.2), (place + 4.2, place - 0.8)  # near the top the title is in the way
        self.word.set_position(above if place > 5 else beside)
        last = self.shares[-1]
        self.best = int(last.argmax())
        self.share = float(last[self.best])
        behind = self.best - place
        where = f"{behind} behind the cue" if behind > 0 else "the cue itself" if behind == 0 else "before the cue"
        where = "the second cue" if self.best == self.L - 1 else where
        self.title(self.ax, f"Layer {layer}: token {self.best}, {where}, holds {percent(self.share)} of the last row")
        return (
            f"The cue stands at token {place} and again at the end, token {self.L - 1}. In layer {layer}, the last "
            f"output gives most weight to token {self.best}: {percent(self.share)} of its row."
        )

    def _shares(self, place: int, layer: int) -> np.ndarray:
        if (place, layer) not in self.seen:
            ids = self.ids.clone()
            ids[[place, -1]] = self.CUE
            weights = matrices(look(stored(MODELS["induction heads"]), ids)[layer - 1]).abs().sum(0)  # (L, L)
            self.seen[place, layer] = (weights / weights.sum(1, keepdim=True)).numpy()
        return self.seen[place, layer]


class HiddenAttention(LiveFigure):
    """The matrix of one channel's scan on a text, and one of its rows.

    Args:
        text: a text of your own, at most 56 bytes of it are read; None gives a choice of texts.
        build: (delta, A, B, C) to M, the function of exercise 1.
    """

    def __init__(self, text: str | None = None, build: Callable = hidden_attention):
        super().__init__(height=6.4)
        self.build = build
        self.texts = texts_of(text)
        self.n = min(len(one.encode()) for one in self.texts.values())
        self.first, self.start = next(iter(self.texts)), min(50, self.n - 1)
        self.controls = {
            "layer": slider(1, 6, 4, label="layer"),
            "channel": slider(1, 352, 238, label="channel"),
            "at": slider(0, self.n - 1, self.start, label="byte that reads", play=True),
        }
        if text is None:
            self.controls = {"text": choice(list(self.texts), self.first, label="text")} | self.controls
        self._draw()

    def update(self, text: str | None = None, layer: int = 4, channel: int = 238, at: int | None = None) -> str:
        text, at = text or self.first, self.start if at is None else at
        for name, value in {"layer": layer, "channel": channel, "at": at}.items():  # which a reader may type
            if not self.controls[name].reaches(value):
                raise ValueError(f"{name} = {value!r} can't be set: {self.controls[name].summary()}")
        if text != getattr(self, "name", None):
            self.name, self.ids = text, encoded(self.texts[text])[: self.n]
            self.layers = look(stored(MODELS["language"]), self.ids)
            for sign, byte in zip(self.signs, self.ids.tolist(), strict=True):
                sign.set_text(shown(byte))
        one, d = self.layers[layer - 1], channel - 1
        built = of_copies(self.build, one.delta[d], one.A[d], one.B, one.C)
        M = returned("hidden_attention", built, (self.n, self.n), finite=True)[0].detach().double()
        self.M = M / (M.abs().max() or 1)  # (L, L): the largest has the size 1, however small or large it was
        self.image.set_data(self.M.numpy())
        row = self.M[at].numpy()
        end = max(at, *np.flatnonzero(row), 0) + 0.5  # a matrix of your own may look ahead
        self.frame.set_data([-0.5, end, end, -0.5, -0.5], [at - 0.5, at - 0.5, at + 0.5, at + 0.5, at - 0.5])
        for bar, height in zip(self.bars, row / (np.abs(row).max() or 1), strict=True):
            bar.set(height=height, facecolor=style.POSITIVE if height > 0 else style.NEGATIVE)
        return self._words(layer, channel, at, np.abs(row))

    def near(self, lags: int) -> float:
        """The share of the whole matrix's weight at the first few lags."""
        weights = self.M.abs()
        return 1 - float(weights.tril(-lags).sum() / (weights.sum() or 1))

    def kept(self) -> tuple[int, int]:
        """How many rows, from the byte on that the chosen row reads most from, read most from it; of how many."""
        behind = self.M[self.best :].abs().argmax(1)
        return int((behind == self.best).sum()), len(behind)

    def _words(self, layer: int, channel: int, at: int, row: np.ndarray) -> str:
        self.best, self.share = int(row.argmax()), float(row.max() / (row.sum() or 1))
        self.negative = float(self.M.clamp(max=0).abs().sum() / (self.M.abs().sum() or 1))
        alike = int(np.isclose(row, row.max(), rtol=1e-4, atol=0).sum())  # of a matrix of your own, perhaps
        reader, writer = (f"byte {place} “{named(int(self.ids[place]))}”" for place in (at, self.best))
        most, negative = percent(self.share), percent(self.negative)
        reads, gives = f"reads most from {writer}: {most}", f"gives most weight to {writer}: {most} of its row"
        title, all_weight = (
            f"{negative} of the weight is negative",
            f"Of all weight in the matrix {negative} is negative",
        )
        if alike > 1:
            reads, gives = (
                f"reads most from {alike} bytes alike: {most} each",
                f"gives most weight to {alike} bytes alike: {most} of its row each",
            )
        if not row.any():
            reads, gives = "reads from no byte", "gives no byte any weight"
        if not self.M.any():
            title, all_weight = "no weight at all", "The whole matrix is zero"
        self.title(self.top, f"B{reader[1:]} {reads}")
        self.title(self.ax, f"Layer {layer}, channel {channel}: {title}")
        return (
            f"In channel {channel} of layer {layer}, the output at {reader} {gives}. "
            f"{all_weight}.{self.whose_is(matrix=self.build)}"
        )

    def _draw(self) -> None:
        self.top, self.ax = self.figure.subplots(2, 1, height_ratios=(1, 2.1), sharex=True)
        top, ax = self.top, self.ax
        top.set(xlim=(-0.8, self.n - 0.2), ylim=(-1.1, 1.1), yticks=[-1, 0, 1], ylabel="row /\nlargest size")
        top.axhline(0, color=style.GREY, lw=1)
        top.tick_params(axis="x", bottom=False, labelbottom=False)
        self.bars = top.bar(range(self.n), 0, width=0.8)
        place = top.get_xaxis_transform()  # below the axes, whatever their height
        self.signs = [
            top.text(i, -0.05, "", ha="center", va="top", fontsize=13, family=MONO, transform=place)
            for i in range(self.n)
        ]
        self.image = ax.imshow(np.zeros((self.n, self.n)), vmin=-1, vmax=1, cmap=style.DIVERGING, aspect="auto")
        ax.set(xlabel="byte that writes (s)", ylabel="byte that reads (t)")
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_major_locator().set_params(integer=True)  # a short text has no byte 0.5
        bar = self.figure.colorbar(self.image, ax=[top, ax], aspect=25, pad=0.01, ticks=[-1, 0, 1])
        bar.set_label("weight / largest size in the matrix")
        (self.frame,) = ax.plot([], [], "-", color=style.BLACK, lw=2)
        self.move(self.image, *self.bars, *self.signs, self.frame)


LAGS = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128))


@cache
def by_lag(name: str, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of what x adds to a layer's outputs by lag, past the state and through it, the mean over channels.

    The convolution's bias adds to them, too; it has no lag, and is left out.
    """
    parts = contributions(layers_of(name, LAGS[-1][1], True)[layer])  # (D, L, L) each
    total = sum(part.abs().sum((1, 2)) for part in parts)  # (D,)
    shares = []
    for part in parts:
        lags = [part.diagonal(-lag, 1, 2).abs().sum(1) / total for lag in range(LAGS[-1][1])]  # (D,) each
        per_lag = torch.stack(lags).mean(1)  # (lags,)
        shares.append(np.array([float(per_lag[low:high].sum()) for low, high in LAGS]))
    return shares[0], shares[1]


class Ways(LiveFigure):
    """What x adds to the output of a layer's scan, past the state and through it, by its lag."""

    controls = {  # noqa: RUF012
        "task": choice(list(MODELS), "language", label="model"),
        "layer": slider(1, 6, 1, label="layer"),
    }

    def __init__(self):
        super().__init__(height=4.9)
        ax = self.ax = self.figure.subplots()
        names = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in LAGS]
        ax.set(
            xlim=(-0.6, len(LAGS) - 0.4),
            ylim=(0, 0.32),
            xlabel="lag of the input (tokens)",
            ylabel="share of what x adds",
        )
        ax.set_xticks(range(len(LAGS)), names)
        ax.set_yticks([0, 0.1, 0.2, 0.3], ["0 %", "10 %", "20 %", "30 %"])
        self.past = ax.bar(
            np.arange(len(LAGS)) - 0.2, 0, width=0.4, color=style.VERMILLION, hatch="//", edgecolor="white"
        )
        self.through = ax.bar(np.arange(len(LAGS)) + 0.2, 0, width=0.4, color=style.BLUE)
        words = {"fontsize": 17, "fontweight": "bold", "va": "center"}
        self.names = [
            ax.text(2.6, 0.3, "", color=style.VERMILLION, **words),
            ax.text(2.6, 0.265, "", color=style.BLUE, **words),
        ]
        self.move(*self.past, *self.through, *self.names)

    def update(self, task: str = "language", layer: int = 1) -> str:
        name, layer, shown_layer = which(task, layer)
        past, through = by_lag(name, layer - 1)
        for bars, heights in ((self.past, past), (self.through, through)):
            for bar, height in zip(bars, heights, strict=True):
                bar.set_height(height)
        self.share, self.far = float(past.sum()), float(through[4:].sum())
        self.names[0].set_text(f"▨ past the state, by D: {100 * self.share:.0f} %")
        self.names[1].set_text(f"■ through the state: {100 * through.sum():.0f} %")
        self.title(self.ax, f"{task.capitalize()}, layer {layer}: {100 * self.share:.0f} % goes past the state")
        return (
            f"In {shown_layer}, σ, Δ, B and C held, {100 * self.share:.0f} % of what x adds "
            f"to the scan's output goes past the state, all of it at lags 0 to 3. Lags of 4 and more make up "
            f"{100 * self.far:.0f} %, all through the state."
        )


@cache
def rain(name: str, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """Half-lives before and after training, (D, N) each, at the mean step size of what is read.

    Of a memory task these are the tokens that a memory should ignore.
    """
    data = RUNS[name].data
    memory = isinstance(data, Memory)
    length = RUNS[name].length if memory else len(CODE)
    tokens = data.noise(sequence(name, length)[None])[0] if memory else slice(None)
    first, last = (layers_of(name, length, trained)[layer] for trained in (False, True))
    return half_lives(first, tokens).numpy(), half_lives(last, tokens).numpy()


class Rain(LiveFigure):
    """The half-life of every channel before training and after it."""

    LOW, HIGH = 0.02, 1e5
    controls = {  # noqa: RUF012
        "task": choice(list(MODELS), "language", label="model"),
        "layer": slider(1, 6, 1, label="layer"),
        "n": slider(1, 16, 1, label="number of the state"),
    }

    def __init__(self):
        super().__init__(height=5.4)
        ax = self.ax = self.figure.subplots()
        ax.set(xscale="log", yscale="log", xlim=(0.3, 6e4), ylim=(self.LOW, self.HIGH))
        ax.set(xlabel="half-life before training (tokens)", ylabel="after training (tokens)")
        ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
        ax.set_yticks([0.1, 1, 10, 100, 1000, 1e4], ["0.1", "1", "10", "100", "1000", "10 000"])
        ax.minorticks_off()
        ax.plot([0.3, 1500], [0.3, 1500], "-", color=style.BLACK, lw=2)
        style.label_line(ax, "longer than before ▲", 1000, 2.5e4, style.BLUE, fontsize=16)
        style.label_line(ax, "shorter than before ▼", 1000, 5, style.VERMILLION, fontsize=16)
        style.label_line(ax, "unchanged", 1900, 1600, style.BLACK, fontsize=16)
        looks = {"ls": "none", "ms": 7, "mec": "white", "mew": 0.6}
        (self.up,) = ax.plot([], [], "^", color=style.BLUE, **looks)
        (self.down,) = ax.plot([], [], "v", color=style.VERMILLION, **looks)
        (self.middle,) = ax.plot([], [], "D", color=style.BLACK, mec="white", mew=2, ms=16)
        self.word = style.label_line(ax, "", 1000, 90, style.BLACK, fontsize=16)  # no half-life began as long
        self.move(self.up, self.down, self.middle, self.word)

    def update(self, task: str = "language", layer: int = 1, n: int = 1) -> str:
        name, layer, shown_layer = which(task, layer)
        self.before, self.after = (values[:, n - 1] for values in rain(name, layer - 1))  # (D,) each
        longer, seen = self.after > self.before, self.after.clip(self.LOW * 1.2, self.HIGH / 1.2)
        for dots, chosen in ((self.up, longer), (self.down, ~longer)):
            dots.set_data(self.before[chosen], seen[chosen])
        self.median = [float(np.median(values)) for values in (self.before, self.after)]
        self.middle.set_data([self.median[0]], [self.median[1]])
        self.word.set_text(f"median {' to '.join(told_apart(*self.median))} ◆")
        self.longer, self.n = int(longer.sum()), len(longer)
        self.longest = [float(values.max()) for values in (self.before, self.after)]
        self.title(
            self.ax, f"{task.capitalize()}, layer {layer}, n = {n}: longer in {self.longer} of {self.n} channels"
        )
        return (
            f"State number {n} in {shown_layer}: training took the median half-life from "
            f"{' to '.join(told_apart(*self.median))} tokens, and the longest from "
            f"{' to '.join(told_apart(*self.longest))}. The half-life grew in {self.longer} of {self.n} channels."
        )

    def moved(self, times: float) -> float:
        """The share of channels whose half-life changed by more than a factor."""
        return float((np.abs(np.log(self.after / self.before)) > np.log(times)).mean())

    def crossed(self) -> tuple[int, int]:
        """How many half-lives rose from below the median before training to above it, and how many fell."""
        below, since = self.before < self.median[0], self.after < self.median[0]
        return int((below & ~since).sum()), int((since & ~below).sum())


def tokens(number: float) -> str:
    """A number of tokens with at least two digits that count.

    >>> tokens(8.03), tokens(0.5), tokens(9.96)
    ('8.0', '0.50', '10')
    """
    return "over a million" if number > 1e6 else written(number, ",.0f") if number >= 9.95 else f"{number:#.2g}"


def told_apart(before: float, after: float) -> list[str]:
    """Two numbers of tokens, to three digits where two make them look alike.

    >>> told_apart(72.1, 43.9), told_apart(12.61, 13.2)
    (['72', '44'], ['12.6', '13.2'])
    """
    words = [tokens(before), tokens(after)]
    return words if words[0] != words[1] else [three_digits(before), three_digits(after)]


class Probes(LiveFigure):
    """How well a probe tells yes from no: on a trained layer, an untrained one, the last bytes, by chance.

    Args:
        fit: (x, y, ridge) to (w, c), the function of exercise 4.
    """

    BARS = ("trained", "untrained", "last 8 bytes", "labels shuffled")
    LEAST = 0.36  # a probe that answers the wrong way round is worse: its bar leaves the picture
    controls = {  # noqa: RUF012
        "target": choice(list(probing.TARGETS), probing.TARGETS[0], label="what is asked"),
        "layer": slider(1, 6, 5, label="layer"),
    }

    def __init__(self, fit: Callable = fit_probe):
        super().__init__(height=4.6)
        self.fit = fit
        self.known: dict[tuple[str, int], list[float]] = {}
        self.of_the_rival = cache(lambda target: probing.accuracy(probing.rival(), probing.labels(target), self._fit))
        ax = self.ax = self.figure.subplots()
        ax.set(
            xlim=(self.LEAST, 1.0),
            ylim=(3.6, -0.6),
            xlabel="balanced accuracy on files that the probe was not trained on",
        )
        ax.set_xticks([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], [f"{share} %" for share in range(40, 101, 10)])
        ax.set_yticks(range(4), self.BARS, fontsize=16)
        ax.axvline(0.5, color=style.BLACK, lw=2, ls=":")
        colours = (style.BLUE, style.VERMILLION, style.GREEN, style.GREY)
        self.bars = ax.barh(range(4), 0, height=0.62, left=0.5, color=colours)
        for bar, hatch in zip(self.bars, ("", "//", "..", "xx"), strict=True):
            bar.set(hatch=hatch, edgecolor="white")
        (self.range,) = ax.plot([], [], "|-", color=style.BLACK, ms=18, mew=3, lw=3)
        self.numbers = [ax.text(0, i, "", va="center", fontweight="bold", fontsize=16) for i in range(4)]
        self.move(*self.bars, self.range, *self.numbers)

    def update(self, target: str = probing.TARGETS[0], layer: int = 5) -> str:
        if (target, layer) not in self.known:
            self.known[target, layer] = self._measured(target, layer - 1)
        *self.shares, self.worst, self.best = self.known[target, layer]
        for bar, number, share in zip(self.bars, self.numbers, self.shares, strict=True):
            bar.set_width(share - 0.5)
            beyond = "◂ " if share < self.LEAST else ""
            number.set(x=max(share, 0.5) + 0.008, text=f"{beyond}{100 * share:.0f} %")
        self.numbers[-1].set_x(max(self.best, 0.5) + 0.012)
        if self.worst < self.LEAST:
            self.numbers[-1].set_text(f"{self.numbers[-1].get_text()}, from ◂ {100 * self.worst:.0f} %")
        self.range.set_data([self.worst, self.best], [3, 3])
        trained, untrained, rival, chance = (f"{100 * share:.0f} %" for share in self.shares)
        self.title(self.ax, f"{target.capitalize()}, layer {layer}: {trained}, untrained {untrained}")
        by = self.whose_is(probe=self.fit)
        return (
            f"Asked for: {target}. The probe on layer {layer} of the trained model is right in {trained} of cases, on "
            f"the same layer of the untrained one in {untrained}, on the last 8 bytes in {rival}, with shuffled labels "
            f"in {chance} ({100 * self.worst:.0f} to {100 * self.best:.0f} %), both groups counted alike.{by}"
        )

    def _measured(self, target: str, layer: int) -> list[float]:
        y = probing.labels(target)
        trained = probing.features()[layer]
        chance = probing.shuffled(trained, y, self._fit)
        shares = [probing.accuracy(x, y, self._fit) for x in (trained, probing.features(False)[layer])]
        return [*shares, self.of_the_rival(target), float(np.mean(chance)), min(chance), max(chance)]

    def _fit(self, x: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
        fitted = of_copies(self.fit, x, y, ridge)
        if isinstance(fitted, (tuple, list)):  # the cut may be a plain number
            fitted = [torch.tensor(part) if isinstance(part, (int, float)) else part for part in fitted]
        w, c = returned("fit_probe", fitted, tuple(x.shape[1:]), (), finite=True)
        return w.detach().to(x), c.detach().to(x)


class Reading(LiveFigure):
    """What one channel, or a whole layer, says after each byte of a text, and what is true.

    The model has read a program before, so that the text does not stand at the beginning of everything. The whole layer
    is that of the channel. A bar shows how sure the answer is, and is no shorter than `LEAST`.

    Args:
        text: a text of your own, at most 56 bytes of it are read; None gives a choice of texts.
    """

    TARGETS = probing.TARGETS[:2]  # no probe reads even lines
    READERS = ("one channel", "a whole layer")
    LEAST = 0.03  # a bar that is lower hides behind the line

    def __init__(self, text: str | None = None):
        super().__init__(height=4.6)
        self.texts = texts_of(text)
        self.n = min(len(one.encode()) for one in self.texts.values())
        self.first = next(iter(self.texts))
        self.controls = {
            "target": choice(list(self.TARGETS), self.TARGETS[0], label="what is asked"),
            "reader": choice(list(self.READERS), self.READERS[0], label="read off"),
        }
        if text is None:
            self.controls = {"text": choice(list(self.texts), self.first, label="text")} | self.controls
        self._draw()

    def update(self, text: str | None = None, target: str = TARGETS[0], reader: str = READERS[0]) -> str:
        text = text or self.first
        plain = self.texts[text].encode()[: self.n].decode("latin-1")
        self.true = marks(plain)[target].numpy()
        read = _read_after_a_program(self.texts[text])[:, : self.n]  # (n_layers, L, D)
        unit = probing.best_unit(target)
        one, layer = reader == self.READERS[0], unit.layer
        score = (unit if one else _probe(target, layer)).score(read[layer]).numpy()  # (L,)
        self.said = score > 0
        right = self.said == self.true
        sizes = np.tanh(np.abs(score) / np.abs(score).mean()).clip(self.LEAST)
        heights = np.where(self.said, sizes, -sizes)
        for i, (bar, sign, band) in enumerate(zip(self.bars, self.signs, self.bands, strict=True)):
            bar.set(height=heights[i], facecolor=style.BLUE if right[i] else style.VERMILLION)
            bar.set_hatch("" if right[i] else "//")
            sign.set_text(shown(ord(plain[i])))
            band.set_alpha(0.4 if self.true[i] else 0.0)
        self.right = int(right.sum())
        shows = {"yellow: yes is true": self.true.any(), "blue: right": right.any()}
        shows["orange, hatched: wrong"] = not right.all()
        self.key.set_text(".  ".join(words for words, seen in shows.items() if seen))
        who = f"channel {unit.channel + 1} of layer {layer + 1}" if one else f"a probe on layer {layer + 1}"
        asked = f"{target.capitalize()}? {who[0].upper()}{who[1:]}"
        self.title(self.ax, f"{asked}: right at {self.right} of {self.n} bytes")
        return (
            f"Asked for: {target}. What {who} says is right at {self.right} of {self.n} bytes; it says yes at "
            f"{int(self.said.sum())}, and yes is true at {int(self.true.sum())}."
        )

    def _draw(self) -> None:
        ax = self.ax = self.figure.subplots()
        ax.set(xlim=(-0.8, self.n - 0.2), ylim=(-1.1, 1.1), yticks=[-0.6, 0.6])
        ax.set_yticklabels(["says\nno", "says\nyes"], fontsize=15)
        ax.tick_params(axis="both", length=0, labelbottom=False)
        self.line = ax.axhline(0, color=style.BLACK, lw=1.5)
        self.bands = [ax.axvspan(i - 0.5, i + 0.5, color="#F0C430", lw=0, zorder=0) for i in range(self.n)]
        self.bars = ax.bar(range(self.n), 0, width=0.75, edgecolor="white", lw=0)
        place = ax.get_xaxis_transform()
        self.signs = [
            ax.text(i, -0.03, "", ha="center", va="top", fontsize=13, family=MONO, transform=place)
            for i in range(self.n)
        ]
        self.key = ax.text(
            0.5, -0.11, "", ha="center", va="top", fontsize=ax.xaxis.label.get_size(), transform=ax.transAxes
        )
        self.move(*self.bands, *self.bars, *self.signs, self.key)


@cache
def _read_after_a_program(text: str) -> Tensor:
    """What the states give on a text, (n_layers, L, D), when the model has read the program of notebook 13 before."""
    before = CODE[: CODE.index("def main")]
    return probing.states(stored(probing.LANGUAGE), before + text)[:, len(before) :]


@cache
def _probe(target: str, layer: int) -> probing.Probe:
    return probing.train(probing.features()[layer], probing.labels(target))
