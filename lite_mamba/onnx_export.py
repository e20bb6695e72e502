"""`torch.onnx.export` of the block over a whole sequence of any length: the scan as one ONNX `Scan` node.

To the exporter the selective scan is one opaque call, and it asks for a translation. `TRANSLATIONS` has it: the loop
of `selective_scan_ref`, token by token. A single `Mamba.step` is exported without any of this.

    block, length = Mamba(8).eval(), {1: torch.export.Dim("length", min=2)}
    program = torch.onnx.export(block, (torch.randn(1, 9, 8),), dynamo=True, dynamic_shapes=(length,),
                                custom_translation_table=TRANSLATIONS)

The exporter takes translations since PyTorch 2.6. This module needs onnxscript, as the exporter itself does.
"""

import torch
from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op

ONE, ZERO = [1.0], [0.0]


@script(default_opset=op)
def _recurrence(
    state: FLOAT[...],  # (B, D, N)
    A: FLOAT[...],  # (D, N)
    delta: FLOAT[...],  # (L, B, D)
    drive: FLOAT[...],  # (L, B, D), Δ·u
    B: FLOAT[...],  # (L, B, N)
    C: FLOAT[...],  # (L, B, N)
    keep: FLOAT[...],  # (L, B), 0 where a segment starts
) -> tuple[FLOAT[...], FLOAT[...]]:
    @graph()
    def token(h, delta_t, drive_t, B_t, C_t, keep_t):
        decay = op.Exp(op.Unsqueeze(delta_t, [-1]) * A) * op.Unsqueeze(keep_t, [-1, -2])  # (B, D, N)
        new = decay * h + op.Unsqueeze(drive_t, [-1]) * op.Unsqueeze(B_t, [1])  # (B, D, N)
        y = op.ReduceSum(new * op.Unsqueeze(C_t, [1]), [-1], keepdims=0)  # (B, D)
        return op.Identity(new), y

    last_state, y = op.Scan(state, delta, drive, B, C, keep, body=token, num_scan_inputs=5)
    return last_state, y


def _selective_scan(u, delta, A, B, C, D, z, delta_bias, initial_state, starts, softplus, *_):
    """`selective_scan_fn` in ONNX operators; B and C per token, in one group."""
    if len(B.shape) != 4 or B.shape[1] != 1 or len(C.shape) != 4 or C.shape[1] != 1:
        raise ValueError("the ONNX translation of the scan is for B and C per token in one group, (B, N, L)")
    batch, channels, length, states = _sizes(u, (0, 1, 2)) + _sizes(A, (1,))
    like_A = [op.CastLike(value, A) for value in (u, delta)]
    x, step = like_A[0], like_A[1] if delta_bias is None else op.Add(like_A[1], op.Unsqueeze(delta_bias, [-1]))
    step = op.Softplus(step) if softplus else step  # (B, D, L)
    if initial_state is None:
        initial_state = _full(ZERO, A, batch, channels, states)
    keep = _full(ONE, A, length, batch)
    if starts is not None:
        keep = op.Sub(keep, op.CastLike(op.Transpose(starts, perm=[1, 0]), A))
    by_token = [
        op.Transpose(v, perm=[2, 0, 1]) for v in (step, op.Mul(step, x), op.Squeeze(B, [1]), op.Squeeze(C, [1]))
    ]
    last_state, y = _recurrence(initial_state, A, *by_token, keep)
    y = op.Transpose(y, perm=[1, 2, 0])  # (B, D, L)
    if D is not None:
        y = op.Add(y, op.Mul(op.Unsqueeze(D, [-1]), x))
    if z is not None:
        gate = op.CastLike(z, A)
        y = op.Mul(y, op.Mul(gate, op.Sigmoid(gate)))
    return op.CastLike(y, u), last_state, op.Constant(value_floats=ZERO)


def _sizes(value, axes):
    """The sizes of some axes, each (1,), as the exporter's symbols."""
    return [op.Gather(op.Shape(value), op.Constant(value_ints=[axis]), axis=0) for axis in axes]


def _full(number, like, *sizes):
    """A tensor of one number, of the dtype of `like`."""
    return op.Expand(op.CastLike(op.Constant(value_floats=number), like), op.Concat(*sizes, axis=0))


TRANSLATIONS = {torch.ops.lite_mamba.selective_scan.default: _selective_scan}
