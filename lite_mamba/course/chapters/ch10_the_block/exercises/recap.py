"""The recap of chapter 10."""

from ....checking.exercise import Question

RECAP = [
    Question(
        text="Which of x and z goes through the convolution?",
        choices=["Both", "x only", "z only", "Neither"],
        answer="x only",
        why="x is the signal that the convolution and the scan work on. z waits at the gate; it sees its own token "
        "only.",
    ),
    Question(
        text="From which tensor are Δ, B and C computed?",
        choices=["The input of the block", "x, before the convolution", "u, after the convolution", "z"],
        answer="u, after the convolution",
        why="So the choice of what to write and read can depend on a few tokens, not on one alone.",
    ),
    Question(
        text="Where do most parameters of a block with d_model = 768 sit?",
        choices=["In A_log", "In the convolutions", "In x_proj and dt_proj", "In in_proj and out_proj"],
        answer="In in_proj and out_proj",
        why="They grow with d_model², all of the rest of the block at most with d_model, except the narrow way to Δ.",
    ),
    Question(
        text="What does dt_rank = R say about M, the way to Δ as one matrix?",
        choices=["It has R outputs", "Its rank is at most R", "It has R² entries", "It is symmetric"],
        answer="Its rank is at most R",
        why="The token is squeezed through R numbers on its way: what M gives points in at most R independent "
        "directions.",
    ),
    Question(
        text="A new block reads white noise. You set D to zero. What is left of the output?",
        choices=["Almost all of it", "About half", "A few per cent at most"],
        answer="A few per cent at most",
        why="Δ, B and C of a new block are small, and the scan gives products of them. At the start the skip carries "
        "the signal; the scan has to learn its part.",
    ),
]
