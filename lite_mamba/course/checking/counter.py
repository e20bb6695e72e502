"""Counts what PyTorch really does, for figures and checks that look at work and not only at results."""

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Counter(TorchDispatchMode):
    """Counts what PyTorch really does inside a `with` block.

    Attributes:
        calls: operations that compute or copy, views not counted.
        multiplications: numbers that were multiplied.
        bytes: bytes written.
    """

    def __init__(self):
        super().__init__()
        self.calls = self.multiplications = self.bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and not function.is_view and "detach" not in function.name():
            self.calls += 1
            self.bytes += result.numel() * result.element_size()
            if function.name().startswith(("aten::mul", "aten::addcmul")):
                self.multiplications += result.numel()
            elif function.name().startswith(("aten::prod", "aten::cumprod")):
                self.multiplications += args[0].numel()
        return result
