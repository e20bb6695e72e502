"""Bug hunt: a probe that is too good."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .fit_probe import fit_probe


def held_out_accuracy(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    """Balanced accuracy on the last `held` files of a probe on features (files, L, F) and labels (files, L)."""
    x_train, y_train = features[:-held].flatten(0, 1), labels[:-held].flatten()  # (n, F), (n,)
    x_test, y_test = features[-held:].flatten(0, 1), labels[-held:].flatten()
    mean, std = x_train.mean(0), x_train.std(0)  # (F,): of what is trained on
    w, c = fit_probe((x_train - mean) / std, y_train, ridge)
    said = (x_test - mean) / std @ w + c > 0  # (n,)
    return (said[y_test].float().mean() + (~said[~y_test]).float().mean()).item() / 2


def _as_found(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    x, y = features.flatten(0, 1), labels.flatten()  # (n, F), (n,)
    x = (x - x.mean(0)) / x.std(0)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    test, train = order.split([held * labels.shape[1], (len(labels) - held) * labels.shape[1]])
    w, c = fit_probe(x[train], y[train], ridge)
    said = x[test] @ w + c > 0
    return (said[y[test]].float().mean() + (~said[~y[test]]).float().mean()).item() / 2


SPLIT = "order.split([held * labels.shape[1], (len(labels) - held) * labels.shape[1]])"
LAST = "test, train = order[(len(labels) - held) * labels.shape[1] :], order[: (len(labels) - held) * labels.shape[1]]"
SHUFFLE = "torch.randperm(len(y), generator=torch.Generator().manual_seed(0))"


def _file_by_file(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    """The mean of what the tested files give one by one."""
    files = range(len(labels) - held, len(labels))
    return sum(_one_file(features, labels, file, labels.shape[0] - held, ridge) for file in files) / held


def _in_turn(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    """Every file held out once, and the mean over them."""
    shares = []
    for file in range(len(labels)):
        order = [other for other in range(len(labels)) if other != file] + [file]
        shares.append(held_out_accuracy(features[order], labels[order], 1, ridge))
    return sum(shares) / len(shares)


def _one_file(features: Tensor, labels: Tensor, file: int, trained: int, ridge: float) -> float:
    """A probe on the first files, tested on one."""
    chosen = [*range(trained), file]
    return held_out_accuracy(features[chosen], labels[chosen], 1, ridge)


def _shuffled_only(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    x, y = features.flatten(0, 1), labels.flatten()  # (n, F), (n,)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    test, train = order.split([held * labels.shape[1], (len(labels) - held) * labels.shape[1]])
    mean, std = x[train].mean(0), x[train].std(0)
    w, c = fit_probe((x[train] - mean) / std, y[train], ridge)
    said = (x[test] - mean) / std @ w + c > 0
    return (said[y[test]].float().mean() + (~said[~y[test]]).float().mean()).item() / 2


def _file_cases(draw: Draw) -> dict:
    files, length = draw.size(4, 7), draw.size(8, 14)
    if draw.in_turn([False, False, False, False, False, True]):  # more than the notebook's HELD
        files += 6
    labels = torch.rand(files, length, generator=draw.generator) < 0.35
    labels[:, 0], labels[:, 1] = True, False  # both groups in every file
    own = 2 * draw.normal(files, 1, 3)  # what a file has of its own
    features = (draw.normal(files, length, 3) + 1.3 * labels[..., None]) * (1 + own.abs()) + own
    features = features * torch.tensor([0.2, 1.0, 5.0])  # a feature has a scale of its own, too
    held, ridge = draw.choice([1, 2]), draw.choice([0.1, 1.0, 10.0])
    if draw.in_turn(9 * [False] + [True]):  # a probe that is worse than a guess
        features[-held:] = -features[-held:]
    return {"features": features, "labels": labels, "held": held, "ridge": ridge}


_of_the_verdicts = edited(
    held_out_accuracy,
    "said[y_test].float().mean() + (~said[~y_test]) → y_test[said].float().mean() + (~y_test[~said])",
)


_plain_share = edited(
    held_out_accuracy,
    "(said[y_test].float().mean() + (~said[~y_test]).float().mean()).item() / 2 → "
    "(said == y_test).float().mean().item()",
)


HELD_OUT_ACCURACY = Exercise(
    id="14.held_out_accuracy",
    title="A probe that is too good",
    reference=held_out_accuracy,
    cases=_file_cases,
    trials=36,
    misconceptions=[
        Misconception(
            "the code as it was found",
            "The number is still too good. Whose bytes are in the part that is tested, and whose in the part that is "
            "trained on?",
            _as_found,
            given=True,
        ),
        Misconception(
            "neighbours on both sides",
            "However you scale, bytes are still drawn one by one. Beside tested ones lie some that are trained on, and "
            "in a program neighbours mostly have the same label. Set whole files apart.",
            [
                _shuffled_only,
                edited(_shuffled_only, "(x[test] - mean) / std → (x[test] - x[test].mean(0)) / x[test].std(0)"),
                edited(_as_found, "(x - x.mean(0)) / x.std(0) → x"),
                *(edited(_as_found, f"manual_seed(0) → manual_seed({seed})") for seed in (1, 42)),
            ],
        ),
        Misconception(
            "other bytes drawn",
            "You test on the end of the shuffled bytes in the place of their beginning. They are still drawn one by "
            "one: beside tested ones lie some that are trained on. Set whole files apart.",
            [
                edited(_as_found, f"test, train = {SPLIT} → {LAST}"),
                edited(_shuffled_only, f"test, train = {SPLIT} → {LAST}"),
                edited(_as_found, "test, train = → train, test ="),
            ],
        ),
        Misconception(
            "a scale of the test alone",
            "Mean and spread are those of the files that are tested. They belong to what is trained on: what is "
            "tested may take no part in anything that is fitted.",
            edited(held_out_accuracy, "x_train.mean(0), x_train.std(0) → x_test.mean(0), x_test.std(0)"),
        ),
        Misconception(
            "a scale that has seen the test",
            "The files are apart now, but mean or spread still come from all files. What is tested may take no part in "
            "anything that is fitted.",
            edited(
                held_out_accuracy,
                "x_train.mean(0), x_train.std(0) → features.flatten(0, 1).mean(0), features.flatten(0, 1).std(0)",
            ),
        ),
        Misconception(
            "a scale of its own for the test",
            "You scale what is tested by a mean or a spread of its own. The probe knows another scale, the one that it "
            "was fitted on; and what is tested may take no part in anything that is fitted.",
            [
                edited(
                    held_out_accuracy,
                    "said = (x_test - mean) / std → said = (x_test - x_test.mean(0)) / x_test.std(0)",
                ),
                edited(held_out_accuracy, "said = (x_test - mean) / std → said = (x_test - mean) / x_test.std(0)"),
                edited(held_out_accuracy, "said = (x_test - mean) / std → said = (x_test - x_test.mean(0)) / std"),
            ],
        ),
        Misconception(
            "each file scaled by itself",
            "You scale each file by its own mean and spread, the tested ones too. One scale is asked for: that of "
            "what is trained on.",
            edited(
                held_out_accuracy,
                "x_train, y_train = → features = (features - features.mean(1, keepdim=True)) / "
                "features.std(1, keepdim=True)\n    x_train, y_train =",
                "mean, std = x_train.mean(0), x_train.std(0) → mean, std = 0, 1",
            ),
        ),
        Misconception(
            "no scale",
            "You do not scale the features. Then the ridge holds back the weight of a small feature more than that of "
            "a large one: keep the scaling, with mean and spread of what is trained on.",
            edited(held_out_accuracy, "mean, std = x_train.mean(0), x_train.std(0) → mean, std = 0, 1"),
        ),
        Misconception(
            "a test that is not scaled",
            "The probe was fitted on scaled features, and you test it on those as they came, or leave out the mean "
            "or the spread. Both parts get the same scale.",
            [
                edited(held_out_accuracy, f"said = (x_test - mean) / std → said = {test}")
                for test in ("x_test", "(x_test - mean)", "x_test / std")
            ],
        ),
        Misconception(
            "the notebook's number of files",
            "You hold out as many files as HELD says, the number of the notebook. How many they are here, `held` says.",
            edited(held_out_accuracy, "x_train, y_train = → held = 8\n    x_train, y_train ="),
            where=lambda labels, **_: len(labels) > 8,  # else none is left to train on
        ),
        Misconception(
            "too few files held out",
            "Where two files are to be held out you test on one alone. `held` says how many.",
            [
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[:-1].flatten(0, 1), labels[:-1].flatten()",
                    "features[-held:].flatten(0, 1), labels[-held:].flatten() → features[-1], labels[-1]",
                ),
                *(
                    edited(
                        held_out_accuracy,
                        f"features[-held:].flatten(0, 1), labels[-held:].flatten() → features[{one}], labels[{one}]",
                    )
                    for one in ("-held", "-1")
                ),
            ],
            where=lambda held, **_: held > 1,
        ),
        Misconception(
            "a file too many or too few",
            "You cut one file too early: one too many is tested, or one is neither trained on nor tested. The last "
            "`held` files are tested, and all others trained on.",
            [
                edited(held_out_accuracy, "x_train, y_train = → held += 1\n    x_train, y_train ="),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[: -held - 1].flatten(0, 1), labels[: -held - 1].flatten()",
                ),
            ],
        ),
        Misconception(
            "bytes in the place of files",
            "You hold out the last `held` bytes of all. `held` counts files: cut along the first dimension before you "
            "flatten.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1) → features.flatten(0, 1)[:-held]",
                "labels[:-held].flatten() → labels.flatten()[:-held]",
                "features[-held:].flatten(0, 1) → features.flatten(0, 1)[-held:]",
                "labels[-held:].flatten() → labels.flatten()[-held:]",
            ),
        ),
        Misconception(
            "files drawn by lot",
            "You hold out whole files, but draw them. The task asks for the last ones.",
            [
                *(
                    edited(
                        held_out_accuracy,
                        "x_train, y_train = → order = torch.randperm(len(labels), "
                        f"generator=torch.Generator().manual_seed({seed}))\n    features, labels = features[order], "
                        "labels[order]\n    x_train, y_train =",
                    )
                    for seed in (0, 1, 42)
                ),
                edited(
                    _as_found,
                    f"{SHUFFLE} → (torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))[:, None] "
                    "* labels.shape[1] + torch.arange(labels.shape[1])).flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "x_train, y_train = → order = torch.randperm(len(labels), "
                    "generator=torch.Generator().manual_seed(0))\n    order = order.roll(-held)\n    features, labels "
                    "= features[order], labels[order]\n    x_train, y_train =",
                ),
            ],
        ),
        Misconception(
            "only the shuffle taken away",
            "The files stay whole now. But you test on the *first* ones, as `split` in this order gives them, and the "
            "last are asked for; and mean and spread are still those of all files.",
            edited(_as_found, f"{SHUFFLE} → torch.arange(len(y))"),
        ),
        Misconception(
            "every file held out in turn",
            "You hold out every file in turn and take the mean. The task asks for the last `held` files, with a probe "
            "on all the others.",
            _in_turn,
        ),
        Misconception(
            "a mean over the files",
            "You take the balanced accuracy of each tested file, and then the mean. The task asks for the shares "
            "among all tested bytes together.",
            _file_by_file,
            where=lambda held, **_: held > 1,
        ),
        Misconception(
            "training and test exchanged",
            "You train on `held` files and test on all others. `held` files, the last ones, are to be tested on.",
            [
                *(
                    edited(
                        held_out_accuracy,
                        f"features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                        f"features[{known}].flatten(0, 1), labels[{known}].flatten()",
                        f"x_test, y_test = features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                        f"x_test, y_test = features[{others}].flatten(0, 1), labels[{others}].flatten()",
                    )
                    for known, others in (("-held:", ":-held"), (":held", "held:"))
                ),
                edited(_as_found, f"{SHUFFLE} → torch.arange(len(y))", "test, train = → train, test ="),
            ],
        ),
        Misconception(
            "one of the two shares",
            "You give the share of right answers in one group. A probe that takes every byte for one of that group "
            "would be perfect: take the mean of both groups' shares.",
            [
                edited(held_out_accuracy, " + (~said[~y_test]).float().mean()).item() / 2 → ).item()"),
                edited(held_out_accuracy, "said[y_test].float().mean() + (~said → (~said", ".item() / 2 → .item()"),
            ],
        ),
        Misconception(
            "no cut",
            "You compare the score without c with 0. The cut is part of the probe.",
            edited(held_out_accuracy, "@ w + c > 0 → @ w > 0"),
        ),
        Misconception(
            "a half in the place of 0",
            "You compare the score with one half. The targets are 0 and 1, but c has moved the score: at which one "
            "does the probe of exercise 4 change its mind?",
            edited(held_out_accuracy, "@ w + c > 0 → @ w + c > 0.5"),
        ),
        Misconception(
            "a cut of the wrong sign",
            "You take the cut away from the score. `fit_probe` gives it with its sign: x · w + c.",
            edited(held_out_accuracy, "@ w + c > 0 → @ w - c > 0"),
        ),
        Misconception(
            "shares of wrong answers",
            "You count the answers that are wrong, or take a score above 0 for outside. Above 0 stands for inside, and "
            "the task asks for the shares of right answers.",
            edited(held_out_accuracy, "@ w + c > 0 → @ w + c <= 0"),
        ),
        Misconception(
            "a yes counted as right outside",
            "Among the bytes outside you count those that the probe calls inside. Which answer is right there?",
            edited(held_out_accuracy, "(~said[~y_test]).float() → said[~y_test].float()"),
        ),
        Misconception(
            "shares of the verdicts",
            "You ask how often the probe is right when it says inside, and when it says outside. Balanced accuracy "
            "counts the other way: what does the probe say about the bytes that *are* inside, and outside?",
            _of_the_verdicts,
            where=lambda **case: math.isfinite(_of_the_verdicts(**case)),  # it never says the one or the other
        ),
        Misconception(
            "a scale for each place of a file",
            "You take mean and spread over the files alone, so that each place of a file has a scale of its own. A "
            "feature has one mean and one spread, over all bytes that are trained on.",
            [
                edited(
                    held_out_accuracy,
                    f"x_train, y_train = → features = (features - features{known}.mean(0)) / features{known}.std(0)\n"
                    "    x_train, y_train =",
                    "mean, std = x_train.mean(0), x_train.std(0) → mean, std = 0, 1",
                )
                for known in ("[:-held]", "")
            ],
        ),
        Misconception(
            "a scale across the features",
            "Your mean and spread go across the features: one for all of them, or one for each byte. A feature has a "
            "mean and a spread of its own, over all bytes that are trained on.",
            [
                edited(held_out_accuracy, "x_train.mean(0), x_train.std(0) → x_train.mean(), x_train.std()"),
                edited(
                    held_out_accuracy,
                    "(x_train - mean) / std → (x_train - x_train.mean(1, keepdim=True)) / x_train.std(1, keepdim=True)",
                    "(x_test - mean) / std → (x_test - x_test.mean(1, keepdim=True)) / x_test.std(1, keepdim=True)",
                ),
            ],
        ),
        Misconception(
            "a variance in the place of the spread",
            "You divide by the variance. The spread is its root.",
            edited(held_out_accuracy, "x_train.std(0) → x_train.var(0)"),
        ),
        Misconception(
            "a ridge as the remedy",
            "The ridge is not the cause: bytes are still drawn one by one, and beside tested ones lie some that are "
            "trained on. Set whole files apart, and fit with the ridge that is given.",
            [
                *(edited(_as_found, f"y[train], ridge) → y[train], {own})") for own in (0.1, 1.0, 10.0)),
                edited(_as_found, "y[train], ridge) → y[train], ridge * len(train))"),
            ],
        ),
        Misconception(
            "a ridge of your own",
            "You fit with a ridge of your own. Use the one that is given, as it is.",
            [
                *(edited(held_out_accuracy, f"y_train, ridge) → y_train, {own})") for own in (0.0, 0.01, 0.1, 1.0)),
                *(
                    edited(held_out_accuracy, f"y_train, ridge) → y_train, ridge {change})")
                    for change in ("* len(y_train)", "/ len(y_train)", "* 2", "/ 2")
                ),
            ],
        ),
        Misconception(
            "the first files held out",
            "You hold out the first files. The task asks for the last ones.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                "features[held:].flatten(0, 1), labels[held:].flatten()",
                "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                "features[:held].flatten(0, 1), labels[:held].flatten()",
            ),
        ),
        Misconception(
            "a test on what was trained on",
            "You test on files that you trained on. That shows how well they are remembered.",
            [
                edited(
                    held_out_accuracy,
                    "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                    "features.flatten(0, 1), labels.flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "features[-held:].flatten(0, 1), labels[-held:].flatten() → x_train, y_train",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features.flatten(0, 1), labels.flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                    "features[held:].flatten(0, 1), labels[held:].flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[held:].flatten(0, 1), labels[held:].flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[:-1].flatten(0, 1), labels[:-1].flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[: len(labels) - held + 1].flatten(0, 1), labels[: len(labels) - held + 1].flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "fit_probe((x_train - mean) / std, y_train, ridge) → "
                    "fit_probe((features.flatten(0, 1) - mean) / std, labels.flatten(), ridge)",
                ),
                edited(_as_found, "fit_probe(x[train], y[train], ridge) → fit_probe(x, y, ridge)"),
                edited(
                    held_out_accuracy,
                    "fit_probe((x_train - mean) / std, y_train, ridge) → "
                    "fit_probe((x_test - mean) / std, y_test, ridge)",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features[-held:].flatten(0, 1), labels[-held:].flatten()",
                ),
            ],
        ),
        Misconception(
            "the end of every file held out",
            "You cut each file in two and test on its end. A file has a manner of its own, and the probe has learned "
            "it from the beginning. Hold out whole files.",
            [
                edited(
                    held_out_accuracy,
                    f"features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    f"features[:, :-{end}].flatten(0, 1), labels[:, :-{end}].flatten()",
                    f"features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                    f"features[:, -{end}:].flatten(0, 1), labels[:, -{end}:].flatten()",
                )
                for end in (
                    "held",
                    "(held * labels.shape[1] // len(labels))",
                    "(labels.shape[1] - labels.shape[1] * (len(labels) - held) // len(labels))",
                    "(labels.shape[1] - labels.shape[1] // 2)",
                )
            ],
            where=lambda features, labels, held, ridge: bool(
                held * labels.shape[1] >= len(labels)  # else no place is held out
                and labels[:, -held:].any()
                and not labels[:, -held:].all()  # else it is not a number
            ),
        ),
        Misconception(
            "a plain share of right answers",
            "You give the share of right answers, in which the larger group counts for "
            "more. Balanced accuracy is the mean of the two groups' shares.",
            [
                _plain_share,
                edited(
                    _plain_share,
                    "x_train.mean(0), x_train.std(0) → features.flatten(0, 1).mean(0), features.flatten(0, 1).std(0)",
                ),
            ],
        ),
    ],
)
