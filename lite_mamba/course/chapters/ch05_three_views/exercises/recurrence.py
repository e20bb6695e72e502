"""Exercise 1: recurrence."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import draw_system, several_states


def recurrence(u: Tensor, A_bar: Tensor, B_bar: Tensor, C: Tensor) -> Tensor:
    """h_t = Ā h_{t−1} + B̄ u_t and y_t = C h_t, from h = 0; u (L,), the rest (N,)."""
    h, outputs = torch.zeros_like(A_bar), []  # (N,)
    for u_t in u:
        h = A_bar * h + B_bar * u_t  # (N,)
        outputs.append((C * h).sum())
    return torch.stack(outputs)  # (L,)


def _one_state_after_the_other(u, A_bar, B_bar, C):
    """A loop over the states around the loop over the steps; each state starts with what the one before has left."""
    h, outputs = 0.0, torch.zeros_like(u)
    for n in range(len(A_bar)):
        for t in range(len(u)):
            h = A_bar[n] * h + B_bar[n] * u[t]
            outputs[t] += C[n] * h
    return outputs


RECURRENCE = Exercise(
    id="05.recurrence",
    title="The recurrence",
    reference=recurrence,
    cases=lambda draw: {"u": draw.normal(draw.size(2, 10)), **draw_system(draw)},
    axes=("time",),
    misconceptions=[
        Misconception(
            "an output from the old state",
            "y[t] is read before u[t] has come in, so each sample is seen one step too late. Which of the two lines of "
            "the formula comes first?",
            [
                edited(
                    recurrence,
                    "h = A_bar * h + B_bar * u_t  # (N,) → outputs.append((C * h).sum())",
                    "        outputs.append((C * h).sum())\n    return → "
                    "        h = A_bar * h + B_bar * u_t\n    return",
                ),
                edited(recurrence, "(C * h).sum() → (C * (h - B_bar * u_t)).sum()"),
            ],
        ),
        Misconception(
            "what is lost in the place of what is left",
            "You multiply the state by 1 − Ā, which is the share that goes. Ā is the share that is left.",
            edited(recurrence, "A_bar * h → (1 - A_bar) * h"),
        ),
        Misconception(
            "a state that fades twice",
            "From one output to the next, the state is multiplied by A_bar twice. A step fades it once, and the read "
            "leaves it as it is.",
            edited(recurrence, "A_bar * h → A_bar * A_bar * h"),
        ),
        Misconception(
            "a state that never fades",
            "Your state only adds up. Nothing is multiplied by A_bar, so old samples count as much as new ones.",
            edited(recurrence, "A_bar * h → h"),
        ),
        Misconception(
            "the first sample twice",
            "The state starts with B̄·u[0], and the first step adds it again. Before that step nothing has come in.",
            [
                edited(recurrence, "torch.zeros_like(A_bar) → B_bar * u[0]"),
                edited(recurrence, "torch.zeros_like(A_bar), [] → B_bar * u[0], [(C * B_bar * u[0]).sum()]"),
            ],
        ),
        Misconception(
            "an output before the first step",
            "Your first output is read from the empty state, and those of the steps follow: one too many. h starts the "
            "loop, but nothing is read from it before u[0] has come in.",
            edited(recurrence, "outputs = torch.zeros_like(A_bar), [] → outputs = 0 * A_bar, [0 * u[0]]"),
        ),
        Misconception(
            "a state that is lost",
            "y[t] knows u[t] only: nothing is left of the step before. The state is made once, before the loop; each "
            "step starts from what the step before has left, and leaves its own for the next.",
            edited(recurrence, "A_bar * h + → "),
        ),
        Misconception(
            "a new sample that fades at once",
            "A_bar is multiplied by the old state *and* by the new sample. The new sample is not old yet: only "
            "h[t − 1] fades. (So it comes out, too, if the state is multiplied by A_bar once more when it is read.)",
            edited(recurrence, "A_bar * h + B_bar * u_t → A_bar * (h + B_bar * u_t)"),
        ),
        Misconception(
            "a moving average",
            "You weigh the new sample with 1 − A_bar, as a moving average does. Here B_bar alone says how much of it "
            "comes in.",
            [edited(recurrence, f"B_bar * u_t → (1 - A_bar) * {new} u_t") for new in ("B_bar *", "")],
        ),
        Misconception(
            "an input that goes past the state",
            "You add u[t] to the output as it is. A Mamba block has such a way past the state, the skip D; the two "
            "formulas above have none.",
            edited(recurrence, "(C * h).sum() → (C * h).sum() + u_t"),
        ),
        Misconception(
            "Ā and B̄ exchanged",
            "A_bar is multiplied by the new sample and B_bar by the old state. What is left of a state after a "
            "step is Ā of it; B̄ is the entrance.",
            edited(recurrence, "A_bar * h + B_bar * u_t → B_bar * h + A_bar * u_t"),
        ),
        Misconception(
            "a C that stays in the state",
            "You multiply the state itself by C, or add it up to the output, and carry that on to the next step: there "
            "it meets C once more. C is for reading only.",
            [
                edited(recurrence, f"A_bar * h + B_bar * u_t → {read}", "(C * h).sum() → h.sum()")
                for read in ("C * (A_bar * h + B_bar * u_t)", "(C * (A_bar * h + B_bar * u_t)).sum()")
            ]
            + [edited(recurrence, "A_bar * h + B_bar * u_t → C * (A_bar * h + B_bar * u_t)")],
        ),
        Misconception(
            "an entrance in every step",
            "The old state is multiplied by B_bar, too, and so again in each step. B_bar is the entrance: only the "
            "new sample passes it. Do the brackets stand where the formula has them?",
            [
                edited(recurrence, f"A_bar * h + B_bar * u_t → {step}")
                for step in (
                    "B_bar * (A_bar * h + u_t)",
                    "A_bar * B_bar * h + u_t",
                    "A_bar * B_bar * h + B_bar**2 * u_t",
                )
            ],
        ),
        Misconception(
            "a sample that multiplies the state",
            "You multiply the old state by u[t], too. Do the brackets stand where the formula has them? The sample "
            "meets B_bar alone, and is added to what is left of the state.",
            edited(recurrence, "A_bar * h + B_bar * u_t → (A_bar * h + B_bar) * u_t"),
        ),
        Misconception(
            "a missing B_bar",
            "The input goes into every state as it is. Each state has its own entrance: multiply u[t] by B_bar.",
            edited(recurrence, "B_bar * u_t → u_t"),
        ),
        Misconception(
            "a missing C",
            "The states are added up as they are. Each state has its own weight in the output: that is C.",
            edited(recurrence, "(C * h) → h"),
            where=several_states,
        ),
        Misconception(
            "states that meet",
            "The states are added up on their way from step to step, so each one takes in the others. A_bar is "
            "diagonal: state n fades by A_bar[n] and knows nothing of its neighbours. `@` adds up, and so does sum(); "
            "only an output is a sum.",
            [
                edited(recurrence, "A_bar * h → A_bar @ h"),
                edited(recurrence, "A_bar * h + B_bar * u_t → (A_bar * h + B_bar * u_t).sum()"),
                edited(
                    recurrence,
                    "A_bar * h + → (A_bar * h).sum() +",
                    "B_bar * u_t → C @ B_bar * u_t",
                    "(C * h).sum() → h",
                ),
            ],
        ),
        Misconception(
            "states that are not added up",
            "You return one number for each state, (L, N). The output is one number a step: the sum over the states.",
            edited(recurrence, "(C * h).sum() → C * h"),
            where=several_states,
        ),
        Misconception(
            "states in the place of outputs",
            "You return what each step leaves in the state, (L, N). That is the first formula alone: an output is read "
            "from the states by the second one.",
            edited(recurrence, "(C * h).sum() → h"),
        ),
        Misconception(
            "steps that are added up",
            "The sum runs over the steps: one number for each state is left. Add up over the states, and one number "
            "for each step is left.",
            edited(recurrence, "(C * h).sum() → C * h", "torch.stack(outputs) → torch.stack(outputs).sum(0)"),
        ),
        Misconception(
            "a state as long as the input",
            "Your h has as many numbers as there are steps. It needs one for each of the N states: make it like A_bar.",
            edited(recurrence, "zeros_like(A_bar) → zeros_like(u)"),
        ),
        Misconception(
            "all samples in each step",
            "You multiply B_bar by the whole input in each step. One sample comes in a step: the one of now.",
            edited(recurrence, "B_bar * u_t → B_bar * u"),
        ),
        Misconception(
            "a power of Ā in each step",
            "You take a power of A_bar. The power comes by itself: h has been multiplied by A_bar in each step "
            "before, and this step multiplies it once more.",
            [
                edited(recurrence, "for u_t in u → for t, u_t in enumerate(u)", f"A_bar * h → A_bar ** {power} * h")
                for power in ("t", "(t + 1)")
            ],
        ),
        Misconception(
            "steps in the place of states",
            "You go through a list of N numbers as the steps go on. A_bar, B_bar, C and h have a number for each "
            "*state*, and serve in every step as they are; only u and y have one for each step.",
            [
                edited(
                    recurrence,
                    f"for u_t in u → for t, u_t in enumerate({samples})",
                    "A_bar * h + B_bar * u_t → A_bar[t] * h + B_bar[t] * u_t",
                    "zeros_like(A_bar) → zeros(())",
                    "(C * h).sum() → C[t] * h",
                )
                for samples in ("u", "u[: len(A_bar)]")
            ],
            where=lambda u, A_bar, **case: len(A_bar) < len(u),
        ),
        Misconception(
            "a state that starts where another one ends",
            "You go through all steps with one state, then with the next. But the next one starts with what the one "
            "before has left at the end. The states never meet: each starts from zero.",
            _one_state_after_the_other,
        ),
        Misconception(
            "a loop over the states",
            "The loop takes as many turns as there are states. They all move at once, with `*`; the loop runs over the "
            "samples.",
            edited(recurrence, "for u_t in u → for u_t in u[: len(A_bar)]"),
            where=lambda u, A_bar, **case: len(A_bar) <= len(u),
        ),
        Misconception(
            "a mean over the states",
            "You take the mean of the states. C says how much of each goes into the output: with these weights they "
            "are added up.",
            edited(recurrence, "(C * h).sum() → (C * h).mean()"),
        ),
        Misconception(
            "only the last output",
            "One number comes back, the output of the last step. Each step has an output: collect them in a list "
            "inside the loop, and stack it after the loop.",
            [
                edited(recurrence, f"torch.stack(outputs) → {last}")
                for last in ("outputs[-1]", "torch.stack(outputs[-1:])")
            ],
        ),
        Misconception(
            "one state in the whole list",
            "Every output is that of the last step. So it comes out if the list holds h itself, and h is changed in "
            "place: all its entries are one tensor. `h = …` makes a new one in each step.",
            edited(recurrence, "torch.stack(outputs) → torch.stack(len(u) * outputs[-1:])"),
        ),
        Misconception(
            "numbers that are laid end to end",
            "torch.cat lays tensors end to end along an axis that they have. An output is a single number and has "
            "none; torch.stack makes one.",
            edited(recurrence, "torch.stack(outputs) → torch.cat(outputs)"),
        ),
        Misconception(
            "the first sample left out",
            "Your first output is 0, and the loop begins with u[1]. The empty state stands *before* u[0]: that sample "
            "comes in like all others.",
            edited(
                recurrence, "outputs = torch.zeros_like(A_bar), [] → outputs = 0 * A_bar, [0 * u[0]]", "in u → in u[1:]"
            ),
        ),
        Misconception(
            "a state that is not empty at first",
            "The state starts with ones, B_bar or u[0]. Before the first step nothing has come in: it is empty, zero.",
            [
                edited(recurrence, f"torch.zeros_like(A_bar) → {first}")
                for first in ("torch.ones_like(A_bar)", "B_bar", "u[0] * torch.ones_like(A_bar)")
            ],
        ),
        Misconception(
            "a second memory",
            "Beside the state, something else is added up over the steps: the outputs, or the samples on their way in. "
            "The memory is h alone: one sample comes in, and y[t] is C times the h of now.",
            edited(recurrence, "torch.stack(outputs) → torch.stack(outputs).cumsum(0)"),
        ),
        Misconception(
            "two sums multiplied",
            "You add up C and h, each for itself, and multiply the sums. Each state has a weight of its own: multiply "
            "first, then add up.",
            edited(recurrence, "(C * h).sum() → C.sum() * h.sum()"),
        ),
        Misconception(
            "an exponential of Ā",
            "Ā is what is left of a state after one step, already: exp(ΔA) was taken in notebook 04. Here it is only a "
            "factor.",
            [edited(recurrence, f"A_bar * h → {power}.exp() * h") for power in ("A_bar", "(-A_bar)")],
        ),
        Misconception(
            "a state that is added to itself",
            "You keep the whole of h and add Ā·h to it, as `h += …` does, so each state is multiplied by 1 + Ā. Only "
            "Ā·h is left of the old state.",
            edited(recurrence, "h = A_bar * h + → h = h + A_bar * h +"),
        ),
        Misconception(
            "Ā added in the place of Ā·h",
            "You add Ā itself, and the state of the step before is lost. What is left of it is Ā·h.",
            edited(recurrence, "A_bar * h + → A_bar +"),
        ),
        Misconception(
            "C in the place of B̄",
            "The input comes in through C, and B_bar is not used. C is the way out; the way in is B_bar.",
            edited(recurrence, "B_bar * u_t → C * u_t"),
        ),
        Misconception(
            "one state alone",
            "You read a single state. There are N of them, and the output is the sum of all, each times its own C.",
            [edited(recurrence, f"(C * h).sum() → (C * h)[{n}]") for n in (0, -1)],
        ),
        Misconception(
            "the first step left out",
            "You begin at u[1]: one output is missing, and the first sample is never read.",
            edited(recurrence, "for u_t in u: → for u_t in u[1:]:"),
        ),
        Misconception(
            "a loop from the end to the beginning",
            "The loop begins with the last sample, so each one meets a state that holds what comes after it, and "
            "nothing of what came before.",
            [
                edited(recurrence, "for u_t in u: → for u_t in u.flip(0):"),
                edited(
                    recurrence,
                    "for u_t in u: → for u_t in u.flip(0):",
                    "torch.stack(outputs) → torch.stack(outputs).flip(0)",
                ),
            ],
        ),
        Misconception(
            "the sample of the step before",
            "You read u[t − 1] at step t: the sample of now is missing, and u[−1] at the start is the last one in "
            "Python.",
            edited(recurrence, "for u_t in u: → for u_t in u.roll(1):"),
        ),
        Misconception(
            "B̄ added to the input",
            "You add B_bar to the sample. It is a weight, how much of the sample goes into each state: multiply.",
            edited(recurrence, "B_bar * u_t → B_bar + u_t"),
        ),
        Misconception(
            "a return inside the loop",
            "The function ends after its first step, with one output. `return` stands behind the loop, as far to the "
            "left as `for`.",
            edited(recurrence, "torch.stack(outputs) → torch.stack(outputs[:1])"),
        ),
        Misconception(
            "a system that bends",
            "You send the state, or the output, through tanh or ReLU, as a recurrent network does. Then twice the "
            "input need not give twice the output. A linear system multiplies and adds, and does nothing else.",
            [
                edited(recurrence, "A_bar * h + B_bar * u_t → (A_bar * h + B_bar * u_t).tanh()"),
                edited(recurrence, "A_bar * h + B_bar * u_t → (A_bar * h + B_bar * u_t).relu()"),
                edited(recurrence, "(C * h).sum() → (C * h).sum().tanh()"),
            ],
        ),
        Misconception(
            "a weight that counts twice",
            "B̄ or C is in each output twice. A sample passes B̄ once, on its way in, and C once, on its way out. Where "
            "did you multiply by it before?",
            [edited(recurrence, f"B_bar * u_t → B_bar * {again} * u_t") for again in ("C", "B_bar")],
        ),
    ],
)
