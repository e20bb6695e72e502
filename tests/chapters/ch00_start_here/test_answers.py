"""Answers to the exercise of notebook 00 as learners write them, and the verdict that each must get.

A row: what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without a name.
"""

import itertools
import re

import einops
import pytest
import torch
from answer_rows import judged, rows

from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card

SCALE_A = exercise("00.scale_A")


def three_loops(delta, A):
    out = torch.empty(*delta.shape, A.shape[1])
    for b in range(delta.shape[0]):
        for t in range(delta.shape[1]):
            out[b, t] = delta[b, t][:, None] * A
    return out


def one_turn(turns):
    """Loops with `return` in one of them: as many axes as `turns` are at their first place."""

    def function(delta, A):
        out = torch.zeros(*delta.shape, A.shape[1])
        first = (0,) * turns
        out[first] = (delta[..., None] * A)[first]
        return out

    return function


def channel_by_channel(delta, A):
    B, L, D = delta.shape
    out = torch.zeros(B, L, D, A.shape[1])
    for b in range(B):
        for t in range(L):
            for d in range(D):
                out[b, t, d] = delta[b, t, d] * A[d]
                return out


def number_by_number(value):
    """In four loops, of which each turn makes a number by `value`."""

    def answer(delta, A):
        out = torch.zeros(*delta.shape, A.shape[1])
        for b, t, d, n in itertools.product(*map(range, out.shape)):
            out[b, t, d, n] = value(delta, A, b, t, d, n)
        return out

    return answer


def without_the_last_token(delta, A):
    out = torch.zeros(*delta.shape, A.shape[1])
    for t in range(delta.shape[1] - 1):
        out[:, t] = delta[:, t, :, None] * A
    return out


def without_return(delta, A):
    torch.einsum("bld,dn->bldn", delta, A)


def in_place(delta, A):
    delta = delta.unsqueeze(-1)
    delta *= 1.0
    A.mul_(1.0).neg_()
    return delta * A


def token_by_token(delta, A):
    return torch.stack([torch.stack([row * A for row in sequence]) for sequence in delta])


def sequence_by_sequence(delta, A):
    out = torch.empty(*delta.shape, A.shape[1])
    for b, sequence in enumerate(delta):
        out[b] = torch.mul(sequence, A)
    return out


def one_channel_at_a_time(delta, A):
    out = torch.zeros(*delta.shape, A.shape[1])
    for d in range(A.shape[0]):
        out[..., d, :] = delta[..., d] * A[d]
    return out


def columns_in_loops(delta, A):
    B, L, D = delta.shape
    out = torch.empty(B, L, D, A.shape[1])
    for b in range(B):
        for t in range(L):
            for d in range(D):
                out[b, t, d] = delta[b, t, d] * A[:, d]
    return out


def loops_in_the_first_sequence(delta, A):
    _, L, D = delta.shape
    out = torch.zeros(*delta.shape, A.shape[1])
    for t in range(L):
        for d in range(D):
            out[0, t, d] = delta[0, t, d] * A[d]
    return out


def last_row(delta, A):
    for row in A:
        out = delta[..., None] * row
    return out


def sizes_of_the_package(delta, A):
    B, D, L = delta.shape
    N = A.shape[1]
    out = torch.zeros(B, L, D, N)
    for b in range(B):
        for t in range(L):
            for d in range(D):
                for n in range(N):
                    out[b, t, d, n] = delta[b, d, t] * A[d, n]
    return out


def sizes_exchanged(delta, A):
    B, L, _ = delta.shape
    N, D = A.shape
    out = torch.zeros(B, L, D, N)
    for b in range(B):
        for t in range(L):
            for d in range(D):
                for n in range(N):
                    out[b, t, d, n] = delta[b, t, d] * A[n, d]
    return out


def square_sizes(delta, A):
    B, L, D = delta.shape
    N = A.shape[0]
    out = torch.zeros(B, L, D, N)
    for b in range(B):
        for t in range(L):
            for d in range(D):
                for n in range(N):
                    out[b, t, d, n] = delta[b, t, d] * A[n, d]
    return out


def rows_by_tokens(delta, A):
    B, L, D = delta.shape
    out = torch.empty(B, L, D, A.shape[1])
    for b in range(B):
        for t in range(L):
            for d in range(D):
                out[b, t, d] = delta[b, t, d] * A[t]
    return out


def all_as_in_the_package(delta, A):
    B, D, L = delta.shape
    out = torch.zeros(B, D, L, A.shape[1])
    for d in range(D):
        for t in range(L):
            out[:, d, t] = delta[:, d, t, None] * A[d]
    return out


def first_sequence(delta, A):
    return (delta[:1, ..., None] * A).expand(*delta.shape, A.shape[1])


def states_overwritten(delta, A):
    B, L, D = delta.shape
    out = torch.zeros(B, L, D)
    for b in range(B):
        for t in range(L):
            for d in range(D):
                for n in range(A.shape[1]):
                    out[b, t, d] = delta[b, t, d] * A[d, n]
    return out


def sequences_overwritten(delta, A):
    for b in range(delta.shape[0]):
        out = delta[b][:, :, None] * A
    return out


def tokens_overwritten(delta, A):
    for t in range(delta.shape[1]):
        out = torch.einsum("bd,dn->bdn", delta[:, t], A)
    return out


def step_sizes_by_states(delta, A):
    out = torch.zeros(*delta.shape, A.shape[1])
    for d in range(A.shape[0]):
        for n in range(A.shape[1]):
            out[:, :, d, n] = delta[:, :, n] * A[d, n]
    return out


def as_mamba_makes_them(delta, A_log):
    delta = torch.nn.functional.softplus(delta)
    A = -torch.exp(A_log)
    return torch.einsum("bld,dn->bldn", delta, A)


def by_convolution(delta, A):
    (B, L, D), N = delta.shape, A.shape[1]
    out = torch.nn.functional.conv1d(delta.mT, A.reshape(D * N, 1, 1), groups=D)
    return out.reshape(B, D, N, L).permute(0, 3, 1, 2)


TWO_MISTAKES = [
    ("exp of a matrix product", lambda delta, A: torch.exp(delta @ A), "summed over the channels"),
    ("minus a matrix product", lambda delta, A: -(delta @ A), "summed over the channels"),
    ("exp, no new axis", lambda delta, A: torch.exp(delta * A), "no axis for the states"),
    ("exp, A transposed", lambda delta, A: torch.exp(delta[..., None] * A.T), "the two axes of A exchanged"),
    ("minus, A read as (N, D)", lambda d, A: torch.einsum("bld,nd->bldn", d, -A), "the two axes of A exchanged"),
    ("exp, a new axis elsewhere", lambda d, A: torch.exp(d.unsqueeze(2) * A), "the step sizes along the states"),
    ("exp of all pairs", lambda d, A: (d[..., None, None] * A).exp(), "an axis for every pair of channels"),
    ("exp, channels first", lambda d, A: torch.einsum("bld,dn->bdln", d, A).exp(), "the exponential taken too early"),
    ("exp, then a minus", lambda delta, A: -torch.exp(delta[..., None] * A), "the exponential taken too early"),
    ("minus, states first", lambda d, A: -torch.einsum("bld,dn->blnd", d, A), "the sign turned"),
    ("softplus and A_log", as_mamba_makes_them, "one input taken for what it is made of"),
    ("exp with A_log", lambda d, A: torch.exp(-A.exp() * d[..., None]), "one input taken for what it is made of"),
]

ANSWERS = [
    *TWO_MISTAKES,
    ("einsum", lambda delta, A: torch.einsum("bld,dn->bldn", delta, A), "right"),
    ("new axis", lambda delta, A: delta[..., None] * A, "right"),
    ("unsqueeze", lambda delta, A: delta.unsqueeze(3) * A.unsqueeze(0).unsqueeze(0), "right"),
    ("loops", three_loops, "right"),
    ("einops", lambda delta, A: einops.einsum(delta, A, "b l d, d n -> b l d n"), "right"),
    ("in float64", lambda delta, A: delta.double()[..., None] * A.double(), None),
    ("matmul", lambda delta, A: delta @ A, "summed over the channels"),
    ("einsum without d", lambda delta, A: torch.einsum("bld,dn->bln", delta, A), "summed over the channels"),
    ("sum", lambda delta, A: (delta[..., None] * A).sum(dim=2), "summed over the channels"),
    ("sum, kept", lambda delta, A: (delta[..., None] * A).sum(2, keepdim=True), "summed over the channels"),
    ("rows times A", lambda delta, A: delta[:, :, None] @ A, "summed over the channels"),
    (
        "matmul, repeated to the shape",
        lambda delta, A: (delta @ A)[:, :, None].repeat(1, 1, A.shape[0], 1),
        "summed over the channels",
    ),
    ("matmul, A transposed", lambda delta, A: delta @ A.T, "summed over the channels"),
    ("linear", lambda delta, A: torch.nn.functional.linear(delta, A), "summed over the channels"),
    ("a column times A", lambda d, A: torch.matmul(d[..., None], A), "a matrix product where nothing is added up"),
    ("columns times A", lambda d, A: d[..., None] @ A[None, None], "a matrix product where nothing is added up"),
    ("columns times rows", lambda d, A: d[..., None] @ A[:, None], "the rows of A counted by tokens"),
    ("without l", lambda d, A: torch.einsum("bld,dn->bdn", d, A), "summed over the sequences or the tokens"),
    ("sum of the sequences", lambda d, A: (d[..., None] * A).sum(0), "summed over the sequences or the tokens"),
    ("the first column of A", lambda delta, A: delta * A[:, 0], "one state of each channel"),
    ("states overwritten", states_overwritten, "one state of each channel"),
    ("delta[0]", lambda delta, A: delta[0].unsqueeze(-1) * A, "one sequence or one token alone"),
    ("sequences overwritten", sequences_overwritten, "one sequence or one token alone"),
    ("tokens overwritten", tokens_overwritten, "one sequence or one token alone"),
    ("flat", lambda delta, A: (delta[..., None] * A).view(*delta.shape[:2], -1), "axes made one"),
    ("cat of sequences", lambda delta, A: torch.cat([d[:, :, None] * A for d in delta]), "axes made one"),
    ("cat of states", lambda delta, A: torch.cat([delta * a for a in A.T], dim=-1), "axes made one"),
    ("cat of channels", lambda d, A: torch.cat([d[..., i, None] * a for i, a in enumerate(A)], 1), "axes made one"),
    ("delta[:, :, n]", step_sizes_by_states, "the step sizes along the states"),
    (
        "delta[b, t, n]",
        number_by_number(lambda delta, A, b, t, d, n: delta[b, t, n] * A[d, n]),
        "the step sizes along the states",
    ),
    (
        "no new axis in a list of channels",
        lambda delta, A: torch.stack([d * a for d, a in zip(delta.unbind(-1), A, strict=True)], dim=1),
        "no axis for the states",
    ),
    ("delta cut to one decimal", lambda delta, A: delta.round(decimals=1)[..., None] * A, None),
    ("a smallest step size", lambda delta, A: delta.clamp(min=0.1)[..., None] * A, None),
    ("a diagonal", lambda delta, A: torch.diag_embed(delta) @ A, "right"),
    ("a convolution", by_convolution, "right"),
    ("exp of logarithms", lambda delta, A: -torch.exp(delta.log()[..., None] + (-A).log()), "right"),
    ("sum of the states", lambda delta, A: delta * A.sum(dim=1), "summed over the states"),
    ("permuted", lambda delta, A: torch.einsum("bld,dn->bdnl", delta, A), "axes in another order"),
    ("transposed", lambda delta, A: (delta[..., None] * A).transpose(2, 3), "axes in another order"),
    ("channels first", lambda delta, A: torch.einsum("bld,dn->bdln", delta, A), "axes in another order"),
    ("states first", lambda delta, A: torch.stack([delta * a for a in A.T]), "axes in another order"),
    ("delta as (B, D, L)", lambda d, A: torch.einsum("bdl,dn->bldn", d, A), "the two last axes of delta exchanged"),
    ("exp(A)", lambda delta, A: delta[..., None] * A.exp(), "the exponential of one input alone"),
    ("exp(Δ)", lambda delta, A: torch.exp(delta)[..., None] * A, "the exponential of one input alone"),
    ("a sum", lambda delta, A: delta[..., None] + A, "added instead of multiplied"),
    ("exp", lambda delta, A: torch.exp(delta[..., None] * A), "the exponential taken too early"),
    ("exp with a minus", lambda d, A: torch.exp(-d[..., None] * A), "the exponential taken too early"),
    ("what is lost", lambda d, A: 1 - torch.exp(d[..., None] * A), "the exponential taken too early"),
    ("another arrow", lambda d, A: torch.einsum("bld,dn=>bldn", d, A), "a pattern that cannot be read"),
    ("exp of einsum", lambda delta, A: torch.einsum("bld,dn->bldn", delta, A).exp(), "the exponential taken too early"),
    ("A read as (N, D)", lambda delta, A: torch.einsum("bld,nd->bldn", delta, A), "the two axes of A exchanged"),
    (
        "A read as (N, D), in other letters",
        lambda d, A: torch.einsum("ijk,lk->ijkl", d, A),
        "the two axes of A exchanged",
    ),
    ("A transposed", lambda delta, A: torch.einsum("bld,dn->bldn", delta, A.T), "the two axes of A exchanged"),
    ("times A transposed", lambda delta, A: delta[..., None] * A.T, "the two axes of A exchanged"),
    ("no arrow", lambda delta, A: torch.einsum("bld,dn", delta, A), "summed over the channels"),
    ("new axis before the channels", lambda delta, A: delta[:, :, None] * A, "the step sizes along the states"),
    ("delta as (B, L, N)", lambda delta, A: torch.einsum("bln,dn->bldn", delta, A), "the step sizes along the states"),
    ("another letter", lambda delta, A: torch.einsum("bld,cn->bldn", delta, A), "all rows of A added up"),
    *(
        (f"another letter in delta: {pattern}", answer, "the step sizes of all channels added up")
        for pattern, answer in {
            "blc": lambda delta, A: torch.einsum("blc,dn->bldn", delta, A),
            "ijk": lambda delta, A: torch.einsum("ijk,lm->ijlm", delta, A),
            "a sum": lambda delta, A: delta.sum(-1)[..., None, None] * A,
        }.items()
    ),
    ("no new axis", lambda delta, A: delta * A, "no axis for the states"),
    ("no new axis, A transposed", lambda delta, A: delta * A.T, "no axis for the states"),
    ("new axes in A only", lambda delta, A: delta * A.unsqueeze(0).unsqueeze(0), "no axis for the states"),
    ("no new axis, by its name", lambda delta, A: torch.mul(delta, A), "no axis for the states"),
    ("no new axis in a loop over sequences", sequence_by_sequence, "no axis for the states"),
    ("no new axis in a loop over channels", one_channel_at_a_time, "no axis for the states"),
    ("a token's step sizes times A", token_by_token, "the step sizes along the states"),
    ("a column for each channel", columns_in_loops, "the two axes of A exchanged"),
    (
        "A transposed in loops",
        number_by_number(lambda delta, A, b, t, d, n: delta[b, t, d] * A[n, d]),
        "the two axes of A exchanged",
    ),
    ("return in the loop over channels", channel_by_channel, "a loop that fills in its first turn alone"),
    *(
        (f"return in loop {turns}", one_turn(turns), "a loop that fills in its first turn alone")
        for turns in (1, 2, 3, 4)
    ),
    ("sequence 0 in each turn", loops_in_the_first_sequence, "a loop that fills in its first turn alone"),
    (
        "the last step",
        lambda d, A: torch.einsum("bd,dn->bdn", d[:, -1], A)[:, None].repeat(1, d.shape[1], 1, 1),
        "one step size for many",
    ),
    ("the last row", last_row, "one row of A for all channels"),
    ("three dots", lambda delta, A: torch.einsum("b l d, d n -> ...", delta, A), "added up over several axes"),
    (
        "the product of a matrix",
        lambda delta, A: torch.einsum("b l d, d n -> d n", delta, A),
        "added up over several axes",
    ),
    ("sums", lambda delta, A: (delta[..., None] * A).sum((0, 1)), "added up over several axes"),
    (
        "repeat",
        lambda delta, A: delta.repeat(1, 1, A.shape[1]).view(*delta.shape, -1) * A,
        "the step sizes repeated by turns",
    ),
    (
        "expand, then reshape",
        lambda d, A: d[:, :, None].expand(-1, -1, A.shape[1], -1).reshape(*d.shape, -1) * A,
        "the step sizes repeated by turns",
    ),
    ("repeat_interleave", lambda d, A: d.repeat_interleave(A.shape[1], -1).view(*d.shape, -1) * A, "right"),
    ("sizes (B, D, L)", sizes_of_the_package, "the two last axes of delta exchanged"),
    ("sizes (N, D)", sizes_exchanged, "the two axes of A exchanged"),
    ("channels first, no new axis", lambda delta, A: delta.transpose(1, 2) * A, "no axis for the states"),
    ("rows added up", lambda delta, A: delta[..., None] * A.sum(dim=0), "all rows of A added up"),
    ("pattern last", lambda d, A: torch.einsum(d, A, "b l d, d n -> b l d n"), "no pattern where einsum looks for it"),
    ("einops", lambda d, A: einops.einsum("b l d, d n -> b l d n", d, A), "no pattern where einsum looks for it"),
    ("another sign", lambda delta, A: -delta[..., None] * A, "the sign turned"),
    ("the sign of A", lambda delta, A: torch.einsum("bld,dn->bldn", delta, A.abs()), "the sign turned"),
    ("all pairs", lambda delta, A: delta[..., None, None] * A, "an axis for every pair of channels"),
    ("tokens", lambda delta, A: torch.einsum("bld,ln->bldn", delta, A), "the rows of A counted by tokens"),
    ("tokens in loops", rows_by_tokens, "the rows of A counted by tokens"),
    ("(B, D, L)", lambda delta, A: torch.einsum("bdl,dn->bdln", delta, A), "the rows of A counted by tokens"),
    ("(B, D, L) in loops", all_as_in_the_package, "the rows of A counted by tokens"),
    ("channels first, a new axis", lambda d, A: d.transpose(1, 2).unsqueeze(-1) * A, "the rows of A counted by tokens"),
    ("an axis behind both", lambda delta, A: delta[..., None] * A[..., None], "the rows of A counted by tokens"),
    ("an axis inside A", lambda delta, A: delta.unsqueeze(-1) * A.unsqueeze(1), "the rows of A counted by tokens"),
    ("rounded", lambda delta, A: (delta[..., None] * A).round(decimals=1), "rounded numbers"),
    ("A in whole numbers", lambda delta, A: torch.einsum("bld,dn->bldn", delta, A.trunc()), None),
    ("the rows' number for the states", square_sizes, "the two axes of A exchanged"),
    ("pattern between", lambda d, A: torch.einsum(d, "bld,dn->bldn", A), "no pattern where einsum looks for it"),
    ("no pattern", lambda delta, A: torch.einsum(delta, A), "no pattern where einsum looks for it"),
    ("A first", lambda d, A: torch.einsum("bld,dn->bldn", A, d), "three letters for a tensor of two axes"),
    ("one sequence", lambda d, A: torch.einsum("bld,dn->bldn", d[0], A), "three letters for a tensor of two axes"),
    ("over A", lambda delta, A: torch.div(delta.unsqueeze(-1), A), "divided instead of multiplied"),
    ("A_log", lambda delta, A: -A.exp() * delta[..., None], "one input taken for what it is made of"),
    ("first sequence", first_sequence, "one step size for many"),
    (
        "first token",
        lambda delta, A: (delta[:, :1, :, None] * A).repeat(1, delta.shape[1], 1, 1),
        "one step size for many",
    ),
    ("mean step", lambda delta, A: torch.einsum("bl,dn->bldn", delta.mean(-1), A), "one step size for many"),
    ("one row of A", lambda delta, A: delta[..., None] * A[0], "one row of A for all channels"),
    ("mean of A", lambda delta, A: delta[..., None] * A.mean(dim=0), "one row of A for all channels"),
    ("cumsum", lambda delta, A: torch.cumsum(delta[..., None] * A, dim=1), "the step sizes added up"),
    ("the last token left out", without_the_last_token, "only the last one wrong"),
    ("no return", without_return, None),
    ("in place", in_place, "the sign turned"),
    ("a list", lambda delta, A: (delta[..., None] * A).tolist(), None),
    ("zeros", lambda delta, A: torch.zeros(*delta.shape, A.shape[1]), None),
    ("delta alone", lambda delta, A: torch.einsum("bld,dn->bldn", delta), "another number of groups than tensors"),
    ("a comma behind", lambda delta, A: (delta[..., None] * A,), "a result packed into a list or tuple"),
    ("print", lambda delta, A: print((delta[..., None] * A).shape), "nothing returned"),
    ("outer", lambda delta, A: torch.outer(delta, A), "shapes that do not fit"),
    ("einops without spaces", lambda d, A: einops.einsum(d, A, "bld, dn -> bldn"), "a pattern that cannot be read"),
    ("a letter too few", lambda d, A: torch.einsum("bd,dn->bdn", d, A), "more or fewer letters than axes"),
    ("a typo in the pattern", lambda delta, A: torch.einsum("bld,dn->bldm", delta, A), None),
]


test_an_answer_gets_its_verdict = judged(rows("00", scale_A=ANSWERS))


@pytest.mark.parametrize("axes", list(itertools.permutations("bldn"))[1:], ids="".join)
def test_each_other_order_of_the_axes_has_its_name(axes):
    verdict = judge(SCALE_A, lambda delta, A: torch.einsum(f"bld,dn->{''.join(axes)}", delta, A), quiet=True)
    assert verdict.misconception.name == "axes in another order"


@pytest.mark.parametrize("axes", ["dn", "ldn", "bdn", "bl", ""])
def test_a_card_says_that_a_result_has_only_what_it_has(axes):
    """Cards said that the result has four axes, and in the next line that it has shape (2, 2)."""
    verdict = judge(SCALE_A, lambda delta, A: torch.einsum(f"bld,dn->{axes}", delta, A), quiet=True)
    said = card(SCALE_A, verdict).text()
    shape = re.search(r"got (\([\d, ]*\))", said)[1]
    assert len(re.findall(r"\d+", shape)) == len(axes) < 4
    assert all(has.startswith(f"shape {shape}") for has in re.findall(r"The result has (.*)", said))
    assert re.search("The result needs (four axes|an axis for each letter of delta)", said)


def test_of_flatten_it_is_not_said_that_it_parts_axes():
    verdict = judge(SCALE_A, lambda delta, A: (delta[..., None] * A).flatten(2), quiet=True)
    parts = [words for words in re.split("[.,;]", card(SCALE_A, verdict).text()) if "part" in words.split()[-2:-1]]
    assert parts and not any("flatten" in words for words in parts)
