"""What holds for every figure that runs a learner's function, whatever the function does beside its result."""

import functools
import inspect
from collections.abc import Iterator

import pytest
import torch
from test_every_figure import FIGURES, twins

from lite_mamba.course.drawing import LiveFigure

CHAINED = {"Ablation-parts"}  # of one block: what one function spoils, the next one gets
SLOW = {"Probes"}  # fits some twenty probes for each picture, on the same numbers


def slots() -> Iterator[tuple]:
    """A figure, the argument of its constructor, a name within it if it is a dict, and its function."""
    for make in (make for make in FIGURES.values() if not make.measured):
        for argument, parameter in list(inspect.signature(make.__init__).parameters.items())[1:]:
            default = parameter.default
            if inspect.isfunction(default):
                yield make, argument, None, default
            elif isinstance(default, dict) and f"{make.__name__}-{argument}" not in CHAINED:
                yield from ((make, argument, name, one) for name, one in default.items())


SLOTS = list(slots())
names = [f"{make.__name__}-{argument}" + (f"-{name}" if name else "") for make, argument, name, _ in SLOTS]


def with_function(make: type[LiveFigure], argument: str, name: str | None, function) -> LiveFigure:
    if name is None:
        return make(**{argument: function})
    return make(**{argument: inspect.signature(make.__init__).parameters[argument].default | {name: function}})


def mapped(change, value):
    """`value` with each tensor in it, in tuples, lists and dicts, changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(change, one) for key, one in value.items()}
    return type(value)(mapped(change, one) for one in value) if isinstance(value, (tuple, list)) else value


def spoiling(function):
    """The same values, and all tensors that it got are zero afterwards."""

    @functools.wraps(function)
    def spoils(*given, **named):
        result = function(*mapped(torch.clone, given), **mapped(torch.clone, named))
        mapped(lambda tensor: tensor.detach().zero_(), (given, named))
        return result

    return spoils


def words_and_picture(figure: LiveFigure, parameters: dict) -> tuple:
    return figure.update(**parameters), figure.titles(), figure.pixels().tobytes()


@pytest.mark.parametrize(("make", "argument", "name", "function"), SLOTS, ids=names)
def test_a_function_that_writes_into_its_inputs_draws_what_it_would_draw_without(make, argument, name, function):
    own, right = with_function(make, argument, name, spoiling(function)), twins(make)[0][0]
    *_, far = right.corners()
    there_and_back = (right.defaults(), far, right.defaults())
    for parameters in there_and_back[: 1 if make.__name__ in SLOW else 3]:
        assert words_and_picture(own, parameters) == words_and_picture(right, parameters), parameters


def test_each_chapter_with_such_a_figure_is_held():
    assert len(SLOTS) > 30 and {name.split("-")[0] for name in names} >= {"Probes", "Leak", "TokenTrace", "PolePlanes"}
