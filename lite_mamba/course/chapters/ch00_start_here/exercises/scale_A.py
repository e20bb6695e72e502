"""Exercise 1: scale_A."""

from itertools import permutations

import einops
import torch

from ....checking.edits import edited
from ... import Exercise, Misconception


def scale_A(delta, A):
    """Δ·A for every token: each step size times each row of A."""
    return torch.einsum("b l d, d n -> b l d n", delta, A)


def in_loops(delta, A):
    """The same, number by number."""
    product = torch.zeros(*delta.shape, A.shape[1])
    for b in range(delta.shape[0]):
        for t in range(delta.shape[1]):
            for d in range(delta.shape[2]):
                for n in range(A.shape[1]):
                    product[b, t, d, n] = delta[b, t, d] * A[d, n]
    return product


def delta_read_as_bdl(delta, A):
    B, D, L = delta.shape
    product = torch.zeros(B, L, D, A.shape[1])
    for t in range(L):
        for d in range(D):
            product[:, t, d] = delta[:, d, t, None] * A[d]
    return product


def A_read_as_nd(delta, A):
    N, D = A.shape
    product = torch.zeros(*delta.shape[:2], D, N)
    for d in range(D):
        for n in range(N):
            product[..., d, n] = delta[:, :, d] * A[n, d]
    return product


def repeated_by_turns(delta, A):
    return delta.repeat(1, 1, A.shape[1]).reshape(*delta.shape, A.shape[1]) * A


def a_list_of_channels(axis):
    return lambda delta, A: torch.stack([delta[:, :, d] * A[d] for d in range(len(A))], axis)


def ordered(axes):
    return edited(scale_A, f"-> b l d n → -> {axes}")


ORDERS = [ordered(" ".join(axes)) for axes in list(permutations("bldn"))[1:]]  # all but the right one, the first


def after(functions, wrong):
    """Wrong answers with a second mistake on top."""
    return [lambda delta, A, f=f, one=one: f(one(delta, A)) for f in functions for one in wrong]


def alone_or_not(*wrong):
    """Wrong answers, and each with an exponential or a minus on top."""
    return [*wrong, *after((torch.exp, torch.neg), wrong)]


def draw_cases(draw):
    """Δ comes in twentieths and A in halves, so that one of them or a product that is rounded shows, and so does a
    small step size that is made larger.
    """
    B, L, D, N = draw.size(1, 3), draw.size(1, 6), draw.size(2, 5), draw.size(2, 4)
    return {"delta": draw.uniform(1, 20, B, L, D).round() / 20, "A": -draw.uniform(1, 8, D, N).round() / 2}


SCALE_A = Exercise(
    id="00.scale_A",
    title="Δ·A for every token, with einsum",
    reference=scale_A,
    cases=draw_cases,
    axes=("batch", "token", "channel", "state"),
    misconceptions=[
        Misconception(
            name="summed over the channels",
            wrong=[
                *alone_or_not(ordered("b l n"), lambda delta, A: delta @ A.T),
                lambda delta, A: (delta @ A).unsqueeze(2),
                lambda delta, A: (delta @ A).unsqueeze(2).expand(*delta.shape, A.shape[1]),
            ],
            message="All channels are added up, as in a matrix product. einsum does so if d does not stand after the "
            "arrow, or if there is no arrow; an axis that is put in afterwards does not bring them back. Here each "
            "channel keeps its own row of numbers. Compare the shapes with the docstring's.",
        ),
        Misconception(
            name="summed over the states",
            wrong=ordered("b l d"),
            message="The result has no axis for the state n: einsum adds up over a letter that is missing after the "
            "arrow. Each of the N numbers of a channel fades by itself.",
        ),
        Misconception(
            name="a matrix product where nothing is added up",
            wrong=[
                lambda delta, A: delta.unsqueeze(-1) @ A,
                lambda delta, A: delta.unsqueeze(-1) @ A.unsqueeze(0),
            ],
            message="`@` and `matmul` pair the last axis of the first tensor with the last but one of the second, and "
            "add up. Here each step size meets each number of its row, and nothing is added up.",
        ),
        Misconception(
            name="one state of each channel",
            wrong=[lambda delta, A: delta * A[:, 0], lambda delta, A: delta * A[:, -1]],
            message="The result has one number for each channel, made with the first or the last column of A alone. A "
            "channel has N states, and the result needs an axis for them.",
        ),
        Misconception(
            name="summed over the sequences or the tokens",
            wrong=[ordered("l d n"), ordered("b d n")],
            message="The sequences or the tokens are added up: einsum does so for a letter that is missing after the "
            "arrow. The result needs an axis for each letter of delta.",
        ),
        Misconception(
            name="one sequence or one token alone",
            wrong=[
                lambda delta, A: scale_A(delta, A)[0],
                lambda delta, A: scale_A(delta, A)[-1],
                lambda delta, A: scale_A(delta, A)[:, 0],
                lambda delta, A: scale_A(delta, A)[:, -1],
            ],
            message="The result holds the first or the last sequence or token, and an axis is missing. Where does your "
            "code pick one, or does a loop forget what it made in the turn before?",
        ),
        Misconception(
            name="axes made one",
            wrong=[
                *(
                    lambda delta, A, first=first, last=last: scale_A(delta, A).flatten(first, last)
                    for first, last in ((0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3))
                ),
                lambda delta, A: scale_A(delta, A).transpose(2, 3).flatten(2),
                lambda delta, A: scale_A(delta, A).transpose(1, 2).flatten(1, 2),
                lambda delta, A: scale_A(delta, A).transpose(0, 1).flatten(0, 1),
            ],
            message="The numbers are right, but axes that stand apart in the docstring lie on one here. `torch.cat` "
            "makes an axis longer, `torch.stack` makes a new one; `flatten` joins axes, `view` can join and part them.",
        ),
        Misconception(
            name="added up over several axes",
            wrong=[ordered(axes) for axes in ("d n", "", "b l", "n", "b n", "b d", "l d", "l n")],
            message="The numbers of several axes are added up: einsum does so for every letter that is missing after "
            "the arrow. The result needs four axes. Compare your shape with the docstring's.",
        ),
        Misconception(
            name="axes in another order",
            wrong=ORDERS,
            message="The numbers are right, but they stand in another order. In einsum the letters after the arrow "
            "give the order of the axes of the result.",
        ),
        Misconception(
            name="the two axes of A exchanged",
            wrong=[
                *alone_or_not(edited(scale_A, "d n -> → n d ->"), lambda delta, A: delta[..., None] * A.T),
                edited(in_loops, "A[d, n] → A[n, d]"),
                edited(in_loops, "[b, t, d, n] → [b, t, d]", "A[d, n] → A[:, d]"),
                edited(
                    in_loops,
                    "delta.shape, A.shape[1] → delta.shape, A.shape[0]",
                    "in range(A.shape[1]) → in range(A.shape[0])",
                    "A[d, n] → A[n, d]",
                ),
                A_read_as_nd,
            ],
            message="The first axis of A counts channels, the second states; here they are read the other way "
            "round. With as many channels as states nothing in PyTorch can notice.",
        ),
        Misconception(
            name="the two last axes of delta exchanged",
            wrong=[edited(scale_A, "b l d, → b d l,"), delta_read_as_bdl],
            message="The tokens of delta are taken for its channels. delta is (B, L, D) here: its last axis counts "
            "channels, and meets the rows of A.",
        ),
        Misconception(
            name="no axis for the states",
            wrong=[
                *alone_or_not(lambda delta, A: delta * A),
                lambda delta, A: delta * A.T,
                lambda delta, A: delta.mT * A,
                lambda delta, A: delta * A[None, None],
                edited(in_loops, "[b, t, d, n] → [b]", "[b, t, d] → [b]", "A[d, n] → A"),
                edited(in_loops, "[b, t, d, n] → [:, :, d]", "[b, t, d] → [:, :, d]", "A[d, n] → A[d]"),
                *(a_list_of_channels(axis) for axis in (0, 1)),
            ],
            message="`*` lines the axes up from the last one on, and in delta none is kept for the states. The result "
            "needs channels and states, each on an axis of its own. In einsum every axis has a letter.",
        ),
        Misconception(
            name="the step sizes along the states",
            wrong=[
                *alone_or_not(lambda delta, A: delta.unsqueeze(2) * A, edited(scale_A, "b l d, → b l n,")),
                edited(in_loops, "[b, t, d, n] → [b, t]", "[b, t, d] → [b, t]", "A[d, n] → A"),
                edited(in_loops, "[b, t, d] → [b, t, n]"),
            ],
            message="Each step size meets the *state* of the same number, a column of A. It belongs to a channel, "
            "a row of A: the axis for the states comes behind the channels of delta.",
        ),
        Misconception(
            name="the step sizes repeated by turns",
            wrong=repeated_by_turns,
            message="The step sizes are repeated as a row, all channels and then all again: the states of one channel "
            "meet the step sizes of several. They all belong to the step size of their own channel.",
        ),
        Misconception(
            name="all rows of A added up",
            wrong=edited(scale_A, "d n -> → e n ->"),
            message="Every step size is multiplied by the sum of all rows of A. einsum does so if the channel has one "
            "letter in delta and another in A: nothing matches the two, and the letter that is missing after the "
            "arrow is added up.",
        ),
        Misconception(
            name="the step sizes of all channels added up",
            wrong=edited(scale_A, "b l d, → b l e,"),
            message="Every row of A is multiplied by the sum of a token's step sizes. einsum does so if the channel "
            "has one letter in delta and another in A: nothing matches the two, and the letter that is missing after "
            "the arrow is added up.",
        ),
        Misconception(
            name="an axis for every pair of channels",
            wrong=alone_or_not(edited(scale_A, "d n -> b l d n → e n -> b l d e n")),
            message="The result has one axis for the channels of delta and another for those of A: every step size "
            "meets every row of A. A step size belongs to the row of its own channel alone; in einsum, the two have "
            "the same letter.",
        ),
        Misconception(
            name="the rows of A counted by tokens",
            wrong=[
                edited(scale_A, "d n -> → l n ->"),
                edited(in_loops, "A[d, n] → A[t, n]"),
                lambda delta, A: delta[..., None] * A[:, None],
                lambda delta, A: delta.mT[..., None] * A,
                lambda delta, A: delta[..., None] * A[..., None],
            ],
            message="The rows of A meet the tokens, the middle axis of delta. A has one row a channel: where do the "
            "channels stand in delta?",
        ),
        Misconception(
            name="three letters for a tensor of two axes",
            wrong=edited(scale_A, 'n", delta, A) → n", A, delta)'),
            message="The first group of letters is read on the first tensor, the second on the second. Here the first "
            "group names three axes, and its tensor has two. Is it A, or a delta that has lost an axis?",
        ),
        Misconception(
            name="no pattern where einsum looks for it",
            wrong=[
                edited(scale_A, '"b l d, d n -> b l d n", delta, A → delta, A, "b l d, d n -> b l d n"'),
                edited(scale_A, '"b l d, d n -> b l d n", delta, A → delta, "b l d, d n -> b l d n", A'),
                edited(scale_A, "torch.einsum → einops.einsum", einops=einops),
            ],
            message="torch.einsum takes the pattern first and the tensors behind it, the einsum of einops the other "
            "way round.",
        ),
        Misconception(
            name="a loop that fills in its first turn alone",
            wrong=[
                edited(in_loops, f"* A[d, n] → * A[d, n]\n{' ' * depth}return product") for depth in (20, 16, 12, 8)
            ],
            message="Only the first sequence, token, channel or state has its numbers: the rest of the result is still "
            "as it was made. Does `return` stand in a loop, or an index stay at 0?",
        ),
        Misconception(
            name="one row of A for all channels",
            wrong=[
                edited(scale_A, f'n", delta, A) → n", delta, {row}.expand_as(A))')
                for row in ("A[0]", "A[-1]", "A.mean(0)")
            ],
            message="Every channel is multiplied by the same numbers, one row of A or the mean of all rows. Each "
            "channel has a row of its own: the letter d of A has to meet the letter d of delta.",
        ),
        Misconception(
            name="one step size for many",
            wrong=[
                edited(scale_A, f'n", delta, A) → n", {one}.expand_as(delta), A)')
                for one in (
                    "delta[:, :1]",
                    "delta[:, -1:]",
                    "delta.mean(1, True)",
                    "delta[..., :1]",
                    "delta.mean(2, True)",
                    "delta[:1]",
                )
            ],
            message="Sequences, tokens or channels share a step size, one of them or the mean. Each token of each "
            "sequence has its own for every channel: all three letters of delta stand after the arrow.",
        ),
        Misconception(
            name="the step sizes added up",
            wrong=edited(scale_A, 'n", delta, A) → n", delta.cumsum(1), A)'),
            message="The step sizes of the tokens before are added. That is the exponent of a fading over several "
            "steps; here each token has its own product.",
        ),
        Misconception(
            name="the sign turned",
            wrong=after([torch.neg], [scale_A, *ORDERS]),
            message="A is negative as it is given, so Δ·A is negative too: this makes a state fade. Yours is positive.",
        ),
        Misconception(
            name="divided instead of multiplied",
            wrong=[lambda delta, A: delta[..., None] / A, lambda delta, A: A / delta[..., None]],
            message="This divides one by the other. Two inputs of einsum, separated by a comma, are multiplied.",
        ),
        Misconception(
            name="one input taken for what it is made of",
            wrong=[
                wrong
                for made in ("F.softplus(delta), A", "delta, -torch.exp(A)", "F.softplus(delta), -torch.exp(A)")
                for one in [edited(scale_A, f'n", delta, A) → n", {made})')]
                for wrong in (one, *after([torch.exp], [one]))
            ],
            message="`delta` went through softplus once more, or A was taken for the logarithm that Mamba stores. "
            "Both come ready: here they are multiplied only.",
        ),
        Misconception(
            name="added instead of multiplied",
            wrong=lambda delta, A: delta[..., None] + A,
            message="This adds the step size to A. Two inputs of einsum, separated by a comma, are multiplied.",
        ),
        Misconception(
            name="the exponential of one input alone",
            wrong=[
                edited(scale_A, 'n", delta, A) → n", delta, torch.exp(A))'),
                edited(scale_A, 'n", delta, A) → n", torch.exp(delta), A)'),
            ],
            message="The exponential is taken of A or of Δ alone, before the other comes in. The exercise asks for the "
            "product Δ·A: no exponential yet.",
        ),
        Misconception(
            name="the exponential taken too early",
            wrong=[
                *after([torch.exp], [scale_A, *ORDERS]),
                lambda delta, A: -torch.exp(scale_A(delta, A)),
                lambda delta, A: torch.exp(-scale_A(delta, A)),
                lambda delta, A: torch.expm1(scale_A(delta, A)),
                lambda delta, A: 1 - torch.exp(scale_A(delta, A)),
            ],
            message="This takes an exponential of the product, as for the decay itself. The exercise asks for the "
            "exponent Δ·A only.",
        ),
    ],
)
