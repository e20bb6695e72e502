"""Exercises of notebook 12: three memory tasks, what is left of a token, and a long sequence read in chunks."""

import torch
from torch import Tensor, nn

from lite_mamba import InferenceParams
from lite_mamba.language_model import MambaLM

from ...checking.edits import ARROW, edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: fixed_copying


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


NOISE, RECALL = "length), n_symbols) → length), {})", "= n_symbols + 1 → = {}"


def _ids(noise: str, recall: str):
    """A wrong `fixed_copying` with other ids."""
    edits = (NOISE.format(noise), RECALL.format(recall))
    return _fixed(*(edit for edit in edits if edit.split(ARROW)[0] != edit.split(ARROW)[1]))


def _fixed_cases(draw: Draw) -> dict:
    n_data, n_symbols = draw.size(2, 5), draw.size(3, 8)
    data = draw.integers(0, n_symbols - 1, draw.size(1, 4), n_data)  # (B, K)
    return {"data": data, "length": 2 * n_data + draw.size(1, 9), "n_symbols": n_symbols}


FIXED = Exercise(
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
            "Each of your recalls has an id of its own. They all look alike: what comes next, the model must know by "
            "itself.",
            [
                _fixed("= n_symbols + 1 → = n_symbols + 1 + torch.arange(n_data)"),
                _fixed("= n_symbols + 1 → = n_symbols + torch.arange(n_data)"),
            ],
        ),
        Misconception(
            "one recall for all symbols",
            "Only the last token asks. But a model says one symbol a token: for K symbols there are K recalls.",
            _fixed("[:, length - n_data :] → [:, -1:]"),
        ),
        Misconception(
            "swapped ids",
            "Noise and recall have changed places. Noise is the id after the last symbol, recall the one after that.",
            _ids("n_symbols + 1", "n_symbols"),
        ),
        Misconception(
            "noise that is also a symbol",
            "Your noise has the id of a symbol, so the two can't be told apart. The symbols are 0 … n_symbols − 1: "
            "which id is the first free one?",
            [_ids("n_symbols - 1", "n_symbols"), _ids("0", "n_symbols + 1"), _ids("0", "n_symbols"), _ids("0", "1")],
        ),
        Misconception(
            "ids that begin one too late",
            "Your ids for noise and recall are one too high, and n_symbols itself is used by nobody. The symbols are "
            "0 … n_symbols − 1: which id is the first free one?",
            _ids("n_symbols + 1", "n_symbols + 2"),
        ),
        Misconception(
            "one id for noise and recall",
            "The last K tokens look like noise, so a model cannot see when it is asked. A recall has an id of its "
            "own, the one after noise.",
            [_ids("n_symbols", "n_symbols"), _ids("n_symbols + 1", "n_symbols + 1")],
        ),
        Misconception(
            "the answer in the question",
            "At the end you wrote the symbols themselves. Then nothing has to be remembered. The symbols are the "
            "targets; what the model reads there is the recall.",
            _fixed("= n_symbols + 1 → = data"),
        ),
        Misconception(
            "symbols in front of the recalls",
            "Your symbols stand right before the recalls. They come first, and the noise lies between.",
            _fixed("[:, :n_data] → [:, length - 2 * n_data : length - n_data]"),
        ),
        Misconception(
            "recalls right behind the symbols",
            "Your recalls follow at once upon the symbols. Then a model has hardly to remember: the noise lies "
            "between.",
            _fixed("[:, length - n_data :] → [:, n_data : 2 * n_data]"),
        ),
        Misconception(
            "a row turned round",
            "Your recalls stand at the start and the symbols at the end. The symbols come first, the questions last.",
            _fixed("[:, :n_data] = data → [:, :n_data] = n_symbols + 1", ":] = n_symbols + 1 → :] = data"),
        ),
        Misconception(
            "one recall too many",
            "Your row has a recall more than it has symbols, and one noise token less.",
            _fixed("[:, length - n_data :] → [:, length - n_data - 1 :]"),
        ),
        Misconception(
            "a row that is longer than L",
            "L counts all tokens, symbols and recalls too. How much is left for the noise?",
            [
                _fixed("(batch, length) → (batch, length + 2 * n_data)", "length - n_data : → -n_data:"),
                _fixed("(batch, length) → (batch, length + n_data)", "length - n_data : → -n_data:"),
            ],
        ),
        Misconception(
            "one row for all",
            "All rows have the symbols of the first one. Each row remembers its own.",
            _fixed("] = data → ] = data[0]"),
        ),
    ],
)

# Exercise 2: selective_copying


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


def _scatter(formula: str):
    """A wrong `selective_copying`: the symbols are put down in another way."""
    return edited(selective_copying, f"return tokens.scatter(1, places, data) → {formula}")


def _selective_cases(draw: Draw) -> dict:
    n_data, n_symbols, batch = draw.size(2, 5), draw.size(3, 8), draw.size(2, 4)
    places = n_data + draw.size(1, 9)
    u = torch.stack([torch.randperm(places, generator=draw.generator) for _ in range(batch)]) / places  # (B, L - K)
    u = u ** draw.uniform(0.3, 3.0, batch)[:, None]  # no number is large in every row
    return {"data": draw.integers(0, n_symbols - 1, batch, n_data), "u": u, "n_symbols": n_symbols}


SELECTIVE = Exercise(
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
            "first, and `argsort` last. From left to right, the symbols must be data[0], data[1], …",
            [_places("u.topk(n_data, dim=1).indices"), _places("u.argsort(dim=1)[:, -n_data:]")],
        ),
        Misconception(
            "symbols from right to left",
            "Your symbols run from right to left. From left to right, they must be data[0], data[1], …",
            _places("u.topk(n_data, dim=1).indices.sort(dim=1, descending=True).values"),
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
            "Every row has its symbols at the places of one row. Then a delay would be enough again. Each row has its "
            "own u.",
            [
                _places("u[:1].topk(n_data, dim=1).indices.sort(dim=1).values.expand_as(data)"),
                _places("u.mean(0, keepdim=True).topk(n_data, dim=1).indices.sort(dim=1).values.expand_as(data)"),
            ],
        ),
        Misconception(
            "the places of all rows in every row",
            "`tokens[:, places]` takes for each row the places of *all* rows. Row b may get places[b] only: scatter or "
            "gather goes row by row.",
            _scatter("tokens[:, places] = data\n    return tokens"),
        ),
        Misconception(
            "places taken for rows",
            "Your places count rows: `scatter` writes along the axis that its first number names. They are places "
            "among the tokens of their row.",
            edited(selective_copying, "scatter(1, → scatter(0,"),
        ),
        Misconception(
            "symbols that stay at the start",
            "Your symbols stand at the first K places: that is fixed copying. If you sort: its `indices` say where a "
            "value stood before, its `values` are what was sorted.",
            [
                _places("torch.arange(n_data).expand_as(data)"),
                _places("u.topk(n_data, dim=1).indices.sort(dim=1).indices"),
                _places("u.topk(n_data, dim=1).values.sort(dim=1).indices"),
            ],
        ),
        Misconception(
            "each symbol one place too late",
            "Each of your symbols stands one place behind the one that u names: places are counted from 0.",
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
            "one recall for all symbols",
            "Only the last token asks. For K symbols there are K recalls.",
            edited(selective_copying, "[:, u.shape[1] :] → [:, -1:]"),
        ),
        Misconception(
            "the largest numbers of all rows",
            "You take the largest numbers of all rows together, or all above one bound. Each row has its own K largest "
            "ones.",
            [
                _scatter(
                    "rows = tokens[:, : u.shape[1]].flatten()\n"
                    "    rows[u.flatten().topk(data.numel()).indices.sort().values] = data.flatten()\n"
                    "    return torch.cat([rows.view(u.shape), tokens[:, u.shape[1] :]], dim=1)"
                )
            ],
        ),
        Misconception(
            "no symbols",
            "Your rows have noise and recalls, and no symbols. `scatter` gives a new tensor and leaves the old one as "
            "it is.",
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
            "places sorted down the rows",
            "You sort along the batch, and places move from one row into another. The places of a row are sorted among "
            "themselves: along which axis do they lie?",
            _places("u.topk(n_data, dim=1).indices.sort(dim=0).values"),
        ),
        Misconception(
            "random numbers taken for places",
            "You make places of the numbers in u themselves. They are drawn only to be compared: *where* the largest "
            "ones stand are the places.",
            _places("(u.topk(n_data, dim=1).values * u.shape[1]).long().sort(dim=1).values"),
        ),
        Misconception(
            "recalls at the start",
            "Your recalls come first. A question comes after what it asks for: at the end of the row.",
            edited(
                selective_copying,
                "indices.sort(dim=1).values → indices.sort(dim=1).values + n_data",
                "[:, u.shape[1] :] → [:, :n_data]",
            ),
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
            "swapped ids",
            "Noise and recall have changed places. Noise is the id after the last symbol, recall the one after that.",
            edited(
                selective_copying,
                "n_data), n_symbols) → n_data), n_symbols + 1)",
                ":] = n_symbols + 1 → :] = n_symbols",
            ),
        ),
        Misconception(
            "noise that is also a symbol",
            "Your noise has the id of a symbol, so the two can't be told apart. The symbols are 0 … n_symbols − 1: "
            "which id is the first free one?",
            [
                edited(selective_copying, "n_data), n_symbols) → n_data), 0)"),
                edited(
                    selective_copying,
                    "n_data), n_symbols) → n_data), n_symbols - 1)",
                    ":] = n_symbols + 1 → :] = n_symbols",
                ),
            ],
        ),
    ],
)

# Exercise 3: induction_heads


def induction_heads(symbols: Tensor, place: Tensor, n_symbols: int) -> tuple[Tensor, Tensor]:
    """A cue among the symbols and once more at the end, (B, L); the symbol behind the first cue, (B, 1)."""
    tokens = symbols.scatter(1, place, n_symbols)  # (B, L)
    tokens[:, -1] = n_symbols
    return tokens, symbols.gather(1, place + 1)


def _task(*edits: str):
    """A wrong `induction_heads`."""
    return edited(induction_heads, *edits)


def _target(formula: str):
    """A wrong `induction_heads`: another target."""
    return _task(f"symbols.gather(1, place + 1) → {formula}")


FIRST_CUE = "symbols.scatter(1, place, n_symbols) → {}"
PUSHED = (
    "torch.stack([torch.cat([row[:p], torch.tensor([n_symbols]), row[p:-1]]) "
    "for row, p in zip(symbols, place[:, 0].tolist(), strict=True)])"
)


def _heads_cases(draw: Draw) -> dict:
    length, n_symbols, batch = draw.size(6, 14), draw.size(4, 15), draw.size(2, 4)
    place = torch.stack([torch.randperm(length - 4, generator=draw.generator)[0] for _ in range(batch)])[:, None] + 1
    return {"symbols": draw.integers(0, n_symbols - 1, batch, length), "place": place, "n_symbols": n_symbols}


HEADS = Exercise(
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
        ),
        Misconception(
            "a target shifted by one",
            "Your target stands two tokens behind the cue. It is the next one that counts.",
            _target("symbols.gather(1, place + 2)"),
        ),
        Misconception(
            "the last symbol as the answer",
            "Your target is the last of the symbols. The answer stands one token behind the first cue.",
            _target("symbols[:, -1:]"),
        ),
        Misconception(
            "a question in front of the last token",
            "The second cue stands one place too early. The question is the last token of the row.",
            _task("tokens[:, -1] = → tokens[:, -2] ="),
        ),
        Misconception(
            "a cue with another id",
            "Your cue has not the first free id. The symbols are 0 … n_symbols − 1, so the cue is n_symbols.",
            [
                _task(FIRST_CUE.format(f"symbols.scatter(1, place, {id})"), f"-1] = n_symbols → -1] = {id}")
                for id in ("n_symbols + 1", "-1")
            ],
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
            _task(
                FIRST_CUE.format("symbols.scatter(1, place, n_symbols - 1)"), "-1] = n_symbols → -1] = n_symbols - 1"
            ),
        ),
        Misconception(
            "the places of all rows in every row",
            "`[:, place]` takes for each row the places of *all* rows. Row b may get place[b] only: scatter and "
            "gather go row by row.",
            [
                _task(FIRST_CUE.format("symbols.clone()\n    tokens[:, place] = n_symbols")),
                _target("symbols[:, place + 1]"),
                _target("symbols[:, place[:, 0] + 1]"),
            ],
        ),
        Misconception(
            "places taken for rows",
            "Your places count rows: `scatter` and `gather` go along the axis that their first number names. They are "
            "places among the tokens of their row.",
            [_task(FIRST_CUE.format("symbols.scatter(0, place, n_symbols)")), _target("symbols.gather(0, place + 1)")],
        ),
        Misconception(
            "a target without its axis",
            "The values are right. But targets are (B, answers), here with one answer a row: (B, 1).",
            _target("symbols.gather(1, place + 1).squeeze(1)"),
        ),
        Misconception(
            "one place for all rows",
            "Every row has its cue at the place of the first row. Each row has a place of its own.",
            _task(
                FIRST_CUE.format("symbols.scatter(1, place[:1].expand_as(place), n_symbols)"),
                "symbols.gather(1, place + 1) → symbols.gather(1, place[:1].expand_as(place) + 1)",
            ),
        ),
        Misconception(
            "a cue in the place of the answer",
            "Your cue stands one token behind `place`: it covers the symbol that is asked for.",
            _task(FIRST_CUE.format("symbols.scatter(1, place + 1, n_symbols)")),
        ),
        Misconception(
            "a cue that pushes the symbols",
            "You insert the cue, and the symbols behind it move by one. It stands in the place of a symbol.",
            _task(FIRST_CUE.format(PUSHED), f"symbols.gather(1, place + 1) → {PUSHED}.gather(1, place + 1)"),
        ),
        Misconception(
            "the answer in the question",
            "You write the answer at the end. What a model reads there is the cue; the answer is what it should say.",
            _task("tokens[:, -1] = n_symbols → tokens[:, -1:] = symbols.gather(1, place + 1)"),
        ),
        Misconception(
            "the two results exchanged",
            "Your targets come first. First the tokens, then the targets.",
            _task("return tokens, symbols.gather(1, place + 1) → return symbols.gather(1, place + 1), tokens"),
        ),
        Misconception(
            "a cue behind the row",
            "You put the second cue behind the row, which is longer by one now. It stands in the place of the last "
            "symbol.",
            _task(
                "    tokens[:, -1] = n_symbols\n → ",
                "return tokens, → return torch.nn.functional.pad(tokens, (0, 1), value=n_symbols),",
            ),
        ),
        Misconception(
            "a cue that comes later",
            "Your first cue stands right in front of the last token, in every row. Each row has it at its own `place`.",
            _task(FIRST_CUE.format("symbols.clone()\n    tokens[:, -2] = n_symbols")),
        ),
    ],
)

# Exercise 4: left_at_the_end


def left_at_the_end(delta: Tensor, A: float) -> Tensor:
    """exp(A · Σ of the later Δ): the share of each token that is left after the last one, (L,)."""
    later = delta.sum() - delta.cumsum(0)  # (L,)
    return torch.exp(A * later)


def _later(formula: str):
    """A wrong `left_at_the_end`: another sum."""
    return edited(left_at_the_end, f"delta.sum() - delta.cumsum(0) → {formula}")


def _left(formula: str):
    """A wrong `left_at_the_end`: something else made of the sum."""
    return edited(left_at_the_end, f"torch.exp(A * later) → {formula}")


def _left_cases(draw: Draw) -> dict:
    delta = draw.uniform(0.01, 0.5, draw.size(3, 24))  # (L,)
    return {"delta": delta, "A": draw.choice([-0.25, -0.5, -2.0, -3.0])}


LEFT = Exercise(
    id="12.left_at_the_end",
    title="What is left at the end",
    reference=left_at_the_end,
    cases=_left_cases,
    rtol=1e-3,
    axes=("token",),
    example={"delta": torch.tensor([0.3, 0.1, 0.2]), "A": -2.0},
    misconceptions=[
        Misconception(
            "the next token forgotten",
            "The token right behind fades a state as well. You begin one token later.",
            [
                _later("(delta.sum() - delta.cumsum(0) - torch.cat([delta[1:], torch.zeros(1)]))"),
            ],
        ),
        Misconception(
            "shares that add up to 1",
            "You divide by the sum of all shares, as a softmax does. Each token has a share of its own: how much is "
            "left of what *it* wrote. Of the last one everything is.",
            _left("torch.softmax(A * later, dim=0)"),
        ),
        Misconception(
            "A times the first sum only",
            "A multiplies the sum of all Δ in your exponent, and not what you take away. Put the difference in "
            "brackets.",
            _left("torch.exp(A * delta.sum() - delta.cumsum(0))"),
        ),
        Misconception(
            "an exponential of A alone",
            "You take exp(A) and multiply it by the sum of the Δ. The sum belongs into the exponent: exp(A · sum).",
            [_left("torch.exp(torch.tensor(A)) * later")],
        ),
        Misconception(
            "a token that forgets itself",
            "You let a token's own Δ fade what this same token writes. It writes *after* the old state has faded. So "
            "the last token is left whole.",
            _later("delta.flip(0).cumsum(0).flip(0)"),
        ),
        Misconception(
            "a base that is not e",
            "You raise 2 or 10 to the power. The state fades by exp(Δ A): the base is e.",
            [edited(left_at_the_end, f"torch.exp(A * later) → {base} ** (A * later)") for base in (2, 10)],
        ),
        Misconception(
            "a sum that is not turned back",
            "You added up from the end, on a tensor that was turned round, and did not turn the result back: the last "
            "number belongs to the first token.",
            [_later("delta.flip(0).cumsum(0) - delta.flip(0)"), _later("delta.flip(0).cumsum(0)")],
        ),
        Misconception(
            "what a token writes, not its share",
            "You multiply with the token's own Δ. That is how much it writes; asked is the share of it that is left.",
            edited(left_at_the_end, "return torch.exp(A * later) → return delta * torch.exp(A * later)"),
        ),
        Misconception(
            "the tokens before",
            "You add up the Δ from the start. A token is faded by what comes *after* it: the last one least, the first "
            "one most.",
            [_later("delta.cumsum(0)"), _later("delta.cumsum(0) - delta")],
        ),
        Misconception(
            "the next token only",
            "You let one later token fade it. All later ones do, one after another, and their exponents add up.",
            _later("torch.cat([delta[1:], torch.zeros(1)])"),
        ),
        Misconception(
            "a token's own step size",
            "You let each token fade by its own Δ. What it wrote is faded by the Δ of all tokens *after* it, added up.",
            _later("delta.clone()"),
        ),
        Misconception(
            "a forgotten A",
            "A is missing. A fast state, A = −3, loses three times as much in the exponent as one with A = −1.",
            _left("torch.exp(-later)"),
        ),
        Misconception(
            "a state that grows",
            "Your shares exceed 1. A is negative already: one minus sign is too many, or a quotient is upside down.",
            _left("torch.exp(-A * later)"),
        ),
        Misconception(
            "A in front of the exponential",
            "A stands in front of your exponential. It belongs into the exponent, with the sum of the Δ.",
            _left("A * torch.exp(later)"),
        ),
        Misconception(
            "a softplus that has been applied already",
            "You apply a softplus. The Δ here are step sizes already.",
            _later("torch.nn.functional.softplus(delta).sum() - torch.nn.functional.softplus(delta).cumsum(0)"),
        ),
        Misconception(
            "what is lost",
            "1 − exp(…) is what has gone. What is left is the rest.",
            _left("1 - torch.exp(A * later)"),
        ),
        Misconception(
            "a mean in the place of the sum",
            "You divide by the number of tokens. The Δ add up: a thousand small ones make a large one. That is the "
            "point.",
            [_later("(delta.sum() - delta.cumsum(0)) / len(delta)"), _later("delta.mean().expand_as(delta)")],
        ),
        Misconception(
            "steps taken as equal",
            "You count the later tokens, as if their Δ were equal. They differ: the Δ of the later ones themselves "
            "add up.",
            [
                _later("delta.mean() * torch.arange(len(delta) - 1, -1, -1)"),
                _later("delta * torch.arange(len(delta) - 1, -1, -1)"),
            ],
        ),
        Misconception(
            "shares that are added",
            "You add up what each later token leaves. They fade the state one after another: factors multiply.",
            _left("torch.stack([torch.exp(A * delta[t + 1 :]).sum() for t in range(len(delta))])"),
        ),
        Misconception(
            "all tokens alike",
            "You fade all tokens by the sum over the whole row. The last token has nothing after it.",
            [_later("delta.sum().expand_as(delta)"), _later("delta.sum()")],
        ),
        Misconception(
            "no exponential",
            "That is the exponent. Which function makes a share of it?",
            [_left("A * later"), _left("-A * later")],
        ),
        Misconception(
            "a factor that is not exact",
            "1 + A·Δ is Euler's rule, the start of the exponential. Mamba fades a state by exp(ΔA).",
            [
                _left("1 + A * later"),
                _left("torch.stack([(1 + A * delta[t + 1 :]).prod() for t in range(len(delta))])"),
            ],
        ),
    ],
)

# Bug hunt: last_logits. The suspect starts afresh with each piece, for two reasons.


def last_logits(model: nn.Module, tokens: Tensor, chunk: int) -> Tensor:
    """The logits at the last token (B, vocab_size) of a long sequence, read in pieces with one running state."""
    stream = InferenceParams(max_seqlen=tokens.shape[1], max_batch_size=len(tokens))
    for piece in tokens.split(chunk, dim=1):
        logits = model(piece, stream)  # (B, at most chunk, vocab_size)
        stream.seqlen_offset += piece.shape[1]
    return logits[:, -1]


def _read(*edits: str):
    """A wrong `last_logits`."""
    return edited(last_logits, *edits)


STREAM = "    stream = InferenceParams(max_seqlen=tokens.shape[1], max_batch_size=len(tokens))\n"
ADVANCE = "        stream.seqlen_offset += piece.shape[1]\n"


def lively_model() -> MambaLM:
    """A small model whose answer depends on tokens long past."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MambaLM(7, d_model=8, n_layers=2, d_state=4)
        with torch.no_grad():
            for layer in model.layers:
                layer.mixer.out_proj.weight.mul_(4)
    return model.eval()


MODEL = lively_model()


def _reading(function, tokens: Tensor, chunk: int) -> dict:
    """What a reader of long sequences gives, and the longest piece that it gave to the model."""
    longest = []
    hook = MODEL.register_forward_pre_hook(lambda _, inputs: longest.append(inputs[0].shape[1]))
    try:
        with torch.no_grad():
            logits = function(MODEL, tokens, chunk)
    finally:
        hook.remove()
    return {"logits": logits, "longer pieces than chunk": max(longest, default=0) > chunk}


def _reading_cases(draw: Draw) -> dict:
    chunk = draw.size(2, 6)
    length = chunk * draw.size(0, 3) + draw.size(1, 5)  # the last piece may be shorter, or the only one
    return {"tokens": draw.integers(0, 6, draw.size(2, 3), length), "chunk": chunk}


READING = Exercise(
    id="12.last_logits",
    title="A model that forgets in chunks",
    reference=last_logits,
    cases=_reading_cases,
    apply=_reading,
    trials=10,
    rtol=1e-3,
    atol=1e-4,
    misconceptions=[
        Misconception(
            "a stream that starts anew",
            "Each piece is read as if nothing had come before: the answer is that of the last piece alone. Ask of "
            "every piece: where does its first state come from, and how does the block know that it is not the start?",
            _read(ADVANCE + " → "),
            given=True,
        ),
        Misconception(
            "an offset without its stream",
            "Your offset says how many tokens went in before, but the stream is a new one, which has seen none. The "
            "stream is what carries the memory from piece to piece.",
            _read(
                STREAM + " → ",
                "    for piece in tokens.split(chunk, dim=1):\n → "
                "    for i, piece in enumerate(tokens.split(chunk, dim=1)):\n    " + STREAM + "        "
                "stream.seqlen_offset = i * chunk\n",
                ADVANCE + " → ",
            ),
        ),
        Misconception(
            "an offset that moves too early",
            "You move the offset before the piece has gone in. It counts the tokens that the block has seen already.",
            [
                _read(
                    "        logits = model(piece, stream) → " + early + "        logits = model(piece, stream)",
                    "vocab_size)\n" + ADVANCE + " → vocab_size)\n",
                )
                for early in (ADVANCE, ADVANCE.replace("piece.shape[1]", "chunk"))
            ],
        ),
        Misconception(
            "an offset that counts pieces",
            "You add 1 after each piece. The offset counts tokens: how many did go in?",
            _read("+= piece.shape[1] → += 1"),
        ),
        Misconception(
            "an offset that counts rows",
            "`piece.shape[0]` is the number of rows. The offset counts tokens, and they lie along axis 1.",
            [_read("+= piece.shape[1] → += piece.shape[0]")],
        ),
        Misconception(
            "rows in pieces",
            "You split the rows. What does not fit into one call are the tokens: `dim=1`.",
            [_read("tokens.split(chunk, dim=1) → tokens.split(chunk)"), _read("split(chunk, dim=1) → split(1)")],
        ),
        Misconception(
            "an offset that is set to one piece",
            "You set the offset to the length of a piece. It counts all tokens that have gone in, so each piece is "
            "added.",
            _read("+= piece.shape[1] → = piece.shape[1]"),
        ),
        Misconception(
            "the whole sequence at once",
            "The logits are right. But you give the model more than `chunk` tokens in one call, so the memory grows "
            "with L: with a million tokens it would run out.",
            _read("for piece in tokens.split(chunk, dim=1) → for piece in [tokens]"),
        ),
        Misconception(
            "the first piece only",
            "You return inside of the loop, after the first piece. The answer stands behind the last one.",
            _read(ADVANCE + "    return → " + ADVANCE + "        return"),
        ),
        Misconception(
            "the first token of the last piece",
            "You read the logits at the first token of a piece. The question is the last token.",
            _read("logits[:, -1] → logits[:, 0]"),
        ),
        Misconception(
            "an axis of tokens too many",
            "Your logits have an axis of tokens, (B, tokens, vocab_size). Asked is the last token alone, (B, "
            "vocab_size).",
            [
                _read("logits[:, -1] → logits"),
                _read("logits[:, -1] → logits[:, -1:]"),
                _read(
                    STREAM + " → " + STREAM + "    every = []\n",
                    ADVANCE + " → " + ADVANCE + "        every.append(logits)\n",
                    "return logits[:, -1] → return torch.cat(every, dim=1)",
                ),
            ],
        ),
        Misconception(
            "the last row in the place of the last token",
            "`logits[-1]` is the last row with all tokens of a piece. The first axis counts rows, the second one "
            "tokens.",
            _read("logits[:, -1] → logits[-1]"),
        ),
        Misconception(
            "a short last piece left out",
            "The last piece may be shorter than `chunk`. You leave it out, and the last token with it.",
            _read("in tokens.split(chunk, dim=1) → in tokens.unfold(1, chunk, chunk).unbind(1)"),
            where=lambda tokens, chunk: tokens.shape[1] >= chunk,
        ),
        Misconception(
            "probabilities in the place of logits",
            "Your values are probabilities. Asked are the logits, before a softmax.",
            _read("logits[:, -1] → logits[:, -1].softmax(-1)"),
        ),
        Misconception(
            "the answer in the place of its logits",
            "argmax gives the token that the model would say. Here its logits are wanted, one for each token it knows.",
            _read("logits[:, -1] → logits[:, -1].argmax(-1)"),
        ),
    ],
)

EXERCISES = [FIXED, SELECTIVE, HEADS, LEFT, READING]

RECAP = [
    Question(
        "Fixed copying with L = 64 and 3 symbols: which delay solves it?",
        ["3 tokens", "32 tokens", "61 tokens", "none"],
        "61 tokens",
        "From each symbol to its recall it is L − K = 64 − 3 tokens.",
    ),
    Question(
        "Why can no LTI model solve selective copying exactly?",
        [
            "It has too few parameters",
            "It weighs a token by its age, and here the age of a symbol differs from row to row",
            "Its states fade too fast",
            "It has no convolution",
        ],
        "It weighs a token by its age, and here the age of a symbol differs from row to row",
        "A larger one does better, but the kernel stays the same whatever is read.",
    ),
    Question(
        "A state has A = −1. How much of it is left after a million noise tokens with Δ = 0.000001 each?",
        ["100 %", "about 37 %", "about 1 %", "nothing"],
        "about 37 %",
        "The Δ add up to 1, and exp(−1) = 0.37.",
    ),
    Question(
        "The induction heads work at 2¹⁶ tokens and fail at 2²⁰. Where do you look first?",
        [
            "At the Δ of the tokens in between, in the channels that hold the symbol",
            "At the learning rate",
            "At the head",
            "At the embedding of the cue",
        ],
        "At the Δ of the tokens in between, in the channels that hold the symbol",
        "Their sum grows with L. Once it is far above 1, the state has forgotten.",
    ),
    Question(
        "A model is right at L = 256, and mostly wrong as soon as it is read in chunks. What is the likely reason?",
        [
            "Rounding errors add up",
            "The state starts anew with each chunk",
            "It was trained on too short rows",
            "The chunks are too long",
        ],
        "The state starts anew with each chunk",
        "Read in chunks it has to give the same as in one piece, up to rounding. If not, the state was not carried on.",
    ),
]
