"""Exercise 3: delta_by_hand, judged by what the state does."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .gate_from_delta import gate_from_delta
from .gated_state import gated_state


def delta_by_hand(is_data: Tensor) -> Tensor:
    """A large Δ for data and a tiny one for noise."""
    return torch.where(is_data, 10.0, 1e-5)  # (L,)


PROBE = torch.tensor(8 * ([True] + 20 * [False] + [True, True, False, True, False]))  # (L,)
ENOUGH = 0.97  # the weight that the last data value must keep, as the text says
ROUNDING = 1e-6  # twenty gates of exactly so much have float32's rounding in them


def _hold_through_noise(function, is_data: Tensor, u: Tensor) -> Tensor:
    """What the check looks at: the states that this Δ leads to. What goes wrong is told on one line, always the same.

    Raises:
        ValueError: the result is no list of step sizes, or the states do not hold, and this is why.
    """
    delta, probed = (_step_sizes(function(marks), marks) for marks in (is_data, PROBE.clone()))  # (L,) each
    if _smallest_weight(probed, PROBE) < ENOUGH - ROUNDING:
        _tell_why(probed)
    elif (delta == 0).any():
        raise ValueError("a Δ is 0")
    return gated_state(u, gate_from_delta(delta))


def _step_sizes(delta: Tensor, is_data: Tensor) -> Tensor:
    """Step sizes as they may be, one a token, in float64; a ValueError in words for all others."""
    if not isinstance(delta, Tensor) or delta.shape != is_data.shape:
        got = tuple(delta.shape) if isinstance(delta, Tensor) else type(delta).__name__
        raise ValueError(f"each of {len(is_data)} tokens wants a Δ, shape {tuple(is_data.shape)}; got {got}")
    if delta.dtype == torch.bool:
        raise ValueError("the Δ are marks, True and False")
    for kind, found in (("not a number", delta.isnan()), ("negative", delta < 0), ("infinite", delta.isinf())):
        if found.any():
            raise ValueError(f"a Δ is {kind}")
    return delta.double()


def _smallest_weight(delta: Tensor, is_data: Tensor) -> float:
    """The weight of the last data value in the state, at the token where it is smallest."""
    weight, smallest = 1.0, 1.0
    for g, data in zip(gate_from_delta(delta).tolist(), is_data.tolist(), strict=True):
        weight = g if data else (1 - g) * weight
        smallest = min(smallest, weight)
    return smallest


def _tell_why(delta: Tensor) -> None:
    """Raises the words for what these Δ (L,) do to the probe; if none fit, the states themselves are judged."""
    gates = gate_from_delta(delta)  # (L,)
    data, noise, opened = gates[PROBE].min(), gates[~PROBE].max(), gates > 0.5
    old, lost = 1 - data, 1 - (1 - noise) ** 20  # what a data token leaves, and what twenty noise tokens take
    starts, ends = PROBE & ~PROBE.roll(1), PROBE & ~PROBE.roll(-1)  # of data in a row, the first one and the last
    last = torch.arange(len(PROBE)) == PROBE.nonzero().max()
    parts = delta[~PROBE].reshape(8, -1)  # of noise, with one row of twenty in each
    adds_up = bool((4 * parts.amax(1) < parts.sum(1)).all())  # not one token of them alone
    for words, fits in (
        ("all tokens have the same Δ", delta.max() - delta.min() <= 1e-3 * delta.max()),
        ("all tokens have nearly the same gate", gates.max() - gates.min() < 1e-2),
        ("of data in a row one alone opens the door", torch.equal(opened, starts) or torch.equal(opened, ends)),
        ("the last data token alone opens the door", torch.equal(opened, last) and gates[~last].max() < 0.01),
        (
            "each would do alone, over twenty noise tokens",
            min(old, lost) > 0.015 and max(old, lost) < 1 - ENOUGH + ROUNDING,
        ),
        ("a data token replaces a part of the state only", noise < data and lost < min(old, 1 - ENOUGH)),
        ("noise opens the door, and data do not", gates[PROBE].max() < gates[~PROBE].min()),
        ("the door opens one token after the data", torch.equal(opened[1:], PROBE[:-1])),
        ("the door opens one token before the data", torch.equal(opened[:-1], PROBE[1:])),
        ("what twenty noise tokens take of the state adds up", data > 0.9 and noise < 0.99 and adds_up),
        ("data and noise both replace a part of the state", noise < data and gates[PROBE].max() <= 0.9),
        ("a noise token replaces a part of the state", data > 0.9 and noise < 0.99),
        ("a data token replaces a part of the state, and so does noise", noise < data <= 0.9),
    ):
        if fits:
            raise ValueError(words)


def _by_hand(data: str, noise: str):
    """A wrong `delta_by_hand`: other step sizes."""
    return edited(delta_by_hand, f"10.0, 1e-5 → {data}, {noise}")


def _streams(draw: Draw) -> dict:
    length = draw.size(3, 20)
    is_data = draw.uniform(0, 1, length) < 0.4
    first, second = draw.choice([(0, 1), (1, 2), (length - 2, length - 1)])
    is_data[first], is_data[second] = True, False  # both kinds, side by side
    short = {"is_data": is_data, "u": 2 * draw.normal(length)}
    # None of the last five trials has the long rows: their inputs are exchanged with those of the next one.
    return draw.in_turn(4 * [short] + [_long_rows_of_noise()] + 5 * [short])


LONG = len(PROBE) // 4  # tokens


def _long_rows_of_noise() -> dict:
    """Twice twenty noise tokens in a row. Each data value is the last one's opposite, and noise is against it."""
    is_data = PROBE[:LONG].clone()
    last_data = 6.0 - 12 * (is_data.cumsum(0) % 2)  # with a weight of ENOUGH it is just near enough
    return {"is_data": is_data, "u": torch.where(is_data, last_data, -last_data / 2)}


def _long(is_data: Tensor, u: Tensor) -> bool:
    """Whether there are twenty noise tokens in a row: what goes wrong in them is told in every line."""
    return len(is_data) == LONG


DELTA_BY_HAND = Exercise(
    id="07.delta_by_hand",
    title="Skip the noise by hand",
    reference=delta_by_hand,
    cases=_streams,
    apply=_hold_through_noise,
    rtol=1 - ENOUGH,
    atol=0.2,
    axes=("token",),
    example={
        "is_data": torch.tensor([True, False, False, True, False]),
        "u": torch.tensor([6.0, -3.0, 5.0, 2.0, 9.0]),
    },
    misconceptions=[
        Misconception(
            "doors the wrong way round",
            "Your Δ is larger on noise than on data, so the state goes with the noise. Which of the two must reset the "
            "state, and which must leave it alone?",
            _by_hand("1e-5", "10.0"),
        ),
        Misconception(
            "2 or 3 % for each of the two",
            "Each of your two Δ would do if the other one were perfect: data leave at most 3 % of the old state, and "
            "twenty noise tokens take at most 3 %. Together this is more than 3 %: let them share it.",
            _by_hand("math.log(50)", "0.001"),
            where=_long,
        ),
        Misconception(
            "data that do not reset",
            "Twenty noise tokens leave the state alone, or nearly. But your Δ for data is too small: with Δ = 1, as if "
            "Δ were the gate, a data token replaces only 63 % of the state, with Δ = 3 it is 95 %. The rest stays old. "
            "Which Δ gives a gate of 0.99 or more?",
            _by_hand("1.0", "1e-5"),
        ),
        Misconception(
            "one Δ for all tokens",
            "Data and noise have the same Δ, so the state treats them alike. Look at `is_data`.",
            _by_hand("10.0", "10.0"),
        ),
        Misconception(
            "marks in the place of numbers",
            "Your Δ are True and False, as the marks are. Numbers that you write into a tensor of marks become marks: "
            "the tensor for your Δ has to be one of real numbers.",
            edited(delta_by_hand, "torch.where(is_data, 10.0, 1e-5) → is_data.clone()"),
        ),
        Misconception(
            "two Δ with nearly the same gate",
            "Your Δ differ, and what they do does not: the gates of data and noise are nearly the same. From Δ = 5 on "
            "every token resets, below 0.001 every token holds. One Δ of each kind is wanted.",
            _by_hand("20.0", "10.0"),
        ),
        Misconception(
            "a hold that leaks",
            "Your Δ for noise is too large: the losses of all noise tokens add up. With Δ = 0.1 twenty of them "
            "wash out 86 % of the data, with Δ = 0.01 still 18 %. Which Δ loses less than 1 % over twenty of them?",
            _by_hand("10.0", "0.1"),
            where=_long,
        ),
        Misconception(
            "doors that are half open",
            "Each data token leaves 10 % of the old state or more, and the noise takes a part of the state as well. Of "
            "the 3 % each may have a part: let data leave less than 1 %, and twenty noise tokens take less than 1 %.",
            _by_hand("2.0", "0.1"),
        ),
        Misconception(
            "the first data token alone",
            "The state takes in the first data token and holds it for good. Every data token resets the state: each of "
            "them wants a large Δ.",
            edited(delta_by_hand, "is_data, → is_data & (is_data.cumsum(0) == 1),"),
        ),
        Misconception(
            "the last data token alone",
            "Only the last data token of the line resets the state, and before it nothing is taken in. The last data "
            "value is meant at each token: the one that came last so far.",
            edited(delta_by_hand, "is_data, → is_data & (is_data.flip(0).cumsum(0).flip(0) == 1),"),
        ),
        Misconception(
            "a first token that always resets",
            "Your first token resets the state even if it is noise. The state starts at 0, and noise leaves it there "
            "until data come.",
            edited(delta_by_hand, "is_data, → is_data | (torch.arange(len(is_data)) == 0),"),
        ),
        Misconception(
            "data in a row, of which one resets",
            "Where one data token follows another, only the first or the last of them resets the state. Each of them "
            "is data, and wants a large Δ of its own: the neighbours do not count.",
            edited(delta_by_hand, "is_data, → is_data & ~is_data.roll(1),"),
            where=lambda is_data, u: bool((is_data[1:] & is_data[:-1]).any()),
        ),
        Misconception(
            "a negative Δ",
            "Some of your Δ are negative. Then exp(−Δ) is larger than 1, and the state grows where it should fade or "
            "hold. A raw number w may be negative, Δ = softplus(w) never is.",
            _by_hand("10.0", "-10.0"),
        ),
        Misconception(
            "a mask that comes one token late",
            "Your Δ opens the door one token after the data. The Δ of token t decides about token t itself.",
            edited(delta_by_hand, "is_data, → is_data.roll(1),"),
        ),
        Misconception(
            "a mask that comes one token early",
            "Your Δ opens the door one token before the data. The Δ of token t decides about token t itself.",
            edited(delta_by_hand, "is_data, → is_data.roll(-1),"),
        ),
        Misconception(
            "an infinite Δ",
            "No network gives an infinite Δ, and the package would multiply it by the input. A finite one will do: "
            "with Δ = 5 exp(−Δ) is below 0.01 already.",
            _by_hand("math.inf", "1e-5"),
        ),
        Misconception(
            "a Δ of exactly zero",
            "Everything holds as it should. But a softplus never gives 0, so no network can choose this Δ. A small "
            "positive one holds as well: how small must it be for twenty noise tokens? If you wrote such a one, look "
            "at the dtype: a tensor of whole numbers makes 0 of it.",
            _by_hand("10.0", "0.0"),
        ),
        Misconception(
            "no tensor with one Δ for each token",
            "What comes back is no tensor, or one of another shape than the marks; without a `return` it is None. "
            "Each token wants its own Δ, in a tensor (L,), as the marks come.",
            [
                edited(delta_by_hand, f"return torch.where(is_data, 10.0, 1e-5) → return {other}")
                for other in (
                    "torch.where(is_data, 10.0, 1e-5).tolist()",
                    "torch.where(is_data, 10.0, 1e-5).numpy()",
                    "torch.where(is_data, 10.0, 1e-5)[:, None]",
                    "torch.where(is_data, 10.0, 1e-5)[None]",
                    "torch.where(is_data, 10.0, 1e-5)[is_data]",
                    "(10.0, 1e-5)",
                    "10.0",
                    "None",
                    "torch.tensor(10.0)",
                    "torch.tensor([10.0])",
                    "torch.tensor([10.0, 1e-5])",
                )
            ],
        ),
    ],
)
