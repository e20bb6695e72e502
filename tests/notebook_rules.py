"""The rules that a notebook of the course keeps, each a small function: Notebook -> list of complaints.

An empty list means that the rule is kept. `RULES` holds them all, `complaints` asks them all.
tests/test_notebooks.py applies them to every notebook, and proves with broken notebooks that each can fail.
"""

import ast
import inspect
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from symtable import symtable

import nbformat

import lite_mamba
from lite_mamba.course.glossary import TERMS, unlinked

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
MAX_BYTES = 500_000
MAX_IGNORED = 2
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KNOWN_TAGS = {
    "solution", "exercise", "bughunt", "predict", "reveal", "equivalence", "explore", "answers", "nbval-ignore-output",
}  # fmt: skip
CLOSING_SECTIONS = ["Think", "Recap", "Equations and code", "References", "Next"]

RULES = []


def rule(function):
    RULES.append(function)
    return function


@dataclass
class Expected:
    """What a chapter must hold at the least."""

    explores: int = 3
    exercises: int = 4
    bug_hunts: int = 1
    closing: list[str] = field(default_factory=lambda: CLOSING_SECTIONS)
    predict_in_every_section: bool = True


CHAPTERS = {
    "00": Expected(explores=1, exercises=1, bug_hunts=0, closing=["Next"], predict_in_every_section=False),
    "01": Expected(bug_hunts=0),
    "02": Expected(bug_hunts=0),
}


@dataclass
class Cell:
    """One cell: its place, what a reader sees of it, and its syntax tree if it is code."""

    index: int
    node: nbformat.NotebookNode

    @property
    def is_code(self) -> bool:
        return self.node.cell_type == "code"

    @property
    def is_markdown(self) -> bool:
        return self.node.cell_type == "markdown"

    @property
    def source(self) -> str:
        return self.node.source

    @property
    def tags(self) -> set[str]:
        return set(self.node.metadata.get("tags", []))

    @property
    def outputs(self) -> list:
        return self.node.get("outputs", [])

    @property
    def prose(self) -> str:
        """Markdown without code and mathematics; a name in code that is the text of a link stays."""
        text = re.sub(r"^(```|~~~).*?^\1", "", self.source, flags=re.S | re.M)
        text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.S)
        return re.sub(r"``[^`]+``|`[^`\n]*`(\]\()?|\$[^$\n]+\$", lambda code: code[0] if code[1] else "", text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        """(level, text) of the headings of a markdown cell."""
        if not self.is_markdown:
            return []
        text = re.sub(r"^(```|~~~).*?^\1", "", self.source, flags=re.S | re.M)
        return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#{1,6})[ \t]+(\S.*)$", text, re.M)]

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; of a cell that does not parse, an empty one (`python_parses` complains)."""
        try:
            return ast.parse(self.source if self.is_code else "")
        except SyntaxError:
            return ast.parse("")

    def calls(self, name: str) -> list[ast.Call]:
        """The calls of `name`, `course.name` or `anything.name`."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and called(node) == name]

    def __str__(self) -> str:
        first = self.source.strip().split("\n")[0][:50]
        return f"cell {self.index} ({first})"


def called(call: ast.Call) -> str:
    """The last word of what is called: f for f(), course.f() and a.b.f()."""
    function = call.func
    return getattr(function, "attr", getattr(function, "id", ""))


def first_string(call: ast.Call) -> str | None:
    argument = call.args[0] if call.args else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


class Notebook:
    """A notebook as the rules see it."""

    def __init__(self, node: nbformat.NotebookNode, name: str, size: int = 0):
        self.node, self.name, self.size = node, name, size
        self.cells = [Cell(i, cell) for i, cell in enumerate(node.cells)]
        self.code = [cell for cell in self.cells if cell.is_code]
        self.markdown = [cell for cell in self.cells if cell.is_markdown]

    @classmethod
    def read(cls, path: Path) -> "Notebook":
        # Not nbformat.read: it would mend missing and repeated ids before a rule sees them.
        return cls(nbformat.from_dict(nbformat.reader.reads(path.read_text("utf-8"))), path.name, path.stat().st_size)

    @property
    def chapter(self) -> str:
        return self.name[:2]

    @property
    def expected(self) -> Expected:
        return CHAPTERS.get(self.chapter, Expected())

    def tagged(self, tag: str) -> list[Cell]:
        return [cell for cell in self.code if tag in cell.tags]

    def sections(self, level: int) -> list[tuple[str, list[Cell]]]:
        """(heading, cells up to the next heading of this or a higher level), in order.

        A cell with several headings belongs to the section of each.
        """
        found: list[tuple[str, list[Cell]]] = []
        is_open = False
        for cell in self.cells:
            if is_open and not (cell.is_markdown and cell.source.startswith("#")):
                found[-1][1].append(cell)
            for depth, text in cell.headings:
                if depth == level:
                    found.append((text, [cell]))
                is_open = depth == level or (is_open and depth > level)
                if is_open and cell not in found[-1][1]:
                    found[-1][1].append(cell)
        return found

    def section(self, name: str) -> list[Cell]:
        """The cells of the section of second level with this name; empty without one."""
        return next((cells for text, cells in self.sections(2) if text == name), [])

    @property
    def numbered_sections(self) -> list[tuple[str, list[Cell]]]:
        return [(text, cells) for text, cells in self.sections(2) if re.match(r"\d+\s", text)]

    @property
    def front(self) -> list[Cell]:
        """The cells in front of the first numbered section."""
        numbered = self.numbered_sections
        return self.cells[: numbered[0][1][0].index] if numbered else self.cells

    @property
    def exercises(self) -> list[tuple[str, list[Cell]]]:
        return [(text, cells) for text, cells in self.sections(3) if text.startswith("Exercise")]

    @property
    def tasks(self) -> list[tuple[str, list[Cell]]]:
        """The exercises, and the bug hunts that have a check as an exercise has one."""
        hunts = [(text, cells) for text, cells in self.sections(3) if text.startswith("Bug hunt")]
        return self.exercises + [hunt for hunt in hunts if any(cell.calls("check") for cell in hunt[1])]


def complaints(notebook: Notebook) -> list[str]:
    return [f"{check.__name__}: {text}" for check in RULES for text in check(notebook)]


# The stored file


@rule
def every_code_cell_was_executed_in_order(nb):
    counts = [cell.node.execution_count for cell in nb.code]
    if counts != list(range(1, len(counts) + 1)):
        return [f"execution counts are {counts}; run the notebook from top to bottom"]
    return []


@rule
def no_output_is_an_error_or_a_warning(nb):
    return [
        f"{cell}: stores {output.get('ename') or 'stderr'}"
        for cell in nb.code
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


@rule
def no_widget_is_stored(nb):
    state = ["metadata.widgets is stored"] if "widgets" in nb.node.metadata else []
    return state + [
        f"{cell}: stores a widget view"
        for cell in nb.code
        for output in cell.outputs
        if WIDGET_VIEW in output.get("data", {})
    ]


@rule
def cell_ids_are_there_and_unique(nb):
    ids = [cell.node.get("id") for cell in nb.cells]
    if None in ids or len(set(ids)) < len(ids):
        return ["cell ids are missing or repeated"]
    return []


@rule
def few_outputs_are_ignored_and_each_has_its_reason(nb):
    found = []
    ignored = nb.tagged("nbval-ignore-output")
    if len(ignored) > MAX_IGNORED:
        found.append(f"{len(ignored)} cells are ignored by nbval, at most {MAX_IGNORED} may be")
    found += [f"{cell}: ignored without metadata.reason" for cell in ignored if not cell.node.metadata.get("reason")]
    marker = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE)")
    found += [f"{cell}: use the tag, not a comment, for nbval" for cell in nb.code if marker.search(cell.source)]
    return found


@rule
def tags_are_known(nb):
    return [f"{cell}: unknown tags {cell.tags - KNOWN_TAGS}" for cell in nb.cells if cell.tags - KNOWN_TAGS]


@rule
def cell_metadata_is_the_courses_own(nb):
    """Nothing that an editor left behind, such as jupytext's lines_to_next_cell."""
    known = {"tags", "jupyter", "reason"}
    return [f"{cell}: metadata {sorted(extra)}" for cell in nb.cells if (extra := set(cell.node.metadata) - known)]


@rule
def the_file_is_small(nb):
    return [f"{nb.size} bytes, at most {MAX_BYTES}"] if nb.size > MAX_BYTES else []


@rule
def metadata_is_that_of_any_python3_kernel(nb):
    found = []
    metadata = nb.node.metadata
    if metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernelspec is not python3")
    if "version" in metadata.get("language_info", {}):
        found.append("the Python version is stored")
    found += [f"metadata.{key} is stored" for key in set(metadata) - {"kernelspec", "language_info", "widgets"}]
    return found


# Code


FORBIDDEN_CALLS = {"interact", "interact_manual", "interactive", "interactive_output", "Output", "system", "urlopen"}
FORBIDDEN_MODULES = {"requests", "urllib", "http", "httpx", "socket", "subprocess", "pip", "ipympl", "plotly"}


@rule
def python_parses(nb):
    found = []
    for cell in nb.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            found.append(f"{cell}: {error.msg}; magics and shell lines are not used in the course")
    return found


@rule
def no_forbidden_call(nb):
    return [
        f"{cell}: calls {called(node)}"
        for cell in nb.code
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.Call) and called(node) in FORBIDDEN_CALLS
    ]


@rule
def no_forbidden_import(nb):
    found = []
    for cell in nb.code:
        for node in ast.walk(cell.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{cell}: imports {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES]
    return found


@rule
def no_trailing_semicolon(nb):
    return [f"{cell}: ends with ;" for cell in nb.code if re.search(r";\s*(#.*)?$", cell.source)]


@rule
def the_first_code_cell_imports_and_nothing_else(nb):
    body = nb.code[0].tree.body if nb.code else []
    if body and all(isinstance(node, ast.Import | ast.ImportFrom) for node in body):
        return []
    return ["the first code cell must hold imports only"]


@rule
def imports_stand_in_the_first_code_cell(nb):
    return [
        f"{cell}: imports at its top level; imports stand in the first code cell"
        for cell in nb.code[1:]
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in cell.tree.body)
    ]


# Header and sections


@rule
def the_title_is_the_only_heading_of_first_level(nb):
    titles = [text for cell in nb.markdown for level, text in cell.headings if level == 1]
    if len(titles) != 1 or not nb.cells or not nb.cells[0].source.startswith("# "):
        return [f"one title, in the first line of the first cell; found {titles}"]
    return []


HEADER_PARTS = {
    "what you will be able to do": r"be able to",
    "minutes of reading": r"reading \d+\s*(min|minutes)\b",
    "seconds of running": r"running \d+.*\b(s|seconds)\b",
    "needs": r"\bneeds\b",
    "leads to": r"\bleads to\b",
}


@rule
def the_header_has_its_parts(nb):
    header = "\n".join(cell.source for cell in nb.front if cell.is_markdown)
    found = [f"the header lacks: {part}" for part, p in HEADER_PARTS.items() if not re.search(p, header, re.I)]
    pictures = [o for cell in nb.front for o in cell.outputs if "image/png" in o.get("data", {})]
    return found if pictures else [*found, "no picture in front of the first section"]


@rule
def sections_stand_in_order(nb):
    names = [text for text, _ in nb.sections(2)]
    numbers = [int(m[0]) for name in names if (m := re.match(r"\d+(?=\s)", name))]
    found = []
    if "Symbols" not in names or (numbers and names.index("Symbols") > names.index(nb.numbered_sections[0][0])):
        found.append("no section Symbols in front of the first numbered section")
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        found.append(f"sections are numbered {numbers}")
    found += [f"no section {name}" for name in nb.expected.closing if name not in names]
    closing = [name for name in names if name in CLOSING_SECTIONS]
    if closing != [name for name in CLOSING_SECTIONS if name in closing]:
        found.append(f"the closing sections stand in the order {closing}")
    return found


def table_rows(text: str) -> list[list[str]]:
    """The rows of the markdown tables in `text`, without heads and rules."""
    rows = [line.strip() for line in text.split("\n") if line.strip().startswith("|")]
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", row.strip("|"))] for row in rows]
    rules = [i for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", c) for c in row)]
    heads = {i - 1 for i in rules}
    return [row for i, row in enumerate(cells) if i not in heads and i not in rules]


@cache
def package_names() -> frozenset[str]:
    """Every name in the package's source; tests of broken notebooks and real ones share one reading."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "lite_mamba").rglob("*.py"))
    return frozenset(re.findall(r"[A-Za-z_]\w*", source))


@rule
def every_symbol_exists_in_the_code(nb):
    rows = table_rows("\n".join(cell.source for cell in nb.section("Symbols") if cell.is_markdown))
    if not rows:
        return ["the section Symbols holds no table"]
    known = package_names() | set(re.findall(r"[A-Za-z_]\w*", "\n".join(cell.source for cell in nb.code)))
    found = []
    for row in rows:
        names = re.findall(r"`([^`]+)`", row[1]) if len(row) > 1 else []
        if len(row) < 4 or not names:
            found.append(f"the row {row} must be symbol, `name`, shape, meaning")
        found += [
            f"`{name}`: {word} is not in the code"
            for name in names
            for word in re.findall(r"[A-Za-z_]\w*", name)
            if word not in known
        ]
    return found


@rule
def equations_and_code_is_a_table(nb):
    cells = nb.section("Equations and code")
    rows = table_rows("\n".join(cell.source for cell in cells if cell.is_markdown))
    if cells and not (rows and all(len(row) >= 3 for row in rows)):
        return ["Equations and code must be a table: equation, where in the paper, code"]
    return []


@rule
def think_folds_its_answers(nb):
    cells = nb.section("Think")
    if cells and sum(cell.source.count("<details") for cell in cells if cell.is_markdown) < 2:
        return ["Think has fewer than two folded answers"]
    return []


@rule
def the_name_of_a_fold_is_plain(nb):
    names = [
        name for c in nb.cells if c.is_markdown for name in re.findall(r"<summary>(.*?)</summary>", c.source, re.S)
    ]
    return [
        f"Markdown inside <summary> stays as it is, `{name}`: use HTML" for name in names if re.search("[`*$]", name)
    ]


@rule
def recap_asks_its_questions(nb):
    cells = nb.section("Recap")
    asked = [first_string(call) for cell in cells for call in cell.calls("recap")]
    if cells and asked != [nb.chapter]:
        return [f'Recap must call course.recap("{nb.chapter}") once']
    return []


# Predictions, pictures with sliders, equivalences


@rule
def every_section_has_a_prediction(nb):
    sections = nb.numbered_sections
    if not nb.expected.predict_in_every_section:
        sections = [("the notebook", nb.cells)]
    return [f"{text}: no course.predict" for text, cells in sections if not any(c.calls("predict") for c in cells)]


@rule
def every_prediction_is_revealed_in_a_later_cell(nb):
    found = []
    for cell in nb.code:
        if not cell.calls("predict"):
            continue
        if "predict" not in cell.tags:
            found.append(f"{cell}: lacks the tag predict")
        names = [
            t.id for n in cell.tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
        ]
        later = [c for c in nb.code[nb.code.index(cell) + 1 :] if "reveal" in c.tags]
        shown = {
            call.func.value.id for c in later for call in c.calls("reveal") if isinstance(call.func.value, ast.Name)
        }
        if not shown & set(names):
            found.append(f"{cell}: no later cell with the tag reveal calls .reveal on it")
    return found


@rule
def reveals_hide_their_source(nb):
    return [
        f"{cell}: a reveal holds the answer, so its source must be hidden (metadata.jupyter.source_hidden)"
        for cell in nb.code
        if "reveal" in cell.tags and not cell.node.metadata.get("jupyter", {}).get("source_hidden")
    ]


def is_last_statement(cell: Cell, name: str) -> bool:
    last = cell.tree.body[-1] if cell.tree.body else None
    value = getattr(last, "value", None)
    return isinstance(value, ast.Call) and called(value) == name


@rule
def every_explore_is_one_call_at_the_end_of_its_cell(nb):
    found = []
    for cell in nb.code:
        number = len(cell.calls("explore"))
        if number != ("explore" in cell.tags):
            found.append(f"{cell}: {number} calls of explore, tags {sorted(cell.tags)}")
        if number and not is_last_statement(cell, "explore"):
            found.append(f"{cell}: explore is not the last statement")
    return found


@rule
def a_figure_keeps_its_name(nb):
    """The answers below it go by that name, and may be opened again after all other cells."""
    found, figures = [], {}
    for cell in nb.code:
        if not cell.tree.body:
            continue
        names = {name.get_name() for name in symtable(cell.source, "cell", "exec").get_symbols() if name.is_assigned()}
        found += [f"{cell}: gives away the name {name!r} of {figures[name]}" for name in sorted(names & set(figures))]
        if "explore" in cell.tags:
            figures |= dict.fromkeys(names, cell)
    return found


@rule
def there_are_enough_explores(nb):
    number = len(nb.tagged("explore"))
    return [f"{number} explore cells, at least {nb.expected.explores}"] if number < nb.expected.explores else []


def text_above(nb: Notebook, cell: Cell, words: str) -> str:
    """The markdown between `cell` and the explore cell before it, from `words` on."""
    text = ""
    for above in reversed(nb.cells[: cell.index]):
        if "explore" in above.tags:
            break
        text = above.source + "\n" + text if above.is_markdown else text
    place = text.lower().rfind(words)
    return text[place:] if place >= 0 else ""


@rule
def what_to_look_for_stands_above_each_explore(nb):
    found = []
    for cell in nb.tagged("explore"):
        text = text_above(nb, cell, "what to look for")
        questions = re.findall(r"^\s*\d+\. .*(?:\n(?!\s*\d+\. |\n).*)*", text, re.M)
        if not questions or not any("?" in question for question in questions):
            found.append(f'{cell}: no "What to look for" with numbered questions above it')
    return found


@rule
def equivalence_cells_assert(nb):
    cells = nb.tagged("equivalence")
    found = [] if cells else ["no cell with the tag equivalence"]
    for cell in cells:
        asserts = [node for node in ast.walk(cell.tree) if isinstance(node, ast.Assert)]
        if not asserts and not cell.calls("assert_close") and not cell.calls("assert_allclose"):
            found.append(f"{cell}: asserts nothing")
    return found


# Exercises


CARD = re.compile(r"^\*\*Difficulty\*\* (●+○*) · \*\*Minutes\*\* \d+ · \*\*For\*\* \S.*", re.M)


@rule
def there_are_enough_exercises(nb):
    number = len(nb.exercises)
    found = [f"{number} exercises, at least {nb.expected.exercises}"] if number < nb.expected.exercises else []
    for tag in ("exercise", "solution"):
        if len(nb.tagged(tag)) != len(nb.tasks):
            found.append(f"{len(nb.tasks)} headings with a check, {len(nb.tagged(tag))} cells with the tag {tag}")
    return found


@rule
def exercises_are_numbered(nb):
    numbers = [m[1] if (m := re.match(r"Exercise (\d+): \S", text)) else text for text, _ in nb.exercises]
    if numbers != [str(i) for i in range(1, len(numbers) + 1)]:
        return [f'headings must read "Exercise 1: title", and so on; found {numbers}']
    return []


@rule
def every_exercise_has_a_card(nb):
    found = []
    for text, cells in nb.exercises:
        card = CARD.search("\n".join(cell.source for cell in cells if cell.is_markdown))
        if not card or len(card[1]) != 5:
            found.append(f"{text}: no line **Difficulty** ●●○○○ · **Minutes** 8 · **For** what")
    return found


def function_of(cell: Cell) -> ast.FunctionDef | None:
    """The function that the cell defines last, at its top level."""
    functions = [node for node in cell.tree.body if isinstance(node, ast.FunctionDef)]
    return functions[-1] if functions else None


def lacks(function: ast.FunctionDef) -> list[str]:
    """What a stub's signature and docstring lack."""
    arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    found = [f"the argument {a.arg} has no type" for a in arguments if a.annotation is None]
    if function.returns is None:
        found.append("no type of what it returns")
    if not ast.get_docstring(function):
        found.append("no docstring")
    return found


@rule
def every_stub_is_typed_and_checked_in_its_own_cell(nb):
    found = []
    for cell in nb.tagged("exercise"):
        function, checks = function_of(cell), [first_string(call) for call in cell.calls("check")]
        if function is None:
            found.append(f"{cell}: defines no function")
            continue
        found += [f"{cell}: {text}" for text in lacks(function)]
        last = cell.tree.body[-1]
        targets = [getattr(t, "id", "") for t in last.targets] if isinstance(last, ast.Assign) else []
        if len(checks) != 1 or not is_last_statement(cell, "check") or targets != [function.name]:
            found.append(f'{cell}: must end with {function.name} = course.check("{nb.chapter}...", {function.name})')
        found += [
            f"{cell}: the id {i} is not of chapter {nb.chapter}"
            for i in checks
            if not str(i).startswith(nb.chapter + ".")
        ]
    return found


@rule
def every_solution_is_hidden_and_verified(nb):
    found = []
    for text, cells in nb.tasks:
        stubs = [c for c in cells if "exercise" in c.tags]
        solutions = [c for c in cells if "solution" in c.tags]
        if len(stubs) != 1 or len(solutions) != 1 or solutions[0].index < stubs[0].index:
            found.append(f"{text}: one stub, and one solution below it")
            continue
        stub, solution = stubs[0], solutions[0]
        if not solution.node.metadata.get("jupyter", {}).get("source_hidden"):
            found.append(f"{text}: the solution's source is not hidden")
        found += misnamed(text, stub, solution)
    return found


def misnamed(text: str, stub: Cell, solution: Cell) -> list[str]:
    """What is wrong with a solution's name and its verification."""
    asked = [first_string(call) for call in stub.calls("check")]
    verified = [first_string(call) for call in solution.calls("verify")]
    found = []
    if verified != asked or not is_last_statement(solution, "verify"):
        found.append(f"{text}: the solution must end with course.verify of {asked}, found {verified}")
    if solution.calls("check"):
        found.append(f"{text}: the solution calls check, which records it as the learner's")
    names = {f.name for f in (function_of(stub), function_of(solution)) if f}
    if len(names) != 2 or not any(name + "_solution" in names for name in names):
        found.append(f"{text}: the solution's function must be named as the stub's with _solution")
    return found


@rule
def an_exercise_id_is_checked_once(nb):
    ids = [first_string(call) for cell in nb.code for call in cell.calls("check")]
    return [f"{i} is checked {ids.count(i)} times" for i in sorted(set(map(str, ids))) if ids.count(i) > 1]


@rule
def there_is_a_bug_hunt(nb):
    headings = [text for text, _ in nb.sections(3) if re.match(r"Bug hunt: \S", text)]
    if min(len(headings), len(nb.tagged("bughunt"))) < nb.expected.bug_hunts:
        return ['no heading "Bug hunt: …" with a cell that has the tag bughunt']
    return []


# What the page says, the picture and the cells show


def shown_text(cell: Cell) -> str:
    """What a cell shows as text: its streams and the text of its outputs."""
    parts = [output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(parts)


def questions_above(nb: Notebook, cell: Cell) -> list[str]:
    """The numbered questions above an explore cell."""
    text = text_above(nb, cell, "what to look for")
    return re.findall(r"^\s*\d+\. .*(?:\n(?!\s*\d+\. |\n).*)*", text, re.M)


@rule
def each_question_has_a_folded_answer_below_the_picture(nb):
    found = []
    for cell in nb.tagged("explore"):
        below = nb.code[nb.code.index(cell) + 1 :][:1]
        if not below or "answers" not in below[0].tags or not is_last_statement(below[0], "answers"):
            found.append(f"{cell}: the next code cell must be course.answers(…), with the tag answers")
            continue
        if not below[0].node.metadata.get("jupyter", {}).get("source_hidden"):
            found.append(f"{below[0]}: its source must be hidden")
        asked, given = len(questions_above(nb, cell)), len(below[0].calls("answer"))
        if asked != given:
            found.append(f"{cell}: {asked} questions above, {given} answers below")
    return found


@rule
def a_reveal_shows_nothing_but_the_answer(nb):
    return [
        f"{cell}: prints, displays, or does not end with reveal; give lines to reveal(…, working=[…])"
        for cell in nb.tagged("reveal")
        if cell.calls("print") or cell.calls("display") or not is_last_statement(cell, "reveal")
    ]


def revealed(cell: Cell) -> str:
    """The truth that a reveal cell stores: the words after "The answer:", up to the first sentence's end."""
    match = re.search(r"^○ The answer: (.*)\.$", shown_text(cell), re.M)
    return match[1] if match else ""


@rule
def nothing_gives_the_answer_before_the_guess(nb):
    """Neither text nor output between a question and its reveal holds the answer."""
    found = []
    for cell in nb.tagged("reveal"):
        names = {getattr(call.func.value, "id", "") for call in cell.calls("reveal")}
        asked = next((c for c in nb.tagged("predict") if names & assigned(c)), None)
        answer = revealed(cell)
        if asked is None or not answer:
            continue
        number = re.fullmatch(r"([-−]?\d[\d .]*)( .*)?", answer)
        told = rf"(?<![\d.]){re.escape(number[1])}(?![\d.]*\d)" if number else re.escape(answer)
        if not number and len(answer.split()) < 3:
            continue  # one word may stand anywhere
        for between in nb.cells[asked.index + 1 : cell.index]:
            text = shown_text(between) if between.is_code else between.source
            if re.search(told, text, re.I):
                found.append(f"{between}: holds {answer!r}, the answer of {cell}")
    return found


def assigned(cell: Cell) -> set[str]:
    """The names that a cell assigns at its top level."""
    targets = [t for node in cell.tree.body if isinstance(node, ast.Assign) for t in node.targets]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


QUOTED = re.compile(r"\b(paper|table \d|figure \d|section \d|published|authors)\b", re.I)
WRITTEN = re.compile(r"(?<![\w.$])[-−]?\d+(?: \d{3})*(?:\.\d+)?(?:e[-−]?\d+)?(?![\w])")


def claims(cell: Cell) -> list[str]:
    """The numbers in a text that a reader could check: those with two digits or more, outside of quotations."""
    numbering = r"^#+ .*$|^\s*\d+\. |\[[^\]]*\]\([^)]*\)|^\*\*Difficulty.*$|notebooks? \d\d|\d+ minutes"
    text = re.sub(numbering, "", cell.prose, flags=re.M)
    parts = [part for part in re.split(r"\n\s*\n", text) if not QUOTED.search(part)]
    return [n for part in parts for n in WRITTEN.findall(part) if len(re.sub(r"\D", "", n)) >= 2]


@rule
def numbers_in_the_text_come_from_a_cell(nb):
    """A number in the text stands in a cell of the chapter too: in its code, in what it shows, or in a formula."""
    formulas = " ".join(re.findall(r"\$[^$]+\$|`[^`]+`", " ".join(cell.source for cell in nb.markdown)))
    known = [
        float(n)
        for n in map(
            plain_number,
            WRITTEN_ANYWHERE.findall(
                "\n".join([formulas, *(cell.source + "\n" + shown_text(cell) for cell in nb.code)])
            ),
        )
        if n
    ]
    found = []
    for cell in nb.markdown[1:]:
        unknown = [n for n in claims(cell) if not any(rounded_to(n, value) for value in known)]
        if unknown:
            found.append(f"{cell}: {', '.join(unknown)} stands in no cell and no formula")
    return found


WRITTEN_ANYWHERE = re.compile(r"[-−]?\d+(?:[ ,_]\d{3})*(?:\.\d+)?(?:e[-+−]?\d+)?")


def plain_number(text: str) -> str:
    return re.sub(r"[ ,_]", "", text).replace("−", "-")


def rounded_to(text: str, value: float) -> bool:
    """Whether a written number is `value`, or `value` in per cent, up to its own rounding."""
    number = plain_number(text)
    digits = len(number.partition("e")[0].partition(".")[2]) - int(number.partition("e")[2] or 0)
    half = 0.5001 * 10.0**-digits
    return any(abs(abs(float(number)) - abs(scaled)) <= half for scaled in (value, 100 * value))


HINTS = ["Where to look", "What to use", "All but the last step"]


@rule
def every_exercise_has_a_ladder_of_three_hints(nb):
    found = []
    for text, cells in nb.tasks:
        prose = "\n".join(cell.source for cell in cells if cell.is_markdown)
        summaries = [re.sub(r"<[^>]*>", "", s).strip() for s in re.findall(r"<summary>(.*?)</summary>", prose, re.S)]
        if [s for s in summaries if s in HINTS] != HINTS:
            found.append(f"{text}: the folds must be {HINTS}, found {summaries}")
    return found


def hints(cells: list[Cell]) -> list[str]:
    """The texts of the hints of a task, in order."""
    prose = "\n".join(cell.source for cell in cells if cell.is_markdown)
    folds = re.findall(r"<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>", prose, re.S)
    return [body for summary, body in folds if summary.strip() in HINTS]


def squeezed(code: str) -> str:
    return re.sub(r"\s+|#.*", "", code)


@rule
def no_hint_is_the_solution_and_the_first_is_not_the_task(nb):
    found = []
    for text, cells in nb.tasks:
        task = "\n".join(re.sub(r"<details.*?</details>", "", c.source, flags=re.S) for c in cells if c.is_markdown)
        told = hints(cells)
        for solution in (c for c in cells if "solution" in c.tags):
            lines = [squeezed(line).removeprefix("return") for line in solution.source.split("\n")[1:]]
            for i, hint in enumerate(told):
                given = [line for line in lines if len(line) >= 18 and line in squeezed(hint.replace("`", ""))]
                if given:
                    found.append(f"{text}: hint {i + 1} gives the line {given[0]}")
        if told and len(words_of(told[0]) & words_of(task)) > 0.7 * len(words_of(told[0])) > 0:
            found.append(f"{text}: the first hint says the task again")
    return found


def words_of(text: str) -> set[str]:
    return {word for word in re.findall(r"[A-Za-z_]{4,}", text.lower())}


GREEK = {
    "Delta": "Δ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ",
    "sigma": "σ", "tau": "τ", "omega": "ω", "theta": "θ", "phi": "φ", "rho": "ρ", "kappa": "κ", "eta": "η", "zeta": "ζ",
}  # fmt: skip
CONSTANTS = set("eiOπ")  # Euler's number, the imaginary unit, the order of a cost, pi


def letters_of_formulas(text: str) -> set[str]:
    """The single letters, Latin and Greek, in the formulas of a text."""
    formulas = " ".join(re.findall(r"\$\$.*?\$\$|\$[^$\n]+\$", text, re.S))
    formulas = re.sub(r"\\(text|mathrm|texttt|operatorname|mathtt|mathbf)\s*\{[^}]*\}", " ", formulas)
    formulas = re.sub(r"\\begin\{[^}]*\}|\\end\{[^}]*\}", " ", formulas)
    found = {GREEK[name] for name in re.findall(r"\\([A-Za-z]+)", formulas) if name in GREEK}
    formulas = re.sub(r"\\[A-Za-z]+", " ", formulas)
    return found | set(re.findall(r"[A-Za-zα-ωΑ-Ω]", formulas)) - CONSTANTS


def letters_of_code(nb: Notebook) -> set[str]:
    """The names of one letter that the chapter's code assigns or takes; imported modules are none of them."""
    names = set()
    for cell in nb.code:
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            names |= {node.arg} if isinstance(node, ast.arg) else set()
    return {name for name in names if len(name) == 1 and name != "_"}


@rule
def every_letter_is_on_the_symbol_card(nb):
    """Every single letter of formulas, code and text; a card may list counters together, as `t`, `i`, `k`."""
    rows = table_rows("\n".join(cell.source for cell in nb.section("Symbols") if cell.is_markdown))
    card = "\n".join(" ".join(row[:3]) for row in rows)
    known = letters_of_formulas(card) | set(re.findall(r"(?<![A-Za-z_])([A-Za-zα-ωΑ-Ω])(?![A-Za-z_])", card))
    prose = "\n".join(cell.prose for cell in nb.markdown)
    used = letters_of_formulas("\n".join(cell.source for cell in nb.markdown)) | letters_of_code(nb)
    used |= set(re.findall(r"(?<![A-Za-zα-ωΑ-Ω])([α-ωΑ-Ω])(?![A-Za-zα-ωΑ-Ω])", prose)) - CONSTANTS
    missing = sorted(used - known)
    return [f"the symbol card lacks {', '.join(missing)}"] if missing else []


@rule
def counters_are_told_apart(nb):
    """A row of counters names one thing for all, one for each in turn, or each letter with its thing."""
    found = []
    for row in table_rows("\n".join(cell.source for cell in nb.section("Symbols") if cell.is_markdown)):
        _, counters, things = row[-1].rpartition("counters: ")
        letters = re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", row[0])
        in_turn = len(re.sub(r"\(.*?\)", "", things).split(", ")) in {1, len(letters)}
        if counters and not in_turn and not all(re.search(rf"\b{letter}\b", things) for letter in letters):
            found.append(f"the row of {row[0]} does not say which letter counts what: {things}")
    return found


LETTERS = (
    "In shapes, B counts sequences, D channels, L steps and N states: (B, D, L). "
    "In equations, B, C and D are the maps into, out of and past the state."
)
BEFORE_THE_STATE = {"01", "02", "03"}  # chapters in which no state has been met yet
SHAPES = "In shapes, B counts sequences, D channels and L steps: (B, D, L)."


@rule
def the_symbol_card_says_what_letters_mean_twice(nb):
    """B, C, D and L are settled in one way for the whole course, in one sentence on each card."""
    text = "\n".join(cell.source for cell in nb.section("Symbols"))
    letters = SHAPES if nb.chapter in BEFORE_THE_STATE else LETTERS
    return [] if letters in text else [f"the section Symbols lacks the sentence: {letters}"]


def earlier_chapters(nb: Notebook) -> set[str]:
    """The earlier chapters that a chapter uses: by `course.mine`, by a link, or by "notebook 04"."""
    mine = {str(first_string(call))[:2] for cell in nb.code for call in cell.calls("mine")}
    body = "\n".join(cell.source for cell in nb.markdown[1:])
    linked = set(re.findall(r"\]\((\d\d)_\w+\.ipynb", body)) | set(re.findall(r"\bnotebooks? (\d\d)\b", body))
    return {chapter for chapter in mine | linked if chapter < nb.chapter}


@rule
def needs_names_the_chapters_that_are_used(nb):
    row = next((r for r in table_rows(nb.cells[0].source) if re.search(r"\bneeds\b", r[0], re.I)), ["", ""])
    named = set(re.findall(r"\]\((\d\d)_\w+\.ipynb", row[1])) - {"00"}  # how to work with a notebook
    used = earlier_chapters(nb) - {"00"}
    return [f"Needs names {sorted(named)}; used are {sorted(used)}"] if named != used else []


@rule
def equations_of_other_papers_stand_in_the_table(nb):
    """In the text a number is the Mamba paper's; the table names the code beside the equation of another paper."""
    found = [m for c in nb.markdown for m in re.findall(r"\b[Ee]quations? \d+\w? of (?!the |this )[^.:;,]*", c.source)]
    return [f"the table of equations is the place of: {', '.join(found)}"] if found else []


@rule
def minutes_add_up(nb):
    header = re.search(r"exercises (\d+) minutes", nb.cells[0].source)
    cards = [int(m) for cell in nb.markdown for m in re.findall(r"\*\*Minutes\*\* (\d+)", cell.source)]
    if cards and (header is None or int(header[1]) != sum(cards)):
        return [f"the cards add up to {sum(cards)} minutes, the header says {header and header[1]}"]
    return []


def running_text(nb: Notebook) -> list[Cell]:
    """The text behind header and symbol card, where words are used."""
    skipped = {cell.index for cell in nb.section("Symbols")} | {0}
    return [cell for cell in nb.markdown if cell.index not in skipped]


@rule
def a_word_is_linked_to_the_glossary_at_its_first_use(nb):
    """`python tools/link_words.py NN` sets the links."""
    cells = running_text(nb)
    return [
        f"{cells[i]}: {match[0]!r} is not linked to the glossary at its first use"
        for i, match, _ in unlinked([cell.source for cell in cells], nb.chapter)
    ]


@rule
def no_link_stands_in_code(nb):
    spans = [(cell, span) for cell in nb.markdown for span in re.findall(r"`[^`\n]+`", cell.source)]
    return [f"{cell}: {span} shows its link as text" for cell, span in spans if "](glossary" in span]


@cache
def public_parameters() -> frozenset[str]:
    """The parameters of everything public in the package, and the fields of its caches."""
    public = [getattr(lite_mamba, name) for name in lite_mamba.__all__]
    parameters = {p for thing in public if callable(thing) for p in inspect.signature(thing).parameters}
    return frozenset(p for p in parameters if len(p) > 1) | {"seqlen_offset", "key_value_memory_dict", "conv_gates"}


@rule
def every_name_of_the_package_is_explained(nb):
    """A parameter that the text names is on the symbol card, in the glossary, or a name of the chapter's own code."""
    card = "\n".join(cell.source for cell in nb.section("Symbols"))
    explained = {name.strip() for term in TERMS for name in (term.word, *term.code.split(","))}
    explained |= set(re.findall(r"[A-Za-z_]\w*", " ".join(re.findall(r"`([^`]+)`", card))))
    for cell in nb.code:
        for node in ast.walk(cell.tree):
            explained |= {node.arg} if isinstance(node, ast.arg) else set()
            explained |= {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
    used = {name: cell for cell in reversed(nb.markdown) for name in re.findall(r"`([A-Za-z_]\w*)`", cell.source)}
    unknown = sorted(set(used) & public_parameters() - explained)
    return [f"{used[name]}: `{name}` is neither on the symbol card nor in the glossary" for name in unknown]


# Links, words, accessibility


def links(cell: Cell) -> list[tuple[str, str]]:
    """(text, target) of the markdown and HTML links of a cell; pictures are not links."""
    found = re.findall(r"(?<!!)\[([^\]]*)\]\(([^)\s]*)[^)]*\)", cell.prose)
    return found + [(text, to) for to, text in re.findall(r'<a\s[^>]*href="([^"]*)"[^>]*>(.*?)</a>', cell.prose, re.S)]


@rule
def relative_links_resolve(nb):
    found = []
    for cell in nb.markdown:
        for _, target in links(cell):
            path = target.split("#")[0]
            if target.startswith(("https://", "http://", "mailto:")) or not path:
                continue
            if path.startswith("/") or not (NOTEBOOKS / path).exists():
                found.append(f"{cell}: {target} leads nowhere")
    return found


@rule
def link_texts_say_where_they_lead(nb):
    vague = {"here", "click here", "link", "this", "this link", "more", ""}
    return [
        f"{cell}: link text {text!r} to {target}"
        for cell in nb.markdown
        for text, target in links(cell)
        if text.strip(" *_.").lower() in vague
    ]


@rule
def heading_levels_go_down_one_at_a_time(nb):
    found, last = [], 0
    for cell in nb.markdown:
        for level, text in cell.headings:
            if level > last + 1:
                found.append(f"{cell}: {text!r} jumps from level {last} to {level}")
            last = level
    return found


@rule
def every_picture_in_the_text_has_words(nb):
    found = []
    for cell in nb.markdown:
        found += [f"{cell}: a picture without alt text" for _ in re.findall(r"!\[\s*\]\(", cell.prose)]
        found += [f"{cell}: <img> without alt" for tag in re.findall(r"<img\b[^>]*>", cell.prose) if not has_alt(tag)]
    return found


def has_alt(tag: str) -> bool:
    return re.search(r"""\balt=("[^"]*\w[^"]*"|'[^']*\w[^']*')""", tag) is not None


@rule
def every_picture_in_an_output_has_words(nb):
    found = []
    for cell in nb.code:
        for output in cell.outputs:
            data = output.get("data", {})
            words = data.get("text/plain", "").strip()
            if "image/png" in data and (not words or words.startswith(("<Figure", "<IPython", "<PIL"))):
                found.append(f"{cell}: a picture whose text/plain is {words!r}")
            found += [
                f"{cell}: <img> without alt"
                for t in re.findall(r"<img\b[^>]*>", data.get("text/html", ""))
                if not has_alt(t)
            ]
    return found


@rule
def prose_does_not_shout(nb):
    return [
        f"{cell}: an exclamation mark"
        for cell in nb.markdown
        if re.search(r"!(?!\[|--|=)", re.sub(r"<!--.*?-->", "", cell.prose, flags=re.S))
    ]


HYPHEN_MINUS = re.compile(r"(?:(?<![\w.,/:)\]−-])|(?<=\de))-(?=\.?\d)")


def sentences(nb: Notebook) -> list[tuple[Cell, str]]:
    """What a reader reads: the prose, and what pictures, questions and answers say; neither code nor its printouts."""
    texts = [(cell, re.sub(r"\]\([^)]*\)", "]", cell.prose)) for cell in nb.markdown]
    for cell in nb.code:
        if not cell.tags & {"exercise", "bughunt"}:  # a card shows tensors
            shown = [o for o in cell.outputs if o.output_type == "display_data" or "image/png" in o.get("data", {})]
            texts += [(cell, output.data.get("text/plain", "").split("\n  worked out")[0]) for output in shown]
    return texts


WHO = re.compile(r"(?:^|[.!?:] )(Who [^.!?\n]*)\.", re.M)


@rule
def a_sentence_that_begins_with_who_asks(nb):
    """Where it says something, it is whoever, or the reader waits for a question mark."""
    return [f"{cell}: {m[1]!r}, which is no question" for cell, text in sentences(nb) for m in WHO.finditer(text)]


@rule
def another_chapter_is_called_a_notebook(nb):
    """One name for one thing, "notebook 04", by which other rules find it; the list of progress has "Chapter 04"."""
    found = ((cell, re.findall(r"\b[Cc]hapters? \d\d\b", text)) for cell, text in sentences(nb))
    return [f"{cell}: {name}" for cell, names in found for name in names if cell.is_markdown or name.islower()]


@rule
def numbers_in_sentences_have_a_true_minus(nb):
    return [
        f"{cell}: a hyphen before {text[m.end() :][:8]!r}"
        for cell, text in sentences(nb)
        for m in HYPHEN_MINUS.finditer(text)
    ]


COMMA, BARE = r"\b\d{1,3}(?:,\d{3})+\b", r"(?<![\w.,/“−-])\d{5,}(?![\w.])"  # 1,024 and 16384
SPACED = r"(?<![\d.,] )(?<![\w.,])\d \d{3}(?![ .]?\d| %)"  # 1 024, and not 2, 4, 8 100 %
UNEVEN = re.compile(f"{COMMA}|{BARE}|{SPACED}")


@rule
def numbers_in_sentences_have_their_thousands_apart(nb):
    return [f"{cell}: {m[0]!r}" for cell, text in sentences(nb) for m in UNEVEN.finditer(text)]


ONE_OF_MANY = re.compile(
    r"(?<![\w.,/^×−])(?<![\d−+][ \xa0\u202f])1 (bits|samples|steps|tokens|taps|bytes|states|channels|rows|processes|"
    r"inputs|parts|chunks|rounds|joins|pairs|times)\b"
)


@rule
def one_in_a_sentence_is_not_many(nb):
    printed = [(cell, out.text) for cell in nb.code for out in cell.outputs if out.output_type == "stream"]
    return [f"{cell}: {m[0]!r}" for cell, text in [*sentences(nb), *printed] for m in ONE_OF_MANY.finditer(text)]


@rule
def powers_of_ten_in_the_text_are_written_as_powers(nb):
    found = ((cell, re.search(r"\b[\d.]+e[−-]?\d+\b", cell.prose)) for cell in nb.markdown)
    return [f"{cell}: {m[0]!r}, which is 10⁻⁸ for 1e-8" for cell, m in found if m]


ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<~)])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\\w")


@rule
def outputs_name_no_address_and_no_absolute_path(nb):
    found = []
    for cell in nb.code:
        for output in cell.outputs:
            texts = [v for mime, v in output.get("data", {}).items() if mime.startswith("text/")]
            text = re.sub(r"data:image/[^\"']*", "", "\n".join([*texts, output.get("text", "")]))
            found += [f"{cell}: prints {m[0]}" for m in (ADDRESS.search(text), ABSOLUTE_PATH.search(text)) if m]
    return found
