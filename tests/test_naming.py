"""A name is given to a mistake only where the known wrong answer does what the learner's function did."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lite_mamba.course.chapters.ch02_dilation_and_receptive_field.exercises import gated_dilated_conv
from lite_mamba.course.checking.edits import edited
from lite_mamba.course.checking.exercise import Exercise, Misconception
from lite_mamba.course.checking.trial import judge, trials


def padded(x, width):
    """(L + width): zeros before x (L,)."""
    return F.pad(x, (width, 0)) + 1


def padded_cases(draw):
    return {"x": draw.normal(draw.size(2, 6)), "width": draw.size(1, 3)}


def exercise(*wrong, where=lambda **case: True, reference=padded, cases=padded_cases, **fields):
    known = [Misconception(f"number {i}", "Some words.", one, where=where) for i, one in enumerate(wrong)]
    return Exercise("91.named", "Named", reference, cases, known, **fields)


def name(found, function):
    """The exercise's own name for the mistake; a general one is none."""
    mistake = judge(found, function, quiet=True).misconception
    return mistake.name if mistake in found.misconceptions else None


def test_the_same_values_earn_the_name_however_they_are_computed():
    found = exercise(edited(padded, "+ 1 → + 2"))
    assert name(found, lambda x, width: torch.cat([x.new_full((width,), 2.0), x + 2])) == "number 0"


def test_one_of_several_spellings_is_enough():
    found = exercise([edited(padded, "+ 1 → + 2"), edited(padded, "+ 1 → + 3")])
    assert name(found, lambda x, width: padded(x, width) + 2) == "number 0"


@pytest.mark.parametrize(
    "other",
    [
        lambda x, width: padded(x, width) + 1 + 1e-3,
        lambda x, width: (padded(x, width) + 1)[None],
        lambda x, width: (padded(x, width) + 1).long(),
        lambda x, width: (padded(x, width) + 1).tolist(),
        lambda x, width: padded(x, width) + 1 if width < 3 else x,
        lambda x, width: padded(x, width) + (width < 3),
    ],
)
def test_other_values_shapes_or_kinds_earn_no_name(other):
    found = exercise(edited(padded, "+ 1 → + 2"))
    assert judge(found, other).kind != "right" and name(found, other) is None


def test_values_agree_as_exactly_as_the_exercise_says():
    found = exercise(edited(padded, "+ 1 → + 2"), rtol=0, atol=1e-6)
    assert name(found, lambda x, width: padded(x, width) + 1 + 1e-5) is None
    found = exercise(edited(padded, "+ 1 → + 2"), rtol=0, atol=1e-2)
    assert name(found, lambda x, width: padded(x, width) + 1 + 1e-3) == "number 0"


# Errors.


def concatenated(x, width):
    return torch.cat([x, x.new_zeros(width, 1)])


def test_the_same_error_at_the_same_operation_earns_the_name():
    def learners(signal, count):
        zeros = torch.zeros(count, 1)
        return 1 + torch.cat((signal, zeros))

    assert name(exercise(concatenated), learners) == "number 0"


def test_a_function_that_is_imported_by_its_name_is_the_same_operation():
    from torch import cat

    def by_name(x, width):
        both = [x, x.new_zeros(width, 1)]
        return cat(both)

    assert name(exercise(lambda x, width: torch.cat((x, torch.zeros(width, 1)))), by_name) == "number 0"


def test_claims_that_do_not_hold_are_the_same_in_whatever_words():
    def wrong(x, width):
        assert width < 0

    def learners(x, width):
        assert torch.allclose(x, x + 1), "not equal"

    def by_torch(x, width):
        torch.testing.assert_close(x, x + 1, rtol=0, atol=1e-4)

    assert name(exercise(wrong), learners) == name(exercise(wrong), by_torch) == "number 0"


def test_an_operation_may_go_over_several_lines():
    def learners(x, width):
        return torch.cat(
            [x, torch.zeros(width, 1)],
        )

    assert name(exercise(concatenated), learners) == "number 0"


def test_an_operation_goes_on_until_its_brackets_are_closed():
    def learners(x, width):
        return sum(
            [2 * part for part in (x, x.new_zeros(99, 99))],
        )

    assert name(exercise(lambda x, width: 2 * x + x.new_zeros(99, 99)), learners) == "number 0"


def test_an_error_that_a_library_raises_belongs_to_the_operation_of_the_answer():
    inv, det = np.linalg.inv, np.linalg.det

    def inverse(x, width):
        return inv(x)

    def determinant(x, width):
        return det(x)

    first, second = (judge(exercise(), one).example.raised for one in (inverse, determinant))
    assert type(first) is type(second) and str(first) == str(second)
    assert name(exercise(inverse), lambda x, width: 1 + inv(x)) == "number 0"
    assert name(exercise(inverse), determinant) is None


def test_values_that_do_not_fit_the_names_are_one_operation_however_they_are_called():
    def thirds(x, width):
        first, second, third = x.chunk(9, dim=0)[:2]
        return first + second + third

    def learners(x, width):
        a, b, c = torch.chunk(x, 7)[:2]
        return a + b + c

    assert name(exercise(thirds), learners) == "number 0"


def test_values_that_do_not_fit_the_names_come_from_one_operation():
    def halves(x, width):
        first, second = torch.ones(4).split(1)
        return first + second

    def turned(x, width):
        first, second = torch.zeros(
            3,
        ).flip(0)
        return first - second

    def inside_a_part(x, width):
        return gated_dilated_conv(x[None, None], [torch.ones(1, 1, 2)], [torch.ones(1)], torch.ones(1), [width])

    def before(x, width):
        pieces = torch.split(x.new_ones(3), 1)
        first, second = pieces
        return first + second

    answers = (halves, turned, inside_a_part)
    assert len({str(judge(exercise(), one).example.raised) for one in (*answers, before)}) == 1
    for known in answers:
        assert [one for one in answers if name(exercise(known), one)] == [known]
    assert name(exercise(halves), before) == "number 0"


def test_a_matrix_product_is_one_operation_however_it_is_written():
    def by_sign(x, width):
        return x[None] @ torch.ones(99, 1)

    found = exercise(by_sign)
    assert name(found, lambda x, width: torch.matmul(x.unsqueeze(0), torch.ones(99, 1))) == "number 0"
    assert name(found, lambda x, width: F.linear(x.unsqueeze(0), torch.ones(1, 99))) == "number 0"
    assert name(found, lambda x, width: torch.addmm(x, x.unsqueeze(0), x.new_ones(99, 1))) is None


LARGE = torch.ones(99, 99)


@pytest.mark.parametrize(
    "sign, called",
    [
        (lambda x, width: x * LARGE, lambda x, width: torch.mul(x, LARGE)),
        (lambda x, width: x / LARGE, lambda x, width: x.div(LARGE)),
        (lambda x, width: x + LARGE, lambda x, width: torch.add(x, LARGE)),
        (lambda x, width: x - LARGE, lambda x, width: torch.subtract(x, LARGE)),
    ],
)
def test_a_sign_and_the_function_that_it_stands_for_are_one_operation(sign, called):
    assert name(exercise(sign), called) == name(exercise(called), sign) == "number 0"
    assert name(exercise(sign), lambda x, width: torch.maximum(x, LARGE)) is None


def test_the_same_error_at_another_operation_earns_no_name():
    def learners(x, width):
        return torch.add(x[99], 1)

    def wrong(x, width):
        return torch.mul(2, x.select(0, 99))

    verdicts = [judge(exercise(), one).example.raised for one in (learners, wrong)]
    assert type(verdicts[0]) is type(verdicts[1])
    assert name(exercise(lambda x, width: x[99]), learners) == "number 0"
    assert name(exercise(wrong), learners) is None


@pytest.mark.parametrize(
    "learners",
    [
        lambda x, width: torch.cat([x, x.new_zeros(width, 1, 1)]),  # other words
        lambda x, width: torch.cat([x, x.new_zeros(width, 1)]) if width < 3 else x,  # not everywhere
        lambda x: torch.cat([x, x.new_zeros(1, 1)]),  # the call itself
        lambda x, width: torch.cat([x, nothing]),  # noqa: F821 (an unknown name)
        lambda x, width: F.pad(x, (width, 0)) + 2,
    ],
)
def test_another_error_earns_no_name(learners):
    assert name(exercise(concatenated), learners) is None


def test_an_error_of_the_call_itself_earns_no_name():
    assert name(exercise(lambda x: x), lambda x: x) is None
    assert judge(exercise(lambda x: x), lambda x: x).kind == "raised"


def test_errors_without_words_are_compared_by_their_operation():
    def wrong(x, width):
        assert width < 0

    def learners(x, width):
        raise AssertionError

    assert name(exercise(wrong), learners) is None


# Agreement that proves nothing.


def even(n):
    return n % 2 == 0


def numbers(draw):
    return {"n": draw.size(0, 30)}


def differs_at(*places):
    return lambda n: even(n) != (n in places)


def test_two_answers_of_one_word_that_agree_on_too_few_cases_earn_no_name():
    drawn = [trial.case["n"] for trial in trials(exercise(reference=even, cases=numbers))]
    once = [n for n in drawn if drawn.count(n) == 1][:2]
    found = exercise(differs_at(*once), reference=even, cases=numbers)
    assert judge(found, differs_at(*once)).kind == "wrong" and name(found, differs_at(*once)) is None
    found = exercise(differs_at(*range(5, 30)), reference=even, cases=numbers)
    assert name(found, differs_at(*range(5, 30))) == "number 0"


def test_cases_on_which_the_wrong_answer_is_right_do_not_count():
    found = exercise(lambda n: even(n), where=lambda n: n < 5, reference=even, cases=numbers)
    assert name(found, lambda n: even(n) if n < 5 else True) is None


def test_no_case_at_all_is_no_agreement():
    found = exercise(edited(padded, "+ 1 → + 2"), where=lambda x, width: False)
    assert name(found, lambda x, width: padded(x, width) + 1) is None


def test_a_single_case_of_many_values_is_enough_if_all_others_agree_too():
    def wrong(x, width):
        return padded(x, width) + (x.shape == LAST)

    LAST = trials(exercise())[-1].case["x"].shape
    assert name(exercise(wrong), lambda x, width: padded(x, width) + 1 * (x.shape == LAST)) == "number 0"


# Changes in place.


def in_place(x, width):
    x.add_(1)
    return padded(x - 1, width)


def test_a_change_in_place_has_a_name_of_its_own_only_for_a_function_that_changes_its_input():
    found = exercise(in_place)
    assert name(found, lambda x, width: padded(x.add_(1) - 1, width)) == "number 0"
    assert name(found, lambda x, width: padded(x, width) + 1) is None


def test_a_function_that_changes_its_input_as_well_keeps_the_name_of_its_values():
    found = exercise(edited(padded, "+ 1 → + 2"))
    assert name(found, lambda x, width: padded(x.add_(1) - 1, width) + 1) == "number 0"


def test_a_known_mistake_that_changes_its_input_too_is_shown_where_its_value_is_wrong():
    """A call that changes its input fails in each case; a case whose value is right bears out no mistake."""
    found = exercise(edited(padded, "+ 1 → + (width < 3)"))
    verdict = judge(found, lambda x, width: padded(x.add_(1) - 1, width) - int(width == 3), quiet=True)
    assert verdict.misconception is found.misconceptions[0]
    assert verdict.example.difference is not None and verdict.example.case["width"] == 3


# Two known mistakes in one answer.


def both_named(found, function):
    """What is said of two mistakes at once; None if something else is."""
    verdict = judge(found, function, quiet=True)
    return verdict.relations if verdict.misconception and verdict.misconception.name == BOTH else None


BOTH = "two mistakes at once"
ADDED, BEHIND = edited(padded, "+ 1 → + 2"), edited(padded, "(width, 0) → (0, width)")


def behind_and_added(x, width):
    return F.pad(x, (0, width)) + 2


def test_two_known_mistakes_in_one_answer_are_both_named():
    found = exercise(ADDED, BEHIND)
    assert both_named(found, behind_and_added) == ("Together, “number 0” and “number 1” give these values.",)
    assert [name(found, one) for one in (lambda x, w: padded(x, w) + 1, lambda x, w: F.pad(x, (0, w)) + 1)] == [
        "number 0",
        "number 1",
    ]
    assert both_named(found, lambda x, width: F.pad(x, (0, width)) + 2 + 1e-3) is None


def times(x, width):
    return x * width * 3


def times_cases(draw):
    return {"x": draw.normal(draw.size(3, 6)), "width": draw.size(2, 3)}


def test_two_known_mistakes_say_more_than_that_there_is_a_factor():
    divided, doubled = edited(times, "* width → / width"), edited(times, "* 3 → * 2")
    found = exercise(divided, doubled, reference=times, cases=times_cases)
    assert both_named(found, lambda x, width: 2 * x / width) == (
        "Together, “number 0” and “number 1” give these values.",
    )
    verdict = judge(found, lambda x, width: 5 * x / width, quiet=True)
    assert verdict.relations == ("One and the same factor in all values of a case, and not the same in all cases.",)


def two_parts(x, width):
    return x * width + 3, x


def test_two_known_mistakes_say_more_than_that_one_part_is_wrong():
    divided, doubled = edited(two_parts, "* width → / width"), edited(two_parts, "+ 3 → - 2")
    found = exercise(divided, doubled, reference=two_parts, cases=times_cases)
    where = "Only item 0 is wrong: item 1 is right in every case."
    assert both_named(found, lambda x, width: (x / width - 2, x)) == (
        where,
        "Together, “number 0” and “number 1” give these values.",
    )
    verdict = judge(found, lambda x, width: (x.square() / width, x), quiet=True)
    assert (verdict.misconception.name, verdict.relations) == ("one part wrong", (where,))


def test_only_the_first_spelling_of_each_is_taken_together():
    other = edited(padded, "+ 1 → + 3")
    assert both_named(exercise([ADDED, other], BEHIND), behind_and_added)
    assert both_named(exercise([other, ADDED], BEHIND), behind_and_added) is None


def test_where_two_pairs_give_the_values_none_is_named():
    wide = (
        edited(padded, "F.pad(x, (width, 0)) + 1 → F.pad(x, (0, width)) + 3"),
        edited(padded, "return F → return -1 + F"),
    )
    assert both_named(exercise(*wide), behind_and_added)
    assert both_named(exercise(ADDED, BEHIND, *wide), behind_and_added) is None


def test_a_mistake_alone_goes_before_two_at_once():
    assert name(exercise(ADDED, BEHIND, behind_and_added), behind_and_added) == "number 2"


def test_two_edits_that_do_not_come_to_an_end_together_are_stopped_soon():
    endless = edited(padded, "return F → while ONES[0]:\n        pass\n    return F", ONES=[0])
    started = edited(padded, "+ 1 → + ONES.append(1)", ONES=[1])
    found = exercise(endless, started, ADDED, BEHIND)
    assert both_named(found, behind_and_added)


def area(a, b):
    return 6 * a * b + 4 * a + 2 * b


def area_cases(draw):
    return {"a": draw.size(3, 20), "b": draw.size(3, 20)}


def test_one_part_of_a_sum_with_another_size_is_not_two_mistakes():
    """7·a in the place of 2·b is as much as 2·b missing and 7·a too many; two parts that are missing are two."""
    edits = "+ 2 * b → ", "4 * a → 11 * a", "6 * a * b + → "
    known = [edited(area, edit) for edit in edits]
    parts, whole = (exercise(*known, reference=area, cases=area_cases, sums=sums) for sums in (True, False))
    other, short = lambda a, b: 6 * a * b + 11 * a, lambda a, b: 4 * a
    assert both_named(whole, other) == ("Together, “number 0” and “number 1” give these values.",)
    assert both_named(parts, other) is None and judge(parts, other).kind == "wrong"
    for found in (parts, whole):
        assert both_named(found, short) == ("Together, “number 0” and “number 2” give these values.",)


def test_the_code_that_a_bug_hunt_gives_is_no_mistake_of_two():
    found = exercise(ADDED, BEHIND)
    known = [Misconception("as found", "Some words.", ADDED, given=True), found.misconceptions[1]]
    assert both_named(Exercise("91.named", "Named", padded, padded_cases, known), behind_and_added) is None


def odd(n):
    return n % 2 == 1 + 0 * n


def test_two_at_once_that_agree_on_too_few_cases_earn_no_name():
    drawn = [trial.case["n"] for trial in trials(exercise(reference=odd, cases=numbers))]
    one, two = [n for n in drawn if drawn.count(n) == 1][:2]
    wrong = edited(odd, "n % 2 → (n + (n == ONE)) % 2", ONE=one), edited(odd, "0 * n → (n == TWO)", TWO=two)
    found = exercise(*wrong, reference=odd, cases=numbers)
    assert both_named(found, lambda n: odd(n) != (n in (one, two))) is None
    wrong = edited(odd, "n % 2 → (n + (n < 9)) % 2"), edited(odd, "0 * n → (n > 20)")
    found = exercise(*wrong, reference=odd, cases=numbers)
    assert both_named(found, lambda n: odd(n) if 9 <= n <= 20 else n % 2 == 0 if n < 9 else False)
