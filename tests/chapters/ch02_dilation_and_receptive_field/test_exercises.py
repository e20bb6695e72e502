"""What the exercises of notebook 02 are judged by: a delay by its output and its memory, never its taps."""

import pytest
import torch
from known_cards import cards_of

from lite_mamba import causal_dilated_conv1d_fn, course, receptive_field
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch02_dilation_and_receptive_field.exercises import lags_touched
from lite_mamba.course.checking.trial import judge

cards = cards_of("02")


def test_a_delay_through_another_tap_gives_the_right_output_and_remembers_too_much():
    weight = torch.tensor([0.0, 0.0, 1.0, 0.0])
    y = causal_dilated_conv1d_fn(torch.arange(1.0, 11)[None, None], weight[None], dilation=6)
    assert y.flatten().tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
    run = exercise("02.delay_kernel").apply
    wide, narrow = run(lambda *_: (weight, 6), 6, 4), run(exercise("02.delay_kernel").reference, 6, 4)
    assert torch.equal(wide["the output"], narrow["the output"])
    assert (wide["the history"], narrow["the history"]) == (18, 6)


@pytest.mark.parametrize("made", [[1, 2], torch.ones(4), ([1.0, 0.0], 2), (torch.ones(1, 4), 2)])
def test_a_delay_that_is_no_pair_of_tensor_and_integer_is_told_so(made):
    verdict = judge(exercise("02.delay_kernel"), lambda delay, d_conv: made)
    assert verdict.kind == "raised"
    assert "must return (weight, dilation)" in str(verdict.example.raised)


def test_the_card_speaks_of_what_is_returned_and_not_of_parameters_or_errors(capsys):
    course.check("02.delay_kernel", lambda delay, d_conv: torch.eye(d_conv)[:1])
    said = capsys.readouterr().out
    assert "it returned a float32 tensor of shape (1, 4)" in said
    assert "The function must return (weight, dilation)" in said
    assert "parameters" not in said and "raised" not in said


def test_the_card_of_a_float_says_the_float_of_its_case(capsys):
    course.check("02.delay_kernel", lambda delay, d_conv: (torch.eye(d_conv)[0], delay / (d_conv - 1)))
    card, case = capsys.readouterr().out.split("A small case")
    assert "6 / 3 is a float, 2.0," in card and "6 // 3 is the integer 2" in card
    assert [line.split()[-1] for line in case.splitlines()[1:3]] == ["6", "4"]
    assert "got 2.0 (float)" in case


@pytest.mark.parametrize(
    ("name", "mistake", "shown"),
    [
        (
            "dilations_for",
            "a remainder that is ignored",
            lambda case: any(case["lag"] % gaps for gaps in range(1, case["d_conv"])),
        ),
        ("receptive_field", "dilations that multiply", lambda case: len(case["dilations"]) > 1),
        ("gated_dilated_conv", "the branches one behind the other", lambda case: len(case["weights"]) > 1),
        ("lags_touched", "the longest paths alone", lambda case: case["d_conv"] > 1),
        ("measured_lags", "zeros as the input", lambda case: "(x − 1)²" not in case["fn"].__name__),
        ("measured_lags", "a 1 in the input", lambda case: "(x − 1)²" in case["fn"].__name__ and case["length"] > 1),
        ("measured_lags", "lags counted from one", lambda case: case["length"] > 1),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, shown):
    assert all(shown(example.case) for _, example in cards(name, mistake))


def test_whole_numbers_are_flat_where_the_card_says():
    inputs = {"(x − 1)²": torch.ones(1), "squared": torch.zeros(1)}
    for (message, example), (word, x) in zip(
        cards("measured_lags", "whole numbers as the input"), inputs.items(), strict=True
    ):
        fn, length = example.case["fn"], example.case["length"]
        assert length == 1 and word in fn.__name__
        assert torch.autograd.functional.jacobian(fn, x).item() == 0
        assert "y² at 0, (x − 1)² at 1" in message


def test_a_gradient_below_zero_is_not_laid_to_the_weight_where_the_input_turns_it():
    for message, example in cards("measured_lags", "only positive gradients"):
        x = torch.full((example.case["length"],), 0.3)
        up, down = (torch.autograd.functional.jacobian(example.case["fn"], one)[-1, -1] for one in (x, -x))
        assert up * down < 0
        assert "weight" not in message


def test_paths_that_all_end_apart_are_not_said_to_meet():
    for message, example in cards("receptive_field", "stacked layers multiplied"):
        case = example.case
        assert len(lags_touched(**case)) == case["d_conv"] ** len(case["dilations"])
        assert "may end at the same sample" in message


def test_a_field_that_comes_out_too_large_is_told_the_gaps():
    examples = cards("receptive_field", "the taps themselves left out")
    assert any(example.got.value > example.expected.value for _, example in examples)
    assert all("d_conv − 1 gaps" in message for message, _ in examples)


def test_a_division_by_zero_is_not_laid_to_a_dilation_where_the_gaps_are_counted_from_zero():
    verdict = judge(exercise("02.dilations_for"), lambda lag, k: [lag // i for i in range(k) if lag % i == 0])
    assert "dilation" not in verdict.misconception.name
    assert "A dilation is at least 1, and" in verdict.misconception.message


def test_a_delay_is_called_too_short_only_where_one_comes_out():
    for message, example in cards("delay_kernel", "divided by more than the gaps"):
        assert "comes out too short" in message
        assert example.raised is None
    ((message, example),) = cards("delay_kernel", "the taps, and a decimal point")
    assert "float" in str(example.raised) and "float" in message


def test_zeros_are_not_said_to_stand_where_the_bias_stands():
    cases = cards("gated_dilated_conv", "first outputs that read nothing")
    assert any(example.got.value["the result"][..., 0].ne(0).all() for _, example in cases)
    assert all("or the bias alone" in message for message, _ in cases)


def test_a_field_of_many_taps_is_not_said_to_be_that_of_dilation_1():
    cases = cards("receptive_field", "the dilation left out")
    fields = [
        receptive_field(**example.case | {"dilations": (1,) * len(example.case["dilations"])}) for _, example in cases
    ]
    assert any(example.got.value != field for (_, example), field in zip(cases, fields, strict=True))
    assert not any("were 1" in message for message, _ in cases)


def test_a_lag_is_called_longer_than_the_sequence_beside_one_that_is():
    for _, example in cards("gated_dilated_conv", "a lag longer than the sequence"):
        x, weights, *_, dilations = example.case.values()
        assert max((w.shape[1] - 1) * d for w, d in zip(weights, dilations, strict=True)) > x.shape[-1]


def test_exponentials_are_said_to_overflow_where_they_do():
    taken_off = (torch.zeros_like, torch.mean, lambda gates: gates[0], lambda gates: gates[-1])
    for less, (_, example) in zip(taken_off, cards("gated_dilated_conv", "exponentials that overflow"), strict=True):
        gates = example.case["gates"]
        assert torch.exp(gates - less(gates)).isinf().any()


def test_a_bias_comes_in_once_for_each_tap_where_there_are_several():
    for _, example in cards("gated_dilated_conv", "the bias once for each tap"):
        assert example.case["weights"][0].shape[1] > 1


def test_a_gradient_that_is_left_out_as_too_small_is_not_zero():
    told = cards("measured_lags", "small gradients left out")
    shown = [example.case for _, example in told]
    assert any("times 1e-40" in case["fn"].__name__ for case in shown)
    for case in shown:
        x = torch.full((case["length"],), 0.3)
        gradient = torch.autograd.functional.jacobian(case["fn"], x)[-1]
        assert 0 < gradient[gradient != 0].abs().min() < 1e-2
    assert not any("small weight" in message for message, _ in told)  # 1e-40 stands before the inputs


def test_what_all_branches_share_stands_in_the_name_of_the_mistake():
    found = exercise("02.gated_dilated_conv")
    name = "one kernel or one bias for all branches"
    for _, example in cards("gated_dilated_conv", name):
        x, weights, biases, *rest = example.case.values()
        with_one_bias = found.reference(x, weights, biases[:1] * len(biases), *rest)
        only_the_bias = torch.allclose(with_one_bias, example.got.value["the result"])
        assert "bias" in name or not only_the_bias


def test_a_lag_that_lost_its_list_is_the_only_one():
    ((_, example),) = cards("measured_lags", "a single lag without its list")
    assert example.expected.value == [example.got.value]
