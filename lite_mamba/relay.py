"""What the processes of `lite_mamba.distributed` say to each other, and what is said when they cannot.

Every exchange is entered in the store of `torch.distributed` before it begins. If it fails, the entries tell which
process did not come.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor


class Relay:
    """The processes of a group in a row, seen from one of them.

    Args:
        group: a process group, or None for all processes.

    Attributes:
        rank, size: this process's place, and how many there are.

    Raises:
        RuntimeError: `torch.distributed` is not initialised.
        ValueError: this process is not in the group.
    """

    def __init__(self, group: "dist.ProcessGroup | None"):
        if not (dist.is_available() and dist.is_initialized()):
            raise RuntimeError(
                "sequence_parallel needs processes that know each other, and torch.distributed is not initialised; "
                'call torch.distributed.init_process_group("gloo"), or "nccl" for GPUs, on each process first'
            )
        self.group = dist.group.WORLD if group is None else group
        if group is dist.GroupMember.NON_GROUP_MEMBER or dist.get_rank(self.group) < 0:
            raise ValueError(
                f"process {dist.get_rank()} is not in the group that sequence_parallel was given; "
                f"give each process the group that it belongs to"
            )
        self.rank, self.size = dist.get_rank(self.group), dist.get_world_size(self.group)
        self._begun = 0
        store = dist.distributed_c10d._get_default_store()
        self._book = dist.PrefixStore(f"lite_mamba/{self.group.group_name}", store)

    def gather(self, value: Tensor) -> list[Tensor]:
        """The `value` of every process, by rank; all have one shape."""
        value = value.contiguous()
        everybody = [torch.empty_like(value) for _ in range(self.size)]
        with self._named():
            dist.all_gather(everybody, value, self.group)
        return everybody

    def send(self, value: Tensor, step: int) -> Callable[[], None]:
        """Hand `value` to the process `step` places further, if there is one; returns how to wait until it is sent."""
        if not 0 <= self.rank + step < self.size:
            return lambda: None
        value = value.contiguous()
        with self._named():
            work = dist.isend(value, self._global_rank(step), self.group)

        def wait(_keep_alive=value) -> None:
            with self._named():
                work.wait()

        return wait

    def receive(self, like: Tensor, step: int) -> Tensor:
        """What the process `step` places further hands over, or zeros, if there is none."""
        value = torch.zeros_like(like, memory_format=torch.contiguous_format)
        if 0 <= self.rank + step < self.size:
            with self._named():
                dist.recv(value, self._global_rank(step), self.group)
        return value

    def gather_words(self, words: str) -> list[str]:
        """The `words` of every process, by rank."""
        everybody: list = [""] * self.size
        with self._named():
            dist.all_gather_object(everybody, words, self.group)
        return everybody

    def _global_rank(self, step: int) -> int:
        return dist.get_global_rank(self.group, self.rank + step)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Enter an exchange into the book; if it fails, tell who has not come to it."""
        self._begun += 1
        self._book.set(str(self.rank), str(self._begun))
        try:
            yield
        except RuntimeError as error:
            raise RuntimeError(self._who_is_missing()) from error

    def _who_is_missing(self) -> str:
        try:
            begun = [int(self._book.get(str(q))) if self._book.check([str(q)]) else 0 for q in range(self.size)]
        except RuntimeError:
            begun = []
        missing = [str(rank) for rank, count in enumerate(begun) if count < self._begun]
        who = f"process {' and '.join(missing)} of {self.size} did not come to it" if missing else "a process has ended"
        return (
            f"an exchange of sequence_parallel failed on process {self.rank}: {who}. Every process must run every "
            f"layer, and call backward once, also one whose part is empty or has no loss, as (0 * out).sum()"
        )
