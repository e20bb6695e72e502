"""What a card of notebook 09 says can be seen in the case beside it, and is true of every spelling of the mistake."""

import pytest
import torch
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.counter import Counter
from lite_mamba.course.checking.trial import judge

cards = cards_of("09")


def shrinks(case):
    return (case["a"].cumprod(0).abs() < 1e-5).any()


def steps_differ(case):
    return (case["log_a"].diff(dim=0) != 0).any()


@pytest.mark.parametrize(
    ("name", "mistake", "made"),
    [
        ("combine", "products of matrices", lambda case: case["a1"].numel() > 1),
        ("hillis_steele", "rounds along the states", lambda case: case["x"].ndim > 1 and min(case["x"].shape) > 1),
        ("hillis_steele", "a division by a product of decays", shrinks),
        ("up_down", "a division by a product of decays", shrinks),
        ("linear_loop", "a division by a product of decays", shrinks),
        ("linear_loop", "a first state that is not zero", lambda case: (case["a"] != 0).all()),
        ("linear_loop", "a first step that is taken twice", lambda case: (case["a"] != 0).all()),
        ("linear_loop", "a loop over the states", lambda case: case["x"].shape[1] > 1),
        ("chunked_scan", "one decay for all states", lambda case: case["a"][0].numel() > 1),
        ("mended_scan", "decays that are lifted", lambda case: (case["log_a"] < -20).any()),
        ("mended_scan", "a single round", lambda case: len(case["x"]) > 2),
        ("mended_scan", "a decay of another step", steps_differ),
        ("mended_scan", "weights that hold their own decay", steps_differ),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, made):
    assert all(made(example.case) for _, example in cards(name, mistake))


def test_states_on_one_axis_with_the_steps_have_another_shape():
    for _, example in cards("up_down", "one axis for steps and states"):
        assert example.got.value.shape != example.expected.value.shape


def test_a_round_too_few_is_not_said_to_change_several_states():
    examples = cards("hillis_steele", "too few rounds")
    assert any(len(example.case["x"]) == 2 for _, example in examples)  # its second state alone is wrong
    assert all("last steps" not in message for message, _ in examples)


def test_states_woven_along_the_last_axis_stand_in_the_row_of_another_step():
    for message, example in cards("up_down", "even and odd steps woven along the states"):
        assert example.got.value[0, 1] == example.expected.value[1, 0] != example.expected.value[0, 1]
        assert "two steps get into one row" in message


def test_chunks_that_divide_are_shown_where_they_do_or_called_a_loop():
    for message, example in cards("mended_scan", "chunks that still divide"):
        assert (example.case["log_a"].sum(0) < -50).any()
        assert isinstance(example.got.value, torch.Tensor) or "one chunk after the other is a loop" in message


def test_two_steps_that_are_joined_round_the_end_are_not_called_several():
    examples = cards("mended_scan", "a shift that wraps around")
    assert any(len(example.case["x"]) == 2 for _, example in examples)
    assert all("first steps" not in message for message, _ in examples)


def test_a_small_number_below_the_weight_is_in_the_card_of_an_epsilon():
    examples = cards("mended_scan", "another epsilon")
    assert any(torch.allclose(one.got.value, one.expected.value, rtol=0.01) for _, one in examples)
    assert all("not far above your small number" in message for message, _ in examples)


def test_lifted_products_from_the_start_are_in_the_card_of_lifted_weights():
    examples = cards("mended_scan", "weights that are lifted")
    right = [torch.isclose(one.got.value, one.expected.value, rtol=1e-4) for _, one in examples]
    assert any(one[0] and not one[-1] for one in right)  # the late drives are those that count for too little
    assert all("up to there" not in message for message, _ in examples)


def test_x_where_a_weight_vanishes_tells_of_the_weights_that_are_divided_by():
    examples = cards("mended_scan", "x where a weight vanishes")
    assert any(abs(one.got.value[0]) < 1e-6 < abs(one.case["x"][0]) for _, one in examples)  # no x, but an epsilon
    assert all("elsewhere you divide" in message and "epsilon" in message for message, _ in examples)


def test_products_from_the_start_with_an_epsilon_tell_all_that_comes_of_it():
    examples = cards("mended_scan", "products counted from the start, and an epsilon")
    last = [one.got.value[-1] / one.expected.value[-1] for _, one in examples]
    for words, came in (
        ("late drives are lost", any(part < 0.1 for part in last)),
        ("earlier ones do not fade", any(1.1 < part < 10 for part in last)),
        ("the division overflows", any(part.isinf() for part in last)),
    ):
        assert came and all(words in message for message, _ in examples)


def test_rounds_on_half_of_the_steps_are_not_said_to_join_as_often_as_exercise_2():
    joins = []
    for answer in exercise("09.up_down").reference, *mistake_of("09.up_down", "the rounds of exercise 2").answers:
        with Counter() as counter:
            answer(torch.ones(1024), torch.ones(1024))
        joins.append(counter.multiplications / 2)
    assert joins[0] < 2 * 1024 < joins[2] < 0.6 * joins[1]  # the tree, rounds of half, rounds of all
    assert "about L·log2 L times" not in mistake_of("09.up_down", "the rounds of exercise 2").message


def test_chunk_after_chunk_is_not_said_to_make_a_call_for_every_step():
    def chunk_after_chunk(a, x, chunk):
        states, h = [], torch.zeros_like(x[0])
        for decays, drives in zip(a.split(chunk), x.split(chunk), strict=True):
            later = torch.ones(chunk, chunk).tril(-1).reshape(chunk, chunk, *[1] * (a.ndim - 1))
            left = torch.where(later > 0, decays[:, None], 1.0).cumprod(0)
            own = (left * (1 - later.transpose(0, 1)) * drives).sum(1)
            states.append(own + decays.cumprod(0) * h)
            h = states[-1][-1]
        return torch.cat(states)

    with Counter() as counter:
        chunk_after_chunk(torch.ones(512, 1), torch.ones(512, 1), 16)
    assert counter.calls < 512
    verdict = judge(exercise("09.chunked_scan"), chunk_after_chunk, quiet=True)
    assert verdict.misconception.name == "a loop over the steps"
    assert "or a line that runs" in verdict.example.got.value


def test_a_growth_between_two_whole_numbers_is_not_said_to_be_of_the_wrong_type():
    def both_halves(a, x):
        if len(x) == 1:
            return x
        middle = len(x) // 2
        left, right = both_halves(a[:middle], x[:middle]), both_halves(a[middle:], x[middle:])
        return torch.cat([left, right + a[middle:].cumprod(0) * left[-1]])

    verdict = judge(exercise("09.linear_loop"), both_halves, quiet=True)
    assert verdict.example.difference.kind == "value" and verdict.misconception is None
