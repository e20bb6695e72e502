"""The recap of chapter 15."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "Which two things must a part tell the others, so that they can go on from it?",
        [
            "its inputs and its outputs",
            "the sum of its step sizes, and its last state from zero",
            "its first and its last state",
            "its number of steps, and its last output",
        ],
        "the sum of its step sizes, and its last state from zero",
        "They are its pair (decay, end), as in notebook 09: with A, which everybody has, the sum gives the decay.",
    ),
    Question(
        "The start of rank 3 is made of the ends of ranks 0, 1 and 2. By which parts does the end of rank 0 fade?",
        ["by 0, 1 and 2", "by 1 and 2", "by 1, 2 and 3", "by 0 alone"],
        "by 1 and 2",
        "By the parts between: the end of rank 0 stands behind part 0, and the start of rank 3 before part 3.",
    ),
    Question(
        "Sequences become ten times as long, on the same processes. What happens to the bytes that they exchange?",
        ["they stay the same", "they become ten times as many", "100 times as many", "a tenth"],
        "they stay the same",
        "A part tells one sum a channel, one state and one halo, however long it is.",
    ),
    Question(
        "In the backward pass, which other ranks have a share in the gradient of a part's last state?",
        ["all ranks before it", "all ranks behind it", "none", "rank 0 alone"],
        "all ranks behind it",
        "Its last state goes on into every later part, and it fades on its way. So does the gradient, coming back.",
    ),
    Question(
        "A kernel of 4 taps with dilation 8. How many samples does a part need from the parts before it?",
        ["3", "4", "24", "32"],
        "24",
        "Three gaps of 8 samples: the oldest tap of the first output reads 24 samples back.",
    ),
]
