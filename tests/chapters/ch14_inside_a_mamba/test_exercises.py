"""What the cards of notebook 14 say, beside the case that they show."""

import math

import pytest
import torch
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch14_inside_a_mamba.exercises import fit_probe, last_bytes
from lite_mamba.course.checking.trial import judge, trials
from lite_mamba.course.page.check import card

cards = cards_of("14")


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("hidden_attention", "a state that is not read", lambda case, got: len(case["A"]) > 1),
        ("hidden_attention", "a matrix for each number of the state", lambda case, got: len(case["A"]) > 1),
        ("hidden_attention", "an exponent taken for a decay", lambda case, got: got[1, 0] != 0),
        ("hidden_attention", "a state that is read too early", lambda case, got: got[1, 0] != 0),
        ("hidden_attention", "a step too few in the decay", lambda case, got: got[1, 0] != 0),
        ("half_life", "a mean along the channels", lambda case, got: len(case["delta"]) > 1),
        ("half_life", "no A", lambda case, got: case["A"].shape[1] > 1),
        ("fit_probe", "a mean that is not the feature's", lambda case, got: case["x"].shape[1] > 1),
        ("fit_probe", "the number of features", lambda case, got: case["x"].shape[1] > 1),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_no_row_or_column_is_hidden_by_a_token_that_reads_or_writes_nothing():
    matrix = exercise("14.hidden_attention")
    assert all((trial.case[name] != 0).all() for trial in trials(matrix) for name in "BC")


def test_two_steps_lie_between_where_steps_are_multiplied():
    for message, example in cards("hidden_attention", "a product of steps"):
        delta, M = example.case["delta"], example.expected.value
        assert len(delta) > 2 and (example.got.value[2, 0] - M[2, 0]).abs() > 0.01
        assert "of none, that makes 1" in message
        torch.testing.assert_close(example.got.value.diagonal(), M.diagonal() * example.case["A"].exp())  # one state


def test_no_small_number_is_said_to_be_added_to_a_quotient_without_one():
    for message, example in cards("hidden_attention", "a quotient of two decays"):
        got, expected = example.got.value[-1, -1], example.expected.value[-1, -1]
        assert expected.abs() > 0.1 and (got.isnan() or got.abs() < 1e-6)
        assert "small number added" not in message and "no number, or, guarded, nearly 0" in message


def test_the_example_that_halves_is_not_the_case_of_the_card():
    for message, example in cards("hidden_attention", "a decay with the base 2"):
        assert "the example of the text" in message and abs(example.case["A"].item() + math.log(2)) > 0.01


@pytest.mark.parametrize(
    "mistake",
    ["the first taps in the first rows", "one tap", "a text that is a ring", "the first token repeated"],
)
def test_first_rows_and_other_taps_are_several(mistake):
    for _, example in cards("conv_and_state", mistake):
        past = zip(example.got.value[0], example.expected.value[0], strict=True)
        assert len(example.case["taps"]) > 2 and sum(not torch.equal(*rows) for rows in past) > 1


def test_first_rows_that_are_empty_are_several_and_not_all():
    for message, example in cards("conv_and_state", "first rows of zeros"):
        empty = (example.got.value[0] == 0).all(1)  # (L,)
        assert 1 < empty.sum() < len(empty) and "only where every tap meets a token, or a row later" in message


def test_no_token_counts_for_thousands_where_none_does():
    for message, example in cards("half_life", "a mean of half-lives"):
        ((first, second),) = example.case["delta"].tolist()
        assert first / second < 2 and "thousands" not in message and "The smaller the Δ" in message


def test_few_steps_are_not_said_to_be_many():
    for message, example in cards("half_life", "the logarithm of what is left"):
        assert example.case["delta"].shape[1] == 2 and example.case["delta"].min() > 8
        assert "many steps, or a few large ones" in message


def test_half_lives_that_grow_are_seen_beside_each_other():
    for _, example in cards("half_life", "A in the numerator"):
        ((rates, expected, got),) = zip(-example.case["A"], example.expected.value, example.got.value, strict=True)
        assert len(rates) > 1 and torch.equal(got.argsort(), rates.argsort())
        assert torch.equal(expected.argsort(), rates.argsort(descending=True))


def test_a_median_is_not_said_to_leave_out_large_steps_alone():
    for message, example in cards("half_life", "a median in the place of the mean"):
        assert example.got.value < example.expected.value  # the small ones are missing more
        assert "the smallest and the largest too" in message


def test_the_step_of_the_writer_is_not_said_to_lie_before_it():
    for message, example in cards("hidden_attention", "the steps before the writer"):
        (A,), own = example.case["A"], example.case["delta"][0]  # one state; before the first writer lies no step
        torch.testing.assert_close(example.got.value[0, 0], example.expected.value[0, 0] * torch.exp(A * own))
        assert "lie before its way, which goes from s + 1 to t" in message


def test_places_that_are_no_mask_are_not_said_to_be_two():
    for message, example in cards("fit_probe", "places in the place of a mask"):
        assert len(example.case["x"]) > 4  # places 0, 1, −1 and −2, with ~ for the second group
        assert "the same few examples" in message and "0 and 1" not in message


def test_beside_which_numbers_the_ridge_is_multiplied():
    for message, _ in cards("fit_probe", "a ridge divided by the examples"):
        assert "Beside sums it is multiplied by that number" in message


def test_a_ridge_that_stands_beside_no_sum_is_not_said_to():
    """It may be divided by n beside means, or stand in n equations: the values are the same."""
    (message, example), *_ = cards("fit_probe", "a ridge that fades with the data")
    x, y, ridge = example.case.values()
    torch.testing.assert_close(example.got.value, fit_probe(x, y, ridge / len(x)))
    assert "add the ridge to" not in message and "too small by a factor of n" in message


def test_a_probe_that_always_gives_the_other_groups_answer_is_not_said_to_be_perfect():
    mistake = mistake_of("14.held_out_accuracy", "one of the two shares")
    labels = torch.arange(20).expand(4, -1) % 2 == 0
    features = labels[..., None].repeat(1, 1, 3) + 0.1 * torch.randn(4, 20, 3)
    features[-1] += 10  # so that all bytes of the file that is held out are taken for one of the first group
    assert [share(features, labels, 1, 0.1) for share in mistake.answers] == [1, 0]
    assert "always says the same" not in mistake.message and "every byte for one of that group" in mistake.message


@pytest.mark.parametrize("mistake", ["more −1 than places", "a slice that ends below 0"])
def test_a_text_that_is_one_byte_too_short_does_not_show_what_a_shorter_one_does(mistake):
    ids = torch.arange(3)
    for wrong, (message, example) in zip(
        mistake_of("14.last_bytes", mistake).answers, cards("last_bytes", mistake), strict=True
    ):
        assert torch.equal(wrong(ids, len(ids) + 1), last_bytes(ids, len(ids) + 1))
        assert example.case["k"] - 1 > len(example.case["ids"]) and "go back by more bytes than the text has" in message


def test_a_single_place_that_sees_the_end_is_not_said_to_be_several():
    found = cards("last_bytes", "a text that is a ring")
    wrong = [(example.got.value != example.expected.value).any(1).sum() for _, example in found]
    assert 1 in wrong and all(message.startswith("Near the beginning a place sees") for message, _ in found)


def test_bytes_that_begin_far_back_are_not_said_to_begin_one_back():
    found = cards("last_bytes", "the present byte left out")
    assert any(example.got.value[-1, 0] == example.case["ids"][-1 - example.case["k"]] for _, example in found)
    assert all(message.startswith("The nearest of your bytes lies one place back.") for message, _ in found)


def test_a_place_that_has_all_its_bytes_is_not_said_to_have_some():
    found = cards("last_bytes", "whole rows of −1")
    assert any((example.got.value[example.case["k"] - 1] == -1).all() for _, example in found)
    assert all("They have bytes already" in message for message, _ in found)


def test_a_fourth_column_is_not_named_where_there_are_three():
    for message, example in cards("last_bytes", "moves that add up"):
        assert example.case["k"] == 3 and "0, 1, 3, … places back" in message


def test_too_long_a_column_has_a_byte_too_many_for_each_that_is_missing():
    for message, example in cards("last_bytes", "columns that are not cut"):
        length = len(example.case["ids"])
        assert f"got [{length}] at entry 0 and [{length + 1}] at entry 1" in str(example.got.error)  # one −1, one byte
        assert "For each −1 in front, a byte at the end is too many." in message


def test_neighbours_of_a_case_are_not_said_to_have_the_same_label():
    for message, example in cards("held_out_accuracy", "neighbours on both sides"):
        labels = example.case["labels"]
        assert (labels[:, 1:] == labels[:, :-1]).float().mean() < 0.6
        assert "in a program neighbours mostly have the same label" in message


def test_a_byte_whose_neighbours_are_tested_is_not_said_to_lie_beside_a_trained_one():
    found = cards("held_out_accuracy", "other bytes drawn")
    assert len(found) == 3  # of which one tests on three files of four
    assert all("beside tested ones lie some that are trained on" in message for message, _ in found)


def test_a_single_file_that_is_tested_is_not_said_to_be_several():
    found = cards("held_out_accuracy", "a scale of its own for the test")
    assert any(example.case["held"] == 1 for _, example in found)
    assert all(message.startswith("You scale what is tested by") for message, _ in found)


def test_a_ridge_that_is_the_given_one_is_not_said_to_be_another():
    """Where bytes are drawn, the result is wrong with the given ridge, too."""
    found = cards("held_out_accuracy", "a ridge as the remedy")
    assert any(example.case["ridge"] == 0.1 for _, example in found[:1])  # the first one always takes 0.1
    assert all("bytes are still drawn one by one" in message for message, _ in found)
    for message, _ in cards("held_out_accuracy", "a ridge of your own"):
        assert message.endswith("Use the one that is given, as it is.")


def test_taps_that_are_counted_from_0_do_not_look_like_taps_that_are_turned_round():
    for _, example in cards("conv_and_state", "a count from the end that begins at 0"):
        taps, last = example.case["taps"], example.got.value[0][-1]
        counted = torch.stack([taps[0], *taps[1:].flip(0)]).flip(0)  # as the row has them
        assert len(taps) > 2
        torch.testing.assert_close(last[-len(taps) :], example.case["D"] * example.case["gate"][-1] * counted)


def test_a_single_place_to_the_left_is_not_said_to_be_several():
    for message, example in cards("conv_and_state", "a first tap without an end"):
        assert (example.got.value[0] != example.expected.value[0]).sum() == 1
        assert "at every place to the left" in message


def test_a_weight_is_named_after_its_feature():
    probe = exercise("14.fit_probe")

    def first_feature_alone(x, y, ridge):
        w, c = probe.reference(x, y, ridge)
        return w * (torch.arange(len(w)) == 0), c

    text = card(probe, judge(probe, first_feature_alone, quiet=True)).text()
    assert "w: only feature 0 is right." in text and "axis 0" not in text
