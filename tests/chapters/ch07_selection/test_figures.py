"""The figures of notebook 07: what each picture shows equals what the gate and the package compute."""

import math
import re
from pathlib import Path

import pytest
import torch

from lite_mamba import selective_scan_fn
from lite_mamba.course.chapters import exercise
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
    percent,
)
from lite_mamba.course.checking.trial import judge


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
    smallest = {f"delta_{i}": 0.1 if i == 2 else 0.0 for i in range(1, 5)}
    assert "Token 2, the 2, has the weight 9.5 %" in row.update(**smallest)  # as the answer below the picture says
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


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (lambda delta: delta[:1], r"the gate returned \(1,\), expected a tensor of the shape \(4,\)"),
        (lambda delta: delta.tolist(), r"the gate returned a list of 4, expected a tensor of the shape \(4,\)"),
        (lambda delta: delta / 0, "the gate returned numbers that are not finite: (inf|NaN)"),
    ],
)
def test_a_gate_that_is_not_one_number_a_token_is_told_in_words(gate, words):
    with pytest.raises(ValueError, match=words):
        TokenRow(gate=gate).update()


def recurrence(step):
    """A `gated_state` with another step: (h, u_t, g_t) to the next h."""

    def run(u, g):
        h, states = torch.zeros(()), []
        for u_t, g_t in zip(u, g, strict=True):
            h = step(h, u_t, g_t)
            states.append(h)
        return torch.stack(states)

    return run


OTHER = {
    "swapped doors": recurrence(lambda h, u, g: g * h + (1 - g) * u),
    "beside the gate": recurrence(lambda h, u, g: (1 - g) * h + u),
    "never fades": recurrence(lambda h, u, g: h + g * u),
    "a minus": recurrence(lambda h, u, g: (1 - g) * h - g * u),
    "never carried on": lambda u, g: g * u,
    "open or shut": recurrence(lambda h, u, g: u if g > 0.5 else h),
}


@pytest.mark.parametrize("run", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize("deltas", [(5.0, 0.0, 1.4, 0.0), (0.7,) * 4, (0.0, 2.0, 0.3, 6.0)])
def test_another_recurrence_shows_its_own_states_and_where_they_part_from_the_bars(run, deltas):
    row = TokenRow(run=run)
    sentence = row.update(**{f"delta_{i}": delta for i, delta in enumerate(deltas, start=1)})
    h, (title,) = run(row.u, row.g), row.titles()
    before = torch.cat([torch.zeros(1), h[:-1]])
    bars = (1 - row.g) * before + row.g * row.u
    parted = [i for i in range(4) if abs(h[i] - bars[i]) > 0.01]
    first = parted[0]
    numbers = [f"{value:.2f}".replace("-", "−") for value in (h[first], bars[first])]
    assert title == f"State {first + 1} is {numbers[0]}, kept and let in make {numbers[1]}" and title in sentence
    assert "weight" not in sentence and "The tokens do this" not in sentence
    assert f"The state ends at {h[-1]:.2f}".replace("-", "−") in sentence
    lines = dict(zip(row.others.get_xdata()[::3], row.others.get_ydata()[::3], strict=True))
    assert list(lines) == pytest.approx([i - 0.3 for i in parted if 0 <= h[i] <= row.HIGHEST])
    assert list(lines.values()) == pytest.approx([h[i].item() for i in parted if 0 <= h[i] <= row.HIGHEST])
    right = TokenRow()
    assert "weight" in right.update() and not len(right.others.get_xdata())


@pytest.mark.parametrize(
    ("gate", "first"),
    [
        (lambda delta: delta, "5.00"),
        (lambda delta: torch.exp(-delta) - 1, "−0.99"),
        (lambda delta: 1 - torch.exp(delta), "−147.41"),
    ],
)
def test_a_gate_that_is_no_share_neither_holds_nor_resets(gate, first):
    row = TokenRow(gate=gate)
    sentence = row.update()
    assert row.titles() == [f"Token 1 has the gate {first}, no share from 0 to 1"]
    assert row.verbs[0] == "no share" and row.words[0].get_text() == f"g = {first}"
    assert not any(word in sentence for word in ("weight", "reset", "empty", "The tokens do this"))


@pytest.mark.parametrize("run", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize(
    ("figure", "settings"),
    [(TwoDeltas, {"delta_data": 10.0, "delta_noise": 0.01}), (DeltaFromMark, {"weight": 6.0, "bias": -2.0})],
)
def test_the_error_of_another_recurrence_is_that_of_the_states_drawn(run, figure, settings):
    shown = figure(run=run)
    sentence = shown.update(**settings)
    drawn, wanted = torch.tensor(shown.line.get_ydata()[:-1]), shown.target[: shown.SHOWN]
    error = ((drawn - wanted).square().mean() / wanted.square().mean()).sqrt().item()
    assert shown.titles() == [f"Another recurrence: an error of {percent(error)} over these 40 tokens"]
    assert "no mixture" in sentence and "replaces" not in sentence and percent(error) in sentence
    assert "over these" not in figure().update(**settings)


@pytest.mark.parametrize("run", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize(
    ("figure", "settings"),
    [(TwoDeltas, {"delta_data": 0.01, "delta_noise": 0.01}), (DeltaFromMark, {"weight": 16.0, "bias": -12.0})],
)
def test_states_outside_of_the_frame_are_marked_at_its_edge_and_counted(run, figure, settings):
    shown = figure(run=lambda u, g: 3 * run(u, g))
    sentence = shown.update(**settings)
    states, (low, high) = torch.tensor(shown.line.get_ydata()[:-1]), shown.ax.get_ylim()
    for marks, outside in zip(shown.beyond, (states < low, states > high), strict=True):
        assert [int(place) for place in marks.get_xdata()] == outside.nonzero().flatten().tolist()
        assert all(low < y < high for y in marks.get_ydata())
    count = int(((states < low) | (states > high)).sum())
    assert ("outside" in sentence) == (count > 0)
    assert not count or f" {count} state" in sentence


def test_the_mixture_stays_in_the_frame():
    shown = TwoDeltas()
    assert all("outside" not in shown.update(**corner) and not shown.outside for corner in shown.corners())


@pytest.mark.parametrize("gate", [lambda delta: delta / 1000, lambda delta: (1 - torch.exp(-delta)).clamp(min=0.004)])
@pytest.mark.parametrize("deltas", [(5.0, 0.0, 1.4, 0.0), (0.7,) * 4, (0.0,) * 4])
def test_the_state_is_called_empty_only_where_its_number_is_zero(gate, deltas):
    row = TokenRow(gate=gate)
    sentence = row.update(**{f"delta_{i}": delta for i, delta in enumerate(deltas, start=1)})
    assert ("still empty" in sentence) == ("ends at 0.00" in sentence)


def test_whole_numbers_reach_the_functions_as_floats():
    row = TokenRow(gate=lambda delta: torch.full_like(delta, 0.5))
    row.update(delta_1=5, delta_2=0, delta_3=1, delta_4=0)
    assert row.g.tolist() == [0.5] * 4
    assert TwoDeltas().update(delta_data=10, delta_noise=1) == TwoDeltas().update(delta_data=10.0, delta_noise=1.0)


@pytest.mark.parametrize(
    ("share", "words"),
    [(9.994, "999 %"), (9.996, "1000 %"), (199.33, "19 933 %"), (999.99, "99 999 %"), (1e3, "1e5 %")],
)
def test_large_shares_have_the_digits_of_all_large_numbers(share, words):
    assert percent(share) == words


@pytest.mark.parametrize("figure", [TokenRow, TwoDeltas, DeltaFromMark])
def test_a_recurrence_that_writes_into_its_inputs_shows_the_same_at_every_move(figure):
    def writes(u, g):
        states = gated_state(u, g)
        u *= 2
        g *= 2
        return states

    shown, right = figure(run=writes), figure()
    assert shown.update() == shown.update() == right.update() and shown.titles() == right.titles()


def test_a_gate_that_writes_into_the_step_sizes_does_not_change_what_is_shown():
    row = TokenRow(gate=lambda delta: delta.neg_().exp_().neg_().add_(1))
    assert row.update() == TokenRow().update()
    assert [step.get_text() for step in row.steps] == ["5.0", "0.0", "1.4", "0.0"]


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


def test_only_the_exact_weights_are_said_to_add_up_to_1():
    exact, package = GateCurve(), GateCurve(package=True)
    for w in (-6.0, -2.4, -2.2):
        assert exact.update(w=w).endswith("add up to 1.") and exact.sum_note.get_text() == "sum 1.00"
        assert package.update(w=w).endswith("add up to just over 1.") == (package.total < 1.005)
        assert package.total > 1 and package.sum_note.get_text() != "sum 1.00"


def test_at_w_2_the_weights_are_those_of_the_text():
    package = GateCurve(package=True)
    assert "the weight 2.127" in package.update(w=2.0) and "the weight 0.881" in GateCurve().update(w=2.0)


LOUD = math.log1p(math.exp(2))  # the package's weight at w = 2


@pytest.mark.parametrize(
    ("said", "is_true"),
    [
        (r"It is Δ itself, softplus\(2\) = ([\d.]+)", lambda n: n == round(LOUD, 2)),
        (r"in place of ([\d.]+)\. The token", lambda n: n == round(-math.expm1(-LOUD), 2)),
        (r"The token is ([\d.]+) times too loud", lambda n: n == round(-LOUD / math.expm1(-LOUD), 1)),
        (r"([\d.]+) % is 1 − Δ, Euler's rule", lambda n: n == round(100 * (1 - math.log(2)))),
        (r"for which Δ = (\d) will do", lambda n: math.exp(-n) < 0.01 <= math.exp(1 - n)),
        (r"Δ = 0\.01, then after (\d+) of them less than 1 % is left", lambda n: math.exp(-0.01 * n) < 0.01),
        (r"a boundary token with Δ = ([\d.]+) is also", lambda n: n == round(math.log(100), 1)),
        (r"is also ([\d.]+) times as loud", lambda n: n == round(math.log(100), 1)),
    ],
)
def test_a_number_of_the_text_that_no_cell_computes_is_right(said, is_true):
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    found = set(re.findall(said, notebook))
    assert len(found) == 1 and is_true(float(found.pop()))


def test_the_answer_on_a_token_as_loud_as_sent_has_the_step_nearest_to_1():
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    said = set(re.findall(r"At w = ([\d.]+), where Δ is ([\d.]+), nearly 1\. There (\d+) %", notebook))
    package = GateCurve(package=True)
    w = min(package.controls["w"].positions(), key=lambda w: abs(math.log1p(math.exp(w)) - 1))
    assert f"Δ = softplus(w) = {math.log1p(math.exp(w)):.3f}." in package.update(w=w)
    assert said == {(f"{w:.2f}", f"{package.delta:.3f}", f"{100 * package.kept:.0f}")}


def test_the_first_token_is_token_1_all_through_the_notebook():
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    assert "Token 1, the 6" in TokenRow().update(delta_1=6.0, delta_3=0.0)
    assert not re.search(r"\btoken 0(?![.\d])", notebook, re.IGNORECASE)


def test_the_scan_takes_B_and_C_in_both_shapes_of_the_symbol_table():
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    assert "B and C as (B, N, L), or (D, N) if all tokens share them" in notebook
    u, delta, A = torch.randn(2, 3, 7), torch.rand(2, 3, 7), -torch.rand(3, 4)  # (B, D, L) twice, (D, N)
    each, shared = torch.ones(2, 4, 7), torch.ones(3, 4)
    torch.testing.assert_close(
        selective_scan_fn(u, delta, A, each, each), selective_scan_fn(u, delta, A, shared, shared)
    )


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
    assert "under 10⁻⁴ on noise" in figure.update(weight=16.0, bias=-10.0) and figure.error < 0.02
    assert "0.000335 on noise" in figure.update(weight=16.0, bias=-8.0)  # how small: the text asks for it
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


def test_how_near_9_the_row_is_to_come_is_a_number_that_its_start_misses_and_the_answer_keeps():
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    (away,) = map(
        float, re.findall(r"Bring the last state to 9, the third token, or at most ([\d.]+) away\.", notebook)
    )
    row = TokenRow()

    def missed(*deltas):
        row.update(**{f"delta_{i}": delta for i, delta in enumerate(deltas, start=1)})
        return abs(row.h[-1].item() - 9)

    assert missed(*TokenRow.DELTAS) > away
    assert max(missed(one, two, 4.5, 0.0) for one in (0.0, 6.0) for two in (0.0, 6.0)) <= away < missed(0, 0, 4.4, 0)
    assert away < missed(6.0, 6.0, 6.0, 0.1)  # the fourth must hold


def test_the_curves_of_the_gate_are_called_weights_as_on_their_axis():
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    figure = GateCurve()
    assert "Both weights, the old state's and the token's, in one picture" in notebook
    assert figure.ax.get_ylabel() == "weight"
    assert [text.get_text().partition(":")[0] for text in figure.ax.texts] == ["old state", "token"]


def test_the_ablation_shows_the_papers_numbers():
    sentence = Ablation().update()
    assert all(number in sentence for number in ("10.93", "10.15", "9.98", "9.81", "8.71"))
    gains = {name: Ablation.PERPLEXITY["nothing"] - value for name, value in Ablation.PERPLEXITY.items()}
    assert gains["Δ, B and C"] == pytest.approx(2 * gains["only Δ"], rel=0.02)


@pytest.mark.parametrize("delta", [3.0, 3.5, 3.6, 5.0])
def test_the_row_calls_a_reset_what_the_exercise_takes_for_one(delta):
    row = TokenRow()
    row.update(delta_1=delta)
    right = judge(exercise("07.delta_by_hand"), lambda is_data: torch.where(is_data, delta, 1e-6)).kind == "right"
    assert (row.verbs[0] == "reset") == right


def test_deltas_set_by_hand_reset_on_data_and_hold_on_noise():
    is_data = torch.tensor([True, False, False, True])
    gates = gate_from_delta(delta_by_hand(is_data))
    assert gates[is_data].min() > 0.99 and gates[~is_data].max() < 1e-4
