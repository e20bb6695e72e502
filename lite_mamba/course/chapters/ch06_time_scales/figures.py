"""The figures of notebook 06: half-lives, HiPPO-LegS and its diagonal, where Δ starts, and what ruins the start.

Along an axis of time or of Δ these figures are logarithmic: they plot log10 on a straight axis and label it with
the numbers themselves. There, a half-life twice as long is the same curve, moved to the right.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.collections import LineCollection
from torch import Tensor

from lite_mamba import Mamba

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import percent, several, written
from ...drawing.returned import of_copies, returned
from .exercises import half_life, inverse_softplus, sample_dt

LN2 = math.log(2)
STATES = 16
PALE = "#8C8C8C"  # lines in the background: 3.4:1 on white
BAND = "#EDEDED"  # the ground of a range


def words(steps: float) -> str:
    """A number of steps with two digits that count: 0.43, 6.9, 17, 693, 10 183, 3e8."""
    return written(steps, ",.0f" if 9.95 <= abs(steps) < 1e6 else ".2g")


def decades(ax, axis: str, powers, names=None) -> None:
    """Label a straight axis that holds log10 of something with the numbers themselves."""
    names = names or [written(10.0**p, ",g") for p in powers]
    getattr(ax, f"set_{axis}ticks")(list(powers), names)


class Hero(LiveFigure):
    """What the states of three channels still hold of one event, over a long time."""

    DELTAS = (0.1, 0.01, 0.001)

    def __init__(self):
        super().__init__()
        self.ax = self.figure.subplots()
        self.log_t = np.linspace(0, 3.3, 330)
        blank = np.full((2, len(self.log_t)), np.nan)
        rate = np.arange(1, STATES + 1)[::-1, None]  # (N, 1), the slowest state at the bottom
        self.left = [np.exp(-rate * delta * 10**self.log_t) for delta in self.DELTAS]  # (N, T) each
        rows = np.concatenate([self.left[0], blank, self.left[1], blank, self.left[2]])
        image = self.ax.imshow(rows, extent=(0, 3.3, len(rows), 0), vmin=0, vmax=1, interpolation="nearest")
        scale = self.figure.colorbar(image, ax=self.ax, ticks=[0, 0.5, 1], pad=0.02)
        scale.ax.set_yticklabels(["nothing", "½", "all of it"])
        scale.outline.set_visible(False)
        self.ax.set(xlabel="steps since the event (each mark ten times as many)", yticks=[8, 26, 44])
        self.ax.set_yticklabels(["a fast\nchannel", "a medium\nchannel", "a slow\nchannel"], fontsize=15)
        self.ax.tick_params(axis="y", length=0)
        decades(self.ax, "x", range(4))
        for side in ("left", "bottom"):
            self.ax.spines[side].set_visible(False)
        notes = {"va": "center", "fontsize": 17, "fontweight": "bold"}
        self.ax.text(0.12, 46, "still there", color=style.BLACK, **notes)
        self.ax.text(3.2, 6, "forgotten", color="white", ha="right", **notes)
        self.title(self.ax, "One event, and how long a new Mamba block remembers it")

    def update(self) -> str:
        return (
            "Three channels of a new block, 16 states each, and what every state still holds of one event as the steps "
            "go by. State for state, it fades first in the fast channel and last in the slow one, and within a channel "
            "each state fades at a time of its own."
        )


class Fading(LiveFigure):
    """One state after an event: what is left of it, step by step.

    Args:
        half_life: the function of exercise 1, from A (D, N) and Δ (D,) to (D, N).
    """

    STEPS = 60
    controls = {  # noqa: RUF012
        "delta": slider(0.001, 1.0, 0.1, 0.1, label="step size Δ", log=True),
        "n": slider(1, STATES, 1, label="state n, with A = −n"),
    }

    def __init__(self, half_life: Callable[[Tensor, Tensor], Tensor] = half_life):
        super().__init__()
        self.half_life = half_life
        self.t = np.arange(self.STEPS + 1)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.8, self.STEPS + 4), ylim=(0, 1.14), xlabel="steps since the event", ylabel="what is left")
        self.ax.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        self.ax.axhline(0.5, color=PALE, ls="--", lw=2, zorder=0)
        self.stems = LineCollection([], colors="#4F8FBF", linewidths=3)
        self.ax.add_collection(self.stems)
        (self.dots,) = self.ax.plot(self.t, self.t * 0, "o", color=style.BLUE, ms=8, ls="none", clip_on=False)
        (self.halves,) = self.ax.plot([], [], "D", color=style.VERMILLION, ms=13, ls="none", clip_on=False)
        self.names = [style.label_line(self.ax, name, 0, 0, style.VERMILLION, fontsize=18) for name in "½¼⅛"]
        self.move(self.stems, self.dots, self.halves, *self.names)

    def update(self, delta: float = 0.1, n: int = 1) -> str:
        found = self.half_life(torch.tensor([[-float(n)]]), torch.tensor([delta]))
        (found,) = returned("half_life", found, (1, 1), finite=True)
        self.steps = found.item()
        self.left = np.exp(-n * delta * self.t)  # (T,)
        self.stems.set_segments([[(t, 0), (t, left)] for t, left in zip(self.t, self.left, strict=True)])
        self.dots.set_ydata(self.left)
        at, height = self.steps * np.arange(1, 4), 0.5 ** np.arange(1, 4)
        seen = (at >= 0) & (at <= self.STEPS)
        self.halves.set_data(at[seen], height[seen])
        crowded = abs(self.steps) < 1.2
        for i, name in enumerate(self.names):
            name.set(visible=bool(seen[i]) and not (crowded and i), x=at[i] + 0.9, y=height[i] + 0.06)
        finding, more = self._finding(n * delta)
        when, where = _steps(self.steps), ", beyond the last dot" if self.steps > self.STEPS else ""
        self.title(self.ax, finding.replace(when, when + where))
        kept = 100 * math.exp(-n * delta)
        return (
            f"State n = {n} at Δ = {delta:.4g}: each step keeps {_percent(kept)} of what is there. "
            f"{finding}{more}.{self.whose_is(**{'half-life': self.half_life})}"
        )

    def _finding(self, rate: float) -> tuple[str, str]:
        """What is left after the half-life that the function gives, and what more there is to say of it."""
        if self.steps < 0:
            return f"A half-life of {_steps(self.steps)} lies before the event", ""
        left = math.exp(-rate * self.steps)
        share = percent(max(left, 1e-4))  # a state is never quite empty
        if share == "50 %":
            share = _percent(100 * left)  # 49.7 % is not a half
        if share == "50.0 %":
            return f"Half of it is left after {_steps(self.steps)}", f", a quarter after {words(2 * self.steps)}"
        return f"After {_steps(self.steps)}, {share} is left, not a half", ""


def _percent(value: float) -> str:
    return "less than 0.1 %" if value < 0.1 else f"{value:.1f} %"


def hippo_legs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The HiPPO-LegS matrices A (N, N) and B (N,), in float64."""
    root = np.sqrt(2 * np.arange(size) + 1)
    return -(np.tril(np.outer(root, root), -1) + np.diag(np.arange(1, size + 1))), root


def legendre_mix(size: int) -> np.ndarray:
    """Row n: the weights of exp(−t), …, exp(−N t) whose sum is the memory of state n under LegS. (N, N)"""
    mix = np.zeros((size, size))
    for n in range(size):
        for k in range(n + 1):
            mix[n, k] = (-1) ** (n + k) * math.comb(n, k) * math.comb(n + k, k) * math.sqrt(2 * n + 1)
    return mix


class TwoMemories(LiveFigure):
    """What a state holds of an event of a given age: in HiPPO-LegS, and with its diagonal alone."""

    SIZE = 8
    controls = {  # noqa: RUF012
        "n": slider(1, SIZE, 4, label="state n"),
        "shown": choice({"no": False, "yes": True}, False, label="mix LegS from the plain ones"),
    }

    def __init__(self):
        super().__init__(height=4.8)
        self.log_t = np.linspace(-2, 1, 260)
        t = 10**self.log_t
        A, B = hippo_legs(self.SIZE)
        # Of a triangular matrix: real, which newer NumPy leaves us to say, and exact enough for eight states.
        rates, vectors = (found.real for found in np.linalg.eig(A))
        amounts = vectors * np.linalg.solve(vectors, B)  # (N, N)
        self.legs = amounts @ np.exp(np.outer(rates, t))  # (N, T)
        self.plain = np.exp(-np.outer(np.arange(1, self.SIZE + 1), t))  # (N, T)
        self.mix = legendre_mix(self.SIZE)
        self.coupled, self.diagonal = self.figure.subplots(1, 2)
        for ax in (self.coupled, self.diagonal):
            decades(ax, "x", (-2, -1, 0, 1))
            ax.set(xlim=(-2, 1), xlabel="age of the event (Δ · steps)")
            ax.axhline(0, color=style.BLACK, ls="-", lw=1)
        self.coupled.set(ylim=(-1.9, 4.2), yticks=range(-1, 5), ylabel="what the state holds")
        self.diagonal.set(ylim=(-0.09, 1.1), yticks=[0, 0.5, 1])
        self.diagonal.plot(self.log_t, self.plain.T, "-", color=PALE, lw=2)
        self.coupled.plot(self.log_t, self.legs.T, "-", color=PALE, lw=1.5)
        (self.wave,) = self.coupled.plot(self.log_t, self.legs[0], "-", color=style.VERMILLION, lw=4)
        (self.mixed,) = self.coupled.plot([], [], "o", color=style.BLUE, ms=8, ls="none", mfc="white", mew=2.5)
        (self.fade,) = self.diagonal.plot(self.log_t, self.plain[0], "-", color=style.BLUE, lw=4)
        self.weights = style.label_line(self.coupled, "", 1, 3.5, style.BLUE, ha="right")
        self.below = style.label_line(self.diagonal, "", 1, 0.9, style.BLUE, ha="right")
        self.move(self.wave, self.mixed, self.fade, self.weights, self.below)

    def update(self, n: int = 4, shown: bool = False) -> str:
        self.wave.set_ydata(self.legs[n - 1])
        self.fade.set_ydata(self.plain[n - 1])
        self.crossings = int((np.diff(np.sign(self.legs[n - 1])) != 0).sum())
        self.rebuilt = self.mix[n - 1] @ self.plain  # (T,)
        self.largest = float(np.abs(self.mix[n - 1]).max())
        every = slice(None, None, 12)
        self.mixed.set_data(*((self.log_t[every], self.rebuilt[every]) if shown else ([], [])))
        size = words(self.largest) + (" in size" if n > 1 else "")  # some are negative
        self.weights.set_text(f"○ {_plain(n)},\n{'largest' if n > 1 else 'the'} weight {size}" if shown else "")
        self.gap = float((self.plain[n - 2] - self.plain[n - 1]).max()) if n > 1 else 0.0
        most = math.ceil(100 * self.gap)  # per cent
        self.below.set_text(f"≤ {most / 100:.2f} below\nstate {n - 1}" if n > 1 else "")
        through = f"crosses zero {self.crossings}×" if self.crossings else "never crosses zero"
        self.title(self.coupled, f"LegS, state {n}: {through}")
        self.title(self.diagonal, f"Diagonal, state {n}: only fades")
        below = f", at most {most} % of the full height below state {n - 1}" if n > 1 else ""
        which = "the largest" if n > 1 else "its"
        mixed = f" The LegS curve is {_plain(n)}; {which} weight is {size}." if shown else ""
        alone = f"with the diagonal alone it only fades, at the rate {n}{below}"
        return f"State {n} of HiPPO-LegS {through}; {alone}.{mixed}"


def _plain(n: int) -> str:
    return "a plain curve itself" if n == 1 else f"a sum of {n} plain curves"


def naive_inverse(dt: Tensor) -> Tensor:
    """log(exp(dt) − 1): right on paper."""
    return torch.log(torch.exp(dt) - 1)


class SoftplusInverse(LiveFigure):
    """Softplus and its inverse; how far off two forms of the inverse are when they are computed.

    Args:
        inverse: the function of exercise 2.
    """

    NEIGHBOURS = 9
    KINDS = {"float32": torch.float32, "bfloat16": torch.bfloat16}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "delta": slider(1e-7, 10.0, 0.001, 0.1, label="step size Δ", log=True),
        "kind": choice(KINDS, torch.float32, label="numbers"),
    }

    def __init__(self, inverse: Callable[[Tensor], Tensor] = inverse_softplus):
        super().__init__(height=4.8)
        self.inverse = inverse
        self.log_dt = np.linspace(-7, 1, 60 * self.NEIGHBOURS)
        self.dt = torch.from_numpy(10**self.log_dt)  # (T,), float64
        self.curve, self.errors = self.figure.subplots(1, 2, width_ratios=[1, 1.3])
        self._draw_curve()
        self._draw_errors()

    def _draw_curve(self):
        ax, bias = self.curve, np.linspace(-17, 11, 300)
        ax.plot(bias, np.log10(np.logaddexp(0, bias)), "-", color=style.BLUE, lw=4)
        ax.set(xlim=(-17, 11), ylim=(-7.3, 1.4), xlabel="bias", ylabel="Δ = softplus(bias)")
        decades(ax, "y", range(-6, 2, 2), ["1e−6", "0.0001", "0.01", "1"])
        _band(ax.axhline, ax.axhspan)
        ground = style.PAPER | {"facecolor": BAND}
        name = ax.text(-16.5, -2, "a new\nblock", color=style.GREY, va="center", fontsize=14, bbox=ground)
        (self.path,) = ax.plot([], [], ":", color=style.BLACK, lw=2.5)
        (self.point,) = ax.plot([], [], "o", color=style.VERMILLION, ms=14)
        self.move(self.path, self.point, name)

    def _draw_errors(self):
        ax = self.errors
        ax.set(xlim=(-7, 1.05), ylim=(-9, 2.1), xlabel="Δ that is wanted", ylabel="error of the Δ that comes out")
        decades(ax, "x", range(-6, 2, 2), ["1e−6", "0.0001", "0.01", "1"])
        decades(ax, "y", (-8, -6, -4, -2, 0), ["1e−6 %", "1e−4 %", "0.01 %", "1 %", "100 %"])
        _band(ax.axvline, ax.axvspan)
        (self.naive,) = ax.plot([], [], "--", color=style.VERMILLION, lw=4, zorder=2.5)  # seen on the other one, too
        (self.stable,) = ax.plot([], [], "-", color=style.BLUE, lw=4)
        (self.here,) = ax.plot([0, 0], [-9, 0.9], ":", color=style.BLACK, lw=2.5)
        here_name = style.label_line(ax, "⋯ this Δ", 0.95, -8.3, style.BLACK, ha="right", bbox=style.PAPER)
        self.naive_name = style.label_line(ax, "╌ log(exp(Δ) − 1)", -6.8, 1.5, style.VERMILLION, bbox=style.PAPER)
        self.stable_name = style.label_line(ax, "", -6.8, -8.3, style.BLUE, bbox=style.PAPER)
        self.move(self.here, self.naive, self.stable, here_name, self.naive_name, self.stable_name)

    @functools.lru_cache(maxsize=4)  # noqa: B019
    def _errors_of(self, kind: torch.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Relative errors of the naive and of the given form over all Δ; NaN where a form gives no number."""
        wanted = self.dt.to(kind)
        forms = (naive_inverse, self.inverse)
        return tuple(self._error(self._bias(form, wanted), wanted) for form in forms)

    @staticmethod
    def _bias(form: Callable[[Tensor], Tensor], wanted: Tensor) -> Tensor:
        """What a form answers, rounded as a bias of this kind is; one that knows no bfloat16 works in float32."""
        try:
            found = of_copies(form, wanted)
        except TypeError:  # NumPy knows none
            found = form(wanted.float())
        return returned("inverse_softplus", found, tuple(wanted.shape))[0].detach().to(wanted.dtype)

    @staticmethod
    def _error(bias: Tensor, wanted: Tensor) -> np.ndarray:
        got = torch.logaddexp(bias.double(), torch.zeros_like(bias, dtype=torch.float64))  # softplus, exactly
        return ((got - wanted.double()).abs() / wanted.double()).numpy()

    def update(self, delta: float = 0.001, kind: torch.dtype = torch.float32) -> str:
        self.naive_error, self.stable_error = self._errors_of(kind)
        for line, error in ((self.naive, self.naive_error), (self.stable, self.stable_error)):
            worst = error.reshape(-1, self.NEIGHBOURS).max(1)  # of neighbours: the errors jump from Δ to Δ
            line.set_data(self.log_dt[self.NEIGHBOURS // 2 :: self.NEIGHBOURS], np.log10(worst.clip(1e-12, 1e6)))
        self.bias = math.log(math.expm1(delta))
        log_dt = math.log10(delta)
        self.path.set_data([-17, self.bias, self.bias], [log_dt, log_dt, -7.3])
        self.point.set_data([self.bias], [log_dt])
        self.here.set_xdata([log_dt, log_dt])
        return self._finish(delta, kind)

    def _finish(self, delta: float, kind: torch.dtype) -> str:
        grown = math.exp(delta)
        self.spacing = torch.finfo(kind).eps * 2.0 ** math.floor(math.log2(grown))  # of the numbers around exp(Δ)
        self.bound = min(self.spacing / 2 / grown / delta, 1.0)
        lost = f"{words(_up(100 * self.bound))} %"
        all_together = self.naive.get_ydata()[np.abs(self.naive.get_xdata() - math.log10(delta)).argmin()]
        title = f"Rounding exp(Δ): ≤ {lost} lost" if self.bound < 1 else "Rounding exp(Δ): all is lost"
        here = f"this alone can put Δ off by {lost}" if self.bound < 1 else "nothing of Δ is left"
        if 2 * self.bound < 10**all_together:  # what else is rounded, the bias for one, is larger
            title, here = "Rounding exp(Δ): the lesser loss", f"{here}, and the other roundings by more"
        bias = written(self.bias, ".2f")
        step_size = written(delta, ".4g")  # as the slider has it: the bias is that of these digits
        self.title(self.curve, f"Δ = {step_size}: bias {bias}")
        self.title(self.errors, title)
        name = str(kind).removeprefix("torch.")
        form, comes = self._given(kind)
        self.stable_name.set_text(f"─ {form}")
        size = written(grown, ",.0f" if grown > 1000 else ".3g")
        apart = written(self.spacing, ".2g" if self.spacing < 100 else ".0f")
        return (
            f"Softplus turns the bias {bias} into Δ = {step_size}. In {name}, the numbers around exp(Δ) = "
            f"{size} stand {apart} apart. In log(exp(Δ) − 1) {here}. The {form} {comes}."
            f"{self.whose_is(inverse=self.inverse)}"
        )

    def _given(self, kind: torch.dtype) -> tuple[str, str]:
        """What the given form is called, which is stable if its error is no more than roundings, and how it does."""
        lost = np.isnan(self.stable_error)
        if lost.any():
            return "given form", f"gives no number for {'any' if lost.all() else 'some'} of these Δ"
        most = self.stable_error.max()
        if most < 20 * torch.finfo(kind).eps:
            return "stable form", f"stays below {written(_above(100 * most), 'g')} %, for any of these Δ"
        return "given form", f"is off by {f'up to {words(_up(100 * most))}' if most < 10 else 'more than 1000'} %"


def _up(bound: float) -> float:
    """Rounded up to two digits, so that a bound stays one."""
    digit = 10.0 ** (math.floor(math.log10(bound)) - 1)
    return math.ceil(bound / digit * (1 - 1e-9)) * digit


def _above(error: float) -> float:
    """The next power of ten, with room for a logarithm that another machine rounds otherwise."""
    return 10.0 ** math.ceil(math.log10(1.5 * max(error, 1e-12)))


def _band(line: Callable, span: Callable) -> None:
    """A grey band with edges over the Δ of a new block, from 0.001 to 0.1, across or along an axis of log10."""
    span(-3, -1, color=BAND, lw=0)
    for edge in (-3, -1):
        line(edge, color=PALE, ls="--", lw=1.5)


class TimeScaleMap(LiveFigure):
    """Half-lives over step size and state, the channels of a new block as rain on them, and the memory of one state.

    Args:
        sample: the function of exercise 3, from u (D,) to Δ (D,).
    """

    CHANNELS = 64
    TOP = STATES + 0.5
    controls = {  # noqa: RUF012
        "delta": slider(1e-4, 1.0, 0.01, 0.1, label="step size Δ", log=True),
        "n": slider(1, STATES, 4, label="state n, with A = −n"),
        "dt_min": slider(1e-4, 1e-2, 1e-3, 0.1, label="rain: dt_min", log=True),
        "dt_max": slider(1e-2, 1.0, 0.1, 0.1, label="rain: dt_max", log=True),
    }

    def __init__(self, sample: Callable[..., Tensor] = sample_dt):
        super().__init__(height=5.6)
        self.sample = sample
        order = torch.randperm(self.CHANNELS, generator=torch.Generator().manual_seed(6))
        self.u = (order + 0.5) / self.CHANNELS  # (D,): evenly spread, so that no clump is by chance
        self.map, self.memory = self.figure.subplots(1, 2, width_ratios=[1.35, 1])
        self._draw_map()
        self._draw_rain()
        self._draw_memory()

    def _draw_map(self):
        ax = self.map
        log_delta = np.linspace(-4, 0, 161)
        self.n = np.arange(1, STATES + 1)
        middles = (log_delta[1:] + log_delta[:-1]) / 2
        self.log_half_life = np.log10(LN2 / (self.n[:, None] * 10**middles))  # (N, 160)
        ax.imshow(
            self.log_half_life,
            origin="lower",
            extent=(-4, 0, 0.5, self.TOP),
            vmin=-1.4,
            vmax=3.8,
            cmap=style.SEQUENTIAL,
        )
        ax.set(xlim=(-4, 0), ylim=(0.5, self.TOP + 6.4), xlabel="step size Δ", ylabel="state n")
        ax.set_yticks([1, 4, 8, 12, 16])
        ax.tick_params("y", pad=14)  # clear of the square at the smallest Δ
        decades(ax, "x", range(-4, 1))
        ax.text(-3.95, self.TOP + 5.6, "each drop: a channel", color=style.BLUE, fontsize=14, va="center")
        for steps in (1, 10, 100, 1000):
            edge = np.log10(LN2 / (steps * np.linspace(0.5, self.TOP, 100)))
            ax.plot(edge, np.linspace(0.5, self.TOP, 100), "-", color="white", lw=2.5, zorder=2)
        name = {"ha": "center", "fontsize": 14, "fontweight": "bold"}
        for steps, text in ((1, "1 step"), (10, "10 steps"), (100, "100 steps")):
            ax.text(math.log10(LN2 / (steps * self.TOP)), self.TOP + 0.6, text, **name)
        ax.text(-3.95, 8.6, "1000\nsteps", **name | {"ha": "left"}, va="center")

    def _draw_rain(self):
        height = np.random.default_rng(6).permutation(self.CHANNELS) / self.CHANNELS  # (D,): evenly, mixed
        self.heights = self.TOP + 1.9 + 2.1 * height
        self.drops = LineCollection([], colors=style.BLUE, linewidths=2.5)
        self.map.add_collection(self.drops)
        look = {"ls": "none", "marker": "s", "clip_on": False, "zorder": 4}
        (self.edge,) = self.map.plot([], [], mfc="white", mec=style.BLACK, mew=3.5, ms=19, **look)
        (self.core,) = self.map.plot([], [], mfc=style.VERMILLION, mec=style.VERMILLION, ms=11, **look)
        self.move(self.drops, self.edge, self.core)

    def _draw_memory(self):
        ax = self.memory
        self.log_t = np.linspace(-1.5, 4, 200)
        ax.set(xlim=(-1.5, 4), ylim=(0, 1.12), xlabel="steps since the event", ylabel="what is left")
        decades(ax, "x", range(5))
        ax.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        ax.axvline(0, color=PALE, ls="--", lw=1.5)
        ax.text(-0.1, 1.07, "< 1 step", color=style.GREY, fontsize=14, ha="right", va="center")
        ax.text(4, 1.07, "grey: other states", color=style.GREY, fontsize=14, ha="right", va="center")
        self.others = LineCollection([], colors=PALE, linewidths=1.5)
        ax.add_collection(self.others)
        (self.curve,) = ax.plot(self.log_t, self.log_t * 0, "-", color=style.VERMILLION, lw=4.5)
        (self.half,) = ax.plot([], [], "D", color=style.VERMILLION, mec="white", mew=2, ms=14)
        self.half_name = style.label_line(ax, "½", 0, 0.5, style.VERMILLION, fontsize=20, bbox=style.PAPER)
        self.move(self.others, self.curve, self.half, self.half_name)

    def update(self, delta: float = 0.01, n: int = 4, dt_min: float = 1e-3, dt_max: float = 0.1) -> str:
        drawn = of_copies(self.sample, self.u, dt_min, dt_max, 1e-4)
        (drawn,) = returned("sample_dt", drawn, (self.CHANNELS,), finite=True)
        self.rain = drawn.detach().double().numpy()  # (D,)
        if (least := self.rain.min()) <= 0:
            raise ValueError(f"sample_dt returned {written(least, '.2g')}, and a step size is above 0")
        self.half_lives = LN2 / np.outer(self.rain, self.n)  # (D, N)
        self.half_life = LN2 / (n * delta)
        self._move_rain()
        log_delta = math.log10(delta)
        self.edge.set_data([log_delta], [n])
        self.core.set_data([log_delta], [n])
        self._move_memory(delta, n)
        return self._finish(delta, n)

    def _move_rain(self):
        x = np.log10(self.rain).clip(-4, 0)
        self.drops.set_segments(np.stack([np.stack([x, self.heights], 1), np.stack([x, self.heights + 0.8], 1)], 1))

    def _move_memory(self, delta: float, n: int):
        left = np.exp(-delta * self.n[:, None] * 10**self.log_t)  # (N, T)
        self.left = left[n - 1]
        self.others.set_segments([np.stack([self.log_t, row], 1) for row in left[::3]])
        self.curve.set_ydata(self.left)
        at = math.log10(self.half_life)
        self.half.set_data([at], [0.5])
        self.half_name.set(x=at - 0.3 if at > 3 else at + 0.3, ha="right" if at > 3 else "left")

    def _finish(self, delta: float, n: int) -> str:
        self.long = float((self.half_lives > 100).mean())
        self.short = float((self.half_lives < 1).mean())
        self.middle = float(np.median(self.half_lives))
        self.title(self.map, f"Rain: median half-life {_steps(self.middle)}")
        self.title(self.memory, f"This cell: ½ after {_steps(self.half_life)}")
        # A draw may reach an end of the map, up to rounding.
        beyond = int(((self.rain < 1e-4 * (1 - 1e-5)) | (self.rain > 1 + 1e-5)).sum())
        edge = f" {several(beyond, 'drop')} from beyond the map {'falls' if beyond == 1 else 'fall'} at its edge."
        return (
            f"State n = {n} of a channel with Δ = {delta:.4g} has a half-life of {_steps(self.half_life)}. The "
            f"rain is a draw of {self.CHANNELS} channels: {percent(self.long)} of their states keep half for more "
            f"than 100 steps, {percent(self.short)} for less than one. The longest half-life is "
            f"{_steps(self.half_lives.max())}, the median {words(self.middle)}.{edge if beyond else ''}"
            f"{self.whose_is(draw=self.sample)}"
        )


# Starts, good and broken


def new_block() -> Mamba:
    """The new block of this notebook: 128 channels, always the same draw."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Mamba(d_model=64)


@torch.no_grad()
def starts() -> dict[str, Tensor]:
    """Δ (D,) of the new block after five ways of starting; the first is right."""
    dt_proj = new_block().dt_proj
    dt = F.softplus(dt_proj.bias)  # (D,)
    found = {"as built": dt}
    found["bias set to zero"] = F.softplus(torch.zeros_like(dt))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        dt_proj.reset_parameters()
    found["drawn anew by PyTorch"] = F.softplus(dt_proj.bias)
    found["inverse forgotten"] = F.softplus(dt)
    found["log Δ fed to the inverse"] = F.softplus(inverse_softplus(torch.log(dt)))
    return found


def three_blocks() -> dict[str, Tensor]:
    """Δ (D,) of three blocks with a broken start, under names that do not tell which."""
    found = starts()
    kinds = ("drawn anew by PyTorch", "log Δ fed to the inverse", "bias set to zero")
    return {f"block {i}": found[kind] for i, kind in enumerate(kinds, start=1)}


class BrokenStarts(LiveFigure):
    """How many states of a block have which half-life: as it is built, and after a mistake."""

    NAMES = (
        "bias set to zero",
        "drawn anew by PyTorch",
        "inverse forgotten",
        "log Δ fed to the inverse",
    )
    HAIR = 1e-6  # of a decade
    controls = {  # noqa: RUF012
        "start": choice(NAMES, "bias set to zero", label="start"),
        "steps": slider(1, 1000, 10, 0.1, label="remember for", unit="steps", log=True),
    }

    def __init__(self):
        super().__init__(height=4.8)
        n = np.arange(1, STATES + 1)
        self.half_lives = {name: (LN2 / np.outer(dt.double(), n)).ravel() for name, dt in starts().items()}  # (D·N,)
        # Each position of the slider is an edge, a hair below: a half-life of one step is one step, however rounded.
        self.edges = np.arange(-18, 33) / 10 - self.HAIR
        counts = {name: np.histogram(np.log10(x), self.edges)[0] for name, x in self.half_lives.items()}
        self.counts = counts
        self.ax = self.figure.subplots()
        top = max(count.max() for count in counts.values())
        self.ax.set(xlim=(-1.8, 3.2), ylim=(0, 1.25 * top), xlabel="half-life (steps)", ylabel="number of states")
        decades(self.ax, "x", (-1, 0, 1, 2, 3))
        self.span = self.ax.axvspan(0, 3.2, 0, 0.84, fc=BAND, ec=PALE, ls="--", lw=1.5, zorder=0)
        width = self.edges[1] - self.edges[0]
        self.bars = self.ax.bar(self.edges[:-1], counts["as built"], width, align="edge", fc=style.VERMILLION, lw=0)
        (self.outline,) = self.ax.step(
            self.edges, np.append(counts["as built"], 0), where="post", color=style.BLUE, lw=3.5, ls="-"
        )
        built = style.label_line(self.ax, "─ as built", -1.7, 1.08 * top, style.BLUE)
        self.name = style.label_line(self.ax, "", -1.7, 1.17 * top, style.VERMILLION, fontsize=16)
        self.goal = self.ax.text(3.2, 1.17 * top, "", ha="right", va="center", color=style.GREY)
        self.move(self.span, *self.bars, self.outline, built, self.name, self.goal)

    def update(self, start: str = "bias set to zero", steps: float = 10.0) -> str:
        for bar, height in zip(self.bars, self.counts[start], strict=True):
            bar.set_height(height)
        self.span.set(x=math.log10(steps), width=3.2 - math.log10(steps))
        least = 10 ** (math.log10(steps) - self.HAIR)
        self.share = float(np.mean(self.half_lives[start] >= least))
        self.built = float(np.mean(self.half_lives["as built"] >= least))
        broken = bool(np.isnan(self.half_lives[start]).any())
        self.name.set_text(f"■ {start}" + (": no half-life at all, only NaN" if broken else ""))
        goal = self.controls["steps"].describe(steps)  # as the slider has it: the share is that of these steps
        self.goal.set_text(f"{goal} or more")
        share, built = percent(self.share), percent(self.built)
        if broken:
            self.title(self.ax, f"No state has a half-life (as built: {built} remember {goal})")
            return (
                f"Start: {start}. Δ is not a number, and neither is any half-life. As built, {built} of the states "
                f"have one of {goal} or more."
            )
        self.title(self.ax, f"{share} of the states remember {goal} (as built: {built})")
        longest, as_built = (_longest(float(self.half_lives[name].max())) for name in (start, "as built"))
        return (
            f"Start: {start}. {share} of the states have a half-life of {goal} or more; as "
            f"built, {built} have one. The longest half-life is {longest}; as built, {as_built}."
        )


def _steps(number: float) -> str:
    return several(words(number), "step")


def _longest(number: float) -> str:
    """With three digits: 0.999 steps are not 1 step."""
    return several(f"{number:.3g}", "step")


class DecayCollapse(LiveFigure):
    """What weight decay alone, with a gradient of zero, does to the rates of sixteen states."""

    RATE = 1e-3  # learning rate
    THOUSANDS = 50
    controls = {  # noqa: RUF012
        "thousands": slider(0, THOUSANDS, 10, label="training steps", unit="thousand"),
        "decay": choice({"0": 0.0, "0.01": 0.01, "0.1": 0.1}, 0.1, label="weight decay of A_log"),
    }

    def __init__(self):
        super().__init__(height=4.8)
        self.n = np.arange(1, STATES + 1)
        self.at = np.arange(self.THOUSANDS + 1)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.5, self.THOUSANDS + 0.5), ylim=(-0.25, 4.25), xlabel="training steps (thousands)")
        self.ax.set(ylabel="rate −A of a state")
        self.ax.set_yticks(range(5), [str(2**i) for i in range(5)])
        self.lines = LineCollection([], colors=style.BLUE, linewidths=2)
        self.ax.add_collection(self.lines)
        (self.now,) = self.ax.plot([0, 0], [-0.25, 4.25], ":", color=style.BLACK, lw=2.5)
        (self.dots,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=10)
        self.move(self.lines, self.now, self.dots)

    def update(self, thousands: int = 10, decay: float = 0.1) -> str:
        kept = (1 - self.RATE * decay) ** (1000 * self.at)  # (T,): AdamW multiplies by 1 − lr·decay at each step
        exponent = np.log2(self.n)[:, None] * kept  # (N, T): −A = n ** kept, on the axis as log2
        self.A = -(self.n ** kept[thousands])  # (N,)
        self.lines.set_segments([np.stack([self.at, row], 1) for row in exponent])
        self.now.set_xdata([thousands, thousands])
        self.dots.set_data(np.full(STATES, thousands), exponent[:, thousands])
        self.spread = float(self.A[-1] / self.A[0])
        steps = written(1000 * thousands, ",")
        self.title(self.ax, f"After {steps} steps the rates reach from 1 to {self.spread:.3g}")
        return (
            f"With a learning rate of {self.RATE:g} and a weight decay of {decay:g}, after {steps} steps "
            f"A of the fastest state is {written(-self.spread, '.3g')}, and of the slowest −1. "
            "At the start they were −16 and −1."
        )
