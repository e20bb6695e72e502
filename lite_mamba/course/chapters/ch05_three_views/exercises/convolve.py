"""Exercise 3: convolve. Exercise 4, fft_convolve, computes the same."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from ...ch01_causal_convolution.exercises import causal_conv
from .shared import CENTRED, draw_pair


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


def several_samples(u, kernel) -> bool:
    """Where an answer that ends with `squeeze()` shows what else is wrong."""
    return len(u) > 1


def _three_samples(u, kernel) -> bool:
    """Where more than one output is read from the wrong samples, and the middle is not the end."""
    return len(u) > 2


def _nothing_hides_the_end(u, kernel) -> bool:
    """Where each sample that comes round is seen, and more than one does."""
    return _three_samples(u, kernel) and bool(u[1:].all() and kernel[1:].all())


WRAP = "Send in a one at the last step: which outputs may answer?"


CONVOLVE = Exercise(
    id="05.convolve",
    title="A kernel as long as the sequence",
    reference=convolve,
    cases=lambda draw: draw_pair(draw, shortest=1),
    axes=("time",),
    misconceptions=[
        Misconception(
            "a kernel that was not turned round",
            "Your present sample meets the *last* tap. causal_conv wants its taps from old to new; in kernel, tap 0 "
            "is now. One of the two has to be turned round. (With an axis in front of the taps, .flip(0) turns "
            "that one.)",
            edited(convolve, ".flip(0) → "),
            where=several_samples,
        ),
        Misconception(
            "the tap for now left out",
            "kernel[0] is missing: the sum begins at j = 0, so the present sample is in it.",
            edited(convolve, "kernel.flip(0) → torch.cat([torch.zeros(1), kernel[1:]]).flip(0)"),
        ),
        Misconception(
            "an input that was turned round",
            "The output starts with the end of the sequence: you have flipped the input, or put it where the taps "
            "stand, which are read from the last one on. Time has to keep its direction; only the taps are turned "
            "round.",
            [
                edited(convolve, "F.pad(u, → F.pad(u.flip(0),", ".flip(0)[None → [None"),
                edited(convolve, "pad(u, → pad(u.flip(0),"),
            ],
            where=several_samples,
        ),
        Misconception(
            "an output that is too long",
            "2L − 1 numbers come out: the response goes on after the end of the input. Keep the outputs for the L "
            "steps of the input. Which end are they at?",
            _padded("len(kernel) - 1, len(kernel) - 1"),
            where=several_samples,
        ),
        Misconception(
            "the end instead of the beginning",
            "What comes back are the last L of 2L − 1 outputs, and only the first of them belongs to a step of the "
            "input: the beginning is cut off, or the zeros stand behind the input.",
            _padded("0, len(kernel) - 1"),
            where=several_samples,
        ),
        Misconception(
            *CENTRED,
            [
                _padded("len(u) // 2, len(u) // 2", "[0, 0] → [0, 0, : len(u)]"),
                _padded("(len(u) - 1) // 2, len(u) // 2"),
                _padded("(len(u) - 1) // 2, (len(u) - 1) // 2"),
            ],
            where=_three_samples,
        ),
        Misconception(
            "a response that runs into the past",
            "y[t] reads u[t + j], the samples that come after it. The response to a sample comes after it, so y[t] "
            "reads u[t − j].",
            [
                _into_the_past,
                lambda u, kernel: sum(kernel[j] * u.roll(-j) for j in range(len(u))),
                lambda u, kernel: _by_two_loops(u, kernel) + _into_the_past(u, kernel) - kernel[0] * u,
            ],
        ),
        Misconception(
            "the oldest sample left out",
            "The sum ends before j = t, so y[t] misses the first sample of all, and y[0] is zero. range(n) stops at n "
            "− 1.",
            edited(_by_two_loops, "t + 1 → t"),
        ),
        Misconception(
            "lag and step mixed up",
            "In your products the number of the tap and that of the sample do not add up to t. A sample grows older "
            "from step to step: tap j meets the sample from j steps ago.",
            [
                edited(_by_two_loops, f"kernel[j] * u[t - j] → {product}")
                for product in (
                    "kernel[j] * u[j]",
                    "kernel[len(u) - 1 - j] * u[j]",
                    "kernel[t] * u[j]",
                    "kernel[j] * u[t]",
                )
            ]
            + [lambda u, kernel: u * kernel.sum(), lambda u, kernel: kernel * u.sum()],
        ),
        Misconception(
            "a response that goes in a circle",
            "The first outputs read the last samples, but before the start all samples count as zero. In Python an "
            "index below zero counts from the end, and a Fourier transform of L points goes round, too. " + WRAP,
            _in_a_circle,
            where=_nothing_hides_the_end,
        ),
        Misconception(
            "an output one step late",
            "y[t] does not know u[t]: its newest sample is u[t − 1]. Tap 0 belongs to now.",
            _padded("len(kernel), 0", "[0, 0] → [0, 0, : len(u)]"),
            where=several_samples,
        ),
        Misconception(
            "a product at each step",
            "You multiply each sample by one tap and add nothing up. y[t] is a sum over all steps up to t. (So it "
            "comes out, too, if the steps stand where causal_conv has its sequences or its channels.)",
            [lambda u, kernel: u * kernel, lambda u, kernel: u * kernel.flip(0), lambda u, kernel: u * kernel[0]],
            where=several_samples,
        ),
        Misconception(
            "a sum of which the last term is left",
            "y[t] is overwritten in each turn of the inner loop, and what is left is the last product, kernel[t] · "
            "u[0]. All products of an output are added up.",
            lambda u, kernel: kernel * u[0],
        ),
        Misconception(
            "a sum that goes on",
            "Each output has all those before it in it. The sum of products starts from zero for each output.",
            lambda u, kernel: _by_two_loops(u, kernel).cumsum(0),
        ),
        Misconception(
            "a slice that runs backwards",
            "PyTorch has no negative steps, neither in a slice of its own nor in an array that comes from NumPy. "
            "kernel.flip(0) turns the taps round.",
            [
                edited(convolve, f"kernel.flip(0)[None → {turned}[None")
                for turned in ("kernel[::-1]", "torch.from_numpy(kernel.numpy()[::-1])")
            ],
        ),
        Misconception(
            "a past that is not empty",
            "You put other numbers than zeros in front of the first sample: ones, or samples of the input once more. "
            "Samples before the start count as zero.",
            [
                edited(convolve, "F.pad(u, (len(kernel) - 1, 0)) → F.pad(u, (len(kernel) - 1, 0), value=1.0)"),
                edited(convolve, "F.pad(u, (len(kernel) - 1, 0)) → torch.cat([u[:1].expand(len(kernel) - 1), u])"),
                edited(convolve, "F.pad(u, (len(kernel) - 1, 0)) → torch.cat([u[1:].flip(0), u])"),
            ],
            where=several_samples,
        ),
        Misconception(
            "a zero too many",
            "You put L zeros in front, so L + 1 outputs come out, and the first of them knows no sample at all. L − 1 "
            "are enough.",
            _padded("len(kernel), 0"),
        ),
        Misconception(
            "zeros that are put in twice",
            "There are twice as many zeros in front as the taps need, and the first outputs read nothing else. "
            "causal_conv puts its own there; F.conv1d does not.",
            [_padded("2 * len(kernel) - 2, 0", *cut) for cut in ((), ("[0, 0] → [0, 0, : len(u)]",))],
            where=_three_samples,
        ),
        Misconception(
            "axes that are left",
            "The numbers are right, and batch or channel, or both, are still around them. u has neither: take them off "
            "again.",
            [edited(convolve, f"[0, 0] → {left}") for left in ("", "[0]")],
        ),
        Misconception(
            "an axis too many taken off",
            "`squeeze` takes off every axis with one entry. Where the input is a single sample, time is one of them.",
            edited(convolve, "[0, 0] → .squeeze()"),
        ),
        Misconception(
            "an output instead of an axis",
            "One number comes back: you have taken off an axis more than you had put on, and that is time.",
            edited(convolve, "[0, 0] → [0, 0, 0]"),
        ),
        Misconception(
            "an output that was turned round",
            "What comes out runs from the end to the beginning. Only the taps are turned round, and nothing is turned "
            "back. (So it comes out, too, if tap j meets u[j − t].)",
            [edited(convolve, "[0, 0] → [0, 0].flip(0)", *taps) for taps in ((), (".flip(0)[None → [None",))],
            where=several_samples,
        ),
        Misconception(
            "a bias of one",
            "Every output is 1 too large: the bias that causal_conv wants is added to each. Here it is zero.",
            edited(convolve, "[0, 0] → [0, 0] + 1"),
        ),
        Misconception(
            "missing axes",
            "F.conv1d and causal_conv want a batch and channels: x is (B, D, L), made with u[None, None]. The weight "
            "is (D, W) for causal_conv, made with kernel[None], and (D, 1, W) for F.conv1d, with kernel[None, None]. "
            "Take the axes off at the end.",
            [
                edited(convolve, "padded[None, None], kernel.flip(0)[None, None] → padded, kernel.flip(0)"),
                edited(convolve, "padded[None, None], kernel → u, kernel", "[None, None])[0, 0] → )"),
                edited(convolve, "padded[None, None], kernel → padded[None], kernel", "[None, None])[0, 0] → [None])"),
                lambda u, kernel: causal_conv(u, kernel.flip(0), torch.zeros(1)),
            ],
        ),
        Misconception(
            "an axis too many",
            "causal_conv wants its weight as (D, W), one row of taps a channel. Yours has an axis more, as "
            "F.conv1d would have it. (Or is it the input, in the place of the taps?)",
            lambda u, kernel: causal_conv(u[None, None], kernel.flip(0)[None, None], torch.zeros(1)),
        ),
        Misconception(
            "a weight longer than its input",
            "F.conv1d takes the input first, then the weight, which slides along the input and must not be longer. "
            "With yours, the zeros are at the taps, or the two lists are exchanged: the zeros come before the samples.",
            edited(
                convolve,
                "padded[None, None], kernel.flip(0)[None, None] → kernel.flip(0)[None, None], padded[None, None]",
            ),
        ),
        Misconception(
            "a kernel without room",
            "A kernel as long as the input fits on it in one place only, so one number comes out. The samples before "
            "the start count as zero: they have to be there.",
            [_padded("0, 0"), _padded("0, 0", "[0, 0] → [0, 0, 0]")],
            where=several_samples,  # one sample needs none before it
        ),
    ],
)
