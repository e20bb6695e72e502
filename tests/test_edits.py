"""A wrong answer made by editing the right one."""

import inspect
import warnings

import pytest

from lite_mamba.course.checking.edits import both, edited

FACTOR = 3


def scaled(x: int) -> int:
    """x times FACTOR, plus one."""
    product = x * FACTOR
    return product + 1


def test_an_edit_changes_one_place_and_leaves_the_function_as_it_was():
    assert edited(scaled, "+ 1 → + 2")(5) == 17
    assert scaled(5) == 16


def test_edits_apply_in_order_and_over_several_lines():
    assert edited(scaled, "x * FACTOR → x", "product = x\n    return product + 1 → return x")(5) == 5


def test_an_edit_may_use_further_names():
    assert edited(scaled, "x * FACTOR → other(x)", other=lambda x: -x)(5) == -4


def test_an_edit_may_use_what_a_learner_has_at_hand_unless_the_module_names_something_else():
    assert edited(scaled, "x * FACTOR → math.floor(F.relu(torch.tensor(x - 0.5)))")(5) == 5
    assert edited(scaled, "x * FACTOR → nn", nn=7)(5) == 8


def test_the_edited_source_can_be_read_as_in_a_traceback():
    assert "product + 2" in inspect.getsource(edited(scaled, "+ 1 → + 2"))


@pytest.mark.parametrize(
    ("edit", "words"),
    [("product → p", "stands 2 times in scaled"), ("gone → here", "stands 0 times"), ("+ 1", "'old → new'"),
     ("+ 1 → + 1", "two different pieces")],
)  # fmt: skip
def test_an_edit_that_is_not_exactly_one_change_is_refused(edit, words):
    with pytest.raises(ValueError, match=words):
        edited(scaled, edit)


def test_the_edits_of_two_functions_go_together_in_the_order_that_leaves_each_its_place():
    longer, shorter = edited(scaled, "product + 1 → product + 2"), edited(scaled, "+ 1 → + other", other=1)
    assert both(edited(scaled, "+ 1 → + 2"), edited(scaled, "x * FACTOR → other", other=5))(2) == 7
    assert both(longer, shorter) is both(shorter, longer) is None  # in one place
    wider, inner = edited(scaled, "product = x * FACTOR → product = 2 * x * FACTOR"), edited(scaled, "x * → x +")
    assert both(wider, inner)(5) == both(inner, wider)(5) == 2 * 5 + FACTOR + 1


def test_edits_of_two_functions_and_other_answers_do_not_go_together():
    def other(x):
        return x + 1

    first = edited(scaled, "+ 1 → + 2")
    assert both(first, edited(other, "x + 1 → x + 2")) is both(first, scaled) is both(scaled, first) is None


def test_edits_that_are_no_program_together_are_left_out_and_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert both(edited(scaled, "= x → = 1"), edited(scaled, "* FACTOR → [0]")) is not None  # 1[0] is a program
        assert both(edited(scaled, "product = → product: int ="), edited(scaled, "x * FACTOR → y = x * FACTOR")) is None
