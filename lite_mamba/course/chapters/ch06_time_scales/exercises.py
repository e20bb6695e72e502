"""Exercises of notebook 06: half-lives, the start of Δ, and what keeps it through set-up and training."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import Mamba

from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: half_life


def half_life(A: Tensor, delta: Tensor) -> Tensor:
    """ln 2 / (−A Δ) in steps, for A (D, N) and Δ (D,): (D, N)."""
    return math.log(2) / (-A * delta[:, None])  # (D, N)


def _half_life_cases(draw: Draw) -> dict:
    channels = draw.size(2, 4)
    states = channels + draw.size(1, 3)  # never as many as channels: a wrong axis must show
    A = -draw.integers(1, 40, channels, states) / 4  # (D, N)
    return {"A": A, "delta": torch.tensor([draw.choice([0.001, 0.01, 0.02, 0.1, 0.5]) for _ in range(channels)])}


HALF_LIFE = Exercise(
    id="06.half_life",
    title="The half-life of every state",
    reference=half_life,
    cases=_half_life_cases,
    axes=("channel", "state"),
    misconceptions=[
        Misconception(
            "a time constant",
            "1/(−A·Δ) is the number of steps until 1/e = 37 % is left. That is a time scale too, but not the "
            "half-life: which number belongs in the place of the 1, so that a half is left?",
            lambda A, delta: 1 / (-A * delta[:, None]),
        ),
        Misconception(
            "a logarithm to the base 10",
            "You use log10(2) = 0.301. The exponential is that of e, so the logarithm is the natural one: math.log(2), "
            "or torch.log.",
            lambda A, delta: math.log10(2) / (-A * delta[:, None]),
        ),
        Misconception(
            "a negative half-life",
            "A is negative, so your number of steps is negative too. Start from exp(Δ·A·t) = 1/2 and take the "
            "logarithm of both sides: the logarithm of 1/2 is negative as well.",
            lambda A, delta: math.log(2) / (A * delta[:, None]),
        ),
        Misconception(
            "a half-life in time, not in steps",
            "ln 2 / (−A) is the half-life in units of time. A step lasts Δ units of time. How many steps fit in?",
            lambda A, delta: math.log(2) / -A,
        ),
        Misconception(
            "an upside-down ratio",
            "You multiply where you should divide: with your formula a larger Δ makes the state remember longer. What "
            "does a larger step do to exp(Δ·A)?",
            lambda A, delta: math.log(2) * -A * delta[:, None],
        ),
        Misconception(
            "what is left after one step",
            "exp(Δ·A) is the factor of a single step. The question is the other way round: after how many steps has "
            "this factor, multiplied again and again, come down to 1/2?",
            lambda A, delta: torch.exp(A * delta[:, None]),
        ),
        Misconception(
            "the factor of Euler's rule",
            "You take 1 + Δ·A as the factor of a step. Mamba uses exp(Δ·A) for its states, as in notebook 04. With it "
            "the logarithm becomes simple, and nothing fails when Δ·A is below −1.",
            lambda A, delta: math.log(0.5) / torch.log(1 + A * delta[:, None]),
        ),
        Misconception(
            "whole steps",
            "You round up to whole steps. Leave the fraction: 0.43 steps says more than 1, namely that most of the "
            "state is gone after a single step.",
            lambda A, delta: torch.ceil(half_life(A, delta)),
        ),
        Misconception(
            "a Δ without its second axis",
            "A is (D, N) and Δ is (D,). PyTorch lines shapes up from the right, so it tries to match D with N. Each "
            "channel's Δ belongs to a whole row of A: it needs a second axis, of size 1.",
            raises=RuntimeError,
            when=lambda error: "must match the size" in str(error),
        ),
    ],
)


# Exercise 2: inverse_softplus


def inverse_softplus(dt: Tensor) -> Tensor:
    """dt + log(1 − e^(−dt)), with expm1 so that no digit is lost for a small dt."""
    return dt + torch.log(-torch.expm1(-dt))


def _inverse_cases(draw: Draw) -> dict:
    sizes = [1e-8, 1e-6, 1e-4, 0.001, 0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0, 200.0]
    return {"dt": torch.tensor([draw.choice(sizes) for _ in range(draw.size(1, 8))])}


INVERSE = Exercise(
    id="06.inverse_softplus",
    title="The inverse of softplus",
    reference=inverse_softplus,
    cases=_inverse_cases,
    trials=40,
    misconceptions=[
        Misconception(
            "the form that loses its digits",
            "The algebra is right: log(exp(dt) − 1). But in float32 exp(1e-8) is exactly 1, so you take the logarithm "
            "of 0; and exp(100) is infinite. Bring it into a form in which only exp(−dt) occurs, and look at "
            "torch.expm1.",
            lambda dt: torch.log(torch.exp(dt) - 1),
        ),
        Misconception(
            "a form that overflows",
            "Small values are exact now. But expm1(100) is infinite in float32, while the answer is 100. Take dt out "
            "of the logarithm first: exp(dt) − 1 = exp(dt)·(1 − exp(−dt)).",
            lambda dt: torch.log(torch.expm1(dt)),
        ),
        Misconception(
            "a difference that cancels",
            "Large values are right now, small ones not: 1 − exp(−dt) subtracts two numbers that are almost equal, and "
            "for dt = 1e-8 nothing is left of it. torch.expm1(x) computes exp(x) − 1 without this loss.",
            lambda dt: dt + torch.log(1 - torch.exp(-dt)),
        ),
        Misconception(
            "the softplus itself",
            "You apply softplus once more. The inverse has to lead back: what you put into softplus so that dt comes "
            "out. For a small dt it is a negative number.",
            lambda dt: F.softplus(dt),
        ),
        Misconception(
            "a plain logarithm",
            "log(dt) is close for a small dt, because there softplus is almost exp. At dt = 1 it gives 0, and "
            "softplus(0) is 0.693. Solve dt = log(1 + exp(x)) for x.",
            lambda dt: torch.log(dt),
        ),
        Misconception(
            "a plus in the place of a minus",
            "log(exp(dt) + 1) is softplus again, in another spelling. When you solve dt = log(1 + exp(x)) for x, the 1 "
            "changes sides.",
            lambda dt: torch.log(torch.exp(dt) + 1),
        ),
        Misconception(
            "a forgotten dt",
            "You return log(1 − exp(−dt)) alone. When exp(dt) is taken out of the logarithm, it leaves something in "
            "front of it.",
            lambda dt: torch.log(-torch.expm1(-dt)),
        ),
        Misconception(
            "a forgotten logarithm",
            "exp(dt) − 1 is exp(x), not x.",
            lambda dt: torch.expm1(dt),
        ),
        Misconception(
            "the logarithm of a negative number",
            "expm1(−dt) is negative for every dt > 0, so its logarithm is not a number. Which sign turns it into "
            "1 − exp(−dt)?",
            lambda dt: dt + torch.log(torch.expm1(-dt)),
        ),
        Misconception(
            "the inverse of another function",
            "log(dt / (1 − dt)) undoes the sigmoid. Softplus is log(1 + exp(x)); it is never below 0, but it may be "
            "larger than 1.",
            lambda dt: torch.log(dt / (1 - dt)),
        ),
    ],
)


# Exercise 3: sample_dt


def sample_dt(u: Tensor, dt_min: float, dt_max: float, dt_init_floor: float) -> Tensor:
    """exp(log dt_min + u (log dt_max − log dt_min)), none below the floor: (D,)."""
    low, high = math.log(dt_min), math.log(dt_max)
    return torch.exp(low + u * (high - low)).clamp(min=dt_init_floor)  # (D,)


def _log_dt(u, dt_min, dt_max):
    return math.log(dt_min) + u * (math.log(dt_max) - math.log(dt_min))


def _sample_cases(draw: Draw) -> dict:
    dt_min = draw.choice([0.001, 0.01])
    return {
        "u": draw.integers(0, 10, draw.size(2, 6)) / 10,
        "dt_min": dt_min,
        "dt_max": draw.choice([0.1, 0.5]),
        "dt_init_floor": draw.choice([0.0001, 0.004, 0.02]),
    }


SAMPLE = Exercise(
    id="06.sample_dt",
    title="Step sizes, spread over the decades",
    reference=sample_dt,
    cases=_sample_cases,
    atol=1e-7,
    example={"u": torch.tensor([0.0, 0.25, 0.5, 1.0]), "dt_min": 0.001, "dt_max": 0.1, "dt_init_floor": 0.002},
    misconceptions=[
        Misconception(
            "a uniform draw",
            "You spread the values evenly between dt_min and dt_max. Then u = 0.5 gives 0.05, the middle of the "
            "*numbers*. Spread their logarithms evenly instead: u = 0.5 must give 0.01, the middle of the *factors*.",
            lambda u, low, high, floor: (low + u * (high - low)).clamp(min=floor),
        ),
        Misconception(
            "a logarithm that stays one",
            "Your values are logarithms of step sizes, negative all of them, and then the floor lifts them. Come back "
            "from the logarithm before you compare with the floor.",
            lambda u, low, high, floor: _log_dt(u, low, high).clamp(min=floor),
        ),
        Misconception(
            "a logarithm that is returned",
            "You return log(dt), a negative number. A step size is positive: which function undoes the logarithm?",
            lambda u, low, high, floor: _log_dt(u, low, high),
        ),
        Misconception(
            "an ignored floor",
            "The draw is right, but dt_init_floor does nothing. Every value below it has to be lifted to it.",
            lambda u, low, high, floor: torch.exp(_log_dt(u, low, high)),
        ),
        Misconception(
            "a floor under the logarithm",
            "You compare the *logarithm* with the floor. All logarithms are negative, so all are lifted, and exp makes "
            "about 1 of each. First exp, then the floor.",
            lambda u, low, high, floor: torch.exp(_log_dt(u, low, high).clamp(min=floor)),
        ),
        Misconception(
            "a floor that is a ceiling",
            "clamp(max=…) cuts what lies *above*. A floor lifts what lies below: clamp(min=…).",
            lambda u, low, high, floor: torch.exp(_log_dt(u, low, high)).clamp(max=floor),
        ),
        Misconception(
            "a floor that moves the range",
            "You raise dt_min to the floor and then draw from the smaller range, so every value moves. The floor "
            "touches only the values that came out below it.",
            lambda u, low, high, floor: torch.exp(_log_dt(u, max(low, floor), high)),
        ),
        Misconception(
            "an end in the place of a distance",
            "You go u · log(dt_max) away from log(dt_min), so u = 1 does not lead to dt_max. How far is it from one "
            "end to the other?",
            lambda u, low, high, floor: torch.exp(math.log(low) + u * math.log(high)).clamp(min=floor),
        ),
        Misconception(
            "two kinds of logarithm",
            "You draw between log10(dt_min) and log10(dt_max), but come back with exp, which belongs to the natural "
            "logarithm. Take math.log, or come back with 10 ** …",
            lambda u, low, high, floor: torch.exp(_log_dt(u, low, high) / math.log(10)).clamp(min=floor),
        ),
        Misconception(
            "a range from top to bottom",
            "u = 0 gives dt_max and u = 1 gives dt_min. For random u it makes no difference, but the exercise says: "
            "u = 0 is the low end.",
            lambda u, low, high, floor: torch.exp(_log_dt(u, high, low)).clamp(min=floor),
        ),
        Misconception(
            "a bias in the place of Δ",
            "You have already applied the inverse of softplus. That is the next step; here the step sizes themselves "
            "are wanted.",
            lambda u, low, high, floor: inverse_softplus(sample_dt(u, low, high, floor)),
        ),
    ],
)


# Exercise 4: dt_weight


def dt_weight(u: Tensor, dt_init: str, dt_scale: float) -> Tensor:
    """Between ± R^(−1/2)·dt_scale for "random", all at the upper end for "constant": (D, R)."""
    bound = u.shape[1] ** -0.5 * dt_scale
    return torch.full_like(u, bound) if dt_init == "constant" else (2 * u - 1) * bound  # (D, R)


def _with_bound(bound_of):
    """A wrong `dt_weight`: right but for its bound, `bound_of(D, R, dt_scale)`."""

    def weight(u, dt_init, dt_scale):
        bound = bound_of(*u.shape, dt_scale)
        return torch.full_like(u, bound) if dt_init == "constant" else (2 * u - 1) * bound

    return weight


def _only_random(shape_up):
    """A wrong `dt_weight`: `shape_up(u)` where "random" is asked for."""

    def weight(u, dt_init, dt_scale):
        bound = u.shape[1] ** -0.5 * dt_scale
        return torch.full_like(u, bound) if dt_init == "constant" else shape_up(u) * bound

    return weight


def _weight_cases(draw: Draw) -> dict:
    rank = draw.size(2, 4)
    u = draw.integers(0, 10, rank + draw.size(1, 3), rank) / 10  # (D, R)
    return {"u": u, "dt_init": draw.choice(["random", "constant"]), "dt_scale": draw.choice([0.5, 1.0, 2.0])}


WEIGHT = Exercise(
    id="06.dt_weight",
    title="The first weights of dt_proj",
    reference=dt_weight,
    cases=_weight_cases,
    axes=("channel", "rank"),
    misconceptions=[
        Misconception(
            "a bound that grows with the rank",
            "You multiply by the root of R. Each output adds up R products, so with a larger rank each weight has to "
            "be *smaller*.",
            _with_bound(lambda D, R, scale: R**0.5 * scale),
        ),
        Misconception(
            "a bound of 1/R",
            "With 1/R the sum of R random products shrinks as R grows. Independent random numbers cancel in part: "
            "their sum grows like the root of R, and this is what has to be made up for.",
            _with_bound(lambda D, R, scale: scale / R),
        ),
        Misconception(
            "the number of outputs in the place of the rank",
            "You take the root of D. But D counts the outputs. How many products does *one* output add up? Look at the "
            "second axis of the weight.",
            _with_bound(lambda D, R, scale: D**-0.5 * scale),
        ),
        Misconception(
            "a forgotten scale",
            "Everything is right for dt_scale = 1. Otherwise the bound is multiplied by it.",
            _with_bound(lambda D, R, scale: R**-0.5),
        ),
        Misconception(
            "a scale that divides",
            "A larger dt_scale has to make the weights larger. You divide by it, or you put it inside the root.",
            _with_bound(lambda D, R, scale: R**-0.5 / scale),
        ),
        Misconception(
            "positive weights only",
            "u lies between 0 and 1, so all your weights are positive, and every input would only make Δ larger. "
            "Stretch u to the range from −1 to 1 first.",
            _only_random(lambda u: u),
        ),
        Misconception(
            "half the range",
            "u − 1/2 lies between −1/2 and 1/2, so your weights reach half of the bound only. The range from −1 to 1 "
            "is twice as wide.",
            _only_random(lambda u: u - 0.5),
        ),
        Misconception(
            "random weights for both",
            'You do not look at dt_init. With "constant" every weight is the upper bound, and u plays no part.',
            lambda u, dt_init, dt_scale: dt_weight(u, "random", dt_scale),
        ),
        Misconception(
            "constant weights for both",
            'With "random" the weights are spread between −bound and bound; yours all sit at the upper end.',
            lambda u, dt_init, dt_scale: dt_weight(u, "constant", dt_scale),
        ),
        Misconception(
            "swapped axes",
            "nn.Linear(R, D) keeps its weight as (D, R): outputs first. Yours is the other way round.",
            lambda u, dt_init, dt_scale: dt_weight(u, dt_init, dt_scale).T,
        ),
    ],
)


# Bug hunt: mended_init. The suspect has three mistakes, and each hides the next.


def suspect_init(model: nn.Module, u: Tensor) -> None:
    """Zero for every bias, but log-uniform step sizes for a marked one. It has three mistakes."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                if getattr(layer, "_no_reinit", False):
                    log_dt = math.log(0.001) + u * math.log(0.1 / 0.001)  # (D,)
                    layer.bias.copy_(inverse_softplus(log_dt))
                else:
                    layer.bias.zero_()
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()


def _initialise(model: nn.Module, u: Tensor, dt_bias, others=nn.init.zeros_) -> None:
    """Give marked biases `dt_bias(log_dt)`, and all other biases of linear layers `others`."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                if getattr(layer.bias, "_no_reinit", False):
                    layer.bias.copy_(dt_bias(_log_dt(u, 0.001, 0.1)))
                else:
                    others(layer.bias)


def mended_init(model: nn.Module, u: Tensor) -> None:
    """Zero for every bias, but the inverse softplus of log-uniform step sizes for a marked one."""
    _initialise(model, u, lambda log_dt: inverse_softplus(torch.exp(log_dt)))


def _reset_the_others_last(model: nn.Module, u: Tensor) -> None:
    mended_init(model, u)
    for layer in model.modules():
        if isinstance(layer, nn.Linear) and not getattr(layer.bias, "_no_reinit", False):
            layer.reset_parameters()


def _leave(bias: Tensor) -> None:
    """Leaves a bias as it is."""


def small_model(d_model: int) -> nn.Sequential:
    """A linear layer, a Mamba block with biases, a linear layer."""
    return nn.Sequential(nn.Linear(3, d_model), Mamba(d_model, d_state=2, bias=True), nn.Linear(d_model, 2))


def _first_values(function, d_model: int, u: Tensor) -> dict[str, Tensor]:
    """What an initialisation leaves behind in the same model each time: Δ of the block, and all other biases."""
    torch.manual_seed(0)
    model = small_model(d_model)
    function(model, u)
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    biases = {f"{name}.bias": layer.bias.detach() for name, layer in layers if layer.bias is not None}
    return {"softplus(1.dt_proj.bias)": F.softplus(biases.pop("1.dt_proj.bias")), **biases}


def _init_cases(draw: Draw) -> dict:
    d_model = draw.size(2, 3)
    return {"d_model": d_model, "u": draw.integers(0, 10, 2 * d_model) / 10}


MENDED = Exercise(
    id="06.mended_init",
    title="Three mistakes, one behind the other",
    reference=mended_init,
    cases=_init_cases,
    apply=_first_values,
    misconceptions=[
        Misconception(
            "a reset that comes last",
            "Δ lies on both sides of 0.69, and differs from channel to channel: PyTorch has drawn all biases anew. "
            "Whatever your first loop sets, a later call of reset_parameters throws it away.",
            suspect_init,
        ),
        Misconception(
            "a mark that is not found",
            "Every Δ is exactly softplus(0) = 0.693: the dt bias was set to zero like all others. The condition for it "
            "was never true. On which object does the package put its mark: the layer, the weight or the bias?",
            lambda model, u: _initialise(model, u, torch.zeros_like),
        ),
        Misconception(
            "a logarithm fed to the inverse",
            "Δ is not a number. The inverse of softplus got log(dt), which is negative, and no softplus is ever "
            "negative. What leads from log(dt) to dt?",
            lambda model, u: _initialise(model, u, inverse_softplus),
        ),
        Misconception(
            "a forgotten inverse",
            "Every Δ lies a little above 0.69: the bias got Δ itself. softplus comes after the bias, so the bias needs "
            "the number that softplus turns into Δ.",
            lambda model, u: _initialise(model, u, torch.exp),
        ),
        Misconception(
            "a logarithm in the place of the inverse",
            "Close, but a few per cent off where Δ is large: the bias got log(dt). That is the inverse of exp. Use "
            "both: back from the logarithm, then through the inverse of softplus.",
            lambda model, u: _initialise(model, u, lambda log_dt: log_dt),
        ),
        Misconception(
            "other biases that stay random",
            "Δ is right now. But the other biases still hold their random first values: every bias without the mark "
            "has to be zero.",
            lambda model, u: _initialise(model, u, lambda log_dt: inverse_softplus(torch.exp(log_dt)), _leave),
        ),
        Misconception(
            "a reset after the zeros",
            "The marked bias is safe now, and Δ is right. But reset_parameters still comes last for the other layers, "
            "and draws their biases anew.",
            _reset_the_others_last,
        ),
        Misconception(
            "step sizes for every layer",
            "You try to write the D step sizes into a bias of another length. Only the bias that carries the mark gets "
            "them: look at the condition once more, and at which way round it is.",
            raises=RuntimeError,
            when=lambda error: any(word in str(error) for word in ("must match", "doesn't match")),
        ),
    ],
)


# Exercise 5: split_weight_decay


def split_weight_decay(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for an optimiser: decay for unmarked parameters with two axes or more, none for the rest."""
    return _split(model, weight_decay, lambda name, p: p.ndim >= 2 and not getattr(p, "_no_weight_decay", False))


def _split(model, weight_decay, decays) -> list[dict]:
    groups = {True: [], False: []}
    for name, parameter in model.named_parameters():
        groups[decays(name, parameter)].append(parameter)
    return _groups(groups[True], groups[False], weight_decay)


def _groups(decay, no_decay, weight_decay) -> list[dict]:
    return [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]


def _unmarked(parameter) -> bool:
    return not getattr(parameter, "_no_weight_decay", False)


def _lost(model, weight_decay):
    decay = [p for p in model.parameters() if p.ndim >= 2 and _unmarked(p)]
    return _groups(decay, [p for p in model.parameters() if p.ndim < 2 and _unmarked(p)], weight_decay)


def _in_both_groups(model, weight_decay):
    groups = split_weight_decay(model, weight_decay)
    return _groups(list(model.parameters()), groups[1]["params"], weight_decay)


def _marked_in_both(model, weight_decay):
    decay = [p for p in model.parameters() if p.ndim >= 2]
    return _groups(decay, [p for p in model.parameters() if p.ndim < 2 or not _unmarked(p)], weight_decay)


def _walk(model, recurse):
    """Parameters module by module: shared ones come again, and with `recurse` those of every child too."""
    return [p for module in model.modules() for p in module.parameters(recurse=recurse)]


def _from_walk(recurse):
    def split(model, weight_decay):
        seen = _walk(model, recurse)
        decay = [p for p in seen if p.ndim >= 2 and _unmarked(p)]
        return _groups(decay, [p for p in seen if p.ndim < 2 or not _unmarked(p)], weight_decay)

    return split


def _default_for_the_second(model, weight_decay):
    groups = split_weight_decay(model, weight_decay)
    return [groups[0], {"params": groups[1]["params"]}]


class Filter(nn.Module):
    """Another layer with a parameter that must not decay: (d_model, 2), marked, and not called A_log."""

    def __init__(self, d_model: int):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(d_model, 2))
        self.rate._no_weight_decay = True


def decay_model(d_model: int, tied: bool) -> nn.Module:
    """A small language model with every kind of parameter; if tied, head and embedding share one weight."""
    model = nn.ModuleDict(
        {
            "embedding": nn.Embedding(5, d_model),
            "norm": nn.LayerNorm(d_model),
            "block": Mamba(d_model, d_state=2),
            "filter": Filter(d_model),
            "head": nn.Linear(d_model, 5, bias=False),
        }
    )
    if tied:
        model["head"].weight = model["embedding"].weight
    return model


def _decay_of_each(function, d_model: int, tied: bool, weight_decay: float) -> dict[str, str]:
    """The weight decay that each parameter gets from a function's groups, by name."""
    model = decay_model(d_model, tied)
    groups = function(model, weight_decay)
    if not isinstance(groups, list) or not all(isinstance(group, dict) and "params" in group for group in groups):
        raise TypeError("split_weight_decay must return a list of groups: dicts with 'params' and 'weight_decay'")
    given: dict[int, list[str]] = {}
    for group in groups:
        decay = group.get("weight_decay")
        for parameter in list(group["params"]):
            given.setdefault(id(parameter), []).append("the default" if decay is None else f"{decay:g}")
    return {name: " and ".join(given.get(id(p), ["in no group"])) for name, p in model.named_parameters()}


def _decay_cases(draw: Draw) -> dict:
    return {"d_model": draw.size(2, 4), "tied": draw.choice([False, True]), "weight_decay": draw.choice([0.01, 0.1])}


SPLIT = Exercise(
    id="06.split_weight_decay",
    title="Who decays and who does not",
    reference=split_weight_decay,
    cases=_decay_cases,
    apply=_decay_of_each,
    trials=8,
    misconceptions=[
        Misconception(
            "marks that are ignored",
            "You go by the number of axes alone. That spares biases, norms and D. But A_log has two axes, so it "
            "decays, and all time scales with it. It carries a mark: ask for it.",
            lambda model, weight_decay: _split(model, weight_decay, lambda name, p: p.ndim >= 2),
        ),
        Misconception(
            "a choice by the word bias",
            "You spare what is called bias. A_log, D, the gates and the weights of the norm are not called so, and "
            "decay. Go by the marks and by the number of axes, not by names.",
            lambda model, weight_decay: _split(model, weight_decay, lambda name, p: "bias" not in name),
        ),
        Misconception(
            "names in the place of marks",
            "You know A_log and D by name. The next model has a parameter of the same kind under another name, here "
            "filter.rate. It is marked as they are: getattr(parameter, …, False) finds the mark on all of them.",
            lambda model, weight_decay: _split(
                model, weight_decay, lambda name, p: p.ndim >= 2 and name.split(".")[-1] not in ("A_log", "D")
            ),
        ),
        Misconception(
            "marks alone",
            "You spare the marked parameters only. Biases, gates and norms have one axis, carry no mark, and should "
            "not decay either: they are offsets and scales, not weights between features.",
            lambda model, weight_decay: _split(model, weight_decay, lambda name, p: _unmarked(p)),
        ),
        Misconception(
            "marked parameters that are lost",
            "The marked parameters are in neither group. What an optimiser is not given, it does not train: A_log and "
            "D would stay as they are for ever.",
            _lost,
        ),
        Misconception(
            "parameters in both groups",
            "The first group holds all parameters, so some stand in both. AdamW refuses such groups. Each parameter "
            "goes into exactly one.",
            _in_both_groups,
        ),
        Misconception(
            "marked matrices in both groups",
            "A_log has two axes, so it went into the first group, and it is marked, so it went into the second one "
            "too. Each parameter goes into exactly one: the mark wins.",
            _marked_in_both,
        ),
        Misconception(
            "a shared weight that is counted twice",
            "You collect the parameters module by module. A weight that two modules share comes twice, and the "
            "optimiser refuses it. model.parameters() lists each one once.",
            _from_walk(recurse=False),
        ),
        Misconception(
            "parameters counted again by every parent",
            "Each module also lists the parameters of its children, so most come several times. Ask the model once: "
            "model.parameters() goes through all modules by itself.",
            _from_walk(recurse=True),
        ),
        Misconception(
            "a second group without its own decay",
            "The second group does not say weight_decay. Then it gets the optimiser's default, which is 0.01 for "
            "AdamW, not 0. Say it.",
            _default_for_the_second,
        ),
        Misconception(
            "swapped groups",
            "The right parameters are together, but the decay went to the wrong group.",
            lambda model, weight_decay: _split(model, weight_decay, lambda name, p: p.ndim < 2 or not _unmarked(p)),
        ),
        Misconception(
            "a mark that most parameters do not have",
            "Most parameters carry no mark at all, so reading it raises an error. getattr takes a third argument: what "
            "to answer where there is nothing.",
            raises=AttributeError,
            when=lambda error: "_no_weight_decay" in str(error),
        ),
        Misconception(
            "parameters compared by their values",
            "`in` compares tensors number by number, and fails. Decide for each parameter on the spot which list it "
            "goes into, so that you never have to look for it again.",
            raises=RuntimeError,
            when=lambda error: "ambiguous" in str(error) or "must match" in str(error),
        ),
        Misconception(
            "two lists in the place of two groups",
            'An optimiser wants a list of dicts, one a group: {"params": …, "weight_decay": …}.',
            raises=TypeError,
            when=lambda error: "list of groups" in str(error),
        ),
    ],
)

EXERCISES = [HALF_LIFE, INVERSE, SAMPLE, WEIGHT, MENDED, SPLIT]

RECAP = [
    Question(
        "A channel has Δ = 0.01. Its state with A = −1 has a half-life of 69 steps. What is it for A = −4?",
        ["276 steps", "about 65 steps", "about 17 steps", "about 4 steps"],
        "about 17 steps",
        "The half-life is ln 2 / (−A·Δ). Four times the rate, a quarter of the steps.",
    ),
    Question(
        "What does S4D-real keep of the HiPPO-LegS matrix?",
        ["The rates 1, 2, …, N", "The links between the states", "The first column", "Nothing, it is random"],
        "The rates 1, 2, …, N",
        "It keeps the diagonal, −1 to −N: it holds the rates. The links below it, which make the waves, are dropped.",
    ),
    Question(
        "Why is dt drawn log-uniformly, not uniformly, between 0.001 and 0.1?",
        [
            "So that the mean of Δ is 0.05",
            "So that each factor of ten gets as many channels as the other",
            "Because softplus needs a logarithm",
            "So that no channel lies below the floor",
        ],
        "So that each factor of ten gets as many channels as the other",
        "Drawn uniformly, 91 of 100 channels would lie above 0.01, and few would remember for long.",
    ),
    Question(
        "A framework sets all biases to zero. How many steps does the slowest state of a Mamba block remember now?",
        ["Its half-life is 1 step", "Its half-life is 69 steps", "Its half-life is 693 steps", "It never forgets"],
        "Its half-life is 1 step",
        "Δ = softplus(0) = ln 2 in every channel. With A = −1 the half-life is ln 2 / ln 2 = 1 step.",
    ),
    Question(
        "Weight decay pulls A_log towards 0. What happens to the states?",
        [
            "They stop forgetting",
            "They forget at once",
            "Nothing, decay acts on weights only",
            "Their rates all move to 1",
        ],
        "Their rates all move to 1",
        "A = −exp(A_log), and exp(0) = 1. Sixteen time scales become one.",
    ),
]
