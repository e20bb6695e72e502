"""Each model is what its name says: LTI without selection, attention with relative positions, a plain delay."""

import pytest
import torch
import torch.nn.functional as F

from lite_mamba import selective_scan_ref
from lite_mamba.course.training import build, step_sizes
from lite_mamba.course.training.models import causal_fft_conv, rotate

OPTIONS = {
    "selective": {"d_model": 8, "n_layers": 2},
    "lti": {"d_model": 8, "n_layers": 2},
    "attention": {"d_model": 8, "n_layers": 2, "n_heads": 2},
    "delay": {"d_model": 8, "taps": 9},
}


def model(kind):
    torch.manual_seed(0)
    return build(kind, 12, **OPTIONS[kind])


def ids(length, batch=2, seed=0):
    return torch.randint(12, (batch, length), generator=torch.Generator().manual_seed(seed))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="give one of selective, lti, attention, delay"):
        build("lstm", 12)


@pytest.mark.parametrize("kind", OPTIONS)
def test_no_output_depends_on_a_later_token(kind):
    tokens, other = ids(20), ids(20, seed=1)
    mixed = torch.cat([tokens[:, :11], other[:, 11:]], dim=1)
    first, second = (model(kind)(x)[:, :11] for x in (tokens, mixed))
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-5)


def test_the_lti_kernel_is_the_scan_with_constants_for_every_token():
    mixer = model("lti").layers[0].mixer
    u = torch.randn(2, 16, 30, generator=torch.Generator().manual_seed(0))  # (B, D, L)
    by_scan = selective_scan_ref(
        u, torch.zeros_like(u), -mixer.A_log.exp(), mixer.B, mixer.C, mixer.D, None, mixer.dt_bias, True
    )
    torch.testing.assert_close(causal_fft_conv(u, mixer.kernel(30)), by_scan, rtol=1e-4, atol=1e-5)


def test_the_lti_step_size_is_the_same_whatever_is_read_and_the_selective_one_is_not():
    first, second = (step_sizes(model("lti"), ids(9, seed=s)) for s in (0, 1))
    assert torch.equal(first, second) and torch.equal(first[:, :, :1].expand_as(first), first)
    assert not torch.allclose(*(step_sizes(model("selective"), ids(9, seed=s)) for s in (0, 1)))


def test_the_selective_step_size_is_the_one_that_the_scan_gets(monkeypatch):
    import lite_mamba.block as block

    seen, scan = [], block.selective_scan_fn

    def listening(u, delta, *args, **options):
        seen.append(F.softplus(delta + options["delta_bias"][:, None]).transpose(1, 2))  # (B, L, D)
        return scan(u, delta, *args, **options)

    monkeypatch.setattr(block, "selective_scan_fn", listening)
    selective, tokens = model("selective"), ids(9)
    given = step_sizes(selective, tokens)
    torch.testing.assert_close(given, torch.stack(seen))


def test_models_without_a_step_size_say_so():
    assert step_sizes(model("attention"), ids(9)) is None and step_sizes(model("delay"), ids(9)) is None


def test_rotated_products_depend_on_the_distance_alone():
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    long_q, long_k = rotate(q.expand(1, 1, 20, 8)), rotate(k.expand(1, 1, 20, 8))
    products = long_q @ long_k.transpose(-1, -2)  # (1, 1, L, L)
    for lag in (0, 3, 7):
        along = products[0, 0].diagonal(-lag)
        torch.testing.assert_close(along, along[:1].expand_as(along))
    assert not torch.allclose(products[0, 0, 9, 9], products[0, 0, 9, 2])


def test_a_delay_of_one_tap_repeats_what_was_read_so_long_ago():
    delay = model("delay")
    with torch.no_grad():
        delay.taps.zero_()
        delay.taps[:, 4] = 1
        tokens = ids(20)
        wanted = delay.head(delay.embedding(tokens))
        torch.testing.assert_close(delay(tokens)[:, 4:], wanted[:, :-4], rtol=1e-4, atol=1e-5)
