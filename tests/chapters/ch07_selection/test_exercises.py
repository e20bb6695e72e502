"""Attempts that learners make in notebook 07, and the message that must answer."""

import math
import re
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from known_cards import cards_of
from torch import Tensor

from lite_mamba import course, selective_scan_fn
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch07_selection import exercises as chapter
from lite_mamba.course.checking.errors import raised_by_check
from lite_mamba.course.checking.exercise import Draw
from lite_mamba.course.checking.trial import judge


def test_a_raw_number_has_its_bias_in_it():
    """The raw number w is what goes into the softplus, so no bias comes to it."""
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    assert "the raw number is weight · mark + bias" in notebook
    cards = [known.message for one in chapter.EXERCISES for known in one.misconceptions]
    for text in (notebook, *cards):
        assert not re.search("(added to|from) the raw number|raw number, plus bias", text), text


def test_the_recap_says_by_which_rule_the_token_gets_the_rest_of_the_whole():
    """The package lets in Δ·B: there the weights of token and old state do not add up to 1."""
    whole = [one for one in chapter.RECAP if "1 − exp(−Δ)" in one.why]
    assert whole and all("A = −1" in one.why and "zero-order hold" in one.why for one in whole)


@pytest.mark.parametrize(
    ("explained", "used"),
    [
        ("Its *weight in the last state* is what is left of this share at the end", "has the weight 75 %"),
        ("B and C as (B, N, L)", "# (B, N, L)"),
        ("takes [`seq_idx`](glossary.ipynb#S)", "seq_idx=second"),
        ("Mamba, algorithm 2", "algorithm 2"),
    ],
)
def test_a_word_is_explained_before_it_is_used(explained, used):
    notebook = (Path(__file__).parents[3] / "notebooks/07_selection.ipynb").read_text("utf-8")
    assert 0 <= notebook.find(explained) <= notebook.find(used)


def test_a_weight_without_a_place_is_that_of_one_step():
    """Sections 2 and 3 call σ(w) and Δ·B weights: what is left at the end has "in the last state" to it."""
    defined = re.findall(r"\*(weight[^*]*)\* is", text_of("07_selection"))
    assert len(defined) == 2 and set(defined) == {"weight in the last state"}


def cards(id):
    return {known.name: known for known in exercise(id).misconceptions}


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a Δ that is the same for all tokens", (1, 2)), ("B and C that are the same for all tokens", (0,))],
)
def test_where_one_part_is_averaged_the_card_leaves_the_rest_of_the_selection(name, kept):
    card = cards("07.selective_parameters")[name]
    found = card.answers[0](**exercise("07.selective_parameters").cases(Draw(0)))  # Δ, B and C, (B, L, …) each
    assert all((found[i] - found[i].mean(1, keepdim=True)).abs().max() > 0.1 for i in kept)
    assert "a part of the selection is gone" in card.message


def test_a_card_that_says_what_the_softplus_is_fits_no_other_function():
    """ELU + 1 is exp(x) below zero and nearly x far above it."""
    w = torch.linspace(-3, 3, 61)
    torch.testing.assert_close(F.softplus(w), torch.log(1 + torch.exp(w)))
    assert (F.elu(w) + 1 - F.softplus(w)).abs().max() > 0.3
    for name in ("another function that is never negative", "an activation in the place of the softplus"):
        assert "ln(1 + exp(x))" in cards("07.selective_parameters")[name].message


def test_a_card_on_sizes_fits_those_in_another_order_and_those_that_are_others():
    rank, states, tried = 3, 2, []
    case = {"u": (1, 4, 5), "x_proj": (rank + 2 * states, 5), "dt_proj": (5, rank), "dt_bias": (5,)}
    card = cards("07.selective_parameters")["sizes in another order"]
    for answer in card.answers:
        with patch.object(Tensor, "split", lambda self, sizes, dim: tried.append(sizes)), pytest.raises(TypeError):
            answer(**{name: torch.zeros(shape) for name, shape in case.items()})
    assert tried == [[2, 2, 3], 3, [3, 3, 3], [2, 2, 2]]
    assert "are other ones than those of the parts, or stand in another order" in card.message


@pytest.mark.parametrize(
    ("bend", "name"),
    [(torch.sqrt, "a root of Δ"), (lambda delta: delta.clamp(min=0.01), "a Δ that is held in a range")],
)
def test_who_has_mended_the_bias_is_not_told_to_mend_it(bend, name):
    def bias_once(u, A, x_proj, dt_proj, dt_bias):
        rank, states = dt_proj.shape[1], A.shape[1]
        low_rank, B, C = (part.mT for part in (u @ x_proj.T).split([rank, states, states], dim=-1))
        delta = bend(F.softplus(dt_proj @ low_rank + dt_bias[:, None]))
        return selective_scan_fn(u.mT, delta, A, B, C).mT

    found = judge(exercise("07.mended_ssm"), bias_once).misconception
    assert found.name == name and "Find what made Δ so small" in found.message and "mend that" not in found.message


def test_a_card_that_says_what_a_step_size_leaves_fits_no_step_size_below_zero():
    """With a Δ below zero a state grows: no share of it is forgotten."""
    given = {"left": 0.01, "A": torch.tensor([-0.5, -1.0, -2.0])}
    for card in cards("07.reset_delta").values():
        if re.search(r"Your Δ (lets|leaves)|With it .* is empty", card.message):
            assert all(float(answer(**given)) > 0 for answer in card.answers), card.name


def test_the_card_of_a_root_says_what_each_of_its_spellings_gives():
    """A step size Δ leaves exp(−Δ) for A = −1, whatever the A of the task."""
    given = {"left": 0.01, "A": torch.tensor([-0.5, -1.0, -2.0])}
    step = exercise("07.reset_delta").reference(**given)
    card = cards("07.reset_delta")["a root in the place of a quotient"]
    assert [answer(**given) for answer in card.answers] == pytest.approx([math.exp(step), math.exp(-step)])
    assert "exp(Δ), or exp(−Δ)" in card.message


def text_of(name):
    return (Path(__file__).parents[3] / f"notebooks/{name}.ipynb").read_text("utf-8")


def test_what_the_text_says_of_notebook_04_stands_there():
    """A state is leaky in 04; in 05 a leak is a fault."""
    (named,) = re.findall(r"the leaky state of notebooks? ([\d and]+)\.", text_of("07_selection"))
    notebooks = {number: text_of(name) for number, name in (("04", "04_discretisation"), ("05", "05_three_views"))}
    assert named.split(" and ") == [number for number, text in notebooks.items() if "leaky" in text]


def test_the_doors_begin_nearly_shut_in_the_state_with_A_of_minus_one_and_in_no_other():
    (share,) = re.findall(
        r"in state 1 of every channel \(A = −1\).* replaces (a tenth) of it at most", text_of("07_selection")
    )
    taken = -torch.expm1(0.1 * -torch.arange(1.0, 17.0))  # (N,), by a token with the largest Δ of the start
    assert share == "a tenth" and (taken < 0.1).tolist() == [True] + 15 * [False]


def test_no_sentence_begins_with_an_article_that_reads_as_the_matrix_A():
    """ "A Δ times 3" reads as the product of A and Δ, "A B and a C" as a list of three."""
    cards = [known.message for one in chapter.EXERCISES for known in one.misconceptions]
    for text in (text_of("07_selection"), *cards):
        assert not (found := re.findall(r"(?<![\w$])A [ΔBCD](?![\w=]).{,40}", text)), found


@pytest.mark.parametrize("noise", [0.0, 1e-5, 0.001])
@pytest.mark.parametrize("data", [0.7, 1.0, 2.0, 3.0])
def test_a_step_size_that_is_too_small_for_data_is_told(data, noise):
    verdict = judge(exercise("07.delta_by_hand"), lambda is_data: torch.where(is_data, data, noise))
    assert verdict.misconception.name == "data that do not reset"


@pytest.mark.parametrize("noise", [0.0, 1e-5, 0.0015])
def test_where_data_do_not_reset_the_card_praises_no_noise_that_is_refused(noise):
    """A Δ of zero takes nothing of the state, but it would not do."""
    small, perfect = (
        judge(exercise("07.delta_by_hand"), lambda is_data, data=data: torch.where(is_data, data, noise))
        for data in (1.0, 100.0)
    )
    assert small.misconception.name == "data that do not reset"
    assert perfect.kind == "right" or "would do" not in small.misconception.message
    assert 1 - math.exp(-20 * noise) < 0.03 and "leave the state alone, or nearly" in small.misconception.message


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("data", [5.0, 10.0])
def test_a_step_size_that_is_too_large_for_noise_is_told(data, noise):
    verdict = judge(exercise("07.delta_by_hand"), lambda is_data: torch.where(is_data, data, noise))
    assert verdict.misconception.name == "a hold that leaks"


@pytest.mark.parametrize(("data", "noise"), [(5.0, 1e-4), (10.0, 1e-3), (8.0, 1e-4)])
def test_any_step_sizes_that_do_the_job_are_right(data, noise):
    assert judge(exercise("07.delta_by_hand"), lambda is_data: torch.where(is_data, data, noise)).kind == "right"


def test_an_answer_that_writes_into_the_marks_spoils_no_later_check():
    def writes(is_data):
        is_data[:] = True
        return torch.where(is_data, 10.0, 1e-5)

    judge(exercise("07.delta_by_hand"), writes)
    assert judge(exercise("07.delta_by_hand"), lambda is_data: torch.where(is_data, 10.0, 1e-5)).kind == "right"


def test_the_shown_case_tells_a_sigmoid_from_the_gate(capsys):
    course.check("07.gate_from_delta", lambda delta: torch.sigmoid(delta))
    words = capsys.readouterr().out
    assert "a sigmoid of Δ" in words and "0.001" in words and "0.5" in words


@pytest.mark.parametrize(
    ("data", "noise", "words"),
    [
        (1e-5, 10.0, "noise opens the door, and data do not"),
        (1.0, 1e-5, "a data token replaces a part of the state only"),
        (10.0, 0.0, "a Δ is 0"),
    ],
)
def test_what_the_check_says_of_a_result_is_shown_as_no_error_of_ones_own(data, noise, words, capsys):
    course.check("07.delta_by_hand", lambda is_data: torch.where(is_data, data, noise))
    shown = capsys.readouterr().out
    assert f"\n  got       {words}\n" in shown and "ValueError" not in shown


def test_an_error_that_the_check_runs_into_keeps_its_kind():
    verdict = judge(exercise("07.delta_by_hand"), lambda is_data: torch.zeros(len(is_data), dtype=torch.complex64))
    assert isinstance(verdict.example.raised, RuntimeError) and not raised_by_check(verdict.example.raised)


known = cards_of("07")  # message and case of each spelling


def test_a_logarithm_is_the_raw_number_in_one_spelling_only():
    """ln Δ is not the way back: the softplus of it is not Δ."""
    told = known("gate_from_delta", "a logarithm in the place of the gate")
    leads_back = [F.softplus(one.got.value).allclose(one.case["delta"]) for _, one in told]
    assert leads_back == [True, False] and all("as on the way back" in message for message, _ in told)


def test_the_whole_series_of_the_gate_is_no_exponential_but_holds_one():
    """No exponential is 0 anywhere; the gate is 0 at Δ = 0."""
    message = cards("07.gate_from_delta")["a series that breaks off"].message
    assert chapter.gate_from_delta(torch.zeros(1)) == 0 and "is an exponential" not in message


def test_where_a_tiny_number_stands_for_a_product_of_zero_the_card_tells_of_it():
    """Without one, the quotient after an open gate is no number."""
    told = known("gated_state", "a division by what is kept")
    assert all((one.case["g"] == 1).any() for _, one in told)  # an open gate, which makes the product 0
    guarded = [message for message, one in told if one.got.value.isfinite().all()]
    assert guarded and all("a tiny number in the place of the 0" in message for message in guarded)


def test_a_mean_of_tokens_that_do_not_fade_is_told_that_they_do():
    """After an open gate nothing of the 0 at the start is left, and a mean differs all the same."""
    told = known("gated_state", "a mean in the place of the state")
    after_an_open_gate = [message for message, one in told if one.case["g"][0] == 1]
    assert after_an_open_gate and all("each later gate leaves a part" in message for message in after_an_open_gate)


def test_where_a_state_starts_at_the_first_token_the_case_has_it_in_its_numbers():
    def overwrites_u(u, g):
        for t in range(1, len(u)):
            u[t] = (1 - g[t]) * u[t - 1] + g[t] * u[t]
        return u

    verdict = judge(exercise("07.gated_state"), overwrites_u, quiet=True)
    assert verdict.misconception.name == "a state that starts at the first token"
    assert verdict.example.got.value[0] == verdict.example.case["u"][0] != verdict.example.expected.value[0]


@pytest.mark.parametrize("mistake", ["a hold that leaks", "2 or 3 % for each of the two"])
def test_a_card_of_twenty_noise_tokens_has_them_beside_it(mistake):
    for message, one in known("delta_by_hand", mistake):
        rows = re.findall("0+", "".join(str(int(mark)) for mark in one.case["is_data"]))
        assert "twenty" in message and "twenty" in str(one.raised) and max(map(len, rows)) == 20


@pytest.mark.parametrize(
    ("delta", "untrue"),
    [
        *(
            (lambda m, one=one: torch.where(m, 10.0, torch.where(m.roll(1), one, 1e-5)), "a hold that leaks")
            for one in (1.0, 0.035)  # one of twenty
        ),
        (lambda m: torch.where(m, 10.0 / m.cumsum(0).clamp(min=1), 0.01), "doors that are half open"),  # not the first
        (lambda m: torch.where(m & (m.flip(0).cumsum(0).flip(0) == 1), 10.0, 0.5), "the last data token alone"),
    ],
)
def test_what_is_said_of_all_tokens_is_not_given_to_one_of_them(delta, untrue):
    verdict = judge(exercise("07.delta_by_hand"), delta, quiet=True)
    assert untrue in cards("07.delta_by_hand") and verdict.kind != "right"
    assert verdict.misconception is None or verdict.misconception.name != untrue


def test_a_card_of_data_in_a_row_has_them_beside_it():
    for message, one in known("delta_by_hand", "data in a row, of which one resets"):
        marks = one.case["is_data"]
        assert "Where one data token follows another" in message and (marks[1:] & marks[:-1]).any()


def test_the_words_on_a_shape_say_of_how_many_tokens():
    """The check has a line of its own, longer than the case beside."""
    example = judge(exercise("07.delta_by_hand"), lambda is_data: torch.ones(5) + torch.arange(5), quiet=True).example
    (tokens,) = re.findall(r"shape \((\d+),\)", str(example.raised))
    assert int(tokens) != len(example.case["is_data"]) and f"each of {tokens} tokens" in str(example.raised)


def test_a_delta_of_one_per_cent_is_refused_where_another_share_is_asked_for():
    for _, one in known("reset_delta", "one per cent, whatever is asked"):
        left = math.exp(one.got.value * one.case["A"].max().item())
        assert left == pytest.approx(0.01, rel=0.01) and one.case["left"] > 0.04


def test_a_delta_that_goes_by_the_fastest_state_need_not_be_its_own():
    told = known("reset_delta", "the fastest state decides")
    own = [math.log(1 / one.case["left"]) / one.case["A"].abs().max().item() for _, one in told]
    assert max(one.got.value - delta for delta, (_, one) in zip(own, told, strict=True)) > 0.8
    assert "Your Δ is that of" not in told[0][0]


def test_no_state_is_said_to_keep_enough_with_a_delta_below_zero():
    told = known("reset_delta", "the mean state decides")
    left = [torch.exp(one.got.value * one.case["A"]).min() for _, one in told]
    assert max(left) > 1 and all("more than is allowed" not in message for message, _ in told)


def test_where_a_state_by_its_place_is_the_slowest_the_card_tells_of_the_sign():
    for message, one in known("reset_delta", "a state by its place"):
        right_size = abs(one.got.value) == pytest.approx(one.expected.value)
        assert not right_size or (one.got.value < 0 and "If your Δ is negative" in message)


def test_an_exponential_of_a_share_may_be_one_of_its_inverse():
    told = known("reset_delta", "an exponential in the place of a logarithm")
    largest = max(one.got.value * one.case["A"].abs().min().item() for _, one in told)
    assert largest == pytest.approx(math.exp(1 / 0.01)) and all("exponential of `left`" not in said for said, _ in told)


def test_no_delta_that_is_never_negative_is_called_positive():
    name = "another function that is never negative"
    lowest = [one.got.value[0].min() for _, one in known("selective_parameters", name)]
    assert min(lowest) == 0
    for exercise_name in ("selective_parameters", "mended_ssm"):
        assert name in cards(f"07.{exercise_name}")


def test_an_activation_that_falls_below_zero_does_so_in_the_case_beside():
    told = known("selective_parameters", "an activation in the place of the softplus")
    assert all(one.got.value[0].min() < -1e-3 for _, one in told)  # -0.001 is shown, -0.0001 is not


def test_a_delta_that_is_averaged_differs_from_token_to_token_in_the_case_beside():
    for _, one in known("selective_parameters", "a Δ that is the same for all tokens"):
        delta = one.expected.value[0]  # (B, L, D)
        assert (delta.amax(1) - delta.amin(1)).max() > 0.1


def test_one_number_of_the_low_rank_is_not_all_of_it_in_the_case_beside():
    for message, one in known("selective_parameters", "one number of the low rank"):
        assert "All R of them do" in message and one.case["dt_proj"].shape[1] > 1


def test_thirds_that_differ_are_not_called_equal():
    told = known("selective_parameters", "a cut into thirds")
    sizes = [{part.shape[-1] for part in one.got.value[1:]} for _, one in told if not one.raised]
    assert any(len(of_B_and_C) == 2 for of_B_and_C in sizes) and all("equal" not in message for message, _ in told)


def test_half_of_what_the_token_says_is_shown_where_it_says_something():
    for _, one in known("mended_ssm", "half of what the token says"):
        rank = one.case["dt_proj"].shape[1]
        assert (one.case["u"] @ one.case["x_proj"][:rank].T).abs().max() > 0


def test_a_range_is_shown_where_it_cuts_a_delta_off():
    """Without the cut, other values would come."""
    for answer, (_, one) in zip(
        cards("07.mended_ssm")["a Δ that is held in a range"].answers,
        known("mended_ssm", "a Δ that is held in a range"),
        strict=True,
    ):
        with patch.object(Tensor, "clamp", lambda self, *limits, **named: self):
            assert not answer(**one.case).allclose(one.got.value, rtol=1e-3)


def test_a_token_that_fades_at_once_need_not_be_added_first():
    """Ā as a factor of B̄ gives the same as a sum in parentheses."""

    def with_a_factor(u, A, x_proj, dt_proj, dt_bias):
        delta, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
        A_bar, h, y = torch.exp(delta[..., None] * A), 0.0, []  # (B, L, D, N)
        B_bar = A_bar * delta[..., None] * B[:, :, None]
        for t in range(u.shape[1]):
            h = A_bar[:, t] * h + B_bar[:, t] * u[:, t, :, None]
            y.append((h * C[:, t, None]).sum(-1))
        return torch.stack(y, dim=1)

    found = judge(exercise("07.mended_ssm"), with_a_factor, quiet=True).misconception
    assert found.name == "a token that fades at once" and "If you add first" in found.message


def test_a_bias_that_is_gone_may_be_one_that_is_taken_off_again():
    def added_and_taken_off(u, A, x_proj, dt_proj, dt_bias):
        _, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
        raw = F.linear(u @ x_proj[: dt_proj.shape[1]].T, dt_proj, dt_bias)  # (B, L, D)
        return selective_scan_fn(u.mT, raw.mT, A, B.mT, C.mT, delta_bias=-dt_bias).mT

    found = judge(exercise("07.mended_ssm"), added_and_taken_off, quiet=True).misconception
    assert found.name == "a bias and a softplus that are gone" and "in neither place" not in found.message


def test_a_bias_in_the_place_of_D_may_have_its_name():
    def named_D(u, A, x_proj, dt_proj, dt_bias):
        _, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
        raw = u @ x_proj[: dt_proj.shape[1]].T @ dt_proj.T  # (B, L, D)
        return selective_scan_fn(u.mT, raw.mT, A, B.mT, C.mT, D=dt_bias, delta_softplus=True).mT

    found = judge(exercise("07.mended_ssm"), named_D, quiet=True).misconception
    assert found.name == "a bias in the place of D" and "stands behind C in your call" not in found.message


def test_noise_that_leaks_late_in_a_row_is_not_told_that_each_token_of_it_leaks():
    def after_ten(is_data):
        ages = [0]
        for data in is_data.tolist():
            ages.append(0 if data else ages[-1] + 1)
        ages = torch.tensor(ages[1:])
        return torch.where(is_data, 10.0, torch.where(ages > 10, 1.0, 1e-5))

    verdict = judge(exercise("07.delta_by_hand"), after_ten, quiet=True)
    assert verdict.misconception.name == "a hold that leaks" and "each" not in str(verdict.example.raised)


def softplus_then_bias(u, A, x_proj, dt_proj, dt_bias):
    _, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
    delta = F.softplus(u @ x_proj[: dt_proj.shape[1]].T @ dt_proj.T) + dt_bias  # (B, L, D)
    return selective_scan_fn(u.mT, delta.mT, A, B.mT, C.mT, delta_softplus=True).mT


def softplus_and_bias_by_hand(u, A, x_proj, dt_proj, dt_bias):
    delta, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
    return selective_scan_fn(u.mT, (delta + dt_bias).mT, A, B.mT, C.mT).mT


def two_softplus_by_hand(u, A, x_proj, dt_proj, dt_bias):
    delta, B, C = chapter.selective_parameters(u, x_proj, dt_proj, dt_bias)
    return selective_scan_fn(u.mT, F.softplus(delta).mT, A, B.mT, C.mT).mT


def rank_taken_off_twice(u, x_proj, dt_proj, dt_bias):
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - 2 * rank) // 2
    low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1)
    return F.softplus(low_rank @ dt_proj.T + dt_bias), B, C


@pytest.mark.parametrize(
    ("id", "name", "spelling", "untrue"),
    [
        (
            "gate_from_delta",
            "an exponential that overflows",
            lambda delta: torch.exp(-delta) * (torch.exp(delta) - 1),
            "and infinity over infinity is not a number",
        ),
        (
            "reset_delta",
            "an A inside of the logarithm",
            lambda left, A: math.log(1 / left) - math.log(A.abs().min().item()),
            "You divide before",
        ),
        (
            "reset_delta",
            "a root in the place of a quotient",
            lambda left, A: math.exp(math.log(1 / left) / A.abs().min().item()),
            ": one logarithm is missing.",
        ),
        ("mended_ssm", "a bias around the softplus", softplus_then_bias, "the scan adds the bias"),
        ("mended_ssm", "a bias on both sides of a softplus", softplus_and_bias_by_hand, "the scan still adds"),
        ("mended_ssm", "a softplus that is applied twice", two_softplus_by_hand, "and the scan does it again, because"),
        ("selective_parameters", "half of all rows", rank_taken_off_twice, "You halve all the rows"),
    ],
)
def test_a_card_tells_what_came_out_where_there_are_two_ways_to_it(id, name, spelling, untrue):
    found = judge(exercise(f"07.{id}"), spelling, quiet=True).misconception
    assert found.name == name and untrue not in found.message
