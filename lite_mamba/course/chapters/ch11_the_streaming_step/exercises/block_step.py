"""Exercise 2: block_step."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from ...ch03_streaming_a_convolution.exercises import gated_conv_step
from .shared import HISTORY_AXES, STATE_AXES
from .state_update import state_update

PARTS = {"conv_step": gated_conv_step, "state_update": state_update}


def block_step(
    token: Tensor,
    history: Tensor,
    h: Tensor,
    weights: dict,
    parts: dict,
) -> tuple[Tensor, Tensor, Tensor]:
    """One token through the block: the output (B, d_model), the next history and the next state."""
    w = weights
    x, z = (token @ w["in_proj"].T).chunk(2, dim=-1)  # (B, D) each
    front = (w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])
    u, history = parts["conv_step"](x, history, *front)  # (B, D), (B, D, S)
    rank, states = w["dt_proj"].shape[1], h.shape[-1]
    low_rank, B, C = (u @ w["x_proj"].T).split([rank, states, states], dim=-1)  # (B, R), (B, N), (B, N)
    delta = low_rank @ w["dt_proj"].T  # (B, D)
    A = -torch.exp(w["A_log"])  # (D, N)
    y, h = parts["state_update"](h, u, delta, A, B, C, w["D"], z, w["dt_bias"])  # (B, D), (B, D, N)
    return y @ w["out_proj"].T, history, h


def _wired(*edits: str):
    """A step that is wired wrongly."""
    return edited(block_step, *edits)


def _history_made_by_hand(line: str):
    """A step that makes its next history itself, from the given one and x."""
    kept = line.replace("; ", "\n    ")
    return _wired("u, history = → u, _ =", f"rank, states = → {kept}\n    rank, states =")


def _one_step(function, token, history, h, weights):
    given = dict(PARTS)
    result = function(token, history, h, weights, given)
    if given != PARTS:
        raise ValueError("your call changes `parts`, which the next call gets, too, even of another stream")
    return result


def _draw_step(draw: Draw) -> dict:
    batch, width, states = draw.size(1, 3), draw.size(1, 3), draw.size(1, 3)
    taps, branches, rank = draw.size(2, 3), draw.size(1, 2), draw.size(1, 2)
    inner, dilations = draw.size(2, 4) * width, tuple(range(1, branches + 1))
    weights = {
        "in_proj": draw.normal(2 * inner, width),
        "conv_weights": [draw.normal(inner, taps) for _ in dilations],
        "conv_biases": [draw.normal(inner) for _ in dilations],
        "conv_gates": draw.normal(branches),
        "dilations": dilations,
        "x_proj": draw.normal(rank + 2 * states, inner),
        "dt_proj": draw.normal(inner, rank),
        "dt_bias": draw.normal(inner),
        "A_log": draw.uniform(-0.5, 1.0, inner, states).round(decimals=1),
        "D": draw.normal(inner),
        "out_proj": draw.normal(width, inner),
    }
    return {
        "token": draw.normal(batch, width),
        "history": draw.normal(batch, inner, (taps - 1) * branches),
        "h": draw.normal(batch, inner, states),
        "weights": weights,
    }


def _several_columns(token: Tensor, history: Tensor, h: Tensor, weights: dict) -> bool:
    return history.shape[-1] > 1


BLOCK_STEP = Exercise(
    id="11.block_step",
    title="One token through the block",
    reference=block_step,
    cases=_draw_step,
    apply=_one_step,
    rtol=1e-3,
    atol=1e-4,
    axes={"the output": ("row", "number"), "the history": HISTORY_AXES, "the state": STATE_AXES},
    items=("the output", "the history", "the state"),
    misconceptions=[
        Misconception(
            "the halves in exchanged places",
            "Your x is z, and your z is x. The first half of what in_proj gives is the signal x, the second half is "
            "the gate z.",
            _wired("x, z = → z, x ="),
        ),
        Misconception(
            "the low rank taken from the middle",
            "You take B first, then the low rank, then C. In which order does x_proj give its three parts?",
            _wired("low_rank, B, C = → B, low_rank, C =", "[rank, states, states] → [states, rank, states]"),
        ),
        Misconception(
            "one map for in and out",
            "B and C are the same numbers in your step. x_proj gives N numbers for each of the two.",
            [_wired("A = -torch → C = B\n    A = -torch"), _wired("A = -torch → B = C\n    A = -torch")],
        ),
        Misconception(
            "a state that starts anew",
            "You hand a state of zeros to state_update, at every token. It wants the state from before the token, h.",
            _wired("(h, u, delta → (torch.zeros_like(h), u, delta"),
        ),
        Misconception(
            "flipped taps",
            "You turn the taps round. conv_step wants the weights as they are kept, the last tap for now.",
            _wired('(w["conv_weights"], → ([kernel.flip(-1) for kernel in w["conv_weights"]],'),
        ),
        Misconception(
            "gates that pass softmax twice",
            "You take the softmax of the gates, and conv_step takes it once more. Hand them over as they are.",
            _wired('w["conv_gates"] → w["conv_gates"].softmax(0)'),
        ),
        Misconception(
            "an activation behind out_proj",
            "You take SiLU of the output. out_proj is the last box of the drawing, and nothing comes behind it.",
            _wired('y @ w["out_proj"].T → F.silu(y @ w["out_proj"].T)'),
        ),
        Misconception(
            "a cut along the rows",
            "chunk and split cut along the first axis if you name none. That is the batch: the numbers of a token lie "
            "along the last one.",
            [
                _wired(".chunk(2, dim=-1) → .chunk(2)"),
                _wired(".chunk(2, dim=-1) → .split(len(w['D']))"),
                _wired("states], dim=-1) → states])"),
            ],
        ),
        Misconception(
            "halves taken in turns",
            "You take every second number of what in_proj gives. The first half is x, the second half is z.",
            _wired("x, z = ( → xz = (", ".chunk(2, dim=-1) → ; x, z = xz[:, 0::2], xz[:, 1::2]"),
        ),
        Misconception(
            "B and C in exchanged places",
            "Your B is C, and your C is B: the state is written with the way out and read with the way in. Nothing "
            "raises, both have N numbers. In which order does x_proj give its three parts?",
            _wired("low_rank, B, C = → low_rank, C, B ="),
        ),
        Misconception(
            "the low rank taken from the end",
            "You take the low rank of Δ from the end of what x_proj gives, and B and C from its beginning. In which "
            "order does x_proj give its three parts?",
            [
                _wired(f"low_rank, B, C = → {order}, low_rank =", "[rank, states, states] → [states, states, rank]")
                for order in ("B, C", "C, B")
            ],
        ),
        Misconception(
            "parts that begin at the wrong number",
            "R numbers for the step size come first, then N for B, and then N for C. Where do your B and your C begin, "
            "and where do they end, counted from the start of what x_proj gives?",
            [
                _wired(
                    "low_rank, B, C = ( → made = ",
                    '@ w["x_proj"].T).split([rank, states, states], dim=-1)  # (B, R), (B, N), (B, N) → @ '
                    f'w["x_proj"].T\n    low_rank, B, C = made[:, :rank], {B}, {C}',
                )
                for B, C in (
                    ("made[:, :states]", "made[:, states : 2 * states]"),
                    ("made[:, :states]", "made[:, states:]"),
                    ("made[:, rank : rank + states]", "made[:, states : 2 * states]"),
                    ("made[:, rank : rank + states]", "made[:, states:]"),
                    ("made[:, rank:states]", "made[:, states:]"),
                    ("made[:, rank:states]", "made[:, states : 2 * states]"),
                )
            ],
        ),
        Misconception(
            "a selection that does not see the convolution",
            "Δ, B and C are made from x. In the block they are made from u, the signal behind the convolution.",
            [
                _wired('u @ w["x_proj"] → x @ w["x_proj"]'),
                _wired('u @ w["x_proj"] → F.silu(x) @ w["x_proj"]'),
            ],
        ),
        Misconception(
            "a selection made from the gate",
            "Δ, B and C are made from z, the gate. They are made from u, the signal behind the convolution.",
            _wired('u @ w["x_proj"] → z @ w["x_proj"]'),
        ),
        Misconception(
            "a low rank taken for the step sizes",
            "x_proj gives R numbers for the step size, and the scan wants D of them, one a channel. Which weight of "
            "the drawing stands between the two?",
            _wired('low_rank @ w["dt_proj"].T → low_rank'),
        ),
        Misconception(
            "three parts of one size",
            "You ask for three parts of one size. The first has R numbers, the other two have N each.",
            _wired(".split([rank, states, states], dim=-1) → .chunk(3, dim=-1)"),
        ),
        Misconception(
            "a rank that is another number",
            "Your R is not the one of this block: it is fixed, worked out from d_model, or read along the wrong axis. "
            "Which weight has an axis of R numbers, and which of its two is it?",
            [
                *(_wired(f'w["dt_proj"].shape[1] → {rank}') for rank in ("1", 'w["dt_proj"].shape[0]')),
                _wired(
                    "low_rank, B, C = ( → made = ",
                    '@ w["x_proj"].T).split([rank, states, states], dim=-1)  # (B, R), (B, N), (B, N) → @ w["x_proj"].T'
                    "; low_rank, B, C = made[:, :1], made[:, 1 : 1 + states], made[:, 1 + states :]",
                ),
            ],
        ),
        Misconception(
            "a convolution of d_model channels",
            "The convolution, or its history, gets as many channels as the token has. Both work on D channels: on x, "
            "the whole first half of what in_proj makes of the token.",
            _wired('["conv_step"](x → ["conv_step"](token'),
        ),
        Misconception(
            "a convolution of the gate",
            "The convolution gets z. It works on x, the other half of what in_proj gives; z waits for the end.",
            _wired('["conv_step"](x → ["conv_step"](z'),
        ),
        Misconception(
            "a scan of the gate",
            "The scan gets z for its signal. It works on u, the signal behind the convolution; z waits for the end.",
            _wired('["state_update"](h, u → ["state_update"](h, z'),
        ),
        Misconception(
            "two results in exchanged places",
            "Each of the two parts gives its signal first, and its memory second: u and the history, y and h. You take "
            "them the other way round.",
            [_wired("u, history = → history, u ="), _wired("y, h = → h, y =")],
        ),
        Misconception(
            "signal and memory in exchanged places",
            "conv_step wants the signal first, and then its memory; state_update wants its memory first, and then the "
            "signal.",
            [_wired('["conv_step"](x, history → ["conv_step"](history, x'), _wired("](h, u → ](u, h")],
        ),
        Misconception(
            "two results in one name",
            "conv_step returns two things, u and the next history. Give each a name.",
            _wired("u, history = → u ="),
        ),
        Misconception(
            "a scan past the convolution",
            "The scan gets x. So the convolution is computed and only used for the selection. Which signal goes "
            "into the scan?",
            _wired("(h, u, delta → (h, x, delta"),
        ),
        Misconception(
            "a convolution that nothing reads",
            "The selection and the scan both get x. The convolution makes u, and u goes nowhere.",
            _wired('u @ w["x_proj"] → x @ w["x_proj"]', "(h, u, delta → (h, x, delta"),
        ),
        Misconception(
            "a SiLU too many",
            "You take SiLU of a signal before or behind the convolution. conv_step does it already, in each branch.",
            [
                _wired('rank, states = w["dt_proj"] → u = F.silu(u)\n    rank, states = w["dt_proj"]'),
                _wired('["conv_step"](x → ["conv_step"](F.silu(x)'),
                _wired("(h, u, delta → (h, F.silu(u), delta"),
                _wired('u @ w["x_proj"] → F.silu(u) @ w["x_proj"]'),
            ],
        ),
        Misconception(
            "a gate that passes SiLU twice",
            "You hand over SiLU(z), and state_update takes SiLU of it once more. It wants z itself.",
            _wired('w["D"], z, → w["D"], F.silu(z),'),
        ),
        Misconception(
            "a signal that gates itself",
            "The gate is made from the signal, x or u. It is the second half of what in_proj gives, z, that says how "
            "much goes on.",
            [_wired(f'w["D"], z, → w["D"], {signal},') for signal in ("u", "x")],
        ),
        Misconception(
            "the bias added twice",
            "You add dt_bias to delta, and state_update adds it once more. One of the two has to go. A published "
            "package shipped this mistake.",
            _wired('@ w["dt_proj"].T → @ w["dt_proj"].T + w["dt_bias"]'),
        ),
        Misconception(
            "softplus taken twice",
            "You make delta positive, and state_update does it again. Hand it over as dt_proj gives it.",
            [
                _wired('low_rank @ w["dt_proj"].T → F.softplus(low_rank @ w["dt_proj"].T)'),
                _wired(
                    'low_rank @ w["dt_proj"].T → F.softplus(low_rank @ w["dt_proj"].T + w["dt_bias"])',
                    'z, w["dt_bias"] → z, torch.zeros_like(w["dt_bias"])',
                ),
            ],
        ),
        Misconception(
            "a step size that is made twice",
            "You add the bias and take softplus, and state_update does both once more. Hand delta over as dt_proj "
            "gives it.",
            _wired('low_rank @ w["dt_proj"].T → F.softplus(low_rank @ w["dt_proj"].T + w["dt_bias"])'),
        ),
        Misconception(
            "skip and bias in exchanged places",
            "You hand over dt_bias as the skip, and D as the bias. Both have D numbers, so nothing raises.",
            _wired('w["D"], z, w["dt_bias"]) → w["dt_bias"], z, w["D"])'),
        ),
        Misconception(
            "two arguments in exchanged places",
            "Two arguments of state_update stand in each other's place, and their shapes fit all the same. Compare "
            "your call with its signature, from left to right.",
            [_wired(f"{a}, {b} → {b}, {a}") for a, b in (("u", "delta"), ('w["D"]', "z"), ("z", 'w["dt_bias"]'))],
        ),
        Misconception(
            "a step size without its bias",
            "dt_bias is nowhere in your step size: you hand over zeros for it, take off what state_update adds, or "
            "leave it out of a scan of your own.",
            _wired('z, w["dt_bias"] → z, torch.zeros_like(w["dt_bias"])'),
        ),
        Misconception(
            "a logarithm in the place of A",
            "state_update wants A, which is negative. The parameter A_log is the logarithm of −A: A = −exp(A_log).",
            [
                _wired(f'-torch.exp(w["A_log"]) → {rates}')
                for rates in ('w["A_log"]', '-w["A_log"]', 'torch.log(w["A_log"])', '-torch.log(w["A_log"])')
            ],
        ),
        Misconception(
            "A without its sign",
            "You hand over exp(A_log), which is positive, so that each decay, exp(Δ·A), is above one. A is its "
            "negative.",
            _wired("-torch.exp → torch.exp"),
        ),
        Misconception(
            "a minus in the exponent",
            "exp(−A_log) turns the rates upside down, 1/n for n. The one minus of A stands in front of the "
            "exponential.",
            [_wired('-torch.exp(w["A_log"]) → torch.exp(-w["A_log"])'), _wired('exp(w["A_log"]) → exp(-w["A_log"])')],
        ),
        Misconception(
            "another way from A_log to A",
            "You make A from A_log in another way. A_log is the logarithm of −A: what undoes a logarithm, and "
            "how often? The decay, exp(Δ·A), is made in state_update.",
            [
                _wired(f'-torch.exp(w["A_log"]) → {rates}')
                for rates in (
                    '-F.softplus(w["A_log"])',
                    'torch.exp(-torch.exp(w["A_log"]))',
                    '-torch.exp(torch.exp(w["A_log"]))',
                )
            ],
        ),
        Misconception(
            "a SiLU on the output",
            "You take SiLU of y. The gate is in it already: y goes through out_proj as it is.",
            _wired("return y @ → return F.silu(y) @"),
        ),
        Misconception(
            "an input that is added on",
            "You add x or u to the output. That is the work of the model around the block (a residual); "
            "the block itself adds only the skip D·u, and state_update has done that.",
            [_wired("return y @ → return (y + x) @"), _wired("return y @ → return (y + u) @")],
        ),
        Misconception(
            "a token that goes into the history twice",
            "The present token goes in twice: you put x into the history, and conv_step appends it by itself, at each "
            "call. Hand the history over as it came, and give back what conv_step returns.",
            [
                *(
                    _wired(f"{line} → history = torch.cat([history[..., 1:], x[..., None]], dim=-1)\n    {then}")
                    for line, then in (
                        ("u, history =", "u, history ="),
                        ("u, history =", "u, _ ="),
                        ("rank, states =", "rank, states ="),
                    )
                ),
                _wired("u, history = → history = history.clone()\n    history[..., -1] = x\n    u, history ="),
            ],
            where=_several_columns,
        ),
        Misconception(
            "the gate applied twice",
            "You multiply by SiLU(z), and state_update has done it already.",
            _wired("return y → return y * F.silu(z)"),
        ),
        Misconception(
            "a skip added twice",
            "You add a skip, and state_update has done it already.",
            [_wired('return y → return (y + w["D"] * u)'), _wired('return y → return (y + w["D"] * x)')],
        ),
        Misconception(
            "skip and gate a second time",
            "You add D·u and multiply by SiLU(z), and state_update has done both already.",
            _wired('return y → return (y + w["D"] * u) * F.silu(z)'),
        ),
        Misconception(
            "the token added to the output",
            "You add the token to the output. A sum around the block, if there is one, belongs to the model, and the "
            "block itself gives out_proj's result alone.",
            _wired("return y → return token + y"),
        ),
        Misconception(
            "the output alone",
            "You return the output and keep both memories to yourself. The next token needs them: who calls you hands "
            "them in again.",
            _wired("T, history, h → T"),
        ),
        Misconception(
            "an output that has not passed out_proj",
            "You return y, which has d_inner channels. out_proj leads back to d_model.",
            _wired('y @ w["out_proj"].T → y'),
        ),
        Misconception(
            "a weight the wrong way round",
            "A linear layer keeps its weight as (out, in). To multiply from the right it has to be (in, out). "
            "F.linear takes it as it is kept.",
            [_wired(f'w["{name}"].T → w["{name}"]') for name in ("in_proj", "x_proj", "dt_proj", "out_proj")],
        ),
        Misconception(
            "a history that is returned as it came",
            "The state moves on, and the history of the convolution stays as it was given. Where does the next one "
            "come from?",
            _wired("u, history = → u, _ ="),
        ),
        Misconception(
            "a state that is returned as it came",
            "The history moves on, and the state of the scan stays as it was given. state_update returns two things.",
            _wired("y, h = → y, _ ="),
        ),
        Misconception(
            "both memories returned as they came",
            "Neither history nor state moves on, so every token is the first one. Both parts return two things.",
            _wired("u, history = → u, _ =", "y, h = → y, _ ="),
        ),
        Misconception(
            "a history that is overwritten",
            "The latest input has replaced the last column, and the others stay where they are. A history moves on: "
            "its oldest column goes, and all others come one place nearer to the past. conv_step returns it ready.",
            [
                _history_made_by_hand("history = history.clone(); history[..., -1] = x"),
                _wired("u, history = → history = history.clone()\n    history[..., -1] = x\n    u, _ ="),
            ],
            where=_several_columns,
        ),
        Misconception(
            "a history that moves the wrong way",
            "Your history has its latest input in front. Here the oldest comes first and the latest last.",
            _history_made_by_hand("history = torch.cat([x[..., None], history[..., :-1]], dim=-1)"),
        ),
        Misconception(
            "a history that grows",
            "Your history has a column more at each token. Its oldest column has to go: it keeps the last S inputs.",
            _history_made_by_hand("history = torch.cat([history, x[..., None]], dim=-1)"),
        ),
        Misconception(
            "a history of the gate",
            "You keep z. The convolution looks back at its inputs, x.",
            _history_made_by_hand("history = torch.cat([history[..., 1:], z[..., None]], dim=-1)"),
        ),
        Misconception(
            "a history of what the convolution gives",
            "You keep u. The convolution looks back at its inputs, x.",
            _history_made_by_hand("history = torch.cat([history[..., 1:], u[..., None]], dim=-1)"),
        ),
        Misconception(
            "the two memories in exchanged places",
            "The output comes first, then the history, then the state.",
            _wired("T, history, h → T, h, history"),
        ),
    ],
)
