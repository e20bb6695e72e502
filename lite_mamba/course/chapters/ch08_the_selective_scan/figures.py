"""The figures of notebook 08: one step of the loop, the states over time, memory, chunk borders, gradients."""

import math

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.colors import Colormap
from matplotlib.patches import Rectangle
from torch import Tensor

from lite_mamba import selective_scan_fn

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import percent, several, written
from ...drawing.returned import of_copies, returned
from .exercises import discretise, scan_loop

PALE_BLUE, PALE_VERMILLION, PALE_GREEN, PALE_GREY = "#D6E8F5", "#F8DCC8", "#D3EDE3", "#EFEFEF"


def tiny_case() -> dict[str, Tensor]:
    """The scan that notebook 08 follows by hand: B = 1, D = 2, L = 3, N = 2, and every number can be read.

    A is −ln 2 times a whole number, so that every decay is a power of one half.
    """
    return {
        "u": torch.tensor([[[4.0, 8.0, 6.0], [8.0, 12.0, 1.0]]]),  # (B, D, L)
        "delta": torch.tensor([[[1.0, 0.0, 1.0], [1.0, 1.0, 2.0]]]),  # (B, D, L)
        "A": -math.log(2) * torch.tensor([[1.0, 3.0], [1.0, 2.0]]),  # (D, N)
        "B": torch.tensor([[[1.0, 2.0, 1.0], [2.0, 1.0, 0.0]]]),  # (B, N, L)
        "C": torch.tensor([[[1.0, 1.0, 1.0], [0.0, 1.0, 3.0]]]),  # (B, N, L)
    }


def states(deltaA: Tensor, deltaB_u: Tensor) -> Tensor:
    """Every state of the recurrence, after each token: (B, D, L, N)."""
    h, found = torch.zeros_like(deltaA[:, :, 0]), []  # (B, D, N)
    for decay, drive in zip(deltaA.unbind(2), deltaB_u.unbind(2), strict=True):
        h = decay * h + drive  # (B, D, N)
        found.append(h)
    return torch.stack(found, dim=2)  # (B, D, L, N)


def package_chunk(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """The package's scan from a given state: the outputs (B, D, L) and the last state (B, D, N)."""
    return selective_scan_fn(u, delta, A, B, C, initial_state=state, return_last_state=True)


def plain(number: float) -> str:
    """A number of the tiny case as a cell shows it: 4, 0.125, −1."""
    return written(number, ".4g")


class StepThrough(LiveFigure):
    """One step of the loop in three moments: fade, add, read.

    Args:
        loop: (deltaA, deltaB_u, C) to the outputs, the function of exercise 2.
    """

    STAGES = ("fade", "add", "read")
    COLUMNS = ("h before", "decay", "faded", "drive", "h now", "C", "products")
    SIGNS = ("×", "=", "+", "=", "×", "=")

    controls = {  # noqa: RUF012
        "moment": slider(0, 8, 4, label="moment: three for each token"),
        "channel": choice({"d = 0": 0, "d = 1": 1}, 0, label="channel"),
    }

    def __init__(self, loop=scan_loop):
        super().__init__(height=5.6)
        case = tiny_case()
        self.u, self.delta = case["u"][0].numpy(), case["delta"][0].numpy()  # (D, L)
        self.deltaA, self.deltaB_u = discretise(*(case[name] for name in ("u", "delta", "A", "B")))
        self.B, self.C = case["B"], case["C"]  # (B, N, L) each
        self.h = states(self.deltaA, self.deltaB_u)[0].numpy()  # (D, L, N)
        self.loop = loop
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-1.1, 14.2), ylim=(-4.75, 2.1))
        self.ax.axis("off")
        self._draw_step()
        self._draw_tokens()

    def _draw_step(self) -> None:
        heads = {"ha": "center", "va": "center", "fontsize": 14, "color": style.GREY}
        for i, name in enumerate(self.COLUMNS):
            self.ax.text(2 * i, 1.75, name, **heads)
        for n in range(2):
            self.ax.text(-0.95, -1.1 * n + 1, f"n={n + 1}", ha="right", va="center", fontsize=14, color=style.GREY)
        self.cells = [[self._cell(2 * i, 1 - 1.1 * n, 1.3) for n in range(2)] for i in range(len(self.COLUMNS))]
        self.signs = [
            [self.ax.text(2 * i + 1, 1 - 1.1 * n, sign, ha="center", va="center", fontsize=18) for n in range(2)]
            for i, sign in enumerate(self.SIGNS)
        ]
        self.sum = self.ax.text(12, -0.95, "", ha="center", va="center", fontsize=17, fontweight="bold")
        self.move(*(sign for pair in self.signs for sign in pair), self.sum)

    def _draw_tokens(self) -> None:
        for y, name, colour in ((-2.15, "u", style.BLACK), (-2.95, "Δ", style.GREEN), (-4.3, "y", style.VERMILLION)):
            self.ax.text(3.1, y, name, ha="right", va="center", fontsize=16, color=colour, fontweight="bold")
        self.tokens = {
            name: [self._cell(4 + 2 * t, y, 1.6, 0.7) for t in range(3)]
            for name, y in (("u", -2.15), ("delta", -2.95), ("y", -4.3))
        }
        self.times = [self.ax.text(4 + 2 * t, -3.62, f"t = {t}", ha="center", va="center") for t in range(3)]
        self.maker = self.ax.text(9.5, -4.3, "", va="center", fontsize=13, color=style.VERMILLION)
        self.ax.text(9.5, -2.55, "what comes in", va="center", fontsize=13, color=style.GREY)
        self.move(*self.times, self.maker)

    def _cell(self, x: float, y: float, width: float, height: float = 0.9) -> tuple[Rectangle, object]:
        corner = (x - width / 2, y - height / 2)
        box = self.ax.add_patch(Rectangle(corner, width, height, lw=2, fc="white", ec=style.GREY))
        text = self.ax.text(x, y, "", ha="center", va="center_baseline", fontsize=16)
        self.move(box, text)
        return box, text

    @torch.no_grad()
    def update(self, moment: int = 4, channel: int = 0) -> str:
        t, stage = divmod(moment, 3)
        self.y = self._outputs()[channel]  # (L,)
        before = self.h[channel, t - 1] if t else np.zeros(2)
        decay, drive = self.deltaA[0, channel, t].numpy(), self.deltaB_u[0, channel, t].numpy()
        weights = self.C[0, :, t].numpy()
        now = self.h[channel, t]
        self.columns = [before, decay, decay * before, drive, now, weights, weights * now]  # (N,) each
        whose = self.owner(self.loop)
        self.maker.set_text(f"outputs of the loop:\n{whose}" if whose else "outputs of the loop")
        self._show_step(stage)
        self._show_tokens(t, stage, channel)
        self.title(self.ax, self._finding(t, stage, channel))
        return f"Channel {channel}, {self._words(t, stage, channel)}{self.whose_is(loop=self.loop)}"

    def _outputs(self) -> np.ndarray:
        (y,) = returned("the loop", of_copies(self.loop, self.deltaA, self.deltaB_u, self.C), (1, 2, 3))
        return y[0].numpy()

    def _show_step(self, stage: int) -> None:
        shown, fresh = (3, 5, 7)[stage], (range(3), range(3, 5), range(5, 7))[stage]
        faces = (PALE_BLUE, PALE_GREY, PALE_BLUE, PALE_VERMILLION, style.BLUE, PALE_GREY, PALE_GREY)
        for i, (pair, values) in enumerate(zip(self.cells, self.columns, strict=True)):
            for (box, text), value in zip(pair, values, strict=True):
                box.set(fc=faces[i] if i < shown else "white", ec=style.BLACK if i in fresh else style.GREY)
                box.set_linewidth(3 if i in fresh else 1.5)
                number = plain(value) if i < shown else ""
                text.set(text=number, color="white" if i == 4 else style.BLACK, fontsize=16 if len(number) < 6 else 13)
        for i, pair in enumerate(self.signs):
            for sign in pair:
                sign.set_visible(i + 1 < shown)

    def _show_tokens(self, t: int, stage: int, channel: int) -> None:
        read = t + (stage == 2)
        rows = {"u": self.u[channel], "delta": self.delta[channel], "y": self.y}
        ink = {"u": style.BLACK, "delta": style.GREEN, "y": style.VERMILLION}
        for name, cells in self.tokens.items():
            for i, (box, text) in enumerate(cells):
                box.set(ec=ink[name] if i == t else style.GREY, lw=3.5 if i == t else 1.5)
                seen = name != "y" or i < read
                number = plain(float(rows[name][i])) if seen else ""
                size = 16 if len(number) < 7 else 13 if len(number) < 9 else 11
                text.set(text=number, color=ink[name], fontsize=size)
        for i, text in enumerate(self.times):
            text.set(fontweight="bold" if i == t else "normal", color=style.BLACK if i == t else style.GREY)
        total = float(self.columns[6].sum())
        self.sum.set_text(f"sum {plain(total)}" if stage == 2 else "")

    def _finding(self, t: int, stage: int, channel: int) -> str:
        if stage == 0:
            if not self.columns[0].any():
                return f"t = {t}, fade: the states are still 0"
            kept = self.delta[channel, t] == 0
            return f"t = {t}, fade: " + ("Δ = 0, nothing fades" if kept else "each state has its own decay")
        if stage == 1:
            empty = not self.columns[3].any()
            return f"t = {t}, add: " + (
                "Δ = 0, the token is not written" if empty else "the drive comes in without fading"
            )
        if loop := self._says(t):
            return f"t = {t}, read: the sum is {plain(self.columns[6].sum())}, the loop says {loop}"
        return f"t = {t}, read: C weighs the new states, and one number goes out"

    def _says(self, t: int) -> str:
        """The output of the loop, if it does not read as the sum that it should be."""
        said = plain(float(self.y[t]))
        return "" if said == plain(self.columns[6].sum()) else said

    def _words(self, t: int, stage: int, channel: int) -> str:
        before, decay, faded, _, now, weights, _ = [" and ".join(map(plain, pair)) for pair in self.columns]
        if stage == 0:
            return f"t = {t}, fade: the states {before} times the decays {decay} leave {faded}."
        if stage == 1:
            step, token = plain(self.delta[channel, t]), plain(self.u[channel, t])
            made = zip(self.B[0, :, t].tolist(), self.columns[3], strict=True)
            drives = " and ".join(f"{step}·{plain(b)}·{token} = {plain(drive)}" for b, drive in made)
            return f"t = {t}, add: what is left, {faded}, and the drives Δ·B·u, {drives}, make the new states {now}."
        said = f" The loop says {loop}." if (loop := self._says(t)) else ""
        return f"t = {t}, read: C = {weights} on the states {now} gives y = {plain(self.columns[6].sum())}.{said}"


class StateMap(LiveFigure):
    """The states h(t, n) of two scans over the same tokens: one with a fixed Δ, one with a Δ for each token.

    Args:
        discretise: (u, delta, A, B) to deltaA and deltaB_u, the function of exercise 1.
        asks: the title asks a question, and the numbers that answer it are not told.
    """

    LENGTH, STATES = 64, 16
    DATA = {6: 1.0, 24: -1.0, 42: 1.0}  # noqa: RUF012
    WRITE, SKIP = 0.5, 0.0005

    controls = {  # noqa: RUF012
        "t": slider(0, LENGTH - 1, 38, label="time t", unit="tokens"),
        "fixed": slider(0.001, 1.0, 0.1, 0.25, label="Δ of the fixed scan", log=True),
    }

    def __init__(self, discretise=discretise, asks: bool = False):
        super().__init__(height=6.2)
        self.discretise, self.asks = discretise, asks
        generator = torch.Generator().manual_seed(25)
        self.u = 0.7 * torch.randn(self.LENGTH, generator=generator).round(decimals=1)  # (L,)
        self.is_data = torch.zeros(self.LENGTH, dtype=torch.bool)
        for at, value in self.DATA.items():
            self.u[at], self.is_data[at] = value, True
        self.selective_delta = torch.where(self.is_data, self.WRITE, self.SKIP)  # (L,)
        self.A = -torch.arange(1.0, self.STATES + 1)[None]  # (D, N)
        self.selective = self._run(self.selective_delta)
        grid = self.figure.add_gridspec(2, 4, width_ratios=(3, 0.8, 3, 0.8), height_ratios=(1, 2.6))
        self.sides = [self._side(grid, 2 * i, name) for i, name in enumerate(("fixed", "selective"))]
        self.heading = self.figure.suptitle("finding", x=0.012, ha="left", fontsize=16, fontweight="bold")
        self.move(self.heading)

    def _side(self, grid, column: int, name: str) -> dict:
        top = self.figure.add_subplot(grid[0, column])
        cells = self.figure.add_subplot(grid[1, column], sharex=top)
        bars = self.figure.add_subplot(grid[1, column + 1], sharey=cells)
        self._draw_tokens(top, labelled=column == 0)
        cells.set(ylim=(self.STATES + 0.5, 0.5), yticks=[1, 8, 16], xlabel="time t (tokens)")
        if column == 0:
            cells.set_ylabel("state n (A = −n)")
        colours = signed_colours()
        extent = (-0.5, self.LENGTH - 0.5, self.STATES + 0.5, 0.5)
        image = cells.imshow(np.zeros((self.STATES, self.LENGTH)), cmap=colours, vmin=-1, vmax=1, extent=extent)
        (cursor,) = cells.plot([0, 0], [0.5, self.STATES + 0.5], color=style.BLACK, lw=1.5, ls="-")
        bars.set(xlim=(-1, 1), xticks=[0], xlabel="h now")
        bars.tick_params(labelleft=False, left=False)
        bars.spines["left"].set_visible(False)
        bars.axvline(0, color=style.BLACK, lw=1, ls="-")
        held = bars.barh(range(1, self.STATES + 1), [0] * self.STATES, height=0.75)
        reach = bars.text(0, 0.25, "", ha="center", va="bottom", fontsize=13, color=style.GREY)
        reach.set_in_layout(False)  # it stands between the two rows of axes
        label = top.set_title(name, loc="left", fontsize=14, fontweight="normal")
        (mark,) = top.plot([0, 0], [-1.7, 1.7], color=style.BLACK, lw=1.5, ls="-", zorder=1)
        self.move(image, cursor, *held, reach, label, mark)
        return {"image": image, "cursor": cursor, "bars": held, "reach": reach, "label": label, "mark": mark}

    def _draw_tokens(self, ax, labelled: bool) -> None:
        steps = np.arange(self.LENGTH)
        noise = ~self.is_data.numpy()
        ax.set(xlim=(-0.5, self.LENGTH - 0.5), ylim=(-1.75, 1.75), yticks=[-1, 0, 1])
        ax.tick_params(labelbottom=False)
        if labelled:
            ax.set_ylabel("token u")
        ax.vlines(steps[noise], 0, self.u[noise], color=style.GREY, lw=2.5)
        ax.vlines(steps[~noise], 0, self.u[~noise], color=style.VERMILLION, lw=4)
        ax.plot(steps[~noise], self.u[~noise], "D", color=style.VERMILLION, ms=9)
        ax.axhline(0, color=style.GREY, lw=1, ls="-")

    @torch.no_grad()
    def _run(self, delta: Tensor) -> dict[str, np.ndarray]:
        """The states (L, N) over time, and the part of them that the last data token has left."""
        u, delta, ones = self.u[None, None], delta[None, None], torch.ones(1, self.STATES, self.LENGTH)
        given = u, delta, self.A, ones  # (B, D, L) twice, (D, N), (B, N, L)
        wanted = (1, 1, self.LENGTH, self.STATES)
        deltaA, deltaB_u = returned("discretise", of_copies(self.discretise, *given), wanted, wanted)
        alone = torch.zeros(len(self.DATA), *wanted[1:])  # the drive of one data token in each row
        for row, at in enumerate(self.DATA):
            alone[row, :, at] = deltaB_u[0, :, at]
        h = states(deltaA, deltaB_u)[0, 0].numpy()  # (L, N)
        if not (finite := np.isfinite(h).all(1)).all():
            raise ValueError(f"the states of this discretisation are infinite or nan at t = {finite.argmin()}")
        parts = states(deltaA.expand(len(self.DATA), -1, -1, -1), alone)[:, 0].numpy()  # (data tokens, L, N)
        return {"h": h, "last": self._last_data(parts)}

    def _last_data(self, parts: np.ndarray) -> np.ndarray:
        """What the latest data token has left at each moment: (data tokens, L, N) to (L, N), zero before the first."""
        last = np.zeros(parts.shape[1:])
        for part, at in zip(parts, self.DATA, strict=True):
            last[at:] = part[at:]
        return last

    def update(self, t: int = 38, fixed: float = 0.1) -> str:
        self.fixed = self._run(torch.full((self.LENGTH,), fixed))
        self.share = [data_share(run, t) for run in (self.fixed, self.selective)]
        names = f"Δ = {fixed:.4g} for every token", f"Δ = {self.WRITE} on data ◆, {self.SKIP} on noise"
        for side, run, name in zip(self.sides, (self.fixed, self.selective), names, strict=True):
            self._show(side, run["h"], t, name)
        self.heading.set_text(self._finding(t))
        by = self.whose_is(discretisation=self.discretise)
        if self.asks:
            return (
                f"The states of two scans over the same tokens, up to t = {t}: with a fixed Δ of {fixed:.4g}, and with "
                "a Δ for each token. Three of the tokens are data."
            )
        if self._are_empty(t):
            return f"At t = {t} both states are empty: no token has left anything.{by}"
        if t < min(self.DATA):
            return f"At t = {t} no data token has come yet, and the selective state {self._before_data(t)}.{by}"
        fixed_share, own_share = map(told, self.share)
        return (
            f"At t = {t} the last data token makes {fixed_share} of the state with the fixed Δ of {fixed:.4g}, and "
            f"{own_share} of the state with a Δ for each token.{by}"
        )

    def _finding(self, t: int) -> str:
        if self.asks:
            return "Which state still tells you the last data token ◆?"
        if self._are_empty(t):
            return f"t = {t}: both states are empty"
        if t < min(self.DATA):
            return f"t = {t}: no data yet, and the selective state {self._before_data(t)}"
        fixed, selective = map(told, self.share)
        return f"t = {t}: last data token: {fixed} of the fixed state, {selective} of the selective"

    def _before_data(self, t: int) -> str:
        sizes = np.abs(self.selective["h"]).max(1)  # (L,)
        return "is almost empty" if sizes[t] <= 0.02 * sizes.max() else "holds noise"

    def _are_empty(self, t: int) -> bool:
        return not any(run["h"][t].any() for run in (self.fixed, self.selective))

    def _show(self, side: dict, h: np.ndarray, t: int, name: str) -> None:
        largest = np.abs(h).max() or 1.0
        shown = np.ma.array(h.T / largest)  # (N, L)
        shown[:, t + 1 :] = np.ma.masked
        side["image"].set_data(shown)
        for line in (side["cursor"], side["mark"]):
            line.set_xdata([t + 0.5, t + 0.5])
        for bar, value in zip(side["bars"], h[t] / largest, strict=True):
            bar.set(width=value, color=style.POSITIVE if value > 0 else style.NEGATIVE)
        side["reach"].set_text(f"±{written(largest, '.2g')}")
        side["label"].set_text(name)


def data_share(run: dict[str, np.ndarray], t: int) -> float:
    """How much of the state after token t the last data token makes, in per cent of the two parts' squared lengths."""
    last, rest = float((run["last"][t] ** 2).sum()), float(((run["h"] - run["last"])[t] ** 2).sum())
    return 100 * last / (last + rest) if last + rest else 0.0


def told(share: float) -> str:
    """A share in per cent, in words: a trace of it is not 0 %, and a trace of the rest leaves no 100 %."""
    return percent(share / 100 if share in (0, 100) else min(max(share / 100, 1e-3), 1 - 1e-3))


def signed_colours() -> Colormap:
    """The diverging map of the course, white where nothing is shown yet; its zero is a pale grey."""
    return colormaps[style.DIVERGING].with_extremes(bad="white")


class Memory(LiveFigure):
    """Bytes of the tensors of a scan, on a logarithmic axis."""

    GPU = 80 * 2**30

    controls = {  # noqa: RUF012
        "batch": slider(1, 16, 8, label="B, sequences"),
        "channels": slider(256, 4096, 1536, 256, label="D, channels"),
        "power": slider(5, 20, 11, label="k, and L = 2 to the power k"),
        "d_state": slider(4, 64, 16, 4, label="N, states"),
    }

    ROWS = (
        ("h: one state", "(B, D, N)", style.GREEN),
        ("u: the input", "(B, D, L)", style.BLUE),
        ("every 32nd state", "L/32 × (B, D, N)", style.PURPLE),
        ("deltaA: all steps at once", "(B, D, L, N)", style.VERMILLION),
    )

    def __init__(self):
        super().__init__(height=4.9)
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", xlim=(2**10, 2**53), ylim=(3.75, -0.6), yticks=[])
        marks = {2**10: "1 KiB", 2**20: "1 MiB", 2**30: "1 GiB", 2**40: "1 TiB"}
        self.ax.set_xticks(list(marks), list(marks.values()))
        self.ax.minorticks_off()
        self.ax.spines["left"].set_visible(False)
        self.ax.set_xlabel("bytes in float32, each mark 1024 times the one before")
        self.ax.axvline(self.GPU, color=style.GREY, lw=2.5, ls="--")
        self.ax.text(self.GPU * 1.5, -0.5, "80 GiB: a large GPU", color=style.GREY, va="center", fontsize=13)
        self.bars = self.ax.barh(range(4), [1] * 4, left=2**10, height=0.36, color=[row[2] for row in self.ROWS])
        look = {"va": "center", "fontsize": 16, "fontweight": "bold"}
        self.notes = [self.ax.text(1.5 * 2**26, i - 0.33, "", **look) for i in range(4)]  # before the line of the GPU
        for i, (name, shape, colour) in enumerate(self.ROWS):
            words = f"{name}  {shape}"
            self.ax.text(2**10, i - 0.33, words, va="center", fontsize=14, color=_dark(colour))
        self.move(*self.bars, *self.notes)

    def update(self, batch: int = 8, channels: int = 1536, power: int = 11, d_state: int = 16) -> str:
        L = 2**power
        state = 4 * batch * channels * d_state
        self.bytes = [state, 4 * batch * channels * L, state * (L // 32), state * L]
        for bar, note, size in zip(self.bars, self.notes, self.bytes, strict=True):
            bar.set_width(size - 2**10)
            note.set_text(in_words(size))
        self.title(self.ax, f"A tensor with all steps: {in_words(self.bytes[3])}, {written(L, ',')} times one state")
        return (
            f"B = {batch}, D = {channels}, L = {written(L, ',')}, N = {d_state}: one tensor (B, D, L, N) takes "
            f"{in_words(self.bytes[3])}, one state {in_words(state)}, every 32nd state {in_words(self.bytes[2])}, the "
            f"input {in_words(self.bytes[1])}."
        )


def _dark(colour: str) -> str:
    """The colour for small text: the purple of the palette is too pale for it."""
    return "#8A4A6F" if colour == style.PURPLE else colour


def in_words(size: int) -> str:
    """A number of bytes with a binary unit: 1.5 GiB, 768 KiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:{'.0f' if size >= 100 else '.3g'}} {unit}"
        size = size / 1024
    raise AssertionError


class ChunkBorders(LiveFigure):
    """The outputs of a scan that reads its input in chunks, against one pass.

    Args:
        chunk: (u, delta, A, B, C, state) to the outputs and the next state.
        whose: whose function it is, if it is no exercise's.
    """

    LENGTH = 48
    ENDS = -0.1, 8.1  # between the axis of time and the names

    controls = {"size": slider(1, LENGTH, 16, label="tokens in a chunk")}  # noqa: RUF012

    def __init__(self, chunk=package_chunk, whose: str = ""):
        super().__init__(height=4.6)
        self.chunk, self.whose = chunk, whose
        self.system = border_case(self.LENGTH)
        self.truth = selective_scan_fn(**self.system).flatten().numpy()  # (L,)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.8, self.LENGTH - 0.2), ylim=(-0.4, 9.6), ylabel="output y")
        self.ax.set_xlabel("token t")
        self.borders = self.ax.vlines(range(self.LENGTH), -0.4, 8, color=style.GREY, lw=2.5, ls=":")
        (self.right,) = self.ax.plot(self.truth, "o-", color=style.GREY, mfc="white", mew=2.5, ms=11, lw=2.5)
        (self.good,) = self.ax.plot([], [], "o", color=style.BLUE, ms=6, ls="none")
        (self.bad,) = self.ax.plot([], [], "X", color=style.VERMILLION, ms=10, ls="none")
        one_pass = self.ax.text(-0.4, 9, "○ one pass", color=style.GREY, va="center")
        bold = {"va": "center", "fontweight": "bold"}
        self.keys = [
            self.ax.text(9, 9, "● in chunks, right", color=style.BLUE, **bold),
            self.ax.text(23, 9, "✖ in chunks, wrong", color=style.VERMILLION, **bold),
            self.figure.text(
                47.6, -1.7, "dotted: borders of chunks", transform=self.ax.transData, color=style.GREY, ha="right"
            ),
        ]
        self.keys[2].set_in_layout(False)  # it stands beside the label of the axis
        self.by = self.ax.text(47.6, 9, "", color=style.BLACK, va="center", ha="right")
        self.move(self.borders, self.right, self.good, self.bad, self.by, one_pass, *self.keys)

    @torch.no_grad()
    def update(self, size: int = 16) -> str:
        self.y = self._run(size)
        self.wrong = ~np.isclose(self.y, self.truth, rtol=1e-3, atol=1e-3)  # (L,)
        times = np.arange(self.LENGTH)
        self.good.set_data(times[~self.wrong], self.y[~self.wrong])
        self.bad.set_data(times[self.wrong], np.clip(np.nan_to_num(self.y[self.wrong], nan=-np.inf), *self.ENDS))
        starts = range(size, self.LENGTH, size)
        self.borders.set_segments([[(x - 0.5, -0.4), (x - 0.5, 8.2)] for x in starts])
        for key, there in zip(self.keys, (not self.wrong.all(), self.wrong.any(), len(starts)), strict=True):
            key.set_visible(bool(there))
        words = {1: "One token at a time", self.LENGTH: "Everything at once"}.get(size, f"Chunks of {size}")
        bad = int(self.wrong.sum())
        finding = f"{words}: {several(bad or 'no', 'output')} of {self.LENGTH} wrong"
        self.title(self.ax, finding)
        whose = self.whose or self.owner(self.chunk)
        self.by.set_text(f"chunk: {whose}" if whose else "")
        return f"{finding}.{self._where()}" + (f" The chunk is {whose}." if whose else "")

    def _where(self) -> str:
        """Where the wrong outputs are, in a sentence or two."""
        if not self.wrong.any():
            return ""
        low, high = self.ENDS
        beyond = int((self.wrong & ~((low <= self.y) & (self.y <= high))).sum())  # not a number is beyond, too
        verbs = "has no place in the picture and stands" if beyond == 1 else "have no place in the picture and stand"
        edge = f" {beyond} of the wrong ones {verbs} at its edge." if beyond else ""
        return f" The first wrong one is at t = {int(self.wrong.argmax())}.{edge}"

    def _run(self, size: int) -> np.ndarray:
        s = self.system
        state, outputs = torch.zeros(1, 1, s["A"].shape[1]), []
        for start in range(0, self.LENGTH, size):
            part = slice(start, start + size)
            u, delta, B, C = (s[name][..., part] for name in ("u", "delta", "B", "C"))
            wanted = tuple(u.shape), tuple(state.shape)
            y, state = returned("the chunk", of_copies(self.chunk, u, delta, s["A"], B, C, state), *wanted)
            outputs.append(y)
        return torch.cat(outputs, dim=-1).flatten().numpy()  # (L,)


def border_case(length: int) -> dict[str, Tensor]:
    """A scan with one channel and four states whose outputs stay far from zero: arguments of `selective_scan_fn`."""
    generator = torch.Generator().manual_seed(1)
    return {
        "u": 1 + 0.5 * torch.rand(1, 1, length, generator=generator),  # (B, D, L)
        "delta": 0.05 + 0.2 * torch.rand(1, 1, length, generator=generator),  # (B, D, L)
        "A": -torch.tensor([[0.25, 0.5, 1.0, 2.0]]),  # (D, N)
        "B": torch.ones(1, 4, length),  # (B, N, L)
        "C": 0.5 + 0.3 * torch.rand(1, 4, length, generator=generator),  # (B, N, L)
    }


class FiniteDifference(LiveFigure):
    """The error of a slope by finite differences, in float32 and in float64, over the size of the nudge."""

    POINTS = 55

    controls = {"nudge": slider(1e-10, 0.1, 1e-6, 0.5, label="nudge ε", log=True)}  # noqa: RUF012

    def __init__(self):
        super().__init__(height=4.8)
        self.nudges = np.logspace(-10, -1, self.POINTS)
        kinds = (np.float32, np.float64)
        self.errors = {kind: np.array([self.error(kind, e) for e in self.nudges]) for kind in kinds}
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(6e-11, 0.16), ylim=(1e-12, 30), xlabel="nudge ε")
        self.ax.set_ylabel("relative error")
        self.ax.set_yticks([1e-12, 1e-9, 1e-6, 1e-3, 1])
        self.ax.minorticks_off()
        self.ax.axhspan(1e-12, 1e-3, color=PALE_GREEN, lw=0, zorder=0)
        self.ax.axhline(1e-3, color=style.GREEN, lw=2.5, ls="-", zorder=0)
        green = style.PAPER | {"facecolor": PALE_GREEN, "pad": 1}  # the ground of what the cursor passes
        says = self.ax.text(
            1.6e-10, 3e-4, "gradcheck says: right", fontsize=13, color=style.GREY, va="center", bbox=green
        )
        kept = [np.clip(self.errors[kind], 1e-12, 20) for kind in kinds]
        self.ax.plot(self.nudges, kept[0], "--", color=style.VERMILLION, lw=3)
        self.ax.plot(self.nudges, kept[1], "-", color=style.BLUE, lw=3)
        names = [
            style.label_line(self.ax, "float32", 2e-9, 6, style.VERMILLION, bbox=style.PAPER),
            style.label_line(self.ax, "float64", 2e-9, 1e-6, style.BLUE, bbox=green),
        ]
        (self.cursor,) = self.ax.plot([1e-6] * 2, [1e-12, 30], ":", color=style.BLACK, lw=2.5)
        self.dots = [
            self.ax.plot([], [], marker, color=colour, ms=size, zorder=4)[0]
            for marker, colour, size in (("X", style.VERMILLION, 17), ("o", style.BLUE, 11))
        ]
        self.move(self.cursor, *self.dots, says, *names)

    @staticmethod
    def output(kind, decay):
        """y after 20 steps of h = a·h + 1, in the given number format: it depends on a, the decay."""
        h = kind(0)
        for _ in range(20):
            h = kind(kind(decay) * h + kind(1))
        return h

    @classmethod
    def error(cls, kind, nudge: float) -> float:
        """How far the slope by finite differences is from the true one, as a share of it."""
        a, nudge = kind(0.9), kind(nudge)
        up, down = cls.output(kind, kind(a + nudge)), cls.output(kind, kind(a - nudge))
        slope = float(kind(up - down) / kind(kind(2) * nudge))
        return abs(slope / cls.slope() - 1)

    @staticmethod
    def slope(decay: float = 0.9, steps: int = 20) -> float:
        """The true slope: y = 1 + a + … + a^(steps−1), so its derivative is Σ j a^(j−1)."""
        return sum(j * decay ** (j - 1) for j in range(1, steps))

    def update(self, nudge: float = 1e-6) -> str:
        self.now = [self.error(kind, nudge) for kind in (np.float32, np.float64)]
        self.digits = [max(0, math.floor(-math.log10(max(error, 1e-17)))) for error in self.now]
        self.cursor.set_xdata([nudge] * 2)
        for dot, error in zip(self.dots, self.now, strict=True):
            dot.set_data([nudge], [np.clip(error, 1e-12, 20)])
        single, double = (several(n, "digit") if n else "no digit" for n in self.digits)
        power = written(nudge, ".4g")
        self.title(self.ax, f"ε = {power}: {single} right in float32, {double} in float64")
        return f"With a nudge of {power} the slope has {single} right in float32, and {double} right in float64."
