"""Draw figures/scan_speed from measured.json: every peer's forward time as a multiple of ours.

python benchmarks/plot.py
"""

import json
import pathlib

import common

from lite_mamba.course.drawing import slide, style

PEERS = {"fused C": style.BLACK, "mambapy": style.VERMILLION, "lite-mamba 0.1.4": style.PURPLE}


def draw():
    """The picture of what was measured, as a matplotlib figure."""
    measured = json.loads(common.RESULTS.read_text())["scan"]
    threads = measured["machine"]["threads"]
    rows = [row for row in measured["rows"] if row["direction"] == "forward"]
    ratios = {name: [row[f"{name}, ms"] / row["this package, ms"] for row in rows] for name in PEERS}
    in_python = ratios["mambapy"] + ratios["lite-mamba 0.1.4"]
    with style.context():
        figure = style.new_figure()
        axes = figure.add_subplot()
        axes.axvline(1, color=style.BLUE, linewidth=2, zorder=0)
        for i, (name, colour) in enumerate(PEERS.items()):
            places = [place + 0.27 * (i - 1) for place in range(len(rows))]
            axes.barh(places, ratios[name], height=0.24, color=colour)
            for place, value in zip(places, ratios[name], strict=True):
                label = axes.text(value * 1.07, place, f"{name}, {value:.2g} ×", va="center", fontsize=12)
                label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})  # over the line at 1
        axes.set(xscale="log", xlim=(0.1, 90))
        axes.set_xlabel(f"time of the forward scan with {threads} threads, this package's = 1")
        axes.set_xticks([0.1, 1, 10], ["0.1 ×", "1 ×", "10 ×"])
        axes.set_yticks(range(len(rows)), [f"(B, D, L) = {row['shape']}" for row in rows])
        axes.invert_yaxis()
        axes.set_title(f"{min(in_python):.0f} to {max(in_python):.0f} times as fast as the peers in PyTorch")
    return figure


def save(folder: pathlib.Path) -> None:
    """Write scan_speed.svg, scan_speed.png and both for a dark slide."""
    slide.save(draw(), folder, "scan_speed", "Every peer's forward scan, timed, as a multiple of this package's.")


if __name__ == "__main__":
    save(common.HERE.parent / "figures")
