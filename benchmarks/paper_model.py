"""On paper: one sequence over up to 64 GPUs, from what two measured (distributed.json), as figures/sequence_parallel.

python benchmarks/paper_model.py

A layer's forward and backward pass over L tokens on P GPUs takes

    whole(L/P) + extra(L/P) + 4·(P − 2)·(latency + message/bandwidth)

`whole` is one GPU's time: a start and a time a token, fitted to what was measured (their shares of each time, by least
squares). `extra` is what two GPUs took beyond the time of half the tokens: the sums over a part's memory, and the
exchanges of two. Between the measured lengths it is interpolated; beyond them it stays, since a part's memory has ended
long before.

Assumed, and not measured: an all-gather (four in a layer) passes its messages round a ring, so that each further GPU
adds a hop; a hop between hosts costs what it costs inside one, which is too kind by a factor of a few; nothing is
hidden behind the computing, no GPU is late, and one GPU has memory for everything, which beyond 2^19 tokens it has not.
"""

import json
import pathlib

import common
import numpy as np

from lite_mamba.course.drawing import slide, style

D_MODEL, D_STATE = 768, 16
GATHERS = 4  # in a layer: whether the parts fit, the states, whether all go back, the gradients
LENGTHS = {22: style.BLUE, 20: style.VERMILLION, 18: style.GREEN}  # log₂ L
GPUS = 64


class Model:
    """The time of one layer, forward and backward, from the measured rows."""

    def __init__(self, measured: dict):
        rows = [r for r in measured["rows"] if r["d_model"] == D_MODEL and r["direction"] == "forward + backward"]
        rows = [row for row in rows if "speedup" in row]
        self.lengths = np.array([row["length"] for row in rows])
        one, two = (np.array([row[f"{name}, ms"] for row in rows]) for name in ("one GPU", "two GPUs"))
        terms = np.stack([np.ones(len(rows)), self.lengths], axis=1)
        self.start, self.per_token = np.linalg.lstsq(terms / one[:, None], np.ones(len(rows)), rcond=None)[0]
        self.beyond_half = two - self.whole(self.lengths / 2)
        small, large = measured["exchanges"][0], measured["exchanges"][-1]
        message = 4 * 2 * D_MODEL * (D_STATE + 1)  # bytes: the end state, and the sum of Δ
        self.hop = (small["all-gather, µs"] + message / large["bytes"] * large["all-gather, µs"]) / 1000

    def whole(self, tokens):
        """Milliseconds of one GPU."""
        return self.start + self.per_token * tokens

    def extra(self, tokens: float) -> float:
        """Milliseconds that a part of so many tokens takes beyond them."""
        return float(np.interp(tokens, self.lengths / 2, self.beyond_half))

    def parallel(self, length: float, gpus: int) -> float:
        """Milliseconds of `gpus` GPUs."""
        if gpus == 1:
            return self.whole(length)
        return self.whole(length / gpus) + self.extra(length / gpus) + GATHERS * (gpus - 2) * self.hop

    def speedup(self, length: float, gpus: int) -> float:
        return self.whole(length) / self.parallel(length, gpus)


def draw():
    """Speed-up over the number of GPUs for some lengths, as a matplotlib figure."""
    model = Model(json.loads((common.HERE / "distributed.json").read_text()))
    gpus = [2**k for k in range(7)]
    with style.context():
        figure = style.new_figure()
        axes = figure.add_subplot()
        axes.plot(gpus, gpus, color=style.RULE, linestyle="-", linewidth=1.5)
        axes.text(30, 36, "every GPU counts fully", color=style.GREY, ha="right")
        for (power, colour), line in zip(LENGTHS.items(), style.LINES, strict=False):
            speed = [model.speedup(2**power, p) for p in gpus]
            axes.plot(gpus, speed, color=colour, linestyle=line, marker="o", markersize=6, clip_on=False)
            tokens = f"{2**power / 2**20:g} Mi" if power >= 20 else f"{2**power // 2**10} Ki"
            axes.text(gpus[-1] * 1.06, speed[-1], f"{tokens} tokens, {speed[-1]:.0f} ×", color=colour, va="center")
        axes.set(xscale="log", yscale="log", xlim=(1, 64), ylim=(1, 75))
        axes.set_xticks(gpus, map(str, gpus))
        axes.set_yticks(gpus, [f"{p} ×" for p in gpus])
        axes.minorticks_off()
        axes.set_xlabel("GPUs that share one sequence")
        axes.set_ylabel("as fast as one")
        best, worst = (model.speedup(2**power, GPUS) for power in (max(LENGTHS), min(LENGTHS)))
        axes.set_title(f"On paper, 64 GPUs help most on long sequences: {worst:.0f} × to {best:.0f} ×")
    return figure


def save(folder: pathlib.Path) -> None:
    """Write sequence_parallel.svg, sequence_parallel.png and both for a dark slide."""
    slide.save(draw(), folder, "sequence_parallel", "How much faster more GPUs run one sequence, by a model.")


if __name__ == "__main__":
    save(common.HERE.parent / "figures")
