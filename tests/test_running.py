"""Whatever a learner's function does, the check ends, says what it was, and leaves everything as it was."""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import random
import sys
import threading
import time

import numpy as np
import pytest
import torch
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from torch.backends import opt_einsum

from lite_mamba import course
from lite_mamba.course.chapters import exercise
from lite_mamba.course.chapters.ch03_streaming_a_convolution import exercises as streaming
from lite_mamba.course.checking import limit, running
from lite_mamba.course.checking.errors import same_error
from lite_mamba.course.checking.exercise import Exercise
from lite_mamba.course.checking.limit import Endless, in_time
from lite_mamba.course.checking.trial import SHRINK_TRIES, draw_trials, judge

pytestmark = pytest.mark.usefixtures("fake_chapter")


def delay(x, lag):
    y = torch.zeros_like(x)
    y[:, lag:] = x[:, : x.shape[1] - lag]
    return y


def told(capsys, function, id="91.shifted"):
    course.check(id, function)
    return capsys.readouterr().out


@pytest.mark.filterwarnings("error")
def test_an_async_answer_is_told_without_a_warning(capsys):
    async def shifted(x, lag):
        return delay(x, lag)

    assert "is a coroutine (leave out `async`); it should be a" in told(capsys, shifted)


def test_an_open_gap_is_three_dots(capsys):
    assert "got       (three dots,)" in told(capsys, lambda x, lag: (...,))


# A call that does not come to an end.


def spinning(x, lag):
    t = 0
    while t < x.shape[1]:
        t += lag - 1
    return delay(x, lag)


def catching_all(x, lag):
    while True:
        try:  # noqa: SIM105
            sum(range(100))
        except:  # noqa: E722
            pass


def catching_all_twice(x, lag):
    while True:
        try:
            try:
                sum(range(100))
            except:  # noqa: E722
                sum(range(10))
        except:  # noqa: E722
            continue


def catching_exceptions(x, lag):
    while True:
        with contextlib.suppress(Exception):
            sum(range(100))


@pytest.mark.parametrize("function", [spinning, catching_all, catching_all_twice, catching_exceptions])
def test_a_loop_without_end_is_stopped_with_its_line_and_its_case(function, monkeypatch, capsys):
    monkeypatch.setattr(running, "SECONDS", 0.2)
    answer = told(capsys, function)
    assert "✗ 91.shifted: it does not come to an end\nIt was stopped after" in answer
    assert "of your code:" in answer and "x (1, 3)" in answer and "\n  lag " in answer


def test_a_call_gets_the_seconds_that_are_set(monkeypatch, capsys):
    limits = []
    monkeypatch.setattr(running, "in_time", lambda call, seconds: limits.append(seconds) or call())
    monkeypatch.setattr(running, "SECONDS", 0.2)
    told(capsys, delay)
    assert set(limits) == {0.2}


def test_an_empty_chunk_that_a_piece_of_no_samples_never_ends_is_the_case_that_is_shown(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.3)
    chunk = next(one for one in streaming.EXERCISES if one.id == "03.conv_chunk")

    def in_pieces(x, history, weight, bias, dilation):
        step, outputs, start = min(x.shape[-1], 4), [], 0
        while start == 0 or start < x.shape[-1]:
            y, history = chunk.reference(x[..., start : start + step], history, weight, bias, dilation)
            outputs.append(y)
            start += step
        return torch.cat(outputs, dim=-1), history

    verdict = judge(chunk, in_pieces)
    assert verdict.kind == "endless" and verdict.example.case["x"].shape[-1] == 0


def test_a_loop_that_spins_on_a_later_case_only_is_found_before_another_mistake_is_named(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.2)
    loop = Exercise("91.e", "E", lambda n: n, lambda draw: {"n": draw.size(0, 9)}, [])

    def answer(n):
        while n > 5:
            pass
        return n + 1

    verdict = judge(loop, answer)
    assert verdict.kind == "endless" and verdict.example.case["n"] > 5


def test_shrinking_and_the_search_for_relations_give_up_at_the_first_case_that_spins(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.2)
    loop = Exercise("91.e", "E", lambda n: n, lambda draw: {"n": draw.size(0, 900)}, [])
    calls = []

    def answer(n):
        calls.append(n)
        while len(calls) > loop.trials:
            pass
        return n + 1

    assert judge(loop, answer).kind == "wrong"
    assert len(calls) <= loop.trials + 3


def test_shrinking_ends_after_a_number_of_tries():
    large = Exercise("91.e", "E", lambda n: n, lambda draw: {"n": draw.size(0, 9000)}, [])
    calls = []

    def answer(n):
        calls.append(n)
        return n + (n > 500)

    assert judge(large, answer).kind != "right"
    assert len(calls) <= 3 * large.trials + SHRINK_TRIES


def test_no_garbage_is_collected_while_python_lists_its_threads(monkeypatch):
    """A lock that both take would never be free again."""
    collects = []
    monkeypatch.setattr(sys, "_current_frames", lambda: collects.append(gc.isenabled()) or {})
    with pytest.raises(Endless):
        in_time(spin, 0.2)
    assert collects and not any(collects) and gc.isenabled()


def spin():
    while True:
        pass


def sleeping(x, lag):
    time.sleep(60)


def test_a_sleep_is_stopped_within_the_limit_at_its_line(monkeypatch, capsys):
    monkeypatch.setattr(running, "SECONDS", 0.2)
    start = time.monotonic()
    assert "of your code: time.sleep(60)" in told(capsys, sleeping)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("seconds", [0, 0.05, 0.25])
def test_a_sleep_in_a_call_lasts_as_long_as_it_should(seconds):
    start = time.monotonic()
    in_time(lambda: time.sleep(seconds), 60)
    assert time.monotonic() - start >= seconds
    with pytest.raises(ValueError):
        in_time(lambda: time.sleep(-1), 60)


def asking(x, lag):
    return delay(x, int(input("lag?")))


def test_a_question_to_a_person_is_refused(capsys):
    before = time.sleep, input
    answer = told(capsys, asking)
    assert "✗ 91.shifted: it raised\nLine" in answer and "of your code: return delay(x, int(input" in answer
    assert "RuntimeError: input() asks a person, and a check asks nobody" in answer
    assert (time.sleep, input) == before


def test_a_busy_machine_takes_no_time_from_a_call(monkeypatch):
    worked = time.process_time
    monkeypatch.setattr(limit.time, "process_time", lambda: worked() / 1000)  # the processor is with others

    def spin_for(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        return "an answer"

    assert in_time(lambda: spin_for(0.6), 0.2) == "an answer"
    with pytest.raises(Endless):
        in_time(spin, 0.1)


def test_only_the_watcher_asks_for_the_time_of_the_processor(monkeypatch):
    """On a busy machine the question takes longer than most calls, and a check makes a thousand of them."""
    worked, asked = time.process_time, []
    monkeypatch.setattr(limit.time, "process_time", lambda: asked.append(threading.get_ident()) or worked())
    with pytest.raises(Endless):
        in_time(spin, 0.2)
    assert asked and threading.get_ident() not in asked


def test_a_call_that_waits_without_work_is_stopped_too():
    def wait():
        while True:
            limit._wait(0.01)

    start = time.monotonic()
    with pytest.raises(Endless):
        in_time(wait, 0.1)
    assert time.monotonic() - start >= limit.PATIENCE * 0.1


def test_a_limit_holds_in_any_thread():
    stopped = []

    def call():
        try:
            in_time(spin, 0.2)
        except Endless:
            stopped.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(20)
    assert stopped == [True]


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module, to be imported by its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(text)

    return write


def test_an_import_takes_its_time_and_what_comes_after_it_is_stopped(module):
    module("slow_to_import", "import time\ntime.sleep(0.5)\nwhole = True")

    def spin_after_import():
        import slow_to_import

        assert slow_to_import.whole
        while True:
            pass

    with pytest.raises(Endless):
        in_time(spin_after_import, 0.2)
    assert sys.modules["slow_to_import"].whole


@pytest.mark.parametrize(("seconds", "looked_into"), [(60, False), (0.4, True)])
def test_a_call_is_looked_into_from_half_of_its_time_on(monkeypatch, seconds, looked_into):
    looks, modules = [], limit._modules
    monkeypatch.setattr(limit, "_modules", lambda *where: looks.append(where) or modules(*where))
    in_time(lambda: time.sleep(0.35), seconds)
    assert bool(looks) == looked_into


def test_a_call_within_an_import_is_stopped_as_any_other(module):
    spin = "def spin():\n    while True:\n        pass"
    module("asks_at_import", f"from lite_mamba.course.checking.limit import in_time\n{spin}\nin_time(spin, 0.2)")
    with pytest.raises(Endless):
        importlib.import_module("asks_at_import")


def test_a_call_in_time_is_left_alone_and_nothing_comes_after_it():
    for seconds in (0.05, 5):
        assert in_time(lambda: time.sleep(0.01) or 7, seconds) == 7
    for _ in range(4):  # longer than the limits above that are over
        time.sleep(0.1)


def test_a_call_that_ends_just_when_its_time_is_over_leaves_nothing_behind():
    for wait in range(12):
        with contextlib.suppress(Endless):
            in_time(lambda wait=wait: time.sleep(0.025 * wait), 0.0)
        for _ in range(10_000):
            pass
    assert not limit._watched


def test_the_watch_goes_home_when_nothing_is_to_be_watched(monkeypatch):
    monkeypatch.setattr(limit, "IDLE_TICKS", 1)
    in_time(lambda: None, 5)
    watcher = limit._watcher
    watcher.join(10)
    assert limit._watcher is None
    with pytest.raises(Endless):
        in_time(spin, 0.1)
    assert limit._watcher not in (None, watcher)


class Slow:
    def __del__(self):
        for _ in range(200):
            pass


class NeverGone:
    def __del__(self):
        while True:
            pass


@pytest.mark.parametrize("kind", [Slow, NeverGone])
def test_a_stop_that_a_destructor_loses_says_nothing_and_comes_again(capfd, kind):
    def losing():
        while True:
            with contextlib.suppress(BaseException) if kind is NeverGone else contextlib.nullcontext():
                kind()

    before = sys.unraisablehook
    for _ in range(5):
        with pytest.raises(Endless):
            in_time(losing, 0.05)
    assert sys.unraisablehook is before and capfd.readouterr().err == ""


def test_a_trace_is_put_back_after_a_stop():
    def trace(frame, event, found):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for function in (spin, lambda: catching_all(0, 0)):
            with pytest.raises(Endless):
                in_time(function, 0.1)
            assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


def test_a_debugger_may_wait():
    space = {"__name__": "pdb", "time": time}
    exec("def wait():\n    for _ in range(50): time.sleep(0.01)", space)
    in_time(space["wait"], 0.1)


def test_a_debugger_may_ask(monkeypatch):
    monkeypatch.setattr(builtins, "input", lambda prompt: prompt + "next")
    space = {"__name__": "pdb"}
    exec("def ask(): return input('> ')", space)
    assert in_time(space["ask"], 60) == "> next"


def test_a_stop_by_hand_goes_through():
    def stopped(x, lag):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.check("91.shifted", stopped)


# Errors of every kind give a card.


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raising(error):
    def answer(x, lag):
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unprintable(), "of your code: raise error\nUnprintable"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(), "StopIteration"),
        (AssertionError(), "of your code: raise error\nAssertionError\n"),
        (NotImplementedError("no complex"), "NotImplementedError: no complex"),
    ],
)
def test_an_error_of_any_kind_gets_a_card(error, words, capsys):
    answer = told(capsys, raising(error))
    assert "✗ 91.shifted: it raised" in answer and words in answer


def test_a_recursion_without_end_gets_a_card(capsys):
    def deep(x, lag):
        return deep(x, lag)

    assert "RecursionError" in told(capsys, deep)


# Results of every kind give a card.


class Odd:
    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    __ne__ = __eq__
    __hash__ = None


class OwnTensor(torch.Tensor):
    pass


class Refusing(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise RuntimeError("no operation is allowed")


LOOP: list = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda y: y.to_sparse(), "is a sparse tensor (sparse_coo; .to_dense() makes a dense one)"),
        (lambda y: y.to_sparse_csr(), "is a sparse tensor (sparse_csr"),
        (lambda y: y.to("meta"), "is a tensor without values, on the device 'meta'"),
        (lambda y: torch.quantize_per_tensor(y, 0.1, 0, torch.qint8), "is a quantized tensor (.dequantize()"),
        (lambda y: torch.nested.nested_tensor([y, y[:, :1]]), "“a result of the wrong type”\nThe result is a"),
        (lambda y: y.as_subclass(Refusing), "The result is a Refusing without a shape"),
        (lambda y: Odd(), "The result is a Odd; it should be"),
        (lambda y: (value for value in y), "The result is a generator; it should be"),
        (lambda y: LOOP, "The result is a list of 1; it should be"),
        (lambda y: [0.0] * 100_000, "The result is a list of 100000; it should be"),
        (lambda y: 10**5000, "The result is a whole number; it should be"),
        (lambda y: y * float("inf"), "got NaN"),
        (lambda y: y.to(torch.complex64), "holds complex numbers (complex64)"),
        (lambda y: np.float64(1), "The result is a number; it should be"),
        (lambda y: torch.Tensor, "The result is a _TensorMeta; it should be"),
    ],
)
def test_a_result_of_any_kind_gets_a_card_of_readable_size(result, words, capsys):
    answer = told(capsys, lambda x, lag: result(delay(x, lag)))
    assert words in answer and len(answer) < 3000


PARTS = [10**5000, complex("nan"), float("-inf"), Odd(), LOOP, None, "x" * 100_000]


@pytest.mark.parametrize("value", PARTS, ids=["huge", "nan", "inf", "odd", "loop", "none", "long"])
def test_a_part_of_any_kind_gets_a_card(value, capsys):
    assert "91.statistics: this is “a result of the wrong type”" in told(
        capsys, lambda x: (x.mean(), value), "91.statistics"
    )


def test_a_subclass_of_tensor_with_the_right_values_is_right():
    own = lambda x, lag: delay(x, lag).as_subclass(OwnTensor)  # noqa: E731
    assert course.check("91.shifted", own) is own


# Nothing is left behind.


def test_settings_of_torch_are_those_of_a_fresh_kernel_in_the_call_and_put_back_afterwards():
    seen = []

    def careless(x, lag):
        seen.append((torch.get_default_dtype(), torch.is_grad_enabled(), str(torch.ones(1).device)))
        torch.set_default_dtype(torch.float16)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        return delay(x, lag)

    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            course.check("91.shifted", careless)
            assert not torch.is_grad_enabled()
        assert torch.get_default_dtype() == torch.float64 and torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.ones(1).device.type == "cpu"
    assert set(seen) == {(torch.float32, True, "cpu")}


@pytest.mark.parametrize("mode", [torch.set_default_device, torch.device], ids=["for all", "for a block"])
def test_a_default_device_reaches_no_check_and_stays(mode):
    """Whoever has a GPU sets it once at the top of a notebook."""
    try:
        with mode("meta") or contextlib.nullcontext():
            found = Exercise("91.add", "Add", lambda x: x + torch.ones(3), lambda draw: {"x": draw.normal(3)}, [])
            assert judge(found, lambda x: torch.ones(3) + x, quiet=True).kind == "right"
            assert not draw_trials(found)[0].case["x"].is_meta and torch.ones(1).is_meta
    finally:
        torch.set_default_device(None)


def test_einsum_multiplies_from_left_to_right_in_a_call_whatever_is_installed(monkeypatch):
    """Where opt_einsum is installed, PyTorch lets it choose the order, and its errors have other words."""
    asked = []
    monkeypatch.setattr(opt_einsum, "enabled", True)
    judge(exercise("91.shifted"), lambda x, lag: asked.append(opt_einsum.enabled) or delay(x, lag), quiet=True)
    assert set(asked) == {False} and opt_einsum.enabled


def test_the_flags_for_einsum_still_have_an_effect_after_a_check(monkeypatch):
    """Once `enabled` is set, PyTorch looks at nothing else: what nobody has set before is not set afterwards."""
    monkeypatch.delitem(vars(opt_einsum), "enabled", raising=False)
    judge(exercise("91.shifted"), delay, quiet=True)
    assert "enabled" not in vars(opt_einsum)


def test_memory_that_is_not_filled_holds_no_zeros_by_chance():
    def unfilled(x, lag):
        y = torch.empty_like(x)
        y[:, lag:] = x[:, : x.shape[1] - lag]
        return y

    for _ in range(5):
        torch.zeros(2, 9)  # the next to ask gets its memory
        verdict = judge(exercise("91.shifted"), unfilled, quiet=True)
        assert verdict.misconception.name == "a result that is not a number" and verdict.example.got.value[0, 0].isnan()
    assert torch.get_deterministic_debug_mode() == 0


def test_the_learners_seed_makes_no_difference_and_stays():
    def noisy(x, lag):
        return torch.rand(()) + random.random() + float(np.random.rand()) + delay(x, lag)

    found = []
    for seed in (1, 2):
        random.seed(seed), np.random.seed(seed), torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(judge(exercise("91.shifted"), noisy).example.got.value)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(*found)


def test_a_flood_of_words_is_cut(capsys):
    def loud(x, lag):
        for _ in range(10_000):
            print("again and again")
        return delay(x, lag)

    answer = told(capsys, loud)
    assert "again and again" in answer and "…\n" in answer and len(answer) < 6000
    assert "right on all 20 cases" in answer


def test_words_are_shown_although_the_call_fails(capsys):
    def failing(x, lag):
        print("before")
        raise ValueError

    assert told(capsys, failing).startswith("before\n✗")


# What is not attempted, and what only looks like it.


def bare(x, lag):
    """What it is for."""
    raise NotImplementedError  # replace this line


def with_words(x, lag):
    raise NotImplementedError("write me")


def dots(x, lag):
    """What it is for."""
    ...


def passing(x, lag):
    pass


def returning(x, lag):
    return


@pytest.mark.parametrize("stub", [bare, with_words, dots, passing, returning, lambda x, lag: ...])
def test_a_stub_is_not_attempted(stub, capsys):
    assert "not attempted yet" in told(capsys, stub)


def forgotten(x, lag):
    y = delay(x, lag)  # noqa: F841


def one_branch(x, lag):
    if x.shape[1] > 5:
        return delay(x, lag)


def swallowed(x, lag):
    try:
        return delay(x, lag)[99]
    except:  # noqa: E722
        pass


def test_of_several_errors_that_were_caught_the_last_is_told(capsys):
    def both(x, lag):
        for place in ((99, 0), (0, 99)):
            with contextlib.suppress(IndexError):
                x[place]

    assert "index 99 is out of bounds for dimension 1" in told(capsys, both)


def test_errors_that_end_a_loop_or_that_a_right_answer_catches_are_not_told(capsys):
    def looping(x, lag):
        return sum(2 * y for y in iter([delay(x, lag)]))

    assert "was caught" not in told(capsys, looping)


def test_an_error_that_comes_out_of_the_answer_is_not_said_to_be_caught(capsys):
    def growing(x, lag, kept=[]):  # noqa: B006
        kept.append(delay(x, lag))
        return torch.stack(kept)

    assert "was caught" not in told(capsys, growing)


def test_a_trace_of_a_debugger_is_put_back(capsys):
    def trace(frame, event, found):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        course.check("91.shifted", swallowed)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


def of_pytorch(x, lag):
    return torch.nn.functional.softplus(torch.arange(3)) + delay(x, lag)


def still_there(x, lag):
    delay(x, lag)
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (forgotten, "shape (1, 3).\nDoes every way through your function end with `return`?\n"),
        (
            one_branch,
            "your function end with `return`?\nRight where `x.shape[1]` is 6 or more, wrong",
        ),
        (
            swallowed,
            "of your code raised IndexError: index 99 is out of bounds for dimension 0 with size 1, and",
        ),
        (of_pytorch, "of your code: return torch.nn.functional.softplus"),
        (still_there, "of your code: raise NotImplementedError"),
        (lambda x, lag: print(end=""), "is None"),
    ],
)
def test_what_only_looks_like_a_stub_is_told(function, words, capsys):
    answer = told(capsys, function)
    assert words in answer and "not attempted" not in answer


def test_the_last_axis_that_is_split_is_the_same_by_either_number():
    def error(axis):
        with pytest.raises(RuntimeError) as caught:
            torch.zeros(2, 5).split([2, 2], dim=axis)
        return caught.value

    assert same_error(error(-1), error(1))
    assert not same_error(error(0), error(1))


def test_an_axis_that_does_not_fit_is_the_same_by_any_letter_of_einsum():
    def error(pattern, states):
        with pytest.raises(RuntimeError) as caught:
            torch.einsum(pattern, torch.zeros(2, 5), torch.zeros(states, 3))
        return caught.value

    assert same_error(error("l d, d n -> l d n", 2), error("i j, j k -> i j k", 2))
    assert not same_error(error("l d, d n -> l d n", 2), error("l d, d n -> l d n", 4))


def raised(error: BaseException) -> BaseException:
    """An error as a line of this file raises it, with the place."""
    try:
        raise error
    except BaseException as caught:
        return caught


def test_a_product_of_matrices_fails_in_the_same_words_whatever_pytorch_calls_it():
    words = "mat1 and mat2 shapes cannot be multiplied (2x5 and 1x2)"
    assert same_error(raised(RuntimeError(f"addmm: {words}")), raised(RuntimeError(f"mm: {words}")))
    assert same_error(raised(RuntimeError(words)), raised(RuntimeError(f"mm: {words}")))
    assert not same_error(
        raised(RuntimeError(words)), raised(RuntimeError("mm: mat1 and mat2 shapes cannot be multiplied (2x5 and 1x3)"))
    )


def test_two_calls_that_never_end_failed_for_the_same_reason_wherever_the_stack_was_full():
    assert same_error(
        raised(RecursionError("maximum recursion depth exceeded")),
        raised(RecursionError("… while calling a Python object")),
    )
    assert not same_error(
        raised(RecursionError("maximum recursion depth exceeded")), ValueError("maximum recursion depth exceeded")
    )
