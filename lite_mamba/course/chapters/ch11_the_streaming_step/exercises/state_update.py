"""Exercise 1: state_update."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import STATE_AXES


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


READ = 'torch.einsum("b d n, b n -> b d", h, C)'


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


def _several_states(h: Tensor, **others: Tensor) -> bool:
    return h.shape[-1] > 1


STATE_UPDATE = Exercise(
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
                for other in ("torch.exp", "torch.relu", "torch.sigmoid", "F.silu", "torch.abs")
            ],
        ),
        Misconception(
            "a delta as it came",
            "You use delta as it is handed over, before bias and softplus: the step size is still to be made of it.",
            _updated("F.softplus(delta + dt_bias) → delta"),
        ),
        Misconception(
            "a step size without its bias",
            "You apply softplus to delta alone. The bias holds the time scale that the channel was born with "
            "(notebook 06). Where does it come in, before softplus or behind it?",
            _updated("delta + dt_bias → delta"),
        ),
        Misconception(
            "the bias added twice",
            "dt_bias comes in two times. Nothing raises, the step sizes are only other ones: smaller where the "
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
            "Your step size has been through softplus two times, and each time makes it larger. Once is enough, of "
            "delta and bias together.",
            [
                _updated("F.softplus(delta + dt_bias) → F.softplus(F.softplus(delta + dt_bias))"),
                _updated("F.softplus(delta + dt_bias) → F.softplus(F.softplus(delta) + dt_bias)"),
            ],
        ),
        Misconception(
            "a step size that is made twice",
            "You add the bias and take softplus, and then both are done once more. selective_state_update does both by "
            "itself, too, where it gets dt_bias and dt_softplus=True.",
            _updated("F.softplus(delta + dt_bias) → F.softplus(F.softplus(delta + dt_bias) + dt_bias)"),
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
                _updated("delta = F.softplus → raw, delta = delta, F.softplus", f"{place}delta → {place}{size}")
                for place in ("torch.exp(", "h + (")
                for size in ("raw", "(raw + dt_bias)", "F.softplus(raw)")
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
            "You add Δ·B, whatever u is. What is written into the state is the token: Δ·B·u.",
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
            where=_several_states,
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
            "an exponential of one factor",
            "Your exponential holds only one of the two, Δ or A, and the other one stands outside. The decay is the "
            "exponential of their product.",
            [
                _updated("torch.exp(delta[..., None] * A) → torch.exp(delta)[..., None] * A"),
                _updated("torch.exp(delta[..., None] * A) → delta[..., None] * torch.exp(A)"),
            ],
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
            "another function in the place of the exponential",
            "Your decay is made of Δ·A in another way: with another base, another curve, or with a one added or taken "
            "off. In equation 2 it is e to the power of Δ·A.",
            [
                *(
                    _updated(f"torch.exp(delta → {other}(delta")
                    for other in ("torch.exp2", "torch.expm1", "-torch.expm1", "torch.sigmoid", "torch.tanh")
                ),
                _updated("torch.exp(delta[..., None] * A) → 1 / (1 - delta[..., None] * A)"),
            ],
        ),
        Misconception(
            "a state that grows",
            "Your decay is above one. A is negative already, and it has to stay so: no further minus sign, and no "
            "absolute value.",
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
            where=_several_states,
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
                for gate in ("z", "torch.sigmoid(z)", "torch.tanh(z)", "F.gelu(z)", "F.relu(z)", "F.softplus(z)")
            ],
        ),
        Misconception(
            "a SiLU on the signal",
            "You take SiLU of u, of y + D·u, or of the whole product. It belongs to z alone: (y + D·u) · SiLU(z).",
            [
                _updated("delta = F.softplus → u = F.silu(u)\n    delta = F.softplus"),
                _updated("(y + D * u) * F.silu(z) → F.silu(y + D * u) * z"),
                _updated("return (y + D * u) → return F.silu(y + D * u)"),
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
            [
                _updated("F.silu(z), h → F.silu(z), h * F.silu(z)[..., None]"),
                *(
                    _updated(f"y = {READ} → h = h * F.silu(z)[..., None]; y = {READ}", *more)
                    for more in ((), ("(y + D * u) * F.silu(z) → y + D * u",))
                ),
            ],
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
            "You add u itself. D says, channel by channel, how much of it goes past the state.",
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
            "a skip in the sum over the states",
            "D·u stands inside the sum over the states, so it comes in N times. It is added once, to the reading.",
            _updated("(y + D * u) → (y + h.shape[-1] * D * u)"),
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
            where=_several_states,
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
            "a reading that is not added up",
            "You multiply the states by C and leave the N products side by side. y = C · h is their sum.",
            [
                _updated(f"{READ} → h * C[:, None]"),
                _updated(
                    f"{READ} → h * C[:, None]",
                    "(y + D * u) * F.silu(z) → (y + (D * u)[..., None]) * F.silu(z)[..., None]",
                ),
            ],
            where=_several_states,
        ),
        Misconception(
            "a sum over the channels",
            "You add up over the channels. Each channel reads its own N states: y = C · h is a sum over the last axis.",
            _updated(f"{READ} → (h * C[:, None]).sum(1)"),
        ),
        Misconception(
            "a row read with the C of every row",
            "You read the states of each row with the C of all B rows, as the product with C.T does, (B, D, B). Each "
            "row has a C of its own: for each row and channel, a sum over the N states.",
            [_updated(f"{READ} → h @ C.T"), _updated(f"{READ} → (h @ C.T).sum(-1)")],
            where=lambda h, **others: len(h) > 1,
        ),
        Misconception(
            "a reading with an axis too many",
            "Your reading is (B, D, 1), and D·u is (B, D): the two are lined up from the right. An axis of size 1 that "
            "you needed on the way to the reading has to go before you add.",
            _updated(f"{READ} → h @ C[..., None]"),
        ),
        Misconception(
            "an axis of size 1 too few",
            "`squeeze()` takes out every axis of size 1, also that of a single row or a single channel. Name the axis "
            "that has to go.",
            [
                _updated(f"{READ} → (h @ C[..., None]).squeeze()"),
                _updated("(y + D * u) * F.silu(z), h → ((y + D * u) * F.silu(z)).squeeze(), h"),
            ],
        ),
        Misconception(
            "an axis missing, or at another place",
            "h is (B, D, N), delta and u are (B, D), B and C are (B, N), D and dt_bias are (D,). PyTorch lines shapes "
            "up from the right, and finds other axes, or none that fit. Where two letters differ, one of the shapes "
            "needs an axis of size 1; where they agree, none.",
            [
                _updated("delta + dt_bias → delta + dt_bias[:, None]"),
                _updated("D * u) → D[:, None] * u)"),
                _updated("delta + dt_bias → delta + dt_bias[:, None]", "D * u) → D[:, None] * u)"),
                *(
                    _updated(f"{READ} → ({read}).sum(-1)")
                    for read in ("h * C", "C * h", "h * C[..., None]", "C[..., None] * h")
                ),
                *(_updated(f"{READ} → {read}") for read in ("h @ C", "C @ h")),
                _updated("torch.exp(delta[..., None] * A) → torch.exp(A * delta)"),
                _updated("* B[:, None] → * B"),
                _updated("* B[:, None] → * B[..., None]"),
                _updated("* B[:, None] → * B", f"{READ} → (h * C).sum(-1)"),
                _updated("* B[:, None] → * B[..., None]", f"{READ} → (h * C[..., None]).sum(-1)"),
                _updated("torch.exp(delta[..., None] * A) → torch.exp(delta * A)"),
                _updated("(delta * u)[..., None] → (delta * u)"),
                *(
                    _updated(f"(delta * u)[..., None] * B[:, None] → {drive}")
                    for drive in (
                        "delta[..., None] * B[:, None] * u",
                        "u * delta[..., None] * B[:, None]",
                        "delta * u * B",
                    )
                ),
                _updated("torch.exp(delta[..., None] → torch.exp(delta[:, None]"),
                _updated("(delta * u)[..., None] * B[:, None] → (delta * u)[:, None] * B[..., None]"),
                _updated(
                    "torch.exp(delta[..., None] → torch.exp(delta[:, None]",
                    "(delta * u)[..., None] * B[:, None] → (delta * u)[:, None] * B[..., None]",
                ),
                _updated(
                    "torch.exp(delta[..., None] * A) → torch.exp(delta * A)", "(delta * u)[..., None] → (delta * u)"
                ),
                *(
                    _updated(
                        "torch.exp(delta[..., None] * A) → torch.exp(delta * A)",
                        "(delta * u)[..., None] * B[:, None] → delta * u * B",
                        *read,
                    )
                    for read in ((), (f"{READ} → (h * C).sum(-1)",))
                ),
                _updated(
                    "torch.exp(delta[..., None] → torch.exp(delta[:, None]",
                    "(delta * u)[..., None] * B → delta[:, None] * u[..., None] * B",
                ),
                _updated("(delta * u)[..., None] * B[:, None] → delta[..., None] * u[:, None] * B[..., None]"),
            ],
            where=lambda h, **others: h.numel() > 1,  # of sizes that are all 1, none tells which axis is meant
        ),
    ],
)
