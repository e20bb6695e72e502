"""Exercise 4: delta_map."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def delta_map(x_proj: Tensor, dt_proj: Tensor) -> Tensor:
    """The one matrix (D, D) from the D numbers of a token to its D raw numbers of Δ, less their bias."""
    return dt_proj @ x_proj[: dt_proj.shape[1]]  # (D, D)


def _draw_maps(draw: Draw) -> dict:
    rank, states = draw.size(1, 3), draw.size(1, 3)
    inner = rank + draw.size(2, 4)
    return {"x_proj": draw.normal(rank + 2 * states, inner), "dt_proj": draw.normal(inner, rank)}


def _three_parts(x_proj, dt_proj):
    raw, _, _ = x_proj.chunk(3)
    return dt_proj @ raw


OTHER_ROWS = (
    "[-dt_proj.shape[1] :]",
    "[dt_proj.shape[1] : 2 * dt_proj.shape[1]]",
    "[dt_proj.shape[1] :]",
    "[1 : dt_proj.shape[1] + 1]",
    "[: dt_proj.shape[1] + 1]",
)


DELTA_MAP = Exercise(
    id="10.delta_map",
    title="Two narrow steps as one matrix",
    reference=delta_map,
    cases=_draw_maps,
    axes=("channel of Δ", "number of the token"),
    misconceptions=[
        Misconception(
            "the wrong rows of x_proj",
            "Among your rows are some that make B or C. The first R rows make the low rank.",
            [edited(delta_map, f"[: dt_proj.shape[1]] → {rows}") for rows in OTHER_ROWS],
        ),
        Misconception(
            "a map from Δ to the token",
            "Your matrix is the transpose: its rows belong to the token. A weight of PyTorch has a row for each "
            "output, so that raw numbers = M @ token + bias.",
            lambda x_proj, dt_proj: delta_map(x_proj, dt_proj).T,
        ),
        Misconception(
            "a way that begins in the narrow middle",
            "Your matrix takes in R numbers, those in the middle. The way begins at the token, with D numbers, and "
            "x_proj is the first to meet it. On which side of a product does the token stand?",
            [
                lambda x_proj, dt_proj: x_proj @ dt_proj,
                lambda x_proj, dt_proj: x_proj[: dt_proj.shape[1]] @ dt_proj,
                lambda x_proj, dt_proj: dt_proj.T @ x_proj[: dt_proj.shape[1]].T,
            ],
        ),
        Misconception(
            "all rows of x_proj",
            "x_proj has R + 2N rows, and dt_proj reads R numbers only. Cut off the rows that belong to B and C.",
            [
                edited(delta_map, "x_proj[: dt_proj.shape[1]] → x_proj"),
                edited(delta_map, "dt_proj @ x_proj[: dt_proj.shape[1]] → x_proj.T @ dt_proj.T"),
                lambda x_proj, dt_proj: torch.einsum("dr,re->de", dt_proj, x_proj),  # with R = 1 it adds up all rows
            ],
        ),
        Misconception(
            "three parts of one size",
            "You take about a third of the rows of x_proj, as if its three parts had one size. The part for Δ has R "
            "rows, those for B and C have N each.",
            [
                edited(delta_map, "x_proj[: dt_proj.shape[1]] → x_proj.chunk(3)[0]"),
                edited(delta_map, "dt_proj.shape[1] → x_proj.shape[0] // 3"),
                _three_parts,
            ],
        ),
        Misconception(
            "a rank that is not read off",
            "You take a number for R or N, or work R out of D. The weights hold R: how many numbers does dt_proj read?",
            [edited(delta_map, f"dt_proj.shape[1] → {rank}") for rank in (1, 4, "x_proj.shape[0] - 32")],
        ),
        Misconception(
            "products that are not added up",
            "You multiply entry by entry. Two linear maps one after the other are a matrix product: `@`.",
            [
                lambda x_proj, dt_proj: dt_proj * x_proj[: dt_proj.shape[1]],
                lambda x_proj, dt_proj: x_proj[: dt_proj.shape[1]] * dt_proj,  # an error names the first one first
                lambda x_proj, dt_proj: dt_proj.T * x_proj[: dt_proj.shape[1]],
                lambda x_proj, dt_proj: dt_proj * x_proj[: dt_proj.shape[1]].T,
            ],
        ),
        Misconception(
            "columns of x_proj",
            "You cut columns. x_proj has a row for each number that it makes: the first R rows make the low rank.",
            [
                edited(delta_map, "x_proj[: dt_proj.shape[1]] → x_proj[:, : dt_proj.shape[1]].T"),
                edited(delta_map, "x_proj[: dt_proj.shape[1]] → x_proj[:, : dt_proj.shape[1]]"),
                edited(delta_map, "dt_proj @ x_proj[: dt_proj.shape[1]] → x_proj[:, : dt_proj.shape[1]] @ dt_proj.T"),
            ],
        ),
        Misconception(
            "as many rows as channels",
            "You cut D rows of x_proj, or as many as there are. dt_proj is (D, R), and R is its second size.",
            edited(delta_map, "dt_proj.shape[1] → dt_proj.shape[0]"),
        ),
        Misconception(
            "one of the R numbers",
            "Your matrix goes through a single number in the middle. There are R: dt_proj has R columns, and x_proj R "
            "rows for them.",
            [
                edited(delta_map, "dt_proj @ x_proj[: dt_proj.shape[1]] → dt_proj[:, :1] @ x_proj[:1]"),
                edited(
                    delta_map,
                    "dt_proj @ x_proj[: dt_proj.shape[1]] → dt_proj[:, -1:] @ x_proj[: dt_proj.shape[1]][-1:]",
                ),
            ],
        ),
        Misconception(
            "all but one of the R numbers",
            "The first or the last of the R numbers in the middle is left out. Where does your loop or slice begin, "
            "and where does it end?",
            [
                edited(
                    delta_map,
                    f"dt_proj @ x_proj[: dt_proj.shape[1]] → dt_proj[:, {some}] @ x_proj[: dt_proj.shape[1]][{some}]",
                )
                for some in ("1:", ":-1")
            ],
            where=lambda x_proj, dt_proj: dt_proj.shape[1] > 1,
        ),
        Misconception(
            "a weight that is turned",
            "You turn one of the two, by `.T` or in F.linear, and the sizes do not meet. Write the two shapes side by "
            "side, in both orders: what has to be equal stands in the middle.",
            [
                edited(delta_map, f"dt_proj @ x_proj[: dt_proj.shape[1]] → {product}")
                for product in (
                    "dt_proj.T @ x_proj[: dt_proj.shape[1]]",
                    "dt_proj @ x_proj[: dt_proj.shape[1]].T",
                )
            ],
        ),
        Misconception(
            "a product that is scaled",
            "You divide by R, by D, or by the root of one, as attention and LoRA do. Here nothing stands between the "
            "two weights: they are used as they are.",
            [
                edited(delta_map, f"dt_proj @ x_proj[: dt_proj.shape[1]] → dt_proj @ x_proj[: dt_proj.shape[1]] / {by}")
                for by in ("dt_proj.shape[1]", "dt_proj.shape[0]", "dt_proj.shape[1] ** 0.5", "dt_proj.shape[0] ** 0.5")
            ],
        ),
        Misconception(
            "a map behind the softplus",
            "The matrix stands before the bias and the softplus. A softplus is not linear, and no matrix can hold it.",
            lambda x_proj, dt_proj: F.softplus(delta_map(x_proj, dt_proj)),
        ),
    ],
)
