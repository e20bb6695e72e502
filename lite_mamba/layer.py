"""What the block shows to the modules that serve it, and that it calls: its sizes, its key, and its states."""

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor, nn


class Layer(Protocol):
    """A `Mamba` as streams and processes see it.

    Attributes:
        d_model, d_inner, d_state: widths outside and inside, and states per channel.
        max_lag: samples of input history that the convolutions need.
        layer_idx: its key in the cache of `InferenceParams`, or None.
        conv_gates: a parameter of the block itself: whatever its parts were replaced by, it has dtype and device.
    """

    d_model: int
    d_inner: int
    d_state: int
    max_lag: int
    layer_idx: int | None
    conv_gates: nn.Parameter

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters, those of the parts included."""

    def allocate_inference_cache(self, batch_size: int, max_seqlen: int) -> tuple[Tensor, Tensor]:
        """Make the states of a new stream, all zero."""

    def check_states(self, batch: int, conv_state: Tensor, ssm_state: Tensor) -> None:
        """Raise unless the states fit the block, `batch` rows and its device."""
