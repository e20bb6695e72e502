"""The models that are compared: Mamba, Mamba without selection, attention with rotary positions, a delay.

Each maps token ids (B, L) to logits (B, L, vocab_size). `build` makes them by name.

    selective   MambaLM: Δ, B, C depend on the token
    lti         the same block with Δ, B, C as learned constants: S4D (real) inside Mamba's block
    attention   pre-norm layers of causal attention (rotary positions) and an MLP
    delay       one causal convolution with a free tap for every lag
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from lite_mamba import causal_dilated_conv1d_fn
from lite_mamba.initialization import inverse_softplus, s4d_real_A_log, sample_dt
from lite_mamba.language_model import MambaLM


def build(kind: str, vocab_size: int, **options) -> nn.Module:
    """Make a model.

    Args:
        kind: "selective", "lti", "attention" or "delay".
        vocab_size: number of different tokens.
        options: of the model: of `MambaLM` for the first two, of `AttentionLM` and `DelayConvolution` for the others.

    Raises:
        ValueError: another kind.

    >>> build("lti", 18, d_model=8, n_layers=1)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 18])
    """
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}: give one of {', '.join(KINDS)}")
    return KINDS[kind](vocab_size, **options)


class LTIMamba(nn.Module):
    """The block with the selection taken out: Δ (D,), B and C (D, N) are learned, and the same for every token.

    So the scan is a convolution with a fixed kernel, and goes through an FFT (chapter 05). It keeps no state.

    Args:
        d_model, d_state, d_conv, expand, dt_min, dt_max: as in `Mamba`.

    Source: Mamba paper, algorithm 1 and figure 3; S4D-real for the kernel.
    """

    def __init__(self, d_model: int, d_state=16, d_conv=4, expand=2, dt_min=0.001, dt_max=0.1):
        super().__init__()
        d_inner = expand * d_model
        self.in_proj = nn.Linear(d_model, 2 * d_inner, bias=False)
        self.conv = nn.Conv1d(d_inner, d_inner, d_conv, groups=d_inner)
        self.dt_bias = nn.Parameter(inverse_softplus(sample_dt(d_inner, dt_min, dt_max, 1e-4)))
        self.A_log = nn.Parameter(s4d_real_A_log(d_inner, d_state))
        self.B = nn.Parameter(torch.ones(d_inner, d_state))
        self.C = nn.Parameter(torch.randn(d_inner, d_state))
        self.D = nn.Parameter(torch.ones(d_inner))
        self.out_proj = nn.Linear(d_inner, d_model, bias=False)

    def kernel(self, length: int) -> Tensor:
        """The scan's response to an impulse, skip included: K[d, l] = Σ_n C·Δ·B·exp(l·Δ·A), (D, L)."""
        delta = F.softplus(self.dt_bias)[:, None]  # (D, 1)
        steps = torch.arange(length, device=delta.device)  # (L,)
        decays = torch.exp((-self.A_log.exp() * delta)[..., None] * steps)  # (D, N, L)
        response = torch.einsum("dn,dnl->dl", self.C * self.B * delta, decays)
        return response + F.pad(self.D[:, None], (0, length - 1))

    def forward(self, hidden_states: Tensor, inference_params: None = None, *, seq_idx: None = None) -> Tensor:
        x, z = rearrange(self.in_proj(hidden_states), "b l (two d) -> two b d l", two=2)  # (B, D, L) each
        u = causal_dilated_conv1d_fn(x, self.conv.weight.squeeze(1), self.conv.bias, activation="silu")
        y = causal_fft_conv(u, self.kernel(u.shape[2])) * F.silu(z)  # (B, D, L)
        return self.out_proj(rearrange(y, "b d l -> b l d"))


def causal_fft_conv(u: Tensor, kernel: Tensor) -> Tensor:
    """y_t = Σ_s K_s·u_{t−s}: u (B, D, L) and kernel (D, L) → (B, D, L). Twice the length, so that nothing wraps.

    >>> causal_fft_conv(torch.tensor([[[1.0, 0.0, 2.0]]]), torch.tensor([[1.0, 0.5, 0.0]])).round(decimals=4)
    tensor([[[1.0000, 0.5000, 2.0000]]])
    """
    length = u.shape[-1]
    spectrum = torch.fft.rfft(u, 2 * length) * torch.fft.rfft(kernel, 2 * length)
    return torch.fft.irfft(spectrum, 2 * length)[..., :length]


class LTILM(MambaLM):
    """`MambaLM` with an `LTIMamba` in every layer."""

    def __init__(self, vocab_size: int, d_model: int, n_layers: int, **block):
        super().__init__(vocab_size, d_model, n_layers)
        for layer in self.layers:
            layer.mixer = LTIMamba(d_model, **block)
        self._init_weights()


class DelayConvolution(nn.Module):
    """Embedding → causal convolution with a free tap for each of `taps` lags → head.

    It can learn any delay, and any mixture of delays, but the same one whatever is read.
    """

    def __init__(self, vocab_size: int, d_model: int, taps: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.taps = nn.Parameter(torch.randn(d_model, taps) / taps)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: Tensor) -> Tensor:
        x = rearrange(self.embedding(ids), "b l d -> b d l")  # (B, d_model, L)
        taps = self.taps[:, : ids.shape[1]]
        taps = F.pad(taps, (0, ids.shape[1] - taps.shape[1]))  # (d_model, L)
        return self.head(rearrange(causal_fft_conv(x, taps), "b d l -> b l d"))


class AttentionLM(nn.Module):
    """A small Transformer: [RMSNorm → attention, added; RMSNorm → MLP, added] × n_layers → RMSNorm → tied head."""

    def __init__(self, vocab_size: int, d_model: int, n_layers: int, n_heads: int = 4, expand: int = 2):
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(d_model, n_heads, expand) for _ in range(n_layers))
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.norm = nn.RMSNorm(d_model, eps=1e-5)
        nn.init.normal_(self.embedding.weight, std=0.5)  # in the sums of the layers a token must stay to be seen
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.05)

    def forward(self, ids: Tensor) -> Tensor:
        hidden_states = self.embedding(ids)  # (B, L, d_model)
        for layer in self.layers:
            hidden_states = layer(hidden_states)
        return F.linear(self.norm(hidden_states), self.embedding.weight)


class AttentionLayer(nn.Module):
    def __init__(self, d_model: int, n_heads: int, expand: int):
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.RMSNorm(d_model, eps=1e-5)
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=False)
        self.out = nn.Linear(d_model, d_model, bias=False)
        self.mlp = nn.Sequential(
            nn.RMSNorm(d_model, eps=1e-5),
            nn.Linear(d_model, expand * d_model),
            nn.GELU(),
            nn.Linear(expand * d_model, d_model),
        )

    def forward(self, hidden_states: Tensor) -> Tensor:
        qkv = self.qkv(self.norm(hidden_states))
        q, k, v = rearrange(qkv, "b l (three h d) -> three b h l d", three=3, h=self.n_heads)
        y = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)  # (B, H, L, d)
        hidden_states = hidden_states + self.out(rearrange(y, "b h l d -> b l (h d)"))
        return hidden_states + self.mlp(hidden_states)


def rotate(x: Tensor, base: float = 10_000.0) -> Tensor:
    """Rotary positions: turn each pair of features by an angle that grows with the position; x (B, H, L, d)."""
    half = x.shape[-1] // 2
    rates = base ** (-torch.arange(half, device=x.device) / half)  # (d/2,)
    angles = torch.arange(x.shape[-2], device=x.device)[:, None] * rates  # (L, d/2)
    cos, sin = angles.cos(), angles.sin()
    first, second = x.chunk(2, dim=-1)  # (B, H, L, d/2) each
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def has_state(model: nn.Module) -> bool:
    """Whether the model can read a sequence in chunks, with a state of fixed size between them."""
    return isinstance(model, MambaLM) and not isinstance(model, LTILM)


@torch.no_grad()
def step_sizes(model: nn.Module, ids: Tensor) -> Tensor | None:
    """Δ of every token in every channel: (n_layers, B, L, d_inner); None for a model without Δ.

    >>> step_sizes(MambaLM(16, d_model=8, n_layers=2), torch.tensor([[1, 2, 3]])).shape
    torch.Size([2, 1, 3, 16])
    """
    if not isinstance(model, MambaLM):
        return None
    mixers = [layer.mixer for layer in model.layers]
    if isinstance(model, LTILM):
        return torch.stack([F.softplus(m.dt_bias).expand(*ids.shape, -1) for m in mixers])
    seen: list[Tensor] = []  # of each layer, (B, L, dt_rank + 2·N)
    hooks = [m.x_proj.register_forward_hook(lambda _module, _input, out: seen.append(out)) for m in mixers]
    model(ids)
    for hook in hooks:
        hook.remove()
    return torch.stack([F.softplus(m.dt_proj(out[..., : m.dt_rank])) for m, out in zip(mixers, seen, strict=True)])


KINDS = {"selective": MambaLM, "lti": LTILM, "attention": AttentionLM, "delay": DelayConvolution}
