"""The figures of notebook 01: what one output reads, smoothing, impulse responses, padding, cost, gradients."""

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.autograd.functional import jacobian

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider, toggle
from ...drawing.numbers import are, several, written
from ...drawing.returned import of_copies, returned
from ...tasks import MEMBRANE_STEP, membrane_voltage
from .exercises import causal_conv, causal_conv_loop

ONSET = 1001  # the first sample of the recording that rises
OFFSET = 11000  # the first one that falls, when the current is switched off
MS = 1000 * MEMBRANE_STEP  # milliseconds between two samples


class Hero(LiveFigure):
    """One output of a causal convolution, and the four samples of the recording that it is made of."""

    LAST, TAPS = 1010, 4  # the present sample, and how many it reads

    def __init__(self):
        super().__init__()
        self.t = np.arange(-10, 7)  # samples from now
        self.x = membrane_voltage()[self.LAST + self.t].numpy()
        self.weight = np.array([0.1, 0.2, 0.3, 0.4])  # oldest first
        self.read = self.t[(self.t <= 0) & (self.t > -self.TAPS)]
        self.y = float(self.weight @ self.x[(self.t <= 0) & (self.t > -self.TAPS)])
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-10.6, 6.6), ylim=(-83, -48), xlabel="samples from now")
        self.ax.set_ylabel("voltage (mV)", y=0.7)
        self.ax.spines["left"].set_bounds(-69, -48)  # the output stands below it: its height is no voltage
        self.ax.set_yticks([-65, -55])
        self.ax.set_xticks([-10, -5, -3, -2, -1, 0, 5], ["−10", "−5", "−3", "−2", "−1", "now", "5"])
        self._draw_future()
        self._draw_samples()
        self._draw_taps()
        self.title(self.ax, "An output is made of now and the past, never of the future")

    def update(self) -> str:
        return (
            "A real recording. One output is made of four samples: the present one and the three before it, each times "
            "its own weight. The samples after it are crossed out: they do not exist yet."
        )

    def _draw_future(self):
        self.ax.axvspan(0.5, 7, facecolor="#EEEEEE", edgecolor=style.RULE, hatch="//", lw=1.5)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 4}
        self.ax.text(3.55, -75, "the future:\nnot there yet", ha="center", va="center", color=style.GREY, bbox=box)

    def _draw_samples(self):
        past, future = self.t < -self.TAPS + 1, self.t > 0
        read = ~past & ~future
        self.ax.plot(self.t[past], self.x[past], "o", color=style.GREY, ms=9)
        self.ax.plot(self.t[future], self.x[future], "x", color=style.GREY, ms=9, mew=2)
        self.ax.plot(self.t[read], self.x[read], "o", color=style.BLUE, ms=14)

    def _draw_taps(self):
        for tap, t in zip(self.weight, self.read, strict=True):
            x = self.x[self.t == t][0]
            self.ax.plot([t, 0], [x - 0.9, -74.5], "-", color=style.BLUE, lw=1.5 + 10 * tap, solid_capstyle="butt")
        self.ax.plot([0], [-76], "s", color=style.VERMILLION, ms=18)
        style.label_line(self.ax, "output at this moment", -0.55, -77.5, style.VERMILLION, ha="right")
        style.label_line(
            self.ax, "the last four samples,\neach with its own weight", -2.6, -69.5, style.BLUE, ha="right"
        )


class Recording(LiveFigure):
    """The whole recording: rest, then a current is switched on and the cell fires again and again."""

    def __init__(self):
        super().__init__(height=3.6)
        self.x = membrane_voltage().numpy()
        self.seconds = np.arange(len(self.x)) * MEMBRANE_STEP
        self.spikes = int(((self.x[1:] > -15) & (self.x[:-1] <= -15)).sum())
        self.ax = self.figure.subplots()
        self.ax.plot(self.seconds, self.x, "-", color=style.BLUE, lw=1.2)
        self.ax.set(xlim=(0, 6), ylim=(-75, 22), xlabel="time (s)", ylabel="voltage (mV)", yticks=[-60, -30, 0])
        for sample, name in ((ONSET, "current on"), (OFFSET, "off")):
            self.ax.axvline(sample * MEMBRANE_STEP, ymax=0.8, color=style.VERMILLION, ls="--")
            style.label_line(self.ax, name, sample * MEMBRANE_STEP, 8, style.VERMILLION, ha="center")
        style.label_line(self.ax, "rest", 0.04, -58, style.BLUE)
        self.title(self.ax, f"The cell rests, then fires {self.spikes} times in five seconds")

    def update(self) -> str:
        return (
            f"The voltage rests near −67 mV for {ONSET * MEMBRANE_STEP:.1f} s. Then a current is switched on for "
            f"{(OFFSET - ONSET) * MEMBRANE_STEP:.0f} s, and the voltage jumps {self.spikes} times, up to about 0 mV."
        )


class Smoothing(LiveFigure):
    """The recording at the onset, smoothed with a centred window and with one that sees the past only."""

    controls = {  # noqa: RUF012
        "width": slider(1, 41, 25, 2, label="window width W", unit="samples"),
        "shape": choice({"flat": "flat", "fading": "fading"}, "flat", label="shape of the window"),
    }
    BEFORE, AFTER = 48, 45  # samples shown before and after the onset
    LEVEL = -61  # mV, where the two curves are compared

    def __init__(self):
        super().__init__()
        self.recording = membrane_voltage()  # (L,)
        self.resting = torch.where(torch.arange(len(self.recording)) < ONSET, self.recording, -67)  # no onset
        samples = np.arange(ONSET - self.BEFORE, ONSET + self.AFTER)
        self.shown = slice(samples[0], samples[-1] + 1)
        self.ms = (samples - ONSET) * MS
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(self.ms[0], self.ms[-1]), ylim=(-68.5, -59), yticks=[-67, -64, -61])
        self.ax.set(xlabel="time after the onset (ms)", ylabel="voltage (mV)")
        self.ax.axvspan(self.ms[0], 0, color="#EBEBEB", lw=0)
        self.ax.text(self.ms[0] + 0.5, -59.6, "nothing has happened yet", color=style.GREY, va="center")
        raw = self.recording[self.shown]
        (self.dots,) = self.ax.plot(self.ms, raw, "o", color=style.GREY, ms=4, zorder=3)  # seen above the curves
        (self.past_line,) = self.ax.plot(self.ms, raw, "-", color=style.BLUE, lw=4)
        (self.centred_line,) = self.ax.plot(self.ms, raw, "--", color=style.VERMILLION, lw=4)
        self.ax.text(self.ms[0] + 0.5, -68.0, "• recording", color=style.GREY, va="center")
        (self.first,) = self.ax.plot([0], [0], "o", color=style.VERMILLION, ms=13, zorder=4)
        self.first_name = style.label_line(self.ax, "the first to know", 0, -65.4, style.VERMILLION, ha="right")
        self.past_name = style.label_line(self.ax, "past only", 0, -61.2, style.BLUE)
        self.centred_name = style.label_line(self.ax, "centred", 0, -61.2, style.VERMILLION, ha="right")
        self.move(self.past_line, self.centred_line, self.dots, self.first)
        self.move(self.past_name, self.centred_name, self.first_name)

    def update(self, width: int = 25, shape: str = "flat") -> str:
        centred, past = window(width, shape, centred=True), window(width, shape, centred=False)  # (W,), (W,)
        self.centred = smooth(self.recording, centred, ahead=width // 2)  # (L,)
        self.past = smooth(self.recording, past, ahead=0)  # (L,)
        knows = self.centred != smooth(self.resting, centred, ahead=width // 2)  # (L,): another future, another output
        self.first_to_know = int(knows.nonzero()[0])
        self.lead = (ONSET - self.first_to_know) * MS
        self.delay = (self._reaches(self.past, self.LEVEL) - self._reaches(self.recording, self.LEVEL)) * MS
        self._place()
        self.title(self.ax, self._finding())
        if width == 1:
            return f"{self._finding()}: no curve is early or late, and the noise stays as it was."
        late = f"The past-only curve reaches −{-self.LEVEL} mV {self.delay:.1f} ms later than the recording."
        return f"{self._finding()}. {late} {self._noise()}"

    def _place(self):
        self.centred_line.set_ydata(self.centred[self.shown])
        self.past_line.set_ydata(self.past[self.shown])
        self.centred_name.set_x((self._reaches(self.centred, self.LEVEL) - ONSET) * MS - 1.2)
        self.past_name.set_x((self._reaches(self.past, self.LEVEL) - ONSET) * MS + 1.2)
        self.first.set(data=([-self.lead], [self.centred[self.first_to_know]]), visible=self.lead > 0)
        self.first_name.set(x=-self.lead - 0.3, text="the first to know" if self.lead else "")

    def _finding(self) -> str:
        if self.lead > 0:
            return f"The centred window knows of the rise {self.lead:.1f} ms before it happens"
        return "A window of one sample changes nothing"

    def _noise(self) -> str:
        quiet = slice(100, ONSET - 40)
        before, after = self.recording[quiet].std(), self.past[quiet].std()
        return f"At rest its noise is {after:.2f} mV instead of {before:.2f}."

    @staticmethod
    def _reaches(values: Tensor, level: float) -> int:
        return int((values > level).nonzero()[0])


def window(width: int, shape: str, centred: bool) -> Tensor:
    """Weights of a window, the oldest first, that add up to one: (W,). A fading one is largest at now."""
    weights = torch.ones(width)  # (W,)
    if shape == "fading":
        distance = (torch.arange(width) - width // 2).abs() if centred else torch.arange(width).flip(0)
        weights = distance.max() + 1.0 - distance  # (W,)
    return weights / weights.sum()


def smooth(x: Tensor, weights: Tensor, ahead: int) -> Tensor:
    """Weighted mean over a window that reaches `ahead` samples into the future; the ends are repeated. (L,)"""
    padded = torch.cat([x[:1].expand(len(weights) - 1 - ahead), x, x[-1:].expand(ahead)])  # (W − 1 + L,)
    return padded.unfold(0, len(weights), 1) @ weights  # (L,)


class ImpulseResponse(LiveFigure):
    """What a causal convolution answers to an impulse: the kernel, from the last tap to the first.

    Args:
        conv: a function of x (B, D, L), weight (D, W) and bias (D,).
    """

    LENGTH = 12
    KERNELS = {  # noqa: RUF012
        "1 2 3 4": (1.0, 2.0, 3.0, 4.0),
        "4 1 0 2": (4.0, 1.0, 0.0, 2.0),
        "only the last tap": (0.0, 0.0, 0.0, 2.0),
        "only the first tap": (2.0, 0.0, 0.0, 0.0),
    }
    controls = {  # noqa: RUF012
        "at": slider(0, LENGTH - 1, 3, label="time of the impulse"),
        "kernel": choice(KERNELS, KERNELS["1 2 3 4"], label="kernel"),
        "biased": toggle(False, label="bias of 1"),
    }

    def __init__(self, conv=causal_conv_loop):
        super().__init__()
        self.conv = conv
        self.left, self.right = self.figure.subplots(1, 2, width_ratios=[1, 2.4])
        self._build_kernel()
        self._build_response()

    def _build_kernel(self):
        self.left.set(xlim=(-0.6, 3.6), yticks=[], ylabel="tap")
        self.left.set_xticks(range(4), ["w[0]\nt − 3", "w[1]\nt − 2", "w[2]\nt − 1", "w[3]\nnow"])
        self.left.get_xticklabels()[-1].set(color=style.VERMILLION, fontweight="bold")
        self.left.set_title("Kernel")
        self.taps = self.left.bar(range(4), [0] * 4, width=0.62, edgecolor=style.BLACK, lw=0)
        for k, bar in enumerate(self.taps):
            bar.set(facecolor=style.VERMILLION if k == 3 else style.BLUE, hatch="//" if k == 3 else "")
        self.tap_names = [self.left.text(k, 0, "", ha="center", va="bottom", fontsize=15) for k in range(4)]
        self.move(*self.taps, *self.tap_names)

    def _build_response(self):
        self.right.set(xlim=(-0.7, self.LENGTH - 0.3), yticks=[], ylabel="output y[t]")
        self.right.set_xticks(range(self.LENGTH))
        self.right.set_xlabel("time t (samples)")
        self.bars = self.right.bar(range(self.LENGTH), [0] * self.LENGTH, width=0.62, edgecolor=style.BLACK, lw=0)
        self.names = [self.right.text(t, 0, "", ha="center", va="bottom", fontsize=15) for t in range(self.LENGTH)]
        (self.arrow,) = self.right.plot([0], [0], "v", color=style.BLACK, ms=14)
        self.word = self.right.text(0, 0, "impulse", ha="center", va="center", fontsize=14)
        self.grounds = [ax.axhline(0, color=style.BLACK, lw=1.5) for ax in (self.left, self.right)]
        self.move(*self.bars, *self.names, self.arrow, self.word, *self.grounds)

    @torch.no_grad()
    def update(self, at: int = 3, kernel: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0), biased: bool = False) -> str:
        x = torch.zeros(1, 1, self.LENGTH)  # (B, D, L)
        x[0, 0, at] = 1
        weight, bias = torch.tensor([kernel]), torch.tensor([float(biased)])  # (D, W), (D,)
        self.y = output_of(self.conv, x, weight, bias)[0, 0]  # (L,)
        silent = output_of(self.conv, 0 * x, weight, bias)[0, 0]  # (L,)
        self.reached = ((self.y - silent).abs() > 5e-5).nonzero().flatten().tolist()  # what four digits show
        right = causal_conv(x, weight, bias)[0, 0]  # (L,)
        self.wrong = (~self.y.isclose(right, atol=1e-4)).nonzero().flatten().tolist()
        self.near = "almost" if self._answer(self.y, at) == self._answer(right, at) else "not"
        self.bias_lost = biased and self.y.allclose(right - bias, atol=1e-4)
        self._draw(at, kernel)
        return self._finish(at, biased)

    def _draw(self, at: int, kernel: tuple[float, ...]):
        """Both sides on one scale, which leaves its usual range only for values that do not fit into it."""
        heights = self.y.tolist()
        low, high = min(0, *heights), max(5, *heights)
        one = (high - low) / 5
        for ax, ground in zip((self.left, self.right), self.grounds, strict=True):
            ax.set_ylim(low, high + 2.2 * one)
            ground.set_visible(low < 0)
        for bar, name, height in zip(self.taps, self.tap_names, kernel, strict=True):
            bar.set_height(height)
            name.set(text=f"{height:g}", y=height + 0.1 * one)
        values = [written(round(height, 4)) for height in heights]
        size = 15 if max(map(len, values)) < 4 else 9
        for t, (bar, name, height, value) in enumerate(zip(self.bars, self.names, heights, values, strict=True)):
            bar.set(height=height, facecolor=style.VERMILLION if t == at else style.BLUE, hatch="//" if t == at else "")
            shown = value != "0" or at <= t < at + 4
            name.set(text=value if shown else "", y=max(height, 0) + 0.1 * one, fontsize=size)
        self.arrow.set_data([at], [high + 1.3 * one])
        self.word.set(x=min(max(at, 0.2), self.LENGTH - 1.2), y=high + 1.9 * one)

    def _finish(self, at: int, biased: bool) -> str:
        self.title(self.right, self._finding(at, biased))
        by = f"{whose} function".replace("yours", "your") if (whose := self.owner(self.conv)) else "the function"
        order = "the last tap comes first"
        if self.bias_lost:
            order = self._finding(at, biased).replace("The", "the", 1)
        elif self._answer_is_wrong(at):
            order = f"{self.near} the kernel in reverse{' plus 1' if biased else ''}"
        elif self.wrong:
            order += f". Other outputs that are wrong: {', '.join(map(str, self.wrong))}"
        reached = ", ".join(map(str, self.reached)) or "none"
        bias = "The bias adds 1 to every output. " if biased and not self.wrong else ""
        return (
            f"The impulse stands at t = {at}. From there on {by} answers {self._answer(self.y, at)}: {order}. {bias}"
            f"Outputs that the impulse reaches: {reached}."
        )

    @staticmethod
    def _answer(y: Tensor, at: int) -> str:
        return ", ".join(written(round(value, 4)) for value in y[at : at + 4].tolist())

    def _answer_is_wrong(self, at: int) -> bool:
        return any(at <= t < at + 4 for t in self.wrong)

    def _finding(self, at: int, biased: bool) -> str:
        cut = ", cut off" if at + 4 > self.LENGTH else ""
        if self.bias_lost:
            return f"The kernel in reverse{cut}, without the bias"
        if self._answer_is_wrong(at):  # before its time, or in another order
            return f"{self.near.capitalize()} the kernel in reverse{' plus 1' if biased else ''} from t = {at} on"
        if self.wrong:
            count = len(self.wrong)
            return f"The right answer, but {several(count, 'other output')} {are(count)} wrong"
        finding = f"The kernel in reverse{cut} by the end" if cut else "The answer is the kernel in reverse"
        return finding + (", plus 1" if biased else "")


def output_of(conv, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """What a convolution returns; a ValueError in words if the shape is not that of x, or if not all are numbers."""
    y = of_copies(conv, x, weight, bias)
    return returned("the convolution", y, tuple(x.shape), finite=True)[0].float()


class Padding(LiveFigure):
    """Six samples, the zeros that are put in, if any, and the window of one output. All taps are 1."""

    X = (3, 1, 4, 1, 5, 9)
    SCHEMES = {  # noqa: RUF012
        "W − 1 left": "left",
        "both sides": "both",
        "W − 1 right": "right",
        "W left": "too many",
    }
    controls = {  # noqa: RUF012
        "scheme": choice(SCHEMES, "left", label="where the zeros stand"),
        "width": slider(1, 5, 4, label="kernel width W", unit="taps"),
        "t": slider(0, 5, 2, label="output t"),
    }
    TOP, BOTTOM, BOX = 2.0, 0.0, 0.86  # heights of the two rows, size of a box

    def __init__(self):
        super().__init__()
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-7.6, 10.6), ylim=(-0.95, 3.05), yticks=[])
        self.ax.set_xticks(range(6))
        self.ax.set_xlabel("time t (samples)")
        self.ax.spines["left"].set_visible(False)
        self.ax.text(-7.5, self.TOP, "input x", va="center", fontweight="bold")
        self.ax.text(-7.5, self.BOTTOM, "output y", va="center", fontweight="bold")
        self.zeros = [self._box(self.TOP, "white", style.GREY, ls=":") for _ in range(9)]
        for t, value in enumerate(self.X):
            self._box(self.TOP, "#D6E8F3", style.BLUE, at=t)
            self.ax.text(t, self.TOP, str(value), ha="center", va="center", fontsize=17)
        self.outputs = [self._box(self.BOTTOM, "white", style.BLACK) for _ in range(7)]
        self.zero_names = [self._name(self.TOP, style.GREY) for _ in range(9)]
        self.output_names = [self._name(self.BOTTOM, style.BLACK) for _ in range(7)]
        self.fan = [self.ax.plot([], [], "-", lw=2)[0] for _ in range(5)]
        self.frame = self.ax.add_patch(Rectangle((0, self.TOP - 0.56), 1, 1.12, fill=False, lw=4))
        self.extra = self.ax.text(6, self.BOTTOM - 0.7, "", ha="center", va="center", fontsize=14, color=style.GREY)
        self.words = self.ax.text(0, self.TOP + 0.82, "", ha="center", va="center", fontsize=14, fontweight="bold")
        self.move(
            *self.zeros,
            *self.outputs,
            *self.fan,
            self.frame,
            self.words,
            self.extra,
            *self.zero_names,
            *self.output_names,
        )

    def _box(self, row: float, face: str, edge: str, at: float = 0, ls: str = "-") -> Rectangle:
        corner = (at - self.BOX / 2, row - self.BOX / 2)
        box = Rectangle(corner, self.BOX, self.BOX, facecolor=face, edgecolor=edge, lw=2, ls=ls)
        return self.ax.add_patch(box)

    def _name(self, row: float, colour: str):
        return self.ax.text(0, row, "", ha="center", va="center", fontsize=17, color=colour)

    def update(self, scheme: str = "left", width: int = 4, t: int = 2) -> str:
        left, right = zeros_of(scheme, width)
        padded = F.pad(torch.tensor(self.X), (left, right))  # (left + L + right,)
        self.y = padded.unfold(0, width, 1).sum(dim=-1)  # (left + L + right − W + 1,)
        self.reads = list(range(t - left, t - left + width))  # places in time, zeros included
        self.future = [s for s in self.reads if s > t]
        self.sees_now = t in self.reads
        self.halved = scheme == "both"
        self._place_zeros([*range(-left, 0), *range(6, 6 + right)])
        self._place_outputs(t)
        self._place_window(t)
        self.title(self.ax, self._finding(t))
        return self._sentence(t, left, right)

    def _place_zeros(self, places: list[int]):
        for i, (box, name) in enumerate(zip(self.zeros, self.zero_names, strict=True)):
            box.set_visible(i < len(places))
            name.set_text("0" if i < len(places) else "")
            if i < len(places):
                box.set_x(places[i] - self.BOX / 2)
                name.set_x(places[i])

    def _place_outputs(self, t: int):
        for i, (box, name) in enumerate(zip(self.outputs, self.output_names, strict=True)):
            there = i < len(self.y)
            box.set(visible=there, x=i - self.BOX / 2, lw=4 if i == t else 1.5)
            box.set_edgecolor(self._colour() if i == t else style.GREY)
            name.set(text=str(int(self.y[i])) if there else "", x=i, color=style.BLACK if i == t else style.GREY)
        self.extra.set_text("one too many" if len(self.y) > 6 else "")

    def _place_window(self, t: int):
        first, colour = self.reads[0], self._colour()
        for i, line in enumerate(self.fan):
            shown = i < len(self.reads)
            ends = ([self.reads[i], t], [self.TOP - 0.56, self.BOTTOM + 0.45]) if shown else ([], [])
            line.set_data(*ends)
            line.set(color=colour, linestyle="--" if shown and self.reads[i] > t else "-")
        self.frame.set(x=first - 0.5, width=len(self.reads), edgecolor=colour)
        self.frame.set_linestyle("--" if self.future else "-" if self.sees_now else ":")
        self.words.set(text=f"window of y[{t}]", x=first - 0.5 + len(self.reads) / 2, color=colour)

    def _colour(self) -> str:
        return style.VERMILLION if self.future else style.BLUE if self.sees_now else style.PURPLE

    def _finding(self, t: int) -> str:
        if self.future and min(self.future) >= len(self.X):
            return f"y[{t}] reads {several(len(self.future), 'zero')} after the end, and no later sample"
        if self.future:
            return f"y[{t}] reads {several(len(self.future), 'place')} after t = {t}: not causal"
        if not self.sees_now:
            return f"The window of y[{t}] ends before now: it does not know x[{t}]"
        return f"The window of y[{t}] ends at x[{t}], which is now: causal"

    def _sentence(self, t: int, left: int, right: int) -> str:
        numbers = [self.X[s] if 0 <= s < 6 else 0 for s in self.reads]
        total = " + ".join(map(str, numbers)) + (f" = {sum(numbers)}" if len(numbers) > 1 else "")
        halves = ", as an odd number has no half" if self.halved and left != right else ""
        counts = f"Zeros: {left} on the left, {right} on the right{halves}. Outputs: {len(self.y)} from 6 samples."
        return f"{self._finding(t)}. {counts} y[{t}] = {total}."


def zeros_of(scheme: str, width: int) -> tuple[int, int]:
    """How many zeros a padding scheme puts on the left and on the right."""
    missing = width - 1
    half = missing // 2
    return {"left": (missing, 0), "both": (half, missing - half), "right": (0, missing), "too many": (width, 0)}[scheme]


class Cost(LiveFigure):
    """How many weights a full and a depthwise convolution have, over the number of channels."""

    controls = {  # noqa: RUF012
        "channels": choice({str(n): n for n in (16, 64, 256, 1024, 4096)}, 1024, label="channels D"),
        "width": slider(1, 16, 4, label="kernel width W", unit="taps"),
    }

    def __init__(self):
        super().__init__()
        self.D = np.array([8, 8192])
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(8, 8192), ylim=(5, 3e9), xlabel="channels D")
        self.ax.set_xticks([16, 64, 256, 1024, 4096], ["16", "64", "256", "1024", "4096"])
        self.ax.set_yticks([1e1, 1e3, 1e5, 1e7, 1e9], ["10", "1000", "100 000", "10 million", "1 billion"])
        self.ax.minorticks_off()
        self.ax.grid(True, axis="y")
        self.ax.set_ylabel("weights")
        (self.full_line,) = self.ax.plot(self.D, self.D, "--", color=style.VERMILLION, lw=4)
        (self.depthwise_line,) = self.ax.plot(self.D, self.D, "-", color=style.BLUE, lw=4)
        (self.gap,) = self.ax.plot([], [], "-", color=style.BLACK, lw=2)
        (self.ends,) = self.ax.plot([], [], "o", color=style.BLACK, ms=11)
        self.ratio_name = self.ax.text(1, 1, "", fontweight="bold", fontsize=16, va="center")
        self.full_name = style.label_line(self.ax, "full: D·D·W", 9.5, 1, style.VERMILLION, va="bottom")
        self.depthwise_name = style.label_line(self.ax, "depthwise: D·W", 8000, 1, style.BLUE, ha="right", va="top")
        self.move(self.full_line, self.depthwise_line, self.gap, self.ends)
        self.move(self.ratio_name, self.full_name, self.depthwise_name)

    def update(self, channels: int = 1024, width: int = 4) -> str:
        self.full, self.depthwise = channels * channels * width, channels * width
        self.ratio = self.full // self.depthwise
        self.full_line.set_ydata(self.D**2 * width)
        self.depthwise_line.set_ydata(self.D * width)
        self.gap.set_data([channels] * 2, [self.depthwise, self.full])
        self.ends.set_data([channels] * 2, [self.depthwise, self.full])
        right = channels > 100
        middle = (self.full * self.depthwise) ** 0.5
        self.ratio_name.set(text=f"× {self.ratio}", x=channels * (0.88 if right else 1.14), y=middle)
        self.ratio_name.set_horizontalalignment("right" if right else "left")
        self.full_name.set_y(1500 * width)
        self.depthwise_name.set_y(8192 * width / 12)
        self.title(self.ax, f"With {channels} channels, the full kernel is {self.ratio} times as large")
        return (
            f"With D = {channels} and W = {width}, a full convolution has {written(self.full, ',')} weights and a "
            f"depthwise one {written(self.depthwise, ',')}. The ratio is D = {self.ratio}."
        )


class GradientMap(LiveFigure):
    """Which inputs move which outputs: one square for each pair, found by gradients.

    Args:
        conv: a function of x (B, D, L), weight (D, W) and bias (D,).
    """

    LENGTH = 12
    LAYERS = {  # noqa: RUF012
        "causal_conv": "conv",
        "padding on both sides": "both",
        "padding on the right": "right",
        "subtract the mean": "mean",
    }
    controls = {  # noqa: RUF012
        "layer": choice(LAYERS, "conv", label="layer"),
        "width": slider(1, 8, 4, label="kernel width W", unit="taps"),
    }

    def __init__(self, conv=causal_conv):
        super().__init__(height=5.6)
        self.conv = conv
        self.ax = self.figure.subplots()
        size = self.LENGTH
        colours = ListedColormap(["#FFFFFF", style.BLUE, style.VERMILLION])
        self.image = self.ax.imshow(np.zeros((size, size)), cmap=colours, vmin=0, vmax=2, zorder=1)
        self.ax.set(xticks=range(size), yticks=range(size), xlabel="input s", ylabel="output t", aspect="equal")
        self.ax.set_xlim(-0.5, size - 0.5)
        (self.crosses,) = self.ax.plot([], [], "x", color="white", ms=11, mew=3, zorder=3)
        grid = [self.ax.axhline(i - 0.5, color=style.RULE, lw=1, zorder=2) for i in range(1, size)]
        grid += [self.ax.axvline(i - 0.5, color=style.RULE, lw=1, zorder=2) for i in range(1, size)]
        (stairs,) = self.ax.step(np.arange(size + 1) - 0.5, np.arange(size + 1) - 0.5, color=style.BLACK, lw=3.5)
        stairs.set(zorder=4, drawstyle="steps-post")
        self.future_name = self.ax.text(12.2, -0.5, "", va="top", color=style.VERMILLION, fontweight="bold")
        self.ax.text(
            -2.4, 9.8, "left of the stairs:\nnow and the past", color=style.BLUE, fontweight="bold", ha="right"
        )
        self.move(self.image, *grid, self.crosses, stairs, self.future_name)

    def update(self, layer: str = "conv", width: int = 4) -> str:
        x = torch.linspace(-1, 1, self.LENGTH).view(1, 1, -1)  # (B, D, L)
        gradients = jacobian(lambda x: self._layer(layer, width, x), x)  # (B, D, L, B, D, L)
        if not gradients.isfinite().all():
            raise ValueError("the gradients are not all numbers, so they tell nothing")
        self.reads = (gradients[0, 0, :, 0, 0, :] != 0).numpy()  # (L, L): output t, input s
        self.ahead = np.triu(self.reads, 1)  # (L, L)
        self.cheaters = int(self.ahead.any(axis=1).sum())
        self.image.set_data(self.reads.astype(int) + self.ahead)
        outputs, inputs = np.nonzero(self.ahead)
        self.crosses.set_data(inputs, outputs)
        self.future_name.set_text("right of the stairs:\nthe future" + ("\n(× where read)" if self.cheaters else ""))
        self.title(self.ax, self._finding())
        name = next(name for name, value in self.LAYERS.items() if value == layer)
        owner = self.owner(self.conv)
        about = f" ({owner})" if layer == "conv" and owner else ", which has no kernel" if layer == "mean" else ""
        return f"Layer: {name}{about}. {self._finding()}. Filled squares: {int(self.reads.sum())} of {self.LENGTH**2}."

    def _layer(self, layer: str, width: int, x: Tensor) -> Tensor:
        if layer == "mean":
            return x - x.mean(dim=-1, keepdim=True)
        weight, bias = torch.linspace(0.5, 1, width).view(1, -1), torch.zeros(1)  # (D, W), (D,)
        if layer == "conv":
            return output_of(self.conv, x, weight, bias)
        return F.conv1d(F.pad(x, zeros_of(layer, width)), weight.unsqueeze(1), bias)  # (B, D, L)

    def _finding(self) -> str:
        if not self.reads.any():
            return "No gradient comes through, so nothing is known"
        if self.cheaters == 0:
            return "No output reads the future: causal"
        return f"{self.cheaters} of {self.LENGTH} outputs read the future: not causal"
