"""Exercise 5: is_time_invariant, and the systems that it is tried on."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .fft_convolve import fft_convolve
from .recurrence import recurrence


def is_time_invariant(layer, u: Tensor, shift: int) -> bool:
    """Whether an input that comes `shift` steps later gives the same output, `shift` steps later."""
    late_input = F.pad(u, (shift, 0))[: len(u)]  # (L,)
    late_output = F.pad(layer(u), (shift, 0))[: len(u)]  # (L,)
    return torch.allclose(layer(late_input), late_output, rtol=1e-3, atol=1e-4)


def leaky(u):
    return recurrence(u, torch.tensor([0.5]), torch.ones(1), torch.ones(1))


def leaky_by_fft(u):
    # An FFT leaves some 10⁻⁷ where there should be nothing, on most processors: so much is there on each.
    # With 0.5 some outputs would end in a 5, which who compares three decimals finds rounded up once, and down once.
    return fft_convolve(u, 0.6 ** torch.arange(len(u))) + 2e-7


def delay_by_two(u):
    return F.pad(u, (2, 0))[:-2]


def square(u):
    return u * u


def silent_at_zero_and_one(u):
    return u * u - u


def forgets_all_at_step_four(u):
    h, outputs = torch.zeros(()), []
    for t, u_t in enumerate(u):
        h = (0.0 if t == 4 else 0.9) * h + u_t
        outputs.append(h)
    return torch.stack(outputs)


def louder_and_louder(u):
    return torch.arange(1, len(u) + 1) * u


def grows_by_a_twentieth(u):
    return (1 + 0.05 * torch.arange(len(u))) * u


def quieter_and_quieter(u):
    return torch.arange(len(u)).flip(0) * u


def silent_for_three_steps(u):
    return torch.cat([torch.zeros(3), u[3:]])


def subtract_mean(u):
    return u - u.mean()


def backwards(u):
    return u.flip(0)


def silent(u):
    return 0 * u


def only_the_last_step(u):
    return F.pad(u[-1:], (len(u) - 1, 0))


def only_the_first_step(u):
    return F.pad(u[:1], (0, len(u) - 1))


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


def upside_down_every_other_step(u):
    return u * (1 - 2 * (torch.arange(len(u)) % 2))


def clicks_at_step_four(u):
    return u + 0.03 * (torch.arange(len(u)) == 4)


def blinks_since_the_first_sound(u):
    steps = (u != 0).cummax(0).values.cumsum(0)  # (L,): how many since then
    return 1.0 * (steps % 2)


def changes_since_the_step_before(u):
    return F.pad(u.diff(), (1, 0))


def only_after_a_silent_step(u):
    return u * F.pad(u[:-1] == 0, (1, 0))


def loudest_so_far(u):
    return F.relu(u).cummax(0).values


SYSTEMS = [
    leaky,
    leaky_by_fft,
    delay_by_two,
    square,
    forgets_all_at_step_four,
    louder_and_louder,
    grows_by_a_twentieth,
    quieter_and_quieter,
    silent_for_three_steps,
    subtract_mean,
    backwards,
    silent,
    only_the_last_step,
    says_what_time_it_is,
    every_other_step,
    loudest_so_far,
    every_third_step,
    exchanges_two_steps,
    neighbours_louder_and_louder,
    upside_down_every_other_step,
    clicks_at_step_four,
    blinks_since_the_first_sound,
    changes_since_the_step_before,
    only_after_a_silent_step,
    only_the_first_step,
    silent_at_zero_and_one,
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
    systems = [*SYSTEMS, one_factor_a_step]
    pairs = [(system, shift) for shift in (1, 2, 3) for system in systems]
    system, shift = draw.in_turn(pairs)  # each three times
    u = draw.normal(draw.size(6, 10)).abs() + 0.1  # no sample and no mean is zero
    if system is not subtract_mean:  # with a silent end it would answer wrongly only before the input comes
        u = draw.choice([u, F.pad(u, (0, 4))])  # (L,)
    layer = one_factor_a_step(len(u)) if system is one_factor_a_step else system
    return {"layer": layer, "u": u, "shift": shift}


LATE_INPUT, LATE_OUTPUT = "F.pad(u, (shift, 0))[: len(u)]", "F.pad(layer(u), (shift, 0))[: len(u)]"
BOTH = "layer(late_input), late_output"
MEAN_DISTANCE = "(layer(late_input) - late_output).abs().mean()"
MEAN_SQUARE = "F.mse_loss(layer(late_input), late_output)"
ZEROED = " * (torch.arange(len(u)) >= shift)"
FRONTS = ("u[:1].expand(shift)", "u[:shift]", "torch.ones(shift)")  # of a start that is not empty
IMPULSE, LAST_IMPULSE = "F.pad(torch.ones(1), (0, len(u) - 1))", "F.pad(torch.ones(1), (len(u) - 1, 0))"


def _longer(layer, u, shift, if_refused: bool) -> bool:
    """A wrong test: the delayed input is longer than u, and a layer that does not take it has its answer at once."""
    try:
        return torch.allclose(layer(F.pad(u, (shift, 0)))[shift:], layer(u), rtol=1e-3, atol=1e-4)
    except (RuntimeError, ValueError):
        return if_refused


def _moved(late_input: str = LATE_INPUT, late_output: str = LATE_OUTPUT, both: str = BOTH):
    """A wrong test: another input, another output to expect, or another comparison of the two."""
    pairs = ((LATE_INPUT, late_input), (LATE_OUTPUT, late_output), (BOTH, both))
    return edited(is_time_invariant, *(f"{old} → {new}" for old, new in pairs if old != new))


IS_TIME_INVARIANT = Exercise(
    id="05.is_time_invariant",
    title="Does the system care what time it is?",
    reference=is_time_invariant,
    cases=_systems,
    trials=243,
    misconceptions=[
        Misconception(
            "an end that is not gone",
            "What passes the end comes round to the front, as torch.roll brings it: that is the clock of section 3 "
            "again. Or it is still compared. A delay puts zeros in front, and what passes the end is gone.",
            [
                _moved("u.roll(shift)", "layer(u).roll(shift)"),
                _moved("u.roll(shift)"),
                _moved(late_output="layer(u).roll(shift)"),
                _moved("u.roll(shift)", both="layer(late_input)[shift:], late_output[shift:]"),
                _moved(*(f"F.pad({v}.roll(shift)[1:], (1, 0))" for v in ("u", "layer(u)"))),
            ],
        ),
        Misconception(
            "an input that got longer",
            "You put zeros in front and keep all of u, so the delayed input is longer than u. A system with one Δ for "
            "each step raises an error then, which says nothing about time, and one that counts from the end counts "
            "otherwise. Drop `shift` samples at the end.",
            [
                _moved("F.pad(u, (shift, 0))", "F.pad(layer(u), (shift, 0))"),
                _moved("F.pad(u, (shift, 0))"),
                *(partial(_longer, if_refused=answer) for answer in (False, True)),
            ],
        ),
        Misconception(
            "a list that was not cut",
            "Of the two lists that you compare, one is `shift` longer: zeros were put to it, and nothing was dropped. "
            "The delayed output has zeros in front, and `shift` samples less at its end, as the delayed input has.",
            _moved(late_output="F.pad(layer(u), (shift, 0))"),
        ),
        Misconception(
            "an assertion in the place of an answer",
            "`assert` and assert_close end with an error where the two outputs differ. But that is a result like the "
            "other one: return False then, and True if they agree.",
            edited(is_time_invariant, "return torch → assert torch"),
            where=lambda **case: not is_time_invariant(**case),
        ),
        Misconception(
            "an input of another length",
            "You give the layer an input that is not as long as u. A system with one Δ for each step raises an error "
            "then. Zeros in front, and as many samples dropped at the end: the delayed input is as long as u.",
            [
                _moved("u[:-shift]", "layer(u)[shift:]"),
                _moved("u[shift:]", "layer(u)[shift:]"),
                _moved(late_output="layer(u[:-shift])", both="layer(late_input)[shift:], late_output"),
                _moved("F.pad(u[:-shift], (2 * shift, 0))", both="layer(late_input)[: len(u)], late_output"),
            ],
        ),
        Misconception(
            "one input for both outputs",
            "Both of your outputs belong to the same input, so you ask whether an output is its own delay. Two inputs "
            "are needed, u and the delayed u. (Zeros put behind u and cut off again leave it as it was.)",
            [
                _moved("u"),
                _moved("u", "layer(u)[:-shift]", "layer(late_input)[shift:], late_output"),
                _moved(
                    "u",
                    f"F.pad(layer({LATE_INPUT}), (shift, 0))[: len(u)]",
                    BOTH.replace("(late_input)", f"({LATE_INPUT})"),
                ),
            ],
        ),
        Misconception(
            "two delays that differ",
            "Your output is not delayed as the input is: by another number of steps, or the other way. Both come "
            "`shift` steps later.",
            [
                _moved(late_output="F.pad(layer(u), (0, shift))[shift:]"),
                _moved("F.pad(u, (0, shift))[shift:]"),
                *(_moved(f"F.pad(u, ({other}, 0))[: len(u)]") for other in ("2 * shift", "shift - 1", "1")),
                *(
                    _moved(late_output=f"F.pad(layer(u), ({other}, 0))[: len(u)]")
                    for other in ("2 * shift", "shift + 1", "shift - 1")
                ),
                _moved(both="layer(late_input)[shift + 1 :], layer(u)[: -shift - 1]"),
                _moved(both="layer(late_input)[:-shift], layer(u)[shift:]"),
            ],
        ),
        Misconception(
            "a start that is not empty",
            "Before the delayed input something else than zeros comes in: the first samples again, or ones. A delay "
            "puts zeros in front.",
            [
                _moved(f"torch.cat([{front}, u[:-shift]])", *output)
                for front in FRONTS
                for output in ((), (LATE_OUTPUT, "layer(late_input)[shift:], layer(u)[:-shift]"))
            ]
            + [_moved(*(f"torch.cat([{v}[:1].expand(shift), {v}[:-shift]])" for v in ("u", "layer(u)")))],
        ),
        Misconception(
            "the first samples set to zero",
            "You set the first samples to zero, and all others stay where they are: nothing comes later. A delay moves "
            "every sample `shift` steps on.",
            [
                _moved(f"u{ZEROED}", f"layer(u){ZEROED}"),
                _moved(f"u{ZEROED}"),
                _moved(f"u{ZEROED}", "layer(u)[shift:]", "layer(late_input)[shift:], late_output"),
            ],
        ),
        Misconception(
            "an output that was not delayed",
            "You ask for the same output at the same time. If the input is moved, the output moves with it: delay both "
            "before you compare.",
            [
                _moved(late_output="layer(u)"),
                _moved(late_output="layer(u)[shift:]", both="layer(late_input)[shift:], late_output"),
            ],
        ),
        Misconception(
            "times that do not belong together",
            "Your first output comes from a delayed input: it is `shift` steps late. You compare it with an output of "
            "another time: delayed once more, or not delayed at all.",
            [
                _moved(late_output=other, both="F.pad(layer(late_input), (shift, 0))[: len(u)], late_output")
                for other in (LATE_OUTPUT, "layer(u)")
            ],
        ),
        Misconception(
            "a comparison to the bit",
            "You ask for exact equality, or leave hardly any room: allclose as it stands leaves none beside a zero. "
            "The FFT view is right to seven digits, not to the last bit: use torch.allclose with some room, for "
            "example atol=1e-4.",
            [
                edited(is_time_invariant, "torch.allclose → torch.equal", ", rtol=1e-3, atol=1e-4 → "),
            ]
            + [edited(is_time_invariant, f"rtol=1e-3, atol=1e-4 → rtol={room}") for room in (0.05, 0.1, 0.2, 0.5)],
        ),
        Misconception(
            "too much room",
            "Outputs that plainly differ pass as equal. The room is there for rounding: 10⁻⁴ is enough, for each step "
            "alone. (In a mean, a step that is far off has as much room as all steps have together.)",
            [edited(is_time_invariant, f"atol=1e-4 → atol={room}") for room in (0.1, 0.2, 0.3, 0.5, 0.99, 1.0)]
            + [
                edited(is_time_invariant, "rtol=1e-3, atol=1e-4 → " + rooms.format(room))
                for rooms in ("rtol={0}, atol=1e-4", "rtol={0}, atol={0}")
                for room in (0.05, 0.1, 0.2, 0.5, 1.0)
            ]
            + [
                edited(is_time_invariant, f"atol=1e-4 → atol={room}", f"{BOTH} → {mean}, torch.zeros(())")
                for mean, room in ((MEAN_DISTANCE, 0.01), (MEAN_SQUARE, 0.01), (MEAN_SQUARE, 1e-3))
            ],
        ),
        Misconception(
            "an answer for each step",
            "torch.isclose, or a comparison of two tensors, gives an answer for each step. One is asked for, of all "
            "steps: torch.allclose gives it.",
            [
                edited(is_time_invariant, "torch.allclose → torch.isclose"),
                edited(is_time_invariant, "torch.allclose → torch.eq", ", rtol=1e-3, atol=1e-4 → "),
            ],
        ),
        Misconception(
            "a number that is added to the samples",
            "You add `shift` to each sample. A shift is one in time: the samples stay what they are, and come later.",
            _moved("u + shift", "layer(u) + shift"),
        ),
        Misconception(
            "one equal step is enough",
            "One output that agrees makes your answer True. The two must agree at every step.",
            [
                edited(
                    is_time_invariant, "torch.allclose → torch.isclose", "atol=1e-4) → atol=1e-4).any().item()", *part
                )
                for part in ((), (f"{BOTH} → layer(late_input)[shift:], late_output[shift:]",))
            ],
        ),
        Misconception(
            "a difference with its sign",
            "A difference below zero counts as small, however far off it is. Look at the absolute value of each.",
            [
                _moved(both="(layer(late_input) - late_output).clamp(min=0), torch.zeros(len(u))"),
                _moved(both="(late_output - layer(late_input)).clamp(min=0), torch.zeros(len(u))"),
                _moved(both="(layer(late_input) - late_output).mean().clamp(min=0), torch.zeros(())"),
                _moved(both="(late_output - layer(late_input)).mean().clamp(min=0), torch.zeros(())"),
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
            [
                _moved("2 * u", "2 * layer(u)"),
                _moved("shift * u", "shift * layer(u)"),
                _moved(f"u + {LATE_INPUT}", f"layer(u) + layer({LATE_INPUT})"),
                edited(is_time_invariant, "return torch → return torch.allclose(layer(2 * u), 2 * layer(u)) and torch"),
            ],
        ),
        Misconception(
            "a test for causality",
            "You change the end of the input, or leave it away, and look whether the start of the output stays. That "
            "asks whether the system reads the future. Here the input has to come later.",
            [
                _moved("u[:-shift]", "layer(u)[:-shift]"),
                *(
                    _moved(
                        f"F.pad(u[:{cut}], (0, {rest}), value={end})",
                        both=f"layer(late_input)[:{cut}], layer(u)[:{cut}]",
                    )
                    for cut, rest, end in (
                        ("-shift", "shift", 0.0),
                        ("-shift", "shift", -1.0),
                        ("len(u) // 2", "len(u) - len(u) // 2", -1.0),
                    )
                ),
            ],
        ),
        Misconception(
            "a look at the largest output",
            "You compare where the largest output stands. What all the others do stays unseen: compare them step by "
            "step.",
            [
                edited(is_time_invariant, f"torch.allclose({BOTH}, rtol=1e-3, atol=1e-4) → bool({same})")
                for same in (
                    "layer(late_input).argmax() == late_output.argmax()",
                    "layer(late_input).argmax() == layer(u).argmax() + shift",
                )
            ],
        ),
        Misconception(
            "a shift into the past",
            "You let the input come earlier, so its beginning is cut off, or goes to the end. A system with memory "
            "misses those samples. Delay it instead: zeros come in at the front.",
            [
                _moved("u.roll(-shift)", "layer(u).roll(-shift)"),
                _moved("F.pad(u[shift:], (0, shift))", "layer(u)[shift:]", "layer(late_input)[:-shift], late_output"),
                _moved("F.pad(u[shift:], (0, shift))", "F.pad(layer(u)[shift:], (0, shift))"),
            ],
        ),
        Misconception(
            "a look at one end only",
            "Of the steps that the delayed input reaches, you compare the first alone, or the last. A system may be "
            "honest there and treat another step in another way: compare all outputs.",
            [_moved(both=f"layer(late_input)[{t}], late_output[{t}]") for t in ("-1", "shift", ": shift + 1")],
        ),
        Misconception(
            "a step that is left out",
            "A step or some are missing in your comparison: at the end, or where the delayed input begins. A system "
            "may go wrong just there.",
            [
                _moved(both=f"layer(late_input)[{steps}], late_output[{steps}]")
                for steps in (":-1", "shift + 1 :", "shift:-shift", "2 * shift :")
            ],
        ),
        Misconception(
            "a division by silence",
            "You divide by an output, and it may be zero. 0 / 0 is not a number, and it is below none. "
            "Compare the difference itself with a small number.",
            edited(
                is_time_invariant,
                f"torch.allclose({BOTH}, rtol=1e-3, atol=1e-4) → "
                "bool((layer(late_input) - late_output).norm() / late_output.norm() < 1e-3)",
            ),
        ),
        Misconception(
            "a likeness in the place of equality",
            "A cosine, or a correlation, asks whether two outputs have the same form. One that is louder has it, too, "
            "and a silent one has none. The two must be equal, but for rounding.",
            [
                edited(is_time_invariant, f"torch.allclose({BOTH}, rtol=1e-3, atol=1e-4) → bool({alike} > {room})")
                for alike in (
                    f"F.cosine_similarity({BOTH}, dim=0)",
                    f"torch.corrcoef(torch.stack([{BOTH}]))[0, 1]",
                )
                for room in (0.99, 0.999)
            ],
        ),
        Misconception(
            "only the steps before the input",
            "You look at outputs before the delayed input has come, and at no other. What the system does with it "
            "comes later. (In a loop over the steps, a `return` for each step ends it at the first one.)",
            [
                _moved(both="layer(late_input)[:shift], late_output[:shift]"),
                _moved(both="layer(late_input)[0], late_output[0]"),
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
            [_moved(both=f"{output}, late_input") for output in ("layer(u)", "layer(late_input)", "late_output")],
        ),
        Misconception(
            "a comparison that forgets the order",
            "Two outputs may hold the same numbers, or have the same sum, norm or largest number, and differ in time: "
            "compare step by step.",
            [
                _moved(both="layer(late_input).sum(), late_output.sum()"),
                _moved(both="layer(late_input).max(), late_output.max()"),
                _moved(both="layer(late_input).norm(), late_output.norm()"),
                _moved(both="layer(late_input).sort()[0], late_output.sort()[0]"),
                _moved(both="layer(late_input).sum(), layer(u).sum()"),
            ],
            where=lambda **case: not is_time_invariant(**case),
        ),
        Misconception(
            "a shift of your own",
            "You delay by steps that you have chosen yourself: 1, one more or less, or all up to `shift`. A system "
            "that does the same every second or third step passes one shift and fails another: use the `shift` that is "
            "given.",
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
                for own in (
                    "torch.ones_like(u)",
                    "torch.zeros_like(u)",
                    "torch.arange(1.0 * len(u))",
                    "torch.randn_like(u)",
                    IMPULSE,
                    LAST_IMPULSE,
                )
            ]
            + [
                edited(
                    is_time_invariant,
                    f"late_input = → u = {IMPULSE}\n    late_input =",
                    f"{BOTH} → layer(late_input)[shift:], late_output[shift:]",
                )
            ],
        ),
    ],
)
