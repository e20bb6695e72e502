"""A mistake without a name: on which cases it shows, how its values differ; claimed only where it holds on all."""

from __future__ import annotations

import math

import pytest
import torch
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from hypothesis import given
from hypothesis import strategies as st

from lite_mamba import course
from lite_mamba.course.checking.compare import Tolerance, difference
from lite_mamba.course.checking.exercise import Draw, Exercise
from lite_mamba.course.checking.features import claims
from lite_mamba.course.checking.relations import value_words
from lite_mamba.course.checking.running import Example, Outcome
from lite_mamba.course.checking.trial import judge, trials


def affine(x, gate, bias, width):
    """(B, D, L): x · gate + bias, and 2 · width."""
    return x * gate + bias[:, None] + 2 * width


def affine_cases(draw: Draw) -> dict:
    batch, channels, length = draw.size(1, 3), draw.size(2, 4), draw.size(4, 8)
    dtype = draw.choice([torch.float32, torch.float64])
    x, gate = (draw.normal(batch, channels, length, dtype=dtype) for _ in range(2))
    return {"x": x, "gate": gate, "bias": draw.normal(channels, dtype=dtype), "width": draw.size(2, 3)}


AFFINE = Exercise("91.affine", "Affine", affine, affine_cases, [], axes=("batch", "channel", "time"), trials=30)


LAST = trials(AFFINE)[-1].case["x"].shape  # of one case that contradicts


def at(y, axis, index, value):
    y.select(axis, index).add_(value)
    return y


def late(y):
    return torch.cat([y[..., :1], y[..., :-1]], dim=-1)


def early(y):
    return torch.cat([y[..., 1:], y[..., -1:]], dim=-1)


def odd(x):
    return x.flatten()[0].exp() + x.flatten()[1] ** 2 + 0.1


def from_on(y, axis, start):
    y.narrow(axis, start, y.shape[axis] - start).add_(1)
    return y


VALUES = {
    "A factor of 2 everywhere.": lambda y, **_: 2 * y,
    "A factor of 0.333 everywhere.": lambda y, **_: y / 3,
    "The opposite sign everywhere.": lambda y, **_: -y,
    "Every value is zero.": lambda y, x, **_: 0 * y,
    "Every value is too large by the factor `x.shape[2]`.": lambda y, x, **_: y * x.shape[2],
    "Every value is too small by the factor `width`.": lambda y, width, **_: y / width,
    "One and the same factor in all values of a case, and not the same in all cases.": lambda y, x, **_: y * odd(x),
    "Every value is 1 too large.": lambda y, **_: y + 1,
    "Every value is 0.5 too small.": lambda y, **_: y - 0.5,
    "Every value is too large by `width`.": lambda y, width, **_: y + width,
    "Every value is too small by `x.shape[2]`.": lambda y, x, **_: y - x.shape[2],
    "One and the same number is missing or too many in all values of a case.": lambda y, x, **_: y + odd(x),
    "What is missing is `bias`, added.": lambda y, bias, **_: y - bias[:, None],
    "`bias` is added once too often.": lambda y, bias, **_: y + bias[:, None],
    "`x` is added once too often.": lambda y, x, **_: y + x,
    "The factor `gate` is too many.": lambda y, gate, **_: y * gate,
    "It gives `x` back as it came.": lambda y, x, **_: x + 0 * y,
    "Each value is one divided by the expected one.": lambda y, **_: 1 / y,
    "Each value is the square of the expected one.": lambda y, **_: y**2,
    "Each value is the exponential of the expected one.": lambda y, **_: y.exp(),
    "Each value is 2 to the power of the expected one.": lambda y, **_: y.exp2(),
    "Each value is the magnitude of the expected one.": lambda y, **_: y.abs(),
    "One step too late along time.": lambda y, **_: late(y),
    "One step too early along time.": lambda y, **_: early(y),
    "Moved by one place along channel.": lambda y, **_: y.roll(1, 1),
    "The right numbers, reversed along time.": lambda y, **_: y.flip(2),
    "The right numbers, reversed along channel.": lambda y, **_: y.flip(1),
    "The right numbers, in another order.": lambda y, **_: y.flatten().roll(2).reshape(y.shape),
    "Only channel 0 is right.": lambda y, **_: from_on(y, 1, 1),
    "Only channel 0 is wrong.": lambda y, **_: at(y, 1, 0, 1),
    "Only the last one along time is wrong.": lambda y, **_: at(y, 2, -1, 1),
    "Only the last one along time is right.": lambda y, **_: at(y, 2, -1, -1) + 1,
    "From time 2 on it is wrong, and right before that.": lambda y, **_: from_on(y, 2, 2),
    "The first `width` along time are right, and the others wrong.": lambda y, width, **_: from_on(y, 2, width),
    "The first mistake is always at time 1; up to time 0 all is right.": lambda y, **_: at(y, 2, 1, 1),
    "Off by one number for each channel, added.": lambda y, bias, **_: y + (2 * bias)[:, None],
    "Off by one factor for each channel.": lambda y, bias, **_: y * (2 + bias**2)[:, None],
    "Each place along time is right or nothing but zeros.": lambda y, x, **_: y * (y[0, 0] != y[0, 0, len(x) - 1]),
    "The right numbers, with channel and time exchanged.": lambda y, **_: y.transpose(1, 2),
    "The right numbers, added up over time.": lambda y, **_: y.sum(2),
    "The right numbers, averaged over channel.": lambda y, **_: y.mean(1, keepdim=True),
    "One is missing at the end along time; the rest is right.": lambda y, **_: y[..., :-1],
    "One is missing at the start along time; the rest is right.": lambda y, **_: y[..., 1:],
    "One is too many at the end along time; the rest is right.": lambda y, **_: torch.cat([y, y[..., :1]], 2),
    "Some are too many at the start along channel; the rest is right.": lambda y, **_: torch.cat([y[:, :2], y], 1),
    "The right numbers in the right order, in another shape.": lambda y, **_: y.flatten(),
}  # fmt: skip


def divisors(n):
    return [d for d in range(1, n + 1) if n % d == 0]


@pytest.mark.parametrize(
    ("function", "name", "words"),
    [
        (lambda n: [n, *divisors(n)[:-1]], "another order", "The right numbers, in another order."),
        (lambda n: divisors(n)[:-1], "too little at an end", "One is missing at the end; the rest is right."),
        (lambda n: divisors(n)[:2], "too little at an end", "Some are missing at the end; the rest is right."),
        (lambda n: [0, *divisors(n)], "too much at an end", "One is too many at the start; the rest is right."),
        (lambda n: divisors(n)[::-1], "the reversed order", "The right numbers, reversed."),
        (lambda n: [d - 1 for d in divisors(n)], "a number added to all values", "Every value is 1 too small."),
        (lambda n: [*divisors(n)[:-1], 0], "only the last one wrong", "Only the last one is wrong."),
        (lambda n: [1, *(2 * d for d in divisors(n)[1:])], "only the first one right", "Only item 0 is right."),
        (lambda n: [n, n], "a list of the wrong length", ""),
        (
            lambda n: [d for d in divisors(n)[::-1] for _ in range(1 + d % 2)],
            "numbers that come several times",
            "The right numbers, some of them several times.",
        ),
        (
            lambda n: 2 * divisors(n),
            "numbers that come several times",
            "The right numbers, some of them several times.",
        ),
        (lambda n: [n % d == 0 for d in range(1, n + 1)], "a list of the wrong length", ""),
    ],
)
def test_a_list_of_numbers_is_one_part(function, name, words):
    exercise = Exercise("91.l", "L", divisors, lambda draw: {"n": 4 * draw.size(1, 9)}, [])
    verdict = judge(exercise, function)
    assert verdict.misconception and (verdict.misconception.name, " ".join(verdict.relations)) == (name, words)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: torch.cat([2 * x[:-1], x[-1:]]), "Only the last one along entry is wrong."),
        (lambda x: torch.cat([x[:1], 2 * x[1:]]), "Only entry 0 is wrong."),
        (lambda x: 2 * x[:-1], "One is missing at the end along entry; the rest is right."),
    ],
)
def test_a_result_of_one_entry_begins_and_ends_with_it(function, words):
    cases = lambda draw: {"x": draw.normal(draw.size(1, 4)) + 0.05}  # noqa: E731
    assert words in judge(Exercise("91.o", "O", lambda x: 2 * x, cases, [], axes=("entry",)), function).relations


@pytest.mark.parametrize("lost", [float("nan"), float("inf")])
def test_what_is_not_finite_is_off_by_no_number_and_no_factor(lost):
    assert not any(words.startswith("Off by") for words in relations(lambda y, **_: y.fill_(lost)))


def test_a_column_of_zeros_tells_of_no_factor():
    """A gradient of the first decay for example, which no state comes before: zero in what came, too."""
    exercise = Exercise("91.z", "Z", rising, draws(2, 4), [], axes=("row", "step"))
    said = judge(exercise, lambda x: rising(x) * torch.where(x[:1] > 0, 2, 1)).relations
    assert said == ("Off by one factor for each step.",)


def test_a_case_that_is_too_small_to_tell_hides_nothing():
    """One of which nothing is left, and one whose rows are single numbers."""
    exercise = Exercise("91.s", "S", lambda x: x, draws(1, 1), [], axes=("row", "step"))
    assert judge(exercise, lambda x: x[:, 1:]).relations == (
        "One is missing at the start along step; the rest is right.",
    )
    words = "Each place along step is right or nothing but zeros."
    assert words in judge(exercise, lambda x: x * (torch.arange(x.shape[1]) != x.shape[1] - 2)).relations
    assert words not in judge(exercise, lambda x: x * (len(x) > 1)).relations
    assert judge(exercise, lambda x: x[:, :0]).relations == ()


def rising(x):
    return x * torch.arange(x.shape[1])


def draws(*smallest):
    return lambda draw: {"x": draw.normal(*(draw.size(low, low + 3) for low in smallest))}


@pytest.mark.parametrize("function", [torch.sqrt, torch.log, lambda y: y * torch.nan, lambda y: y / 0])
def test_what_is_nowhere_finite_is_no_function_of_the_right_values(function):
    exercise = Exercise("91.m", "M", lambda x: -x, lambda draw: {"x": draw.uniform(0.5, 2, draw.size(1, 4))}, [])
    said = judge(exercise, lambda x: function(-x)).relations
    assert not any(words.startswith("Each value is") for words in said)
    assert judge(exercise, lambda x: torch.exp(-x)).relations == ("Each value is the exponential of the expected one.",)


def test_a_zero_beside_what_is_not_finite_tells_of_no_function():
    exercise = Exercise("91.m", "M", lambda x: -x, lambda draw: {"x": 1.0 * draw.integers(0, 2, draw.size(2, 4))}, [])
    assert not any(words.startswith("Each value is") for words in judge(exercise, lambda x: 3 * (-x).sqrt()).relations)


@pytest.mark.parametrize(("words", "function"), [("root", torch.sqrt), ("logarithm to the base 2", torch.log2)])
def test_a_function_of_what_is_above_0_is_found(words, function):
    exercise = Exercise("91.p", "P", lambda x: x, lambda draw: {"x": draw.uniform(0.5, 2, draw.size(1, 4))}, [])
    assert judge(exercise, function).relations == (f"Each value is the {words} of the expected one.",)


def answer(change):
    return lambda **case: change(affine(**case), **case)


def relations(change):
    return judge(AFFINE, lambda x, gate, bias, width: answer(change)(x=x, gate=gate, bias=bias, width=width)).relations


@pytest.mark.parametrize("words", VALUES)
def test_a_relation_between_what_came_and_what_was_expected_is_found(words):
    assert words in relations(VALUES[words])


def test_a_wrong_row_that_is_the_only_one_is_the_first_one_too():
    assert relations(lambda y, **_: at(y, 0, 0, 1)) == ("Only batch 0 is wrong.",)
    assert relations(lambda y, **_: from_on(y, 0, 1)) == (
        "Right where `x.shape[0]` is 1, wrong where it is 2 or more.",
        "Only batch 0 is right.",
    )
    assert relations(lambda y, **_: from_on(y, 0, 1) if len(y) > 1 else y**2 + 1) == ()


def test_an_axis_of_one_number_that_is_gone_was_not_added_up():
    exercise = Exercise("91.one", "One", lambda x: x + 1, lambda draw: {"x": draw.normal(1, draw.size(2, 4))}, [])
    found = judge(exercise, lambda x: (x + 1).squeeze(0))
    assert found.misconception.name == "another shape"
    assert found.relations == ("The right numbers in the right order, in another shape.",)


def test_nothing_is_right_where_nothing_came():
    assert not any(words.endswith("the rest is right.") for words in relations(lambda y, **_: y[..., :0]))


@pytest.mark.parametrize("words", [words for words in VALUES if words[:4] not in ("Ever", "One ")])
def test_no_relation_is_claimed_that_a_single_case_contradicts(words):
    def change(y, x, **case):
        other = x.shape == LAST
        return (y + torch.arange(y.shape[1])[:, None] * y**2 + x**3) if other else VALUES[words](y, x=x, **case)

    assert words not in relations(change)


CASES = {
    "Right where `x.dtype` is float32, wrong where it is float64.": lambda x, width: x.dtype == torch.float64,
    "Right where `x.shape[0]` is 1, wrong where it is 2 or more.": lambda x, width: x.shape[0] > 1,
    "Right where `x.shape[0]` is 3, wrong where it is 2 or less.": lambda x, width: x.shape[0] < 3,
    "Right where `x.shape[2]` is 5 or less, wrong where it is 6 or more.": lambda x, width: x.shape[2] > 5,
    "Right where `x.shape[2]` is even, wrong elsewhere.": lambda x, width: x.shape[2] % 2 == 1,
}


@pytest.mark.parametrize("words", CASES)
def test_what_sets_the_wrong_cases_apart_is_found(words):
    def change(y, x, width, **_):
        return y + x**3 * CASES[words](x, width)

    assert words in relations(change)


def test_a_power_of_two_is_seen():
    exercise = Exercise("91.p", "P", lambda n: n, lambda draw: {"n": draw.size(1, 20)}, [], trials=60)
    said = judge(exercise, lambda n: n if n & (n - 1) == 0 else -n).relations
    assert "Right where `n` is a power of two, wrong elsewhere." in said


def seen(good, bad, name="n"):
    """Three right cases with each of some values, and three wrong ones."""
    wrong = difference(2, 3, Tolerance())
    return [
        Example({name: value}, Outcome(2), Outcome(2 + (found is not None)), found)
        for values, found in ((good, None), (bad, wrong))
        for value in [*values] * 3
    ]


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ([1, 5, 7], [2, 4], "Right where `n` is odd, wrong elsewhere."),
        ([1, 5, 7], [2, 3], None),
        ([2, 3], [1, 5], None),
        ([1, 2], [2, 3], None),
        ([[1], [1, 2]], [[1, 2, 3]], "Right where `len(n)` is 2 or less, wrong where it is 3."),
        (["a", "b"], ["c", "d"], "Right where `n` is 'a' or 'b', wrong where it is 'c' or 'd'."),
        (["a", "b"], ["c", "d", "e"], None),
        ([True], [False], "Right where `n` is True, wrong where it is False."),
        ([torch.zeros(2)], [torch.zeros(2, 2)], None),
        ([None], [0.5], None),
    ],
)
def test_values_set_cases_apart_only_where_they_never_mix(good, bad, words):
    assert [claim.words for claim in claims(seen(good, bad))] == ([words] if words else [])


def test_a_right_result_is_not_called_wrong_where_only_an_input_is_changed():
    changed = [Example({"n": 2}, Outcome(2), Outcome(2, changed=("x",)))] * 3
    (claim,) = claims([*seen([1], []), *changed])
    assert claim.words == "Unchanged where `n` is 1, changed where it is 2."


def test_choices_are_compared_by_name():
    exercise = Exercise("91.c", "C", lambda how, f, x: x, choice_cases, [])
    assert judge(exercise, lambda how, f, x: x + x**2 * (how == "b")).relations[0] == (
        "Right where `how` is 'a', wrong where it is 'b'."
    )
    assert judge(exercise, lambda how, f, x: x + x**2 * (f is abs)).relations[0] == (
        "Right where `f` is float, wrong where it is abs."
    )


def choice_cases(draw: Draw) -> dict:
    return {"how": draw.choice("ab"), "f": draw.choice([abs, float]), "x": draw.normal(3)}


def test_no_case_is_set_apart_where_everything_or_hardly_anything_is_wrong():
    right, wrong = (Example({"n": n}, Outcome(n), Outcome(n + w), None) for n, w in ((1, 0), (2, 1)))
    wrong = Example({"n": 2}, Outcome(2), Outcome(3), difference(2, 3, Tolerance()))
    (claim,) = claims([right] * 3 + [wrong] * 3)
    assert claim.words == "Right where `n` is 1, wrong where it is 2."
    assert [list(claims([right] * r + [wrong] * w)) for r, w in ((2, 3), (3, 2), (0, 9))] == [[]] * 3


def test_no_claim_is_made_that_a_further_case_speaks_against():
    """`n + m` is `n * m` where both are 2: in the cases of this exercise, by chance, wherever `n` is."""
    exercise = Exercise("91.2", "M", lambda n, m, p: n * m * p, seldom_two, [])
    said = "Right where `n` is 2, wrong where it is 3 or more."
    assert said in judge(exercise, lambda n, m, p: n * m * p + (n > 2)).relations
    assert said not in judge(exercise, lambda n, m, p: (n + m) * p).relations


def seldom_two(draw: Draw) -> dict:
    return {"n": draw.size(2, 9), "m": draw.size(2, 3), "p": draw.size(1, 9)}


def test_single_precision_is_seen():
    exercise = Exercise(
        "91.d", "D", lambda x: x / 3, lambda draw: {"x": draw.normal(4, dtype=torch.float64)}, [], rtol=1e-12, atol=0
    )
    said = judge(exercise, lambda x: x.float() / 3).relations
    assert said == ("Right to about six digits, where the input has sixteen: somewhere it computes in float32.",)
    assert judge(exercise, lambda x: x / 3 + 0.3 * x**2).relations == ()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, gate, bias, width: x * gate + x**2 * width, "Its result does not depend on `bias`."),
        (lambda x, gate, bias, width: x**2, "Its result does not depend on `gate` or `bias`."),
    ],
)
def test_a_parameter_that_makes_no_difference_is_named(function, words):
    assert words in judge(AFFINE, function).relations


def test_a_parameter_that_makes_no_difference_to_the_right_answer_either_is_not_named():
    exercise = Exercise("91.u", "U", lambda x, y: x + 1, lambda draw: {"x": draw.normal(3), "y": draw.normal(3)}, [])
    assert judge(exercise, lambda x, y: x**2).relations == ()


def test_a_parameter_that_is_used_where_the_answer_is_right_is_not_named():
    exercise = Exercise("91.u", "U", lambda x, y: x * y, lambda draw: {"x": draw.normal(3), "y": draw.normal(3)}, [])
    said = judge(exercise, lambda x, y: x * y if x[0] > 0 else x**2).relations
    assert "Its result does not depend on `y`." not in said


def test_a_parameter_that_is_used_in_small_cases_alone_is_not_named():
    def cases(draw):
        length = draw.size(2, 40)
        return {"x": draw.normal(length), "y": draw.normal(length)}

    exercise = Exercise("91.small", "U", lambda x, y: x * y, cases, [])
    said = judge(exercise, lambda x, y: x + y if len(x) < 3 else x**2).relations
    assert "Its result does not depend on `y`." not in said


@pytest.mark.parametrize(("answer", "said"), [(lambda fn, x: x * fn(x).sign(), False), (lambda fn, x: x + 1, True)])
def test_a_function_that_an_answer_asks_is_not_without_effect(answer, said):
    def cases(draw):
        factor = float(draw.uniform(1, 2, 1))
        return {"fn": lambda x: factor * x, "x": draw.normal(draw.size(2, 4))}

    exercise = Exercise("91.f", "F", lambda fn, x: fn(x), cases, [])
    assert ("Its result does not depend on `fn`." in judge(exercise, answer).relations) == said


def test_words_in_the_place_of_a_result_say_nothing_of_parameters():
    exercise = Exercise("91.f", "F", lambda x, y: x * y, lambda draw: {"x": draw.normal(3), "y": draw.normal(3)}, [])
    said = judge(exercise, lambda x, y: "right, with too many calls").relations
    assert not any("depend" in words for words in said)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x * y * torch.nan,
        lambda x, y: x * y / 0,
        lambda x, y: (x * y / 1e6).long(),
        lambda x, y: x * y + (x - x) / (x - x),
        lambda x, y: None,
        lambda x, y: (x * y)[3:],
    ],
)
@pytest.mark.parametrize("apply", [None, lambda function, x, y: {"result": function(x, y), "calls": 1}])
def test_a_result_that_hides_what_it_was_made_of_says_nothing_of_parameters(function, apply):
    def cases(draw):
        return {"x": draw.normal(3), "y": draw.normal(3)}

    exercise = Exercise("91.u", "U", lambda x, y: x + y**3, cases, [], apply=apply)
    assert not any("depend" in words for words in judge(exercise, function).relations)


def test_a_whole_number_in_the_place_of_real_ones_says_nothing_of_parameters():
    exercise = Exercise(
        "91.u", "U", lambda x, y: x @ y, lambda draw: {"x": draw.normal(3, 2), "y": draw.normal(2, 3)}, []
    )
    assert (
        judge(exercise, lambda x, y: torch.linalg.matrix_rank(x @ y)).misconception.name
        == "a result of the wrong shape"
    )


def test_a_parameter_is_exchanged_for_another_of_its_type():
    def cases(draw):
        dtype = torch.float64 if draw.seed % 2 else torch.float32
        return {"x": draw.normal(2, 3, dtype=dtype), "w": draw.normal(3, 2, dtype=dtype)}

    exercise = Exercise("91.u", "U", lambda x, w: x @ w, cases, [])  # which bears no two types
    said = judge(exercise, lambda x, w: x.exp().sum(1, keepdim=True) + torch.zeros(2), quiet=True).relations
    assert "Its result does not depend on `w`." in said


def test_a_fixed_example_a_missing_result_and_an_error_say_nothing_of_parameters():
    def cases(draw):
        return {"x": draw.normal(3), "y": draw.normal(3)}

    example = {"x": torch.ones(3), "y": torch.ones(3)}
    exercise = Exercise("91.u", "U", lambda x, y: x + y**3, cases, [], example=example)
    assert judge(exercise, lambda x, y: x - x**2).relations[0] == "Its result does not depend on `y`."
    assert judge(exercise, lambda x, y: None).relations == ()
    assert judge(exercise, lambda x, y: 1 / 0).relations == ()


def test_an_answer_that_is_always_the_same_is_said_to_be():
    exercise = Exercise("91.b", "B", lambda x: bool(x.sum() > 0), lambda draw: {"x": draw.normal(3)}, [])
    assert "It answers True in every case." in judge(exercise, lambda x: True).relations
    assert "It answers True in every case." not in judge(exercise, lambda x: bool(x[0] > 0)).relations


@pytest.mark.parametrize(
    ("right", "turned", "other"),
    [
        (lambda x: bool(x.sum() > 0), lambda x: bool(x.sum() <= 0), lambda x: bool(x[0] <= 0)),
        (lambda x: x > 0, lambda x: x <= 0, lambda x: x < 0.5),
        (lambda x: "grows" if x.sum() > 0 else "fades", lambda x: "fades" if x.sum() > 0 else "grows", lambda x: "no"),
    ],
)
def test_an_answer_that_is_the_opposite_in_every_case_is_said_to_be(right, turned, other):
    exercise = Exercise("91.o", "O", right, lambda draw: {"x": draw.normal(3)}, [])
    assert "The opposite in every case." in judge(exercise, turned).relations
    assert "The opposite in every case." not in judge(exercise, other).relations


def test_numbers_have_no_opposite():
    exercise = Exercise("91.n", "N", lambda x: x.sum().item(), lambda draw: {"x": draw.normal(3)}, [])
    assert judge(exercise, lambda x: -x.sum().item()).relations == ("The opposite sign everywhere.",)


def test_the_wrong_part_of_several_goes_by_its_name():
    def parts(x):
        return x + 1, x - 1

    exercise = Exercise("91.t", "T", parts, lambda draw: {"x": draw.normal(4)}, [], items=("y", "history"))
    assert judge(exercise, lambda x: (x + 1, 2 * x - 2)).relations == ("history: a factor of 2 everywhere.",)
    exercise = Exercise("91.k", "K", lambda x: {"a": x + 1, "b": x}, lambda draw: {"x": draw.normal(4)}, [])
    assert judge(exercise, lambda x: {"a": -x - 1, "b": x}).relations == ("a: the opposite sign everywhere.",)


def test_several_wrong_parts_are_told_each_for_itself_and_have_a_name_if_each_has_one():
    def parts(x):
        return x + 1, x - 1

    def verdict(answer):
        found = judge(exercise, answer)
        return found.misconception and found.misconception.name, found.relations

    exercise = Exercise("91.t", "T", parts, lambda draw: {"x": draw.normal(4)}, [], items=("y", "history"))
    assert verdict(lambda x: (-x - 1, 1 - x)) == (
        "the opposite sign",
        ("y and history: the opposite sign everywhere.",),
    )
    assert verdict(lambda x: (x + 2, 2 * x - 2)) == (
        "a factor for all values",
        ("y: every value is 1 too large. history: a factor of 2 everywhere.",),
    )
    assert verdict(lambda x: (odd(x) * x**3, 2 * x - 2)) == (None, ("history: a factor of 2 everywhere.",))
    assert verdict(lambda x: (x + 1, 2 * x - 2) if x[0] > 0 else (x + 2, x - 1)) == (
        "a factor for all values",
        ("y: where it is wrong, every value is 1 too large. history: where it is wrong, a factor of 2 everywhere.",),
    )
    exercise = Exercise("91.t", "T", parts, lambda draw: {"x": draw.normal(4)}, [])
    assert verdict(lambda x: (-x - 1, 1 - x))[1] == ("Item 0 and item 1: the opposite sign everywhere.",)


def test_of_a_list_with_as_many_tensors_as_there_happen_to_be_no_tensor_is_named():
    exercise = Exercise("91.t", "T", lambda xs: list(xs), lambda draw: {"xs": lists(draw)}, [])

    def lists(draw):
        return [draw.normal(4) for _ in range(draw.size(1, 4))]

    assert judge(exercise, lambda xs: [2 * x for x in xs]).relations == ("A factor of 2 everywhere.",)
    first_right = judge(exercise, lambda xs: [x if i == 0 else 2 * x for i, x in enumerate(xs)])
    assert "Where it is wrong, a factor of 2 everywhere." in first_right.relations


@pytest.mark.parametrize(
    ("change", "said"), [(torch.mul, "a factor for all values"), (torch.add, "a number added to all values")]
)
def test_tensors_of_a_list_have_one_number_in_a_case_only_if_they_have_the_same(change, said):
    exercise = Exercise("91.t", "T", lambda xs: list(xs), lambda draw: {"xs": lists(draw)}, [])

    def lists(draw):
        return [draw.normal(4) for _ in range(draw.size(2, 4))]

    def name(numbers):
        found = judge(exercise, lambda xs: [change(x, n) for x, n in zip(xs, numbers(xs), strict=True)], quiet=True)
        return found.misconception and found.misconception.name

    assert name(lambda xs: [odd(xs[0])] * len(xs)) == said
    assert name(lambda xs: map(odd, xs)) is None


def test_numbers_have_relations_too():
    exercise = Exercise("91.n", "N", lambda n: 3 * n + 4, lambda draw: {"n": draw.size(1, 30)}, [])
    assert judge(exercise, lambda n: 3 * n + 5).relations == ("Every value is 1 too large.",)
    assert judge(exercise, lambda n: 4 * n + 4).relations == ("Every value is too large by `n`.",)
    assert judge(exercise, lambda n: 6 * n + 8).relations == ("A factor of 2 everywhere.",)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            lambda x: x * (2 + x.shape[1] ** 2),
            "One and the same factor in all values of a case, and not the same in all cases.",
        ),
        (
            lambda x: x + (2 + x.shape[1] ** 2),
            "One and the same number is missing or too many in all values of a case.",
        ),
    ],
)
def test_one_number_a_case_is_told_though_some_cases_have_a_single_value(wrong, words):
    cases = lambda draw: {"x": draw.uniform(0.5, 2, draw.size(1, 3), draw.size(1, 4))}  # noqa: E731
    exercise = Exercise("91.one", "One", lambda x: x, cases, [], axes=("row", "step"))
    assert judge(exercise, wrong).relations == (words,)


def test_words_on_every_value_are_said_of_the_wrong_cases_alone_where_others_are_right():
    exercise = Exercise("91.n", "N", lambda n, m: 3 * n, lambda draw: {"n": draw.size(0, 30), "m": draw.size(0, 9)}, [])
    assert judge(exercise, lambda n, m: 3 * n + (m in (1, 3, 4, 8))).relations == (
        "Where it is wrong, every value is 1 too large.",
    )
    assert judge(exercise, lambda n, m: 3 * n * (1 + (m in (1, 3, 4, 8)))).relations == (
        "Where it is wrong, a factor of 2 everywhere.",
    )
    verdict = judge(exercise, lambda n, m: 3 * n + (m in (1, 3, 4, 8)))
    assert verdict.misconception.name == "right in some cases only"  # one number each time: no values to be added to
    zero_is_right = Exercise("91.z", "Z", lambda n: 3 * max(0, n - 9), lambda draw: {"n": draw.size(1, 30)}, [])
    assert "A factor of 2 everywhere." in judge(zero_is_right, lambda n: 6 * max(0, n - 9)).relations


@pytest.mark.parametrize(
    ("nearly", "off"), [(lambda n: (3.1 * n + 4) * 1.00004, 1e-4), (lambda n: 3.1 * n + 4.00004, 4e-5)]
)
def test_a_number_that_is_nearly_right_is_no_factor_of_one_and_no_shift_of_zero(nearly, off):
    exercise = Exercise("91.n", "N", lambda n: 3.1 * n + 4, lambda draw: {"n": draw.size(1, 30)}, [], rtol=1e-9, atol=0)
    verdict = judge(exercise, nearly)
    assert verdict.relations == ("No value is off by more than 0.01 %.",)
    words = verdict.example.difference.words
    assert words.startswith("the result: expected 7.1, got 7.1, which is ")
    assert off / 3 < float(words.split()[-2]) < 3 * off


@pytest.mark.parametrize(
    ("nearly", "limit"),
    [
        (lambda x: x.mul(1000).round().div(1000).exp(), 0.1),
        (lambda x: 1 + x + x**2 / 2 + x**3 / 6 + x**4 / 24, 0.1),
        (lambda x: (1 + x / 2) / (1 - x / 2), 5),
        (lambda x: sum((x**k / math.factorial(k) for k in range(7)), 0 * x), 0.01),
    ],
    ids=["rounded on the way", "a series that stops early", "another formula", "a longer series"],
)
def test_what_is_off_by_a_little_of_itself_everywhere_is_nearly_right(nearly, limit):
    exercise = Exercise(
        "91.e", "E", lambda x: x.exp(), lambda draw: {"x": draw.uniform(0.3, 0.7, 9)}, [], rtol=1e-6, atol=0
    )
    verdict = judge(exercise, nearly)
    assert verdict.relations == (f"No value is off by more than {limit} %.",)
    assert verdict.misconception.name == "nearly right"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x.exp().mul(100).round() / 100, "The right numbers, rounded to multiples of 0.01."),
        (lambda x: torch.tensor([round(y, 4) for y in x.exp().tolist()]), "rounded to multiples of 0.0001."),
        (lambda x: x.exp().round(), "The right numbers, rounded to multiples of 1."),
        (lambda x: x.exp() // 1, "The right numbers, made whole."),
    ],
)
def test_rounded_numbers_are_said_to_be(answer, words):
    exercise = Exercise("91.e", "E", lambda x: x.exp(), lambda draw: {"x": draw.uniform(0.3, 3, 9)}, [], rtol=1e-7)
    verdict = judge(exercise, answer)
    assert verdict.relations[0].endswith(words)
    assert verdict.misconception.name == "rounded numbers"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda x: torch.zeros_like(x), "nothing but zeros"),
        (lambda x: torch.ones_like(x), "an input without effect"),
        (lambda x: (x > 0.3).float(), None),
    ],
    ids=["zeros", "ones", "a mask"],
)
def test_zeros_ones_and_a_mask_are_not_rounded_from_numbers_between_them(answer, name):
    exercise = Exercise("91.g", "G", lambda x: x.sigmoid() / 2, lambda draw: {"x": draw.normal(9)}, [])
    verdict = judge(exercise, answer)
    assert (verdict.misconception and verdict.misconception.name) == name
    assert not any("rounded" in words or "whole" in words for words in verdict.relations)


def test_a_count_that_is_one_too_many_and_a_value_that_should_be_zero_are_not_nearly_right():
    count = Exercise("91.c", "C", lambda n: 100 * n, lambda draw: {"n": draw.size(1, 30)}, [])
    assert judge(count, lambda n: 100 * n + 1 + n % 2).misconception is None
    zero = Exercise("91.z", "Z", lambda x: x.relu(), lambda draw: {"x": draw.normal(9)}, [])
    assert judge(zero, lambda x: x.relu() * 1.01 + 1e-3 * x**2).misconception is None


def test_complex_numbers_have_relations_too():
    def cases(draw):
        return {"x": torch.complex(draw.normal(4), draw.normal(4)) + 3j}

    exercise = Exercise("91.z", "Z", lambda x: x * x, cases, [])
    assert judge(exercise, lambda x: (x * x).conj()).relations == (
        "Each value is the complex conjugate of the expected one.",
    )
    assert judge(exercise, lambda x: x * x * 1j).relations == ("A factor of 0 + 1i everywhere.",)


def test_complex_numbers_have_no_order_in_which_they_come_several_times():
    exercise = Exercise(
        "91.c", "C", lambda x: torch.complex(x, x), lambda draw: {"x": draw.normal(draw.size(1, 4))}, []
    )
    assert judge(exercise, lambda x: x.repeat(2)).misconception.name == "a result of the wrong shape"
    assert judge(exercise, lambda x: torch.complex(x, x).repeat(2)).misconception.name == "too much at an end"


def test_zeros_of_another_shape_are_not_called_a_sum():
    exercise = Exercise("91.zeros", "Zeros", lambda x: torch.zeros_like(x), lambda draw: {"x": draw.normal(2, 3)}, [])
    verdict = judge(exercise, lambda x: torch.zeros(1, 3))
    assert verdict.kind != "right" and not any("added up" in words for words in verdict.relations)


def test_one_of_several_rows_that_are_alike_is_not_called_a_mean():
    exercise = Exercise("91.rows", "Rows", lambda x: x[:1].expand(2, 3), lambda draw: {"x": draw.normal(2, 3)}, [])
    for row in (lambda x: x[0], lambda x: x[:1]):
        verdict = judge(exercise, row)
        assert verdict.kind != "right" and not any("averaged" in words for words in verdict.relations)
    assert judge(exercise, lambda x: 2 * x[0]).relations == ("The right numbers, added up over axis 0.",)


def test_a_result_that_is_off_by_less_than_a_row_shows_is_no_error():
    def nearly(x):
        return x * 1.0005 if x[0] < 3 else x + torch.tensor([0.0, 0.0, 1.0, 0.0])

    exercise = Exercise("91.near", "Near", lambda x: x.clone(), lambda draw: {"x": draw.normal(4) + 3}, [], rtol=1e-4)
    assert judge(exercise, nearly).kind == "wrong"


def said_of(*pairs):
    """What is said of cases without inputs, each what was expected and what came."""
    examples = [Example({}, Outcome(want), Outcome(have), difference(want, have, Tolerance())) for want, have in pairs]
    found = value_words(examples, Tolerance())
    return found.words if found else ""


def test_three_results_that_are_long_enough_tell_a_delay():
    long = [torch.randn(5) for _ in range(3)]
    assert "One step too late along axis 0." in said_of(*((y, late(y)) for y in long))
    pairs = [(y, late(y)) for y in (*long[:2], torch.randn(2))]
    assert "too late" not in said_of(*pairs)


def test_results_that_are_wrong_from_anywhere_on_are_not_wrong_at_the_last_place():
    pairs = [(torch.zeros(n), from_on(torch.zeros(n), 0, start)) for n, start in ((4, 2), (5, 4), (6, 3), (7, 5))]
    assert "last" not in said_of(*pairs)


def test_what_should_not_be_a_number_and_is_none_is_right():
    y = torch.tensor([float("nan"), 1.0, 2.0, 3.0])
    assert "From axis 0 2 on it is wrong, and right before that." in said_of(*[(y, from_on(y.clone(), 0, 2))] * 3)


def test_the_numbers_of_a_list_are_its_items_also_where_it_is_one_part_of_a_result():
    pairs = [({"calls": [3, 1, 2, n]}, {"calls": [3, 5 + n, 2 + n * n, n + 7]}) for n in (2, 3, 4)]
    assert said_of(*pairs) == "calls: only item 0 is right."


def test_what_is_said_of_a_part_that_is_right_in_some_wrong_cases_says_so():
    y = torch.tensor([1.0, 2.0, 4.0, 7.0])
    pairs = [({"slot": n, "order": y * n}, {"slot": n * n + 3, "order": y.flip(0) * n}) for n in (1, 2, 3, 5)]
    assert said_of(*pairs) == "order: the right numbers, reversed along axis 0."
    pairs[0][1]["order"] = pairs[0][0]["order"]  # the smallest case, which may be the one that is shown
    assert said_of(*pairs) == "order: where it is wrong, the right numbers, reversed along axis 0."


def test_what_is_missing_can_be_said_of_a_part_that_is_right_in_some_wrong_cases():
    y = torch.tensor([1.0, 2.0, 4.0, 7.0])
    pairs = [({"slot": n, "order": y * n}, {"slot": n * n + 3, "order": y[:-1] * n}) for n in (1, 2, 3, 5)]
    pairs[0][1]["order"] = pairs[0][0]["order"]
    assert said_of(*pairs) == "order: where it is wrong, one is missing at the end along axis 0; the rest is right."


def test_what_is_right_at_first_is_not_said_to_be_right_where_it_is_wrong():
    y = torch.tensor([1.0, 2.0, 4.0, 7.0])
    pairs = [({"slot": n, "order": y * n}, {"slot": n * n + 3, "order": from_on(y * n, 0, 2)}) for n in (1, 2, 3, 5)]
    pairs[0][1]["order"] = pairs[0][0]["order"]
    assert said_of(*pairs) == "order: where it is wrong, from axis 0 2 on it is wrong, and right before that."


def test_an_input_is_given_back_where_it_is_wrong_if_other_cases_are_right():
    examples = []
    for n in (2, 3, 4, 9):
        x, want = torch.randn(n), torch.randn(n)
        have = want if n == 9 else x  # a short one comes back as it is
        examples.append(Example({"x": x}, Outcome(want), Outcome(have), difference(want, have, Tolerance())))
    assert value_words(examples[:3], Tolerance()).words == "It gives `x` back as it came."
    assert value_words(examples, Tolerance()).words == "Where it is wrong, it gives `x` back as it came."


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (("the output", "the state"), "Only the output is wrong: the state is right in every case."),
        ((), "Only item 0 is wrong: item 1 is right in every case."),
    ],
)
def test_a_part_that_is_wrong_in_no_telling_way_is_wrong_alone(items, words):
    examples = []
    for n in (2, 3, 4, 5):
        want, have = (torch.randn(n), torch.ones(n)), (torch.randn(n), torch.ones(n))
        examples.append(Example({}, Outcome(want), Outcome(have), difference(want, have, Tolerance())))
    assert value_words(examples, Tolerance(items=items)).words == words
    facts = [(want, True) for want in (torch.randn(2), torch.randn(3), torch.randn(4))]
    examples = [
        Example({}, Outcome(f), Outcome((f[0] ** 2 + 1, True)), difference(f, (f[0] ** 2 + 1, True), Tolerance()))
        for f in facts
    ]
    assert value_words(examples, Tolerance(items=items)) is None
    examples[1:] = [
        Example({}, Outcome(f), Outcome((f[0], False)), difference(f, (f[0], False), Tolerance())) for f in facts[1:]
    ]
    assert value_words(examples, Tolerance(items=items)) is None  # another part in another case


SHAPES = st.lists(st.integers(0, 3), max_size=3)


@given(shapes=st.lists(st.tuples(SHAPES, SHAPES), min_size=3, max_size=5), seed=st.integers(0, 99), same=st.booleans())
def test_any_results_are_looked_at_without_an_error(shapes, seed, same):
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for first, second in shapes:
        dtype = [torch.float32, torch.complex64, torch.float64][int(torch.randint(3, (), generator=generator))]
        want, have = (torch.randn(s, generator=generator, dtype=dtype) for s in (first, first if same else second))
        case = {"x": have[..., :1] if have.ndim else have, "n": len(first)}
        examples.append(Example(case, Outcome(want), Outcome(have), difference(want, have, Tolerance())))
    value_words(examples, Tolerance())
    list(claims(examples))


def test_the_card_says_them(fake_chapter, capsys):  # noqa: F811
    course.check("91.shifted", lambda x, lag: 2 * fake_chapter.shifted(x, lag))
    said = capsys.readouterr().out
    assert "\nA factor of 2 everywhere.\nWhat multiplies or divides the whole result, or should?\nA small case" in said


@pytest.mark.parametrize("huge", [10**30, -(2**63) - 1, 10**400], ids=["beyond int64", "just below it", "beyond float"])
@pytest.mark.parametrize(
    "make", [lambda x: [x] * 3, lambda x: [0, x, 1], lambda x: x], ids=["list", "one of it", "number"]
)
def test_whole_numbers_beyond_those_of_a_tensor_get_a_verdict(huge, make):
    def reference(n):
        return [n, n + 1, 2 * n] if isinstance(make(0), list) else n

    exercise = Exercise("91.l", "L", reference, lambda draw: {"n": draw.size(2, 9)}, [])
    assert judge(exercise, lambda n: make(huge), quiet=True).kind in ("wrong", "misconception")
