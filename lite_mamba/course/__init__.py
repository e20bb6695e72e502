"""What the notebooks use: sliders on figures, checks, predictions, recaps, progress.

    from lite_mamba import course

The core never imports this package; it needs the `course` extra (matplotlib, ipywidgets, JupyterLab).
"""

from . import tasks
from .drawing.controls import choice, slider, toggle
from .page.answers import answer, answers
from .page.check import check, mine, verify, whose
from .page.environment import environment
from .page.explore import explore
from .page.predict import predict
from .page.progress import progress
from .page.recap import recap

__all__ = [
    "answer",
    "answers",
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
