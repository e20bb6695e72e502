"""Counts what PyTorch really does, for figures and checks that look at work and not only at results."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from .running import left_to_right


@contextmanager
def lengths_given(embedding: nn.Module) -> Iterator[list[int]]:
    """The lengths of the pieces (B, l) that a model's embedding gets inside of the block, call by call."""
    lengths: list[int] = []
    hook = embedding.register_forward_pre_hook(lambda _, inputs: lengths.append(inputs[0].shape[1]))
    try:
        yield lengths
    finally:
        hook.remove()


class Counter(TorchDispatchMode):
    """Counts what PyTorch really does inside a `with` block.

    Attributes:
        calls: operations that compute or copy; views and empty tensors are not counted.
        multiplications: numbers that were multiplied.
        bytes: bytes written.
        writes: (name, numbers) of each operation that computes or copies.
    """

    def __init__(self):
        super().__init__()
        self.calls = self.multiplications = self.bytes = 0
        self.writes: list[tuple[str, int]] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """PyTorch would wrap each call below to keep its compiler out, and import the whole compiler for that."""
        return False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and not function.is_view and not _writes_nothing(function.name()):
            written = _written(function, result, args)
            self.calls += 1
            self.writes.append((function.name(), written))
            self.bytes += written * result.element_size()
            if function.name().startswith(("aten::mul", "aten::addcmul")):
                self.multiplications += result.numel()
            elif function.name().startswith(("aten::prod", "aten::cumprod")):
                self.multiplications += args[0].numel()
        return result


def _writes_nothing(name: str) -> bool:
    """Whether an operation gives another name to a tensor, or room that nobody has written yet."""
    return "detach" in name or "empty" in name


def _written(function, result: Tensor, args: tuple) -> int:
    """How many numbers an operation writes: all of its result, unless it writes some places of a tensor in place."""
    if function.name() == "aten::index_put_":  # x[places] = values
        return torch.ops.aten.index.Tensor(args[0], args[1]).numel()
    if function.name().startswith("aten::index_fill_."):  # x[places] = number, from torch 2.15 on
        return torch.ops.aten.index_select(*args[:3]).numel()
    return result.numel()


def kept_for_backward(scan, *inputs: Tensor) -> list[Tensor]:
    """What autograd keeps of a scan until the backward pass, beside the inputs: each piece of memory once, flat.

    `einsum` multiplies from left to right here: in another order, other products are kept.
    """
    inputs = [value.detach().clone().requires_grad_() for value in inputs]
    kept = {}

    def keep(value: Tensor) -> Tensor:
        memory = value.untyped_storage()
        kept[memory.data_ptr()] = torch.empty(0, dtype=value.dtype).set_(memory)
        return value

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value)
    with hooks, left_to_right():
        states = scan(*inputs)  # holds what is kept
    own = {value.untyped_storage().data_ptr() for value in inputs}
    del states
    return [value for address, value in kept.items() if address not in own]
