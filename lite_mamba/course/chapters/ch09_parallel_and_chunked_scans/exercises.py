"""Exercises of notebook 09: scans in rounds, in a tree and in chunks, and a loop with a linear backward pass."""

import math

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ...checking.compare import Tolerance, difference
from ...checking.counter import Counter
from ...checking.exercise import Draw, Exercise, Misconception, Question

# What a scan costs: counted for the answers whose states are right

EACH_STEP = "right states, with a call into PyTorch for every step"
EACH_JOIN = "right states, with a call into PyTorch for every single join"
MUCH_WORK = "right states, with many more products than needed"


def _counted(reference, length, decay=0.5, rest=(), each_join=math.inf, products=math.inf):
    """An `apply` that returns the states, or words if they are right and cost too much.

    Args:
        reference: the scan that tells which states are right.
        length: L of the sequence, (L, 2), on which calls and products are counted; as many calls as steps are a loop.
        decay: the first argument of the scan, at every step.
        rest: what the scan takes after a and x.
        each_join: from so many calls a step on, the joins are made one by one.
        products: numbers multiplied for each step, at most.
    """

    def apply(function, **case):
        expected = reference(*case.values())
        states = function(*case.values())
        if difference(expected, states, Tolerance(1e-3, 1e-4)):
            return states
        with Counter() as counter:
            function(torch.full((length, 2), decay), torch.ones(length, 2), *rest)
        if counter.calls >= length:
            return EACH_JOIN if counter.calls >= each_join * length else EACH_STEP
        return MUCH_WORK if counter.multiplications > 2 * products * length else states

    return apply


# Exercise 1: combine


def combine(a1: Tensor, b1: Tensor, a2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """First h → a1·h + b1, then h → a2·h + b2, as one step: (a2·a1, a2·b1 + b2)."""
    return a2 * a1, a2 * b1 + b2


def _steps_pairs(draw: Draw) -> dict:
    states = draw.size(1, 4)
    return {name: draw.normal(states) for name in ("a1", "b1", "a2", "b2")}


COMBINE = Exercise(
    id="09.combine",
    title="Join two steps into one",
    reference=combine,
    cases=_steps_pairs,
    example={name: torch.tensor(value) for name, value in (("a1", 10.0), ("b1", 1.0), ("a2", 100.0), ("b2", 23.0))},
    axes=("state",),
    misconceptions=[
        Misconception(
            "two steps in the wrong order",
            "You run step 2 first and step 1 after it. What came in at step 1 goes through step 2, so b1 has to fade "
            "once more. Which of the two a's does that?",
            lambda a1, b1, a2, b2: (a2 * a1, a1 * b2 + b1),
        ),
        Misconception(
            "a b1 that does not fade",
            "You add b1 and b2. Between them lies step 2, which multiplies everything that is already in the state.",
            lambda a1, b1, a2, b2: (a2 * a1, b1 + b2),
        ),
        Misconception(
            "a b1 that fades twice",
            "b1 comes in *at* step 1, after that step's fading. Only a2 reaches it.",
            lambda a1, b1, a2, b2: (a2 * a1, a2 * a1 * b1 + b2),
        ),
        Misconception(
            "a's that are added",
            "Two fadings one after the other multiply: a half of a half is a quarter. You have added them.",
            lambda a1, b1, a2, b2: (a1 + a2, a2 * b1 + b2),
        ),
        Misconception(
            "b2 that fades",
            "b2 is the last thing that happens: nothing comes after it that could multiply it. You multiply the sum of"
            " b1 and b2; only b1 was there before step 2.",
            lambda a1, b1, a2, b2: (a2 * a1, a2 * (b1 + b2)),
        ),
    ],
)

# Exercise 2: hillis_steele


def _in_rounds(a: Tensor, x: Tensor, join=combine, shifts=None) -> Tensor:
    """Every step joined with the one `shift` before it, for shift = 1, 2, 4, …"""
    for shift in shifts or _doubling(len(a)):
        joined_a, joined_x = join(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:shift], joined_a]), torch.cat([x[:shift], joined_x])
    return x


def _doubling(length: int) -> list[int]:
    return [2**k for k in range((length - 1).bit_length())]


def hillis_steele(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t = a_t·h_{t−1} + x_t at once, in ⌈log2 L⌉ rounds; a, x and the result are (L,) or (L, N)."""
    return _in_rounds(a, x)


def _wraps_around(a, x):
    for shift in _doubling(len(a)):
        a, x = combine(a.roll(shift, 0), x.roll(shift, 0), a, x)
    return x


def _reads_new_values(a, x):
    a, x = a.clone(), x.clone()
    for shift in _doubling(len(a)):
        for t in range(shift, len(a)):
            a[t], x[t] = combine(a[t - shift], x[t - shift], a[t], x[t])
    return x


def _decays_stay(a, x):
    return _in_rounds(a, x, lambda a1, b1, a2, b2: (a2, a2 * b1 + b2))


def _decays_first(a, x):
    """a is joined before x is, and x is multiplied with what a has become."""
    return _in_rounds(a, x, lambda a1, b1, a2, b2: (a2 * a1, a2 * a1 * b1 + b2))


def _short(a, x):
    for shift in _doubling(len(a)):
        a, x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])
    return x


def _joins_one_by_one(a, x):
    for shift in _doubling(len(a)):
        old_a, old_x, a, x = a, x, a.clone(), x.clone()
        for t in range(shift, len(a)):
            a[t], x[t] = combine(old_a[t - shift], old_x[t - shift], old_a[t], old_x[t])
    return x


def _scan_case(draw: Draw, length: int) -> dict:
    states = draw.size(0, 3)
    shape = (length, states) if states else (length,)
    return {"a": draw.normal(*shape), "x": draw.normal(*shape)}


DIGITS = {"a": torch.full((8,), 10.0), "x": torch.arange(1.0, 9.0)}

HILLIS_STEELE = Exercise(
    id="09.hillis_steele",
    title="All states in a few rounds",
    reference=hillis_steele,
    cases=lambda draw: _scan_case(draw, draw.size(3, 20)),
    apply=_counted(hillis_steele, length=128, each_join=10),
    example=DIGITS,
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "operands in the wrong order",
            "You join the later step first and the earlier one after it. In the example the digits come out in the "
            "wrong order. combine(a1, b1, a2, b2) wants the earlier pair first: that is the shifted one.",
            lambda a, x: _in_rounds(a, x, lambda a1, b1, a2, b2: combine(a2, b2, a1, b1)),
        ),
        Misconception(
            "a shift that wraps around",
            "The first steps are joined with the last ones: torch.roll, and negative indices, go round the end. "
            "Nothing comes before step 0. Which steps have no partner at a distance of `shift`, and what should happen"
            " to them?",
            _wraps_around,
        ),
        Misconception(
            "values of this round read in this round",
            "You overwrite an entry, and a later step of the same round reads it: it takes in a span that has grown "
            "already. All joins of a round read what stood there before the round: keep the old tensors until the "
            "round is over.",
            _reads_new_values,
        ),
        Misconception(
            "decays that are not joined",
            "You join x but leave a as it was. After a round an entry stands for several steps, and it must fade what "
            "comes before by all of them: both parts of the pair move on.",
            _decays_stay,
        ),
        Misconception(
            "decays that are joined too early",
            "You update a first, and then use the new a to update x. The join needs the a from before the round.",
            _decays_first,
        ),
        Misconception(
            "a single round",
            "You have joined each step with its neighbour and stopped. After one round, an entry holds two steps. How "
            "many does it hold after the next one, and when does it hold all?",
            lambda a, x: _in_rounds(a, x, shifts=[1]),
        ),
        Misconception(
            "one round too few",
            "Your loop stops too early when L is not a power of two: the last steps lack the first ones. As long as "
            "the shift is smaller than L, somebody still has a partner.",
            lambda a, x: _in_rounds(a, x, shifts=[s for s in _doubling(len(a)) if 2 * s <= len(a)]),
        ),
        Misconception(
            "a shift that grows by one",
            "Your shifts are 1, 2, 3, … After the second round an entry holds four steps, so the next partner is four "
            "steps away: with three, one step is counted twice.",
            lambda a, x: _in_rounds(a, x, shifts=range(1, len(a))),
        ),
        Misconception(
            "steps without a partner that are lost",
            "Your result is shorter than the input: the first `shift` entries were dropped in each round. They are "
            "finished already. Keep them in front.",
            _short,
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and each waits for the one before: L steps take L rounds. Here ⌈log2 L⌉ rounds are"
            " asked for. In a round, all joins are made in one call: which two slices of a hold the earlier and the "
            "later partners?",
            lambda a, x: linear_loop(a, x),
        ),
        Misconception(
            "joins one by one",
            "Your rounds are right. But inside each round you loop over the steps, with a call for each join. The "
            "joins of a round do not wait for each other: two slices, and one call of combine, make all of them.",
            _joins_one_by_one,
        ),
    ],
)

# Exercise 3: up_down


def up_down(a: Tensor, x: Tensor) -> Tensor:
    """All states by halving: join pairs, scan the half, fill in the others; L a power of two; (L,) or (L, N)."""
    if len(a) == 1:
        return x
    odd = up_down(*combine(a[0::2], x[0::2], a[1::2], x[1::2]))  # (L/2, …): h at t = 1, 3, 5, …
    even = torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]])  # (L/2, …): h at t = 0, 2, 4, …
    return torch.stack([even, odd], dim=1).flatten(0, 1)  # (L, …)


def _up_down_with(join=combine, fill=None, weave=None):
    """A wrong way down or up: `fill(a, x, odd)` gives the even states, `weave(even, odd)` puts them together."""

    def scan(a, x):
        if len(a) == 1:
            return x
        odd = scan(*join(a[0::2], x[0::2], a[1::2], x[1::2]))
        even = fill(a, x, odd) if fill else torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]])
        return weave(even, odd) if weave else torch.stack([even, odd], dim=1).flatten(0, 1)

    return scan


def _zero_first(odd):
    return torch.cat([torch.zeros_like(odd[:1]), odd[:-1]])


UP_DOWN = Exercise(
    id="09.up_down",
    title="Up and down a tree",
    reference=up_down,
    cases=lambda draw: _scan_case(draw, 2 ** draw.size(1, 4)),
    apply=_counted(up_down, length=128, products=6),
    example=DIGITS,
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "pairs in the wrong order",
            "In each pair you let the later step come first. The earlier one is at the even place: a[0::2].",
            _up_down_with(join=lambda a1, b1, a2, b2: combine(a2, b2, a1, b1)),
        ),
        Misconception(
            "even steps without a past",
            "The states at t = 0, 2, 4, … are only their own x. There is a way down, too: the state before each of "
            "them is known by now. Where does it stand?",
            _up_down_with(fill=lambda a, x, odd: x[0::2]),
        ),
        Misconception(
            "even steps that read the state after them",
            "To fill in t = 2 you use the state at t = 3. odd[i] belongs to t = 2i + 1, so the state *before* t = 2i "
            "is odd[i − 1].",
            _up_down_with(fill=lambda a, x, odd: a[0::2] * odd + x[0::2]),
        ),
        Misconception(
            "a neighbour from the future",
            "t = 0 is right, and t = 2 is filled in with the state at t = 3, a neighbour from the future. odd[i] "
            "belongs to t = 2i + 1. At which place of odd stands the state before t = 2, and before t = 4?",
            _up_down_with(fill=lambda a, x, odd: torch.cat([x[:1], a[2::2] * odd[1:] + x[2::2]])),
        ),
        Misconception(
            "a past that does not fade on the way down",
            "You add the state before to x. Going down is an ordinary step: a·h + x.",
            _up_down_with(fill=lambda a, x, odd: _zero_first(odd) + x[0::2]),
        ),
        Misconception(
            "a decay of the wrong step on the way down",
            "You fade the state by the a of the odd step. The step that is filled in is the even one: its own a "
            "counts.",
            _up_down_with(fill=lambda a, x, odd: a[1::2] * _zero_first(odd) + x[0::2]),
        ),
        Misconception(
            "even steps first, odd steps after them",
            "All values are right, and they stand in the wrong places: first all even steps, then all odd ones. They "
            "have to alternate.",
            _up_down_with(weave=lambda even, odd: torch.cat([even, odd])),
        ),
        Misconception(
            "even and odd steps swapped",
            "Your odd states stand at the even places. t = 0 comes first, and it is even.",
            _up_down_with(weave=lambda even, odd: torch.stack([odd, even], dim=1).flatten(0, 1)),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. That is how the "
            "scan is defined in some papers (an *exclusive* scan). Here h_t includes step t.",
            lambda a, x: _zero_first(up_down(a, x)),
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and each waits for the one before: L rounds. The tree joins pairs first. Which "
            "sequence, half as long, does your function call itself with?",
            lambda a, x: linear_loop(a, x),
        ),
        Misconception(
            "the rounds of exercise 2",
            "Your states are right, and in few rounds. But you join about L·log2 L times, as in exercise 2. On the "
            "tree, each level has half as many steps as the one before, and in all there are about 2L joins.",
            lambda a, x: hillis_steele(a, x),
        ),
    ],
)

# Bug hunt: mended_scan


def mended_scan(log_a: Tensor, x: Tensor) -> Tensor:
    """All states for decays exp(log_a), whatever their product; log_a, x and the result are (L,) or (L, N)."""
    return hillis_steele(log_a.exp(), x)


def suspect_scan(log_a: Tensor, x: Tensor) -> Tensor:
    """The suspect of the bug hunt: weights counted from the end, and a small number against a division by zero."""
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()  # what each step has kept at the end
    return (to_end * x).cumsum(0) / (to_end + 1e-12)


def _without_epsilon(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return (to_end * x).cumsum(0) / to_end


def _smaller_epsilon(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return (to_end * x).cumsum(0) / (to_end + 1e-30)


def _from_the_start(log_a, x):
    kept = log_a.cumsum(0).exp()
    return kept * (x / kept).cumsum(0)


def _twice_the_digits(log_a, x):
    return _without_epsilon(log_a.double(), x.double()).float()


def _clamped(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp().clamp(min=1e-12)
    return (to_end * x).cumsum(0) / to_end


def _decay_case(draw: Draw) -> dict:
    speed = draw.choice([0.1, 3.0, 40.0, 400.0])
    length, states = draw.size(4, 40), draw.size(0, 2)
    shape = (length, states) if states else (length,)
    return {"log_a": (-speed * draw.uniform(0.6, 1.0, *shape)).round(decimals=2), "x": draw.normal(*shape)}


MENDED = Exercise(
    id="09.mended_scan",
    title="Mend the scan",
    reference=mended_scan,
    cases=_decay_case,
    apply=_counted(mended_scan, length=128, decay=-0.7),
    axes=("step", "state"),
    example={"log_a": torch.full((5,), -20.0), "x": torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0])},
    misconceptions=[
        Misconception(
            "the suspect as it was",
            "Steps far from the end have a weight near zero, and then the 1e-12 below the line is larger than the "
            "weight. What is the quotient of almost nothing and 1e-12?",
            suspect_scan,
        ),
        Misconception(
            "a division by zero",
            "Without the small number, early weights round to zero, and zero is divided by zero. The small number hid "
            "the sickness; it was not the sickness.",
            _without_epsilon,
        ),
        Misconception(
            "a smaller epsilon",
            "The same defect with more steps before it shows: weights below 1e-30 come up too, and below 1e-45 they "
            "are zero. No small number is small enough. Can you do without the division?",
            _smaller_epsilon,
        ),
        Misconception(
            "products counted from the start",
            "Now the *late* steps have the vanishing product, and x divided by it overflows. This is the shortcut that"
            " section 4 begins with.",
            _from_the_start,
        ),
        Misconception(
            "float64",
            "More digits move the place where it breaks: a float64 goes down to about exp(−745) instead of exp(−103). "
            "Fast channels come past it in a few steps. Can you do without the division?",
            _twice_the_digits,
        ),
        Misconception(
            "exponents taken for decays",
            "The scan is right, and it gets the wrong numbers: log_a holds exponents Δ·A, and a decay is exp(log_a).",
            lambda log_a, x: hillis_steele(log_a, x),
        ),
        Misconception(
            "a clamp",
            "A weight that was lifted to 1e-12 is no longer the product of the decays, so the states before it count "
            "for too much or too little. The result is finite and wrong.",
            _clamped,
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right for any decays: the loop never divides. But it takes L rounds, one after the other."
            " Which scan of yours never divides either, takes any L, and needs few rounds?",
            lambda log_a, x: linear_loop(log_a.exp(), x),
        ),
    ],
)

# Exercise 4: chunked_scan


def chunked_scan(a: Tensor, x: Tensor, chunk: int) -> Tensor:
    """All states, K = L / chunk chunks side by side: ends, carry, rerun; a, x and the result are (L, N) or (L, …)."""
    a, x = (value.unflatten(0, (-1, chunk)) for value in (a, x))  # (K, T, N)
    _, end = _side_by_side(a, x, torch.zeros_like(x[:, 0]))  # (K, N)
    start = _carried(a.prod(1), end)  # (K, N)
    return _side_by_side(a, x, start)[0].flatten(0, 1)  # (L, N)


def _side_by_side(a, x, h):
    """Run all chunks together from h (K, N): the states (K, T, N) and the ends (K, N)."""
    states = []
    for a_t, x_t in zip(a.unbind(1), x.unbind(1), strict=True):
        h = a_t * h + x_t  # (K, N)
        states.append(h)
    return torch.stack(states, dim=1), h


def _carried(decay, end):
    """The state before each chunk."""
    h, starts = torch.zeros_like(end[0]), []
    for decay_k, end_k in zip(decay, end, strict=True):
        starts.append(h)
        h = decay_k * h + end_k  # (N,)
    return torch.stack(starts)


def _chunked_with(carry, finish=None, cut=lambda value, chunk: value.unflatten(0, (-1, chunk))):
    """A wrong chunked scan: `carry(decay, end)` gives the starts, `finish(a, x, states, start)` the states."""

    def scan(a, x, chunk):
        a, x = cut(a, chunk), cut(x, chunk)
        states, end = _side_by_side(a, x, torch.zeros_like(x[:, 0]))
        start = carry(a.prod(1), end)
        return (finish(a, x, states, start) if finish else _side_by_side(a, x, start)[0]).flatten(0, 1)

    return scan


def _last_chunk_only(a, x, states, start):
    """The starts are added to the first step of each chunk's states, and not carried through the chunk."""
    states = states.clone()
    states[:, 0] = states[:, 0] + a[:, 0] * start
    return states


def _chunk_case(draw: Draw) -> dict:
    chunk, chunks, states = draw.size(2, 5), draw.size(3, 5), draw.size(1, 3)
    shape = (chunk * chunks, states)
    return {"a": draw.normal(*shape), "x": draw.normal(*shape), "chunk": chunk}


CHUNKED = Exercise(
    id="09.chunked_scan",
    title="Chunks side by side",
    reference=chunked_scan,
    cases=_chunk_case,
    apply=_counted(chunked_scan, length=256, rest=(16,), products=8),
    example={"a": torch.full((6, 1), 10.0), "x": torch.arange(1.0, 7.0)[:, None], "chunk": 2},
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "chunks that know nothing of each other",
            "Every chunk starts from zero, and stays so. The first chunk is right. What do the others lack?",
            _chunked_with(lambda decay, end: torch.zeros_like(end)),
        ),
        Misconception(
            "a carry that forgets all but one chunk",
            "Chunk k starts from the end of chunk k − 1 *as that was when it started from zero*. It lacks what came "
            "before chunk k − 1. The carry is a recurrence of its own, over chunks.",
            _chunked_with(lambda decay, end: _zero_first(end)),
        ),
        Misconception(
            "a carry that does not fade",
            "You add up the ends. A state that goes through a whole chunk fades by the product of its T decays.",
            _chunked_with(lambda decay, end: _zero_first(end.cumsum(0))),
        ),
        Misconception(
            "a chunk that fades by its last step only",
            "From one chunk's start to the next, your carry takes the decay of the last step. The state goes through "
            "all T steps of the chunk: which one number says what is left of it?",
            lambda a, x, chunk: _faded_by_one_step(a, x, chunk),
        ),
        Misconception(
            "starts that come one chunk late",
            "You start chunk k from the state *after* chunk k. It wants the state before it: chunk 0 starts from zero.",
            _chunked_with(lambda decay, end: torch.cat([_carried(decay, end)[1:], _after_all(decay, end)])),
        ),
        Misconception(
            "a start that does not fade inside its chunk",
            "You add the chunk's start to all of its T states as it is. At step t of the chunk it has gone through the"
            " decays of the steps up to t: run the chunk again from the start, or multiply with their product.",
            _chunked_with(_carried, lambda a, x, states, start: states + start[:, None]),
        ),
        Misconception(
            "a start that is felt for one step",
            "Only the first state of each chunk knows the start. The second one is made from the first, so it has to "
            "be computed again, too.",
            _chunked_with(_carried, _last_chunk_only),
        ),
        Misconception(
            "neighbours in different chunks",
            "Your chunks take every K-th step. A chunk is T steps that follow one another: (L, N) becomes (K, T, N), "
            "with K as the first axis.",
            lambda a, x, chunk: _interleaved(a, x, chunk),
        ),
        Misconception(
            "an axis of chunks that is left over",
            "The states have the shape (K, T, N). Put the chunks one behind the other again: (L, N).",
            lambda a, x, chunk: chunked_scan(a, x, chunk).unflatten(0, (-1, chunk)),
        ),
        Misconception(
            "steps stacked in front of chunks",
            "All values are right, and they stand in the wrong places: first the first steps of all chunks, then their"
            " second steps. You have stacked T states (K, N) to (T, K, N). Behind which axis must the steps go, so that"
            " a chunk's steps follow one another?",
            lambda a, x, chunk: chunked_scan(a, x, chunk).unflatten(0, (-1, chunk)).transpose(0, 1).flatten(0, 1),
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and you make a call for every one of the L steps: one step after the other, or one"
            " chunk after the other. Side by side means that `a[:, t]` holds step t of *all* chunks, and one call does"
            " it for all of them.",
            lambda a, x, chunk: linear_loop(a, x),
        ),
        Misconception(
            "rounds in place of chunks",
            "Your states are right, and in few rounds. But you join about L·log2 L times. Chunks take about 2L steps "
            "of work: the ends, a carry from chunk to chunk, and the rerun.",
            lambda a, x, chunk: hillis_steele(a, x),
        ),
    ],
)


def _faded_by_one_step(a, x, chunk):
    a, x = (value.unflatten(0, (-1, chunk)) for value in (a, x))
    _, end = _side_by_side(a, x, torch.zeros_like(x[:, 0]))
    return _side_by_side(a, x, _carried(a[:, -1], end))[0].flatten(0, 1)


def _after_all(decay, end):
    return (decay[-1] * _carried(decay, end)[-1] + end[-1])[None]


def _interleaved(a, x, chunk):
    cut = [value.unflatten(0, (chunk, -1)).transpose(0, 1) for value in (a, x)]  # (K, T, N)
    return chunked_scan(*(value.flatten(0, 1) for value in cut), chunk)


# Exercise 5: linear_loop


def linear_loop(a: Tensor, x: Tensor) -> Tensor:
    """All states of h_t = a_t·h_{t−1} + x_t in a loop over axis 0, cut once; a, x and the result are (L, N)."""
    h, states = torch.zeros_like(x[0]), []  # (N,)
    for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True):
        h = a_t * h + x_t  # (N,)
        states.append(h)
    return torch.stack(states)  # (L, N)


class _Tables(TorchDispatchMode):
    """Counts the operations that write at least `size` numbers: fresh tables of zeros, and all others."""

    def __init__(self, size: int):
        super().__init__()
        self.size, self.zeros, self.others = size, 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.numel() >= self.size and not function.is_view:
            fresh = any(word in function.name() for word in ("_backward", "zeros"))
            self.zeros, self.others = self.zeros + fresh, self.others + (not fresh)
        return result


def _with_backward(loop, a: Tensor, x: Tensor) -> dict:
    """What a loop returns, its gradients, and how many whole (L, N) tables its backward pass writes for each step."""
    a, x = (value.detach().clone().requires_grad_() for value in (a, x))
    states = loop(a, x)
    if not isinstance(states, Tensor) or states.shape != x.shape or not states.requires_grad:
        return states
    ramp = torch.arange(1.0, 1 + states.numel()).view_as(states) / states.numel()
    with _Tables(x.numel()) as tables:
        grads = torch.autograd.grad(states, (a, x), ramp, allow_unused=True)
    grads = [torch.zeros_like(x) if grad is None else grad for grad in grads]
    return {
        "the number of whole tables of zeros that the backward pass makes at each step": round(tables.zeros / len(x)),
        "the number of other whole tables that the backward pass writes at each step": round(tables.others / len(x)),
        "the states": states.detach(),
        "the gradients of a and x": torch.stack(grads),
    }


def _table_case(draw: Draw, length: int, states: int) -> dict:
    return {"a": draw.normal(length, states), "x": draw.normal(length, states)}


def _slicing(a, x):
    h, states = torch.zeros_like(x[0]), []
    for t in range(len(a)):
        h = a[t] * h + x[t]
        states.append(h)
    return torch.stack(states)


def _half_cured(a, x):
    h, states = torch.zeros_like(x[0]), []
    for t, a_t in enumerate(a.unbind(0)):
        h = a_t * h + x[t]
        states.append(h)
    return torch.stack(states)


def _written_into_place(a, x):
    h, states = torch.zeros_like(x[0]), torch.zeros_like(x)
    for t, (a_t, x_t) in enumerate(zip(a.unbind(0), x.unbind(0), strict=True)):
        h = a_t * h + x_t
        states[t] = h
    return states


def _cut_off(a, x):
    h, states = torch.zeros_like(x[0]), []
    for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True):
        h = a_t * h.detach() + x_t
        states.append(h)
    return torch.stack(states)


def _one_step_late(a, x):
    return _zero_first(linear_loop(a, x))


LINEAR = Exercise(
    id="09.linear_loop",
    title="A loop with a linear backward pass",
    reference=linear_loop,
    cases=lambda draw: _table_case(draw, draw.size(8, 16), draw.size(1, 3)),
    apply=_with_backward,
    rtol=1e-3,
    atol=1e-4,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "a slice at each step",
            "The states are right, and the backward pass writes whole tables of zeros: each a[t] and x[t], and each "
            "narrow or index_select, has a gradient of its own with the size of the whole. Cut once, before the loop.",
            _slicing,
        ),
        Misconception(
            "one of the two still sliced",
            "Half of the zeros are gone. One of a and x is cut before the loop, the other one is still indexed in it.",
            _half_cured,
        ),
        Misconception(
            "states written into a table",
            "You cut the inputs once, and then write states[t] = h. Each such write changes the whole table for "
            "autograd, and its backward pass copies the whole gradient. Collect the states in a list, and stack them "
            "once.",
            _written_into_place,
        ),
        Misconception(
            "a state cut off from its past",
            "The backward pass is short because no gradient goes from step to step: detach stops it. Your states are "
            "right, your gradients are not.",
            _cut_off,
        ),
        Misconception(
            "states of the step before",
            "states[t] must include step t: first the new h, then keep it.",
            _one_step_late,
        ),
    ],
)

EXERCISES = [COMBINE, HILLIS_STEELE, UP_DOWN, MENDED, CHUNKED, LINEAR]

RECAP = [
    Question(
        "Step 1 is h → ½h + 4, step 2 is h → ¼h + 1. What are both, as one step?",
        ["h → ⅛h + 2", "h → ⅛h + 4½", "h → ¾h + 5", "h → ⅛h + 5"],
        "h → ⅛h + 2",
        "½·¼ = ⅛. The 4 goes through step 2 and becomes 1; then 1 is added.",
    ),
    Question(
        "Which property of the join makes a parallel scan possible?",
        [
            "the order of the operands may change",
            "the brackets may move",
            "it has an inverse",
            "its results stay small",
        ],
        "the brackets may move",
        "It is associative, not commutative: neighbours may be joined in any grouping, but they must stay in order.",
    ),
    Question(
        "L = 1024. In how many rounds does Hillis–Steele finish, and with about how many joins?",
        ["10 rounds, 9,217 joins", "10 rounds, 1,023 joins", "1,023 rounds, 1,023 joins", "19 rounds, 2,036 joins"],
        "10 rounds, 9,217 joins",
        "log2 1024 = 10 rounds of almost 1024 joins. Up and down the tree takes 19 rounds and 2,036 joins.",
    ),
    Question(
        "Why does nobody use h = P·cumsum(x / P) for a whole sequence?",
        [
            "cumsum is slower than a loop",
            "P shrinks to zero, and x / P overflows",
            "it needs a power of two",
            "it has no gradient",
        ],
        "P shrinks to zero, and x / P overflows",
        "In exact numbers it is right. In float32 a product of decays below about 3e-39 makes 1 / P infinite.",
    ),
    Question(
        "A loop slices a (B, D, L, N) tensor at each step. L doubles. And the bytes that its backward pass writes?",
        ["they stay the same", "they double", "they become four times as many", "they become L times as many"],
        "they become four times as many",
        "L slices, and the gradient of each is a whole table of L steps: L². Cut once with unbind, and it is L.",
    ),
]
