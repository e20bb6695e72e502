"""The figures of notebook 03: what a convolution remembers between two samples, and what happens if it does not."""

import math

import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from torch import Tensor

from lite_mamba import causal_dilated_conv1d_fn

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import opening, several, written
from ...drawing.returned import of_copies, returned
from ...tasks import membrane_voltage
from . import exercises as spec

PALE_BLUE = "#D6E8F5"


def _unseen(outputs: np.ndarray, low: float, high: float) -> dict[str, int]:
    """How many outputs have no place in a frame from low to high, and why."""
    nans = int(np.isnan(outputs).sum())
    beyond = int((~((outputs >= low) & (outputs <= high))).sum()) - nans
    return {why: number for why, number in (("outside of the frame", beyond), ("not a number", nans)) if number}


def _told(unseen: dict[str, int]) -> str:
    return "".join(f" {opening(why)}: {several(number, 'output')}." for why, number in unseen.items())


class BufferAtWork(LiveFigure):
    """A stream, the history that is kept of it, and the outputs, one more with each sample.

    Args:
        step: (x, history, weight, bias, dilation) to (output, next history), the function of exercise 3.
        name: what the step is called beside its outputs; without a name, whose it is.
    """

    SAMPLES = (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4)
    TAPS = (1, 2, 4)
    HEIGHTS = (-2, 66)  # of the outputs that are drawn in their places; others are crosses at its ends

    controls = {  # noqa: RUF012
        "t": slider(0, len(SAMPLES) - 1, 11, label="time t", unit="samples"),
        "dilation": slider(1, 4, 2, label="dilation", unit="samples"),
    }

    def __init__(self, step=spec.conv_step, name: str = ""):
        super().__init__(height=5.4)
        self.step, self.name = step, name
        self.known: dict[int, tuple] = {}  # what the step does, by dilation
        self.stream = torch.tensor(self.SAMPLES, dtype=torch.float32)  # (L,)
        self.weight, self.bias = torch.tensor([self.TAPS], dtype=torch.float32), torch.zeros(1)  # (1, W), (1,)
        self.cells, self.plot = self.figure.subplots(2, 1, sharex=True, height_ratios=(1.15, 1))
        self._draw_cells()
        self._draw_plot()

    def update(self, t: int = 11, dilation: int = 2) -> str:
        self.lag = (len(self.TAPS) - 1) * dilation
        self.parallel = causal_dilated_conv1d_fn(
            self.stream[None, None], self.weight, self.bias, dilation=dilation
        ).flatten()  # (L,)
        self._run(t, dilation)
        self.taps = [t - back * dilation for back in reversed(range(len(self.TAPS)))]
        self._show_stream(t)
        self._show_history(t)
        self._show_output(t)
        self.title(self.cells, self._finding())
        held = "" if self.remembered else ", which do not hold the samples just before"
        read = ", ".join(written(tap, "d") for tap in self.taps)
        early = " (zeros before t = 0)" if self.taps[0] < 0 else ""
        taps = "taps read" if self.sound else "taps should read"
        wrong = "The first output is" if t == 0 else f"{self._how_many_are_wrong('outputs', 'is', 'are')}"
        verdict = f"{wrong} wrong." if self.wrong else f"{self._so_far()} the single pass."
        by = f" The step is {self.whose}." if self.whose else ""
        return (
            f"At t = {t} with dilation {dilation} the history has {self.lag} columns{held}. The {taps} the samples at "
            f"t = {read}{early}, and the output is {self._output(t)}. {verdict}"
            f"{_told(self.unseen)}{by}"
        )

    @property
    def whose(self) -> str:
        return self.name or self.owner(self.step)

    def _finding(self) -> str:
        if self.wrong and len(self.streamed) == 1:
            return "The first streamed output differs from the single pass"
        if self.wrong:
            return f"{self._how_many_are_wrong('streamed outputs', 'differs', 'differ')} from the single pass"
        if not self.sound:  # wrong later, or right by chance
            return f"{self._so_far()} the single pass"
        if self.taps[0] < 0:  # fewer samples have come than the history has columns
            return "The history, at first zeros, and the new sample are enough"
        return f"The last {self.lag} samples and the new one are enough"

    def _how_many_are_wrong(self, outputs: str, one: str, many: str) -> str:
        return f"{self.wrong} of {len(self.streamed)} {outputs} {one if self.wrong == 1 else many}"

    def _output(self, t: int) -> str:
        """The output at t, where it is wrong in as many digits as tell it from the right one."""
        words = [[written(y[t], f".{digits}g") for y in (self.streamed, self.parallel)] for digits in range(4, 8)]
        return next((given for given, right in words if given != right and not self.equal[t]), words[0][0])

    def _so_far(self) -> str:
        steps = len(self.streamed)
        return "The first output equals" if steps == 1 else f"The {steps} outputs so far equal"

    @torch.no_grad()
    def _run(self, t: int, dilation: int) -> None:
        """What the step does up to t; `sound` is of all 20 samples."""
        if dilation not in self.known:
            self.known[dilation] = self._fed(dilation)
        held, outputs, true, self.equal = self.known[dilation]
        self.sound = bool(self.equal.all() and true.all())
        self.history, self.remembered = held[t], true[t]
        self.streamed, self.wrong = np.array(outputs[: t + 1]), int((~self.equal[: t + 1]).sum())  # (t + 1,)

    def _fed(self, dilation: int) -> tuple[list, list, np.ndarray, np.ndarray]:
        """All samples fed to the step, one at a time: the histories and the outputs, and which of each are right."""
        history, outputs, held = torch.zeros(1, 1, self.lag), [], []
        for i in range(len(self.SAMPLES)):
            held.append(history.flatten().tolist())  # before sample i
            given = self.stream[i].view(1, 1), history, self.weight, self.bias, dilation
            y, history = returned("the step", of_copies(self.step, *given), (1, 1), (1, 1, self.lag))
            outputs.append(float(y))
        past = np.array([0] * self.lag + list(self.SAMPLES[:-1]))
        true = np.isclose(held, np.lib.stride_tricks.sliding_window_view(past, self.lag)).all(axis=1)  # (L,)
        return held, outputs, true, np.isclose(outputs, self.parallel.numpy(), atol=1e-4)  # (L,)

    def _draw_cells(self) -> None:
        longest = (len(self.TAPS) - 1) * self.controls["dilation"].high
        self.first = -longest
        self.cells.set(xlim=(self.first - 4.6, len(self.SAMPLES) - 0.4), ylim=(-0.98, 2.6))
        self.cells.axis("off")
        notes = {"ha": "right", "va": "center", "fontsize": 14, "fontweight": "bold"}
        edge = self.first - 1.1
        self.cells.text(edge, 2, "stream", color=style.BLACK, **notes)
        self.cells.text(edge, 0.6, "history\nand now", color=style.BLUE, **notes)
        self.tap_name = self.cells.text(edge, -0.55, "", color=style.VERMILLION, **notes)
        self.stream_cells = [self._cell(i, 2) for i in range(len(self.SAMPLES))]
        self.kept_cells = [self._cell(0, 0.6) for _ in range(longest)]
        self.now = self._cell(0, 0.6)
        self.tap_notes = [
            self.cells.text(0, -0.55, str(tap), ha="center", va="center", color=style.VERMILLION, fontsize=13,
                            fontweight="bold")
            for tap in self.TAPS
        ]  # fmt: skip
        (self.fall,) = self.cells.plot([0, 0], [1.15, 1.45], color=style.BLACK, ls="-", lw=2.5)
        self.move(self.fall, self.tap_name, *self.tap_notes)

    def _cell(self, x: float, y: float) -> tuple[Rectangle, object]:
        box = self.cells.add_patch(Rectangle((x - 0.44, y - 0.42), 0.88, 0.84, lw=2))
        text = self.cells.text(x, y, "", ha="center", va="center_baseline", fontsize=14)
        self.move(box, text)
        return box, text

    def _place(self, cell, x: float, value: float, face: str, ink: str, edge: str, weight: str = "normal") -> None:
        box, text = cell
        box.set(x=x - 0.44, facecolor=face, edgecolor=edge, visible=True)
        word = written(value, "g")
        word = word if len(word) < 5 else "…"
        size = (14, 14, 9, 7)[len(word) - 1]  # two digits fill a cell, and bold ones are wider
        text.set(x=x, text=word, color=ink, fontsize=size, fontweight=weight if size == 14 else "normal", visible=True)

    def _show_stream(self, t: int) -> None:
        for i, cell in enumerate(self.stream_cells):
            if i > t:
                self._place(cell, i, 0, "white", style.GREY, "#949494")
                cell[1].set_text("")
            elif i == t:
                self._place(cell, i, self.SAMPLES[i], style.BLACK, "white", style.BLACK, "bold")
            else:
                kept = t - i <= self.lag
                self._place(cell, i, self.SAMPLES[i], "white", style.BLACK if kept else style.GREY, "#949494")
        self.fall.set_xdata([t, t])

    def _show_history(self, t: int) -> None:
        for j, (box, text) in enumerate(self.kept_cells):
            if j >= self.lag:
                box.set_visible(False)
                text.set_visible(False)
                continue
            at = t - self.lag + j
            tap = at in self.taps
            self._place(
                (box, text), at, self.history[j], PALE_BLUE, style.BLACK,
                style.VERMILLION if tap else style.BLUE, "bold" if tap else "normal",
            )  # fmt: skip
            box.set(linewidth=4 if tap else 1.5, zorder=2 if tap else 1)
        self._place(self.now, t, self.SAMPLES[t], style.BLACK, "white", style.VERMILLION, "bold")
        self.now[0].set_linewidth(4)
        self.tap_name.set_text("× tap" if self.sound else "× tap, as it\nshould be")
        for note, at in zip(self.tap_notes, self.taps, strict=True):
            note.set_x(at)

    def _draw_plot(self) -> None:
        self.plot.set(ylim=self.HEIGHTS, ylabel="output", xlabel="time t (samples)")
        self.plot.set_xticks(range(0, len(self.SAMPLES), 2))
        times = np.arange(len(self.SAMPLES))
        (self.whole,) = self.plot.plot(times, times * 0, "o-", color="#949494", mfc="white", mew=2.5, ms=12, lw=2)
        (self.grown,) = self.plot.plot([], [], "o", color=style.VERMILLION, ms=8, ls="none")
        (self.drop,) = self.plot.plot([0, 0], [0, 0], color=style.VERMILLION, ls=":", lw=2.5)
        (self.crosses,) = self.plot.plot([], [], "X", color=style.VERMILLION, ms=10, ls="none")
        self.move(self.whole, self.drop, self.grown, self.crosses)
        x = self.first - 3.2
        self.plot.plot([x], [59], "o", color="#949494", mfc="white", mew=2.5, ms=12)
        self.plot.plot([x], [44], "o", color=style.VERMILLION, ms=8)
        style.label_line(self.plot, "one pass over everything", x + 0.8, 59, style.GREY, fontsize=13)
        style.label_line(self.plot, "step by step", x + 0.8, 44, style.VERMILLION, fontsize=13)
        self.by = style.label_line(self.plot, "", x + 0.8, 32, style.VERMILLION, fontsize=13, fontweight="normal")
        self.cross_note = style.label_line(self.plot, "", x - 0.4, 21, style.VERMILLION, fontsize=13)
        self.sum_note = style.label_line(self.plot, "", x - 0.4, 10, style.BLACK, fontsize=15)
        self.move(self.sum_note, self.by, self.cross_note)

    def _show_output(self, t: int) -> None:
        self.by.set_text(f"(the step is {self.whose})" if self.whose else "")
        self.whole.set_ydata(self.parallel)
        low, high = self.HEIGHTS
        self.unseen = _unseen(self.streamed, low, high)
        outside = ~((self.streamed >= low) & (self.streamed <= high))  # (t + 1,): a nan is, too
        times, places = np.arange(t + 1), np.nan_to_num(self.streamed, nan=low).clip(low + 2.5, high - 2.5)
        self.grown.set_data(times[~outside], self.streamed[~outside])
        self.crosses.set_data(times[outside], places[outside])
        self.cross_note.set_text("× " + " or ".join(self.unseen) if self.unseen else "")
        self.drop.set_data([t, t], [places[t] if outside[t] else self.streamed[t], high])
        values = [self.SAMPLES[at] if at >= 0 else 0 for at in self.taps]
        terms = " + ".join(f"{tap}·{value}" for tap, value in zip(self.TAPS, values, strict=True))
        self.sum_note.set_text(f"{terms} {'=' if self.equal[t] else '≠'} {self._output(t)}")


class KeptSamples(LiveFigure):
    """Outputs after a pause when only some of the samples before it were kept."""

    TAPS = 4
    BEFORE, AFTER = 34, 40

    controls = {  # noqa: RUF012
        "kept": slider(0, 32, 10, label="samples kept"),
        "dilation": slider(1, 8, 8, label="dilation", unit="samples"),
    }

    def __init__(self):
        super().__init__(height=4.8)
        self.signal = membrane_voltage(2070)[-self.BEFORE - self.AFTER :]  # (BEFORE + AFTER,), mV
        self.weight = torch.full((1, self.TAPS), 1 / self.TAPS)  # (1, W): the mean of four samples
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-self.BEFORE - 0.5, self.AFTER), ylim=(-54, 15))
        self.ax.set(xlabel="samples before and after the pause", ylabel="millivolts")
        self.ax.axvline(-0.5, color=style.BLACK, lw=2, ls="-")
        past = self.signal[: self.BEFORE].numpy()
        self.ax.plot(range(-self.BEFORE, 0), past, color="#949494", ls="-", lw=3)
        notes = [
            self.ax.text(-self.BEFORE, 11, "input before the pause", color=style.BLACK, va="center", fontsize=14),
            self.ax.text(0.4, 11, "outputs after the pause", color=style.BLACK, va="center", fontsize=14),
            self.ax.text(0.4, 5, "○ had everything been kept", color=style.GREY, va="center", fontsize=14),
            self.ax.text(0.4, -1, "● right", color=style.BLUE, va="center", fontweight="bold"),
        ]
        self.band = self.ax.axvspan(-1, -0.5, color=PALE_BLUE, lw=0, zorder=0)
        (self.known,) = self.ax.plot([], [], "s-", color=style.BLUE, ms=6, lw=3)
        (self.right,) = self.ax.plot([], [], "o-", color="#949494", mfc="white", mew=2.5, ms=10, lw=2)
        (self.good,) = self.ax.plot([], [], "o", color=style.BLUE, ms=6, ls="none")
        (self.bad,) = self.ax.plot([], [], "X", color=style.VERMILLION, ms=10, ls="none")
        self.kept_note = self.ax.text(-1, -51, "", color=style.BLUE, ha="right", va="center", fontweight="bold")
        self.bad_note = self.ax.text(8, -1, "", color=style.VERMILLION, va="center", fontweight="bold")
        self.move(self.band, self.known, self.right, self.good, self.bad, *notes, self.kept_note, self.bad_note)

    def update(self, kept: int = 10, dilation: int = 8) -> str:
        self.lag = (self.TAPS - 1) * dilation
        x, history = self.signal[self.BEFORE :], self.signal[: self.BEFORE].clone()  # (AFTER,), (BEFORE,)
        self.truth = self._outputs(x, history, dilation)
        history[: self.BEFORE - kept] = 0  # forgotten
        self.outputs = self._outputs(x, history, dilation)
        self.wrong = ~np.isclose(self.outputs, self.truth, atol=1e-3)  # (AFTER,)
        self._show(kept)
        bad = int(self.wrong.sum())
        self.title(self.ax, self._finding(kept, bad))
        return (
            f"{kept} {'sample is' if kept == 1 else 'samples are'} kept; the kernel looks back {self.lag}. "
            f"{'No output is wrong' if bad == 0 else 'Wrong outputs: the first' + (f' {bad}' if bad > 1 else '')}."
            + (f" Never read of what was kept: {kept - self.lag}." if kept > self.lag else "")
        )

    def _finding(self, kept: int, bad: int) -> str:
        if bad:
            return f"{kept} kept: {'the next output is' if bad == 1 else f'the next {bad} outputs are'} wrong"
        spare = kept - self.lag
        return f"{kept} kept: every output is right" + (f", {spare} kept for nothing" if spare else "")

    def _outputs(self, x: Tensor, history: Tensor, dilation: int) -> np.ndarray:
        y = causal_dilated_conv1d_fn(
            x[None, None], self.weight, dilation=dilation, initial_state=history[None, None]
        )  # (1, 1, AFTER)
        return y.flatten().numpy()

    def _show(self, kept: int) -> None:
        times = np.arange(self.AFTER)
        self.band.set(x=-kept - 0.5, width=kept)
        self.known.set_data(np.arange(-kept, 0), self.signal[self.BEFORE - kept : self.BEFORE].numpy())
        self.right.set_data(times, self.truth)
        self.good.set_data(times[~self.wrong], self.outputs[~self.wrong])
        self.bad.set_data(times[self.wrong], self.outputs[self.wrong])
        self.kept_note.set_text(f"{kept} kept")
        self.bad_note.set_text("× wrong" if self.wrong.any() else "")


class SharedHistory(LiveFigure):
    """The columns that parallel branches read, and the one history that holds all but the present one."""

    DILATIONS = (1, 2, 4, 8, 16)
    REACH = 48

    controls = {  # noqa: RUF012
        "branches": slider(1, 5, 5, label="branches"),
        "d_conv": slider(2, 4, 4, label="taps d_conv"),
    }

    def __init__(self):
        super().__init__(height=4.8)
        self.ax = self.figure.subplots()
        rows = len(self.DILATIONS) + 1
        self.ax.set(xlim=(-self.REACH - 8.5, 9.5), ylim=(rows + 0.25, -1.1))
        self.ax.set_xticks(range(-self.REACH, 1, 8), [str(-x) for x in range(-self.REACH, 1, 8)])
        self.ax.set_xlabel("samples back in time (0 is now)")
        self.ax.set_yticks([])
        self.ax.spines[["left", "bottom"]].set_visible(False)
        self.cells = {}
        for row in range(rows):
            self.cells[row] = self._row(row + (0.45 if row == rows - 1 else 0))
        self.ax.text(3, -0.8, "columns", ha="left", va="center", fontsize=13, color=style.GREY)

    def update(self, branches: int = 5, d_conv: int = 4) -> str:
        dilations = self.DILATIONS[:branches]
        self.separate = sum((d_conv - 1) * d + 1 for d in dilations)
        self.shared = max((d_conv - 1) * d for d in dilations)
        self.read = {d: [-back * d for back in range(d_conv)] for d in dilations}
        for row, d in enumerate(self.DILATIONS):
            if d in self.read:
                self._show_row(row, f"dilation {d}", (d_conv - 1) * d + 1, self.read[d])
            else:
                self._hide(row)
        taps = {at for positions in self.read.values() for at in positions}
        name = "history" if branches == 1 else "shared"
        self._show_row(len(self.DILATIONS), name, self.shared, sorted(taps), shared=True)
        if branches == 1:
            self.title(self.ax, f"One branch: {several(self.shared, 'column')} of history")
            return (
                f"1 branch with {d_conv} taps. A window, with the present sample, takes {self.separate} columns; "
                f"a history takes {self.shared}."
            )
        self.title(self.ax, f"One shared history: {self.shared} columns instead of {self.separate}")
        return (
            f"{branches} branches with {d_conv} taps. A window for each, with the present "
            f"sample, takes {self.separate} columns in all; one shared history takes {self.shared}."
        )

    def _row(self, y: float) -> dict:
        band = self.ax.add_patch(Rectangle((0, y - 0.36), 1, 0.72, lw=1.5))
        grid = LineCollection([], colors="white", lw=1)
        self.ax.add_collection(grid)
        (taps,) = self.ax.plot([], [], "o", ms=7, ls="none")
        name = self.ax.text(0, y, "", ha="right", va="center", fontsize=14)
        count = self.ax.text(3, y, "", ha="left", va="center", fontsize=16, fontweight="bold")
        self.move(band, grid, taps, name, count)
        return {"y": y, "band": band, "grid": grid, "taps": taps, "name": name, "count": count}

    def _show_row(self, row: int, name: str, columns: int, taps: list[int], shared: bool = False) -> None:
        parts = self.cells[row]
        y, newest = parts["y"], -1 if shared else 0
        left = newest - columns + 0.5
        parts["band"].set(x=left, width=columns, facecolor=style.BLUE if shared else PALE_BLUE, edgecolor=style.BLUE)
        edges = left + np.arange(1, columns)
        parts["grid"].set_segments([[(x, y - 0.36), (x, y + 0.36)] for x in edges])
        inside = [at for at in taps if at <= newest]
        parts["taps"].set_data(inside, [y] * len(inside))
        parts["taps"].set(color="white" if shared else style.VERMILLION)
        parts["name"].set(text=name, x=left - 1, color=style.BLUE if shared else style.BLACK)
        parts["name"].set_fontweight("bold" if shared else "normal")
        parts["count"].set(text=str(columns), color=style.BLUE if shared else style.BLACK)
        for part in ("band", "grid", "taps", "name", "count"):
            parts[part].set_visible(True)

    def _hide(self, row: int) -> None:
        for part in ("band", "grid", "taps", "name", "count"):
            self.cells[row][part].set_visible(False)


class AnySplit(LiveFigure):
    """A recording in chunks, against one pass, with the history carried over each border or dropped there.

    Args:
        chunk: (x, history, weight, bias, dilation) to (outputs, next history), the function of exercise 4.
    """

    START, LENGTH, TAPS = 2000, 300, 4
    HEIGHTS, HIGHEST = (-55, 5), 44  # what of the outputs and the errors is drawn; the rest runs along the edge
    SEEN = 0.5  # mV: the curve of a smaller error lies on zero

    controls = {  # noqa: RUF012
        "size": slider(1, 150, 60, label="samples in a chunk"),
        "border": choice({"carried on": True, "dropped": False}, True, label="history at each border"),
        "dilation": slider(1, 8, 8, label="dilation", unit="samples"),
    }

    def __init__(self, chunk=spec.conv_chunk):
        super().__init__(height=5.4)
        self.chunk = chunk
        self.signal = membrane_voltage(self.START + self.LENGTH)[self.START :].view(1, 1, -1)  # (1, 1, L), mV
        self.weight, self.bias = torch.full((1, self.TAPS), 1 / self.TAPS), torch.zeros(1)  # (1, W), (1,)
        self.top, self.low = self.figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        self.top.set(xlim=(0, self.LENGTH), ylim=(-55, 16), ylabel="output (mV)")
        self.low.set(ylim=(-4, self.HIGHEST), xlabel="sample", ylabel="error (mV)")
        (self.whole,) = self.top.plot([], [], color="#949494", ls="-", lw=7)
        (self.pieces,) = self.top.plot([], [], color=style.NAVY, ls="-", lw=2.5)
        (self.error,) = self.low.plot([], [], color=style.VERMILLION, ls="-", lw=3)
        self.borders = [LineCollection([], colors=style.BLACK, lw=1, linestyles=":") for _ in range(2)]
        for ax, lines in zip((self.top, self.low), self.borders, strict=True):
            ax.add_collection(lines)
        self.names = [
            style.label_line(self.top, "thick: one pass", 4, 11, style.GREY),
            style.label_line(self.top, "", 298, 11, style.NAVY, ha="right"),
            style.label_line(self.top, "", 68, 11, style.BLACK),
        ]
        self.note = self.low.text(298, 16, "", color=style.VERMILLION, ha="right", fontweight="bold")
        self.note.set_bbox(style.PAPER)
        self.note.set_in_layout(False)  # it fits between the two
        self.move(self.whole, *self.borders, self.pieces, self.error, *self.names, self.note)

    def update(self, size: int = 60, border: bool = True, dilation: int = 8) -> str:
        self.lag = (self.TAPS - 1) * dilation
        self.truth = causal_dilated_conv1d_fn(self.signal, self.weight, self.bias, dilation=dilation).flatten().numpy()
        self.outputs = self._run(size, border, dilation)
        self.difference = np.abs(self.outputs - self.truth)  # (L,)
        self.differs = ~(self.difference <= 1e-4)  # (L,): a nan does
        self.wrong = int(self.differs.sum())
        self._show(size)
        chunks, rest = math.ceil(self.LENGTH / size), self.LENGTH % size
        lengths = f"{size}, the last of {rest}" if rest else f"{size}"
        how = "carried on" if border else "dropped at each border"
        self.title(self.top, self._finding(size, border))
        return (
            f"{self.LENGTH} samples in {chunks} chunks of {lengths}, the history {how}: "
            f"{self._how_many('differ', 'differs')} from one pass. The kernel looks back {self.lag} samples."
            + _told(_unseen(self.outputs, *self.HEIGHTS))
            + self.whose_are({"conv_chunk": self.chunk})
        )

    def _finding(self, size: int, border: bool) -> str:
        if not self.wrong:
            return f"Chunks of {size}, history {'carried on' if border else 'dropped'}: no output differs"
        if border:
            return f"Chunks of {size}: {self._how_many('differ', 'differs')}"
        to_its_end = size <= self.lag or 0 < self.LENGTH % size < self.lag  # a chunk that is wrong throughout
        starts = [start + i for start in range(size, self.LENGTH, size) for i in range(self.lag)]
        if to_its_end or np.flatnonzero(self.differs).tolist() != starts:
            return f"History dropped: {self._how_many('are wrong', 'is wrong')}"
        return f"History dropped: errors in the first {self.lag} outputs of each later chunk"

    def _how_many(self, many: str, one: str) -> str:
        return f"{self.wrong} of {self.LENGTH} outputs {one if self.wrong == 1 else many}"

    def _note(self) -> str:
        """What the curve of the errors does not show by itself."""
        if not self.wrong:
            return "zero, up to rounding"
        if nans := np.isnan(self.difference).sum():
            return f"not a number: {nans} of {self.LENGTH}"
        largest = self.difference.max()
        if largest < 1:
            return f"at worst {written(largest, '.2g')} mV"
        small = int((self.differs & (self.difference < self.SEEN)).sum())
        notes = {
            f"at worst {written(largest)} mV, above the frame": largest > self.HIGHEST,
            f"{small} of {self.wrong} by less than {self.SEEN} mV": small,
        }
        return "; ".join(note for note, holds in notes.items() if holds)

    @torch.no_grad()
    def _run(self, size: int, border: bool, dilation: int) -> np.ndarray:
        history, outputs = torch.zeros(1, 1, self.lag), []
        for x in self.signal.split(size, dim=-1):
            result = of_copies(self.chunk, x, history, self.weight, self.bias, dilation)
            y, following = returned("conv_chunk", result, tuple(x.shape), tuple(history.shape))
            history = following if border else torch.zeros_like(history)
            outputs.append(y)
        return torch.cat(outputs, dim=-1).flatten().numpy()  # (L,)

    def _show(self, size: int) -> None:
        times = np.arange(self.LENGTH)
        whose = self.owner(self.chunk)
        self.names[1].set_text(f"thin: chunk after chunk ({whose})" if whose else "thin: chunk after chunk")
        self.whole.set_data(times, self.truth)
        self.pieces.set_data(times, self.outputs.clip(*self.HEIGHTS))
        self.error.set_data(times, np.nan_to_num(self.difference, nan=np.inf).clip(max=self.HIGHEST - 0.5))
        self.note.set_text(self._note())
        flat = bool((self.difference < 1).all())  # else it stands above what it would hide
        self.note.set_y(16 if flat else self.HIGHEST + 2)
        self.note.get_bbox_patch().set_visible(flat)
        starts = range(size, self.LENGTH, size) if size >= 5 else ()
        self.names[2].set_text("dotted: borders" if starts else "")
        for ax, lines in zip((self.top, self.low), self.borders, strict=True):
            low, high = ax.get_ylim()
            ends = (low, 5 if ax is self.top else high)  # below the labels
            lines.set_segments([[(x - 0.5, y) for y in ends] for x in starts])
