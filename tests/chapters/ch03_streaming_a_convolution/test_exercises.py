"""The failing case that notebook 03 shows is made of digits, so that an output tells what it has read."""

import re
from pathlib import Path

import pytest
import torch
from known_cards import cards_of, telling

from lite_mamba import Mamba, __version__, causal_dilated_conv1d_fn
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch03_streaming_a_convolution.exercises import (
    conv_step,
    gated_conv_step,
    push,
    suspect_step,
)
from lite_mamba.course.checking.trial import judge

cards = cards_of("03")

ROOT = Path(__file__).parents[3]


def notebook(name):
    return (ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8")


def pushed_then_conv_step(x, history, weight, bias, dilation):
    moved = push(history, x)
    return conv_step(x, moved, weight, bias, dilation)[0], moved


def pushed_then_gated(x, history, weights, biases, gates, dilations):
    moved = push(history, x)
    return gated_conv_step(x, moved, weights, biases, gates, dilations)[0], moved


def mended_into_one_path(x, history, weight, bias, dilation):
    window = torch.cat([history, x.unsqueeze(-1)], dim=-1)
    return (window[..., dilation * torch.arange(weight.shape[-1])] * weight).sum(-1) + bias, window[..., 1:]


@pytest.mark.parametrize(
    ("id", "attempt", "name"),
    [
        ("03.conv_step", pushed_then_conv_step, "reading after writing"),
        ("03.gated_conv_step", pushed_then_gated, "pushed first, then read"),
        ("03.mended_step", mended_into_one_path, "counted from the oldest sample"),
    ],
)
def test_a_mistake_is_called_by_its_name_on_a_case_of_digits(id, attempt, name):
    verdict = judge(exercise(id), attempt)
    assert verdict.misconception.name == name
    case = verdict.example.case
    kernel = case["weights"][0] if "weights" in case else case["weight"]
    assert kernel.tolist() in ([[1]], [[10, 1]], [[100, 10, 1]], [[1000, 100, 10, 1]])


def wrong_outputs_of_the_suspect(x, taps, dilation):
    weight, bias = torch.tensor([taps]), torch.zeros(1)  # (1, W), (1,)
    history, outputs = torch.zeros(1, 1, max(1, (len(taps) - 1) * dilation)), []
    for sample in x.view(-1, 1, 1):
        y, history = suspect_step(sample, history, weight, bias, dilation)
        outputs.append(y)
    one_pass = causal_dilated_conv1d_fn(x.view(1, 1, -1), weight, bias, dilation=dilation)
    return (~torch.isclose(torch.stack(outputs, dim=-1), one_pass, atol=1e-5)).flatten().nonzero().flatten().tolist()


@pytest.mark.parametrize("dilation", [2, 3, 8])
def test_the_mistake_hides_where_think_says_so(dilation):
    x = torch.randn(60, generator=torch.Generator().manual_seed(0))
    for taps in ([1.0, 4.0, 4.0, 1.0], [3.0]):
        assert wrong_outputs_of_the_suspect(x, taps, dilation) == []
    assert wrong_outputs_of_the_suspect(x, [1.0, 4.0, 4.0, 2.0], dilation)
    filling = list(range(2 * dilation))  # while zeros are in the history
    assert wrong_outputs_of_the_suspect(torch.ones(60), [1.0, 2.0, 3.0], dilation) == filling


def test_a_lost_state_is_wrong_for_more_than_a_thousand_steps():
    kept = torch.zeros(())
    x = torch.randn(6000, generator=torch.Generator().manual_seed(0))
    for sample in x[:1000]:
        kept = 0.99 * kept + sample
    lost, differ = torch.zeros(()), []
    for sample in x[1000:]:
        kept, lost = 0.99 * kept + sample, 0.99 * lost + sample
        differ.append(bool(kept != lost))
    assert all(differ[:1000]) and not any(differ[3000:])


def test_the_samples_of_the_step_by_hand_are_told_before_the_cell_that_works_it_out():
    before, _, code = notebook("03_streaming_a_convolution").partition("small_history, sample = ")
    (given,) = re.findall(r"The new sample is (\d)\. The history holds ([\d ]+),", before)
    history, new = re.match(r"\[(.*?)\], (\d)", code).groups()
    assert given == (new, history.replace(",", ""))


def test_a_block_can_have_several_branches_and_begins_with_one():
    assert Mamba(d_model=8).conv_dilations == (1,)
    for name in ("02_dilation_and_receptive_field", "03_streaming_a_convolution"):
        assert re.search(r"The front end of [^.]*block can have several branches", notebook(name))


@pytest.mark.parametrize("recorded", [False, True])
def test_the_step_of_a_block_overwrites_the_history_only_where_no_gradients_are_recorded(recorded):
    block = Mamba(d_model=8)
    history, state = block.allocate_inference_cache(batch_size=1, max_seqlen=1)
    before = history.clone()
    with torch.set_grad_enabled(recorded):
        _, moved, _ = block.step(torch.randn(1, 1, 8), history, state)
    assert not torch.equal(moved, before)
    assert torch.equal(history, before if recorded else moved)
    assert "overwrites the history only where no gradients are recorded" in notebook("03_streaming_a_convolution")


def test_the_release_that_shipped_the_suspect_is_not_taken_for_this_one():
    assert int(__version__.split(".")[0]) > 0
    assert "new from the first line. Coming from lite-mamba 0.1.4" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "lite-mamba 0.1.4; the package that you use was written anew" in notebook("03_streaming_a_convolution")


def alone(example):
    """One channel of one sequence."""
    return (example.case["ring"] if "ring" in example.case else example.case["history"]).shape[:2] == (1, 1)


def reads_the_present_sample(example):
    """In a case of digits, in which each digit of the output is a sample."""
    output = "" if example.raised else f"{example.got.value[0].item():.0f}"
    return f"{example.case['x'].item():.0f}" in output


def begins_nearer(example):
    """The first digit of the output is a later sample than that of the right one."""
    return example.raised is None and str(int(example.got.value[0])) > str(int(example.expected.value[0]))


def none_is_right(example):
    return not torch.isin(example.got.value[0], example.expected.value[0]).any()


def copied_from_an_old_neighbour(example):
    """A column holds what its neighbour held before anything was written."""
    old, got = example.case["history"], example.got.value
    return torch.equal(got[..., 1], old[..., 0]) or torch.equal(got[..., -2], old[..., -1])


def stands_once(example):
    """The sample in the last column is an old one, and no other column holds it."""
    old, new = example.case["history"], example.got.value[-1] if "weight" in example.case else example.got.value
    return new[..., -1] in old and (new == new[..., -1:]).sum() == 1


def begins_elsewhere(example):
    """The first digit of the output is another sample than that at W − (1·dilation) columns before the last."""
    case = example.case
    column = case["history"].shape[-1] - (case["weight"].shape[-1] - 1 * case["dilation"])
    return int(str(int(example.got.value[0]))[0]) != case["history"][..., column].item()


def names_a_row_with_columns(example):
    return re.search(r"(per channel: \(|dimension 2 is )[1-9]", str(example.raised))


def asks_for_the_column_behind_the_newest(example):
    return f"index {example.case['history'].shape[-1] + 1} is" in str(example.raised)


def has_one_tap(example):
    return example.case["weight"].shape[-1] == 1


def first_branch_bent_twice(example):
    x, history, *branches, gates, dilations = example.case.values()
    shares = torch.softmax(gates, dim=0)
    of_all = sum(
        share * conv_step(x, history, weight, bias, dilation)[0]
        for share, weight, bias, dilation in zip(shares, *branches, dilations, strict=True)
    )
    return not torch.allclose(torch.nn.functional.silu(of_all), example.got.value[0], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "mistake", "words", "belied"),
    [
        ("push", "another axis rolled", "changed places", alone),
        ("push", "columns overwritten before they were read", "each column was copied", copied_from_an_old_neighbour),
        ("push", "no sample at the new end", "once more", stands_once),
        ("ring_push", "rolled along another axis", "change places", alone),
        ("conv_step", "one distance too far back", "none reads the present sample", reads_the_present_sample),
        ("conv_step", "a reach of W·dilation", "begins W·dilation columns before", begins_nearer),
        ("conv_step", "neighbours from the oldest on", "the others the columns", lambda example: example.raised),
        ("conv_step", "one distance too far back", "a negative index reads", lambda example: example.raised),
        ("conv_step", "W − 1 without brackets", "is W − (1·dilation)", begins_elsewhere),
        ("conv_step", "no sample at the new end", "once more", stands_once),
        ("conv_chunk", "a reach of W·dilation", "begins W·dilation columns before", lambda example: example.raised),
        ("conv_chunk", "padded as well", "come too", none_is_right),
        (
            "conv_chunk",
            "the first outputs in place of the last",
            "these are outputs that an earlier",
            lambda one: torch.isin(one.got.value[0], one.expected.value[0]).any(),
        ),
        ("conv_chunk", "an empty chunk not returned early", "to work on nothing", names_a_row_with_columns),
        ("conv_chunk", "a silent chunk taken for an empty one", "made of the history", has_one_tap),
        ("conv_chunk", "a history lost in an empty chunk", "needs every sample", has_one_tap),
        ("gated_conv_step", "SiLU after the sum", "go through SiLU together", first_branch_bent_twice),
        (
            "gated_conv_step",
            "one dilation for all branches",
            "one and the same",
            lambda one: len(one.case["dilations"]) == 1,
        ),
        ("mended_step", "one distance too far back", "no tap reads the present sample", reads_the_present_sample),
        ("mended_step", "neighbours from the oldest on", "the others the columns", lambda example: example.raised),
        ("mended_step", "a column that is not there", "`newest` is S", asks_for_the_column_behind_the_newest),
        ("mended_step", "a reach of W·dilation", "begins W·dilation columns before", begins_nearer),
    ],
)
def test_a_card_does_not_say_what_its_own_case_belies(name, mistake, words, belied):
    messages, examples = zip(*cards(name, mistake), strict=True)
    assert any(map(belied, examples))
    assert words not in messages[0]


def several_branches(case):
    return len(case["weights"]) > 1


def unlike_branches(case):
    """Each branch adds something else, so that the output tells which one it is."""
    x, history, *branches, gates, dilations = case.values()
    outputs = [conv_step(x, history, *branch)[0] for branch in zip(*branches, dilations, strict=True)]
    added = torch.softmax(gates, dim=0)[:, None, None] * torch.nn.functional.silu(torch.stack(outputs))
    return not any(torch.allclose(one, added[0]) for one in added[1:])


@pytest.mark.parametrize(
    ("name", "mistake", "seen"),
    [
        ("conv_step", "channels added up", lambda case: case["x"].shape[1] > 1),
        ("conv_chunk", "not as many groups as channels", lambda case: case["x"].shape[1] > 1),
        (
            "gated_conv_step",
            "the history moved once a branch",
            lambda case: several_branches(case) and case["weights"][0].shape[-1] > 1,
        ),
        ("gated_conv_step", "branches that are not added", several_branches),
        ("gated_conv_step", "a history for each branch", several_branches),
        ("gated_conv_step", "SiLU on what comes in", lambda case: case["x"].all()),
        ("gated_conv_step", "shares along another axis", several_branches),
        (
            "gated_conv_step",
            "added up over another axis than the branches",
            lambda case: several_branches(case) and case["x"].shape[1] > 1,
        ),
        ("mended_step", "turned along other axes too", lambda case: case["dilation"] > 1),
        ("gated_conv_step", "SiLU once more", several_branches),
        ("gated_conv_step", "SiLU on the gates", lambda case: len(case["gates"].unique()) > 1),
        ("gated_conv_step", "only one branch", unlike_branches),
        ("gated_conv_step", "a branch left out", unlike_branches),
        ("gated_conv_step", "gates left out", lambda case: len(case["gates"].unique()) > 1),
    ],
)
def test_the_case_of_a_card_is_one_in_which_the_mistake_is_made(name, mistake, seen):
    assert all(seen(example.case) for _, example in cards(name, mistake))


def test_a_sample_behind_the_sequences_comes_with_them():
    for _, example in cards("push", "joined along another axis"):
        assert example.raised or len(example.got.value) > len(example.case["history"])


def test_what_all_branches_share_stands_in_the_name_of_the_mistake():
    name = "one kernel or one bias for all branches"
    for message, example in cards("gated_conv_step", name):
        x, history, weights, biases, *rest = example.case.values()
        shared = {
            (whose, what): gated_conv_step(
                x,
                history,
                weights[place] * len(weights) if "kernel" in what else weights,
                biases[place] * len(biases) if "bias" in what else biases,
                *rest,
            )[0]
            for whose, place in (("first", slice(1)), ("last", slice(-1, None)))
            for what in ("kernel", "bias", "kernel bias")
        }
        told = [spelling for spelling, y in shared.items() if torch.allclose(y, example.got.value[0])]
        assert told and all(whose in message and all(one in name for one in what.split()) for whose, what in told)


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("ring_push", "a ring that is one slot short"),
        ("conv_step", "column 0 left out"),
        ("mended_step", "column 0 left out"),
        ("gated_conv_step", "the history moved once a branch"),
        ("gated_conv_step", "one dilation for all branches"),
        ("gated_conv_step", "lists in different orders"),
    ],
)
def test_a_name_rests_on_more_than_a_few_cases(name, mistake):
    assert min(telling(f"03.{name}", mistake)) > 3


def columns_read(x, history, weight, dilation):
    first = history.shape[-1] - (weight.shape[-1] - 1) * dilation
    return torch.cat([history, x[..., None]], dim=-1)[..., first::dilation]


def branches_in_one_tensor(x, history, weights, biases, gates, dilations):
    read = torch.stack([columns_read(x, history, w, d) for w, d in zip(weights, dilations, strict=True)])
    outputs = torch.einsum("ibdw,idw->ibd", read, torch.stack(weights)) + torch.stack(biases)[:, None]
    return torch.softmax(gates, dim=0)[:, None, None] * torch.nn.functional.silu(outputs)


def without_a_tap(part):
    def step(x, history, weight, bias, dilation):
        read = columns_read(x, history, weight, dilation)[..., part]
        return torch.einsum("bdw,dw->bd", read, weight[:, part]) + bias, push(history, x)

    return step


def of_some_branches(part):
    return lambda x, history, *case: (branches_in_one_tensor(x, history, *case)[part].sum(0), push(history, x))


def read_after_the_push(x, history, *case):
    moved = push(history, x)
    return branches_in_one_tensor(x, moved, *case).sum(0), moved


def one_sample_of_the_chunk(x, history, weight, bias, dilation):
    row = torch.cat([history, x[..., :1]], dim=-1)
    read = columns_read(x[..., 0], history, weight, dilation) if x.numel() else row[..., :0]
    outputs = (read * weight).sum(-1, keepdim=True) + bias[:, None] if x.numel() else x
    return outputs, row[..., -history.shape[-1] :]


@pytest.mark.parametrize(
    ("id", "name", "attempt", "absent"),
    [
        *(("conv_step", "a tap left out", without_a_tap(part), "loop") for part in (slice(1, None), slice(-1))),
        *(
            ("gated_conv_step", "a branch left out", of_some_branches(part), "loop")
            for part in (slice(1, None), slice(-1))
        ),
        *(
            ("gated_conv_step", "only one branch", of_some_branches(part), "loop")
            for part in (slice(1), slice(-1, None))
        ),
        ("conv_chunk", "one sample of the chunk alone", one_sample_of_the_chunk, "loop"),
        ("gated_conv_step", "pushed first, then read", read_after_the_push, "conv_step"),
    ],
)
def test_a_card_speaks_of_nothing_that_an_answer_may_do_without(id, name, attempt, absent):
    known = judge(exercise(f"03.{id}"), attempt).misconception
    assert known.name == name
    assert absent not in known.message
