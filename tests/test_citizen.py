"""What PyTorch users do to a module works on the block: compile, export, transform, distribute, checkpoint, convert."""

import subprocess
import sys
import textwrap

import pytest
import torch
import torch.distributed as dist
import torch.distributed.fsdp as fsdp
from equations import block_loop, error, stir
from torch import nn
from torch.autograd import forward_ad
from torch.distributed.device_mesh import init_device_mesh
from torch.func import functional_call
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

from lite_mamba import InferenceParams, Mamba
from lite_mamba.language_model import MambaLM
from lite_mamba.processes import Processes


def tokens(length=9, batch=2, dtype=torch.float32):
    generator = torch.Generator().manual_seed(length)
    return torch.randn(batch, length, 6, generator=generator, dtype=torch.float64).to(dtype)


@pytest.fixture
def block():
    return stir(Mamba(6, d_state=3, d_conv=3, conv_dilations=(1, 4), layer_idx=0))


def gradients(module, loss):
    module.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in module.named_parameters()}


def assert_same(ours, expected):
    assert ours.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(ours[name], expected[name], rtol=1e-4, atol=1e-6, msg=name)


SEGMENTS = torch.tensor([[0] * 4 + [1] * 5, [1] * 9])


@pytest.mark.parametrize("seq_idx", [None, SEGMENTS], ids=["one segment", "segments"])
def test_a_compiled_block_is_one_graph_and_learns_the_same(block, seq_idx):
    torch.compiler.reset()
    expected = gradients(block, block(tokens(), seq_idx=seq_idx).square().sum())
    compiled = torch.compile(block, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(tokens(), seq_idx=seq_idx), block(tokens(), seq_idx=seq_idx))
    assert_same(gradients(block, compiled(tokens(), seq_idx=seq_idx).square().sum()), expected)


def test_an_exported_block_takes_any_length_and_loads_after_one_import(block, tmp_path):
    length = torch.export.Dim("length", min=2, max=10_000)  # PyTorch 2.4 asks for a largest one
    program = torch.export.export(block, (tokens(),), dynamic_shapes=({1: length},))
    for length in (2, 40):
        torch.testing.assert_close(program.module()(tokens(length)), block(tokens(length)))
    torch.export.save(program, tmp_path / "block.pt2")
    torch.save((tokens(5), block(tokens(5)).detach()), tmp_path / "expected.pt")
    loader = """
        import sys, torch
        import lite_mamba
        x, expected = torch.load(sys.argv[2])
        torch.testing.assert_close(torch.export.load(sys.argv[1]).module()(x), expected)
    """
    files = [str(tmp_path / "block.pt2"), str(tmp_path / "expected.pt")]
    subprocess.run([sys.executable, "-c", textwrap.dedent(loader), *files], check=True)


def test_the_documentation_says_what_a_saved_program_needs():
    assert "`import lite_mamba` before `torch.export.load`" in " ".join(Mamba.__doc__.split())


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_activation_checkpointing_gives_the_same_gradients(block, use_reentrant):
    x = tokens().requires_grad_()
    expected = {**gradients(block, block(x).square().sum()), "x": x.grad.clone()}
    x.grad = None
    again = checkpoint(block, x, use_reentrant=use_reentrant)
    assert_same({**gradients(block, again.square().sum()), "x": x.grad}, expected)


@pytest.mark.parametrize("form", ["forward", "step"])
def test_every_parameter_gets_a_gradient_a_single_gate_too(form):
    """Its share is 1 and its gradient 0, but DDP waits for one from every parameter."""
    block = Mamba(6)
    out = block(tokens(1)) if form == "forward" else block.step(tokens(1), *block.allocate_inference_cache(2, 1))[0]
    out.sum().backward()
    assert all(parameter.grad is not None for parameter in block.parameters())
    assert block.conv_gates.grad.item() == 0


def parameters_of(module):
    return {name: parameter.detach() for name, parameter in module.named_parameters()}


def squares(module):
    """The loss of one sample as a function of the parameters."""
    return lambda parameters, x: functional_call(module, parameters, (x[None],)).square().sum()


def test_functional_gradients_are_those_of_backward(block):
    x = tokens(batch=1)
    ours = torch.func.grad(squares(block))(parameters_of(block), x[0])
    assert_same(ours, gradients(block, block(x).square().sum()))


def test_the_slope_along_a_direction_is_that_of_two_near_inputs(block):
    block, x = block.double(), tokens(dtype=torch.float64)
    along, step = x.roll(1, dims=1), 1e-5
    wanted = (block(x + step * along) - block(x - step * along)) / (2 * step)
    torch.testing.assert_close(torch.func.jvp(block, (x,), (along,))[1], wanted)
    with forward_ad.dual_level():
        torch.testing.assert_close(forward_ad.unpack_dual(block(forward_ad.make_dual(x, along))).tangent, wanted)


def test_the_slope_of_a_compiled_block_is_that_of_the_eager_one_or_an_error(block):
    """PyTorch gives zeros for the slope of a custom operator, without a word."""
    x = tokens()

    def slope(x):
        return torch.func.jvp(block, (x,), (x,))[1]

    torch.compiler.reset()
    wanted, compiled = slope(x), torch.compile(block, backend="eager")
    compiled(x)
    with forward_ad.dual_level():
        torch.testing.assert_close(forward_ad.unpack_dual(compiled(forward_ad.make_dual(x, x))).tangent, wanted)
    torch.testing.assert_close(torch.func.jvp(compiled, (x,), (x,))[1], wanted)
    torch.testing.assert_close(torch.compile(slope, backend="eager")(x), wanted)
    torch.compiler.reset()
    with pytest.raises(Exception, match=r"no forward mode inside torch\.compile"):
        torch.compile(slope, backend="eager", fullgraph=True)(x)


def test_gradients_of_each_sample_are_those_of_each_alone(block):
    x = tokens(batch=3)
    each = torch.func.vmap(torch.func.grad(squares(block)), in_dims=(None, 0))(parameters_of(block), x)
    for i in range(3):
        assert_same({name: g[i] for name, g in each.items()}, gradients(block, block(x[i : i + 1]).square().sum()))


def test_gradients_of_each_text_are_those_of_each_alone():
    torch.manual_seed(0)
    model, ids = MambaLM(10, 6, 2), torch.tensor([[1, 2, 3], [9, 0, 1]])
    each = torch.func.vmap(torch.func.grad(squares(model)), in_dims=(None, 0))(parameters_of(model), ids)
    for i in range(2):
        assert_same({name: g[i] for name, g in each.items()}, gradients(model, model(ids[i : i + 1]).square().sum()))


def test_several_blocks_run_side_by_side_as_an_ensemble():
    blocks, x = [stir(Mamba(6, conv_dilations=(1, 2)), seed) for seed in range(3)], tokens()
    together, _ = torch.func.stack_module_state(blocks)
    outs = torch.func.vmap(lambda p: functional_call(blocks[0], p, (x,)))(together)
    for out, block in zip(outs, blocks, strict=True):
        torch.testing.assert_close(out, block(x), rtol=1e-4, atol=1e-6)


def test_the_jacobian_is_the_same_row_by_row_and_all_at_once(block):
    x = tokens(4, batch=1)
    by_row = torch.autograd.functional.jacobian(block, x)
    torch.testing.assert_close(torch.autograd.functional.jacobian(block, x, vectorize=True), by_row)
    torch.testing.assert_close(torch.func.jacrev(block)(x), by_row)


def test_a_gradient_penalty_trains_the_parameters(block):
    x = tokens().requires_grad_()
    (slope,) = torch.autograd.grad(block(x).sum(), x, create_graph=True)
    penalty = (slope.norm(dim=-1) - 1).square().mean()
    before = gradients(block, penalty)
    moved = {name: p.detach() - 1e-3 * before[name] for name, p in block.named_parameters()}
    (slope,) = torch.autograd.grad(functional_call(block, moved, (x,)).sum(), x)
    descent = 1e-3 * sum(gradient.square().sum() for gradient in before.values())
    gained = penalty.detach() - (slope.norm(dim=-1) - 1).square().mean()
    assert gained.item() == pytest.approx(descent.item(), rel=0.05)


def _trained(model, x):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        model(x).square().mean().backward()
        optimiser.step()


def _net():
    return nn.Sequential(stir(Mamba(6)), stir(Mamba(6, conv_dilations=(1, 2))))


def _check_ddp(rank):
    torch.manual_seed(0)
    alone, net = _net(), _net()
    net.load_state_dict(alone.state_dict())
    together = DistributedDataParallel(net)
    _trained(alone, tokens())
    _trained(together, tokens()[rank : rank + 1])
    assert_same(dict(net.named_parameters()), dict(alone.named_parameters()))


def _check_fsdp(rank):
    torch.manual_seed(0)
    alone, net = _net(), _net()
    net.load_state_dict(alone.state_dict())
    mesh = init_device_mesh("cpu", (2,))  # by itself it takes a GPU where there is one
    for layer in net:
        fsdp.fully_shard(layer, mesh=mesh)
    fsdp.fully_shard(net, mesh=mesh)
    _trained(alone, tokens())
    _trained(net, tokens()[rank : rank + 1])
    assert_same({name: p.full_tensor() for name, p in net.named_parameters()}, dict(alone.named_parameters()))
    states = net[0].allocate_inference_cache(1, 4)
    assert all(type(state) is torch.Tensor for state in states)


def _check_both():
    _check_ddp(dist.get_rank())
    if hasattr(fsdp, "fully_shard"):  # FSDP2 came with PyTorch 2.6
        _check_fsdp(dist.get_rank())


def test_two_processes_train_as_one_under_ddp_and_fsdp2():
    with Processes(2, timeout=300) as ranks:
        ranks.run(_check_both)


class Blocks(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        torch.manual_seed(i)
        block = Mamba(6)
        block(tokens(batch=1)).sum().backward()
        return block.D.grad


def test_the_workers_of_a_data_loader_run_the_block_after_the_main_process_has():
    Mamba(6)(tokens()).sum().backward()
    start = "spawn" if torch.cuda.is_available() else None  # beside a GPU, PyTorch refuses backward in a forked worker
    (batch,) = DataLoader(Blocks(), batch_size=4, num_workers=2, multiprocessing_context=start)
    assert torch.equal(batch, torch.stack([Blocks()[i] for i in range(4)]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_block_in_half_precision_streams_and_learns(block, dtype):
    block = block.to(dtype)
    x = tokens(dtype=dtype)
    out, params = block(x), InferenceParams(9, 2)
    assert error(out, block_loop(block, x)) < 0.06
    with torch.no_grad():
        head = block(x[:, :4], inference_params=params)
        params.seqlen_offset = 4
        tail = block(x[:, 4:], inference_params=params)
    assert error(torch.cat([head, tail], dim=1), out) < 0.03
    assert all(
        g.isfinite().all() and g.dtype == block.get_parameter(n).dtype
        for n, g in gradients(block, out.float().sum()).items()
    )


@pytest.mark.parametrize("seq_idx", [None, torch.zeros(0, 9, dtype=torch.long)], ids=["one segment", "segments"])
def test_an_empty_batch_gives_an_empty_batch_and_zero_gradients(block, seq_idx):
    out = block(tokens(batch=0), seq_idx=seq_idx)
    assert out.shape == (0, 9, 6)
    assert not any(gradient.any() for gradient in gradients(block, out.sum()).values())
    out, *states = block.step(tokens(1, batch=0), torch.zeros(0, 12, 8), torch.zeros(0, 12, 3))
    assert out.shape == (0, 1, 6) and [len(state) for state in states] == [0, 0]
