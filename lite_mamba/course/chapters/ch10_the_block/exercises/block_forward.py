"""Exercise 1: block_forward."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from ...ch02_dilation_and_receptive_field.exercises import gated_dilated_conv
from ...ch07_selection.exercises import selective_parameters
from ...ch08_the_selective_scan.exercises import discretise, scan_loop, skip_and_gate
from .shared import FINISH, SELECTS, A

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

CONVOLVED_ONE_BY_ONE = (
    'sum(parts["conv"](x, [taps], [bias], w["conv_gates"][:1], [dilation]) '
    'for taps, bias, dilation in zip(w["conv_weights"], w["conv_biases"], w["dilations"]))'
)
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
    return edited(block_forward, *edits)


def _halves_turned_by(turned: str):
    """The block that cuts the mixtures first, and turns each half."""
    return _wired(
        '(hidden_states @ w["in_proj"].T).transpose(1, 2) → hidden_states @ w["in_proj"].T',
        f"xz.chunk(2, dim=1) → xz.chunk(2, dim=2)\n    x, z = {turned}",
    )


def _not_square(hidden_states, weights):
    """Whether no two axes have one length by chance, nor time one token: only then does a forgotten turn raise."""
    lengths = {hidden_states.shape[1], len(weights["D"]), weights["A_log"].shape[1]}
    return _several_tokens(hidden_states, weights) and len(lengths) == 3


def _several_tokens(hidden_states, weights):
    return hidden_states.shape[1] > 1


def _several_sequences(hidden_states, weights):
    """And several tokens."""
    return len(hidden_states) > 1 and _several_tokens(hidden_states, weights)


def _branched(hidden_states, weights):
    return len(weights["dilations"]) > 1


def _with_parts(function, hidden_states, weights):
    """What a block gives; if it is right, it must be so with other parts, too: section 5 hands in some."""
    kept, right = dict(weights), block_forward(hidden_states, weights, PARTS)
    result = function(hidden_states, weights, PARTS)
    if _alike(result, right):
        for name, part in PARTS.items():
            others = PARTS | {name: _raised(part)}
            right = block_forward(hidden_states, kept, others)
            if not _alike(function(hidden_states, dict(kept), others), right):
                raise RuntimeError(f'the numbers are right, but with another parts["{name}"] they are not')
    return result


def _alike(result, right: Tensor) -> bool:
    same = isinstance(result, Tensor) and (result.shape, result.dtype) == (right.shape, right.dtype)
    return same and torch.allclose(result, right, 1e-4, 1e-5)


def _raised(part):
    """Another part, whose numbers are a little larger."""

    def raised(*given, **named):
        result = part(*given, **named)
        return result + 0.1 if isinstance(result, Tensor) else tuple(one + 0.1 for one in result)

    return raised


def _own(name: str):
    """The block with one part that did not come in `parts`."""

    def block_with_its_own(hidden_states, weights, parts):
        return block_forward(hidden_states, weights, parts | {name: PARTS[name]})

    return block_with_its_own


def _draw_block(draw: Draw) -> dict:
    batch, length, d_model = draw.size(1, 2), draw.in_turn([1] + [draw.size(3, 6)] * 4), draw.size(2, 3)
    states, taps, branches, rank = draw.size(1, 3), draw.size(2, 3), draw.size(1, 2), draw.size(1, 2)
    inner, gap = d_model * draw.size(2, 3), draw.size(1, 2)
    weights = {
        "in_proj": _weight(draw, 2 * inner, d_model),
        "conv_weights": [_weight(draw, inner, taps) for _ in range(branches)],
        "conv_biases": [_weight(draw, inner) for _ in range(branches)],
        "conv_gates": draw.normal(branches),
        "dilations": tuple(1 + gap * i for i in range(branches)),
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


BLOCK_FORWARD = Exercise(
    id="10.block_forward",
    title="Assemble the block",
    reference=block_forward,
    cases=_draw_block,
    apply=_with_parts,
    axes=("batch", "token", "number"),
    gradients=("hidden_states", "weights"),
    misconceptions=[
        Misconception(
            "the halves in exchanged places",
            "Your x is z, and your z is x. In the rows of in_proj the first half makes the signal x, the second half "
            "the gate z. No shape can tell you, since both halves are alike.",
            _wired("x, z = xz → z, x = xz"),
        ),
        Misconception(
            "a convolution of the wrong half",
            "z goes into the convolution, and into the gate as well; x is not used. Of the two, x is the signal.",
            _wired('"conv"](x, → "conv"](z,'),
        ),
        Misconception(
            "a selection that does not see the convolution",
            "Δ, B and C are made from x, the signal before the convolution. Follow the arrow in the diagram: from "
            "which side of the convolution does it start?",
            [_wired(f'{SELECTS} → "select"]({x}.transpose') for x in ("x", "F.silu(x)")],
        ),
        Misconception(
            "a selection from the gate's half",
            "Δ, B and C are made from z. In the diagram, z goes to the gate and nowhere else: the selection reads u.",
            _wired(f'{SELECTS} → "select"](z.transpose'),
        ),
        Misconception(
            "a selection from the block's input",
            "Δ, B and C are made from hidden_states, which have d_model numbers a token. x_proj reads the D numbers of "
            "u.",
            _wired(f'{SELECTS}(1, 2), → "select"](hidden_states,'),
        ),
        Misconception(
            "a scan around the convolution",
            "Δ, B and C are right, but what is written into the state is x. The scan carries what the convolution "
            "gave.",
            _wired('"discretise"](u, → "discretise"](x,'),
        ),
        Misconception(
            "a convolution for the selection alone",
            "Only Δ, B and C are made from u. The scan and the skip get x, the signal before the convolution. In the "
            "diagram, what reads u besides the selection?",
            _wired('"discretise"](u, → "discretise"](x,', '(y, u, w["D"], z) → (y, x, w["D"], z)'),
        ),
        Misconception(
            "a convolution for the skip alone",
            "Only the skip gets u. Δ, B and C are made from x, the signal before the convolution, and the scan carries "
            "x. In the diagram, what reads u?",
            _wired(f'{SELECTS} → "select"](x.transpose', '"discretise"](u, → "discretise"](x,'),
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
            "a skip that does not carry u",
            "The skip D multiplies z, or y once more. It is the way around the scan: what enters the scan goes past "
            "it, too.",
            [_wired(f'(y, u, w["D"], z) → (y, {other}, w["D"], z)') for other in "zy"],
        ),
        Misconception(
            "a gate before the scan",
            "You multiply u by SiLU(z) before the scan reads it. The gate stands behind the scan and the skip: it says "
            "how much of their sum goes on.",
            [
                _wired(f"{CONVOLVED} → {CONVOLVED} * F.silu(z)", f'{FINISH} → y + w["D"][:, None] * u'),
                _wired('"discretise"](u, → "discretise"](u * F.silu(z),', f'{FINISH} → y + w["D"][:, None] * u'),
                _wired(f"{CONVOLVED} → {CONVOLVED} * F.silu(z)"),
            ],
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
                for gate in ("z", "torch.sigmoid(z)", "torch.tanh(z)", "F.gelu(z)", "F.relu(z)")
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
            "a sigmoid before the SiLU of the gate",
            'z has gone through a sigmoid before it reaches `parts["skip_and_gate"]`. This part makes the gate of z '
            "as in_proj gives it.",
            _wired('w["D"], z) → w["D"], torch.sigmoid(z))'),
        ),
        Misconception(
            "a skip that comes twice",
            '`parts["skip_and_gate"]` adds D·u, and you add D·u or u once more. Give it the bare output of the scan, '
            "and hand on what it gives.",
            [
                _wired('(y, u, w["D"], z) → (y + w["D"][:, None] * u, u, w["D"], z)'),
                _wired('(y, u, w["D"], z) → (y + u, u, w["D"], z)'),
                *(_wired(f"{FINISH} → {FINISH} + {again}") for again in ('w["D"][:, None] * u', "u")),
            ],
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
            'u is not written into the state: the drive is Δ·B alone, without it. `parts["discretise"]` takes u first.',
            _wired('"discretise"](u, → "discretise"](torch.ones_like(u),'),
        ),
        Misconception(
            "a Δ that comes twice",
            'You multiply u, B or the drive by Δ. `parts["discretise"]` does that itself: it wants u and B as they '
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
            "a norm in the block",
            "You normalise the tokens: before in_proj, before out_proj, or at the end. A model does that between its "
            "blocks; a block takes hidden_states as they come.",
            [
                *(
                    _wired(f"return y.transpose(1, 2) → return F.{norm}(y.transpose(1, 2), (y.shape[1],))")
                    for norm in ("layer_norm", "rms_norm")
                ),
                *(
                    _wired(
                        'return y.transpose(1, 2) @ w["out_proj"].T → '
                        f'return F.{norm}(y.transpose(1, 2) @ w["out_proj"].T, hidden_states.shape[2:])'
                    )
                    for norm in ("layer_norm", "rms_norm")
                ),
                *(
                    _wired(f"(hidden_states @ → (F.{norm}(hidden_states, hidden_states.shape[-1:]{eps}) @")
                    for norm, eps in (
                        ("layer_norm", ""),
                        ("rms_norm", ""),
                        ("rms_norm", ", eps=1e-5"),
                        ("rms_norm", ", eps=1e-6"),
                    )
                ),
            ],
        ),
        Misconception(
            "a D that has an axis too many",
            '`parts["skip_and_gate"]` takes D as the weights hold it, (D,), and gives it the axis of the tokens '
            "itself. Yours has one axis too many.",
            _wired('w["D"], z) → w["D"][:, None], z)'),
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
            'You apply softmax to conv_gates, and `parts["conv"]` applies it again: the shares come closer to '
            "one another. Give it the numbers as they are.",
            _wired('w["conv_gates"], → w["conv_gates"].softmax(0),'),
            where=_branched,
        ),
        Misconception(
            "branches with equal shares",
            "Every branch has the same share, whatever conv_gates says. It has one number for each branch, and "
            '`parts["conv"]` makes the shares of them, if it gets all branches at once.',
            [
                _wired('w["conv_gates"], → torch.zeros_like(w["conv_gates"]),'),
                _wired(f"{CONVOLVED} → {CONVOLVED_ONE_BY_ONE}"),
            ],
            where=_branched,
        ),
        Misconception(
            "one branch alone",
            "Only one convolution is used, the first or the last. A block may have several: give all weights, biases, "
            "gates and dilations.",
            [_wired(*(f'w["{name}"] → w["{name}"][{one}]' for name in CONV)) for one in (":1", "-1:")],
            where=_branched,
        ),
        Misconception(
            "convolutions without their biases",
            '`parts["conv"]` gets zeros for the biases, or none. They belong to the weights, as the taps do.',
            _wired('w["conv_biases"], → [0 * bias for bias in w["conv_biases"]],'),
        ),
        Misconception(
            "the weights of the convolution in another order or form",
            '`parts["conv"]` takes x, then weights, biases, gates and dilations, in this order, each as the dict holds '
            "it: weights and biases are lists with one tensor a branch.",
            [
                _wired('w["conv_weights"], w["conv_biases"] → w["conv_biases"], w["conv_weights"]'),
                _wired('w["conv_gates"], w["dilations"] → w["dilations"], w["conv_gates"]'),
            ],
        ),
        Misconception(
            "branches without their dilations",
            "Each dilation is 1, so that all branches read neighbouring tokens, or it is worked out of the branch's "
            "place. They stand in the weights, one for each branch.",
            [_wired(f'w["dilations"] → {dilations}') for dilations in ('(1,) * len(w["dilations"])', "(1, 2)")],
            where=_branched,
        ),
        Misconception(
            "an out_proj that finds tokens where the channels should stand",
            "y is (B, D, L), and a product with a weight takes the numbers along the last axis. Those are the tokens; "
            "out_proj wants the channels there.",
            _wired("y.transpose(1, 2) @ → y @"),
            where=_not_square,
        ),
        Misconception(
            "channels before the tokens at the end",
            "The numbers are right, but they stand as (B, d_model, L). Blocks are stacked: the output stands as the "
            "input does, (B, L, d_model).",
            _wired('y.transpose(1, 2) @ w["out_proj"].T → w["out_proj"] @ y'),
        ),
        Misconception(
            "one sequence, or one token, alone",
            "You hand out the first sequence, or the last token, and no other. The block gives an output for each "
            "token of each sequence.",
            [
                _wired(f"return y.transpose(1, 2) → return y.transpose(1, 2){one}")
                for one in ("[0]", "[:1]", "[:, -1]", "[:, -1:]")
            ],
            where=_several_sequences,
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
            "a logarithm in place of A",
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
            "exp(−A_log) is one over exp(A_log), and not its negative. The minus stands before the exponential: "
            "A = −exp(A_log).",
            [_wired(f"{A} → {a}") for a in ('torch.exp(-w["A_log"])', '-torch.exp(-w["A_log"])')],
        ),
        Misconception(
            "a logarithm that is undone by another function",
            "A_log is the natural logarithm of −A. Your function of it is not the one that undoes this logarithm.",
            [
                _wired(f"{A} → -{function}")
                for function in ('torch.exp2(w["A_log"])', '10 ** w["A_log"]', 'F.softplus(w["A_log"])')
            ],
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
            "u and z in exchanged places",
            'The skip multiplies z, and the gate is made from u. `parts["skip_and_gate"]` takes y, u, D and z, in this '
            "order.",
            _wired('(y, u, w["D"], z) → (y, z, w["D"], u)'),
        ),
        Misconception(
            "a signal that gates itself",
            "The gate is made from the signal: from x, u or y. It is the second half of what in_proj gives, z, that "
            "says how much goes on.",
            [_wired(f'w["D"], z) → w["D"], {z})') for z in ("u", "x", "y")],
        ),
        Misconception(
            "a skip without its weight",
            "u is added to y as it is. Each channel has a number of its own for that, D: how much of u goes around the "
            "scan.",
            _wired('w["D"], z) → torch.ones_like(w["D"]), z)'),
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
            "pieces that are no halves",
            "You cut the mixtures into pieces that are not D wide. Together they are 2D wide, and x is the first half. "
            "(`chunk` takes the number of pieces, `split` the width of each.)",
            [_wired(f"xz.chunk(2, dim=1) → {halves}") for halves in ("xz.split(2, dim=1)", "xz.chunk(3, dim=1)")],
        ),
        Misconception(
            "a convolution of d_model channels",
            '`parts["conv"]` gets d_model channels, and there are kernels for D. It takes x: the first half of what '
            "in_proj gives, and D wide.",
            _wired('"conv"](x, → "conv"](hidden_states.mT,'),  # of the mixtures, too, d_model may be cut off
        ),
        Misconception(
            "a width that is always twice",
            "D is 2·d_model in your block, and a block may be wider inside. in_proj has 2D rows: x and z are halves of "
            "what it gives.",
            [
                _wired(f"xz.chunk(2, dim=1) → {halves}")
                for halves in (
                    "xz[:, : 2 * hidden_states.shape[2]], xz[:, 2 * hidden_states.shape[2] :]",
                    "xz.split(2 * hidden_states.shape[2], dim=1)",
                )
            ],
        ),
        Misconception(
            "a convolution of both halves",
            'Both mixtures go into `parts["conv"]`, which finds twice as many channels as kernels. Which of the two is '
            "convolved?",
            _wired('"conv"](x, → "conv"](xz,'),
        ),
        Misconception(
            "halves of the time",
            "You cut along the axis of the tokens: the first half of them, and the second. x and z are halves of the "
            "channels.",
            [
                _wired("xz.chunk(2, dim=1) → xz.chunk(2, dim=2)"),
                _wired('w["in_proj"].T).transpose(1, 2) → w["in_proj"].T)'),
            ],
            where=_several_tokens,
        ),
        Misconception(
            "a reshape in the place of a transpose",
            "reshape and view turn no axis: they keep the numbers in their order, and cut that into other rows. So "
            "channels and tokens get mixed. Axes are turned by transpose.",
            [
                *(_wired(f"{turned} → _cut_anew({whole})") for turned, whole in TURNS),
                *(
                    _wired(*(f"{turned} → _cut_anew({whole})" for turned, whole in some))
                    for some in (TURNS, TURNS[1:3])
                ),
                *(
                    _halves_turned_by(halves)
                    for halves in ("_cut_anew(x), _cut_anew(z)", "_cut_anew(x), z.mT", "x.mT, _cut_anew(z)")
                ),
                *(
                    _wired(f"(part.transpose(1, 2) for part in chosen) → {parts}")
                    for parts in (
                        "(_cut_anew(chosen[0]), chosen[1].mT, chosen[2].mT)",
                        "(chosen[0].mT, _cut_anew(chosen[1]), chosen[2].mT)",
                        "(chosen[0].mT, chosen[1].mT, _cut_anew(chosen[2]))",
                    )
                ),
            ],
        ),
        Misconception(
            "a weight the wrong way round",
            "A matrix product finds sizes that do not fit. A weight of PyTorch has a row for each output: nn.Linear "
            "and F.linear compute tokens @ weight.T, they turn it by themselves.",
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
            "a z that was not turned",
            'z went into `parts["skip_and_gate"]` as (B, L, D), beside y and u, which are (B, D, L). x and z come out '
            "of in_proj with one shape: what is done to the axes of x is done to those of z.",
            _halves_turned_by("x.mT, z"),
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
            '`parts["select"]` gives delta (B, L, D), B and C (B, L, N). The parts behind it want time on the last '
            "axis of all three: (B, D, L) and (B, N, L).",
            [
                _wired("(part.transpose(1, 2) for part in chosen) → chosen"),
                _wired("(part.transpose(1, 2) for part in chosen) → (chosen[0].mT, *chosen[1:])"),
                _wired("(part.transpose(1, 2) for part in chosen) → (chosen[0].mT, chosen[1].mT, chosen[2])"),
                _wired("(part.transpose(1, 2) for part in chosen) → (chosen[0].mT, chosen[1], chosen[2].mT)"),
            ],
            where=_not_square,
        ),
        Misconception(
            "a positive A",
            "A = exp(A_log) is positive, so every decay exp(Δ·A) is larger than 1: what stands in the state grows from "
            "token to token. The minus sign is missing.",
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
            "a state written with its way out",
            "The state is written with C. C is the way out; B is the way in.",
            _wired('-torch.exp(w["A_log"]), B) → -torch.exp(w["A_log"]), C)'),
        ),
        Misconception(
            "three axes that are turned round",
            "The first axis and the last change places, so that the batch stands last: `.T` does that to three axes, "
            "and so does `.transpose(0, 2)`. `.transpose(1, 2)` exchanges the last two.",
            [
                *(_wired(f"{turned} → ({whole}).T") for turned, whole in TURNS if turned != "part.transpose(1, 2)"),
                _halves_turned_by("x.T, z.T"),
            ],
            where=_not_square,
        ),
        Misconception(
            "u and Δ in exchanged places",
            '`parts["discretise"]` takes u first, then Δ. Both are (B, D, L), so nothing raises.',
            _wired("(u, delta, → (delta, u,"),
        ),
        Misconception(
            "a part that is not used",
            "The numbers are right, but at least one of the five functions is not the one that came in `parts`: you "
            "wrote it anew or took it from outside. Section 5 hands in other parts and measures what changes.",
            [_own(name) for name in PARTS],
        ),
        Misconception(
            "a missing out_proj",
            "The result has D numbers a token. The last part brings them back to the width of the input.",
            _wired(' @ w["out_proj"].T → '),
        ),
    ],
)
