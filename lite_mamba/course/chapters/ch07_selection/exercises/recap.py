"""The recap of chapter 07."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "Why is Δ a gate?",
        [
            "Because it is multiplied by the output",
            "Because a small Δ keeps the state and shuts the token out, and a large Δ does the opposite",
            "Because it is computed by a sigmoid",
            "Because it is learned",
        ],
        "Because a small Δ keeps the state and shuts the token out, and a large Δ does the opposite",
        "One number moves both doors. With A = −1, by the zero-order hold, exp(−Δ) is kept and 1 − exp(−Δ) is let in.",
    ),
    Question(
        "A = −1, and Δ = softplus(w). Which function of w is the gate, under the zero-order hold?",
        ["softplus(w)", "exp(−w)", "sigmoid(w)", "tanh(w)"],
        "sigmoid(w)",
        "exp(−softplus(w)) = 1/(1 + exp(w)) = 1 − σ(w). What is kept is 1 − σ(w), so the token gets σ(w).",
    ),
    Question(
        "Which of these depend on the token in Mamba?",
        ["Δ only", "Δ, B and C", "A, B and C", "Δ, A, B and C"],
        "Δ, B and C",
        "A is a parameter, the same for all tokens. But exp(ΔA) depends on the token, through Δ.",
    ),
    Question(
        "Twenty noise tokens follow, each with Δ = 0.05, with A = −1. How much of the state is left?",
        ["about 95 %", "about 37 %", "about 5 %", "nothing, the state is reset"],
        "about 37 %",
        "The Δ add up: 20 · 0.05 = 1, and exp(−1) = 0.37.",
    ),
    Question(
        "The bias of a channel is meant for Δ = 0.01 and is added twice by mistake. How large is Δ, roughly, for a "
        "token that says nothing?",
        ["0.02", "0.1", "0.005", "0.0001"],
        "0.0001",
        "For small Δ, softplus(x) is about exp(x). Twice the bias squares it: 0.01² = 0.0001.",
    ),
]
