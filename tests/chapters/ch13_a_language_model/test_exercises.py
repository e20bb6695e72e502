"""What the cards of notebook 13 say stands in the case beside it, and is true of each spelling of a mistake."""

from collections import Counter

import pytest
import torch
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters.ch13_a_language_model.exercises import held_out

cards = cards_of("13")


def names_that_differ(paths, share):
    """Names of which one file is held out, and one of another folder not."""
    fates = [(path.rpartition("/")[2], out) for path, out in zip(paths, held_out(paths, share), strict=True)]
    return {name for name, out in fates if (name, not out) in fates}


def of_one_name(case, got):
    """Whether two files of one name share a fate that they should not share."""
    names = [path.rpartition("/")[2] for path in case["paths"]]
    answers = [{out for one, out in zip(names, got, strict=True) if one == name} for name in names_that_differ(**case)]
    return answers and all(len(each) == 1 for each in answers)


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("bits_per_byte", "a median in the place of a mean", lambda case, got: len(case["ids"][1:]) % 2 == 1),
        ("ngram", "a place too many", lambda case, got: len(case["text"]) < 20),
        ("ngram", "an end behind which nothing stands", lambda case, got: len(case["text"]) < 20),
        (
            "ngram",
            "the byte before in the place of the byte after",  # in front of the first byte, text[-1] is the last one
            lambda case, got: (
                not any(case["text"].startswith(case["context"][i:]) for i in range(len(case["context"])))
            ),
        ),
        ("held_out", "most files held out", lambda case, got: len(got) / 2 < sum(got) < len(got)),
        ("held_out", "the name without its folder", of_one_name),
        ("draw_byte", "the same byte always at temperature 0", lambda case, got: case["temperature"] == 0),
        ("draw_byte", "the byte before", lambda case, got: got >= 0),
        ("draw_byte", "no softmax", lambda case, got: case["logits"].isfinite().all()),
        ("window_bits", "a model that wakes up anew in each window", lambda case, got: got["the result"] > 0),
        ("window_bits", "guesses that are not counted", lambda case, got: case["window"] > 1),
        ("window_bits", "a step that is one too long", lambda case, got: got["the result"] > 0),
        ("window_bits", "a byte that is read twice", lambda case, got: case["window"] > 1),
        (
            "window_bits",
            "full windows, each by itself",
            lambda case, got: all((len(case["ids"]) - guessed) % case["window"] for guessed in (0, 1)),
        ),
        (
            "window_bits",
            "a few bytes of the past",
            lambda case, got: any(start > 8 for start in range(0, len(case["ids"]) - 1, case["window"])),
        ),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def test_guesses_that_were_wrong_are_not_said_to_be_counted_as_right():
    found = cards("bits_per_byte", "guesses counted as right or wrong")
    assert [example.got.value for _, example in found] == [0, 1]
    assert all("how often the likeliest byte came, or how often it did not" in message for message, _ in found)


def test_digits_that_are_rounded_up_are_not_said_to_be_cut_off():
    found = cards("bits_per_byte", "a rounded number")
    assert any(example.got.value > example.expected.value for _, example in found)
    assert all("digits that you round away" in message and "cut off" not in message for message, _ in found)


def test_the_empty_end_is_found_by_a_slice_that_is_given_its_length():
    ((message, example),) = cards("ngram", "a slice that is given its length")
    text, context = example.case.values()
    for size in range(len(context) + 1):
        found = [i for i in range(len(text) - size) if text[i:size] == context[len(context) - size :]]
        assert found == [0] if size else len(found) == len(text)
    assert "an end of one byte or more is found only where the text begins" in message


def test_a_line_end_is_not_said_to_stand_behind_an_end():
    ((message, example),) = cards("ngram", "line ends that are not counted")
    end, other = b"\n("
    assert example.got.value[end] < example.expected.value[end] and example.got.value[other] > 0.3  # others are counted
    assert "so no line end is ever counted" in message


def test_several_places_left_out_are_not_called_one():
    assert all(
        message.startswith("You leave out places") for message, _ in cards("ngram", "first or last places left out")
    )


@pytest.mark.parametrize("mistake", ["another divisor", "another remainder", "a size in the place of a divisor"])
def test_one_file_in_share_is_about_one(mistake):
    found = cards("held_out", mistake)
    assert any(
        sum(example.expected.value) * example.case["share"] != len(example.case["paths"]) for _, example in found
    )
    assert all("about one" in message for message, _ in found)


def test_a_negative_number_is_not_said_to_be_a_mean_of_probabilities():
    found = cards("bits_per_byte", "probabilities without a logarithm")
    assert [example.got.value < 0 for _, example in found] == [True, True, False]
    assert all("with a minus or without" in message for message, _ in found)


def test_an_end_that_stands_at_most_places_is_not_said_to_be_rare():
    *_, (message, example) = cards("ngram", "ends with few followers left out")
    text, context = example.case.values()
    followers = sum(text[i : i + 1] == context[-1:] for i in range(len(text) - 1))
    assert followers > len(text) / 2 and followers / (followers + 1) > 0.5  # and they weigh more than p
    assert "rare" not in message and "the more the one observation of p weighs" in message


def test_a_file_without_a_folder_is_not_said_to_lose_its_folder_alone():
    found = cards("held_out", "the name without its folder")
    wrong = [
        path
        for _, example in found
        for path, *answers in zip(example.case["paths"], example.expected.value, example.got.value, strict=True)
        if answers[0] != answers[1]
    ]
    assert any("/" not in path for path in wrong)
    assert all("with its ending or without" in message for message, _ in found)


def test_a_line_that_becomes_shorter_is_not_said_to_be_stretched():
    for message, example in cards("draw_byte", "a temperature behind the softmax"):
        assert example.case["temperature"] > 1  # by which the line is divided
        assert "longer or shorter" in message


def test_a_whole_number_is_not_said_to_be_the_largest_logit_itself():
    (message, whole), (_, itself) = cards("draw_byte", "the largest logit in the place of its byte")
    assert whole.got.value == int(whole.case["logits"].max()) != whole.case["logits"].max()
    assert itself.got.value == itself.case["logits"].max() and "or what `int` leaves of it" in message


def test_a_border_without_a_byte_on_its_left_is_said_to_have_none():
    found = cards("draw_byte", "a piece that holds its right end")
    assert {example.case["u"] for _, example in found} == {0} and [example.got.value for _, example in found][1:] == [
        -1,
        3,
    ]
    assert all("at 0 may find none" in message for message, _ in found)


def test_pieces_that_are_not_all_equal_are_not_said_to_be():
    counts = [sum(round(u / 1000 * 3) == byte for u in range(1000)) for byte in range(4)]
    assert counts[0] < counts[1] > counts[3]
    assert all("equal pieces, or nearly so" in message for message, _ in cards("draw_byte", "pieces of one length"))


def times_read(window_bits, ids, window):
    """How often each byte of a text is read, by its place."""
    read = Counter()

    def model(ids, stream=None):
        read.update(ids[0].tolist())
        return torch.zeros(*ids.shape, 256)

    window_bits(model, torch.arange(len(ids)), window)
    return read


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        ("a window that slides", lambda read: sum(times > 1 for times in read.values()) > len(read) / 2),
        ("one window of the past", lambda read: set(read.values()) == {1, 2}),  # the last one is read once
    ],
)
def test_bytes_are_said_to_be_read_as_often_as_they_are(mistake, says):
    answers = mistake_of("13.window_bits", mistake).answers
    for answer, (message, example) in zip(answers, cards("window_bits", mistake), strict=True):
        assert says(times_read(answer, example.case["ids"], example.case["window"]))
        assert "each byte is read twice" not in message


def test_a_row_tells_what_the_stub_says_of_the_window():
    ((_, example),) = cards("window_bits", "pieces longer than the window")
    assert example.got.value["more bytes than the window in one call"] is True
