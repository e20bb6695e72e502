"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

import inspect
import io
import json
import math
import re
from pathlib import Path

import pytest
import torch
from known_cards import cards_of, telling
from torch import nn

from lite_mamba import Mamba, causal_dilated_conv1d_fn
from lite_mamba.course.chapters.ch10_the_block import exercises as chapter
from lite_mamba.course.chapters.ch10_the_block import figures
from lite_mamba.course.checking.edits import edited
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


def test_the_block_as_published_has_one_number_more_than_the_papers():
    """One branch has a share of 1, whatever its gate: the paper's block has no gate, and multiplies by no share."""
    facts_of, block = figures.facts({}, 32), Mamba(32).requires_grad_(False)
    assert figures.PRESETS["as published"] == {} and len(block.conv_dilations) == 1
    paper = [numbers.numel() for name, numbers in block.named_parameters() if name != "conv_gates"]
    assert facts_of["parameters"] == sum(paper) + 1
    D, N, W, R = block.d_inner, block.d_state, block.d_conv, block.dt_rank
    products = 3 * 32 * D + D * (R + 2 * N) + R * D + D * W + D * (1 + 4 * N) + 2 * D
    assert facts_of["multiplications a token"] == products + D
    x = torch.randn(1, 9, 32)
    before = block(x)
    block.conv_gates += 3
    assert torch.equal(block(x), before)
    assert "but for the gate of its one branch: a number more, and D multiplications" in cell_with("## 7 ")


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
    numbers, expected = example.got.value, example.expected.value
    twice = numbers["numbers in the state dict"] - numbers["of them in conv1d_layers"]
    assert 0 < twice < numbers["of them in conv1d_layers"] and "branch 0 is still saved twice" in message
    assert numbers["numbers in the state dict"] < expected["numbers in the state dict"], "or the card does not show it"


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


def test_cases_that_a_mistake_picks_are_several():
    """A name that rests on a case or two would be given to other mistakes as well."""
    for name, mistake in (
        ("block_forward", "one sequence, or one token, alone"),
        ("is_batch_independent", "a test of the row on itself"),
        ("delta_map", "all but one of the R numbers"),
        ("mended_branches", "a branch that is missing"),
        ("mended_branches", "fewer numbers, some still twice"),
    ):
        assert min(telling(f"10.{name}", mistake)) >= 4, mistake


def test_one_sequence_or_token_alone_stands_beside_several():
    for _, example in cards("block_forward", "one sequence, or one token, alone"):
        assert min(example.case["hidden_states"].shape[:2]) > 1
        assert example.got.value.numel() < example.expected.value.numel()


def what_the_selection_reads(example):
    """u (B, D, L) and what is chosen by it: delta (B, D, L), B and C (B, N, L)."""
    w, parts = example.case["weights"], chapter.PARTS
    x = (example.case["hidden_states"] @ w["in_proj"].T).mT.chunk(2, dim=1)[0]
    u = parts["conv"](x, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])
    return u, [one.mT for one in parts["select"](u.mT, w["x_proj"], w["dt_proj"], w["dt_bias"])]


def test_three_axes_are_turned_round_wherever_the_channels_stand():
    """Two spellings turn what in_proj gives, (B, L, D), and two turn u and y, (B, D, L)."""
    for message, example in cards("block_forward", "three axes that are turned round"):
        batch, length, _ = example.case["hidden_states"].shape
        u, _ = what_the_selection_reads(example)
        assert u.mT.transpose(0, 2).shape == (u.shape[1], length, batch)
        assert u.transpose(0, 2).shape == (length, u.shape[1], batch)
        assert "The first axis and the last change places, so that the batch stands last" in message


def test_a_drive_without_u_has_something_of_the_signal():
    (message, example), *_ = cards("block_forward", "a drive without u")
    _, (delta, B, _) = what_the_selection_reads(example)
    drive = delta[:, :, None] * B[:, None]  # (B, D, N, L)
    assert (drive - drive[..., :1]).abs().max() > 0.1  # it differs from token to token, as Δ and B are made of u
    assert "u is not written into the state: the drive is Δ·B alone" in message and "Nothing" not in message


def test_of_the_five_parts_more_than_one_may_have_come_from_outside():
    (message, example), *_ = cards("block_forward", "a part that is not used")
    case, parts = example.case, chapter.PARTS
    others = [parts | {name: lambda *given, part=part: _larger(part(*given))} for name, part in parts.items()]
    right = chapter.block_forward(**case, parts=parts)  # as a block gives that takes all five from outside
    assert all(not torch.allclose(chapter.block_forward(**case, parts=one), right, atol=1e-3) for one in others)
    assert "at least one of the five" in message

    def called_and_not_used(hidden_states, weights, parts):
        parts["scan"](*[torch.ones(1, 1, 1, 1)] * 2, torch.ones(1, 1, 1))
        return chapter.block_forward(hidden_states, weights, chapter.PARTS)

    assert judge(chapter.BLOCK_FORWARD, called_and_not_used).misconception.name == "a part that is not used"


def _larger(result):
    return result + 0.1 if isinstance(result, torch.Tensor) else tuple(one + 0.1 for one in result)


def test_a_row_that_is_changed_moves_its_own_output_in_the_case_that_is_shown():
    for message, example in cards("is_batch_independent", "a test of the row on itself"):
        layer, x = example.case["layer"], example.case["x"]
        moved = torch.cat([x[:1] + 1, x[1:]])
        assert not torch.equal(layer(moved)[0], layer(x)[0]) and "Of course it moves" in message


def test_between_two_copies_of_a_stranger_the_place_of_a_row_may_be_the_one_that_is_left_alone():
    (message, example) = cards("is_batch_independent", "one stranger beside a row")[2]
    layer, x = example.case["layer"], example.case["x"]
    company = torch.cat([x[1:2], x[:1], x[1:2]])
    alone = torch.cat([layer(row[None]) for row in company])
    assert [torch.equal(*both) for both in zip(layer(company), alone, strict=True)] == [False, True, False]
    assert "leave alone the place at which yours stands, and mix the rows at another" in message


def test_zeros_beside_row_0_stay_zeros_where_another_row_is_carried():
    (message, example), *_ = cards("is_batch_independent", "zeros beside the first row alone")
    layer, x = example.case["layer"], example.case["x"]
    single = [torch.zeros_like(x).index_fill(0, torch.tensor(row), 1.0) for row in range(len(x))]
    leaks = [layer(one)[[i for i in range(len(x)) if i != row]].any().item() for row, one in enumerate(single)]
    assert not leaks[0] and any(leaks[1:]) and "A layer may carry something from another row" in message


def test_a_layer_that_is_shown_beside_zeros_lets_zeros_be():
    for message, example in cards("is_batch_independent", "strangers that are zero"):
        layer, x = example.case["layer"], example.case["x"]
        for row in range(len(x)):
            single = torch.zeros_like(x).index_fill(0, torch.tensor(row), 1.0)
            assert not layer(single)[[i for i in range(len(x)) if i != row]].any()
        assert "A layer may multiply a row by what the others hold, or turn it, and zeros stay zeros" in message


def test_a_number_of_a_row_is_not_one_of_each_token():
    """Two spellings compare a number of each token, two change one of each row: the name fits both."""
    examples = [example for _, example in cards("is_batch_independent", "only single numbers tested")]
    for example, place in zip(examples[2:], (0, -1), strict=True):
        layer, x = example.case["layer"], example.case["x"]
        for row, token in ((row, token) for row in range(len(x)) for token in range(x.shape[1])):
            moved, others = x.clone(), [i for i in range(len(x)) if i != row]
            moved[row, token, place] += 1
            leaks = not torch.equal(layer(moved)[others], layer(x)[others])
            assert leaks == (token == (x.shape[1] - 1 if place == 0 else 0))  # this number of another token finds it


def test_rows_of_a_pair_that_are_exchanged_pass_a_test_of_their_order():
    for message, example in cards("is_batch_independent", "a test of the order of rows"):
        layer, x = example.case["layer"], example.case["x"]
        assert len(x) == 2 and torch.equal(layer(x), x.flip(0)) and torch.equal(layer(x.flip(0)), layer(x).flip(0))
        assert "exchanges the rows of a pair" in message


def test_two_rows_are_both_outer_ones():
    (message, example), *_ = cards("is_batch_independent", "two rows tested, and no other")
    layer, x = example.case["layer"], example.case["x"]
    assert torch.equal(layer(x[:2]), torch.cat([layer(row[None]) for row in x[:2]]))
    assert not torch.equal(layer(x)[1], layer(x[1:2])[0]) and "both are outer ones" in message


def test_where_no_row_stays_apart_a_condition_the_other_way_round_says_true():
    (message, example), *_ = cards("is_batch_independent", "rows that stay apart, and False")
    layer, x = example.case["layer"], example.case["x"]
    assert not any(torch.equal(layer(row[None])[0], got) for row, got in zip(x, layer(x), strict=True))
    assert example.got.value is True and "and True where none does" in message


def test_a_mean_on_one_side_overlooks_what_cancels():
    for message, example in cards("is_batch_independent", "a difference that keeps its sign")[1::2]:
        layer, x = example.case["layer"], example.case["x"]
        off = layer(x) - torch.cat([layer(row[None]) for row in x])
        assert off.mean().abs() < 1e-5 and off.min() < -1 and off.max() > 1
        assert "in a mean what one number gets may be what another loses" in message


def test_the_outer_projections_of_the_block_in_the_table_hold_less_than_half():
    (message, example), *_ = cards("count_parameters", "the outer projections alone")
    assert example.got.value < example.expected.value / 2
    wide = chapter.count_parameters(768, 16, 4, 1, 2)
    assert wide / 2 < 3 * 2 * 768**2
    assert "In a wide block they hold most of the numbers, in a narrow one less than half" in message


def test_the_skip_has_as_many_numbers_as_a_bias_and_is_none():
    (message, example), *_ = cards("count_parameters", "biases and more that is missing")
    d_model, d_state, d_conv, branches, expand = example.case.values()
    block = Mamba(d_model, d_state, d_conv, tuple(range(1, branches + 1)), expand=expand)
    convolutions = sum(layer.bias.numel() for layer in block.conv1d_layers)
    for part in (block.D, block.dt_proj.bias):
        assert example.expected.value - example.got.value == convolutions + part.numel()
    assert "the bias of dt_proj, or the skip" in message


def test_a_bias_with_too_few_numbers_may_have_several():
    *_, (message, example) = cards("count_parameters", "a bias with too few numbers")
    inner, rank = example.case["expand"] * example.case["d_model"], math.ceil(example.case["d_model"] / 16)
    assert example.expected.value - example.got.value == inner - rank > 0 and rank > 1
    assert "of R numbers for dt_proj" in message


def test_an_a_of_n_times_n_numbers_is_counted_once_or_for_each_channel():
    counts = []
    for message, example in cards("count_parameters", "an A that mixes the states"):
        d_model, d_state, _, _, expand = example.case.values()
        inner = expand * d_model
        counts.append((example.got.value - example.expected.value + inner * d_state) / d_state**2)
        assert "once or for each channel" in message
    assert counts == [1, inner]


def test_one_part_of_another_size_is_not_called_two_mistakes():
    """As much as a part that is missing and another that is too many; but a single part is wrong."""
    for edit in (
        "d_model * 2 * inner + → 2 * inner +",
        "+ inner * d_model → + inner * rank",
        "rank + 2 * d_state → rank + 2",
        "inner * d_state + inner → inner * d_model + inner",
        "inner * d_state + inner → inner * d_state + inner * d_model",
    ):
        verdict = judge(chapter.COUNT_PARAMETERS, edited(chapter.count_parameters, edit), quiet=True)
        assert verdict.kind == "wrong" and verdict.misconception is None, edit


def test_a_part_of_another_size_is_named_by_what_is_counted():
    for mistake, more in (
        ("R in the place of N", lambda D, N, R: D * (R - N)),
        ("an x_proj too many", lambda D, N, R: D * (R + 2 * N)),
        ("an A that mixes the channels", lambda D, N, R: D * (D - N)),
        ("one state a channel", lambda D, N, R: D * (1 - N)),
    ):
        ((_, example),) = cards("count_parameters", mistake)
        d, D = example.case["d_model"], example.case["d_model"] * example.case["expand"]
        counted = example.got.value - example.expected.value
        assert counted == more(D, example.case["d_state"], math.ceil(d / 16)) != 0, mistake


def test_a_rank_is_said_for_the_width_of_the_case_too():
    for mistake in ("a rank that is rounded down", "a rank that is rounded to the nearest"):
        for message, example in cards("count_parameters", mistake):
            d_model, expand = example.case["d_model"], example.case["expand"]
            short = (example.expected.value - example.got.value) / (2 * expand * d_model)
            assert math.ceil(d_model / 16) - short == (0 if d_model <= 16 else 1)
            assert "up to 16 it is 1, and 17 needs 2" in message


def test_a_rank_of_the_inner_width_is_shown_where_both_widths_are_one_too():
    shown = cards("count_parameters", "a rank of the inner width")
    for (message, example), part in zip(shown, (16, 32), strict=True):
        d_model, inner = example.case["d_model"], example.case["expand"] * example.case["d_model"]
        more = math.ceil(inner / part) - math.ceil(d_model / 16)
        assert example.got.value - example.expected.value == 2 * inner * more != 0
        assert "the same for any `expand`" in message
    assert example.case["expand"] == 1  # so that not the width outside makes the difference


def test_a_way_that_begins_in_the_middle_takes_in_r_numbers_and_need_not_come_back_to_them():
    rows = []
    for message, example in cards("delta_map", "a way that begins in the narrow middle"):
        rank, many = example.case["dt_proj"].shape[1], example.case["x_proj"].shape[0]
        rows.append(example.got.value.shape[0] - rank)
        assert example.got.value.shape[1] == rank < many and "takes in R numbers" in message
    assert rows[0] > 0 == rows[1] == rows[2]


def test_the_first_of_three_parts_is_not_quite_a_third():
    """3 divides R + 2N only where R is N, for they differ by 2 at most; and there the answer is right."""
    for message, example in cards("delta_map", "three parts of one size"):
        assert len(example.case["x_proj"]) % 3 and "about a third of the rows of x_proj" in message


def test_of_several_numbers_in_the_middle_one_is_left_out_and_one_is_not():
    for message, example in cards("delta_map", "all but one of the R numbers"):
        assert example.case["dt_proj"].shape[1] > 1 and example.got.value.any()
        assert "The first or the last of the R numbers" in message


def test_the_width_of_a_history_is_the_outer_one_where_that_of_the_state_is_right():
    """Then it is no state of the outer width, but channels are counted so."""
    _, (message, history), (_, state) = cards("state_bytes", "channels of the outer width")
    for example, outer, inner in ((history, "history", "state"), (state, "state", "history")):
        d_model, d_state, d_conv, dilations, expand = example.case.values()
        numbers = {"history": (d_conv - 1) * max(dilations), "state": d_state}
        assert example.got.value == 4 * d_model * (numbers[outer] + expand * numbers[inner])
    assert "at least for one of the two" in message


def test_a_division_by_1000_gives_no_kib():
    for (_, example), by in zip(cards("state_bytes", "kilobytes in place of bytes"), (1024, 1024, 1000), strict=True):
        assert int(example.got.value) == example.expected.value // by


def test_twice_the_bytes_may_be_as_many_numbers_of_4_bytes_for_x_and_z():
    (message, example) = cards("state_bytes", "half, twice or eight times the bytes")[1]
    d_model, d_state, d_conv, dilations, expand = example.case.values()
    assert example.got.value == 4 * (2 * expand * d_model) * (d_state + (d_conv - 1) * max(dilations))
    assert "to the D channels of x, not to those of z" in message


def test_a_power_of_two_fails_beside_powers_of_two_as_well():
    _, (message, example) = cards("state_bytes", "dilations that are not read")
    dilations = example.case["dilations"]
    assert dilations == tuple(2**i for i in range(len(dilations)))
    assert example.got.value != example.expected.value and "the largest of them counts" in message


def test_gaps_are_added_up_and_taps_and_dilation_are_not():
    for message, example in cards("state_bytes", "taps and dilation added"):
        d_model, d_state, d_conv, dilations, expand = example.case.values()
        gaps = [max(dilations)] * (d_conv - 1)
        assert example.expected.value == 4 * expand * d_model * (d_state + sum(gaps))  # to add the gaps is right
        counted = example.got.value // (4 * expand * d_model) - d_state
        assert d_conv + max(dilations) - 2 <= counted <= d_conv + max(dilations) < sum(gaps)
        assert "You add the taps and the dilation" in message


def test_a_positive_a_is_one_for_all_tokens_and_each_decay_above_1():
    (message, example), *_ = cards("block_forward", "a positive A")
    u, (delta, B, _) = what_the_selection_reads(example)
    A = example.case["weights"]["A_log"].exp()  # (D, N): it has no axis of the tokens along which it could grow
    decay, _ = chapter.PARTS["discretise"](u, delta, A, B)  # (B, D, L, N)
    assert (decay > 1).all() and "every decay exp(Δ·A) is larger than 1" in message


def test_a_row_in_the_middle_of_a_turned_order_meets_itself():
    (message, example), *_ = cards("is_batch_independent", "an order that is not turned back")
    x = example.case["x"]
    assert [torch.equal(*both) for both in zip(x, x.flip(0), strict=True)] == [False, True, False]
    assert "rows are held against strangers" in message and "each row" not in message


def test_a_list_with_a_branch_missing_is_shorter_than_the_dilations():
    for message, example in cards("mended_branches", "a branch that is missing"):
        assert len(example.got.value["dilations"]) < len(example.case["dilations"])
        assert "fewer branches than there are dilations" in message


def test_a_first_branch_outside_the_list_is_in_the_module():
    for message, example in cards("mended_branches", "a first branch outside the list"):
        got, expected = example.got.value, example.expected.value
        assert got["numbers in the state dict"] == expected["numbers in the state dict"]
        assert got["of them in conv1d_layers"] < expected["of them in conv1d_layers"] and "has left" in message
