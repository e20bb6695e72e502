"""Exercise 5: split_weight_decay."""

import copy

import torch
from torch import nn

from lite_mamba import Mamba

from ....checking.compare import Facts, Remark
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def split_weight_decay(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for an optimiser: decay for unmarked parameters with two axes or more, none for the rest."""
    decay, no_decay = [], []
    for parameter in model.parameters():
        spared = parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False)
        (no_decay if spared else decay).append(parameter)
    return [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]


def _spared(condition: str):
    """A wrong split that spares other parameters; the condition may ask for a parameter's name."""
    named = "parameter in model.parameters() → name, parameter in model.named_parameters()"
    right = 'parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False)'
    return edited(split_weight_decay, named, f"{right} → {condition}")


_NAMED = '"bias" in name or "norm" in name'
_MARKED = 'getattr(parameter, "_no_weight_decay", False)'


def _seen(parameters: str):
    """A wrong split that goes through other parameters."""
    return edited(split_weight_decay, f"model.parameters() → {parameters}")


def _groups(groups: str):
    """A wrong split whose groups are other ones."""
    right = '[{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]'
    return edited(split_weight_decay, f"{right} → {groups}")


def _two_ifs(rest: str):
    """A wrong split that asks for the mark first, and then for the rest as if it had not."""
    marked = 'marked = getattr(parameter, "_no_weight_decay", False)\n        if marked: no_decay.append(parameter)'
    right = """spared = parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False)
        (no_decay if spared else decay).append(parameter)"""
    return edited(split_weight_decay, f"{right} → {marked}\n        {rest}")


FILTER_NAMES = {2: ("phase", "mix", "offset"), 3: ("angle", "blend", "level"), 4: ("turn", "weave", "start")}


class Filter(nn.Module):
    """Another layer: two marked matrices not called A_log, an unmarked one not called weight, a vector, and a number.

    Three of its names change with its size: a list of those that a failing case shows does not fit the next one.
    """

    def __init__(self, d_model: int):
        super().__init__()
        marked, matrix, vector = FILTER_NAMES[d_model]
        self.rate = nn.Parameter(torch.ones(d_model, 2))
        self.rate._no_weight_decay = True
        second = nn.Parameter(torch.ones(d_model, 2))
        second._no_weight_decay = True
        self.register_parameter(marked, second)  # right behind another: who takes one out of a list must not skip it
        self.register_parameter(matrix, nn.Parameter(torch.ones(2, d_model)))
        self.register_parameter(vector, nn.Parameter(torch.ones(d_model)))
        self.gain = nn.Parameter(torch.tensor(1.0))


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
    model["block"].in_proj.weight._no_reinit = True  # another mark, which says nothing of decay
    if tied:
        model["head"].weight = model["embedding"].weight
    return model


def _in_words(d_model: int, tied: bool) -> dict[str, Remark]:
    """The layers of a model, as a failing case shows them."""
    marked, matrix, vector = FILTER_NAMES[d_model]
    layers = {
        "embedding": f"Embedding(5, {d_model})",
        "norm": f"LayerNorm({d_model})",
        "block": f"Mamba({d_model})",
        "filter": f"rate and {marked}, both marked, {matrix}, {vector} and gain",
        "head": f"Linear({d_model}, 5)" + (", its weight that of embedding" if tied else ""),
    }
    return {name: Remark(layer) for name, layer in layers.items()}


ASKED = {(d_model, tied): _in_words(d_model, tied) for d_model in FILTER_NAMES for tied in (False, True)}


def _decay_of_each(function, model: dict[str, Remark], weight_decay: float) -> Facts | None:
    """The weight decay that each parameter gets from a function's groups, by name, and what else was done to them."""
    model = decay_model(*next(made_of for made_of, words in ASKED.items() if words == model))
    before = copy.deepcopy(model)
    groups = function(model, weight_decay)
    if groups is None:
        return None
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, dict) for group in groups):
        kinds = (
            [type(group).__name__ for group in groups] if isinstance(groups, (list, tuple)) else type(groups).__name__
        )
        raise TypeError(f"a list of groups is wanted, dicts with 'params' and 'weight_decay'; got {kinds}")
    if not all("params" in group for group in groups):
        raise TypeError("an optimiser looks for the key 'params' in each group, and it is not there")
    if len(groups) > 2:
        raise TypeError("two groups are wanted; there are more")
    given: dict[int, list[str]] = {}
    own, others = set(model.parameters()), "nothing"
    for group in groups:
        if isinstance(group["params"], (set, frozenset)):
            raise TypeError("an optimiser wants the parameters in a list: a set has no order that stays")
        decay = group.get("weight_decay")
        said = repr(decay) if decay is None or isinstance(decay, (str, list, tuple)) else f"{decay:g}"
        for parameter in list(group["params"]):
            given.setdefault(id(parameter), []).append(said if "weight_decay" in group else "the default")
            if isinstance(parameter, nn.Parameter) and parameter not in own:
                others = "parameters of another model"
    decays = {name: Remark(" and ".join(given.get(id(p), ["in no group"]))) for name, p in model.named_parameters()}
    facts = {
        "the rest of the groups": Remark(others),
        "the list of changed or frozen parameters": _changed(model, before),
    }
    return Facts("a list of groups", decays | facts)


def _changed(model: nn.Module, before: nn.Module) -> list[str]:
    """The parameters that hold other numbers than before, or are no longer trained, by name."""
    pairs = zip(model.named_parameters(), before.parameters(), strict=True)
    return [name for (name, now), then in pairs if not torch.equal(now, then) or not now.requires_grad]


def _decay_cases(draw: Draw) -> dict:
    model = ASKED[draw.size(2, 4), draw.choice([False, True])]
    return {"model": model, "weight_decay": draw.choice([0.01, 0.1])}


SPLIT_WEIGHT_DECAY = Exercise(
    id="06.split_weight_decay",
    title="Who decays and who does not",
    reference=split_weight_decay,
    cases=_decay_cases,
    apply=_decay_of_each,
    trials=8,
    misconceptions=[
        Misconception(
            "marks that are ignored",
            "Only the number of axes has an effect in your split. That spares biases, norms and D. But A_log has two "
            "axes, so it decays, and all time scales with it. The parameter itself carries a mark, _no_weight_decay: "
            "ask it, by this name.",
            _spared("parameter.ndim < 2"),
        ),
        Misconception(
            "the mark of another rule",
            "_no_reinit says that a first value is not to be overwritten, and nothing of decay. Here "
            "block.in_proj.weight carries it, a matrix that decays. The mark that spares is _no_weight_decay.",
            [
                _spared('parameter.ndim < 2 or getattr(parameter, "_no_reinit", False)'),
                _spared(
                    'parameter.ndim < 2 or hasattr(parameter, "_no_reinit") or hasattr(parameter, "_no_weight_decay")'
                ),
            ],
        ),
        Misconception(
            "a choice by the word bias",
            "You spare what is called bias. A_log, D, the gates and the weights of the norm are not called so, and "
            "decay. Go by the marks and by the number of axes, not by names.",
            _spared('"bias" in name'),
        ),
        Misconception(
            "names in the place of marks",
            "You ask for A_log by its name. The next model has a parameter of the same kind under another name, here "
            "filter.rate. It is marked as A_log is: getattr(parameter, …, False) finds the mark under any name.",
            _spared('parameter.ndim < 2 or name.split(".")[-1] in ("A_log", "D")'),
        ),
        Misconception(
            "matrices of one name",
            "Only what is called weight decays in your split. The next model has matrices of other names, here "
            "filter.mix. It has two axes and no mark, so it decays like the others.",
            _spared('parameter.ndim < 2 or not name.endswith("weight")'),
        ),
        Misconception(
            "embeddings spared",
            "The embedding does not decay in your split. It is a matrix without a mark, so it decays like the others: "
            "the number of axes and the mark decide, not the kind of layer.",
            _spared('parameter.ndim < 2 or getattr(parameter, "_no_weight_decay", False) or "embedding" in name'),
        ),
        Misconception(
            "a list of names",
            "You go by names only. Here the block's conv_gates has one axis and a name of its own, and filter.rate is "
            "marked: both decay in your split. Axes and mark need no list.",
            [
                _spared(f'"bias" in name or {norm} or name.split(".")[-1] in {names}')
                for norm in ('"norm" in name', '"embedding" in name or "norm" in name', '"norm.bias" in name')
                for names in ('("A_log", "D")', '("A_log", "D", "gain")')
            ]
            + [_spared('name.split(".")[-1] in ("A_log", "D")')],
        ),
        Misconception(
            "names that fit one model",
            "Your list names what one failing case has shown. In other cases the filter's parameters have other names, "
            "and those that are to be spared decay in your split. Axes and mark need no list.",
            [
                _spared(condition)
                for condition in (
                    f'{_NAMED} or name.endswith(("gates", "gain", "offset")) or {_MARKED}',
                    f'{_NAMED} or name.endswith(("gates", "gain", "offset", "A_log", "D", "rate", "phase"))',
                    'parameter.ndim < 2 or name.endswith(("A_log", "rate", "phase"))',
                )
            ],
        ),
        Misconception(
            "names in the place of axes",
            "The mark is asked for, or a name, but not the number of axes. So what has one axis decays in your split "
            "where its name does not tell: the weight of the norm, conv_gates, or those of the filter.",
            [
                _spared(condition)
                for condition in (
                    f'"bias" in name or {_MARKED}',
                    f"{_NAMED} or {_MARKED}",
                    f'{_NAMED} or "gates" in name or {_MARKED}',
                    f'{_NAMED} or name.endswith(("gates", "gain")) or {_MARKED}',
                    'not name.endswith("weight")',
                )
            ],
        ),
        Misconception(
            "marks alone",
            "You spare the marked parameters only. Biases, gates and norms have one axis, carry no mark, and should "
            "not decay either: they are offsets and scales, not weights between features.",
            _spared('getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "a convolution that is spared",
            "The weight of the convolution does not decay in your split. It has three axes and no mark: what has two "
            "axes *or more* decays.",
            _spared('parameter.ndim != 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "no axis at all",
            "ndim < 1 holds for single numbers only. A bias has one axis, and decays in your split: fewer than *two*.",
            _spared('parameter.ndim < 1 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "one axis exactly",
            "You spare what has exactly one axis. A parameter that is a single number, here filter.gain, has none, and "
            "decays in your split. Only two axes or more decay.",
            _spared('parameter.ndim == 1 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "the mark the wrong way round",
            "A_log and its like decay, though their mark asks for the opposite: _no_weight_decay stands on what is to "
            "be spared.",
            [
                _spared('parameter.ndim < 2 or not getattr(parameter, "_no_weight_decay", False)'),
                _spared('not getattr(parameter, "_no_weight_decay", False)'),
                _spared('parameter.ndim < 2 and not getattr(parameter, "_no_weight_decay", False)'),
            ],
        ),
        Misconception(
            "weights of known layers alone",
            "Only the weights of linear layers decay in your split, or those of the convolution too. Others have two "
            "axes or more and no mark as well, such as the embedding and filter.mix. Go through the parameters, not "
            "through kinds of layers.",
            [
                _spared(f"{other}all(parameter is not m.weight for m in model.modules() if isinstance(m, {layers}))")
                for layers in ("nn.Linear", "(nn.Linear, nn.Conv1d)")
                for other in ("", '"embedding" in name or ')
            ],
        ),
        Misconception(
            "groups without the key weight_decay",
            "The groups do not say weight_decay, so both get the optimiser's default, which is 0.01 for AdamW. The "
            "keys have the names of the optimiser's arguments: params, weight_decay.",
            _groups('[{"params": decay}, {"params": no_decay}]'),
        ),
        Misconception(
            "something else than a list of groups",
            "What comes back is one dict, or an optimiser. The task asks for what an optimiser is made from: a list "
            'with two dicts, {"params": …, "weight_decay": …}.',
            [
                _groups('{"decay": decay, "no_decay": no_decay}'),
                _groups("torch.optim.AdamW(decay)"),
            ],
        ),
        Misconception(
            "both conditions at once",
            "You spare what has one axis *and* carries a mark: that is D alone. One of the two is enough to be spared.",
            _spared('parameter.ndim < 2 and getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "marked parameters that are lost",
            "Marked parameters are in neither group: all of them, or those with two axes. What an optimiser is not "
            "given, it does not train: they would stay as they are for ever.",
            [
                _seen('[p for p in model.parameters() if not hasattr(p, "_no_weight_decay")]'),
                _seen('[p for p in model.parameters() if p.ndim < 2 or not hasattr(p, "_no_weight_decay")]'),
            ],
        ),
        Misconception(
            "biases and norms that are lost",
            "Parameters with fewer than two axes are in neither group: all of them, or those without a mark. What an "
            "optimiser is not given, it does not train.",
            [
                _seen('[p for p in model.parameters() if p.ndim > 1 or hasattr(p, "_no_weight_decay")]'),
                _seen("[p for p in model.parameters() if p.ndim > 1]"),
            ],
        ),
        Misconception(
            "a single number that is lost",
            "A parameter that is a single number, here filter.gain, has no axis at all and is in neither group. The "
            "opposite of “two axes or more” is “fewer than two”. What an optimiser is not given, it does not train.",
            _seen('[p for p in model.parameters() if p.ndim > 0 or hasattr(p, "_no_weight_decay")]'),
        ),
        Misconception(
            "two conditions that are no opposites",
            "Some parameters are in neither group: those with one axis and no mark, and the marked ones with two. The "
            "opposite of “two axes and no mark” is “one axis *or* a mark”. What an optimiser is not given, it does not "
            "train.",
            _seen('[p for p in model.parameters() if (p.ndim < 2) == hasattr(p, "_no_weight_decay")]'),
        ),
        Misconception(
            "layers inside of other layers left out",
            "What lies deeper inside of the block is in neither group: an optimiser would not train it. "
            "model.children() goes through the outermost layers only, and recurse=False does not look into them. "
            "model.parameters() goes through all by itself.",
            _seen("[p for layer in model.children() for p in layer.parameters(recurse=False)]"),
        ),
        Misconception(
            "one group without its parameters",
            "Only one of the two groups holds parameters of the model; the other is missing, empty, or holds copies. "
            "What an optimiser is not given, it does not train: its parameters would stay as they are for ever.",
            [
                _groups('[{"params": decay, "weight_decay": weight_decay}]'),
                _groups('[{"params": no_decay, "weight_decay": 0.0}]'),
            ],
        ),
        Misconception(
            "parameters in both groups",
            "Some parameters stand in both groups: the first holds some that are to be spared, biases among them, or "
            "the second holds those that decay. AdamW refuses such groups. Each parameter goes into exactly one.",
            [
                edited(split_weight_decay, f'"params": decay → "params": decay + {more}')
                for more in ("no_decay", '[p for p in no_decay if not hasattr(p, "_no_weight_decay")]')
            ]
            + [edited(split_weight_decay, '"params": no_decay → "params": list(model.parameters())')]
            + [
                edited(
                    split_weight_decay,
                    '"params": decay → "params": decay + [p for p in no_decay if not hasattr(p, "_no_weight_decay")]',
                    '"params": no_decay → "params": no_decay + [p for p in no_decay if p.ndim < 2 and '
                    'hasattr(p, "_no_weight_decay")]',
                )
            ],
        ),
        Misconception(
            "all parameters in both groups",
            "Every parameter stands in both groups: both hold all of them, or the same list. a = b = [] makes one list "
            "with two names; each group wants a list of its own.",
            edited(split_weight_decay, "decay, no_decay = [], [] → decay = no_decay = []"),
        ),
        Misconception(
            "a parameter taken apart",
            "extend and += take what they are given apart, row by row, and fail at a single number. append puts the "
            "parameter in as a whole.",
            [
                edited(split_weight_decay, "append → extend"),
                edited(split_weight_decay, "(no_decay if spared else decay).append(parameter) → no_decay += parameter"),
            ],
        ),
        Misconception(
            "marked matrices in both groups",
            "A_log has two axes, so it went into the first group, and it is marked, so it went into the second one "
            "too. Each parameter goes into one group, and once: the mark wins.",
            [
                edited(split_weight_decay, '"params": decay → "params": decay + [p for p in no_decay if p.ndim > 1]'),
                _two_ifs("if parameter.ndim < 2: no_decay.append(parameter)\n        else: decay.append(parameter)"),
            ],
        ),
        Misconception(
            "one parameter twice in a group",
            "D has one axis and it is marked. It went into the second group once for the one and once for the other, "
            "and an optimiser wants each parameter once.",
            _two_ifs(
                "if parameter.ndim < 2: no_decay.append(parameter)\n        elif not marked: decay.append(parameter)"
            ),
        ),
        Misconception(
            "lists that begin anew in each round",
            "Only the last parameter is in a group: the lists are made inside of the loop, so each round begins with "
            "empty ones.",
            edited(
                split_weight_decay,
                "    decay, no_decay = [], []\n → ",
                "parameters():\n → parameters():\n        decay, no_decay = [], []\n",
            ),
        ),
        Misconception(
            "a shared weight that is counted twice",
            "A weight that two modules share comes twice, as it does where each module is asked for its own, and the "
            "optimiser refuses it. model.parameters() lists each one once.",
            _seen("[p for module in model.modules() for p in module.parameters(recurse=False)]"),
        ),
        Misconception(
            "parameters counted again by every parent",
            "Each module also lists the parameters of its children, so most come several times. Ask the model once: "
            "model.parameters() goes through all modules by itself.",
            _seen("[p for module in model.modules() for p in module.parameters()]"),
        ),
        Misconception(
            "nothing but linear layers",
            "Only what belongs to linear layers is in your groups. What an optimiser is not given, it does not train: "
            "go through all parameters, not through kinds of layers.",
            _seen("[p for m in model.modules() if isinstance(m, nn.Linear) for p in m.parameters()]"),
        ),
        Misconception(
            "a loop that ends after one round",
            "Only the first parameter is in a group. A return that stands inside of a loop ends the function in its "
            "first round: how far is yours indented?",
            _seen("[next(model.parameters())]"),
        ),
        Misconception(
            "groups without the key params",
            "Your dicts have no key params. The keys have the names of what an optimiser looks for: params, "
            "weight_decay.",
            _groups('[{"parameters": decay, "weight_decay": weight_decay}]'),
        ),
        Misconception(
            "more groups than two",
            "You make more than two groups, for example one a parameter. Two are wanted: in the first all that decays, "
            "in the second all the rest.",
            edited(
                split_weight_decay,
                'return → return [{"params": [p], "weight_decay": weight_decay} for p in decay] + ',
            ),
        ),
        Misconception(
            "a second group without its own decay",
            "The second group does not say weight_decay. Then it gets the optimiser's default, which is 0.01 for "
            "AdamW, not 0. Say it.",
            edited(split_weight_decay, ', "weight_decay": 0.0 → '),
        ),
        Misconception(
            "a first group without its decay",
            "The first group does not say weight_decay. Then it gets the optimiser's default, not the number that your "
            "function is given. Say it.",
            edited(split_weight_decay, ', "weight_decay": weight_decay → '),
        ),
        Misconception(
            "nothing that decays",
            "Nothing decays in your split. Matrices without a mark do. Which condition sends them to the first group, "
            "and can it hold: what does getattr answer where there is no mark? And which decay does this group get?",
            edited(split_weight_decay, "False) → True)"),
        ),
        Misconception(
            "axes the wrong way round",
            "Matrices are spared in your split, and biases decay. It is the other way round: a bias has one axis, and "
            "fewer than two are spared.",
            _spared('parameter.ndim >= 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "a decay that was not given",
            "The first group is to decay by the number that your function gets, not by one of your own.",
            [
                edited(split_weight_decay, f'"weight_decay": weight_decay → "weight_decay": {own}')
                for own in (0.1, 0.01)
            ],
        ),
        Misconception(
            "more than two axes",
            "You spare what has two axes as well, so that hardly anything decays. Matrices decay: two axes *or more*.",
            _spared('parameter.ndim <= 2 or getattr(parameter, "_no_weight_decay", False)'),
        ),
        Misconception(
            "a decay for everything",
            "All parameters decay, so nothing is spared. Biases, norms and what is marked go into a second group, "
            "which gets 0.0.",
            edited(split_weight_decay, '"weight_decay": 0.0 → "weight_decay": weight_decay'),
        ),
        Misconception(
            "groups without the model's parameters",
            "No parameter of the model is in a group: they are empty, or hold names, pairs, copies or bare tensors, as "
            ".data and state_dict() give them. An optimiser reads the gradient of what it is given, and changes it: it "
            "wants the parameters themselves.",
            [
                edited(split_weight_decay, "append(parameter) → append(parameter.data)"),
                edited(split_weight_decay, "append(parameter) → append(nn.Parameter(parameter.data))"),
            ],
        ),
        Misconception(
            "few numbers in the place of few axes",
            "You ask how many numbers a parameter has, or how long its first axis is. A bias may be long, and "
            "filter.gain has no axis: it is the number of axes, ndim, that sets both apart.",
            [
                _spared(f'{many} < 2 or getattr(parameter, "_no_weight_decay", False)')
                for many in ("parameter.numel()", "len(parameter)", "parameter.shape[0]")
            ],
        ),
        Misconception(
            "a set of parameters",
            "The parameters stand in a set. It has no order that stays, so an optimiser refuses it: make a list.",
            edited(
                split_weight_decay,
                '"params": decay, → "params": set(decay),',
                '"params": no_decay, → "params": set(no_decay),',
            ),
        ),
        Misconception(
            "swapped groups",
            "The right parameters are together, but the decay went to the wrong group.",
            edited(split_weight_decay, "no_decay if spared else decay → decay if spared else no_decay"),
        ),
        Misconception(
            "a mark that most parameters do not have",
            "Most parameters carry no mark at all, so reading it raises an error. getattr takes a third argument: what "
            "to answer where there is nothing.",
            [
                _spared(f"parameter.ndim < 2 or {read}")
                for read in ("parameter._no_weight_decay", 'getattr(parameter, "_no_weight_decay")')
            ],
        ),
        Misconception(
            "parameters compared by their values",
            "`in` compares tensors number by number, and fails. Decide for each parameter on the spot which list it "
            "goes into, so that you never have to look for it again.",
            [
                edited(
                    split_weight_decay,
                    f'"params": decay → "params": [p for p in model.parameters() if p not in {them}]',
                )
                for them in ("no_decay", '[p for p in no_decay if hasattr(p, "_no_weight_decay")]')
            ],
        ),
        Misconception(
            "groups that are no dicts",
            'An optimiser wants a list of dicts, one a group: {"params": …, "weight_decay": …}.',
            [
                _groups(lists)
                for lists in (
                    "[decay, no_decay]",
                    "[*decay, *no_decay]",
                    "decay",
                    "[(decay, weight_decay), (no_decay, 0.0)]",
                )
            ],
        ),
    ],
)
