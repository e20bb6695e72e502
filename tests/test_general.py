"""General mistakes: a name for a wrong form, a relation between values, or an error, of any exercise."""

import math

import einops
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)

from lite_mamba import InferenceParams, Mamba, course
from lite_mamba.course.checking.compare import Facts
from lite_mamba.course.checking.exercise import Exercise
from lite_mamba.course.checking.general import ERRORS, HINTS, NAMES, named, named_error
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card


def split(x, n):
    """(L,): the values over a half, as they are, and how many there are."""
    return x[x > 0.5] * n, int((x > 0.5).sum())


def cases(draw):
    return {"x": draw.uniform(0, 1, draw.size(4, 9)), "n": draw.size(2, 5)}


def made(reference, **fields):
    return Exercise("91.general", "General", reference, cases, [], **fields)


def scaled(x, n):
    return x * n


def mean(x, n):
    return x.mean().item() * n


def count(x, n):
    return int((x > 0.5).sum()) + n


def listed(x, n):
    return (x * n).tolist()


def places(x, n):
    return [i + n for i in range(len(x))]


def columns(x, n):
    """(L, n - 2): no column with the smallest n."""
    return x[:, None] * torch.arange(2, n)


def over(x, n):
    return bool(x[0] > 0.5)


def marks(x, n):
    return x > 0.5


def indices(x, n):
    return (x * 9).long() + n


def scaled_and_then(setting, value):
    """The right result, and a setting of torch left otherwise than it was."""

    def answer(x, n):
        result = scaled(x, n)
        setting(value)
        return result

    return answer


FORMS = [
    ("nothing returned", scaled, lambda x, n: print(end="")),
    ("an input changed in place", scaled, lambda x, n: x.mul_(n)),
    ("a setting of PyTorch left changed", scaled, scaled_and_then(torch.set_grad_enabled, False)),
    ("a setting of PyTorch left changed", scaled, scaled_and_then(torch.set_default_dtype, torch.float64)),
    ("a list in place of a tensor", scaled, lambda x, n: (x * n).tolist()),
    ("a list in place of a tensor", scaled, lambda x, n: list(x * n)),
    ("a list in place of a tensor", columns, lambda x, n: [*columns(x, n).unbind(dim=1)]),
    ("a tuple in place of a tensor", scaled, lambda x, n: tuple(x * n)),
    ("a NumPy array in place of a tensor", scaled, lambda x, n: (x * n).numpy()),
    ("a number in place of a tensor", lambda x, n: x.sum() * n, lambda x, n: x.sum().item() * n),
    ("a tensor in place of a list", listed, lambda x, n: torch.nn.Parameter(x * n)),
    ("a tensor in place of a number", mean, lambda x, n: x.mean() * n),
    ("a NumPy array in place of a number", mean, lambda x, n: np.asarray(x.mean().item() * n)),
    ("a tensor in place of True or False", over, lambda x, n: x[0] > 0.5),
    ("a tensor in place of a tuple", lambda x, n: (x.sum(), x.mean()), lambda x, n: torch.stack([x.sum(), x.mean()])),
    ("real numbers in place of whole ones", indices, lambda x, n: ((x * 9).long() + n).float()),
    ("real numbers in place of whole ones", count, lambda x, n: float(count(x, n))),
    ("whole numbers in place of real ones", lambda x, n: (x * 9).floor(), lambda x, n: (x * 9).floor().long()),
    ("numbers in place of True and False", marks, lambda x, n: (x > 0.5).int()),
    ("numbers in place of True and False", over, lambda x, n: int(x[0] > 0.5)),
    ("complex numbers in place of real ones", scaled, lambda x, n: (x * n).to(torch.complex64)),
    ("complex numbers in place of real ones", mean, lambda x, n: complex(mean(x, n))),
    ("a tensor in place of a list", listed, lambda x, n: x * n),
    ("a NumPy array in place of a list", listed, lambda x, n: (x * n).numpy()),
    ("a set in place of a list", places, lambda x, n: set(places(x, n))),
    ("another precision", scaled, lambda x, n: x.double() * n),
    ("another shape", scaled, lambda x, n: (x * n)[None]),
    ("one result alone", split, lambda x, n: split(x, n)[0]),
    ("one result alone", split, lambda x, n: split(x, n)[1]),
    ("a result packed into a list or tuple", scaled, lambda x, n: (x * n,)),
    ("a result packed into a list or tuple", split, lambda x, n: [split(x, n)]),
    ("a result packed into a list or tuple", listed, lambda x, n: [listed(x, n)]),
    ("a result packed into a list or tuple", count, lambda x, n: (count(x, n),)),
    ("a part too many", split, lambda x, n: (*split(x, n), n)),
    ("a part too many", scaled, lambda x, n: (x * n, n)),
    ("exchanged parts", split, lambda x, n: split(x, n)[::-1]),
    ("a result of the wrong type", scaled, lambda x, n: "x"),
    ("a result of the wrong type", scaled, lambda x, n: [x, 3, None]),
    ("a result of the wrong shape", scaled, lambda x, n: x.sum() * n * torch.ones(3, 3)),
    ("a result with the wrong number of parts", split, lambda x, n: (1, 2, 3)),
    ("a list of the wrong length", places, lambda x, n: [9, *places(x, n), 9]),
    ("a result with the wrong keys", lambda x, n: {"a": x, "b": n}, lambda x, n: {"a": x}),
    ("a result that is not a number", scaled, lambda x, n: x * n / 0 - x * n / 0),
    ("an infinity in the result", scaled, lambda x, n: x * n / 0),
    ("an infinity in the result", scaled, lambda x, n: torch.full_like(x, -torch.inf)),
]


@pytest.mark.parametrize(("name", "reference", "wrong"), FORMS, ids=[f"{i} {form[0]}" for i, form in enumerate(FORMS)])
def test_a_wrong_form_has_a_name(name, reference, wrong):
    verdict = judge(made(reference), wrong, quiet=True)
    assert verdict.kind == "misconception" and verdict.misconception.name == name


def test_where_a_list_is_wanted_none_may_come_of_a_list_that_was_changed():
    verdict = judge(made(places), lambda x, n: places(x, n).sort(), quiet=True)
    assert verdict.misconception.name == "nothing returned" and "`.sort()`" in verdict.relations[0]
    assert not judge(made(scaled), lambda x, n: print(end=""), quiet=True).relations


def test_a_form_is_named_beside_what_an_exercise_has_looked_up():
    def apply(function, x, n):
        return Facts("a number", {"the result": function(x, n), "too many calls": False})

    verdict = judge(made(mean, apply=apply), lambda x, n: x.mean() * n, quiet=True)
    assert verdict.misconception.name == "a tensor in place of a number"


def test_where_a_list_was_changed_no_tensor_is_asked_for():
    exercise = Exercise("91.l", "L", list, lambda draw: {"paths": [draw.choice("abc"), draw.choice("abc"), "b"]}, [])
    shown = card(exercise, judge(exercise, lambda paths: paths.sort() or paths, quiet=True)).text()
    assert "changes its input `paths` in place" in shown and "tensor" not in shown


NOT_FORM_ALONE = ("nothing returned", "a list of the wrong length")
RIGHT_BUT_FOR = [form for form in FORMS if "result" not in form[0] and form[0] not in NOT_FORM_ALONE]


@pytest.mark.parametrize(("name", "reference", "wrong"), RIGHT_BUT_FOR, ids=[form[0] for form in RIGHT_BUT_FOR])
def test_the_form_is_no_name_where_the_values_are_wrong_too(name, reference, wrong):
    def answer(x, n):
        return wrong(x**2 + x + 1, n + 1)

    mistake = judge(made(reference), answer, quiet=True).misconception
    assert mistake is None or mistake.name != name


def test_a_form_is_a_name_only_if_it_is_the_same_in_every_wrong_case():
    verdict = judge(made(scaled), lambda x, n: (x * n).tolist() if n > 3 else (x * n).numpy(), quiet=True)
    assert verdict.misconception.name == "a result of the wrong type"


def test_two_forms_at_once_have_no_name_of_one():
    verdict = judge(made(lambda x, n: (x * n, n)), lambda x, n: ((x * n).tolist(), float(n)), quiet=True)
    assert verdict.misconception.name == "a result of the wrong type"


def test_the_length_of_a_part_is_no_number_of_parts():
    """An exercise may note what a function does, and the reader knows nothing of the notes."""
    verdict = judge(made(lambda x, n: {"calls": [n, n], "y": x}), lambda x, n: {"calls": [n], "y": x + 1}, quiet=True)
    assert verdict.misconception is None or "parts" not in verdict.misconception.name


def test_a_caught_error_is_named_where_nothing_comes_of_it():
    def answer(x, n):
        try:
            return x[99]
        except IndexError:
            pass

    verdict = judge(made(scaled), answer, quiet=True)
    assert verdict.misconception.name == "a caught error"
    assert "raised IndexError" in verdict.relations[0]


def test_the_most_telling_name_goes_first():
    """The input has no effect, the numbers are the right ones in another order, and they are a list."""

    def ordered(x, n):
        return x.sort().values

    verdict = judge(made(ordered), lambda x, n: x.sort(descending=True).values.tolist(), quiet=True)
    assert verdict.misconception.name == "a result of the wrong type"
    verdict = judge(made(ordered), lambda x, n: x.sort(descending=True).values, quiet=True)
    assert verdict.misconception.name == "the reversed order"
    assert named([]) is None


LEFT = []


def in_a_list_outside(x, n):
    LEFT.extend(x * n)
    return torch.stack(LEFT)


WHOLE = []


def in_a_list_that_later_does_not_fit(x, n):
    WHOLE.append(x * n)
    return torch.stack(WHOLE)


def in_a_default(x, n, sum=[0]):  # noqa: B006 (the mistake)
    sum[0] += x.sum().item()
    return x * n + sum[0]


@pytest.mark.parametrize("answer", [in_a_list_outside, in_a_list_that_later_does_not_fit, in_a_default])
def test_what_a_call_leaves_for_the_next_is_told_before_what_comes_of_it(answer):
    """Of the list's end it is true that the right values stand there, and to cut it would help nobody."""
    verdict = judge(made(scaled), answer, quiet=True)
    assert verdict.misconception.name == "another result at the next call"
    assert verdict.relations == ("The same inputs, given again, do not lead to the same.",)


def some_at_random(x, n):
    return x * n + torch.rand(())


def an_iterator(x, n):
    return iter(x * n)


@pytest.mark.parametrize("answer", [some_at_random, an_iterator, lambda x, n: x.clone().add_(n)])
def test_an_answer_that_leaves_nothing_behind_is_not_said_to(answer):
    mistake = judge(made(scaled), answer, quiet=True).misconception
    assert mistake is None or mistake.name != "another result at the next call"


def growing_set(x, n):
    seen = {0}
    for place in seen:
        seen.add(place + n)


def stub_below(x, n):
    x * n
    raise NotImplementedError


def claimed(x, n):
    assert len(x) == 0
    return x


RAISING = [
    ("shapes that do not fit", lambda x, n: x + torch.zeros(99)),
    ("shapes that do not fit", lambda x, n: torch.eye(99) @ x),
    ("shapes that do not fit", lambda x, n: torch.cat([x[None], torch.zeros(2, 99)])),
    ("shapes that do not fit", lambda x, n: x.reshape(7, 99)),
    ("more or fewer letters than axes", lambda x, n: torch.einsum("ab,b->a", x, x)),
    ("more or fewer letters than axes", lambda x, n: np.einsum("ab,b->a", x, x)),
    ("more or fewer letters than axes", lambda x, n: np.einsum("a,b->ab", x[None], x)),
    ("shapes that do not fit", lambda x, n: torch.einsum("a,a->a", x, x[1:])),
    (
        "shapes that do not fit",
        lambda x, n: torch.nn.functional.cross_entropy(torch.ones(1, 3, 4), torch.ones(1, 3).long()),
    ),
    ("a pattern that cannot be read", lambda x, n: torch.einsum("a * a -> a", x, x)),
    ("another number of groups than tensors", lambda x, n: torch.einsum("a a -> a", x, x)),
    ("another number of groups than tensors", lambda x, n: torch.einsum("a, a -> a", x)),
    ("another number of groups than tensors", lambda x, n: torch.einsum("a, a -> a")),
    ("another number of groups than tensors", lambda x, n: einops.einsum(x, "a, a -> a")),
    ("another number of groups than tensors", lambda x, n: einops.einsum("a, a -> a")),
    ("a pattern that cannot be read", lambda x, n: torch.einsum("a, a -> b", x, x)),
    ("a pattern that cannot be read", lambda x, n: torch.einsum("a, b -> aa", x, x)),
    ("a pattern that cannot be read", lambda x, n: einops.einsum(x, x, "a,b->ab")),
    ("a size below zero", lambda x, n: torch.zeros(2, -n)),
    ("a size below zero", lambda x, n: x.new_zeros(2, -n)),
    ("a size below zero", lambda x, n: np.zeros((2, -n))),
    ("a size below zero", lambda x, n: torch.nn.functional.pad(x, (-99, 0))),
    ("a size below zero", lambda x, n: x.narrow(0, 0, -n)),
    ("shapes that do not fit", lambda x, n: torch.stack([x, x[1:]])),
    ("shapes that do not fit", lambda x, n: x.dot(x[1:])),
    ("shapes that do not fit", lambda x, n: torch.bmm(x, x)),
    ("shapes that do not fit", lambda x, n: torch.mm(x, x)),
    ("shapes that do not fit", lambda x, n: torch.mv(x, x)),
    ("shapes that do not fit", lambda x, n: torch.outer(x[None], x)),
    ("shapes that do not fit", lambda x, n: torch.dot(x[None], x)),
    (
        "shapes that do not fit",
        lambda x, n: torch.nn.functional.cross_entropy(torch.zeros(3, 4), torch.zeros(2).long()),
    ),
    ("a list that stayed empty", lambda x, n: torch.stack([y for y in x if y > 1])),
    ("a list that stayed empty", lambda x, n: x + max([])),
    ("the largest of no numbers", lambda x, n: x + x[:0].max()),
    ("the largest of no numbers", lambda x, n: x[None, :0].amin(dim=-1) + x),
    ("the largest of no numbers", lambda x, n: x[:0].argmax()),
    ("the largest of no numbers", lambda x, n: x.numpy()[:0].max()),
    ("rows of different lengths", lambda x, n: torch.tensor([x[: i + 1].tolist() for i in range(len(x))])),
    ("rows of different lengths", lambda x, n: torch.from_numpy(np.array([[1.0], [1.0, 2.0]]))),
    ("a gradient of whole numbers", lambda x, n: torch.arange(n, requires_grad=True)),
    ("a gradient of whole numbers", lambda x, n: torch.arange(n).requires_grad_()),
    ("a collection that changes while a loop goes through it", growing_set),
    ("a collection that changes while a loop goes through it", lambda x, n: [(d := {0: x}), *map(d.pop, d)]),
    ("more or fewer values than names", lambda x, n: next(y for y, z in [(x, n, 1)])),
    ("an axis that is not there", lambda x, n: x.sum(dim=3)),
    ("an axis that is not there", lambda x, n: x[0, 0, 0]),
    ("a tensor without any axis", lambda x, n: [y * n for y in x.sum()]),
    ("a tensor without any axis", lambda x, n: x / len(x.sum())),
    ("a tensor without any axis", lambda x, n: x.sum()[0]),
    ("a tensor without any axis", lambda x, n: torch.cat([y * n for y in x])),
    ("an index that is not there", lambda x, n: x[99]),
    ("an index that is not there", lambda x, n: [1, 2][99]),
    ("a tensor in a condition", lambda x, n: x if x > 0.5 else -x),
    ("a tensor where one number is wanted", lambda x, n: __import__("math").exp(x)),
    ("a tensor where one number is wanted", lambda x, n: float(x)),
    ("a tensor where one number is wanted", lambda x, n: x.item()),
    ("a tensor where one number is wanted", lambda x, n: torch.tensor([x, x])),
    ("the mark of what is not written yet", stub_below),
    ("a tensor with a gradient, given to NumPy", lambda x, n: x.clone().requires_grad_().numpy()),
    ("a change in place that gradients forbid", lambda x, n: x.clone().requires_grad_().mul_(2)),
    ("a tensor that is read while it is written", lambda x, n: (y := torch.ones(5))[1:].mul_(y[:-1])),
    ("rows that are one in memory", lambda x, n: x.expand(3, -1).add_(1)),
    ("a result without a gradient", lambda x, n: x.sum().backward()),
    ("a gradient by an unused tensor", lambda x, n: torch.autograd.grad(x.requires_grad_().sum(), x.clone())),
    ("a way back that is gone", lambda x, n: [y.backward() for y in (x.requires_grad_() ** 2).cumsum(0)]),
    ("an index that is not a whole number", lambda x, n: x[x]),
    ("an index that is not a whole number", lambda x, n: x.gather(0, x)),
    ("an index that is not a whole number", lambda x, n: x.index_select(0, x)),
    ("an index that is not a whole number", lambda x, n: torch.nn.functional.one_hot(x)),
    ("an index that is not a whole number", lambda x, n: [1, 2][float(n)]),
    ("an index that is not a whole number", lambda x, n: torch.nn.functional.cross_entropy(x[None], x[:1])),
    ("an index that is not a whole number", lambda x, n: x[float(n)]),
    ("an index of another type", lambda x, n: x[..., reversed(range(n))]),
    ("an index of another type", lambda x, n: x[..., map(int, x)]),
    ("a mean that needs floats", lambda x, n: (x > 0).mean()),
    ("a mean that needs floats", lambda x, n: torch.arange(len(x)).std()),
    ("a minus with yes and no", lambda x, n: 1 - (x > 0)),
    ("a minus with yes and no", lambda x, n: -(x > 0)),
    ("a minus with yes and no", lambda x, n: (x > 0) - x.mean()),
    ("a diagonal of one number", lambda x, n: torch.diag(x[0], -n)),
    ("a kernel longer than its input", lambda x, n: F.conv1d(x[None, None], torch.ones(1, 1, n + len(x)))),
    ("a step backwards", lambda x, n: x[::-1]),
    ("a view that memory does not bear", lambda x, n: x.repeat(2, 1).T.view(-1)),
    ("a view that memory does not bear", lambda x, n: x.expand(2, -1).view(-1)),
    ("dtypes that do not fit", lambda x, n: torch.eye(len(x)).double() @ x),
    ("dtypes that do not fit", lambda x, n: torch.arange(len(x)).softmax(0)),
    ("dtypes that do not fit", lambda x, n: torch.ones(2, 3, len(x)).long() @ x.expand(2, 1, -1).mT),
    ("dtypes that do not fit", lambda x, n: x.scatter(0, torch.arange(len(x)), torch.arange(len(x)))),
    ("dtypes that do not fit", lambda x, n: x * torch.isclose(x, x.double())),
    ("dtypes that do not fit", lambda x, n: F.conv1d(x.view(1, 1, -1), torch.ones(1, 1, 1), torch.tensor([0]))),
    ("numbers where yes and no are wanted", lambda x, n: torch.where(x, n, x)),
    ("numbers where yes and no are wanted", lambda x, n: x.masked_fill(x, n)),
    ("numbers where yes and no are wanted", lambda x, n: x.masked_select(x)),
    ("numbers where yes and no are wanted", lambda x, n: ~x),
    ("numbers where yes and no are wanted", lambda x, n: x & (x > n)),
    ("numbers where yes and no are wanted", lambda x, n: ~x.numpy()),
    ("numbers where yes and no are wanted", lambda x, n: x ^ 2),
    ("a stream at another offset", lambda x, n: Mamba(8, layer_idx=0)(torch.ones(1, 1, 8), InferenceParams(9, 1, n))),
    ("a name that is not defined", lambda x, n: nobody_has_made_it),  # noqa: F821
    ("a division by zero", lambda x, n: 1 / (n - n)),
    ("a number without a logarithm or root", lambda x, n: math.log(-n)),
    ("a number without a logarithm or root", lambda x, n: math.sqrt(-n)),
    ("a number without a logarithm or root", lambda x, n: math.log(n - n)),
    ("a number that no float holds", lambda x, n: math.exp(1000 * n)),
    ("a number that no float holds", lambda x, n: 10.0 ** (400 * n)),
    ("a number that no float holds", lambda x, n: 1.0 * 10 ** (400 * n)),
    ("a key that is not there", lambda x, n: {}["x"]),
    ("a claim that does not hold", lambda x, n: torch.testing.assert_close(x, x + n)),
    ("a claim that does not hold", claimed),
    ("a name that is not there behind a dot", lambda x, n: n.exp()),
    ("a name that is not there behind a dot", lambda x, n: x.lenght),
    ("values and indices in one", lambda x, n: x - x.sort(0)),
    ("values and indices in one", lambda x, n: x.max(0).exp()),
    ("values and indices in one", lambda x, n: x.gather(0, x.topk(n))),
    ("a call with other parameters", lambda x, n: (lambda x: x)(x, n)),
    ("a call with other parameters", lambda x, n: scaled(x)),
    ("a call with other parameters", lambda x, n: scaled(x, m=n)),
    ("one number where several are wanted", lambda x, n: torch.flip(x, -1)),
    ("one number where several are wanted", lambda x, n: torch.flip(x, dims=0)),
    ("types that do not fit", lambda x, n: torch.flip(x, "0")),
    ("types that do not fit", lambda x, n: x + "1"),
    ("types that do not fit", lambda x, n: None + 1),
]


@pytest.mark.parametrize(("name", "wrong"), RAISING, ids=[f"{i} {row[0]}" for i, row in enumerate(RAISING)])
def test_an_error_has_the_name_of_what_it_says(name, wrong):
    verdict = judge(made(scaled), wrong, quiet=True)
    assert verdict.kind == "raised" and verdict.misconception.name == name


def test_a_target_of_floats_has_its_name_where_torch_does_not_say_that_it_is_the_target():
    def cross_entropy(x, n):
        raise RuntimeError("expected scalar type Long but found Float")  # the words of torch 2.11

    verdicts = [judge(made(scaled), wrong, quiet=True) for wrong in (lambda x, n: cross_entropy(x, n), cross_entropy)]
    assert {verdict.misconception.name for verdict in verdicts} == {"an index that is not a whole number"}


def raised(error):
    """The error, with the line that raised it."""
    try:
        raise error
    except type(error) as seen:
        return seen


@pytest.mark.parametrize("border", [3.5, 4, 4.4, 4.7])
def test_a_result_that_seldom_changes_is_not_said_to_depend_on_nothing(border):
    exercise = made(mean, trials=40)
    seldom = judge(exercise, lambda x, n: float(x[0] * n > border), quiet=True)
    assert not any("depend" in words for words in seldom.relations)
    assert "Its result does not depend on `x`." in judge(exercise, lambda x, n: n * 0.5, quiet=True).relations


def test_an_error_that_may_be_anything_has_no_name():
    assert named_error(raised(ValueError("no"))) is None and named_error(raised(RuntimeError(""))) is None


def test_an_error_that_no_line_of_the_readers_raised_has_no_name():
    error = ValueError("a shape of (3,) is wanted")
    assert named_error(error) is None and named_error(raised(error)).name == "shapes that do not fit"


@pytest.mark.parametrize("axes", [(), (None,)])
def test_what_a_function_asks_of_a_tensor_inside_of_it_is_not_said_of_the_line_that_called_it(axes):
    """With the pattern last, einsum takes a tensor for the pattern: as a condition, or as a list of places."""
    verdict = judge(made(scaled), lambda x, n: torch.einsum(x[(*axes, ...)], x, "i, i -> i"), quiet=True)
    assert verdict.kind == "raised" and verdict.misconception is None


def test_a_write_that_the_backward_pass_forbids_is_named_though_no_line_of_the_readers_is_at_work_in_it():
    error = RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation"
    )
    assert named_error(error).name == "a change in place that gradients forbid"


def test_all_errors_are_tried():
    assert {name for name, _ in RAISING} == set(ERRORS) - {"a recursion that goes too deep"}
    assert named_error(raised(RecursionError())).name == "a recursion that goes too deep"


def test_a_whole_number_that_is_too_large_for_a_place_is_not_called_one_that_no_float_holds():
    for wrong in (lambda x, n: len(range(2 ** (100 * n))), lambda x, n: chr(2 ** (40 * n))):
        verdict = judge(made(scaled), wrong, quiet=True)
        assert verdict.kind == "raised" and verdict.misconception is None
    assert named_error(raised(OverflowError(34, "Result too large"))).name == "a number that no float holds"


def test_an_input_that_fills_a_larger_result_is_said_to_be_repeated():
    exercise = made(lambda x, n: torch.outer(x + n, x))
    assert "It gives `x` back, repeated." in judge(exercise, lambda x, n: x.expand(len(x), -1), quiet=True).relations
    exercise = Exercise(
        "91.g", "G", lambda x, s: x * s + x**2, lambda draw: {"x": draw.normal(3), "s": draw.number(1, 2)}, []
    )
    given = judge(exercise, lambda x, s: torch.full((3,), s), quiet=True)
    assert given.relations[-1] == "It gives `s` back, repeated."
    assert judge(exercise, lambda x, s: x + 0, quiet=True).relations[-1] == "It gives `x` back as it came."


def test_hints_are_sentences_and_names_are_none():
    for hint in (*HINTS.values(), *(hint for _, _, hint in ERRORS.values())):
        assert hint[0].isupper() and hint[-1] in ".?"
    assert all(name[0].islower() and name[-1] not in ".?" for name in NAMES)


def test_the_card_names_it_and_says_the_rest(fake_chapter, capsys):  # noqa: F811
    course.check("91.shifted", lambda x, lag: fake_chapter.shifted(x, lag).tolist())
    said = capsys.readouterr().out
    assert "≈ 91.shifted: this is “a list in place of a tensor”\nThe result is a list of 1; it should be" in said
    assert f"\n{HINTS['a list in place of a tensor']}\nA small case that fails:" in said
    course.check("91.shifted", lambda x, lag: (y for y in x))
    assert "got       a generator" in capsys.readouterr().out
    course.check("91.shifted", lambda x, lag: fake_chapter.shifted(x, lag).numpy())
    assert "got       a NumPy array" in capsys.readouterr().out
    course.check("91.shifted", lambda x, lag: x[99])
    said = capsys.readouterr().out
    assert "✗ 91.shifted: it raised: “an index that is not there”\nLine" in said
    assert f"\n{ERRORS['an index that is not there'][2]}\n" in said
