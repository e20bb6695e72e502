"""The glossary: one list, one page, and every notebook leads to it."""

import re
import runpy
from pathlib import Path

import nbformat
import pytest

from lite_mamba.course.glossary import TERMS, unlinked

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}


def text_of(path: Path) -> str:
    return "\n".join(cell.source for cell in nbformat.read(path, 4).cells)


def test_the_page_is_what_the_list_gives():
    write_glossary = runpy.run_path(str(ROOT / "tools" / "write_glossary.py"))
    stored = nbformat.read(ROOT / "notebooks" / "glossary.ipynb", 4)
    assert stored.cells[0].source == write_glossary["page"]().cells[0].source


def test_each_word_stands_once():
    words = [term.word.lower() for term in TERMS]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("term", [t for t in TERMS if t.chapter in CHAPTERS], ids=lambda term: term.word)
def test_the_chapter_of_a_word_uses_it(term):
    word = re.sub(r"\s*\(.*\)", "", term.word)
    assert re.search(rf"(?<![\w-]){re.escape(word)}", text_of(CHAPTERS[term.chapter]), re.I)


@pytest.mark.parametrize("path", CHAPTERS.values(), ids=lambda path: path.stem)
def test_a_docstring_calls_A_no_rate_where_a_rate_is_the_opposite_of_it(path):
    (rate,) = [term.meaning for term in TERMS if term.word == "rate"]
    assert "−A" in rate
    assert not re.findall(r"^ +A: .*\brates?\b.*", text_of(path), re.M)


@pytest.mark.parametrize("path", CHAPTERS.values(), ids=lambda path: path.stem)
def test_no_memory_is_called_forgotten_that_is_kept(path):
    (reset,) = [term.meaning for term in TERMS if term.word == "reset"]
    assert reset.startswith("to forget")
    assert not re.findall(r"forgot(?:ten)? (?:(?:the|a|its) )?(?:history|state)\b", text_of(path))


def test_where_shapes_count_N_states_one_number_of_the_state_is_said_to_be_called_so():
    (state,) = [term.meaning for term in TERMS if term.word == "state"]
    assert state.endswith("one of them is called so too")
    (row,) = re.findall(r"^\| \$N\$ \|.*", text_of(CHAPTERS["00"]), re.M)
    assert "one of them is called a state too" in row


def test_no_link_stands_inside_code_or_the_title_of_a_reference():
    texts = [
        "`one`, `two_words` with `dilation=1`",
        "## References\n\n- *Selective State Spaces*\n\n## Next\n\nThe dilation.",
    ]
    assert [(i, match[0]) for i, match, term in unlinked(texts, "00") if term.word in ("dilation", "state")] == [
        (1, "dilation")
    ]


def test_a_word_that_means_another_thing_in_a_chapter_is_not_linked_there():
    def words(chapter):
        return [match[0] for _, match, _ in unlinked(["A tap pours water."], chapter)]

    assert (words("03"), words("04")) == (["tap"], [])
    for term in TERMS:
        if term.another_in:
            assert f"[{term.word}](glossary" not in text_of(CHAPTERS[term.another_in])


@pytest.mark.parametrize("path", CHAPTERS.values(), ids=lambda path: path.stem)
def test_every_notebook_leads_to_the_glossary(path):
    assert "](glossary.ipynb)" in text_of(path)
