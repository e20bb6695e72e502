"""Controls: what a reader may change on a figure, written down without any widget.

A control knows its label, its starting value, its extremes (the corners at which every figure is tested) and
how it reads in a file that has no live widgets. `explore` turns controls into ipywidgets; this module needs
none of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .numbers import with_unit, written

__all__ = ["Choice", "Control", "Slider", "Toggle", "choice", "slider", "toggle"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One parameter of a figure: its label and its starting value."""

    value: object
    label: str

    def extremes(self) -> list:
        """The values at which a figure must still be right."""
        raise NotImplementedError

    def positions(self) -> list:
        """Every value that a reader can set, in order."""
        return self.extremes()

    def position(self, value) -> int:
        """Which of the positions is `value`, or comes nearest to it."""
        return next(i for i, option in enumerate(self.positions()) if _same(option, value))

    def reaches(self, value) -> bool:
        """Whether a reader can set the control to `value`."""
        return any(_same(option, value) for option in self.extremes())

    def describe(self, value) -> str:
        """How `value` reads in a sentence."""
        return str(value)

    def summary(self) -> str:
        """One line: label, range and starting value. The control's text in a saved notebook."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Slider(Control):
    """A number between two ends, in steps; on a logarithmic slider the step is in decades."""

    low: float
    high: float
    step: float
    unit: str = ""
    log: bool = False
    play: bool = False

    @property
    def whole(self) -> bool:
        """Whether the slider moves over whole numbers."""
        return not self.log and all(isinstance(n, int) for n in (self.low, self.high, self.step, self.value))

    def extremes(self) -> list:
        return [self.low, self.high]

    def positions(self) -> list:
        if self.whole:
            return list(range(self.low, self.high + 1, self.step))
        count = round(self._steps(self.high)) + 1
        between = (i * self.step for i in range(1, count - 1))
        middle = [self.low * 10**step if self.log else round(self.low + step, 10) for step in between]
        positions = [self.low, *middle, self.high]
        positions[self.position(self.value)] = self.value  # as it is written, which on a log scale is rounded
        return positions

    def position(self, value) -> int:
        return round(self._steps(value))

    def reaches(self, value) -> bool:
        if not (isinstance(value, (int, float)) and self.low <= value <= self.high):
            return False
        steps = self._steps(value)
        return abs(steps - round(steps)) < 1e-3  # a logarithmic value may be written with a few digits

    def _steps(self, value) -> float:
        """How many steps above the lower end a value lies."""
        return (math.log10(value / self.low) if self.log else value - self.low) / self.step

    def decimals(self) -> int:
        """Decimals that tell any two positions of a linear slider apart."""
        return max(len(f"{number:.10g}".partition(".")[2]) for number in (self.low, self.step))

    def describe(self, value) -> str:
        return with_unit(self.number(value), self.unit)

    def number(self, value) -> str:
        """How `value` reads without its unit."""
        if self.whole:
            return written(value, "")
        if abs(value) >= 1e4:
            return written(value, ",.0f")
        return written(value, ".4g") if self.log else written(round(value, self.decimals()), ".10g")

    def summary(self) -> str:
        played = ", with a play button" if self.play else ""
        high = written(self.high, "g" if self.high < 1e4 else ",.0f")
        return f"{self.label}: {self.describe(self.value)} (slider, {written(self.low, 'g')} to {high}{played})"


@dataclass(frozen=True, kw_only=True)
class Choice(Control):
    """One of several named values."""

    options: Mapping[str, object] = field(default_factory=dict)

    def extremes(self) -> list:
        return list(self.options.values())

    def describe(self, value) -> str:
        return next(name for name, option in self.options.items() if _same(option, value))

    def summary(self) -> str:
        between = "; " if any("," in name for name in self.options) else ", "
        return f"{self.label}: {self.describe(self.value)} (choice of {between.join(self.options)})"


@dataclass(frozen=True, kw_only=True)
class Toggle(Control):
    """On or off."""

    def extremes(self) -> list:
        return [False, True]

    def describe(self, value) -> str:
        return "on" if value else "off"

    def summary(self) -> str:
        return f"{self.label}: {self.describe(self.value)} (switch)"


def slider(low, high, value, step=None, *, label: str, unit: str = "", log: bool = False, play: bool = False) -> Slider:
    """A slider from `low` to `high` that starts at `value`.

    Args:
        low, high: the two ends, both reachable.
        value: the starting value.
        step: distance between two positions, by default 1; with `log=True` in decades, by default 0.1.
        label: what the reader sees in front of the slider.
        unit: unit of the value, shown behind the label.
        log: equal steps multiply; `low` must be positive.
        play: put buttons beneath that move the slider by themselves, at one of three speeds; for whole numbers.

    Raises:
        ValueError: if the range is empty, the value lies outside, the step is not positive, or a logarithmic
            slider reaches zero; if a slider that plays does not move over whole numbers.

    Example:
        >>> slider(1, 16, 4, label="dilation", unit="samples").summary()
        'dilation: 4 samples (slider, 1 to 16)'
    """
    if step is None:
        step = 0.1 if log else 1
    if not low < high:
        raise ValueError(f"slider {label!r}: low={low} must be below high={high}")
    if not low <= value <= high:
        raise ValueError(f"slider {label!r}: value={value} lies outside {low} to {high}")
    if not step > 0:
        raise ValueError(f"slider {label!r}: step={step} must be positive")
    if log and not low > 0:
        raise ValueError(f"slider {label!r}: a logarithmic slider needs low > 0, got {low}")
    span = math.log10(high / low) if log else high - low
    if abs(span / step - round(span / step)) > 1e-6:
        raise ValueError(f"slider {label!r}: steps of {step} from {low} never reach {high}")
    made = Slider(low=low, high=high, value=value, step=step, label=label, unit=unit, log=log, play=play)
    if play and not made.whole:
        raise ValueError(f"slider {label!r}: only a slider over whole numbers can play")
    return made


def choice(options: Mapping[str, object] | Sequence, value, *, label: str) -> Choice:
    """A choice of one among `options`: a list, or a dict from the text shown to the value.

    Raises:
        ValueError: if `value` is not one of the options.

    Example:
        >>> choice(["relu", "silu"], "silu", label="activation").summary()
        'activation: silu (choice of relu, silu)'
    """
    named = dict(options) if isinstance(options, Mapping) else {str(option): option for option in options}
    if not any(_same(option, value) for option in named.values()):
        raise ValueError(f"choice {label!r}: value={value!r} is not one of {', '.join(named)}")
    return Choice(options=named, value=value, label=label)


def toggle(value: bool, *, label: str) -> Toggle:
    """A switch that starts at `value`.

    Example:
        >>> toggle(True, label="show the reach").summary()
        'show the reach: on (switch)'
    """
    return Toggle(value=bool(value), label=label)


def _same(option, value) -> bool:
    """Whether two options are one: arrays and functions by identity, numbers and texts by value."""
    plain = (str, int, float, bool, tuple, type(None))
    return option is value or (isinstance(option, plain) and isinstance(value, plain) and option == value)
