"""Stops a call that does not come to an end.

A thread of its own looks at the clock and raises `Endless` inside the call, on every platform and in whatever thread
the call runs. A stop by hand (KeyboardInterrupt) goes its own way. A debugger may wait as long as it likes. An import
takes its time: half a module would stay broken, and PyTorch imports some of its own at their first use. What the call
is at is looked at only from half of its time on: nearly every call is back before, and is never looked into.

What counts is the time that the processor worked, and sleep: on a busy machine a slow right answer gets no less than
on a quiet one. A call that waits for something else is stopped when `PATIENCE` times its seconds are over.

The stop arrives between two steps of Python. So a sleep goes in short pieces, and `input()`, which nobody answers, is
refused. Anything else that waits outside of Python, a download for example, is stopped when it comes back.
"""

from __future__ import annotations

import builtins
import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FrameType
from typing import TypeVar

TICK = 0.1  # seconds between two looks at the clock
AGAIN = 0.001  # seconds until `Endless` is raised once more: a bare `except:` catches most of them, but not all
PATIENCE = 6  # times the seconds of a call may go by on the clock
IDLE_TICKS = 20  # looks without a call, after which the thread ends
DEBUGGERS = ("bdb", "pdb", "pydevd", "_pydevd")
IMPORTS = ("importlib._bootstrap", "_frozen_importlib")
NOBODY = "input() asks a person, and a check asks nobody: take what you need from the parameters"
T = TypeVar("T")


@dataclass
class _Watched:
    """A call that may take some seconds, and what has counted until now."""

    seconds: float
    began: float = field(default_factory=time.monotonic)
    worked: float | None = None  # by the processor, up to the first look: to ask for it may take longer than a call
    slept: float = 0.0
    spared: float = 0.0  # seconds that do not count: of a debugger, of an import
    stops: int = 0  # how often it was stopped, and went on

    def is_young(self) -> bool:
        if self.worked is None:
            self.worked = time.process_time()
        return time.monotonic() - self.began < self.seconds / 2

    def is_late(self) -> bool:
        clock = time.monotonic() - self.began - self.spared
        work = time.process_time() - self.worked - self.spared + self.slept
        return clock > self.seconds and (work > self.seconds or clock > PATIENCE * self.seconds)


_watched: dict[int, _Watched] = {}  # the call of each thread
_lock = threading.Lock()
_watcher: threading.Thread | None = None
_wait = time.sleep


class Endless(BaseException):
    """The call took too long. No Exception, so that `except Exception` in the call lets it through.

    One that a bare `except:` catches is raised again by a line of the call, the next of them by a later line each time,
    until that line stands outside of every `try`. On Python 3.10 nothing else ends a loop whose body is a `try`.
    """

    def __init__(self) -> None:
        super().__init__()
        call = _watched.get(threading.get_ident())
        if call is not None and not isinstance(sys.gettrace(), _Again):
            call.stops += 1
            trace, frame = _Again(self, call.stops), sys._getframe(1)
            sys.settrace(trace)
            while frame.f_code is not in_time.__code__:
                frame.f_trace = trace
                frame = frame.f_back


class _Again:
    """A trace that raises an error in one of the next lines."""

    def __init__(self, error: Endless, lines: int):
        self.error, self.lines = error, lines

    def __call__(self, frame: FrameType, event: str, _: object) -> _Again | None:
        if frame.f_code is _quietly.__code__:  # what it raises would be told as lost in its turn
            return None
        self.lines -= event == "line"
        if self.lines <= 0:
            raise self.error.with_traceback(None)
        return self


def in_time(call: Callable[[], T], seconds: float) -> T:
    """What a call returns. Raises `Endless` in it if it takes longer, again and again should the call catch it."""
    thread, trace = threading.get_ident(), sys.gettrace()
    hook, sleep, ask = sys.unraisablehook, time.sleep, builtins.input
    sys.unraisablehook = partial(_quietly, hook)
    time.sleep, builtins.input = _sleep, _refused(ask)
    _watch_from_now(thread, seconds)
    try:
        return call()
    finally:
        sys.unraisablehook, time.sleep, builtins.input = hook, sleep, ask
        try:
            _watched.pop(thread, None)
            with _lock:
                pass
            for _ in range(10):  # one that is on its way arrives here
                pass
        except Endless:
            pass
        if sys.gettrace() is None or isinstance(sys.gettrace(), _Again):  # no debugger has come meanwhile
            sys.settrace(trace)


def _quietly(hook: Callable[[sys.UnraisableHookArgs], object], lost: sys.UnraisableHookArgs) -> None:
    """Says nothing of a stop that a destructor has lost: it comes again."""
    if lost.exc_type is not Endless:
        hook(lost)


def _sleep(seconds: float) -> None:
    """`time.sleep` in pieces of a tick."""
    now, call = time.monotonic(), _watched.get(threading.get_ident())
    end = now + seconds
    while True:
        _wait(min(TICK, seconds, max(0.0, end - now)))
        before, now = now, time.monotonic()
        if call is not None:
            call.slept += now - before
        if now >= end:
            return


def _refused(ask: Callable[..., str]) -> Callable[..., str]:
    """`input` for a debugger only."""

    def refuse(prompt: object = "") -> str:
        if _debugged(threading.get_ident()):
            return ask(prompt)
        raise RuntimeError(NOBODY)

    return refuse


def _watch_from_now(thread: int, seconds: float) -> None:
    global _watcher
    with _lock:
        _watched[thread] = _Watched(seconds)
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(target=_watch, daemon=True)
            _watcher.start()


def _watch() -> None:
    global _watcher
    idle, overdue, now = 0, False, time.monotonic()
    while True:
        _wait(AGAIN if overdue else TICK)
        with _lock:
            last, now = now, time.monotonic()
            idle = 0 if _watched else idle + 1
            if idle > IDLE_TICKS:
                _watcher = None
                return
            late = []
            for thread, call in list(_watched.items()):
                if call.is_young():
                    continue
                if _debugged(thread) or _imports(thread):
                    call.spared += now - last
                elif call.is_late():
                    late.append(thread)
            for thread in late:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Endless))
            overdue = bool(late)


def _debugged(thread: int) -> bool:
    return any(name.startswith(DEBUGGERS) for name in _modules(thread))


def _imports(thread: int) -> bool:
    return any(name in IMPORTS for name in _modules(thread, in_time.__code__))


def _modules(thread: int, outermost: CodeType | None = None) -> Iterator[str]:
    """The modules whose functions are at work in a thread, the innermost first, as far as a certain function."""
    frame = _frame(thread)
    while frame is not None and frame.f_code is not outermost:
        yield str(frame.f_globals.get("__name__"))
        frame = frame.f_back


def _frame(thread: int) -> FrameType | None:
    """What a thread is at. The list of all threads is under a lock while Python makes it: garbage that is collected in
    the middle of that may ask for the same lock, and Python before 3.13 stands still for ever."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames().get(thread)
    finally:
        if collects:
            gc.enable()
