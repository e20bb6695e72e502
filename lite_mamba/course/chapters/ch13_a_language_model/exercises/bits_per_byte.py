"""Exercise 1: bits_per_byte."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def bits_per_byte(logits: Tensor, ids: Tensor) -> float:
    """Mean −log₂ of the probability that each byte but the first got before it came: logits (L, 256), ids (L,)."""
    log_p = logits[:-1].log_softmax(-1)  # (L − 1, 256)
    nats = -log_p.gather(1, ids[1:, None])  # (L − 1, 1)
    return (nats.mean() / torch.log(torch.tensor(2.0))).item()


def _bits_cases(draw: Draw) -> dict:
    length = draw.size(3, 9) * draw.size(1, 60)
    return {"logits": draw.choice([3, 6]) * draw.normal(length, 256), "ids": draw.integers(0, 255, length)}


BITS_PER_BYTE = Exercise(
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
            "Your number is the cost in nats times ln 2. A nat is 1.44 bits, so the number of bits is the larger one.",
            edited(bits_per_byte, "/ torch.log → * torch.log"),
        ),
        Misconception(
            "a mean of a mean",
            "You divide by the number of guesses twice. `mean` does it, and so does cross_entropy, unless it is told "
            "otherwise.",
            edited(bits_per_byte, "nats.mean() → nats.mean() / len(nats)"),
        ),
        Misconception(
            "logits and bytes exchanged",
            "F.cross_entropy wants the logits first and the bytes second. Here it takes the bytes for logits, and "
            "logits are real numbers.",
            edited(bits_per_byte, "nats.mean() → F.cross_entropy(ids[1:], logits[:-1])"),
        ),
        Misconception(
            "a byte divided by 8",
            "You divide by the 8 bits of which a byte consists, or take the logarithm to the base 256. A cost is a "
            "number of bits: 8 of them are what a model pays that knows nothing.",
            [
                edited(bits_per_byte, "torch.tensor(2.0)) → torch.tensor(2.0)) / 8"),
                edited(bits_per_byte, "torch.log(torch.tensor(2.0)) → 8"),
            ],
        ),
        Misconception(
            "the entropy of the guess",
            "You weigh the costs of all 256 bytes with their own probabilities: what the model expects to pay, "
            "whatever comes. The task asks what the byte that came has cost.",
            [
                edited(bits_per_byte, "-log_p.gather(1, ids[1:, None]) → -(log_p.exp() * log_p).sum(-1)", *rows)
                for rows in ((), ("logits[:-1] → logits",), (" / torch.log(torch.tensor(2.0)) → ",))
            ],
        ),
        Misconception(
            "the likeliest byte in the place of the one that came",
            "You take the cost of the byte that the model held for the likeliest. What came stands in `ids`: that byte "
            "is paid for.",
            [
                edited(bits_per_byte, "-log_p.gather(1, ids[1:, None]) → -log_p.max(-1).values", *rows)
                for rows in ((), ("logits[:-1] → logits",))
            ],
        ),
        Misconception(
            "a cost for each byte",
            "You return what each byte costs, one beside the other. The task asks for one number, by which models "
            "can be compared: their mean.",
            [edited(bits_per_byte, f"(nats.mean() → (nats{axis}", ".item() → ") for axis in ("", ".squeeze(1)")]
            + [edited(bits_per_byte, "(nats.mean() → (nats.squeeze(1)", ".item() → .tolist()")],
        ),
        Misconception(
            "a sigmoid in the place of a softmax",
            "A sigmoid looks at each logit by itself. A softmax compares them: exp of a logit, divided by the sum of "
            "all.",
            [
                edited(bits_per_byte, ".log_softmax(-1) → .sigmoid().log()"),
                edited(
                    bits_per_byte,
                    "logits[:-1].log_softmax(-1) → (logits[:-1].sigmoid() / logits[:-1].sigmoid().sum(-1, True)).log()",
                ),
                *(
                    edited(
                        bits_per_byte,
                        "nats.mean() → F.binary_cross_entropy_with_logits("
                        f"logits[:-1], F.one_hot(ids[1:], 256).float()){of_each}",
                    )
                    for of_each in ("", " * 256")
                ),
            ],
        ),
        Misconception(
            "a mean over zeros",
            "You divide by 256, too. Where each row of a table keeps one cost and is 0 elsewhere, the zeros are no "
            "guesses: how many guesses are there?",
            edited(bits_per_byte, "nats.mean() → nats.mean() / 256"),
        ),
        Misconception(
            "a median in the place of a mean",
            "You take the cost in the middle. What a text costs is the sum of all, the dear bytes too: take the mean.",
            edited(bits_per_byte, "nats.mean() → nats.median()"),
            where=lambda ids, **_: len(ids) % 2 == 0,  # an even number of guesses has no middle one
        ),
        Misconception(
            "guesses counted as right or wrong",
            "You count how often the likeliest byte came, or how often it did not. A guess is also paid for how sure "
            "it was: the cost comes from the probability of the byte that came.",
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
                *(
                    edited(bits_per_byte, "logits[:-1] → logits", "ids[1:, None] → ids[:, None]", after)
                    for after in (
                        " / torch.log(torch.tensor(2.0)) → ",
                        "nats.mean() → nats.sum() / (len(ids) - 1)",
                        "nats.mean() → nats.sum()",
                    )
                ),
            ],
        ),
        Misconception(
            "a shift the wrong way round",
            "You score the logits at place i against the byte *before* it. They are a guess about the byte after it.",
            [
                edited(bits_per_byte, "logits[:-1] → logits[1:]", "ids[1:, None] → ids[:-1, None]", *base)
                for base in ((), (" / torch.log(torch.tensor(2.0)) → ",))
            ]
            + [edited(bits_per_byte, "logits[:-1] → logits", "ids[1:, None] → ids.roll(1)[:, None]")],
        ),
        Misconception(
            "a shift of two places",
            "You score the logits at place i against the byte two places on. They are a guess about the next one.",
            edited(bits_per_byte, "logits[:-1] → logits[:-2]", "ids[1:, None] → ids[2:, None]"),
        ),
        Misconception(
            "a second byte that costs nothing",
            "The first row of logits is a guess, too: about the second byte. You leave it out.",
            [
                edited(bits_per_byte, "logits[:-1] → logits[1:-1]", "ids[1:, None] → ids[2:, None]", *over)
                for over in ((), ("nats.mean() → nats.sum() / (len(ids) - 1)",))
            ],
        ),
        Misconception(
            "a first byte that costs 8 bits",
            "You let the first byte cost 8 bits. Nobody guessed it: the mean is over the bytes that were guessed.",
            [
                edited(
                    bits_per_byte,
                    "nats.mean() / torch.log(torch.tensor(2.0)) → (nats.sum() / math.log(2) + 8) / " + count,
                )
                for count in ("len(ids)", "(len(ids) - 1)")
            ],
        ),
        Misconception(
            "a product that a float cannot hold",
            "You multiply the probabilities of all bytes. That of a long text is smaller than any number that a float "
            "holds, so it becomes 0. The logarithm of a product is a sum of logarithms: it stays small.",
            [
                edited(bits_per_byte, "nats.mean() → -log_p.exp().gather(1, ids[1:, None]).prod().log() / len(nats)"),
                edited(
                    bits_per_byte,
                    "nats.mean() → -log_p.double().exp().gather(1, ids[1:, None]).prod().log() / len(nats)",
                ),
                edited(
                    bits_per_byte,
                    "return (nats.mean() / torch.log(torch.tensor(2.0))).item() → "
                    "p = math.prod(log_p.exp().gather(1, ids[1:, None])[:, 0].tolist())\n"
                    "    return -math.log2(p) / len(nats)",
                ),
            ],
        ),
        Misconception(
            "a guess of a byte that is not there",
            "You let the last logits guess, too: the first byte, or one that you put there. Nothing follows the last "
            "byte of the text, and nothing guessed the first one: L bytes give L − 1 guesses.",
            [
                edited(bits_per_byte, "logits[:-1] → logits", f"ids[1:, None] → {wanted}[:, None]", *over)
                for wanted in ("ids.roll(-1)", "F.pad(ids[1:], (0, 1))")
                for over in ((), ("nats.mean() → nats.sum() / (len(ids) - 1)",))
            ],
        ),
        Misconception(
            "a sum in the place of a mean",
            "You add up what the whole text costs. The task asks for bits *per byte*.",
            [
                edited(bits_per_byte, "nats.mean() → nats.sum()"),
                edited(bits_per_byte, "nats.mean() → nats.sum()", " / torch.log(torch.tensor(2.0)) → "),
            ],
        ),
        Misconception(
            "one guess in the place of all",
            "The cost of one byte is in your result: of the first that is guessed, or of the last. A `return` inside "
            "of a loop ends it, and `=` forgets what came before. All guesses count.",
            [
                edited(bits_per_byte, f"nats.mean() → nats[{place}]{over}")
                for place in (0, -1)
                for over in ("", " / len(nats)")
            ],
        ),
        Misconception(
            "a cost that is weighed once more",
            "You multiply the cost of each byte that came by its probability. An entropy weighs the costs of all 256 "
            "bytes so; here one byte came, and its whole cost is paid.",
            [edited(bits_per_byte, f"nats.mean() → (nats * (-nats).exp()).{over}()") for over in ("mean", "sum")],
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
            "probabilities without a logarithm",
            "You take the mean of the probabilities themselves, with a minus or without. F.nll_loss takes no logarithm "
            "either: it wants log-probabilities. The cost of a byte is minus the logarithm of its probability.",
            [
                edited(bits_per_byte, "log_softmax → softmax"),
                edited(bits_per_byte, "log_softmax → softmax", " / torch.log(torch.tensor(2.0)) → "),
                edited(
                    bits_per_byte, "log_softmax → softmax", " / torch.log(torch.tensor(2.0)) → ", "-log_p. → log_p."
                ),
            ],
        ),
        Misconception(
            "all bytes in the place of the one that came",
            "You take the costs of all 256 bytes, whichever came. One of them came, and it alone is paid for: where "
            "does `ids` come in?",
            [
                edited(bits_per_byte, f"-log_p.gather(1, ids[1:, None]) → -log_p{added}", *more)
                for added in ("", ".sum(-1)")
                for more in (
                    (),
                    ("logits[:-1] → logits",),
                    (" / torch.log(torch.tensor(2.0)) → ",),
                    ("logits[:-1] → logits", " / torch.log(torch.tensor(2.0)) → "),
                )
            ],
        ),
        Misconception(
            "every place with every byte",
            "You pick the bytes at *each* place: a table of all pairs. Of each place one probability counts, that of "
            "the byte that came next.",
            edited(bits_per_byte, "log_p.gather(1, ids[1:, None]) → log_p[:, ids[1:]]"),
        ),
        Misconception(
            "a rounded number",
            "The number is right but for the digits that you round away, at the end or byte by byte. Rounding is for "
            "the eye, where a number is printed.",
            [
                edited(bits_per_byte, "return (nats → return round((nats", f".item() → .item(), {digits})")
                for digits in (0, 1, 2)
            ]
            + [edited(bits_per_byte, "nats.mean() / → nats.mean() //")]
            + [  # the cost of each byte in whole bits
                edited(
                    bits_per_byte,
                    "(nats.mean() / torch.log(torch.tensor(2.0))) → "
                    f"(nats / torch.log(torch.tensor(2.0))).{cut}().mean()",
                )
                for cut in ("ceil", "floor", "round")
            ],
        ),
        Misconception(
            "logits taken for log-probabilities",
            "You read the logit itself as a log-probability, or how far it lies below the largest. The 256 "
            "probabilities must add up to 1 first: which function does that to logits?",
            [
                *(
                    edited(
                        bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1] - logits[:-1].amax(-1, True)", *base
                    )
                    for base in ((), (" / torch.log(torch.tensor(2.0)) → ",))
                ),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1]"),
                edited(
                    bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1]", " / torch.log(torch.tensor(2.0)) → "
                ),
            ],
        ),
        Misconception(
            "logits taken for probabilities",
            "You take the logarithm of the logits, or of their shares. It is of probabilities: which function makes "
            "them of logits?",
            [
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1].log()"),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → (logits[:-1] / logits[:-1].sum(-1, True)).log()"),
            ],
        ),
        Misconception(
            "another base in the softmax",
            "You bring the base 2 into the softmax, so your probabilities are no longer those of the model: it was "
            "trained with powers of e. The base 2 comes with the logarithm alone.",
            [
                edited(bits_per_byte, f"logits[:-1] → (logits[:-1] {by} math.log(2))", *bits)
                for by in "*/"
                for bits in ((), (" / torch.log(torch.tensor(2.0)) → ",))
            ],
        ),
        Misconception(
            "bits divided by ln 2",
            "A cost by log2 is in bits already. Only one by the natural logarithm is divided by ln 2, and once.",
            edited(bits_per_byte, " / torch.log(torch.tensor(2.0)) →  / torch.log(torch.tensor(2.0)) ** 2"),
        ),
        Misconception(
            "a softmax of a softmax",
            "You hand over probabilities where logits are expected: F.cross_entropy takes the softmax itself. Of two "
            "in a row, hardly a difference between the bytes is left.",
            edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1].softmax(-1).log_softmax(-1)"),
        ),
        Misconception(
            "a softmax over the places",
            "Your probabilities add up to 1 along the text, or over the whole table. They should at *each* place, over "
            "the 256 bytes.",
            [
                edited(bits_per_byte, "log_softmax(-1) → log_softmax(0)"),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits.log_softmax(0)[:-1]"),
                edited(
                    bits_per_byte,
                    "logits[:-1].log_softmax(-1) → logits.log_softmax(0)[:-1]",
                    " / torch.log(torch.tensor(2.0)) → ",
                ),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1] - logits[:-1].logsumexp((0, 1))"),
                edited(bits_per_byte, "logits[:-1].log_softmax(-1) → logits[:-1] - logits.logsumexp((0, 1))"),
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
            "Your number is 2 to the power of the bits, which is called the perplexity. The task asks for the bits.",
            edited(bits_per_byte, "(nats.mean() / torch.log(torch.tensor(2.0))) → nats.mean().exp()"),
        ),
        Misconception(
            "a negative cost",
            "Your number is negative. A probability is at most 1, so its logarithm is at most 0, and the cost is minus "
            "that.",
            [
                edited(bits_per_byte, "-log_p → log_p"),
                edited(bits_per_byte, "-log_p → log_p", " / torch.log(torch.tensor(2.0)) → "),
            ],
        ),
        Misconception(
            "a small number beside each probability",
            "You keep the probabilities from becoming 0, by a small number that is added or by a lower bound. A byte "
            "that is rarer then costs too little. `log_softmax` needs no such help.",
            [
                edited(bits_per_byte, f"ids[1:, None]) → ids[1:, None]).exp().{kept}({small}).log()")
                for kept in ("add", "clamp")
                for small in ("torch.finfo(torch.float32).eps", *(f"1e-{digits}" for digits in range(3, 13)))
            ],
        ),
    ],
)
