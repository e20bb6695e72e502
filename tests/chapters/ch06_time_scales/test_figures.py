"""The figures of notebook 06 show what the package computes, at every corner of their sliders."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lite_mamba import Mamba, initialization, selective_scan_fn
from lite_mamba.course.chapters.ch06_time_scales import figures
from lite_mamba.course.chapters.ch06_time_scales.exercises import half_life, inverse_softplus, sample_dt
from lite_mamba.course.drawing.numbers import percent, written
from lite_mamba.course.page.explore import Exploration


def test_the_hero_shows_slow_states_below_fast_ones():
    hero = figures.Hero()
    assert hero.update().startswith("Three channels")
    for left in hero.left:
        assert (np.diff(left, axis=0) >= 0).all()  # downwards the states are slower
        assert (np.diff(left, axis=1) <= 0).all()  # with time less is left
    fast, medium, slow = hero.left
    assert (fast <= medium).all() and (medium <= slow).all()  # state for state


def test_fading_halves_where_the_half_life_says():
    shown = figures.Fading()
    for parameters in shown.corners():
        sentence = shown.update(**parameters)
        n, delta = parameters["n"], parameters["delta"]
        assert math.isclose(shown.steps, math.log(2) / (n * delta), rel_tol=1e-5)
        assert math.isclose(math.exp(-n * delta * shown.steps), 0.5, rel_tol=1e-5)
        assert f"after {figures.words(shown.steps)} steps" in sentence


def test_fading_shows_what_the_scan_holds_of_an_impulse():
    shown = figures.Fading()
    shown.update(delta=0.1, n=3)
    u = torch.zeros(1, 1, shown.STEPS + 1)
    u[..., 0] = 1
    ones = torch.ones_like(u)
    y = selective_scan_fn(u, 0.1 * ones, torch.tensor([[-3.0]]), ones, ones)
    np.testing.assert_allclose(shown.left, (y / y[..., :1]).flatten(), rtol=1e-4, atol=1e-6)


def test_fading_says_when_a_half_life_has_the_wrong_shape():
    exploration = Exploration(figures.Fading(half_life=lambda A, delta: A[0]))
    assert exploration.frame.failed
    assert "expected a tensor of the shape (1, 1)" in exploration.frame.sentence


@pytest.mark.parametrize(
    ("half_life", "finding"),
    [
        (lambda A, delta: 1 / (-A * delta[:, None]), "After 10 steps, 37 % is left, not a half"),
        (lambda A, delta: 0.5 / (-A * delta[:, None]), "After 5 steps, 61 % is left, not a half"),
        (lambda A, delta: 0.7 / (-A * delta[:, None]), "After 7 steps, 49.7 % is left, not a half"),
        (lambda A, delta: math.log(2) / (A * delta[:, None]), "A half-life of −6.9 steps lies before the event"),
        (lambda A, delta: 0 * A, "After 0 steps, 100 % is left, not a half"),
        (lambda A, delta: torch.full_like(A, 50), "After 50 steps, under 1 % is left, not a half"),
        (lambda A, delta: math.log(2) / (-A * delta[:, None]), "Half of it is left after 6.9 steps"),
    ],
)
def test_a_half_is_said_to_be_left_only_where_the_dots_say_so(half_life, finding):
    shown = figures.Fading(half_life=half_life)
    shown.owner = lambda function: "yours" if function is half_life else ""
    sentence = shown.update()
    assert shown.titles() == [finding] and sentence.endswith(" The half-life is yours.")
    assert finding in sentence and ("a quarter" in sentence) == finding.startswith("Half")
    left = np.interp(shown.steps, shown.t, shown.left)
    assert finding.startswith("Half") == (abs(left - 0.5) < 0.001)
    marked = len(shown.halves.get_xdata())
    seen = sum(0 <= k * shown.steps <= shown.STEPS for k in (1, 2, 3))
    assert marked == seen and shown.names[0].get_visible() == bool(marked)


def test_a_half_life_that_cannot_be_shown_takes_no_room():
    usual, none = figures.Fading(), figures.Fading(half_life=lambda A, delta: A)
    for shown in (usual, none):
        shown.update()
        shown.picture()
    assert not len(none.halves.get_xdata())
    np.testing.assert_allclose(none.ax.get_position(), usual.ax.get_position())


def test_of_a_state_something_is_always_left():
    shown = figures.Fading(half_life=lambda A, delta: torch.ones_like(A))
    assert "After 1 step, under 1 % is left, not a half." in shown.update(delta=1.0, n=16)
    assert 0 < shown.left[1] < 1e-6


def test_a_half_life_beyond_the_last_dot_is_told_where_it_stands():
    shown = figures.Fading()
    for delta, n in itertools.product(*(control.positions() for control in shown.controls.values())):
        shown.update(delta, n)  # 61 to 64 steps, too: beyond the dots, and not beyond the axis
        assert ("beyond the last dot" in shown.titles()[0]) == (shown.steps > shown.dots.get_xdata().max())
    assert "after 693 steps, a quarter" in shown.update(delta=0.001)
    assert shown.titles() == ["Half of it is left after 693 steps, beyond the last dot"]
    shown = figures.Fading(half_life=lambda A, delta: 10 / (-A * delta[:, None]))
    assert "After 10 000 steps, under 1 % is left" in shown.update(delta=0.001)
    assert shown.titles() == ["After 10 000 steps, beyond the last dot, under 1 % is left, not a half"]


def test_functions_that_write_into_what_they_get_change_nothing_but_that():
    """Their values are right; the check names what they do."""
    rain = figures.TimeScaleMap(sample=lambda u, low, high, _: u.mul_(math.log(high / low)).exp_().mul_(low))
    first = rain.update()
    assert rain.update(n=5) != first == rain.update() == figures.TimeScaleMap().update()
    form = figures.SoftplusInverse(inverse=lambda dt: dt.add_(torch.log(-torch.expm1(-dt))))
    for kind in form.KINDS.values():
        assert form.update(kind=kind) == figures.SoftplusInverse().update(kind=kind)


@pytest.mark.filterwarnings("error")
def test_a_half_life_may_come_with_a_gradient():
    weight = torch.ones(1, requires_grad=True)
    shown = figures.Fading(half_life=lambda A, delta: weight * half_life(A, delta))
    assert shown.update() == figures.Fading().update()


def test_a_form_that_is_the_naive_one_leaves_it_in_sight():
    shown = figures.SoftplusInverse(inverse=figures.naive_inverse)
    shown.update()
    np.testing.assert_array_equal(shown.naive.get_ydata(), shown.stable.get_ydata())
    assert shown.naive.get_zorder() > shown.stable.get_zorder() and shown.naive.get_linestyle() == "--"


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ValueError, match="half_life returned numbers that are not finite"):
        figures.Fading(half_life=lambda A, delta: A * math.nan).update()
    with pytest.raises(ValueError, match=r"sample_dt returned −6\.9, and a step size is above 0"):
        figures.TimeScaleMap(sample=lambda u, low, high, floor: math.log(low) + u * math.log(high / low)).update()
    with pytest.raises(ValueError, match="sample_dt returned numbers that are not finite"):
        figures.TimeScaleMap(sample=lambda u, *_: u * math.nan).update()


def test_drops_from_beyond_the_map_are_told():
    def with_one_beyond(u, *ends):
        return torch.where(u == u.max(), 2.0, sample_dt(u, *ends))

    rain = figures.TimeScaleMap(sample=with_one_beyond)
    assert "1 drop from beyond the map falls at its edge." in rain.update()
    rain = figures.TimeScaleMap(sample=lambda u, *_: 1e-5 + 0 * u)
    rain.owner = lambda function: "yours" if function is rain.sample else ""
    assert rain.update().endswith("64 drops from beyond the map fall at its edge. The draw is yours.")
    rain = figures.TimeScaleMap()
    assert not any("beyond" in rain.update(**parameters) for parameters in rain.corners())


def test_words_keep_two_digits():
    assert [figures.words(steps) for steps in (0.04332, 0.433, 6.93, 9.96, 17.3, 693.1, 10183, -6.93)] == [
        "0.043", "0.43", "6.9", "10", "17", "693", "10 183", "−6.9",
    ]  # fmt: skip


def test_legs_curves_are_those_of_the_matrix_exponential_and_the_sum_of_plain_ones():
    shown = figures.TwoMemories()
    A, B = (torch.from_numpy(part) for part in figures.hippo_legs(shown.SIZE))
    for i in (0, 100, 259):
        exact = torch.linalg.matrix_exp(A * 10 ** shown.log_t[i]) @ B  # (N,)
        np.testing.assert_allclose(shown.legs[:, i], exact, rtol=1e-6, atol=1e-8)
    for n in range(1, shown.SIZE + 1):
        sentence = shown.update(n=n, shown=True)
        np.testing.assert_allclose(shown.rebuilt, shown.legs[n - 1], atol=1e-7)
        t = np.geomspace(1e-3, 20, 20000)
        wave = shown.mix[n - 1] @ np.exp(-np.outer(np.arange(1, shown.SIZE + 1), t))
        assert (np.diff(np.sign(wave)) != 0).sum() == shown.crossings == n - 1
        which, size = re.search(r"; ([a-z ]+) weight is ([\d .]+?)(?: in size)?\.$", sentence).groups()
        assert which == ("the largest" if n > 1 else "its") and ("in size" in sentence) == (shown.mix[n - 1].min() < 0)
        assert size == figures.words(shown.largest) and f"weight {size}" in shown.weights.get_text()


def test_the_largest_weight_is_the_number_that_the_table_of_weights_prints():
    shown = figures.TwoMemories()
    notebook = (Path(__file__).parents[3] / "notebooks/06_time_scales.ipynb").read_text("utf-8")
    printed = dict(
        re.findall(r"(\d+) states: the sum equals LegS, and the largest weight is ([\d ]+) in size", notebook)
    )
    for n in (4, 8):  # a weight of four states is −79, so 79 is its size
        assert f"the largest weight is {printed[str(n)]} in size." in shown.update(n=n, shown=True)
        assert np.abs(figures.legendre_mix(n)).max() == shown.largest


def test_legs_is_built_of_orthogonal_polynomials_in_the_plain_curve_of_state_1():
    """With x = exp(−t) the curve of state n is x times a polynomial; xⁱ⁺ʲ has the integral 1/(i + j + 1) over 0 … 1."""
    i = np.arange(8)
    weights = figures.legendre_mix(8)  # (N, N), of x¹ … x⁸
    np.testing.assert_allclose(weights @ (1 / (i + i[:, None] + 1)) @ weights.T, np.eye(8), atol=1e-5)
    notebook = (Path(__file__).parents[3] / "notebooks/06_time_scales.ipynb").read_text("utf-8")
    assert "polynomials in $e^{-t}$ that stand at right angles to one another (they are *orthogonal*)" in notebook


def test_the_gap_to_the_state_before_is_written_as_the_axis_measures_it():
    """In per cent it would be read as a share of that state, of which hardly anything is left in the end."""
    shown = figures.TwoMemories()
    for n in range(2, shown.SIZE + 1):
        sentence = shown.update(n=n)
        gap, before = re.fullmatch(r"≤ (0\.\d\d) below\nstate (\d)", shown.below.get_text()).groups()
        above, here = (shown.diagonal.lines[i].get_ydata() for i in (n - 1, n))  # line 0 marks zero
        assert float(gap) - 0.01 < (above - here).max() <= float(gap) and int(before) == n - 1
        np.testing.assert_array_equal(here, shown.fade.get_ydata())
        assert f"at most {100 * float(gap):.0f} % of the full height below state {before}" in sentence


def test_legs_diagonal_is_the_package_rate_of_every_state():
    A, _ = figures.hippo_legs(16)
    np.testing.assert_allclose(np.diag(A), -initialization.s4d_real_A_log(1, 16).exp()[0])


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_the_naive_inverse_is_off_by_no_more_than_the_title_says_and_the_stable_one_by_little(kind):
    shown = figures.SoftplusInverse()
    for delta, error in zip(10 ** shown.log_dt[::20], shown._errors_of(kind)[0][::20], strict=True):
        shown.update(delta=delta, kind=kind)
        assert error <= 1.5 * shown.bound + 20 * torch.finfo(kind).eps  # the logarithm is rounded, too
        if told := re.search(r"≤ (.+) % lost", shown.titles()[1]):
            assert 1 <= float(told[1].replace("−", "-")) / (100 * shown.bound) <= 1.1
    assert shown.naive_error.max() > 10 * shown.stable_error.max()
    assert shown.stable_error.max() < 10 * torch.finfo(kind).eps


def test_the_sentence_tells_how_far_the_readers_inverse_is_off():
    assert "The stable form stays below 0.001 %" in figures.SoftplusInverse().update()
    shown = figures.SoftplusInverse(inverse=figures.naive_inverse)
    shown.owner = lambda function: "yours" if function is figures.naive_inverse else ""
    sentence = shown.update()
    assert sentence.endswith("The inverse is yours.")
    worst = float(re.search(r"The given form is off by up to ([\d.]+) %", sentence)[1])
    assert 1 <= worst / (100 * shown.naive_error.max()) < 1.05


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (lambda dt: torch.log(torch.expm1(dt)), "The stable form stays below"),
        (torch.log, "The given form is off by up to 77 %"),
        (lambda dt: dt, "The given form is off by more than 1000 %"),
        (lambda dt: dt + torch.log(torch.expm1(-dt)), "The given form gives no number for any of these Δ"),
        (lambda dt: torch.log(dt - 1e-3), "The given form gives no number for some of these Δ"),
    ],
)
def test_a_form_is_called_stable_only_if_it_is_and_its_curve_is_drawn_where_its_errors_are(form, says):
    shown = figures.SoftplusInverse(inverse=form)
    assert says in shown.update()
    stable = shown.stable_error.max() < 1e-5  # not so of NaN
    assert shown.stable_name.get_text() == ("─ stable form" if stable else "─ given form")
    worst = shown.stable_error.reshape(-1, shown.NEIGHBOURS).max(1)
    drawn = 10 ** shown.stable.get_ydata()
    low, high = 10.0 ** np.array(shown.errors.get_ylim())
    seen = (drawn > low) & (drawn < high)
    np.testing.assert_allclose(drawn[seen], worst[seen])
    assert not ((worst > low) & (worst < high) & ~seen).any()


def test_an_inverse_of_the_wrong_shape_is_told():
    with pytest.raises(ValueError, match=r"inverse_softplus returned \(1,\), expected a tensor of the shape"):
        figures.SoftplusInverse(inverse=lambda dt: dt.sum()[None]).update()


def test_an_inverse_that_knows_no_bfloat16_is_drawn_all_the_same():
    def by_numpy(dt):
        return torch.from_numpy(np.log(np.expm1(dt.numpy())))

    shown = figures.SoftplusInverse(inverse=by_numpy)
    assert "nothing of Δ is left" in shown.update(delta=0.001, kind=torch.bfloat16)
    assert 1e-3 < shown.stable_error.max() < 0.1  # its bias is rounded to bfloat16


@pytest.mark.parametrize(
    ("form", "most"),
    [
        (inverse_softplus, 3.0),
        (lambda dt: torch.log(torch.expm1(dt)), 1.7),
        (lambda dt: inverse_softplus(dt.float()), 1.6),
        (lambda dt: inverse_softplus(dt.double()).float(), 1.6),
    ],
    ids=["the solution", "one logarithm", "in float32", "in float64"],
)
def test_every_stable_form_loses_the_rounding_of_the_bias_in_bfloat16_and_the_solution_a_little_more(form, most):
    shown = figures.SoftplusInverse(inverse=form)
    assert "The stable form stays below 10 %" in shown.update(kind=torch.bfloat16)
    band = (shown.log_dt >= -3) & (shown.log_dt <= -1)
    assert 100 * shown.stable_error[band].max() == pytest.approx(most, abs=0.1)


def test_of_all_numbers_of_bfloat16_in_the_band_the_solution_loses_as_much_as_the_answer_says():
    every = torch.arange(2**15, dtype=torch.int16).view(torch.bfloat16)
    band = every[(every.double() >= 0.001) & (every.double() <= 0.1)]
    worst = 100 * figures.SoftplusInverse._error(inverse_softplus(band), band).max()
    notebook = (Path(__file__).parents[3] / "notebooks/06_time_scales.ipynb").read_text("utf-8")
    assert set(re.findall(r"rounded, too: up to ([\d.]+) %", notebook)) == {f"{worst:.1f}"}


def test_the_marked_bias_gives_the_marked_step_size():
    shown = figures.SoftplusInverse()
    for parameters in shown.corners():
        sentence = shown.update(**parameters)
        assert math.isclose(math.log1p(math.exp(shown.bias)), parameters["delta"], rel_tol=1e-6)
        assert shown.titles()[0].endswith(f": bias {written(shown.bias, '.2f')}")
        assert f"Δ = {figures.written(parameters['delta'])}." in sentence


def test_the_step_size_in_the_title_is_the_sliders_and_has_the_bias_beside_it():
    shown = figures.SoftplusInverse()
    slider = shown.controls["delta"]
    for delta in slider.positions():
        sentence = shown.update(delta=delta)
        step_size, bias = re.fullmatch(r"Δ = (\S+): bias (\S+)", shown.titles()[0]).groups()
        assert step_size == slider.describe(delta) and f"into Δ = {step_size}. " in sentence
        exact = math.log(math.expm1(float(step_size.replace("−", "-"))))
        assert abs(float(bias.replace("−", "-")) - exact) < 0.0055


@pytest.mark.parametrize("kind", figures.SoftplusInverse.KINDS.values(), ids=str)
def test_the_loss_by_rounding_exp_is_called_the_lesser_one_where_the_curve_shows_a_larger_one(kind):
    shown = figures.SoftplusInverse()
    for delta in 10 ** np.arange(-7, 1.01, 0.1):
        sentence = shown.update(delta=float(delta), kind=kind)
        errors = 10 ** np.interp(math.log10(delta), *shown.naive.get_data())
        title = shown.titles()[1]
        lesser = title == "Rounding exp(Δ): the lesser loss"
        assert title.startswith("Rounding exp(Δ): ")  # a title stands alone: it says what loses
        assert lesser or ": ≤ " in title or shown.bound == 1  # the curve has the other roundings, too
        assert lesser == ("the other roundings by more" in sentence)
        assert not lesser or shown.bound < errors


def test_every_mark_of_the_memorys_axis_has_its_number():
    names = [name.get_text() for name in figures.TimeScaleMap().memory.get_xticklabels()]
    assert names == ["1", "10", "100", "1000", "10 000"]


def test_the_map_agrees_with_its_cell_and_its_rain_with_the_package():
    shown = figures.TimeScaleMap()
    for parameters in shown.corners():
        sentence = shown.update(**parameters)
        n, delta = parameters["n"], parameters["delta"]
        column = min(int((math.log10(delta) + 4) / 4 * 160), 159)
        assert abs(10 ** shown.log_half_life[n - 1, column] / shown.half_life - 1) < 0.06
        middle = np.interp(math.log10(shown.half_life), shown.log_t, shown.left)
        assert abs(middle - 0.5) < 0.01
        assert shown.rain.min() >= parameters["dt_min"] * 0.999
        assert shown.rain.max() <= parameters["dt_max"] * 1.001
        assert f"half-life of {figures.words(shown.half_life)} steps" in sentence


def test_step_sizes_may_come_as_parameters():
    as_parameter = figures.TimeScaleMap(sample=lambda *given: torch.nn.Parameter(sample_dt(*given)))
    assert as_parameter.update() == figures.TimeScaleMap().update()
    form = figures.SoftplusInverse(inverse=lambda dt: torch.nn.Parameter(inverse_softplus(dt)))
    assert form.update() == figures.SoftplusInverse().update()


def test_the_draw_of_the_map_is_that_of_the_package():
    torch.manual_seed(0)
    u = torch.rand(50)
    torch.manual_seed(0)
    drawn = initialization.sample_dt(50, 0.001, 0.1, 0.004)
    torch.testing.assert_close(sample_dt(u, 0.001, 0.1, 0.004), drawn)


def test_each_decade_of_the_default_rain_gets_half_of_the_channels():
    shown = figures.TimeScaleMap()
    shown.update()
    assert (shown.rain < 0.01).sum() == shown.CHANNELS / 2
    assert (shown.u.min(), shown.u.max()) == (1 / 128, 127 / 128)  # as the text says


def test_the_first_start_is_that_of_a_real_block_and_the_others_are_the_named_mistakes():
    starts = figures.starts()
    assert tuple(starts) == ("as built", *figures.BrokenStarts.NAMES)
    torch.manual_seed(0)
    torch.testing.assert_close(starts["as built"], F.softplus(Mamba(64).dt_proj.bias.detach()))
    assert starts["as built"].min() > 0.00099 and starts["as built"].max() < 0.101
    assert (starts["bias set to zero"] == F.softplus(torch.tensor(0.0))).all()
    anew = starts["drawn anew by PyTorch"]
    assert anew.min() < 0.6 and anew.max() > 0.8
    assert starts["inverse forgotten"].min() > 0.693
    assert starts["log Δ fed to the inverse"].isnan().all()


def test_broken_starts_count_every_state_and_none_that_is_not_a_number():
    shown = figures.BrokenStarts()
    for name, count in shown.counts.items():
        assert count.sum() == (0 if name.startswith("log") else 128 * 16)
    sentence = shown.update(start="bias set to zero", steps=1.0)
    assert math.isclose(shown.share, 1 / 16)  # the slowest state alone has a half-life of one step
    assert "The longest half-life is 1 step; as built, 684 steps." in sentence
    sentence = shown.update(start="inverse forgotten", steps=1.0)
    assert shown.share == 0 and "The longest half-life is 0.999 steps; as built, 684 steps." in sentence
    for start in shown.NAMES:
        shown.update(start=start, steps=3.0)
        assert shown.share == 0 < shown.built


@pytest.mark.parametrize("start", figures.BrokenStarts.NAMES)
def test_the_bars_in_the_grey_area_are_the_share_that_the_title_tells(start):
    shown = figures.BrokenStarts()
    for steps in shown.controls["steps"].positions():
        sentence = shown.update(start=start, steps=steps)
        said = re.search(r"half-life of (\S+) steps? or more|one of (\S+) steps? or more", sentence)
        least = float(said[1] or said[2]) * (1 - 1e-6)
        assert percent(shown.built) == percent(np.mean(shown.half_lives["as built"] >= least))  # of the steps it names
        assert shown.share == np.mean(shown.half_lives[start] >= least)
        assert all(shown.controls["steps"].describe(steps) in told for told in (*shown.titles(), shown.goal.get_text()))
        assert f"s built, {percent(shown.built)}" in sentence and f"built: {percent(shown.built)}" in shown.titles()[0]
        grey = [bar.get_x() > shown.span.get_x() - 1e-4 for bar in shown.bars]
        inside = [bar.get_height() for bar, is_grey in zip(shown.bars, grey, strict=True) if is_grey]
        cut = [
            bar for bar in shown.bars if bar.get_x() + 1e-4 < shown.span.get_x() < bar.get_x() + bar.get_width() - 1e-4
        ]
        assert not cut
        assert sum(inside) == pytest.approx(shown.share * 128 * 16)


def test_decay_is_that_of_adamw():
    shown = figures.DecayCollapse()
    sentence = shown.update(thousands=1, decay=0.1)
    A_log = torch.nn.Parameter(torch.arange(1.0, 17.0).log())
    optimiser = torch.optim.AdamW([A_log], lr=shown.RATE, weight_decay=0.1)
    A_log.grad = torch.zeros(16)
    for _ in range(1000):
        optimiser.step()
    np.testing.assert_allclose(shown.A, -A_log.detach().exp(), rtol=1e-3)
    assert f"−{shown.spread:.3g}, and" in sentence


def test_without_decay_the_rates_stay():
    shown = figures.DecayCollapse()
    shown.update(thousands=50, decay=0.0)
    np.testing.assert_allclose(shown.A, -np.arange(1, 17))


def test_a_few_states_of_many_are_not_told_as_none():
    lost = figures.BrokenStarts()
    assert "as built, under 1 % have one" in lost.update(steps=10**2.8) and 0 < lost.built < 0.01
    assert "as built, 0 % have one" in lost.update(steps=1000.0) and lost.built == 0
    rain = figures.TimeScaleMap()
    assert "under 1 % for less than one" in rain.update(dt_min=1e-4, dt_max=10**-1.3) and 0 < rain.short < 0.01


def test_one_step_has_no_s():
    fading = figures.Fading()
    assert "left after 1 step," in fading.update(delta=10**-1.2, n=11) and fading.titles() == [
        "Half of it is left after 1 step"
    ]


def test_the_rounded_exponential_alone_makes_no_more_of_the_error_than_there_is():
    inverse = figures.SoftplusInverse()
    sentence = inverse.update(delta=10.0)
    assert "this alone" in sentence and inverse.bound < inverse.naive_error[-1]
    assert "stand 128 apart" in inverse.update(delta=10.0, kind=torch.bfloat16)


def test_the_plain_curves_get_their_name_before_a_question_or_a_control_uses_it():
    notebook = (Path(__file__).parents[3] / "notebooks/06_time_scales.ipynb").read_text("utf-8")
    named = notebook.index("*plain curves*")
    assert all(named <= found.start() for found in re.finditer(r"\*?plain (curve|one)", notebook))
    shown = figures.TwoMemories()
    without_B = np.exp(-np.outer(np.arange(1, shown.SIZE + 1), 10**shown.log_t))  # 1 at age 0
    np.testing.assert_allclose(shown.plain, without_B)
