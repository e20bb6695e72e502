"""A language model around the block, as small as it can be: what the training notebooks need.

    tokens → embedding → [RMSNorm → Mamba, added to what came in] × n_layers → RMSNorm → head → logits

The head shares its weight with the embedding. Source: the Mamba paper, sections 4.2 and E.2; the names are those of
the field. Notebook 13 reads and writes with it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import _validate
from .block import Mamba
from .streaming import InferenceParams

# What transformers and mamba_ssm call the same tensors.
FOREIGN_NAMES = (
    (r"^backbone\.embeddings?\.", "embedding."),
    (r"^backbone\.norm_f\.", "norm."),
    (r"^backbone\.layers\.", "layers."),
)


class Layer(nn.Module):
    """One layer: hidden_states + Mamba(RMSNorm(hidden_states))."""

    def __init__(self, d_model: int, norm_eps: float, **mamba):
        super().__init__()
        made = {"device": mamba.get("device"), "dtype": mamba.get("dtype")}
        self.norm = nn.RMSNorm(d_model, eps=norm_eps, **made)
        self.mixer = Mamba(d_model, **mamba)

    def forward(
        self, hidden_states: Tensor, inference_params: InferenceParams | None, seq_idx: Tensor | None
    ) -> Tensor:
        return hidden_states + self.mixer(self.norm(hidden_states), inference_params, seq_idx=seq_idx)


class MambaLM(nn.Module):
    """A language model: token ids (B, L) → logits (B, L, vocab_size).

    Args:
        vocab_size: number of different tokens.
        d_model: width of the model.
        n_layers: how many blocks.
        norm_eps: epsilon of the norms.
        mamba: further arguments of every `Mamba` block, such as `d_state` or `conv_dilations`.

    Raises:
        TypeError, ValueError: a size that is not an integer of at least 1, or what `Mamba` refuses.

    `load_state_dict` takes its own weights, and those of transformers' `MambaForCausalLM` and mamba_ssm's
    `MambaLMHeadModel`. A head of its own weight, which this model does not have, is a ValueError.

    >>> model = MambaLM(vocab_size=256, d_model=32, n_layers=2)
    >>> model(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 256])
    >>> len(list(model.generate(torch.tensor([[1, 2, 3]]), 4, seed=0)))
    4
    """

    def __init__(self, vocab_size: int, d_model: int, n_layers: int, *, norm_eps: float = 1e-5, **mamba):
        super().__init__()
        self.vocab_size = _validate.integer("vocab_size", vocab_size)
        d_model, n_layers = _validate.integer("d_model", d_model), _validate.integer("n_layers", n_layers)
        norm_eps = _validate.positive_number("norm_eps", norm_eps, zero_allowed=True)
        made = {"device": mamba.get("device"), "dtype": mamba.get("dtype")}
        self.layers = nn.ModuleList(Layer(d_model, norm_eps, layer_idx=i, **mamba) for i in range(n_layers))
        self.embedding = nn.Embedding(self.vocab_size, d_model, **made)
        self.norm = nn.RMSNorm(d_model, eps=norm_eps, **made)
        self._init_weights()

    @torch.no_grad()
    def _init_weights(self) -> None:
        """A small embedding; branches shrunk by √n_layers, so that their sum starts no larger than one of them."""
        self.embedding.weight.normal_(std=0.02)
        for layer in self.layers:
            layer.mixer.out_proj.weight.div_(len(self.layers) ** 0.5)

    def forward(
        self, ids: Tensor, inference_params: InferenceParams | None = None, *, seq_idx: Tensor | None = None
    ) -> Tensor:
        """Logits of the next token at every position.

        Args:
            ids: (B, L) token ids, int64 or int32.
            inference_params, seq_idx: as in `Mamba.forward`.

        Returns:
            (B, L, vocab_size).

        Raises:
            TypeError, ValueError: ids of another dtype or rank or, on a CPU, outside of the vocabulary; what
                `Mamba.forward` refuses.
        """
        return self._logits(self._hidden(ids, inference_params, seq_idx))

    if TYPE_CHECKING:  # nn.Module leaves the type of a call open
        __call__ = forward

    def generate(
        self,
        prompt: Tensor,
        n_tokens: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        chunk_size: int = 1024,
    ) -> Iterator[Tensor]:
        """Continue a prompt, token by token, in constant memory.

        Args:
            prompt: (B, L) token ids, B and L at least 1. It is read in chunks.
            n_tokens: how many tokens to generate.
            temperature: 0 takes the likeliest token; below 1 sharpens, above 1 flattens the distribution.
            top_k: draw from the k likeliest tokens only.
            top_p: draw from the likeliest tokens whose probabilities add up to p only.
            seed: makes the draws repeatable; None uses the global generator.
            chunk_size: tokens of the prompt that are read in one call.

        Returns:
            An iterator over the new tokens, each (B,).

        Raises:
            TypeError, ValueError: at once, for a prompt or an option that is not allowed; with the first token, for
                an id outside of the vocabulary.

        >>> model = MambaLM(16, 8, 1)
        >>> tokens = model.generate(torch.tensor([[3]]), 2, temperature=0)
        >>> [tuple(token.shape) for token in tokens]
        [(1,), (1,)]
        """
        _check_ids(prompt)
        if prompt.numel() == 0:
            raise ValueError("the prompt is empty, and there is nothing to continue; give at least one token")
        n_tokens = _validate.integer("n_tokens", n_tokens, minimum=0)
        chunk_size = _validate.integer("chunk_size", chunk_size)
        _check_sampling(temperature, top_k, top_p)
        generator = None
        if seed is not None:
            generator = torch.Generator(prompt.device).manual_seed(_validate.integer("seed", seed, minimum=0))

        def draw(logits: Tensor) -> Tensor:
            return sample(logits, temperature, top_k, top_p, generator)

        return self._stream(prompt, n_tokens, draw, chunk_size)

    def _stream(self, prompt: Tensor, n_tokens: int, draw, chunk_size: int) -> Iterator[Tensor]:
        batch, length = prompt.shape
        stream = InferenceParams(max_seqlen=length + n_tokens, max_batch_size=batch)
        ids = prompt
        for _ in range(n_tokens):
            with torch.no_grad():
                for chunk in ids.split(chunk_size, dim=1):
                    hidden = self._hidden(chunk, stream, None)  # (B, chunk, d_model)
                    stream.seqlen_offset += chunk.shape[1]
                token = draw(self._logits(hidden[:, -1]))  # (B,)
            yield token
            ids = token[:, None]  # (B, 1)

    def _hidden(self, ids, inference_params, seq_idx) -> Tensor:
        _check_ids(ids)
        try:
            hidden_states = self.embedding(ids)  # (B, L, d_model)
        except IndexError:  # on a CPU; a GPU has its own way to say so
            wrong = ids[(ids < 0) | (ids >= self.vocab_size)][0]
            raise ValueError(
                f"ids must be at least 0 and below vocab_size = {self.vocab_size}, got {wrong}; "
                f"encode the text with the vocabulary of this model, or build MambaLM with a larger one"
            ) from None
        for layer in self.layers:
            hidden_states = layer(hidden_states, inference_params, seq_idx)
        return self.norm(hidden_states)

    def _logits(self, hidden_states: Tensor) -> Tensor:
        return F.linear(hidden_states, self.embedding.weight)

    def _load_from_state_dict(self, state_dict, prefix, metadata, strict, missing, unexpected, errors):
        _adopt_names(state_dict, prefix)
        super()._load_from_state_dict(state_dict, prefix, metadata, strict, missing, unexpected, errors)


def sample(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw a token from each row of logits.

    Args:
        logits: (B, vocab_size).
        temperature, top_k, top_p: as in `MambaLM.generate`.
        generator: of the draws, or None for the global one.

    Returns:
        (B,) token ids.

    >>> sample(torch.tensor([[0.0, 3.0, 1.0]]), temperature=0)
    tensor([1])
    """
    if temperature == 0:
        return logits.argmax(dim=-1)
    ordered, tokens = (logits.float() / temperature).sort(dim=-1, descending=True)  # (B, vocab_size) each
    if top_k is not None:
        ordered[:, top_k:] = -torch.inf
    chances = ordered.softmax(dim=-1)
    if top_p is not None:
        above = chances.cumsum(dim=-1) - chances  # what the likelier tokens already add up to
        chances = chances.masked_fill(above >= top_p, 0)
    place = torch.multinomial(chances, 1, generator=generator)  # (B, 1)
    return tokens.gather(-1, place).squeeze(-1)  # (B,)


def _adopt_names(state_dict, prefix: str) -> None:
    """Give the entries under `prefix` this model's names, and drop the tied head."""
    for name in [name for name in state_dict if name.startswith(prefix)]:
        own = name.removeprefix(prefix)
        for foreign, ours in FOREIGN_NAMES:
            own = re.sub(foreign, ours, own)
        state_dict[prefix + own] = state_dict.pop(name)
    head, embedding = state_dict.pop(f"{prefix}lm_head.weight", None), state_dict.get(f"{prefix}embedding.weight")
    if head is not None and embedding is not None and not torch.equal(head, embedding):
        raise ValueError(
            "lm_head.weight differs from the embedding, but the head of MambaLM is the embedding itself; "
            "load a checkpoint with a tied head (tie_word_embeddings=True)"
        )


def _check_ids(ids) -> None:
    _validate.shape("ids", ids, (None, None), "(B, L)")
    _validate.integers("ids", ids)


def _check_sampling(temperature, top_k, top_p) -> None:
    _validate.positive_number("temperature", temperature, zero_allowed=True)
    if top_k is not None:
        _validate.integer("top_k", top_k)
    if top_p is not None and not 0 < _validate.positive_number("top_p", top_p) <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, got {top_p!r}")
