"""How good a model is: answers at any length, and bits per byte, both read in chunks in constant memory."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lite_mamba import InferenceParams

from .data import Memory
from .models import has_state

TOKENS_AT_ONCE = 1 << 17  # of all rows together; on a CPU 1/16 of it
SEED = 1000


def read(model: nn.Module, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
    """The logits of a long sequence, chunk by chunk (B, chunk, vocab_size), in memory that does not grow with L.

    A model without a state gets the whole sequence in one chunk.
    """
    if not has_state(model):
        yield model(tokens)
        return
    batch, length = tokens.shape
    stream = InferenceParams(max_seqlen=length, max_batch_size=batch)
    for part in tokens.split(chunk, dim=1):
        yield model(part, stream)
        stream.seqlen_offset += part.shape[1]


@torch.no_grad()
def answers(model: nn.Module, tokens: Tensor, n_answers: int, chunk: int) -> Tensor:
    """What the model says at the last tokens: (B, n_answers) ids.

    >>> from lite_mamba.course.training import build
    >>> model = build("selective", 16, d_model=8, n_layers=1)
    >>> answers(model, torch.zeros(2, 10, dtype=torch.long), n_answers=3, chunk=4).shape
    torch.Size([2, 3])
    """
    said = torch.empty(len(tokens), 0, dtype=torch.long, device=tokens.device)
    for logits in read(model, tokens, chunk):
        said = torch.cat([said, logits[:, -n_answers:].argmax(-1)], dim=1)[:, -n_answers:]
    return said


def accuracy(model: nn.Module, data: Memory, length: int, rows: int, seed: int = SEED) -> float:
    """The share of right answers on fresh rows of a length. The rows depend on the arguments alone, not on the device.

    Args:
        model: on any device.
        data: the memory task.
        length: L, any.
        rows: how many sequences.
        seed: of the rows.
    """
    device = next(model.parameters()).device
    tokens, targets = data.draw(torch.Generator().manual_seed(seed + length), rows, length)
    budget = TOKENS_AT_ONCE // (16 if device.type == "cpu" else 1)
    at_once = rows if has_state(model) else max(1, budget // length)
    right = 0
    for part, wanted in zip(tokens.split(at_once), targets.split(at_once), strict=True):
        said = answers(model, part.to(device), targets.shape[1], chunk=max(32, budget // len(part)))
        right += (said.cpu() == wanted).sum().item()
    return right / targets.numel()


@torch.no_grad()
def bits_per_byte(model: nn.Module, text: Tensor, rows: int = 64, chunk: int = 1024) -> float:
    """How many bits a byte of text costs: mean −log₂ of the probability that the model gave it before it came.

    The text is cut into `rows` streams, each read from the zero state on; the first byte of each is free.

    Args:
        model: over bytes.
        text: (bytes,) integers.
        rows: streams read side by side.
        chunk: bytes of each that are read in one call.
    """
    streams = text[: len(text) // rows * rows].view(rows, -1).long().to(next(model.parameters()).device)  # (rows, L)
    nats, at = 0.0, 0
    for logits in read(model, streams[:, :-1], chunk):
        wanted = streams[:, at + 1 : at + 1 + logits.shape[1]]  # (rows, chunk)
        nats += F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
        at += logits.shape[1]
    return nats / math.log(2) / (rows * at)
