"""The training runs behind chapters 12 to 14: tasks, models, trainer, evaluation, and what is stored of each run.

    from lite_mamba.course.training import load
    model, log = load("induction-selective-0")

`python -m lite_mamba.course.training --help` trains, evaluates and stores.
"""

from .models import build, step_sizes
from .results import facts, library_baselines, load, names, stored
from .runs import RUNS, Run
from .trainer import Trainer

__all__ = ["RUNS", "Run", "Trainer", "build", "facts", "library_baselines", "load", "names", "step_sizes", "stored"]
