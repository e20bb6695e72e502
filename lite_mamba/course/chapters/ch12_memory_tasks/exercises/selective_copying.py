"""Exercise 2: selective_copying."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import (
    EMPTY_PLACE,
    IDS_WITH_A_SYMBOL,
    KINDS_COUNTED,
    MINUS_ZERO,
    NOISE_THAT_IS_A_SYMBOL,
    ONE_ROW,
    ONE_SYMBOL_MISSING,
    OTHER_ID,
    OTHER_IDS,
    ROWS_COUNTED,
    SHAPE_EXCHANGED,
    THREE_COUNTED,
)


def selective_copying(data: Tensor, u: Tensor, n_symbols: int) -> Tensor:
    """Symbols at the places with the largest u, in their order, noise between, recalls at the end: (B, L)."""
    batch, n_data = data.shape
    places = u.topk(n_data, dim=1).indices.sort(dim=1).values  # (B, K)
    tokens = torch.full((batch, u.shape[1] + n_data), n_symbols)  # (B, L), noise everywhere
    tokens[:, u.shape[1] :] = n_symbols + 1
    return tokens.scatter(1, places, data)


def _places(formula: str):
    """A wrong `selective_copying`: other places."""
    return edited(selective_copying, f"u.topk(n_data, dim=1).indices.sort(dim=1).values → {formula}")


def _ids(noise: str, recall: str):
    """A wrong `selective_copying`: other ids."""
    return edited(
        selective_copying,
        "    tokens[:, u.shape[1] :] = n_symbols + 1\n → "
        f"    tokens[tokens == n_symbols] = {noise}\n    tokens[:, u.shape[1] :] = {recall}\n",
    )


def _recalls_last(columns: str):
    """A wrong `selective_copying`: the recalls are written over the symbols, into other columns."""
    return edited(
        selective_copying,
        "    tokens[:, u.shape[1] :] = n_symbols + 1\n → ",
        "return tokens.scatter(1, places, data) → tokens = tokens.scatter(1, places, data)\n"
        f"    tokens[:, {columns}] = n_symbols + 1\n    return tokens",
    )


MINUS_K = "[-k for k in range(n_data)]"
OTHERWISE = (
    "    for b in range(batch):\n        tokens[b, : u.shape[1]][taken[b]] = data[b]\n    return tokens",
    "    tokens[:, : u.shape[1]].masked_scatter_(taken, data)\n    return tokens",
)
TAKEN = "    tokens[:, : u.shape[1]][taken] = data.flatten()\n    return tokens"


def _scatter(formula: str):
    """A wrong `selective_copying`: the symbols are put down in another way."""
    return edited(selective_copying, f"return tokens.scatter(1, places, data) → {formula}")


def _selective_cases(draw: Draw) -> dict:
    n_data, n_symbols, batch = draw.size(2, 5), draw.size(3, 8), draw.size(1, 4)
    places = n_data + draw.size(0, 9)
    u = torch.stack([torch.randperm(places, generator=draw.generator) for _ in range(batch)]) / places  # (B, L - K)
    u = u ** draw.uniform(0.3, 3.0, batch)[:, None]  # no number is large in every row
    return {"data": draw.integers(0, n_symbols - 1, batch, n_data), "u": u, "n_symbols": n_symbols}


SELECTIVE_COPYING = Exercise(
    id="12.selective_copying",
    title="Selective copying",
    reference=selective_copying,
    cases=_selective_cases,
    axes=("row", "token"),
    example={
        "data": torch.tensor([[2, 0], [1, 3]]),
        "u": torch.tensor([[0.1, 0.7, 0.2, 0.9, 0.3], [0.8, 0.0, 0.5, 0.1, 0.6]]),
        "n_symbols": 4,
    },
    misconceptions=[
        Misconception(
            "symbols in the order of u",
            "The places are right, but the symbols have changed their order: `topk` names the place of the largest u "
            "first, and `argsort` last. From left to right, those of row b must be data[b, 0], data[b, 1], …",
            [_places("u.topk(n_data, dim=1).indices"), _places("u.argsort(dim=1)[:, -n_data:]")],
        ),
        Misconception(
            "an order that nobody promises",
            "The places are right, but the symbols have changed their order. `topk` with `sorted=False` promises none: "
            "neither that of u, nor that from left to right.",
            _places("u.topk(n_data, dim=1, sorted=False).indices"),
        ),
        Misconception(
            "a row that is shuffled",
            "You shuffle symbols and noise together, by the order of u, and the symbols lose theirs. Only the places "
            "are random: from left to right, the symbols of row b must be data[b, 0], data[b, 1], …",
            [
                edited(
                    selective_copying,
                    "return tokens.scatter(1, places, data) → "
                    f"row = tokens[:, : u.shape[1]].index_copy(1, torch.arange({first}, {first} + n_data), data)\n"
                    f"    row = row.gather(1, u.argsort(dim=1{more}))\n"
                    "    return torch.cat([row, tokens[:, u.shape[1] :]], dim=1)",
                )
                for first, more in (("0", ""), ("0", ", descending=True"), ("u.shape[1] - n_data", ""))
            ],
        ),
        Misconception(
            "symbols from right to left",
            "Your symbols run from right to left. From left to right, those of row b must be data[b, 0], data[b, 1], …",
            _places("u.topk(n_data, dim=1).indices.sort(dim=1, descending=True).values"),
        ),
        Misconception(
            "argsort taken for ranks",
            "`argsort` names a place for each rank. You read it as a rank for each place: that takes one more step.",
            [
                _scatter(f"taken = {taken}\n" + TAKEN)
                for taken in ("u.argsort(dim=1) >= u.shape[1] - n_data", "u.argsort(dim=1, descending=True) < n_data")
            ],
        ),
        Misconception(
            "symbols counted from 1",
            "You number the symbols of a row from 1 on, and data from 0 on: the first one is left out.",
            _scatter(
                "taken = torch.zeros(u.shape, dtype=torch.bool).scatter(1, places, True)\n"
                "    which = taken.cumsum(1).clamp(max=n_data - 1)\n"
                "    return torch.cat([data.gather(1, which).where(taken, n_symbols), tokens[:, u.shape[1] :]], dim=1)"
            ),
        ),
        Misconception(
            *EMPTY_PLACE,
            _scatter(
                "tokens = tokens.scatter(1, places, data)\n    tokens[tokens == 0] = n_symbols\n    return tokens"
            ),
        ),
        Misconception(
            "one symbol at all places",
            "You write one and the same symbol at all places of a row. Each place gets the next one.",
            [_scatter(f"return tokens.scatter(1, places, data[:, {k}, None].expand_as(data))") for k in (0, -1)],
        ),
        Misconception(
            "symbols added to noise",
            "You add a symbol to the noise at its place. It stands there *instead*.",
            _scatter("return tokens.scatter_add(1, places, data)"),
        ),
        Misconception(
            "the smallest numbers",
            "You took the places with the smallest u. For random numbers it makes no difference, but the exercise "
            "says: the largest.",
            [
                _places("u.topk(n_data, dim=1, largest=False).indices.sort(dim=1).values"),
                _places("u.argsort(dim=1)[:, :n_data]"),
            ],
        ),
        Misconception(
            "the same places in every row",
            "Every row has its symbols at the same places. Each row has its own u.",
            [
                _places("u[:1].topk(n_data, dim=1).indices.sort(dim=1).values.expand_as(data)"),
                _places("u[-1:].topk(n_data, dim=1).indices.sort(dim=1).values.expand_as(data)"),
                _places("u.mean(0, keepdim=True).topk(n_data, dim=1).indices.sort(dim=1).values.expand_as(data)"),
            ],
        ),
        Misconception(
            "the places of all rows in every row",
            "`tokens[:, …]` writes into all rows, so that the places of one row get symbols in all. Row b may get "
            "places[b] only: scatter or gather goes row by row.",
            [
                _scatter("tokens[:, places] = data\n    return tokens"),
                _scatter("for b in range(batch):\n        tokens[:, places[b]] = data\n    return tokens"),
            ],
        ),
        Misconception(
            "places taken for rows",
            "Your places count rows: `scatter` writes along the axis that its first number names, and `tokens[…]` "
            "begins with rows. They are places among the tokens of their row.",
            [
                edited(selective_copying, "scatter(1, → scatter(0,"),
                _scatter("tokens[places] = data\n    return tokens"),
            ],
        ),
        Misconception(
            "symbols that stay at the start",
            "Your symbols stand at the first K places, as in fixed copying. If you sort: its `indices` say where a "
            "value stood before, its `values` are what was sorted.",
            [
                _places("torch.arange(n_data).expand_as(data)"),
                _places("u.topk(n_data, dim=1).indices.sort(dim=1).indices"),
                _places("u.argsort(dim=1)[:, -n_data:].sort(dim=1).indices"),
                _places("u.topk(n_data, dim=1).values.sort(dim=1).indices"),
            ],
        ),
        Misconception(
            "each symbol one place too late",
            "You put each symbol one place behind the one that u names: places are counted from 0.",
            [
                _places("(u.topk(n_data, dim=1).indices.sort(dim=1).values + 1)"),
                edited(
                    selective_copying,
                    "    tokens[:, u.shape[1] :] = n_symbols + 1\n → ",
                    "return tokens.scatter(1, places, data) → tokens = tokens.scatter(1, places + 1, data)\n"
                    "    tokens[:, u.shape[1] :] = n_symbols + 1\n    return tokens",
                ),
            ],
        ),
        Misconception(
            "no recalls",
            "Nothing asks for the symbols. At the end there are K recalls, with the id n_symbols + 1.",
            edited(selective_copying, "    tokens[:, u.shape[1] :] = n_symbols + 1\n → "),
        ),
        Misconception(
            "one column of recalls",
            "`[:, -K]` is a single column. The last K columns are a slice: `[:, -K:]`.",
            edited(selective_copying, "[:, u.shape[1] :] → [:, u.shape[1]]"),
        ),
        Misconception(
            *ROWS_COUNTED,
            [
                _places("u.topk(batch, dim=1).indices.sort(dim=1).values"),
                edited(selective_copying, "[:, u.shape[1] :] → [:, -batch:]"),
                edited(selective_copying, "topk(n_data → topk(batch", "[:, u.shape[1] :] → [:, -batch:]"),
                edited(selective_copying, "batch, n_data = data.shape → batch = n_data = len(data)"),
            ],
        ),
        Misconception(
            *KINDS_COUNTED,
            [
                edited(selective_copying, "[:, u.shape[1] :] → [:, -n_symbols:]"),
                _recalls_last("-n_symbols:"),
                edited(selective_copying, "u.shape[1] + n_data → u.shape[1] + n_symbols"),
                _places("u.topk(n_symbols, dim=1).indices.sort(dim=1).values"),
            ],
        ),
        Misconception(
            *MINUS_ZERO,
            [
                edited(selective_copying, f"[:, u.shape[1] :] → [:, {MINUS_K}]"),
                _recalls_last(MINUS_K),
            ],
        ),
        Misconception(
            *SHAPE_EXCHANGED,
            edited(selective_copying, "batch, n_data = → n_data, batch ="),
        ),
        Misconception(
            "more recalls than symbols",
            "You write more recalls than there are symbols. Each recall asks for one symbol.",
            [
                edit
                for first in ("u.shape[1] - 1", "u.shape[1] - n_data", "n_data")
                for edit in (
                    edited(selective_copying, f"[:, u.shape[1] :] → [:, {first} :]"),
                    _recalls_last(f"{first} :"),
                )
            ],
        ),
        Misconception(
            "one recall too few",
            "Your row has a recall less than it has symbols. The last K tokens begin at −K and end with the row.",
            [
                edited(selective_copying, f"[:, u.shape[1] :] → [:, {recalls}]")
                for recalls in ("u.shape[1] + 1 :", "u.shape[1] : -1")
            ],
        ),
        Misconception(
            "rows in the place of columns",
            "`tokens[-K:]` are the last K rows. The first axis counts rows; a recall is a token, and they lie along "
            "the second one.",
            edited(selective_copying, "[:, u.shape[1] :] → [-n_data:]"),
        ),
        Misconception(
            "one recall for all symbols",
            "Only the last token asks. For K symbols there are K recalls.",
            [
                edited(selective_copying, "[:, u.shape[1] :] → [:, -1:]"),
                edited(selective_copying, "u.shape[1] + n_data → u.shape[1] + 1"),
            ],
        ),
        Misconception(
            "one id for noise and recall",
            "Your noise has the id of a recall, so a model cannot see when it is asked. Noise is the id after the last "
            "symbol, recall the one after that.",
            _ids("n_symbols + 1", "n_symbols + 1"),
        ),
        Misconception(
            "the largest numbers of all rows",
            "You take the largest numbers of all rows together. Each row has its own K largest ones.",
            _scatter(
                "rows = tokens[:, : u.shape[1]].flatten()\n"
                "    rows[u.flatten().topk(data.numel()).indices.sort().values] = data.flatten()\n"
                "    return torch.cat([rows.view(u.shape), tokens[:, u.shape[1] :]], dim=1)"
            ),
        ),
        Misconception(
            "numbers above a bound",
            "You take numbers above a bound, and they need not be K. The places of a row are its K largest numbers, "
            "however large they are.",
            [
                *(
                    _scatter(
                        "for b in range(batch):\n"
                        f"        above = (u[b] > {bound}).nonzero()[:n_data, 0]\n"
                        "        tokens[b, above] = data[b, : len(above)]\n"
                        "    return tokens"
                    )
                    for bound in ("0.5", "1 - n_data / u.shape[1]", "u[b].mean()")
                ),
                *(_scatter("taken = u > 0.5\n" + put) for put in (TAKEN, *OTHERWISE)),
            ],
        ),
        Misconception(
            "no symbols",
            "Your rows have noise and recalls, and no symbols. Are they written into what you return, and in front of "
            "the recalls? `scatter` gives a new tensor and leaves the old one as it is.",
            _scatter("return tokens"),
        ),
        Misconception(
            "a row as long as u",
            "Your row is as long as u. u has a number for each token *in front of* the recalls: they come behind it.",
            [
                edited(selective_copying, "u.shape[1] + n_data → u.shape[1]"),
                edited(selective_copying, "u.shape[1] + n_data → u.shape[1]", "[:, u.shape[1] :] → [:, -n_data:]"),
                edited(
                    selective_copying,
                    "u.shape[1] + n_data → u.shape[1]",
                    "    tokens[:, u.shape[1] :] = n_symbols + 1\n → ",
                    "return tokens.scatter(1, places, data) → tokens = tokens.scatter(1, places, data)\n"
                    "    tokens[:, -n_data:] = n_symbols + 1\n    return tokens",
                ),
            ],
        ),
        Misconception(
            "places that are read",
            "`gather` reads what stands at the places: noise. The symbols are to be written there.",
            _scatter("return tokens.gather(1, places)"),
        ),
        Misconception(
            "the largest of a column",
            "You compare the numbers of one column, across the rows. Each row has its own K largest ones: along which "
            "axis do its tokens lie?",
            [
                _places("u.topk(n_data, dim=0).indices.sort(dim=1).values"),
                _places("u.argsort(dim=0)[:, -n_data:].sort(dim=1).values"),
                _places("u.argsort(dim=0, descending=True)[:, :n_data].sort(dim=1).values"),
            ],
        ),
        Misconception(
            "places sorted down the rows",
            "You sort along the batch, and places move from one row into another. The places of a row are sorted among "
            "themselves: along which axis do they lie?",
            [
                _places(f"{places}.sort(dim=0).values")
                for places in ("u.topk(n_data, dim=1).indices", "u.argsort(dim=1)[:, -n_data:]")
            ],
        ),
        Misconception(
            "random numbers taken for places",
            "You make places of the numbers in u themselves. They are drawn only to be compared: *where* the largest "
            "ones stand are the places.",
            [
                _places("(u.topk(n_data, dim=1).values * u.shape[1]).long().sort(dim=1).values"),
                _places("u.topk(n_data, dim=1).values.long()"),
                _places("u.topk(n_data, dim=1).values"),
                *(_places(f"(u[:, :n_data] * u.shape[1]).long(){more}") for more in ("", ".sort(dim=1).values")),
            ],
        ),
        Misconception(
            "row numbers without their axis",
            "Your row numbers lie along the axis of the places. Beside places (B, K) they need an axis of their own, "
            "(B, 1): then each row goes with all its places.",
            _scatter("tokens[torch.arange(batch), places] = data\n    return tokens"),
        ),
        Misconception(
            "places and symbols exchanged",
            "You write the places, and take the symbols for places. `scatter` is told first where to write, then what.",
            _scatter("return tokens.scatter(1, data, places)"),
        ),
        Misconception(
            *THREE_COUNTED,
            [
                edited(selective_copying, "batch, n_data = data.shape → batch, n_data = len(data), 3"),
                edited(selective_copying, "[:, u.shape[1] :] → [:, -3:]"),
                edited(selective_copying, "u.shape[1] + n_data → u.shape[1] + 3"),
                _places("u.topk(3, dim=1).indices.sort(dim=1).values"),
            ],
        ),
        Misconception(
            *ONE_ROW,
            [_scatter(f"return tokens.scatter(1, places, data[{row}].expand_as(data))") for row in ("0", "-1")],
        ),
        Misconception(
            *ONE_SYMBOL_MISSING,
            [
                _places("u.topk(n_data - 1, dim=1).indices.sort(dim=1).values"),
                *(_scatter(f"return tokens.scatter(1, places[:, {some}], data[:, {some}])") for some in (":-1", "1:")),
                *(_scatter("taken = u > u.topk(n_data, dim=1).values[:, -1:]\n" + put) for put in (TAKEN, *OTHERWISE)),
            ],
        ),
        Misconception(
            "recalls that are numbered",
            "Each of your recalls has an id of its own. Recalls look alike: what comes next, the model must know by "
            "itself.",
            edited(selective_copying, "= n_symbols + 1 → = n_symbols + 1 + torch.arange(n_data)"),
        ),
        Misconception(
            *OTHER_ID,
            [_ids(*ids) for ids in (*OTHER_IDS, ("n_symbols + 1", "n_symbols + 2"))],
        ),
        Misconception(
            "recalls at the start",
            "You write the recalls at the start. A question comes after what it asks for: at the end of the row.",
            [
                *(
                    edited(selective_copying, *places, "[:, u.shape[1] :] → [:, :n_data]")
                    for places in ((), ("indices.sort(dim=1).values → indices.sort(dim=1).values + n_data",))
                ),
                _recalls_last(":n_data"),
            ],
        ),
        Misconception(
            "sorted symbols",
            "You sorted the symbols. Their order is what has to be remembered; sort the places.",
            [
                _scatter("return tokens.scatter(1, places, data.sort(dim=1).values)"),
                _scatter("return tokens.scatter(1, u.topk(n_data, dim=1).indices, data.sort(dim=1).values)"),
            ],
        ),
        Misconception(
            "the answer in the question",
            "At the end you wrote the symbols themselves. Then nothing has to be remembered. The symbols are the "
            "targets; what the model reads there is the recall.",
            edited(selective_copying, "= n_symbols + 1 → = data"),
        ),
        Misconception(
            "swapped ids",
            "Noise and recall have changed places. Noise is the id after the last symbol, recall the one after that.",
            _ids("n_symbols + 1", "n_symbols"),
        ),
        Misconception(
            *NOISE_THAT_IS_A_SYMBOL,
            [
                *(_ids(*ids) for ids in IDS_WITH_A_SYMBOL),
                edited(
                    selective_copying,
                    "torch.full((batch, u.shape[1] + n_data), n_symbols) → "
                    "torch.randint(n_symbols, (batch, u.shape[1] + n_data))",
                ),
                _scatter(
                    "tokens[:, : u.shape[1]] = torch.randint(n_symbols, u.shape)\n"
                    "    return tokens.scatter(1, places, data)"
                ),
            ],
        ),
    ],
)
