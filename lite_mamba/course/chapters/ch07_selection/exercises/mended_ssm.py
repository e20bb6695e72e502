"""Bug hunt: mended_ssm."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import selective_scan_fn

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import projection_cases


def mended_ssm(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> Tensor:
    """The selective scan of u (B, L, D), with the bias of Δ added once. Returns (B, L, D)."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low_rank, B, C = F.linear(u, x_proj).split([rank, states, states], dim=-1)
    delta = F.linear(low_rank, dt_proj)  # (B, L, D)
    rows = [part.transpose(1, 2) for part in (u, delta, B, C)]  # (B, …, L) each
    y = selective_scan_fn(rows[0], rows[1], A, rows[2], rows[3], delta_bias=dt_bias, delta_softplus=True)
    return y.transpose(1, 2)


def _raw(formula: str, *edits: str):
    """A wrong repair: another `delta` goes into the scan."""
    return edited(mended_ssm, f"delta = F.linear(low_rank, dt_proj) → delta = {formula}", *edits)


NO_BIAS, NO_SOFTPLUS = ", delta_bias=dt_bias → ", ", delta_softplus=True → "


def _steps(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> Tensor:
    """The same in a plain loop over the tokens."""
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low_rank, B, C = F.linear(u, x_proj).split([rank, states, states], dim=-1)
    deltas = F.softplus(F.linear(low_rank, dt_proj, dt_bias)).unsqueeze(-1)  # (B, L, D, 1)
    h, y = torch.zeros(u.shape[0], *A.shape), []  # (B, D, N)
    for t in range(u.shape[1]):
        h = torch.exp(deltas[:, t] * A) * h + deltas[:, t] * B[:, t, None] * u[:, t, :, None]
        y.append((h @ C[:, t, :, None])[..., 0])  # (B, D)
    return torch.stack(y, dim=1)


INTO, OUT = "* B[:, t, None] * → *", "(h @ C[:, t, :, None])[..., 0] → h.sum(-1)"
READ = "        y.append((h @ C[:, t, :, None])[..., 0])  # (B, D)\n"


def _by_steps(*edits: str):
    """A wrong repair: a loop of one's own, with a mistake in the step."""
    return edited(_steps, *edits)


def _said(u: Tensor, x_proj: Tensor, dt_proj: Tensor) -> Tensor:
    """What the tokens of a case say to Δ, without the bias (B, L, D)."""
    return u @ x_proj[: dt_proj.shape[1]].T @ dt_proj.T


def _says_something(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> bool:
    return bool(_said(u, x_proj, dt_proj).abs().max() > 0.1)


def _far_below(u: Tensor, A: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor) -> bool:
    """Whether a Δ is below every floor, with the bias once or twice."""
    return bool((_said(u, x_proj, dt_proj) + torch.minimum(dt_bias, 2 * dt_bias)).min() < -7)


def _scan_cases(draw: Draw) -> dict:
    case = projection_cases(draw)
    channels, rank = case["dt_proj"].shape
    states = (case["x_proj"].shape[0] - rank) // 2
    case["dt_bias"] = case["dt_bias"] - 1
    case["A"] = -draw.uniform(0.5, 2.0, channels, states)
    return {name: case[name] for name in ("u", "A", "x_proj", "dt_proj", "dt_bias")}


MENDED_SSM = Exercise(
    id="07.mended_ssm",
    title="The channel that remembers too long",
    reference=mended_ssm,
    cases=_scan_cases,
    axes=("batch", "token", "channel"),
    gradients=("u", "A", "x_proj", "dt_proj", "dt_bias"),
    misconceptions=[
        Misconception(
            "the code as it came",
            "It computes what the suspect computes, so its half-lives are still too long. Take a token that says "
            "nothing, and write down with letters what Δ is: from the projection up to the exponential.",
            _raw("F.linear(low_rank, dt_proj, dt_bias)"),
            given=True,
        ),
        Misconception(
            "a bias that is gone",
            "Now the bias is without effect: it is in neither place, or one takes off what the other adds. One of the "
            "two was right.",
            edited(mended_ssm, NO_BIAS),
        ),
        Misconception(
            "a softplus that is applied twice",
            "The softplus is applied to what went through one already. Did you apply it yourself? With "
            "delta_softplus=True the scan does it, too: let one of the two do it.",
            _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))", NO_BIAS),
        ),
        Misconception(
            "a softplus that is gone",
            "The bias is right now, but no softplus is left: Δ can be negative. delta_softplus=True was no mistake.",
            edited(mended_ssm, NO_SOFTPLUS),
        ),
        Misconception(
            "two mistakes for one",
            "The bias is still added twice, and the softplus is gone on top of it. Only one of the two biases has to "
            "go.",
            _raw("F.linear(low_rank, dt_proj, dt_bias)", NO_SOFTPLUS),
        ),
        Misconception(
            "an exponential in the place of softplus",
            "Δ is exp of the raw number. For a small Δ the two are almost the same, for a large one they are not: "
            "softplus it was, and it was no mistake.",
            _raw("torch.exp(F.linear(low_rank, dt_proj, dt_bias))", NO_BIAS, NO_SOFTPLUS),
        ),
        Misconception(
            "another function that is never negative",
            "The bias comes once now, but the softplus has been exchanged. It was no mistake: it makes a Δ of any raw "
            "number, and leaves large ones almost as they are.",
            [
                _raw(f"{bend}(F.linear(low_rank, dt_proj, dt_bias))", NO_BIAS, NO_SOFTPLUS)
                for bend in ("F.relu", "torch.abs", "torch.sigmoid")
            ],
        ),
        Misconception(
            "half of the bias",
            "The bias comes in one and a half times. Half of it in both places would do, all of it in one place is "
            "simpler.",
            _raw("F.linear(low_rank, dt_proj, dt_bias / 2)"),
        ),
        Misconception(
            "B and C exchanged",
            "B and C have changed places. The way in and the way out were right as they came.",
            edited(mended_ssm, "rows[2], rows[3] → rows[3], rows[2]"),
        ),
        Misconception(
            "B and C exchanged in vain",
            "B and C have changed places, and the bias is still added twice. The way in and the way out were right as "
            "they came. The half-lives are those of another Δ: ask what makes it so small.",
            _raw("F.linear(low_rank, dt_proj, dt_bias)", "rows[2], rows[3] → rows[3], rows[2]"),
        ),
        Misconception(
            "a low rank that is taken from the end",
            "You cut the projected numbers as B, C, low rank. The order was no mistake: the first R numbers belong to "
            "Δ, then comes B, then C.",
            [
                _raw(raw, "low_rank, B, C = → B, C, low_rank =", "[rank, states, states] → [states, states, rank]")
                for raw in ("low_rank @ dt_proj.T", "F.linear(low_rank, dt_proj, dt_bias)")
            ],
        ),
        Misconception(
            "a result that is not turned back",
            "The scan gives (B, D, L), and so do you. It must be turned back to (B, L, D), the order in which u came.",
            edited(mended_ssm, "return y.transpose(1, 2) → return y"),
        ),
        Misconception(
            "a bias around the softplus",
            "The softplus comes first, then the bias is added to its result, and then the softplus comes again. The "
            "order is: dt_proj, plus bias, softplus, each once.",
            _raw("F.softplus(F.linear(low_rank, dt_proj))"),
        ),
        Misconception(
            "a bias after the softplus",
            "You add the bias to what comes out of the softplus. It belongs to the raw number, before it.",
            _raw("F.softplus(F.linear(low_rank, dt_proj))", NO_SOFTPLUS),
        ),
        Misconception(
            "a bias on both sides of a softplus",
            "A softplus has the bias in it, and the bias is added to its result once more, by you or as the scan's "
            "delta_bias. So the bias still comes twice, and with delta_softplus=True the softplus does, too.",
            [
                _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))"),
                _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias))", NO_SOFTPLUS),
            ],
        ),
        Misconception(
            "a token that has no say",
            "Δ comes from the bias alone now. The half-lives of the test are right, since its tokens say nothing. But "
            "a token that says something must move Δ: low_rank and dt_proj were right.",
            _raw("torch.zeros_like(u)"),
        ),
        Misconception(
            "half of what the token says",
            "What the token says comes in at half of its size. Only the bias came twice: take it away in one place, "
            "and halve nothing.",
            [_raw("F.linear(low_rank, dt_proj, dt_bias) / 2"), _raw("F.linear(low_rank, dt_proj) / 2")],
            where=_says_something,
        ),
        Misconception(
            "a bias and a softplus that are gone",
            "You took away more than the mistake: the bias has no effect now, and no softplus is left. Δ can be "
            "negative.",
            edited(mended_ssm, NO_BIAS, NO_SOFTPLUS),
        ),
        Misconception(
            "half of the bias, once",
            "The bias comes in at half of its size. Half of it in both places would do, all of it in one place is "
            "simpler.",
            edited(mended_ssm, "delta_bias=dt_bias → delta_bias=dt_bias / 2"),
        ),
        Misconception(
            "a root of Δ",
            "You take the root of Δ. With the bias twice, Δ was nearly a square, and only for a token that says "
            "nothing. Find what made Δ so small: without it there is nothing to take a root of.",
            [
                _raw(f"F.softplus(F.linear(low_rank, dt_proj, {times}dt_bias)).sqrt()", NO_BIAS, NO_SOFTPLUS)
                for times in ("", "2 * ")
            ],
        ),
        Misconception(
            "a faster A",
            "The bias is still added twice, and A is made faster by a factor. The test needs another factor for each "
            "Δ: nine, about thirty, a hundred. Ask what makes Δ so small, and mend that.",
            [
                _raw("F.linear(low_rank, dt_proj, dt_bias)", f"rows[1], A → rows[1], {factor} * A")
                for factor in (2, 9, 10, 100)
            ],
        ),
        Misconception(
            "a Δ with a factor",
            "The bias is still added twice, and Δ is made larger by a factor. The test needs another factor for each "
            "Δ: nine, about thirty, a hundred. Ask what makes Δ so small, and mend that.",
            [
                _raw(f"{factor} * F.softplus(F.linear(low_rank, dt_proj, 2 * dt_bias))", NO_BIAS, NO_SOFTPLUS)
                for factor in (2, 3, 5, 9, 10, 30, 100)
            ],
        ),
        Misconception(
            "a Δ that is held in a range",
            "You cut Δ off at a smallest or a largest value. Only the start values were drawn from 0.001 to 0.1: a "
            "token may ask for any Δ above 0. Find what made Δ so small: without it there is nothing to cut off.",
            [
                _raw(f"F.softplus(F.linear(low_rank, dt_proj, {times}dt_bias)).clamp({limits})", NO_BIAS, NO_SOFTPLUS)
                for times in ("2 * ", "")
                for limits in ("min=0.01", "min=0.001", "0.001, 0.1")
            ],
            where=_far_below,
        ),
        Misconception(
            "a bias with a function of its own",
            "The bias goes through a softplus or its inverse, through an exponential, or you take its size or cut it "
            "off at 0. It is part of the raw number: token and bias are added, and the softplus is taken of the sum.",
            [
                *(
                    edited(mended_ssm, f"delta_bias=dt_bias → delta_bias={bend}(dt_bias)")
                    for bend in (
                        "F.softplus",
                        "torch.exp",
                        "(lambda b: torch.log(torch.expm1(b)))",
                        "F.relu",
                        "torch.abs",
                    )
                ),
                _raw("F.softplus(F.linear(low_rank, dt_proj, dt_bias)) + F.softplus(dt_bias)", NO_BIAS, NO_SOFTPLUS),
                _raw("F.softplus(F.linear(low_rank, dt_proj)) + F.softplus(dt_bias)", NO_BIAS, NO_SOFTPLUS),
                _raw("F.linear(low_rank, dt_proj, F.softplus(dt_bias))", NO_BIAS, NO_SOFTPLUS),
            ],
        ),
        Misconception(
            "a bias in the place of D",
            "The scan takes your bias for D, which lets u pass beside the state: without a name, what stands behind C "
            "is D. `delta_bias=` says what it is, if it is the scan that adds it.",
            [
                edited(mended_ssm, "delta_bias=dt_bias → dt_bias"),
                _raw("F.linear(low_rank, dt_proj, dt_bias)", "delta_bias=dt_bias → dt_bias"),
            ],
        ),
        Misconception(
            "a bias as a factor",
            "You multiply by the bias. It is added: for a token that says nothing, dt_proj gives 0, and the bias alone "
            "sets Δ.",
            [
                _raw("F.linear(low_rank, dt_proj) * dt_bias", NO_BIAS),
                _raw("F.softplus(F.linear(low_rank, dt_proj)) * dt_bias", NO_BIAS, NO_SOFTPLUS),
            ],
        ),
        Misconception(
            "one bias for all channels",
            "The bias comes once now, but as one number for all channels. Each channel has its own: it holds the time "
            "scale of this channel.",
            [
                edited(mended_ssm, f"delta_bias=dt_bias → delta_bias={one}.expand_as(dt_bias)")
                for one in ("dt_bias.mean()", "dt_bias[0]")
            ],
        ),
        Misconception(
            "a token without its Δ",
            "In your scan the old state fades by Δ, but the token comes in without it. Which B̄ does the package take?",
            _by_steps("+ deltas[:, t] * B → + B"),
        ),
        Misconception(
            "a zero-order hold",
            "Your scan lets the token in by the zero-order hold. selective_scan_fn takes Δ·B, and so did the code that "
            "you were given: this was no mistake.",
            _by_steps("+ deltas[:, t] * B → + (torch.exp(deltas[:, t] * A) - 1) / A * B"),
        ),
        Misconception(
            "a gate in the place of Δ·B",
            "Your scan lets the token in with 1 − Ā, as Theorem 1 does. That is the zero-order hold for A = −1 alone. "
            "The code that you were given takes Δ·B, and this was no mistake.",
            _by_steps("+ deltas[:, t] * B → + (1 - torch.exp(deltas[:, t] * A)) * B"),
        ),
        Misconception(
            "a scan without its B or C",
            "In your scan B or C, or both, are missing: B says what goes into each state, C what comes out of it.",
            [_by_steps(*edits) for edits in ((INTO,), (OUT,), (INTO, OUT))],
        ),
        Misconception(
            "a token that fades at once",
            "In your scan the token of now fades by exp(ΔA) as well. Only the old state does. If you add first: where "
            "do your parentheses close?",
            _by_steps("* h + → * (h +", "u[:, t, :, None] → u[:, t, :, None])"),
        ),
        Misconception(
            "a fading without its exponential",
            "In your scan the old state is multiplied by Δ·A itself, or by 1 + Δ·A. What is kept is exp(ΔA).",
            [_by_steps(f"torch.exp(deltas[:, t] * A) * h → {kept}deltas[:, t] * A) * h") for kept in ("(", "(1 + ")],
        ),
        Misconception(
            "a fading without its Δ",
            "In your scan the old state fades by exp(A), the same at all tokens. What is kept is exp(ΔA): this is "
            "where Δ decides.",
            _by_steps("torch.exp(deltas[:, t] * A) → torch.exp(A)"),
        ),
        Misconception(
            "the state before the token",
            "Your scan reads the state out before the token has come in. The result at t contains token t.",
            _by_steps(f"{READ} → ", f"        h = → {READ}        h = "),
        ),
        Misconception(
            "a state that grows",
            "With your sign the old state grows in every step, by exp(Δ·|A|). A comes negative, so that exp(ΔA) is "
            "below 1: this was no mistake.",
            [
                edited(mended_ssm, "rows[1], A → rows[1], -A"),
                _raw("F.linear(low_rank, dt_proj, dt_bias)", "rows[1], A → rows[1], -A"),
            ],
        ),
        Misconception(
            "an exponential of A",
            "A comes as it is, negative, and was no mistake. Only a block keeps it as a logarithm, A_log, and takes "
            "−exp of that.",
            [
                edited(mended_ssm, "rows[1], A → rows[1], -torch.exp(A)"),
                _raw("F.linear(low_rank, dt_proj, dt_bias)", "rows[1], A → rows[1], -torch.exp(A)"),
            ],
        ),
        Misconception(
            "a bias that is taken off",
            "You subtract the bias. It is added, once.",
            edited(mended_ssm, "delta_bias=dt_bias → delta_bias=-dt_bias"),
        ),
    ],
)
