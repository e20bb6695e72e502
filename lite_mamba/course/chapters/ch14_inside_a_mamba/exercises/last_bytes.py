"""Exercise 5: last_bytes."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def last_bytes(ids: Tensor, k: int) -> Tensor:
    """The k bytes that end at each place, the present one first; −1 where there was none yet: (L, k)."""
    columns = [F.pad(ids, (back, 0), value=-1)[: len(ids)] for back in range(k)]  # (L,) each
    return torch.stack(columns, dim=1)


def _in_place(ids: Tensor, k: int) -> Tensor:
    """Columns written one by one, with a slice that ends at −0."""
    columns = torch.full((len(ids), k), -1)
    for back in range(k):
        columns[back:, back] = ids[:-back]
    return columns


def _below_0(ids: Tensor, k: int) -> Tensor:
    """Columns written one by one, with a slice that ends below 0 where the text is short."""
    columns = torch.full((len(ids), k), -1)
    for back in range(k):
        columns[back:, back] = ids[: len(ids) - back]
    return columns


def _row_by_row(ids: Tensor, k: int) -> Tensor:
    """Rows written one by one, with a slice that begins below 0 for the first."""
    rows = torch.full((len(ids), k), -1)
    for place in range(len(ids)):
        rows[place] = ids[place - k + 1 : place + 1].flip(0)
    return rows


def _filled_in_front(ids: Tensor, k: int) -> Tensor:
    """Rows whose −1 stand in front of the bytes that there are, the present one first."""
    rows = [ids[max(0, place - k + 1) : place + 1].flip(0) for place in range(len(ids))]
    return torch.stack([F.pad(row, (k - len(row), 0), value=-1) for row in rows])


def _in_reading_order(ids: Tensor, k: int) -> Tensor:
    """The bytes that there are from the oldest on, and −1 behind them."""
    rows = [ids[max(0, place + 1 - k) : place + 1] for place in range(len(ids))]
    return torch.stack([F.pad(row, (0, k - len(row)), value=-1) for row in rows])


def _bytes_cases(draw: Draw) -> dict:
    length, k = draw.size(3, 9), draw.size(2, 4)
    if draw.in_turn([False, False, False, True]):  # a text of fewer bytes than are asked for
        length, k = 3, k + 3
    ids = draw.integers(1, 255, length)
    if draw.in_turn([False, False, True]):  # 0 is a byte, too
        ids[draw.random.randrange(len(ids))] = 0
    return {"ids": ids, "k": k}


MISCONCEPTIONS = [
    Misconception(
        "a text that is a ring",
        "Near the beginning a place sees the end of the text, as if it were a ring: `roll` makes one of it, and so "
        "does an index below 0. Before the first byte there is nothing.",
        [
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → ids.roll(back)"),
            edited(
                last_bytes,
                "F.pad(ids, (back, 0), value=-1)[: len(ids)] → "
                "F.pad(ids.roll(back)[min(back, 1) :], (min(back, 1), 0), value=-1)",
            ),
            edited(
                last_bytes,
                "F.pad(ids, (back, 0), value=-1)[: len(ids)] → ids.roll(back)",
                "range(k) → reversed(range(k))",
            ),
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1) → torch.cat([ids[-1:].expand(back), ids])"),
            edited(
                last_bytes,
                "F.pad(ids, (back, 0), value=-1)[: len(ids)] → "
                "F.pad(ids.roll(back)[: len(ids) - back], (0, back), value=-1)",
            ),
            edited(
                last_bytes,
                "F.pad(ids, (back, 0), value=-1)[: len(ids)] → "
                "F.pad(ids.roll(back)[max(back - 1, 0) :], (max(back - 1, 0), 0), value=-1)",
            ),
        ],
    ),
    Misconception(
        "a look ahead",
        "You look at the bytes that follow. The rival may see what the model has seen, and no more.",
        [
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids, (0, back), value=-1)[back:]"),
            edited(
                last_bytes,
                "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids, (0, back), value=-1)[back:]",
                "range(k) → reversed(range(k))",
            ),
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → ids.roll(-back)"),
        ],
    ),
    Misconception(
        "the present byte left out",
        "The nearest of your bytes lies one place back. The model has read the byte of the present place; so has its "
        "rival.",
        [
            edited(last_bytes, "range(k) → range(1, k + 1)"),
            edited(last_bytes, "range(k) → range(1, k)"),
            edited(last_bytes, "range(k) → range(k, 0, -1)"),
        ],
    ),
    Misconception(
        "the oldest byte first",
        "You put the oldest byte into the first column. Column j is the byte j places back: the present one comes "
        "first.",
        [
            edited(last_bytes, "range(k) → reversed(range(k))"),
            edited(last_bytes, "range(k) → reversed(range(k))", "value=-1 → value=0"),
            _in_reading_order,
        ],
    ),
    Misconception(
        "the last place first",
        "Your first row belongs to the last place of the text. What is to be turned round is the order of the "
        "columns, if anything.",
        [
            edited(last_bytes, "dim=1) → dim=1).flip(0)"),
            edited(last_bytes, "range(k) → reversed(range(k))", "dim=1) → dim=1).flip(0)"),
        ],
    ),
    Misconception(
        "as many places as columns",
        "You cut each column to k places. Every byte of the text has a row.",
        edited(last_bytes, "[: len(ids)] → [:k]"),
        where=lambda ids, k: len(ids) > k,
    ),
    Misconception(
        "a 0 taken for no byte",
        "You put −1 wherever a 0 stands. 0 is a byte, too: which ones are missing, their places tell.",
        edited(last_bytes, "F.pad(ids, → F.pad(ids.masked_fill(ids == 0, -1),"),
    ),
    Misconception(
        "zeros before the text",
        "You put 0 where there was no byte yet. 0 is a byte, too; −1 is none.",
        [
            edited(last_bytes, "value=-1 → value=0"),
            edited(last_bytes, "value=-1 → value=0", "dim=1) → dim=1).float()"),
        ],
    ),
    Misconception(
        "another number for none",
        "Another number stands where there was no byte yet. The task asks for −1, which `uint8` does not have: it "
        "makes 255 of it.",
        [edited(last_bytes, f"value=-1 → value={number}") for number in (1, 32, 128, 255, 256, -100)],
    ),
    Misconception(
        "places in columns",
        "Your result lies on its side: places in rows, (L, k).",
        [
            edited(last_bytes, "dim=1 → dim=0"),
            edited(last_bytes, "dim=1 → dim=0", "range(k) → reversed(range(k))"),
        ],
    ),
    Misconception(
        "another shape for the same row of numbers",
        "You reshape (k, L) to (L, k). That reads the numbers on in their old order, so that a row goes along the "
        "text. What you want is the same table on its side.",
        edited(last_bytes, "torch.stack(columns, dim=1) → torch.stack(columns).reshape(-1, k)"),
    ),
    Misconception(
        "the first places left out",
        "Your result has no rows for the first places, which lack some of their bytes. They have a row each, with "
        "−1 where there was none yet.",
        [
            edited(last_bytes, "dim=1) → dim=1)[k - 1 :]"),
            edited(last_bytes, "dim=1) → dim=1)[k - 1 :].flip(1)"),
        ],
    ),
    Misconception(
        "the first byte left out",
        "The byte at place 0 is missing: you put −1 wherever it belongs. Places are counted from 0, and it is "
        "there already.",
        edited(last_bytes, "F.pad(ids, → F.pad(torch.cat([torch.tensor([-1]), ids[1:]]),"),
    ),
    Misconception(
        "the end of the text in every row",
        "Every row of yours holds the end of the whole text. At each place the k bytes are those that end *there*. "
        "Is each of your rows one of its own?",
        [
            edited(last_bytes, f"torch.stack(columns, dim=1) → {end}.expand(len(ids), -1)")
            for end in ("ids[-k:].flip(0)", "ids[-k:]")
        ],
    ),
    Misconception(
        "the first byte repeated",
        "Before the text you put its first byte again. There was none: −1.",
        edited(last_bytes, "F.pad(ids, (back, 0), value=-1) → torch.cat([ids[:1].expand(back), ids])"),
    ),
    Misconception(
        "whole rows of −1",
        "The first places get −1 in all of their columns. They have bytes already: −1 stands only where there was "
        "none yet.",
        [
            edited(
                last_bytes,
                f"torch.stack(columns, dim=1) → F.pad(torch.stack(columns, dim=1)[{n} :], (0, 0, {n}, 0), value=-1)",
            )
            for n in ("k - 1", "k")
        ]
        + [
            edited(
                last_bytes,
                "torch.stack(columns, dim=1) → "
                "F.pad(torch.stack(columns, dim=1)[k - 1 :].flip(1), (0, 0, k - 1, 0), value=-1)",
            )
        ],
    ),
    Misconception(
        "columns that are not moved",
        "Each column holds the present byte of its row, apart from the −1. Column j is the text, moved j places down.",
        edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids[back:], (back, 0), value=-1)"),
    ),
    Misconception(
        "a slice that ends at −0",
        "For the present byte your slice ends at −0, which is 0: nothing is left of the text. Where does it end, "
        "counted from the front?",
        [
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids[:-back], (back, 0), value=-1)"),
            _in_place,
        ],
    ),
    Misconception(
        "a slice that begins below 0",
        "For the first places your slice begins below 0, and Python counts that from the end: what comes is empty. "
        "Put −1 in front of the text first, and nothing lies below 0.",
        _row_by_row,
    ),
    Misconception(
        "columns that are not cut",
        "Each column is longer than the one before. For each −1 in front, a byte at the end is too many.",
        edited(last_bytes, "[: len(ids)] → "),
    ),
    Misconception(
        "columns without their −1",
        "Each column is shorter than the one before. Where a byte was not there yet, −1 takes its place.",
        edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → ids[: len(ids) - back]"),
    ),
    Misconception(
        "the text in every column",
        "Each of your columns is the text as it was, and none is moved. Column j is the text moved j places down: "
        "what stands in front of it then, and which end is cut off?",
        edited(last_bytes, "[: len(ids)] → [back:]"),
    ),
    Misconception(
        "moves that add up",
        "You move a column that has been moved already, and each time by more: the columns lie 0, 1, 3, … "
        "places back. Column j lies j places back in all.",
        edited(last_bytes, "(back, 0) → (back * (back + 1) // 2, 0)"),
        where=lambda ids, k: k > 2,
    ),
    Misconception(
        "one move for all columns",
        "You move every column but the first by one place, so that they are all alike. Column j lies j places back.",
        edited(last_bytes, "(back, 0) → (min(back, 1), 0)"),
        where=lambda ids, k: k > 2,
    ),
    Misconception(
        "the last move in every column",
        "Your columns are all alike, each as far back as the last one, or farther. A tensor that is moved on in "
        "place is the same one in every column that holds it: each needs numbers of its own.",
        [edited(last_bytes, f"(back, 0) → ({moves}, 0)") for moves in ("k - 1", "k")],
    ),
    Misconception(
        "a byte too few",
        "You take k − 1 bytes. The present one is among the k, so k − 1 come before it.",
        edited(last_bytes, "range(k) → range(k - 1)"),
    ),
    Misconception(
        "a byte too many",
        "You take k + 1 bytes: the present one and k before it. The present one is among the k.",
        edited(last_bytes, "range(k) → range(k + 1)"),
    ),
    Misconception(
        "a first row that begins with what is missing",
        "In the first rows your −1 stand in front. A byte that is missing would lie farther back than all that are "
        "there: in which columns do those belong?",
        _filled_in_front,
    ),
]
SHORT = Misconception(
    "more −1 than places",
    "Where you go back by more bytes than the text has, you put more −1 in front of a column than the text has places. "
    "How long is each column to be?",
    [
        edited(last_bytes, f"F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad({cut}, (back, 0), value=-1)")
        for cut in ("ids[: len(ids) - back]", "ids[: -back or None]")
    ],
)

BELOW = Misconception(
    "a slice that ends below 0",
    "Where you go back by more bytes than the text has, L − j falls below 0. A slice that ends there counts from the "
    "end, as −1 does, and brings bytes for a column that has no place for them.",
    _below_0,
)

CAPPED = Misconception(
    "no more columns than bytes",
    "Where the text has fewer than k bytes, you give fewer than k columns. There are always k; what stands where no "
    "byte was?",
    edited(last_bytes, "range(k) → range(min(k, len(ids)))"),
)


def _where_the_text_is_long(known: Misconception) -> Misconception:
    """The mistake in texts of k bytes or more: what comes of it in a shorter one, or which error, is left open."""
    return replace(known, where=lambda ids, k: len(ids) >= k and known.where(ids=ids, k=k))


LAST_BYTES = Exercise(
    id="14.last_bytes",
    title="A rival that looks at the last bytes",
    reference=last_bytes,
    cases=_bytes_cases,
    example={"ids": torch.tensor([104, 101, 108, 108, 111]), "k": 3},
    axes=("place", "bytes back"),
    misconceptions=[*map(_where_the_text_is_long, MISCONCEPTIONS), SHORT, BELOW, CAPPED],
)
