"""The recap of chapter 03."""

from ....checking.exercise import Question

RECAP = [
    Question(
        text="A branch has d_conv = 3 taps and dilation 5. How many samples must be kept between two steps?",
        choices=["2", "10", "11", "15"],
        answer="10",
        why="The oldest tap reads (3 − 1)·5 = 10 samples back. The present sample arrives with the "
        "step and is not kept for it.",
    ),
    Question(
        text="A step first pushes the new sample into the history, then builds the window from history and sample. "
        "What happens?",
        choices=[
            "Every older tap reads a sample one step newer than it should",
            "Nothing: the window holds the same samples either way",
            "The history grows by one column at every step, without end",
        ],
        answer="Every older tap reads a sample one step newer than it should",
        why="The new sample is in the window twice. The window is the history as it was before this sample, then the "
        "sample.",
    ),
    Question(
        text="Branches with dilations 1, 3 and 9 share one history, d_conv = 4. How many columns does it need?",
        choices=["39", "42", "27", "28"],
        answer="27",
        why="The branch that looks back furthest needs (4 − 1)·9 = 27 samples. What the others need is part of them.",
    ),
    Question(
        text="The history is lost (set to zeros) in the middle of a stream. Which outputs are wrong?",
        choices=["All outputs from then on", "The next ones, as many as the largest lag", "The next output only"],
        answer="The next ones, as many as the largest lag",
        why="After that many samples the history is full of true samples again. A convolution forgets "
        "completely; a scan, as in notebook 08, fades.",
    ),
    Question(
        text="A chunk of 3 samples meets a history of 10. Which samples form the next history?",
        choices=[
            "The 3 of the chunk, then zeros until there are 10 again",
            "The old history as it was: the chunk is too short to fill it",
            "The last 7 of the old history, then the 3 of the chunk",
        ],
        answer="The last 7 of the old history, then the 3 of the chunk",
        why="The next history is always the last 10 columns of old history and chunk together, whatever the chunk's "
        "length.",
    ),
]
