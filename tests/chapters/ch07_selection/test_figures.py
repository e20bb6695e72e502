"""The figures of notebook 07: what each picture shows equals what the gate and the package compute."""

import math

import pytest
import torch

from lite_mamba import selective_scan_fn
from lite_mamba.course.chapters.ch07_selection.exercises import delta_by_hand, gate_from_delta, gated_state, reset_delta
from lite_mamba.course.chapters.ch07_selection.figures import (
    Ablation,
    DeltaFromMark,
    FixedDelta,
    GateCurve,
    Reset,
    TokenRow,
    TwoDeltas,
    noise_stream,
)


def scan(u, delta, B):
    """One channel, one state, A = −1 and C = 1, through the package; all (L,)."""
    ones = torch.ones(1, 1, len(u))
    return selective_scan_fn(u.view(1, 1, -1), delta.view(1, 1, -1), -torch.ones(1, 1), B.view(1, 1, -1), ones)[0, 0]


def hold(delta):
    """The B that makes Δ·B the zero-order hold's input weight; 1 for Δ = 0."""
    return torch.where(delta > 0, -torch.expm1(-delta) / delta.clamp(min=1e-9), 1.0)


@pytest.mark.parametrize("deltas", [TokenRow.DELTAS, (0.7,) * 4, (0.0, 2.0, 0.3, 6.0)])
def test_the_bars_are_the_packages_states(deltas):
    row = TokenRow()
    row.update(**{f"delta_{i}": delta for i, delta in enumerate(deltas, start=1)})
    torch.testing.assert_close(row.h, scan(row.u, row.delta, hold(row.delta)))
    tops = [kept.get_height() + new.get_height() for kept, new in zip(row.kept, row.let_in, strict=True)]
    assert tops == pytest.approx(row.h.tolist(), abs=1e-5)
    torch.testing.assert_close((row.weights * row.u).sum(), row.h[-1])


def test_the_row_says_hold_mix_and_reset_and_what_the_last_state_is_made_of():
    row = TokenRow()
    row.owner = lambda function: "yours" if function is gated_state else ""
    sentence = row.update()
    assert row.verbs == ["reset", "hold", "mix", "hold"]
    assert abs(row.g[2] - 0.5) > 0.2  # the still picture does not answer the question about Δ = ln 2
    assert (
        "Token 3, the 9, has the weight 75 % in the last state" in sentence and "The recurrence is yours." in sentence
    )
    assert "still empty" in row.update(**{f"delta_{i}": 0.0 for i in range(1, 5)})
    nothing_before = {f"delta_{i}": 6.0 if i == 3 else 0.0 for i in range(1, 5)}
    assert "Token 3, the 9, has the weight 99.8 % in the last state" in row.update(**nothing_before)


@pytest.mark.parametrize(
    ("figure", "runs"),
    [
        (TokenRow, {"gate": gate_from_delta, "run": gated_state}),
        (TwoDeltas, {"run": gated_state}),
        (DeltaFromMark, {"run": gated_state}),
    ],
)
def test_each_function_that_a_figure_runs_has_its_owner_in_the_sentence(figure, runs):
    shown = figure(**runs)
    assert "yours" not in shown.update()
    for mine in runs.values():
        shown.owner = {mine: "yours"}.get
        assert shown.update().count(" is yours.") == 1
    shown.owner = lambda function: "the reference's"
    assert shown.update().count(" is the reference's.") == len(runs)


def test_a_gate_of_the_wrong_shape_is_told_in_words():
    row = TokenRow(gate=lambda delta: delta[:1])
    with pytest.raises(ValueError, match=r"the gate has shape \(1,\), expected \(4,\)"):
        row.update()


@pytest.mark.parametrize("w", [-6.0, -1.0, 0.0, 2.0, 3.0])
def test_the_gate_is_a_sigmoid_and_the_package_lets_in_a_softplus(w):
    exact, package = GateCurve(), GateCurve(package=True)
    exact.update(w=w)
    package.update(w=w)
    sigmoid = torch.sigmoid(torch.tensor(w)).item()
    assert exact.let_in == pytest.approx(sigmoid) and exact.total == pytest.approx(1)
    assert exact.kept == package.kept == pytest.approx(1 - sigmoid)
    u, delta = torch.tensor([1.0]), torch.tensor([package.delta])
    assert package.let_in == pytest.approx(scan(u, delta, torch.ones(1)).item())


def test_at_w_2_the_weights_are_those_of_the_text():
    package = GateCurve(package=True)
    assert "the weight 2.127" in package.update(w=2.0) and "the weight 0.881" in GateCurve().update(w=2.0)


def test_the_line_of_noise_asks_for_the_last_data_value():
    u, is_data, target = noise_stream(500)
    assert 0.2 < is_data.float().mean() < 0.3
    for t in range(500):
        seen = u[: t + 1][is_data[: t + 1]]
        assert target[t] == (seen[-1] if len(seen) else 0)


def test_the_best_fixed_delta_leaves_nine_tenths_of_the_error():
    figure = FixedDelta()
    control = figure.controls["delta"]
    assert (control.low, control.high, control.step) == (0.01, 10.0, 0.1)
    errors = {k: figure.show(10 ** (k / 10), 10 ** (k / 10)) for k in range(-20, 11)}
    best = min(errors, key=errors.get)
    assert 0.9 < errors[best] < 0.94
    assert 1 - math.exp(-(10 ** (best / 10))) == pytest.approx(0.25, abs=0.04)


def test_two_deltas_skip_the_noise_and_equal_the_loop():
    figure = TwoDeltas()
    sentence = figure.update(delta_data=10.0, delta_noise=0.001)
    assert figure.error < 0.01 and "0.1 %" in sentence
    delta = torch.where(figure.is_data, 10.0, 0.001)[:2000]
    states = scan(figure.u[:2000], delta, hold(delta))
    torch.testing.assert_close(states[: figure.SHOWN], figure.states, atol=1e-5, rtol=1e-4)
    assert (states - figure.target[:2000]).abs()[10:].max() < 0.1
    assert figure.show(1.0, 1.0) > 0.9 and figure.show(10.0, 1.0) > 0.5


def test_the_error_is_that_of_all_tokens_not_of_those_shown():
    figure = TwoDeltas()
    assert (figure.SHOWN, len(figure.u)) == (40, 20_000)  # as the text of section 1 says
    delta = torch.where(figure.is_data, 10.0, 1.0)
    wrong, wanted = scan(figure.u, delta, hold(delta)) - figure.target, figure.target
    error, shown = (wrong[:k].square().mean().sqrt() / wanted[:k].square().mean().sqrt() for k in (20_000, 40))
    assert figure.show(10.0, 1.0) == pytest.approx(error.item(), rel=1e-4)
    assert shown - error > 0.05


def test_the_mark_can_open_and_shut_the_door():
    figure = DeltaFromMark()
    assert "about 0 on noise" in figure.update(weight=16.0, bias=-10.0) and figure.error < 0.02
    figure.update(weight=0.0, bias=0.0)
    assert figure.delta_data == figure.delta_noise == pytest.approx(math.log(2))
    figure.update(weight=3.0, bias=-2.0)
    assert figure.delta_data == pytest.approx(torch.nn.functional.softplus(torch.tensor(1.0)).item())


def test_all_states_forget_from_the_reset_of_the_exercise_on():
    figure = Reset()
    enough = reset_delta(0.01, -torch.arange(1.0, 17.0))
    assert "only state 1 remembers" in figure.update(delta=math.floor(10 * enough) / 10)
    assert "no state remembers" in figure.update(delta=math.ceil(10 * enough) / 10)
    assert "9 states remember" in figure.update(delta=0.5)
    ones = torch.ones(1, 16)
    u, delta = torch.zeros(1, 1, 1), torch.full((1, 1, 1), 0.5)
    start = torch.ones(1, 1, 16)
    _, left = selective_scan_fn(
        u, delta, -torch.arange(1.0, 17.0)[None], ones, ones, return_last_state=True, initial_state=start
    )
    assert left.flatten().tolist() == pytest.approx(figure.left.tolist(), rel=1e-4)


def test_the_ablation_shows_the_papers_numbers():
    sentence = Ablation().update()
    assert all(number in sentence for number in ("10.93", "10.15", "9.98", "9.81", "8.71"))
    gains = {name: Ablation.PERPLEXITY["nothing"] - value for name, value in Ablation.PERPLEXITY.items()}
    assert gains["Δ, B and C"] == pytest.approx(2 * gains["only Δ"], rel=0.02)


def test_deltas_set_by_hand_reset_on_data_and_hold_on_noise():
    is_data = torch.tensor([True, False, False, True])
    gates = gate_from_delta(delta_by_hand(is_data))
    assert gates[is_data].min() > 0.99 and gates[~is_data].max() < 1e-4
