"""The scan: the fast one, the loop and a float64 loop of equations that shares no code with either."""

import math
import shutil
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from lite_mamba import Mamba, selective_scan_fn, selective_scan_ref, selective_state_update
from lite_mamba.selective_scan import chunked, compile_scan, compiled, eager, function, operators, recurrence
from lite_mamba.selective_scan.arguments import check
from lite_mamba.selective_scan.arithmetic import exp_in_two_parts

BATCH, CHANNELS, STATES = 2, 4, 3
LENGTHS = [0, 1, 2, 7, 8, 64, 129, 372, 1134, 4096]
MAPS = ["constant", "variable", "one group", "two groups", "a group each"]


def chunked_scan(*args, delta_softplus=False, return_last_state=False, initial_state=None, seq_idx=None, **tensors):
    """The page to read, `chunked.py`, behind the public signature."""
    names = ("u", "delta", "A", "B", "C")
    given_ = dict.fromkeys(("D", "z", "delta_bias")) | dict(zip(names, args, strict=False)) | tensors
    scan = check(**given_, delta_softplus=delta_softplus, initial_state=initial_state, seq_idx=seq_idx)
    out, last_state = chunked.selective_scan(scan)
    return (out, last_state) if return_last_state else out


SCANS = {"fn": selective_scan_fn, "ref": selective_scan_ref, "chunked": chunked_scan}

# rtol and atol of outputs against float64, for inputs of each dtype; gradients are compared with their own scale.
TOLERANCES = {
    torch.float64: (1e-9, 1e-10),
    torch.float32: (6e-4, 2e-3),
    torch.float16: (3e-3, 5e-3),
    torch.bfloat16: (3e-2, 5e-2),
}
GRADIENT_TOLERANCES = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 5e-3, torch.bfloat16: 4e-2}


def make_case(
    length=20,
    B="variable",
    C="variable",
    complex_A=False,
    D=True,
    z=True,
    delta_bias=True,
    softplus=True,
    initial_state=True,
    seq_idx=False,
    dtype=torch.float32,
    batch=BATCH,
    channels=CHANNELS,
    states=STATES,
    seed=0,
):
    """Random arguments: tensors by name, and the plain ones."""
    g = torch.Generator().manual_seed(seed)
    wide = torch.float64 if dtype == torch.float64 else torch.float32

    def normal(*shape, dtype=dtype):
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    def state_like(*shape):
        real = normal(*shape, dtype=wide)
        return torch.complex(real, normal(*shape, dtype=wide)) if complex_A else real

    def mapping(kind):
        steps = 2 * length if complex_A else length
        groups = {"one group": (1,), "two groups": (2,), "a group each": (channels,)}.get(kind, ())
        return state_like(channels, states) if kind == "constant" else normal(batch, *groups, states, steps)

    A = state_like(channels, states)
    A = torch.complex(-A.real.abs(), A.imag) if complex_A else -A.abs()
    step = normal(batch, channels, length)
    tensors = {
        "u": normal(batch, channels, length),
        "delta": step if softplus else step.abs(),
        "A": A,
        "B": mapping(B),
        "C": mapping(C),
        "D": normal(channels, dtype=wide) if D else None,
        "z": normal(batch, channels, length) if z else None,
        "delta_bias": normal(channels, dtype=wide).abs() if delta_bias else None,
        "initial_state": state_like(batch, channels, states) if initial_state else None,
    }
    index = (torch.rand(batch, length, generator=g) < 0.15).cumsum(1) if seq_idx else None
    return tensors, {"delta_softplus": softplus, "seq_idx": index}


def equations(u, delta, A, B, C, D, z, delta_bias, initial_state, delta_softplus, seq_idx, return_last_state=True):
    """The scan in float64, one channel group at a time, one step at a time."""
    u, delta = u.double(), delta.double()
    if delta_bias is not None:
        delta = delta + delta_bias.double()[:, None]
    delta = F.softplus(delta) if delta_softplus else delta
    A = A.to(torch.complex128 if A.is_complex() else torch.float64)
    batch, channels, length = u.shape

    def at(value, t):  # (B, D, N), or (D, N)
        if value.ndim == 2:
            return value.to(A.dtype)
        value = value.double()
        grouped = value[:, None] if value.ndim == 3 else value
        pair = grouped[..., 2 * t : 2 * t + 2]
        step = torch.complex(*pair.unbind(-1)) if A.is_complex() else grouped[..., t]
        return torch.stack([step[:, d * step.shape[1] // channels] for d in range(channels)], dim=1)

    h = torch.zeros(batch, channels, A.shape[1], dtype=A.dtype) if initial_state is None else initial_state.to(A.dtype)
    rows = []
    for t in range(length):
        if seq_idx is not None and t > 0:
            h = torch.where((seq_idx[:, t] == seq_idx[:, t - 1])[:, None, None], h, torch.zeros_like(h))
        h = torch.exp(delta[:, :, t, None] * A) * h + (delta[:, :, t] * u[:, :, t])[..., None] * at(B, t)
        y = (at(C, t) * h).sum(-1)
        rows.append(2 * y.real if A.is_complex() else y)
    y = torch.stack(rows, dim=-1) if rows else torch.zeros_like(u)
    y = y if D is None else y + D.double()[:, None] * u
    y = y if z is None else y * z.double() * torch.sigmoid(z.double())
    return y, h


def run(scan, tensors, options):
    """Output, last state and every gradient of a loss that uses both."""
    leaves = {name: None if x is None else x.detach().clone().requires_grad_() for name, x in tensors.items()}
    out, last_state = scan(**leaves, **options, return_last_state=True)
    weights = torch.linspace(-1, 1, out.numel(), dtype=torch.float64).reshape(out.shape)
    real_state = torch.view_as_real(last_state) if last_state.is_complex() else last_state
    loss = (out.double() * weights).sum() + real_state.double().square().sum()
    if not loss.requires_grad:
        return out, last_state, {}
    names = [name for name, x in leaves.items() if x is not None]
    grads = torch.autograd.grad(loss, [leaves[name] for name in names], allow_unused=True)
    return out.detach(), last_state.detach(), dict(zip(names, grads, strict=True))


def gradient_error(given, wanted):
    """The largest difference, as a share of the largest entry; no gradient counts as a gradient of zero."""
    if given is None or wanted is None:
        return math.inf if any(x is not None and x.any() for x in (given, wanted)) else 0.0
    if wanted.numel() == 0:
        return 0.0
    difference = (given.to(wanted.dtype) - wanted).abs().max().item()
    return difference / max(wanted.abs().max().item(), 1e-3)


def agree(scan, tensors, options, dtype=torch.float32):
    """Assert that `scan` equals the equations on the same numbers."""
    wide = {
        name: None if x is None else x.to(torch.complex128 if x.is_complex() else torch.float64)
        for name, x in tensors.items()
    }
    out, last_state, grads = run(scan, tensors, options)
    wanted_out, wanted_state, wanted_grads = run(equations, wide, options)
    assert out.dtype == tensors["u"].dtype
    rtol, atol = TOLERANCES[dtype]
    torch.testing.assert_close(out.double(), wanted_out, rtol=rtol, atol=atol)
    torch.testing.assert_close(last_state.to(wanted_state.dtype), wanted_state, rtol=rtol, atol=atol)
    for name, grad in grads.items():
        assert grad is None or grad.dtype == tensors[name].dtype
        assert gradient_error(grad, wanted_grads.get(name)) < GRADIENT_TOLERANCES[dtype], name


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
@pytest.mark.parametrize("length", LENGTHS)
def test_every_length(scan, length):
    agree(scan, *make_case(length, batch=1, channels=2, states=2))


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
@pytest.mark.parametrize("complex_A", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("C", MAPS)
@pytest.mark.parametrize("B", MAPS)
def test_every_kind_of_input_and_output_map(scan, B, C, complex_A):
    agree(scan, *make_case(37, B=B, C=C, complex_A=complex_A))


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("length", [1, 40, 372])
def test_every_dtype(scan, dtype, length):
    agree(scan, *make_case(length, dtype=dtype), dtype=dtype)


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
@pytest.mark.parametrize("option", ["D", "z", "delta_bias", "softplus", "initial_state", "seq_idx"])
@pytest.mark.parametrize("given_", [False, True], ids=["without", "with"])
def test_every_option_on_its_own(scan, option, given_):
    others = dict.fromkeys(["D", "z", "delta_bias", "softplus", "initial_state", "seq_idx"], not given_)
    agree(scan, *make_case(45, **(others | {option: given_})))


@pytest.mark.parametrize("scan", [selective_scan_fn, chunked_scan])
@given(
    options=st.fixed_dictionaries(
        {
            "length": st.integers(0, 70),
            "B": st.sampled_from(MAPS),
            "C": st.sampled_from(MAPS),
            "dtype": st.sampled_from([torch.float32, torch.float64]),
            "batch": st.integers(1, 3),
            "states": st.integers(1, 5),
            "seed": st.integers(0, 100),
        }
        | dict.fromkeys(["complex_A", "D", "z", "delta_bias", "softplus", "initial_state", "seq_idx"], st.booleans())
    )
)
@settings(max_examples=40)
def test_any_combination(scan, options):
    agree(scan, *make_case(**options), dtype=options["dtype"])


@given(
    chunk=st.integers(1, 9),
    tile=st.sampled_from([1, 30, 100, 400]),
    channels=st.integers(1, 6),
    strip=st.integers(1, 3),
    threads=st.integers(1, 3),
    length=st.integers(1, 60),
    batch=st.integers(1, 4),
    B=st.sampled_from(MAPS),
    seq_idx=st.booleans(),
)
@settings(max_examples=40)
def test_any_size_of_tile(threads, length, batch, B, seq_idx, **sizes):
    before = eager.SIZES["cpu"]
    eager.SIZES["cpu"] = eager.TileSizes(**sizes)
    torch.set_num_threads(threads)
    try:
        case = make_case(length, batch=batch, channels=6, B=B, seq_idx=seq_idx, dtype=torch.float64)
        agree(selective_scan_fn, *case, dtype=torch.float64)
    finally:
        eager.SIZES["cpu"] = before
        torch.set_num_threads(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64], ids=str)
@pytest.mark.parametrize("with_resets", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 50])
def test_every_loop_is_the_recurrence(dtype, with_resets, steps):
    g = torch.Generator().manual_seed(0)
    x, decay = torch.randn(2, steps, 2, 3, generator=g).to(dtype)
    decay = decay.abs() * torch.exp(1j * decay) if dtype.is_complex else decay
    h = torch.randn(2, 3, generator=g).to(dtype)
    starts = torch.arange(2 * steps).view(steps, 2, 1) % 5 == 0
    resets = recurrence.reset_mask(starts).unbind(0) if with_resets else ()
    h[0, 0] = torch.nan if resets else h[0, 0]  # reset at the first step
    expected, before = [], h
    for t in range(steps):
        before = x[t] + decay[t] * (before.masked_fill(starts[t], 0) if resets else before)
        expected.append(before)
    states, split_states, end = x.clone(), x.clone(), torch.empty_like(h)
    recurrence.run(states.unbind(0), decay.unbind(0), h, resets)
    torch.testing.assert_close(states, torch.stack(expected))
    wholes, rests = exp_in_two_parts(decay.log()) if dtype.is_complex else (decay.round(), decay - decay.round())
    recurrence.run_split(split_states.unbind(0), wholes.unbind(0), rests.unbind(0), h, resets)
    torch.testing.assert_close(split_states, torch.stack(expected), rtol=1e-4, atol=1e-4)
    recurrence.last_state(x.unbind(0), decay.unbind(0), resets, out=end)
    from_zero = x.clone()
    recurrence.run(from_zero.unbind(0), decay.unbind(0), torch.zeros_like(h), resets)
    torch.testing.assert_close(end, from_zero[-1])


@pytest.mark.parametrize("turn", [0.0, 1e-6, 1e-3, 1.0], ids="{:g} radians".format)
def test_an_exponential_in_two_parts_keeps_the_digits_of_both_ends(turn):
    x = -torch.logspace(-12, 1.9, 2000, dtype=torch.float32)  # (2000,)
    x = torch.complex(x, torch.full_like(x, turn)) if turn else x
    wide = x.to(torch.complex128 if turn else torch.float64)
    whole, rest = exp_in_two_parts(x.clone())
    assert set(whole.real.tolist()) == {0, 1}
    exact = torch.where(whole == 1, torch.expm1(wide), torch.exp(wide))
    assert ((rest - exact).abs() <= 3e-7 * (1 + wide.abs()) * exact.abs()).all()
    assert (exact.abs() <= max(0.7, 2 * turn)).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_block_sized_scan_equals_the_loop(threads):
    tensors, options = make_case(100, batch=2, channels=384, states=16, seq_idx=True)
    torch.set_num_threads(threads)
    try:
        out, last_state, grads = run(selective_scan_fn, tensors, options)
    finally:
        torch.set_num_threads(1)
    wanted_out, wanted_state, wanted_grads = run(selective_scan_ref, tensors, options)
    torch.testing.assert_close(out, wanted_out, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(last_state, wanted_state, rtol=1e-4, atol=1e-4)
    assert max(gradient_error(grads[name], wanted_grads[name]) for name in grads) < 1e-4


def test_non_contiguous_inputs_give_the_same_answer():
    tensors, options = make_case(50, seq_idx=True)
    wanted = run(selective_scan_fn, tensors, options)
    strided = {n: None if x is None else x.transpose(0, -1).contiguous().transpose(0, -1) for n, x in tensors.items()}
    given_ = run(selective_scan_fn, strided, options)
    torch.testing.assert_close(given_[0], wanted[0])
    torch.testing.assert_close(given_[2], wanted[2])


def test_expanded_inputs_give_the_same_answer():
    tensors, options = make_case(50)
    tensors["u"] = tensors["u"][:, :1].expand(-1, CHANNELS, -1)
    wanted = selective_scan_fn(**(tensors | {"u": tensors["u"].contiguous()}), **options)
    assert torch.equal(selective_scan_fn(**tensors, **options), wanted)


def test_gradcheck():
    for extra in ({}, {"complex_A": True}, {"B": "constant", "C": "two groups", "seq_idx": True}):
        tensors, options = make_case(6, batch=1, states=2, dtype=torch.float64, **extra)
        names = list(tensors)

        def scan(*values, names=names, options=options):
            return selective_scan_fn(**dict(zip(names, values, strict=True)), **options, return_last_state=True)

        assert torch.autograd.gradcheck(scan, [x.requires_grad_() for x in tensors.values()])


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"complex_A": True, "z": False, "delta_bias": False},
        {"B": "constant", "C": "two groups", "seq_idx": True, "D": False, "initial_state": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("outputs", ["out", "last state", "both"])
def test_second_derivatives(extra, outputs):
    tensors, options = make_case(5, batch=1, channels=2, states=1, dtype=torch.float64, **extra)
    used = {name: x.requires_grad_() for name, x in tensors.items() if x is not None}
    if outputs == "last state":
        used = {name: x for name, x in used.items() if name not in ("C", "D", "z")}

    def scan(*values):
        pair = selective_scan_fn(**tensors | dict(zip(used, values, strict=True)), **options, return_last_state=True)
        return {"out": pair[0], "last state": pair[1], "both": pair}[outputs]

    assert torch.autograd.gradgradcheck(scan, list(used.values()))


def gradient_penalty(scan, tensors, options):
    """The gradient of ‖∂loss/∂u‖² with respect to everything, as in a physics-informed loss."""
    leaves = {name: x.detach().clone().requires_grad_() for name, x in tensors.items()}
    loss = scan(**leaves, **options).square().sum()
    (grad,) = torch.autograd.grad(loss, leaves["u"], create_graph=True)
    return torch.autograd.grad(grad.square().sum(), list(leaves.values()))


def test_a_gradient_penalty_is_that_of_the_loop():
    tensors, options = make_case(100, seq_idx=True)
    given_ = gradient_penalty(selective_scan_fn, tensors, options)
    wanted = gradient_penalty(selective_scan_ref, tensors, options)
    assert max(map(gradient_error, given_, wanted)) < 1e-4


def test_third_derivatives_are_those_of_the_loop():
    tensors, options = make_case(40, dtype=torch.float64)
    thirds = []
    for scan in (selective_scan_fn, selective_scan_ref):
        u = tensors["u"].clone().requires_grad_()
        value = scan(**tensors | {"u": u}, **options).pow(3).sum()
        for _ in range(3):
            (slope,) = torch.autograd.grad(value, u, create_graph=True)
            value = slope.square().sum()
        thirds.append(slope)
    assert gradient_error(*thirds) < 1e-9


def test_bytes_written_by_second_derivatives_double_with_the_length():
    written = []
    for length in (1024, 2048):
        with BytesWritten() as counter:
            gradient_penalty(selective_scan_fn, *make_case(length, batch=1, channels=4, states=2))
        written.append(counter.total)
    assert written[1] == pytest.approx(2 * written[0], rel=0.1)


BATCHED = ("u", "delta", "B", "C", "z", "initial_state")
SHARED = ("A", "D", "delta_bias")


def loss_of_a_sample(*values):
    """A number made of both outputs, from one row of each of `BATCHED`, `SHARED`, and one row of seq_idx or None."""
    *rows, A, D, delta_bias, index = values
    tensors = {name: row.unsqueeze(0) for name, row in zip(BATCHED, rows, strict=True)}
    tensors |= {"A": A, "D": D, "delta_bias": delta_bias, "seq_idx": None if index is None else index.unsqueeze(0)}
    out, last_state = selective_scan_fn(**tensors, delta_softplus=True, return_last_state=True)
    return out.square().sum() + last_state.sum()


def gradients_of_each_sample(values, index):
    for i in range(3):
        rows = [x[i] for x in values[:6]] + values[6:]
        leaves = [x.clone().requires_grad_() for x in rows]
        yield torch.autograd.grad(loss_of_a_sample(*leaves, None if index is None else index[i]), leaves)


@pytest.mark.parametrize("packed", [False, True], ids=["", "packed"])
def test_vmap_gives_the_gradients_of_every_sample(packed):
    tensors, options = make_case(40, batch=3, seq_idx=packed)
    values = [tensors[name] for name in BATCHED + SHARED]
    gradient = torch.func.grad(loss_of_a_sample, argnums=tuple(range(9)))
    axes = (0,) * 6 + (None,) * 3 + (0 if packed else None,)
    given_ = torch.func.vmap(gradient, axes)(*values, options["seq_idx"])
    for i, wanted in enumerate(gradients_of_each_sample(values, options["seq_idx"])):
        torch.testing.assert_close([x[i] for x in given_], list(wanted))


def test_the_gradient_through_vmap_is_the_sum_over_the_samples():
    tensors, _ = make_case(40, batch=3)
    values = [tensors[name] for name in BATCHED + SHARED]

    def total(*values):
        return torch.func.vmap(loss_of_a_sample, (0,) * 6 + (None,) * 4)(*values, None).sum()

    given_ = torch.func.grad(total, argnums=tuple(range(9)))(*values)
    samples = list(zip(*gradients_of_each_sample(values, None), strict=True))
    torch.testing.assert_close(given_[:6], tuple(torch.stack(x) for x in samples[:6]))
    torch.testing.assert_close(given_[6:], tuple(torch.stack(x).sum(0) for x in samples[6:]))


def test_the_gradient_through_vmap_where_every_argument_has_samples():
    """Nothing in the forward pass tells then that a gradient will be asked for."""
    cases = [[make_case(40, batch=1, seed=seed)[0][name] for name in BATCHED + SHARED] for seed in range(2)]
    cases = [[x[0] for x in case[:6]] + case[6:] for case in cases]
    values = [torch.stack(pair) for pair in zip(*cases, strict=True)]

    def total(*values):
        return torch.func.vmap(loss_of_a_sample, (0,) * 9 + (None,))(*values, None).sum()

    given_ = torch.func.grad(total, argnums=tuple(range(9)))(*values)
    for i, case in enumerate(cases):
        leaves = [x.clone().requires_grad_() for x in case]
        wanted = torch.autograd.grad(loss_of_a_sample(*leaves, None), leaves)
        torch.testing.assert_close([x[i] for x in given_], list(wanted))


def test_eager_use_never_calls_the_operators_which_load_the_compiler(monkeypatch):
    monkeypatch.setattr(operators, "backward_operator", None)
    monkeypatch.setattr(function, "scan_operator", None)
    run(selective_scan_fn, *make_case(20))


def test_a_jacobian_is_the_same_row_by_row_vectorized_and_by_torch_func():
    tensors, options = make_case(6, channels=2, states=2, batch=1, dtype=torch.float64)

    def scan(delta, A):
        return selective_scan_fn(**tensors | {"delta": delta, "A": A}, **options, return_last_state=True)

    inputs = (tensors["delta"], tensors["A"])
    wanted = torch.autograd.functional.jacobian(scan, inputs)
    torch.testing.assert_close(torch.autograd.functional.jacobian(scan, inputs, vectorize=True), wanted)
    torch.testing.assert_close(torch.func.jacrev(scan, argnums=(0, 1))(*inputs), wanted)


def test_a_hessian_by_reverse_mode_twice_is_that_of_the_loop():
    tensors, options = make_case(5, channels=1, states=2, batch=1, dtype=torch.float64)

    def hessian(scan):
        return torch.func.jacrev(torch.func.jacrev(lambda u: scan(**tensors | {"u": u}, **options).pow(3).sum()))

    torch.testing.assert_close(hessian(selective_scan_fn)(tensors["u"]), hessian(selective_scan_ref)(tensors["u"]))


@pytest.mark.parametrize("complex_A", [False, True], ids=["real A", "complex A"])
@pytest.mark.parametrize("rest", [True, False], ids=["all", "no more than needed"])
def test_forward_mode_is_that_of_the_loop(complex_A, rest):
    some = dict.fromkeys(("D", "z", "delta_bias", "initial_state", "seq_idx"), rest)
    tensors, options = make_case(40, complex_A=complex_A, **some, dtype=torch.float64)
    values = {name: x for name, x in tensors.items() if x is not None}
    along = {name: x.roll(1, dims=-1) for name, x in values.items()}

    def slope(scan, names):
        def some(chosen):
            return scan(**tensors | chosen, **options, return_last_state=True)

        chosen, direction = ({name: of[name] for name in names} for of in (values, along))
        return torch.func.jvp(some, (chosen,), (direction,))[1]

    for names in (list(values), ["u"], ["A"]):
        torch.testing.assert_close(slope(selective_scan_fn, names), slope(selective_scan_ref, names))


@pytest.mark.parametrize("name", ["u", "delta", "A", "initial_state"])
def test_a_jacobian_and_a_hessian_are_the_same_in_either_mode(name):
    tensors, options = make_case(5, channels=1, states=2, batch=1, dtype=torch.float64, seq_idx=True)

    def scan(x):
        return selective_scan_fn(**tensors | {name: x}, **options, return_last_state=True)

    def loss(x):
        return sum(out.pow(3).sum() for out in scan(x))

    forward, reverse, x = torch.func.jacfwd, torch.func.jacrev, tensors[name]
    torch.testing.assert_close(forward(scan)(x), reverse(scan)(x))
    wanted = reverse(reverse(loss))(x)
    torch.testing.assert_close(torch.func.hessian(loss)(x), wanted)
    torch.testing.assert_close(reverse(forward(loss))(x), wanted)
    with pytest.raises(NotImplementedError, match=r"hessian is jacfwd\(jacrev\(f\)\).* selective_scan_ref"):
        forward(forward(loss))(x)


class NoFloat64(TorchDispatchMode):
    """A device without double precision."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for x in torch.utils._pytree.tree_leaves((args, kwargs, result)):
            assert not isinstance(x, torch.Tensor) or x.dtype not in (torch.float64, torch.complex128), func
        return result


@pytest.mark.parametrize("scan", [selective_scan_fn, chunked_scan])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    "extra", [{}, {"complex_A": True, "seq_idx": True}, {"B": "constant", "C": "constant"}], ids=str
)
def test_nothing_is_done_in_double_precision(scan, dtype, extra):
    tensors, options = make_case(70, dtype=dtype, **extra)
    leaves = {name: x.requires_grad_() for name, x in tensors.items()}
    with NoFloat64():
        out, last_state = scan(**leaves, **options, return_last_state=True)
        grads = torch.autograd.grad(out.float().sum() + last_state.abs().sum(), list(leaves.values()))
    assert all(grad.isfinite().all() for grad in grads)


@pytest.mark.parametrize("kind", ["random", "constant"])
def test_fast_and_slow_channels_over_a_hundred_thousand_steps(kind):
    length = 100_000
    A = -torch.tensor([[1e-6, 1e-3, 1.0, 1e3]])
    g = torch.Generator().manual_seed(0)
    u, B, C = torch.randn(1, 1, length, generator=g), *torch.randn(2, 1, 4, length, generator=g)
    delta = 10 ** (torch.rand(1, 1, length, generator=g) * 5 - 3)  # 0.001 … 100
    if kind == "constant":
        u, B, C, delta = (torch.ones_like(x) for x in (u, B, C, delta))
    out, state = selective_scan_fn(u, delta, A, B, C, return_last_state=True)
    exact = selective_scan_fn(*(x.double() for x in (u, delta, A, B, C)))
    wanted = exact_scan(u, delta, A, B, C)
    assert (exact - wanted).abs().max() <= 1e-9 * wanted.abs().max()
    assert out.isfinite().all() and state.isfinite().all()
    assert (out - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def exact_scan(u, delta, A, B, C):
    """One channel in float64, by NumPy-like doubling: (a, x) pairs combined over growing spans."""
    a = torch.exp(delta.double()[0, 0, :, None] * A.double()[0])  # (L, N)
    h = (delta.double() * u.double())[0, 0, :, None] * B.double()[0].t()  # (L, N)
    span = 1
    while span < len(h):
        h = torch.cat([h[:span], h[span:] + a[span:] * h[:-span]])
        a = torch.cat([a[:span], a[span:] * a[:-span]])
        span *= 2
    return (h * C.double()[0].t()).sum(-1)[None, None]


def test_gradients_stay_finite_however_fast_a_channel_decays():
    tensors, options = make_case(200, softplus=False, delta_bias=False)
    tensors["delta"], tensors["A"] = tensors["delta"] * 100, tensors["A"] * 1e3
    out, last_state, grads = run(selective_scan_fn, tensors, options)
    assert all(x.isfinite().all() for x in (out, last_state, *grads.values()))


@pytest.mark.parametrize("scan", [selective_scan_fn, selective_scan_ref], ids=["fn", "ref"])
@pytest.mark.parametrize("name", ["u", "delta", "B", "C", "z"])
@pytest.mark.parametrize("borders", [(0, 37), (37, 77), (77, 90)], ids=["first", "middle", "last"])
def test_garbage_in_one_segment_reaches_no_other_forward_or_backward(borders, name, scan):
    tensors, options = make_case(90)
    options["seq_idx"] = torch.bucketize(torch.arange(90), torch.tensor([36, 76])).expand(BATCH, -1)
    garbage = torch.zeros(90, dtype=torch.bool)
    garbage[slice(*borders)] = True

    def run():
        leaves = {n: x.clone().requires_grad_() for n, x in tensors.items() if n in ("u", "delta", "B", "C", "z")}
        out, last_state = scan(**(tensors | leaves), **options, return_last_state=True)
        loss = out[..., ~garbage].sum() + (0 if garbage[-1] else last_state.sum())
        grads = torch.autograd.grad(loss, leaves.values(), allow_unused=True)
        kept = [x[..., ~garbage] for x in (out, *grads)]
        return out, kept if garbage[-1] else [*kept, last_state]

    _, clean = run()
    tensors[name][..., garbage] = float("nan")
    out, dirty = run()
    assert out[..., garbage].isnan().any()
    for ours, wanted in zip(dirty, clean, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scan", [selective_scan_fn, selective_scan_ref], ids=["fn", "ref"])
@pytest.mark.parametrize("name", ["u", "delta", "B", "C", "z"])
@pytest.mark.parametrize("borders", [(0, 37), (37, 77), (77, 90)], ids=["first", "middle", "last"])
def test_garbage_in_one_segment_reaches_no_second_derivative_of_another(borders, name, scan):
    tensors, options = make_case(90)
    options["seq_idx"] = torch.bucketize(torch.arange(90), torch.tensor([36, 76])).expand(BATCH, -1)
    garbage = torch.zeros(90, dtype=torch.bool)
    garbage[slice(*borders)] = True

    def penalty():
        leaves = {n: x.clone().requires_grad_() for n, x in tensors.items() if n in ("u", "delta", "B", "C", "z")}
        loss = scan(**(tensors | leaves), **options)[..., ~garbage].square().sum()
        (slope,) = torch.autograd.grad(loss, leaves["u"], create_graph=True)
        grads = torch.autograd.grad(slope[..., ~garbage].square().sum(), leaves.values())
        return [x[..., ~garbage] for x in grads]

    clean = penalty()
    tensors[name][..., garbage] = float("nan")
    for ours, wanted in zip(penalty(), clean, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
def test_the_last_state_continues_the_scan(scan):
    tensors, options = make_case(80)
    whole, last = scan(**tensors, **options, return_last_state=True)
    state, parts = tensors["initial_state"], []
    for start, stop in ((0, 33), (33, 34), (34, 34), (34, 80)):
        cut = {n: x[..., start:stop] if n in ("u", "delta", "B", "C", "z") else x for n, x in tensors.items()}
        part, state = scan(**(cut | {"initial_state": state}), **options, return_last_state=True)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=-1), whole)
    torch.testing.assert_close(state, last)


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
def test_autocast_does_not_touch_the_recurrence(scan):
    tensors, options = make_case(40)
    plain = run(scan, tensors, options)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = run(scan, tensors, options)
    assert torch.equal(plain[0], cast[0]) and torch.equal(plain[1], cast[1])
    assert all(torch.equal(plain[2][name], cast[2][name]) for name in plain[2])


def test_the_same_numbers_every_time(two_threads):
    case = make_case(300, channels=300, states=8)
    first = run(selective_scan_fn, *case)
    for _ in range(3):
        again = run(selective_scan_fn, *case)
        assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
        assert all(torch.equal(first[2][name], again[2][name]) for name in first[2])


def test_inference_mode_changes_nothing(two_threads):
    tensors, options = make_case(300, channels=300, states=8)
    with torch.inference_mode():
        out = selective_scan_fn(**tensors, **options)
    assert out.is_inference()
    with torch.no_grad():
        assert torch.equal(out, selective_scan_fn(**tensors, **options))


def saved_bytes(length):
    """What the backward pass keeps beyond the call's own inputs, and the size of all states."""
    tensors, options = make_case(length, batch=2, channels=64, states=16, dtype=torch.float32, seq_idx=True)
    tensors = {name: x.requires_grad_() for name, x in tensors.items()}
    own = {x.untyped_storage().data_ptr() for x in tensors.values()}
    kept = {}

    def keep(x):
        if x.untyped_storage().data_ptr() not in own:
            kept[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        out = selective_scan_fn(**tensors, **options)
    assert out.requires_grad
    return sum(kept.values()), 2 * 64 * 16 * length * 4


def test_an_eighth_of_the_states_at_most_is_kept_for_the_backward_pass():
    for length in (100, 2048):
        kept, states = saved_bytes(length)
        assert 0 < kept <= states / 8


def test_what_is_kept_doubles_with_the_length():
    assert saved_bytes(4096)[0] == pytest.approx(2 * saved_bytes(2048)[0], rel=0.01)


class BytesWritten(TorchDispatchMode):
    """Adds up the size of every result that is not a view."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            results = result if isinstance(result, (tuple, list)) else (result,)
            self.total += sum(x.nbytes for x in results if isinstance(x, torch.Tensor))
        return result


def bytes_written(length):
    """Forward and backward, by the schedule itself, in this thread."""
    tensors, options = make_case(length, batch=1, channels=8, states=4)
    arguments = {name: x for name, x in tensors.items() if name != "initial_state"}
    scan = check(**arguments, initial_state=None, **options)
    with BytesWritten() as forward, torch.no_grad():
        out, _, starts = eager.forward(scan, keep_starts=True)
    with BytesWritten() as backward, torch.no_grad():
        eager.backward(scan, starts, out, None)
    return forward.total, backward.total


def test_bytes_written_double_with_the_length_in_both_directions():
    short, long = bytes_written(2048), bytes_written(4096)
    assert long[0] == pytest.approx(2 * short[0], rel=0.05)
    assert long[1] == pytest.approx(2 * short[1], rel=0.05)


def test_a_million_steps_need_a_few_tiles_of_memory():
    pytest.importorskip("resource", reason="the peak of memory is asked of a POSIX system")
    program = """
import resource, sys, torch
from lite_mamba import selective_scan_fn
def peak():  # MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
torch.set_num_threads(1)
L, D, N = 2**20, 4, 16
u, B = torch.randn(1, 1, L).expand(1, D, L), torch.randn(1, 1, L).expand(1, N, L)
delta, A = torch.rand(1, 1, L).expand(1, D, L), -torch.rand(D, N)
selective_scan_fn(u[..., :2**15], delta[..., :2**15], A, B[..., :2**15], B[..., :2**15])
before = peak()
out, last = selective_scan_fn(u, delta, A, B, B, return_last_state=True)
print(peak() - before - out.nbytes / 2**20)
state, size, error = None, 2**18, 0.0
for start in range(0, L, size):
    now = slice(start, start + size)
    part, state = selective_scan_fn(u[..., now], delta[..., now], A, B[..., now], B[..., now],
                                    return_last_state=True, initial_state=state)
    error = max(error, (part - out[..., now]).abs().max().item())
print(error / out.abs().max().item())
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    extra, error = map(float, result.stdout.split())
    assert extra < 64  # MiB; all the states would take 4 GiB
    assert error < 1e-6


def test_the_operators_keep_their_promises_to_the_compiler():
    for extra in ({}, {"z": False, "initial_state": False, "D": False, "seq_idx": True}):
        tensors, options = make_case(20, **extra)
        scan = check(**tensors, **options)
        arguments = [x if x is None or x.dtype == torch.bool else x.requires_grad_() for x in scan.tensors]
        torch.library.opcheck(operators.scan_operator, (*arguments, True, True, False))


def schedules_agree(device, lengths, tolerance):
    """Assert that the schedule of `compiled.py` equals the eager one, in outputs and gradients."""
    for length in lengths:
        tensors, options = make_case(length, B="one group", C="variable")
        scan = check(**{name: x.to(device) for name, x in tensors.items()}, **options)
        (out, state, kept), (fast_out, fast_state, fast_kept) = (s.forward(scan, True) for s in (eager, compiled))
        assert len(fast_kept) == compiled.chunk_count(length) * state.numel()
        grads, sums = eager.backward(scan, kept, out, state)
        fast_grads, fast_sums = compiled.backward(scan, fast_kept, out, state)
        pairs = [(fast_out, out), (fast_state, state)]
        pairs += [(getattr(fast_grads, name), getattr(grads, name)) for name in vars(grads)]
        pairs += [(getattr(fast_sums, name), getattr(sums, name)) for name in vars(sums)]
        assert max(gradient_error(given_, wanted) for given_, wanted in pairs) < tolerance


def test_the_schedule_for_the_compiler_equals_the_eager_one(monkeypatch):
    monkeypatch.setattr(compiled, "_compiled", lambda function, shapes: function)
    monkeypatch.setattr(compiled, "SHARE", 500)  # so that the channels do not go at once
    schedules_agree("cpu", (1, 31, 32, 33, 100, 1100), 2e-6)


def test_the_compiler_takes_in_the_schedule_whole(monkeypatch):
    """Without generating code, which is for GPUs: every function can be traced, and the traces compute the same.

    A second length is where the compiler would leave the length open, and trip over the groups of chunks.
    """
    monkeypatch.setattr(compiled, "COMPILE", {"backend": "aot_eager"})
    monkeypatch.setattr(compiled, "GROUP", 3)
    compiled._compiled.cache_clear()
    schedules_agree("cpu", (33, 120), 2e-6)
    compiled._compiled.cache_clear()


def test_the_compiler_takes_in_more_lengths_than_it_has_patience_for(monkeypatch):
    monkeypatch.setattr(compiled, "COMPILE", {"backend": "eager"})
    compiled._compiled.cache_clear()
    for length in range(1, 11):
        x = torch.randn(1, 2, length, 3)
        given_ = compiled._compiled(compiled._chunk_maps, tuple(x.shape))(x[:, :1], x[:, 1:])
        assert all(torch.equal(*pair) for pair in zip(given_, compiled._chunk_maps(x[:, :1], x[:, 1:]), strict=True))
    compiled._compiled.cache_clear()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="the compiled scan is for CUDA devices")
def test_the_compiled_scan_equals_the_eager_one_on_this_gpu():
    schedules_agree("cuda", (100, 1100), 5e-6)  # each length is compiled, which takes minutes


def test_a_cpu_never_takes_the_compiled_schedule(monkeypatch):
    monkeypatch.setattr(compiled, "forward", None)
    compile_scan(True)
    try:
        selective_scan_fn(**make_case(20, B="one group")[0])
    finally:
        compile_scan(False)


@pytest.mark.parametrize("before", [False, True], ids=["eager first", "compiled first"])
def test_a_backward_pass_runs_as_its_forward_pass_did(monkeypatch, before):
    monkeypatch.setattr(compiled, "_compiled", lambda function, shapes: function)
    monkeypatch.setattr(compiled, "can_run", lambda scan: True)
    tensors, options = make_case(70, B="one group")
    leaves = {name: x.requires_grad_() for name, x in tensors.items()}
    wanted = torch.autograd.grad(selective_scan_ref(**leaves, **options).sum(), list(leaves.values()))
    try:
        compile_scan(before)
        out = selective_scan_fn(**leaves, **options)
        compile_scan(not before)
        grads = torch.autograd.grad(out.sum(), list(leaves.values()))
    finally:
        compile_scan(False)
    assert max(map(gradient_error, grads, wanted)) < 1e-5


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on CPUs")


@pytest.fixture
def empty_compiler_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch.compiler.reset()


@needs_compiler
def test_a_compiled_block_equals_the_eager_one(empty_compiler_cache):
    torch.manual_seed(0)
    block, x = Mamba(8, d_state=4), torch.randn(3, 50, 8)
    compiled = torch.compile(block, fullgraph=True)
    wanted = block(x)
    out = compiled(x)
    torch.testing.assert_close(out, wanted)
    given_ = torch.autograd.grad(out.square().sum(), list(block.parameters()))
    wanted = torch.autograd.grad(wanted.square().sum(), list(block.parameters()))
    torch.testing.assert_close(given_, wanted)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), out)


@needs_compiler
@pytest.mark.filterwarnings("ignore:Torchinductor does not support code generation for complex operators")
def test_a_compiled_scan_with_a_complex_A_equals_the_eager_one(empty_compiler_cache):
    tensors, options = make_case(20, complex_A=True)
    compiled = torch.compile(selective_scan_fn, fullgraph=True)
    for given_, wanted in zip(run(compiled, tensors, options), run(selective_scan_fn, tensors, options), strict=True):
        torch.testing.assert_close(given_, wanted)


def test_second_derivatives_inside_the_compiler_raise():
    tensors, options = make_case(6)
    u = tensors["u"].requires_grad_()
    compiled = torch.compile(selective_scan_fn, fullgraph=True, backend="aot_eager")
    out = compiled(**tensors, **options)
    with pytest.raises(
        RuntimeError, match=r"no second derivatives|double backward|create_graph=False"
    ):  # PyTorch may speak first
        (grad,) = torch.autograd.grad(out.square().sum(), u, create_graph=True)
        torch.autograd.grad(grad.sum(), u)


def test_second_derivatives_of_the_operator_say_why_not():
    tensors, options = make_case(6)
    u = tensors["u"].requires_grad_()
    out, *_ = operators.scan_operator(*check(**tensors, **options).tensors, True, True, False)
    (grad,) = torch.autograd.grad(out.square().sum(), u, create_graph=True)
    with pytest.raises(RuntimeError, match=r"no second derivatives inside torch\.compile"):
        torch.autograd.grad(grad.sum(), u)


def test_an_exported_block_takes_any_length():
    torch.manual_seed(0)
    block = Mamba(8, d_state=4).eval()
    length = torch.export.Dim("length", min=2, max=10_000)
    program = torch.export.export(block, (torch.randn(2, 40, 8),), dynamic_shapes={"hidden_states": {1: length}})
    for steps in (2, 33, 300):
        x = torch.randn(2, steps, 8)
        torch.testing.assert_close(program.module()(x), block(x))


def one_token(tensors, t, complex_A):
    """The arguments of `selective_state_update` for step t."""
    B, C = tensors["B"], tensors["C"]

    def at(value):
        if complex_A:
            parts = value[..., 2 * t : 2 * t + 2]
            return torch.complex(*(parts.double() if parts.dtype == torch.float64 else parts.float()).unbind(-1))
        return value[..., t]

    z = None if tensors["z"] is None else tensors["z"][..., t]
    return {
        "x": tensors["u"][..., t],
        "dt": tensors["delta"][..., t],
        "A": tensors["A"],
        "B": at(B),
        "C": at(C),
        "D": tensors["D"],
        "z": z,
        "dt_bias": tensors["delta_bias"],
    }


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("maps", MAPS[1:])
@pytest.mark.parametrize("complex_A", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("plain", [False, True], ids=["every option", "no option"])
def test_one_token_at_a_time_equals_the_scan(dtype, maps, complex_A, plain):
    flags = dict.fromkeys(["D", "z", "delta_bias", "softplus"], not plain)
    tensors, options = make_case(9, B=maps, C=maps, complex_A=complex_A, dtype=dtype, **flags)
    wanted, last_state = selective_scan_ref(**tensors, **options, return_last_state=True)
    state = tensors["initial_state"].clone()
    address = state.data_ptr()
    for t in range(9):
        token = one_token(tensors, t, complex_A)
        out = selective_state_update(state, **token, dt_softplus=options["delta_softplus"])
        assert out.dtype == dtype and state.data_ptr() == address
        rtol, atol = TOLERANCES[dtype]
        torch.testing.assert_close(out, wanted[..., t], rtol=rtol, atol=atol)
    torch.testing.assert_close(state, last_state, rtol=1e-5, atol=1e-5)


def test_gradients_flow_through_a_state_that_is_updated_in_place():
    tensors, options = make_case(9, dtype=torch.float64)
    wanted = run(selective_scan_ref, tensors, options)[2]

    def token_by_token(initial_state, return_last_state, **tensors):
        state = initial_state.clone()
        softplus = options["delta_softplus"]
        outs = [
            selective_state_update(state, **one_token(tensors, t, complex_A=False), dt_softplus=softplus)
            for t in range(9)
        ]
        return torch.stack(outs, dim=-1), state

    grads = run(lambda delta_softplus, **given: token_by_token(**given), tensors, options)[2]
    for name, grad in grads.items():
        torch.testing.assert_close(grad, wanted[name], msg=name)


def test_the_schedule_keeps_at_least_one_start_for_every_chunk():
    for length in range(1, 2000):
        chunks = math.ceil(length / eager.SIZES["cpu"].chunk)
        assert math.ceil(length / math.ceil(length / chunks)) <= chunks == eager.chunk_count(length, "cpu")
