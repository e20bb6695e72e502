"""A small exercise module as a notebook's author would write it, and its registration for one test."""

import sys
import textwrap

import pytest

from lite_mamba.course import chapters

MODULE = textwrap.dedent('''
    """Exercises of a chapter that exists in the tests only."""
    import torch
    from torch import Tensor

    from ...checking.exercise import Draw, Exercise, Misconception, Question


    def shifted(x: Tensor, lag: int) -> Tensor:
        """y[t] = x[t - lag], zero before the start; x (B, L)."""
        return torch.cat([x.new_zeros(x.shape[0], lag), x], dim=1)[:, : x.shape[1]]  # (B, L)


    def rolled(x: Tensor, lag: int) -> Tensor:
        return x.roll(lag, dims=1)  # (B, L)


    def ahead(x: Tensor, lag: int) -> Tensor:
        return shifted(x.flip(1), lag).flip(1)  # (B, L)


    def longer(x: Tensor, lag: int) -> Tensor:
        return torch.cat([x.new_zeros(x.shape[0], lag), x], dim=1)  # (B, L + lag)


    def cases(draw: Draw) -> dict:
        batch, length = draw.size(1, 3), draw.size(3, 12)
        return {"x": draw.normal(batch, length), "lag": draw.size(1, 2)}


    def statistics(x: Tensor) -> tuple:
        return x.mean(), x.shape[0]


    EXERCISES = [
        Exercise(
            id="91.shifted", title="A delay", reference=shifted, cases=cases, axes=("batch", "step"),
            misconceptions=[
                Misconception("a circular delay", "What leaves at the end must not come in again.", rolled),
                Misconception("a look ahead", "The output at t may use the past only.", ahead),
                Misconception("a longer output", "Cut the output to the length of the input.", longer),
                Misconception("a lag as a shape", "The lag is a number.", lambda x, lag: x[lag[0]]),
            ],
        ),
        Exercise(
            id="91.statistics", title="A tuple", reference=statistics,
            cases=lambda draw: {"x": draw.normal(draw.size(2, 5))},
            misconceptions=[
                Misconception("a sum", "Divide by the length.", lambda x: (x.sum(), x.shape[0])),
                Misconception("a swap", "The mean comes first.", lambda x: (x.shape[0], x.mean())),
                Misconception("a missing length", "Return the length as well.", lambda x: (x.mean(),), given=True),
            ],
        ),
    ]
    RECAP = [Question(f"Is {n} even?", ["yes", "no"], ("no", "yes")[n % 2 == 0], f"{n} over two.") for n in range(5)]
''')


@pytest.fixture
def fake_chapter(tmp_path, monkeypatch):
    """Chapter 91, found by the registry like any other for the length of one test. Returns its module."""
    folder = tmp_path / "ch91_delay"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "exercises.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(chapters, "__path__", [str(tmp_path)])
    yield chapters.module("91")
    for name in ("ch91_delay", "ch91_delay.exercises"):
        del sys.modules[f"{chapters.__name__}.{name}"]  # monkeypatch would bring it back at its end
