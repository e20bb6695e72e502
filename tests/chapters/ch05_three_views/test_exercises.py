"""What the cards of notebook 05 show: the case beside a message bears it out."""

import pytest

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge


def cards(name, mistake):
    """Message and example of a known mistake, in each of its spellings."""
    chosen = exercise(f"05.{name}")
    (known,) = (one for one in chosen.misconceptions if one.name == mistake)
    for wrong in known.answers:
        verdict = judge(chosen, wrong)
        assert verdict.misconception is known
        yield known.message, verdict.example


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("recurrence", "a missing C", lambda case, got: len(case["A_bar"]) > 1),
        ("recurrence", "states that are not added up", lambda case, got: got.shape[1] > 1),
        ("ssm_kernel", "a missing C", lambda case, got: len(case["A_bar"]) > 1),
        ("ssm_kernel", "states that are not added up", lambda case, got: min(got.shape) > 1),
        ("ssm_kernel", "states that are added up too early", lambda case, got: len(case["A_bar"]) > 1),
        ("ssm_kernel", "the first tap twice", lambda case, got: len(got) > 2),
        ("ssm_kernel", "exponents between whole numbers", lambda case, got: len(got) > 2),
        ("ssm_kernel", "a sign that is lost", lambda case, got: case["A_bar"].min() < 0 and got.isfinite().all()),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_a_step_of_one_and_a_half_is_not_called_a_little_longer_than_one():
    for message, example in cards("ssm_kernel", "exponents between whole numbers"):
        length = example.case["length"]
        assert length / (length - 1) >= 1.5 and "a little" not in message


def test_outputs_from_the_end_are_said_to_know_the_state_that_they_know():
    """Left in the order of the loop, the last one knows every sample: it is each sample that meets no earlier one."""
    found = list(cards("recurrence", "a loop from the end to the beginning"))
    for message, _ in found:
        assert "each output" not in message and "each one meets a state that holds what comes after it" in message
    u, *system = found[0][1].case.values()
    changed = u.clone()
    changed[0] += 1
    wrong = exercise("05.recurrence").misconceptions
    (known,) = (one for one in wrong if one.name == "a loop from the end to the beginning")
    assert (known.answers[0](changed, *system) != known.answers[0](u, *system)).tolist() == [False, True]


def test_a_state_that_is_added_to_itself_is_so_in_both_spellings():
    for message, _ in cards("recurrence", "a state that is added to itself"):
        assert message.startswith("You keep the whole of h and add Ā·h to it, as `h += …` does")


def test_states_that_are_averaged_are_not_said_to_be_only_added_up():
    assert all("or average them" in message for message, _ in cards("ssm_kernel", "states that are added up too early"))
