"""Exercise 2: scan_loop."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Exercise, Misconception
from .shared import AXES, FADE_LAST, READ, STEP, faster, gradients_of, keep_the_digits, scan_cases, several_tokens


def scan_loop(deltaA: Tensor, deltaB_u: Tensor, C: Tensor) -> Tensor:
    """The outputs (B, D, L) of the recurrence, from deltaA and deltaB_u (B, D, L, N) and C (B, N, L)."""
    h, outputs = torch.zeros_like(deltaA[:, :, 0]), []  # (B, D, N)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1)  # (B, D, L)


def _pairwise(loop: Callable[..., Any], product: str) -> Callable[..., Any]:
    """A loop that reads h with a product in the place of einsum."""
    return edited(loop, f"{READ} → outputs.append({product})")


def _two_cumulative_sums(deltaA, deltaB_u, C, initial_state):
    product = deltaA.cumprod(2)
    h = (product * (initial_state[:, :, None] + (deltaB_u / product).cumsum(2))).to(C)
    return torch.einsum("b d l n, b n l -> b d l", h, C), h[:, :, -1]


STEPS_OF_THE_FIRST = (  # an index that stays 0
    "deltaA[:, :, 0] * h + deltaB_u[:, :, 0]",
    "deltaA[:, :, 0] * h + deltaB_u[:, :, t]",
    "deltaA[:, :, t] * h + deltaB_u[:, :, 0]",
)
FUNCTIONS_OF_H = "torch.tanh", "torch.sigmoid", "F.silu", "F.relu"
TOKEN_STEP = "deltaA[:, :, t] * h + deltaB_u[:, :, t]"
BY_SUM = "(h * C[:, None, :, t]).sum(-1)"
ZERO_FIRST = "torch.stack(outputs, dim=-1) → F.pad(torch.stack(outputs, dim=-1), (1, 0))"


def _faded_before(deltaA, deltaB_u, C):
    return torch.einsum("b d l n, b n l -> b d l", (deltaA.cumprod(2) * deltaB_u).cumsum(2), C)


def _all_decays(deltaA, deltaB_u, C):
    return torch.einsum("b d l n, b n l -> b d l", deltaA.cumprod(2) * deltaB_u.cumsum(2), C)


def _also_backwards(function, deltaA, deltaB_u, C):
    """The outputs of a loop; if they are right, it must also bear what section 8 does: gradients, in float64."""
    result, right = function(deltaA, deltaB_u, C), scan_loop(deltaA, deltaB_u, C)
    if isinstance(result, Tensor) and result.shape == right.shape and torch.allclose(result.to(right), right, 1e-4):
        exact = [x.requires_grad_() for x in (faster(deltaA.double()), deltaB_u.double(), C.double())]
        again = function(*exact)  # (B, D, L)
        if not again.requires_grad:
            raise RuntimeError("the outputs are right, but no gradient comes through them")
        if again.dtype != torch.float64:
            raise TypeError(f"float64 comes in, and {again.dtype} goes out".replace("torch.", ""))
        right = scan_loop(*exact)
        if again.shape != right.shape or not torch.allclose(again.to(right), right, 1e-4):
            return again.detach().to(result)  # another result, not another format: a call left something for the next
        keep_the_digits([again], (right,))
        expected = gradients_of(right.sum(), exact)
        if missed := {
            name: slope
            for name, slope, wanted in zip(
                ("deltaA", "deltaB_u", "C"), gradients_of(again.sum(), exact), expected, strict=True
            )
            if not torch.allclose(slope, wanted, 1e-4, 1e-5)
        }:
            wrong = any(slope.any() for slope in missed.values())
            words = "their gradients are not" if wrong else "no gradient comes through them"
            raise RuntimeError(f"the outputs are right, but {words}, for {' and '.join(missed)}")
    return result


def _into_a_table(deltaA, deltaB_u, C):
    h = torch.zeros_like(deltaB_u)
    for t in range(deltaA.shape[2]):
        h[:, :, t] = deltaA[:, :, t] * h[:, :, t - 1] + deltaB_u[:, :, t]
    return torch.einsum("b d l n, b n l -> b d l", h, C)


def _in_one(axes: Sequence[int]) -> Callable[..., Tensor]:
    """The sequences (axis 0), the channels (axis 1) or both, one behind the other as one long sequence."""

    def wrong(deltaA, deltaB_u, C):
        ways_out = C[:, None].expand(-1, deltaA.shape[1], -1, -1).movedim(-1, 2)  # (B, D, L, N)
        order = (*(axis for axis in (0, 1) if axis not in axes), *axes, 2)  # those that stay apart stand in front
        long = [x.permute(*order, 3).flatten(2 - len(axes), 2) for x in (deltaA, deltaB_u, ways_out)]
        h, outputs = torch.zeros_like(long[0].select(-2, 0)), []
        for decay, drive, way_out in zip(*(x.unbind(-2) for x in long), strict=True):
            h = decay * h + drive
            outputs.append((h * way_out).sum(-1))
        back = torch.stack(outputs, -1).reshape([deltaA.shape[axis] for axis in order])
        return back if order == (0, 1, 2) else back.transpose(0, 1)

    return wrong


def _along_the_channels(deltaA, deltaB_u, C):
    h, outputs = torch.zeros_like(deltaA[:, 0]), []  # (B, L, N)
    for d in range(deltaA.shape[1]):
        h = deltaA[:, d] * h + deltaB_u[:, d]
        outputs.append(torch.einsum("b l n, b n l -> b l", h, C))
    return torch.stack(outputs, dim=1)


def divided(start: Sequence[str], *more: str) -> Misconception:
    """The shortcut of two cumulative sums, which a product of small decays stops.

    `start` are edits of the state that it starts from, `more` further spellings.
    """
    return Misconception(
        "a division by a product of decays",
        "Two cumulative operations in the place of the loop are right on paper. But the product of the decays soon "
        "becomes zero, in float64 too, and you divide by it, or by a small number in its place. Notebook 09 "
        "comes back to this shortcut; here the loop is wanted.",
        [
            edited(_two_cumulative_sums, *start),
            *(
                edited(_two_cumulative_sums, *start, edit)
                for edit in (
                    *(f"/ product → / (product + {small})" for small in (1e-6, 1e-8, 1e-10, 1e-12)),
                    "cumprod(2) → cumprod(2).clamp(1e-8)",
                    "(product * → torch.nan_to_num(product *",
                    *more,
                )
            ),
        ],
        where=lambda deltaA, **case: bool((deltaA.cumprod(2) == 0).any()),
    )


def kept_whole(loop: Callable[..., Any], *signs: str) -> Misconception:
    """The old state in the new one as it was; a loop from a state that asks for gradients bears no `+=`."""
    return Misconception(
        "an old state that stays whole",
        "The new h has the old one in it twice: as it was, and faded. Only what the decay leaves of it belongs there.",
        [edited(loop, f"h = {TOKEN_STEP} → h {sign} {TOKEN_STEP}") for sign in signs],
    )


def of_any_loop(
    loop: Callable[..., Any], *along_the_channels: Callable[..., Any], starts: Sequence[tuple[str, ...]] = ((),)
) -> list[Misconception]:
    """The mistakes that a loop makes from any start: in its turns, its step, what is read and how that is stacked.

    `starts` are edits of the state that it starts from, one for each shape that a slip may give it.
    """
    return [
        Misconception(
            "an index at another axis",
            "t counts tokens, and in at least one of the tensors it stands at an axis that is not that of the tokens. "
            "In each of the three, time is axis 2.",
            [
                *(
                    edited(loop, f"{TOKEN_STEP} → deltaA[{place}] * h + deltaB_u[{place}]", *start)
                    for place in (":, t", "..., t")
                    for start in starts
                ),
                edited(loop, "C[:, :, t] → C[:, t]"),
            ],
        ),
        Misconception(
            "a loop over the sequences",
            "The loop goes over axis 0, the sequences. It goes over the tokens: time is axis 2, of `deltaA` as of `C`.",
            [
                edited(loop, "shape[2] → shape[0]"),
                edited(
                    loop,
                    "for t in range(deltaA.shape[2]) → for decay, drive, way_out in zip(deltaA, deltaB_u, C)",
                    f"{TOKEN_STEP} → decay * h + drive",
                    "h, C[:, :, t] → h, way_out",
                ),
            ],
        ),
        Misconception(
            "what is lost in the place of what is left",
            "h is multiplied by 1 − decay, the part of it that is lost. The decay is the part that is left.",
            [
                edited(loop, f"deltaA[:, :, t] * h + → (1 - deltaA[:, :, t]) * h + {weight}")
                for weight in ("", "deltaA[:, :, t] *")
            ],
            where=several_tokens,
        ),
        Misconception(
            "the states in the place of the outputs",
            "You return the states themselves, with all N numbers of each channel. What comes out is what C reads from "
            "them: one number for each channel and token.",
            [edited(_pairwise(loop, "h"), *axis) for axis in ((), ("dim=-1 → dim=2",), (", dim=-1 → ",))],
        ),
        Misconception(
            "a drive weighted with what the decay leaves free",
            "The drive is multiplied by 1 − decay, as in a moving average. It has its weight Δ·B already: it is "
            "added as it is.",
            edited(loop, "+ deltaB_u → + (1 - deltaA[:, :, t]) * deltaB_u"),
        ),
        Misconception(
            "a state that does not fade",
            "The drive is added to h, but h is never multiplied by its decay. Nothing is forgotten.",
            edited(loop, "deltaA[:, :, t] * h + → h +"),
        ),
        Misconception(
            "a decay on the drive alone",
            "The decay multiplies the drive, and the old state stays whole. It is the other way round: what was there "
            "fades, and the token of now comes in as it is.",
            edited(loop, "deltaA[:, :, t] * h + → h + deltaA[:, :, t] *"),
            where=several_tokens,
        ),
        Misconception(
            "outputs of their own token alone",
            "Every output knows its own token only. What C reads must be h: made once, before the loop, with the old h "
            "in each new one.",
            [edited(loop, f"deltaA[:, :, t] * h + → {own}") for own in ("", "deltaA[:, :, t] * ")],
            where=several_tokens,
        ),
        Misconception(
            "a decay that is added",
            "The decay is added to h. It is a factor: it says how much of the old state is left.",
            edited(loop, "deltaA[:, :, t] * h + → deltaA[:, :, t] + h +"),
        ),
        Misconception(
            "a function around the state",
            "h goes through a function, as in other recurrent networks. Here it is made of the old h and the drive by "
            "a product and a sum alone.",
            [edited(loop, f"h = {TOKEN_STEP} → h = {f}({TOKEN_STEP})") for f in FUNCTIONS_OF_H],
        ),
        Misconception(
            "decay and drive exchanged",
            "The old state is multiplied by the drive, and the decay is added. The decay is a factor: it says how much "
            "of the old state is left. The drive is what comes in.",
            edited(loop, "deltaA[:, :, t] * h + deltaB_u[:, :, t] → deltaB_u[:, :, t] * h + deltaA[:, :, t]"),
            where=several_tokens,
        ),
        Misconception(
            "summed over the channels",
            "The output has a number for each state instead of each channel: the sum runs over D. C weighs the N "
            "states of one channel, so the sum runs over N.",
            _pairwise(loop, "(h * C[:, None, :, t]).sum(1)"),
        ),
        Misconception(
            "states not summed",
            "h and C are multiplied, but the products are not added up, so the output still has an axis for the "
            "states. Each channel gives one number a token.",
            [
                _pairwise(loop, "h * C[:, None, :, t]"),
                edited(_pairwise(loop, "h * C[:, None, :, t]"), "dim=-1 → dim=2"),
            ],
        ),
        Misconception(
            "every C at every token",
            "Each turn of the loop reads h with the C of all tokens, so that L outputs come instead of one. A token is "
            "read with its own column of C.",
            [
                edited(_pairwise(loop, "h @ C"), *axis)
                for axis in ((), ("dim=-1 → dim=2",), (", dim=-1 → ",), ("torch.stack → torch.cat",))
            ],
            where=several_tokens,
        ),
        Misconception(
            "two sums in the place of one",
            "The states are added up, and the numbers of C are added up, and the two sums multiplied. einsum does so "
            "if h and C have two letters for one axis. Each state meets its own number of C first, and the products "
            "are added up.",
            _pairwise(loop, "h.sum(-1) * C[:, :, t].sum(-1, keepdim=True)"),
        ),
        Misconception(
            "states averaged",
            "The outputs are too small by the factor N: the products are averaged over the states. They are added up.",
            _pairwise(loop, "(h * C[:, None, :, t]).mean(-1)"),
        ),
        Misconception(
            "one state alone is read",
            "Every output comes from one state of its channel, the first or the last. All N states are read, each with "
            "its number of C. Does a loop over them begin its sum anew each time?",
            [_pairwise(loop, f"(h * C[:, None, :, t])[..., {place}]") for place in (0, -1)],
            where=several_tokens,
        ),
        Misconception(
            "C left out",
            "You add up the states as they are. C says with which weight each of them is read, and the weights are "
            "others for each token.",
            _pairwise(loop, "h.sum(-1)"),
        ),
        Misconception(
            "one C for all tokens",
            "Every state is read with the same C: that of the first token, that of the last, or those of all tokens "
            "added up. C has a column for each token: this is what lets a model choose what it reads.",
            [edited(loop, f"C[:, :, t] → {same}") for same in ("C[:, :, 0]", "C[:, :, -1]", "C.sum(-1)")],
        ),
        Misconception(
            "a state that C is multiplied into",
            "C is multiplied into the state, or into what is added to it, and the next token goes on from that. C only "
            "reads: h stays as it is, and the product goes to the outputs.",
            [
                edited(loop, f"{TOKEN_STEP} → {step}", f"{READ} → outputs.append({read})")
                for step, read in (
                    (f"C[:, None, :, t] * ({TOKEN_STEP})", "h.sum(-1)"),
                    (f"{TOKEN_STEP} * C[:, None, :, t]", "h.sum(-1)"),
                    (f"{TOKEN_STEP} * C[:, None, :, t]", BY_SUM),
                )
            ],
            where=several_tokens,
        ),
        Misconception(
            "the first token in every turn",
            "Every turn of the loop takes the decay or the drive of the first token: an index is still 0. Each token "
            "brings its own.",
            [edited(loop, f"{TOKEN_STEP} → {step}") for step in STEPS_OF_THE_FIRST],
            where=several_tokens,
        ),
        Misconception(
            "a loop from the last token to the first",
            "The loop runs backwards: what is read at a token knows the tokens after it and none of those before.",
            [
                edited(loop, "range(deltaA.shape[2]) → reversed(range(deltaA.shape[2]))", *order)
                for order in ((), ("torch.stack(outputs → torch.stack(outputs[::-1]",))
            ],
        ),
        Misconception(
            "one output alone",
            "The output of one token comes back. Each of the L tokens has one: in the loop a list takes them all, and "
            "`return` stands after it.",
            [
                edited(loop, f"torch.stack(outputs, dim=-1) → {one}")
                for one in ("outputs[0]", "outputs[-1]", "outputs[0][..., None]", "outputs[-1][..., None]")
            ],
            where=several_tokens,
        ),
        Misconception(
            "a loop over the channels",
            "The loop takes as many turns as there are channels. Time is axis 2 of `deltaA`, not axis 1.",
            [edited(loop, "shape[2] → shape[1]"), *along_the_channels],
            where=lambda deltaA, **case: deltaA.shape[1] <= deltaA.shape[2],
        ),
        Misconception(
            "a loop over the states",
            "The loop takes as many turns as a channel has states. Time is axis 2, of `deltaA` as of `C`.",
            [
                edited(loop, "shape[2] → shape[-1]"),
                *(
                    edited(
                        loop, "shape[2] → shape[-1]", f"{TOKEN_STEP} → deltaA[..., t] * h + deltaB_u[..., t]", *start
                    )
                    for start in starts
                ),
            ],
        ),
        Misconception(
            "outputs that are added up",
            "Each output has all outputs before it in it. The past is in h already: what is read from h at a token is "
            "the output, as it is.",
            edited(loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).cumsum(-1)"),
        ),
        Misconception(
            "a missing axis for the channels",
            "Decay and drive are (B, D, N). Something of the shape (B, N) meets them: `C[:, :, t]`, or an h that was "
            "made without channels. Broadcasting lines axes up from the right, so B meets D. It works for one "
            "sequence only. Which axis is missing, and at which place?",
            [_pairwise(loop, "(h * C[:, :, t]).sum(-1)"), _pairwise(loop, "(C[:, :, t] * h).sum(-1)")],
        ),
        Misconception(
            "a product of matrices",
            "`@` takes `C[:, :, t]`, which is (B, N), for one matrix. It is a vector of N numbers for each sequence. "
            "A product of matrices needs it with an axis more; einsum names the axes that there are.",
            _pairwise(loop, "h @ C[:, :, t]"),
        ),
        Misconception(
            "time stacked in front",
            "torch.stack puts the new axis in front unless you say where. Time belongs at the end: (B, D, L).",
            edited(loop, ", dim=-1 → "),
        ),
        Misconception(
            "time stacked in the middle",
            "The outputs are (B, L, D). The numbers are right; time belongs on the last axis.",
            edited(loop, "dim=-1 → dim=1"),
        ),
        Misconception(
            "a list of outputs",
            "You return a list with one (B, D) for each token. Stack it to one tensor, with time on the last axis.",
            edited(loop, "torch.stack(outputs, dim=-1) → outputs"),
        ),
        Misconception(
            "a list given to torch.tensor",
            "torch.tensor makes a tensor of numbers, and would know nothing of their gradients. The list holds "
            "tensors: which function puts them together along a new axis?",
            edited(loop, "torch.stack(outputs, dim=-1) → torch.tensor(outputs)"),
        ),
        Misconception(
            "an exponential of the decay",
            "You take the exponential of the decay: it has been taken already, and what comes out is larger than 1.",
            edited(loop, "h = deltaA[:, :, t] * h → h = deltaA[:, :, t].exp() * h"),
        ),
        Misconception(
            "the way out of the token before",
            "You read with the C of the token before. Each token reads with its own.",
            [edited(loop, f"C[:, :, t] → {before}") for before in ("C[:, :, t - 1]", "F.pad(C, (1, 0))[:, :, t]")],
            where=several_tokens,
        ),
        Misconception(
            "no output for the last token",
            "The output of the last token is missing, or stays at the 0 that it was made with. `range(n)` ends at "
            "n − 1 by itself: all L tokens are run.",
            [
                edited(loop, "range(deltaA.shape[2]) → range(deltaA.shape[2] - 1)", *zero)
                for zero in ((), ("torch.stack(outputs, dim=-1) → F.pad(torch.stack(outputs, dim=-1), (0, 1))",))
            ],
            where=several_tokens,
        ),
        Misconception(
            "the drive of the token before",
            "What is added to the state is the drive of the token before. Each token adds its own.",
            [
                edited(loop, f"+ deltaB_u[:, :, t] → + {drive}")
                for drive in ("deltaB_u[:, :, t - 1]", "(deltaB_u[:, :, t - 1] if t else 0)")
            ],
            where=several_tokens,
        ),
        Misconception(
            "outputs put one behind the other",
            "torch.cat lays the outputs one behind the other along an axis that they have already. Time is a new axis: "
            "torch.stack makes it.",
            [edited(loop, f"torch.stack(outputs, dim=-1) → torch.cat(outputs, dim={axis})") for axis in (-1, 0)],
            where=several_tokens,
        ),
        Misconception(
            "outputs reshaped, not transposed",
            "The shape is right, and the numbers stand at the wrong places: reshape reads them as they lie in memory, "
            "token after token, and fills channel after channel. torch.stack can put time where it belongs.",
            edited(loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs).reshape(deltaA.shape[:3])"),
        ),
    ]


READ_TOO_EARLY = Misconception(
    "read before the update",
    "y_t is read from the state of the step before: every output is one token late, and the first one reads what was "
    "there before any token. Update h first, then read it.",
    edited(scan_loop, f"{STEP} → ", f"{READ} → {READ}\n        {STEP}"),
    where=several_tokens,
)


SCAN_LOOP = Exercise(
    id="08.scan_loop",
    title="The loop",
    reference=scan_loop,
    cases=scan_cases,
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
            where=several_tokens,
        ),
        Misconception(
            "a state that fades after it is read",
            "The old state is read before this token's decay has touched it: it has faded with the decay of the token "
            "before. The order is: fade with the decay of now, add, read.",
            edited(scan_loop, *FADE_LAST),
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
        divided(("C, initial_state → C", "initial_state[:, :, None] +  → ", ", h[:, :, -1] → ")),
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
            "the last state read at every token",
            "Every output is read from the state after the last token: behind the loop, or from a list that holds one "
            "tensor many times, changed in place. Each token has a state of its own, a new h, and is read in its turn.",
            edited(
                scan_loop,
                f"{READ} → outputs.append(C[:, None, :, t])",
                "torch.stack(outputs → torch.stack([(h * C_t).sum(-1) for C_t in outputs]",
            ),
        ),
        Misconception(
            "the decays before a token instead of those after it",
            "Each drive is multiplied by the decays from the first token up to its own, and then only added up. A "
            "drive fades at the tokens that come after it.",
            _faded_before,
            where=several_tokens,
        ),
        Misconception(
            "every decay on every drive",
            "All drives so far are added up, and the sum is multiplied by all decays so far: a drive fades by the "
            "decays before it and its own, too. A drive fades at the tokens that come after it.",
            _all_decays,
            where=several_tokens,
        ),
        Misconception(
            "a state that is changed in place",
            "The outputs are right, but h was changed in place (`*=`, `+=`, or an assignment into it), and the "
            "backward pass needs the old h. Make a new tensor: h = … * h + ….",
            [edited(scan_loop, f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"), _into_a_table],
        ),
        Misconception(
            "a gradient that does not reach the tokens before",
            "The outputs are right, but their gradients are not: h is cut off from its past, or the outputs from "
            "h, by `.detach()` or `.data`. A model could not learn what to keep.",
            [
                edited(scan_loop, "[:, :, t] * h + → [:, :, t] * h.detach() +"),
                edited(scan_loop, '", h, C → ", h.detach(), C'),
            ],
            where=several_tokens,
        ),
        Misconception(
            "an input cut off from the outputs",
            "The outputs are right, and the gradient of one of the three inputs does not come through: by `.detach()` "
            "or `.data` on its way into h, or to the outputs.",
            [
                edited(scan_loop, f"{way} → {way.replace(name, f'{name}.detach()')}")
                for name, way in (("deltaA", "h = deltaA"), ("deltaB_u", "+ deltaB_u"), ("C", "h, C["))
            ],
        ),
        Misconception(
            "outputs without a gradient",
            "The outputs are right, and no gradient comes through them: they were detached, copied into a new "
            "tensor, or computed by NumPy or under torch.no_grad. Stack what torch computed.",
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
            where=several_tokens,
        ),
        Misconception(
            "a number format of its own",
            "The numbers are right, but float64 comes in, and float32 goes out or stands in between. A tensor that is "
            "made beforehand has the default format, unless you hand on the dtype of the inputs.",
            [
                edited(scan_loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).float()"),
                edited(scan_loop, "torch.stack(outputs, dim=-1) → torch.stack(outputs, dim=-1).float().to(C)"),
                edited(scan_loop, f"{STEP} → h = ({TOKEN_STEP}).float()", f"{READ} → outputs.append({BY_SUM})"),
            ],
        ),
        Misconception(
            "no output for the first token",
            "The output of token 0 is missing, or stays at the 0 that it was made with. The loop begins at t = 0: the "
            "first drive is added to a state that is zero, and read like any other.",
            [
                edited(scan_loop, "range(deltaA → range(1, deltaA", *start, *zero)
                for start in ((), ("(deltaA[:, :, 0]) → (deltaA[:, :, 0]) + deltaB_u[:, :, 0]",))
                for zero in ((), (ZERO_FIRST,))
            ],
            where=several_tokens,
        ),
        kept_whole(scan_loop, "= h +", "+="),
        Misconception(
            "a state that goes on from the row before",
            "The first sequence, or the first channel, is right, and the next one goes on from where it ended: h is "
            "made once, in front of a loop over them. Each begins at zero.",
            [_in_one(axes) for axes in ((0,), (1,), (0, 1))],
        ),
        *of_any_loop(
            scan_loop,
            _along_the_channels,
            edited(_along_the_channels, 'l n, b n l -> b l", h, C → l n, b n -> b l", h, C[:, :, d]'),
            edited(_along_the_channels, 'l n, b n l -> b l", h, C → l n, b n -> b l", h, C[:, :, d]', "dim=1 → dim=-1"),
            starts=[(), ("deltaA[:, :, 0] → deltaA[:, 0]",), ("deltaA[:, :, 0] → deltaA[..., 0]",)],
        ),
    ],
)
