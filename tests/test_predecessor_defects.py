"""One test for each defect that a package before this one had, named after what went wrong there."""

import subprocess
import sys

import pytest
import safetensors.torch
import torch
from equations import block_loop, block_segment, error, stir

from lite_mamba import InferenceParams, Mamba, selective_scan_fn


def tokens(length, d_model=8, batch=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(length)
    return torch.randn(batch, length, d_model, generator=generator, dtype=torch.float64).to(dtype)


def stream(block, x, chunks):
    params, pieces, start = InferenceParams(x.shape[1], x.shape[0]), [], 0
    for chunk in chunks:
        pieces.append(block(x[:, start : start + chunk], inference_params=params))
        params.seqlen_offset += chunk
        start += chunk
    return torch.cat(pieces, dim=1)


# lite-mamba 0.1.4


@pytest.mark.parametrize("dilation", [2, 3, 8])
def test_step_does_not_reverse_the_taps_of_a_dilated_branch(dilation):
    block = stir(Mamba(8, d_conv=3, conv_dilations=(dilation,), layer_idx=0, dtype=torch.float64))
    x = tokens(20)
    with torch.no_grad():
        assert error(stream(block, x, [1] * 20), block(x)) < 1e-10
        assert error(stream(block, x, [10] + [1] * 10), block(x)) < 1e-10


def bytes_allocated(length, batch=1, d_model=16):
    """Bytes that a forward and a backward pass of the block ask for, freed ones included."""
    block = Mamba(d_model, d_state=8)
    x = torch.randn(batch, length, d_model)
    with torch.profiler.profile(profile_memory=True) as profile:
        block(x).sum().backward()
    return sum(event.self_cpu_memory_usage for event in profile.events() if event.self_cpu_memory_usage > 0)


def test_backward_is_linear_in_length():
    bytes_allocated(64)
    short, middle, long = (bytes_allocated(length) for length in (128, 256, 512))
    assert middle < 2.2 * short and long < 2.2 * middle


def test_backward_keeps_memory_linear_in_length():
    def bytes_saved(length):
        block, saved = Mamba(16, d_state=8), {}
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: saved.update({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes()}) or t, lambda t: t
        ):
            out = block(torch.randn(1, length, 16))
        assert out.requires_grad
        return sum(saved.values())

    short, long = bytes_saved(256), bytes_saved(512)
    assert 0 < long < 2.2 * short


@pytest.mark.parametrize("expand", [1.5, 2.0, 0.75])
def test_a_float_expand_works_on_every_cache_path(expand):
    block = stir(Mamba(8, expand=expand, layer_idx=0, dtype=torch.float64))
    x = tokens(9)
    assert isinstance(block.d_inner, int)
    with torch.no_grad():
        for chunks in ([9], [1] * 9, [4, 1, 4]):
            assert error(stream(block, x, chunks), block(x)) < 1e-10


def test_a_batch_of_one_on_a_cache_of_three_is_an_error():
    block = Mamba(8, layer_idx=0)
    states = block.allocate_inference_cache(3, 10)
    with pytest.raises(ValueError, match="batch of 1"):
        block.step(tokens(1, batch=1, dtype=torch.float32), *states)


def test_a_prefill_may_come_in_chunks():
    block = stir(Mamba(8, conv_dilations=(1, 4), layer_idx=0, dtype=torch.float64))
    x = tokens(20)
    with torch.no_grad():
        assert error(stream(block, x, [7, 2, 11]), block(x)) < 1e-10


def test_no_branch_is_registered_twice(tmp_path):
    block = Mamba(8, conv_dilations=(1, 2))
    names = list(block.state_dict())
    assert not any(name.startswith("conv1d.") for name in names)
    safetensors.torch.save_file(block.state_dict(), tmp_path / "block.safetensors")


def test_a_mamba_ssm_checkpoint_loads():
    block = stir(Mamba(8))
    checkpoint = {
        name.replace("conv1d_layers.0", "conv1d"): value
        for name, value in block.state_dict().items()
        if name != "conv_gates"
    }
    other = Mamba(8)
    other.load_state_dict(checkpoint, strict=True)
    x = tokens(5, dtype=torch.float32)
    assert torch.equal(other(x), block(x))


def test_conflicting_copies_of_a_branch_do_not_load_silently():
    block = Mamba(8)
    checkpoint = {**block.state_dict(), "conv1d.weight": block.conv1d_layers[0].weight + 1}
    with pytest.raises(RuntimeError, match="two copies"):
        block.load_state_dict(checkpoint)


def test_conv_gates_heed_device_and_dtype():
    gates = Mamba(8, conv_dilations=(1, 2), device="meta", dtype=torch.bfloat16).conv_gates
    assert gates.device.type == "meta" and gates.dtype == torch.bfloat16


def test_caches_do_not_keep_the_graph_so_that_every_step_can_go_backward():
    block = Mamba(8, layer_idx=0, dtype=torch.float64)
    params = InferenceParams(10, 2)
    for _ in range(3):
        block(tokens(2), inference_params=params).sum().backward()
        params.seqlen_offset += 2


def test_a_cache_made_under_inference_mode_can_be_used_outside():
    block = stir(Mamba(8, layer_idx=0, dtype=torch.float64))
    x, params = tokens(6), InferenceParams(6, 2)
    with torch.inference_mode():
        block(x[:, :3], inference_params=params)
    params.seqlen_offset = 3
    out = block(x[:, 3:], inference_params=params)
    assert error(out, block(x)[:, 3:]) < 1e-10
    out.sum().backward()


def test_a_bfloat16_cache_does_not_lose_a_slow_channel():
    torch.manual_seed(0)
    block = Mamba(8, d_state=4, dt_min=0.001, dt_max=0.002)
    x = torch.randn(1, 1, 8)
    with torch.no_grad():
        states = block.allocate_inference_cache(1, 1500, dtype=torch.bfloat16)
        for _ in range(1500):
            _, *states = block.step(x, *states)
    assert states[0].dtype == torch.bfloat16 and states[1].dtype == torch.float32
    assert error(states[1][0], block_segment(block, x[0].expand(1500, 8))[1]) < 0.01


def test_autocast_does_not_degrade_the_scan():
    torch.manual_seed(0)
    u, delta = torch.randn(2, 6, 64), torch.rand(2, 6, 64)
    A, B, C = -torch.rand(6, 4) - 0.1, torch.randn(2, 4, 64), torch.randn(2, 4, 64)
    plain = selective_scan_fn(u, delta, A, B, C)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast, state = selective_scan_fn(u, delta, A, B, C, return_last_state=True)
    assert cast.dtype == state.dtype == torch.float32
    assert torch.equal(cast, plain)


def test_float64_is_computed_in_float64():
    block = stir(Mamba(8, conv_dilations=(1, 3), dtype=torch.float64))
    x = tokens(12)
    out = block(x)
    assert out.dtype == torch.float64
    assert error(out, block_loop(block, x)) < 1e-13
    assert block.allocate_inference_cache(1, 1)[1].dtype == torch.float64


def test_length_zero_returns_length_zero():
    block = Mamba(8, conv_dilations=(1, 3), layer_idx=0)
    empty = torch.zeros(2, 0, 8)
    assert block(empty).shape == (2, 0, 8)
    assert block(empty, inference_params=InferenceParams(4, 2)).shape == (2, 0, 8)
    assert block(empty, seq_idx=torch.zeros(2, 0, dtype=torch.long)).shape == (2, 0, 8)


@pytest.mark.parametrize(
    "nonsense", [dict(conv_dilations=(0,)), dict(dt_min=0.2, dt_max=0.1), dict(d_state=0)], ids=str
)
def test_nonsense_settings_are_refused(nonsense):
    with pytest.raises(ValueError, match=next(iter(nonsense))):
        Mamba(8, **nonsense)


def test_left_padding_does_not_change_real_tokens():
    block = stir(Mamba(8, conv_dilations=(1, 4), dtype=torch.float64))
    x = tokens(9)
    padded = torch.cat([tokens(5), x], dim=1)
    mask = torch.tensor([[0] * 5 + [1] * 9] * 2)
    assert error(block(padded, seq_idx=mask)[:, 5:], block(x)) < 1e-12
    assert error(block(padded)[:, 5:], block(x)) > 1e-3, "without a mask it does, or this test shows nothing"


# lite-mamba 0.2.6 … 1.2


def test_the_documented_import_and_example_work_with_torch_alone():
    program = """
import sys, torch
from lite_mamba import Mamba
print(tuple(Mamba(d_model=512, d_conv=3, conv_dilations=(1, 2, 4, 8))(torch.randn(2, 128, 512)).shape))
print([name for name in ("tensorflow", "keras", "jax", "transformers", "mamba_ssm") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout.splitlines() == ["(2, 128, 512)", "[]"], result.stderr


def test_inference_params_can_be_given():
    block = Mamba(8, layer_idx=0)
    assert block(torch.zeros(1, 3, 8), inference_params=InferenceParams(3, 1)).shape == (1, 3, 8)


# minimamba 1.0.1


def test_the_dt_bias_counts_once():
    block = stir(Mamba(8, dtype=torch.float64))
    with torch.no_grad():
        block.x_proj.weight[: block.dt_rank] = 0  # Δ = softplus(bias), whatever the token
    x, bias = tokens(1), block.dt_proj.bias.detach()
    _, _, state = block.step(x, *block.allocate_inference_cache(2, 1))
    u = block.conv1d_layers[0].weight[:, 0, -1] * block.in_proj(x)[:, 0, : block.d_inner] + block.conv1d_layers[0].bias
    u = torch.nn.functional.silu(u)
    B = block.x_proj(u)[:, block.dt_rank : block.dt_rank + block.d_state]
    expected = (torch.log1p(bias.exp()) * u)[..., None] * B[:, None]
    assert error(state, expected) < 1e-10


def test_the_gate_goes_through_silu():
    block = stir(Mamba(8, dtype=torch.float64))
    x, scanned = tokens(4), []
    block.out_proj.register_forward_pre_hook(lambda _, inputs: scanned.append(inputs[0]))
    gate = block.in_proj(x)[..., block.d_inner :]
    block(x)
    with torch.no_grad():
        block.in_proj.weight[block.d_inner :] *= 2
    block(x)
    # The scan is the same both times, so that only the gate's activation changes: SiLU(v) = v·sigmoid(v).
    expected = scanned[0] * 2 * torch.sigmoid(2 * gate) / torch.sigmoid(gate)
    assert error(scanned[1], expected) < 1e-10


# mambax 0.4.1


@pytest.mark.parametrize("dt", [1.0, 30.0, 100.0])
def test_fast_decay_gives_no_nan(dt):
    block = Mamba(8, dt_min=dt, dt_max=dt, conv_dilations=(1, 2))
    with torch.no_grad():
        block.A_log.add_(5)
    x = tokens(300, dtype=torch.float32).requires_grad_()
    block(x).square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in block.parameters())
    assert error(block(x), block_loop(block, x.detach())) < 1e-4


# mamba-tiny


def test_the_scan_is_accurate_at_length_1024():
    torch.manual_seed(0)
    block = Mamba(4, d_state=4, expand=1)
    x = torch.randn(1, 1024, 4)
    assert error(block(x), block_loop(block, x)) < 1e-5


# transformers


def test_the_second_chunk_of_a_prefill_goes_on_from_the_state_of_the_first():
    block = Mamba(8, d_conv=1, layer_idx=0, dtype=torch.float64)  # no history: only the state can carry anything
    x = tokens(12)
    with torch.no_grad():
        out, fresh = stream(block, x, [6, 6]), block(x[:, 6:])
        assert error(out[:, 6:], block(x)[:, 6:]) < 1e-10
        assert error(fresh, block(x)[:, 6:]) > 1e-3, "the state must matter, or this test shows nothing"


# mambapy


def test_a_length_past_a_power_of_two_is_not_padded_to_the_next():
    bytes_allocated(64)
    assert bytes_allocated(257) < 1.3 * bytes_allocated(256)


def test_a_prefill_hands_out_its_state():
    block = stir(Mamba(8, layer_idx=0, dtype=torch.float64))
    x, params = tokens(7), InferenceParams(7, 2)
    with torch.no_grad():
        block(x, inference_params=params)
    _, ssm_state = params.key_value_memory_dict[0]
    expected = torch.stack([block_segment(block, row)[1] for row in x])
    assert error(ssm_state, expected) < 1e-10


def test_second_derivatives_are_right():
    block = stir(Mamba(2, d_state=2, expand=1)).double()
    assert torch.autograd.gradgradcheck(block, tokens(5, d_model=2, batch=1).requires_grad_())
