"""Exercise 3: count_parameters."""

import math

from torch.nn.modules.module import register_module_parameter_registration_hook

from lite_mamba import Mamba

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def count_parameters(d_model: int, d_state: int, d_conv: int, branches: int, expand: int) -> int:
    """All numbers that a block learns, with the default flags and dt_rank = ceil(d_model / 16)."""
    inner = expand * d_model
    rank = math.ceil(d_model / 16)
    projections = d_model * 2 * inner + inner * d_model  # in_proj, out_proj
    convolution = branches * (inner * d_conv + inner) + branches  # taps and biases, gates
    selection = inner * (rank + 2 * d_state) + rank * inner + inner  # x_proj, dt_proj
    scan = inner * d_state + inner  # A_log, D
    return projections + convolution + selection + scan


SUM = "projections + convolution + selection + scan"


def _counted(*edits: str):
    return edited(count_parameters, *edits)


def _by_formula(function, **sizes):
    """A count, without building a block."""
    built = []
    hook = register_module_parameter_registration_hook(lambda module, name, parameter: built.append(name))
    try:
        count = function(*sizes.values())
    finally:
        hook.remove()
    if built:
        raise RuntimeError("layers are built, and their numbers counted")
    return count


def _built(d_model, d_state, d_conv, branches, expand):
    block = Mamba(d_model, d_state, d_conv, tuple(range(1, branches + 1)), expand=expand, device="meta")
    return sum(parameter.numel() for parameter in block.parameters())


def _draw_sizes(draw: Draw) -> dict:
    return {
        "d_model": draw.in_turn([draw.size(2, 60), *(16 * draw.size(1, 3) + more for more in (-1, 0, 1))]),
        "d_state": draw.size(2, 24),
        "d_conv": draw.size(2, 5),
        "branches": draw.size(1, 4),
        "expand": draw.size(1, 3),
    }


COUNT_PARAMETERS = Exercise(
    id="10.count_parameters",
    title="Count the parameters",
    reference=count_parameters,
    cases=_draw_sizes,
    apply=_by_formula,
    rtol=0,
    atol=0.5,
    sums=True,
    example={"d_model": 4, "d_state": 2, "d_conv": 3, "branches": 2, "expand": 2},
    misconceptions=[
        Misconception(
            "a block that is built",
            "You build layers and count what they hold. A formula says it before anything is built: go through the "
            "table of the small block above, and write each shape with letters.",
            _built,
        ),
        Misconception(
            "one number a channel missing in each branch",
            "Your count is short by D for each branch. A branch has W taps a channel, the present token's among them, "
            "and a bias.",
            _counted("inner * d_conv + inner) → inner * d_conv)"),
        ),
        Misconception(
            "a part that is missing",
            "Your count lacks a whole part: the convolutions, x_proj, dt_proj, these two together, or the scan with "
            "A_log and D. Go through the drawing from the left to the right.",
            [
                _counted("projections + convolution + → projections +"),
                _counted("branches * (inner * d_conv + inner) + branches → branches"),
                _counted("+ scan → "),
                _counted("inner * (rank + 2 * d_state) + → "),
                _counted("+ rank * inner + inner → "),
                _counted("convolution + selection + → convolution +"),
            ],
        ),
        Misconception(
            "the outer projections alone",
            "You count in_proj and out_proj. In a wide block they hold most of the numbers, in a narrow one less than "
            "half: what stands between them has some, too.",
            _counted("projections + convolution + selection + scan → projections"),
        ),
        Misconception(
            "one branch too many",
            "Your count holds one convolution too many. The first branch is one of the `branches`, and not one more "
            "beside them.",
            [
                _counted(f"branches * (inner * d_conv + inner) + branches → {convolution}")
                for convolution in (
                    "(branches + 1) * (inner * d_conv + inner) + branches",
                    "(branches + 1) * (inner * d_conv + inner + 1)",
                )
            ],
        ),
        Misconception(
            "one branch for all",
            "You count one convolution. Each of the branches has taps and biases of its own.",
            [
                _counted(f"branches * (inner * d_conv + inner) + branches → inner * d_conv + inner + {n}")
                for n in ("1", "branches", "0")
            ],
        ),
        Misconception(
            "gates and more that is missing",
            "Your count is short by the number of branches, and by more. Each branch has one number for its share in "
            "the sum. What else of the table is not in your sum?",
            [
                _counted("+ inner) + branches → + inner)", *more)
                for more in (
                    ["inner * d_state + inner → inner * d_state"],
                    ["inner * d_state + inner → inner"],
                    ["+ scan → "],
                    ["rank * inner + inner → rank * inner", "inner * d_state + inner → inner * d_state"],
                    ["d_model * 2 * inner → d_model * inner"],
                )
            ],
        ),
        Misconception(
            "biases and more that is missing",
            "Your count is short by the biases of the convolutions, D numbers a branch, and by D more: the bias of "
            "dt_proj, or the skip.",
            _counted("inner * d_conv + inner) → inner * d_conv)", "rank * inner + inner → rank * inner"),
        ),
        Misconception(
            "forgotten convolution gates",
            "Your count is short by the number of branches. Each branch has one number more, for its share in the sum.",
            _counted("+ inner) + branches → + inner)"),
        ),
        Misconception(
            "taps alone",
            "Your count is short by branches·(D + 1). Beside its taps a branch has a bias, one number a channel, and "
            "one gate.",
            _counted("branches * (inner * d_conv + inner) + branches → branches * inner * d_conv"),
        ),
        Misconception(
            "a gate for every channel",
            "The branches are weighed by one number each, the same for all channels: conv_gates is (branches,).",
            [_counted(f"+ inner) + branches → + inner) + {gates}") for gates in ("branches * inner", "inner")],
        ),
        Misconception(
            "one A for all channels",
            "You count N numbers for A_log. Each channel has an A of its own: (D, N).",
            _counted("inner * d_state + inner → d_state + inner"),
        ),
        Misconception(
            "a rank that is rounded down",
            "dt_rank is d_model/16 rounded up, and yours is rounded down: up to 16 it is 1, and 17 needs 2.",
            [_counted(f"math.ceil(d_model / 16) → {rank}") for rank in ("d_model // 16", "max(1, d_model // 16)")],
        ),
        Misconception(
            "a rank that is rounded to the nearest",
            "dt_rank is d_model/16 rounded up, not to the nearest whole number: up to 16 it is 1, and 17 needs 2.",
            [
                _counted(f"math.ceil(d_model / 16) → {rank}")
                for rank in ("round(d_model / 16)", "max(1, round(d_model / 16))")
            ],
        ),
        Misconception(
            "a rank that is not rounded",
            "You count with d_model/16 as it is. R is a number of rows, and there is no half of a row: first round up, "
            "then multiply.",
            [
                _counted("math.ceil(d_model / 16) → d_model / 16", f"return {SUM} → return {whole.format(SUM)}")
                for whole in ("({})", "math.ceil({})")
            ],
        ),
        Misconception(
            "a rank with one too many",
            "Where 16 divides d_model your rank is one too large: 32/16 is 2 already, and there is nothing to round "
            "up.",
            _counted("math.ceil(d_model / 16) → d_model // 16 + 1"),
        ),
        Misconception(
            "a rank that is always 1",
            "You count with R = 1, as in the table above, where d_model is 4. dt_rank is d_model/16, rounded up: 17 "
            "needs 2.",
            [
                _counted("math.ceil(d_model / 16) → 1"),
                _counted("(rank + 2 * d_state) → (1 + 2 * d_state)"),
            ],
        ),
        Misconception(
            "a rank of the inner width",
            "Your rank grows with D, and so with `expand`. dt_rank is a sixteenth of d_model, the width outside, "
            "rounded up: it is the same for any `expand`.",
            [_counted(f"math.ceil(d_model / 16) → math.ceil(inner / {part})") for part in (16, 32)],
        ),
        Misconception(
            "one number a channel missing",
            "Your count is short by D. Beside the convolutions two parts are vectors with one number a channel: the "
            "skip, and the bias of dt_proj, where Δ starts. One of them is missing.",
            _counted("inner * d_state + inner → inner * d_state"),
        ),
        Misconception(
            "one number a channel too many",
            "Your count is too large by D. Beside the convolutions two parts are vectors with one number a channel: "
            "the skip, and the bias of dt_proj. Each is counted once.",
            _counted("inner * d_state + inner → inner * d_state + 2 * inner"),
        ),
        Misconception(
            "two numbers a channel missing",
            "Your count is short by 2·D. Beside the convolutions two parts are vectors with one number a channel: the "
            "skip, and the bias of dt_proj, where Δ starts. Both are missing.",
            _counted("rank * inner + inner → rank * inner", "inner * d_state + inner → inner * d_state"),
        ),
        Misconception(
            "D·d_model numbers missing",
            "Your count is short by D·d_model. in_proj makes two mixtures, x and z, and has 2D rows; out_proj brings "
            "the D numbers back to d_model. One of these three is missing.",
            _counted("d_model * 2 * inner → d_model * inner"),
        ),
        Misconception(
            "2·D·d_model numbers missing",
            "Your count is short by 2·D·d_model. in_proj makes two mixtures, x and z, and has 2D rows; out_proj brings "
            "the D numbers back to d_model. Two of these three are missing.",
            _counted("d_model * 2 * inner + → "),
        ),
        Misconception(
            "D·d_model numbers too many",
            "Your count is too large by D·d_model. in_proj makes x and z, 2D numbers, and z has done its work at the "
            "gate: out_proj reads D.",
            _counted("+ inner * d_model → + 2 * inner * d_model"),
        ),
        Misconception(
            "other rows in x_proj",
            "Your x_proj has another number of rows. A token becomes R numbers on the way to Δ, N of B and N of C.",
            _counted("rank + 2 * d_state → rank + 2 * inner * d_state"),
        ),
        Misconception(
            "R in the place of N",
            "You count R where N belongs. A_log holds N numbers for each channel, and x_proj makes N of B and N of C. "
            "R is the width of the way to Δ.",
            _counted("rank + 2 * d_state → 2 * rank + d_state"),  # as many as with R in A_log alone
        ),
        Misconception(
            "an x_proj too many",
            "Your count is too large by D·(R + 2N), as many as x_proj holds. A block has one x_proj.",
            _counted("selection = inner * → selection = 2 * inner *"),
        ),
        Misconception(
            "N in the place of R",
            "You count N where R belongs. The way to Δ is R numbers wide: x_proj makes R of the D, and dt_proj reads "
            "these R. N is the width of B and C.",
            [
                _counted("rank + 2 * d_state → 3 * d_state"),  # as many as with N in dt_proj alone
                _counted("rank = math.ceil(d_model / 16) → rank = d_state"),
            ],
        ),
        Misconception(
            "D·R numbers missing",
            "Your count is short by D·R. dt_rank numbers for each channel stand twice: in x_proj, the rows of the low "
            "rank, and in dt_proj. One of them is missing.",
            _counted("+ rank * inner + inner → + inner"),
            where=lambda d_model, **sizes: d_model > 16,
        ),
        Misconception(
            "D·R numbers too many",
            "Your count is too large by D·R. dt_rank numbers for each channel stand in x_proj, in the rows of the low "
            "rank, and in dt_proj. One of them is counted twice.",
            _counted("+ rank * inner + inner → + 2 * rank * inner + inner"),
            where=lambda d_model, **sizes: d_model > 16,
        ),
        Misconception(
            "rows or columns that are single numbers",
            "Each of the R + 2N rows of x_proj has D numbers, and so has each of the R columns of dt_proj. You count "
            "some of them as one number each.",
            [
                _counted(f"inner * (rank + 2 * d_state) → {numbers}")
                for numbers in ("rank + 2 * d_state", "inner * rank + 2 * d_state", "rank + 2 * d_state * inner")
            ],
            where=lambda d_model, **sizes: d_model > 16,
        ),
        Misconception(
            "a vector that is a single number",
            "The skip D, or the bias of dt_proj, is counted as one number. It is one number a channel.",
            _counted("inner * d_state + inner → inner * d_state + 1"),
        ),
        Misconception(
            "an A that mixes the states",
            "You count N·N numbers for A, once or for each channel. A is diagonal: one number for each state, in each "
            "channel.",
            [_counted(f"inner * d_state + inner → {A} + inner") for A in ("d_state**2", "inner * d_state**2")],
        ),
        Misconception(
            "one state a channel",
            "You count one number a channel for A_log. Each channel has N states, and a number for each: (D, N).",
            _counted("inner * d_state + inner → inner + inner"),
        ),
        Misconception(
            "an A that mixes the channels",
            "You count D·D numbers for A_log. Each channel has an A of its own, with one number for each of its N "
            "states: (D, N).",
            _counted("inner * d_state + inner → inner * inner + inner"),
        ),
        Misconception(
            "a selection for every branch",
            "You count x_proj, or dt_proj, once a branch. The branches are added up before: there is one u, and one "
            "way from it to Δ, B and C.",
            [
                _counted("selection = inner * → selection = branches * inner *"),
                _counted("+ rank * inner + inner → + branches * (rank * inner + inner)"),
                _counted(
                    "selection = inner * (rank + 2 * d_state) + rank * inner + inner → "
                    "selection = branches * (inner * (rank + 2 * d_state) + rank * inner + inner)"
                ),
            ],
        ),
        Misconception(
            "an outer projection that stays inside",
            "You count D·D numbers for x, for z, or for out_proj. One side of in_proj and of out_proj is the width "
            "outside, d_model.",
            [
                _counted("+ inner * d_model → + inner * inner"),
                _counted("d_model * 2 * inner → inner * 2 * inner"),
                _counted("d_model * 2 * inner → inner * 2 * inner", "+ inner * d_model → + inner * inner"),
            ],
        ),
        Misconception(
            "an outer projection that stays outside",
            "You count d_model·d_model numbers for x, for z, or for out_proj. One side of in_proj and of out_proj is "
            "the width inside, D.",
            [
                _counted("+ inner * d_model → + d_model * d_model"),
                _counted("d_model * 2 * inner → 2 * d_model * d_model"),
                _counted("d_model * 2 * inner → 2 * d_model * d_model", "+ inner * d_model → + d_model * d_model"),
            ],
        ),
        Misconception(
            "a width that is always twice",
            "D is 2·d_model in your count. `expand` says how many times d_model it is.",
            _counted("inner = expand → inner = 2"),
        ),
        Misconception(
            "B and C as parameters",
            "You count numbers for B and C beside x_proj. The block does not keep them: x_proj makes them anew of each "
            "token.",
            [
                _counted(f"inner * d_state + inner → inner * d_state + inner + 2 * {kept}")
                for kept in ("inner * d_state", "d_state")
            ],
        ),
        Misconception(
            "a bias with too few numbers",
            "You count a bias of one number for a branch, or of R numbers for dt_proj. A bias has a number for each "
            "output: D.",
            [
                _counted("inner * d_conv + inner) → inner * d_conv + 1)"),
                _counted("+ rank * inner + inner → + rank * inner + rank"),
            ],
            where=lambda d_model, **sizes: d_model > 16,
        ),
        Misconception(
            "one set of taps for all branches",
            "You count the taps of a single convolution. Each branch has D·W of its own.",
            _counted("branches * (inner * d_conv + inner) → (inner * d_conv + branches * inner)"),
        ),
        Misconception(
            "a norm in the block",
            "Your count is too large by 2·d_model, as if the block had a LayerNorm. It stands outside, between the "
            "blocks of a model.",
            _counted("+ inner * d_model → + inner * d_model + 2 * d_model"),
        ),
        Misconception(
            "one gate for all branches",
            "You count one gate. Each branch has one.",
            _counted("+ inner) + branches → + inner) + 1"),
        ),
        Misconception(
            "one bias for all branches",
            "You count the bias of a single convolution. Each branch has one of its own.",
            _counted("branches * (inner * d_conv + inner) → branches * inner * d_conv + inner"),
        ),
        Misconception(
            "one bias and one gate for all branches",
            "You count the taps of every branch, and a bias and a gate once for all. Each branch has its own.",
            _counted("branches * (inner * d_conv + inner) + branches → branches * inner * d_conv + inner + 1"),
            where=lambda branches, **sizes: branches > 1,
        ),
        Misconception(
            "a number of the table in place of its letter",
            "You count with a size of the block in the table, for a block of any size. Which letters are its 5, 3 and "
            "2?",
            [
                _counted("rank + 2 * d_state → rank + 2 * 2", "inner * d_state → inner * 2"),
                _counted("inner * (rank + 2 * d_state) → inner * 5"),
                _counted("inner * d_conv + inner → inner * 3 + inner"),
                _counted("inner * (rank + 2 * d_state) → inner * 5", "inner * d_conv + inner → inner * 3 + inner"),
            ],
        ),
        Misconception(
            "a size of the published block",
            "You count with 16 states or 4 taps, as published, for a block of any size. Both sizes are given.",
            [
                _counted("rank + 2 * d_state → rank + 2 * 16", "inner * d_state → inner * 16"),
                _counted("inner * d_conv → inner * 4"),
                _counted(
                    "rank + 2 * d_state → rank + 2 * 16", "inner * d_state → inner * 16", "inner * d_conv → inner * 4"
                ),
            ],
        ),
        Misconception(
            "a convolution of the gate",
            "You count a convolution for z, too. It goes straight to the gate: only the D channels of x are convolved.",
            [
                _counted(
                    f"branches * (inner * d_conv + inner) + branches → 2 * branches * (inner * d_conv + inner) + {n}"
                )
                for n in ("branches", "2 * branches")
            ],
        ),
        Misconception(
            "parts of the outer width",
            "A part inside the block is counted with d_model. Between in_proj and out_proj each token has D = "
            "expand·d_model channels.",
            [
                _counted("expand * d_model → d_model"),
                _counted("inner * (rank + 2 * d_state) → d_model * (rank + 2 * d_state)"),
                _counted("inner * d_state + inner → d_model * d_state + inner"),
                _counted("inner * d_state + inner → d_model * d_state + d_model"),
                _counted("inner * d_state + inner → inner * d_state + d_model"),
                _counted("+ rank * inner + inner → + rank * d_model + d_model"),
                _counted("+ rank * inner + inner → + rank * d_model + inner"),
                _counted("inner * d_conv + inner → d_model * d_conv + d_model"),
                _counted(
                    "inner * d_conv + inner → d_model * d_conv + d_model",
                    "inner * d_state + inner → d_model * (d_state + 1)",
                ),
            ],
        ),
        Misconception(
            "a convolution that mixes the channels",
            "You count D·D·W weights a branch. The convolution is depthwise: each channel has one kernel.",
            _counted("inner * d_conv + inner → inner * inner * d_conv + inner"),
        ),
        Misconception(
            "N numbers a channel missing",
            "Your count is short by D·N. Three parts hold N numbers for each channel: A_log, and in x_proj the rows of "
            "B and those of C. One of them is missing.",
            _counted("rank + 2 * d_state → rank + d_state"),
        ),
        Misconception(
            "N numbers a channel too many",
            "Your count is too large by D·N. Three parts hold N numbers for each channel: A_log, and in x_proj the "
            "rows of B and those of C. The state h starts at 0 and is not learned.",
            _counted("inner * d_state + inner → 2 * inner * d_state + inner"),
        ),
        Misconception(
            "2·N numbers a channel missing",
            "Your count is short by 2·D·N. Three parts hold N numbers for each channel: A_log, and in x_proj the rows "
            "of B and those of C. Two of them are missing.",
            _counted("rank + 2 * d_state → rank"),
        ),
        Misconception(
            "one kernel for all channels",
            "You count one kernel a branch. Each channel has one, with W taps and a bias.",
            [_counted(f"inner * d_conv + inner → d_conv + {biases}") for biases in ("inner", "1")],
        ),
        Misconception(
            "a way to Δ without its narrow middle",
            "You count D·D numbers, or D·d_model, on the way to Δ, in x_proj or in dt_proj. x_proj makes R numbers of "
            "the D, and dt_proj makes D of these R.",
            [
                _counted("rank * inner + inner → inner * inner + inner"),
                _counted("(rank + 2 * d_state) + rank * inner → (inner + 2 * d_state)"),
                _counted("(rank + 2 * d_state) + rank * inner + inner → (inner + 2 * d_state)"),
                _counted("rank * inner + inner → d_model * inner + inner"),  # as many as with d_model rows in x_proj
            ],
        ),
        Misconception(
            "a history that is learned",
            "Your count is too large by D·(W − 1), the numbers of a convolution's history. They are kept from token to "
            "token, and not learned.",
            _counted("inner * d_state + inner → inner * d_state + inner + inner * (d_conv - 1)"),
        ),
        Misconception(
            "a skip for each state",
            "You count N numbers a channel for the skip. It goes around the scan and meets no state: it is one number "
            "a channel.",
            _counted("inner * d_state + inner → inner * d_state + inner * d_state"),
        ),
        Misconception(
            "a skip that mixes the channels",
            "You count D·D numbers for the skip. It takes each channel around the scan by itself: it is one number a "
            "channel.",
            _counted("inner * d_state + inner → inner * d_state + inner * inner"),
        ),
        Misconception(
            "an x_proj with a bias",
            "x_proj has no bias. Where Δ starts is set by the one bias of dt_proj.",
            _counted("selection = inner * → selection = rank + 2 * d_state + inner *"),
        ),
        Misconception(
            "projections with a bias",
            "Your count is too large by 2·D and by d_model, as if in_proj and out_proj had a bias. They have none by "
            "default (`bias=False`).",
            _counted("+ inner * d_model → + inner * d_model + 2 * inner + d_model"),
        ),
        Misconception(
            "two numbers a channel too many",
            "Your count is too large by 2·D. in_proj has no bias by default (`bias=False`), and dt_rank is d_model/16 "
            "rounded up, with nothing added.",
            _counted("+ inner * d_model → + inner * d_model + 2 * inner"),
        ),
        Misconception(
            "d_model numbers too many",
            "Your count is too large by d_model. out_proj has no bias by default (`bias=False`), and a norm stands "
            "outside the block.",
            _counted("+ inner * d_model → + inner * d_model + d_model"),
        ),
    ],
)
