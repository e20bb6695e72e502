"""Exercise 2: ssm_kernel."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import draw_system, several_states


def ssm_kernel(A_bar: Tensor, B_bar: Tensor, C: Tensor, length: int) -> Tensor:
    """K[j] = Σ_n C[n] · A_bar[n]^j · B_bar[n], for j = 0 … length − 1: (L,)."""
    powers = A_bar[:, None] ** torch.arange(length)  # (N, L)
    return (C * B_bar) @ powers  # (L,)


def _later_taps(length: int, **rest) -> bool:
    return length > 2


SSM_KERNEL = Exercise(
    id="05.ssm_kernel",
    title="The kernel, all taps at once",
    reference=ssm_kernel,
    cases=lambda draw: {**draw_system(draw), "length": draw.size(2, 10)},
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
            where=several_states,
        ),
        Misconception(
            "a missing B_bar",
            "The powers are weighed with C alone. What comes in has passed B_bar before it fades: tap j is C·Ā^j·B̄.",
            edited(ssm_kernel, "(C * B_bar) → C"),
        ),
        Misconception(
            "multiples instead of powers",
            "You multiply A_bar by j. A state that fades to one half in each step is at ½, ¼, ⅛ after 1, 2, 3 steps: "
            "a power, written ** in Python.",
            edited(ssm_kernel, "** → *"),
        ),
        Misconception(
            "an exponential of Ā",
            "Ā is what is left of a state after one step, already: exp(ΔA) was taken in notebook 04. After j steps it "
            "is Ā, j times multiplied by itself.",
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
            "You return a whole table, with L numbers for each state. All states end in one output: add up over them.",
            [
                edited(ssm_kernel, "(C * B_bar) @ → (C * B_bar)[:, None] *"),
                edited(ssm_kernel, "(C * B_bar) @ powers → C * B_bar * powers.T"),
            ],
            where=several_states,
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
            [
                edited(ssm_kernel, "arange(length) → arange(len(A_bar))"),
                edited(
                    ssm_kernel,
                    "A_bar[:, None] ** torch.arange(length) → A_bar ** torch.arange(len(A_bar))",
                    "@ powers → * powers",
                ),
            ],
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
            [
                edited(ssm_kernel, "A_bar[:, None] → (A_bar * B_bar)[:, None]", *once)
                for once in (("(C * B_bar) → C",), ())
            ],
        ),
        Misconception(
            "states that are added up too early",
            "You add the states up, or average them, before C, B̄ and the powers have met. Each state has a weight and "
            "a speed of its own: multiply first, and add up once, at the end.",
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
                    "C.sum() * B_bar.sum() * A_bar.sum() ** torch.arange(length)",
                    "(C @ powers) * (B_bar @ powers)",
                    "(C * A_bar * B_bar).sum() ** torch.arange(length)",
                )
            ],
            where=several_states,
        ),
        Misconception(
            "C to the power j",
            "C is raised to the power j as well. What is left of a sample passes C once, on its way out; only Ā meets "
            "it again in every step.",
            [
                edited(ssm_kernel, "A_bar[:, None] → (A_bar * C)[:, None]", *once)
                for once in (("(C * B_bar) → B_bar",), ())
            ],
        ),
        Misconception(
            "states that are multiplied",
            "You multiply numbers of different states by each other. A state fades by its own Ā alone, and a tap is "
            "the sum over the states. (If it is torch.cumprod that multiplies: along which axis?)",
            [
                edited(ssm_kernel, "** torch.arange(length) → .expand(-1, length).cumprod(0)"),
                edited(ssm_kernel, "A_bar[:, None] → A_bar.cumprod(0)[:, None]"),
                edited(ssm_kernel, "A_bar[:, None] → A_bar.prod().expand(len(A_bar), 1)"),
                edited(ssm_kernel, "(C * B_bar) @ powers → ((C * B_bar)[:, None] * powers).prod(0)"),
                edited(
                    ssm_kernel,
                    "A_bar[:, None] ** torch.arange(length) → "
                    "torch.cat([torch.ones(len(A_bar), 1), A_bar[:, None].expand(-1, length - 1).cumprod(0)], dim=1)",
                ),
            ],
            where=several_states,
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
            "a table with a row for each tap",
            "Your table is (L, N). A vector times a table adds its rows up, and so the rows have to be the states: "
            "A_bar[:, None] to the power of the L numbers.",
            edited(ssm_kernel, "A_bar[:, None] ** torch.arange(length) → A_bar ** torch.arange(length)[:, None]"),
        ),
        Misconception(
            "two lists without a table",
            "There are N states and L taps, and PyTorch cannot pair the two lists off. Give A_bar a second axis, "
            "A_bar[:, None], so that every state meets every tap.",
            edited(ssm_kernel, "A_bar[:, None] → A_bar"),
            where=lambda A_bar, length, **rest: len(A_bar) not in (1, length),
        ),
        Misconception(
            "a logarithm of Ā",
            "exp(j·log Ā) is Ā to the power j for an Ā above 0 only. The picture below goes down to Ā = 0, where there "
            "is no logarithm, and below 0 there is none either. (A power of complex numbers takes a logarithm, too.) "
            "`**` of real numbers takes them all.",
            [
                edited(
                    ssm_kernel,
                    f"A_bar[:, None] ** torch.arange(length) → torch.exp(torch.arange(length) * {A}.log()[:, None])",
                )
                for A in ("A_bar", "(A_bar + 1e-9)")
            ]
            + [
                edited(
                    ssm_kernel,
                    "A_bar[:, None] ** torch.arange(length) → A_bar.sign()[:, None] ** torch.arange(length) * "
                    "torch.exp(torch.arange(length) * A_bar.abs().log()[:, None])",
                )
            ],
        ),
        Misconception(
            "a state with an Ā of 0 left out",
            "Where Ā is 0, your state is missing in tap 0, too. It forgets everything after one step, but in the step "
            "in which a sample comes, nothing has faded yet: 0 to the power 0 is 1.",
            edited(ssm_kernel, "torch.arange(length)  # (N, L) → torch.arange(length) * (A_bar != 0)[:, None]"),
        ),
        Misconception(
            "one power in all taps",
            "All your taps are alike. So it comes out if a list holds one tensor of powers, and that is changed in "
            "place: all its entries are the last one. `power = power * …` makes a new one for each tap.",
            edited(ssm_kernel, "torch.arange(length) → torch.full((length,), length)"),
        ),
        Misconception(
            "an Ā that is kept from going below 0",
            "You raise an Ā below 0 to 0 or a little more, for a logarithm perhaps. But such a state is not gone after "
            "one step: it changes its sign in each step, and so do its taps. `**` takes every Ā.",
            edited(ssm_kernel, "A_bar[:, None] → A_bar.clamp(min=1e-9)[:, None]"),
        ),
        Misconception(
            "a sign that is lost",
            "You take the size of Ā. A state with Ā below 0 changes its sign in each step, and so do its taps.",
            edited(ssm_kernel, "A_bar[:, None] → A_bar.abs()[:, None]"),
            where=lambda A_bar, **rest: (A_bar != 0).all(),  # there the logarithm of that size fails, too
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
            "a weight that counts twice",
            "B̄ or C is in each tap twice. A sample passes B̄ once, on its way in, and C once, on its way out. Where did "
            "you multiply by it before?",
            [edited(ssm_kernel, f"(C * B_bar) → (C * B_bar * {again})") for again in ("B_bar", "C")],
        ),
        Misconception(
            "the first tap twice",
            "Tap 1 is tap 0 once more, and all later ones come one place late. After the first tap the state has to "
            "fade before the next one is read.",
            edited(ssm_kernel, "torch.arange(length) → (torch.arange(length) - 1).clamp(min=0)"),
            where=_later_taps,
        ),
        Misconception(
            "C and B̄ added",
            "You add C and B_bar. What a sample meets one after the other is multiplied: C·Ā^j·B̄.",
            edited(ssm_kernel, "(C * B_bar) → (C + B_bar)"),
        ),
        Misconception(
            "exponents between whole numbers",
            "torch.linspace(0, length, length) ends at `length`, so its steps are longer than 1. torch.arange(length) "
            "counts 0, 1, 2, ….",
            edited(ssm_kernel, "torch.arange(length) → torch.linspace(0, length, length)"),
            where=_later_taps,
        ),
        Misconception(
            "base and exponent exchanged",
            "You raise the number of the tap to the power Ā. It is the other way round: Ā multiplied by itself, j "
            "times.",
            edited(ssm_kernel, "A_bar[:, None] ** torch.arange(length) → torch.arange(length) ** A_bar[:, None]"),
        ),
    ],
)
