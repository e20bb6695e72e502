"""Exercise 1: discretise."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import AXES, discretise_cases, several_tokens


def discretise(u: Tensor, delta: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """exp(Δ·A) and Δ·B·u, both (B, D, L, N), from u, delta (B, D, L), A (D, N) and B (B, N, L)."""
    deltaA = torch.exp(torch.einsum("b d l, d n -> b d l n", delta, A))  # (B, D, L, N)
    deltaB_u = torch.einsum("b d l, b n l, b d l -> b d l n", delta, B, u)  # (B, D, L, N)
    return deltaA, deltaB_u


EXPONENT = 'torch.einsum("b d l, d n -> b d l n", delta, A)'
DRIVE = 'torch.einsum("b d l, b n l, b d l -> b d l n", delta, B, u)'
WRITTEN = "torch.einsum('b n l, b d l -> b d l n', B, u)"
HELD = edited(discretise, f"{DRIVE} → (deltaA - 1) / A[:, None] * {WRITTEN}")

_BY_STATES = (  # one state after the other, A and B without the axis that they lack
    "torch.stack([delta * A_n for A_n in A.unbind(1)], -1)",
    "torch.stack([delta * B_n * u for B_n in B.unbind(1)], -1)",
)


def _softened(pattern: str) -> str:
    """A pattern with softplus(Δ) in the place of Δ."""
    return pattern.replace("delta", "F.softplus(delta)")


DISCRETISE = Exercise(
    id="08.discretise",
    title="Decay and drive, with einsum",
    reference=discretise,
    cases=discretise_cases,
    axes=AXES,
    items=("deltaA", "deltaB_u"),
    gradients=("u", "delta", "A", "B"),
    misconceptions=[
        Misconception(
            "exp forgotten",
            "The first result is Δ·A, a negative exponent. The factor that a state is multiplied by is exp(Δ·A), "
            "between 0 and 1.",
            edited(discretise, f"torch.exp({EXPONENT}) → {EXPONENT}"),
        ),
        Misconception(
            "what is lost in the place of what is left",
            "The first result is 1 − exp(Δ·A), the part of a state that a step takes away, or its negative. A state is "
            "multiplied by the part that is left.",
            [edited(discretise, f"torch.exp({EXPONENT}) → {lost}torch.expm1({EXPONENT})") for lost in ("-", "")],
        ),
        Misconception(
            "A as the decay",
            "The first result does not know Δ. What is left after a step depends on how long the step is: the "
            "exponent is the product Δ·A.",
            [
                edited(discretise, f"return deltaA → return {decay}[:, None].expand_as(deltaB_u)")
                for decay in ("A", "A.exp()")
            ],
        ),
        Misconception(
            "a state that grows",
            "exp(−Δ·A) is larger than 1, for A is negative: the state grows at each step. A brings its minus sign "
            "along.",
            edited(discretise, "delta, A) → -delta, A)"),
        ),
        Misconception(
            "summed over the states",
            "The states are added up, and one axis is gone: einsum does so if the letter n is missing behind the "
            "arrow. Every state keeps a decay and a drive of its own. Compare your shapes with the docstring's.",
            [
                edited(discretise, "d n -> b d l n → d n -> b d l", "l, b d l -> b d l n → l, b d l -> b d l"),
                edited(discretise, "d n -> b d l n → d n -> b d l"),
                edited(discretise, "l, b d l -> b d l n → l, b d l -> b d l"),
            ],
        ),
        Misconception(
            "summed over the channels",
            "The channels are added up, and one axis is gone: einsum does so if the letter d is missing behind the "
            "arrow, or the arrow itself, and `@` does so by itself. Every channel keeps a decay and a drive of its "
            "own. Compare your shapes with the docstring's.",
            [
                edited(discretise, "d n -> b d l n → d n -> b l n", "l, b d l -> b d l n → l, b d l -> b l n"),
                edited(discretise, "d n -> b d l n → d n -> b l n"),
                edited(discretise, "l, b d l -> b d l n → l, b d l -> b l n"),
            ],
        ),
        Misconception(
            "summed over the tokens",
            "The tokens are added up, and one axis is gone: einsum does so if the letter l is missing behind the "
            "arrow, and `@` does so by itself. Every token keeps a decay and a drive of its own. Compare your shapes "
            "with the docstring's.",
            [
                edited(discretise, "d n -> b d l n → d n -> b d n", "l, b d l -> b d l n → l, b d l -> b d n"),
                edited(discretise, "d n -> b d l n → d n -> b d n"),
                edited(discretise, "l, b d l -> b d l n → l, b d l -> b d n"),
            ],
            where=several_tokens,
        ),
        Misconception(
            "no arrow in the pattern",
            "Without an arrow, einsum adds up every letter that stands in the pattern more than once. Here nothing is "
            "added up: say behind an arrow which letters the result has.",
            [
                edited(discretise, "d n -> b d l n → d n", "l, b d l -> b d l n → l, b d l"),
                edited(discretise, "l, b d l -> b d l n → l, b d l"),
            ],
        ),
        Misconception(
            "B summed over the states",
            "The decay is right. The drive is the same for all states of a channel, for B was added up over them: "
            "einsum does so if the letter n is missing behind the arrow. Each state is written with its own number of "
            "B.",
            edited(
                discretise,
                'l, b d l -> b d l n", delta, B, u) → l, b d l -> b d l", delta, B, u)[..., None].expand_as(deltaA)',
            ),
        ),
        Misconception(
            "a drive without Δ",
            "The second result is B·u. Without Δ a token is written at full strength even when Δ says to skip it. "
            "Look at the docstring: three factors.",
            edited(discretise, f"{DRIVE} → torch.einsum('b n l, b d l -> b d l n', B, u)"),
        ),
        Misconception(
            "Δ twice in the drive",
            "The drive has the factor Δ twice. It comes in once: look at the docstring.",
            edited(discretise, f"{DRIVE} → {DRIVE} * delta[..., None]"),
        ),
        Misconception(
            "a drive without u",
            "The second result is Δ·B, the input map alone. What is added to the state is Δ·B times the token u.",
            edited(discretise, f"{DRIVE} → torch.einsum('b d l, b n l -> b d l n', delta, B)"),
        ),
        Misconception(
            "a drive without B",
            "The second result is Δ·u, the same for all states of a channel. B says how much of a token goes into each "
            "state.",
            edited(discretise, f"{DRIVE} → (delta * u)[..., None].expand_as(deltaA)"),
        ),
        Misconception(
            "a drive with A",
            "A is in the drive, too: Δ·A·B·u, as if the exponent were a weight. A says how fast a state fades. What "
            "comes in is Δ·B·u.",
            edited(discretise, f"{DRIVE} → {EXPONENT} * torch.einsum('b n l, b d l -> b d l n', B, u)"),
        ),
        Misconception(
            "a drive weighted with what the decay leaves free",
            "The drive is B·u times 1 − decay, as in a moving average, or in the gate of notebook 07. Here its weight "
            "is Δ, as the docstring says.",
            edited(discretise, f"{DRIVE} → (1 - deltaA) * torch.einsum('b n l, b d l -> b d l n', B, u)"),
        ),
        Misconception(
            "a drive with the decay",
            "The decay is in the drive, too. The token of now does not fade: the drive is Δ·B·u alone.",
            [
                edited(discretise, f"{DRIVE} → {faded}")
                for faded in (f"deltaA * {DRIVE}", "torch.einsum('b d l n, b n l, b d l -> b d l n', deltaA, B, u)")
            ],
        ),
        Misconception(
            "the exponential of the drive",
            "The decay is right, and the drive, or Δ·B in it, went through exp as well. Only the decay is an "
            "exponential. The drive is the plain product Δ·B·u.",
            [
                edited(discretise, f"{DRIVE} → torch.exp({DRIVE})"),
                edited(discretise, f"{DRIVE} → torch.einsum('b d l, b n l -> b d l n', delta, B).exp() * u[..., None]"),
            ],
        ),
        Misconception(
            "B reshaped, not transposed",
            "B is (B, N, L). You read its numbers into (B, L, N) in the order in which they lie in memory, so that "
            "tokens and states are mixed up. To exchange two axes, transpose them, or let einsum do it.",
            edited(discretise, f"{DRIVE} → (delta * u)[..., None] * B.reshape(len(B), 1, -1, B.shape[1])"),
        ),
        Misconception(
            "the letters of B in another order",
            "B is (B, N, L): its states stand before its tokens. Your pattern calls the states tokens and the tokens "
            "states. The letters of an input follow the order of its axes.",
            edited(discretise, f"{DRIVE} → torch.einsum('b d l, b l n -> b d l n', delta * u, B)"),
        ),
        Misconception(
            "the letters of A in another order",
            "A is (D, N): its channels stand before its states. The letters of an input follow the order of its axes: "
            "turn round neither `A` nor its letters.",
            edited(discretise, "d l, d n -> → d l, n d ->"),
        ),
        Misconception(
            "letters for another tensor",
            "The letters in front of the arrow belong to the tensors in the order in which these are given. Here a "
            "tensor gets letters that are not its axes: compare each group with the shape of its tensor.",
            [
                edited(discretise, "delta, A) → A, delta)"),
                *(edited(discretise, f"delta, B, u) → {order})") for order in ("delta, u, B", "B, delta, u")),
                edited(discretise, f"{DRIVE} → torch.einsum('b d l, b n l -> b d l n', B, delta * u)"),
            ],
        ),
        Misconception(
            "axes that broadcasting lines up",
            "Without letters, torch lines axes up from the right, and here other axes meet than you mean. Give each "
            "tensor the axes that it lacks, each at its place, or let einsum do it.",
            [
                *(
                    edited(discretise, f"{EXPONENT} → {product}")
                    for product in ("delta[..., None] * A", "A * delta[..., None]", "delta * A", "A * delta")
                ),
                *(
                    edited(discretise, f"{DRIVE} → {product}")
                    for product in (
                        *("(delta * u)[..., None] * B[:, None]", "(delta * u)[..., None] * B.mT", "delta * u * B"),
                        *("(delta[..., None] * B.mT[:, None]) * u", "u * (delta[..., None] * B.mT[:, None])"),
                        *("(u[..., None] * B.mT[:, None]) * delta", "delta * (u[..., None] * B.mT[:, None])"),
                    )
                ),
                *(
                    edited(discretise, f"{EXPONENT} → {exponent}", f"{DRIVE} → {drive}")
                    for exponent, drive in (
                        ("delta[..., None] * A", "(delta * u)[..., None] * B[:, None]"),
                        ("delta * A", "delta * u * B"),
                        _BY_STATES,
                    )
                ),
            ],
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            [
                edited(discretise, f"{EXPONENT} → {_softened(EXPONENT)}", f"{DRIVE} → {_softened(DRIVE)}"),
                edited(discretise, f"{EXPONENT} → {_softened(EXPONENT)}"),
                edited(discretise, f"{DRIVE} → {_softened(DRIVE)}"),
            ],
        ),
        Misconception(
            "the two results swapped",
            "Both results are right, and they come in the wrong order: first the decay, then the drive.",
            edited(discretise, "return deltaA, deltaB_u → return deltaB_u, deltaA"),
        ),
        Misconception(
            "time before the channels",
            "The numbers are right, but the axes stand as (B, L, D, N), the order of the paper. The code, and this "
            "exercise, want (B, D, L, N).",
            edited(discretise, "return deltaA, deltaB_u → return deltaA.transpose(1, 2), deltaB_u.transpose(1, 2)"),
        ),
        Misconception(
            "states before time",
            "The numbers are right, but the axes stand as (B, D, N, L). The letters behind the arrow give the order: "
            "the states come last.",
            edited(discretise, "return deltaA, deltaB_u → return deltaA.transpose(2, 3), deltaB_u.transpose(2, 3)"),
        ),
        Misconception(
            "a drive with the states before time",
            "The decay is right. The drive stands as (B, D, N, L), the order in which B comes in. Its time axis has to "
            "change places with its states.",
            edited(discretise, "return deltaA, deltaB_u → return deltaA, deltaB_u.transpose(2, 3)"),
        ),
        Misconception(
            "the zero-order hold for B",
            "The drive uses (exp(Δ·A) − 1)/A·B, the paper's equation 4. The authors' code, and this package, use the "
            "plain product Δ·B; notebook 04 shows the difference.",
            HELD,
        ),
        Misconception(
            "a piece of the zero-order hold",
            "exp(Δ·A) − 1 is in the drive, as in the zero-order hold, but not as its formula has it: a factor or a "
            "sign differs. The hold is not asked for: the drive is the plain product Δ·B·u.",
            [
                edited(discretise, f"{DRIVE} → {piece}")
                for piece in (
                    f"(deltaA - 1) * {WRITTEN}",
                    f"(1 - deltaA) / A[:, None] * {WRITTEN}",
                    f"(deltaA - 1) / {EXPONENT} * {WRITTEN}",
                    f"(deltaA - 1) * {DRIVE}",
                    f"(deltaA - 1) / A[:, None] * {DRIVE}",
                )
            ],
        ),
        Misconception(
            "A taken for its logarithm",
            "The exponent is Δ·(−exp(A)), as if A were `A_log`. A comes in negative: −exp was taken where it was made.",
            edited(discretise, "delta, A) → delta, -A.exp())"),
        ),
        Misconception(
            "another rule for the decay",
            "The first result is another function of Δ·A than exp: 1 + Δ·A or a quotient, which come near it for a "
            "small step (Euler's rule of notebook 04, or the bilinear one), a power of 2, or a sigmoid.",
            [
                edited(discretise, f"torch.exp({EXPONENT}) → {rule}")
                for rule in (
                    f"1 + {EXPONENT}",
                    f"(1 + {EXPONENT} / 2) / (1 - {EXPONENT} / 2)",
                    f"1 / (1 - {EXPONENT})",
                    f"torch.exp2({EXPONENT})",
                    f"torch.sigmoid({EXPONENT})",
                )
            ],
        ),
        Misconception(
            "a sum in the place of a product",
            "Where two of Δ, A, B and u should be multiplied, they are added. Compare your signs with those of the "
            "docstring. A product of two exponentials adds their exponents, too.",
            [
                edited(discretise, f"{EXPONENT} → delta[..., None] + A[:, None]"),
                *(
                    edited(discretise, f"{DRIVE} → {total}")
                    for total in (
                        "delta[..., None] * (B.mT[:, None] + u[..., None])",
                        "delta[..., None] * B.mT[:, None] + u[..., None]",
                        "delta[..., None] + B.mT[:, None] * u[..., None]",
                        "(delta + u)[..., None] * B.mT[:, None]",
                    )
                ),
            ],
        ),
        Misconception(
            "the exponential of Δ alone",
            "The first result is exp(Δ)·A. The exponential goes around the whole product: first multiply, then take "
            "it.",
            edited(discretise, f"torch.exp({EXPONENT}) → torch.einsum('b d l, d n -> b d l n', delta.exp(), A)"),
        ),
        Misconception(
            "a Δ that adds up over the tokens",
            "Your decay is that of all tokens so far together. The recurrence multiplies the decays one after the "
            "other: each token brings its own.",
            edited(discretise, f'{EXPONENT} → torch.einsum("b d l, d n -> b d l n", delta.cumsum(-1), A)'),
        ),
        Misconception(
            "an exponential of A alone",
            "You take the exponential of A and then multiply by Δ. The product Δ·A is in the exponent: without a "
            "step (Δ = 0) all of the state is left.",
            edited(discretise, f'torch.exp({EXPONENT}) → torch.einsum("b d l, d n -> b d l n", delta, A.exp())'),
        ),
        Misconception(
            "u in the decay",
            "The exponent has the token u in it. How much of a state is left depends on Δ and A alone: u comes in "
            "with the drive.",
            [edited(discretise, f"delta, A) → {step}, A)") for step in ("delta * u", "u")],
        ),
        Misconception(
            "one Δ for all tokens",
            "The decay is the same for all tokens of a channel: one Δ, or their mean, stands for all of them. Each "
            "token has a Δ of its own: this is how it chooses what the state keeps.",
            [
                edited(discretise, f"delta, A) → {one}.expand_as(delta), A)", *drive)
                for one in ("delta[..., :1]", "delta[..., -1:]", "delta.mean(-1, keepdim=True)")
                for drive in ((), (f"delta, B, u) → {one}.expand_as(delta), B, u)",))
            ],
        ),
        Misconception(
            "one B for all tokens",
            "You write every token with the same B: that of one token, or the mean of all. Each token has a B of its "
            "own.",
            [
                edited(discretise, f"delta, B, u) → delta, {one}.expand_as(B), u)")
                for one in ("B[..., :1]", "B[..., -1:]", "B.mean(-1, keepdim=True)")
            ],
        ),
    ],
)
