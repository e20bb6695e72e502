"""The figures of notebook 13: what a byte costs, what must be beaten, dilations, draws, Δ, brackets, and speed."""

import copy
import math
import random
import re
import time
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.patches import Rectangle
from torch import Tensor

from lite_mamba import InferenceParams

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import are, percent, several, written
from ...drawing.returned import of_copies, returned_number
from ...training import facts, library_baselines, step_sizes, stored
from ...training.baselines import NGrams
from .exercises import bits_per_byte, draw_byte
from .texts import CODE, LENGTH, PROMPTS, SNIPPETS, encoded, named, shown

PLAIN, DILATED = "library-plain-0", "library-dilated-0"


def quoted(read: bytes) -> str:
    """The last bytes for a sentence, in the signs of the picture; the dots in front say that more came before."""
    return f"“{'…' if len(read) > 20 else ''}{''.join(map(shown, read[-20:]))}”"


def cheap(bits: float) -> str:
    """Bits to a tenth; what costs hardly anything does not read as free."""
    return f"{bits:.1f}" if bits >= 0.05 else "under 0.1"


def chance(p: float) -> str:
    """A probability of a softmax: it is never 0 or 1, whatever is left of it after rounding."""
    return percent(min(max(p, 1e-4), 1 - 1e-4), ends=1)


def per_byte(logits: Tensor, ids: Tensor) -> Tensor:
    """What each byte but the first cost, in bits: (L − 1,)."""
    return F.cross_entropy(logits[:-1], ids[1:], reduction="none").abs() / math.log(2)  # a sure byte costs −0.0


class _Text(LiveFigure):
    """Bars of bits over the bytes of a text, and a second panel below or beside it."""

    MOST_BITS = 21  # the dearest byte of the texts costs 20.0

    def take(self, text: str | None) -> None:
        """The texts to choose from, or one of your own: its first bytes, where it does not fit."""
        self.texts = SNIPPETS if text is None else {"yours": text.encode()[:LENGTH].decode("utf-8", "ignore")}
        self.n = min(len(one.encode()) for one in self.texts.values())
        if self.n < 3:
            raise ValueError(f"the text {text!r} has {several(self.n, 'byte')}; give at least 3")
        self.cut = f"The first {self.n} bytes cost" if text is not None and len(text.encode()) > self.n else ""

    @torch.no_grad()
    def read(self, text: str) -> None:
        self.ids = encoded(text)  # (L,)
        self.logits = stored(PLAIN)(self.ids[None])[0]  # (L, 256)
        self.bits = per_byte(self.logits, self.ids).numpy()  # (L − 1,)

    def draw_bits(self, ax) -> None:
        most = self.MOST_BITS
        if "yours" in self.texts:  # the axis holds the dearest byte, whatever the text
            self.read(self.texts["yours"])
            most = max(most, float(self.bits.max()))
        ax.set(xlim=(-0.8, self.n - 0.2), ylim=(0, most + 2), ylabel="bits", yticks=[*range(0, int(most), 8)])
        ax.tick_params(axis="x", bottom=False, labelbottom=False)
        self.bars = ax.bar(range(self.n), 0, width=0.8, color=style.BLUE)
        self.signs = [
            ax.text(i, -0.9, "", ha="center", va="top", fontsize=13, family="DejaVu Sans Mono") for i in range(self.n)
        ]
        self.move(*self.bars, *self.signs)

    def show_bits(self) -> None:
        for i, (bar, sign, byte) in enumerate(zip(self.bars, self.signs, self.ids.tolist(), strict=True)):
            bar.set_height(self.bits[i - 1] if i else 0)
            sign.set_text(shown(byte))


class NextByte(_Text):
    """What each byte of a text costs, and what the model expected at one place.

    Args:
        text: a text of your own, at most 56 bytes of it are read; None gives a choice of texts.
        cost: (logits, ids) to bits per byte, the function of exercise 1.
    """

    MOST = 8

    def __init__(self, text: str | None = None, cost: Callable = bits_per_byte):
        super().__init__(height=5.4)
        self.cost = cost
        self.take(text)
        first = next(iter(self.texts))
        start = min(9, self.n - 1)
        self.start = (first, start)
        self.controls = {"at": slider(1, self.n - 1, start, label="byte number", play=True)}
        if text is None:
            self.controls = {"text": choice(list(SNIPPETS), first, label="text")} | self.controls
        self.top, self.ax = self.figure.subplots(2, 1, height_ratios=(1, 1.1))
        self.draw_bits(self.top)
        self._draw_guesses()

    def update(self, text: str | None = None, at: int | None = None) -> str:
        text, self.at = text or self.start[0], at or self.start[1]
        if text != getattr(self, "name", None):
            self.name = text
            self.read(self.texts[text])
            self.show_bits()
        self._mark()
        before, byte = bytes(self.ids[: self.at].tolist()), int(self.ids[self.at])
        self.mean = returned_number("bits_per_byte", of_copies(self.cost, self.logits, self.ids))
        drawn, given = float(self.bits.mean()), written(self.mean, ".2f" if abs(self.mean) < 1000 else ".3g")
        bits = f"{drawn:.2f} bits a byte"
        wrong = given != f"{drawn:.2f}" and not math.isclose(self.mean, drawn, rel_tol=1e-4)
        instead = f"; bits_per_byte gives {given}" if wrong else ""
        self.here, self.chance = float(self.bits[self.at - 1]), float(self.p[byte])
        place = int((self.p > self.chance).sum()) + 1
        self.title(self.top, f"{bits}{instead}; this byte cost {cheap(self.here)}")
        self.title(self.ax, f"Byte {self.at}: “{named(byte)}” was guess number {place}, with {chance(self.chance)}")
        by = self.whose_is(**{"mean cost": self.cost})
        return (
            f"After {quoted(before)} the model expects “{named(self.best)}” with {chance(float(self.p.max()))}. "
            f"There comes “{named(byte)}”, guess number {place}: it cost {cheap(self.here)} bits. "
            f"{self.cut or 'The whole text costs'} {bits}{instead}.{by}"
        )

    def _draw_guesses(self) -> None:
        ax = self.ax
        ax.set(xlim=(-0.6, self.MOST - 0.4), ylim=(0, 1.12), ylabel="probability", yticks=[0, 0.5, 1])
        ax.tick_params(axis="x", bottom=False, labelbottom=False)
        self.guesses = ax.bar(range(self.MOST), 0, width=0.7, color=style.BLUE)
        middle = {"ha": "center", "fontsize": 14}
        self.names = [ax.text(i, -0.05, "", va="top", family="DejaVu Sans Mono", **middle) for i in range(self.MOST)]
        self.shares = [ax.text(i, 0, "", va="bottom", **middle) for i in range(self.MOST)]
        (self.place,) = self.top.plot([], [], "v", color=style.VERMILLION, ms=12, ls="none", clip_on=False)
        self.move(*self.guesses, *self.names, *self.shares, self.place)

    def _mark(self) -> None:
        self.p = self.logits[self.at - 1].softmax(-1)  # (256,)
        order = self.p.argsort(descending=True, stable=True)[: self.MOST].tolist()
        self.best, came = order[0], int(self.ids[self.at])
        if came not in order:
            order[-1] = came  # what came is always among the bars
        rows = zip(self.guesses, self.names, self.shares, order, strict=True)
        for bar, name, share, byte in rows:
            height = float(self.p[byte])
            colour = style.VERMILLION if byte == came else style.BLUE
            bar.set(height=height, facecolor=colour)
            name.set(text=named(byte), color=colour)
            share.set(y=height + 0.02, text=chance(height).replace("under", "<").replace("over", ">"))
        self.place.set_data([self.at], [self.bits[self.at - 1] + 1.4])


class Orders(LiveFigure):
    """Bits per byte of n-grams by order: counted on much text, beside the model and two compressors, or on little."""

    COUNTED = ("the library, 9 MB", "half of a small file")
    ORDERS = range(7)

    controls = {  # noqa: RUF012
        "order": slider(0, 6, 5, label="order: bytes of context"),
        "counted": choice(list(COUNTED), COUNTED[0], label="counted on"),
    }

    def __init__(self):
        super().__init__(height=4.9)
        stored = library_baselines()["bits_per_byte"]
        half = len(CODE) // 2
        ngrams = NGrams(CODE[:half].encode(), max(self.ORDERS))
        small = [ngrams.shortened(order).bits_per_byte(CODE[half:].encode()) for order in self.ORDERS]
        self.bits = dict(zip(self.COUNTED, ([stored[f"order {k}"] for k in self.ORDERS], small), strict=True))
        self.others = {name: stored[name] for name in ("gzip", "xz", "xz after training")}
        self.model = facts(PLAIN)["evaluation"]["bits_per_byte"]
        self._draw()

    def update(self, order: int = 5, counted: str = COUNTED[0]) -> str:
        values = self.bits[counted]
        self.line.set_data(list(self.ORDERS), values)
        self.dot.set_data([order], [values[order]])
        self.note.set(x=order, y=values[order] + 0.22, text=f"{values[order]:.2f}")
        self.best = min(self.ORDERS, key=values.__getitem__)
        library = counted == self.COUNTED[0]
        for artist in self.beside:
            artist.set_visible(library)
        self.title(self.ax, f"Counted on {counted}: order {self.best} is best, {values[self.best]:.2f} bits a byte")
        beside = f" The model costs {self.model:.2f}." if library else ""
        hair = ", by less than 0.01" if 0 < values[order] - values[self.best] < 0.01 else ""
        return (
            f"Counted on {counted}, order {order} costs {values[order]:.2f} bits a byte; "
            f"the best order is {self.best}{hair}.{beside}"
        )

    def _draw(self) -> None:
        ax = self.ax = self.figure.subplots()
        ax.set(
            xlim=(-0.3, 9.4), ylim=(0.9, 5.6), xlabel="order of the n-gram", ylabel="bits a byte", xticks=[*self.ORDERS]
        )
        (self.line,) = ax.plot([], [], "o-", color=style.BLUE, lw=4, ms=10)
        (self.dot,) = ax.plot([], [], "o", color=style.VERMILLION, ms=16)
        self.note = ax.text(0, 0, "", color=style.VERMILLION, fontweight="bold", ha="center", va="bottom")
        self.beside = []
        levels = [
            (self.others["gzip"], 2.05, "gzip", style.GREY, ":"),
            (self.others["xz"], 1.62, "xz", style.GREY, ":"),
            (self.model, 1.2, "the model", style.VERMILLION, "--"),
        ]
        for value, y, name, colour, line in levels:
            self.beside += ax.plot([-0.3, 6.4], [value, value], line, color=colour, lw=3)
            self.beside.append(style.label_line(ax, f"{name} {value:.2f}", 6.5, y, colour))
        self.move(self.line, *self.beside, self.dot, self.note)


class Learning(LiveFigure):
    """The loss of two models in training, one dilation against four, in bits per byte.

    What is stored with the runs, and drawn at each step, is the mean over the 25 steps up to it.
    """

    controls = {"step": slider(25, 5000, 200, 25, label="training step")}  # noqa: RUF012
    NAMES = {PLAIN: "dilation 1", DILATED: "dilations 1, 2, 4, 8"}  # noqa: RUF012

    def __init__(self):
        super().__init__(height=4.9)
        self.bits = {name: np.array(facts(name)["curve"])[:, 1] / math.log(2) for name in self.NAMES}  # (stretches,)
        self.steps = np.array(facts(PLAIN)["curve"])[:, 0]
        self.held_out = {name: facts(name)["evaluation"]["bits_per_byte"] for name in self.NAMES}
        self._draw()

    def update(self, step: int = 200) -> str:
        at = step // 25 - 1
        self.plain, self.dilated = (float(self.bits[name][at]) for name in self.NAMES)
        self.behind = self.dilated - self.plain
        for marker, name in zip(self.markers, self.NAMES, strict=True):
            marker.set_data([step], [self.bits[name][at]])
        self.gap.set_data([step], [self.behind])
        first, second = self.held_out.values()
        self.title(self.ax, f"Step {step}: {self.plain:.3f} and {self.dilated:.3f} bits a byte")
        shown = abs(round(self.dilated, 3) - round(self.plain, 3))  # what the numbers of the other title give
        apart = written(shown, ".3f") if shown > 0.0005 else written(abs(self.behind), ".1g")
        self.title(self.below, f"Dilated: {apart} bits {'behind' if self.behind >= 0 else 'ahead'}")
        return (
            f"In steps {step - 24} to {step}, a training byte costs {self.plain:.3f} bits with dilation 1 and "
            f"{self.dilated:.3f} with dilations 1, 2, 4, 8. At the end, a held-out byte costs "
            f"{first:.2f} and {second:.2f}."
        )

    def _draw(self) -> None:
        self.ax, self.below = self.figure.subplots(1, 2, width_ratios=(1.25, 1))
        ax = self.ax
        ax.set(xscale="log", yscale="log", xlim=(22, 5600), ylim=(0.6, 8), xlabel="training step", ylabel="bits a byte")
        ax.set_yticks([0.75, 1.5, 3, 6], ["0.75", "1.5", "3", "6"])
        ax.set_xticks([50, 500, 5000], ["50", "500", "5000"])
        ax.minorticks_off()
        colours, lines = (style.BLUE, style.VERMILLION), ("-", "--")
        self.markers = []
        # Two marks may lie on each other: one inside of the other.
        marks = {"ms": 9}, {"ms": 15, "mfc": "none", "mew": 2.5}
        for name, colour, line, mark in zip(self.NAMES, colours, lines, marks, strict=True):
            ax.plot(self.steps, self.bits[name], line, color=colour, lw=3)
            self.markers += ax.plot([], [], "o", color=colour, clip_on=False, **mark)
        first, second = self.held_out.values()  # they lie on each other: a small mark inside of an open one
        ax.plot([5000], [first], "o", color=style.BLUE, ms=8, clip_on=False)
        ax.plot([5000], [second], "D", color=style.VERMILLION, ms=15, mfc="none", mew=2.5, clip_on=False)
        style.label_line(ax, f"held out {first:.2f}", 4300, 2.2, style.BLUE, ha="right")
        style.label_line(ax, f"held out {second:.2f}", 4300, 1.8, style.VERMILLION, ha="right")
        style.label_line(ax, "─ dilation 1", 250, 6.6, style.BLUE)
        style.label_line(ax, "╌ dilations 1, 2, 4, 8", 250, 5.3, style.VERMILLION)
        gap = self.bits[DILATED] - self.bits[PLAIN]  # (stretches,)
        below = self.below
        below.set(
            xlim=(0, 5050),
            ylim=(-0.15, 0.3),
            xlabel="training step",
            ylabel="dilated − plain (bits)",
            xticks=[0, 2500, 5000],
        )
        below.axhline(0, color=style.GREY, lw=2, ls="-", zorder=0)
        below.plot(self.steps, gap, "-", color=style.BLACK, lw=2.5)
        (self.gap,) = below.plot([], [], "o", color=style.VERMILLION, ms=12, clip_on=False)
        self.move(*self.markers, self.gap)


class Temperature(LiveFigure):
    """The ten likeliest next bytes at a temperature, and what the model writes when it draws so.

    Args:
        draw: (logits, temperature, u) to a byte, the function of exercise 4.
    """

    WRITTEN, MOST = 96, 10
    LINES, WIDTH = 8, 76  # of the page

    controls = {  # noqa: RUF012
        "temperature": slider(0.0, 2.0, 0.5, 0.25, label="temperature"),
        "prompt": choice(list(PROMPTS), "a method", label="prompt"),
    }

    def __init__(self, draw: Callable = draw_byte):
        super().__init__(height=5.2)
        self.draw = draw
        self.draws = torch.rand(self.WRITTEN, generator=torch.Generator().manual_seed(3)).tolist()
        self.seen: dict[tuple[float, str], tuple[str, int]] = {}
        self.ax, self.page = self.figure.subplots(2, 1, height_ratios=(1, 1.1))
        self._draw()

    def update(self, temperature: float = 0.5, prompt: str = "a method") -> str:
        prompt = PROMPTS[prompt]
        if (temperature, prompt) not in self.seen:
            self.wrong = 0
            text = write(prompt, temperature, self.draws, self._drawn)
            self.seen[temperature, prompt] = text, self.wrong
        self.text, self.wrong = self.seen[temperature, prompt]
        with torch.no_grad():
            logits = stored(PLAIN)(encoded(prompt)[None])[0, -1]  # (256,)
        p = (logits / max(temperature, 1e-3)).softmax(-1)  # (256,)
        self.choices = 2 ** float(-(p * p.clamp(min=1e-30).log2()).sum())
        order = logits.argsort(descending=True, stable=True)[: self.MOST]
        for bar, name, byte in zip(self.bars, self.names, order.tolist(), strict=True):
            bar.set_height(float(p[byte]))
            name.set_text(named(byte))
        self._show_page(prompt)
        settled = "settled" if temperature == 0 else "as good as settled" if self.choices < 1.05 else ""
        among = f"{self.choices:.1f} equally likely bytes"
        self.title(self.ax, f"Temperature {temperature:g}: {f'the byte is {settled}' if settled else f'like {among}'}")
        left = f"; {several(self.left_out, 'line')} left out" if self.left_out else ""
        following, wrong = f"the next {self.WRITTEN} bytes", ""
        if self.wrong:
            following, wrong = f"{self.WRITTEN} bytes", f", {self.wrong} wrong"
        self.title(self.page, f"The prompt, grey, and {following}, blue{wrong}{left}:")
        due = "the likeliest" if temperature == 0 else "the byte in whose piece u falls"
        told = f" Of the {self.WRITTEN} bytes drawn, {self.wrong} {are(self.wrong)} not {due}." if self.wrong else ""
        how = settled or f"as uncertain as a choice among {among}"
        return (
            f"At temperature {temperature:g}, the byte after {quoted(prompt.encode())} is {how}.{told}"
            f"{self.whose_is(draw=self.draw)}"
        )

    def _drawn(self, logits: Tensor, temperature: float, u: float) -> int:
        """What the function draws; it is counted as wrong where u lies outside of its piece, rounding aside."""
        result = of_copies(self.draw, logits, temperature, u)
        value = returned_number("draw_byte", result)
        if value not in range(256):
            raise ValueError(f"draw_byte returned {written(value)}, expected a byte: a whole number from 0 to 255")
        byte = int(value)
        if temperature == 0:
            self.wrong += bool(logits[byte] < logits.max())
        else:
            ends = F.pad((logits.double() / temperature).softmax(-1).cumsum(-1), (1, 0))  # (257,) of the pieces
            self.wrong += not ends[byte] - 1e-5 <= u <= ends[byte + 1] + 1e-5
        return byte

    def _draw(self) -> None:
        ax = self.ax
        ax.set(xlim=(-0.6, self.MOST - 0.4), ylim=(0, 1.05), ylabel="probability", yticks=[0, 0.5, 1])
        ax.tick_params(axis="x", bottom=False, labelbottom=False)
        self.bars = ax.bar(range(self.MOST), 0, width=0.7, color=style.BLUE)
        self.names = [
            ax.text(i, -0.06, "", ha="center", va="top", fontsize=14, family="DejaVu Sans Mono")
            for i in range(self.MOST)
        ]
        self.page.axis("off")
        self.page.set(xlim=(0, 1), ylim=(0, 1))
        mono = {"va": "baseline", "fontsize": 14, "family": "DejaVu Sans Mono"}
        heights = [0.9 - 0.125 * i for i in range(self.LINES)]
        self.given = [self.page.text(0.0, y, "", color=style.GREY, **mono) for y in heights]
        self.words = [self.page.text(0.0, y, "", color=style.BLUE, **mono) for y in heights]
        self.move(*self.bars, *self.names, *self.given, *self.words)

    def _show_page(self, prompt: str) -> None:
        """Prompt and continuation, in two colours: each is set with blanks in the place of the other."""
        clean = "".join(sign if sign in "\n " else shown(ord(sign)) for sign in prompt + self.text)
        blank = re.sub(r"[^\n]", " ", clean)
        for words, text in (
            (self.given, clean[: len(prompt)] + blank[len(prompt) :]),
            (self.words, blank[: len(prompt)] + clean[len(prompt) :]),
        ):
            width = self.WIDTH
            lines = [line[i : i + width] for line in text.split("\n") for i in range(0, max(1, len(line)), width)]
            self.left_out = max(0, len(lines) - self.LINES)
            for place, line in zip(words, lines + [""] * len(words), strict=False):
                place.set_text(line.rstrip().replace("$", r"\$"))


@torch.no_grad()
def write(prompt: str, temperature: float, draws: list[float], draw: Callable = draw_byte) -> str:
    """Continue a prompt by one byte for each draw, with the model's state instead of the text so far."""
    stream = InferenceParams(max_seqlen=len(prompt) + len(draws), max_batch_size=1)
    ids, written = encoded(prompt)[None], []  # (1, L)
    for u in draws:
        logits = stored(PLAIN)(ids, stream)[0, -1]  # (256,)
        stream.seqlen_offset += ids.shape[1]
        written.append(int(draw(logits, temperature, u)))  # a whole number of any type
        ids = torch.tensor([[written[-1]]])
    return bytes(written).decode("latin-1")


class StepSizes(_Text):
    """Δ of every byte in every layer, as a multiple of the layer's mean, below what the bytes cost.

    Args:
        text: a text of your own, at most 56 bytes of it are read; None gives a choice of texts.
    """

    def __init__(self, text: str | None = None):
        super().__init__(height=5.4)
        self.take(text)
        self.first = next(iter(self.texts))
        self.controls = {"layer": slider(1, 6, 5, label="layer")}
        if text is None:
            self.controls = {"text": choice(list(SNIPPETS), self.first, label="text")} | self.controls
        self.top, self.ax = self.figure.subplots(2, 1, height_ratios=(1, 1.25))
        self.draw_bits(self.top)
        self._draw_map()

    def update(self, text: str | None = None, layer: int = 5) -> str:
        text = text or self.first
        if text != getattr(self, "name", None):
            self.name = text
            self.read(self.texts[text])
            self.show_bits()
            self.steps = step_sizes(stored(PLAIN), self.ids[None])[:, 0]  # (layers, L, D)
            delta = self.steps.mean(-1)  # (layers, L), the mean over the channels
            self.delta = delta.numpy()
            self.ratio = (delta / delta.mean(1, keepdim=True)).numpy()  # (layers, L)
            self.image.set_data(self.ratio)
        self.frame.set_y(layer - 1.5)
        self.widest = int(self.ratio[layer - 1].argmax())
        self.times = float(self.ratio[layer - 1].max())
        self.arrow.set_data([self.widest], [layer - 1])
        sign = f"“{named(int(self.ids[self.widest]))}”"
        self.title(self.top, f"{self.cut or 'The text costs'} {self.bits.mean():.2f} bits a byte")
        self.title(self.ax, f"Layer {layer} opens widest at byte {self.widest}, {sign}: {self.times:.1f} × its mean")
        before = bytes(self.ids[: self.widest + 1].tolist())
        return (
            f"In layer {layer}, the byte with the largest Δ is {sign}, the last one of {quoted(before)}: "
            f"its Δ is {self.times:.1f} times the layer's mean of {self.delta[layer - 1].mean():.3f}."
        )

    @torch.no_grad()
    def kept(self, layer: int) -> np.ndarray:
        """The share of itself that a state keeps at each byte, the mean over all states of the layer: (L,)."""
        A = -stored(PLAIN).layers[layer - 1].mixer.A_log.exp()  # (D, N)
        return (self.steps[layer - 1][..., None] * A).exp().mean((1, 2)).numpy()

    def _draw_map(self) -> None:
        ax = self.ax
        self.image = ax.imshow(np.ones((6, self.n)), vmin=0.5, vmax=2.5, aspect="auto")
        ax.set(xlim=(-0.8, self.n - 0.2), yticks=range(6), ylabel="layer", xlabel="byte number")
        ax.set_yticklabels(range(1, 7))
        ax.locator_params(axis="x", integer=True)  # of three bytes, too
        bar = self.figure.colorbar(
            self.image, ax=[self.top, ax], aspect=25, pad=0.01, ticks=[0.5, 1, 1.5, 2, 2.5], extend="both"
        )
        bar.set_label("Δ / mean of the layer")
        self.frame = ax.add_patch(Rectangle((-0.5, 0), self.n, 1, facecolor="none", edgecolor=style.VERMILLION, lw=4))
        (self.arrow,) = ax.plot([], [], "v", color=style.VERMILLION, mec="white", ms=13, ls="none")
        self.move(self.image, self.frame, self.arrow)


FILLERS = {
    "names": ("width", "name", "value", "index", "key", "path", "left", "total", "first", "size", "line", "word"),
    "small numbers": tuple(str(n) for n in range(12)),
    "large numbers": tuple(str(n) for n in range(100, 1000)),
    "texts": ("'a'", "'name'", "'key'", "'left'", "'utf-8'", "'x'", "'size'", "'path'", "'end'", "'id'", "'b'", "'w'"),
}
OPENINGS = {"(": "result = call(", "[": "result = [", "{": "result = {"}
CLOSINGS = ")]}"
DISTANCES = (8, 16, 32, 64, 128, 256)


@cache
@torch.no_grad()
def brackets(filler: str, name: str = PLAIN, rows: int = 8) -> dict[str, list[float]]:
    """How often the right one of ) ] } is the likeliest, by bytes since its opening, for each opening.

    The model is asked after every item of a list that goes on; each distance stands for those up to it.
    """
    draws, shares = random.Random(0), {}
    for opening, head in OPENINGS.items():
        texts = []
        for _ in range(rows):
            text = head
            while len(text) < len(head) + DISTANCES[-1]:
                text += draws.choice(FILLERS[filler]) + ", "
            texts.append(text[: len(head) + DISTANCES[-1]])
        ids = torch.stack([encoded(text) for text in texts])  # (rows, L)
        logits = stored(name)(ids)[..., [ord(sign) for sign in CLOSINGS]]  # (rows, L, 3)
        right = logits.argmax(-1) == list(OPENINGS).index(opening)  # (rows, L)
        asked = (ids == ord(",")).roll(-1, 1)  # (rows, L): the last byte of an item
        asked[:, -1] = False
        distance = torch.arange(ids.shape[1]) - len(head) + 1  # (L,)
        shares[opening] = []
        for low, high in zip((0, *DISTANCES), DISTANCES, strict=False):
            here = asked & (distance > low) & (distance <= high)  # (rows, L)
            shares[opening].append(float(right[here].float().mean()))
    return shares


class Brackets(LiveFigure):
    """How often the right closing bracket is the likeliest of the three, by the distance to its opening."""

    controls = {  # noqa: RUF012
        "distance": slider(8, 256, 32, math.log10(2), label="distance to the opening", unit="bytes", log=True),
        "filler": choice(list(FILLERS), "names", label="what stands between"),
        "model": choice({"dilation 1": PLAIN, "dilations 1, 2, 4, 8": DILATED}, PLAIN, label="model"),
    }

    def __init__(self):
        super().__init__(height=4.9)
        ax = self.ax = self.figure.subplots()
        ax.set(xscale="log", xlim=(7, 420), ylim=(-0.06, 1.12), xlabel="bytes since the opening bracket")
        ax.set(ylabel="share closed rightly", yticks=[0, 0.5, 1])
        ax.set_xticks(DISTANCES, [str(n) for n in DISTANCES])
        ax.minorticks_off()
        looks = {"(": ("o-", style.BLUE), "[": ("s--", style.VERMILLION), "{": ("^:", style.GREEN)}
        self.lines, self.labels = {}, {}
        for opening, (line, colour) in looks.items():
            (self.lines[opening],) = ax.plot([], [], line, color=colour, lw=4, ms=11, clip_on=False)
            self.labels[opening] = style.label_line(ax, "", 285, 0, colour)
        (self.cursor,) = ax.plot([], [], "-", color=style.GREY, lw=2.5, zorder=1)
        self.move(self.cursor, *self.lines.values(), *self.labels.values())

    def update(self, distance: float = 32, filler: str = "names", model: str = PLAIN) -> str:
        self.shares = brackets(filler, model)
        at = DISTANCES.index(min(DISTANCES, key=lambda n: abs(n - distance)))
        self.at = {opening: values[at] for opening, values in self.shares.items()}
        last = sorted(self.shares, key=lambda opening: self.shares[opening][-1])
        height = -1.0
        for opening in last:  # from below, none closer to the next than a line of text
            height = max(self.shares[opening][-1], height + 0.1)
            self.lines[opening].set_data(DISTANCES, self.shares[opening])
            self.labels[opening].set(y=height, text=f"{opening} {CLOSINGS[list(OPENINGS).index(opening)]}")
        self.cursor.set_data([DISTANCES[at]] * 2, [-0.06, 1.05])
        said = ", ".join(f"{opening} {percent(share)}" for opening, share in self.at.items())
        span = f"{(0, *DISTANCES)[at] + 1} to {DISTANCES[at]} bytes"
        self.title(self.ax, f"Closed rightly, {span} later: {said}")
        return (
            f"With {filler} between, {span} after the opening, the right closing bracket is the "
            f"likeliest of the three in this share of cases: {said}. "
            f"The model has {'dilation 1' if model == PLAIN else 'dilations 1, 2, 4, 8'}."
        )


class Speed(LiveFigure):
    """Bytes a second and size of the state after more and more text, measured when the cell is run."""

    measured = True
    POSITIONS = (16, 128, 1024, 8192)

    @torch.no_grad()
    def __init__(self, repeats: int = 60):
        super().__init__(height=4.4)
        text = (encoded(CODE).repeat(4)[: self.POSITIONS[-1]])[None]  # (1, L)
        stream = InferenceParams(max_seqlen=10 * self.POSITIONS[-1], max_batch_size=1)
        self.streams, at = [], 0
        for position in self.POSITIONS:
            for part in text[:, at:position].split(512, dim=1):
                stored(PLAIN)(part, stream)
                stream.seqlen_offset += part.shape[1]
            at = position
            self.streams.append(copy.deepcopy(stream))
        self.sizes = [state_bytes(stream) for stream in self.streams]
        # in turns, the quickest step of each: what else the machine does meets all positions alike
        rounds = [[self._seconds(stream) for stream in self.streams] for _ in range(repeats)]
        self.rates = [1 / min(seconds) for seconds in zip(*rounds, strict=True)]
        self._draw()

    def _seconds(self, stream: InferenceParams) -> float:
        """What one step takes, at the place where the stream stands."""
        start = time.perf_counter()
        stored(PLAIN)(torch.tensor([[32]]), stream)
        stream.seqlen_offset += 1
        return time.perf_counter() - start

    def _draw(self) -> None:
        ax = self.ax = self.figure.subplots()
        ax.set(xscale="log", xlim=(8, 18000), ylim=(0, 1.6 * max(self.rates)))
        ax.set(xlabel="bytes read so far", ylabel="bytes a second")
        ax.set_xticks(self.POSITIONS, [f"{n}" for n in self.POSITIONS])
        ax.minorticks_off()
        ax.plot(self.POSITIONS, self.rates, "o-", color=style.BLUE, lw=4, ms=12)
        above = {"textcoords": "offset points", "ha": "center", "bbox": style.PAPER}
        for position, rate, size in zip(self.POSITIONS, self.rates, self.sizes, strict=True):
            ax.annotate(f"state {size / 1024:.0f} KiB", (position, rate), (0, 14), color=style.BLUE, **above)
            ax.annotate(f"{rate:.0f} a second", (position, rate), (0, 34), **above)
        slower = self.rates[0] / self.rates[-1]
        ax.set_title(f"After 8192 bytes a step takes {slower:.1f} times as long as after 16")

    def update(self) -> str:
        most, last = ", ".join(map(str, self.POSITIONS[:-1])), self.POSITIONS[-1]
        return (
            f"Measured on the machine that ran this cell: bytes a second after {most} and {last} bytes. "
            f"The state takes {self.sizes[0] / 1024:.0f} KiB each time. The speeds stand in the picture."
        )


def state_bytes(stream: InferenceParams) -> int:
    """How much memory the states of all layers take."""
    states = (state for pair in stream.key_value_memory_dict.values() for state in pair)
    return sum(state.numel() * state.element_size() for state in states)
