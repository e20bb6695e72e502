"""Exercise 2: hillis_steele."""

import functools
import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .combine import JOIN, combine, filled_with_ones
from .cost import BOTH_HALVES, DONE_AGAIN, MORE_CALLS, PAIRS_OF_STEPS, priced
from .shared import (
    LOGARITHMS,
    MOVE_ON,
    as_digits,
    by_cumulative_products,
    guarded,
    linear_loop,
    product_shrinks,
    scan_case,
    zero_first,
)


def hillis_steele(a: Tensor, x: Tensor) -> Tensor:
    """All states h_t = a_t·h_{t−1} + x_t at once, in ⌈log2 L⌉ rounds; a, x and the result are (L, …)."""
    shift = 1
    while shift < len(a):
        new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])  # (L − shift, …)
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])  # (L, …)
        shift = 2 * shift
    return x


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


def _longest_first(a, x, longest):
    shift = longest(len(a))
    while shift:
        new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])
        shift //= 2
    return x


def _two_times_the_round(a, x):
    for k in range(1, 1 + math.ceil(math.log2(len(a)))):
        shift = 2 * k
        new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])
        a, x = torch.cat([a[:shift], new_a]), torch.cat([x[:shift], new_x])
    return x


HILLIS_STEELE = Exercise(
    id="09.hillis_steele",
    title="All states in a few rounds",
    reference=hillis_steele,
    cases=lambda draw: scan_case(draw, draw.size(1, 90)),
    apply=priced(hillis_steele),
    example=as_digits(6),
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
            "The beginning is joined with the end: torch.roll, and negative indices, go round it. "
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
            "step 0 in the place of a missing partner",
            "Where no step stands at a distance of `shift`, you take step 0, by an index that stops at 0 perhaps. So "
            "the first steps take it in again and again. They are finished, and should stay as they are.",
            edited(
                hillis_steele,
                f"{JOIN} → i = (torch.arange(len(a)) - shift).clamp(min=0); new_a, new_x = combine(a[i], x[i], a, x)",
                f"{MOVE_ON} → a, x = new_a, new_x",
            ),
        ),
        Misconception(
            "a shift through all numbers",
            "Your shift goes through all numbers of the table, row after row: torch.roll does so when it is given no "
            "axis. For (L,) that is right; for (L, N) a state meets another state. Shift along axis 0.",
            edited(
                hillis_steele,
                f"{JOIN} → new_a, new_x = combine(a.roll(shift)[shift:], x.roll(shift)[shift:], a[shift:], x[shift:])",
            ),
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
            "You multiply a[shift:] in place by a[:-shift]. Both are pieces of one table, and a product would read "
            "what has just been written. Make the new pieces first, of a and of x, and put them in after that.",
            edited(
                hillis_steele,
                f"{JOIN} → a, x = a.clone(), x.clone()",
                f"{MOVE_ON} → x[shift:] += a[shift:] * x[:-shift]; a[shift:] *= a[:-shift]",
            ),
        ),
        Misconception(
            "decays that are not joined",
            "You join x but leave a as it was. After a round an entry stands for several steps, and it must fade what "
            "comes before by all of them: both parts of the pair move on.",
            edited(hillis_steele, f"{MOVE_ON} → x = torch.cat([x[:shift], new_x])"),
        ),
        Misconception(
            "decays that are joined too early",
            "The earlier x fades by the new a, that of both spans, perhaps because you update a before x. It has only "
            "the later span behind it, and fades by the a that this span had before the round.",
            edited(
                hillis_steele,
                f"{JOIN} → new_a = a[shift:] * a[:-shift]; new_x = new_a * x[:-shift] + x[shift:]",
            ),
        ),
        Misconception(
            "decays that are added",
            "For the decay of a span you add those of its two parts. Two fadings one after the other multiply: a half "
            "of a half is a quarter.",
            edited(hillis_steele, f"{JOIN} → {JOIN}; new_a = a[shift:] + a[:-shift]"),
        ),
        Misconception(
            "decays that all fade alike",
            "You raise the decay of one step to the power of the shift. Each step has a decay of its own: what a span "
            "fades by is their product, and the join makes it.",
            edited(
                hillis_steele, f"{MOVE_ON} → x = torch.cat([x[:shift], a[shift:] ** shift * x[:-shift] + x[shift:]])"
            ),
        ),
        Misconception(
            "both decays first",
            "You give combine the two a's first, and the two x's after them. It takes a step as a pair: the a and the "
            "x of the earlier one, then those of the later one.",
            edited(hillis_steele, f"{JOIN} → new_a, new_x = combine(a[:-shift], a[shift:], x[:-shift], x[shift:])"),
        ),
        Misconception(
            "a mask along the states",
            "Your mask of the steps has the shape (L,). Next to (L, N), PyTorch lays it along the last axis, the "
            "states. Give it as many axes as a has: (L, 1) for (L, N).",
            edited(
                hillis_steele,
                f"{JOIN} → late, b, y = torch.arange(len(a)) >= shift, a, x; "
                "new_a, new_x = combine(a.roll(shift, 0), x.roll(shift, 0), a, x)",
                f"{MOVE_ON} → a, x = torch.where(late, new_a, b), torch.where(late, new_x, y)",
            ),
        ),
        Misconception(
            "the two parts of the pair exchanged",
            "You put what multiplies in the place of x, and what is added in the place of a. combine takes pairs and "
            "returns one, all in the same order: first the a, then the b.",
            [
                edited(hillis_steele, f"{JOIN} → {JOIN.replace('new_a, new_x', 'new_x, new_a')}"),
                edited(hillis_steele, f"{JOIN} → new_a, new_x = combine(x[:-shift], a[:-shift], x[shift:], a[shift:])"),
            ],
        ),
        Misconception(
            "a drive that fades by its own decay",
            "You fade the x of the earlier partner by its own a. That a lies before it: what came in at one step goes "
            "through the steps behind it.",
            edited(hillis_steele, f"{JOIN} → {JOIN}; new_x = a[:-shift] * x[:-shift] + x[shift:]"),
        ),
        Misconception(
            "a later drive that is left out",
            "What you join holds what is left of the earlier x, and nothing of the later one. A step fades what is "
            "there before it, and adds its own x.",
            edited(hillis_steele, f"{JOIN} → {JOIN}; new_x = a[shift:] * x[:-shift]"),
        ),
        Misconception(
            "a single round",
            "You have joined each step with its neighbour and stopped, by a `return` inside the loop perhaps. After "
            "one round, an entry holds two steps. How many does it hold after the next one, and when does it hold all?",
            [edited(hillis_steele, "while → if"), edited(hillis_steele, "shift = 2 * shift\n    return x → return x")],
            where=lambda a, x: len(a) > 2,
        ),
        Misconception(
            "too few rounds",
            "Your loop stops too early for some L: the end lacks the beginning. As long as the shift is smaller than "
            "L, somebody still has a partner.",
            [
                edited(hillis_steele, "shift < len(a) → shift < len(a) // 2"),
                edited(hillis_steele, "shift < len(a) → shift < 2 ** round(math.log2(len(a)))"),
                edited(hillis_steele, "shift < len(a) → shift < len(a) - 1"),
                edited(hillis_steele, "shift < len(a) → 2 * shift <= len(a)"),
                edited(hillis_steele, "shift < len(a) → 2 * shift < len(a)"),
                *(
                    edited(hillis_steele, f"shift < len(a) → shift < 2 ** math.ceil(math.{log}(len(a)))")
                    for log in ("log", "log10")
                ),
                *(edited(hillis_steele, f"shift < len(a) → shift < min(len(a), {2**k})") for k in range(2, 8)),
            ],
        ),
        Misconception(
            "the states counted for L",
            "Your rounds end as if the size of the last axis were L. For (L,) it is; for (L, N) it is the number of "
            "states. Time is the first axis.",
            edited(hillis_steele, "len(a) → a.shape[-1]"),
        ),
        Misconception(
            "a shift that grows by one",
            "Your shifts are 1, 2, 3, … After the second round an entry holds four steps, so the next partner is four "
            "steps away: with three, one step is counted twice.",
            [
                edited(hillis_steele, "2 * shift → shift + 1"),
                edited(hillis_steele, "2 * shift → shift + 1", "< len(a) → <= math.ceil(math.log2(len(a)))"),
            ],
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
            where=lambda a, x: x.ndim > 1 and min(x.shape) > 1,
        ),
        Misconception(
            "a shift that grows too fast",
            "As many steps as an entry holds, so far away is its next partner. Sooner or later yours stands further "
            "off, and what lies between is left out. How many steps does an entry hold after each round?",
            [
                edited(hillis_steele, f"2 * shift → {far}")
                for far in ("3 * shift", "2 * shift + 1", "shift + 2", "4 * shift", "shift * max(2, shift)")
            ],
        ),
        Misconception(
            "a single cumulative sum",
            "Your result adds the drives up as a cumulative sum does. Here each has faded by the decays of its own "
            "later steps. Joins keep the decays and the drives together.",
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
            [edited(hillis_steele, "shift = 1 → shift = 2"), _two_times_the_round],
        ),
        Misconception(
            "padding along the states",
            "F.pad counts the axes from the last one: its first two numbers pad the states of (L, N). For (L,) that is "
            "right. Time is the first axis, and its two numbers come last.",
            [
                edited(
                    hillis_steele,
                    f"{JOIN} → pad = torch.nn.functional.pad; both = pad(a, (shift, 0), value=1), pad(x, (shift, 0)); "
                    "new_a, new_x = combine(*(v[:-shift] for v in both), a, x)",
                    f"{MOVE_ON} → a, x = new_a, new_x",
                    combine=one,
                )
                for one in (combine, edited(combine, "a2 * a1 → a1 * a2"))
            ],
        ),
        Misconception(
            "the longest shift first",
            "You begin with the longest shift. A step that is far away is joined before those in between: with the "
            "digits, 1 meets 4 or 5 while 2 is still missing. The spans grow from 1 to 2 to 4.",
            [
                functools.partial(_longest_first, longest=longest)
                for longest in (lambda L: 2 ** (L - 1).bit_length() // 2, lambda L: L // 2)
            ],
        ),
        Misconception(
            "a filling that changes the first steps",
            "What you put in the place of a missing partner is no step that does nothing. That one has a = 1 and x = "
            "0: h → 1·h + 0.",
            [
                filled_with_ones,
                edited(filled_with_ones, "ones_like(v[:shift]) → full_like(v[:shift], float(v is x))"),
            ],
        ),
        Misconception(
            "steps without a partner that are lost",
            "Your result is shorter than the input: the first `shift` entries of a round have no partner, and you drop "
            "them, or some of them. They are finished already. Keep them all in front.",
            [
                edited(hillis_steele, f"{MOVE_ON} → a, x = new_a, new_x"),
                edited(hillis_steele, f"{MOVE_ON} → {MOVE_ON.replace(':shift', ':1')}"),
                edited(
                    hillis_steele, "while → L = len(a)\n    while", "< len(a) → < L", f"{MOVE_ON} → a, x = new_a, new_x"
                ),
            ],
        ),
        Misconception(
            "one part of the pair that gets shorter",
            "Of a and x, one keeps its first `shift` entries, and the other one loses them. In the next round they no "
            "longer fit each other. Which entries belong in front of the joined ones, in both?",
            [
                edited(hillis_steele, f"{MOVE_ON} → a, x = new_a, torch.cat([x[:shift], new_x])"),
                edited(hillis_steele, f"{MOVE_ON} → a, x = torch.cat([a[:shift], new_a]), new_x"),
            ],
        ),
        Misconception(
            "partners on the right",
            "You join each step with a later one, and leave the last `shift` entries as they are. A state takes in "
            "the steps *before* it: its partner stands on the left, and the first entries are those that have none.",
            [
                edited(
                    hillis_steele,
                    *edits,
                    f"{MOVE_ON} → a, x = torch.cat([new_a, a[-shift:]]), torch.cat([new_x, x[-shift:]])",
                )
                for edits in ((), (f"{JOIN} → new_a, new_x = combine(a[shift:], x[shift:], a[:-shift], x[:-shift])",))
            ],
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
            "You multiply the x of the first step by a. A step fades what is there before it, and before the first "
            "step that is zero.",
            lambda a, x: hillis_steele(a, torch.cat([(a * x)[:1], x[1:]])),
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            lambda a, x: hillis_steele(a, a * x),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. Here h_t includes "
            "step t.",
            lambda a, x: zero_first(hillis_steele(a, x)),
        ),
        Misconception(
            "both parts of the pair",
            "You return a and x. The states are the second part of the pairs: return that alone.",
            edited(hillis_steele, "return x → return a, x"),
        ),
        Misconception(
            "the last state alone",
            "You return the state after the last step. A scan gives the states after all steps: after the last round "
            "they all stand there.",
            edited(hillis_steele, "return x → return x[-1]"),
        ),
        Misconception(
            "the decays in the place of the states",
            "You return the products of the decays. The states are the other part of the pairs.",
            edited(hillis_steele, "return x → return a"),
        ),
        Misconception(
            "a division by a product of decays",
            "You divide by the product of all decays so far. A decay of 0 makes it zero at once, and many small ones "
            "do the same. A small number in the divisor only hides this. Joins in rounds need no division.",
            [
                by_cumulative_products,
                *guarded(by_cumulative_products, "product", "(product + {})"),
                *guarded(by_cumulative_products, "product", "product.clamp(min={})"),
            ],
            where=product_shrinks,
        ),
        LOGARITHMS,
        Misconception(
            "a loop over the steps",
            "Your states are right, and each waits for the one before, or each piece for the piece before: twice as "
            "many steps take twice as many rounds. Here ⌈log2 L⌉ rounds are asked for. In a round, all joins are made "
            "in one call: which two slices of a hold the earlier and the later partners?",
            linear_loop,
        ),
        Misconception(
            "joins one by one",
            "Your rounds are right. But inside each round you loop over the steps, with a call for each join. The "
            "joins of a round do not wait for each other: two slices, and one call of combine, make all of them.",
            _joins_one_by_one,
        ),
        BOTH_HALVES,
        MORE_CALLS,
        PAIRS_OF_STEPS,
        DONE_AGAIN,
    ],
)
