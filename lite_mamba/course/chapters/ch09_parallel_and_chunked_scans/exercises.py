"""Exercises of notebook 09: scans in rounds, in a tree and in chunks, and a loop with a linear backward pass."""

import functools
import inspect
import math
import sys

import torch
from torch import Tensor

from ...checking.compare import Tolerance, difference
from ...checking.counter import Counter
from ...checking.edits import edited
from ...checking.errors import PACKAGE
from ...checking.exercise import Draw, Exercise, Misconception, Question

# What a scan costs: judged for answers whose states are right, by what L = 128 costs more than L = 64

SHORT = 64  # few enough steps that the slowest answer is counted in a fraction of the time that a call has
EACH_STEP = "right states, with a call for every step"
EACH_JOIN = "right states, with a call for every single join"
TWO_HALVES = "right states, with a call for both halves of every span"
ROUNDS = "right states, with a work that grows faster than L"
ALL_PAIRS = "right states, with a table of all pairs of steps"


def linear_loop(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t = a_t·h_{t−1} + x_t in a loop over axis 0, cut once; a, x and the result are (L, …)."""
    h, states = torch.zeros_like(x[0]), []  # (…)
    for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True):
        h = a_t * h + x_t  # (…)
        states.append(h)
    return torch.stack(states)  # (L, …)


def _slow(a: Tensor) -> Tensor:
    """Decays of both signs, out of numbers between 0 and 1; what comes in at first has not faded at the end."""
    return (1 - 0.02 * a) * (a - 0.5).sign()


def _priced(reference, *, linear: bool = False, decay=_slow, rest: tuple = ()):
    """An `apply` that returns the states, or words if a scan is right and costs too much.

    Args:
        reference: the scan that tells which states are right.
        linear: whether the work has to grow like L; else L·log2 L will do.
        decay: makes the scan's first argument of numbers between 0 and 1; by default slow decays of both signs.
        rest: what the scan takes after a and x.
    """

    @functools.lru_cache(maxsize=64)
    def price(scan) -> str | None:
        a, x = (torch.rand(2 * SHORT, 2, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
        short, long = ((decay(a[:length]), x[:length], *rest) for length in (SHORT, 2 * SHORT))
        if difference(reference(*long), scan(*_copied(long)), Tolerance(1e-3, 1e-4)):
            return None
        (few, little), (many, much) = _cost(scan, short), _cost(scan, long)
        if many > 3 * few or much > 3 * little:
            return ALL_PAIRS
        growing = much > 2.15 * little  # the work, faster than L
        if many - few >= SHORT:
            return EACH_JOIN if many > 2.15 * few else TWO_HALVES if growing else EACH_STEP
        return ROUNDS if linear and growing else None

    def apply(function, **case):
        states = function(*case.values())
        wrong = difference(reference(*case.values()), states, Tolerance(1e-3, 1e-4))
        return states if wrong else price(function) or states

    return apply


def _cost(scan, inputs: tuple) -> tuple[int, int]:
    """How many calls into PyTorch and lines of Python a scan runs, and how many bytes it writes."""
    with Counter() as counter:
        scan(*_copied(inputs))
    return counter.calls + _lines(scan, _copied(inputs)), counter.bytes


def _copied(inputs: tuple) -> list:
    return [value.clone() if isinstance(value, Tensor) else value for value in inputs]


def _lines(scan, inputs: list) -> int:
    """How many lines of Python a scan runs: a loop outside of PyTorch is a loop, too.

    Only those of its own module, a notebook for example, and of the course are counted. What a profiler does in the
    middle of it depends on the clock.
    """
    own, count = getattr(inspect.unwrap(scan), "__globals__", None), 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_globals is not own and not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += event in ("call", "line")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scan(*inputs)
    finally:
        sys.settrace(before)
    return count


PAIRS_OF_STEPS = Misconception(
    "a table of all pairs of steps",
    "Your states are right. But you make a number for every pair of steps: a table of L times L. Twice as many steps "
    "need four times the memory. A scan gets along with tables as long as x.",
    lambda a, x, *rest: _all_pairs(a, x),
)


BOTH_HALVES = Misconception(
    "two halves in the place of one",
    "Your states are right. But each span calls your function for both of its halves: about 2L calls in all, one after "
    "the other, and on every level all L steps are joined once more. Few calls need one sequence that is shorter, and "
    "a call that works on all of it at once.",
    lambda a, x, *rest: _by_halves(a, x),
)


def _by_halves(a, x):
    """The states of the first half, and those of the second with what the end of the first leaves behind."""
    if len(a) == 1:
        return x
    half = len(a) // 2
    first, second = _by_halves(a[:half], x[:half]), _by_halves(a[half:], x[half:])
    return torch.cat([first, second + a[half:].cumprod(0) * first[-1]])


def _all_pairs(a, x):
    """The sum over s of what is left at t of the drive of step s."""
    later = torch.ones(len(a), len(a)).tril(-1).reshape(len(a), len(a), *[1] * (a.ndim - 1))  # t > s
    left = torch.where(later > 0, a[:, None], 1.0).cumprod(0)  # (L, L, …)
    return (left * (1 - later.transpose(0, 1)) * x).sum(1)


# Exercise 1: combine


def combine(a1: Tensor, b1: Tensor, a2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """First h → a1·h + b1, then h → a2·h + b2, as one step: (a2·a1, a2·b1 + b2)."""
    return a2 * a1, a2 * b1 + b2


def _steps_pairs(draw: Draw) -> dict:
    shape = draw.choice([(), (draw.size(1, 4),), (draw.size(1, 4),), (draw.size(1, 3), 2)])
    values = {name: draw.normal(*shape) for name in ("a1", "b1", "a2", "b2")}
    return values if shape else {name: value.item() for name, value in values.items()}


COMBINE = Exercise(
    id="09.combine",
    title="Join two steps into one",
    reference=combine,
    cases=_steps_pairs,
    example={name: torch.tensor(value) for name, value in (("a1", 10.0), ("b1", 1.0), ("a2", 100.0), ("b2", 23.0))},
    misconceptions=[
        Misconception(
            "two steps in the wrong order",
            "You run step 2 first and step 1 after it. What came in at step 1 goes through step 2, so b1 has to fade "
            "once more. Which of the two a's does that?",
            edited(combine, "a2 * b1 + b2 → a1 * b2 + b1"),
        ),
        Misconception(
            "a b1 that does not fade",
            "You add b1 and b2. Between them lies step 2, which multiplies everything that is already in the state.",
            edited(combine, "a2 * b1 + b2 → b1 + b2"),
        ),
        Misconception(
            "a b1 that fades by its own step",
            "You multiply b1 with a1. Step 1 fades what was there before it, and then adds b1. Which step comes after "
            "b1?",
            edited(combine, "a2 * b1 + b2 → a1 * b1 + b2"),
        ),
        Misconception(
            "a b1 that fades twice",
            "b1 comes in *at* step 1, after that step's fading. Only a2 reaches it.",
            edited(combine, "a2 * b1 + b2 → a2 * a1 * b1 + b2"),
        ),
        Misconception(
            "a's that are added",
            "Two fadings one after the other multiply: a half of a half is a quarter. You have added them.",
            edited(combine, "a2 * a1 → a1 + a2"),
        ),
        Misconception(
            "pairs that are added",
            "You add a to a and b to b. Two steps are made one after the other: the later one multiplies all that the "
            "earlier one has left, and then adds its own b.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a1 + a2, b1 + b2"),
        ),
        Misconception(
            "the decay of one step",
            "Your first number is the a of one of the two steps. What stands before both of them goes through both.",
            [edited(combine, f"a2 * a1 → {a}") for a in ("a1", "a2")],
        ),
        Misconception(
            "products of matrices",
            "`@` multiplies matrices. Here each number of a1 belongs to the number of a2 at its place: each state is "
            "joined by itself.",
            [edited(combine, f"a2 * a1, a2 * b1 → {both}") for both in ("a2 @ a1, a2 @ b1", "a1 @ a2, a2 @ b1")],
        ),
        Misconception(
            "b2 that fades",
            "b2 is the last thing that happens: nothing comes after it that could multiply it. Only b1 was there "
            "before step 2.",
            [edited(combine, f"a2 * b1 + b2 → {b}") for b in ("a2 * (b1 + b2)", "a2 * b1 + a1 * b2", "b1 + a2 * b2")],
        ),
        Misconception(
            "each b faded by its own step",
            "You multiply each b with the a of its own step. A step multiplies what is there before it, and adds its "
            "b after that. Which b is there before another step comes?",
            edited(combine, "a2 * b1 + b2 → a1 * b1 + a2 * b2"),
        ),
        Misconception(
            "b's that are multiplied",
            "You multiply b1 and b2. Each step adds its b: with a1 = a2 = 1, which leaves the state as it is, 3 and "
            "then 1 more are 4.",
            edited(combine, "a2 * b1 + b2 → b1 * b2"),
        ),
        Misconception(
            "the two results in the wrong order",
            "Your two numbers are right, and they come in the wrong order: first what multiplies h, then what is "
            "added.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a2 * b1 + b2, a2 * a1"),
        ),
        Misconception(
            "the second part alone",
            "You return what is added, and not what multiplies. A pair goes in twice, and a pair comes out: who joins "
            "a third step needs both.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a2 * b1 + b2"),
        ),
        Misconception(
            "a later b that is left out",
            "Step 2 adds its b2, and your pair knows nothing of it.",
            edited(combine, "a2 * b1 + b2 → a2 * b1"),
        ),
        Misconception(
            "a later drive taken away",
            "You subtract b2. The later step adds it to what it has made of the earlier one.",
            edited(combine, "a2 * b1 + b2 → a2 * b1 - b2"),
        ),
    ],
)

# Exercise 2: hillis_steele


def hillis_steele(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t = a_t·h_{t−1} + x_t at once, in ⌈log2 L⌉ rounds; a, x and the result are (L, …)."""
    shift = 1
    while shift < len(a):
        new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])  # (L − shift, …)
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])  # (L, …)
        shift = 2 * shift
    return x


JOIN = "new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])"
MOVE_ON = "a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])"


def _reads_new_values(a, x):
    a, x, shift = a.clone(), x.clone(), 1
    while shift < len(a):
        for t in range(shift, len(a)):
            a[t], x[t] = combine(a[t - shift], x[t - shift], a[t], x[t])
        shift = 2 * shift
    return x


def _joins_one_by_one(a, x):
    shift = 1
    while shift < len(a):
        old_a, old_x, a, x = a, x, a.clone(), x.clone()
        for t in range(shift, len(a)):
            a[t], x[t] = combine(old_a[t - shift], old_x[t - shift], old_a[t], old_x[t])
        shift = 2 * shift
    return x


def _next_door(*edits: str):
    """Rounds in which each step is joined with its neighbour, again and again."""
    join, move_on = (line.replace("shift", "1") for line in (JOIN, MOVE_ON))
    return edited(hillis_steele, f"{JOIN} → {join}", f"{MOVE_ON} → {move_on}", *edits)


def _along_the_states(a, x):
    return hillis_steele(a.movedim(-1, 0), x.movedim(-1, 0)).movedim(0, -1)


def _longest_first(a, x):
    for shift in [2**k for k in reversed(range(math.ceil(math.log2(len(a)))))]:
        new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])
    return x


def _filled_with_ones(a, x):
    shift = 1
    while shift < len(a):
        before_a, before_x = (torch.cat([torch.ones_like(v[:shift]), v[:-shift]]) for v in (a, x))
        a, x = combine(before_a, before_x, a, x)
        shift = 2 * shift
    return x


def _shortcut(a, x):
    product = a.cumprod(0)
    return product * (x / product).cumsum(0)


def _from_the_end(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return (to_end * x).cumsum(0) / to_end


EPSILONS = (1e-6, 1e-8, 1e-9, 1e-10, 1e-12)
FINEST = torch.finfo(torch.float32).tiny


def _guarded(function, divisor: str, guard: str, epsilons=EPSILONS) -> list:
    """A scan that divides, with a small number against a division by zero."""
    return [edited(function, f"/ {divisor} → / {guard.format(e)}") for e in epsilons]


def _scan_case(draw: Draw, length: int) -> dict:
    states = draw.size(0, 3)
    shape = (length, states) if states else (length,)
    a = draw.choice([draw.normal(*shape), draw.uniform(0.01, 1.0, *shape), draw.normal(*shape)])
    return {"a": a, "x": draw.normal(*shape)}


def _digits(length: int) -> dict:
    return {"a": torch.full((length,), 10.0), "x": torch.arange(1.0, 1 + length)}


HILLIS_STEELE = Exercise(
    id="09.hillis_steele",
    title="All states in a few rounds",
    reference=hillis_steele,
    cases=lambda draw: _scan_case(draw, draw.size(1, 40)),
    apply=_priced(hillis_steele),
    example=_digits(6),
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "operands in the wrong order",
            "You join the later step first and the earlier one after it. In the example the digits come out in the "
            "wrong order. combine(a1, b1, a2, b2) wants the earlier pair first: that is the shifted one.",
            edited(hillis_steele, f"{JOIN} → new_a, new_x = combine(a[shift:], x[shift:], a[:-shift], x[:-shift])"),
        ),
        Misconception(
            "a shift that wraps around",
            "The first steps are joined with the last ones: torch.roll, and negative indices, go round the end. "
            "Nothing comes before step 0. Which steps have no partner at a distance of `shift`, and what should happen"
            " to them?",
            [
                edited(
                    hillis_steele,
                    f"{JOIN} → new_a, new_x = combine(a.roll({by}, 0), x.roll({by}, 0), a, x)",
                    f"{MOVE_ON} → a, x = new_a, new_x",
                )
                for by in ("shift", "-shift")
            ],
        ),
        Misconception(
            "values of this round read in this round",
            "You overwrite an entry, and a later step of the same round reads it: it takes in a span that has grown "
            "already. All joins of a round read what stood there before the round: keep the old tensors until the "
            "round is over.",
            _reads_new_values,
        ),
        Misconception(
            "a table that is read while it is written",
            "You multiply a[shift:] in place with a[:-shift]. Both are pieces of one table, and a product would read "
            "what has just been written. Make the new pieces first, of a and of x, and put them in after that.",
            edited(hillis_steele, f"{JOIN} → a, x = a.clone(), x.clone()", f"{MOVE_ON} → a[shift:] *= a[:-shift]"),
        ),
        Misconception(
            "decays that are not joined",
            "You join x but leave a as it was. After a round an entry stands for several steps, and it must fade what "
            "comes before by all of them: both parts of the pair move on.",
            edited(hillis_steele, f"{MOVE_ON} → x = torch.cat([x[:shift], new_x])"),
        ),
        Misconception(
            "decays that are joined too early",
            "You update a first, and then use the new a to update x. The join needs the a from before the round.",
            edited(
                hillis_steele,
                f"{JOIN} → new_a = a[shift:] * a[:-shift]; new_x = new_a * x[:-shift] + x[shift:]",
            ),
        ),
        Misconception(
            "a drive that fades by its own decay",
            "You fade the x of the earlier partner by its own a. That a lies before it: what came in at one step goes "
            "through the steps behind it.",
            edited(hillis_steele, f"{JOIN} → {JOIN}; new_x = a[:-shift] * x[:-shift] + x[shift:]"),
        ),
        Misconception(
            "a single round",
            "You have joined each step with its neighbour and stopped. After one round, an entry holds two steps. How "
            "many does it hold after the next one, and when does it hold all?",
            edited(hillis_steele, "while → if"),
        ),
        Misconception(
            "one round too few",
            "Your loop stops too early for some L: the last steps lack the first ones. As "
            "long as the shift is smaller than L, somebody still has a partner.",
            [
                edited(hillis_steele, "shift < len(a) → shift < len(a) // 2"),
                edited(hillis_steele, "shift < len(a) → shift < 2 ** round(math.log2(len(a)))", math=math),
                edited(hillis_steele, "shift < len(a) → 2 * shift <= len(a)"),
                edited(hillis_steele, "shift < len(a) → 2 * shift < len(a)"),
            ],
        ),
        Misconception(
            "a shift that grows by one",
            "Your shifts are 1, 2, 3, … After the second round an entry holds four steps, so the next partner is four "
            "steps away: with three, one step is counted twice.",
            edited(hillis_steele, "2 * shift → shift + 1"),
        ),
        Misconception(
            "a partner that stays next door",
            "In every round the partner stands one place to the left. After the first round, that place and this one "
            "hold a common step already, and it is counted twice. How far away is the span that ends where this one "
            "begins?",
            [_next_door(), _next_door("2 * shift → shift + 1")],
        ),
        Misconception(
            "rounds along the states",
            "Your shifts go along the last axis. Time is the first one: of (L, N) you have joined the states with one "
            "another, and no step with the step before.",
            _along_the_states,
        ),
        Misconception(
            "a shift that grows too fast",
            "Your shifts are 1, 3, 9, … After the first round an entry holds two steps, so the next partner is two "
            "steps away: with three, one step is left out.",
            edited(hillis_steele, "2 * shift → 3 * shift"),
        ),
        Misconception(
            "a single cumulative sum",
            "A cumulative sum adds drives that have all faded alike, or not at all. Here each has faded by the decays "
            "of its own later steps. Joins keep the decays and the drives together.",
            [
                lambda a, x: x.cumsum(0),
                lambda a, x: (a * x).cumsum(0),
                lambda a, x: a.cumprod(0) * x.cumsum(0),
                lambda a, x: (a.cumprod(0) * x).cumsum(0),
            ],
        ),
        Misconception(
            "partners from the beginning",
            "You take the first `shift` entries for the earlier partners: there are too few of them. Each step from "
            "`shift` on has a partner, so both slices have L − shift entries.",
            [
                edited(
                    hillis_steele,
                    f"{JOIN} → new_a, new_x = combine(a[:shift], x[:shift], a[shift:], x[shift:])",
                    combine=one,
                )
                for one in (combine, edited(combine, "a2 * a1 → a1 * a2"))
            ],
        ),
        Misconception(
            "a first round that is missing",
            "Your first shift is 2. Then nobody ever takes in the neighbour next door: the first shift is 1.",
            edited(hillis_steele, "shift = 1 → shift = 2"),
        ),
        Misconception(
            "the longest shift first",
            "You begin with the longest shift. A step that is far away is joined before those in between: with the "
            "digits, 13 instead of 123. The spans grow from 1 to 2 to 4.",
            _longest_first,
        ),
        Misconception(
            "a filling that changes the first steps",
            "What you put in the place of a missing partner is no step that does nothing. That one has a = 1 and x = "
            "0: h → 1·h + 0.",
            [
                _filled_with_ones,
                edited(_filled_with_ones, "ones_like(v[:shift]) → full_like(v[:shift], float(v is x))"),
            ],
        ),
        Misconception(
            "steps without a partner that are lost",
            "Your result is shorter than the input: the first `shift` entries were dropped in each round. They are "
            "finished already. Keep them in front.",
            [
                edited(hillis_steele, f"{MOVE_ON} → a, x = new_a, new_x"),
                edited(
                    hillis_steele, "while → L = len(a)\n    while", "< len(a) → < L", f"{MOVE_ON} → a, x = new_a, new_x"
                ),
            ],
        ),
        Misconception(
            "partners on the right",
            "You join each step with a later one, and leave the last `shift` entries as they are. A state takes in "
            "the steps *before* it: its partner stands on the left, and the first entries are those that have none.",
            edited(hillis_steele, f"{MOVE_ON} → a, x = torch.cat([new_a, a[-shift:]]), torch.cat([new_x, x[-shift:]])"),
        ),
        Misconception(
            "steps without a partner that are zero",
            "The first `shift` entries of each round are filled with zeros. They have no partner, and they are "
            "finished: what should stand there?",
            edited(
                hillis_steele,
                f"{MOVE_ON} → a = torch.cat([torch.zeros_like(a[:shift]), new_a]); "
                "x = torch.cat([torch.zeros_like(x[:shift]), new_x])",
            ),
        ),
        Misconception(
            "steps without a partner behind the others",
            "The first `shift` entries have no partner, and you put them behind the others. They come first in time, "
            "and stay in front.",
            edited(hillis_steele, f"{MOVE_ON} → a, x = torch.cat([new_a, a[:shift]]), torch.cat([new_x, x[:shift]])"),
        ),
        Misconception(
            "decays and drives in exchanged places",
            "You have taken a for x and x for a. The decay a multiplies the state before, and the drive x is added.",
            lambda a, x: hillis_steele(x, a),
        ),
        Misconception(
            "the first pair of a round left out",
            "Step `shift` has a partner, step 0, and you leave it as it is. The steps without a partner are those "
            "*before* `shift`: < and not <=.",
            edited(
                hillis_steele,
                f"{MOVE_ON} → a, x = torch.cat([a[: shift + 1], new_a[1:]]), torch.cat([x[: shift + 1], new_x[1:]])",
            ),
        ),
        Misconception(
            "a first step that fades",
            "You multiply the x of the first step with a. A step fades what is there before it, and before the first "
            "step that is zero.",
            lambda a, x: hillis_steele(a, torch.cat([(a * x)[:1], x[1:]])),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. Here h_t includes "
            "step t.",
            lambda a, x: _zero_first(hillis_steele(a, x)),
        ),
        Misconception(
            "both parts of the pair",
            "You return a and x. The states are the second part of the pairs: return that alone.",
            edited(hillis_steele, "return x → return a, x"),
        ),
        Misconception(
            "the decays in the place of the states",
            "You return the products of the decays. The states are the other part of the pairs.",
            edited(hillis_steele, "return x → return a"),
        ),
        Misconception(
            "a division by a product of decays",
            "You divide by the product of all decays so far. It shrinks to zero, and no digit is left; a decay of 0 "
            "makes it zero at once. A small number in the divisor only hides this. Joins in rounds need no division.",
            [
                _shortcut,
                edited(_shortcut, "a.cumprod(0) → a.log().cumsum(0).exp()"),
                *_guarded(_shortcut, "product", "(product + {})"),
                *_guarded(_shortcut, "product", "product.clamp(min={})"),
                edited(
                    _from_the_end,
                    "log_a.flip(0).cumsum(0).flip(0) - log_a → (log_a.log().flip(0).cumsum(0).flip(0)) - log_a.log()",
                ),
            ],
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and each waits for the one before: L steps take L rounds. Here ⌈log2 L⌉ rounds are"
            " asked for. In a round, all joins are made in one call: which two slices of a hold the earlier and the "
            "later partners?",
            linear_loop,
        ),
        Misconception(
            "joins one by one",
            "Your rounds are right. But inside each round you loop over the steps, with a call for each join. The "
            "joins of a round do not wait for each other: two slices, and one call of combine, make all of them.",
            _joins_one_by_one,
        ),
        BOTH_HALVES,
        PAIRS_OF_STEPS,
    ],
)

# Exercise 3: up_down


def up_down(a: Tensor, x: Tensor) -> Tensor:
    """All states by halving: join pairs, scan the half, fill in the others; L a power of two; (L, …)."""
    if len(a) == 1:
        return x
    odd = up_down(*combine(a[0::2], x[0::2], a[1::2], x[1::2]))  # (L/2, …): h at t = 1, 3, 5, …
    even = torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]])  # (L/2, …): h at t = 0, 2, 4, …
    return torch.stack([even, odd], dim=1).flatten(0, 1)  # (L, …)


UP = "*combine(a[0::2], x[0::2], a[1::2], x[1::2])"
DOWN = "torch.cat([x[:1], a[2::2] * odd[:-1] + x[2::2]])"
WEAVE = "torch.stack([even, odd], dim=1).flatten(0, 1)"


def _up_alone(a, x):
    while len(a) > 1:
        a, x = combine(a[0::2], x[0::2], a[1::2], x[1::2])
    return x


def _zero_first(states):
    return torch.cat([torch.zeros_like(states[:1]), states[:-1]])


UP_DOWN = Exercise(
    id="09.up_down",
    title="Up and down a tree",
    reference=up_down,
    cases=lambda draw: _scan_case(draw, 2 ** draw.size(1, 4)),
    apply=_priced(up_down, linear=True),
    example=_digits(4),
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "a call that never ends",
            "Your function calls itself for ever. L is a power of two, and is halved at each call. What is left in "
            "the end, and what are its states?",
            edited(up_down, "if len(a) == 1:\n        return x → "),
        ),
        Misconception(
            "pairs in the wrong order",
            "In each pair you let the later step come first. The earlier one is at the even place: a[0::2].",
            edited(up_down, f"{UP} → *combine(a[1::2], x[1::2], a[0::2], x[0::2])"),
        ),
        Misconception(
            "pairs with the decay of one step",
            "A pair gets the a of one of its two steps. What comes before the pair fades in both of them.",
            [
                edited(up_down, f"{UP} → {a}, combine(a[0::2], x[0::2], a[1::2], x[1::2])[1]")
                for a in ("a[1::2]", "a[0::2]")
            ],
        ),
        Misconception(
            "pairs that fade by the wrong decay",
            "In a pair, the earlier x fades in the later step: a[1::2]·x[0::2] + x[1::2]. You have taken the other a, "
            "or the other x.",
            [
                edited(up_down, f"{UP} → a[0::2] * a[1::2], {x}")
                for x in ("a[1::2] * x[1::2] + x[0::2]", "a[0::2] * x[0::2] + x[1::2]")
            ],
        ),
        Misconception(
            "odd steps that are not joined",
            "You scan the odd steps by themselves. Each has to stand for its pair: join it with the even step before "
            "it.",
            edited(up_down, f"{UP} → a[1::2], x[1::2]"),
        ),
        Misconception(
            "a half that is not scanned",
            "You join the pairs and take them for states. They are a sequence of half the length, and still have to "
            "be scanned: by the function itself.",
            [
                edited(up_down, f"odd = up_down({UP}) → odd = combine(a[0::2], x[0::2], a[1::2], x[1::2])[1]", *more)
                for more in ((), (f"{DOWN} → x[0::2]",))
            ],
        ),
        Misconception(
            "pairs that are added",
            "You add the two x of a pair. Between them lies the later step, which fades the earlier x: a pair is made "
            "by combine.",
            edited(up_down, f"{UP} → a[0::2] * a[1::2], x[0::2] + x[1::2]"),
        ),
        Misconception(
            "halves in the place of neighbours",
            "You join step t with step t + L/2. Join neighbours, 0 with 1, 2 with 3: steps with others between them "
            "are no span.",
            edited(
                up_down,
                f"{UP} → *combine(*(v[i] for i in (slice(len(a) // 2), slice(len(a) // 2, None)) for v in (a, x)))",
            ),
        ),
        Misconception(
            "two steps left as they are",
            "You stop as soon as two steps are left, and return their x. The second of the two still lacks the first. "
            "When only one step is left, its x is its state.",
            edited(up_down, "len(a) == 1 → len(a) <= 2"),
        ),
        Misconception(
            "nothing at the end of the tree",
            "When one step is left, your function returns nothing. From h = 0 the state of a single step is its x.",
            edited(up_down, "return x → return"),
        ),
        Misconception(
            "a first step that has no place",
            "On the way down you fill in t = 2, 4, …, and t = 0 is missing: there is one even state too few. It is a "
            "step by itself. What is its state?",
            edited(up_down, f"{DOWN} → a[2::2] * odd[:-1] + x[2::2]"),
        ),
        Misconception(
            "decays at the end of the tree",
            "When one step is left, you return its a. From h = 0 its state is its x.",
            edited(up_down, "return x → return a"),
        ),
        Misconception(
            "a last step left that fades",
            "When one step is left, you multiply its x by its a. A step fades what is there before it, and from h = 0 "
            "that is nothing: its state is its x.",
            edited(up_down, "return x → return a * x"),
        ),
        Misconception(
            "a first step that fades",
            "You multiply the x of the first step with a. A step fades what is there before it, and before the first "
            "step that is zero.",
            [
                edited(up_down, "[x[:1], → [a[:1] * x[:1],"),
                edited(up_down, "return x → return a * x", "[x[:1], → [a[:1] * x[:1],"),
            ],
        ),
        Misconception(
            "a first state of zero",
            "Your first state is zero. Zero is what stands *before* the first step; after it, the state is its x.",
            edited(up_down, "[x[:1], → [torch.zeros_like(x[:1]),"),
        ),
        Misconception(
            "a first step after the last one",
            "To fill in t = 0 you use the last state: torch.roll, and the index −1, go round the end. Before t = 0 "
            "the state is zero.",
            edited(up_down, f"{DOWN} → a[0::2] * odd.roll(1, 0) + x[0::2]"),
        ),
        Misconception(
            "even steps without their own x",
            "The even states are what is left of the state before, a·h. The x of their own step comes on top.",
            edited(up_down, "a[2::2] * odd[:-1] + x[2::2] → a[2::2] * odd[:-1]"),
        ),
        Misconception(
            "the state before an even step",
            "At the even places you put the state *before* the step. The step itself is still to be made: a·h + x.",
            [
                edited(up_down, f"{DOWN} → torch.cat([{first}, odd[:-1]])")
                for first in ("x[:1]", "torch.zeros_like(x[:1])")
            ],
        ),
        Misconception(
            "even steps without a past",
            "The states at t = 0, 2, 4, … are only their own x. There is a way down, too: the state before each of "
            "them is known by now. Where does it stand?",
            edited(up_down, f"{DOWN} → x[0::2]"),
        ),
        Misconception(
            "even steps that read the state after them",
            "To fill in t = 2 you use the state at t = 3. odd[i] belongs to t = 2i + 1, so the state *before* t = 2i "
            "is odd[i − 1].",
            edited(up_down, f"{DOWN} → a[0::2] * odd + x[0::2]"),
        ),
        Misconception(
            "a neighbour from the future",
            "t = 0 is right, and t = 2 is filled in with the state at t = 3, a neighbour from the future. odd[i] "
            "belongs to t = 2i + 1. At which place of odd stands the state before t = 2, and before t = 4?",
            edited(up_down, "odd[:-1] → odd[1:]"),
        ),
        Misconception(
            "a past that does not fade on the way down",
            "You add the state before to x. Going down is an ordinary step: a·h + x.",
            edited(up_down, "a[2::2] * odd → odd"),
        ),
        Misconception(
            "a decay of the wrong step on the way down",
            "You fade the state by the a of the odd step. The step that is filled in is the even one: its own a "
            "counts.",
            [edited(up_down, "a[2::2] → a[3::2]"), edited(up_down, "a[2::2] → a[1:-1:2]")],
        ),
        Misconception(
            "a pair's decay on the way down",
            "You fade the state by the decay of a whole pair. One step is filled in, and its own a counts.",
            edited(up_down, "a[2::2] * odd → a[2::2] * a[3::2] * odd"),
        ),
        Misconception(
            "a drive that fades at once",
            "On the way down you fade the x of the step as well. A step fades what is there before it; then x is "
            "added, as it is.",
            edited(up_down, "a[2::2] * odd[:-1] + x[2::2] → a[2::2] * (odd[:-1] + x[2::2])"),
        ),
        Misconception(
            "even steps first, odd steps after them",
            "All values are right, and they stand in the wrong places: first all even steps, then all odd ones. They "
            "have to alternate.",
            edited(up_down, f"{WEAVE} → torch.cat([even, odd])"),
        ),
        Misconception(
            "even and odd steps swapped",
            "Your odd states stand at the even places. t = 0 comes first, and it is even.",
            edited(up_down, "[even, odd] → [odd, even]"),
        ),
        Misconception(
            "even and odd steps woven along the states",
            "You weave along the last axis. For (L,) that is right; for (L, N) the states of one step get mixed. Even "
            "and odd must alternate along the steps, right behind the first axis.",
            edited(up_down, f"{WEAVE} → torch.stack([even, odd], dim=-1).reshape(x.shape)"),
        ),
        Misconception(
            "pairs of states left over",
            "Even and odd states stand in pairs, (L/2, 2, …). Put the pairs one behind the other again: (L, …).",
            lambda a, x: up_down(a, x).unflatten(0, (-1, 2)) if len(a) > 1 else x,
        ),
        Misconception(
            "the top of the tree alone",
            "You go up and return what stands at the top: the state after the last step. All others are filled in on "
            "the way down.",
            _up_alone,
        ),
        Misconception(
            "half of the states",
            "You return the states at the odd places only. The even ones are filled in on the way down.",
            lambda a, x: up_down(a, x)[1::2] if len(a) > 1 else x,
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. That is how the "
            "scan is defined in some papers (an *exclusive* scan). Here h_t includes step t.",
            lambda a, x: _zero_first(up_down(a, x)),
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and Python goes from step to step, or from join to join: about L calls, one after "
            "the other. All joins of a level are one call. Which sequence, half as long, does your function call "
            "itself with?",
            linear_loop,
        ),
        Misconception(
            "the rounds of exercise 2",
            "Your states are right, and in few rounds. But you join about L·log2 L times, as in exercise 2. On the "
            "tree, each level has half as many steps as the one before, and in all there are about 2L joins.",
            hillis_steele,
        ),
        BOTH_HALVES,
        PAIRS_OF_STEPS,
        Misconception(
            "the drive of the step before",
            "To fill in an even place you take the drive of the odd place before it: it is in that state already. The "
            "step that you add is the even one.",
            edited(up_down, "* odd[:-1] + x[2::2] → * odd[:-1] + x[1:-1:2]"),
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


_logarithms_multiplied = edited(
    hillis_steele,
    f"{JOIN} → new_a, new_x = a[shift:] * a[:-shift], a[shift:].exp() * x[:-shift] + x[shift:]",
)


def _scaled_weights(log_a, x):
    exponents = log_a.flip(0).cumsum(0).flip(0) - log_a
    to_end = (exponents - exponents.mean(0)).exp()
    return (to_end * x).cumsum(0) / to_end


_filled_with_nothing = edited(_filled_with_ones, "ones_like(v[:shift]) → full_like(v[:shift], float(v is a))")
_decays_stay = edited(hillis_steele, f"{MOVE_ON} → x = torch.cat([x[:shift], new_x])")
_tree_of_earlier_times_later = edited(up_down, combine=edited(combine, "a2 * a1 → a1 * a2"))


def _chunks_that_divide(log_a, x, size):
    states, h = [], torch.zeros_like(x[0])
    for log_decays, drives in zip(log_a.split(size), x.split(size), strict=True):
        decay = log_decays.cumsum(0).exp()
        states.append(decay * (h + (drives / decay).cumsum(0)))
        h = states[-1][-1]
    return torch.cat(states)


def _by_the_step_before(log_a, x):
    return _zero_first(log_a).exp(), x


def _twice_the_digits(log_a, x):
    return _from_the_end(log_a.double(), x.double()).float()


def _decay_case(draw: Draw) -> dict:
    speed = draw.choice([0.1, 3.0, 40.0, 400.0])
    length, states = draw.size(1, 70), draw.size(0, 2)
    shape = (length, states) if states else (length,)
    return {"log_a": (-speed * draw.uniform(0.6, 1.0, *shape)).round(decimals=2), "x": draw.normal(*shape)}


MENDED = Exercise(
    id="09.mended_scan",
    title="Mend the scan",
    reference=mended_scan,
    cases=_decay_case,
    apply=_priced(mended_scan, decay=lambda a: torch.log(1 - 0.02 * a)),
    axes=("step", "state"),
    example={"log_a": torch.full((5,), -20.0), "x": torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0])},
    misconceptions=[
        Misconception(
            "the suspect as it was",
            "Nothing is mended yet. In the case below the last states are right, and the first ones are almost "
            "nothing. Follow the first one through the three lines.",
            suspect_scan,
            given=True,
        ),
        Misconception(
            "a division by zero",
            "Without the small number, early weights round to zero, and zero is divided by zero. The small number hid "
            "the sickness; it was not the sickness.",
            _from_the_end,
        ),
        Misconception(
            "another epsilon",
            "The same defect, with more steps or fewer before it shows: a weight below your small number counts for "
            "too little. No small number is small enough. Can you do without the division?",
            [
                *_guarded(
                    _from_the_end, "to_end", "(to_end + {})", (*EPSILONS[:-1], 1e-15, 1e-20, 1e-30, 1e-38, FINEST)
                ),
                *(
                    edited(_twice_the_digits, "_from_the_end → _guarded_scan", _guarded_scan=scan)
                    for scan in _guarded(_from_the_end, "to_end", "(to_end + {})", (1e-50, 1e-100, 1e-200, 1e-300))
                ),
            ],
        ),
        Misconception(
            "a clamp",
            "A weight that was lifted to a smallest value is no longer the product of the decays, so the states "
            "before it count for too much or too little. The result is finite and wrong.",
            [
                *_guarded(_from_the_end, "to_end", "to_end.clamp(min={})", (*EPSILONS, 1e-20, 1e-30, 1e-38, FINEST)),
                *(edited(_from_the_end, f".exp() → .exp().clamp(min={e})") for e in (*EPSILONS, 1e-20, 1e-30)),
                *(edited(_from_the_end, f".exp() → .exp() + {e}") for e in (*EPSILONS, 1e-20, 1e-30)),
                *(
                    edited(_from_the_end, f".exp() → .clamp(min={e}).exp()")
                    for e in (-20, -30, -50, -60, -80, -87, -88)
                ),
            ],
        ),
        Misconception(
            "zeros in the place of what is not a number",
            "Where zero was divided by zero, you put a zero. The result is finite, and wrong: the true state there is "
            "about as large as x. Can you do without the division?",
            edited(
                _from_the_end,
                "return (to_end * x).cumsum(0) / to_end → return ((to_end * x).cumsum(0) / to_end).nan_to_num()",
            ),
        ),
        Misconception(
            "chunks that still divide",
            "Inside a chunk you still divide by a product of decays. It is shorter, so slow channels live, and fast "
            "ones come past the smallest number in a few steps. Can you do without the division?",
            [functools.partial(_chunks_that_divide, size=size) for size in (8, 32)],
        ),
        Misconception(
            "a sum turned round and not back",
            "You turn time round for the cumulative sum and leave it so: the sum of the last step stands at the first "
            "one. Turn it back.",
            [
                edited(function, "cumsum(0).flip(0) - log_a → cumsum(0) - log_a")
                for function in (suspect_scan, _from_the_end)
            ],
        ),
        Misconception(
            "products counted from the start",
            "Now the *late* steps have the vanishing product, and x divided by it overflows. This is the shortcut that"
            " section 4 begins with.",
            [
                edited(_shortcut, "a.cumprod(0) → a.cumsum(0).exp()"),
                edited(_shortcut, "a.cumprod(0) → (a.cumsum(0) - a[:1]).exp()"),
            ],
        ),
        Misconception(
            "float64",
            "More digits move the place where it breaks: a float64 goes down to about exp(−745) instead of exp(−103). "
            "Fast channels come past it in a few steps. Can you do without the division?",
            [
                _twice_the_digits,
                edited(
                    _twice_the_digits,
                    "_from_the_end → _start",
                    _start=edited(_shortcut, "a.cumprod(0) → a.cumsum(0).exp()"),
                ),
            ],
        ),
        Misconception(
            "exponents taken for decays",
            "The scan is right, and it gets the wrong numbers: log_a holds exponents Δ·A, and a decay is exp(log_a).",
            [
                lambda log_a, x: hillis_steele(log_a, x),
                lambda log_a, x: linear_loop(log_a, x),
                lambda log_a, x: _filled_with_nothing(log_a, x),
            ],
        ),
        Misconception(
            "decays that are not joined",
            "In your rounds x is joined and the decay stays that of one step. After a round an entry stands for "
            "several steps, and fades what comes before by all of them.",
            lambda log_a, x: _decays_stay(log_a.exp(), x),
        ),
        Misconception(
            "a scan that wants a power of two",
            "Up and down the tree there is a partner for every step only if L is a power of two, and here L may be "
            "anything. Which of your scans takes any L? Or fill the end up with steps that do nothing.",
            [
                lambda log_a, x: up_down(log_a.exp(), x),
                lambda log_a, x: _tree_of_earlier_times_later(log_a.exp(), x),
            ],
        ),
        Misconception(
            "an exponential too many",
            "You take exp twice. log_a holds Δ·A, so that exp(log_a) is a decay already.",
            lambda log_a, x: hillis_steele(log_a.exp().exp(), x),
        ),
        Misconception(
            "logarithms that are multiplied",
            "You join the logarithms of two decays by a product. Decays multiply, so their logarithms add up.",
            _logarithms_multiplied,
        ),
        Misconception(
            "weights that are scaled",
            "You multiply all weights of a channel by one number. Their ratio stays what it was, so the smallest "
            "still vanishes, or the largest leaves the range of float32. Can you do without the division?",
            _scaled_weights,
        ),
        Misconception(
            "decays upside down",
            "You take exp(−log_a), or divide where you should multiply: that is 1 / a, and the states grow. The "
            "exponents Δ·A are negative already: a decay is exp(log_a).",
            [lambda log_a, x: hillis_steele((-log_a).exp(), x), lambda log_a, x: linear_loop((-log_a).exp(), x)],
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            lambda log_a, x: log_a.exp() * hillis_steele(*_by_the_step_before(log_a, x)),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. h_t includes step "
            "t.",
            lambda log_a, x: _zero_first(mended_scan(log_a, x)),
        ),
        Misconception(
            "weights that hold their own decay",
            "`- log_a` was no mistake: W_t holds the decays *behind* t, without the one of t itself. Now the state at "
            "t lacks the decay of t, and has faded by that of the drive's own step.",
            [
                edited(function, "log_a.flip(0).cumsum(0).flip(0) - log_a → log_a.flip(0).cumsum(0).flip(0)")
                for function in (suspect_scan, _from_the_end)
            ],
        ),
        Misconception(
            "logarithms of the drives",
            "You take the logarithm of x. A drive may be negative, or zero: the first has no logarithm, and with |x| "
            "its sign is lost.",
            [
                lambda log_a, x: (log_a.cumsum(0) + (x.log() - log_a.cumsum(0)).logcumsumexp(0)).exp(),
                lambda log_a, x: (log_a.cumsum(0) + (x.abs().log() - log_a.cumsum(0)).logcumsumexp(0)).exp(),
            ],
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right for any decays: the loop never divides. But it takes L rounds, one after the other."
            " Which scan of yours never divides either, takes any L, and needs few rounds?",
            lambda log_a, x: linear_loop(log_a.exp(), x),
        ),
        Misconception(PAIRS_OF_STEPS.name, PAIRS_OF_STEPS.message, lambda log_a, x: _all_pairs(log_a.exp(), x)),
        Misconception(BOTH_HALVES.name, BOTH_HALVES.message, lambda log_a, x: _by_halves(log_a.exp(), x)),
    ],
)

# Exercise 4: chunked_scan


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
FROM_ZERO = "h, states = torch.stack(starts), [] → start, h, states = torch.stack(starts), torch.zeros_like(end), []"


def _chunk_case(draw: Draw) -> dict:
    chunk, chunks, states = draw.size(1, 5), draw.size(1, 5), draw.size(1, 3)
    shape = (chunk * chunks, *draw.choice([(states,), (2, states)]))
    return {"a": draw.normal(*shape), "x": draw.normal(*shape), "chunk": chunk}


def _divided_chunks(a, x, chunk):
    a, x = a.unflatten(0, (-1, chunk)), x.unflatten(0, (-1, chunk))  # (K, T, …)
    fade, states, h = a.cumprod(1), [], torch.zeros_like(x[0, 0])
    for one, own in zip(fade, fade * (x / fade).cumsum(1), strict=True):
        states.append(own + one * h)
        h = states[-1][-1]
    return torch.cat(states)


CHUNKED = Exercise(
    id="09.chunked_scan",
    title="Chunks side by side",
    reference=chunked_scan,
    cases=_chunk_case,
    apply=_priced(chunked_scan, linear=True, rest=(16,)),
    example={"a": torch.full((6, 1), 10.0), "x": torch.arange(1.0, 7.0)[:, None], "chunk": 2},
    rtol=1e-3,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "chunks that know nothing of each other",
            "Every chunk starts from zero, and stays so. The first chunk is right. What do the others lack?",
            edited(chunked_scan, "torch.stack(starts) → torch.zeros_like(end)"),
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
            "You raise the decay of one step to the power T. In a selective scan each step has a decay of its own: "
            "what is left of a state behind the chunk is their product.",
            [edited(chunked_scan, f"a.prod(dim=1) → a[:, {t}] ** chunk") for t in (0, -1)],
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
            [edited(chunked_scan, f"a.prod(dim=1) → a.{added}(dim=1)") for added in ("sum", "mean")],
        ),
        Misconception(
            "an end that fades in its own chunk",
            "You multiply the end of a chunk with that chunk's whole decay. The end has gone through its chunk "
            "already; what still has to go through it is the state *before* the chunk.",
            [
                edited(chunked_scan, f"decay * h + chunk_end → {h}")
                for h in ("decay * (h + chunk_end)", "h + decay * chunk_end")
            ],
        ),
        Misconception(
            "a first chunk that starts from the last one",
            "Chunk 0 starts from the state after the last chunk: torch.roll, and the index −1, go round the end. "
            "Nothing comes before chunk 0.",
            edited(
                chunked_scan,
                f"{CARRY} → h = decay * h + chunk_end\n        starts.append(h)",
                "torch.stack(starts) → torch.stack(starts).roll(1, 0)",
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
            "a rerun that does not fade",
            "In the rerun you add x to a state that stays as it is. It is an ordinary step: a·h + x.",
            edited(chunked_scan, "h = a_t * h + x_t → h = h + x_t"),
        ),
        Misconception(
            "chunks that start from their own ends",
            "Chunk k is run again from its own end. It wants the state *before* it: that is what the carry collects.",
            edited(chunked_scan, "torch.stack(starts) → end"),
        ),
        Misconception(
            "a start that does not fade inside its chunk",
            "You add the chunk's start to all of its T states as it is. At step t of the chunk it has gone through the"
            " decays of the steps up to t: run the chunk again from the start, or multiply with their product.",
            [
                edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + start)", *more)
                for more in ((), ("decay * h + chunk_end → h + chunk_end",))
            ],
        ),
        Misconception(
            "a start that fades one step too late",
            "At the first step of a chunk you add its start as it is. That step has a decay, too, and the start goes "
            "through it: at step t it has faded by the decays up to t, and that of t is among them.",
            edited(chunked_scan, FROM_ZERO, "states.append(h) → states.append(h + start); start = a_t * start"),
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
            "neighbours in different chunks",
            "Your chunks take every K-th step. A chunk is T steps that follow one another: (L, N) becomes (K, T, N), "
            "with K as the first axis.",
            edited(chunked_scan, "value.unflatten(0, (-1, chunk)) → value.unflatten(0, (chunk, -1)).transpose(0, 1)"),
        ),
        Misconception(
            "an axis of chunks that is left over",
            "The states have the shape (K, T, N). Put the chunks one behind the other again: (L, N).",
            edited(chunked_scan, ".flatten(0, 1) → "),
        ),
        Misconception(
            "steps stacked in front of chunks",
            "All values are right, and they stand in the wrong places: first the first steps of all chunks, then their"
            " second steps. You have stacked T states (K, N) to (T, K, N). Behind which axis must the steps go, so that"
            " a chunk's steps follow one another?",
            edited(chunked_scan, "torch.stack(states, dim=1) → torch.stack(states)"),
        ),
        Misconception(
            "the ends alone",
            "You return one state a chunk. All L states are asked for: the starts are there by now, so run each chunk "
            "again from its own.",
            lambda a, x, chunk: chunked_scan(a, x, chunk)[chunk - 1 :: chunk],
        ),
        Misconception(
            "a division by a product of decays",
            "Inside a chunk you divide by the product of its decays. A decay of 0 makes it zero at once, and many "
            "small ones do the same. A loop over the T steps of all chunks needs no division.",
            _divided_chunks,
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
        BOTH_HALVES,
        PAIRS_OF_STEPS,
    ],
)

# Exercise 5: linear_loop


STATES, OF_A, OF_X = "the states", "the gradient of a", "the gradient of x"
ZEROS = "the number of whole tables of zeros that the backward pass makes at each step"
OTHERS = "the number of other whole tables that the backward pass writes at each step"
GROWTH = "how many times as many bytes both passes write when L is twice as long"


@functools.lru_cache(maxsize=64)
def _passes(scan) -> dict[str, int]:
    """What both passes of a scan write, counted for L = 32 and 64."""
    (zeros, others, few), (_, _, many) = _written(scan, 32), _written(scan, 64)
    return {ZEROS: round(zeros / 32), OTHERS: round(others / 32), GROWTH: round(many / few)}


def _written(scan, length: int) -> tuple[int, int, int]:
    """Tables of zeros and other tables that the backward pass writes, and the bytes that both passes write."""
    a, x = (torch.full((length, 2), 0.5, requires_grad=True) for _ in range(2))
    with Counter() as counter:
        states = scan(a, x)
        forward = counter.calls
        torch.autograd.grad(states, (a, x), torch.ones_like(states), allow_unused=True)
    tables = [name for name, numbers in counter.writes[forward:] if numbers >= x.numel()]
    zeros = sum("_backward" in name or "zeros" in name for name in tables)
    return zeros, len(tables) - zeros, counter.bytes


def _with_backward(loop, a: Tensor, x: Tensor) -> dict:
    """What a loop returns, its gradients, and what its backward pass writes."""
    a, x = (value.detach().clone().requires_grad_() for value in (a, x))
    states = loop(a, x)
    if not isinstance(states, Tensor) or states.shape != x.shape or not states.requires_grad:
        if states is None or states is ...:
            return states
        return dict.fromkeys((STATES, OF_A, OF_X, ZEROS, OTHERS, GROWTH)) | {STATES: states}
    ramp = torch.arange(1.0, 1 + states.numel()).view_as(states) / states.numel()
    grads = torch.autograd.grad(states, (a, x), ramp, allow_unused=True)
    of_a, of_x = (torch.zeros_like(x) if grad is None else grad for grad in grads)
    return {STATES: states.detach(), OF_A: of_a, OF_X: of_x} | _passes(loop)


def _table_case(draw: Draw, length: int, states: int) -> dict:
    return {"a": draw.normal(length, states), "x": draw.normal(length, states)}


ONCE = "for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True)"


def _sliced(a_t: str, x_t: str):
    """A loop that cuts a and x again at each step."""
    return edited(linear_loop, f"{ONCE} → for t in range(len(x))", f"a_t * h + x_t → {a_t} * h + {x_t}")


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
            [
                _sliced("a[t]", "x[t]"),
                *(
                    _sliced(a_t, "x.index_select(0, torch.tensor([t]))[0]")
                    for a_t in ("a.select(0, t)", "a.index_select(0, torch.tensor([t]))[0]")
                ),
            ],
        ),
        Misconception(
            "one of the two still sliced",
            "Half of the zeros are gone. One of a and x is cut before the loop, the other one is still indexed in it.",
            edited(linear_loop, f"{ONCE} → for t, a_t in enumerate(a.unbind(0))", "x_t  # → x[t]  #"),
        ),
        Misconception(
            "cut anew at each step",
            "You cut with unbind, and you do it inside the loop. Each time, autograd has to put all L pieces together "
            "again, although only one of them was used. How often must it be done?",
            _sliced("a.unbind(0)[t]", "x.unbind(0)[t]"),
        ),
        Misconception(
            "states written into a table",
            "You cut the inputs once, and then write states[t] = h. Each such write changes the whole table for "
            "autograd, and its backward pass copies the whole gradient. Collect the states in a list, and stack them "
            "once.",
            edited(
                linear_loop,
                "torch.zeros_like(x[0]), [] → torch.zeros_like(x[0]), torch.zeros_like(x)",
                f"{ONCE} → for t, (a_t, x_t) in enumerate(zip(a.unbind(0), x.unbind(0)))",
                "states.append(h) → states[t] = h",
                "torch.stack(states) → states",
            ),
        ),
        Misconception(
            "states read out of the table that they are written into",
            "You write h[t] into a table, and read h[t − 1] out of it at the next step. The backward pass needs what "
            "was read, and the write has changed the table since. Keep the last state in a variable, and all of them "
            "in a list.",
            [
                edited(
                    linear_loop,
                    f"torch.zeros_like(x[0]), [] → {table}, None",
                    f"{ONCE} → for t in range({first}, len(x))",
                    f"h = a_t * h + x_t → {step}",
                    "states.append(h) → pass",
                    "torch.stack(states) → h",
                )
                for table, first, step in (
                    ("x.clone()", 1, "h[t] = a[t] * h[t - 1] + x[t]"),
                    ("x.clone()", 1, "h[t] += a[t] * h[t - 1]"),
                    ("torch.zeros_like(x)", 0, "h[t] = a[t] * h[t - 1] + x[t]"),
                )
            ],
        ),
        Misconception(
            "states put together at each step",
            "Each torch.cat copies all states so far: twice as many steps, four times as much to write. "
            "Collect the states in a list, and put them together once, at the end.",
            edited(
                linear_loop,
                "torch.zeros_like(x[0]), [] → torch.zeros_like(x[0]), x[:0]",
                "states.append(h) → states = torch.cat([states, h[None]])",
                "torch.stack(states) → states",
            ),
        ),
        Misconception(
            "rounds in the place of a loop",
            "Your states are right, and you join them in rounds. Every slice of a round has a gradient as long as the "
            "whole, and the work is L·log2 L. Here one step after the other is asked for.",
            hillis_steele,
        ),
        Misconception(
            "a state cut off from its past",
            "The backward pass is short because no gradient goes from step to step: detach stops it. Your states are "
            "right, your gradients are not.",
            edited(linear_loop, "a_t * h → a_t * h.detach()"),
        ),
        Misconception(
            "states without a gradient",
            "Your states are right, and no gradient leads from them back to a and x: no_grad, detach, .data, NumPy "
            "and torch.tensor cut the way. Compute with a and x as they come.",
            lambda a, x: linear_loop(a.detach(), x.detach()),
        ),
        Misconception(
            "decays without a gradient",
            "Your states are right, and the gradient of a is zero: you cut the decays off, by detach for example. "
            "They are to be trained like x.",
            lambda a, x: linear_loop(a.detach(), x),
        ),
        Misconception(
            "one tensor for all states",
            "You change h in place, and keep the same tensor at each step. So all entries of your list are the last "
            "state. Make a new h at each step.",
            edited(linear_loop, "h = a_t * h + x_t → h *= a_t; h += x_t"),
        ),
        Misconception(
            "a decay of another step",
            "You fade the state by the decay of another step, that of the step before or after. In step t it is a[t].",
            [edited(linear_loop, f"zip(a.unbind → zip(a.roll({by}, 0).unbind") for by in (1, -1)],
        ),
        Misconception(
            "steps from last to first",
            "Your loop begins with the last step. Time runs from the first one on.",
            [
                lambda a, x: linear_loop(a.flip(0), x.flip(0)),
                lambda a, x: linear_loop(a.flip(0), x.flip(0)).flip(0),
            ],
        ),
        Misconception(
            "a state of zero in front",
            "Your list begins with the zero from before the first step, so there is one state too many. Leave it out "
            "of the result.",
            lambda a, x: torch.cat([torch.zeros_like(x[:1]), linear_loop(a, x)]),
        ),
        Misconception(
            "steps behind the states",
            "You stack the states along a new last axis. Time is the first one, as in x.",
            lambda a, x: linear_loop(a, x).movedim(0, -1),
        ),
        Misconception(
            "decays and drives in exchanged places",
            "You have taken a for x and x for a. The decay a multiplies the state before, and the drive x is added.",
            lambda a, x: linear_loop(x, a),
        ),
        Misconception(
            "a first step that is taken twice",
            "You start with h = x[0], and then do step 0 as well. Before step 0 the state is zero.",
            edited(linear_loop, "torch.zeros_like(x[0]) → x[0]"),
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            edited(linear_loop, "a_t * h + x_t → a_t * (h + x_t)"),
        ),
        Misconception(
            "a state that never fades",
            "You add to a state that stays as it is. The decay belongs to the state, and to nothing else: a·h + x.",
            [edited(linear_loop, f"a_t * h + x_t → {h}") for h in ("h + a_t * x_t", "h + x_t")],
        ),
        Misconception(
            "a loop over the states",
            "You cut along the last axis, the states. Time is the first one.",
            lambda a, x: linear_loop(a.movedim(-1, 0), x.movedim(-1, 0)).movedim(0, -1),
        ),
        Misconception(
            "states of the step before",
            "states[t] must include step t: first the new h, then keep it.",
            lambda a, x: _zero_first(linear_loop(a, x)),
        ),
        Misconception(
            "the last state alone",
            "You return h, the state after the last step. All states are asked for.",
            edited(linear_loop, "torch.stack(states) → h"),
        ),
        Misconception(
            "states joined end to end",
            "torch.cat puts the states one behind the other on an axis that they have already. The steps are a new "
            "axis, in front: torch.stack makes one.",
            edited(linear_loop, "torch.stack → torch.cat"),
        ),
        Misconception(
            "a list of states",
            "You return the list of the states. Stack it to one tensor, with the steps as its first axis.",
            edited(linear_loop, "torch.stack(states) → states"),
        ),
    ],
)

EXERCISES = [COMBINE, HILLIS_STEELE, UP_DOWN, MENDED, CHUNKED, LINEAR]

RECAP = [
    Question(
        "L = 1024 in K = 32 chunks of T = 32. How many rounds wait for one another, and what is enough to run all "
        "again?",
        ["32 rounds, all states", "64 rounds, all states", "96 rounds, 32 states", "1056 rounds, 32 states"],
        "96 rounds, 32 states",
        "T rounds for the ends, K for the carry, T for the rerun. Who keeps the state before each chunk can rerun all.",
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
        "How is the gradient of the states of a scan computed?",
        [
            "by a scan backwards in time, each step with the decay of the step after it",
            "by a scan backwards in time, each step with its own decay",
            "by the same scan once more, forwards in time",
            "by one product with all decays",
        ],
        "by a scan backwards in time, each step with the decay of the step after it",
        "h at t acts on the loss directly, and through h at t + 1, where it was multiplied with the decay of t + 1.",
    ),
    Question(
        "What is wrong with h = P·cumsum(x / P) on a long sequence?",
        [
            "cumsum is slower than a loop",
            "P shrinks to zero, and x / P overflows",
            "it needs a power of two",
            "it has no gradient",
        ],
        "P shrinks to zero, and x / P overflows",
        "In exact numbers it is right. In float32 a product of decays below about 3·10⁻³⁹ makes 1 / P infinite.",
    ),
    Question(
        "A loop slices a (B, D, L, N) tensor at each step. L doubles. And the bytes that its backward pass writes?",
        ["they stay the same", "they double", "they become four times as many", "they become L times as many"],
        "they become four times as many",
        "L slices, and the gradient of each is a whole table of L steps: L². Cut once with unbind, and it is L.",
    ),
]
