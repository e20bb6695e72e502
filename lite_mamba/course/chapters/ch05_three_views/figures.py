"""The figures of notebook 05: recurrence, kernel and FFT of one linear system, their cost, and where they part."""

import itertools
import math

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle
from torch import Tensor

from lite_mamba import selective_scan_fn

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import are, several, written
from ...drawing.returned import of_copies, returned
from .exercises import convolve, fft_convolve, mended_convolve, recurrence, ssm_kernel

VIEWS = ("recurrence", "kernel", "FFT")
SAME = 1e-3  # responses this close are drawn as one
PALE_BLUE, PALE_VERMILLION, PALE_GREY = "#D6E8F5", "#F8DCC8", "#EBEBEB"


def sized(y: Tensor, like: Tensor) -> np.ndarray:
    """The result of a learner's function; a ValueError in words if its shape is not the input's, or not all is real."""
    return returned("the function", y, tuple(like.shape))[0].detach().numpy()


def outside(values: np.ndarray, ax: Axes) -> np.ndarray:
    """Which values lie above or below the picture; what is not a number lies nowhere."""
    low, high = ax.get_ylim()
    return (values <= low) | (values >= high)


def level(value: float, digits: int = 3) -> str:
    """A value as titles write it: to a thousandth, and a large one short."""
    return written(value, f".{digits}{'f' if abs(value) < 1000 else 'g'}")


def told_apart(values: list[float]) -> list[str]:
    """Values that are not all alike, with as many digits as it takes to see it."""
    for digits in range(3, 8):
        words = [level(value, digits) for value in values]
        if len(set(words)) > 1:
            break
    return words


class ThreeViews(LiveFigure):
    """One impulse in three views at once: fading states, a sliding kernel, waves that add up.

    Args:
        recurrence: (u, A_bar, B_bar, C) to the outputs, the function of exercise 1.
        convolve, fft_convolve: (u, kernel) to the outputs, the functions of exercises 3 and 4.
    """

    LENGTH = 32
    A_BAR, B_BAR, C = (0.9, 0.5), (1.0, 1.0), (1.0, 1.0)
    EDGE = 0.01  # a bar that is lower would be all edge
    NAMES = {  # noqa: RUF012
        "1  recurrence": "fade, then add what comes in",
        "2  kernel": "read the tap at the impulse",
        "3  FFT": "add up waves, one by one",
    }

    controls = {  # noqa: RUF012
        "t": slider(0, LENGTH - 1, 9, label="time t", unit="steps"),
        "at": slider(0, 24, 6, label="time of the impulse"),
    }

    def __init__(self, recurrence=recurrence, convolve=convolve, fft_convolve=fft_convolve):
        super().__init__(height=6.4)
        self.views = (recurrence, convolve, fft_convolve)
        self.system = [torch.tensor(values) for values in (self.A_BAR, self.B_BAR, self.C)]  # (N,) each
        self.kernel = ssm_kernel(*self.system, self.LENGTH)  # (L,)
        self.steps = np.arange(self.LENGTH)
        axes = self.figure.subplot_mosaic([["states", "kernel", "waves"], ["output"] * 3], height_ratios=(1.75, 1))
        self.top = [axes[name] for name in ("states", "kernel", "waves")]
        for ax, (name, how) in zip(self.top, self.NAMES.items(), strict=True):
            ax.set(ylim=(-0.42, 3.05), yticks=[0, 1, 2])
            ax.axhline(0, color=style.RULE, lw=1, ls="-")
            ax.text(0.03, 0.985, name, transform=ax.transAxes, va="top", fontsize=16, fontweight="bold")
            ax.text(0.03, 0.875, how, transform=ax.transAxes, va="top", fontsize=13, color=style.GREY)
        self._build_states()
        self._build_kernel()
        self._build_waves()
        self._build_output(axes["output"])
        self.levels = [ax.axhline(0, color=style.BLACK, ls=":", lw=2.5, zorder=4) for ax in self.top]
        self.heading = self.figure.suptitle("finding", x=0.012, ha="left", fontsize=17, fontweight="bold")
        self.move(*self.levels, self.heading)

    def _build_states(self) -> None:
        ax = self.top[0]
        ax.set(xlim=(-0.6, 2.9), ylabel="level")
        ax.set_xticks([0, 1], ["t − 1", "t"])
        ax.set_xlabel("states")
        before = ((PALE_BLUE, style.BLUE, ""), (PALE_VERMILLION, style.VERMILLION, "//"))
        now = ((style.BLUE, "white", ""), (style.VERMILLION, "white", "//"))
        self.bars = [
            [ax.bar([x], [0], width=0.8, fc=face, ec=edge, hatch=hatch, lw=lw)[0] for face, edge, hatch in pair]
            for x, (pair, lw) in enumerate(((before, 1.5), (now, 0)))
        ]
        self.state_names = [
            style.label_line(ax, f"{name}\n× {fade}", 1.65, y, colour, fontsize=13)
            for name, fade, y, colour in (("fast", 0.5, 1.5, style.VERMILLION), ("slow", 0.9, 0.6, style.BLUE))
        ]
        for name in self.state_names:
            name.set(zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 2})
        self.move(*self.bars[0], *self.bars[1], *self.state_names)

    def _build_kernel(self) -> None:
        ax = self.top[1]
        ax.set(xlim=(-1, self.LENGTH), xlabel="time (steps)", xticks=[0, 10, 20, 30])
        ax.tick_params(labelleft=False)
        (self.slid,) = ax.plot([], [], "o-", color=style.GREEN, ms=5, lw=2.5)
        (self.stem,) = ax.plot([], [], "-", color=style.BLACK, lw=2)
        (self.hit,) = ax.plot([], [], "o", color=style.BLACK, ms=12, zorder=5)
        (self.impulse,) = ax.plot([], [], "^", color=style.BLACK, ms=11, clip_on=False)
        self.move(self.slid, self.stem, self.hit, self.impulse)

    def _build_waves(self) -> None:
        ax = self.top[2]
        self.count = np.arange(self.LENGTH + 1)  # waves 0 … n/2 on a clock of n = 2L hours
        ax.set(xlim=(-1, self.LENGTH + 1.5), xlabel="wave, slow to fast", xticks=[0, 10, 20, 30])
        ax.tick_params(labelleft=False)
        self.single = LineCollection([], colors=style.GREY, lw=4, linestyles="-")
        ax.add_collection(self.single)
        (self.added,) = ax.plot(self.count, self.count * 0.0, "-", color=style.PURPLE, lw=3, drawstyle="steps-post")
        (self.sum,) = ax.plot([self.LENGTH], [0], "o", color=style.BLACK, ms=12, zorder=5)
        self.move(self.single, self.added, self.sum)

    def _build_output(self, ax) -> None:
        self.ax = ax
        ax.set(xlim=(-0.7, self.LENGTH - 0.3), ylim=(-0.3, 3.1), yticks=[0, 1, 2], ylabel="output y")
        ax.set_xlabel("time (steps)")
        ax.axhline(0, color=style.RULE, lw=1, ls="-")
        (self.later,) = ax.plot([], [], "o", mfc="white", mec="#808080", mew=2, ms=8, ls="none")
        (self.so_far,) = ax.plot([], [], "o", color=style.BLACK, ms=8, ls="none")
        (self.now,) = ax.plot([], [], ":", color=style.BLACK, lw=2)
        (self.start,) = ax.plot([], [], "^", color=style.BLACK, ms=12, clip_on=False)
        self.word = ax.text(0, 2.78, "impulse", va="center", fontsize=14)
        self.move(self.later, self.now, self.so_far, self.start, self.word)

    @torch.no_grad()
    def update(self, t: int = 9, at: int = 6) -> str:
        u = torch.zeros(self.LENGTH)
        u[at] = 1.0  # (L,)
        by_states, by_kernel, by_fft = self.views
        self.y = [sized(of_copies(by_states, u, *self.system), u)]
        self.y += [sized(of_copies(view, u, self.kernel), u) for view in (by_kernel, by_fft)]  # three (L,)
        self.truth = np.concatenate([np.zeros(at), self.kernel[: self.LENGTH - at]])  # (L,)
        self.right = np.isclose(self.y, self.truth, atol=1e-4).all(axis=0)  # (L,): whether all three are
        self._show_states(t, at)
        self._show_kernel(t, at)
        self._show_waves(t, u)
        self._show_output(t, at)
        self.heading.set_text(self._finding(t, at))
        return self._sentence(t, at)

    def _show_states(self, t: int, at: int) -> None:
        self.states = np.array([[A ** (s - at) if s >= at else 0.0 for A in self.A_BAR] for s in (t - 1, t)])
        for bars, (slow, fast) in zip(self.bars, self.states, strict=True):
            bars[0].set(height=slow, visible=slow > self.EDGE)
            bars[1].set(y=slow, height=fast, visible=fast > self.EDGE)
        self.levels[0].set_ydata([self.y[0][t]] * 2)

    def _show_kernel(self, t: int, at: int) -> None:
        self.slid.set_data(t - self.steps[: t + 1], self.kernel[: t + 1])
        self.impulse.set_data([at], [-0.33])
        self.stem.set_data([at, at], [-0.28, max(self.y[1][t], 0.0)])
        self.hit.set_data([at], [self.y[1][t]])
        self.levels[1].set_ydata([self.y[1][t]] * 2)

    def _show_waves(self, t: int, u: Tensor) -> None:
        hours = 2 * self.LENGTH
        product = (torch.fft.rfft(u, n=hours) * torch.fft.rfft(self.kernel, n=hours)).numpy()  # (L + 1,)
        turned = (product * np.exp(2j * np.pi * self.count * t / hours)).real / hours
        self.waves = turned * np.where((self.count == 0) | (self.count == self.LENGTH), 1, 2)  # (L + 1,)
        self.single.set_segments([[(k, 0), (k, height)] for k, height in enumerate(self.waves)])
        self.added.set_ydata(self.waves.cumsum())
        self.sum.set_ydata([self.y[2][t]])
        self.levels[2].set_ydata([self.y[2][t]] * 2)

    def _show_output(self, t: int, at: int) -> None:
        y = self.y[0]
        self.so_far.set_data(self.steps[: t + 1], y[: t + 1])
        self.later.set_data(self.steps[t + 1 :], y[t + 1 :])
        self.now.set_data([t, t], [0, 2.3])
        self.start.set_data([at], [-0.12])
        self.word.set(x=at if at > 1 else -0.5, ha="center" if at > 1 else "left")

    def agree(self, t: int) -> bool:
        return bool(np.allclose([y[t] for y in self.y], self.y[0][t], atol=1e-4, equal_nan=True))

    def _finding(self, t: int, at: int) -> str:
        if not self.agree(t):
            return "The views disagree: " + ", ".join(told_apart([y[t] for y in self.y]))
        if not self.right[t]:
            said, right = told_apart([self.y[0][t], self.truth[t]])
            return f"t = {t}: all three functions say {said}; right is {right}"
        if t < at:
            return f"t = {t}: nothing has come in yet, and all three views say 0"
        return f"t = {t}: three views, one number: {level(self.y[0][t])}"

    def _sentence(self, t: int, at: int) -> str:
        by = self.whose_are(dict(zip(VIEWS, self.views, strict=True)))
        if not self.right[t]:
            when = "" if self.agree(t) else f" at t = {t}"
            drawn = f"The states, the kernel and the waves that are drawn make {level(self.truth[t])}"
            gone = [name for name, y, ax in zip(VIEWS, self.y, self.top, strict=True) if outside(y[t], ax)]
            more = f" Outside the picture: {', '.join(gone)}." if gone else ""
            return f"{self._finding(t, at)}{when}, with the impulse at t = {at}. {drawn}.{more}{by}"
        if not self.right.all():
            by = f" At t = {self.right.argmin()} not all three are right.{by}"
        if t < at:
            return f"At t = {t} the impulse has not come yet; it comes at t = {at}. The waves cancel to 0.{by}"
        whole = [level(y[t]) for y in self.y]
        slow, fast = (f"{part:.3f}" if part >= 5e-4 else written(part, ".1g") for part in self.states[1])
        read = [float(number.replace("−", "-")) for number in (slow, fast, whole[0])]  # each is rounded by itself
        equals = "=" if math.isclose(read[0] + read[1], read[2]) else "≈"
        return (
            f"At t = {t} the impulse is {several(t - at, 'step')} old. States: {slow} + {fast} {equals} {whole[0]}. "
            f"Kernel: tap {t - at} is {whole[1]}. FFT: the {len(self.count)} waves add up to {whole[2]}.{by}"
        )


class KernelSum(LiveFigure):
    """The kernel of two states: a sum of two fading exponentials, each with its own weight.

    Args:
        kernel: (A_bar, B_bar, C, length) to the taps, the function of exercise 2.
    """

    LENGTH = 41

    controls = {  # noqa: RUF012
        "slow": slider(0.8, 0.99, 0.95, 0.01, label="Ā of the slow state"),
        "fast": slider(0.0, 0.75, 0.5, 0.05, label="Ā of the fast state"),
        "c_slow": slider(-1.0, 1.0, 0.5, 0.1, label="C of the slow state"),
        "c_fast": slider(-1.0, 1.0, 1.0, 0.1, label="C of the fast state"),
    }

    def __init__(self, kernel=ssm_kernel):
        super().__init__(height=4.8)
        self.function = kernel
        self.taps = np.arange(self.LENGTH)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.8, self.LENGTH - 0.5), ylim=(-2.15, 2.15), yticks=[-2, -1, 0, 1, 2], ylabel="kernel")
        self.ax.set_xlabel("tap j (steps ago)")
        self.ax.axhline(0, color=style.RULE, lw=1, ls="-")
        (self.slow_line,) = self.ax.plot(self.taps, self.taps * 0, "--", color=style.BLUE, lw=6)
        (self.fast_line,) = self.ax.plot(self.taps, self.taps * 0, "-.", color=style.VERMILLION, lw=4)
        (self.sum_line,) = self.ax.plot(self.taps, self.taps * 0, "o-", color=style.BLACK, lw=1.5, ms=6)
        (self.mark,) = self.ax.plot([], [], "o", mfc="none", mec=style.BLACK, mew=3, ms=18)
        self.names = [
            style.label_line(self.ax, "", 18, y, colour, fontsize=15)
            for y, colour in ((1.95, style.BLACK), (1.6, style.BLUE), (1.25, style.VERMILLION))
        ]
        self.move(self.slow_line, self.fast_line, self.sum_line, self.mark, *self.names)

    def update(self, slow: float = 0.95, fast: float = 0.5, c_slow: float = 0.5, c_fast: float = 1.0) -> str:
        system = torch.tensor([slow, fast]), torch.ones(2), torch.tensor([c_slow, c_fast])
        like = torch.zeros(self.LENGTH)
        self.kernel = sized(self.function(*system, self.LENGTH), like)  # (L,)
        self.parts = c_slow * slow**self.taps, c_fast * fast**self.taps  # (L,) each
        for line, values in zip((self.slow_line, self.fast_line), self.parts, strict=True):
            line.set_ydata(values)
        self.sum_line.set_ydata(self.kernel)
        self.off = np.flatnonzero(~(np.abs(self.kernel - sum(self.parts)) < 1e-3))  # taps that are not the sum, or nan
        self.names[0].set_text(f"● kernel: {'not ' if len(self.off) else ''}the sum of both")
        self.names[1].set_text(f"– –  slow: {written(c_slow, '.1f')} · {slow:.2f}ʲ")
        self.names[2].set_text(f"– ·  fast: {written(c_fast, '.1f')} · {fast:.2f}ʲ")
        self.peaks, self.alone = self._peaks(), self._alone()
        finding, marked = self._finding(c_slow, c_fast)
        self.mark.set_data(([], []) if marked is None else ([marked], [self.kernel[marked]]))
        self.title(self.ax, finding)
        first = ", ".join(self._first_taps(marked))
        gone = int(outside(self.kernel, self.ax).sum())
        more = f" Outside the picture: {several(gone, 'tap')}." if gone else ""
        return f"{finding}. The first taps are {first}.{more}{self.whose_is(kernel=self.function)}"

    def _first_taps(self, marked: int | None) -> list[str]:
        """The first taps, with as many digits as it takes to see that the marked one is not 0, and the peak a peak."""
        named = marked is not None and marked < 4 and not len(self.off)
        others = [j for j in range(4) if j not in self.peaks] if named and marked in self.peaks else []
        for digits in range(2, 7):
            first = self.kernel[:4].round(digits)
            if not named or (first[marked] != 0 and (first[others] != first[marked]).all()):
                break
        return [written(value, f".{digits}f") for value in first]

    def _alone(self) -> int | None:
        """The first tap of which the fast state makes below 5 %, whatever the signs of the two."""
        found = np.flatnonzero(np.abs(self.parts[1]) < np.abs(sum(self.parts)) / 20)
        return int(found[0]) if len(found) else None

    def _turn(self) -> int | None:
        """The first tap whose sign is not that of tap 0, which must not be zero."""
        both = sum(self.parts)
        both = np.where(np.abs(both) > 1e-9 * sum(np.abs(self.parts)), both, 0)  # what cancels leaves rounding
        found = np.flatnonzero(both * both[0] < 0)
        return int(found[0]) if len(found) else None

    def _peaks(self) -> list[int]:
        """The largest taps: two may be alike."""
        sizes = np.abs(sum(self.parts))
        return np.flatnonzero(sizes >= sizes.max() * (1 - 1e-9)).tolist()

    def _finding(self, c_slow: float, c_fast: float) -> tuple[str, int | None]:
        """What the kernel does, and the tap at which it shows."""
        if len(self.off):
            j = int(self.off[0])
            is_, should = level(self.kernel[j]), level(sum(self.parts)[j])
            return f"Not the sum of both states: tap {j} is {is_}, their sum is {should}", j
        if not c_slow or not c_fast:
            if c_slow == c_fast:
                return "Neither state is read: both C are 0", None
            return f"The {'fast' if c_slow else 'slow'} state is not read: its C is 0", None
        if (turn := self._turn()) is not None:
            return f"The kernel changes its sign: tap {turn} is the first on the other side", turn
        if peak := self.peaks[0]:
            there = f"tap {peak}" if len(self.peaks) == 1 else f"the taps {peak} and {self.peaks[1]}"
            if self.kernel[peak] < 0:
                return f"The kernel falls at first: it is lowest at {there}", peak
            return f"The kernel grows at first: it is largest at {there}", peak
        if self.alone is None:
            return f"The fast state makes 5 % or more of each of the {self.LENGTH} taps", None
        start = "Steeper" if c_slow * c_fast > 0 else "Flatter"  # than the slow state alone
        return f"{start} at first: the fast state is below 5 % of each tap from tap {self.alone} on", self.alone


class Clock(LiveFigure):
    """The seven numbers of a product, put on a clock with few or many hours."""

    U, KERNEL = (1, 2, 3, 4), (1, 10, 100, 1000)

    controls = {"hours": slider(4, 8, 4, label="hours on the clock")}  # noqa: RUF012

    def __init__(self):
        super().__init__(height=4.7)
        self.product = np.convolve(self.U, self.KERNEL)  # (2L − 1,)
        self.wanted = len(self.U)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-3.9, 3.5), ylim=(-1.5, 1.62), aspect="equal")
        self.ax.axis("off")
        self.ax.text(-3.85, 1.42, "the whole product", fontsize=14, color=style.GREY, va="center")
        self.rows = [self.ax.text(-3.85, 1.07 - 0.4 * t, "", fontsize=15, va="center") for t in range(7)]
        for t, (row, value) in enumerate(zip(self.rows[:4], self.product, strict=False)):
            row.set(text=f"t = {t}:  {value}", color=style.BLUE, fontweight="bold")
        self.ax.add_patch(Circle((0.9, 0), 1, fill=False, lw=4, ec="#808080"))
        self.dots = [self.ax.plot([], [], "o", ms=13)[0] for _ in range(8)]
        self.hours = [self.ax.text(0, 0, "", ha="center", va="center", fontsize=14, color=style.GREY) for _ in range(8)]
        self.values = [self.ax.text(0, 0, "", va="center", fontsize=16, fontweight="bold") for _ in range(8)]
        self.move(*self.rows[4:], *self.dots, *self.hours, *self.values)

    def update(self, hours: int = 4) -> str:
        self.laps = [[int(y) for y in self.product[hour::hours]] for hour in range(hours)]
        self.outputs = [sum(lap) for lap in self.laps[: self.wanted]]
        self.wrong = int((np.array(self.outputs) != self.product[: self.wanted]).sum())
        for t in range(self.wanted, 7):
            round_it_goes = t >= hours
            self.rows[t].set_text(f"t = {t}:  {self.product[t]}" + (f"   → hour {t - hours}" if round_it_goes else ""))
            self.rows[t].set(
                color=style.VERMILLION if round_it_goes else style.GREY,
                fontweight="bold" if round_it_goes else "normal",
            )
        for hour in range(8):
            self._place(hour, hours)
        self.title(self.ax, self._finding(hours))
        read = ", ".join(map(str, self.outputs))
        return f"{self._finding(hours)}. The outputs 0 to 3 read {read}; right are 1, 12, 123, 1234."

    def _place(self, hour: int, hours: int) -> None:
        there = hour < hours
        for artist in (self.dots[hour], self.hours[hour], self.values[hour]):
            artist.set_visible(there)
        if not there:
            return
        angle = math.pi / 2 - 2 * math.pi * hour / hours
        x, y = math.cos(angle), math.sin(angle)
        lap = self.laps[hour]
        crowded = len(lap) > 1
        colour = style.VERMILLION if crowded else style.BLUE if hour < self.wanted else style.GREY
        self.dots[hour].set_data([0.9 + x], [y])
        self.dots[hour].set(color=colour, marker="X" if crowded else "o")
        self.hours[hour].set(position=(0.9 + 0.72 * x, 0.72 * y), text=str(hour))
        words = " + ".join(map(str, lap)) + (f" = {sum(lap)}" if crowded else "")
        side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        self.values[hour].set(position=(0.9 + 1.18 * x, 1.27 * y), text=words or "0", color=colour, ha=side)

    def _finding(self, hours: int) -> str:
        if not self.wrong:
            return f"{hours} hours: every number has an hour of its own"
        outputs = "1 output is" if self.wrong == 1 else f"{self.wrong} outputs are"
        return f"{hours} hours are too few: {outputs} spoilt by what comes round"


class Leak(LiveFigure):
    """The answer of a convolution to one late impulse: does anything come before it?

    Args:
        convolve: u (B, D, L) and kernel (D, L) to the outputs (B, D, L), the function of the bug hunt.
        whose: whose function it is, if no check knows it; said in the sentence.
    """

    LONGEST = 40
    FADE = 0.95

    controls = {  # noqa: RUF012
        "length": slider(12, LONGEST, 16, label="length L", unit="steps"),
        "before_end": slider(0, 11, 2, label="impulse before the end", unit="steps"),
    }

    def __init__(self, convolve=mended_convolve, whose: str = ""):
        super().__init__(height=4.4)
        self.convolve, self.whose = convolve, whose
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.8, self.LONGEST - 0.2), ylim=(-0.12, 1.62), yticks=[0, 0.5, 1], ylabel="output y")
        self.ax.set_xlabel("time (steps)")
        self.past = self.ax.axvspan(-0.8, 1, facecolor=PALE_GREY, edgecolor=style.RULE, lw=1.5, zorder=0)
        self.end = self.ax.axvspan(
            1, self.LONGEST, facecolor="white", hatch="..", edgecolor=style.RULE, lw=1.5, zorder=0
        )
        (self.right,) = self.ax.plot([], [], "o", mfc="white", mec="#808080", mew=2.5, ms=12, ls="none")
        (self.good,) = self.ax.plot([], [], "o", color=style.BLUE, ms=7, ls="none")
        (self.bad,) = self.ax.plot([], [], "X", color=style.VERMILLION, ms=11, ls="none")
        (self.arrow,) = self.ax.plot([], [], "v", color=style.BLACK, ms=13)
        self.word = self.ax.text(0, 1.32, "impulse ", ha="right", va="center")
        self.quiet = self.ax.text(-0.4, 1.52, "nothing has come in yet", color=style.GREY, va="center")
        self.after = self.ax.text(self.LONGEST - 0.6, 1.52, "after the end", color=style.GREY, va="center", ha="right")
        self.after.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 2})
        for x, text, colour in (
            (-0.8, "● a right output", style.BLUE),
            (10.5, "× a wrong output", style.VERMILLION),
            (22, "○ what is right", style.GREY),
        ):
            style.label_line(self.ax, text, x, 1.72, colour)
        self.move(self.past, self.end, self.right, self.good, self.bad, self.arrow, self.word, self.quiet, self.after)

    @torch.no_grad()
    def update(self, length: int = 16, before_end: int = 2) -> str:
        self.at = length - 1 - before_end
        u = torch.zeros(1, 1, length)
        u[..., self.at] = 1.0  # (B, D, L)
        kernel = self.FADE ** torch.arange(length)[None]  # (D, L)
        self.y = sized(of_copies(self.convolve, u, kernel), u)[0, 0]  # (L,)
        self.truth = mended_convolve(u, kernel)[0, 0].numpy()  # (L,)
        self.wrong = ~(np.abs(self.y - self.truth) <= 1e-3)  # (L,): nan is wrong, too
        steps = np.arange(length)
        self.past.set(x=-0.8, width=self.at + 0.3)
        self.end.set(x=length - 0.5, width=self.LONGEST - length + 0.4)
        self.right.set_data(steps, self.truth)
        self.good.set_data(steps[~self.wrong], self.y[~self.wrong])
        self.bad.set_data(steps[self.wrong], self.y[self.wrong])
        self.arrow.set_data([self.at], [1.32])
        at_the_axis = self.at < 4  # no room on the left
        self.word.set(x=self.at + (0.7 if at_the_axis else -0.3), ha="left" if at_the_axis else "right")
        self.quiet.set_visible(self.at > 10)
        self.after.set_visible(length < 32)
        finding = self._finding(length)
        self.title(self.ax, finding, pad=30)
        whose = self.whose or self.owner(self.convolve)
        by = f" ({whose})" if whose else ""
        unseen = int(outside(self.y, self.ax).sum())
        more = f" Outside the picture: {unseen} of them." if unseen else ""
        return f"L = {length}, impulse at t = {self.at}{by}: {finding[0].lower() + finding[1:]}.{more}"

    def _finding(self, length: int) -> str:
        lost, early, wrong = (int(found.sum()) for found in (np.isnan(self.y), self.wrong[: self.at], self.wrong))
        if not wrong:
            return f"All {length} outputs are right"
        if lost:
            told, what = lost, f"{are(lost)} NaN"
        elif early:
            told, what = early, f"answer{'s' * (early == 1)} before the impulse comes"
        else:
            told, what = wrong, f"{are(wrong)} wrong"
        more = f", {wrong - told} more {are(wrong - told)} wrong" if wrong > told else ""
        return f"{several(told, 'output')} of {length} {what}{more}"


def multiplications(length: float, states: int) -> tuple[float, float, float]:
    """Real multiplications for a sequence in the three views: recurrence, kernel, FFT. As counted in notebook 05."""
    points = 2 * length
    complex_products = 3 * points / 2 * math.log2(points) + points
    return 3 * length * states, length * (length + 1) / 2, 4 * complex_products


def waiting_steps(length: float, states: int) -> tuple[float, float, float]:
    """Operations that must wait for one another, if everything else runs at once."""
    return length, 1 + math.log2(length), 2 * math.log2(2 * length) + 1


class Costs(LiveFigure):
    """What each view costs over the length of the sequence: multiplications, or steps that wait."""

    LOW, HIGH = 16, 65536

    controls = {  # noqa: RUF012
        "length": slider(LOW, HIGH, 1024, math.log10(2), label="length L", unit="steps", log=True),
        "states": choice({str(n): n for n in (1, 4, 16, 64, 256)}, 16, label="states N"),
        "what": choice({"multiplications": True, "waiting": False}, True, label="count"),
    }

    def __init__(self):
        super().__init__(height=5.2)
        self.lengths = 2.0 ** np.arange(4, 17)
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(13, 6e5), ylim=(3, 2e10), xlabel="length L (steps)")
        ticks = [16, 128, 1024, 8192, 65536]
        self.ax.set_xticks(ticks, [written(n, ",") for n in ticks])
        self.ax.set_yticks([10, 1e3, 1e5, 1e7, 1e9], ["10", "1000", "100 000", "10 million", "1 billion"])
        self.ax.minorticks_off()
        self.ax.grid(True, axis="y")
        self.lines, self.dots, self.names = [], [], []
        for name, colour, dash in zip(VIEWS, (style.BLUE, style.VERMILLION, style.GREEN), style.LINES, strict=False):
            self.lines += self.ax.plot(self.lengths, self.lengths, ls=dash, color=colour, lw=4)
            self.dots += self.ax.plot([], [], "o", color=colour, ms=12)
            self.names.append(style.label_line(self.ax, name, 82000, 1, colour, fontsize=15))
        self.here = self.ax.axvline(1024, ymax=0.92, color=style.BLACK, ls=":", lw=2)
        self.unit = self.ax.text(14.5, 9e9, "", va="center", fontsize=14)
        self.move(*self.lines, self.here, *self.dots, *self.names, self.unit)

    def update(self, length: float = 1024, states: int = 16, what: bool = True) -> str:
        length = round(length)
        count = multiplications if what else waiting_steps
        self.curves = np.array([count(n, states) for n in self.lengths]).T  # (3, lengths)
        self.values = [round(value) for value in count(length, states)]
        for line, dot, curve, value in zip(self.lines, self.dots, self.curves, self.values, strict=True):
            line.set_ydata(curve)
            dot.set_data([length], [value])
        for name, y in zip(self.names, _apart(self.curves[:, -1], 3.4), strict=True):
            name.set_y(y)
        self.here.set_xdata([length] * 2)
        order = sorted(range(3), key=lambda i: self.values[i])
        self.best, self.worst = VIEWS[order[0]], VIEWS[order[-1]]
        self.title(self.ax, self._finding(length, what))
        unit = "multiplications" if what else "steps that wait for one another"
        self.unit.set_text(unit)
        counts = [written(value, ",") for value in self.values]
        counted = ", ".join(f"{name} {count}" for name, count in zip(VIEWS, counts, strict=True))
        return f"L = {written(length, ',')}, N = {states}, {unit}: {counted}. Fewest: {self.best}."

    def _finding(self, length: int, what: bool) -> str:
        ratio = max(self.values) / min(self.values)
        times = written(ratio, ".1f" if ratio < 10 else ",.0f")
        how = f"multiplies {times} × as often as" if what else f"waits {times} × as long as"
        return f"L = {written(length, ',')}: the {self.worst} {how} the {self.best}"


def _apart(values: np.ndarray, factor: float) -> list[float]:
    """The values, moved so far apart that neighbours differ by the factor at least; the order stays."""
    order, placed = np.argsort(values), np.array(values, dtype=float)
    for low, high in itertools.pairwise(order):
        placed[high] = max(placed[high], placed[low] * factor)
    return placed.tolist()


class TwoImpulses(LiveFigure):
    """The same impulse at two times, in a text whose full stop may set the step size Δ."""

    TEXT = "once upon a time. the end is near"
    EARLY = 2

    controls = {  # noqa: RUF012
        "strength": slider(0.0, 1.0, 0.6, 0.05, label="strength of the full stop"),
        "late": slider(3, 15, 12, label="time of the later impulse"),
    }

    def __init__(self):
        super().__init__(height=5.8)
        self.length, self.stop = len(self.TEXT), self.TEXT.index(".")
        self.context = torch.tensor([float(letter == ".") for letter in self.TEXT])  # (L,)
        self.top, self.low = self.figure.subplots(2, 1, height_ratios=(1, 1.9))
        self._build_text()
        self._build_responses()

    def _build_text(self) -> None:
        self.top.set(xlim=(-0.7, self.length - 0.3), ylim=(0, 5.2), yticks=[0, 2, 4], ylabel="Δ")
        numbers = ["t = 0" if t == 0 else " " if t % 4 else str(t) for t in range(self.length)]
        letters = [letter.replace(" ", "␣") for letter in self.TEXT]
        self.top.set_xticks(range(self.length), map("\n".join, zip(letters, numbers, strict=True)))
        self.top.tick_params(axis="x", length=0, labelsize=15)
        self.steps = self.top.bar(range(self.length), [0] * self.length, width=0.7, color=style.GREY)
        (self.first,) = self.top.plot([self.EARLY], [1.6], "v", color=style.BLUE, ms=13)
        (self.second,) = self.top.plot([self.EARLY], [1.6], "v", mfc="white", mec=style.VERMILLION, mew=3, ms=12)
        self.first_word = style.label_line(self.top, "impulse", self.EARLY, 3.0, style.BLUE, ha="center")
        self.second_word = style.label_line(self.top, "later", 0, 3.0, style.VERMILLION, ha="center")
        self.stop_word = style.label_line(self.top, "full stop", self.stop + 0.6, 0, style.BLACK)
        self.move(*self.steps, self.first, self.second, self.first_word, self.second_word, self.stop_word)

    def _build_responses(self) -> None:
        self.low.set(xlim=(-0.4, 24.5), ylim=(-0.04, 1.12), yticks=[0, 0.5, 1], ylabel="response")
        self.low.set_xlabel("steps after the impulse")
        (self.early_line,) = self.low.plot([], [], "o-", color=style.BLUE, lw=4, ms=9)
        (self.late_line,) = self.low.plot([], [], "s--", color=style.VERMILLION, mfc="white", mew=2.5, lw=3, ms=8)
        style.label_line(self.low, "● the earlier impulse", 12.2, 1.0, style.BLUE, fontsize=15)
        style.label_line(self.low, "□ the later one, laid over it", 12.2, 0.85, style.VERMILLION, fontsize=15)
        self.move(self.early_line, self.late_line)

    def update(self, strength: float = 0.6, late: int = 12) -> str:
        bias = math.log(math.expm1(0.1))  # softplus of it is 0.1
        self.delta = torch.nn.functional.softplus(bias + 7 * strength * self.context)  # (L,)
        self.early_y, self.late_y = self._response(self.EARLY), self._response(late)  # (L − time,)
        both = min(len(self.early_y), len(self.late_y))
        self.gap = float(np.abs(self.early_y[:both] - self.late_y[:both]).max())
        for bar, height in zip(self.steps, self.delta.tolist(), strict=True):
            bar.set_height(height)
        self.steps[self.stop].set_color(style.BLACK)
        self.stop_word.set_y(max(0.5, self.delta[self.stop].item() - 0.45))
        self.second.set_xdata([late])
        self.second_word.set_x(min(max(late, self.EARLY + 3.6), self.stop - 1.8))
        shown = slice(0, 24)
        self.early_line.set_data(np.arange(len(self.early_y))[shown], self.early_y[shown])
        self.late_line.set_data(np.arange(len(self.late_y))[shown], self.late_y[shown])
        self.title(self.top, self._finding(late))
        apart = f"lie {self.gap:.2f} apart where they differ most" if self.gap >= SAME else "are the same"
        return (
            f"Δ is 0.10 at every letter and {self.delta[self.stop]:.2f} at the full stop. The same impulse at t = "
            f"{self.EARLY} and at t = {late}: the two responses {apart}. "
            f"The full stop leaves {100 * math.exp(-self.delta[self.stop]):.1f} % of the state."
        )

    def _response(self, at: int) -> np.ndarray:
        u = torch.zeros(1, 1, self.length)
        u[..., at] = 1.0  # (B, D, L)
        ten = torch.full((1, 1), 10.0)  # (D, N): 10 · Δ is 1 at a letter
        y = selective_scan_fn(u, self.delta.view(1, 1, -1), -torch.ones(1, 1), ten, torch.ones(1, 1))  # (B, D, L)
        return y[0, 0, at:].numpy()

    def _finding(self, late: int) -> str:
        if self.gap < SAME:
            return "Δ is the same everywhere: the same impulse, the same response"
        return f"The same impulse, {several(late - self.EARLY, 'step')} later: another response"
