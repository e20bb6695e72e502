"""Exercise 4: induction_heads."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import DRAWN_ID


def induction_heads(symbols: Tensor, place: Tensor, n_symbols: int) -> tuple[Tensor, Tensor]:
    """A cue among the symbols and once more at the end, (B, L); the symbol behind the first cue, (B, 1)."""
    tokens = symbols.scatter(1, place, n_symbols)  # (B, L)
    tokens[:, -1] = n_symbols
    return tokens, symbols.gather(1, place + 1)


def _task(*edits: str):
    """A wrong `induction_heads`."""
    return edited(induction_heads, *edits)


def _cues(first: str, second: str):
    """A wrong `induction_heads`: cues with other ids."""
    return _task(FIRST_CUE.format(f"symbols.scatter(1, place, {first})"), f"-1] = n_symbols → -1] = {second}")


def _target(formula: str):
    """A wrong `induction_heads`: another target."""
    return _task(TARGET.format(formula))


FIRST_CUE, TARGET = "symbols.scatter(1, place, n_symbols) → {}", "symbols.gather(1, place + 1) → {}"
CUES_IN_ROWS = "symbols.scatter(0, place, n_symbols)", "symbols.clone()\n    tokens[place] = n_symbols"
ALL_PLACES = FIRST_CUE.format("symbols.clone()\n    tokens[:, place] = n_symbols")
OF_ONE_ROW = [  # the edits of cue and target, with the place of the first row or of the last
    (
        FIRST_CUE.format(f"symbols.scatter(1, place[{row}].expand_as(place), n_symbols)"),
        TARGET.format(f"symbols.gather(1, place[{row}].expand_as(place) + 1)"),
    )
    for row in (":1", "-1:")
]
OF_ALL_PLACES = [
    f"{of}[{places} + 1]"
    for of in ("symbols", "tokens")
    for places in (":, place", ":, place[:, 0]", "torch.arange(len(symbols)), place")
]
ADDED_CUE = FIRST_CUE.format("symbols.scatter_add(1, place, torch.full_like(place, n_symbols))")
APPENDED = (
    "    tokens[:, -1] = n_symbols\n → ",
    "return tokens, → return torch.nn.functional.pad(tokens, (0, 1), value=n_symbols),",
)
BEHIND_THE_CUE = "tokens.gather(1, place + 1)"
PUSHED = (
    "torch.stack([torch.cat([row[:p], torch.tensor([n_symbols]), row[p:-1]]) "
    "for row, p in zip(symbols, place[:, 0].tolist(), strict=True)])"
)
PUSHED_OUT = PUSHED.replace("row[p:-1]", "row[p:]")


def _has_a_token_before(symbols: Tensor, place: Tensor, n_symbols: int) -> bool:
    """Whether something stands in front of each first cue: −1 is an error for some, for others the last token."""
    return bool(place.min() > 0)


def _heads_cases(draw: Draw) -> dict:
    length, n_symbols, batch = draw.size(6, 14), draw.size(4, 15), draw.size(1, 4)
    place = torch.stack([torch.randperm(length - 2, generator=draw.generator)[0] for _ in range(batch)])[:, None]
    return {"symbols": draw.integers(0, n_symbols - 1, batch, length), "place": place, "n_symbols": n_symbols}


INDUCTION_HEADS = Exercise(
    id="12.induction_heads",
    title="Induction heads",
    reference=induction_heads,
    cases=_heads_cases,
    axes=("row", "token"),
    items=("tokens", "targets"),
    example={
        "symbols": torch.tensor([[2, 0, 1, 3, 0, 2], [1, 3, 2, 0, 2, 1]]),
        "place": torch.tensor([[2], [1]]),
        "n_symbols": 4,
    },
    misconceptions=[
        Misconception(
            "the cue as the answer",
            "Your target is the cue itself. The cue only says where to look: the answer stands one token later.",
            _target("tokens.gather(1, place)"),
        ),
        Misconception(
            "the symbol under the cue",
            "Your target is the symbol that the cue has replaced. No model can read it any more.",
            _target("symbols.gather(1, place)"),
        ),
        Misconception(
            "the symbol in front of the cue",
            "Your target stands before the cue. When a model reads it, nothing says yet that it matters.",
            _target("symbols.gather(1, place - 1)"),
            where=_has_a_token_before,
        ),
        Misconception(
            "the next id in the place of the next token",
            "You add 1 to an id, which makes another one of it. It is the place that goes on by one.",
            [_target(f"{of}.gather(1, place) + 1") for of in ("symbols", "tokens")],
        ),
        Misconception(
            "a target shifted by one",
            "Your target stands two tokens behind the cue. It is the next one that counts.",
            [_target(f"{of}.gather(1, place + 2)") for of in ("symbols", "tokens")],
        ),
        Misconception(
            "the last symbol as the answer",
            "Your target is the last symbol, or the one before it. The answer stands one token behind the first cue.",
            [_target("symbols[:, -1:]"), _target("symbols[:, -2:-1]")],
        ),
        Misconception(
            "a question in front of the last token",
            "The second cue stands one place too early. The question is the last token of the row.",
            _task("tokens[:, -1] = → tokens[:, -2] ="),
        ),
        Misconception(
            "a cue with another id",
            "One of your cues, or both, has another id than the first free one. The symbols are 0 … n_symbols − 1, so "
            "the cue is n_symbols, both times.",
            [
                *(_cues(id, id) for id in ("n_symbols + 1", "-1")),
                _task("-1] = n_symbols → -1] = n_symbols + 1"),
                _task(FIRST_CUE.format("symbols.scatter(1, place, n_symbols + 1)")),
            ],
        ),
        Misconception(
            *DRAWN_ID,
            _cues("int(symbols.max()) + 1", "int(symbols.max()) + 1"),
        ),
        Misconception(
            "no question",
            "The cue stands in the row, but nothing asks at the end: the last token must be the cue again.",
            _task("    tokens[:, -1] = n_symbols\n → "),
        ),
        Misconception(
            "a cue at the end only",
            "The question is there, but nothing in the row says which symbol is meant: the cue belongs at `place` too.",
            _task(FIRST_CUE.format("symbols.clone()")),
        ),
        Misconception(
            "a cue that is also a symbol",
            "Your cue has the id of a symbol, so it may stand anywhere by chance. The symbols are 0 … n_symbols − 1: "
            "which id is the first free one?",
            [_cues("n_symbols - 1", "n_symbols - 1"), _cues("0", "0")],
        ),
        Misconception(
            "the places of all rows in every row",
            "For each row you take the places of *all* rows, as `[:, place]` does. Row b may get place[b] only: "
            "scatter and gather go row by row.",
            [
                _task(ALL_PLACES),
                *(_target(targets) for targets in OF_ALL_PLACES),
                *(_task(ALL_PLACES, TARGET.format(targets)) for targets in (*OF_ALL_PLACES, BEHIND_THE_CUE)),
            ],
        ),
        Misconception(
            "places taken for rows",
            "Your places count rows: `scatter` and `gather` go along the axis that their first number names, and "
            "`symbols[…]` begins with rows. They are places among the tokens of their row.",
            [
                *(_task(FIRST_CUE.format(cue)) for cue in CUES_IN_ROWS),
                *(_target(target) for target in ("symbols.gather(0, place + 1)", "symbols[place + 1]")),
            ],
        ),
        Misconception(
            "a target without its axis",
            "The values are right. But targets are (B, answers), here with one answer a row: (B, 1).",
            _target("symbols.gather(1, place + 1).squeeze(1)"),
        ),
        Misconception(
            "one place for all rows",
            "You take the place of one row in every row, for the cue or for the target. Each row has its own.",
            [_task(*edits) for cue, target in OF_ONE_ROW for edits in ((cue, target), (cue,), (target,))],
        ),
        Misconception(
            "a cue in the place of the answer",
            "Your cue stands one token behind `place`: it covers the symbol that is asked for.",
            _task(FIRST_CUE.format("symbols.scatter(1, place + 1, n_symbols)")),
        ),
        Misconception(
            "a cue that pushes the symbols",
            "You insert the cue, and the symbols behind it move by one. It belongs in the place of a symbol.",
            [
                _task(FIRST_CUE.format(PUSHED), f"symbols.gather(1, place + 1) → {PUSHED}.gather(1, place + 1)"),
                _task(FIRST_CUE.format(PUSHED)),
                _task(FIRST_CUE.format(PUSHED_OUT), TARGET.format(f"{PUSHED_OUT}.gather(1, place + 1)")),
                _task(FIRST_CUE.format(PUSHED_OUT)),
                *(
                    _task(FIRST_CUE.format(PUSHED_OUT), *APPENDED, *more)
                    for more in ((), (TARGET.format(BEHIND_THE_CUE),))
                ),
            ],
        ),
        Misconception(
            "the answer in the question",
            "You write the answer at the end. What a model reads there is the cue; the answer is what it should say.",
            [
                _task("tokens[:, -1] = n_symbols → tokens[:, -1:] = symbols.gather(1, place + 1)"),
                _task(
                    "tokens[:, -1] = n_symbols → tokens[:, -2] = n_symbols\n"
                    "    tokens[:, -1:] = symbols.gather(1, place + 1)"
                ),
                _task("return tokens, → return torch.cat([tokens, symbols.gather(1, place + 1)], dim=1),"),
            ],
        ),
        Misconception(
            "places counted from 1",
            "Your cue stands one token beside `place`, and your target one behind that: places are counted from 0.",
            [
                _task(FIRST_CUE.format(f"symbols.scatter(1, {cue}, n_symbols)"), f"(1, place + 1) → (1, {target})")
                for cue, target in (("place + 1", "place + 2"), ("place - 1", "place"))
            ],
            where=_has_a_token_before,
        ),
        Misconception(
            "the last row in the place of the last token",
            "`tokens[-1]` is the last row, with all its tokens. The first axis counts rows, the second one tokens.",
            _task("tokens[:, -1] → tokens[-1]"),
        ),
        Misconception(
            "no cue of its own",
            "You ask with a symbol of the row. The cue is an id that no symbol has, and it stands at both places.",
            [
                _task(FIRST_CUE.format("symbols.clone()"), "-1] = n_symbols → -1:] = symbols.gather(1, place)"),
                _task("-1] = n_symbols → -1:] = symbols.gather(1, place)"),
            ],
        ),
        Misconception(
            "a target for every token",
            "Your targets have a next token for each token of the row, as those of a language model. Here one answer a "
            "row is asked for: the symbol behind the first cue.",
            [_target(each) for of in ("tokens", "symbols") for each in (f"{of}.roll(-1, 1)", f"{of}[:, 1:]")],
        ),
        Misconception(
            "a cue added to a symbol",
            "You add the cue to a symbol. It stands there *instead*.",
            [
                _task(ADDED_CUE),
                _task(ADDED_CUE, "-1] = n_symbols → -1] += n_symbols"),
                _task("-1] = n_symbols → -1] += n_symbols"),
            ],
        ),
        Misconception(
            "targets of one row",
            "All your targets are read from one row, each at its own place. A target is a symbol of its own row.",
            [_target(f"{of}[{row}][place + 1]") for of in ("symbols", "tokens") for row in (0, -1)],
        ),
        Misconception(
            "two questions",
            "The last two tokens are cues. One asks, the last: the token before it is an ordinary symbol.",
            _task("tokens[:, -1] → tokens[:, -2:]"),
        ),
        Misconception(
            "the place of the answer",
            "Your target says where the answer stands. The task asks for the symbol that stands there.",
            _target("place + 1"),
            where=lambda symbols, place, n_symbols: not (place + 1 == n_symbols).any(),  # that looks like a cue
        ),
        Misconception(
            "the two results exchanged",
            "Your targets come first. First the tokens, then the targets.",
            _task("return tokens, symbols.gather(1, place + 1) → return symbols.gather(1, place + 1), tokens"),
        ),
        Misconception(
            "a cue behind the row",
            "You put the second cue behind the row, which is longer by one now. It belongs in the place of the last "
            "symbol.",
            _task(*APPENDED),
        ),
        Misconception(
            "a cue that comes later",
            "Your first cue stands right in front of the last token, in every row. Each row has it at its own `place`.",
            _task(FIRST_CUE.format("symbols.clone()\n    tokens[:, -2] = n_symbols")),
        ),
    ],
)
