"""Exercise 2: conv_and_state."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def conv_and_state(M: Tensor, D: Tensor, gate: Tensor, taps: Tensor) -> tuple[Tensor, Tensor]:
    """With u = gate · conv(x) and y = D·u + M u: what x_s weighs in y_t past the state, and through it: (L, L) each."""
    length, width = len(gate), len(taps)
    lag = torch.arange(length)[:, None] - torch.arange(length)  # (L, L)
    tap = taps[(width - 1 - lag).clamp(0, width - 1)]  # (L, L)
    conv = gate[:, None] * torch.where((lag >= 0) & (lag < width), tap, 0.0)  # (L, L): u = conv @ x
    return D * conv, M @ conv


def _ways_cases(draw: Draw) -> dict:
    width = draw.size(2, 5)  # more than the notebook's 4, too
    length = max(draw.size(3, 7), width - 1)  # the farthest tap may find no token
    if draw.in_turn([False, False, False, False, True]):  # and a fifth one may find several
        width, length = 5, length + 3
    return {
        "M": draw.normal(length, length).tril(),
        "D": draw.normal(1)[0] + 3.15,
        "gate": draw.uniform(0.1, 0.9, length),
        "taps": draw.normal(width) + 0.05,
    }


def _several_reach_back(gate: Tensor, taps: Tensor, **_) -> bool:
    """Whether two taps or three lie before the text in the first row, and none in the last one."""
    return 2 < len(taps) < 5 and len(taps) < len(gate)


CONV_AND_STATE = Exercise(
    id="14.conv_and_state",
    title="Two ways through a layer",
    reference=conv_and_state,
    cases=_ways_cases,
    axes=("output", "input"),
    items=("the way past the state", "the way through the state"),
    misconceptions=[
        Misconception(
            "taps the wrong way round",
            "You take the first tap for the present. In the package, as in PyTorch, the *last* tap meets the present "
            "sample (notebook 01).",
            [
                edited(conv_and_state, "(width - 1 - lag) → lag"),
                edited(conv_and_state, "(width - 1 - lag) → lag", "gate[:, None] * → gate[None, :] *"),
            ],
        ),
        Misconception(
            "a count from the end that begins at 0",
            "You count the taps from the end and begin with −0, which is 0: the first tap. The last one has the number "
            "−1.",
            edited(conv_and_state, "(width - 1 - lag).clamp(0, width - 1) → (-lag) % width"),
            where=_several_reach_back,  # two taps only change places
        ),
        Misconception(
            "the gate of the input",
            "You scale column s with its gate. The gate sits behind the convolution, at the place whose u it makes: it "
            "scales a row.",
            [
                edited(conv_and_state, "gate[:, None] * → gate[None, :] *"),
                edited(conv_and_state, "return D * conv → return D * conv / gate[:, None] * gate"),
                edited(conv_and_state, "M @ conv → M @ (conv / gate[:, None] * gate)"),
            ],
        ),
        Misconception(
            "the scan before the convolution",
            "You multiply in the other order. x meets the convolution first, and the scan reads what comes out: which "
            "matrix stands next to x?",
            edited(conv_and_state, "M @ conv → conv @ M"),
        ),
        Misconception(
            "a product entry by entry",
            "You multiply the two matrices entry by entry. One thing after another is a matrix product: every place in "
            "between counts.",
            edited(conv_and_state, "M @ conv → M * conv"),
        ),
        Misconception(
            "a state without its convolution",
            "Your second matrix lacks the convolution. M weighs u, not x: the state, too, sees x only through it.",
            [
                edited(conv_and_state, "D * conv, M @ conv → D * conv, M"),
                edited(conv_and_state, "D * conv, M @ conv → D * conv, M * gate"),
                edited(conv_and_state, "D * conv, M @ conv → D * conv, gate[:, None] * M"),
            ],
        ),
        Misconception(
            "a skip that is forgotten",
            "Your first matrix lacks the factor D. Past the state, y gets D·u.",
            edited(conv_and_state, "D * conv, → conv,"),
        ),
        Misconception(
            "a skip that is added",
            "You add D to your first matrix, to zeros as well. The skip multiplies u by D.",
            edited(conv_and_state, "D * conv, → D + conv,"),
        ),
        Misconception(
            "a skip in both ways",
            "You count D·u twice: past the state and, with M, through it. The two ways must add up to y.",
            edited(conv_and_state, "M @ conv → M @ conv + D * conv"),
        ),
        Misconception(
            "a skip around the convolution",
            "You let D lead from x to y around the convolution. The skip of a Mamba block begins behind it: it passes "
            "u on.",
            [
                edited(conv_and_state, "D * conv, → D * torch.eye(length),"),
                edited(conv_and_state, "D * conv, → D * torch.diag(gate),"),
            ],
        ),
        Misconception(
            "a convolution that looks ahead",
            "Your convolution reads what comes after t. In a causal one, row t reaches back to the left.",
            [
                edited(
                    conv_and_state,
                    "(lag >= 0) & (lag < width), tap → (lag <= 0) & (-lag < width), tap",
                    "- lag) → + lag)",
                ),
                edited(conv_and_state, "return D * conv, → conv = conv.T\n    return D * conv,"),
                edited(conv_and_state, "M @ conv → M @ conv.T"),
                edited(conv_and_state, "M @ conv → M @ (gate[:, None] * (conv / gate[:, None]).T)"),
                edited(
                    conv_and_state,
                    "(width - 1 - lag) → (-lag)",
                    "(lag >= 0) & (lag < width), tap → (lag <= 0) & (-lag < width), tap",
                ),
                edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length) + width // 2  #"),
                edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length)\n    lag = lag.abs()  #"),
                edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length) + (width - 1) // 2  #"),
                edited(conv_and_state, "(lag >= 0) & (lag < width) → lag < width"),
                edited(conv_and_state, "torch.where((lag >= 0) & (lag < width), tap, 0.0) → tap"),
            ],
        ),
        Misconception(
            "a gate that is left out",
            "You leave out the gate. SiLU multiplies what the convolution gives by a number that depends on the place.",
            edited(conv_and_state, "conv = gate[:, None] * → conv = "),
        ),
        Misconception(
            "a gate on one way only",
            "One of your two ways has no gate. Both begin with u, and u is what the gate has let through.",
            [
                edited(conv_and_state, "M @ conv → M @ (conv / gate[:, None])"),
                edited(conv_and_state, "return D * conv → return D * conv / gate[:, None]"),
            ],
        ),
        Misconception(
            "a skip on the state",
            "You multiply the second way by D, too. D stands past the state alone: y = D u + M u.",
            edited(conv_and_state, "M @ conv → D * (M @ conv)"),
        ),
        Misconception(
            "a state on both ways",
            "Your first matrix has M in it. Past the state, u meets D alone.",
            [edited(conv_and_state, f"D * conv, → {first},") for first in ("D * M @ conv", "D * conv + M @ conv")],
        ),
        Misconception(
            "the present sample left out",
            "Your convolution reads the past alone. The last tap meets the present sample, on the diagonal.",
            edited(conv_and_state, "(lag >= 0) & → (lag > 0) &"),
        ),
        Misconception(
            "the first taps in the first rows",
            "In the first rows the taps are too many, and you keep the first of them. There, too, the last one meets "
            "the present.",
            edited(
                conv_and_state,
                "(width - 1 - lag) → (torch.arange(length)[:, None].clamp(max=width - 1) - lag)",
            ),
            where=_several_reach_back,
        ),
        Misconception(
            "first rows of zeros",
            "Your first rows are empty: you begin only where every tap meets a token, or a row later. A place near the "
            "beginning has the tokens that there are, and zeros for those before the text.",
            [
                edited(conv_and_state, f"(lag >= 0) & → (lag >= 0) & (torch.arange(length)[:, None] >= {first}) &")
                for first in ("width - 1", "width")
            ],
            where=_several_reach_back,
        ),
        Misconception(
            "the first token left out",
            "Nothing in your convolution reads token 0. Tokens are counted from 0, and it is there already.",
            edited(conv_and_state, "(lag >= 0) & → (lag >= 0) & (torch.arange(length) > 0) &"),
        ),
        Misconception(
            "a tap too few",
            "Your convolution lacks its farthest tap, the first of `taps`. As many as there are reach back, the "
            "present one among them.",
            [
                edited(conv_and_state, "(lag < width) → (lag < width - 1)"),
                edited(conv_and_state, "(lag < width) → (lag < min(width, 4))"),  # the notebook's number
            ],
        ),
        Misconception(
            "a first tap without an end",
            "Your first tap stands at its place and at every place to the left of it. Farther back than there are taps "
            "a convolution reads nothing.",
            edited(conv_and_state, "(lag >= 0) & (lag < width) → lag >= 0"),
        ),
        Misconception(
            "taps that begin again",
            "Farther back than there are taps, your index falls below 0 and takes them from the end again. There a "
            "convolution reads nothing.",
            edited(
                conv_and_state,
                "(width - 1 - lag).clamp(0, width - 1) → (width - 1 - lag) % width",
                "(lag >= 0) & (lag < width) → lag >= 0",
            ),
            where=lambda gate, taps, **_: len(gate) <= 2 * len(taps),  # else the index is not there
        ),
        Misconception(
            "what u weighs",
            "Your matrices say what u weighs in y. The task asks for x, of which convolution and gate have made u.",
            edited(conv_and_state, "D * conv, M @ conv → D * torch.eye(length), M"),
        ),
        Misconception(
            "two ways without the convolution",
            "Your matrices have the gate, but none of the taps: they say what the result of the convolution weighs in "
            "y. The task asks for x, which the convolution reads.",
            edited(conv_and_state, "D * conv, M @ conv → D * torch.diag(gate), M @ torch.diag(gate)"),
        ),
        Misconception(
            "a convolution that is a token late",
            "Your taps stand one token too far back: not even the last one meets the present.",
            edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length) - 1  #"),
        ),
        Misconception(
            "a skip on every entry of M",
            "You add D to M. A number added to a matrix goes to all its entries, so that every output would get every "
            "u. The skip passes u on at its own place, and it is the first way.",
            edited(conv_and_state, "M @ conv → (D + M) @ conv"),
        ),
        Misconception(
            "both ways in one",
            "You add the two ways up. That is what x weighs in y; the task asks for both apart.",
            edited(conv_and_state, "return D * conv, M @ conv → return D * conv + M @ conv"),
        ),
        Misconception(
            "a scan on its side",
            "You take M with rows and columns exchanged. M[t, s] is what u_s weighs in y_t: its columns meet the rows "
            "of the convolution.",
            edited(conv_and_state, "M @ conv → M.T @ conv"),
        ),
        Misconception(
            "one tap",
            "Your convolution has the tap of the present alone, at least past the state. The others reach back: each "
            "stands on a diagonal of its own.",
            [
                edited(conv_and_state, "(lag >= 0) & (lag < width) → lag == 0"),
                edited(conv_and_state, "return D * conv, → return D * torch.diag(conv.diagonal()),"),
            ],
            where=_several_reach_back,
        ),
        Misconception(
            "a text that is a ring",
            "Your first rows read from the end of the text. Before it there are zeros.",
            edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length)\n    lag = lag % length  #"),
            where=_several_reach_back,  # in a short text a place gets two taps, or the last
        ),
        Misconception(
            "the first token repeated",
            "Before the text you put its first token again, and again. Before it there are zeros.",
            edited(
                conv_and_state,
                "return D * conv, → missing = [taps[: max(0, width - 1 - t)].sum() for t in range(length)]\n"
                "    conv[:, 0] += gate * torch.stack(missing)\n    return D * conv,",
            ),
            where=_several_reach_back,
        ),
        Misconception(
            "a gate of the gate",
            "`gate` is σ already. You put it through a function once more.",
            [
                edited(conv_and_state, "conv = gate[:, None] → conv = torch.sigmoid(gate)[:, None]"),
                edited(conv_and_state, "conv = gate[:, None] → conv = F.silu(gate)[:, None]"),
            ],
        ),
        Misconception(
            "a SiLU of the taps",
            "You put the taps through SiLU. It acts on what the convolution makes of the text; and its factor σ is "
            "given, as `gate`.",
            [
                edited(conv_and_state, "gate[:, None] * torch.where → F.silu(torch.where", "0.0) → 0.0))"),
                edited(
                    conv_and_state, "gate[:, None] * torch.where → gate[:, None] * F.silu(torch.where", "0.0) → 0.0))"
                ),
                edited(
                    conv_and_state, "gate[:, None] * torch.where → F.silu(gate[:, None] * torch.where", "0.0) → 0.0))"
                ),
            ],
        ),
        Misconception(
            "a gate that counts twice",
            "You multiply by the gate twice. It stands once on every way: behind the convolution.",
            [
                edited(conv_and_state, "conv = gate[:, None] → conv = gate[:, None] ** 2"),
                edited(
                    conv_and_state,
                    "return D * conv, M @ conv → return D * gate[:, None] * conv, gate[:, None] * M @ conv",
                ),
                edited(conv_and_state, "return D * conv, M @ conv → return D * conv, gate[:, None] * M @ conv"),
                edited(conv_and_state, "return D * conv, M @ conv → return D * conv, M @ (gate[:, None] * conv)"),
            ],
        ),
        Misconception(
            "a gate behind the scan",
            "On the second way you put the gate behind the scan. It stands before: M reads u, which has been through "
            "it.",
            edited(conv_and_state, "M @ conv → gate[:, None] * (M @ (conv / gate[:, None]))"),
        ),
        Misconception(
            "the two ways exchanged",
            "The two matrices are right, in the other order: first the way past the state, then the one through it.",
            edited(conv_and_state, "D * conv, M @ conv → M @ conv, D * conv"),
        ),
    ],
)
