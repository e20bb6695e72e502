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
        TypeError: `group` is something else than a process group.
        ValueError: this process is not in the group.
    """

    def __init__(self, group: "dist.ProcessGroup | None"):
        if not (dist.is_available() and dist.is_initialized()):
            raise RuntimeError(
                "sequence_parallel needs processes that know each other, and torch.distributed is not initialised; "
                'call torch.distributed.init_process_group("gloo"), or "nccl" for GPUs, on each process first'
            )
        self.group = dist.group.WORLD if group is None else group
        if not isinstance(self.group, dist.ProcessGroup) and group is not dist.GroupMember.NON_GROUP_MEMBER:
            raise TypeError(
                f"group must be a process group, got {type(group).__name__}; make one with "
                f"torch.distributed.new_group, or take that of an axis of a DeviceMesh, mesh.get_group(name)"
            )
        if group is dist.GroupMember.NON_GROUP_MEMBER or dist.get_rank(self.group) < 0:
            raise ValueError(
                f"process {dist.get_rank()} is not in the group that sequence_parallel was given; "
                f"give each process the group that it belongs to"
            )
        self.rank, self.size = dist.get_rank(self.group), dist.get_world_size(self.group)
        store = dist.distributed_c10d._get_default_store()
        self._book = dist.PrefixStore(f"lite_mamba/{self.group.group_name}", store)
        self._entry = (self._book.add(f"contexts of {self.rank}", 1), 0)  # how many contexts, and exchanges in this one

    @contextmanager
    def exchange(self) -> Iterator[None]:
        """An exchange, of which every process begins the same number: if it fails, who has not come to it is named."""
        self._entry = (self._entry[0], self._entry[1] + 1)
        self._book.set(str(self.rank), "{} {}".format(*self._entry))
        try:
            yield
        except RuntimeError as error:
            raise RuntimeError(self._who_is_missing()) from error

    def gather(self, value: Tensor) -> list[Tensor]:
        """The `value` of every process, by rank; all have one shape."""
        value = value.contiguous()
        everybody = [torch.empty_like(value) for _ in range(self.size)]
        with self.exchange():
            dist.all_gather(everybody, value, self.group)
        return everybody

    def gather_words(self, words: str) -> list[str]:
        """The `words` of every process, by rank."""
        everybody: list = [""] * self.size
        with self.exchange():
            dist.all_gather_object(everybody, words, self.group)
        return everybody

    def send(self, value: Tensor, step: int) -> Callable[[], object]:
        """Hand `value` to the process `step` places further, if there is one; returns how to wait until it is sent.

        To be used, as `receive`, inside of an `exchange`.
        """
        if not self._reaches(step) or value.numel() == 0:
            return lambda: None
        value = value.contiguous()
        work = dist.isend(value, self._global_rank(step), self.group)
        return lambda: (work.wait(), value)  # which keeps the value until then

    def receive(self, like: Tensor, step: int) -> Tensor:
        """What the process `step` places further hands over, or zeros, if there is none."""
        value = torch.zeros_like(like, memory_format=torch.contiguous_format)
        if self._reaches(step) and value.numel() > 0:
            dist.recv(value, self._global_rank(step), self.group)
        return value

    def _reaches(self, step: int) -> bool:
        return 0 <= self.rank + step < self.size

    def _global_rank(self, step: int) -> int:
        return dist.get_global_rank(self.group, self.rank + step)

    def _who_is_missing(self) -> str:
        try:
            entries = [self._book.get(str(q)) if self._book.check([str(q)]) else b"0 0" for q in range(self.size)]
        except RuntimeError:  # the process that kept the book has ended
            entries = []
        missing = [str(q) for q, entry in enumerate(entries) if tuple(map(int, entry.split())) < self._entry]
        who = f"process {' and '.join(missing)} of {self.size} did not come to it" if missing else "a process has ended"
        return (
            f"an exchange of sequence_parallel failed on process {self.rank}: {who}. Every process must run every "
            f"layer, and call backward once, also one whose part is empty or has no loss, as (0 * out).sum()"
        )
