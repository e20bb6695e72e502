"""What cards of notebook 12 say is seen in the case beside it, and true of each spelling of the mistake."""

import pytest
import torch
from known_cards import cards_of

from lite_mamba.course.chapters import exercise

cards = cards_of("12")


def test_noise_with_the_id_of_a_recall_is_not_told_that_a_recall_has_the_next_one():
    found = cards("fixed_copying", "one id for noise and recall")
    right = [torch.equal(example.got.value[:, -1], example.expected.value[:, -1]) for _, example in found]
    assert right == [False, True]  # in the second it is noise that has the wrong id
    assert all("Noise is the id after the last symbol" in message for message, _ in found)


def test_data_0_is_a_row_and_no_symbol():
    for one in exercise("12.selective_copying").misconceptions:
        assert "data[0]" not in one.message


def test_symbols_at_the_start_need_not_be_fixed_copying():
    found = cards("selective_copying", "symbols that stay at the start")
    kept = [torch.equal(example.got.value[:, : example.case["data"].shape[1]], example.case["data"])
            for _, example in found]  # fmt: skip
    assert any(kept) and not all(kept)
    assert all("as in fixed copying" in message for message, _ in found)


def test_a_bound_is_named_and_no_other_rows_where_there_is_a_single_one():
    found = cards("selective_copying", "numbers above a bound")
    assert any(len(example.case["data"]) == 1 for _, example in found)
    assert all("rows" not in message for message, _ in found)
    (_, shared), *more = cards("selective_copying", "the largest numbers of all rows")
    assert len(shared.case["data"]) > 1 and not more


def test_sums_that_grow_along_the_row_fade_its_end_most():
    for message, example in cards("left_at_the_end", "the tokens before"):
        assert (example.got.value.diff() < 0).all() and "grow along the row" in message


def test_a_quotient_of_0_and_0_asks_for_no_long_row():
    for message, example in cards("left_at_the_end", "a quotient of 0 and 0"):
        assert len(example.case["delta"]) < 10 and "long row" not in message
        assert example.case["delta"].sum() > 30 and "the Δ add up to much" in message


def test_what_is_counted_or_taken_away_is_said_of_each_spelling():
    (*_, (message, own_too)) = cards("left_at_the_end", "steps taken as equal")
    assert own_too.got.value[-1] < 1 and "later tokens," not in message
    found = cards("left_at_the_end", "a difference of two exponentials")
    assert [bool((example.got.value > -1e-6).all()) for _, example in found] == [False, True]
    assert all("differences of two exponentials" in message for message, _ in found)
    found = cards("left_at_the_end", "no exponential")
    exponents = [example.case["A"] * (example.case["delta"].sum() - example.case["delta"].cumsum(0))
                 for _, example in found]  # fmt: skip
    torch.testing.assert_close(found[1][1].got.value, -exponents[1])
    assert all("or without its sign" in message for message, _ in found)


def test_the_id_that_grows_by_1_may_be_that_of_the_cue():
    found = cards("induction_heads", "the next id in the place of the next token")
    assert (found[1][1].got.value[1] == found[1][1].case["n_symbols"] + 1).all()
    assert all("add 1 to an id" in message for message, _ in found)


def test_the_symbol_before_the_last_is_not_said_to_be_the_last():
    (message, last), (_, before) = cards("induction_heads", "the last symbol as the answer")
    for example, column in ((last, -1), (before, -2)):
        assert torch.equal(example.got.value[1][:, 0], example.case["symbols"][:, column])
    assert "the last symbol, or the one before it" in message


def test_as_many_pieces_as_chunk_says_are_not_said_to_have_another_length():
    found = cards("last_logits", "a number of pieces in the place of their length")
    (tokens,), chunk = found[0][1].case["tokens"], found[0][1].case["chunk"]
    assert max(map(len, tokens.chunk(chunk))) > chunk  # so many pieces are longer than that
    assert all("You take `chunk` for the number of pieces, or" in message for message, _ in found)


def test_recalls_at_the_start_may_be_hidden_by_symbols_and_are_said_to_be_written():
    found = cards("selective_copying", "recalls at the start")
    hidden = [bool((example.got.value[:, :2] < example.case["n_symbols"]).any()) for _, example in found]
    assert hidden == [True, False, False]
    assert all("You write the recalls" in message for message, _ in found)


def test_rows_in_pieces_are_seen_in_a_single_row_too_which_goes_in_whole():
    found = cards("last_logits", "rows in pieces")
    single = [example for _, example in found if len(example.case["tokens"]) == 1]
    assert single and all(example.raised or example.got.value["longer pieces than chunk"] for example in single)
    assert all(example.case["tokens"].shape[1] > example.case["chunk"] for example in single)
    assert all("and each goes in whole" in message for message, _ in found)


def test_what_a_later_line_writes_over_is_said_to_be_written_and_not_to_be_there():
    """Places and recalls share tokens: where a symbol is put down last it hides a recall, and the other way round."""
    for mistake, written, there in (
        ("each symbol one place too late", "You put each symbol", lambda row, n: (row < n).sum() == 2),
        ("the first token taken for the last", "You write a recall at the first", lambda row, n: row[0] == n + 1),
        ("more recalls than symbols", "You write more recalls than", lambda row, n: (row == n + 1).sum() > 2),
    ):
        found = cards("selective_copying", mistake)
        rows = [(row, example.case["n_symbols"]) for _, example in found for row in example.got.value]
        assert sum(bool(there(*row)) for row in rows) == len(rows) - 1  # in one it is hidden
        assert all(written in message for message, _ in found)


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("induction_heads", "the place of the answer", lambda case, got: (got[1] != case["n_symbols"]).all()),
        ("last_logits", "an answer for every piece", lambda case, got: case["tokens"].shape[1] > case["chunk"]),
        ("last_logits", "tokens that never go in", lambda case, got: case["tokens"].shape[1] > case["chunk"]),
    ],
)
def test_the_case_of_a_card_shows_what_the_card_says(name, mistake, seen):
    """A place that is no cue's id, a piece for each answer, two pieces with a token between them."""
    for _, example in cards(name, mistake):
        assert seen(example.case, example.got.value)


def recalls_look_alike(tokens, case):
    return tokens[:, -2:].unique().numel() == 1


def symbols_come_first(tokens, case):
    return (tokens[:, 0] < case["n_symbols"]).all()


def cues_stand_in_the_place_of_symbols(result, case):
    tokens, symbols = result[0], case["symbols"]
    return tokens.shape == symbols.shape and ((tokens != symbols).sum(1) == 2).all()


@pytest.mark.parametrize(
    ("name", "mistake", "belied", "asked"),
    [
        ("fixed_copying", "recalls that are numbered", "They", recalls_look_alike),
        ("selective_copying", "recalls that are numbered", "They", recalls_look_alike),
        ("fixed_copying", "symbols in front of the recalls", "They", symbols_come_first),
        ("induction_heads", "a cue that pushes the symbols", "It stands", cues_stand_in_the_place_of_symbols),
        ("induction_heads", "a cue behind the row", "It stands", cues_stand_in_the_place_of_symbols),
    ],
)
def test_what_should_be_is_not_said_of_what_came(name, mistake, belied, asked):
    """The second sentence is true of what is expected and not of what came: "they" would be the recalls that came."""
    for message, example in cards(name, mistake):
        assert asked(example.expected.value, example.case) and not asked(example.got.value, example.case)
        assert f". {belied} " not in message


def test_a_product_with_the_sum_itself_is_not_said_to_be_an_exponential_of_a_sum():
    (message, example), _ = cards("left_at_the_end", "an exponential of A alone")
    later = example.case["delta"].sum() - example.case["delta"].cumsum(0)
    torch.testing.assert_close(example.got.value, torch.tensor(example.case["A"]).exp() * later)
    assert "its exponential, as exp(A + sum) does" in message
