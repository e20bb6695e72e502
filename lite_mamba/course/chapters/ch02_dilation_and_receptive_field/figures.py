"""The figures of notebook 02: which lags are read, a pure delay, the comb filter, the gates, the reach of a block.

Those that draw what an exercise asks for take the learner's functions, and show what their code does.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import index

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.markers import TICKDOWN
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from torch import Tensor

from lite_mamba import Mamba, causal_dilated_conv1d_fn

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider, toggle
from ...drawing.numbers import are, opening, percent, several, written
from ...tasks import MEMBRANE_STEP, membrane_voltage
from . import exercises as spec

DILATIONS = {
    "1": (1,),
    "8": (8,),
    "1 2": (1, 2),
    "1 2 4": (1, 2, 4),
    "1 2 4 8": (1, 2, 4, 8),
    "1 3 9": (1, 3, 9),
}


class ReceptiveFieldMap(LiveFigure):
    """Which past samples the taps read: one row a branch or layer, and all together, predicted and measured.

    Args:
        conv: (x, weights, biases, gates, dilations) → y, the gated multi-dilated sum; its gradients are measured.
        field: (d_conv, dilations, stacked) → samples.
        lags: (d_conv, dilations, stacked) → the lags read, by formula.
        measure: (fn, length) → the lags read, by gradients.
        windows: how many lags the picture may have room for; the smallest that holds the field is shown.
    """

    controls = {  # noqa: RUF012
        "d_conv": slider(2, 5, 4, label="taps d_conv"),
        "dilations": choice(DILATIONS, (1, 2, 4, 8), label="dilations"),
        "stacked": choice({"side by side": False, "stacked": True}, False, label="arranged"),
    }

    BRANCHES = 4
    FORMULA, GRADIENT = 4.4, 5.4  # the rows of the sums

    def __init__(
        self,
        conv=spec.gated_dilated_conv,
        field=spec.receptive_field,
        lags=spec.lags_touched,
        measure=spec.measured_lags,
        windows: Sequence[int] = (25, 28, 37, 46, 61, 76),
    ):
        super().__init__()
        self.conv, self.field, self.lags, self.measure, self.windows = conv, field, lags, measure, windows
        self.figure.set_layout_engine("none")
        self.ax = self.figure.add_axes((0.195, 0.17, 0.78, 0.68))
        self.ax.set(ylim=(5.95, -1.25), xticks=[], yticks=[])
        self.ax.set_xlabel("lag: how many samples ago", labelpad=28)
        self.ax.spines["left"].set_visible(False)
        self.branch_cells = self._cells("s")
        self.formula_cells = self._cells("s")
        self.gradient_cells = self._cells("o")
        below = {"transform": self.ax.get_xaxis_transform(), "clip_on": False}
        self.ticks = [self.ax.text(0, -0.035, "", ha="center", va="top", fontsize=13, **below) for _ in range(10)]
        (self.marks,) = self.ax.plot([], [], color=style.BLACK, marker=TICKDOWN, ms=5, mew=1, ls="none", **below)
        self.names = [self._name(row) for row in [*range(self.BRANCHES), self.FORMULA, self.GRADIENT]]
        (self.span,) = self.ax.plot([], [], "|-", color=style.BLACK, lw=2.5, ms=14, mew=2.5)
        self.span_text = self.ax.text(-0.5, -0.85, "", ha="right", va="bottom", fontweight="bold")
        self.move(self.branch_cells, self.formula_cells, self.gradient_cells, *self.names, self.span, self.span_text)
        self.move(self.marks, *self.ticks)

    def update(self, d_conv: int = 4, dilations: Sequence[int] = (1, 2, 4, 8), stacked: bool = False) -> str:
        self.samples = index(self.field(d_conv, dilations, stacked))
        self.predicted = _each_once(self.lags(d_conv, dilations, stacked))
        self.rows = [
            _each_once(self.lags(d_conv, dilations[: i + 1] if stacked else dilations[i : i + 1], stacked))
            for i in range(len(dilations))
        ]
        room = self._room(self.predicted, *self.rows)
        late = sum(dilations) if stacked else max(dilations)  # kernels that are a dilation too late are seen, too
        with torch.random.fork_rng(devices=[]):  # the learner's ruler probes with random numbers
            torch.manual_seed(0)
            probed = min(room + max(late, 4), self.windows[-1])
            self.by_gradient = _each_once(self.measure(self.front_end(d_conv, dilations, stacked), probed))
        room = self._room(self.predicted, *self.rows, self.by_gradient)
        self._scale(min(window for window in self.windows if window >= room))
        self._draw(dilations, stacked, room)
        gaps = f"dilation{'s' * (len(dilations) > 1)} {', '.join(map(str, dilations))}"
        title, counted = self._finding()
        self.title(self.ax, title)
        agree = "agree" if self.predicted == self.by_gradient else "do not agree"
        field_is_wrong = self.predicted == self.by_gradient and max(self.predicted, default=-1) + 1 != self.samples
        both = "On the lags, formula" if field_is_wrong else "Formula"
        by = self.whose_are(
            {"gated sum": self.conv, "field": self.field, "lags": self.lags, "ruler": self.measure},
        )
        return (
            f"{'Stacked' if stacked else 'Side by side'}, {d_conv} taps, {gaps}: "
            f"the field spans {self.span_text.get_text()}. {counted} {both} and gradients {agree}.{by}"
        )

    def _room(self, *found: list[int]) -> int:
        """How many lags the picture must hold: the field, and every lag that was found."""
        room = max([self.samples, *(lag + 1 for lags in found for lag in lags)])
        if room > self.windows[-1]:
            raise ValueError(f"the picture has room for a field of {self.windows[-1]} samples, not of {room}")
        return room

    def _finding(self) -> tuple[str, str]:
        """What is read, as a title and as a sentence: counted, or where the functions contradict each other."""
        read, oldest = len(self.predicted), max(self.predicted, default=-1)
        for by, found in (("formula", self.predicted), ("gradient", self.by_gradient)):
            if found and found[0] < 0:
                ahead = f"{by} lag {written(found[0], 'd')} is read"
                return f"By {ahead}, after now", f"By {ahead}: it lies after now, where the picture has no cell."
        if self.predicted != self.by_gradient:
            measured = len(self.by_gradient)
            others = ", but not the same" if read == measured else ""
            return (
                f"Formula: {read} {are(read)} read. Gradient: {measured}{others}",
                f"By formula {several(read, 'sample')} {are(read)} read, by gradient {measured}{others}.",
            )
        field = f"The field has {self.span_text.get_text()}"
        if not read:
            return f"{field}, but no lag is read", "No sample is read."
        if oldest + 1 != self.samples:
            largest = f"The largest lag that is read is {oldest}: "
            if not oldest:
                return f"{field}, but only lag 0 is read", f"{largest}it is now, 1 sample."
            return (
                f"{field}, but lags 0 to {oldest} are {oldest + 1}",
                f"{largest}from it to now there are {oldest + 1} samples.",
            )
        holes = self.samples - read
        if not holes:
            return f"{read} of {self.samples} samples are read, none is skipped", "All of them are read."
        return (
            f"{read} of {self.samples} samples {are(read)} read, {holes} {are(holes)} skipped",
            f"{read} of them {are(read)} read, {holes} {are(holes)} never read.",
        )

    def front_end(self, d_conv: int, dilations: Sequence[int], stacked: bool) -> Callable[[Tensor], Tensor]:
        """The convolutions as a function (L,) → (L,), with random positive weights."""
        generator = torch.Generator().manual_seed(0)
        weights = [0.5 + torch.rand(1, d_conv, generator=generator) for _ in dilations]
        layers = [((w,), (d,)) for w, d in zip(weights, dilations, strict=True)] if stacked else [(weights, dilations)]

        def fn(x: Tensor) -> Tensor:
            y = x[None, None].float()  # (B, D, L); the ruler may try float64
            for kernels, gaps in layers:
                y = self.conv(y, kernels, [torch.zeros(1)] * len(gaps), torch.ones(len(gaps)), gaps)
            return y[0, 0]

        return fn

    def _scale(self, window: int) -> None:
        """Give the picture room for `window` lags: limits, ticks, and the cells."""
        self.window = window
        self.ax.set_xlim(window - 0.3, -0.7)
        step = 12 if window > 40 else 4
        lags = range(0, window, step)
        self.marks.set_data(lags, [0] * len(lags))
        for i, tick in enumerate(self.ticks):
            tick.set(x=i * step, text="" if i * step >= window else str(i * step) if i else "now")
        wide = min(0.76 * 72 * 7.8 / window, 19)  # points
        tall = Path.unit_rectangle().transformed(Affine2D().translate(-0.5, -0.5).scale(wide / 19, 1))
        for cells in (self.branch_cells, self.formula_cells):
            cells.set_paths([tall])
        self.gradient_cells.set_sizes([wide**2])
        self.branch_cells.set_offsets([(lag, row) for row in range(self.BRANCHES) for lag in range(window)])
        self.formula_cells.set_offsets([(lag, self.FORMULA) for lag in range(window)])
        self.gradient_cells.set_offsets([(lag, self.GRADIENT) for lag in range(window)])

    def _draw(self, dilations: Sequence[int], stacked: bool, room: int) -> None:
        shown = len(dilations)
        self.branch_cells.set_facecolors(np.concatenate([self._fill(row, style.BLUE) for row in self._all_rows()]))
        edges = [self._edge(i < shown, row, style.BLUE, "#949494") for i, row in enumerate(self._all_rows())]
        self.branch_cells.set_edgecolors(np.concatenate(edges))
        for cells, found in ((self.formula_cells, self.predicted), (self.gradient_cells, self.by_gradient)):
            cells.set_facecolors(self._fill(found, style.BLACK))
            cells.set_edgecolors(self._edge(True, found, style.BLACK, style.VERMILLION))
        words = [f"layers up to d = {d}" if stacked and i else f"dilation {d}" for i, d in enumerate(dilations)]
        words += [""] * (self.BRANCHES - shown)
        for name, text in zip(self.names, [*words, "all, by formula", "all, by gradient"], strict=True):
            name.set(text=text, x=room - 0.5 + 0.014 * self.window)
        self.span.set_data([self.samples - 0.5, -0.5], [-0.72, -0.72])
        self.span_text.set_text(several(written(self.samples, "d"), "sample"))

    def _all_rows(self) -> list[list[int]]:
        return self.rows + [[]] * (self.BRANCHES - len(self.rows))

    def _fill(self, lags: list[int], colour: str) -> np.ndarray:
        fill = np.zeros((self.window, 4))
        fill[[lag for lag in lags if 0 <= lag < self.window]] = _rgba(colour)
        return fill

    def _edge(self, shown: bool, lags: list[int], read: str, skipped: str) -> np.ndarray:
        edge = np.zeros((self.window, 4))
        if shown:
            edge[: self.samples] = _rgba(skipped)
            edge[[lag for lag in lags if 0 <= lag < self.window]] = _rgba(read)
        return edge

    def _cells(self, marker: str):
        return self.ax.scatter([], [], s=19**2, marker=marker, linewidths=1.8)

    def _name(self, row: float):
        weight = "bold" if row > self.BRANCHES else "normal"
        return self.ax.text(0, row, "", fontweight=weight, ha="right", va="center")


class Hero(ReceptiveFieldMap):
    """Three kernels of three taps, side by side: which of the past samples they read, and which they skip."""

    controls = ReceptiveFieldMap.controls | {
        "d_conv": slider(2, 5, 3, label="taps d_conv"),
        "dilations": choice(DILATIONS, (1, 3, 9), label="dilations"),
    }

    def __init__(self):
        super().__init__(windows=(19, 28, 37, 46, 61, 76))

    def update(self, d_conv: int = 3, dilations: Sequence[int] = (1, 3, 9), stacked: bool = False) -> str:
        return super().update(d_conv, dilations, stacked)


class TapsOnRecording(LiveFigure):
    """The taps of one kernel on the real recording: what one output is made of, and how far back it reaches."""

    controls = {  # noqa: RUF012
        "d_conv": slider(2, 6, 4, label="taps d_conv"),
        "dilation": slider(1, 50, 8, label="dilation"),
    }

    NOW = 3175  # a sample of the recording, at the top of a spike
    SHOWN = 260

    def __init__(self):
        super().__init__()
        self.past = membrane_voltage(self.NOW + 1)[self.NOW - self.SHOWN :].flip(0)  # (SHOWN + 1,), by lag
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(self.SHOWN, -16), ylim=(-51, 15), xlabel="lag: how many samples ago", ylabel="millivolts")
        self.ax.set_xticks(range(0, self.SHOWN, 50), ["now", *map(str, range(50, self.SHOWN, 50))])
        self.ax.set_yticks([-40, -20, 0])
        self.ax.plot(range(self.SHOWN + 1), self.past, color=style.GREY, lw=2, ls="-")
        self.stems = self.ax.vlines([], -51, [], color=style.VERMILLION, lw=2)
        (self.taps,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=12, clip_on=False)
        (self.span,) = self.ax.plot([], [], "|-", color=style.BLACK, lw=2.5, ms=14, mew=2.5)
        self.span_text = self.ax.text(0, 9, "", ha="right", va="bottom", fontweight="bold")
        self.move(self.stems, self.taps, self.span, self.span_text)

    def update(self, d_conv: int = 4, dilation: int = 8) -> str:
        self.lags = [k * dilation for k in range(d_conv)]
        self.samples = self.lags[-1] + 1
        heights = self.past[self.lags].tolist()
        self.taps.set_data(self.lags, heights)
        self.stems.set_segments([[(lag, -51), (lag, h)] for lag, h in zip(self.lags, heights, strict=True)])
        self.span.set_data([self.lags[-1], 0], [7, 7])
        self.span_text.set(text=f"{self.samples} samples")
        milliseconds = 1000 * MEMBRANE_STEP * self.lags[-1]
        self.title(self.ax, f"{d_conv} weights reach {milliseconds:g} ms back")
        lags = ", ".join(map(str, self.lags))
        return (
            f"{d_conv} taps with dilation {dilation} read the lags {lags}: {self.samples} samples from the oldest to "
            f"now. The oldest is {milliseconds:g} ms old."
        )


class DelayOnRecording(LiveFigure):
    """A piece of the real recording, and the output of one branch that delays the recording.

    Args:
        delay_kernel: (delay, d_conv) → (weight, dilation).
    """

    controls = {  # noqa: RUF012
        "delay": slider(3, 48, 24, 3, label="delay", unit="samples"),
        "activation": toggle(False, label="SiLU on the branch"),
    }

    FIRST, LENGTH, D_CONV = 2676, 190, 4
    LOW, HIGH = -1.6, 5.9
    HEIGHTS = (-1.4, 5.6)  # where the name of a curve has room

    def __init__(self, delay_kernel=spec.delay_kernel):
        super().__init__()
        self.delay_kernel = delay_kernel
        recording = membrane_voltage(self.FIRST + self.LENGTH)  # (L,)
        piece = recording[self.FIRST :]
        self.x = (recording - piece.mean()) / piece.std()  # (L,)
        self.t = np.arange(self.LENGTH) * MEMBRANE_STEP * 1000  # ms
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, self.t[-1] + 11), ylim=(self.LOW, self.HIGH), xlabel="time (ms)")
        self.ax.set_ylabel("height (standard deviations)", fontsize=13)
        shown = self.x[self.FIRST :].numpy()
        self.ax.plot(self.t, shown, color=style.GREY, lw=2, ls="-")
        style.label_line(self.ax, "input", self.t[-1] + 1, shown[-1], style.GREY)
        (self.out,) = self.ax.plot([], [], color=style.BLUE, lw=3, ls="-")
        self.peak = int(shown.argmax())
        self.top = float(shown.max())
        self.arrow = self.ax.annotate(
            "", (0, 0), (0, 0), arrowprops={"arrowstyle": "->", "lw": 3, "shrinkA": 0, "shrinkB": 0}
        )
        self.note = self.ax.text(0, self.top + 0.62, "", fontweight="bold", ha="left", va="bottom")
        self.note.set_bbox(style.PAPER)
        self.out_name = style.label_line(self.ax, "output", self.t[-1] + 1, 0, style.BLUE)
        self.move(self.out, self.arrow, self.note, self.out_name)

    def update(self, delay: int = 24, activation: bool = False) -> str:
        weight, self.dilation = self.delay_kernel(delay, self.D_CONV)
        self.weight = weight.detach().float()  # (W,), whatever it was made with
        silu = "silu" if activation else None
        y = causal_dilated_conv1d_fn(self.x[None, None], self.weight[None], None, silu, self.dilation)[0, 0]  # (L,)
        self.y = y[self.FIRST :].numpy()
        self.out.set_data(self.t, self.y)
        start, milliseconds = self.t[self.peak], f"{delay * MEMBRANE_STEP * 1000:g} ms"
        asked, does = f"the input {several(delay, 'sample')} later", self._does()
        self.arrow.set_position((start, self.top + 0.45))
        self.arrow.xy = (start + delay * MEMBRANE_STEP * 1000, self.top + 0.45)
        self.note.set(text=f"{'' if does == asked else 'asked: '}{delay} samples = {milliseconds}", x=start)
        end, below = float(np.clip(self.y[-1], *self.HEIGHTS)), float(self.x[-1])
        self.out_name.set_y(end if abs(end - below) > 0.5 else below + (0.5 if end >= below else -0.5))
        self.title(self.ax, self._finding(does, activation, right=does == asked))
        taps, by = several(len(self.weight), "tap"), self.whose_is(kernel=self.delay_kernel)
        later = f"the input {delay} samples ({milliseconds}) later"
        if does == asked:
            output = f"{later}, {'bent by SiLU' if activation else 'unchanged'}"
        else:
            output = f"SiLU of {does}, not of {later}" if activation else f"{does}, not {later}"
        gone = int(((self.y < self.LOW) | (self.y > self.HIGH)).sum())
        more = f" Outside the picture: {several(gone, 'sample')}." if gone else ""
        return f"{taps}, dilation {self.dilation}: the output is {output}.{more}{by}"

    def _does(self) -> str:
        """What the branch gives before its activation, in words."""
        if not self.weight.isfinite().all():
            return "not a number"
        read = self.weight.nonzero().flatten().tolist()
        if len(read) != 1:
            return f"a mix of {len(read)} samples" if read else "0 throughout"
        size = float(self.weight[read[0]])
        times = "" if size == 1 else f"{written(size, '.4g')} times "
        lag = (len(self.weight) - 1 - read[0]) * self.dilation
        later = f"{several(lag, 'sample')} later" if lag else "of the same moment"
        return f"{times}the input {later}"

    @staticmethod
    def _finding(does: str, activation: bool, right: bool) -> str:
        if not right:
            return f"The output is {'SiLU of ' if activation else ''}{does}"
        if activation:
            return "SiLU keeps what is high and flattens what is below zero"
        return "One branch repeats the recording later, unchanged"


class CombFilter(LiveFigure):
    """A wiggle and what one kernel makes of it; beside it, how much of every speed of wiggle passes."""

    controls = {  # noqa: RUF012
        "dilation": slider(1, 8, 8, label="dilation"),
        "speed": slider(0.0, 50.0, 12.5, 0.625, label="speed", unit="wiggles in 100 samples"),
        "kernel": choice({"average": "average", "half the difference": "half the difference"}, "average", label="taps"),
    }

    KERNELS = {"average": (0.25, 0.25, 0.25, 0.25), "half the difference": (0.0, 0.0, -0.5, 0.5)}  # noqa: RUF012
    SHOWN, SETTLED = 60, 800  # samples; in 800 there are whole wiggles of every speed offered
    INPUT, OUTPUT = 1.5, -1.5  # the heights at which the two curves run

    def __init__(self):
        super().__init__()
        self.ax, self.curve_ax = self.figure.subplots(1, 2)
        self.ax.set(xlim=(self.SHOWN + 1, -2), ylim=(-2.8, 2.9), xlabel="samples ago; dots: what the taps read")
        self.ax.set_yticks([self.INPUT, self.OUTPUT], ["input", "output"])
        self.ax.set_xticks([0, 20, 40, 60], ["now", "20", "40", "60"])
        self.curve_ax.set(xlim=(-1, 51), ylim=(-0.06, 1.28), xlabel="speed (wiggles in 100 samples)")
        self.curve_ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        self.curve_ax.set_ylabel("part that passes")
        self.lags = np.arange(self.SHOWN + 1)
        self.speeds = torch.linspace(0, 50, 1681)  # (S,), with every speed offered and 25/d of every dilation d
        for height in (self.INPUT, self.OUTPUT):
            self.ax.axhline(height, color="#949494", lw=1, ls="-")
        (self.input,) = self.ax.plot([], [], color=style.GREY, lw=2.5, ls="-")
        (self.taps,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=13, clip_on=False)
        (self.output,) = self.ax.plot([], [], color=style.BLUE, lw=3, ls="-")
        (self.curve,) = self.curve_ax.plot([], [], color=style.BLUE, ls="-")
        (self.here,) = self.curve_ax.plot([], [], "o", color=style.VERMILLION, ms=13, clip_on=False)
        self.move(self.input, self.output, self.taps, self.curve, self.here)

    def update(self, dilation: int = 8, speed: float = 12.5, kernel: str = "average") -> str:
        weight = torch.tensor(self.KERNELS[kernel])  # (W,)
        x, y = self.run(weight, dilation, torch.tensor([speed]))  # (1, L)
        self.part = float(_part(x, y, self.SETTLED)[0])
        self.parts = pass_curve(weight, dilation, self.speeds).numpy()  # (S,)
        recent = x[0].flip(-1)[: self.SHOWN + 1].numpy()
        self.input.set_data(self.lags, self.INPUT + recent)
        self.output.set_data(self.lags, self.OUTPUT + y[0].flip(-1)[: self.SHOWN + 1].numpy())
        read = dilation * np.flatnonzero(weight.flip(-1).numpy())
        self.read = recent[read]
        self.taps.set_data(read, self.INPUT + self.read)
        self.curve.set_data(self.speeds.numpy(), self.parts)
        self.here.set_data([speed], [self.part])
        passes = percent(self.part)
        self.title(self.ax, opening(f"{passes} of this {'wiggle' if speed else 'constant'} passes"))
        after = f"{100 / dilation:.3g}"
        repeats = f"repeats every {after}" if 100 / dilation <= self.speeds[-1] else "no repeat up to 50"
        self.title(self.curve_ax, f"Dilation {dilation}: {repeats}")
        wiggle = f"a wiggle that repeats every {100 / speed:.4g} samples" if speed else "speed 0, a constant"
        curve = f"The curve repeats after a speed of {after}."
        return f"Taps: {kernel}. Dilation {dilation}, {wiggle}: {passes} of it passes. {curve}"

    def run(self, weight: Tensor, dilation: int, speeds: Tensor) -> tuple[Tensor, Tensor]:
        """Wiggles of the given speeds, (S, L), and what the kernel makes of them, (S, L)."""
        t = torch.arange(self.SETTLED + 8 * 3 + 1.0, dtype=torch.float64)  # (L,)
        x = torch.cos(2 * torch.pi * speeds[:, None].double() / 100 * (t - t[-1]) + 0.7)  # (S, L)
        y = causal_dilated_conv1d_fn(x[:, None], weight[None].double(), dilation=dilation)[:, 0]  # (S, L)
        return x, y


def _part(x: Tensor, y: Tensor, settled: int) -> Tensor:
    """Size of y over size of x, over whole wiggles at the end: (S,)."""
    return y[:, -settled:].pow(2).mean(-1).sqrt() / x[:, -settled:].pow(2).mean(-1).sqrt()


def pass_curve(weight: Tensor, dilation: int, speeds: Tensor) -> Tensor:
    """Part of a wiggle that passes one kernel, for each speed in wiggles per 100 samples: (W,), (S,) → (S,)."""
    lags = dilation * torch.arange(len(weight)).flip(0)  # (W,)
    turns = torch.exp(-2j * torch.pi * speeds[:, None] / 100 * lags)  # (S, W)
    return (turns * weight).sum(-1).abs()


@dataclass
class Run:
    """One training, recorded at every step.

    Attributes:
        shares: (S, branches) softmax of the gates.
        taps: (S, branches, W)
        missed: (S,) part of the target's variance that the output misses.
        output: (S, n) the output over the first n samples shown; target: (n,) what it should be.
        readers: the dilations of the branches that read the sample of the target, measured by gradients.
        conv: the gated sum that was trained.
        weighed: whether it weighs its branches by the softmax of the gates, measured.
    """

    shares: Tensor
    taps: Tensor
    missed: Tensor
    output: Tensor
    target: Tensor
    readers: Sequence[int]
    conv: Callable = spec.gated_dilated_conv
    weighed: bool = True


DELAYS = (3, 6, 7, 12, 24)


def train(conv=spec.gated_dilated_conv, delay: int = 24, dilations: Sequence[int] = (1, 2, 4, 8), steps=100) -> Run:
    """Train taps, biases and gates of `conv` to return noise, `delay` samples later, through SiLU."""
    generator = torch.Generator().manual_seed(1)
    x = 2 * torch.randn(1, 1, 2048, generator=generator)  # (B, D, L)
    target = F.silu(F.pad(x, (delay, 0))[..., : x.shape[-1]])  # (B, D, L)
    weights = [(0.3 * torch.randn(1, 4, generator=generator)).requires_grad_() for _ in dilations]  # (D, W) each
    biases = [torch.zeros(1, requires_grad=True) for _ in dilations]  # (D,) each
    gates = torch.ones(len(dilations), requires_grad=True)  # (branches,)
    optimizer = torch.optim.Adam([*weights, *biases, gates], lr=0.03)
    record = []
    for _ in range(steps + 1):
        y = conv(x, weights, biases, gates, dilations)  # (B, D, L)
        loss = (y - target).square().mean()
        taps = torch.cat(weights).detach().clone()  # (branches, W)
        record.append((gates.softmax(0).detach(), taps, loss.detach() / target.var(), y[0, 0, 100:140].detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    readers = [d for i, d in enumerate(dilations) if _reads(conv, dilations, i, delay)]
    stacked = (torch.stack(values) for values in zip(*record, strict=True))
    return Run(*stacked, target[0, 0, 100:140], readers, conv, _weighs_by_softmax(conv, dilations))


def _reads(conv, dilations: Sequence[int], branch: int, lag: int) -> bool:
    """Whether a branch of `conv` reads a lag: the gradient of the last output, with the taps of all others at 0."""
    x = torch.ones(1, 1, lag + 1, requires_grad=True)  # (B, D, L)
    weights = [torch.full((1, 4), float(i == branch)) for i in range(len(dilations))]  # (D, W) each
    y = conv(x, weights, [torch.zeros(1) for _ in dilations], torch.ones(len(dilations)), dilations)  # (B, D, L)
    slope = torch.autograd.grad(y[0, 0, -1], x)[0][0, 0, 0]
    return bool(slope.isfinite() and slope != 0)


def _weighs_by_softmax(conv, dilations: Sequence[int]) -> bool:
    """Whether `conv` weighs as softmax does: a branch follows its share, all shares make one whole, and no gate counts
    that all have in common."""
    n, reach = len(dilations), 6 * max(dilations)  # far from both ends, for branches that come late, too
    x, gates = torch.ones(1, 1, 2 * reach + 1), torch.arange(float(n))  # (B, D, L), (branches,)
    played = [*torch.eye(n), torch.ones(n)]  # which branches have taps: each alone, and all together

    def heard(gates: Tensor) -> Tensor:
        with torch.no_grad():
            kernels = [[torch.full((1, 4), float(one)) for one in ones] for ones in played]
            outputs = [conv(x, weights, [torch.zeros(1)] * n, gates, dilations) for weights in kernels]
        return torch.stack([y[0, 0, reach] for y in outputs])  # (branches + 1,)

    given, equal = heard(gates), heard(torch.zeros(n))
    follows = ((given - equal)[:n] * (gates.softmax(0) - 1 / n) > 0).all() or n == 1
    return bool(follows and torch.allclose(given[n], equal[n]) and torch.allclose(given, heard(gates + 1)))


class GateTraining(LiveFigure):
    """What training does to gates and taps: the shares of the branches at a step, their taps, and the output.

    Args:
        runs: target delay → the recorded training; by default those of the reference.
        dilations: of the branches.
    """

    controls = {  # noqa: RUF012
        "step": slider(0, 100, 0, label="training step"),
        "delay": choice({str(d): d for d in DELAYS}, 24, label="target: the input, delayed by (samples)"),
    }

    def __init__(self, runs: dict[int, Run] | None = None, dilations: Sequence[int] = (1, 2, 4, 8)):
        super().__init__(height=5.0)
        self.runs = {delay: train(delay=delay) for delay in DELAYS} if runs is None else runs
        self.dilations = tuple(dilations)
        axes = self.figure.subplot_mosaic([["shares", "output"], ["taps", "output"]], width_ratios=(1.15, 1))
        self.bar_ax, self.tap_ax, self.ax = axes["shares"], axes["taps"], axes["output"]
        self.d_conv = next(iter(self.runs.values())).taps.shape[-1]
        self._draw_branches()
        self._draw_output()
        self.move(*self.bars, *self.labels, *self.tap_bars, self.target, self.output)

    def _draw_branches(self) -> None:
        branches = range(len(self.dilations))
        self.bar_ax.set(ylim=(0, 1.2), xlim=(-0.6, len(branches) - 0.4))
        self.bar_ax.set_ylabel("share" if all(run.weighed for run in self.runs.values()) else "softmax of gates")
        self.bar_ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        self.bar_ax.set_xticks([])
        self.bars = self.bar_ax.bar(branches, [0.25] * len(branches), width=0.8, edgecolor="black")
        self.labels = [self.bar_ax.text(i, 0, "", ha="center", va="bottom") for i in branches]
        taps = torch.cat([run.taps.flatten() for run in self.runs.values()])
        taps = taps[taps.isfinite()]
        low, high = min(-0.85, 1.1 * float(taps.min())), max(1.5, 1.1 * float(taps.max()))
        self.tap_ax.set(ylim=(low, high), xlim=(-0.6, len(branches) - 0.4), ylabel="taps")
        self.tap_ax.set_xlabel(f"dilation of the branch; its taps w[0] to w[{self.d_conv - 1}]")
        self.tap_ax.set_xticks(branches, [str(d) for d in self.dilations])
        self.tap_ax.axhline(0, color=style.BLACK, lw=1, ls="-")
        places = [i + 0.8 * ((k + 0.5) / self.d_conv - 0.5) for i in branches for k in range(self.d_conv)]
        self.tap_bars = self.tap_ax.bar(places, [0.0] * len(places), width=0.8 / self.d_conv, edgecolor="black")

    def _draw_output(self) -> None:
        values = torch.cat([torch.cat([run.target, run.output.flatten()]) for run in self.runs.values()])
        values = values[values.isfinite()]
        low, high = float(values.min()), float(values.max())
        length = len(next(iter(self.runs.values())).target)
        self.ax.set(xlim=(-1, length), ylim=(low - 0.25 * (high - low), high + 0.4), xlabel="sample")
        (self.target,) = self.ax.plot([], [], "o", color=style.GREY, ms=8)
        (self.output,) = self.ax.plot([], [], color=style.BLUE, lw=3, ls="-")
        bottom = {"transform": self.ax.transAxes, "va": "bottom", "fontweight": "bold"}
        self.ax.text(0.02, 0.02, "dots: target", color=style.GREY, **bottom)
        self.ax.text(0.98, 0.02, "line: output", color=style.BLUE, ha="right", **bottom)

    def update(self, step: int = 0, delay: int = 24) -> str:
        run = self.runs[delay]
        self.right = list(run.readers)
        self.shares, self.taps = run.shares[step], run.taps[step]  # (branches,), (branches, W)
        for i, (d, share) in enumerate(zip(self.dilations, self.shares.tolist(), strict=True)):
            reads = d in self.right
            look = {"facecolor": style.VERMILLION if reads else "#BFD9EA", "hatch": "//" if reads else ""}
            self.bars[i].set(height=share, **look)
            for bar, tap in zip(self.tap_bars[i * self.d_conv : (i + 1) * self.d_conv], self.taps[i], strict=True):
                bar.set(height=float(tap), **look)
            weight = "bold" if reads else "normal"
            known = math.isfinite(share)
            self.labels[i].set(y=share + 0.01 if known else 0, text=f"{100 * share:.0f} %" if known else "")
            self.labels[i].set_fontweight(weight)
        self.target.set_data(range(len(run.target)), run.target)
        self.output.set_data(range(len(run.target)), run.output[step])
        who = self._who(delay)
        self.title(self.bar_ax, opening(who))
        by = self.whose_is(**{"gated sum": run.conv})
        if not run.missed[step].isfinite():
            self.title(self.ax, f"Step {step}: not a number")
            return f"Step {step}: {who}. The output is not a number.{by}"
        missed = percent(float(run.missed[step]))
        self.title(self.ax, f"Step {step}: {missed} is missed")
        return f"Step {step}: {who}. {self._branches(run.weighed)}Of the target {missed} is missed.{by}"

    def _who(self, delay: int) -> str:
        if not self.right:
            return f"no branch reads lag {delay}"
        several_read = len(self.right) > 1
        names = ", ".join(map(str, self.right))
        return f"dilation{'s' * several_read} {names} read{'s' * (not several_read)} lag {delay}"

    def _branches(self, weighed: bool) -> str:
        """The share of those that read the lag, if the sum weighs by it, and how far the taps of the others reach."""
        reads = [d in self.right for d in self.dilations]
        share = f"{100 * float(self.shares[reads].sum()):.0f} %"
        said = {0: "", 1: f"Its share is {share}. "}.get(len(self.right), f"Together their share is {share}. ")
        if self.right and not weighed:
            they = "they" if len(self.right) > 1 else "it"
            said = f"By softmax {they} would have {share}, but the sum weighs another way. "
        if all(reads):
            return said
        far = self.taps[[not one for one in reads]].abs().max()
        return f"{said}Up or down, the taps{' of the others' if self.right else ''} reach {far:.2f}. "


class BlockReach(LiveFigure):
    """How strongly the last output depends on inputs further and further back: the front end, or the whole block."""

    controls = {  # noqa: RUF012
        "part": choice({"the front end": "the front end", "the whole block": "the whole block"}, "the whole block",
                       label="look at"),
        "lag": slider(0, 200, 100, label="read off at lag", unit="samples"),
    }  # fmt: skip

    LENGTH, FLOOR = 201, 1e-9

    def __init__(self):
        super().__init__()
        self.reach = _reach_of_parts(self.LENGTH)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(self.LENGTH + 1, -3), ylim=(self.FLOOR / 3, 300), yscale="log")
        self.ax.set_xlabel("lag: how many samples ago")
        self.ax.set_ylabel("effect on the last output")
        self.ax.set_xticks([0, 24, 50, 100, 150, 200], ["now", "24", "50", "100", "150", "200"])
        self.ax.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
        self.ax.minorticks_off()
        self.ax.axvspan(24.5, -3, color="#E6EFF5", zorder=0)
        self.ax.axvline(24.5, color=style.GREY, lw=2, ls="--")
        self.ax.text(26, 200, "field of the front end →", ha="right", va="top")
        self.carried = self.ax.text(150, 1e-4, "", color=style.BLUE, fontweight="bold", ha="center")
        (self.bars,) = self.ax.plot([], [], color=style.BLUE, lw=2, ls="-")
        (self.point,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=13, clip_on=False)
        self.note = self.ax.text(0, 0, "", color=style.VERMILLION, fontweight="bold", va="bottom")
        self.note.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85})
        self.move(self.bars, self.carried, self.point, self.note)

    def update(self, part: str = "the whole block", lag: int = 100) -> str:
        self.effect = self.reach[part]  # (L,), by lag
        self.depends = np.flatnonzero(self.effect)
        x, heights = np.repeat(self.depends, 3), np.full(3 * len(self.depends), np.nan)
        heights[0::3], heights[1::3] = self.FLOOR, self.effect[self.depends]
        self.bars.set_data(x, heights)
        value = self.effect[lag]
        words = "exactly 0" if value == 0 else f"about {_power(value)}"
        self.point.set_data([lag], [max(value, self.FLOOR)])
        left_of_the_dashed_line = max(lag, 27)
        self.note.set(x=left_of_the_dashed_line, y=4 * max(value, self.FLOOR), ha="left" if lag > 100 else "right")
        self.note.set_text(words)
        self.carried.set_text("" if part == "the front end" else "carried by the scan")
        if part == "the front end":
            self.title(self.ax, f"The front end reads {len(self.depends)} samples, none older than lag 24")
        else:
            self.title(self.ax, "The whole block reads every sample: the scan carries on")
        return (
            f"Of {self.LENGTH} inputs, {part} depends on {len(self.depends)}. "
            f"The effect of the input {several(lag, 'sample')} ago is {words}."
        )


def _reach_of_parts(length: int) -> dict[str, np.ndarray]:
    """Absolute gradient of the last output by lag, summed over the channels: part → (L,)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        block = Mamba(d_model=8, conv_dilations=(1, 2, 4, 8)).double()
        hidden_states = torch.randn(1, length, 8, dtype=torch.float64, requires_grad=True)  # (B, L, d_model)

    def front_end(hidden_states: Tensor) -> Tensor:
        x = block.in_proj(hidden_states).chunk(2, dim=-1)[0].transpose(1, 2)  # (B, d_inner, L)
        weights = [conv.weight.squeeze(1) for conv in block.conv1d_layers]
        biases = [conv.bias for conv in block.conv1d_layers]
        return spec.gated_dilated_conv(x, weights, biases, block.conv_gates, block.conv_dilations).transpose(1, 2)

    reach = {}
    for name, part in (("the front end", front_end), ("the whole block", block)):
        (gradient,) = torch.autograd.grad(part(hidden_states)[0, -1].sum(), hidden_states)  # (B, L, d_model)
        reach[name] = gradient[0].abs().sum(-1).flip(0).numpy()  # (L,), by lag
    return reach


def _each_once(lags: Iterable[int]) -> list[int]:
    """Lags as the picture has room for them: whole numbers, each once, from small to large."""
    return sorted({index(lag) for lag in lags})


def _power(value: float) -> str:
    """A number to one digit, with a power of ten: 4·10⁻⁷."""
    digit, exponent = f"{value:.0e}".split("e")
    if int(exponent) == 0:
        return digit
    power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power if digit == "1" else f"{digit}·{power}"


def _rgba(colour: str) -> np.ndarray:
    return np.array([*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)), 1.0])
