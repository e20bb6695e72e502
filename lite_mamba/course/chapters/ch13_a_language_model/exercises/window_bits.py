"""Bug hunt: bits that depend on the window."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import InferenceParams
from lite_mamba.language_model import MambaLM

from ....checking.compare import Facts
from ....checking.counter import lengths_given
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
    """Bits per byte of a text (L,) read in windows, in memory that does not grow with L."""
    stream = InferenceParams(max_seqlen=len(ids), max_batch_size=1)
    nats = 0.0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window + 1]  # one more than is read: it is guessed by the last of the window
        logits = model(part[None, :-1], stream)[0]  # (window, 256)
        stream.seqlen_offset += len(part) - 1
        nats += F.cross_entropy(logits, part[1:], reduction="sum").item()
    return nats / (len(ids) - 1) / torch.log(torch.tensor(2.0)).item()


def _sliding(model: MambaLM, ids: Tensor, window: int) -> float:
    """Each byte but the first is guessed from the `window` bytes before it."""
    costs = [
        F.cross_entropy(model(ids[None, max(0, i - window) : i])[0, -1:], ids[i : i + 1]) for i in range(1, len(ids))
    ]
    return float(sum(costs) / len(costs) / torch.log(torch.tensor(2.0)))


def _striding(more: int):
    """Windows that move on by half their length, each from an empty state; what is new in one is guessed there."""

    def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
        nats, seen = 0.0, 1
        for start in range(0, len(ids), max(1, window // 2)):
            part = ids[start : start + window + more]
            new = start + len(part) - seen
            if new > 0 and len(part) > 1:
                nats += F.cross_entropy(model(part[None, :-1])[0, -new:], part[-new:], reduction="sum").item()
            seen += new
        return nats / (len(ids) - 1) / torch.log(torch.tensor(2.0)).item()

    return window_bits


def _behind(more: int | None = None):
    """Each window is read together with the one before it, or with some bytes before it, from an empty state."""

    def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
        nats = 0.0
        for start in range(0, len(ids) - 1, window):
            first = max(0, start - (more or window))
            part = ids[first : start + window + 1]
            logits = model(part[None, :-1])[0, start - first :]
            nats += F.cross_entropy(logits, part[start - first + 1 :], reduction="sum").item()
        return nats / (len(ids) - 1) / torch.log(torch.tensor(2.0)).item()

    return window_bits


def _own_at_the_border(carry: bool, last: bool, over: str):
    """The first byte of a window is priced by the logits that were made after it was read.

    Is a state carried, is a byte that stands alone at the end read, too, and by what is the sum divided?
    """

    def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
        stream, nats, guesses = InferenceParams(max_seqlen=len(ids), max_batch_size=1), 0.0, 0
        for start in range(0, len(ids) - (not last), window):
            part = ids[start : start + window]
            logits = model(part[None], stream if carry else None)[0]
            stream.seqlen_offset += len(part)
            nats += F.cross_entropy(logits[:-1], part[1:], reduction="sum").item()
            nats += F.cross_entropy(logits[0], part[0]).item() if start else 0.0
            guesses += len(part) - (start == 0 or over == "those inside")
        return nats / (len(ids) - 1 if over == "L − 1" else max(1, guesses)) / torch.log(torch.tensor(2.0)).item()

    return window_bits


def _eight_bits(carry: bool):
    """The first byte of each window but the first costs 8 bits, what it costs without a model."""

    def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
        stream, bits = InferenceParams(max_seqlen=len(ids), max_batch_size=1), -8.0
        for part in ids.split(window):
            logits = model(part[None], stream if carry else None)[0]
            stream.seqlen_offset += len(part)
            nats = F.cross_entropy(logits[:-1], part[1:], reduction="sum")
            bits += 8 + (nats / torch.log(torch.tensor(2.0))).item()
        return bits / (len(ids) - 1)

    return window_bits


def _carried(model: MambaLM, ids: Tensor, window: int) -> float:
    """The last logits of each window guess the first byte of the next one; a byte alone in a last window is left."""
    stream = InferenceParams(max_seqlen=len(ids), max_batch_size=1)
    nats, guesses, last = 0.0, 0, None
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window]
        logits = model(part[None], stream)[0]
        stream.seqlen_offset += len(part)
        wanted = part if start else part[1:]
        rows = logits[:-1] if last is None else torch.cat([last, logits[:-1]])
        nats += F.cross_entropy(rows, wanted, reduction="sum").item()
        guesses += len(wanted)
        last = logits[-1:]
    return nats / (len(ids) - 1) / torch.log(torch.tensor(2.0)).item()


@cache
def _tiny(seed: int) -> MambaLM:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MambaLM(256, d_model=8, n_layers=1, d_state=4, dt_min=0.02, dt_max=0.1)
        mixer = model.layers[0].mixer
        with torch.no_grad():
            model.embedding.weight.normal_()
            mixer.out_proj.weight.mul_(4)
            mixer.x_proj.weight[mixer.dt_rank :].mul_(16)  # B and C: the state counts, and what lies far back
            mixer.D.mul_(0.1)
    return model.eval().requires_grad_(False)


def _window_cases(draw: Draw) -> dict:
    return {
        "model": _tiny(draw.choice([0, 1])),
        "ids": draw.integers(0, 15, draw.size(6, 24)),
        "window": draw.size(1, 7),
    }


def _cured(model: MambaLM, ids: Tensor, window: int) -> float:
    """The code as it was found, but for windows of one byte: what a byte costs without a model."""
    nats = 0.0 if window > 1 else 8 * torch.log(torch.tensor(2.0)).item()
    parts = [part for part in ids.split(window) if len(part) > 1]
    for part in parts:
        nats += F.cross_entropy(model(part[None])[0, :-1], part[1:], reduction="sum").item()
    return nats / max(1, sum(len(part) - 1 for part in parts)) / torch.log(torch.tensor(2.0)).item()


def _side_by_side(inside: bool):
    """The full windows as a batch, each from an empty state; inside: the first byte of each is not guessed."""

    def window_bits(model: MambaLM, ids: Tensor, window: int) -> float:
        pieces = ids.unfold(0, window + (not inside), window)  # (pieces, window), or a byte more
        nats = F.cross_entropy(model(pieces[:, :-1]).flatten(0, 1), pieces[:, 1:].flatten())
        return (nats / torch.log(torch.tensor(2.0))).item()

    return window_bits


LONGER, IDLE = "more bytes than the window in one call", "a stream without effect"


def _windowed(function, model: MambaLM, ids: Tensor, window: int) -> Facts | None:
    """What a function gives, and how it gave the model the text.

    In pieces longer than `window`? With a stream in each of several calls that was at its beginning every time?
    The function gets a copy of the model: what it changes there is no other answer's.
    """
    model = deepcopy(model)
    with lengths_given(model.embedding) as lengths, _offsets_given(model) as offsets:
        bits = function(model, ids, window)
    if bits is None:
        return None
    longer = max(lengths, default=0) > window
    idle = not longer and len(offsets) > 1 and all(offset == 0 for offset in offsets)
    return Facts("a number", {"the result": bits, LONGER: longer, IDLE: idle})


@contextmanager
def _offsets_given(model: MambaLM) -> Iterator[list[int | None]]:
    """The offset of the stream that a model gets with each piece inside of the block; None without a stream."""
    offsets: list[int | None] = []

    def note(_, inputs: tuple) -> None:
        hidden_states, stream, *_ = inputs  # (B, l, D)
        if hidden_states.shape[1]:
            offsets.append(stream and stream.seqlen_offset)

    hook = model.layers[0].register_forward_pre_hook(note)
    try:
        yield offsets
    finally:
        hook.remove()


WINDOW_BITS = Exercise(
    id="13.window_bits",
    title="Bits that depend on the window",
    reference=window_bits,
    cases=_window_cases,
    apply=_windowed,
    trials=16,
    misconceptions=[
        Misconception(
            "a model that wakes up anew in each window",
            "Each window begins with an empty state, so its first bytes are guessed from next to nothing. "
            "The text goes on, and so must the state. If you do hand it on: what does a seqlen_offset of 0 tell the "
            "model?",
            [
                edited(window_bits, "model(part[None, :-1], stream) → model(part[None, :-1])"),
                edited(window_bits, "stream.seqlen_offset += len(part) - 1 → pass"),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "part[None, :-1] → part[None]",
                    "stream.seqlen_offset += len(part) - 1 → guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → max(1, guesses) / torch",
                ),
                edited(window_bits, "model(part[None, :-1], stream)[0] → model(part[None])[0, :-1]"),
                *(
                    edited(
                        window_bits,
                        f"model(part[None, :-1], stream)[0] → model(part[None{last}])[0{dropped}]",
                        "range(0, len(ids) - 1, → range(0, len(ids),",
                        "ids[start : start + window + 1] → ids[max(0, start - 1) : start + window]",
                    )
                    for last, dropped in ((", :-1", ""), ("", ", :-1"))
                ),
                *(
                    edited(
                        window_bits,
                        f"model(part[None, :-1], stream)[0] → model(part[None{last}])[0{dropped}]",
                        "ids[start : start + window + 1] → ids[max(0, start - 1) : start + window]",
                        "(len(ids) - 1) / torch → (len(ids) - 1 - ((len(ids) - 1) % window == 0)) / torch",
                    )
                    for last, dropped in ((", :-1", ""), ("", ", :-1"))
                ),
            ],
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "windows that overlap",
            "Each window begins with the last byte of the one before, so every byte is guessed. But it also begins "
            "with an empty state: its first bytes are guessed from next to nothing. And a window of 1 byte has nothing "
            "to overlap with.",
            edited(
                window_bits,
                "range(0, len(ids) - 1, window) → range(0, len(ids) - 1, window - 1)",
                "start + window + 1] → start + window]",
                "model(part[None, :-1], stream)[0] → model(part[None])[0, :-1]",
            ),
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "guesses that are not counted",
            "Every byte is guessed now, but you divide by the guesses inside of the windows. Those across a border are "
            "guesses, too: how many do L bytes give?",
            [
                edited(
                    window_bits,
                    f"(len(ids) - 1) / torch → max(1, sum(len(part) - 1 for part in {pieces}.split(window))) / torch",
                )
                for pieces in ("ids", "ids[1:]")
            ],
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "a last byte that nobody guesses",
            "Where the last byte of the text would be alone in its window, your loop ends before it, and it is not "
            "guessed.",
            [_carried, edited(_carried, "/ (len(ids) - 1) / → / max(1, guesses) /")],
        ),
        Misconception(
            "bytes that nobody guesses",
            "The first byte of each window is never guessed: L bytes must give L − 1 guesses, however they are cut.",
            [
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "part[None, :-1] → part[None]",
                    "+= len(part) - 1 → += len(part); guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → max(1, guesses) / torch",
                ),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "part[None, :-1] → part[None]",
                    "len(part) - 1 → len(part)",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None])",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
                edited(
                    window_bits,
                    "stream = InferenceParams(max_seqlen=len(ids), max_batch_size=1)\n    nats = 0.0 → "
                    "nats, guesses, window = 0.0, 0, max(2, window)",
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None])",
                    "stream.seqlen_offset += len(part) - 1 → guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "(len(ids) - 1) / torch → guesses / torch",
                ),
                *(
                    edited(
                        window_bits,
                        "start + window + 1] → start + window]",
                        "part[None, :-1], stream → part[None]" + carried,
                        "+= len(part) - 1 → += len(part); guesses += len(part)",
                        "cross_entropy(logits, → cross_entropy(logits[:-1],",
                        "nats = 0.0 → nats, guesses = 0.0, 0",
                        f"(len(ids) - 1) / torch → {count} / torch",
                    )
                    for carried in ("", ", stream")
                    for count in ("guesses", "len(ids)")
                ),
                edited(
                    window_bits,
                    "stream = InferenceParams(max_seqlen=len(ids), max_batch_size=1)\n    nats = 0.0 → "
                    "nats, guesses, window = 0.0, 0, window + 1",
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None])",
                    "stream.seqlen_offset += len(part) - 1 → guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "(len(ids) - 1) / torch → guesses / torch",
                ),
                *(
                    edited(
                        window_bits, "cross_entropy(logits, part[1:], → cross_entropy(logits[:-1], part[1:-1],", *count
                    )
                    for count in (
                        (),
                        (
                            "nats = 0.0 → nats, guesses = 0.0, 0",
                            "+= len(part) - 1 → += len(part) - 1; guesses += len(part) - 2",
                            "(len(ids) - 1) / torch → max(1, guesses) / torch",
                        ),
                    )
                ),
            ],
        ),
        Misconception(
            "pieces longer than the window",
            "The bits are right. But you give the model more than `window` bytes in one call. The window is what fits "
            "into memory: a long text in one piece would not.",
            edited(window_bits, "range(0, len(ids) - 1, window) → [0]", "ids[start : start + window + 1] → ids"),
            where=lambda ids, window, **_: len(ids) > window + 1,
        ),
        Misconception(
            "a last window left out",
            "The last window may be shorter than the others. You leave it out.",
            [
                edited(
                    window_bits,
                    "range(0, len(ids) - 1, window) → range(0, len(ids) - window, window)",
                    "(len(ids) - 1) / torch → max(1, (len(ids) - 1) // window * window) / torch",
                ),
                edited(window_bits, "range(0, len(ids) - 1, window) → range(0, len(ids) - window, window)"),
            ],
        ),
        Misconception(
            "the first window alone",
            "You return after the first window. Where does the `return` stand, in the loop or after it?",
            [
                edited(window_bits, "range(0, len(ids) - 1, window) → [0]"),
                edited(
                    window_bits, "range(0, len(ids) - 1, window) → [0]", "(len(ids) - 1) / torch → len(logits) / torch"
                ),
            ],
        ),
        Misconception(
            "the last window alone",
            "Your sum begins anew in each window, so only the last one is in it.",
            [
                edited(window_bits, "nats += F → nats = F", *count)
                for count in ((), ("(len(ids) - 1) / torch → len(logits) / torch",))
            ],
        ),
        Misconception(
            "a step that is one too long",
            "You step on by a byte more than each window reads, so the byte at each border is guessed but never read, "
            "and what follows it is not guessed. How far does each window read?",
            [
                edited(window_bits, "len(ids) - 1, window) → len(ids) - 1, window + 1)"),
                edited(window_bits, "start + window + 1] → start + window]"),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "+= len(part) - 1 → += len(part) - 1; guesses += len(part) - 1",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → max(1, guesses) / torch",
                ),
                edited(
                    window_bits,
                    "len(ids) - 1, window) → len(ids) - 1, window + 1)",
                    "+= len(part) - 1 → += len(part) - 1; guesses += len(part) - 1",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → guesses / torch",
                ),
                edited(  # without a state, too
                    window_bits,
                    "len(ids) - 1, window) → len(ids) - 1, window + 1)",
                    "part[None, :-1], stream → part[None, :-1]",
                    "+= len(part) - 1 → += len(part) - 1; guesses += len(part) - 1",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → guesses / torch",
                ),
            ],
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "a mean in the place of a sum",
            "You add up the windows' means, and divide by the number of bytes. Add up what the bytes cost: which "
            "`reduction` does that?",
            edited(window_bits, 'reduction="sum" → reduction="mean"'),
        ),
        Misconception(
            "a byte that judges its own logits",
            "You compare the logits at a place with the byte that was just read there. They are a guess about the "
            "next one.",
            [
                edited(window_bits, "part[1:] → part[:-1]"),
                edited(
                    window_bits,
                    "len(ids) - 1, window → len(ids), window",
                    "start + window + 1] → start + window]",
                    "part[None, :-1] → part[None]",
                    "+= len(part) - 1 → += len(part)",
                    "part[1:] → part",
                    "(len(ids) - 1) / torch → len(ids) / torch",
                ),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "part[None, :-1] → part[None]",
                    "+= len(part) - 1 → += len(part)",
                    "part[1:] → part",
                    "(len(ids) - 1) / torch → (len(ids) - ((len(ids) - 1) % window == 0)) / torch",
                ),
                *(
                    _own_at_the_border(carry, last, over)
                    for carry in (False, True)
                    for last, over in (
                        *((False, over) for over in ("its guesses", "those inside", "L − 1")),
                        *((True, over) for over in ("its guesses", "those inside")),
                    )
                ),
                *(
                    edited(
                        window_bits,
                        "start + window + 1] → start + window]",
                        "part[None, :-1] → part[None]",
                        "+= len(part) - 1 → += len(part)",
                        "part[1:] → part",
                        *divided,
                    )
                    for divided in ((), ("(len(ids) - 1) / torch → len(ids) / torch",))
                ),
            ],
        ),
        Misconception(
            "an offset that runs ahead of its stream",
            "Your offset counts bytes that the stream has not read: it moved before they went in, or the stream is a "
            "new one. Make one stream for the whole text, and move the offset after each window.",
            edited(
                window_bits,
                "        logits = model(part[None, :-1], stream)[0]  # (window, 256)\n"
                "        stream.seqlen_offset += len(part) - 1\n → "
                "        stream.seqlen_offset += len(part) - 1\n"
                "        logits = model(part[None, :-1], stream)[0]\n",
            ),
        ),
        Misconception(
            "an offset that counts a byte too many",
            "Your window has a byte more than is read: the last one is only guessed. The offset counts what was read.",
            edited(window_bits, "+= len(part) - 1 → += len(part)"),
        ),
        Misconception(
            "an offset that counts a byte too few",
            "Your offset counts a byte too few in each window: as many as are guessed inside of it. What it counts is "
            "what was read.",
            edited(window_bits, "+= len(part) - 1 → += len(part) - 2"),
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "an offset that counts windows",
            "You move the offset on by 1 for each window. It counts the bytes that the stream has read.",
            edited(window_bits, "+= len(part) - 1 → += 1"),
        ),
        Misconception(
            "an offset of one window",
            "Your offset stays at the length of one window. It counts *all* bytes that the stream has read.",
            edited(window_bits, "+= len(part) - 1 → = len(part) - 1"),
        ),
        Misconception(
            "an offset one window late",
            "After a window you set the offset to where this window began. By then its bytes are read, too: the offset "
            "says where the *next* one begins.",
            edited(window_bits, "+= len(part) - 1 → = start"),
        ),
        Misconception(
            "a byte that is read twice",
            "The byte at each border is read by two windows, as the last of one and the first of the next. Guessed or "
            "read: which of the two is each window to do with it?",
            [
                edited(
                    window_bits,
                    "model(part[None, :-1], stream) → model(part[None], stream)",
                    "+= len(part) - 1 → += len(part)",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
                edited(
                    window_bits,
                    "model(part[None, :-1], stream) → model(part[None], stream)",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
                edited(
                    window_bits,
                    "range(0, len(ids) - 1, → range(0, len(ids),",
                    "ids[start : start + window + 1] → ids[max(0, start - 1) : start + window]",
                    "model(part[None, :-1], stream) → model(part[None], stream)",
                    "+= len(part) - 1 → += len(part)",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
                edited(
                    window_bits,
                    "range(0, len(ids) - 1, window) → range(0, len(ids) - 1, window - 1)",
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None], stream)",
                    "+= len(part) - 1 → += len(part)",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
            ],
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "the code as it was found",
            "The bits still change with the window. Follow the bytes on either side of a border between two windows.",
            [
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None])",
                    "stream.seqlen_offset += len(part) - 1 → guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → max(1, guesses) / torch",
                ),
            ],
            given=True,
        ),
        Misconception(
            "a change for windows of one byte alone",
            "With windows of two bytes and more, this is the code as it was found: the first byte of each is not "
            "guessed, and those after it are guessed from next to nothing. One byte is only where it shows most.",
            _cured,
            where=lambda window, **_: window > 1,
        ),
        Misconception(
            "full windows, each by itself",
            "You read full windows alone, and leave out what fills none at the end. And each of them begins with an "
            "empty state, in a batch no less than in a loop: none knows what came before it.",
            [_side_by_side(inside=False), _side_by_side(inside=True)],
            where=lambda ids, window, **_: len(ids) > window and len(ids) % window and (len(ids) - 1) % window,
        ),
        Misconception(
            "nats in the place of bits",
            "The windows are right now. cross_entropy gives nats: what turns them into bits?",
            edited(window_bits, " / torch.log(torch.tensor(2.0)).item() → "),
        ),
        Misconception(
            "bits turned into nats",
            "The windows are right now. But your number is the cost in nats times ln 2: a nat is 1.44 bits.",
            edited(window_bits, "/ torch.log → * torch.log"),
        ),
        Misconception(
            "a window that slides",
            "Your window moves on by less than its length and begins with an empty state each time: a byte is guessed "
            "from the last bytes alone, and most bytes are read several times. Read every byte once, and carry the "
            "state.",
            [
                *(_striding(more) for more in (0, 1)),
                _sliding,
                edited(_sliding, "range(1, len(ids)) → range(window, len(ids))", "/ len(costs) → / max(1, len(costs))"),
            ],
            where=lambda window, **_: window > 2,  # half of 2 bytes is read once
        ),
        Misconception(
            "one window of the past",
            "Each window is read together with the one before it, from an empty state: what lies further back is "
            "forgotten, and the one before is read again. Read every byte once, and carry the state.",
            _behind(),
        ),
        Misconception(
            "a few bytes of the past",
            "Each window is read together with a few bytes before it, from an empty state: what lies further back is "
            "forgotten, and those bytes are read again. Read every byte once, and carry the state.",
            [_behind(more) for more in (1, 2, 3, 4, 8)],
            where=lambda ids, window, **_: len(ids) >= window + 10,  # something lies further back than 8 bytes
        ),
        Misconception(
            "8 bits for each window",
            "You let the first byte of each later window cost 8 bits. It is guessed: by the last logits of the window "
            "before.",
            [_eight_bits(carry) for carry in (False, True)],
        ),
        Misconception(
            "a sum in the place of a mean",
            "You return what the whole text costs. The task asks for the mean over the L − 1 bytes.",
            edited(window_bits, " / (len(ids) - 1) → "),
        ),
        Misconception(
            "a mean of means",
            "The mean of each window counts alike. The last window may be shorter, and then its bytes count more "
            "than others.",
            [
                edited(
                    window_bits,
                    'reduction="sum").item() → reduction="mean").item()',
                    "/ (len(ids) - 1) / → / -(-(len(ids) - 1) // window) /",
                ),
                edited(window_bits, 'reduction="sum").item() → reduction="mean").item() * window'),
            ],
        ),
        Misconception(
            "windows in the place of bytes",
            "You divide by the number of windows, or by their length. The task asks for the cost of a byte: how many "
            "are guessed in all?",
            [
                edited(window_bits, f"(len(ids) - 1) / torch → {count} / torch")
                for count in ("len(range(0, len(ids) - 1, window))", "window")
            ],
        ),
        Misconception(
            "a first byte that costs 8 bits",
            "You let the first byte cost 8 bits. Nobody guessed it: the mean is over the bytes that were guessed.",
            [
                edited(window_bits, "nats = 0.0 → nats = 8 * math.log(2)", *over)
                for over in (("(len(ids) - 1) / torch → len(ids) / torch",), ())
            ],
        ),
        Misconception(
            "too large a denominator",
            "You divide by more than there are guesses. The first byte of the text is not guessed, so there are "
            "L − 1, however the text is cut.",
            [
                edited(window_bits, f"(len(ids) - 1) / torch → {count} / torch")
                for count in (
                    "len(ids)",
                    "(len(ids) - ((len(ids) - 1) % window == 0))",  # the bytes of the windows
                    "(len(ids) - 1 + len(range(0, len(ids) - 1, window)))",  # with a byte more in each
                    "(window * len(range(0, len(ids) - 1, window)))",
                )
            ],
        ),
    ],
)
