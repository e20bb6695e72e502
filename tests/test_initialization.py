"""The start values: where Δ, its projection and A begin, in which precision, and the marks that frameworks read."""

import copy
import math
import pickle

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lite_mamba import Mamba
from lite_mamba.initialization import init_dt_projection, inverse_softplus, s4d_real_A_log, sample_dt


def dt_of(block):
    """Δ at the start, for an input that does not move it."""
    return F.softplus(block.dt_proj.bias.double())


@pytest.mark.parametrize(("dt_min", "dt_max"), [(0.001, 0.1), (0.01, 0.02), (1e-5, 10.0), (0.05, 0.05)])
def test_dt_starts_inside_its_range(dt_min, dt_max):
    dt = dt_of(Mamba(64, expand=8, dt_min=dt_min, dt_max=dt_max, dt_init_floor=0))
    assert dt.min() >= dt_min * (1 - 1e-5) and dt.max() <= dt_max * (1 + 1e-5)


def test_dt_starts_log_uniform():
    torch.manual_seed(0)
    size = 20_000
    position = (sample_dt(size, 1e-3, 1e-1, 1e-4).double().log() - math.log(1e-3)) / math.log(100)
    uniform = torch.arange(1, size + 1, dtype=torch.float64) / size
    distance = (position.sort().values - uniform).abs().max().item()
    # Kolmogorov–Smirnov: the distance exceeds 1.95/√n once in a thousand draws of the right distribution.
    assert distance < 1.95 / math.sqrt(size)


def test_dt_is_clamped_at_the_floor():
    torch.manual_seed(0)
    dt = sample_dt(1000, 1e-6, 1e-2, 1e-4)
    assert dt.min().item() == pytest.approx(1e-4)
    assert (dt == dt.min()).float().mean().item() == pytest.approx(0.5, abs=0.1)
    torch.testing.assert_close(dt_of(Mamba(8, dt_min=1e-6, dt_max=1e-5)), torch.full((16,), 1e-4, dtype=torch.float64))


@pytest.mark.parametrize("dt", [1e-30, 1e-12, 1e-8, 1e-4, 1e-3, 0.1, 1.0, 20.0, 80.0])
def test_the_inverse_softplus_is_exact_for_any_size(dt):
    value = torch.tensor(dt, dtype=torch.float32)
    # softplus(x) = log1p(exp(x)), in float64
    back = torch.log1p(torch.exp(inverse_softplus(value).double())).item()
    assert back == pytest.approx(dt, rel=5e-6)


@pytest.mark.parametrize("dt_rank", [1, 4, 9])
@pytest.mark.parametrize("dt_scale", [1.0, 0.25])
def test_the_random_weight_fills_its_bounds(dt_rank, dt_scale):
    weight = Mamba(64, dt_rank=dt_rank, dt_scale=dt_scale, expand=8).dt_proj.weight
    bound = dt_rank**-0.5 * dt_scale
    assert weight.abs().max() <= bound
    assert weight.max() > 0.9 * bound and weight.min() < -0.9 * bound
    assert abs(weight.mean().item()) < 0.15 * bound


@pytest.mark.parametrize("dt_rank", [1, 4, 9])
@pytest.mark.parametrize("dt_scale", [1.0, 0.25])
def test_the_constant_weight_is_its_bound(dt_rank, dt_scale):
    weight = Mamba(8, dt_rank=dt_rank, dt_scale=dt_scale, dt_init="constant").dt_proj.weight
    torch.testing.assert_close(weight, torch.full_like(weight, dt_rank**-0.5 * dt_scale))


def test_the_automatic_rank_is_a_sixteenth_of_the_width_rounded_up():
    assert [Mamba(width).dt_rank for width in (1, 16, 17, 64)] == [1, 1, 2, 4]


def test_A_starts_as_s4d_real():
    block = Mamba(6, d_state=5)
    torch.testing.assert_close(-torch.exp(block.A_log), -torch.arange(1.0, 6.0).repeat(12, 1))
    assert torch.equal(block.A_log, s4d_real_A_log(12, 5))


def test_the_other_parameters_start_neutral():
    block = Mamba(6, conv_dilations=(1, 2, 4))
    assert torch.equal(block.conv_gates, torch.ones(3)) and torch.equal(block.D, torch.ones(12))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_low_precision_block_starts_from_float32_values_rounded_once(dtype):
    def start(dtype):
        torch.manual_seed(1)
        dt_proj = nn.Linear(4, 64).to(dtype)
        torch.manual_seed(2)
        init_dt_projection(dt_proj, dt_min=1e-3, dt_max=0.1, dt_init="random", dt_scale=1.0, dt_init_floor=1e-4)
        return dt_proj

    low, full = start(dtype), start(torch.float32)
    assert low.bias.dtype == dtype
    assert torch.equal(low.bias, full.bias.to(dtype)) and torch.equal(low.weight, full.weight.to(dtype))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_dt_of_a_low_precision_block_is_right_to_the_rounding_of_its_bias(dtype):
    dt = dt_of(Mamba(64, dt_min=0.01, dt_max=0.01, dtype=dtype))
    # bias = -4.6: half a step of the dtype there moves Δ by as much, relatively
    assert ((dt / 0.01 - 1).abs() < 4 * torch.finfo(dtype).eps).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_A_log_and_D_are_float32_whatever_the_dtype(dtype):
    block = Mamba(8, conv_dilations=(1, 2), dtype=dtype)
    assert block.A_log.dtype == block.D.dtype == torch.float32
    others = {name: p.dtype for name, p in block.named_parameters() if name not in ("A_log", "D")}
    assert set(others.values()) == {dtype}
    assert torch.equal(block.A_log, Mamba(8).A_log)


def assigned(block):
    block.load_state_dict(Mamba(8).state_dict(), assign=True)
    return block


def overwritten_by_conversion(block):
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        return block.to(torch.float64)
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)


CONVERSIONS = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda block: pickle.loads(pickle.dumps(block)),
    "to dtype": lambda block: block.to(torch.bfloat16),
    "to device": lambda block: block.to("cpu"),
    "to meta": lambda block: block.to("meta"),
    "to_empty": lambda block: block.to("meta").to_empty(device="cpu"),
    "half": lambda block: block.half(),
    "assign": assigned,
    "load": lambda block: block.load_state_dict(Mamba(8).state_dict()) and block,
    "overwrite flag": overwritten_by_conversion,
    "deepcopy after to": lambda block: copy.deepcopy(block.double()),
}


def is_marked(block):
    marks = {
        name: {mark for mark in ("_no_weight_decay", "_no_reinit") if getattr(p, mark, False)}
        for name, p in block.named_parameters()
    }
    return {name: mark for name, mark in marks.items() if mark} == {
        "A_log": {"_no_weight_decay"},
        "D": {"_no_weight_decay"},
        "dt_proj.bias": {"_no_reinit"},
    }


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_the_marks_survive(conversion):
    assert is_marked(CONVERSIONS[conversion](Mamba(8)))


@pytest.mark.parametrize("conversion", [name for name in CONVERSIONS if name not in ("assign", "load")])
def test_the_marks_survive_inside_a_parent_module(conversion):
    parent = nn.Sequential(nn.Linear(8, 8), Mamba(8))
    assert is_marked(CONVERSIONS[conversion](parent)[1])


def test_the_marks_survive_assignment_inside_a_parent_module():
    parent = nn.Sequential(nn.Linear(8, 8), Mamba(8))
    parent.load_state_dict(nn.Sequential(nn.Linear(8, 8), Mamba(8)).state_dict(), assign=True)
    assert is_marked(parent[1])


def test_marks_are_on_a_new_block_and_on_the_meta_device():
    assert is_marked(Mamba(8)) and is_marked(Mamba(8, device="meta"))
