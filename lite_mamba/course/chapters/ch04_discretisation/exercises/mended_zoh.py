"""Bug hunt: mended_zoh."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .bilinear import bilinear
from .shared import euler, zoh


def mended_zoh(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The zero-order hold for any A ≤ 0 and any Δ > 0, exact to float32 for tiny ΔA too, with B̄ = ΔB at A = 0."""
    divisor = torch.where(A == 0, 1, A)  # (N,), never zero
    held = torch.where(A == 0, delta, torch.expm1(delta * A) / divisor)  # (N,)
    return torch.exp(delta * A), held * B  # (N,), (N,)


def unmended(delta: float, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """The code of the bug hunt."""
    A_bar = torch.exp(delta * A)  # (N,)
    return A_bar, (A_bar - 1) / A * B  # (N,), (N,)


def _for_each_unit_of_time(function, delta: float, A: Tensor, B: Tensor):
    """Ā and B̄/Δ, so that tiny steps count as much as large ones; what is no pair stays as it is."""
    answer = function(delta, A, B)
    pair = isinstance(answer, (tuple, list)) and len(answer) == 2 and isinstance(answer[1], Tensor)
    return (answer[0], answer[1] / delta) if pair else answer


def _small_cases(draw: Draw) -> dict:
    size = draw.size(1, 4)
    A = -torch.tensor([draw.choice([0.0, 0.0, 9e-10, 3e-4, 0.5, 0.95, 1.5, 2.0]) for _ in range(size)])  # (N,)
    drawn = draw.choice([6, 3, 0, -1, -2, -3, -4, -5, -7, -9, -14])
    delta = 10.0 ** draw.in_turn([*[drawn] * 7, 6, -14])  # the longest and the shortest are not left to chance
    return {"delta": delta, "A": A, "B": draw.normal(size) + 0.05}


def _leaks_all(delta, A, B):
    """Whether every bucket has a hole, so that nothing is divided by zero."""
    return bool((A != 0).all())


def _holds_all(delta, A, B):
    """Whether a bucket has no hole, and no other oddity shows: no digit is lost, and a Δ of 1 hides nothing."""
    return delta >= 0.01 and delta != 1 and bool((A == 0).any()) and not ((A < 0) & (A > -0.1)).any()


def _some_leak(delta, A, B):
    """Whether there are buckets with a hole beside those without one."""
    return bool((A == 0).any() and (A != 0).any())


def _switch(condition: str, share: str = "delta"):
    """The unmended code, with ΔB, or another share of B, where the condition holds."""
    switch = f"B_bar = (A_bar - 1) / A * B\n    return A_bar, torch.where({condition}, {share} * B, B_bar)"
    return edited(unmended, f"return A_bar, (A_bar - 1) / A * B → {switch}")


def _of_a_longer_step(rule, longer):
    """A rule that lengthens the step before it uses it."""
    return lambda delta, A, B: rule(longer(delta), A, B)


def _one_for_all(rule, condition: str):
    """A rule that decides once for the whole vector A."""
    first = f"if {condition}:\n        return torch.exp(delta * A), delta * B\n    return rule(delta, A, B)"
    return edited(mended_zoh, f"divisor = torch.where(A == 0, 1, A) → {first}", rule=rule)


TWO_TERMS = "delta * (1 + delta * A / 2)"
THREE_TERMS = "delta * (1 + delta * A / 2 + (delta * A) ** 2 / 6)"
EPSILON = "torch.finfo(A.dtype).eps"
OVER_NUDGED = [
    f"/ ({divisor} {sign} {by}){times}"
    for divisor, times in (("A", ""), ("delta * A", " * delta"))
    for sign in "-+"
    for by in (*(f"1e-{digits}" for digits in range(3, 13)), EPSILON)
] + [
    f"/ ({divisor}).clamp(max=-1e-{digits}){times}"
    for divisor, times, most in (("A", "", 8), ("delta * A", " * delta", 7))
    for digits in range(3, most + 1)
]


MENDED_ZOH = Exercise(
    id="04.mended_zoh",
    title="The hold that loses the input",
    reference=mended_zoh,
    cases=_small_cases,
    apply=_for_each_unit_of_time,
    axes=("entry",),
    items=("Ā", "B̄/Δ"),
    example={"delta": 1e-9, "A": torch.tensor([-0.5, 0.0]), "B": torch.tensor([1.0, 2.0])},
    trials=60,
    rtol=1e-5,  # as a cell below wants it
    atol=1e-6,
    misconceptions=[
        Misconception(
            "the unmended code",
            "Nothing is mended yet: the numbers are as odd as they were. Print the parts of the line that computes B̄.",
            unmended,
            given=True,
        ),
        Misconception(
            "half of the repair: a tiny ΔA",
            "A = 0 is mended. But exp(x) − 1 still loses its digits when x is tiny: exp(x) is rounded to a number near "
            "1 first, and the subtraction cannot bring the lost digits back.",
            [
                edited(mended_zoh, "torch.expm1(delta * A) → (torch.exp(delta * A) - 1)"),
                _switch("A.abs() < 1e-6"),
            ],
        ),
        Misconception(
            "half of the repair: A = 0",
            "Tiny steps are mended. But A = 0 still gives 0/0, which is NaN. What is the level of a bucket without a "
            "hole after one tick?",
            zoh,
        ),
        Misconception(
            "a NaN that is only hidden",
            "The NaN is gone, and nothing is mended. At A = 0 the input of a short tick is lost: 0 divided by a "
            "tiny number is 0, and so is a NaN that is replaced by 0. And tiny steps are as wrong as they were.",
            [
                edited(unmended, "(A_bar - 1) / A → torch.nan_to_num((A_bar - 1) / A)"),
                *(edited(unmended, f"/ A → {over}") for over in OVER_NUDGED),
                edited(unmended, "A_bar = → A = A - 1e-6\n    A_bar ="),
                *(edited(unmended, f"A_bar = → A = A.clamp(max=-1e-{digits})\n    A_bar =") for digits in (6, 8, 10)),
            ],
        ),
        Misconception(
            "an input lost at A = 0",
            "The NaN is gone, but a bucket without a hole now gets no water at all. What is the limit of "
            "(exp(ΔA) − 1)/A for A → 0? It is not 0.",
            [
                edited(zoh, "torch.expm1(delta * A) / A * B → torch.nan_to_num(torch.expm1(delta * A) / A) * B"),
                *(edited(zoh, f"/ A → {over}") for over in OVER_NUDGED),
                *(edited(zoh, f"/ A → / (delta * A).clamp(max=-1e-{digits}) * delta") for digits in range(8, 13)),
            ],
            where=_holds_all,
        ),
        Misconception(
            "another rule",
            "Δ·B, as in Euler's rule and in the package, and the bilinear rule have neither of the two problems, but "
            "they are not the zero-order hold: for an everyday Δ they are off. The task is to keep the formula and to "
            "compute it well.",
            [edited(mended_zoh, "held * B → delta * B"), euler, bilinear],
        ),
        Misconception(
            "a switch to another formula",
            "Below some ΔA, or some Δ, you use another formula. Just below that border it is off, Δ·B by ΔA/2, and "
            "a few terms of a series by less; if you subtract above it, digits are lost there already. There is a "
            "function that is exact on both sides.",
            [
                _switch(f"(delta * A).abs() < {at}")
                for at in ("0.1", "0.01", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8")
            ]
            + [_switch(f"(delta * A).abs() < {at}", TWO_TERMS) for at in ("1", "0.5", "0.2", "0.1", "0.02", "1e-4")]
            + [_switch(f"(delta * A).abs() < {at}", THREE_TERMS) for at in ("1", "0.5", "0.2", "0.1")]
            + [edited(mended_zoh, "held * B → torch.where((delta * A).abs() < 1e-4, delta, held) * B")]
            + [_switch(f"(A == 0) | (delta < {at})") for at in ("0.01", "1e-3", "1e-4", "1e-6", "1e-8")]
            + [_switch(f"A * 0 + delta < {at}") for at in ("0.01", "1e-3", "1e-4", "1e-6", "1e-8")],
        ),
        Misconception(
            "a bucket without a hole that forgets",
            "At A = 0 your B̄ is right, and your Ā is not. Nothing leaks there: what is left of the old level after "
            "one tick?",
            edited(mended_zoh, "return torch.exp(delta * A), → return torch.exp(delta * A) * (A != 0),"),
        ),
        Misconception(
            "the integral of step 3",
            "With a minus or an abs in the exponent, the input that comes early weighs least. Step 4 multiplies by "
            "exp(ΔA), the input too: what stands in the exponent is ΔA as it is.",
            edited(mended_zoh, "torch.expm1(delta * A) → -torch.expm1(-delta * A)"),
        ),
        Misconception(
            "an input without Δ at A = 0",
            "A bucket without a hole holds all that came in. That is B·u for each unit of time, for Δ units: (exp(ΔA) "
            "− 1)/A goes to Δ for A → 0.",
            [
                edited(mended_zoh, "A == 0, delta → A == 0, 1"),
                edited(mended_zoh, "held * B → torch.where(A == 0, 1, held * B)"),
                edited(
                    unmended, "return A_bar, (A_bar - 1) / A → return A_bar, torch.where(A == 0, 1, (A_bar - 1) / A)"
                ),
            ],
            where=_holds_all,
        ),
        Misconception(
            "an input without B",
            "B is missing where A is 0, where it is not, or in both places. With a hole and without one, twice the B "
            "lets in twice the water.",
            [
                edited(mended_zoh, "held * B → torch.where(A == 0, held * B, held)"),
                edited(mended_zoh, "held * B → held"),
                edited(mended_zoh, "held * B → torch.where(A == 0, delta, held * B)"),
                edited(unmended, "(A_bar - 1) / A * B → torch.where(A == 0, delta, (A_bar - 1) / A * B)"),
            ],
            where=_holds_all,
        ),
        Misconception(
            "the Ā of Euler",
            "Your B̄ is mended, and Ā has become 1 + Δ·A. It was right: exp(ΔA) is exact for a tiny ΔA and for none.",
            edited(mended_zoh, "torch.exp(delta * A) → 1 + delta * A"),
        ),
        Misconception(
            "a B̄ without its Δ",
            "Your B̄ lacks a Δ, in the quotient at least: for a small A, (exp(ΔA) − 1)/A goes to Δ, not to 1. Hand "
            "back B̄ itself. The division by Δ is the check's.",
            [
                edited(mended_zoh, "held * B → held * B / delta"),
                edited(mended_zoh, "/ divisor → / (delta * divisor)"),
            ],
        ),
        Misconception(
            "an exponential without the step size",
            "You use exp(A) in B̄, so every tick lasts one unit of time. What stands in the exponent is A times the "
            "time that has passed.",
            [edited(mended_zoh, f"torch.expm1(delta * A) → {step}torch.expm1(A)") for step in ("", "delta * ")],
            where=_leaks_all,
        ),
        Misconception(
            "a swapped pair",
            "Both numbers are there, but in the other order. The function returns Ā first, then B̄.",
            lambda delta, A, B: mended_zoh(delta, A, B)[::-1],
        ),
        Misconception(
            "the first terms of a series",
            "A few terms of exp are right for a tiny ΔA, and wrong for an everyday one. The function that PyTorch has "
            "is exact for both.",
            [
                edited(mended_zoh, f"held * B → {TWO_TERMS} * B"),
                edited(mended_zoh, f"held * B → {THREE_TERMS} * B"),
            ],
        ),
        Misconception(
            "a 1 that is taken off twice",
            "torch.expm1(x) is exp(x) − 1 already. You take off one more. And from Ā, what is left of the old level, "
            "nothing is taken off.",
            [
                edited(unmended, "torch.exp → torch.expm1"),
                edited(
                    unmended,
                    "torch.exp → torch.expm1",
                    "(A_bar - 1) / A * B → torch.where(A == 0, delta * B, (A_bar - 1) / A * B)",
                ),
                edited(mended_zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
                edited(zoh, "torch.expm1(delta * A) → (torch.expm1(delta * A) - 1)"),
            ],
        ),
        Misconception(
            "buckets that are left out",
            "The entries with A = 0 are missing in what you return. They are buckets without a hole: they get an Ā "
            "and a B̄, too.",
            lambda delta, A, B: zoh(delta, A[A != 0], B[A != 0]),
        ),
        Misconception(
            "a small A taken for none",
            "You use Δ·B as soon as A is small. Only the product ΔA counts: in a long tick a small leak still loses "
            "water. Try a leak just below your border, and a tick of a million.",
            [edited(mended_zoh, f"A == 0, delta → A.abs() < {at}, delta") for at in ("1e-3", "1e-5")],
        ),
        Misconception(
            "a small leak in the place of none",
            "You keep A away from 0 by a small number. In a short tick nobody sees it. But a bucket without a hole "
            "keeps its water for ever: try A = 0 and a tick of a million.",
            [
                edited(zoh, *edits)
                for shifted in (
                    *(f"A - {by}" for by in (*(f"1e-{digits}" for digits in (10, 9, 8, 7, 6, 5, 4, 3)), EPSILON)),
                    *(f"A.clamp(max=-1e-{digits})" for digits in (10, 9, 8, 7, 6, 5, 4, 3)),
                    *(f"torch.where(A == 0, -1e-{digits}, A)" for digits in (8, 7, 6, 5, 4, 3)),
                )
                for edits in (
                    [f"return → A = {shifted}\n    return"],
                    [f"expm1(delta * A) / A → expm1(delta * ({shifted})) / ({shifted})"],
                )
            ],
            where=lambda delta, A, B: (A == 0).any(),
        ),
        Misconception(
            "a 1 taken off Ā too",
            "In B̄ the − 1 is at its place. But Ā is what is left of the old level, exp(ΔA) itself: a tiny ΔA leaves "
            "nearly all.",
            edited(mended_zoh, "return torch.exp(delta * A) → return torch.expm1(delta * A)"),
            where=_leaks_all,
        ),
        Misconception(
            "a step that is made longer",
            "You keep Δ away from 0. But a tiny step is meant: in so short a time hardly any water comes in, and yours "
            "lets in as much as a longer one.",
            [
                _of_a_longer_step(rule, longer)
                for rule, most in ((mended_zoh, 12), (zoh, 12), (unmended, 7))
                for digits in range(3, most + 1)
                for longer in (
                    lambda delta, least=10.0**-digits: max(delta, least),
                    lambda delta, more=10.0**-digits: delta + more,
                )
            ],
            where=lambda delta, A, B: delta < 1e-12 and (A != 0).any(),  # shorter than any that it is made to be
        ),
        Misconception(
            "more digits in the place of a better formula",
            "float64 has 16 digits, and the subtraction loses them in the same way: only at smaller steps. Try "
            "Δ = 10⁻¹⁴. The formula has to go, not the number format.",
            [
                edited(unmended, "A_bar = → A = A.double()\n    A_bar ="),
                edited(mended_zoh, "torch.expm1(delta * A) → (torch.exp(delta * A.double()) - 1)"),
            ],
            where=lambda delta, A, B: (  # a ΔA of which float64 keeps no digit
                delta < 1e-12 and bool(((A < 0) & (A > -1e-3)).any())
            ),
        ),
        Misconception(
            "an exponential of an exponential",
            "You put Ā into torch.exp or torch.expm1, which takes the exponential of what it is given. Ā is an "
            "exponential already.",
            [edited(rule, "torch.expm1(delta * A) → torch.expm1(torch.exp(delta * A))") for rule in (mended_zoh, zoh)],
        ),
        Misconception(
            "a logarithm in the place of an exponential",
            "torch.log1p(x) is ln(1 + x), the way back. What stands above the line is exp(x) − 1.",
            edited(mended_zoh, "torch.expm1 → torch.log1p"),
            where=_leaks_all,  # what becomes of A = 0 is another matter
        ),
        Misconception(
            "two choices exchanged",
            "torch.where(condition, first, second) takes the first where the condition holds, and the second "
            "elsewhere. Yours are exchanged: which of the two do you want where A is 0?",
            [
                edited(mended_zoh, "delta, torch.expm1(delta * A) / divisor → torch.expm1(delta * A) / divisor, delta"),
                edited(mended_zoh, "delta, torch.expm1(delta * A) / divisor → torch.expm1(delta * A) / A, delta"),
                edited(mended_zoh, "A == 0, 1, A → A == 0, A, 1"),
            ],
        ),
        Misconception(
            "a clamp on the wrong side",
            "Leaks are negative, and clamp(min=…), or a < in torch.where, lifts all of them up to your small number. "
            "You divide by it everywhere, and not where A is 0 alone.",
            [
                edited(rule, f"/ A → / A.clamp(min={at})")
                for rule in (zoh, unmended)
                for at in (f"1e-{digits}" for digits in range(5, 13))
            ],
            where=_leaks_all,
        ),
        Misconception(
            "a stand-in for 0 that goes too far",
            "You put another number in the place of A = 0, so that the division works. But Ā, or the exponential in "
            "B̄, is made of that number too: there A is 0.",
            [
                edited(mended_zoh, *edits)
                for edits in (
                    ["divisor = torch → divisor = A = torch"],
                    ["divisor = torch → divisor = A = torch", "A == 0, 1, A → A == 0, -1, A"],
                    ["return torch.exp(delta * A) → return torch.exp(delta * divisor)"],
                    ["return torch.exp(delta * A) → return torch.exp(delta * divisor)", "A == 0, 1, A → A == 0, -1, A"],
                )
            ]
            + [
                edited(zoh, f"return → A = torch.where(A == 0, {small}, A)\n    return")
                for small in ("1e-8", "1e-6", "1e-5", "1e-4", "1e-3")
            ],
        ),
        Misconception(
            "a choice with one side",
            "torch.where(condition, first, second) wants all three, what to take elsewhere too.",
            [edited(mended_zoh, f"held * B → torch.where(A == 0, {first})") for first in ("delta * B", "delta")],
        ),
        Misconception(
            "one decision for all entries",
            "You decide once, for the whole vector. Some entries of A may be zero, or tiny, while others are not: each "
            "of them needs its own answer.",
            [
                _one_for_all(rule, f"({which}).{how}()")
                for rule, borders in ((zoh, (2, 3, 6, 8)), (unmended, (4, 7, 8)))
                for which in ("A == 0", *(f"(delta * A).abs() < 1e-{digits}" for digits in borders))
                for how in ("any", "all")
            ],
            where=_some_leak,
        ),
        Misconception(
            "an if for a vector",
            "`if` wants one True or False, and A == 0 is a vector of them. Choose for each entry: torch.where.",
            [_one_for_all(rule, "A == 0") for rule in (zoh, unmended)],
        ),
    ],
)
