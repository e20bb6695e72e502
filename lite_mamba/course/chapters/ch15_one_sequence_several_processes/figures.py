"""The figures of notebook 15: a part and its past, who waits for whom, a halo, what travels, and where it pays."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from ....distributed import own_part
from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider, toggle
from ...drawing.numbers import several, three_digits, written
from ...drawing.returned import of_copies, returned
from .costs import MACHINE, ring_bytes, ring_rounds, ring_work, scan_bytes, scan_rounds, scan_work, speed_up
from .exercises import corrected, own_start, summary

PALE_BLUE = "#D6E8F5"


def states_from(start: Tensor, delta: Tensor, A: Tensor, x: Tensor) -> Tensor:
    """The plain loop: all states (L, N) that follow from a start (N,)."""
    h, states = start, []
    for delta_t, x_t in zip(delta, x, strict=True):
        h = torch.exp(delta_t * A) * h + x_t
        states.append(h)
    return torch.stack(states)


def in_per_cent(share: float) -> str:
    """What is left of an end, or missing in a state; however little, it is never shown as nothing. Of nan, nan."""
    percent = 100 * share
    form = ".2f" if percent < 1 else ".0f" if percent < 10_000 else ".3g"
    return "under 0.01 %" if percent < 0.01 else f"{written(percent, form)} %"


def to_hundredths(value: float) -> str:
    """A state as a title writes it, in a few digits however large a wrong function makes it: 0.51, 2.03e5."""
    return written(value, ".2f" if abs(value) < 1000 else ".3g")


class Parts(LiveFigure):
    """One state over time, scanned in parts: what a process knows alone, and what it makes of the others' ends.

    Args:
        summary, start, correct: the functions of exercises 1, 2 and 3.
    """

    L, P = 96, 8

    controls = {  # noqa: RUF012
        "ranks": slider(4, P, 4, label="processes P"),
        "rank": slider(1, 3, 2, label="you are rank"),
        "half": slider(2.0, 64.0, 16.0, math.log10(2), label="half-life of the state", unit="steps", log=True),
        "told": toggle(False, label="the others have told"),
    }

    def __init__(self, summary=summary, start=own_start, correct=corrected):
        super().__init__(height=6.4)
        self.summary, self.start_of, self.correct = summary, start, correct
        generator = torch.Generator().manual_seed(3)
        self.delta = 0.5 + torch.rand(self.L, generator=generator)  # (L,)
        self.x = torch.rand(self.L, 1, generator=generator) * (torch.arange(self.L) % 12 < 5)[:, None]  # (L, 1)
        self.top, self.bars = self.figure.subplots(2, 1, height_ratios=(2.2, 1), sharex=True)
        self.top.set(xlim=(-1, self.L), ylim=(-0.06, 1.12), ylabel="state /\nits largest")
        self.top.set_yticks([0, 0.5, 1])
        self.top.tick_params(axis="x", bottom=False, labelbottom=False)
        self.bars.set(ylim=(0, 0.85), xlabel="time t (steps)", ylabel="end of\neach part")
        self.bars.set_yticks([0, 0.2, 0.4, 0.6, 0.8])
        self.bars.set_xticks([0, 24, 48, 72, 96])
        self.own = self.top.add_patch(
            Rectangle((0, -0.06), 1, 1.18, facecolor=PALE_BLUE, edgecolor=style.BLUE, lw=2, zorder=0)
        )
        (self.borders,) = self.top.plot([], [], "-", color=style.RULE, lw=1.5, zorder=1)
        (self.true,) = self.top.plot([], [], "-", color=style.BLACK, lw=2)
        (self.alone,) = self.top.plot([], [], "--", color=style.VERMILLION, lw=3.5)
        (self.begin,) = self.top.plot([], [], "D", color=style.BLUE, ms=15, mec="white", mew=1, zorder=5)
        (self.mended,) = self.top.plot([], [], "-", color=style.BLUE, lw=8, zorder=1.5)
        self.names = [self.top.text(0, 1.06, "", ha="center", va="center", fontsize=14) for _ in range(self.P)]
        self.ends = self.bars.bar(range(self.P), 0, width=5, facecolor="white", edgecolor=style.VERMILLION, lw=2.5)
        self.left = self.bars.bar(range(self.P), 0, width=5, facecolor=style.BLUE, edgecolor=style.BLUE, lw=2.5)
        self.words = [
            self.bars.text(0, 0, "", color=style.BLUE, fontsize=13, fontweight="bold", va="center")
            for _ in range(self.P)
        ]
        self.move(self.own, self.borders, self.mended, self.alone, self.true, self.begin, *self.names)
        self.move(*self.ends, *self.left, *self.words)

    @torch.no_grad()
    def update(self, ranks: int = 4, rank: int = 2, half: float = 16.0, told: bool = False) -> str:
        A = torch.tensor([-math.log(2) / half])
        parts = [own_part(self.L, rank=r, size=ranks) for r in range(ranks)]
        own = parts[rank]
        self.truth = states_from(torch.zeros(1), self.delta, A, self.x)  # (L, 1)
        scale = float(self.truth.max())
        alone = [states_from(torch.zeros(1), self.delta[part], A, self.x[part]) for part in parts]  # P × (L/P, 1)
        pairs = [self._pair(part, A) for part in parts]
        totals, ends = (torch.stack(told_all) for told_all in zip(*pairs, strict=True))  # (P,), (P, 1)
        start, mine = self._told(rank, totals, ends, A, alone[rank], own) if told else (torch.zeros(1), alone[rank])
        self.start, self.true_start = float(start[0]) / scale, float(self.truth[own.start - 1]) / scale
        self.error = float((mine - self.truth[own]).abs().max()) / scale
        self.equal = self.error < 1e-5  # more than any right function rounds
        self._compare(parts[:rank], pairs, alone, scale)
        self._draw_states(parts, own, [part / scale for part in alone], mine / scale, self.truth / scale, told)
        self.fades = [float(torch.exp(A * totals[q + 1 : rank].sum())) for q in range(rank)]
        self._draw_ends(parts, rank, ends[:, 0] / scale, self.fades, told)
        unseen = self._unseen(mine / scale, ends[:rank] / scale, told)
        return self._sentence(ranks, rank, told) + unseen + self._by(told)

    def _pair(self, part: slice, A: Tensor) -> tuple[Tensor, Tensor]:
        """What a part tells, by the function of exercise 1; it may write into what it is given, as the others may."""
        result = of_copies(self.summary, self.delta[part], A, self.x[part])
        if isinstance(result, (tuple, list)) and result and isinstance(result[0], (int, float)):
            result = torch.tensor(float(result[0])), *result[1:]  # a plain number is a total, too
        total, end = returned("summary", result, (), (1,))
        return total.float(), end.float()

    def _compare(self, before: list[slice], pairs: list[tuple[Tensor, Tensor]], alone: list[Tensor], scale: float):
        """Count the wrong pairs among those of the parts before, and say what is wrong in them; nan is wrong, too."""
        right = [
            (abs(float(total / self.delta[part].sum()) - 1) < 1e-4, abs(float(end - states[-1])) < 1e-4 * scale)
            for part, (total, end), states in zip(before, pairs, alone, strict=False)
        ]
        self.wrong_ends = sum(not end for _, end in right)
        wrong_totals = sum(not total for total, _ in right)
        wrong_pairs = sum(not (total and end) for total, end in right)
        wrong = "pair" if self.wrong_ends and wrong_totals else "end" if self.wrong_ends else "total"
        self.wrong = several(wrong_pairs, f"wrong {wrong}") if wrong_pairs else ""

    def _told(self, rank: int, totals: Tensor, ends: Tensor, A: Tensor, alone: Tensor, own: slice):
        """The start (1,) of a rank and its states (L / P, 1), by the functions of exercises 2 and 3."""
        (start,) = returned("own_start", of_copies(self.start_of, rank, totals, ends, A), (1,))
        mine = of_copies(self.correct, alone, start, self.delta[own], A)
        return start, *returned("corrected", mine, tuple(alone.shape))

    def _draw_states(self, parts, own, alone, mine, truth, told) -> None:
        t = np.arange(self.L)
        gap = [np.nan]
        self.true.set_data(t, truth[:, 0])
        self.alone.set_data(
            np.concatenate([np.append(t[part], -1) for part in parts]),
            np.concatenate([np.append(values[:, 0], gap) for values in alone]),
        )
        self.mended.set_data(t[own], mine[:, 0])
        self.mended.set_visible(told)
        self.begin.set_data([own.start - 0.5], [self.start if told else 0])
        self.own.set(x=own.start - 0.5, width=own.stop - own.start)
        edges = [part.start - 0.5 for part in parts[1:]]
        self.borders.set_data(np.repeat(edges, 3), [-0.06, 1.0, np.nan] * len(edges))
        for r, name in enumerate(self.names):
            name.set_visible(r < len(parts))
            if r < len(parts):
                name.set(text=f"rank {r}", x=(parts[r].start + parts[r].stop - 1) / 2)
                name.set(fontweight="bold" if parts[r] == own else "normal", fontsize=14 if len(parts) < 7 else 13)

    def _draw_ends(self, parts, rank, ends, fades, told) -> None:
        self.kept = [float(end) * fade for end, fade in zip(ends, fades, strict=False)]
        wide = max(2.2, 26 / len(parts) - 1.5)
        for q, (end, left, word) in enumerate(zip(self.ends, self.left, self.words, strict=True)):
            before = q < rank
            place = parts[q].stop - 1 - wide if q < len(parts) else 0
            for bar, height in ((end, float(ends[q]) if before else 0), (left, self.kept[q] if before and told else 0)):
                bar.set(x=place, width=wide, height=height)
                bar.set_visible(height > 0)
            word.set_visible(before and told)
            if before:
                above = max(float(ends[q]), self.kept[q])
                high = above > 0.69  # no true end is; beside such a bar its word can be read
                share = in_per_cent(fades[q]).replace("under", "<")
                text = f"{share} left" if len(parts) < 6 else share  # the words of eight parts stand side by side
                word.set(text=text, x=place - 0.7 if high else place + wide, ha="right")
                word.set_y(np.clip(above, 0, 0.6 if high else 0.69) + 0.13)

    def _sentence(self, ranks: int, rank: int, told: bool) -> str:
        off, many = in_per_cent(self.error), "s" if rank > 1 else ""
        before = f"the part{many}"
        if not told:
            self.title(self.top, f"Alone, rank {rank} is off by up to {off} of the largest state")
            right = f"The end{many} of {before} before yours, {'each ' if many else ''}from zero"
            wrong = f"What {before} before yours would tell: {several(self.wrong_ends, 'wrong end')}"
            self.title(self.bars, wrong if self.wrong_ends else right)
            return (
                f"{ranks} processes. Rank {rank} began from zero and knows nothing of {before} before. In truth it "
                f"begins at {self.true_start:.2f}. Its first step fades that, and its states are off by up to {off} of "
                f"the largest."
            )
        off = f"off by {'' if self.error < 1e-4 else 'up to '}{off}" if math.isfinite(self.error) else "not all numbers"
        words = "as one process has them" if self.equal else off
        off_by = words.endswith("%")
        said = f"rank {rank} is {words} of the largest state" if off_by else f"the states of rank {rank} are {words}"
        self.title(self.top, f"With {several(rank, 'pair')}, {said}")
        start, left, truth = (to_hundredths(value) for value in (self.start, sum(self.kept), self.true_start))
        what = f"What is left of the end{many}"
        if self.wrong:
            what = f"{self.wrong}: what is left"
        makes = "adds up to" if rank > 1 else "is"
        amount = f"the start: {start}" if start == left else f"{left}; the start is {start}"
        self.title(self.bars, f"{what} {makes} {amount}")
        wrong = f" ({self.wrong})" if self.wrong else ""
        instead = "" if start == truth else f", not at {truth}"
        whole = " of the largest" if off_by else ""
        return (
            f"{ranks} processes. Rank {rank} has {several(rank, 'pair')} from the rank{many} before{wrong}, and begins "
            f"at {start}{instead}. Its states are {words}{whole}."
        )

    def _unseen(self, mine: Tensor, ends: Tensor, told: bool) -> str:
        """What lies outside of the picture, because a function made it too large, or negative."""
        (low, high), (bottom, top) = self.top.get_ylim(), self.bars.get_ylim()
        states = int((mine.isfinite() & ~((low < mine) & (mine < high))).sum()) if told else 0
        begin = ["the start"] if told and math.isfinite(self.start) and not low < self.start < high else []
        bars = ends[:, 0].isfinite() & ~((bottom <= ends[:, 0]) & (ends[:, 0] < top))
        counts = [several(number, thing) for number, thing in ((states, "state"), (int(bars.sum()), "end")) if number]
        left = torch.tensor(self.kept)
        grown = int((left.isfinite() & (left >= top) & ~bars).sum()) if told else 0  # by a total that does not fade
        more = [f"what is left of {several(grown, 'end')}"] if grown else []
        outside = begin + counts + more
        return f" Outside the picture: {', '.join(outside)}." if outside else ""

    def _by(self, told: bool) -> str:
        """Whose functions made what is shown: alone, a rank shows the ends of the others."""
        named = {"pairs": self.summary, "start": self.start_of, "correction": self.correct}
        return self.whose_are(named if told else {"ends": self.summary})


class Waits(LiveFigure):
    """Which process works when: the state handed from rank to rank, or all at once with an exchange between."""

    WHOLE, P = 8.0, 8  # seconds that one process takes

    controls = {  # noqa: RUF012
        "ranks": slider(1, P, 4, label="processes P"),
        "exchange": slider(0.0, 1.0, 0.2, 0.1, label="time of an exchange", unit="s"),
        "way": choice(["hand on the state", "from zero, then once more"], "hand on the state", label="way"),
    }

    def __init__(self):
        super().__init__(height=5.4)
        ax = self.ax = self.figure.subplots()
        ax.set(xlim=(0, 16), ylim=(self.P + 0.5, -0.9), xlabel="time (s)", ylabel="rank")
        ax.set_xticks(range(0, 17, 2))
        ax.plot([self.WHOLE] * 2, [-0.9, self.P + 0.5], ":", color=style.BLACK, lw=3)
        style.label_line(ax, "one process", self.WHOLE + 0.15, self.P + 0.1, style.BLACK, fontsize=15)
        looks = {"height": 0.7, "lw": 1.5}
        rows = range(self.P)
        self.first = ax.barh(rows, 0, facecolor="white", edgecolor=style.VERMILLION, hatch="//", **looks)
        self.sent = ax.barh(rows, 0, facecolor=style.GREY, edgecolor=style.GREY, **looks)
        self.run = ax.barh(rows, 0, facecolor=style.BLUE, edgecolor=style.BLUE, **looks)
        words = {"fontsize": 15, "fontweight": "bold", "va": "center"}
        self.key = [
            ax.text(10.1, y, word, color=colour, **words)
            for y, word, colour in (
                (-0.5, "▨ scan from zero", style.VERMILLION),
                (0.2, "■ exchange", style.GREY),
                (0.9, "■ scan from the true start", style.BLUE),
            )
        ]
        self.move(ax.yaxis, *self.first, *self.sent, *self.run, *self.key[:2])

    def update(self, ranks: int = 4, exchange: float = 0.2, way: str = "hand on the state") -> str:
        part, chain = self.WHOLE / ranks, way == "hand on the state"
        sends = exchange if ranks > 1 else 0.0
        self.ax.set_yticks(range(ranks))
        for r in range(self.P):
            if r >= ranks:
                spans = [(0, 0)] * 3
            elif chain:
                begin = r * (part + sends)
                spans = [(0, 0), (begin - sends, sends) if r else (0, 0), (begin, part)]
            elif ranks == 1:
                spans = [(0, 0), (0, 0), (0, part)]
            else:
                spans = [(0, part), (part, sends), (part + sends, part)]
            for bars, (x, width) in zip((self.first, self.sent, self.run), spans, strict=True):
                bars[r].set(x=x, width=width)
                bars[r].set_visible(width > 0)
        self.key[0].set_visible(not chain and ranks > 1)
        self.key[1].set_visible(sends > 0)
        self.end = ranks * part + (ranks - 1) * sends if chain else (2 * part + sends if ranks > 1 else part)
        if ranks == 1:
            self.title(self.ax, f"1 process takes {self.end:.1f} s")
            return f"1 process has the whole sequence, exchanges nothing, and is done after {self.end:.1f} s."
        few = f"{ranks} processes"
        self.title(self.ax, f"{few} take {self.end:.1f} s, one takes {self.WHOLE:.1f} s")
        busy = "one at a time" if chain else "all at once"
        which = "each" if chain and ranks > 2 else "the"
        return (
            f"{way[0].upper()}{way[1:]}, {few}, {exchange:.1f} s for {which} exchange: the processes work {busy}, and "
            f"the last one is done after {self.end:.1f} s. One process takes {self.WHOLE:.1f} s."
        )


class Halo(LiveFigure):
    """The first outputs of a part, for a halo of some length: those that lack a sample are wrong."""

    TAPS, BACK, AHEAD = 4, 16, 15
    EDGE = 0.09  # half of a sample's height: a line ends below its sample, and not between two

    controls = {  # noqa: RUF012
        "halo": slider(0, 15, 3, label="samples of the halo"),
        "dilation": slider(1, 5, 1, label="dilation"),
    }

    def __init__(self):
        super().__init__(height=4.6)
        ax = self.ax = self.figure.subplots()
        ax.set(
            xlim=(-self.BACK - 0.8, self.AHEAD + 0.8),
            ylim=(-0.75, 1.8),
            yticks=[],
            xlabel="sample, counted from the beginning of the part",
        )
        ax.set_xticks([-15, -10, -5, 0, 5, 10, 15])
        ax.spines["left"].set_visible(False)
        ax.plot([-0.5, -0.5], [-0.7, 1.45], "-", color=style.BLACK, lw=3)
        words = {"fontsize": 15, "fontweight": "bold", "va": "center"}
        ax.text(-self.BACK - 0.5, 1.62, "the rank before", ha="left", color=style.GREY, **words)
        ax.text(self.AHEAD + 0.5, 1.62, "your part", ha="right", color=style.BLACK, **words)
        ax.text(-self.BACK - 0.5, 0, "outputs: wrong ✕, right ●", ha="left", color=style.BLACK, **words)
        looks = {"ls": "none", "ms": 15, "mew": 2.5}
        own = np.arange(self.AHEAD + 1)
        ax.plot(own, 0 * own + 1, "s", color=style.BLUE, zorder=3, **looks)
        (self.reads,) = ax.plot([], [], "-", color=style.VERMILLION, lw=2, zorder=1)
        (self.missing,) = ax.plot([], [], "s", mfc="white", mec=style.VERMILLION, zorder=3, **looks)
        (self.known,) = ax.plot([], [], "s", color=style.BLUE, zorder=3, **looks)
        (self.right,) = ax.plot([], [], "o", color=style.GREEN, zorder=3, **looks)
        (self.wrong,) = ax.plot([], [], "X", color=style.VERMILLION, zorder=3, **looks)
        self.word = ax.text(0, 1.36, "halo", ha="center", color=style.BLUE, **words)
        self.move(self.reads, self.missing, self.known, self.right, self.wrong, self.word)

    def update(self, halo: int = 3, dilation: int = 1) -> str:
        self.reach = (self.TAPS - 1) * dilation
        outputs = np.arange(self.AHEAD + 1)
        lags = dilation * np.arange(self.TAPS)
        read = outputs[:, None] - lags  # (outputs, taps): the samples that each output reads
        absent = read < -halo
        self.broken = int(absent.any(1).sum())
        before = -np.arange(1, self.BACK + 1)
        self.known.set_data(before[before >= -halo], np.ones(min(halo, self.BACK)))
        self.missing.set_data(before[before < -halo], np.ones(self.BACK - halo))
        self.wrong.set_data(outputs[absent.any(1)], np.zeros(self.broken))
        self.right.set_data(outputs[~absent.any(1)], np.zeros(len(outputs) - self.broken))
        x, y = [], []
        for output, row in zip(outputs, np.where(absent, read, self.AHEAD + 1), strict=True):
            for sample in row[row <= self.AHEAD]:
                x += [output, sample, np.nan]
                y += [self.EDGE, 1 - self.EDGE, np.nan]
        self.reads.set_data(x, y)
        self.word.set(x=min(-(halo + 1) / 2, -1.6), text="halo" if halo else "")  # not across the border
        wrong, reads, are = (
            ("1 output", "reads", "is") if self.broken == 1 else (f"{self.broken} outputs", "read", "are")
        )
        self.title(self.ax, f"Dilation {dilation}, a halo of {halo}: {wrong} of the part {are} wrong")
        return (
            f"{self.TAPS} taps, dilation {dilation}: the oldest tap reads {self.reach} samples back, the halo has "
            f"{halo}. {wrong} of the part {reads} a sample that is not there."
        )


BYTES = {1e9: "GB", 1e6: "MB", 1e3: "kB"}
NUMBERS = {1e12: "trillion", 1e9: "billion", 1e6: "million"}


def counted(number: float, units: dict[float, str]) -> str:
    """A count to three digits in the largest unit that it fills: 1.20 MB, 412 billion. Below all units as it is: 63."""
    size = next((size for size in units if number >= size), None)
    return f"{three_digits(number / size)} {units[size]}" if size else written(number, ",.0f")


class Count(NamedTuple):
    """What `Travel` counts for the ring and for the scan: in which units, and on an axis that holds all of it."""

    ring: Callable
    scan: Callable
    name: str  # of what `scan` counts
    units: dict[float, str]
    label: str
    between: tuple[float, float]
    ticks: dict[float, str]


class Travel(LiveFigure):
    """What one process receives, or computes, for a layer: an attention whose keys go round a ring, and a scan."""

    QUANTITIES = {  # noqa: RUF012
        "bytes that a process receives": Count(
            *(ring_bytes, scan_bytes, "scan and halo", BYTES, "bytes received", (3e4, 1e11)),
            {1e5: "100 kB", 1e6: "1 MB", 1e7: "10 MB", 1e8: "100 MB", 1e9: "1 GB", 1e10: "10 GB"},
        ),
        "multiplications of a process, on average": Count(
            *(ring_work, scan_work, "scan", NUMBERS, "multiplications", (3e5, 3e16)),
            {1e6: "million", 1e9: "billion", 1e12: "trillion", 1e15: "1000 trillion"},
        ),
        "rounds of messages, one after the other": Count(
            *(ring_rounds, scan_rounds, "scan and halo", {}, "rounds of messages", (0.8, 90)),
            {rounds: str(rounds) for rounds in (1, 2, 4, 8, 16, 32, 64)},
        ),
    }

    controls = {  # noqa: RUF012
        "length": slider(1024, 4194304, 65536, math.log10(2), label="length L", unit="tokens", log=True),
        "ranks": slider(2, 64, 8, math.log10(2), label="processes P", log=True),
        "what": choice(list(QUANTITIES), "bytes that a process receives", label="count"),
    }

    def __init__(self):
        super().__init__(height=5.2)
        ax = self.ax = self.figure.subplots()
        ax.set(xscale="log", yscale="log", xlim=(900, 3e8), xlabel="length L (tokens)")
        ax.set_xticks([1e3, 1e4, 1e5, 1e6], ["1 thousand", "10 thousand", "100 thousand", "1 million"])
        ax.grid(True, axis="y")
        self.L = np.geomspace(1024, 4194304, 200)
        (self.scan,) = ax.plot(self.L, self.L, "-", color=style.BLUE, lw=5)
        (self.ring,) = ax.plot(self.L, self.L, "--", color=style.VERMILLION, lw=5)  # where they meet, both are seen
        (self.here,) = ax.plot([], [], ":", color=style.BLACK, lw=3)
        (self.dots,) = ax.plot([], [], "o", color=style.BLACK, ms=12)
        beside = {"fontsize": 16, "transform": ax.get_xaxis_transform()}  # their height is a share of the axis
        self.names = [
            style.label_line(ax, "attention in a ring", 6e6, 0, style.VERMILLION, **beside),
            style.label_line(ax, "scan", 6e6, 0, style.BLUE, **beside),
        ]
        self.move(ax.yaxis, self.scan, self.ring, self.here, self.dots, *self.names)
        self.title(ax, "L")
        self._show_axis("multiplications of a process, on average")  # its words are the widest: there is room for all
        self._draw_still()

    def _show_axis(self, what: str) -> None:
        self.shown, count = what, self.QUANTITIES[what]
        self.ax.set(ylim=count.between, ylabel=count.label)
        self.ax.set_yticks(list(count.ticks), list(count.ticks.values()))
        self.ax.minorticks_off()
        self.names[1].set_text(count.name)

    def update(self, length: float = 65536, ranks: float = 8, what: str = "bytes that a process receives") -> str:
        L, P = round(length), round(ranks)
        ring, scan, name, units, _, between, _ = self.QUANTITIES[what]
        if what != self.shown:
            self._show_axis(what)
        for line, count in ((self.ring, ring), (self.scan, scan)):
            line.set_ydata(count(self.L, P))
        bottom, top = np.log(between)
        ends = [float(np.log(count(self.L[-1], P)) - bottom) / (top - bottom) for count in (ring, scan)]
        apart = max(0.05 - abs(ends[0] - ends[1]) / 2, 0) * math.copysign(1, ends[0] - ends[1])  # so names do not meet
        for label, end, shift in zip(self.names, ends, (apart, -apart), strict=True):
            label.set_y(end + shift)
        self.values = float(ring(L, P)), float(scan(L, P))
        self.here.set_data([L, L], [between[0], max(self.values)])
        self.dots.set_data([L, L], self.values)
        self.times = self.values[0] / self.values[1]
        long = written(L, ",.10g")
        amounts = [counted(value, units) for value in self.values]
        self.title(self.ax, f"L = {long}, P = {P}: ring {amounts[0]}, {name} {amounts[1]}")
        ratio = f" About {written(float(f'{self.times:.2g}'), ',.10g')} to 1." if units else ""
        return (
            f"L = {long} on {P} processes, {what}: {amounts[0]} for attention in a ring, {amounts[1]} for the {name}."
            f"{ratio}"
        )


def times_as_fast(value: float, ranks: int) -> str:
    """To three digits; to four where three would say as fast as one, or P times as fast, and it is not."""
    said = three_digits(value)
    return written(value, ".4g") if float(said) in (1, ranks) and float(said) != value else said


class Pays(LiveFigure):
    """How many times as fast P processes are as one: a model of a forward pass that starts with measured times."""

    START = round(1e6 * MACHINE.message)  # microseconds

    controls = {  # noqa: RUF012
        "length": slider(1024, 4194304, 65536, math.log10(2), label="length L", unit="tokens", log=True),
        "message": slider(1.3, 1300.0, START, 1.0, label="time of one message", unit="µs", log=True),
        "memory": slider(450, 450000, MACHINE.memory, 1.0, label="an end looks back up to", unit="tokens", log=True),
    }

    def __init__(self):
        super().__init__(height=5.6)
        ax = self.ax = self.figure.subplots()
        ax.set(xscale="log", yscale="log", xlim=(0.88, 84), ylim=(0.05, 100))
        ax.set(xlabel="processes P", ylabel="times as fast as one")
        ax.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
        ticks = (0.1, 0.2, 0.5, 1, 2, 4, 8, 16, 32, 64)
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        self.P = 2 ** np.arange(7)
        ax.plot(self.P, self.P, "--", color=style.GREY, lw=3)
        ax.axhspan(0.05, 1, facecolor="white", hatch="//", edgecolor=style.RULE, lw=1.5, zorder=0)
        style.label_line(ax, "P times", 20, 42, style.GREY, fontsize=17, ha="right")
        box = {"facecolor": "white", "edgecolor": "none", "pad": 3}
        style.label_line(ax, "slower than one process", 1.1, 0.075, style.BLACK, fontsize=17, bbox=box)
        (self.line,) = ax.plot(self.P, self.P, "-o", color=style.BLUE, lw=5, ms=10)
        (self.best,) = ax.plot([], [], "D", color=style.VERMILLION, ms=17, mec=style.BLACK, mew=2)
        self.move(self.line, self.best)

    def update(self, length: float = 65536, message: float = START, memory: float = MACHINE.memory) -> str:
        L = round(length)
        machine = MACHINE._replace(message=message / 1e6, memory=round(memory))
        self.values = np.array([speed_up(machine, L, int(P)) for P in self.P])
        self.line.set_ydata(self.values)
        best = int(self.values.argmax())
        self.at, self.times = int(self.P[best]), float(self.values[best])
        self.best.set_data([self.at], [self.times])
        fastest, as_one = "1 process is the fastest", " as fast as one"
        if self.at > 1:
            fastest = f"{self.at} processes are the fastest, {times_as_fast(self.times, self.at)} times{as_one}"
            as_one = ""  # of what the times are is said already
        self.title(self.ax, f"L = {written(L, ',.10g')}: {fastest}")
        return (
            f"L = {written(L, ',.10g')}, {written(message, ',.10g')} µs a message, ends that look back "
            f"up to {written(memory, ',.0f')} tokens: {fastest}. "
            f"2 processes: {times_as_fast(self.values[1], 2)} times, "
            f"{self.P[-1]} processes: {times_as_fast(self.values[-1], self.P[-1])} times{as_one}."
        )
