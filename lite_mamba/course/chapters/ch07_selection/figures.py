"""The figures of notebook 07: one Δ a token, Δ as a gate, a stream with noise, a reset, and the paper's ablation."""

import math
from collections.abc import Callable

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import slider
from ...drawing.numbers import are, several, written
from ...drawing.returned import of_copies, returned
from .exercises import gate_from_delta, gated_state
from .exercises.delta_by_hand import ENOUGH

PALE_BLUE, PALE_RED = "#D6E8F5", "#F6DCCB"
WANTED = "#8C8C8C"  # a broad line behind the state: 3.4:1 on white
HOLDS, RESETS = 0.02, ENOUGH  # a gate below the first holds, one above the second resets, as in exercise 3


def noise_stream(length: int, share: float = 0.25, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """A line of tokens of which a share is data and the rest is noise, both from the same distribution.

    Returns:
        u (L,) the values, is_data (L,) True or False, and target (L,): the last data value so far, 0 before the first.
    """
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(length, generator=generator)  # (L,)
    is_data = torch.rand(length, generator=generator) < share  # (L,)
    last, target = 0.0, []
    for value, kept in zip(u.tolist(), is_data.tolist(), strict=True):
        last = value if kept else last
        target.append(last)
    return u, is_data, torch.tensor(target)


def one_a_token(name: str, found: Tensor, u: Tensor) -> Tensor:
    """`found`, which a reader's function returned, if it holds one number a token; else a ValueError in words."""
    return returned(f"the {name}", found, tuple(u.shape), finite=True)[0].detach().float()


def number(value: float) -> str:
    """A state with two digits behind the point, a huge one with an exponent."""
    return written(value, ".2f" if abs(value) < 1e4 else ".3g")


def percent(share: float, digits: int = 1) -> str:
    """A share in words: what is not nothing never reads as 0, what is not all never as 100. `digits` for a small one.

    "63 %", "0.3 %", "under 0.1 %", "99.8 %", "over 99.9 %".
    """
    value = 100 * share
    if value >= 999.5:
        return f"{written(value, ',.0f' if value < 99_999.5 else '.2g')} %"
    if 0 < value < 0.095 or 99.95 <= value < 100:
        return "under 0.1 %" if value < 1 else "over 99.9 %"
    places = digits if 0 < value < 9.95 else 1 if 99.5 <= value < 100 else 0
    return f"{value:.{places}f} %"


class TokenRow(LiveFigure):
    """A row of tokens, each with a Δ of its own, and the state as bars that fill, hold and reset.

    A bar is the mixture of the state before and the token. Where the state that `run` gives is another one, a black
    line marks it, and the title says so.

    Args:
        gate: Δ (L,) to the gates (L,), the function of exercise 1.
        run: (u, g) to the states (L,), the function of exercise 2.
    """

    TOKENS = (6.0, 2.0, 9.0, 4.0)
    DELTAS = (5.0, 0.0, 1.4, 0.0)
    HIGHEST = 9.6  # a bar ends here, below the names

    controls = {  # noqa: RUF012
        f"delta_{i}": slider(0.0, 6.0, delta, 0.1, label=f"Δ of token {i}, the {token:g}")
        for i, (token, delta) in enumerate(zip(TOKENS, DELTAS, strict=True), start=1)
    }

    def __init__(self, gate: Callable = gate_from_delta, run: Callable = gated_state):
        super().__init__(height=4.9)
        self.gate, self.run = gate, run
        self.u = torch.tensor(self.TOKENS)  # (L,)
        self.row, self.ax = self.figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        self._draw_row()
        self._draw_bars()

    def update(self, **deltas: float) -> str:
        values = [deltas.get(f"delta_{i + 1}", start) for i, start in enumerate(self.DELTAS)]
        self.delta = torch.tensor(values, dtype=torch.float32)  # (L,), also of whole numbers
        self.g = one_a_token("gate", of_copies(self.gate, self.delta), self.u)  # (L,)
        self.h = one_a_token("recurrence", of_copies(self.run, self.u, self.g), self.u)  # (L,)
        self.parts = (1 - self.g) * torch.cat([torch.zeros(1), self.h[:-1]]), self.g * self.u  # (L,) each
        self.apart = ~torch.isclose(self.h, sum(self.parts), rtol=1e-5, atol=0.01)  # (L,)
        self.weights = self.g * torch.cat([(1 - self.g[1:]).flip(0).cumprod(0).flip(0), torch.ones(1)])  # (L,)
        self.verbs = [self._verb(g) for g in self.g.tolist()]
        self._show()
        finding = self._finding()
        self.title(self.row, finding)
        steps = ", ".join(f"{verb} ({value:.1f})" for verb, value in zip(self.verbs, values, strict=True))
        by = self.whose_is(gate=self.gate, recurrence=self.run)
        says = f"The tokens do this to the state, with this Δ: {steps}. It"
        if self.apart.any() or "no share" in self.verbs:
            says = f"The gates ask for this, with this Δ: {steps}. The state"
        return f"{says} ends at {number(self.h[-1])}. {finding}.{by}"

    def _finding(self) -> str:
        for i, verb in enumerate(self.verbs):
            if verb == "no share":
                return f"Token {i + 1} has the gate {number(self.g[i])}, no share from 0 to 1"
        if self.apart.any():
            i = int(self.apart.int().argmax())
            return f"State {i + 1} is {number(self.h[i])}, kept and let in make {number(sum(self.parts)[i])}"
        best = int(self.weights.argmax())
        if self.weights.sum() < 0.0005:  # a state of 0.00
            return "No door was ever open: the state is still empty"
        weight = percent(self.weights[best].item())
        return f"Token {best + 1}, the {self.TOKENS[best]:g}, has the weight {weight} in the last state"

    def _draw_row(self) -> None:
        self.row.set(ylim=(-0.95, 1.0))
        self.row.axis("off")
        self.boxes, self.fills, self.steps = [], [], []
        for i, token in enumerate(self.TOKENS):
            self.row.text(i, 0.47, f"{token:g}", ha="center", va="center_baseline", fontsize=20)
            fill = Rectangle((i - 0.3, 0), 0.6, 0, facecolor=style.VERMILLION, alpha=0.25)
            self.fills.append(self.row.add_patch(fill))
            self.boxes.append(self.row.add_patch(Rectangle((i - 0.3, 0), 0.6, 0.95, facecolor="none", lw=2.5)))
            self.steps.append(self.row.text(i, -0.5, "", ha="center", va="center", fontsize=15))
        self.move(*self.fills, *self.boxes, *self.steps)
        self.row.text(-0.5, 0.47, "token,\nfilled to g", ha="right", va="center", fontsize=14, color=style.GREY)
        self.row.text(-0.5, -0.5, "Δ", ha="right", va="center", fontsize=15, color=style.GREY)

    def _draw_bars(self) -> None:
        ax = self.ax
        ax.set(xlim=(-1.35, len(self.TOKENS) - 0.5), ylim=(0, 12.4), yticks=[0, 3, 6, 9], ylabel="state h")
        ax.tick_params(axis="x", bottom=False, labelbottom=False)
        self.kept = ax.bar(range(len(self.TOKENS)), 0, width=0.6, color=style.BLUE)
        self.let_in = ax.bar(
            range(len(self.TOKENS)), 0, width=0.6, color=PALE_RED, edgecolor=style.VERMILLION, hatch="//", lw=1.5
        )
        (self.links,) = ax.plot([], [], ":", color=style.BLUE, lw=2)
        self.values = [ax.text(i, 0, "", ha="center", va="bottom", fontsize=14) for i in range(len(self.TOKENS))]
        bold = {"ha": "center", "va": "top", "fontsize": 14, "fontweight": "bold"}
        self.words = [ax.text(i, -0.5, "", **bold) for i in range(len(self.TOKENS))]
        ax.text(-1.25, 11.4, "■ kept: (1 − g)·old state", color=style.BLUE, fontweight="bold", va="center")
        ax.text(1.2, 11.4, "▨ let in: g·token", color=style.VERMILLION, fontweight="bold", va="center")
        ax.text(2.55, 11.4, "··· old state", color=style.BLUE, fontweight="bold", va="center")
        (self.others,) = ax.plot([], [], "-", color=style.BLACK, lw=4)
        self.move(*self.kept, *self.let_in, self.links, self.others, *self.values, *self.words)

    def _show(self) -> None:
        kept, let_in, h = (part.tolist() for part in (*self.parts, self.h))
        links, others = [], []
        colours = {"hold": style.GREY, "reset": style.VERMILLION}
        for i, verb in enumerate(self.verbs):
            colour = colours.get(verb, style.BLACK)
            self.fills[i].set_height(0.95 * min(max(float(self.g[i]), 0), 1))
            self.boxes[i].set_edgecolor(colour)
            self.steps[i].set_text(f"{self.delta[i]:.1f}")
            foot, top = (min(max(y, 0.0), self.HIGHEST) for y in (kept[i], kept[i] + let_in[i]))
            self.kept[i].set_height(foot)
            self.let_in[i].set(y=foot, height=top - foot, visible=abs(top - foot) > 0.02)
            level = min(max(h[i], 0.0), self.HIGHEST)
            text = f"state {number(h[i])}" if self.apart[i] else number(h[i])
            if abs(level - h[i]) > 0.005:  # off the axes
                text = f"{'↑' if h[i] > 0 else '↓'} {number(h[i])}"
            elif self.apart[i]:
                others += [(i - 0.3, level), (i + 0.3, level), (math.nan, math.nan)]
            self.values[i].set(y=max(top, level) + 0.15, text=text)
            words = {"mix": f"mix, g = {self.g[i]:.2f}", "no share": f"g = {number(self.g[i])}"}
            self.words[i].set(text=words.get(verb, verb), color=colour)
            if i and 0.05 < h[i - 1] < self.HIGHEST:
                links += [(i - 0.7, h[i - 1]), (i - 0.3, h[i - 1]), (math.nan, math.nan)]
        for line, points in ((self.links, links), (self.others, others)):
            line.set_data(*zip(*points, strict=True) if points else ((), ()))

    def _verb(self, g: float) -> str:
        if not -0.005 < g < 1.005:
            return "no share"
        return "hold" if g < HOLDS else "reset" if g > RESETS else "mix"


class GateCurve(LiveFigure):
    """What a token's raw number w does: how much of the old state is kept, how much of the token is let in.

    Args:
        package: whether the input weight is the package's Δ·B; else it is the zero-order hold.
    """

    def __init__(self, package: bool = False):
        super().__init__()
        self.package = package
        high, top = (3.0, 3.2) if package else (6.0, 1.2)
        self.start = 2.0 if package else 1.0
        step = 0.02 if package else 0.1  # fine enough for the weight 1, at w = 0.54
        self.controls = {"w": slider(-6.0, high, self.start, step, label="raw number w")}
        self.ax, self.bar = self.figure.subplots(1, 2, width_ratios=(2.5, 1), sharey=True)
        self.w, self.top = np.linspace(-6, high, 200), top
        self._draw_curves(high, top)
        self._draw_bar()

    def update(self, w: float | None = None) -> str:
        w = self.start if w is None else w
        self.delta = math.log1p(math.exp(w))
        self.kept = math.exp(-self.delta)
        self.let_in = self.delta if self.package else -math.expm1(-self.delta)
        self.line.set_xdata([w, w])
        self.kept_dot.set_data([w], [self.kept])
        self.in_dot.set_data([w], [self.let_in])
        self.old.set_height(self.kept)
        self.new.set(y=self.kept, height=self.let_in)
        self.total = self.kept + self.let_in
        total = "just over 1" if self.package and self.total < 1.005 else f"{self.total:.2f}"
        self.sum_note.set(y=self.total + 0.012 * self.top, text=f"sum {total}")
        shown = written(w, ".2f" if self.package else ".1f")
        self.title(self.ax, f"w = {shown}, Δ = {self.delta:.3f}: keeps {self.kept:.3f}, lets in {self.let_in:.3f}")
        louder = f" The weights add up to {total}." if self.package else " The two weights add up to 1."
        return (
            f"w = {shown} gives Δ = softplus(w) = {self.delta:.3f}. The old state keeps the weight {self.kept:.3f}, "
            f"the token gets the weight {self.let_in:.3f}." + louder
        )

    def _draw_curves(self, high: float, top: float) -> None:
        ax = self.ax
        delta = np.log1p(np.exp(self.w))  # (points,)
        ax.set(xlim=(-6, high + 0.05), ylim=(0, top), xlabel="raw number w, from the token", ylabel="weight")
        ax.set_yticks([0, 0.5, 1] if not self.package else [0, 1, 2, 3])
        ax.plot(self.w, np.exp(-delta), "--", color=style.BLUE, lw=4)
        ax.plot(self.w, delta if self.package else -np.expm1(-delta), "-", color=style.VERMILLION, lw=4)
        names = [("old state:\nexp(−Δ)", -5.8, 1.36 if self.package else 0.82, style.BLUE, "left")]
        if self.package:
            ax.plot(self.w, -np.expm1(-delta), ":", color=style.GREY, lw=2.5)
            names += [("token: Δ·B", -1.2, 1.75, style.VERMILLION, "right"), ("σ(w)", 2.95, 1.12, style.GREY, "right")]
            ax.annotate("", (1.35, 1.7), (-1.1, 1.75), arrowprops={"arrowstyle": "-", "color": style.VERMILLION})
        else:
            names += [("token:\n1 − exp(−Δ) = σ(w)", -5.8, 0.3, style.VERMILLION, "left")]
        (self.line,) = ax.plot([0, 0], [0, top], ":", color=style.BLACK, lw=2)
        labels = [style.label_line(ax, *name, ha=side, bbox=style.PAPER) for *name, side in names]
        (self.kept_dot,) = ax.plot([], [], "s", color=style.BLUE, ms=12, clip_on=False)
        (self.in_dot,) = ax.plot([], [], "o", color=style.VERMILLION, ms=13, clip_on=False)
        self.move(self.line, *labels, self.kept_dot, self.in_dot)  # the names stand before the line that moves

    def _draw_bar(self) -> None:
        ax = self.bar
        ax.set(xlim=(-0.6, 0.9), xticks=[])
        ax.set_xlabel("the next state")
        ax.tick_params(axis="y", left=False, labelleft=False)
        ax.spines["left"].set_visible(False)
        ax.axhline(1, color=style.GREY, ls=":", lw=2.5)
        self.old = ax.add_patch(Rectangle((-0.35, 0), 0.7, 0, facecolor=style.BLUE))
        self.new = ax.add_patch(
            Rectangle((-0.35, 0), 0.7, 0, facecolor=PALE_RED, edgecolor=style.VERMILLION, hatch="//", lw=1.5)
        )
        self.sum_note = ax.text(0, 1, "", ha="center", va="bottom", fontweight="bold")
        self.move(self.old, self.new, self.sum_note)


class _Stream(LiveFigure):
    """A state that follows a stream of data and noise: data tokens have one Δ, noise tokens another."""

    SHOWN, MEASURED = 40, 20_000

    def __init__(self, run: Callable = gated_state):
        super().__init__(height=4.9)
        self.run = run
        self.u, self.is_data, self.target = noise_stream(self.MEASURED)  # (L,) each
        self.pairs = list(zip(self.u.tolist(), self.is_data.tolist(), strict=True))
        self.shown = self.u[: self.SHOWN]
        self._draw()

    def _draw(self) -> None:
        ax = self.ax = self.figure.subplots()
        t, data = np.arange(self.SHOWN), self.is_data[: self.SHOWN].numpy()
        ax.set(xlim=(-0.8, self.SHOWN + 6.6), ylim=(-3.3, 3.6), yticks=[-2, 0, 2])
        ax.set(xlabel="token", ylabel="value", xticks=range(0, self.SHOWN + 1, 10))
        target = self.target[: self.SHOWN].numpy()
        ax.step([*t, self.SHOWN], [*target, target[-1]], where="post", color=WANTED, ls="-", lw=7)
        values = self.shown.numpy()
        ax.plot(t[~data] + 0.5, values[~data], "x", color=style.GREY, ms=8, mew=2, ls="none")
        ax.plot(t[data] + 0.5, values[data], "o", color=style.BLACK, ms=11, ls="none")
        (self.line,) = ax.step([], [], where="post", color=style.BLUE, ls="-", lw=3)
        edge = self.SHOWN + 0.8
        style.label_line(ax, "● data", edge, 2.7, style.BLACK)
        style.label_line(ax, "× noise", edge, 1.9, style.GREY)
        style.label_line(ax, "▬ wanted", edge, 1.1, style.GREY)
        style.label_line(ax, "─ state", edge, 0.3, style.BLUE)
        self.note = ax.text(edge, -1.8, "", fontsize=14, va="center", linespacing=1.5)
        self.beyond = [ax.plot([], [], mark, color=style.BLUE, ms=8, ls="none")[0] for mark in "v^"]
        self.move(self.line, self.note, *self.beyond)

    def show(self, delta_data: float, delta_noise: float) -> float:
        """Draw the state for these two Δ; returns its error, as a share of that of always saying 0.

        It is the error of all tokens if the states drawn are the mixture, else of the tokens drawn.
        """
        delta = torch.where(self.is_data[: self.SHOWN], float(delta_data), float(delta_noise))  # (SHOWN,)
        found = of_copies(self.run, self.shown, gate_from_delta(delta))
        self.states = one_a_token("recurrence", found, self.shown)  # (SHOWN,)
        states = self.states.tolist()
        self.line.set_data(np.arange(self.SHOWN + 1), [*states, states[-1]])
        self._mark_what_is_beyond()
        mixed = self._mixed(-math.expm1(-delta_data), -math.expm1(-delta_noise))  # (L,)
        self.is_mixed = torch.allclose(self.states, mixed[: self.SHOWN], rtol=1e-3, atol=1e-3)
        measured = mixed if self.is_mixed else self.states
        measured, wanted = measured.double(), self.target[: len(measured)].double()
        self.error = ((measured - wanted).square().mean() / wanted.square().mean()).sqrt().item()
        return self.error

    def _mark_what_is_beyond(self) -> None:
        """A triangle at the edge of the frame for each state that lies outside of it."""
        low, high = self.ax.get_ylim()
        sides = ((self.states < low, low + 0.2), (self.states > high, high - 0.2))
        for marks, (outside, edge) in zip(self.beyond, sides, strict=True):
            places = np.flatnonzero(outside.numpy()) + 0.5
            marks.set_data(places, np.full(len(places), edge))
        self.outside = sum(int(outside.sum()) for outside, _ in sides)

    def _mixed(self, g_data: float, g_noise: float) -> Tensor:
        h, states = 0.0, []
        for value, data in self.pairs:
            g = g_data if data else g_noise
            h += g * (value - h)
            states.append(h)
        return torch.tensor(states)  # (L,)

    def tell(self, steps: str, acts: str) -> str:
        """Sets the title. Returns the sentence for these `steps`; `acts` says what tokens do in a mixture."""
        error = percent(self.error)
        if self.is_mixed:
            self.title(self.ax, f"{steps}: an error of {error}")
            return f"{acts}. The error is {error} of that of always saying 0."
        count, verb = several(self.outside, "state"), are(self.outside)
        beyond = f" {count} {verb} outside of the frame: a triangle marks each." if self.outside else ""
        self.title(self.ax, f"Another recurrence: an error of {error} over these {self.SHOWN} tokens")
        return (
            f"{steps}. The states are no mixture by the gate: over these {self.SHOWN} tokens their error is {error} of "
            "that of always saying 0." + beyond
        )


class FixedDelta(_Stream):
    """One Δ for all tokens: the state cannot tell data from noise."""

    controls = {"delta": slider(0.01, 10.0, 1.0, 0.1, label="Δ of every token", log=True)}  # noqa: RUF012

    def update(self, delta: float = 1.0) -> str:
        self.show(delta, delta)
        g = -math.expm1(-delta)
        self.note.set_text(f"keeps\n{percent(1 - g)}\nlets in\n{percent(g)}")
        steps = f"Δ = {delta:.4g} for every token"
        return self.tell(steps, f"Every token has Δ = {delta:.4g}: it replaces {percent(g)} of the state")


class TwoDeltas(_Stream):
    """One Δ for data tokens and another one for noise tokens."""

    controls = {  # noqa: RUF012
        "delta_data": slider(0.001, 10.0, 1.0, 0.2, label="Δ of data tokens", log=True),
        "delta_noise": slider(0.001, 10.0, 1.0, 0.2, label="Δ of noise tokens", log=True),
    }

    def update(self, delta_data: float = 1.0, delta_noise: float = 1.0) -> str:
        self.show(delta_data, delta_noise)
        g_data, g_noise = -math.expm1(-delta_data), -math.expm1(-delta_noise)
        self.note.set_text(f"g on data:\n{percent(g_data)}\ng on noise:\n{percent(g_noise)}")
        steps = f"Δ = {delta_data:.4g} on data, {delta_noise:.4g} on noise"
        acts = f"A data token replaces {percent(g_data)} of the state, a noise token {percent(g_noise)}"
        return self.tell(steps, acts) + self.whose_is(recurrence=self.run)


class DeltaFromMark(_Stream):
    """Δ = softplus(weight · mark + bias), with the mark 1 for data and 0 for noise."""

    controls = {  # noqa: RUF012
        "weight": slider(-4.0, 16.0, 0.0, 0.5, label="weight of the mark"),
        "bias": slider(-12.0, 4.0, 0.0, 0.5, label="bias"),
    }

    def update(self, weight: float = 0.0, bias: float = 0.0) -> str:
        self.delta_data, self.delta_noise = softplus(weight + bias), softplus(bias)
        self.show(self.delta_data, self.delta_noise)
        data, noise = short(self.delta_data), short(self.delta_noise)
        self.note.set_text(f"Δ on data:\n{data}\nΔ on noise:\n{noise}")
        acts = (
            f"Weight {written(weight, '.1f')} and bias {written(bias, '.1f')}: Δ is {data} on data, the softplus of "
            f"{written(weight + bias, '.1f')}, and {noise} on noise, the softplus of {written(bias, '.1f')}"
        )
        return self.tell(f"Δ is {data} on data, {noise} on noise", acts) + self.whose_is(recurrence=self.run)


def softplus(w: float) -> float:
    return math.log1p(math.exp(-abs(w))) + max(w, 0.0)


def short(delta: float) -> str:
    """A step size with three digits, in words where it is tiny."""
    return f"{delta:.3g}" if delta >= 0.0001 else "under 10⁻⁴"


class Reset(LiveFigure):
    """What a boundary token leaves of the past in each of the 16 states of a channel."""

    N, ALLOWED, FLOOR = 16, 0.01, 1e-4

    controls = {"delta": slider(0.1, 8.0, 0.5, 0.1, label="Δ of the boundary token")}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        ax = self.ax = self.figure.subplots()
        self.n = np.arange(1, self.N + 1)
        ax.set(xlim=(0.3, self.N + 3.4), ylim=(self.FLOOR, 2), yscale="log", xticks=[1, 4, 8, 12, 16])
        ax.set(xlabel="state n, with A = −n", ylabel="left of the past")
        ax.set_yticks([1, 0.1, 0.01, 0.001, 0.0001], ["100 %", "10 %", "1 %", "0.1 %", "0.01 %"])
        ax.minorticks_off()
        self.bars = ax.bar(self.n, 1, width=0.7)
        (line,) = ax.plot([0.3, self.N + 0.6], [self.ALLOWED] * 2, "--", color=style.BLACK, lw=2.5)
        label = style.label_line(ax, "1 % allowed", self.N + 0.75, self.ALLOWED, style.BLACK)
        self.move(*self.bars, line, label)

    def update(self, delta: float = 0.5) -> str:
        self.left = np.exp(-self.n * delta)  # (N,)
        self.too_much = self.left > self.ALLOWED
        for bar, left, bad in zip(self.bars, self.left, self.too_much, strict=True):
            bar.set_height(max(left, self.FLOOR))
            bar.set(facecolor=style.VERMILLION if bad else PALE_BLUE, edgecolor=style.VERMILLION if bad else style.BLUE)
            bar.set(hatch="" if bad else "..", linewidth=1.5)
        count = int(self.too_much.sum())
        who = (
            "no state remembers"
            if not count
            else "only state 1 remembers"
            if count == 1
            else f"{count} states remember"
        )
        self.title(self.ax, f"Δ = {delta:.1f}: {who} more than 1 % of the past")
        return (
            f"A boundary token with Δ = {delta:.1f} leaves {percent(self.left[0], 2)} of state 1 and "
            f"{percent(self.left[-1])} of state 16: {who} more than 1 % of the past."
        )


class Ablation(LiveFigure):
    """The paper's ablation: perplexity when only some of Δ, B and C depend on the token."""

    PERPLEXITY = {"nothing": 10.93, "only B": 10.15, "only C": 9.98, "only Δ": 9.81, "Δ, B and C": 8.71}  # noqa: RUF012

    def __init__(self):
        super().__init__(height=3.9)
        ax = self.ax = self.figure.subplots()
        none = self.PERPLEXITY["nothing"]
        looks = {"only Δ": (style.BLUE, "s"), "Δ, B and C": (style.VERMILLION, "D")}
        for row, (name, value) in enumerate(self.PERPLEXITY.items()):
            colour, marker = looks.get(name, (style.GREY, "o"))
            ax.plot([none, value], [row, row], "-", color=colour, lw=6, solid_capstyle="butt")
            ax.plot([value], [row], marker, color=colour, ms=15)
            ax.text(value - 0.06, row, f"{value:.2f}", ha="right", va="center", fontweight="bold", fontsize=15)
        ax.axvline(none, color=style.GREY, ls=":", lw=2.5, zorder=0)
        ax.set(xlim=(8.35, 11.05), ylim=(len(self.PERPLEXITY) - 0.5, -0.5), xlabel="← better          perplexity")
        ax.set_yticks(range(len(self.PERPLEXITY)), list(self.PERPLEXITY), fontsize=15)
        ax.tick_params(axis="y", left=False)
        self.title(ax, "Alone, Δ helps most. Together, the three help about twice as much")

    def update(self) -> str:
        parts = ", ".join(f"{name} {value:.2f}" for name, value in self.PERPLEXITY.items())
        return f"Perplexity in the paper, lower is better, by what depends on the token: {parts}."
