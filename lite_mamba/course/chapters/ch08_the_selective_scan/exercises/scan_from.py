"""Exercise 4: scan_from."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .scan_loop import READ_TOO_EARLY, ZERO_FIRST, divided, kept_whole, of_any_loop
from .shared import AXES, FADE_LAST, FROM, READ, STATE_AXES, STEP, faster, going_on, scan_cases, several_tokens


def scan_from(deltaA: Tensor, deltaB_u: Tensor, C: Tensor, initial_state: Tensor) -> tuple[Tensor, Tensor]:
    """The scan from a given state (B, D, N): the outputs (B, D, L) and the state after the last token (B, D, N)."""
    h, outputs = initial_state, []  # (B, D, N)
    for t in range(deltaA.shape[2]):
        h = deltaA[:, :, t] * h + deltaB_u[:, :, t]  # (B, D, N)
        outputs.append(torch.einsum("b d n, b n -> b d", h, C[:, :, t]))  # (B, D)
    return torch.stack(outputs, dim=-1), h  # (B, D, L), (B, D, N)


UNDECAYED = edited(scan_from, "deltaA[:, :, t] * h → (deltaA[:, :, t] * h if t else h)")
EARLY = edited(scan_from, f"{STEP} → ", f"{READ} → {READ}\n        {STEP}")
BESIDE = [  # the given state is only added to what is read; the last state has it, or not
    edited(
        scan_from, f"{FROM}torch.zeros_like(initial_state), []", "h, C[:, :, t] → h + initial_state, C[:, :, t]", *last
    )
    for last in (["-1), h → -1), h + initial_state"], [])
]
FADED_ONCE = [  # by the decay of the token that is read, or of the first one
    edited(
        scan_from,
        f"{FROM}torch.zeros_like(initial_state), []",
        f"h, C[:, :, t] → h + deltaA[:, :, {read}] * initial_state, C[:, :, t]",
        f"-1), h → -1), h + deltaA[:, :, {last}] * initial_state",
    )
    for read, last in (("t", -1), (0, 0))
]
STUCK = edited(scan_from, "deltaA[:, :, t] * h → deltaA[:, :, t] * initial_state")

FADED_LATE = edited(  # the decay of a token touches the given state after the token is read
    scan_from,
    f"{FROM}torch.zeros_like(initial_state), []; left = initial_state",
    f"{STEP} → {STEP.split('  #')[0]}; both = h + left; left = deltaA[:, :, t] * left",
    "h, C[:, :, t] → both, C[:, :, t]",
    "-1), h → -1), both",
)
WITHOUT_FIRST = edited(scan_from, "range(deltaA → range(1, deltaA")
HEADLESS = edited(
    scan_from,
    f"{FROM}deltaA[:, :, 0] * initial_state + deltaB_u[:, :, 0], []",
    "range(deltaA → range(1, deltaA",
)


SKIPPED = edited(scan_from, f"{STEP} → {STEP.split('  #')[0]} if t else h")
CUT = (  # the start keeps its gradient for the first token
    edited(scan_from, f"{READ} → {READ}\n        h = h.detach()"),
    edited(scan_from, "deltaA[:, :, t] * h → deltaA[:, :, t] * (h.detach() if t else h)"),
)


ADDED_AGAIN = [  # to an h that began at zero, or at the given state
    edited(scan_from, *start, f"* h + → {added} +")
    for start in ((f"{FROM}torch.zeros_like(initial_state), []",), ())
    for added in ("* (h + initial_state)", "* h + initial_state")
]
CHANGING = (  # scans that change h, and with it the given state, or a copy of it
    edited(scan_from, f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"),
    edited(scan_from, f"{FROM}initial_state.clone(), []", f"{STEP} → h *= deltaA[:, :, t]; h += deltaB_u[:, :, t]"),
    edited(scan_from, f"{FROM}initial_state.clone(), []", f"{STEP} → h[:] = deltaA[:, :, t] * h + deltaB_u[:, :, t]"),
)


def forgetting(deltaA, deltaB_u, C, initial_state):
    y, _ = scan_from(deltaA, deltaB_u, C, initial_state)
    return y, scan_from(deltaA, deltaB_u, C, torch.zeros_like(initial_state))[1]


def _with_gradient(function, deltaA, deltaB_u, C, initial_state):
    """The results of a scan that goes on; if they are right, gradients must flow into the state it starts from."""
    given = deltaA.requires_grad_(), deltaB_u, C.requires_grad_(), initial_state.requires_grad_()
    return going_on(scan_from, function, given, "initial_state", "the last state")


def _scan_from_cases(draw: Draw) -> dict:
    case = scan_cases(draw)
    batch, channels, _, states = case["deltaA"].shape
    case |= {"initial_state": draw.normal(batch, channels, states)}
    dtype = draw.choice([torch.float32, torch.float32, torch.float64])
    case = {name: value.to(dtype) for name, value in case.items()}
    if dtype == torch.float64:
        case["deltaA"] = faster(case["deltaA"])
    return case | {"initial_state": case["initial_state"] / 3}  # in float64 with digits that float32 lacks


SCAN_FROM = Exercise(
    id="08.scan_from",
    title="A scan that goes on",
    reference=scan_from,
    cases=_scan_from_cases,
    apply=_with_gradient,
    axes={"y": AXES[:3], "last_state": STATE_AXES},
    items=("y", "last_state"),
    gradients=("deltaA", "deltaB_u", "C"),
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
            where=several_tokens,
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
            "y[..., −1] is returned: one number a channel. The next part needs all N states of each channel; from "
            "their weighted sum they cannot be found again.",
            [edited(scan_from, f"-1), h → -1), outputs[-1]{axis}") for axis in ("", "[..., None]")],
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
            where=several_tokens,
        ),
        Misconception(
            "a place of the last state",
            "The outputs are right, and of the last state a part alone is returned. h is the state after the last "
            "token: it has no axis for time, so an index takes a sequence, a channel or a state out of it.",
            [edited(scan_from, f"-1), h → -1), h[{place}]") for place in ("-1", ":, -1", ":, :, -1")],
            where=lambda deltaA, **case: len(deltaA) > 1,
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
            "something was detached, copied into a new tensor, replaced by zeros, or computed under torch.no_grad. "
            "Then a model cannot learn what to hand over at a border.",
            edited(scan_from, f"{FROM}initial_state.detach(), []"),
        ),
        Misconception(
            "outputs without gradient",
            "The numbers are right, and no gradient flows from the outputs, only from the last state: the outputs were "
            "detached, copied into a new tensor, or computed by NumPy or under torch.no_grad.",
            edited(scan_from, "torch.stack(outputs, dim=-1), h → torch.stack(outputs, dim=-1).detach(), h"),
        ),
        Misconception(
            "a last state without gradient",
            "The numbers are right, but the last state is detached. What the next part makes of it teaches this part "
            "nothing.",
            edited(scan_from, "-1), h → -1), h.detach()"),
        ),
        Misconception(
            "float32 in between",
            "Float64 comes in and goes out, with the digits of float32: on the way, the given state, h or an input "
            "was put into that format. Let everything keep the format that it came in.",
            edited(scan_from, f"{FROM}initial_state.float(), []"),
        ),
        Misconception(
            "a gradient that does not reach the tokens before",
            "The numbers are right, but the gradients that flow into `initial_state` are not: in the loop the state is "
            "cut off from its past, by `.detach()` or `.data`. A model could not learn what to keep.",
            CUT,
            where=several_tokens,
        ),
        Misconception(
            "a start that does not fade",
            "The first output reads the given state unfaded. It is h before the first token, so it is multiplied by "
            "the first decay like any other h.",
            [UNDECAYED, FADED_LATE, edited(FADED_LATE, "-1), both → -1), h + left")],
        ),
        Misconception(
            "a start that fades twice",
            "The given state fades before the loop, and once more in its first turn. The loop does it alone.",
            edited(scan_from, f"{FROM}deltaA[:, :, 0] * initial_state, []"),
        ),
        Misconception(
            "the first drive twice",
            "The first drive is added to the given state before the loop, and the first turn of the loop adds it "
            "again. The loop begins at the given state, and needs nothing before it.",
            [
                edited(scan_from, f"{FROM}{start}, []")
                for start in (
                    "initial_state + deltaB_u[:, :, 0]",
                    "deltaA[:, :, 0] * initial_state + deltaB_u[:, :, 0]",
                )
            ],
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
            FADED_ONCE,
        ),
        Misconception(
            "the start added in every step",
            "The given state comes in at every token. It is the h of the beginning: it enters once, and after that h "
            "carries it.",
            ADDED_AGAIN,
            where=several_tokens,
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
            where=several_tokens,
        ),
        Misconception(
            "a last state that forgets the start",
            "The outputs are right, but the last state is what the tokens of this part alone have left. What is left "
            "of the given state belongs to it.",
            forgetting,
        ),
        Misconception(
            "a state handed on but not read",
            "The last state is right, but the outputs do not know the given one. They are read from an h that began "
            "at zero.",
            edited(
                scan_from,
                f"{FROM}torch.zeros_like(initial_state), []; last = initial_state",
                f"{STEP} → {STEP.split('  #')[0]}; last = deltaA[:, :, t] * last + deltaB_u[:, :, t]",
                "-1), h → -1), last",
            ),
        ),
        Misconception(
            "a state changed in place",
            "h, or the given state, was changed in place (`*=`, `+=`, `mul_`, or an assignment into it). The backward "
            "pass needs the old h, and the given state belongs to somebody else. Make a new tensor: h = … * h + ….",
            CHANGING,
        ),
        Misconception(
            "the given state for that after the first token",
            "The first token is left out: its output is read from the given state, and neither its decay nor its drive "
            "comes in. The given state is that before the first token.",
            SKIPPED,
        ),
        Misconception(
            "no output for the first token",
            "The output of token 0 is missing, or stays at the 0 that it was made with. The loop begins at t = 0: the "
            "first token comes to the given state like any other, and is read.",
            [edited(wrong, *zero) for wrong in (WITHOUT_FIRST, HEADLESS) for zero in ((), (ZERO_FIRST,))],
            where=several_tokens,
        ),
        Misconception(
            "the decay of the token before",
            "The state fades with the decay of the token before. The order is: fade with the decay of now, add, read.",
            [
                edited(scan_from, f"deltaA[:, :, t] * h → {faded}")
                for faded in ("deltaA[:, :, t - 1] * h", "(deltaA[:, :, t - 1] * h if t else h)")
            ],
            where=several_tokens,
        ),
        divided((), "deltaA.cumprod → deltaA.double().cumprod"),
        kept_whole(scan_from, "= h +"),
        *of_any_loop(scan_from),
    ],
)
