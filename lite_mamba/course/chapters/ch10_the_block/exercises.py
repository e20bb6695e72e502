"""Exercises of notebook 10: assemble the block, rows that stay apart, parameters, a low rank, state, a name twice."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...checking.compare import Facts
from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question
from ..ch02_dilation_and_receptive_field.exercises import gated_dilated_conv
from ..ch07_selection.exercises import selective_parameters
from ..ch08_the_selective_scan.exercises import discretise, scan_loop, skip_and_gate

# Exercise 1: block_forward

PARTS = {
    "conv": gated_dilated_conv,
    "select": selective_parameters,
    "discretise": discretise,
    "scan": scan_loop,
    "skip_and_gate": skip_and_gate,
}


def block_forward(hidden_states: Tensor, weights: dict, parts: dict) -> Tensor:
    """The block out of five parts: (B, L, d_model) to (B, L, d_model)."""
    w = weights
    xz = (hidden_states @ w["in_proj"].T).transpose(1, 2)  # (B, 2D, L)
    x, z = xz.chunk(2, dim=1)  # (B, D, L) each
    u = parts["conv"](x, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])  # (B, D, L)
    chosen = parts["select"](u.transpose(1, 2), w["x_proj"], w["dt_proj"], w["dt_bias"])
    delta, B, C = (part.transpose(1, 2) for part in chosen)  # (B, D, L), (B, N, L), (B, N, L)
    deltaA, deltaB_u = parts["discretise"](u, delta, -torch.exp(w["A_log"]), B)  # (B, D, L, N)
    y = parts["scan"](deltaA, deltaB_u, C)  # (B, D, L)
    y = parts["skip_and_gate"](y, u, w["D"], z)  # (B, D, L)
    return y.transpose(1, 2) @ w["out_proj"].T  # (B, L, d_model)


CONVOLVED = 'parts["conv"](x, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])'
SELECTS, A, FINISH = '"select"](u.transpose', '-torch.exp(w["A_log"])', 'parts["skip_and_gate"](y, u, w["D"], z)'


CONV = ("conv_weights", "conv_biases", "conv_gates", "dilations")
TURNS = [
    ('(hidden_states @ w["in_proj"].T).transpose(1, 2)', 'hidden_states @ w["in_proj"].T'),
    ("u.transpose(1, 2)", "u"),
    ("part.transpose(1, 2)", "part"),
    ("y.transpose(1, 2)", "y"),
]


def _cut_anew(value: Tensor) -> Tensor:
    return value.reshape(value.shape[0], value.shape[2], value.shape[1])


def _wired(*edits: str):
    """The block with single places wired wrongly."""
    return edited(block_forward, *edits, F=F)


def _not_square(hidden_states, weights):
    """Whether no two axes have one length by chance: only then does a forgotten turn of the axes raise."""
    return len({hidden_states.shape[1], len(weights["D"]), weights["A_log"].shape[1]}) == 3


def _branched(hidden_states, weights):
    return len(weights["dilations"]) > 1


def _with_parts(function, hidden_states, weights):
    return function(hidden_states, weights, dict(PARTS))


def _draw_block(draw: Draw) -> dict:
    batch, length, d_model = draw.size(1, 2), draw.size(3, 6), draw.size(2, 3)
    states, taps, branches, rank = draw.size(1, 3), draw.size(2, 3), draw.size(1, 2), draw.size(1, 2)
    inner = 2 * d_model
    weights = {
        "in_proj": _weight(draw, 2 * inner, d_model),
        "conv_weights": [_weight(draw, inner, taps) for _ in range(branches)],
        "conv_biases": [_weight(draw, inner) for _ in range(branches)],
        "conv_gates": draw.normal(branches),
        "dilations": tuple(range(1, branches + 1)),
        "x_proj": _weight(draw, rank + 2 * states, inner),
        "dt_proj": _weight(draw, inner, rank),
        "dt_bias": _weight(draw, inner),
        "A_log": draw.uniform(0.1, 1.0, inner, states).round(decimals=1),
        "D": _weight(draw, inner),
        "out_proj": _weight(draw, d_model, inner),
    }
    return {"hidden_states": _weight(draw, batch, length, d_model), "weights": weights}


def _weight(draw: Draw, *shape: int) -> Tensor:
    """No number above 1, so that the result, a product of six such numbers, can be read."""
    return draw.normal(*shape).clamp(-1, 1)


BLOCK = Exercise(
    id="10.block_forward",
    title="Assemble the block",
    reference=block_forward,
    cases=_draw_block,
    apply=_with_parts,
    rtol=1e-3,
    atol=1e-4,
    axes=("batch", "token", "number"),
    gradients=("hidden_states",),
    misconceptions=[
        Misconception(
            "the halves in exchanged places",
            "Your x is z, and your z is x. In the rows of in_proj the first half makes the signal x, the second half "
            "the gate z. No shape can tell you, since both halves are alike.",
            _wired("x, z = xz → z, x = xz"),
        ),
        Misconception(
            "a selection that does not see the convolution",
            "Δ, B and C are made from x, the signal before the convolution. Follow the arrow in the diagram: from "
            "which side of the convolution does it start?",
            [_wired(f'{SELECTS} → "select"]({x}.transpose') for x in ("x", "F.silu(x)")],
        ),
        Misconception(
            "a scan around the convolution",
            "Δ, B and C are right, but what is written into the state is x. The scan carries what the convolution "
            "gave.",
            _wired('"discretise"](u, → "discretise"](x,'),
        ),
        Misconception(
            "a convolution that nobody reads",
            "You use x, or SiLU(x), everywhere behind the convolution, so it might as well not be there. Its result "
            "has a name of its own: u.",
            [_wired(f"{CONVOLVED} → {x}") for x in ("x", "F.silu(x)")],
        ),
        Misconception(
            "a skip around the convolution",
            "The skip D multiplies x. It goes around the scan only: what enters the scan is what enters the skip.",
            _wired('(y, u, w["D"], z) → (y, x, w["D"], z)'),
        ),
        Misconception(
            "a gate that went through the convolution",
            "z was convolved as x was. The gate looks at its own token only: z goes from in_proj straight to the gate.",
            _wired(
                "    chosen = → "
                '    z = parts["conv"](z, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"])\n'
                "    chosen ="
            ),
        ),
        Misconception(
            "a gate without SiLU",
            "The gate is SiLU(z) = z · sigmoid(z). You multiply by z itself, or by another function of it.",
            [
                _wired(f'{FINISH} → (y + w["D"][:, None] * u) * {gate}')
                for gate in ("z", "torch.sigmoid(z)", "torch.tanh(z)", "F.gelu(z)")
            ],
        ),
        Misconception(
            "a skip behind the gate",
            "You gate y first and add D·u afterwards, so the skip passes a closed gate. First the sum, then the gate: "
            "(y + D·u) · SiLU(z).",
            _wired(f'{FINISH} → y * F.silu(z) + w["D"][:, None] * u'),
        ),
        Misconception(
            "a SiLU that comes twice on z",
            'z has gone through SiLU before it reaches `parts["skip_and_gate"]`, and this part applies SiLU itself.',
            _wired('w["D"], z) → w["D"], F.silu(z))'),
        ),
        Misconception(
            "a skip that comes twice",
            'D·u was added to y, and `parts["skip_and_gate"]` adds it again. Give it the bare output of the scan.',
            _wired('(y, u, w["D"], z) → (y + w["D"][:, None] * u, u, w["D"], z)'),
        ),
        Misconception(
            "a block without its gate",
            "y and the skip go to out_proj as they are; z is never used.",
            _wired(f'{FINISH} → y + w["D"][:, None] * u'),
        ),
        Misconception(
            "an exponential behind the softplus",
            'Δ comes out of `parts["select"]` as a step size, after its softplus. You take its exponential, so that '
            "each Δ is above 1. Only A is kept as a logarithm.",
            _wired("(u, delta, → (u, torch.exp(delta),"),
        ),
        Misconception(
            "a Δ without its bias",
            '`parts["select"]` gets zeros for dt_bias. The bias is where Δ starts: it belongs to the weights, as the '
            "two matrices do.",
            _wired('w["dt_bias"]) → torch.zeros_like(w["dt_bias"]))'),
        ),
        Misconception(
            "a scan that is left out",
            "Nothing comes out of the state: y is 0, or it is u, which has gone past the scan. What decay and drive "
            'are made for is `parts["scan"]`.',
            [_wired(f'y = parts["scan"](deltaA, deltaB_u, C) → y = {y}') for y in ("0 * u", "u")],
        ),
        Misconception(
            "the results of select in another order",
            '`parts["select"]` gives delta first, then B, then C.',
            _wired("delta, B, C = → B, C, delta ="),
        ),
        Misconception(
            "kernels that are turned round",
            "You turn the taps round. PyTorch keeps them from the oldest to now, and so does the function of notebook "
            "02: give them as they are.",
            _wired('w["conv_weights"], → [taps.flip(-1) for taps in w["conv_weights"]],'),
        ),
        Misconception(
            "a gate that comes twice",
            '`parts["skip_and_gate"]` has multiplied by SiLU(z) already, and you do it once more.',
            _wired(f"{FINISH} → {FINISH} * F.silu(z)"),
        ),
        Misconception(
            "a drive without u",
            "Nothing of the signal is written into the state: the drive is Δ·B alone. What is written is u, and "
            '`parts["discretise"]` takes it first.',
            _wired('"discretise"](u, → "discretise"](torch.ones_like(u),'),
        ),
        Misconception(
            "a Δ that comes twice",
            'You multiply u, B or the drive with Δ. `parts["discretise"]` does that itself: it wants u and B as they '
            "are.",
            _wired('"discretise"](u, → "discretise"](u * delta,'),
        ),
        Misconception(
            "an exponential of the decay",
            'What `parts["discretise"]` gives first is the decay, exp(Δ·A), ready for the scan. You take the '
            "exponential of it.",
            _wired("(deltaA, deltaB_u, C) → (torch.exp(deltaA), deltaB_u, C)"),
        ),
        Misconception(
            "a gate that is added",
            "You add SiLU(z). A gate multiplies: only so can it close.",
            _wired(f'{FINISH} → y + w["D"][:, None] * u + F.silu(z)'),
        ),
        Misconception(
            "an input that is added to the output",
            "The output has hidden_states in it. A stack of blocks adds the input of each block to its output; the "
            "block itself hands out what out_proj gives.",
            _wired("return y.transpose → return hidden_states + y.transpose"),
        ),
        Misconception(
            "a SiLU around the output",
            "What leaves the gate, or the block, goes through SiLU once more. SiLU stands at two places: behind each "
            "convolution, and on z.",
            [
                _wired("return y.transpose(1, 2) → return F.silu(y).transpose(1, 2)"),
                _wired(
                    'return y.transpose(1, 2) @ w["out_proj"].T → return F.silu(y.transpose(1, 2) @ w["out_proj"].T)'
                ),
            ],
        ),
        Misconception(
            "a SiLU before the convolution",
            'x goes through SiLU before it is convolved. `parts["conv"]` wants x as in_proj gives it, and applies '
            "SiLU behind each convolution.",
            _wired('"conv"](x, → "conv"](F.silu(x),'),
        ),
        Misconception(
            "shares that are made twice",
            'You apply softmax to conv_gates, and `parts["conv"]` applies it again: the shares come out nearly '
            "alike. Give it the numbers as they are.",
            _wired('w["conv_gates"], → w["conv_gates"].softmax(0),'),
            where=_branched,
        ),
        Misconception(
            "branches with equal shares",
            "Every branch has the same share, whatever conv_gates says. It has one number for each branch, and "
            '`parts["conv"]` makes the shares of them.',
            _wired('w["conv_gates"], → torch.zeros_like(w["conv_gates"]),'),
            where=_branched,
        ),
        Misconception(
            "the first branch alone",
            "Only the first convolution is used. A block may have several: give all weights, biases, gates and "
            "dilations.",
            _wired(*(f'w["{name}"] → w["{name}"][:1]' for name in CONV)),
            where=_branched,
        ),
        Misconception(
            "branches without their dilations",
            "All branches read neighbouring tokens, as if each dilation were 1. They stand in the weights, one for "
            "each branch.",
            _wired('w["dilations"] → (1,) * len(w["dilations"])'),
            where=_branched,
        ),
        Misconception(
            "channels before the tokens at the end",
            "The numbers are right, but they stand as (B, d_model, L). Blocks are stacked: the output stands as the "
            "input does, (B, L, d_model).",
            _wired('y.transpose(1, 2) @ w["out_proj"].T → w["out_proj"] @ y'),
        ),
        Misconception(
            "one sequence, or one token, alone",
            "An axis is missing: you take the first sequence, or the last token. The block gives an output for each "
            "token of each sequence.",
            [_wired(f"return y.transpose(1, 2) → return y.transpose(1, 2){one}") for one in ("[0]", "[:, -1]")],
        ),
        Misconception(
            "a softplus that comes twice",
            'Δ comes out of `parts["select"]` after its softplus. A second softplus makes each Δ at least 0.69.',
            _wired("(u, delta, → (u, F.softplus(delta),"),
        ),
        Misconception(
            "a bias that comes twice",
            'Δ comes out of `parts["select"]` with its bias and its softplus. You add dt_bias once more.',
            [
                _wired(f"(u, delta, → (u, {delta},")
                for delta in ('delta + w["dt_bias"][:, None]', 'F.softplus(delta + w["dt_bias"][:, None])')
            ],
        ),
        Misconception(
            "the logarithm of A in place of A",
            "The parameter is A_log. The scan wants A = −exp(A_log), which is negative for any A_log.",
            _wired(f'{A} → w["A_log"]'),
        ),
        Misconception(
            "a logarithm that only changed its sign",
            "You use −A_log. The exponential is missing: A = −exp(A_log).",
            _wired(f'{A} → -w["A_log"]'),
        ),
        Misconception(
            "a logarithm that is turned over",
            "exp(−A_log) is one over exp(A_log): a fast state becomes a slow one. The minus stands before the "
            "exponential: A = −exp(A_log).",
            [_wired(f"{A} → {a}") for a in ('torch.exp(-w["A_log"])', '-torch.exp(-w["A_log"])')],
        ),
        Misconception(
            "decay and drive in exchanged places",
            '`parts["discretise"]` gives the decay first, and then the drive, in the order in which '
            '`parts["scan"]` takes them.',
            _wired("(deltaA, deltaB_u, C) → (deltaB_u, deltaA, C)"),
        ),
        Misconception(
            "y and u in exchanged places",
            'The skip multiplies the scan\'s output, and u is added as it is. `parts["skip_and_gate"]` takes y '
            "first: D multiplies u.",
            _wired('(y, u, w["D"], z) → (u, y, w["D"], z)'),
        ),
        Misconception(
            "a signal that gates itself",
            "The gate is made from the signal, x or u. It is the second half of what in_proj gives, z, that says how "
            "much goes on.",
            [_wired(f'w["D"], z) → w["D"], {z})') for z in ("u", "x")],
        ),
        Misconception(
            "a block without its skip",
            "y goes to the gate alone. D·u, the way around the scan, is missing.",
            _wired(f"{FINISH} → y * F.silu(z)"),
        ),
        Misconception(
            "a scan alone",
            "What the scan gives goes to out_proj as it is: no skip, no gate.",
            _wired(f"{FINISH} → y"),
        ),
        Misconception(
            "halves taken in turns",
            "You take every second row of the mixtures. The first D are x, the last D are z.",
            _wired("xz.chunk(2, dim=1) → xz[:, 0::2], xz[:, 1::2]"),
        ),
        Misconception(
            "halves of the time",
            "You cut along the last axis, which is time by now: the first half of the tokens, and the second. x and z "
            "are halves of the channels.",
            _wired("xz.chunk(2, dim=1) → xz.chunk(2, dim=2)"),
        ),
        Misconception(
            "a reshape in the place of a transpose",
            "reshape and view turn no axis: they keep the numbers in their order, and cut that into other rows. So "
            "channels and tokens get mixed. Axes are turned by transpose.",
            [_wired(f"{turned} → _cut_anew({whole})") for turned, whole in TURNS],
        ),
        Misconception(
            "a weight that is not turned",
            "A matrix product finds sizes that do not fit. A weight of PyTorch has a row for each output: nn.Linear "
            "computes tokens @ weight.T.",
            [_wired(f'w["{name}"].T → w["{name}"]') for name in ("in_proj", "out_proj")],
        ),
        Misconception(
            "a SiLU that comes twice on u",
            'What `parts["conv"]` returns has been through SiLU already, branch by branch.',
            _wired("    chosen = →     u = F.silu(u)\n    chosen ="),
        ),
        Misconception(
            "tokens where the channels should stand",
            'x went into `parts["conv"]` as (B, L, D). The convolution slides along the last axis, so it wants '
            "(B, D, L): turn the axes first.",
            _wired('w["in_proj"].T).transpose(1, 2) → w["in_proj"].T)', "dim=1 → dim=-1"),
            where=_not_square,
        ),
        Misconception(
            "channels where the tokens should stand",
            'A matrix product finds sizes that do not fit. `parts["select"]` looks at one token after the other, '
            "and wants them before the channels: (B, L, D).",
            _wired(f'{SELECTS}(1, 2), → "select"](u,'),
            where=_not_square,
        ),
        Misconception(
            "axes that were not turned back",
            'An einsum finds two sizes for one letter. `parts["select"]` gives delta (B, L, D), B and C (B, L, N), and '
            "the next part wants time on the last axis: (B, D, L) and (B, N, L).",
            _wired("(part.transpose(1, 2) for part in chosen) → chosen"),
            where=_not_square,
        ),
        Misconception(
            "an A that grows",
            "A = exp(A_log) is positive, so every decay exp(Δ·A) is larger than 1 and the state grows. The minus sign "
            "is missing.",
            _wired("-torch.exp → torch.exp"),
        ),
        Misconception(
            "B and C in exchanged places",
            'The state is written with C and read with B. `parts["select"]` gives delta, B, C, in this order.',
            _wired("delta, B, C = → delta, C, B ="),
        ),
        Misconception(
            "a state read with its way in",
            "The state is read with B. B is the way in; C is the way out.",
            _wired("(deltaA, deltaB_u, C) → (deltaA, deltaB_u, B)"),
        ),
        Misconception(
            "u and Δ in exchanged places",
            '`parts["discretise"]` takes u first, then Δ. Both are (B, D, L), so nothing raises.',
            _wired("(u, delta, → (delta, u,"),
        ),
        Misconception(
            "a missing out_proj",
            "The result has D numbers a token. The last part brings them back to the width of the input.",
            _wired(' @ w["out_proj"].T → '),
        ),
    ],
)

# Exercise 2: is_batch_independent, and the layers that it is tried on


def is_batch_independent(layer, x: Tensor) -> bool:
    """Whether each row gives the same output alone as among the others. layer maps (B, L, d) to (B, L, d)."""
    together = layer(x)
    alone = torch.cat([layer(x[i : i + 1]) for i in range(x.shape[0])])  # (B, L, d)
    return torch.allclose(together, alone, atol=1e-5)


def nothing(x):
    return 0 * x


def doubled(x):
    return 2 * x


def running_sum(x):
    return x.cumsum(dim=1)


def reversed_in_time(x):
    return x.flip(1)


def less_the_mean_of_the_batch(x):
    return x - x.mean(dim=0, keepdim=True)


def running_sum_over_the_batch(x):
    return x.cumsum(dim=0)


def running_sum_over_the_batch_from_below(x):
    return x.flip(0).cumsum(dim=0).flip(0)


def last_token_from_the_neighbour(x):
    return torch.cat([x[:, :-1], x.roll(1, dims=0)[:, -1:]], dim=1)


def inner_rows_take_the_first(x):
    """The first and the last row stay alone; each row between them adds the first."""
    return torch.cat([x[:1], x[1:-1] + x[:1], x[-1:]]) if len(x) > 2 else x


def first_token_from_the_neighbour(x):
    return torch.cat([x.roll(1, dims=0)[:, :1], x[:, 1:]], dim=1)


def last_number_from_the_neighbour(x):
    return torch.cat([x[..., :-1], x.roll(1, dims=0)[..., -1:]], dim=2)


def outer_rows_take_the_second(x):
    """The second row stays alone; all others add it."""
    return torch.cat([x[:1] + x[1:2], x[1:2], x[2:] + x[1:2]]) if len(x) > 1 else x


def first_number_from_the_neighbour(x):
    return torch.cat([x.roll(1, dims=0)[..., :1], x[..., 1:]], dim=2)


def first_two_rows_exchanged(x):
    return torch.cat([x[1:2], x[:1], x[2:]]) if len(x) > 1 else x


def last_two_rows_exchanged(x):
    return torch.cat([x[:-2], x[-1:], x[-2:-1]]) if len(x) > 1 else x


def a_hundredth_of_the_mean_of_the_batch(x):
    return x + 0.01 * x.mean(dim=0, keepdim=True)


def one_row_alone_rounded_otherwise(x):
    """Its rows stay apart; a product of matrices, too, may add in another order for another size of the batch."""
    return x * (1 + 1e-7 * (len(x) > 1))


def first_row_takes_the_last(x):
    return torch.cat([x[:1] + x[-1:], x[1:]]) if len(x) > 1 else x


def last_row_takes_the_first(x):
    return torch.cat([x[:-1], x[-1:] + x[:1]]) if len(x) > 1 else x


LAYERS = [
    first_two_rows_exchanged,
    last_two_rows_exchanged,
    nothing,
    doubled,
    running_sum,
    reversed_in_time,
    less_the_mean_of_the_batch,
    running_sum_over_the_batch,
    running_sum_over_the_batch_from_below,
    last_token_from_the_neighbour,
    inner_rows_take_the_first,
    first_token_from_the_neighbour,
    last_number_from_the_neighbour,
    outer_rows_take_the_second,
    first_number_from_the_neighbour,
    a_hundredth_of_the_mean_of_the_batch,
    one_row_alone_rounded_otherwise,
    first_row_takes_the_last,
    last_row_takes_the_first,
]


def _some_rows(*rows):
    def wrong(layer, x):
        return all(torch.allclose(layer(x)[row % len(x)], layer(x[row % len(x)][None])[0], atol=1e-5) for row in rows)

    return wrong


def _rows_in_order(order):
    def wrong(layer, x):
        rows = order(x.shape[0])
        return torch.allclose(layer(x[rows]), layer(x)[rows], atol=1e-5)

    return wrong


ORDERS = [
    _rows_in_order(lambda rows: list(range(rows))[::-1]),
    _rows_in_order(lambda rows: [rows - 1, *range(rows - 1)]),
    _rows_in_order(lambda rows: [1, 0, *range(2, rows)]),
    _rows_in_order(torch.randperm),
]


def _two_groups(first):
    """The rows in two groups, each by itself; `first` of so many rows belong to the first one."""

    def wrong(layer, x):
        parts = x.tensor_split([first(len(x))])
        return torch.allclose(layer(x), torch.cat([layer(part) for part in parts]), atol=1e-5)

    return wrong


GROUPS = [_two_groups(first) for first in (lambda rows: rows // 2, lambda rows: 1, lambda rows: rows - 1)]


def _own_row_changed(layer, x):
    moved = x.clone()
    moved[0] = moved[0] + 1
    return torch.allclose(layer(moved)[0], layer(x)[0], atol=1e-5)


def _later_tokens_changed(layer, x):
    moved = x.clone()
    moved[:, -1] = moved[:, -1] + 1
    return torch.allclose(layer(moved)[:, :-1], layer(x)[:, :-1], atol=1e-5)


def _one_row_changed(row, *looked_at):
    """The outputs of some rows must not move when one other row does; of all others, if none is named."""

    def wrong(layer, x):
        moved = x.clone()
        moved[row] = moved[row] + 1
        others = [other % len(x) for other in looked_at] or [i for i in range(len(x)) if i != row % len(x)]
        return torch.allclose(layer(moved)[others], layer(x)[others], atol=1e-5)

    return wrong


def _compared(both: str):
    return edited(is_batch_independent, f"torch.allclose(together, alone, atol=1e-5) → {both}")


def _rows_from_to(first, end):
    """All rows tested from one to another."""

    def wrong(layer, x):
        return all(torch.allclose(layer(x)[i], layer(x[i : i + 1])[0], atol=1e-5) for i in range(len(x))[first:end])

    return wrong


def _one_token(t):
    return edited(
        is_batch_independent, f"torch.allclose(together, alone → torch.allclose(together[:, {t}], alone[:, {t}]"
    )


def _same_rows(layer, x):
    twice = layer(torch.cat([x[:1], x[:1]]))
    return torch.allclose(twice[0], twice[1], atol=1e-5)


def _token_by_token(layer, x):
    alone = torch.cat([layer(x[:, t : t + 1]) for t in range(x.shape[1])], dim=1)
    return torch.allclose(layer(x), alone, atol=1e-5)


def _row_gone(rest):
    def wrong(layer, x):
        return torch.allclose(layer(x)[rest], layer(x[rest]), atol=1e-5)

    return wrong


def _without_batch_axis(layer, x):
    return all(torch.allclose(layer(row), of_all, atol=1e-5) for row, of_all in zip(x, layer(x), strict=True))


def _always_apart(layer, x):
    return True


def _whole(draw: Draw, *shape: int) -> Tensor:
    """Whole numbers, whose sum is the same in any order: nobody's test fails by rounding, nor passes by it.

    No zeros: a row that is set to zero has changed.
    """
    return (draw.integers(1, 9, *shape) * (2 * draw.integers(0, 1, *shape) - 1)).float()


def _draw_layer(draw: Draw) -> dict:
    """The layers in turn, so that none is left out."""
    return {
        "layer": LAYERS[draw.seed % len(LAYERS)],
        "x": _whole(draw, draw.size(3, 4), draw.size(3, 6), 2),
    }


INDEPENDENT = Exercise(
    id="10.is_batch_independent",
    title="Do the rows stay apart?",
    reference=is_batch_independent,
    cases=_draw_layer,
    trials=5 * len(LAYERS),
    misconceptions=[
        Misconception(
            "a test that never says False",
            "Your test says True of every layer, of those that mix the rows, too. What should it compare, so that it "
            "can fail?",
            _always_apart,
        ),
        Misconception(
            "a row without its batch axis",
            "`x[i]` is (L, d). The layer takes its first axis for the batch: it sees L rows that are one token long. "
            "`x[i : i + 1]` is one row and keeps all three axes.",
            _without_batch_axis,
        ),
        Misconception(
            "only the first row tested",
            "You compare row 0. A layer may leave row 0 alone and mix the others, such as a running sum over the "
            "batch.",
            _some_rows(0),
        ),
        Misconception(
            "only the last row tested",
            "You compare the last row. A layer may leave it alone and mix the others.",
            _some_rows(-1),
        ),
        Misconception(
            "only the outer rows tested",
            "You compare the first and the last row. A layer may leave these two alone and mix the others.",
            _some_rows(0, -1),
        ),
        Misconception(
            "one row left out",
            "You test all rows but one. A layer may mix something into this row alone. Where does your range begin, "
            "and where does it end?",
            [_rows_from_to(1, None), _rows_from_to(0, -1)],
        ),
        Misconception(
            "only one number of each token tested",
            "You compare a single number of each token. A layer may mix the rows in another one.",
            [_compared(f"torch.allclose(together[..., {i}], alone[..., {i}], atol=1e-5)") for i in (0, -1)],
        ),
        Misconception(
            "rows tested in groups",
            "You compare whole groups of rows. A layer may mix two rows of one group, and then they are never apart.",
            GROUPS,
        ),
        Misconception(
            "a test of the order of rows",
            "You test whether rows in another order give the same outputs in this order. A layer that subtracts the "
            "mean of the batch passes this, and still every row depends on all others.",
            ORDERS,
        ),
        Misconception(
            "the same row more than once",
            "Your rows are all alike. Then it makes no difference what a row takes from its neighbour: put strangers "
            "beside each other, as x does.",
            _same_rows,
        ),
        Misconception(
            "outputs compared with inputs",
            "You compare the output with the input. A layer may do with a row what it likes. The question is whether "
            "it does the same with this row alone.",
            _compared("torch.allclose(together, x, atol=1e-5)"),
        ),
        Misconception(
            "tokens tested one by one",
            "You give each token alone to the layer. That asks whether the tokens know of each other, and they may. A "
            "row is a whole sequence: `x[i : i + 1]`.",
            _token_by_token,
        ),
        Misconception(
            "one row taken away",
            "You take one row away, and look whether the others move. That finds what comes from this row. A layer "
            "may carry something from another one.",
            [_row_gone(slice(None, -1)), _row_gone(slice(1, None))],
        ),
        Misconception(
            "a test of the row on itself",
            "You change a row and look at the output of the same row. Of course it moves. Which outputs must not?",
            _own_row_changed,
        ),
        Misconception(
            "only one row changed",
            "You change a single row, and look whether others move. That finds what comes from this row. A layer may "
            "carry something from another one.",
            [
                _one_row_changed(0),
                _one_row_changed(-1),
                _one_row_changed(0, 1),
                _one_row_changed(0, -1),
                _one_row_changed(1, 0),
            ],
        ),
        Misconception(
            "one row that stays apart",
            "True comes as soon as a single row stays apart. All of them have to.",
            _compared("any(torch.allclose(*both, atol=1e-5) for both in zip(together, alone))"),
        ),
        Misconception(
            "differences that cancel",
            "You compare a sum or a mean over all rows. What one row gets from another may be what that one lacks: "
            "two rows that are exchanged have the same sum.",
            _compared("torch.allclose(together.sum(), alone.sum(), atol=1e-3)"),
        ),
        Misconception(
            "a tolerance that lets a leak through",
            "Your test overlooks a small leak: a layer that adds a hundredth of the batch's mean passes it. Rounding "
            "is a millionth of the numbers; a tolerance need not be much larger.",
            _compared("torch.allclose(together, alone, atol=0.5)"),
        ),
        Misconception(
            "no room for rounding",
            "You ask for the same last digit. A layer may add the same numbers in another order when the batch has "
            "another size, and then the last digit differs: torch.allclose leaves room for that.",
            _compared("torch.equal(together, alone)"),
        ),
        Misconception(
            "an axis too many",
            "torch.stack puts rows of shape (1, L, d) behind a new axis: (B, 1, L, d). Beside (B, L, d) that compares "
            "every row with every other one. torch.cat puts them together along the batch.",
            edited(is_batch_independent, "torch.cat( → torch.stack("),
        ),
        Misconception(
            "two rows compared with each other",
            "You compare the output of one row with that of another. Rows with different inputs have different "
            "outputs, whether they know of each other or not. Compare one row with the same row in other company.",
            _compared("not torch.allclose(together[0], together[1])"),
        ),
        Misconception(
            "a test of causality",
            "You change a late token and look at the earlier ones: that asks about time. Here the question is about "
            "rows.",
            _later_tokens_changed,
        ),
        Misconception(
            "only the first token tested",
            "You compare the outputs of token 0. A layer may mix the rows at a later token.",
            _one_token(0),
        ),
        Misconception(
            "only the last token tested",
            "You compare the outputs of the last token. A layer may mix the rows at an earlier one.",
            _one_token(-1),
        ),
    ],
)

# Exercise 3: count_parameters


def count_parameters(d_model: int, d_state: int, d_conv: int, branches: int, expand: int) -> int:
    """All numbers that a block learns, with the default flags and dt_rank = ceil(d_model / 16)."""
    inner = expand * d_model
    rank = math.ceil(d_model / 16)
    projections = d_model * 2 * inner + inner * d_model  # in_proj, out_proj
    convolution = branches * (inner * d_conv + inner) + branches  # taps and biases, gates
    selection = inner * (rank + 2 * d_state) + rank * inner + inner  # x_proj, dt_proj
    scan = inner * d_state + inner  # A_log, D
    return projections + convolution + selection + scan


GATES = ("1", "branches")


def _counted(*edits: str):
    return edited(count_parameters, *edits)


def _draw_sizes(draw: Draw) -> dict:
    return {
        "d_model": draw.choice([draw.size(2, 60), 16 * draw.size(1, 3)]),
        "d_state": draw.size(2, 16),
        "d_conv": draw.size(2, 5),
        "branches": draw.size(1, 4),
        "expand": draw.size(1, 3),
    }


PARAMETERS = Exercise(
    id="10.count_parameters",
    title="Count the parameters",
    reference=count_parameters,
    cases=_draw_sizes,
    rtol=0,
    atol=0.5,
    example={"d_model": 4, "d_state": 2, "d_conv": 3, "branches": 2, "expand": 2},
    misconceptions=[
        Misconception(
            "convolutions without a bias",
            "Each branch has a bias, one number a channel, beside its taps.",
            _counted("inner * d_conv + inner) → inner * d_conv)"),
        ),
        Misconception(
            "a part that is missing",
            "One part is not counted at all: the convolutions, x_proj, dt_proj, or the scan with A_log and D. Go "
            "through the drawing from the left to the right.",
            [
                _counted("projections + convolution + → projections +"),
                _counted("+ scan → "),
                _counted("inner * (rank + 2 * d_state) + → "),
                _counted("+ rank * inner + inner → "),
            ],
        ),
        Misconception(
            "one branch for all",
            "You count one convolution. Each of the branches has taps and biases of its own.",
            [
                _counted(f"branches * (inner * d_conv + inner) + branches → inner * d_conv + inner + {n}")
                for n in ("1", "branches")
            ],
        ),
        Misconception(
            "forgotten convolution gates",
            "Your count is short by the number of branches. Each branch has one number more: its share in the sum.",
            _counted("+ inner) + branches → + inner)"),
        ),
        Misconception(
            "a gate for every channel",
            "The branches are weighed by one number each, the same for all channels: conv_gates is (branches,).",
            _counted("+ inner) + branches → + inner) + branches * inner"),
        ),
        Misconception(
            "one A for all channels",
            "You count N numbers for A_log. Each channel has an A of its own: (D, N).",
            _counted("inner * d_state + inner → d_state + inner"),
        ),
        Misconception(
            "a rank that is rounded down",
            "dt_rank is d_model/16 rounded up. Rounded down, a block with d_model below 16 would have no Δ at all.",
            [_counted(f"math.ceil(d_model / 16) → {rank}") for rank in ("d_model // 16", "max(1, d_model // 16)")],
        ),
        Misconception(
            "a rank that is rounded to the nearest",
            "dt_rank is d_model/16 rounded up, not to the nearest whole number: 17 needs 2.",
            [
                _counted(f"math.ceil(d_model / 16) → {rank}")
                for rank in ("round(d_model / 16)", "max(1, round(d_model / 16))")
            ],
        ),
        Misconception(
            "a rank with one too many",
            "Where 16 divides d_model your rank is one too large: 32/16 is 2 already, and there is nothing to round "
            "up.",
            _counted("math.ceil(d_model / 16) → d_model // 16 + 1"),
        ),
        Misconception(
            "a rank of the inner width",
            "Your rank grows with D, the width inside the block. dt_rank is a sixteenth of d_model, the width outside.",
            _counted("math.ceil(d_model / 16) → math.ceil(inner / 16)"),
        ),
        Misconception(
            "one number a channel missing",
            "Your count is short by D. Two parts are vectors with one number a channel: the skip, and the bias of "
            "dt_proj, where Δ starts. One of them is missing.",
            _counted("inner * d_state + inner → inner * d_state"),
        ),
        Misconception(
            "two numbers a channel missing",
            "Your count is short by 2·D. Two parts are vectors with one number a channel: the skip, and the bias of "
            "dt_proj, where Δ starts. Both are missing.",
            _counted("rank * inner + inner → rank * inner", "inner * d_state + inner → inner * d_state"),
        ),
        Misconception(
            "D·d_model numbers missing",
            "Your count is short by D·d_model. in_proj makes two mixtures, x and z, and has 2D rows; out_proj brings "
            "the D numbers back to d_model. One of these three is missing.",
            _counted("d_model * 2 * inner → d_model * inner"),
        ),
        Misconception(
            "D·R numbers missing",
            "Your count is short by D·R. dt_rank numbers for each channel stand twice: in x_proj, the rows of the low "
            "rank, and in dt_proj. One of them is missing.",
            _counted("+ rank * inner + inner → + inner"),
            where=lambda d_model, **sizes: d_model > 16,
        ),
        Misconception(
            "a vector that is a single number",
            "The skip D, or the bias of dt_proj, is counted as one number. It is one number a channel.",
            _counted("inner * d_state + inner → inner * d_state + 1"),
        ),
        Misconception(
            "an A that mixes the states",
            "You count N·N numbers for A. A is diagonal: one number for each state, in each channel.",
            [_counted(f"inner * d_state + inner → {A} + inner") for A in ("d_state**2", "inner * d_state**2")],
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
            "an out_proj that stays inside",
            "You count D·D numbers for out_proj. It brings D numbers back to d_model.",
            _counted("+ inner * d_model → + inner * inner"),
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
            "one bias for all channels",
            "You count one bias a branch, or a bias of R numbers for dt_proj. A bias has a number for each output: D.",
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
            "one kernel for all channels",
            "You count one kernel a branch. Each channel has one: D·W taps.",
            _counted("inner * d_conv + inner → d_conv + inner"),
        ),
        Misconception(
            "an x_proj with a bias",
            "x_proj has no bias. Where Δ starts is set by the one bias of dt_proj.",
            _counted("selection = inner * → selection = rank + 2 * d_state + inner *"),
        ),
        Misconception(
            "projections with a bias",
            "Your count is too large by d_model, by 2·D, or by both, as if in_proj and out_proj had a bias. They have "
            "none by default (`bias=False`).",
            [
                _counted(f"+ inner * d_model → + inner * d_model + {biases}")
                for biases in ("2 * inner + d_model", "2 * inner", "d_model")
            ],
        ),
    ],
)

# Exercise 4: delta_map


def delta_map(x_proj: Tensor, dt_proj: Tensor) -> Tensor:
    """The one matrix (D, D) from the D numbers of a token to its D raw numbers of Δ."""
    return dt_proj @ x_proj[: dt_proj.shape[1]]  # (D, D)


def _draw_maps(draw: Draw) -> dict:
    rank, states = draw.size(1, 3), draw.size(1, 3)
    inner = rank + draw.size(2, 4)
    return {"x_proj": draw.normal(rank + 2 * states, inner), "dt_proj": draw.normal(inner, rank)}


OTHER_ROWS = ("[-dt_proj.shape[1] :]", "[dt_proj.shape[1] : 2 * dt_proj.shape[1]]")

MAP = Exercise(
    id="10.delta_map",
    title="Two narrow steps as one matrix",
    reference=delta_map,
    cases=_draw_maps,
    axes=("channel of Δ", "number of the token"),
    misconceptions=[
        Misconception(
            "the wrong rows of x_proj",
            "You take rows that make B and C. The first R rows make the low rank.",
            [edited(delta_map, f"[: dt_proj.shape[1]] → {rows}") for rows in OTHER_ROWS],
        ),
        Misconception(
            "a map from Δ to the token",
            "Your matrix is the transpose: its rows belong to the token. A weight of PyTorch has a row for each "
            "output, so that raw = M @ token.",
            lambda x_proj, dt_proj: delta_map(x_proj, dt_proj).T,
        ),
        Misconception(
            "a way that stays in the narrow middle",
            "Your matrix is (R, R): it goes from the R numbers to the channels and back. The way begins at the "
            "token: first x_proj, then dt_proj.",
            lambda x_proj, dt_proj: x_proj[: dt_proj.shape[1]] @ dt_proj,
        ),
        Misconception(
            "all rows of x_proj",
            "x_proj has R + 2N rows, and dt_proj reads R numbers only. Cut off the rows that belong to B and C.",
            edited(delta_map, "x_proj[: dt_proj.shape[1]] → x_proj"),
        ),
        Misconception(
            "products that are not added up",
            "You multiply entry by entry. Two linear maps one after the other are a matrix product: `@`.",
            [
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
            edited(delta_map, "dt_proj @ x_proj[: dt_proj.shape[1]] → dt_proj[:, :1] @ x_proj[:1]"),
        ),
        Misconception(
            "a map behind the softplus",
            "The matrix leads to the raw numbers, before the bias and the softplus. A softplus is not linear, and no "
            "matrix can hold it.",
            lambda x_proj, dt_proj: F.softplus(delta_map(x_proj, dt_proj)),
        ),
    ],
)

# Exercise 5: state_bytes


def state_bytes(d_model: int, d_state: int, d_conv: int, dilations: tuple[int, ...], expand: int) -> int:
    """Bytes that one stream of one block must keep between two tokens, in float32."""
    inner, lag = expand * d_model, (d_conv - 1) * max(dilations)
    return 4 * inner * (lag + d_state)


def _draw_state(draw: Draw) -> dict:
    dilations = tuple(draw.size(1, 6) for _ in range(draw.size(2, 4)))
    return {
        "d_model": draw.size(2, 40),
        "d_state": draw.size(2, 16),
        "d_conv": draw.size(2, 5),
        "dilations": dilations,
        "expand": draw.size(2, 3),
    }


LAG = "(d_conv - 1) * max(dilations)"
IN_TAPS = ("d_conv - 1", "d_conv", "(d_conv - 1) * len(dilations)", "d_conv * len(dilations)")

STATE = Exercise(
    id="10.state_bytes",
    title="The bytes of a state",
    reference=state_bytes,
    cases=_draw_state,
    rtol=0,
    atol=0.5,
    example={"d_model": 4, "d_state": 16, "d_conv": 4, "dilations": (1, 2, 4, 8), "expand": 2},
    misconceptions=[
        Misconception(
            "a history for every branch",
            "You count a history for each branch. They read one shared history, as long as the largest lag "
            "(notebook 03).",
            [
                edited(state_bytes, f"max(dilations) → {lags}")
                for lags in ("sum(dilations)", "max(dilations) * len(dilations)")
            ],
        ),
        Misconception(
            "a history without the dilation",
            "Your history is as long for any dilation. A dilated kernel looks back (taps − 1)·dilation samples.",
            [edited(state_bytes, f"{LAG} → {columns}") for columns in IN_TAPS],
        ),
        Misconception(
            "a dilation that is not the largest",
            "You take the first dilation, or the smallest one. The history has to be long enough for the branch that "
            "looks back furthest.",
            [edited(state_bytes, f"max(dilations) → {one}") for one in ("dilations[0]", "min(dilations)")],
        ),
        Misconception(
            "the dilation that stands last",
            "You take the last dilation. They may stand in any order; the largest one looks back furthest.",
            edited(state_bytes, "max(dilations) → dilations[-1]"),
        ),
        Misconception(
            "a product of history and state",
            "You multiply the two. They stand side by side in memory: add them.",
            edited(state_bytes, "lag + d_state → lag * d_state"),
        ),
        Misconception(
            "a history of the whole field",
            "One column too many. The field counts the present sample, and this one is just coming in.",
            edited(state_bytes, "lag + d_state → lag + 1 + d_state"),
        ),
        Misconception(
            "taps times dilation",
            "You keep taps·dilation samples, or one less. Between W taps there are W − 1 gaps, each as wide as the "
            "dilation.",
            [edited(state_bytes, f"{LAG} → d_conv * max(dilations){less}") for less in ("", " - 1")],
        ),
        Misconception(
            "a state of the outer width",
            "Inside the block each token has expand·d_model channels, and each of them has a history and a state.",
            [
                edited(state_bytes, "expand * d_model → d_model"),
                edited(state_bytes, "inner * (lag + d_state) → (d_model * lag + inner * d_state)"),
                edited(state_bytes, "inner * (lag + d_state) → (inner * lag + d_model * d_state)"),
            ],
        ),
        Misconception(
            "a state for every branch",
            "You count the state of the scan once a branch. The branches are added up before the scan: a block has "
            "one state.",
            [
                edited(state_bytes, f"(lag + d_state) → {both}")
                for both in ("(lag + len(dilations) * d_state)", "(lag + d_state) * len(dilations)")
            ],
        ),
        Misconception(
            "a history of a single gap",
            "You keep as many samples as the largest dilation. Between W taps there are W − 1 such gaps.",
            edited(state_bytes, f"{LAG} → max(dilations)"),
        ),
        Misconception(
            "one state for all channels",
            "You count N numbers for the state. Each of the D channels has N of its own.",
            edited(state_bytes, "inner * (lag + d_state) → (inner * lag + d_state)"),
        ),
        Misconception(
            "a history of the gate",
            "You keep a history for 2D channels. z is not convolved: it needs no past.",
            edited(state_bytes, "lag + d_state → 2 * lag + d_state"),
        ),
        Misconception(
            "a dilation without brackets",
            "Between W taps there are W − 1 gaps, each as wide as the dilation: (W − 1)·dilation. Without brackets "
            "the dilation is taken off W.",
            edited(state_bytes, f"{LAG} → d_conv - 1 * max(dilations)"),
        ),
        Misconception(
            "bytes for one of the two",
            "The 4 bytes stand before the history, or before the state. Both are float32: history and state are 4 "
            "bytes a number.",
            [
                edited(state_bytes, f"lag + d_state → {both}", "4 * inner → inner")
                for both in ("4 * lag + d_state", "lag + 4 * d_state")
            ],
        ),
        Misconception(
            "a state of N·N numbers",
            "You count N·N numbers a channel for the scan. A is diagonal, and the state is a list: N numbers.",
            edited(state_bytes, "lag + d_state → lag + d_state**2"),
        ),
        Misconception(
            "B and C that are kept",
            "You count B and C, or Δ, beside the state. They are made anew of each token; what stays from token to "
            "token is h alone.",
            [edited(state_bytes, f"lag + d_state → lag + {n} * d_state") for n in (2, 3)],
        ),
        Misconception(
            "KiB in place of bytes",
            "You divide by 1024. Bytes are wanted, a whole number.",
            [
                edited(state_bytes, f"4 * inner * (lag + d_state) → 4 * inner * (lag + d_state) {by} 1024")
                for by in ("/", "//")
            ],
        ),
        Misconception(
            "a width that is always twice",
            "D is 2·d_model in your count. `expand` says how many times d_model it is.",
            edited(state_bytes, "expand * d_model → 2 * d_model"),
        ),
        Misconception(
            "taps and dilation added",
            "You add the gaps. Between W taps there are W − 1 gaps, and each is as wide as the dilation: multiply.",
            [
                edited(state_bytes, f"{LAG} → {lag}")
                for lag in ("d_conv - 1 + max(dilations) - 1", "d_conv - 1 + max(dilations)")
            ],
        ),
        Misconception(
            "dilations that are not read",
            "You take powers of two, 1, 2, 4, …, as many as there are branches. The dilations are given, and may be "
            "others.",
            edited(state_bytes, "max(dilations) → 2 ** (len(dilations) - 1)"),
        ),
        Misconception(
            "numbers of another size",
            "Your count is half, twice or eight times the right one. A float32 number takes 4 bytes, not 2, 8 or 32; "
            "and what is kept belongs to the D channels of x, not to those of z.",
            [edited(state_bytes, f"4 * inner → {size} * inner") for size in (2, 8, 32)],
        ),
        Misconception(
            "numbers in place of bytes",
            "You count numbers. A float32 number takes 4 bytes.",
            edited(state_bytes, "4 * inner → inner"),
        ),
        Misconception(
            "a state without the history of the convolution",
            "Only the state of the scan is counted. The convolution remembers, too.",
            edited(state_bytes, "lag + d_state → d_state"),
        ),
        Misconception(
            "a history without the state of the scan",
            "Only the history of the convolution is counted. The scan keeps N numbers a channel.",
            edited(state_bytes, "lag + d_state → lag"),
        ),
    ],
)

# Bug hunt: mended_branches, judged by what the module saves and trains


def mended_branches(channels: int, taps: int, dilations: tuple[int, ...]) -> nn.Module:
    """A module with one convolution a dilation, each tensor under one name."""
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(_conv(channels, taps, dilation) for dilation in dilations)
    return front


def _conv(channels, taps, dilation):
    return nn.Conv1d(channels, channels, taps, dilation=dilation, groups=channels)


def suspect_branches(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _plain_list(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = [_conv(channels, taps, dilation) for dilation in dilations]
    return front


def _plain_list_beside_the_first(channels, taps, dilations):
    front = _plain_list(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _copied(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _moved_out(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations[1:])
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _of_layers(**settings):
    """The module with other convolutions."""

    def wrong(channels, taps, dilations):
        front = nn.Module()
        front.conv1d_layers = nn.ModuleList(
            nn.Conv1d(channels, channels, taps, **({"dilation": dilation, "groups": channels} | settings))
            for dilation in dilations
        )
        return front

    return wrong


def _with_padding(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    for layer in front.conv1d_layers:
        layer.padding = ((taps - 1) * layer.dilation[0],)
    return front


def _of_one_channel(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList(nn.Conv1d(1, channels, taps, dilation=dilation) for dilation in dilations)
    return front


def _one_in_all_places(channels, taps, dilations):
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList([_conv(channels, taps, dilations[0])] * len(dilations))
    return front


def _under_another_name(channels, taps, dilations):
    front = nn.Module()
    front.layers = mended_branches(channels, taps, dilations).conv1d_layers
    return front


def _renamed(channels, taps, dilations):
    front = _under_another_name(channels, taps, dilations)
    front.conv1d = front.layers[0]
    return front


def _as_dict(channels, taps, dilations):
    front = nn.Module()
    layers = mended_branches(channels, taps, dilations).conv1d_layers
    front.conv1d_layers = nn.ModuleDict({str(i): layer for i, layer in enumerate(layers)})
    return front


def _first_frozen(channels, taps, dilations):
    front = suspect_branches(channels, taps, dilations)
    front.conv1d.requires_grad_(False)
    return front


def _numbers_again(*names):
    def wrong(channels, taps, dilations):
        front = mended_branches(channels, taps, dilations)
        for name in names:
            setattr(front, name, getattr(front.conv1d_layers[0], name))
        return front

    return wrong


def _list_again(channels, taps, dilations):
    front = mended_branches(channels, taps, dilations)
    front.conv1d = front.conv1d_layers
    return front


def _without_bias(channels, taps, dilations):
    front = _of_layers(bias=False)(channels, taps, dilations)
    front.conv1d = front.conv1d_layers[0]
    return front


def _without_its_list(channels, taps, dilations):
    front = nn.Module()
    front.conv1d = _conv(channels, taps, dilations[0])
    return front


def _facts(make, channels, taps, dilations):
    """What the check looks at: the numbers that are saved and that train, and the branches; no name, for a hunt."""
    front = make(channels, taps, dilations)
    if not isinstance(front, nn.Module):
        return front
    layers = [layer for layer in getattr(front, "conv1d_layers", []) if isinstance(layer, nn.Conv1d)]
    saved = front.state_dict()
    facts = {
        "numbers in the state dict": sum(tensor.numel() for tensor in saved.values()),
        "of them in conv1d_layers": sum(t.numel() for name, t in saved.items() if name.startswith("conv1d_layers.")),
        "numbers that train": sum(one.numel() for one in front.parameters() if one.requires_grad),
        "dilations": tuple(layer.dilation[0] for layer in layers),
        "taps": tuple(layer.kernel_size[0] for layer in layers),
        "padding": tuple(layer.padding[0] for layer in layers),
        "channels in, out, and groups": tuple((one.in_channels, one.out_channels, one.groups) for one in layers),
    }
    return Facts("a module", facts)


BRANCHES = Exercise(
    id="10.mended_branches",
    title="The state dict that is too large",
    reference=mended_branches,
    cases=lambda draw: {
        "channels": draw.size(2, 5),
        "taps": draw.size(2, 4),
        "dilations": tuple(2**i for i in range(draw.size(2, 4))),
    },
    apply=_facts,
    misconceptions=[
        Misconception(
            "the bug, still in",
            "The state dict still holds more numbers than train. Which names does it hold?",
            suspect_branches,
            given=True,
        ),
        Misconception(
            "a list that PyTorch does not see",
            "Nothing is saved twice now, because nothing is saved at all: a plain list hides its modules from "
            "parameters() and state_dict(). Then no optimizer trains them. nn.ModuleList is the list that is seen.",
            _plain_list,
        ),
        Misconception(
            "a plain list beside the first branch",
            "Branch 0 is saved once, under its second name. The other branches stand in a plain list, which PyTorch "
            "does not see: they are neither saved nor trained.",
            _plain_list_beside_the_first,
        ),
        Misconception(
            "a copy in place of a second name",
            "The two names hold different tensors now. Both are saved, both would be trained, and only one of them is "
            "used. A branch needs one name.",
            _copied,
        ),
        Misconception(
            "a first branch outside the list",
            "Branch 0 has left the list. Each tensor is saved once, but a loop over conv1d_layers misses a branch.",
            _moved_out,
        ),
        Misconception(
            "a list that is gone, too",
            "You have kept the second name, and taken the list away. Branch 0 is all that is left: the name that goes "
            "is conv1d.",
            _without_its_list,
        ),
        Misconception(
            "a list that is not found",
            "The convolutions are not found under `conv1d_layers`: you return the list itself, or it has another "
            "name. Who loads a file looks for this name.",
            _under_another_name,
        ),
        Misconception(
            "a list under another name, and the second name still there",
            "You have given the list another name. Branch 0 is still reached by two names, and who loads a file looks "
            "for `conv1d_layers`.",
            _renamed,
        ),
        Misconception(
            "a list that became a dict",
            "`conv1d_layers` is a dict: a loop over it gives names in place of convolutions. It was right as an "
            "nn.ModuleList.",
            _as_dict,
        ),
        Misconception(
            "one branch alone",
            "The list holds the first branch and no other. Each dilation has a convolution.",
            lambda channels, taps, dilations: mended_branches(channels, taps, dilations[:1]),
        ),
        Misconception(
            "a first branch that is frozen",
            "Branch 0 is saved twice as before, and no longer trains: requires_grad belongs to the tensor, whichever "
            "name you reach it by.",
            _first_frozen,
        ),
        Misconception(
            "a second name for some of the numbers",
            "The weight of branch 0, or its bias, has a second name still: a parameter or a buffer that is given to a "
            "module is saved under the name that it gets.",
            [_numbers_again(name) for name in ("weight", "bias")],
        ),
        Misconception(
            "a second name for the whole list",
            "Each branch is reached by two names now, so everything is saved twice.",
            _list_again,
        ),
        Misconception(
            "fewer numbers, each still twice",
            "There are fewer numbers now, for the bias is gone, and branch 0 is still saved twice. The convolutions "
            "were right; look at the names.",
            _without_bias,
        ),
        Misconception(
            "one convolution in all places",
            "The list holds the same convolution several times. Each dilation needs one of its own.",
            _one_in_all_places,
        ),
        Misconception(
            "a convolution without its settings",
            "The second name is gone, and with it something that was right: the bias, the groups, the dilation, or "
            "that nothing is padded. Only the names were wrong.",
            [_of_layers(bias=False), _of_layers(groups=1), _of_layers(dilation=1), _with_padding, _of_one_channel],
        ),
        Misconception(
            "weights that do not train",
            "All is saved once, and nothing trains: requires_grad is off. The weights were right as they were.",
            lambda *sizes: mended_branches(*sizes).requires_grad_(False),
        ),
    ],
)

EXERCISES = [BLOCK, INDEPENDENT, PARAMETERS, MAP, STATE, BRANCHES]

RECAP = [
    Question(
        text="Which of x and z goes through the convolution?",
        choices=["Both", "x only", "z only", "Neither"],
        answer="x only",
        why="x is the signal that the convolution and the scan work on. z waits at the gate; it sees its own token "
        "only.",
    ),
    Question(
        text="From which tensor are Δ, B and C computed?",
        choices=["The input of the block", "x, before the convolution", "u, after the convolution", "z"],
        answer="u, after the convolution",
        why="So the choice of what to write and read can depend on a few tokens, not on one alone.",
    ),
    Question(
        text="Where do most parameters of a block with d_model = 768 sit?",
        choices=["In A_log", "In the convolutions", "In x_proj and dt_proj", "In in_proj and out_proj"],
        answer="In in_proj and out_proj",
        why="They grow with d_model², all of the rest of the block with d_model, except the narrow way to Δ.",
    ),
    Question(
        text="What does dt_rank = R say about the map from u to the raw Δ?",
        choices=["It has R outputs", "Its rank is at most R", "It has R² entries", "It is symmetric"],
        answer="Its rank is at most R",
        why="The token is squeezed through R numbers on its way, so only R directions of it can move Δ.",
    ),
    Question(
        text="A new block reads white noise. You set D to zero. What is left of the output?",
        choices=["Almost all of it", "About half", "Under 2 %"],
        answer="Under 2 %",
        why="The steps Δ of a new block are small, so the scan writes little. At the start the skip carries the "
        "signal; the scan has to learn its part.",
    ),
]
