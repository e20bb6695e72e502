"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

import inspect
import io
import json
import re
from pathlib import Path

import pytest
import torch
from known_cards import cards_of
from torch import nn

from lite_mamba import Mamba, causal_dilated_conv1d_fn
from lite_mamba.course.chapters.ch10_the_block import exercises as chapter
from lite_mamba.course.chapters.ch10_the_block import figures
from lite_mamba.course.checking.trial import judge, trials
from lite_mamba.course.training import facts

cards = cards_of("10")

NOTEBOOK = Path(__file__).parents[3] / "notebooks/10_the_block.ipynb"
CELLS = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]]


def cell_with(words: str) -> str:
    return next(cell for cell in CELLS if words in cell)


def test_a_raw_number_is_what_notebook_07_calls_so_with_its_bias():
    torch.manual_seed(0)
    for one in trials(chapter.BLOCK_FORWARD)[:5]:
        w = one.case["weights"]
        token = torch.randn(w["x_proj"].shape[1])  # (D,)
        raw = chapter.delta_map(w["x_proj"], w["dt_proj"]) @ token + w["dt_bias"]  # (D,)
        given = w["x_proj"], w["dt_proj"], w["dt_bias"]
        delta, _, _ = chapter.PARTS["select"](token[None, None], *given)
        torch.testing.assert_close(torch.nn.functional.softplus(raw), delta[0, 0])
    assert "raw numbers = M @ token + bias" in cell_with("def delta_map(")
    assert "Add the bias, and you have the raw numbers of notebook 07" in cell_with("## 4 ")
    assert "raw Δ" not in "".join(CELLS) + str(chapter.RECAP)


def test_the_ticks_of_the_first_picture_are_named_above_it():
    above = CELLS[: next(i for i, cell in enumerate(CELLS) if "figures.TokenTrace(" in cell)]
    assert any("A small tick stands where nothing moves" in cell for cell in above)


def test_the_values_of_a_failing_block_can_be_read():
    for one in trials(chapter.BLOCK_FORWARD):
        assert 0.05 < chapter.block_forward(**one.case, parts=chapter.PARTS).abs().max() < 50
    for known in chapter.BLOCK_FORWARD.misconceptions:
        for wrong in known.answers:
            example = judge(chapter.BLOCK_FORWARD, wrong).example
            assert example.raised or example.got.value.abs().max() < 50, known.name
            assert example.expected.value.abs().max() > 0.05, known.name


def test_a_file_of_torch_holds_the_numbers_with_two_names_once():
    """What the last hint of the bug hunt says: the state dict is too large, the file is not."""
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList([nn.Conv1d(2000, 2000, 3, groups=2000)])
    sizes = []
    for _ in range(2):
        file = io.BytesIO()
        torch.save(front.state_dict(), file)
        sizes.append((len(file.getvalue()), sum(tensor.numel() for tensor in front.state_dict().values())))
        front.conv1d = front.conv1d_layers[0]
    (file_once, numbers_once), (file_twice, numbers_twice) = sizes
    assert numbers_twice == 2 * numbers_once and file_twice < 1.1 * file_once
    card = cell_with("### Exercise 3")
    assert "when its `state_dict()` holds more numbers than it learns" in card and "file" not in card


def test_the_text_and_the_control_of_the_board_have_one_word_for_a_preset():
    control = figures.PresetsBoard.controls["preset"]
    assert "six presets" in cell_with("## 7 ").lower() and len(figures.PRESETS) == 6
    for cell in (cell_with("The board compares"), cell_with('"10.dear"'), cell_with("columns[name] =")):
        assert control.label in cell and not re.search(r"which settings?|each setting|' settings|} settings", cell)


def test_what_a_front_end_gives_back_is_a_sum_of_taps_only_without_silu():
    """Each branch has its SiLU before the sum, so there is no sum of all branches before it."""
    torch.manual_seed(0)
    x, y = torch.randn(2, 1, 3, 40)  # (B, D, L) each
    kernels, gates, dilations = torch.randn(2, 3, 4), torch.randn(2), (1, 4)

    def front(x, activation):
        shares = gates.softmax(0)
        return sum(
            share * causal_dilated_conv1d_fn(x, kernel, None, activation, dilation)
            for share, kernel, dilation in zip(shares, kernels, dilations, strict=True)
        )

    torch.testing.assert_close(front(x + y, None), front(x, None) + front(y, None))
    given = x, list(kernels), [torch.zeros(3)] * 2, gates, dilations
    torch.testing.assert_close(front(x, "silu"), chapter.PARTS["conv"](*given))
    assert not torch.allclose(front(x, "silu"), torch.nn.functional.silu(front(x, None)), atol=0.1)
    assert "without SiLU" in cell_with('"10.branches"') and "(without SiLU)" in cell_with("lets least squares")


def test_the_card_of_the_block_calls_each_part_as_its_table_does():
    card = cell_with("### Exercise 1")
    assert all(f'parts["{name}"]' in card for name in chapter.PARTS)
    assert not any(f"`{part.__name__}`" in card for part in chapter.PARTS.values())


def test_the_last_hint_on_bytes_counts_what_the_furthest_tap_looks_back():
    for d_conv, dilations in ((4, (1,)), (3, (1, 4)), (2, (5, 1))):
        furthest = max(figures.touched(d_conv, dilations))
        assert chapter.state_bytes(1, 0, d_conv, dilations, 1) == 4 * furthest
    assert "as many past samples as the furthest tap looks back, and" in cell_with("How many histories")


def test_a_rate_of_a_and_a_half_life_are_not_one_word():
    """A is as published in each preset: what "stability first" gives up, and more states don't lengthen, is a time."""
    names = ("as published", "stability first", "longer context: states")
    published, first, many = (figures.facts(figures.PRESETS[name], 256) for name in names)
    answer = cell_with("It gives up the short half-lives").replace('"\n        "', "")
    assert f"{first['shortest half-life']:.1f} tokens in place of {published['shortest half-life']:.2f}" in answer
    rates = Mamba(16, **figures.PRESETS["longer context: states"]).A_log[0].exp()  # (N,)
    new = rates[rates > Mamba(16).A_log.exp().max() + 0.5]
    assert f"the fast [rates](glossary.ipynb#R) {new.min():.0f} to {new.max():.0f}." in cell_with("Longer context")
    assert many["longest half-life"] == published["longest half-life"]
    assert "how fast each state fades" in cell_with("## Symbols") and "time scale" not in "".join(CELLS)


def test_a_model_trained_anew_is_told_by_the_length_of_its_training():
    """Half of that length are the sequences of the picture; at twice that length the share of right answers falls."""
    plain, anew = (facts(name) for name in (figures.COPIER, "copying-noconv-0"))
    assert plain["run"] | {"model": plain["run"]["model"] | {"d_conv": 1}} == anew["run"]  # the same training
    length, right = anew["run"]["length"], anew["evaluation"]["by_length"]
    assert length == 2 * figures.copying()[0].shape[1]
    assert right[str(length)]["accuracy"] > 0.95 > right[str(2 * length)]["accuracy"]
    cell = cell_with("Trained anew")
    assert "on sequences as long as those of its training." in cell and "twice as long" not in cell


def test_the_last_hint_of_the_block_does_not_hand_u_to_a_part_that_takes_none():
    readers = {name for name, part in chapter.PARTS.items() if "u" in inspect.signature(part).parameters}
    assert readers == {"select", "discretise", "skip_and_gate"}  # and not the scan
    assert "everything behind reads u" not in cell_with("turned to (B, 2D, L), gives x and z")


def test_the_vectors_that_a_card_of_the_count_speaks_of_are_all_but_the_biases_of_the_convolutions():
    tiny = Mamba(4, d_state=2, d_conv=3, conv_dilations=(1, 2))  # the table above exercise 3
    vectors = {name for name, value in tiny.named_parameters() if value.shape == (tiny.d_inner,)}
    assert {name for name in vectors if not name.startswith("conv1d_layers")} == {"D", "dt_proj.bias"} < vectors
    cards = [known.message for known in chapter.COUNT_PARAMETERS.misconceptions]
    told = [card for card in cards if "two parts are vectors" in card.lower()]
    assert len(told) == 3 and all("Beside the convolutions two parts are vectors" in card for card in told)


def test_a_row_without_its_batch_axis_has_numbers_where_a_layer_looks_for_tokens():
    (message, example), *_ = cards("is_batch_independent", "a row without its batch axis")
    layer, x = example.case["layer"], example.case["x"]
    row = layer(x[0])  # (L, d)
    assert layer.__name__ == "running_sum" and torch.equal(row, x[0].cumsum(-1)) and not torch.equal(row, x[0])
    assert "The layer takes its tokens for rows, and the numbers of a token for tokens." in message


def test_samples_between_the_taps_are_those_of_the_widest_branch_and_other_branches_read_some():
    (message, example), *_ = cards("state_bytes", "only the samples between the taps")
    d_model, d_state, d_conv, dilations, expand = example.case.values()
    counted = example.got.value // (4 * expand * d_model) - d_state
    past = range(1, (d_conv - 1) * max(dilations) + 1)
    between = set(past) - set(figures.touched(d_conv, (max(dilations),)))
    assert counted == len(between) > len(between - set(figures.touched(d_conv, dilations)))
    assert "between the taps of the widest branch" in message


def test_a_logarithm_that_is_turned_over_is_no_slow_state_where_its_minus_is_missing():
    (message, _), *_ = cards("block_forward", "a logarithm that is turned over")
    assert "slow" not in message
    given = (one.case["weights"]["A_log"] for one in trials(chapter.BLOCK_FORWARD))
    assert all((torch.exp(-logarithm) > 0).all() for logarithm in given)  # as A, each state grows


def test_shares_that_are_made_twice_come_closer_and_need_not_be_nearly_alike():
    (message, example), *_ = cards("block_forward", "shares that are made twice")
    shares = example.case["weights"]["conv_gates"].softmax(0)  # (branches,)
    apart = [one.max() - one.min() for one in (shares, shares.softmax(0))]
    assert apart[0] > apart[1] > 0.2
    assert "the shares come closer to one another" in message


def test_where_the_bias_is_gone_branch_0_alone_is_saved_twice():
    (message, example), *_ = cards("mended_branches", "fewer numbers, some still twice")
    numbers = example.got.value
    twice = numbers["numbers in the state dict"] - numbers["of them in conv1d_layers"]
    assert 0 < twice < numbers["of them in conv1d_layers"] and "branch 0 is still saved twice" in message


def test_more_states_are_held_against_fewer_and_not_against_more_dilations():
    """Of the two presets for longer context the dilations keep more; a question asks that."""
    fewer, states, dilations = (
        figures.facts(figures.PRESETS[name], 64)["state of a stream"]
        for name in ("as published", "longer context: states", "longer context: dilations")
    )
    assert fewer < states < dilations
    many, few = figures.PRESETS["longer context: states"]["d_state"], Mamba(16).d_state
    assert f"{many} states keep more numbers than {few}, but at the start none for longer" in cell_with(
        "Longer context"
    )


def test_the_comment_on_a_cast_says_why_it_is_there():
    test = cell_with("assert is_batch_independent(")
    assert "# the weights are float32; a test may try float64" in test
    small = Mamba(8).requires_grad_(False)
    with pytest.raises(RuntimeError):
        chapter.block_forward(torch.randn(1, 3, 8).double(), figures.weights_of(small), chapter.PARTS)
