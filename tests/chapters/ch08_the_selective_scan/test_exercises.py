"""What a card of notebook 08 says can be seen in the case beside it, and is true of every spelling of the mistake."""

import re

import pytest
import torch
import torch.nn.functional as F
from known_cards import cards_of, mistake_of

from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch08_the_selective_scan.exercises import continue_scan
from lite_mamba.course.chapters.ch08_the_selective_scan.exercises.gradients_are_right import FUNCTIONS
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card

cards = cards_of("08")

SCANS = "discretise", "scan_loop", "scan_from", "mended_chunk"
SEVERAL_TOKENS = re.compile(
    r"[Ee]very (output|token)|[Ee]ach (drive|output|turn)|tokens? (before|after)|[Aa]ll (drives|tokens|decays)|"
    r"tokens are added|states after every|one behind the other|the next token|in every (turn|step)"
)


def speaking_of_several_tokens():
    for name in SCANS:
        for known in exercise(f"08.{name}").misconceptions:
            if SEVERAL_TOKENS.search(f"{known.name}. {known.message.partition('. ')[0]}"):
                yield name, known.name


@pytest.mark.parametrize(("name", "mistake"), list(speaking_of_several_tokens()))
def test_a_card_that_tells_what_happens_from_token_to_token_shows_several(name, mistake):
    for _, example in cards(name, mistake):
        assert example.case.get("u", example.case.get("deltaA")).shape[2] > 1


@pytest.mark.parametrize(
    ("name", "mistake", "made"),
    [
        # from a state of zeros, the second token is the first that has an old state
        ("scan_loop", "what is lost in the place of what is left", lambda case: case["deltaA"].shape[2] > 1),
        ("scan_loop", "a decay on the drive alone", lambda case: case["deltaA"].shape[2] > 1),
        ("scan_loop", "decay and drive exchanged", lambda case: case["deltaA"].shape[2] > 1),
        ("scan_loop", "a division by a product of decays", lambda case: (case["deltaA"].cumprod(2) == 0).any()),
        ("scan_from", "a place of the last state", lambda case: len(case["deltaA"]) > 1),  # h[-1] of one is all of it
        ("mended_chunk", "no output for the first token", lambda case: case["u"].shape[2] > 1),
        ("gradients_are_right", "right functions that fail", lambda case: FUNCTIONS[case["function"]]),
        (
            "gradients_are_right",
            "a backward that runs is taken for right",
            lambda case: not FUNCTIONS[case["function"]],
        ),
        ("gradients_are_right", "inputs that do not count", lambda case: not FUNCTIONS[case["function"]]),
        ("gradients_are_right", "tolerances that are too wide", lambda case: not FUNCTIONS[case["function"]]),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, made):
    assert all(made(example.case) for _, example in cards(name, mistake))


def test_each_function_that_is_checked_has_a_name_that_tells_it_from_the_others():
    assert len({function.__name__ for function in FUNCTIONS}) == len(FUNCTIONS)
    for function, right in FUNCTIONS.items():
        assert right == bool(re.fullmatch(r"((10 000 \+|0 ·) )?\w+", function.__name__))


def test_wide_tolerances_are_not_said_to_pass_small_errors_alone():
    examples = cards("gradients_are_right", "tolerances that are too wide")
    assert any("detached" in example.case["function"].__name__ for _, example in examples)  # wrong by all of it
    assert all("percent" not in message for message, _ in examples)


def test_a_small_number_that_is_divided_by_stands_in_the_card_of_the_division():
    for name in ("scan_loop", "scan_from"):
        examples = cards(name, "a division by a product of decays")
        values = [example.got.value if name == "scan_loop" else example.got.value[0] for _, example in examples]
        assert not all(value.isnan().any() for value in values)
        assert all("or by a small number in its place" in message for message, _ in examples)


def test_an_index_at_another_axis_is_not_said_to_be_wrong_once():
    def at(case, steps, reads):
        """The outputs, t at the axis `steps` of decay and drive, and at the axis `reads` of C."""
        h, outputs = torch.zeros(()), []
        for t in range(case["deltaA"].shape[2]):
            h = case["deltaA"].select(steps, t) * h + case["deltaB_u"].select(steps, t)
            outputs.append(torch.einsum("b d n, b n -> b d", h, case["C"].select(reads, t)))
        return torch.stack(outputs, -1)

    found = cards("scan_loop", "an index at another axis")
    where = [
        [axes for axes in ((1, 2), (3, 2), (2, 1)) if torch.allclose(one.got.value, at(one.case, *axes))]
        for _, one in found
    ]
    assert {(1, 2), (3, 2), (2, 1)} == {axes for (axes,) in where}  # two tensors of the three, or one
    assert all("in at least one of the tensors" in message for message, _ in found)


def test_a_loop_that_runs_backwards_is_told_of_what_it_reads_and_not_where_that_stands():
    (message, unturned), (_, turned) = cards("scan_loop", "a loop from the last token to the first")
    assert torch.equal(unturned.got.value.flip(-1), turned.got.value)  # the first number may be the last token's
    assert "what is read at a token knows the tokens after it" in message


def test_outputs_that_are_cut_off_from_the_state_are_in_the_card_of_a_cut():
    (message, past), (_, outputs) = cards("scan_loop", "a gradient that does not reach the tokens before")
    assert "for deltaB_u" in str(past.raised) and "for deltaA and deltaB_u" in str(outputs.raised)
    assert "or the outputs from h" in message


def test_outputs_that_were_detached_are_told_so():
    ((message, example),) = cards("scan_loop", "outputs without a gradient")
    assert "detached" in message and "no_grad" not in str(example.raised)


def test_a_start_that_fades_after_it_is_read_is_not_said_to_stay_whole():
    examples = cards("scan_from", "a start that does not fade")
    assert any(torch.allclose(one.got.value[1], one.expected.value[1]) for _, one in examples)
    assert all(message.startswith("The first output reads the given state unfaded.") for message, _ in examples)


def test_a_first_token_that_is_left_out_has_no_state_after_it():
    went_on_from = set()
    for message, example in cards("mended_chunk", "no output for the first token"):
        case = example.case
        first, others = [
            {name: x[..., part] if name in ("u", "delta", "B", "C") else x for name, x in case.items()}
            for part in (slice(1), slice(1, None))
        ]
        starts = {"state": case["state"], "the state after the first token": continue_scan(**first)[1]}
        came = example.got.value[0]
        went_on_from |= {
            name for name, h in starts.items() if torch.equal(came, continue_scan(**others | {"state": h})[0])
        }
        assert "state after the first" not in message
    assert went_on_from == set(starts)


def test_a_gate_that_turns_the_sign_as_it_should_is_not_told_so():
    ((message, example),) = cards("skip_and_gate", "z without SiLU")
    below = example.case["z"] < 0
    got, expected = example.got.value[below], example.expected.value[below]
    assert torch.equal(got.sign(), expected.sign()) and (got.abs() > 2 * expected.abs()).all()
    assert "sign" not in message and "as wide as a positive one" in message


def test_a_silu_around_sum_and_z_is_in_its_card():
    found = cards("skip_and_gate", "SiLU around what is gated")
    sums = [(case["y"] + case["D"][:, None] * case["u"], case["z"]) for case in (example.case for _, example in found)]
    with_z = [torch.equal(one.got.value, F.silu(both * z)) for (_, one), (both, z) in zip(found, sums, strict=True)]
    assert sum(with_z) == 1 and all("with z or without" in message for message, _ in found)


def test_a_quotient_of_infinities_that_was_made_zero_is_in_its_card():
    for message, example in cards("skip_and_gate", "an exponential that overflows"):
        (came,) = example.got.value[example.case["z"] == 100]
        assert ("not a number" if came.isnan() else "or 0 behind nan_to_num") in message


@pytest.mark.parametrize(
    "mistake",
    ["a state without gradient", "a next state without gradient", "a next state that forgets the start"],
)
def test_the_state_that_a_chunk_hands_on_has_one_name(mistake):
    chosen = exercise("08.mended_chunk")
    for wrong in mistake_of(chosen.id, mistake).answers:
        rows = dict(card(chosen, judge(chosen, wrong)).rows)
        assert "the next state" in rows["expected"] and "the next state" in rows["got"]
    assert all("last state" not in f"{one.name}. {one.message}" for one in chosen.misconceptions)


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        ("summed over the states", lambda u, d, A, B: (torch.exp(d * A.sum(1)[:, None]), d * u * B.sum(1)[:, None])),
        (
            "B summed over the states",
            lambda u, d, A, B: (
                torch.exp(d[..., None] * A[:, None]),
                (d * u * B.sum(1)[:, None])[..., None].expand(*u.shape, A.shape[1]),
            ),
        ),
    ],
)
def test_a_sum_without_einsum_is_not_told_of_a_letter_that_is_missing(mistake, wrong):
    known = judge(exercise("08.discretise"), wrong, quiet=True).misconception
    assert known.name == mistake and "einsum does so if the letter" in known.message
