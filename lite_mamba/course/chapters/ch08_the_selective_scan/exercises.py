"""Exercises of notebook 08: discretise, the loop, skip and gate, a scan that goes on, gradients, a lost state."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

AXES = ("batch", "channel", "token", "state")
STATE_AXES = ("batch", "channel", "state")


def _sizes(draw: Draw) -> tuple[int, int, int]:
    """Sequences, channels and states: three different numbers, so that no axis passes for another."""
    batch = draw.size(1, 2)
    channels = batch + draw.size(1, 2)
    return batch, channels, channels + draw.size(1, 2)


# Exercise 1: discretise


def discretise(u: Tensor, delta: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """exp(Δ·A) and Δ·B·u, both (B, D, L, N), from u, delta (B, D, L), A (D, N) and B (B, N, L)."""
    deltaA = torch.exp(torch.einsum("b d l, d n -> b d l n", delta, A))  # (B, D, L, N)
    deltaB_u = torch.einsum("b d l, b n l, b d l -> b d l n", delta, B, u)  # (B, D, L, N)
    return deltaA, deltaB_u


EXPONENT = 'torch.einsum("b d l, d n -> b d l n", delta, A)'
DRIVE = 'torch.einsum("b d l, b n l, b d l -> b d l n", delta, B, u)'


def _softened(pattern: str) -> str:
    """A pattern with softplus(Δ) in the place of Δ."""
    return pattern.replace("delta", "F.softplus(delta)")


def _discretise_cases(draw: Draw) -> dict:
    batch, channels, states = _sizes(draw)
    length = draw.size(1, 5)
    return {
        "u": draw.normal(batch, channels, length),
        "delta": draw.uniform(0.1, 1.5, batch, channels, length).round(decimals=1),
        "A": -draw.uniform(0.5, 3.0, channels, states).round(decimals=1),
        "B": draw.normal(batch, states, length),
    }


DISCRETISE = Exercise(
    id="08.discretise",
    title="Decay and drive, with einsum",
    reference=discretise,
    cases=_discretise_cases,
    axes=AXES,
    gradients=("u", "delta", "B"),
    misconceptions=[
        Misconception(
            "exp forgotten",
            "The first result is Δ·A, a negative exponent. The factor that a state is multiplied with is exp(Δ·A), "
            "between 0 and 1.",
            edited(discretise, f"torch.exp({EXPONENT}) → {EXPONENT}"),
        ),
        Misconception(
            "A as the decay",
            "The first result does not know Δ. What is left after a step depends on how long the step is: the "
            "exponent is the product Δ·A.",
            [
                edited(discretise, f"return deltaA → return {decay}[:, None].expand_as(deltaB_u)")
                for decay in ("A", "A.exp()")
            ],
        ),
        Misconception(
            "a state that grows",
            "exp(−Δ·A) is larger than 1, for A is negative: the state grows at each step. A brings its minus sign "
            "along.",
            edited(discretise, "delta, A) → -delta, A)"),
        ),
        Misconception(
            "summed over the states",
            "The letter n is missing behind the arrow, so einsum adds up the states, and one axis is gone. Every state "
            "keeps a decay and a drive of its own. Compare your shapes with the docstring's.",
            [
                edited(discretise, "d n -> b d l n → d n -> b d l", "l, b d l -> b d l n → l, b d l -> b d l"),
                edited(discretise, "d n -> b d l n → d n -> b d l"),
                edited(discretise, "l, b d l -> b d l n → l, b d l -> b d l"),
            ],
        ),
        Misconception(
            "summed over the channels",
            "The letter d is missing behind the arrow, so einsum adds up the channels, and one axis is gone. Every "
            "channel keeps a decay and a drive of its own. Compare your shapes with the docstring's.",
            [
                edited(discretise, "d n -> b d l n → d n -> b l n", "l, b d l -> b d l n → l, b d l -> b l n"),
                edited(discretise, "d n -> b d l n → d n -> b l n"),
                edited(discretise, "l, b d l -> b d l n → l, b d l -> b l n"),
            ],
        ),
        Misconception(
            "B summed over the states",
            "The decay is right. The drive is the same for all states of a channel: the letter n is missing behind the "
            "arrow, so B was added up over them. Each state is written with its own number of B.",
            edited(
                discretise,
                'l, b d l -> b d l n", delta, B, u) → l, b d l -> b d l", delta, B, u)[..., None].expand_as(deltaA)',
            ),
        ),
        Misconception(
            "a drive without Δ",
            "The second result is B·u. Without Δ a token is written at full strength even when Δ says to skip it. "
            "Look at the docstring: three factors.",
            edited(discretise, f"{DRIVE} → torch.einsum('b n l, b d l -> b d l n', B, u)"),
        ),
        Misconception(
            "a drive without u",
            "The second result is Δ·B, the input map alone. What is added to the state is Δ·B times the token u.",
            edited(discretise, f"{DRIVE} → torch.einsum('b d l, b n l -> b d l n', delta, B)"),
        ),
        Misconception(
            "a drive with the decay",
            "The drive is multiplied with the decay as well. The token of now does not fade: the drive is Δ·B·u alone.",
            edited(discretise, f"{DRIVE} → deltaA * {DRIVE}"),
        ),
        Misconception(
            "the exponential of the drive",
            "The decay is right, and the drive went through exp as well. Only the decay is an exponential. The drive "
            "is added to the state, and may be negative.",
            edited(discretise, f"{DRIVE} → torch.exp({DRIVE})"),
        ),
        Misconception(
            "B reshaped, not transposed",
            "B is (B, N, L). You read its numbers into (B, L, N) in the order in which they lie in memory, so that "
            "tokens and states are mixed up. To exchange two axes, transpose them, or let einsum do it.",
            edited(discretise, f"{DRIVE} → (delta * u)[..., None] * B.reshape(len(B), 1, -1, B.shape[1])"),
        ),
        Misconception(
            "the letters of B in another order",
            "B is (B, N, L): its states stand before its tokens. Your pattern calls the states tokens and the tokens "
            "states. The letters of an input follow the order of its axes.",
            edited(discretise, f"{DRIVE} → torch.einsum('b d l, b l n -> b d l n', delta * u, B)"),
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            [
                edited(discretise, f"{EXPONENT} → {_softened(EXPONENT)}", f"{DRIVE} → {_softened(DRIVE)}"),
                edited(discretise, f"{EXPONENT} → {_softened(EXPONENT)}"),
            ],
        ),
        Misconception(
            "the two results swapped",
            "Both results are right, and they come in the wrong order: first the decay, then the drive.",
            edited(discretise, "return deltaA, deltaB_u → return deltaB_u, deltaA"),
        ),
        Misconception(
            "time before the channels",
            "The numbers are right, but the axes stand as (B, L, D, N), the order of the paper. The code, and this "
            "exercise, want (B, D, L, N).",
            edited(discretise, "return deltaA, deltaB_u → return deltaA.transpose(1, 2), deltaB_u.transpose(1, 2)"),
        ),
        Misconception(
            "states before time",
            "The numbers are right, but the axes stand as (B, D, N, L). The letters behind the arrow give the order: "
            "the states come last.",
            edited(discretise, "return deltaA, deltaB_u → return deltaA.transpose(2, 3), deltaB_u.transpose(2, 3)"),
        ),
        Misconception(
            "a drive with the states before time",
            "The decay is right. The drive stands as (B, D, N, L), the order in which B comes in. Its time axis has to "
            "change places with its states.",
            edited(discretise, "return deltaA, deltaB_u → return deltaA, deltaB_u.transpose(2, 3)"),
        ),
        Misconception(
            "the zero-order hold for B",
            "The drive uses (exp(Δ·A) − 1)/A·B, the paper's equation 4. The authors' code, and this package, use the "
            "plain product Δ·B; notebook 04 shows the difference.",
            edited(discretise, f"{DRIVE} → (deltaA - 1) / A[:, None] * torch.einsum('b n l, b d l -> b d l n', B, u)"),
        ),
        Misconception(
            "A taken for its logarithm",
            "The exponent is Δ·(−exp(A)), as if A were `A_log`. A comes in negative: −exp was taken where it was made.",
            edited(discretise, "delta, A) → delta, -A.exp())"),
        ),
        Misconception(
            "Euler's rule for the decay",
            "The first result is 1 + Δ·A, Euler's rule of notebook 04. The decay is exp(Δ·A), which is never negative.",
            edited(discretise, f"torch.exp({EXPONENT}) → 1 + {EXPONENT}"),
        ),
        Misconception(
            "the exponential of Δ alone",
            "The first result is exp(Δ)·A. The exponential goes around the whole product: first multiply, then take "
            "it.",
            edited(discretise, f"torch.exp({EXPONENT}) → torch.einsum('b d l, d n -> b d l n', delta.exp(), A)"),
        ),
        Misconception(
            "a Δ that adds up over the tokens",
            "Your decay is that of all tokens so far together. The recurrence multiplies the decays one after the "
            "other: each token brings its own.",
            edited(discretise, f'{EXPONENT} → torch.einsum("b d l, d n -> b d l n", delta.cumsum(-1), A)'),
        ),
        Misconception(
            "an exponential of A alone",
            "You take the exponential of A and then multiply with Δ. The product Δ·A is in the exponent: without a "
            "step (Δ = 0) all of the state is left.",
            edited(discretise, f'torch.exp({EXPONENT}) → torch.einsum("b d l, d n -> b d l n", delta, A.exp())'),
        ),
        Misconception(
            "one B for all tokens",
            "You write every token with the B of one. Each token has a B of its own.",
            [
                edited(discretise, "delta, B, u) → delta, B[..., :1].expand_as(B), u)"),
                edited(discretise, "delta, B, u) → delta, B[..., -1:].expand_as(B), u)"),
            ],
        ),
    ],
)

# Exercise 2: scan_loop


def scan_loop(deltaA: Tensor, deltaB_u: Tensor, C: Tensor) -> Tensor:
    """The outputs (B, D, L) of the recurrence, from deltaA and deltaB_u (B, D, L, N) and C (B, N, L)."""
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []  # (B, D, N)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1)  # (B, D, L)


STEP = "h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)"
READ = 'outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)'
FADE_LAST = (
    f"{STEP} → h = h + deltaB_u[:, :, t]",
    f"{READ} → {READ}\n        h = deltaA[:, :, t] * h",
)


def _pairwise(loop: Callable[..., Tensor], product: str) -> Callable[..., Tensor]:
    """A loop that reads h with a product in the place of einsum."""
    return edited(loop, f"{READ} → outputs.append({product})")


def _two_cumulative_sums(deltaA, deltaB_u, C):
    product = deltaA.cumprod(2)
    h = product * (deltaB_u / product).cumsum(2)
    return torch.einsum("b d l n, b n l -> b d l", h, C)


def _faded_before(deltaA, deltaB_u, C):
    return torch.einsum("b d l n, b n l -> b d l", (deltaA.cumprod(2) * deltaB_u).cumsum(2), C)


def _all_decays(deltaA, deltaB_u, C):
    return torch.einsum("b d l n, b n l -> b d l", deltaA.cumprod(2) * deltaB_u.cumsum(2), C)


def _scan_cases(draw: Draw) -> dict:
    batch, channels, states = _sizes(draw)
    length = draw.size(1, 6)
    decay = draw.uniform(0.1, 0.9, batch, channels, length, states).round(decimals=1)
    if draw.choice([False, False, True]):  # fast channels, whose product of decays leaves the range of float32
        decay[:, 0] = 1e-14
    return {
        "deltaA": decay,
        "deltaB_u": draw.normal(batch, channels, length, states),
        "C": draw.normal(batch, states, length),
    }


def _also_backwards(function, deltaA, deltaB_u, C):
    """The outputs of a loop; if they are right, it must also bear what section 8 does: gradients, in float64."""
    result, right = function(deltaA, deltaB_u, C), scan_loop(deltaA, deltaB_u, C)
    if isinstance(result, Tensor) and result.shape == right.shape and torch.allclose(result.to(right), right, 1e-4):
        exact = [x.double().requires_grad_() for x in (deltaA, deltaB_u, C)]
        again = function(*exact)  # (B, D, L)
        if not again.requires_grad:
            raise RuntimeError("the outputs have no gradient: torch.no_grad, or a copy into a new tensor")
        if again.dtype != torch.float64:
            raise TypeError(f"float64 comes in, and {again.dtype} goes out".replace("torch.", ""))
        expected = _slopes(scan_loop(*exact).sum(), exact)
        if missed := [
            name
            for name, slope, right in zip(
                ("deltaA", "deltaB_u", "C"), _slopes(again.sum(), exact), expected, strict=True
            )
            if not torch.allclose(slope, right, 1e-4, 1e-5)
        ]:
            raise RuntimeError(f"the outputs are right, but their gradients are not, for {' and '.join(missed)}")
    return result


def _slopes(total: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """The gradient of each input, zero where none comes: one token needs no decay."""
    try:
        slopes = torch.autograd.grad(total, inputs, retain_graph=True, allow_unused=True)
    except RuntimeError as error:  # torch words it anew for each operation
        raise RuntimeError("the backward pass needs a tensor that was changed in place") from error
    return [torch.zeros_like(x) if slope is None else slope for x, slope in zip(inputs, slopes, strict=True)]


READ_TOO_EARLY = Misconception(
    "read before the update",
    "y_t is read from the state of the step before: every output is one token late, and the first one reads what was "
    "there before any token. Update h first, then read it.",
    edited(scan_loop, f"{STEP} → ", f"{READ} → {READ}\n        {STEP}"),
)

LOOP = Exercise(
    id="08.scan_loop",
    title="The loop",
    reference=scan_loop,
    cases=_scan_cases,
    apply=_also_backwards,
    trials=30,
    axes=AXES[:3],
    misconceptions=[
        READ_TOO_EARLY,
        Misconception(
            "read before the drive is added",
            "Each output is read from the state when it has faded, before its own token is added. The order is: fade, "
            "add, read.",
            edited(
                scan_loop,
                f"{STEP} → h = deltaA[:, :, t] * h",
                f"{READ} → {READ}\n        h = h + deltaB_u[:, :, t]",
            ),
        ),
        Misconception(
            "a state that fades after it is read",
            "The old state is read before this token's decay has touched it: it has faded with the decay of the token "
            "before. The order is: fade with the decay of now, add, read.",
            edited(scan_loop, *FADE_LAST),
        ),
        Misconception(
            "a drive weighted with what the decay leaves free",
            "The drive is multiplied with 1 − decay, as in a moving average. It has its weight Δ·B already: it is "
            "added as it is.",
            edited(scan_loop, "+ deltaB_u → + (1 - deltaA[:, :, t]) * deltaB_u"),
        ),
        Misconception(
            "a state that does not fade",
            "The drive is added to h, but h is never multiplied by its decay. Nothing is forgotten.",
            edited(scan_loop, "deltaA[:, :, t] * h + → h +"),
        ),
        Misconception(
            "a state that starts again at each token",
            "Every output knows its own token only. h must be made once, before the loop, and the new h must contain "
            "the old one.",
            edited(scan_loop, "deltaA[:, :, t] * h + → "),
        ),
        Misconception(
            "a new token that fades too",
            "The drive is added first, then everything is multiplied by the decay. The decay belongs to what was there "
            "before; the new token comes in at full strength.",
            edited(scan_loop, "deltaA[:, :, t] * h + deltaB_u[:, :, t] → deltaA[:, :, t] * (h + deltaB_u[:, :, t])"),
        ),
        Misconception(
            "outputs that stay at zero",
            "All outputs are 0. Either the drive never gets into the state, which begins at zero and stays there: it "
            "is added, and is no factor. Or what is read never gets into the outputs.",
            edited(scan_loop, " + deltaB_u[:, :, t] → "),
        ),
        Misconception(
            "a division by a product of decays",
            "Two cumulative operations in the place of the loop are right on paper. But the product of the decays "
            "becomes zero in float32 after some steps, and you divide by it. Notebook 09 comes back to this shortcut; "
            "here the loop is wanted.",
            [
                _two_cumulative_sums,
                *(edited(_two_cumulative_sums, f"/ product → / (product + {e})") for e in (1e-6, 1e-8, 1e-10, 1e-12)),
            ],
        ),
        Misconception(
            "summed over the channels",
            "The output has a number for each state instead of each channel: the sum runs over D. C weighs the N "
            "states of one channel, so the sum runs over N.",
            _pairwise(scan_loop, "(h * C[:, None, :, t]).sum(1)"),
        ),
        Misconception(
            "states not summed",
            "h and C are multiplied, but the products are not added up, so the output still has an axis for the "
            "states. Each channel gives one number a token.",
            [
                _pairwise(scan_loop, "h * C[:, None, :, t]"),
                edited(_pairwise(scan_loop, "h * C[:, None, :, t]"), "dim=-1 → dim=2"),
            ],
        ),
        Misconception(
            "states averaged",
            "The outputs are too small by the factor N: the products are averaged over the states. They are added up.",
            _pairwise(scan_loop, "(h * C[:, None, :, t]).mean(-1)"),
        ),
        Misconception(
            "C left out",
            "You add up the states as they are. C says with which weight each of them is read, and the weights are "
            "others for each token.",
            _pairwise(scan_loop, "h.sum(-1)"),
        ),
        Misconception(
            "one C for all tokens",
            "Every state is read with the C of the first token or of the last. C has a column for each token: this is "
            "what lets a model choose what it reads.",
            [edited(scan_loop, f"C[:, :, t] → C[:, :, {t}]") for t in (0, -1)],
        ),
        Misconception(
            "a state that C is multiplied into",
            "The product with C becomes the state, and the next token goes on from it. C only reads: h stays as it is, "
            "and the product goes to the outputs.",
            edited(
                scan_loop,
                f"{STEP} → h = C[:, None, :, t] * (deltaA[:, :, t] * h + deltaB_u[:, :, t])",
                f"{READ} → outputs.append(h.sum(-1))",
            ),
        ),
        Misconception(
            "a start from one",
            "The scan begins with ones. Before the first token nothing has come in: it begins at zero.",
            edited(scan_loop, "zeros_like → ones_like"),
        ),
        Misconception(
            "the first drive twice",
            "The state begins with the first drive, and the first turn of the loop adds it again. Begin at zero, and "
            "let the loop do it.",
            edited(scan_loop, "torch.zeros_like(deltaA[:, :, 0]) → deltaB_u[:, :, 0]"),
        ),
        Misconception(
            "a loop from the last token to the first",
            "The loop runs backwards, so that an output knows the tokens after its own and none of those before.",
            [
                edited(scan_loop, "range(deltaA.shape[2]) → reversed(range(deltaA.shape[2]))", *order)
                for order in ((), ("torch.stack(outputs → torch.stack(outputs[::-1]",))
            ],
        ),
        Misconception(
            "the last state read at every token",
            "Every output is read from the state after the last token. A list that holds one tensor many times, "
            "changed in place, does this: make a new h at each token.",
            edited(
                scan_loop,
                f"{READ} → outputs.append(C[:, None, :, t])",
                "torch.stack(outputs → torch.stack([(h * C_t).sum(-1) for C_t in outputs]",
            ),
        ),
        Misconception(
            "one output alone",
            "The output of one token comes back. Each of the L tokens has one: a list takes them all, and `return` "
            "stands after the loop, not in it.",
            [
                edited(scan_loop, f"torch.stack(outputs, dim=-1) → {one}")
                for one in ("outputs[0]", "outputs[-1]", "outputs[0][..., None]", "outputs[-1][..., None]")
            ],
            where=lambda deltaA, **case: deltaA.shape[2] > 1,
        ),
        Misconception(
            "no output for the first token",
            "One output is missing, that of token 0. The loop begins at t = 0: the first drive is added to a state "
            "that is zero, and read like any other.",
            [
                edited(scan_loop, "range(deltaA → range(1, deltaA"),
                edited(
                    scan_loop,
                    "(deltaA[:, :, 0]) → (deltaA[:, :, 0]) + deltaB_u[:, :, 0]",
                    "range(deltaA → range(1, deltaA",
                ),
            ],
            where=lambda deltaA, **case: deltaA.shape[2] > 1,
        ),
        Misconception(
            "a loop over the channels",
            "The loop takes as many turns as there are channels. Time is axis 2 of `deltaA`, not axis 1.",
            edited(scan_loop, "shape[2] → shape[1]"),
            where=lambda deltaA, **case: deltaA.shape[1] <= deltaA.shape[2],
        ),
        Misconception(
            "a loop over the states",
            "The loop takes as many turns as a channel has states. Time is axis 2 of `deltaA`, not the last one.",
            edited(scan_loop, "shape[2] → shape[-1]"),
        ),
        Misconception(
            "outputs that are added up",
            "Each output has all outputs before it in it. The past is in h already: what is read from h at a token is "
            "the output, as it is.",
            edited(scan_loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).cumsum(-1)"),
        ),
        Misconception(
            "the decays before a token instead of those after it",
            "Each drive is multiplied by the decays from the first token up to its own, and then only added up. A "
            "drive fades at the tokens that come after it.",
            _faded_before,
        ),
        Misconception(
            "every decay on every drive",
            "All drives so far are added up, and the sum is multiplied with all decays so far: a drive fades by the "
            "decays before it and its own, too. A drive fades at the tokens that come after it.",
            _all_decays,
        ),
        Misconception(
            "a missing axis for the channels",
            "Decay and drive are (B, D, N). Something of the shape (B, N) meets them: `C[:, :, t]`, or an h that was "
            "made without channels. Broadcasting lines axes up from the right, so B meets D. It works for one "
            "sequence only. Which axis is missing, and at which place?",
            [_pairwise(scan_loop, "(h * C[:, :, t]).sum(-1)"), _pairwise(scan_loop, "(C[:, :, t] * h).sum(-1)")],
        ),
        Misconception(
            "time stacked in front",
            "torch.stack puts the new axis in front unless you say where. Time belongs at the end: (B, D, L).",
            edited(scan_loop, ", dim=-1 → "),
        ),
        Misconception(
            "time stacked in the middle",
            "The result is (B, L, D). The numbers are right; time belongs on the last axis.",
            edited(scan_loop, "dim=-1 → dim=1"),
        ),
        Misconception(
            "a state that is changed in place",
            "The outputs are right, but h was changed in place (`*=`, `+=`, or an assignment into it), and the "
            "backward pass needs the old h. Make a new tensor: h = … * h + ….",
            edited(scan_loop, f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"),
        ),
        Misconception(
            "a gradient that does not reach the tokens before",
            "The outputs are right, but their gradients are not: the state is cut off from its past, by `.detach()` "
            "or `.data`. A model could not learn what to keep.",
            [
                edited(scan_loop, "[:, :, t] * h + → [:, :, t] * h.detach() +"),
                edited(scan_loop, '", h, C → ", h.detach(), C'),
            ],
        ),
        Misconception(
            "outputs without a gradient",
            "The outputs are right, and no gradient comes through them: they were computed by NumPy, under "
            "torch.no_grad, or copied into a new tensor. Stack what torch computed.",
            edited(scan_loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).detach()"),
        ),
        Misconception(
            "the mean of the old state and the new one",
            "Each output is read halfway between the state before the token and the state after it. The second "
            "equation reads the new state alone.",
            edited(
                scan_loop,
                f"{STEP} → before = h; {STEP}",
                'b d", h, C → b d", (before + h) / 2, C',
            ),
        ),
        Misconception(
            "a number format of its own",
            "The numbers are right, but float64 comes in and float32 goes out. A tensor that is made beforehand has "
            "the default format, unless you hand on the dtype of the inputs.",
            edited(scan_loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).float()"),
        ),
        Misconception(
            "a list of outputs",
            "You return a list with one (B, D) for each token. Stack it to one tensor, with time on the last axis.",
            edited(scan_loop, "torch.stack(outputs, dim=-1) → outputs"),
        ),
        Misconception(
            "an exponential of the decay",
            "You take the exponential of the decay: it has been taken already, and what comes out is larger than 1.",
            edited(scan_loop, "h = deltaA[:, :, t] * h → h = deltaA[:, :, t].exp() * h"),
        ),
        Misconception(
            "the way out of the token before",
            "You read with the C of the token before. Each token reads with its own.",
            edited(scan_loop, "C[:, :, t] → C[:, :, t - 1]"),
        ),
    ],
)

# Exercise 3: skip_and_gate


def skip_and_gate(y: Tensor, u: Tensor, D: Tensor, z: Tensor) -> Tensor:
    """(y + D·u) · SiLU(z): y, u, z (B, D, L), D (D,)."""
    return (y + D[:, None] * u) * F.silu(z)  # (B, D, L)


def _gated(formula: str) -> Callable[..., Tensor]:
    """A wrong answer: another formula."""
    return edited(skip_and_gate, f"(y + D[:, None] * u) * F.silu(z) → {formula}")


def _skip_cases(draw: Draw) -> dict:
    batch, channels = draw.size(1, 2), draw.size(2, 4)
    length = channels + draw.size(1, 3)  # never as long as there are channels, so that D fits along one axis only
    y, u, z = (draw.normal(batch, channels, length) for _ in range(3))
    return {"y": y, "u": u, "D": draw.normal(channels), "z": z}


SKIP = Exercise(
    id="08.skip_and_gate",
    title="Skip and gate",
    reference=skip_and_gate,
    cases=_skip_cases,
    axes=AXES[:3],
    gradients=("y", "u", "z"),
    misconceptions=[
        Misconception(
            "the gate before the skip",
            "Only y is gated and D·u is added afterwards, so a closed gate still lets the skip through. First the "
            "sum, then the gate.",
            _gated("y * F.silu(z) + D[:, None] * u"),
        ),
        Misconception(
            "sigmoid instead of SiLU",
            "The gate is sigmoid(z). Mamba's gate is SiLU(z) = z·sigmoid(z): at z = 0 it is closed, and it may be "
            "larger than 1.",
            _gated("(y + D[:, None] * u) * torch.sigmoid(z)"),
        ),
        Misconception(
            "z without SiLU",
            "The result is multiplied by z itself, so a strongly negative z turns the sign around instead of closing "
            "the gate. z goes through SiLU first.",
            _gated("(y + D[:, None] * u) * z"),
        ),
        Misconception(
            "another gate than SiLU",
            "The sum is right, and the gate is another function than SiLU(z) = z·sigmoid(z).",
            [
                _gated(f"(y + D[:, None] * u) * {gate}")
                for gate in (
                    *("F.relu(z)", "torch.tanh(z)", "F.gelu(z)", "F.softplus(z)"),
                    *("z * torch.sigmoid(-z)", "F.silu(-z)", "F.silu(F.silu(z))"),
                )
            ],
        ),
        Misconception(
            "a gate that is passed twice",
            "A part of the sum, or all of it, is multiplied by the gate twice. It is passed once, by the sum.",
            [
                _gated(f"({sum_}) * F.silu(z)")
                for sum_ in (
                    "y * F.silu(z) + D[:, None] * u",
                    "y + D[:, None] * u * F.silu(z)",
                    "(y + D[:, None] * u) * F.silu(z)",
                )
            ],
        ),
        Misconception(
            "SiLU around the output",
            "SiLU goes around y + D·u. It belongs around z: the gate decides, and the sum is what it lets through.",
            [_gated("F.silu(y + D[:, None] * u) * z"), _gated("F.silu((y + D[:, None] * u) * z)")],
        ),
        Misconception(
            "a gate that is added",
            "The gate is added to the sum. A gate multiplies: only so can it close.",
            [_gated("y + D[:, None] * u + F.silu(z)"), _gated("y + D[:, None] * u + z")],
        ),
        Misconception(
            "a sum that also passes beside the gate",
            "The gate is 1 + SiLU(z), or its product is added to what it should close: at z = 0 the sum comes out "
            "whole. It comes out through the gate alone.",
            _gated("(y + D[:, None] * u) * (1 + F.silu(z))"),
        ),
        Misconception(
            "the input once more behind the gate",
            "u is added to what comes out of the gate. A residual path goes around the whole block, not around the "
            "scan; here D·u is the only way past the state, and the gate closes it too.",
            _gated("(y + D[:, None] * u) * F.silu(z) + u"),
        ),
        Misconception(
            "a mixture of y and u",
            "y is weighted with 1 − D. The skip takes nothing away from what was read: y + D·u, with y as it is.",
            _gated("((1 - D[:, None]) * y + D[:, None] * u) * F.silu(z)"),
        ),
        Misconception(
            "D times the output",
            "D multiplies y. The skip is a path around the state: it carries the input u.",
            [_gated("(y + D[:, None] * y) * F.silu(z)"), _gated("(D[:, None] * y + u) * F.silu(z)")],
        ),
        Misconception(
            "D times everything",
            "D multiplies the whole sum. It is the weight of the skip alone.",
            _gated("D[:, None] * (y + u) * F.silu(z)"),
        ),
        Misconception(
            "the input gated instead of the output",
            "Only u meets the gate here; what comes from the state passes freely. The gate multiplies the whole sum.",
            _gated("y + D[:, None] * u * F.silu(z)"),
        ),
        Misconception(
            "a skip without D",
            "u is added as it is. Each channel has a weight of its own, D[d].",
            _gated("(y + u) * F.silu(z)"),
        ),
        Misconception(
            "D added without u",
            "D is added to y as it is. It is a weight: what goes past the state is D·u.",
            _gated("(y + D[:, None]) * F.silu(z)"),
        ),
        Misconception(
            "D added to u",
            "D is added to u. It is a weight: what goes past the state is D·u.",
            _gated("(y + D[:, None] + u) * F.silu(z)"),
        ),
        Misconception(
            "z in the place of u",
            "What goes past the state is D·z. The skip carries the input, u; z opens and closes.",
            _gated("(y + D[:, None] * z) * F.silu(z)"),
        ),
        Misconception(
            "z once too often",
            "SiLU(z) has the factor z in it already, z·sigmoid(z). You multiply by z once more.",
            _gated("(y + D[:, None] * u) * F.silu(z) * z"),
        ),
        Misconception(
            "a skip that is taken away",
            "D·u is taken away from y, or y from it. The two paths are added.",
            [_gated("(y - D[:, None] * u) * F.silu(z)"), _gated("(D[:, None] * u - y) * F.silu(z)")],
        ),
        Misconception(
            "no skip",
            "Only y goes through the gate. What about the path around the state?",
            _gated("y * F.silu(z)"),
        ),
        Misconception(
            "no gate",
            "The sum is right, and nothing closes it: z is not used.",
            _gated("y + D[:, None] * u"),
        ),
        Misconception(
            "D along the time axis",
            "D has one number a channel, but broadcasting lines it up with the last axis, which is time. Give D an "
            "axis more, so that it becomes (D, 1).",
            [_gated("(y + D * u) * F.silu(z)"), _gated("(y + u * D) * F.silu(z)")],
        ),
        Misconception(
            "D along the sequences",
            "D has two axes more, so that it is lined up with the batch. D[:, None] is (D, 1): it meets channel and "
            "time, and needs no more.",
            _gated("(y + D[:, None, None] * u) * F.silu(z)"),
        ),
        Misconception(
            "a skip that mixes the channels",
            "D and u are multiplied as matrices: the channels of a token are added up, and each of them gets the sum. "
            "Each channel has a skip of its own.",
            _gated("(y + (D @ u)[:, None]) * F.silu(z)"),
        ),
    ],
)

# Exercise 4: scan_from


def scan_from(deltaA: Tensor, deltaB_u: Tensor, C: Tensor, initial_state: Tensor) -> tuple[Tensor, Tensor]:
    """The scan from a given state (B, D, N): the outputs (B, D, L) and the state after the last token (B, D, N)."""
    h, outputs = initial_state, []  # (B, D, N)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1), h  # (B, D, L), (B, D, N)


FROM = "h, outputs = initial_state, [] → h, outputs = "
UNDECAYED = edited(scan_from, "deltaA[:, :, t] * h → (deltaA[:, :, t] * h if t else h)")
EARLY = edited(scan_from, f"{STEP} → ", f"{READ} → {READ}\n        {STEP}")
BESIDE = [  # the given state is only added to what is read; the last state has it, or not
    edited(
        scan_from, f"{FROM}torch.zeros_like(initial_state), []", "h, C[:, :, t] → h + initial_state, C[:, :, t]", *last
    )
    for last in (["-1), h → -1), h + initial_state"], [])
]
STUCK = edited(scan_from, "deltaA[:, :, t] * h → deltaA[:, :, t] * initial_state")
HEADLESS = edited(
    scan_from,
    f"{FROM}deltaA[:, :, 0] * initial_state + deltaB_u[:, :, 0], []",
    "range(deltaA → range(1, deltaA",
)
ADDED_AGAIN = [
    edited(scan_from, f"{FROM}torch.zeros_like(initial_state), []", f"* h + → {added} +")
    for added in ("* (h + initial_state)", "* h + initial_state")
]
CHANGING = (  # scans that change h, and with it the given state, or a copy of it
    edited(scan_from, f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"),
    edited(scan_from, f"{FROM}initial_state.clone(), []", f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"),
    edited(scan_from, f"{FROM}initial_state.clone(), []", f"{STEP} → h[:] = deltaA[:, :, t] * h + deltaB_u[:, :, t]"),
)


def _forgetting(deltaA, deltaB_u, C, initial_state):
    y, _ = scan_from(deltaA, deltaB_u, C, initial_state)
    return y, scan_from(deltaA, deltaB_u, C, torch.zeros_like(initial_state))[1]


def _with_gradient(function, deltaA, deltaB_u, C, initial_state):
    """The results of a scan that goes on; if they are right, gradients must flow into the state it starts from."""
    start = initial_state.clone().requires_grad_()  # (B, D, N)
    given = deltaA.requires_grad_(), deltaB_u, C.requires_grad_(), start
    return _flowing(scan_from(*given), function(*given), start, "initial_state")


def _flowing(right: tuple[Tensor, Tensor], result, start: Tensor, name: str):
    """Outputs and last state as they came; if they are right and their gradients are not, an error."""
    if not (isinstance(result, (tuple, list)) and len(result) == 2 and all(map(_close, result, right))):
        return result
    slopes, expected = [[_slope(part, start) for part in pair] for pair in (result, right)]
    parts = ("the outputs", "the last state")
    wrong = [i for i in range(2) if not torch.allclose(slopes[i], expected[i], 1e-3, 1e-4)]
    if wrong:
        flows = "the wrong gradient flows" if any(slopes[i].any() for i in wrong) else "no gradient flows"
        raise RuntimeError(
            f"the numbers are right, but {flows} from {' and '.join(parts[i] for i in wrong)} to `{name}`"
        )
    return tuple(part.detach() for part in result)


def _close(part, right: Tensor) -> bool:
    return isinstance(part, Tensor) and part.shape == right.shape and torch.allclose(part.to(right), right, 1e-3, 1e-4)


def _slope(part: Tensor, start: Tensor) -> Tensor:
    """The gradient of the sum of a part, with respect to `start`."""
    return _slopes(part.sum(), [start])[0] if part.requires_grad else torch.zeros_like(start)


def _scan_from_cases(draw: Draw) -> dict:
    case = _scan_cases(draw)
    batch, channels, _, states = case["deltaA"].shape
    case |= {"initial_state": draw.normal(batch, channels, states)}
    dtype = draw.choice([torch.float32, torch.float32, torch.float64])
    return {name: value.to(dtype) for name, value in case.items()}


SCAN_FROM = Exercise(
    id="08.scan_from",
    title="A scan that goes on",
    reference=scan_from,
    cases=_scan_from_cases,
    apply=_with_gradient,
    axes={"y": AXES[:3], "last_state": STATE_AXES},
    items=("y", "last_state"),
    misconceptions=[
        Misconception(
            "a start from zero",
            "The given state is not used: the scan begins at zero, as if nothing had come before.",
            edited(scan_from, f"{FROM}torch.zeros_like(initial_state), []"),
        ),
        Misconception(
            "a start from one",
            "The given state gives only its shape: the scan begins at one. It begins at the numbers of "
            "`initial_state`.",
            edited(scan_from, f"{FROM}torch.ones_like(initial_state), []"),
        ),
        Misconception(
            "the state of the step before",
            "The returned state does not know the last token yet. Return h after its last update.",
            edited(
                scan_from,
                f"{FROM}initial_state, []; before = h",
                f"{STEP} → before = h; {STEP}",
                "-1), h → -1), before",
            ),
        ),
        Misconception(
            "read before the update",
            READ_TOO_EARLY.message,
            EARLY,
        ),
        Misconception(
            "a state that fades after it is read",
            "You add, read, and then fade, so that the given state is read before the first decay has touched it. The "
            "order is: fade, add, read.",
            edited(scan_from, *FADE_LAST),
        ),
        Misconception(
            "a new token that fades too",
            "The drive is added first, then everything is multiplied by the decay. The decay belongs to what was there "
            "before; the new token comes in at full strength.",
            edited(scan_from, "deltaA[:, :, t] * h + deltaB_u[:, :, t] → deltaA[:, :, t] * (h + deltaB_u[:, :, t])"),
        ),
        Misconception(
            "a last state that fades once too often",
            "The outputs are right, and the last state is multiplied by a decay after its last token. It fades when "
            "the next token comes, in the next part.",
            edited(scan_from, "-1), h → -1), deltaA[:, :, -1] * h"),
        ),
        Misconception(
            "the last output instead of the state",
            "y[..., −1] is returned: one number a channel. The next chunk needs all N states of each channel; from "
            "their weighted sum they cannot be found again.",
            edited(scan_from, "-1), h → -1), outputs[-1]"),
        ),
        Misconception(
            "all states returned",
            "The states after every token are returned. What goes on needs the last of them alone: a state is (B, D, "
            "N), however many tokens came.",
            [
                edited(
                    scan_from,
                    f"{FROM}initial_state, []; states = []",
                    f"{READ} → {READ}\n        states.append(h)",
                    f"-1), h → -1), {states}",
                )
                for states in ("torch.stack(states, 2)", "torch.stack(states, -1)", "torch.stack(states)", "states")
            ],
        ),
        Misconception(
            "no state returned",
            "Only the outputs are returned. Two things are wanted: the outputs and the last state.",
            edited(scan_from, "-1), h → -1)"),
        ),
        Misconception(
            "the given state returned",
            "The outputs are right, and the state comes back as it was given. The next part will not know these "
            "tokens.",
            edited(scan_from, "-1), h → -1), initial_state"),
        ),
        Misconception(
            "the two results swapped",
            "Both results are right, and they come in the wrong order: first the outputs, then the last state.",
            edited(scan_from, "torch.stack(outputs, dim=-1), h → h, torch.stack(outputs, dim=-1)"),
        ),
        Misconception(
            "a start without gradient",
            "The numbers are right, but no gradient flows into `initial_state`: on the way from it to the results "
            "something was detached, copied into a new tensor, or computed under torch.no_grad. Then a model cannot "
            "learn what to hand over at a border.",
            edited(scan_from, f"{FROM}initial_state.detach(), []"),
        ),
        Misconception(
            "a last state without gradient",
            "The numbers are right, but the last state is detached. What the next part makes of it teaches this part "
            "nothing.",
            edited(scan_from, "-1), h → -1), h.detach()"),
        ),
        Misconception(
            "a start that does not fade",
            "The first token does not fade the given state. It is h before the first token, so it is multiplied by the "
            "first decay like any other h.",
            UNDECAYED,
        ),
        Misconception(
            "the given state in the place of h",
            "Every token goes on from the given state, and knows none of the tokens between. The given state stands at "
            "the beginning; in the loop it is h that goes on.",
            STUCK,
        ),
        Misconception(
            "a start that fades once",
            "What is left of the given state is computed with the decay of one token alone. At each token it fades "
            "again: it is multiplied by all decays up to there.",
            edited(
                scan_from,
                f"{FROM}torch.zeros_like(initial_state), []",
                "h, C[:, :, t] → h + deltaA[:, :, t] * initial_state, C[:, :, t]",
                "-1), h → -1), h + deltaA[:, :, -1] * initial_state",
            ),
        ),
        Misconception(
            "the start added in every step",
            "The given state comes in at every token. It is the h of the beginning: it enters once, and after that h "
            "carries it.",
            ADDED_AGAIN,
        ),
        Misconception(
            "a start that is added at the end",
            "The scan begins at zero, and the given state is added to the last one. There it has not faded, and no "
            "output has read it. It belongs in front of the loop.",
            edited(scan_from, f"{FROM}torch.zeros_like(initial_state), []", "-1), h → -1), h + initial_state"),
        ),
        Misconception(
            "a start that never fades",
            "Every output reads the given state at full strength. It fades with each token: let it go through the "
            "loop.",
            BESIDE,
        ),
        Misconception(
            "a last state that forgets the start",
            "The outputs are right, but the last state is what the tokens of this part alone have left. What is left "
            "of the given state belongs to it.",
            _forgetting,
        ),
        Misconception(
            "a state changed in place",
            "h was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). The backward pass needs the old "
            "h, and the given state belongs to somebody else. Make a new tensor: h = … * h + ….",
            CHANGING,
        ),
    ],
)

# Exercise 5: gradients_are_right


def gradients_are_right(function: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> bool:
    """Whether autograd and finite differences agree for every input, in float64."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    return gradcheck(function, exact, raise_exception=False)


def _only_runs_backward(function, inputs):
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    function(*exact).sum().backward()
    return all(x.grad is not None and bool(x.grad.isfinite().all()) for x in exact)


def _along_the_sum(function, inputs):
    """The slope of the sum of the outputs when all inputs are nudged together."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    slopes = torch.autograd.grad(function(*exact).sum(), exact, allow_unused=True)
    slope = sum(x.sum() for x in slopes if x is not None)
    with torch.no_grad():
        up, down = (function(*(x + nudge for x in exact)).sum() for nudge in (1e-6, -1e-6))
    return bool(torch.isclose(slope, (up - down) / 2e-6, rtol=1e-3, atol=1e-4))


def _any_input(function, inputs):
    exact = [x.detach().double() for x in inputs]
    return any(
        gradcheck(function, [x.clone().requires_grad_(i == j) for j, x in enumerate(exact)], raise_exception=False)
        for i in range(len(exact))
    )


def _demands_gradients(function, inputs):
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    torch.autograd.grad(function(*exact).sum(), exact)
    return gradcheck(function, exact, raise_exception=False)


class _ByHand(torch.autograd.Function):
    """The product a·b with a backward pass written by hand: `slopes(grad, a, b)` gives the two gradients."""

    @staticmethod
    def forward(ctx, a, b, slopes):
        ctx.save_for_backward(a, b)
        ctx.slopes = slopes
        return a * b

    @staticmethod
    def backward(ctx, grad):
        return *ctx.slopes(grad, *ctx.saved_tensors), None


def plain_recurrence(a, b):
    """h = a·h + b over the last axis, the states as the output."""
    h, states = torch.zeros_like(a[..., 0]), []
    for a_t, b_t in zip(a.unbind(-1), b.unbind(-1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, dim=-1)


cut_recurrence = edited(plain_recurrence, "a_t * h → a_t * h.detach()")


def product_by_hand(a, b):
    """a·b, with the right gradients."""
    return _ByHand.apply(a, b, lambda grad, a, b: (grad * b, grad * a))


def square(a):
    """a·a: a function of one input."""
    return a * a


def cube(a):
    """a·a·a: a wide nudge misses its slope."""
    return a * a * a


def weighted_sum(a, b, c):
    """a·b + c·b: a function of three inputs."""
    return a * b + c * b


FUNCTIONS = {  # each with the right answer, and what only this one finds
    plain_recurrence: True,
    product_by_hand: True,
    edited(product_by_hand, "return _ByHand → return 1e4 + _ByHand"): True,  # too large for float32, whatever the nudge
    edited(product_by_hand, "return _ByHand → return 0 * _ByHand"): True,  # right even in float32
    square: True,
    cube: True,
    weighted_sum: True,
    edited(square, "return a → return 1e4 + a"): True,
    edited(cube, "return a → return 1e4 + a"): True,
    edited(weighted_sum, "return a → return 1e4 + a"): True,
    edited(weighted_sum, "c * b → c.detach() * b"): False,  # right for the first two inputs
    cut_recurrence: False,
    edited(product_by_hand, "grad * a → grad * (a + 1)"): False,  # right for the first input
    edited(product_by_hand, "(grad * b → (grad * (b + 1)"): False,  # right for the last input
    edited(product_by_hand, "grad * a → grad * (a + ((0 < a) & (a < 1)).all())"): False,  # right for most other numbers
    edited(product_by_hand, "return _ByHand.apply(a → return _ByHand.apply(a.detach()"): False,  # no gradient at all
    edited(product_by_hand, "(grad * b, grad * a) → ((grad * b).flip(-1), (grad * a).flip(-1))"): False,  # right in sum
    edited(
        product_by_hand, "(grad * b, grad * a) → (grad.flip(-1) * b, grad.flip(-1) * a)"
    ): False,  # right for the sum
}


def _gradient_cases(draw: Draw) -> dict:
    rows, length = draw.size(1, 2), draw.size(2, 4)
    a = draw.uniform(0.3, 0.9, rows, length).round(decimals=1)
    function = draw.choice(FUNCTIONS)
    others = (3 * draw.normal(rows, length) + 0.5 for _ in range(function.__code__.co_argcount - 1))
    return {"function": function, "inputs": (a, *others)}


def _inputs_left_alone(answer, /, function, inputs):
    """The answer for a function; an answer that leaves a request for gradients on the given inputs is an error."""
    result = answer(function, inputs)
    if any(x.requires_grad for x in inputs):
        raise RuntimeError("the given inputs ask for gradients now; they must stay as they came")
    return result


REQUEST = "x.detach().double().requires_grad_() for x in inputs"

GRADIENTS = Exercise(
    id="08.gradients_are_right",
    title="Are the gradients right?",
    reference=gradients_are_right,
    cases=_gradient_cases,
    apply=_inputs_left_alone,
    trials=80,
    misconceptions=[
        Misconception(
            "right functions that fail",
            "Functions fail whose gradients are right. Inputs that differ by 10⁻⁶ give outputs that float32 can hardly "
            "tell apart: make the inputs float64 first. If they are, leave gradcheck its own tolerances, and leave out "
            "torch.no_grad.",
            [
                edited(gradients_are_right, ".double() → "),
                edited(gradients_are_right, ".double() → ", "exact, → exact, eps=1e-3, atol=1e-2,"),
                edited(gradients_are_right, ".double() → ", "exact, → exact, eps=1e-3, atol=1e-1, rtol=1e-1,"),
            ],
        ),
        Misconception(
            "a backward that runs is taken for right",
            "This tests that backward gives finite numbers. Wrong gradients are finite, too. They must be compared "
            "with finite differences: gradcheck does it.",
            _only_runs_backward,
        ),
        Misconception(
            "an error where an input gets no gradient",
            "Some functions cut an input off, and then `torch.autograd.grad` raises. A gradient that does not come is "
            "a wrong one, and the answer is False: with allow_unused=True, None stands in its place.",
            _demands_gradients,
        ),
        Misconception(
            "the second derivatives checked",
            "gradgradcheck tests the backward pass of the backward pass, and takes the first one for right. The "
            "question is about the first: gradcheck.",
            edited(gradients_are_right, "return gradcheck → return gradgradcheck", gradgradcheck=gradgradcheck),
        ),
        Misconception(
            "True and False the wrong way round",
            "Every answer is the opposite of the right one. True says that autograd and the finite differences agree.",
            edited(gradients_are_right, "return gradcheck → return not gradcheck"),
        ),
        Misconception(
            "one input checked",
            "Only one of the inputs requires a gradient, so nothing is said about the others. A function can be right "
            "for one input and wrong for another.",
            [
                edited(
                    gradients_are_right,
                    f"tuple({REQUEST}) → [x.detach().double() for x in inputs]; exact[{i}].requires_grad_()",
                )
                for i in (0, -1)
            ],
        ),
        Misconception(
            "one right input is enough",
            "The inputs are checked one by one, and one that is right makes the answer True. It takes all of them: a "
            "wrong gradient of one input is a wrong gradient.",
            _any_input,
        ),
        Misconception(
            "one direction checked",
            "You add up the outputs, or nudge all inputs at once. Errors that cancel in the sum stay unseen. Every "
            "output has a slope with respect to every input.",
            [
                _along_the_sum,
                edited(gradients_are_right, "gradcheck(function → gradcheck(lambda *given: function(*given).sum()"),
            ],
        ),
        Misconception(
            "a nudge that is too wide",
            "Functions fail whose gradients are right: a function that curves is no line over so wide a nudge, and the "
            "finite difference misses its slope. In float64 gradcheck's own ε is a good one.",
            edited(gradients_are_right, "exact, → exact, eps=0.1,"),
        ),
        Misconception(
            "inputs of your own",
            "You check the function somewhere else, at zeros, at ones or at random numbers. There its gradients may be "
            "right, or wrong, and here not: take the numbers that are given.",
            [
                edited(gradients_are_right, f"x.detach().double() → torch.{own}_like(x, dtype=torch.float64)")
                for own in ("randn", "zeros")
            ],
        ),
        Misconception(
            "inputs that ask for no gradient",
            "gradcheck finds no tensor that asks for a gradient. After .double() a tensor is a new one: call "
            ".requires_grad_() on it. And give the tensors themselves, in a tuple, not inside of another one.",
            edited(gradients_are_right, ".requires_grad_() → "),
        ),
        Misconception(
            "a request on the given inputs",
            "`requires_grad_` was called on the tensors that were given, and they keep it. They belong to somebody "
            "else. Make new ones first, with .detach(), and let those ask for gradients.",
            edited(gradients_are_right, "x.detach().double().requires_grad_() → x.requires_grad_().double()"),
        ),
        Misconception(
            "an error instead of an answer",
            "gradcheck raises where it finds a difference. Here you want True or False: pass raise_exception=False.",
            edited(gradients_are_right, ", raise_exception=False → "),
        ),
        Misconception(
            "always the same answer",
            "Your answer is the same for all functions of the check, and only some of them are right: a fixed answer, "
            "or a test that everything passes.",
            [lambda function, inputs: True, lambda function, inputs: False],
        ),
    ],
)

# Bug hunt: mended_chunk


def continue_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """A chunk of any length from a given state: the outputs (B, D, L) and the state after it (B, D, N)."""
    return scan_from(*discretise(u, delta, A, B), C, state)


def suspect_chunk(u, delta, A, B, C, state):
    """A chunk as a real package ran it on a CPU: one token goes on from the state, more than one starts again."""
    h = state if u.shape[-1] == 1 else torch.zeros_like(state)
    return continue_scan(u, delta, A, B, C, h)


def _chunk_with_gradient(function, u, delta, A, B, C, state):
    """The results of a chunk; if they are right, gradients must flow into the state it starts from."""
    start = state.clone().requires_grad_()  # (B, D, N)
    given = u, delta.requires_grad_(), A, B, C.requires_grad_(), start
    return _flowing(continue_scan(*given), function(*given), start, "state")


def _chunk_cases(draw: Draw) -> dict:
    case = _discretise_cases(draw)
    batch, channels, length = case["u"].shape
    states = case["A"].shape[1]
    return case | {"C": draw.normal(batch, states, length), "state": draw.normal(batch, channels, states)}


def _patched(after: str) -> Callable[..., tuple[Tensor, Tensor]]:
    """The suspect with a repair behind it, for chunks of several tokens; y and last are what it returns."""
    return edited(_suspect_with_repair, f"(y, last) → ({after})")


def _first_token(u, delta, A, B, C, state):
    """The state after the first token."""
    return continue_scan(u[..., :1], delta[..., :1], A, B[..., :1], C[..., :1], state)[1]


def _from_zero(u, delta, A, B, C, state):
    y, last = continue_scan(u, delta, A, B, C, torch.zeros_like(state))
    return y, last


def _suspect_with_repair(u, delta, A, B, C, state):
    result = y, last = suspect_chunk(u, delta, A, B, C, state)
    return result if u.shape[-1] == 1 else (y, last)


MENDED = Exercise(
    id="08.mended_chunk",
    title="The prompt in two parts",
    reference=continue_scan,
    cases=_chunk_cases,
    apply=_chunk_with_gradient,
    axes={"y": AXES[:3], "the next state": STATE_AXES},
    items=("y", "the next state"),
    misconceptions=[
        Misconception(
            "the bug, still in",
            "Nothing is mended yet. Follow the numbers of the case below through the code: which of them is never "
            "used?",
            suspect_chunk,
            given=True,
        ),
        Misconception(
            "the condition turned round",
            "Longer chunks go on now, and a single token starts from zero. No chunk may.",
            edited(suspect_chunk, "== 1 → > 1"),
        ),
        Misconception(
            "a state that nobody reads",
            "Both paths are alike now, but both begin at zero: no chunk reads the state any more. Even one token at a "
            "time is wrong. The path for one token was the right one.",
            edited(continue_scan, "C, state) → C, torch.zeros_like(state))"),
        ),
        Misconception(
            "a state without gradient",
            "The numbers are right, but no gradient flows into `state`: on the way from it to the results something "
            "was detached, copied into a new tensor, or computed under torch.no_grad. Then a model cannot learn what "
            "to hand over at a border.",
            [
                edited(continue_scan, "C, state) → C, state.detach())"),
                edited(continue_scan, "C, state) → C, state if u.shape[-1] == 1 else state.detach())"),
            ],
        ),
        Misconception(
            "a start from one",
            "The chunk begins at one, whatever came before: `state` gives only its shape. It begins at the numbers of "
            "`state`.",
            [
                edited(suspect_chunk, "zeros_like → ones_like"),
                edited(continue_scan, "C, state) → C, torch.ones_like(state))"),
            ],
        ),
        Misconception(
            "a state that the first token does not fade",
            "The first token is added to the state without fading it. It is h before the first token, so it is "
            "multiplied by the first decay like any other h.",
            [
                edited(continue_scan, "scan_from → undecayed", undecayed=UNDECAYED),
                edited(
                    continue_scan,
                    "C, state) → C, state) if u.shape[-1] == 1 else undecayed(*discretise(u, delta, A, B), C, state)",
                    undecayed=UNDECAYED,
                ),
                edited(
                    continue_scan,
                    "C, state) → C, state) if u.shape[-1] > 1 else undecayed(*discretise(u, delta, A, B), C, state)",
                    undecayed=UNDECAYED,
                ),
            ],
        ),
        Misconception(
            "the old state in the place of h",
            "Every token goes on from the `state` that the chunk was given, and knows none of the tokens between. "
            "`state` stands at the beginning; in the loop it is h that goes on.",
            edited(continue_scan, "scan_from → stuck", stuck=STUCK),
        ),
        Misconception(
            "a state that fades twice",
            "The state fades before the loop, and once more in its first step. The loop does it alone.",
            edited(
                continue_scan,
                "C, state) → C, state if u.shape[-1] == 1 else discretise(u, delta, A, B)[0][:, :, 0] * state)",
            ),
        ),
        Misconception(
            "the first token run twice",
            "The first token is run before the loop, as in the path for one token, and the loop runs it again. The "
            "loop begins at `state`, and needs nothing before it.",
            [
                edited(continue_scan, f"C, state) → C, {start})", first_token=_first_token)
                for start in (
                    "first_token(u, delta, A, B, C, state)",
                    "state if u.shape[-1] == 1 else first_token(u, delta, A, B, C, state)",
                )
            ],
        ),
        Misconception(
            "no output for the first token",
            "The first token goes into the state before the loop, and nothing reads it there: its output is missing. A "
            "loop from the first token on needs nothing before it.",
            [
                edited(continue_scan, "scan_from → headless", headless=HEADLESS),
                edited(continue_scan, "scan_from → (scan_from if u.shape[-1] == 1 else headless)", headless=HEADLESS),
            ],
        ),
        Misconception(
            "read before the update",
            READ_TOO_EARLY.message,
            [
                edited(continue_scan, "scan_from → early", early=EARLY),
                edited(continue_scan, "scan_from → (scan_from if u.shape[-1] == 1 else early)", early=EARLY),
            ],
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            edited(continue_scan, "u, delta → u, F.softplus(delta)"),
        ),
        Misconception(
            "the old state added at the end",
            "The state is added to the last one, after the loop. There it has not faded, and no output of this chunk "
            "has read it. It belongs in front of the loop.",
            [_patched("y, last + state"), edited(_from_zero, "return y, last → return y, last + state")],
        ),
        Misconception(
            "a state handed on but not read",
            "The returned state is right, but the outputs of the chunk do not know the past. They are read from an h "
            "that began at zero.",
            [
                _patched("y, continue_scan(u, delta, A, B, C, state)[1]"),
                edited(_from_zero, "return y, last → return y, continue_scan(u, delta, A, B, C, state)[1]"),
            ],
        ),
        Misconception(
            "an old state that does not fade",
            "Every output of the chunk reads the old state at full strength. It fades with each token: let it go "
            "through the loop.",
            [
                _patched("y + torch.einsum('b d n, b n l -> b d l', state, C), last + state"),
                *(edited(continue_scan, "scan_from → beside", beside=beside) for beside in BESIDE),
            ],
        ),
        Misconception(
            "the given state handed on",
            "The outputs are right, but the state comes back as it was given. The chunk after this one will not know "
            "these tokens.",
            [
                edited(continue_scan, "C, state) → C, state)[0], state"),
                _patched("continue_scan(u, delta, A, B, C, state)[0], state"),
            ],
        ),
        Misconception(
            "the past added at each token",
            "The state comes in again at every token of the chunk. It is the h of the beginning: it enters once.",
            [edited(continue_scan, "scan_from → again", again=wrong) for wrong in ADDED_AGAIN],
        ),
        Misconception(
            "a given state that is changed in place",
            "The given state was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). It belongs to the "
            "chunk before. Make a new tensor: h = … * h + ….",
            [edited(continue_scan, "scan_from → changing", changing=changing) for changing in CHANGING],
        ),
    ],
)

EXERCISES = [DISCRETISE, LOOP, SKIP, SCAN_FROM, GRADIENTS, MENDED]

RECAP = [
    Question(
        text="u is (B, D, L) and A is (D, N). Which shape has the decay of every token?",
        choices=["(B, D, L)", "(D, N)", "(B, D, N)", "(B, D, L, N)"],
        answer="(B, D, L, N)",
        why="Every token has a step size of its own for each channel, and every channel has N states that fade at "
        "their own speeds.",
    ),
    Question(
        text="An impulse comes in at t = 5. Which is the first output that can show it, with D = 0?",
        choices=["y at t = 4", "y at t = 5", "y at t = 6"],
        answer="y at t = 5",
        why="The state is updated first, then read: the token of now is already in it.",
    ),
    Question(
        text="What does the gate SiLU(z) do at z = 0?",
        choices=["It lets everything pass", "It lets half of it pass", "It is closed, for the skip too"],
        answer="It is closed, for the skip too",
        why="SiLU(0) = 0·sigmoid(0) = 0, and it multiplies the sum of y and D·u.",
    ),
    Question(
        text="You stop a scan after a million tokens and want to go on tomorrow. What do you keep of the scan?",
        choices=["The last output", "The last state, (B, D, N)", "All states, (B, D, L, N)", "The whole input"],
        answer="The last state, (B, D, N)",
        why="Everything that the future can know of the past is in the state. Its size does not depend on L.",
    ),
    Question(
        text="gradcheck fails for your new scan in float32. What do you do first?",
        choices=["Look for the mistake in backward", "Run it in float64", "Widen the tolerance until it passes"],
        answer="Run it in float64",
        why="In float32 the finite difference itself is wrong by rounding, so right functions fail as well.",
    ),
]
