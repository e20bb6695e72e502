"""Answers to the exercises of notebook 10 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import functools
import math

import torch
import torch.nn.functional as F
from answer_rows import judged, rows
from torch import nn

from lite_mamba import Mamba
from lite_mamba.course.chapters.ch10_the_block.exercises import PARTS

# Exercise 1: block_forward


def block(
    halves=(0, 1),
    convolved=None,
    signal="u",
    select="u",
    skip="u",
    log=lambda a: -a.exp(),
    order=("delta", "B", "C"),
    gate=lambda z: z,
    twice=lambda delta: delta,
    after=lambda u: u,
    turn=True,
    out=True,
    mixed=lambda y: y,
):
    """A learner's block with single places written otherwise."""

    def block_forward(hidden_states, weights, parts):
        both = torch.split(hidden_states @ weights["in_proj"].t(), len(weights["D"]), dim=-1)  # (B, L, D) each
        x, z = (both[i].permute(0, 2, 1) for i in halves)
        conv = [weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")]
        u = after(parts["conv"](x if turn else x.transpose(1, 2), *conv))
        signals = {"x": x, "z": z, "u": u, "silu(x)": F.silu(x)}
        found = parts["select"](signals[select].mT, weights["x_proj"], weights["dt_proj"], weights["dt_bias"])
        got = dict(zip(order, (one.mT for one in found), strict=True))
        carried = parts["discretise"](signals[signal], twice(got["delta"]), log(weights["A_log"]), got["B"])
        y = parts["skip_and_gate"](mixed(parts["scan"](*carried, got["C"])), signals[skip], weights["D"], gate(z)).mT
        return F.linear(y, weights["out_proj"]) if out else y

    return block_forward


def using(**calls):
    """A learner's block that calls some of the parts in a way of its own."""

    def block_forward(hidden_states, weights, parts):
        own = {name: functools.partial(call, parts[name], weights) for name, call in calls.items()}
        return block()(hidden_states, weights, parts | own)

    return block_forward


def channels_to_select(select, w, tokens, *rest):
    return select(tokens.mT, *rest)


def reshaped_for_select(select, w, tokens, *rest):
    return select(tokens.mT.reshape(tokens.shape), *rest)


def reshaped_at_the_end(finish, w, y, u, D, z):
    return finish(y, u, D, z).reshape(y.mT.shape).mT


def cut_in_time(hidden_states, weights, parts):
    x, _ = torch.matmul(hidden_states, weights["in_proj"].mT).mT.chunk(2, dim=-1)
    return parts["conv"](x, *(weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")))


def cut_among_the_tokens(hidden_states, weights, parts):
    x, _ = (half.mT for half in F.linear(hidden_states, weights["in_proj"]).chunk(2, 1))
    return parts["conv"](x, *(weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")))


def mixtures_convolved(rows):
    """These of the 2D mixtures go into the convolution."""

    def block_forward(hidden_states, weights, parts):
        mixed = F.linear(hidden_states, weights["in_proj"])[..., : rows(hidden_states.size(-1))].mT
        names = "conv_weights", "conv_biases", "conv_gates", "dilations"
        return parts["conv"](mixed, *(weights[name] for name in names))

    return block_forward


def hidden_states_convolved(hidden_states, weights, parts):
    conv = [weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")]
    return parts["conv"](hidden_states.transpose(1, 2), *conv)


def split_in_twos(hidden_states, weights, parts):
    x, z = torch.split(hidden_states @ weights["in_proj"].T, 2, dim=2)
    return parts["skip_and_gate"](x.mT, x.mT, weights["D"], z.mT)


def three_pieces(hidden_states, weights, parts):
    x, z = torch.chunk(hidden_states @ weights["in_proj"].T, 3, dim=2)
    return parts["skip_and_gate"](x.mT, x.mT, weights["D"], z.mT)


def two_of_select(hidden_states, weights, parts):
    u = F.linear(hidden_states, weights["in_proj"])[..., : len(weights["D"])].mT
    delta, B = parts["select"](u.transpose(1, 2), weights["x_proj"], weights["dt_proj"], weights["dt_bias"])
    return delta @ B


def two_axes(hidden_states, weights, parts):
    _batch, length = hidden_states.shape
    return hidden_states[:length]


def kernels_of_three_axes(hidden_states, weights, parts):
    return block()(hidden_states, weights | {"conv_weights": [k.unsqueeze(1) for k in weights["conv_weights"]]}, parts)


def tokens_to_out_proj(hidden_states, weights, parts):
    return F.linear(block(out=False)(hidden_states, weights, parts).mT, weights["out_proj"])


def skip_by_hand(hidden_states, weights, parts):
    def end(y, u, D, z):
        return (y + y * D.view(-1, 1)) * z * torch.sigmoid(z)

    return block()(hidden_states, weights, parts | {"skip_and_gate": end})


def gated_before(all_of_u=True, again=False):
    """A learner's block whose gate stands before the scan, behind it too or not."""

    def block_forward(hidden_states, weights, parts):
        x, z = F.linear(hidden_states, weights["in_proj"]).mT.chunk(2, 1)
        conv = [weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")]
        u, gate = parts["conv"](x, *conv), z * z.sigmoid()
        gated = u.mul(gate)
        u = gated if all_of_u else u
        delta, B, C = parts["select"](u.mT, weights["x_proj"], weights["dt_proj"], weights["dt_bias"])
        y = parts["scan"](*parts["discretise"](gated, delta.mT, -weights["A_log"].exp(), B.mT), C.mT)
        y = y + torch.einsum("d,bdl->bdl", weights["D"], u)
        return F.linear((y * gate if again else y).mT, weights["out_proj"])

    return block_forward


def turned_back(*names):
    """The results of select, of which the block turns back these alone."""

    def select(select, w, *given):
        found = zip(("delta", "B", "C"), select(*given), strict=True)
        return [one if name in names else one.mT for name, one in found]

    return select


def reads_with_B(hidden_states, weights, parts):
    def select(*given):
        delta, B, _ = parts["select"](*given)
        return delta, B, B

    return block()(hidden_states, weights, parts | {"select": select})


def turned_round_at_the_start(hidden_states, weights, parts):
    x, _ = torch.matmul(hidden_states, weights["in_proj"].T).permute(2, 1, 0).chunk(2, dim=1)
    return parts["conv"](x, *(weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")))


def written_with_C(hidden_states, weights, parts):
    def select(*given):
        delta, _, C = parts["select"](*given)
        return delta, C, C

    return block()(hidden_states, weights, parts | {"select": select})


def in_turns(hidden_states, weights, parts):
    rows = torch.cat([weights["in_proj"][::2], weights["in_proj"][1::2]])
    return block()(hidden_states, weights | {"in_proj": rows}, parts)


def sequence_by_sequence(hidden_states, weights, parts):
    return torch.cat([block()(one[None], weights, parts) for one in hidden_states])


def only_the_scan(hidden_states, weights, parts):
    return hidden_states @ weights["in_proj"].T @ torch.zeros(len(weights["in_proj"]), hidden_states.shape[-1])


def gated_by_itself(hidden_states, weights, parts):
    return block()(
        hidden_states, weights, parts | {"skip_and_gate": lambda y, u, D, z: (y + D[:, None] * u) * F.silu(z)}
    )


def convolved_by_itself(hidden_states, weights, parts):
    def conv(x, weights, biases, gates, dilations):
        padded = [F.pad(x, ((w.shape[1] - 1) * d, 0)) for w, d in zip(weights, dilations, strict=True)]
        rows = zip(gates.softmax(0), padded, weights, biases, dilations, strict=True)
        return sum(g * F.silu(F.conv1d(p, w[:, None], b, dilation=d, groups=len(w))) for g, p, w, b, d in rows)

    return block()(hidden_states, weights, parts | {"conv": conv})


def from_outside(hidden_states, weights, parts):
    return block()(hidden_states, weights, PARTS)


def scanned_by_itself(hidden_states, weights, parts):
    def scan(*given):
        parts["scan"](*given)
        return PARTS["scan"](*given)

    return block()(hidden_states, weights, parts | {"scan": scan})


def viewed_both_ways(select, w, tokens, *rest):
    """Neither u nor what select gives is turned: all is cut anew, u as (B, L, D), the others with L at the end."""
    found = select(tokens.mT.reshape(tokens.shape), *rest)
    return [one.reshape(one.mT.shape).mT for one in found]


def residual(hidden_states, weights, parts):
    return hidden_states + block()(hidden_states, weights, parts)


def twice_as_wide(hidden_states, weights, parts):
    halves = weights["in_proj"].split(2 * hidden_states.shape[-1])[:2]
    return block()(hidden_states, weights | {"in_proj": torch.cat(halves)}, parts)


def first_sequence(hidden_states, weights, parts):
    return block()(hidden_states[:1], weights, parts).expand_as(hidden_states)


def gated_without_silu(hidden_states, weights, parts):
    """skip_and_gate by hand, and SiLU forgotten."""

    def skip_and_gate(y, u, D, z):
        return (y + D[None, :, None] * u) * z

    return block()(hidden_states, weights, parts | {"skip_and_gate": skip_and_gate})


def without_return(hidden_states, weights, parts):
    block()(hidden_states, weights, parts)


def cut_before_turning(turned, turned_z=None):
    """The mixtures are cut first, then each half is turned."""

    def block_forward(hidden_states, weights, parts):
        x, z = torch.chunk(F.linear(hidden_states, weights["in_proj"]), 2, -1)
        x, z = turned(x), (turned_z or turned)(z)
        u = parts["conv"](x, *(weights[name] for name in ("conv_weights", "conv_biases", "conv_gates", "dilations")))
        found = parts["select"](u.mT, weights["x_proj"], weights["dt_proj"], weights["dt_bias"])
        delta, B, C = (one.mT for one in found)
        y = parts["scan"](*parts["discretise"](u, delta, weights["A_log"].exp().neg(), B), C)
        return F.linear(parts["skip_and_gate"](y, u, weights["D"], z).mT, weights["out_proj"])

    return block_forward


def viewed(name):
    """One result of select gets its new shape by view."""

    def select(select, w, *given):
        found = dict(zip(("delta", "B", "C"), select(*given), strict=True))
        one = found[name]
        return tuple((found | {name: one.reshape(len(one), -1, one.size(1)).mT}).values())

    return select


def from_halves(x, z, w, parts):
    u = parts["conv"](x, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])
    delta, B, C = (one.mT for one in parts["select"](u.mT, w["x_proj"], w["dt_proj"], w["dt_bias"]))
    y = parts["scan"](*parts["discretise"](u, delta, -w["A_log"].exp(), B), C)
    return parts["skip_and_gate"](y, u, w["D"], z).mT @ w["out_proj"].T


def cut_at_twice_the_width(hidden_states, weights, parts):
    xz = (hidden_states @ weights["in_proj"].T).permute(0, 2, 1)
    D = 2 * hidden_states.size(-1)
    return from_halves(xz[:, :D], xz[:, D : 2 * D], weights, parts)


def split_at_twice_the_width(hidden_states, weights, parts):
    x, z = torch.split(F.linear(hidden_states, weights["in_proj"]), 2 * hidden_states.size(-1), dim=-1)
    return from_halves(x.mT, z.mT, weights, parts)


def branches_added_up(conv, w, x, *lists):
    """Each branch by itself: the softmax of its one gate is 1."""
    u = torch.zeros_like(x)
    for i in range(len(lists[-1])):
        u = u + conv(x, *(one[i : i + 1] for one in lists))
    return u


TWICE = "a width that is always twice"
RESHAPED = "a reshape in the place of a transpose"
BLOCK = [
    ("split and mT", block(), "right"),
    ("sequence by sequence", sequence_by_sequence, "right"),
    ("in float64", lambda h, w, p: block()(h, w, p).double(), None),
    ("chunks exchanged", block(halves=(1, 0)), "the halves in exchanged places"),
    ("select from x", block(select="x"), "a selection that does not see the convolution"),
    ("scan of x", block(signal="x"), "a scan around the convolution"),
    ("all of x", block(signal="x", select="x", skip="x"), "a convolution that nobody reads"),
    ("u for select alone", block(signal="x", skip="x"), "a convolution for the selection alone"),
    ("u for the skip alone", block(signal="x", select="x"), "a convolution for the skip alone"),
    ("skip of x", block(skip="x"), "a skip around the convolution"),
    ("skip of z", block(skip="z"), "a skip that does not carry u"),
    ("z for u", using(skip_and_gate=lambda end, w, y, u, D, z: end(y, z, D, z)), "a skip that does not carry u"),
    ("y for u", using(skip_and_gate=lambda end, w, y, u, D, z: end(y, y, D, z)), "a skip that does not carry u"),
    ("D·y by hand", skip_by_hand, "a skip that does not carry u"),
    ("u gated, and the skip of it", gated_before(), "a gate before the scan"),
    ("gated at both ends", gated_before(again=True), "a gate before the scan"),
    ("the drive gated", gated_before(all_of_u=False), "a gate before the scan"),
    ("silu(z)", block(gate=F.silu), "a SiLU that comes twice on z"),
    ("no SiLU", gated_without_silu, "a gate without SiLU"),
    ("softplus", block(twice=F.softplus), "a softplus that comes twice"),
    ("A_log", block(log=lambda a: a), "a logarithm in place of A"),
    ("-A_log", block(log=lambda a: -a), "a logarithm that only changed its sign"),
    ("exp(A_log)", block(log=torch.exp), "a positive A"),
    ("silu(u)", block(after=F.silu), "a SiLU that comes twice on u"),
    ("C, B", block(order=("delta", "C", "B")), "B and C in exchanged places"),
    ("no out_proj", block(out=False), "a missing out_proj"),
    ("x not turned", block(turn=False), "tokens where the channels should stand"),
    ("-exp(-A_log)", block(log=lambda a: -torch.exp(-a)), "a logarithm that is turned over"),
    ("exp(-A_log)", block(log=lambda a: torch.exp(-a)), "a logarithm that is turned over"),
    ("select from silu(x)", block(select="silu(x)"), "a selection that does not see the convolution"),
    (
        "bias",
        using(discretise=lambda discretise, w, u, delta, *AB: discretise(u, delta + w["dt_bias"][:, None], *AB)),
        "a bias that comes twice",
    ),
    (
        "bias and softplus",
        using(
            discretise=lambda discretise, w, u, delta, *AB: discretise(
                u, F.softplus(delta + w["dt_bias"].unsqueeze(1)), *AB
            )
        ),
        "a bias that comes twice",
    ),
    ("drive, decay", using(scan=lambda scan, w, a, x, C: scan(x, a, C)), "decay and drive in exchanged places"),
    ("u, y", using(skip_and_gate=lambda end, w, y, u, D, z: end(u, y, D, z)), "y and u in exchanged places"),
    ("gate of u", using(skip_and_gate=lambda end, w, y, u, D, z: end(y, u, D, u)), "a signal that gates itself"),
    ("gate of y", using(skip_and_gate=lambda end, w, y, u, D, z: end(y, u, D, y)), "a signal that gates itself"),
    ("sigmoid(z)", block(gate=torch.sigmoid), "a sigmoid before the SiLU of the gate"),
    ("select from z", block(select="z"), "a selection from the gate's half"),
    ("no skip", using(skip_and_gate=lambda end, w, y, u, D, z: y * z * z.sigmoid()), "a block without its skip"),
    ("y", using(skip_and_gate=lambda end, w, y, *rest: y), "a scan alone"),
    ("in turns", in_turns, "halves taken in turns"),
    ("z alone", block(halves=(1, 1)), "a convolution of the wrong half"),
    ("tokens to out_proj", tokens_to_out_proj, "an out_proj that finds tokens where the channels should stand"),
    ("B not turned", using(select=turned_back("delta", "C")), "axes that were not turned back"),
    (
        "relu",
        using(skip_and_gate=lambda end, w, y, u, D, z: torch.relu(z) * (y + D[:, None] * u)),
        "a gate without SiLU",
    ),
    (
        "the first weights and biases",
        using(conv=lambda conv, w, x, taps, biases, *rest: conv(x, taps[0], biases[0], *rest)),
        "the weights of the convolution in another order or form",
    ),
    (
        "half of the tokens, not turned",
        lambda h, w, p: using(conv=lambda conv, w, x, *rest: conv(F.linear(h, w["in_proj"]).chunk(2, 1)[0], *rest))(
            h, w, p
        ),
        "halves of the time",
    ),
    ("x and z convolved", mixtures_convolved(lambda d: None), "a convolution of both halves"),
    ("split in place of chunk", split_in_twos, "pieces that are no halves"),
    ("three pieces", three_pieces, "pieces that are no halves"),
    ("two results of select", two_of_select, "more or fewer values than names"),
    ("two axes", two_axes, "more or fewer values than names"),
    ("kernels (D, 1, W)", kernels_of_three_axes, "more or fewer values than names"),
    ("d_model rows convolved", mixtures_convolved(lambda d: d), "a convolution of d_model channels"),
    ("hidden_states convolved", hidden_states_convolved, "a convolution of d_model channels"),
    (
        "sigmoid",
        using(skip_and_gate=lambda end, w, y, u, D, z: (y + D[:, None] * u) * z.sigmoid()),
        "a gate without SiLU",
    ),
    (
        "skip last",
        using(skip_and_gate=lambda end, w, y, u, D, z: y * F.silu(z) + D.view(-1, 1) * u),
        "a skip behind the gate",
    ),
    ("read with B", reads_with_B, "a state read with its way in"),
    ("delta, u", using(discretise=lambda make, w, u, delta, *AB: make(delta, u, *AB)), "u and Δ in exchanged places"),
    ("cut in time", cut_in_time, "halves of the time"),
    ("reshape for select", using(select=reshaped_for_select), "a reshape in the place of a transpose"),
    ("reshape at the end", using(skip_and_gate=reshaped_at_the_end), "a reshape in the place of a transpose"),
    ("channels to select", using(select=channels_to_select), "channels where the tokens should stand"),
    ("in_proj not turned", lambda h, w, p: torch.matmul(h, w["in_proj"]), "a weight the wrong way round"),
    ("in_proj turned twice", lambda h, w, p: F.linear(h, w["in_proj"].T), "a weight the wrong way round"),
    ("tanh", block(mixed=torch.tanh), None),
    (
        "select from hidden_states",
        lambda h, w, p: using(select=lambda select, w, tokens, *rest: select(h, *rest))(h, w, p),
        "a selection from the block's input",
    ),
    ("2·d_model for D", cut_at_twice_the_width, TWICE),
    ("2·d_model for D, split", split_at_twice_the_width, TWICE),
    (
        "an RMSNorm before out_proj",
        using(skip_and_gate=lambda end, w, *given: nn.RMSNorm(len(w["D"]))(end(*given).mT).mT),
        "a norm in the block",
    ),
    ("a LayerNorm at the end", lambda h, w, p: nn.LayerNorm(h.size(-1))(block()(h, w, p)), "a norm in the block"),
    ("an RMSNorm at the end", lambda h, w, p: F.rms_norm(block()(h, w, p), h.shape[2:]), "a norm in the block"),
    ("branch after branch, added up", using(conv=branches_added_up), "branches with equal shares"),
    ("residual", residual, "an input that is added to the output"),
    ("silu(x) for u", using(conv=lambda conv, w, x, *lists: x * x.sigmoid()), "a convolution that nobody reads"),
    ("y = 0", block(mixed=torch.zeros_like), "a scan that is left out"),
    ("B, C, Δ", block(order=("B", "C", "delta")), "the results of select in another order"),
    (
        "taps from now to the oldest",
        using(conv=lambda conv, w, x, taps, *lists: conv(x, [torch.fliplr(k) for k in taps], *lists)),
        "kernels that are turned round",
    ),
    (
        "gated again",
        using(skip_and_gate=lambda end, w, *given: end(*given) * F.silu(given[-1])),
        "a gate that comes twice",
    ),
    ("exp(Δ)", block(twice=torch.exp), "an exponential behind the softplus"),
    ("no bias", using(select=lambda select, w, *given: select(*given[:3], 0 * given[3])), "a Δ without its bias"),
    ("ones", using(discretise=lambda make, w, u, *rest: make(u * 0 + 1, *rest)), "a drive without u"),
    ("Δ·u", using(discretise=lambda make, w, u, delta, *AB: make(delta * u, delta, *AB)), "a Δ that comes twice"),
    ("exp again", using(scan=lambda scan, w, a, *rest: scan(a.exp(), *rest)), "an exponential of the decay"),
    (
        "gate added",
        using(skip_and_gate=lambda end, w, y, u, D, z: y + D[:, None] * u + z * z.sigmoid()),
        "a gate that is added",
    ),
    ("silu(y)", using(skip_and_gate=lambda end, w, *given: F.silu(end(*given))), "a SiLU around the output"),
    ("silu(out)", lambda h, w, p: F.silu(block()(h, w, p)), "a SiLU around the output"),
    ("silu(x)", using(conv=lambda conv, w, x, *rest: conv(F.silu(x), *rest)), "a SiLU before the convolution"),
    (
        "softmax of the gates",
        lambda h, w, p: block()(h, w | {"conv_gates": torch.softmax(w["conv_gates"], -1)}, p),
        "shares that are made twice",
    ),
    (
        "the mean of the branches",
        lambda h, w, p: block()(h, w | {"conv_gates": torch.ones(len(w["dilations"]))}, p),
        "branches with equal shares",
    ),
    (
        "branch 0",
        using(conv=lambda conv, w, x, *lists: conv(x, *(its[:1] for its in lists))),
        "one branch alone",
    ),
    (
        "dilation 1",
        using(conv=lambda conv, w, x, *lists: conv(x, *lists[:3], [1 for _ in lists[3]])),
        "branches without their dilations",
    ),
    ("Δ turned alone", using(select=turned_back("delta")), "axes that were not turned back"),
    ("C not turned", using(select=turned_back("delta", "B")), "axes that were not turned back"),
    ("cut among the tokens", cut_among_the_tokens, "halves of the time"),
    ("y, z, D, u", using(skip_and_gate=lambda end, w, y, u, D, z: end(y, z, D, u)), "u and z in exchanged places"),
    (
        "biases first",
        using(conv=lambda conv, w, x, taps, biases, *rest: conv(x, biases, taps, *rest)),
        "the weights of the convolution in another order or form",
    ),
    (
        "dilations, gates",
        using(conv=lambda conv, w, x, taps, biases, gates, dilations: conv(x, taps, biases, dilations, gates)),
        "the weights of the convolution in another order or form",
    ),
    (
        "no biases",
        using(conv=lambda conv, w, x, taps, biases, *rest: conv(x, taps, [None] * len(biases), *rest)),
        "convolutions without their biases",
    ),
    (
        "y + u",
        using(skip_and_gate=lambda end, w, y, u, D, z: (y + u) * z * z.sigmoid()),
        "a skip without its weight",
    ),
    ("(h @ W.T).T", turned_round_at_the_start, "three axes that are turned round"),
    (
        "u.T",
        using(select=lambda select, w, tokens, *rest: select(tokens.mT.T, *rest)),
        "three axes that are turned round",
    ),
    ("y.T", using(skip_and_gate=lambda end, w, *given: end(*given).T.mT), "three axes that are turned round"),
    ("written with C", written_with_C, "a state written with its way out"),
    ("mT at the end", lambda h, w, p: block()(h, w, p).mT, "channels before the tokens at the end"),
    ("the last token", lambda h, w, p: block()(h, w, p)[:, -1], "one sequence, or one token, alone"),
    ("the last token, as a slice", lambda h, w, p: block()(h, w, p)[:, -1:], "one sequence, or one token, alone"),
    ("the first sequence, as a slice", lambda h, w, p: block()(h, w, p)[:1], "one sequence, or one token, alone"),
    ("an RMSNorm", lambda h, w, p: block()(F.rms_norm(h, h.shape[-1:], eps=1e-6), w, p), "a norm in the block"),
    ("a LayerNorm", lambda h, w, p: block()(nn.LayerNorm(h.shape[-1])(h), w, p), "a norm in the block"),
    (
        "a column for D",
        using(skip_and_gate=lambda end, w, y, u, D, z: end(y, u, D.unsqueeze(-1), z)),
        "a D that has an axis too many",
    ),
    ("under no_grad", torch.no_grad()(block()), "a gradient cut off"),
    ("through NumPy", lambda h, w, p: torch.tensor(block()(h, w, p).detach().numpy()), "a gradient cut off"),
    (
        "weights detached",
        lambda h, w, p: block()(h, {n: v.detach() if torch.is_tensor(v) else v for n, v in w.items()}, p),
        "a gradient cut off",
    ),
    (
        "one bank detached",
        lambda h, w, p: block()(h, w | {"conv_weights": [v.data for v in w["conv_weights"]]}, p),
        "a gradient cut off",
    ),
    ("float64", lambda h, w, p: block()(h, w, p).double(), "another precision"),
    ("bfloat16", lambda h, w, p: block()(h, w, p).bfloat16(), None),
    ("D taken out of the weights", lambda h, w, p: block()(h, {"D": w.pop("D"), **w}, p), "an input changed in place"),
    ("D taken out of a copy", lambda h, w, p: (lambda own: block()(h, {"D": own.pop("D"), **own}, p))({**w}), "right"),
    (
        "D·u once more behind the gate",
        using(skip_and_gate=lambda end, w, y, u, D, z: end(y, u, D, z) + torch.einsum("d,bdl->bdl", D, u)),
        "a skip that comes twice",
    ),
    ("D is 2·d_model", twice_as_wide, None),
    (
        "dilations counted out",
        lambda h, w, p: block()(h, w | {"dilations": (1, 2)[: len(w["dilations"])]}, p),
        "branches without their dilations",
    ),
    (
        "powers of 2",
        using(conv=lambda conv, w, x, *lists: conv(x, *lists[:3], [2**i for i in range(len(lists[0]))])),
        "branches without their dilations",
    ),
    (
        "the last branch",
        using(conv=lambda conv, w, x, *lists: conv(x, *(its[-1:] for its in lists))),
        "one branch alone",
    ),
    ("exp2(A_log)", block(log=lambda a: -(2**a)), "a logarithm that is undone by another function"),
    ("softplus(A_log)", block(log=lambda a: -torch.log1p(a.exp())), "a logarithm that is undone by another function"),
    ("y + u", using(skip_and_gate=lambda end, w, y, u, D, z: end(u.add(y), u, D, z)), "a skip that comes twice"),
    ("u once more", using(skip_and_gate=lambda end, w, y, u, *rest: u + end(y, u, *rest)), "a skip that comes twice"),
    ("views of x and z", cut_before_turning(lambda x: x.reshape(len(x), -1, x.size(1))), RESHAPED),
    ("a view of x", cut_before_turning(lambda x: x.reshape(len(x), -1, x.size(1)), torch.adjoint), RESHAPED),
    ("a view of z", cut_before_turning(torch.adjoint, lambda z: z.reshape(len(z), -1, z.size(1))), RESHAPED),
    *((f"a view of {name}", using(select=viewed(name)), RESHAPED) for name in ("delta", "B", "C")),
    ("views before and behind select", using(select=viewed_both_ways), RESHAPED),
    ("four digits", lambda h, w, p: (lambda y: y + (y.round(decimals=4) - y).detach())(block()(h, w, p)), None),
    ("no axis of one token", lambda h, w, p: block()(h, w, p).squeeze(1), None),
    ("x.T, z.T", cut_before_turning(lambda x: x.permute(2, 1, 0)), "three axes that are turned round"),
    ("z as it comes", cut_before_turning(torch.adjoint, lambda z: z), "a z that was not turned"),
    ("zeros", only_the_scan, None),
    ("first sequence", first_sequence, None),
    ("no return", without_return, None),
    ("gated by itself", gated_by_itself, "a part that is not used"),
    ("convolved by itself", convolved_by_itself, "a part that is not used"),
    ("parts from outside", from_outside, "a part that is not used"),
    ("scanned by itself", scanned_by_itself, "a part that is not used"),
]

# Exercise 2: is_batch_independent


def row_by_row(layer, x):
    return all(torch.allclose(layer(x)[b], layer(x[b][None])[0], atol=1e-5) for b in range(len(x)))


def noise_elsewhere(*rows):
    """Noise in these rows must leave the others as they are; no rows: each row in turn."""

    def is_batch_independent(layer, x):
        for row in rows or range(len(x)):
            other = x.clone()
            other[row] = torch.randn_like(other[row])
            keep = [b for b in range(len(x)) if b != row % len(x)]
            if not torch.allclose(layer(other)[keep], layer(x)[keep], atol=1e-5):
                return False
        return True

    return is_batch_independent


def alone(layer, x):
    return torch.cat([layer(row.unsqueeze(0)) for row in x])


def row_0_beside(strangers):
    def is_batch_independent(layer, x):
        return torch.allclose(layer(torch.cat([x[:1], strangers(x[1:])]))[0], layer(x)[0], atol=1e-5)

    return is_batch_independent


def rows_of(order):
    def is_batch_independent(layer, x):
        return all(torch.allclose(layer(x[[b]])[0], layer(x)[b], atol=1e-5) for b in order(len(x)))

    return is_batch_independent


def row_0_off(layer, x):
    other = x.clone()
    other[0] = 0.0
    return torch.allclose(layer(other)[1], layer(x)[1])


def by_jacobian(layer, x):
    gradient = torch.autograd.functional.jacobian(layer, x)  # (B, L, d, B, L, d)
    between = gradient.abs().sum(dim=(1, 2, 4, 5))  # (B, B)
    return not bool((between - between.diag().diag()).any())


def at(index):
    """Each row alone and among the others, compared at one place."""

    def is_batch_independent(layer, x):
        return all(torch.allclose(layer(x)[b][index], layer(x[b : b + 1])[0][index], atol=1e-5) for b in range(len(x)))

    return is_batch_independent


def prefixes(layer, x):
    for length in range(1, x.size(1) + 1):
        if not torch.allclose(layer(x[:, :length]), layer(x)[:, :length], atol=1e-5):
            return False
    return True


def in_order(order):
    def is_batch_independent(layer, x):
        rows = order(x.shape[0])
        return torch.allclose(layer(x[rows]), layer(x)[rows], atol=1e-5)

    return is_batch_independent


def noise_in_row_0_for_all(layer, x):
    other = x.clone()
    other[0] = torch.randn_like(other[0])
    return torch.allclose(layer(other), layer(x), atol=1e-5)


def next_row(layer, x):
    for row in range(len(x)):
        other = x.clone()
        other[row] = 0.0
        behind = (row + 1) % len(x)
        if not torch.allclose(layer(other)[behind], layer(x)[behind], atol=1e-5):
            return False
    return True


def signs_turned(layer, x):
    keep = 1 - torch.eye(len(x))
    turned = [x - 2 * x * torch.eye(len(x))[b, :, None, None] for b in range(len(x))]
    return all(torch.allclose(layer(y)[keep[b] > 0], layer(x)[keep[b] > 0], atol=1e-5) for b, y in enumerate(turned))


def ones_beside_zeros(layer, x):
    for lonely in torch.eye(len(x)):
        if layer(lonely[:, None, None].expand_as(x))[lonely == 0].count_nonzero():
            return False
    return True


def row_0_of_ones(layer, x):
    first = torch.zeros_like(x)
    first[0].fill_(1.0)
    return not layer(first)[1:].any().item()


def in_groups(cut):
    def is_batch_independent(layer, x):
        first = cut(len(x))
        return torch.allclose(layer(x), torch.cat([layer(x[:first]), layer(x[first:])]))

    return is_batch_independent


def by_gradient(*rows):
    """No gradient from the outputs of these rows to another one."""

    def is_batch_independent(layer, x):
        x = x.detach().clone().requires_grad_(True)
        for row in rows:
            (gradient,) = torch.autograd.grad(layer(x)[row].sum(), x)
            if any(gradient[i].abs().max() > 1e-8 for i in range(len(x)) if i != row):
                return False
        return True

    return is_batch_independent


def noise_behind(layer, x):
    """Noise in each row must leave those behind it as they are."""
    for row in range(len(x)):
        other = torch.cat([x[:row], torch.randn_like(x[:1]), x[row + 1 :]])
        if (layer(other) - layer(x))[row + 1 :].abs().sum() > 1e-4:
            return False
    return True


def claimed(layer, x):
    torch.testing.assert_close(layer(x), alone(layer, x), atol=1e-5, rtol=1e-5)
    return True


def claimed_without_return(layer, x):
    torch.testing.assert_close(layer(x), alone(layer, x))


def claimed_in_words(layer, x):
    assert torch.allclose(layer(x), alone(layer, x), atol=1e-5), "the rows are mixed"
    return True


def gradients_added_up(layer, x):
    """The gradients of a row stay in the leaf when the next row's come."""
    leaf = x.clone().requires_grad_()
    for b in range(len(x)):
        layer(leaf)[b].sum().backward()
        if any(leaf.grad[i].any() for i in range(len(x)) if i != b):
            return False
    return True


def moved_for_good(change):
    """`moved` is another name for x."""

    def is_batch_independent(layer, x):
        before = layer(x).clone()
        for b in range(len(x)):
            moved, rest = x, torch.arange(len(x)) != b
            change(moved, b)
            if not torch.allclose(layer(moved)[rest], before[rest], atol=1e-5):
                return False
        return True

    return is_batch_independent


def emptied_for_good(layer, x):
    before = layer(x).clone()
    for b in range(len(x)):
        row = x[b].clone()
        x.zero_()
        x[b] = row
        if (layer(x)[b] - before[b]).abs().max() > 1e-5:
            return False
    return True


def moved_and_put_back(layer, x):
    before, good = layer(x).clone(), True
    for b in range(len(x)):
        kept, rest = x.clone(), torch.arange(len(x)) != b
        x[b] += 1
        good = good and torch.allclose(layer(x)[rest], before[rest], atol=1e-5)
        x.copy_(kept)
    return good


def all_pairs(layer, x):
    pairs = torch.combinations(torch.arange(len(x)))
    return all(torch.allclose(layer(x[pair]), layer(x)[pair], atol=1e-5) for pair in pairs)


def one_token_changed(rows, t):
    """In each of these rows in turn."""

    def is_batch_independent(layer, x):
        for row in rows(x):
            other = x.clone()
            other[row, t] -= 1
            keep = [b for b in range(len(x)) if b != row]
            if not torch.allclose(layer(other)[keep], layer(x)[keep], atol=1e-5):
                return False
        return True

    return is_batch_independent


def changed_for_all(layer, x):
    before = layer(x)
    for b in range(len(x)):
        other = x.clone()
        other[b] = 0
        if not torch.allclose(layer(other), before, atol=1e-5):
            return False
    return True


def one_copy_for_all(layer, x):
    """One copy for all rows: what was changed in a round before is changed still."""
    other = x.clone()
    for b in range(len(x)):
        other[b] = torch.randn_like(other[b])
        keep = [row for row in range(len(x)) if row != b]
        if (layer(other)[keep] - layer(x)[keep]).abs().max() > 1e-5:
            return False
    return True


def one_number_changed(layer, x):
    for b in range(len(x)):
        other, keep = x.clone(), torch.arange(len(x)) != b
        other[b, 0, 0] -= 2
        if not torch.allclose(layer(other)[keep], layer(x)[keep], atol=1e-5):
            return False
    return True


def up_to_each_row(layer, x):
    return all((layer(x[:b]) - layer(x)[:b]).abs().max() < 1e-5 for b in range(1, len(x)))


def most_alike(share):
    def is_batch_independent(layer, x):
        alike = (layer(x) - alone(layer, x)).abs() < 1e-5
        return alike.float().mean().item() > share

    return is_batch_independent


def False_for_a_row_apart(layer, x):
    return not any(torch.allclose(layer(x)[b], layer(x[b : b + 1])[0], atol=1e-5) for b in range(len(x)))


def among(number):
    def test(layer, x):
        for b in range(len(x)):
            other = torch.full_like(x, number)
            other[b] = x[b]
            if not torch.allclose(layer(other)[b], layer(x)[b], atol=1e-5):
                return False
        return True

    return test


def row_before(layer, x):
    before = layer(x)
    for b in range(len(x)):
        other = x.clone()
        other[b] = torch.rand_like(other[b])
        if (layer(other)[b - 1] - before[b - 1]).abs().max() > 1e-5:
            return False
    return True


def beside_noise(company, place):
    """Each row beside noise alone."""

    def is_batch_independent(layer, x):
        for row in x:
            rows = torch.stack(company(row, torch.randn_like(row)))
            if not torch.allclose(layer(rows)[place], layer(row[None])[0], atol=1e-5):
                return False
        return True

    return is_batch_independent


def ordered_pairs(layer, x):
    pairs = [(i, j) for i in range(len(x)) for j in range(len(x)) if i != j]
    return all(torch.allclose(layer(x[[i, j]])[0], layer(x[i : i + 1])[0], atol=1e-5) for i, j in pairs)


def gradient_of_the_sum(layer, x):
    leaf = x.clone().requires_grad_()
    layer(leaf).sum().backward()
    return not leaf.grad[1:].any().item()


ROWS_GONE, DIFFER = "rows taken away or added", "outputs that may well differ"
SUMS, SIGN = "differences that cancel", "a difference that keeps its sign"
GROUPED = "rows tested in groups"
INDEPENDENT = [
    ("row by row", row_by_row, "right"),
    ("noise in each row", noise_elsewhere(), "right"),
    *((f"each row among {number}", among(number), "right") for number in (1, 2, -5, 0.5)),
    ("jacobian", by_jacobian, "right"),
    ("chunks", lambda layer, x: torch.allclose(layer(x), torch.cat([layer(r) for r in x.chunk(len(x))])), "right"),
    ("two halves", in_groups(lambda rows: rows // 2), GROUPED),
    ("two chunks", lambda layer, x: torch.allclose(layer(x), torch.cat([*map(layer, x.chunk(2))])), GROUPED),
    ("minus each row", signs_turned, "a change of the signs alone"),
    ("ones beside zeros", ones_beside_zeros, "strangers that are zero"),
    ("row 0 of ones beside zeros", row_0_of_ones, "zeros beside the first row alone"),
    ("row 0 and the rest", in_groups(lambda rows: 1), GROUPED),
    ("noise in row 0", noise_elsewhere(0), "only one row changed"),
    ("noise in the last row", noise_elsewhere(-1), "only one row changed"),
    ("row 0 set to zero, row 1 looked at", row_0_off, "only one row changed"),
    (
        "any",
        lambda layer, x: any([torch.allclose(layer(row[None])[0], got) for row, got in zip(x, layer(x), strict=True)]),
        "one row that stays apart",
    ),
    (
        "means",
        lambda layer, x: bool((layer(x).mean() - alone(layer, x).mean()).abs() < 1e-5),
        "differences that cancel",
    ),
    (
        "0.3",
        lambda layer, x: bool((layer(x) - alone(layer, x)).abs().max() < 0.3),
        "a tolerance that lets a leak through",
    ),
    ("==", lambda layer, x: bool((layer(x) == alone(layer, x)).all()), "no room for rounding"),
    (
        "stack",
        lambda layer, x: torch.allclose(torch.stack([layer(row[None]) for row in x]), layer(x), atol=1e-5),
        DIFFER,
    ),
    (
        "no index",
        lambda layer, x: all(torch.allclose(layer(row[None]), layer(x), atol=1e-5) for row in x),
        DIFFER,
    ),
    (
        "row 0 beside all",
        lambda layer, x: torch.allclose(layer(x[:1]).expand_as(x), layer(x), atol=1e-5),
        DIFFER,
    ),
    ("a hundred thousandth", lambda layer, x: bool((layer(x) - alone(layer, x)).abs().max() < 1e-5), "right"),
    ("a millionth", lambda layer, x: bool((layer(x) - alone(layer, x)).abs().max() < 1e-6), "right"),
    ("a hundredth", lambda layer, x: torch.allclose(layer(x), alone(layer, x), atol=1e-2), "right"),
    (
        "row 0 and row 1",
        lambda layer, x: not torch.equal(layer(x)[0], layer(x)[1]),
        "two rows compared with each other",
    ),
    (
        "without row 0",
        lambda layer, x: torch.allclose(layer(x)[1:], layer(x[1:]), atol=1e-5),
        ROWS_GONE,
    ),
    (
        "row 0 twice",
        lambda layer, x: bool(layer(x[[0, 0]]).diff(dim=0).abs().max() < 1e-5),
        "the same row more than once",
    ),
    (
        "row 0 in all places",
        lambda layer, x: all(torch.allclose(out, layer(x[[0] * len(x)])[0]) for out in layer(x[[0] * len(x)])),
        "the same row more than once",
    ),
    ("first two", lambda layer, x: torch.allclose(layer(x[:2]), layer(x)[:2], atol=1e-5), ROWS_GONE),
    ("noise in row 0, all outputs", noise_in_row_0_for_all, "a test of the row on itself"),
    ("noise and the rows behind", noise_behind, "rows on one side only"),
    (
        "turned by one, and not back",
        lambda layer, x: torch.allclose(layer(x.roll(1, 0)), layer(x), atol=1e-5),
        "an order that is not turned back",
    ),
    ("alone against x", lambda layer, x: torch.allclose(alone(layer, x), x), "outputs compared with inputs"),
    ("row 1", rows_of(lambda n: [1]), "only one or two rows tested"),
    ("rows 0 and 1", rows_of(lambda n: range(2)), "only one or two rows tested"),
    ("row 0 off, row 1 looked at, and so on", next_row, "only the neighbour looked at"),
    ("the row before looked at", row_before, "only the neighbour looked at"),
    ("noise behind each row", beside_noise(lambda row, noise: [row, noise], 0), "one stranger beside a row"),
    ("noise in front of each row", beside_noise(lambda row, noise: [noise, row], 1), "one stranger beside a row"),
    ("noise around each row", beside_noise(lambda row, noise: [noise, row, noise], 1), "one stranger beside a row"),
    (
        "row 0 and then row 1",
        lambda layer, x: torch.allclose(layer(x[:2])[0], layer(x[:1])[0]),
        "one stranger beside a row",
    ),
    ("each ordered pair", ordered_pairs, "one stranger beside a row"),
    ("against x", lambda layer, x: bool((layer(x) - x).abs().max() < 1e-5), "outputs compared with inputs"),
    (
        "token by token",
        lambda layer, x: all(torch.allclose(layer(x[:, [t]])[:, 0], layer(x)[:, t]) for t in range(x.shape[1])),
        "tokens tested one by one",
    ),
    ("always True", lambda layer, x: True, "a test that never says False"),
    ("shapes", lambda layer, x: layer(x).shape == x.shape, "a test that never says False"),
    (
        "no batch axis",
        lambda layer, x: all(torch.allclose(layer(x[i]), layer(x)[i], atol=1e-5) for i in range(len(x))),
        "a row without its batch axis",
    ),
    ("row 0", lambda layer, x: torch.allclose(layer(x)[0], layer(x[:1])[0], atol=1e-5), "only the first row tested"),
    ("gradients of row 0", by_gradient(0), "only the first row tested"),
    ("row 0 among zeros", row_0_beside(torch.zeros_like), "only the first row tested"),
    ("row 0 among noise", row_0_beside(torch.randn_like), "only the first row tested"),
    (
        "the first two by themselves",
        lambda layer, x: torch.allclose(layer(x[:2]), alone(layer, x[:2]), atol=1e-5),
        "two rows tested, and no other",
    ),
    ("rows 0 and -1", rows_of(lambda count: [0, count - 1]), "two rows tested, and no other"),
    ("all rows twice", lambda layer, x: torch.allclose(layer(x.repeat(2, 1, 1))[: len(x)], layer(x)), ROWS_GONE),
    ("last row", lambda layer, x: torch.allclose(layer(x)[-1:], layer(x[-1:]), atol=1e-5), "only the last row tested"),
    ("flipped", lambda layer, x: torch.allclose(layer(x.flip(0)), layer(x).flip(0)), "a test of the order of rows"),
    ("a random order", in_order(torch.randperm), "a test of the order of rows"),
    ("the first two exchanged", in_order(lambda n: [1, 0, *range(2, n)]), "a test of the order of rows"),
    (
        "turned by one",
        lambda layer, x: torch.allclose(layer(x.roll(1, 0)), layer(x).roll(1, 0), atol=1e-5),
        "a test of the order of rows",
    ),
    (
        "no batch axis, cat",
        lambda layer, x: torch.allclose(layer(x), torch.cat([layer(row) for row in x]), atol=1e-5),
        "a row without its batch axis",
    ),
    (
        "no batch axis, cat and abs",
        lambda layer, x: bool((layer(x) - torch.cat([layer(x[b]) for b in range(len(x))])).abs().max() < 1e-5),
        "a row without its batch axis",
    ),
    (
        "rows joined in time",
        lambda layer, x: torch.allclose(layer(x), torch.cat([layer(row[None]) for row in x], dim=1), atol=1e-5),
        None,
    ),
    ("True or nothing", lambda layer, x: row_by_row(layer, x) or None, "True or nothing"),
    ("a stranger in front", lambda layer, x: torch.allclose(layer(torch.cat([1 - x[:1], x]))[1:], layer(x)), ROWS_GONE),
    ("a stranger behind", lambda layer, x: torch.allclose(layer(torch.cat([x, 1 - x[:1]]))[:-1], layer(x)), ROWS_GONE),
    (
        "from each row on",
        lambda layer, x: all(torch.allclose(layer(x[b:]), layer(x)[b:], atol=1e-5) for b in range(len(x))),
        ROWS_GONE,
    ),
    ("token 0 of row 0 changed", one_token_changed(lambda x: [0], 0), "only one row changed"),
    ("token 0 of each row changed", one_token_changed(lambda x: range(len(x)), 0), "only the first token tested"),
    ("last token of each row changed", one_token_changed(lambda x: range(len(x)), -1), "only the last token tested"),
    ("size of all", lambda layer, x: torch.allclose(layer(x).norm(), alone(layer, x).norm(), atol=1e-5), SUMS),
    ("sum of sizes", lambda layer, x: torch.allclose(layer(x).abs().sum(), alone(layer, x).abs().sum()), SUMS),
    ("assert_close", claimed, "an assertion in place of an answer"),
    ("assert_close, no return", claimed_without_return, "an assertion in place of an answer"),
    ("assert with words", claimed_in_words, "an assertion in place of an answer"),
    (
        "row 0 in all places, the ends looked at",
        lambda layer, x: torch.allclose(layer(x[:1].expand_as(x))[-1], layer(x[:1].expand_as(x))[0]),
        "the same row more than once",
    ),
    ("last token", at((-1,)), "only the last token tested"),
    ("all but the last token", at((slice(None, -1),)), None),
    ("first token", at((0,)), "only the first token tested"),
    ("x itself moved", moved_for_good(lambda moved, b: moved[b].add_(1)), "a change that stays"),
    ("x itself doubled", moved_for_good(lambda moved, b: moved[b].mul_(2)), "a change that stays"),
    ("x itself emptied", emptied_for_good, "a change that stays"),
    ("x itself moved and put back", moved_and_put_back, "right"),
    ("any number", lambda layer, x: bool(((layer(x) - alone(layer, x)).abs() < 1e-5).any()), "some numbers that agree"),
    (
        "smallest difference",
        lambda layer, x: min((layer(x[b : b + 1])[0] - layer(x)[b]).abs().min() for b in range(len(x))).item() < 1e-5,
        "some numbers that agree",
    ),
    ("the batch twice", lambda layer, x: torch.allclose(layer(x.repeat(2, 1, 1)), layer(x).repeat(2, 1, 1)), ROWS_GONE),
    (
        "each row three times",
        lambda layer, x: all(torch.allclose(layer(row.repeat(3, 1, 1)), layer(row)) for row in x.split(1)),
        "the same row more than once",
    ),
    ("ones", lambda layer, x: row_by_row(layer, torch.ones_like(x)), "the same row more than once"),
    ("all pairs", all_pairs, None),
    ("each row changed, all outputs", changed_for_all, DIFFER),
    ("all rows changed", lambda layer, x: torch.allclose(layer(x + torch.rand_like(x)), layer(x)), DIFFER),
    ("row after row in one copy", one_copy_for_all, DIFFER),
    ("one number of each row changed", one_number_changed, "only single numbers tested"),
    ("up to each row", up_to_each_row, ROWS_GONE),
    ("a share of 0.9", most_alike(0.9), "some numbers that agree"),
    ("half of them", most_alike(0.5), "some numbers that agree"),
    ("False for a row apart", False_for_a_row_apart, "rows that stay apart, and False"),
    ("gradient of the sum", gradient_of_the_sum, "a gradient of all rows together"),
    ("gradients that are not set back", gradients_added_up, None),
    ("noise in the outer rows", noise_elsewhere(0, -1), None),
    ("always False", lambda layer, x: False, None),
    ("the opposite", lambda layer, x: not row_by_row(layer, x), None),
    ("last number", at((slice(None), -1)), "only single numbers tested"),
    ("first number", at((slice(None), 0)), "only single numbers tested"),
    ("from row 1 on", rows_of(lambda n: range(1, n)), "one row left out"),
    ("up to row n - 2", rows_of(lambda n: range(n - 1)), "one row left out"),
    ("backwards", rows_of(lambda n: range(n - 1, -1, -1)), "right"),
    (
        "sums",
        lambda layer, x: torch.allclose(layer(x).sum(), sum(layer(r[None]).sum() for r in x), atol=1e-4),
        SUMS,
    ),
    ("a mean of each row", lambda layer, x: bool(((layer(x) - alone(layer, x)).mean((1, 2)).abs() < 1e-5).all()), SUMS),
    ("sizes of the rows", lambda layer, x: torch.allclose(layer(x).norm(dim=2), alone(layer, x).norm(dim=2)), SUMS),
    ("gradients of sums", lambda layer, x: by_gradient(*range(len(x)))(layer, x), SUMS),
    ("a mean without abs", lambda layer, x: bool((layer(x) - alone(layer, x)).mean() < 1e-5), SIGN),
    ("means of tokens", lambda layer, x: torch.allclose(layer(x).mean(1), alone(layer, x).mean(1), atol=1e-5), SUMS),
    ("means of rows", lambda layer, x: torch.allclose(layer(x).mean(0), alone(layer, x).mean(0), atol=1e-5), SUMS),
    ("no abs", lambda layer, x: all((layer(x)[b] - alone(layer, x)[b]).amax() < 1e-5 for b in range(len(x))), SIGN),
    ("no abs, turned", lambda layer, x: bool((layer(x) - alone(layer, x)).min() > -1e-5), SIGN),
    ("largest size", lambda layer, x: (layer(x) - alone(layer, x)).abs().amax().item() < 1e-5, "right"),
    ("prefixes", prefixes, "a test of causality"),
    ("a tensor", lambda layer, x: torch.tensor(row_by_row(layer, x)), None),
    ("no return", lambda layer, x: None, None),
]

# Exercise 3: count_parameters


def count(conv=lambda D, w, b: b * D * (w + 1) + b, rank=lambda d: -(-d // 16), **changed):
    def count_parameters(d_model, d_state, d_conv, branches, expand):
        D, R = d_model * expand, rank(d_model)
        numbers = {
            "in": 2 * D * d_model,
            "out": d_model * D,
            "x": D * (R + 2 * d_state),
            "dt": D * (R + 1),
            "A": D * d_state,
            "skip": D,
        } | {name: of(d_model, d_state, D, R) for name, of in changed.items()}
        return sum(numbers.values()) + conv(D, d_conv, branches)

    return count_parameters


def counted_in_a_block(d_model, d_state, d_conv, branches, expand):
    block = Mamba(
        d_model, d_state=d_state, d_conv=d_conv, conv_dilations=tuple(2**i for i in range(branches)), expand=expand
    )
    return sum(weight.nelement() for weight in block.state_dict().values())


def linear_layers(d_model, d_state, d_conv, branches, expand):
    outer = nn.Linear(d_model, 2 * expand * d_model, bias=False), nn.Linear(expand * d_model, d_model, bias=False)
    numbers = sum(layer.weight.numel() for layer in outer)
    return count(**{"in": lambda *sizes: numbers, "out": lambda *sizes: 0})(d_model, d_state, d_conv, branches, expand)


GATES = "gates and more that is missing"
COUNT = [
    ("in parts", count(), "right"),
    ("a block", counted_in_a_block, "a block that is built"),
    ("two layers", linear_layers, "a block that is built"),
    ("a float", lambda *sizes: float(count()(*sizes)), None),
    ("no conv bias", count(conv=lambda D, w, b: b * D * w + b), "one number a channel missing in each branch"),
    (
        "W - 1 taps",
        count(conv=lambda D, w, b: b * (D * (w - 1) + D + 1)),
        "one number a channel missing in each branch",
    ),
    ("no brackets", count(conv=lambda D, w, b: b * D * w + D + 1), "one bias and one gate for all branches"),
    ("taps in a loop", count(conv=lambda D, w, b: sum([D * w] * b, D + 1)), "one bias and one gate for all branches"),
    ("3 taps", count(conv=lambda D, w, b: b * (4 * D + 1)), "a number of the table in place of its letter"),
    ("5 rows", count(x=lambda d, n, D, R: D * 5), "a number of the table in place of its letter"),
    (
        "3 taps, 5 rows",
        count(conv=lambda D, w, b: b * (4 * D + 1), x=lambda d, n, D, R: D * 5),
        "a number of the table in place of its letter",
    ),
    ("one branch", count(conv=lambda D, w, b: D * (w + 1) + b), "one branch for all"),
    ("no gates", count(conv=lambda D, w, b: b * D * (w + 1)), "forgotten convolution gates"),
    ("D·W a branch", count(conv=lambda D, w, b: b * D * w), "taps alone"),
    ("gates per channel", count(conv=lambda D, w, b: b * D * (w + 2)), "a gate for every channel"),
    ("full convolution", count(conv=lambda D, w, b: b * (D * D * w + D) + b), "a convolution that mixes the channels"),
    ("A for all", count(A=lambda d, n, D, R: n), "one A for all channels"),
    ("d // 16", count(rank=lambda d: d // 16), "a rank that is rounded down"),
    ("max(1, d // 16)", count(rank=lambda d: max(1, d // 16)), "a rank that is rounded down"),
    ("round", count(rank=lambda d: round(d / 16)), "a rank that is rounded to the nearest"),
    ("d / 16", count(rank=lambda d: d / 16), "a rank that is not rounded"),
    ("d / 16, and int", lambda *sizes: int(count(rank=lambda d: d / 16)(*sizes)), "a rank that is not rounded"),
    ("d / 16, and up", lambda *sizes: math.ceil(count(rank=lambda d: d / 16)(*sizes)), "a rank that is not rounded"),
    ("d + 14", count(rank=lambda d: (d + 14) // 16), None),
    ("d + 8", count(rank=lambda d: (d + 8) // 16), "a rank that is rounded to the nearest"),
    ("x_proj with 2R", count(x=lambda d, n, D, R: 2 * D * (R + n)), "D·R numbers too many"),
    ("x_proj without D", count(x=lambda d, n, D, R: R + 2 * n), "rows or columns that are single numbers"),
    ("dt_proj with R + D", count(dt=lambda d, n, D, R: R + D), "rows or columns that are single numbers"),
    ("x_proj without brackets", count(x=lambda d, n, D, R: D * R + 2 * n), "rows or columns that are single numbers"),
    ("two vectors of D", count(skip=lambda d, n, D, R: D + D), "one number a channel too many"),
    ("h0", count(A=lambda d, n, D, R: D * n + D * n), "N numbers a channel too many"),
    ("no in_proj", count(**{"in": lambda d, n, D, R: 0}), "2·D·d_model numbers missing"),
    ("out_proj (d_model, d_model)", count(out=lambda d, n, D, R: d * d), "an outer projection that stays outside"),
    ("d // 16 + 1", count(rank=lambda d: d // 16 + 1), "a rank with one too many"),
    ("dt_proj D·D", count(dt=lambda d, n, D, R: D * (D + 1)), "a way to Δ without its narrow middle"),
    ("D rows for Δ", count(x=lambda d, n, D, R: D * D + 2 * n * D), "a way to Δ without its narrow middle"),
    (
        "D rows for Δ, no dt_proj",
        count(x=lambda d, n, D, R: D * (D + n + n), dt=lambda d, n, D, R: 0),
        "a way to Δ without its narrow middle",
    ),
    (
        "D rows for Δ, and a bias",
        count(x=lambda d, n, D, R: (D + 2 * n) * D, dt=lambda d, n, D, R: D),
        "a way to Δ without its narrow middle",
    ),
    ("a skip as a matrix", count(skip=lambda d, n, D, R: D**2), "a skip that mixes the channels"),
    ("no dt_proj", count(dt=lambda d, n, D, R: D), "D·R numbers missing"),
    ("no low rank", count(x=lambda d, n, D, R: 2 * n * D), "D·R numbers missing"),
    ("no convolutions", count(conv=lambda D, w, b: 0), "a part that is missing"),
    ("no convolutions, but their gates", count(conv=lambda D, w, b: b), "a part that is missing"),
    ("B and C of each channel", count(x=lambda d, n, D, R: D * (R + D * n + D * n)), "other rows in x_proj"),
    ("a skip of d_model", count(skip=lambda d, n, D, R: d), "parts of the outer width"),
    ("dt_proj of d_model", count(dt=lambda d, n, D, R: d * (R + 1)), "parts of the outer width"),
    ("dt_proj (d_model, R)", count(dt=lambda d, n, D, R: d * R + D), "parts of the outer width"),
    ("no x_proj", count(x=lambda d, n, D, R: 0), "a part that is missing"),
    ("no scan", count(A=lambda d, n, D, R: 0, skip=lambda d, n, D, R: 0), "a part that is missing"),
    ("no selection", count(x=lambda d, n, D, R: 0, dt=lambda d, n, D, R: 0), "a part that is missing"),
    ("branch 0 twice", count(conv=lambda D, w, b: b * (D * w + D + 1) + D * w + D), "one branch too many"),
    ("up to branches", count(conv=lambda D, w, b: sum(D * w + D + 1 for _ in range(b + 1))), "one branch too many"),
    ("a history", lambda d, n, w, b, e: count()(d, n, w, b, e) + d * e * (w - 1), "a history that is learned"),
    ("D (D, N)", count(skip=lambda d, n, D, R: D * n), "a skip for each state"),
    ("W = 4", lambda d, n, w, b, e: count()(d, n, 4, b, e), "a size of the published block"),
    ("N = 16", lambda d, n, w, b, e: count()(d, 16, w, b, e), "a size of the published block"),
    ("N = 2", lambda d, n, w, b, e: count()(d, 2, w, b, e), "a number of the table in place of its letter"),
    ("N = 16, W = 4", lambda d, n, w, b, e: count()(d, 16, 4, b, e), "a size of the published block"),
    (
        "no vectors",
        count(dt=lambda d, n, D, R: D * R, skip=lambda d, n, D, R: 0),
        "two numbers a channel missing",
    ),
    ("a bias on out_proj", count(out=lambda d, n, D, R: d * (D + 1)), "d_model numbers too many"),
    ("x_proj of d_model", count(x=lambda d, n, D, R: d * (R + 2 * n)), "parts of the outer width"),
    ("one D", count(skip=lambda d, n, D, R: 1), "a vector that is a single number"),
    ("one gate", count(conv=lambda D, w, b: b * D * (w + 1) + 1), "one gate for all branches"),
    ("one bias", count(conv=lambda D, w, b: b * D * w + D + b), "one bias for all branches"),
    ("both convolved", count(conv=lambda D, w, b: 2 * b * D * (w + 1) + b), "a convolution of the gate"),
    ("A of d_model", count(A=lambda d, n, D, R: d * n), "parts of the outer width"),
    ("no expand", lambda d, n, w, b, e: count()(d, n, w, b, 1), "parts of the outer width"),
    ("one kernel", count(conv=lambda D, w, b: b * (w + D) + b), "one kernel for all channels"),
    ("one kernel and one bias", count(conv=lambda D, w, b: b * (w + 2)), "one kernel for all channels"),
    ("R = 1", count(rank=lambda d: 1), "a rank that is always 1"),
    ("x_proj with 1 + 2N", count(x=lambda d, n, D, R: D * (1 + 2 * n)), "a rank that is always 1"),
    ("dt_proj D·1", count(dt=lambda d, n, D, R: D + D), "a rank that is always 1"),
    ("3·D·d_model", lambda d, n, w, b, e: 3 * e * d**2, "the outer projections alone"),
    ("no gates, no D", count(conv=lambda D, w, b: b * D * (w + 1), skip=lambda d, n, D, R: 0), GATES),
    ("no gates, no A_log", count(conv=lambda D, w, b: b * D * (w + 1), A=lambda d, n, D, R: 0), GATES),
    ("no gates, in_proj once", count(conv=lambda D, w, b: b * D * (w + 1), **{"in": lambda d, n, D, R: D * d}), GATES),
    (
        "no bias",
        count(conv=lambda D, w, b: b * (D * w + 1), dt=lambda d, n, D, R: D * R),
        "biases and more that is missing",
    ),
    (
        "no bias of the convolutions, no D",
        count(conv=lambda D, w, b: b * (D * w + 1), skip=lambda d, n, D, R: 0),
        "biases and more that is missing",
    ),
    ("gates (D,)", count(conv=lambda D, w, b: b * D * (w + 1) + D), "a gate for every channel"),
    ("one branch, no gates", count(conv=lambda D, w, b: D * (w + 1)), "one branch for all"),
    ("out_proj of x and z", count(out=lambda d, n, D, R: 2 * D * d), "D·d_model numbers too many"),
    ("2R + N", count(x=lambda d, n, D, R: D * (2 * R + n)), "R in the place of N"),
    ("A (D, R)", count(A=lambda d, n, D, R: D * R), "R in the place of N"),
    ("x_proj twice", count(x=lambda d, n, D, R: 2 * D * (R + 2 * n)), "an x_proj too many"),
    ("A (D, D)", count(A=lambda d, n, D, R: D * D), "an A that mixes the channels"),
    ("A (D,)", count(A=lambda d, n, D, R: D), "one state a channel"),
    ("dt_proj (D, d_model)", count(dt=lambda d, n, D, R: D * (d + 1)), "a way to Δ without its narrow middle"),
    ("d_model rows for Δ", count(x=lambda d, n, D, R: D * (d + 2 * n)), "a way to Δ without its narrow middle"),
    (
        "no gates, and d // 16",
        count(conv=lambda D, w, b: b * D * (w + 1), rank=lambda d: d // 16),
        "two mistakes at once",
    ),
    ("3N", count(x=lambda d, n, D, R: D * 3 * n), "N in the place of R"),
    ("dt_proj D·N", count(dt=lambda d, n, D, R: D * (n + 1)), "N in the place of R"),
    ("R = N", lambda d, n, w, b, e: count(rank=lambda d: n)(d, n, w, b, e), "N in the place of R"),
    ("rank of N", lambda d, n, w, b, e: count(rank=lambda d: math.ceil(n / 16))(d, n, w, b, e), None),
    ("no rows of B and C", count(x=lambda d, n, D, R: D * R), "2·N numbers a channel missing"),
    ("x_proj's bias", count(x=lambda d, n, D, R: (D + 1) * (R + 2 * n)), "an x_proj with a bias"),
    ("a bias a branch", count(conv=lambda D, w, b: b * (D * w + 2)), "a bias with too few numbers"),
    ("dt bias of R", count(dt=lambda d, n, D, R: R * (D + 1)), "a bias with too few numbers"),
    ("taps once", count(conv=lambda D, w, b: D * (w + b) + b), "one set of taps for all branches"),
    ("a LayerNorm", count(out=lambda d, n, D, R: d * (D + 2)), "a norm in the block"),
    ("A (N, N)", count(A=lambda d, n, D, R: n * n), "an A that mixes the states"),
    ("A (D, N, N)", count(A=lambda d, n, D, R: D * n * n), "an A that mixes the states"),
    (
        "x_proj for each branch",
        lambda d, n, w, b, e: count(x=lambda d, n, D, R: b * D * (R + 2 * n))(d, n, w, b, e),
        "a selection for every branch",
    ),
    ("out_proj (D, D)", count(out=lambda d, n, D, R: D**2), "an outer projection that stays inside"),
    ("in_proj (2D, D)", count(**{"in": lambda d, n, D, R: 2 * D * D}), "an outer projection that stays inside"),
    ("E = 2", lambda d, n, w, b, e: count()(d, n, w, b, 2), "a width that is always twice"),
    ("B and C (D, N)", count(A=lambda d, n, D, R: 3 * D * n), "B and C as parameters"),
    ("no dt bias", count(dt=lambda d, n, D, R: D * R), "one number a channel missing"),
    ("no D", count(skip=lambda d, n, D, R: 0), "one number a channel missing"),
    ("in_proj once", count(**{"in": lambda d, n, D, R: D * d}), "D·d_model numbers missing"),
    ("N once", count(x=lambda d, n, D, R: D * (R + n)), "N numbers a channel missing"),
    ("no A_log", count(A=lambda d, n, D, R: 0), "N numbers a channel missing"),
    ("biases", count(out=lambda d, n, D, R: (d + 1) * D + d + D), "projections with a bias"),
    ("a bias on in_proj", count(**{"in": lambda d, n, D, R: 2 * D * (d + 1)}), "two numbers a channel too many"),
    ("a rank with one added", count(rank=lambda d: -(-d // 16) + 1), "two numbers a channel too many"),
    ("an RMSNorm", count(skip=lambda d, n, D, R: D + d), "d_model numbers too many"),
    ("rank of D", count(rank=lambda d: math.ceil(2 * d / 16)), None),
    *(
        (
            f"rank of expand · d_model / {part}",
            lambda *sizes, part=part: count(rank=lambda d: math.ceil(sizes[-1] * d / part))(*sizes),
            "a rank of the inner width",
        )
        for part in (16, 32)
    ),
    ("no out_proj", count(out=lambda d, n, D, R: 0), "D·d_model numbers missing"),
    ("hard-coded", lambda *sizes: 100, None),
    ("a string", lambda *sizes: str(count()(*sizes)), None),
    ("no return", lambda *sizes: None, None),
]

# Exercise 4: delta_map


def column_by_column(x_proj, dt_proj):
    R = dt_proj.shape[1]
    return torch.stack([dt_proj @ (x_proj[:R] @ unit) for unit in torch.eye(x_proj.shape[1])], dim=1)


def in_three_parts(x_proj, dt_proj):
    low, _B, _C = torch.chunk(x_proj, 3, dim=0)
    return torch.matmul(dt_proj, low)


ONE_OF_R = "one of the R numbers"
MAP = [
    ("column by column", column_by_column, "right"),
    ("einsum", lambda x, dt: torch.einsum("dr,rc->dc", dt, x[: dt.shape[1]]), "right"),
    ("narrow", lambda x, dt: torch.matmul(dt, x.narrow(0, 0, dt.shape[1])), "right"),
    ("last rows", lambda x, dt: dt @ x[-dt.shape[1] :], "the wrong rows of x_proj"),
    ("rows of B", lambda x, dt: dt @ x[dt.shape[1] :][: dt.shape[1]], "the wrong rows of x_proj"),
    ("columns", lambda x, dt: torch.einsum("dr,er->de", dt, x[:, : dt.shape[-1]]), "columns of x_proj"),
    ("transposed", lambda x, dt: x[: dt.shape[1]].T @ dt.T, "a map from Δ to the token"),
    ("the other way", lambda x, dt: x[: dt.shape[1]] @ dt, "a way that begins in the narrow middle"),
    ("all rows", lambda x, dt: dt @ x, "all rows of x_proj"),
    ("all rows, einsum", lambda x, dt: torch.einsum("ij,jk->ik", dt, x), "all rows of x_proj"),
    ("dt_proj turned", lambda x, dt: torch.mm(dt.t(), x[: dt.shape[1]]), "a weight that is turned"),
    ("F.linear", lambda x, dt: F.linear(dt, x[: dt.size(1)]), "a weight that is turned"),
    ("x_proj turned, on the left", lambda x, dt: x[: dt.size(1)].mT @ dt, "a weight that is turned"),
    ("x_proj on the left", lambda x, dt: F.linear(x[: dt.size(1)], dt), "a weight that is turned"),
    ("1/√R", lambda x, dt: dt @ x[: dt.shape[1]] / math.sqrt(dt.shape[1]), "a product that is scaled"),
    ("1/√D", lambda x, dt: dt @ x[: dt.shape[1]] * len(dt) ** -0.5, "a product that is scaled"),
    (
        "a mean over R",
        lambda x, dt: torch.stack([torch.outer(c, r) for c, r in zip(dt.T, x, strict=False)]).mean(0),
        "a product that is scaled",
    ),
    ("1/D", lambda x, dt: torch.matmul(dt / len(dt), x[: dt.shape[1]]), "a product that is scaled"),
    ("back and forth", lambda x, dt: (x[: dt.shape[1]] @ dt).T, "a way that begins in the narrow middle"),
    ("all rows, transposed", lambda x, dt: x.mT @ dt.mT, "all rows of x_proj"),
    ("thirds", lambda x, dt: dt @ torch.chunk(x, 3)[0], "three parts of one size"),
    ("three parts", in_three_parts, "three parts of one size"),
    ("rows of B and C", lambda x, dt: dt @ x[dt.shape[1] :], "the wrong rows of x_proj"),
    ("four rows", lambda x, dt: dt @ x[:4], "a rank that is not read off"),
    ("all but 2·16 rows", lambda x, dt: dt @ x[: len(x) - 2 * 16], "a rank that is not read off"),
    ("D / 16", lambda x, dt: dt @ x[: math.ceil(x.shape[1] / 16)], "a rank that is not read off"),
    ("entry by entry", lambda x, dt: dt.T * x[: dt.shape[1]], "products that are not added up"),
    ("entry by entry, not turned", lambda x, dt: x[: dt.shape[1]] * dt, "products that are not added up"),
    ("all rows, the other way", lambda x, dt: torch.matmul(x, dt), "a way that begins in the narrow middle"),
    ("middle rows", lambda x, dt: dt @ x[1 : 1 + dt.shape[1]], "the wrong rows of x_proj"),
    ("a row too many", lambda x, dt: torch.matmul(dt, x[: dt.shape[1] + 1]), "the wrong rows of x_proj"),
    ("a third of the rows", lambda x, dt: dt @ x[: len(x) // 3], "three parts of one size"),
    ("columns, turned", lambda x, dt: F.linear(x[:, : dt.shape[1]], dt), "columns of x_proj"),
    (
        "from 1 on",
        lambda x, dt: sum((torch.outer(dt[:, r], x[r]) for r in range(1, dt.shape[1])), torch.zeros(len(dt), len(dt))),
        "all but one of the R numbers",
    ),
    ("D rows", lambda x, dt: dt @ x[: len(dt)], "as many rows as channels"),
    ("row 0", lambda x, dt: torch.outer(dt[:, 0], x[0]), "one of the R numbers"),
    ("overwritten in the loop", lambda x, dt: [c[:, None] * r for c, r in zip(dt.T, x, strict=False)][-1], ONE_OF_R),
    ("softplus", lambda x, dt: F.softplus(dt @ x[: dt.shape[1]]), "a map behind the softplus"),
    ("no return", lambda x, dt: None, None),
]

# Exercise 5: state_bytes


def state(columns):
    return lambda d_model, d_state, d_conv, dilations, expand: (
        4 * d_model * expand * columns(d_state, d_conv, list(dilations))
    )


TAPPED = "only the samples that a tap reads"
STATE = [
    ("field less one", state(lambda n, w, d: n + max((w - 1) * one for one in d)), "right"),
    ("float", lambda *sizes: 1.0 * state(lambda n, w, d: n + max((w - 1) * one for one in d))(*sizes), None),
    ("all branches", state(lambda n, w, d: n + sum((w - 1) * one for one in d)), "a history for every branch"),
    ("all fields", state(lambda n, w, d: n + sum((w - 1) * one + 1 for one in d)), "a history for every branch"),
    ("all W·d", state(lambda n, w, d: n + sum(w * one for one in d)), "a history for every branch"),
    ("lag less one", state(lambda n, w, d: n + (w - 1) * max(d) - 1), "a history one sample short"),
    ("the longer of the two", state(lambda n, w, d: n + max(w - 1, *d)), None),
    (
        "D · expand",
        lambda *sizes: sizes[-1] * state(lambda n, w, d: n + max((w - 1) * one for one in d))(*sizes),
        "a width that is expanded twice",
    ),
    ("N outside", lambda d, n, w, ds, e: 4 * e * d * (w - 1) * max(ds) + n, "one of the two outside the brackets"),
    ("lag outside", lambda d, n, w, ds, e: 4 * e * d * n + (w - 1) * max(ds), "one of the two outside the brackets"),
    ("lags", state(lambda n, w, d: n + len({i * one for one in d for i in range(w)})), TAPPED),
    ("past lags", state(lambda n, w, d: n + len({i * one for one in d for i in range(w)} - {0})), TAPPED),
    ("W - 1", state(lambda n, w, d: n + w - 1), "a history without the dilation"),
    ("W", state(lambda n, w, d: n + w), "a history without the dilation"),
    ("last", state(lambda n, w, d: n + (w - 1) * d[-1]), "the dilation that stands last"),
    ("product", state(lambda n, w, d: n * (w - 1) * max(d)), "a product of history and state"),
    ("field", state(lambda n, w, d: n + (w - 1) * max(d) + 1), "one number a channel that is not kept"),
    ("Δ kept", state(lambda n, w, d: (w - 1) * max(d) + (n + 1)), "one number a channel that is not kept"),
    ("W·d", state(lambda n, w, d: n + w * max(d)), "taps times dilation"),
    ("E = 2", lambda d, n, w, ds, e: 8 * d * (n + (w - 1) * max(ds)), "a width that is always twice"),
    ("gaps added", state(lambda n, w, d: n + (w - 1) + (max(d) - 1)), "taps and dilation added"),
    ("powers of two", state(lambda n, w, d: n + (w - 1) * 2 ** (len(d) - 1)), "dilations that are not read"),
    ("W·d - 1", state(lambda n, w, d: n + w * max(d) - 1), "taps times dilation"),
    ("N²", state(lambda n, w, d: n**2 + (w - 1) * max(d)), "a state of N·N numbers"),
    ("with B and C", state(lambda n, w, d: n + n + n + (w - 1) * max(d)), "more than h that is kept"),
    (
        "with one B and C for all channels",
        lambda d, n, w, ds, e: 4 * (e * d * (n + (w - 1) * max(ds)) + n + n),
        "more than h that is kept",
    ),
    ("A kept", lambda d, n, w, ds, e: 4 * e * d * ((w - 1) * max(ds) + n) + 4 * e * d * n, "more than h that is kept"),
    ("KiB", lambda *sizes: state(lambda n, w, d: n + (w - 1) * max(d))(*sizes) / 1024, "kilobytes in place of bytes"),
    ("0", lambda *sizes: 0, None),
    ("kB", lambda *sizes: state(lambda n, w, d: n + (w - 1) * max(d))(*sizes) // 1000, "kilobytes in place of bytes"),
    ("W + max", state(lambda n, w, d: n + w + max(d)), "taps and dilation added"),
    ("2 to the branches", state(lambda n, w, d: n + (w - 1) * 2 ** len(d)), "dilations that are not read"),
    ("no state", state(lambda n, w, d: (w - 1) * max(d)), "a history without the state of the scan"),
    ("no history", state(lambda n, w, d: n), "a state without the history of the convolution"),
    ("d_model", lambda d, n, w, ds, e: 4 * d * (n + (w - 1) * max(ds)), "channels of the outer width"),
    ("numbers", lambda d, n, w, ds, e: e * d * (n + (w - 1) * max(ds)), "numbers in place of bytes"),
    (
        "x and z kept",
        lambda d, n, w, ds, e: 8 * e * d * (n + (w - 1) * max(ds)),
        "half, twice or eight times the bytes",
    ),
    ("bits", lambda d, n, w, ds, e: 32 * e * d * (n + (w - 1) * max(ds)), "half, twice or eight times the bytes"),
    ("bfloat16", lambda d, n, w, ds, e: 2 * e * d * (n + (w - 1) * max(ds)), "half, twice or eight times the bytes"),
    ("smallest dilation", state(lambda n, w, d: n + (w - 1) * min(d)), "a dilation that is not the largest"),
    ("first dilation", state(lambda n, w, d: n + (w - 1) * d[0]), "a dilation that is not the largest"),
    ("one argument each", state(lambda n, w, d: n + (w - 1) * max(*d)), None),  # stops at a single branch
    ("largest for each", state(lambda n, w, d: n + len(d) * (w - 1) * max(d)), "a history for every branch"),
    ("W - 1 for each", state(lambda n, w, d: n + sum(w - 1 for _ in d)), "a history without the dilation"),
    ("history of d_model", lambda d, n, w, ds, e: 4 * d * (e * n + (w - 1) * max(ds)), "channels of the outer width"),
    ("one state", lambda d, n, w, ds, e: 4 * (n + e * d * (w - 1) * max(ds)), "one state for all channels"),
    ("N for each", state(lambda n, w, d: (w - 1) * max(d) + n * len(d)), "a state for every branch"),
    ("one history", lambda d, n, w, ds, e: 4 * (n * e * d + (w - 1) * max(ds)), "one history for all channels"),
    ("no D", lambda d, n, w, ds, e: 4 * (n + (w - 1) * max(ds)), "a single channel"),
    ("both for each", state(lambda n, w, d: sum((w - 1) * one + n for one in d)), "a state for every branch"),
    ("max(d)", state(lambda n, w, d: n + max(d)), "a history of a single gap"),
    ("x and z", state(lambda n, w, d: n + 2 * (w - 1) * max(d)), "a history of the gate"),
    ("no brackets", state(lambda n, w, d: w - 1 * max(d) + n), "a dilation without brackets"),
    ("between the taps", state(lambda n, w, d: n + (w - 1) * (max(d) - 1)), "only the samples between the taps"),
    (
        "one field on another",
        state(lambda n, w, d: n + 1 + sum((w - 1) * one for one in d)),
        "a history for every branch",
    ),
    (
        "Δ, B and C kept",
        lambda d, n, w, ds, e: 4 * (e * d * (n + 1 + (w - 1) * max(ds)) + 2 * n),
        "more than h that is kept",
    ),
    ("4 once", lambda d, n, w, ds, e: 4 * e * d * (w - 1) * max(ds) + e * d * n, "4 bytes for one of the two"),
    ("h in 2", lambda d, n, w, ds, e: 4 * e * d * (w - 1) * max(ds) + 2 * e * d * n, "4 bytes for one of the two"),
    ("x in 2", lambda d, n, w, ds, e: 2 * e * d * (w - 1) * max(ds) + 4 * e * d * n, "4 bytes for one of the two"),
    ("no return", lambda *sizes: None, None),
]

# Bug hunt: mended_branches


def make(train=True, own=nn.ModuleList, second=None, groups=True):
    def mended_branches(channels, taps, dilations):
        front = nn.Module()
        layers = [nn.Conv1d(channels, channels, taps, dilation=d, groups=channels if groups else 1) for d in dilations]
        front.conv1d_layers = own(layers)
        if second:
            second(front)
        return front.requires_grad_(train)

    return mended_branches


def dilated_later(channels, taps, dilations):
    front = make()(channels, taps, [1] * len(dilations))
    for layer, dilation in zip(front.conv1d_layers, dilations, strict=True):
        layer.dilation = dilation
    return front


def second_name(front):
    front.conv1d = front.conv1d_layers[0]


def the_list_deleted(front):
    second_name(front)
    del front.conv1d_layers


def named_otherwise(channels, taps, dilations):
    front = nn.Module()
    front.convs = make()(channels, taps, dilations).conv1d_layers
    return front


def named_otherwise_beside_the_first(channels, taps, dilations):
    front = named_otherwise(channels, taps, dilations)
    front.conv1d = front.convs[0]
    return front


def frozen(front):
    second_name(front)
    for one in front.conv1d_layers[0].parameters():
        one.requires_grad = False
    return front


def weight_again(front):
    front.weight = front.conv1d_layers[0].weight


def weight_cloned(front):
    front.first = nn.Parameter(front.conv1d_layers[0].weight.clone())


def hidden(front):
    second_name(front)
    front.state_dict = lambda: dict(front.named_parameters())


def renamed_at_both_ends(front):
    """The second name stays in the module alone: it is neither written nor asked for."""
    second_name(front)

    def without(module, saved, *rest):
        del saved["conv1d.weight"], saved["conv1d.bias"]

    def with_both(saved, *rest):
        saved.update({f"conv1d.{name}": saved[f"conv1d_layers.0.{name}"] for name in ("weight", "bias")})

    front._register_state_dict_hook(without)
    front._register_load_state_dict_pre_hook(with_both)


def first_beside_the_others(channels, taps, dilations):
    front = make()(channels, taps, dilations)
    front.conv1d, *others = front.conv1d_layers
    front.conv1d_layers = nn.ModuleList(others)
    return front


def list_again(front):
    front.conv1d = front.conv1d_layers


def buffered(front):
    front.register_buffer("taps", front.conv1d_layers[0].weight.data)


def no_bias(channels, taps, dilations):
    layers = [nn.Conv1d(channels, channels, taps, dilation=d, groups=channels, bias=False) for d in dilations]
    front = nn.Module()
    front.conv1d_layers, front.conv1d = nn.ModuleList(layers), layers[0]
    return front


def from_one_channel(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList([nn.Conv1d(1, channels, taps, dilation=d) for d in dilations])
    return front


def padded(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(
        nn.Conv1d(channels, channels, taps, padding=(taps - 1) * d, dilation=d, groups=channels) for d in dilations
    )
    return front


def padded_to_the_same_length(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(
        nn.Conv1d(channels, channels, taps, padding="same", dilation=d, groups=channels) for d in dilations
    )
    return front


def exchanged_sizes(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList([nn.Conv1d(channels, channels, d, 1, 0, taps, channels) for d in dilations])
    return front


def strided(**settings):
    def mended_branches(channels, taps, dilations):
        front = nn.Module()
        front.conv1d_layers = nn.ModuleList()
        for d in dilations:
            own = {"stride": d} | {name: of(d) for name, of in settings.items()}
            front.conv1d_layers.append(nn.Conv1d(channels, channels, taps, groups=channels, **own))
        return front

    return mended_branches


def in_a_parameter_list(layers):
    return nn.ParameterList([numbers for one in layers for numbers in one.parameters()])


def wide(channels, taps, dilations):
    front, width = nn.Module(), channels * len(dilations)
    front.conv1d_layers = nn.Conv1d(width, width, taps, dilation=dilations[0], groups=width)
    return front


class Numbered(nn.Module):
    """Layers that a loop reaches by their numbers alone."""

    def __init__(self, layers):
        super().__init__()
        for number, layer in enumerate(layers):
            self.add_module(str(number), layer)

    def __getitem__(self, number):
        return list(self.children())[number]


def within(layers):
    """The list as a part of another module."""
    inner = nn.Module()
    inner.layers = nn.ModuleList(layers)
    return inner


def first_frozen(front):
    front.conv1d_layers[0].requires_grad_(False)
    return front


class WithAProperty(nn.Module):
    def __init__(self, channels, taps, dilations):
        super().__init__()
        self.conv1d_layers = make()(channels, taps, dilations).conv1d_layers

    @property
    def conv1d(self):
        return self.conv1d_layers[0]


def by_dilation(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleDict(
        {str(d): nn.Conv1d(channels, channels, taps, dilation=d, groups=channels) for d in dilations}
    )
    return front


def numbered(channels, taps, dilations):
    front = nn.Module()
    for i, d in enumerate(dilations):
        setattr(front, f"conv{i}", nn.Conv1d(channels, channels, taps, dilation=d, groups=channels))
    return front


ONE, SETTINGS = "one convolution in all places", "convolutions with other settings"


def beside_a_copied_weight(channels, taps, dilations):
    front = make()(channels, taps, dilations)
    front.register_buffer("conv1d", front.conv1d_layers[0].weight.detach().clone())
    return front


BRANCHES = [
    ("ModuleList", make(), "right"),
    ("a dilation set later", dilated_later, "right"),
    ("reached by numbers alone", make(own=Numbered), "right"),
    ("the bug", make(second=second_name), "the bug, still in"),
    ("a plain list", make(own=list), "a list that PyTorch does not see"),
    ("nothing trains", make(train=False), "weights that do not train"),
    ("no groups", make(groups=False), "convolutions with other settings"),
    ("from one channel", from_one_channel, "convolutions with other settings"),
    ("padded", padded, "convolutions with other settings"),
    ("stride for dilation", strided(), "convolutions with other settings"),
    (
        "stride 2",
        strided(stride=lambda d: 2, dilation=lambda d: d),
        "convolutions with other settings",
    ),
    ("padded to the same length", padded_to_the_same_length, "convolutions with other settings"),
    ("one convolution of all branches", wide, "a list that gives no convolutions"),
    ("one convolution", make(own=lambda layers: layers[0]), "a list that gives no convolutions"),
    ("a list within", make(own=within), "a list that gives no convolutions"),
    ("parameters in the list", make(own=in_a_parameter_list), "a list that gives no convolutions"),
    ("branch 0 returned", lambda *sizes: make()(*sizes).conv1d_layers[0], "a list that is gone, too"),
    ("the first frozen alone", lambda *sizes: first_frozen(make()(*sizes)), "weights that do not train"),
    ("the list deleted", make(second=the_list_deleted), "a list that is gone, too"),
    ("the list returned", lambda *sizes: make()(*sizes).conv1d_layers, "a list that is not found"),
    ("no list", numbered, "a list that is not found"),
    ("the same one", lambda c, w, d: make(own=lambda layers: nn.ModuleList(layers[:1] * len(d)))(c, w, d), ONE),
    ("one without a dilation", lambda c, w, d: make(own=lambda one: nn.ModuleList([*one] * len(d)))(c, w, (1,)), ONE),
    ("a property", WithAProperty, "right"),
    (
        "a dict",
        make(own=lambda layers: nn.ModuleDict({f"branch {i}": one for i, one in enumerate(layers)})),
        "a list that gives no convolutions",
    ),
    ("the list renamed", named_otherwise, "a list that is not found"),
    (
        "the list renamed, and the first",
        named_otherwise_beside_the_first,
        "a list under another name, and the second name still there",
    ),
    ("a copied buffer", beside_a_copied_weight, "a second name for some of the numbers"),
    ("branch 0", lambda c, w, d: make()(c, w, d[:1]), "a branch that is missing"),
    ("all but the last", lambda c, w, d: make()(c, w, d[: len(d) - 1]), "a branch that is missing"),
    ("each dilation once", lambda c, w, d: make()(c, w, sorted({*d})), "a branch that is missing"),
    ("in order", lambda c, w, d: make()(c, w, sorted(d)), None),
    ("counted through", lambda c, w, d: make()(c, w, [i + 1 for i, _ in enumerate(d)]), SETTINGS),
    ("taps and dilation exchanged", exchanged_sizes, SETTINGS),
    ("the first dilation", lambda c, w, d: make()(c, w, [d[0] for _ in d]), SETTINGS),
    ("a dict by dilation", by_dilation, "a list that gives no convolutions"),
    ("frozen", lambda *sizes: frozen(make()(*sizes)), "a first branch that is frozen"),
    ("the weight again", make(second=weight_again), "a second name for some of the numbers"),
    ("a buffer", make(second=buffered), "a second name for some of the numbers"),
    ("the list again", make(second=list_again), "a second name for the whole list"),
    ("a weight cloned", make(second=weight_cloned), "a copy in place of a second name"),
    ("all but the first", lambda c, w, d: make()(c, w, d[1:]), "a branch that is missing"),
    ("branch 0 beside the others", first_beside_the_others, "a first branch outside the list"),
    ("a state dict of one's own", make(second=hidden), "an entry that is hidden"),
    ("saved and loaded without it", make(second=renamed_at_both_ends), "right"),
    ("no bias", no_bias, "fewer numbers, some still twice"),
    ("its state dict", lambda *sizes: make()(*sizes).state_dict(), "a result of the wrong type"),
    ("no return", lambda *sizes: None, None),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "10",
        block_forward=BLOCK,
        is_batch_independent=INDEPENDENT,
        count_parameters=COUNT,
        delta_map=MAP,
        state_bytes=STATE,
        mended_branches=BRANCHES,
    )
)
