"""Exercise 4: fit_probe."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def fit_probe(x: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """A linear probe: w (F,) by ridge regression of y (n,) on x (n, F), and the cut c halfway between the groups."""
    centred, target = x - x.mean(0), y.float() - y.float().mean()  # (n, F), (n,)
    gram = centred.T @ centred / len(x)  # (F, F)
    w = torch.linalg.solve(gram + ridge * torch.eye(len(gram)), centred.T @ target / len(x))  # (F,)
    middle = (x[y].mean(0) + x[~y].mean(0)) / 2  # (F,)
    return w, -(middle @ w)


RIDGE = "gram + ridge * torch.eye(len(gram))"
CONSTANT = "y.float().mean() - x.mean(0) @ w"  # of the regression on 0 and 1
SUMS = "centred.T @ centred / len(x) → centred.T @ centred", "@ target / len(x) → @ target"


def _with_ones(x: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Weights and constant of a regression with a column of ones, which the ridge holds back, too."""
    ones = torch.cat([x, torch.ones(len(x), 1)], dim=1)  # (n, F + 1)
    held_back = ones.T @ ones / len(x) + ridge * torch.eye(ones.shape[1])
    w = torch.linalg.solve(held_back, ones.T @ y.float() / len(x))  # (F + 1,)
    return w[:-1], w[-1]


def _several_features(x: Tensor, **_) -> bool:
    return x.shape[1] > 1


def _probe_cases(draw: Draw) -> dict:
    n, width = draw.size(6, 20), draw.size(1, 3)
    y = torch.arange(n) % 3 == 0  # fewer inside than outside
    x = draw.normal(n, width) + 1.2 * y[:, None] + draw.normal(width) + 2
    return {"x": x, "y": y, "ridge": draw.choice([0.1, 0.5, 2.0])}


FIT_PROBE = Exercise(
    id="14.fit_probe",
    title="A linear probe",
    reference=fit_probe,
    cases=_probe_cases,
    axes={"w": ("feature",)},
    items=("w", "c"),
    misconceptions=[
        Misconception(
            "no ridge",
            "The ridge does nothing. With hundreds of features that resemble each other, the weights would fit noise; "
            "add it where the features' products stand, on the diagonal.",
            [
                edited(fit_probe, f"{RIDGE} → gram"),
                edited(fit_probe, f"{RIDGE} → gram", f"-(middle @ w) → {CONSTANT}"),
                edited(fit_probe, f"{RIDGE} → gram", f"-(middle @ w) → {CONSTANT} - 0.5"),
            ],
        ),
        Misconception(
            "a ridge that is taken away",
            "You subtract the ridge. It makes long weights dear, so it is added to the features' products.",
            edited(fit_probe, "gram + ridge → gram - ridge"),
        ),
        Misconception(
            "a ridge turned over",
            "You divide by the ridge. A larger one has to make the weights shorter: it multiplies the diagonal.",
            edited(fit_probe, "ridge * torch → 1 / ridge * torch"),
        ),
        Misconception(
            "a ridge on the constant",
            "You put a column of ones beside the features, and the ridge holds back its weight, too. Take the means "
            "off instead; and the cut is halfway between the groups.",
            [
                _with_ones,
                edited(_with_ones, "return w[:-1], w[-1] → return w[:-1], w[-1] - 0.5"),
                edited(
                    _with_ones, "return w[:-1], w[-1] → return w[:-1], -(x[y].mean(0) + x[~y].mean(0)) @ w[:-1] / 2"
                ),
            ],
        ),
        Misconception(
            "a ridge that fades with the data",
            "Your ridge is too small by a factor of n, as if the first term were a *sum* over the examples. It is a "
            "mean, so that the ridge weighs the same for few examples and many.",
            [
                edited(fit_probe, *SUMS, *more)
                for more in (
                    (),
                    ("y.float() - y.float().mean() → 2 * (y.float() - y.float().mean())",),
                    ("x - x.mean(0), → x,",),
                    ("-(middle @ w) → -(x.mean(0) @ w)",),
                    (f"-(middle @ w) → {CONSTANT}",),
                    (f"-(middle @ w) → {CONSTANT} - 0.5",),
                )
            ],
        ),
        Misconception(
            "a ridge that grows with the data",
            "You multiply the ridge by the number of examples and add it to means. That factor belongs to *sums* over "
            "the examples. What is the ridge added to here?",
            edited(fit_probe, "ridge * torch.eye → len(x) * ridge * torch.eye"),
        ),
        Misconception(
            "a mean on one side only",
            "You divide by the number of examples on one side of the system, and not on the other. Both sides are "
            "means over the examples.",
            [
                edited(fit_probe, "@ target / len(x) → @ target"),
                edited(fit_probe, "centred.T @ centred / len(x) → centred.T @ centred"),
            ],
        ),
        Misconception(
            "no cut",
            "Your cut is 0. The score is then 0 where the features are 0, and that is not halfway between the groups.",
            edited(fit_probe, "return w, -(middle @ w) → return w, torch.zeros(())"),
        ),
        Misconception(
            "a ridge on every product",
            "You add the ridge to every entry. It belongs on the diagonal alone: each weight is held back for itself.",
            edited(fit_probe, "ridge * torch.eye(len(gram)) → ridge"),
        ),
        Misconception(
            "features that are not centred",
            "You do not take the mean off the features, or on one side of the system only. Then the weights must carry "
            "what the cut is for.",
            [
                edited(fit_probe, "x - x.mean(0), → x,"),
                edited(fit_probe, "x - x.mean(0), y.float() - y.float().mean() → x, y.float()"),
                edited(fit_probe, "centred.T @ target → x.T @ y.float()"),
                *(
                    edited(
                        fit_probe,
                        "x - x.mean(0), y.float() - y.float().mean() → x, y.float()",
                        f"-(middle @ w) → {cut}",
                    )
                    for cut in ("torch.tensor(-0.5)", "torch.zeros(())", CONSTANT, f"{CONSTANT} - 0.5")
                ),
            ],
        ),
        Misconception(
            "a mean that is not the feature's",
            "You take one mean off all features, or off each example its own. Each *feature* has a mean, over the "
            "examples.",
            [
                edited(fit_probe, "x - x.mean(0), → x - x.mean(),"),
                edited(fit_probe, "x - x.mean(0), → x - x.mean(1, keepdim=True),"),
            ],
            where=_several_features,
        ),
        Misconception(
            "the middle taken off the features",
            "You subtract the middle between the two groups' means from the features. The task subtracts the mean of "
            "all examples, which lies closer to the larger group. The middle is for the cut.",
            [
                edited(fit_probe, "x - x.mean(0), → x - (x[y].mean(0) + x[~y].mean(0)) / 2,", *target)
                for target in (
                    (),
                    ("y.float() - y.float().mean() → y.float()",),
                    ("y.float() - y.float().mean() → y.float() - 0.5",),
                )
            ],
        ),
        Misconception(
            "the number of features",
            "You divide by the number of features. The mean is over the examples.",
            edited(
                fit_probe, "@ centred / len(x) → @ centred / x.shape[1]", "@ target / len(x) → @ target / x.shape[1]"
            ),
            where=_several_features,
        ),
        Misconception(
            "a product in the place of a solution",
            "You multiply the right side by the system's matrix. It is w that the matrix meets, and the right side "
            "is what comes out.",
            edited(
                fit_probe,
                f"torch.linalg.solve({RIDGE}, centred.T @ target / len(x)) → ({RIDGE}) @ (centred.T @ target / len(x))",
            ),
        ),
        Misconception(
            "each feature by itself",
            "You find each weight as if its feature were the only one. Features that say the same share their work: "
            "the products of *different* features stand in the system, too.",
            edited(
                fit_probe,
                f"torch.linalg.solve({RIDGE}, centred.T @ target / len(x)) → "
                "centred.T @ target / len(x) / (gram.diagonal() + ridge)",
            ),
        ),
        Misconception(
            "a ridge divided by the examples",
            "You divide the ridge by the number of examples. Beside sums it is multiplied by that number, beside means "
            "it stands as it is.",
            edited(fit_probe, "ridge * → ridge / len(x) ** 2 *"),
        ),
        Misconception(
            "features that are scaled",
            "You divide the features by their spread. The weights are then for other features than the ones that come "
            "in.",
            [
                edited(fit_probe, "centred, target = x - x.mean(0), → centred, target = (x - x.mean(0)) / x.std(0),"),
                lambda x, y, ridge: fit_probe((x - x.mean(0)) / x.std(0), y, ridge),
                lambda x, y, ridge: fit_probe(x / x.std(0), y, ridge),
            ],
        ),
        Misconception(
            "a ridge for scaled features",
            "Your ridge holds back the weights of scaled features: you divide the features by their spread and then "
            "the weights, or multiply the ridge by the features' variances. In the sum it meets the weights of the "
            "features as they come.",
            [
                edited(
                    fit_probe,
                    "x - x.mean(0), y.float() → (x - x.mean(0)) / x.std(0), y.float()",
                    "middle = → w = w / x.std(0)\n    middle =",
                ),
                edited(
                    fit_probe,
                    "x - x.mean(0), y.float() → (x - x.mean(0)) / x.std(0, correction=0), y.float()",
                    "middle = → w = w / x.std(0, correction=0)\n    middle =",
                ),
            ],
        ),
        Misconception(
            "a cut at half the difference",
            "You cut at half the *difference* of the two groups' means. Halfway between them lies half their sum.",
            [
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[y].mean(0) - x[~y].mean(0)"),
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[~y].mean(0) - x[y].mean(0)"),
            ],
        ),
        Misconception(
            "a cut at the mean of one group",
            "You cut at the mean of one group. About half of its own examples then lie on the wrong side.",
            [
                edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x[y].mean(0)"),
                edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x[~y].mean(0)"),
            ],
        ),
        Misconception(
            "a cut without the weights",
            "You take the middle of the features for the cut, one by one or their mean or sum, without w. What is cut "
            "is a score: which score does the middle get?",
            [
                edited(fit_probe, "-(middle @ w) → -middle.mean()"),
                edited(fit_probe, "-(middle @ w) → -middle.sum()"),
                edited(fit_probe, "-(middle @ w) → -middle"),
                edited(fit_probe, "-(middle @ w) → middle"),
            ],
        ),
        Misconception(
            "places in the place of a mask",
            "You index with whole numbers. Those are *places*: the same few examples, taken again and again. A group "
            "is picked by a mask of True and False.",
            [
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[y.long()].mean(0) + x[1 - y.long()].mean(0)"),
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[y.long()].mean(0) + x[~y.long()].mean(0)"),
            ],
        ),
        Misconception(
            "a cut at the median",
            "You cut at the median of all scores: half of the examples are called inside, however many are. The cut "
            "is halfway between the two groups' means.",
            lambda x, y, ridge: (lambda w: (w, -(x @ w).median()))(fit_probe(x, y, ridge)[0]),
        ),
        Misconception(
            "a cut between the medians",
            "You cut halfway between the two groups' medians. The task asks for the middle between their means.",
            lambda x, y, ridge: (lambda w: (w, -((x[y] @ w).median() + (x[~y] @ w).median()) / 2))(
                fit_probe(x, y, ridge)[0]
            ),
        ),
        Misconception(
            "a cut at the mean of everything",
            "You cut at the mean of all examples. Where one group is larger, that lies close to it. The cut is halfway "
            "between the two groups' means.",
            edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x.mean(0)"),
        ),
        Misconception(
            "a cut where the regression says a half",
            "You cut where the regression says one half. Where few are inside, few scores get there. The cut is "
            "halfway between the two groups' means.",
            edited(fit_probe, f"-(middle @ w) → {CONSTANT} - 0.5"),
        ),
        Misconception(
            "an intercept in the place of a cut",
            "Your c is the constant of the regression on 0 and 1: the scores then aim at 0 outside and at 1 inside. "
            "Halfway between the two groups' means the score is to be 0.",
            edited(fit_probe, f"-(middle @ w) → {CONSTANT}"),
        ),
        Misconception(
            "a cut for centred features",
            "Your cut is right for features whose mean is taken off. The score is w times the features as they come: "
            "take the two groups' means of these.",
            edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → centred[y].mean(0) + centred[~y].mean(0)"),
        ),
        Misconception(
            "a cut of the wrong sign",
            "Your cut has the wrong sign: the score x·w + c must be 0 in the middle.",
            edited(fit_probe, "-(middle → (middle"),
        ),
        Misconception(
            "a middle that is not halved",
            "You cut at the sum of the two groups' means. Halfway between them lies the half of it.",
            edited(fit_probe, "x[~y].mean(0)) / 2 → x[~y].mean(0))"),
        ),
        Misconception(
            "weights that are twice as long",
            "Your weights are twice what they should be, and c goes with them; the verdicts stay the same. Are your "
            "targets 0 and 1? Does the 2 of the derivative stand on both sides?",
            edited(fit_probe, "y.float() - y.float().mean() → 2 * (y.float() - y.float().mean())"),
        ),
        Misconception(
            "an intercept for targets of −1 and 1",
            "Your targets are −1 and 1, and c is the constant of that regression. Here they are 0 and 1, and c is "
            "another: where is the score to be 0?",
            edited(
                fit_probe,
                "y.float() - y.float().mean() → 2 * (y.float() - y.float().mean())",
                "-(middle @ w) → 2 * y.float().mean() - 1 - x.mean(0) @ w",
            ),
        ),
        Misconception(
            "a power of the ridge",
            "You square the ridge, or take its root. In the sum it stands in front of |w|² as it is.",
            [
                edited(fit_probe, "ridge * torch → ridge**2 * torch"),
                edited(fit_probe, "ridge * torch → ridge**0.5 * torch"),
            ],
        ),
        Misconception(
            "a 2 that has not cancelled",
            "Your ridge is too large or too small by a factor of 2. The derivative brings a 2 into both terms, and it "
            "cancels.",
            [
                edited(fit_probe, "ridge * torch → 2 * ridge * torch"),
                edited(fit_probe, "ridge * torch → ridge / 2 * torch"),
            ],
        ),
        Misconception(
            "n − 1 in the denominator",
            "You divide by n − 1, as torch.cov does by itself. Here the mean is over n.",
            [
                edited(fit_probe, "centred.T @ centred / len(x) → centred.T @ centred / (len(x) - 1)"),
                edited(
                    fit_probe,
                    "centred.T @ centred / len(x) → centred.T @ centred / (len(x) - 1)",
                    "@ target / len(x) → @ target / (len(x) - 1)",
                ),
            ],
        ),
        Misconception(
            "a system that is not solved",
            "Your weights are the products of features and targets, or the difference of the two groups' means. "
            "Features that say the same would count twice in them, and the ridge plays no part: the linear system is "
            "still to be solved.",
            [
                edited(fit_probe, f"torch.linalg.solve({RIDGE}, centred.T @ target / len(x)) → {right}")
                for right in ("x[y].mean(0) - x[~y].mean(0)", "centred.T @ target / len(x)", "centred.T @ target")
            ],
        ),
        Misconception(
            "the difference of the means on the right side",
            "The right side of your system is the difference of the two groups' means. What the derivative leaves are "
            "the products of features and targets, divided by n: in these the size of the groups counts, too.",
            edited(fit_probe, "centred.T @ target / len(x)) → x[y].mean(0) - x[~y].mean(0))"),
        ),
        Misconception(
            "a cut between the targets",
            "Your c is −½, or minus the mean of the targets. That would do for scores that lie near 0 and 1; x·w alone "
            "lies wherever the features do. Which score does the middle of the two groups get?",
            [
                edited(fit_probe, "return w, -(middle @ w) → return w, torch.tensor(-0.5)"),
                edited(fit_probe, "return w, -(middle @ w) → return w, -y.float().mean()"),
            ],
        ),
        Misconception(
            "the two results exchanged",
            "Weights and cut are right, in the other order: first w, then c.",
            edited(fit_probe, "return w, -(middle @ w) → return -(middle @ w), w"),
        ),
        Misconception(
            "the two groups exchanged",
            "Your probe says yes where it should say no. Which of the two groups is to get positive scores?",
            edited(fit_probe, "y.float() - y.float().mean() → y.float().mean() - y.float()"),
        ),
    ],
)
