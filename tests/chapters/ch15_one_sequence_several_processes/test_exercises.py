"""The cards of the exercises of chapter 15: what a message says is seen in the case beside it."""

import re

import pytest

from lite_mamba.course.chapters import exercises
from lite_mamba.course.checking.trial import judge

OF_SEVERAL_STATES = re.compile(r"all states|all N\b|N times|add up the (N )?states|along the states")


def cards(exercise="", mistake="", chosen=lambda known: True):
    """The known mistakes of some names, each with what a card shows of one of its spellings."""
    for found in exercises("15"):
        for known in found.misconceptions:
            if exercise in ("", found.name) and mistake in ("", known.name) and chosen(known):
                for wrong in known.answers:
                    verdict = judge(found, wrong)
                    assert verdict.misconception is known
                    yield known, verdict.example


def test_a_card_that_speaks_of_several_states_shows_several():
    shown = list(cards(chosen=lambda known: OF_SEVERAL_STATES.search(known.message)))
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
    shown = list(cards(exercise, mistake))
    assert shown
    assert all(between(example.case) >= parts for _, example in shown)


def test_a_running_sum_before_part_0_is_shown_where_it_is_asked_for():
    for known, example in cards("end_gradient", "a running sum before part 0"):
        assert "Before part 0" in known.message and example.case["rank"] == 0


@pytest.mark.parametrize(("exercise", "unfaded"), [("own_start", 8 + 4), ("end_gradient", 4 + 8)])
def test_what_has_not_faded_at_all_is_not_said_to_fade_again(exercise, unfaded):
    shown = [known for known, example in cards(exercise, "a loop and a sum mixed") if example.got.value[0] == unfaded]
    assert len(shown) == 1
    assert not any("again" in known.name or "by several" in known.message for known in shown)
