"""The figures of notebook 10: who sees whom, where parameters sit, what a part does, front ends, the presets board."""

import math
import time
from copy import deepcopy

import numpy as np
import torch
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lite_mamba import Mamba, causal_dilated_conv1d_fn, receptive_field, selective_scan_fn

from ... import tasks
from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.block_diagram import ARROWS, PARTS, WORDS, Part, one_line
from ...drawing.controls import choice, slider
from ...drawing.numbers import opening, percent, several, three_digits, written
from ...drawing.returned import returned, returned_number
from ...training import RUNS, load
from .. import folders
from .exercises import PARTS as PARTS_OF_THE_COURSE
from .exercises import block_forward, count_parameters

# The parts as the package has them: what the figures run when the reader hands in nothing.


def package_conv(x, weights, biases, gates, dilations):
    shares = torch.softmax(gates, dim=0)  # (branches,)
    parts = zip(shares, weights, biases, dilations, strict=True)
    return sum(share * causal_dilated_conv1d_fn(x, w, b, "silu", d) for share, w, b, d in parts)  # (B, D, L)


def weights_of(block: Mamba) -> dict:
    """The weights of a block as plain tensors, under the names of notebook 10."""
    layers = block.conv1d_layers
    return {
        "in_proj": block.in_proj.weight,  # (2D, d_model)
        "conv_weights": [layer.weight.squeeze(1) for layer in layers],  # (D, W) each
        "conv_biases": [layer.bias for layer in layers],  # (D,) each
        "conv_gates": block.conv_gates,  # (branches,)
        "dilations": block.conv_dilations,
        "x_proj": block.x_proj.weight,  # (R + 2N, D)
        "dt_proj": block.dt_proj.weight,  # (D, R)
        "dt_bias": block.dt_proj.bias,  # (D,)
        "A_log": block.A_log,  # (D, N)
        "D": block.D,  # (D,)
        "out_proj": block.out_proj.weight,  # (d_model, D)
    }


@torch.no_grad()
def stages(hidden_states: Tensor, w: dict, conv=package_conv, before: Tensor | None = None) -> dict[str, Tensor]:
    """What stands behind each part of the block, each (L, width), for one sequence (L, d_model).

    Args:
        hidden_states, w, conv: the sequence, the weights and the front end.
        before: u of another sequence, (L, D). Where the two differ by rounding only, its numbers stand: a convolution
            by FFT rounds every token anew when one of them changes.
    """
    w = deepcopy(w)  # a function that writes into its inputs changes nothing for the next call
    x, z = (hidden_states @ w["in_proj"].T).chunk(2, dim=-1)  # (L, D) each
    u = conv(x.T[None], w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])
    (u,) = returned("the convolution", u, (1, *x.T.shape))  # (1, D, L)
    if before is not None:
        rounding = (u[0].T - before).abs() <= 1e-5 * before.abs().max()
        u = torch.where(rounding, before, u[0].T).T[None]
    rank, states = w["dt_proj"].shape[1], w["A_log"].shape[1]
    low_rank, B, C = (u[0].T @ w["x_proj"].T).split([rank, states, states], dim=-1)
    delta = torch.nn.functional.softplus(low_rank @ w["dt_proj"].T + w["dt_bias"])  # (L, D)
    given = u, delta.T[None], -torch.exp(w["A_log"]), B.T[None], C.T[None]
    scanned = selective_scan_fn(*given)  # (1, D, L)
    y = selective_scan_fn(*given, w["D"], z=z.T[None])  # (1, D, L)
    out = y[0].T @ w["out_proj"].T  # (L, d_model)
    return {"in": hidden_states, "x": x, "z": z, "u": u[0].T, "delta": delta, "scan": scanned[0].T, "out": out}


class TokenTrace(LiveFigure):
    """One token is changed: which tokens move, part by part?

    Args:
        conv: the front end, as in notebook 02.
        start: the stage that a still picture shows.
    """

    LENGTH, DILATIONS = 24, (1, 4)
    NAMES = {  # noqa: RUF012
        "the input": "in",
        "z, on its way to the gate": "z",
        "u, after the convolution": "u",
        "Δ": "delta",
        "the scan": "scan",
        "the output": "out",
    }
    controls = {  # noqa: RUF012
        "stage": choice(NAMES, "u", label="look at"),
        "token": slider(0, LENGTH - 1, 6, label="changed token"),
    }

    def __init__(self, conv=package_conv, start: str = "u"):
        super().__init__(height=4.6)
        self.start = start
        generator = torch.Generator().manual_seed(10)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(10)
            block = Mamba(4, d_state=4, d_conv=3, conv_dilations=self.DILATIONS, dt_min=0.02, dt_max=0.3)
        self.weights = weights_of(block.requires_grad_(False))
        self.u = torch.randn(self.LENGTH, 4, generator=generator)  # (L, d_model)
        self.conv = conv
        self.before = stages(self.u, self.weights, conv)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.7, self.LENGTH - 0.3), ylim=(0, 1.3), yticks=[], xlabel="token")
        self.ax.spines["left"].set_visible(False)
        self.ax.set_ylabel("how far it moves (log)")
        self.bars = self.ax.bar(np.arange(self.LENGTH), np.ones(self.LENGTH), width=0.8, color=style.BLUE)
        self.zeros = self.ax.plot(np.arange(self.LENGTH), np.full(self.LENGTH, 0.02), "|", color=style.GREY, ms=9)[0]
        (self.mark,) = self.ax.plot([0], [1.16], "v", color=style.VERMILLION, ms=13)
        self.name = self.ax.text(0, 1.16, "changed", color=style.VERMILLION, fontweight="bold", va="center")
        self.move(*self.bars, self.zeros, self.mark, self.name)

    def defaults(self) -> dict[str, object]:
        return super().defaults() | {"stage": self.start}

    def update(self, stage: str = "u", token: int = 6) -> str:
        changed = self.u.clone()
        changed[token] += 1.0
        after = stages(changed, self.weights, self.conv, self.before["u"])
        shown = next(name for name, key in self.NAMES.items() if key == stage)
        moved = (after[stage].double() - self.before[stage].double()).norm(dim=-1).numpy()  # (L,)
        if not np.isfinite(moved).all():
            raise ValueError(f"{shown}: some numbers are not finite")
        share = moved / (moved.max() or 1)
        share[share < 1e-7] = 0  # rounding
        self.moved = np.flatnonzero(share)
        # A logarithm, so that a change of a thousandth is still seen.
        heights = (1 + np.log10(np.maximum(share, 1e-7)) / 6).clip(0.06)
        for bar, height in zip(self.bars, np.where(share > 0, heights, 0), strict=True):
            bar.set_height(height)
        self.zeros.set_data(np.flatnonzero(share == 0), np.full((share == 0).sum(), 0.02))
        self.mark.set_xdata([token])
        left = token > self.LENGTH - 6
        self.name.set(x=token - 0.5 if left else token + 0.5, ha="right" if left else "left")
        self.title(self.ax, self._finding(token, shown))
        these = {0: "no token moves", 1: "this token moves: "}.get(len(self.moved), "these tokens move: ")
        by = self.whose_is(convolution=self.conv)
        return f"Token {token} is changed. In {shown}, {these}{_spans(self.moved)}.{by}"

    def _finding(self, token: int, shown: str) -> str:
        number = len(self.moved)
        if not number:
            return f"In {shown}, no token moves"
        early = int((self.moved < token).sum())
        moves = "token moves" if number == 1 else "tokens move"
        return f"In {shown}, {number} {moves}, {early or 'none'} earlier"


def _spans(numbers) -> str:
    """1, 2, 3, 7 as "1 to 3, 7"."""
    found: list[list[int]] = []
    for n in map(int, numbers):
        if found and n == found[-1][1] + 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return ", ".join(str(a) if a == b else f"{a} to {b}" if b > a + 1 else f"{a}, {b}" for a, b in found)


# Widths


def parameter_table(d_model, d_state=16, d_conv=4, branches=1, expand=2) -> dict[str, int]:
    """The learned numbers of each part, with dt_rank = ceil(d_model / 16)."""
    inner, rank = int(expand * d_model), math.ceil(d_model / 16)
    return {
        "in_proj": 2 * d_model * inner,
        "out_proj": inner * d_model,
        "x_proj, dt_proj": inner * (rank + 2 * d_state) + inner * (rank + 1),
        "convolutions": branches * (inner * (d_conv + 1) + 1),
        "A, D": inner * (d_state + 1),
    }


def multiplications(d_model, d_state=16, d_conv=4, branches=1, expand=2) -> int:
    """Multiplications for one token: the projections, the taps, and the recurrence as it stands in notebook 08."""
    inner, rank = int(expand * d_model), math.ceil(d_model / 16)
    projections = 3 * d_model * inner + inner * (rank + 2 * d_state) + rank * inner
    convolution = branches * inner * (d_conv + 1)  # the taps, and the share of each branch
    scan = inner * (1 + 4 * d_state)  # Δ·u; and for each state Δ·A, B·(Δ·u), the decay, and C
    return projections + convolution + scan + 2 * inner  # the skip and the gate


class Widths(LiveFigure):
    """Where the parameters of a block sit, for any widths.

    Args:
        count: the function of exercise 3, held against the sum of the parts.
    """

    controls = {  # noqa: RUF012
        "d_model": slider(16, 2048, 768, 16, label="d_model"),
        "d_state": slider(4, 1024, 16, 4, label="d_state N"),
        "expand": slider(1, 4, 2, label="expand"),
        "branches": slider(1, 5, 1, label="branches"),
    }
    COLOURS = dict(  # noqa: RUF012
        zip(("in_proj", "out_proj", "x_proj, dt_proj", "convolutions", "A, D"), style.COLOURS, strict=True)
    )

    def __init__(self, count=count_parameters):
        super().__init__(height=4.8)
        self.count = count
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, 116), ylim=(-0.6, 4.6), xlabel="share of the parameters (%)", xticks=range(0, 101, 20))
        self.ax.set_yticks(range(5), list(reversed(self.COLOURS)))
        self.ax.tick_params(axis="y", length=0)
        self.ax.spines["left"].set_visible(False)
        self.bars = self.ax.barh(range(4, -1, -1), [1] * 5, height=0.62, color=list(self.COLOURS.values()))
        self.texts = [self.ax.text(0, y, "", va="center", fontsize=14) for y in range(4, -1, -1)]
        self.move(*self.bars, *self.texts)

    def update(self, d_model: int = 768, d_state: int = 16, expand: int = 2, branches: int = 1) -> str:
        self.table = parameter_table(d_model, d_state, 4, branches, expand)
        self.total = sum(self.table.values())
        counted = returned_number("the count", self.count(d_model, d_state, 4, branches, expand))
        counted = int(counted) if counted.is_integer() else counted
        for bar, text, number in zip(self.bars, self.texts, self.table.values(), strict=True):
            share = 100 * number / self.total
            bar.set_width(share)
            text.set(x=share + 1, text=f"{share:.0f} %" if share >= 1 else "under 1 %")
        self.share = 100 * (self.table["in_proj"] + self.table["out_proj"]) / self.total
        finding, instead = f"The outer projections hold {self.share:.1f} % of {_short(self.total)} parameters", ""
        if counted != self.total:
            instead = f" The count gives {written(counted, ',')} in their place."
            finding = f"The parts hold {written(self.total, ',')}, the count gives {written(counted, ',')}"
        self.title(self.ax, finding)
        by = self.whose_is(count=self.count)
        sides = f"{branches} branch" if branches == 1 else f"{branches} branches"
        return (
            f"A block with d_model {d_model}, N {d_state}, expand {expand} and {sides} of 4 taps has "
            f"{written(self.total, ',')} parameters; {self.share:.1f} % of them sit in in_proj and out_proj."
            f"{instead}{by}"
        )


def _short(number: float) -> str:
    """Large numbers to three digits, all three written: 1.10 thousand beside 1.43 thousand."""
    rounded = float(f"{number:.3g}")
    for size, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if rounded >= size:
            return three_digits(rounded / size) + name
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


# What a part does


def without(part: str, weights: dict, parts: dict) -> tuple[dict, dict]:
    """Weights and parts of a block with one part taken out; the rest stays as it is.

    Args:
        part: one of `CUTS`.
        weights: as from `weights_of`.
        parts: the five functions.
    """
    if part == "skip":
        return weights | {"D": torch.zeros_like(weights["D"])}, parts
    empty = {
        "nothing": {},
        "convolution": {"conv": lambda x, weights, biases, gates, dilations: torch.nn.functional.silu(x)},
        "scan": {"scan": lambda deltaA, deltaB_u, C: torch.zeros(deltaA.shape[:3])},
        "gate": {"skip_and_gate": lambda y, u, D, z: y + D[:, None] * u},
    }
    return weights, parts | empty[part]


CUTS = ("nothing", "convolution", "scan", "skip", "gate")


def new_block() -> tuple[Mamba, Tensor]:
    """A new block of 64 numbers a token, and white noise for it, (B, L, d_model)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return Mamba(64).requires_grad_(False), torch.randn(4, 64, 64)


def copying(rows: int = 8, length: int = 128) -> tuple[Tensor, Tensor]:
    """Sequences of selective copying: tokens (B, L), and the 16 symbols (B, 16) to be said at the last 16 tokens."""
    return RUNS[COPIER].data.draw(torch.Generator().manual_seed(12), rows, length)


COPIER = "copying-selective-0"  # the stored model


class Ablation(LiveFigure):
    """One part is taken out: what a new block loses, and what a trained one.

    Args:
        run: (hidden_states, weights, parts) to the output, the function of exercise 1.
        parts: the functions it is put together from.

    Attributes:
        sizes: what is left of a new block's output without each part, in per cent.
        right: the share of right answers of the trained model, in per cent, by layer and part.
        added: what is left of the size of what a trained layer adds, in per cent, by layer and part; not drawn.
    """

    LAYERS = {"first": 0, "second": 1}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "part": choice(CUTS, "scan", label="taken out"),
        "layer": choice(LAYERS, 1, label="layer of the trained model"),
    }

    def __init__(self, run=block_forward, parts: dict = PARTS_OF_THE_COURSE):
        super().__init__(height=5.4)
        self.run, self.parts = run, parts
        self._measure()
        grid = self.figure.add_gridspec(2, 2, height_ratios=(3, 1))
        self.new, self.trained = (self.figure.add_subplot(grid[0, i]) for i in range(2))
        self.strip = self.figure.add_subplot(grid[1, :])
        self._draw_rows()
        self._draw_strip()

    @torch.no_grad()
    def _measure(self) -> None:
        block, noise = new_block()
        sizes = {part: self._run(noise, block, part).norm() for part in CUTS}
        self.sizes = {part: 100 * (size / sizes["nothing"]).item() for part, size in sizes.items()}
        with torch.random.fork_rng(devices=[]):  # a model is drawn before its weights are read
            self.model, _ = load(COPIER)
        self.tokens, self.wanted = copying()
        first, second = self.model.layers
        embedded = self.model.embedding(self.tokens)  # (B, L, d_model)
        between = {part: self._layer(first, embedded, part) for part in CUTS}  # (B, L, d_model) each
        after = {(0, part): self._layer(second, between[part], "nothing") for part in CUTS}
        after |= {(1, part): self._layer(second, between["nothing"], part) for part in CUTS}
        added = {(0, part): (between[part] - embedded).norm() for part in CUTS}
        added |= {(1, part): (after[1, part] - between["nothing"]).norm() for part in CUTS}
        self.added = {where: 100 * (size / added[where[0], "nothing"]).item() for where, size in added.items()}
        self.said = {where: self._answers(hidden_states) for where, hidden_states in after.items()}  # (B, 16) each
        self.right = {where: 100 * (said == self.wanted).float().mean().item() for where, said in self.said.items()}

    def _layer(self, layer, hidden_states: Tensor, part: str) -> Tensor:
        """One layer of the model, (B, L, d_model) both: its block reads what is normalised, and is added."""
        return hidden_states + self._run(layer.norm(hidden_states), layer.mixer, part)

    def _run(self, hidden_states: Tensor, block: Mamba, part: str) -> Tensor:
        """A block without a part, on copies: a function may write into its inputs."""
        given = without(part, deepcopy(weights_of(block)), self.parts)
        (output,) = returned("block_forward", self.run(hidden_states.clone(), *given), tuple(hidden_states.shape))
        return output

    def _answers(self, hidden_states: Tensor) -> Tensor:
        last = self.model.norm(hidden_states[:, -self.wanted.shape[1] :])  # (B, 16, d_model)
        return (last @ self.model.embedding.weight.T).argmax(-1)  # (B, 16)

    def _draw_rows(self) -> None:
        places = range(len(CUTS) - 1, -1, -1)
        self.bars, self.texts, self.bands = [], [], []
        largest = max(filter(math.isfinite, self.sizes.values()), default=0)
        for ax, top, label in (
            (self.new, max(380, 1.25 * largest), "size of the new block's output (%)"),
            (self.trained, 125, "right answers of the trained model (%)"),
        ):
            ax.set(xlim=(0, top), ylim=(-0.6, len(CUTS) - 0.4), xlabel=label)
            ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            ax.set_yticks(list(places), CUTS if ax is self.new else [""] * len(CUTS))
            ax.tick_params(axis="y", length=0)
            band = ax.axhspan(-0.5, 0.5, facecolor="#F8DCC8", edgecolor=style.VERMILLION, lw=1.5, zorder=0)
            bars = ax.barh(list(places), [1] * len(CUTS), height=0.6, color=style.BLUE)
            texts = [ax.text(0, y, "", va="center", fontsize=14) for y in places]
            self.bars.append(bars)
            self.texts.append(texts)
            self.bands.append(band)
            self.move(band, *bars, *texts)
        self.new.set_ylabel("taken out")

    def _draw_strip(self) -> None:
        answers = self.wanted.shape[1]
        self.strip.set(xlim=(-2.4, answers - 0.4), ylim=(-0.5, 2.3))
        self.strip.axis("off")
        for y, word in ((2, "wanted"), (1, "said")):
            self.strip.text(-2.3, y, word, va="center", fontsize=14)
        for i, symbol in enumerate(self.wanted[0].tolist()):
            self.strip.text(i, 2, _letter(symbol), va="center", ha="center", fontsize=16, family="DejaVu Sans Mono")
        self.letters = [
            self.strip.text(i, 1, "", va="center", ha="center", fontsize=16, family="DejaVu Sans Mono")
            for i in range(answers)
        ]
        self.marks = [self.strip.text(i, 0, "", va="center", ha="center", fontsize=14) for i in range(answers)]
        self.move(*self.letters, *self.marks)

    def update(self, part: str = "scan", layer: int = 1) -> str:
        if not all(map(math.isfinite, [*self.sizes.values(), *self.added.values()])):
            raise ValueError("the block's output is not finite, or 0 with all parts in their places")
        place = len(CUTS) - 1 - CUTS.index(part)
        shares = list(self.sizes.values()), [self.right[layer, one] for one in CUTS]
        size = _left(self.sizes[part])
        for bars, texts, band, values in zip(self.bars, self.texts, self.bands, shares, strict=True):
            band.set_y(place - 0.5)
            for bar, text, value, one in zip(bars, texts, values, CUTS, strict=True):
                bar.set(width=value, color=style.VERMILLION if one == part else style.BLUE)
                text.set(x=value + bar.axes.get_xlim()[1] / 60, text=_left(value))
        for letter, mark, said, wanted in zip(
            self.letters, self.marks, self.said[layer, part][0].tolist(), self.wanted[0].tolist(), strict=True
        ):
            colour = style.BLACK if said == wanted else style.VERMILLION
            letter.set(text=_letter(said), color=colour)
            mark.set(text="✓" if said == wanted else "✗", color=colour)
        where = next(name for name, index in self.LAYERS.items() if index == layer)
        self.title(self.new, f"New block: {size} of its size")
        self.title(self.trained, f"{opening(where)} layer: {grade(self.right[layer, part])} right")
        by = self.whose_are({"block_forward": self.run} | self.parts)
        taken = "With nothing taken out" if part == "nothing" else f"Without the {part}"
        return (
            f"{taken}, a new block's output has {size} of its size. "
            f"{taken} of the {where} layer, the trained model gets {grade(self.right[layer, part])} of the answers "
            f"right.{by}"
        )


def _left(share: float) -> str:
    """What is left, in whole per cent: a little is not nothing."""
    return "under 1 %" if 0 < share < 0.5 else f"{share:.0f} %"


def _letter(symbol: int) -> str:
    return "ABCDEFGHIJKLMNOP"[symbol] if symbol < 16 else "·"


def grade(share: float) -> str:
    """In words that machines agree on: rounded, but for all and none."""
    if share in (0, 100):
        return "all" if share else "none"
    return "nearly all" if share >= 95 else "few" if share < 22 else f"about {round(share, -1):.0f} %"


# One wide branch or four dilated ones


FRONT_ENDS = {"one branch of 16 taps": (16, (1,)), "four branches of 4 taps": (4, (1, 2, 4, 8))}
LAGS = 33


def touched(d_conv: int, dilations: tuple[int, ...]) -> list[int]:
    """The lags that a sum of branches reads."""
    return sorted({k * dilation for dilation in dilations for k in range(d_conv)})


def recalled(signal: Tensor, lags: list[int], lag: int) -> float:
    """The error, in per cent, of the best sum of the taps at `lags` for the sample `lag` steps ago."""
    steps = torch.arange(LAGS, len(signal))
    seen = torch.stack([signal[steps - k] for k in lags], dim=1)  # (L, taps)
    wanted = signal[steps - lag]  # (L,)
    weights = torch.linalg.lstsq(seen, wanted[:, None], driver="gelsd").solution  # (taps, 1)
    error = wanted - (seen @ weights)[:, 0]
    return 100 * (error.norm() / wanted.norm()).item()


def signals() -> dict[str, Tensor]:
    """White noise, and a real recording of a nerve cell without its mean, both (L,) in float64."""
    noise = torch.randn(2000, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    recording = tasks.membrane_voltage(6000).double()
    return {"white noise": noise, "a nerve cell": recording - recording.mean()}


class WideOrDilated(LiveFigure):
    """Sixteen taps, side by side or spread out: which past sample can be given back?"""

    controls = {  # noqa: RUF012
        "signal": choice(["white noise", "a nerve cell"], "white noise", label="signal"),
        "lag": slider(0, LAGS - 1, 5, label="lag", unit="samples back"),
    }

    def __init__(self):
        super().__init__(height=5.0)
        given = signals()
        self.errors = {
            (name, front): np.array([recalled(signal, touched(*sizes), lag) for lag in range(LAGS)])
            for name, signal in given.items()
            for front, sizes in FRONT_ENDS.items()
        }  # (LAGS,) each
        self.axes = self.figure.subplots(2, 1, sharex=True)
        self.bars, self.notes, self.cursors = [], [], []
        for ax, (front, sizes) in zip(self.axes, FRONT_ENDS.items(), strict=True):
            ax.set(xlim=(-0.7, LAGS - 0.3), ylim=(-14, 130), yticks=[0, 100])
            read = touched(*sizes)
            (squares,) = ax.plot(read, [-7] * len(read), "s", color=style.BLACK, ms=8, clip_on=False, zorder=3)
            bars = ax.vlines(range(LAGS), 0, 100, lw=17, color=style.BLUE)
            cursor = ax.axvspan(-0.5, 0.5, 0, 0.83, facecolor="#F3C9AE", edgecolor=style.VERMILLION, lw=1.5, zorder=0)
            note = ax.text(0, 118, front, fontsize=14, fontweight="bold", va="center")
            self.bars.append(bars)
            self.notes.append(note)
            self.cursors.append(cursor)
            self.move(cursor, bars, squares, note)  # the squares stand above the band
        self.axes[1].set_xlabel("lag (samples back); a square marks a lag that a tap reads")
        self.figure.supylabel("error (%)", fontsize=14)

    def update(self, signal: str = "white noise", lag: int = 5) -> str:
        self.error = [self.errors[signal, front][lag] for front in FRONT_ENDS]
        said = []
        for i, front in enumerate(FRONT_ENDS):
            heights = np.maximum(self.errors[signal, front], 0)  # (LAGS,)
            self.bars[i].set_segments([[(k, 0), (k, height)] for k, height in enumerate(heights)])
            self.bars[i].set_color([style.VERMILLION if k == lag else style.BLUE for k in range(LAGS)])
            self.cursors[i].set_x(lag - 0.5)
            verb = "has" if i == 0 else "have"
            words = "exact" if self.error[i] < 0.01 else f"error {_share(self.error[i])}"
            self.notes[i].set_text(f"{front}: lag {lag} {words}")
            said.append(f"{front} {verb} an error of {_share(self.error[i])}")
        exact = [error < 0.01 for error in self.error]
        who = "both are exact" if all(exact) else "neither is exact" if not any(exact) else ""
        who = who or ("only the wide branch is exact" if exact[0] else "only the dilated branches are exact")
        ago = f"{several(lag, 'step')} ago"
        self.title(self.axes[0], f"{opening(signal)}, {ago}: {who}")
        return f"On {signal}, for the sample {ago}: {said[0]}, {said[1]}."


def _share(error: float) -> str:
    return "0 %" if error < 0.01 else percent(error / 100)


# The presets board


PRESETS = {
    "as published": {},
    "local modelling": {"d_conv": 3, "conv_dilations": (1, 2, 4), "d_state": 8},
    "longer context: dilations": {"conv_dilations": (1, 2, 4, 8, 16)},
    "longer context: states": {"d_state": 32},
    "streaming": {"d_conv": 3, "d_state": 8},
    "stability first": {"dt_max": 0.01, "dt_init": "constant"},
}
WIDTHS = (128, 256, 512)


def facts(settings: dict, d_model: int) -> dict[str, float]:
    """What a block with these settings costs and can do, all by formula."""
    d_conv, dilations = settings.get("d_conv", 4), settings.get("conv_dilations", (1,))
    d_state = settings.get("d_state", 16)
    sizes = (d_model, d_state, d_conv, len(dilations), 2)
    return {
        "parameters": sum(parameter_table(*sizes).values()),
        "multiplications a token": multiplications(*sizes),
        "state of a stream": 4 * 2 * d_model * ((d_conv - 1) * max(dilations) + d_state),
        "field of the convolutions": receptive_field(d_conv, dilations),
        "shortest half-life": math.log(2) / (d_state * settings.get("dt_max", 0.1)),
        "longest half-life": math.log(2) / settings.get("dt_min", 0.001),
    }


def measured_times(d_model: int, length: int = 64, runs: int = 10) -> dict[str, float]:
    """Microseconds for one token, when a block reads `length` of them: the best of a few runs on this machine.

    The blocks take turns, so that a moment in which the machine is busy strikes all of them.
    """
    taken = {name: math.inf for name in PRESETS}
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        blocks = {name: Mamba(d_model, **settings) for name, settings in PRESETS.items()}
        x = torch.randn(1, length, d_model)
        for _ in range(runs):
            for name, block in blocks.items():
                start = time.perf_counter()
                block(x)
                taken[name] = min(taken[name], time.perf_counter() - start)
    return {name: 1e6 * seconds / length for name, seconds in taken.items()}


def _kib(size: float) -> str:
    return f"{size / 1024:.3g} KiB"


def _time(microseconds: float) -> str:
    return f"{_short(microseconds)} µs" if microseconds < 999.5 else f"{three_digits(microseconds / 1000)} ms"


class PresetsBoard(LiveFigure):
    """What a preset costs and what it can do, compared with the block as published."""

    measured = True

    ROWS = {  # noqa: RUF012  what is compared, and how its value is written
        "parameters": _short,
        "multiplications a token": _short,
        "state of a stream": _kib,
        "field of the convolutions": "{:.0f} samples".format,
        "shortest half-life": "{:.2g} tokens".format,
        "longest half-life": "{:.0f} tokens".format,
        "time a token, here": _time,
    }
    controls = {  # noqa: RUF012
        "preset": choice(list(PRESETS), "local modelling", label="preset"),
        "d_model": choice({str(width): width for width in WIDTHS}, 256, label="d_model"),
    }

    def __init__(self):
        super().__init__(height=5.4)
        self.times = {width: measured_times(width) for width in WIDTHS}
        self.ax = self.figure.subplots()
        places = range(len(self.ROWS) - 1, -1, -1)
        ticks = {0.25: "¼", 0.5: "½", 1: "as\npublished", 2: "2×", 4: "4×", 8: "8×", 16: "16×"}
        self.ax.set(xlim=(math.log2(0.2), math.log2(60)), ylim=(-0.7, len(self.ROWS) - 0.4))
        self.ax.set_xticks([math.log2(t) for t in ticks], list(ticks.values()))
        self.ax.set_yticks(list(places), list(self.ROWS))
        self.ax.tick_params(axis="y", length=0)
        self.ax.spines["left"].set_visible(False)
        self.ax.axvline(0, color=style.BLACK, lw=2, ls="-")
        self.bars = self.ax.barh(list(places), [0.1] * len(self.ROWS), height=0.55, color=style.BLUE)
        self.texts = [self.ax.text(0, y, "", va="center", fontsize=13.5) for y in places]
        edge = {"transform": self.ax.get_yaxis_transform(), "va": "center", "ha": "right", "fontsize": 13.5}
        self.ratios = [self.ax.text(1, y, "", **edge) for y in places]
        self.move(*self.bars, *self.texts, *self.ratios)

    def update(self, preset: str = "local modelling", d_model: int = 256) -> str:
        self.facts, base = facts(PRESETS[preset], d_model), facts({}, d_model)
        values = [*self.facts.values(), self.times[d_model][preset]]
        bases = [*base.values(), self.times[d_model]["as published"]]
        rows = zip(self.bars, self.texts, self.ratios, values, bases, self.ROWS.values(), strict=True)
        for bar, text, number, value, at, in_words in rows:
            ratio = math.log2(value / at)
            bar.set(width=ratio, facecolor=style.BLUE if ratio >= 0 else style.VERMILLION)
            text.set(text=in_words(value), x=max(ratio, 0) + 0.12)
            number.set_text(f"{value / at:.{1 if in_words is _time else 2}f}×")  # a time is no surer than that
        learned, products, kept, field, shortest, longest = self.facts.values()
        self.title(self.ax, f"“{opening(preset)}”: field {field}, state {_kib(kept)}")
        return (
            f"At d_model {d_model}, “{preset}” has {written(learned, ',')} parameters, {written(products, ',')} "
            f"multiplications a token, {_kib(kept)} of state, a field of {field} samples, and half-lives from "
            f"{shortest:.2g} to {longest:.0f} tokens."
        )


# The block with links

INK, BOX, LINK = "#1A1A1A", "#EAF2F8", "#00507D"
UNIT = 66  # pixels for one unit of the diagram


class LinkedDiagram:
    """The block as a page: every box holds links to the notebooks that build it. The same text on every machine."""

    def __repr__(self) -> str:
        lines = ["The block, in the order in which a token passes it:"]
        lines += [f"  {one_line(part)}: notebook {', '.join(part.notebooks)}" for part in PARTS.values()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        boxes = "".join(_html_box(name, part) for name, part in PARTS.items())
        words = "".join(_html_word(*word) for word in WORDS)
        size = f"width:{11.6 * UNIT:.0f}px;height:{4.7 * UNIT:.0f}px"
        return (
            f'<div style="overflow-x:auto"><div role="group" aria-label="The block and its notebooks" '
            f'style="position:relative;{size};background:#FFFFFF;color:{INK};font-size:15px">'
            f"{_svg_arrows()}{boxes}{words}</div></div>"
        )


def _place_in_page(x: float, y: float) -> tuple[float, float]:
    """From the diagram's units, y upwards, to pixels from the upper left corner."""
    return (x + 0.75) * UNIT, (4.95 - y) * UNIT


def _svg_arrows() -> str:
    """The arrows as lines with heads; they are decoration, the order stands in the text."""
    drawn = []
    for points in ARROWS:
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in (_place_in_page(*point) for point in points))
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="2.5"/>')
        drawn.append(f'<polygon points="{_head(*points[-2:])}" fill="{INK}"/>')
    return (
        f'<svg aria-hidden="true" width="{11.6 * UNIT:.0f}" height="{4.7 * UNIT:.0f}" '
        f'style="position:absolute;left:0;top:0">{"".join(drawn)}</svg>'
    )


def _head(start, end) -> str:
    """The three corners of an arrow's head; all arrows run along an axis."""
    (x0, y0), (x, y) = _place_in_page(*start), _place_in_page(*end)
    across, along = (0, 1), (1 if x > x0 else -1, 0)
    if abs(x - x0) < 1:
        across, along = (1, 0), (0, 1 if y > y0 else -1)
    corners = [
        (x, y),
        *((x - 11 * along[0] + side * 6 * across[0], y - 11 * along[1] + side * 6 * across[1]) for side in (1, -1)),
    ]
    return " ".join(f"{a:.0f},{b:.0f}" for a, b in corners)


def _html_box(name: str, part: Part) -> str:
    left, top = _place_in_page(part.x, part.y + part.height)
    width, height = part.width * UNIT, part.height * UNIT
    links = " ".join(
        f'<a href="{folders()[number][2:]}.ipynb" title="notebook {number}, {part.purpose}" '
        f'style="color:{LINK};text-decoration:underline;font-weight:bold">{number}</a>'
        for number in part.notebooks
    )
    label = "× gate" if name == "gate" else part.label.replace("\n", "<br>")
    if name == "gate":
        left, width = left - 8, width + 16
    return (
        f'<div style="position:absolute;left:{left:.0f}px;top:{top:.0f}px;width:{width:.0f}px;height:{height:.0f}px;'
        f"box-sizing:border-box;border:2.5px solid {style.BLUE};border-radius:9px;background:{BOX};color:{INK};"
        f"display:flex;flex-direction:column;align-items:center;justify-content:center;text-align:center;"
        f'line-height:1.25"><strong>{label}</strong><span>{links}</span></div>'
    )


def _html_word(x: float, y: float, text: str) -> str:
    left, top = _place_in_page(x, y)
    return (
        f'<div style="position:absolute;left:{left - 40:.0f}px;top:{top - 11:.0f}px;width:80px;'
        f'text-align:center;color:{INK};background:transparent"><em>{text}</em></div>'
    )
