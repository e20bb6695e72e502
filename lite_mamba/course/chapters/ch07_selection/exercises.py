"""Exercises of notebook 07: Δ as a gate, a gated state, noise that is skipped, projections, a reset, a bias twice."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import selective_scan_fn

from ...checking.compare import Tolerance, difference
from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: gate_from_delta


def gate_from_delta(delta: Tensor) -> Tensor:
    """g = 1 − exp(−Δ): the share of the state that one token replaces, for A = −1 and the zero-order hold."""
    return 1 - torch.exp(-delta)  # (L,)


def _gate(formula: str):
    """A wrong gate: another formula."""
    return edited(gate_from_delta, f"1 - torch.exp(-delta) → {formula}")


GATE = Exercise(
    id="07.gate_from_delta",
    title="A gate from Δ",
    reference=gate_from_delta,
    cases=lambda draw: {"delta": draw.uniform(0.01, 8.0, draw.size(2, 6))},
    axes=("token",),
    example={"delta": torch.tensor([0.001, 1.0, 3.0])},  # the first one tells a sigmoid from the gate
    misconceptions=[
        Misconception(
            "the share that is kept",
            "exp(−Δ) is what is left of the old state. The gate is the other share, the one that the token takes. "
            "Try a very small Δ: must the gate be near 0 or near 1?",
            _gate("torch.exp(-delta)"),
        ),
        Misconception(
            "Δ itself",
            "Close for a small Δ. But a gate is a share, it never exceeds 1. What does your gate say for Δ = 3?",
            _gate("delta.clone()"),
        ),
        Misconception(
            "a Δ that is cut off at one",
            "A share must not exceed 1, so you cut. But the exact share bends smoothly: at Δ = 1 a part of the old "
            "state is still there. How much, by the zero-order hold?",
            _gate("delta.clamp(max=1)"),
        ),
        Misconception(
            "a sigmoid of Δ",
            "Your gate is σ(Δ). The sigmoid belongs to the raw number w, before the softplus. Here you get Δ, after "
            "it: neither a sigmoid nor a second softplus is needed. With yours a token with Δ = 0 would still replace "
            "half of the state.",
            _gate("torch.sigmoid(delta)"),
        ),
        Misconception(
            "a sigmoid of a second softplus",
            "Your gate is σ(softplus(Δ)). Neither is needed: the softplus has made Δ of the raw number, and the "
            "sigmoid belongs to that raw number. With yours a token with Δ = 0 would still replace two thirds of the "
            "state.",
            _gate("torch.sigmoid(F.softplus(delta))"),
        ),
        Misconception(
            "gates that share one whole",
            "Your gates add up to 1 over the tokens. It is the token and the old state that share one whole, in each "
            "step anew: a gate knows nothing of the other tokens.",
            [_gate("delta / delta.sum()"), _gate("torch.softmax(delta, 0)")],
        ),
        Misconception(
            "a missing minus sign",
            "exp(Δ) grows without end; a gate lies between 0 and 1. The state fades: the exponent is ΔA, and A = −1.",
            [_gate("1 - torch.exp(delta)"), _gate("torch.exp(delta) - 1"), _gate("torch.exp(delta)")],
        ),
        Misconception(
            "a difference the wrong way round",
            "Your gate is negative: exp(−Δ) − 1. The share of the token is the whole minus the share that is kept.",
            _gate("torch.exp(-delta) - 1"),
        ),
        Misconception(
            "a straight line for what is kept",
            "1 − Δ is close to what is kept for a small Δ only, and below zero for a large one. What is kept is "
            "exp(−Δ), and the gate is the rest of the whole.",
            _gate("1 - delta"),
        ),
        Misconception(
            "a Δ that adds up over the tokens",
            "You add Δ up over the tokens. Each token replaces a share of its own, by its own Δ; the recurrence puts "
            "them together.",
            _gate("1 - torch.exp(-delta.cumsum(0))"),
        ),
        Misconception(
            "a logarithm or power of another base",
            "The state fades as a power of e, by the zero-order hold: torch.exp.",
            [_gate("1 - 2**-delta"), _gate("1 - 10**-delta")],
        ),
        Misconception(
            "the other side of a sigmoid",
            "The sigmoid belongs to the raw number w, before the softplus, and the gate is σ(w), not 1 − σ. Here you "
            "get Δ, after the softplus.",
            _gate("1 - torch.sigmoid(delta)"),
        ),
        Misconception(
            "another curve from 0 to 1",
            "Your curve begins at 0 and ends at 1, as a gate must. But it is not the one of the zero-order hold: of "
            "the old state exp(−Δ) is left. What is the rest of the whole?",
            [_gate("torch.tanh(delta)"), _gate("delta / (1 + delta)")],
        ),
    ],
)

# Exercise 2: gated_state


def gated_state(u: Tensor, g: Tensor) -> Tensor:
    """h_t = (1 − g_t) h_{t−1} + g_t u_t, from h = 0."""
    h, states = torch.zeros(()), []
    for u_t, g_t in zip(u, g, strict=True):
        h = (1 - g_t) * h + g_t * u_t  # ()
        states.append(h)
    return torch.stack(states)  # (L,)


def _step(formula: str):
    """A wrong `gated_state`: another update."""
    return edited(gated_state, f"(1 - g_t) * h + g_t * u_t → {formula}")


def _gates(formula: str):
    """A wrong `gated_state`: other gates for the tokens."""
    return edited(gated_state, f"zip(u, g, → zip(u, {formula},")


UPDATE = "h = (1 - g_t) * h + g_t * u_t  # ()\n        states.append(h)"
TOKEN_BEFORE = f"{UPDATE} → states.append((1 - g_t) * h + g_t * u_t)\n        h = u_t"


def _cases_of_gates(draw: Draw) -> dict:
    length = draw.size(2, 80)  # long enough for a product of gates to run out of digits
    return {"u": draw.normal(length), "g": draw.uniform(0.0, 1.0, length)}


GATED = Exercise(
    id="07.gated_state",
    title="The gated state",
    reference=gated_state,
    cases=_cases_of_gates,
    axes=("token",),
    example={"u": torch.tensor([8.0, 4.0, 0.0]), "g": torch.tensor([1.0, 0.25, 0.5])},
    misconceptions=[
        Misconception(
            "swapped doors",
            "Your gate g multiplies the old state, and 1 − g the token. Then g = 1 would keep everything. Which of the "
            "two should an open gate let in?",
            _step("g_t * h + (1 - g_t) * u_t"),
        ),
        Misconception(
            "a token that passes beside the gate",
            "The old state fades by 1 − g, but the token comes in at full strength. So a closed gate, g = 0, does not "
            "keep the token out.",
            _step("(1 - g_t) * h + u_t"),
        ),
        Misconception(
            "an old state that never fades",
            "The token is let in by g, but the whole old state stays too. So an open gate, g = 1, does not reset: the "
            "token is added to what was there.",
            _step("h + g_t * u_t"),
        ),
        Misconception(
            "the gate of the token before",
            "You let the old state fade by the gate of the token *before*. One gate moves both doors of a step: the "
            "token's own.",
            _step("(1 - (g[len(states) - 1] if states else 0)) * h + g_t * u_t"),
        ),
        Misconception(
            "products that fade from the start",
            "You let each g·u fade by all tokens from the *first* one on. What was let in at token s fades in the "
            "tokens after s only.",
            lambda u, g: (g * u).cumsum(0) * (1 - g).cumprod(0),
        ),
        Misconception(
            "a division by what is kept",
            "Two cumulative operations in the place of the loop are right on paper. But you divide by a product of "
            "shares that are kept: it is 0 after an open gate, and soon too small for float32. Take the plain loop.",
            lambda u, g: (g * u / (1 - g).cumprod(0)).cumsum(0) * (1 - g).cumprod(0),
        ),
        Misconception(
            "an old state that grows",
            "The old state is multiplied by 1 + g: the more the token is let in, the more of the old state there is. "
            "The gate takes from the old state what it gives to the token.",
            _step("(1 + g_t) * h + g_t * u_t"),
        ),
        Misconception(
            "a first token that follows the last",
            "Your first token mixes with the *last* one: in Python, index −1 is the end. Before the first token the "
            "state is 0.",
            edited(gated_state, "h, states = torch.zeros(()), [] → h, states = u[-1], []"),
        ),
        Misconception(
            "a state that is never carried on",
            "Each of your states is g·u, as if the state before it were 0 every time. The mixture of one token is the "
            "old state of the next: keep it from step to step.",
            _step("g_t * u_t"),
        ),
        Misconception(
            "the last token in the place of the state",
            "You mix each token with the *token* before it. The state is what was mixed before, out of all tokens so "
            "far: keep it from step to step.",
            [edited(gated_state, TOKEN_BEFORE), edited(gated_state, TOKEN_BEFORE, "torch.zeros(()) → u[0]")],
        ),
        Misconception(
            "a token that comes one step late",
            "Each gate lets in the token *before* its own. g_t belongs to u_t: both come from the same token.",
            edited(gated_state, "zip(u, g → zip(torch.cat([0 * u[:1], u[:-1]]), g"),
        ),
        Misconception(
            "a state that starts at the first token",
            "You start with the first token as the state. It starts at 0: even the first token has to pass its gate.",
            edited(gated_state, "torch.zeros(()) → u[0]"),
        ),
        Misconception(
            "a loop that leaves out the first token",
            "Your first state is 0, and the loop begins with the second token. The 0 is the state *before* the first "
            "token, and this token has to pass its gate as well.",
            edited(gated_state, ", [] → , [torch.zeros(())]", "zip(u, g, → zip(u[1:], g[1:],"),
        ),
        Misconception(
            "the gate at both doors",
            "The old state and the token are both multiplied by g. With a closed gate nothing is kept at all: the two "
            "shares add up to one.",
            _step("g_t * h + g_t * u_t"),
        ),
        Misconception(
            "a token that fades at once",
            "The token is added first, and then all of it is multiplied by 1 − g. The token of now does not fade: "
            "only the old state does.",
            _step("(1 - g_t) * (h + g_t * u_t)"),
        ),
        Misconception(
            "a gate that goes through another function",
            "The gate goes through sigmoid or exp once more. It is a share already, between 0 and 1: use it as it "
            "comes.",
            [
                _step("(1 - torch.sigmoid(g_t)) * h + torch.sigmoid(g_t) * u_t"),
                _step("torch.exp(-g_t) * h + (1 - torch.exp(-g_t)) * u_t"),
                _step("torch.exp(-g_t) * h + g_t * u_t"),
            ],
        ),
        Misconception(
            "a state that starts at one",
            "The state starts at one. Before the first token nothing has come in: it starts at zero.",
            edited(gated_state, "torch.zeros(()) → torch.ones(())"),
        ),
        Misconception(
            "no state for the first token",
            "One state is missing, the first one. The state starts at zero, and the first token has to pass its gate "
            "like any other.",
            lambda u, g: gated_state(u[1:], g[1:]),
        ),
        Misconception(
            "one gate for all tokens",
            "You use one gate throughout. But every token has a g of its own.",
            [_gates("g[:1].expand_as(g)"), _gates("g[-1:].expand_as(g)"), _gates("g.mean().expand_as(g)")],
        ),
        Misconception(
            "a gate that comes one token late",
            "Token t is let in by the gate of the token before it. Each token has its own gate: g[t] with u[t].",
            [
                _gates("torch.cat([g[:1], g[:-1]])"),
                _gates("g.roll(1)"),
                _gates("torch.cat([torch.zeros(1), g[:-1]])"),
            ],
        ),
        Misconception(
            "the state before the token",
            "You store the state first and update it afterwards. The result at t should already contain token t.",
            edited(gated_state, f"{UPDATE} → states.append(h)\n        h = (1 - g_t) * h + g_t * u_t"),
        ),
        Misconception(
            "the last state only",
            "All states are wanted, one a token. Collect them in a list on the way.",
            [edited(gated_state, f"torch.stack(states) → {last}") for last in ("h", "h.item()", "h.reshape(1)")],
        ),
        Misconception(
            "one tensor, appended many times",
            "All your states are the last one. You change one tensor in place, and the list holds that same one again "
            "and again. Make a new one in each step, or append a clone.",
            edited(gated_state, "h = (1 - g_t) * h + g_t * u_t → h.mul_(1 - g_t).add_(g_t * u_t)"),
        ),
    ],
)

# Exercise 3: delta_by_hand, judged by what the state does


def delta_by_hand(is_data: Tensor) -> Tensor:
    """A large Δ for data and a tiny one for noise."""
    return torch.where(is_data, 10.0, 1e-5)  # (L,)


PROBE = torch.tensor([True] + 20 * [False] + [True, True, False, True, False])  # (L,)
PROBED = torch.where(PROBE, 6.0, 3.0) * torch.tensor([1.0, -1.0]).repeat(13)  # (L,)


def _hold_through_noise(function, is_data: Tensor, u: Tensor) -> Tensor:
    """What the check looks at: the states that this Δ leads to. What goes wrong is told on one line, always the same.

    Raises:
        ValueError: the result is no list of step sizes, or the states do not hold, and this is why.
    """
    delta, probed = (_step_sizes(function(marks), marks) for marks in (is_data, PROBE))  # (L,) each
    held, wanted = (gated_state(PROBED, gate_from_delta(one)) for one in (probed, delta_by_hand(PROBE)))  # (L,) each
    if not torch.allclose(held, wanted, rtol=0.02, atol=0.1):
        _tell_why(probed)
    elif (delta == 0).any():
        raise ValueError("a Δ is 0")
    return gated_state(u, gate_from_delta(delta))


def _step_sizes(delta: Tensor, is_data: Tensor) -> Tensor:
    """Step sizes as they may be, one a token, in float32; a ValueError in words for all others."""
    if not isinstance(delta, Tensor) or delta.shape != is_data.shape:
        got = tuple(delta.shape) if isinstance(delta, Tensor) else type(delta).__name__
        raise ValueError(f"one Δ a token is wanted, shape {tuple(is_data.shape)}; got {got}")
    for kind, found in (("not a number", delta.isnan()), ("negative", delta < 0), ("infinite", delta.isinf())):
        if found.any():
            raise ValueError(f"a Δ is {kind}")
    return delta.float()


def _tell_why(delta: Tensor) -> None:
    """Raises the words for what these Δ (L,) do to the probe; if none fit, the states themselves are judged."""
    gates = gate_from_delta(delta)  # (L,)
    data, noise, opened = gates[PROBE].min(), gates[~PROBE].max(), gates > 0.5
    old, lost = 1 - data, 1 - (1 - noise) ** 20  # what a data token leaves, and what twenty noise tokens take
    for words, fits in (
        ("all tokens have the same Δ", delta.max() - delta.min() <= 1e-3 * delta.max()),
        ("all tokens have nearly the same gate", gates.max() - gates.min() < 1e-2),
        ("a data token replaces a part of the state only", data > 0.05 and lost < min(old, 0.05)),
        ("noise opens the door, and data do not", torch.equal(opened, ~PROBE)),
        ("the door opens one token after the data", torch.equal(opened[1:], PROBE[:-1])),
        ("each noise token replaces a part of the state", data > 0.9 and noise < 0.5),
        ("data and noise both replace a part of the state", 0.5 < data <= 0.9 and noise < 0.5),
    ):
        if fits:
            raise ValueError(words)


def _by_hand(data: str, noise: str):
    """A wrong `delta_by_hand`: other step sizes."""
    return edited(delta_by_hand, f"10.0, 1e-5 → {data}, {noise}")


def _streams(draw: Draw) -> dict:
    length = draw.size(3, 20)
    is_data = draw.uniform(0, 1, length) < 0.4
    first, second = draw.choice([(0, 1), (1, 2), (length - 2, length - 1)])
    is_data[first], is_data[second] = True, False  # both kinds, side by side
    return {"is_data": is_data, "u": 2 * draw.normal(length)}


BY_HAND = Exercise(
    id="07.delta_by_hand",
    title="Skip the noise by hand",
    reference=delta_by_hand,
    cases=_streams,
    apply=_hold_through_noise,
    rtol=0.02,
    atol=0.1,
    axes=("token",),
    example={
        "is_data": torch.tensor([True, False, False, True, False]),
        "u": torch.tensor([6.0, -3.0, 5.0, 2.0, 9.0]),
    },
    misconceptions=[
        Misconception(
            "doors the wrong way round",
            "Your Δ is large on noise and small on data, so the state jumps to the noise. Which of the two must reset "
            "the state, and which must leave it alone?",
            _by_hand("1e-5", "10.0"),
        ),
        Misconception(
            "data that do not reset",
            "Noise is held out well. But your Δ for data is too small: with Δ = 1, as if Δ were the gate, a data token "
            "replaces only 63 % of the state, with Δ = 3 it is 95 %. The rest stays old. Which Δ gives a gate of "
            "0.99 or more?",
            _by_hand("1.0", "1e-5"),
        ),
        Misconception(
            "one Δ for all tokens",
            "Data and noise have the same Δ, so the state treats them alike. Look at `is_data`.",
            _by_hand("10.0", "10.0"),
        ),
        Misconception(
            "two Δ with nearly the same gate",
            "Your Δ differ, and what they do does not: the gates of data and noise are nearly the same. From Δ = 5 on "
            "every token resets, below 0.001 every token holds. One Δ of each kind is wanted.",
            _by_hand("20.0", "10.0"),
        ),
        Misconception(
            "a hold that leaks",
            "Your Δ for noise is too large: the losses of all noise tokens add up. With Δ = 0.1 twenty of them "
            "wash out 86 % of the data, with Δ = 0.01 still 18 %. Which Δ loses less than 1 % over twenty of them?",
            _by_hand("10.0", "0.1"),
        ),
        Misconception(
            "doors that are half open",
            "Each data token leaves 10 % of the old state or more, and the noise takes a part of the state as well. Of "
            "the 2 % each may have one half: data leave less than 1 %, and twenty noise tokens take less than 1 %.",
            _by_hand("2.0", "0.1"),
        ),
        Misconception(
            "the first data token alone",
            "The state takes in the first data token and holds it for good. Every data token resets the state: each of "
            "them wants a large Δ.",
            edited(delta_by_hand, "is_data, → is_data & (is_data.cumsum(0) == 1),"),
        ),
        Misconception(
            "raw numbers in place of Δ",
            "Your Δ is negative on noise. Then exp(−Δ) is larger than 1, and the state grows with every noise token. A "
            "raw number w may be negative, Δ = softplus(w) never is.",
            _by_hand("10.0", "-10.0"),
        ),
        Misconception(
            "a mask that comes one token late",
            "Your Δ opens the door one token after the data. The Δ of token t decides about token t itself.",
            edited(delta_by_hand, "is_data, → is_data.roll(1),"),
        ),
        Misconception(
            "an infinite Δ",
            "No network gives an infinite Δ, and the package would multiply it with the input. A finite one will do: "
            "exp(−Δ) is below 0.01 from Δ = 5 on.",
            _by_hand("math.inf", "1e-5"),
        ),
        Misconception(
            "a Δ of exactly zero",
            "Everything holds as it should. But a softplus never gives 0, so no network can choose this Δ. A small "
            "positive one holds as well: how small must it be for twenty noise tokens?",
            _by_hand("10.0", "0.0"),
        ),
        Misconception(
            "no tensor with one Δ for each token",
            "A list comes back, a pair of numbers, or a single one. Each token wants its own Δ, in a tensor (L,), as "
            "the marks come.",
            [
                edited(delta_by_hand, f"return torch.where(is_data, 10.0, 1e-5) → return {other}")
                for other in (
                    "torch.where(is_data, 10.0, 1e-5).tolist()",
                    "(10.0, 1e-5)",
                    "10.0",
                    "torch.tensor(10.0)",
                    "torch.tensor([10.0])",
                    "torch.tensor([10.0, 1e-5])",
                )
            ],
        ),
    ],
)

# Exercise 4: selective_parameters


def selective_parameters(u: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Δ (B, L, D), B and C (B, L, N) of every token, from u (B, L, D): algorithm 2 with a low rank for Δ."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1)  # (B, L, R), (B, L, N), (B, L, N)
    delta = F.softplus(low_rank @ dt_proj.T + dt_bias)  # (B, L, D)
    return delta, B, C


def _delta(formula: str):
    """Wrong parameters: another Δ."""
    return edited(selective_parameters, f"F.softplus(low_rank @ dt_proj.T + dt_bias) → {formula}")


def _parts(delta: str, B: str = "B", C: str = "C"):
    """Wrong parameters: something else is returned."""
    return edited(selective_parameters, f"return delta, B, C → return {delta}, {B}, {C}")


def _cut(formula: str):
    """Wrong parameters: the projected numbers are cut in other places."""
    return edited(selective_parameters, f".split([rank, states, states], dim=-1) → {formula}")


def _trainable(function, u: Tensor, **weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What a function gives for weights that are trained, as those of the block are.

    Raises:
        RuntimeError: the numbers are right, but no gradient leads from them to the weights.
    """
    trained = [weight.requires_grad_() for weight in weights.values()]
    parts = function(u, *trained)
    if not difference(selective_parameters(u, *trained), parts, Tolerance(1e-4, 1e-5)):
        cut_off = [name for name, part in zip(PARAMETERS.items, parts, strict=True) if not part.requires_grad]
        if cut_off:
            raise RuntimeError(f"no gradient leads from {cut_off[0]} back to the weights")
        slopes = torch.autograd.grad(sum(part.sum() for part in parts), trained, allow_unused=True)
        unreached = [name for name, slope in zip(weights, slopes, strict=True) if slope is None]
        if unreached:
            raise RuntimeError(f"no gradient comes back to {unreached[0]}")
    return parts


def _projection_cases(draw: Draw) -> dict:
    batch, length, channels = draw.size(1, 3), draw.size(2, 5), draw.size(2, 5)
    states, rank = draw.size(2, 4), draw.size(1, 3)
    return {
        "u": draw.normal(batch, length, channels),
        "x_proj": draw.normal(rank + 2 * states, channels),
        "dt_proj": draw.normal(channels, rank),
        "dt_bias": draw.normal(channels),
    }


def _copied(u, x_proj, dt_proj, dt_bias):
    return selective_parameters(u, *(nn.Parameter(weight.detach().clone()) for weight in (x_proj, dt_proj, dt_bias)))


def _partly_copied(u, x_proj, dt_proj, dt_bias):
    return selective_parameters(u, x_proj, *(nn.Parameter(weight.detach().clone()) for weight in (dt_proj, dt_bias)))


PARAMETERS = Exercise(
    id="07.selective_parameters",
    title="Δ, B and C from the token",
    reference=selective_parameters,
    cases=_projection_cases,
    apply=_trainable,
    axes=("batch", "token", "column"),  # the last axis is D or N
    items=("delta", "B", "C"),
    misconceptions=[
        Misconception(
            "a forgotten softplus",
            "Your Δ is the raw number, and it can be negative. Then exp(ΔA) is larger than 1 and the state explodes. "
            "What makes a number positive, and leaves large ones almost as they are?",
            _delta("low_rank @ dt_proj.T + dt_bias"),
        ),
        Misconception(
            "a bias after the softplus",
            "The softplus comes too early: the bias is added to its result, and a negative bias can make Δ negative. "
            "The bias belongs to the raw number.",
            _delta("F.softplus(low_rank @ dt_proj.T) + dt_bias"),
        ),
        Misconception(
            "a forgotten bias",
            "Your Δ comes from the token alone. In the bias each channel keeps its own time scale: the Δ of a token "
            "that says nothing.",
            _delta("F.softplus(low_rank @ dt_proj.T)"),
        ),
        Misconception(
            "a bias that is added twice",
            "The bias is in your Δ two times. Perhaps you added it to a result that had it already.",
            _delta("F.softplus(low_rank @ dt_proj.T + 2 * dt_bias)"),
        ),
        Misconception(
            "a softplus of a softplus",
            "The softplus is applied twice. The second one lifts everything: no Δ can be below softplus(0) = 0.69, so "
            "no token can hold the state.",
            _delta("F.softplus(F.softplus(low_rank @ dt_proj.T + dt_bias))"),
        ),
        Misconception(
            "a bias that is taken off",
            "The bias is subtracted. It is added to the raw number.",
            _delta("F.softplus(low_rank @ dt_proj.T - dt_bias)"),
        ),
        Misconception(
            "a Δ without its projection",
            "The R numbers of the low rank go out as Δ. They lead to the D channels through `dt_proj`, and then comes "
            "the bias.",
            _parts("F.softplus(low_rank)"),
        ),
        Misconception(
            "a cut along the tokens",
            "You split along axis 1, the tokens. The projected numbers stand on the last axis.",
            _cut(".split([rank, states, states], dim=1)"),
        ),
        Misconception(
            "a softplus in the low rank",
            "You apply the softplus to the R numbers before they are projected to the channels. After the projection "
            "they can be negative again.",
            _delta("F.softplus(low_rank) @ dt_proj.T + dt_bias"),
        ),
        Misconception(
            "another function that makes positive",
            "Your Δ is positive, but softplus is another function: almost exp(x) for negative x, almost x for large x.",
            [_delta(f"{way}(low_rank @ dt_proj.T + dt_bias)") for way in ("torch.exp", "F.relu", "torch.sigmoid")],
        ),
        Misconception(
            "a softplus on all that x_proj makes",
            "All R + 2N numbers go through a softplus. The low rank, B and C may be negative: only Δ is a step size, "
            "and its softplus comes last.",
            edited(selective_parameters, "(u @ x_proj.T).split → F.softplus(u @ x_proj.T).split"),
        ),
        Misconception(
            "a softplus on the low rank",
            "The low rank goes through a softplus of its own. It may be negative: the softplus comes once, behind "
            "`dt_proj` and the bias.",
            _delta("F.softplus(F.softplus(low_rank) @ dt_proj.T + dt_bias)"),
        ),
        Misconception(
            "an activation on the low rank",
            "The low rank goes through an activation before `dt_proj`. Nothing bends it there: two matrices in a row, "
            "the bias, and only then the softplus.",
            [
                _delta(f"F.softplus({bend}(low_rank) @ dt_proj.T + dt_bias)")
                for bend in ("F.silu", "F.relu", "torch.tanh", "torch.sigmoid")
            ],
        ),
        Misconception(
            "a Δ below zero",
            "Your Δ is the right one with a minus in front. A step size is positive: it is A that brings the minus "
            "sign.",
            _delta("-F.softplus(low_rank @ dt_proj.T + dt_bias)"),
        ),
        Misconception(
            "a B with Δ in it",
            "B is multiplied with Δ. That is the scan's business, which gets both: here B goes out as the weights give "
            "it.",
            [
                _parts("delta", "delta[..., None] * B[:, :, None]"),
                _parts("delta", "delta.mean(-1, keepdim=True) * B"),
            ],
        ),
        Misconception(
            "a softplus on B and C",
            "B and C go out as they are; they may be negative. Only Δ is a step size and goes through softplus.",
            _parts("delta", "F.softplus(B)", "F.softplus(C)"),
        ),
        Misconception(
            "B and C that are the same for all tokens",
            "B or C, or both, are averaged over the line. Then they do not depend on the token, and a part of the "
            "selection is gone. Keep the axis L.",
            [
                _parts("delta", "B.mean(1, keepdim=True).expand_as(B)", "C.mean(1, keepdim=True).expand_as(C)"),
                _parts("delta", "B.mean(1, keepdim=True)", "C.mean(1, keepdim=True)"),
                _parts("delta", "B.mean(1)", "C.mean(1)"),
                _parts("delta", "B.mean(1, keepdim=True).expand_as(B)"),
                _parts("delta", "B", "C.mean(1, keepdim=True).expand_as(C)"),
            ],
        ),
        Misconception(
            "one Δ for all channels",
            "All channels of a token share one Δ. There are D of them: dt_proj makes D numbers out of R.",
            [
                _parts("delta[..., :1].expand_as(delta)"),
                _parts("delta[..., :1]"),
                _parts("delta.mean(-1, keepdim=True)"),
                _parts("delta.mean(-1, keepdim=True).expand_as(delta)"),
            ],
        ),
        Misconception(
            "B and C in exchanged places",
            "Your B is C, and your C is B. In the rows of x_proj, B stands before C.",
            _parts("delta", "C", "B"),
        ),
        Misconception(
            "a low rank that is taken from the end",
            "You split the projected numbers as B, C, low rank. The order is low rank, B, C: the first R rows of "
            "x_proj belong to Δ.",
            edited(
                selective_parameters,
                "low_rank, B, C = → B, C, low_rank =",
                "[rank, states, states] → [states, states, rank]",
            ),
        ),
        Misconception(
            "three parts of the same size",
            "You cut the projected numbers into three equal parts. The first one has R numbers, the other two N each.",
            [
                _cut(".chunk(3, dim=-1)"),
                edited(
                    selective_parameters,
                    ".split([rank, states, states], dim=-1) → .chunk(3, dim=-1)",
                    "low_rank @ → low_rank[..., :rank] @",
                ),
            ],
        ),
        Misconception(
            "a rank from the wrong axis",
            "dt_proj is stored as (outputs, inputs) = (D, R). You take D for the rank.",
            [
                edited(selective_parameters, "dt_proj.shape[1] → dt_proj.shape[0]"),
                edited(
                    selective_parameters,
                    "dt_proj.shape[1] → dt_proj.shape[0]",
                    "low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1) → both = u @ x_proj.T",
                    "low_rank @ → both[..., :rank] @",
                    "B, C → both[..., rank : rank + states], both[..., rank + states :]",
                ),
            ],
        ),
        Misconception(
            "an N that is not halved",
            "x_proj has R + 2N rows: what is left of them after the R is shared by B and C.",
            edited(selective_parameters, "(x_proj.shape[0] - rank) // 2 → x_proj.shape[0] - rank"),
        ),
        Misconception(
            "tokens on the last axis",
            "Your results have the shape (B, …, L), as the scan wants them. Here they keep the order of u: (B, L, …).",
            _parts("delta.mT", "B.mT", "C.mT"),
        ),
        Misconception(
            "a result that can't learn",
            "The numbers are right. But the weights are to be trained, and no gradient reaches them from your result: "
            "it was detached, made under no_grad, or taken apart into plain numbers on the way.",
            [
                _parts("delta.detach()"),
                _parts("delta", "B.detach()", "C.detach()"),
            ],
        ),
        Misconception(
            "copies of the weights",
            "The numbers are right, but the gradients end in copies: in new layers, or new parameters, that hold the "
            "same numbers. The weights that are given would never learn. Compute with them as they are.",
            [_copied, _partly_copied],
        ),
        Misconception(
            "a weight that is not transposed",
            "The shapes of one of your products do not fit. A weight is stored as (outputs, inputs): it is tokens @ "
            "weight.T, or F.linear(tokens, weight), which transposes by itself. So for x_proj, and so for dt_proj.",
            [
                edited(selective_parameters, "x_proj.T → x_proj"),
                edited(selective_parameters, "dt_proj.T → dt_proj"),
                edited(selective_parameters, "(u @ x_proj.T) → F.linear(u, x_proj.T)"),
            ],
        ),
    ],
)

# The bug hunt: mended_ssm


def mended_ssm(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> Tensor:
    """The selective scan of u (B, L, D), with the bias of Δ added once. Returns (B, L, D)."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low_rank, B, C = F.linear(u, x_proj).split([rank, states, states], dim=-1)
    delta = F.linear(low_rank, dt_proj)  # (B, L, D)
    rows = [part.transpose(1, 2) for part in (u, delta, B, C)]  # (B, …, L) each
    y = selective_scan_fn(rows[0], rows[1], A, rows[2], rows[3], delta_bias=dt_bias, delta_softplus=True)
    return y.transpose(1, 2)


def _raw(formula: str, *edits: str):
    """A wrong repair: another `delta` goes into the scan."""
    return edited(mended_ssm, f"delta = F.linear(low_rank, dt_proj) → delta = {formula}", *edits)


NO_BIAS, NO_SOFTPLUS = ", delta_bias=dt_bias → ", ", delta_softplus=True → "


def _scan_cases(draw: Draw) -> dict:
    case = _projection_cases(draw)
    channels, rank = case["dt_proj"].shape
    states = (case["x_proj"].shape[0] - rank) // 2
    case["dt_bias"] = case["dt_bias"] - 1
    case["A"] = -draw.uniform(0.5, 2.0, channels, states)
    return {name: case[name] for name in ("u", "A", "x_proj", "dt_proj", "dt_bias")}


MENDED = Exercise(
    id="07.mended_ssm",
    title="The channel that remembers too long",
    reference=mended_ssm,
    cases=_scan_cases,
    axes=("batch", "token", "channel"),
    gradients=("u", "x_proj", "dt_proj", "dt_bias"),
    misconceptions=[
        Misconception(
            "the code as it came",
            "It computes what the suspect computes, so its half-lives are still too long. Take a token that says "
            "nothing, and write down with letters what Δ is: from the projection up to the exponential.",
            _raw("F.linear(low_rank, dt_proj, dt_bias)"),
            given=True,
        ),
        Misconception(
            "a bias that is gone",
            "Now the bias is without effect: it is in neither place, or one takes off what the other adds. One of the "
            "two was right.",
            edited(mended_ssm, NO_BIAS),
        ),
        Misconception(
            "a softplus that is applied twice",
            "You apply the softplus yourself, and the scan does it again, because of delta_softplus=True. Let one of "
            "the two do it.",
            _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))", NO_BIAS),
        ),
        Misconception(
            "a softplus that is gone",
            "The bias is right now, but no softplus is left: Δ can be negative. delta_softplus=True was no mistake.",
            edited(mended_ssm, NO_SOFTPLUS),
        ),
        Misconception(
            "two mistakes for one",
            "The bias is still added twice, and the softplus is gone on top of it. Only one of the two biases has to "
            "go.",
            _raw("F.linear(low_rank, dt_proj, dt_bias)", NO_SOFTPLUS),
        ),
        Misconception(
            "an exponential in the place of softplus",
            "Δ is exp of the raw number. For a small Δ the two are almost the same, for a large one they are not: "
            "softplus it was, and it was no mistake.",
            _raw("torch.exp(F.linear(low_rank, dt_proj, dt_bias))", NO_BIAS, NO_SOFTPLUS),
        ),
        Misconception(
            "half of the bias",
            "The bias comes in once and a half. Half of it in both places would do, all of it in one place is simpler.",
            _raw("F.linear(low_rank, dt_proj, dt_bias / 2)"),
        ),
        Misconception(
            "B and C exchanged",
            "B and C have changed places. The way in and the way out were right as they came.",
            edited(mended_ssm, "rows[2], rows[3] → rows[3], rows[2]"),
        ),
        Misconception(
            "a result that is not turned back",
            "The scan gives (B, D, L). The last line turns it back to (B, L, D), the order in which u came.",
            edited(mended_ssm, "return y.transpose(1, 2) → return y"),
        ),
        Misconception(
            "a bias around the softplus",
            "You apply the softplus first, then the scan adds the bias to the result and applies it again. The order "
            "is: raw number, plus bias, softplus, each once.",
            _raw("F.softplus(F.linear(low_rank, dt_proj))"),
        ),
        Misconception(
            "a bias after the softplus",
            "You add the bias to what comes out of the softplus. It belongs to the raw number, before it.",
            _raw("F.softplus(F.linear(low_rank, dt_proj))", NO_SOFTPLUS),
        ),
        Misconception(
            "a bias on both sides of a softplus",
            "You apply a softplus yourself, with the bias in it, and the scan still adds its delta_bias to the result. "
            "So the bias still comes twice, and with delta_softplus=True the softplus does, too.",
            [
                _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))"),
                _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))", NO_SOFTPLUS),
            ],
        ),
        Misconception(
            "a token that has no say",
            "Δ comes from the bias alone now. The half-lives of the test are right, since its tokens say nothing. But "
            "a token that says something must move Δ: low_rank and dt_proj were right.",
            _raw("torch.zeros_like(u)"),
        ),
        Misconception(
            "half of what the token says",
            "You halve the sum, and with the bias you halve what the token says. Only the bias came twice: take it "
            "away in one place.",
            [_raw("F.linear(low_rank, dt_proj, dt_bias) / 2"), _raw("F.linear(low_rank, dt_proj) / 2")],
        ),
        Misconception(
            "a bias and a softplus that are gone",
            "You took away more than the mistake: the bias is in neither place, and no softplus is left. Δ can be "
            "negative.",
            edited(mended_ssm, NO_BIAS, NO_SOFTPLUS),
        ),
        Misconception(
            "half of the bias, once",
            "The bias comes in at half of its size. Half of it in both places would do, all of it in one place is "
            "simpler.",
            edited(mended_ssm, "delta_bias=dt_bias → delta_bias=dt_bias / 2"),
        ),
        Misconception(
            "a root of Δ",
            "You take the root of Δ. It was a square nearly, not exactly, and only for a token that says nothing. "
            "Ask what makes Δ so small, and mend that.",
            [
                _raw(f"F.softplus(F.linear(low_rank, dt_proj, {times}dt_bias)).sqrt()", NO_BIAS, NO_SOFTPLUS)
                for times in ("", "2 * ")
            ],
        ),
        Misconception(
            "a faster A",
            "The bias is still added twice, and A is made faster by a factor. The test needs another factor for each "
            "Δ: nine, about thirty, a hundred. Ask what makes Δ so small, and mend that.",
            [
                _raw("F.linear(low_rank, dt_proj, dt_bias)", f"rows[1], A → rows[1], {factor} * A")
                for factor in (9, 10, 100)
            ],
        ),
        Misconception(
            "a bias with a softplus of its own",
            "The bias goes through a softplus before it is added. It is a raw number: token and bias are added, and "
            "the softplus is taken of the sum.",
            edited(mended_ssm, "delta_bias=dt_bias → delta_bias=F.softplus(dt_bias)"),
        ),
        Misconception(
            "an exponential of A",
            "A comes as it is, negative. Only a block keeps it as a logarithm, A_log, and takes −exp of that.",
            edited(mended_ssm, "rows[1], A → rows[1], -torch.exp(A)"),
        ),
        Misconception(
            "a bias that is taken off",
            "You subtract the bias from the raw numbers. It is added, once.",
            edited(mended_ssm, "delta_bias=dt_bias → delta_bias=-dt_bias"),
        ),
    ],
)

# Exercise 5: reset_delta


def reset_delta(left: float, A: Tensor) -> float:
    """The smallest Δ after which no state keeps more than `left`: ln(1/left) / min |A|."""
    return math.log(1 / left) / A.abs().min().item()


def _reset(formula: str):
    """A wrong reset: another formula."""
    return edited(reset_delta, f"math.log(1 / left) / A.abs().min().item() → {formula}")


RESET = Exercise(
    id="07.reset_delta",
    title="How large must a reset be?",
    reference=reset_delta,
    cases=lambda draw: {
        "left": draw.choice([0.5, 0.1, 0.05, 0.01, 0.001]),
        "A": -(0.3 + draw.normal(draw.size(2, 5)).abs()),
    },
    example={"left": 0.01, "A": torch.tensor([-0.5, -1.0, -2.0, -4.0])},
    misconceptions=[
        Misconception(
            "the fastest state decides",
            "You divide by the largest |A|. With your Δ the fastest state is empty, but the slow ones still remember. "
            "All states must have forgotten.",
            _reset("math.log(1 / left) / A.abs().max().item()"),
        ),
        Misconception(
            "the mean state decides",
            "With the mean over the states, those that are slower than it keep more than is allowed. Which state "
            "forgets last?",
            [
                _reset("math.log(1 / left) / A.abs().mean().item()"),
                _reset("(math.log(1 / left) / A.abs()).mean().item()"),
            ],
        ),
        Misconception(
            "a share without its logarithm",
            "You divide by A what has not come down from the exponent. Take the logarithm of both sides of exp(Δ·A) "
            "= left.",
            [
                _reset(f"{share} / {rate}.item()")
                for share in ("left", "1 / left", "(1 - left)")
                for rate in ("A.abs().min()", "A.max()")
            ],
        ),
        Misconception(
            "a half-life",
            "ln 2 over |A| is when half is left. Here the share that may stay is given: `left`.",
            _reset("math.log(2) / A.abs().min().item()"),
        ),
        Misconception(
            "a Δ that is rounded",
            "You round. The smallest Δ is no whole number, and no number of two decimals: return it as it is.",
            [
                _reset("float(math.ceil(math.log(1 / left) / A.abs().min().item()))"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 1)"),
                _reset("math.ceil(10 * math.log(1 / left) / A.abs().min().item()) / 10"),
                _reset("round(math.log(1 / left) / A.abs().min().item(), 2)"),
            ],
        ),
        Misconception(
            "all states taken together",
            "You add up the rates, or count the states. Each of them fades by itself, and the slowest one decides.",
            [
                _reset("math.log(1 / left) / A.abs().sum().item()"),
                _reset("math.log(len(A) / left) / A.abs().min().item()"),
            ],
        ),
        Misconception(
            "a state by its place",
            "You look at the first or the last state. The states need not be sorted: which |A| forgets last?",
            [_reset(f"math.log(1 / left) / A.abs()[{i}].item()") for i in (0, -1)],
        ),
        Misconception(
            "one Δ for each state",
            "You give each state the Δ that it needs. But a token has one Δ for all of them, so it must do for the one "
            "that needs most.",
            [_reset("math.log(1 / left) / A.abs()"), _reset("(math.log(1 / left) / A.abs()).tolist()")],
        ),
        Misconception(
            "a raw number in the place of Δ",
            "You take the inverse of the softplus as well: this is the raw number w that a network would give. Wanted "
            "is Δ itself.",
            _reset("math.log(math.expm1(math.log(1 / left) / A.abs().min().item()))"),
        ),
        Misconception(
            "A is forgotten",
            "Your Δ is right for A = −1 only. What is left is exp(ΔA), so a slower state needs a larger Δ.",
            _reset("math.log(1 / left)"),
        ),
        Misconception(
            "a logarithm to base ten",
            "The state fades as a power of e, so the natural logarithm is wanted: math.log, not math.log10.",
            _reset("math.log10(1 / left) / A.abs().min().item()"),
        ),
        Misconception(
            "a logarithm to base two",
            "You count halvings: with base 2 the state would have to fade as a power of 2. It fades as a power of e.",
            _reset("math.log2(1 / left) / A.abs().min().item()"),
        ),
        Misconception(
            "the forgotten share in place of the kept one",
            "Your Δ lets `left` be *forgotten* and the rest stay. It should be the other way: `left` stays.",
            _reset("-math.log(1 - left) / A.abs().min().item()"),
        ),
        Misconception(
            "a product in place of a quotient",
            "You multiply by |A|. Solve exp(−Δ·|A|) = left for Δ once more: a faster state needs a *smaller* Δ.",
            [_reset(f"math.log(1 / left) * A.abs().{which}().item()") for which in ("max", "min")],
        ),
        Misconception(
            "a negative Δ",
            "The size is right, the sign is not. log(left) and A are both negative: what is their quotient?",
            _reset("math.log(left) / A.abs().min().item()"),
        ),
    ],
)

EXERCISES = [GATE, GATED, BY_HAND, PARAMETERS, MENDED, RESET]

RECAP = [
    Question(
        "Why is Δ a gate?",
        [
            "Because it is multiplied with the output",
            "Because a small Δ keeps the state and shuts the token out, and a large Δ does the opposite",
            "Because it is computed by a sigmoid",
            "Because it is learned",
        ],
        "Because a small Δ keeps the state and shuts the token out, and a large Δ does the opposite",
        "One number moves both doors: what is kept is exp(−Δ), and what is let in is 1 − exp(−Δ).",
    ),
    Question(
        "A = −1, and Δ = softplus(w). Which function of w is the gate, under the zero-order hold?",
        ["softplus(w)", "exp(−w)", "sigmoid(w)", "tanh(w)"],
        "sigmoid(w)",
        "exp(−softplus(w)) = 1/(1 + exp(w)) = 1 − σ(w). What is kept is 1 − σ(w), so the token gets σ(w).",
    ),
    Question(
        "Which of these depend on the token in Mamba?",
        ["Δ only", "Δ, B and C", "A, B and C", "Δ, A, B and C"],
        "Δ, B and C",
        "A is a parameter, the same for all tokens. But exp(ΔA) depends on the token, through Δ.",
    ),
    Question(
        "Twenty noise tokens follow, each with Δ = 0.05, with A = −1. How much of the state is left?",
        ["about 95 %", "about 37 %", "about 5 %", "nothing, the state is reset"],
        "about 37 %",
        "The Δ add up: 20 · 0.05 = 1, and exp(−1) = 0.37.",
    ),
    Question(
        "The bias of a channel is meant for Δ = 0.01 and is added twice by mistake. What is Δ about, for a token that "
        "says nothing?",
        ["0.02", "0.1", "0.005", "0.0001"],
        "0.0001",
        "For small Δ, softplus(x) is about exp(x). Twice the bias squares it: 0.01² = 0.0001.",
    ),
]
