"""Bug hunt: last_logits. The suspect starts afresh with each piece, for two reasons."""

import torch
from torch import Tensor, nn

from lite_mamba import InferenceParams
from lite_mamba.language_model import MambaLM

from ....checking.compare import Facts
from ....checking.counter import lengths_given
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


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
PIECES = "in tokens.split(chunk, dim=1) → in {}"
OVERLAPPING = "[tokens[:, i : i + chunk + 1] for i in range(0, tokens.shape[1], chunk)]"
AGAIN = "tokens[:, -1:]", "piece"
TOTALS = "sum(every)", "sum(every) / len(every)"
ADVANCE = "        stream.seqlen_offset += piece.shape[1]\n"
AFRESH = STREAM + " → ", "model(piece, stream) → model(piece)", ADVANCE + " → "


def lively_model() -> MambaLM:
    """A small model whose answer depends on tokens long past: its states take in much of each, and fade slowly."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MambaLM(7, d_model=8, n_layers=2, d_state=4)
        with torch.no_grad():
            for mixer in (layer.mixer for layer in model.layers):
                mixer.out_proj.weight.mul_(4)
                mixer.x_proj.weight.mul_(4)  # B and C: what a token writes, and what is read
                mixer.dt_proj.bias.add_(3)
                mixer.A_log.sub_(3)
    return model.eval()


MODEL = lively_model()


def _reading(function, tokens: Tensor, chunk: int) -> Facts | None:
    """What a reader of long sequences gives, and the longest piece that it gave to the model."""
    with lengths_given(MODEL.embedding) as lengths, torch.no_grad():
        logits = function(MODEL, tokens, chunk)
    if logits is None:
        return None
    return Facts("a tensor", {"the result": logits, "longer pieces than chunk": max(lengths, default=0) > chunk})


def _reading_cases(draw: Draw) -> dict:
    chunk = draw.size(2, 6)
    length = chunk * draw.size(0, 3) + draw.size(1, 5)  # the last piece may be shorter, or the only one
    return {"tokens": draw.integers(0, 6, draw.size(1, 4), length), "chunk": chunk}


def _in_pieces(tokens: Tensor, chunk: int) -> bool:
    """Whether a row has more than one piece: one alone has nothing between pieces, and nothing if it is left out."""
    return tokens.shape[1] > chunk


LAST_LOGITS = Exercise(
    id="12.last_logits",
    title="A model that forgets in chunks",
    reference=last_logits,
    cases=_reading_cases,
    apply=_reading,
    axes=("row", "id"),
    trials=10,
    rtol=1e-3,
    atol=1e-4,
    misconceptions=[
        Misconception(
            "the last piece alone",
            "The answer is that of the last piece, whatever stands before it. Two things have to be right at once, so "
            "a change may be good and leave the answer as it is. What does a stream hold before each call?",
            [_read(ADVANCE + " → "), _read("tokens.split(chunk, → tokens.split(1,", ADVANCE + " → ")],
            given=True,
        ),
        Misconception(
            "an offset without its stream",
            "Your offset says that tokens went in before, but the stream has none of them: it is a new one, or was "
            "emptied. The stream is what carries the memory from piece to piece.",
            [
                _read(
                    STREAM + " → ",
                    "    for piece in tokens.split(chunk, dim=1):\n → "
                    "    for i, piece in enumerate(tokens.split(chunk, dim=1)):\n    " + STREAM + "        "
                    f"stream.seqlen_offset = {seen}\n",
                    ADVANCE + " → ",
                )
                for seen in ("i * chunk", "tokens.shape[1]")
            ],
        ),
        Misconception(
            "an offset that moves too early",
            "You move the offset before the piece has gone in. It counts the tokens that the block has seen already.",
            [
                _read(
                    "        logits = model(piece, stream) → " + early + "        logits = model(piece, stream)",
                    "vocab_size)\n" + ADVANCE + " → vocab_size)\n",
                )
                for early in (
                    ADVANCE,
                    ADVANCE.replace("piece.shape[1]", "chunk"),
                    "        if stream.key_value_memory_dict:\n    " + ADVANCE,
                )
            ],
        ),
        Misconception(
            "an offset that counts pieces",
            "Your offset is 1 after the first piece: it counts pieces, or is only set to 1. It has to count tokens: "
            "how many have gone in?",
            _read("+= piece.shape[1] → += 1"),
        ),
        Misconception(
            "an offset that counts rows",
            "`piece.shape[0]`, or `len(piece)`, is the number of rows. The offset counts tokens, and they lie along "
            "axis 1.",
            [_read("+= piece.shape[1] → += piece.shape[0]")],
        ),
        Misconception(
            "an offset that is not the number of tokens",
            "After the first piece, your offset is not the number of tokens that went in. Print both.",
            [
                *(
                    _read(f"+= piece.shape[1] → += {count}")
                    for count in ("tokens.shape[1]", "piece.numel()", "piece.shape[1] - 1", "logits.shape[2]")
                ),
                _read("+= piece.shape[1] → -= piece.shape[1]"),
            ],
        ),
        Misconception(
            "a first piece that is lost",
            "Your answer knows nothing of the first piece. Does it go in? And what is the offset when the second one "
            "goes in? At 0 a stream starts afresh.",
            _read(
                "in tokens.split(chunk, dim=1) → in enumerate(tokens.split(chunk, dim=1))",
                "for piece → for i, piece",
                "+= piece.shape[1] → = i * chunk",
            ),
            where=_in_pieces,
        ),
        Misconception(
            "tokens that go in twice",
            "Some tokens go into the stream more than once. It remembers all that it reads: each token goes in once.",
            [
                *(_read(f"return logits[:, -1] → return model({again}, stream)[:, -1]") for again in AGAIN),
                *(
                    _read(PIECES.format(f"[tokens[:, i : i + chunk] for i in range(0, {end}, chunk - 1)]"))
                    for end in ("tokens.shape[1]", "max(tokens.shape[1] - 1, 1)")
                ),
                *(_read(PIECES.format(OVERLAPPING), *more) for more in ((), ("+= piece.shape[1] → += chunk",))),
                _read(PIECES.format("[tokens[:, i : i + chunk] for i in range(0, tokens.shape[1], chunk // 2)]")),
                _read(ADVANCE + " → " + ADVANCE + "        logits = model(piece, stream)\n" + ADVANCE),
                _read(
                    PIECES.format("[tokens[:, : i + chunk] for i in range(0, tokens.shape[1], chunk)]"),
                    "+= piece.shape[1] → = piece.shape[1]",
                ),
            ],
        ),
        Misconception(
            "rows in pieces",
            "You split the rows, and each goes in whole. What does not fit into one call are its tokens: `dim=1`.",
            [
                _read("tokens.split(chunk, dim=1) → tokens.split(chunk)"),
                _read("split(chunk, dim=1) → split(1)"),
                *(_read(f"split(chunk, dim=1) → split({rows})", *AFRESH) for rows in ("chunk", "1")),
                _read(PIECES.format("[tokens[i : i + chunk] for i in range(0, tokens.shape[1], chunk)]")),
            ],
        ),
        Misconception(
            "an offset that is set to one piece",
            "You set the offset to the length of a piece. It counts all tokens that have gone in, so each piece is "
            "added.",
            _read("+= piece.shape[1] → = piece.shape[1]"),
        ),
        Misconception(
            "pieces longer than chunk",
            "The logits are right. But in some call the model gets more than `chunk` tokens, or the whole row, and the "
            "memory of a call grows with them.",
            [
                _read("for piece in tokens.split(chunk, dim=1) → for piece in [tokens]"),
                _read("tokens.split(chunk, → tokens.tensor_split(max(tokens.shape[1] // chunk, 1),"),
            ],
        ),
        Misconception(
            "a number of pieces in the place of their length",
            "You take `chunk` for the number of pieces, or the number of pieces for their length. `chunk` says how "
            "many tokens a piece may have.",
            [
                _read(f"tokens.split(chunk, → tokens.{way},")
                for way in ("chunk(chunk", "split(tokens.shape[1] // chunk + 1")
            ]
            + [_read(PIECES.format("[tokens[:, i * chunk : (i + 1) * chunk] for i in range(chunk)]"))],
        ),
        Misconception(
            "the first piece only",
            "Your answer is that of the first piece: of a `return` inside of the loop, or the first of a list. The "
            "question stands behind the last one.",
            _read(ADVANCE + "    return → " + ADVANCE + "        return"),
        ),
        Misconception(
            "pieces that are added up",
            "You add up, or average, what the model says behind each piece. The task asks what it says at the last "
            "token, with all pieces before it in its memory.",
            [
                _read(
                    STREAM + " →     every = []\n",
                    "model(piece, stream) → model(piece)",
                    ADVANCE + " →         every.append(logits[:, -1])\n",
                    f"return logits[:, -1] → return {total}",
                )
                for total in TOTALS
            ]
            + [
                _read(
                    STREAM + " → " + STREAM + "    every = []\n",
                    ADVANCE + " → " + ADVANCE + "        every.append(logits[:, -1])\n",
                    f"return logits[:, -1] → return {total}",
                )
                for total in TOTALS
            ],
        ),
        Misconception(
            "an answer for every piece",
            "You give what the model says behind each piece. What it says at the last token is all that is asked for.",
            [
                _read(
                    STREAM + " → " + STREAM + "    every = []\n",
                    ADVANCE + " → " + ADVANCE + "        every.append(logits[:, -1])\n",
                    f"return logits[:, -1] → return {joined}",
                )
                for joined in ("torch.cat(every)", "torch.stack(every)", "torch.stack(every, dim=1)", "every")
            ],
            where=_in_pieces,
        ),
        Misconception(
            "padding that is read",
            "You fill a row up with tokens that are not its own, and the model reads them like any others: in front "
            "they get into its memory, at the end your answer stands behind them. A last piece may be shorter than "
            "`chunk`.",
            [
                _read(PIECES.format(f"torch.nn.functional.pad(tokens, {side}).split(chunk, dim=1)"))
                for side in ("(0, -tokens.shape[1] % chunk)", "(-tokens.shape[1] % chunk, 0)")
            ],
        ),
        Misconception(
            "all tokens of the last piece in one",
            "You make one of all tokens of the last piece: a mean, a sum or a maximum. The task asks for the last "
            "token alone.",
            [_read(f"logits[:, -1] → logits.{one}(1)") for one in ("mean", "amax", "sum")],
        ),
        Misconception(
            "the first token of the last piece",
            "You read the logits at the first token of a piece. The question is the last token.",
            _read("logits[:, -1] → logits[:, 0]"),
        ),
        Misconception(
            "an axis of tokens too many",
            "Your logits have an axis of tokens, (B, tokens, vocab_size). The task asks for the last token alone, (B, "
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
            "a last piece left out",
            "You leave the last piece out, and the last token with it. It may be shorter than `chunk`: where must the "
            "last piece begin?",
            [
                _read("in tokens.split(chunk, dim=1) → in tokens.unfold(1, chunk, chunk).unbind(1)"),
                _read(PIECES.format("(tokens.split(chunk, dim=1)[:-1] or [tokens])")),
                _read(
                    PIECES.format("[tokens[:, i : i + chunk] for i in range(0, max(tokens.shape[1] - 1, 1), chunk)]")
                ),
            ],
            where=_in_pieces,
        ),
        Misconception(
            "an empty piece",
            "One of your pieces has no tokens: print its shape. A slice begins and ends at places of the row; and "
            "where `chunk` divides the length, nothing is left behind the last whole piece.",
            [
                _read(PIECES.format("[tokens[:, i : i + chunk] for i in range(0, tokens.shape[1] + 1, chunk)]")),
                _read(PIECES.format("[tokens[:, i:chunk] for i in range(0, tokens.shape[1], chunk)]")),
            ],
        ),
        Misconception(
            "tokens that never go in",
            "Your pieces leave tokens out between them. A slice ends before its second number: where does the next one "
            "begin?",
            _read(PIECES.format("[tokens[:, i : i + chunk - 1] for i in range(0, tokens.shape[1], chunk)]")),
            where=_in_pieces,
        ),
        Misconception(
            "the end of the row alone",
            "You read the last tokens alone. What the model has to remember may stand anywhere in the row.",
            _read("tokens.split(chunk, dim=1) → [tokens[:, -chunk:]]"),
        ),
        Misconception(
            "probabilities in the place of logits",
            "Your values are probabilities, or their logarithms. The task asks for the logits, before a softmax.",
            [_read(f"logits[:, -1] → logits[:, -1].{function}(-1)") for function in ("softmax", "log_softmax")],
        ),
        Misconception(
            "the answer in the place of its logits",
            "argmax gives the token that the model would say. Here its logits are wanted, one for each token it knows.",
            _read("logits[:, -1] → logits[:, -1].argmax(-1)"),
        ),
    ],
)
