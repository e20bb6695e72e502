"""The two figures of notebook 00: how fast a state fades, and what one changed letter changes."""

import numpy as np
import torch

from lite_mamba import Mamba

from ...drawing import style
from ...drawing.base import LiveFigure
from ...drawing.controls import choice, slider
from ...drawing.returned import returned
from ...tasks import library_text
from .exercises import scale_A


class FadingState(LiveFigure):
    """One number of the state, left alone: how much of it is still there after t steps.

    The half-life is read from the curve, so it is that of the function that draws it.

    Args:
        scale_A: the function of the exercise, (B, L, D) and (D, N) to Δ·A (B, L, D, N).
    """

    controls = {  # noqa: RUF012
        "delta": slider(0.02, 0.5, 0.1, 0.02, label="step size Δ"),
        "n": slider(1, 4, 1, label="−A"),
    }

    STEPS = 50
    TIMES = np.arange(10 * STEPS + 1) / 10  # where the curve is drawn, in steps: each tenth of them is a whole one

    def __init__(self, scale_A=scale_A):
        super().__init__()
        self.scale_A = scale_A
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(0, self.STEPS), ylim=(0, 1.05), xlabel="steps t", ylabel="share of the state left")
        self.ax.set_yticks([0, 0.5, 1], ["0", "one half", "1"])
        self.ax.axhline(0.5, color=style.GREY, lw=1.5, ls=":")
        (self.line,) = self.ax.plot([], [], color=style.BLUE, ls="-", lw=3)
        (self.dots,) = self.ax.plot([], [], "o", color=style.BLUE, ms=7)
        (self.drop,) = self.ax.plot([], [], color=style.VERMILLION, ls="--")
        (self.point,) = self.ax.plot([], [], "o", color=style.VERMILLION, ms=13)
        self.note = style.label_line(self.ax, "", 0, 0.57, style.VERMILLION)
        self.above = style.label_line(self.ax, "", self.STEPS - 1, 0.9, style.BLUE, ha="right")
        self.move(self.line, self.dots, self.drop, self.point, self.note, self.above)

    def update(self, delta: float = 0.1, n: int = 1) -> str:
        exponents = self._exponents(delta, n)  # (STEPS + 1,), after 0 … STEPS steps
        with np.errstate(over="ignore"):
            self.left = np.exp(np.interp(self.TIMES, np.arange(self.STEPS + 1), exponents))
        self.half_life = time_of(-np.log(2), exponents)
        at = np.nan if self.half_life is None else self.half_life
        self.line.set_data(self.TIMES, self.left)
        self.dots.set_data(self.TIMES[::10], self.left[::10])
        self.drop.set_data([at] * 2, [0, 0.5])
        self.point.set_data([at], [0.5])
        late = at > 0.8 * self.STEPS
        self.note.set(text="" if self.half_life is None else _steps(at))
        self.note.set(x=at - 1 if late else at + 1, y=0.43 if late else 0.57, ha="right" if late else "left")
        above = (self.left[::10] > self.ax.get_ylim()[1]).sum()
        self.above.set_text(f"above the picture: {above} of {self.STEPS} steps" if above else "")
        finding = self._finding(exponents)
        self.title(self.ax, finding[0].upper() + finding[1:])
        return f"With Δ = {delta:.2f} and A = −{n}, {finding}.{self.whose_is(curve=self.scale_A)}"

    def _exponents(self, delta: float, n: int) -> np.ndarray:
        """The sum of Δ·A up to each step; a ValueError in words if the function gives no number for each token."""
        shape = (1, self.STEPS, 1, 1)  # (B, L, D, N)
        found = self.scale_A(torch.full(shape[:3], delta), torch.tensor([[-float(n)]]))
        (found,) = returned("scale_A", found, shape, finite=True)
        return np.concatenate([[0.0], found.detach().double().flatten().cumsum(0).numpy()])

    def _finding(self, exponents: np.ndarray) -> str:
        if self.half_life is not None:
            later = self.left[np.searchsorted(self.TIMES, self.half_life, "right") :]
            back = ", but not for good" if later.max(initial=0) > 0.5 else ""
            return f"half of the state is gone after {_steps(self.half_life)}{back}"
        if not exponents.any():
            return "the state does not fade: all of it is left"
        if np.diff(exponents).min() >= 0:
            return "the state grows: half of it is never gone"
        return f"more than half of the state is left after {self.STEPS} steps"


def _steps(time: float) -> str:
    return f"{time:.1f} steps" if time >= 0.05 else "less than 0.1 steps"


def time_of(level: float, course: np.ndarray) -> float | None:
    """When a course of steps is first as low as a level, in parts of a step; None if it never is."""
    low = np.flatnonzero(course <= level)
    if not len(low):
        return None
    before, after = course[low[0] - 1], course[low[0]]  # a course that begins above the level
    return float(low[0] - 1 + (before - level) / (before - after))


class OneLetterChanged(LiveFigure):
    """What a block's outputs do when one letter of a real text is changed."""

    LENGTH = 48
    FLOOR = 1e-7
    HIGH = 0.001  # outputs whose convolutions read the changed letter move by more, those that the state tells by less

    controls = {  # noqa: RUF012
        "position": slider(0, LENGTH - 1, 12, label="which letter is changed"),
        "dilations": choice(
            {"1": (1,), "1 and 2": (1, 2), "1, 2 and 4": (1, 2, 4)}, (1,), label="dilations of the convolutions"
        ),
    }

    def __init__(self):
        super().__init__()
        text = library_text(4000).decode("utf-8", "replace").replace("\n", " ")
        self.text = " ".join(text.replace('"', " ").split())[: self.LENGTH]
        self.embedding = torch.randn(256, 32, generator=torch.Generator().manual_seed(0))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.blocks = {d: Mamba(32, conv_dilations=d) for d in self.controls["dilations"].options.values()}
        self.ax = self.figure.subplots()
        self.ax.set(xlim=(-0.7, self.LENGTH - 0.3), ylim=(self.FLOOR, 30), yscale="log")
        self.ax.set(xlabel="position in the text", ylabel="change of the output")
        self.ax.set_yticks([1e-6, 1e-4, 1e-2, 1], ["0.000001", "0.0001", "0.01", "1"])
        self.ax.minorticks_off()
        self.bars = self.ax.bar(range(self.LENGTH), [self.FLOOR / 10] * self.LENGTH, color=style.BLUE, width=0.8)
        self.letters = [self._letter(i, character) for i, character in enumerate(self.text)]
        self.quiet = self.ax.text(0, 2e-3, "", color=style.GREY, fontsize=14, ha="center", va="center")
        self.move(*self.bars, *self.letters, self.quiet)

    @torch.no_grad()
    def update(self, position: int = 12, dilations: tuple[int, ...] = (1,)) -> str:
        self.position, self.dilations = position, dilations
        self.change = self.output_change(position, self.blocks[dilations])  # (L,)
        for i, (bar, letter) in enumerate(zip(self.bars, self.letters, strict=True)):
            changed = i == position
            bar.set(height=max(self.change[i], self.FLOOR / 10), color=style.VERMILLION if changed else style.BLUE)
            letter.set(color=style.VERMILLION if changed else style.BLACK, fontsize=20 if changed else 14)
            letter.set_text("#" if changed else self.text[i])
        self.before = int((self.change[:position] > 0).sum())
        self.after = int((self.change[position:] > 0).sum())
        self.quiet.set(text="nothing moves" if position > 9 else "", x=position / 2 - 0.5)
        ends = {0: ": there is none after it", 1: " and the one after it"}
        later = ends.get(self.LENGTH - 1 - position, " and those after it")
        self.title(self.ax, f"One changed letter moves its own output{later}")
        self.high = np.flatnonzero(self.change > self.HIGH).tolist()
        have = "s have the dilations" if len(dilations) > 1 else " has the dilation"
        return (
            f"Letter {position} is changed; the convolution{have} {', '.join(map(str, dilations))}. "
            f"Outputs before it that move: {self.before} of {position}. "
            f"Outputs from it on that move: {self.after} of {self.LENGTH - position}; "
            f"by over {self.HIGH}: {', '.join(map(str, self.high))}."
        )

    def output_change(self, position: int, block: Mamba) -> np.ndarray:
        """Largest change over the channels of each output when the letter at `position` becomes "#": (L,)."""
        ids = torch.tensor([min(ord(character), 255) for character in self.text])  # (L,)
        other = ids.clone()
        other[position] = ord("#")
        outputs = block(self.embedding[torch.stack([ids, other])])  # (2, L, d_model)
        return (outputs[0] - outputs[1]).abs().amax(dim=-1).numpy()  # (L,)

    def _letter(self, i: int, character: str):
        options = {"ha": "center", "va": "center", "family": "DejaVu Sans Mono", "fontweight": "bold"}
        return self.ax.text(i, 8, character, fontsize=14, **options)
