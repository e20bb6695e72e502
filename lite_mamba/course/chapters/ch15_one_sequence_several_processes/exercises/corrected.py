"""Exercise 3: corrected."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import HALF, LONG, all_states, draw_decays, draw_part, few_or_many, several_states


def corrected(states: Tensor, start: Tensor, delta: Tensor, A: Tensor) -> Tensor:
    """The states of a part that began from `start`, from those that began from zero; (L, N)."""
    left = torch.exp(delta.cumsum(0)[:, None] * A)  # (L, N): of the start, after each step
    return states + left * start


def _corrected_case(draw: Draw) -> dict:
    N = draw.size(1, 3)
    length = few_or_many(draw, 2, 12)
    delta, x = draw_part(draw, length, N)
    delta = delta * min(1, 16 / length)  # many steps are small: the start is felt in all of them
    A = draw_decays(draw, N)
    kind = draw.in_turn(["alike", "a large start", "a long step"])
    size = 1000.0 if kind == "a large start" else 1.0  # it is felt for long: nothing of it may be left out for its size
    if kind == "a long step":  # its decay is 0, by which nobody can divide
        delta[length // 2] = LONG
        A = A / 5 - 1.1
    return {"states": all_states(delta, A, x), "start": size * (draw.normal(N) + 0.05), "delta": delta, "A": A}


def _divided(states, start, delta, A):
    """What does not depend on the step is taken out of the brackets."""
    left = torch.exp(delta.cumsum(0)[:, None] * A)
    return left * (states / left + start)


def _differences_scanned(states, start, delta, A):
    return _scanned_again(torch.cat([states[:1], states.diff(dim=0)]), start, delta, A)


def _scanned_again(states, start, delta, A):
    h, again = start, []
    for delta_t, state in zip(delta, states, strict=True):
        h = torch.exp(delta_t * A) * h + state
        again.append(h)
    return torch.stack(again)


CORRECTED = Exercise(
    id="15.corrected",
    title="A part that learns its past",
    reference=corrected,
    cases=_corrected_case,
    trials=40,
    example={
        "states": torch.tensor([[1.0], [1.0], [1.0]]),
        "start": torch.tensor([16.0]),
        "delta": torch.tensor([1.0, 2.0, 1.0]),
        "A": HALF,
    },
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "a start taken away",
            "You take the faded start away from the states. It is what they lack.",
            edited(corrected, "states + left → states - left"),
        ),
        Misconception(
            "a product of step sizes",
            "You multiply the step sizes up to each step. Decays multiply; their exponents, which hold the steps, add "
            "up.",
            edited(corrected, "delta.cumsum(0) → delta.cumprod(0)"),
        ),
        Misconception(
            "a decay without A",
            "A is missing in your exponent: all states fade alike. Each has a rate of its own.",
            edited(corrected, "[:, None] * A → [:, None] * -torch.ones_like(A)"),
            where=several_states,
        ),
        Misconception(
            "a start that does not fade",
            "You add the start to every state as it is. At each step of the part something of it is lost.",
            edited(corrected, "left * start → start"),
        ),
        Misconception(
            "a start that fades by single steps",
            "You fade the start by the step at hand only. At the third step it has gone through three.",
            edited(corrected, "delta.cumsum(0) → delta"),
        ),
        Misconception(
            "one step too few",
            "Your first state takes in the start as it is. A step fades first and adds its drive then, so even in the "
            "first state the start has faded once.",
            [
                edited(corrected, "delta.cumsum(0) → (delta.cumsum(0) - delta)"),
                edited(corrected, "delta.cumsum(0) → (delta.cumsum(0) - delta[0])"),
            ],
        ),
        Misconception(
            "a start that has faded by the whole part at once",
            "You let the start fade by the whole part, at every step. Only at the last one has it gone that far.",
            edited(corrected, "delta.cumsum(0) → delta.sum().expand(len(delta))"),
        ),
        Misconception(
            "fading the wrong way round",
            "In your first state the start has faded most, in your last one least. It comes in at the beginning, and "
            "fades from step to step.",
            [
                edited(corrected, "delta.cumsum(0) → delta.flip(0).cumsum(0).flip(0)"),
                edited(corrected, "delta.cumsum(0) → (delta.sum() - delta.cumsum(0))"),
                edited(corrected, "delta.cumsum(0) → delta.cumsum(0).flip(0)"),
            ],
        ),
        Misconception(
            "a start that is felt for one step",
            "Only your first state knows the start. The second was made from the first.",
            [
                lambda states, start, delta, A: torch.cat([states[:1] + torch.exp(delta[0] * A) * start, states[1:]]),
                lambda states, start, delta, A: torch.cat([states[:1] + start, states[1:]]),
            ],
        ),
        Misconception(
            "a last state alone that is corrected",
            "You mend the last state. The output reads all of them.",
            lambda states, start, delta, A: torch.cat([states[:-1], states[-1:] + torch.exp(delta.sum() * A) * start]),
        ),
        Misconception(
            "a start that grows",
            "Your start grows from step to step. A is negative already: no further sign belongs in the exponent.",
            edited(corrected, "delta.cumsum(0)[:, None] * A → -delta.cumsum(0)[:, None] * A"),
            where=lambda delta, **_: delta.max() < LONG,
        ),
        Misconception(
            "not a number behind a long step",
            "Nothing is left behind a long step: a quotient of decays is 0 / 0 there. How far has the start faded at "
            "each step?",
            _divided,
        ),
        Misconception(
            "an exponent taken for what is left",
            "You multiply the start by A times the steps that have gone by, which is negative. That is the "
            "exponent; what is left of the start lies between 0 and 1.",
            edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → delta.cumsum(0)[:, None] * A"),
        ),
        Misconception(
            "an exponential of one factor",
            "Your exponential holds only one of the two, the steps or A, and the other one stands outside. What is "
            "left of the start is the exponential of their product.",
            [
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → torch.exp(delta.cumsum(0)[:, None]) * A"),
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → delta.cumsum(0)[:, None] * torch.exp(A)"),
            ],
            where=lambda delta, **_: delta.max() < LONG,
        ),
        Misconception(
            "Euler's decay",
            "You take 1 plus the exponent for what is left. That is Euler's step, close to the decay for small Δ only. "
            "The equation on the symbol card has the exponential.",
            [
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → (1 + delta.cumsum(0)[:, None] * A)"),
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → (1 + delta[:, None] * A).cumprod(0)"),
            ],
        ),
        Misconception(
            "a power of 2",
            "You fade by powers of 2, as if steps were counted in half-lives. In the equation stands e, and A says how "
            "fast each state fades.",
            [
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → torch.exp2(delta.cumsum(0)[:, None] * A)"),
                edited(corrected, "torch.exp(delta.cumsum(0)[:, None] * A) → 0.5 ** delta.cumsum(0)[:, None]"),
            ],
        ),
        Misconception(
            "a sum that fades again at each step",
            "At each step your start fades by all steps so far. In the earlier ones it has faded already. Either it "
            "fades from step to step, or each time anew by the sum.",
            edited(corrected, "delta.cumsum(0) → delta.cumsum(0).cumsum(0)"),
        ),
        Misconception(
            "decays that are added up",
            "You add up what is left after each step. What goes through several steps is multiplied by each of their "
            "decays; what is added up are the steps in the exponent.",
            edited(
                corrected,
                "torch.exp(delta.cumsum(0)[:, None] * A) → torch.exp(delta[:, None] * A).cumsum(0)",
            ),
        ),
        Misconception(
            "decays gathered along the states",
            "You gather the decays along the states, from the first to the last. Each state fades alone; what it goes "
            "through are the steps, the first axis.",
            edited(corrected, "delta.cumsum(0)[:, None] * A → (delta[:, None] * A).cumsum(1)"),
            where=several_states,
        ),
        Misconception(
            "a first state that gets nothing",
            "Your first state gets nothing, and in each later one the start has faded by a step too few. In the first "
            "one it has faded once, in the second twice.",
            [
                lambda states, start, delta, A: torch.cat(
                    [states[:1], states[1:] + corrected(0 * states, start, delta, A)[:-1]]
                ),
                lambda states, start, delta, A: torch.cat([states[:1], corrected(states[1:], start, delta[1:], A)]),
            ],
        ),
        Misconception(
            "a last state that gets nothing",
            "Your last state is still that from zero. Where does your loop or your slice end?",
            lambda states, start, delta, A: torch.cat([corrected(states, start, delta, A)[:-1], states[-1:]]),
        ),
        Misconception(
            "the state before once more",
            "To each state you add what is left of the one before it. That is in it already: what is missing in all of "
            "them is what is left of the *start*.",
            lambda states, start, delta, A: (
                states + torch.exp(delta[:, None] * A) * torch.cat([start[None], states[:-1]])
            ),
        ),
        Misconception(
            "steps taken as equal",
            "You count steps as if all were equal. They differ in size: the start has faded by the sum of the sizes "
            "that have gone by.",
            [
                edited(corrected, "delta.cumsum(0) → torch.arange(1, len(delta) + 1)"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta)"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(len(delta)) * delta)"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta.mean())"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta[0])"),
                edited(corrected, "delta.cumsum(0) → (torch.arange(1, len(delta) + 1) * delta[-1])"),
            ],
        ),
        Misconception(
            "an axis of steps that is missing",
            "Your sum of steps stands on the last axis, where it meets the states of A. (L, 1) is needed: `[:, None]` "
            "puts the steps in front, on an axis of their own.",
            [
                edited(corrected, "delta.cumsum(0)[:, None] * A → delta.cumsum(0) * A"),
                edited(corrected, "delta.cumsum(0)[:, None] * A → A * delta.cumsum(0)"),
                edited(corrected, "delta.cumsum(0)[:, None] * A → delta.cumsum(0)[None] * A"),
                edited(corrected, "delta.cumsum(0)[:, None] * A → A * delta.cumsum(0)[None]"),
            ],
        ),
        Misconception(
            "states in front of the steps",
            "Your decays are (N, L), with the states in front. In `states` the steps stand in front, (L, N).",
            [
                edited(corrected, "delta.cumsum(0)[:, None] * A → A[:, None] * delta.cumsum(0)"),
                edited(
                    corrected,
                    "delta.cumsum(0)[:, None] * A → A[:, None] * delta.cumsum(0)",
                    "left * start → left * start[:, None]",
                ),
            ],
        ),
        Misconception(
            "start and states exchanged",
            "You fade the states and add the start as it is. It is the other way round: the states from zero are right "
            "as they are, and the start fades.",
            edited(corrected, "states + left * start → left * states + start"),
        ),
        Misconception(
            "differences taken for drives",
            "You take the difference of two states for the drive between them. The state before has faded in that "
            "step, too: its drive is what has come in besides.",
            _differences_scanned,
        ),
        Misconception(
            "a blend of start and states",
            "You blend start and states: what fades from the one comes from the other. The states from zero are whole; "
            "the faded start is added to them.",
            edited(corrected, "states + left * start → (1 - left) * states + left * start"),
        ),
        Misconception(
            "states taken for drives",
            "You scan the states as if they were drives. Each of them has in it what the steps before have brought, "
            "and you add that up once more.",
            [_scanned_again, edited(_scanned_again, "* h + state → * (h + state)")],
        ),
        Misconception(
            "the correction alone",
            "You return what is to be added. The states from zero belong to it.",
            edited(corrected, "states + left * start → left * start"),
        ),
        Misconception(
            "states that fade",
            "You fade the states from zero as well. They are right as they are; only the start is missing.",
            edited(corrected, "states + left * start → left * (states + start)"),
        ),
    ],
)
