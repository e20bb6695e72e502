"""What a card of notebook 01 says can be seen in the case beside it, and is true of every spelling of the mistake."""

import re

import pytest
from known_cards import cards_of, telling

from lite_mamba.course.chapters import exercise

cards = cards_of("01")

SEVERAL_MISSING = re.compile(
    r"[Ff]irst outputs|over and over|x\[1\], x\[2\]|last samples|middle of the window|some of them"
)
SEVERAL_TAPS = re.compile(r"later tap|one product only|oldest tap")


def speaking_of(words):
    for id in ("causal_conv_loop", "causal_conv"):
        for known in exercise(f"01.{id}").misconceptions:
            if words.search(known.message):
                yield id, known.name


@pytest.mark.parametrize(("id", "mistake"), list(speaking_of(SEVERAL_MISSING)))
def test_a_card_that_speaks_of_several_samples_before_the_start_shows_a_kernel_that_reads_them(id, mistake):
    for _, example in cards(id, mistake):
        got, expected = example.got.value[0], example.expected.value[0]
        assert example.case["weight"].shape[1] > 2
        if got.shape == expected.shape:  # and that more than one output is wrong
            assert ((got - expected).abs() > 1e-4).any(dim=1).any(dim=0).sum() > 1


@pytest.mark.parametrize(("id", "mistake"), list(speaking_of(SEVERAL_TAPS)))
def test_a_card_that_tells_one_tap_from_the_others_shows_several(id, mistake):
    assert all(example.case["weight"].shape[1] > 1 for _, example in cards(id, mistake))


@pytest.mark.parametrize(
    ("id", "mistake", "made"),
    [
        # what is read from the end, or ahead, is not zero, nor is the tap that it meets
        ("causal_conv_loop", "an index that wraps around", lambda x, weight, bias: x[..., -2:].all() and weight.all()),
        (
            "causal_conv_loop",
            "a flipped kernel with an index that wraps around",
            lambda x, weight, bias: x[..., -2:].all() and weight.all(),
        ),
        ("causal_conv", "the end read before the start", lambda x, weight, bias: x[..., -2:].all() and weight.all()),
        ("causal_conv_loop", "a centred window", lambda x, weight, bias: weight[:, -1].all()),
        (
            "causal_conv_loop",
            "the last output alone",
            lambda x, weight, bias: weight.all(),
        ),  # else all outputs are alike
        ("causal_conv_loop", "lost brackets", lambda x, weight, bias: x.shape[2] > weight.shape[1] + 2),
        ("causal_conv_loop", "sums that go on", lambda x, weight, bias: weight.all()),
        ("causal_conv_loop", "a bias that multiplies", lambda x, weight, bias: weight.all() and bias.all()),
        ("causal_conv", "a bias that multiplies", lambda x, weight, bias: weight.all() and bias.all()),
        ("causal_conv_loop", "the kernel of a sequence", lambda x, weight, bias: len(x) > 1),
        ("causal_conv_loop", "the bias of a sequence", lambda x, weight, bias: len(x) > 1),
        ("causal_conv_loop", "sums over too many axes", lambda x, weight, bias: len(x) > 1 and len(bias) > 1),
        ("causal_conv", "a zero too few", lambda x, weight, bias: weight.shape[1] > 1),  # a single tap needs none
        ("causal_conv", "the channels from last to first", lambda x, weight, bias: len(weight) > 1),
        ("full_kernel", "a diagonal of taps", lambda weight: weight.shape[1] > 1),
        ("full_kernel", "a diagonal that is taken out", lambda weight: weight.shape[1] > 1),
        ("full_kernel", "all kernels in row 0", lambda weight: len(weight) > 2),  # the others are not one
        ("full_kernel", "the first channel alone", lambda weight: len(weight) > 2),
        ("is_causal", "a test of the first output only", lambda layer, x: "second_last" in layer.__name__),
        ("is_causal", "an output taken for an answer", lambda layer, x: layer.__name__ == "one_more"),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(id, mistake, made):
    assert all(made(**example.case) for _, example in cards(id, mistake))


def test_a_kernel_in_its_place_does_not_look_like_zeros_in_any_card():
    for known in exercise("01.full_kernel").misconceptions:
        for _, example in cards("full_kernel", known.name):
            assert example.case["weight"].all()


def test_a_cut_of_some_outputs_leaves_others():
    assert all(example.got.value[0].shape[2] > 0 for _, example in cards("causal_conv", "right outputs cut off"))


def test_a_card_speaks_of_no_sample_beyond_the_shortest_case():
    ((message, example),) = cards("is_causal", "all outputs added up")
    assert max(map(int, re.findall(r"[xy]\[(\d+)\]", message))) < example.case["x"].shape[2]


def test_a_ban_on_the_past_that_lets_the_future_pass_is_told_so():
    (message, passing), (_, banning) = cards("is_causal", "a ban on the past")
    assert (passing.got.value, banning.got.value) == (True, False)
    assert "forbid what is allowed" in message and "allow what is not" in message


@pytest.mark.parametrize(
    "mistake", ["a loop that does not reach the end", "a loop that begins late", "the first output alone"]
)
def test_what_may_be_one_output_is_not_told_in_the_plural(mistake):
    for message, example in cards("causal_conv_loop", mistake):
        assert example.case["x"].shape[:2] == (1, 1)
        assert "utputs" not in message.partition(".")[0]


def test_lists_of_sequences_that_are_one_are_in_the_card_of_rows_that_are():
    cases = cards("causal_conv_loop", "rows that are one list")
    assert any(example.case["x"].shape[1] == 1 for _, example in cases)
    assert all("* D" not in message and "All rows" not in message for message, _ in cases)


@pytest.mark.parametrize("name", ["causal_conv_loop", "causal_conv"])
def test_every_name_rests_on_more_than_a_few_cases(name):
    for known in exercise(f"01.{name}").misconceptions:
        assert min(telling(f"01.{name}", known.name)) > 3, known.name


@pytest.mark.parametrize("name", ["causal_conv_loop", "causal_conv"])
def test_a_card_about_several_taps_shows_samples_that_differ(name):
    for known in exercise(f"01.{name}").misconceptions:
        for _, example in cards(name, known.name):
            x, weight = example.case["x"], example.case["weight"]
            assert x.all() and (weight.shape[1] == 1 or x.unique().numel() > 1), known.name
