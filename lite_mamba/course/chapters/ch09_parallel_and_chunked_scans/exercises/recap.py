"""The recap of chapter 09."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "L = 1024 in K = 32 chunks of T = 32. How many rounds wait for one another, and how many states are enough "
        "to run all again?",
        ["32 rounds, all states", "64 rounds, all states", "96 rounds, 32 states", "1056 rounds, 32 states"],
        "96 rounds, 32 states",
        "T rounds for the ends, K for the carry, T for the rerun. Whoever keeps the state before each chunk can rerun "
        "all.",
    ),
    Question(
        "Which property of the join makes a parallel scan possible?",
        [
            "the order of the operands may change",
            "the brackets may move",
            "it has an inverse",
            "its results stay small",
        ],
        "the brackets may move",
        "It is associative, not commutative: neighbours may be joined in any grouping, but they must stay in order.",
    ),
    Question(
        "How is the gradient of the states of a scan computed?",
        [
            "by a scan backwards in time, each step with the decay of the step after it",
            "by a scan backwards in time, each step with its own decay",
            "by the same scan once more, forwards in time",
            "by one product with all decays",
        ],
        "by a scan backwards in time, each step with the decay of the step after it",
        "h at t acts on the loss directly, and through h at t + 1, where it was multiplied by the decay of t + 1.",
    ),
    Question(
        "What is wrong with h = P·cumsum(x / P) on a long sequence?",
        [
            "cumsum is slower than a loop",
            "P shrinks to zero, and x / P overflows",
            "it needs a power of two",
            "it has no gradient",
        ],
        "P shrinks to zero, and x / P overflows",
        "In exact numbers it is right. In float32 a product of decays below about 3·10⁻³⁹ makes 1 / P infinite.",
    ),
    Question(
        "A loop slices a (B, D, L, N) tensor at each step. L doubles. And the bytes that its backward pass writes?",
        ["they stay the same", "they double", "they become four times as many", "they become L times as many"],
        "they become four times as many",
        "L slices, and the gradient of each is a whole table of L steps: L². Cut once with unbind, and it is L.",
    ),
]
