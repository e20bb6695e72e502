"""The check tells right from wrong, names the mistake, and shows a small example."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lite_mamba import course
from lite_mamba.course.checking.compare import Facts, Remark, Tolerance, difference, number
from lite_mamba.course.checking.exercise import Draw, Exercise, Misconception
from lite_mamba.course.checking.tables import shape_words, table
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page import state
from lite_mamba.course.page.cards import Card
from lite_mamba.course.page.check import card, owner
from lite_mamba.course.page.markup import INK, PAPER, TONES

pytestmark = pytest.mark.usefixtures("fake_chapter")
STANDS_IN = "The reference stands in"


def delay(x, lag):
    y = torch.zeros_like(x)
    y[:, lag:] = x[:, : x.shape[1] - lag]
    return y


def first_step_only(x, lag):
    y = delay(x, lag)
    y[:, -1] += 1
    return y


def told(capsys, function: Callable, id: str = "91.shifted") -> str:
    course.check(id, function)
    return capsys.readouterr().out


# The five answers.


def test_a_right_function_stands(capsys):
    assert course.check("91.shifted", delay) is delay
    assert "✓ 91.shifted: right on all 20 cases\nYour function stands" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["rolled", "ahead", "longer"])
def test_a_misconception_is_named_with_its_message(name, fake_chapter, capsys):  # noqa: F811
    wrong = getattr(fake_chapter, name)
    known = next(known for known in fake_chapter.EXERCISES[0].misconceptions if known.wrong is wrong)
    answer = told(capsys, lambda x, lag: wrong(x, lag))
    assert f"this is “{known.name}”\n{known.message}" in answer
    assert STANDS_IN in answer


def test_a_misconception_is_named_although_an_edge_case_is_treated_in_another_way():
    def increased(x):
        return x + 1 if len(x) > 1 else x / 0

    misconceptions = [
        Misconception("increased", "Do not add.", lambda x: x + 1, where=lambda x: len(x) > 1),
        Misconception("increased everywhere", "Do not add.", lambda x: x + 1),
    ]
    exercise = Exercise(
        "91.same", "Same", lambda x: x, lambda draw: {"x": draw.normal(draw.size(1, 4))}, misconceptions
    )
    assert judge(exercise, increased).misconception.name == "increased"


def test_a_misconception_is_named_in_each_of_its_spellings():
    wrong = [lambda x: x + 1, lambda x: x + 2]
    exercise = Exercise(
        "91.same",
        "Same",
        lambda x: x,
        lambda draw: {"x": draw.normal(3)},
        [Misconception("more", "Do not add.", wrong)],
    )
    for more in (1, 2):
        assert judge(exercise, lambda x, more=more: x + more).misconception.name == "more"


def test_a_misconception_can_be_known_by_its_error(capsys):
    assert "this is “a lag as a shape”" in told(capsys, lambda x, lag: x[lag[0]])


def test_another_error_of_the_same_kind_is_not_that_misconception(capsys):
    assert "it raised" in told(capsys, lambda x, lag: x + "one")


def test_an_error_that_was_caught_is_told_beside_a_known_mistake(capsys):
    def rolled(x, lag):
        try:
            return x[99]
        except IndexError:
            return x.roll(lag, dims=1)

    answer = told(capsys, rolled)
    assert "this is “a circular delay”\n" in answer
    assert "raised IndexError" in answer and "and was caught: return x[99]\n" in answer


def test_a_wrong_function_gets_a_failing_example_made_small(capsys):
    answer = told(capsys, first_step_only)
    assert "≈ 91.shifted: this is “only the last one wrong”" in answer
    assert "at batch 0, step 2 (counted from 0): expected" in answer
    assert "shapes    x (1, 3) · expected (1, 3) · got (1, 3)" in answer
    assert answer.index("shapes") < answer.index("\n  x ") < answer.index("\n  expected") < answer.index("\n  got")
    assert re.search(r"\n  lag +1\n", answer)
    assert STANDS_IN in answer


def test_the_example_is_shrunk_no_further_than_it_fails(capsys):
    def wrong_from_five_on(x, lag):
        return delay(x, lag) + (x.shape[1] >= 5)

    assert "x (1, 5) ·" in told(capsys, wrong_from_five_on)


def test_the_example_of_a_misconception_is_one_in_which_it_shows():
    known = Misconception("long ones doubled", "Why twice?", lambda x: 2 * x, where=lambda x: len(x) > 4)
    exercise = Exercise("91.l", "L", lambda x: x, lambda draw: {"x": draw.normal(draw.size(2, 9))}, [known])
    verdict = judge(exercise, lambda x: 2 * x if len(x) > 4 else -x)
    assert verdict.misconception is known and len(verdict.example.case["x"]) == 5


def test_the_numbers_of_a_small_example_are_whole():
    exercise = Exercise("91.w", "W", lambda x: x, lambda draw: {"x": draw.normal(draw.size(2, 9))}, [])
    shown = judge(exercise, lambda x: -x).example.case["x"]
    assert len(shown) == 2 and torch.equal(shown, shown.round())
    shown = judge(exercise, lambda x: -x if (x != x.round()).any() else x).example.case["x"]
    assert (shown != shown.round()).any()


def test_the_example_of_a_misconception_that_raises_shows_the_words(capsys):
    answer = told(capsys, lambda x, lag: x[lag[0]])
    assert "\n  got       TypeError: 'int' object is not subscriptable" in answer and "got (" not in answer


def test_a_named_error_that_can_not_be_printed_gets_its_card():
    class Unprintable(Exception):
        def __str__(self):
            raise RuntimeError

    def wrong(x):
        raise Unprintable

    known = [Misconception("a refusal", "Do not refuse.", wrong)]
    exercise = Exercise("91.u", "U", lambda x: x, lambda draw: {"x": draw.normal(3)}, known)
    verdict = judge(exercise, wrong)
    assert verdict.misconception is known[0] and "a refusal" in card(exercise, verdict).text()


def test_a_named_mistake_that_rounding_hides_is_put_in_words():
    known = [Misconception("a little more", "Add nothing.", lambda x: x + 1e-5)]
    exercise = Exercise(
        "91.h", "H", lambda x: x, lambda draw: {"x": draw.integers(1, 9, 3).double()}, known, rtol=1e-7, atol=1e-7
    )
    text = card(exercise, judge(exercise, lambda x: x + 1e-5)).text()
    assert "a little more" in text and re.search(r"expected (\d), got \1, which is 1e-05 off", text)


@pytest.mark.parametrize(("form", "shown"), [(float, "3.0"), (torch.tensor, "tensor(3)"), (lambda n: n + 1, "4")])
def test_a_number_of_another_kind_does_not_look_like_the_expected_one(form, shown):
    exercise = Exercise("91.n", "N", lambda n: n, lambda draw: {"n": 3}, [])
    rows = dict(card(exercise, judge(exercise, lambda n: form(n))).rows)
    assert (rows["expected"], rows["got"]) == ("3", shown)


def test_a_number_of_another_kind_that_an_exercise_has_looked_up_stands_in_no_dict():
    def apply(function, n):
        return Facts("a number", {"the result": function(n), "too many calls": False})

    exercise = Exercise("91.n", "N", float, lambda draw: {"n": 3}, [], apply=apply)
    rows = dict(card(exercise, judge(exercise, lambda n: torch.tensor(float(n)), quiet=True)).rows)
    assert (rows["expected"], rows["got"]) == ("the result: 3.0", "the result: tensor(3.)")


@pytest.mark.parametrize(("names", "shown"), [("abcd", 4), ("abcde", 1)])
def test_of_many_parts_only_those_that_differ_are_shown(names, shown):
    exercise = Exercise("91.d", "D", lambda x: dict.fromkeys(names, x), lambda draw: {"x": draw.size(1, 5)}, [])
    text = card(exercise, judge(exercise, lambda x: {**dict.fromkeys(names, x), "b": -x})).text()
    assert text.partition("expected  ")[2].count(":") == 2 * shown and "b: -1" in text


def test_a_function_that_stands_nowhere_has_no_owner(fake_chapter):  # noqa: F811
    assert owner(delay) == ""
    course.check("91.shifted", delay)
    assert owner(delay) == "yours" and owner(lambda x, lag: x) == ""
    assert owner(course.check("91.statistics", None)) == "the reference's"


@pytest.mark.parametrize("missing", [None, ..., lambda x, lag: None, lambda x, lag: ...])
def test_a_stub_is_not_attempted(missing, fake_chapter, capsys):  # noqa: F811
    assert course.check("91.shifted", missing) is fake_chapter.shifted
    assert capsys.readouterr().out.startswith("○ 91.shifted: not attempted yet\n" + STANDS_IN)


def test_not_implemented_is_not_attempted(capsys):
    def stub(x, lag):
        raise NotImplementedError

    assert "not attempted yet" in told(capsys, stub)


def test_an_error_shows_the_learners_own_line_and_no_traceback(capsys):
    def broken(x, lag):
        scale = 2
        return scale * torch.cat([x, x[99]])

    answer = told(capsys, broken)
    line = broken.__code__.co_firstlineno + 2
    assert f"Line {line} of your code: return scale * torch.cat([x, x[99]])\nIndexError: index 99 is out" in answer
    assert "Traceback" not in answer and "site-packages" not in answer
    assert STANDS_IN in answer


def test_the_reference_itself_is_not_taken_for_the_learners(fake_chapter, capsys):  # noqa: F811
    standing = course.check("91.shifted", first_step_only)
    assert "91.shifted: this is the reference" in told(capsys, standing)
    assert state.read("check", "91.shifted") == {"verdict": "misconception", "met": ["only the last one wrong"]}
    assert course.whose("91.shifted") == "the reference's"


def test_an_error_in_a_notebook_cell_shows_the_line_of_the_cell(capsys):
    shell = InteractiveShell()
    shell.run_cell("def helper(x):\n    return x[99]\n\ndef mine(x, lag):\n    return helper(x)\n")
    answer = told(capsys, shell.user_ns["mine"])
    assert "Line 2 of your code: return x[99]\nIndexError: index 99 is out of bounds" in answer


def test_a_wrong_number_of_parameters_is_told_as_such(capsys):
    assert "compare your function's parameters with the stub's" in told(capsys, lambda x: x)


def test_parameters_may_have_other_names():
    def renamed(signal, steps):
        return delay(signal, steps)

    assert course.check("91.shifted", renamed) is renamed


# Wrong in other ways than the value, said in words.

WORDS = {
    "has shape (1, 2); it should be (1, 3)": lambda x, lag: delay(x, lag)[:, :-1],
    "holds whole numbers (int64); they should be real numbers (float32)": lambda x, lag: delay(x, lag).long(),
    "holds True or False (bool)": lambda x, lag: delay(x, lag) > 0,
    "The result is bytes; it should be a float32 tensor": lambda x, lag: bytes(3),
    "is a NumPy array; it should be a float32 tensor": lambda x, lag: delay(x, lag).numpy(),
    "is a list of": lambda x, lag: delay(x, lag).tolist(),
    "got NaN (not a number)": lambda x, lag: delay(x, lag) * float("nan"),
    "got infinity": lambda x, lag: delay(x, lag) + float("inf"),
}


@pytest.mark.parametrize("words", WORDS)
def test_what_is_wrong_is_said_in_words(words, capsys):
    assert words in told(capsys, WORDS[words])


def test_right_values_in_another_dtype_than_the_inputs_are_refused_with_a_sentence_of_their_own(capsys):
    said = told(capsys, lambda x, lag: delay(x, lag).double())
    assert said.count("The values of the result are right, the dtype is float64; it should be float32") == 1
    assert "≈ 91.shifted: this is “another precision”" in said


def test_what_is_computed_in_float64_and_given_back_in_float32_is_right():
    wide = lambda x, lag: delay(x.double(), lag).to(x.dtype)  # noqa: E731
    assert course.check("91.shifted", wide) is wide


def test_a_known_mistake_keeps_its_name_in_another_dtype(capsys):
    assert "this is “" in told(capsys, lambda x, lag: x.roll(lag, dims=1).double())


def test_without_real_numbers_in_the_inputs_any_precision_will_do():
    exercise = Exercise("91.line", "Line", lambda n: torch.ones(n), lambda draw: {"n": draw.size(1, 5)}, [])
    assert judge(exercise, lambda n: torch.ones(n, dtype=torch.float64)).kind == "right"


TUPLES = {
    "the result has 3 items; there should be 2": lambda x: (x.mean(), len(x), 0),
    "item 1 of the result is a float32 tensor of shape (); it should be a whole number (.item()": lambda x: (
        x.mean(),
        torch.tensor(float(len(x))),
    ),
    "item 0 of the result is a number": lambda x: (x.mean().item(), len(x)),
    "Item 1 of the result: expected 2, got 99": lambda x: (x.mean(), 99),
    "is a whole number; it should be a tuple of 2": lambda x: 1,
}


@pytest.mark.parametrize("words", TUPLES)
def test_results_with_several_parts_are_compared_part_by_part(words, capsys):
    assert words.lower() in told(capsys, TUPLES[words], "91.statistics").lower()


def test_the_parts_of_a_result_go_by_their_names():
    expected, got, names = (torch.ones(1), torch.ones(1)), (torch.ones(1), torch.zeros(1)), ("Ā", "B̄")
    found = difference(expected, got, Tolerance(items=names))
    assert found.words == "B̄ at position 0 (counted from 0): expected 1, got 0"
    assert table(got, names) == "Ā: [1]\nB̄: [0]"
    assert table(got[:1], names) == "item 0: [1]"


@pytest.mark.parametrize(
    ("made", "words"), [(dict, "the result['the calls']"), (partial(Facts, "a tensor"), "the calls")]
)
def test_what_an_exercise_has_recorded_is_told_as_no_dict_of_the_learners(made, words):
    found = difference(made({"the calls": 1}), made({"the calls": 2}), Tolerance())
    assert found.words == f"{words}: expected 1, got 2"


@pytest.mark.parametrize(("wrong", "shown"), [(lambda x: 2 + 0 * x, False), (torch.ones_like, True)])
def test_a_property_that_an_exercise_has_looked_up_is_shown_where_it_is_not_as_expected(wrong, shown):
    def apply(function, x):
        return Facts("a tensor", {"the result": function(x), "only ones": bool((function(x) == 1).all())})

    exercise = Exercise("91.p", "P", torch.zeros_like, lambda draw: {"x": draw.normal(3)}, [], apply=apply)
    text = card(exercise, judge(exercise, wrong, quiet=True)).text()
    assert "the result: " in text
    assert ("only ones: False" in text, "only ones: True" in text) == (shown, shown)


def test_what_an_exercise_says_in_the_place_of_a_result_is_told_as_its_own_words():
    def cases(draw):
        return {"x": draw.normal(3)}

    def apply(function, x):
        return Remark("right numbers, in too many calls") if function(x).sum() else function(x)

    exercise = Exercise("91.r", "R", torch.zeros_like, cases, [], apply=apply)
    shown = card(exercise, judge(exercise, torch.ones_like, quiet=True)).text()
    assert "\nRight numbers, in too many calls.\n" in shown and "got       right numbers, in too" in shown
    assert "string" not in shown and "“" not in shown


def test_each_part_of_a_result_has_axes_of_its_own():
    tolerance = Tolerance(axes={"y": ("row", "token"), "state": ("row", "channel")}, items=("y", "state"))
    expected, got = (torch.zeros(2, 3), torch.zeros(2, 3)), (torch.zeros(2, 3), torch.eye(2, 3))
    assert difference(expected, got, tolerance).words.startswith("state at row 0, channel 0 (")
    assert difference(expected, got[::-1], tolerance).words.startswith("y at row 0, token 0 (")


def test_a_tuple_and_a_list_stand_in_a_case_as_python_writes_them():
    assert table((2,)) == "(2,)" and table((1, 2)) == "(1, 2)" and table([2]) == "[2]"
    assert table(([1, 2], (3,))) == "([1, 2], (3,))"
    assert shape_words((torch.zeros(2),)) == "((2,),)"


TABLES = {
    "[0]\n0  1\n2  3\n[1]\n4  5\n6  7": torch.arange(8).reshape(2, 2, 2),
    "0  1\n2  3": torch.arange(4).reshape(1, 2, 2),
    "  1  -10\nNaN  0.5": torch.tensor([[1, -10], [float("nan"), 0.5]]),
    "no values": torch.zeros(0, 3),
    "False": np.bool_(False),
    "  ".join("1" * 48): torch.ones(48),
    "1, 1, 1, 1, 1, 1, … (49 values)": torch.ones(49),
    "y: [0, 0]\nmany: a float32 tensor of shape (49,)": {"y": torch.zeros(2), "many": torch.ones(49)},
    f"[{'1, ' * 48}…]": [1] * 49,
    f"item 0: [{', '.join('1' * 48)}]": (torch.ones(48),),
    "(None, 'a', True, 0.333, len, a number, [2])": (None, "a", True, 1 / 3, len, Fraction(1, 2), [2]),
}


@pytest.mark.parametrize("words", TABLES)
def test_a_value_is_written_as_a_table_that_stays_small(words):
    assert table(TABLES[words]) == words


# The check leaves everything as it was.


def test_global_random_states_stay_untouched():
    def noisy(x, lag):
        torch.manual_seed(1)
        np.random.seed(1)
        random.seed(1)
        return delay(x, lag)

    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    course.check("91.shifted", noisy)
    course.check("91.shifted", first_step_only)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]


def test_a_function_that_draws_gets_the_same_numbers_in_every_call():
    drawn = []

    def noisy(x, lag):
        drawn.append((random.random(), float(np.random.rand()), float(torch.rand(()))))
        return delay(x, lag)

    for seed in (1, 2):
        random.seed(seed), np.random.seed(seed), torch.manual_seed(seed)
        course.check("91.shifted", noisy)
    assert len(drawn) > 2 and len(set(drawn)) == 1


def test_a_change_in_place_is_found_out_and_named(fake_chapter, capsys):  # noqa: F811
    def in_place(x, lag):
        y = delay(x, lag)
        x.zero_()
        return y

    assert course.check("91.shifted", in_place) is fake_chapter.shifted
    assert "It changes its input `x` in place." in capsys.readouterr().out


@pytest.mark.parametrize("within", [list, tuple, lambda values: dict(enumerate(values))], ids=["list", "tuple", "dict"])
def test_a_change_in_place_within_a_container_is_found_out(within):
    exercise = Exercise("91.w", "W", lambda x: x[1] + 1, lambda draw: {"x": within([draw.normal(2) for _ in "ab"])}, [])
    verdict = judge(exercise, lambda x: x[1].add_(1))
    assert verdict.misconception.name == "an input changed in place" and verdict.example.got.changed == ("x",)
    assert judge(exercise, lambda x: x[1] + 1).kind == "right"


@pytest.mark.parametrize(
    ("setting", "value", "left"),
    [
        (torch.set_default_dtype, torch.float64, "the default dtype torch.float64"),
        (torch.set_default_device, "meta", "the default device meta"),
        (torch.set_grad_enabled, False, "autograd off"),
    ],
)
def test_a_setting_of_torch_that_stays_changed_is_found_out_and_named(fake_chapter, capsys, setting, value, left):  # noqa: F811
    def careless(x, lag):
        y = delay(x, lag)
        setting(value)
        return y

    assert course.check("91.shifted", careless) is fake_chapter.shifted
    assert "this is “a setting of PyTorch left changed”" in (said := capsys.readouterr().out)
    assert f"It leaves {left} for all code that runs after it." in said
    assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled() and not torch.ones(1).is_meta


def test_a_setting_of_torch_may_change_while_the_answer_runs():
    @torch.no_grad()
    def careful(x):
        torch.set_default_dtype(torch.float64)
        y = x + torch.ones(3).float()
        torch.set_default_dtype(torch.float32)
        return y

    exercise = Exercise("91.add", "Add", lambda x: x + 1, lambda draw: {"x": draw.normal(3)}, [])
    assert judge(exercise, careful).kind == "right"


def test_a_change_in_place_is_allowed_where_the_exercise_says_so():
    def add(x):
        return x.add_(1)

    exercise = Exercise("91.add", "Add", lambda x: x + 1, lambda draw: {"x": draw.normal(3)}, [], may_change=("x",))
    assert judge(exercise, add).kind == "right"


def test_a_misconception_that_also_changes_its_input_is_still_named(fake_chapter, capsys):  # noqa: F811
    assert "this is “a circular delay”" in told(capsys, lambda x, lag: x.copy_(x.roll(lag, dims=1)))


def test_prints_of_the_learner_show_once(capsys):
    def chatty(x, lag):
        print("here I am")
        return delay(x, lag)

    assert told(capsys, chatty).count("here I am") == 1


def test_the_answer_is_the_same_at_every_run(capsys):
    assert told(capsys, first_step_only) == told(capsys, first_step_only)


# Fields of an exercise.


def test_apply_runs_a_step_over_a_sequence():
    def running_sum(state, x):
        return state + x

    def run_steps(step, xs):
        state, states = torch.zeros(()), []
        for x in xs:
            state = step(state, x)
            states.append(state)
        return torch.stack(states)  # (L,)

    exercise = Exercise(
        "91.step", "Step", running_sum, lambda draw: {"xs": draw.normal(draw.size(1, 9))}, [], apply=run_steps
    )
    assert judge(exercise, lambda s, x: x + s).kind == "right"
    assert judge(exercise, lambda s, x: x).kind == "misconception"


def scaled(x, weights):
    return x * weights[0], weights[1] + 0 * x


WITH_GRADIENTS = Exercise(
    "91.scaled", "Scaled", scaled,
    lambda draw: {"x": draw.normal(draw.size(2, 5)), "weights": [draw.normal(1), draw.normal(1)]}, [],
    gradients=("x", "weights"),
)  # fmt: skip


@pytest.mark.parametrize("cut", [torch.no_grad(), torch.inference_mode()])
def test_right_values_without_gradients_are_wrong_where_gradients_are_asked_for(cut):
    assert judge(WITH_GRADIENTS, lambda x, w: (w[0] * x, w[1].expand_as(x))).kind == "right"
    found = judge(WITH_GRADIENTS, cut(scaled))
    assert found.misconception.name == "a gradient cut off"
    assert "no gradient leads from them back to `x`" in card(WITH_GRADIENTS, found).text()


def test_a_part_without_a_gradient_is_named_as_python_writes_it():
    named = replace(
        WITH_GRADIENTS,
        reference=lambda x, weights: x * weights["by"],
        cases=lambda draw: {"x": draw.normal(draw.size(2, 5)), "weights": {"by": draw.normal(1)}},
    )
    found = judge(named, lambda x, weights: x * weights["by"].detach())
    assert 'no gradient leads from them back to `weights["by"]`' in card(named, found).text()


def test_a_gradient_that_comes_in_part_is_told_as_such():
    found = judge(WITH_GRADIENTS, lambda x, w: (w[0] * x + x[:1] - x[:1].detach(), w[1].expand_as(x)))
    assert "their gradient for `x` is not" in card(WITH_GRADIENTS, found).text()


def test_a_gradient_that_is_infinite_or_not_a_number_is_not_told_to_be_cut_off():
    for odd in (lambda x: torch.where(x.isnan(), x / 0, 0 * x), lambda x: (0 * x).sqrt()):
        found = judge(WITH_GRADIENTS, lambda x, w, odd=odd: (w[0] * x + odd(x), w[1].expand_as(x)))
        assert found.misconception.name == "a gradient that is not a number"
        words = card(WITH_GRADIENTS, found).text()
        assert "their gradient for `x` is infinite or not a number" in words and "detach" not in words


def test_gradients_are_asked_for_where_apply_brings_a_part_along():
    halves = replace(WITH_GRADIENTS, reference=lambda x, weights, by: (x * weights[0] / by, weights[1] + 0 * x))
    halves = replace(halves, apply=lambda function, x, weights: function(x, weights, 2))
    assert judge(halves, lambda x, w, by: (w[0] * x / by, w[1].expand_as(x))).kind == "right"
    found = judge(halves, torch.no_grad()(halves.reference))
    assert found.misconception.name == "a gradient cut off"


def test_an_error_that_comes_with_gradients_only_says_so():
    def through_numpy(x, weights):
        return torch.from_numpy(x.numpy()) * weights[0], weights[1].expand_as(x)

    found = judge(WITH_GRADIENTS, through_numpy)
    assert found.kind == "raised"
    words = card(WITH_GRADIENTS, found).text()
    assert "Can't call numpy()" in words
    assert "This came when the inputs asked for gradients." in words


def test_the_fixed_example_comes_first():
    shown = {"x": torch.tensor([7.0])}
    exercise = Exercise("91.e", "E", lambda x: x, lambda draw: {"x": draw.normal(3)}, [], example=shown)
    assert judge(exercise, lambda x: x + 1).example.case is shown


def test_functions_as_inputs_are_shown_by_name():
    exercise = Exercise("91.f", "F", lambda fn: fn(1) == 1, lambda draw: {"fn": abs}, [])
    assert "fn        abs" in card(exercise, judge(exercise, lambda fn: False)).text()


def test_a_reference_that_raises_expects_the_same_error():
    def refuse(x):
        raise ValueError("no")

    exercise = Exercise("91.r", "R", refuse, lambda draw: {"x": 1}, [])
    assert judge(exercise, lambda x: int("a")).kind == "right"
    assert judge(exercise, lambda x: 1).kind == "wrong"


@given(seed=st.integers(0, 10_000), growth=st.floats(0, 1))
def test_draws_repeat_and_keep_their_bounds(seed, growth):
    def drawn():
        draw = Draw(seed, growth)
        values = draw.uniform(2, 3, 4), draw.integers(5, 7, 4), draw.normal(2, 2)
        return draw.size(3, 9), draw.number(0, 1), draw.choice("abc"), *values

    first, second = drawn(), drawn()
    assert 3 <= first[0] <= 3 + round(6 * growth)
    assert difference(first, second, Tolerance()) is None
    assert (first[3] >= 2).all() and (first[3] <= 3).all()
    assert (first[4] >= 5).all() and (first[4] <= 7).all()


def test_draws_reach_both_ends():
    draw = Draw(0)
    assert {draw.size(1, 3) for _ in range(50)} == {1, 2, 3}
    assert set(draw.integers(5, 7, 50).tolist()) == {5, 6, 7}


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.5"), (1 / 3, "0.333"), (-0.0, "0"), (2e-5, "2.0e-05"), (3, "3"), (1 + 2j, "1 + 2i"), (1e6, "1e+06")],
)
def test_numbers_are_written_short(value, words):
    assert number(value) == words


@pytest.mark.parametrize(("wrong", "words"), [(1, "1 of 3 values is wrong"), (2, "2 of 3 values are wrong")])
def test_a_difference_says_how_many_values_are_wrong(wrong, words):
    found = difference(torch.zeros(3), torch.tensor([1.0] * wrong + [0.0] * (3 - wrong)), Tolerance())
    assert f"({words})" in found.words


# Ids, verify, whose, mine.


@pytest.mark.parametrize("call", [course.check, course.verify])
def test_an_unknown_id_names_close_ones(call):
    with pytest.raises(ValueError, match=r"no exercise '91.shited'; did you mean '91.shifted'"):
        call("91.shited", delay)


def test_an_id_that_is_like_none_gets_the_list():
    with pytest.raises(ValueError, match=r"there are: 91\.shifted, 91\.statistics"):
        course.mine("?")


def test_what_is_no_function_is_a_type_error():
    with pytest.raises(TypeError, match="wants a function; it was given a int"):
        course.check("91.shifted", 3)


def test_verify_records_and_rebinds_nothing(capsys, fake_chapter):  # noqa: F811
    course.check("91.shifted", delay)
    kept = state.items("check")
    assert course.verify("91.shifted", fake_chapter.shifted) is None
    assert capsys.readouterr().out.endswith("solution of 91.shifted: right\n")
    assert state.items("check") == kept
    assert course.whose("91.shifted") == "yours"


def test_verify_raises_with_the_words_of_the_check():
    with pytest.raises(AssertionError, match="this is “a circular delay”"):
        course.verify("91.shifted", lambda x, lag: x.roll(lag, dims=1))
    assert state.items("check") == {}


def test_whose_tells_the_function_that_stands(fake_chapter):  # noqa: F811
    assert course.whose("91.statistics") == "the reference's"
    standing = course.check("91.shifted", first_step_only)
    assert course.whose(standing) == course.whose("91.shifted") == "the reference's"
    assert course.whose(course.check("91.shifted", delay)) == course.whose("91.shifted") == "yours"


CELL = """
import torch
import torch.nn.functional as F
from torch import Tensor, zeros_like

FILL = 0.0
def pad(x: Tensor, n: int) -> Tensor:
    return F.pad(x, (n, 0), value=FILL)

class Cut:
    def __init__(self, length): self.length = length
    def __call__(self, x): return x[:, : self.length]

def mine(x: Tensor, lag: int) -> Tensor:
    return Cut(x.shape[1])(pad(x, lag)) + zeros_like(x)
"""


def learners(code: str) -> Callable:
    shell = InteractiveShell.instance()
    try:
        shell.run_cell(code)
        return shell.user_ns["mine"]
    finally:
        InteractiveShell.clear_instance()


def test_mine_rebuilds_a_function_with_all_that_it_needs(capsys):
    function = learners(CELL)
    assert course.check("91.shifted", function) is function
    again = course.mine("91.shifted")
    assert "91.shifted: your function" in capsys.readouterr().out
    assert again is not function and course.whose(again) == "yours"
    x = torch.randn(2, 5)  # (B, L)
    assert torch.equal(again(x, 2), delay(x, 2))


def test_a_local_variable_named_as_something_of_the_notebook_does_not_stand_in_the_way(capsys):
    body = "    history = [part for part in (x, x)]\n    return Cut"
    cell = CELL.replace("    return Cut", body) + "\nhistory = part = torch.zeros(3)\n"
    course.check("91.shifted", learners(cell))
    course.mine("91.shifted")
    assert capsys.readouterr().out.endswith("91.shifted: your function\n")


def test_a_rebuilt_function_can_be_kept_once_more(capsys):
    course.check("91.shifted", learners(CELL))
    course.check("91.shifted", course.mine("91.shifted"))
    course.mine("91.shifted")
    assert capsys.readouterr().out.endswith("91.shifted: your function\n")


def test_what_can_not_be_kept_is_said_and_the_reference_stands(fake_chapter, capsys):  # noqa: F811
    function = learners(
        CELL.replace("FILL = 0.0", "FILL = torch.zeros(2000)").replace("value=FILL", "value=float(FILL[0])")
    )
    course.check("91.shifted", function)
    assert "can't be kept for other notebooks: 'FILL' is a Tensor" in capsys.readouterr().out
    assert course.mine("91.shifted") is fake_chapter.shifted
    assert "the reference's (yours could not be kept)" in capsys.readouterr().out


def test_a_closure_can_not_be_kept(capsys):
    def outer():
        n = 1
        return lambda x, lag: delay(x, lag) * n

    assert "can't be kept" in told(capsys, outer())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"verdict": "wrong"}, "has not passed its check yet"),
        ({"verdict": "right", "name": "f", "program": "def f(:"}, "can't be rebuilt: SyntaxError"),
        ({"verdict": "right", "name": "f", "program": "import no_such_module"}, "can't be rebuilt"),
        ({"verdict": "right", "name": "f", "program": "def f(x, lag): return x"}, "no longer passes its check"),
        ({"verdict": "right", "name": 3, "program": []}, "could not be kept"),
    ],
)
def test_a_kept_function_that_is_not_right_gives_the_reference(item, reason, fake_chapter, capsys):  # noqa: F811
    state.write("check", "91.shifted", item)
    assert course.mine("91.shifted") is fake_chapter.shifted
    assert reason in capsys.readouterr().out


def test_a_later_mistake_does_not_lose_the_kept_function(capsys):
    course.check("91.shifted", learners(CELL))
    course.check("91.shifted", first_step_only)
    course.mine("91.shifted")
    assert capsys.readouterr().out.endswith("91.shifted: your function\n")


def test_a_decorated_function_is_kept(capsys):
    course.check("91.shifted", learners(CELL.replace("def mine", "@torch.no_grad()\ndef mine")))
    course.mine("91.shifted")
    assert capsys.readouterr().out.endswith("91.shifted: your function\n")


def test_a_function_that_works_in_its_notebook_only_is_not_kept(capsys):
    code = CELL.replace("return F.pad", "return eval('F').pad").replace("import torch.nn.functional as F", "")
    course.check("91.shifted", learners(code + "\nimport torch.nn.functional as F"))
    assert "can't be kept for other notebooks: without this notebook it is not right" in capsys.readouterr().out


def test_an_error_in_a_rebuilt_function_shows_its_line(capsys):
    course.check("91.shifted", learners(CELL))
    again = course.mine("91.shifted")
    again.__globals__["FILL"] = "no number"
    assert "of your code: return F.pad(x, (n, 0), value=FILL)" in told(capsys, again)


def test_a_learners_print_shows_once_although_the_function_is_kept(capsys):
    course.check("91.shifted", learners(CELL.replace("    return Cut", "    print('look')\n    return Cut")))
    assert capsys.readouterr().out.count("look") == 1


def test_a_notebook_gets_the_card_as_text_and_html():
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            course.check("91.shifted", None)
        (output,) = captured.outputs
    finally:
        InteractiveShell.clear_instance()
    assert output.data["text/plain"].startswith("○ 91.shifted: not attempted yet")
    assert output.data["text/html"].startswith("<div style=")


# The card.


def test_text_and_html_say_the_same():
    card = Card("bad", "head <b>", ["line & line"], [("x", "1\n2")], ["after"])
    assert "head <b>" in card.text() and "head &lt;b&gt;" in card.html()
    for words in ("line &amp; line", "after", ">x<", "1\n2"):
        assert words in card.html()
    assert "  x  1\n     2" in card.text()


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [INK, *(colour for _, colour in TONES.values())])
def test_every_colour_of_a_card_has_enough_contrast(colour):
    assert (luminance(PAPER) + 0.05) / (luminance(colour) + 0.05) >= 4.5


def test_every_tone_has_an_icon_of_its_own():
    assert len({icon for icon, _ in TONES.values()}) == len(TONES)


def test_the_first_matching_misconception_is_the_one_that_is_named():
    both = [Misconception("one", "The first of two.", lambda x: -x), Misconception("two", "The second.", lambda x: -x)]
    exercise = Exercise("91.m", "M", lambda x: x, lambda draw: {"x": draw.normal(3)}, both)
    assert judge(exercise, lambda x: -x).misconception.name == "one"
