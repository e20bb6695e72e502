"""What the figures of notebook 12 find, beyond the laws of all figures."""

import math

import numpy as np
import pytest
import torch

from lite_mamba.course.chapters.ch12_memory_tasks import figures
from lite_mamba.course.training import facts


def test_only_the_delay_from_symbol_to_recall_copies_fixed_symbols():
    line = figures.DelayLine()
    assert [delay for delay in range(1, line.L) if line.right["fixed"][delay - 1] == 1] == [line.L - line.N_DATA]
    assert max(line.right["selective"]) < 1 / line.N_SYMBOLS


def test_the_gate_is_level_at_the_start_and_open_for_data_alone_at_the_end():
    gate = figures.GateLearned()
    gate.update(0)
    assert gate.ratio == pytest.approx(1, abs=0.05)
    ratios = []
    for moment in range(32):
        gate.update(moment)
        ratios.append(gate.ratio)
    assert ratios[-1] > 100 and max(ratios[:16]) < 1.2


def test_a_state_reaches_as_far_as_the_sum_of_its_later_step_sizes_stays_below_one():
    model, _ = figures.load("induction-gate-0")
    found = figures.reach(model, 1024)
    delta = figures.step_sizes(model, figures.cued_row(1024)[None])[:, 0, 104:-1].double()  # (n_layers, L, D)
    A = torch.stack([layer.mixer.A_log.detach().exp().min(1).values for layer in model.layers])  # (n_layers, D)
    left = torch.exp(-(A * delta.sum(1)))  # (n_layers, D)
    assert float(left.max()) == pytest.approx(math.exp(-delta.shape[1] / found[0]), rel=1e-3)
    assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize("run", figures.Reach.NAMES.values())
def test_a_model_is_right_throughout_where_several_channels_reach(run):
    figure = figures.Reach()
    for exponent in range(6, 21, 2):
        figure.update(run, exponent)
        assert figure.right == facts(run)["evaluation"]["by_length"][str(2**exponent)]["accuracy"]
        assert figure.right >= 0.99 if figure.count > 10 else figure.right < 0.9


def test_only_what_is_all_reads_as_all():
    assert [figures.share(value) for value in (1, 0.9999, 0.994, 0.5, 0)] == [
        "100 %",
        "99.9 %",
        "99.4 %",
        "50 %",
        "0 %",
    ]
    assert figures.between([0.5, 0.5]) == "50 %" and figures.between([0.06, 0.99]) == "6 % to 99 %"


def test_a_long_memory_is_said_by_the_nearest_power_of_ten():
    assert [figures.approximately(number) for number in (501_344, 1.8e11, 9.6e11)] == [
        "501 344",
        "about 10¹¹",
        "about 10¹²",
    ]
