"""Exercise 4: halo."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import neighbour_alone


def halo(rank: int, parts: list[Tensor], max_lag: int) -> Tensor:
    """The last `max_lag` inputs in front of a part, zeros where the sequence has not begun; (D, max_lag)."""
    nothing = parts[0].new_zeros(len(parts[0]), max_lag)  # (D, max_lag)
    before = torch.cat([nothing, *parts[:rank]], dim=1)  # (D, …)
    return before[:, -max_lag:]


def _first_repeated(rank, parts, max_lag):
    if rank == 0:
        return halo(rank, parts, max_lag)
    before = torch.cat(parts[:rank], dim=1)
    return torch.cat([before[:, :1].expand(-1, max_lag), before], dim=1)[:, -max_lag:]


def _halo_case(draw: Draw) -> dict:
    kind = draw.in_turn(["long parts", "some are short", "one sample each"])
    D, ranks, max_lag = draw.size(1, 2), draw.size(2, 40 if kind == "one sample each" else 4), draw.size(2, 4)
    least = max_lag if kind == "long parts" else 1
    more = 0 if kind == "one sample each" else 3
    parts = [draw.normal(D, least + draw.size(0, more)) for _ in range(ranks)]
    if kind == "one sample each":  # and all of them count
        return {"rank": ranks - 1, "parts": parts, "max_lag": ranks - 1}
    return {"rank": draw.random.randrange(ranks), "parts": parts, "max_lag": max_lag}


def _long(parts, max_lag, **_) -> bool:
    return all(part.shape[1] >= max_lag for part in parts)


def _zeros_behind(rank, parts, max_lag):
    known = torch.cat([parts[0][:, :0], *parts[:rank]], dim=1)[:, -max_lag:]
    return F.pad(known, (0, max_lag - known.shape[1]))


def _in_equal_parts(length):
    """A slice of all parts that begins where the part would begin if all were of one length."""

    def answer(rank, parts, max_lag):
        begin = rank * length(rank, parts)
        return F.pad(torch.cat(parts, dim=1), (max_lag, 0))[:, begin : begin + max_lag]

    return answer


def _without_zeros(rank, parts, max_lag):
    begin = sum(part.shape[1] for part in parts[:rank])
    return torch.cat(parts, dim=1)[:, begin - max_lag : begin]


def _collected(rank, parts, max_lag):
    """From the nearest part on, as long as something is missing."""
    pieces, missing = [], max_lag
    for part in reversed(parts[:rank]):
        piece = part[:, max(0, part.shape[1] - missing) :]
        pieces.insert(0, piece)
        missing -= piece.shape[1]
    zeros = parts[0].new_zeros(len(parts[0]), missing)
    return torch.cat([zeros, *pieces], dim=1)


def _joined_from_the_nearest_on(rank, parts, max_lag):
    """Whole parts, from the nearest one on, until there are enough samples."""
    known, before = parts[0][:, :0], list(parts[:rank])
    while known.shape[1] < max_lag and before:
        known = torch.cat([known, before.pop()], dim=1)
    return F.pad(known, (max_lag, 0))[:, -max_lag:]


CUT_OFF = "F.pad(known, (max_lag, 0))[:, -max_lag:] → F.pad(known, (max(0, max_lag - known.shape[1]), 0))"


HALO = Exercise(
    id="15.halo",
    title="The samples in front of a part",
    reference=halo,
    cases=_halo_case,
    trials=40,
    example={
        "rank": 3,
        "parts": [torch.tensor([samples]) for samples in ([1.0, 2.0], [3.0], [4.0], [5.0, 6.0])],
        "max_lag": 3,
    },
    axes=("channel", "sample"),
    misconceptions=[
        Misconception(
            "a first rank that takes from the last",
            "Rank 0 gets the end of the sequence: in Python, an index below 0 counts from the end. Nothing comes "
            "before rank 0, and its halo is zeros.",
            [
                lambda rank, parts, max_lag: parts[rank - 1][:, -max_lag:],
                lambda rank, parts, max_lag: F.pad(parts[rank - 1], (max_lag, 0))[:, -max_lag:],
                lambda rank, parts, max_lag: halo(rank or len(parts), parts, max_lag),
            ],
            where=_long,
        ),
        Misconception(
            "a short part that is all there is",
            "All samples in your halo are the neighbour's. It may have fewer than the halo: then the samples before "
            "them are wanted, too, from the ranks before the neighbour.",
            [
                neighbour_alone,
                lambda rank, parts, max_lag: _zeros_behind(min(rank, 1), parts[max(rank - 1, 0) :], max_lag),
                lambda rank, parts, max_lag: (
                    parts[rank - 1][:, -max_lag:] if rank else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
            ],
        ),
        Misconception(
            "a halo that is not cut off",
            "You return more than the last max_lag samples. Nobody reads what lies farther back, and it would have to "
            "travel. If you have a slice: on which axis does it stand, and what does one take that begins at −0?",
            [
                edited(halo, "before[:, -max_lag:] → before"),
                edited(
                    halo,
                    "*parts[:rank] → *(part[:, -max_lag:] for part in parts[:rank])",
                    "before[:, -max_lag:] → before",
                ),
                lambda rank, parts, max_lag: torch.cat([parts[0][:, :0], *parts[:rank]], dim=1),
                edited(_joined_from_the_nearest_on, "[known, before.pop()] → [before.pop(), known]", CUT_OFF),
                edited(
                    _collected,
                    "max(0, part.shape[1] - missing) → -missing",
                    "missing -= piece.shape[1] → missing = max(0, missing - piece.shape[1])",
                ),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "the whole part before",
            "You return all of the part before. The task asks for its last samples, which stand on the second axis, "
            "behind the comma of an index.",
            lambda rank, parts, max_lag: parts[rank - 1],
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank > 0,
        ),
        Misconception(
            "a slice that begins before the sequence",
            "Your slice begins before the sequence where fewer than max_lag samples have been, and there its first "
            "index is negative: it counts from the end. With zeros in front there is nothing before the beginning.",
            _without_zeros,
        ),
        Misconception(
            "zeros that are not counted",
            "With zeros in front, every sample stands max_lag places farther back in the row. Your slice counts as if "
            "the zeros were not there.",
            edited(_without_zeros, "torch.cat(parts, dim=1)[ → F.pad(torch.cat(parts, dim=1), (max_lag, 0))["),
            where=lambda rank, parts, max_lag: sum(part.shape[1] for part in parts[:rank]) >= max_lag,
        ),
        Misconception(
            "channels counted for samples",
            "You count your way to the part by `len`, which is how many *channels* a part has. Its samples stand on "
            "the second axis.",
            _in_equal_parts(lambda rank, parts: len(parts[0])),
        ),
        Misconception(
            "no zeros in front",
            "Your halo has the samples that there are. Where the sequence has not begun, zeros stand in their place: "
            "the halo is max_lag long for every rank.",
            edited(halo, "[nothing, *parts[:rank]] → parts[:rank]"),
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "nothing to join for rank 0",
            "Rank 0 has no parts before it, and `torch.cat` cannot join nothing. With zeros in front there is always "
            "something.",
            edited(halo, "[nothing, *parts[:rank]] → parts[:rank]", "before[ → F.pad(before, (max_lag, 0))["),
        ),
        Misconception(
            "a fixed number of parts",
            "You look at a fixed number of parts before yours. Together they may be shorter than the halo: go back "
            "until it is full.",
            [edited(halo, f"*parts[:rank] → *parts[max(rank - {count}, 0) : rank]") for count in (2, 3)],
        ),
        Misconception(
            "the part before left out",
            "The part right before yours is missing. Its last samples lie next to your beginning. Where does a slice "
            "of a list end?",
            [
                edited(halo, "*parts[:rank] → *parts[: max(rank - 1, 0)]"),
                edited(halo, "*parts[:rank] → *parts[: rank - 1]"),
            ],
            where=lambda rank, **_: rank > 0,
        ),
        Misconception(
            "samples of the own part",
            "Your halo ends inside the part itself. It lies in front of it.",
            [
                edited(halo, "parts[:rank] → parts[:rank + 1]"),
                lambda rank, parts, max_lag: torch.cat(
                    [halo(rank, parts, max_lag)[:, 1:], torch.cat(parts[rank:], dim=1)[:, :1]], dim=1
                ),
            ],
        ),
        Misconception(
            "the part's own samples",
            "Your samples are those of the part itself, which its process has. The halo lies in front of it.",
            [
                edited(halo, "*parts[:rank] → parts[rank]"),
                lambda rank, parts, max_lag: F.pad(parts[rank], (0, max_lag))[:, :max_lag],
            ],
            where=_long,
        ),
        Misconception(
            "the wrong end of the part before",
            "You take the *first* samples of the part before. A convolution reads the ones next to your beginning.",
            lambda rank, parts, max_lag: (
                parts[rank - 1][:, :max_lag] if rank else parts[0].new_zeros(len(parts[0]), max_lag)
            ),
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank > 0,
        ),
        Misconception(
            "the beginning of all that was before",
            "You keep the *first* columns of all that stands before your part, and those lie farthest back. A "
            "convolution reads the ones next to your beginning.",
            edited(halo, "[nothing, *parts[:rank]] → [*parts[:rank], nothing]", "-max_lag: → :max_lag"),
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank > 0,
        ),
        Misconception(
            "zeros for every rank",
            "Every rank gets nothing but zeros. Is anything of the parts before put in? And if it is, at which end do "
            "the zeros stand, and from which end do you take the halo?",
            edited(halo, "-max_lag: → :max_lag"),
        ),
        Misconception(
            "the nearest sample left out",
            "The sample right in front of your part is missing. In Python a slice that ends at −1 leaves the last "
            "column out.",
            [
                edited(halo, "before[:, -max_lag:] → before[:, -max_lag:-1]"),
                edited(halo, "before[:, -max_lag:] → before[:, -max_lag - 1 : -1]"),
                edited(
                    halo,
                    "(len(parts[0]), max_lag) → (len(parts[0]), max_lag + 1)",
                    "before[:, -max_lag:] → before[:, -max_lag - 1 : -1]",
                ),
            ],
        ),
        Misconception(
            "the end of the whole sequence",
            "Every rank gets the last samples of the whole sequence. The halo of a rank lies in front of *its* part.",
            edited(halo, "*parts[:rank] → *parts"),
        ),
        Misconception(
            "samples from behind",
            "Your samples come from *behind* your part. A causal convolution reads the past.",
            [
                lambda rank, parts, max_lag: (
                    parts[rank + 1][:, :max_lag]
                    if rank + 1 < len(parts)
                    else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
                lambda rank, parts, max_lag: (
                    parts[rank + 1][:, -max_lag:]
                    if rank + 1 < len(parts)
                    else parts[0].new_zeros(len(parts[0]), max_lag)
                ),
                edited(halo, "parts[:rank] → parts[rank + 1 :]"),
            ],
            where=lambda rank, parts, max_lag: _long(parts, max_lag) and rank + 1 < len(parts),
        ),
        Misconception(
            "one sample short",
            "Your halo lacks its oldest sample. The oldest tap reads max_lag samples back from the part's first.",
            [
                edited(halo, "return before[:, -max_lag:] → return before[:, before.shape[1] - max_lag + 1:]"),
                edited(
                    halo,
                    "return before[:, -max_lag:] → return F.pad(before[:, before.shape[1] - max_lag + 1:], (1, 0))",
                ),
            ],
            where=lambda max_lag, **_: max_lag > 1,
        ),
        Misconception(
            "one sample too many",
            "Your halo has one sample more than max_lag. Nobody reads it.",
            edited(halo, "max_lag)  # (D, max_lag) → max_lag + 1)", "-max_lag: → -max_lag - 1:"),
        ),
        Misconception(
            "parts in the wrong order",
            "You join the parts before yours from the nearest one on (and may then cut that one off). The samples run "
            "from the oldest to the newest, so the part right before yours comes last.",
            [
                edited(halo, "*parts[:rank] → *parts[:rank][::-1]"),
                edited(_collected, "pieces.insert(0, → pieces.append("),
                edited(
                    _collected,
                    "pieces.insert(0, → pieces.append(",
                    "zeros, *pieces → *pieces, zeros",
                ),
                _joined_from_the_nearest_on,
            ],
        ),
        Misconception(
            "zeros behind the samples",
            "Your samples are right, and the zeros stand on the wrong side: what lies before the beginning of the "
            "sequence is farther back than everything else.",
            _zeros_behind,
        ),
        Misconception(
            "the oldest sample repeated",
            "Where the sequence has not begun, you repeat its first sample. There are zeros.",
            [
                _first_repeated,
                lambda rank, parts, max_lag: (
                    halo(rank, parts, max_lag) if rank else parts[0][:, :1].expand(-1, max_lag)
                ),
                edited(halo, "parts[0].new_zeros(len(parts[0]), max_lag) → parts[0][:, :1].expand(-1, max_lag)"),
            ],
        ),
        Misconception(
            "parts taken as equally long",
            "You count your way to the part in parts of one length. They differ: add up the lengths of those before.",
            [
                _in_equal_parts(lambda rank, parts: parts[0].shape[1]),
                _in_equal_parts(lambda rank, parts: parts[rank].shape[1]),
            ],
        ),
        Misconception(
            "newest first",
            "Your samples run backwards in time, all of them or those of each part. They are put in front of the part "
            "as they came.",
            [
                edited(halo, "-max_lag:] → -max_lag:].flip(1)"),
                edited(halo, "*parts[:rank] → *(part.flip(1) for part in parts[:rank])"),
            ],
        ),
        Misconception(
            "zeros of one channel",
            "Your zeros have one channel. A halo has as many as the parts have.",
            [
                edited(halo, "(len(parts[0]), max_lag) → (1, max_lag)"),
                lambda rank, parts, max_lag: halo(rank, parts, max_lag) if rank else parts[0].new_zeros(1, max_lag),
            ],
        ),
        Misconception(
            "zeros of another shape for rank 0",
            "What rank 0 gets has another shape than what the others get. Its halo is (D, max_lag), too, and all of it "
            "is zeros.",
            [
                lambda rank, parts, max_lag: halo(rank, parts, max_lag) if rank else parts[0][:, :0],
                lambda rank, parts, max_lag: halo(rank, parts, max_lag) if rank else parts[0].new_zeros(max_lag),
                lambda rank, parts, max_lag: halo(rank, parts, max_lag) if rank else torch.zeros_like(parts[0]),
            ],
        ),
        Misconception(
            "a first rank that takes its own samples",
            "Rank 0 gets samples of its own part. Nothing comes before rank 0, and its halo is zeros.",
            [
                lambda rank, parts, max_lag: parts[max(rank - 1, 0)][:, -max_lag:],
                lambda rank, parts, max_lag: halo(rank, parts, max_lag) if rank else parts[0][:, :max_lag],
            ],
            where=_long,
        ),
        Misconception(
            "the first part left out",
            "The samples of part 0 are missing. It is a part like the others, and the next ones read it.",
            edited(halo, "parts[:rank] → parts[1:rank]"),
        ),
        Misconception(
            "halo and part together",
            "You return the part with its halo. The task asks for what has to travel: the halo alone.",
            edited(halo, "return before[:, -max_lag:] → return torch.cat([before[:, -max_lag:], parts[rank]], dim=1)"),
        ),
    ],
)
