"""The figures of notebook 09: the tree of joins, the shortcut that dies, chunks side by side, time, and the backward.

Each scan of a figure takes decays a and drives x, time first, and returns all states h_t = a_t·h_{t−1} + x_t.
"""

import functools
import itertools
import math
import time

import numpy as np
import torch
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from torch import Tensor

from lite_mamba import selective_scan_fn

from ...checking.counter import Counter
from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.numbers import are, several, written
from ...drawing.returned import of_copies, returned
from .exercises import chunked_scan, combine, hillis_steele, linear_loop, up_down

PALE_BLUE, PALE_VERMILLION, PALE_GREEN, PALE_GREY = "#D6E8F5", "#F8DCC8", "#CDEBE1", "#EBEBEB"


def backward_bytes(scan, *inputs: Tensor) -> int:
    """Bytes that the backward pass of a scan writes, counted while it runs."""
    inputs = [value.detach().clone().requires_grad_() for value in inputs]
    states = scan(*inputs)
    slope = torch.ones_like(states)  # comes in from outside: the backward pass does not write it
    with Counter() as counter:
        torch.autograd.grad(states, inputs, slope)
    return counter.bytes


def states_of(scan, a: Tensor, x: Tensor, *rest) -> Tensor:
    """What a learner's scan makes of copies of a and x; a ValueError in words if it has another shape than x."""
    return returned("the function", of_copies(scan, a, x, *rest), tuple(x.shape))[0]


# The rounds of each schedule: in every round, pairs (earlier, later) of places whose spans are joined at the later one


def loop_rounds(length: int) -> list[list[tuple[int, int]]]:
    """One join a round."""
    return [[(t - 1, t)] for t in range(1, length)]


def doubling_rounds(length: int) -> list[list[tuple[int, int]]]:
    """Hillis–Steele: every place with the one 1, 2, 4, … before it."""
    shifts = [2**k for k in range((length - 1).bit_length())]
    return [[(t - shift, t) for t in range(shift, length)] for shift in shifts]


def tree_rounds(length: int) -> list[list[tuple[int, int]]]:
    """Up: pairs, pairs of pairs, … Down: each finished place finishes the middle of the next span."""
    shifts = [2**k for k in range((length - 1).bit_length())]
    up = [[(t - s, t) for t in range(2 * s - 1, length, 2 * s)] for s in shifts]
    down = [[(t - s, t) for t in range(3 * s - 1, length, 2 * s)] for s in shifts[-2::-1]]
    return up + down


class ScanTree(LiveFigure):
    """Three ways to join eight steps into eight states, round by round.

    Args:
        combine: (a1, b1, a2, b2) to the joined pair, the function of exercise 1.
    """

    LENGTH = 8
    SCHEDULES = {  # noqa: RUF012
        "up and down the tree": tree_rounds,
        "Hillis–Steele": doubling_rounds,
        "loop": loop_rounds,
    }
    WHOLE_ROWS = ("Hillis–Steele",)  # a round reads its whole row: places without a partner are drawn again in it

    controls = {  # noqa: RUF012
        "rounds": slider(0, 7, 5, label="rounds at most"),
        "schedule": choice(list(SCHEDULES), "up and down the tree", label="way"),
    }

    def __init__(self, combine=combine):
        super().__init__(height=6.2)
        self.combine, self.done = combine, 0
        self.plans = {
            name: self._plan(rounds(self.LENGTH), name in self.WHOLE_ROWS) for name, rounds in self.SCHEDULES.items()
        }
        self.ax = self.figure.subplots()
        self.ax.set(
            xlim=(-1.27, 7.57), ylim=(7.5, -0.5), yticks=[], xlabel="time t: the step at t holds the digit t + 1"
        )
        self.ax.set_xticks(range(8))
        for side in self.ax.spines.values():
            side.set_visible(False)
        self.ax.tick_params(length=0)
        self.lines = [self.ax.plot([], [], "-", lw=3, zorder=2)[0] for _ in range(7)]
        for line, colour in zip(self.lines, (style.BLUE, style.VERMILLION) * 4, strict=False):
            line.set(color=colour, ls="-" if colour == style.BLUE else (0, (3, 1.2)))
        self.boxes = PolyCollection([], lw=2, zorder=3)
        self.ax.add_collection(self.boxes)
        self.cells = [
            [self.ax.text(t, row, "", ha="center", va="center", zorder=4) for t in range(8)] for row in range(8)
        ]
        for cell in (cell for row in self.cells for cell in row):
            cell.set(fontsize=13, va="center_baseline")
        self.rows = [self.ax.text(-0.3, row, "", ha="right", va="center", fontsize=13.5) for row in range(8)]
        self.move(*self.lines, self.boxes, *self.rows, *(cell for row in self.cells[1:] for cell in row))
        first = self._draw_row(0, self.plans["loop"])  # the steps themselves: they stay
        self.ax.add_collection(PolyCollection([corners for corners, _ in first], lw=2, zorder=3, **_looks(first)))

    def _plan(self, rounds, whole: bool) -> list[dict]:
        """For each number of rounds done: b of all spans, the joins of that round, and the places that it draws."""
        a, b, places = [10.0] * self.LENGTH, [float(t + 1) for t in range(self.LENGTH)], set(range(self.LENGTH))
        plan = [{"b": list(b), "joins": [], "drawn": places}]
        for joins in rounds:
            old_a, old_b = list(a), list(b)
            for early, late in joins:
                joined = self.combine(old_a[early], old_b[early], old_a[late], old_b[late])
                if not isinstance(joined, (tuple, list)) or len(joined) != 2:
                    raise ValueError(f"the join returned {joined!r}, expected a pair (a, b)")
                a[late], b[late] = map(float, joined)
            drawn = places if whole else {late for _, late in joins}
            plan.append({"b": list(b), "joins": joins, "drawn": drawn})
        return plan

    def update(self, rounds: int = 5, schedule: str = "up and down the tree") -> str:
        plan = self.plans[schedule]
        self.done = min(rounds, len(plan) - 1)
        self.joins = sum(len(entry["joins"]) for entry in plan[: self.done + 1])
        self.states = plan[self.done]["b"]
        self.finished = [_is_finished(t, b) for t, b in enumerate(self.states)]
        shown = [box for row in range(1, len(plan)) for box in self._draw_row(row, plan)]
        self.boxes.set_verts([corners for corners, _ in shown])
        self.boxes.set(**_looks(shown))
        for k, line in enumerate(self.lines):
            self._draw_joins(line, k + 1, plan)
        self._name_rows(schedule, plan)
        depth, total = len(plan) - 1, sum(len(entry["joins"]) for entry in plan)
        ready = sum(self.finished)
        self.title(self.ax, self._finding(depth, total, ready))
        return (
            f"{schedule[0].upper()}{schedule[1:]}, {self.done} of {depth} rounds: {self.joins} of {total} joins "
            f"{are(self.joins)} done, {ready} of 8 states {are(ready)} finished." + self.whose_is(join=self.combine)
        )

    def _finding(self, depth: int, total: int, ready: int) -> str:
        if self.done == depth and ready == self.LENGTH:
            return f"All 8 states after {depth} rounds, with {total} joins"
        states = f"{several(ready, 'state')} {are(ready)} finished"
        return f"{self.done} of {depth} rounds, {self.joins} of {total} joins: {states}"

    def _draw_row(self, row: int, plan) -> list:
        """Show the cells of a row; for each one shown, the corners of its box and whether it is a finished state."""
        drawn = plan[row]["drawn"] if row <= self.done else set()
        boxes = []
        y = self._height(row, plan)
        for t, cell in enumerate(self.cells[row]):
            cell.set_y(y)
            cell.set_visible(row == self.done or t in drawn)
            if cell.get_visible():
                value = plan[row]["b"][t]
                ready, value = _is_finished(t, value), _in_a_box(value)
                cell.set(text=value, fontweight="bold" if ready else "normal")
                half = 0.038 + 0.059 * len(value)
                left, right, low, high = t - half, t + half, y - 0.24, y + 0.24
                boxes.append(([(left, low), (right, low), (right, high), (left, high)], ready))
        return boxes

    def _height(self, row: int, plan) -> float:
        """Where a row stands: the rows of a plan fill the page."""
        return 7 * row / (len(plan) - 1)

    def _name_rows(self, schedule: str, plan) -> None:
        """Beside each row its round; on the tree, whether it goes up or down. Rows that a plan lacks hide."""
        for cell in (cell for cells in self.cells[len(plan) :] for cell in cells):
            cell.set_visible(False)
        for row, name in enumerate(self.rows):
            way = {1: ", up", 4: ", down"}[1 + 3 * (row > 3)] if schedule == "up and down the tree" else ""
            name.set(text=f"round {row}{way}" if 0 < row < len(plan) else "", y=self._height(row, plan))

    def _draw_joins(self, line, row: int, plan) -> None:
        x, y = [], []
        if row <= self.done:
            for early, late in plan[row]["joins"]:
                for source in (early, late):
                    x += [source, late, math.nan]
                    above = self._height(self._last_row(source, row, plan), plan)
                    y += [above + 0.24, self._height(row, plan) - 0.24, math.nan]
        line.set_data(x, y)

    def _last_row(self, t: int, row: int, plan) -> int:
        """The last round before `row` that draws place t: where its box stands."""
        return max(r for r in range(row) if t in plan[r]["drawn"])


def _is_finished(t: int, value: float) -> bool:
    """Whether a place holds its state: all digits from the first one on."""
    return value == int("12345678"[: t + 1])


def _in_a_box(value: float) -> str:
    """A number as its digits; what a join of one's own makes, and is no whole number or too long, in three of them."""
    return written(value, ".0f" if value == round(value, 0) and abs(value) < 1e8 else ".3g")


def _looks(boxes: list) -> dict:
    """Colours of boxes: green for finished states."""
    ready = [is_ready for _, is_ready in boxes]
    faces, edges = ("white", PALE_GREEN), (style.GREY, style.GREEN)
    return {"facecolor": [faces[r] for r in ready], "edgecolor": [edges[r] for r in ready]}


class DyingShortcut(LiveFigure):
    """The shortcut h = P·cumsum(x / P): P, 1 / P and the true state, step by step, and where the shortcut dies."""

    LENGTH = 400

    controls = {  # noqa: RUF012
        "exponent": slider(-3.2, -0.2, -1.6, 0.1, label="Δ·A"),
        "digits": choice({"float32": torch.float32, "float64": torch.float64}, torch.float32, label="numbers"),
    }

    def __init__(self):
        super().__init__(height=5.4)
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, 470), ylim=(-335, 335), ylabel="power of ten", xlabel="step n, counted from 1")
        self.ax.set_yticks([-308, -150, -38, 0, 38, 150, 308])
        self.n = np.arange(1, self.LENGTH + 1)
        self.band = self.ax.axhspan(-38, 38, facecolor=PALE_GREEN, edgecolor=style.GREEN, lw=2.5, zorder=0)
        self.dead = self.ax.axvspan(0, 1, facecolor="white", hatch="//", edgecolor=style.RULE, lw=1.5, zorder=0)
        (self.product,) = self.ax.plot([], [], "-", color=style.BLUE, lw=4)
        (self.inverse,) = self.ax.plot([], [], "--", color=style.VERMILLION, lw=4)
        (self.right,) = self.ax.plot([], [], ":", color=style.BLACK, lw=4)
        label = {"fontsize": 15, "zorder": 6}
        self.names = [
            style.label_line(self.ax, "1 / P", 405, 0, style.VERMILLION, **label),
            style.label_line(self.ax, "P", 405, 0, style.BLUE, **label),
            style.label_line(self.ax, "state h", 405, 3, style.BLACK, **label),
        ]
        self.word = self.ax.text(464, 318, "", fontsize=15, fontweight="bold", ha="right", va="top", zorder=6)
        self.word.set_bbox(style.PAPER)
        self.move(self.band, self.dead, self.product, self.inverse, self.right, *self.names, self.word)

    def update(self, exponent: float = -1.6, digits: torch.dtype = torch.float32) -> str:
        a = torch.full((self.LENGTH,), exponent, dtype=digits).exp()  # (L,)
        x = torch.ones_like(a)  # (L,)
        product = a.cumprod(0)  # (L,)
        self.h = (product * (x / product).cumsum(0)).numpy()  # (L,)
        self.true = ((1 - torch.exp(exponent * torch.from_numpy(self.n))) / (1 - math.exp(exponent))).numpy()
        with np.errstate(all="ignore"):
            wrong = ~(np.abs(self.h - self.true) < 0.01 * self.true)
        self.first_bad = int(self.n[wrong][0]) if wrong.any() else None
        power = exponent * self.n / math.log(10)  # log10 of P
        limit = math.log10(torch.finfo(digits).max)
        self.band.set(y=-limit, height=2 * limit)
        self.product.set_data(self.n, power)
        self.inverse.set_data(self.n, -power)
        self.right.set_data(self.n, np.log10(self.true))
        self._place_names(exponent)
        bad = self.first_bad or 471
        self.dead.set(x=bad, width=max(0, 470 - bad))
        self.word.set(text="dead" if self.first_bad else "")
        name = str(digits).removeprefix("torch.")
        end = f"dies at step {bad}" if self.first_bad else f"lives for all {self.LENGTH} steps"
        self.title(self.ax, f"Δ·A = −{-exponent:.1f}, {name}: the shortcut {end}")
        return (
            f"Δ·A = −{-exponent:.1f} in {name}: the decay is {math.exp(exponent):.3f} a step, and the shortcut {end}. "
            f"The state itself rises to {self.true[-1]:.3f} and stays there."
        )

    def _place_names(self, exponent: float) -> None:
        slope = -exponent / math.log(10)  # powers of ten a step
        n = min(self.LENGTH, 225 / slope)  # where the names stand
        y = max(slope * n, 58) if n == self.LENGTH else slope * n - 28  # beside the end, or below a line that goes on
        self.names[0].set(x=n + 16, y=y)
        self.names[1].set(x=n + 16, y=-y)


class SideBySide(LiveFigure):
    """When each step is computed, as planned: chunks of T steps, in the phases ends, carry, rerun.

    Args:
        chunked: (a, x, chunk) to the states, the function of exercise 4.
    """

    LENGTH = 64

    controls = {  # noqa: RUF012
        "chunk": slider(1, 32, 8, math.log10(2), label="steps of a chunk T", unit="steps", log=True),
    }

    def __init__(self, chunked=chunked_scan):
        super().__init__(height=5.8)
        self.chunked = chunked
        generator = torch.Generator().manual_seed(0)
        self.a = torch.rand(self.LENGTH, 4, generator=generator)  # (L, N)
        self.x = torch.randn(self.LENGTH, 4, generator=generator)  # (L, N)
        self.truth = linear_loop(self.a, self.x)  # (L, N)
        self.ax, self.sum = self.figure.subplots(1, 2, width_ratios=(1.9, 1))
        self.ax.set(xlim=(-2, 101), ylim=(69, -2), xlabel="time t (steps)", ylabel="round")
        self.ax.set_xticks([0, 16, 32, 48, 64])
        self.ax.set_yticks([0, 16, 32, 48, 64])
        self.ax.plot([-2, 64.5], [64, 64], ":", color=style.GREY, lw=3)
        self.ax.text(-1.5, 63.4, "loop's end", color=style.GREY, fontsize=13.5, va="bottom")
        kinds = (("o", style.BLUE), ("D", style.VERMILLION), ("s", style.GREEN))
        self.dots = [self.ax.plot([], [], marker, color=colour, ms=6, ls="none")[0] for marker, colour in kinds]
        self.names = [style.label_line(self.ax, "", 67, 0, colour, fontsize=14) for _, colour in kinds]
        self._draw_sum()
        self.move(*self.dots, *self.names, self.here)

    def _draw_sum(self) -> None:
        """The rounds over T, with the loop's for comparison."""
        self.sum.set(xscale="log", xlim=(0.85, 38), ylim=(0, 72), xlabel="steps of a chunk T", ylabel="rounds")
        self.sum.set_xticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
        self.sum.minorticks_off()
        self.sum.set_yticks([0, 16, 32, 48, 64])
        T = np.geomspace(1, 32, 100)
        self.sum.plot(T, 2 * T + self.LENGTH / T, "-", color=style.BLACK, lw=3)
        self.sum.axhline(64, ls=":", color=style.GREY, lw=3)
        self.sum.text(5.6, 63, "loop", color=style.GREY, fontsize=13.5, ha="center", va="top")
        style.label_line(self.sum, "2T + L/T", 2.6, 38, style.BLACK, fontsize=14)
        (self.here,) = self.sum.plot([], [], "o", color=style.BLACK, ms=13)

    @torch.no_grad()
    def update(self, chunk: float = 8) -> str:
        T = round(chunk)
        K, t = self.LENGTH // T, np.arange(self.LENGTH)
        states = states_of(self.chunked, self.a, self.x, T)
        self.equal = bool(torch.allclose(states.to(self.truth), self.truth, rtol=1e-3, atol=1e-4))
        self.rounds, self.products = 2 * T + K, 3 * self.LENGTH + K
        self.rows = (t % T, T + np.arange(K), T + K + t % T)
        for dot, x, y in zip(self.dots, (t, np.arange(K) * T, t), self.rows, strict=True):
            dot.set_data(x, y)
        words = (f"ends: {several(T, 'round')}", f"carry: {several(K, 'round')}", f"rerun: {several(T, 'round')}")
        middle = [(rows[0] + rows[-1 if len(rows) == K else T - 1]) / 2 for rows in self.rows]
        for name, word, y in zip(self.names, words, _apart(middle, 4.5), strict=True):
            name.set(text=word, y=y)
        self.here.set_data([T], [self.rounds])
        end = f" instead of {self.LENGTH}" if self.equal else ", and not the loop's states"
        self.title(self.ax, f"T = {T}: {self.rounds} rounds{end}")
        whose = self.owner(self.chunked)
        by = f" ({whose})" if whose else ""
        return (
            f"The plan: {several(K, 'chunk')} of {T}, {self.rounds} rounds instead of {self.LENGTH}, {self.products} "
            f"products instead of {self.LENGTH}, {several(K, 'chunk start')} to keep. "
            f"The result{by} {'equals' if self.equal else 'differs from'} the loop's."
        )


def _apart(values, gap: float) -> list[float]:
    """Values in rising order, moved so that neighbours are at least `gap` apart."""
    placed = list(values)
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    return placed


class WrittenGradients(LiveFigure):
    """The gradient of a sequence that a loop cuts into steps: cells that are written, and cells that hold something.

    Args:
        cured: (a, x) to the states, the function of exercise 5.
    """

    LONGEST = 32

    controls = {  # noqa: RUF012
        "length": slider(4, LONGEST, 8, 4, label="length L", unit="steps"),
        "way": choice(["slice at each step", "cut once"], "slice at each step", label="loop"),
    }

    def __init__(self, cured=linear_loop):
        super().__init__(height=5.2)
        self.scans = {"slice at each step": slicing_loop, "cut once": cured}
        self.lengths = list(range(4, self.LONGEST + 1, 4))
        self.held = {name: [whole_tables(scan, length) for length in self.lengths] for name, scan in self.scans.items()}
        once = all(
            len(_gathered(cured, length)[0]) == 1 and len(_gathered(cured, length, "a")[0]) <= 1
            for length in self.lengths
        )
        self.cured = "cut once" if once else "the loop given"
        self.grid, self.bars = self.figure.subplots(1, 2, width_ratios=(1, 1.25))
        rows = max(32, *map(len, self.held["cut once"]))
        self.grid.set(xlim=(-0.5, 31.5), ylim=(rows - 0.5, -0.5), xlabel="place in the gradient of x")
        self.grid.set_ylabel("tables that are made")
        self.grid.set_xticks([0, 10, 20, 30])
        self.image = self.grid.imshow(
            np.zeros((rows, 32)), cmap=ListedColormap(["white", PALE_VERMILLION, style.BLUE]), vmin=0, vmax=2
        )
        self.edge = self.grid.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, ec=style.VERMILLION, lw=3))
        sizes = {way: [held.size for held in tables] for way, tables in self.held.items()}
        most = max(1100, 1.07 * max(sizes["cut once"]))
        self.bars.set(xlim=(0, 34), ylim=(0, most), xlabel="length L (steps)", ylabel="cells of these tables")
        lines = []
        for way, name, dash, colour in (
            ("slice at each step", "slice at each step", "-", style.VERMILLION),
            ("cut once", self.cured, "--", style.BLUE),
        ):
            self.bars.plot(self.lengths, sizes[way], dash, color=colour, lw=4)
            lines.append((sizes[way], name, colour))
        (lower, *low), (_, *high) = sorted(lines, key=lambda line: line[0][-1])
        end, middle = lower[-1], lower[self.lengths.index(20)]
        height = end + 0.06 * most if end < most / 5 else middle - 0.07 * most  # over a flat line, under a steep one
        for x, y, (name, colour) in ((5, 0.64 * most, high), (19, height, low)):
            style.label_line(self.bars, name, x, y, colour)
        (self.here,) = self.bars.plot([], [], "o", color=style.BLACK, ms=13, clip_on=False)
        self.move(self.image, self.edge, self.here)

    def update(self, length: int = 8, way: str = "slice at each step") -> str:
        held = self.held[way][self.lengths.index(length)]  # (tables, L)
        self.tables, self.written = len(held), held.size
        cells = np.zeros(self.image.get_array().shape)
        cells[: self.tables, :length] = 1 + held
        self.image.set_data(cells)
        self.edge.set(width=length, height=self.tables)
        self.here.set_data([length], [self.written])
        self.title(self.grid, f"{self.written} cells for {length} gradients")
        self.title(self.bars, f"{several(self.tables, 'table')} as long as x")
        name, whose = (self.cured, self.owner(self.scans[way])) if way == "cut once" else (way, "")
        by = f" ({whose})" if whose else ""
        return (
            f"{name[0].upper()}{name[1:]}{by}, L = {length}: on the way back to x, {several(self.tables, 'table')} "
            f"as long as x {are(self.tables)} made, {self.written} cells for {length} gradients."
        )


def slicing_loop(a: Tensor, x: Tensor) -> Tensor:
    """The loop that slices both tensors at each step: (L, …)."""
    h, states = torch.zeros_like(x[0]), []
    for t in range(len(x)):
        h = a[t] * h + x[t]
        states.append(h)
    return torch.stack(states)


class _Gathered(Counter):
    """Keeps of each table that gathers or copies a gradient where it holds something."""

    def __init__(self, length: int):
        super().__init__()
        self.length, self.tables = length, []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        before = self.calls
        result = super().__torch_dispatch__(function, types, args, kwargs)
        gathers = any(word in function.name() for word in ("_backward", "stack", "cat", "zeros", "copy"))
        if self.calls > before and gathers and self.writes[-1][1] == 2 * self.length:
            table = result.T if result.ndim == 2 and len(result) == 2 else result
            self.tables.append((table != 0).reshape(self.length, 2).any(1).numpy())
        return result


def whole_tables(scan, length: int) -> np.ndarray:
    """The tables as long as x that the backward pass makes in order to gather the gradient of x.

    Returns:
        held: (tables, L), true where a table holds something; tables with earlier places first. The gradient itself
            where nothing had to be gathered.
    """
    tables, gradient = _gathered(scan, length)
    if gradient is None:
        raise ValueError("no gradient leads from the states back to x")
    held = sorted(tables or [(gradient != 0).any(1).numpy()], key=lambda places: places.tolist(), reverse=True)
    return np.array(held, dtype=bool)


def _gathered(scan, length: int, name: str = "x") -> tuple[list, Tensor | None]:
    """Where each table that gathers the gradient of a or x holds something; and the gradient, (L, N), or None."""
    inputs = {"a": torch.full((length, 2), 0.5), "x": torch.ones(length, 2)}  # (L, N) each
    cut = inputs[name].requires_grad_()
    states = states_of(scan, *inputs.values())
    if not states.requires_grad:
        return [], None
    with _Gathered(length) as gathered:
        (gradient,) = torch.autograd.grad(states, cut, torch.ones_like(states))
    return gathered.tables, gradient


class InChunks(functools.partial):
    """A chunked scan as (a, x) to the states: `InChunks(scan, 32)`, whatever the scan calls its third parameter."""

    def __call__(self, a: Tensor, x: Tensor) -> Tensor:
        return self.func(a, x, *self.args)


SCANS = {
    "loop": linear_loop,
    "Hillis–Steele": hillis_steele,
    "up and down": up_down,
    "chunks of 32": InChunks(chunked_scan, 32),
}


class Timings(LiveFigure):
    """How long the forward pass of each scan takes on this machine, measured when the figure is made.

    Args:
        scans: name to (a, x) -> states, time first; measured with the discretisation before and the reading after.
        lengths: the lengths L to measure.
    """

    measured = True
    WIDTHS = {"narrow: 1 channel": 1, "wide: 128 channels": 128}  # noqa: RUF012
    STATES = 16

    controls = {  # noqa: RUF012
        "length": choice({str(n): n for n in (64, 128, 256, 512, 1024)}, 1024, label="length L"),
        "channels": choice(WIDTHS, 128, label="width"),
    }

    def __init__(self, scans: dict | None = None, lengths=(64, 128, 256, 512, 1024)):
        super().__init__(height=5.6)
        self.scans = dict(scans or SCANS)
        self.lengths = list(lengths)
        self.names = [*self.scans, "the package"]
        self.times = {channels: self._measure(channels) for channels in self.WIDTHS.values()}
        self.wrong = [name for name, scan in self.scans.items() if not self._is_right(scan)]
        self.ax = self.figure.subplots()
        self.ax.set(xscale="log", yscale="log", xlim=(58, 3300), xlabel="length L (steps)")
        self.ax.set_ylabel("time of the whole scan (ms)")
        self.ax.set_xticks(self.lengths, [str(n) for n in self.lengths])
        everything = np.concatenate([table.ravel() for table in self.times.values()])
        low, high = everything.min() / 3, everything.max() * 8
        self.ax.set_ylim(low, high)
        ticks = [t for t in (0.01, 0.1, 1, 10, 100, 1000, 10000) if low < t < high]
        self.ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
        self.ax.minorticks_off()
        self.ax.grid(True, axis="y")
        self.gap = (high / low) ** 0.075
        colours = (style.VERMILLION, style.PURPLE, style.GREEN, style.BLUE, style.GREY)
        self.lines, self.labels, self.leads = [], [], []
        of_scans = itertools.islice(itertools.cycle(colours), len(self.scans))
        for name, colour, dash in zip(self.names, (*of_scans, style.BLACK), itertools.cycle(style.LINES), strict=False):
            self.lines += self.ax.plot(self.lengths, self.lengths, color=colour, ls=dash, marker="o", ms=8, lw=3.5)
            self.leads += self.ax.plot([1024, 1230], [1, 1], "-", color=colour, lw=1.5)
            self.labels.append(style.label_line(self.ax, name, 1260, 1, colour))
        self.here = self.ax.axvline(1024, color=style.BLACK, ls=":", lw=2, zorder=0)
        self.move(self.here, *self.leads, *self.lines, *self.labels)

    def _measure(self, channels: int) -> np.ndarray:
        """Milliseconds, (scans + 1, lengths): the best of a few runs."""
        runs = [functools.partial(whole_scan, scan) for scan in self.scans.values()] + [selective_scan_fn]
        return np.stack([_best(runs, self._case(channels, length)) for length in self.lengths], axis=1)

    @torch.no_grad()
    def _is_right(self, scan) -> bool:
        """Whether the outputs are those of the package at each length: the shortcut dies on the way."""
        cases = (self._case(1, length) for length in self.lengths)
        return all(
            torch.allclose(whole_scan(scan, *case), selective_scan_fn(*case), rtol=1e-3, atol=1e-3) for case in cases
        )

    def _case(self, channels: int, length: int):
        generator = torch.Generator().manual_seed(0)
        u, delta = torch.randn(1, channels, length, generator=generator), torch.full((1, channels, length), 0.05)
        B, C = (torch.randn(1, self.STATES, length, generator=generator) for _ in range(2))  # (B, N, L)
        return u, delta, -torch.arange(1.0, self.STATES + 1).repeat(channels, 1), B, C

    def calls(self, channels: int, length: int = 1024) -> tuple[int, int]:
        """How many calls the package and the loop make in a forward pass, which depends on no machine."""
        counters, case = [], self._case(channels, length)
        for run in (selective_scan_fn, functools.partial(whole_scan, linear_loop)):
            with torch.no_grad(), Counter() as counter:
                run(*case)
            counters.append(counter.calls)
        return tuple(counters)

    def update(self, length: int = 1024, channels: int = 128) -> str:
        L, table, j = length, self.times[channels], self.lengths.index(length)
        for line, row in zip(self.lines, table, strict=True):
            line.set_ydata(row)
        apart = _spread(table[:, -1], self.gap)
        for label, lead, end, y in zip(self.labels, self.leads, table[:, -1], apart, strict=True):
            label.set_y(y)
            lead.set_ydata([end, y])
        self.here.set_xdata([L] * 2)
        slow, fast = table[:, j].argmax(), table[:, j].argmin()
        more = table[slow, j] / table[fast, j]
        width = "narrow" if channels == 1 else "wide"
        times = f"{more:.{1 if more < 2 else 0}f} ×"
        self.title(self.ax, f"L = {L}, {width}: “{self.names[slow]}” takes {times} the time of “{self.names[fast]}”")
        joined = sum(map(len, doubling_rounds(L)))
        wrong = f" With other outputs than the package: {', '.join(self.wrong)}." if self.wrong else ""
        return (
            f"L = {L}, a state of {channels * self.STATES} numbers. Over all steps, each number takes {L} products "
            f"with the loop, {written(2 * joined, ',')} with Hillis–Steele. Times are in the picture, measured on this "
            f"machine.{wrong}{self.whose_are(self.scans)}"
        )


def whole_scan(scan, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """The selective scan around a scan of states: discretise, scan over time, read. (B, D, L)."""
    delta = delta.permute(2, 0, 1)  # (L, B, D)
    a = torch.exp(delta[..., None] * A)  # (L, B, D, N)
    x = (delta * u.permute(2, 0, 1))[..., None] * B.permute(2, 0, 1)[:, :, None]  # (L, B, D, N)
    decays, drives = a.flatten(1), x.flatten(1)  # (L, B·D·N): a learner's scan need not know more axes
    (states,) = returned("the scan", scan(decays, drives), tuple(drives.shape))
    return torch.einsum("l b d n, b n l -> b d l", states.to(C).unflatten(1, a.shape[1:]), C)  # (B, D, L)


def _best(runs: list, case: tuple) -> list[float]:
    """Milliseconds of the fastest of a few calls of each. They take turns, so that a busy moment meets all of them."""
    times = [[] for _ in runs]
    with torch.no_grad():
        for _ in range(5):
            for run, spent in zip(runs, times, strict=True):
                start = time.perf_counter()
                run(*case)
                spent.append(1000 * (time.perf_counter() - start))
    return [min(spent) for spent in times]


def _spread(values: np.ndarray, factor: float) -> list[float]:
    """The values, moved as little as possible so that neighbours differ by the factor at least; their order stays."""
    order, steps = np.argsort(values), math.log(factor) * np.arange(len(values))
    groups = []  # [sum, count] of values that are moved together, around their mean
    for value in np.log(values)[order] - steps:
        groups.append([value, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + count]
    means, counts = [total / count for total, count in groups], [count for _, count in groups]
    placed = np.empty(len(values))
    placed[order] = np.exp(np.repeat(means, counts) + steps)
    return placed.tolist()
