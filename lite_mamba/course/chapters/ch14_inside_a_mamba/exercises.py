"""Exercises of notebook 14: the scan as a matrix, two ways through a block, half-lives, a probe, and its controls."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checking.edits import edited
from ...checking.exercise import Draw, Exercise, Misconception, Question

# Exercise 1: hidden_attention


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


def _by_quotient(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    left = torch.exp(A[:, None] * delta.cumsum(0))  # (N, L)
    return ((C * left).T @ (delta * B / left)).tril()


def _small(delta: Tensor, **_) -> bool:
    """Whether no token resets the state: a decay turned round has no bound else."""
    return float(delta.max()) <= 1


def _matrix_cases(draw: Draw) -> dict:
    length, d_state = draw.size(2, 6), draw.size(1, 4)
    delta, A = draw.uniform(0.1, 1.0, length), -draw.uniform(0.3, 2.0, d_state)
    if draw.choice([True, False, False, False, False]):  # a token resets the state: exp(A Δ) is 0
        delta[draw.random.randrange(length - 1)], A = 30.0, A - 4
    return {
        "delta": delta,
        "A": A,
        "B": draw.normal(d_state, length),
        "C": draw.normal(d_state, length),
    }


MATRIX = Exercise(
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
            edited(hidden_attention, "- total[None, :]) → - (total - delta)[None, :])"),
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
            "You scale each row so that it adds up to 1, as attention does. The scan has no softmax: its weights may "
            "be negative, and a row may add up to anything.",
            [_softmax_rows, _shares_of_rows],
        ),
        Misconception(
            "inputs of the future",
            "Your matrix has values above its diagonal. Output t may use no input behind it: which entries must be 0?",
            [
                edited(hidden_attention, ".tril() → "),
                edited(hidden_attention, ".tril() → ", ".clamp(min=0) → "),
                edited(hidden_attention, ".tril() → .triu()"),
                edited(hidden_attention, ".tril() → .triu()", ".clamp(min=0) → "),
            ],
            where=_small,
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
            "the reader's step in the place of the writer's",
            "You scale with Δ_t. The step size of the token that *writes* says how much of it goes in: "
            "which one is it?",
            edited(hidden_attention, "delta * B).tril() → B).tril() * delta[:, None]"),
        ),
        Misconception(
            "an input without its step",
            "You leave out the factor Δ_s. A token writes Δ·B into the state, not B alone.",
            edited(hidden_attention, "delta * B → B"),
        ),
        Misconception(
            "B and C exchanged",
            "You read with B and write with C. B belongs to the token that writes, at s, C to the one that reads: t.",
            edited(hidden_attention, '"nt,nts,ns->ts", C, faded, delta * B → "nt,nts,ns->ts", B, faded, delta * C'),
        ),
        Misconception(
            "a decay that counts tokens",
            "You let the state fade by the number of tokens between s and t. Each token fades by its own step: "
            "add up their Δ.",
            [
                edited(hidden_attention, "total = delta.cumsum(0) → total = torch.arange(len(delta))"),
                edited(hidden_attention, "total = delta.cumsum(0) → total = delta.mean() * torch.arange(len(delta))"),
                edited(hidden_attention, f"{BETWEEN} → (t[:, None] - t) * delta", COUNTED),
                edited(hidden_attention, f"{BETWEEN} → (t[:, None] - t) * delta[:, None]", COUNTED),
            ],
        ),
        Misconception(
            "one decay for all states",
            "You let all numbers of the state fade alike, by the mean of A. Each has an A of its own: the sum over "
            "them comes after the decay.",
            edited(
                hidden_attention,
                "torch.exp(A[:, None, None] * between) → torch.exp(A.mean() * between).expand(len(A), -1, -1)",
            ),
            where=lambda A, **_: len(A) > 1,
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
            "You divide what is left at t by what is left at s. After a token with a large Δ both are 0, and 0 / 0 is "
            "no number. Take the difference first, and then the exponential.",
            _by_quotient,
        ),
        Misconception(
            "an exponent taken for a decay",
            "You multiply with A times the time between, which is negative. That is the exponent; what is left lies "
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
            "a decay from the beginning",
            "You let every input fade from the first token on. Before s it was not there yet.",
            edited(
                hidden_attention,
                "(total[:, None] - total[None, :]).clamp(min=0) → total[:, None].expand(len(delta), -1)",
            ),
        ),
        Misconception(
            "the writer's C",
            "You read with C_s. The token that *reads* has the C: it is the one at t.",
            edited(hidden_attention, '"nt,nts,ns->ts" → "ns,nts,ns->ts"'),
        ),
        Misconception(
            "the reader's B",
            "You write with B_t. The token that *writes* has the B: it is the one at s.",
            edited(hidden_attention, '"nt,nts,ns->ts", C, faded, delta * B → "nt,nts,nt,s->ts", C, faded, B, delta'),
        ),
        Misconception(
            "a matrix for each number of the state",
            "You keep the numbers of the state apart. The output adds them up: one matrix is left.",
            [
                edited(hidden_attention, "->ts → ->nts"),
                edited(hidden_attention, "->ts → ->tsn", ".tril() → .permute(2, 0, 1).tril().permute(1, 2, 0)"),
            ],
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


# Exercise 2: conv_and_state


def conv_and_state(M: Tensor, D: Tensor, gate: Tensor, taps: Tensor) -> tuple[Tensor, Tensor]:
    """With u = gate · conv(x) and y = D·u + M u: what x_s weighs in y_t past the state, and through it: (L, L) each."""
    length, width = len(gate), len(taps)
    lag = torch.arange(length)[:, None] - torch.arange(length)  # (L, L)
    tap = taps[(width - 1 - lag).clamp(0, width - 1)]  # (L, L)
    conv = gate[:, None] * torch.where((lag >= 0) & (lag < width), tap, 0.0)  # (L, L): u = conv @ x
    return D * conv, M @ conv


def _ways_cases(draw: Draw) -> dict:
    length, width = draw.size(3, 7), draw.size(2, 4)
    return {
        "M": draw.normal(length, length).tril(),
        "D": draw.normal(1)[0] + 3.15,
        "gate": draw.uniform(0.1, 0.9, length),
        "taps": draw.normal(width) + 0.05,
    }


WAYS = Exercise(
    id="14.conv_and_state",
    title="Two ways through a layer",
    reference=conv_and_state,
    cases=_ways_cases,
    axes=("output", "input"),
    items=("the way past the state", "the way through the state"),
    misconceptions=[
        Misconception(
            "taps the wrong way round",
            "You take the first tap for the present. In the package, as in PyTorch, the *last* tap meets the present "
            "sample (notebook 01).",
            edited(conv_and_state, "(width - 1 - lag) → lag"),
        ),
        Misconception(
            "the gate of the input",
            "You scale column s with its gate. The gate sits behind the convolution, at the place whose u it makes: it "
            "scales a row.",
            edited(conv_and_state, "gate[:, None] * → gate[None, :] *"),
        ),
        Misconception(
            "the scan before the convolution",
            "You multiply in the other order. x meets the convolution first, and the scan reads what comes out: which "
            "matrix stands next to x?",
            edited(conv_and_state, "M @ conv → conv @ M"),
        ),
        Misconception(
            "a product entry by entry",
            "You multiply the two matrices entry by entry. One thing after another is a matrix product: every place in "
            "between counts.",
            edited(conv_and_state, "M @ conv → M * conv"),
        ),
        Misconception(
            "a state without its convolution",
            "Your second matrix lacks the convolution. M weighs u, not x: the state, too, sees x only through it.",
            [
                edited(conv_and_state, "D * conv, M @ conv → D * conv, M"),
                edited(conv_and_state, "D * conv, M @ conv → D * conv, M * gate"),
                edited(conv_and_state, "D * conv, M @ conv → D * conv, gate[:, None] * M"),
            ],
        ),
        Misconception(
            "a skip that is forgotten",
            "Your first matrix lacks the factor D. Past the state, y gets D·u.",
            edited(conv_and_state, "D * conv, → conv,"),
        ),
        Misconception(
            "a skip in both ways",
            "You count D·u twice: past the state and, with M, through it. The two ways must add up to y.",
            edited(conv_and_state, "M @ conv → M @ conv + D * conv"),
        ),
        Misconception(
            "a skip around the convolution",
            "You let D lead from x to y around the convolution. The skip of a Mamba block begins behind it: it passes "
            "u on.",
            [
                edited(conv_and_state, "D * conv, → D * torch.eye(length),"),
                edited(conv_and_state, "D * conv, → D * torch.diag(gate),"),
            ],
        ),
        Misconception(
            "a convolution that looks ahead",
            "Your convolution reads what comes after t. In a causal one, row t reaches back to the left.",
            [
                edited(
                    conv_and_state,
                    "(lag >= 0) & (lag < width), tap → (lag <= 0) & (-lag < width), tap",
                    "- lag) → + lag)",
                ),
                edited(conv_and_state, "return D * conv, → conv = conv.T\n    return D * conv,"),
            ],
        ),
        Misconception(
            "a gate that is left out",
            "You leave out the gate. SiLU multiplies what the convolution gives by a number that depends on the place.",
            edited(conv_and_state, "conv = gate[:, None] * → conv = "),
        ),
        Misconception(
            "a skip on the state",
            "You multiply the second way with D, too. D stands past the state alone: y = D u + M u.",
            edited(conv_and_state, "M @ conv → D * (M @ conv)"),
        ),
        Misconception(
            "the present sample left out",
            "Your convolution reads the past alone. The last tap meets the present sample, on the diagonal.",
            edited(conv_and_state, "(lag >= 0) & → (lag > 0) &"),
        ),
        Misconception(
            "what u weighs",
            "Your matrices say what u weighs in y. Asked for is x, of which convolution and gate have made u.",
            [
                edited(conv_and_state, "D * conv, M @ conv → D * torch.eye(length), M"),
                edited(conv_and_state, "D * conv, M @ conv → D * torch.diag(gate), M @ torch.diag(gate)"),
            ],
        ),
        Misconception(
            "a convolution that is a token late",
            "Your taps stand one token too far back: not even the last one meets the present.",
            edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length) - 1  #"),
        ),
        Misconception(
            "a skip on every entry of M",
            "You add D to M. A number added to a matrix goes to all its entries, so that every output would get every "
            "u. The skip passes u on at its own place, and it is the first way.",
            edited(conv_and_state, "M @ conv → (D + M) @ conv"),
        ),
        Misconception(
            "both ways in one",
            "You add the two ways up. That is what x weighs in y; asked for are both apart.",
            edited(conv_and_state, "return D * conv, M @ conv → return D * conv + M @ conv"),
        ),
        Misconception(
            "a scan on its side",
            "You take M with rows and columns exchanged. M[t, s] is what u_s weighs in y_t: its columns meet the rows "
            "of the convolution.",
            edited(conv_and_state, "M @ conv → M.T @ conv"),
        ),
        Misconception(
            "one tap",
            "Your convolution has the tap of the present alone. The others reach back: each stands on a diagonal of "
            "its own.",
            edited(conv_and_state, "(lag >= 0) & (lag < width) → lag == 0"),
        ),
        Misconception(
            "a text that is a ring",
            "Your first rows read from the end of the text. Before it there are zeros.",
            edited(conv_and_state, "- torch.arange(length)  # → - torch.arange(length)\n    lag = lag % length  #"),
        ),
        Misconception(
            "a gate of the gate",
            "`gate` is σ already. You put it through a function once more.",
            [
                edited(conv_and_state, "conv = gate[:, None] → conv = torch.sigmoid(gate)[:, None]"),
                edited(conv_and_state, "conv = gate[:, None] → conv = F.silu(gate)[:, None]"),
            ],
        ),
        Misconception(
            "a gate that counts twice",
            "You multiply with the gate twice. It stands once on every way: behind the convolution.",
            [
                edited(conv_and_state, "conv = gate[:, None] → conv = gate[:, None] ** 2"),
                edited(
                    conv_and_state,
                    "return D * conv, M @ conv → return D * gate[:, None] * conv, gate[:, None] * M @ conv",
                ),
                edited(conv_and_state, "return D * conv, M @ conv → return D * conv, gate[:, None] * M @ conv"),
                edited(conv_and_state, "return D * conv, M @ conv → return D * conv, M @ (gate[:, None] * conv)"),
            ],
        ),
        Misconception(
            "a gate behind the scan",
            "On the second way you put the gate behind the scan. It stands before: M reads u, which has been through "
            "it.",
            edited(conv_and_state, "M @ conv → gate[:, None] * (M @ (conv / gate[:, None]))"),
        ),
        Misconception(
            "the two ways exchanged",
            "The two matrices are right, in the other order: first the way past the state, then the one through it.",
            edited(conv_and_state, "D * conv, M @ conv → M @ conv, D * conv"),
        ),
    ],
)


# Exercise 3: half_life


def half_life(delta: Tensor, A: Tensor) -> Tensor:
    """How many tokens of this text halve each number of the state: (D, N), from delta (D, L) and A (D, N)."""
    return math.log(2) / (-A * delta.mean(1, keepdim=True))


def _half_life_cases(draw: Draw) -> dict:
    channels, length, d_state = draw.size(1, 3), draw.size(2, 6), draw.size(1, 4)
    return {"delta": draw.uniform(0.02, 1.0, channels, length), "A": -draw.uniform(0.3, 4.0, channels, d_state)}


def _tokens_until_half(after: int):
    """How many tokens from the first one on leave more than a half, and `after` more."""

    def answer(delta: Tensor, A: Tensor) -> Tensor:
        left = torch.exp(A[:, :, None] * delta.cumsum(1)[:, None])  # (D, N, L)
        return (left > 0.5).sum(-1).float() + after

    return answer


HALF_LIFE = Exercise(
    id="14.half_life",
    title="Half-lives of a text",
    reference=half_life,
    cases=_half_life_cases,
    axes=("channel", "state"),
    misconceptions=[
        Misconception(
            "a softplus that has been applied already",
            "You put Δ through a softplus. These are the step sizes themselves: positive already.",
            edited(half_life, "delta.mean → torch.nn.functional.softplus(delta).mean"),
        ),
        Misconception(
            "a product with Δ in the place of a division",
            "You multiply with the mean of Δ. Larger steps fade faster: the half-life becomes shorter.",
            lambda delta, A: math.log(2) / -A * delta.mean(1, keepdim=True),
        ),
        Misconception(
            "a half-life turned over",
            "Your result is one divided by the half-life: how many half-lives pass in one token.",
            lambda delta, A: -A * delta.mean(1, keepdim=True) / math.log(2),
        ),
        Misconception(
            "a logarithm on the wrong side of the stroke",
            "You divide by log 2. In 2 = e^(log 2) the logarithm belongs to the time that is wanted: it stands above "
            "the stroke.",
            lambda delta, A: 1 / (-A * delta.mean(1, keepdim=True) * math.log(2)),
        ),
        Misconception(
            "a mean of half-lives",
            "You take a half-life for each token and average them. A token with a tiny Δ then counts for thousands. "
            "The steps add up in the exponent: what is averaged is Δ.",
            edited(
                half_life,
                "math.log(2) / (-A * delta.mean(1, keepdim=True)) → "
                "(math.log(2) / (-A[:, :, None] * delta[:, None, :])).mean(-1)",
            ),
        ),
        Misconception(
            "a time constant",
            "You give the tokens after which 1/e is left. For a half, a factor is missing.",
            edited(half_life, "math.log(2) / → 1 /"),
        ),
        Misconception(
            "a negative time",
            "Your half-lives are negative. A is negative: which sign makes a time of it?",
            edited(half_life, "(-A → (A"),
        ),
        Misconception(
            "the whole text as one step",
            "You add up the step sizes of the whole text. That is how far it carries you, not how far one token does.",
            edited(half_life, ".mean(1, → .sum(1,"),
        ),
        Misconception(
            "one step size for all channels",
            "You average over the channels, too. Each channel has a Δ of its own, and so its own half-lives.",
            edited(half_life, ".mean(1, keepdim=True) → .mean()"),
        ),
        Misconception(
            "the largest step for all",
            "You take the largest step size of the text. The exponents of all tokens add up, the small ones too.",
            edited(half_life, "delta.mean(1, keepdim=True) → delta.amax(1, keepdim=True)"),
        ),
        Misconception(
            "the first half of this text",
            "You count the tokens from the beginning of the text until half is left. Asked for is a state that fades "
            "evenly, as much over the whole text.",
            [_tokens_until_half(after) for after in (0, 1)],
        ),
        Misconception(
            "a mean along the channels",
            "You average along the first dimension, which holds the channels. Each channel has its own Δ; what is "
            "averaged are the tokens.",
            [
                edited(half_life, ".mean(1, keepdim=True) → .mean(0, keepdim=True)"),
                edited(half_life, ".mean(1, keepdim=True) → .mean(0)[:, None]"),
            ],
        ),
        Misconception(
            "a decay in the place of a time",
            "You give what is left, after one token or after all. Asked for is the number of tokens after which a half "
            "is left.",
            [
                edited(half_life, f"math.log(2) / (-A * delta.mean(1, keepdim=True)) → torch.exp(A * {time})")
                for time in ("delta.mean(1, keepdim=True)", "delta.sum(1, keepdim=True)")
            ],
        ),
        Misconception(
            "one token for the text",
            "You use the step size of a single token. Δ depends on the token: take the mean over the text.",
            [
                edited(half_life, ".mean(1, keepdim=True) → [:, -1:]"),
                edited(half_life, ".mean(1, keepdim=True) → [:, :1]"),
            ],
        ),
        Misconception(
            "the exponential of A",
            "You take A for A_log. Here A has been turned back already: it is negative.",
            edited(half_life, "(-A → (A.exp()"),
        ),
        Misconception(
            "a negative time constant",
            "Your times are negative, for A is. And they are those after which 1/e is left: for a half, a factor is "
            "missing.",
            edited(half_life, "math.log(2) / (-A → 1 / (A"),
        ),
        Misconception(
            "a half in the place of its logarithm",
            "You put a half where its logarithm belongs. exp(−x) is a half where x is ln 2, which is 0.69.",
            edited(half_life, "math.log(2) → 0.5"),
        ),
        Misconception(
            "a mean without its axis",
            "The mean over L has the shape (D,), and meets the *last* axis of A, which counts states. Where both are "
            "equally long nothing raises, and each state gets the Δ of another channel. Keep the axis.",
            edited(half_life, ".mean(1, keepdim=True) → .mean(1)"),
            where=lambda delta, A: len(A) > 1,
        ),
        Misconception(
            "a half-life for each token",
            "You give a half-life for each token. Asked is one for the whole text: of which mean?",
            [
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → (-A[:, :, None] * delta[:, None])"),
                edited(half_life, "(-A * delta.mean(1, keepdim=True)) → (-A[:, None] * delta[:, :, None])"),
            ],
        ),
        Misconception(
            "a mean of decays",
            "You average what is left after a token. Decays multiply, and their exponents add up: what is averaged is "
            "Δ.",
            edited(
                half_life,
                "(-A * delta.mean(1, keepdim=True)) → -torch.exp(A[:, :, None] * delta[:, None]).mean(-1).log()",
            ),
        ),
        Misconception(
            "a median in the place of the mean",
            "You take the median of the step sizes. The exponents of all tokens add up, the large ones too.",
            edited(half_life, ".mean(1, keepdim=True) → .median(1, keepdim=True).values"),
            where=lambda delta, **_: delta.shape[1] > 2,
        ),
        Misconception(
            "a mean of logarithms",
            "You average the logarithms of the step sizes. What adds up over the text are the steps themselves.",
            edited(half_life, ".mean(1, keepdim=True) → .log().mean(1, keepdim=True).exp()"),
        ),
        Misconception(
            "a logarithm to another base",
            "Your logarithm has the base 10. What undoes the exponential of the decay is the natural one.",
            edited(half_life, "math.log(2) → math.log10(2)"),
        ),
        Misconception(
            "no step size",
            "Your half-lives do not depend on Δ. They are times; how many tokens they take, the steps say.",
            edited(half_life, " * delta.mean(1, keepdim=True) → "),
        ),
        Misconception(
            "A above the stroke",
            "Your half-lives grow with |A|. A state with a large |A| fades fast: A belongs below the stroke.",
            [
                edited(half_life, "math.log(2) / (-A * → math.log(2) * -A / ("),
                edited(half_life, "math.log(2) / (-A * → math.log(2) * (-A * "),
            ],
        ),
        Misconception(
            "a time that is rounded",
            "You round to whole tokens. The half-life of a state is a number like any other.",
            [
                edited(half_life, "return math.log(2) / (-A → return torch.ceil(math.log(2) / (-A", "True)) → True)))"),
                edited(
                    half_life, "return math.log(2) / (-A → return torch.round(math.log(2) / (-A", "True)) → True)))"
                ),
            ],
        ),
    ],
)


# Exercise 4: fit_probe


def fit_probe(x: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """A linear probe: w (F,) by ridge regression of y (n,) on x (n, F), and the cut c halfway between the groups."""
    centred, target = x - x.mean(0), y.float() - y.float().mean()  # (n, F), (n,)
    gram = centred.T @ centred / len(x)  # (F, F)
    w = torch.linalg.solve(gram + ridge * torch.eye(len(gram)), centred.T @ target / len(x))  # (F,)
    middle = (x[y].mean(0) + x[~y].mean(0)) / 2  # (F,)
    return w, -(middle @ w)


def _probe_cases(draw: Draw) -> dict:
    n, width = draw.size(6, 20), draw.size(1, 3)
    y = torch.arange(n) % 3 == 0  # fewer inside than outside
    x = draw.normal(n, width) + 1.2 * y[:, None] + draw.normal(width) + 2
    return {"x": x, "y": y, "ridge": draw.choice([0.1, 0.5, 2.0])}


PROBE = Exercise(
    id="14.fit_probe",
    title="A linear probe",
    reference=fit_probe,
    cases=_probe_cases,
    items=("w", "c"),
    misconceptions=[
        Misconception(
            "no ridge",
            "The ridge does nothing. With hundreds of features that resemble each other, the weights would fit noise; "
            "add it where the features' products stand, on the diagonal.",
            edited(fit_probe, "gram + ridge * torch.eye(len(gram)) → gram"),
        ),
        Misconception(
            "a ridge that fades with the data",
            "You add the ridge to sums over the examples. Both terms are *means* here, so that the ridge weighs the "
            "same for few examples and many.",
            edited(fit_probe, "centred.T @ centred / len(x) → centred.T @ centred", "@ target / len(x) → @ target"),
        ),
        Misconception(
            "a mean on one side only",
            "You divide by the number of examples on one side of the system, and not on the other. Both sides are "
            "means over the examples.",
            [
                edited(fit_probe, "@ target / len(x) → @ target"),
                edited(fit_probe, "centred.T @ centred / len(x) → centred.T @ centred"),
            ],
        ),
        Misconception(
            "no cut",
            "Your cut is 0. The score is then 0 where the features are 0, and that is not halfway between the groups.",
            edited(fit_probe, "return w, -(middle @ w) → return w, torch.zeros(())"),
        ),
        Misconception(
            "a ridge on every product",
            "You add the ridge to every entry. It belongs on the diagonal alone: each weight is held back for itself.",
            edited(fit_probe, "ridge * torch.eye(len(gram)) → ridge"),
        ),
        Misconception(
            "features that are not centred",
            "You do not take the mean off the features. Then the weights must carry what the cut is for.",
            [
                edited(fit_probe, "x - x.mean(0), → x,"),
                edited(fit_probe, "x - x.mean(0), y.float() - y.float().mean() → x, y.float()"),
            ],
        ),
        Misconception(
            "a ridge divided by the examples",
            "You divide the ridge by the number of examples. Beside sums over them it is multiplied by it, beside "
            "means it stands as it is.",
            edited(fit_probe, "ridge * → ridge / len(x) ** 2 *"),
        ),
        Misconception(
            "features that are scaled",
            "You divide the features by their spread. The weights are then for other features than the ones that come "
            "in.",
            [
                edited(fit_probe, "centred, target = x - x.mean(0), → centred, target = (x - x.mean(0)) / x.std(0),"),
                lambda x, y, ridge: fit_probe((x - x.mean(0)) / x.std(0), y, ridge),
            ],
        ),
        Misconception(
            "a cut at half the difference",
            "You cut at half the *difference* of the two groups' means. Halfway between them lies half their sum.",
            [
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[y].mean(0) - x[~y].mean(0)"),
                edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → x[~y].mean(0) - x[y].mean(0)"),
            ],
        ),
        Misconception(
            "a cut at the mean of one group",
            "You cut at the mean of one group. Half of its own examples then lie on the wrong side.",
            [
                edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x[y].mean(0)"),
                edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x[~y].mean(0)"),
            ],
        ),
        Misconception(
            "a cut at the median",
            "You cut at the median of all scores: half of the examples are called inside, however many are. The cut "
            "is halfway between the two groups' means.",
            lambda x, y, ridge: (lambda w: (w, -(x @ w).median()))(fit_probe(x, y, ridge)[0]),
        ),
        Misconception(
            "a cut at the mean of everything",
            "You cut at the mean of all examples. Where one group is larger, that lies close to it. The cut is halfway "
            "between the two groups' means.",
            edited(fit_probe, "(x[y].mean(0) + x[~y].mean(0)) / 2 → x.mean(0)"),
        ),
        Misconception(
            "the constant of the regression",
            "You cut where the regression says one half. With one group larger, few scores get there. The cut is "
            "halfway between the two groups' means.",
            edited(fit_probe, "-(middle @ w) → y.float().mean() - x.mean(0) @ w - 0.5"),
        ),
        Misconception(
            "an intercept in the place of a cut",
            "Your c is the constant of the regression on 0 and 1: with it the score of the group outside is near 0. "
            "The cut is to be halfway between the two groups' means.",
            edited(fit_probe, "-(middle @ w) → y.float().mean() - x.mean(0) @ w"),
        ),
        Misconception(
            "a cut for centred features",
            "Your cut is right for features whose mean is taken off. The score is w times the features as they come: "
            "take the two groups' means of these.",
            edited(fit_probe, "x[y].mean(0) + x[~y].mean(0) → centred[y].mean(0) + centred[~y].mean(0)"),
        ),
        Misconception(
            "a cut of the wrong sign",
            "Your cut has the wrong sign: the score x·w + c must be 0 in the middle.",
            edited(fit_probe, "-(middle → (middle"),
        ),
        Misconception(
            "a middle that is not halved",
            "You cut at the sum of the two groups' means. Halfway between them lies the half of it.",
            edited(fit_probe, "x[~y].mean(0)) / 2 → x[~y].mean(0))"),
        ),
        Misconception(
            "targets of −1 and 1",
            "Your weights are twice as long. The cut is right and so is every verdict, but the targets asked for are 0 "
            "and 1.",
            edited(fit_probe, "y.float() - y.float().mean() → 2 * (y.float() - y.float().mean())"),
        ),
        Misconception(
            "a ridge that is squared",
            "You square the ridge. In the sum it stands in front of |w|² as it is.",
            edited(fit_probe, "ridge * torch → ridge**2 * torch"),
        ),
        Misconception(
            "a 2 that has not cancelled",
            "Your ridge is too large or too small by a factor of 2. The derivative brings a 2 into both terms, and it "
            "cancels.",
            [
                edited(fit_probe, "ridge * torch → 2 * ridge * torch"),
                edited(fit_probe, "ridge * torch → ridge / 2 * torch"),
            ],
        ),
        Misconception(
            "n − 1 below the stroke",
            "You divide by n − 1, as torch.cov does by itself. Here the mean is over n.",
            [
                edited(fit_probe, "centred.T @ centred / len(x) → centred.T @ centred / (len(x) - 1)"),
                edited(
                    fit_probe,
                    "centred.T @ centred / len(x) → centred.T @ centred / (len(x) - 1)",
                    "@ target / len(x) → @ target / (len(x) - 1)",
                ),
            ],
        ),
        Misconception(
            "the difference of the means",
            "Your weights are the difference of the two groups' means. Features that say the same would count twice "
            "in it, and the ridge plays no part: the linear system is still to be solved.",
            edited(
                fit_probe,
                "torch.linalg.solve(gram + ridge * torch.eye(len(gram)), centred.T @ target / len(x)) → "
                "x[y].mean(0) - x[~y].mean(0)",
            ),
        ),
        Misconception(
            "the two results exchanged",
            "Weights and cut are right, in the other order: first w, then c.",
            edited(fit_probe, "return w, -(middle @ w) → return -(middle @ w), w"),
        ),
        Misconception(
            "the two groups exchanged",
            "Your probe says yes where it should say no. Which of the two groups is to get positive scores?",
            edited(fit_probe, "y.float() - y.float().mean() → y.float().mean() - y.float()"),
        ),
    ],
)


# Exercise 5: last_bytes


def last_bytes(ids: Tensor, k: int) -> Tensor:
    """The k bytes that end at each place, the present one first; −1 where there was none yet: (L, k)."""
    columns = [F.pad(ids, (back, 0), value=-1)[: len(ids)] for back in range(k)]  # (L,) each
    return torch.stack(columns, dim=1)


def _bytes_cases(draw: Draw) -> dict:
    return {"ids": draw.integers(1, 255, draw.size(3, 9)), "k": draw.size(2, 4)}


BYTES = Exercise(
    id="14.last_bytes",
    title="A rival that looks at the last bytes",
    reference=last_bytes,
    cases=_bytes_cases,
    example={"ids": torch.tensor([104, 101, 108, 108, 111]), "k": 3},
    axes=("place", "bytes back"),
    misconceptions=[
        Misconception(
            "a text that is a ring",
            "The first places see the end of the text, as if it were a ring: `roll` makes one of it, and so does an "
            "index below 0. Before the first byte there is nothing.",
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → ids.roll(back)"),
        ),
        Misconception(
            "a look ahead",
            "You look at the bytes that follow. The rival may see what the model has seen, and no more.",
            [
                edited(
                    last_bytes, "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids, (0, back), value=-1)[back:]"
                ),
                edited(
                    last_bytes,
                    "F.pad(ids, (back, 0), value=-1)[: len(ids)] → F.pad(ids, (0, back), value=-1)[back:]",
                    "range(k) → reversed(range(k))",
                ),
            ],
        ),
        Misconception(
            "the present byte left out",
            "You begin one byte back. The model has read the byte of the present place; so has its rival.",
            edited(last_bytes, "range(k) → range(1, k + 1)"),
        ),
        Misconception(
            "the oldest byte first",
            "You put the oldest byte into the first column. Column j is the byte j places back: the present one comes "
            "first.",
            edited(last_bytes, "range(k) → reversed(range(k))"),
        ),
        Misconception(
            "zeros before the text",
            "You put 0 where there was no byte yet. 0 is a byte, too; −1 is none.",
            edited(last_bytes, "value=-1 → value=0"),
        ),
        Misconception(
            "places in columns",
            "Your result lies on its side: places in rows, (L, k).",
            edited(last_bytes, "dim=1 → dim=0"),
        ),
        Misconception(
            "the first places left out",
            "Your result has no rows for the first places, which lack some of their bytes. They have a row each, with "
            "−1 where there was none yet.",
            edited(last_bytes, "dim=1) → dim=1)[k - 1 :]"),
            where=lambda ids, k: len(ids) >= k,
        ),
        Misconception(
            "the first byte repeated",
            "Before the text you put its first byte again. There was none: −1.",
            edited(last_bytes, "F.pad(ids, (back, 0), value=-1) → torch.cat([ids[:1].expand(back), ids])"),
        ),
        Misconception(
            "a cut at the wrong end",
            "You cut off what you have just put in front, and each column is the text as it was. Cut what stands over "
            "at the end.",
            edited(last_bytes, "[: len(ids)] → [back:]"),
        ),
        Misconception(
            "a byte too few",
            "You take k − 1 bytes. The present one is among the k, so k − 1 come before it.",
            edited(last_bytes, "range(k) → range(k - 1)"),
        ),
        Misconception(
            "a byte too many",
            "You take k + 1 bytes: the present one and k before it. The present one is among the k.",
            edited(last_bytes, "range(k) → range(k + 1)"),
        ),
    ],
)


# Bug hunt: a probe that is too good


def held_out_accuracy(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    """Balanced accuracy on the last `held` files of a probe on features (files, L, F) and labels (files, L)."""
    x_train, y_train = features[:-held].flatten(0, 1), labels[:-held].flatten()  # (n, F), (n,)
    x_test, y_test = features[-held:].flatten(0, 1), labels[-held:].flatten()
    mean, std = x_train.mean(0), x_train.std(0)  # (F,): of what is trained on
    w, c = fit_probe((x_train - mean) / std, y_train, ridge)
    said = (x_test - mean) / std @ w + c > 0  # (n,)
    return (said[y_test].float().mean() + (~said[~y_test]).float().mean()).item() / 2


def _as_found(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    x, y = features.flatten(0, 1), labels.flatten()  # (n, F), (n,)
    x = (x - x.mean(0)) / x.std(0)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    test, train = order.split([held * labels.shape[1], (len(labels) - held) * labels.shape[1]])
    w, c = fit_probe(x[train], y[train], ridge)
    said = x[test] @ w + c > 0
    return (said[y[test]].float().mean() + (~said[~y[test]]).float().mean()).item() / 2


def _shuffled_only(features: Tensor, labels: Tensor, held: int, ridge: float) -> float:
    x, y = features.flatten(0, 1), labels.flatten()  # (n, F), (n,)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    test, train = order.split([held * labels.shape[1], (len(labels) - held) * labels.shape[1]])
    mean, std = x[train].mean(0), x[train].std(0)
    w, c = fit_probe((x[train] - mean) / std, y[train], ridge)
    said = (x[test] - mean) / std @ w + c > 0
    return (said[y[test]].float().mean() + (~said[~y[test]]).float().mean()).item() / 2


def _file_cases(draw: Draw) -> dict:
    files, length = draw.size(4, 7), draw.size(8, 14)
    labels = torch.rand(files, length, generator=draw.generator) < 0.35
    labels[:, 0], labels[:, 1] = True, False  # both groups in every file
    own = 2 * draw.normal(files, 1, 3)  # what a file has of its own
    features = (draw.normal(files, length, 3) + 1.3 * labels[..., None]) * (1 + own.abs()) + own
    return {"features": features, "labels": labels, "held": draw.choice([1, 2]), "ridge": draw.choice([0.1, 1.0])}


LEAK = Exercise(
    id="14.held_out_accuracy",
    title="A probe that is too good",
    reference=held_out_accuracy,
    cases=_file_cases,
    trials=30,
    misconceptions=[
        Misconception(
            "the code as it was found",
            "The number is still too good. Whose bytes are in the part that is tested, and whose in the part that is "
            "trained on?",
            _as_found,
            given=True,
        ),
        Misconception(
            "neighbours on both sides",
            "The scaling is right now, but bytes are still drawn one by one. The byte beside a tested one is trained "
            "on, and the two states are nearly the same. Set whole files apart.",
            _shuffled_only,
        ),
        Misconception(
            "a scale of the test alone",
            "Mean and spread are those of the files that are tested. They belong to what is trained on: what is "
            "tested may take no part in anything that is fitted.",
            edited(held_out_accuracy, "x_train.mean(0), x_train.std(0) → x_test.mean(0), x_test.std(0)"),
        ),
        Misconception(
            "a scale that has seen the test",
            "The files are apart now, but mean and spread are still those of all files. What is tested may take no "
            "part in anything that is fitted.",
            edited(
                held_out_accuracy,
                "x_train.mean(0), x_train.std(0) → features.flatten(0, 1).mean(0), features.flatten(0, 1).std(0)",
            ),
        ),
        Misconception(
            "a scale of its own for the test",
            "You scale the tested files by their own mean and spread. The probe knows another scale, the one that it "
            "was fitted on; and what is tested may take no part in anything that is fitted.",
            edited(
                held_out_accuracy,
                "said = (x_test - mean) / std → said = (x_test - x_test.mean(0)) / x_test.std(0)",
            ),
        ),
        Misconception(
            "each file scaled by itself",
            "You scale each file by its own mean and spread, the tested ones too. One scale is asked for: that of "
            "what is trained on.",
            edited(
                held_out_accuracy,
                "x_train, y_train = → features = (features - features.mean(1, keepdim=True)) / "
                "features.std(1, keepdim=True)\n    x_train, y_train =",
                "mean, std = x_train.mean(0), x_train.std(0) → mean, std = 0, 1",
            ),
        ),
        Misconception(
            "no scale",
            "You do not scale the features. Then the ridge holds back the weight of a small feature more than that of "
            "a large one: keep the scaling, with mean and spread of what is trained on.",
            edited(held_out_accuracy, "mean, std = x_train.mean(0), x_train.std(0) → mean, std = 0, 1"),
        ),
        Misconception(
            "a test that is not scaled",
            "The probe was fitted on scaled features, and you test it on those as they came. Both parts get the same "
            "scale.",
            edited(held_out_accuracy, "said = (x_test - mean) / std → said = x_test"),
        ),
        Misconception(
            "too few files held out",
            "Where two files are to be held out you hold out the last one alone. `held` says how many.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                "features[:-1].flatten(0, 1), labels[:-1].flatten()",
                "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                "features[-1:].flatten(0, 1), labels[-1:].flatten()",
            ),
            where=lambda held, labels, **_: held > 1 and bool(labels[-1].any() and not labels[-1].all()),
        ),
        Misconception(
            "bytes in the place of files",
            "You hold out the last `held` bytes of all. `held` counts files: cut along the first dimension before you "
            "flatten.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1) → features.flatten(0, 1)[:-held]",
                "labels[:-held].flatten() → labels.flatten()[:-held]",
                "features[-held:].flatten(0, 1) → features.flatten(0, 1)[-held:]",
                "labels[-held:].flatten() → labels.flatten()[-held:]",
            ),
        ),
        Misconception(
            "files drawn by lot",
            "You hold out whole files, but draw them. Asked for are the last ones.",
            [
                edited(
                    held_out_accuracy,
                    "x_train, y_train = → order = torch.randperm(len(labels), "
                    "generator=torch.Generator().manual_seed(0))\n    features, labels = features[order], "
                    "labels[order]\n    x_train, y_train =",
                ),
                edited(
                    held_out_accuracy,
                    "x_train, y_train = → order = torch.randperm(len(labels), "
                    "generator=torch.Generator().manual_seed(0))\n    order = order.roll(-held)\n    features, labels "
                    "= features[order], labels[order]\n    x_train, y_train =",
                ),
            ],
        ),
        Misconception(
            "training and test exchanged",
            "You train on the last files and test on the others. `held` files are to be tested on.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                "features[-held:].flatten(0, 1), labels[-held:].flatten()",
                "x_test, y_test = features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                "x_test, y_test = features[:-held].flatten(0, 1), labels[:-held].flatten()",
            ),
        ),
        Misconception(
            "one of the two shares",
            "You give the share of right answers in one group. A probe that always says the same would be perfect "
            "there: take the mean of both.",
            [
                edited(held_out_accuracy, " + (~said[~y_test]).float().mean()).item() / 2 → ).item()"),
                edited(held_out_accuracy, "said[y_test].float().mean() + (~said → (~said", ".item() / 2 → .item()"),
            ],
        ),
        Misconception(
            "no cut",
            "You compare the score without c with 0. The cut is part of the probe.",
            edited(held_out_accuracy, "@ w + c > 0 → @ w > 0"),
        ),
        Misconception(
            "the first files held out",
            "You hold out the first files. Asked for are the last ones.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                "features[held:].flatten(0, 1), labels[held:].flatten()",
                "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                "features[:held].flatten(0, 1), labels[:held].flatten()",
            ),
        ),
        Misconception(
            "a test on what was trained on",
            "You test on the files that you trained on. That shows how well they are remembered.",
            [
                edited(
                    held_out_accuracy,
                    "features[-held:].flatten(0, 1), labels[-held:].flatten() → x_train, y_train",
                ),
                edited(
                    held_out_accuracy,
                    "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                    "features.flatten(0, 1), labels.flatten()",
                ),
                edited(
                    held_out_accuracy,
                    "fit_probe((x_train - mean) / std, y_train, ridge) → "
                    "fit_probe((features.flatten(0, 1) - mean) / std, labels.flatten(), ridge)",
                ),
            ],
        ),
        Misconception(
            "the end of every file held out",
            "You cut each file in two and test on its end. A file has a manner of its own, and the probe has learned "
            "it from the beginning. Hold out whole files.",
            edited(
                held_out_accuracy,
                "features[:-held].flatten(0, 1), labels[:-held].flatten() → "
                "features[:, :-held].flatten(0, 1), labels[:, :-held].flatten()",
                "features[-held:].flatten(0, 1), labels[-held:].flatten() → "
                "features[:, -held:].flatten(0, 1), labels[:, -held:].flatten()",
            ),
            where=lambda features, labels, held, ridge: bool(
                labels[:, -held:].any() and not labels[:, -held:].all()  # else it is not a number
            ),
        ),
        Misconception(
            "a plain share of right answers",
            "The parts are right now. But you give the share of right answers, in which the larger group counts for "
            "more. Balanced accuracy is the mean of the two groups' shares.",
            edited(
                held_out_accuracy,
                "(said[y_test].float().mean() + (~said[~y_test]).float().mean()).item() / 2 → "
                "(said == y_test).float().mean().item()",
            ),
        ),
    ],
)


EXERCISES = [MATRIX, WAYS, HALF_LIFE, PROBE, BYTES, LEAK]

RECAP = [
    Question(
        "A text has L tokens. How much does a scan keep in memory, and how much is its matrix?",
        [
            "D·N numbers, and an L×L matrix a channel that nobody needs to write down",
            "An L×L matrix a channel, as attention does",
            "D·N numbers, and an L×L matrix for all channels together",
            "L·N numbers either way",
        ],
        "D·N numbers, and an L×L matrix a channel that nobody needs to write down",
        "Each channel has a Δ and an A of its own, and so a matrix of its own. The recurrence gives the same output "
        "from a state of fixed size.",
    ),
    Question(
        "Which of these can M do that a row of softmax attention cannot?",
        ["Have negative weights", "Look at the first token", "Weigh two tokens alike", "Depend on the tokens"],
        "Have negative weights",
        "C·B may have either sign, and no row need add up to 1.",
    ),
    Question(
        "Gates and steps are held at what they were. Input x at lag 10 still has a weight in the output. Which way did "
        "it take, in a block with four taps?",
        ["Through the state", "Past the state, by D", "Either", "Through the gate z"],
        "Through the state",
        "Past the state, the output sees what the convolution sees: lags 0 to 3.",
    ),
    Question(
        "A probe reads brackets off a trained model with 88 %. Off the same model with random weights, another probe "
        "reads 80 %. What follows?",
        [
            "Training made brackets easier to read, by 8 points",
            "The model counts brackets with 88 %",
            "The random model understands Python",
            "The probe is broken",
        ],
        "Training made brackets easier to read, by 8 points",
        "Much of what was read is there in any recurrent network: it remembers its input. Only what goes beyond the "
        "controls is a finding about training.",
    ),
    Question(
        "Why does a probe that is trained and tested on bytes drawn one by one look too good?",
        [
            "Beside almost every tested byte stands one that was trained on",
            "It sees more bytes",
            "Its ridge is too small",
            "Bytes repeat in the alphabet",
        ],
        "Beside almost every tested byte stands one that was trained on",
        "Neighbouring states are nearly the same, and so are their labels. Whole files must stay apart.",
    ),
]
