"""The cards of the exercises of chapter 15: what a message says is seen in the case beside it."""

import re

import pytest
import torch
from known_cards import examples

from lite_mamba.course.chapters import exercises
from lite_mamba.course.chapters.ch15_one_sequence_several_processes.exercises import summary

OF_SEVERAL_STATES = re.compile(r"all states|all N\b|N times|add up the (N )?states|along the states")


def cards(exercise="", mistake="", chosen=lambda known: True):
    """The known mistakes of some names, each with what a card shows of one of its spellings."""
    shown = []
    for found in exercises("15"):
        for known in found.misconceptions:
            if exercise in ("", found.name) and mistake in ("", known.name) and chosen(known):
                shown += [(known, example) for example in examples(found, known)]
    assert shown, f"no mistake of {exercise or 'chapter 15'} is called {mistake}"
    return shown


def test_a_card_that_speaks_of_several_states_shows_several():
    shown = cards(chosen=lambda known: OF_SEVERAL_STATES.search(known.message))
    assert len({known.name for known, _ in shown}) > 5
    assert [known.name for known, example in shown if len(example.case["A"]) == 1] == []


def test_two_results_that_are_exchanged_differ():
    for _, example in cards("summary", "the two results exchanged"):
        total, end = example.expected.value
        assert len(end) > 1 or total != end[0]


def between(case):
    """How many parts lie on the longest way between a part and the asking one."""
    return case["rank"] - 1 if "ends" in case else len(case["totals"]) - 2 - case["rank"]


@pytest.mark.parametrize("exercise", ["own_start", "end_gradient"])
@pytest.mark.parametrize(
    ("mistake", "parts"),
    [
        ("a part between that does not fade", 2),  # one of them, not all
        ("a product of totals", 2),
    ],
)
def test_a_card_that_speaks_of_several_parts_between_shows_them(exercise, mistake, parts):
    shown = cards(exercise, mistake)
    assert all(between(example.case) >= parts for _, example in shown)


def test_a_running_sum_before_part_0_is_shown_where_it_is_asked_for():
    for known, example in cards("end_gradient", "a running sum before part 0"):
        assert "Before part 0" in known.message and example.case["rank"] == 0


@pytest.mark.parametrize(("exercise", "unfaded"), [("own_start", 8 + 4), ("end_gradient", 4 + 8)])
def test_what_has_not_faded_at_all_is_not_said_to_fade_again(exercise, unfaded):
    shown = [known for known, example in cards(exercise, "a loop and a sum mixed") if example.got.value[0] == unfaded]
    assert len(shown) == 1
    assert not any("again" in known.name or "by several" in known.message for known in shown)


@pytest.mark.parametrize(
    ("exercise", "mistake"),
    [("own_start", "fading by the parts before"), ("end_gradient", "fading by the parts behind")],
)
def test_what_fades_in_its_own_part_is_not_said_to_fade_in_others_alone(exercise, mistake):
    shown = cards(exercise, mistake)
    whole = [bool(example.got.value[0] >= 8) for _, example in shown]  # 8 is the outermost: no part lies farther out
    assert whole == [True, False]
    assert all("with its own or without" in known.message for known, _ in shown)


@pytest.mark.parametrize("exercise", ["summary", "corrected"])
def test_a_part_of_two_steps_is_not_called_long(exercise):
    for known, example in cards(exercise, "not a number behind a long step"):
        assert len(example.case["delta"]) == 2 and example.case["delta"][1] == 100
        assert "long part" not in known.message and "at the end" not in known.message


def test_who_ends_with_the_step_before_the_last_is_told_that_it_has_none_behind_it():
    for known, example in cards("summary", "the next step's fading"):
        delta, A, x = (example.case[name] for name in ("delta", "A", "x"))
        without_the_last = torch.exp(delta[2] * A) * x[0] + x[1]
        assert example.got.value[1] != without_the_last or "behind the last one there is none" in known.message


def test_eulers_step_is_said_so_that_it_holds_of_the_sum_as_well():
    for known, example in cards("corrected", "Euler's decay"):
        case = example.case
        left = (example.got.value - case["states"]) / case["start"]
        by_steps = (1 + case["delta"][:, None] * case["A"]).cumprod(0)
        assert "1 + ΔA" not in known.message or torch.allclose(left, by_steps, atol=1e-5)


@pytest.mark.parametrize(
    ("mistake", "holds"),
    [
        # of what is missing, more than one rank before the neighbour has a share
        ("a short part that is all there is", lambda says, case, got: "the rank before the" not in says),
        # one sample of the part, or several
        ("samples of the own part", lambda says, case, got: "samples belong" not in says or got[:, -2] > 4),
        # a zero may stand in its place
        ("one sample short", lambda says, case, got: "too few" not in says or got.shape[1] < 3),
        # the nearest, 4, may be gone
        ("parts in the wrong order", lambda says, case, got: "stands first" not in says or got[0, 0] == 4),
        # each part may be turned by itself
        ("newest first", lambda says, case, got: "of each part" in says or got.tolist() == [[4, 3, 2]]),
    ],
)
def test_what_is_said_of_a_halo_is_seen_in_it(mistake, holds):
    for known, example in cards("halo", mistake):
        assert example.expected.value.tolist() == [[2, 3, 4]]
        assert holds(known.message, example.case, example.got.value)


def test_a_power_for_a_product_is_told_with_the_one_that_stays_one():
    for known, example in cards("convolve_parts", "a power for a product"):
        assert 1 in (example.case["dilation"], example.case["weight"].shape[1] - 1) and "1 stays 1" in known.message


def test_outputs_that_a_first_part_has_too_are_not_laid_to_the_part_before():
    for known, example in cards("convolve_parts", "a slice as it was"):
        assert not torch.equal(example.got.value[0], example.expected.value[0])
        assert "part before" not in known.message


def test_outputs_that_are_cut_into_unequal_parts_are_not_said_to_be_equal():
    lengths = [
        {part.shape[1] for part in example.got.value}
        for known, example in cards("convolve_parts", "parts taken as equally long")
        if "or nearly" in known.message
    ]
    assert sorted(map(len, lengths)) == [1, 2, 2]


def test_who_asks_another_rank_for_enough_samples_is_not_asked_how_many():
    shown = cards("convolve_parts", "the halo of another rank")
    assert any(example.got.value[0].tolist() == [[111] * 4] for _, example in shown)  # 4 samples are enough
    assert not any("how many" in known.message for known, _ in shown)


def test_a_drive_that_is_not_multiplied_by_its_step_is_not_said_to_be():
    multiplied = set()
    for known, example in cards("summary", "Δ in the drive once more"):
        delta, A, x = (example.case[name] for name in ("delta", "A", "x"))
        by_the_step = summary(delta, A, delta[:, None] * x)[1]
        multiplied.add(torch.equal(example.got.value[1], by_the_step))
        assert example.got.value[1] == by_the_step or "something that is made of it" in known.message
    assert multiplied == {True, False}


def test_samples_from_behind_may_be_those_of_any_rank_behind():
    parts = [torch.full((1, 2), float(rank)) for rank in range(4)]
    for known, _ in cards("halo", "samples from behind"):
        ranks = {rank for wrong in known.answers for rank in wrong(0, parts, 2).flatten().tolist()}
    assert ranks == {1, 3} and "the rank" not in known.message
