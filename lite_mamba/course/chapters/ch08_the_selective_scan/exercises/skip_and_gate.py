"""Exercise 3: skip_and_gate."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import AXES


def skip_and_gate(y: Tensor, u: Tensor, D: Tensor, z: Tensor) -> Tensor:
    """(y + D·u) · SiLU(z): y, u, z (B, D, L), D (D,)."""
    return (y + D[:, None] * u) * F.silu(z)  # (B, D, L)


def _gated(formula: str) -> Callable[..., Tensor]:
    """A wrong answer: another formula."""
    return edited(skip_and_gate, f"(y + D[:, None] * u) * F.silu(z) → {formula}")


def _skip_cases(draw: Draw) -> dict:
    batch, channels = draw.size(1, 2), draw.size(2, 4)
    length = channels + draw.size(1, 3)  # never as long as there are channels, so that D fits along one axis only
    y, u, z = (draw.normal(batch, channels, length) for _ in range(3))
    if draw.choice([False, False, True]):
        z.view(-1)[draw.choice(range(z.numel()))] = 100.0  # float32 has no number for exp(100)
    return {"y": y, "u": u, "D": draw.normal(channels), "z": z}


SKIP_AND_GATE = Exercise(
    id="08.skip_and_gate",
    title="Skip and gate",
    reference=skip_and_gate,
    cases=_skip_cases,
    axes=AXES[:3],
    gradients=("y", "u", "D", "z"),
    misconceptions=[
        Misconception(
            "the gate before the skip",
            "Only y is gated and D·u is added afterwards, so a closed gate still lets the skip through. First the "
            "sum, then the gate.",
            [_gated(f"y * {gate}(z) + D[:, None] * u") for gate in ("F.silu", "torch.sigmoid")],
        ),
        Misconception(
            "sigmoid instead of SiLU",
            "The gate is sigmoid(z). Mamba's gate is SiLU(z) = z·sigmoid(z): at z = 0 it is closed, and it may be "
            "larger than 1.",
            _gated("(y + D[:, None] * u) * torch.sigmoid(z)"),
        ),
        Misconception(
            "z without SiLU",
            "The result is multiplied by z itself, so a negative z opens the gate as wide as a positive one. z goes "
            "through SiLU first, which lets little through there.",
            _gated("(y + D[:, None] * u) * z"),
        ),
        Misconception(
            "another gate than SiLU",
            "The sum is right, and the gate is another function than SiLU(z) = z·sigmoid(z).",
            [
                _gated(f"(y + D[:, None] * u) * {gate}")
                for gate in (
                    *(
                        "F.relu(z)",
                        "torch.tanh(z)",
                        "F.gelu(z)",
                        "F.softplus(z)",
                        "F.softmax(z, -1)",
                        "F.softmax(z, 1)",
                    ),
                    *("F.elu(z)", "F.leaky_relu(z)", "F.mish(z)", "F.hardswish(z)", "z * torch.tanh(z)"),
                    *("z * torch.sigmoid(-z)", "F.silu(-z)", "F.silu(F.silu(z))", "(1 - F.silu(z))"),
                    *(
                        "(z / 1 + torch.exp(-z))",
                        "z * (1 + torch.exp(-z))",
                        "(1 - torch.sigmoid(z))",
                        "(z + torch.sigmoid(z))",
                        "(z > 0)",
                    ),
                    *("F.logsigmoid(z)", "z * torch.sigmoid(1.702 * z)", "F.silu(torch.sigmoid(z))"),
                    *("torch.sigmoid(F.silu(z))", "torch.sigmoid(torch.sigmoid(z))"),
                    *("(z / (1 - torch.exp(-z)))", "F.silu(z.abs())", "F.silu(2 * z)"),
                    *("z * (1 + torch.tanh(z)) / 2", "z * torch.sigmoid(y)", "z * torch.sigmoid(u)"),
                )
            ],
        ),
        Misconception(
            "a layer that is not called",
            "nn.SiLU makes a layer, and z is taken for its setting. A layer is made first, without z, and then called "
            "with it; the function of F does both in one.",
            [_gated("(y + D[:, None] * u) * nn.SiLU(z)"), _gated("nn.SiLU(z) * (y + D[:, None] * u)")],
        ),
        Misconception(
            "an exponential that overflows",
            "For a large z, exp(z) is infinite in float32, and infinity divided by infinity is not a number, or 0 "
            "behind nan_to_num. The same "
            "sigmoid can be written with exp(−z), which goes to 0; torch's own bears any z.",
            [
                _gated(f"(y + D[:, None] * u) * {gate}")
                for gate in (
                    "(z * torch.exp(z) / (1 + torch.exp(z)))",
                    "torch.nan_to_num(z * torch.exp(z) / (1 + torch.exp(z)))",
                )
            ],
        ),
        Misconception(
            "a gate that mixes",
            "The gate weighs y against D·u, as in a GRU: it opens for one where it closes for the other. Here the sum "
            "of both is multiplied by one gate.",
            [_gated(f"{gate}(z) * y + (1 - {gate}(z)) * D[:, None] * u") for gate in ("torch.sigmoid", "F.silu")],
        ),
        Misconception(
            "a gate that is passed twice",
            "A part of the sum, or all of it, is multiplied by the gate twice. It is passed once, by the sum.",
            [
                _gated(f"({sum_}) * F.silu(z)")
                for sum_ in (
                    "y * F.silu(z) + D[:, None] * u",
                    "y + D[:, None] * u * F.silu(z)",
                    "(y + D[:, None] * u) * F.silu(z)",
                )
            ],
        ),
        Misconception(
            "SiLU around what is gated",
            "SiLU goes around y, around u or around their sum, with z or without. It belongs around z alone: the "
            "gate decides, and the sum is what it lets through.",
            [
                _gated(f"F.silu({inner}){outer}")
                for inner, outer in (
                    ("y + D[:, None] * u", " * z"),
                    ("(y + D[:, None] * u) * z", ""),
                    ("y + D[:, None] * u", " * F.silu(z)"),
                    ("y + D[:, None] * u", ""),
                    ("y", " * F.silu(z) + D[:, None] * u * F.silu(z)"),
                    ("u", " * D[:, None] * F.silu(z) + y * F.silu(z)"),
                    ("D[:, None] * u", " * F.silu(z) + y * F.silu(z)"),
                )
            ],
        ),
        Misconception(
            "a gate that is added",
            "The gate is added to the sum. A gate multiplies: only so can it close.",
            [_gated("y + D[:, None] * u + F.silu(z)"), _gated("y + D[:, None] * u + z")],
        ),
        Misconception(
            "a sum that also passes beside the gate",
            "The gate is 1 + SiLU(z), or its product is added to what it should close: at z = 0 the sum comes out "
            "whole. It comes out through the gate alone.",
            _gated("(y + D[:, None] * u) * (1 + F.silu(z))"),
        ),
        Misconception(
            "the input once more behind the gate",
            "u is added to what comes out of the gate. A residual path goes around the whole block, not around the "
            "scan; here D·u is the only way past the state, and the gate closes it too.",
            _gated("(y + D[:, None] * u) * F.silu(z) + u"),
        ),
        Misconception(
            "a mixture of y and u",
            "y is weighted with 1 − D. The skip takes nothing away from what was read: y + D·u, with y as it is.",
            _gated("((1 - D[:, None]) * y + D[:, None] * u) * F.silu(z)"),
        ),
        Misconception(
            "D times the output",
            "D multiplies y. The skip is a path around the state: it carries the input u.",
            [_gated("(y + D[:, None] * y) * F.silu(z)"), _gated("(D[:, None] * y + u) * F.silu(z)")],
        ),
        Misconception(
            "D times everything",
            "D multiplies the whole sum. It is the weight of the skip alone.",
            _gated("D[:, None] * (y + u) * F.silu(z)"),
        ),
        Misconception(
            "the input gated instead of the output",
            "Only u meets the gate here; what comes from the state passes freely. The gate multiplies the whole sum.",
            [_gated(f"y + D[:, None] * u * {gate}(z)") for gate in ("F.silu", "torch.sigmoid")],
        ),
        Misconception(
            "a skip without D",
            "u is added as it is. Each channel has a weight of its own, D[d].",
            _gated("(y + u) * F.silu(z)"),
        ),
        Misconception(
            "one D for all channels",
            "All channels get the same weight: one number of D, its mean or its sum. Each has a weight of its own.",
            [_gated(f"(y + {same} * u) * F.silu(z)") for same in ("D[0]", "D[-1]", "D.mean()", "D.sum()")],
        ),
        Misconception(
            "a function of D",
            "The weight of the skip is a function of D, such as exp(D). D is that weight as it is.",
            [
                _gated(f"(y + ({weight})[:, None] * u) * F.silu(z)")
                for weight in (
                    *("D.exp()", "-D.exp()", "torch.sigmoid(D)", "F.softplus(D)", "F.silu(D)", "D**2"),
                    *("D.abs()", "F.relu(D)", "torch.tanh(D)", "F.softmax(D, 0)"),
                )
            ],
        ),
        Misconception(
            "a product in the place of the sum",
            "y and u are multiplied together. What was read and what goes past the state are added: y + D·u.",
            [_gated(f"({product}) * F.silu(z)") for product in ("y * D[:, None] * u", "y * u + D[:, None]")],
        ),
        Misconception(
            "D added without u",
            "D is added to y as it is. It is a weight: what goes past the state is D·u.",
            _gated("(y + D[:, None]) * F.silu(z)"),
        ),
        Misconception(
            "D added to u",
            "D is added to u. It is a weight: what goes past the state is D·u.",
            _gated("(y + D[:, None] + u) * F.silu(z)"),
        ),
        Misconception(
            "z in the place of u",
            "What goes past the state is D·z. The skip carries the input, u; z opens and closes.",
            [_gated(f"(y + D[:, None] * z) * F.silu({gate})") for gate in ("z", "u")],
        ),
        Misconception(
            "u in the place of z",
            "The gate is SiLU(u): the input opens and closes its own way out. The gate comes from z.",
            _gated("(y + D[:, None] * u) * F.silu(u)"),
        ),
        Misconception(
            "y and z exchanged",
            "y and z have changed places: z is what passes, and y opens and closes. y is what was read from the state, "
            "and the gate comes from z.",
            [_gated(f"(z + D[:, None] * u) * F.{gate}(y)") for gate in ("silu", "sigmoid")],
        ),
        Misconception(
            "z once too often",
            "SiLU(z) has the factor z in it already, z·sigmoid(z). You multiply by z once more.",
            _gated("(y + D[:, None] * u) * F.silu(z) * z"),
        ),
        Misconception(
            "a skip that is taken away",
            "D·u is taken away from y, or y from it. The two paths are added.",
            [_gated("(y - D[:, None] * u) * F.silu(z)"), _gated("(D[:, None] * u - y) * F.silu(z)")],
        ),
        Misconception(
            "no skip",
            "Only y goes through the gate. What about the path around the state?",
            _gated("y * F.silu(z)"),
        ),
        Misconception(
            "no gate",
            "The sum is right, and nothing closes it: z is not used.",
            _gated("y + D[:, None] * u"),
        ),
        Misconception(
            "channels along the time axis",
            "Broadcasting lines axes up from the right, and here channels meet tokens: D has one number a channel, and "
            "the last axis of y, u and z is time. Give D an axis more, so that it becomes (D, 1).",
            [_gated("(y + D * u) * F.silu(z)"), _gated("(y + u * D) * F.silu(z)")],
        ),
        Misconception(
            "reshaped, not transposed",
            "D meets the numbers of u in the order in which they lie in memory, so that channels and tokens are mixed "
            "up. Did you reshape u, D·u, or a repeated D? Two axes are exchanged by a transpose; or give D one more.",
            [
                _gated(f"(y + ({turned} * D).reshape(u.shape)) * F.silu(z)")
                for turned in ("u.reshape(len(u), -1, len(D))", "u.transpose(1, 2)")
            ],
        ),
        Misconception(
            "D along the sequences",
            "D has two axes more, so that it is lined up with the batch. One axis more is enough: (D, 1) meets channel "
            "and time.",
            _gated("(y + D[:, None, None] * u) * F.silu(z)"),
        ),
        Misconception(
            "a skip that adds up the tokens",
            "D·u is added up over the tokens: einsum does so if the letter l is missing behind the arrow. Each token "
            "has a skip of its own.",
            _gated("(y + (D[:, None] * u).sum(-1, keepdim=True)) * F.silu(z)"),
        ),
        Misconception(
            "a skip that mixes the channels",
            "D·u is added up over the channels of a token, as in a product of matrices, and each of them would get the "
            "sum. Each channel has a skip of its own.",
            [_gated(f"({total}) * F.silu(z)") for total in ("y + (D @ u)[:, None]", "y + D @ u", "D @ u + y")],
        ),
    ],
)
