"""lite-mamba: the Mamba block that you can take apart, in pure PyTorch.

The block is described in Gu and Dao, *Mamba: Linear-Time Sequence Modeling with Selective State Spaces*
(arXiv 2312.00752). The notebooks build every part of it from nothing; each module here names its notebook.
"""

from .block import Mamba
from .causal_conv import causal_dilated_conv1d_fn, causal_dilated_conv1d_update, receptive_field
from .selective_scan import selective_scan_fn, selective_scan_ref, selective_state_update
from .streaming import InferenceParams

__version__ = "2.0.0"

__all__ = [
    "InferenceParams",
    "Mamba",
    "causal_dilated_conv1d_fn",
    "causal_dilated_conv1d_update",
    "receptive_field",
    "selective_scan_fn",
    "selective_scan_ref",
    "selective_state_update",
]
