"""Exercise 4: chunked_scan."""

import functools

import torch
from torch import Tensor

from ....checking.compare import Remark
from ....checking.counter import Counter
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .cost import BOTH_HALVES, DONE_AGAIN, MORE_CALLS, PAIRS_OF_STEPS, priced
from .hillis_steele import hillis_steele
from .shared import linear_loop, zero_first


def chunked_scan(a: Tensor, x: Tensor, chunk: int) -> Tensor:
    """All states, K = L / chunk chunks side by side: ends, carry, rerun; a, x and the result are (L, N) or (L, …)."""
    a, x = (value.unflatten(0, (-1, chunk)) for value in (a, x))  # (K, T, …)
    end = torch.zeros_like(x[:, 0])  # (K, …)
    for a_t, x_t in zip(a.unbind(1), x.unbind(1), strict=True):
        end = a_t * end + x_t  # the ends, each chunk from zero
    h, starts = torch.zeros_like(end[0]), []  # (…)
    for decay, chunk_end in zip(a.prod(dim=1), end, strict=True):
        starts.append(h)
        h = decay * h + chunk_end  # the carry
    h, states = torch.stack(starts), []  # (K, …)
    for a_t, x_t in zip(a.unbind(1), x.unbind(1), strict=True):
        h = a_t * h + x_t  # the rerun
        states.append(h)
    return torch.stack(states, dim=1).flatten(0, 1)  # (L, …)


CARRY = "starts.append(h)\n        h = decay * h + chunk_end  # the carry"
CUT = "zip(a.unbind(1), x.unbind(1), strict=True)"
CHUNKS = Remark("right states, from `chunk` chunks, not chunks of `chunk` steps")
FROM_ZERO = "h, states = torch.stack(starts), [] → start, h, states = torch.stack(starts), torch.zeros_like(end), []"


def _chunk_case(draw: Draw) -> dict:
    chunk, chunks, states = draw.size(1, 5), draw.size(1, 5), draw.size(1, 3)
    shape = (chunk * chunks, *draw.choice([(states,), (2, states), (2, 2, states)]))
    return {"a": draw.normal(*shape), "x": draw.normal(*shape), "chunk": chunk}


def _several_apart(a, x, chunk):
    """Chunks that take every T-th step."""
    a, x = (value.unflatten(0, (-1, chunk)).transpose(0, 1) for value in (a, x))  # (T, K, …)
    states = chunked_scan(a.flatten(0, 1), x.flatten(0, 1), a.shape[1])
    return states.unflatten(0, (chunk, -1)).transpose(0, 1).flatten(0, 1)


def _chunk_by_chunk(a, x, chunk):
    return linear_loop(a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))).flatten(0, 1)


_from_zero = edited(chunked_scan, "torch.stack(starts) → torch.zeros_like(end)")


def _faded_since_the_beginning(a, x, chunk, whole):
    decays, fade, drives = (value.unflatten(0, (-1, chunk)) for value in (a, a.cumprod(0), _from_zero(a, x, chunk)))
    h, states = torch.zeros_like(drives[0, 0]), []
    for own, since, end in zip(decays.prod(1), fade, drives, strict=True):
        states.append(end + since * h)
        h = own * h + end[-1] if whole else states[-1][-1]
    return torch.cat(states)


def _number_of_chunks(scan) -> str | None:
    """Words for a right scan that makes `chunk` chunks. Its carry tells: 32 states, one by one, for 4 chunks of 32."""
    states, chunk = 2, 32
    a, x = (torch.rand(4 * chunk, states, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    with Counter() as counter:
        scan(a, x, chunk)
    return CHUNKS if [numbers for _, numbers in counter.writes].count(states) >= chunk else None


def _divided_chunks(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))  # (K, T, …)
    fade, states, h = a.cumprod(1), [], torch.zeros_like(x[0, 0])
    for one, own in zip(fade, fade * (x / fade).cumsum(1), strict=True):
        states.append(own + one * h)
        h = states[-1][-1]
    return torch.cat(states)


_divided_carry = edited(
    chunked_scan,
    "h, starts = torch.zeros_like(end[0]), [] → fade = a.prod(dim=1).cumprod(0); after = fade * (end / fade).cumsum(0)",
    "for decay, chunk_end in zip(a.prod(dim=1), end, strict=True) → if True",
    f"{CARRY} → starts = [torch.zeros_like(end[0]), *after[:-1]]",
)


CHUNKED_SCAN = Exercise(
    id="09.chunked_scan",
    title="Chunks side by side",
    reference=chunked_scan,
    cases=_chunk_case,
    apply=priced(chunked_scan, linear=True, rest=(16,), further=_number_of_chunks),
    example={"a": torch.full((6, 1), 10.0), "x": torch.arange(1.0, 7.0)[:, None], "chunk": 2},
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "chunks of a size of their own",
            "Your chunks have a number of steps that you have chosen. How many steps a chunk has, the caller says, by "
            "`chunk`: L is a multiple of it, and of no other number for sure.",
            [
                edited(chunked_scan, f"value.unflatten(0, (-1, chunk)) → {cut.format(size)}")
                for cut in ("value.unflatten(0, (-1, {}))", "value.reshape(-1, {}, *value.shape[1:])")
                for size in (2, 4, 8, 16, 32, 64)
            ],
            where=lambda a, x, chunk: len(a) % 2 == 1,
        ),
        Misconception(
            "chunks that know nothing of each other",
            "Every chunk starts from zero, and stays so. The first chunk is right. What do the others lack?",
            _from_zero,
        ),
        Misconception(
            "a carry that forgets all but one chunk",
            "Chunk k starts from the end of chunk k − 1 *as that was when it started from zero*. It lacks what came "
            "before chunk k − 1. The carry is a recurrence of its own, over chunks.",
            edited(chunked_scan, "decay * h + chunk_end → chunk_end"),
        ),
        Misconception(
            "a carry that does not fade",
            "You add up the ends. A state that goes through a whole chunk fades by the product of its T decays.",
            edited(chunked_scan, "decay * h + chunk_end → h + chunk_end"),
        ),
        Misconception(
            "a first drive that counts twice",
            "Your ends begin with the first drive of each chunk, and step 0 adds it once more. The ends start from "
            "zero.",
            edited(chunked_scan, "end = torch.zeros_like(x[:, 0]) → end = x[:, 0]"),
        ),
        Misconception(
            "decays and drives in exchanged places",
            "You have taken a for x and x for a. The decay a multiplies the state before, and the drive x is added.",
            lambda a, x, chunk: chunked_scan(x, a, chunk),
        ),
        Misconception(
            "a chunk that fades by one step only",
            "From one chunk's start to the next, your carry takes the decay of a single step. The state goes through "
            "all T steps of the chunk: which one number says what is left of it?",
            [edited(chunked_scan, f"a.prod(dim=1) → a[:, {t}]") for t in (-1, 0)],
        ),
        Misconception(
            "a chunk that fades by one step too few",
            "The decay of a whole chunk lacks one of its steps. The state before the chunk goes through all T of them.",
            [edited(chunked_scan, f"a.prod(dim=1) → a[:, {steps}].prod(dim=1)") for steps in ("1:", ":-1")],
            where=lambda a, x, chunk: chunk > 2,
        ),
        Misconception(
            "a chunk whose steps all fade alike",
            "You raise one decay, of a step or a mean, to the power T. In a selective scan each step has a decay of "
            "its own: what is left of a state behind the chunk is their product.",
            [edited(chunked_scan, f"a.prod(dim=1) → a{one} ** chunk") for one in ("[:, 0]", "[:, -1]", ".mean(1)")],
        ),
        Misconception(
            "the end of a neighbouring chunk",
            "In your carry the decay and the end come from two different chunks. Chunk k takes its own whole decay, "
            "and then adds its own end.",
            [edited(chunked_scan, f"a.prod(dim=1), end, → a.prod(dim=1), end.roll({by}, 0),") for by in (1, -1)],
        ),
        Misconception(
            "the decay of a neighbouring chunk",
            "Your carry fades the state by the decay of another chunk. What stands before chunk k goes through the "
            "decays of chunk k, and then its end is added.",
            [edited(chunked_scan, f"a.prod(dim=1) → a.prod(dim=1).roll({by}, 0)") for by in (1, -1)],
        ),
        Misconception(
            "decays of a chunk that are added",
            "For the decay of a whole chunk you add its T decays, or take their mean. Two fadings one after the other "
            "multiply: a half of a half is a quarter.",
            [edited(chunked_scan, f"a.prod(dim=1) → a.{added}(dim=1)") for added in ("sum", "mean")]
            + [edited(chunked_scan, "a.prod(dim=1) → a.sum(dim=1).exp()")],
        ),
        Misconception(
            "an end that fades in its own chunk",
            "You multiply the end of a chunk by that chunk's whole decay. The end has gone through its chunk "
            "already; what still has to go through it is the state *before* the chunk.",
            [
                edited(chunked_scan, f"decay * h + chunk_end → {h}")
                for h in ("decay * (h + chunk_end)", "h + decay * chunk_end")
            ],
        ),
        Misconception(
            "a first chunk that starts from the last one",
            "Chunk 0 starts from what the last chunk ends with: torch.roll, and the index −1, go round the end. "
            "Nothing comes before chunk 0.",
            [
                edited(
                    chunked_scan,
                    f"{CARRY} → h = decay * h + chunk_end\n        starts.append(h)",
                    "torch.stack(starts) → torch.stack(starts).roll(1, 0)",
                ),
                edited(
                    chunked_scan,
                    "zip(a.prod(dim=1), end, → zip(a.prod(dim=1).roll(1, 0), end.roll(1, 0),",
                    f"{CARRY} → h = decay * h + chunk_end\n        starts.append(h)",
                ),
            ],
        ),
        Misconception(
            "a start that has faded already",
            "You fade the start by the whole decay of its chunk, and run the chunk from what is left. The rerun fades "
            "it step by step: it begins with the state before the chunk, as it is.",
            edited(chunked_scan, "torch.stack(starts) → a.prod(dim=1) * torch.stack(starts)"),
        ),
        Misconception(
            "starts made by the chunk itself",
            "Chunk 0 starts from zero, and before chunk k you put what chunk k itself makes of the start before: its "
            "own decay, its own end. What stands before chunk k is made by chunk k − 1.",
            edited(
                chunked_scan,
                "h = decay * h + chunk_end → pass",
                "starts.append(h) → h = decay * h + chunk_end if starts else h; starts.append(h)",
            ),
        ),
        Misconception(
            "a start behind the last chunk",
            "You collect K + 1 starts: zero, and the state after each chunk. Behind the last chunk nothing starts, so "
            "leave that one out.",
            edited(chunked_scan, "torch.stack(starts) → torch.stack([*starts, h])"),
        ),
        Misconception(
            "one start for all chunks",
            "Every chunk is run again from one and the same state, the one after the last chunk. Did you go on with h "
            "in the place of the list? Or does the list hold one tensor, which is changed in place?",
            edited(chunked_scan, "h, states = torch.stack(starts), [] → states = []"),
        ),
        Misconception(
            "starts stacked along the wrong axis",
            "You stack the starts along another axis than the first. The rerun goes on from one state for each chunk, "
            "(K, N): the chunks come first.",
            [edited(chunked_scan, f"torch.stack(starts) → torch.stack(starts, dim={axis})") for axis in (1, -1)],
        ),
        Misconception(
            "drives overwritten by the ends",
            "The ends are made inside x: x[:, 0] is a view, and what changes in it changes in x, too. Your rerun finds "
            "an end where the first drive of the chunk was. Give the ends a tensor of their own.",
            edited(
                chunked_scan,
                "torch.stack(starts), [] → torch.stack(starts), []; x = torch.cat([end[:, None], x[:, 1:]], 1)",
            ),
        ),
        Misconception(
            "starts that come one chunk late",
            "You start chunk k from the state *after* chunk k. It wants the state before it: chunk 0 starts from zero.",
            edited(chunked_scan, f"{CARRY} → h = decay * h + chunk_end\n        starts.append(h)"),
        ),
        Misconception(
            "a first chunk that does not start from zero",
            "Your carry begins with a state that is not zero. Nothing comes before chunk 0.",
            [
                edited(chunked_scan, f"h, starts = torch.zeros_like(end[0]) → h, starts = {first}")
                for first in ("end[0]", "torch.ones_like(end[0])", "x[0, 0]")
            ],
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            [
                edited(chunked_scan, *edits)
                for edits in (
                    ("end = a_t * end + x_t → end = a_t * (end + x_t)", "h = a_t * h + x_t → h = a_t * (h + x_t)"),
                    ("h = a_t * h + x_t → h = a_t * (h + x_t)",),
                    ("end = a_t * end + x_t → end = a_t * (end + x_t)",),
                )
            ],
        ),
        Misconception(
            "an exponential too many",
            "You take exp of a. Here a is the decay itself, and no exponent.",
            lambda a, x, chunk: chunked_scan(a.exp(), x, chunk),
        ),
        Misconception(
            "a rerun that does not fade",
            "In the rerun you add x to a state that stays as it is. It is an ordinary step: a·h + x.",
            edited(chunked_scan, "h = a_t * h + x_t → h = h + x_t"),
        ),
        Misconception(
            "states that are kept and not carried on",
            "In the rerun h stays what it was at the chunk's start: each new state is kept, and the next step does not "
            "go on from it.",
            edited(chunked_scan, "h = a_t * h + x_t → pass", "states.append(h) → states.append(a_t * h + x_t)"),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you keep h before the step is made. h_t includes step t.",
            lambda a, x, chunk: zero_first(chunked_scan(a, x, chunk)),
        ),
        Misconception(
            "a first step of each chunk left out",
            "The first state of each chunk is its start, as it comes from the chunk before. The chunk's first step is "
            "still to be made.",
            edited(chunked_scan, "h = a_t * h + x_t → h = a_t * h + x_t if states else h"),
        ),
        Misconception(
            "chunks that start from their own ends",
            "Chunk k is run again from its own end. It wants the state *before* it: that is what the carry collects.",
            edited(chunked_scan, "torch.stack(starts) → end"),
        ),
        Misconception(
            "a start that does not fade inside its chunk",
            "You add the chunk's start to all of its T states as it is. At step t of the chunk it has gone through the"
            " decays of the steps up to t: run the chunk again from the start, or multiply by their product.",
            [
                edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + start)", *more)
                for more in ((), ("decay * h + chunk_end → h + chunk_end",))
            ],
        ),
        Misconception(
            "a start that fades one step too late",
            "At the first step of a chunk you add its start as it is. That step has a decay, too, and the start goes "
            "through it: at step t it has faded by the decays up to t, and that of t is among them.",
            [
                edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + start); start = a_t * start"),
                edited(chunked_scan, "h = a_t * h + x_t → h = a_t * h + x_t if states else h + x_t"),
            ],
        ),
        Misconception(
            "a start that fades by the whole chunk at once",
            "You add to all T states of a chunk what is left of its start at the *end* of the chunk. At step t it has "
            "faded by the decays up to t only.",
            edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + a.prod(1) * start)"),
        ),
        Misconception(
            "a start that fades by one step only",
            "You fade the start of a chunk by the decay of step t alone. It has gone through all steps of the chunk "
            "up to t: multiply their decays, or run the chunk again from the start.",
            edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + a_t * start)"),
        ),
        Misconception(
            "a start that is felt for one step",
            "Only the first state of each chunk knows the start. The second one is made from the first, so it has to "
            "be computed again, too.",
            edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + a_t * start); start = 0 * start"),
        ),
        Misconception(
            "a chunk taken for a step",
            "In (K, T, N), a[k] is a whole chunk, and your loop takes it for one step: each step is joined with the "
            "step T places before it, and none with its neighbour. Step t of all chunks is a[:, t].",
            [_chunk_by_chunk, edited(_chunk_by_chunk, ".flatten(0, 1) → [-1]")],
        ),
        Misconception(
            "neighbours in different chunks",
            "The steps of your chunks lie apart from one another. A chunk is T steps that follow one another: (L, N) "
            "becomes (K, T, N), with K as the first axis. Then a[k] holds all steps of chunk k, and a[:, t] step t of "
            "all chunks.",
            [
                edited(
                    chunked_scan, "value.unflatten(0, (-1, chunk)) → value.unflatten(0, (chunk, -1)).transpose(0, 1)"
                ),
                edited(
                    chunked_scan,
                    "value.unflatten(0, (-1, chunk)) → value.unflatten(0, (chunk, -1)).transpose(0, 1)",
                    "torch.stack(states, dim=1) → torch.stack(states)",
                ),
                _several_apart,
            ],
        ),
        Misconception(
            "a number of chunks",
            "Your states are right, and you take `chunk` for the number of the chunks, K. It is the number of "
            "the steps of a chunk, T: the second of the two axes, (K, T, N).",
            lambda a, x, chunk: chunked_scan(a, x, len(x) // chunk),
        ),
        Misconception(
            "one tensor for several states",
            "You change h in place, and keep the same tensor again and again. So all entries of a list are what h "
            "was in the end. Make a new h at each step.",
            [
                edited(chunked_scan, *edits)
                for edits in (
                    ("h = a_t * h + x_t → h *= a_t; h += x_t",),
                    (
                        "h = a_t * h + x_t → h *= a_t; h += x_t",
                        "h = decay * h + chunk_end → h *= decay; h += chunk_end",
                    ),
                )
            ],
        ),
        Misconception(
            "ends that are no states",
            "What you take for the end of a chunk is not its state after all T steps. Run every step of the chunk, "
            "from zero.",
            [
                *(
                    edited(chunked_scan, "end = a_t * end + x_t → pass", f"end, strict → {end}, strict")
                    for end in ("x[:, -1]", "x.sum(1)", "(a * x).sum(1)", "(a.cumprod(1) * x).sum(1)")
                ),
                *(
                    edited(chunked_scan, f"{CUT}:\n        end → {CUT.replace('(1)', some)}:\n        end")
                    for some in ("(1)[1:]", "(1)[:-1]", "(1)[: max(1, chunk - 1)]")
                ),
            ],
        ),
        Misconception(
            "other axes taken for steps",
            "Your cut knows the steps and the last axis alone. For (L, N) that is right; of (L, B, N) the axis between "
            "them gets among the steps. Cut the first axis, and leave all others behind it as they are.",
            [
                edited(
                    chunked_scan,
                    "value.unflatten(0, (-1, chunk)) → value.reshape(-1, chunk, value.shape[-1])",
                    "a, x = → shape = x.shape; a, x =",
                    *back,
                )
                for back in ((), (".flatten(0, 1) → .reshape(shape)",))
            ],
            where=lambda a, x, chunk: x.ndim > 2,
        ),
        Misconception(
            "a start that counts twice",
            "You run each chunk from its start, and add what is left of that start once more. A rerun from the start "
            "holds it already; only states that were run from zero lack it.",
            edited(
                chunked_scan,
                "h, states = torch.stack(starts), [] → start, states = torch.stack(starts), []; h = start",
                "states.append(h) → start = a_t * start; states.append(h + start)",
            ),
        ),
        Misconception(
            "decays from the beginning",
            "Your products of decays go on through all chunks. The start of a chunk has faded by that chunk's own "
            "decays alone: the product begins anew in each chunk.",
            [functools.partial(_faded_since_the_beginning, whole=whole) for whole in (True, False)],
        ),
        Misconception(
            "one decay for all states",
            "You multiply the decays of all states with one another. Each state has decays of its own: multiply along "
            "the axis of the steps only.",
            [
                edited(chunked_scan, f"a.prod(dim=1) → {decays}")
                for decays in ("a.flatten(1).prod(dim=1)", "a.prod().expand(len(a))")
            ],
            where=lambda a, x, chunk: a[0].numel() > 1,
        ),
        Misconception(
            "an axis of chunks that is left over",
            "The states have the shape (K, T, N). Put the chunks one behind the other again: (L, N).",
            edited(chunked_scan, ".flatten(0, 1) → "),
        ),
        Misconception(
            "decays of a place, not of a chunk",
            "For the decay of a whole chunk you multiply along the axis of the chunks: the decays at one place of all "
            "chunks. a is (K, T, …): which axis holds the steps of one chunk?",
            edited(
                chunked_scan,
                "for decay, chunk_end in zip(a.prod(dim=1), end, strict=True) → for k, chunk_end in enumerate(end)",
                "h = decay * h → h = a.prod(dim=0)[k] * h",
            ),
        ),
        Misconception(
            "steps stacked in front of chunks",
            "All values are right, and they stand in the wrong places: first the first steps of all chunks, then their"
            " second steps. Your T states (K, N) stand one behind the other: (T, K, N). Behind which axis must the "
            "steps go, so that a chunk's steps follow one another?",
            edited(chunked_scan, "torch.stack(states, dim=1) → torch.stack(states)"),
        ),
        Misconception(
            "steps stacked behind the states",
            "You have stacked T states (K, N) to (K, N, T). Behind which axis must the steps go, so that a chunk's "
            "steps follow one another?",
            edited(chunked_scan, "torch.stack(states, dim=1) → torch.stack(states, dim=-1)"),
        ),
        Misconception(
            "logarithms of decays",
            "You take the logarithm of a. A decay below zero has none, and what comes of it is not a number. Decays "
            "multiply as they are.",
            edited(chunked_scan, "a.prod(dim=1) → a.log().sum(dim=1).exp()"),
        ),
        Misconception(
            "one state a chunk",
            "You return one state a chunk: its end or its start, or the first of the rerun, if `return` stands inside "
            "the loop. All L states are asked for: each chunk is run again, from its own start.",
            [
                lambda a, x, chunk: chunked_scan(a, x, chunk)[chunk - 1 :: chunk],
                lambda a, x, chunk: chunked_scan(a, x, chunk)[::chunk],
                edited(chunked_scan, "torch.stack(states, dim=1).flatten(0, 1) → end"),
                edited(chunked_scan, "torch.stack(states, dim=1).flatten(0, 1) → torch.stack(starts)"),
            ],
        ),
        Misconception(
            "a division by a product of decays",
            "You divide by a product of decays, inside a chunk or from chunk to chunk. A decay of 0 makes it zero at "
            "once, and many small ones do the same. The loops over T steps and over K chunks need no division.",
            [_divided_chunks, _divided_carry],
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and twice as many steps need about twice as many calls: you take one step after "
            "the other, or one chunk after the other. Side by side means that `a[:, t]` holds step t of *all* chunks, "
            "and one call does it for all of them.",
            lambda a, x, chunk: linear_loop(a, x),
        ),
        Misconception(
            "rounds in place of chunks",
            "Your states are right, and in few rounds. But you join about L·log2 L times. Chunks take about 2L steps "
            "of work: the ends, a carry from chunk to chunk, and the rerun.",
            lambda a, x, chunk: hillis_steele(a, x),
        ),
        BOTH_HALVES,
        MORE_CALLS,
        PAIRS_OF_STEPS,
        DONE_AGAIN,
    ],
)
