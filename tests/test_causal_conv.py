"""The causal dilated convolution against a float64 loop, and its laws: histories, segments, streaming, reach."""

import pytest
import torch
import torch.nn.functional as F
from equations import conv_batch, error
from hypothesis import given
from hypothesis import strategies as st

from lite_mamba import causal_dilated_conv1d_fn, causal_dilated_conv1d_update, receptive_field
from lite_mamba.causal_conv import gated_dilated_conv, next_history

TOLERANCE = {torch.float64: 1e-13, torch.float32: 1e-6, torch.float16: 2e-3, torch.bfloat16: 2e-2}
DTYPES = list(TOLERANCE)


def draw(batch=2, channels=3, length=17, taps=4, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = (batch, channels, length), (channels, taps), (channels,)
    return [torch.randn(s, generator=generator, dtype=torch.float64).to(dtype) for s in shapes]


def stuffed(weight, dilation):
    """The dense kernel that does the same as `weight` with a dilation: zeros between the taps."""
    channels, taps = weight.shape
    dense = weight.new_zeros(channels, (taps - 1) * dilation + 1)
    dense[:, ::dilation] = weight
    return dense


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("activation", [None, "identity", "silu", "swish"])
@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("dilation", [1, 2, 5, 30])
def test_the_sequence_form_equals_the_loop_of_the_equation(dtype, activation, with_bias, dilation):
    x, weight, bias = draw(dtype=dtype)
    bias = bias if with_bias else None
    y = causal_dilated_conv1d_fn(x, weight, bias, activation, dilation)
    assert y.dtype == dtype and y.shape == x.shape
    assert error(y, conv_batch(x, weight, bias, activation, dilation)) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("with_grad", [False, True])
@pytest.mark.parametrize("with_history", [False, True])
@pytest.mark.parametrize("taps, dilation", [(1, 1), (4, 1), (4, 3)])
def test_a_sequence_as_a_projection_leaves_it_gives_the_same_in_the_same_layout(
    dtype, with_grad, with_history, taps, dilation
):
    x, weight, bias = draw(taps=taps, dtype=dtype)
    history = draw(length=12, seed=1, dtype=dtype)[0] if with_history else None
    expected = conv_batch(x, weight, bias, "silu", dilation, history)
    side_by_side = x.transpose(1, 2).contiguous().transpose(1, 2)  # the channels of a sample
    with torch.set_grad_enabled(with_grad):
        y = causal_dilated_conv1d_fn(side_by_side, weight, bias, "silu", dilation, initial_state=history)
    assert y.dtype == dtype and error(y, expected) < TOLERANCE[dtype]
    if not with_grad and dtype in (torch.float32, torch.float64):
        assert y.stride() == side_by_side.stride()


@pytest.mark.parametrize("dilation", [1, 2, 3, 7])
@pytest.mark.parametrize("taps", [1, 2, 4])
def test_dilation_equals_a_dense_kernel_stuffed_with_zeros(taps, dilation):
    x, weight, bias = draw(taps=taps)
    dense = stuffed(weight, dilation)
    padded = F.pad(x, (dense.shape[1] - 1, 0))
    expected = F.conv1d(padded, dense.unsqueeze(1), bias, groups=x.shape[1])
    torch.testing.assert_close(causal_dilated_conv1d_fn(x, weight, bias, dilation=dilation), expected)


def test_the_last_tap_multiplies_the_present_sample_and_the_first_the_oldest():
    impulse = torch.zeros(1, 1, 8)
    impulse[..., 0] = 1
    y = causal_dilated_conv1d_fn(impulse, torch.tensor([[3.0, 2.0, 1.0]]), dilation=3)
    assert y.flatten().tolist() == [1, 0, 0, 2, 0, 0, 3, 0]


def test_the_activation_comes_after_the_bias():
    y = causal_dilated_conv1d_fn(torch.zeros(1, 1, 2), torch.ones(1, 1), torch.tensor([2.0]), "silu")
    torch.testing.assert_close(y, F.silu(torch.full((1, 1, 2), 2.0)))


@pytest.mark.parametrize("longer_by", [0, 1, 5])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("taps", [1, 4])
def test_a_history_stands_for_the_samples_before_the_first(taps, dilation, longer_by):
    x, weight, bias = draw(length=30, taps=taps)
    lag = (taps - 1) * dilation
    whole = causal_dilated_conv1d_fn(x, weight, bias, "silu", dilation)
    cut = lag + longer_by
    second = causal_dilated_conv1d_fn(x[..., cut:], weight, bias, "silu", dilation, initial_state=x[..., :cut])
    torch.testing.assert_close(second, whole[..., cut:])


def test_the_history_gets_its_gradient():
    x, weight, bias = draw(length=5, taps=3)
    history = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)

    def conv(history):
        return causal_dilated_conv1d_fn(x, weight, bias, "silu", 2, initial_state=history)

    assert torch.autograd.gradcheck(conv, history)
    conv(history).sum().backward()
    assert (history.grad != 0).all()


@pytest.mark.parametrize("with_segments", [False, True])
def test_every_input_gets_its_gradient(with_segments):
    x, weight, bias = (v.requires_grad_() for v in draw(length=6, taps=3))
    seq_idx = torch.tensor([[0, 0, 1, 1, 1, 0], [4, 4, 4, 4, 4, 4]]) if with_segments else None

    def conv(x, weight, bias):
        return causal_dilated_conv1d_fn(x, weight, bias, "silu", 2, seq_idx=seq_idx)

    assert torch.autograd.gradcheck(conv, (x, weight, bias))


@given(
    rows=st.lists(st.lists(st.integers(0, 2), min_size=12, max_size=12), min_size=1, max_size=3),
    taps=st.integers(1, 4),
    dilation=st.integers(1, 4),
    with_history=st.booleans(),
    with_bias=st.booleans(),
)
def test_segments_equal_separate_runs(rows, taps, dilation, with_history, with_bias):
    seq_idx = torch.tensor(rows)
    x, weight, bias = draw(batch=len(rows), length=12, taps=taps)
    bias = bias if with_bias else None
    history = torch.randn(len(rows), 3, (taps - 1) * dilation + 2, dtype=torch.float64) if with_history else None
    y = causal_dilated_conv1d_fn(x, weight, bias, "silu", dilation, initial_state=history, seq_idx=seq_idx)
    torch.testing.assert_close(y, conv_batch(x, weight, bias, "silu", dilation, history, seq_idx))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_one_constant_segment_changes_nothing(dtype):
    x, weight, bias = draw(dtype=dtype)
    with_segments = causal_dilated_conv1d_fn(x, weight, bias, "silu", 2, seq_idx=torch.full((2, 17), 9))
    assert with_segments.dtype == dtype
    assert error(with_segments, conv_batch(x, weight, bias, "silu", 2)) < TOLERANCE[dtype]


@pytest.mark.parametrize("kind", [torch.int64, torch.int32, torch.uint8, torch.bool], ids=str)
def test_segment_indices_may_be_any_integers_or_bools(kind):
    x, weight, bias = draw(length=6)
    seq_idx = torch.tensor([[0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
    y = causal_dilated_conv1d_fn(x, weight, bias, seq_idx=seq_idx.to(kind))
    torch.testing.assert_close(y, conv_batch(x, weight, bias, seq_idx=seq_idx))


def test_what_another_segment_holds_cannot_leak_even_if_it_is_not_a_number():
    x, weight, bias = draw(length=8)
    expected = causal_dilated_conv1d_fn(x[..., 3:], weight, bias)
    x[..., :3] = float("nan")
    seq_idx = torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1]] * 2)
    torch.testing.assert_close(causal_dilated_conv1d_fn(x, weight, bias, seq_idx=seq_idx)[..., 3:], expected)


@given(
    taps=st.integers(1, 5),
    dilation=st.integers(1, 9),
    longer_by=st.integers(0, 3),
    length=st.integers(1, 20),
    activation=st.sampled_from([None, "silu"]),
    with_bias=st.booleans(),
)
def test_the_update_form_sample_by_sample_equals_the_sequence_form(
    taps, dilation, longer_by, length, activation, with_bias
):
    x, weight, bias = draw(length=length, taps=taps)
    bias = bias if with_bias else None
    state = torch.zeros(2, 3, (taps - 1) * dilation + longer_by, dtype=torch.float64)
    steps = [causal_dilated_conv1d_update(x[..., t], state, weight, bias, activation, dilation) for t in range(length)]
    expected = causal_dilated_conv1d_fn(x, weight, bias, activation, dilation)
    torch.testing.assert_close(torch.stack(steps, dim=-1), expected)
    assert torch.equal(state, F.pad(x, (state.shape[-1], 0))[..., length:])


def test_the_update_form_shifts_its_history_in_place_bit_for_bit():
    state = torch.randn(2, 3, 6)
    before, place = state.clone(), state.data_ptr()
    x = torch.randn(2, 3)
    causal_dilated_conv1d_update(x, state, torch.randn(3, 3), dilation=3)
    assert state.data_ptr() == place
    assert torch.equal(state, torch.cat([before[..., 1:], x[..., None]], dim=-1))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_update_form_keeps_the_dtype_and_its_accuracy(dtype):
    x, weight, bias = draw(length=7, dtype=dtype)
    state = torch.zeros(2, 3, 9, dtype=dtype)
    steps = [causal_dilated_conv1d_update(x[..., t], state, weight, bias, "silu", 3) for t in range(7)]
    assert steps[0].dtype == dtype and state.dtype == dtype
    assert error(torch.stack(steps, dim=-1), conv_batch(x, weight, bias, "silu", 3)) < TOLERANCE[dtype]


@pytest.mark.parametrize("with_segments", [False, True])
@pytest.mark.parametrize("with_history", [False, True])
def test_length_zero_returns_length_zero(with_history, with_segments):
    x, weight, bias = draw(length=0)
    y = causal_dilated_conv1d_fn(
        x,
        weight,
        bias,
        "silu",
        2,
        initial_state=torch.zeros(2, 3, 6, dtype=x.dtype) if with_history else None,
        seq_idx=torch.zeros(2, 0, dtype=torch.long) if with_segments else None,
    )
    assert y.shape == (2, 3, 0) and y.dtype == x.dtype


def test_one_tap_is_a_scaling_and_needs_no_history():
    x, weight, bias = draw(taps=1)
    y = causal_dilated_conv1d_fn(x, weight, bias, dilation=100, initial_state=x[..., :0])
    torch.testing.assert_close(y, weight * x + bias[:, None])
    state = x.new_zeros(2, 3, 0)
    torch.testing.assert_close(causal_dilated_conv1d_update(x[..., 4], state, weight, bias), y[..., 4])


def test_inputs_need_not_be_contiguous():
    x, weight, bias = draw(length=10)
    backwards = x.transpose(1, 2).contiguous().transpose(1, 2)
    wide = torch.randn(6, 8, dtype=torch.float64)[::2, ::2].copy_(weight)
    history = torch.randn(6, 3, 2, dtype=torch.float64).permute(2, 1, 0)
    assert not (backwards.is_contiguous() or wide.is_contiguous() or history.is_contiguous())
    expected = causal_dilated_conv1d_fn(x, weight, bias, dilation=2, initial_state=history.contiguous())
    torch.testing.assert_close(
        causal_dilated_conv1d_fn(backwards, wide, bias, dilation=2, initial_state=history), expected
    )
    step = causal_dilated_conv1d_update(backwards[..., 0], history, wide, bias, dilation=2)
    torch.testing.assert_close(step, expected[..., 0])


def test_the_gated_sum_weighs_activated_branches_with_a_softmax():
    x, weight, bias = draw()
    other = weight.flip(0) + 0.1
    gates = torch.tensor([0.3, -1.0], dtype=torch.float64)
    shares = gates.exp() / gates.exp().sum()
    expected = sum(
        share * conv_batch(x, w, b, "silu", dilation)
        for share, w, b, dilation in zip(shares, (weight, other), (bias, None), (1, 4), strict=True)
    )
    y = gated_dilated_conv(x, [weight, other], [bias, None], gates, (1, 4))
    torch.testing.assert_close(y, expected)


def test_a_branch_without_a_dilation_is_not_left_out():
    x, weight, bias = draw()
    with pytest.raises(ValueError, match="shorter"):
        gated_dilated_conv(x, [weight, weight], [bias, bias], torch.zeros(1), (1,))


@given(
    dilations=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    taps=st.integers(1, 4),
    cut=st.integers(0, 10),
)
def test_all_branches_go_on_from_one_shared_history(dilations, taps, cut):
    x, weight, bias = draw(length=10, taps=taps)
    gates = torch.linspace(-1, 1, len(dilations), dtype=torch.float64)
    branches = [weight + i for i in range(len(dilations))], [bias] * len(dilations), gates, dilations
    whole = gated_dilated_conv(x, *branches)
    history = x.new_zeros(2, 3, (taps - 1) * max(dilations))
    head = gated_dilated_conv(x[..., :cut], *branches, initial_state=history)
    tail = gated_dilated_conv(x[..., cut:], *branches, initial_state=next_history(x[..., :cut], history))
    torch.testing.assert_close(torch.cat([head, tail], dim=-1), whole)


@given(
    d_conv=st.integers(1, 4),
    dilations=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    stacked=st.booleans(),
)
def test_the_receptive_field_is_what_gradients_measure(d_conv, dilations, stacked):
    length = (d_conv - 1) * sum(dilations) + 3
    x = torch.randn(1, 1, length, dtype=torch.float64, requires_grad=True)
    weight = torch.ones(1, d_conv, dtype=torch.float64)
    if stacked:
        y = x
        for dilation in dilations:
            y = causal_dilated_conv1d_fn(y, weight, dilation=dilation)
    else:
        y = sum(causal_dilated_conv1d_fn(x, weight, dilation=dilation) for dilation in dilations)
    (gradient,) = torch.autograd.grad(y[..., -1].sum(), x)
    touched = {length - 1 - t for t in gradient.flatten().nonzero().flatten().tolist()}
    lags = [{k * dilation for k in range(d_conv)} for dilation in dilations]
    expected = set().union(*lags)
    if stacked:
        expected = {0}
        for layer in lags:
            expected = {a + b for a in expected for b in layer}
    assert touched == expected
    assert receptive_field(d_conv, dilations, stacked=stacked) == max(touched) + 1


@pytest.mark.parametrize(
    ("d_conv", "dilations", "stacked", "field"),
    [(4, (1,), False, 4), (3, (1, 2, 4, 8), False, 17), (3, (1, 2, 4, 8), True, 31), (1, (7,), False, 1)],
)
def test_the_receptive_field_of_known_stacks(d_conv, dilations, stacked, field):
    assert receptive_field(d_conv, dilations, stacked) == field


def test_the_output_never_depends_on_the_future():
    x, weight, bias = (v.requires_grad_() for v in draw(length=9))
    y = causal_dilated_conv1d_fn(x, weight, bias, "silu", 2)
    for t in range(9):
        (gradient,) = torch.autograd.grad(y[..., t].sum(), x, retain_graph=True)
        assert not gradient[..., t + 1 :].any()
