"""The figures of notebook 10 show what the package computes, at every corner of their sliders."""

import inspect
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from lite_mamba import Mamba, receptive_field
from lite_mamba.course.chapters.ch10_the_block import figures as presets
from lite_mamba.course.drawing import block_diagram as block
from lite_mamba.course.drawing.numbers import written

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


@pytest.fixture(scope="module")
def figures():
    return {"trace": presets.TokenTrace(), "widths": presets.Widths(), "ablation": presets.Ablation(),
            "front ends": presets.WideOrDilated(), "board": presets.PresetsBoard()}  # fmt: skip


def test_the_stages_end_in_the_output_of_the_package():
    torch.manual_seed(0)
    made = Mamba(6, d_conv=3, conv_dilations=(1, 4)).requires_grad_(False)
    x = torch.randn(20, 6)
    torch.testing.assert_close(presets.stages(x, presets.weights_of(made))["out"], made(x[None])[0])


def test_no_earlier_token_moves_and_the_convolution_reaches_its_lags(figures):
    shown = figures["trace"]
    for token in range(shown.LENGTH):
        for stage in shown.NAMES.values():
            shown.update(stage=stage, token=token)
            assert shown.moved.min() == token
            expected = {
                "in": {0},
                "z": {0},
                "u": {0, 1, 2, 4, 8},
                "delta": {0, 1, 2, 4, 8},
                "scan": set(range(shown.LENGTH)),
                "out": set(range(shown.LENGTH)),
            }[stage]
            assert set(shown.moved) == {token + lag for lag in expected if token + lag < shown.LENGTH}
    assert shown.update(stage="u", token=6).startswith(
        "Token 6 is changed. In u, after the convolution, these tokens move: 6 to 8, 10, 14."
    )


def test_the_trace_runs_the_readers_convolution():
    mixed = presets.TokenTrace(conv=lambda x, *rest: x + x.mean(dim=-1, keepdim=True))
    mixed.owner = lambda function: "yours"
    assert mixed.update(stage="u", token=6).endswith("The convolution is yours.")
    assert "24 tokens move, 6 earlier" in mixed._titles[mixed.ax].get_text()


def by_fft(x, weights, biases, gates, dilations):
    length, total = x.shape[-1], 0
    for share, w, b, d in zip(gates.softmax(0), weights, biases, dilations, strict=True):
        kernel = torch.zeros(len(w), length)
        kernel[:, : w.shape[1] * d : d] = w.flip(1)
        spectrum = torch.fft.rfft(x, 2 * length) * torch.fft.rfft(kernel, 2 * length)
        total = total + share * torch.nn.functional.silu(torch.fft.irfft(spectrum)[..., :length] + b[:, None])
    return total


def test_what_a_convolution_by_fft_rounds_is_no_news(figures):
    rounded = presets.TokenTrace(conv=by_fft)
    for stage, token in product(presets.TokenTrace.NAMES.values(), range(24)):
        for shown in (rounded, figures["trace"]):
            shown.update(stage=stage, token=token)
        assert rounded.moved.tolist() == figures["trace"].moved.tolist()


@pytest.mark.filterwarnings("error")
def test_a_convolution_of_the_same_numbers_for_all_moves_nothing_and_one_without_numbers_is_refused():
    still = presets.TokenTrace(conv=lambda x, *rest: torch.ones_like(x))
    assert still.update(stage="delta", token=6) == "Token 6 is changed. In Δ, no token moves."
    assert still.titles() == ["In Δ, no token moves"]
    assert not any(bar.get_height() for bar in still.bars) and len(still.zeros.get_xdata()) == still.LENGTH
    assert still.update(stage="out", token=6).endswith("In the output, this token moves: 6.")  # by z
    lost = presets.TokenTrace(conv=lambda x, *rest: x * torch.nan)
    assert lost.update(stage="z").endswith("this token moves: 6.")
    with pytest.raises(ValueError, match="the scan: some numbers are not finite"):
        lost.update(stage="scan")


def test_numbers_too_large_to_be_squared_still_move():
    loud = presets.TokenTrace(conv=lambda x, *rest: 1e30 * x)
    assert loud.update(stage="u", token=6) == "Token 6 is changed. In u, after the convolution, this token moves: 6."


@pytest.mark.parametrize("sizes", [(16, 4, 4, 1, 1), (768, 16, 4, 1, 2), (100, 8, 4, 5, 4)])
def test_the_table_of_parameters_adds_up_to_the_package(sizes):
    d_model, d_state, d_conv, branches, expand = sizes
    made = Mamba(d_model, d_state, d_conv, (1,) * branches, expand, device="meta")
    assert sum(presets.parameter_table(*sizes).values()) == sum(p.numel() for p in made.parameters())


def test_the_matrix_products_are_counted_as_the_package_has_them():
    made = Mamba(64, device="meta")
    linear = sum(layer.weight.numel() for layer in made.modules() if isinstance(layer, torch.nn.Linear))
    scan = made.d_inner * (1 + 4 * made.d_state)
    assert presets.multiplications(64) == linear + 5 * made.d_inner + scan + 2 * made.d_inner


def test_the_shares_of_the_widths_are_those_of_the_package(figures):
    shown = figures["widths"]
    assert "3 770 881 parameters; 93.8 % of them" in shown.update(768, 16, 2, 1)
    assert [bar.get_width() for bar in shown.bars] == [100 * n / shown.total for n in shown.table.values()]


@pytest.mark.parametrize("wrong", [lambda right: right - 1, lambda right: right // 3, lambda right: 0 * right])
def test_a_count_that_is_not_the_sum_of_the_parts_is_no_whole_that_they_are_shares_of(wrong):
    shown = presets.Widths(count=lambda *sizes: wrong(presets.count_parameters(*sizes)))
    shown.owner = lambda function: "yours"
    for d_model in (16, 768, 2048):
        sentence = shown.update(d_model=d_model)
        parts, counted = (written(n, ",") for n in (shown.total, wrong(shown.total)))
        assert shown.titles() == [f"The parts hold {parts}, the count gives {counted}"]
        assert f"has {parts} parameters" in sentence
        assert sentence.endswith(f" The count gives {counted} in their place. The count is yours.")
        assert sum(bar.get_width() for bar in shown.bars) == pytest.approx(100)
    assert "the count gives" not in presets.Widths().update().lower()


def test_the_title_of_the_widths_writes_three_digits_whatever_the_total(figures):
    shown = figures["widths"]
    for sizes in product(range(16, 2049, 16), (4, 16, 1024), (1, 4), (1, 5)):
        shown.update(*sizes)
        number = shown.titles()[0].split(" % of ")[1].split()[0]
        assert len(number.replace(".", "")) == 3, number


def test_the_slider_of_states_reaches_the_place_where_the_outer_projections_are_no_longer_half(figures):
    shown = figures["widths"]
    shown.update(d_state=732)
    assert shown.share > 50
    shown.update(d_state=736)
    assert shown.share < 50 and shown.controls["d_state"].high >= 736


@pytest.mark.parametrize("d_model, seed", [(8, 0), (16, 9), (64, 3), (256, 256003)])
@pytest.mark.parametrize("length", [64, 1024])
def test_without_its_skip_a_few_per_cent_at_most_are_left_of_any_new_block_on_noise(d_model, seed, length):
    torch.manual_seed(seed)
    weights = presets.weights_of(Mamba(d_model).requires_grad_(False))
    noise = torch.randn(length, d_model)
    whole, cut = (presets.stages(noise, weights | {"D": D})["out"].norm() for D in (weights["D"], 0 * weights["D"]))
    assert 0.003 < cut / whole < 0.05


def test_a_new_block_needs_its_skip_and_not_its_scan_and_a_trained_second_layer_the_other_way_round(figures):
    shown = figures["ablation"]
    assert shown.sizes["skip"] < 2 and shown.sizes["scan"] == pytest.approx(100, abs=2)
    assert shown.right[1, "skip"] == shown.right[1, "nothing"] == 100 and shown.right[1, "scan"] < 20
    assert 22 < shown.right[0, "skip"] < 45
    assert "1 % of its size" in shown.update(part="skip") and "all of the answers" in shown.update(part="skip")
    assert "few of the answers" in shown.update(part="scan")


@pytest.mark.parametrize(
    "share, words",
    [(100, "all"), (127 / 1.28, "nearly all"), (95, "nearly all"), (94, "about 90 %"), (33.6, "about 30 %"),
     (21, "few"), (1 / 1.28, "few"), (0, "none")],
)  # fmt: skip
def test_the_words_for_a_share_are_true_of_its_number(share, words):
    assert presets.grade(share) == words


def test_the_longest_title_of_the_trained_model_ends_inside_of_the_picture(figures):
    shown = figures["ablation"]
    right = shown.right.copy()
    for share in (99, 30):
        shown.right |= {(1, "skip"): share}
        shown.update(part="skip", layer=1)
        shown.figure.canvas.draw()
        title = shown.trained._left_title
        assert title.get_text() == f"Second layer: {presets.grade(share)} right"
        assert title.get_window_extent().x1 < shown.figure.bbox.x1
    shown.right = right


def test_a_block_that_is_put_together_from_several_hands_says_whose_each_is(figures):
    shown = figures["ablation"]
    mine = shown.parts["scan"]
    shown.owner = lambda function: "yours" if function in (shown.run, mine) else "the reference's"
    sentence = shown.update()
    shown.owner = lambda function: ""
    assert sentence.endswith(" Yours: block_forward, scan. The reference's: conv, select, discretise, skip_and_gate.")


def test_functions_that_write_into_their_inputs_draw_what_others_draw(figures):
    def conv(x, weights, biases, gates, dilations):
        return presets.package_conv(x, weights, biases, gates.add_(torch.arange(len(gates))), dilations)

    moved = presets.TokenTrace(conv=conv)
    for _ in range(2):
        moved.update(stage="u", token=6)
        assert set(moved.moved) == {6, 7, 8, 10, 14}

    def run(hidden_states, weights, parts):
        output = presets.block_forward(hidden_states, weights, parts)
        hidden_states.zero_(), weights["D"].zero_(), weights["in_proj"].zero_()
        return output

    shown = presets.Ablation(run=run)
    assert shown.sizes == figures["ablation"].sizes and shown.right == figures["ablation"].right


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: presets.TokenTrace(conv=lambda x, *rest: None), "the convolution returned NoneType, expected"),
        (
            lambda: presets.TokenTrace(conv=lambda x, *rest: x[..., 2:]),
            r"the convolution returned \(1, 8, 22\), expected",
        ),
        (lambda: presets.Widths(count=lambda *sizes: None).update(), "the count returned None, expected a number"),
        (lambda: presets.Widths(count=lambda *sizes: sizes).update(), r"the count returned \(768, 16,"),
        (lambda: presets.Widths(count=lambda *sizes: torch.nan).update(), "the count returned nan, expected"),
        (lambda: presets.Ablation(run=lambda *given: None), "block_forward returned NoneType, expected"),
        (lambda: presets.Ablation(run=lambda u, *given: u.transpose(1, 2)[:, :3]), "block_forward returned"),
    ],
)
def test_what_is_no_answer_is_refused_in_words_that_say_whose_it_is(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


@pytest.mark.parametrize("share, words", [(0, "0 %"), (0.3, "under 1 %"), (0.78, "1 %"), (99.6, "100 %")])
def test_a_little_that_is_left_is_not_nothing(figures, share, words):
    shown = figures["ablation"]
    sizes = shown.sizes.copy()
    shown.sizes |= {"skip": share}
    sentence = shown.update(part="skip")
    assert shown.texts[0][3].get_text() == words
    assert shown.titles()[0] == f"New block: {words} of its size" and f"output has {words} of its size" in sentence
    shown.figure.canvas.draw()
    assert shown.new._left_title.get_window_extent().x1 < shown.trained._left_title.get_window_extent().x0
    shown.sizes = sizes


def test_delta_alone_is_not_why_a_new_scan_is_quiet():
    """Δ, B and C are small, each: the output without the skip grows with each of them."""
    block, noise = presets.new_block()

    def left(weights):
        whole, cut = (
            presets.block_forward(noise, *presets.without(part, weights, presets.PARTS_OF_THE_COURSE)).norm()
            for part in ("nothing", "skip")
        )
        return (cut / whole).item()

    weights, rank, states = presets.weights_of(block), block.dt_rank, block.d_state
    bias = 10 * torch.nn.functional.softplus(weights["dt_bias"])
    delta = weights | {"dt_bias": bias + torch.log(-torch.expm1(-bias))}
    B, C, both = (weights | {"x_proj": weights["x_proj"].clone()} for _ in range(3))
    B["x_proj"][rank : rank + states] *= 10
    C["x_proj"][rank + states :] *= 10
    both["x_proj"][rank:] *= 10
    assert left(weights) < 0.01 < 0.02 < left(delta) < 0.03 < left(B) < 0.1 and 0.03 < left(C) < 0.1 < 0.5 < left(both)


@pytest.mark.parametrize("number", [0, torch.nan])
def test_a_block_without_a_size_is_refused_in_words(number):
    shown = presets.Ablation(run=lambda hidden_states, weights, parts: torch.full_like(hidden_states, number))
    with pytest.raises(ValueError, match="not finite, or 0 with all parts"):
        shown.update()


def test_a_size_beyond_those_of_a_right_block_has_its_place_in_the_picture():
    def gate_twice(y, u, D, z):
        return (y + D[:, None] * u) * torch.nn.functional.silu(torch.nn.functional.silu(z))

    shown = presets.Ablation(parts=presets.PARTS_OF_THE_COURSE | {"skip_and_gate": gate_twice})
    shown.update(part="gate")
    assert max(shown.sizes.values()) > 400
    shown.figure.canvas.draw()
    for text in shown.texts[0]:
        assert text.get_window_extent().x1 <= shown.new.bbox.x1


def test_by_size_too_a_trained_second_layer_needs_its_scan_and_not_its_skip(figures):
    shown = figures["ablation"]
    assert shown.added[1, "scan"] < 1 < 99 < shown.added[1, "skip"] < 101
    first, second = shown.model.layers
    with torch.no_grad():  # the same by the package's own scan, sequence by sequence
        read = second.norm(first(shown.model.embedding(shown.tokens), None, None))  # (B, L, d_model)
        weights = presets.weights_of(second.mixer)
        stages = [presets.stages(one, weights) for one in read]
        alone = [s["u"] * weights["D"] * torch.nn.functional.silu(s["z"]) @ weights["out_proj"].T for s in stages]
        whole = torch.stack([s["out"] for s in stages]).norm()
    assert shown.added[1, "scan"] == pytest.approx((100 * torch.stack(alone).norm() / whole).item(), rel=0.02)


def test_the_reference_inside_the_stored_model_says_what_the_package_says(figures):
    shown = figures["ablation"]
    tokens, wanted = presets.copying()
    with torch.no_grad():
        said = shown.model(tokens)[:, -16:].argmax(-1)  # (B, 16)
    assert torch.equal(said, shown.said[0, "nothing"]) and torch.equal(said, wanted)
    block, noise = presets.new_block()
    output = presets.block_forward(noise, presets.weights_of(block), presets.PARTS_OF_THE_COURSE)
    torch.testing.assert_close(output, block(noise), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "part, expected",
    [
        ("scan", lambda u, y, D, z: D[:, None] * u * torch.nn.functional.silu(z)),
        ("skip", lambda u, y, D, z: y * torch.nn.functional.silu(z)),
        ("gate", lambda u, y, D, z: y + D[:, None] * u),
    ],
)
def test_without_takes_out_one_part_and_leaves_the_rest(part, expected):
    """The way out is the identity, so the output is what stands behind the gate."""
    block, noise = presets.new_block()
    weights = presets.weights_of(block) | {"out_proj": torch.eye(128)}
    given = presets.stages(noise[0], presets.weights_of(block))
    u, y, z = (given[name].T for name in ("u", "scan", "z"))  # (D, L) each
    output = presets.block_forward(noise, *presets.without(part, weights, presets.PARTS_OF_THE_COURSE))
    torch.testing.assert_close(output[0].T, expected(u, y, block.D, z), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("part", presets.CUTS)
def test_what_stands_in_for_a_part_takes_its_arguments_by_their_names(part):
    _, parts = presets.without(part, {"D": torch.ones(1)}, presets.PARTS_OF_THE_COURSE)
    for name, function in parts.items():
        real = inspect.signature(presets.PARTS_OF_THE_COURSE[name])
        assert [*inspect.signature(function).parameters] == [*real.parameters], name


def test_a_lag_is_recalled_exactly_where_a_tap_reads_it_and_not_at_all_elsewhere_in_noise(figures):
    shown = figures["front ends"]
    for front, sizes in presets.FRONT_ENDS.items():
        read = presets.touched(*sizes)
        assert len(read) == {16: 16, 4: 10}[sizes[0]] and max(read) + 1 == receptive_field(*sizes)
        errors = shown.errors["white noise", front]
        assert all((errors[lag] < 0.01) == (lag in read) for lag in range(presets.LAGS))
        assert all(99 < errors[lag] < 100 for lag in range(presets.LAGS) if lag not in read)
    assert shown.update("white noise", 20).endswith(
        "has an error of over 99 %, four branches of 4 taps have an error of over 99 %."
    )
    assert shown.titles() == ["White noise, 20 steps ago: neither is exact"]
    shown.update("a nerve cell", 0)
    assert shown.titles() == ["A nerve cell, 0 steps ago: both are exact"]


def test_the_axis_of_the_errors_calls_them_what_the_text_does(figures):
    assert figures["front ends"].figure.get_supylabel() == "error (%)"
    assert "The error, as a share of the signal's size" in (NOTEBOOKS / "10_the_block.ipynb").read_text("utf-8")


def test_the_band_of_the_chosen_lag_leaves_its_square_black(figures):
    shown = figures["front ends"]
    shown.update(lag=4)  # a lag that both front ends read
    pixels = shown.pixels()  # (height, width, channels)
    for ax in shown.axes:
        x, y = ax.transData.transform((4, -7)).round().astype(int)
        assert (pixels[pixels.shape[0] - y, x, :3] < 60).all()


def test_stability_first_has_small_steps_from_dt_max_and_one_weight_for_all_channels():
    torch.manual_seed(0)
    made = Mamba(64, **presets.PRESETS["stability first"]).requires_grad_(False)
    steps = presets.stages(torch.randn(64, 64), presets.weights_of(made))["delta"]  # (L, D)
    assert 0.008 < steps.max() < 0.02
    assert len(made.dt_proj.weight.unique()) == 1


def test_more_states_add_fast_scales_only():
    few, many = Mamba(16), Mamba(16, **presets.PRESETS["longer context: states"])
    torch.testing.assert_close(many.A_log[:, :16], few.A_log)
    assert many.A_log[:, 16:].min() > few.A_log.max()


@pytest.mark.parametrize("name", presets.PRESETS)
@pytest.mark.parametrize("width", presets.WIDTHS)
def test_the_board_states_what_the_package_builds(figures, name, width):
    made = Mamba(width, **presets.PRESETS[name])
    history, state = made.allocate_inference_cache(1, 1)
    known = presets.facts(presets.PRESETS[name], width)
    assert known["parameters"] == sum(p.numel() for p in made.parameters())
    assert known["state of a stream"] == history.nbytes + state.nbytes
    assert known["field of the convolutions"] == made.max_lag + 1
    delta = torch.nn.functional.softplus(made.dt_proj.bias)
    assert np.log(2) / (made.d_state * delta.max().item()) >= known["shortest half-life"] * 0.99
    assert np.log(2) / delta.min().item() <= known["longest half-life"] * 1.01
    sentence = figures["board"].update(name, width)
    assert f"{written(known['parameters'], ',')} parameters" in sentence and "µs" not in sentence
    *ratios, time = [text.get_text() for text in figures["board"].ratios]
    published = presets.facts({}, width)
    assert ratios == [f"{value / published[fact]:.2f}×" for fact, value in known.items()]
    assert re.fullmatch(r"\d+\.\d×", time)  # measured: one decimal


def test_a_ratio_of_one_has_no_bar_in_the_colour_of_those_above_one(figures):
    shown = figures["board"]
    shown.update("as published")
    red, _, blue = (shown.pixels()[..., channel].astype(int) for channel in range(3))
    assert (blue - red).max() < 20  # black, white and greys alone


def test_the_text_says_which_number_of_the_board_is_the_value_and_which_the_ratio(figures):
    shown = figures["board"]
    shown.update("streaming", 256)
    assert shown.texts[2].get_text() == "20 KiB" and shown.ratios[2].get_text() == "0.53×"
    assert 0 < shown.texts[2].get_position()[0] < 0.2  # beside the line of ratio 1, where an orange bar begins
    assert shown.ratios[2].get_position()[0] == 1 and shown.ratios[2].get_ha() == "right"  # the edge of the axes
    text = (NOTEBOOKS / "10_the_block.ipynb").read_text("utf-8")
    assert "The value stands beside each bar, the ratio at the right edge." in text


@pytest.mark.parametrize("name", presets.PRESETS)
def test_no_label_of_the_board_runs_into_its_ratio_or_out_of_the_picture(figures, name):
    shown = figures["board"]
    shown.update(name, 512)
    shown.figure.canvas.draw()
    for text, ratio in zip(shown.texts, shown.ratios, strict=True):
        assert text.get_window_extent().x1 < ratio.get_window_extent().x0, text.get_text()
    assert shown.ax._left_title.get_window_extent().x1 < shown.figure.bbox.x1


def test_the_field_of_a_setting_is_not_called_what_the_block_sees(figures):
    """A block reads back without limit, by its scan: the field is that of the convolutions."""
    for name in presets.PRESETS:
        sentence = figures["board"].update(name)
        assert "field" in sentence and "field" in figures["board"].titles()[0]
        assert not re.search(r"\bsees?\b", sentence + figures["board"].titles()[0])


def test_the_diagram_links_every_part_to_notebooks_that_exist():
    shown = presets.LinkedDiagram()
    page = shown._repr_html_()
    assert page == presets.LinkedDiagram()._repr_html_()
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) == sum(len(part.notebooks) for part in block.PARTS.values())
    assert all((NOTEBOOKS / link).exists() for link in links)
    assert not re.search(r"\bid=", page)
    assert "The selective scan: notebook" in repr(shown)


def test_every_letter_of_the_diagram_is_on_the_symbol_card():
    letters = {one for *_, words in block.WORDS for one in words.split() if len(one) == 1}
    card = (NOTEBOOKS / "10_the_block.ipynb").read_text().partition("## Symbols")[2].partition("In shapes")[0]
    explained = {letter for row in card.splitlines() for letter in re.findall(r"\$(\w)\$", row.partition("`")[0])}
    assert letters == {"h", "u", "x", "y", "z"} and letters <= explained


@pytest.mark.parametrize("taken, said", [(43.2, "43 µs"), (999.4, "999 µs"), (999.6, "1.00 ms"), (1040, "1.04 ms")])
def test_a_long_time_is_in_milliseconds(figures, taken, said):
    board = figures["board"]
    measured = board.times[256]
    board.times[256] = dict.fromkeys(measured, taken)
    board.update(d_model=256)
    board.times[256] = measured
    assert board.texts[-1].get_text() == said
