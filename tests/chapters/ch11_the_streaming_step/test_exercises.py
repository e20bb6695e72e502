"""What the cards of notebook 11 say, and the case that each shows beside it."""

import inspect

import pytest
import torch
import torch.nn.functional as F
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch11_the_streaming_step.exercises import (
    GENERATE,
    KV_OVERTAKES,
    MENDED_STREAM,
    generate,
    lively_block,
)
from lite_mamba.course.chapters.ch11_the_streaming_step.exercises.mended_stream import GIVEN
from lite_mamba.course.checking import edits
from lite_mamba.course.checking.trial import failure, judge
from lite_mamba.course.page.check import card

cards = cards_of("11")


def several_states(case):
    return case["h"].shape[-1] > 1


def leaves_a_remainder(case):
    return case["state_bytes"] % (2 * case["d_model"] * case["number_bytes"]) > 0


@pytest.mark.parametrize(
    ("name", "mistake", "shown"),
    [
        ("kv_overtakes", "two bytes for every number", lambda case: case["number_bytes"] == 4),
        ("kv_overtakes", "four bytes for every number", lambda case: case["number_bytes"] == 2),
        ("kv_overtakes", "a count that is not whole", leaves_a_remainder),
        ("kv_overtakes", "a count that is rounded to the nearest", leaves_a_remainder),
        ("kv_overtakes", "one token too many", leaves_a_remainder),
        (
            "restart",
            "an index other than zero read as a new text",
            lambda case: ((case["now"] == case["last"]) & (case["now"] > 0)).any(),
        ),
        ("block_step", "a token that goes into the history twice", lambda case: case["history"].shape[-1] > 1),
        ("block_step", "a history that is overwritten", lambda case: case["history"].shape[-1] > 1),
        ("state_update", "a state read without its way out", several_states),
        ("state_update", "a drive without its way in", several_states),
        ("state_update", "states that are added up too early", several_states),
        ("state_update", "a reading that is not added up", several_states),
        ("state_update", "a row read with the C of every row", lambda case: len(case["h"]) > 1),
        ("state_update", "an axis missing, or at another place", lambda case: case["h"].numel() > 1),
        ("generate", "an offset that does not move between the pieces", lambda case: case["tokens"] > 2),
        ("generate", "the same token fed in again and again", lambda case: case["tokens"] > 2),
        ("generate", "all generated tokens fed in again", lambda case: case["tokens"] > 2),
        ("generate", "the axis of the rows for that of the tokens", lambda case: case["prompt"].shape[0] > 1),
        ("generate", "the axis of the numbers for that of the tokens", lambda case: case["prompt"].shape[2] > 1),
        ("mended_stream", "only an index that grows", lambda case: (case["segment"] < case["last"]).any()),
        ("mended_stream", "a history that moves on by one", lambda case: case["x"].shape[-1] > 1),
        (
            "mended_stream",
            "a history that ends too early",
            lambda case: case["x"].shape[-1] > case["history"].shape[-1],
        ),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_seen(name, mistake, shown):
    assert all(shown(example.case) for _, example in cards(name, mistake))


def test_the_bug_hunt_shows_a_new_mistake_where_it_is_made_and_not_one_that_is_left():
    for known in MENDED_STREAM.misconceptions:
        for wrong in known.answers:
            _, every, names = edits._made[wrong]
            own = [edit for edit in every if edit not in GIVEN.values()]
            if own and len(own) < len(every):
                alone = edits.edited(MENDED_STREAM.reference, *own, **names)
                assert failure(MENDED_STREAM, alone, judge(MENDED_STREAM, wrong).example.case), known.name


def test_parts_of_one_size_are_asked_for_and_do_not_come():
    for message, example in cards("block_step", "three parts of one size"):
        assert len(example.case["weights"]["x_proj"]) % 3
        assert message.startswith("You ask for")


def test_a_state_of_zero_does_not_grow_with_a_decay_above_one():
    for message, example in cards("block_step", "A without its sign"):
        zero = example.case["h"] == 0
        assert zero.any() and (example.got.value[2] == example.expected.value[2])[zero].all()
        assert "each decay, exp(Δ·A), is above one" in message


def test_a_skip_of_another_signal_is_not_said_to_be_that_of_u():
    (message, first), (_, second) = cards("block_step", "a skip added twice")
    assert first.got.value[0] != second.got.value[0]  # D·u and D·x
    assert "a skip" in message and "D·u" not in message


def test_a_history_that_is_right_is_not_said_to_hold_the_token_twice():
    examples = cards("block_step", "a token that goes into the history twice")
    assert any((one.got.value[1] == one.expected.value[1]).all() for _, one in examples)
    assert all(message.startswith("The present token goes in twice") for message, _ in examples)


def test_a_negative_bias_added_twice_makes_steps_smaller_and_not_shorter():
    for message, example in cards("state_update", "the bias added twice"):
        given, bias = example.case["delta"], example.case["dt_bias"]
        assert bias < 0 and F.softplus(given + bias) + bias < 0  # a negative step has no length
        assert "smaller where the bias is negative" in message


def test_softplus_taken_twice_makes_each_step_larger_but_not_each_as_large_as_ln_2():
    given, bias = torch.linspace(-6, 6, 25)[:, None], torch.linspace(-6, 6, 25)
    once = F.softplus(given + bias)
    inside, between = F.softplus(once), F.softplus(F.softplus(given) + bias)
    assert (inside > once).all() and (between > once).all() and between.min() < 0.1
    assert all("each time makes it larger" in message for message, _ in cards("state_update", "softplus taken twice"))


def test_a_drive_of_delta_and_B_is_another_one_for_each_token():
    mistake = mistake_of("11.state_update", "a drive without its input")
    wrong, *_ = mistake.answers
    case = judge(exercise("11.state_update"), wrong).example.case
    other = {**case, "B": case["B"] + 1}
    assert (wrong(**case)[1] != wrong(**other)[1]).all()
    assert "every token" not in mistake.message


def test_an_offset_that_does_not_fit_is_shown_beside_the_tokens_of_each_call():
    for message, example in cards("generate", "an offset that does not fit the tokens"):
        assert "the two lists below" in message
        assert "tokens in each call: [" in str(example.raised) and "seqlen_offset at each call: [" in str(
            example.raised
        )


def test_an_offset_that_moves_too_early_need_not_be_wrong_at_the_first_call():
    (message, _), (_, later) = cards("generate", "an offset that moves before the call")
    assert "seqlen_offset at each call: [0," in str(later.raised) and "very first" not in message


def test_an_offset_that_is_too_large_once_is_not_said_to_move_first_in_the_loop():
    extra = edits.edited(GENERATE.reference, "outputs = [out → stream.seqlen_offset += 1; outputs = [out")
    verdict = judge(GENERATE, extra, quiet=True)
    assert verdict.misconception.name == "an offset that moves before the call"
    assert "in your loop" not in verdict.misconception.message  # there the call comes first


def test_the_block_of_a_failing_case_can_be_made_again():
    verdict = judge(GENERATE, lambda block, prompt, chunk, tokens: prompt, quiet=True)
    case = verdict.example.case
    assert case.keys() == inspect.signature(GENERATE.reference).parameters.keys()
    rows = dict(card(GENERATE, verdict).rows)
    again = eval(rows["block"], {"lively_block": lively_block})
    with torch.no_grad():
        made = generate(again, case["prompt"], case["chunk"], case["tokens"])
    torch.testing.assert_close(made, verdict.example.expected.value["the result"])


def test_a_stream_for_each_piece_is_not_said_to_be_one_for_each_call():
    examples = [example for _, example in cards("generate", "a fresh InferenceParams for each piece")]
    assert any(example.raised is None and example.got.value["streams"] == 2 for example in examples)


def test_a_short_piece_may_come_first_and_the_last_one_be_full():
    examples = cards("generate", "a short piece before the last")
    read = [(one.got.value["the list of the tokens in each call"], one.case["chunk"]) for _, one in examples]
    assert any(first < chunk == last for (first, *_, last, _), chunk in read)
    assert all("a call before the last one" in message for message, _ in examples)


def test_a_part_may_be_left_out_of_a_prompt_that_is_whole_chunks_long():
    examples = cards("generate", "a part of the prompt left out")
    assert any(one.case["prompt"].shape[1] % one.case["chunk"] == 0 for _, one in examples)
    assert all("multiple" not in message for message, _ in examples)


def test_not_most_tokens_go_in_again_where_short_pieces_overlap():
    for message, example in cards("generate", "pieces that overlap"):
        assert example.case["prompt"].shape[1] == 4  # in pieces of two, the first goes in once, and so may the last
        assert example.case["chunk"] == 2 and "most" not in message


def test_a_reset_turned_round_may_leave_the_history_right():
    examples = cards("mended_stream", "the rows that go on are reset")
    assert any((one.got.value[1] == one.expected.value[1]).all() for _, one in examples)
    assert all("start afresh" not in message for message, _ in examples)


def test_the_differences_that_a_card_names_are_those_of_its_case():
    for message, example in cards("restart", "a difference used as a factor"):
        assert {1, -4} <= set((example.case["now"] - example.case["last"]).tolist())
        assert "may be 1 or −4" in message


def test_a_row_whose_last_index_alone_is_zero_is_not_said_to_be_cleared():
    for message, example in cards("restart", "an index of zero read as a new text"):
        only_last = (example.case["last"] == 0) & (example.case["now"] != 0)
        assert (example.got.value[1][only_last] == example.case["h"][only_last]).all() and only_last.any()
        assert "whose present index is 0" in message


@pytest.mark.parametrize(
    "name",
    ["a history that is returned as it came", "a state that is returned as it came", "a history that grows"],
)
def test_what_a_reset_has_cleared_is_not_said_to_be_what_came_before(name):
    item = 2 if "state" in name else 1
    examples = cards("mended_stream", name)
    assert any(
        (one.got.value[item][one.case["segment"] != one.case["last"]][..., :1] == 0).all() for _, one in examples
    )
    assert not any("before" in message for message, _ in examples)


COUNTED_IN_A_LOOP = {
    "the last token at which the cache is not larger": lambda tokens, each, kept: (tokens + 1) * each > kept,
    "equal counted as larger": lambda tokens, each, kept: tokens * each >= kept,
    "one token too many": lambda tokens, each, kept: (tokens - 1) * each > kept,
    "a token of twice its size": lambda tokens, each, kept: tokens * 2 * each > kept,
    "a factor on the wrong side": lambda tokens, each, kept: tokens * each > 2 * 2 * kept,
}


@pytest.mark.parametrize("name", COUNTED_IN_A_LOOP)
def test_who_counts_tokens_in_a_loop_is_told_of_no_division(name):
    def kv_overtakes(state_bytes, d_model, number_bytes):
        tokens, each = 0, 2 * d_model * number_bytes
        while not COUNTED_IN_A_LOOP[name](tokens, each, state_bytes):
            tokens += 1
        return tokens

    known = judge(KV_OVERTAKES, kv_overtakes, quiet=True).misconception
    assert known.name == name
    assert not any(word in known.message for word in ("divide", "division", "round"))


def test_a_delta_that_is_changed_in_the_call_is_not_said_to_be_changed_in_its_own_line():
    for name, handed_over in (
        ("one mistake left: the bias", 'delta + weights["dt_bias"][:, None]'),
        ("a softplus taken twice", "F.softplus(delta)"),
    ):
        wrong = edits.edited(
            MENDED_STREAM.reference, f"selective_scan_fn(u, delta → selective_scan_fn(u, {handed_over}"
        )
        known = judge(MENDED_STREAM, wrong, quiet=True).misconception
        assert known.name == name and "line for delta" not in known.message


def test_a_row_read_with_the_C_of_every_row_need_not_be_a_product():
    for message, _ in cards("state_update", "a row read with the C of every row"):
        assert message.startswith("You read")
