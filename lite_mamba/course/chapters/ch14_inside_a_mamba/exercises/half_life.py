"""Exercise 3: half_life."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception

FLOAT = torch.finfo(torch.float32)
LITTLE = 1e-10, 1e-9, 1e-8, 1e-7, FLOAT.eps, 1e-6, 1e-5


def half_life(delta: Tensor, A: Tensor) -> Tensor:
    """How many tokens of this text halve each number of the state: (D, N), from delta (D, L) and A (D, N)."""
    return math.log(2) / (-A * delta.mean(1, keepdim=True))


def _half_life_cases(draw: Draw) -> dict:
    channels, length, d_state = draw.size(1, 3), draw.size(2, 6), draw.size(1, 4)
    delta, A = draw.uniform(0.02, 1.0, channels, length), -draw.uniform(0.3, 4.0, channels, d_state)
    if draw.in_turn([False, False, False, False, True]):  # of a token something is left, of the whole text nothing
        delta[draw.random.randrange(channels)], A = draw.uniform(8.0, 10.0, length), A - 4
    return {"delta": delta, "A": A}


def _several_states(delta: Tensor, A: Tensor) -> bool:
    return A.shape[1] > 1


def _tokens_until_half(after: int, whole: bool):
    """How many tokens from the first one on leave more than a half, and `after` more."""

    def answer(delta: Tensor, A: Tensor) -> Tensor:
        left = torch.exp(A[:, :, None] * delta.cumsum(1)[:, None])  # (D, N, L)
        count = (left > 0.5).sum(-1) + after
        return count if whole else count.float()

    return answer


HALF_LIFE = Exercise(
    id="14.half_life",
    title="Half-lives of a text",
    reference=half_life,
    cases=_half_life_cases,
    axes=("channel", "state"),
    misconceptions=[
        Misconception(
            "a softplus that has been applied already",
            "You put Δ through a softplus. These are the step sizes themselves: positive already.",
            edited(half_life, "delta.mean → torch.nn.functional.softplus(delta).mean"),
        ),
        Misconception(
            "a product with Δ in the place of a division",
            "You multiply by the steps' mean or sum. Larger steps fade faster: the half-life becomes shorter.",
            [
                lambda delta, A: math.log(2) / -A * delta.mean(1, keepdim=True),
                lambda delta, A: delta.shape[1] * math.log(2) / -A * delta.sum(1, keepdim=True),
            ],
        ),
        Misconception(
            "a half-life turned over",
            "You give how many half-lives pass, in one token or in the whole text. The task asks how many tokens one "
            "half-life takes.",
            [
                lambda delta, A: -A * delta.mean(1, keepdim=True) / math.log(2),
                lambda delta, A: -A * delta.sum(1, keepdim=True) / math.log(2),
            ],
        ),
        Misconception(
            "a logarithm on the wrong side of the fraction bar",
            "You divide by log 2, or multiply by log₂ e, which is the same. In 2 = e^(log 2) the logarithm belongs to "
            "the time that is wanted: it stands in the numerator.",
            lambda delta, A: 1 / (-A * delta.mean(1, keepdim=True) * math.log(2)),
        ),
        Misconception(
            "a mean of half-lives",
            "You take a half-life for each token and average them. The smaller the Δ of a token, the more it then "
            "counts. The steps add up in the exponent: what is averaged is Δ.",
            edited(
                half_life,
                "math.log(2) / (-A * delta.mean(1, keepdim=True)) → "
                "(math.log(2) / (-A[:, :, None] * delta[:, None, :])).mean(-1)",
            ),
        ),
        Misconception(
            "a time constant",
            "You give the tokens after which 1/e is left. For a half, a factor is missing: a natural logarithm.",
            edited(half_life, "math.log(2) / → 1 /"),
        ),
        Misconception(
            "a negative time",
            "Your half-lives are negative. A is, and so is the logarithm of a half: which signs make a time of them?",
            edited(half_life, "(-A → (A"),
        ),
        Misconception(
            "the whole text as one step",
            "Your step is that of the whole text, the sum of all Δ. It says how far the text carries you, not how far "
            "one token does.",
            [
                edited(half_life, ".mean(1, → .sum(1,"),
                edited(half_life, ".mean(1, → .sum(1,", "(-A → (A"),
                edited(half_life, ".mean(1, → .sum(1,", "math.log(2) / → 1 /"),
            ],
        ),
        Misconception(
            "one step size for all channels",
            "You average over the channels, too. Each channel has a Δ of its own, and so its own half-lives.",
            edited(half_life, ".mean(1, keepdim=True) → .mean()"),
        ),
        Misconception(
            "the largest step for all",
            "You take the largest step size of the text, or the shortest half-life. The exponents of all tokens "
            "add up, the small ones too.",
            edited(half_life, "delta.mean(1, keepdim=True) → delta.amax(1, keepdim=True)"),
        ),
        Misconception(
            "the smallest step for all",
            "You take the smallest step size of the text, or the longest half-life. The exponents of all tokens "
            "add up, the large ones too.",
            edited(half_life, "delta.mean(1, keepdim=True) → delta.amin(1, keepdim=True)"),
        ),
        Misconception(
            "a mean over one token less",
            "You divide the sum of the steps by L − 1. The state fades in each of the L tokens.",
            edited(half_life, "delta.mean(1, keepdim=True) → delta.sum(1, keepdim=True) / (delta.shape[1] - 1)"),
        ),
        Misconception(
            "the length of another axis",
            "You divide the sum of the steps by the number of channels, which is the length of `delta`, or of states. "
            "How many steps have you added up?",
            [
                edited(half_life, f"delta.mean(1, keepdim=True) → delta.sum(1, keepdim=True) / {number}")
                for number in ("len(delta)", "A.shape[1]")
            ],
            where=lambda delta, **_: len(delta) > 1,
        ),
        Misconception(
            "a token that is left out",
            "The step of the first token, or of the last, is missing in your mean. The state fades in each of the L "
            "tokens.",
            [
                edited(half_life, f"delta.mean(1, keepdim=True) → delta[:, {part}]{mean}")
                for part in ("1:", ":-1")
                for mean in (".mean(1, keepdim=True)", ".sum(1, keepdim=True) / delta.shape[1]")
            ],
        ),
        Misconception(
            "the logarithm of what is left",
            "You take the logarithm of what is left over the whole text. After many steps, or a few large ones, that "
            "is 0, and its logarithm is −∞ or, guarded, that of a small number. You had the exponent before: what did "
            "you need the exponential for?",
            [
                edited(
                    half_life,
                    "(-A * delta.mean(1, keepdim=True)) → "
                    f"(-(torch.exp(A * delta.sum(1, keepdim=True)){guard}).log() / delta.shape[1])",
                )
                for guard in [
                    *(f" + {little}" for little in (0, FLOAT.tiny, 1e-30, 1e-20, 1e-12, *LITTLE)),
                    *(f".clamp(min={little})" for little in LITTLE),  # below them a clamp gives what a sum gives
                ]
            ],
        ),
        Misconception(
            "what is left in the place of its exponent",
            "You divide by what a token leaves of the state, or by what it takes. What falls evenly from token to "
            "token is the exponent: by how much each time?",
            [
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → torch.exp(A * delta.mean(1, keepdim=True))"),
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → -torch.expm1(A * delta.mean(1, keepdim=True))"),
            ],
        ),
        Misconception(
            "the first half of this text",
            "You count the tokens from the beginning of the text until half is left. The task asks for the half-life "
            "of a state that fades evenly, and by as much over the whole text.",
            [_tokens_until_half(after, whole) for after in (0, 1) for whole in (False, True)],
            where=lambda delta, A: bool((torch.exp(A * delta.sum(1, keepdim=True)) < 0.5).all()),  # half is reached
        ),
        Misconception(
            "a mean along the channels",
            "You average along the first dimension, which holds the channels. Each channel has its own Δ; what is "
            "averaged are the tokens.",
            [
                edited(half_life, ".mean(1, keepdim=True) → .mean(0, keepdim=True)"),
                edited(half_life, ".mean(1, keepdim=True) → .mean(0)[:, None]"),
            ],
            where=lambda delta, A: len(delta) > 1,
        ),
        Misconception(
            "a decay in the place of a time",
            "You give what is left, after one token or after all. The task asks for the number of tokens after which "
            "a half is left.",
            [
                edited(half_life, f"math.log(2) / (-A * delta.mean(1, keepdim=True)) → torch.exp(A * {time})")
                for time in ("delta.mean(1, keepdim=True)", "delta.sum(1, keepdim=True)")
            ],
        ),
        Misconception(
            "an exponent in the place of a time",
            "You give by how much the exponent falls, in a token or in the whole text. After how many tokens has it "
            "fallen by ln 2?",
            [
                edited(half_life, f"math.log(2) / (-A * delta.mean(1, keepdim=True)) → {sign}A * {time}")
                for sign in ("-", "")
                for time in ("delta.mean(1, keepdim=True)", "delta.sum(1, keepdim=True)")
            ],
        ),
        Misconception(
            "one token for the text",
            "You use the step size of a single token. Δ depends on the token: take the mean over the text.",
            [
                edited(half_life, ".mean(1, keepdim=True) → [:, -1:]"),
                edited(half_life, ".mean(1, keepdim=True) → [:, :1]"),
            ],
        ),
        Misconception(
            "the exponential of A",
            "You take A for A_log. Here A has been turned back already: it is negative.",
            [edited(half_life, f"(-A → ({sign}A.exp()") for sign in ("", "-")],
        ),
        Misconception(
            "a negative time constant",
            "Your times are negative, for A is. And they are those after which 1/e is left: for a half, a factor is "
            "missing.",
            edited(half_life, "math.log(2) / (-A → 1 / (A"),
        ),
        Misconception(
            "a half in the place of its logarithm",
            "You put a half where its logarithm belongs. exp(−x) is a half where x is ln 2, which is 0.69.",
            edited(half_life, "math.log(2) → 0.5"),
        ),
        Misconception(
            "a mean without its axis",
            "The mean over L has the shape (D,), and meets the *last* axis of A, which counts states. Where both are "
            "equally long nothing raises, and each state gets the Δ of another channel. Keep the axis.",
            edited(half_life, ".mean(1, keepdim=True) → .mean(1)"),
            where=lambda delta, A: len(A) > 1,
        ),
        Misconception(
            "a half-life for each token",
            "You give a half-life for each token. The task asks for one for the whole text: of which mean?",
            [
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → (-A[:, :, None] * delta[:, None])"),
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → (-A[:, None] * delta[:, :, None])"),
                edited(half_life, ".mean(1, keepdim=True) → "),
            ],
        ),
        Misconception(
            "a mean of decays",
            "You average what is left after a token. Decays multiply, and their exponents add up: what is averaged is "
            "Δ.",
            edited(
                half_life,
                "(-A * delta.mean(1, keepdim=True)) → -torch.exp(A[:, :, None] * delta[:, None]).mean(-1).log()",
            ),
        ),
        Misconception(
            "Euler's decay",
            "You let a token leave 1 + ΔA of the state. That is Euler's step, close to the decay for small Δ only. The "
            "text above has the exponential.",
            edited(half_life, "(-A * delta.mean(1, keepdim=True)) → -torch.log(1 + A * delta.mean(1, keepdim=True))"),
        ),
        Misconception(
            "a median in the place of the mean",
            "You take the median of the tokens. The exponents of all of them add up, the smallest and the largest too.",
            [
                edited(half_life, ".mean(1, keepdim=True) → .median(1, keepdim=True).values"),
                lambda delta, A: (math.log(2) / (-A[:, :, None] * delta[:, None])).median(-1).values,
            ],
            where=lambda delta, **_: delta.shape[1] > 2,
        ),
        Misconception(
            "a mean of logarithms",
            "You average the logarithms of the step sizes, or of half-lives. What adds up over the text are the steps "
            "themselves.",
            edited(half_life, ".mean(1, keepdim=True) → .log().mean(1, keepdim=True).exp()"),
        ),
        Misconception(
            "a logarithm to another base",
            "Your logarithm has the base 10. What undoes the exponential of the decay is the natural one.",
            edited(half_life, "math.log(2) → math.log10(2)"),
        ),
        Misconception(
            "no step size",
            "Your half-lives do not depend on Δ. They are times; how many tokens they take, the steps say.",
            edited(half_life, " * delta.mean(1, keepdim=True) → "),
        ),
        Misconception(
            "no A",
            "Your half-lives do not depend on A: all states of a channel would have the same. The exponent is A times "
            "the steps.",
            [
                edited(half_life, f"(-A * delta.mean(1, keepdim=True)) → delta.mean(1, keepdim=True){shape}")
                for shape in ("", ".expand(A.shape)")
            ],
            where=_several_states,
        ),
        Misconception(
            "A in the numerator",
            "Your half-lives grow with |A|. A state with a large |A| fades fast: A belongs in the denominator.",
            [
                edited(half_life, "math.log(2) / (-A * → math.log(2) * -A / ("),
                edited(half_life, "math.log(2) / (-A * → math.log(2) * (-A * "),
            ],
            where=_several_states,
        ),
        Misconception(
            "one A for all states",
            "You take one A for all states of a channel, the mean or the sum of theirs. Each state has an A of its "
            "own, and so a half-life of its own.",
            [edited(half_life, f"-A * → -A.{one}(1, keepdim=True).expand(A.shape) *") for one in ("mean", "sum")],
            where=_several_states,
        ),
        Misconception(
            "a time that is rounded",
            "You round to whole tokens. The half-life of a state is a number like any other.",
            [
                edited(
                    half_life,
                    f"return math.log(2) / (-A → return torch.{to_whole}(math.log(2) / (-A",
                    f"True)) → True))){number}",
                )
                for to_whole in ("floor", "ceil", "round")
                for number in ("", ".long()")
            ],
        ),
    ],
)
