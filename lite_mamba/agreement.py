"""Whether the parts that several processes hold fit together: asked before each layer of `lite_mamba.distributed`.

Parts that do not fit are then an error on every process, and not one that waits for the others for ever.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from . import _validate
from .layer import Layer
from .relay import Relay

DTYPES = (None, torch.float32, torch.float64, torch.float16, torch.bfloat16)


class Fact(NamedTuple):
    """Something that must be the same on every process: what to do if it is not, and how to say its number."""

    name: str
    remedy: str
    say: Callable[[int], object] = int


SAME_MODEL = "run the same model on every process, with the layers in the same order"
FACTS = (
    Fact("dtype", "convert one with .to(dtype)", DTYPES.__getitem__),
    Fact("dtype under autocast", "use the same torch.autocast on every process", DTYPES.__getitem__),
    Fact("batch size", "cut the sequence along its time axis only, as in hidden_states[:, own_part(L)]"),
    Fact("d_model", SAME_MODEL),
    Fact("d_inner", SAME_MODEL),
    Fact("d_state", SAME_MODEL),
    Fact("max_lag", SAME_MODEL),
    Fact("layer_idx", SAME_MODEL),
    Fact("grad mode", "enter torch.no_grad() on every process or on none", bool),
    Fact("requires_grad of the input", "call requires_grad_() on every part, or detach() every part", bool),
    Fact("number of trainable parameters", "freeze the same parameters on every process"),
    Fact("use of seq_idx", "give every process its part of seq_idx, or none of them", bool),
    Fact("use of inference_params", "give every process an InferenceParams, or none of them", bool),
)

NOTHING = [0] * (len(FACTS) + 1)
FORWARD, PROBLEM, BACKWARD = range(3)


def agree(
    relay: Relay, block: Layer, hidden_states: Tensor, seq_idx, inference_params, problem: Exception | None
) -> list[int]:
    """Compare what the processes hold, and return the length of each one's part.

    Args:
        relay: the processes.
        block, hidden_states, seq_idx, inference_params: what this process holds.
        problem: the error that keeps this process from taking part, or None.

    Raises:
        ValueError: the parts do not fit, or another process has a problem. This one's own is raised as it is.
    """
    own = NOTHING if problem else _numbers(block, hidden_states, seq_idx, inference_params)
    kind = FORWARD if problem is None else PROBLEM
    kinds, *facts, lengths = _gather(relay, [kind, *own], block.conv_gates.device)
    if PROBLEM in kinds:
        _raise_problem(relay, problem)
    for fact, values in zip(FACTS, facts, strict=True):
        if len(set(values)) > 1:
            listed = ", ".join(f"process {rank}: {fact.say(value)}" for rank, value in enumerate(values))
            raise ValueError(
                f"the parts of one sequence must agree in the {fact.name}, got {listed}; {fact.remedy} "
                f"(this is process {relay.rank})"
            )
    return list(lengths)


def agree_on_backward(relay: Relay, device: torch.device) -> None:
    """Raise `ValueError` unless every process begins a layer's backward pass, and none its forward pass."""
    _gather(relay, [BACKWARD, *NOTHING], device)


def _gather(relay: Relay, own: list[int], device: torch.device) -> list[tuple[int, ...]]:
    """Everybody's numbers, those of one meaning together. The first says what a process is about to do."""
    rows = [row.tolist() for row in relay.gather(torch.tensor(own, device=device))]
    passes = ["backward" if row[0] == BACKWARD else "forward" for row in rows]
    if len(set(passes)) > 1:
        listed = ", ".join(f"process {rank}: {name}" for rank, name in enumerate(passes))
        raise ValueError(
            f"the processes are in different passes of a layer, got {listed}; let every process run every layer, and "
            f"call backward as often as the others (this is process {relay.rank})"
        )
    return list(zip(*rows, strict=True))


def _numbers(block: Layer, hidden_states: Tensor, seq_idx, inference_params) -> list[int]:
    """This process's numbers for `FACTS`, and the length of its part."""
    device, grad = hidden_states.device.type, torch.is_grad_enabled()
    return [
        DTYPES.index(hidden_states.dtype),
        DTYPES.index(torch.get_autocast_dtype(device) if _validate.autocast_is_on(device) else None),
        hidden_states.shape[0],
        block.d_model,
        block.d_inner,
        block.d_state,
        block.max_lag,
        -1 if block.layer_idx is None else block.layer_idx,
        grad,
        grad and hidden_states.requires_grad,
        grad and sum(parameter.requires_grad for parameter in block.parameters()),
        seq_idx is not None,
        inference_params is not None,
        hidden_states.shape[1],
    ]


def _raise_problem(relay: Relay, problem: Exception | None) -> None:
    said = relay.gather_words("" if problem is None else f"{type(problem).__name__}: {problem}")
    if problem is not None:
        raise problem
    others = "; ".join(f"process {rank}: {words}" for rank, words in enumerate(said) if words)
    raise ValueError(f"another process cannot take its part of the sequence, so none can go on. {others}")
