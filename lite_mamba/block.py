"""The Mamba block: projections, multi-dilated causal convolution, selective scan, gate.

    x, z = in_proj(hidden_states)                          (B, L, d_model) → 2 × (B, d_inner, L)
    x    = Σ_i softmax(conv_gates)_i · SiLU(conv_i(x))     causal_conv.py, notebooks 01–03
    Δ, B, C = dt_proj(·), ·, · of x_proj(x)                what makes the scan selective, notebook 07
    y    = selective_scan(x, Δ, A, B, C, D) · SiLU(z)      selective_scan/, notebooks 04–09
    out  = out_proj(y)                                     (B, L, d_model)

Mamba paper (arXiv 2312.00752), section 3.4, figure 3 and algorithm 2. Notebook 10 assembles it, notebook 11 streams it.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor, nn

from . import _validate, distributed
from .causal_conv import gated_sum, next_history
from .initialization import init_dt_projection, mark_parameters, s4d_real_A_log
from .parts import conv_sequence, conv_token, product_and_bias
from .segments import check_restart, check_seq_idx
from .selective_scan import selective_scan_fn
from .selective_scan.arguments import recurrence_dtype
from .selective_scan.update import advance
from .streaming import InferenceParams, keep, open_cache, readable


class Mamba(nn.Module):
    """The Mamba block with a multi-dilated convolution front end: (B, L, d_model) → (B, L, d_model), causal.

    Args:
        d_model: width of the input and the output.
        d_state: states per channel, N.
        d_conv: taps of each convolution, 1 or more.
        conv_dilations: dilation of each convolution branch, such as (1, 2, 4, 8).
        expand: d_inner = int(expand · d_model); may be a float.
        dt_rank: rank of the projection to Δ; "auto" is ceil(d_model / 16).
        dt_min, dt_max: range from which Δ is drawn, log-uniformly, at the start.
        dt_init: "random" or "constant" weight of dt_proj.
        dt_scale: factor of that weight's size.
        dt_init_floor: least Δ at the start.
        conv_bias: whether the convolutions have a bias.
        bias: whether in_proj and out_proj have one.
        use_fast_path: accepted for compatibility with mamba_ssm, and ignored.
        layer_idx: the block's key in the cache of `InferenceParams`; needed for streaming with it.
        device, dtype: of the parameters. `A_log` and `D` are float32 whatever the dtype.

    Attributes:
        in_proj, conv1d_layers, conv_gates, x_proj, dt_proj, A_log, D, out_proj: the parameters.
        d_inner, max_lag: width inside, and samples of input history that the convolutions need.

    Raises:
        TypeError, ValueError: a size, range or name that is not allowed.

    A part may be wrapped, replaced or hooked as in any module (LoRA, int8, parametrizations). A saved `torch.export`
    program needs `import lite_mamba` before `torch.export.load`. `torch.onnx.export` takes `step` as it is, and a whole
    sequence with the translation in `lite_mamba.onnx_export`.

    Source: Mamba paper, section 3.4 and figure 3; `conv_dilations` is this package's addition.

    >>> block = Mamba(d_model=512, d_conv=3, conv_dilations=(1, 2, 4, 8))
    >>> block(torch.randn(2, 128, 512)).shape
    torch.Size([2, 128, 512])
    """

    def __init__(
        self,
        d_model: int,
        d_state: int = 16,
        d_conv: int = 4,
        conv_dilations: Sequence[int] = (1,),
        expand: float = 2,
        dt_rank: int | str = "auto",
        dt_min: float = 0.001,
        dt_max: float = 0.1,
        dt_init: str = "random",
        dt_scale: float = 1.0,
        dt_init_floor: float = 1e-4,
        conv_bias: bool = True,
        bias: bool = False,
        use_fast_path: bool = False,
        layer_idx: int | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ):
        super().__init__()
        self.d_model = _validate.integer("d_model", d_model)
        self.d_state = _validate.integer("d_state", d_state)
        self.d_conv = _validate.integer("d_conv", d_conv)
        self.conv_dilations = _check_dilations(conv_dilations)
        self.expand = _check_expand(expand, self.d_model)
        self.d_inner = int(self.expand * self.d_model)
        self.dt_rank = math.ceil(self.d_model / 16) if dt_rank == "auto" else _check_dt_rank(dt_rank)
        self.layer_idx = None if layer_idx is None else _validate.integer("layer_idx", layer_idx, minimum=0)
        self.max_lag = (self.d_conv - 1) * max(self.conv_dilations)
        _check_dt(dt_min, dt_max, dt_init, dt_scale, dt_init_floor)
        _check_dtype(dtype)

        made = {"device": device, "dtype": dtype}
        self.in_proj = nn.Linear(self.d_model, 2 * self.d_inner, bias=bias, **made)
        self.conv1d_layers = nn.ModuleList(
            nn.Conv1d(
                self.d_inner,
                self.d_inner,
                self.d_conv,
                dilation=dilation,
                groups=self.d_inner,
                bias=conv_bias,
                **made,
            )
            for dilation in self.conv_dilations
        )
        self.conv_gates = nn.Parameter(torch.ones(len(self.conv_dilations), **made))
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + 2 * self.d_state, bias=False, **made)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner, bias=True, **made)
        self.A_log = nn.Parameter(s4d_real_A_log(self.d_inner, self.d_state, device=device))
        self.D = nn.Parameter(torch.ones(self.d_inner, device=device, dtype=torch.float32))
        self.out_proj = nn.Linear(self.d_inner, self.d_model, bias=bias, **made)

        init_dt_projection(
            self.dt_proj,
            dt_min=dt_min,
            dt_max=dt_max,
            dt_init=dt_init,
            dt_scale=dt_scale,
            dt_init_floor=dt_init_floor,
        )
        mark_parameters(self)
        self.register_load_state_dict_post_hook(mark_parameters)

    def forward(
        self,
        hidden_states: Tensor,
        inference_params: InferenceParams | None = None,
        *,
        seq_idx: Tensor | None = None,
    ) -> Tensor:
        """Run the block over a sequence, or over the next chunk of a stream.

        Args:
            hidden_states: (B, L, d_model); L may be 0.
            inference_params: the stream's running state, or None. The caller advances its `seqlen_offset`. Gradients
                do not flow from one call into the next.
            seq_idx: (B, L) segment indices: a change of index starts a new segment, and nothing crosses it. For left
                padding an attention mask will do. Going on with a stream after right padding is not supported: the
                state would hold the padding.

        Returns:
            (B, L, d_model), in the dtype of `hidden_states`, under autocast in autocast's.

        Raises:
            TypeError, ValueError: wrong rank, width, dtype or lengths; a cache that does not fit.
        """
        if (relay := distributed.current()) is not None:
            return distributed.uncompiled(self._part)(relay, hidden_states, inference_params, seq_idx)
        self._check_input(hidden_states, seq_idx)
        if inference_params is None:
            return self._sequence(hidden_states, None, None, seq_idx)[0]
        batch, length, _ = hidden_states.shape
        cache = open_cache(inference_params, self, batch)
        restart = cache.rows_that_restart(seq_idx)
        out, *states = self._advance(hidden_states, cache.conv_state, cache.ssm_state, restart, seq_idx)
        cache.store(*states, length, seq_idx)
        return out

    if TYPE_CHECKING:  # nn.Module leaves the type of a call open
        __call__ = forward

    def step(
        self, hidden_states: Tensor, conv_state: Tensor, ssm_state: Tensor, *, restart: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run the block on one token.

        With grad off the states are updated in place and returned; with grad on, new ones are returned, with their
        graph, and the given ones stay as they are. Detach them to cut back-propagation through time. Always go on
        with what is returned.

        Args:
            hidden_states: (B, 1, d_model).
            conv_state: (B, d_inner, max_lag) input history, the latest sample last.
            ssm_state: (B, d_inner, d_state).
            restart: (B,) bools: the rows in which this token is the first of a new segment, such as
                `seq_idx[:, t] != seq_idx[:, t - 1]`. They start afresh. None goes on with every row.

        Returns:
            out (B, 1, d_model), conv_state, ssm_state.

        Raises:
            TypeError, ValueError: wrong rank, width or dtype, more than one token, states that do not fit.

        >>> block, x = Mamba(8), torch.randn(1, 3, 8)
        >>> with torch.no_grad():
        ...     states = block.allocate_inference_cache(1, 3)
        ...     for t in range(3):
        ...         out, *states = block.step(x[:, t : t + 1], *states)
        ...     torch.allclose(out, block(x)[:, -1:], atol=1e-6)
        True
        """
        self._check_input(hidden_states, None)
        if hidden_states.shape[1] != 1:
            raise ValueError(
                f"step takes exactly one token, hidden_states (B, 1, {self.d_model}), got "
                f"{tuple(hidden_states.shape)}; for several tokens call forward with inference_params"
            )
        self.check_states(hidden_states.shape[0], conv_state, ssm_state)
        if restart is not None:
            check_restart(restart, hidden_states.shape[0])
        return self._advance(hidden_states, conv_state, ssm_state, restart, None)

    def allocate_inference_cache(
        self, batch_size: int, max_seqlen: int, dtype: torch.dtype | None = None, **kwargs
    ) -> tuple[Tensor, Tensor]:
        """Make the states of a new stream, all zero.

        Args:
            batch_size: rows of the stream.
            max_seqlen: accepted for compatibility with mamba_ssm; the states have the same size for any length.
            dtype: of the conv state; None takes the convolution's. The SSM state keeps the recurrence's dtype.
            kwargs: accepted for compatibility with mamba_ssm, and ignored.

        Returns:
            conv_state (B, d_inner, max_lag) and ssm_state (B, d_inner, d_state).

        Raises:
            TypeError, ValueError: a batch size that is not an integer of at least 1, a dtype that is not floating.

        >>> [tuple(state.shape) for state in Mamba(8, conv_dilations=(1, 4)).allocate_inference_cache(2, 100)]
        [(2, 16, 12), (2, 16, 16)]
        """
        batch_size = _validate.integer("batch_size", batch_size)
        _check_dtype(dtype)
        own = self.conv_gates  # a parameter of the block itself: whatever its parts were replaced by, it is there
        rows = {"device": own.device, "dtype": dtype or own.dtype}
        conv_state = torch.zeros(batch_size, self.d_inner, self.max_lag, **rows)
        ssm_state = torch.zeros(
            batch_size, self.d_inner, self.d_state, **{**rows, "dtype": recurrence_dtype(own.dtype)}
        )
        return conv_state, ssm_state

    def check_states(self, batch: int, conv_state: Tensor, ssm_state: Tensor) -> None:
        """Raise unless the states fit this block, `batch` rows and its device."""
        for name, state, width in (
            ("conv_state", conv_state, self.max_lag),
            ("ssm_state", ssm_state, self.d_state),
        ):
            _validate.floating(name, state)
            expected = (batch, self.d_inner, width)
            if tuple(state.shape) != expected:
                raise ValueError(
                    f"{name} has shape {tuple(state.shape)}, but this block needs {expected} for a batch of {batch}; "
                    f"make it with allocate_inference_cache({batch}, ...), or use a new InferenceParams"
                )
            if state.device != self.conv_gates.device:
                raise ValueError(
                    f"{name} is on {state.device}, but the block is on {self.conv_gates.device}; "
                    f"move one with .to(device)"
                )
        wanted = recurrence_dtype(self.conv_gates.dtype)
        if ssm_state.dtype != wanted:
            raise TypeError(
                f"ssm_state is {ssm_state.dtype}, but the recurrence of this block runs in {wanted}; "
                f"make the states with allocate_inference_cache, or use a new InferenceParams"
            )

    def extra_repr(self) -> str:
        return (
            f"d_model={self.d_model}, d_state={self.d_state}, d_conv={self.d_conv}, "
            f"conv_dilations={self.conv_dilations}, expand={self.expand}, dt_rank={self.dt_rank}"
        )

    def _advance(self, hidden_states, conv_state, ssm_state, restart, seq_idx):
        """Continue a stream by any number of tokens: out and the states to go on with."""
        history, state = readable(conv_state), readable(ssm_state)
        if restart is not None:
            history = torch.where(restart[:, None, None], 0, history)
            state = torch.where(restart[:, None, None], 0, state)
        run = self._token if hidden_states.shape[1] == 1 else self._sequence
        out, new_history, new_state = run(hidden_states, history, state, seq_idx)
        return out, keep(conv_state, new_history), keep(ssm_state, new_state)

    def _part(self, relay, hidden_states, inference_params, seq_idx):
        """`forward` on the part of a longer sequence that this process holds."""
        problem = cache = None
        try:
            self._check_input(hidden_states, seq_idx)
            if inference_params is not None:
                distributed.check_offset(inference_params)
                cache = open_cache(inference_params, self, hidden_states.shape[0])
        except (TypeError, ValueError) as error:
            problem = error  # raised when the others have heard of it: they would wait for this process
        part = distributed.begin(relay, self, hidden_states, inference_params, seq_idx, problem)
        out, _, state = self._sequence(hidden_states, None, None, seq_idx, part)
        if cache is not None:
            part.store(cache, state)
        return out

    def _sequence(self, hidden_states, history, state, seq_idx, part=None):
        """The block over L tokens, from a history and state or (None, None) from nothing.

        A `part` of a longer sequence brings its own, from the processes that hold the rest.
        """
        xz = self.in_proj(hidden_states)  # (B, L, 2·d_inner)
        x, z = rearrange(xz, "b l (two d) -> two b d l", two=2)  # (B, d_inner, L) each
        new_history = None if history is None else next_history(x, history, seq_idx)
        history = history if part is None else part.history(x)
        branches = (conv_sequence(*branch, x, history, seq_idx) for branch in self._branches())  # (B, D, L) each
        u = gated_sum(branches, self.conv_gates, x.dtype)  # (B, D, L)
        delta, delta_bias, B, C = self._select(rearrange(u, "b d l -> b l d"))
        scan = selective_scan_fn if part is None else part.scan
        y, new_state = scan(
            u,
            rearrange(delta, "b l d -> b d l"),
            self._A(u.dtype),
            rearrange(B, "b l n -> b n l"),
            rearrange(C, "b l n -> b n l"),
            self.D,
            z=z,
            delta_bias=delta_bias,
            delta_softplus=True,
            return_last_state=True,
            initial_state=state,
            seq_idx=seq_idx,
        )
        return self.out_proj(rearrange(y, "b d l -> b l d")), new_history, new_state

    def _token(self, hidden_states, history, state, _seq_idx):
        """The block on one token; a change of segment has been dealt with before."""
        x, z = self.in_proj(hidden_states[:, 0]).chunk(2, dim=-1)  # (B, d_inner) each
        window = torch.cat([history.to(x.dtype), x.unsqueeze(-1)], dim=-1)  # (B, d_inner, max lag + 1)
        branches = (conv_token(*branch, window) for branch in self._branches())  # (B, D) each
        u = gated_sum(branches, self.conv_gates, x.dtype)  # (B, D)
        delta, delta_bias, B, C = self._select(u)
        y, new_state = advance(state, u, delta, self._A(u.dtype), B, C, self.D, z, delta_bias, dt_softplus=True)
        return self.out_proj(y).unsqueeze(1), window[..., 1:], new_state

    def _branches(self):
        """The convolution branches: module, lag and dilation of each."""
        for conv, dilation in zip(self.conv1d_layers, self.conv_dilations, strict=True):
            yield conv, (self.d_conv - 1) * dilation, dilation

    def _select(self, u: Tensor):
        """From the convolved signal (…, d_inner): delta (…, d_inner) before softplus, the bias it still lacks or None,
        B and C (…, N)."""
        low_rank, B, C = self.x_proj(u).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        return *product_and_bias(self.dt_proj, low_rank), B, C

    def _A(self, dtype: torch.dtype) -> Tensor:
        return -torch.exp(self.A_log.to(recurrence_dtype(dtype)))  # (D, N)

    def _check_input(self, hidden_states, seq_idx) -> None:
        _validate.floating("hidden_states", hidden_states, "convert it, or embed token ids first, as MambaLM does")
        if hidden_states.ndim != 3 or hidden_states.shape[-1] != self.d_model:
            raise ValueError(f"hidden_states must have shape (B, L, {self.d_model}), got {tuple(hidden_states.shape)}")
        own = self.conv_gates.dtype
        if hidden_states.dtype != own and not _validate.autocast_is_on(hidden_states.device.type):
            raise TypeError(
                f"hidden_states is {hidden_states.dtype} but the block's weights are {own}; "
                f"convert one with .to(dtype), or use torch.autocast"
            )
        if seq_idx is not None:
            check_seq_idx(seq_idx, *hidden_states.shape[:2])

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        mark_parameters(self)
        return self

    def __setstate__(self, state):
        super().__setstate__(state)
        mark_parameters(self)

    def _load_from_state_dict(self, state_dict, prefix, metadata, strict, missing, unexpected, errors):
        errors.extend(_adopt_single_branch(state_dict, prefix, branches=len(self.conv_dilations)))
        super()._load_from_state_dict(state_dict, prefix, metadata, strict, missing, unexpected, errors)


def _adopt_single_branch(state_dict, prefix: str, branches: int) -> list[str]:
    """Rename `conv1d.*`, the one convolution of mamba_ssm, transformers and mambapy, to branch 0.

    lite-mamba 0.1.4 stores branch 0 under both names; two copies that differ are an error. Returns the errors.
    """
    errors = []
    for part in ("weight", "bias"):
        old, new = f"{prefix}conv1d.{part}", f"{prefix}conv1d_layers.0.{part}"
        if old not in state_dict:
            continue
        value = state_dict.pop(old)
        if branches == 1:  # the softmax of a single gate is 1, whatever the gate
            state_dict.setdefault(f"{prefix}conv_gates", torch.ones_like(value.flatten()[:1]))
        if new not in state_dict:
            state_dict[new] = value
        elif not torch.equal(value, state_dict[new]):
            errors.append(f'"{old}" and "{new}" are two copies of one tensor but differ; keep only the right one.')
    return errors


def _check_dilations(conv_dilations) -> tuple[int, ...]:
    if isinstance(conv_dilations, (int, float)) and not isinstance(conv_dilations, bool):
        raise TypeError(
            f"conv_dilations must be a sequence of integers such as (1, 2, 4), got {conv_dilations!r}; it is the "
            f"fourth argument here, where mamba_ssm has expand: did you mean expand={conv_dilations!r}?"
        )
    return _validate.dilations("conv_dilations", conv_dilations)


def _check_expand(expand, d_model: int):
    _validate.positive_number("expand", expand)
    if int(expand * d_model) < 1:
        raise ValueError(
            f"expand={expand!r} gives d_inner = int(expand · d_model) = {int(expand * d_model)}; it must be at least 1"
        )
    return expand


def _check_dt_rank(dt_rank) -> int:
    if isinstance(dt_rank, str):
        raise ValueError(f'dt_rank must be "auto" or an integer of at least 1, got {dt_rank!r}')
    return _validate.integer('dt_rank, if not "auto",', dt_rank)


def _check_dt(dt_min, dt_max, dt_init, dt_scale, dt_init_floor) -> None:
    _validate.positive_number("dt_min", dt_min)
    _validate.positive_number("dt_max", dt_max)
    if dt_min > dt_max:
        raise ValueError(f"dt_min = {dt_min!r} is above dt_max = {dt_max!r}; swap them or widen the range")
    _validate.one_of("dt_init", dt_init, ("random", "constant"))
    _validate.positive_number("dt_scale", dt_scale)
    _validate.positive_number("dt_init_floor", dt_init_floor, zero_allowed=True)


def _check_dtype(dtype) -> None:
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise TypeError(f"dtype must be a floating-point torch dtype such as torch.float32, got {dtype!r}")
