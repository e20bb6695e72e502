"""Exercises of notebook 07: Δ as a gate, a gated state, noise that is skipped, projections, a reset, a bias twice."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import selective_scan_fn

from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: gate_from_delta


def gate_from_delta(delta: Tensor) -> Tensor:
    """g = 1 − exp(−Δ): the share of the state that one token replaces, for A = −1 and the zero-order hold."""
    return 1 - torch.exp(-delta)  # (L,)


GATE = Exercise(
    id="07.gate_from_delta",
    title="A gate from Δ",
    reference=gate_from_delta,
    cases=lambda draw: {"delta": draw.uniform(0.1, 5.0, draw.size(2, 6))},
    axes=("token",),
    example={"delta": torch.tensor([0.001, 1.0, 3.0])},  # the first one tells a sigmoid from the gate
    misconceptions=[
        Misconception(
            "the share that is kept",
            "exp(−Δ) is what is left of the old state. The gate is the other share, the one that the token takes. "
            "Try a very small Δ: must the gate be near 0 or near 1?",
            lambda delta: torch.exp(-delta),
        ),
        Misconception(
            "Δ itself",
            "Close for a small Δ. But a gate is a share, it never exceeds 1. What does your gate say for Δ = 3?",
            lambda delta: delta.clone(),
        ),
        Misconception(
            "a Δ that is cut off at one",
            "A share must not exceed 1, so you cut. But the exact share bends smoothly: at Δ = 1 a part of the old "
            "state is still there. How much, by the zero-order hold?",
            lambda delta: delta.clamp(max=1),
        ),
        Misconception(
            "a sigmoid of Δ",
            "The sigmoid belongs to the raw number w, before the softplus. Here you get Δ, after it. With a sigmoid a "
            "token with Δ = 0 would still replace half of the state.",
            torch.sigmoid,
        ),
        Misconception(
            "a missing minus sign",
            "exp(Δ) grows with Δ, so your gate is negative. The state fades: the exponent is ΔA, and A = −1.",
            lambda delta: 1 - torch.exp(delta),
        ),
    ],
)

# Exercise 2: gated_state


def gated_state(u: Tensor, g: Tensor) -> Tensor:
    """h_t = (1 − g_t) h_{t−1} + g_t u_t, from h = 0."""
    return _gated(u, g, lambda h, u_t, g_t: (1 - g_t) * h + g_t * u_t)


def _gated(u, g, step):
    h, states = torch.zeros(()), []
    for u_t, g_t in zip(u, g, strict=True):
        h = step(h, u_t, g_t)  # ()
        states.append(h)
    return torch.stack(states)  # (L,)


def _before_the_token(u, g):
    return torch.cat([torch.zeros(1), gated_state(u, g)[:-1]])


def _cases_of_gates(draw: Draw) -> dict:
    length = draw.size(2, 8)
    return {"u": draw.normal(length), "g": draw.uniform(0.05, 0.95, length)}


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
            lambda u, g: _gated(u, g, lambda h, u_t, g_t: g_t * h + (1 - g_t) * u_t),
        ),
        Misconception(
            "a token that passes beside the gate",
            "The old state fades by 1 − g, but the token comes in at full strength. So a closed gate, g = 0, does not "
            "keep the token out.",
            lambda u, g: _gated(u, g, lambda h, u_t, g_t: (1 - g_t) * h + u_t),
        ),
        Misconception(
            "an old state that never fades",
            "The token is let in by g, but the whole old state stays too. So an open gate, g = 1, does not reset: the "
            "token is added to what was there.",
            lambda u, g: _gated(u, g, lambda h, u_t, g_t: h + g_t * u_t),
        ),
        Misconception(
            "one gate for all tokens",
            "You use the gate of the first token throughout. But every token has a g of its own.",
            lambda u, g: gated_state(u, g[:1].expand_as(g)),
        ),
        Misconception(
            "a gate that comes one token late",
            "Token t is let in by the gate of the token before it. Each token has its own gate: g[t] with u[t].",
            lambda u, g: gated_state(u, torch.cat([g[:1], g[:-1]])),
        ),
        Misconception(
            "the state before the token",
            "You store the state first and update it afterwards. The result at t should already contain token t.",
            _before_the_token,
        ),
        Misconception(
            "the last state only",
            "All states are wanted, one a token. Collect them in a list on the way.",
            lambda u, g: gated_state(u, g)[-1],
        ),
    ],
)

# Exercise 3: delta_by_hand, judged by what the state does


def delta_by_hand(is_data: Tensor) -> Tensor:
    """A large Δ for data and a tiny one for noise."""
    return torch.where(is_data, 10.0, 1e-5)  # (L,)


class DataDoNotReset(ValueError):
    """Each data token replaces a part of the state, but not nearly all of it."""


class NoiseLeaks(ValueError):
    """Data come in, and then the noise washes them out, little by little."""


def _hold_through_noise(function, is_data: Tensor, u: Tensor) -> Tensor:
    """What the check looks at: the states that this Δ leads to. Two ways of being wrong are told by their behaviour.

    Raises:
        DataDoNotReset, NoiseLeaks: the states are wrong, and this is why.
        ValueError: the result is no list of step sizes.
    """
    delta = function(is_data)
    if not isinstance(delta, Tensor) or delta.shape != u.shape:
        got = tuple(delta.shape) if isinstance(delta, Tensor) else type(delta).__name__
        raise ValueError(f"one Δ a token is wanted, shape {tuple(u.shape)}; got {got}")
    if (delta < 0).any() or not torch.isfinite(delta).all():
        kind = "negative" if (delta < 0).any() else "not finite"
        raise ValueError(f"a Δ is {kind}")
    gates = gate_from_delta(delta.float())  # (L,)
    states, wanted = gated_state(u, gates), gated_state(u, gate_from_delta(delta_by_hand(is_data)))  # (L,) each
    if not torch.allclose(states, wanted, rtol=0.02, atol=0.1):
        _tell_why(gates, is_data)
    return states


def _tell_why(gates: Tensor, is_data: Tensor) -> None:
    """Raises what describes these gates (L,) best; if nothing does, the states themselves are judged."""
    data, noise = gates[is_data].min(), torch.where(is_data, 0.0, gates).max()
    if 0.05 < data < 0.98 and noise < 0.05:
        raise DataDoNotReset(f"a data token replaces {100 * data:.0f} % of the state")
    if data > 0.9 and 0 < noise < 0.5:
        raise NoiseLeaks(f"a noise token replaces {100 * noise:.1f} % of the state")


def _streams(draw: Draw) -> dict:
    length = draw.size(3, 20)
    is_data = draw.uniform(0, 1, length) < 0.4
    is_data[draw.size(0, length - 2)] = True
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
            lambda is_data: torch.where(is_data, 1e-5, 10.0),
        ),
        Misconception(
            "data that do not reset",
            "Noise is held out well. But your Δ for data is too small: with Δ = 1, as if Δ were the gate, a data token "
            "replaces only 63 % of the state, with Δ = 3 it is 95 %. The rest stays old. Which Δ gives a gate of "
            "almost 1?",
            raises=DataDoNotReset,
        ),
        Misconception(
            "one Δ for all tokens",
            "Data and noise have the same Δ, so the state treats them alike. Look at `is_data`.",
            lambda is_data: torch.full(is_data.shape, 10.0),
        ),
        Misconception(
            "a hold that leaks",
            "Data come in well. But your Δ for noise is too large, and the losses of all noise tokens add up: with "
            "Δ = 0.1 twenty of them wash out 86 % of the data, with Δ = 0.01 still 18 %. Which Δ loses less than 1 % "
            "over twenty of them?",
            raises=NoiseLeaks,
        ),
        Misconception(
            "raw numbers in place of Δ",
            "Your Δ is negative on noise. Then exp(−Δ) is larger than 1, and the state grows with every noise token. A "
            "raw number w may be negative, Δ = softplus(w) never is.",
            raises=ValueError,
            when=lambda error: "negative" in str(error),
        ),
        Misconception(
            "a mask that comes one token late",
            "Your Δ opens the door one token after the data. The Δ of token t decides about token t itself.",
            lambda is_data: delta_by_hand(torch.cat([is_data[:1] & False, is_data[:-1]])),
        ),
        Misconception(
            "an infinite Δ",
            "No network gives an infinite Δ, and the package would multiply it with the input. A finite one will do: "
            "exp(−Δ) is below 0.001 soon.",
            raises=ValueError,
            when=lambda error: "not finite" in str(error),
        ),
    ],
)

# Exercise 4: selective_parameters


def selective_parameters(u: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Δ (B, L, D), B and C (B, L, N) of every token, from u (B, L, D): algorithm 2 with a low rank for Δ."""
    low_rank, B, C = _projected(u, x_proj, dt_proj)
    return F.softplus(low_rank @ dt_proj.T + dt_bias), B, C


def _projected(u, x_proj, dt_proj, order=(0, 1, 2)):
    """R, N and N numbers a token. `order` says which part is taken for the low rank, for B and for C."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    sizes = [states, states, states]
    sizes[order.index(0)] = rank
    parts = (u @ x_proj.T).split(sizes, dim=-1)
    return tuple(parts[order.index(i)] for i in range(3))


def _with_delta(delta_of):
    """A wrong `selective_parameters` whose Δ is delta_of(low_rank, dt_proj, dt_bias)."""

    def wrong(u, x_proj, dt_proj, dt_bias):
        low_rank, B, C = _projected(u, x_proj, dt_proj)
        return delta_of(low_rank, dt_proj, dt_bias), B, C

    return wrong


def _mean_over_tokens(u, x_proj, dt_proj, dt_bias):
    delta, B, C = selective_parameters(u, x_proj, dt_proj, dt_bias)
    return delta, B.mean(dim=1, keepdim=True).expand_as(B), C.mean(dim=1, keepdim=True).expand_as(C)


def _one_delta_for_all_channels(u, x_proj, dt_proj, dt_bias):
    delta, B, C = selective_parameters(u, x_proj, dt_proj, dt_bias)
    return delta[..., :1].expand_as(delta), B, C


def _low_rank_last(u, x_proj, dt_proj, dt_bias):
    low_rank, B, C = _projected(u, x_proj, dt_proj, order=(1, 2, 0))
    return F.softplus(low_rank @ dt_proj.T + dt_bias), B, C


def _swapped(u, x_proj, dt_proj, dt_bias):
    delta, B, C = selective_parameters(u, x_proj, dt_proj, dt_bias)
    return delta, C, B


def _projection_cases(draw: Draw) -> dict:
    batch, length, channels = draw.size(1, 2), draw.size(2, 5), draw.size(2, 5)
    states, rank = draw.size(2, 4), draw.size(1, 3)
    return {
        "u": draw.normal(batch, length, channels),
        "x_proj": draw.normal(rank + 2 * states, channels),
        "dt_proj": draw.normal(channels, rank),
        "dt_bias": draw.normal(channels),
    }


PARAMETERS = Exercise(
    id="07.selective_parameters",
    title="Δ, B and C from the token",
    reference=selective_parameters,
    cases=_projection_cases,
    axes=("batch", "token", "channel"),
    misconceptions=[
        Misconception(
            "a forgotten softplus",
            "Your Δ is the raw number, and it can be negative. Then exp(ΔA) is larger than 1 and the state explodes. "
            "What makes a number positive, and leaves large ones almost as they are?",
            _with_delta(lambda low, weight, bias: low @ weight.T + bias),
        ),
        Misconception(
            "a bias after the softplus",
            "The softplus comes too early: the bias is added to its result, and a negative bias can make Δ negative. "
            "The bias belongs to the raw number.",
            _with_delta(lambda low, weight, bias: F.softplus(low @ weight.T) + bias),
        ),
        Misconception(
            "a forgotten bias",
            "Your Δ comes from the token alone. In the bias each channel keeps its own time scale: the Δ of a token "
            "that says nothing.",
            _with_delta(lambda low, weight, bias: F.softplus(low @ weight.T)),
        ),
        Misconception(
            "a bias that is added twice",
            "The bias is in your Δ two times. Perhaps you added it to a result that had it already.",
            _with_delta(lambda low, weight, bias: F.softplus(low @ weight.T + 2 * bias)),
        ),
        Misconception(
            "a softplus of a softplus",
            "The softplus is applied twice. The second one lifts everything: no Δ can be below softplus(0) = 0.69, so "
            "no token can hold the state.",
            _with_delta(lambda low, weight, bias: F.softplus(F.softplus(low @ weight.T + bias))),
        ),
        Misconception(
            "a softplus in the low rank",
            "You apply the softplus to the R numbers before they are projected to the channels. After the projection "
            "they can be negative again.",
            _with_delta(lambda low, weight, bias: F.softplus(low) @ weight.T + bias),
        ),
        Misconception(
            "B and C that are the same for all tokens",
            "Your B and C are averaged over the line. Then they do not depend on the token, and half of the selection "
            "is gone. Keep the axis L.",
            _mean_over_tokens,
        ),
        Misconception(
            "one Δ for all channels",
            "All channels of a token share one Δ. There are D of them: dt_proj makes D numbers out of R.",
            _one_delta_for_all_channels,
        ),
        Misconception(
            "B and C in exchanged places",
            "Your B is C, and your C is B. In the rows of x_proj, B stands before C.",
            _swapped,
        ),
        Misconception(
            "a low rank that is taken from the end",
            "You split the projected numbers as B, C, low rank. The order is low rank, B, C: the first R rows of "
            "x_proj belong to Δ.",
            _low_rank_last,
        ),
        Misconception(
            "a weight that is not transposed",
            "The shapes of your product do not fit. A weight is stored as (outputs, inputs), so u @ x_proj.T, or "
            "F.linear(u, x_proj), which transposes by itself.",
            raises=RuntimeError,
            when=lambda error: "mat1 and mat2" in str(error) or "must match" in str(error) or "batch2" in str(error),
        ),
    ],
)

# The bug hunt: mended_ssm


def mended_ssm(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> Tensor:
    """The selective scan of u (B, L, D), with the bias of Δ added once. Returns (B, L, D)."""
    return _ssm(u, A, x_proj, dt_proj, lambda raw: F.softplus(raw + dt_bias))


def _ssm(u, A, x_proj, dt_proj, delta_of):
    """A selective scan whose Δ (B, L, D) is delta_of(raw)."""
    low_rank, B, C = _projected(u, x_proj, dt_proj)
    delta = delta_of(low_rank @ dt_proj.T)  # (B, L, D)
    rows = [part.transpose(1, 2) for part in (u, delta, B, C)]  # (B, …, L) each
    return selective_scan_fn(rows[0], rows[1], A, rows[2], rows[3]).transpose(1, 2)


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
    misconceptions=[
        Misconception(
            "the code as it came",
            "It computes what the suspect computes, so its half-lives are still too long. Take a token that says "
            "nothing, and write down with letters what Δ is: from the projection up to the exponential.",
            lambda u, A, x_proj, dt_proj, dt_bias: _ssm(
                u, A, x_proj, dt_proj, lambda raw: F.softplus(raw + 2 * dt_bias)
            ),
        ),
        Misconception(
            "a bias that is gone",
            "Now the bias is nowhere: it was removed in both places. One of the two was right.",
            lambda u, A, x_proj, dt_proj, dt_bias: _ssm(u, A, x_proj, dt_proj, F.softplus),
        ),
        Misconception(
            "a softplus that is applied twice",
            "You apply the softplus yourself, and the scan does it again, because of delta_softplus=True. Let one of "
            "the two do it.",
            lambda u, A, x_proj, dt_proj, dt_bias: _ssm(
                u, A, x_proj, dt_proj, lambda raw: F.softplus(F.softplus(raw + dt_bias))
            ),
        ),
        Misconception(
            "a softplus that is gone",
            "The bias is right now, but no softplus is left: Δ can be negative. delta_softplus=True was no mistake.",
            lambda u, A, x_proj, dt_proj, dt_bias: _ssm(u, A, x_proj, dt_proj, lambda raw: raw + dt_bias),
        ),
        Misconception(
            "a bias around the softplus",
            "You apply the softplus first, then the scan adds the bias to the result and applies it again. The order "
            "is: raw number, plus bias, softplus, each once.",
            lambda u, A, x_proj, dt_proj, dt_bias: _ssm(
                u, A, x_proj, dt_proj, lambda raw: F.softplus(F.softplus(raw) + dt_bias)
            ),
        ),
    ],
)

# Exercise 5: reset_delta


def reset_delta(left: float, A: Tensor) -> float:
    """The smallest Δ after which no state keeps more than `left`: ln(1/left) / min |A|."""
    return math.log(1 / left) / A.abs().min().item()


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
            lambda left, A: math.log(1 / left) / A.abs().max().item(),
        ),
        Misconception(
            "the mean state decides",
            "With the mean of |A|, the states that are slower than the mean keep more than is allowed. Which state "
            "forgets last?",
            lambda left, A: math.log(1 / left) / A.abs().mean().item(),
        ),
        Misconception(
            "A is forgotten",
            "Your Δ is right for A = −1 only. What is left is exp(ΔA), so a slower state needs a larger Δ.",
            lambda left, A: math.log(1 / left),
        ),
        Misconception(
            "a logarithm to base ten",
            "The state fades as a power of e, so the natural logarithm is wanted: math.log, not math.log10.",
            lambda left, A: math.log10(1 / left) / A.abs().min().item(),
        ),
        Misconception(
            "the forgotten share in place of the kept one",
            "Your Δ lets `left` be *forgotten* and the rest stay. It should be the other way: `left` stays.",
            lambda left, A: -math.log(1 - left) / A.abs().min().item(),
        ),
        Misconception(
            "a product in place of a quotient",
            "You multiply by |A|. Solve exp(−Δ·|A|) = left for Δ once more: a faster state needs a *smaller* Δ.",
            lambda left, A: math.log(1 / left) * A.abs().max().item(),
        ),
        Misconception(
            "a negative Δ",
            "The size is right, the sign is not. log(left) and A are both negative: what is their quotient?",
            lambda left, A: math.log(left) / A.abs().min().item(),
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
