"""A few Python processes on this machine that know each other: what a notebook or a test of `distributed` needs.

They talk through gloo, PyTorch's backend for CPUs, which is part of every PyTorch, and run with one thread each. A
process is a fresh interpreter, as on every system, so it knows nothing of the one that started it: a function from a
module is sent by its name, one from a notebook cell as its source.
"""

import atexit
import importlib
import importlib.util
import inspect
import os
import pickle
import secrets
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from queue import SimpleQueue

from . import _validate

GRACE = 5  # seconds that the others get to answer once a process has failed


class Processes:
    """`count` processes of this machine, with `torch.distributed` initialised, for as long as the `with` block lasts.

    They need some seconds to start, and then run one function after the other. They end with the block, with this
    process, or if one of them has not answered in time.

    Args:
        count: how many.
        timeout: seconds that a start, a run, and a wait of one process for another may take.

    Raises:
        TypeError, ValueError: a count that is not an integer of at least 1, a timeout that is not above zero.
        RuntimeError: a process does not start.

    >>> def other_rank(offset):
    ...     import torch.distributed as dist
    ...     return (dist.get_rank() + offset) % dist.get_world_size()
    >>> with Processes(2) as ranks:
    ...     ranks.run(other_rank, 1)
    [1, 0]
    """

    def __init__(self, count: int, timeout: float = 60):
        self.count = _validate.integer("count", count)
        self.timeout = _validate.positive_number("timeout", timeout)
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._children: list[subprocess.Popen] = []
        self._connections: list[Connection] = []

    def __enter__(self) -> "Processes":
        atexit.register(self.close)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def run(self, function: Callable, *args) -> list:
        """Run `function(*args)` on every process, with PyTorch's seed at 0; returns what it returns, by rank.

        Args:
            function: of a module, or written in a notebook cell, with every import inside it. In it,
                `torch.distributed.get_rank()` tells the process.
            args: anything that can be pickled.

        Raises:
            RuntimeError: the function raises an error on a process, or a process does not answer in time; the message
                has the rank, and the process's own traceback.
            TypeError: it is no function written in Python, such as a partial; write one that calls it.
            ValueError: the function uses variables of the function around it.
        """
        if not self._connections:
            raise RuntimeError("these processes are not running; call run inside of `with Processes(...) as ranks:`")
        work = pickle.dumps((_address(function), args))
        for connection in self._connections:
            with suppress(OSError):  # it has ended, as its answer will say
                connection.send_bytes(work)
        answers = self._collect()
        failed = {rank: words for rank, (fine, words) in enumerate(answers) if not fine}
        if failed:
            listed = "\n".join(f"rank {rank} of {self.count}: {words.rstrip()}" for rank, words in failed.items())
            raise RuntimeError(f"{function.__name__} failed\n{listed}")
        return [value for _, value in answers]

    def close(self) -> None:
        """End the processes."""
        atexit.unregister(self.close)
        for child in self._children:
            child.kill()
        for child in self._children:
            child.wait()
        for connection in self._connections:
            connection.close()
        self._children, self._connections = [], []
        self._folder.cleanup()

    def _start(self) -> None:
        key = secrets.token_bytes(32)
        with Listener(("localhost", 0), authkey=key) as listener:
            settings = {
                "port": listener.address[1],
                "size": self.count,
                "meeting": (Path(self._folder.name) / "meeting").as_uri(),
                "timeout": self.timeout,
                "key": key,
                "path": [os.path.abspath(folder) for folder in sys.path],
            }
            for rank in range(self.count):
                self._children.append(self._start_child(settings | {"rank": rank}))
            arrived: SimpleQueue = SimpleQueue()
            threading.Thread(target=lambda: _accept(listener, self.count, arrived), daemon=True).start()
            self._connections = [connection for _, connection in sorted(self._arrivals(arrived))]

    def _start_child(self, settings: dict) -> subprocess.Popen:
        with open(self._log(settings["rank"]), "wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-c", "import sys; sys.path[:0] = sys.argv[1:]; " + CHILD, *settings["path"]],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"},
            )
        child.stdin.write(pickle.dumps(settings))
        child.stdin.close()
        return child

    def _arrivals(self, arrived: SimpleQueue):
        """(rank, connection) of every process, as they come."""
        deadline = time.monotonic() + self.timeout
        for _ in range(self.count):
            while arrived.empty():
                ended = [rank for rank, child in enumerate(self._children) if child.poll() is not None]
                if ended or time.monotonic() > deadline:
                    raise RuntimeError(
                        "\n".join(f"rank {r} of {self.count} did not start: {self._last_words(r)}" for r in ended)
                        or f"the {self.count} processes did not start within {self.timeout:g} s; give a longer timeout"
                    )
                time.sleep(0.02)
            yield arrived.get()

    def _collect(self) -> list[tuple[bool, object]]:
        """Whether each process's run was fine, and its result or its error, by rank."""
        answers: dict[int, tuple[bool, object]] = {}
        deadline = time.monotonic() + self.timeout
        while len(answers) < self.count:
            waiting = {c: rank for rank, c in enumerate(self._connections) if rank not in answers}
            ready = wait(list(waiting), max(0, deadline - time.monotonic()))
            for connection in ready:
                rank = waiting[connection]
                try:
                    answers[rank] = _loaded(connection.recv_bytes())
                except (EOFError, OSError):
                    answers[rank] = (False, f"it has ended. {self._last_words(rank)}")
            if not all(fine for fine, _ in answers.values()):
                deadline = min(deadline, time.monotonic() + GRACE)
            if not ready and time.monotonic() >= deadline:
                late = (False, "no answer; it has been ended")
                answers |= {rank: late for rank in waiting.values() if rank not in answers}
                self.close()
        return [answers[rank] for rank in range(self.count)]

    def _log(self, rank: int) -> Path:
        return Path(self._folder.name) / f"rank{rank}.txt"

    def _last_words(self, rank: int) -> str:
        words = self._log(rank).read_text(errors="replace").strip() if self._log(rank).exists() else ""
        return words[-2000:] or "it said nothing"


def _loaded(pickled: bytes) -> object:
    """What was pickled. PyTorch 2.4 and 2.5 warn of the way in which they load a tensor themselves."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using `torch.load`", FutureWarning)
        return pickle.loads(pickled)


CHILD = "from lite_mamba.processes import serve; serve()"


def _accept(listener: Listener, count: int, arrived: SimpleQueue) -> None:
    for _ in range(count):
        try:
            connection = listener.accept()
            arrived.put((connection.recv(), connection))
        except (OSError, EOFError):
            return  # the listener was closed, since a process did not start


def _address(function: Callable) -> tuple[str, ...]:
    """Where another process finds the function: a module, its file and a name there, or a name and the source."""
    module = sys.modules.get(getattr(function, "__module__", None))
    name, file = getattr(function, "__qualname__", ""), getattr(module, "__file__", None)
    if module is not sys.modules["__main__"] and file and getattr(module, name, None) is function:
        return function.__module__, file, name
    if not inspect.isfunction(function):
        raise TypeError(f"run takes a function written with def, got {function!r}; write one that calls it")
    if function.__closure__:
        raise ValueError(
            f"{name} uses {', '.join(function.__code__.co_freevars)} of the function around it, which other processes "
            f"do not have; pass them as arguments"
        )
    return function.__name__, textwrap.dedent(inspect.getsource(function))


def _find(address: tuple[str, ...]) -> Callable:
    if len(address) == 2:
        name, source = address
        space: dict = {"__name__": "notebook"}
        exec(compile(source, f"<{name}>", "exec"), space)
        return space[name]
    module, file, name = address
    try:
        found = importlib.import_module(module)
    except ImportError:  # a file that is no module of a package, such as a test
        spec = importlib.util.spec_from_file_location(module, file)
        found = importlib.util.module_from_spec(spec)
        sys.modules[module] = found
        spec.loader.exec_module(found)
    return getattr(found, name)


def serve() -> None:
    """The life of a process: meet the others, then run what comes, until the one that started it closes the line."""
    settings = pickle.load(sys.stdin.buffer)

    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=settings["meeting"],
        rank=settings["rank"],
        world_size=settings["size"],
        timeout=timedelta(seconds=settings["timeout"]),
    )
    connection = Client(("localhost", settings["port"]), authkey=settings["key"])
    connection.send(settings["rank"])
    work: SimpleQueue = SimpleQueue()
    threading.Thread(target=lambda: _listen(connection, work), daemon=True).start()
    while True:
        address, args = work.get()
        torch.manual_seed(0)
        try:
            answer = pickle.dumps((True, _find(address)(*args)))
        except BaseException:
            answer = pickle.dumps((False, traceback.format_exc()))
        connection.send_bytes(answer)


def _listen(connection: Connection, work: SimpleQueue) -> None:
    """Put what comes into `work`; end this process, whatever it is doing, when nobody is there any more."""
    try:
        while True:
            work.put(pickle.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)
