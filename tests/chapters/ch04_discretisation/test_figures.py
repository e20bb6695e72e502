"""The figures of notebook 04: what each picture shows equals what the rules and the package compute."""

import itertools
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from lite_mamba import Mamba, selective_scan_ref
from lite_mamba.course.chapters.ch04_discretisation.exercises import (
    euler,
    largest_euler_step,
    mended_zoh,
    zoh,
)
from lite_mamba.course.chapters.ch04_discretisation.figures import (
    RULES,
    ErrorOrders,
    Hero,
    InputRatio,
    PolePlanes,
    SmallNumbers,
    TickedBucket,
    bars,
    run,
)

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "04_discretisation.ipynb"


def prose() -> str:
    """The text of the notebook."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


@pytest.fixture(scope="module")
def bucket():
    return TickedBucket()


@pytest.fixture(scope="module")
def planes():
    return PolePlanes()


@pytest.mark.parametrize(
    "delta, words", [(1.0, "it settles"), (3.0, "overshoots"), (4.0, "swings for ever"), (4.25, "explodes")]
)
def test_eulers_bucket_explodes_beyond_twice_the_time_constant(bucket, delta, words):
    sentence = bucket.update(delta=delta, A=-0.5, method="Euler")
    assert words in sentence
    assert bucket.A_bar == pytest.approx(1 - 0.5 * delta)


def test_the_held_bucket_lies_on_the_true_curve_for_every_step(bucket):
    for delta in (0.25, 3.0, 8.0):
        sentence = bucket.update(delta=delta, A=-1.0, method="zero-order hold")
        assert np.allclose(bucket.levels, bucket.truth) and "on the true curve" in sentence


def test_what_is_nearly_nothing_does_not_read_as_nothing(bucket, planes):
    held = {"method": "zero-order hold"}
    assert "distance to 1 litre by 0.00034:" in bucket.update(delta=8.0, A=-1.0, **held)
    assert "largest error at the 96 ticks is 0.0019 litres" in bucket.update(delta=0.25, A=-1.0, method="bilinear")
    assert "z = 0.00012, |z| = 0.00012" in planes.update(re=-6.0, im=0.0, delta=1.5, **held)
    assert "exp(ΔA) = 1.1e−7," in InputRatio().update(n=16, delta=1.0)


def test_the_buckets_largest_error_comes_with_the_number_of_ticks_and_never_hides(bucket):
    """It may fall as Δ grows: one tick fewer fits in the picture. And a dot has left that long before 100 litres."""
    for delta, A, words in (
        (6.0, -0.5, "at the 4 ticks is 32.00 litres"),
        (6.25, -0.5, "at the 3 ticks is 19.19 litres"),
        (8.0, -0.5, "at the 3 ticks is 54.00 litres"),
        (8.0, -1.0, "at the 3 ticks is over 100 litres"),
    ):
        assert f"explodes, and the largest error {words}." in bucket.update(delta=delta, A=A, method="Euler")


def test_the_bucket_of_the_package_ends_too_high_by_the_ratio():
    delta, ratio = 1.0, InputRatio()
    ratio.update(n=1, delta=delta)
    one = torch.ones(1, 1)
    u = torch.ones(1, 1, 60)
    level = selective_scan_ref(u, torch.full_like(u, delta), -one, one, one)[0, 0, -1]
    assert level.item() == pytest.approx(ratio.ratio, rel=1e-5)  # the true bucket ends at −B·u/A = 1


@pytest.mark.parametrize("n, delta, expected", [(1, 0.1, 1.05), (1, 1.0, 1.58), (16, 0.1, 2.00)])
def test_the_ratio_is_that_of_the_two_rules(n, delta, expected):
    figure = InputRatio()
    sentence = figure.update(n=n, delta=delta)
    A, B = torch.tensor([-float(n)]), torch.ones(1)
    assert figure.ratio == pytest.approx((delta / zoh(delta, A, B)[1]).item(), rel=1e-5)
    assert figure.ratio == pytest.approx(expected, abs=0.006)
    assert f"{figure.ratio:.3f} times" in sentence


def test_orders_are_one_two_and_none_for_a_held_input_and_one_for_a_wave():
    figure = ErrorOrders()
    held = figure.update(halvings=6, input="held")
    assert figure.factors["Euler"] == pytest.approx(2, abs=0.05)
    assert figure.factors["bilinear"] == pytest.approx(4, abs=0.05)
    assert figure.factors["zero-order hold"] is None and "zero-order hold has no error but rounding" in held
    figure.update(halvings=6, input="wave")
    assert list(figure.factors.values()) == pytest.approx([2, 2, 2], abs=0.05)


@pytest.mark.parametrize("method", RULES)
def test_the_pole_in_the_z_plane_is_the_rules_own(planes, method):
    planes.update(re=-0.7, im=1.5, delta=0.4, method=method)
    A_bar, _ = RULES[method](0.4, torch.tensor([-0.7 + 1.5j]), torch.ones(1))
    assert planes.z_pole == pytest.approx(A_bar.item(), rel=1e-5)


def test_euler_grows_exactly_outside_its_disc(planes):
    for pole in (-0.5 + 2j, -3.0 + 1j, -1.0 + 0.5j):
        border = largest_euler_step(pole)
        planes.update(re=pole.real, im=pole.imag, delta=0.98 * border, method="Euler")
        assert not planes.grows and abs(pole - planes.disc.center[0]) < planes.disc.radius
        sentence = planes.update(re=pole.real, im=pole.imag, delta=1.02 * border, method="Euler")
        assert planes.grows and abs(pole - planes.disc.center[0]) > planes.disc.radius
        assert "it explodes; the true motion dies out" in sentence


def test_crosses_mark_a_factor_above_one_as_the_text_above_the_picture_says(planes):
    assert "the step response: the tap is opened, the spring is pulled. Its dots, or crosses if $|z| > 1$," in prose()
    for re, im, method in itertools.product((-6.0, -0.5, 0.0, 0.5), (0.0, 2.0), RULES):
        planes.update(re=re, im=im, delta=0.3, method=method)
        marks = {planes.dots.get_marker(), planes.image.get_marker()}
        assert marks == {"X" if abs(planes.z_pole) > 1 + 1e-7 else "o"}, (re, im, method)
    planes.update(re=0.0, im=0.0, delta=0.3, method="Euler")
    assert planes.response[-1] == pytest.approx(12) and not planes.grows, "a level can rise for ever with |z| = 1"


@pytest.mark.parametrize(
    ("make", "marks", "settings"),
    [
        (partial(TickedBucket, {"Euler": euler}), ("line", "dots"), {"delta": 0.25}),
        (partial(TickedBucket, {"zero-order hold": zoh, "Euler": euler}), ("line", "dots", "hollow"), {"delta": 0.25}),
        *((PolePlanes, ("line", "dots"), {"delta": delta, "method": "bilinear"}) for delta in (0.05, 0.1, 0.15, 0.3)),
    ],
)
def test_the_thick_grey_curve_shows_around_the_marks_of_many_ticks(make, marks, settings):
    figure = make()
    figure.true_line.set(color="magenta", alpha=1)

    def seen() -> int:
        return int((figure.pixels()[..., :3] == (255, 0, 255)).all(axis=-1).sum())

    figure.update(**settings)
    shown = seen()
    for mark in marks:
        getattr(figure, mark).set_visible(False)
    assert shown > 0.15 * seen()


def test_the_bucket_says_whose_rule_it_runs(bucket):
    bucket.owner = lambda rule: "yours" if rule is RULES["Euler"] else ""
    assert bucket.update(method="Euler").startswith("Euler (yours), Δ = 1 min")
    assert bucket.update(method="bilinear").startswith("Bilinear, Δ = 1 min")


@pytest.mark.parametrize("method", ["bilinear", "zero-order hold"])
def test_the_other_rules_keep_the_whole_left_half_inside(planes, method):
    for re in (-6.0, -0.1):
        for im in (0.0, 4.0):
            planes.update(re=re, im=im, delta=1.5, method=method)
            assert abs(planes.z_pole) < 1 and not planes.disc.get_visible()
    assert "it swings for ever" in planes.update(re=0.0, im=2.0, delta=0.5, method=method)


def test_a_swing_for_ever_is_called_right_only_where_the_dots_stay_with_the_true_spring(planes):
    for method, im, delta in itertools.product(("bilinear", "zero-order hold"), (0.1, 2.0, 4.0), (0.05, 0.3, 1.5)):
        sentence = planes.update(re=0.0, im=im, delta=delta, method=method)
        off = np.abs(planes.response - (1 - np.cos(im * planes.ticks))).max()  # x'' = im²·(1 − x) from rest
        assert ("but too slowly" in sentence) == (off > 0.1), (method, im, delta)
        assert ("as it should" in sentence) == ("but too slowly" not in sentence)
    assert "too slowly" in planes.update(re=0.0, im=2.0, delta=0.3, method="bilinear")
    assert "as it should" in planes.update(re=0.0, im=4.0, delta=1.5, method="zero-order hold")


def test_a_pole_is_marked_on_its_side_of_the_circle_inside_the_picture_and_clear_of_the_words(planes):
    box = planes.z.get_window_extent()
    for method, re, im, delta in itertools.product(RULES, (-6, -3.2, -0.5, 0.5), (0, 1, 2.5, 4), (0.3, 0.5, 1.5)):
        planes.update(re=re, im=float(im), delta=delta, method=method)
        words = [text.get_window_extent() for text in (planes.readout, *planes.z.texts)]
        marks = [planes.image.get_xydata(), planes.true_pole.get_xydata()]
        for z, places in zip((planes.z_pole, planes.true_z), marks, strict=True):
            for x, y in places:
                where = planes.z.transData.transform((x, y))
                assert (math.hypot(x, y) > 1) == (abs(z) > 1), (method, re, im, delta)
                assert box.contains(*where) and not any(word.contains(*where) for word in words)


def test_a_pole_and_a_ring_that_are_marked_too_near_are_said_to_be_further_out(planes):
    planes.picture()  # which lays it out
    for method, re, im, delta in itertools.product(RULES, (-6, -0.5, 0.5), (0, 0.8, 2.5, 4), (0.3, 0.5, 1.5)):
        planes.update(re=re, im=float(im), delta=delta, method=method)
        words = ((planes.z_pole, planes.image, planes.readout), (planes.true_z, planes.true_pole, planes.ring_key))
        for z, mark, text in words:
            there = abs(complex(*mark.get_xydata()[0]) - complex(z)) < 1e-6
            assert ("further out" in text.get_text()) != there, (method, re, im, delta)
        inside, ring = (text.get_window_extent() for text in planes.z.texts[:2])
        assert inside.x1 + inside.height < ring.x0 and ring.x1 < planes.z.get_window_extent().x1
    planes.update(re=0.5, im=0.8, delta=1.5, method="Euler")  # the ring alone
    assert "further out" in planes.ring_key.get_text() and "further out" not in planes.readout.get_text()


def test_a_pole_one_turn_a_tick_higher_has_the_same_z(planes):
    planes.update(re=-0.5, im=1.0, delta=1.5, method="zero-order hold")
    low = planes.z_pole
    planes.update(re=-0.5, im=1.0 + 2 * math.pi / 1.5, delta=1.5, method="zero-order hold")
    assert planes.z_pole == pytest.approx(low)


def test_a_pole_in_the_s_plane_is_clear_of_the_words(planes):
    for method, im in itertools.product(RULES, np.arange(0, 4.05, 0.1)):
        planes.update(re=-6.0, im=float(im), delta=1.0, method=method)
        words = planes.inside.get_window_extent()
        radius = planes.pole.get_markersize() / 2 * planes.figure.dpi / 72
        for x, _ in planes.s.transData.transform(planes.pole.get_xydata()):
            assert x - radius > words.x1, (method, im)
        assert planes.inside.get_bbox_patch().get_visible() == planes.disc.get_visible()  # whose edge may cross them


def test_a_level_less_than_nothing_has_its_mark(bucket):
    for figure, marks in ((bucket, "dots"), (TickedBucket({"hold": zoh, "Euler": euler}), "hollow")):
        figure.update(delta=5.0, method="Euler" if marks == "dots" else "hold")
        assert [10.0, -2.5] in getattr(figure, marks).get_xydata().tolist()
    bucket.update(delta=2.25, A=-1.0)  # near the lower edge
    assert bucket.dots.get_xydata()[6] == pytest.approx([13.5, -2.81], abs=0.01)


def test_the_dots_of_the_hold_lie_on_the_true_spring(planes):
    for re, im in ((-0.5, 2.0), (0.0, 2.0), (-2.0, 0.0), (-0.5, 4.0)):
        planes.update(re=re, im=im, delta=0.3, method="zero-order hold")
        assert np.allclose(np.interp(planes.ticks, planes.t, planes.truth), planes.response, atol=2e-3)
        assert planes.z_pole == pytest.approx(planes.true_z)


def test_the_spring_of_the_picture_obeys_its_equation(planes):
    planes.update(re=-0.5, im=2.0, delta=0.3, method="Euler")
    x, step = planes.truth, planes.t[1] - planes.t[0]
    speed = np.gradient(x, step)
    left = np.gradient(speed, step)  # x'' = −|p|² x + 2 Re(p) x' + |p|² u
    assert np.allclose(left[3:-3], (-4.25 * x - speed + 4.25)[3:-3], atol=0.02)


def test_small_numbers_lose_the_input_in_float32_and_bfloat16_but_not_with_expm1():
    figure = SmallNumbers()
    assert figure.update(size=1e-8, format="float32").endswith("the input is lost.") and figure.got == 0
    assert figure.update(size=1e-3, format="bfloat16").endswith("the input is lost.") and figure.got == 0
    figure.update(size=1e-3, format="float32")
    assert figure.off < 1e-3
    for size in (1e-10, 1e-5, 1.0):
        figure.update(size=size, format="float32")
        x = torch.tensor([-size])
        assert figure.true == pytest.approx(mended_zoh(1.0, x, torch.ones(1))[1].item(), rel=1e-6)


@pytest.mark.parametrize("format", SmallNumbers.FORMATS)
def test_a_share_is_what_the_line_of_code_gives_in_its_format(format):
    figure = SmallNumbers()
    for size in (1e-7, 10**-5.7, 0.01, 10**0.5):
        said = figure.update(size=size, format=format)
        x = torch.tensor(-size, dtype=figure.FORMATS[format])
        assert figure.got == pytest.approx(abs(((torch.exp(x) - 1) / x).item()), rel=1e-9)
        shown = float(said.split(",")[0].removeprefix("At x = −").replace("−", "-"))
        again = SmallNumbers()
        again.update(size=shown, format=format)
        assert again.got == pytest.approx(figure.got, rel=1e-3), "the x that is shown does not give this share"


def test_where_x_is_not_small_the_subtraction_is_not_blamed():
    figure = SmallNumbers()
    said = figure.update(size=10**0.2, format="bfloat16")
    assert said.endswith("= 0.504, and right is 0.502: the result is off by 0.5 %.")


def test_a_rule_may_return_a_list_of_two():
    figure = TickedBucket({"Euler": lambda delta, A, B: [1 + delta * A, delta * B]})
    assert figure.update() == TickedBucket({"Euler": euler}).update()


def test_a_rule_of_the_wrong_shape_is_told_in_words():
    figure = TickedBucket({"Euler": lambda delta, A, B: delta * A})
    with pytest.raises(ValueError, match="must return the two tensors"):
        figure.update()
    figure = TickedBucket({"Euler": lambda delta, A, B: (A.sum(), B)})
    with pytest.raises(ValueError, match="expected"):
        figure.update()


def test_a_bucket_that_changes_its_sign_at_every_tick_is_said_to_ring(planes):
    for method, delta in (("Euler", 0.3), ("bilinear", 1.5)):
        sentence = planes.update(re=-6.0, im=0.0, delta=delta, method=method)
        assert planes.z_pole < 0 and sentence.endswith("it dies out, but it rings.")
    assert "rings" not in planes.update(re=-6.0, im=0.0, delta=0.1, method="Euler")
    for im in (0.0, 2.0, 4.0):
        assert "as it should" in planes.update(re=-0.5, im=im, delta=1.5, method="zero-order hold")


def test_the_hero_does_not_give_away_where_the_level_ends():
    figure = Hero()
    shown = [text.get_text() for text in (*figure.right.texts, *figure.right.get_yticklabels())]
    assert "2" not in " ".join([*shown, figure.update()])


def test_the_leak_is_the_number_A_and_what_runs_out_of_the_hole_has_another_name(bucket):
    assert bucket.controls["A"].label == "leak A" and "the leak per minute" in prose()
    assert "hole:\n$A\\,h$" in [text.get_text() for text in Hero().left.texts]
    assert not any(words in prose() for words in ("no leak", "leak grows"))  # A is the same at every level


def test_of_the_deltas_of_equation_4_only_the_two_outside_of_the_exponential_cancel():
    (formula,) = {part for part in prose().split("$") if part.endswith(r"\cdot\Delta B")}
    exponential = formula[formula.index(r"\exp(") :].partition(")")[0]
    assert (formula.count(r"\Delta"), exponential.count(r"\Delta")) == (3, 1)
    assert "The two Δ outside of the exponential cancel." in prose()


def test_what_the_counts_of_equation_4_count_is_the_input_of_the_recurrence():
    u, A, B = (torch.tensor(value, dtype=torch.float64) for value in (1.7, [-0.5, -16.0], [2.0, 3.0]))
    assert "$u\\,(e^{\\Delta A} - 1)/A$ in its place" in prose()
    torch.testing.assert_close(u * torch.expm1(0.3 * A) / A * B, zoh(0.3, A, B)[1] * u)


def test_the_hero_marks_the_true_level_at_the_ticks():
    figure = Hero()
    figure.update()
    assert figure.level[-1] == pytest.approx(2 * (1 - math.exp(-0.5 * figure.t[-1])))


@pytest.mark.parametrize(
    ("re", "im", "delta", "method", "said"),
    [
        (-6, 4, 1.5, "bilinear", "dies out, but it rings"),
        (-6, 2, 1.0, "bilinear", "dies out, but it rings"),
        (-6, 2, 1.0, "zero-order hold", "dies out, as it should"),
        (-2.1, 2.6, 0.6, "bilinear", "dies out, but too slowly"),
        (-1, 2, 1.5, "bilinear", "but too slowly"),
        (-5.8, 0, 0.2, "bilinear", "dies out, almost as it should"),
        (-5.8, 0, 0.35, "bilinear", "dies out, but too fast"),  # z = −0.007: no eye sees it ring
        (-2.3, 0, 0.45, "Euler", "dies out, but too fast"),  # z = −0.035: nor here
        (-1.4, 0, 1.5, "bilinear", "dies out, but too fast"),
        (-2.4, 0, 0.5, "Euler", "dies out, but it rings"),
        (-1, 0.4, 1.0, "bilinear", "dies out, almost as it should"),
        (-0.5, 4, 0.05, "Euler", "but too slowly"),
        (-2, 0, 0.5, "Euler", "dies out, but too fast"),
        (0.5, 4, 1.5, "Euler", "grows, but too fast"),
        (0.5, 4, 1.5, "bilinear", "grows, but too slowly"),
        (0.1, 2, 0.05, "bilinear", "it grows, almost as the true motion does"),
        (0.1, 2, 0.05, "zero-order hold", "it grows, as the true motion does"),
        (0, 0, 1.5, "bilinear", "it forgets nothing: right"),
        (0, 0.1, 0.05, "Euler", "|z| = 1.00001, it explodes"),
    ],
)
def test_the_planes_say_how_fast_a_motion_goes_and_on_which_side_of_one_it_lies(re, im, delta, method, said):
    assert said in PolePlanes().update(re=re, im=im, delta=delta, method=method)


def test_the_bucket_and_the_ratio_tell_the_same_in_both_of_their_numbers():
    bucket = TickedBucket({"package": lambda delta, A, B: (torch.exp(delta * A), delta * B)})
    assert "to 10.02 litres" in (sentence := bucket.update(delta=8.0, A=-0.2)) and "5.02 litres too high" in sentence
    ratio = InputRatio()
    assert "1.00050 times" in ratio.update(delta=0.001) and "0.05 %" in ratio.titles()[0]


def package(delta, A, B):
    return torch.exp(delta * A), delta * B


def backward(delta, A, B):
    return 1 / (1 - delta * A), delta * B / (1 - delta * A)


@pytest.mark.parametrize("name, rule", [("mine", package), ("mine", backward), *RULES.items()])
def test_a_motion_is_called_right_only_where_its_dots_lie_on_the_true_curve(name, rule):
    figure, called = PolePlanes({name: rule}), set()
    for re, im, delta in itertools.product((-6, -2, -0.5, -0.1, 0, 0.1), (0.0, 0.5, 2.0, 4.0), (0.05, 0.3, 0.7, 1.5)):
        sentence = figure.update(re=re, im=im, delta=delta)
        pole = complex(re, im) if im else re or -1e-9
        state = (np.exp(pole * figure.ticks) - 1) / pole
        true = 2 * (abs(pole) ** 2 / (2j * im) * state).real if im else state * (abs(pole) if re else 1)
        close = np.abs(figure.response - true).max() < 0.05 * max(1, np.abs(true).max())
        right = any(words in sentence for words in ("as it should", "as the true motion does", "right."))
        called.add(right)
        assert close or not right, (re, im, delta, sentence)
        assert right or not close or any(w in sentence for w in ("explodes", "rings", "ends at", "dies out;")), sentence
    assert True in called


def test_a_rule_of_ones_own_in_the_planes_has_no_region_and_no_formula_of_another():
    for rules in ({"package": package}, {"Euler": backward}, {"bilinear": euler}):
        figure = PolePlanes(rules)
        figure.update()
        shown = figure.half.get_visible() or figure.disc.get_visible() or figure.inside.get_text()
        assert not shown and "Δs" not in figure.readout.get_text()
    figure = PolePlanes({"package": package, "backward": backward})
    assert "dies out, but ends at 1.27, not at 1" in figure.update(re=-0.5, im=0.0, delta=1.0)
    assert "dies out; the true motion does not" in figure.update(re=0.0, im=2.0, method="backward")
    for im in (2.0, 4.0):  # with less and with more than half a turn in a tick
        assert "it grows, but not on the true curve" in figure.update(re=0.5, im=im, delta=1.5, method="package")


def test_the_planes_say_whether_what_never_dies_out_swings():
    turned, rigid = (lambda delta, A, B, sign=sign: (torch.full_like(A, sign), delta * B) for sign in (-1, 1))
    figure = PolePlanes({"turned": turned, "rigid": rigid})
    assert "it swings for ever; the true motion does not" in figure.update(re=0.0, im=0.0)
    assert "it does not swing; the true motion does." in figure.update(re=0.0, im=2.0, method="rigid")


@pytest.mark.parametrize(
    "A_bar, B_bar, said",
    [
        (0.5, 0.5, "settles 1.00 litres too low"),
        (0.5, 1.5, "settles 1.00 litres too high"),
        (-0.5, 1.5, "overshoots, then settles 1.00 litres too low"),
        (0.5, 1.00001, "settles 2e−5 litres too high"),
        (0.5, 1.0, "settles, and"),
        (1.0, 0.5, "Nothing leaks, and each tick adds 0.5 litres: it never settles"),
        (1.0, 0.0, "it stays empty"),
        (-1.0, 4.0, "it swings for ever"),
    ],
)
def test_the_bucket_says_where_a_rule_of_ones_own_ends(A_bar, B_bar, said):
    figure = TickedBucket({"mine": lambda delta, A, B: (torch.full_like(A, A_bar), torch.full_like(B, B_bar))})
    assert said in figure.update(delta=1.0, A=-0.5)


def test_a_rule_that_answers_no_numbers_of_its_kind_is_told_in_words():
    with pytest.raises(ValueError, match="returned Ā = nan"):
        TickedBucket({"mine": lambda delta, A, B: (A * math.nan, B)}).update()
    with pytest.raises(ValueError, match="complex numbers for a real A"):
        TickedBucket({"mine": lambda delta, A, B: (A + 0j, B)}).update()


def test_a_wave_makes_first_order_of_the_rules_that_converge_only():
    figure = ErrorOrders({"half": lambda delta, A, B: (torch.exp(delta * A), delta * B / 2), "hold": zoh})
    figure.update(halvings=4, input="wave")
    assert figure.titles() == ["Halve the step: half ÷ 1.0, hold ÷ 2.0"]
    shut = ErrorOrders({"shut": lambda delta, A, B: (torch.exp(delta * A), 0 * B)})
    assert "shut is off by 1 litre, ×" in shut.update(halvings=0, input="wave")


def test_the_error_of_a_rule_that_grows_shows_in_the_picture():
    figure = ErrorOrders({"fills": lambda delta, A, B: (1 - delta * A, delta * B), "hold": zoh})
    figure.update(halvings=4)
    low, high = figure.ax.get_ylim()
    assert all(low < y < high for line in figure.lines.values() for y in line.get_ydata())
    assert ErrorOrders().ax.get_ylim()[1] == 60


def test_a_rule_that_the_picture_has_no_room_for_is_not_left_out_in_silence():
    with pytest.raises(ValueError, match="room for 3 rules, and there are 4"):
        ErrorOrders({**RULES, "package": package})


def test_the_orders_and_the_hollow_marks_say_whose_rules_they_run():
    figure = ErrorOrders()
    figure.owner = lambda rule: "yours" if rule is RULES["Euler"] else "the reference's"
    assert figure.update().endswith("rounding. Yours: Euler. The reference's: bilinear, zero-order hold.")
    bucket = TickedBucket({"zero-order hold": zoh, "Euler": euler})
    bucket.owner = figure.owner
    assert bucket.update().endswith("true curve. Hollow: Euler (yours).")


def over_delta(delta, A, B):
    """A misconception of the zero-order hold: right at Δ = 1, and nowhere else."""
    return torch.exp(delta * A), torch.expm1(delta * A) / (delta * A) * B


def test_a_rule_that_is_right_at_one_step_only_is_not_called_exact():
    figure = ErrorOrders({"mine": over_delta, "hold": zoh})
    assert "mine has no error but rounding, × over 1000 a halving; hold has no error" in figure.update(halvings=0)
    assert figure.titles() == ["Halve the step: mine × over 1000, hold exact"]
    assert figure.names["mine"].get_text() == "mine: × over 1000 a halving"
    assert "mine is off by 501 litres, × 2.0 a halving" in figure.update(halvings=8)


def by_halves(delta, A, B, left=18):
    """The zero-order hold of a tick, from those of its halves: their rounding adds up."""
    if not left:
        return 1 + delta * A + (delta * A) ** 2 / 2, delta * B * (1 + delta * A / 2)
    A_bar, B_bar = by_halves(delta / 2, A, B, left - 1)
    return A_bar**2, A_bar * B_bar + B_bar


def test_rounding_that_adds_up_is_rounding_all_the_same():
    """An answer that the check calls right: section 4 says so of the shortest step."""
    assert "mine has no error but rounding." in ErrorOrders({"mine": by_halves}).update(halvings=8)


@pytest.mark.parametrize("rules", [(euler, RULES["bilinear"], package), (euler,) * 3, (zoh,) * 3, (over_delta,) * 3])
def test_the_names_of_the_rules_stand_inside_the_axes_and_clear_of_each_other(rules):
    figure = ErrorOrders(dict(zip(RULES, rules, strict=True)))
    for kind in ("held", "wave"):
        figure.update(input=kind)
        figure.pixels()
        boxes = sorted((name.get_window_extent() for name in figure.names.values()), key=lambda box: box.y0)
        axes = figure.ax.get_window_extent()
        assert boxes[0].y0 >= axes.y0 and boxes[-1].y1 <= axes.y1
        assert all(one.y1 <= other.y0 + 2 for one, other in itertools.pairwise(boxes))


def test_names_that_have_room_stay_beside_their_lines():
    figure = ErrorOrders()
    for kind, far in (("held", (18.0, 4e-4, 100.0)), ("wave", (12.0, 0.025, 1.6e-3))):
        figure.update(input=kind)
        for name, factor in zip(RULES, far, strict=True):
            assert figure.names[name].get_position()[1] == pytest.approx(figure.errors[kind][name][0] * factor)


def test_a_rule_that_lets_nothing_in_neither_swings_nor_explodes():
    shut = {"mine": lambda delta, A, B: (1 + delta * A, 0 * B)}
    for delta in (1.0, 3.0, 4.0, 5.0):
        figure = TickedBucket(shut)
        assert "Nothing comes in: it stays empty, and" in figure.update(delta=delta)
        assert figure.titles() == ["Nothing comes in: it stays empty"] and not figure.levels.any()
    assert "nothing comes in: it stays at 0" in PolePlanes(shut).update()


def test_a_factor_close_to_one_does_not_read_as_one(planes):
    less = {"mine": lambda delta, A, B: (torch.expm1(delta * A), torch.expm1(delta * A) / A * B)}
    assert "by −0.9997: it overshoots, then settles" in TickedBucket(less).update(delta=8.0, A=-1.0)
    for method in ("bilinear", "zero-order hold"):
        assert "z = 0.995, |z| = 0.995" in planes.update(re=-0.1, im=0.0, delta=0.05, method=method)
    assert "z = −0.64, |z| = 0.64" in planes.update(re=-6.0, im=0.0, delta=1.5, method="bilinear")


def test_the_title_of_a_bucket_stays_in_the_picture():
    for B_bar in (0.3, 6.0):
        for A_bar in (-0.9, 0.3):
            figure = TickedBucket(
                {"mine": lambda delta, A, B, a=A_bar, b=B_bar: (torch.full_like(A, a), torch.full_like(B, b))}
            )
            sentence = figure.update()
            figure.pixels()
            title = figure._titles[figure.ax]
            assert title.get_window_extent().x1 <= figure.figure.bbox.x1, title.get_text()
            assert f"litres too {'high' if figure.own_end > 2 else 'low'}" in sentence


@pytest.mark.parametrize(
    "n, delta, mark", [(1, 0.001, "1.00050"), (1, 0.01, "1.005"), (16, 0.1, "2.005"), (16, 1, "16.0")]
)
def test_the_mark_of_the_ratio_is_the_number_of_its_sentence(n, delta, mark):
    figure = InputRatio()
    assert f"lets in all, {mark} times as much" in figure.update(n=n, delta=delta)
    assert figure.word.get_text() == f"× {mark}"


def test_the_true_response_of_every_pole_on_the_left_ends_at_one(planes):
    for re, im in itertools.product((-6.0, -2.0, -0.5), (0.0, 0.1, 2.0, 4.0)):
        planes.update(re=re, im=im)
        assert planes.truth[-1] == pytest.approx(1, abs=0.02), (re, im)


def test_the_ratio_names_the_step_and_the_product_as_the_slider_says_them():
    figure = InputRatio()
    assert figure.update(n=1, delta=10**-1.7).startswith("A = −1, Δ = 0.01995: ")
    assert figure.titles()[0].startswith("At ΔA = −0.01995, ")


def test_the_marks_of_the_rules_show_around_each_other_where_their_errors_are_alike():
    figure = ErrorOrders()
    figure.update(halvings=3, input="wave")
    figure.pixels()
    corners = [mark.get_transform().transform(mark.get_xydata())[0] for mark in figure.dots.values()]
    sizes = [mark.get_markersize() * figure.figure.dpi / 72 for mark in figure.dots.values()]
    assert math.dist(corners[0], corners[2]) < sizes[0] / 2, "here the marks lie on each other"
    for (_, under), (_, over) in itertools.pairwise(zip(corners, sizes, strict=True)):
        assert over * math.sqrt(2) < under, "the mark below is covered"


def test_at_the_border_a_bounded_input_makes_eulers_state_grow():
    A_bar, B_bar = (number.item() for number in euler(4.0, torch.tensor([-0.5]), torch.ones(1)))
    held = alternating = largest = 0.0
    for tick in range(100):
        held, alternating = A_bar * held + B_bar, A_bar * alternating + B_bar * (-1) ** tick
        largest = max(largest, abs(held))
    assert largest == 4 and abs(alternating) == 400
    assert "bounded for *every* bounded input is called *stable*" in prose()


def test_the_mean_of_both_inputs_makes_the_bilinear_rule_of_second_order_for_a_wave_too():
    figure, errors = ErrorOrders(), []
    for delta in (1 / 16, 1 / 32):
        t = np.arange(round(figure.MINUTES / delta) + 1) * delta
        A_bar, B_bar = bars(RULES["bilinear"], delta, figure.A)
        levels = run(A_bar, B_bar, (np.sin(t[1:]) + np.sin(t[:-1])) / 2)
        errors.append(np.abs(levels - figure._truth(t, "wave")).max())
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.05)


def test_each_token_moves_the_step_of_a_new_block_a_little():
    torch.manual_seed(0)
    block, steps = Mamba(64), []
    block.dt_proj.register_forward_hook(lambda *call: steps.append(call[1][0] @ block.dt_proj.weight.T))
    block(torch.randn(2, 50, 64))
    start = torch.nn.functional.softplus(block.dt_proj.bias)
    moved = torch.nn.functional.softplus(steps[0] + block.dt_proj.bias) / start
    assert 0.5 < moved.min() < 0.95 and 1.05 < moved.max() < 2
    assert start.min() > 0.0009 and start.max() < 0.1
