"""The recap of chapter 11."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "What does a Mamba block have to remember between two tokens?",
        [
            "all tokens so far",
            "the last max-lag inputs of the convolution, and the state of the scan",
            "only the state of the scan",
            "a key and a value for each token",
        ],
        "the last max-lag inputs of the convolution, and the state of the scan",
        "Both have a fixed size, so a stream of any length needs the same memory. If one of the two is lost, the "
        "outputs are wrong.",
    ),
    Question(
        "A prompt of 1000 tokens has been read in one call. What do you do to seqlen_offset?",
        ["nothing, the block moves it", "add 1", "add 1000", "set it to 0"],
        "add 1000",
        "It counts the tokens of the stream, and the caller moves it. At 0 the block would start afresh without a "
        "word; at any other wrong number it raises.",
    ),
    Question(
        "A slow state is kept in bfloat16 and stands still far below its true value. Why?",
        [
            "the decay is rounded down to zero",
            "what one step adds is less than half the gap to the next number, and is rounded away",
            "bfloat16 cannot hold numbers that large",
            "the rounding errors of many steps add up at random",
        ],
        "what one step adds is less than half the gap to the next number, and is rounded away",
        "The gap between neighbours grows with the number itself, the steps get smaller. Where one is less than half a "
        "gap, the state is stuck. In float32 the gaps are 65 536 times finer.",
    ),
    Question(
        "In a batch of three streams, row 1 begins a new text. What must be set to zero?",
        [
            "the state of row 1",
            "the state and the history of row 1",
            "the states and the histories of all rows",
            "seqlen_offset",
        ],
        "the state and the history of row 1",
        "The other rows are in the middle of their texts. In row 1, the convolution would still see the last samples "
        "of the old text, and the scan what its state has left of it.",
    ),
    Question(
        "A stream adds dt_bias twice. Chunks of any size give equal results, and a reset row equals a fresh stream. "
        "Which test finds the bug?",
        [
            "other chunk sizes",
            "a longer stream",
            "a comparison with the forward pass of the trained block",
            "a test for NaN",
        ],
        "a comparison with the forward pass of the trained block",
        "The stream agrees with itself in every way. A property that compares a program only with itself cannot see a "
        "mistake that is made everywhere.",
    ),
]
