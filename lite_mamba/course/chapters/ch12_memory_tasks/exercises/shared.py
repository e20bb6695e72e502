"""Mistakes of more than one exercise: their names and what is said of them."""

EMPTY_PLACE = (
    "0 taken for an empty place",
    "You write noise wherever there is a 0. But 0 is an id like the others: some symbols become noise.",
)
DRAWN_ID = (
    "an id made of what was drawn",
    "You count from the largest symbol that was drawn. The last of the symbols need not be among them: `n_symbols` "
    "says how many there are.",
)
