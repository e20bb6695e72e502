"""The figures of notebook 12: the tasks, a delay, seeds side by side, a gate that is learned, how far it reaches."""

import math

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import several, written
from ...tasks import fixed_copying, induction_heads, selective_copying
from ...training import RUNS, facts, load, step_sizes

PALE = "#E4E4E4"


def share(value: float) -> str:
    """An accuracy in per cent; only what is exactly all reads as 100 %."""
    percent = round(100 * value, 6)
    digits = f"{percent:.0f}" if percent < 99 else f"{math.floor(10 * percent) / 10:.1f}".removesuffix(".0")
    return f"{digits} %"


def power(k: int) -> str:
    return f"2{''.join('⁰¹²³⁴⁵⁶⁷⁸⁹'[int(digit)] for digit in str(k))}"


def draw_row(ax, tokens: list[int], words: list[str], y: float, colours: list[str]) -> list[Rectangle]:
    """A row of tokens as boxes with words in them."""
    boxes = []
    for t, (word, colour) in enumerate(zip(words, colours, strict=True)):
        box = Rectangle((t + 0.05, y - 0.4), 0.9, 0.8, facecolor=colour, edgecolor=style.GREY, lw=1.2)
        boxes.append(ax.add_patch(box))
        ink = "white" if colour in (style.VERMILLION, style.BLUE) else style.BLACK
        ax.text(t + 0.5, y - 0.02, word, ha="center", va="center", color=ink, fontweight="bold", fontsize=14)
    return boxes


class Tasks(LiveFigure):
    """Three tasks for a memory: a row of each, and which token each question asks for."""

    def __init__(self):
        super().__init__(height=4.9)
        ax = self.figure.subplots()
        ax.set(xlim=(-0.1, 20.1), ylim=(-1.2, 7.6), xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        generator = torch.Generator().manual_seed(3)
        options = {"n_data": 3, "n_symbols": 8}
        fixed, selective = (
            draw(generator, 1, 20, **options)[0][0].tolist() for draw in (fixed_copying, selective_copying)
        )
        heads = induction_heads(generator, 1, 20, n_symbols=8)[0][0].tolist()
        for y, name, tokens in ((6, "fixed copying", fixed), (3, "selective copying", selective)):
            words = ["·" if token == 8 else "?" if token == 9 else "ABCDEFGH"[token] for token in tokens]
            colours = [style.VERMILLION if token < 8 else style.BLUE if token == 9 else "white" for token in tokens]
            draw_row(ax, tokens, words, y, colours)
            ax.text(0.05, y - 0.95, name, fontweight="bold", fontsize=15)
            places = [t for t, token in enumerate(tokens) if token < 8]
            for place, recall in zip(places, range(17, 20), strict=True):
                self._link(ax, place, recall, y)
        cue = heads.index(8)
        colours = [
            style.BLUE if token == 8 else style.VERMILLION if t == cue + 1 else "white" for t, token in enumerate(heads)
        ]
        draw_row(ax, heads, ["!" if token == 8 else "ABCDEFGH"[token] for token in heads], 0, colours)
        ax.text(0.05, -0.95, "induction heads", fontweight="bold", fontsize=15)
        self._link(ax, cue + 1, 19, 0)

    def _link(self, ax, start: int, end: int, y: float) -> None:
        arrow = {
            "arrowstyle": "-|>",
            "color": style.GREY,
            "lw": 1.8,
            "connectionstyle": f"arc3,rad={-1.4 / (end - start + 4):.2f}",
        }
        ax.annotate("", (end + 0.5, y + 0.42), (start + 0.5, y + 0.42), arrowprops=arrow)

    def update(self) -> str:
        return (
            "Three rows of twenty tokens. In fixed copying three symbols stand at the start and are asked for at the "
            "end; in selective copying they stand anywhere between noise; in the induction heads the last token asks "
            "for the symbol behind the same mark, earlier in the row."
        )


class DelayLine(LiveFigure):
    """A delay, the same for every row: how often it says the right symbol."""

    L, N_DATA, N_SYMBOLS, ROWS = 24, 3, 8, 2000
    controls = {  # noqa: RUF012
        "task": choice({"fixed copying": "fixed", "selective copying": "selective"}, "fixed", label="task"),
        "delay": slider(1, 23, 12, label="delay", unit="tokens"),
    }

    def __init__(self):
        super().__init__()
        ax = self.ax = self.figure.subplots()
        draws = {"fixed": fixed_copying, "selective": selective_copying}
        options = {"n_data": self.N_DATA, "n_symbols": self.N_SYMBOLS}
        found = {name: self._shares(draw, options) for name, draw in draws.items()}
        self.right, self.silent = ({name: two[k] for name, two in found.items()} for k in (0, 1))
        self.delays = np.arange(1, self.L)
        self.bars = ax.bar(self.delays, self.delays * 0.0, width=0.8, facecolor=PALE, edgecolor=style.GREY, lw=1.5)
        ax.set(xlim=(-0.8, 29.5), ylim=(0, 1.12), xlabel="delay (tokens)", ylabel="right answers")
        ax.set_xticks([1, 5, 10, 15, 20, self.L - 1])
        ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        (guess,) = ax.plot([0.3, self.L - 0.3], [1 / self.N_SYMBOLS] * 2, ":", color=style.BLACK, lw=2)
        style.label_line(ax, "a blind guess:\n1 in 8", self.L + 0.4, 1 / self.N_SYMBOLS, style.BLACK)
        self.number = ax.text(0, 0, "", ha="center", va="bottom", fontweight="bold", fontsize=15)
        self.move(*self.bars, guess, self.number)

    def _shares(self, draw, options: dict) -> list[list[float]]:
        """Of each delay, how many of the recalls it answers rightly, and at how many it hears no symbol."""
        tokens, targets = draw(torch.Generator().manual_seed(0), self.ROWS, self.L, **options)
        before = torch.nn.functional.pad(tokens, (self.L, 0), value=self.N_SYMBOLS)  # (B, 2 L): noise before the row
        delayed = [before[:, 2 * self.L - self.N_DATA - delay :][:, : self.N_DATA] for delay in range(1, self.L)]
        right, silent = ([said == targets for said in delayed], [said >= self.N_SYMBOLS for said in delayed])
        return [[one.float().mean().item() for one in kind] for kind in (right, silent)]

    def update(self, task: str = "fixed", delay: int = 12) -> str:
        shares = self.right[task]
        self.share, self.best = shares[delay - 1], max(shares)
        for bar, height, at in zip(self.bars, shares, self.delays, strict=True):
            bar.set(height=height, facecolor=style.BLUE if at == delay else PALE)
        height = max(self.share, 0.12) + 0.02
        self.number.set(x=delay, y=height, ha="center", text=share(self.share))
        for neighbour, side, edge in ((delay - 1, "left", -0.4), (delay + 1, "right", 0.4)):
            if 0 < neighbour < self.L and shares[neighbour - 1] > height:  # its bar would stand in the number
                self.number.set(x=delay + edge, ha=side)
        self.title(self.ax, f"{task.capitalize()} copying: a delay of {delay} is right for {share(self.share)}")
        silent = self.silent[task][delay - 1]
        heard = f"no symbol at {share(silent)} of the recalls" if silent else "a symbol at every recall"
        return (
            f"{task.capitalize()} copying of {self.N_DATA} symbols in rows of {self.L} tokens. A delay of {delay} "
            f"hears {heard} and is right for {share(self.share)}; the best delay of all for {share(self.best)}."
        )


class Copying(LiveFigure):
    """Selective copying, seed by seed: each model at the length that it was trained at, and at longer ones."""

    MODELS = {  # noqa: RUF012
        64: {"delay": "live-delay", "LTI block": "live-lti", "selective": "live-selective"},
        256: {"LTI block": "copying-lti", "selective": "copying-selective"},
        1024: {"LTI block": "copying1024-lti", "selective": "copying1024-selective"},
    }
    LOOKS = {"delay": (style.GREY, "^"), "LTI block": (style.VERMILLION, "s"), "selective": (style.BLUE, "o")}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "length": choice({"64": 64, "256": 256, "1024": 1024}, 64, label="trained at L"),
        "times": choice({"as in training": 1, "twice": 2, "four times": 4}, 1, label="tested at"),
    }

    def __init__(self):
        super().__init__(height=4.2)
        ax = self.ax = self.figure.subplots()
        self.found = {length: {who: seeds(run) for who, run in of.items()} for length, of in self.MODELS.items()}
        ax.set(xlim=(-0.02, 1.14), ylim=(2.6, -0.6), xlabel="right answers")
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        ax.set_yticks(range(3), list(self.LOOKS), fontsize=15)
        ax.tick_params(axis="y", left=False)
        for x in (0.25, 0.5, 0.75, 1):
            ax.axvline(x, color=style.RULE, lw=1, zorder=0)
        (self.guess,) = ax.plot([0, 0], [-0.6, 2.6], ":", color=style.BLACK, lw=2, zorder=0)
        self.guess_word = ax.text(0, -0.4, "", fontweight="bold", fontsize=15, va="center", bbox=style.PAPER)
        self.move(self.guess, self.guess_word)
        self.dots, self.words = {}, {}
        for row, (who, (colour, marker)) in enumerate(self.LOOKS.items()):
            (self.dots[who],) = ax.plot(
                [], [], marker, color=colour, ms=15, mec="white", mew=1.5, ls="none", clip_on=False
            )
            looks = {"color": colour, "fontweight": "bold", "fontsize": 15, "va": "center", "bbox": style.PAPER}
            self.words[who] = ax.text(0, row, "", **looks)
        self.move(*self.dots.values(), *self.words.values())

    def update(self, length: int = 64, times: int = 1) -> str:
        said, self.now = [], {}
        n_symbols = RUNS[f"{self.MODELS[length]['selective']}-0"].data.n_symbols
        self.chance = 1 / n_symbols
        self.guess.set_xdata([self.chance, self.chance])
        self.guess_word.set(x=self.chance + 0.012, text=f"a blind guess: 1 in {n_symbols}")
        for row, who in enumerate(self.LOOKS):
            shares = [table[length * times] for table in self.found[length].get(who, [])]
            self.now[who] = shares
            self.dots[who].set_data(shares, [row] * len(shares))
            text = between(shares) if shares else "not trained at this length"
            self.words[who].set(text=text, **(beside(shares) if shares else {"x": self.chance + 0.012, "ha": "left"}))
            if shares:
                said.append(f"{who} {text}, {len(shares)} seeds")
        guesses = min(self.now["selective"]) < 1.1 * self.chance
        finding = "a selective seed only guesses" if guesses else "every selective seed is ahead"
        self.title(self.ax, f"Trained at {length}, tested at {length * times}: {finding}")
        return f"Selective copying, trained at L = {length}, tested at {length * times}: {'; '.join(said)}."


def between(shares: list[float]) -> str:
    """The lowest and the highest of some accuracies."""
    low, high = share(min(shares)), share(max(shares))
    return low if low == high else f"{low} to {high}"


def beside(shares: list[float]) -> dict:
    """Where the words for some dots on a line find room: to the right, between, or to the left."""
    low, high = min(shares), max(shares)
    if high < 0.75:
        return {"x": high + 0.04, "ha": "left"}
    return {"x": 0.5, "ha": "center"} if low < 0.3 else {"x": low - 0.04, "ha": "right"}


def seeds(run: str) -> list[dict[int, float]]:
    """Accuracy by length of every stored seed of a run."""
    return [by_length(name) for name in RUNS if name.rpartition("-")[0] == run]


def by_length(name: str) -> dict[int, float]:
    """Accuracy by length of one stored run."""
    return {int(length): found["accuracy"] for length, found in facts(name)["evaluation"]["by_length"].items()}


class GateLearned(LiveFigure):
    """The gate as it is learned: Δ of every token of one row, at thirty-two moments of a training."""

    RUN, LAYER = "copying-selective-0", 1
    controls = {"moment": slider(0, 31, 31, label="moment of the training", play=True)}  # noqa: RUF012

    def __init__(self):
        super().__init__(height=5.4)
        self.top, self.bottom = self.figure.subplots(2, 1, height_ratios=(3, 1.15))
        _, log = load(self.RUN)
        data = RUNS[self.RUN].data
        probe = log["probe"].long()[None]  # (1, L)
        self.data, self.noise = data.data(probe)[0], data.noise(probe)[0]  # (L,) each
        self.profile = log["delta_profile"][:, self.LAYER]  # (moments, L)
        self.steps, self.accuracy, self.loss = (log[name].tolist() for name in ("step", "accuracy", "loss"))
        self._draw_tokens()
        self._draw_curve()

    def _draw_tokens(self) -> None:
        ax, t = self.top, np.arange(self.profile.shape[1])
        self.t_data, self.t_noise = t[self.data.numpy()], t[self.noise.numpy()]
        ax.set(xlim=(-2, 300), ylim=(5e-8, 1.5), yscale="log", xlabel="token of the row", ylabel="Δ (mean of channels)")
        ax.set_xticks([0, 50, 100, 150, 200, 239])
        (self.noise_dots,) = ax.plot([], [], "o", color=style.GREY, ms=4, ls="none")
        (self.data_dots,) = ax.plot([], [], "D", color=style.VERMILLION, ms=10, ls="none", mec="white", mew=1)
        self.data_word = style.label_line(ax, "data", 247, 0.1, style.VERMILLION)
        self.noise_word = style.label_line(ax, "noise", 247, 0.001, style.GREY)
        self.move(self.noise_dots, self.data_dots, self.data_word, self.noise_word)

    def _draw_curve(self) -> None:
        ax = self.bottom
        ax.set_xscale("symlog", linthresh=1)  # from 0 to 1 as far as from 1 to 10
        ax.set(xlim=(-0.1, 26_000), ylim=(-0.05, 1.1), xlabel="training step", ylabel="right")
        ax.set_xticks([0, 1, 10, 100, 1000, 10_000], ["0", "1", "10", "100", "1000", "10 000"])
        ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        ax.plot(self.steps, self.accuracy, "-", color=style.BLUE, lw=3)
        (self.now,) = ax.plot([], [], "o", color=style.BLUE, ms=14, clip_on=False)
        self.move(self.now)

    def update(self, moment: int = 31) -> str:
        delta = self.profile[moment]  # (L,)
        data, noise = delta[self.data], delta[self.noise]
        self.on_data, self.on_noise = (kind.log().mean().exp().item() for kind in (data, noise))
        self.ratio, self.left = self.on_data / self.on_noise, math.exp(-noise.sum().item())
        self.data_dots.set_data(self.t_data, data.clamp(min=6e-8))
        self.noise_dots.set_data(self.t_noise, noise.clamp(min=6e-8))
        aside = max(1, math.sqrt(6 / self.ratio))  # two words nearer than a factor of 6 would stand in each other
        self.data_word.set(y=self.on_data * aside, text=f"data {plain(self.on_data)}")
        self.noise_word.set(y=self.on_noise / aside, text=f"noise {plain(self.on_noise)}")
        self.now.set_data([self.steps[moment]], [self.accuracy[moment]])
        step, right = written(self.steps[moment], ",.0f"), share(self.accuracy[moment])
        passed = several(step, "step")
        ratio = f"{self.ratio:.{1 if self.ratio < 9.95 else 0}f}"
        times = "about as large on data as on noise" if ratio == "1.0" else f"{ratio} times as large on data"
        loss = f"{self.loss[moment]:.2f}" if self.loss[moment] >= 0.005 else "under 0.01"
        self.title(self.top, f"Step {step}, {right} right: typical Δ {times}")
        return (
            f"After {passed}: loss {loss}, {right} right. The typical Δ is {plain(self.on_data)} on data and "
            f"{plain(self.on_noise)} on noise, {ratio} to 1. With the mean Δ of the channels a state with "
            f"A = −1 keeps {share(self.left)} over the {len(noise)} noise tokens of this row."
        )


def plain(value: float) -> str:
    """A small number with two digits, without an exponent."""
    return f"{value:.{max(2, 1 - math.floor(math.log10(value)))}f}"


class Reach(LiveFigure):
    """How many tokens every channel of one trained layer can hold a symbol for, and how long the row is."""

    TOKENS = 4096
    NAMES = {  # noqa: RUF012
        "40 000 steps, seed 0": "induction-gate-0",
        "40 000 steps, seed 1": "induction-gate-1",
        "one state a channel": "induction-state1-0",
    }
    controls = {  # noqa: RUF012
        "run": choice(NAMES, "induction-gate-0", label="run"),
        "exponent": slider(6, 20, 8, 2, label="length 2^"),
    }

    def __init__(self):
        super().__init__()
        ax = self.ax = self.figure.subplots()
        found = {name: reach(load(name)[0], self.TOKENS) for name in self.NAMES.values()}
        self.reach, self.opening = ({name: two[k] for name, two in found.items()} for k in (0, 1))  # (D,) each
        self.accuracy = {name: by_length(name) for name in self.NAMES.values()}
        self.places = np.arange(1, 129)
        ax.set(xlim=(0, 150), ylim=(0.02, 1e13), yscale="log")
        ax.set(xlabel="128 channels, the one that holds longest first", ylabel="tokens until 37 % is left")
        ax.set_xticks([1, 32, 64, 96, 128])
        ax.set_yticks([1, 1e3, 1e6, 1e9, 1e12])
        (self.short,) = ax.plot([], [], "s", color=style.GREY, ms=5, ls="none")
        looks = {"mec": style.BLUE, "mew": 1.5, "ms": 8, "ls": "none", "clip_on": False}
        (self.shut,) = ax.plot([], [], "o", mfc="white", **looks)
        (self.long,) = ax.plot([], [], "o", mfc=style.BLUE, **looks)
        (self.line,) = ax.plot([0, 128], [1, 1], "--", color=style.VERMILLION, lw=3)
        self.word = style.label_line(ax, "", 129, 1, style.VERMILLION)
        self.names = [
            style.label_line(ax, words, 95, y, colour)
            for words, y, colour in (
                ("● takes a symbol in", 1e12, style.BLUE),
                ("○ hardly takes any in", 4e10, style.BLUE),
                ("■ can't hold one so long", 1.6e9, style.GREY),
            )
        ]
        self.move(self.short, self.line, self.shut, self.long, self.word, *self.names)

    def update(self, run: str = "induction-gate-0", exponent: int = 8) -> str:
        found, length = self.reach[run], 2**exponent
        holds = found > length
        takes_in = holds & (self.opening[run] > 0.1)
        self.count, self.open, self.longest = int(holds.sum()), int(takes_in.sum()), float(found.max())
        self.right = self.accuracy[run].get(length)
        right = "not tested" if self.right is None else f"right for {share(self.right)}"
        self.long.set_data(self.places[takes_in], found[takes_in])
        self.shut.set_data(self.places[holds & ~takes_in], found[holds & ~takes_in])
        self.short.set_data(self.places[~holds], found[~holds])
        for name, kind in zip(self.names, (takes_in, holds & ~takes_in, ~holds), strict=True):
            name.set_visible(bool(kind.any()))
        self.line.set_ydata([length, length])
        self.word.set(y=length, text=f"L = {power(exponent)}")
        channels = f"{self.count or 'no'} channel{'' if self.count < 2 else 's'} can hold"
        if self.open == self.count:
            takers = ("", " and takes one in", ", and all of them take one in")[min(self.count, 2)]
        else:
            takers = f", and {self.open} of them take{'s' if self.open == 1 else ''} one in"
        self.title(self.ax, f"{power(exponent)} tokens: {channels} a symbol so long; {right}")
        return (
            f"In a row of {power(exponent)} = {written(length, ',.0f')} tokens {channels} a symbol so long{takers}. "
            f"The model is {right}. Its longest memory: {approximately(self.longest)} tokens."
        )


def approximately(number: float) -> str:
    """One digit, or from a million on the nearest power of ten: another row of tokens gives another number."""
    if number < 1e6:
        return f"about {written(round(number, -math.floor(math.log10(number))), ',.0f')}"
    return f"about 10{power(round(math.log10(number)))[1:]}"


CUE = 15  # the last of the sixteen symbols, in the induction heads; those below it stand behind it


def cued_row(length: int, at: int = 100, seed: int = 5) -> Tensor:
    """A row for the induction heads with its first cue at a given place: (L,) ids."""
    row = torch.randint(CUE, (length,), generator=torch.Generator().manual_seed(seed))  # (L,)
    row[at] = row[-1] = CUE
    return row


@torch.no_grad()
def reach(model, length: int, at: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """After how many tokens 1/e of a symbol is left, and how large Δ is at one: (D,) each, the longest first.

    Of the layer with the longest. "At one" is the largest Δ of the tokens whose window shows the cue, whichever of
    the 15 symbols stands behind it: a channel may take in some of them and not the others.
    """
    row = cued_row(length, at)  # (L,)
    delta = step_sizes(model, row[None])[:, 0]  # (n_layers, L, D)
    slowest = torch.stack([layer.mixer.A_log.exp().min(dim=1).values for layer in model.layers])  # (n_layers, D)
    tokens = 1 / (slowest * delta[:, at + 4 : -1].double().mean(1))  # (n_layers, D)
    best = tokens.max(dim=1).values.argmax()
    longest, order = tokens[best].sort(descending=True)  # (D,) each
    starts = row[: at + 4].repeat(CUE, 1)  # (B, at + 4), a row for each symbol
    starts[:, at + 1] = torch.arange(CUE)
    opening = step_sizes(model, starts)[best][:, at:].amax(dim=(0, 1))  # (D,)
    return longest.numpy(), opening[order].numpy()


class ByLength(LiveFigure):
    """Induction heads, trained at 256 tokens: right answers at lengths up to 2²⁰, by seeds, beside attention."""

    EXPONENTS = (6, 8, 10, 12, 14, 16, 18, 20)
    MODELS = {  # noqa: RUF012
        "selective": ("induction-selective", style.BLUE, "-", "o"),
        "attention": ("induction-attention64", style.VERMILLION, "--", "s"),
    }
    controls = {"exponent": slider(6, 20, 8, 2, label="length 2^")}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        ax = self.ax = self.figure.subplots()
        ax.set(xlim=(5.6, 23.6), ylim=(-0.03, 1.12), xlabel="length of the row (tokens)", ylabel="right answers")
        ax.set_xticks(self.EXPONENTS, [power(k) for k in self.EXPONENTS])
        ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        ax.axhline(1 / 15, color=style.BLACK, ls=":", lw=2)
        style.label_line(ax, "a blind guess:\n1 in 15", 20.3, 1 / 15 + 0.11, style.BLACK)
        self.found = {who: seeds(run) for who, (run, *_) in self.MODELS.items()}
        for who, (_, colour, line, marker) in self.MODELS.items():
            for table in self.found[who]:
                ks = [k for k in self.EXPONENTS if 2**k in table]
                ax.plot(ks, [table[2**k] for k in ks], line, marker=marker, color=colour, lw=2.5, ms=8)
        style.label_line(ax, "Mamba here,\n3 seeds", 20.3, 0.9, style.BLUE)
        ax.plot([10], [0.313], "*", color=style.BLACK, ms=17, ls="none", zorder=5)
        (self.line,) = ax.plot([8, 8], [0, 1.05], "-", color=style.GREY, lw=2, zorder=0)
        here = style.label_line(ax, "attention here,\n2 seeds", 10.4, 0.53, style.VERMILLION, bbox=style.PAPER)
        paper = style.label_line(ax, "attention in the paper", 10.4, 0.36, style.BLACK, bbox=style.PAPER)
        self.words = (here, paper)
        self.move(self.line, *self.words)

    def update(self, exponent: int = 8) -> str:
        length = 2**exponent
        self.now = {who: [table[length] for table in found if length in table] for who, found in self.found.items()}
        self.line.set_xdata([exponent, exponent])
        parts = []
        for who, shares in self.now.items():
            name = "Mamba" if who == "selective" else "attention"
            parts.append(f"{name} {' / '.join(share(one) for one in shares) if shares else 'not tested'}")
        self.title(self.ax, f"{power(exponent)} tokens: {', '.join(parts)}")
        times = {64: "a quarter of ", 128: "half ", 256: ""}.get(length, f"{length // 256} times ")
        return (
            f"Rows of {power(exponent)} = {written(length, ',.0f')} tokens, {times}the training length: "
            f"{'; '.join(parts)}. "
            "The paper: Mamba right throughout, attention with rotary positions 31.3 % at 2¹⁰."
        )


class Ablations(LiveFigure):
    """What happens without a part: the same training without convolution, with dilations, with fewer states."""

    ROWS = {  # noqa: RUF012
        "the block": "selective",
        "no convolution": "noconv",
        "dilations 1, 2, 4, 8": "dilated",
        "d_state 4": "state4",
        "d_state 1": "state1",
    }
    LENGTHS = {"copying": (256, 1024), "induction": (2**8, 2**20)}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "task": choice({"selective copying": "copying", "induction heads": "induction"}, "copying", label="task"),
        "tested": choice({"in training": 0, "much longer": 1}, 0, label="tested at the length"),
    }

    def __init__(self):
        super().__init__()
        ax = self.ax = self.figure.subplots()
        self.found = {
            task: {row: seeds(f"{task}-{run}") for row, run in self.ROWS.items()} for task in ("copying", "induction")
        }
        ax.set(xlim=(-0.02, 1.02), ylim=(len(self.ROWS) - 0.5, -0.5), xlabel="right answers")
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        ax.set_yticks(range(len(self.ROWS)), list(self.ROWS), fontsize=15)
        ax.tick_params(axis="y", left=False)
        ax.set_axisbelow(True)
        for x in (0, 0.25, 0.5, 0.75, 1):
            ax.axvline(x, color=style.RULE, lw=1, zorder=0)
        (self.dots,) = ax.plot([], [], "o", color=style.BLUE, ms=15, mec="white", mew=1.5, ls="none", clip_on=False)
        (self.guess,) = ax.plot([0, 0], [-0.5, len(self.ROWS) - 0.5], ":", color=style.BLACK, lw=2, zorder=0)
        self.guess_word = style.label_line(ax, "", 0, len(self.ROWS) - 0.72, style.BLACK, bbox=style.PAPER)
        self.move(self.guess, self.guess_word, self.dots)

    def update(self, task: str = "copying", tested: int = 0) -> str:
        length = self.LENGTHS[task][tested]
        n_symbols = RUNS[f"{task}-selective-0"].data.n_symbols
        self.chance = 1 / n_symbols
        self.guess.set_xdata([self.chance, self.chance])
        self.guess_word.set(x=self.chance + 0.012, text=f"a blind guess: 1 in {n_symbols}")
        self.now = {row: [table[length] for table in tables] for row, tables in self.found[task].items()}
        points = [(one, y) for y, shares in enumerate(self.now.values()) for one in shares]
        self.dots.set_data(*zip(*points, strict=True))
        self.worst = min(self.now, key=lambda row: min(self.now[row]))
        where = written(length, ",.0f")
        name = "Selective copying" if task == "copying" else "Induction heads"
        of = f"{name}, {power(length.bit_length() - 1)} tokens"
        self.title(self.ax, f"{of}: lowest {share(min(self.now[self.worst]))}, {self.worst}")
        parts = [f"{row} {' / '.join(share(one) for one in shares)}" for row, shares in self.now.items()]
        return f"{name} at {where} tokens, a number for each seed: {'; '.join(parts)}."
