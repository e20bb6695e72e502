"""What the notebooks use: sliders on figures, checks, predictions, recaps, progress.

    from lite_mamba import course

The core never imports this package; it needs the `course` extra (matplotlib, ipywidgets, JupyterLab).
"""

from . import tasks
from .check import check, mine, verify, whose
from .controls import choice, slider, toggle
from .environment import environment
from .explore import explore
from .predict import predict
from .progress import progress
from .recap import recap

__all__ = [
    "check",
    "choice",
    "environment",
    "explore",
    "mine",
    "predict",
    "progress",
    "recap",
    "slider",
    "tasks",
    "toggle",
    "verify",
    "whose",
]
