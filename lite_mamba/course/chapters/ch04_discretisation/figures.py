"""The figures of notebook 04: a leaking bucket in ticks, error orders, poles in two planes, ΔB, small numbers.

A *rule* is a function of (delta, A, B) that returns Ā and B̄, for `h_t = Ā h_{t−1} + B̄ u_t`; figures take the reader's.
"""

import cmath
import math
from collections.abc import Callable

import numpy as np
import torch
from matplotlib.patches import Circle, Polygon, Rectangle
from torch import Tensor

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import opening, several, written
from .exercises import bilinear, corrected_B, euler, zoh

Rule = Callable[[float, Tensor, Tensor], tuple[Tensor, Tensor]]
RULES = {"Euler": euler, "bilinear": bilinear, "zero-order hold": zoh}
FORMULAS = {"Euler": "1 + Δs", "bilinear": "(1 + Δs/2) / (1 − Δs/2)", "zero-order hold": "exp(Δs)"}
STABLE = "#DCE6EE"  # fills the region in which a rule stays bounded
FAR = 1e4  # computed levels are cut here, far outside every picture


def bars(rule: Rule, delta: float, A: complex, B: float = 1.0) -> tuple[complex, complex]:
    """What a rule answers for one state, as numbers; a ValueError in words if it is no pair of numbers of A's kind."""
    kind = torch.complex128 if isinstance(A, complex) else torch.float64
    answer = rule(delta, torch.tensor([A], dtype=kind), torch.tensor([B], dtype=kind))
    if not (isinstance(answer, (tuple, list)) and len(answer) == 2 and all(isinstance(one, Tensor) for one in answer)):
        raise ValueError("the rule must return the two tensors Ā and B̄")
    if any(one.shape != (1,) for one in answer):
        raise ValueError(f"the rule returned shapes {[tuple(one.shape) for one in answer]}, expected (1,) twice")
    found = answer[0].item(), answer[1].item()
    if not all(map(cmath.isfinite, found)):
        raise ValueError(f"the rule returned Ā = {found[0]} and B̄ = {found[1]}")
    if kind is torch.float64 and any(isinstance(one, complex) for one in found):
        raise ValueError("the rule returned complex numbers for a real A")
    return found


def run(A_bar: complex, B_bar: complex, inputs: np.ndarray) -> np.ndarray:
    """The states 0, h_1, …, h_L of h_t = Ā h_{t−1} + B̄ u_t: (L + 1,). What runs away stops at FAR."""
    states = [0.0 * B_bar]
    for u in inputs:
        state = A_bar * states[-1] + B_bar * u
        states.append(state if abs(state) < FAR else state * (FAR / abs(state)))
    return np.array(states)


def room(delta: float, plenty: float) -> float:
    """The share of its full size that a mark has where ticks are closer than `plenty`: the grey curve shows around it.

    Without it the marks of many ticks are one band that hides what they should follow.
    """
    return min(1.0, delta / plenty) ** 0.5


class Hero(LiveFigure):
    """A bucket with a hole under a running tap, and its level: always there, and once a tick."""

    A, INFLOW, TICK = -0.5, 1.0, 1.5  # per minute, litres a minute, minutes

    def __init__(self):
        super().__init__()
        self.left, self.right = self.figure.subplots(1, 2, width_ratios=[1, 2.1])
        self.t = np.linspace(0, 10.5, 300)
        self.level = -self.INFLOW / self.A * (1 - np.exp(self.A * self.t))
        self.ticks = np.arange(0, 10.6, self.TICK)
        self._draw_bucket()
        self._draw_level()
        self.title(self.right, "Water flows all the time; you look once a tick")

    def update(self) -> str:
        return (
            "A tap fills a bucket that has a hole. The level rises fast at first, then ever more slowly, towards "
            "an end. Dots mark the level once every 1.5 minutes: between two dots the computer sees nothing."
        )

    def _draw_bucket(self):
        ax = self.left
        ax.set(xlim=(-0.35, 3.6), ylim=(-1.2, 4.2), aspect="equal")
        ax.set_axis_off()
        ax.add_patch(
            Polygon([(0.35, 0), (1.95, 0), (2.17, 1.4), (0.13, 1.4)], facecolor="#A9CFE5", edgecolor=style.BLUE, lw=1.5)
        )
        ax.add_patch(Rectangle((1.05, 1.4), 0.16, 1.7, facecolor="#A9CFE5", edgecolor=style.BLUE, lw=1.5))
        ax.add_patch(
            Polygon(
                [(1.9, 0.12), (2.62, -1.1), (2.5, -1.15), (1.88, 0.0)],
                facecolor="#A9CFE5",
                edgecolor=style.BLUE,
                lw=1.5,
            )
        )
        ax.plot([0, 0.35, 1.95, 2.3], [2.3, 0, 0, 2.3], "-", color=style.BLACK, lw=4, solid_joinstyle="round")
        ax.plot([0.2, 1.13, 1.13], [3.55, 3.55, 3.15], "-", color=style.BLACK, lw=9, solid_joinstyle="miter")
        ax.text(1.42, 3.42, "tap: $B\\,u$", fontsize=16, va="center", color=style.BLUE, fontweight="bold")
        ax.text(1.15, 0.68, "level $h$", fontsize=16, ha="center", va="center", fontweight="bold")
        ax.text(2.78, -0.6, "hole:\n$A\\,h$", fontsize=16, va="center", color=style.VERMILLION, fontweight="bold")

    def _draw_level(self):
        ax = self.right
        ax.set(xlim=(-0.35, 10.9), ylim=(-0.08, 2.45), xlabel="time (minutes)", ylabel="level (litres)")
        ax.set(xticks=self.ticks[::2], yticks=[0])  # no numbers: the first prediction asks for the end
        ax.axhline(2, color=style.GREY, ls=":", lw=2)
        ax.plot(self.t, self.level, "-", color=style.BLUE, lw=4)
        at = -self.INFLOW / self.A * (1 - np.exp(self.A * self.ticks))
        ax.vlines(self.ticks, 0, at, color=style.VERMILLION, ls=":", lw=2)
        ax.plot(self.ticks, at, "o", color=style.VERMILLION, ms=13, clip_on=False, zorder=5)
        style.label_line(ax, "line: at every moment", 4.85, 1.12, style.BLUE, bbox=style.PAPER)
        style.label_line(ax, "dots: once a tick", 4.85, 0.78, style.VERMILLION, bbox=style.PAPER)
        ax.text(0.12, 2.14, "where it ends", color=style.GREY)


class TickedBucket(LiveFigure):
    """The leaking bucket: its true level, and what a rule computes from tick to tick.

    The tap runs at 1 litre a minute. Of two rules, the one that is not chosen shows as hollow marks.

    Args:
        rules: name → rule.
    """

    MINUTES = 24.0

    def __init__(self, rules: dict[str, Rule] = RULES):
        super().__init__()
        self.rules = rules
        self.controls = {
            "delta": slider(0.25, 8.0, 1.0, 0.25, label="step size Δ", unit="min"),
            "A": slider(-1.0, -0.2, -0.5, 0.1, label="leak A", unit="per min"),
        }
        if len(rules) > 1:
            self.controls["method"] = choice(list(rules), next(iter(rules)), label="rule")
        self.t = np.linspace(0, self.MINUTES, 400)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, self.MINUTES), ylim=(-3.1, 10.6), yticks=range(-2, 11, 2), xticks=range(0, 25, 4))
        self.ax.set(xlabel="time (minutes)", ylabel="level (litres)")
        self.ax.axhspan(-4, 0, facecolor="#F1F1F1", edgecolor=style.RULE, lw=1.5)
        self.ax.text(23.8, -2.7, "less than empty", color=style.GREY, ha="right")
        (self.true_line,) = self.ax.plot(self.t, self.t * 0, "-", color=style.GREY, lw=8, alpha=0.55)
        (self.hollow,) = self.ax.plot([], [], "D", ms=10, mfc="none", mec=style.BLACK, mew=2, clip_on=False)
        self.hollow.set_in_layout(False)  # without a second rule it is empty, and would ask for room at the corner
        (self.line,) = self.ax.plot([], [], "-", lw=2)
        (self.dots,) = self.ax.plot([], [], "o", ms=10, clip_on=False)
        above = {"transform": self.ax.transAxes, "va": "bottom"}  # where no line can cross them
        names = ((0, style.BLUE, "left"), (1, style.GREY, "right"), (0.54, style.BLACK, "center"))
        self.name, true_name, self.other = (
            style.label_line(self.ax, "", x, 1.03, colour, ha=side, **above) for x, colour, side in names
        )
        true_name.set_text("grey: true level")
        self.move(self.true_line, self.hollow, self.line, self.dots, self.name, true_name, self.other)

    def update(self, delta: float = 1.0, A: float = -0.5, method: str | None = None) -> str:
        method = method or next(iter(self.rules))
        self.end = -1 / A  # litres
        self.ticks = np.arange(int(self.MINUTES / delta + 1e-9) + 1) * delta  # (L + 1,)
        self.truth = self.end * (1 - np.exp(A * self.ticks))  # (L + 1,)
        self.true_line.set_ydata(self.end * (1 - np.exp(A * self.t)))
        self._draw_other(delta, A, method)
        self.A_bar, self.B_bar = bars(self.rules[method], delta, A)
        self.leaks, self.shut = abs(self.A_bar - 1) > 1e-9, not self.B_bar
        self.own_end = self.B_bar / (1 - self.A_bar) if self.leaks else math.inf  # litres, where the rule stands still
        self.levels = self._levels(self.A_bar, self.B_bar)  # (L + 1,)
        self.error = float(np.abs(self.levels - self.truth).max())
        fate = self._fate()
        colour = style.VERMILLION if fate == "it explodes" else style.BLUE
        self.line.set_data(self.ticks, self.levels)
        self._place(self.dots, self.levels)
        self.line.set_color(colour)
        share = room(delta, 1.0)
        self.dots.set(color=colour, marker="X" if colour == style.VERMILLION else "o", markersize=10 * share)
        self.hollow.set(markersize=10 * share, markeredgewidth=2 * share)
        self.name.set(text=f"computed: {method}", color=colour)
        factor = number(self.A_bar, False)
        motion = f"Distance to its end × {factor} a tick" if self.leaks else "Nothing leaks"
        if self.shut:
            motion = "Nothing comes in"
        self.title(self.ax, f"{motion}: {self._fate(brief=True)}", pad=36)
        return self._sentence(delta, A, method, factor, fate)

    def _levels(self, A_bar: float, B_bar: float) -> np.ndarray:
        return run(A_bar, B_bar, np.ones(len(self.ticks) - 1))

    def _draw_other(self, delta: float, A: float, method: str):
        """The marks of the other rule, if there are two."""
        others = [name for name in self.rules if name != method] if len(self.rules) == 2 else []
        self.hollow.set_data([], [])
        for name in others:
            self._place(self.hollow, self._levels(*bars(self.rules[name], delta, A)))
            self.other.set_text(f"hollow: {name}")
        owner = self.owner(self.rules[others[0]]) if others else ""
        self.hollow_by = f" Hollow: {others[0]} ({owner})." if owner else ""

    def _place(self, marks, levels: np.ndarray):
        low, high = self.ax.get_ylim()
        inside = (levels >= low) & (levels <= high)  # every corner of the line that shows
        marks.set_data(self.ticks[inside], levels[inside])

    def _fate(self, brief: bool = False) -> str:
        if self.shut:
            return "it stays empty"
        if abs(self.A_bar) > 1 + 1e-9:
            return "it explodes"
        if not self.leaks:
            return "it never settles"
        if abs(self.A_bar) > 1 - 1e-9:
            return "it swings for ever"
        overshoots = self.A_bar < -1e-9
        settles = "it overshoots, then settles" if overshoots else "it settles"
        off = self.own_end - self.end
        side = "too high" if off > 0 else "too low"
        by = "" if brief and overshoots else f" {hundredths(abs(off))} litres"  # a title has no room for both
        return settles if abs(off) < 1e-6 else f"{settles}{by} {side}"

    def _sentence(self, delta: float, A: float, method: str, factor: str, fate: str) -> str:
        owner = self.owner(self.rules[method])
        whose = f" ({owner})" if owner else ""
        error = "over 100" if self.error > 100 else hundredths(self.error)  # it explodes: how far it gets says no more
        off = f"the largest error at the {len(self.ticks) - 1} ticks is {error} litres"
        off = "the ticks lie on the true curve" if self.error < 1e-6 else off
        leak = written(A, "g")
        motion = (
            f"Each tick multiplies the distance to {litres(self.own_end)} by {factor}"
            if self.leaks
            else f"Nothing leaks, and each tick adds {litres(self.B_bar)}"
        )
        motion = "Nothing comes in" if self.shut else motion
        return (
            f"{opening(method)}{whose}, Δ = {delta:g} min, A = {leak} per min. The first tick ends at "
            f"{hundredths(self.levels[1])} litres, and {self.truth[1]:.2f} is right. {motion}: {fate}, and "
            f"{off}.{self.hollow_by}"
        )


def hundredths(value: float) -> str:
    """A number to two decimals; what is closer to nothing, but not nothing, to two digits."""
    return written(value, ".2g" if 1e-9 < abs(value) < 0.005 else ".2f")


def litres(level: float) -> str:
    return several(written(round(level, 2), "g"), "litre")


class ErrorOrders(LiveFigure):
    """How large the error of each rule is, over the step size.

    Args:
        rules: name → rule; three at most.
    """

    A, MINUTES, HALVINGS = -0.5, 8, 9
    INPUTS = {"held": "held", "a wave": "wave"}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "halvings": slider(0, HALVINGS - 1, 2, label="halvings of the step"),
        "input": choice(INPUTS, "held", label="input"),
    }
    LOOKS = (  # colour, line, mark and its size: where the errors are alike, a mark shows around the one that is on it
        (style.VERMILLION, "-", "o", 18),
        (style.BLUE, "--", "s", 12),
        (style.GREEN, ":", "D", 7),
    )
    FLOOR, EXACT = 1e-16, 1e-7  # litres; less than EXACT is rounding, that of torch.matrix_exp, too
    LINE = 1.2  # decades: the height of a name

    def __init__(self, rules: dict[str, Rule] = RULES):
        super().__init__()
        if len(rules) > len(self.LOOKS):
            raise ValueError(f"this picture has room for {len(self.LOOKS)} rules, and there are {len(rules)}")
        self.rules = rules
        self.deltas = 2.0 ** -np.arange(self.HALVINGS)  # minutes
        self.errors = {
            kind: {name: self._errors(rule, kind) for name, rule in rules.items()} for kind in ("held", "wave")
        }
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(1.3, 0.0031), ylim=(2e-17, self._top()))
        self.ax.set(xlabel="step size Δ (minutes), halved from left to right", ylabel="largest error (litres)")
        self.ax.set_xticks(self.deltas[::2], ["1", "1/4", "1/16", "1/64", "1/256"])
        self.ax.set_yticks([1, 1e-4, 1e-8, 1e-12, 1e-16])
        self.ax.minorticks_off()
        self.ax.grid(True, axis="y")
        self.lines, self.dots, self.names = {}, {}, {}
        for name, (colour, look, marker, size) in zip(rules, self.LOOKS, strict=False):
            (self.lines[name],) = self.ax.plot(self.deltas, self.deltas, look, color=colour, lw=3.5)
            (self.dots[name],) = self.ax.plot([], [], marker, color=colour, ms=size)
            self.names[name] = style.label_line(self.ax, "", 1.2, 1, colour, bbox=style.PAPER | {"pad": 0})
        self.move(*self.lines.values(), *self.dots.values(), *self.names.values())

    def update(self, halvings: int = 2, input: str = "held") -> str:
        errors, self.factors, beside = self.errors[input], {}, []
        for i, name in enumerate(self.lines):
            shown = np.maximum(errors[name], self.FLOOR)  # (steps,)
            self.lines[name].set_ydata(shown)
            self.dots[name].set_data([self.deltas[halvings]], [shown[halvings]])
            self.factors[name] = self._factor(errors[name], halvings)
            beside.append(shown[0] * ((18.0, 4e-4, 100.0) if input == "held" else (12.0, 0.025, 1.6e-3))[i])
        for name, y in zip(self.lines, self._apart(beside), strict=True):
            self.names[name].set(text=self._label(name), y=y)
        self.title(self.ax, self._finding(input))
        return self._sentence(halvings, input, errors)

    def _top(self) -> float:
        """The upper end of the axis: a rule of one's own may grow, and its error shows as well."""
        most = max(errors.max() for kind in self.errors.values() for errors in kind.values())
        return 60 * float(np.clip(most, 1, 1e9))  # litres, with room for a name above

    def _errors(self, rule: Rule, kind: str) -> np.ndarray:
        found = []
        for delta in self.deltas:
            ticks = np.arange(round(self.MINUTES / delta) + 1) * delta  # (L + 1,)
            inputs = np.ones(len(ticks) - 1) if kind == "held" else np.sin(ticks[1:])  # the value at the tick's end
            levels = run(*bars(rule, float(delta), self.A), inputs)  # (L + 1,)
            found.append(np.abs(levels - self._truth(ticks, kind)).max())
        return np.array(found)  # (steps,)

    def _truth(self, t: np.ndarray, kind: str) -> np.ndarray:
        if kind == "held":
            return -(1 - np.exp(self.A * t)) / self.A
        return (np.exp(self.A * t) - np.cos(t) - self.A * np.sin(t)) / (1 + self.A**2)  # dh/dt = A h + sin t

    def _apart(self, heights: list[float]) -> np.ndarray:
        """Heights for the names, close to those wanted, inside the axes, and none on another."""
        least, most = np.log10(self.ax.get_ylim()) + np.array([0.6, -0.6]) * self.LINE
        wanted = np.log10(heights)
        order = np.argsort(-wanted, kind="stable")
        for rank, i in enumerate(order):  # from the top down, with room for those that follow
            above = most if rank == 0 else wanted[order[rank - 1]] - self.LINE
            wanted[i] = max(min(wanted[i], above), least + self.LINE * (len(order) - 1 - rank))
        return 10**wanted

    def _factor(self, errors: np.ndarray, halvings: int) -> float | None:
        """By how much one more halving divides the error; None where only rounding is left, before it and after."""
        first = min(halvings, self.HALVINGS - 2)
        before, after = errors[first : first + 2]
        return None if max(before, after) < self.EXACT else float(before / max(after, self.FLOOR))

    def _label(self, name: str) -> str:
        factor = self.factors[name]
        return f"{name}: exact" if factor is None else f"{name}: {gain(factor)} a halving"

    def _finding(self, kind: str) -> str:
        if kind == "wave" and all(factor and 1.8 < factor < 2.3 for factor in self.factors.values()):
            return "The input moves during a tick: now every rule is of first order"
        gains = [f"{name} {'exact' if f is None else gain(f)}" for name, f in self.factors.items()]
        return f"Halve the step: {', '.join(gains)}"

    def _sentence(self, halvings: int, kind: str, errors: dict[str, np.ndarray]) -> str:
        parts = []
        for name, factor in self.factors.items():
            error = errors[name][halvings]
            off = f"is off by {several(written(error, '.2g' if error < 99.5 else ',.0f'), 'litre')}"
            off = "has no error but rounding" if error < self.EXACT else off
            parts.append(f"{name} {off}" + ("" if factor is None else f", {gain(factor)} a halving"))
        step = f"1/{2**halvings}" if halvings else "1"
        given = "The input is held during each tick" if kind == "held" else "The input is a wave"
        return f"{given}. Step size {step} min: {'; '.join(parts)}.{self.whose_are(self.rules)}"


def gain(factor: float) -> str:
    """By how much an error is divided, or multiplied where it grows."""
    sign, size = ("÷", factor) if factor > 0.95 else ("×", 1 / max(factor, 1e-9))
    return f"{sign} {size:.1f}" if size < 1000 else f"{sign} over 1000"


class PolePlanes(LiveFigure):
    """A pole in the s-plane, where a rule puts it in the z-plane, and the step response that follows.

    Args:
        rules: name → rule.
    """

    SECONDS = 12.0

    def __init__(self, rules: dict[str, Rule] = RULES):
        super().__init__(height=6.6)
        self.rules = rules
        self.controls = {
            "re": slider(-6.0, 0.5, -0.5, 0.1, label="pole of A, real part", unit="per second"),
            "im": slider(0.0, 4.0, 2.0, 0.1, label="pole of A, imaginary part", unit="radians a second"),
            "delta": slider(0.05, 1.5, 0.3, 0.05, label="step size Δ", unit="seconds"),
            "method": choice(list(rules), next(iter(rules)), label="rule"),
        }
        grid = self.figure.add_gridspec(2, 2, height_ratios=[1.45, 1])
        self.s, self.z = self.figure.add_subplot(grid[0, 0]), self.figure.add_subplot(grid[0, 1])
        self.below = self.figure.add_subplot(grid[1, :])
        self._build_s_plane()
        self._build_z_plane()
        self._build_response()

    def _build_s_plane(self):
        ax = self.s
        ax.set(xlim=(-11.6, 4.0), ylim=(-4.7, 4.7), aspect="equal", xticks=range(-10, 3, 2), yticks=[-4, 0, 4])
        ax.set(xlabel="dies out ←  real part (per second)  → grows", ylabel="imaginary part")
        ax.set_title("s-plane: the true motion")
        self.half = ax.add_patch(Rectangle((-12, -5), 12, 10, facecolor=STABLE, lw=0, zorder=0))
        self.disc = ax.add_patch(Circle((0, 0), 1, facecolor=STABLE, edgecolor=style.BLUE, lw=3, zorder=0))
        (axis,) = ax.plot([0, 0], [-4.7, 4.7], "-", color=style.BLACK, lw=3, zorder=1)
        self.inside = ax.text(-11.4, 4.4, "", ha="left", va="top", color=style.BLUE, fontsize=13, zorder=2)
        self.inside.set_bbox(style.PAPER | {"pad": 1})
        (self.pole,) = ax.plot([], [], "o", color=style.BLACK, ms=12, zorder=5)
        self.move(self.half, self.disc, axis, self.inside, self.pole)

    def _build_z_plane(self):
        ax = self.z
        ax.set(xlim=(-4.4, 3.1), ylim=(-2.25, 2.25), aspect="equal", xticks=range(-4, 3), yticks=[-1, 0, 1])
        ax.set(xlabel="real part", ylabel="imaginary part")
        ax.set_title("z-plane: a factor each tick")
        ax.add_patch(Circle((0, 0), 1, facecolor=STABLE, edgecolor=style.BLACK, lw=3, zorder=0))
        words = {"y": -2.15, "va": "bottom", "color": style.GREY, "fontsize": 13}
        ax.text(-4.3, s="inside: dies out", **words)
        self.ring_key = ax.text(3.0, s="ring: the true factor", ha="right", **words)
        (self.true_pole,) = ax.plot([], [], "o", mfc="none", mec=style.GREY, mew=2.5, ms=19, zorder=4)
        (self.image,) = ax.plot([], [], "o", ms=13, zorder=5)
        self.readout = ax.text(-4.3, 2.2, "", va="top", fontsize=14, fontweight="bold")
        self.move(self.true_pole, self.image, self.readout, self.ring_key)

    def _build_response(self):
        ax = self.below
        ax.set(xlim=(0, self.SECONDS), ylim=(-0.9, 2.9), yticks=[0, 1, 2], xticks=range(0, 13, 2))
        ax.set(xlabel="time (seconds)", ylabel="step response")
        ax.axhline(1, color=style.GREY, ls=":", lw=2)
        self.t = np.linspace(0, self.SECONDS, 400)
        (self.true_line,) = ax.plot(self.t, self.t, "-", color=style.GREY, lw=8, alpha=0.5)
        (self.line,) = ax.plot([], [], "-", lw=2)
        (self.dots,) = ax.plot([], [], "o", ms=7)
        self.move(self.true_line, self.line, self.dots)

    def update(self, re: float = -0.5, im: float = 2.0, delta: float = 0.3, method: str | None = None) -> str:
        method = method or next(iter(self.rules))
        re = 0.0 if abs(re) < 1e-9 else re
        pole = complex(re, im) if im > 1e-9 else (re or -1e-9)
        self.z_pole, B_bar = bars(self.rules[method], delta, pole)
        self.shut = not B_bar
        self.true_z = cmath.exp(delta * pole)
        self.quarter_turns = delta * im / (math.pi / 2)  # of the true motion, in one tick
        self.ticks = np.arange(int(self.SECONDS / delta + 1e-9) + 1) * delta  # (L + 1,)
        states = run(self.z_pole, B_bar, np.ones(len(self.ticks) - 1))  # (L + 1,)
        self.response = read_out(states, pole)  # (L + 1,)
        self.truth = read_out((np.exp(pole * self.t) - 1) / pole, pole)
        right = read_out((np.exp(pole * self.ticks) - 1) / pole, pole)  # (L + 1,)
        miss = np.abs(self.response - right).max() / max(1, np.abs(right).max())
        self.off, self.exact = miss > 0.05, miss < 1e-3
        self.own_end = read_out(B_bar / (1 - self.z_pole), pole) if abs(1 - self.z_pole) > 1e-7 else 1.0
        usual = RULES.get(method)  # a rule of one's own may bear one of these names, and do something else
        known = usual is not None and abs(bars(usual, delta, pole)[0] - self.z_pole) < 1e-6
        formula = FORMULAS[method] if known else ""
        self._place_s(pole, delta, formula)
        self._place_z(pole, formula)
        self.true_line.set_ydata(np.clip(self.truth, -9, 9))
        for line in (self.line, self.dots):
            line.set_data(self.ticks, np.clip(self.response, -50, 50))
            line.set_color(self._colour())
        self.dots.set(marker="X" if self.grows else "o", markersize=8 * room(delta, 0.3))
        finding = f"{opening(method)}: |z| = {size(self.z_pole)}, {self._fate(re)}"
        self.title(self.below, finding)
        return self._sentence(re, im, delta, method)

    @property
    def grows(self) -> bool:
        return abs(self.z_pole) > 1 + 1e-7

    @property
    def rings(self) -> bool:
        """Whether the rule turns the state by more than a quarter in a tick, and throws it back by 1 % at least, where
        the true motion turns by less, and by half a quarter at least, or is over within the tick.

        What is over at once does not ring.
        """
        less = self.quarter_turns < min(1, abs(cmath.phase(self.z_pole)) / (math.pi / 2) - 0.5)
        over = self.off and abs(self.true_z) < 0.05
        return self.z_pole.real < -0.01 and not self.at_once and (less or over)

    @property
    def at_once(self) -> bool:
        """Whether the computed motion is as good as over within a tick: nobody sees it turn."""
        return abs(self.z_pole) < 0.05

    def _place_s(self, pole: complex, delta: float, formula: str):
        """The pole, and the region in which a rule with this formula stays bounded; none for a rule without one."""
        euler = formula == FORMULAS["Euler"]
        self.half.set_visible(bool(formula) and not euler)
        self.disc.set(visible=euler, center=(-1 / delta, 0), radius=1 / delta)
        words = "in the disc\nEuler stays\nbounded" if euler else "in the whole\nleft half it\nis bounded"
        self.inside.set_text(words if formula else "")
        self.inside.get_bbox_patch().set_visible(euler)  # the edge of the disc may cross the words
        y = complex(pole).imag
        self.pole.set_data([complex(pole).real] * 2, [y, -y])

    def _place_z(self, pole: complex, formula: str):
        z, paired = complex(self.z_pole), isinstance(pole, complex)
        self.clipped, true = into_the_picture(z), into_the_picture(self.true_z)
        signs = (1, -1) if paired else (1,)
        self.image.set_data([self.clipped.real] * len(signs), [sign * self.clipped.imag for sign in signs])
        marker = "X" if self.grows else "o"
        self.image.set(marker=marker, color=self._colour())
        self.true_pole.set_data([true.real] * len(signs), [sign * true.imag for sign in signs])
        further = "" if self.clipped == z else ", further out"
        words = f"z = {formula}\n   " if formula else "z "
        words += f"= {number(z, paired)}{further}"
        self.readout.set(text=words, color=self._colour())
        self.ring_key.set_text("ring: the true factor" if true == self.true_z else "ring: true z, further out")

    def _colour(self) -> str:
        return style.VERMILLION if self.grows else style.BLUE

    def _fate(self, re: float) -> str:
        if self.shut:
            return "but nothing comes in: it stays at 0"
        if self.grows:
            grows = "it explodes; the true motion " + ("dies out" if re < 0 else "does not")
            return grows if re <= 0 else f"it grows, {self._beside(re, 'as the true motion does')}"
        steady = abs(self.z_pole) > 1 - 1e-7
        if re > 0:
            return "it does not grow, but the true motion does"
        if re == 0 and not steady:
            return "it dies out; the true motion does not"
        swings = bool(self.z_pole.imag) or self.z_pole.real < 0
        if re == 0 and swings != (self.quarter_turns > 0):
            return f"it {'swings for ever' if swings else 'does not swing'}; the true motion does{' not' * swings}"
        if re == 0 and not swings:
            return "it forgets nothing, but lets in too much or too little" if self.off else "it forgets nothing: right"
        if re < 0 and steady:
            return "it never settles; the true motion does"
        return f"it {'swings for ever' if steady else 'dies out'}, {self._beside(re, 'as it should')}"

    def _beside(self, re: float, right: str) -> str:
        """What is wrong with the computed motion beside the true one: its end, its ringing, its pace or its turn."""
        if re <= 0 and abs(self.own_end - 1) > 0.01:
            return f"but {'ends at' if re else 'about'} {hundredths(self.own_end)}, not {'at ' if re else ''}1"
        if re < 0 and self.rings:
            return "but it rings"
        if not self.off:
            return right if self.exact else f"almost {right}"
        size, true_size = math.log(abs(self.z_pole) or 1e-99), math.log(abs(self.true_z))
        if min(abs(z / self.true_z - 1) for z in (self.z_pole, self.z_pole.conjugate())) < 1e-4:
            return "but not on the true curve"
        more, turned = size - true_size, abs(cmath.phase(self.z_pole)) - self.quarter_turns * math.pi / 2  # a tick
        if re and (self.at_once or abs(more) > abs(turned) or not 0.5 < size / true_size < 2):
            return f"but too {'slowly' if more * re < 0 else 'fast'}"
        return f"but {'swings ' if re else ''}too {'slowly' if turned < 0 else 'fast'}"

    def _sentence(self, re: float, im: float, delta: float, method: str) -> str:
        owner = self.owner(self.rules[method])
        whose = f" ({owner})" if owner else ""
        true, got = number(complex(re, im), im > 1e-9), number(complex(self.z_pole), im > 1e-9)
        motion = "a spring" if im > 1e-9 else "a bucket"
        return (
            f"{opening(method)}{whose}, {motion} with the pole s = {true} and Δ = {delta:.2f} seconds: the pole in "
            f"the z-plane is z = {got}, |z| = {size(self.z_pole)}, {self._fate(re)}."
        )


def read_out(states: np.ndarray | complex, pole: complex) -> np.ndarray | float:
    """What is shown of the state of dh/dt = pole · h + u: the level of a bucket, or the place of a spring.

    Both are scaled so that they end at 1 if they end. A spring is a pair of conjugate poles; its place is twice the
    real part of C·h, with the C that makes x'' = −|pole|² x + 2 Re(pole) x' + |pole|² u.
    """
    if not isinstance(pole, complex):
        return abs(pole) * states if abs(pole) > 1e-6 else states
    C = abs(pole) ** 2 / (2j * pole.imag)
    return 2 * (C * states).real


def into_the_picture(z: complex) -> complex:
    """Where z is marked in the z-plane: at z, or at the edge, which is clear of the words and outside of the circle."""
    return complex(min(max(z.real, -4.1), 2.8), min(max(z.imag, -1.22), 1.22))


def size(z: complex) -> str:
    """|z| to two decimals; to as many as tell it from 1, or from 0, where it is close to it and not the same."""
    if abs(z) < 0.005:
        return hundredths(abs(z))
    digits = 2
    while abs(abs(z) - 1) > 1e-7 and float(f"{abs(z):.{digits}f}") == 1:
        digits += 1
    return f"{abs(z):.{digits}f}"


def number(value: complex, paired: bool) -> str:
    """A number as `size` writes it, or a conjugate pair to two decimals or two digits, with a true minus sign."""
    if paired:
        return f"{hundredths(value.real)} ± {hundredths(abs(value.imag))}i"
    return f"{'−' if value.real < -1e-9 else ''}{size(value.real)}"


class InputRatio(LiveFigure):
    """How much more ΔB lets in than the zero-order hold, over the size of ΔA."""

    controls = {  # noqa: RUF012
        "n": slider(1, 16, 1, label="n, where A = −n"),
        "delta": slider(0.001, 1.0, 0.1, 0.1, label="step size Δ", log=True),
    }

    def __init__(self):
        super().__init__()
        self.ax, self.shares = self.figure.subplots(1, 2, width_ratios=[2.7, 1])
        self.ax.set(xscale="log", yscale="log", xlim=(0.0008, 20), ylim=(0.8, 60))
        self.ax.set(xlabel="size of Δ·A", ylabel="ΔB ÷ zero-order hold")
        self.ax.set_xticks([0.001, 0.01, 0.1, 1, 10], ["0.001", "0.01", "0.1", "1", "10"])
        self.ax.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        self.ax.minorticks_off()
        mark_fresh(self.ax, 36, "a new block starts here:\nΔ = 0.001 … 0.1, n = 1 … 16")
        x = np.geomspace(0.0008, 20, 300)
        self.ax.axhline(1, color=style.GREY, ls=":", lw=2)
        self.ax.plot(x, too_much(x), "-", color=style.BLUE, lw=4.5)
        (self.across,) = self.ax.plot([], [], "--", color=style.BLACK, lw=2)
        (self.dot,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=15)
        self.word = style.label_line(self.ax, "", 1, 1, style.VERMILLION, ha="right", va="bottom", fontsize=17)
        self.move(self.across, self.dot, self.word)
        self._build_shares()

    def _build_shares(self):
        ax = self.shares
        ax.set(xlim=(-0.6, 1.6), ylim=(0, 1.2), yticks=[], ylabel="of what ran in during the tick")
        ax.set_xticks([0, 1], ["ΔB\ncounts", "hold\nkeeps"])
        ax.bar([0], [1], color=style.VERMILLION, width=0.8)
        (self.kept,) = ax.bar([1], [1], color=style.BLUE, width=0.8)
        ax.text(0, 1.03, "100 %", ha="center", color=style.VERMILLION, fontweight="bold")
        self.percent = ax.text(1, 1.03, "", ha="center", color=style.BLUE, fontweight="bold")
        self.move(self.kept, self.percent)

    def update(self, n: int = 1, delta: float = 0.1) -> str:
        self.x = n * delta
        self.ratio = float(too_much(self.x))
        self.across.set_data([self.x, self.x, 1e-4], [0.1, self.ratio, self.ratio])
        self.dot.set_data([self.x], [self.ratio])
        left = self.x > 0.01
        times = f"{self.ratio:{'.5f' if self.ratio < 1.005 else '.3f' if self.ratio < 10 else '.1f'}}"
        self.word.set(text=f"× {times}", x=self.x * (0.8 if left else 1.3), y=self.ratio * 1.12)
        self.word.set_horizontalalignment("right" if left else "left")
        kept = f"{100 / self.ratio:{'.3g' if self.ratio > 1.005 else '.2f'}} %"
        self.kept.set_height(1 / self.ratio)
        self.percent.set(text=kept, y=1 / self.ratio + 0.03)
        remains = math.exp(-self.x)
        percent = 100 * (self.ratio - 1)
        more = f"{percent:.2g} % more" if percent < 99.5 else f"{self.ratio:.1f} times as much"
        self.title(self.ax, f"At ΔA = −{self.x:.4g}, ΔB lets in {more}")
        return (
            f"A = −{n}, Δ = {delta:.4g}: of what runs in during a tick, {kept} is still there at its end. The "
            f"zero-order hold lets in that; ΔB lets in all, {times} times as much. What is left of the old "
            f"state, exp(ΔA) = {written(remains, '.3f' if remains > 0.005 else '.2g')}, is the same in both."
        )


def mark_fresh(ax, y: float, words: str):
    """A band with edges: the sizes at which ΔA starts in a new block, from 0.001 · 1 to 0.1 · 16."""
    ax.axvspan(0.001, 1.6, facecolor="#EEEEEE", lw=0)
    for edge in (0.001, 1.6):
        ax.axvline(edge, color=style.GREY, lw=2)
    ax.text(0.0012, y, words, color=style.GREY, va="center")


def too_much(x):
    """ΔB divided by the zero-order hold's B̄, for ΔA = −x."""
    return 1 / corrected_B(1.0, -torch.as_tensor(x, dtype=torch.float64), 1.0).numpy()


class SmallNumbers(LiveFigure):
    """How much of ΔB is left when exp(x) − 1 is computed in a number format, over the size of x = ΔA."""

    FORMATS = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}  # noqa: RUF012
    controls = {  # noqa: RUF012
        "size": slider(1e-10, 10.0, 1e-7, label="size of x", log=True),
        "format": choice(list(FORMATS), "float32", label="number format"),
    }

    def __init__(self):
        super().__init__()
        self.sizes = np.geomspace(1e-10, 10, 551)
        self.lines = {name: share(-self.sizes, kind) for name, kind in self.FORMATS.items()}
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", xlim=(1e-10, 10), ylim=(-0.15, 2.75), yticks=[0, 1, 2])
        self.ax.set(xlabel="size of x = ΔA (x itself is negative)", ylabel="share of ΔB that is let in")
        self.ax.set_xticks([1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1])
        self.ax.set_xticklabels(["$10^{-10}$", "$10^{-8}$", "$10^{-6}$", "$10^{-4}$", "0.01", "1"])
        self.ax.minorticks_off()
        mark_fresh(self.ax, 2.4, "a new block\nstarts here")
        (self.naive,) = self.ax.plot(self.sizes, self.sizes, "-", color=style.VERMILLION, lw=2)
        (exact,) = self.ax.plot(self.sizes, share(-self.sizes), "--", color=style.BLUE, lw=4)
        (self.cursor,) = self.ax.plot([], [], ":", color=style.BLACK, lw=2)
        (self.dot,) = self.ax.plot([], [], "X", color=style.VERMILLION, ms=15, clip_on=False)
        (self.right,) = self.ax.plot([], [], "o", color=style.BLUE, ms=12, clip_on=False)
        first = style.label_line(self.ax, "(exp(x) − 1)/x, computed", 1.4e-10, 2.58, style.VERMILLION)
        second = style.label_line(self.ax, "expm1(x)/x: exact", 1.4e-10, 2.3, style.BLUE)
        self.move(self.naive, exact, self.cursor, self.dot, self.right, first, second)

    def update(self, size: float = 1e-7, format: str = "float32") -> str:
        x = np.array([-size])
        self.true, self.got = float(share(x)[0]), abs(float(share(x, self.FORMATS[format])[0]))
        self.off = abs(self.got / self.true - 1)
        self.naive.set_ydata(self.lines[format])
        self.cursor.set_data([size, size], [-1, 2.1])
        self.dot.set_data([size], [self.got])
        self.right.set_data([size], [self.true])
        at = written(size, ".4g")  # as the slider says it: with fewer digits it is another number of the format
        self.title(self.ax, f"{format}, x = −{at}: {self._finding()}")
        return (
            f"At x = −{at}, {format} numbers give (exp(x) − 1)/x = {self.got:.3f}, and right is {self.true:.3f}: "
            f"{self._finding()}."
        )

    def _finding(self) -> str:
        if self.got == 0:
            return "exp(x) is rounded to 1, and the input is lost"
        if self.off < 1e-5:
            return "the subtraction does no harm here"
        percent = f"{100 * self.off:.1f} %" if self.off > 5e-4 else "less than 0.1 %"
        return f"the result is off by {percent}"


def share(x: np.ndarray, kind: torch.dtype | None = None) -> np.ndarray:
    """(e^x − 1)/x, exact, or as a number format computes it."""
    exact = torch.from_numpy(np.asarray(x, dtype=np.float64))  # (points,)
    if kind is None:
        return corrected_B(1.0, exact, 1.0).numpy()
    rounded = exact.to(kind)  # (points,)
    return ((torch.exp(rounded) - 1) / rounded).double().numpy()
