"""The counter counts what PyTorch computes and copies, and what autograd keeps."""

from __future__ import annotations

import torch
from torch.backends import opt_einsum

from lite_mamba.course.checking.counter import Counter, kept_for_backward


def test_calls_multiplications_and_bytes_are_those_of_what_is_computed():
    x = torch.ones(3, 4, dtype=torch.float64)
    with Counter() as counter:
        x.view(2, 6).t().detach()  # views
        torch.empty_like(x).new_empty(5)  # room, and nothing in it
        x + x
        x * x
        torch.addcmul(x, x, x)
        x.prod(dim=0)
        x.cumprod(dim=1)
    assert counter.calls == 5
    assert counter.multiplications == 4 * 12
    assert counter.bytes == 8 * (4 * 12 + 4)
    names, numbers = zip(*counter.writes, strict=True)
    assert [name.removeprefix("aten::").partition(".")[0] for name in names] == [
        "add", "mul", "addcmul", "prod", "cumprod"
    ]  # fmt: skip
    assert numbers == (12, 12, 12, 4, 12)


def test_what_is_computed_is_as_it_would_be_without_a_counter():
    with Counter():
        made = torch.full((2,), 3, dtype=torch.float64) * 2
    assert made.dtype == torch.float64 and made.tolist() == [6, 6]


def test_of_a_tensor_that_is_written_in_places_the_places_count():
    x = torch.zeros(8, 3)
    with Counter() as counter:
        x[torch.tensor([1, 4])] = 1.0
        x[2:4] = 1.0
        x.index_fill_(0, torch.tensor([1, 4]), 1.0)
        x[:0].index_fill_(0, torch.tensor([], dtype=torch.long), 1.0)
    assert [numbers for name, numbers in counter.writes if "put" in name or "fill" in name] == [6, 6, 6, 0]


def test_nothing_is_counted_before_and_after():
    counter = Counter()
    with counter:
        pass
    torch.ones(2) * 2
    assert (counter.calls, counter.multiplications, counter.bytes, counter.writes) == (0, 0, 0, [])


def test_what_is_kept_for_the_backward_pass_is_told_once_without_the_inputs():
    def scan(x, y):
        product = x * y  # keeps its two inputs
        return product.exp() * product.exp().sin()  # each `exp` keeps its result, which the next operation keeps again

    kept = kept_for_backward(scan, torch.rand(5), torch.rand(5))
    assert [value.numel() for value in kept] == [5, 5, 5]  # two exponentials and a sine
    assert torch.equal(kept[0], kept[1]) and not torch.equal(kept[0], kept[2])


def test_einsum_multiplies_from_left_to_right_for_what_is_kept_whoever_has_set_the_order(monkeypatch):
    """Where it is set, `opt_einsum.flags` does nothing."""
    asked = []
    monkeypatch.setattr(opt_einsum, "enabled", True)
    kept_for_backward(lambda x: asked.append(opt_einsum.enabled) or x.exp(), torch.rand(5))
    assert asked == [False] and opt_einsum.enabled
