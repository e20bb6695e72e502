"""Mistakes that can be made in any exercise, each with a name and a hint where to look.

A known wrong answer of the exercise goes before them. What they say is computed from what came, or stands in the words
of an error: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .errors import called_last, own_line, raised_by_reader, words_of
from .exercise import Mistake


class Said(NamedTuple):
    """What was found out about a mistake: its general name and a sentence; either may be empty."""

    name: str
    words: str = ""


def named(found: Sequence[Said]) -> Mistake | None:
    """The most telling name of those that were found, with its hint; None if nothing was found."""
    name = most_telling(found)
    return Mistake(name, HINTS[name]) if name else None


def most_telling(found: Iterable[Said]) -> str:
    """The most telling of the names that were found, an empty one if there is none."""
    return min((said.name for said in found if said.name), key=ORDER.index, default="")


def named_error(error: BaseException) -> Mistake | None:
    """What an error says went wrong; None if it may be many things, or if no line of the reader's raised it.

    In a backward pass no line of the reader's is at work: its error is told by its words.
    """
    words = words_of(error)
    if called_last(error) in OF_TARGETS:  # torch 2.11 does not say that it is the target
        words = words.replace("expected scalar type Long", "expected target dtype to be Long")
    if own_line(error) is None and IN_THE_BACKWARD_PASS not in words:
        return None
    for name, (kinds, pattern, hint) in ERRORS.items():
        if isinstance(error, kinds) and re.search(pattern, words):
            return Mistake(name, hint) if name not in OF_ONES_OWN_LINE or raised_by_reader(error) else None
    return None


HINTS: dict[str, str] = {  # the most telling first
    # The result is right but for its form.
    "nothing returned": "What is computed is not handed out by itself: it stands behind `return`, on every way through "
    "the function. `print` gives None.",
    "a caught error": "Let the error come: it says what is wrong.",
    "an input changed in place": "The result is right, but whoever called you finds other values in the input.",
    "a setting of PyTorch left changed": "The result is right, but all code that runs after it meets the setting. "
    "`with torch.no_grad():`, `dtype=` and `device=` hold only for the lines that need them.",
    "a list in place of a tensor": "The numbers are right. `torch.stack` makes one tensor of many, `torch.tensor` one "
    "of numbers.",
    "a tuple in place of a tensor": "The numbers are right. `torch.stack` makes one tensor of many, `torch.tensor` one "
    "of numbers.",
    "a NumPy array in place of a tensor": "The numbers are right. `torch.from_numpy` makes a tensor of an array; where "
    "gradients are asked for, stay with torch's functions.",
    "a number in place of a tensor": "The number is right. Keep it a tensor: torch's function, not Python's.",
    "a tensor in place of a number": "What is in it is right.",  # the difference says how it is taken out
    "a NumPy array in place of a number": "What is in it is right. `.item()` takes it out of the array.",
    "a tensor in place of True or False": "What is in it is right.",  # the difference says how it is taken out
    "a NumPy array in place of True or False": "What is in it is right. `.item()` takes it out of the array.",
    "a tensor in place of a tuple": "The numbers are right. Return the parts beside each other, with a comma.",
    "a tensor in place of a list": "What is in it is right. `.tolist()` makes a list of a tensor.",
    "a NumPy array in place of a list": "What is in it is right. `.tolist()` makes a list of an array.",
    "a set in place of a list": "What is in it is right, but a set has no order. `sorted` makes a list of it.",
    "real numbers in place of whole ones": "The numbers are right. Where did they become floats? A division does it, "
    "and so does `torch.zeros` or `torch.ones` without a dtype.",
    "whole numbers in place of real ones": "The numbers are right. Which of your tensors was made of whole numbers?",
    "numbers in place of True and False": "The answers are right. A comparison gives True and False.",
    "complex numbers in place of real ones": "The numbers are right, their imaginary parts are 0: take `.real`.",
    "another precision": "The values are right. Make new tensors in the dtype of the input, or convert at the end.",
    "one result alone": "What came is right. The stub says what must come beside it.",
    "a result packed into a list or tuple": "What is in it is right. Square brackets make a list of it, a comma behind "
    "it a tuple: return it alone.",
    "a part too many": "What was asked for came, and something else with it. The stub says what must come.",
    "exchanged parts": "All parts are right. The stub says which of them comes first.",
    "a gradient cut off": "Which line leaves torch, or makes a tensor that knows nothing of the input?",
    "a gradient that is not a number": "Which intermediate value is infinite, or divided by 0? On the way back it is a "
    "factor, also where `torch.where` did not choose it.",
    # The call before has a part in it: what else is found out about the values need not be true.
    "another result at the next call": "What is left from the call before? A list or a state that is made outside of "
    "the function, or stands behind a parameter's `=`, is made once for all calls.",
    # Every value tells the same.
    "always the same answer": "Which line decides, and can it ever come to another answer?",
    "the opposite answer": "Which comparison decides, and which way round does it stand?",
    "single precision": "Make new tensors in the dtype of the input.",
    "rounded numbers": "Where are they rounded, or made whole? `round`, `int`, `//` and whole numbers' dtypes do it.",
    "nothing but zeros": "Where does the value become 0, or is never put into the result?",
    "the opposite sign": "Which minus is missing, or one too many?",
    "an input given back": "Where does what you computed go?",
    "a missing term": "Where in your code should it come in?",
    "a term too many": "Where in your code does it come in once too often?",
    "a missing factor": "Where in your code should it come in, or do you divide by it once too often?",
    "a factor too many": "Where in your code does it come in, and should it? Or should you divide by it once more?",
    "a size as a factor": "Does a size come in once too often, or not at all? A sum for a mean looks so, too.",
    "a size added to all values": "What is added to the whole result, or should be?",
    "one step too late": "From which index do you read, and into which do you write?",
    "one step too early": "From which index do you read, and into which do you write?",
    "one place off": "Into which index do you write, and which one belongs there?",
    "the reversed order": "In which order are the values made, and in which are they put together?",
    "exchanged axes": "In which order does the stub list the axes of the result?",
    "added up over an axis": "Which axes should remain?",
    "averaged over an axis": "Which axes should remain?",
    "too much at an end": "Where should the result be cut, and at which end?",
    "too little at an end": "Where does your loop or your slice begin, and where does it end?",
    "numbers that come several times": "Where does a number get into the result that stands there already?",
    "another shape": "The numbers are right. Compare the two shapes: which axis is missing, too many or elsewhere?",
    # The form is wrong, and the values are, too.
    "a result that is not a number": "Where does an infinity, a root or logarithm of less than 0, 0 / 0, or memory "
    "that `torch.empty` does not fill come in?",
    "an infinity in the result": "Where does it come in? A division by 0 makes one, and so do the logarithm of 0, the "
    "exponential of a large number, and a mask of infinities.",
    "a result of the wrong type": "Compare it with what the stub says.",
    "a result with the wrong number of parts": "Compare it with what the stub says.",
    "a list of the wrong length": "What is missing in it, or too much?",
    "a result with the wrong keys": "Compare them with what the stub says.",
    # What the result depends on, and where it is right.
    "an input without effect": "Where should it come in?",
    "a factor for all values": "What multiplies or divides the whole result, or should?",
    "a number added to all values": "What is added to the whole result, or should be?",
    "a function of the right values": "Which function is applied once too often, or not at all?",
    "another order": "In which order do they get into the result?",
    "only the first one right": "What do the others need that the first one does not?",
    "only the first one wrong": "What is different about the first one?",
    "only the last one right": "What do the others need that the last one does not?",
    "only the last one wrong": "What is different about the last one?",
    "right at first, then wrong": "What happens at the first wrong place that has not happened before it?",
    "wrong at first, then right": "What do the first ones lack that the later ones have?",
    "a number added to each row or column": "Which number does all of it share, and where does it come from?",
    "places left at zero": "Which places are they, and what is never put there?",
    "a factor for each row or column": "Which factor does all of it share, and where does it come from?",
    "a result of the wrong shape": "Compare the two shapes axis by axis: where does yours come from?",
    "one part wrong": "What goes into this one alone?",
    "right in some cases only": "What do the cases that come out right have in common?",
    "nearly right": "What is left out because it is small, rounded on the way, or stopped before its end? Or does a "
    "formula stand for another one that it is only near to?",
    # None of the above, and no mistake of the exercise alone.
    "two mistakes at once": "Mend one of them, and check again: what is left may have a hint of its own.",
}
ORDER = list(HINTS)

IN_THE_BACKWARD_PASS = "modified by an inplace operation"
ERRORS: dict[str, tuple[type | tuple[type, ...], str, str]] = {  # name: kinds of errors, their words, a hint
    "a recursion that goes too deep": (
        RecursionError,
        "",
        "In which case does the function no longer call itself, and after how many calls does it come to that? Python "
        "bears about 1000, each inside the one before.",
    ),
    "a name that is not defined": (NameError, "", "Is it spelt as in the line that makes it, and has that line run?"),
    "a division by zero": (ZeroDivisionError, "", "For which inputs does the divisor become 0?"),
    "a number without a logarithm or root": (
        ValueError,
        "math domain error|expected a (positive|nonnegative) input",
        "A logarithm is there for numbers above 0 only, a root for none below 0. Print what goes in: what is its sign?",
    ),
    "a number that no float holds": (
        OverflowError,
        "math range error|out of range|too large(?! to convert to C)",
        "The largest float has 309 digits, and exponentials and powers soon have more. Print what goes into yours.",
    ),
    "a key that is not there": (KeyError, "", "Which keys are there? `print(d.keys())` shows them."),
    "the mark of what is not written yet": (
        NotImplementedError,
        "^$",
        "The line `raise NotImplementedError` stands where something is still to be written. Is it, or has the stub's "
        "own line stayed?",
    ),
    "a claim that does not hold": (AssertionError, "", "What does the line claim, and what is there instead?"),
    "an axis that is not there": (
        IndexError,
        "[Dd]imension out of range|too many indices|Dimension specified as",
        "Print the shape: how many axes has the tensor, and which number has the one you mean?",
    ),
    "a tensor without any axis": (
        (IndexError, TypeError, RuntimeError),
        r"0-d(im)? tensor|zero-dimensional tensor",
        "A tensor of shape () is a single number: it has no parts to go through, to count or to pick from, and no axis "
        "along which to join it. What works on tensors of every shape?",
    ),
    "a diagonal of one number": (
        RuntimeError,
        r"diag\(\): Supports 1D or 2D tensors. Got 0D",
        "A diagonal is made of a row of numbers. How many stand on yours? `expand` gives one number as often.",
    ),
    "an index that is not there": (
        (IndexError, RuntimeError),
        "out of (bounds|range)",
        "Which indices are there, counted from 0, and where does yours leave them?",
    ),
    "a tensor in a condition": (
        RuntimeError,
        "Boolean value of Tensor",
        "A condition wants one yes or no. `torch.where` decides value by value, `.all()` and `.any()` over all.",
    ),
    "a tensor where one number is wanted": (
        (RuntimeError, ValueError, TypeError),
        "only one element tensors|cannot be converted to Scalar|only (integer|length-1|0-dimensional)|"
        "only integer tensors of a single element",
        "One number is what `float`, `.item()`, the functions of `math` and each place of `torch.tensor` take. "
        "`torch.stack` makes one tensor of many; torch's other functions take a whole one.",
    ),
    "a tensor with a gradient, given to NumPy": (
        RuntimeError,
        r"[Cc]an't call numpy\(\) on Tensor that requires grad",
        "Stay with torch's functions: NumPy knows no gradients.",
    ),
    "a change in place that gradients forbid": (
        RuntimeError,
        f"leaf Variable that requires grad|{IN_THE_BACKWARD_PASS}|is a view and is being modified inplace",
        "The backward pass needs the old values. Make a new tensor in the place of the change.",
    ),
    "a tensor that is read while it is written": (
        RuntimeError,
        "refer to a single memory location",
        "What you read in this line lies in the tensor that it changes. Make the new values first, or read a clone.",
    ),
    "rows that are one in memory": (
        RuntimeError,
        "refers to a single memory location",
        "What `expand` gives is one row, shown many times. `repeat` or `clone` gives each row a place of its own.",
    ),
    "a result without a gradient": (
        RuntimeError,
        "does not require grad",
        "Which input was asked for a gradient, by `requires_grad`? And where does the way from it to the result leave "
        "torch: detach, no_grad, item, NumPy, a new tensor?",
    ),
    "a gradient by an unused tensor": (
        RuntimeError,
        "appears to not have been used in the graph",
        "Was the result made of the very tensor that you differentiate by? A piece or a copy of it is another one. "
        "`allow_unused=True` gives None for a tensor that does not count.",
    ),
    "a way back that is gone": (
        RuntimeError,
        "through the graph a second time",
        "PyTorch forgets the way back once it has gone it. Compute the result anew, or go back once for all you need.",
    ),
    "an index that is not a whole number": (
        (IndexError, RuntimeError, TypeError),
        r"used as indices must|for index|dtype of indices|'indices' to have|index tensor( of type|\.)|"
        r"are valid indices(?! \(got (?!float))|indices must be integers or slices, not float|"
        "expected target dtype to be Long",
        "An index counts places, from 0 on. Does this tensor hold places, or values? `.long()` makes whole numbers, "
        "`.bool()` a mask of ones and zeros.",
    ),
    "an index of another type": (
        IndexError,
        "are valid indices",
        "Places are picked by a whole number, a slice, or a list or a tensor of whole numbers. What `reversed`, `zip` "
        "and `map` give is none of these; `list` makes a list of it.",
    ),
    "a mean that needs floats": (
        RuntimeError,
        "could not infer output dtype|std and var only support",
        "Mean and spread are taken of floats only: `.float()` makes them, of whole numbers and of yes and no.",
    ),
    "a minus with yes and no": (
        RuntimeError,
        "bool tensors? is not supported",
        "To turn yes and no round there is `~`; to calculate with them, `.float()` makes 1 and 0 of them.",
    ),
    "numbers where yes and no are wanted": (
        (RuntimeError, TypeError),
        r"condition to be a boolean|boolean masks|BoolTensor for mask|operator\.invert|'invert' not supported|bitwise_",
        "A mask for `torch.where` or `masked_fill`, and what stands at `~`, `&`, `|` or `^`, is made of True and "
        "False: a comparison in brackets gives them, and `.bool()` makes them of ones and zeros. A power is `**`.",
    ),
    "dtypes that do not fit": (
        RuntimeError,
        "same dtype|dtype to be equal|expected scalar type|[Ff]ound dtype|can't be cast|not implemented for '|"
        r"must be .*\b(int|long|bool)|type \(.*should be the same|(Float|Double|Half|Long|Int) did not match",
        "Print both dtypes. `.to(x.dtype)` brings one to that of x.",
    ),
    "a kernel longer than its input": (
        RuntimeError,
        "Kernel size can't be greater than actual input size",
        "How long is what the kernel slides over? W taps with dilation d need (W − 1)·d + 1 samples for one output.",
    ),
    "a stream at another offset": (
        ValueError,
        "seqlen_offset is",
        "A stream's offset is the number of tokens that it has read; the error tells both. Which line moves it, when, "
        "and by how much?",
    ),
    "a step backwards": (
        ValueError,
        "step must be greater than zero",
        "Lists can be read backwards with a negative step, tensors cannot: `flip` turns one around.",
    ),
    "a gradient of whole numbers": (
        RuntimeError,
        "can require gradients",
        "Whole numbers have no slope. Make the tensor of floats: `.float()`, or numbers with a point.",
    ),
    "a collection that changes while a loop goes through it": (
        RuntimeError,
        "changed size during iteration",
        "Put what is new into another one, and let the loop go through the one that stays.",
    ),
    "a list that stayed empty": (
        (RuntimeError, ValueError),
        "non-empty (TensorList|list)|at least one array to|empty sequence|argument is empty",
        "Which line should put something into it, and does that line run?",
    ),
    "the largest of no numbers": (
        (IndexError, RuntimeError, ValueError),
        r"reduction dim .*(numel\(\) == 0|non-zero size)|no identity|operation does not have an identity",
        "Of no numbers none is the largest or the smallest. Which slice or mask leaves none, and in which turn of the "
        "loop? `.any()` and `.sum()` have an answer for none, too.",
    ),
    "rows of different lengths": (
        ValueError,
        "expected sequence of length|inhomogeneous shape",
        "A tensor is a rectangle: all rows of a list must be equally long to become one. Print `[len(row) for row in "
        "rows]`: which are shorter or longer, and why?",
    ),
    "more or fewer values than names": (
        ValueError,
        "not enough values|too many values",
        "Count the names before the `=`, and the values behind it: a tensor gives as many as its first axis is long.",
    ),
    "another number of groups than tensors": (
        (RuntimeError, ValueError),
        "operands were provided|must specify the equation string|takes at minimum two arguments",
        "The pattern has a group of letters for each tensor, a comma between the groups. Count the groups before the "
        "arrow, and the tensors that the call hands over.",
    ),
    "a pattern that cannot be read": (
        RuntimeError,
        "invalid subscript given|does not appear in the equation|more than once in the output|"
        "not part of any ellipsis|Invalid axis|Unknown axis|Identifiers only on one side",
        "The pattern has a group of letters for each input, a comma between the groups, then the arrow `->`. Each "
        "letter after the arrow stands before it too, and in the result once. The einsum of einops wants spaces "
        "between the letters.",
    ),
    "more or fewer letters than axes": (
        (RuntimeError, ValueError),
        "number of subscripts|too many subscripts|more dimensions than subscripts",
        "In the pattern each axis of a tensor has a letter in its group. Operand 0 is the first tensor, operand 1 the "
        "second. Print the shape, and count the letters.",
    ),
    "a size below zero": (
        (RuntimeError, ValueError),
        "negative dimension|(size|length)[^.]* non-negative",
        "A size that you work out, by a difference mostly, is below 0 here. For which inputs is what you take away the "
        "larger one?",
    ),
    "a view that memory does not bear": (
        RuntimeError,
        "view size is not compatible",
        "A view keeps to the order in which the numbers lie in memory. Does an exchange of axes, a slice or `expand` "
        "come before it? A `reshape` copies them where it must.",
    ),
    "shapes that do not fit": (
        (RuntimeError, ValueError, IndexError),
        "[Ss]izes? of tensor|size mismatch|mat1 and mat2|must match|[Ss]hape|dimension|broadcast|expand|"
        "expected input|expected weight|equal size|subscript|same size|match target|number of elements|at least .D|"
        "must be a (.D tensor|matrix)|.-D argument|.D tensors expected|vector expected|[Ee]xpected target size",
        "Print the shapes of all that meets in this line, and compare them axis by axis.",
    ),
    "values and indices in one": (
        (AttributeError, TypeError),
        r"return_types\.",
        "Along an axis, `sort`, `topk` and `max` give both. Take the one that you need: `.values` or `.indices`.",
    ),
    "a name that is not there behind a dot": (
        AttributeError,
        "",
        "Is the name behind the dot spelt rightly? And what stands before the dot: a tensor, a number, a list, None?",
    ),
    "a call with other parameters": (
        TypeError,
        r"\(\) (takes|missing|got (an unexpected|multiple|some positional))",
        "Compare the call with the line that defines it: how many parameters are there, and what are their names?",
    ),
    "one number where several are wanted": (
        TypeError,
        r"must be tuple of \w+, not (int|float)",
        "This function takes several axes or sizes at once. It wants a list or a tuple of them, even of one.",
    ),
    "types that do not fit": (
        TypeError,
        "",
        "Print the types of all that meets in this line: a tensor, a number, text?",
    ),
}

OF_TARGETS = {"cross_entropy", "nll_loss"}
OF_ONES_OWN_LINE = {  # not of what the line calls
    "the mark of what is not written yet",
    "a tensor in a condition",
    "a tensor where one number is wanted",
}

NAMES = frozenset({*HINTS, *ERRORS})
