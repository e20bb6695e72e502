"""The recap of chapter 13."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "A model gave the probability 1/8 to the byte that came. What did the byte cost?",
        ["8 bits", "3 bits", "1/8 bit", "2.08 bits"],
        "3 bits",
        "−log₂(1/8) = 3: halve 1 three times to get 1/8. 2.08 is the same in nats.",
    ),
    Question(
        "Two models are compared by bits per byte on a text. What would make the comparison void?",
        [
            "One of them is larger",
            "One of them has read the text in training",
            "One of them was trained on a GPU",
            "The text is shorter than the training text",
        ],
        "One of them has read the text in training",
        "A text that was read can be remembered. That is why whole files are held out, by their paths.",
    ),
    Question(
        "Why do n-grams of order 6 cost more bits than those of order 5 here?",
        [
            "Longer contexts are seen too seldom to count on",
            "Six bytes do not fit into memory",
            "The text has no structure beyond five bytes",
            "They are computed in nats",
        ],
        "Longer contexts are seen too seldom to count on",
        "Each further byte of context splits the same counts among more contexts. The structure is there, the "
        "counts are not.",
    ),
    Question(
        "The model has read 100 000 bytes. How large is its state, compared with the one after 10 bytes?",
        ["10 000 times as large", "4 times as large", "As large as before", "Smaller, for it forgets"],
        "As large as before",
        "The state of every layer has a fixed size, and one step costs the same at any place.",
    ),
    Question(
        "In lists of names, the model closes every round bracket rightly, 256 bytes later. Does it remember them all?",
        [
            "Yes, it counts them",
            "Not shown: it closes other brackets with a round one, too",
            "Yes, for the state keeps everything",
            "No, it guesses at random",
        ],
        "Not shown: it closes other brackets with a round one, too",
        "A constant answer is right where it happens to fit. Only the other kinds of bracket show whether "
        "anything was kept.",
    ),
]
