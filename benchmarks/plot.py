"""Draw figures/scan_speed from measured.json: every peer's forward time as a multiple of ours.

python benchmarks/plot.py
"""

import json

import common

from lite_mamba.course.figures import style

PEERS = {"fused C": style.BLACK, "mambapy": style.VERMILLION, "lite-mamba 0.1.4": style.PURPLE}


def main() -> None:
    everything = json.loads(common.RESULTS.read_text())
    measured = everything.get("scan, 1 thread") or everything["scan"]
    rows = [row for row in measured["rows"] if row["direction"] == "forward"]
    with style.context():
        figure = style.new_figure()
        axes = figure.add_subplot()
        for i, (name, colour) in enumerate(PEERS.items()):
            places = [place + 0.27 * (i - 1) for place in range(len(rows))]
            ratios = [row[f"{name}, ms"] / row["this package, ms"] for row in rows]
            axes.barh(places, ratios, height=0.24, color=colour)
            for place, value in zip(places, ratios, strict=True):
                axes.text(value * 1.05, place, f"{name}, {value:.2g} ×", va="center", fontsize=12)
        axes.axvline(1, color=style.BLUE, linewidth=2)
        axes.set(xscale="log", xlim=(0.1, 90), xlabel="time of the forward scan, as a multiple of this package's")
        axes.set_yticks(range(len(rows)), [f"(B, D, L) = {row['shape']}" for row in rows])
        axes.invert_yaxis()
        axes.set_title("This scan is 5 to 17 times as fast as its peers")
        for ending in ("png", "svg"):
            figure.savefig(common.HERE.parent / f"figures/scan_speed.{ending}")


if __name__ == "__main__":
    main()
