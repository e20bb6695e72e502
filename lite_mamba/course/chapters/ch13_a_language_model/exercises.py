"""Exercises of notebook 13: bits per byte, counts that back off, files held out, draws, and reading in windows."""

import hashlib
import random
import re
import zlib
from functools import cache
from pathlib import PurePosixPath

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import InferenceParams
from lite_mamba.language_model import MambaLM

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: bits_per_byte


def bits_per_byte(logits: Tensor, ids: Tensor) -> float:
    """Mean −log₂ of the probability that each byte but the first got before it came: logits (L, 256), ids (L,)."""
    log_p = logits[:-1].log_softmax(-1)  # (L − 1, 256)
    nats = -log_p.gather(1, ids[1:, None])  # (L − 1, 1)
    return (nats.mean() / torch.log(torch.tensor(2.0))).item()


def _bits_cases(draw: Draw) -> dict:
    length = draw.size(3, 9)
    return {"logits": 3 * draw.normal(length, 256), "ids": draw.integers(0, 255, length)}


BITS = Exercise(
    id="13.bits_per_byte",
    title="Bits per byte from logits",
    reference=bits_per_byte,
    cases=_bits_cases,
    misconceptions=[
        Misconception(
            "nats in the place of bits",
            "Your number is the mean of −ln p. That is the cost in nats, 0.69 times the number of bits. Which "
            "logarithm counts halvings?",
            edited(bits_per_byte, " / torch.log(torch.tensor(2.0)) → "),
        ),
        Misconception(
            "bits turned into nats",
            "You multiply by ln 2 where you should divide. A nat is 1.44 bits, so the number of bits is the "
            "larger one.",
            edited(bits_per_byte, "/ torch.log → * torch.log"),
        ),
        Misconception(
            "a byte divided by 8",
            "You divide by the 8 bits of which a byte consists. Its cost is a number of bits already: 8 of them are "
            "what a model pays that knows nothing.",
            [
                edited(bits_per_byte, "torch.tensor(2.0)) → torch.tensor(2.0)) / 8"),
                edited(bits_per_byte, "torch.log(torch.tensor(2.0)) → 8"),
            ],
        ),
        Misconception(
            "the entropy of the guess",
            "You weigh the costs of all 256 bytes with their own probabilities: what the model expects to pay, "
            "whatever comes. Asked is what the byte that came did cost.",
            edited(bits_per_byte, "-log_p.gather(1, ids[1:, None]) → -(log_p.exp() * log_p).sum(-1)"),
        ),
        Misconception(
            "a median in the place of a mean",
            "You take the cost in the middle. What a text costs is the sum of all, the dear bytes too: take the mean.",
            [
                edited(bits_per_byte, "nats.mean() → nats.median()"),
                edited(bits_per_byte, "nats.mean() → -(-nats).median()"),  # of an even number, the other one
            ],
        ),
        Misconception(
            "a share of right guesses",
            "You count how often the likeliest byte came. A guess is also paid for how sure it was: the cost comes "
            "from the probability of the byte that came.",
            [
                edited(
                    bits_per_byte, "return → return (log_p.argmax(-1) == ids[1:]).float().mean().item()\n    return"
                ),
                edited(
                    bits_per_byte, "return → return (log_p.argmax(-1) != ids[1:]).float().mean().item()\n    return"
                ),
            ],
        ),
        Misconception(
            "a logarithm to the base 10",
            "You divide by ln 10, or use log10. A bit is one halving: the base is 2.",
            [
                edited(bits_per_byte, "torch.tensor(2.0) → torch.tensor(10.0)"),
                edited(bits_per_byte, "torch.log(torch → torch.log10(torch"),
            ],
        ),
        Misconception(
            "a byte that judges its own logits",
            "You compare the logits at place i with the byte at place i. The model has just read that byte; its logits "
            "there are a guess about the *next* one.",
            [
                edited(bits_per_byte, "logits[:-1] → logits", "ids[1:, None] → ids[:, None]"),
                edited(bits_per_byte, "logits[:-1] → logits[1:]"),
                edited(bits_per_byte, "ids[1:, None] → ids[:-1, None]"),
            ],
        ),
        Misconception(
            "a shift the wrong way round",
            "You score the logits at place i against the byte *before* it. They are a guess about the byte after it.",
            edited(bits_per_byte, "logits[:-1] → logits[1:]", "ids[1:, None] → ids[:-1, None]"),
        ),
        Misconception(
            "a text that is a ring",
            "You let the last logits guess the first byte. Nothing follows the last byte of the text, and nothing "
            "guessed the first one: L bytes give L − 1 guesses.",
            edited(bits_per_byte, "logits[:-1] → logits", "ids[1:, None] → ids.roll(-1)[:, None]"),
        ),
        Misconception(
            "a sum in the place of a mean",
            "You add up the bits of the whole text. Asked for are bits *per byte*.",
            edited(bits_per_byte, "nats.mean() → nats.sum()"),
        ),
        Misconception(
            "a guess too many in the count",
            "The sum is right, but you divide it by L. The first byte is not guessed, so there are L − 1 guesses.",
            edited(bits_per_byte, "nats.mean() → nats.sum() / len(ids)"),
        ),
        Misconception(
            "the logarithm of a mean",
            "You average the probabilities and then take the logarithm. A text costs the sum of what its bytes cost: "
            "first the logarithm of each, then the mean.",
            edited(bits_per_byte, "nats.mean() → -(-nats).exp().mean().log()"),
        ),
        Misconception(
            "logits taken for log-probabilities",
            "You read the logit itself as a log-probability. The 256 probabilities must add up to 1 first: which "
            "function does that to logits?",
            [
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1]"),
                edited(
                    bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1]", " / torch.log(torch.tensor(2.0)) → "
                ),
            ],
        ),
        Misconception(
            "logits taken for probabilities",
            "You take the logarithm of the logits. It is of probabilities: which function makes them of logits?",
            edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1].log()"),
        ),
        Misconception(
            "a softmax of a softmax",
            "You hand over probabilities where logits are expected: F.cross_entropy takes the softmax itself. Of two "
            "in a row, hardly a difference between the bytes is left.",
            edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1].softmax(-1).log_softmax(-1)"),
        ),
        Misconception(
            "a softmax over the places",
            "Your softmax runs along the text. The probabilities of the 256 bytes at *one* place add up to 1.",
            [
                edited(bits_per_byte, "log_softmax(-1) → log_softmax(0)"),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits.log_softmax(0)[:-1]"),
            ],
        ),
        Misconception(
            "a logarithm too many",
            "You take a logarithm of the cost. The cost is a logarithm already, of base e: a division turns it into "
            "bits.",
            edited(bits_per_byte, "(nats.mean() / torch.log(torch.tensor(2.0))) → nats.mean().log2()"),
        ),
        Misconception(
            "a last byte that costs nothing",
            "The last byte of the text is guessed, too, by the logits before it. You leave it out.",
            [
                edited(bits_per_byte, "logits[:-1] → logits[:-2]", "ids[1:, None] → ids[1:-1, None]"),
                edited(
                    bits_per_byte,
                    "logits[:-1] → logits[:-2]",
                    "ids[1:, None] → ids[1:-1, None]",
                    "nats.mean() → nats.sum() / (len(ids) - 1)",
                ),
            ],
            where=lambda ids, **_: len(ids) > 2,
        ),
        Misconception(
            "a perplexity",
            "Your number is 2 to the power of the bits, which is called the perplexity. Asked for are the bits.",
            edited(bits_per_byte, "(nats.mean() / torch.log(torch.tensor(2.0))) → nats.mean().exp()"),
        ),
        Misconception(
            "a negative cost",
            "Your number is negative. A probability is at most 1, so its logarithm is at most 0, and the cost is minus "
            "that.",
            edited(bits_per_byte, "-log_p → log_p"),
        ),
    ],
)


# Exercise 2: ngram


def ngram(text: bytes, context: bytes) -> Tensor:
    """Counts of what followed the end of the context, from the shortest end to the longest: (256,) probabilities."""
    p = torch.full((256,), 1 / 256)
    for size in range(len(context) + 1):
        tail = context[len(context) - size :]
        followers = [text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail]
        counts = torch.bincount(torch.tensor(followers, dtype=torch.long), minlength=256)  # (256,)
        p = (counts + p) / (len(followers) + 1)
    return p


def _ngram_cases(draw: Draw) -> dict:
    def letters(low: int, high: int) -> bytes:
        return bytes(97 + draw.random.randrange(3) for _ in range(draw.size(low, high)))

    return {"text": letters(4, 30), "context": letters(0, 4)}


def _counting_on(text, context):
    p, counts = torch.full((256,), 1 / 256), torch.zeros(256)
    for size in range(len(context) + 1):
        for i in range(len(text) - size):
            counts[text[i + size]] += text[i : i + size] == context[len(context) - size :]
        p = (counts + p) / (counts.sum() + 1)
    return p


NGRAM = Exercise(
    id="13.ngram",
    title="Counts that back off",
    reference=ngram,
    cases=_ngram_cases,
    trials=30,
    atol=1e-7,  # a byte that never came has hardly any probability
    example={"text": b"aaabab", "context": b"aa"},
    axes=("byte",),
    misconceptions=[
        Misconception(
            "an end of length 0 that is everything",
            "context[-0:] is the whole context, not the empty one, for −0 is 0. Count from the front: an end of `size` "
            "bytes begins at len(context) − size.",
            [
                edited(ngram, "context[len(context) - size :] → context[-size:]"),
                edited(
                    ngram,
                    "context[len(context) - size :] → context[-size:]",
                    "i + size] for i in range(len(text) - size) if text[i : i + size] → "
                    "i + len(tail)] for i in range(len(text) - len(tail)) if text[i : i + len(tail)]",
                ),
            ],
        ),
        Misconception(
            "the beginning of the context",
            "You compare with the first bytes of the context. What counts are its *last* bytes, those just before the "
            "byte to be guessed.",
            edited(ngram, "context[len(context) - size :] → context[:size]"),
        ),
        Misconception(
            "the longest end left out",
            "range(len(context)) stops one short: the whole context, of len(context) bytes, is never looked up.",
            edited(ngram, "len(context) + 1 → len(context)"),
        ),
        Misconception(
            "the empty end left out",
            "You begin with an end of one byte. The empty end comes first: it counts how often each byte "
            "occurs at all.",
            edited(ngram, "range(len(context) + 1) → range(1, len(context) + 1)"),
        ),
        Misconception(
            "from the longest end to the shortest",
            "You walk from the longest end down, so the shortest has the last word. The longest must come last: it "
            "takes what the shorter ends say as its starting point.",
            edited(ngram, "range(len(context) + 1) → reversed(range(len(context) + 1))"),
        ),
        Misconception(
            "no back-off",
            "Your result is the one that the whole context gives alone. Where it never occurred, all bytes come out "
            "alike. What the shorter ends have counted must enter as p.",
            edited(ngram, "range(len(context) + 1) → [len(context)]"),
        ),
        Misconception(
            "bytes that are impossible",
            "A byte that never followed gets the probability 0. If it comes all the same, it costs infinitely many "
            "bits. The shorter end counts as one observation, so that every byte keeps a little.",
            [
                edited(
                    ngram,
                    "range(len(context) + 1) → [len(context)]",
                    "(counts + p) / (len(followers) + 1) → counts / max(1, len(followers))",
                ),
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts / len(followers) if followers else p"),
            ],
        ),
        Misconception(
            "one added to every byte",
            "You add 1 to the count of each of the 256 bytes. The shorter context is worth *one* observation in all, "
            "and shares it out as p says.",
            [
                edited(ngram, "(counts + p) / (len(followers) + 1) → (counts + 1) / (len(followers) + 256)"),
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → (counts + 1) / (len(followers) + 256) if followers else p",
                ),
            ],
        ),
        Misconception(
            "probabilities that do not add up to 1",
            "The shorter context adds an observation above the stroke, but below it you divide by the followers alone.",
            [
                edited(ngram, "(len(followers) + 1) → max(1, len(followers))"),
                edited(ngram, "(len(followers) + 1) → len(followers)"),
            ],
        ),
        Misconception(
            "a stroke with 256 below it",
            "Above the stroke you add p, which is 1 in all; below it 256. So your probabilities add up to less than 1.",
            edited(ngram, "(len(followers) + 1) → (len(followers) + 256)"),
        ),
        Misconception(
            "the first place alone",
            "You find the first place where the end stands. It may stand at many: count what follows at each.",
            edited(ngram, "if text[i : i + size] == tail] → if text[i : i + size] == tail][:1]"),
        ),
        Misconception(
            "half and half",
            "You take the mean of what an end says and of what the shorter ones say, however often it was seen. The "
            "shorter ones count as *one* observation: beside a hundred they weigh next to nothing.",
            [
                edited(ngram, "(counts + p) / (len(followers) + 1) → (counts / max(1, len(followers)) + p) / 2"),
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → (counts / len(followers) + p) / 2 if followers else p",
                ),
            ],
        ),
        Misconception(
            "256 observations in the place of one",
            "p enters 256 times. The probabilities so far count as *one* further observation in all.",
            edited(ngram, "(counts + p) / (len(followers) + 1) → (counts + 256 * p) / (len(followers) + 256)"),
        ),
        Misconception(
            "overlaps that are not counted",
            "bytes.count and re.finditer find pieces that do not overlap: in b'aaa' they find b'aa' once. Here each "
            "place of the text counts.",
            [
                edited(
                    ngram,
                    "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                    "[b for b in range(256) for _ in range(text.count(tail + bytes([b])))]",
                ),
                edited(
                    ngram,
                    "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                    "[text[m.end()] for m in re.finditer(re.escape(tail), text) if m.end() < len(text)]",
                    re=re,
                ),
            ],
        ),
        Misconception(
            "places that are skipped",
            "You move on by the length of the end, so that places in between are never looked at. An end may stand at "
            "any place of the text.",
            edited(ngram, "range(len(text) - size) → range(0, len(text) - size, max(1, size))"),
        ),
        Misconception(
            "a place too few",
            "You stop one place too early: the last byte of the text also follows something, and counts.",
            edited(ngram, "range(len(text) - size) → range(len(text) - size - 1)"),
        ),
        Misconception(
            "the byte before in the place of the byte after",
            "You collect a byte that stands before the one asked for: one of the match itself, or the one in front "
            "of it. Wanted is the byte that *follows* the match.",
            [
                edited(ngram, "text[i + size] for → text[i] for"),
                edited(ngram, "text[i + size] for → text[i + size - 1] for"),
                edited(ngram, "text[i + size] for → text[i - 1] for"),
                edited(
                    ngram,
                    "text[i + size] for i in range(len(text) - size) → "
                    "text[i - 1] for i in range(1, len(text) - size + 1)",
                ),
            ],
        ),
        Misconception(
            "another start",
            "Before anything is counted, each of the 256 bytes has the probability 1/256. Your p begins with another "
            "number.",
            [
                edited(ngram, "torch.full((256,), 1 / 256) → torch.zeros(256)"),
                edited(ngram, "torch.full((256,), 1 / 256) → torch.ones(256)"),
            ],
        ),
        Misconception(
            "counts that run on",
            "You go on counting in one and the same table. What followed a shorter end is in p already; each end has "
            "counts of its own.",
            _counting_on,
        ),
        Misconception(
            "an end behind which nothing stands",
            "Below the stroke you also count the place at the end of the text. Nothing follows it there: `n_k` says "
            "how often any byte did.",
            edited(
                ngram, "(len(followers) + 1) → (sum(text[:i].endswith(tail) for i in range(size, len(text) + 1)) + 1)"
            ),
        ),
        Misconception(
            "the empty end alone",
            "Your result is that of the empty end, whatever the context. Does the loop go through all ends, and are "
            "the longer ones ever found?",
            edited(ngram, "range(len(context) + 1) → [0]"),
        ),
        Misconception(
            "each byte counted once",
            "You note whether a byte followed. How often it did is what counts.",
            edited(
                ngram,
                "p = (counts + p) / (len(followers) + 1) → p = (counts.clamp(max=1) + p) / (len(set(followers)) + 1)",
            ),
        ),
    ],
)


# Exercise 3: held_out


def held_out(paths: list[str], share: int) -> list[bool]:
    """A file is held out if share divides a checksum of its path."""
    return [zlib.crc32(path.encode()) % share == 0 for path in paths]


def _held_out_cases(draw: Draw) -> dict:
    folders, names = (
        ["", "json/", "asyncio/", "email/"],
        ["__init__.py", "tool.py", "queues.py", "über.py", "ElementTree.py"],
    )
    pick = [draw.choice(folders) + draw.choice(names) for _ in range(draw.size(4, 12))]
    return {
        "paths": [path.replace("tool", f"tool{draw.random.randrange(90)}") for path in pick],
        "share": draw.size(2, 5),
    }


def _drawn(paths: list[str], share: int) -> list[bool]:
    generator = random.Random(0)
    return [generator.random() < 1 / share for _ in paths]


def _running(paths: list[str], share: int) -> list[bool]:
    """A split that goes on with one checksum over all paths."""
    checksum, found = 0, []
    for path in paths:
        checksum = zlib.crc32(path.encode(), checksum)
        found.append(checksum % share == 0)
    return found


HELD_OUT = Exercise(
    id="13.held_out",
    title="Files that stay unread",
    reference=held_out,
    cases=_held_out_cases,
    trials=30,
    example={"paths": ["abc.py", "json/decoder.py", "queue.py", "abc.py", "json/__init__.py"], "share": 2},
    misconceptions=[
        Misconception(
            "a place in the list",
            "You decide by the place in the list. A library with one more file moves all places behind it, and files "
            "that a model was trained on end up held out. Decide by the path alone.",
            [
                edited(
                    held_out, "zlib.crc32(path.encode()) → i", "for path in paths → for i, path in enumerate(paths)"
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → (i + 1)",
                    "for path in paths → for i, path in enumerate(paths)",
                ),
            ],
        ),
        Misconception(
            "Python's own hash",
            "hash of a string differs from one start of Python to the next, by design. In another session other files "
            "would be held out. A checksum of the bytes stays.",
            [
                edited(held_out, "zlib.crc32(path.encode()) → hash(path)"),
                edited(held_out, "zlib.crc32(path.encode()) → hash(path.encode())"),
            ],
        ),
        Misconception(
            "one end of the list",
            "You hold out one end of the list. Sorted paths that stand side by side belong together, so an end is "
            "another kind of text, and one more file moves the border.",
            [
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i >= len(paths) - len(paths) // share for i in range(len(paths))",
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i < len(paths) // share for i in range(len(paths))",
                ),
            ],
        ),
        Misconception(
            "most files held out",
            "You take every remainder but 0, so one file in `share` is left to train on. Which single "
            "remainder did the task ask for?",
            edited(held_out, "== 0 → != 0"),
        ),
        Misconception(
            "another remainder",
            "Any remainder would hold out one file in `share`, but it must be the agreed one, 0, or the split "
            "is not the one that the model was trained with.",
            [edited(held_out, "== 0 → == 1"), edited(held_out, "== 0 → == share - 1")],
        ),
        Misconception(
            "the paths themselves",
            "You return the paths that are held out. Asked is True or False for each path, in the order of the paths.",
            lambda paths, share: [path for path, out in zip(paths, held_out(paths, share), strict=True) if out],
        ),
        Misconception(
            "remainders in the place of answers",
            "You return the remainders. A file is held out where the remainder is 0: compare.",
            edited(held_out, " == 0 → "),
        ),
        Misconception(
            "a checksum of text",
            "CRC-32 is a checksum of bytes, and a path is text. `.encode()` makes bytes of it.",
            edited(held_out, "path.encode() → path"),
        ),
        Misconception(
            "nothing held out",
            "You hold no file out. `share` is to divide the checksum: then the remainder of the checksum is 0.",
            edited(held_out, "== 0 → == share"),
        ),
        Misconception(
            "another order",
            "You answer for the paths in another order than they came.",
            [edited(held_out, "in paths → in sorted(paths)"), edited(held_out, "in paths → in reversed(paths)")],
        ),
        Misconception(
            "a size in the place of a divisor",
            "You hold out the files with the smallest checksums. That is one in `share`, too, but they are others. "
            "What must `share` do to the checksum?",
            edited(held_out, "% share == 0 → < 2**32 / share"),
        ),
        Misconception(
            "one checksum for all",
            "You take one checksum of the whole list, so all files share one fate, and one file more may turn it. "
            "Each path decides for itself.",
            [
                edited(held_out, 'path.encode()) % → "".join(paths).encode()) %'),
                edited(held_out, "path.encode()) % → str(paths).encode()) %"),
            ],
        ),
        Misconception(
            "a draw for each file",
            "You draw at random. A seed does not help: one file more, and all draws behind it belong to other files. "
            "Decide by the path alone.",
            [_drawn, edited(_drawn, ".random() < 1 / share → .randrange(share) == 0")],
        ),
        Misconception(
            "the name without its folder",
            "You take the checksum of the file's name alone. Then all files called __init__.py share one fate. "
            "The path with its folders tells them apart.",
            edited(held_out, "path.encode() → PurePosixPath(path).name.encode()", PurePosixPath=PurePosixPath),
        ),
        Misconception(
            "other bytes than those of the path",
            "A checksum is made of bytes, and yours are not those of `.encode()`: another encoding, quotation marks "
            "around the path, or letters that were dropped. All must make the same bytes of a path.",
            [
                edited(held_out, "path.encode() → path.encode('utf-16')"),
                edited(held_out, "path.encode() → repr(path).encode()"),
                edited(held_out, "path.encode() → path.encode('ascii', 'ignore')"),
                edited(held_out, "path.encode() → path.encode('ascii', 'replace')"),
            ],
        ),
        Misconception(
            "a checksum that runs on",
            "You start each checksum from the one of the path before. One file more, and all behind it are decided "
            "anew. Each path decides for itself.",
            _running,
        ),
        Misconception(
            "another checksum",
            "Your number is made of the path, but it is not its CRC-32, so other files are held out than those that "
            "the model never read.",
            [
                edited(held_out, "zlib.crc32 → zlib.adler32"),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → int(hashlib.md5(path.encode()).hexdigest(), 16)",
                    hashlib=hashlib,
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → int(hashlib.sha256(path.encode()).hexdigest(), 16)",
                    hashlib=hashlib,
                ),
                edited(held_out, "zlib.crc32(path.encode()) → len(path)"),
                edited(held_out, "zlib.crc32(path.encode()) → sum(path.encode())"),
                edited(held_out, "path.encode() → path.lower().encode()"),
            ],
        ),
    ],
)


# Exercise 4: draw


def draw_byte(logits: Tensor, temperature: float, u: float) -> int:
    """The first byte at which the running sum of the sharpened probabilities exceeds u; at 0 the likeliest.

    The last piece ends at 1, whatever its running sum is rounded to.
    """
    if temperature == 0:
        return int(logits.argmax())
    p = (logits / temperature).softmax(-1)  # (256,)
    return int((p.cumsum(-1)[:-1] <= u).sum())


def _draw_cases(draw: Draw) -> dict:
    size = draw.size(4, 12)
    logits = 2 * draw.normal(size) + 0.13 * torch.arange(size)  # (V,): no two alike
    temperature = draw.choice([0, 0.25, 0.5, 1.0, 2.0, 5.0])
    sums = (logits.double() / (temperature or 1)).softmax(-1).cumsum(-1)  # (V,)
    u = draw.choice([0.02, 0.13, 0.31, 0.47, 0.58, 0.72, 0.86, 0.97])
    if draw.choice([True, False, False, False]):  # the first byte is impossible, and u falls on its empty piece
        return {"logits": logits.index_fill(0, torch.tensor(0), -torch.inf), "temperature": temperature, "u": 0.0}
    if temperature == 0:  # another byte is all but as likely, and u would fall on it at a small temperature
        best = int(logits.argmax())
        other = draw.choice([i for i in range(size) if i != best])
        logits[other], u = logits[best] - 0.001, 0.13 if other < best else 0.86
    return {"logits": logits, "temperature": temperature, "u": u + 0.007 * bool((sums - u).abs().min() < 1e-3)}


DRAW = Exercise(
    id="13.draw_byte",
    title="Draw with a temperature",
    reference=draw_byte,
    cases=_draw_cases,
    trials=60,
    misconceptions=[
        Misconception(
            "a temperature that multiplies",
            "You multiply by the temperature. A *low* temperature must sharpen: the differences between the "
            "logits grow when you divide by a small number.",
            edited(draw_byte, "logits / temperature → logits * temperature"),
        ),
        Misconception(
            "an ignored temperature",
            "Where you draw, the temperature does nothing. It belongs into the logits, before the softmax.",
            [
                edited(draw_byte, "(logits / temperature) → logits"),
                edited(draw_byte, "(logits / temperature) → logits", "if temperature == 0: → if False:"),
            ],
        ),
        Misconception(
            "a temperature behind the softmax",
            "You divide the probabilities by the temperature. Then they no longer add up to 1, and nothing is "
            "sharpened. The logits are divided, before the softmax.",
            [
                edited(draw_byte, "(logits / temperature).softmax(-1) → logits.softmax(-1) / temperature"),
                edited(draw_byte, "(logits / temperature).softmax(-1) → logits.softmax(-1) / temperature", "[:-1] → "),
            ],
        ),
        Misconception(
            "always the likeliest byte",
            "You give the likeliest byte at every temperature, and u plays no part. That is right at 0 only.",
            edited(draw_byte, "temperature == 0 → True"),
        ),
        Misconception(
            "byte 0 at temperature 0",
            "At temperature 0 byte 0 comes out, whatever the logits are. A division by zero ends there: it leaves NaN, "
            "which is never at most u. Think of what the limit does: all probability goes to one byte.",
            edited(draw_byte, "if temperature == 0: → if False:"),
        ),
        Misconception(
            "the byte before",
            "You are one too low: that byte's running sum is still below u. The next one is the first that exceeds it.",
            [
                edited(draw_byte, "return int((p → return -1 + int((p"),
                edited(draw_byte, "int((p.cumsum(-1)[:-1] <= u).sum()) → max(0, int((p.cumsum(-1) <= u).sum()) - 1)"),
            ],
        ),
        Misconception(
            "the byte after",
            "You are one too high. How many running sums are still at or below u? Bytes are counted from 0.",
            edited(draw_byte, "return int((p → return 1 + int((p"),
        ),
        Misconception(
            "the ends that are still to come",
            "You count the ends that lie above u. Those that u has passed say how many pieces lie before it.",
            [edited(draw_byte, "[:-1] <= u → [:-1] > u"), edited(draw_byte, "[:-1] <= u → > u")],
        ),
        Misconception(
            "the nearest end",
            "You take the byte whose end is nearest to u. It may be the piece before: u falls into the first piece "
            "that ends above it.",
            edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → (p.cumsum(-1) - u).abs().argmin()"),
        ),
        Misconception(
            "a sigmoid in the place of a softmax",
            "A sigmoid looks at each logit by itself. A softmax compares them: exp of a logit, divided by the sum of "
            "all.",
            [
                edited(draw_byte, ".softmax(-1) → .sigmoid()"),
                edited(draw_byte, ".softmax(-1) → .sigmoid()\n    p = p / p.sum()"),
            ],
        ),
        Misconception(
            "no softmax",
            "You lay the logits end to end, and some are negative. Only a softmax makes probabilities of them.",
            [
                edited(draw_byte, ".softmax(-1) → "),
                edited(draw_byte, ".softmax(-1) → ", "[:-1] → "),
            ],
        ),
        Misconception(
            "pieces that do not add up to 1",
            "You take the exponentials of the logits, and do not divide by their sum. The line from 0 to 1 has room "
            "for probabilities only.",
            edited(draw_byte, ".softmax(-1) → .exp()"),
        ),
        Misconception(
            "a softmax of a softmax",
            "You divide probabilities by the temperature and take the softmax once more. It wants logits: of two in a "
            "row, hardly a difference between the bytes is left.",
            edited(draw_byte, "(logits / temperature).softmax(-1) → (logits.softmax(-1) / temperature).softmax(-1)"),
        ),
        Misconception(
            "the least likely byte",
            "At temperature 0 you give the byte with the smallest logit. The likeliest has the largest.",
            edited(draw_byte, "logits.argmax() → logits.argmin()"),
        ),
        Misconception(
            "the likeliest byte at every low temperature",
            "Below 1 the likely bytes gain; only at 0 the likeliest wins for certain. You never draw below 1.",
            edited(draw_byte, "temperature == 0 → temperature < 1"),
        ),
        Misconception(
            "a small temperature in the place of 0",
            "At temperature 0 you draw at a very small one. Two bytes that are nearly as likely then still share the "
            "line. At 0 nothing is left to chance.",
            [
                edited(
                    draw_byte,
                    "if temperature == 0:\n        return int(logits.argmax()) → temperature = max(temperature, 1e-3)",
                ),
                edited(
                    draw_byte,
                    "if temperature == 0:\n        return int(logits.argmax()) → temperature = max(temperature, 0.1)",
                ),
            ],
        ),
        Misconception(
            "temperature 0 taken for 1",
            "At temperature 0 you draw as at 1. At 0 nothing is left to chance: the likeliest byte wins.",
            edited(draw_byte, "return int(logits.argmax()) → temperature = 1"),
        ),
        Misconception(
            "the largest logit in the place of its byte",
            "At temperature 0 you give the largest logit itself. Asked is the byte that has it.",
            [
                edited(draw_byte, "logits.argmax() → logits.max()"),
                edited(draw_byte, "int(logits.argmax()) → logits.max().item()"),
            ],
        ),
        Misconception(
            "a piece that holds its right end",
            "Where u falls exactly on a border, you give the byte on its left. A piece holds its left end: a byte of "
            "probability 0 has an empty piece and never comes, not even at u = 0.",
            edited(draw_byte, "<= u → < u"),
        ),
        Misconception(
            "pieces of one length",
            "You cut the line into equal pieces, so that each byte is as likely as any other. The length of a piece is "
            "the probability of its byte.",
            [
                edited(draw_byte, "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * len(p))"),
                edited(
                    draw_byte,
                    "return int(logits.argmax()) → return int(u * len(logits))",
                    "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * len(p))",
                ),
            ],
        ),
        Misconception(
            "a line from the other end",
            "You lay the pieces from the right end of the line. Byte 0 begins at 0, and u falls from there.",
            [
                edited(draw_byte, "<= u → <= 1 - u"),
                edited(draw_byte, "[:-1] <= u → <= 1 - u"),
                edited(draw_byte, "p.cumsum(-1)[:-1] <= u → p.flip(0).cumsum(0)[:-1] <= u"),
            ],
        ),
        Misconception(
            "random numbers of your own",
            "You draw yourself, and u plays no part. It *is* the draw, made beforehand, so that two programs can be "
            "compared.",
            [
                edited(draw_byte, "<= u → <= torch.rand(())"),
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → torch.multinomial(p, 1)"),
            ],
        ),
        Misconception(
            "a running sum over the sorted bytes",
            "You sort the probabilities before you lay them end to end. Then the same u falls into the piece of "
            "another byte. Leave them in the order of the bytes: no sorting is needed to draw.",
            [
                edited(
                    draw_byte,
                    "p = (logits / temperature).softmax(-1) → "
                    "p, order = (logits / temperature).softmax(-1).sort(descending=True)",
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → int(order[(p.cumsum(-1)[:-1] <= u).sum()])",
                ),
                edited(draw_byte, "(p.cumsum(-1) → (p.sort(descending=True).values.cumsum(-1)"),
                edited(draw_byte, "(p.cumsum(-1) → (p.sort().values.cumsum(-1)"),
            ],
        ),
        Misconception(
            "single probabilities in the place of their sum",
            "You compare u with each probability by itself. Lay the probabilities end to end on a line from 0 to 1 and "
            "see in which piece u falls.",
            [
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → (p > u).int().argmax()"),
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → (p - u).abs().argmin()"),
                edited(draw_byte, "p.cumsum(-1)[:-1] → p"),
            ],
        ),
    ],
)


# Bug hunt: bits that depend on the window


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


@cache
def _tiny(seed: int) -> MambaLM:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MambaLM(16, d_model=8, n_layers=1, d_state=4, dt_min=0.05, dt_max=0.2)
        with torch.no_grad():
            model.embedding.weight.normal_()
            model.layers[0].mixer.out_proj.weight.mul_(4)
    return model.eval().requires_grad_(False)


def _window_cases(draw: Draw) -> dict:
    return {
        "model": _tiny(draw.choice([0, 1])),
        "ids": draw.integers(0, 15, draw.size(6, 24)),
        "window": draw.size(1, 7),
    }


LONGER = "longer pieces than window"


def _windowed(function, model: MambaLM, ids: Tensor, window: int) -> dict:
    """What a function gives, and whether it gave the model more than `window` bytes in one call."""
    longest = []
    hook = model.register_forward_pre_hook(lambda _, inputs: longest.append(inputs[0].shape[1]))
    try:
        bits = function(model, ids, window)
    finally:
        hook.remove()
    return {"bits": bits, LONGER: max(longest, default=0) > window}


WINDOWS = Exercise(
    id="13.window_bits",
    title="Bits that depend on the window",
    reference=window_bits,
    cases=_window_cases,
    apply=_windowed,
    trials=16,
    misconceptions=[
        Misconception(
            "a model that wakes up anew in each window",
            "Each window begins with an empty state, so its first bytes are guessed from nothing. The text "
            "goes on, and so must the state. If you do hand it on: what does a seqlen_offset of 0 tell the model?",
            edited(window_bits, "model(part[None, :-1], stream) → model(part[None, :-1])"),
        ),
        Misconception(
            "bytes that nobody guesses",
            "The first byte of each window is never guessed: L bytes must give L − 1 guesses, however they are cut.",
            [
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
                    "part[None, :-1] → part[None]",
                    "+= len(part) - 1 → += len(part); guesses += len(part) - 1",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → max(1, guesses) / torch",
                ),
                edited(
                    window_bits,
                    "start + window + 1] → start + window]",
                    "model(part[None, :-1], stream) → model(part[None])",
                    "cross_entropy(logits, → cross_entropy(logits[:-1],",
                ),
            ],
        ),
        Misconception(
            "the whole text at once",
            "The bits are right. But you give the model more than `window` bytes in one call, so the memory grows "
            "with the text: a long one would not fit.",
            edited(window_bits, "range(0, len(ids) - 1, window) → [0]", "ids[start : start + window + 1] → ids"),
            where=lambda ids, window, **_: len(ids) > window + 1,
        ),
        Misconception(
            "a last window left out",
            "The last window may be shorter than the others. You leave it out.",
            [
                edited(window_bits, "range(0, len(ids) - 1, window) → range(0, len(ids) - window, window)"),
                edited(
                    window_bits,
                    "range(0, len(ids) - 1, window) → range(0, len(ids) - window, window)",
                    "(len(ids) - 1) / torch → max(1, (len(ids) - 1) // window * window) / torch",
                ),
            ],
        ),
        Misconception(
            "the last window alone",
            "Your sum begins anew in each window, so only the last one is in it.",
            edited(window_bits, "nats += F → nats = F"),
        ),
        Misconception(
            "a step that is one too long",
            "You step on by a byte more than each window reads, so the byte at each border is guessed but never read, "
            "and what follows it is not guessed. How far does each window read?",
            [
                edited(window_bits, "len(ids) - 1, window) → len(ids) - 1, window + 1)"),
                edited(
                    window_bits,
                    "len(ids) - 1, window) → len(ids) - 1, window + 1)",
                    "+= len(part) - 1 → += len(part) - 1; guesses += len(part) - 1",
                    "nats = 0.0 → nats, guesses = 0.0, 0",
                    "(len(ids) - 1) / torch → guesses / torch",
                ),
            ],
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
            "an offset that is set anew",
            "You set the offset to the length of the last window. It counts *all* bytes that the stream has read.",
            edited(window_bits, "+= len(part) - 1 → = len(part) - 1"),
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
            ],
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
            "nats in the place of bits",
            "The windows are right now. cross_entropy gives nats: what turns them into bits?",
            edited(window_bits, " / torch.log(torch.tensor(2.0)).item() → "),
        ),
        Misconception(
            "a window that slides",
            "Your window moves on by one byte and begins with an empty state each time: a byte is guessed from the "
            "last `window` bytes alone, and each byte is read `window` times. Read every byte once, and carry the "
            "state.",
            [
                _sliding,
                edited(_sliding, "range(1, len(ids)) → range(window, len(ids))", "/ len(costs) → / max(1, len(costs))"),
            ],
        ),
        Misconception(
            "a mean of means",
            "You average the windows' means. The last window may be shorter, and then its bytes count more "
            "than others.",
            edited(
                window_bits,
                'reduction="sum").item() → reduction="mean").item()',
                "/ (len(ids) - 1) / → / -(-(len(ids) - 1) // window) /",
            ),
        ),
        Misconception(
            "a byte too many below the stroke",
            "You divide by L. The first byte of the text is not guessed, so there are L − 1 guesses.",
            edited(window_bits, "(len(ids) - 1) / torch → len(ids) / torch"),
        ),
    ],
)


EXERCISES = [BITS, NGRAM, HELD_OUT, DRAW, WINDOWS]

RECAP = [
    Question(
        "A model gave a byte that came the probability 1/8. What did the byte cost?",
        ["8 bits", "3 bits", "1/8 bit", "2.08 bits"],
        "3 bits",
        "−log₂(1/8) = 3: the probability was halved three times. 2.08 is the same in nats.",
    ),
    Question(
        "Two models are compared by bits per byte on a text. What would make the comparison void?",
        [
            "One of them is larger",
            "One of them has read the text in training",
            "One of them was trained on a GPU",
            "The text is shorter than the training text",
        ],
        "One of them has read the text in training",
        "A text that was read can be remembered. That is why whole files are held out, by their names.",
    ),
    Question(
        "Why do n-grams of order 6 cost more bits than those of order 5 here?",
        [
            "Longer contexts are seen too seldom to count on",
            "Six bytes do not fit into memory",
            "The text has no structure beyond five bytes",
            "They are computed in nats",
        ],
        "Longer contexts are seen too seldom to count on",
        "Each further byte of context splits the same counts among more contexts. The structure is there, the "
        "counts are not.",
    ),
    Question(
        "The model has read 100 000 bytes. How large is its state, compared with the one after 10 bytes?",
        ["10 000 times as large", "4 times as large", "As large as before", "Smaller, for it forgets"],
        "As large as before",
        "The state of every layer has a fixed size, and one step costs the same at any place.",
    ),
    Question(
        "In lists of names, the model closes every round bracket rightly, 256 bytes later. Does it remember them all?",
        [
            "Yes, it counts them",
            "Not shown: it closes other brackets with a round one, too",
            "Yes, for the state keeps everything",
            "No, it guesses at random",
        ],
        "Not shown: it closes other brackets with a round one, too",
        "A constant answer is right where it happens to fit. Only the other kinds of bracket show whether "
        "anything was kept.",
    ),
]
