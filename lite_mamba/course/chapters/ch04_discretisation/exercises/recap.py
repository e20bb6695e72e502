"""The recap of chapter 04."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "A bucket obeys dh/dt = A·h + B·u with A = −0.25 and B = 1. The tap runs at u = 1 for ever. Where does the "
        "level end?",
        ["at 0.25", "at 1", "at 4", "nowhere, it grows for ever"],
        "at 4",
        "At the end nothing changes: 0 = A·h + B·u, so h = −B·u/A = 4.",
    ),
    Question(
        "A = −16. For which step sizes is Euler's rule stable?",
        ["Δ below 1/8", "Δ below 1/16", "Δ below 8", "all of them"],
        "Δ below 1/8",
        "|1 + ΔA| < 1 holds for Δ < 2/|A| = 1/8. Between 1/16 and 1/8 the level overshoots, and settles.",
    ),
    Question(
        "Under which condition is the zero-order hold exact at the ticks?",
        [
            "the step is small",
            "the input is constant during each tick",
            "A is small",
            "never, it is an approximation",
        ],
        "the input is constant during each tick",
        "The integral over one tick is solved exactly, whatever Δ and A are. The only assumption is the held input.",
    ),
    Question(
        "A pole in the z-plane lies at z = −0.9. What does the state do without input?",
        [
            "it dies out and changes its sign at every tick",
            "it grows and changes its sign at every tick",
            "it dies out without changing its sign",
            "it stays as it is",
        ],
        "it dies out and changes its sign at every tick",
        "Each tick multiplies by −0.9: the sign flips, and |z| < 1 makes the size shrink.",
    ),
    Question(
        "Mamba's code uses B̄ = Δ·B. Compared with the zero-order hold of equation 4, what is different?",
        [
            "how long the state remembers",
            "how much of the input is let in",
            "both",
            "nothing, the two are equal",
        ],
        "how much of the input is let in",
        "Ā = exp(ΔA) is the same in both, so the memory is the same. ΔB lets in ΔA/(exp(ΔA) − 1) times as much.",
    ),
]
