"""The recap of chapter 00."""

from ... import Question

RECAP = [
    Question(
        text="A check says 'the reference stands in'. What happens in the cells below?",
        choices=[
            "They run, with the course's own function in place of yours",
            "They stop with an error until yours passes",
            "They run with your function, wrong as it is",
        ],
        answer="They run, with the course's own function in place of yours",
        why="So the cells below work, whether your function is right yet or not.",
    ),
    Question(
        text="You change one letter of a text in the middle. Which outputs of the block may move?",
        choices=["All of them", "Only those up to the letter and its own", "Its own and those after it"],
        answer="Its own and those after it",
        why="The block is causal: an output is computed from its own token and from earlier ones.",
    ),
    Question(
        text="What does the einsum pattern b l d, d n -> b l d n do with the axis d?",
        choices=["It adds up over d", "It keeps d and pairs equal indices", "It makes every pair of two d indices"],
        answer="It keeps d and pairs equal indices",
        why="A letter that stands after the arrow is kept; a letter that stands in both inputs is matched.",
    ),
    Question(
        text="You double the step size Δ. What does the half-life of a state do?",
        choices=["It doubles", "It stays", "It halves"],
        answer="It halves",
        why="The half-life is ln 2 / (Δ·|A|) steps, so twice the Δ means half the time.",
    ),
    Question(
        text="What must the block remember to go on with a text, one letter at a time?",
        choices=[
            "All letters so far, in their order",
            "A few inputs and the state",
            "The last letter and nothing else",
        ],
        answer="A few inputs and the state",
        why="The convolution needs its last few inputs, the scan its state. Both have a fixed size, however long the "
        "text is. That is what makes streaming cheap.",
    ),
]
