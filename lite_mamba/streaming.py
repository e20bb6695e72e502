"""What a stream keeps between calls: the block's cache and `InferenceParams`.

A cache holds the input history of the convolutions, the state of the scan, and the segment index of each row's last
token. Prefill in chunks of any size, single tokens, or any mix of both gives the same outputs as one forward pass.
Notebooks 03 and 11 build it.

Gradients decide how a state is updated. With grad off it is updated in place and returned. With grad on, or for a
tensor made under `torch.inference_mode()` and used outside of it, a new tensor is returned and the given one stays as
it is. Always go on with what is returned.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from . import _validate
from .layer import Layer


@dataclass(eq=False)
class BlockCache:
    """The cache of one block inside `InferenceParams`: in every use a pair `(conv_state, ssm_state)`.

    Attributes:
        conv_state: (B, d_inner, max lag) input history of the convolutions, the latest sample last.
        ssm_state: (B, d_inner, d_state) state of the scan.
        tokens: how many tokens have gone in.
        last_seq_idx: (B,) the segment index of each row's last token, or None as long as no index was given.

    The three tensors belong together, row by row: `reorder` moves all of them.

    >>> cache = BlockCache(torch.zeros(2, 8, 3), torch.zeros(2, 8, 16))
    >>> conv_state, ssm_state = cache
    >>> cache[1] is ssm_state, len(cache)
    (True, 2)
    """

    conv_state: Tensor
    ssm_state: Tensor
    tokens: int = 0
    last_seq_idx: Tensor | None = None

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.conv_state, self.ssm_state))

    def __getitem__(self, place: int) -> Tensor:
        return (self.conv_state, self.ssm_state)[place]

    def __len__(self) -> int:
        return 2

    def reorder(self, rows: Tensor) -> None:
        """Let row i go on with the stream that row `rows[i]` had: see `InferenceParams.reorder`."""
        _validate.shape("rows", rows, (None,), "(rows,)")
        _validate.integers("rows", rows)
        rows = rows.to(self.ssm_state.device)
        self.conv_state, self.ssm_state = (state.index_select(0, rows) for state in self)
        if self.last_seq_idx is not None:
            self.last_seq_idx = self.last_seq_idx.index_select(0, rows)

    def rows_that_restart(self, seq_idx: Tensor | None) -> Tensor | None:
        """Which rows begin a new segment at the first token of `seq_idx` (B, L): (B,) bools, or None for none."""
        if seq_idx is None or seq_idx.shape[1] == 0 or self.last_seq_idx is None:
            return None
        return seq_idx[:, 0] != self.last_seq_idx

    def store(self, conv_state: Tensor, ssm_state: Tensor, length: int, seq_idx: Tensor | None) -> None:
        """Note where the stream stands after `length` more tokens; without `seq_idx` the last segment goes on."""
        # Detached: a cache that kept the graph would grow without end and break the second backward pass.
        self.conv_state, self.ssm_state = conv_state.detach(), ssm_state.detach()
        self.tokens += length
        if seq_idx is not None and length > 0:
            self.last_seq_idx = seq_idx[:, -1].clone()


@dataclass
class InferenceParams:
    """The running state of a stream through a stack of blocks; pass it to every `Mamba.forward`.

    The caller advances `seqlen_offset` by the number of tokens of each call. At 0 every block starts afresh; above 0
    it continues, and checks that it has seen exactly that many tokens.

    Args:
        max_seqlen: the longest stream the caller plans for, in tokens. A block's state has the same size for any.
        max_batch_size: the largest batch the caller plans for.
        seqlen_offset: tokens that went in before this call.
        key_value_memory_dict: the caches, one for each block, by the block's `layer_idx`. A pair
            `(conv_state, ssm_state)` that is put in starts a stream.

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
    key_value_memory_dict: dict[int, BlockCache] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.max_seqlen = _validate.integer("max_seqlen", self.max_seqlen)
        self.max_batch_size = _validate.integer("max_batch_size", self.max_batch_size)
        self.seqlen_offset = _validate.integer("seqlen_offset", self.seqlen_offset, minimum=0)

    def reorder(self, rows: Tensor) -> None:
        """Let row i of every cache go on with the stream that row `rows[i]` had, as beam search does.

        Args:
            rows: int64 or int32, one for each row from now on; a row may be named many times, or never.

        Raises:
            TypeError, ValueError: `rows` has another dtype or rank.

        >>> from lite_mamba import InferenceParams, Mamba
        >>> block, x = Mamba(16, layer_idx=0), torch.randn(3, 6, 16)
        >>> stream, best = InferenceParams(max_seqlen=6, max_batch_size=3), torch.tensor([2, 2, 0])
        >>> with torch.no_grad():
        ...     _ = block(x[:, :4], inference_params=stream)
        ...     stream.seqlen_offset += 4
        ...     stream.reorder(best)
        ...     later = block(x[best, 4:], inference_params=stream)
        ...     torch.allclose(later, block(x)[best, 4:], atol=1e-6)
        True
        """
        for cache in self.key_value_memory_dict.values():
            cache.reorder(rows)


def open_cache(params: InferenceParams, block: Layer, batch: int) -> BlockCache:
    """Find or make the block's cache in `params`, reset at offset 0, and check that it fits this call.

    Raises:
        TypeError: `params` is something else than an `InferenceParams`.
        ValueError: no `layer_idx`; another batch size or device; a token count that disagrees with `seqlen_offset`.
    """
    _check_params(params, block)
    offset = _validate.integer("inference_params.seqlen_offset", params.seqlen_offset, minimum=0)
    memory = params.key_value_memory_dict
    if block.layer_idx not in memory:
        memory[block.layer_idx] = BlockCache(*block.allocate_inference_cache(batch, params.max_seqlen))
    cache = memory[block.layer_idx]
    if not isinstance(cache, BlockCache):
        cache = memory[block.layer_idx] = BlockCache(*cache)
    states = cache.conv_state, cache.ssm_state  # by their names: the compiler of PyTorch 2.11 cannot unpack a cache
    block.check_states(batch, *states)
    if offset == 0:
        cache = memory[block.layer_idx] = BlockCache(*map(torch.zeros_like, states))
    if cache.tokens != offset:
        raise ValueError(
            f"inference_params.seqlen_offset is {offset}, but the cache of layer_idx {block.layer_idx} has seen "
            f"{cache.tokens} tokens; advance seqlen_offset by the number of tokens after each call (0 starts "
            f"afresh), give each block of a model a layer_idx of its own, and move rows with reorder"
        )
    return cache


def _check_params(params, block: Layer) -> None:
    if not hasattr(params, "key_value_memory_dict"):  # mamba_ssm's own class has it too
        hint = "; seq_idx goes by its name: block(x, seq_idx=...)" if isinstance(params, Tensor) else ""
        raise TypeError(f"inference_params must be an InferenceParams, got {type(params).__name__}{hint}")
    if block.layer_idx is None:
        raise ValueError(
            "inference_params needs a block with a layer_idx, its key in the cache, and this block has none; "
            "build it as Mamba(..., layer_idx=0), each block of a model with a number of its own"
        )


def keep(old: Tensor, new: Tensor) -> Tensor:
    """Update the state `old` to `new`, in place where that is allowed, and return the tensor that holds it now."""
    if torch.is_grad_enabled() or is_sealed(old):
        # A copy: `new` may be a view of a whole chunk, or, after an empty one, the given state itself.
        return new.to(old.dtype, copy=True)
    return old.copy_(new)


def is_sealed(state: Tensor) -> bool:
    """Whether `state` was made under inference_mode and is used outside of it, where nothing may change or save it."""
    if torch.compiler.is_compiling():  # the compiler cannot ask, and PyTorch itself refuses such a change
        return False
    return state.is_inference() and not torch.is_inference_mode_enabled()


def readable(state: Tensor) -> Tensor:
    """The state, or a copy of it where autograd could not save it."""
    return state.clone() if is_sealed(state) else state
