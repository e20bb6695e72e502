"""The lists that make decks of the notebooks' cells: which cells, in which order, and notes for the one who speaks.

Only what is not in a notebook stands here. Texts, questions, answers and pictures are those of the cells; an entry
names its notebook and the cell's id, the minutes that it takes, and what to say.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DECKS", "Code", "Deck", "Entry", "Picture", "Text", "Vote"]


@dataclass(frozen=True)
class Entry:
    """A cell that a deck shows, with the minutes it takes and notes for the presenter."""

    notebook: str
    cell: str
    minutes: float = 0
    note: str = ""


@dataclass(frozen=True)
class Text(Entry):
    """The words of a markdown cell; of a long one those of its opening.

    Attributes:
        paragraphs: which of its paragraphs, the heading counted as 0; none named are all.
    """

    paragraphs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Vote(Entry):
    """A prediction: the question to vote on, and its answer on the slide after it."""


@dataclass(frozen=True)
class Picture(Entry):
    """A figure with its controls and some of the questions above it.

    Attributes:
        questions: which of "What to look for", counted from 1; none for a still picture, ... for all of them.
        code: id of the cell whose code a key shows beside it.
    """

    questions: tuple[int, ...] | None = None
    code: str = ""


@dataclass(frozen=True)
class Code(Entry):
    """A code cell of at most twelve lines, with what it prints."""


@dataclass(frozen=True)
class Deck:
    """A lecture: its title, what it shows, and the cells that take long and that none of its slides needs."""

    title: str
    lead: str
    entries: tuple[Entry, ...]
    leave_out: frozenset[str] = frozenset()


FORTY_FIVE = Deck(
    "Inside a Mamba block",
    "A model that reads one token after another and keeps a memory of fixed size: what is in it, and how does it "
    "choose what to keep?",
    (
        Picture(
            "00",
            "fabbf245",
            4,
            "A block turns a list of numbers for each token into a new one. Go through the parts from left to right "
            "and read the title of each. Two are about the past: the convolutions see a few tokens, the scan has "
            "a state. Then ask the question; the answer is the orange arrow.",
            (2,),
        ),
        Vote(
            "00",
            "cec09d22",
            2,
            "Show of hands for each choice. Many take the last one: they think of a convolution as it is in vision.",
        ),
        Picture(
            "00",
            "7bf31631",
            4,
            "Move the letter through the text first: left of it nothing moves, ever. Then the dilations: bars rise "
            "where a tap reaches the letter. Ask last what the low bars are. This is the whole talk in one picture: a "
            "sharp, short memory in front, a long and faint one behind it.",
            (3,),
        ),
        Vote(
            "02",
            "50680183",
            2,
            "Four branches, four taps each: 16 taps, and lag 0 is read by all four. Give them half a minute to count.",
        ),
        Picture(
            "02",
            "14a4caae",
            4,
            "Each row is a branch, each mark a tap. Say why lag 0 stands in each row. Side by side is what this "
            "package does, stacked is WaveNet. Switch, and let them read off field and holes.",
            (2,),
            code="cef4c6e3",
        ),
        Text(
            "06",
            "2a125f35",
            2,
            "Now the long memory. The scan multiplies its state by exp(ΔA) at each step and adds the new input. Leave "
            "the input away and the state fades. With Δ = 0.1 and A = −1: 0.905, 0.819, 0.741.",
        ),
        Picture(
            "06",
            "bc90c5d7",
            4,
            "Dots: the state. Move Δ first, slowly. Only the product n·Δ counts. A new block has Δ from 0.001 to 0.1 "
            "and n from 1 to 16: half-lives from 0.4 to 693 steps, all in one layer.",
            (2,),
            code="a7c5ca05",
        ),
        Text(
            "07",
            "e293ddd7",
            1,
            "The task of everything that follows. Say it with the phone number: keep the four digits, let the rest "
            "pass.",
        ),
        Text(
            "07",
            "dfad9367",
            1,
            "The fading state again, written as a mixture: keep 1 − g of the old, take g of the token. "
            "Large g lets the data in, and the noise after it.",
            (0, 1),
        ),
        Vote(
            "07",
            "76f9cdb9",
            2,
            "The state should hold the last data token, and each token replaces the same share g. "
            "100 % is what one gets for always saying 0.",
        ),
        Picture(
            "07",
            "fead0d28",
            4,
            "Go to the right end: on time at each data token, and gone with the next. Left end: it follows nothing. "
            "Somewhere between lies the best, and it is bad. A fixed recurrence can't skip a token.",
            (3,),
            code="33f577da",
        ),
        Picture(
            "07",
            "56b69a26",
            4,
            "The cure: a Δ for each kind of token. Only data first, then only noise. Ask which of the two needs care. "
            "Small Δ on noise is what selection is: the token itself says how long its step is.",
            (3,),
        ),
        Picture(
            "11",
            "cb889d5a",
            3,
            "What it buys: a state of fixed size. Move to a million tokens. Mention what attention buys instead: it "
            "can look up any token exactly.",
            (1,),
        ),
        Vote(
            "12",
            "c12-061",
            2,
            "Induction heads: a cue comes, later it comes again, and the symbol behind it is to be said. Trained at "
            "256 tokens only. The attention model has rotary positions.",
        ),
        Picture(
            "12",
            "c12-066",
            4,
            "Start at 2⁸, where both were trained, and go right. Then be honest: one of three seeds falls to 91 % at a "
            "million tokens. Close with the block diagram, on slide 2: they now know each of its parts.",
            (1,),
        ),
    ),
    leave_out=frozenset({"c12-026", "c12-027", "c12-042"}),
)

NINETY = Deck(
    "The Mamba block, part by part",
    "Convolution, receptive field, time scales, the selective scan, and what a stream has to keep.",
    (
        Picture("00", "fabbf245", 4, "The map of the lecture. Read the parts from left to right.", (2,)),
        Vote(
            "01", "cfa4ab58", 2, "A window that is centred looks 12 samples ahead. Let them see it before you say it."
        ),
        Picture("01", "5744ba18", 4, "A real recording. Widen the window: one curve rises too early.", (1,)),
        Text("01", "9a27d42f", 2, "Torch counts taps from the oldest: the last tap is now."),
        Picture(
            "01",
            "ca5436b8",
            4,
            "Move the impulse, then take one tap alone. The picture settles which tap is now.",
            (2,),
        ),
        Code(
            "01", "2fcde962", 2, "The spec, in loops. Point at the condition: samples before the start count as zero."
        ),
        Vote("01", "6a157e98", 2, "Most take the delay. The mean of the sequence knows the end."),
        Picture(
            "01", "ee74da0a", 3, "Gradients show who reads what: a causal layer has none above the diagonal.", (2,)
        ),
        Picture("02", "20bc1c20", 3, "Pull the taps apart. Four dots remain four dots.", (1,)),
        Vote("02", "50680183", 2, "16 taps in four branches; lag 0 is read by all four."),
        Picture("02", "14a4caae", 4, "Side by side here, stacked in WaveNet.", (2,), code="cef4c6e3"),
        Vote("02", "6d2de5b2", 2, "Lag 7 is a hole. The first choice is tempting."),
        Picture(
            "02",
            "a55f66b3",
            4,
            "Move the step to 100 slowly. A share says how loud a branch may be, not what it says.",
            (2,),
        ),
        Picture("02", "4d7d2352", 3, "Ten sharp lines, and a faint floor that never ends: convolution and scan.", (3,)),
        Text("06", "2a125f35", 2, "The state as a bucket with a hole."),
        Picture("06", "bc90c5d7", 4, "Only the product n·Δ counts.", (2,), code="a7c5ca05"),
        Picture("06", "92e39519", 5, "All half-lives of a block on one map. The drops are its channels.", (3,)),
        Vote("06", "6048fc60", 2, "softplus(0) = ln 2: a step keeps 2^(−n)."),
        Picture("06", "6ada79a0", 4, "Four mistakes; the first is from real code. None of them raises an error.", (1,)),
        Text("08", "6c22b9b3", 1, "The memory behind the convolutions, in code. Ask for the order before you show it."),
        Text("08", "7e7c75a7", 1, "Equation 2 of the paper, from the left: fade, add, read.", (1, 2)),
        Code("08", "c00a82b5", 2, "The same in code: three lines in the loop."),
        Picture("08", "506fef2f", 4, "One token at a time, with numbers to do in the head.", (2,)),
        Text(
            "08",
            "aeae993a",
            1,
            "Three data tokens in much noise. The share: how much of the state is the last one.",
            (0, 1, 2, 3, 4),
        ),
        Vote("08", "e4ca08a0", 2, "None: what lets the data in lets the noise in."),
        Picture("08", "7d5990ac", 5, "Left fixed, right selective. Move t slowly from 6 to 23.", (1,)),
        Vote("11", "2f3a87a5", 2, "Do not let them compute: more like 1000, 4000 or 12 000?"),
        Picture(
            "11", "7ff0a65e", 3, "Move t slowly. A spike enters the history, leaves it, and stays in the state.", (1,)
        ),
        Picture("11", "cb889d5a", 3, "Fixed against growing. Move to a million tokens.", (1,)),
        Text("11", "58104fde", 1, "One channel with a constant input. It should be at 0.777 after 1500 steps."),
        Vote("11", "711d9128", 2, "A small addition to a large number is rounded away."),
        Picture("11", "a177df58", 4, "The state stands still long before its limit. Keep it in float32.", (1,)),
    ),
)

DECKS = {"45": FORTY_FIVE, "90": NINETY}
