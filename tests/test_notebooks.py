"""Every notebook keeps every rule of notebook_rules, and every rule can fail.

The second half is the proof: a small notebook that keeps all rules, and a table of ways to spoil it, each
with the rule that must complain.
"""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import (
    HINTS,
    MAX_BYTES,
    NOTEBOOKS,
    RULES,
    SHAPES,
    WIDGET_VIEW,
    Notebook,
    complaints,
    first_string,
    table_rows,
)

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_keeps_every_rule(path):
    found = complaints(Notebook.read(path))
    assert not found, "\n" + "\n".join(found)


def test_chapters_are_numbered_without_gaps():
    assert [path.name[:2] for path in PATHS] == [f"{i:02d}" for i in range(len(PATHS))]


TAKING = "go on with|compute with|uses?|puts|assembles"
TAKERS = re.compile(rf"\*\*For\*\*.*?\bnotebooks? (\d\d)(?: and (\d\d))? (?:{TAKING})\b")


def handed_on(nb: Notebook) -> list[tuple[str, str]]:
    """(exercise, chapter) where the card of an exercise says that the chapter takes the learner's function."""
    found = []
    for card, stub in zip(nb.cells, nb.cells[1:], strict=False):
        for id in (first_string(call) for call in stub.calls("check")):
            found += [(id, chapter) for names in TAKERS.findall(card.source) for chapter in names if chapter]
    return found


def test_a_chapter_that_is_said_to_take_a_function_takes_it():
    books = {path.name[:2]: Notebook.read(path) for path in PATHS}
    taken = {
        (first_string(call), chapter)
        for chapter, nb in books.items()
        for cell in nb.code
        for call in cell.calls("mine")
    }
    said = {claim for nb in books.values() for claim in handed_on(nb)}
    assert {("02.gated_dilated_conv", "10"), ("04.zoh", "06"), ("07.selective_parameters", "10")} <= said
    assert len(said) >= 8
    assert said <= taken, said - taken


MATHEMATICS = {
    "derivatives": r"\\frac\{d\w\}",
    "integrals": r"\\int_",
    "complex numbers": r"\bcomplex\b",
    "eigenvalues": r"\beigenvalue",
}


@pytest.mark.parametrize("name, sign", MATHEMATICS.items(), ids=MATHEMATICS)
def test_the_chapter_that_uses_some_mathematics_first_needs_it(name, sign):
    books = map(Notebook.read, PATHS)
    first = next(nb for nb in books if any(re.search(sign, cell.source) for cell in nb.markdown[1:]))
    needs = next(row[1] for row in table_rows(first.cells[0].source) if "Needs" in row[0])
    assert name in needs, f"{first.name}: {needs}"


HEADER = """# A small chapter

| | |
|---|---|
| You will be able to | say, code and test |
| Time | reading 20 min, exercises 32 minutes, running 3 s |
| Needs | nothing |
| Leads to | the next chapter |
"""
SYMBOLS = (
    """## Symbols

| symbol | name in code | shape | meaning |
|---|---|---|---|
| $x$ | `x` | (L,) | the input |
| $y$, $n$ | `y`, `n` | numbers | what is added |
| | `add`, `torch.ones(3)` | | a function |

"""
    + SHAPES
)
LOOK = """What to look for:

1. Where does the curve start?
2. What happens at the end?
"""
LEFT = '    course.answer("At the left.", says="left"),\n'
ANSWERS = f"""course.answers(
    seen,
{LEFT}    course.answer("It stops.", says="stops"),
)"""
STUB = '''def add{n}(x: int, y: int = 1) -> int:
    """Add two numbers."""
    raise NotImplementedError


add{n} = course.check("03.add{n}", add{n})'''
SOLUTION = """def add{n}_solution(x: int, y: int = 1) -> int:
    return very_carefully(x) + y + 0


course.verify("03.add{n}", add{n}_solution)"""
LADDER = "\n\n".join(
    f"<details><summary>{name}</summary>\n\n{words}\n\n</details>"
    for name, words in zip(HINTS, ("At both numbers.", "The sign of a sum.", "One operator."), strict=True)
)
FOLDS = "## Think\n\n" + "\n\n".join(
    f"Why?\n\n<details><summary>Answer {i}</summary>\n\nSo.\n\n</details>" for i in (1, 2)
)
EQUATIONS = """## Equations and code

| equation | in the paper | code |
|---|---|---|
| $x + 1$ | section 2 | `add` |
"""


def code(source, *tags, **metadata):
    return new_code_cell(source, metadata={"tags": list(tags), **metadata} if tags else metadata)


def picture(words):
    return new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": words})


def exercise(n):
    return [
        new_markdown_cell(f"### Exercise {n}: Add\n\n**Difficulty** ●●○○○ · **Minutes** 8 · **For** the sum"),
        code(STUB.format(n=n), "exercise"),
        new_markdown_cell(LADDER + "\n\n**Solution** (in the next cell)"),
        code(SOLUTION.format(n=n), "solution", jupyter={"source_hidden": True}),
    ]


def section(n):
    return [
        new_markdown_cell(f"## {n} What does it do\n\n{LOOK}\nThe factorial `n!` and $n!$ are 6."),
        code(f'guess{n} = course.predict("03.{n}", "How many?", low=0, high=9)', "predict"),
        code(f"guess{n}.reveal(3)", "reveal", jupyter={"source_hidden": True}),
        code(f"seen{n} = course.explore(figure)", "explore"),
        code(ANSWERS.replace("seen", f"seen{n}"), "answers", jupyter={"source_hidden": True}),
    ]


def good_notebook():
    """A notebook of chapter 03 that keeps every rule."""
    cells = [
        new_markdown_cell(HEADER),
        code("import torch\n\nfrom lite_mamba import course"),
        code("x = torch.ones(3)\nhero(x)"),
        new_markdown_cell(SYMBOLS),
        *(cell for n in (1, 2, 3) for cell in section(n)),
        code("assert torch.equal(x, x)", "equivalence"),
        *(cell for n in (1, 2, 3, 4) for cell in exercise(n)),
        new_markdown_cell("### Bug hunt: the wrong sum\n\nSee [the first picture of the chapter](#Symbols)."),
        code("x = x + 1", "bughunt"),
        new_markdown_cell(FOLDS),
        new_markdown_cell("## Recap"),
        code('course.recap("03")'),
        new_markdown_cell(EQUATIONS + "\n## References\n\nA paper.\n\n## Next\n\nThe [README](../README.md)."),
    ]
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    cells[2].outputs = [picture("The block, from left to right.")]
    cells[6].outputs = [new_output("display_data", {"text/plain": "○ The answer: 345 lags."})]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernelspec, "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def first(notebook, tag):
    return next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))


def replace(old, new, tag=None):
    """Spoil a notebook by other words, everywhere or in the first cell with a tag."""

    def spoil(notebook):
        cells = [first(notebook, tag)] if tag else notebook.cells
        assert any(old in cell.source for cell in cells)
        for cell in cells:
            cell.source = cell.source.replace(old, new)

    return spoil


def append(source, *tags, outputs=()):
    """Spoil a notebook by one more executed code cell."""

    def spoil(notebook):
        cell = code(source, *tags)
        cell.execution_count = 1 + sum(c.cell_type == "code" for c in notebook.cells)
        cell.outputs = list(outputs)
        notebook.cells.append(cell)

    return spoil


def write(text):
    """Spoil a notebook by one more cell of text."""
    return lambda notebook: notebook.cells.append(new_markdown_cell(text))


def prints(text):
    return append("x", outputs=[new_output("stream", name="stdout", text=text)])


def shows(**data):
    return append("x", outputs=[new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})])


def drop_tag(tag):
    return lambda notebook: first(notebook, tag).metadata.tags.remove(tag)


def drop(tag):
    """Spoil a notebook by removing every cell with a tag."""

    def spoil(notebook):
        notebook.cells = [cell for cell in notebook.cells if tag not in cell.metadata.get("tags", [])]
        for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
            cell.execution_count = count

    return spoil


def set_metadata(**values):
    return lambda notebook: notebook.metadata.update(nbformat.from_dict(values))


def repeat_id(notebook):
    notebook.cells[1].id = notebook.cells[0].id


def forget_counts(notebook):
    notebook.cells[1].execution_count = None


def swap_counts(notebook):
    a, b = notebook.cells[1:3]
    a.execution_count, b.execution_count = b.execution_count, a.execution_count


def ignore(number, **metadata):
    def spoil(notebook):
        for _ in range(number):
            append("x", "nbval-ignore-output")(notebook)
            notebook.cells[-1].metadata.update(metadata)

    return spoil


def unhide(notebook):
    first(notebook, "solution").metadata.jupyter.source_hidden = False


def show_the_answers_source(notebook):
    first(notebook, "answers").metadata.jupyter.source_hidden = False


def insert(place, text):
    return lambda notebook: notebook.cells.insert(place, new_markdown_cell(text))


def show_a_reveals_source(notebook):
    first(notebook, "reveal").metadata.jupyter.source_hidden = False


def no_hero(notebook):
    notebook.cells[2].outputs = []


ERROR = new_output("error", ename="ValueError", evalue="no", traceback=[])
STDERR = new_output("stream", name="stderr", text="a warning")
VIEW = new_output("display_data", {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "IntSlider()"})

NO_HINT = "no_hint_is_the_solution_and_the_first_is_not_the_task"

BAD = [
    ("every_code_cell_was_executed_in_order", forget_counts),
    ("every_code_cell_was_executed_in_order", swap_counts),
    ("no_output_is_an_error_or_a_warning", append("x", outputs=[ERROR])),
    ("no_output_is_an_error_or_a_warning", append("x", outputs=[STDERR])),
    ("no_widget_is_stored", set_metadata(widgets={})),
    ("no_widget_is_stored", append("x", outputs=[VIEW])),
    ("cell_ids_are_there_and_unique", repeat_id),
    ("cell_ids_are_there_and_unique", lambda notebook: notebook.cells[0].pop("id")),
    ("few_outputs_are_ignored_and_each_has_its_reason", ignore(1)),
    ("few_outputs_are_ignored_and_each_has_its_reason", ignore(3, reason="a clock")),
    ("few_outputs_are_ignored_and_each_has_its_reason", append("# NBVAL_SKIP\nx")),
    ("tags_are_known", append("x", "nbval-skip")),
    ("tags_are_known", append("x", "raises-exception")),
    ("cell_metadata_is_the_courses_own", lambda notebook: notebook.cells[2].metadata.update(lines_to_next_cell=2)),
    ("metadata_is_that_of_any_python3_kernel", set_metadata(kernelspec={"name": "conda-env"})),
    ("metadata_is_that_of_any_python3_kernel", set_metadata(language_info={"version": "3.11.7"})),
    ("metadata_is_that_of_any_python3_kernel", set_metadata(jupytext={})),
    ("python_parses", append("%matplotlib inline\nx")),
    ("python_parses", append("!pip install torch")),
    ("no_forbidden_call", append("interact(f, x=3)")),
    ("no_forbidden_call", append("widgets.interactive_output(f, {})")),
    ("no_forbidden_call", append("with widgets.Output():\n    x")),
    ("no_forbidden_import", replace("import torch", "import requests")),
    ("no_forbidden_import", replace("import torch", "from urllib.request import urlopen")),
    ("no_trailing_semicolon", append("plot(x);")),
    ("the_first_code_cell_imports_and_nothing_else", replace("import torch", "import torch\nx = 1")),
    ("imports_stand_in_the_first_code_cell", append("import math")),
    ("the_title_is_the_only_heading_of_first_level", write("# Another title")),
    ("the_title_is_the_only_heading_of_first_level", replace("# A small chapter", "A small chapter")),
    ("the_header_has_its_parts", replace("You will be able to", "About")),
    ("the_header_has_its_parts", replace("20 min", "long")),
    ("the_header_has_its_parts", replace("running 3 s", "running")),
    ("the_header_has_its_parts", replace("Needs", "")),
    ("the_header_has_its_parts", replace("Leads to", "")),
    ("the_header_has_its_parts", no_hero),
    ("sections_stand_in_order", replace("## Symbols", "## Letters")),
    ("sections_stand_in_order", replace("## 2 What", "## 7 What")),
    ("sections_stand_in_order", replace("## Think", "## Thoughts")),
    ("sections_stand_in_order", replace("## Next", "## Recap")),
    ("every_symbol_exists_in_the_code", replace("`x`", "`no_such_name`")),
    ("every_symbol_exists_in_the_code", replace("| $x$ | `x` |", "| $x$ | x |")),
    ("every_symbol_exists_in_the_code", replace("|", "", None)),
    ("equations_and_code_is_a_table", replace("| $x + 1$ | section 2 | `add` |", "| $x + 1$ | `add` |")),
    ("think_folds_its_answers", replace("<details><summary>Answer 2</summary>", "")),
    ("the_name_of_a_fold_is_plain", replace("<summary>Answer 2", "<summary>Answer `2`")),
    ("recap_asks_its_questions", replace('recap("03")', 'recap("02")')),
    ("recap_asks_its_questions", replace('course.recap("03")', "x")),
    ("every_section_has_a_prediction", replace("course.predict", "course.ask", "predict")),
    ("every_prediction_is_revealed_in_a_later_cell", replace("guess1", "guess9", "reveal")),
    ("every_prediction_is_revealed_in_a_later_cell", drop_tag("reveal")),
    ("every_prediction_is_revealed_in_a_later_cell", drop_tag("predict")),
    ("reveals_hide_their_source", show_a_reveals_source),
    ("every_explore_is_one_call_at_the_end_of_its_cell", drop_tag("explore")),
    ("every_explore_is_one_call_at_the_end_of_its_cell", replace("(figure)", "(figure)\nx", "explore")),
    ("there_are_enough_explores", drop("explore")),
    ("a_figure_keeps_its_name", append("seen1 = 1")),
    ("a_figure_keeps_its_name", append("for seen2 in (1, 2):\n    print(seen2)")),
    ("what_to_look_for_stands_above_each_explore", replace("What to look for", "Look")),
    ("what_to_look_for_stands_above_each_explore", replace("?\n", ".\n")),
    ("what_to_look_for_stands_above_each_explore", append("course.explore(figure)", "explore")),
    ("equivalence_cells_assert", replace("assert torch", "print(torch", "equivalence")),
    ("equivalence_cells_assert", drop("equivalence")),
    ("there_are_enough_exercises", replace("### Exercise 4: Add", "### Add")),
    ("there_are_enough_exercises", drop("solution")),
    ("exercises_are_numbered", replace("Exercise 2: Add", "Exercise 3: Add")),
    ("exercises_are_numbered", replace("Exercise 2: Add", "Exercise 2")),
    ("every_exercise_has_a_card", replace("**Minutes** 8", "8 minutes")),
    ("every_exercise_has_a_card", replace("●●○○○", "●●○○")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace("x: int", "x", "exercise")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace(" -> int", "", "exercise")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace('"""Add two numbers."""\n', "\n", "exercise")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace("add1 = course.check", "y = course.check")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace("add1 = course.check", "course.check")),
    ("every_stub_is_typed_and_checked_in_its_own_cell", replace('"03.add1"', '"02.add1"')),
    ("each_question_has_a_folded_answer_below_the_picture", drop("answers")),
    (
        "each_question_has_a_folded_answer_below_the_picture",
        replace(LEFT, ""),
    ),
    ("each_question_has_a_folded_answer_below_the_picture", show_the_answers_source),
    ("a_reveal_shows_nothing_but_the_answer", replace("guess1.reveal(3)", "print(3)\nguess1.reveal(3)")),
    ("a_reveal_shows_nothing_but_the_answer", replace("guess1.reveal(3)", "guess1.reveal(3)\nx")),
    ("nothing_gives_the_answer_before_the_guess", insert(6, "There are 345 of them.")),
    ("numbers_in_the_text_come_from_a_cell", write("It takes 77 steps.")),
    ("every_exercise_has_a_ladder_of_three_hints", replace("What to use", "More")),
    (
        "no_hint_is_the_solution_and_the_first_is_not_the_task",
        replace("One operator.", "It is `very_carefully(x) + y + 0`."),
    ),
    (
        "no_hint_is_the_solution_and_the_first_is_not_the_task",
        replace("At both numbers.", "Difficulty: minutes, exercise."),
    ),
    ("every_letter_is_on_the_symbol_card", write("The step $\\Delta$ is small.")),
    ("every_letter_is_on_the_symbol_card", append("q = 1")),
    ("counters_are_told_apart", replace("| what is added |", "| counters: rows, columns, words |")),
    ("the_symbol_card_says_what_letters_mean_twice", replace("In shapes, B counts", "B counts")),
    ("equations_of_other_papers_stand_in_the_table", write("Each rule is as in equation 3 of S4.")),
    ("needs_names_the_chapters_that_are_used", write("As in notebook 02.")),
    ("needs_names_the_chapters_that_are_used", append('f = course.mine("01.causal_conv")')),
    ("another_chapter_is_called_a_notebook", write("As in chapter 05.")),
    ("another_chapter_is_called_a_notebook", shows(text_plain="See chapters 05 and 06.")),
    ("minutes_add_up", replace("exercises 32 minutes", "exercises 30 minutes")),
    ("every_name_of_the_package_is_explained", write("Set `layer_idx` first.")),
    ("a_word_is_linked_to_the_glossary_at_its_first_use", write("A receptive field is wide.")),
    ("a_word_is_linked_to_the_glossary_at_its_first_use", write("With `a = 1`, a receptive field, and `b = 2`.")),
    ("no_link_stands_in_code", write("Set `[dilation](glossary.ipynb#D)=1`.")),
    ("every_solution_is_hidden_and_verified", unhide),
    ("every_solution_is_hidden_and_verified", replace('verify("03.add1"', 'verify("03.add2"')),
    ("every_solution_is_hidden_and_verified", replace("course.verify", "course.check", "solution")),
    ("every_solution_is_hidden_and_verified", replace("add1_solution", "add1", "solution")),
    ("an_exercise_id_is_checked_once", replace('check("03.add2"', 'check("03.add1"')),
    ("there_is_a_bug_hunt", replace("Bug hunt", "A hunt")),
    ("there_is_a_bug_hunt", drop_tag("bughunt")),
    ("relative_links_resolve", write("See [the chapter on nothing](99_nothing.ipynb).")),
    ("relative_links_resolve", write('See <a href="99_nothing.ipynb">nothing</a>.')),
    ("relative_links_resolve", write("See [the root](/README.md).")),
    ("link_texts_say_where_they_lead", write("Read it [here](../README.md).")),
    ("link_texts_say_where_they_lead", write('Read it <a href="../README.md">here</a>.')),
    ("heading_levels_go_down_one_at_a_time", write("#### Deep")),
    ("every_picture_in_the_text_has_words", write("![](data:image/png;base64,aaaa)")),
    ("every_picture_in_the_text_has_words", write('<img src="data:image/png;base64,aaaa" alt="">')),
    ("every_picture_in_an_output_has_words", shows(image_png="aaaa", text_plain="<Figure size 640x480>")),
    ("every_picture_in_an_output_has_words", shows(image_png="aaaa")),
    ("every_picture_in_an_output_has_words", shows(text_html='<img src="data:image/png;base64,aaaa">')),
    ("prose_does_not_shout", write("Well done!")),
    ("a_sentence_that_begins_with_who_asks", write("It is sent. Who stands behind must know it.")),
    ("numbers_in_sentences_have_their_thousands_apart", write("It takes 16,384 steps.")),
    ("numbers_in_sentences_have_their_thousands_apart", write("It takes 16384 steps.")),
    ("numbers_in_sentences_have_their_thousands_apart", write("It takes 1 024 steps.")),
    ("one_in_a_sentence_is_not_many", write("It takes 1 steps.")),
    ("one_in_a_sentence_is_not_many", prints("f: p = 0.5, 1 bits")),
    ("powers_of_ten_in_the_text_are_written_as_powers", write("It keeps 1.5e−5 of it.")),
    ("numbers_in_sentences_have_a_true_minus", write("It starts at -1.")),
    ("numbers_in_sentences_have_a_true_minus", shows(image_png="aaaa", text_plain="A line from -0.5 to 1.")),
    ("outputs_name_no_address_and_no_absolute_path", prints("<function f at 0x7f3a2b1c9d00>")),
    ("outputs_name_no_address_and_no_absolute_path", prints("read /home/ada/data.csv")),
    ("outputs_name_no_address_and_no_absolute_path", prints("read C:\\Users\\ada")),
    ("outputs_name_no_address_and_no_absolute_path", shows(text_html="<p>/usr/lib/python</p>")),
]


def read(notebook, size=1000):
    return Notebook(notebook, "03_small.ipynb", size)


def test_the_good_notebook_keeps_every_rule():
    assert complaints(read(good_notebook())) == []


@pytest.mark.parametrize(("name", "spoil"), BAD, ids=[f"{i}-{name}" for i, (name, _) in enumerate(BAD)])
def test_rule_complains_about_a_bad_notebook(name, spoil):
    notebook = good_notebook()
    spoil(notebook)
    assert name in {text.split(":")[0] for text in complaints(read(notebook))}


def test_a_large_file_is_refused():
    found = complaints(read(good_notebook(), size=MAX_BYTES + 1))
    assert [text.split(":")[0] for text in found] == ["the_file_is_small"]


def test_every_rule_is_proved_to_be_able_to_fail():
    assert {rule.__name__ for rule in RULES} == {name for name, _ in BAD} | {"the_file_is_small"}
