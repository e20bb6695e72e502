"""The block against other people's Mamba, against its equations, and through every way of storing it."""

import copy
import pickle

import pytest
import safetensors.torch
import torch
from equations import block_loop, error, stir
from mambapy.mamba import MambaBlock, MambaConfig
from torch import nn
from torch.nn.utils import parametrize
from transformers import MambaConfig as TransformersConfig
from transformers.models.mamba.modeling_mamba import MambaMixer

from lite_mamba import InferenceParams, Mamba


def tokens(length=23, d_model=8, batch=2, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, length, d_model, generator=generator, dtype=torch.float64).to(dtype)


def transformers_mixer(d_model=8, d_state=4, d_conv=4, bias=False, conv_bias=True):
    config = TransformersConfig(
        hidden_size=d_model,
        state_size=d_state,
        conv_kernel=d_conv,
        expand=2,
        use_bias=bias,
        use_conv_bias=conv_bias,
        num_hidden_layers=1,
        use_mambapy=False,
    )
    return MambaMixer(config, layer_idx=0).eval()


def mambapy_block(d_model=8, d_state=4, d_conv=4, bias=False, conv_bias=True):
    return MambaBlock(MambaConfig(d_model, n_layers=1, d_state=d_state, d_conv=d_conv, bias=bias, conv_bias=conv_bias))


PEERS = {"transformers": transformers_mixer, "mambapy": mambapy_block}
SHAPES = [
    {},
    {"d_model": 24, "d_state": 16},
    {"d_conv": 2, "bias": True},
    {"d_conv": 1, "conv_bias": False},
]


def peer_and_ours(peer, **shape):
    """A peer's block away from its start values, and ours with its weights."""
    ours = Mamba(**{"d_model": 8, "d_state": 4, **shape})
    other = PEERS[peer](**shape)
    state = {name: value for name, value in stir(ours).state_dict().items() if name != "conv_gates"}
    other.load_state_dict({name.replace("conv1d_layers.0", "conv1d"): value for name, value in state.items()})
    fresh = Mamba(**{"d_model": 8, "d_state": 4, **shape})
    fresh.load_state_dict(other.state_dict(), strict=True)
    return other, fresh


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("peer", PEERS)
def test_a_single_branch_equals_the_peers_block(peer, shape):
    other, ours = peer_and_ours(peer, **shape)
    x = tokens(d_model=shape.get("d_model", 8))
    with torch.no_grad():
        assert error(ours(x), other(x)) < 1e-5


@pytest.mark.parametrize("peer", PEERS)
def test_the_gradients_equal_those_of_the_peers_block(peer):
    other, ours = peer_and_ours(peer)
    inputs = [tokens().requires_grad_() for _ in range(2)]
    for block, x in zip((other, ours), inputs, strict=True):
        block(x).square().sum().backward()
    assert error(inputs[1].grad, inputs[0].grad) < 1e-5
    theirs = {name.replace("conv1d.", "conv1d_layers.0."): p.grad for name, p in other.named_parameters()}
    for name, parameter in ours.named_parameters():
        if name != "conv_gates":
            assert error(parameter.grad, theirs[name]) < 1e-4, name


SETTINGS = [
    {"conv_dilations": (1, 2, 4), "d_conv": 3},
    {"conv_dilations": (5,), "d_conv": 2, "conv_bias": False},
    {"conv_dilations": (3, 1), "expand": 1.5, "bias": True, "dt_rank": 3},
    {"conv_dilations": (1, 1), "d_conv": 1, "d_state": 1},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("segmented", [False, True])
def test_several_branches_equal_the_equations(setting, segmented):
    block = stir(Mamba(8, dtype=torch.float64, **{"d_state": 4, **setting}))
    seq_idx = torch.tensor([[0] * 9 + [1] * 14, [3, 3, 1, 1, 3] + [2] * 18]) if segmented else None
    x = tokens(dtype=torch.float64)
    assert error(block(x, seq_idx=seq_idx), block_loop(block, x, seq_idx)) < 1e-12


def test_each_branch_counts_with_its_own_share_and_kernel():
    block = stir(Mamba(8, conv_dilations=(1, 2), dtype=torch.float64))
    swapped = copy.deepcopy(block)
    swapped.conv1d_layers = nn.ModuleList(reversed(swapped.conv1d_layers))
    x = tokens(dtype=torch.float64)
    assert error(swapped(x), block(x)) > 1e-3


def names_of(block, style):
    """The checkpoint of `block` under the names of another package, tensors cloned."""
    state = {name: value.clone() for name, value in block.state_dict().items()}
    if style == "ours":
        return state
    first = {name: value for name, value in state.items() if name.startswith("conv1d_layers.0.")}
    renamed = {name.replace("conv1d_layers.0.", "conv1d."): value.clone() for name, value in first.items()}
    if style == "lite-mamba 0.1.4":
        return {**state, **renamed}
    return {name: value for name, value in {**state, **renamed}.items() if name not in first and name != "conv_gates"}


class Model(nn.Module):
    """A block two levels down, where the prefix of its names matters."""

    def __init__(self, **settings):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.layers = nn.ModuleList([nn.Sequential(nn.Identity(), Mamba(8, **settings)) for _ in range(2)])


def load_nested(block, checkpoint, **how):
    model = Model(conv_dilations=block.conv_dilations)
    whole = {f"layers.{i}.1.{name}": value for i in range(2) for name, value in checkpoint.items()}
    norm = {f"norm.{name}": value for name, value in model.norm.state_dict().items()}
    model.load_state_dict({**whole, **norm}, strict=True, **how)
    return model.layers[1][1]


def load_alone(block, checkpoint, **how):
    fresh = Mamba(8, conv_dilations=block.conv_dilations)
    fresh.load_state_dict(checkpoint, strict=True, **how)
    return fresh


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("load", [load_alone, load_nested])
@pytest.mark.parametrize(
    ("style", "dilations"),
    [
        ("ours", (1,)),
        ("ours", (1, 2, 4)),
        ("lite-mamba 0.1.4", (1,)),
        ("lite-mamba 0.1.4", (1, 2, 4)),
        ("mamba_ssm", (1,)),
        ("mamba_ssm", (4,)),
    ],
)
def test_every_checkpoint_loads_strictly(style, dilations, load, assign):
    block = stir(Mamba(8, conv_dilations=dilations))
    checkpoint = names_of(block, style)
    names = list(checkpoint)
    loaded = load(block, checkpoint, assign=assign)
    assert list(checkpoint) == names, "the caller's dict must stay as it is"
    with torch.no_grad():
        assert torch.equal(loaded(tokens()), block(tokens()))
    for name, parameter in loaded.named_parameters():
        if not (style == "mamba_ssm" and name == "conv_gates"):
            assert torch.equal(parameter, block.get_parameter(name)), name


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_conflicting_copies_of_branch_0_are_an_error(part):
    block = Mamba(8, conv_dilations=(1, 2))
    checkpoint = names_of(block, "lite-mamba 0.1.4")
    checkpoint[f"conv1d.{part}"] += 1
    for load in (load_alone, load_nested):
        with pytest.raises(RuntimeError, match=rf'conv1d\.{part}" and ".*conv1d_layers\.0\.{part}" are two copies'):
            load(block, checkpoint)


def test_a_single_branch_checkpoint_does_not_fit_two_branches():
    checkpoint = names_of(Mamba(8), "mamba_ssm")
    with pytest.raises(RuntimeError, match=r"(?s)Missing key.*conv_gates.*conv1d_layers\.1\.weight"):
        Mamba(8, conv_dilations=(1, 2)).load_state_dict(checkpoint)


def test_unknown_and_missing_names_are_still_errors():
    checkpoint = names_of(Mamba(8), "mamba_ssm")
    del checkpoint["D"]
    with pytest.raises(RuntimeError, match=r'Missing key.*"D"'):
        Mamba(8).load_state_dict(checkpoint)
    with pytest.raises(RuntimeError, match=r'Unexpected key.*"conv1d\.extra"'):
        Mamba(8).load_state_dict({**names_of(Mamba(8), "mamba_ssm"), "conv1d.extra": torch.ones(1)})


@pytest.mark.parametrize("style", ["ours", "mamba_ssm"])
def test_a_block_on_the_meta_device_becomes_real_by_loading(style):
    block = stir(Mamba(8))
    empty = Mamba(8, device="meta")
    empty.load_state_dict(names_of(block, style), assign=True)
    assert {p.device.type for p in empty.parameters()} == {"cpu"}
    with torch.no_grad():
        assert torch.equal(empty(tokens()), block(tokens()))


def test_the_state_goes_through_safetensors(tmp_path):
    block = stir(Mamba(8, conv_dilations=(1, 2, 4)))
    path = tmp_path / "block.safetensors"
    safetensors.torch.save_file(block.state_dict(), path)
    loaded = Mamba(8, conv_dilations=(1, 2, 4))
    loaded.load_state_dict(safetensors.torch.load_file(path), strict=True)
    assert torch.equal(loaded(tokens()), block(tokens()))
    safetensors.torch.save_model(block, str(path))


def test_no_tensor_is_registered_twice():
    block = Mamba(8, conv_dilations=(1, 2, 4))
    state = block.state_dict()
    assert len({value.data_ptr() for value in state.values()}) == len(state)
    assert len(list(block.named_parameters(remove_duplicate=False))) == len(list(block.parameters()))


def test_the_parameters_have_the_fixed_names_and_shapes():
    block = Mamba(8, d_state=4, d_conv=3, conv_dilations=(1, 2), dt_rank=5, bias=True)
    assert {name: tuple(p.shape) for name, p in block.named_parameters()} == {
        "in_proj.weight": (32, 8),
        "in_proj.bias": (32,),
        "conv1d_layers.0.weight": (16, 1, 3),
        "conv1d_layers.0.bias": (16,),
        "conv1d_layers.1.weight": (16, 1, 3),
        "conv1d_layers.1.bias": (16,),
        "conv_gates": (2,),
        "x_proj.weight": (13, 16),
        "dt_proj.weight": (16, 5),
        "dt_proj.bias": (16,),
        "A_log": (16, 4),
        "D": (16,),
        "out_proj.weight": (8, 16),
        "out_proj.bias": (8,),
    }
    plain = Mamba(8, conv_bias=False)
    assert plain.in_proj.bias is None and plain.out_proj.bias is None and plain.conv1d_layers[0].bias is None


@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda block: pickle.loads(pickle.dumps(block))], ids=["copy", "pickle"]
)
def test_a_copy_computes_the_same_and_shares_nothing(way):
    block = stir(Mamba(8, conv_dilations=(1, 4), layer_idx=3))
    other = way(block)
    assert torch.equal(other(tokens()), block(tokens())) and other.layer_idx == 3
    with torch.no_grad():
        other.D.add_(1)
    assert not torch.equal(other.D, block.D)
    other.load_state_dict(names_of(block, "lite-mamba 0.1.4"))
    assert torch.equal(other.D, block.D)


def test_a_block_and_its_states_can_be_made_without_memory():
    block = Mamba(8, conv_dilations=(1, 4), device="meta")
    assert {p.device.type for p in block.parameters()} == {"meta"}
    states = block.allocate_inference_cache(2, 10)
    assert [(s.device.type, tuple(s.shape)) for s in states] == [("meta", (2, 16, 12)), ("meta", (2, 16, 16))]
    real = block.to_empty(device="cpu")
    real.load_state_dict(Mamba(8, conv_dilations=(1, 4)).state_dict())
    assert torch.isfinite(real(tokens())).all()


class Doubled(nn.Module):
    def forward(self, weight):
        return 2 * weight


def test_a_parametrized_kernel_is_used_everywhere():
    block = stir(Mamba(8, conv_dilations=(1, 4)))
    plain = copy.deepcopy(block)
    with torch.no_grad():
        plain.conv1d_layers[1].weight.mul_(2)
    parametrize.register_parametrization(block.conv1d_layers[1], "weight", Doubled())
    x = tokens()
    torch.testing.assert_close(block(x), plain(x))
    states = [b.allocate_inference_cache(2, 10) for b in (block, plain)]
    for t in range(6):
        (ours, *states[0]), (expected, *states[1]) = (
            b.step(x[:, t : t + 1], *s) for b, s in zip((block, plain), states, strict=True)
        )
    torch.testing.assert_close(ours, expected)
    block(x).sum().backward()
    assert block.conv1d_layers[1].parametrizations.weight.original.grad.any()


def test_parametrized_time_scales_move_between_dtypes():
    block = Mamba(8)
    parametrize.register_parametrization(block, "A_log", Doubled())
    block = block.to(torch.float64)
    assert torch.isfinite(block(tokens(dtype=torch.float64))).all()


# Errors against a float64 loop with the same (rounded) weights, as a share of the output's scale.
PRECISION = {
    ("float64", "plain"): 1e-12,
    ("float32", "plain"): 1e-5,
    ("float16", "plain"): 1e-2,
    ("bfloat16", "plain"): 6e-2,
    ("float32", "autocast float16"): 1e-2,
    ("float32", "autocast bfloat16"): 6e-2,
}


@pytest.mark.parametrize(("dtype", "mode"), PRECISION)
@pytest.mark.parametrize("form", ["sequence", "segments", "steps", "chunks"])
def test_the_block_in_every_precision_is_close_to_float64(dtype, mode, form):
    block = stir(Mamba(16, d_state=8, conv_dilations=(1, 4), dtype=getattr(torch, dtype), layer_idx=0))
    x = tokens(length=40, d_model=16, dtype=getattr(torch, dtype))
    seq_idx = torch.tensor([[0] * 17 + [1] * 23] * 2) if form == "segments" else None
    cast_to = getattr(torch, mode.split()[-1]) if mode != "plain" else torch.bfloat16
    with torch.no_grad(), torch.autocast("cpu", dtype=cast_to, enabled=mode != "plain"):
        if form == "steps":
            states, pieces = block.allocate_inference_cache(2, 40), []
            for t in range(40):
                out, *states = block.step(x[:, t : t + 1], *states)
                pieces.append(out)
            out = torch.cat(pieces, dim=1)
        elif form == "chunks":
            params = InferenceParams(40, 2)
            head = block(x[:, :13], inference_params=params)
            params.seqlen_offset = 13
            out = torch.cat([head, block(x[:, 13:], inference_params=params)], dim=1)
        else:
            out = block(x, seq_idx=seq_idx)
    assert out.dtype == (block.in_proj.weight.dtype if mode == "plain" else cast_to)
    assert error(out, block_loop(block, x, seq_idx)) < PRECISION[dtype, mode]


@pytest.mark.parametrize("cast_to", [torch.bfloat16, torch.float16], ids=str)
def test_autocast_trains(cast_to):
    block = stir(Mamba(16, conv_dilations=(1, 4)))
    x = tokens(d_model=16)
    block(x).square().sum().backward()
    exact = {name: p.grad.clone() for name, p in block.named_parameters()}
    block.zero_grad()
    with torch.autocast("cpu", dtype=cast_to):
        loss = block(x).float().square().sum()
    loss.backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad.dtype == torch.float32
        assert error(parameter.grad, exact[name]) < 0.1, name
