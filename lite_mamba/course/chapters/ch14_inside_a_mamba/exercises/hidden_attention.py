"""Exercise 1: hidden_attention."""

import math

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def hidden_attention(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """M[t, s] = Σ_n C_t[n] · exp(A_n · (Δ_{s+1} + … + Δ_t)) · Δ_s · B_s[n] for s ≤ t, else 0: (L, L)."""
    total = delta.cumsum(0)  # (L,)
    between = (total[:, None] - total[None, :]).clamp(min=0)  # (L, L): the steps from s + 1 to t
    faded = torch.exp(A[:, None, None] * between)  # (N, L, L)
    return torch.einsum("nt,nts,ns->ts", C, faded, delta * B).tril()


BETWEEN, COUNTED = "(total[:, None] - total[None, :])", "total = delta.cumsum(0) → t = torch.arange(len(delta))"


def _softmax_rows(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    M = hidden_attention(delta, A, B, C)
    return M.masked_fill(torch.ones_like(M).triu(1).bool(), -math.inf).softmax(-1)


def _by_euler(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """Each step leaves 1 + ΔA of the state."""
    M, length = torch.zeros(len(delta), len(delta)), len(delta)
    for s in range(length):
        h = delta[s] * B[:, s]
        for t in range(s, length):
            h = h * (1 + A * delta[t]) if t > s else h
            M[t, s] = (C[:, t] * h).sum()
    return M


def _shares_of_rows(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    M = hidden_attention(delta, A, B, C)
    return M / M.sum(-1, keepdim=True)


def _shares_of_sizes(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    M = hidden_attention(delta, A, B, C)
    return M / M.abs().sum(-1, keepdim=True)


LITTLE = (torch.finfo(torch.float32).tiny, 1e-12, 1e-8, torch.finfo(torch.float32).eps, 1e-7, 1e-6, 1e-5)


def _by_quotient(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    left = torch.exp(A[:, None] * delta.cumsum(0))  # (N, L)
    return ((C * left).T @ (delta * B / left)).tril()


def _by_product(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """What lies between two tokens is the product of its steps."""
    M, length = torch.zeros(len(delta), len(delta)), len(delta)
    for t in range(length):
        for s in range(t + 1):
            M[t, s] = (C[:, t] * torch.exp(A * delta[s + 1 : t + 1].prod()) * delta[s] * B[:, s]).sum()
    return M


def _by_impulses(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """One 1 after another, and the state goes on from column to column."""
    M, h = torch.zeros(len(delta), len(delta)), torch.zeros(len(A))
    for s in range(len(delta)):
        for t in range(len(delta)):
            h = torch.exp(A * delta[t]) * h + delta[t] * B[:, t] * (t == s)
            M[t, s] = (C[:, t] * h).sum()
    return M


def _small(delta: Tensor, **_) -> bool:
    """Whether no token resets the state: a decay turned round has no bound else."""
    return float(delta.max()) <= 1


def _several_states(A: Tensor, **_) -> bool:
    return len(A) > 1


def _without_zeros(values: Tensor) -> Tensor:
    """A 1 for each 0: a token that writes or reads nothing would hide a column or a row."""
    return values.where(values != 0, 1.0)


def _matrix_cases(draw: Draw) -> dict:
    length, d_state = draw.size(2, 6), draw.size(1, 4)
    delta, A = draw.uniform(0.1, 1.0, length), -draw.uniform(0.3, 2.0, d_state)
    if draw.choice([True, False, False, False, False]):  # resets: exp(A Δ) is 0 for two tokens, and not yet for one
        delta[-2:], A = 12.0, A - 4.5
    return {
        "delta": delta,
        "A": A,
        "B": _without_zeros(draw.normal(d_state, length)),
        "C": _without_zeros(draw.normal(d_state, length)),
    }


HIDDEN_ATTENTION = Exercise(
    id="14.hidden_attention",
    title="The scan as a matrix",
    reference=hidden_attention,
    cases=_matrix_cases,
    axes=("output", "input"),
    misconceptions=[
        Misconception(
            "a step too many in the decay",
            "You let the input fade through its own step. Token s writes Δ_s·B_s into the state; what was there "
            "*before* fades in that step. The decay begins one token later.",
            [
                edited(hidden_attention, "- total[None, :]) → - (total - delta)[None, :])"),
                *(
                    edited(hidden_attention, "- total[None, :]) → - (total - delta)[None, :])", another)
                    for another in ("delta * B → B", "C, faded, delta * B → B, faded, delta * C", ".tril() → .tril().T")
                ),
            ],
        ),
        Misconception(
            "a step too few in the decay",
            "Your decay ends before t. The state fades in the step of t, too, and is read after it.",
            [
                edited(hidden_attention, "(total[:, None] - total → ((total - delta)[:, None] - total"),
                edited(
                    hidden_attention, "(total[:, None] - total → ((total - delta)[:, None] - total", ".clamp(min=0) → "
                ),
            ],
            where=_small,
        ),
        Misconception(
            "the writer's step in the place of the reader's",
            "Your input fades in the steps from s to t − 1. Token s writes after its own step has faded the state, and "
            "t reads after its own: the decay goes from s + 1 to t.",
            edited(hidden_attention, "total = delta.cumsum(0) → total = delta.cumsum(0) - delta"),
        ),
        Misconception(
            "rows that add up to 1",
            "You scale each row so that its weights, or their sizes, add up to 1, as in attention. The scan has no "
            "softmax: its weights may be negative, and a row may add up to anything.",
            [
                _softmax_rows,
                _shares_of_rows,
                _shares_of_sizes,
                edited(_shares_of_sizes, "return M / → return M.abs() /"),
            ],
        ),
        Misconception(
            "inputs of the future",
            "Your matrix has values above its diagonal. Output t may use no input behind it: which entries must be 0?",
            [
                edited(hidden_attention, ".tril() → "),
                edited(hidden_attention, ".tril() → ", ".clamp(min=0) → "),
                edited(hidden_attention, ".tril() → ", ".clamp(min=0) → .abs()"),
                edited(hidden_attention, ".tril() → .triu()"),
                edited(hidden_attention, ".tril() → .triu()", ".clamp(min=0) → "),
                edited(hidden_attention, ".tril() → .triu()", ".clamp(min=0) → .abs()"),
                edited(hidden_attention, ".tril() → .tril(1)"),
                edited(hidden_attention, ".tril() → .tril(1)", ".clamp(min=0) → "),
            ],
            where=_small,
        ),
        Misconception(
            "a state that is not emptied",
            "You send in one 1 after another, and the state goes on from column to column. What is left of the 1s "
            "before comes out, too: each column begins with an empty state.",
            _by_impulses,
        ),
        Misconception(
            "more than one 1",
            "You send in more than one 1, so that a column holds what several inputs weigh together. Column s is for "
            "one 1 alone, at token s.",
            [
                edited(hidden_attention, ".tril() → .tril().flip(1).cumsum(1).flip(1)"),
                edited(hidden_attention, ".tril() → .tril().sum(1, keepdim=True).expand(-1, len(delta))"),
                edited(hidden_attention, ".tril() → .tril().sum(1, keepdim=True).expand(-1, len(delta)).tril()"),
                edited(hidden_attention, ".tril() → .tril().cumsum(1)"),
            ],
        ),
        Misconception(
            "a mask of minus infinity",
            "You put −∞ above the diagonal. That is for scores that go through a softmax; here no softmax follows, and "
            "an input that is not read weighs 0.",
            edited(
                hidden_attention,
                ".tril() → .masked_fill(torch.ones(len(delta), len(delta)).triu(1).bool(), -torch.inf)",
            ),
        ),
        Misconception(
            "a time of minus infinity",
            "Above the diagonal you set the time between to −∞, so that its exponential is 0. But A is negative, and A "
            "times −∞ is +∞. What do you want to hide: a time, or a weight?",
            edited(
                hidden_attention,
                "faded = torch → between = between.masked_fill(torch.ones_like(between).triu(1).bool(), -torch.inf)\n"
                "    faded = torch",
                ".tril() → ",
            ),
        ),
        Misconception(
            "a mask that meets an infinity",
            "Above the diagonal your time between is negative, and after a large Δ its exponential is infinite: 0 "
            "times that is no number. A mask that multiplies comes too late.",
            edited(hidden_attention, ".clamp(min=0) → ", ".tril() → * torch.ones(len(delta), len(delta)).tril()"),
        ),
        Misconception(
            "Euler's decay",
            "You let the state fade by 1 + ΔA. That is Euler's step, close to the decay for small Δ only. The equation "
            "has the exponential.",
            _by_euler,
            where=_small,
        ),
        Misconception(
            "a diagonal of zeros",
            "You leave the diagonal out. The state is read after the token was written, so output t sees input t, not "
            "faded at all.",
            edited(hidden_attention, ".tril() → .tril(-1)"),
        ),
        Misconception(
            "the diagonal alone",
            "Only your diagonal is left. Later outputs read an input, too: their weights stand below it, unless the "
            "matrix lies on its side when you cut its triangle out.",
            edited(hidden_attention, ".tril() → .tril().T.tril()"),
        ),
        Misconception(
            "a state that is read too early",
            "You read the state before token t has faded it and written into it. In the equation y_t reads h_t: the "
            "state with token t in it.",
            edited(
                hidden_attention, "(total[:, None] - total → ((total - delta)[:, None] - total", ".tril() → .tril(-1)"
            ),
        ),
        Misconception(
            "the reader's step in the place of the writer's",
            "You scale with Δ_t. The step size of the token that *writes* says how much of it goes in: "
            "which one is it?",
            edited(hidden_attention, "delta * B).tril() → B).tril() * delta[:, None]"),
        ),
        Misconception(
            "an input without its step",
            "You leave out the factor Δ_s. A token writes Δ·B into the state, not B alone.",
            [
                edited(hidden_attention, "delta * B → B"),
                edited(hidden_attention, "delta * B → B", "total = delta.cumsum(0) → total = delta.cumsum(0) - delta"),
                edited(
                    hidden_attention, "delta * B → B", "(total[:, None] - total → ((total - delta)[:, None] - total"
                ),
                edited(hidden_attention, "C, faded, delta * B → B, faded, C"),
                edited(hidden_attention, "delta * B → B", ".tril() → .tril().T"),
            ],
        ),
        Misconception(
            "a step that counts twice",
            "Your weights have two step sizes as factors. A token writes with its own; reading needs none.",
            [
                edited(hidden_attention, "delta * B → delta * delta * B"),
                edited(hidden_attention, ".tril() → .tril() * delta[:, None]"),
            ],
        ),
        Misconception(
            "a mean over the state",
            "You take the mean over the numbers of the state. In y = C · h their products add up.",
            edited(hidden_attention, ".tril() → .tril() / len(A)"),
            where=_several_states,
        ),
        Misconception(
            "a state that is not read",
            "C plays no part in your matrix: you add up the numbers of the state. Token t reads each of them with its "
            "C.",
            edited(hidden_attention, "C, faded → torch.ones_like(C), faded"),
            where=_several_states,  # a single number is not added up
        ),
        Misconception(
            "a token that writes without B",
            "B plays no part in your matrix: every number of the state gets Δ·u. Token s writes into each of them with "
            "its B.",
            edited(hidden_attention, "delta * B → delta * torch.ones_like(B)"),
        ),
        Misconception(
            "the skip in M",
            "You add a skip on the diagonal. M is without it: D·u goes past the state.",
            edited(hidden_attention, ".tril() → .tril() + torch.eye(len(delta))"),
        ),
        Misconception(
            "a softplus that has been applied already",
            "You put Δ through a softplus. These are the step sizes themselves: positive already.",
            edited(hidden_attention, "total = delta → delta = torch.nn.functional.softplus(delta)\n    total = delta"),
        ),
        Misconception(
            "the exponential of A",
            "You take A for A_log. Here A has been turned back already: it is negative.",
            edited(hidden_attention, "torch.exp(A[:, → torch.exp(-A.exp()[:,"),
        ),
        Misconception(
            "B and C exchanged",
            "You read with B and write with C. B belongs to the token that writes, at s, C to the one that reads: t.",
            edited(hidden_attention, '"nt,nts,ns->ts", C, faded, delta * B → "nt,nts,ns->ts", B, faded, delta * C'),
        ),
        Misconception(
            "a decay that counts tokens",
            "You let the state fade by the number of tokens between s and t, or by that number times one Δ. Each token "
            "fades by its own step: add up their Δ.",
            [
                edited(hidden_attention, "total = delta.cumsum(0) → total = torch.arange(len(delta))"),
                edited(hidden_attention, "total = delta.cumsum(0) → total = delta.mean() * torch.arange(len(delta))"),
                edited(hidden_attention, f"{BETWEEN} → (t[:, None] - t) * delta", COUNTED),
                edited(hidden_attention, f"{BETWEEN} → (t[:, None] - t) * delta[:, None]", COUNTED),
            ],
        ),
        Misconception(
            "a product of steps",
            "You multiply the steps between s and t; of none, that makes 1. It is the decays that multiply: their "
            "exponents, and so the steps, add up.",
            _by_product,
            where=lambda delta, **_: len(delta) > 2 and _small(delta),  # two steps between, and something is left
        ),
        Misconception(
            "one decay for all states",
            "You let all numbers of the state fade alike, by the mean of A, its sum, or the mean of their decays. Each "
            "has an A of its own, and the sum over them comes last.",
            [
                *(
                    edited(
                        hidden_attention,
                        f"torch.exp(A[:, None, None] * between) → "
                        f"torch.exp(A.{one}() * between).expand(len(A), -1, -1)",
                    )
                    for one in ("mean", "sum")
                ),
                edited(
                    hidden_attention,
                    "torch.exp(A[:, None, None] * between) → "
                    "torch.exp(A[:, None, None] * between).mean(0).expand(len(A), -1, -1)",
                ),
            ],
            where=_several_states,
        ),
        Misconception(
            "a sum for each factor",
            "You add up over the numbers of the state before C, the decay and B have all met. Each number is written, "
            "fades and is read by itself: first the product, then one sum.",
            [
                edited(hidden_attention, '"nt,nts,ns->ts", C, faded → "nt,ts,ns->ts", C, faded.sum(0)'),
                edited(hidden_attention, '"nt,nts,ns->ts" → "nt,mts,ks->ts"'),
                edited(hidden_attention, '"nt,nts,ns->ts" → "nt,mts,ms->ts"'),
                edited(hidden_attention, '"nt,nts,ns->ts" → "nt,nts,ms->ts"'),
            ],
            where=_several_states,
        ),
        Misconception(
            "a state that grows",
            "Your exponent is positive. A is negative and the time between s and t is positive, so what was written "
            "fades.",
            edited(hidden_attention, "torch.exp(A → torch.exp(-A"),
            where=_small,
        ),
        Misconception(
            "a quotient of two decays",
            "You make the decay of two exponentials, one to t and one to s. After tokens with a large Δ both are 0, or "
            "nearly so: their quotient is no number, or, guarded, nearly 0 where it should be 1. Take the difference "
            "first, and then the exponential.",
            [
                _by_quotient,
                *(edited(_by_quotient, f"B / left → B / (left + {little})") for little in LITTLE),
                edited(_by_quotient, "B / left → B / left.clamp(min=1e-30)"),
                edited(_by_quotient, "(delta * B / left)) → (delta * B / left)).nan_to_num(0)"),
            ],
        ),
        Misconception(
            "a decay with the base 2",
            "You let the state fade by 2 to the power of ΔA. The equation has e. What halves with each unit of Δ is "
            "the example of the text, because its A is −ln 2.",
            edited(hidden_attention, "torch.exp(A → torch.exp2(A"),
        ),
        Misconception(
            "an exponent taken for a decay",
            "You multiply by A times the time between, which is negative. That is the exponent; what is left lies "
            "between 0 and 1.",
            edited(hidden_attention, "torch.exp(A[:, None, None] * between) → A[:, None, None] * between"),
        ),
        Misconception(
            "inputs that do not fade",
            "What you write into the state stays as it is. On its way from s to t it fades.",
            edited(
                hidden_attention, "torch.exp(A[:, None, None] * between) → torch.ones_like(A[:, None, None] * between)"
            ),
        ),
        Misconception(
            "the reader's step alone",
            "You let the input fade by Δ_t alone. All steps from s + 1 to t lie on its way, and on the diagonal none.",
            [
                edited(
                    hidden_attention,
                    "(total[:, None] - total[None, :]).clamp(min=0) → delta[:, None].expand(len(delta), -1)",
                ),
                edited(
                    hidden_attention,
                    "(total[:, None] - total[None, :]).clamp(min=0) → delta[:, None] * (1 - torch.eye(len(delta)))",
                ),
            ],
        ),
        Misconception(
            "the writer's step alone",
            "You let the input fade by Δ_s alone. That is the step in which it is written; all steps from s + 1 to t "
            "lie on its way.",
            edited(hidden_attention, f"{BETWEEN}.clamp(min=0) → delta.expand(len(delta), -1)"),
        ),
        Misconception(
            "the steps before the writer",
            "You let each input fade by the steps up to s. They lie before its way, which goes from s + 1 to t.",
            edited(hidden_attention, f"{BETWEEN}.clamp(min=0) → total.expand(len(delta), -1)"),
        ),
        Misconception(
            "a difference of two steps",
            "You take the difference of two step sizes, Δ_t − Δ_s. All steps from s + 1 to t lie on the way: they are "
            "the difference of two running *sums*.",
            [
                edited(hidden_attention, "delta.cumsum(0) → delta"),
                edited(hidden_attention, "delta.cumsum(0) → delta", ".clamp(min=0) → "),
            ],
            where=_small,
        ),
        Misconception(
            "the step behind the writer left out",
            "The step of token s + 1 is missing in your decay. The way of an input begins with it.",
            edited(hidden_attention, "- total[None, :] → - torch.cat([total[1:], total[-1:]])[None, :]"),
        ),
        Misconception(
            "a decay from the beginning",
            "You let every input fade from the first token on, or over the whole text. It fades from s + 1 to t.",
            [
                edited(hidden_attention, f"{BETWEEN}.clamp(min=0) → {steps}.expand(len(delta), len(delta))")
                for steps in ("total[:, None]", "total[-1]")
            ],
        ),
        Misconception(
            "the last state in every row",
            "Each of your rows reads the state that the last token leaves. Row t reads the one at t; and a tensor that "
            "is changed in place is the same one wherever you keep it.",
            [
                edited(hidden_attention, f"{BETWEEN} → (total[-1] - total).expand(len(delta), -1)"),
                edited(hidden_attention, f"{BETWEEN} → (total[-1] - total).expand(len(delta), -1)", ".tril() → "),
            ],
        ),
        Misconception(
            "the writer's C",
            "You read with C_s. The token that *reads* has the C: it is the one at t.",
            edited(hidden_attention, '"nt,nts,ns->ts" → "ns,nts,ns->ts"'),
        ),
        Misconception(
            "the reader's B",
            "You write with B_t. The token that *writes* has the B: it is the one at s.",
            [
                edited(
                    hidden_attention, '"nt,nts,ns->ts", C, faded, delta * B → "nt,nts,nt,s->ts", C, faded, B, delta'
                ),
                edited(hidden_attention, '"nt,nts,ns->ts" → "nt,nts,nt->ts"'),
            ],
        ),
        Misconception(
            "one number of the state alone",
            "Only one number of the state reaches your matrix. Is what the others give left out, or overwritten? "
            "The output adds them up.",
            [
                edited(
                    hidden_attention,
                    f'"nt,nts,ns->ts", C, faded, delta * B → "t,ts,s->ts", C[{n}], faded[{n}], delta * B[{n}]',
                )
                for n in (-1, 0)
            ],
            where=_several_states,
        ),
        Misconception(
            "one round of the loop",
            "You fill the first row, or the first column, and all others stay 0. Does your loop begin its second "
            "round, or is there a `return` inside of it?",
            [
                edited(hidden_attention, ".tril() → .tril() * torch.eye(len(delta))[0][:, None]"),
                edited(hidden_attention, ".tril() → .tril() * torch.eye(len(delta))[0]"),
            ],
        ),
        Misconception(
            "a matrix for each number of the state",
            "You keep the numbers of the state apart. The output adds them up: one matrix is left.",
            [
                edited(hidden_attention, "->ts → ->nts"),
                edited(hidden_attention, "->ts → ->tsn", ".tril() → .permute(2, 0, 1).tril().permute(1, 2, 0)"),
            ],
            where=_several_states,
        ),
        Misconception(
            "outputs in columns",
            "Your matrix is the right one, lying on its side. Row t belongs to output t, column s to input s.",
            edited(hidden_attention, ".tril() → .tril().T"),
        ),
        Misconception(
            "a zero-order hold in the place of Δ·B",
            "You discretise B by the zero-order hold. The package, as the reference Mamba, writes Δ·B (notebook 04 "
            "shows by how much the two differ).",
            edited(hidden_attention, "delta * B → torch.expm1(A[:, None] * delta) / A[:, None] * B"),
        ),
    ],
)
