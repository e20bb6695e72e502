"""Exercises of notebook 05: one linear system as a recurrence, as a kernel and as a product of FFTs."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: recurrence


def recurrence(u: Tensor, A_bar: Tensor, B_bar: Tensor, C: Tensor) -> Tensor:
    """h_t = Ā h_{t−1} + B̄ u_t and y_t = C h_t, from h = 0; u (L,), the rest (N,)."""
    return _run(u, A_bar, lambda h, u_t: A_bar * h + B_bar * u_t, lambda h: (C * h).sum())


def _run(u: Tensor, like: Tensor, update, read) -> Tensor:
    """The outputs of a state that moves by `update(h, u_t)` and is read by `read(h)`."""
    h, outputs = torch.zeros_like(like), []  # (N,)
    for u_t in u:
        h = update(h, u_t)  # (N,)
        outputs.append(read(h))
    return torch.stack(outputs)  # (L,)


def _read_too_early(u, A_bar, B_bar, C):
    return F.pad(recurrence(u, A_bar, B_bar, C), (1, 0))[:-1]


def _never_fades(u, A_bar, B_bar, C):
    return recurrence(u, torch.ones_like(A_bar), B_bar, C)


def _no_memory(u, A_bar, B_bar, C):
    return recurrence(u, torch.zeros_like(A_bar), B_bar, C)


def _fades_at_once(u, A_bar, B_bar, C):
    return recurrence(u, A_bar, A_bar * B_bar, C)


def _moving_average(u, A_bar, B_bar, C):
    return recurrence(u, A_bar, (1 - A_bar) * B_bar, C)


def _mixed_states(u, A_bar, B_bar, C):
    return _run(u, A_bar, lambda h, u_t: (A_bar * h).sum() + B_bar * u_t, lambda h: (C * h).sum())


def _states_apart(u, A_bar, B_bar, C):
    return _run(u, A_bar, lambda h, u_t: A_bar * h + B_bar * u_t, lambda h: C * h)  # (L, N)


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
            _read_too_early,
        ),
        Misconception(
            "a state that never fades",
            "Your state only adds up. Nothing is multiplied with A_bar, so old samples count as much as new ones.",
            _never_fades,
        ),
        Misconception(
            "a state that is lost",
            "y[t] knows u[t] only. The state starts from zero in each step: make it once, before the loop, and let "
            "each step start from the state of the step before.",
            _no_memory,
        ),
        Misconception(
            "a new sample that fades at once",
            "A_bar is multiplied with the old state *and* with the new sample. The new sample is not old yet: only "
            "h[t − 1] fades.",
            _fades_at_once,
        ),
        Misconception(
            "a moving average",
            "You weigh the new sample with 1 − A_bar, as a moving average does. Here B_bar alone says how much of it "
            "comes in.",
            _moving_average,
        ),
        Misconception(
            "a missing B_bar",
            "The input goes into every state as it is. Each state has its own entrance: multiply u[t] with B_bar.",
            lambda u, A_bar, B_bar, C: recurrence(u, A_bar, torch.ones_like(B_bar), C),
        ),
        Misconception(
            "a missing C",
            "The states are added up as they are. Each state has its own weight in the output: that is C.",
            lambda u, A_bar, B_bar, C: recurrence(u, A_bar, B_bar, torch.ones_like(C)),
        ),
        Misconception(
            "states that meet",
            "All states are added up before they fade, so each one takes in the others. A_bar is diagonal: state n "
            "fades by A_bar[n] and knows nothing of its neighbours. Use * instead of @.",
            _mixed_states,
        ),
        Misconception(
            "states that are not added up",
            "You return one number for each state, (L, N). The output is one number a step: the sum over the states.",
            _states_apart,
        ),
    ],
)

# Exercise 2: ssm_kernel


def ssm_kernel(A_bar: Tensor, B_bar: Tensor, C: Tensor, length: int) -> Tensor:
    """K[j] = Σ_n C[n] · A_bar[n]^j · B_bar[n], for j = 0 … length − 1: (L,)."""
    powers = A_bar[:, None] ** torch.arange(length)  # (N, L)
    return (C * B_bar) @ powers  # (L,)


def _from_the_first_power(A_bar, B_bar, C, length):
    return ssm_kernel(A_bar, A_bar * B_bar, C, length)


def _multiples(A_bar, B_bar, C, length):
    return (C * B_bar) @ (A_bar[:, None] * torch.arange(length))


def _cumulative_sum(A_bar, B_bar, C, length):
    return (C * B_bar) @ (A_bar[:, None] * torch.arange(1, length + 1))


def _one_power_for_all(A_bar, B_bar, C, length):
    return (C * B_bar).sum() * A_bar.sum() ** torch.arange(length)


KERNEL = Exercise(
    id="05.ssm_kernel",
    title="The kernel, all taps at once",
    reference=ssm_kernel,
    cases=lambda draw: {**_system(draw), "length": draw.size(2, 10)},
    axes=("tap",),
    misconceptions=[
        Misconception(
            "a kernel that starts at Ā",
            "Every power is one too high: your first tap is C·Ā·B̄. Lag 0 is now, and what comes in now has not faded: "
            "which power of Ā leaves it as it is? (torch.cumprod of a row of Ā makes the same slip.)",
            _from_the_first_power,
        ),
        Misconception(
            "a missing C",
            "The states are added up without their weights. Tap j is C·Ā^j·B̄.",
            lambda A_bar, B_bar, C, length: ssm_kernel(A_bar, B_bar, torch.ones_like(C), length),
        ),
        Misconception(
            "a missing B_bar",
            "The powers are weighed with C alone. What comes in has passed B_bar before it fades: tap j is C·Ā^j·B̄.",
            lambda A_bar, B_bar, C, length: ssm_kernel(A_bar, torch.ones_like(B_bar), C, length),
        ),
        Misconception(
            "multiples instead of powers",
            "You multiply A_bar with j. A state that fades to one half in each step is at ½, ¼, ⅛ after 1, 2, 3 steps: "
            "a power, written ** in Python.",
            _multiples,
        ),
        Misconception(
            "a cumulative sum instead of powers",
            "You add A_bar up, step by step: Ā, 2Ā, 3Ā. Fading multiplies in each step; it does not add.",
            _cumulative_sum,
        ),
        Misconception(
            "the answer to a step",
            "You add the taps up as you go. That is what comes out if a one comes in at *every* step. The kernel is "
            "the answer to a single one.",
            lambda *system: ssm_kernel(*system).cumsum(0),
        ),
        Misconception(
            "a reversed kernel",
            "All taps are right, in the order of torch's conv1d, with now at the end. Here tap 0 belongs to now and "
            "tap j to j steps ago.",
            lambda *system: ssm_kernel(*system).flip(0),
        ),
        Misconception(
            "states that are not added up",
            "You return a row for each state, (N, L). All states end in one output: add the rows up.",
            lambda A_bar, B_bar, C, length: (C * B_bar)[:, None] * A_bar[:, None] ** torch.arange(length),
        ),
        Misconception(
            "states that are added up too early",
            "You add the states up first and take powers then. Each state fades at its own speed: take the powers "
            "first, and add up at the end.",
            _one_power_for_all,
        ),
        Misconception(
            "powers without a table",
            "A_bar has N numbers and there are L exponents: PyTorch cannot pair them off. Give A_bar a second axis, "
            "A_bar[:, None], so that every state meets every exponent.",
            raises=RuntimeError,
            when=lambda error: "size" in str(error),
        ),
    ],
)

# Exercise 3: convolve. Exercise 4, fft_convolve, computes the same.


def convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """y[t] = Σ_{j ≤ t} kernel[j] · u[t − j]; all are (L,)."""
    return _full(u, kernel)[: len(u)]


def _full(u: Tensor, kernel: Tensor) -> Tensor:
    """All 2L − 1 sums, also those after the end of the input."""
    padded = F.pad(u, (len(kernel) - 1, len(kernel) - 1))  # (L + 2 (L − 1),)
    return F.conv1d(padded[None, None], kernel.flip(0)[None, None])[0, 0]  # (2L − 1,)


def _circular(u, kernel):
    """With a clock of L hours: what falls off the end comes in again at the start."""
    return _on_a_clock(u, kernel, len(u))


def _on_a_clock(u, kernel, hours, keep=None):
    product = torch.fft.rfft(u, n=hours) * torch.fft.rfft(kernel, n=hours)  # (hours / 2 + 1,)
    return torch.fft.irfft(product, n=hours)[: len(u) if keep is None else keep]


def _pair(draw: Draw) -> dict:
    length = draw.size(2, 10)
    return {"u": draw.normal(length), "kernel": draw.normal(length)}


def _axes_are_missing(error: Exception) -> bool:
    """Whether a convolution complains about the number of axes that it was given."""
    signs = (
        "tuple index out of range",
        "to unpack",
        "input to conv1d",
        "dimensional weight",
        "at least three dimensions",
    )
    return any(sign in str(error) for sign in signs)


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
            lambda u, kernel: convolve(u, kernel.flip(0)),
        ),
        Misconception(
            "an input that was turned round",
            "You have flipped the input instead of the kernel, so the output starts with the end of the sequence. "
            "Time has to keep its direction; only the list of taps is turned round.",
            lambda u, kernel: convolve(u.flip(0), kernel),
        ),
        Misconception(
            "an output that is too long",
            "2L − 1 numbers come out: the response goes on after the end of the input. Keep the outputs for the L "
            "steps of the input. Which end are they at?",
            _full,
        ),
        Misconception(
            "the end instead of the beginning",
            "You keep the last L of 2L − 1 outputs. They belong to steps after the input has ended.",
            lambda u, kernel: _full(u, kernel)[len(u) - 1 :],
        ),
        Misconception(
            "a centred output",
            "You keep the middle of the 2L − 1 outputs, as mode='same' does. So y[t] reads samples after t.",
            lambda u, kernel: _full(u, kernel)[(len(u) - 1) // 2 :][: len(u)],
        ),
        Misconception(
            "a response that goes in a circle",
            "The first outputs read the last samples: an index below zero counts from the end in Python. " + WRAP,
            _circular,
        ),
        Misconception(
            "an output one step late",
            "y[t] does not know u[t]: your last tap meets u[t − 1]. Tap 0 belongs to now.",
            lambda u, kernel: F.pad(convolve(u, kernel), (1, 0))[:-1],
        ),
        Misconception(
            "a product at each step",
            "You multiply u[t] with kernel[t] and add nothing up. y[t] is a sum over all steps up to t.",
            lambda u, kernel: u * kernel,
        ),
        Misconception(
            "a slice that runs backwards",
            "PyTorch has no negative steps in slices. kernel.flip(0) turns the taps round.",
            raises=ValueError,
            when=lambda error: "step must be" in str(error),
        ),
        Misconception(
            "missing axes",
            "F.conv1d and causal_conv want a batch and channels: x is (B, D, L) and the weight is (D, W), or (D, 1, W) "
            "for F.conv1d. Make them with u[None, None] and kernel[None], and take them off at the end.",
            raises=Exception,
            when=_axes_are_missing,
        ),
    ],
)


def fft_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """The same as `convolve`, as a product of values at 2L points of the circle."""
    return _on_a_clock(u, kernel, 2 * len(u))


def _rounded(function, **case):
    """What a function returns, rounded: the FFT leaves 1e-8 where a zero belongs, which is hard to read in a table."""
    y = function(*case.values())
    return y.round(decimals=5) + 0.0 if isinstance(y, Tensor) and y.is_floating_point() else y


def _with_values(change_u, change_kernel=None):
    """A wrong FFT view, which changes the values before they are multiplied."""

    def wrong(u, kernel):
        hours = 2 * len(u)
        values_u, values_kernel = torch.fft.rfft(u, n=hours), torch.fft.rfft(kernel, n=hours)
        product = change_u(values_u) * (change_kernel or change_u)(values_kernel)
        return torch.fft.irfft(product.to(values_u.dtype), n=hours)[: len(u)]

    return wrong


def _values_added(u, kernel):
    hours = 2 * len(u)
    return torch.fft.irfft(torch.fft.rfft(u, n=hours) + torch.fft.rfft(kernel, n=hours), n=hours)[: len(u)]


def _back_on_a_smaller_clock(u, kernel):
    product = torch.fft.rfft(u, n=2 * len(u)) * torch.fft.rfft(kernel, n=2 * len(u))
    return torch.fft.irfft(product, n=len(u))


def _guessed_length(u, kernel):
    hours = 2 * len(u) - 1
    return torch.fft.irfft(torch.fft.rfft(u, n=hours) * torch.fft.rfft(kernel, n=hours))[: len(u)]


def _complex(u, kernel):
    return torch.fft.ifft(torch.fft.fft(u, n=2 * len(u)) * torch.fft.fft(kernel, n=2 * len(u)))[: len(u)]


def _second_half(u, kernel):
    return _on_a_clock(u, kernel, 2 * len(u), keep=2 * len(u))[len(u) :]


FFT = Exercise(
    id="05.fft_convolve",
    title="The FFT view",
    reference=fft_convolve,
    cases=_pair,
    apply=_rounded,
    atol=1e-4,
    axes=("time",),
    misconceptions=[
        Misconception(
            "a circular wrap",
            "Your clock has only L hours. The outputs after the end go round and are added to the first ones, so the "
            "start of y knows the end of u. How many outputs does the whole product have?",
            _circular,
            where=lambda u, kernel: len(u) % 2 == 0,  # an odd L without n= in irfft is shorter by one, too
        ),
        Misconception(
            "one hour more instead of twice as many",
            "L + 1 hours: now only the first output after the end has an hour of its own. The product of two lists of "
            "L numbers has 2L − 1.",
            lambda u, kernel: _on_a_clock(u, kernel, len(u) + 1),
        ),
        Misconception(
            "padding only one of the two",
            "The two lists of values have different lengths, so they belong to different points of the circle. Both "
            "must be taken at the same points: give both calls of rfft the same n.",
            raises=RuntimeError,
            when=lambda error: "must match the size" in str(error),
        ),
        Misconception(
            "real parts too early",
            "You drop the imaginary parts before you multiply. They say *when* something happens; without them the "
            "answer is smeared over all of time. Keep the values complex until you are back in time.",
            _with_values(lambda values: values.real),
        ),
        Misconception(
            "sizes without angles",
            "You multiply the absolute values. The angle of each value says when something happens, so all timing is "
            "lost. Multiply the complex values as they are.",
            _with_values(torch.abs),
        ),
        Misconception(
            "a kernel that runs backwards",
            "A complex conjugate turns time round: this is a correlation. Multiply the values as they are.",
            _with_values(lambda values: values, torch.conj),
        ),
        Misconception(
            "a kernel that was turned round",
            "You have flipped the kernel, as causal_conv wants it. Here it is a polynomial, and tap j belongs to the "
            "power j: leave it as it is.",
            lambda u, kernel: fft_convolve(u, kernel.flip(0)),
        ),
        Misconception(
            "values that are added",
            "At each point the value of the product is the *product* of the two values.",
            _values_added,
        ),
        Misconception(
            "a way back with the wrong n",
            "irfft was told n = L, but the values were taken at 2L points. It throws half of them away. Go back with "
            "the same n, and cut the result afterwards.",
            _back_on_a_smaller_clock,
        ),
        Misconception(
            "a length that irfft must guess",
            "Without n, irfft guesses an even number of points. You have used an odd number, so time is stretched. "
            "Tell irfft the n that you have used.",
            _guessed_length,
        ),
        Misconception(
            "an output that is too long",
            "All 2L results come back. Only the first L belong to steps of the input.",
            lambda u, kernel: _on_a_clock(u, kernel, 2 * len(u), keep=2 * len(u)),
        ),
        Misconception(
            "the second half",
            "You keep what comes after the end of the input. The outputs for its L steps stand at the beginning.",
            _second_half,
        ),
        Misconception(
            "a complex result",
            "The numbers are right, but they are complex, with imaginary parts that are zero but for rounding. Take "
            ".real at the very end, or use rfft and irfft.",
            _complex,
        ),
    ],
)

# Bug hunt: mended_convolve


def mended_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """`fft_convolve` for a batch: u (B, D, L), kernel (D, L)."""
    return _hours(u, kernel, 2 * u.shape[-1])


def suspect_convolve(u: Tensor, kernel: Tensor) -> Tensor:
    """Rounds the number of points up to a power of two; if L is one already, that adds no room at all."""
    return _hours(u, kernel, 2 ** math.ceil(math.log2(u.shape[-1])))


def _hours(u, kernel, hours):
    return _on_a_big_clock(u, kernel, hours)[..., : u.shape[-1]]


def _on_a_big_clock(u, kernel, hours):
    product = torch.fft.rfft(u, n=hours) * torch.fft.rfft(kernel, n=hours)  # (B, D, hours / 2 + 1)
    return torch.fft.irfft(product, n=hours)  # (B, D, hours)


def _next_power(u, kernel):
    return _hours(u, kernel, 2 ** u.shape[-1].bit_length())


def _half_more(u, kernel):
    return _hours(u, kernel, u.shape[-1] + u.shape[-1] // 2)


def _power_plus_one(u, kernel):
    return _hours(u, kernel, 2 ** math.ceil(math.log2(u.shape[-1])) + 1)


def _end_kept(u, kernel):
    return _on_a_big_clock(u, kernel, 2 * u.shape[-1])[..., u.shape[-1] :]


def _batch(draw: Draw) -> dict:
    batch, channels, length = draw.size(1, 2), draw.size(1, 3), draw.size(3, 13)
    return {"u": draw.normal(batch, channels, length), "kernel": draw.normal(channels, length)}


BUG = Exercise(
    id="05.mended_convolve",
    title="The response that begins before the impulse",
    reference=mended_convolve,
    cases=_batch,
    apply=_rounded,
    atol=1e-4,
    axes=("batch", "channel", "time"),
    example={"u": torch.tensor([[[0.0, 0.0, 0.0, 1.0]]]), "kernel": torch.tensor([[4.0, 3.0, 2.0, 1.0]])},
    misconceptions=[
        Misconception(
            "the bug as it was",
            "The end of the response still comes in at the start. Print points for L = 16 and for L = 17. How many "
            "zeros does the line add to each of them?",
            suspect_convolve,
        ),
        Misconception(
            "the next power of two after L",
            "For L = 16 this gives 32 points, which is enough. For L = 20 it gives 32 too, and 39 outputs want an hour "
            "of their own. The power of two must be large enough for 2L − 1.",
            _next_power,
        ),
        Misconception(
            "one point more",
            "One more point makes room for one more output. The response may go on for L − 1 steps after the end.",
            _power_plus_one,
        ),
        Misconception(
            "half as much again",
            "1.5 L points: a late impulse still goes round. In the worst case the impulse comes at the last step, and "
            "the response needs L − 1 further steps.",
            _half_more,
        ),
        Misconception(
            "the wrong half",
            "There is room enough now, but you return what comes after the end of the input.",
            _end_kept,
        ),
        Misconception(
            "padding only one of the two",
            "The values of u and of the kernel belong to different points. Give both calls of rfft the same n.",
            raises=RuntimeError,
            when=lambda error: "must match the size" in str(error),
        ),
    ],
)

# Exercise 5: is_time_invariant, and the systems that it is tried on


def is_time_invariant(layer, u: Tensor, shift: int) -> bool:
    """Whether an input that comes `shift` steps later gives the same output, `shift` steps later."""
    return torch.allclose(layer(_later(u, shift)), _later(layer(u), shift), rtol=1e-3, atol=1e-4)


def _later(u: Tensor, shift: int) -> Tensor:
    return F.pad(u, (shift, 0))[: len(u)]  # (L,)


def leaky(u):
    return _run(u, torch.zeros(()), lambda h, u_t: 0.5 * h + u_t, lambda h: h)


def leaky_by_fft(u):
    return fft_convolve(u, 0.5 ** torch.arange(len(u)))


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
    layer = one_factor_a_step(len(u)) if system is one_factor_a_step else system
    return {"layer": layer, "u": u, "shift": draw.size(1, 3)}


def _longer(layer, u, shift):
    return torch.allclose(layer(F.pad(u, (shift, 0)))[shift:], layer(u), rtol=1e-3, atol=1e-4)


def _rolled(layer, u, shift):
    return torch.allclose(layer(u.roll(shift)), layer(u).roll(shift), rtol=1e-3, atol=1e-4)


def _not_moved(layer, u, shift):
    return torch.allclose(layer(_later(u, shift)), layer(u), rtol=1e-3, atol=1e-4)


def _same_as_input(layer, u, shift):
    return torch.allclose(layer(u), _later(u, shift), rtol=1e-3, atol=1e-4)


def _to_the_bit(layer, u, shift):
    return torch.equal(layer(_later(u, shift)), _later(layer(u), shift))


def _linear(layer, u, shift):
    return torch.allclose(layer(2 * u), 2 * layer(u), rtol=1e-3, atol=1e-4)


def _earlier(layer, u, shift):
    early = F.pad(u[shift:], (0, shift))  # (L,)
    return torch.allclose(layer(early)[:-shift], layer(u)[shift:], rtol=1e-3, atol=1e-4)


def _last_only(layer, u, shift):
    return torch.allclose(layer(_later(u, shift))[-1], layer(u)[-1 - shift], rtol=1e-3, atol=1e-4)


TIME = Exercise(
    id="05.is_time_invariant",
    title="Does the system care what time it is?",
    reference=is_time_invariant,
    cases=_systems,
    trials=60,
    misconceptions=[
        Misconception(
            "a roll instead of a delay",
            "torch.roll brings the end of the input to the front: that is the clock of section 3 again. A delay puts "
            "zeros in front, and what passes the end is gone.",
            _rolled,
        ),
        Misconception(
            "an input that got longer",
            "You put zeros in front and keep all of u, so the delayed input is longer than u. A system with one Δ for "
            "each step has none for the extra samples, and raises an error. Drop `shift` samples at the end.",
            _longer,
        ),
        Misconception(
            "an input of another length",
            "You give the layer an input that is not as long as u. A system with one Δ for each step raises an error "
            "then. Zeros in front, and as many samples dropped at the end: the delayed input is as long as u.",
            raises=ValueError,
            when=lambda error: "fading factors" in str(error),
        ),
        Misconception(
            "an output that was not delayed",
            "You ask for the same output at the same time. The input came later, so the output may come later too: "
            "delay it before you compare.",
            _not_moved,
        ),
        Misconception(
            "a comparison to the bit",
            "You ask for exact equality. The FFT view is right to seven digits, not to the last bit: use "
            "torch.allclose with some room, for example atol=1e-4.",
            _to_the_bit,
        ),
        Misconception(
            "a test for linearity",
            "You have doubled the input. That asks another question: does a louder input give an equally louder "
            "output? Squaring does not pass it, and yet squares the same way at all times.",
            _linear,
        ),
        Misconception(
            "a shift into the past",
            "You let the input come earlier, and so cut off its beginning. A system with memory misses those samples. "
            "Delay it instead: zeros come in at the front.",
            _earlier,
        ),
        Misconception(
            "a look at the last output only",
            "You compare one output. A system may be honest at the end and treat the start in another way: compare "
            "all outputs.",
            _last_only,
        ),
        Misconception(
            "a test whether the system is a delay",
            "You compare the output with the delayed *input*. Run the system on the delayed input, and compare the two "
            "outputs.",
            _same_as_input,
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
        "A model of 16 states a channel has read 16384 tokens. Which view makes the next output with the fewest "
        "multiplications?",
        ["the recurrence", "the kernel", "the FFT", "all need the same"],
        "the recurrence",
        "It needs 3 · 16 = 48. The kernel needs one for each token so far, and the FFT starts from the beginning.",
    ),
    Question(
        "With 16 states and L = 16384 the recurrence needs the fewest multiplications for the whole sequence, too. Why "
        "can a GPU still be quicker with the FFT?",
        [
            "A GPU cannot multiply real numbers",
            "The recurrence needs more memory",
            "The steps of the recurrence wait for one another",
            "The FFT needs no kernel",
        ],
        "The steps of the recurrence wait for one another",
        "16384 steps in a row against 31 levels, in each of which everything can happen at once.",
    ),
    Question(
        "Δ is another number at each token. Which of the three views are left?",
        ["the recurrence", "the recurrence and the kernel", "the kernel and the FFT", "all three"],
        "the recurrence",
        "There is no kernel any more: what a sample leaves behind depends on when it came. Without a kernel, no FFT.",
    ),
]
