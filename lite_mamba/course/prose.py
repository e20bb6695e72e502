"""Prose of the notebooks as HTML that needs nothing else: markdown, and mathematics as MathML.

A browser draws MathML by itself, so a page stays readable offline, without a script, and at any size of type.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import mistune
from latex2mathml.converter import convert

CODE_OR_MATH = re.compile(r"(```[\s\S]*?```|`[^`\n]*`)|\$\$([\s\S]+?)\$\$|\$([^$\n]+?)\$")
PLACE = "\ue000{}\ue001"  # private characters, which no text holds and markdown leaves alone

_markdown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])


def html(markdown: str) -> str:
    """A markdown text of a notebook as HTML; `$…$` and `$$…$$` become MathML."""
    formulas: list[str] = []

    def keep(formula: str) -> str:
        formulas.append(formula)
        return PLACE.format(len(formulas) - 1)

    body = str(_markdown(with_mathml(markdown, keep)))
    return re.sub("\ue000(\\d+)\ue001", lambda place: formulas[int(place[1])], body)


def with_mathml(markdown: str, put: Callable[[str], str] = str) -> str:
    """A markdown text whose formulas are MathML, or what `put` makes of it; code stays as it is."""

    def replaced(found: re.Match) -> str:
        code, display, inline = found.groups()
        return code or put(mathematics(display or inline, block=display is not None))

    return CODE_OR_MATH.sub(replaced, markdown)


def mathematics(latex: str, block: bool = False) -> str:
    """A formula as a `<math>` element."""
    latex = re.sub(r"\{aligned\}", "{align*}", latex)  # the name that the converter knows
    made = convert(latex.strip(), display="block" if block else "inline")
    made = made.replace("\\_", "_")  # an underscore in a text of LaTeX is escaped
    return re.sub(r'columnalign="(\w+)"', r'style="text-align:\1"', made)  # browsers read no other alignment
