"""Exercises of notebook 05: one linear system as a recurrence, as a kernel and as a product of FFTs."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question
from ..ch01_causal_convolution.exercises import causal_conv

# Exercise 1: recurrence


def recurrence(u: Tensor, A_bar: Tensor, B_bar: Tensor, C: Tensor) -> Tensor:
    """h_t = Ā h_{t−1} + B̄ u_t and y_t = C h_t, from h = 0; u (L,), the rest (N,)."""
    h, outputs = torch.zeros_like(A_bar), []  # (N,)
    for u_t in u:
        h = A_bar * h + B_bar * u_t  # (N,)
        outputs.append((C * h).sum())
    return torch.stack(outputs)  # (L,)


def _system(draw: Draw) -> dict:
    states = draw.size(1, 4)
    A_bar = draw.uniform(0.1, 0.9, states).round(decimals=1)  # (N,)
    return {"A_bar": A_bar, "B_bar": draw.normal(states), "C": draw.normal(states)}


RECURRENCE = Exercise(
    id="05.recurrence",
    title="The recurrence",
    reference=recurrence,
    cases=lambda draw: {"u": draw.normal(draw.size(2, 10)), **_system(draw)},
    axes=("time",),
    misconceptions=[
        Misconception(
            "an output from the old state",
            "Every output stands one step too late: y[t] is read from the state before u[t] has come in. Which of the "
            "two lines of the formula comes first?",
            edited(
                recurrence,
                "h = A_bar * h + B_bar * u_t  # (N,) → outputs.append((C * h).sum())",
                "        outputs.append((C * h).sum())\n    return →         h = A_bar * h + B_bar * u_t\n    return",
            ),
        ),
        Misconception(
            "what is lost in the place of what is left",
            "You multiply the state by 1 − Ā, which is the share that goes. Ā is the share that is left.",
            edited(recurrence, "A_bar * h → (1 - A_bar) * h"),
        ),
        Misconception(
            "a state that never fades",
            "Your state only adds up. Nothing is multiplied with A_bar, so old samples count as much as new ones.",
            edited(recurrence, "A_bar * h → h"),
        ),
        Misconception(
            "the first sample twice",
            "The state starts with B̄·u[0], and the first step adds it again. Before that step nothing has come in.",
            edited(recurrence, "torch.zeros_like(A_bar) → B_bar * u[0]"),
        ),
        Misconception(
            "a state that is lost",
            "y[t] knows u[t] only. The state starts from zero in each step: make it once, before the loop, and let "
            "each step start from the state of the step before.",
            edited(recurrence, "A_bar * h + → "),
        ),
        Misconception(
            "a new sample that fades at once",
            "A_bar is multiplied with the old state *and* with the new sample. The new sample is not old yet: only "
            "h[t − 1] fades.",
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
            "A_bar is multiplied with the new sample and B_bar with the old state. What is left of a state after a "
            "step is Ā of it; B̄ is the entrance.",
            edited(recurrence, "A_bar * h + B_bar * u_t → B_bar * h + A_bar * u_t"),
        ),
        Misconception(
            "a C that stays in the state",
            "You multiply the state itself by C, and carry that on to the next step: there it meets C once more. C is "
            "for reading only.",
            edited(recurrence, "A_bar * h + B_bar * u_t → C * (A_bar * h + B_bar * u_t)", "(C * h).sum() → h.sum()"),
        ),
        Misconception(
            "a missing B_bar",
            "The input goes into every state as it is. Each state has its own entrance: multiply u[t] with B_bar.",
            edited(recurrence, "B_bar * u_t → u_t"),
        ),
        Misconception(
            "a missing C",
            "The states are added up as they are. Each state has its own weight in the output: that is C.",
            edited(recurrence, "(C * h) → h"),
        ),
        Misconception(
            "states that meet",
            "All states are added up before they fade, so each one takes in the others. A_bar is diagonal: state n "
            "fades by A_bar[n] and knows nothing of its neighbours. Use * instead of @.",
            edited(recurrence, "A_bar * h → A_bar @ h"),
        ),
        Misconception(
            "states that are not added up",
            "You return one number for each state, (L, N). The output is one number a step: the sum over the states.",
            edited(recurrence, "(C * h).sum() → C * h"),
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
            edited(recurrence, "torch.stack(outputs) → outputs[-1]"),
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
            "a state that starts at one",
            "The state starts with ones. Before the first step nothing has come in: it is empty, zero.",
            edited(recurrence, "zeros_like → ones_like"),
        ),
        Misconception(
            "outputs that are added up",
            "The outputs are added up over the steps, as if y had a memory of its own. The memory is h alone: y[t] is "
            "C times the h of now.",
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
            "`h += …` keeps the whole of h and adds Ā·h to it, so each state is multiplied by 1 + Ā. Write h = ….",
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
            "The loop begins with the last sample, so each output knows what comes after it and nothing of what came "
            "before.",
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
            "a state that is read before C",
            "You multiply the input with C on its way in and the state with B_bar on its way out, or with both on one "
            "way. With several states the sums are the same only if each pair stays together.",
            edited(recurrence, "B_bar * u_t → B_bar * C * u_t"),
        ),
    ],
)

# Exercise 2: ssm_kernel


def ssm_kernel(A_bar: Tensor, B_bar: Tensor, C: Tensor, length: int) -> Tensor:
    """K[j] = Σ_n C[n] · A_bar[n]^j · B_bar[n], for j = 0 … length − 1: (L,)."""
    powers = A_bar[:, None] ** torch.arange(length)  # (N, L)
    return (C * B_bar) @ powers  # (L,)


def _powers(draw: Draw) -> dict:
    """A system some of whose states change their sign in each step, or are gone after one: a power knows them all."""
    system = _system(draw)
    turned = draw.choice([1.0, 1.0, 1.0, 0.0, -1.0])
    factors = torch.cat([torch.tensor([turned]), torch.ones(len(system["A_bar"]) - 1)])  # (N,)
    return system | {"A_bar": system["A_bar"] * factors, "length": draw.size(2, 10)}


KERNEL = Exercise(
    id="05.ssm_kernel",
    title="The kernel, all taps at once",
    reference=ssm_kernel,
    cases=_powers,
    axes=("tap",),
    misconceptions=[
        Misconception(
            "a kernel that starts at Ā",
            "Every power is one too high: your first tap is C·Ā·B̄. Lag 0 is now, and what comes in now has not faded: "
            "which power of Ā leaves it as it is? (torch.cumprod of a row of Ā makes the same slip.)",
            edited(ssm_kernel, "torch.arange(length) → torch.arange(1, length + 1)"),
        ),
        Misconception(
            "a missing C",
            "The states are added up without their weights. Tap j is C·Ā^j·B̄.",
            edited(ssm_kernel, "(C * B_bar) → B_bar"),
        ),
        Misconception(
            "a missing B_bar",
            "The powers are weighed with C alone. What comes in has passed B_bar before it fades: tap j is C·Ā^j·B̄.",
            edited(ssm_kernel, "(C * B_bar) → C"),
        ),
        Misconception(
            "multiples instead of powers",
            "You multiply A_bar with j. A state that fades to one half in each step is at ½, ¼, ⅛ after 1, 2, 3 steps: "
            "a power, written ** in Python.",
            edited(ssm_kernel, "** → *"),
        ),
        Misconception(
            "an exponential of Ā",
            "Ā is what is left of a state after one step, already: exp(ΔA) was taken in notebook 04. After j steps it "
            "is Ā, j times multiplied with itself.",
            [
                edited(
                    ssm_kernel,
                    f"A_bar[:, None] ** torch.arange(length) → torch.exp({A}[:, None] * torch.arange(length))",
                )
                for A in ("A_bar", "-A_bar")
            ],
        ),
        Misconception(
            "a cumulative sum instead of powers",
            "You add A_bar up, step by step: Ā, 2Ā, 3Ā. Fading multiplies in each step; it does not add.",
            edited(ssm_kernel, "** torch.arange(length) → * torch.arange(1, length + 1)"),
        ),
        Misconception(
            "the answer to a step",
            "You add the taps up as you go. That is what comes out if a one comes in at *every* step. The kernel is "
            "the answer to a single one.",
            edited(ssm_kernel, "@ powers → @ powers.cumsum(1)"),
        ),
        Misconception(
            "a reversed kernel",
            "All taps are right, in the order of torch's conv1d, with now at the end. Here tap 0 belongs to now and "
            "tap j to j steps ago.",
            edited(ssm_kernel, "@ powers → @ powers.flip(1)"),
        ),
        Misconception(
            "states that are not added up",
            "You return a row for each state, (N, L). All states end in one output: add the rows up.",
            edited(ssm_kernel, "(C * B_bar) @ → (C * B_bar)[:, None] *"),
        ),
        Misconception(
            "taps that are added up",
            "The table is added up over its taps: one number for each state is left. Add up over the states, and one "
            "number for each tap is left.",
            edited(ssm_kernel, "(C * B_bar) @ powers → ((C * B_bar)[:, None] * powers).sum(1)"),
        ),
        Misconception(
            "as many taps as states",
            "The exponents run over the states, not over the taps. `length` says how many taps are wanted.",
            edited(ssm_kernel, "arange(length) → arange(len(A_bar))"),
            where=lambda A_bar, length, **rest: len(A_bar) != length,
        ),
        Misconception(
            "another number of taps",
            "The taps are right, and there is one too many of them, or one too few: they go from 0 to length − 1.",
            [edited(ssm_kernel, f"arange(length) → arange(length {more} 1)") for more in "+-"],
        ),
        Misconception(
            "B_bar to the power j",
            "B̄ is raised to the power j as well. A sample passes B̄ once, on its way in; only Ā meets it again in "
            "every step.",
            edited(ssm_kernel, "A_bar[:, None] → (A_bar * B_bar)[:, None]", "(C * B_bar) → C"),
        ),
        Misconception(
            "states that are added up too early",
            "You add the states up before weights and powers have met. Each state has a weight and a speed of its own: "
            "multiply first, and add up at the end.",
            [
                edited(ssm_kernel, "(C * B_bar) @ → (C * B_bar).sum() *", f"A_bar[:, None] → A_bar.{joined}()")
                for joined in ("sum", "mean")
            ]
            + [
                edited(ssm_kernel, f"(C * B_bar) @ powers → {weights}")
                for weights in (
                    "(C * B_bar).sum() * powers.sum(0)",
                    "C.sum() * B_bar.sum() * powers.sum(0)",
                    "B_bar.sum() * (C @ powers)",
                    "C.sum() * (B_bar @ powers)",
                    "(C * A_bar * B_bar).sum() ** torch.arange(length)",
                )
            ],
        ),
        Misconception(
            "C to the power j",
            "C is raised to the power j as well. What is left of a sample passes C once, on its way out; only Ā meets "
            "it again in every step.",
            edited(ssm_kernel, "A_bar[:, None] → (A_bar * C)[:, None]", "(C * B_bar) → B_bar"),
        ),
        Misconception(
            "what is lost in the place of what is left",
            "You take powers of 1 − Ā, the share that goes in a step. Ā is the share that is left.",
            edited(ssm_kernel, "A_bar[:, None] → (1 - A_bar)[:, None]"),
        ),
        Misconception(
            "every second power",
            "Your exponents go 0, 2, 4, …. A state fades once in each step: they are 0, 1, 2, ….",
            edited(ssm_kernel, "torch.arange(length) → (2 * torch.arange(length))"),
        ),
        Misconception(
            "a power of all three",
            "C and B̄ are raised to the power j as well. A sample passes B̄ once, on its way in, and C once, on its "
            "way out; only Ā meets it again in every step.",
            edited(
                ssm_kernel,
                "A_bar[:, None] ** → (C * B_bar * A_bar)[:, None] **",
                "(C * B_bar) @ powers → powers.sum(0)",
            ),
        ),
        Misconception(
            "powers without a table",
            "A_bar has N numbers and there are L exponents: PyTorch cannot pair them off. Give A_bar a second axis, "
            "A_bar[:, None], so that every state meets every exponent.",
            edited(ssm_kernel, "A_bar[:, None] → A_bar"),
            where=lambda A_bar, length, **rest: len(A_bar) not in (1, length),
        ),
        Misconception(
            "a logarithm of Ā",
            "exp(j·log Ā) is Ā to the power j for an Ā above 0 only. The picture below goes down to Ā = 0, where there "
            "is no logarithm, and below 0 there is none either. `**` takes them all.",
            edited(
                ssm_kernel,
                "A_bar[:, None] ** torch.arange(length) → torch.exp(torch.arange(length) * torch.log(A_bar)[:, None])",
            ),
        ),
        Misconception(
            "a sign that is lost",
            "You take the size of Ā. A state with Ā below 0 changes its sign in each step, and so do its taps.",
            [
                edited(ssm_kernel, "A_bar[:, None] → A_bar.abs()[:, None]"),
                edited(
                    ssm_kernel,
                    "A_bar[:, None] ** torch.arange(length) → "
                    "torch.exp(torch.arange(length) * torch.log(A_bar.abs())[:, None])",
                ),
            ],
        ),
        Misconception(
            "a mean over the states",
            "You take the mean of the states. C says how much of each goes into the output: with these weights they "
            "are added up.",
            edited(ssm_kernel, "@ powers → @ powers / len(A_bar)"),
        ),
        Misconception(
            "one state alone",
            "Your taps come from a single state. Each tap is a sum over all N of them.",
            [edited(ssm_kernel, f"(C * B_bar) @ powers → (C * B_bar)[{n}] * powers[{n}]") for n in (0, -1)],
        ),
        Misconception(
            "C and B̄ added",
            "You add C and B_bar. What a sample meets one after the other is multiplied: C·Ā^j·B̄.",
            edited(ssm_kernel, "(C * B_bar) → (C + B_bar)"),
        ),
        Misconception(
            "exponents between whole numbers",
            "torch.linspace(0, length, length) ends at `length`, so its steps are a little longer than 1. "
            "torch.arange(length) counts 0, 1, 2, ….",
            edited(ssm_kernel, "torch.arange(length) → torch.linspace(0, length, length)"),
        ),
        Misconception(
            "base and exponent exchanged",
            "You raise the number of the tap to the power Ā. It is the other way round: Ā multiplied with itself, j "
            "times.",
            edited(ssm_kernel, "A_bar[:, None] ** torch.arange(length) → torch.arange(length) ** A_bar[:, None]"),
        ),
    ],
)

# Exercise 3: convolve. Exercise 4, fft_convolve, computes the same.


def convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """y[t] = Σ_{j ≤ t} kernel[j] · u[t − j]; all are (L,)."""
    padded = F.pad(u, (len(kernel) - 1, 0))  # (L − 1 + L,)
    return F.conv1d(padded[None, None], kernel.flip(0)[None, None])[0, 0]  # (L,)


def _padded(room: str, *cut: str):
    """A wrong convolution: other zeros around the input, and perhaps a cut of the result."""
    return edited(convolve, f"(len(kernel) - 1, 0) → ({room})", *cut)


def _in_a_circle(u, kernel):
    """An index below zero counts from the end."""
    steps = range(len(u))
    return torch.stack([sum(kernel[j] * u[t - j] for j in steps) for t in steps])  # (L,)


def _by_two_loops(u, kernel):
    steps = range(len(u))
    return torch.stack([sum((kernel[j] * u[t - j] for j in range(t + 1)), torch.zeros(())) for t in steps])  # (L,)


def _into_the_past(u, kernel):
    return _by_two_loops(u.flip(0), kernel).flip(0)


def _pair(draw: Draw) -> dict:
    length = draw.size(2, 10)
    return {"u": draw.normal(length), "kernel": draw.normal(length)}


WRAP = "Send in a one at the last step: which outputs may answer?"

CONVOLVE = Exercise(
    id="05.convolve",
    title="A kernel as long as the sequence",
    reference=convolve,
    cases=_pair,
    axes=("time",),
    misconceptions=[
        Misconception(
            "a kernel that was not turned round",
            "Your present sample meets the *last* tap. causal_conv wants its taps from old to new; in kernel, tap 0 "
            "is now. One of the two has to be turned round.",
            edited(convolve, ".flip(0) → "),
        ),
        Misconception(
            "the tap for now left out",
            "kernel[0] is missing: the sum begins at j = 0, so the present sample is in it.",
            edited(convolve, "kernel.flip(0) → torch.cat([torch.zeros(1), kernel[1:]]).flip(0)"),
        ),
        Misconception(
            "an input that was turned round",
            "You have flipped the input, so the output starts with the end of the sequence. Time has to keep its "
            "direction; only the list of taps is turned round.",
            [
                edited(convolve, "F.pad(u, → F.pad(u.flip(0),", ".flip(0)[None → [None"),
                edited(convolve, "pad(u, → pad(u.flip(0),"),
            ],
        ),
        Misconception(
            "an output that is too long",
            "2L − 1 numbers come out: the response goes on after the end of the input. Keep the outputs for the L "
            "steps of the input. Which end are they at?",
            _padded("len(kernel) - 1, len(kernel) - 1"),
        ),
        Misconception(
            "the end instead of the beginning",
            "You keep the last L of 2L − 1 outputs. Only the first of them belongs to a step of the input.",
            _padded("0, len(kernel) - 1"),
        ),
        Misconception(
            "a centred output",
            "You keep the middle of the 2L − 1 outputs, as mode='same' does. So y[t] reads samples after t.",
            [
                _padded("len(u) // 2, len(u) // 2", "[0, 0] → [0, 0, : len(u)]"),
                _padded("(len(u) - 1) // 2, len(u) // 2"),
            ],
        ),
        Misconception(
            "a response that runs into the past",
            "y[t] reads u[t + j], the samples that come after it. The response to a sample comes after it, so y[t] "
            "reads u[t − j].",
            _into_the_past,
        ),
        Misconception(
            "the oldest sample left out",
            "The sum ends before j = t, so y[t] misses the first sample of all, and y[0] is zero. range(n) stops at n "
            "− 1.",
            edited(_by_two_loops, "t + 1 → t"),
        ),
        Misconception(
            "lag and step mixed up",
            "Tap and sample carry the same number, so no sample meets its own lag. The two numbers add up to t: tap j "
            "meets the sample from j steps ago.",
            edited(_by_two_loops, "kernel[j] * u[t - j] → kernel[j] * u[j]"),
        ),
        Misconception(
            "a response that goes in a circle",
            "The first outputs read the last samples, but before the start all samples count as zero. In Python an "
            "index below zero counts from the end, and a Fourier transform of L points goes round, too. " + WRAP,
            _in_a_circle,
        ),
        Misconception(
            "an output one step late",
            "y[t] does not know u[t]: your last tap meets u[t − 1]. Tap 0 belongs to now.",
            _padded("len(kernel), 0", "[0, 0] → [0, 0, : len(u)]"),
        ),
        Misconception(
            "a product at each step",
            "You multiply u[t] with kernel[t] and add nothing up. y[t] is a sum over all steps up to t.",
            lambda u, kernel: u * kernel,
        ),
        Misconception(
            "a slice that runs backwards",
            "PyTorch has no negative steps in slices. kernel.flip(0) turns the taps round.",
            edited(convolve, ".flip(0)[None → [::-1][None"),
        ),
        Misconception(
            "all taps on the sample of now",
            "You multiply u[t] with the sum of the taps. Each tap has a sample of its own: tap j that of j steps ago.",
            lambda u, kernel: u * kernel.sum(),
        ),
        Misconception(
            "a past that is not empty",
            "You put other numbers than zeros in front of the first sample: ones, or the first sample again. Samples "
            "before the start count as zero.",
            [
                edited(convolve, "F.pad(u, (len(kernel) - 1, 0)) → F.pad(u, (len(kernel) - 1, 0), value=1.0)"),
                edited(convolve, "F.pad(u, (len(kernel) - 1, 0)) → torch.cat([u[:1].expand(len(kernel) - 1), u])"),
            ],
        ),
        Misconception(
            "a zero too many",
            "You put L zeros in front, so L + 1 outputs come out, and the first of them knows no sample at all. L − 1 "
            "are enough.",
            _padded("len(kernel), 0"),
        ),
        Misconception(
            "axes that are left",
            "The numbers are right, and batch and channel are still around them. u has neither: take them off again.",
            [edited(convolve, f"[0, 0] → {left}") for left in ("", "[0]")],
        ),
        Misconception(
            "an output instead of an axis",
            "One number comes back: you have taken off an axis more than you had put on, and that is time.",
            edited(convolve, "[0, 0] → [0, 0, 0]"),
        ),
        Misconception(
            "an output that was turned round",
            "The outputs are right, from the end to the beginning. Only the taps are turned round, and nothing is "
            "turned back.",
            edited(convolve, "[0, 0] → [0, 0].flip(0)"),
        ),
        Misconception(
            "a bias of one",
            "Every output is 1 too large: the bias that causal_conv wants is added to each. Here it is zero.",
            edited(convolve, "[0, 0] → [0, 0] + 1"),
        ),
        Misconception(
            "missing axes",
            "F.conv1d and causal_conv want a batch and channels: x is (B, D, L) and the weight is (D, W), or (D, 1, W) "
            "for F.conv1d. Make them with u[None, None] and kernel[None], and take them off at the end.",
            [
                edited(convolve, "padded[None, None], kernel.flip(0)[None, None] → padded, kernel.flip(0)"),
                edited(convolve, "padded[None, None], kernel → u, kernel", "[None, None])[0, 0] → )"),
                edited(convolve, "padded[None, None], kernel → padded[None], kernel", "[None, None])[0, 0] → [None])"),
                lambda u, kernel: causal_conv(u, kernel.flip(0), torch.zeros(1)),
            ],
        ),
        Misconception(
            "a kernel without room",
            "A kernel as long as the input fits on it in one place only, so one number comes out. The samples before "
            "the start count as zero: they have to be there.",
            _padded("0, 0"),
        ),
    ],
)


def fft_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """The same as `convolve`, as a product of values at 2L points of the circle."""
    points = 2 * len(u)
    values = torch.fft.rfft(u, n=points) * torch.fft.rfft(kernel, n=points)  # (L + 1,)
    return torch.fft.irfft(values, n=points)[: len(u)]  # (L,)


def _rounded(function, **case):
    """What a function returns, rounded: the FFT leaves 1e-8 where a zero belongs, which is hard to read in a table."""
    y = function(*case.values())
    return y.round(decimals=5) + 0.0 if isinstance(y, Tensor) and y.is_floating_point() else y


LATE = {"u": torch.tensor([0.0, 0.0, 0.0, 1.0]), "kernel": torch.tensor([4.0, 3.0, 2.0, 1.0])}  # the first case


def _also_long(view, length: int):
    """How a learner's `view` is called: one that is right in the first case must be right for a long input, too.

    Once is enough, for a loop of the learner's is slow; and sums of many waves are rounded more.
    """

    def apply(function, u, kernel):
        result = _rounded(function, u=u, kernel=kernel)
        if torch.equal(u.flatten(), LATE["u"]) and _close(result, view(u, kernel), 1e-3):
            generator = torch.Generator().manual_seed(0)
            u, kernel = (torch.randn(*x.shape[:-1], length, generator=generator) for x in (u, kernel))
            if not _close(function(u, kernel), view(u, kernel), 0.05):
                raise ValueError(f"{length} samples come out wrong")
        return result

    return apply


def _close(y, right: Tensor, room: float) -> bool:
    return isinstance(y, Tensor) and y.shape == right.shape and torch.allclose(y.to(right), right, 1e-3, room)


A_CLOCK_OF_ITS_OWN = (
    "a clock of one size",
    "Short inputs come out right. But the number of points is written into your code, and a long input goes round. How "
    "many points are enough follows from the length.",
)


def _complex(view, *edits: str):
    """The view by complex transforms, without taking the real part."""
    three = (".rfft(u → .fft(u", ".rfft(kernel → .fft(kernel", "irfft(values → ifft(values")
    return edited(view, *three, *edits)


def _product(formula: str):
    """A wrong FFT view: the values U and K of input and kernel joined in another way."""
    values = "torch.fft.rfft(u, n=points) * torch.fft.rfft(kernel, n=points)"
    pair = "U, K = torch.fft.rfft(u, n=points), torch.fft.rfft(kernel, n=points)"
    return edited(fft_convolve, f"values = {values} → {pair}\n    values = {formula}")


FFT = Exercise(
    id="05.fft_convolve",
    title="The FFT view",
    reference=fft_convolve,
    cases=_pair,
    apply=_also_long(fft_convolve, 600),
    atol=1e-4,
    axes=("time",),
    example=LATE,
    misconceptions=[
        Misconception(*A_CLOCK_OF_ITS_OWN, edited(fft_convolve, "2 * len(u) → 64")),
        Misconception(
            "a circular wrap",
            "Your clock has only L hours. The outputs after the end go round and are added to the first ones, so the "
            "start of y knows the end of u. How many outputs does the whole product have?",
            [
                edited(fft_convolve, "2 * len(u) → len(u)"),
                edited(fft_convolve, "2 * len(u) → len(u)", "irfft(values, n=points) → irfft(values)"),
                _complex(fft_convolve, "2 * len(u) → len(u)"),
            ],
        ),
        Misconception(
            "one hour more instead of twice as many",
            "L + 1 hours: now only the first output after the end has an hour of its own. The product of two lists of "
            "L numbers has 2L − 1.",
            edited(fft_convolve, "2 * len(u) → len(u) + 1"),
        ),
        Misconception(
            "one hour too few",
            "2L − 2 hours: the very last output after the end has no hour of its own, and falls on the first one. "
            "Count again: L samples and L taps give 2L − 1.",
            edited(fft_convolve, "2 * len(u) → 2 * len(u) - 2"),
        ),
        Misconception(
            "the next power of two after L",
            "A power of two of points is quick, but yours need not reach 2L − 1: for most lengths some outputs after "
            "the end still go round.",
            [edited(fft_convolve, f"2 * len(u) → 2 ** math.ceil(math.log2(len(u){more}))") for more in ("", " + 1")],
        ),
        Misconception(
            "padding only one of the two",
            "The two lists of values have different lengths, so they belong to different points of the circle. Both "
            "must be taken at the same points: give both calls of rfft the same n.",
            [edited(fft_convolve, f".rfft({alone}, n=points) → .rfft({alone})") for alone in ("u", "kernel")],
        ),
        Misconception(
            "real parts too early",
            "You drop the imaginary parts before you are back in time. They say *when* something happens; without them "
            "the answer is smeared over all of time. Keep the values complex until then.",
            [_product(formula) for formula in ("U.real * K.real", "(U * K).real")],
        ),
        Misconception(
            "sizes without angles",
            "You multiply the absolute values. The angle of each value says when something happens, so all timing is "
            "lost. Multiply the complex values as they are.",
            _product("U.abs() * K.abs()"),
        ),
        Misconception(
            "a kernel that runs backwards",
            "A complex conjugate turns time round: this is a correlation. Multiply the values as they are.",
            [_product(formula) for formula in ("U * K.conj()", "U.conj() * K")],
        ),
        Misconception(
            "a kernel that was turned round",
            "You have flipped the kernel, as causal_conv wants it. Here it is a polynomial, and tap j belongs to the "
            "power j: leave it as it is.",
            edited(fft_convolve, "rfft(kernel, → rfft(kernel.flip(0),"),
        ),
        Misconception(
            "half as much again",
            "1.5 L hours: the last outputs after the end still go round. The product of two lists of L numbers has "
            "2L − 1.",
            edited(fft_convolve, "2 * len(u) → len(u) + len(u) // 2"),
        ),
        Misconception(
            "values that are added",
            "At each point the value of the product is the *product* of the two values.",
            _product("U + K"),
        ),
        Misconception(
            "a way back with the wrong n",
            "irfft was told n = L, but the values were taken at 2L points. It throws half of them away. Go back with "
            "the same n, and cut the result afterwards.",
            edited(fft_convolve, "irfft(values, n=points) → irfft(values, n=len(u))"),
        ),
        Misconception(
            "values that are added up",
            "`@` multiplies the values and adds the products up: one number. Each point has a product of its own: `*`.",
            _product("U @ K"),
        ),
        Misconception(
            "the input with itself",
            "You multiply the values of u with themselves, or those of the kernel. At each point one of u meets one of "
            "the kernel.",
            [_product("U * U"), _product("K * K")],
        ),
        Misconception(
            "the same way twice",
            "rfft goes from time to the values, and wants real numbers. The way back is irfft.",
            edited(fft_convolve, "torch.fft.irfft( → torch.fft.rfft("),
        ),
        Misconception(
            "another scale",
            "The shape of the output is right and its scale is not: irfft divides by the number of points already. "
            "Divide nothing yourself, and leave `norm` alone.",
            [
                edited(fft_convolve, "[: len(u)] → [: len(u)] / points"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] * points"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] / len(u)"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] / points**0.5"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] * points**0.5"),
            ],
        ),
        Misconception(
            "no way back",
            "You return the product of the values, numbers on the circle. irfft leads back to outputs in time.",
            [
                edited(fft_convolve, f"torch.fft.irfft(values, n=points)[: len(u)] → {values}")
                for values in ("values", "values[: len(u)]", "values.real", "values.real[: len(u)]")
            ],
        ),
        Misconception(
            "sizes instead of signs",
            "The numbers are right but for their signs: abs() drops them. Take .real of what ifft gives, or use rfft "
            "and irfft.",
            edited(fft_convolve, "[: len(u)] → [: len(u)].abs()"),
        ),
        Misconception(
            "a product before the transform",
            "You multiply u[t] with kernel[t], and go to the values and back for nothing. Go to the values of both "
            "first: there the product stands for the sum over all pairs.",
            edited(fft_convolve, "rfft(u, n=points) * torch.fft.rfft(kernel, → rfft(u * kernel,"),
        ),
        Misconception(
            "values that are divided",
            "A quotient of the values undoes a convolution. At each point the value of the product is the *product* of "
            "the two values.",
            edited(fft_convolve, "n=points) * torch → n=points) / torch"),
        ),
        Misconception(
            "a length that irfft must guess",
            "Without n, irfft guesses an even number of points. You have used an odd number, so time is stretched. "
            "Tell irfft the n that you have used.",
            edited(fft_convolve, "2 * len(u) → 2 * len(u) - 1", "irfft(values, n=points) → irfft(values)"),
        ),
        Misconception(
            "an output that is too long",
            "All 2L results come back. Only the first L belong to steps of the input.",
            [
                edited(fft_convolve, "[: len(u)] → "),
                edited(fft_convolve, "2 * len(u) → 2 * len(u) - 1", "[: len(u)] → "),
            ],
        ),
        Misconception(
            "the outputs after the end",
            "What you return belongs to steps after the end of the input. The outputs for its L steps stand at the "
            "beginning, if the zeros stand behind the samples and not before them.",
            edited(fft_convolve, "[: len(u)] → [len(u) :]"),
        ),
        Misconception(
            "a complex result",
            "The numbers are right, but they are complex, with imaginary parts that are zero but for rounding. Take "
            ".real at the very end, or use rfft and irfft.",
            _complex(fft_convolve),
        ),
    ],
)

# Bug hunt: mended_convolve


def mended_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """`fft_convolve` for a batch: u (B, D, L), kernel (D, L)."""
    points = 2 * u.shape[-1]
    values = torch.fft.rfft(u, n=points) * torch.fft.rfft(kernel, n=points)  # (B, D, L + 1)
    return torch.fft.irfft(values, n=points)[..., : u.shape[-1]]  # (B, D, L)


def _with_points(points: str, *edits: str):
    """A mended view with another number of points."""
    return edited(mended_convolve, f"2 * u.shape[-1] → {points}", *edits)


suspect_convolve = _with_points("2 ** math.ceil(math.log2(u.shape[-1]))")
NEXT = "2 ** math.ceil(math.log2(2 * u.shape[-1]))"


def _batch(draw: Draw) -> dict:
    batch, channels, length = draw.size(1, 2), draw.size(1, 3), draw.size(3, 13)
    return {"u": draw.normal(batch, channels, length), "kernel": draw.normal(channels, length)}


BUG = Exercise(
    id="05.mended_convolve",
    title="The response that begins before the impulse",
    reference=mended_convolve,
    cases=_batch,
    apply=_also_long(mended_convolve, 600),
    atol=1e-4,
    gradients=("u",),
    axes=("batch", "channel", "time"),
    example={"u": LATE["u"][None, None], "kernel": LATE["kernel"][None]},
    misconceptions=[
        Misconception(*A_CLOCK_OF_ITS_OWN, _with_points("64")),
        Misconception(
            "a clock for the batch",
            "`u.shape[0]` is the number of sequences. The room must be twice their length, which stands on the last "
            "axis.",
            _with_points("2 * u.shape[0]"),
        ),
        Misconception(
            "the bug as it was",
            "Nothing is mended yet: the end of the response still comes in at the start. The picture above shows for "
            "which lengths this is worst. What do these have in common?",
            suspect_convolve,
            given=True,
        ),
        Misconception(
            "the next power of two after L",
            "For L = 16 this gives 32 points, which is enough. For L = 20 it gives 32 too, and 39 outputs want an hour "
            "of their own. The power of two must be large enough for 2L − 1.",
            _with_points("2 ** u.shape[-1].bit_length()"),
        ),
        Misconception(
            "one point more",
            "One more point makes room for one more output. The response may go on for L − 1 steps after the end.",
            [_with_points("2 ** math.ceil(math.log2(u.shape[-1])) + 1"), _with_points("u.shape[-1] + 1")],
        ),
        Misconception(
            "one hour too few",
            "2L − 2 points: the very last output after the end has no hour of its own, and falls on the first one. "
            "Count again: L samples and L taps give 2L − 1.",
            _with_points("2 * u.shape[-1] - 2"),
        ),
        Misconception(
            "a power of two that is rounded down",
            "For some lengths the logarithm is rounded down, and the power of two is below 2L − 1. Round up: "
            "math.ceil.",
            _with_points("2 ** round(math.log2(2 * u.shape[-1]))"),
        ),
        Misconception(
            "a kernel that was turned round",
            "There is room enough now, but the kernel is the wrong way round: your present sample meets the last tap. "
            "Here tap 0 is now, and a product of FFTs wants it as it is. (conv1d wants its taps from old to new.)",
            edited(mended_convolve, "rfft(kernel, → rfft(kernel.flip(-1),"),
        ),
        Misconception(
            "a larger clock for the way back alone",
            "Only irfft has more points. The values were taken on the small clock, where what comes round is added up "
            "already; on a larger one they belong to other hours. All three calls need the same n.",
            _with_points(
                "2 ** math.ceil(math.log2(u.shape[-1]))", "irfft(values, n=points) → irfft(values, n=2 * points)"
            ),
        ),
        Misconception(
            "only the first of the batch",
            "You run through the channels of u[0]. There may be more than one sequence in the batch.",
            edited(mended_convolve, "rfft(u, → rfft(u[:1],"),
        ),
        Misconception(
            "a length that irfft must guess",
            "There is room enough, with an odd number of points. Without n, irfft guesses an even one, so time is "
            "stretched. Tell irfft the n that you have used.",
            _with_points("2 * u.shape[-1] - 1", "irfft(values, n=points) → irfft(values)"),
        ),
        Misconception(
            "half as much again",
            "1.5 L points, or the power of two from there on: for some lengths a late impulse still goes round. In the "
            "worst case it comes at the last step, and the response needs L − 1 further steps.",
            [
                _with_points("u.shape[-1] + u.shape[-1] // 2"),
                _with_points("u.shape[-1] + u.shape[-1] // 2 + 1"),
                _with_points("2 ** math.ceil(math.log2(1.5 * u.shape[-1]))"),
            ],
        ),
        Misconception(
            "the wrong half",
            "There is room enough now, but you return what comes after the end of the input.",
            edited(mended_convolve, "[..., : u.shape[-1]] → [..., u.shape[-1] :]"),
        ),
        Misconception(
            "the end of the clock",
            "You return the last L numbers, or put the zeros before the samples. The outputs for the L steps of the "
            "input stand at the beginning, and the zeros behind the samples.",
            _with_points(NEXT, "[..., : u.shape[-1]] → [..., -u.shape[-1] :]"),
        ),
        Misconception(
            "twice the logarithm",
            "2·log2(L) is a small number of points. The power of two is 2 ** …, and what is rounded up is the "
            "logarithm of the room that is needed.",
            _with_points("2 * math.ceil(math.log2(u.shape[-1]))"),
        ),
        Misconception(
            "outputs that are hidden",
            "You set to zero what comes before the first sample that is not zero. The end of the response still goes "
            "round: as soon as something has come in, it is added to the outputs, and nobody sees it.",
            edited(suspect_convolve, "[..., : u.shape[-1]] → [..., : u.shape[-1]] * (u.cumsum(-1) != 0)"),
        ),
        Misconception(
            "a kernel that was cut",
            "You let the kernel end early, so that less goes round. Then its last taps are missing where they belong. "
            "Leave it whole, and make room.",
            edited(suspect_convolve, "rfft(kernel, → rfft(kernel[..., : kernel.shape[-1] // 2],"),
        ),
        Misconception(
            "padding only one of the two",
            "The values of u and of the kernel belong to different points. Give both calls of rfft the same n.",
            [edited(mended_convolve, f".rfft({alone}, n=points) → .rfft({alone})") for alone in ("u", "kernel")],
        ),
        Misconception(
            "no room at all",
            "As many points as samples: now no length has room to spare, and each goes round as far as a power of two "
            "did. How many outputs has the whole product?",
            [_with_points("u.shape[-1]"), _with_points("u.shape[-1]", "irfft(values, n=points) → irfft(values)")],
        ),
        Misconception(
            "an output that is too long",
            "There is room enough now, and all of it comes back. Only the first L outputs along the last axis "
            "belong to steps of the input.",
            [
                edited(mended_convolve, "[..., : u.shape[-1]] → "),
                _with_points(NEXT, "[..., : u.shape[-1]] → "),
            ],
        ),
    ],
)

# Exercise 5: is_time_invariant, and the systems that it is tried on


def is_time_invariant(layer, u: Tensor, shift: int) -> bool:
    """Whether an input that comes `shift` steps later gives the same output, `shift` steps later."""
    late_input = F.pad(u, (shift, 0))[: len(u)]  # (L,)
    late_output = F.pad(layer(u), (shift, 0))[: len(u)]  # (L,)
    return torch.allclose(layer(late_input), late_output, rtol=1e-3, atol=1e-4)


def leaky(u):
    return recurrence(u, torch.tensor([0.5]), torch.ones(1), torch.ones(1))


def leaky_by_fft(u):
    # An FFT leaves some 10⁻⁷ where there should be nothing, on most processors: so much is there on each.
    return fft_convolve(u, 0.5 ** torch.arange(len(u))) + 2e-7


def delay_by_two(u):
    return F.pad(u, (2, 0))[:-2]


def square(u):
    return u * u


def forgets_all_at_step_four(u):
    h, outputs = torch.zeros(()), []
    for t, u_t in enumerate(u):
        h = (0.0 if t == 4 else 0.9) * h + u_t
        outputs.append(h)
    return torch.stack(outputs)


def louder_and_louder(u):
    return torch.arange(1, len(u) + 1) * u


def silent_for_three_steps(u):
    return torch.cat([torch.zeros(3), u[3:]])


def subtract_mean(u):
    return u - u.mean()


def backwards(u):
    return u.flip(0)


def silent(u):
    return 0 * u


def says_what_time_it_is(u):
    return torch.arange(1.0, len(u) + 1)


def every_other_step(u):
    return u * (torch.arange(len(u)) % 2)


def every_third_step(u):
    return u * (torch.arange(len(u)) % 3 == 0)


def exchanges_two_steps(u):
    return torch.cat([u[:2], u[2:4].flip(0), u[4:]])


def neighbours_louder_and_louder(u):
    return torch.arange(len(u)) * u * F.pad(u, (1, 0))[:-1]


SYSTEMS = [
    leaky,
    leaky_by_fft,
    delay_by_two,
    square,
    forgets_all_at_step_four,
    louder_and_louder,
    silent_for_three_steps,
    subtract_mean,
    backwards,
    silent,
    says_what_time_it_is,
    every_other_step,
    every_third_step,
    exchanges_two_steps,
    neighbours_louder_and_louder,
]


def one_factor_a_step(length: int):
    """A system with a fading factor of its own for each of `length` steps; it takes inputs of this length only."""
    factors = torch.linspace(0.9, 0.1, length)  # (L,)

    def fades_faster_and_faster(u):
        if len(u) != length:
            raise ValueError(f"this layer has {length} fading factors, one a step; the input has {len(u)} samples")
        h, outputs = torch.zeros(()), []
        for factor, u_t in zip(factors, u, strict=True):
            h = factor * h + u_t
            outputs.append(h)
        return torch.stack(outputs)

    return fades_faster_and_faster


def _systems(draw: Draw) -> dict:
    system = draw.choice([*SYSTEMS, one_factor_a_step])
    u = draw.normal(draw.size(6, 10)).abs() + 0.1  # no sample and no mean is zero
    if system is not subtract_mean:  # with a silent end it would answer wrongly only before the input comes
        u = draw.choice([u, F.pad(u, (0, 4))])  # (L,)
    layer = one_factor_a_step(len(u)) if system is one_factor_a_step else system
    return {"layer": layer, "u": u, "shift": draw.size(1, 3)}


LATE_INPUT, LATE_OUTPUT = "F.pad(u, (shift, 0))[: len(u)]", "F.pad(layer(u), (shift, 0))[: len(u)]"
BOTH = "layer(late_input), late_output"


def _moved(late_input: str = LATE_INPUT, late_output: str = LATE_OUTPUT, both: str = BOTH):
    """A wrong test: another input, another output to expect, or another comparison of the two."""
    pairs = ((LATE_INPUT, late_input), (LATE_OUTPUT, late_output), (BOTH, both))
    return edited(is_time_invariant, *(f"{old} → {new}" for old, new in pairs if old != new))


TIME = Exercise(
    id="05.is_time_invariant",
    title="Does the system care what time it is?",
    reference=is_time_invariant,
    cases=_systems,
    trials=120,
    misconceptions=[
        Misconception(
            "a roll instead of a delay",
            "torch.roll brings the end to the front: that is the clock of section 3 again. A delay puts zeros in "
            "front, and what passes the end is gone.",
            [
                _moved("u.roll(shift)", "layer(u).roll(shift)"),
                _moved("u.roll(shift)"),
                _moved(late_output="layer(u).roll(shift)"),
            ],
        ),
        Misconception(
            "an input that got longer",
            "You put zeros in front and keep all of u, so the delayed input is longer than u. A system with one Δ for "
            "each step has none for the extra samples, and raises an error. Drop `shift` samples at the end.",
            [
                _moved("F.pad(u, (shift, 0))", "F.pad(layer(u), (shift, 0))"),
            ],
        ),
        Misconception(
            "an input of another length",
            "You give the layer an input that is not as long as u. A system with one Δ for each step raises an error "
            "then. Zeros in front, and as many samples dropped at the end: the delayed input is as long as u.",
            [
                _moved("u[:-shift]", "layer(u)[shift:]"),
                _moved("u[shift:]", "layer(u)[shift:]"),
                _moved("F.pad(u[:-shift], (2 * shift, 0))", both="layer(late_input)[: len(u)], late_output"),
            ],
        ),
        Misconception(
            "two delays that differ",
            "Your output is not delayed as the input is: by another number of steps, or the other way. Both come "
            "`shift` steps later.",
            [_moved("u"), _moved(late_output="F.pad(layer(u), (0, shift))[shift:]")],
        ),
        Misconception(
            "an output that was not delayed",
            "You ask for the same output at the same time. The input came later, so the output may come later too: "
            "delay it before you compare.",
            _moved(late_output="layer(u)"),
        ),
        Misconception(
            "a delay too many",
            "Your first output comes from a delayed input: it is late already. You delay it once more.",
            edited(is_time_invariant, "layer(late_input) → F.pad(layer(late_input), (shift, 0))[: len(u)]"),
        ),
        Misconception(
            "a comparison to the bit",
            "You ask for exact equality, or leave hardly any room: allclose as it stands leaves none beside a zero. "
            "The FFT view is right to seven digits, not to the last bit: use torch.allclose with some room, for "
            "example atol=1e-4.",
            edited(is_time_invariant, "torch.allclose → torch.equal", ", rtol=1e-3, atol=1e-4 → "),
        ),
        Misconception(
            "too much room",
            "Outputs that differ by a whole unit pass as equal. The room is there for rounding: 10⁻⁴ is enough.",
            [edited(is_time_invariant, f"atol=1e-4 → atol={room}") for room in (0.5, 1.0)],
        ),
        Misconception(
            "one equal step is enough",
            "One output that agrees makes your answer True. The two must agree at every step.",
            edited(is_time_invariant, "torch.allclose → torch.isclose", "atol=1e-4) → atol=1e-4).any().item()"),
        ),
        Misconception(
            "a difference with its sign",
            "A difference below zero counts as small, however far off it is. Look at its absolute value.",
            [
                _moved(both="(layer(late_input) - late_output).clamp(min=0), torch.zeros(len(u))"),
                _moved(both="(late_output - layer(late_input)).clamp(min=0), torch.zeros(len(u))"),
            ],
        ),
        Misconception(
            "True and False exchanged",
            "Your answer is the opposite of the right one in every case.",
            edited(is_time_invariant, "return torch → return not torch"),
        ),
        Misconception(
            "a test for linearity",
            "You have doubled the input, or added two inputs up. That asks another question: is the answer to a sum "
            "the sum of the answers? Squaring does not pass it, and yet squares the same way at all times.",
            [_moved("2 * u", "2 * layer(u)"), _moved("shift * u", "shift * layer(u)")],
        ),
        Misconception(
            "a test for causality",
            "You leave the end of the input away and look whether the start of the output stays. That asks whether the "
            "system reads the future. Here the input has to come later.",
            _moved("u[:-shift]", "layer(u)[:-shift]"),
        ),
        Misconception(
            "a shift into the past",
            "You let the input come earlier, and so cut off its beginning. A system with memory misses those samples. "
            "Delay it instead: zeros come in at the front.",
            [
                _moved("F.pad(u[shift:], (0, shift))", "layer(u)[shift:]", "layer(late_input)[:-shift], late_output"),
            ],
        ),
        Misconception(
            "a look at the last output only",
            "You compare one output. A system may be honest at the end and treat the start in another way: compare "
            "all outputs.",
            _moved(both="layer(late_input)[-1], late_output[-1]"),
        ),
        Misconception(
            "only the steps before the input",
            "You look at the first `shift` outputs alone, before the delayed input has come. What the system does with "
            "it comes later.",
            [
                _moved(both="layer(late_input)[:shift], late_output[:shift]"),
                edited(
                    is_time_invariant,
                    f"torch.allclose({BOTH}, rtol=1e-3, atol=1e-4) → bool((layer(late_input)[:shift] == 0).all())",
                ),
            ],
        ),
        Misconception(
            "a test that never says False",
            "Your test says True of every system, of those that look at the clock, too. What should it compare, so "
            "that it can fail?",
            lambda layer, u, shift: True,
        ),
        Misconception(
            "a test whether the system is a delay",
            "You compare the output with the delayed *input*. Run the system on the delayed input, and compare the two "
            "outputs.",
            [_moved(both="layer(u), late_input"), _moved(both="layer(late_input), late_input")],
        ),
        Misconception(
            "a comparison that forgets the order",
            "Two outputs may hold the same numbers, or have the same sum or the same largest number, and differ in "
            "time: compare step by step.",
            [
                _moved(both="layer(late_input).sum(), late_output.sum()"),
                _moved(both="layer(late_input).max(), late_output.max()"),
            ],
        ),
        Misconception(
            "a shift of your own",
            "You delay by a number of steps that you have chosen yourself, or by one more or less. A system that does "
            "the same every second step passes one shift and fails another: use the `shift` that is given.",
            [
                edited(is_time_invariant, f"late_input = → shift = {own}\n    late_input =")
                for own in (1, 2, 3, "shift + 1", "shift - 1")
            ],
        ),
        Misconception(
            "an input of your own",
            "You try the system on an input of your own, and a simple one may hide what happens: on ones, or on a "
            "single impulse, many systems behave. Use the u that is given.",
            [
                edited(is_time_invariant, f"late_input = → u = {own}\n    late_input =")
                for own in ("torch.ones_like(u)", "torch.zeros_like(u)", "F.pad(torch.ones(1), (0, len(u) - 1))")
            ],
        ),
    ],
)

EXERCISES = [RECURRENCE, KERNEL, CONVOLVE, FFT, BUG, TIME]

RECAP = [
    Question(
        "One state with Ā = 0.5, B̄ = 2 and C = 3. Which number is tap 2 of its kernel?",
        ["0.75", "1.5", "3", "6"],
        "1.5",
        "C·Ā²·B̄ = 3 · 0.25 · 2. The first tap, with the power 0, is C·B̄ = 6.",
    ),
    Question(
        "Two lists of 1000 numbers are convolved by FFT. How many points are enough, so that nothing wraps round?",
        ["1000", "1001", "1024", "1999"],
        "1999",
        "The whole product has 2L − 1 = 1999 numbers, and each needs an hour of its own. More is fine: 2000, or 2048.",
    ),
    Question(
        "A model of 16 states a channel has read 16 384 tokens. Which view makes the next output with the fewest "
        "multiplications?",
        ["the recurrence", "the kernel", "the FFT", "all need the same"],
        "the recurrence",
        "It needs 3 · 16 = 48. The kernel needs one for each token so far, and the FFT starts from the beginning.",
    ),
    Question(
        "With 16 states and L = 16 384 the recurrence needs the fewest multiplications for the whole sequence, too. "
        "Why can a GPU still be quicker with the FFT?",
        [
            "A GPU cannot multiply real numbers",
            "The recurrence needs more memory",
            "The steps of the recurrence wait for one another",
            "The FFT needs no kernel",
        ],
        "The steps of the recurrence wait for one another",
        "16 384 steps in a row against 31 levels, in each of which everything can happen at once.",
    ),
    Question(
        "Δ is another number at each token. Which of the three views are left?",
        ["the recurrence", "the recurrence and the kernel", "the kernel and the FFT", "all three"],
        "the recurrence",
        "There is no kernel any more: what a sample leaves behind depends on when it came. Without a kernel, no FFT.",
    ),
]
