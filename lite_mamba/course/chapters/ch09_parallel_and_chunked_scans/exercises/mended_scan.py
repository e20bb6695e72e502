"""Bug hunt: mended_scan."""

import functools
import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .chunked_scan import chunked_scan
from .combine import JOIN, combine, filled_with_ones
from .cost import (
    BOTH_HALVES,
    DONE_AGAIN,
    MORE_CALLS,
    PAIRS_OF_STEPS,
    all_pairs,
    by_halves,
    copied_at_each_step,
    in_pieces,
    priced,
)
from .hillis_steele import HILLIS_STEELE, hillis_steele
from .shared import EPSILONS, MOVE_ON, by_cumulative_products, from_the_end, guarded, linear_loop, zero_first
from .up_down import in_place, up_down

from_the_start = edited(by_cumulative_products, "a.cumprod(0) → a.cumsum(0).exp()")
SPEEDS = (0.1, 1.0, 3.0, 10.0, 40.0, 400.0)
TENTHS = [float(f"1e-{k}") for k in range(2, 39)]  # float32 has no full digits below
LEAST = (1e-38, 1e-30, 1e-20, 1e-15, 1e-12, 1e-10, 1e-8, 1e-6)  # weights below one of them are taken for zero
FINEST = torch.finfo(torch.float32).tiny


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


_exponents_added = edited(_logarithms_multiplied, "a[shift:] * a[:-shift] → a[shift:] + a[:-shift]")


def _scaled_weights(log_a, x):
    exponents = log_a.flip(0).cumsum(0).flip(0) - log_a
    to_end = (exponents - exponents.mean(0)).exp()
    return (to_end * x).cumsum(0) / to_end


def _scaled_products(log_a, x):
    exponents = log_a.cumsum(0)
    exponents = exponents - exponents.mean(0)
    return exponents.exp() * (x * (-exponents).exp()).cumsum(0)


def _by_the_reciprocal(log_a, x):
    exponents = log_a.flip(0).cumsum(0).flip(0) - log_a
    return (exponents.exp() * x).cumsum(0) * (-exponents).exp()


def _a_weight_is_zero(log_a, x):
    return bool((log_a[1:].sum(0) < -104).any())  # exp of it is 0 in float32


def _x_without_weight(log_a, x, least, epsilon=0.0):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return torch.where(to_end > least, (to_end * x).cumsum(0) / (to_end + epsilon), x)


_zero_without_weight = edited(_x_without_weight, "epsilon), x) → epsilon), 0.0)")


def _decays_out_of_weights(log_a, x):
    to_end = (log_a.flip(0).cumsum(0).flip(0) - log_a).exp()
    return hillis_steele(torch.cat([to_end[:1], to_end[:-1] / to_end[1:]]), x)


def _x_without_product(log_a, x, least):
    product = log_a.cumsum(0).exp()
    return torch.where(product > least, product * (x / product).cumsum(0), x)


def _lifted(log_a, x, least):
    return hillis_steele(log_a.clamp(min=least).exp(), x)


_filled_with_nothing = edited(filled_with_ones, "ones_like(v[:shift]) → full_like(v[:shift], float(v is a))")
_joined_too_early = edited(
    hillis_steele, f"{JOIN} → new_a = a[shift:] * a[:-shift]; new_x = new_a * x[:-shift] + x[shift:]"
)
_later_first = edited(hillis_steele, f"{JOIN} → new_a, new_x = combine(a[shift:], x[shift:], a[:-shift], x[:-shift])")
_decays_stay = edited(hillis_steele, f"{MOVE_ON} → x = torch.cat([x[:shift], new_x])")
_tree_of_earlier_times_later = edited(up_down, combine=edited(combine, "a2 * a1 → a1 * a2"))
_tree_in_place_of_earlier_times_later = edited(in_place, combine=edited(combine, "a2 * a1 → a1 * a2"))


def _logarithms_of_drives(log_a, x):
    return (log_a.cumsum(0) + (x.log() - log_a.cumsum(0)).logcumsumexp(0)).exp()


def _chunks_that_divide(log_a, x, size):
    states, h = [], torch.zeros_like(x[0])
    for log_decays, drives in zip(log_a.split(size), x.split(size), strict=True):
        decay = log_decays.cumsum(0).exp()
        states.append(decay * (h + (drives / decay).cumsum(0)))
        h = states[-1][-1]
    return torch.cat(states)


def _chunks_with_twice_the_digits(log_a, x, size):
    return _chunks_that_divide(log_a.double(), x.double(), size).float()


_chunks_by_the_reciprocal = edited(
    _chunks_that_divide,
    "decay = log_decays.cumsum(0).exp() → total = log_decays.cumsum(0); decay = total.exp()",
    "drives / decay → drives * (-total).exp()",
)


def _chunks_of_the_suspect(scan, log_a, x, size, carry):
    states, h = [], torch.zeros_like(x[0])
    for log_decays, drives in zip(log_a.split(size), x.split(size), strict=True):
        states.append(scan(log_decays, drives) + log_decays.cumsum(0).exp() * h)
        h = states[-1][-1] if carry else h
    return torch.cat(states)


def _in_chunks(log_a, x, chunk):
    return chunked_scan(log_a.exp(), x, chunk)


def _by_the_step_before(log_a, x):
    return zero_first(log_a).exp(), x


def _with_decays_of_others(log_a, x, by):
    return hillis_steele(log_a.roll(by, 0).exp(), x)


def _all_pairs_by_a_product(log_a, x):
    total, steps = log_a.cumsum(0), len(x)
    past = torch.ones(steps, steps).tril().reshape(steps, steps, *[1] * (x.ndim - 1))
    return ((total[:, None] - total).exp() * past * x).sum(1)


def _twice_the_digits(log_a, x):
    return from_the_end(log_a.double(), x.double()).float()


def _slow_and_fast(a):
    """Exponents: what comes in at first is felt at the end; in a second state, if there is one, it fades at once."""
    exponents = torch.log(1 - 0.02 * a)
    return exponents - 3 * torch.arange(2) if a.ndim > 1 else exponents


def _decay_case(draw: Draw) -> dict:
    speeds = torch.tensor([draw.choice(SPEEDS) for _ in range(5)])  # before the sizes: a smaller case keeps them
    length, states = draw.size(1, 150), draw.size(0, len(speeds))
    shape, speed = ((length, states), speeds[:states]) if states else ((length,), speeds[0])
    return {"log_a": (-speed * draw.uniform(0.6, 1.0, *shape)).round(decimals=2), "x": draw.normal(*shape)}


def _of_exponents(scan):
    return lambda log_a, x: scan(log_a.exp(), x)


def _in_exponents(where):
    return lambda log_a, x: where(a=log_a, x=x)


def _steps_differ(log_a, x):
    return len(log_a) > 2 and bool((log_a.diff(dim=0) != 0).any())


def _slow_steps_differ(log_a, x):
    return _steps_differ(log_a, x) and bool((log_a.sum(0) > -15).all())


IN_ROUNDS = [
    Misconception(
        one.name, one.message, [_of_exponents(wrong) for wrong in one.answers], where=_in_exponents(one.where)
    )
    for one in HILLIS_STEELE.misconceptions
    if one.name
    in (
        "a shift that wraps around",
        "a single round",
        "too few rounds",
        "a shift that grows by one",
        "a partner that stays next door",
        "steps without a partner that are lost",
    )
]


MENDED_SCAN = Exercise(
    id="09.mended_scan",
    title="The scan that forgets its beginning",
    reference=mended_scan,
    cases=_decay_case,
    trials=30,
    apply=priced(mended_scan, decay=_slow_and_fast),
    axes=("step", "state"),
    example={"log_a": torch.full((5,), -20.0), "x": torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0])},
    misconceptions=[
        Misconception(
            "the suspect's states",
            "Nothing is mended yet: what comes is what the suspect gives, whatever you may have changed. In the case "
            "below the last states are right, and the first ones are almost nothing. Follow the first one through the "
            "three lines.",
            suspect_scan,
            given=True,
        ),
        Misconception(
            "a division by zero",
            "Without the small number, early weights round to zero, and zero is divided by zero, or multiplied by an "
            "infinity. The small number hid the sickness; it was not the sickness.",
            [
                from_the_end,
                edited(from_the_end, "log_a.flip(0).cumsum(0).flip(0) - log_a → log_a.sum(0) - log_a.cumsum(0)"),
                _by_the_reciprocal,
                _decays_out_of_weights,
            ],
            where=_a_weight_is_zero,
        ),
        Misconception(
            "what is left at the end",
            "The division is gone, and nothing stands in its place: you add up what is left of each drive at the "
            "*end*. The state at t asks what is left of it at t.",
            edited(from_the_end, " / to_end → "),
        ),
        Misconception(
            "another epsilon",
            "It is the same defect: where a weight is not far above your small number, the two together are another "
            "divisor. No small number is small enough. Can you do without the division?",
            [
                *guarded(
                    from_the_end,
                    "to_end",
                    "(to_end + {})",
                    (*(e for e in TENTHS if e != 1e-12), 1e-45, torch.finfo(torch.float32).eps, FINEST),
                ),
                *(
                    edited(
                        from_the_end,
                        f"(to_end * x).cumsum(0) / to_end → ((to_end * x).cumsum(0) + {e}) / (to_end + {e})",
                    )
                    for e in EPSILONS
                ),
                *(
                    edited(_twice_the_digits, "from_the_end → _guarded_scan", _guarded_scan=scan)
                    for scan in guarded(from_the_end, "to_end", "(to_end + {})", (1e-50, 1e-100, 1e-200, 1e-300))
                ),
            ],
        ),
        Misconception(
            "weights that are lifted",
            "A weight that was lifted is no longer the product of the decays, so drives count for too much or too "
            "little. The result is finite and wrong.",
            [
                *guarded(from_the_end, "to_end", "to_end.clamp(min={})", (*TENTHS, FINEST)),
                *(edited(from_the_end, f".exp() → .exp().clamp(min={e})") for e in (*EPSILONS, 1e-20, 1e-30)),
                *guarded(from_the_start, "product", "product.clamp(min={})", (1e-12, 1e-30)),
                *(edited(from_the_end, f".exp() → .exp() + {e}") for e in (*EPSILONS, 1e-20, 1e-30)),
                *(
                    edited(from_the_end, f".exp() → .clamp(min={e}).exp()")
                    for e in (-10, -20, -30, -40, -50, -60, -70, -80, -85, -87, -88, -90, -100, -103)
                ),
            ],
        ),
        Misconception(
            "zeros where a weight vanishes",
            "Where a weight is as good as zero, you put a zero, by nan_to_num perhaps. The result is finite, and "
            "wrong: the true state there is about as large as x. Can you do without the division?",
            [
                edited(
                    from_the_end,
                    "return (to_end * x).cumsum(0) / to_end → return ((to_end * x).cumsum(0) / to_end).nan_to_num()",
                ),
                edited(from_the_end, " / to_end →  * (1 / to_end).nan_to_num(posinf=0.0)"),
                edited(_twice_the_digits, ".float() → .nan_to_num().float()"),
                *(functools.partial(_zero_without_weight, least=least) for least in LEAST),
                *(functools.partial(_zero_without_weight, least=e, epsilon=1e-12) for e in (1e-15, 1e-12, 1e-10)),
            ],
            where=_a_weight_is_zero,
        ),
        Misconception(
            "x where a weight vanishes",
            "Where a weight is as good as zero, you put x; elsewhere you divide. A drive of the step before may be "
            "felt in the one place, and in the other a small weight spoils the quotient, by lost digits or beside an "
            "epsilon. Can you do without the division?",
            [
                *(functools.partial(_x_without_weight, least=least) for least in (0, *LEAST)),
                *(functools.partial(_x_without_weight, least=e, epsilon=1e-12) for e in (0, *LEAST) if e < 1e-8),
                lambda log_a, x: torch.where((y := from_the_start(log_a, x)).isfinite(), y, x),
                *(functools.partial(_x_without_product, least=least) for least in (0, *LEAST)),
            ],
        ),
        Misconception(
            "chunks that still divide",
            "Inside a chunk you still divide by a product of decays. It is shorter, so slow channels live, and fast "
            "ones come past the smallest number in a few steps. Even where the states are right, one chunk after the "
            "other is a loop. Can you do without the division?",
            [
                *(functools.partial(_chunks_that_divide, size=size) for size in (8, 16, 32)),
                *(functools.partial(_chunks_by_the_reciprocal, size=size) for size in (16, 32)),
                *(functools.partial(_chunks_with_twice_the_digits, size=size) for size in (8, 16, 32)),
                *(
                    functools.partial(_chunks_of_the_suspect, scan, size=size, carry=carry)
                    for scan in (suspect_scan, from_the_end)
                    for size in (8, 16, 32, 64)
                    for carry in (True, False)
                ),
            ],
            where=lambda log_a, x: bool((log_a.sum(0) < -50).any()),  # in slow ones a carry that is left out shows
        ),
        Misconception(
            "decays that are lifted",
            "You lift the exponents, or the decays, to a smallest value: a fast decay becomes a slower one, and where "
            "you divide, weights vanish all the same. The states are asked for any decays, as they are.",
            [
                *(functools.partial(_lifted, least=least) for least in (-1, -2, -3, -5, -7, -10)),
                *(functools.partial(_lifted, least=math.log(least)) for least in (0.1, 1e-2, 1e-3, 1e-4)),
                *(
                    edited(scan, f"to_end = → log_a = log_a.clamp(min={least}); to_end =")
                    for scan in (suspect_scan, from_the_end)
                    for least in (-0.5, -1, -2, -5, -10, -20)
                ),
            ],
            where=lambda log_a, x: bool((log_a < -20).any()),
        ),
        Misconception(
            "weights upside down",
            "You count the products from the start, and take them for W, which is counted to the end. Each drive is "
            "now raised by the decays between s and t, where it should fade.",
            [
                edited(scan, f"log_a.flip(0).cumsum(0).flip(0) - log_a → {exponents}")
                for scan in (suspect_scan, from_the_end)
                for exponents in ("log_a.cumsum(0)", "log_a.cumsum(0) - log_a")
            ],
        ),
        Misconception(
            "weights in the place of products",
            "You divide x by W and multiply by W afterwards, as the shortcut does with P. P counts from the start, W "
            "to the end: from s to t a drive has faded by W_s / W_t, the other way round.",
            [
                edited(
                    scan,
                    f"(to_end * x).cumsum(0) / {divisor} → (x / {divisor}).cumsum(0) * to_end",
                )
                for scan, divisor in ((suspect_scan, "(to_end + 1e-12)"), (from_the_end, "to_end"))
            ],
        ),
        Misconception(
            "a sum turned round and not back",
            "You turn time round for the cumulative sum and leave it so: the sum of the last step stands at the first "
            "one. Turn it back.",
            [
                edited(function, "cumsum(0).flip(0) - log_a → cumsum(0) - log_a")
                for function in (suspect_scan, from_the_end)
            ],
        ),
        Misconception(
            "products counted from the start",
            "Now the *late* steps have the vanishing product, and x divided by it overflows. This is the shortcut that"
            " section 4 begins with.",
            [
                edited(by_cumulative_products, "a.cumprod(0) → a.cumsum(0).exp()"),
                edited(by_cumulative_products, "a.cumprod(0) → (a.cumsum(0) - a[:1]).exp()"),
                edited(
                    by_cumulative_products,
                    "a.cumprod(0) → a.cumsum(0).exp()",
                    "(x / product) → ((-a.cumsum(0)).exp() * x)",
                ),
            ],
        ),
        Misconception(
            "products counted from the start, and an epsilon",
            "Now the *late* steps have the vanishing product, and your small number takes its place: late drives are "
            "lost, earlier ones do not fade, or the division overflows. Can you do without the division?",
            [
                *guarded(from_the_start, "product", "(product + {})", (*EPSILONS, 1e-15, 1e-20, 1e-30, 1e-38, FINEST)),
                *(edited(from_the_start, f".exp() → .exp() + {e}") for e in (*EPSILONS, 1e-20, 1e-30)),
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
                    "from_the_end → _start",
                    _start=edited(by_cumulative_products, "a.cumprod(0) → a.cumsum(0).exp()"),
                ),
            ],
        ),
        Misconception(
            "exponents taken for decays",
            "You multiply by log_a itself. It holds exponents Δ·A, and a decay is exp(log_a).",
            [
                edited(_exponents_added, "a[shift:].exp() → a[shift:]"),
                lambda log_a, x: hillis_steele(log_a, x),
                lambda log_a, x: linear_loop(log_a, x),
                lambda log_a, x: _filled_with_nothing(log_a, x),
            ],
        ),
        Misconception(
            "weights beside a scan",
            "A scan by joins fades each drive by itself. It wants the decay of each step, exp(log_a), and x as it is: "
            "no products of many decays, and no weights before it or behind it.",
            [
                *(
                    edited(from_the_end, f"(to_end * x).cumsum(0) / to_end → {scan}", hillis_steele=hillis_steele)
                    for scan in (
                        "hillis_steele(to_end, x)",
                        "hillis_steele(log_a.exp(), to_end * x)",
                        "hillis_steele(log_a.exp(), to_end * x) / to_end",
                        "hillis_steele(log_a.exp(), to_end * x) / (to_end + 1e-12)",
                    )
                ),
                lambda log_a, x: hillis_steele(log_a.cumsum(0).exp(), x),
                lambda log_a, x: hillis_steele(log_a.flip(0).cumsum(0).flip(0).exp(), x),
            ],
        ),
        Misconception(
            "decays that are not joined",
            "In your rounds x is joined and the decay stays that of one step. After a round an entry stands for "
            "several steps, and fades what comes before by all of them.",
            lambda log_a, x: _decays_stay(log_a.exp(), x),
        ),
        Misconception(
            "decays that are joined too early",
            "The earlier x fades by the new a, that of both spans, perhaps because you update a before x. It has only "
            "the later span behind it, and fades by the a that this span had before the round.",
            lambda log_a, x: _joined_too_early(log_a.exp(), x),
        ),
        Misconception(
            "operands in the wrong order",
            "You join the later step first and the earlier one after it. combine(a1, b1, a2, b2) wants the earlier "
            "pair first: that is the shifted one.",
            lambda log_a, x: _later_first(log_a.exp(), x),
        ),
        *IN_ROUNDS,
        Misconception(
            "a scan that wants an L of its own",
            "Up and down the tree there is a partner for every step only if L is a power of two, and chunks of T want "
            "a multiple of T. Here L may be anything. Which of your scans takes any L? Or fill the end up with steps "
            "that do nothing.",
            [
                lambda log_a, x: up_down(log_a.exp(), x),
                lambda log_a, x: _tree_of_earlier_times_later(log_a.exp(), x),
                lambda log_a, x: in_place(log_a.exp(), x),
                lambda log_a, x: _tree_in_place_of_earlier_times_later(log_a.exp(), x),
                *(functools.partial(_in_chunks, chunk=chunk) for chunk in (2, 4, 8, 10, 16, 32, 64)),
            ],
        ),
        Misconception(
            "decays and drives in exchanged places",
            "You have given the decays to a scan as its drives, and the drives as its decays. hillis_steele(a, x) "
            "wants the decays first.",
            [lambda log_a, x: hillis_steele(x, log_a.exp()), lambda log_a, x: hillis_steele(x, log_a)],
        ),
        Misconception(
            "a single cumulative sum",
            "Your result adds the drives up as a cumulative sum does. Here each has faded by the decays of its own "
            "later steps.",
            [
                lambda log_a, x: x.cumsum(0),
                lambda log_a, x: (log_a.exp() * x).cumsum(0),
                lambda log_a, x: log_a.cumsum(0).exp() * x.cumsum(0),
                lambda log_a, x: (log_a.cumsum(0).exp() * x).cumsum(0),
            ],
        ),
        Misconception(
            "a decay of another step",
            "You fade the state by the decay of another step, that of the step before or after. Step t has its own, "
            "exp(log_a[t]), and it fades what is there before the step.",
            [
                *(functools.partial(_with_decays_of_others, by=by) for by in (1, -1)),
                lambda log_a, x: hillis_steele(zero_first(log_a.flip(0)).flip(0).exp(), x),
            ],
            where=_steps_differ,
        ),
        Misconception(
            "a table that overflows",
            "You make a number for every pair of steps, also for those with t < s. There it is the exponential of a "
            "number above zero: it becomes infinite, and infinity times 0 is not a number. And no table of all pairs "
            "is wanted.",
            _all_pairs_by_a_product,
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
            [
                _scaled_weights,
                _scaled_products,
                *(edited(_scaled_weights, f".mean(0) → {one}") for one in (".mean()", "[0]", ".min()", "[0] / 2")),
                *(edited(_scaled_products, f".mean(0) → {one}") for one in (".mean()", ".min()", "[-1] / 2")),
            ],
        ),
        Misconception(
            "decays upside down",
            "You take exp(−log_a), or divide where you should multiply: that is 1 / a, and the states grow. The "
            "exponents Δ·A are negative already: a decay is exp(log_a).",
            [lambda log_a, x: hillis_steele((-log_a).exp(), x), lambda log_a, x: linear_loop((-log_a).exp(), x)],
        ),
        Misconception(
            "decays with a minus sign",
            "You take −exp(log_a), as A is made from A_log. Here log_a is Δ·A, negative already: a decay is its "
            "exponential, between 0 and 1.",
            lambda log_a, x: hillis_steele(-log_a.exp(), x),
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            lambda log_a, x: log_a.exp() * hillis_steele(*_by_the_step_before(log_a, x)),
        ),
        Misconception(
            "steps from last to first",
            "Your scan begins with the last step. Time runs from the first one on: the state at t knows nothing of the "
            "drives behind t.",
            lambda log_a, x: mended_scan(log_a.flip(0), x.flip(0)).flip(0),
        ),
        Misconception(
            "states of the step before",
            "Each of your states stands one place too late: you return the state before each step. h_t includes step "
            "t.",
            lambda log_a, x: zero_first(mended_scan(log_a, x)),
        ),
        Misconception(
            "weights that hold their own decay",
            "`- log_a` was no mistake: W_t holds the decays *behind* t, without the one of t itself. Now the state at "
            "t lacks the decay of t, and has faded by that of the drive's own step.",
            [
                edited(function, "log_a.flip(0).cumsum(0).flip(0) - log_a → log_a.flip(0).cumsum(0).flip(0)")
                for function in (suspect_scan, from_the_end)
            ],
            where=_slow_steps_differ,
        ),
        Misconception(
            "logarithms of the drives",
            "You take the logarithm of x. A drive may be negative, or zero: the first has no logarithm, and of |x| "
            "drives add up that should cancel.",
            [
                edited(_logarithms_of_drives, "x.log() → x.abs().log()", ".exp() → .exp() * x.sign()"),
                _logarithms_of_drives,
                edited(_logarithms_of_drives, "x.log() → x.abs().log()"),
            ],
        ),
        Misconception(
            "a loop over the steps",
            "Your states are right for any decays: the loop never divides. But twice as many steps take twice as many "
            "rounds, one after the other. Which scan of yours never divides either, takes any L, and needs few rounds?",
            lambda log_a, x: linear_loop(log_a.exp(), x),
        ),
        Misconception(PAIRS_OF_STEPS.name, PAIRS_OF_STEPS.message, lambda log_a, x: all_pairs(log_a.exp(), x)),
        Misconception(DONE_AGAIN.name, DONE_AGAIN.message, lambda log_a, x: copied_at_each_step(log_a.exp(), x)),
        Misconception(MORE_CALLS.name, MORE_CALLS.message, lambda log_a, x: in_pieces(log_a.exp(), x)),
        Misconception(BOTH_HALVES.name, BOTH_HALVES.message, lambda log_a, x: by_halves(log_a.exp(), x)),
    ],
)
