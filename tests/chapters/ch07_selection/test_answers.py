"""Answers to the exercises of notebook 07 as learners write them, and the verdict that each must get.

A row: the exercise, what the answer is, the answer, and "right", the name of the mistake, or None: wrong, without one.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from answer_rows import judged, rows

from lite_mamba import selective_scan_fn, selective_scan_ref

# Exercise 1: gate_from_delta (delta)


def gate_by_a_loop(delta):
    return torch.tensor([1 - math.exp(-d) for d in delta.tolist()])


def gate_in_place(delta):
    return delta.neg_().exp_().neg_().add_(1)


def gate_by_the_raw_number(delta):
    w = torch.log(torch.exp(delta) - 1)
    return torch.exp(w) / (1 + torch.exp(w))


OVERFLOWS, SERIES = "an exponential that overflows", "a series that breaks off"
GATE = [
    ("softplus", lambda d: (1 + d.exp()).log(), "the softplus once more"),
    ("plus", lambda d: d.neg().exp() + 1, "a plus in the place of a minus"),
    ("sigmoid of a second softplus", lambda d: torch.sigmoid(F.softplus(d)), "a sigmoid of a second softplus"),
    ("shares of all tokens", lambda d: d / d.sum(), "gates that share one whole"),
    ("expm1", lambda d: -torch.expm1(-d), "right"),
    ("a loop", gate_by_a_loop, "right"),
    ("a power of e", lambda d: 1 - math.e**-d, "right"),
    ("sigmoid of the raw number", lambda d: torch.sigmoid(d + torch.log(-torch.expm1(-d))), "right"),
    ("numpy", lambda d: torch.from_numpy(1 - np.exp(-d.numpy())), "right"),
    ("in float64", lambda d: 1 - torch.exp(-d.double()), None),
    ("kept", lambda d: torch.exp(-d), "the share that is kept"),
    ("kept, as a quotient", lambda d: 1 / torch.exp(d), "the share that is kept"),
    ("Δ", lambda d: d, "Δ itself"),
    ("clipped", lambda d: torch.clip(d, 0, 1), "a Δ that is cut off at one"),
    ("minimum", lambda d: torch.minimum(d, torch.ones_like(d)), "a Δ that is cut off at one"),
    ("sigmoid", lambda d: F.sigmoid(d), "a sigmoid of Δ"),
    ("1 / (1 + e^−Δ)", lambda d: 1 / (1 + torch.exp(-d)), "a sigmoid of Δ"),
    ("softplus once more", lambda d: 1 - torch.exp(-F.softplus(d)), "a sigmoid of Δ"),
    ("no minus", lambda d: 1 - torch.exp(d), "a missing minus sign"),
    ("expm1 of Δ", lambda d: torch.expm1(d), "a missing minus sign"),
    ("exp", lambda d: d.exp(), "a missing minus sign"),
    ("turned round", lambda d: torch.exp(-d) - 1, "a difference the wrong way round"),
    ("tanh", lambda d: d.tanh(), "another curve from 0 to 1"),
    ("Δ / (1 + Δ)", lambda d: d / (1 + d), "another curve from 0 to 1"),
    ("base 2", lambda d: 1 - 2**-d, "a logarithm or power of another base"),
    ("1 − Δ", lambda d: 1 - d, "a straight line for what is kept"),
    ("Δ added up", lambda d: -torch.expm1(-torch.cumsum(d, 0)), "a Δ that adds up over the tokens"),
    ("1 − sigmoid", lambda d: torch.sigmoid(-d), "the other side of a sigmoid"),
    ("in place", gate_in_place, None),
    ("math.exp of a tensor", lambda d: 1 - math.exp(-d), None),
    ("one number", lambda d: 1 - torch.exp(-d.mean()), None),
    ("hard-coded", lambda d: torch.tensor([0.001, 0.632, 0.95]), None),
    ("rounded", lambda d: (1 - torch.exp(-d)).round(decimals=2), "rounded numbers"),
    ("no return", lambda d: print(1 - torch.exp(-d)), None),
    ("times Δ", lambda d: -torch.expm1(-d) * d, "a gate with Δ in it once more"),
    ("over Δ", lambda d: (1 - torch.exp(-d)) / d, "a gate with Δ in it once more"),
    ("over Δ, turned round", lambda d: torch.expm1(-d) / d, "a gate with Δ in it once more"),
    ("1 − Δ in the exponent", lambda d: (1 - d).exp(), "a whole inside of the exponential"),
    ("Δ − 1 in the exponent", lambda d: torch.exp(d - 1), "a whole inside of the exponential"),
    ("1 − exp(1 − Δ)", lambda d: 1 - torch.exp(1 - d), "a whole inside of the exponential"),
    ("the inverse softplus", lambda d: d + torch.log(1 - torch.exp(-d)), "a logarithm in the place of the gate"),
    ("over the largest", lambda d: d / torch.amax(d), "gates that look at each other"),
    ("mean Δ", lambda d: torch.full_like(d, 1 - math.exp(-d.mean().item())), "gates that look at each other"),
    ("1 − Δ, not below 0", lambda d: (1 - d).clamp(0, 1), "another curve from 1 to 0"),
    ("1 / (1 + Δ)", lambda d: 1 - d / (1 + d), "another curve from 1 to 0"),
    ("Δ for a time constant", lambda d: -torch.expm1(-1 / d), "another curve from 1 to 0"),
    ("rounded to whole", lambda d: (1 - torch.exp(-d)).round(), "a gate that is open or shut"),
    ("open from 1 on", lambda d: torch.where(d >= 1, 1.0, 0.0), "a gate that is open or shut"),
    ("open above 1", lambda d: torch.heaviside(d - 1, d.new_zeros(())), "a gate that is open or shut"),
    ("marks", lambda d: d > 1, None),
    ("log(1 + Δ)", lambda d: torch.log(1 + d), "a curve that has no end"),
    ("exp(−1/Δ)", lambda d: torch.exp(-d.reciprocal()), "another curve from 0 to 1"),
    ("bilinear", lambda d: 1 - (1 - d / 2) / (1 + d / 2), "the bilinear rule"),
    ("half of Δ", lambda d: -torch.expm1(-0.5 * d), "another curve from 0 to 1"),
    ("erf", torch.erf, "another curve from 0 to 1"),
    ("arctan", lambda d: torch.arctan(d) / (torch.pi / 2), "another curve from 0 to 1"),
    ("kept, added up", lambda d: torch.cumprod(torch.exp(-d), 0), "a Δ that adds up over the tokens"),
    ("shares of all gates", lambda d: torch.expm1(-d) / torch.expm1(-d).sum(), "gates that share one whole"),
    ("a sigmoid of the softplus", lambda d: torch.sigmoid(F.softplus(d)), "a sigmoid of a second softplus"),
    ("the raw number, then a sigmoid", lambda d: torch.sigmoid(torch.log(torch.exp(d) - 1)), "right"),
    ("over exp(Δ)", lambda d: torch.expm1(d) / torch.exp(d), OVERFLOWS),
    ("(e^Δ − 1) / e^Δ", lambda d: (math.e**d - 1) / math.e**d, OVERFLOWS),
    ("e^w / (1 + e^w)", gate_by_the_raw_number, OVERFLOWS),
    ("a sigmoid that overflows", lambda d: d.exp() / (1 + d.exp()), "a sigmoid of Δ"),
    ("a tanh that overflows", lambda d: d.sinh() / d.cosh(), "another curve from 0 to 1"),
    ("two terms of the series", lambda d: d * (1 - d / 2), "a series that breaks off"),
    ("three terms of the series", lambda d: sum(-((-d) ** n) / math.factorial(n) for n in (1, 2, 3)), SERIES),
    ("softplus of −Δ", lambda d: torch.log1p(torch.exp(-d)), "a softplus of −Δ"),
    ("1 − softplus of −Δ", lambda d: 1 - F.softplus(-d), "a softplus of −Δ"),
    ("normalised", lambda d: F.normalize(d, dim=0), "gates that look at each other"),
    ("sigmoid of ln(Δ − 1)", lambda d: torch.sigmoid(torch.log(d - 1)), "a sigmoid of another raw number"),
    ("sigmoid of exp(Δ) − 1", lambda d: torch.sigmoid(d.exp() - 1), "a sigmoid of another raw number"),
    ("sigmoid of ln Δ", lambda d: 1 / (1 + torch.exp(-torch.log(d))), "another curve from 0 to 1"),
    ("the first one's", lambda d: torch.stack([1 - torch.exp(-d[0]) for _ in d]), "gates that look at each other"),
]

# Exercise 2: gated_state (u, g)


def state_with_indices(u, g):
    h = torch.zeros(len(u))
    for t in range(len(u)):
        before = h[t - 1] if t > 0 else 0
        h[t] = before + g[t] * (u[t] - before)
    return h


def state_with_numbers(u, g):
    h, out = 0.0, []
    for a, b in zip(u.tolist(), g.tolist(), strict=True):
        h += b * (a - h)
        out.append(h)
    return torch.tensor(out)


def state_with_lerp(u, g):
    h = u.new_zeros(())
    return torch.stack([h := torch.lerp(h, x, gate) for x, gate in zip(u, g, strict=True)])


def state_by_recursion(u, g):
    if len(u) == 0:
        return u.clone()
    before = state_by_recursion(u[:-1], g[:-1])
    last = before[-1] if len(before) else torch.tensor(0.0)
    return torch.cat([before, ((1 - g[-1]) * last + g[-1] * u[-1]).reshape(1)])


def state_by_a_table(u, g):
    L = len(u)
    rows = [[g[s] * torch.prod(1 - g[s + 1 : t + 1]) if s <= t else 0 * g[s] for s in range(L)] for t in range(L)]
    return torch.stack([torch.stack(row) for row in rows]) @ u


def state_by_cumsum(u, g):
    left = torch.cumprod(1 - g, 0)
    return left * torch.cumsum(g * u / left, 0)


def state_by_cumsum_in_float64(u, g):
    left = torch.cumprod((1 - g.double()).clamp(min=1e-6), 0)
    return (left * torch.cumsum(g * u / left, 0)).float()


def state_by_logarithms(u, g):
    left = torch.log1p(-g).cumsum(0)
    return torch.exp(left[:, None] - left).tril() * g @ u


def state_of_40_tokens(u, g):
    windows = [slice(max(t - 39, 0), t + 1) for t in range(len(u))]
    return torch.stack([state_with_indices(u[window], g[window])[-1] for window in windows])


def state_of(update, start=0.0):
    """A loop with an update of its own."""

    def run(u, g):
        h, out = torch.tensor(start), []
        for t in range(len(u)):
            h = update(h, u, g, t)
            out.append(h)
        return torch.stack(out)

    return run


def state_before(u, g):
    h, out = torch.tensor(0.0), []
    for t in range(len(u)):
        out.append(h)
        h = (1 - g[t]) * h + g[t] * u[t]
    return torch.stack(out)


def state_by_two_loops(kept):
    """All gates for each token, of whose states these are stored."""

    def states(u, g):
        h, out = torch.tensor(0.0), []
        for token in u:
            line = [h := (1 - gate) * h + gate * token for gate in g]
            out += line[kept]
        return torch.stack(out)

    return states


def state_stored_between(u, g):
    h, out = 0.0, []
    for token, gate in zip(u, g, strict=True):
        h = h - gate * h
        out.append(h)
        h = h + gate * token
    return torch.stack(out)


def state_at_the_end(u, g):
    h = torch.tensor(0.0)
    for t in range(len(u)):
        h = (1 - g[t]) * h + g[t] * u[t]
    return h


def state_from_the_first_token(u, g):
    h, out = u[0], []
    for t in range(len(u)):
        h = (1 - g[t]) * h + g[t] * u[t]
        out.append(h)
    return torch.stack(out)


def state_from_the_first_token_on(u, g):
    out = [u[0]]
    for t in range(1, len(u)):
        out.append((1 - g[t]) * out[-1] + g[t] * u[t])
    return torch.stack(out)


def state_without_the_first_token(u, g):
    h = torch.zeros_like(u)
    for t in range(1, len(u)):
        h[t] = (1 - g[t]) * h[t - 1] + g[t] * u[t]
    return h


def state_that_is_one_tensor(u, g):
    h, out = torch.zeros(1), []
    for t in range(len(u)):
        h *= 1 - g[t]
        h += g[t] * u[t]
        out.append(h)
    return torch.cat(out)


def state_of_last_tokens(u, g):
    before = torch.cat([torch.zeros(1), u[:-1]])
    return (1 - g) * before + g * u


def state_that_overwrites_u(u, g):
    for t in range(1, len(u)):
        u[t] = (1 - g[t]) * u[t - 1] + g[t] * u[t]
    return u


def state_that_returns_too_early(u, g):
    h, out = torch.tensor(0.0), []
    for x, gate in zip(u, g, strict=True):
        h = (1 - gate) * h + gate * x
        out.append(h)
        return torch.stack(out)


def state_that_is_not_kept(u, g):
    h = torch.zeros(())
    return torch.stack([(1 - gate) * h + gate * x for x, gate in zip(u, g, strict=True)])


def state_in_place_of_tokens(u, g):
    states = u.clone()
    for t in range(len(u)):
        states[t] = (1 - g[t]) * states[t - 1] + g[t] * u[t]
    return states


def gated_by_a_sum(u, g):
    h, states = torch.zeros(()), []
    for x, gate in zip(u, g, strict=True):
        h = h + gate * (x + h)
        states.append(h)
    return torch.stack(states)


def gated_by_lerp(u, g):
    states = [torch.tensor(0.0)]
    for token, gate in zip(u, g, strict=True):
        states.append(states[-1].lerp(token, gate))
    return torch.stack(states[1:])


def gated_from_the_end(u, g):
    h, out = torch.zeros(len(u)), 0.0
    for t in reversed(range(len(u))):
        out = h[t] = (1 - g[t]) * out + g[t] * u[t]
    return h


def state_with_a_first_token_twice(u, g):
    h = torch.empty_like(u)
    h[0] = u[0] * g[0]
    for t in range(len(u)):
        h[t] = (1 - g[t]) * h[max(t - 1, 0)] + g[t] * u[t]
    return h


def state_that_returns_zeros_too_early(u, g):
    h = torch.zeros_like(u)
    for t in range(len(u)):
        h[t] = (1 - g[t]) * h[t - 1] + g[t] * u[t]
        return h


def state_by_powers(gate):
    """A table of all pairs, in which a token fades by one gate."""

    def states(u, g):
        L = range(len(u))
        return torch.stack([sum(g[s] * u[s] * (1 - gate(g, t, s)) ** (t - s) for s in range(t + 1)) for t in L])

    return states


def state_one_too_old(u, g):
    h = [torch.zeros(())]
    for t in range(len(u)):
        h.append((1 - g[t]) * h[t - 1] + g[t] * u[t])
    return torch.stack(h[1:])


def state_of_a_whole_line(update):
    """A loop whose h is a line (L,), and goes out as the states."""

    def run(u, g):
        h = torch.zeros_like(u)
        for t in range(len(u)):
            h = update(h, u, g, t)
        return h

    return run


def state_in_place(more):
    """A loop with `h += …`."""

    def run(u, g):
        h, states = 0.0, []
        for t in range(len(u)):
            h += more(h, u[t], g[t])
            states.append(h)
        return torch.stack(states)

    return run


def state_picked_from_a_line(u, g):
    h, states = torch.zeros(len(u)), []
    for t in range(len(u)):
        h = torch.lerp(h, u, g)
        states.append(h[t])
    return torch.stack(states)


def state_of_tokens_by_t_minus_one(u, g):
    h = torch.zeros(len(u))
    for t in range(len(u)):
        h[t] = (1 - g[t]) * h[t - 1] + g[t] * u[t - 1]
    return h


def state_with_a_floor(floor):
    """Cumulative products and quotients, with a tiny number somewhere."""

    def states(u, g):
        left, divisor = floor((1 - g).cumprod(0))
        return left * torch.cumsum(g * u / divisor, 0)

    return states


def state_over_its_weights(u, g):
    top = below = 0.0
    means = []
    for token, gate in zip(u, g, strict=True):
        top, below = (1 - gate) * top + gate * token, (1 - gate) * below + gate
        means.append(top / (below + 1e-9))
    return torch.stack(means)


def state_in_two_lines(u, g):
    h, out = torch.zeros(()), []
    for token, gate in zip(u, g, strict=True):
        h = h - gate * h
        h = h + gate * (token - h)
        out.append(h)
    return torch.stack(out)


def state_before_from_the_first_token(u, g):
    return torch.cat([u[:1], state_from_the_first_token(u, g)[:-1]])


def state_from_u0(update):
    """The first state is the first token; the loop begins with the second one."""

    def run(u, g):
        states = [u[0]]
        for t in range(1, len(u)):
            states.append(update(states[-1], u[t], g[t]))
        return torch.stack(states)

    return run


EACH_THE_LAST = "the last state, many times"
MEAN, QUOTIENT = "a mean in the place of the state", "a division by what is kept"
GATED = [
    ("gated outputs", lambda u, g: g * gated_by_lerp(u, g), "a gate on the way out"),
    (
        "one more state",
        lambda u, g: torch.cat([u.new_zeros(1), gated_by_lerp(u, g)]),
        "the state before the first token, too",
    ),
    ("exchanged arguments", lambda u, g: gated_by_lerp(g, u), "tokens and gates exchanged"),
    (
        "two cumulative operations",
        lambda u, g: (g * u / (1 - g).cumprod(0)).cumsum(0) * (1 - g).cumprod(0),
        "a division by what is kept",
    ),
    ("a sum in the bracket", gated_by_a_sum, "an old state that grows"),
    ("indices", state_with_indices, "right"),
    ("plain numbers", state_with_numbers, "right"),
    ("lerp", state_with_lerp, "right"),
    ("a table", state_by_a_table, "right"),
    ("recursion", state_by_recursion, "right"),
    ("a list that starts with 0, by t − 1", state_one_too_old, "the state before the last one"),
    ("a whole line for h", state_of_a_whole_line(lambda h, u, g, t: (1 - g[t]) * h + g[t] * u[t]), EACH_THE_LAST),
    ("all lines", state_of_a_whole_line(lambda h, u, g, t: torch.lerp(h, u, g)), "all gates at every token"),
    (
        "a table of quotients",
        lambda u, g: torch.tril(torch.outer((1 - g).cumprod(0), 1 / (1 - g).cumprod(0))) @ (g * u),
        "a division by what is kept",
    ),
    ("in float64", lambda u, g: state_with_indices(u, g).double(), None),
    ("swapped", state_of(lambda h, u, g, t: g[t] * h + (1 - g[t]) * u[t]), "swapped doors"),
    ("full token", state_of(lambda h, u, g, t: (1 - g[t]) * h + u[t]), "a token that passes beside the gate"),
    (
        "full token, a gate that keeps",
        state_of(lambda h, u, g, t: g[t] * h + u[t]),
        "a token that passes beside the gate",
    ),
    ("cumulative sum", lambda u, g: torch.cumsum(g * u, 0), "an old state that never fades"),
    ("h += g u", state_of(lambda h, u, g, t: h + g[t] * u[t]), "an old state that never fades"),
    ("h += g u, in place", state_in_place(lambda h, x, gate: gate * x), "an old state that never fades"),
    (
        "h += the mixture, in place",
        state_in_place(lambda h, x, gate: (1 - gate) * h + gate * x),
        "a mixture that is added to the state",
    ),
    ("h += the difference, in place", state_in_place(lambda h, x, gate: gate * (x - h)), EACH_THE_LAST),
    ("one of a whole line", state_picked_from_a_line, "all gates at every token"),
    (
        "products in the sum",
        lambda u, g: torch.cumsum(torch.cumprod(1 - g, 0) * g * u, 0),
        "products that fade from the start",
    ),
    (
        "the gate before",
        state_of(lambda h, u, g, t: (1 - g[t - 1] * (t > 0)) * h + g[t] * u[t]),
        "the gate of the token before",
    ),
    (
        "cumulative product and sum",
        lambda u, g: torch.cumprod(1 - g, 0) * torch.cumsum(u * g, 0),
        "products that fade from the start",
    ),
    ("an index below 0", state_in_place_of_tokens, "a first token that follows the last"),
    ("tokens before", state_of_last_tokens, "the last token in the place of the state"),
    ("rolled tokens", lambda u, g: torch.lerp(u.roll(1), u, g), "the last token in the place of the state"),
    ("late tokens, the last one first", state_of_tokens_by_t_minus_one, "a token that comes one step late"),
    ("late tokens", lambda u, g: state_with_indices(F.pad(u[:-1], (1, 0)), g), "a token that comes one step late"),
    ("first gate", state_of(lambda h, u, g, t: (1 - g[0]) * h + g[0] * u[t]), "one gate for all tokens"),
    ("mean gate", state_of(lambda h, u, g, t: (1 - g.mean()) * h + g.mean() * u[t]), "one gate for all tokens"),
    ("gate before", state_of(lambda h, u, g, t: torch.lerp(h, u[t], g[t - 1])), "a gate that comes one token late"),
    (
        "gate before, first kept",
        state_of(lambda h, u, g, t: torch.lerp(h, u[t], g[max(t - 1, 0)])),
        "a gate that comes one token late",
    ),
    ("stored first", state_before, "the state before the token"),
    ("stored between", state_stored_between, "the state before the token"),
    (
        "one step back",
        lambda u, g: g * u + (1 - g) * F.pad(g * u, (1, 0))[:-1],
        "the last token in the place of the state",
    ),
    (
        "one step back, round the end",
        lambda u, g: torch.lerp((g * u).roll(1), u, g),
        "the last token in the place of the state",
    ),
    (
        "+=",
        state_of(lambda h, u, g, t: h + (1 - g[t]) * h + g[t] * u[t]),
        "a mixture that is added to the state",
    ),
    ("a loop in the loop", state_by_two_loops(slice(None)), "a loop inside of the loop"),
    ("a loop in the loop, stored outside", state_by_two_loops(slice(-1, None)), "a loop inside of the loop"),
    ("the bracket too far", state_of(lambda h, u, g, t: (1 - g[t]) * (h + u[t])), "a token that fades at once"),
    ("the end", state_at_the_end, "the last state only"),
    ("the end, a number", lambda u, g: float(state_at_the_end(u, g)), "the last state only"),
    ("from u[0]", state_from_the_first_token, "a state that starts at the first token"),
    ("list from u[0]", state_from_the_first_token_on, "a state that starts at the first token"),
    ("first left out", state_without_the_first_token, "a loop that leaves out the first token"),
    ("one tensor", state_that_is_one_tensor, EACH_THE_LAST),
    ("two cumulative products", state_by_cumsum, "a division by what is kept"),
    ("logarithms added up", state_by_logarithms, "a division by what is kept"),
    ("two cumulative products in float64", state_by_cumsum_in_float64, None),
    ("only the last 40 tokens", state_of_40_tokens, None),
    ("from 1", state_of(lambda h, u, g, t: (1 - g[t]) * h + g[t] * u[t], start=1.0), "a state that starts at one"),
    ("g twice", state_of(lambda h, u, g, t: g[t] * (h + u[t])), "the gate at both doors"),
    (
        "what is kept at both doors",
        state_of(lambda h, u, g, t: (1 - g[t]) * h + (1 - g[t]) * u[t]),
        "a token that fades at once",
    ),
    ("all fades", state_of(lambda h, u, g, t: (h + g[t] * u[t]) * (1 - g[t])), "a token that fades at once"),
    (
        "sigmoid of g",
        state_of(lambda h, u, g, t: torch.lerp(h, u[t], torch.sigmoid(g[t]))),
        "a gate that goes through another function",
    ),
    (
        "no parentheses",
        state_of(lambda h, u, g, t: 1 - g[t] * h + g[t] * u[t]),
        "a difference without its parentheses",
    ),
    ("away from it", state_of(lambda h, u, g, t: h - g[t] * (u[t] - h)), "a token that comes in with a minus"),
    ("minus g u", state_of(lambda h, u, g, t: h - g[t] * h - g[t] * u[t]), "a token that comes in with a minus"),
    ("g − 1", state_of(lambda h, u, g, t: g[t] * (h + u[t]) - h), "an old state that comes in with a minus"),
    ("reversed", lambda u, g: state_with_lerp(u.flip(0), g.flip(0)), "a line that is run from its end"),
    ("reversed and turned", gated_from_the_end, "a line that is run from its end"),
    ("first token twice", state_with_a_first_token_twice, "a first token that comes in twice"),
    ("from the second token", lambda u, g: state_with_indices(u[1:], g[1:]), "no state for the first token"),
    ("overwrites u", state_that_overwrites_u, "a state that starts at the first token"),
    ("early return", state_that_returns_too_early, "a return after the first step"),
    ("the first token alone", lambda u, g: g[0] * u[0], "a return after the first step"),
    ("early return, zeros", state_that_returns_zeros_too_early, "a return after the first step"),
    ("all gates", state_of(lambda h, u, g, t: torch.lerp(h.expand_as(g), u[t], g)), "all gates at every token"),
    ("all tokens", state_of(lambda h, u, g, t: h + g[t] * (u - h)), "all gates at every token"),
    ("hard", state_of(lambda h, u, g, t: torch.where(g[t] > 0.5, u[t], h)), "a gate that is open or shut"),
    (
        "differences",
        lambda u, g: (g * u.diff(prepend=torch.zeros(1))).cumsum(0),
        "a difference to the token before",
    ),
    ("powers of its own gate", state_by_powers(lambda g, t, s: g[s]), "one gate for all of the past"),
    ("powers of the last gate", state_by_powers(lambda g, t, s: g[t]), "one gate for all of the past"),
    ("the last one left out", lambda u, g: F.pad(gated_by_lerp(u, g)[:-1], (0, 1)), "a loop that ends too early"),
    ("g u", lambda u, g: g * u, "a state that is never carried on"),
    ("stored, not kept", state_that_is_not_kept, "a state that is never carried on"),
    ("a floor under the divisor", state_with_a_floor(lambda left: (left, left.clamp(min=1e-8))), QUOTIENT),
    ("a floor under both", state_with_a_floor(lambda left: (left.clamp(min=1e-12), left.clamp(min=1e-12))), QUOTIENT),
    ("a tiny number more", state_with_a_floor(lambda left: (left, left + 1e-6)), QUOTIENT),
    (
        "a tiny number more in each factor",
        lambda u, g: state_with_a_floor(lambda left: ((1 - g + 1e-8).cumprod(0),) * 2)(u, g),
        QUOTIENT,
    ),
    ("over the sum of its weights", state_over_its_weights, MEAN),
    ("a running mean", lambda u, g: torch.cumsum(u * g, 0) / torch.cumsum(g, 0), MEAN),
    ("tanh of the token", state_of(lambda h, u, g, t: torch.lerp(h, u[t].tanh(), g[t])), "a tanh as in a GRU"),
    ("tanh of the state", state_of(lambda h, u, g, t: torch.lerp(h, u[t], g[t]).tanh()), "a tanh as in a GRU"),
    (
        "gated token, gated again",
        state_of(lambda h, u, g, t: h - g[t] * h + g[t] * (g[t] * u[t])),
        "a gate that comes in twice",
    ),
    ("squared gates", state_of(lambda h, u, g, t: torch.lerp(h, u[t], g[t] ** 2)), "a gate that comes in twice"),
    ("two lines, each with a share", state_in_two_lines, "an old state that fades twice"),
    ("stored first, from u[0]", state_before_from_the_first_token, "the state before the token"),
    ("swapped, from u[0]", state_from_u0(lambda h, x, gate: gate * h + (1 - gate) * x), "swapped doors"),
    ("added up, from u[0]", state_from_u0(lambda h, x, gate: h + gate * x), "an old state that never fades"),
    (
        "added up, the first left out",
        lambda u, g: torch.cumsum(F.pad(g[1:] * u[1:], (1, 0)), 0),
        "an old state that never fades",
    ),
    ("a list", lambda u, g: list(state_with_indices(u, g)), None),
    ("crash", lambda u, g: state_with_indices(u, g[:-1]), None),
    ("three tokens only", lambda u, g: state_with_indices(u[:3], g[:3]), None),
    ("no return", lambda u, g: None, None),
]

# Exercise 3: delta_by_hand (is_data)


def by_hand_in_a_loop(is_data):
    out = torch.zeros(len(is_data))
    for t, data in enumerate(is_data):
        out[t] = 7.0 if data else 1e-6
    return out


def by_hand_one_late(is_data):
    out = torch.full(is_data.shape, 1e-4)
    out[1:][is_data[:-1]] = 6.0
    return out


def by_hand_for_five_tokens(is_data):
    return torch.tensor([9.0, 1e-5, 1e-5, 9.0, 1e-5])


def by_hand_in_a_copy(is_data):
    delta = torch.zeros_like(is_data)
    delta[is_data], delta[~is_data] = 8.0, 1e-4
    return delta


def by_hand_in_a_clone(is_data):
    delta = is_data.clone()
    delta[is_data] = 8.0
    delta[~is_data] = 1e-4
    return delta


def by_hand_from_the_first(is_data):
    delta = torch.where(is_data, 9.0, 2e-5)
    delta[0] = 9.0
    return delta


def by_hand_at_the_last(is_data):
    delta = torch.full((len(is_data),), 1e-4)
    delta[is_data.nonzero()[-1]] = 6.0
    return delta


def by_hand_by_age(noise):
    """Another Δ for each noise token of a row, counted from 1."""

    def by_hand(is_data):
        delta, age = [], 0
        for data in is_data.tolist():
            age = 0 if data else age + 1
            delta.append(10.0 if data else noise(age))
        return torch.tensor(delta)

    return by_hand


def by_hand_until(end):
    return lambda is_data: torch.where(is_data & (torch.arange(len(is_data)) < end), 10.0, 1e-5)


def by_hand_beside(neighbours):
    """Open where a token is data and its neighbour is not."""

    def by_hand(is_data):
        marks = is_data.tolist()
        return torch.tensor([8.0 if a and not b else 1e-4 for a, b in zip(marks, neighbours(marks), strict=True)])

    return by_hand


def where(data, noise):
    return lambda is_data: torch.where(is_data, data, noise)


WRONG_WAY, PART, SAME = "doors the wrong way round", "data that do not reset", "one Δ for all tokens"
MARKS = "marks in the place of numbers"
NO_TENSOR = "no tensor with one Δ for each token"
LEAKS, NEGATIVE, LATE = "a hold that leaks", "a negative Δ", "a mask that comes one token late"
BY_HAND = [
    ("a weight without a bias", lambda m: F.softplus(10.0 * m), "a hold that leaks"),
    ("20 and 10", lambda is_data: 10.0 + 10.0 * is_data, "two Δ with nearly the same gate"),
    ("a hundredth of both", lambda is_data: torch.where(is_data, 1e-3, 1e-5), "two Δ with nearly the same gate"),
    ("softplus of a mild weight", lambda m: F.softplus(4.0 * m - 2.0), "doors that are half open"),
    (
        "the first one alone",
        lambda m: torch.full(m.shape, 1e-5).index_fill(0, m.int().argmax(), 10.0),
        "the first data token alone",
    ),
    ("8 and 1e-4", where(8.0, 1e-4), "right"),
    ("5 and 1e-3", where(5.0, 1e-3), "right"),
    ("5 and 5e-4", where(5.0, 5e-4), "right"),
    ("a loop", by_hand_in_a_loop, "right"),
    ("softplus", lambda is_data: F.softplus(torch.where(is_data, 9.0, -12.0)), "right"),
    ("arithmetic", lambda is_data: is_data * 10.0 + 1e-6, "right"),
    ("in float64", lambda is_data: torch.where(is_data, 12.0, 1e-9).double(), "right"),
    ("whole numbers and 1e-5", lambda is_data: torch.tensor([20 if data else 1e-5 for data in is_data]), "right"),
    ("97 % exactly, data reset", where(100.0, -math.log(0.97) / 20), "right"),
    ("97 % exactly, shared", where(-math.log(1 - 0.97**0.5), -math.log(0.97) / 40), "right"),
    ("too small for float32", lambda m: torch.where(m, 10.0, torch.tensor(1e-50, dtype=torch.float64)), "right"),
    ("3 % each", where(-math.log(0.03), -math.log(0.97) / 20), "2 or 3 % for each of the two"),
    ("exchanged", where(1e-5, 10.0), WRONG_WAY),
    ("exchanged, other values", where(0.001, 5.0), WRONG_WAY),
    ("not", lambda is_data: (~is_data) * 8.0 + 1e-4, WRONG_WAY),
    ("1 and 1e-5", where(1.0, 1e-5), PART),
    ("0.7 and 1e-3", where(0.7, 1e-3), PART),
    ("2 and 1e-6", where(2.0, 1e-6), PART),
    ("0.03 and 1e-6", where(0.03, 1e-6), PART),
    ("3 and 0", where(3.0, 0.0), PART),
    ("3.55 and 1e-6, 97.1 %", where(3.55, 1e-6), "right"),
    ("3.5 and 1e-6, 96.98 %", where(3.5, 1e-6), PART),
    ("10 and 0.0015, 97.03 %", where(10.0, 0.0015), "right"),
    ("10 and 0.0016, 96.8 %", where(10.0, 0.0016), LEAKS),
    ("5 and 0.0015, 96.4 %", where(5.0, 0.0015), LEAKS),
    ("3 and 0.002, which leaks as well", where(3.0, 0.002), LEAKS),
    ("3 and 0.0015, which would do for noise", where(3.0, 0.0015), PART),
    ("2.4 and 0.0014, which would do for noise", where(2.4, 0.0014), PART),
    ("4.6 and 0.0012, 1 % and 2.4 %", where(4.6, 0.0012), LEAKS),
    ("4 and 9e-4", where(4.0, 9e-4), "2 or 3 % for each of the two"),
    ("the mark itself", lambda is_data: is_data.float(), PART),
    ("all 10", lambda is_data: torch.full(is_data.shape, 10.0), SAME),
    ("all 1", lambda is_data: torch.ones(len(is_data)), SAME),
    ("all tiny", lambda is_data: torch.full(is_data.shape, 1e-5), SAME),
    ("10 and 0.1", where(10.0, 0.1), LEAKS),
    ("5 and 0.01", where(5.0, 0.01), LEAKS),
    ("8 and 0.3", where(8.0, 0.3), LEAKS),
    ("less and less hold", lambda m: torch.where(m, 10.0, 1e-4 * torch.arange(1, len(m) + 1)), LEAKS),
    ("3 and 0.01", where(3.0, 0.01), LEAKS),
    ("noise that resets after 18 in a row", by_hand_by_age(lambda age: 1e-5 if age < 19 else 10.0), None),
    ("noise with twice the Δ of the one before", by_hand_by_age(lambda age: 1e-4 * 2**age), None),
    ("noise with half of the Δ of the one before", by_hand_by_age(lambda age: 0.01 * 0.5**age), "right"),
    ("the first 20 tokens only", by_hand_until(20), None),
    ("10 and −10", where(10.0, -10.0), NEGATIVE),
    ("5 and −1", where(5.0, -1.0), NEGATIVE),
    ("−10 and 10", where(-10.0, 10.0), NEGATIVE),
    ("ln 0.01", where(math.log(0.01), 1e-4), NEGATIVE),
    ("Δ of data alone", lambda is_data: torch.full((int(is_data.sum()),), 5.0), NO_TENSOR),
    ("rolled", lambda is_data: torch.where(is_data.roll(1), 10.0, 1e-5), LATE),
    ("shifted, other values", by_hand_one_late, LATE),
    ("infinity", where(math.inf, 1e-5), "an infinite Δ"),
    ("zero on noise", where(10.0, 0.0), "a Δ of exactly zero"),
    ("whole numbers", lambda is_data: torch.where(is_data, 10, 0), "a Δ of exactly zero"),
    ("not a number", where(10.0, math.nan), None),
    ("a list", lambda is_data: [10.0 if data else 1e-5 for data in is_data], NO_TENSOR),
    ("two numbers", lambda is_data: (10.0, 1e-5), NO_TENSOR),
    ("one number", lambda is_data: torch.tensor(10.0), NO_TENSOR),
    ("for five tokens", by_hand_for_five_tokens, None),
    ("half open on both", where(1.0, 0.3), "doors that are half open"),
    ("half open, data nearly shut", where(0.5, 0.01), "doors that are half open"),
    ("exchanged, both small", where(0.1, 0.6), WRONG_WAY),
    ("2 % each", lambda m: torch.where(m, -math.log(0.02), -math.log(0.98) / 20), "2 or 3 % for each of the two"),
    ("written into the marks", by_hand_in_a_copy, MARKS),
    ("written into a copy of the marks", by_hand_in_a_clone, MARKS),
    ("the marks as they came", lambda is_data: is_data, MARKS),
    ("whole numbers, written into", lambda is_data: torch.where(is_data, 8.0, 1e-4).long(), "a Δ of exactly zero"),
    ("NumPy", lambda m: np.where(m.numpy(), 10.0, 1e-5), NO_TENSOR),
    ("a row for each", lambda m: torch.stack([10.0 * m, 1e-5 * ~m]).T, None),
    ("a column", lambda m: torch.tensor([[10.0] if data else [1e-5] for data in m]), NO_TENSOR),
    ("early", lambda m: torch.cat([m[1:], m[:1]]) * 10.0 + 1e-5, "a mask that comes one token early"),
    ("the first token only", lambda is_data: torch.where(torch.arange(len(is_data)) == 0, 10.0, 1e-5), None),
    ("the first token, whatever it is", by_hand_from_the_first, "a first token that always resets"),
    ("the last one alone", by_hand_at_the_last, "the last data token alone"),
    ("where data begin", by_hand_beside(lambda m: [False, *m[:-1]]), "data in a row, of which one resets"),
    ("where data end", by_hand_beside(lambda m: [*m[1:], False]), "data in a row, of which one resets"),
    ("crash", lambda is_data: torch.where(is_data, large, small), None),  # noqa: F821
    ("no return", lambda is_data: None, NO_TENSOR),
]

# Exercise 4: selective_parameters (u, x_proj, dt_proj, dt_bias)


def cut(u, x_proj, dt_proj):
    R = dt_proj.size(1)
    N = (x_proj.size(0) - R) // 2
    out = F.linear(u, x_proj)
    return out[..., :R], out[..., R : R + N], out[..., R + N :]


def parameters_with_layers(u, x_proj, dt_proj, dt_bias):
    low, B, C = cut(u, x_proj, dt_proj)
    return F.softplus(F.linear(low, dt_proj, dt_bias)), B, C


def parameters_by_einsum(u, x_proj, dt_proj, dt_bias):
    R = dt_proj.shape[-1]
    rest = torch.einsum("bld,rd->blr", u, x_proj[R:])
    raw = torch.einsum("bld,rd,er->ble", u, x_proj[:R], dt_proj) + dt_bias
    return (torch.log1p(raw.exp()), *rest.chunk(2, dim=-1))


def parameters_token_by_token(u, x_proj, dt_proj, dt_bias):
    R, N = dt_proj.shape[1], (len(x_proj) - dt_proj.shape[1]) // 2
    rows = [[x_proj @ token for token in line] for line in u]
    out = torch.stack([torch.stack(row) for row in rows])
    delta = torch.nn.Softplus()((dt_proj @ out[..., :R].unsqueeze(-1)).squeeze(-1) + dt_bias)
    return delta, out[..., R : R + N], out[..., -N:]


def parameters_from_three_products(u, x_proj, dt_proj, dt_bias):
    R = dt_proj.shape[1]
    N = (x_proj.shape[0] - R) // 2
    to_low, to_B, to_C = torch.split(x_proj, (R, N, N))
    return [F.softplus((u @ to_low.t()) @ dt_proj.t() + dt_bias), u @ to_B.t(), u @ to_C.t()]


def parameters_in_float64(u, x_proj, dt_proj, dt_bias):
    found = parameters_with_layers(u.double(), x_proj.double(), dt_proj.double(), dt_bias.double())
    return tuple(part.to(u.dtype) for part in found)


def parameters(delta_of, B_of=lambda B: B, C_of=lambda C: C):
    def run(u, x_proj, dt_proj, dt_bias):
        low, B, C = cut(u, x_proj, dt_proj)
        return delta_of(low, dt_proj, dt_bias), B_of(B), C_of(C)

    return run


def delta_of(low, dt_proj, dt_bias):
    return F.softplus(low @ dt_proj.T + dt_bias)


def parameters_of_exchanged_parts(u, x_proj, dt_proj, dt_bias):
    low, C, B = cut(u, x_proj, dt_proj)
    return delta_of(low, dt_proj, dt_bias), B, C


def parameters_with_the_rank_last(u, x_proj, dt_proj, dt_bias):
    R = dt_proj.shape[1]
    N = (x_proj.shape[0] - R) // 2
    B, C, low = torch.split(u @ x_proj.T, [N, N, R], -1)
    return delta_of(low, dt_proj, dt_bias), B, C


def parameters_in_three_chunks(u, x_proj, dt_proj, dt_bias):
    low, B, C = torch.chunk(u @ x_proj.T, 3, dim=-1)
    return F.softplus(low @ dt_proj.T + dt_bias), B, C


def parameters_with_D_for_R(u, x_proj, dt_proj, dt_bias):
    R, _ = dt_proj.shape
    N = (x_proj.shape[0] - R) // 2
    low, B, C = (u @ x_proj.T).split([R, N, N], dim=-1)
    return F.softplus(low @ dt_proj.T + dt_bias), B, C


def parameters_with_all_of_N(u, x_proj, dt_proj, dt_bias):
    R = dt_proj.shape[1]
    N = x_proj.shape[0] - R
    low, B, C = torch.split(u @ x_proj.T, [R, N, N], dim=-1)
    return F.softplus(low @ dt_proj.T + dt_bias), B, C


@torch.no_grad()
def parameters_without_gradient(u, x_proj, dt_proj, dt_bias):
    return parameters_with_layers(u, x_proj, dt_proj, dt_bias)


def parameters_of_one_sequence(u, x_proj, dt_proj, dt_bias):
    found = parameters_with_layers(u[:1], x_proj, dt_proj, dt_bias)
    return tuple(part.expand(len(u), -1, -1) for part in found)


def parameters_not_transposed(u, x_proj, dt_proj, dt_bias):
    low, B, C = (u @ x_proj).split([1, 2, 2], dim=-1)
    return F.softplus(low @ dt_proj.T + dt_bias), B, C


def parameters_without_a_return(u, x_proj, dt_proj, dt_bias):
    parameters_with_layers(u, x_proj, dt_proj, dt_bias)


def mean(part):
    return part.mean(dim=1, keepdim=True).expand_as(part)


def parameters_cut_along_the_tokens(u, x_proj, dt_proj, dt_bias):
    rank = dt_proj.shape[1]
    states = (x_proj.shape[0] - rank) // 2
    low, B, C = torch.split(u @ x_proj.mT, [rank, states, states], dim=1)
    return F.softplus(F.linear(low, dt_proj, dt_bias)), B, C


def parameters_with_new_layers(u, x_proj, dt_proj, dt_bias):
    into, out = torch.nn.Linear(*x_proj.T.shape, bias=False), torch.nn.Linear(*dt_proj.T.shape)
    with torch.no_grad():
        into.weight.copy_(x_proj)
        out.weight.copy_(dt_proj)
        out.bias.copy_(dt_bias)
    states = (len(x_proj) - dt_proj.shape[1]) // 2
    low, B, C = into(u).split([dt_proj.shape[1], states, states], dim=-1)
    return F.softplus(out(low)), B, C


def projected(B=lambda B, delta: B, end=F.softplus, middle=lambda low: low, cut=None):
    def function(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.shape[1]
        N = (x_proj.shape[0] - R) // 2
        both = F.linear(u, x_proj)
        low, own_B, C = cut(both, R, N) if cut else both.split([R, N, N], -1)
        delta = end(F.linear(middle(low[..., :R]), dt_proj, dt_bias))
        return delta, B(own_B, delta), C

    return function


def parameters_by_a_layer(u, x_proj, dt_proj, dt_bias):
    layer = torch.nn.Linear(dt_proj.shape[1], dt_proj.shape[0])
    layer.weight.data, layer.bias.data = dt_proj, dt_bias
    low, B, C = F.linear(u, x_proj).tensor_split([dt_proj.shape[1], (x_proj.shape[0] + dt_proj.shape[1]) // 2], -1)
    return F.softplus(layer(low)), B, C


def states_not_halved(last):
    def answer(u, x_proj, dt_proj, dt_bias):
        rank = dt_proj.size(1)
        numbers, states = F.linear(u, x_proj), x_proj.size(0) - rank
        delta = F.softplus(F.linear(numbers[:, :, :rank], dt_proj, dt_bias))
        return delta, numbers[:, :, rank : rank + states], numbers[:, :, last(rank, states)]

    return answer


OWN_FUNCTION = "a bias with a function of its own"


def with_own_function(step):
    def answer(u, x_proj, dt_proj, dt_bias):
        numbers, rank = F.linear(u, x_proj), dt_proj.size(1)
        return step(F.linear(numbers[..., :rank], dt_proj), dt_bias), *numbers[..., rank:].chunk(2, -1)

    return answer


def by_place(begins):
    def answer(u, x_proj, dt_proj, dt_bias):
        numbers, rank = F.linear(u, x_proj), dt_proj.size(1)
        states = (len(x_proj) - rank) // 2
        delta = F.softplus(F.linear(numbers[..., :rank], dt_proj, dt_bias))
        return delta, *(numbers[..., begin : begin + states] for begin in begins(rank, states))

    return answer


def rank_of_the_channels(u, x_proj, dt_proj, dt_bias):
    rank = len(dt_proj)
    states = (len(x_proj) - rank) // 2
    low, B, C = F.linear(u, x_proj).split([rank, states, states], -1)
    return F.softplus(F.linear(low, dt_proj, dt_bias)), B, C


def parameters_of_the_weights(u, x_proj, dt_proj, dt_bias):
    R = dt_proj.shape[1]
    B, C = x_proj[R:].chunk(2)
    return F.softplus(u @ x_proj[:R].T @ dt_proj.T + dt_bias), B, C


def cut_in_sizes(sizes):
    """Cut with other sizes, under the right names."""

    def parameters(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.shape[-1]
        low, B, C = torch.split(u @ x_proj.T, sizes(R, (len(x_proj) - R) // 2), dim=-1)
        return F.softplus(low @ dt_proj.T + dt_bias), B, C

    return parameters


def half_of_all_rows(number):
    """N from all the rows of x_proj."""

    def parameters(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.size(-1)
        N = number(len(x_proj), R)
        low, B, C = torch.split(F.linear(u, x_proj), [R, N, N], dim=2)
        return F.softplus(F.linear(low, dt_proj, dt_bias)), B, C

    return parameters


def half_by_place(u, x_proj, dt_proj, dt_bias):
    both, R, N = F.linear(u, x_proj), dt_proj.size(1), len(x_proj) // 2
    return F.softplus(F.linear(both[..., :R], dt_proj, dt_bias)), both[..., R : R + N], both[..., R + N :]


def projected_and_turned(*all):
    delta, B, C = parameters_with_layers(*all)
    return delta, B.permute(0, 2, 1), C.permute(0, 2, 1)


def parameters_stacked_in_front(u, *weights):
    """Token by token, with the tokens stacked in front."""
    tokens = [parameters_with_layers(u[:, t : t + 1], *weights) for t in range(u.shape[1])]
    return tuple(torch.stack([part.squeeze(1) for part in parts]) for parts in zip(*tokens, strict=True))


def parameters_in_brackets(*before):
    """Cut with brackets on the axis behind these."""

    def function(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.shape[1]
        N = (x_proj.shape[0] - R) // 2
        both = F.linear(u, x_proj)
        delta = F.softplus(F.linear(both[(*before, slice(0, R))], dt_proj, dt_bias))
        return delta, both[(*before, slice(R, R + N))], both[(*before, slice(R + N, None))]

    return function


CUT_OFF = "a gradient cut off"


def parameters_with_slices(places):
    """B and C as slices of the projected numbers."""

    def parameters(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.shape[1]
        B, C = places(R, (len(x_proj) - R) // 2)
        numbers = u @ x_proj.T
        return F.softplus(numbers[..., :R] @ dt_proj.T + dt_bias), numbers[..., B], numbers[..., C]

    return parameters


def parameters_in_order(*order):
    """The parts, numbered low rank 0, B 1, C 2, stand in x_proj in this order."""

    def parameters(u, x_proj, dt_proj, dt_bias):
        R = dt_proj.shape[1]
        N = (len(x_proj) - R) // 2
        parts = F.linear(u, x_proj).split([N if part else R for part in order], dim=-1)
        low, B, C = (parts[order.index(part)] for part in range(3))
        return delta_of(low, dt_proj, dt_bias), B, C

    return parameters


BEGIN = "parts that begin in the wrong place"
LATER_RANK, ACTIVATION = "a low rank that does not come first", "an activation in the place of the softplus"


def parameters_in_turns(u, x_proj, dt_proj, dt_bias):
    low, B, C = cut(u, x_proj, dt_proj)
    rest = torch.cat([B, C], dim=-1)
    return delta_of(low, dt_proj, dt_bias), rest[..., ::2], rest[..., 1::2]


def parameters_in_pairs(u, x_proj, dt_proj, dt_bias):
    low, B, C = cut(u, x_proj, dt_proj)
    pairs = torch.cat([B, C], dim=-1).reshape(*B.shape, 2)
    return delta_of(low, dt_proj, dt_bias), pairs[..., 0], pairs[..., 1]


def parameters_in_one_table(u, x_proj, dt_proj, dt_bias):
    """All tokens in one table, by `view`: it takes no u whose axes were exchanged."""
    low, B, C = cut(u.view(-1, u.shape[-1]), x_proj, dt_proj)
    return tuple(part.view(*u.shape[:2], -1) for part in (delta_of(low, dt_proj, dt_bias), B, C))


def parameters_in_one_copied_table(u, x_proj, dt_proj, dt_bias):
    low, B, C = cut(u.reshape(-1, u.shape[-1]), x_proj, dt_proj)
    return tuple(part.unflatten(0, u.shape[:2]) for part in (delta_of(low, dt_proj, dt_bias), B, C))


def parameters_of_rank_one(end):
    """As in the chapter's example by hand: one number for Δ, and C up to this place."""

    def parameters(u, x_proj, dt_proj, dt_bias):
        numbers, N = u @ x_proj.T, (len(x_proj) - 1) // 2
        raw = numbers[..., :1] * dt_proj[:, 0] + dt_bias
        return F.softplus(raw), numbers[..., 1 : 1 + N], numbers[..., 1 + N : end(N)]

    return parameters


def parameters_counted_from_one(u, x_proj, dt_proj, dt_bias):
    numbers, R = F.linear(u, x_proj), dt_proj.size(1)
    N = (len(x_proj) - R) // 2
    B, C = numbers[..., R + 1 : R + N + 1], numbers[..., R + N + 1 : R + 2 * N + 1]
    return delta_of(numbers[..., 1 : R + 1], dt_proj, dt_bias), B, C


def exchanged(delta):
    return lambda *all: (parameters(delta)(*all)[0], *parameters(delta)(*all)[:0:-1])


EXCHANGED, ON_B_AND_C = "B and C in exchanged places", "a function on B and C"
PARAMETERS = [
    ("one table, copied", parameters_in_one_copied_table, "right"),
    ("one table", parameters_in_one_table, "a view of exchanged axes"),
    ("R = 1, C to the end", parameters_of_rank_one(lambda N: None), "one number of the low rank"),
    ("R = 1, N numbers for C", parameters_of_rank_one(lambda N: 1 + 2 * N), "one number of the low rank"),
    ("places counted from 1", parameters_counted_from_one, "parts that begin in the wrong place"),
    ("nothing but products", parameters(lambda low, W, b: low @ W.T), "a bias and a softplus that are missing"),
    ("bias twice, no softplus", parameters(lambda low, W, b: low @ W.T + b + b), "a bias that is added twice"),
    ("no bias, C and B", exchanged(lambda low, W, b: F.softplus(low @ W.T)), EXCHANGED),
    ("no softplus, C and B", exchanged(lambda low, W, b: F.linear(low, W, b)), EXCHANGED),
    ("exp, C and B", exchanged(lambda low, W, b: F.linear(low, W, b).exp()), EXCHANGED),
    ("relu on B and C", parameters(delta_of, F.relu, F.relu), ON_B_AND_C),
    ("exp on B and C", parameters(delta_of, torch.exp, torch.exp), ON_B_AND_C),
    ("softmax on B and C", parameters(delta_of, lambda B: B.softmax(-1), lambda C: C.softmax(-1)), ON_B_AND_C),
    (
        "B and C of length 1",
        parameters(delta_of, *2 * [lambda B: B / B.norm(dim=-1, keepdim=True)]),
        ON_B_AND_C,
    ),
    (
        "B and C of mean square 1",
        parameters(delta_of, *2 * [lambda B: B * (B.square().mean(-1, keepdim=True) + 1e-6).rsqrt()]),
        ON_B_AND_C,
    ),
    (
        "softplus on B and C, no bias",
        parameters(lambda low, W, b: F.softplus(low @ W.T), F.softplus, F.softplus),
        ON_B_AND_C,
    ),
    (
        "Δ·B·u",
        lambda u, *weights: projected(B=lambda B, delta: torch.einsum("bld,bln,bld->bldn", delta, B, u))(u, *weights),
        "a B with Δ in it",
    ),
    ("softplus of the bias", with_own_function(lambda raw, b: F.softplus(raw + F.softplus(b))), OWN_FUNCTION),
    ("two softplus", with_own_function(lambda raw, b: F.softplus(raw) + F.softplus(b)), OWN_FUNCTION),
    ("R forgotten", by_place(lambda R, N: (0, N)), "parts that begin in the wrong place"),
    ("R forgotten once", by_place(lambda R, N: (R, N)), "parts that begin in the wrong place"),
    ("one too late", by_place(lambda R, N: (R + 1, R + N + 1)), "parts that begin in the wrong place"),
    ("B behind N", by_place(lambda R, N: (N, R + N)), "parts that begin in the wrong place"),
    ("softmax", parameters(lambda low, W, b: (low @ W.T + b).softmax(2)), "another function that is never negative"),
    ("a floor", parameters(lambda low, W, b: delta_of(low, W, b).clamp_min(1e-3)), "a Δ that is held in a range"),
    (
        "a lower floor",
        parameters(lambda low, W, b: torch.clip(delta_of(low, W, b), 1e-4)),
        "a Δ that is held in a range",
    ),
    ("silu on B and C", parameters(delta_of, F.silu, F.silu), "a function on B and C"),
    ("B from the start", by_place(lambda R, N: (0, R + N)), "parts that begin in the wrong place"),
    ("B in the place of C", by_place(lambda R, N: (R, R)), "parts that begin in the wrong place"),
    ("exp of the bias", with_own_function(lambda raw, b: F.softplus(raw + b.exp())), OWN_FUNCTION),
    (
        "1 − exp(−Δ)",
        parameters(lambda low, W, b: -torch.expm1(-delta_of(low, W, b))),
        "a share in the place of Δ",
    ),
    ("exp(−Δ)", parameters(lambda low, W, b: torch.exp(-delta_of(low, W, b))), "a share in the place of Δ"),
    ("B twice as wide", states_not_halved(lambda rank, states: slice(rank + states, None)), "an N that is not halved"),
    ("B and C twice", states_not_halved(lambda rank, states: slice(-states, None)), "an N that is not halved"),
    ("every second one", parameters_in_turns, "B and C that take turns"),
    ("in pairs", parameters_in_pairs, "B and C that take turns"),
    ("half of all rows", half_of_all_rows(lambda rows, rank: rows // 2), "half of all rows"),
    ("half of all, less R", half_of_all_rows(lambda rows, rank: rows // 2 - rank), "half of all rows"),
    ("half of all, by place", half_by_place, "half of all rows"),
    ("C from N on", parameters_with_slices(lambda R, N: (slice(R, R + N), slice(N, None))), BEGIN),
    ("the last N twice", parameters_with_slices(lambda R, N: (slice(-N, None), slice(-N, None))), BEGIN),
    ("silu of the tokens", lambda u, *rest: parameters_with_layers(F.silu(u), *rest), "an activation on the tokens"),
    (
        "relu of the tokens",
        lambda u, *rest: parameters_with_layers(u.clamp(min=0), *rest),
        "an activation on the tokens",
    ),
    ("bias as a factor", parameters(lambda low, W, b: F.softplus(b * (low @ W.T))), "a bias as a factor"),
    (
        "log1p",
        parameters(lambda low, W, b: torch.log(1 + F.linear(low, W, b))),
        "a logarithm without its exponential",
    ),
    ("cut off", parameters(lambda low, W, b: delta_of(low, W, b).clip(1e-3, 0.1)), "a Δ that is held in a range"),
    (
        "first column",
        parameters(lambda low, W, b: F.softplus(low[..., :1] @ W[:, :1].T + b)),
        "one number of the low rank",
    ),
    ("rows of x_proj", parameters_of_the_weights, "weights in the place of B and C"),
    ("N, N, R", cut_in_sizes(lambda R, N: [N, N, R]), "sizes in another order"),
    ("R each", cut_in_sizes(lambda R, N: R), "sizes in another order"),
    ("N each", cut_in_sizes(lambda R, N: [N, N, N]), "sizes in another order"),
    ("B and C turned", projected_and_turned, "tokens on the last axis"),
    ("collected, stack", parameters_stacked_in_front, "tokens on the first axis"),
    (
        "one row a token",
        lambda u, *weights: tuple(p[0] for p in parameters_with_layers(u.reshape(1, -1, u.shape[-1]), *weights)),
        "tokens on the first axis",
    ),
    ("D for R, by F.linear", rank_of_the_channels, "a rank from the wrong axis"),
    (
        "B averaged",
        projected(B=lambda B, delta: B.mean(1, keepdim=True).expand_as(B)),
        "B and C that are the same for all tokens",
    ),
    ("Δ·B", projected(B=lambda B, delta: torch.einsum("bld,bln->bldn", delta, B)), "a B with Δ in it"),
    ("a minus", projected(end=lambda raw: -F.softplus(raw)), "a Δ below zero"),
    ("SiLU in the middle", projected(middle=F.silu), "an activation on the low rank"),
    ("thirds", projected(cut=lambda both, R, N: both.chunk(3, -1)), "a cut into thirds"),
    ("a new layer", parameters_by_a_layer, CUT_OFF),
    ("layers", parameters_with_layers, "right"),
    ("einsum", parameters_by_einsum, "right"),
    ("token by token", parameters_token_by_token, "right"),
    ("three products, a list", parameters_from_three_products, "right"),
    ("in float64", parameters_in_float64, "right"),
    ("no softplus", parameters(lambda low, W, b: low @ W.T + b), "a forgotten softplus"),
    ("bias behind", parameters(lambda low, W, b: F.softplus(low @ W.T) + b), "a bias after the softplus"),
    ("no bias", parameters(lambda low, W, b: F.softplus(F.linear(low, W))), "a forgotten bias"),
    ("bias twice", parameters(lambda low, W, b: F.softplus(F.linear(low, W, b) + b)), "a bias that is added twice"),
    ("softplus twice", parameters(lambda low, W, b: F.softplus(delta_of(low, W, b))), "a softplus of a softplus"),
    ("softplus inside", parameters(lambda low, W, b: F.linear(F.softplus(low), W, b)), "a softplus in the low rank"),
    ("exp", parameters(lambda low, W, b: torch.exp(low @ W.T + b)), "another function that is never negative"),
    ("relu", parameters(lambda low, W, b: (low @ W.T + b).clamp(min=0)), "another function that is never negative"),
    ("softplus on B and C", parameters(delta_of, F.softplus, F.softplus), "a function on B and C"),
    (
        "softplus on all",
        parameters(lambda low, W, b: delta_of(F.softplus(low), W, b), F.softplus, F.softplus),
        "a softplus on all that x_proj makes",
    ),
    (
        "softplus on the low rank",
        parameters(lambda low, W, b: delta_of(F.softplus(low), W, b)),
        "a softplus on the low rank",
    ),
    ("means", parameters(delta_of, mean, mean), "B and C that are the same for all tokens"),
    (
        "means, no axis",
        parameters(delta_of, lambda B: B.mean(1), lambda C: C.mean(1)),
        "B and C that are the same for all tokens",
    ),
    ("one Δ", parameters(lambda low, W, b: delta_of(low, W, b)[..., :1]), "one Δ for all channels"),
    ("mean Δ", parameters(lambda low, W, b: delta_of(low, W, b).mean(-1, keepdim=True)), "one Δ for all channels"),
    ("B and C exchanged", parameters_of_exchanged_parts, "B and C in exchanged places"),
    ("rank last", parameters_with_the_rank_last, LATER_RANK),
    ("C, B, rank", parameters_in_order(2, 1, 0), LATER_RANK),
    ("B, rank, C", parameters_in_order(1, 0, 2), LATER_RANK),
    ("C, rank, B", parameters_in_order(2, 0, 1), LATER_RANK),
    ("one place early", parameters_with_slices(lambda R, N: (slice(R - 1, R + N - 1), slice(R + N - 1, -1))), BEGIN),
    ("SiLU for softplus", parameters(lambda low, W, b: F.silu(F.linear(low, W, b))), ACTIVATION),
    ("GELU for softplus", parameters(lambda low, W, b: F.gelu(F.linear(low, W, b))), ACTIVATION),
    (
        "ELU + 1",
        parameters(lambda low, W, b: 1 + F.elu(F.linear(low, W, b))),
        "another function that is never negative",
    ),
    (
        "the inverse softplus of the bias",
        parameters(lambda low, W, b: F.softplus(low @ W.T + torch.log(b.exp() - 1))),
        OWN_FUNCTION,
    ),
    ("chunk", parameters_in_three_chunks, "a cut into thirds"),
    ("D for R", parameters_with_D_for_R, "a rank from the wrong axis"),
    ("all of N", parameters_with_all_of_N, "an N that is not halved"),
    (
        "channels first",
        lambda *all: tuple(p.transpose(1, 2) for p in parameters_with_layers(*all)),
        "tokens on the last axis",
    ),
    ("no_grad", parameters_without_gradient, CUT_OFF),
    ("detached Δ", parameters(lambda low, W, b: delta_of(low, W, b).detach()), CUT_OFF),
    ("x_proj as it is", parameters_not_transposed, "a weight the wrong way round"),
    (
        "transposed twice",
        parameters(lambda low, W, b: F.softplus(F.linear(low, W.T, b))),
        "a weight the wrong way round",
    ),
    ("dt_proj as it is", parameters(lambda low, W, b: F.softplus(low @ W + b)), "a weight the wrong way round"),
    ("sequence 0", parameters_of_one_sequence, None),
    ("no return", parameters_without_a_return, None),
    ("another order", lambda *all: parameters_with_layers(*all)[::-1], None),
    ("Δ only", lambda *all: parameters_with_layers(*all)[0], None),
    ("two results", lambda *all: parameters_with_layers(*all)[:2], None),
    (
        "N = 2",
        lambda u, x_proj, dt_proj, dt_bias: (
            delta_of(cut(u, x_proj, dt_proj)[0], dt_proj, dt_bias),
            *cut(u, x_proj, dt_proj)[1][..., :2].split(1, -1),
        ),
        None,
    ),
    ("minus the bias", parameters(lambda low, W, b: F.softplus(low @ W.T - b)), "a bias that is taken off"),
    ("the low rank", parameters(lambda low, W, b: F.softplus(low)), "a Δ without its projection"),
    ("split(dim=1)", parameters_cut_along_the_tokens, "a cut along another axis"),
    ("split without dim", projected(cut=lambda both, R, N: both.split([R, N, N])), "a cut along another axis"),
    ("brackets on the first axis", parameters_in_brackets(), "a cut along another axis"),
    ("brackets on axis 1", parameters_in_brackets(slice(None)), "a cut along another axis"),
    (
        "sizes for places",
        projected(cut=lambda both, R, N: (both[..., :R], both[..., R:N], both[..., N:])),
        "parts that begin in the wrong place",
    ),
    ("layers of its own", parameters_with_new_layers, CUT_OFF),
    ("softplus of the bias alone", parameters(lambda low, W, b: low @ W.T + F.softplus(b)), OWN_FUNCTION),
    *(
        (f"tokens averaged {where}", parameters(of_mean), "a Δ that is the same for all tokens")
        for where, of_mean in (
            ("before dt_proj", lambda low, W, b: delta_of(mean(low), W, b)),
            ("before dt_proj, one for the line", lambda low, W, b: delta_of(low.mean(1, keepdim=True), W, b)),
            ("after the softplus", lambda low, W, b: mean(delta_of(low, W, b))),
            ("after the softplus, without L", lambda low, W, b: delta_of(low, W, b).mean(1)),
        )
    ),
    ("a bias that is detached", parameters(lambda low, W, b: delta_of(low, W, b.data)), CUT_OFF),
    ("a projection that is detached", parameters(lambda low, W, b: delta_of(low, W.detach(), b)), CUT_OFF),
    ("tokens that are detached", lambda u, *weights: parameters_with_layers(u.detach(), *weights), CUT_OFF),
    ("abs", parameters(lambda low, W, b: (low @ W.T + b).abs()), "another function that is never negative"),
    (
        "softplus of −w",
        parameters(lambda low, W, b: torch.log(1 + torch.exp(-(low @ W.T + b)))),
        "a softplus of the opposite",
    ),
    ("bias upright", parameters(lambda low, W, b: F.softplus(low @ W.T + b[:, None])), "a bias along the tokens"),
    (
        "view",
        parameters(lambda low, W, b: F.softplus(low @ W.view(W.shape[1], W.shape[0]) + b)),
        "a reshape in the place of a transpose",
    ),
    ("softplus on C", parameters(delta_of, lambda B: B, F.softplus), "a function on B and C"),
    (
        "the mean raw number",
        parameters(lambda low, W, b: F.softplus((low @ W.T + b).mean(-1, keepdim=True))),
        "one Δ for all channels",
    ),
]

# The bug hunt: mended_ssm (u, A, x_proj, dt_proj, dt_bias)


def ssm(delta_from, scan=selective_scan_fn, **options):
    """The suspect with another Δ and other options of the scan."""

    def run(u, A, x_proj, dt_proj, dt_bias):
        low, B, C = cut(u, x_proj, dt_proj)
        rows = [part.transpose(1, 2) for part in (u, delta_from(low, dt_proj, dt_bias), B, C)]
        given = {name: dt_bias if value == "bias" else value for name, value in options.items()}
        return scan(rows[0], rows[1], A, *rows[2:], **given).transpose(1, 2)

    return run


def ssm_by_a_loop(u, A, x_proj, dt_proj, dt_bias):
    delta, B, C = parameters_with_layers(u, x_proj, dt_proj, dt_bias)
    h, out = torch.zeros(u.shape[0], *A.shape), []
    for t in range(u.shape[1]):
        d = delta[:, t, :, None]
        h = torch.exp(d * A) * h + d * B[:, t, None] * u[:, t, :, None]
        out.append((h * C[:, t, None]).sum(-1))
    return torch.stack(out, dim=1)


def ssm_without_the_last_transpose(u, A, x_proj, dt_proj, dt_bias):
    return ssm(lambda low, W, b: low @ W.T, delta_bias="bias", delta_softplus=True)(
        u, A, x_proj, dt_proj, dt_bias
    ).transpose(1, 2)


def with_D(u, delta, A, B, C, D):
    return selective_scan_fn(u, delta, A, B, C, D, delta_softplus=True)


BOTH = {"delta_bias": "bias", "delta_softplus": True}


def mended_by_hand(u, A, x_proj, dt_proj, dt_bias):
    delta, B, C = projected()(u, x_proj, dt_proj, dt_bias)
    return selective_scan_ref(u.mT, delta.mT, A, B.mT, C.mT).mT


def suspect_with_twice_the_bias(u, A, x_proj, dt_proj, dt_bias):
    return mended_by_hand(u, A, x_proj, dt_proj, 2 * dt_bias)


def exchanged_in_vain(u, A, x_proj, dt_proj, dt_bias):
    delta, B, C = projected()(u, x_proj, dt_proj, 2 * dt_bias)
    return selective_scan_ref(u.mT, delta.mT, A, C.mT, B.mT).mT


def low_rank_last(times):
    def scan(u, A, x_proj, dt_proj, dt_bias):
        return mended_by_hand(u, A, x_proj.roll(dt_proj.size(1), 0), dt_proj, times * dt_bias)

    return scan


def own_loop(
    let_in=lambda d, A, B: d * B, kept=lambda d, A: torch.exp(d * A), early=False, read=lambda h, C: h @ C[..., None]
):
    """A scan of one's own."""

    def scan(u, A, x_proj, dt_proj, dt_bias):
        delta, B, C = parameters_with_layers(u, x_proj, dt_proj, dt_bias)
        d, B = delta[..., None], B.unsqueeze(2)  # (B, L, D, 1), (B, L, 1, N)
        K, E = kept(d, A), let_in(d, A, B) * u[..., None]
        h, y = torch.zeros_like(E[:, 0]), []
        for t in range(u.shape[1]):
            before, h = h, K[:, t] * h + E[:, t]
            y.append(read(before if early else h, C[:, t]).flatten(1))
        return torch.stack(y, 1)

    return scan


MENDED = [
    *(
        (name, ssm(lambda low, W, b, bend=bend: bend(F.linear(low, W, b))), "another function that is never negative")
        for name, bend in (("relu", torch.relu), ("abs", torch.abs), ("sigmoid", torch.sigmoid))
    ),
    ("B and C for a repair", exchanged_in_vain, "B and C exchanged in vain"),
    ("twice A", lambda u, A, *weights: suspect_with_twice_the_bias(u, 2 * A, *weights), "a faster A"),
    ("low rank last", low_rank_last(1), "a low rank that is taken from the end"),
    ("low rank last, in vain", low_rank_last(2), "a low rank that is taken from the end"),
    ("−A", lambda u, A, *weights: mended_by_hand(u, -A, *weights), "a state that grows"),
    ("|A| in vain", lambda u, A, *weights: suspect_with_twice_the_bias(u, A.abs(), *weights), "a state that grows"),
    ("exp(−ΔA)", own_loop(kept=lambda d, A: torch.exp(-d * A)), "a state that grows"),
    ("ten times A", lambda u, A, *weights: suspect_with_twice_the_bias(u, 10 * A, *weights), "a faster A"),
    (
        "softplus of the bias",
        lambda u, A, x, dt, bias: mended_by_hand(u, A, x, dt, F.softplus(bias)),
        "a bias with a function of its own",
    ),
    (
        "a bias that is detached",
        lambda u, A, x, dt, bias: mended_by_hand(u, A, x, dt, bias.detach()),
        "a gradient cut off",
    ),
    ("an A that is detached", lambda u, A, *weights: mended_by_hand(u, A.detach(), *weights), "a gradient cut off"),
    ("not below 0.01", ssm(lambda low, W, b: delta_of(low, W, b).clamp(min=0.01)), "a Δ that is held in a range"),
    (
        "not below 0.001, twice",
        ssm(lambda low, W, b: torch.maximum(delta_of(low, W, 2 * b), torch.tensor(0.001))),
        "a Δ that is held in a range",
    ),
    ("as at the start", ssm(lambda low, W, b: delta_of(low, W, b).clip(1e-3, 0.1)), "a Δ that is held in a range"),
    ("the token halved", ssm(lambda low, W, b: low @ W.T / 2, **BOTH), "half of what the token says"),
    ("bias in the scan", ssm(lambda low, W, b: low @ W.T, **BOTH), "right"),
    ("bias in the layer", ssm(lambda low, W, b: F.linear(low, W, b), delta_softplus=True), "right"),
    ("all before the scan", ssm(delta_of), "right"),
    ("half of it twice", ssm(lambda low, W, b: F.linear(low, W, b / 2) - b / 2, **BOTH), "right"),
    ("the reference scan", ssm(lambda low, W, b: low @ W.T, selective_scan_ref, **BOTH), "right"),
    ("a loop", ssm_by_a_loop, "right"),
    ("as it came", ssm(lambda low, W, b: F.linear(low, W, b), **BOTH), "the code as it came"),
    ("no bias", ssm(lambda low, W, b: F.linear(low, W), delta_softplus=True), "a bias that is gone"),
    ("taken off", ssm(lambda low, W, b: low @ W.T - b, **BOTH), "a bias that is gone"),
    ("softplus twice", ssm(delta_of, delta_softplus=True), "a softplus that is applied twice"),
    ("no softplus", ssm(lambda low, W, b: low @ W.T, delta_bias="bias"), "a softplus that is gone"),
    ("no softplus, bias before", ssm(lambda low, W, b: F.linear(low, W, b)), "a softplus that is gone"),
    ("softplus, bias, softplus", ssm(lambda low, W, b: F.softplus(low @ W.T), **BOTH), "a bias around the softplus"),
    ("bias behind", ssm(lambda low, W, b: F.softplus(low @ W.T) + b), "a bias after the softplus"),
    ("everything twice", ssm(delta_of, **BOTH), "a bias on both sides of a softplus"),
    ("bias, softplus, bias", ssm(delta_of, delta_bias="bias"), "a bias on both sides of a softplus"),
    ("nothing", ssm(lambda low, W, b: low @ W.T), "a bias and a softplus that are gone"),
    ("bias alone", ssm(lambda low, W, b: F.softplus(b).expand(*low.shape[:2], -1)), "a token that has no say"),
    ("bias and half", ssm(lambda low, W, b: F.softplus(low @ W.T / 2 + b)), "half of what the token says"),
    ("half of all", ssm(lambda low, W, b: F.linear(low, W, b) / 2, **BOTH), "half of what the token says"),
    ("root", ssm(lambda low, W, b: F.softplus(low @ W.T + b + b).sqrt()), "a root of Δ"),
    ("root of the right Δ", ssm(lambda low, W, b: delta_of(low, W, b) ** 0.5), "a root of Δ"),
    (
        "-exp(A)",
        ssm(delta_of, lambda u, d, A, B, C, **on: selective_scan_fn(u, d, -A.exp(), B, C, **on)),
        "an exponential of A",
    ),
    ("not transposed back", ssm_without_the_last_transpose, "a result that is not turned back"),
    ("no softplus either", ssm(F.linear, delta_bias="bias"), "two mistakes for one"),
    ("exp", ssm(lambda low, W, b: F.linear(low, W, b).exp()), "an exponential in the place of softplus"),
    ("a bias and a half", ssm(lambda low, W, b: F.linear(low, W, b / 2), **BOTH), "half of the bias"),
    (
        "B and C exchanged",
        ssm(lambda low, W, b: low @ W.T, lambda u, d, A, B, C, **on: selective_scan_fn(u, d, A, C, B, **on), **BOTH),
        "B and C exchanged",
    ),
    ("bias / 2", ssm(lambda low, W, b: F.linear(low, W, b / 2), delta_softplus=True), "half of the bias, once"),
    ("a loop without Δ·", own_loop(lambda d, A, B: B), "a token without its Δ"),
    ("a loop with the hold", own_loop(lambda d, A, B: torch.expm1(d * A) / A * B), "a zero-order hold"),
    ("exp of the bias", ssm(lambda low, W, b: F.softplus(low @ W.T + b.exp())), "a bias with a function of its own"),
    (
        "the inverse softplus of the bias",
        ssm(lambda low, W, b: F.softplus(low @ W.T + b + torch.log(-torch.expm1(-b)))),
        "a bias with a function of its own",
    ),
    ("the logarithm of the bias", ssm(lambda low, W, b: F.softplus(low @ W.T + b.log())), None),
    (
        "a softplus for each of the two",
        ssm(lambda low, W, b: F.softplus(low @ W.T) + F.softplus(b)),
        "a bias with a function of its own",
    ),
    ("a bias without its name", ssm(lambda low, W, b: low @ W.T, with_D, D="bias"), "a bias in the place of D"),
    (
        "one with, one without a name",
        ssm(lambda low, W, b: low @ W.T + b, with_D, D="bias"),
        "a bias in the place of D",
    ),
    ("times the bias", ssm(lambda low, W, b: (low @ W.T) * b, delta_softplus=True), "a bias as a factor"),
    ("a softplus times the bias", ssm(lambda low, W, b: F.softplus(low @ W.T) * b), "a bias as a factor"),
    ("a mean bias", ssm(lambda low, W, b: F.softplus(low @ W.T + b.mean())), "one bias for all channels"),
    ("exp(A)", own_loop(kept=lambda d, A: A.exp() + 0 * d), "a fading without its Δ"),
    ("read too early", own_loop(early=True), "the state before the token"),
    ("Δ·A", own_loop(kept=lambda d, A: d * A), "a fading without its exponential"),
    ("Euler", own_loop(kept=lambda d, A: 1 + d * A), "a fading without its exponential"),
    ("u as it came", lambda u, *rest: u.clone(), None),
    ("crash", ssm(lambda low, W, b: F.linear(low, W.T), **BOTH), None),
    ("an unknown option", ssm(lambda low, W, b: low @ W.T, bias="bias"), None),
    ("sequence 0", lambda u, *rest: ssm(lambda low, W, b: low @ W.T, **BOTH)(u[:1], *rest).expand_as(u) * 1.0, None),
    ("no return", lambda *all: None, None),
    ("softplus of the bias, none of the sum", ssm(lambda low, W, b: low @ W.T + F.softplus(b)), OWN_FUNCTION),
    ("bias above 0 only", ssm(lambda low, W, b: F.softplus(low @ W.T + b.clamp(min=0))), OWN_FUNCTION),
    ("size of the bias", ssm(lambda low, W, b: F.softplus(low @ W.T + b.abs())), OWN_FUNCTION),
    ("ten times Δ", ssm(lambda low, W, b: 10 * delta_of(low, W, b + b)), "a Δ with a factor"),
    ("a hundred times Δ", ssm(lambda low, W, b: delta_of(low, W, 2 * b) / 0.01), "a Δ with a factor"),
    ("1 − Ā", own_loop(lambda d, A, B: -torch.expm1(d * A) * B), "a gate in the place of Δ·B"),
    ("no B", own_loop(lambda d, A, B: d * torch.ones_like(B)), "a scan without its B or C"),
    ("no C", own_loop(read=lambda h, C: h.sum(-1)), "a scan without its B or C"),
    ("all fades", own_loop(lambda d, A, B: torch.exp(d * A) * d * B), "a token that fades at once"),
    ("a bias subtracted", ssm(lambda low, W, b: low @ W.T - 2 * b, **BOTH), "a bias that is taken off"),
]

# Exercise 5: reset_delta (left, A)


def reset_by_a_loop(left, A):
    delta = 0.0
    for rate in A.tolist():
        delta = max(delta, math.log(left) / rate)
    return delta


def reset_by_bisection(left, A):
    low, high = 0.0, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if (torch.exp(middle * A.double()) <= left).all() else (middle, high)
    return high


def reset_by_a_search(enough, step):
    """The first of these steps after which enough of the states have forgotten."""
    return lambda left, A: next(
        n * step for n in range(10**6) if enough(math.exp(n * step * rate) <= left for rate in A.tolist())
    )


FORGOTTEN, MEAN_STATE = "the forgotten share in place of the kept one", "the mean state decides"
RESET = [
    (
        "the inverse softplus",
        lambda left, A: math.log(math.expm1(-math.log(left) / A.abs().min().item())),
        "a raw number in the place of Δ",
    ),
    ("a list", lambda left, A: (math.log(left) / A).tolist(), "one Δ for each state"),
    ("up to a tenth", lambda left, A: math.ceil(10 * math.log(left) / A.max().item()) / 10, "a Δ that is rounded"),
    ("the largest A", lambda left, A: math.log(left) / A.max().item(), "right"),
    ("a loop", reset_by_a_loop, "right"),
    ("bisection", reset_by_bisection, "right"),
    ("sorted", lambda left, A: -math.log(left) / sorted((-A).tolist())[0], "right"),
    ("all, then the largest", lambda left, A: float((math.log(left) / A).max()), "right"),
    ("fastest", lambda left, A: math.log(left) / A.min().item(), "the fastest state decides"),
    ("all, then the least", lambda left, A: (math.log(left) / A).min().item(), "the fastest state decides"),
    ("mean", lambda left, A: math.log(left) / A.mean().item(), "the mean state decides"),
    ("mean, negative", lambda left, A: math.log(1 / left) / A.mean().item(), "the mean state decides"),
    ("mean of all", lambda left, A: (math.log(left) / A).mean().item(), "the mean state decides"),
    ("first", lambda left, A: math.log(left) / A[0].item(), "a state by its place"),
    ("first, negative", lambda left, A: -math.log(left) / A[0].item(), "a state by its place"),
    ("last", lambda left, A: math.log(left) / float(A[-1]), "a state by its place"),
    ("all of them", lambda left, A: math.log(left) / A, "one Δ for each state"),
    ("no A", lambda left, A: -math.log(left), "A is forgotten"),
    ("log10", lambda left, A: math.log10(left) / A.max().item(), "a logarithm to base ten"),
    ("log2", lambda left, A: -math.log2(left) / A.abs().min().item(), "a logarithm to base two"),
    ("1 − left", lambda left, A: math.log(1 - left) / A.max().item(), "the forgotten share in place of the kept one"),
    ("product", lambda left, A: math.log(left) * A.min().item(), "a product in place of a quotient"),
    (
        "product with the slowest",
        lambda left, A: math.log(1 / left) * A.abs().min().item(),
        "a product in place of a quotient",
    ),
    ("negative", lambda left, A: math.log(1 / left) / A.max().item(), "a negative Δ"),
    ("no logarithm", lambda left, A: 1 / left / A.abs().min().item(), "a share without its logarithm"),
    ("left / |A|", lambda left, A: left / A.abs().min().item(), "a share without its logarithm"),
    ("1 / left − 1 over |A|", lambda left, A: (1 / left - 1) / A.abs().min().item(), "a share without its logarithm"),
    ("hard-coded", lambda left, A: 4.605, None),
    ("for 1 %", lambda left, A: -math.log(0.01) / -A.max().item(), "one per cent, whatever is asked"),
    ("median", lambda left, A: math.log(left) / A.median().item(), "the mean state decides"),
    ("median of |A|", lambda left, A: -math.log(left) / A.abs().median().item(), "the mean state decides"),
    ("int", lambda left, A: int(math.log(left) / A.max().item()), "a Δ that is rounded"),
    (
        "a search by hundredths",
        lambda left, A: next(n / 100 for n in range(1, 9999) if (torch.exp(n / 100 * A.double()) <= left).all()),
        "a Δ that is rounded",
    ),
    ("A.min()", lambda left, A: -math.log(left) / min(A.tolist()), "the fastest state, with a minus"),
    ("|A|.max()", lambda left, A: math.log(left) / A.abs().max().item(), "the fastest state, with a minus"),
    ("three decimals", lambda left, A: math.ceil(math.log(left) / A.max().item() * 1e3) / 1e3, "a Δ that is rounded"),
    ("exp", lambda left, A: math.exp(-left * A.abs().min().item()), "the share in the place of Δ"),
    ("A in the logarithm", lambda left, A: math.log(1 / left / min(-A).item()), "an A inside of the logarithm"),
    ("// A", lambda left, A: -math.log(left) // -A.max().item(), "a Δ that is rounded"),
    ("all Δ added up", lambda left, A: float((math.log(left) / A).sum()), "all states taken together"),
    ("a share for each", lambda left, A: -math.log(left * len(A)) / min(-A).item(), "all states taken together"),
    ("rounded", lambda left, A: round(math.log(left) / A.max().item(), 1), "a Δ that is rounded"),
    ("whole", lambda left, A: math.ceil(math.log(left) / A.max().item()), "a Δ that is rounded"),
    ("argmin", lambda left, A: -math.log(left) / (1 + int(torch.argmax(A))), "a state's number in the place of its A"),
    ("1/|A|", lambda left, A: 1 / min(A.abs()).item(), "a time constant"),
    ("1 − left alone", lambda left, A: -(left - 1), "a gate in the place of Δ"),
    ("a power", lambda left, A: (1 / left) ** (1 / A.abs().min().item()), "a root in the place of a quotient"),
    ("a power, of 1 / |A|", lambda left, A: left ** (1 / A.abs().min().item()), "a root in the place of a quotient"),
    ("ln(left)", lambda left, A: -math.log(1 / left), "ln(left) alone"),
    ("N times", lambda left, A: sum(math.log(left) / A.max().item() for _ in A), "all states taken together"),
    ("made per cent", lambda left, A: -math.log(left * 100) / -A.max().item(), "a percentage"),
    (
        "whole half-lives",
        lambda left, A: math.log(2) * math.ceil(-math.log2(left)) / min(-A).item(),
        "a Δ that is rounded",
    ),
    ("to 3 digits", lambda left, A: round(math.log(left) / A.max().item(), 3), "a Δ that is rounded"),
    ("per cent", lambda left, A: -math.log(left / 100) / -A.max().item(), "a percentage"),
    ("exp of left", lambda left, A: math.exp(-left) / min(-A).item(), "an exponential in the place of a logarithm"),
    ("exp of A", lambda left, A: -math.log(left) / A.exp().min().item(), "an exponential of A"),
    (
        "steps of 0.1",
        lambda left, A: next(n * 0.1 for n in range(1000) if max(math.exp(n * 0.1 * a) for a in A.tolist()) <= left),
        "a Δ that is rounded",
    ),
    ("ln 2", lambda left, A: math.log(2) / A.abs().min().item(), "a half-life"),
    ("the sum", lambda left, A: -math.log(left) / A.abs().sum().item(), "all states taken together"),
    ("text", lambda left, A: f"{math.log(left) / A.max().item():.3f}", None),
    ("crash", lambda left, A: math.log(left) / max(A.abs().min), None),
    ("no return", lambda left, A: None, None),
    ("a share over the largest", lambda left, A: left / A.max().item(), "a share without its logarithm"),
    ("1 − left over the fastest", lambda left, A: (left - 1) / A.min().item(), "a share without its logarithm"),
    ("any in the place of all", reset_by_a_search(any, 1e-3), "the fastest state decides"),
    ("fastest, to 2 digits", lambda left, A: round(math.log(left) / A.min().item(), 2), "the fastest state decides"),
    ("the middle", lambda left, A: math.log(left) / ((max(A) + min(A)) / 2).item(), MEAN_STATE),
    ("any, in small steps", reset_by_a_search(any, 1e-2), "the fastest state decides"),
    ("base ten, fastest", lambda left, A: math.log10(left) / A.min().item(), "a logarithm to base ten"),
    ("base ten, negative", lambda left, A: math.log10(left) / -A.max().item(), "a logarithm to base ten"),
    ("base ten, no A", lambda left, A: -math.log(left, 10), "a logarithm to base ten"),
    ("base two, fastest", lambda left, A: math.log2(1 / left) / max(-A).item(), "a logarithm to base two"),
    ("1 − left, fastest", lambda left, A: math.log(1 - left) / A.min().item(), FORGOTTEN),
    ("1 − left, negative", lambda left, A: math.log1p(-left) / A.abs().min().item(), FORGOTTEN),
    ("1 − left, no A", lambda left, A: -math.log(1 - left), FORGOTTEN),
    ("root of the mean square", lambda left, A: -math.log(left) / (A @ A / len(A)).sqrt().item(), MEAN_STATE),
    ("over N", lambda left, A: math.log(left) / A.max().item() / len(A), "all states taken together"),
]


test_an_answer_gets_its_verdict = judged(
    rows(
        "07",
        gate_from_delta=GATE,
        gated_state=GATED,
        delta_by_hand=BY_HAND,
        selective_parameters=PARAMETERS,
        mended_ssm=MENDED,
        reset_delta=RESET,
    )
)
