"""Exercise 4: fft_convolve."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import (
    A_CLOCK_FOR_SHORT_INPUTS,
    CENTRED,
    COMPLEX,
    FEWER_ON_THE_WAY_BACK,
    LARGER_ON_THE_WAY_BACK,
    LATE,
    RUNNING_BACKWARDS,
    TWO_LENGTHS,
    also_long,
    draw_pair,
    in_another_case,
)


def fft_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """The same as `convolve`, as a product of values at 2L points of the circle."""
    points = 2 * len(u)
    values = torch.fft.rfft(u, n=points) * torch.fft.rfft(kernel, n=points)  # (L + 1,)
    return torch.fft.irfft(values, n=points)[: len(u)]  # (L,)


def _complex(view, *edits: str):
    """The view by complex transforms, without taking the real part."""
    three = (".rfft(u → .fft(u", ".rfft(kernel → .fft(kernel", "irfft(values → ifft(values")
    return edited(view, *three, *edits)


def _product(formula: str):
    """A wrong FFT view: the values U and K of input and kernel joined in another way."""
    values = "torch.fft.rfft(u, n=points) * torch.fft.rfft(kernel, n=points)"
    pair = "U, K = torch.fft.rfft(u, n=points), torch.fft.rfft(kernel, n=points)"
    return edited(fft_convolve, f"values = {values} → {pair}\n    values = {formula}")


MIDDLES = ("(len(u) - 1) // 2", "len(u) // 2")  # where a centred output may begin


FFT_CONVOLVE = Exercise(
    id="05.fft_convolve",
    title="The FFT view",
    reference=fft_convolve,
    cases=draw_pair,
    apply=also_long(fft_convolve, 1100),
    atol=1e-4,
    axes=("time",),
    example=LATE,
    misconceptions=[
        Misconception(
            *A_CLOCK_FOR_SHORT_INPUTS,
            [edited(fft_convolve, f"2 * len(u) → {points}") for points in (64, 16, "len(u) + 8", "len(u) + 4")],
        ),
        Misconception(
            "a circular wrap",
            "After L hours your outputs come round: those after the end are added to the first ones, so the start of y "
            "knows the end of u. How many outputs does the whole product have?",
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
            where=in_another_case,
        ),
        Misconception(
            *TWO_LENGTHS,
            [
                edited(view, f"({alone}, n=points) → ({alone}{other})")
                for view in (fft_convolve, _complex(fft_convolve, "[: len(u)] → .real[: len(u)]"))
                for alone in ("u", "kernel")
                for other in ("", ", n=points - 1")
            ]
            + [edited(fft_convolve, f".rfft({alone} → .fft({alone}") for alone in ("u", "kernel")],
        ),
        Misconception(
            "real parts too early",
            "The imaginary parts drop out before you are back in time. They say *when* something happens; without them "
            "a part of the answer runs backwards. Keep the values complex until then.",
            [_product(formula) for formula in ("U.real * K.real", "(U * K).real")],
        ),
        Misconception(
            "sizes without angles",
            "You multiply the absolute values. The angle of each value says when something happens, so all timing is "
            "lost. Multiply the complex values as they are.",
            _product("U.abs() * K.abs()"),
        ),
        Misconception(
            *RUNNING_BACKWARDS,
            [_product(formula) for formula in ("U * K.conj()", "U.conj() * K")],
        ),
        Misconception(
            "a kernel that was turned round",
            "You have flipped the kernel, as causal_conv wants it. Here it is a polynomial, and tap j belongs to the "
            "power j: leave it as it is.",
            edited(fft_convolve, "rfft(kernel, → rfft(kernel.flip(0),"),
        ),
        Misconception(
            "an input that was turned round",
            "You have flipped the input, so the output starts with the end of the sequence. Both lists go in as they "
            "are: the product of polynomials needs nothing turned.",
            edited(fft_convolve, "rfft(u, → rfft(u.flip(0),"),
        ),
        Misconception(
            *LARGER_ON_THE_WAY_BACK,
            [
                edited(fft_convolve, f"2 * len(u) → {there}", f"irfft(values, n=points) → irfft(values, n={back})")
                for there, back in (("len(u)", "2 * points"), ("2 * len(u) - 1", "points + 1"))
            ],
        ),
        Misconception(
            "values that are cut",
            "You keep the first L values. They belong to hours, not to steps: at least the fastest wave is gone "
            "from every output. Go back with all values, and cut what comes out.",
            [
                edited(fft_convolve, "(values, n=points) → (values[: len(u)], n=points)", *whole)
                for whole in ((), ("[: len(u)]  # → # ",))
            ]
            + [edited(fft_convolve, "(values, n=points) → (values[: len(u)])")],
        ),
        Misconception(
            "a way back from half of the hours",
            "rfft gives the hours 0 to n/2 alone, and ifft takes them for all there are. irfft makes the others from "
            "them, their mirror images.",
            [edited(fft_convolve, f"irfft(values, n=points) → ifft(values{n}).real") for n in (", n=points", "")],
        ),
        Misconception(
            "half as much again",
            "About 1.5 L hours: at least the last output after the end still goes round. The product of two lists of "
            "L numbers has 2L − 1.",
            [
                edited(fft_convolve, f"2 * len(u) → {points}")
                for points in ("len(u) + len(u) // 2", "len(u) + len(u) // 2 + 1", "len(u) + (len(u) + 1) // 2")
            ],
            where=in_another_case,
        ),
        Misconception(
            "values that are added",
            "At each point the value of the product is the *product* of the two values.",
            _product("U + K"),
        ),
        Misconception(
            *FEWER_ON_THE_WAY_BACK,
            [
                edited(fft_convolve, "irfft(values, n=points) → irfft(values, n=len(u))", *odd)
                for odd in ((), ("2 * len(u) → 2 * len(u) - 1",))
            ]
            + [
                edited(fft_convolve, f"irfft(values, n=points) → irfft(values, n={fewer})")
                for fewer in ("len(values)", "points - 1")
            ],
        ),
        Misconception(
            "values that are added up",
            "You add up the products of all points, as `@` does, too: one number is left. Each point has a product of "
            "its own: `*`, and no sum over the points.",
            _product("U @ K"),
        ),
        Misconception(
            "the input with itself",
            "You multiply the values of u by themselves, or those of the kernel. At each point one of u meets one of "
            "the kernel.",
            [_product("U * U"), _product("K * K")],
        ),
        Misconception(
            "the same way twice",
            "You go from time to the values twice, or take a conjugate, and so time runs backwards round the clock. "
            "The way back is irfft or ifft: it has the other sign.",
            [
                edited(fft_convolve, f"torch.fft.irfft(values, n=points) → {again}")
                for again in ("torch.fft.hfft(values, n=points)", "torch.fft.irfft(values.conj(), n=points)")
            ],
        ),
        Misconception(
            "complex numbers for rfft",
            "rfft wants real numbers, and these are complex. If they are values already, what leads from there back to "
            "time is irfft. If they are samples or taps, leave them real.",
            edited(fft_convolve, "torch.fft.irfft( → torch.fft.rfft("),
        ),
        Misconception(
            "another scale",
            "The shape of the output is right and its scale is not. The way back divides by the number of points, "
            "once: irfft does so by itself, with `norm` left alone; sums of your own do not.",
            [
                edited(fft_convolve, "[: len(u)] → [: len(u)] / points"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] * points"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] / len(u)"),
                edited(fft_convolve, "[: len(u)] → [: len(u)] * 2"),
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
            where=in_another_case,
        ),
        Misconception(
            "a product before the transform",
            "You multiply by the taps as they are, in time: u[t], or a value of u. Go to the values of both first: "
            "there the product stands for the sum over all pairs.",
            [
                edited(fft_convolve, "rfft(u, n=points) * torch.fft.rfft(kernel, → rfft(u * kernel,"),
                edited(fft_convolve, "2 * len(u) → 2 * len(u) - 1", "torch.fft.rfft(kernel, n=points) → kernel"),
            ],
        ),
        Misconception(
            "values that are divided",
            "A quotient of the values undoes a convolution. At each point the value of the product is the *product* of "
            "the two values.",
            edited(fft_convolve, "n=points) * torch → n=points) / torch"),
        ),
        Misconception(
            "a length that irfft must guess",
            "Without n, irfft guesses how many points there were: twice as many as there are values, less two. You "
            "have used another number, so time is stretched or squeezed. Tell irfft the n that you have used.",
            [
                *(
                    edited(fft_convolve, f"2 * len(u) → 2 * len(u) {odd} 1", "irfft(values, n=points) → irfft(values)")
                    for odd in "-+"
                ),
                edited(
                    fft_convolve,
                    ".rfft(u → .fft(u",
                    ".rfft(kernel → .fft(kernel",
                    "irfft(values, n=points) → irfft(values)",
                ),
            ],
        ),
        Misconception(
            "an output that is too long",
            "All hours of the clock come back. Only the first L belong to steps of the input.",
            [
                edited(fft_convolve, "[: len(u)] → "),
                edited(fft_convolve, "2 * len(u) → 2 * len(u) - 1", "[: len(u)] → "),
            ],
        ),
        Misconception(
            "the outputs after the end",
            "What you return belongs to steps after the end of the input, but for one number at most. The outputs for "
            "its L steps stand at the beginning, if the zeros stand behind the samples and not before them.",
            [
                edited(fft_convolve, "[: len(u)] → [len(u) :]"),
                edited(fft_convolve, "2 * len(u) → 2 * len(u) - 1", "[: len(u)] → [len(u) - 1 :]"),
                edited(
                    fft_convolve,
                    "2 * len(u) → 2 * len(u) - 1",
                    "[: len(u)] → [torch.arange(len(u), points + 1) % points]",
                ),
            ],
        ),
        Misconception(
            *CENTRED,
            [edited(fft_convolve, f"[: len(u)] → [{first} : {first} + len(u)]") for first in MIDDLES],
        ),
        Misconception(
            "there and back exchanged",
            "You begin with irfft, the way back, and end with rfft. The lists are numbers in time: rfft leads from "
            "there to the values, and irfft home.",
            edited(
                fft_convolve,
                ".rfft(u → .irfft(u",
                ".rfft(kernel → .irfft(kernel",
                ".irfft(values → .rfft(values",
            ),
        ),
        Misconception(
            *COMPLEX,
            _complex(fft_convolve),
        ),
    ],
)
