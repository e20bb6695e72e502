"""The figures of notebook 11: the streaming scope, state against cache, a time a token, rounding, a reset row."""

import math
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from torch import Tensor

from lite_mamba import InferenceParams, Mamba

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import are, opening, percent, several, written
from ...drawing.returned import returned
from ...tasks import membrane_voltage

PALE_BLUE = "#D6E8F5"
START = 2000  # of the piece of the recording


def scope_block(seed: int = 9) -> Mamba:
    """The block of the streaming scope: one number in, one number out, 12 kept inputs and 8 states a channel.

    Nobody has trained it. Its weights are drawn large, and it has no skip, so that the states show in the output.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        block = Mamba(1, 8, 4, (1, 4), expand=4, dt_rank=1, dt_min=0.01, dt_max=0.05, layer_idx=0)
        for layer in (block.in_proj, block.out_proj, block.x_proj):
            torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        torch.nn.init.zeros_(block.D)
    return block.requires_grad_(False)


def scope_signal(length: int, start: int = START) -> tuple[Tensor, Tensor]:
    """A piece of the recording: in millivolts (L,), and scaled to about 0.8 … 2 as the block gets it (1, L, 1)."""
    millivolts = membrane_voltage(start + length)[start:]  # (L,)
    return millivolts, ((millivolts + 80) / 40).view(1, length, 1)


def package_step(block: Mamba) -> Callable:
    """`block.step` with one token as (B, d_model): token, history and h in, output, history and h out."""

    def step(token: Tensor, history: Tensor, h: Tensor, *_) -> tuple[Tensor, Tensor, Tensor]:
        out, history, h = block.step(token.unsqueeze(1), history, h)
        return out[:, 0], history, h

    return step


class StreamingScope(LiveFigure):
    """A recording goes through a block sample by sample: input, kept inputs, states, output.

    Args:
        step: (token (B, d_model), history, h, weights, parts) to (output, history, h); None for the block's own.
        weights, parts: what the step gets beside; the weights are those of `scope_block()`.
    """

    LENGTH = 240

    controls = {"t": slider(0, LENGTH - 1, 196, label="sample t", play=True)}  # noqa: RUF012

    @torch.no_grad()
    def __init__(self, step: Callable | None = None, weights: dict | None = None, parts: dict | None = None):
        super().__init__(height=6.2)
        self.block = scope_block()
        self.step, self.given = step or package_step(self.block), (weights, parts)
        self.millivolts, self.x = scope_signal(self.LENGTH)  # (L,), (1, L, 1)
        self.parallel = self.block(self.x)[0, :, 0].numpy()  # (L,)
        self._stream()
        self.channel = int(np.abs(self.states).max((0, 2)).argmax())  # the one with the liveliest states
        drawn = self.states[:, self.channel]  # (L, N)
        largest = np.abs(drawn).max(0)  # (N,), that each state ever holds
        self.shares = drawn / np.where(largest, largest, 1)  # a state that holds nothing has no share
        grid = self.figure.add_gridspec(2, 2, width_ratios=(3.2, 1))
        self.top = self.figure.add_subplot(grid[0, 0])
        self.low = self.figure.add_subplot(grid[1, 0], sharex=self.top)
        self.past, self.held = self.figure.add_subplot(grid[0, 1]), self.figure.add_subplot(grid[1, 1])
        self.heading = self.figure.suptitle("finding", x=0.012, ha="left", fontsize=16, fontweight="bold")
        self._draw_signals()
        self._draw_memory()
        self.move(self.heading)

    def _stream(self) -> None:
        """Feed every sample to the step; keep what it returns, for the slider to go through."""
        history, h = self.block.allocate_inference_cache(1, self.LENGTH)
        shapes = (1, 1), tuple(history.shape), tuple(h.shape)
        outputs, histories, states = [], [], []
        for t in range(self.LENGTH):
            result = self.step(self.x[:, t].clone(), history, h, *self.given)
            y, history, h = returned("the step", result, *shapes, finite=True)
            outputs.append(y.item())
            histories.append(history[0].clone())
            states.append(h[0].clone())
        self.outputs = np.array(outputs)  # (L,)
        self.histories, self.states = (torch.stack(kept).numpy() for kept in (histories, states))
        self.errors = np.abs(self.outputs - self.parallel)  # (L,)
        self.differs = ~np.isclose(self.outputs, self.parallel, rtol=1e-4, atol=1e-6)  # (L,)
        x = self.block.in_proj(self.x)[0, :, : self.block.d_inner].T  # (D, L)
        lag = shapes[1][-1]
        last = F.pad(x, (lag - 1, 0)).unfold(1, lag, 1).transpose(0, 1).numpy()  # (L, D, S)
        self.remembers = np.isclose(self.histories, last, rtol=1e-4, atol=1e-6).all((1, 2))  # (L,)

    def _draw_signals(self) -> None:
        self.top.set(xlim=(-2, self.LENGTH + 2), ylim=(-56, 24), ylabel="input (mV)")
        self.top.tick_params(labelbottom=False)
        spread = np.ptp(self.parallel)
        self.low.set(xlabel="sample t (one every 0.5 ms)", ylabel="output")
        self.ends = self.parallel.min() - 0.15 * spread, self.parallel.max() + 0.55 * spread
        self.low.set(ylim=self.ends)
        self.band = self.top.add_patch(Rectangle((0, -56), 12, 66, fc=PALE_BLUE, ec=style.BLUE, lw=1.5, zorder=0))
        (self.seen,) = self.top.plot([], [], color=style.BLUE, ls="-", lw=2.5)
        (self.now,) = self.top.plot([], [], "o", color=style.BLUE, ms=11, ls="none")
        self.low.plot(self.parallel, color="#949494", ls="-", lw=8)
        (self.grown,) = self.low.plot([], [], color=style.RUST, ls="-", lw=2.5)
        (self.dot,) = self.low.plot([], [], "o", color=style.RUST, ms=11, ls="none")
        at = self.low.transAxes
        names = [
            self.low.text(0.01, 0.96, "thick: forward pass", color=style.GREY, transform=at, va="top"),
            self.low.text(0.99, 0.96, "thin: step by step", color=style.RUST, transform=at, va="top", ha="right"),
            self.top.text(0.01, 0.97, "", color=style.BLUE, transform=self.top.transAxes, va="top"),
        ]
        for name in names:
            name.set_fontweight("bold")
        _, self.thin, self.shaded = names
        self.move(self.band, self.seen, self.now, self.grown, self.dot, self.thin, self.shaded)

    def _draw_memory(self) -> None:
        lag, states = self.histories.shape[2], self.states.shape[2]
        drawn = f"channel {self.channel + 1}"
        for ax, values, xlabel, name, ticks in (
            (self.past, self.histories[:, self.channel], "samples back", f"history, {drawn}", [0]),
            (self.held, self.shares, "state n", "its states (shares)", [-1, 0, 1]),
        ):
            low, high = min(values.min(), 0), max(values.max(), 0)
            room = 0.08 * (high - low) or 1
            ax.set(ylim=(low - room, high + room), yticks=ticks, xlabel=xlabel)
            ax.set_title(name, fontsize=14)
            ax.axhline(0, color=style.BLACK, lw=1, ls="-")
            ax.spines["bottom"].set_visible(False)
        self.past.set(xlim=(-lag - 0.6, -0.4), xticks=[-lag, -lag // 2, -1], xticklabels=[lag - 1, lag // 2 - 1, 0])
        self.held.set(xlim=(0.4, states + 0.6), xticks=[1, states // 2, states])
        self.past_bars = LineCollection([], colors=style.BLUE, lw=10)
        self.held_bars = LineCollection([], colors=style.GREEN, lw=14)
        self.past.add_collection(self.past_bars)
        self.held.add_collection(self.held_bars)
        for bars in (self.past_bars, self.held_bars):
            bars.set_capstyle("butt")
        self.move(self.past_bars, self.held_bars)

    @torch.no_grad()
    def left(self, start: int, end: int) -> np.ndarray:
        """Of what stood in each drawn state after sample `start`: the share that is left after sample `end` (N,)."""
        history, since = torch.tensor(self.histories[None, start]), torch.zeros(1, *self.states.shape[1:])
        for t in range(start + 1, end + 1):
            _, history, since = self.block.step(self.x[:, t : t + 1], history, since)  # what comes in since
        return ((self.states[end] - since[0].numpy()) / self.states[start])[self.channel]

    def update(self, t: int = 196) -> str:
        lag = self.histories.shape[2]
        times = np.arange(t + 1)
        by = f", {owner}" if (owner := self.owner(self.step)) else ""
        self.thin.set_text(f"thin: step by step{by}")
        self.band.set(x=max(t - lag + 0.5, -2), width=min(lag, t + 2.5))
        self.seen.set_data(times, self.millivolts[: t + 1].numpy())
        self.now.set_data([t], [self.millivolts[t]])
        self.grown.set_data(times, self.outputs[: t + 1])
        self.dot.set_data([t], [self.outputs[t]])
        past, held = self.histories[t, self.channel], self.shares[t]
        for bars, values, first in ((self.past_bars, past, -lag), (self.held_bars, held, 1)):
            bars.set_segments([[(x, 0), (x, value)] for x, value in enumerate(values, first)])
        self.shaded.set_text(f"shaded: {'kept inputs' if self.remembers[t] else 'the inputs to keep'}")
        self.wrong = int(self.differs[: t + 1].sum())
        samples = several(t + 1, "sample")
        wrong = f"{several(self.wrong, 'output')} {are(self.wrong)} wrong"
        verdict = wrong if self.wrong else "all outputs equal the forward pass"
        self.heading.set_text(f"{samples} in: {verdict}")
        kept = self.histories[0].size + self.states[0].size
        kept_of = "Of all of them the block keeps" if t >= lag else "The block keeps"
        by = self.whose_are({"block_step": self.step} | (self.given[1] or {}))
        return (
            f"{samples} so far, the last one {written(self.millivolts[t], '.0f')} mV. {kept_of} "
            f"{kept} numbers: {self._past(t)} and {self.states.shape[2]} states for each of {len(self.states[0])} "
            f"channels; the bars are channel {self.channel + 1}, each state as a share of the largest that it ever "
            f"holds: without sign, {percent(abs(held[0]))} in state 1, {percent(abs(held[-1]))} in state {len(held)}. "
            f"{opening(verdict)}{self._how_wrong(t)}.{by}"
        )

    def _past(self, t: int) -> str:
        """What stands in the history: in a young stream, zeros before its few inputs."""
        lag = self.histories.shape[2]
        if not self.remembers[t]:
            return f"{lag} numbers, which are not its last inputs in order,"
        inputs, zeros = min(t + 1, lag), max(lag - t - 1, 0)
        before = f", {several(zeros, 'zero')} before {'it' if inputs == 1 else 'them'}" if zeros else ""
        return f"{several(inputs, 'input')}{before}"

    def _how_wrong(self, t: int) -> str:
        """By how much the outputs so far are wrong, and how many of them cannot be seen."""
        if not self.wrong:
            return ""
        (low, high), so_far = self.ends, self.outputs[: t + 1]
        off, beyond = self.errors[: t + 1].max() / np.ptp(self.parallel), int(((so_far < low) | (so_far > high)).sum())
        by = f"{percent(off)} of" if off < 10 else f"{written(off)} times"
        return f", the worst by {by} the output's range" + (f"; {beyond} outside of the frame" if beyond else "")


class StateAgainstCache(LiveFigure):
    """Bytes that one layer keeps after t tokens: a block's memory, and a Transformer's KV cache."""

    D_MODEL, D_STATE, MAX_LAG, EXPAND, NUMBER = 1024, 16, 48, 2, 2

    controls = {  # noqa: RUF012
        "tokens": slider(1.0, 1e6, 1e4, 1.0, label="tokens so far", log=True),
        "sharing": choice({"a key for each head": 1, "8 heads share a key": 8}, 1, label="attention"),
    }

    def __init__(self):
        super().__init__(height=5)
        inner = self.EXPAND * self.D_MODEL
        self.state = inner * (self.MAX_LAG * self.NUMBER + self.D_STATE * 4)  # bytes, the scan's state in float32
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(0.8, 1.25e6), ylim=(300, 3e10), xlabel="tokens so far")
        self.ax.set_ylabel("bytes kept by one layer")
        self.ax.set_yticks([1e3, 1e6, 1e9], ["1 kB", "1 MB", "1 GB"])
        self.ax.minorticks_off()
        self.t = np.array([0.8, 1.25e6])
        self.ax.plot(self.t, [self.state] * 2, color=style.BLUE, ls="-", lw=4)
        style.label_line(self.ax, "Mamba block: always the same", 9e5, self.state / 4, style.BLUE, ha="right")
        (self.line,) = self.ax.plot(self.t, self.t, color=style.VERMILLION, ls="--", lw=4)
        self.cache_name = style.label_line(self.ax, "", 3e4, 1e9, style.VERMILLION, ha="right")
        (self.marks,) = self.ax.plot([], [], "o", color=style.BLACK, ms=11, ls="none")
        (self.drop,) = self.ax.plot([], [], color=style.GREY, ls=":", lw=2.5)
        self.cross = self.ax.text(1, 500, "", color=style.GREY, ha="left", va="bottom", fontsize=14)
        (self.meet,) = self.ax.plot([], [], color=style.GREY, ls="-", lw=1.5)
        self.move(self.line, self.cache_name, self.drop, self.meet, self.marks, self.cross)

    def update(self, tokens: float = 1e4, sharing: int = 1) -> str:
        each = 2 * self.D_MODEL * self.NUMBER // sharing
        self.tokens = round(tokens)
        self.cache = each * self.tokens
        self.overtakes = self.state // each + 1
        self.line.set_ydata(each * self.t)
        self.cache_name.set(text=f"KV cache: {each} bytes more with each token", y=each * 3e4 * 8)
        self.marks.set_data([self.tokens] * 2, [self.state, self.cache])
        self.drop.set_data([self.tokens] * 2, [self.state, self.cache])
        self.meet.set_data([self.overtakes] * 2, [300, self.state])
        self.cross.set(text=f" larger from {self.overtakes} tokens on", x=self.overtakes)
        ratio = self.cache / self.state
        times = written(ratio, ",.1f").removesuffix(".0")
        self.title(
            self.ax,
            f"After {written(self.tokens, ',')} tokens the cache is {times} times the block's memory"
            if ratio >= 2
            else f"Tokens so far: {self.tokens}. The cache is {100 * ratio:.1f} % of the block's memory",
        )
        return (
            f"Tokens so far: {written(self.tokens, ',')}. One attention layer keeps {written(self.cache, ',')} bytes, "
            f"one block {written(self.state, ',')}. "
            f"The cache grows by {each} bytes a token, and is the larger of the two from {self.overtakes} tokens on."
        )


class TimeEachToken(LiveFigure):
    """The time of one more token after t tokens, measured when the cell is run."""

    measured = True
    POSITIONS = (10, 100, 1_000, 10_000, 100_000)
    WIDTH = 32

    @torch.no_grad()
    def __init__(self, rounds: int = 10):
        super().__init__(height=4.4)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            block = Mamba(self.WIDTH, conv_dilations=(1, 2, 4, 8), layer_idx=0)
            x = torch.randn(1, self.POSITIONS[-1] + 1, self.WIDTH)  # (B, L, d_model)
        stream = InferenceParams(max_seqlen=x.shape[1], max_batch_size=1)
        calls = []
        for position in self.POSITIONS:
            for piece in x[:, stream.seqlen_offset : position].split(20_000, dim=1):
                block(piece, inference_params=stream)
                stream.seqlen_offset += piece.shape[1]
            states = [state.clone() for state in stream.key_value_memory_dict[0]]
            q, kv = x[:, position : position + 1], x[:, : position + 1]
            calls.append(lambda q=q, states=states: block.step(q, *states))
            calls.append(lambda q=q, kv=kv: _attend(q, kv))
        best = _quickest_ms(calls, rounds)
        self.block, self.attention = best[::2], best[1::2]
        self._draw()

    def _draw(self) -> None:
        ax = self.ax = self.figure.subplots()
        top = max(*self.block, *self.attention)
        ax.set(xscale="log", yscale="log", xlim=(5.5, 2.5e5), xlabel="tokens so far")
        ax.set(ylim=(min(*self.block, *self.attention) / 3, 6 * top), ylabel="one more token (ms)")
        ax.minorticks_off()
        ax.plot(self.POSITIONS, self.block, "o-", color=style.BLUE, lw=4, ms=11)
        ax.plot(self.POSITIONS, self.attention, "s--", color=style.VERMILLION, lw=4, ms=11)
        for values, others, colour in (
            (self.block, self.attention, style.BLUE),
            (self.attention, self.block, style.VERMILLION),
        ):
            for t, value, other in zip(self.POSITIONS[::2], values[::2], others[::2], strict=True):
                above = value > other or (value == other and colour == style.BLUE)
                shift = (0, 12 if above else -24)
                ax.annotate(_three(value), (t, value), shift, textcoords="offset points", ha="center", color=colour)
        style.label_line(ax, "● solid: the block's step", 9, 3.2 * top, style.BLUE)
        style.label_line(ax, "■ dashed: attention over all tokens", 900, 3.2 * top, style.VERMILLION)
        # Whoever divides the numbers in the picture finds those of the title.
        ratios = (float(_three(times[-1])) / float(_three(times[0])) for times in (self.block, self.attention))
        step, attention = (f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}" for ratio in ratios)
        ax.set_title(f"From 10 to 100 000 tokens: the step × {step}, attention × {attention}")

    def update(self) -> str:
        return (
            "Measured on the machine that ran this cell: the block's step after 10, 100, 1000, 10 000 and 100 000 "
            "tokens, beside attention of one token over all tokens before it. The times stand in the picture."
        )


def _three(number: float) -> str:
    """A number with three digits, zeros at the end among them."""
    return f"{number:#.3g}".rstrip(".")


def _attend(q: Tensor, kv: Tensor) -> Tensor:
    """One query (B, 1, d) over all tokens (B, t, d), which serve as keys and values."""
    return torch.softmax(q @ kv.transpose(1, 2) / q.shape[-1] ** 0.5, dim=-1) @ kv  # (B, 1, d)


def _quickest_ms(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The shortest time of each call, in milliseconds; they take turns, so that a busy moment meets all of them.

    A turn is five calls, for the first finds in the processor's cache what a longer one before it has left there.
    """
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            for _ in range(5):
                start = time.perf_counter()
                call()
                best[i] = min(best[i], 1000 * (time.perf_counter() - start))
    return best


class RoundedState(LiveFigure):
    """A slow state with a constant input, kept between two steps in a coarse format and in float32."""

    STEPS, MARK, A = 10_000, 1500, -1.0
    FORMATS = {"bfloat16": torch.bfloat16, "float16": torch.float16}  # noqa: RUF012

    controls = {  # noqa: RUF012
        "delta": slider(0.0001, 0.1, 0.001, 0.1, label="step size Δ", log=True),
        "kept_in": choice(list(FORMATS), "bfloat16", label="state kept in"),
    }

    def __init__(self):
        super().__init__(height=5)
        self.deltas = 10 ** np.linspace(-4, -1, 31)  # every position of the slider
        self._run()
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, self.STEPS), ylim=(0, 1.24), xlabel="steps", ylabel="state h")
        ticks = range(0, self.STEPS + 1, 2000)
        self.ax.set_xticks(ticks, [written(tick, ",") for tick in ticks])
        self.ax.axvline(self.MARK, ymax=0.88, color=style.GREY, ls=":", lw=2)
        self.ax.text(self.MARK + 80, 1.12, "1500 steps", color=style.GREY, va="center")
        self.times = np.arange(self.STEPS + 1)[::20]
        (self.exact,) = self.ax.plot([], [], color="#949494", ls="-", lw=9)
        (self.fine,) = self.ax.plot([], [], color=style.NAVY, ls="--", lw=2.5)
        (self.coarse,) = self.ax.plot([], [], color=style.VERMILLION, ls="-", lw=4)
        style.label_line(self.ax, "thick: exact", 3600, 1.18, style.GREY)
        style.label_line(self.ax, "dashed: float32", 5600, 1.18, style.NAVY)
        self.name = style.label_line(self.ax, "", 9950, 1.18, style.VERMILLION, ha="right")
        self.note = self.ax.text(
            9950, 0, "", color=style.VERMILLION, ha="right", va="center", fontsize=14, bbox=style.PAPER
        )
        self.move(self.exact, self.fine, self.coarse, self.name, self.note)

    def _run(self) -> None:
        """h of all slider positions at once, (positions, steps + 1), in each format."""
        delta = torch.tensor(self.deltas)  # (P,)
        decay, steps = torch.exp(self.A * delta), torch.arange(self.STEPS + 1)
        truth = delta[:, None] * (1 - decay[:, None] ** steps) / (1 - decay[:, None])  # (P, T): a geometric sum
        self.truth = truth.numpy()
        self.kept = {name: _kept_in(kind, delta.float(), decay.float(), self.STEPS) for name, kind in self._formats()}

    def _formats(self):
        return {**self.FORMATS, "float32": torch.float32}.items()

    def update(self, delta: float = 0.001, kept_in: str = "bfloat16") -> str:
        row = int(np.abs(np.log(self.deltas / delta)).argmin())
        exact, fine, coarse = self.truth[row], self.kept["float32"][row], self.kept[kept_in][row]
        for line, values in ((self.exact, exact), (self.fine, fine), (self.coarse, coarse)):
            line.set_data(self.times, values[::20])
        self.off, self.fine_off = (abs(h[self.MARK] / exact[self.MARK] - 1) for h in (coarse, fine))
        self.end_off = abs(coarse[-1] / exact[-1] - 1)
        self.adds, self.half_gap = self._one_more_step(row, coarse[-1], kept_in)
        self.name.set_text(f"solid: {kept_in}")
        adds, half_gap = _apart(self.adds, self.half_gap)
        self.note.set_text(f"it stands still at {coarse[-1]:.3f}: one step adds {adds},\nhalf a gap is {half_gap}")
        self.note.set_y(coarse[-1] - 0.13 if coarse[-1] > 0.2 else coarse[-1] + 0.13)  # where no line is
        self.note.set_visible(coarse[-1] == coarse[-200])
        early, late = (f"{100 * share:.1f} %" for share in (self.off, self.end_off))
        self.title(self.ax, f"{kept_in} is {early} off after 1500 steps, {late} after 10 000")
        return (
            f"A = −1, B = C = 1, input u = 1, Δ = {self.deltas[row]:.4g}. After 1500 steps the state should be "
            f"{exact[self.MARK]:.3f}. Kept in {kept_in} it is {coarse[self.MARK]:.3f}, {early} off; "
            f"kept in float32 it is {fine[self.MARK]:.3f}, {self._small()} off. After 10 000 steps {kept_in} holds "
            f"{coarse[-1]:.3f}, {late} off{self._standing(coarse)}."
        )

    def _standing(self, h: np.ndarray) -> str:
        return ", and stands still" if h[-1] == h[-200] else ""

    def _small(self) -> str:
        return "less than 1 %" if self.fine_off < 0.01 else f"{100 * self.fine_off:.0f} %"

    def _one_more_step(self, row: int, h: float, kept_in: str) -> tuple[float, float]:
        """What one more step adds to h, in float32 and not yet rounded, and half the gap to its next number."""
        delta, h = self.deltas[row], np.float32(h)
        adds = np.float32(np.exp(self.A * delta)) * h + np.float32(delta) - h
        digits = {"bfloat16": 8, "float16": 11}[kept_in]  # binary digits of a number
        return float(adds), float(2.0 ** (np.floor(np.log2(h)) + 1 - digits) / 2)


def _apart(one: float, other: float) -> tuple[str, str]:
    """Two small numbers with three digits each, or with as many more as tell them apart."""
    three = 2 - math.floor(math.log10(min(one, other)))  # decimal places
    for places in range(three, three + 4):
        words = f"{one:.{places}f}", f"{other:.{places}f}"
        if words[0] != words[1]:
            return words
    return f"{one:.{three}f}", "as much"


def _kept_in(kind: torch.dtype, delta: Tensor, decay: Tensor, steps: int) -> np.ndarray:
    """h after 0 … steps steps of h = decay · h + Δ in float32, stored in `kind` between two steps: (P, steps + 1)."""
    h, kept = torch.zeros_like(delta, dtype=kind), []
    for _ in range(steps + 1):
        kept.append(h.float())
        h = (decay * h.float() + delta).to(kind)  # (P,)
    return torch.stack(kept, dim=1).numpy()


class ResetRow(LiveFigure):
    """Three streams in one batch; in the middle one a new recording begins, and its memory is reset or not."""

    LENGTH, ROWS = 160, 3
    RESETS = {  # noqa: RUF012
        "history and state": (True, True),
        "state only": (False, True),
        "history only": (True, False),
        "nothing": (False, False),
    }

    controls = {  # noqa: RUF012
        "border": slider(20, 140, 60, label="new recording at sample"),
        "reset": choice(list(RESETS), "state only", label="set to zero"),
    }

    @torch.no_grad()
    def __init__(self):
        super().__init__(height=6)
        self.block = scope_block()
        pieces = [scope_signal(self.LENGTH, start)[1] for start in (2000, 2135, 2040)]
        self.x = torch.cat(pieces)  # (B, L, 1)
        self.new = scope_signal(self.LENGTH, 1990)[1]  # (1, L, 1)
        self.alone = self.block(self.x)[..., 0].numpy()  # (B, L), each row by itself
        self.fresh = self.block(self.new)[0, :, 0].numpy()  # (L,)
        self.axes = self.figure.subplots(self.ROWS, 1, sharex=True, height_ratios=(1, 2, 1))
        low, high = self.alone.min(), self.alone.max()
        room = 0.2 * (high - low)
        self.right, self.lines = [], []
        for row, ax in enumerate(self.axes):
            ax.set(xlim=(-1, self.LENGTH), ylim=(low - room, high + 2 * room), yticks=[])
            ax.set_ylabel(f"row {row}", rotation=0, ha="right", va="center")
            self.right += ax.plot(np.arange(self.LENGTH), self.alone[row], color="#949494", ls="-", lw=8)
            self.lines += ax.plot([], [], color=style.NAVY if row != 1 else style.RUST, ls="-", lw=2.5)
        self.axes[-1].set_xlabel("sample")
        (self.line,) = self.axes[1].plot([0, 0], [low - room, high + 2 * room], color=style.BLACK, lw=2.5, ls=":")
        self.note = self.axes[1].text(0, high + 1.2 * room, "", va="center", fontsize=13, bbox=style.PAPER)
        height, end = high + room, self.LENGTH - 1
        self.axes[0].text(0, height, "thick: output of each recording by itself", color=style.GREY, va="center")
        self.axes[0].text(end, height, "thin: in the batch", color=style.NAVY, va="center", ha="right")
        (self.dots,) = self.axes[1].plot([], [], ".", color=style.RUST, ms=6, ls="none")
        self.floor = low - 0.6 * room
        self.dots_name = self.axes[2].text(
            0, height, "dots: row 1 is more than 1 % wrong", color=style.RUST, va="center"
        )
        self.move(self.right[1], *self.lines, self.line, self.note, self.dots, self.dots_name)

    @torch.no_grad()
    def update(self, border: int = 60, reset: str = "state only") -> str:
        self.outputs = self._run(border, reset)  # (B, L)
        after = self.LENGTH - border
        expected = self.alone.copy()  # (B, L)
        expected[1, border:] = self.fresh[:after]
        errors = np.abs(self.outputs - expected) / np.ptp(expected)  # (B, L), in the range of what is drawn
        self.off = errors.max(axis=1)  # (B,)
        most = f"up to {100 * self.off[1]:.1f} %"
        self.loud = np.flatnonzero(errors[1] > 0.01)  # samples, as the axis counts them
        self.right[1].set_ydata(expected[1])
        for row in range(self.ROWS):
            self.lines[row].set_data(np.arange(self.LENGTH), self.outputs[row])
        self.line.set_xdata([border - 0.5] * 2)
        self.dots.set_data(self.loud, np.full(len(self.loud), self.floor))
        self.dots_name.set_visible(len(self.loud) > 0)
        room = border < 110  # for the words behind the border
        words, x, side = ("new recording", border + 1, "left") if room else ("new recording →", border - 2, "right")
        self.note.set(text=words, x=x, ha=side)
        self.title(self.axes[0], self._finding(reset, most))
        others = "exact" if max(self.off[0], self.off[2]) < 1e-5 else "wrong"
        heard = len(self.loud)
        last = self.loud[-1] if heard else None
        differs = (
            f"differs from a fresh stream by {most} of the output's range, and by more than 1 % in {heard} samples, "
            f"the last of them sample {last}"
        )
        return (
            f"Row 1 begins a new recording at sample {border}; set to zero: {reset}. After the border row 1 "
            f"{differs if heard else 'equals a fresh stream'}. The rows 0 and 2 are {others}."
        )

    def _finding(self, reset: str, most: str) -> str:
        found = f"{most} wrong" if len(self.loud) else "a fresh stream"
        return f"Set to zero: {reset}. Row 1 is {found}"

    def _run(self, border: int, reset: str) -> np.ndarray:
        x = self.x.clone()
        x[1, border:] = self.new[0, : self.LENGTH - border]
        stream = InferenceParams(max_seqlen=self.LENGTH, max_batch_size=self.ROWS)
        first = self.block(x[:, :border], inference_params=stream)  # (B, border, 1)
        stream.seqlen_offset += border
        for clear, state in zip(self.RESETS[reset], stream.key_value_memory_dict[0], strict=True):
            state[1] *= not clear
        return torch.cat([first, self.block(x[:, border:], inference_params=stream)], dim=1)[..., 0].numpy()
