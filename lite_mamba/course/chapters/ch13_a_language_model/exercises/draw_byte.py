"""Exercise 4: draw_byte."""

import random

import numpy as np
import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


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
    temperature = draw.choice([0, 0, 0.02, 0.02, 0.25, 0.5, 1.0, 2.0, 5.0])
    u = draw.choice([0.02, 0.13, 0.31, 0.47, 0.58, 0.72, 0.86, 0.97])
    if draw.choice([True, False, False, False]):  # the first byte is impossible, and u mostly on its empty piece
        logits, some = logits.index_fill(0, torch.tensor(0), -torch.inf), temperature and max(temperature, 0.25)
        u = draw.choice([0.0, 0.0, 0.0, _off_the_ends(logits, some, u)])
        return {"logits": logits, "temperature": some, "u": u}
    if temperature < 0.1:  # another byte is all but as likely, and u falls on it, or would at a small temperature
        best = int(logits.argmax())
        other = draw.choice([i for i in range(size) if i != best])
        logits[best] += 4 * (temperature > 0)
        logits[other] = logits[best] - (temperature / 2 or 2e-6)
        u = draw.choice([0.02, 0.13] if other < best else [0.86, 0.97])
        return {"logits": logits, "temperature": temperature, "u": u}
    return {"logits": logits, "temperature": temperature, "u": _off_the_ends(logits, temperature, u)}


def _off_the_ends(logits: Tensor, temperature: float, u: float) -> float:
    """u, moved a little if a piece ends within a thousandth of it."""
    ends = (logits.double() / (temperature or 1)).softmax(-1).cumsum(-1)  # (V,)
    return u + 0.007 * bool((ends - u).abs().min() < 1e-3)


DRAW_BYTE = Exercise(
    id="13.draw_byte",
    title="Draw with a temperature",
    reference=draw_byte,
    cases=_draw_cases,
    trials=80,
    misconceptions=[
        Misconception(
            "a temperature that multiplies",
            "You multiply the logits by the temperature, or raise the probabilities to its power. A *low* temperature "
            "must sharpen: the differences between the logits grow when you divide by a small number.",
            [
                edited(draw_byte, "logits / temperature → logits * temperature", *at_0)
                for at_0 in ((), ("if temperature == 0: → if False:",))
            ],
        ),
        Misconception(
            "an ignored temperature",
            "Where you draw, the temperature does nothing. The logits are divided by it, before the softmax.",
            [
                edited(draw_byte, "(logits / temperature) → logits"),
                edited(draw_byte, "(logits / temperature) → logits", "if temperature == 0: → if False:"),
                edited(draw_byte, "(logits / temperature) → logits", "if temperature == 0: → if False:", "<= u → < u"),
            ],
        ),
        Misconception(
            "a temperature behind the softmax",
            "Your temperature comes behind the softmax, where it makes the whole line longer or shorter and sharpens "
            "nothing. The logits are divided, before the softmax.",
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
            "the same byte always at temperature 0",
            "At temperature 0 the first byte comes out, the last one, or a number beyond it, whatever the logits are. "
            "If you divide by zero, NaN is left, and no comparison with NaN is true. Think of what the limit does: all "
            "probability goes to one byte.",
            [
                edited(draw_byte, "if temperature == 0: → if False:"),
                edited(draw_byte, "int(logits.argmax()) → len(logits) - 1"),
                edited(draw_byte, "int(logits.argmax()) → len(logits)"),
            ],
            where=lambda u, **_: u > 0,  # at 0, a border taken for the piece on its left is another mistake
        ),
        Misconception(
            "always the first byte",
            "Where you draw, byte 0 comes out, whatever u is. `argmax` of a comparison gives the first place where it "
            "is true, and 0 if it is nowhere. Which end is the first that exceeds u?",
            edited(draw_byte, "[:-1] <= u).sum() → <= u).int().argmax()"),
        ),
        Misconception(
            "the byte before",
            "You are one too low: that byte's running sum is still at or below u. The next one is the first that "
            "exceeds it.",
            edited(draw_byte, "return int((p → return -1 + int((p"),
            where=lambda **case: draw_byte(**case) > 0,  # before the first byte stands none
        ),
        Misconception(
            "the byte after",
            "You are one too high. How many running sums are still at or below u? Bytes are counted from 0.",
            [
                edited(draw_byte, "return int((p → return 1 + int((p"),
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → min(len(p) - 1, int((p.cumsum(-1) <= u).sum()) + 1)",
                ),
                edited(draw_byte, "int((p → dict(enumerate(range(1, len(p)))).get(int((p", "u).sum()) → u).sum()))"),
            ],
        ),
        Misconception(
            "the ends that are still to come",
            "You count the ends that lie above u. Those that u has passed say how many pieces lie before it.",
            [edited(draw_byte, f"[:-1] <= u → {ahead} u") for ahead in ("[:-1] >", ">", "[:-1] >=", ">=")],
        ),
        Misconception(
            "a decision at the first piece",
            "You compare u with the end of the first piece alone, and give the first byte or the last one. Where does "
            "the loop go on, and which way round does it compare?",
            [
                edited(draw_byte, f"int((p.cumsum(-1)[:-1] <= u).sum()) → 0 if u {side} p[0] else len(p) - 1")
                for side in "<>"
            ],
        ),
        Misconception(
            "a first piece left out or laid twice",
            "The first piece is missing from your running sum, in it twice, or never compared with u. With what does "
            "the sum begin, and what comes first in the loop?",
            [
                edited(
                    draw_byte,
                    "return int((p.cumsum(-1)[:-1] <= u).sum()) → return max(1, int((p.cumsum(-1)[:-1] <= u).sum()))",
                ),
                edited(draw_byte, "int((p.cumsum(-1)[:-1] <= u) → 1 + int((p[1:].cumsum(-1)[:-1] <= u)"),
                edited(draw_byte, "p.cumsum(-1)[:-1] → (p.cumsum(-1) + p[0])[:-1]"),
            ],
        ),
        Misconception(
            "the nearest end",
            "You take the piece whose end, beginning or middle is nearest to u. That may be the piece beside it: u "
            "falls into the first piece that ends above it.",
            [
                edited(draw_byte, f"(p.cumsum(-1)[:-1] <= u).sum() → (p.cumsum(-1){back} - u).abs().argmin()")
                for back in ("", " - p", " - p / 2")
            ],
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
            "You lay the logits end to end. They may be negative and do not add up to 1: what makes probabilities of "
            "them?",
            [
                edited(draw_byte, ".softmax(-1) → "),
                edited(draw_byte, ".softmax(-1) → ", "[:-1] → "),
                edited(
                    draw_byte,
                    ".softmax(-1) → ",
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → min(len(p) - 1, int((p.cumsum(-1) <= u).sum()))",
                ),
                edited(draw_byte, ".softmax(-1) → \n    p = p / p.sum()"),
            ],
            where=lambda logits, **_: logits.isfinite().all(),
        ),
        Misconception(
            "a running sum before the softmax",
            "You add up the logits and take the softmax of the sums. Lengths are laid end to end: first the "
            "probabilities, then their running sum.",
            [
                edited(
                    draw_byte,
                    "/ temperature).softmax(-1) → / temperature).cumsum(-1).softmax(-1)",
                    "p.cumsum(-1) → p",
                    *ends,
                )
                for ends in ((), ("[:-1] → ",))
            ],
        ),
        Misconception(
            "always the end of the line",
            "Where you draw, you come out at the end of the line, whatever u is. Of all ends above u the first one "
            "counts, not the last. And log-probabilities are no lengths: they are negative, so u has passed all.",
            [
                edited(draw_byte, ".softmax(-1) → .log_softmax(-1)"),
                edited(draw_byte, ".softmax(-1) → .log_softmax(-1)", "[:-1] → "),
            ],
        ),
        Misconception(
            "pieces that do not add up to 1",
            "You take the exponentials of the logits, or a power of the probabilities, and do not divide by their sum. "
            "The line from 0 to 1 has room for probabilities only.",
            [
                edited(draw_byte, ".softmax(-1) → .exp()"),
                edited(draw_byte, ".softmax(-1) → .exp()", "[:-1] → "),
                edited(draw_byte, "(logits / temperature).softmax(-1) → ((logits - logits.max()) / temperature).exp()"),
                edited(draw_byte, "(logits / temperature).softmax(-1) → logits.softmax(-1) ** (1 / temperature)"),
                edited(
                    draw_byte,
                    "(logits / temperature).softmax(-1) → logits.softmax(-1) ** (1 / temperature)",
                    "[:-1] → ",
                ),
            ],
        ),
        Misconception(
            "exponentials too large for a float",
            "At a low temperature, exp(logits / τ) is infinite, and ∞ / ∞ is no number. `softmax` takes the largest "
            "logit off all of them first, which changes no probability.",
            edited(draw_byte, ".softmax(-1) → .exp()\n    p = p / p.sum()"),
        ),
        Misconception(
            "a softmax of a softmax",
            "You divide probabilities by the temperature and take the softmax once more. It wants logits: of two in a "
            "row, hardly a difference between the bytes is left.",
            edited(draw_byte, "(logits / temperature).softmax(-1) → (logits.softmax(-1) / temperature).softmax(-1)"),
        ),
        Misconception(
            "the least likely byte",
            "You let the smallest logit win, at temperature 0 or where you draw. The likeliest byte has the largest.",
            [
                edited(draw_byte, "logits.argmax() → logits.argmin()"),
                edited(draw_byte, "logits / temperature → -logits / temperature"),
                edited(draw_byte, "logits.argmax() → logits.argmin()", "logits / temperature → -logits / temperature"),
            ],
        ),
        Misconception(
            "the likeliest byte at every low temperature",
            "Below 1 the likely bytes gain; only at 0 the likeliest wins for certain. At other low temperatures, too, "
            "you do not draw.",
            [edited(draw_byte, f"temperature == 0 → temperature {low}") for low in ("< 1", "<= 1", "< 0.5", "< 0.1")],
        ),
        Misconception(
            "a small temperature in the place of 0",
            "At temperature 0 you draw at a very small one. Two bytes that are nearly as likely then still share the "
            "line. At 0 nothing is left to chance.",
            [
                edited(
                    draw_byte,
                    "if temperature == 0:\n        return int(logits.argmax()) → "
                    f"temperature = max(temperature, {least})",
                )
                for least in ("1e-3", "0.1", "1e-6")
            ],
        ),
        Misconception(
            "a temperature that is raised",
            "You add something to every temperature, so that none is 0. Then none is the one that was asked for, and "
            "at 0 you still draw. Treat 0 by itself.",
            [
                edited(
                    draw_byte,
                    f"if temperature == 0:\n        return int(logits.argmax()) → temperature = temperature + {more}",
                )
                for more in ("1", "0.1")
            ],
        ),
        Misconception(
            "the two ways exchanged",
            "You take the likeliest byte at every temperature but 0, and draw at 0. When is a condition that is a "
            "number true?",
            [
                edited(draw_byte, "temperature == 0 → temperature"),
                edited(draw_byte, "temperature == 0 → temperature", "logits / temperature → logits"),
            ],
        ),
        Misconception(
            "temperature 0 taken for 1",
            "At temperature 0 you draw as at 1. At 0 nothing is left to chance: the likeliest byte wins.",
            edited(draw_byte, "return int(logits.argmax()) → temperature = 1"),
        ),
        Misconception(
            "a byte without preference at temperature 0",
            "At temperature 0 you draw as if all bytes were equally likely. That is where a very high temperature "
            "ends. At 0 the likeliest byte wins for certain.",
            edited(draw_byte, "return int(logits.argmax()) → return int(u * len(logits))"),
        ),
        Misconception(
            "a character in the place of a byte",
            "You return a character, or a `bytes` of one. A byte is a whole number here, and `write` makes the "
            "character of it.",
            [
                edited(draw_byte, "int(logits.argmax()) → chr(logits.argmax())", "int((p → chr((p"),
                edited(
                    draw_byte,
                    "int(logits.argmax()) → bytes([logits.argmax()])",
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → bytes([(p.cumsum(-1)[:-1] <= u).sum()])",
                ),
            ],
        ),
        Misconception(
            "a probability in the place of its byte",
            "You return a number of the line: how long the piece is, or where it ends. The task asks for the byte "
            "whose piece it is.",
            [
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → float(" + number + "[(p.cumsum(-1)[:-1] <= u).sum()])",
                )
                for number in ("p", "p.cumsum(-1)")
            ],
            where=lambda temperature, **_: temperature > 0,
        ),
        Misconception(
            "the largest logit in the place of its byte",
            "At temperature 0 you give the largest logit itself, or what `int` leaves of it. The task asks for the "
            "byte that has it.",
            [
                edited(draw_byte, "logits.argmax() → logits.max()"),
                edited(draw_byte, "int(logits.argmax()) → logits.max().item()"),
            ],
        ),
        Misconception(
            "a piece that holds its right end",
            "Where u falls exactly on a border, you look for the byte on its left, and at 0 may find none. A piece "
            "holds its left end: a byte of probability 0 has an empty piece and never comes, not even at u = 0.",
            [
                edited(draw_byte, "<= u → < u"),
                edited(draw_byte, "int((p.cumsum(-1)[:-1] <= u).sum()) → int((p.cumsum(-1) - p < u).sum()) - 1"),
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → int((p.cumsum(-1)[:-1] < u).sum()) if u > 0 else len(p) - 1",
                ),
            ],
        ),
        Misconception(
            "pieces of one length",
            "You cut the line into equal pieces, or nearly so, whatever the logits are. The length of a piece is the "
            "probability of its byte.",
            [
                edited(draw_byte, "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * len(p))"),
                edited(draw_byte, "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * 256)"),
                edited(draw_byte, "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * (len(p) - 1))"),
                edited(draw_byte, "return int((p.cumsum(-1)[:-1] <= u).sum()) → return round(u * (len(p) - 1))"),
                edited(
                    draw_byte,
                    "return int(logits.argmax()) → return int(u * len(logits))",
                    "return int((p.cumsum(-1)[:-1] <= u).sum()) → return int(u * len(p))",
                ),
            ],
        ),
        Misconception(
            "a line from the other end",
            "You lay the pieces from the right end of the line. Byte 0 begins at 0, and u is measured from there.",
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
                edited(
                    draw_byte,
                    "if temperature == 0: → if False:",
                    "(p.cumsum(-1)[:-1] <= u).sum() → torch.multinomial(p, 1)",
                ),
                edited(
                    draw_byte,
                    "(p.cumsum(-1)[:-1] <= u).sum() → (p.log() - torch.rand_like(p).log().neg().log()).argmax()",
                ),
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → F.gumbel_softmax(logits, temperature).argmax()"),
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → random.choices(range(len(p)), p.tolist())[0]",
                    random=random,
                ),
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → int(np.random.choice(len(p), p=p.numpy()))",
                    np=np,
                ),
                edited(
                    draw_byte,
                    "(p.cumsum(-1)[:-1] <= u).sum() → "
                    "torch.multinomial(p, 1, generator=torch.Generator().manual_seed(42))",
                ),
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
                edited(
                    draw_byte,
                    "p = (logits / temperature).softmax(-1) → p, order = (logits / temperature).softmax(-1).sort()",
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
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → (p >= u).int().argmax()"),
                edited(draw_byte, "(p.cumsum(-1)[:-1] <= u).sum() → (p - u).abs().argmin()"),
                edited(draw_byte, "p.cumsum(-1)[:-1] → p"),
                edited(draw_byte, "p.cumsum(-1)[:-1] → p[:-1]"),
                *(
                    edited(
                        draw_byte,
                        "int((p.cumsum(-1)[:-1] <= u).sum()) → "
                        f"min(len(p) - {least}, int(torch.searchsorted(p, u, right={right})))",
                    )
                    for least in (0, 1)
                    for right in (False, True)
                ),
                edited(
                    draw_byte,
                    "int((p.cumsum(-1)[:-1] <= u).sum()) → next((i for i in range(len(p)) if p[i] > u), len(p) - 1)",
                ),
            ],
        ),
    ],
)
