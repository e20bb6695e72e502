"""The tables of benchmarks/README.md say what measured.json holds, and mark each aim that was missed."""

import itertools
import json
import re
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
README = (BENCHMARKS / "README.md").read_text("utf-8")
MEASURED = json.loads((BENCHMARKS / "measured.json").read_text("utf-8"))
LINES = README.splitlines()

FORWARD, BOTH = {"direction": "forward"}, {"direction": "forward + backward"}
QUIET, BUSY = {"cores": "quiet"}, {"cores": "busy"}
OURS, MAMBAPY, OLD = "this package, ms", "mambapy, ms", "lite-mamba 0.1.4, ms"
TO_MAMBAPY, TO_C, TO_BEST = "mambapy ÷ ours", "ours ÷ fused C", "best peer ÷ ours"
TO_PEERS = ("transformers ÷ ours", "lite-mamba 0.1.4 ÷ ours")
TRAINING = ("training, 1 thread", "training, sleeping threads")
CARD = "on NVIDIA H100 80GB HBM3"
ON_CARD = ("forward, ms", "forward, ms alone", "both, ms", "both, ms alone", "forward, GiB", "both, GiB")

TABLES = {  # how a table begins: how many cells name its rows, and where its numbers stand: sections, rows, keys
    "| (B, D, L), forward |": (1, [(["scan"], FORWARD, (OURS, MAMBAPY, OLD, "fused C, ms", TO_MAMBAPY, TO_C))]),
    "| (B, D, L), forward + backward |": (
        1,
        [
            (["scan"], BOTH, (OURS, MAMBAPY, TO_MAMBAPY)),
            (["scan, peak memory"], {}, ("this package, MiB", "mambapy, MiB", TO_MAMBAPY)),
        ],
    ),
    "| block, (batch, length, d_model) |": (1, [(["block"], {}, (OURS, "transformers, ms", OLD, *TO_PEERS))]),
    "| step, (batch, d_model) |": (
        1,
        [(["step"], {}, (*(f"{who}, µs a token" for who in (OURS[:-4], "transformers", OLD[:-4])), *TO_PEERS))],
    ),
    "| (B, D, L) | forward, ours |": (
        1,
        [
            (["scan, 1 thread"], FORWARD, (OURS, TO_MAMBAPY, TO_C)),
            (["scan, 1 thread"], BOTH, (OURS, TO_MAMBAPY)),
            (["scan, peak memory, 1 thread"], {}, (TO_MAMBAPY,)),
        ],
    ),
    "| (d_model, layers, batch, L) |": (2, [(TRAINING, QUIET, (OURS, TO_BEST)), (TRAINING, BUSY, (OURS, TO_BEST))]),
    "| (B, D, L) | scan |": (2, [([f"scan {CARD}"], {}, ON_CARD)]),
    "| scan | precision |": (
        2,
        [([f"block {CARD}"], {}, ("forward, ms", "both, ms", "forward, GiB", "both, GiB"))],
    ),
}


def table(begin: str) -> tuple[list[str], list[list[str]]]:
    """The cells of a table's head, and of its rows."""
    (at,) = [number for number, line in enumerate(LINES) if line.startswith(begin)]
    head, _, *rows = itertools.takewhile(lambda line: line.startswith("|"), LINES[at:])
    return cells(head), [cells(row) for row in rows]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def measured(parts) -> list[tuple[list[float], list[str]]]:
    """Of each row the values that a table shows, in its order, and the values of all that names the row."""
    columns = []
    for sections, only, keys in parts:
        rows = [row for name in sections for row in MEASURED[name]["rows"]]
        columns.append([(row, keys) for row in rows if only.items() <= row.items()])
    found = []
    for row in itertools.zip_longest(*columns, fillvalue=({}, ())):
        names = [value for value in row[0][0].values() if isinstance(value, str)]
        found.append(([one[key] for one, keys in row for key in keys if key in one], names))
    return found


def rounds_to(printed: str, value: float) -> bool:
    digits = {len(printed.replace(".", "").lstrip("0"))}
    if "." not in printed:
        digits.add(len(printed.rstrip("0")))
    return any(float(f"{value:.{n}g}") == float(printed) for n in digits)


@pytest.mark.parametrize("begin", TABLES)
def test_a_table_shows_what_was_measured_and_which_aims_were_missed(begin):
    names, parts = TABLES[begin]
    head, rows = table(begin)
    expected = measured(parts)
    assert len(rows) == len(expected)
    for row, (values, named) in zip(rows, expected, strict=True):
        shape = ", ".join(named)
        assert all(word in shape.replace("(", "").replace(")", "") for word in row[0].split(", ")), (row, named)
        rest = iter(values)
        for title, cell in zip(head[names:], row[names:], strict=True):
            numbers = re.findall(r"\d+(?:\.\d+)?", re.sub(r"\(aim [^)]*\)|not measured", "", cell))
            own = [next(rest) for _ in numbers]
            assert all(map(rounds_to, numbers, own)), (cell, own)
            if aim := re.search(r"\(aim ([\d.]+)\)", cell) or re.search(r"\(aim ([\d.]+)\)", title):
                short = (lambda a, b: a < b) if "÷ ours" in title else (lambda a, b: a > b)
                assert ("**missed**" in cell) == any(short(value, float(aim[1])) for value in own), (cell, own)
        assert not list(rest), row


def test_the_sliders_are_summed_up_as_they_stand_in_the_list():
    words = r"missed\*\* by (\d+) of (\d+) sliders, two of them by\s+less than .*; the middle one takes (\d+) ms"
    above, of, median = map(int, re.search(words, README).groups())
    single = sorted(int(row) for row in re.findall(r"^\| \d\d \| [^|\d][^|]* \| (\d+) \| \d+ \| \d+ \|$", README, re.M))
    assert len(single) == of and single[len(single) // 2] == median
    assert sum(one > 30 for one in single) == above - 2
