"""Exercise 2: ngram."""

import re

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


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
    alphabet = draw.choice([b"aAb", b"(.\n", b"\x00\x80\xff"])  # any byte may come

    def letters(low: int, high: int) -> bytes:
        return bytes(draw.random.choice(alphabet) for _ in range(draw.size(low, high)))

    text, context = letters(4, 30), letters(0, 9)
    if draw.choice([True, False, False]):  # it stands in the text, however long it is
        context = text[len(text) // 3 :][: len(context)]
    if draw.choice([True] + [False] * 7):  # more of one byte than a byte can count
        text += text[-1:] * 300
    return {"text": text, "context": context}


def _short(text: bytes, context: bytes) -> bool:
    """Whether a text can be read at a glance."""
    return len(text) < 100


def _counting_on(text, context):
    p, counts = torch.full((256,), 1 / 256), torch.zeros(256)
    for size in range(len(context) + 1):
        for i in range(len(text) - size):
            counts[text[i + size]] += text[i : i + size] == context[len(context) - size :]
        p = (counts + p) / (counts.sum() + 1)
    return p


def _longest(text, context):
    for size in range(len(context), -1, -1):
        end = context[len(context) - size :]
        followers = [text[i + size] for i in range(len(text) - size) if text[i : i + size] == end]
        if followers:
            break
    return (torch.bincount(torch.tensor(followers), minlength=256) + 1 / 256) / (len(followers) + 1)


def _mixing(everywhere: bool):
    """p is mixed inside of the loop over the places: at each, or at each where the end stands."""

    def ngram(text, context):
        p = torch.full((256,), 1 / 256)
        for size in range(len(context) + 1):
            counts = torch.zeros(256)
            for i in range(len(text) - size):
                found = text[i : i + size] == context[len(context) - size :]
                counts[text[i + size]] += found
                p = (counts + p) / (counts.sum() + 1) if found or everywhere else p
        return p

    return ngram


def _averaged(shares, start: bool):
    """The mean of what the ends say, each for itself: `shares(counts)` of one, None for none; with the start or not."""

    def ngram(text, context):
        found = [torch.full((256,), 1 / 256)] * start
        for size in range(len(context) + 1):
            end = context[len(context) - size :]
            followers = [text[i + size] for i in range(len(text) - size) if text[i : i + size] == end]
            found.append(shares(torch.bincount(torch.tensor(followers, dtype=torch.long), minlength=256)))
        found = [one for one in found if one is not None]
        return sum(found) / len(found)

    return ngram


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
            "an end from behind",
            "You turn the end round, so that its bytes stand in another order than in the text. An end of `ab` is `b`, "
            "or `ab` itself.",
            edited(ngram, "context[len(context) - size :] → context[::-1][:size]"),
        ),
        Misconception(
            "single bytes in the place of ends",
            "You compare one byte of the context at a time. An end of k bytes is found only where all k stand in a "
            "row.",
            [
                edited(ngram, "text[i : i + size] == tail → text[i : i + min(size, 1)] == tail[:1]"),
                edited(
                    ngram,
                    "len(context) - size :] → len(context) - size :][:1]",
                    "i + size] for i in range(len(text) - size) if text[i : i + size] → "
                    "i + len(tail)] for i in range(len(text) - len(tail)) if text[i : i + len(tail)]",
                ),
            ],
        ),
        Misconception(
            "ends with few followers left out",
            "You leave out ends that have few followers. They count like all others: the fewer followers an end has, "
            "the more the one observation of p weighs beside them.",
            [
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → "
                    f"(counts + p) / (len(followers) + 1) if len(followers) >= {least} else p",
                )
                for least in (2, 3, 5)
            ],
        ),
        Misconception(
            "an unseen end that knows nothing",
            "Where an end never stood in the text, you give every byte the same. What the shorter ends have counted "
            "still holds there.",
            [
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → "
                    f"(counts + p) / (len(followers) + 1) if {seen} else torch.full((256,), 1 / 256)",
                )
                for seen in ("followers", "tail in text")
            ],
        ),
        Misconception(
            "a softmax of counts",
            "You make probabilities of counts by a softmax, which takes powers of e: that is for logits. Counts are "
            "compared with the number of all.",
            [
                edited(ngram, f"(counts + p) / (len(followers) + 1) → {counts}.softmax(0)")
                for counts in ("(counts + p)", "counts.float()")
            ],
        ),
        Misconception(
            "the longest end left out",
            "The whole context is the longest of its ends, and never looked up. Mind that range(n) ends with n − 1.",
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
                edited(
                    ngram,
                    "range(len(context) + 1) → [len(context)]",
                    "(counts + p) / (len(followers) + 1) → counts / len(followers)",
                ),
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts / len(followers) if followers else p"),
            ],
        ),
        Misconception(
            "the longest end that occurs, alone",
            "You look for the longest end that occurs and ask no other. The shorter ends have a say, too: what they "
            "give is the p of the next one.",
            _longest,
        ),
        Misconception(
            "one added to every byte",
            "You add 1 to the count of each of the 256 bytes. The shorter context is worth *one* observation in all, "
            "and shares it out as p says.",
            [
                edited(ngram, "(counts + p) / (len(followers) + 1) → (counts + 1) / (len(followers) + 256)"),
                edited(ngram, "(counts + p) / → (counts + 1) /"),
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → (counts + 1) / (len(followers) + 256) if followers else p",
                ),
            ],
        ),
        Misconception(
            "probabilities that do not add up to 1",
            "The shorter context adds an observation in the numerator, but the denominator counts the followers alone.",
            [
                edited(ngram, "(len(followers) + 1) → max(1, len(followers))"),
                edited(ngram, "(len(followers) + 1) → len(followers)"),
            ],
        ),
        Misconception(
            "brackets that are missing",
            "Without brackets a division comes before a sum: the counts, p or the 1 are added to the quotient. Counts "
            "and p are the numerator together, `n_k` and 1 the denominator.",
            [
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts / (len(followers) + 1) + p"),
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts + p / (len(followers) + 1)"),
                edited(
                    ngram, "(counts + p) / (len(followers) + 1) → p + counts / len(followers) + 1 if followers else p"
                ),
                edited(ngram, "(counts + p) / (len(followers) + 1) → (counts + p) / len(followers) + 1"),
            ],
        ),
        Misconception(
            "the text's length in the denominator",
            "In the denominator you count all bytes of the text, or all places where an end of k bytes could stand. "
            "`n_k` counts those at which it does: of a long end they are few.",
            [edited(ngram, f"(len(followers) + 1) → (len(text){but} + 1)") for but in ("", " - size")],
        ),
        Misconception(
            "an end of another length",
            "context[size:] leaves `size` bytes out; it does not have `size` bytes. It can be found only where it "
            "happens to have as many.",
            edited(ngram, "context[len(context) - size :] → context[size:]"),
        ),
        Misconception(
            "256 in the denominator",
            "In the numerator you add p, which is 1 in all; in the denominator 256. So your probabilities add up to "
            "less than 1.",
            edited(ngram, "(len(followers) + 1) → (len(followers) + 256)"),
        ),
        Misconception(
            "the first place alone",
            "You find the first place where the end stands. It may stand at many: count what follows at each.",
            edited(ngram, "if text[i : i + size] == tail] → if text[i : i + size] == tail][:1]"),
        ),
        Misconception(
            "ends that all weigh the same",
            "You take the mean of what the ends say, each for itself. They are mixed one after the other: what the "
            "shorter ones say counts as *one* observation beside all that an end has counted.",
            [
                _averaged(shares, start)
                for start in (False, True)
                for shares in (
                    lambda n: n / n.sum() if n.any() else None,
                    lambda n: n / max(1, n.sum()),
                    lambda n: (n + 1 / 256) / (n.sum() + 1),
                )
            ],
        ),
        Misconception(
            "a share that is fixed",
            "However often an end was seen, you give the shorter ones the same share. They count as *one* observation: "
            "beside a hundred they weigh next to nothing.",
            [
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → "
                    f"{share} * counts / max(1, len(followers)) + (1 - {share}) * p{unless}",
                )
                for share in (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9)
                for unless in ("", " if followers else p")
            ],
        ),
        Misconception(
            "ends that are never long",
            "Your ends stop at some length, however long the context is. The longest of all is the whole context.",
            [edited(ngram, f"range(len(context) + 1) → range(min(len(context), {most}) + 1)") for most in range(1, 7)],
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
            "another rule of backing off",
            "There are many rules, and yours is another one: p counts for more where more kinds of bytes followed, the "
            "counts lose a discount, or p is for bytes alone that never followed. Here p is *one* further observation, "
            "whatever was seen.",
            [
                edited(ngram, f"(counts + p) / (len(followers) + 1) → {rule} if followers else p")
                for rule in (
                    "(counts + len(set(followers)) * p) / (len(followers) + len(set(followers)))",
                    "((counts - 0.75).clamp(min=0) + 0.75 * len(set(followers)) * p) / len(followers)",
                    "torch.where(counts > 0, counts / len(followers), p)",
                )
            ]
            + [
                edited(ngram, f"(counts + p) / (len(followers) + 1) → {rule}")
                for rule in (
                    "(counts + len(set(followers)) * p) / (counts.sum() + len(set(followers)))",
                    "torch.where(counts > 0, counts / max(1, len(followers)), 0.4 * p)",
                )
            ],
        ),
        Misconception(
            "256 observations in the place of one",
            "p enters 256 times. The probabilities so far count as *one* further observation in all.",
            edited(ngram, "(counts + p) / (len(followers) + 1) → (counts + 256 * p) / (len(followers) + 256)"),
        ),
        Misconception(
            "overlaps that are not counted",
            "You find pieces that do not overlap, as bytes.count and re.finditer do: in b'aaa', b'aa' once. Here each "
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
                    "[b for b in range(256) for _ in range(text.count(tail + bytes([b])))]",
                    "len(followers) → text.count(tail)",
                ),
                edited(
                    ngram,
                    "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                    "[text[m.end()] for m in re.finditer(re.escape(tail), text) if m.end() < len(text)]",
                    re=re,
                ),
                *(
                    edited(
                        ngram,
                        "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                        f"[m.group(1)[0] for m in re.finditer(re.escape(tail) + b'({any_byte})', text)]",
                        re=re,
                    )
                    for any_byte in (".", "(?s:.)")
                ),
                edited(ngram, "(len(followers) + 1) → (text.count(tail) + 1)"),
            ],
        ),
        Misconception(
            "an end read as a pattern",
            "For `re` a point or a bracket is a sign of the pattern, and the end may have them: `re.escape` makes them "
            "stand for themselves.",
            [
                edited(
                    ngram,
                    "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                    f"[m.group(1)[0] for m in re.finditer(b'(?=' + tail + b'(.))', text{flag})]",
                    re=re,
                )
                for flag in ("", ", re.DOTALL")
            ]
            + [
                edited(
                    ngram,
                    "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                    "[text[m.end()] for m in re.finditer(tail, text) if m.end() < len(text)]",
                    re=re,
                ),
            ],
            where=lambda context, **_: b"." in context and b"(" not in context,
        ),
        Misconception(
            "line ends that are not counted",
            "The point of a pattern stands for any byte but the line end, so no line end is ever counted. A flag of "
            "`re` changes that.",
            edited(
                ngram,
                "[text[i + size] for i in range(len(text) - size) if text[i : i + size] == tail] → "
                "[m.group(1)[0] for m in re.finditer(b'(?=' + re.escape(tail) + b'(.))', text)]",
                re=re,
            ),
        ),
        Misconception(
            "bytes taken for text",
            "Not all bytes are letters: those from 128 on can be no text by themselves. Slices of `bytes` are compared "
            "as they are, and one place of them is a number already.",
            edited(
                ngram,
                "p = torch.full → text, context = text.decode(), context.decode()\n    p = torch.full",
                "[text[i + size] for → [ord(text[i + size]) for",
            ),
        ),
        Misconception(
            "counts that are no probabilities",
            "You return counts, or add p to them, and never divide. Probabilities add up to 1: how many observations "
            "are there in all?",
            [
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts + p"),
                edited(
                    ngram,
                    "(counts + p) / (len(followers) + 1) → counts + p",
                    "torch.full((256,), 1 / 256) → torch.zeros(256)",
                ),
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts"),
                edited(ngram, "(counts + p) / (len(followers) + 1) → counts.float()"),
            ],
        ),
        Misconception(
            "a count that a byte cannot hold",
            "Your counts are bytes themselves, of the type uint8: after 255 they begin at 0 again.",
            [
                edited(ngram, "(counts + p) → (counts.byte() + p)", *in_all)
                for in_all in ((), ("(len(followers) + 1) → (counts.byte().sum() + 1)",))
            ],
        ),
        Misconception(
            "a slice that is given its length",
            "The second number of a slice is where it ends, not how long it is. Yours ends at place `size`, wherever "
            "it begins: an end of one byte or more is found only where the text begins.",
            edited(ngram, "text[i : i + size] == tail → text[i:size] == tail"),
        ),
        Misconception(
            "no counts at all",
            "All bytes come out alike: no count gets into your result. Is an end ever found, and is the piece of the "
            "text that you compare as long as it is, and of its kind?",
            edited(ngram, "text[i : i + size] == tail → text[i : i + size + 1] == tail"),
        ),
        Misconception(
            "the context counted as text",
            "You count in the text and the context together. The context is what is asked about: what stands in it "
            "has not been seen to follow anything.",
            edited(ngram, "p = torch.full → text = text + context\n    p = torch.full"),
        ),
        Misconception(
            "a place too many",
            "You also look where an end stands last in the text. Nothing follows it there. How far may i go?",
            [
                edited(ngram, "range(len(text) - size) → range(len(text))"),
                edited(ngram, "range(len(text) - size) → range(len(text) - size + 1)"),
            ],
            where=_short,
        ),
        Misconception(
            "places that are skipped",
            "You move on by the length of the end, so that places in between are never looked at. An end may stand at "
            "any place of the text.",
            edited(ngram, "range(len(text) - size) → range(0, len(text) - size, max(1, size))"),
        ),
        Misconception(
            "first or last places left out",
            "You leave out places: the first of the text, where an end may stand, too, or the last bytes, which also "
            "follow something.",
            [
                edited(ngram, "range(len(text) - size) → range(len(text) - size - 1)"),
                edited(ngram, "range(len(text) - size) → range(len(text) - 2 * size)"),
                edited(ngram, "range(len(text) - size) → range(1, len(text) - size)"),
                edited(ngram, "range(len(text) - size) → range(1, len(text) - size - 1)"),
            ],
        ),
        Misconception(
            "the byte before in the place of the byte after",
            "You collect a byte that stands before the one asked for: one of the match itself, or the one in front "
            "of it. The task asks for the byte that *follows* the match.",
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
            where=lambda text, context: not any(text.startswith(context[i:]) for i in range(len(context))),
        ),
        Misconception(
            "a byte too far",
            "You collect the byte after the next one. An end that begins at i stops before i + size, and the byte that "
            "follows it stands there.",
            edited(
                ngram,
                "text[i + size] for i in range(len(text) - size) → "
                "text[i + size + 1] for i in range(len(text) - size - 1)",
            ),
        ),
        Misconception(
            "counts without what the shorter end says",
            "In the denominator stands one observation more, in the numerator nothing: your probabilities add up to "
            "less than 1. The further observation is p, shared out as the shorter end says.",
            edited(ngram, "(counts + p) → counts"),
        ),
        Misconception(
            "bytes that keep what they had",
            "You mix only for the bytes that followed. The others keep their old p, and your probabilities add up to "
            "more than 1: a byte that did not follow has a count, too, which is 0.",
            edited(
                ngram,
                "(counts + p) / (len(followers) + 1) → torch.where(counts > 0, (counts + p) / (len(followers) + 1), p)",
            ),
        ),
        Misconception(
            "the count of the byte in the denominator",
            "You divide each byte by its own count and 1. `n_k` without a byte is the number of all that followed this "
            "end, and the same for every byte.",
            edited(ngram, "(len(followers) + 1) → (counts + 1)"),
        ),
        Misconception(
            "an empty context that knows nothing",
            "For an empty context you give every byte the same. Its empty end is followed by all bytes of the text, "
            "and they are counted like those of any other end.",
            edited(ngram, "    for size → \n    if not context:\n        return p\n    for size"),
        ),
        Misconception(
            "another start",
            "Before anything is counted, each of the 256 bytes has the probability 1/256. Your p begins with another "
            "number.",
            [
                edited(ngram, "torch.full((256,), 1 / 256) → torch.zeros(256)"),
                edited(ngram, "torch.full((256,), 1 / 256) → torch.ones(256)"),
                edited(ngram, "torch.full((256,), 1 / 256) → torch.full((256,), 1 / 255)"),
                edited(ngram, "torch.full((256,), 1 / 256) → torch.full((256,), 1 / len(set(text)))"),
                edited(
                    ngram,
                    "torch.full((256,), 1 / 256) → torch.tensor([(b in text) / len(set(text)) for b in range(256)])",
                ),
                edited(
                    ngram,
                    "torch.full((256,), 1 / 256) → torch.tensor([text.count(b) / len(text) for b in range(256)])",
                    "range(len(context) + 1) → range(1, len(context) + 1)",
                ),
            ],
        ),
        Misconception(
            "counts that run on",
            "You count for all ends in one and the same table. Each end has counts of its own, which are mixed with "
            "what the shorter one gave.",
            [
                _counting_on,
                edited(
                    ngram,
                    "p = (counts + p) / (len(followers) + 1)\n    return p → "
                    "total = total + counts\n    return (total + p) / (total.sum() + 1)",
                    "p = torch.full → total, p = 0, torch.full",
                ),
            ],
        ),
        Misconception(
            "a mixture at each place",
            "You mix inside of the loop over the places, so p comes in again and again. Count through the whole text "
            "first, then mix: once for each end.",
            [
                _mixing(everywhere=False),
                _mixing(everywhere=True),
                edited(
                    ngram,
                    "p = (counts + p) / (len(followers) + 1) → "
                    "for byte in followers:\n            p = (p + F.one_hot(torch.tensor(byte), 256)) / 2",
                ),
            ],
        ),
        Misconception(
            "an end behind which nothing stands",
            "In the denominator you also count the place at the end of the text. Nothing follows it there: `n_k` says "
            "how often any byte did.",
            [
                edited(
                    ngram,
                    "(len(followers) + 1) → (sum(text[:i].endswith(tail) for i in range(size, len(text) + 1)) + 1)",
                ),
                edited(
                    ngram,
                    "(len(followers) + 1) → (sum(text[i : i + size] == tail for i in range(len(text))) + 1)",
                ),
            ],
            where=_short,
        ),
        Misconception(
            "the empty end alone",
            "Only the empty end counts in your result, whatever the context. Does the loop go through all ends, and "
            "are the longer ones ever found: is the piece that you compare as long as they are?",
            [
                edited(ngram, "range(len(context) + 1) → [0]"),
                edited(ngram, "text[i : i + size] == tail → text[i : i + size - 1] == tail"),
                edited(ngram, "text[i : i + size] == tail → text[i - 1 : i + size] == tail"),
            ],
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
