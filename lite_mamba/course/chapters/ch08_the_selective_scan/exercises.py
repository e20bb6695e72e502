"""Exercises of notebook 08: discretise, the loop, skip and gate, a scan that goes on, gradients, a lost state."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck

from ...checking.exercise import Exercise, Misconception, Question


def discretise(u: Tensor, delta: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """exp(Δ·A) and Δ·B·u, both (B, D, L, N), from u, delta (B, D, L), A (D, N) and B (B, N, L)."""
    deltaA = torch.exp(torch.einsum("b d l, d n -> b d l n", delta, A))  # (B, D, L, N)
    deltaB_u = torch.einsum("b d l, b n l, b d l -> b d l n", delta, B, u)  # (B, D, L, N)
    return deltaA, deltaB_u


def exp_forgotten(u, delta, A, B):
    return torch.einsum("b d l, d n -> b d l n", delta, A), discretise(u, delta, A, B)[1]


def summed_over_n(u, delta, A, B):
    deltaA = torch.exp(torch.einsum("b d l, d n -> b d l", delta, A))
    return deltaA, torch.einsum("b d l, b n l, b d l -> b d l", delta, B, u)


def drive_without_delta(u, delta, A, B):
    return discretise(u, delta, A, B)[0], torch.einsum("b n l, b d l -> b d l n", B, u)


def drive_without_u(u, delta, A, B):
    return discretise(u, delta, A, B)[0], torch.einsum("b d l, b n l -> b d l n", delta, B)


def time_before_channels(u, delta, A, B):
    deltaA, deltaB_u = discretise(u, delta, A, B)
    return deltaA.transpose(1, 2), deltaB_u.transpose(1, 2)


def states_before_time(u, delta, A, B):
    deltaA, deltaB_u = discretise(u, delta, A, B)
    return deltaA.transpose(2, 3), deltaB_u.transpose(2, 3)


def drive_with_states_before_time(u, delta, A, B):
    deltaA, deltaB_u = discretise(u, delta, A, B)
    return deltaA, deltaB_u.transpose(2, 3)


def zero_order_hold(u, delta, A, B):
    exponent = torch.einsum("b d l, d n -> b d l n", delta, A)
    held = torch.expm1(exponent) / A[:, None, :]
    return torch.exp(exponent), held * torch.einsum("b n l, b d l -> b d l n", B, u)


def exp_of_delta_only(u, delta, A, B):
    return torch.einsum("b d l, d n -> b d l n", torch.exp(delta), A), discretise(u, delta, A, B)[1]


def draw_discretise(draw):
    batch, channels, length, states = draw.size(1, 2), draw.size(2, 4), draw.size(1, 5), draw.size(2, 4)
    return {
        "u": draw.normal(batch, channels, length),
        "delta": draw.uniform(0.1, 1.5, batch, channels, length).round(decimals=1),
        "A": -draw.uniform(0.5, 3.0, channels, states).round(decimals=1),
        "B": draw.normal(batch, states, length),
    }


def scan_loop(deltaA: Tensor, deltaB_u: Tensor, C: Tensor) -> Tensor:
    """The outputs (B, D, L) of the recurrence, from deltaA and deltaB_u (B, D, L, N) and C (B, N, L)."""
    h = torch.zeros_like(deltaA[:, :, 0])  # (B, D, N)
    outputs = []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1)  # (B, D, L)


def _loop(step, deltaA, deltaB_u, C, dim=-1):
    """The loop with another step: (h, decay, drive, C_t) to the next state and what is read from it."""
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []
    for t in range(deltaA.shape[2]):
        h, y = step(h, deltaA[:, :, t], deltaB_u[:, :, t], C[:, None, :, t])
        outputs.append(y)
    return torch.stack(outputs, dim=dim)


def read_before_update(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (a * h + b, (h * c).sum(-1)), deltaA, deltaB_u, C)


def decay_forgotten(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (h + b, ((h + b) * c).sum(-1)), deltaA, deltaB_u, C)


def state_reset(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (b, (b * c).sum(-1)), deltaA, deltaB_u, C)


def new_token_fades_too(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (a * (h + b), (a * (h + b) * c).sum(-1)), deltaA, deltaB_u, C)


def summed_over_channels(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (a * h + b, ((a * h + b) * c).sum(1)), deltaA, deltaB_u, C)


def states_not_summed(deltaA, deltaB_u, C):
    return _loop(lambda h, a, b, c: (a * h + b, (a * h + b) * c), deltaA, deltaB_u, C)


def stacked_in_front(deltaA, deltaB_u, C):
    return scan_loop(deltaA, deltaB_u, C).permute(2, 0, 1)


def stacked_in_the_middle(deltaA, deltaB_u, C):
    return scan_loop(deltaA, deltaB_u, C).transpose(1, 2)


def draw_scan(draw):
    batch, length = draw.size(1, 2), draw.size(2, 6)
    channels = batch + draw.size(1, 3)  # sequences, channels and states differ in number: no axis passes for another
    states = channels + draw.size(1, 3)
    return {
        "deltaA": draw.uniform(0.1, 0.9, batch, channels, length, states).round(decimals=1),
        "deltaB_u": draw.normal(batch, channels, length, states),
        "C": draw.normal(batch, states, length),
    }


def skip_and_gate(y: Tensor, u: Tensor, D: Tensor, z: Tensor) -> Tensor:
    """(y + D·u) · SiLU(z): y, u, z (B, D, L), D (D,)."""
    return (y + D[:, None] * u) * F.silu(z)  # (B, D, L)


def gate_before_skip(y, u, D, z):
    return y * F.silu(z) + D[:, None] * u


def sigmoid_gate(y, u, D, z):
    return (y + D[:, None] * u) * torch.sigmoid(z)


def gate_without_silu(y, u, D, z):
    return (y + D[:, None] * u) * z


def skip_of_the_output(y, u, D, z):
    return (y + D[:, None] * y) * F.silu(z)


def input_gated(y, u, D, z):
    return y + D[:, None] * (u * F.silu(z))


def skip_without_D(y, u, D, z):
    return (y + u) * F.silu(z)


def draw_skip(draw):
    batch, channels = draw.size(1, 2), draw.size(2, 4)
    length = channels + draw.size(1, 3)  # never as long as there are channels, so that D fits along one axis only
    y, u, z = (draw.normal(batch, channels, length) for _ in range(3))
    return {"y": y, "u": u, "D": draw.normal(channels), "z": z}


def scan_from(deltaA: Tensor, deltaB_u: Tensor, C: Tensor, initial_state: Tensor) -> tuple[Tensor, Tensor]:
    """The scan from a given state (B, D, N): the outputs (B, D, L) and the state after the last token (B, D, N)."""
    h, outputs = initial_state, []  # (B, D, N)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1), h  # (B, D, L), (B, D, N)


def zero_start(deltaA, deltaB_u, C, initial_state):
    return scan_from(deltaA, deltaB_u, C, torch.zeros_like(initial_state))


def state_of_the_step_before(deltaA, deltaB_u, C, initial_state):
    y, _ = scan_from(deltaA, deltaB_u, C, initial_state)
    h = initial_state
    for t in range(deltaA.shape[2] - 1):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]
    return y, h


def last_output(deltaA, deltaB_u, C, initial_state):
    y, _ = scan_from(deltaA, deltaB_u, C, initial_state)
    return y, y[..., -1]


def state_forgotten(deltaA, deltaB_u, C, initial_state):
    return scan_from(deltaA, deltaB_u, C, initial_state)[0]


def detached_start(deltaA, deltaB_u, C, initial_state):
    return scan_from(deltaA, deltaB_u, C, initial_state.detach())


def start_does_not_fade(deltaA, deltaB_u, C, initial_state):
    first = deltaA.clone()
    first[:, :, 0] = 1.0
    return scan_from(first, deltaB_u, C, initial_state)


def start_added_to_every_step(deltaA, deltaB_u, C, initial_state):
    h, outputs = torch.zeros_like(initial_state), []
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * (h + initial_state) + deltaB_u[:, :, t]
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))
    return torch.stack(outputs, dim=-1), h


def with_gradient(function, deltaA, deltaB_u, C, initial_state):
    """The results of a scan that goes on, and the gradient of their sum with respect to the state it starts from."""
    start = initial_state.clone().requires_grad_()  # (B, D, N)
    result = function(deltaA.requires_grad_(), deltaB_u, C.requires_grad_(), start)
    return _and_gradient(result, start, "initial_state")


def chunk_with_gradient(function, u, delta, A, B, C, state):
    """The results of a chunk, and the gradient of their sum with respect to the state it starts from."""
    start = state.clone().requires_grad_()  # (B, D, N)
    return _and_gradient(function(u, delta, A, B, C, start), start, "state")


def _and_gradient(result, start: Tensor, name: str):
    """A pair of outputs and last state, together with the gradient of `start`; anything else as it is."""
    if not (isinstance(result, tuple) and len(result) == 2 and all(isinstance(part, Tensor) for part in result)):
        return result
    total = sum(part.sum() for part in result)
    gradient = torch.autograd.grad(total, start, allow_unused=True)[0] if total.requires_grad else None
    gradient = torch.zeros_like(start) if gradient is None else gradient
    return {"y": result[0].detach(), "last_state": result[1].detach(), f"gradient of {name}": gradient}


def draw_scan_from(draw):
    case = draw_scan(draw)
    batch, channels, _, states = case["deltaA"].shape
    return case | {"initial_state": draw.normal(batch, channels, states)}


def gradients_are_right(function, inputs: tuple[Tensor, ...]) -> bool:
    """Whether autograd and finite differences agree for every input, in float64."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    return gradcheck(function, exact, raise_exception=False)


def kept_in_float32(function, inputs):
    return gradcheck(function, tuple(x.detach().requires_grad_() for x in inputs), raise_exception=False)


def only_runs_backward(function, inputs):
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    function(*exact).sum().backward()
    return all(x.grad is not None and bool(x.grad.isfinite().all()) for x in exact)


def first_input_only(function, inputs):
    exact = tuple(x.detach().double() for x in inputs)
    return gradcheck(function, (exact[0].requires_grad_(), *exact[1:]), raise_exception=False)


def plain_recurrence(a, b):
    """h = a·h + b over the last axis, the states as the output."""
    h, states = torch.zeros_like(a[..., 0]), []
    for a_t, b_t in zip(a.unbind(-1), b.unbind(-1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, dim=-1)


def gated_product(a, b):
    """a · SiLU(b)."""
    return a * F.silu(b)


def cut_recurrence(a, b):
    """The recurrence with its state detached between the steps: right outputs, no gradient through time."""
    h, states = torch.zeros_like(a[..., 0]), []
    for a_t, b_t in zip(a.unbind(-1), b.unbind(-1), strict=True):
        h = a_t * h.detach() + b_t
        states.append(h)
    return torch.stack(states, dim=-1)


class _WrongDecay(torch.autograd.Function):
    """The product a·b with a backward that is right for a and wrong for b."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_tensors
        return grad * b, grad * (a + 1)


def wrong_for_b(a, b):
    """a·b by hand, with a mistake in the gradient of b."""
    return _WrongDecay.apply(a, b)


FUNCTIONS = (plain_recurrence, cut_recurrence, gated_product, wrong_for_b)


def draw_gradients(draw):
    rows, length = draw.size(1, 2), draw.size(2, 4)
    a = draw.uniform(0.3, 0.9, rows, length).round(decimals=1)
    return {"function": draw.choice(FUNCTIONS), "inputs": (a, 3 * draw.normal(rows, length) + 0.5)}


def continue_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """A chunk of any length from a given state: the outputs (B, D, L) and the state after it (B, D, N)."""
    return scan_from(*discretise(u, delta, A, B), C, state)


def suspect_chunk(u, delta, A, B, C, state):
    """A chunk as a real package ran it on a CPU: one token goes on from the state, more than one starts again."""
    h = state if u.shape[-1] == 1 else torch.zeros_like(state)
    return continue_scan(u, delta, A, B, C, h)


def condition_turned_round(u, delta, A, B, C, state):
    h = state if u.shape[-1] > 1 else torch.zeros_like(state)
    return continue_scan(u, delta, A, B, C, h)


def state_added_at_the_end(u, delta, A, B, C, state):
    y, last = suspect_chunk(u, delta, A, B, C, state)
    return (y, last) if u.shape[-1] == 1 else (y, last + state)


def state_faded_but_not_read(u, delta, A, B, C, state):
    return suspect_chunk(u, delta, A, B, C, state)[0], continue_scan(u, delta, A, B, C, state)[1]


def old_state_read_without_fading(u, delta, A, B, C, state):
    y, last = suspect_chunk(u, delta, A, B, C, state)
    if u.shape[-1] == 1:
        return y, last
    return y + torch.einsum("b d n, b n l -> b d l", state, C), last + state


def never_reads_the_state(u, delta, A, B, C, state):
    return continue_scan(u, delta, A, B, C, torch.zeros_like(state))


def detached_state(u, delta, A, B, C, state):
    return continue_scan(u, delta, A, B, C, state.detach())


def given_state_returned(u, delta, A, B, C, state):
    return continue_scan(u, delta, A, B, C, state)[0], state


def draw_chunk(draw):
    case = draw_discretise(draw)
    batch, channels, length = case["u"].shape
    states = case["A"].shape[1]
    return case | {"C": draw.normal(batch, states, length), "state": draw.normal(batch, channels, states)}


AXES = ("batch", "channel", "token", "state")

EXERCISES = [
    Exercise(
        id="08.discretise",
        title="Decay and drive, with einsum",
        reference=discretise,
        cases=draw_discretise,
        axes=AXES,
        misconceptions=[
            Misconception(
                name="exp forgotten",
                wrong=exp_forgotten,
                message="The first result is Δ·A, a negative exponent. The factor that a state is multiplied with is "
                "exp(Δ·A), between 0 and 1.",
            ),
            Misconception(
                name="summed over the states",
                wrong=summed_over_n,
                message="The letter n is missing behind the arrow, so einsum adds up the states, and one axis is "
                "gone. Every state keeps a decay and a drive of its own. Compare your shapes with the docstring's.",
            ),
            Misconception(
                name="a drive without Δ",
                wrong=drive_without_delta,
                message="The second result is B·u. Without Δ a token is written at full strength even when Δ says "
                "to skip it. Look at the docstring: three factors.",
            ),
            Misconception(
                name="a drive without u",
                wrong=drive_without_u,
                message="The second result is Δ·B, the input map alone. What is added to the state is Δ·B times the "
                "token u.",
            ),
            Misconception(
                name="time before the channels",
                wrong=time_before_channels,
                message="The numbers are right, but the axes stand as (B, L, D, N), the order of the paper. The "
                "code, and this exercise, want (B, D, L, N).",
            ),
            Misconception(
                name="states before time",
                wrong=states_before_time,
                message="The numbers are right, but the axes stand as (B, D, N, L). The letters behind the arrow "
                "give the order: the states come last.",
            ),
            Misconception(
                name="a drive with the states before time",
                wrong=drive_with_states_before_time,
                message="The decay is right. The drive stands as (B, D, N, L), the order in which B comes in. Its time "
                "axis has to change places with its states.",
            ),
            Misconception(
                name="the zero-order hold for B",
                wrong=zero_order_hold,
                message="The drive uses (exp(Δ·A) − 1)/A·B, the paper's equation 4. The authors' code, and this "
                "package, use the plain product Δ·B; notebook 04 shows the difference.",
            ),
            Misconception(
                name="the exponential of Δ alone",
                wrong=exp_of_delta_only,
                message="The first result is exp(Δ)·A. The exponential goes around the whole product: first "
                "multiply, then take it.",
            ),
        ],
    ),
    Exercise(
        id="08.scan_loop",
        title="The loop",
        reference=scan_loop,
        cases=draw_scan,
        axes=AXES[:3],
        misconceptions=[
            Misconception(
                name="read before the update",
                wrong=read_before_update,
                message="y_t is read from the state of the step before, so every output is one token late and the "
                "first one is zero. Update h first, then read it.",
            ),
            Misconception(
                name="a state that does not fade",
                wrong=decay_forgotten,
                message="The drive is added to h, but h is never multiplied by its decay. Nothing is forgotten.",
            ),
            Misconception(
                name="a state that starts again at each token",
                wrong=state_reset,
                message="Every output knows its own token only. h must be made once, before the loop, and the new h "
                "must contain the old one.",
            ),
            Misconception(
                name="a new token that fades too",
                wrong=new_token_fades_too,
                message="The drive is added first, then everything is multiplied by the decay. The decay belongs to "
                "what was there before; the new token comes in at full strength.",
            ),
            Misconception(
                name="summed over the channels",
                wrong=summed_over_channels,
                message="The output has a number for each state instead of each channel: the sum runs over D. C "
                "weighs the N states of one channel, so the sum runs over N.",
            ),
            Misconception(
                name="states not summed",
                wrong=states_not_summed,
                message="h and C are multiplied, but the products are not added up, so the output still has an axis "
                "for the states. Each channel gives one number a token.",
            ),
            Misconception(
                name="C without an axis for the channels",
                raises=RuntimeError,
                when=lambda error: "must match the size" in str(error),
                message="h is (B, D, N) and C[:, :, t] is (B, N). Broadcasting lines axes up from the right, so B "
                "meets D. It works for one sequence only. Give C an axis of length 1 for the channels, or name the "
                "axes in einsum.",
            ),
            Misconception(
                name="time stacked in front",
                wrong=stacked_in_front,
                message="torch.stack puts the new axis in front unless you say where. Time belongs at the end: "
                "(B, D, L).",
            ),
            Misconception(
                name="time stacked in the middle",
                wrong=stacked_in_the_middle,
                message="The result is (B, L, D). The numbers are right; time belongs on the last axis.",
            ),
        ],
    ),
    Exercise(
        id="08.skip_and_gate",
        title="Skip and gate",
        reference=skip_and_gate,
        cases=draw_skip,
        axes=AXES[:3],
        misconceptions=[
            Misconception(
                name="the gate before the skip",
                wrong=gate_before_skip,
                message="Only y is gated and D·u is added afterwards, so a closed gate still lets the skip through. "
                "First the sum, then the gate.",
            ),
            Misconception(
                name="sigmoid instead of SiLU",
                wrong=sigmoid_gate,
                message="The gate is sigmoid(z). Mamba's gate is SiLU(z) = z·sigmoid(z): at z = 0 it is closed, and "
                "it may be larger than 1.",
            ),
            Misconception(
                name="z without SiLU",
                wrong=gate_without_silu,
                message="The result is multiplied by z itself, so a strongly negative z turns the sign around "
                "instead of closing the gate. z goes through SiLU first.",
            ),
            Misconception(
                name="D times the output",
                wrong=skip_of_the_output,
                message="D multiplies y. The skip is a path around the state: it carries the input u.",
            ),
            Misconception(
                name="the input gated instead of the output",
                wrong=input_gated,
                message="Only u meets the gate here; what comes from the state passes freely. The gate multiplies "
                "the whole sum.",
            ),
            Misconception(
                name="a skip without D",
                wrong=skip_without_D,
                message="u is added as it is. Each channel has a weight of its own, D[d].",
            ),
            Misconception(
                name="D along the time axis",
                message="D has one number a channel, but broadcasting lines it up with the last axis, which is "
                "time. Give D an axis more, so that it becomes (D, 1).",
                raises=RuntimeError,
                when=lambda error: "must match the size" in str(error),
            ),
        ],
    ),
    Exercise(
        id="08.scan_from",
        title="A scan that goes on",
        reference=scan_from,
        cases=draw_scan_from,
        apply=with_gradient,
        axes=AXES[:3],
        misconceptions=[
            Misconception(
                name="a start from zero",
                wrong=zero_start,
                message="The given state is not used: the scan begins at zero, as if nothing had come before.",
            ),
            Misconception(
                name="the state of the step before",
                wrong=state_of_the_step_before,
                message="The returned state does not know the last token yet. Return h after its last update.",
            ),
            Misconception(
                name="the last output instead of the state",
                wrong=last_output,
                message="y[..., −1] is returned: one number a channel. The next chunk needs all N states of each "
                "channel; from their weighted sum they cannot be found again.",
            ),
            Misconception(
                name="no state returned",
                wrong=state_forgotten,
                message="Only the outputs are returned. Two things are wanted: the outputs and the last state.",
            ),
            Misconception(
                name="a start without gradient",
                wrong=detached_start,
                message="The numbers are right, but no gradient flows into `initial_state`: it was detached, or "
                "copied into a new tensor. Then a model cannot learn what to hand over at a border.",
            ),
            Misconception(
                name="a start that does not fade",
                wrong=start_does_not_fade,
                message="The first token does not fade the given state. It is h before the first token, so it is "
                "multiplied by the first decay like any other h.",
            ),
            Misconception(
                name="the start added in every step",
                wrong=start_added_to_every_step,
                message="The given state comes in at every token. It is the h of the beginning: it enters once, and "
                "after that h carries it.",
            ),
            Misconception(
                name="a state changed in place",
                raises=RuntimeError,
                when=lambda error: "in-place" in str(error) or "inplace" in str(error),
                message="h was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). The backward pass "
                "needs the old h. Make a new tensor: h = … * h + ….",
            ),
        ],
    ),
    Exercise(
        id="08.gradients_are_right",
        title="Are the gradients right?",
        reference=gradients_are_right,
        cases=draw_gradients,
        misconceptions=[
            Misconception(
                name="a check in float32",
                wrong=kept_in_float32,
                message="The inputs stay in float32. Inputs that differ by 10⁻⁶ give outputs that float32 can "
                "hardly tell apart, so functions that are right fail. Make the inputs float64 first.",
            ),
            Misconception(
                name="a backward that runs is taken for right",
                wrong=only_runs_backward,
                message="This tests that backward gives finite numbers. Wrong gradients are finite, too. They must "
                "be compared with finite differences: gradcheck does it.",
            ),
            Misconception(
                name="only the first input checked",
                wrong=first_input_only,
                message="Only the first input requires a gradient, so nothing is said about the others. A function "
                "can be right for one input and wrong for another.",
            ),
            Misconception(
                name="inputs that ask for no gradient",
                raises=ValueError,
                when=lambda error: "require gradient" in str(error),
                message="gradcheck wants inputs with requires_grad. After .double() a tensor is a new one: call "
                ".requires_grad_() on it.",
            ),
            Misconception(
                name="an error instead of an answer",
                raises=RuntimeError,
                when=lambda error: "Jacobian mismatch" in str(error),
                message="gradcheck raises where it finds a difference. Here you want True or False: pass "
                "raise_exception=False.",
            ),
        ],
    ),
    Exercise(
        id="08.mended_chunk",
        title="The chunk that starts again",
        reference=continue_scan,
        cases=draw_chunk,
        apply=chunk_with_gradient,
        axes=AXES[:3],
        misconceptions=[
            Misconception(
                name="the bug, still in",
                wrong=suspect_chunk,
                message="A chunk of one token goes on from the state, a longer one does not. Look for the line "
                "that decides where h begins.",
            ),
            Misconception(
                name="the condition turned round",
                wrong=condition_turned_round,
                message="Longer chunks go on now, and a single token starts from zero. No chunk may.",
            ),
            Misconception(
                name="a state that nobody reads",
                wrong=never_reads_the_state,
                message="Both paths are alike now, but both begin at zero: no chunk reads the state any more. Even "
                "one token at a time is wrong. The path for one token was the right one.",
            ),
            Misconception(
                name="a state without gradient",
                wrong=detached_state,
                message="The numbers are right, but no gradient flows into `state`: it was detached, or copied into a "
                "new tensor. Then a model cannot learn what to hand over at a border.",
            ),
            Misconception(
                name="the old state added at the end",
                wrong=state_added_at_the_end,
                message="The state is added to the last one, after the loop. There it has not faded, and no output "
                "of this chunk has read it. It belongs in front of the loop.",
            ),
            Misconception(
                name="a state handed on but not read",
                wrong=state_faded_but_not_read,
                message="The returned state is right, but the outputs of the chunk do not know the past. They are "
                "read from an h that began at zero.",
            ),
            Misconception(
                name="an old state that does not fade",
                wrong=old_state_read_without_fading,
                message="Every output of the chunk reads the old state at full strength. It fades with each token: "
                "let it go through the loop.",
            ),
            Misconception(
                name="the given state handed on",
                wrong=given_state_returned,
                message="The outputs are right, but the state comes back as it was given. The chunk after this one "
                "will not know these tokens.",
            ),
            Misconception(
                name="a given state that is changed in place",
                raises=RuntimeError,
                when=lambda error: "in-place" in str(error) or "inplace" in str(error),
                message="The given state was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). It "
                "belongs to the chunk before. Make a new tensor: h = … * h + ….",
            ),
        ],
    ),
]

RECAP = [
    Question(
        text="u is (B, D, L) and A is (D, N). Which shape has the decay of every token?",
        choices=["(B, D, L)", "(D, N)", "(B, D, N)", "(B, D, L, N)"],
        answer="(B, D, L, N)",
        why="Every token has a step size of its own for each channel, and every channel has N states that fade at "
        "their own speeds.",
    ),
    Question(
        text="An impulse comes in at t = 5. Which is the first output that can show it, with D = 0?",
        choices=["y at t = 4", "y at t = 5", "y at t = 6"],
        answer="y at t = 5",
        why="The state is updated first, then read: the token of now is already in it.",
    ),
    Question(
        text="What does the gate SiLU(z) do at z = 0?",
        choices=["It lets everything pass", "It lets half of it pass", "It is closed, for the skip too"],
        answer="It is closed, for the skip too",
        why="SiLU(0) = 0·sigmoid(0) = 0, and it multiplies the sum of y and D·u.",
    ),
    Question(
        text="You stop a scan after a million tokens and want to go on tomorrow. What do you keep of the scan?",
        choices=["The last output", "The last state, (B, D, N)", "All states, (B, D, L, N)", "The whole input"],
        answer="The last state, (B, D, N)",
        why="Everything that the future can know of the past is in the state. Its size does not depend on L.",
    ),
    Question(
        text="gradcheck fails for your new scan in float32. What do you do first?",
        choices=["Look for the mistake in backward", "Run it in float64", "Widen the tolerance until it passes"],
        answer="Run it in float64",
        why="In float32 the finite difference itself is wrong by rounding, so right functions fail as well.",
    ),
]
