"""Exercise 2: gated_state."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def gated_state(u: Tensor, g: Tensor) -> Tensor:
    """h_t = (1 − g_t) h_{t−1} + g_t u_t, from h = 0."""
    h, states = torch.zeros(()), []
    for u_t, g_t in zip(u, g, strict=True):
        h = (1 - g_t) * h + g_t * u_t  # ()
        states.append(h)
    return torch.stack(states)  # (L,)


def _step(formula: str, *edits: str):
    """A wrong `gated_state`: another update."""
    return edited(gated_state, f"(1 - g_t) * h + g_t * u_t → {formula}", *edits)


def _in_place(more: str):
    """A wrong `gated_state`: `h += …`, so that the list holds one tensor many times as well."""
    return edited(gated_state, f"h = (1 - g_t) * h + g_t * u_t → h += {more}")


def _gates(formula: str):
    """A wrong `gated_state`: other gates for the tokens."""
    return edited(gated_state, f"zip(u, g, → zip(u, {formula},")


def _by_age(gates: str):
    """A wrong `gated_state`: token s has faded by one gate, once for each step since."""
    return edited(_all_pairs, f"gates = g → gates = {gates}")


def _all_pairs(u: Tensor, g: Tensor) -> Tensor:
    """Each state as a sum over the tokens so far."""
    states = []
    for t in range(1, len(u) + 1):
        gates = g
        states.append((g[:t] * u[:t] * (1 - gates) ** torch.arange(t - 1, -1, -1)).sum())
    return torch.stack(states)


def _quotients(u: Tensor, g: Tensor) -> Tensor:
    """Two cumulative products in the place of the loop."""
    left = (1 - g).cumprod(0)
    return (g * u / left).cumsum(0) * left


GIVEN = "stack(states) → stack([u[0], *states[1:]])"
FIRST, LEFT_OUT = "torch.zeros(()) → u[0]", (", [] → , [torch.zeros(())]", "zip(u, g, → zip(u[1:], g[1:],")
UPDATE = "h = (1 - g_t) * h + g_t * u_t  # ()\n        states.append(h)"
TOKEN_BEFORE = f"{UPDATE} → states.append((1 - g_t) * h + g_t * u_t)\n        h = u_t"


def _cases_of_gates(draw: Draw) -> dict:
    length = draw.size(2, 80)
    g = draw.uniform(0.0, 1.0, length)
    g = draw.in_turn([g, g / 20, (g > 0.2).to(g.dtype)])  # g / 20 holds for long; the last makes products of 1 − g zero
    return {"u": draw.normal(length), "g": g}


GATED_STATE = Exercise(
    id="07.gated_state",
    title="The gated state",
    reference=gated_state,
    cases=_cases_of_gates,
    axes=("token",),
    example={"u": torch.tensor([8.0, 4.0, 0.0]), "g": torch.tensor([1.0, 0.25, 0.5])},
    misconceptions=[
        Misconception(
            "swapped doors",
            "Your gate g multiplies the old state, and 1 − g the token. Then g = 1 would keep everything. Which of the "
            "two should an open gate let in?",
            [_step("g_t * h + (1 - g_t) * u_t", *start) for start in ((), (FIRST,), LEFT_OUT)],
        ),
        Misconception(
            "a token that passes beside the gate",
            "The token comes in at full strength, and the gate works on the old state only. So a closed gate, g = 0, "
            "does not keep the token out.",
            [_step(f"{kept} * h + u_t", *start) for kept in ("(1 - g_t)", "g_t") for start in ((), (FIRST,), LEFT_OUT)],
        ),
        Misconception(
            "an old state that never fades",
            "The token is let in by g, but the whole old state stays too. So an open gate, g = 1, does not reset: the "
            "token is added to what was there.",
            [
                *(_step("h + g_t * u_t", *start) for start in ((), (FIRST,), LEFT_OUT, (FIRST, *LEFT_OUT, GIVEN))),
                _in_place("g_t * u_t"),
            ],
        ),
        Misconception(
            "the gate of the token before",
            "You let the old state fade by the gate of the token *before*. One gate moves both doors of a step: the "
            "token's own.",
            _step("(1 - (g[len(states) - 1] if states else 0)) * h + g_t * u_t"),
        ),
        Misconception(
            "products that fade from the start",
            "You let each g·u fade by the tokens from the *first* one on. What was let in at token s fades in the "
            "tokens after s only.",
            [
                lambda u, g: (g * u).cumsum(0) * (1 - g).cumprod(0),
                lambda u, g: (g * u * (1 - g).cumprod(0)).cumsum(0),
            ],
        ),
        Misconception(
            "a division by what is kept",
            "On paper, cumulative products can take the place of the loop. But you divide by a product of shares that "
            "are kept, or subtract its logarithm, and an open gate keeps nothing: it makes the product 0. With a tiny "
            "number in the place of the 0 the states are wrong all the same, or infinite after more such gates. Take "
            "the plain loop.",
            [
                _quotients,
                *(
                    edited(_quotients, edit.format(tiny))
                    for tiny in ("1e-6", "1e-8", "1e-10", "1e-12")
                    for edit in (
                        "/ left) → / (left + {}))",
                        "/ left) → / left.clamp(min={}))",
                        ".cumprod(0) → .cumprod(0).clamp(min={})",
                        "(1 - g) → (1 - g).clamp(min={})",
                    )
                ),
            ],
        ),
        Misconception(
            "an old state that fades twice",
            "The old state is multiplied by 1 − g twice, for one token. Once is enough: then what is kept and what is "
            "let in add up to one.",
            _step("(1 - g_t) * (1 - g_t) * h + g_t * u_t"),
        ),
        Misconception(
            "a tanh as in a GRU",
            "You take a tanh, as a GRU does. This recurrence has none: token and state are mixed as they are.",
            [
                _step(formula)
                for formula in ("(1 - g_t) * h + g_t * torch.tanh(u_t)", "torch.tanh((1 - g_t) * h + g_t * u_t)")
            ],
        ),
        Misconception(
            "a gate that comes in twice",
            "The gate is multiplied by itself where the token comes in, or at both doors. The token gets the share g, "
            "not its square, and the old state the rest of the whole.",
            [_step("(1 - g_t) * h + g_t * g_t * u_t"), _step("(1 - g_t * g_t) * h + g_t * g_t * u_t")],
        ),
        Misconception(
            "a mean in the place of the state",
            "You divide by the sum of the weights, so that they add up to one. In this recurrence nothing is divided: "
            "a token has its own gate as its weight, of which each later gate leaves a part, and what is missing to "
            "one is the weight of the 0 at the start.",
            [
                lambda u, g: gated_state(u, g) / gated_state(torch.ones_like(u), g),
                lambda u, g: (g * u).cumsum(0) / g.cumsum(0),
            ],
            where=lambda u, g: bool(g[0] > 0.01),  # before an open gate it is 0 over 0
        ),
        Misconception(
            "a difference without its parentheses",
            "A product goes before a difference: 1 − g·h is not (1 − g)·h. It takes parentheses to make the share of "
            "the old state first.",
            _step("1 - g_t * h + g_t * u_t"),
        ),
        Misconception(
            "a token that comes in with a minus",
            "The token comes in with a minus sign, so an open gate moves the state away from the token. If you correct "
            "the old state by a difference: which of the two is the aim?",
            [_step("h + g_t * (h - u_t)"), _step("(1 - g_t) * h - g_t * u_t")],
        ),
        Misconception(
            "an old state that comes in with a minus",
            "The old state is multiplied by g − 1, which is negative: it changes its sign with every token. What is "
            "kept is what g leaves of the whole.",
            _step("(g_t - 1) * h + g_t * u_t"),
        ),
        Misconception(
            "a line that is run from its end",
            "Your loop begins with the last token. A state knows the tokens before it: the first one comes first.",
            [
                lambda u, g: gated_state(u.flip(0), g.flip(0)).flip(0),
                lambda u, g: gated_state(u.flip(0), g.flip(0)),
            ],
        ),
        Misconception(
            "a first token that comes in twice",
            "Before the loop you let the first token in, and the loop lets it in once more. Start at 0 and loop over "
            "all tokens, or let the first one in and loop from the second one on.",
            edited(gated_state, "h, states = torch.zeros(()), [] → h, states = g[0] * u[0], []"),
        ),
        Misconception(
            "an old state that grows",
            "The old state is multiplied by 1 + g: the more the token is let in, the more of the old state there is. "
            "The gate takes from the old state what it gives to the token.",
            _step("(1 + g_t) * h + g_t * u_t"),
        ),
        Misconception(
            "a mixture that is added to the state",
            "You add the mixture to the old state, and the old state is in the mixture already: with a closed gate it "
            "doubles. Is it `h += …`, or `h = …`?",
            [_step("h + (1 - g_t) * h + g_t * u_t"), _in_place("(1 - g_t) * h + g_t * u_t")],
        ),
        Misconception(
            "the state before the last one",
            "Your token mixes with a state that is one step too old. Where the 0 of the start stands at index 0, the "
            "state before token t stands at index t.",
            edited(
                gated_state,
                ", [] → , [torch.zeros(())]",
                "* h + → * states[len(states) - 2] +",
                "torch.stack(states) → torch.stack(states[1:])",
            ),
        ),
        Misconception(
            "a first token that follows the last",
            "Your first token mixes with the *last* one: in Python, index −1 is the end. Before the first token the "
            "state is 0.",
            edited(gated_state, "h, states = torch.zeros(()), [] → h, states = u[-1], []"),
        ),
        Misconception(
            "a state that is never carried on",
            "Each of your states is g·u, as if the state before it were 0 every time. The mixture of one token is the "
            "old state of the next: keep it from step to step.",
            _step("g_t * u_t"),
        ),
        Misconception(
            "the last token in the place of the state",
            "You mix each token with the *token* before it, or with what that one alone would leave. The state is what "
            "was mixed before, out of all tokens so far: keep it from step to step.",
            [
                edited(gated_state, TOKEN_BEFORE),
                *(edited(gated_state, TOKEN_BEFORE, f"torch.zeros(()) → u[{i}]") for i in (0, -1)),
                edited(gated_state, TOKEN_BEFORE, "h = u_t → h = g_t * u_t"),
                edited(gated_state, TOKEN_BEFORE, "h = u_t → h = g_t * u_t", "torch.zeros(()) → g[-1] * u[-1]"),
            ],
        ),
        Misconception(
            "a token that comes one step late",
            "Each gate lets in the token *before* its own. g_t belongs to u_t: both come from the same token.",
            [
                edited(gated_state, "zip(u, g → zip(torch.cat([0 * u[:1], u[:-1]]), g"),
                edited(gated_state, "zip(u, g → zip(u.roll(1), g"),
            ],
        ),
        Misconception(
            "a state that starts at the first token",
            "You start with the first token as the state. It starts at 0: even the first token has to pass its gate.",
            edited(gated_state, FIRST),
        ),
        Misconception(
            "a loop that leaves out the first token",
            "Your first state is 0, and the loop begins with the second token. The 0 is the state *before* the first "
            "token, and this token has to pass its gate as well.",
            edited(gated_state, *LEFT_OUT),
        ),
        Misconception(
            "the gate at both doors",
            "The old state and the token are both multiplied by g. With a closed gate nothing is kept at all: the two "
            "shares must add up to one.",
            _step("g_t * h + g_t * u_t"),
        ),
        Misconception(
            "a gate on the way out",
            "Your states are right, and what you store of them is g times each. The gate stands where the token comes "
            "in: the state goes out as it is.",
            edited(gated_state, "states.append(h) → states.append(g_t * h)"),
        ),
        Misconception(
            "the state before the first token, too",
            "One state too many: the 0 of the start stands in front. The task asks for the state after each token.",
            edited(gated_state, ", [] → , [torch.zeros(())]"),
        ),
        Misconception(
            "tokens and gates exchanged",
            "u and g have changed places: you let a share u of the number g in. The first argument holds the tokens, "
            "the second one their gates.",
            edited(gated_state, "zip(u, g → zip(g, u"),
        ),
        Misconception(
            "a token that fades at once",
            "The token is multiplied by 1 − g, as the old state is: an open gate, g = 1, lets nothing in. The token of "
            "now does not fade, only the old state does. If you add first: where do your parentheses close?",
            [_step("(1 - g_t) * (h + g_t * u_t)"), _step("(1 - g_t) * (h + u_t)")],
        ),
        Misconception(
            "a gate that goes through another function",
            "The gate goes through sigmoid or exp once more. It is a share already, between 0 and 1: use it as it "
            "comes.",
            [
                _step("(1 - torch.sigmoid(g_t)) * h + torch.sigmoid(g_t) * u_t"),
                _step("torch.exp(-g_t) * h + (1 - torch.exp(-g_t)) * u_t"),
                _step("torch.exp(-g_t) * h + g_t * u_t"),
            ],
        ),
        Misconception(
            "a state that starts at one",
            "The state starts at one. Before the first token nothing has come in: it starts at zero.",
            edited(gated_state, "torch.zeros(()) → torch.ones(())"),
        ),
        Misconception(
            "no state for the first token",
            "One state is missing, the first one. The state starts at zero, and the first token has to pass its gate "
            "like any other.",
            lambda u, g: gated_state(u[1:], g[1:]),
        ),
        Misconception(
            "one gate for all tokens",
            "You use one gate throughout. But every token has a g of its own.",
            [_gates("g[:1].expand_as(g)"), _gates("g[-1:].expand_as(g)"), _gates("g.mean().expand_as(g)")],
        ),
        Misconception(
            "all gates at every token",
            "Each step of your loop works with the whole line of gates, or of tokens. In step t there is one state, "
            "one gate and one token: take one number of each.",
            [
                _step("(1 - g) * h + g * u_t"),
                _step("(1 - g) * h + g * u"),
                _step("(1 - g_t) * h + g_t * u"),
                _step("(1 - g) * h + g * u", "torch.stack(states) → h"),
                _step("(1 - g) * h + g * u", "append(h) → append(h[len(states)])"),
            ],
        ),
        Misconception(
            "a loop inside of the loop",
            "Each of your tokens passes all the gates, one after the other. A token has one gate: `zip` goes along "
            "both lines at once, and so does one index.",
            [
                edited(gated_state, "zip(u, g, strict=True) → ((a, b) for a in u for b in g)", *kept)
                for kept in ((), ("torch.stack(states) → torch.stack(states[len(g) - 1 :: len(g)])",))
            ],
        ),
        Misconception(
            "a gate that is open or shut",
            "You take a gate above one half for open and any other for shut. Between them it mixes: a gate of 0.3 "
            "lets 3 parts of the token in and keeps 7 of the state.",
            _step("u_t if g_t > 0.5 else h"),
        ),
        Misconception(
            "a difference to the token before",
            "You correct the state by the difference between this token and the *token* before it. What the token "
            "replaces is a share of the state.",
            _step("h + g_t * (u_t - (u[len(states) - 1] if states else 0))"),
        ),
        Misconception(
            "one gate for all of the past",
            "An old token fades by one gate, once for each step of its age. On its way it meets other gates: at each "
            "step the gate of *that* step.",
            [_by_age("g[:t]"), _by_age("g[t - 1]")],
        ),
        Misconception(
            "a loop that ends too early",
            "The last state is 0: the loop ends one token before the end. `range` leaves out its last number by "
            "itself.",
            edited(gated_state, "torch.stack(states) → torch.stack([*states[:-1], 0 * h])"),
        ),
        Misconception(
            "a return after the first step",
            "Your function returns after its first step. Does a loop go through all tokens, and how far is the line "
            "with `return` indented?",
            [
                edited(gated_state, "append(h) → append(h); return torch.stack(states)"),
                edited(gated_state, "append(h) → append(h); return F.pad(h[None], (0, len(u) - 1))"),
                edited(gated_state, "append(h) → append(h); return h"),
            ],
        ),
        Misconception(
            "a gate that comes one token late",
            "Token t is let in by the gate of the token before it. Each token has its own gate: g[t] with u[t].",
            [
                _gates("torch.cat([g[:1], g[:-1]])"),
                _gates("g.roll(1)"),
                _gates("torch.cat([torch.zeros(1), g[:-1]])"),
            ],
        ),
        Misconception(
            "the state before the token",
            "You store the state before its token has come in. The result at t should already contain token t.",
            [
                edited(
                    gated_state, f"{UPDATE} → states.append({stored})\n        h = (1 - g_t) * h + g_t * u_t", *start
                )
                for stored, *start in (("h",), ("h", FIRST), ("(1 - g_t) * h",))
            ],
        ),
        Misconception(
            "the last state only",
            "All states are wanted, one a token. Collect them in a list on the way.",
            [edited(gated_state, f"torch.stack(states) → {last}") for last in ("h", "h.item()", "h.reshape(1)")],
        ),
        Misconception(
            "the last state, many times",
            "All your states are the last one. A list that is given one tensor, changed in place, holds that same one "
            "again and again; and a whole line in the place of h is written anew in each step. Keep one new number a "
            "step.",
            edited(gated_state, "h = (1 - g_t) * h + g_t * u_t → h.mul_(1 - g_t).add_(g_t * u_t)"),
        ),
    ],
)
