"""The two sums of `selective_scan.ends` are the end state and its gradient, and stop where nothing can be told."""

import pytest
import torch
from equations import error

from lite_mamba import selective_scan_fn
from lite_mamba.distributed import carry
from lite_mamba.selective_scan import ends
from lite_mamba.selective_scan.arguments import check

SHAPES = [(1, 3, 50, 2), (2, 4, 7, 3), (2, 1, 1, 1), (1, 2, 0, 2)]


def inputs(batch, channels, length, states, step=1.0):
    generator = torch.Generator().manual_seed(length)

    def noise(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator)

    u, z = noise(batch, channels, length), noise(batch, channels, length)
    delta = step * torch.rand(batch, channels, length, dtype=torch.float64, generator=generator)
    A = -torch.rand(channels, states, dtype=torch.float64, generator=generator) - 0.5
    return u, delta, A, noise(batch, states, length), noise(batch, states, length), z, noise(batch, channels, length)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("block", [8, 1 << 19])
@pytest.mark.parametrize("bare", [False, True], ids=["gate and bias", "bare"])
def test_they_are_the_last_state_from_zero_and_the_gradient_of_the_first(shape, block, bare, monkeypatch):
    monkeypatch.setitem(ends.BLOCK, "cpu", block)
    u, delta, A, B, C, z, grad_out = inputs(*shape)
    z, bias = (None, None) if bare else (z, torch.linspace(-1, 0, shape[1], dtype=torch.float64))
    first = torch.zeros(shape[0], shape[1], shape[3], dtype=torch.float64, requires_grad=True)
    options = {"z": z, "delta_bias": bias, "delta_softplus": not bare, "initial_state": first}
    out, last = selective_scan_fn(u, delta, A, B, C, **options, return_last_state=True)
    out.backward(grad_out)
    scan = check(u, delta, A, B, C, None, z, bias, not bare, None, None)
    end, total = ends.end_of_part(scan, None)
    assert error(end, last.detach()) < 1e-12
    steps = delta if bare else torch.nn.functional.softplus(delta + bias[:, None])
    assert error(total, steps.sum(dim=2)) < 1e-12
    assert error(ends.gradient_at_start(scan, None, grad_out), first.grad) < 1e-12


def test_tokens_behind_the_memory_are_never_looked_at(monkeypatch):
    monkeypatch.setitem(ends.BLOCK, "cpu", 8)
    u, delta, A, B, C, z, grad_out = inputs(1, 2, 4000, 2, step=2.0)  # silent after some 1500 steps
    scan = check(u, delta, A, B, C, None, z, None, False, None, None)
    end, _ = ends.end_of_part(scan, None)
    nu = ends.gradient_at_start(scan, None, grad_out)
    u[..., :2000], grad_out[..., 2000:] = torch.nan, torch.nan
    assert torch.equal(ends.end_of_part(scan, None)[0], end)
    assert torch.equal(ends.gradient_at_start(scan, None, grad_out), nu)


def test_a_channel_that_never_forgets_is_summed_to_the_other_end():
    u, delta, A, B, C, z, _ = inputs(1, 2, 3000, 2)
    A[0] = -1e-6
    scan = check(u, delta, A, B, C, None, z, None, False, None, None)
    _, last = selective_scan_fn(u, delta, A, B, C, z=z, return_last_state=True)
    assert error(ends.end_of_part(scan, None)[0], last) < 1e-12


def test_tokens_that_are_not_kept_do_not_count_whatever_they_are():
    u, delta, A, B, C, z, _ = inputs(1, 2, 30, 2)
    _, last = selective_scan_fn(*(x[..., 12:] for x in (u, delta)), A, B[..., 12:], C[..., 12:], return_last_state=True)
    for value in (u, delta, B):
        value[..., :12] = torch.nan
    scan = check(u, delta, A, B, C, None, z, None, False, None, None)
    assert error(ends.end_of_part(scan, (torch.arange(30) >= 12).unsqueeze(0))[0], last) < 1e-12


def test_carried_over_any_number_of_parts_they_are_the_state_behind_these():
    u, delta, A, B, C, _, _ = inputs(2, 3, 30, 4)
    parts = []
    for start, stop in [(0, 7), (7, 7), (7, 20), (20, 30)]:
        part, so_far = (
            [u[..., own], delta[..., own], A, B[..., own], C[..., own]] for own in (slice(start, stop), slice(stop))
        )
        end, total = ends.end_of_part(check(*part, None, None, None, False, None, None), None)
        parts.append((total, end))
        _, last = selective_scan_fn(*so_far, return_last_state=True)
        assert error(carry(parts, A, end), last) < 1e-12
    parts[2] = (torch.full_like(parts[2][0], torch.inf), parts[2][1])  # a segment starts in it
    assert torch.equal(carry(parts, A, end), carry(parts[2:], A, end))
