"""Replaced, wrapped and hooked parts of the block: whatever changes a part's output changes the block's."""

import copy

import pytest
import torch
import torch.nn.functional as F
from equations import error, stir
from torch import nn
from torch.nn.utils import parametrize

from lite_mamba import InferenceParams, Mamba
from lite_mamba.parts import product_and_bias

PARTS = ("in_proj", "conv1d_layers.0", "conv1d_layers.1", "x_proj", "dt_proj", "out_proj")


class LoRA(nn.Module):
    """A frozen part and, on top of its weight, a trained product of two thin matrices: what peft makes of a layer."""

    def __init__(self, base):
        super().__init__()
        self.base = base.requires_grad_(False)
        rows, columns = base.weight.flatten(1).shape
        self.up = nn.Parameter(torch.linspace(0.2, 1, rows, dtype=base.weight.dtype)[:, None])
        self.down = nn.Parameter(torch.linspace(1, -0.5, columns, dtype=base.weight.dtype)[None])

    def change(self):
        return (self.up @ self.down).view_as(self.base.weight)

    def forward(self, x):
        if isinstance(self.base, nn.Linear):
            return self.base(x) + F.linear(x, self.change())
        return self.base(x) + F.conv1d(x, self.change(), dilation=self.base.dilation, groups=self.base.groups)


class Scaled(nn.Module):
    """A trained factor, 1.5 at the start."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1.5, dtype=torch.float64))

    def forward(self, value):
        return self.factor * value


def multiply(part, weight, bias):
    part.weight.mul_(weight)
    if part.bias is not None:
        part.bias.mul_(bias)


def with_lora(part):
    wrapped = LoRA(part)
    return wrapped, wrapped.up, lambda plain: plain.weight.add_(wrapped.change())


def with_forward_hook(part):
    scaled = Scaled()
    part.register_forward_hook(lambda _, inputs, output: scaled(output))
    return part, scaled.factor, lambda plain: multiply(plain, 1.5, 1.5)


def with_forward_pre_hook(part):
    scaled = Scaled()
    part.register_forward_pre_hook(lambda _, inputs: (scaled(inputs[0]),))
    return part, scaled.factor, lambda plain: multiply(plain, 1.5, 1)


def with_parametrization(part):
    parametrize.register_parametrization(part, "weight", Scaled())
    return part, part.parametrizations.weight[0].factor, lambda plain: multiply(plain, 1.5, 1)


def with_another_forward(part):
    scaled, forward = Scaled(), part.forward
    part.forward = lambda x: scaled(forward(x))
    return part, scaled.factor, lambda plain: multiply(plain, 1.5, 1.5)


def with_a_class_of_its_own(part):
    """As layers for training with low precision do it."""
    scaled, kind = Scaled(), type(part)
    part.__class__ = type("Special", (kind,), {"forward": lambda self, x: scaled(kind.forward(self, x))})
    return part, scaled.factor, lambda plain: multiply(plain, 1.5, 1.5)


def put(block, name, part):
    parent, _, own = name.rpartition(".")
    setattr(block.get_submodule(parent), own, part)


WRAPPERS = [
    with_lora,
    with_a_class_of_its_own,
    with_forward_hook,
    with_forward_pre_hook,
    with_parametrization,
    with_another_forward,
]


def tokens(length=14, dtype=torch.float64):
    generator = torch.Generator().manual_seed(length)
    return torch.randn(2, length, 6, generator=generator, dtype=torch.float64).to(dtype)


SEGMENTS = torch.tensor([[0] * 5 + [1] * 9, [2, 2, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 2, 2]])


def streamed(block, x, chunks, seq_idx=None):
    params, pieces = InferenceParams(x.shape[1], len(x)), []
    for chunk, index in zip(x.split(chunks, dim=1), SEGMENTS.split(chunks, dim=1), strict=True):
        pieces.append(block(chunk, inference_params=params, seq_idx=None if seq_idx is None else index))
        params.seqlen_offset += chunk.shape[1]
    return torch.cat(pieces, dim=1)


def stepped(block, x):
    states, pieces = block.allocate_inference_cache(len(x), x.shape[1]), []
    for t in range(x.shape[1]):
        out, *states = block.step(x[:, t : t + 1], *states)
        pieces.append(out)
    return torch.cat(pieces, dim=1)


FORMS = {
    "forward": lambda block, x: block(x),
    "segments": lambda block, x: block(x, seq_idx=SEGMENTS),
    "step": stepped,
    "chunks": lambda block, x: streamed(block, x, [6, 0, 1, 7]),
    "segments in chunks": lambda block, x: streamed(block, x, [6, 0, 1, 7], SEGMENTS),
}


@pytest.fixture
def block():
    return stir(Mamba(6, d_state=3, d_conv=3, conv_dilations=(1, 4), dt_rank=2, layer_idx=0, dtype=torch.float64))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("wrap", WRAPPERS, ids=lambda wrap: wrap.__name__)
def test_a_wrapped_part_counts_and_learns_in_every_form(block, wrap, part, form):
    bare, merged = copy.deepcopy(block), copy.deepcopy(block)
    wrapped, learned, merge = wrap(block.get_submodule(part))
    put(block, part, wrapped)
    with torch.no_grad():
        merge(merged.get_submodule(part))
    out = FORMS[form](block, tokens())
    assert error(out, FORMS[form](merged, tokens())) < 1e-10
    assert error(out, FORMS[form](bare, tokens())) > 1e-4, "the wrapper must matter, or this test shows nothing"
    out.square().sum().backward()
    assert learned.grad.abs().max() > 1e-6


@pytest.mark.parametrize("form", FORMS)
def test_a_hook_that_only_looks_changes_nothing(block, form):
    seen, expected = [], FORMS[form](block, tokens())
    for part in PARTS:
        block.get_submodule(part).register_forward_hook(lambda *_, part=part: seen.append(part))
        block.get_submodule(part).register_full_backward_hook(lambda *_, part=part: seen.append(f"{part} backward"))
    out = FORMS[form](block, tokens().requires_grad_())
    assert error(out, expected) < 1e-12
    out.sum().backward()
    assert set(seen) == {*PARTS, *(f"{part} backward" for part in PARTS)}


@pytest.mark.filterwarnings("ignore:.*deprecated")
@pytest.mark.parametrize("form", FORMS)
def test_an_int8_block_computes_almost_the_same(block, form):
    block = block.float()
    small = torch.ao.quantization.quantize_dynamic(block, {nn.Linear}, dtype=torch.qint8)
    with torch.no_grad():
        x = tokens(dtype=torch.float32)
        assert 0 < error(FORMS[form](small, x), FORMS[form](block, x)) < 0.05


@pytest.mark.parametrize("part", PARTS)
def test_a_block_with_a_wrapped_part_is_copied_converted_and_compiled(block, part):
    torch.compiler.reset()
    put(block, part, LoRA(block.get_submodule(part)))
    expected = block(tokens())
    twin = copy.deepcopy(block).float().double()
    assert error(twin(tokens()), expected) < 1e-5
    compiled = torch.compile(block, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(tokens()), expected)


def test_the_bias_of_a_wrapped_dt_proj_keeps_its_mark():
    block = Mamba(8)
    block.dt_proj = LoRA(block.dt_proj)
    twin = copy.deepcopy(block)
    assert twin.dt_proj.base.bias._no_reinit and not hasattr(twin.dt_proj.up, "_no_reinit")


def test_a_bare_dt_proj_adds_its_bias_in_float32():
    """In bfloat16 a sum near 8 is rounded to a 32nd, which would be 1.6 % of Δ."""
    block = Mamba(8, dtype=torch.bfloat16)
    with torch.no_grad():
        block.dt_proj.bias.fill_(-8)
        block.dt_proj.weight.fill_(0.01)
        low_rank = torch.ones(1, 1, dtype=torch.bfloat16)
    product, bias = product_and_bias(block.dt_proj, low_rank)
    assert (product.float() + bias.float()).unique().item() == pytest.approx(-7.99, abs=1e-4)
