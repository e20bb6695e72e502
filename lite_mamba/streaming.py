"""What a stream keeps between calls: the block's cache and `InferenceParams`.

A cache holds the input history of the convolutions and the state of the scan. Prefill in chunks of any size, single
tokens, or any mix of both gives the same outputs as one forward pass. Notebooks 03 and 11 build it.

Gradients decide how a state is updated. With grad off it is updated in place and returned. With grad on, or for a
tensor made under `torch.inference_mode()` and used outside of it, a new tensor is returned and the given one stays as
it is. Always go on with what is returned.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from . import _validate


@dataclass
class InferenceParams:
    """The running state of a stream through a stack of blocks; pass it to every `Mamba.forward`.

    The caller advances `seqlen_offset` by the number of tokens of each call. At 0 every block starts afresh; above 0
    it continues, and checks that it has seen exactly that many tokens.

    Args:
        max_seqlen: the longest stream the caller plans for, in tokens. A block's state has the same size for any.
        max_batch_size: the largest batch the caller plans for.
        seqlen_offset: tokens that went in before this call.
        key_value_memory_dict: the caches, one for each block, by the block's `layer_idx`.

    Raises:
        TypeError, ValueError: a size that is not an integer of at least 1.

    >>> from lite_mamba import InferenceParams, Mamba
    >>> block, x = Mamba(16, layer_idx=0), torch.randn(1, 6, 16)
    >>> stream = InferenceParams(max_seqlen=6, max_batch_size=1)
    >>> with torch.no_grad():
    ...     first = block(x[:, :4], inference_params=stream)
    ...     stream.seqlen_offset += 4
    ...     second = block(x[:, 4:], inference_params=stream)
    ...     torch.allclose(torch.cat([first, second], dim=1), block(x), atol=1e-6)
    True
    """

    max_seqlen: int
    max_batch_size: int
    seqlen_offset: int = 0
    key_value_memory_dict: dict = field(default_factory=dict)

    def __post_init__(self):
        self.max_seqlen = _validate.integer("max_seqlen", self.max_seqlen)
        self.max_batch_size = _validate.integer("max_batch_size", self.max_batch_size)
        self.seqlen_offset = _validate.integer("seqlen_offset", self.seqlen_offset, minimum=0)


@dataclass
class BlockCache:
    """The cache of one block inside `InferenceParams`; unpacks to `(conv_state, ssm_state)`.

    Attributes:
        conv_state: (B, d_inner, max lag) input history of the convolutions, the latest sample last.
        ssm_state: (B, d_inner, d_state) state of the scan.
        tokens: how many tokens have gone in.
    """

    conv_state: Tensor
    ssm_state: Tensor
    tokens: int = 0

    def __iter__(self):
        return iter((self.conv_state, self.ssm_state))


def open_cache(params: InferenceParams, block, batch: int) -> BlockCache:
    """Find or make the block's cache in `params`, reset at offset 0, and check that it fits this call.

    Raises:
        TypeError: `params` is something else than an `InferenceParams`.
        ValueError: no `layer_idx`; another batch size or device; a token count that disagrees with `seqlen_offset`.
    """
    if not hasattr(params, "key_value_memory_dict"):  # mamba_ssm's own class has it too
        raise TypeError(
            f"inference_params must be an InferenceParams, got {type(params).__name__}; "
            f"seq_idx goes by its name: block(x, seq_idx=...)"
        )
    if block.layer_idx is None:
        raise ValueError(
            "inference_params needs a block with a layer_idx, its key in the cache, and this block has none; "
            "build it as Mamba(..., layer_idx=0), each block of a model with a number of its own"
        )
    offset = _validate.integer("inference_params.seqlen_offset", params.seqlen_offset, minimum=0)
    memory = params.key_value_memory_dict
    if block.layer_idx not in memory:
        memory[block.layer_idx] = BlockCache(*block.allocate_inference_cache(batch, params.max_seqlen))
    cache = memory[block.layer_idx]
    if not isinstance(cache, BlockCache):
        cache = memory[block.layer_idx] = BlockCache(*cache)
    block.check_states(batch, cache.conv_state, cache.ssm_state)
    if offset == 0:
        cache.conv_state = fresh_state(torch.zeros_like(cache.conv_state))
        cache.ssm_state = torch.zeros_like(cache.ssm_state)
        cache.tokens = 0
    if cache.tokens != offset:
        raise ValueError(
            f"inference_params.seqlen_offset is {offset}, but the cache of layer_idx {block.layer_idx} has seen "
            f"{cache.tokens} tokens; advance seqlen_offset by the number of tokens after each call (0 starts "
            f"afresh), and give each block of a model a layer_idx of its own"
        )
    return cache


def keep(old: Tensor, new: Tensor) -> Tensor:
    """Update the state `old` to `new`, in place where that is allowed, and return the tensor that holds it now."""
    if torch.is_grad_enabled() or is_sealed(old):
        # A copy: `new` may be a view of a whole chunk, or, after an empty one, the given state itself.
        return new.to(old.dtype, copy=True)
    return old.copy_(new)


def is_sealed(state: Tensor) -> bool:
    """Whether `state` was made under inference_mode and is used outside of it, where nothing may change or save it."""
    return state.is_inference() and not torch.is_inference_mode_enabled()


def readable(state: Tensor) -> Tensor:
    """The state, or a copy of it where autograd could not save it."""
    return state.clone() if is_sealed(state) else state


def fresh_state(conv_state: Tensor) -> Tensor:
    """Mark `conv_state` as the start of a stream: no segment index seen yet."""
    conv_state.last_seq_idx = None
    return conv_state


def carry_segment(old: Tensor, new: Tensor, seq_idx: Tensor | None) -> Tensor:
    """Note on the state `new` the index of the last token; without `seq_idx` that of `old` goes on."""
    if seq_idx is not None and seq_idx.shape[1] > 0:
        new.last_seq_idx = seq_idx[:, -1].clone()
    elif hasattr(old, "last_seq_idx"):
        new.last_seq_idx = old.last_seq_idx
    return new


def rows_that_restart(conv_state: Tensor, seq_idx: Tensor | None) -> Tensor | None:
    """Which rows begin a new segment at the first token of this call: (B,) bools, or None for none.

    Raises:
        ValueError: the state does not know the index of its last token.
    """
    if seq_idx is None or seq_idx.shape[1] == 0:
        return None
    if not hasattr(conv_state, "last_seq_idx"):
        raise ValueError(
            "seq_idx was given, but this conv_state does not know the index of its last token: it is a copy. "
            "Go on with the very tensors that allocate_inference_cache and step returned, or with their copy.deepcopy"
        )
    last = conv_state.last_seq_idx
    return None if last is None else seq_idx[:, 0] != last
