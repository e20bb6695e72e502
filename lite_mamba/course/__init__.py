"""What the notebooks use: sliders on figures, checks, predictions, recaps, progress.

    from lite_mamba import course

The core never imports this package; it needs the `course` extra (matplotlib, ipywidgets, JupyterLab).
"""

try:
    from . import tasks
    from .drawing.controls import choice, slider, toggle
    from .page.answers import answer, answers
    from .page.check import check, mine, verify, whose
    from .page.environment import environment
    from .page.explore import explore
    from .page.packed import reveal
    from .page.predict import predict
    from .page.progress import progress
    from .page.recap import recap
except ModuleNotFoundError as error:
    if error.name is None or error.name.startswith("lite_mamba"):
        raise
    raise ModuleNotFoundError(
        f"the course needs {error.name}, which is not installed. The core, `import lite_mamba`, works without it. "
        'The course is an extra: in the folder of its pyproject.toml, python -m pip install --editable ".[course]"',
        name=error.name,
    ) from error

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
    "reveal",
    "slider",
    "tasks",
    "toggle",
    "verify",
    "whose",
]
