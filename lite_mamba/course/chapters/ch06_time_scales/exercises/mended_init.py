"""Bug hunt: mended_init. The suspect has three mistakes, and each hides the next."""

import math
from collections import OrderedDict
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import Mamba

from ....checking.compare import Facts, Remark
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .inverse_softplus import inverse_softplus


def mended_init(model: nn.Module, u: Tensor) -> None:
    """Zero for every bias, but the inverse softplus of log-uniform step sizes for a marked one."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                if getattr(layer.bias, "_no_reinit", False):
                    log_dt = math.log(0.001) + u * math.log(0.1 / 0.001)  # (D,)
                    layer.bias.copy_(inverse_softplus(torch.exp(log_dt)))
                else:
                    layer.bias.zero_()


def _then_reset(condition: str = ""):
    """`mended_init`, and after it a new draw for the linear layers of which the condition holds."""
    loop = "for layer in model.modules():\n            if isinstance(layer, nn.Linear)"
    return edited(
        mended_init, f"zero_() → zero_()\n        {loop}{condition}:\n                layer.reset_parameters()"
    )


def _then_the_others_reset(init):
    """An initialisation, and after it a new draw for the linear layers without a mark: with a bias, or all of them."""

    def init_and_reset(model, u, all_of_them):
        init(model, u)
        for layer in model.modules():
            spared = getattr(layer.bias, "_no_reinit", False) if isinstance(layer, nn.Linear) else True
            if not spared and (all_of_them or layer.bias is not None):
                layer.reset_parameters()

    return [partial(init_and_reset, all_of_them=each) for each in (True, False)]


def _after_a_reset(init):
    """An initialisation, after a new draw for all linear layers."""

    def reset_and_init(model, u):
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        init(model, u)

    return reset_and_init


def _with_zero_weights(*beside: str):
    """A wrong `mended_init`: right, but for weights set to zero: those beside an unmarked, a marked bias, or none."""

    def init(model, u):
        mended_init(model, u)
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                mark = "marked" if getattr(layer.bias, "_no_reinit", False) else "unmarked"
                if ("none" if layer.bias is None else mark) in beside:
                    layer.weight.data.zero_()

    return init


def _with_zeros_elsewhere(most_axes: int):
    """A wrong `mended_init`: zero for all that has so many axes at most and no mark."""

    def init(model, u):
        mended_init(model, u)
        for parameter in model.parameters():
            if parameter.ndim <= most_axes and not getattr(parameter, "_no_reinit", False):
                parameter.data.zero_()

    return init


def _frozen(*, biases_only: bool):
    """A wrong `mended_init`: right, but for biases of linear layers, or all parameters, that no longer train."""

    def init(model, u):
        mended_init(model, u)
        biases = [layer.bias for layer in model.modules() if isinstance(layer, nn.Linear) and layer.bias is not None]
        for parameter in biases if biases_only else model.parameters():
            parameter.requires_grad = False

    return init


def _made_once(write: str):
    """A wrong `mended_init`: the numbers of the marked biases are made once, and lie in one place of memory."""
    return edited(
        mended_init,
        "with torch.no_grad(): → numbers = inverse_softplus(0.001 * 100**u)\n    with torch.no_grad():",
        f"layer.bias.copy_(inverse_softplus(torch.exp(log_dt))) → {write}",
    )


def _marked(formula: str):
    """A wrong `mended_init`: another number for the marked bias."""
    return edited(mended_init, f"inverse_softplus(torch.exp(log_dt)) → {formula}")


_BY_LAYER = edited(mended_init, "getattr(layer.bias → getattr(layer")
_LOG_FED = _marked("inverse_softplus(log_dt)")
_UNWRITTEN = edited(mended_init, "layer.bias.copy_(inverse_softplus(torch.exp(log_dt))) → pass")


def small_model(d_model: int) -> nn.Sequential:
    """A linear layer, a Mamba block with biases, a linear layer as wide as the block, and one with a marked bias."""
    D = 2 * d_model
    layers = {
        "first": nn.Linear(3, d_model),
        "block": Mamba(d_model, d_state=2, bias=True),
        "wide": nn.Linear(d_model, D),
        "marked": nn.Linear(D, D),
    }
    layers["marked"].bias._no_reinit = True
    return nn.Sequential(OrderedDict(layers))


def _first_values(function, model: dict[str, Remark], u: Tensor) -> Facts:
    """What an initialisation leaves behind in the same model each time: Δ, all other biases, and the rest.

    A case has the model in words, for the card, and each function gets a new one: it changes what it gets.
    The weights and the convolution may be drawn anew, but must stay random; everything must stay trainable, and marked
    what is marked.
    """
    torch.default_generator.manual_seed(0)
    model = small_model(len(u) // 2)
    function(model, u)
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    random = {f"{name}.weight": layer.weight for name, layer in layers}
    random |= {name: parameter for name, parameter in model.named_parameters() if "conv1d" in name}
    biases = {f"{name}.bias": layer.bias.detach() for name, layer in layers if layer.bias is not None}
    facts = {
        **{f"softplus({name})": F.softplus(biases.pop(name)) for name in ("block.dt_proj.bias", "marked.bias")},
        **biases,
        **{f"block.{name}": getattr(model.block, name).detach() for name in ("A_log", "D", "conv_gates")},
        "no longer random": [name for name, parameter in random.items() if not parameter.min() < parameter.max()],
        "the list of marked parameters": [
            name for name, parameter in model.named_parameters() if getattr(parameter, "_no_reinit", False)
        ],
        "no longer trained": [name for name, parameter in model.named_parameters() if not parameter.requires_grad],
        "in the memory of another": _in_the_memory_of_another(model),
    }
    return Facts("a model", facts)


def _in_the_memory_of_another(model: nn.Module) -> list[str]:
    """The parameters whose numbers are those of one before them, by name."""
    before, names = set(), []
    for name, parameter in model.named_parameters():
        place = parameter.untyped_storage().data_ptr()
        if place in before:
            names.append(name)
        before.add(place)
    return names


def _init_cases(draw: Draw) -> dict:
    d_model = draw.size(2, 3)
    D = 2 * d_model
    layers = {
        "first": f"Linear(3, {d_model})",
        "block": f"Mamba({d_model}, bias=True)",
        "wide": f"Linear({d_model}, {D})",
        "marked": f"Linear({D}, {D}), its bias marked",
    }
    return {"model": {name: Remark(layer) for name, layer in layers.items()}, "u": draw.integers(0, 10, D) / 10}


MENDED_INIT = Exercise(
    id="06.mended_init",
    title="Three mistakes, one behind the other",
    reference=mended_init,
    cases=_init_cases,
    apply=_first_values,
    misconceptions=[
        Misconception(
            "biases that are overwritten",
            "Every Δ is large, some tenths or more, and differs from channel to channel, and the other biases are not "
            "zero either: these are random first values. So a new draw has the last word.",
            [_then_reset(), _then_reset(" and layer.bias is not None")],
            given=True,
        ),
        Misconception(
            "marked biases set to zero",
            "Every Δ is exactly softplus(0) = 0.693: the dt bias is zero. Either zeros take the place of your "
            "numbers, or your numbers are never written. On which object does the package put its mark: the layer, the "
            "weight or the bias?",
            [_BY_LAYER, *_then_the_others_reset(_BY_LAYER)],
        ),
        Misconception(
            "the logarithm of a negative number",
            "Δ is not a number: somewhere a logarithm is taken of a negative number, perhaps by the inverse of "
            "softplus. Three things are negative here: log(dt), exp(log(dt)) − 1, and the bias that comes out. Which "
            "of them goes in?",
            [_LOG_FED, *_then_the_others_reset(_LOG_FED)],
        ),
        Misconception(
            "a logarithm without its sign",
            "Δ is a number now, but above 2, and the largest u gives the smallest. The inverse of softplus got "
            "log(dt) with its minus taken away. Do not turn the sign round: what leads from log(dt) to dt?",
            _marked("inverse_softplus(-log_dt)"),
        ),
        Misconception(
            "the same small number for every Δ",
            "Every Δ is the same small number, and nothing is left of u. Where log(dt) is lifted to a least number, "
            "all of it is: it is negative. Nothing is to be cut off: what leads from log(dt) to dt?",
            [_marked(f"inverse_softplus(log_dt.clamp(min={least}))") for least in (1e-6, 1e-4, 0.001, 0.01)],
        ),
        Misconception(
            "two kinds of logarithm",
            "The way into the logarithm and the way back are not of one kind, so that Δ does not go from 0.001 to "
            "0.1: exp undoes math.log, 10 ** … undoes math.log10, 2 ** … undoes math.log2.",
            [
                *(_marked(f"inverse_softplus({base}**log_dt)") for base in (10, 2)),
                _marked("inverse_softplus(torch.exp(log_dt / math.log(10)))"),
            ],
        ),
        Misconception(
            "a forgotten inverse",
            "Every Δ lies a little above 0.69: the bias got Δ itself, or exp(Δ) − 1. softplus comes after the bias, so "
            "the bias needs the number that softplus turns into Δ.",
            [_marked("torch.exp(log_dt)"), _marked("torch.expm1(torch.exp(log_dt))")],
        ),
        Misconception(
            "a softplus in the place of its inverse",
            "Every Δ lies above 0.69: you apply softplus to the number that goes into the bias, and the block applies "
            "it once more. The bias needs the number that softplus turns into Δ: the way back.",
            [_marked("F.softplus(log_dt)"), _marked("F.softplus(torch.exp(log_dt))")],
        ),
        Misconception(
            "a logarithm in the place of the inverse",
            "Close, but a few per cent off where Δ is large: the bias got log(dt). That is the inverse of exp. Use "
            "both: back from the logarithm, then through the inverse of softplus.",
            _marked("log_dt"),
        ),
        Misconception(
            "a bias known by its name or its length",
            "Δ of the block is right. But here another layer's bias is as long and carries no mark, and yet another "
            "carries the mark and has another name. Only the mark tells what a bias is for: ask the bias for it.",
            [
                edited(mended_init, 'getattr(layer.bias, "_no_reinit", False) → layer.bias.shape == u.shape'),
                edited(
                    mended_init,
                    "layer in model.modules() → name, layer in model.named_modules()",
                    'getattr(layer.bias, "_no_reinit", False) → name.endswith("dt_proj")',
                ),
            ],
        ),
        Misconception(
            "other biases that stay random",
            "Δ is right. But the other biases hold random first values: every bias without the mark has to be zero.",
            [
                edited(mended_init, "layer.bias.zero_() → pass"),
                _after_a_reset(edited(mended_init, "layer.bias.zero_() → pass")),
            ],
        ),
        Misconception(
            "a marked bias drawn anew",
            "Every bias without the mark is zero, as it should be. Those with the mark hold random first values: "
            "for their layers reset_parameters has the last word.",
            _then_reset(' and getattr(layer.bias, "_no_reinit", False)'),
        ),
        Misconception(
            "another range",
            "Δ is spread over the decades, but not from 0.001 to 0.1. The docstring names both ends: where do u = 0 "
            "and u = 1 land?",
            [
                _marked(f"inverse_softplus({low} * {ratio} ** u)")
                for low in (0.0001, 0.001, 0.01, 0.1)
                for ratio in (0.1, 10, 100, 1000)
                if (low, ratio) != (0.001, 100)
            ],
        ),
        Misconception(
            "the other biases drawn anew",
            "The marked biases are safe, and Δ is right. But for the other layers reset_parameters has the last word, "
            "and draws their biases anew.",
            _then_the_others_reset(mended_init),
        ),
        Misconception(
            "a uniform draw",
            "Δ lies in the right range, spread over the numbers and not over the decades. Exercise 3 has the "
            "log-uniform draw.",
            _marked("inverse_softplus(0.001 + u * 0.099)"),
        ),
        Misconception(
            "a range from top to bottom",
            "Δ lies in the right range, but u = 0 gives 0.1 and u = 1 gives 0.001. The draw goes from the low end up.",
            _marked("inverse_softplus(0.1 * 0.01**u)"),
        ),
        Misconception(
            "random numbers of your own",
            "You draw random numbers yourself, and u plays no part. It *is* the draw, made beforehand, so that two "
            "programs can be compared.",
            edited(mended_init, "+ u * → + torch.rand_like(u) *"),
        ),
        Misconception(
            "weights that are all alike",
            "The biases are right, but all weights of a layer, or of several, are one number now: the outputs of such "
            "a layer differ by their biases alone. Only biases are to be set.",
            [
                _with_zero_weights(*beside)
                for beside in (("unmarked", "marked", "none"), ("unmarked", "none"), ("unmarked",), ("marked",))
            ],
        ),
        Misconception(
            "zeros beyond the biases of linear layers",
            "The biases of linear layers are right, and other parameters are zero as well: the bias of the "
            "convolution, or D of the block. Only biases of linear layers are to be set.",
            [
                _with_zeros_elsewhere(1),
                _with_zeros_elsewhere(3),
                edited(mended_init, "isinstance(layer, nn.Linear) → isinstance(layer, (nn.Linear, nn.Conv1d))"),
            ],
        ),
        Misconception(
            "biases that no longer train",
            "The biases are right, and training will leave them as they are: their requires_grad is off. A first value "
            "is where training begins. torch.no_grad allows the change, and the parameter goes on to be trained.",
            [
                _frozen(biases_only=True),
                _frozen(biases_only=False),
                edited(mended_init, "layer.bias.copy_( → layer.bias.requires_grad_(False).copy_("),
            ],
        ),
        Misconception(
            "autograd that stays off",
            "The biases are right, but your function switches autograd off and leaves it off: whoever trains after it "
            "gets no gradients. torch.no_grad, as a block or above the function, ends by itself.",
            edited(mended_init, "with torch.no_grad(): → torch.set_grad_enabled(False)\n    if True:"),
        ),
        Misconception(
            "a change that autograd forbids",
            "A parameter is changed in place, and autograd watches it. A first value is not a step of the "
            "computation: torch.no_grad says so.",
            edited(mended_init, "torch.no_grad() → torch.enable_grad()"),
        ),
        Misconception(
            "a layer without a bias",
            "Some linear layers have no bias, x_proj in the block for one: theirs is None, and nothing can be written "
            "into it. Ask for it before you write.",
            [
                edited(mended_init, " and layer.bias is not None → "),
                edited(mended_init, " and layer.bias is not None → ", "bias.zero_() → bias.data.zero_()"),
                edited(mended_init, " and layer.bias is not None → ", "bias.zero_() → bias.fill_(0)"),
            ],
        ),
        Misconception(
            "marked biases left alone",
            "Every bias without the mark is zero, but the marked ones never get your numbers: they hold what they "
            "held, or what a reset drew. They are to get the numbers that softplus turns into step sizes, written into "
            "the bias itself: a new name for it changes nothing.",
            [_UNWRITTEN, _after_a_reset(_UNWRITTEN)],
        ),
        Misconception(
            "layers inside of other layers left out",
            "Only the layers at the top are set up, and those inside of the block are not. model.modules() goes "
            "through all of them, model.children() through the outermost.",
            edited(mended_init, "model.modules() → model.children()"),
        ),
        Misconception(
            "a loop that ends after one round",
            "Only the first linear layer is set up. A return or a break that stands inside of a loop ends it in its "
            "first round: how far is yours indented?",
            edited(mended_init, "layer.bias.zero_() → layer.bias.zero_()\n                    return"),
        ),
        Misconception(
            "layers behind the first mark left out",
            "Up to the first marked bias all is right, and nothing behind it is set up. More than one bias may carry "
            "the mark, and other layers come after it: what ends your loop there?",
            edited(mended_init, "(torch.exp(log_dt))) → (torch.exp(log_dt)))\n                    break"),
        ),
        Misconception(
            "numbers added to the old bias",
            "Every bias without the mark is zero. The marked ones still have their first values in them: your numbers "
            "were added to what stood there. Write over it.",
            edited(mended_init, "copy_( → add_("),
        ),
        Misconception(
            "biases taken away",
            "Where a bias is to be zero there is none any more: None is no bias at all, and cannot be trained. Set its "
            "numbers to zero.",
            edited(mended_init, "layer.bias.zero_() → layer.bias = None"),
        ),
        Misconception(
            "a mark that most biases do not have",
            "Most biases carry no mark at all, so reading it raises an error. getattr takes a third argument: what to "
            "answer where there is nothing.",
            edited(mended_init, 'getattr(layer.bias, "_no_reinit", False) → layer.bias._no_reinit'),
        ),
        Misconception(
            "a model that is left as it was",
            "The model is as it was: nothing was written, or it was written into a copy. The biases of the given "
            "model are to be changed in place.",
            edited(mended_init, "with torch.no_grad(): → return\n    with torch.no_grad():"),
        ),
        Misconception(
            "a mark that is lost",
            "The biases are right, but the mark is gone, as it is when a new parameter takes the place of the old one: "
            "the next program sets them to zero. Change the numbers of the old parameter, with copy_.",
            [
                edited(mended_init, "layer.bias.copy_( → layer.bias = nn.Parameter("),
                _made_once("layer.bias = nn.Parameter(numbers)"),
            ],
        ),
        Misconception(
            "numbers that several biases share",
            "The biases are right, but several are the same numbers in memory: whoever changes one changes the others. "
            "A tensor that is made once, and put in place of .data, is not copied: copy_ fills each bias.",
            _made_once("layer.bias.data = numbers"),
        ),
        Misconception(
            "a tensor in the place of a parameter",
            "A layer keeps its bias as a parameter, and takes no plain tensor in its place. Leave the parameter where "
            "it is and change its numbers: a function whose name ends in _ does that.",
            edited(mended_init, "layer.bias.copy_( → layer.bias = ("),
        ),
        Misconception(
            "step sizes for a bias without the mark",
            "You try to write the D step sizes into a bias of another length. Only the bias that carries the mark gets "
            "them: look at the condition once more, and at which way round it is.",
            edited(mended_init, "if getattr → if not getattr"),
        ),
    ],
)
