"""Exercise 3: left_at_the_end."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def left_at_the_end(delta: Tensor, A: float) -> Tensor:
    """exp(A · Σ of the later Δ): the share of each token that is left after the last one, (L,)."""
    later = delta.sum() - delta.cumsum(0)  # (L,)
    return torch.exp(A * later)


def _later(formula: str):
    """A wrong `left_at_the_end`: another sum."""
    return edited(left_at_the_end, f"delta.sum() - delta.cumsum(0) → {formula}")


def _left(formula: str):
    """A wrong `left_at_the_end`: something else made of the sum."""
    return edited(left_at_the_end, f"torch.exp(A * later) → {formula}")


def _left_cases(draw: Draw) -> dict:
    low, high = draw.in_turn([(0.01, 0.5), (0.01, 0.5), (2.0, 10.0)])  # the last: after a few tokens nothing is left
    delta = draw.uniform(low, high, draw.size(3, 24))  # (L,)
    return {"delta": delta, "A": draw.choice([-0.25, -0.5, -2.0, -3.0])}


LEFT_AT_THE_END = Exercise(
    id="12.left_at_the_end",
    title="What is left at the end",
    reference=left_at_the_end,
    cases=_left_cases,
    rtol=1e-3,
    axes=("token",),
    example={"delta": torch.tensor([0.3, 0.1, 0.2]), "A": -2.0},
    misconceptions=[
        Misconception(
            "the next token forgotten",
            "The token right behind fades a state as well. You begin one token later.",
            [
                _later("(delta.sum() - delta.cumsum(0) - torch.cat([delta[1:], torch.zeros(1)]))"),
            ],
        ),
        Misconception(
            "shares that add up to 1",
            "You divide by the sum of all shares, as a softmax does. Each token has a share of its own: how much is "
            "left of what *it* wrote. Of the last one everything is.",
            _left("torch.softmax(A * later, dim=0)"),
        ),
        Misconception(
            "parts of the sum of all steps",
            "You divide step sizes by their sum, and A plays no part. A share here is what a state keeps of what a "
            "token wrote, while the later tokens fade it.",
            [
                _left(f"{part} / delta.sum()")
                for part in ("later", "delta.cumsum(0)", "delta", "(delta.cumsum(0) - delta)")
            ],
        ),
        Misconception(
            "A times the first sum only",
            "A multiplies the sum of all Δ in your exponent, and not what you take away. Put the difference in "
            "brackets.",
            _left("torch.exp(A * delta.sum() - delta.cumsum(0))"),
        ),
        Misconception(
            "an exponential of A alone",
            "You multiply exp(A) by the sum of the Δ, or by its exponential, as exp(A + sum) does. The sum belongs "
            "in the exponent, and A multiplies it there: exp(A · sum).",
            [_left("torch.exp(torch.tensor(A)) * later"), _left("torch.exp(A + later)")],
        ),
        Misconception(
            "a token taken away twice",
            "You take a token's own Δ away twice: the sum up to t has it already. Then the last share is above 1.",
            _later("delta.sum() - delta.cumsum(0) - delta"),
        ),
        Misconception(
            "a token that forgets itself",
            "You let a token's own Δ fade what this same token writes. It writes *after* the old state has faded. So "
            "the last token is left whole.",
            _later("delta.flip(0).cumsum(0).flip(0)"),
        ),
        Misconception(
            "a base that is not e",
            "Your shares are powers of 2, or of 10. The state fades by exp(Δ A): the base is e, and A is no half-life.",
            [_left(f"{base} ** (A * later)") for base in (2, 0.5, 10)] + [_left("2 ** (later / A)")],
        ),
        Misconception(
            "a sum that is turned once",
            "To add up from the end, a row is turned round before, and its sums are turned back. You turn once.",
            [
                _later("delta.flip(0).cumsum(0) - delta.flip(0)"),
                _later("delta.flip(0).cumsum(0)"),
                _later("delta.cumsum(0).flip(0)"),
                _later("(delta.cumsum(0) - delta).flip(0)"),
            ],
        ),
        Misconception(
            "what a token writes, not its share",
            "You multiply by the token's own Δ, or by a gate made of it. That is how much it writes; the task "
            "asks for the share of it that is left.",
            [
                _left(f"{written} * torch.exp(A * later)")
                for written in ("delta", "(1 - torch.exp(A * delta))", "(torch.exp(A * delta) - 1) / A")
            ],
        ),
        Misconception(
            "the tokens before",
            "Your sums of Δ grow along the row. What comes *after* a token fades it: the last one least, the first "
            "one most.",
            [_later(f"delta.cumsum(0){less}") for less in ("", " - delta", " - delta[0]")],
        ),
        Misconception(
            "all the other tokens",
            "You take away the token's own Δ alone, so that the tokens before it count as well. It is faded by what "
            "comes *after* it.",
            _later("delta.sum() - delta"),
        ),
        Misconception(
            "a state, not a share of it",
            "You run the recurrence with an input at each token, and give the state after each. The task asks how "
            "much is left *at the end* of what a single token wrote.",
            [
                edited(
                    left_at_the_end,
                    "return torch.exp(A * later) → h, states = 0.0, []\n    for each in delta:\n"
                    f"        h = torch.exp(A * each) * h + {drive}\n        states.append(h)\n"
                    "    return torch.stack(states)",
                )
                for drive in ("1", "each")
            ],
        ),
        Misconception(
            "the last token left out",
            "Your sum ends before the last token. It comes after all the others, so its Δ fades them too.",
            [
                _later("delta.sum() - delta.cumsum(0) - delta[-1] * (torch.arange(len(delta)) < len(delta) - 1)"),
                _later("torch.stack([delta[t:-1].sum() for t in range(len(delta))])"),
            ],
        ),
        Misconception(
            "nothing left of the last token",
            "Your last share is 0. Nothing comes after the last token, so all of it is left. Is its share ever "
            "written? A loop may end before it.",
            _left("torch.cat([torch.exp(A * later)[:-1], torch.zeros(1)])"),
        ),
        Misconception(
            "one share too few",
            "You give L − 1 shares, and the last token has none. Nothing comes after it: how much of it is left?",
            _left("torch.exp(A * later)[:-1]"),
        ),
        Misconception(
            "a first token that comes back",
            "`roll` brings round what stands at the other end of the row, and it fades the last token. Nothing comes "
            "after this one.",
            [
                *(_later(f"delta.roll(-1){sums}") for sums in ("", ".flip(0).cumsum(0).flip(0)")),
                _later("delta.flip(0).cumsum(0).flip(0).roll(-1)"),
            ],
        ),
        Misconception(
            "sums that are shifted forwards",
            "You shift the sums the wrong way: each token gets the one of the token before it. Which neighbour's sum "
            "has all that comes after the token, and no more?",
            [
                _later("torch.cat([torch.zeros(1), delta.flip(0).cumsum(0).flip(0)[:-1]])"),
                _later("delta.flip(0).cumsum(0).flip(0).roll(1)"),
            ],
        ),
        Misconception(
            "a sum that goes on",
            "Your sum goes on from one token to the next. Each token adds up the Δ behind it, from 0 on.",
            [
                _later("(delta.sum() - delta.cumsum(0)).cumsum(0)"),
                _later("(delta.sum() - delta.cumsum(0)).flip(0).cumsum(0).flip(0)"),
            ],
        ),
        Misconception(
            "one share for the whole row",
            "You give one share, that of the first token. Each token has later ones of its own: L shares.",
            [_left(f"torch.exp(A * later)[0]{form}") for form in ("", ".item()", ".expand_as(delta)")],
        ),
        Misconception(
            "one later token only",
            "You let one later token fade it. All later ones do, one after another, and their exponents add up.",
            [
                _later("torch.cat([delta[1:], torch.zeros(1)])"),
                _later("torch.cat([delta[-1:].expand(len(delta) - 1), torch.zeros(1)])"),
            ],
        ),
        Misconception(
            "a token's own step size",
            "You let each token fade by its own Δ. What it wrote is faded by the Δ of all tokens *after* it, added up.",
            _later("delta.clone()"),
        ),
        Misconception(
            "a forgotten A",
            "A is missing. A fast state, A = −3, loses three times as much in the exponent as one with A = −1.",
            [_left("torch.exp(-later)"), _left("torch.exp(later)"), _left("0.5**later")],
        ),
        Misconception(
            "a state that grows",
            "Your shares exceed 1. A is negative already: one minus sign is too many, or a quotient is upside down.",
            _left("torch.exp(-A * later)"),
            where=lambda delta, A: -A * delta.sum() < 80,  # beyond, a quotient is no number any more
        ),
        Misconception(
            "a quotient of 0 and 0",
            "Where the Δ add up to much, your products become 0, or infinite, and their quotient is not a number. The "
            "sums are far from both: subtract first, and take the exponential of the difference.",
            _left("torch.exp(A * delta).prod() / torch.exp(A * delta).cumprod(0)"),
        ),
        Misconception(
            "another number in the place of A",
            "In your exponent something made of A stands in the place of A itself. A multiplies the sum as it is: "
            "negative already, and no logarithm.",
            [
                _left("torch.exp(later / A)"),
                _left("torch.exp(-math.exp(A) * later)"),
                _left("torch.exp(A * A * later)"),
            ],
            where=lambda delta, A: A * A * delta.sum() < 80,
        ),
        Misconception(
            "A in front of the exponential",
            "A stands in front of your exponential. It belongs in the exponent, with the sum of the Δ.",
            _left("A * torch.exp(later)"),
        ),
        Misconception(
            "a softplus that has been applied already",
            "You apply a softplus. The Δ here are step sizes already.",
            _later("torch.nn.functional.softplus(delta).sum() - torch.nn.functional.softplus(delta).cumsum(0)"),
        ),
        Misconception(
            "what is lost",
            "1 − exp(…) is what has gone. What is left is the rest.",
            _left("1 - torch.exp(A * later)"),
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the Δ themselves. Factors exp(ΔA) multiply, one for each later token: what becomes of their "
            "exponents?",
            [
                _later("torch.stack([delta[t + 1 :].prod() for t in range(len(delta))])"),
                _left("torch.exp(torch.stack([(A * delta[t + 1 :]).prod() for t in range(len(delta))]))"),
                _later("torch.cat([delta.flip(0).cumprod(0).flip(0)[1:], torch.zeros(1)])"),
                _left("torch.exp(torch.cat([(A * delta).flip(0).cumprod(0).flip(0)[1:], torch.zeros(1)]))"),
            ],
        ),
        Misconception(
            "a mean in the place of the sum",
            "You divide by a number of tokens. The Δ add up: a thousand small ones make a large one. That is the "
            "point.",
            [
                _later("(delta.sum() - delta.cumsum(0)) / len(delta)"),
                _later("delta.mean().expand_as(delta)"),
                _later("torch.stack([delta[t + 1 :].mean() for t in range(len(delta))])"),
                _later("torch.stack([*(delta[t + 1 :].mean() for t in range(len(delta) - 1)), torch.zeros(())])"),
            ],
        ),
        Misconception(
            "steps taken as equal",
            "You count tokens, as if their Δ were equal. They differ: the Δ of the later ones themselves add up.",
            [
                _later("torch.arange(len(delta) - 1, -1, -1)"),
                _later("delta.mean() * torch.arange(len(delta) - 1, -1, -1)"),
                _later("delta * torch.arange(len(delta) - 1, -1, -1)"),
                _later("delta * torch.arange(len(delta), 0, -1)"),
            ],
        ),
        Misconception(
            "a difference of two exponentials",
            "Your shares are differences of two exponentials, of the sum up to t and of the whole sum. Exponents are "
            "subtracted, and so their exponentials are divided.",
            [
                _left("torch.exp(A * delta.sum()) - torch.exp(A * delta.cumsum(0))"),
                _left("torch.exp(A * delta.cumsum(0)) - torch.exp(A * delta.sum())"),
            ],
        ),
        Misconception(
            "shares that are added",
            "You add up what single tokens leave. They fade the state one after another: factors multiply.",
            [
                _left("torch.exp(A * delta).cumsum(0)"),
                _left("torch.exp(A * delta.expand(len(delta), len(delta)).triu(1)).sum(1)"),
                *(
                    _left(f"torch.stack([torch.exp(A * delta[{first} :]).sum() for t in range(len(delta))])")
                    for first in ("t + 1", "t")
                ),
            ],
        ),
        Misconception(
            "all tokens alike",
            "You fade all tokens by the sum over the whole row. The last token has nothing after it.",
            [_later("delta.sum().expand_as(delta)"), _later("delta.sum()")],
        ),
        Misconception(
            "no exponential",
            "That is the exponent, as it is or without its sign, or the sum in it. Which function makes a share of it?",
            [_left("A * later"), _left("-A * later"), _left("later")],
        ),
        Misconception(
            "a factor that is not exact",
            "Euler's rule and the bilinear one are near the exponential for small Δ only. Mamba fades a state by "
            "exp(ΔA).",
            [
                _left(formula)
                for rule in (
                    "1 + A * {}",
                    "(1 + A * {}).clamp(0)",
                    "1 / (1 - A * {})",
                    "(1 + A * {0} / 2) / (1 - A * {0} / 2)",
                )
                for formula in (
                    rule.format("later"),
                    f"torch.stack([({rule.format('delta[t + 1 :]')}).prod() for t in range(len(delta))])",
                )
            ],
        ),
    ],
)
