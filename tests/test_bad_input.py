"""Wrong use of every public name: the error says what was given, what is allowed, and what to do."""

import pytest
import torch

from lite_mamba import (
    InferenceParams,
    Mamba,
    causal_dilated_conv1d_fn,
    causal_dilated_conv1d_update,
    receptive_field,
    selective_scan_fn,
    selective_scan_ref,
    selective_state_update,
)
from lite_mamba.streaming import BlockCache

CONSTRUCTOR = [
    (dict(d_model=0), ValueError, r"d_model must be at least 1, got 0"),
    (dict(d_model=-8), ValueError, r"d_model must be at least 1, got -8"),
    (dict(d_model=8.0), TypeError, r"d_model must be an integer, got 8\.0 \(float\)"),
    (dict(d_model="8"), TypeError, r"d_model must be an integer, got '8' \(str\)"),
    (dict(d_model=True), TypeError, r"d_model must be an integer, got the bool True"),
    (dict(d_state=0), ValueError, r"d_state must be at least 1, got 0"),
    (dict(d_state=2.5), TypeError, r"d_state must be an integer, got 2\.5"),
    (dict(d_conv=0), ValueError, r"d_conv must be at least 1, got 0"),
    (dict(d_conv=None), TypeError, r"d_conv must be an integer, got None"),
    (dict(conv_dilations=(0,)), ValueError, r"conv_dilations\[0\] must be at least 1, got 0"),
    (dict(conv_dilations=(1, -2)), ValueError, r"conv_dilations\[1\] must be at least 1, got -2"),
    (dict(conv_dilations=(1, 2.0)), TypeError, r"conv_dilations\[1\] must be an integer, got 2\.0"),
    (dict(conv_dilations=()), ValueError, r"conv_dilations is empty; give at least one dilation, such as \(1,\)"),
    (dict(conv_dilations=2), TypeError, r"must be a sequence .* got 2; .* did you mean expand=2\?"),
    (dict(conv_dilations="124"), TypeError, r"must be a sequence of integers such as \(1, 2, 4\), got '124'"),
    (dict(conv_dilations=None), TypeError, r"must be a sequence of integers such as \(1, 2, 4\), got None"),
    (dict(expand=0), ValueError, r"expand must be a finite number, above zero, got 0"),
    (dict(expand=-1.5), ValueError, r"expand must be a finite number, above zero, got -1\.5"),
    (dict(expand=float("nan")), ValueError, r"expand must be a finite number, above zero, got nan"),
    (dict(expand=0.1), ValueError, r"expand=0\.1 gives d_inner = .* = 0; it must be at least 1"),
    (dict(expand="2"), TypeError, r"expand must be a number, got '2'"),
    (dict(dt_rank=0), ValueError, r"dt_rank.* must be at least 1, got 0"),
    (dict(dt_rank="full"), ValueError, r'dt_rank must be "auto" or an integer of at least 1, got \'full\''),
    (dict(dt_rank=None), TypeError, r'dt_rank, if not "auto", must be an integer, got None'),
    (dict(dt_min=0.2, dt_max=0.1), ValueError, r"dt_min = 0\.2 is above dt_max = 0\.1; swap them"),
    (dict(dt_min=0), ValueError, r"dt_min must be a finite number, above zero, got 0"),
    (dict(dt_max=float("inf")), ValueError, r"dt_max must be a finite number, above zero, got inf"),
    (dict(dt_init="zeros"), ValueError, r"dt_init must be one of 'random', 'constant', got 'zeros'"),
    (dict(dt_scale=-1), ValueError, r"dt_scale must be a finite number, above zero, got -1"),
    (dict(dt_init_floor=-1e-4), ValueError, r"dt_init_floor must be a finite number, zero or more, got -0\.0001"),
    (dict(layer_idx=-1), ValueError, r"layer_idx must be at least 0, got -1"),
    (dict(layer_idx="first"), TypeError, r"layer_idx must be an integer, got 'first'"),
    (dict(dtype=torch.int64), TypeError, r"dtype must be a floating-point torch dtype .* got torch\.int64"),
    (dict(dtype="float32"), TypeError, r"dtype must be a floating-point torch dtype .* got 'float32'"),
]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"), CONSTRUCTOR, ids=lambda v: str(v) if isinstance(v, dict) else ""
)
def test_mamba_refuses(arguments, kind, message):
    with pytest.raises(kind, match=message):
        Mamba(**{"d_model": 8, **arguments})


def test_one_inner_channel_is_enough():
    narrow = Mamba(8, expand=0.125)
    assert narrow.d_inner == 1 and narrow(torch.randn(2, 5, 8)).isfinite().all()


def test_the_positional_order_of_mamba_ssm_is_recognised():
    with pytest.raises(TypeError, match=r"fourth argument here, where mamba_ssm has expand: did you mean expand=2\?"):
        Mamba(512, 16, 4, 2)


def block(**settings):
    return Mamba(8, conv_dilations=(1, 2), **{"layer_idx": 0, **settings})


def x(length=5, batch=2, width=8, dtype=torch.float32):
    return torch.zeros(batch, length, width, dtype=dtype)


def step(hidden=None, conv=(2, 16, 6), ssm=(2, 16, 16), ssm_dtype=torch.float32, **kwargs):
    states = torch.zeros(conv), torch.zeros(ssm, dtype=ssm_dtype)
    return block().step(x(1) if hidden is None else hidden, *states, **kwargs)


def pair():
    return BlockCache(*block().allocate_inference_cache(2, 9))


def stream(first=None, then=None, offset=None, **settings):
    """A prefill of two rows and five tokens, then a second call at `offset`."""
    params = InferenceParams(100, 2)
    model = block(**settings)
    model(x() if first is None else first, inference_params=params)
    params.seqlen_offset = 5 if offset is None else offset
    model(x(1) if then is None else then, inference_params=params)


def started_at(offset):
    params = InferenceParams(100, 2)
    params.seqlen_offset = offset
    return block()(x(), inference_params=params)


def index(*shape, dtype=torch.long):
    return torch.zeros(shape, dtype=dtype)


BLOCK = {
    "no tensor": (lambda: block()([1.0]), TypeError, r"hidden_states must be a torch\.Tensor, got list"),
    "no batch axis": (lambda: block()(x()[0]), ValueError, r"hidden_states must have shape \(B, L, 8\), got \(5, 8\)"),
    "wrong width": (lambda: block()(x(width=9)), ValueError, r"must have shape \(B, L, 8\), got \(2, 5, 9\)"),
    "token ids": (
        lambda: block()(x().long()),
        TypeError,
        r"must hold floating-point .* embed token ids first, as MambaLM does",
    ),
    "other dtype": (
        lambda: block()(x(dtype=torch.float64)),
        TypeError,
        r"hidden_states is torch\.float64 but the block's weights are torch\.float32; convert one",
    ),
    "half input": (lambda: block()(x().half()), TypeError, r"torch\.float16 but .* torch\.float32; .* torch\.autocast"),
    "seq_idx too short": (
        lambda: block()(x(), seq_idx=index(2, 4)),
        ValueError,
        r"seq_idx .* with B = 2, L = 5, got \(2, 4\)",
    ),
    "seq_idx one row": (
        lambda: block()(x(), seq_idx=index(5)),
        ValueError,
        r"seq_idx .* with B = 2, L = 5, got \(5,\)",
    ),
    "seq_idx of floats": (
        lambda: block()(x(), seq_idx=torch.zeros(2, 5)),
        TypeError,
        r"seq_idx must hold integers or bools, got torch\.float32; convert it with \.long\(\)",
    ),
    "seq_idx a list": (
        lambda: block()(x(), seq_idx=[[0] * 5] * 2),
        TypeError,
        r"seq_idx must be a torch\.Tensor, got list",
    ),
    "seq_idx by position": (
        lambda: block()(x(), index(2, 5)),
        TypeError,
        r"inference_params must be an InferenceParams, got Tensor; seq_idx goes by its name",
    ),
    "params a dict": (lambda: block()(x(), {}), TypeError, r"must be an InferenceParams, got dict$"),
    "no layer_idx": (
        lambda: stream(layer_idx=None),
        ValueError,
        r"needs a block with a layer_idx.* Mamba\(\.\.\., layer_idx=0\)",
    ),
    "offset too small": (lambda: stream(offset=3), ValueError, r"seqlen_offset is 3, but .* seen 5 tokens; advance"),
    "offset too large": (lambda: stream(offset=9), ValueError, r"seqlen_offset is 9, but .* seen 5 tokens; advance"),
    "no cache yet": (lambda: started_at(5), ValueError, r"seqlen_offset is 5, but .* seen 0 tokens"),
    "offset negative": (lambda: started_at(-1), ValueError, r"seqlen_offset must be at least 0, got -1"),
    "offset a float": (lambda: started_at(1.0), TypeError, r"seqlen_offset must be an integer, got 1\.0"),
    "one row on a cache of two": (
        lambda: stream(then=x(1, batch=1)),
        ValueError,
        r"conv_state has shape \(2, 16, 6\), but this block needs \(1, 16, 6\) for a batch of 1; .* InferenceParams",
    ),
    "three rows on a cache of two": (
        lambda: stream(then=x(4, batch=3)),
        ValueError,
        r"needs \(3, 16, 6\) for a batch of 3",
    ),
    "two tokens in step": (
        lambda: step(x(2)),
        ValueError,
        r"step takes exactly one token, .*\(B, 1, 8\), got \(2, 2, 8\); .* forward with inference_params",
    ),
    "no token in step": (lambda: step(x(0)), ValueError, r"step takes exactly one token, .* got \(2, 0, 8\)"),
    "step without time axis": (lambda: step(x()[:, 0]), ValueError, r"must have shape \(B, L, 8\), got \(2, 8\)"),
    "step with other batch": (
        lambda: step(conv=(3, 16, 6)),
        ValueError,
        r"conv_state has shape \(3, 16, 6\), .* \(2, 16, 6\)",
    ),
    "step with other state batch": (lambda: step(ssm=(3, 16, 16)), ValueError, r"ssm_state has shape \(3, 16, 16\)"),
    "history of another block": (lambda: step(conv=(2, 16, 3)), ValueError, r"allocate_inference_cache\(2, \.\.\.\)"),
    "state in bfloat16": (
        lambda: step(ssm_dtype=torch.bfloat16),
        TypeError,
        r"ssm_state is torch\.bfloat16, but the recurrence .* torch\.float32; make the states with allocate",
    ),
    "state None": (
        lambda: block().step(x(1), None, None),
        TypeError,
        r"conv_state must be a torch\.Tensor, got NoneType",
    ),
    "state on another device": (
        lambda: block().step(x(1), torch.zeros(2, 16, 6, device="meta"), torch.zeros(2, 16, 16)),
        ValueError,
        r"conv_state is on meta, but the block is on cpu; move one with \.to\(device\)",
    ),
    "restart too long": (lambda: step(restart=index(3).bool()), ValueError, r"restart .* with B = 2, got \(3,\)"),
    "restart of indices": (
        lambda: step(restart=index(2)),
        TypeError,
        r"restart must hold bools, got torch\.int64; .* seq_idx\[:, t\] != seq_idx\[:, t - 1\]",
    ),
    "reorder by a list": (lambda: InferenceParams(9, 2, 0, {0: pair()}).reorder([1, 0]), TypeError, "rows must be a"),
    "reorder by bools": (
        lambda: pair().reorder(index(2).bool()),
        TypeError,
        r"rows must hold int64 or int32 numbers, got torch\.bool; convert",
    ),
    "reorder by bytes": (
        lambda: pair().reorder(index(2, dtype=torch.uint8)),
        TypeError,
        r"rows must hold int64 or int32 numbers, got torch\.uint8; convert",
    ),
    "reorder by a table": (
        lambda: pair().reorder(index(2, 1)),
        ValueError,
        r"rows must have shape \(rows,\), got \(2, 1\)",
    ),
    "cache without rows": (
        lambda: block().allocate_inference_cache(0, 9),
        ValueError,
        r"batch_size must be at least 1, got 0",
    ),
    "cache of 1.5 rows": (
        lambda: block().allocate_inference_cache(1.5, 9),
        TypeError,
        r"batch_size must be an integer",
    ),
    "cache of integers": (
        lambda: block().allocate_inference_cache(1, 9, dtype=torch.int8),
        TypeError,
        r"dtype must be a floating-point torch dtype .* got torch\.int8",
    ),
    "stream of no tokens": (lambda: InferenceParams(0, 1), ValueError, r"max_seqlen must be at least 1, got 0"),
    "stream of no rows": (lambda: InferenceParams(1, 0), ValueError, r"max_batch_size must be at least 1, got 0"),
    "stream from before": (lambda: InferenceParams(1, 1, -1), ValueError, r"seqlen_offset must be at least 0, got -1"),
}


def conv(x=(2, 3, 9), weight=(3, 4), bias=None, **kwargs):
    return causal_dilated_conv1d_fn(torch.zeros(x), torch.zeros(weight), bias, **kwargs)


def update(x=(2, 3), state=(2, 3, 3), weight=(3, 4), **kwargs):
    return causal_dilated_conv1d_update(torch.zeros(x), torch.zeros(state), torch.zeros(weight), **kwargs)


CONVOLUTION = {
    "two axes": (lambda: conv(x=(3, 9)), ValueError, r"x must have 3 axes \(B, D, L\), got shape \(3, 9\)"),
    "an integer signal": (
        lambda: causal_dilated_conv1d_fn(index(2, 3, 9), torch.zeros(3, 4)),
        TypeError,
        r"x must hold floating-point numbers, got torch\.int64",
    ),
    "other channels": (lambda: conv(weight=(5, 4)), ValueError, r"weight .* D = 3 channels .* got \(5, 4\)"),
    "weight of nn.Conv1d": (lambda: conv(weight=(3, 1, 4)), ValueError, r"pass conv\.weight\.squeeze\(1\)"),
    "no taps": (lambda: conv(weight=(3, 0)), ValueError, r"W ≥ 1 taps, got \(3, 0\)"),
    "long bias": (lambda: conv(bias=torch.zeros(4)), ValueError, r"bias .* with D = 3, got \(4,\)"),
    "bias a number": (lambda: conv(bias=0.5), TypeError, r"bias must be a torch\.Tensor, got float"),
    "other weight dtype": (
        lambda: causal_dilated_conv1d_fn(torch.zeros(2, 3, 9), torch.zeros(3, 4).double()),
        TypeError,
        r"x is torch\.float32 but weight is torch\.float64; convert one",
    ),
    "other bias dtype": (
        lambda: conv(bias=torch.zeros(3).double()),
        TypeError,
        r"but bias is torch\.float64; convert one",
    ),
    "unknown activation": (
        lambda: conv(activation="relu"),
        ValueError,
        r"activation must be one of None, 'identity', 'silu', 'swish', got 'relu'",
    ),
    "dilation zero": (lambda: conv(dilation=0), ValueError, r"dilation must be at least 1, got 0"),
    "dilation a tuple": (lambda: conv(dilation=(1, 2)), TypeError, r"dilation must be an integer, got \(1, 2\)"),
    "short history": (
        lambda: conv(dilation=2, initial_state=torch.zeros(2, 3, 5)),
        ValueError,
        r"initial_state holds 5 samples, but the kernel looks back .* = 6; give at least 6",
    ),
    "history of another batch": (
        lambda: conv(initial_state=torch.zeros(1, 3, 3)),
        ValueError,
        r"initial_state .* with B = 2, D = 3, got \(1, 3, 3\)",
    ),
    "integer history": (
        lambda: conv(initial_state=index(2, 3, 3)),
        TypeError,
        r"initial_state must hold floating-point",
    ),
    "seq_idx of another length": (
        lambda: conv(seq_idx=index(2, 8)),
        ValueError,
        r"seq_idx .* with B = 2, L = 9, got \(2, 8\)",
    ),
    "update on a sequence": (
        lambda: update(x=(2, 3, 9)),
        ValueError,
        r"x must have 2 axes \(B, D\), got shape \(2, 3, 9\)",
    ),
    "update with a short state": (
        lambda: update(dilation=3),
        ValueError,
        r"conv_state holds 3 .* = 9; give at least 9",
    ),
    "update with other rows": (
        lambda: update(state=(1, 3, 3)),
        ValueError,
        r"conv_state .* with B = 2, D = 3, got \(1, 3, 3\)",
    ),
    "update activation": (lambda: update(activation="tanh"), ValueError, r"activation must be one of .* got 'tanh'"),
    "field without taps": (lambda: receptive_field(0, (1,)), ValueError, r"d_conv must be at least 1, got 0"),
    "field of no dilations": (lambda: receptive_field(4, ()), ValueError, r"dilations is empty; give at least one"),
    "field of one number": (lambda: receptive_field(4, 2), TypeError, r"dilations must be a sequence .* got 2"),
    "field of dilation zero": (
        lambda: receptive_field(4, (1, 0)),
        ValueError,
        r"dilations\[1\] must be at least 1, got 0",
    ),
}


def complex_zeros(*shape):
    return torch.zeros(shape, dtype=torch.complex64)


def scan_case(**changed):
    shapes = dict(u=(2, 4, 9), delta=(2, 4, 9), A=(4, 3), B=(2, 3, 9), C=(2, 3, 9))
    arguments = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return {**arguments, **{name: torch.zeros(v) if isinstance(v, tuple) else v for name, v in changed.items()}}


SCAN = {
    "u a list": (dict(u=[1.0]), TypeError, r"u must be a torch\.Tensor, got list"),
    "u of two axes": (dict(u=(4, 9)), ValueError, r"u must have 3 axes \(B, D, L\), got shape \(4, 9\)"),
    "u of integers": (dict(u=index(2, 4, 9)), TypeError, r"u must hold floating-point numbers, got torch\.int64"),
    "delta of another length": (
        dict(delta=(2, 4, 8)),
        ValueError,
        r"delta .* with B = 2, D = 4, L = 9, got \(2, 4, 8\)",
    ),
    "A of other channels": (dict(A=(5, 3)), ValueError, r"A .* with D = 4, got \(5, 3\)"),
    "A of integers": (dict(A=index(4, 3)), TypeError, r"A must hold floating-point or complex .*int64; convert"),
    "constant B of integers": (dict(B=index(4, 3)), TypeError, r"B must hold floating-point .*int64; convert"),
    "constant complex B": (
        dict(B=complex_zeros(4, 3)),
        TypeError,
        r"B is torch\.complex64 but A is torch\.float32, so the imaginary part of B .* lost; make A complex .* B\.real",
    ),
    "complex C per token": (dict(C=complex_zeros(2, 3, 9)), TypeError, r"imaginary part of C would be lost"),
    "complex B per token, complex A": (
        dict(A=complex_zeros(4, 3), B=complex_zeros(2, 3, 9)),
        TypeError,
        r"with a complex A, a B per token is real and has length 2L.* torch\.view_as_real\(B\)\.flatten\(-2\)",
    ),
    "complex state, real A": (
        dict(initial_state=complex_zeros(2, 4, 3)),
        TypeError,
        r"imaginary part of initial_state",
    ),
    "complex D": (dict(D=complex_zeros(4)), TypeError, r"D must hold floating-point numbers, got torch\.complex64"),
    "bias of integers": (dict(delta_bias=index(4)), TypeError, r"delta_bias must hold floating-point numbers"),
    "z of integers": (dict(z=index(2, 4, 9)), TypeError, r"z must hold floating-point numbers"),
    "delta None": (dict(delta=None), TypeError, r"delta must be a torch\.Tensor, got NoneType"),
    "B of other states": (dict(B=(2, 5, 9)), ValueError, r"B .*, got \(2, 5, 9\)"),
    "B of one axis": (dict(B=(3,)), ValueError, r"B has 1 axes, \(3,\); give it 2 axes \(D, N\) .* 3 .* or 4"),
    "groups that do not divide": (
        dict(B=(2, 3, 3, 9)),
        ValueError,
        r"B has 3 groups \(its axis 1\), which cannot share out 4 channels evenly; give .* divides 4",
    ),
    "no groups": (dict(C=(2, 0, 3, 9)), ValueError, r"C has 0 groups"),
    "C of another length": (dict(C=(2, 3, 8)), ValueError, r"C .*, got \(2, 3, 8\)"),
    "C no tensor": (dict(C=None), TypeError, r"C must be a torch\.Tensor, got NoneType"),
    "long D": (dict(D=(5,)), ValueError, r"D .* with D = 4, got \(5,\)"),
    "z of other channels": (dict(z=(2, 5, 9)), ValueError, r"z .* with B = 2, D = 4, L = 9, got \(2, 5, 9\)"),
    "short delta_bias": (dict(delta_bias=(3,)), ValueError, r"delta_bias .* with D = 4, got \(3,\)"),
    "state of another batch": (
        dict(initial_state=(1, 4, 3)),
        ValueError,
        r"initial_state .* with B = 2, D = 4, N = 3, got \(1, 4, 3\)",
    ),
    "seq_idx of another length": (dict(seq_idx=index(2, 8)), ValueError, r"seq_idx .* with B = 2, L = 9, got \(2, 8\)"),
}


def token_case(**changed):
    shapes = dict(state=(2, 4, 3), x=(2, 4), dt=(2, 4), A=(4, 3), B=(2, 3), C=(2, 3))
    arguments = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return {**arguments, **{name: torch.zeros(v) if isinstance(v, tuple) else v for name, v in changed.items()}}


TOKEN = {
    "a time axis": (dict(x=(2, 4, 1)), ValueError, r"x must have 2 axes \(B, D\).* got shape \(2, 4, 1\)"),
    "state of other rows": (dict(state=(1, 4, 3)), ValueError, r"state .* with B = 2, D = 4, N = 3, got \(1, 4, 3\)"),
    "dt of other channels": (dict(dt=(2, 3)), ValueError, r"dt .* with B = 2, D = 4, got \(2, 3\)"),
    "real state, complex A": (
        dict(A=torch.zeros(4, 3, dtype=torch.complex64)),
        TypeError,
        r"state is torch\.float32, but .* A in torch\.complex64 .* runs in torch\.complex64, .*; make it with dtype",
    ),
    "state in half precision": (
        dict(state=torch.zeros(2, 4, 3).half()),
        TypeError,
        r"state is torch\.float16, but with x in torch\.float32 .* .* would be rounded at each token; make it",
    ),
    "A of integers": (dict(A=index(4, 3)), TypeError, r"A must hold floating-point or complex numbers"),
    "A of other channels": (dict(A=(5, 3)), ValueError, r"A .* with D = 4, got \(5, 3\)"),
    "x of integers": (dict(x=index(2, 4)), TypeError, r"x must hold floating-point numbers"),
    "dt None": (dict(dt=None), TypeError, r"dt must be a torch\.Tensor, got NoneType"),
    "complex B": (dict(B=complex_zeros(2, 3)), TypeError, r"imaginary part of B would be lost"),
    "groups that do not divide": (dict(B=(2, 3, 3)), ValueError, r"B has 3 groups .* 4 channels evenly"),
    "groups of other states": (dict(C=(2, 2, 5)), ValueError, r"C .* with B = 2, N = 3, got \(2, 2, 5\)"),
    "B with a time axis": (
        dict(B=(2, 1, 3, 1)),
        ValueError,
        r"B has 4 axes, .*; for one token give it 2 axes \(B, N\)",
    ),
    "B of other states": (dict(B=(2, 5)), ValueError, r"B .*, got \(2, 5\)"),
    "z of other rows": (dict(z=(1, 4)), ValueError, r"z .* with B = 2, D = 4, got \(1, 4\)"),
    "short dt_bias": (dict(dt_bias=(3,)), ValueError, r"dt_bias .* with D = 4, got \(3,\)"),
}


@pytest.mark.parametrize("case", BLOCK)
def test_the_block_and_its_streams_refuse(case):
    call, kind, message = BLOCK[case]
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("case", CONVOLUTION)
def test_the_convolution_refuses(case):
    call, kind, message = CONVOLUTION[case]
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("scan", [selective_scan_fn, selective_scan_ref], ids=["fn", "ref"])
@pytest.mark.parametrize("case", SCAN)
def test_the_scan_refuses(case, scan):
    changed, kind, message = SCAN[case]
    with pytest.raises(kind, match=message):
        scan(**scan_case(**changed))


@pytest.mark.parametrize("case", TOKEN)
def test_the_state_update_refuses(case):
    changed, kind, message = TOKEN[case]
    with pytest.raises(kind, match=message):
        selective_state_update(**token_case(**changed))


def test_the_right_use_beside_the_wrong_ones_is_accepted():
    block()(x(), seq_idx=index(2, 5))
    step()
    stream()
    started_at(0)
    conv(dilation=2, initial_state=torch.zeros(2, 3, 6))
    update()
    selective_scan_fn(**scan_case())
    selective_state_update(**token_case())


def test_a_refused_call_changes_no_state():
    state = torch.ones(2, 4, 3)
    with pytest.raises(ValueError, match="dt"):
        selective_state_update(**token_case(state=state, dt=(2, 3)))
    history = torch.ones(2, 3, 3)
    with pytest.raises(ValueError, match="activation"):
        causal_dilated_conv1d_update(torch.zeros(2, 3), history, torch.zeros(3, 4), activation="tanh")
    assert (state == 1).all() and (history == 1).all()
