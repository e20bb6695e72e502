"""Exercise 4: is_causal, and the layers that it is tried on."""

from dataclasses import replace
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def jacobian(layer, x: Tensor) -> Tensor:
    """torch's jacobian, (B, D, L, B, D, L), remembered: some forty known wrong answers ask for the same one."""
    return _jacobian(layer, x.shape, x.dtype, tuple(x.flatten().tolist()))


@lru_cache(maxsize=512)
def _jacobian(layer, shape: torch.Size, dtype: torch.dtype, values: tuple[float, ...]) -> Tensor:
    return torch.autograd.functional.jacobian(layer, torch.tensor(values, dtype=dtype).reshape(shape))


def is_causal(layer, x: Tensor) -> bool:
    """Whether ∂y[:, :, t] / ∂x[:, :, s] is zero for all s > t."""
    gradients = jacobian(layer, x)  # (B, D, L, B, D, L)
    reads = gradients.abs().sum(dim=(0, 1, 3, 4))  # (L, L): output t, input s
    return not bool(reads.triu(1).any())


def twice(x):
    return 2 * x


def running_sum(x):
    return x.cumsum(dim=-1)


def delay_by_one(x):
    return F.pad(x, (1, 0))[..., :-1]


def delay_by_two(x):
    """A convolution: its weights have the dtype of x as it came, and it takes no other."""
    taps = torch.tensor([1.0, 0.0, 0.0]).expand(x.shape[1], 1, 3)  # (D, 1, 3)
    return F.conv1d(F.pad(x, (2, 0)), taps, groups=x.shape[1])


def mixed_channels(x):
    return x + x.sum(dim=1, keepdim=True)


def one_more(x):
    return x + 1


def one_sample_ahead(x):
    return F.pad(x, (0, 1))[..., 1:]


def subtract_mean(x):
    return x - x.mean(dim=-1, keepdim=True)


def first_output_reads_the_second_sample(x):
    return torch.cat([x[..., :1] + x[..., 1:2].sum(dim=-1, keepdim=True), x[..., 1:]], dim=-1)


def second_output_reads_the_third_sample(x):
    return torch.cat([x[..., :1], x[..., 1:2] + x[..., 2:3].sum(dim=-1, keepdim=True), x[..., 2:]], dim=-1)


def second_last_output_is_the_last_step(x):
    """y[L − 2] is x[L − 1] − x[L − 2], zero in these cases: there the gradient of its square is zero, too."""
    return torch.cat([x[..., :-2], x[..., -2:].diff(dim=-1), x[..., -1:]], dim=-1)


def add_the_slope_ahead(x):
    """y[t] = x[t] + (x[t + 1] − x[t + 2]), where both are there: the two gradients cancel when added up."""
    return x + F.pad(x[..., 1:-1] - x[..., 2:], (0, 2))[..., : x.shape[-1]]


def next_sample_of_the_other_channels(x):
    return x + one_sample_ahead(x.sum(dim=1, keepdim=True) - x)


def _first_minus_second(x):
    """(B, D, 1): + and − for the first two channels of the first sequence, − and + for those of the second one."""
    rows, columns = torch.arange(x.shape[0])[:, None, None], torch.arange(x.shape[1])[:, None]
    return ((rows == 0).float() - (rows == 1).float()) * ((columns == 0).float() - (columns == 1).float())


def one_channel_adds_what_another_takes_away(x):
    """Two channels read the next sample, one with + and one with −, in the first two sequences: added up over channels
    or over sequences, the outputs do not move, nor do their absolute values, as all of them are far above zero.
    """
    return 100 + x + _first_minus_second(x) * one_sample_ahead(x[:1, :1])


def what_two_channels_differ_by_ahead(x):
    """y[t] reads what the first two channels of x[t + 1] differ by, less the same of the next sequence: a change of
    both channels, or of both sequences, by the same is not seen.
    """
    return x + one_sample_ahead((_first_minus_second(x) * x).sum(dim=(0, 1), keepdim=True))


def third_sample_ahead(x):
    return x + F.pad(x[..., 3:], (0, 3))[..., : x.shape[-1]]


def gated_by_the_past(x):
    return x * running_sum(x)


def only_the_last_sequence_cheats(x):
    return torch.cat([x[:-1], one_sample_ahead(x[-1:])])


def first_sequence_reads_the_future_of_the_last(x):
    return torch.cat([x[:1] + one_sample_ahead(x[-1:]), x[1:]]) if len(x) > 1 else x


def only_the_last_channel_cheats(x):
    return torch.cat([x[:, :-1], one_sample_ahead(x[:, -1:])], dim=1)


def all_read_the_future_of_the_last_channel(x):
    return x + one_sample_ahead(x[:, -1:])


def second_last_output_is_a_little_of_the_last_sample(x):
    """One number of the output reads one number of the input: no sum over gradients makes the leak larger. It is
    larger than what rounding leaves anywhere, and that number holds nothing else that would hide it: a test with room
    for rounding finds it.
    """
    place = torch.zeros_like(x)
    place[:1, :1, -2:-1] = 1
    return torch.where(place > 0, 5e-5 * x.roll(-1, dims=-1), x)


def second_last_output_adds_the_square_of_the_last_step(x):
    """y[L − 2] reads (x[L − 1] − x[L − 2])²: where x is constant, the gradient of the square is zero."""
    return torch.cat([x[..., :-2], x[..., -2:-1] + x[..., -2:].diff(dim=-1) ** 2, x[..., -1:]], dim=-1)


def second_last_output_adds_what_the_last_sample_is_above_four(x):
    """y[L − 2] reads x[L − 1], if it is above 4: at smaller inputs the gradient is zero."""
    return torch.cat([x[..., :-2], x[..., -2:-1] + F.relu(x[..., -1:] - 4), x[..., -1:]], dim=-1)


def nothing(x):
    return 0 * x


LAYERS = [
    nothing,
    twice,
    running_sum,
    delay_by_one,
    delay_by_two,
    mixed_channels,
    one_more,
    one_sample_ahead,
    subtract_mean,
    first_output_reads_the_second_sample,
    second_output_reads_the_third_sample,
    second_last_output_is_the_last_step,
    add_the_slope_ahead,
    next_sample_of_the_other_channels,
    one_channel_adds_what_another_takes_away,
    what_two_channels_differ_by_ahead,
    third_sample_ahead,
    gated_by_the_past,
    only_the_last_sequence_cheats,
    first_sequence_reads_the_future_of_the_last,
    only_the_last_channel_cheats,
    all_read_the_future_of_the_last_channel,
    second_last_output_is_a_little_of_the_last_sample,
    second_last_output_adds_the_square_of_the_last_step,
    second_last_output_adds_what_the_last_sample_is_above_four,
]


def _causal_cases(draw: Draw) -> dict:
    """Each layer in turn, so that each is met at small and at large sizes."""
    x = draw.normal(draw.size(2, 3), draw.size(2, 3), draw.size(4, 7))  # (B, D, L)
    x = (2 * x).round() / 2  # halves: their sums are exact
    x[x == 0] = 1  # who changes a sample into zero changes it
    layer = draw.in_turn(LAYERS)
    if layer is second_last_output_adds_what_the_last_sample_is_above_four:
        x[..., -1] += 10  # far above: a change of it, or a sample like the others in its place, changes the output
    if layer is second_last_output_is_the_last_step:
        x[..., -1] = x[..., -2]
    return {"layer": layer, "x": x}


def _judged(forbidden):
    """A wrong `is_causal`: it answers True if `forbidden(gradient, t)` is False for every t."""

    def judge(layer, x):
        gradients = jacobian(layer, x)  # (B, D, L, B, D, L)
        # (B, D, B, D, L) each: output t, every input
        return not any(bool(forbidden(gradient, t)) for t, gradient in enumerate(gradients.unbind(2)))

    return judge


NONE_AHEAD = "not bool(reads.triu(1).any())"
READS = "gradients.abs().sum(dim=(0, 1, 3, 4))"
SAME_CHANNEL = edited(is_causal, f'{READS} → torch.einsum("bdtcds->ts", gradients.abs())')
WRONG_AXES = (0, 2, 3, 5), (0, 1, 3, 5), (0, 1, 4, 5), (1, 2, 4, 5)  # the others agree with no sum at all
SAME_ROW = edited(is_causal, f'{READS} → torch.einsum("bdtbes->ts", gradients.abs())')


def _other_numbers(x):
    return torch.randn(x.shape, generator=torch.Generator().manual_seed(0))


def _one_channel_alone(layer, x):
    return is_causal(layer, x[:1, :1])


def _one_sample_changed(place):
    def judge(layer, x):
        s = place(x.shape[-1])
        other = x.clone()
        other[..., s] += 1
        return torch.equal(layer(x)[..., :s], layer(other)[..., :s])

    return judge


def _indexed(index):
    """Two times as indices of two axes, whichever they are."""

    def judge(layer, x):
        gradients = jacobian(layer, x)
        for t in range(x.shape[-1]):
            for s in range(t + 1, x.shape[-1]):
                if gradients[index(t, s)].any():
                    return False
        return True

    return judge


def _all_channels_changed(layer, x):
    for s in range(1, x.shape[-1]):
        other = x.clone()
        other[..., s] += 1
        if not torch.equal(layer(x)[..., :s], layer(other)[..., :s]):
            return False
    return True


def _impulses(layer, x):
    """Whether no output stands before an impulse in all channels."""
    return not any(layer(x.new_zeros(x.shape).index_fill(-1, s, 1))[..., :s].any() for s in torch.arange(x.shape[-1]))


def _many_at_once(layer, x):
    layer(x.clone().requires_grad_())[..., 0].backward()


def _one_beginning(layer, x):
    half = x.shape[-1] // 2
    return torch.equal(layer(x)[..., :half], layer(x[..., :half]))


def _squares(layer, x):
    """Judged by the gradient of the outputs' squares, added up for each t."""
    x = x.clone().requires_grad_()
    squares = layer(x).square().sum(dim=(0, 1))  # (L,)
    gradients = [torch.autograd.grad(square, x, retain_graph=True)[0] for square in squares]
    return not any(gradient[..., t + 1 :].any() for t, gradient in enumerate(gradients))


def _all_outputs_added(layer, x):
    x = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).sum(), x)  # (B, D, L)
    return not bool((gradient[..., 1:] != 0).any())


def _unwatched(layer, x):
    torch.autograd.grad(layer(x)[..., 0].sum(), x)


def _one_graph(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)  # (B, D, L)
    for t in range(x.shape[-1]):
        for b, d in torch.cartesian_prod(torch.arange(x.shape[0]), torch.arange(x.shape[1])).tolist():
            if torch.autograd.grad(y[b, d, t], x)[0][..., t + 1 :].any():
                return False
    return True


def _one_graph_for_the_sums(layer, x):
    x = x.clone().requires_grad_()
    y = layer(x)  # (B, D, L)
    return not any(torch.autograd.grad(y[..., t].sum(), x)[0][..., t + 1 :].any() for t in range(x.shape[-1]))


MISCONCEPTIONS = [
    Misconception(
        "a test of the first output only",
        "You look at one output only, the first, and perhaps at one input of it. A layer may be honest there and "
        "read the future elsewhere. Every output must be asked: in a loop, `return True` stands behind it.",
        [
            edited(is_causal, "reads.triu(1).any() → reads[0, 1] != 0"),
            _judged(lambda gradient, t: t == 0 and (gradient[..., 1:] != 0).any()),
            _judged(lambda gradient, t: t == 0 and (gradient.sum(dim=(0, 1))[..., 1:] != 0).any()),
        ],
        where=lambda layer, x: layer is not third_sample_ahead,  # whose first output reads x[3], and not x[1]
    ),
    Misconception(
        "a test of one output only",
        "You look at one output, in the middle. A layer may be honest there and read the future elsewhere: every "
        "output must be asked.",
        [
            edited(is_causal, "reads.triu(1).any() → reads.triu(1)[len(reads) // 2].any()"),
            _judged(lambda gradient, t: t == gradient.shape[-1] // 2 and gradient.sum(dim=(0, 1))[..., t + 1 :].any()),
        ],
    ),
    Misconception(
        "a test of the last step only",
        "You look at one output, the last but one, and one input, the last. A layer may be honest there and read "
        "the future elsewhere. If your loop goes through all of them, its last turn must not overwrite what an "
        "earlier one has found.",
        edited(is_causal, "reads.triu(1).any() → reads[-2, -1] != 0"),
    ),
    Misconception(
        "a ban on all but now",
        "You ask whether an output depends on anything but its own sample. The past is allowed: a causal layer may "
        "remember as much as it likes.",
        edited(is_causal, "reads.triu(1).any() → (reads != reads.diag().diag()).any()"),
    ),
    Misconception(
        "one honest output is enough",
        "You answer True as soon as one output reads nothing later. A causal layer needs that of all of them.",
        edited(is_causal, "reads.triu(1).any() → reads.triu(1)[:-1].any(dim=1).all()"),
    ),
    Misconception(
        "one border between past and future",
        "You change all samples from one time on, or leave them out, and look at the outputs before it. That finds "
        "only leaks across this border. Each t has a border of its own.",
        [edited(is_causal, "reads.triu(1).any() → reads[: len(reads) // 2, len(reads) // 2 :].any()"), _one_beginning],
        where=lambda layer, x: layer is not what_two_channels_differ_by_ahead,  # not seen if all change by the same
    ),
    Misconception(
        "a leak that must be everywhere",
        "You ask whether *all* places right of the diagonal hold something. One of them is enough.",
        edited(is_causal, "reads.triu(1).any() → (reads[torch.ones_like(reads).triu(1) > 0] != 0).all()"),
    ),
    Misconception(
        "now counted as future",
        "You forbid the output at t to read x[t] itself, and perhaps what stands right before it. Now is allowed; "
        "the future starts at t + 1.",
        [
            edited(is_causal, "triu(1) → triu()"),
            edited(is_causal, "triu(1) → triu(-1)"),
        ],
    ),
    Misconception(
        "a ban on the past",
        "You forbid what is allowed: to read *earlier* inputs, and perhaps that of now. And you allow what is not: to "
        "read later ones. A causal layer may remember as much as it likes. On which side of t does the future lie?",
        [
            edited(is_causal, "reads.triu(1) → reads.tril(-1)"),
            edited(is_causal, "reads.triu(1) → reads.tril()"),
        ],
    ),
    Misconception(
        "gradients that cancel",
        "You add the gradients up before you compare them with zero. This layer reads one later sample with + "
        "and one with −, so the sum is zero. Ask for each value whether it is zero.",
        _judged(lambda gradient, t: gradient[..., t + 1 :].sum() != 0),
    ),
    Misconception(
        "outputs that cancel",
        "You add up what belongs to several channels or sequences: the outputs y[:, :, t] before the gradient, or the "
        "gradients with their signs. In this layer later samples are read with + and with −, and the sum is zero. "
        "Each output needs a gradient of its own, and each gradient its absolute value.",
        [
            edited(is_causal, "gradients.abs().sum → gradients.sum"),
            _judged(lambda gradient, t: (gradient.sum(dim=(0, 1))[..., t + 1 :] != 0).any()),
        ],
        where=lambda layer, x: layer is not second_last_output_is_the_last_step,  # whose output is 0
    ),
    Misconception(
        "the size of an output",
        "You take the gradient of an output's square, or of another measure of its size. Where the output is 0, its "
        "square does not move, whatever the output reads. Take the gradient of the output itself.",
        _squares,
    ),
    Misconception(
        "True only where next to nothing is read",
        "You answer True only of a layer that reads nothing, or next to nothing, as if the past were forbidden, too. "
        "Which gradients do you look at? torch.triu takes the last two axes of what it gets: are they output times and "
        "input times? (Those of the jacobian are channel and time of the *input*.) And backward() adds to what is in "
        "x.grad.",
        edited(is_causal, "reads.triu(1).any() → reads.any()"),
    ),
    Misconception(
        "the triangle of the wrong axes",
        "torch.triu works on the last two axes of what it gets, and these are not output times and input times. Which "
        "two of the six axes of the jacobian, counted from 0, must be left by the sum?",
        [edited(is_causal, f"{READS} → gradients.abs().sum(dim={axes})") for axes in WRONG_AXES],
    ),
    Misconception(
        "times as indices of the wrong axes",
        "The jacobian has six axes, and its times are not the two that you index with t and s. Count them from 0: "
        "(B, D, L, B, D, L).",
        [_indexed(lambda t, s: (..., t, s)), _indexed(lambda t, s: (slice(None), slice(None), t, s))],
    ),
    Misconception(
        "one long row of numbers",
        "Flattened, the numbers of x stand in one row: sequence by sequence, channel by channel. What lies right "
        "of the diagonal is then another channel or sequence, too, at any time. This layer mixes channels and is "
        "causal. Keep the two times apart from the rest.",
        edited(is_causal, f"{READS} → gradients.reshape(x.numel(), x.numel())"),
    ),
    Misconception(
        "a past that must be read",
        "You ask that an output does read samples: all up to now, or now, or any. Causal says only what an output "
        "may *not* read: it may leave out all of the others.",
        [
            edited(is_causal, f"{NONE_AHEAD} → (reads > 0).equal(torch.ones_like(reads).tril() > 0)"),
            edited(is_causal, f"{NONE_AHEAD} → {NONE_AHEAD} and bool(reads.diag().all())"),
        ],
    ),
    Misconception(
        "one changed sample",
        "You ask whether one sample, the last or another one, moves the outputs before it. That finds only layers "
        "which read *this* sample too early. Every sample must be tried, and gradients try them all at once.",
        [
            _one_sample_changed(lambda length: length - 1),
            _one_sample_changed(lambda length: length // 2),
            edited(is_causal, "reads.triu(1).any() → reads[:-1, -1].any()"),
        ],
        where=lambda layer, x: layer is not what_two_channels_differ_by_ahead,  # reads the last sample, unseen
    ),
    Misconception(
        "one change for all channels",
        "You change several channels or sequences of a sample by the same amount, or add up the gradients with respect "
        "to them. This layer reads what they differ by, and that stays as it was. Each channel of each sequence must "
        "be tried alone, and each gradient be asked alone.",
        _all_channels_changed,
    ),
    Misconception(
        "an output taken for an answer",
        "You send an impulse in and look for outputs before it. An output may differ from zero without reading "
        "anything: this layer adds 1. Ask how much an output *moves* when an input is moved.",
        _impulses,
        where=lambda layer, x: (
            layer not in (what_two_channels_differ_by_ahead, second_last_output_adds_what_the_last_sample_is_above_four)
        ),  # which an impulse in all channels, or of 1, does not show
    ),
    Misconception(
        "times that are left out",
        "Some outputs or samples are never asked, at the beginning or at the end. How many turns has your loop? "
        "Time is the last axis (len(x) is B, and x.shape[1] is D), the first output is y[0], and range(n) and a "
        "slice up to n stop at n − 1.",
        [
            edited(is_causal, f"reads.triu(1).any() → reads.triu(1)[{times}].any()")
            for times in (": x.shape[1]", ": x.shape[1], : x.shape[1]", ": len(x), : len(x)", "1:", ":-2", ":, :-1")
        ],
    ),
    Misconception(
        "all outputs added up",
        "The gradient of y.sum() cannot say *which* output has read a sample: the sample x[3] may be read by "
        "y[3], which is fine, or by y[1], which is not. Take one output at a time.",
        _all_outputs_added,
    ),
    Misconception(
        "each channel on its own",
        "You ask only whether a channel reads its own future. This layer reads that of another channel, or of the "
        "same channel in another sequence. Look at the gradient with respect to all of x.",
        [SAME_CHANNEL, edited(is_causal, f'{READS} → torch.einsum("bdtbds->ts", gradients.abs())')],
    ),
    Misconception(
        "each sequence on its own",
        "You ask only whether a sequence reads its own future. This layer reads the future of *another* sequence "
        "of the batch. Take the gradient at x as it came, with respect to all of its sequences.",
        SAME_ROW,
    ),
    Misconception(
        "one channel sent in alone",
        "You give the layer one channel of one sequence, from x or of your own. What it reads of other channels and "
        "sequences is not seen. Take the gradients at x as it came, with all of them.",
        [
            _one_channel_alone,
            lambda layer, x: _one_channel_alone(layer, _other_numbers(x)),
            lambda layer, x: _one_channel_alone(layer, 0 * x),
        ],
    ),
    Misconception(
        "fewer axes than the layer takes",
        "The layer takes (B, D, L), and you give it less: x[0], or x[0, 0], lacks an axis or two. Then it may take one "
        "axis for another, and what it reads of other sequences is not seen. Take the gradients at x as it came.",
        [
            lambda layer, x: not jacobian(layer, x[0]).abs().sum((0, 2)).triu(1).any().item(),
            lambda layer, x: not jacobian(layer, x[0, 0]).triu(1).any().item(),
        ],
    ),
    Misconception(
        "a test of one sequence only",
        "You look at the first sequence of the batch. Here another one cheats. Every output needs its gradient.",
        [
            edited(is_causal, f"{READS} → gradients[0].abs().sum(dim=(0, 2, 3))"),
            edited(is_causal, f"{READS} → gradients[0, :, :, 0].abs().sum(dim=(0, 2))"),
        ],
    ),
    Misconception(
        "a test of one channel only",
        "You look at the first channel. Here another one cheats. Ask for the outputs of all channels, and for all "
        "channels that they read.",
        [
            edited(is_causal, f"{READS} → gradients[:, 0].abs().sum(dim=(0, 2, 3))"),
            edited(is_causal, f"{READS} → gradients[:, :, :, :, 0].abs().sum(dim=(0, 1, 3))"),
            edited(is_causal, f"{READS} → gradients[:, 0, :, :, 0].abs().sum(dim=(0, 2))"),
        ],
    ),
    Misconception(
        "a test of one channel of one sequence",
        "You look at the first channel of the first sequence. Here the future is read by another one, or from "
        "another one. Ask for all sequences and channels, of the output and of the input.",
        [
            edited(is_causal, f"{READS} → gradients[0, 0, :, 0, 0].abs()"),
            edited(is_causal, f"{READS} → gradients[0, 0].abs().sum(dim=(1, 2))"),
            edited(is_causal, f"{READS} → gradients[:, :, :, 0, 0].abs().sum(dim=(0, 1))"),
        ],
    ),
    Misconception(
        "the next step allowed",
        "You begin one step too late: an output that reads the very next sample passes. The future is everything "
        "after t, from t + 1 on.",
        edited(is_causal, "triu(1) → triu(2)"),
    ),
    Misconception(
        "only gradients above zero",
        "A gradient below zero passes, and reads the future as well. Ask whether it is zero, or take its absolute "
        "value.",
        _judged(lambda gradient, t: (gradient[..., t + 1 :] > 0).any()),
    ),
    Misconception(
        "True and False exchanged",
        "You answer True of a layer that reads the future, and False of one that does not.",
        edited(is_causal, "return not bool → return bool"),
    ),
    Misconception(
        "one step into the future only",
        "You ask whether an output reads the *next* sample. This layer reads a later one and skips the next. The "
        "future is everything after t.",
        edited(is_causal, "reads.triu(1) → reads.diagonal(1)"),
    ),
    Misconception(
        "gradients somewhere else",
        "You take the gradients at an input of your own, not at x. There this layer seems honest; at x it reads a "
        "later sample.",
        [
            edited(is_causal, f"jacobian(layer, x) → jacobian(layer, {other})")
            for other in ("torch.zeros_like(x)", "_other_numbers(x)", "_other_numbers(x)[:1]")
        ],
    ),
    Misconception(
        "an input without gradient",
        "PyTorch has not watched x. Before you call the layer, make a copy that wants a gradient: "
        "x.detach().clone().requires_grad_().",
        _unwatched,
    ),
    Misconception(
        "a gradient of many numbers",
        "PyTorch takes the gradient of *one* number, and y[..., t] holds one for each channel of each sequence. "
        "Take one after the other, or all at once with `jacobian`.",
        _many_at_once,
    ),
    Misconception(
        "a graph that is used once",
        "After the first gradient PyTorch throws its notes away. Pass retain_graph=True, or call the layer anew "
        "for every t.",
        [_one_graph, _one_graph_for_the_sums],
        where=lambda layer, x: layer is gated_by_the_past,  # a product keeps notes, a sum needs none
    ),
]
FORGIVEN = Misconception(
    "a small leak that is forgiven",
    "You let a small leak pass. This layer reads 0.00005 of the last sample too early, and the layer after "
    "it can make that large again. In a causal layer it is exactly zero.",
    edited(is_causal, "reads.triu(1) → (reads.triu(1) > 1e-3)"),
)


def _with_room_or_not(known):
    """The mistake, whether a little counts as zero or not: who makes it and compares with some room has its name."""

    def where(layer, x):
        return layer is not second_last_output_is_a_little_of_the_last_sample and known.where(layer=layer, x=x)

    return replace(known, where=where)


IS_CAUSAL = Exercise(
    id="01.is_causal",
    title="Is it causal?",
    reference=is_causal,
    cases=_causal_cases,
    trials=120,
    misconceptions=[*map(_with_room_or_not, MISCONCEPTIONS), FORGIVEN],
)
