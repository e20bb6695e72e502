"""Exercise 5: gated_conv_step."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .conv_step import conv_step
from .push import push
from .shared import HISTORY_CHANGED, OUTPUT, STEP_EXAMPLE


def gated_conv_step(
    x: Tensor,
    history: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    gates: Tensor,
    dilations: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """One sample through all branches, from one history: the output (B, D) and the next history (B, D, S)."""
    shares = torch.softmax(gates, dim=0)  # (branches,)
    y = torch.zeros_like(x)  # (B, D)
    for share, weight, bias, dilation in zip(shares, weights, biases, dilations, strict=True):
        branch, _ = conv_step(x, history, weight, bias, dilation)
        y = y + share * F.silu(branch)
    return y, push(history, x)


def _behind_each_other(x, history, weights, biases, gates, dilations):
    y = x  # (B, D)
    for share, weight, bias, dilation in zip(torch.softmax(gates, dim=0), weights, biases, dilations, strict=True):
        y = share * F.silu(conv_step(y, history, weight, bias, dilation)[0])
    return y, push(history, x)


def draw_gated(draw: Draw) -> dict[str, Any]:
    B, D, taps, branches = draw.size(1, 2), draw.size(1, 3), draw.size(1, 4), draw.size(1, 3)
    dilations = tuple(draw.size(1, 4) for _ in range(branches))
    S = max(1, *((taps - 1) * dilation for dilation in dilations)) + draw.size(0, 2)
    return {
        "x": draw.normal(B, D),
        "history": draw.normal(B, D, S),
        "weights": [draw.normal(D, taps) for _ in range(branches)],
        "biases": [draw.normal(D) for _ in range(branches)],
        "gates": draw.normal(branches),
        "dilations": dilations,
    }


GATED_EXAMPLE = {
    "x": STEP_EXAMPLE["x"],
    "history": STEP_EXAMPLE["history"],
    "weights": [STEP_EXAMPLE["weight"]],
    "biases": [STEP_EXAMPLE["bias"]],
    "gates": torch.tensor([0.0]),
    "dilations": (2,),
}


def several(weights: Sequence[Tensor], **rest: Any) -> bool:
    return len(weights) > 1


gated = partial(edited, gated_conv_step)


HANDED_ON = "y = torch.zeros_like(x) → y, branch = torch.zeros_like(x), x"


GATED_CONV_STEP = Exercise(
    id="03.gated_conv_step",
    title="All branches from one history",
    reference=gated_conv_step,
    cases=draw_gated,
    example=GATED_EXAMPLE,
    axes=OUTPUT,
    items=tuple(OUTPUT),
    trials=30,
    misconceptions=[
        Misconception(
            name="pushed first, then read",
            wrong=[
                gated(pushed, *following)
                for pushed in (
                    "y = torch.zeros_like(x) → y, history = torch.zeros_like(x), push(history, x)",
                    "branch, _ = → history = push(history, x)\n        branch, _ =",
                )
                for following in (("return y, push(history, x) → return y, history",), ())
            ],
            message="The history has moved on before the branches read it, so they meet the new sample twice, "
            "in the history and as the present one, and older taps read a sample one step newer than they should. "
            "Give the branches the history as it came, and push once they have read.",
        ),
        Misconception(
            name="the history moved once a branch",
            wrong=[
                gated("branch, _ = → branch, history =", "return y, push(history, x) → return y, history"),
                gated("branch, _ = → branch, history ="),
                gated(
                    "y = torch.zeros_like(x) → y, moved = torch.zeros_like(x), history",
                    "branch, _ = conv_step(x, history → branch, moved = conv_step(x, moved",
                ),
            ],
            where=lambda weights, **rest: several(weights) and weights[0].shape[-1] > 1,  # one tap reads no history
            message="Each branch pushes the sample into the history and hands it to the next branch, so the "
            "second branch sees this sample twice. All branches read the same history; it moves once a step.",
        ),
        Misconception(
            name="the sample pushed twice",
            wrong=gated("branch, _ = → branch, moved =", "push(history, x) → push(moved, x)"),
            message="The history that `conv_step` returns has taken this sample in already. Pushed once more, the "
            "sample stands in it twice. Return the one, or push into the history that was given.",
        ),
        Misconception(
            name="the oldest part of the shared history",
            wrong=gated("(x, history, weight → (x, history[..., : (weight.shape[-1] - 1) * dilation], weight"),
            message="A branch reads the first columns of the shared history, and these are the oldest. Its own "
            "history is the *end* of the shared one: what came just before now.",
        ),
        Misconception(
            name="counted from the oldest sample",
            wrong=[
                gated(
                    "y = torch.zeros_like(x) → y, window = torch.zeros_like(x), torch.cat([history, x[..., None]], -1)",
                    "branch, _ = conv_step(x, history, weight, bias, dilation) → "
                    f"branch = (window[..., {columns}] * weight).sum(dim=-1) + bias",
                )
                for columns in (": (weight.shape[-1] - 1) * dilation + 1 : dilation", "::dilation")
            ],
            message="The first tap of each branch reads column 0 of the history. This fits only the branch that looks "
            "back furthest, and only if there is no column to spare. Count from the newest end.",
        ),
        Misconception(
            name="SiLU after the sum",
            wrong=[
                gated("F.silu(branch) → branch", "return y, push → return F.silu(y), push"),
                gated("y + share * F.silu(branch) → F.silu(y + share * branch)"),
            ],
            message="A sum goes through SiLU: that of all branches, or the sum so far after each branch. In this front "
            "end each branch goes through SiLU on its own, then they are added.",
        ),
        Misconception(
            name="SiLU once more",
            wrong=gated("return y, push → return F.silu(y), push"),
            where=several,
            message="Each branch went through SiLU, as it should, and their sum goes through it again. Once is enough.",
        ),
        Misconception(
            name="a mean of what has its shares already",
            wrong=gated("return y, push → return y / len(weights), push"),
            message="The sum is divided by the number of branches. The shares add up to 1, so the branches with their "
            "shares add up to a mean already.",
        ),
        Misconception(
            name="a history that grows",
            wrong=gated("push(history, x) → torch.cat([history, x.unsqueeze(-1)], dim=-1)"),
            message="The output is right, and the history comes back with one column more than it had. The oldest "
            "sample has to go.",
        ),
        Misconception(
            name="branches that are not added",
            wrong=[
                gated("y = torch.zeros_like(x) → y = torch.ones_like(x)", "y = y + share → y = y * share"),
                *(
                    gated(
                        "y = torch.zeros_like(x) → y = []",
                        "y = y + share * F.silu(branch) → y.append(share * F.silu(branch))",
                        f"return y, push → return {together}, push",
                    )
                    for together in ("torch.cat(y, dim=-1)", "torch.stack(y)", "torch.stack(y, dim=-1)", "[*y]")
                ),
            ],
            where=several,
            message="The branches stand beside each other in one large output, or are multiplied. They are added "
            "up: the output has the shape of one of them.",
        ),
        Misconception(
            name="the share inside SiLU",
            wrong=gated("share * F.silu(branch) → F.silu(share * branch)"),
            message="Here SiLU bends the branch times its share. A share weighs what comes *out* of SiLU.",
        ),
        Misconception(
            name="SiLU on the shares",
            wrong=gated("share * F.silu(branch) → F.silu(share) * branch"),
            message="SiLU bends the shares here, and the branches come as they are. It is what a branch gives that "
            "goes through SiLU.",
        ),
        Misconception(
            name="SiLU on the gates",
            wrong=gated("torch.softmax(gates, dim=0) → torch.softmax(F.silu(gates), dim=0)", "F.silu(branch) → branch"),
            where=lambda gates, **rest: len(gates.unique()) > 1,  # equal gates give equal shares, bent or not
            message="SiLU bends the gates here, and the branches come as they are. It is what a branch gives that goes "
            "through SiLU.",
        ),
        Misconception(
            name="another function than SiLU",
            wrong=[
                gated(f"F.silu(branch) → {other}")
                for other in (
                    "torch.sigmoid(branch)",
                    "F.relu(branch)",
                    "torch.tanh(branch)",
                    "F.gelu(branch)",
                    "F.softplus(branch)",
                    "branch * torch.sigmoid(-branch)",
                    "x * torch.sigmoid(branch)",
                    "branch * torch.sigmoid(x)",
                    "branch * F.silu(x)",
                )
            ],
            message="The branches go through another function. SiLU is z·sigmoid(z), of one and the same z: `F.silu`.",
        ),
        Misconception(
            name="SiLU made, not applied",
            wrong=gated("F.silu(branch) → torch.nn.SiLU(branch)"),
            message="`nn.SiLU(…)` makes a layer, and what it is given is a setting. `F.silu` is the function.",
        ),
        Misconception(
            name="SiLU left out",
            wrong=gated("F.silu(branch) → branch"),
            message="The branches are added as they are. Each one goes through `F.silu` before the sum.",
        ),
        Misconception(
            name="gates without softmax",
            wrong=gated("torch.softmax(gates, dim=0) → gates"),
            message="The gates multiply the branches directly. Softmax makes shares of them "
            "that are positive and add up to 1.",
        ),
        Misconception(
            name="another function than softmax",
            wrong=[
                gated(f"torch.softmax(gates, dim=0) → {other}")
                for other in (
                    "torch.exp(gates)",
                    "torch.sigmoid(gates)",
                    "torch.log_softmax(gates, dim=0)",
                    "gates / gates.sum()",
                    "gates / len(gates)",
                    "torch.sigmoid(gates) / torch.sigmoid(gates).sum()",
                    "gates.abs() / gates.abs().sum()",
                    "F.silu(gates)",
                    "torch.softmax(-gates, dim=0)",
                    "torch.tanh(gates)",
                    "F.one_hot(gates.argmax(), len(gates))",
                )
            ],
            message="These are not the shares: softmax divides the *exponentials* of the gates by their sum, so "
            "that all are positive and add up to 1, and the largest gate has the largest share.",
        ),
        Misconception(
            name="gates left out",
            wrong=[
                gated("share * F.silu → F.silu"),
                gated("share * F.silu(branch) → F.silu(branch) / len(weights)"),
            ],
            where=lambda gates, **rest: len(gates) in (1, len(gates.unique())),  # equal gates give equal shares
            message="Every branch counts the same. Each one has a share, softmax of `gates` at its place. "
            "(Softmax of a single gate is 1: it is taken once, of all of them.)",
        ),
        Misconception(
            name="one share for all branches",
            wrong=[gated(f"share * F.silu → shares[{one}] * F.silu") for one in (0, -1)],
            message="All branches get the share of the first one, or of the last. Each has its own, at its place in "
            "`gates`.",
        ),
        Misconception(
            name="only one branch",
            wrong=[gated("y = y + → y ="), gated("return y, push →     return y, push")],
            message="The output holds one branch and not their sum: the first or the last. Are all of them "
            "added up before the function returns?",
        ),
        Misconception(
            name="one dilation for all branches",
            wrong=[
                gated(f"bias, dilation) → bias, {one})")
                for one in ("1", "dilations[0]", "dilations[-1]", "max(dilations)")
            ],
            message="All branches are convolved with one dilation: 1, or that of one of them. Each has its own, at its "
            "place in `dilations`.",
        ),
        Misconception(
            name="one branch behind the other",
            wrong=[
                _behind_each_other,
                gated(HANDED_ON, "conv_step(x, → conv_step(branch,"),
                gated(HANDED_ON, "conv_step(x, → conv_step(branch,", "F.silu(branch) → (branch := F.silu(branch))"),
            ],
            message="The output of a branch is the input of the next one. The branches stand side by side: each "
            "reads the same sample.",
        ),
        Misconception(
            name="SiLU on what comes in",
            wrong=gated("conv_step(x, → conv_step(F.silu(x),", "F.silu(branch) → branch"),
            where=lambda x, **rest: bool(x.all()),  # SiLU leaves a zero as it is
            message="The sample goes through SiLU, and what the branches give does not. In this front end SiLU "
            "comes behind the convolution of each branch.",
        ),
        Misconception(
            name="biases outside of SiLU",
            wrong=[
                gated("F.silu(branch) → (F.silu(branch - bias) + bias)"),
                gated("y + share * F.silu(branch) → y + share * F.silu(branch - bias) + bias"),
            ],
            message="The biases are added to what has come out of SiLU. A bias belongs to the convolution of its "
            "branch, and goes through SiLU with it.",
        ),
        Misconception(
            name="softmax twice",
            wrong=gated("torch.softmax(gates, dim=0) → torch.softmax(torch.softmax(gates, dim=0), dim=0)"),
            message="The shares go through softmax once more, and so come closer together. They are shares after "
            "the first time.",
        ),
        Misconception(
            name="a branch left out",
            wrong=[
                gated(
                    "zip(shares, weights, biases, dilations, strict=True) → "
                    f"[*zip(shares, weights, biases, dilations)]{part}"
                )
                for part in ("[1:]", "[:-1]")
            ],
            where=lambda weights, **rest: len(weights) > 1,
            message="The first or the last branch takes no part in the sum. Each list has a place for every "
            "branch, from 0 on: which one do you leave out?",
        ),
        Misconception(
            name="a history cut to what the branches need",
            wrong=[
                gated(
                    "push(history, x) → push(history, x)"
                    "[..., history.shape[-1] - (weights[0].shape[-1] - 1) * max(dilations) :]"
                ),
                gated("push(history, x) → push(history, x)[..., -(weight.shape[-1] - 1) * dilation :]"),
            ],
            where=lambda weights, **rest: weights[0].shape[-1] > 1,
            message="The output is right, but the history comes back shorter than it was. It may be longer than "
            "these branches need: return as many columns as came in.",
        ),
        Misconception(
            name="a history for each branch",
            wrong=[
                gated(f"return y, push(history, x) → return y, {many}")
                for many in ("[push(history, x)] * len(weights)", "torch.stack([push(history, x)] * len(weights))")
            ],
            where=several,
            message="There is a history for each branch, and all hold the same samples. One comes in, and one goes "
            "out.",
        ),
        Misconception(
            name="a pair in place of the output",
            wrong=[
                gated("branch, _ = conv_step → branch = conv_step"),
                gated("branch, _ = conv_step → branch = conv_step", "F.silu(branch) → branch"),
            ],
            message="`conv_step` returns two things, the output and the next history. The branch is the first alone.",
        ),
        Misconception(
            name="sample and history exchanged",
            wrong=gated("conv_step(x, history, → conv_step(history, x,"),  # `push` raises the same error
            message="`conv_step` takes the sample first and the history second, and `push` takes the history first. "
            "In one of your calls they have changed places.",
        ),
        Misconception(
            name="shares along another axis",
            wrong=[
                gated(
                    "y = torch.zeros_like(x) → branches = []",
                    "y = y + share * F.silu(branch) → branches.append(F.silu(branch))",
                    f"return y, push → return {product}, push",
                )
                for product in (
                    "(torch.stack(branches) * shares).sum(dim=0)",
                    "(shares * torch.stack(branches)).sum(dim=0)",
                    "(shares[:, None] * torch.stack(branches)).sum(dim=0)",
                    "shares @ torch.stack(branches)",
                    "torch.einsum('n,bdn->bd', shares, torch.stack(branches))",
                )
            ],
            where=several,
            message="Your branches stand in one tensor, (branches, B, D), and the shares are multiplied along another "
            "axis: the channels or the sequences. Give them the axes that they lack.",
        ),
        Misconception(
            name="added up over another axis than the branches",
            wrong=[
                gated(
                    "y = torch.zeros_like(x) → y = []",
                    "y = y + share * F.silu(branch) → y.append(share * F.silu(branch))",
                    f"return y, push → return torch.stack(y, dim={axis}).sum(dim={summed}), push",
                )
                for axis, summed in ((0, 1), (0, -1), (-1, 0), (-1, 1))
            ],
            where=lambda x, weights, **rest: several(weights) and x.shape[1] > 1,
            message="The sequences or the channels are added up, and the branches stay apart. Where does `torch.stack` "
            "put its new axis, and along which one is the sum?",
        ),
        Misconception(
            name="lists in different orders",
            wrong=[
                gated("biases, dilations, strict → biases, dilations[::-1], strict"),
                gated("zip(shares, → zip(shares.flip(0),"),
                gated("zip(shares, weights, → zip(shares, weights[::-1],"),
                gated("weights, biases, dilations, strict → weights, biases[::-1], dilations, strict"),
            ],
            message="One of the lists is read from its end, so that a branch gets the share, the kernel, the bias "
            "or the dilation of another one. Place i belongs to branch i in all of them.",
        ),
        Misconception(
            name="the taps reversed",
            wrong=gated("history, weight, → history, weight.flip(-1),"),
            message="The tap for the oldest sample is multiplied by the newest one, in every branch. The last tap of "
            "a kernel belongs to *now*.",
        ),
        Misconception(
            name="one kernel or one bias for all branches",
            wrong=[
                gated(f"history, weight, bias, → history, {shared},")
                for one in ("0", "-1")
                for shared in (
                    f"weight, biases[{one}]",
                    f"weights[{one}], bias",
                    f"weights[{one}], biases[{one}]",
                )
            ],
            message="All branches share the weights or the bias of one of them, the first or the last. Each branch "
            "has its own, at its place in the list.",
        ),
        Misconception(
            name="the biases left out",
            wrong=gated("bias, dilation) → 0 * bias, dilation)"),
            message="The branches are convolved without their biases. Each has one, at its place in `biases`.",
        ),
        Misconception(
            name="the sum begun with the sample",
            wrong=[gated("y = torch.zeros_like(x) → y = x", *added) for added in ((), ("y = y + share → y += share",))],
            message="The sum begins with the sample, which comes in on top of the branches (and with `+=` is changed "
            "itself). What is in the sum before the first branch?",
        ),
        Misconception(
            name="the given history changed",
            wrong=gated("push(history, x) → history.copy_(push(history, x))"),
            message=HISTORY_CHANGED,
        ),
        Misconception(
            name="a history that stands still",
            wrong=gated("return y, push(history, x) → return y, history"),
            message="The output is right, but the history comes back as it was given. The next step will not "
            "know this sample.",
        ),
        Misconception(
            name="the output taken into the history",
            wrong=gated("push(history, x) → push(history, y)"),
            message="The history holds what came *in*. Here the output is put into it.",
        ),
    ],
)
