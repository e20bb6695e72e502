"""Exercise 3: up_down."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .combine import combine
from .cost import BOTH_HALVES, DONE_AGAIN, MORE_CALLS, PAIRS_OF_STEPS, by_halves, priced
from .hillis_steele import hillis_steele
from .shared import (
    LOGARITHMS,
    as_digits,
    by_cumulative_products,
    guarded,
    linear_loop,
    product_shrinks,
    scan_case,
    zero_first,
)


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


in_place = edited(
    up_down,
    f"even = {DOWN} → states = x.clone(); states[1::2] = odd; states[2::2] += a[2::2] * odd[:-1]",
    f"{WEAVE} → states",
)


def _up_alone(a, x):
    while len(a) > 1:
        a, x = combine(a[0::2], x[0::2], a[1::2], x[1::2])
    return x


UP_DOWN = Exercise(
    id="09.up_down",
    title="Up and down a tree",
    reference=up_down,
    cases=lambda draw: scan_case(draw, 2 ** draw.size(0, 4)),
    apply=priced(up_down, linear=True),
    example=as_digits(4),
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
            "one step alone",
            "From two steps on you are right. One step is a power of two as well, and there your function goes on "
            "calling itself. What are the states of a single step?",
            edited(
                up_down,
                "len(a) == 1:\n        return x → len(a) == 2:\n        return torch.stack([x[0], a[1] * x[0] + x[1]])",
            ),
        ),
        Misconception(
            "one step that is halved",
            "When one step is left, you halve it once more: it has no partner, so there is no pair. What are the "
            "states of a single step?",
            edited(up_down, "len(a) == 1 → len(a) == 0"),
        ),
        Misconception(
            "pairs in the wrong order",
            "In each pair you let the later step come first. The earlier one is at the even place: a[0::2].",
            edited(up_down, f"{UP} → *combine(a[1::2], x[1::2], a[0::2], x[0::2])"),
        ),
        Misconception(
            "both decays first",
            "You give combine the two a's first, and the two x's after them. It takes a step as a pair: the a and the "
            "x of the earlier one, then those of the later one.",
            edited(up_down, f"{UP} → *combine(a[0::2], a[1::2], x[0::2], x[1::2])"),
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
            "every second step by itself",
            "You scan the odd steps, or the even ones, by themselves: those between are left out of them. Each step of "
            "the half has to stand for a pair, so join neighbours first.",
            [
                edited(up_down, f"{UP} → a[1::2], x[1::2]"),
                edited(up_down, f"{UP} → a[0::2], x[0::2]"),
                edited(
                    up_down,
                    f"odd = up_down({UP}) → even = up_down(a[0::2], x[0::2])",
                    f"even = {DOWN} → odd = a[1::2] * even + x[1::2]",
                ),
                edited(
                    up_down,
                    f"odd = up_down({UP}) → odd = up_down(a[1::2], x[1::2])",
                    f"even = {DOWN} → even = up_down(a[0::2], x[0::2]); odd = a[1::2] * even + odd",
                ),
            ],
        ),
        Misconception(
            "steps that are never joined",
            "Each of your states is its own x: nothing of the steps before reaches it. Whoever scans two halves, or "
            "the even and the odd steps, each by themselves, still has to join a step with what comes before it.",
            lambda a, x: x.clone(),
        ),
        Misconception(
            "a half that is not scanned",
            "You join the pairs and take them for states. They are a sequence of half the length, and still have to "
            "be scanned: by the function itself.",
            [
                edited(up_down, f"odd = up_down({UP}) → odd = combine(a[0::2], x[0::2], a[1::2], x[1::2])[1]", *more)
                for more in ((), (f"{DOWN} → x[0::2]",))
            ],
            where=lambda a, x: len(a) > 1,
        ),
        Misconception(
            "pairs that are added",
            "You add the two x of a pair. Between them lies the later step, which fades the earlier x: a pair is made "
            "by combine.",
            edited(up_down, f"{UP} → a[0::2] * a[1::2], x[0::2] + x[1::2]"),
        ),
        Misconception(
            "decays that are added",
            "For the decay of a pair you add its two a's. Two fadings one after the other multiply: a half of a half "
            "is a quarter.",
            edited(up_down, f"{UP} → a[0::2] + a[1::2], combine(a[0::2], x[0::2], a[1::2], x[1::2])[1]"),
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
            [edited(up_down, f"len(a) == 1 → len(a) {stop} 2") for stop in ("<=", "==")],
        ),
        Misconception(
            "nothing at the end of the tree",
            "When one step is left, your function returns nothing. From h = 0 the state of a single step is its x.",
            edited(up_down, "return x → return"),
        ),
        Misconception(
            "one step without its axis",
            "When one step is left, you return x[0]: it has lost the axis of the steps. The result has the shape of x, "
            "also where there is one step.",
            [edited(one, "return x → return x[0]") for one in (up_down, in_place)],
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
            "zero at the end of the tree",
            "When one step is left, you return zero, the state before it. After the step the state is its x.",
            edited(up_down, "return x → return torch.zeros_like(x)"),
        ),
        Misconception(
            "a last step left that fades",
            "When one step is left, you multiply its x by its a. A step fades what is there before it, and from h = 0 "
            "that is nothing: its state is its x.",
            edited(up_down, "return x → return a * x"),
        ),
        Misconception(
            "a first step that fades",
            "You multiply the x of the first step by a. A step fades what is there before it, and before the first "
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
            "a first state that nobody fills in",
            "You fill in t = 1, 2, 3, …, and at t = 0 stands what torch.empty found in the memory, at every level of "
            "the tree. The first step is a step by itself. What is its state?",
            edited(up_down, "[x[:1], → [torch.full_like(x[:1], float('nan')),"),
        ),
        Misconception(
            "a first step with a past",
            "Your state before t = 0 is not zero. It is a drive, a one, or a state out of odd, which comes later: also "
            "the last one, which torch.roll and the index −1 bring to the front.",
            [
                edited(up_down, f"{DOWN} → a[0::2] * {before} + x[0::2]")
                for before in (
                    "odd.roll(1, 0)",
                    "torch.cat([odd[:1], odd[:-1]])",
                    "torch.cat([x[:1], odd[:-1]])",
                    "torch.cat([torch.ones_like(x[:1]), odd[:-1]])",
                )
            ],
        ),
        Misconception(
            "even steps without their own x",
            "The even states are what is left of the state before, a·h. The x of their own step comes on top.",
            edited(up_down, "a[2::2] * odd[:-1] + x[2::2] → a[2::2] * odd[:-1]"),
        ),
        Misconception(
            "steps that are taken back",
            "You go back from an odd state to the even one before it, and divide by a decay. Where the decay is nearly "
            "zero, nothing is left to go back from. Go forwards, from the state before: a·h + x.",
            edited(up_down, f"{DOWN} → (odd - x[1::2]) / a[1::2]"),
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
            "a drive in the place of the state before",
            "To fill in t = 2, 4, … you fade the x of a step before, or of a pair. What an even step finds is the "
            "whole state, with all that came in earlier. Which of your tables holds the states?",
            [
                edited(up_down, f"odd[:-1] → {x}")
                for x in ("x[1:-1:2]", "x[0:-2:2]", "combine(a[0::2], x[0::2], a[1::2], x[1::2])[1][:-1]")
            ],
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
            "You fade the state by the a of another step. The step that is filled in is the even one behind that "
            "state: its own a counts.",
            [edited(up_down, f"a[2::2] → a[{places}]") for places in ("3::2", "1:-1:2", "0:-2:2")],
        ),
        Misconception(
            "the even step before",
            "You fill in t = 2 with the a and the x of t = 0. They are in the state at t = 1 already: what comes next "
            "is the step at t = 2 itself.",
            edited(up_down, "a[2::2] * odd[:-1] + x[2::2] → a[0:-2:2] * odd[:-1] + x[0:-2:2]"),
        ),
        Misconception(
            "the later one first on the way down",
            "On the way down you let the even step come first, and the state before it second. With the digits these "
            "are 3 and 12. Which of the two is the earlier one?",
            [
                edited(up_down, f"a[2::2] * odd[:-1] + x[2::2] → {decay} * x[2::2] + odd[:-1]")
                for decay in ("(a[1::2] * a[0::2])[:-1]", "a[1:-1:2]", "a[0:-2:2]")
            ],
        ),
        Misconception(
            "a pair's decay on the way down",
            "You fade the state by the decay of a whole pair. One step is filled in, and its own a counts.",
            edited(up_down, "a[2::2] * odd → a[2::2] * a[3::2] * odd"),
        ),
        Misconception(
            "a pair's drive on the way down",
            "You add the x of a whole pair, and the odd step is in it. One step is filled in, and its own x counts.",
            [
                edited(up_down, f"a[2::2] * odd[:-1] + x[2::2] → {a} * odd[:-1] + (a[1::2] * x[0::2] + x[1::2])[1:]")
                for a in ("a[2::2]", "a[2::2] * a[3::2]")
            ],
        ),
        Misconception(
            "a state without a step behind it",
            "Your way down takes one odd state too many: the last one stands at the end, and no even step comes behind "
            "it.",
            edited(up_down, "a[2::2] * odd[:-1] → a[2::2] * odd"),
        ),
        Misconception(
            "a first step without its axis",
            "x[0] has lost the axis of the steps, and torch.cat joins along an axis that all its tensors have. A slice "
            "of length 1 keeps it.",
            edited(up_down, "[x[:1], → [x[0],"),
        ),
        Misconception(
            "a drive that fades at once",
            "On the way down you fade the x of the step as well. A step fades what is there before it; then x is "
            "added, as it is.",
            edited(up_down, "a[2::2] * odd[:-1] + x[2::2] → a[2::2] * (odd[:-1] + x[2::2])"),
        ),
        Misconception(
            "even steps first, odd steps after them",
            "Your states stand in the wrong places: first all even steps, then all odd ones. They have to alternate.",
            edited(up_down, f"{WEAVE} → torch.cat([even, odd])"),
        ),
        Misconception(
            "even and odd steps swapped",
            "Your odd states stand at the even places. t = 0 comes first, and it is even.",
            edited(up_down, "[even, odd] → [odd, even]"),
        ),
        Misconception(
            "even and odd steps woven along the states",
            "You weave along the last axis. For (L,) that is right; for (L, N) two steps get into one row. Even "
            "and odd must alternate along the steps, right behind the first axis.",
            edited(up_down, f"{WEAVE} → torch.stack([even, odd], dim=-1).reshape(x.shape)"),
        ),
        Misconception(
            "even and odd steps woven for (L, N) alone",
            "You put even and odd steps side by side on the last axis. For (L, N) they alternate then. For (L,) it is "
            "the axis of the steps, and all even ones come first.",
            edited(up_down, f"{WEAVE} → torch.cat([even, odd], dim=-1).reshape(x.shape)"),
        ),
        Misconception(
            "pairs of states left over",
            "Even and odd states stand in pairs, (L/2, 2, …). Put the pairs one behind the other again: (L, …).",
            [
                lambda a, x: up_down(a, x).unflatten(0, (-1, 2)) if len(a) > 1 else x,
                edited(up_down, f"{WEAVE} → torch.stack([even, odd], dim=1)"),
                edited(up_down, f"{WEAVE} → torch.stack([even, odd], dim=-1)"),
            ],
        ),
        Misconception(
            "one axis for steps and states",
            "You put the states on one axis with the steps. For (L,) that is right; for (L, N) the states are an axis "
            "of their own, and only the two axes of the steps belong together.",
            [
                edited(up_down, f"{WEAVE} → torch.stack([even, odd], dim={one})")
                for one in ("1).flatten(", "-1).flatten(", "-1).flatten(0, 1")
            ],
            where=lambda a, x: x.shape[1:] != (2,),  # of two states the last of these keeps the shape
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
            lambda a, x: zero_first(up_down(a, x)),
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right, and Python goes from step to step, or from join to join: about L calls, one after "
            "the other. All joins of a level are one call, on the way down, too, and slices put all states of a level "
            "in their places. Which sequence, half as long, does your function call itself with?",
            linear_loop,
        ),
        Misconception(
            "the rounds of exercise 2",
            "Your states are right, and in few rounds. But your joins grow like L·log2 L, as in exercise 2. On the "
            "tree, each level has half as many steps as the one before, and in all there are about 2L joins.",
            [
                hillis_steele,
                edited(up_down, "if len(a) == 1:\n        return x → ", "odd = up_down( → odd = hillis_steele("),
            ],
        ),
        Misconception(
            "an end that fades wrongly in the second half",
            "You add the end of the first half to the states of the second one: as it is, or faded by one decay, or by "
            "all of them. At step t it has gone through the second half up to t. And each half takes a call of its "
            "own: the tree joins neighbours, and calls itself once.",
            [
                edited(by_halves, f"a[half:].cumprod(0) * first → {end}first")
                for end in ("", "a[half:] * ", "a[half] * ", "a[half:].prod(0) * ")
            ],
        ),
        BOTH_HALVES,
        MORE_CALLS,
        PAIRS_OF_STEPS,
        DONE_AGAIN,
        Misconception(
            "a division by a product of decays",
            "You divide by the product of all decays so far. A decay of 0 makes it zero at once, and many small ones "
            "do the same. A small number in the divisor only hides this. The joins of a tree need no division.",
            [
                by_cumulative_products,
                *guarded(by_cumulative_products, "product", "(product + {})"),
                *guarded(by_cumulative_products, "product", "product.clamp(min={})"),
            ],
            where=product_shrinks,
        ),
        LOGARITHMS,
        Misconception(
            "the drive of the step before",
            "To fill in an even place you take the drive of a place before it: it is in that state already. The step "
            "that you add is the even one.",
            [edited(up_down, f"* odd[:-1] + x[2::2] → * odd[:-1] + x[{places}]") for places in ("1:-1:2", "0:-2:2")],
        ),
    ],
)
