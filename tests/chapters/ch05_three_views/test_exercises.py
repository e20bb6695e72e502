"""What the cards of notebook 05 show: the case beside a message bears it out."""

import pytest
import torch
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch05_three_views.exercises.convolve import convolve
from lite_mamba.course.chapters.ch05_three_views.exercises.recurrence import recurrence
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card

cards = cards_of("05")


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
        ("convolve", "a centred output", lambda case, got: len(case["u"]) > 2),
        # more than one output is wrong
        ("convolve", "a response that goes in a circle", lambda case, got: (got != convolve(**case)).sum() > 1),
        ("convolve", "zeros that are put in twice", lambda case, got: len(case["u"]) > 2),
        ("convolve", "a kernel without room", lambda case, got: len(case["u"]) > 1),
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
    found = cards("recurrence", "a loop from the end to the beginning")
    for message, _ in found:
        assert "each output" not in message and "each one meets a state that holds what comes after it" in message
    u, *system = found[0][1].case.values()
    changed = u.clone()
    changed[0] += 1
    known = mistake_of("05.recurrence", "a loop from the end to the beginning")
    assert (known.answers[0](changed, *system) != known.answers[0](u, *system)).tolist() == [False, True]


def test_a_state_that_is_added_to_itself_is_multiplied_as_its_card_says():
    for message, example in cards("recurrence", "a state that is added to itself"):
        u, A_bar, B_bar, C = example.case.values()
        torch.testing.assert_close(example.got.value, recurrence(u, 1 + A_bar, B_bar, C))
        assert "multiplied by 1 + Ā" in message and "as `h += …` does" in message


def test_states_that_are_averaged_are_not_said_to_be_only_added_up():
    message, example = cards("ssm_kernel", "states that are added up too early")[1]
    A_bar, B_bar, C, length = example.case.values()
    torch.testing.assert_close(example.got.value, (C * B_bar).sum() * A_bar.mean() ** torch.arange(length))
    assert "or average them" in message


def test_one_axis_that_is_left_is_not_said_to_be_two():
    found = cards("convolve", "axes that are left")
    assert [example.got.value.ndim for _, example in found] == [3, 2]
    assert all("batch or channel, or both," in message for message, _ in found)


@pytest.mark.parametrize("name", ["fft_convolve", "mended_convolve"])
def test_a_complex_result_that_looks_real_is_said_to_be_complex(name):
    chosen = exercise(f"05.{name}")
    wrong, *_ = mistake_of(chosen.id, "a complex result").answers
    words = card(chosen, judge(chosen, wrong)).text()
    assert "complex64" in words and "e-08" not in words


def test_an_input_that_runs_backwards_is_not_called_a_kernel_that_does():
    orders = ("u", "kernel"), ("kernel", "u")
    for (message, example), names in zip(cards("fft_convolve", "a cross-correlation"), orders, strict=True):
        one, other = (example.case[name] for name in names)
        products = [one[t:] @ other[: len(other) - t] for t in range(len(one))]
        torch.testing.assert_close(example.got.value, torch.stack(products), atol=1e-4, rtol=0)
        assert "one of the two lists runs backwards" in message


def test_a_clock_with_room_enough_is_not_said_to_have_added_something_up():
    (_, small), (message, enough) = cards("fft_convolve", "a larger clock for the way back alone")
    assert small.case["u"].equal(enough.case["u"])
    assert "anything that has come round stays so" in message


def test_one_output_that_goes_round_is_not_said_to_be_several():
    for message, example in cards("fft_convolve", "half as much again"):
        assert (example.got.value != example.expected.value).sum() == 1
        assert "at least the last output" in message


def test_the_end_of_a_clock_is_not_its_beginning():
    for _, example in cards("mended_convolve", "the end of the clock"):
        assert example.case["u"].shape[-1] not in (4, 8)


def test_what_goes_round_is_seen_where_outputs_are_hidden():
    for _, example in cards("mended_convolve", "outputs that are hidden"):
        assert example.got.value[example.got.value != example.expected.value].all()


def test_a_tap_is_missing_where_a_kernel_was_cut():
    for _, example in cards("mended_convolve", "a kernel that was cut"):
        assert (example.got.value != example.expected.value)[..., 1:].any()


def test_a_longer_input_that_is_not_refused_is_spoken_of():
    found = cards("is_time_invariant", "an input that got longer")
    assert any(example.case["layer"].__name__ == "quieter_and_quieter" for _, example in found)
    assert all("one that counts from the end" in message for message, _ in found)


def test_outputs_that_differ_in_time_pass_where_the_order_is_forgotten():
    for _, example in cards("is_time_invariant", "a comparison that forgets the order"):
        assert example.got.value is True and example.expected.value is False


def test_a_system_that_does_the_same_every_third_step_is_spoken_of():
    found = cards("is_time_invariant", "a shift of your own")
    assert any(example.case["layer"].__name__ == "every_third_step" for _, example in found)
    assert all("every second or third step" in message for message, _ in found)


def test_a_lost_sign_is_told_from_an_answer_that_is_wrong_without_a_sign_to_lose():
    chosen = exercise("05.ssm_kernel")
    known = mistake_of(chosen.id, "a sign that is lost")

    def wrong(A_bar, B_bar, C, length):
        taps = known.answers[0](A_bar, B_bar, C, length)
        return taps if (A_bar < 0).any() else taps.flip(0)

    assert judge(chosen, wrong).misconception is not known
