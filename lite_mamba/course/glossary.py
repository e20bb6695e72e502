"""The words of the course, each explained once: the one source of the page `notebooks/glossary.ipynb`.

`python tools/write_glossary.py` writes the page; a test holds it to this list.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word: its symbol and its name in code where it has them, its meaning, and the chapter that introduces it."""

    word: str
    meaning: str
    chapter: str
    symbol: str = ""
    code: str = ""
    shape: str = ""
    everyday: bool = False  # used in its everyday sense, too, so that not every use is linked
    another_in: str = ""  # a chapter in which the word means another thing and is not linked

    def pattern(self) -> re.Pattern | None:
        """Finds the word in a text, singular or plural, or its name in code; None if it can't be told from others."""
        word = re.sub(r"\s*\(.*\)", "", self.word)
        if len(word) == 1 or self.everyday:
            return None
        plural = rf"{re.escape(word[:-1])}ies" if word.endswith("y") else rf"{re.escape(word)}(?:e?s)?"
        named = [rf"`{re.escape(name.strip())}`" for name in self.code.split(",") if len(name.strip()) > 1]
        flags = 0 if any(letter.isupper() for letter in word) else re.IGNORECASE
        return re.compile("|".join([rf"(?<![\w`-])(?:{re.escape(word)}|{plural})(?![\w-])", *named]), flags)


TERMS = [
    Term(
        "A (state matrix)",
        "how fast each number of the state fades; always negative, and kept as the logarithm of −A",
        "06",
        symbol="$A$",
        code="A_log",
        shape="(D, N)",
    ),
    Term(
        "autocast", "PyTorch's switch that computes parts of a model in half precision; the scan stays in float32", "08"
    ),
    Term(
        "B (input map)",
        "how strongly the input is written into each number of the state",
        "07",
        symbol="$B$",
        code="B",
        shape="(B, N, L)",
    ),
    Term("batch", "several sequences that are processed together and never mix", "00", symbol="$B$", code="batch"),
    Term(
        "bilinear",
        "a discretisation by the mean of the slopes at both ends: stable for every step size; also called Tustin's",
        "04",
    ),
    Term("block", "one Mamba layer: projections, convolution, selective scan, gate", "10", code="Mamba"),
    Term("branch", "one of several convolutions that read the same input side by side", "02", code="conv1d_layers"),
    Term(
        "C (output map)",
        "how strongly each number of the state is read into the output",
        "07",
        symbol="$C$",
        code="C",
        shape="(B, N, L)",
    ),
    Term("causal", "an output depends on the present and the past, never on the future", "01"),
    Term(
        "channel",
        "one row of numbers along the sequence; a token has one number in each channel",
        "01",
        symbol="$D$",
        code="d_inner",
    ),
    Term("chunk", "one of the pieces into which a sequence is cut", "03"),
    Term("comb filter", "a filter whose part that passes repeats at even distances of speed", "02"),
    Term(
        "cross-correlation",
        "sliding a kernel over a signal without turning it around; what PyTorch calls convolution",
        "01",
    ),
    Term(
        "D (skip)",
        "what goes from the input of the scan past its state to the output",
        "08",
        symbol="$D$",
        code="D",
        shape="(D,)",
    ),
    Term(
        "decay",
        "the factor by which a number of the state shrinks in one step",
        "08",
        symbol="$e^{\\Delta A}$",
        another_in="06",  # there, of weights
    ),
    Term("depthwise", "each channel has a kernel of its own, and channels do not mix", "01"),
    Term(
        "dilation",
        "the distance from one tap of a kernel to the next, in samples",
        "02",
        symbol="$d$",
        code="conv_dilations",
    ),
    Term("discretisation", "turning a rule for continuous time into a rule for steps", "04"),
    Term(
        "dt_rank",
        "the width of the bottleneck through which the token's features reach the step size",
        "06",
        symbol="$R$",
        code="dt_rank",
    ),
    Term("eigenvalue", "the factor by which a matrix stretches a vector whose direction it keeps", "04"),
    Term("einsum", "a product of tensors in which each axis has a letter", "00", code="torch.einsum"),
    Term("Euler", "the simplest discretisation: go on along the present slope for one step", "04"),
    Term(
        "FFT",
        "a fast way to split a signal into waves; multiply those of two signals, and they are convolved in a circle",
        "05",
        code="torch.fft",
    ),
    Term(
        "gate",
        "a number that lets something pass, fully, partly or not at all",
        "02",
        symbol="$g$, $z$",
        code="conv_gates, z",
    ),
    Term(
        "front end",
        "what a block does to its input before the scan: convolutions side by side, added with their shares",
        "02",
        everyday=True,
    ),
    Term(
        "half-life",
        "the time after which half of a state is gone; in steps: $\\ln 2 / (\\Delta \\lvert A \\rvert)$",
        "06",
    ),
    Term(
        "HiPPO",
        "a theory of which N numbers describe a whole past best; A starts as the diagonal of its answer LegS",
        "06",
    ),
    Term("history", "the past inputs that a convolution still needs", "03", code="conv_state", shape="(B, D, max lag)"),
    Term("hole", "a lag within the receptive field that no tap reads", "02", everyday=True),
    Term("hold", "to keep a state as it is, because the step size is near zero", "07", everyday=True),
    Term("impulse response", "what comes out when a single 1 goes in", "01"),
    Term(
        "kernel",
        "the numbers that a convolution slides over its input; on a GPU: a program that it runs in one go",
        "01",
        symbol="$w$",
        code="weight",
        shape="(D, W)",
    ),
    Term("lag", "how many samples back an output looks", "02"),
    Term("linear", "twice the input gives twice the output, and sums pass through", "05", everyday=True),
    Term("padding", "samples that are put before or after a sequence to fill it up", "01"),
    Term("perplexity", "among how many equally likely tokens a model seems to choose; lower is better", "06"),
    Term(
        "pole", "the number that says how a system's memory fades or swings; in discrete time, the decay factor", "04"
    ),
    Term("prefill", "reading a known beginning in whole chunks, before going on token by token", "11"),
    Term("property test", "a test that says a law and draws random cases on which it must hold", "03"),
    Term("rate", "how fast a state fades: −A; in a new block the n of the state", "06", everyday=True),
    Term(
        "receptive field",
        "how many samples there are from the oldest that an output reads to the present one, both included",
        "02",
        code="receptive_field",
    ),
    Term("recurrence", "a rule that makes the next state from the last one", "04"),
    Term("reset", "to forget the past, because the step size is large or a new segment begins", "07", everyday=True),
    Term(
        "ring",
        "a history in which nothing moves: each sample is written over the oldest one, whose slot is remembered",
        "03",
        everyday=True,
    ),
    Term("S4", "the state-space model before Mamba: the same parameters for every token", "06"),
    Term("S4D", "S4 with a diagonal A; S4D-real has the rates 1, 2, …, N", "06"),
    Term("segment", "a part of a sequence that must not see the part before it", "11", code="seq_idx", shape="(B, L)"),
    Term("selection", "letting the token decide what is written, kept and read", "07"),
    Term("share", "how much of a branch goes into the sum: its part of the softmax of the gates", "02", everyday=True),
    Term(
        "shift buffer",
        "a history in the order of time: each sample moves all others one place on, and the oldest falls out",
        "03",
    ),
    Term("SiLU", "$x\\,\\sigma(x)$: a smooth switch that lets positive numbers pass", "02", code="F.silu"),
    Term(
        "softmax",
        "$e^{x_i} / \\sum_j e^{x_j}$: makes positive numbers with the sum 1 of any numbers",
        "02",
        code="torch.softmax",
        everyday=True,
    ),
    Term("softplus", "$\\ln(1 + e^x)$: makes any number positive", "06", code="F.softplus"),
    Term("stable", "the state stays bounded for every bounded input; of a formula: it keeps its digits", "04"),
    Term(
        "state",
        "the numbers that a system carries from one step to the next; one of them is called so too",
        "04",
        symbol="$h$",
        code="ssm_state",
        shape="(B, D, N)",
    ),
    Term("step response", "what comes out when the input is switched on and stays on", "04"),
    Term(
        "step size",
        "how much time a token stands for; the gate between keeping and writing",
        "04",
        symbol="$\\Delta$",
        code="delta",
        shape="(B, D, L)",
    ),
    Term("streaming", "processing a sequence one sample at a time, with a state of fixed size", "03", code="step"),
    Term("tap", "one number of a kernel", "01", symbol="$w_k$", another_in="04"),  # there, water runs from it
    Term("time-invariant", "shifting the input in time only shifts the output", "05"),
    Term("token", "one item of a sequence: a letter, a sample, a word", "00", symbol="$t$"),
    Term("weight decay", "a pull of a parameter towards 0 at each step of training, whatever its gradient", "06"),
    Term(
        "window",
        "the neighbouring samples from which one output is made; of a streamed convolution, its history and the "
        "sample; of a long text, what one call reads",
        "01",
        everyday=True,
    ),
    Term("zero-order hold", "the discretisation that is exact when the input stands still within each step", "04"),
    Term("associative", "brackets may be moved: (a ∘ b) ∘ c equals a ∘ (b ∘ c)", "09"),
    Term("carry", "handing the state at the end of a chunk on to the next chunk", "09", everyday=True),
    Term("depth", "how many operations must wait for one another", "09", everyday=True),
    Term("KV cache", "what a Transformer keeps of every token that it has read", "11"),
    Term("scan", "all the results along the way when a sequence is joined from left to right", "09"),
    Term("work", "how many operations there are in all", "09", everyday=True),
    Term(
        "rank",
        "how many independent directions a matrix has; a product of two narrow matrices has a low one",
        "10",
        everyday=True,
    ),
    Term("ablation", "taking a part away and measuring again, to see what is lost without it", "10", everyday=True),
    Term("attention", "each token weighs those before it, and itself, by how well they match", "12", everyday=True),
    Term("copying", "a task: say symbols again in their order, after noise; fixed, or selective", "12", everyday=True),
    Term("cue", "a token that says: remember what comes next; and at the end: say it", "12", everyday=True),
    Term("induction heads", "a task: say the symbol that followed the cue when it came first", "12"),
    Term("recall", "a token that asks for a symbol", "12", everyday=True),
    Term(
        "rotary positions",
        "attention that turns queries and keys by an angle which grows with the place; RoPE for short",
        "12",
    ),
    Term(
        "seed",
        "the number from which random weights and rows are drawn; another seed is another run",
        "12",
        everyday=True,
    ),
    Term("back off", "to judge a rare context by a shorter one", "13", everyday=True),
    Term("bits per byte", "the mean of $-\\log_2 p$ of the bytes that came: what a model's guesses cost", "13"),
    Term("held out", "kept from training, so that a test measures more than a recitation", "13", everyday=True),
    Term("logit", "a number for each token that may come; softmax makes probabilities of them", "13", everyday=True),
    Term("n-gram", "a short piece of text, counted; a model that guesses from such counts", "13", everyday=True),
    Term("prompt", "the beginning that a model is asked to continue", "11", everyday=True),
    Term(
        "temperature",
        "what the logits are divided by before a draw: low is dull, high is wild",
        "13",
        symbol="$\\tau$",
        code="temperature",
        everyday=True,
    ),
    Term("balanced accuracy", "the mean of the shares of right answers in each group, however large it is", "14"),
    Term("hidden attention", "the scan of a channel as a matrix: what each token weighs in each output", "14"),
    Term("probe", "a weighted sum of a model's numbers and a cut: it parts yes from no", "14", everyday=True),
    Term("all-gather", "an exchange after which every process has what each one of them brought", "15"),
    Term("halo", "the inputs in front of a part that its convolutions look back to", "15"),
    Term(
        "rank (of a process)",
        "its number among the processes that work together: 0, 1, 2, …",
        "15",
        code="dist.get_rank()",
        everyday=True,
    ),
    Term(
        "sequence parallel",
        "several processes hold one sequence, each a part of its tokens",
        "15",
        code="sequence_parallel",
    ),
]


def table(existing: dict[str, str]) -> str:
    """The glossary as markdown, a heading and a table for each letter.

    Args:
        existing: file name of each chapter's notebook by chapter number; other chapters are named without a link.
    """
    lines, head = [], "| Word | Symbol | Name in code | Shape | Meaning | Chapter |\n|---|---|---|---|---|---|"
    for term in sorted(TERMS, key=lambda term: term.word.lower()):
        letter = term.word[0].upper()
        if f"## {letter}" not in lines:
            lines += ["", f"## {letter}", "", head]
        names = ", ".join(f"`{name.strip()}`" for name in term.code.split(",") if name)
        link = f"[{term.chapter}]({existing[term.chapter]})" if term.chapter in existing else term.chapter
        lines.append(f"| **{term.word}** | {term.symbol} | {names} | {term.shape} | {term.meaning} | {link} |")
    return "\n".join(lines[1:])


HIDDEN = re.compile(
    r"^(```|~~~).*?^\1|^## References.*?(?=^## |\Z)"
    r"|\$\$.*?\$\$|\$[^$\n]+\$|^#.*?$|<summary>.*?</summary>|\[[^\]]*\]\((?!glossary)[^)]*\)|<[^>]+>"
    r"|(?P<code>`[^`\n]*`)",
    re.DOTALL | re.MULTILINE,
)
NAME = re.compile(r"`\w+`")
LINK = re.compile(r"\[[^\]]*\]\(glossary\.ipynb[^)]*\)")


def address(term: Term) -> str:
    """Where the word stands on the glossary's page: a link target."""
    return f"glossary.ipynb#{term.word[0].upper()}"


def _blanked(hidden: re.Match) -> str:
    return hidden[0] if hidden["code"] and NAME.fullmatch(hidden[0]) else " " * len(hidden[0])


def unlinked(texts: list[str], chapter: str) -> list[tuple[int, re.Match, Term]]:
    """The first use of each word in a chapter's texts that is no link to the glossary: (text, match, term).

    Headings, references, formulas, code of more than one name, summaries of folds and other links are no use. The words
    that the chapter itself explains need no link, nor does one that means another thing in it.
    """
    plain = [HIDDEN.sub(_blanked, text) for text in texts]
    links = [[match.span() for match in LINK.finditer(text)] for text in plain]
    found = []
    for term in TERMS:
        pattern = term.pattern()
        if pattern is None or chapter in (term.chapter, term.another_in):
            continue
        uses = ((i, match) for i, text in enumerate(plain) for match in pattern.finditer(text))
        first = next(uses, None)
        if first and not any(start <= first[1].start() < end for start, end in links[first[0]]):
            found.append((*first, term))
    return found
