"""The recap of chapter 05."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "One state with Ā = 0.5, B̄ = 2 and C = 3. Which number is tap 2 of its kernel?",
        ["0.75", "1.5", "3", "6"],
        "1.5",
        "C·Ā²·B̄ = 3 · 0.25 · 2. The first tap, with the power 0, is C·B̄ = 6.",
    ),
    Question(
        "Two lists of 1000 numbers are convolved by FFT. How many points are enough, so that nothing wraps round?",
        ["1000", "1001", "1024", "1999"],
        "1999",
        "The whole product has 2L − 1 = 1999 numbers, and each needs an hour of its own. More is fine: 2000, or 2048.",
    ),
    Question(
        "A model of 16 states a channel has read 16 384 tokens. Which view makes the next output with the fewest "
        "multiplications?",
        ["the recurrence", "the kernel", "the FFT", "all need the same"],
        "the recurrence",
        "It needs 3 · 16 = 48. The kernel needs one for each token so far, and the FFT starts from the beginning.",
    ),
    Question(
        "With 16 states and L = 16 384 the recurrence needs the fewest multiplications for the whole sequence, too. "
        "Why can a GPU still be quicker with the FFT?",
        [
            "A GPU cannot multiply real numbers",
            "The recurrence makes more additions",
            "The steps of the recurrence wait for one another",
            "The FFT needs no kernel",
        ],
        "The steps of the recurrence wait for one another",
        "16 384 steps in a row against 31, in each of which everything can happen at once.",
    ),
    Question(
        "Δ is another number at each token. Which of the three views are left?",
        ["the recurrence", "the recurrence and the kernel", "the kernel and the FFT", "all three"],
        "the recurrence",
        "There is no kernel any more: what a sample leaves behind depends on when it came. Without a kernel, no FFT.",
    ),
]
