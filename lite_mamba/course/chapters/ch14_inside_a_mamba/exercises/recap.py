"""The recap of chapter 14."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "A text has L tokens. How much does a scan keep in memory, and how much is its matrix?",
        [
            "An L×L matrix a channel, as attention does",
            "D·N numbers, and an L×L matrix for all channels together",
            "D·N numbers, and an L×L matrix a channel that nobody needs to write down",
            "L·N numbers either way",
        ],
        "D·N numbers, and an L×L matrix a channel that nobody needs to write down",
        "Each channel has a Δ and an A of its own, and so a matrix of its own. The recurrence gives the same output "
        "from a state of fixed size.",
    ),
    Question(
        "Which of these can M do that a row of softmax attention cannot?",
        ["Look at the first token", "Have negative weights", "Weigh two tokens alike", "Depend on the tokens"],
        "Have negative weights",
        "C·B may have either sign, and no row need add up to 1.",
    ),
    Question(
        "σ, Δ, B and C are held at what they were. Input x at lag 10 still has a weight in the output. Which way did "
        "it take, in a block with four taps?",
        ["Past the state, by D", "Through the gate z", "Either", "Through the state"],
        "Through the state",
        "Past the state, the output sees what the convolution sees: lags 0 to 3.",
    ),
    Question(
        "A probe reads brackets off a trained model with 88 %. Off the same model with random weights, another probe "
        "reads 80 %. What follows?",
        [
            "The model counts brackets with 88 %",
            "Training made brackets easier to read, by 8 points",
            "The random model understands Python",
            "The probe is broken",
        ],
        "Training made brackets easier to read, by 8 points",
        "A random recurrence remembers its input, too, and much can be read off it. Only what goes beyond the controls "
        "is a finding about training.",
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
        "Neighbours mostly have the same label, and are more alike than bytes of two files. Whole files must stay "
        "apart.",
    ),
]
