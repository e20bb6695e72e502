"""Rules that hold for the exercises of every chapter, and fakes that show that each rule can fail."""

from __future__ import annotations

import inspect
import itertools
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from notebook_rules import NOTEBOOKS, WHO, Notebook
from torch import Tensor

from lite_mamba.course import chapters
from lite_mamba.course.checking.compare import Facts, Tolerance, difference
from lite_mamba.course.checking.exercise import Draw, Exercise, Misconception, Question
from lite_mamba.course.checking.general import HINTS
from lite_mamba.course.checking.running import Example, Outcome, beside, kept, spun
from lite_mamba.course.checking.trial import draw_trials, judge, known_misconception, outcome, same_everywhere, trials

KNOWS_COLUMNS = sys.version_info >= (3, 11)  # before, the same words from two places of one line are the same error


def complaints(module, chapter: str) -> list[str]:
    """Everything that is wrong with an exercise module; the generic rules of the course."""
    found = [line for exercise in module.EXERCISES for line in exercise_complaints(exercise, chapter)]
    ids = [exercise.id for exercise in module.EXERCISES]
    found += [f"{id}: used twice" for id in sorted(set(ids)) if ids.count(id) > 1]
    return found + recap_complaints(module.RECAP)


def exercise_complaints(exercise: Exercise, chapter: str) -> Iterator[str]:
    if exercise.chapter != chapter or not exercise.name.isidentifier():
        yield f"{exercise.id}: the id should be {chapter}.<name of the function>"
    if not exercise.title:
        yield f"{exercise.id}: no title"
    if len(exercise.misconceptions) < 3:
        yield f"{exercise.id}: only {len(exercise.misconceptions)} misconceptions"
    if judge(exercise, exercise.reference).kind != "right":
        yield f"{exercise.id}: the reference doesn't pass"
        return
    yield from case_complaints(exercise)
    yield from misconception_complaints(exercise)


def case_complaints(exercise: Exercise) -> Iterator[str]:
    parameters = set(inspect.signature(exercise.apply or exercise.reference).parameters)
    for trial in trials(exercise):
        if exercise.apply is None and not set(trial.case) <= parameters:
            yield f"{exercise.id}: cases give {sorted(set(trial.case) - parameters)}, no parameters of the reference"
            return
    first, second = trials(exercise), draw_trials(exercise)
    if any(difference(data(a.case), data(b.case), Tolerance()) for a, b in zip(first, second, strict=True)):
        yield f"{exercise.id}: the cases aren't the same at every run"


def data(case: dict) -> dict:
    """A case without the functions in it, which may be made anew each time."""
    return {name: value for name, value in case.items() if not callable(value)}


def misconception_complaints(exercise: Exercise) -> Iterator[str]:
    names = [known.name for known in exercise.misconceptions]
    yield from (f"{exercise.id}: two misconceptions are called {name!r}" for name in names if names.count(name) > 1)
    for known in exercise.misconceptions:
        if len(known.message) < 10:
            yield f"{exercise.id}: {known.name!r} has no message"
        if known.message.count("$") > 1:
            yield f"{exercise.id}: {known.name!r} holds a formula, which a card shows as it is typed"
        if re.search(r"[Mm]ultipl(?:y|ies|ied|ying)\b(?:(?! by )[^.?])*? with (?!one another)", known.message):
            yield f"{exercise.id}: {known.name!r} multiplies with a number, and not by it"
        if re.search(r"\b([Aa]sked|[Ww]anted) (for )?(is|are)\b", known.message):
            yield f"{exercise.id}: {known.name!r} says asked is, and not what the task asks for"
        if WHO.search(known.message):
            yield f"{exercise.id}: {known.name!r} begins a sentence with who, and asks nothing"
        for wrong in known.answers:
            examples = remembered(exercise, wrong)
            for error in {repr(one.raised) for one in examples if isinstance(one.raised, NameError)}:
                yield f"{exercise.id}: {known.name!r} uses a name that its module lacks: {error}"
            if (caught := judged_as(exercise, examples)) is not known:  # as an earlier one, if the two always agree
                yield f"{exercise.id}: {known.name!r} is judged as {getattr(caught, 'name', caught)!r}"
        for pair in itertools.combinations(known.answers, 2):
            if KNOWS_COLUMNS and same_everywhere(exercise, *pair):
                yield f"{exercise.id}: two spellings of {known.name!r} always agree"


def remembered(exercise: Exercise, wrong: Callable) -> list[Example]:
    """What a known wrong answer does in every case, each of which is run once for all that is asked of it here."""
    both = exercise.reference, wrong
    return [
        beside(exercise, trial.case, *(outcome(exercise, one, trial.number) for one in both))
        for trial in trials(exercise)
    ]


def judged_as(exercise: Exercise, examples: list[Example]) -> Misconception | str:
    """The misconception that the judge sees in a wrong answer, or its verdict."""
    if all(example.right for example in examples):
        return "right"
    if any(spun(example.got) for example in examples):
        return "endless"
    return known_misconception(exercise, examples) or "wrong"


def recap_complaints(questions: list[Question]) -> list[str]:
    found = [] if len(questions) == 5 else [f"the recap has {len(questions)} questions"]
    for question in questions:
        if question.answer not in question.choices:
            found.append(f"{question.text}: the answer is not among the choices")
        if len(set(question.choices)) != len(question.choices) or len(question.choices) < 2:
            found.append(f"{question.text}: needs at least two choices, all different")
        if not question.why:
            found.append(f"{question.text}: no why")
        if WHO.search(question.why):
            found.append(f"{question.text}: its why has a sentence that begins with who, and asks nothing")
    places = [question.choices.index(question.answer) for question in questions if question.answer in question.choices]
    if any(places.count(place) > 3 for place in places):
        found.append("more than three right answers of the recap stand at one place")
    texts = [question.text for question in questions]
    return found + (["two recap questions are the same"] if len(set(texts)) != len(texts) else [])


def global_states() -> tuple:
    return random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_a_judge_leaves_the_global_random_numbers_alone(chapter):
    for exercise in chapters.exercises(chapter):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        before = global_states()
        known = exercise.misconceptions[0]
        verdicts = judge(exercise, exercise.reference), judge(exercise, known.answers[0])
        assert global_states() == before
        assert (verdicts[0].kind, verdicts[1].misconception) == ("right", known), exercise.id


@pytest.mark.thorough
@pytest.mark.parametrize("chapter", chapters.chapters())
@kept()  # not once for each of some thousand calls
def test_the_module_keeps_every_rule(chapter):
    assert complaints(chapters.module(chapter), chapter) == []


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_float64_for_float32_is_refused_wherever_a_result_has_the_dtype_of_its_inputs(chapter):
    for exercise in chapters.exercises(chapter):
        for trial in trials(exercise):
            expected = outcome(exercise, exercise.reference, trial.number)
            found = beside(exercise, trial.case, expected, Outcome(wide(expected.value)))
            judged = float32_in(trial.case) and float32_in(expected.value)
            assert found.right != judged, exercise.id
            assert found.right or "right, the dtype is float64; it should be float32" in found.difference.words


def float32_in(value) -> bool:
    if isinstance(value, (dict, tuple, list)):
        return any(map(float32_in, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Tensor) and value.dtype == torch.float32


def wide(value):
    if isinstance(value, Facts):
        return Facts(value.of, wide(dict(value)))
    if isinstance(value, dict):
        return {key: wide(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [wide(item) for item in value]
    return value.double() if float32_in(value) else value


def test_ids_are_unique_over_all_modules():
    ids = [found.id for chapter in chapters.chapters() for found in chapters.exercises(chapter)]
    assert len(ids) == len(set(ids))


def test_every_notebook_has_a_chapter_with_its_name():
    notebooks = {path.stem for path in (Path(__file__).parent.parent / "notebooks").glob("[0-9]*.ipynb")}
    assert {f"ch{name}" for name in notebooks} == set(chapters.folders().values())


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_each_exercise_stands_in_a_module_of_its_name(chapter):
    package = chapters.module(chapter)
    assert [name for name in getattr(package, "__all__", []) if not hasattr(package, name)] == []
    for exercise in chapters.exercises(chapter):
        module = import_module(f"{package.__name__}.{exercise.name}")
        assert getattr(module, exercise.name.upper(), None) is exercise, exercise.id


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_an_exercise_is_called_as_in_its_notebook(chapter):
    notebook = Notebook.read(NOTEBOOKS / f"{chapters.folders()[chapter].removeprefix('ch')}.ipynb")
    titles = {found.id: found.title for found in chapters.exercises(chapter)}
    for heading, cells in notebook.tasks:
        (id,) = re.findall(r'course\.check\("([\w.]+)"', "".join(cell.source for cell in cells if not cell.is_markdown))
        assert f": {titles.pop(id)}" == heading.removeprefix(heading.partition(":")[0]), id
    assert not titles


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_the_code_that_a_bug_hunt_gives_is_marked_as_given(chapter):
    name = chapters.folders()[chapter].removeprefix("ch")
    hunts = Notebook.read(NOTEBOOKS / f"{name}.ipynb").tagged("bughunt")
    said = [output.get("data", {}).get("text/plain", "") for cell in hunts for output in cell.outputs]
    known = [(found.id, mistake) for found in chapters.exercises(chapter) for mistake in found.misconceptions]
    given = [(id, mistake.name) for id, mistake in known if mistake.given]
    assert len(given) == len(hunts)
    assert all(any(f"{id}: this is “{name}”" in text for text in said) for id, name in given)


def test_a_hint_for_any_exercise_names_no_heading_that_a_stub_may_lack():
    stubs = [cell.source for path in NOTEBOOKS.glob("*.ipynb") for cell in Notebook.read(path).tagged("exercise")]
    lacking = [heading for heading in ("Args", "Returns") if not all(f"{heading}:" in stub for stub in stubs)]
    assert [hint for hint in HINTS.values() if any(heading in hint for heading in lacking)] == []


ASKING = [found for chapter in chapters.chapters() for found in chapters.exercises(chapter) if found.gradients]


@pytest.mark.parametrize("exercise", ASKING, ids=lambda exercise: exercise.id)
def test_a_task_says_before_that_gradients_are_asked_for(exercise):
    assert set(exercise.gradients) <= set(inspect.signature(exercise.reference).parameters)
    name = chapters.folders()[exercise.chapter].removeprefix("ch")
    tasks = Notebook.read(NOTEBOOKS / f"{name}.ipynb").tasks
    asked = f'check("{exercise.id}"'
    task = next(cells for _, cells in tasks if any(asked in cell.source for cell in cells))
    before = itertools.takewhile(lambda cell: asked not in cell.source, task)
    assert any("gradients" in cell.source.lower() for cell in before if cell.node["cell_type"] == "markdown")


def test_importing_the_package_does_not_import_the_course():
    program = (
        "import sys, lite_mamba; print([m for m in sys.modules if 'course' in m or m in ('matplotlib', 'IPython')])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_without_its_packages_the_course_says_which_command_brings_them():
    program = "import sys; sys.modules['matplotlib'] = None; import lite_mamba.course"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "the course needs matplotlib, which is not installed" in said
    assert 'python -m pip install --editable ".[course]"' in said


# A small module that keeps every rule, and one way to break each of them.


def double(x: Tensor) -> Tensor:
    return 2 * x  # (L,)


def triple(x: Tensor) -> Tensor:
    return 3 * x  # (L,)


def thrice(x: Tensor) -> Tensor:
    return x + x + x  # (L,)


def unknown_name(x: Tensor) -> Tensor:
    return gone * x  # noqa: F821


def doubled_in_place(x: Tensor) -> Tensor:
    return x.mul_(2)  # (L,)


THREE = (
    Misconception("a tripled value", "Multiply by two, not by three.", triple),
    Misconception("a square", "Multiply by two, not by itself.", lambda x: x * x),
    Misconception("no change", "The value comes back as it was.", lambda x: x.clone()),
)
FIVE = [Question(f"Is {n} even?", ["yes", "no"], "yes" if n % 2 == 0 else "no", "Divide it by two.") for n in range(5)]


def line_cases(draw: Draw) -> dict:
    return {"x": draw.normal(draw.size(1, 6))}


def fake(recap: list[Question] = FIVE, **changes) -> SimpleNamespace:
    fields = {"id": "91.double", "title": "Double", "reference": double, "cases": line_cases, "misconceptions": THREE}
    return SimpleNamespace(EXERCISES=[Exercise(**(fields | changes))], RECAP=recap)


ONE = torch.ones(1)
counter = iter(range(1, 10_000))
BROKEN = [
    ("id should be", fake(id="92.double")),
    ("name of the function", fake(id="91.double it")),
    ("no title", fake(title="")),
    ("only 2 misconceptions", fake(misconceptions=THREE[:2])),
    ("reference doesn't pass", fake(reference=doubled_in_place)),
    ("no parameters of the reference", fake(reference=lambda x, **rest: 2 * x, cases=lambda draw: {"x": ONE, "y": 2})),
    ("aren't the same at every run", fake(cases=lambda draw: {"x": next(counter) * ONE})),
    ("two misconceptions are called", fake(misconceptions=[*THREE, THREE[0]])),
    ("says asked is", fake(misconceptions=[*THREE, Misconception("minus", "Wanted are twice as much.", lambda x: -x)])),
    ("has no message", fake(misconceptions=[*THREE, Misconception("minus", "No.", lambda x: -x)])),
    ("is judged as 'right'", fake(misconceptions=[*THREE, Misconception("right", "It is right.", lambda x: x + x)])),
    ("a name that its module lacks", fake(misconceptions=[*THREE, Misconception("gone", "Not there.", unknown_name)])),
    ("is judged as 'a tripled value'", fake(misconceptions=[*THREE, Misconception("thrice", "Not so often.", thrice)])),
    ("always agree", fake(misconceptions=[*THREE[1:], Misconception("thrice", "Not three times.", [triple, thrice])])),
    ("holds a formula", fake(misconceptions=[*THREE, Misconception("a sum", "Not $x + 3$ here.", lambda x: x + 3)])),
    ("asks nothing", fake(misconceptions=[*THREE, Misconception("a sum", "Who adds, errs.", lambda x: x + 3)])),
    ("and not by it", fake(misconceptions=[*THREE, Misconception("a sum", "Multiply x with 2.", lambda x: x + 3)])),
    ("recap has 4 questions", fake(recap=FIVE[:4])),
    ("not among the choices", fake(recap=[*FIVE[:4], Question("Why?", ["a", "b"], "c", "So.")])),
    ("all different", fake(recap=[*FIVE[:4], Question("Why?", ["a", "a"], "a", "So.")])),
    ("no why", fake(recap=[*FIVE[:4], Question("Why?", ["a", "b"], "a", "")])),
    ("its why has a sentence", fake(recap=[*FIVE[:4], Question("Why?", ["a", "b"], "a", "Who counts, knows.")])),
    ("questions are the same", fake(recap=[*FIVE[:4], FIVE[0]])),
    ("at one place", fake(recap=[Question(f"Is {n} even?", ["yes", "no"], "yes", "By two.") for n in range(0, 10, 2)])),
]


def test_a_good_fake_module_keeps_every_rule():
    assert complaints(fake(), "91") == []


@pytest.mark.parametrize(("complaint", "module"), BROKEN, ids=[complaint for complaint, _ in BROKEN])
def test_each_rule_can_fail(complaint, module):
    if complaint == "always agree" and not KNOWS_COLUMNS:
        pytest.skip("Python 3.10 cannot hold this rule")
    found = complaints(module, "91")
    assert any(complaint in line for line in found), found


def test_a_module_that_uses_an_id_twice_is_named():
    module = fake()
    module.EXERCISES *= 2
    assert any("used twice" in line for line in complaints(module, "91"))
