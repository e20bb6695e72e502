"""Exercise 4: dt_weight."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def dt_weight(u: Tensor, dt_init: str, dt_scale: float) -> Tensor:
    """Between ± R^(−1/2)·dt_scale for "random", all at the upper end for "constant": (D, R)."""
    bound = u.shape[1] ** -0.5 * dt_scale
    return torch.full_like(u, bound) if dt_init == "constant" else (2 * u - 1) * bound  # (D, R)


def _bound(formula: str):
    """A wrong `dt_weight`: right but for its bound."""
    return edited(dt_weight, f"u.shape[1] ** -0.5 * dt_scale → {formula}")


def _weight_cases(draw: Draw) -> dict:
    less = draw.size(1, 4)
    more = less + draw.size(1, 3)  # never as many: a wrong axis must show
    u = draw.integers(0, 10, *draw.choice([(more, less), (more, less), (less, more)])) / 10  # (D, R)
    return {"u": u, "dt_init": draw.choice(["random", "constant"]), "dt_scale": draw.choice([0.5, 1.0, 2.0])}


DT_WEIGHT = Exercise(
    id="06.dt_weight",
    title="The first weights of dt_proj",
    reference=dt_weight,
    cases=_weight_cases,
    axes=("channel", "rank"),
    misconceptions=[
        Misconception(
            "a bound that grows with the rank",
            "Your bound has the root of R as a factor (-R ** 0.5 is that, too, with a minus in front). Each output "
            "adds up R products, so with a larger rank each weight has to be *smaller*.",
            [edited(dt_weight, "** -0.5 → ** 0.5"), _bound("-(u.shape[1] ** 0.5) * dt_scale")],
            where=lambda u, dt_init, dt_scale: u.shape[1] > 1,  # the root of 1 is 1
        ),
        Misconception(
            "a bound of 1/R",
            "With 1/R the sum of R random products shrinks as R grows. Independent random numbers cancel in part: "
            "their sum grows like the root of R, and this is what has to be made up for.",
            edited(dt_weight, "** -0.5 → ** -1"),
        ),
        Misconception(
            "a power without brackets",
            "R ** -1/2 is (R ** -1) / 2, half of 1/R, and so is 1 / R ** 1/2: the power comes before the division. "
            "Write the half as 0.5, or put it in brackets.",
            edited(dt_weight, "** -0.5 → ** -1 / 2"),
        ),
        Misconception(
            "the number of outputs in the place of the rank",
            "You take the root of D. But D counts the outputs. How many products does *one* output add up? Look at the "
            "second axis of the weight.",
            [
                edited(dt_weight, "u.shape[1] → u.shape[0]"),
                edited(dt_weight, "u.shape[1] → u.shape[0]", "full_like(u, bound) → full(u.shape[::-1], bound)"),
            ],
        ),
        Misconception(
            "a forgotten scale",
            "Everything is right for dt_scale = 1. Otherwise the bound is multiplied by it.",
            edited(dt_weight, " * dt_scale → "),
        ),
        Misconception(
            "a scale for the constant alone",
            'dt_scale has an effect with "constant" only. It is a factor of bound, and bound is the same for both.',
            edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1) * u.shape[1] ** -0.5"),
        ),
        Misconception(
            "the bound of another rule",
            "This is the bound of Kaiming or of Xavier: it has a root of 2, 3 or 6 in it, or counts the outputs as "
            "well. Here bound is R to the power −1/2, times dt_scale.",
            [
                _bound(f"({number} / {width}) ** 0.5 * dt_scale")
                for number in (2, 3, 6)
                for width in ("u.shape[1]", "(u.shape[0] + u.shape[1])")
            ]
            + [_bound("(u.shape[0] + u.shape[1]) ** -0.5 * dt_scale")],
        ),
        Misconception(
            "a scale that is no factor",
            "dt_scale is a factor of the bound: twice as large a scale makes twice as large weights. You divide by it, "
            "add it, or put it into the root or the exponent.",
            [
                edited(dt_weight, "* dt_scale → / dt_scale"),
                _bound("(u.shape[1] * dt_scale) ** -0.5"),
                _bound("(dt_scale / u.shape[1]) ** 0.5"),
                _bound("u.shape[1] ** (-0.5 * dt_scale)"),
                _bound("(u.shape[1] ** -0.5 + dt_scale)"),
            ],
        ),
        Misconception(
            "positive weights only",
            "u lies between 0 and 1, so all your weights are positive: one answer would move all channels the same "
            "way. Stretch u to the range from −1 to 1 first.",
            edited(dt_weight, "(2 * u - 1) → u"),
        ),
        Misconception(
            "a shift that is not scaled",
            "You stretch by 2·bound and subtract 1. Then u = 0 gives −1, not −bound: bring u to the range from −1 to "
            "1 first, and multiply all of it.",
            edited(dt_weight, "(2 * u - 1) * bound → 2 * u * bound - 1"),
        ),
        Misconception(
            "a stretch that is not scaled",
            "You subtract the bound from 2·u, or from u, so that your range is 2 or 1 wide, whatever the bound is. In "
            "2 * u - 1 * bound the bound multiplies the 1 alone: the whole range from −1 to 1 is multiplied.",
            [
                edited(dt_weight, "(2 * u - 1) * bound → 2 * u - bound"),
                edited(dt_weight, "(2 * u - 1) * bound → u - bound"),
            ],
        ),
        Misconception(
            "normal instead of uniform",
            "The weights are normally distributed, so that some lie beyond the bound, and u plays no part. They are "
            "uniform between −bound and bound, made of u.",
            edited(dt_weight, "(2 * u - 1) → torch.randn_like(u)"),
        ),
        Misconception(
            "the size of the whole weight",
            "You take the root of D·R, of all numbers of the weight. How many products does *one* output add up?",
            _bound("u.numel() ** -0.5 * dt_scale"),
        ),
        Misconception(
            "no bound",
            'With "random" your weights lie between −1 and 1, whatever R and dt_scale are. They lie between −bound and '
            "bound.",
            edited(dt_weight, "(2 * u - 1) * bound → 2 * u - 1"),
        ),
        Misconception(
            "a shift left out",
            "Your range is as wide as it should be, and begins at 0: no weight is negative. It lies evenly around 0, "
            "from −bound to bound.",
            edited(dt_weight, "(2 * u - 1) → (2 * u)"),
        ),
        Misconception(
            "a bound without the rank",
            "dt_scale alone is your bound, whatever R is. Each output adds up R products, so with a larger rank each "
            "weight has to be smaller.",
            _bound("dt_scale"),
        ),
        Misconception(
            "cut at the bound, or divided by it",
            "The weights are cut off at bound, or divided by it. The range from −1 to 1 becomes that from −bound to "
            "bound when all of it is multiplied.",
            [
                edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1).clamp(-bound, bound)"),
                edited(dt_weight, "(2 * u - 1) * bound → u.clamp(-bound, bound)"),
                edited(dt_weight, "(2 * u - 1) * bound → (2 * u - 1) / bound"),
            ],
            where=lambda u, dt_init, dt_scale: (
                dt_init == "constant" or (2 * u - 1).max() > u.shape[1] ** -0.5 * dt_scale
            ),
        ),
        Misconception(
            "a shift before the stretch",
            "u − 1 lies between −1 and 0, and twice as much between −2 and 0: no weight is positive. Stretch u first, "
            "and then shift: the range from −1 to 1.",
            edited(dt_weight, "(2 * u - 1) → 2 * (u - 1)"),
        ),
        Misconception(
            "a shift of another size",
            "Your range is shifted by half of what it should be, or is half as wide and shifted: it does not reach "
            "from −bound to bound. Where do u = 0 and u = 1 land?",
            [edited(dt_weight, "(2 * u - 1) → (2 * u - 0.5)"), edited(dt_weight, "(2 * u - 1) → (u - 1)")],
        ),
        Misconception(
            "a product in the place of a power",
            "R times −0.5 is negative, and its size grows with R. The bound is R *to the power* −0.5: two stars.",
            _bound("u.shape[1] * -0.5 * dt_scale"),
        ),
        Misconception(
            "half the range",
            "u − 1/2 lies between −1/2 and 1/2, so your weights reach half of the bound only. The range from −1 to 1 "
            "is twice as wide.",
            edited(dt_weight, "2 * u - 1 → u - 0.5"),
        ),
        Misconception(
            "a range from top to bottom",
            "u = 0 gives bound and u = 1 gives −bound. For random u it makes no difference, but the docstring says: "
            "u = 0 is the low end.",
            edited(dt_weight, "2 * u - 1 → 1 - 2 * u"),
        ),
        Misconception(
            "random numbers of your own",
            "You draw random numbers yourself, and u plays no part. It *is* the draw, made beforehand, so that two "
            "programs can be compared.",
            edited(dt_weight, "2 * u - 1 → 2 * torch.rand_like(u) - 1"),
        ),
        Misconception(
            "random weights for both",
            'dt_init changes nothing: with "constant" your weights are spread as well. There every weight is the upper '
            "bound, and u plays no part.",
            edited(dt_weight, 'torch.full_like(u, bound) if dt_init == "constant" else → '),
        ),
        Misconception(
            "a constant with u in it",
            'With "constant" u plays no part: every weight is bound, where u is 0 as where it is 1.',
            [
                edited(dt_weight, f"torch.full_like(u, bound) → {spread}")
                for spread in ("u * bound", "torch.sign(u - 0.5) * bound", "torch.where(u < 0.5, -bound, bound)")
            ],
        ),
        Misconception(
            "the two kinds the wrong way round",
            'With "constant" your weights are spread, and with "random" they are all the same.',
            edited(dt_weight, 'dt_init == "constant" → dt_init != "constant"'),
        ),
        Misconception(
            "constant weights for both",
            'With "random" the weights are spread between −bound and bound; yours all sit at the upper end.',
            edited(dt_weight, ' if dt_init == "constant" else (2 * u - 1) * bound → '),
        ),
        Misconception(
            "a constant that is not the bound",
            'With "constant" every weight equals bound, which depends on R and on dt_scale. Yours is another number.',
            [
                edited(dt_weight, f"full_like(u, bound) → full_like(u, {value})")
                for value in ("1.0", "0.0", "dt_scale", "-bound", "bound / 2", "u.shape[1] ** -0.5")
            ],
        ),
        Misconception(
            "fewer than D × R weights",
            'With "constant" every weight is bound, but there are D × R of them. Return a tensor of the shape of u.',
            [
                edited(dt_weight, f"torch.full_like(u, bound) → {one}")
                for one in (
                    "bound",
                    "torch.tensor(bound)",
                    "torch.full((len(u),), bound)",
                    "torch.full((len(u), 1), bound)",
                    "torch.full((u.shape[1],), bound)",
                    "torch.full((1, u.shape[1]), bound)",
                )
            ],
            where=lambda u, dt_init, dt_scale: min(u.shape) > 1,  # else D numbers, or R, may be as many
        ),
        Misconception(
            "swapped axes",
            "nn.Linear(R, D) keeps its weight as (D, R): outputs first. Yours is the other way round.",
            edited(dt_weight, "return torch → return (torch", "* bound → * bound).T"),
        ),
    ],
)
