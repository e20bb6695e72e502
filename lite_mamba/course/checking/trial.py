"""Judges a function on drawn cases, without any output: the engine of the check.

A known mistake's name is given only if the known wrong answer gives the learner's values on every case that tells. Else
what came is compared with what was expected: a wrong form or a relation between the values has a general name. Where
nothing is found, two known mistakes are tried together.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial, wraps
from inspect import isfunction
from itertools import combinations, count, islice
from typing import Any

from torch import Tensor

from .compare import Tolerance, difference
from .edits import both
from .errors import InALargerCase, raised_by_check, same_error, swallowed
from .exercise import Draw, Exercise, Misconception, Mistake
from .features import FEWEST, claims
from .forms import form
from .general import Said, named, named_error
from .gradients import lost_gradient
from .relations import value_words
from .running import Example, Outcome, beside, kept, neutral, run, spun, tolerance
from .same_shape import ANOTHER_FACTOR, ANOTHER_NUMBER
from .stub import is_stub
from .tables import shape_words

SHRINK_TRIES = 80
CLAIM_DRAWS, CLAIM_TRIES = 200, 8  # further cases that are drawn, and those of them in which a claim is tried
SECONDS_OF_A_PAIR = 0.5  # for one call of two edits together: there are hundreds, and some do not come to an end
# What says that something multiplies or is added, and not what: two known mistakes say more.
VAGUE_NAMES = "a factor for each row or column", "a number added to each row or column"
VAGUE = ANOTHER_FACTOR, ANOTHER_NUMBER
ONLY_WHERE = "one part wrong"  # true of most mistakes where a result has several parts, and it says nothing of what
TELLING = 3  # single words or numbers that must tell a known wrong answer from the right one, or it earns no name


@dataclass(frozen=True)
class Trial:
    """One drawn case. `sizes` are the drawn sizes with the smallest allowed ones; None for a fixed example."""

    number: int
    case: dict[str, Any]
    sizes: list[tuple[int, int]] | None
    seed: int = 0


@dataclass(frozen=True)
class Verdict:
    """The judgement: "right", "misconception", "wrong", "raised", "endless" or "not attempted".

    The misconception is a known one of the exercise, or a general one, of which `relations` says more, also of an
    error; of a known one, which error was caught.
    """

    kind: str
    trials: int = 0
    example: Example | None = None
    misconception: Mistake | None = None
    relations: tuple[str, ...] = ()  # what was found out about the mistake


@kept()
def judge(exercise: Exercise, function: Callable[..., Any], quiet: bool = False) -> Verdict:
    """The verdict on a function: first the reference, then each known misconception.

    What the function prints in the first case is shown, unless quiet.
    """
    examples = []
    for trial in trials(exercise):
        got = run(exercise, function, trial.case, quiet or trial.number > 0)
        examples.append(beside(exercise, trial.case, outcome(exercise, exercise.reference, trial.number), got))
        if is_stub(function, got):
            return Verdict("not attempted")
        if spun(got):
            return Verdict("endless", example=examples[-1])
    if all(example.right for example in examples):
        lost = lost_gradient(exercise, function, [example.case for example in examples])
        return Verdict("right", trials=len(examples)) if lost is None else _without_gradient(lost)
    return _name_failure(exercise, function, examples)


@lru_cache(maxsize=64)
def trials(exercise: Exercise) -> tuple[Trial, ...]:
    """The cases of an exercise, drawn once."""
    return draw_trials(exercise)


@kept()
def draw_trials(exercise: Exercise) -> tuple[Trial, ...]:
    """The fixed example, if any, then random cases with growing sizes; the same ones at every call."""
    found = [] if exercise.example is None else [Trial(0, exercise.example, None)]
    for i in range(exercise.trials):
        draw = Draw(zlib.crc32(exercise.id.encode()) + i, growth=i / max(1, exercise.trials - 1))
        found.append(Trial(len(found), drawn(exercise, draw), draw.taken, draw.seed))
    return tuple(found)


def drawn(exercise: Exercise, draw: Draw) -> dict[str, Any]:
    """One case. Parts that are made with global random numbers, a block for example, are the same each time, too."""
    with neutral(draw.seed):
        return exercise.cases(draw)


@lru_cache(maxsize=8192)
def outcome(exercise: Exercise, function: Callable[..., Any], number: int) -> Outcome:
    """What the reference or a known wrong answer does in a trial, found out once. Not for a learner's function."""
    return run(exercise, function, trials(exercise)[number].case)


@lru_cache(maxsize=8192)
def is_wrong(exercise: Exercise, known: Callable[..., Any], number: int) -> bool:
    """Whether a known wrong answer is wrong in a trial, found out once."""
    outcomes = (outcome(exercise, one, number) for one in (exercise.reference, known))
    return not beside(exercise, trials(exercise)[number].case, *outcomes).right


def failure(exercise: Exercise, function: Callable[..., Any], case: dict[str, Any]) -> Example | None:
    """How a function fails a case, or None if it is right."""
    found = beside(exercise, case, run(exercise, exercise.reference, case), run(exercise, function, case))
    return None if found.right else found


def _without_gradient(lost: Example) -> Verdict:
    if spun(lost.got):
        return Verdict("endless", example=lost)
    if lost.raised:
        words = ("This came when the inputs asked for gradients.",)
        return Verdict("raised", example=lost, misconception=named_error(lost.raised), relations=words)
    infinite = lost.difference is not None and lost.difference.kind == "not finite"
    name = "a gradient that is not a number" if infinite else "a gradient cut off"
    return Verdict("misconception", example=lost, misconception=named([Said(name)]))


def _name_failure(exercise: Exercise, function: Callable[..., Any], examples: list[Example]) -> Verdict:
    wrong = [i for i, example in enumerate(examples) if not example.right]
    wrong.sort(key=lambda i: raised_by_check(examples[i].raised) or _only_changed(examples[i]))  # wrong numbers first
    misconception = known_misconception(exercise, examples)
    if misconception is not None:  # shown where it is seen: elsewhere something else may be wrong, too
        first = next((i for i in wrong if misconception.where(**examples[i].case)), wrong[0])
        small = shrink(exercise, function, examples[first], trials(exercise)[first], misconception.where)
        caught = None if small.raised else _caught(exercise, function, small.case)
        words = (caught,) if caught else ()
        return Verdict("misconception", example=small, misconception=misconception, relations=words)
    more = list(_with_as_many_again(exercise, function, examples))
    of_values = value_words(more, tolerance(exercise))
    bears = partial(_bears_out, exercise, more, of_values)
    small = shrink(exercise, function, examples[wrong[0]], trials(exercise)[wrong[0]], bears=bears)
    found = () if spun(more[-1].got) else relations(exercise, function, examples, more, of_values)
    words = tuple(said.words for said in found if said.words)
    if small.raised and not isinstance(small.raised, InALargerCase):
        return Verdict("raised", example=small, misconception=named_error(small.raised), relations=words)
    if small.raised is None and (caught := _caught(exercise, function, small.case)):
        words = (caught, *words)
        if small.got.value is None:
            found = (Said("a caught error"),)
    name = named(found)
    is_vague = name is None or name.name in (*VAGUE_NAMES, ONLY_WHERE) or of_values in VAGUE
    if is_vague and (two := two_known(exercise, examples)):
        vague = [said.words for said in found if said in VAGUE or said.name in VAGUE_NAMES]
        name, words = named([two]), (*(one for one in words if one not in vague), two.words)
    return Verdict("misconception" if name else "wrong", example=small, misconception=name, relations=words)


def _only_changed(example: Example) -> bool:
    """Whether the value is right, and what is wrong is what the call leaves behind, in its inputs for example."""
    return not example.raised and example.difference is None


def _caught(exercise: Exercise, function: Callable[..., Any], case: dict[str, Any]) -> str | None:
    """The last error that an answer caught in a case, in words; None if there is none, or if one came out of it."""
    outcomes: list[Outcome] = []
    words = swallowed(lambda: outcomes.append(run(exercise, function, case)))
    return None if outcomes[0].error else words


def _with_as_many_again(exercise: Exercise, function: Callable[..., Any], examples: list[Example]) -> Iterator[Example]:
    """The examples and as many again, up to a call that spins."""
    yield from examples
    for case, expected in _more(exercise):
        yield beside(exercise, case, expected, got := run(exercise, function, case))
        if spun(got):
            return


def _bears_out(exercise: Exercise, examples: list[Example], said: Said | None, example: Example) -> bool:
    """Whether one more example keeps what is said of the values in the others: whole numbers may be right by chance."""
    return said is None or value_words([*examples, example], tolerance(exercise)) == said


def relations(
    exercise: Exercise,
    function: Callable[..., Any],
    examples: list[Example],
    more: list[Example],
    of_values: Said | None,
) -> tuple[Said, ...]:
    """On which cases a mistake shows, and how form and values differ in these and in as many again."""
    if changes_by_call(exercise, function, examples):
        return (Said("another result at the next call", "The same inputs, given again, do not lead to the same."),)
    found = (
        _case_words(exercise, function, more),
        _unused_words(exercise, function, examples, more),
        of_values,
        form(more, lambda case: tolerance(exercise, case)),
    )
    return tuple(filter(None, found))


def changes_by_call(exercise: Exercise, function: Callable[..., Any], examples: list[Example]) -> bool:
    """Whether the inputs of the first wrong case are answered otherwise later: a call left something for the next."""
    first = next(example for example in examples if not example.right)
    again = beside(exercise, first.case, first.expected, run(exercise, function, first.case))
    return not first.raised and (bool(again.raised) or first.difference != again.difference)


@lru_cache(maxsize=64)
@kept()
def _more(exercise: Exercise) -> tuple[tuple[dict[str, Any], Outcome], ...]:
    """As many cases again, of all sizes, each with what is expected; found out once."""
    seed = zlib.crc32(exercise.id.encode())
    cases = [drawn(exercise, Draw(seed - 1 - i)) for i in range(exercise.trials)]
    return tuple((case, run(exercise, exercise.reference, case)) for case in cases)


def _case_words(exercise: Exercise, function: Callable[..., Any], more: list[Example]) -> Said | None:
    """On which cases a mistake shows: where it is said to be right, it is in further cases, too."""
    for claim in claims(more):
        said_right = filter(claim.holds, islice(_further(exercise), CLAIM_DRAWS))
        if not any(failure(exercise, function, case) for case in islice(said_right, CLAIM_TRIES)):
            return Said("right in some cases only", claim.words)
    return None


def _further(exercise: Exercise) -> Iterator[dict[str, Any]]:
    """Cases of all sizes beyond those of `_more`."""
    first = zlib.crc32(exercise.id.encode()) - 1 - exercise.trials
    return (drawn(exercise, Draw(first - i)) for i in count())


def _unused_words(
    exercise: Exercise, function: Callable[..., Any], examples: list[Example], more: list[Example]
) -> Said | None:
    """The parameters that make no difference to what comes, though they should in wrong cases: each is exchanged."""
    wrong = [(i, example) for i, example in enumerate(examples) if not example.right and not example.raised]
    right = [(i, example) for i, example in enumerate(examples) if example.right]
    if len(wrong) < FEWEST or _hardly_changes(more) or any(_says_nothing(example) for _, example in wrong):
        return None

    tries = 20 if all(_is_plain(example) for _, example in wrong) else 5  # one number seldom changes, a tensor always

    def exchanged(name: str, some: list[tuple[int, Example]]) -> Iterator[tuple[bool, bool] | None]:
        return (_exchanged(exercise, function, name, *one) for one in some)

    names = [
        name
        for name in examples[0].case
        if all(found in (None, (True, False)) for found in exchanged(name, wrong[-tries:]))
        and not any(found and found[1] for found in exchanged(name, [*wrong[:-tries], *right]))
        and not _is_called(exercise, function, name, wrong[-1][1].case)
    ]
    if not names:
        return None
    *others, last = (f"`{name}`" for name in names)
    listed = " or ".join([*filter(None, [", ".join(others)]), last])
    return Said("an input without effect", f"Its result does not depend on {listed}.")


def _is_called(exercise: Exercise, function: Callable[..., Any], name: str, case: dict[str, Any]) -> bool:
    """Whether a parameter is a function that the answer asks: then the answer depends on it, if only a little."""
    if not isfunction(case[name]):
        return False
    calls: list[tuple] = []

    @wraps(case[name])
    def heard(*given: Any, **named: Any) -> Any:
        calls.append(given)
        return case[name](*given, **named)

    run(exercise, function, {**case, name: heard})
    return bool(calls)


def _hardly_changes(examples: list[Example]) -> bool:
    """Whether one number comes in most cases, and not in all, where the expected ones differ: no exchange tells why."""
    plain = [example for example in examples if _is_plain(example)]
    got, expected = (Counter(getattr(one, which).value for one in plain) for which in ("got", "expected"))
    return len(got) > 1 and max(got.values()) > len(plain) / 2 >= max(expected.values())


def _is_plain(example: Example) -> bool:
    return all(isinstance(one.value, (bool, int, float)) for one in (example.got, example.expected))


def _says_nothing(example: Example) -> bool:
    """Whether what came hides what it was made of: nothing, NaN, infinity, cut to whole numbers or to none, words."""
    value, kind = example.got.value, example.difference.kind if example.difference else None
    parts = value.values() if isinstance(value, dict) else [value]
    words = isinstance(value, str) and not isinstance(example.expected.value, str)
    empty = kind == "shape" and any(_is_empty(part) for part in (value if isinstance(value, tuple) else parts))
    whole = kind == "shape" and _is_real(example.expected.value) and isinstance(value, Tensor) and not _is_real(value)
    return kind in ("nan", "infinity", "dtype") or words or empty or whole or any(part is None for part in parts)


def _is_real(value: Any) -> bool:
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def _is_empty(value: Any) -> bool:
    return isinstance(value, Tensor) and value.numel() == 0


def _exchanged(
    exercise: Exercise, function: Callable[..., Any], name: str, number: int, example: Example
) -> tuple[bool, bool] | None:
    """Whether another value of a parameter changes the reference's result, and the function's; None if untried."""
    if trials(exercise)[number].sizes is None:
        return None
    case, expected = _with_another(exercise, name, number)
    if expected is None or expected.error or (got := run(exercise, function, case)).error:
        return False, False
    exact = Tolerance()
    return (
        difference(example.expected.value, expected.value, exact) is not None,
        difference(example.got.value, got.value, exact) is not None,
    )


@lru_cache(maxsize=1024)
def _with_another(exercise: Exercise, name: str, number: int) -> tuple[dict[str, Any], Outcome | None]:
    """A trial's case with another value of a parameter, and what is expected: nothing if the shapes do not fit."""
    trial = trials(exercise)[number]
    other = drawn(exercise, Draw(trial.seed + 1, sizes=[size for size, _ in trial.sizes or ()]))
    before, after = trial.case[name], other[name]
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        after = after.to(before.dtype)  # of the same type, as the others of this case are
    case = {**trial.case, name: after}
    fits = shape_words(after) == shape_words(before)
    return case, run(exercise, exercise.reference, case) if fits else None


def known_misconception(exercise: Exercise, examples: Sequence[Example]) -> Misconception | None:
    """The first known misconception that agrees with all of a function's outcomes on the cases that tell."""
    for known in exercise.misconceptions:
        if any(_explains(exercise, wrong, known.where, examples) for wrong in known.answers):
            return known
    return None


def two_known(exercise: Exercise, examples: Sequence[Example]) -> Said | None:
    """Two known misconceptions that together give all of a function's outcomes; None if there is no one such pair."""
    number, pairs = _pairs(exercise)
    found = [
        names
        for names, wrong, one in pairs
        if _agree(exercise, one, examples[number].got)
        and all(
            _agree(exercise, run(exercise, wrong, example.case, seconds=SECONDS_OF_A_PAIR), example.got)
            for example in examples
        )
    ]
    evidence = sum(1 if _single(example.got) else TELLING for example in examples if not example.right)
    if len(found) != 1 or evidence < TELLING:
        return None
    return Said("two mistakes at once", "Together, “{}” and “{}” give these values.".format(*found[0]))


@lru_cache(maxsize=8)
def _pairs(exercise: Exercise) -> tuple[int, list[tuple[tuple[str, str], Callable[..., Any], Outcome]]]:
    """The number of a case, and of each two misconceptions that go together the names, the answer, and what it gives.

    Of several spellings the first is taken. The code that a bug hunt gives is no mistake, but what is to be mended.
    """
    number = len(trials(exercise)) // 4  # a small case, but none of the smallest: few pairs agree by chance
    case = trials(exercise)[number].case
    known = [one for one in exercise.misconceptions if not one.given]
    joined = [
        ((one.name, other.name), both(one.answers[0], other.answers[0]))
        for one, other in combinations(known, 2)
        if not (exercise.sums and _too_large(exercise, one, number) != _too_large(exercise, other, number))
    ]
    return number, [
        (names, wrong, run(exercise, wrong, case, seconds=SECONDS_OF_A_PAIR)) for names, wrong in joined if wrong
    ]


def _too_large(exercise: Exercise, known: Misconception, number: int) -> bool:
    """Whether a known mistake's number is above the right one."""
    right, got = (outcome(exercise, one, number) for one in (exercise.reference, known.answers[0]))
    return got.error is None and got.value > right.value


def _explains(exercise: Exercise, wrong: Callable[..., Any], where: Callable[..., bool], examples) -> bool:
    """Whether a known wrong answer agrees on all cases that `where` picks, and they tell it from the right answer."""
    evidence = 0
    for i, example in enumerate(examples):
        if where(**example.case):
            other = outcome(exercise, wrong, i)
            if not _agree(exercise, other, example.got):
                return False
            if is_wrong(exercise, wrong, i):
                evidence += 1 if _single(other) else TELLING
    return evidence >= TELLING


def _single(outcome: Outcome) -> bool:
    """Whether an outcome is one word or number, on which two mistakes may agree by chance."""
    value = outcome.value
    if isinstance(value, Tensor):
        return value.numel() < 2
    return outcome.error is None and not (isinstance(value, (tuple, list, dict)) and len(value) > 1)


def _agree(exercise: Exercise, known: Outcome, got: Outcome) -> bool:
    """Whether a known outcome is the one that came: the same values, or the same error at the same operation."""
    if known.error is not None or got.error is not None:
        return same_error(known.error, got.error)
    behind = set(known.changed) <= set(got.changed) and set(known.left) <= set(got.left)
    return behind and difference(known.value, got.value, tolerance(exercise)) is None


def same_everywhere(exercise: Exercise, first: Callable[..., Any], second: Callable[..., Any]) -> bool:
    """Whether two known answers agree on every case."""
    numbers = range(len(trials(exercise)))
    return all(_agree(exercise, outcome(exercise, first, i), outcome(exercise, second, i)) for i in numbers)


def shrink(
    exercise: Exercise,
    function: Callable[..., Any],
    example: Example,
    trial: Trial,
    where: Callable[..., bool] = lambda **case: True,
    bears: Callable[[Example], bool] = lambda example: True,
) -> Example:
    """A smaller case that fails in the same way, among those that are asked for: each size as small as it goes, then
    whole numbers, unless they do not bear out what is said and the others do.
    """
    if trial.sizes is None:
        return example
    best, tries = [size for size, _ in trial.sizes], Tries(exercise, function, example, trial.seed, where)
    for i, (_, low) in enumerate(trial.sizes):
        for size in range(low, best[i] if i < len(best) else low):
            sizes = [*best[:i], size, *best[i + 1 :]]
            if tries.fails(sizes):
                best = sizes
                break
    before = tries.smallest
    tries.fails(best, whole=True)
    whole = tries.smallest
    return before if whole is not before and not bears(whole) and bears(before) else whole


@dataclass
class Tries:
    """Tries smaller cases and remembers the last one that fails in the same way."""

    exercise: Exercise
    function: Callable[..., Any]
    smallest: Example
    seed: int
    where: Callable[..., bool]
    left: int = field(default=SHRINK_TRIES)

    def fails(self, sizes: list[int], whole: bool = False) -> bool:
        self.left -= 1
        if self.left < 0:
            return False
        case = drawn(self.exercise, Draw(self.seed, 1.0, sizes, whole))
        if not self.where(**case):
            return False
        found = failure(self.exercise, self.function, case)
        if found is None or _way(found) != _way(self.smallest):
            self.left *= found is None or not spun(found.got)  # a call that spins is not tried again
            return False
        self.smallest = found
        return True


def _way(example: Example) -> tuple[Any, ...]:
    return (type(example.raised), example.difference.kind if example.difference else None)
