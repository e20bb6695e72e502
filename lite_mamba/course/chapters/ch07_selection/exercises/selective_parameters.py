"""Exercise 4: selective_parameters."""

import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import projection_cases


def selective_parameters(u: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Δ (B, L, D), B and C (B, L, N) of every token, from u (B, L, D): algorithm 2 with a low rank for Δ."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1)  # (B, L, R), (B, L, N), (B, L, N)
    delta = F.softplus(low_rank @ dt_proj.T + dt_bias)  # (B, L, D)
    return delta, B, C


def _delta(formula: str, *edits: str):
    """Wrong parameters: another Δ."""
    return edited(selective_parameters, f"F.softplus(low_rank @ dt_proj.T + dt_bias) → {formula}", *edits)


def _parts(delta: str, B: str = "B", C: str = "C"):
    """Wrong parameters: something else is returned."""
    return edited(selective_parameters, f"return delta, B, C → return {delta}, {B}, {C}")


def _cut(formula: str):
    """Wrong parameters: the projected numbers are cut in other places."""
    return edited(selective_parameters, f".split([rank, states, states], dim=-1) → {formula}")


BY_PLACE = (
    "low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1) → "
    "low_rank, rest = (u @ x_proj.T).tensor_split([rank], dim=-1); B, C = rest[..., :states], rest[..., states:]"
)


def _raw(u: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> Tensor:
    """The raw numbers of a case (B, L, D)."""
    return u @ x_proj[: dt_proj.shape[1]].T @ dt_proj.T + dt_bias


def _parameter_cases(draw: Draw) -> dict:
    case = projection_cases(draw)
    case["dt_bias"][0] -= draw.choice([0, 12])  # a Δ far below any floor
    u = case["u"]
    case["u"] = draw.in_turn([u, u, u.mT.contiguous().mT])  # the last one as a block has it: no `view` takes it
    return case


SELECTIVE_PARAMETERS = Exercise(
    id="07.selective_parameters",
    title="Δ, B and C from the token",
    reference=selective_parameters,
    cases=_parameter_cases,
    axes=("batch", "token", "column"),  # the last axis is D or N
    items=("delta", "B", "C"),
    gradients=("u", "x_proj", "dt_proj", "dt_bias"),
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
            "a bias and a softplus that are missing",
            "Your Δ is what `dt_proj` makes of the low rank, and nothing more. Two things are missing: what sets the Δ "
            "of a token that says nothing, and what keeps a step size above zero.",
            _delta("low_rank @ dt_proj.T"),
        ),
        Misconception(
            "a bias that is added twice",
            "The bias is in your Δ two times. Perhaps you added it to a result that had it already.",
            [_delta("F.softplus(low_rank @ dt_proj.T + 2 * dt_bias)"), _delta("low_rank @ dt_proj.T + 2 * dt_bias")],
        ),
        Misconception(
            "a softplus of a softplus",
            "The softplus is applied twice. The second one lifts everything: no Δ can be below softplus(0) = 0.69, so "
            "no token can hold the state.",
            _delta("F.softplus(F.softplus(low_rank @ dt_proj.T + dt_bias))"),
        ),
        Misconception(
            "a bias with a function of its own",
            "The bias goes through a softplus, its inverse or an exponential before it is added. It is part of the raw "
            "number: token and bias are added, and the softplus is taken of the sum.",
            [
                _delta("F.softplus(low_rank @ dt_proj.T + F.softplus(dt_bias))"),
                _delta("F.softplus(low_rank @ dt_proj.T + torch.exp(dt_bias))"),
                _delta("F.softplus(low_rank @ dt_proj.T + torch.log(torch.expm1(dt_bias)))"),
                _delta("F.softplus(low_rank @ dt_proj.T) + F.softplus(dt_bias)"),
                _delta("low_rank @ dt_proj.T + F.softplus(dt_bias)"),
            ],
        ),
        Misconception(
            "parts that begin in the wrong place",
            "B or C begins with a number that is not its first one: the first R belong to Δ, the N behind them to B, "
            "the last N to C.",
            [
                _cut(".tensor_split([rank], dim=-1)[0], *(u @ x_proj.T)[..., : 2 * states].chunk(2, dim=-1)"),
                _cut(".tensor_split([rank, states], dim=-1)"),
                _cut(".tensor_split([rank, rank + states - 1], dim=-1)"),
                *(
                    edited(
                        selective_parameters,
                        f"return delta, B, C → all = u @ x_proj.T; return delta, all[..., {B}], all[..., {C}]",
                    )
                    for B, C in (
                        ("rank : rank + states", "states : 2 * states"),
                        ("rank : rank + states", "states : rank + states"),
                        ("rank : rank + states", "rank : rank + states"),
                        ("rank : rank + states", "states:"),
                        ("rank - 1 : rank + states - 1", "rank + states - 1 : -1"),
                        (":states", "-states:"),
                        ("-states:", "-states:"),
                        ("states : 2 * states", "-states:"),
                        ("rank + 1 : rank + states + 1", "rank + states + 1 :"),
                    )
                ),
                edited(  # all places counted from 1
                    selective_parameters,
                    "(u @ x_proj.T).split([rank, states, states], dim=-1) → "
                    "(u @ x_proj.T)[..., 1:].tensor_split([rank, rank + states], dim=-1)",
                ),
            ],
        ),
        Misconception(
            "B and C that take turns",
            "You give B and C every second number. Each has its N numbers in a row: first all of B, then all of C.",
            _cut(".tensor_split([rank], dim=-1)[0], *(u @ x_proj.T)[..., rank:].unflatten(-1, (-1, 2)).unbind(-1)"),
        ),
        Misconception(
            "a bias that is taken off",
            "The bias is subtracted. It is added, before the softplus.",
            _delta("F.softplus(low_rank @ dt_proj.T - dt_bias)"),
        ),
        Misconception(
            "a Δ without its projection",
            "The R numbers of the low rank go out as Δ. They lead to the D channels through `dt_proj`, and then comes "
            "the bias.",
            _parts("F.softplus(low_rank)"),
        ),
        Misconception(
            "a cut along another axis",
            "You cut along the sequences or along the tokens. The projected numbers stand on the last axis: `split` "
            "and square brackets begin with the first one, unless they are told otherwise.",
            [
                _cut(".split([rank, states, states], dim=1)"),
                _cut(".split([rank, states, states])"),
                *(
                    edited(
                        selective_parameters,
                        "low_rank, B, C = (u @ x_proj.T).split([rank, states, states], dim=-1) → all = u @ x_proj.T",
                        f"low_rank @ dt_proj.T + dt_bias → {raw}",
                        f"return delta, B, C → return delta, all[{axes}rank : -states], all[{axes}-states:]",
                    )
                    for axes, raw in (
                        ("", "all[:rank] @ dt_proj.T"),
                        (":, ", "all[:, :rank] @ dt_proj.T"),
                        (":, ", "F.linear(all[:, :rank], dt_proj, dt_bias)"),
                    )
                ),
            ],
        ),
        Misconception(
            "a softplus in the low rank",
            "You apply the softplus to the R numbers before they are projected to the channels. After the projection "
            "they can be negative again.",
            _delta("F.softplus(low_rank) @ dt_proj.T + dt_bias"),
        ),
        Misconception(
            "another function that is never negative",
            "No Δ of yours is negative. But softplus is another function: ln(1 + exp(x)), for all x.",
            [
                _delta("F.softmax(low_rank @ dt_proj.T + dt_bias, -1)"),
                _delta("F.elu(low_rank @ dt_proj.T + dt_bias) + 1"),
                *(_delta(f"{way}(low_rank @ dt_proj.T + dt_bias)") for way in ("torch.exp", "F.relu", "torch.abs")),
            ],
        ),
        Misconception(
            "an activation in the place of the softplus",
            "Your Δ goes through an activation that falls below zero. A step size must not: softplus is "
            "ln(1 + exp(x)), above zero for all x.",
            [
                _delta(f"{bend}(low_rank @ dt_proj.T + dt_bias)")
                for bend in ("F.silu", "F.gelu", "F.elu", "F.leaky_relu", "torch.tanh")
            ],
            where=lambda **case: bool(((_raw(**case) > -3) & (_raw(**case) < -0.1)).any()),  # there all are below zero
        ),
        Misconception(
            "a share in the place of Δ",
            "What goes out is a share: σ of the raw number, which the token takes by Theorem 1, or 1 − σ, which is "
            "kept. The task asks for Δ, the step size from which both follow.",
            [_delta(f"torch.sigmoid({sign}(low_rank @ dt_proj.T + dt_bias))") for sign in ("", "-")],
        ),
        Misconception(
            "a softplus of the opposite",
            "Your Δ is ln(1 + exp(−w)): it falls where w rises. The minus belongs to a sigmoid, the softplus takes w "
            "as it is.",
            _delta("F.softplus(-(low_rank @ dt_proj.T + dt_bias))"),
        ),
        Misconception(
            "a bias along the tokens",
            "You stand the bias upright, (D, 1), so that it meets the tokens. Each *channel* has a bias of its own, "
            "and the channels are the last axis already.",
            _delta("F.softplus(low_rank @ dt_proj.T + dt_bias[:, None])"),
        ),
        Misconception(
            "a reshape in the place of a transpose",
            "The shapes fit, but the weights stand in other places: `reshape` and `view` read them in their old order, "
            "row by row. Exchanging the two axes is another thing.",
            [
                edited(selective_parameters, *edits)
                for first, second in [
                    ("x_proj.T → x_proj.reshape(-1, len(x_proj))", "dt_proj.T → dt_proj.reshape(rank, -1)")
                ]
                for edits in ((first,), (second,), (first, second))
            ],
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
            "an activation on the tokens",
            "The tokens go through an activation before `x_proj`. In a block the convolution does that, before the "
            "tokens come here: they go in as they are.",
            [
                edited(selective_parameters, f"(u @ x_proj.T).split → ({bend}(u) @ x_proj.T).split")
                for bend in ("F.silu", "F.relu", "torch.tanh", "torch.sigmoid")
            ],
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
            "a bias as a factor",
            "You multiply by the bias. It is added: for a token that says nothing, dt_proj gives 0, and the bias alone "
            "sets Δ.",
            [
                _delta("F.softplus(low_rank @ dt_proj.T * dt_bias)"),
                _delta("F.softplus(low_rank @ dt_proj.T) * dt_bias"),
            ],
        ),
        Misconception(
            "a logarithm without its exponential",
            "The softplus is ln(1 + exp(w)), and you take ln(1 + w): `log1p` adds the 1, the exponential is missing.",
            _delta("torch.log1p(low_rank @ dt_proj.T + dt_bias)"),
        ),
        Misconception(
            "a Δ that is held in a range",
            "You cut Δ off at a smallest or a largest value. Only the start values were drawn from 0.001 to 0.1: a "
            "token may ask for any Δ above 0.",
            [
                _delta(f"F.softplus(low_rank @ dt_proj.T + dt_bias).clamp({limits})")
                for limits in ("0.001, 0.1", "max=1", "min=0.001", "min=1e-4")
            ],
        ),
        Misconception(
            "one number of the low rank",
            "Only one number of the low rank comes into Δ, or their mean or sum. All R of them do, each with its own "
            "column of dt_proj.",
            [
                _delta(f"F.softplus({low} + dt_bias)")
                for low in (
                    "low_rank[..., :1] * dt_proj[:, 0]",
                    "low_rank.mean(-1, keepdim=True) @ dt_proj[:, :1].T",
                    "low_rank.mean(-1, keepdim=True) * dt_proj.sum(1)",
                    "low_rank.sum(-1, keepdim=True) * dt_proj.sum(1)",
                    "low_rank[..., :1]",
                )
            ]
            + [
                edited(
                    selective_parameters, "dt_proj.shape[1] → 1", cut, "low_rank @ dt_proj.T → low_rank * dt_proj[:, 0]"
                )
                for cut in (
                    "split([rank, states, states], → tensor_split([rank, rank + states],",
                    "(u @ x_proj.T) → (u @ x_proj.T)[..., : rank + 2 * states]",
                )
            ],
            where=lambda dt_proj, **others: dt_proj.shape[1] > 1,  # one number may be all of them
        ),
        Misconception(
            "weights in the place of B and C",
            "What goes out as B and C are rows of `x_proj`: they are the same for all tokens. B and C come from the "
            "token: what does the product of tokens and these rows say?",
            _parts("delta", "x_proj[rank : rank + states]", "x_proj[rank + states :]"),
        ),
        Misconception(
            "a Δ below zero",
            "Your Δ is the right one with a minus in front. A step size is positive: it is A that brings the minus "
            "sign.",
            _delta("-F.softplus(low_rank @ dt_proj.T + dt_bias)"),
        ),
        Misconception(
            "a B with Δ in it",
            "B is multiplied by Δ. That is the scan's business, which gets both: here B goes out as the weights give "
            "it.",
            [
                _parts("delta", "delta[..., None] * B[:, :, None]"),
                _parts("delta", "delta.mean(-1, keepdim=True) * B"),
                _parts("delta", "(delta * u)[..., None] * B[:, :, None]"),
            ],
        ),
        Misconception(
            "a function on B and C",
            "B or C, or both, go through a function of their own. They go out as they are, and may be negative: only Δ "
            "is a step size and goes through softplus.",
            [
                _parts("delta", "F.softplus(B)"),
                _parts("delta", "B", "F.softplus(C)"),
                *(
                    _parts("delta", bend.format("B"), bend.format("C"))
                    for bend in (
                        *(f"F.{name}({{}})" for name in ("softplus", "silu", "relu", "sigmoid", "tanh")),
                        *(f"torch.{name}({{}})" for name in ("exp", "abs")),
                        *(f"F.{name}({{}}, dim=-1)" for name in ("softmax", "normalize")),
                        "{0} / {0}.square().mean(-1, keepdim=True).sqrt()",
                        "F.layer_norm({0}, {0}.shape[-1:])",
                    )
                ),
                _delta("F.softplus(low_rank @ dt_proj.T)", "delta, B, C → delta, F.softplus(B), F.softplus(C)"),
            ],
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
            "a Δ that is the same for all tokens",
            "Δ, or what it is made of, is averaged over the line. Then it does not depend on the token, and a part of "
            "the selection is gone. Keep the axis L.",
            [
                _parts("delta.mean(1, keepdim=True).expand_as(delta)"),
                _parts("delta.mean(1, keepdim=True)"),
                _parts("delta.mean(1)"),
                _delta("F.softplus(low_rank.mean(1, keepdim=True) @ dt_proj.T + dt_bias).expand_as(u)"),
                _delta("F.softplus(low_rank.mean(1, keepdim=True) @ dt_proj.T + dt_bias)"),
            ],
            where=lambda **case: bool((_raw(**case).amax(1) - _raw(**case).amin(1)).max() > 0.5),
        ),
        Misconception(
            "one Δ for all channels",
            "All channels of a token share one Δ. There are D of them: dt_proj makes D numbers out of R.",
            [
                _parts("delta[..., :1].expand_as(delta)"),
                _parts("delta[..., :1]"),
                _parts("delta.mean(-1, keepdim=True)"),
                _delta("F.softplus((low_rank @ dt_proj.T + dt_bias).mean(-1, keepdim=True))"),
                _parts("delta.mean(-1, keepdim=True).expand_as(delta)"),
            ],
        ),
        Misconception(
            "B and C in exchanged places",
            "Your B is C, and your C is B. B stands before C, in the rows of x_proj and in what goes out.",
            [
                _parts("delta", "C", "B"),
                *(
                    _delta(formula, "return delta, B, C → return delta, C, B")
                    for formula in (
                        "low_rank @ dt_proj.T",
                        "low_rank @ dt_proj.T + dt_bias",
                        "F.softplus(low_rank @ dt_proj.T)",
                        "F.softplus(low_rank @ dt_proj.T) + dt_bias",
                        "F.softplus(low_rank @ dt_proj.T + 2 * dt_bias)",
                        "torch.exp(low_rank @ dt_proj.T + dt_bias)",
                        "torch.sigmoid(low_rank @ dt_proj.T + dt_bias)",
                    )
                ),
            ],
        ),
        Misconception(
            "a low rank that does not come first",
            "You cut the projected numbers in another order. It is low rank, B, C: the first R rows of x_proj belong "
            "to Δ.",
            [
                edited(selective_parameters, f"low_rank, B, C = → {parts} =", f"rank, states, states] → {sizes}]")
                for parts, sizes in (
                    ("B, C, low_rank", "states, states, rank"),
                    ("C, B, low_rank", "states, states, rank"),
                    ("B, low_rank, C", "states, rank, states"),
                    ("C, low_rank, B", "states, rank, states"),
                )
            ],
        ),
        Misconception(
            "a cut into thirds",
            "You cut the projected numbers into thirds, as near as whole numbers go. The first part has R numbers, the "
            "other two N each.",
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
            "sizes in another order",
            "The sizes of your cut are other ones than those of the parts, or stand in another order: R for the low "
            "rank, then N for B and N for C.",
            [
                _cut(".split([states, states, rank], dim=-1)"),
                _cut(".split(rank, dim=-1)"),
                _cut(".split([rank, rank, rank], dim=-1)"),
                _cut(".split([states, states, states], dim=-1)"),
            ],
        ),
        Misconception(
            "half of all rows",
            "Your N is half of all the rows of x_proj, those of the low rank among them, or that half minus R. First "
            "the R rows go off, once, then B and C share what is left.",
            [
                edited(selective_parameters, f"(x_proj.shape[0] - rank) // 2 → {number}", *cut)
                for number, *cut in (
                    ("x_proj.shape[0] // 2",),
                    ("x_proj.shape[0] // 2", BY_PLACE),
                    ("x_proj.shape[0] // 2 - rank",),
                    ("x_proj.shape[0] // 2 - rank", BY_PLACE),
                    ("x_proj.shape[0] // 2 - rank", BY_PLACE, "rest[..., states:] → rest[..., states : 2 * states]"),
                )
            ],
        ),
        Misconception(
            "an N that is not halved",
            "x_proj has R + 2N rows: what is left of them after the R is shared by B and C.",
            [
                edited(selective_parameters, "(x_proj.shape[0] - rank) // 2 → x_proj.shape[0] - rank", *cut)
                for cut in ((), (BY_PLACE,), (BY_PLACE, "rest[..., states:] → rest[..., -states:]"))
            ],
        ),
        Misconception(
            "a view of exchanged axes",
            "A `view` wants numbers that lie in memory as their axes say. In a block u comes with its axes exchanged, "
            "and there is no such view: `reshape` copies where it must. Or does the product take u as it comes?",
            edited(
                selective_parameters,
                "(u @ x_proj.T).split → (u.view(-1, u.shape[-1]) @ x_proj.T).view(*u.shape[:2], -1).split",
            ),
        ),
        Misconception(
            "tokens on the last axis",
            "Your results, or some of them, have the shape (B, …, L), as the scan wants them. Here they keep the order "
            "of u: (B, L, …).",
            [_parts("delta.mT", "B.mT", "C.mT"), _parts("delta", "B.mT", "C.mT"), _parts("delta.mT")],
        ),
        Misconception(
            "tokens on the first axis",
            "The first axis of your results counts the tokens, as they were collected in a loop, or all tokens of all "
            "sequences. The order of u is wanted: (B, L, …).",
            [
                _parts(*(f"{part}.transpose(0, 1)" for part in ("delta", "B", "C"))),
                _parts(*(f"{part}.flatten(0, 1)" for part in ("delta", "B", "C"))),
            ],
        ),
        Misconception(
            "a weight the wrong way round",
            "The shapes of one of your products do not fit. A weight is stored as (outputs, inputs): it is tokens @ "
            "weight.T, or F.linear(tokens, weight), which transposes by itself. So for x_proj, and so for dt_proj.",
            [
                edited(selective_parameters, "x_proj.T → x_proj"),
                edited(selective_parameters, "dt_proj.T → dt_proj"),
            ],
        ),
    ],
)
