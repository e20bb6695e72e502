"""Exercise 1: fixed_copying."""

import torch
from torch import Tensor

from ....checking.edits import ARROW, edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import (
    DRAWN_ID,
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


def fixed_copying(data: Tensor, length: int, n_symbols: int) -> Tensor:
    """Symbols, noise, and a recall for each symbol: (B, L)."""
    batch, n_data = data.shape
    tokens = torch.full((batch, length), n_symbols)  # (B, L), noise everywhere
    tokens[:, :n_data] = data
    tokens[:, length - n_data :] = n_symbols + 1
    return tokens


def _fixed(*edits: str):
    """A wrong `fixed_copying`."""
    return edited(fixed_copying, *edits)


def _by_cat(noise: str = "length - 2 * n_data", recalls: str = "n_data"):
    """The edits to a `fixed_copying` that puts three pieces together, of these lengths."""
    return (
        "    tokens[:, :n_data] = data\n → ",
        "    tokens[:, length - n_data :] = n_symbols + 1\n → ",
        f"return tokens → noise = torch.full((batch, {noise}), n_symbols)\n"
        f"    recalls = torch.full((batch, {recalls}), n_symbols + 1)\n"
        "    return torch.cat([data, noise, recalls], dim=1)",
    )


FROM_THE_END = (), ("length - n_data : → -n_data:",)
NOISE, RECALL = "length), n_symbols) → length), {})", "= n_symbols + 1 → = {}"


def _ids(noise: str, recall: str):
    """A wrong `fixed_copying` with other ids."""
    edits = (NOISE.format(noise), RECALL.format(recall))
    return _fixed(*(edit for edit in edits if edit.split(ARROW)[0] != edit.split(ARROW)[1]))


def _has_noise(data: Tensor, length: int, n_symbols: int) -> bool:
    """Whether there is noise between the symbols and the recalls, of which a mistake may leave one too few."""
    return length > 2 * data.shape[1]


def _fixed_cases(draw: Draw) -> dict:
    n_data, n_symbols = draw.size(2, 5), draw.size(3, 8)
    data = draw.integers(0, n_symbols - 1, draw.size(1, 4), n_data)  # (B, K)
    return {"data": data, "length": 2 * n_data + draw.size(0, 9), "n_symbols": n_symbols}


FIXED_COPYING = Exercise(
    id="12.fixed_copying",
    title="Fixed copying",
    reference=fixed_copying,
    cases=_fixed_cases,
    axes=("row", "token"),
    example={"data": torch.tensor([[2, 0], [1, 3]]), "length": 7, "n_symbols": 4},
    misconceptions=[
        Misconception(
            "one column of recalls",
            "`[:, -K]` is a single column. The last K columns are a slice: `[:, -K:]`.",
            _fixed("[:, length - n_data :] → [:, length - n_data]"),
        ),
        Misconception(
            "recalls that are numbered",
            "Each of your recalls has an id of its own. Recalls look alike: what comes next, the model must know by "
            "itself.",
            [
                _fixed("= n_symbols + 1 → = n_symbols + 1 + torch.arange(n_data)"),
                _fixed("= n_symbols + 1 → = n_symbols + torch.arange(n_data)"),
            ],
        ),
        Misconception(
            "one recall for all symbols",
            "Only the last token asks. But a model says one symbol a token: for K symbols there are K recalls.",
            [
                _fixed("[:, length - n_data :] → [:, -1:]"),
                _fixed("(batch, length) → (batch, length - n_data + 1)", "[:, length - n_data :] → [:, -1:]"),
            ],
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
                _fixed("torch.full((batch, length), n_symbols) → torch.randint(n_symbols, (batch, length))"),
                _fixed(
                    "    tokens[:, :n_data] →     drawn = torch.randint(n_symbols, (batch, length - 2 * n_data))\n"
                    "    tokens[:, n_data:-n_data] = drawn\n    tokens[:, :n_data]"
                ),
            ],
        ),
        Misconception(
            *EMPTY_PLACE,
            _fixed("    tokens[:, length →     tokens[tokens == 0] = n_symbols\n    tokens[:, length"),
        ),
        Misconception(
            "ids that begin one too late",
            "Your ids for noise and recall are one too high, and n_symbols itself is used by nobody. The symbols are "
            "0 … n_symbols − 1: which id is the first free one?",
            _ids("n_symbols + 1", "n_symbols + 2"),
        ),
        Misconception(
            "one id for noise and recall",
            "Behind the symbols, all your tokens have one id, so a model cannot see when it is asked. Noise is the id "
            "after the last symbol, recall the one after that.",
            [_ids("n_symbols", "n_symbols"), _ids("n_symbols + 1", "n_symbols + 1")],
        ),
        Misconception(
            "the answer in the question",
            "At the end you wrote the symbols themselves. Then nothing has to be remembered. The symbols are the "
            "targets; what the model reads there is the recall.",
            [
                _fixed("= n_symbols + 1 → = data"),
                _fixed("    tokens[:, :n_data] = data\n → ", "= n_symbols + 1 → = data"),
            ],
        ),
        Misconception(
            "symbols one place too late",
            "Your symbols begin at the second token: places are counted from 0.",
            _fixed("[:, :n_data] → [:, 1 : n_data + 1]"),
            where=_has_noise,
        ),
        Misconception(
            "noise that begins one token late",
            "Your noise begins one token too late, and something else stands right behind the symbols. The last symbol "
            "has the place K − 1, counted from 0.",
            [
                _fixed("    tokens[:, length →     tokens[:, n_data] = " + other + "\n    tokens[:, length")
                for other in ("data[:, -1]", "n_symbols + 1", "0")
            ],
            where=_has_noise,
        ),
        Misconception(
            "symbols in front of the recalls",
            "Your symbols stand right before the recalls. Symbols come first, and the noise lies between.",
            _fixed("[:, :n_data] → [:, length - 2 * n_data : length - n_data]"),
        ),
        Misconception(
            "recalls right behind the symbols",
            "Your recalls follow at once upon the symbols, so a model hardly has to remember. The noise belongs "
            "between them.",
            _fixed("[:, length - n_data :] → [:, n_data : 2 * n_data]"),
        ),
        Misconception(
            "a row turned round",
            "Your recalls stand at the start and the symbols at the end. The symbols come first, the questions last.",
            _fixed("[:, :n_data] = data → [:, :n_data] = n_symbols + 1", ":] = n_symbols + 1 → :] = data"),
        ),
        Misconception(
            "one recall too few",
            "Your row has a recall less than it has symbols. The last K tokens begin at −K, or at L − K, and end with "
            "the row.",
            [
                _fixed("length - n_data : → length - n_data + 1 :"),
                _fixed("length - n_data : → length - n_data : -1"),
            ],
        ),
        Misconception(
            "recalls one token too early",
            "Your recalls end before the last token, which is noise. The last K tokens begin at −K, or at L − K, and "
            "end with the row.",
            _fixed("length - n_data : → length - n_data - 1 : -1"),
            where=_has_noise,
        ),
        Misconception(
            "more recalls than symbols",
            "Your row has more recalls than symbols, in the place of noise. Each recall asks for one symbol.",
            [
                _fixed(f"[:, length - n_data :] → [:, {first} :]")
                for first in ("length - n_data - 1", "length - 2 * n_data", "length // 2")
            ],
            where=_has_noise,
        ),
        Misconception(
            "a row that is not L long",
            "Your row is not L tokens long. L counts all of them, symbols and recalls too. How much is left for the "
            "noise?",
            [
                *(
                    _fixed(f"(batch, length) → (batch, length {more})", "length - n_data : → -n_data:")
                    for more in ("+ 2 * n_data", "+ n_data", "+ 1", "- 1")
                ),
                *(_fixed("torch.full((batch, length), → torch.full_like(data,", *more) for more in FROM_THE_END),
                *(_fixed(f"(batch, length) → (batch, {times} * n_data)", *FROM_THE_END[1]) for times in (2, 3)),
            ],
            where=_has_noise,
        ),
        Misconception(
            *ONE_ROW,
            [_fixed("] = data → ] = data[0]"), _fixed("] = data → ] = data[-1]")],
        ),
        Misconception(
            "rows in the place of columns",
            "`tokens[:K]` are the first K rows, `tokens[-K:]` the last ones. The first axis counts rows; tokens lie "
            "along the second one.",
            [_fixed("[:, length - n_data :] → [-n_data:]"), _fixed("[:, :n_data] = data → [:n_data] = data")],
        ),
        Misconception(
            *ROWS_COUNTED,
            [
                _fixed("[:, length - n_data :] → [:, -batch:]"),
                _fixed("batch, n_data = data.shape → batch = n_data = len(data)"),
                _fixed("batch, n_data = data.shape → batch = n_data = len(data)", *_by_cat()),
            ],
        ),
        Misconception(
            *KINDS_COUNTED,
            [
                *(_fixed(f"length - n_data : → {first}:") for first in ("-n_symbols", "length - n_symbols ")),
                *(
                    _fixed(*_by_cat(noise, "n_symbols"))
                    for noise in ("length - 2 * n_symbols", "length - n_data - n_symbols", "length - 2 * n_data")
                ),
            ],
        ),
        Misconception(
            *THREE_COUNTED,
            [
                _fixed("batch, n_data = data.shape → batch, n_data = len(data), 3"),
                _fixed("batch, n_data = data.shape → batch, n_data = len(data), 3", "] = data → ] = data[:, :3]"),
                _fixed("batch, n_data = data.shape → batch, n_data = len(data), 3", *_by_cat()),
                _fixed("length - n_data : → -3:"),
                *(_fixed(*_by_cat(noise, "3")) for noise in ("length - 2 * n_data", "length - n_data - 3")),
            ],
        ),
        Misconception(
            *ONE_SYMBOL_MISSING,
            [_fixed(f"[:, :n_data] = data → [:, {some}] = data[:, {some}]") for some in (":n_data - 1", "1:n_data")],
        ),
        Misconception(
            *MINUS_ZERO,
            _fixed("[:, length - n_data :] → [:, [-k for k in range(n_data)]]"),
        ),
        Misconception(
            *SHAPE_EXCHANGED,
            [_fixed("batch, n_data = → n_data, batch =", *more) for more in ((), _by_cat())],
        ),
        Misconception(
            *DRAWN_ID,
            _ids("int(data.max()) + 1", "int(data.max()) + 2"),
        ),
        Misconception(
            *OTHER_ID,
            [*(_ids(*ids) for ids in OTHER_IDS), _fixed("= n_symbols + 1 → += n_symbols + 1")],
        ),
    ],
)
