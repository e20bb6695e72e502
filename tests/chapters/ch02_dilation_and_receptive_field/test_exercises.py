"""What the exercises of notebook 02 are judged by: a delay by its output and its memory, never its taps."""

import pytest
import torch

from lite_mamba import causal_dilated_conv1d_fn, course
from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


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
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, shown):
    chosen = exercise(f"02.{name}")
    (known,) = (one for one in chosen.misconceptions if one.name == mistake)
    for wrong in known.answers:
        verdict = judge(chosen, wrong)
        assert verdict.misconception is known
        assert shown(verdict.example.case)
