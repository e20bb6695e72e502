"""Exercises of notebook 11: one token through scan and block, a generation loop, memory, a reset, three bugs."""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import InferenceParams, Mamba, selective_scan_fn

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question
from ..ch03_streaming_a_convolution.exercises import gated_conv_step

HISTORY_AXES = ("row", "channel", "column")
STATE_AXES = ("row", "channel", "state")

# Exercise 1: state_update


def state_update(
    h: Tensor,
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    z: Tensor,
    dt_bias: Tensor,
) -> tuple[Tensor, Tensor]:
    """One token of the scan: the output (B, D) and the next state (B, D, N)."""
    delta = F.softplus(delta + dt_bias)  # (B, D)
    h = torch.exp(delta[..., None] * A) * h + (delta * u)[..., None] * B[:, None]  # (B, D, N)
    y = torch.einsum("b d n, b n -> b d", h, C)  # (B, D)
    return (y + D * u) * F.silu(z), h


def _updated(*edits: str):
    """A wrong update."""
    return edited(state_update, *edits)


def _draw_token(draw: Draw) -> dict:
    batch, channels, states = draw.size(1, 3), draw.size(1, 4), draw.size(1, 4)
    return {
        "h": draw.normal(batch, channels, states),
        "u": draw.normal(batch, channels),
        "delta": draw.normal(batch, channels),
        "A": -draw.uniform(0.2, 2.0, channels, states).round(decimals=1),
        "B": draw.normal(batch, states),
        "C": draw.normal(batch, states),
        "D": draw.normal(channels),
        "z": draw.normal(batch, channels),
        "dt_bias": draw.normal(channels),
    }


UPDATE = Exercise(
    id="11.state_update",
    title="One token of the scan",
    reference=state_update,
    cases=_draw_token,
    axes={"the output": ("row", "channel"), "the state": STATE_AXES},
    items=("the output", "the state"),
    misconceptions=[
        Misconception(
            "an output read before the update",
            "Your output reads the state as it was before the present token was added. So the token does not reach its "
            "own output through the state, only through the skip. Which h stands in y = C · h?",
            [
                _updated("h = torch.exp → old, h = h, torch.exp", 'b d", h, C → b d", old, C'),
                _updated('b d", h, C → b d", h - (delta * u)[..., None] * B[:, None], C'),
            ],
        ),
        Misconception(
            "a step size without softplus",
            "You use delta + dt_bias as it is. It may be negative, and then exp(Δ·A) is above one: the state grows "
            "instead of fading. Which function makes a step size positive?",
            _updated("F.softplus(delta + dt_bias) → delta + dt_bias"),
        ),
        Misconception(
            "another function in the place of softplus",
            "Your step size is positive, or nearly, and it is not the one that the model was trained with. It is "
            "log(1 + exp(·)) of delta and bias, the function whose inverse you wrote in notebook 06.",
            [
                _updated(f"F.softplus(delta → {other}(delta")
                for other in ("torch.exp", "torch.relu", "torch.sigmoid", "F.silu")
            ],
        ),
        Misconception(
            "a step size without its bias",
            "You apply softplus to delta alone. The bias holds the time scale that the channel was born with "
            "(notebook 06). Where does it come in, before softplus or behind it?",
            _updated("delta + dt_bias → delta"),
        ),
        Misconception(
            "the bias added twice",
            "dt_bias comes in two times. Nothing raises, the step sizes are only other ones: shorter where the "
            "bias is negative, as in a new block. Look for each place where it is added.",
            [_updated("+ dt_bias) → + 2 * dt_bias)"), _updated("+ dt_bias) → + dt_bias) + dt_bias")],
        ),
        Misconception(
            "the bias added behind softplus",
            "You add dt_bias to the finished step size. A negative bias may then make it negative. Add first, then "
            "make it positive.",
            _updated("(delta + dt_bias) → (delta) + dt_bias"),
        ),
        Misconception(
            "softplus of each by itself",
            "You take softplus of delta and of the bias, and then join the two. The bias shifts what goes *into* "
            "softplus: add first.",
            [_updated(f"F.softplus(delta + dt_bias) → F.softplus(delta) {sign} F.softplus(dt_bias)") for sign in "+*"],
        ),
        Misconception(
            "softplus taken twice",
            "Your step size has been through softplus two times. It makes each Δ at least ln 2, about 0.69: no token "
            "can pass unseen.",
            _updated("F.softplus(delta + dt_bias) → F.softplus(F.softplus(delta + dt_bias))"),
        ),
        Misconception(
            "a bias that is taken off",
            "You subtract dt_bias. It is added to delta, before softplus.",
            _updated("delta + dt_bias → delta - dt_bias"),
        ),
        Misconception(
            "a step size that is ready in one place only",
            "In one of its two places delta still is what came in: without bias, or without softplus. The decay and "
            "the drive need the same step size.",
            [
                _updated("delta = F.softplus → raw, delta = delta, F.softplus", f"{place} → {raw}")
                for place in ("torch.exp(delta", "(delta * u)")
                for raw in (place.replace("delta", "raw"), place.replace("delta", "(raw + dt_bias)"))
            ],
        ),
        Misconception(
            "a state that is returned as it came",
            "The output is right, and the state that you return is the one that was given. The next token would "
            "start from there, and nothing would ever be remembered.",
            _updated("h = torch.exp → old, h = h, torch.exp", "F.silu(z), h → F.silu(z), old"),
        ),
        Misconception(
            "the given state changed in place",
            "The numbers are right, but you have written them into the h that was given. Whoever still needs the old "
            "state, to try another token for example, has lost it. Make a new tensor.",
            _updated("F.silu(z), h → F.silu(z), given.copy_(h)", "h = torch.exp → given, h = h, torch.exp"),
        ),
        Misconception(
            "a drive without its input",
            "You add Δ·B, the same for every token. What is written into the state is the token: Δ·B·u.",
            _updated("(delta * u)[..., None] → delta[..., None]"),
        ),
        Misconception(
            "a drive with the step size twice",
            "The step size comes into your drive twice. The code adds Δ·B·u, with one Δ.",
            _updated("(delta * u)[..., None] → (delta * delta * u)[..., None]"),
        ),
        Misconception(
            "a state read without its way out",
            "You add the states up as they are. C says how much of each is read: y = C · h.",
            _updated('torch.einsum("b d n, b n -> b d", h, C) → h.sum(-1)'),
        ),
        Misconception(
            "a gate that is added",
            "You add SiLU(z). A gate multiplies: where it is near zero, it lets nothing through.",
            _updated("(y + D * u) * F.silu(z) → y + D * u + F.silu(z)"),
        ),
        Misconception(
            "a signal that gates itself",
            "The gate is made from u, the signal. It is z that says how much goes on.",
            _updated("F.silu(z) → F.silu(u)"),
        ),
        Misconception(
            "the two results in exchanged places",
            "You return the state first. The output comes first, then the next state.",
            _updated("return (y + D * u) * F.silu(z), h → return h, (y + D * u) * F.silu(z)"),
        ),
        Misconception(
            "a forgotten decay",
            "You add the drive to the old state, and the old state does not fade. Which factor stands in front of "
            "h in equation 2?",
            _updated("torch.exp(delta[..., None] * A) * h → h"),
        ),
        Misconception(
            "a drive that fades at once",
            "You add the present token first, and then let old state and token fade together. In equation 2 only the "
            "old state fades.",
            _updated("* h + (delta * u)[..., None] * B[:, None] → * (h + (delta * u)[..., None] * B[:, None])"),
        ),
        Misconception(
            "a decay without the step size",
            "Your decay is exp(A), the same at every token. Then a token with a small Δ, which should pass almost "
            "unseen, still makes the state fade.",
            _updated("torch.exp(delta[..., None] * A) → torch.exp(A)"),
        ),
        Misconception(
            "a decay without the exponential",
            "You multiply the state by Δ·A, which is negative. The decay is the exponential of it, a number between "
            "0 and 1.",
            _updated("torch.exp(delta[..., None] * A) → delta[..., None] * A"),
        ),
        Misconception(
            "a decay by Euler's rule",
            "1 + Δ·A is close to exp(Δ·A) for a small step only. Notebook 04 shows what it does for a large one.",
            _updated("torch.exp(delta[..., None] * A) → (1 + delta[..., None] * A)"),
        ),
        Misconception(
            "a decay by the bilinear rule",
            "(1 + Δ·A/2) / (1 − Δ·A/2) is another discretisation of notebook 04. Mamba takes exp(Δ·A).",
            _updated(
                "torch.exp(delta[..., None] * A) → (1 + delta[..., None] * A / 2) / (1 - delta[..., None] * A / 2)"
            ),
        ),
        Misconception(
            "a state that grows",
            "Your decay is above one. A is negative already, so the minus sign that you put in front of it is one too "
            "many.",
            _updated("torch.exp(delta → torch.exp(-delta"),
        ),
        Misconception(
            "A taken for its logarithm",
            "You make −exp(A) of A. Here A is ready: negative, and not a logarithm. Only the parameter of the block "
            "is one.",
            _updated("* A) → * -torch.exp(A))"),
        ),
        Misconception(
            "a drive without the step size",
            "You add B·u. The code adds Δ·B·u: a token with a small Δ is hardly written.",
            _updated("(delta * u)[..., None] → u[..., None]"),
        ),
        Misconception(
            "a drive without its way in",
            "You add Δ·u to every state alike. B says how much of it each of the N states takes.",
            _updated(" * B[:, None] → "),
        ),
        Misconception(
            "a drive by zero-order hold",
            "This is equation 4 of the paper, the exact way in. The authors' code and the package use Δ·B·u, and a "
            "trained model expects what it was trained with. Notebook 04 says why.",
            _updated("(delta * u)[..., None] → torch.expm1(delta[..., None] * A) / A * u[..., None]"),
        ),
        Misconception(
            "a gate without SiLU",
            "The gate is SiLU(z) = z · sigmoid(z): not z alone, not the sigmoid alone, and no other function of z.",
            [
                _updated(f"F.silu(z) → {gate}")
                for gate in ("z", "torch.sigmoid(z)", "torch.tanh(z)", "F.gelu(z)", "F.relu(z)")
            ],
        ),
        Misconception(
            "a SiLU on the signal",
            "You take SiLU of y + D·u, or of the whole product. It belongs to z alone: (y + D·u) · SiLU(z).",
            [
                _updated("(y + D * u) * F.silu(z) → F.silu(y + D * u) * z"),
                _updated("(y + D * u) * F.silu(z) → F.silu((y + D * u) * z)"),
            ],
        ),
        Misconception(
            "a gate on the input",
            "You gate u before it goes into the scan. z has its say at the end: (y + D·u) · SiLU(z).",
            _updated("h = torch.exp → u, z = u * F.silu(z), z; h = torch.exp", " * F.silu(z), h → , h"),
        ),
        Misconception(
            "the gate z too often",
            "SiLU(z) is z · sigmoid(z): the factor z is in it already, and you multiply by it once more, or take SiLU "
            "twice.",
            [
                _updated(f"F.silu(z), h → {gate}, h")
                for gate in ("z * F.silu(z)", "F.silu(z) * F.silu(z)", "F.silu(F.silu(z))")
            ],
        ),
        Misconception(
            "a state that passes the gate",
            "You return the state times SiLU(z). The gate is for the output alone: what is remembered goes on as it "
            "is.",
            _updated("F.silu(z), h → F.silu(z), h * F.silu(z)[..., None]"),
        ),
        Misconception(
            "a missing gate",
            "y + D·u is returned as it is. The gate z has to have its say: which function makes a factor of it?",
            _updated(" * F.silu(z) → "),
        ),
        Misconception(
            "a skip behind the gate",
            "You gate y first and add D·u afterwards, so the skip passes a closed gate. Which of the two comes first "
            "in (y + D·u) · SiLU(z)?",
            _updated("(y + D * u) * F.silu(z) → y * F.silu(z) + D * u"),
        ),
        Misconception(
            "brackets that are missing",
            "The gate multiplies only D·u, and y passes it by: a product binds closer than a sum. It has to multiply "
            "the two together, (y + D·u) · SiLU(z).",
            _updated("(y + D * u) * F.silu(z) → y + D * u * F.silu(z)"),
        ),
        Misconception(
            "a missing skip",
            "The part D·u of the output is not there. It goes past the state, straight from the input.",
            _updated("(y + D * u) → y"),
        ),
        Misconception(
            "a skip without its weight",
            "You add u itself. D says, channel by channel, how much of it goes straight to the output.",
            _updated("D * u) → u)"),
        ),
        Misconception(
            "a skip of y",
            "You multiply y by D, and add u as it is. D is the weight of u, which goes past the state.",
            _updated("(y + D * u) → (D * y + u)"),
        ),
        Misconception(
            "a drive weighed by one minus the decay",
            "You weigh the token by 1 − exp(Δ·A), as a gate does. Here the drive is Δ·B·u.",
            [
                _updated(f"+ (delta * u)[..., None] * B → + (1 - torch.exp(delta[..., None] * A)) * {u}[..., None] * B")
                for u in ("u", "(delta * u)")
            ],
        ),
        Misconception(
            "a skip with the step size",
            "Your skip is D·Δ·u. The step size belongs to the state; u goes past it as it is: D·u.",
            _updated("(y + D * u) → (y + D * delta * u)"),
        ),
        Misconception(
            "a skip without its input",
            "You add D itself, the same at every token. It is the weight of u: the skip is D·u.",
            _updated("D * u) → D)"),
        ),
        Misconception(
            "states that are added up too early",
            "You add the N states of a channel up before you return them, or before C reads them. Each state fades at "
            "a rate of its own: h stays (B, D, N), and only y is a sum over the states.",
            [
                _updated("F.silu(z), h → F.silu(z), h.sum(-1)"),
                _updated(
                    'y = torch.einsum("b d n, b n -> b d", h, C) → h = h.sum(-1); y = h * C.sum(-1, keepdim=True)'
                ),
            ],
        ),
        Misconception(
            "a mean over the states",
            "You take the mean over the N states. y is the sum of C · h, as in a matrix product.",
            _updated('torch.einsum("b d n, b n -> b d", h, C) → (h * C[:, None]).mean(-1)'),
        ),
        Misconception(
            "a state read with its way in",
            "The state is read with B. B is the way in; C is the way out.",
            _updated("h, C) → h, B)"),
        ),
        Misconception(
            "B and C in exchanged places",
            "The state is written with C and read with B. B is the way in, C the way out.",
            _updated("* B[:, None] → * C[:, None]", "h, C) → h, B)"),
        ),
        Misconception(
            "an axis that is missing",
            "h is (B, D, N). delta and u have no axis for the states, and B has none for the channels: PyTorch lines "
            "shapes up from the right, and finds other axes, or none that fit. An axis of size 1 has to stand at the "
            "right place.",
            [
                _updated("* B[:, None] → * B"),
                _updated("* B[:, None] → * B[..., None]"),
                _updated("torch.exp(delta[..., None] * A) → torch.exp(delta * A)"),
                _updated("(delta * u)[..., None] → (delta * u)"),
                _updated(
                    "torch.exp(delta[..., None] * A) → torch.exp(delta * A)", "(delta * u)[..., None] → (delta * u)"
                ),
            ],
        ),
    ],
)

# Exercise 2: block_step

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
    return function(token, history, h, weights, dict(PARTS))


def _draw_step(draw: Draw) -> dict:
    batch, width, states = draw.size(1, 3), draw.size(1, 3), draw.size(1, 3)
    taps, branches, rank = draw.size(2, 3), draw.size(1, 2), draw.size(1, 2)
    inner, dilations = 2 * width, tuple(range(1, branches + 1))
    weights = {
        "in_proj": draw.normal(2 * inner, width),
        "conv_weights": [draw.normal(inner, taps) for _ in dilations],
        "conv_biases": [draw.normal(inner) for _ in dilations],
        "conv_gates": draw.normal(branches),
        "dilations": dilations,
        "x_proj": draw.normal(rank + 2 * states, inner),
        "dt_proj": draw.normal(inner, rank),
        "dt_bias": draw.normal(inner),
        "A_log": draw.uniform(0.1, 1.0, inner, states).round(decimals=1),
        "D": draw.normal(inner),
        "out_proj": draw.normal(width, inner),
    }
    return {
        "token": draw.normal(batch, width),
        "history": draw.normal(batch, inner, (taps - 1) * branches),
        "h": draw.normal(batch, inner, states),
        "weights": weights,
    }


STEP = Exercise(
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
            _wired("low_rank, B, C = → B, C, low_rank =", "[rank, states, states] → [states, states, rank]"),
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
            "You cut what x_proj gives into three equal parts. The first has R numbers, the other two have N each.",
            _wired(".split([rank, states, states], dim=-1) → .chunk(3, dim=-1)"),
        ),
        Misconception(
            "a token that has not passed in_proj",
            "The convolution gets the token. It works on D channels: on x, which in_proj makes of the token.",
            _wired('["conv_step"](x → ["conv_step"](token'),
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
            _wired('low_rank @ w["dt_proj"].T → F.softplus(low_rank @ w["dt_proj"].T)'),
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
            "A_log in the place of A",
            "state_update wants A, which is negative. The parameter is its logarithm: A = −exp(A_log).",
            [_wired('-torch.exp(w["A_log"]) → w["A_log"]'), _wired('-torch.exp(w["A_log"]) → -w["A_log"]')],
        ),
        Misconception(
            "A without its sign",
            "You hand over exp(A_log), which is positive, so that every state grows. A is its negative.",
            _wired("-torch.exp → torch.exp"),
        ),
        Misconception(
            "a minus in the exponent",
            "exp(−A_log) is positive, and its rates are upside down. The minus stands in front of the exponential.",
            [_wired('-torch.exp(w["A_log"]) → torch.exp(-w["A_log"])'), _wired('exp(w["A_log"]) → exp(-w["A_log"])')],
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
            "You append x to the history, and conv_step does it again. So the convolution sees the present token "
            "twice. Hand the history over as it came.",
            _wired("u, history = → history = torch.cat([history[..., 1:], x[..., None]], dim=-1)\n    u, history ="),
        ),
        Misconception(
            "the gate applied twice",
            "You multiply by SiLU(z), and state_update has done it already.",
            _wired("return y → return y * F.silu(z)"),
        ),
        Misconception(
            "a skip added twice",
            "You add D·u, and state_update has done it already.",
            [_wired('return y → return (y + w["D"] * u)'), _wired('return y → return (y + w["D"] * x)')],
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
            "a weight that is not transposed",
            "A linear layer keeps its weight as (out, in). To multiply from the right it has to be (in, out).",
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
                _wired("u, history = → history = history.clone()\n    history[..., -1] = x\n    u, history ="),
            ],
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

# Exercise 3: generate


def generate(block: Mamba, prompt: Tensor, chunk: int, tokens: int) -> Tensor:
    """Read a prompt in chunks, then go on with the block's own outputs: (B, tokens, d_model)."""
    stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
    for piece in prompt.split(chunk, dim=1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
    outputs = [out[:, -1:]]  # (B, 1, d_model) each
    while len(outputs) < tokens:
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)  # (B, tokens, d_model)


PIECE_IN, TOKEN_IN = (f"block({given}, inference_params=stream)" for given in ("piece", "outputs[-1]"))
ALL_IN = TOKEN_IN.replace("outputs[-1]", "torch.cat(outputs, dim=1)")
IN_PROMPT, AFTER_TOKEN = "stream.seqlen_offset += piece.shape[1]", "stream.seqlen_offset += 1"
NEW = "stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt)"


def _moved(prompt: str | None = None, token: str | None = None, *edits: str):
    """A loop whose offset moves as told, after a piece of the prompt and after a generated token."""
    moves = [(IN_PROMPT, prompt), (AFTER_TOKEN, token)]
    return edited(generate, *(f"{old} → {new}" for old, new in moves if new is not None), *edits)


def _with_new_streams(in_prompt: str = "", in_tokens: str = "", between: str = ""):
    """A loop that makes a stream of its own for each piece, for each token, or between prompt and tokens."""
    return edited(
        generate,
        f"out = block(piece → {in_prompt}\n        out = block(piece",
        f"outputs = [ → {between}\n    outputs = [",
        f"outputs.append( → {in_tokens}\n        outputs.append(",
    )


def _by_steps(block, prompt, chunk, tokens):
    memory, outputs = block.allocate_inference_cache(len(prompt), prompt.shape[1] + tokens), []
    for t in range(prompt.shape[1] + tokens - 1):
        given = prompt[:, t : t + 1] if t < prompt.shape[1] else outputs[-1]
        out, *memory = block.step(given, *memory)
        outputs.append(out)
    return torch.cat(outputs[-tokens:], dim=1)


def everything_again(block, prompt, chunk, tokens):
    text, outputs = prompt, []
    for _ in range(tokens):
        stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
        for piece in text.split(chunk, dim=1):
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += piece.shape[1]
        outputs.append(out[:, -1:])
        text = torch.cat([text, outputs[-1]], dim=1)
    return torch.cat(outputs, dim=1)


def whole_forward_again(block, prompt, chunk, tokens):
    text = prompt
    for _ in range(tokens):
        text = torch.cat([text, block(text)[:, -1:]], dim=1)
    return text[:, prompt.shape[1] :]


class Recorder:
    """A block that notes, for each call, how many tokens came, and at which offset.

    Args:
        block: the block.
        needed: so many calls are needed. The last output may be fed back once more, rightly or not: nobody sees it.
    """

    def __init__(self, block: Mamba, needed: int):
        self.block, self.needed, self.calls, self.offsets, self.streams = block, needed, [], [], []

    def __call__(self, hidden_states, inference_params=None, **options):
        self.calls.append(hidden_states.shape[1])
        self.offsets.append(getattr(inference_params, "seqlen_offset", None))
        if not any(inference_params is known for known in self.streams):
            self.streams.append(inference_params)
        try:
            return self.block(hidden_states, inference_params, **options)
        except ValueError as error:
            if "seqlen_offset is" not in str(error):
                raise
            if len(self.calls) > self.needed:
                return torch.zeros_like(hidden_states)
            seen = f"tokens in each call: {self.calls}\nseqlen_offset at each call: {self.offsets}"
            complaint = str(error).partition(";")[0]
            raise WrongOffset(f"the block raised ValueError: {complaint}\n{seen}") from error

    def __getattr__(self, name):
        return getattr(self.block, name)


class WrongOffset(ValueError):
    """The block's complaint about the offset, with the offset and the tokens of every call up to that one."""


def lively_block(width: int, seed: int) -> Mamba:
    """A small block whose outputs are about as large as its inputs, so that a generation loop does not die out."""
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        block = Mamba(width, d_state=4, d_conv=3, conv_dilations=(1, 2), dt_min=0.05, layer_idx=0)
        for parameters in (block.in_proj.weight, block.out_proj.weight, block.x_proj.weight):
            torch.nn.init.normal_(parameters, std=1.5 / math.sqrt(parameters.shape[1]))
    return block


@torch.no_grad()
def _recorded(function, prompt, chunk, tokens, seed):
    needed = math.ceil(prompt.shape[1] / chunk) + tokens - 1  # the last output need not be fed back
    block = Recorder(lively_block(prompt.shape[-1], seed), needed)
    generated = function(block, prompt, chunk, tokens)
    if generated is None or generated is ...:
        return generated
    planned = [getattr(stream, "max_seqlen", math.inf) for stream in block.streams]
    rows = [getattr(stream, "max_batch_size", math.inf) for stream in block.streams]
    return {
        "tokens in each call": block.calls[:needed],
        "seqlen_offset at each call": block.offsets[:needed],
        "streams": len(block.streams),
        "max_seqlen has room for every token": min(planned, default=0) >= prompt.shape[1] + tokens - 1,
        "max_batch_size has room for every stream": min(rows, default=0) >= len(prompt),
        "generated": generated,
    }


def _draw_prompt(draw: Draw) -> dict:
    batch, width, chunk = draw.size(1, 2), draw.size(1, 3), draw.size(2, 4)
    length = 2 * chunk + draw.size(0, 3)
    return {
        "prompt": draw.normal(batch, length, width),
        "chunk": chunk,
        "tokens": draw.size(2, 4),
        "seed": draw.size(1, 30),
    }


GENERATE = Exercise(
    id="11.generate",
    title="Read a prompt in chunks, then generate",
    reference=generate,
    cases=_draw_prompt,
    apply=_recorded,
    rtol=1e-3,
    atol=1e-6,
    trials=12,
    axes=("row", "token", "number"),
    misconceptions=[
        Misconception(
            "an offset that moves by one for a whole chunk",
            "You add 1 to seqlen_offset after a chunk. It counts tokens, not calls: the block has compared it "
            "with its own count and raised. By how many tokens has the stream moved on after a chunk?",
            _moved("stream.seqlen_offset += 1"),
        ),
        Misconception(
            "an offset that moves by `chunk` after a shorter piece",
            "You add `chunk` to seqlen_offset after every piece of the prompt. The last piece may be shorter, and then "
            "the offset runs ahead of the tokens. How many tokens did that call get?",
            _moved("stream.seqlen_offset += chunk"),
        ),
        Misconception(
            "an offset that stands still while you generate",
            "In the prompt, seqlen_offset is right. It does not move after a generated token has gone in, so the next "
            "call finds it one too small. A generated token is a token of the stream like any other.",
            _moved(token="pass"),
        ),
        Misconception(
            "an offset that moves once, after the whole prompt",
            "seqlen_offset stays 0 between the pieces, and an offset of 0 means: a new stream. So each piece started "
            "afresh, and the block has seen the last one only. When has the offset to move?",
            _moved("pass", None, "outputs = [ → stream.seqlen_offset += prompt.shape[1]\n    outputs = ["),
        ),
        Misconception(
            "an offset that moves before the call",
            "You move seqlen_offset first and call the block then. The offset says how many tokens have gone in "
            "*before* the call. What is it at the very first one?",
            [
                edited(generate, f"{call}\n        {move} → {move}\n        {call}")
                for call, move in (
                    ("out = block(piece, inference_params=stream)", IN_PROMPT),
                    ("outputs.append(block(outputs[-1], inference_params=stream))", AFTER_TOKEN),
                )
            ],
        ),
        Misconception(
            "an offset that is set, not moved",
            "seqlen_offset becomes the length of the present piece. It should be the number of all tokens so far: "
            "what do you do to a number that grows?",
            _moved("stream.seqlen_offset = piece.shape[1]"),
        ),
        Misconception(
            "an offset that does not fit the tokens",
            "seqlen_offset should be the number of tokens that went in before the call. Compare the two lists below, "
            "call by call: which offset is the first that is not the sum of the tokens before it?",
            [
                *(
                    _moved(f"stream.seqlen_offset += {step}")
                    for step in ("piece.shape[0]", "piece.shape[2]", "prompt.shape[1]")
                ),
                *(_moved(token=f"stream.seqlen_offset += {step}") for step in ("2", "tokens")),
                _moved(token="stream.seqlen_offset = len(outputs)"),
                _moved(
                    "",
                    "",
                    "for piece in → for i, piece in enumerate(",
                    "chunk, dim=1): → chunk, dim=1)):",
                    "out = block( → stream.seqlen_offset = i * chunk\n        out = block(",
                    "outputs.append( → stream.seqlen_offset += 1\n        outputs.append(",
                ),
            ],
        ),
        Misconception(
            "an offset that does not move between the pieces",
            "seqlen_offset moves while you generate, but stays 0 all through the prompt, and an offset of 0 means: a "
            "new stream. So the block starts afresh at every piece, and says nothing. Which loop lacks a line?",
            _moved("pass"),
        ),
        Misconception(
            "an offset that never moves",
            "seqlen_offset stays 0, and an offset of 0 means: a new stream. So the block starts afresh at every "
            "call, and says nothing. Who moves the offset, the block or you?",
            _moved("pass", "pass"),
        ),
        Misconception(
            "a fresh InferenceParams in each call",
            "Every call gets an InferenceParams of its own, and so an empty memory. Make one, before the first call, "
            "and hand the same one to all of them.",
            [
                _with_new_streams(f"{NEW})", f"{NEW})"),
                _with_new_streams(f"{NEW})"),
                _with_new_streams(f"{NEW})", between=f"{NEW})"),
                _with_new_streams(f"{NEW}, seqlen_offset=stream.seqlen_offset)"),
            ],
        ),
        Misconception(
            "a second stream for the generated tokens",
            "The prompt fills one InferenceParams, and the tokens go through another one, which is empty. One stream "
            "carries both.",
            [
                _with_new_streams(between=f"{NEW})"),
                _with_new_streams(between=f"{NEW})".replace("prompt.shape[1] + ", "")),
                _with_new_streams(in_tokens=f"{NEW})"),
            ],
        ),
        Misconception(
            "a prompt that is read again for each token",
            "The numbers are right, and the work is not: you read the whole text again for each new token. The "
            "stream remembers it. Go on with one token.",
            everything_again,
        ),
        Misconception(
            "a whole forward pass for each token",
            "The numbers are right, but you call the block without a stream, on a text that grows. That is "
            "what a stream is there to avoid. Pass inference_params.",
            whole_forward_again,
        ),
        Misconception(
            "a prompt in one piece",
            "The numbers are right, but you read the whole prompt in one call. A long prompt may not fit: read "
            "`chunk` tokens at a time, cut along the axis of the tokens.",
            [
                edited(generate, "prompt.split(chunk, dim=1) → [prompt]", *more)
                for more in ((), ("prompt.shape[1] + tokens → prompt.shape[1]",))
            ],
        ),
        Misconception(
            "a prompt token by token",
            "The numbers are right, but every call gets one token. Reading `chunk` tokens in one call is what makes a "
            "long prompt quick.",
            edited(generate, "split(chunk → split(1"),
        ),
        Misconception(
            "as many chunks as a chunk has tokens",
            "torch.chunk wants the *number* of pieces, and `chunk` is the length of one. split takes the length.",
            edited(generate, "prompt.split( → prompt.chunk("),
        ),
        Misconception(
            "a last piece left out",
            "The prompt's length need not be a multiple of `chunk`. The rest, shorter than the others, was not read.",
            [
                edited(generate, "prompt.split( → prompt[:, : prompt.shape[1] // chunk * chunk].split("),
                edited(generate, "prompt.split( → prompt[:, : (prompt.shape[1] - 1) // chunk * chunk].split("),
            ],
        ),
        Misconception(
            "a prompt of which only the last token is read",
            "The block sees the last token of the prompt and nothing before it. The memory has to be filled first.",
            edited(generate, "prompt.split(chunk → prompt[:, -1:].split(1"),
        ),
        Misconception(
            "a prompt of which only the last piece is read",
            "You call the block behind the loop, on the last piece. The pieces before it have to go through the "
            "block, too.",
            edited(generate, "prompt.split(chunk, dim=1) → prompt.split(chunk, dim=1)[-1:]"),
        ),
        Misconception(
            "a first output thrown away",
            "The last output of the prompt is the first generated token. You feed it in, but do not keep it: your "
            "list begins one token too late.",
            [
                edited(generate, "< tokens: → < tokens + 1:", "torch.cat(outputs → torch.cat(outputs[1:]"),
                edited(generate, "torch.cat(outputs → torch.cat(outputs[1:]"),
            ],
        ),
        Misconception(
            "the last token of the prompt fed in twice",
            "After the prompt you feed its last token once more. The stream has read it already; what comes next is "
            "the block's last output.",
            [
                edited(generate, "[out[:, -1:]] → [prompt[:, -1:]]"),
                edited(
                    generate,
                    "[out[:, -1:]] → [prompt[:, -1:]]",
                    "< tokens: → < tokens + 1:",
                    "cat(outputs → cat(outputs[1:]",
                ),
            ],
        ),
        Misconception(
            "an output too many",
            "You return the outputs of the prompt, or one token more than was asked for. Count: the last output of "
            "the prompt is the first of `tokens`.",
            [
                edited(generate, "< tokens: → < tokens + 1:"),
                edited(generate, "[out[:, -1:]] → [out]", "outputs[-1], → outputs[-1][:, -1:],"),
                edited(generate, "cat(outputs, → cat([prompt, *outputs],"),
            ],
        ),
        Misconception(
            "an output for each piece of the prompt",
            "You keep outputs of every piece of the prompt. Only the last output of the *whole* prompt is a new "
            "token; those before it belong to tokens that you know.",
            [
                edited(
                    generate,
                    "for piece in → outputs = []\n    for piece in",
                    "out = block(piece, inference_params=stream) → out = block(piece, inference_params=stream); "
                    f"outputs.append({kept})",
                    "outputs = [out[:, -1:]]  # → pieces = len(outputs) - 1  #",
                    "len(outputs) < tokens → len(outputs) - pieces < tokens",
                    "block(outputs[-1], → block(outputs[-1][:, -1:],",
                )
                for kept in ("out", "out[:, -1:]")
            ],
        ),
        Misconception(
            "an input added to the output",
            "You add what went in to what came out. That sum belongs to a model around the block; here the block's "
            "output itself is the next input.",
            edited(
                generate,
                f"out = {PIECE_IN} → out = {PIECE_IN} + piece",
                f"outputs.append({TOKEN_IN}) → outputs.append({TOKEN_IN} + outputs[-1])",
            ),
        ),
        Misconception(
            "an output too few",
            "You return one token less than was asked for. The last output of the prompt is one of them, not one "
            "before them.",
            edited(generate, "< tokens: → < tokens - 1:"),
        ),
        Misconception(
            "the first output of a piece",
            "You go on from the first output of the last piece. The next token follows from the last one.",
            edited(generate, "out[:, -1:] → out[:, :1]"),
        ),
        Misconception(
            "a stream without room for the tokens",
            "The numbers are right, but your plan is not: max_seqlen is for prompt and generated tokens. A block "
            "takes any length, a layer of attention beside it makes room for so many tokens and no more.",
            edited(generate, "prompt.shape[1] + tokens → prompt.shape[1]"),
        ),
        Misconception(
            "a stream without room for the rows",
            "The numbers are right, but your plan is not: max_batch_size is for all sequences of the prompt, side by "
            "side. A block takes any number, a layer of attention beside it makes room for so many rows and no more.",
            edited(generate, "max_batch_size=len(prompt) → max_batch_size=1"),
        ),
        Misconception(
            "the same token fed in again and again",
            "You feed in one and the same token, each time. Feed in what came out last.",
            [edited(generate, f"block(outputs[-1] → block({token}") for token in ("outputs[0]", "prompt[:, -1:]")],
        ),
        Misconception(
            "a whole piece of outputs fed in",
            "You feed in all outputs of the last piece. One token is generated at a time: the latest output goes in, "
            "and nothing else.",
            edited(
                generate,
                "outputs = [out → latest, outputs = out, [out",
                f"outputs.append({TOKEN_IN}) → latest = block(latest, inference_params=stream); "
                "outputs.append(latest[:, -1:])",
                f"{AFTER_TOKEN} → stream.seqlen_offset += latest.shape[1]",
            ),
        ),
        Misconception(
            "pieces that overlap",
            "Your pieces of the prompt begin one token apart, so most tokens go in several times. The next piece "
            "begins where the last one has ended.",
            edited(generate, "prompt.split(chunk, dim=1) → prompt.unfold(1, chunk, 1).transpose(2, 3).unbind(1)"),
        ),
        Misconception(
            "a stream for each row",
            "The numbers are right, but you read one row after the other. One stream carries them all: it has as many "
            "rows as the prompt.",
            lambda block, prompt, chunk, tokens: torch.cat(
                [generate(block, row, chunk, tokens) for row in prompt.split(1)]
            ),
        ),
        Misconception(
            "all generated tokens fed in again",
            "Each call gets all outputs so far. The stream has read the earlier ones already: feed in the last one "
            "alone.",
            [
                edited(generate, f"{TOKEN_IN} → {ALL_IN}"),
                edited(generate, f"{TOKEN_IN} → {ALL_IN}[:, -1:]"),
                _moved(None, "stream.seqlen_offset += len(outputs) - 1", f"{TOKEN_IN} → {ALL_IN}[:, -1:]"),
            ],
        ),
        Misconception(
            "a call without its stream",
            "You call the block without inference_params. Then it remembers nothing, and what you give it is the "
            "beginning of a text.",
            [
                edited(generate, f"{TOKEN_IN} → block(outputs[-1])"),
                edited(generate, f"{TOKEN_IN} → block(outputs[-1])", f"{PIECE_IN} → block(piece)"),
                edited(
                    generate,
                    "prompt.split(chunk, dim=1) → [prompt]",
                    f"{TOKEN_IN} → block(outputs[-1])",
                    f"{PIECE_IN} → block(piece)",
                ),
            ],
        ),
        Misconception(
            "the step in the place of the stream",
            "The numbers are right, but block.step takes one token at a time. The stream of InferenceParams lets a "
            "whole chunk go in with one call.",
            _by_steps,
        ),
        Misconception(
            "a token without its axis",
            "`out[:, -1]` takes the last token out of its axis: (B, d_model). The block wants (B, L, d_model), also "
            "for one token.",
            edited(generate, "out[:, -1:] → out[:, -1]"),
        ),
        Misconception(
            "a list of tokens",
            "You return the list of the outputs. Join them to one tensor, along time.",
            edited(generate, "torch.cat(outputs, dim=1) → outputs"),
        ),
        Misconception(
            "tokens put together as rows",
            "You join the outputs along the batch. They follow one another in time: (B, tokens, d_model).",
            edited(generate, "torch.cat(outputs, dim=1) → torch.cat(outputs, dim=0)"),
        ),
    ],
)


# Exercise 4: kv_overtakes


def kv_overtakes(state_bytes: int, d_model: int, number_bytes: int) -> int:
    """From how many tokens on a layer's KV cache is larger than a block's state."""
    return state_bytes // (2 * d_model * number_bytes) + 1


def _counted(*edits: str):
    """A wrong count."""
    return edited(kv_overtakes, *edits)


def _draw_memory(draw: Draw) -> dict:
    d_model, number_bytes = draw.size(1, 20), draw.choice([2, 4])
    each = 2 * d_model * number_bytes
    usual = each * draw.size(3, 40) + draw.choice([0, 0, each // 2, 3 * each // 4, 1])
    less_than_a_token = each // 4 + 1  # else a division the wrong way round is always the same number
    return {
        "state_bytes": draw.choice([*[usual] * 9, less_than_a_token]),
        "d_model": d_model,
        "number_bytes": number_bytes,
    }


OVERTAKES = Exercise(
    id="11.kv_overtakes",
    title="When does the cache overtake the state?",
    reference=kv_overtakes,
    cases=_draw_memory,
    example={"state_bytes": 4096, "d_model": 16, "number_bytes": 4},
    misconceptions=[
        Misconception(
            "keys without values",
            "You count d_model numbers a token. Attention keeps a key and a value for each token, both of that width.",
            _counted("2 * d_model → d_model"),
        ),
        Misconception(
            "numbers in the place of bytes",
            "You compare bytes of state with numbers of the cache. How many bytes does each number take?",
            _counted(" * number_bytes → "),
        ),
        Misconception(
            "bits in the place of bytes",
            "You count 8 for each byte of the cache, and 1 for each byte of the state. Both are given in bytes.",
            _counted("* number_bytes → * number_bytes * 8"),
        ),
        Misconception(
            "equal counted as larger",
            "At this number of tokens the two are equal, or the cache is still smaller. Where the division "
            "leaves no rest, one token more is needed.",
            _counted("state_bytes // → math.ceil(state_bytes /", " + 1 → )"),
        ),
        Misconception(
            "the last token at which the cache is not larger",
            "You round down, and get the last number of tokens that still fits under the state. The next one "
            "overtakes.",
            _counted(" + 1 → "),
        ),
        Misconception(
            "queries that are kept as well",
            "You count three vectors a token. A query is used once, by its own token, and not kept: a key and a value "
            "remain.",
            _counted("2 * d_model → 3 * d_model"),
        ),
        Misconception(
            "bytes in the place of tokens",
            "You return the bytes of the cache. Asked for is the number of tokens.",
            _counted(
                "return state_bytes // (2 * d_model * number_bytes) + 1 → each = 2 * d_model * number_bytes; return "
                "(state_bytes // each + 1) * each"
            ),
        ),
        Misconception(
            "a number of two bytes, always",
            "You count 2 bytes for a number of the cache, whatever `number_bytes` says.",
            _counted("* number_bytes → * 2"),
        ),
        Misconception(
            "keys as wide as the block",
            "You count keys and values of 2·d_model numbers: d_inner, the width inside a block. A key has d_model "
            "numbers, and so has a value.",
            _counted("2 * d_model → 4 * d_model"),
        ),
        Misconception(
            "a cache that grows with pairs of tokens",
            "You let the cache grow with the square of the tokens. The *work* of attention over a whole text does; "
            "the cache holds one key and one value a token.",
            _counted("state_bytes // → math.isqrt(state_bytes //", ") + 1 → )) + 1"),
        ),
        Misconception(
            "brackets that are missing",
            "a // b * c is (a // b) * c: you divide by the first factor, and then multiply by the others.",
            _counted("(2 * d_model * number_bytes) → 2 * d_model * number_bytes"),
        ),
        Misconception(
            "a count that is not whole",
            "A number of tokens is whole. From which whole number on is the cache larger?",
            [_counted("// → /"), _counted("// → /", " + 1 → ")],
        ),
        Misconception(
            "a count that is rounded to the nearest",
            "You round to the nearest whole number, and so down as often as up. Where the division leaves a rest, and "
            "where it leaves none: from which whole number on is the cache larger?",
            [
                *(_counted("state_bytes // → round(state_bytes /", f" + 1 → ){more}") for more in ("", " + 1")),
                _counted("state_bytes // → int(state_bytes /", " + 1 → + 0.5)"),
            ],
        ),
        Misconception(
            "one token too many",
            "With a token less the cache is larger already. What does rounding down, or up, give where the division "
            "leaves a rest?",
            [_counted("state_bytes // → math.ceil(state_bytes /", " + 1 → ) + 1"), _counted("+ 1 → + 2")],
        ),
        Misconception(
            "a division the wrong way round",
            "You ask how often the state fits into a token. How many tokens fit into the state?",
            [
                _counted("state_bytes // (2 * d_model * number_bytes) → (2 * d_model * number_bytes) // state_bytes"),
                _counted(
                    "state_bytes // (2 * d_model * number_bytes) + 1 → (2 * d_model * number_bytes) // state_bytes"
                ),
            ],
        ),
    ],
)

# Exercise 5: restart


def restart(history: Tensor, h: Tensor, last: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
    """History and state, set to zero in the rows whose segment index has changed."""
    changed = (now != last)[:, None, None]  # (B, 1, 1)
    return torch.where(changed, 0.0, history), torch.where(changed, 0.0, h)


CLEARED = "return torch.where(changed, 0.0, history), torch.where(changed, 0.0, h)"


def _restarted(*edits: str):
    """A wrong restart."""
    return edited(restart, *edits)


def _draw_rows(draw: Draw) -> dict:
    batch, channels = draw.size(3, 5), draw.size(1, 3)
    last = draw.integers(-1, 2, batch)  # names: any whole number
    now = torch.where(draw.integers(0, 1, batch) > 0, last, draw.integers(-1, 2, batch))
    return {
        "history": draw.normal(batch, channels, draw.size(1, 3)),
        "h": draw.normal(batch, channels, draw.size(1, 3)),
        "last": last,
        "now": now,
    }


RESTART = Exercise(
    id="11.restart",
    title="Start one row afresh",
    reference=restart,
    cases=_draw_rows,
    example={
        "history": torch.arange(1.0, 7).view(3, 1, 2),
        "h": torch.arange(1.0, 4).view(3, 1, 1),
        "last": torch.tensor([0, 4, 0]),
        "now": torch.tensor([0, 0, 1]),
    },
    axes={"the history": HISTORY_AXES, "the state": STATE_AXES},
    items=("the history", "the state"),
    misconceptions=[
        Misconception(
            "every row started afresh",
            "One row has a new text, and you clear them all. The other streams lose their memory in the middle of "
            "their texts. Compare row by row.",
            [
                _restarted(f"(now != last)[:, None, None] → {rows}")
                for rows in ("(now != last).any()", "now.new_ones(()) > 0")
            ],
        ),
        Misconception(
            "a history that is kept",
            "The state is cleared, the history of the convolution is not. The first outputs of the new text would "
            "still see the end of the old one.",
            _restarted("torch.where(changed, 0.0, history) → history"),
        ),
        Misconception(
            "a state that is kept",
            "The history is cleared, the state of the scan is not. It fades slowly, so the old text is heard in the "
            "new one for a long time.",
            _restarted("torch.where(changed, 0.0, h) → h"),
        ),
        Misconception(
            "only an index that grows",
            "You test now > last. The indices are names, not a count: 2 followed by 0 is a new text as well.",
            [_restarted("now != last → now > last"), _restarted("now != last → now == last + 1")],
        ),
        Misconception(
            "only an index that gets smaller",
            "You test now < last. The indices are names, not a count: 0 followed by 2 is a new text as well.",
            _restarted("now != last → now < last"),
        ),
        Misconception(
            "one decision for all rows",
            "You clear all rows, or none. Each row has a text of its own: decide row by row.",
            [
                _restarted(f"(now != last)[:, None, None] → {rows}")
                for rows in ("(now != last).all()", "(now != last)[0]", "(now != last)[-1]")
            ],
        ),
        Misconception(
            "a difference used as a factor",
            "now − last is a number, and may be 2 or −1. A row is cleared or it is not: ask whether the two differ.",
            [
                edited(restart, f"{CLEARED} → factor = (1 - {gap})[:, None, None]; return factor * history, factor * h")
                for gap in ("(now - last)", "(now - last).abs()", "(last - now)")
            ],
        ),
        Misconception(
            "an index of zero read as a new text",
            "You clear the rows whose index is 0. The index alone says nothing; what counts is a change.",
            _restarted("now != last → now == 0"),
        ),
        Misconception(
            "an index other than zero read as a new text",
            "You clear the rows whose index is not 0, at every token. Such a row would never remember anything. What "
            "counts is a change.",
            _restarted("now != last → now != 0"),
        ),
        Misconception(
            "the rows that go on are cleared",
            "You clear the rows whose index is the same as before, and keep the others. Turn the test round.",
            _restarted("now != last → now == last"),
        ),
        Misconception(
            "only the first row that changes",
            "You start one row afresh and are done, but several rows may begin a new text at the same token. Where "
            "does the loop return, or how many rows does your index name?",
            [
                edited(restart, f"{CLEARED} → changed = changed & (changed.cumsum(0) == 1); {CLEARED}"),
                edited(
                    restart,
                    f"{CLEARED} → first = changed.int().argmax(); changed = changed.new_zeros(changed.shape); "
                    f"changed[first] = True; {CLEARED}",
                ),
                edited(
                    restart, f"{CLEARED} → changed = changed & (torch.arange(len(now)) == 0)[:, None, None]; {CLEARED}"
                ),
            ],
        ),
        Misconception(
            "a history that is cleared in part",
            "You clear one column of the history. All S inputs in it belong to the old text.",
            [
                edited(
                    restart,
                    f"{CLEARED} → return torch.where(changed & (torch.arange(history.shape[2]) == column % "
                    f"history.shape[2]), 0.0, history), torch.where(changed, 0.0, h)",
                    column=column,
                )
                for column in (0, -1)
            ],
        ),
        Misconception(
            "the given memories changed in place",
            "The numbers are right, but you have cleared the tensors that were given. Return new ones.",
            [
                _restarted("return torch.where(changed, 0.0, history) → return history.mul_(~changed)"),
                _restarted("torch.where(changed, 0.0, h) → h.mul_(~changed)"),
            ],
        ),
        Misconception(
            "rows that are taken out",
            "You return only the rows that go on. A row with a new text stays where it is; what it has kept becomes "
            "zero.",
            edited(restart, f"{CLEARED} → return history[now == last], h[now == last]"),
        ),
        Misconception(
            "the two memories in exchanged places",
            "The history comes first, then the state.",
            _restarted("0.0, history), → 0.0, h),", "where(changed, 0.0, h)\n → where(changed, 0.0, history)\n"),
        ),
        Misconception(
            "a row matched with another axis",
            "`now != last` is (B,), and PyTorch lines shapes up from the right: it tries to match B with S and N. The "
            "rows come first, so two axes of size 1 have to stand behind them.",
            [_restarted("[:, None, None] → "), _restarted("[:, None, None] → [:, None]")],
        ),
    ],
)

# Bug hunt: mended_stream


def mended_stream(
    x: Tensor,
    segment: Tensor,
    history: Tensor,
    h: Tensor,
    last: Tensor,
    weights: dict,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A chunk through convolution and scan, all three mistakes mended."""
    changed = (segment != last)[:, None, None]  # (B, 1, 1)
    history = torch.where(changed, 0.0, history)  # (B, D, W − 1)
    h = torch.where(changed, 0.0, h)  # (B, D, N)
    joined = torch.cat([history, x], dim=-1)  # (B, D, W − 1 + L)
    u = F.silu(F.conv1d(joined, weights["conv"].unsqueeze(1), groups=x.shape[1]))  # (B, D, L)
    delta = weights["dt"][:, None] * u  # (B, D, L): the scan adds the bias
    B, C = (weights[name][None, :, None].expand(len(x), -1, x.shape[-1]) for name in "BC")  # (B, N, L)
    options = {"delta_bias": weights["dt_bias"], "delta_softplus": True, "return_last_state": True}
    y, h = selective_scan_fn(u, delta, weights["A"], B, C, initial_state=h, **options)
    return y, joined[..., x.shape[-1] :], h, segment


BIAS_TWICE = '* u  # → * u + weights["dt_bias"][:, None]  #'
NO_BIAS = '"delta_bias": weights["dt_bias"], → '
MADE = "  # (B, D, L): the scan adds the bias → \n    delta = "
CUT_EARLY = "x.shape[-1] :] → x.shape[-1] - 1 : -1]"
STATE_KEPT = "h = torch.where(changed, 0.0, h) → "


def _left(*edits: str):
    """The stream with mistakes that are left, or new ones."""
    return edited(mended_stream, *edits)


def suspects() -> SimpleNamespace:
    """Three closed boxes, each `mended_stream` with one mistake of its own."""
    made = {"first": _left(BIAS_TWICE), "second": _left(CUT_EARLY), "third": _left(STATE_KEPT)}
    for name, box in made.items():
        box.__name__ = f"the {name} suspect"
    return SimpleNamespace(**made)


def _draw_chunk(draw: Draw) -> dict:
    batch, channels, taps, states = draw.size(2, 3), draw.size(1, 3), draw.size(3, 4), draw.size(1, 3)
    last, goes_on = draw.integers(0, 2, batch), draw.integers(0, batch - 1, 1)
    moved = draw.integers(0, 2, batch).index_fill(0, goes_on, 0).index_fill(0, (goes_on + 1) % batch, 1)
    return {
        "x": draw.normal(batch, channels, draw.size(1, 5)),
        "segment": (last + moved) % 3,  # one row goes on, its neighbour has a new text
        "history": draw.normal(batch, channels, taps - 1),
        "h": draw.normal(batch, channels, states),
        "last": last,
        "weights": random_weights(draw.normal, channels, taps, states),
    }


def random_weights(normal, channels: int, taps: int, states: int) -> dict[str, Tensor]:
    """Weights of the small stream of the bug hunt, from a function that gives normal values of a shape."""
    return {
        "conv": normal(channels, taps),
        "dt": normal(channels),
        "dt_bias": 0.5 + normal(channels).abs(),
        "A": -torch.arange(1.0, states + 1).repeat(channels, 1),
        "B": normal(states),
        "C": normal(states),
    }


BIAS = "dt_bias comes in twice, once in your line for delta and once inside selective_scan_fn"
LATE = "the history ends one sample before the end of the chunk"
STATE = "a row with a new text keeps the state of the old one"

MENDED = Exercise(
    id="11.mended_stream",
    title="Three mistakes in one stream",
    reference=mended_stream,
    cases=_draw_chunk,
    rtol=1e-3,
    atol=1e-4,
    axes={
        "the output": ("row", "channel", "token"),
        "the history": HISTORY_AXES,
        "the state": STATE_AXES,
        "the segment": ("row",),
    },
    items=("the output", "the history", "the state", "the segment"),
    misconceptions=[
        Misconception(
            "the code as it was given",
            "All three are still in it. Run the three properties of the suspects on your code: each mistake shows in "
            "another.",
            _left(BIAS_TWICE, CUT_EARLY, STATE_KEPT),
            given=True,
        ),
        Misconception(
            "one mistake left: the bias",
            f"The history and the reset are right. But {BIAS}. One chunk against the reference shows it.",
            _left(BIAS_TWICE),
        ),
        Misconception(
            "one mistake left: the history",
            f"The step size and the reset are right. But {LATE}. Two chunks against one show it.",
            _left(CUT_EARLY),
        ),
        Misconception(
            "one mistake left: the reset",
            f"The step size and the history are right. But {STATE}. A new text in an old row shows it.",
            _left(STATE_KEPT),
        ),
        Misconception(
            "two mistakes left: the bias and the history",
            "The reset is right. Run the other two properties on your code.",
            _left(BIAS_TWICE, CUT_EARLY),
        ),
        Misconception(
            "two mistakes left: the bias and the reset",
            "The history is right. Run the other two properties on your code.",
            _left(BIAS_TWICE, STATE_KEPT),
        ),
        Misconception(
            "two mistakes left: the history and the reset",
            "The step size is right. Run the other two properties on your code.",
            _left(CUT_EARLY, STATE_KEPT),
        ),
        Misconception(
            "a bias that is gone altogether",
            "Now dt_bias has no effect any more. Once it must come in: it is the time scale of the channel.",
            _left(NO_BIAS),
        ),
        Misconception(
            "a softplus taken twice",
            "Your line for delta takes the softplus, and delta_softplus=True takes it again inside the scan. Let one "
            "of the two do it.",
            [
                _left(f"{MADE}F.softplus(delta)"),
                _left(f'{MADE}F.softplus(delta + weights["dt_bias"][:, None])', NO_BIAS),
                _left(f'{MADE}F.softplus(delta + weights["dt_bias"][:, None])'),
            ],
        ),
        Misconception(
            "a softplus that is gone",
            "The step size is not made positive any more. delta_softplus=True was right: the scan adds the bias, and "
            "then takes the softplus.",
            _left('"delta_softplus": True → "delta_softplus": False'),
        ),
        Misconception(
            "a reset of every row",
            "The state is reset in rows that go on with their text, too.",
            [
                _left("(segment != last)[:, None, None] → segment.new_ones(()) > 0"),
                _left("h = torch.where(changed, 0.0, h) → h = torch.zeros_like(h)"),
            ],
        ),
        Misconception(
            "a reset that has left the history out",
            "Now the state is reset, but the history is not any more. A new text needs both.",
            _left("history = torch.where(changed, 0.0, history) → "),
        ),
        Misconception(
            "a reset behind the scan",
            "The state is set to zero after the scan has run, so the new text has heard the old one, and its own "
            "state is gone.",
            _left(STATE_KEPT, "    return y, → \n    h = torch.where(changed, 0.0, h)\n    return y,"),
        ),
        Misconception(
            "the rows that go on are reset",
            "The test is turned round: rows with the same text as before start afresh, and the others go on.",
            [_left("segment != last → segment == last"), _left("0.0, h) → h, 0.0)")],
        ),
        Misconception(
            "a history from the chunk alone",
            "A chunk may be shorter than the history. Then some of its columns come from the history before.",
            [
                _left("joined[..., x.shape[-1] :] → x[..., -history.shape[-1] :]"),
                _left("joined[..., x.shape[-1] :] → F.pad(x, (history.shape[-1], 0))[..., x.shape[-1] :]"),
            ],
        ),
        Misconception(
            "a SiLU too many",
            "You take SiLU twice. One behind the convolution was right.",
            _left("u = F.silu( → u = F.silu(F.silu(", "groups=x.shape[1]))  # → groups=x.shape[1])))  #"),
        ),
        Misconception(
            "a history that is returned as it came",
            "The state moves on, and the history stays as it was before the chunk: those are the first columns of "
            "`joined`. The next one ends with the latest samples of x.",
            _left("joined[..., x.shape[-1] :] → history"),
        ),
        Misconception(
            "a state that is returned as it came",
            "You return the state from before the chunk. The next call wants the one behind its last sample: the "
            "scan gives it, beside y.",
            [
                _left("y, h = → y, _ ="),
                _left("h = torch.where( → given, h = h, torch.where(", ":], h, → :], given,"),
            ],
        ),
        Misconception(
            "the text of the chunk before",
            "You return `last`, the text of the chunk before. The next call compares with the text of this one.",
            _left("h, segment → h, last"),
        ),
        Misconception(
            "a history with one column too many",
            "The next history has a column more than the one that came in: with W taps the convolution looks W − 1 "
            "samples back.",
            _left("x.shape[-1] :] → x.shape[-1] - 1 :]"),
        ),
        Misconception(
            "a history of what the convolution gives",
            "You keep u. The convolution looks back at its inputs, x.",
            _left("joined[..., x.shape[-1] :] → torch.cat([history, u], dim=-1)[..., x.shape[-1] :]"),
        ),
        Misconception(
            "a history that starts too late",
            "The next history has a column less than the one that came in: its first column is the one that is "
            "missing.",
            _left("x.shape[-1] :] → x.shape[-1] + 1 :]"),
        ),
    ],
)

EXERCISES = [UPDATE, STEP, GENERATE, OVERTAKES, RESTART, MENDED]

RECAP = [
    Question(
        "What does a Mamba block have to remember between two tokens?",
        [
            "all tokens so far",
            "the last max-lag inputs of the convolution, and the state of the scan",
            "only the state of the scan",
            "a key and a value for each token",
        ],
        "the last max-lag inputs of the convolution, and the state of the scan",
        "Both have a fixed size, so a stream of any length needs the same memory. If one of the two is lost, the "
        "outputs are wrong.",
    ),
    Question(
        "A prompt of 1000 tokens has been read in one call. What do you do to seqlen_offset?",
        ["nothing, the block moves it", "add 1", "add 1000", "set it to 0"],
        "add 1000",
        "It counts the tokens of the stream, and the caller moves it. At 0 the block would start afresh without a "
        "word; at any other wrong number it raises.",
    ),
    Question(
        "A slow state is kept in bfloat16 and stands still far below its true value. Why?",
        [
            "the decay is rounded down to zero",
            "what one step adds is less than half the gap to the next number, and is rounded away",
            "bfloat16 cannot hold numbers that large",
            "the rounding errors of many steps add up at random",
        ],
        "what one step adds is less than half the gap to the next number, and is rounded away",
        "The gap between neighbours grows with the number itself, the steps get smaller. Where they meet, the state "
        "is stuck. In float32 the gaps are 65 536 times finer.",
    ),
    Question(
        "In a batch of three streams, row 1 begins a new text. What must be set to zero?",
        [
            "the state of row 1",
            "the state and the history of row 1",
            "the states and the histories of all rows",
            "seqlen_offset",
        ],
        "the state and the history of row 1",
        "The other rows are in the middle of their texts. In row 1, the history would show the last samples of the "
        "old text to the convolution, and the state all of it to the scan.",
    ),
    Question(
        "A step adds dt_bias twice. Streaming in chunks of any size gives equal results, and a reset row equals a "
        "fresh stream. Which test finds the bug?",
        [
            "other chunk sizes",
            "a longer stream",
            "a comparison with the forward pass of the trained block",
            "a test for NaN",
        ],
        "a comparison with the forward pass of the trained block",
        "The step agrees with itself in every way. A property that compares a program only with itself cannot see a "
        "mistake that is made everywhere.",
    ),
]
