"""Fixed Python texts that the models never read, so that what is measured on them holds on every machine."""

import torch
from torch import Tensor

LENGTH = 56  # bytes of a snippet

SNIPPETS = {
    "a function": 'def area(width, height):\n    """Return the area of a rec',
    "a loop": "for name in sorted(names):\n    if name in seen:\n        ",
    "an error": "if size < 0:\n    raise ValueError('size must not be nega",
    "no Python": "The quick brown fox jumps over the lazy dog, and again. ",
}

PROMPTS = {
    "a method": '    def push(self, item):\n        """Put an item on the stack."""\n        self.',
    "a function": 'def read_file(path):\n    """Read',
    "a copyright": "# Copyright",
}

CODE = '''"""Count words in files, and show the most common ones."""

import argparse
import sys


class Counter:
    """How often each word occurs."""

    def __init__(self, lower=True):
        self.lower = lower
        self.counts = {}

    def add(self, word):
        """Count a word once more."""
        if self.lower:
            word = word.lower()
        self.counts[word] = self.counts.get(word, 0) + 1

    def most_common(self, number):
        """Return the most common words, the most frequent one first."""
        pairs = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return pairs[:number]


def words_of(text):
    """Split a text into words."""
    word = ""
    for letter in text:
        if letter.isalpha():
            word += letter
        elif word:
            yield word
            word = ""
    if word:
        yield word


def count_file(path, counter):
    """Count the words of one file, and return how many there were."""
    number = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            for word in words_of(line):
                counter.add(word)
                number += 1
    return number


def main(arguments=None):
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", help="files to read")
    parser.add_argument("-n", "--number", type=int, default=10, help="how many words to show")
    parser.add_argument("--case", action="store_true", help="tell upper case from lower case")
    options = parser.parse_args(arguments)
    if options.number < 1:
        parser.error("the number must be at least 1")
    counter = Counter(lower=not options.case)
    total = 0
    for path in options.paths:
        try:
            total += count_file(path, counter)
        except OSError as error:
            print(f"cannot read {path}: {error}", file=sys.stderr)
            return 1
    for word, times in counter.most_common(options.number):
        print(f"{times:6} {word}")
    print(f"{total:6} words in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
'''


def encoded(text: str) -> Tensor:
    """The bytes of a text, (L,) ids."""
    return torch.tensor(list(text.encode()))


def shown(byte: int) -> str:
    """A byte as one readable sign."""
    return {10: "↵", 32: "␣"}.get(byte, chr(byte) if 32 < byte < 127 else "·")


def named(byte: int) -> str:
    """A byte as a sentence names it: without a sign of its own by its number, for many share the dot."""
    return f"\\x{byte:02x}" if shown(byte) == "·" else shown(byte)
