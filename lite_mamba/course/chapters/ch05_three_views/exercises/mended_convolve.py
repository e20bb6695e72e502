"""Bug hunt: mended_convolve."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import (
    A_CLOCK_FOR_SHORT_INPUTS,
    COMPLEX,
    FEWER_ON_THE_WAY_BACK,
    LARGER_ON_THE_WAY_BACK,
    LATE,
    RUNNING_BACKWARDS,
    TWO_LENGTHS,
    also_long,
    in_another_case,
)


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


def _no_sum_is_zero_again(u: Tensor) -> bool:
    """Where samples that are added up tell, as the samples do, whether something has come in."""
    return torch.equal(u.cumsum(-1) != 0, (u != 0).cumsum(-1) > 0)


MENDED_CONVOLVE = Exercise(
    id="05.mended_convolve",
    title="The response that begins before the impulse",
    reference=mended_convolve,
    cases=_batch,
    apply=also_long(mended_convolve, 1100),
    atol=1e-4,
    gradients=("u", "kernel"),
    axes=("batch", "channel", "time"),
    example={"u": LATE["u"][None, None], "kernel": LATE["kernel"][None]},
    misconceptions=[
        Misconception(*A_CLOCK_FOR_SHORT_INPUTS, [_with_points(points) for points in ("64", "16", "u.shape[-1] + 8")]),
        Misconception(
            "a clock for the batch",
            "`len(u)`, or `u.shape[0]`, counts sequences; `u.shape[1]` and `len(kernel)` count channels. The room must "
            "be twice their length, which stands on the last axis.",
            [
                _with_points(points.format(f"2 * u.shape[{axis}]"), *cut)
                for axis, points in ((0, "{}"), (1, "{}"), (1, "2 ** math.ceil(math.log2({}))"))
                for cut in ((), (f"..., : u.shape[-1] → ..., : u.shape[{axis}]",))
            ]
            + [
                _with_points(points)
                for both in ("len(u) + len(kernel)", "u.shape[-1] + len(kernel)", "len(u) + u.shape[-1]")
                for points in (both, f"{both} - 1", f"2 ** math.ceil(math.log2({both}))")
            ]
            + [_with_points("2 ** math.ceil(math.log2(u.shape[-1] + len(kernel) - 1))")],
        ),
        Misconception(
            "the bug as it was",
            "Your clock has as many hours as before, so nothing is mended yet: the end of the response still comes in "
            "at the start. The picture above shows for which lengths this is worst. What do these have in common?",
            suspect_convolve,
            given=True,
        ),
        Misconception(
            "the next power of two after L",
            "For L = 16 this gives 32 points, which is enough. For L = 20 it gives 32 too, and 39 outputs want an hour "
            "of their own. The power of two must be large enough for 2L − 1.",
            _with_points("2 ** u.shape[-1].bit_length()"),
            where=in_another_case,
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
            [_with_points("2 * u.shape[-1] - 2"), _with_points("2 ** math.ceil(math.log2(2 * u.shape[-1] - 2))")],
        ),
        Misconception(
            "a power of two that is rounded down",
            "Where the logarithm is rounded down, the power of two is below the number that it was taken of, and below "
            "2L − 1. Round up, and start from a number that is large enough.",
            [
                _with_points(f"2 ** {down}")
                for down in ("round(math.log2(2 * u.shape[-1]))", "math.floor(math.log2(u.shape[-1]))")
            ],
            where=in_another_case,
        ),
        Misconception(
            "a kernel that was turned round",
            "The kernel is the wrong way round: your present sample meets the last tap. Here tap 0 is now, and a "
            "product of FFTs wants it as it is. (conv1d wants its taps from old to new.)",
            [edited(view, "rfft(kernel, → rfft(kernel.flip(-1),") for view in (mended_convolve, suspect_convolve)],
        ),
        Misconception(
            *LARGER_ON_THE_WAY_BACK,
            edited(suspect_convolve, "irfft(values, n=points) → irfft(values, n=2 * points)"),
        ),
        Misconception(
            *RUNNING_BACKWARDS,
            [
                edited(view, "rfft(kernel, n=points) → rfft(kernel, n=points).conj()")
                for view in (mended_convolve, suspect_convolve)
            ],
        ),
        Misconception(
            "a natural logarithm",
            "math.log has the base e. The exponent of a power of two is math.log2; with the smaller one the clock "
            "stays too small.",
            [_with_points(f"2 ** math.ceil(math.log({room}))") for room in ("2 * u.shape[-1]", "u.shape[-1]")],
            where=in_another_case,
        ),
        Misconception(
            "only the first of the batch",
            "What comes out is the answer to u[0] alone. There may be more than one sequence in the batch.",
            edited(mended_convolve, "rfft(u, → rfft(u[:1],"),
        ),
        Misconception(
            "a length that irfft must guess",
            "There is room enough, with an odd number of points. Without n, irfft guesses one point less, so time "
            "is squeezed. Tell irfft the n that you have used.",
            [
                _with_points(odd, "irfft(values, n=points) → irfft(values)")
                for odd in ("2 * u.shape[-1] - 1", "2 * u.shape[-1] + 1", f"{NEXT} - 1")
            ],
        ),
        Misconception(
            "half as much again",
            "Half as many points again, with a power of two or without: for some lengths a late impulse still goes "
            "round. In the worst case it comes at the last step, and the response needs L − 1 further steps.",
            [
                _with_points("u.shape[-1] + u.shape[-1] // 2"),
                _with_points("u.shape[-1] + u.shape[-1] // 2 + 1"),
                _with_points("2 ** math.ceil(math.log2(1.5 * u.shape[-1]))"),
                _with_points("3 * 2 ** math.ceil(math.log2(u.shape[-1])) // 2"),
                _with_points("2 ** math.ceil(math.log2(u.shape[-1] + u.shape[-1] // 2))"),
            ],
            where=in_another_case,
        ),
        Misconception(
            *FEWER_ON_THE_WAY_BACK,
            [
                edited(mended_convolve, "irfft(values, n=points) → irfft(values, n=values.shape[-1])"),
                edited(mended_convolve, "irfft(values, n=points) → irfft(values, n=u.shape[-1])"),
                _with_points(NEXT, "irfft(values, n=points) → irfft(values, n=u.shape[-1])"),
                _with_points(NEXT, "irfft(values, n=points) → irfft(values, n=points // 2)"),
            ],
        ),
        Misconception(
            "the wrong half",
            "There is room enough now, but you return what comes after the end of the input. (Zeros before the samples "
            "lead there, too.)",
            [
                edited(view, "[..., : u.shape[-1]] → [..., u.shape[-1] :]")
                for view in (mended_convolve, _with_points(NEXT))
            ]
            + [_with_points(NEXT, "rfft(u, → rfft(F.pad(u, (points // 2, 0)),")],
        ),
        Misconception(
            "the end of the clock",
            "You return the last L numbers, or put the zeros before the samples. The outputs for the L steps of the "
            "input stand at the beginning, and the zeros behind the samples.",
            [
                edited(view, "[..., : u.shape[-1]] → [..., -u.shape[-1] :]")
                for view in (_with_points(NEXT), _with_points("2 * u.shape[-1] - 1"), suspect_convolve)
            ],
            where=lambda u, kernel: u.shape[-1] not in (4, 8),  # there the suspect's clock ends after L hours
        ),
        Misconception(
            *COMPLEX,
            edited(mended_convolve, ".rfft(u → .fft(u", ".rfft(kernel → .fft(kernel", "irfft(values → ifft(values"),
        ),
        Misconception(
            "no way back",
            "You return the product of the values, numbers on the circle. irfft leads back to outputs in time.",
            edited(mended_convolve, "torch.fft.irfft(values, n=points) → values"),
        ),
        Misconception(
            "a logarithm as the number of points",
            "A logarithm, or twice a logarithm, is a small number of points. The power of two is 2 ** …, and what is "
            "rounded up is the logarithm of the room that is needed.",
            [
                _with_points(points)
                for points in (
                    "2 * math.ceil(math.log2(u.shape[-1]))",
                    "2 * math.ceil(math.log2(2 * u.shape[-1]))",
                    "math.ceil(math.log2(u.shape[-1]))",
                    "math.ceil(math.log2(2 * u.shape[-1]))",
                )
            ],
        ),
        Misconception(
            "outputs that are hidden",
            "You set to zero what comes before the first sample that is not zero. The end of the response still goes "
            "round: as soon as something has come in, it is added to the outputs, and nobody sees it.",
            edited(suspect_convolve, "[..., : u.shape[-1]] → [..., : u.shape[-1]] * ((u != 0).cumsum(-1) > 0)"),
            where=lambda u, kernel: in_another_case(u, kernel) and _no_sum_is_zero_again(u),
        ),
        Misconception(
            "a kernel that was cut",
            "You let the kernel end early, so that less goes round. Then its last taps are missing where they belong. "
            "Leave it whole, and make room.",
            [
                edited(suspect_convolve, f"rfft(kernel, → rfft(kernel[..., : {left}],")
                for left in ("kernel.shape[-1] // 2", "points - kernel.shape[-1] + 1")
            ],
            where=in_another_case,  # in the first case no missing tap shows
        ),
        Misconception(
            *TWO_LENGTHS,
            [
                edited(mended_convolve, f".rfft({alone}, n=points) → {other}")
                for alone in ("u", "kernel")
                for other in (f".rfft({alone})", f".rfft({alone}, n=points - 1)", f".fft({alone}, n=points)")
            ]
            + [
                edited(suspect_convolve, f".rfft({alone}, n=points) → .rfft({alone}, n=2 * points)")
                for alone in ("u", "kernel")
            ],
        ),
        Misconception(
            "no room at all",
            "Your outputs go round after L steps: with as many points as samples, or by an index below zero, which "
            "counts from the end. Now no length has room to spare. How many outputs has the whole product?",
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
        Misconception(
            "half of the clock",
            "You keep half of the hours. These are as many as there are steps only where L is a power of two.",
            _with_points(NEXT, "[..., : u.shape[-1]] → [..., : points // 2]"),
            where=in_another_case,
        ),
    ],
)
