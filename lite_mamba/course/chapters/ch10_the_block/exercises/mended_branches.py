"""Bug hunt: mended_branches, judged by what the module saves and trains."""

from torch import nn

from ....checking.compare import Facts
from ....checking.exercise import Exercise, Misconception


def mended_branches(channels: int, taps: int, dilations: tuple[int, ...]) -> nn.Module:
    """A module with one convolution a dilation, each tensor under one name."""
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(_conv(channels, taps, dilation) for dilation in dilations)
    return front


def _conv(channels, taps, dilation):
    return nn.Conv1d(channels, channels, taps, dilation=dilation, groups=channels)


def suspect_branches(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _plain_list(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = [_conv(channels, taps, dilation) for dilation in dilations]
    return front


def _plain_list_beside_the_first(channels, taps, dilations):
    front = _plain_list(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _copied(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _numbers_copied(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.weight = nn.Parameter(front.conv1d_layers[0].weight.detach().clone())
    return front


def _hidden(channels, taps, dilations):
    front = suspect_branches(channels, taps, dilations)
    front.state_dict = lambda: {
        name: tensor for name, tensor in nn.Module.state_dict(front).items() if not name.startswith("conv1d.")
    }
    return front


def _moved_out(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations[1:])
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _of_layers(**settings):
    """The module with other convolutions."""

    def wrong(channels, taps, dilations):
        front = nn.Module()
        front.conv1d_layers = nn.ModuleList(
            nn.Conv1d(channels, channels, taps, **({"dilation": dilation, "groups": channels} | settings))
            for dilation in dilations
        )
        return front

    return wrong


def _with_padding(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    for layer in front.conv1d_layers:
        layer.padding = ((taps - 1) * layer.dilation[0],)
    return front


def _with_strides(channels, taps, dilations):
    """Strides in the place of the dilations."""
    front = mended_branches(channels, taps, dilations)
    for layer in front.conv1d_layers:
        layer.stride, layer.dilation = layer.dilation, layer.stride
    return front


def _taps_for_dilation(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(_conv(channels, dilation, taps) for dilation in dilations)
    return front


def _of_one_channel(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(nn.Conv1d(1, channels, taps, dilation=dilation) for dilation in dilations)
    return front


def _one_in_all_places(dilation):
    def wrong(channels, taps, dilations):
        front = nn.Module()
        front.conv1d_layers = nn.ModuleList([_conv(channels, taps, dilation(dilations))] * len(dilations))
        return front

    return wrong


def _under_another_name(channels, taps, dilations):
    front = nn.Module()
    front.layers = mended_branches(channels, taps, dilations).conv1d_layers
    return front


def _renamed(channels, taps, dilations):
    front = _under_another_name(channels, taps, dilations)
    front.conv1d = front.layers[0]
    return front


def _as_dict(channels, taps, dilations):
    front = nn.Module()
    layers = mended_branches(channels, taps, dilations).conv1d_layers
    front.conv1d_layers = nn.ModuleDict({str(i): layer for i, layer in enumerate(layers)})
    return front


def _a_convolution_for_the_list(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = _conv(channels, taps, dilations[0])
    return front


def _first_frozen(channels, taps, dilations):
    front = suspect_branches(channels, taps, dilations)
    front.conv1d.requires_grad_(False)
    return front


def _first_alone_frozen(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d_layers[0].requires_grad_(False)
    return front


def _numbers_again(*names):
    def wrong(channels, taps, dilations):
        front = mended_branches(channels, taps, dilations)
        for name in names:
            setattr(front, name, getattr(front.conv1d_layers[0], name))
        return front

    return wrong


def _list_again(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = front.conv1d_layers
    return front


def _without_bias(channels, taps, dilations):
    front = _of_layers(bias=False)(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _without_its_list(channels, taps, dilations):
    front = nn.Module()
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _no_dilation_twice(channels, taps, dilations):
    """Otherwise a dict by dilation has an entry less."""
    return len(set(dilations)) == len(dilations)


def _loads(front, saved):
    try:
        front.load_state_dict(saved)
    except (RuntimeError, TypeError):
        return False
    return True


def _size(setting):
    """A setting of a convolution as a layer keeps it, or as a learner writes it into the layer: (2,), 2 or "same"."""
    return setting[0] if isinstance(setting, tuple) else setting


def _facts(make, channels, taps, dilations):
    """What the check looks at: the numbers that are saved and that train, and the branches; no name, for a hunt."""
    front = make(channels, taps, dilations)
    if not isinstance(front, nn.Module):
        return front
    try:
        found = list(getattr(front, "conv1d_layers", []))
    except TypeError:  # a single convolution, or another module that no loop goes through
        found = []
    layers = [layer for layer in found if isinstance(layer, nn.Conv1d)]
    saved = front.state_dict()
    facts = {
        "numbers in the state dict": sum(tensor.numel() for tensor in saved.values()),
        "of them in conv1d_layers": sum(t.numel() for name, t in saved.items() if name.startswith("conv1d_layers.")),
        "its own state dict can be loaded": _loads(front, saved),
        "numbers that train": sum(one.numel() for one in front.parameters() if one.requires_grad),
        "dilations": tuple(_size(layer.dilation) for layer in layers),
        "taps": tuple(_size(layer.kernel_size) for layer in layers),
        "padding": tuple(_size(layer.padding) for layer in layers),
        "strides": tuple(_size(layer.stride) for layer in layers),
        "channels in, out, and groups": tuple((one.in_channels, one.out_channels, one.groups) for one in layers),
    }
    return Facts("a module", facts)


MENDED_BRANCHES = Exercise(
    id="10.mended_branches",
    title="The state dict that is too large",
    reference=mended_branches,
    cases=lambda draw: {
        "channels": draw.size(2, 5),
        "taps": draw.size(2, 4),
        "dilations": draw.in_turn([(1, 2), (1, 2, 4), (4, 1), (2, 3, 3), (1, 2, 4, 8)]),
    },
    apply=_facts,
    misconceptions=[
        Misconception(
            "the bug, still in",
            "The state dict still holds more numbers than train. Which names does it hold?",
            suspect_branches,
            given=True,
        ),
        Misconception(
            "a list that PyTorch does not see",
            "Nothing is saved twice now, because nothing is saved at all: a plain list hides its modules from "
            "parameters() and state_dict(). Then no optimizer trains them. nn.ModuleList is the list that is seen.",
            _plain_list,
        ),
        Misconception(
            "a plain list beside the first branch",
            "Branch 0 is saved once, under its second name. The other branches stand in a plain list, which PyTorch "
            "does not see: they are neither saved nor trained.",
            _plain_list_beside_the_first,
        ),
        Misconception(
            "a copy in place of a second name",
            "The two names hold different tensors now. Both are saved, both would be trained, and only one of them is "
            "used. A branch needs one name.",
            [_copied, _numbers_copied],
        ),
        Misconception(
            "a first branch outside the list",
            "Branch 0 has left the list. Each tensor is saved once, but a loop over conv1d_layers misses a branch.",
            _moved_out,
        ),
        Misconception(
            "an entry that is hidden",
            "You take the entries out of the state dict, and the module still has the second name: it refuses what it "
            "has saved itself. What is too many is the name.",
            _hidden,
        ),
        Misconception(
            "a list that is gone, too",
            "The list is gone, and branch 0 is all that is left. The name that has to go is conv1d, not the list.",
            _without_its_list,
        ),
        Misconception(
            "a list that is not found",
            "The convolutions are not found under `conv1d_layers`: you return the list itself, it has another "
            "name, or there is none. Whoever loads a file looks for this name.",
            _under_another_name,
        ),
        Misconception(
            "a list under another name, and the second name still there",
            "You have given the list another name. Branch 0 is still reached by two names, and who loads a file looks "
            "for `conv1d_layers`.",
            _renamed,
        ),
        Misconception(
            "a list that gives no convolutions",
            "A loop over `conv1d_layers` meets no nn.Conv1d: a dict gives names, a list of parameters gives "
            "parameters, and a single convolution is no list. It was right as an nn.ModuleList of them.",
            [_as_dict, _a_convolution_for_the_list],
            where=_no_dilation_twice,
        ),
        Misconception(
            "a branch that is missing",
            "The list holds fewer branches than there are dilations: the first alone, all but the first or the last, "
            "or each dilation once. A dilation that stands there twice has two convolutions.",
            [
                lambda channels, taps, dilations: mended_branches(channels, taps, dilations[:1]),
                lambda channels, taps, dilations: mended_branches(channels, taps, dilations[:-1]),
                lambda channels, taps, dilations: mended_branches(channels, taps, dilations[1:]),
                lambda channels, taps, dilations: mended_branches(channels, taps, sorted(set(dilations))),
            ],
            where=lambda dilations, **sizes: list(dilations) == sorted(dilations),  # a set has an order of its own
        ),
        Misconception(
            "a first branch that is frozen",
            "Branch 0 is saved twice as before, and no longer trains: requires_grad belongs to the tensor, whichever "
            "name you reach it by.",
            _first_frozen,
        ),
        Misconception(
            "a second name for some of the numbers",
            "The weight of branch 0, or its bias, is saved a second time, itself or as a copy: a parameter or a buffer "
            "that is given to a module is saved under the name that it gets.",
            [_numbers_again(name) for name in ("weight", "bias")],
        ),
        Misconception(
            "a second name for the whole list",
            "Each branch is reached by two names now, so everything is saved twice.",
            _list_again,
        ),
        Misconception(
            "fewer numbers, some still twice",
            "There are fewer numbers now, for the bias is gone, and branch 0 is still saved twice. The convolutions "
            "were right; look at the names.",
            _without_bias,
            where=lambda taps, dilations, **sizes: taps < len(dilations),  # more is gone than is saved twice
        ),
        Misconception(
            "one convolution in all places",
            "The list holds the same convolution several times. Each dilation needs one of its own.",
            [_one_in_all_places(lambda dilations: dilations[0]), _one_in_all_places(lambda dilations: 1)],
        ),
        Misconception(
            "convolutions with other settings",
            "The second name is gone, but the convolutions are no longer what they were: look at their taps, bias, "
            "groups, dilations, padding and strides. Only the names were wrong.",
            [
                _of_layers(bias=False),
                _of_layers(groups=1),
                _of_layers(dilation=1),
                lambda channels, taps, dilations: mended_branches(channels, taps, range(1, len(dilations) + 1)),
                lambda channels, taps, dilations: mended_branches(channels, taps, dilations[:1] * len(dilations)),
                _of_layers(padding="same"),
                _of_layers(stride=2),
                _taps_for_dilation,
                _with_strides,
                _with_padding,
                _of_one_channel,
            ],
        ),
        Misconception(
            "weights that do not train",
            "All is saved once, and not all of it trains: requires_grad is off. The weights were right as they were.",
            [lambda *sizes: mended_branches(*sizes).requires_grad_(False), _first_alone_frozen],
        ),
    ],
)
