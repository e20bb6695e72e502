"""The recap of chapter 12."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "Fixed copying with L = 64 and 3 symbols: which delay solves it?",
        ["3 tokens", "32 tokens", "61 tokens", "none"],
        "61 tokens",
        "From each symbol to its recall it is L − K = 64 − 3 tokens.",
    ),
    Question(
        "Why can no LTI block alone solve selective copying of three symbols exactly?",
        [
            "It has too few parameters",
            "It weighs a token by its age, and here the age of a symbol differs from row to row",
            "Its states fade too fast",
            "It has no convolution",
        ],
        "It weighs a token by its age, and here the age of a symbol differs from row to row",
        "Weights that grow with age can find the first symbol, weights that fade the last, none the one between.",
    ),
    Question(
        "A state has A = −1. How much of it is left after a million noise tokens with Δ = 0.000001 each?",
        ["100 %", "about 37 %", "about 1 %", "nothing"],
        "about 37 %",
        "The Δ add up to 1, and exp(−1) = 0.37.",
    ),
    Question(
        "The induction heads work at 2¹⁶ tokens and fail at 2²⁰. Where do you look first?",
        [
            "At the Δ of the tokens in between, in the channels that hold the symbol",
            "At the learning rate",
            "At the convolution",
            "At the embedding of the cue",
        ],
        "At the Δ of the tokens in between, in the channels that hold the symbol",
        "Their sum grows with L. Once −A times it is far above 1, the state has forgotten.",
    ),
    Question(
        "A model is right at L = 256, and mostly wrong as soon as it is read in chunks. What is the likely reason?",
        [
            "Rounding errors add up",
            "The state starts anew with each chunk",
            "It was trained on too short rows",
            "The chunks are too long",
        ],
        "The state starts anew with each chunk",
        "Read in chunks it has to give the same as in one piece, up to rounding. If not, the state was not carried on.",
    ),
]
