"""Bug hunt: mended_chunk."""

from collections.abc import Callable

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .discretise import HELD, discretise
from .scan_from import (
    ADDED_AGAIN,
    BESIDE,
    CHANGING,
    CUT,
    EARLY,
    FADED_LATE,
    FADED_ONCE,
    HEADLESS,
    SKIPPED,
    STUCK,
    UNDECAYED,
    WITHOUT_FIRST,
    forgetting,
    scan_from,
)
from .scan_loop import READ_TOO_EARLY, STEPS_OF_THE_FIRST, TOKEN_STEP
from .shared import AXES, STATE_AXES, discretise_cases, going_on, several_tokens


def continue_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """A chunk of any length from a given state: the outputs (B, D, L) and the state after it (B, D, N)."""
    return scan_from(*discretise(u, delta, A, B), C, state)


def suspect_chunk(u, delta, A, B, C, state):
    """A chunk as a real package ran it on a CPU: one token goes on from the state, more than one starts again."""
    h = state if u.shape[-1] == 1 else torch.zeros_like(state)
    return continue_scan(u, delta, A, B, C, h)


_held_chunk = edited(continue_scan, "discretise → held", held=HELD)


def _chunk_with_gradient(function, u, delta, A, B, C, state):
    """The results of a chunk; if they are right, gradients must flow into the state it starts from."""
    given = u, delta.requires_grad_(), A, B, C.requires_grad_(), state.requires_grad_()
    return going_on(continue_scan, function, given, "state", "the next state")


def _chunk_cases(draw: Draw) -> dict:
    case = discretise_cases(draw)
    batch, channels, length = case["u"].shape
    states = case["A"].shape[1]
    return case | {"C": draw.normal(batch, states, length), "state": draw.normal(batch, channels, states)}


def _patched(after: str) -> Callable[..., tuple[Tensor, Tensor]]:
    """The suspect with a repair behind it, for chunks of several tokens; y and last are what it returns."""
    return edited(_suspect_with_repair, f"(y, last) → ({after})")


def _first_token(u, delta, A, B, C, state):
    """The state after the first token."""
    return continue_scan(u[..., :1], delta[..., :1], A, B[..., :1], C[..., :1], state)[1]


def _as_one_token(u, delta, A, B, C, state):
    h = _first_token(u, delta, A, B, C, state)
    return torch.einsum("b d n, b n l -> b d l", h, C), h


def _paths_exchanged(u, delta, A, B, C, state):
    return (_from_zero if u.shape[-1] == 1 else _as_one_token)(u, delta, A, B, C, state)


def _first_token_and_all(u, delta, A, B, C, state):
    y, h = continue_scan(u[..., :1], delta[..., :1], A, B[..., :1], C[..., :1], state)
    others, h = continue_scan(u, delta, A, B, C, h)
    return torch.cat([y, others], -1), h


def _from_zero(u, delta, A, B, C, state):
    y, last = continue_scan(u, delta, A, B, C, torch.zeros_like(state))
    return y, last


def _suspect_with_repair(u, delta, A, B, C, state):
    result = y, last = suspect_chunk(u, delta, A, B, C, state)
    return result if u.shape[-1] == 1 else (y, last)


MENDED_CHUNK = Exercise(
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
            "a single token that starts from zero",
            "The two paths have changed places: a single token starts from zero now, and longer chunks go on, or take "
            "the path that is for one token. No chunk may start from zero.",
            [edited(suspect_chunk, "== 1 → > 1"), _paths_exchanged],
        ),
        Misconception(
            "a state that nobody reads",
            "Every chunk begins at zero now, of one token or of many: none reads the state any more. Of the suspect's "
            "two paths, that for one token was the right one.",
            edited(continue_scan, "C, state) → C, torch.zeros_like(state))"),
        ),
        Misconception(
            "a state without gradient",
            "The numbers are right, but no gradient flows into `state`: on the way from it to the results something "
            "was detached, copied into a new tensor, replaced by zeros, or computed under torch.no_grad. Then a model "
            "cannot learn what to hand over at a border.",
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
            "The first token is added to `state` without fading it. `state` is h before the first token, so it is "
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
                *(
                    edited(continue_scan, f"scan_from → {path}", late=FADED_LATE)
                    for path in ("late", "(scan_from if u.shape[-1] == 1 else late)")
                ),
            ],
        ),
        Misconception(
            "a state that only the first token knows",
            "The first token goes on from `state`, and the second from zero: what the first one left, and all before "
            "it, is lost between the two.",
            edited(
                continue_scan,
                "scan_from → lost",
                lost=edited(scan_from, "deltaA[:, :, t] * h → deltaA[:, :, t] * (0 * h if t == 1 else h)"),
            ),
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
            [
                edited(continue_scan, f"C, state) → C, {one_token}discretise(u, delta, A, B)[0][:, :, 0] * state)")
                for one_token in ("state if u.shape[-1] == 1 else ", "")
            ],
        ),
        Misconception(
            "the first token run twice",
            "The first token is run before the loop, as in the path for one token, and the loop runs it again. The "
            "loop begins at `state`, and needs nothing before it.",
            [
                _first_token_and_all,
                *(
                    edited(continue_scan, f"C, state) → C, {start})", first_token=_first_token)
                    for start in (
                        "first_token(u, delta, A, B, C, state)",
                        "state if u.shape[-1] == 1 else first_token(u, delta, A, B, C, state)",
                    )
                ),
            ],
        ),
        Misconception(
            "no output for the first token",
            "The loop begins at the second token, so that the output of the first is missing. A loop from the first "
            "token on needs nothing before it.",
            [
                edited(continue_scan, f"scan_from → {path}", headless=wrong)
                for path in ("headless", "(scan_from if u.shape[-1] == 1 else headless)")
                for wrong in (HEADLESS, WITHOUT_FIRST)
            ],
            where=several_tokens,
        ),
        Misconception(
            "the old state for that after the first token",
            "The first token is left out: its output is read from `state`, and neither its decay nor its drive comes "
            "in. `state` is that before the first token.",
            [
                edited(continue_scan, f"scan_from → {path}", skipped=SKIPPED)
                for path in ("skipped", "(scan_from if u.shape[-1] == 1 else skipped)")
            ],
        ),
        Misconception(
            "the first token in every turn",
            "Every turn of the loop takes the decay or the drive of the first token: an index is still 0. Each token "
            "brings its own.",
            [
                edited(continue_scan, "scan_from → again", again=edited(scan_from, f"{TOKEN_STEP} → {step}"))
                for step in STEPS_OF_THE_FIRST
            ],
            where=several_tokens,
        ),
        Misconception(
            "the zero-order hold for B",
            "The drive uses (exp(Δ·A) − 1)/A·B now. The plain product Δ·B was right, for it is what the package "
            "computes: the bug is elsewhere.",
            [_held_chunk, edited(suspect_chunk, "continue_scan → held", held=_held_chunk)],
        ),
        Misconception(
            "read before the update",
            READ_TOO_EARLY.message,
            [
                edited(continue_scan, "scan_from → early", early=EARLY),
                edited(continue_scan, "scan_from → (scan_from if u.shape[-1] == 1 else early)", early=EARLY),
            ],
            where=several_tokens,
        ),
        Misconception(
            "softplus once more",
            "Δ went through softplus. It comes in positive: softplus was applied where Δ was made.",
            edited(continue_scan, "u, delta → u, F.softplus(delta)"),
        ),
        Misconception(
            "the old state added at the end",
            "The old state is added to the next one, after the loop. There it has not faded, and no output of this "
            "chunk has read it. It belongs in front of the loop.",
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
            where=several_tokens,
        ),
        Misconception(
            "an old state that fades once",
            "What is left of the old state is computed with the decay of one token alone. At each token it fades "
            "again: it is multiplied by all decays up to there.",
            [edited(continue_scan, "scan_from → once", once=once) for once in FADED_ONCE],
        ),
        Misconception(
            "the path for one token, for all",
            "Chunks of any length take the path for one token now: every output is read from the state after the first "
            "token. The others must come in, too.",
            _as_one_token,
        ),
        Misconception(
            "outputs without gradient",
            "The numbers are right, and no gradient flows from the outputs, only from the next state: the outputs were "
            "detached, copied into a new tensor, or computed by NumPy or under torch.no_grad.",
            [
                edited(continue_scan, "return → y, last =", f"C, state) → C, state)\n    return {y}, last")
                for y in ("y.detach()", "y if u.shape[-1] == 1 else y.detach()")
            ],
        ),
        Misconception(
            "a next state without gradient",
            "The numbers are right, but the state that you hand on is detached. What the next chunk makes of it "
            "teaches this one nothing.",
            [
                edited(continue_scan, "return → y, last =", f"C, state) → C, state)\n    return y, {last}")
                for last in ("last.detach()", "last if u.shape[-1] == 1 else last.detach()")
            ],
        ),
        Misconception(
            "a gradient that does not reach the tokens before",
            "The numbers are right, but the gradients that flow into `state` are not: in the loop the state is cut off "
            "from its past, by `.detach()` or `.data`. A model could not learn what to keep.",
            [edited(continue_scan, "scan_from → cut", cut=cut) for cut in CUT],
            where=several_tokens,
        ),
        Misconception(
            "a next state that forgets the start",
            "The outputs are right, but the state that you hand on is what the tokens of this chunk alone have left. "
            "What is left of the old state belongs to it.",
            [
                edited(continue_scan, f"scan_from → {path}", forgetting=forgetting)
                for path in ("forgetting", "(scan_from if u.shape[-1] == 1 else forgetting)")
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
            [
                *(edited(continue_scan, "scan_from → again", again=wrong) for wrong in ADDED_AGAIN),
                *(  # one token alone is right by itself if h begins at zero and the state comes in before it fades
                    edited(continue_scan, "scan_from → (scan_from if u.shape[-1] == 1 else again)", again=wrong)
                    for wrong in ADDED_AGAIN[1:]
                ),
            ],
            where=several_tokens,
        ),
        Misconception(
            "a state that is changed in place",
            "h, or `state` itself, was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). The backward "
            "pass needs the old h, and `state` belongs to the chunk before. Make a new tensor: h = … * h + ….",
            [edited(continue_scan, "scan_from → changing", changing=changing) for changing in CHANGING],
        ),
    ],
)
