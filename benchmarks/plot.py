"""Draw figures/scan_speed from measured.json: every peer's forward time as a multiple of ours.

python benchmarks/plot.py
"""

import json
import pathlib

import common
import matplotlib

from lite_mamba.course.figures import style

PEERS = {"fused C": style.BLACK, "mambapy": style.VERMILLION, "lite-mamba 0.1.4": style.PURPLE}


def draw():
    """The picture of what was measured, as a matplotlib figure."""
    everything = json.loads(common.RESULTS.read_text())
    measured = everything.get("scan, 1 thread") or everything["scan"]
    rows = [row for row in measured["rows"] if row["direction"] == "forward"]
    ratios = {name: [row[f"{name}, ms"] / row["this package, ms"] for row in rows] for name in PEERS}
    in_python = ratios["mambapy"] + ratios["lite-mamba 0.1.4"]
    with style.context():
        figure = style.new_figure()
        axes = figure.add_subplot()
        for i, (name, colour) in enumerate(PEERS.items()):
            places = [place + 0.27 * (i - 1) for place in range(len(rows))]
            axes.barh(places, ratios[name], height=0.24, color=colour)
            for place, value in zip(places, ratios[name], strict=True):
                axes.text(value * 1.05, place, f"{name}, {value:.2g} ×", va="center", fontsize=12)
        axes.axvline(1, color=style.BLUE, linewidth=2)
        axes.set(xscale="log", xlim=(0.1, 90), xlabel="time of the forward scan, as a multiple of this package's")
        axes.set_xticks([0.1, 1, 10], ["0.1 ×", "1 ×", "10 ×"])
        axes.set_yticks(range(len(rows)), [f"(B, D, L) = {row['shape']}" for row in rows])
        axes.invert_yaxis()
        axes.set_title(f"{min(in_python):.0f} to {max(in_python):.0f} times as fast as the peers in PyTorch")
    return figure


def save(folder: pathlib.Path) -> None:
    """Write scan_speed.png and scan_speed.svg."""
    figure = draw()
    with style.context(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "scan_speed"}):
        figure.savefig(folder / "scan_speed.png", dpi=150)
        figure.savefig(folder / "scan_speed.svg", metadata={"Date": None})


if __name__ == "__main__":
    save(common.HERE.parent / "figures")
