"""Real processes for notebooks and tests: results by rank, errors with their rank, and nobody is left behind."""

import functools
import os
import subprocess
import sys
import time
import warnings

import pytest

from lite_mamba.processes import Processes

NEEDS_PROC = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="asks /proc whether a process is alive")


def number(offset):
    import torch
    import torch.distributed as dist

    total = torch.tensor([dist.get_rank() + offset])
    dist.all_reduce(total)
    return os.getpid(), dist.get_rank(), int(total), torch.get_num_threads()


def fail_on(rank):
    import torch.distributed as dist

    if dist.get_rank() == rank:
        raise KeyError("this one")
    dist.barrier()


def die_on(rank):
    import torch.distributed as dist

    if dist.get_rank() == rank:
        os._exit(3)
    dist.barrier()


def draw():
    import torch

    return float(torch.rand(1))


def ones():
    import torch

    return torch.ones(2)


def alive(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")")[-1].split()[0] != "Z"


@pytest.fixture(scope="module")
def two():
    with Processes(2, timeout=30) as ranks:
        yield ranks


def test_results_come_by_rank_from_processes_that_know_each_other(two):
    (first, *zero), (second, *one) = two.run(number, 5)
    assert (zero, one) == ([0, 11, 1], [1, 11, 1])
    assert len({first, second, os.getpid()}) == 3


def test_a_function_of_a_notebook_travels_as_its_source(two):
    def twice(value):
        import torch.distributed as dist

        return 2 * value + dist.get_rank()

    assert two.run(twice, 10) == [20, 21]


def test_variables_of_the_function_around_it_are_refused(two):
    secret = 3
    with pytest.raises(ValueError, match=r"uses secret of the function around it.*pass them as arguments"):
        two.run(lambda: secret)


@pytest.mark.parametrize("function", [len, functools.partial(number, 1)], ids=["built in", "partial"])
def test_what_has_no_source_is_refused(two, function):
    with pytest.raises(TypeError, match=r"a function written with def, got .*; write one that calls it"):
        two.run(function)


def test_every_run_draws_the_same(two):
    assert two.run(draw) == two.run(draw) == 2 * [two.run(draw)[0]]


def test_tensors_come_without_a_warning(two):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyTorch 2.4 and 2.5 have one
        assert [value.tolist() for value in two.run(ones)] == [[1, 1], [1, 1]]


@NEEDS_PROC
def test_an_error_has_its_rank_and_its_traceback_and_ends_the_waiting_ones():
    with Processes(2, timeout=60) as ranks:
        pids = [pid for pid, *_ in ranks.run(number, 0)]
        start = time.monotonic()
        with pytest.raises(RuntimeError, match="fail_on failed") as raised:
            ranks.run(fail_on, 1)
        assert time.monotonic() - start < 20
    assert "rank 1 of 2: Traceback" in str(raised.value)
    assert "KeyError: 'this one'" in str(raised.value)
    assert not any(map(alive, pids))


def test_a_process_that_dies_is_named():
    with Processes(2, timeout=60) as ranks, pytest.raises(RuntimeError, match="rank 0 of 2: it has ended"):
        ranks.run(die_on, 0)


@NEEDS_PROC
def test_processes_end_with_the_one_that_started_them():
    program = (
        "from lite_mamba.processes import Processes; import os, test_processes\n"
        "ranks = Processes(1).__enter__(); print(ranks.run(test_processes.number, 0)[0][0], flush=True); os._exit(0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])},
    )
    pid, deadline = int(result.stdout), time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_outside_of_the_block_nothing_runs():
    with pytest.raises(RuntimeError, match="call run inside of"):
        Processes(2).run(number, 0)


@pytest.mark.parametrize(("count", "timeout", "error"), [(0, 1, ValueError), (1.5, 1, TypeError), (2, 0, ValueError)])
def test_a_wrong_count_or_timeout_is_refused(count, timeout, error):
    with pytest.raises(error):
        Processes(count, timeout=timeout)
