"""Exercise 1: combine."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def combine(a1: Tensor, b1: Tensor, a2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """First h → a1·h + b1, then h → a2·h + b2, as one step: (a2·a1, a2·b1 + b2)."""
    return a2 * a1, a2 * b1 + b2


def _steps_pairs(draw: Draw) -> dict:
    shape = draw.choice([(), (draw.size(1, 4),), (draw.size(1, 4),), (draw.size(1, 3), 2)])
    values = {name: draw.normal(*shape) for name in ("a1", "b1", "a2", "b2")}
    values["a1"] *= draw.in_turn((1.0, 1.0, 1.0, 0.0))  # a decay may be zero, that of either step
    values["a2"] *= draw.in_turn((1.0, 0.0, 1.0, 1.0))
    return values if shape else {name: value.item() for name, value in values.items()}


def _numbers_as_numbers(function, **steps):
    """The pair; a tensor without axes is a number, too. In the order of the stub, as the cells below call it."""
    pair = function(*steps.values())
    if not isinstance(pair, tuple | list):
        return pair
    return tuple(part.item() if isinstance(part, Tensor) and part.ndim == 0 else part for part in pair)


COMBINE = Exercise(
    id="09.combine",
    title="Join two steps into one",
    reference=combine,
    cases=_steps_pairs,
    apply=_numbers_as_numbers,
    example={name: torch.tensor(value) for name, value in (("a1", 10.0), ("b1", 1.0), ("a2", 100.0), ("b2", 23.0))},
    misconceptions=[
        Misconception(
            "two steps in the wrong order",
            "You run step 2 first and step 1 after it. What came in at step 1 goes through step 2, so b1 has to fade "
            "once more. Which of the two a's does that?",
            edited(combine, "a2 * b1 + b2 → a1 * b2 + b1"),
        ),
        Misconception(
            "a b1 that does not fade",
            "You add b1 and b2. Between them lies step 2, which multiplies everything that is already in the state.",
            edited(combine, "a2 * b1 + b2 → b1 + b2"),
        ),
        Misconception(
            "a b1 that fades by its own step",
            "You multiply b1 by a1. Step 1 fades what was there before it, and then adds b1. Which step comes after "
            "b1?",
            edited(combine, "a2 * b1 + b2 → a1 * b1 + b2"),
        ),
        Misconception(
            "a b1 that fades twice",
            "b1 comes in *at* step 1, after that step's fading. Only a2 reaches it: the one that was given, if "
            "you have overwritten it since.",
            edited(combine, "a2 * b1 + b2 → a2 * a1 * b1 + b2"),
        ),
        Misconception(
            "an a in both parts",
            "Your second number holds the product of the a's, too. It stands before the h, and is the first number "
            "already. The second one is what comes out of h = 0.",
            edited(combine, "a2 * b1 + b2 → a2 * (a1 + b1) + b2"),
        ),
        Misconception(
            "a's that are added",
            "Two fadings one after the other multiply: a half of a half is a quarter. You have added them.",
            edited(combine, "a2 * a1 → a1 + a2"),
        ),
        Misconception(
            "pairs that are added",
            "You add a to a and b to b. Two steps are made one after the other: the later one multiplies all that the "
            "earlier one has left, and then adds its own b.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a1 + a2, b1 + b2"),
        ),
        Misconception(
            "the decay of one step",
            "Your first number is the a of one of the two steps. What stands before both of them goes through both.",
            [edited(combine, f"a2 * a1 → {a}") for a in ("a1", "a2")],
        ),
        Misconception(
            "products of matrices",
            "`@` multiplies matrices. Here each number of a1 belongs to the number of a2 at its place: each state is "
            "joined by itself.",
            [edited(combine, f"a2 * a1, a2 * b1 → {both}") for both in ("a2 @ a1, a2 @ b1", "a1 @ a2, a2 @ b1")],
            where=lambda a1, **rest: isinstance(a1, Tensor) and a1.numel() > 1,
        ),
        Misconception(
            "b2 that fades",
            "b2 is the last thing that happens: nothing comes after it that could multiply it. Only b1 was there "
            "before step 2.",
            [edited(combine, f"a2 * b1 + b2 → {b}") for b in ("a2 * (b1 + b2)", "a2 * b1 + a1 * b2", "b1 + a2 * b2")],
        ),
        Misconception(
            "each b faded by its own step",
            "You multiply each b by the a of its own step. A step multiplies what is there before it, and adds its "
            "b after that. Which b is there before another step comes?",
            edited(combine, "a2 * b1 + b2 → a1 * b1 + a2 * b2"),
        ),
        Misconception(
            "b's that are multiplied",
            "You multiply b1 and b2. Each step adds its b: with a1 = a2 = 1, which leaves the state as it is, 3 and "
            "then 1 more are 4.",
            [edited(combine, f"a2 * b1 + b2 → {b}") for b in ("b1 * b2", "a2 * b1 * b2")],
        ),
        Misconception(
            "the two results in the wrong order",
            "Your two numbers are right, and they come in the wrong order: first what multiplies h, then what is "
            "added.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a2 * b1 + b2, a2 * a1"),
        ),
        Misconception(
            "the second part alone",
            "You return what is added, and not what multiplies. A pair goes in twice, and a pair comes out: who joins "
            "a third step needs both.",
            edited(combine, "a2 * a1, a2 * b1 + b2 → a2 * b1 + b2"),
        ),
        Misconception(
            "both parts in one tensor",
            "You put the two parts into one tensor. A pair goes in as two arguments, and a pair comes out: a, b.",
            [
                edited(combine, f"a2 * a1, a2 * b1 + b2 → torch.{one}([a2 * a1, a2 * b1 + b2])")
                for one in ("stack", "tensor")
            ],
        ),
        Misconception(
            "an earlier b that is left out",
            "Step 1 adds its b1, and your pair knows nothing of it. What does step 2 make of it?",
            [edited(combine, f"a2 * b1 + b2 → {b}") for b in ("b2", "a2 * b2", "a1 * b2", "a1 * b2 + b2")],
        ),
        Misconception(
            "a later b that is left out",
            "Step 2 adds its b2, and your pair knows nothing of it.",
            [edited(combine, f"a2 * b1 + b2 → {b}") for b in ("a2 * b1", "a2 * b1 + b1")],
        ),
        Misconception(
            "a later drive taken away",
            "You subtract b2. The later step adds it to what it has made of the earlier one.",
            edited(combine, "a2 * b1 + b2 → a2 * b1 - b2"),
        ),
    ],
)


JOIN = "new_a, new_x = combine(a[:-shift], x[:-shift], a[shift:], x[shift:])"


def filled_with_ones(a, x):
    shift = 1
    while shift < len(a):
        before_a, before_x = (torch.cat([torch.ones_like(v[:shift]), v[:-shift]]) for v in (a, x))
        a, x = combine(before_a, before_x, a, x)
        shift = 2 * shift
    return x
