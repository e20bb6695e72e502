"""The recap of chapter 06."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "A channel has Δ = 0.01. Its state with A = −1 has a half-life of 69 steps. What is it for A = −4?",
        ["276 steps", "about 65 steps", "about 17 steps", "about 4 steps"],
        "about 17 steps",
        "The half-life is ln 2 / (−A·Δ). Four times the rate, a quarter of the steps.",
    ),
    Question(
        "What does S4D-real keep of the HiPPO-LegS matrix?",
        ["The rates 1, 2, …, N", "The links between the states", "The first column", "Nothing, it is random"],
        "The rates 1, 2, …, N",
        "It keeps the diagonal, −1 to −N: it holds the rates. The links below it, which make the waves, are dropped.",
    ),
    Question(
        "Why is dt drawn log-uniformly, not uniformly, between 0.001 and 0.1?",
        [
            "So that the mean of Δ is 0.05",
            "So that each factor of ten gets as many channels as the other",
            "Because softplus needs a logarithm",
            "So that no channel lies below the floor",
        ],
        "So that each factor of ten gets as many channels as the other",
        "Drawn uniformly, 91 of 100 channels would lie above 0.01, and few would remember for long.",
    ),
    Question(
        "A framework sets all biases to zero. How many steps does the slowest state of a Mamba block remember now?",
        ["Its half-life is 1 step", "Its half-life is 69 steps", "Its half-life is 693 steps", "It never forgets"],
        "Its half-life is 1 step",
        "Δ = softplus(0) = ln 2 in every channel. With A = −1 the half-life is ln 2 / ln 2 = 1 step.",
    ),
    Question(
        "Weight decay pulls A_log towards 0. What happens to the states?",
        [
            "They stop forgetting",
            "They forget at once",
            "Nothing, decay acts on weights only",
            "Their rates all move to 1",
        ],
        "Their rates all move to 1",
        "A = −exp(A_log), and exp(0) = 1. Sixteen time scales become one.",
    ),
]
