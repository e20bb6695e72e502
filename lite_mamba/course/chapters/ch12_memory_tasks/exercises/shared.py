"""Mistakes of more than one exercise: their names and what is said of them."""

EMPTY_PLACE = (
    "0 taken for an empty place",
    "You write noise wherever there is a 0. But 0 is an id like the others: some symbols become noise.",
)
NOISE_THAT_IS_A_SYMBOL = (
    "noise that is also a symbol",
    "Your noise has an id that a symbol has, so the two can't be told apart. The symbols are 0 … n_symbols − 1: which "
    "id is the first free one? All noise has this one.",
)
IDS_WITH_A_SYMBOL = [  # of noise and of a recall
    *(("n_symbols - 1", recall) for recall in ("n_symbols + 1", "n_symbols", "n_symbols - 1")),
    *(("0", recall) for recall in ("n_symbols + 1", "n_symbols", "1", "0")),
]
OTHER_ID = (
    "an id that is not the next one",
    "Noise or recall has another id than the task says. The symbols are 0 … n_symbols − 1; the first free id is for "
    "noise, the one after it for the recall.",
)
OTHER_IDS = [  # of noise and of a recall
    *(("n_symbols", recall) for recall in ("0", "1", "-1")),
    *(("n_symbols", f"n_symbols {more}") for more in ("- 1", "+ 2", "+ n_data")),
    *(("-1", recall) for recall in ("-2", "n_symbols", "n_symbols + 1")),
]
ROWS_COUNTED = (
    "rows counted in the place of symbols",
    "You count rows in the place of symbols: `len(data)` and `data.shape[0]` are B. K is the other number of the "
    "shape.",
)
KINDS_COUNTED = (
    "kinds counted in the place of symbols",
    "You count with n_symbols. That is how many different symbols there are; how many stand in a row is K, the second "
    "number of data's shape.",
)
THREE_COUNTED = (
    "3 in the place of K",
    "You count on 3 symbols a row, or on 3 recalls. Other rows have more or fewer: K is the second number of data's "
    "shape.",
)
ONE_ROW = (
    "one row for all",
    "All rows have the symbols of one row. Each row remembers its own.",
)
ONE_SYMBOL_MISSING = (
    "one symbol too few",
    "Your rows have one symbol too few, and all K count. Which one does your loop, your slice or your comparison leave "
    "out?",
)
MINUS_ZERO = (
    "the first token taken for the last",
    "You write a recall at the first token, and none at the first of the last K. Counted from the end, the last token "
    "is −1; −0 is 0, the first one.",
)
SHAPE_EXCHANGED = (
    "the two numbers of a shape exchanged",
    "You read the shape of data as (K, B). It is (B, K): the rows first, then the symbols of a row.",
)
DRAWN_ID = (
    "an id made of what was drawn",
    "You count from the largest symbol that was drawn. The last of the symbols need not be among them: `n_symbols` "
    "says how many there are.",
)
