"""The block in ONNX: one token at a time without help, a whole sequence of any length with the scan's translation."""

import inspect

import onnxruntime
import pytest
import torch
from equations import stir
from torch import nn

from lite_mamba import Mamba, selective_scan_fn
from lite_mamba.onnx_export import TRANSLATIONS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
translated = pytest.mark.skipif(
    "custom_translation_table" not in inspect.signature(torch.onnx.export).parameters,
    reason="the exporter takes translations since PyTorch 2.6",
)


def tokens(length, dtype=torch.float32):
    generator = torch.Generator().manual_seed(length)
    return torch.randn(2, length, 6, generator=generator, dtype=torch.float64).to(dtype)


def export(module, *args, **options):
    """The exported module as a function of its tensors, run by onnxruntime."""
    program = torch.onnx.export(module.eval(), args, dynamo=True, verbose=False, **options)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    names = [node.name for node in session.get_inputs()]

    def run(*inputs):
        feed = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
        return [torch.from_numpy(value) for value in session.run(None, feed)]

    return run


def block(**settings):
    return stir(Mamba(6, d_state=3, d_conv=3, conv_dilations=(1, 4), **settings)).requires_grad_(False)


class Step(nn.Module):
    def __init__(self, mamba):
        super().__init__()
        self.mamba = mamba

    def forward(self, hidden_states, conv_state, ssm_state, restart):
        return self.mamba.step(hidden_states, conv_state, ssm_state, restart=restart)


def test_an_exported_step_streams_as_the_block_does():
    mamba, x, seq_idx = block(), tokens(12), torch.tensor([[0] * 7 + [1] * 5, [0] * 12])
    states, pieces = mamba.allocate_inference_cache(2, 12), []
    run = export(Step(mamba), x[:, :1], *states, torch.zeros(2, dtype=torch.bool))
    for t in range(12):
        restart = seq_idx[:, t] != seq_idx[:, max(t - 1, 0)]
        out, *states = run(x[:, t : t + 1], *states, restart)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, dim=1), mamba(x, seq_idx=seq_idx), rtol=1e-4, atol=1e-5)


@translated
@pytest.mark.parametrize(("dtype", "segmented"), [(torch.float32, True), (torch.float16, False)])
def test_an_exported_block_takes_a_sequence_of_any_length(dtype, segmented):
    mamba, length = block(dtype=dtype), {1: torch.export.Dim("length", min=2)}
    options = {"dynamic_shapes": {"hidden_states": length}, "custom_translation_table": TRANSLATIONS}
    if segmented:
        options["dynamic_shapes"]["seq_idx"] = length
        options["kwargs"] = {"seq_idx": torch.zeros(2, 9, dtype=torch.long)}
    run = export(mamba, tokens(9, dtype), **options)
    tolerance = {"rtol": 2e-2, "atol": 5e-3} if dtype == torch.float16 else {"rtol": 1e-4, "atol": 1e-5}
    for size in (2, 9, 40):
        x, seq_idx = tokens(size, dtype), (torch.arange(size) // 7 + torch.arange(2)[:, None]) % 3
        out, *_ = run(x, seq_idx) if segmented else run(x)
        torch.testing.assert_close(out, mamba(x, seq_idx=seq_idx if segmented else None), **tolerance)


class Bare(nn.Module):
    """The scan alone, with a state to start from and the last one returned."""

    def forward(self, u, delta, A, B, C, state):
        return selective_scan_fn(u, delta, A, B, C, return_last_state=True, initial_state=state)


@translated
def test_a_scan_without_gate_skip_and_softplus_goes_on_from_a_state():
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 4, 9), (2, 4, 9), (4, 3), (2, 3, 9), (2, 3, 9), (2, 4, 3)]
    u, delta, A, B, C, state = (torch.randn(shape, generator=generator) for shape in shapes)
    inputs = u, delta.abs(), -A.abs(), B, C, state
    run = export(Bare(), *inputs, custom_translation_table=TRANSLATIONS)
    for ours, expected in zip(run(*inputs), Bare()(*inputs), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@translated
def test_a_scan_in_groups_is_refused():
    u, grouped = torch.ones(1, 4, 5), torch.ones(1, 2, 3, 5)
    inputs = u, u, -torch.ones(4, 3), grouped, grouped, torch.zeros(1, 4, 3)
    with pytest.raises(torch.onnx.OnnxExporterError, match="B and C per token in one group"):
        export(Bare(), *inputs, custom_translation_table=TRANSLATIONS)
