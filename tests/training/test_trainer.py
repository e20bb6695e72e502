"""A run is the same after a kill, logs what a chapter replays, and is refused for another run's checkpoint."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lite_mamba.course.training import Run, Trainer
from lite_mamba.course.training.data import Memory, Text

TASK = Memory("selective_copying", 4, {"n_data": 2})
KINDS = {
    "selective": {"kind": "selective", "d_model": 8, "n_layers": 2, "d_state": 2},
    "lti": {"kind": "lti", "d_model": 8, "n_layers": 1, "d_state": 2},
    "attention": {"kind": "attention", "d_model": 8, "n_layers": 1, "n_heads": 2},
    "delay": {"kind": "delay", "d_model": 8, "taps": 12},
}


def small_run(kind="selective", steps=12, **changes):
    return Run(TASK, 12, KINDS[kind], batch=4, steps=steps, **changes)


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def stopped_after(trainer, steps):
    """Train, and stop as a kill would, after so many steps and right behind a save."""
    advance = trainer._advance

    def advance_or_die():
        if trainer.at == steps:
            trainer.save()
            raise KeyboardInterrupt
        advance()

    trainer._advance = advance_or_die
    with pytest.raises(KeyboardInterrupt):
        trainer.train()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("changes", [{}, {"warmup": 3, "final_lr": 0.1}], ids=["constant rate", "cosine"])
def test_a_killed_run_goes_on_bit_for_bit(kind, changes, tmp_path):
    run = small_run(kind, **changes)
    assert Trainer(run, tmp_path / "whole.safetensors").train()
    stopped_after(Trainer(run, tmp_path / "killed.safetensors"), steps=7)
    again = Trainer(run, tmp_path / "killed.safetensors")
    assert again.at == 7
    assert again.train()
    assert same(load_file(tmp_path / "whole.safetensors"), load_file(tmp_path / "killed.safetensors"))


PROGRAM = """
import sys
from lite_mamba.course.training import Run, Trainer, trainer
from test_trainer import small_run
trainer.SAVE_SECONDS = 0
Trainer(small_run("delay", steps=100_000), sys.argv[1]).train()
"""


def test_a_kill_without_warning_leaves_a_whole_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], env=environment)
    while not path.exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    trainer = Trainer(small_run("delay", steps=100_000), path)
    assert trainer.at >= 50 and len(trainer.optimizer.state) == len(list(trainer.model.parameters()))


def test_a_save_that_breaks_off_in_the_middle_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    trainer = Trainer(small_run("delay"), path)
    trainer.train()
    whole = path.read_bytes()

    def broken(tensors, target, metadata):
        Path(target).write_bytes(whole[:100])
        raise OSError("the disk is full")

    monkeypatch.setattr("lite_mamba.course.training.trainer.save_file", broken)
    with pytest.raises(OSError, match="full"):
        trainer.save()
    assert path.read_bytes() == whole


def test_the_seed_decides_everything_and_the_global_generator_nothing(tmp_path):
    results = []
    for name, seed, noise in (("a", 0, 1), ("b", 0, 2), ("c", 1, 1)):
        trainer = Trainer(small_run(seed=seed), tmp_path / f"{name}.safetensors")
        torch.manual_seed(noise)
        trainer.train()
        results.append(trainer.losses)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_another_run_does_not_go_on_from_this_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    Trainer(small_run(), path).train()
    with pytest.raises(ValueError, match="is of another run"):
        Trainer(small_run(lr=0.5), path)


def test_the_log_sees_the_start_and_the_end_and_some_thirty_moments_between(tmp_path):
    trainer = Trainer(small_run(steps=1000), tmp_path / "run.safetensors")
    assert 25 <= len(trainer.moments) <= 45 and {0, 1, 1000} <= trainer.moments
    trainer = Trainer(small_run(), tmp_path / "run.safetensors")
    trainer.train()
    moments = len(trainer.log["step"])
    assert trainer.log["step"].tolist() == sorted(trainer.moments)
    assert trainer.log["delta_profile"].shape == (moments, 2, 12)
    assert trainer.log["delta_data"].shape == trainer.log["delta_noise"].shape == (moments, 2, 16)


def test_a_run_that_learns_has_a_falling_loss(tmp_path):
    trainer = Trainer(small_run("delay", steps=300, lr=1e-2), tmp_path / "run.safetensors")
    trainer.train()
    assert trainer.losses[-20:].mean() < 0.8 * trainer.losses[:20].mean()
    assert trainer.hits[-20:].mean() > trainer.hits[:20].mean() + 0.1


def test_text_is_learned_too(tmp_path):
    run = replace(small_run(steps=3), data=Text(), length=16)
    trainer = Trainer(run, tmp_path / "run.safetensors")
    assert trainer.train() and "delta_data" not in trainer.log
    assert trainer.log["delta"].shape == (4, 2, 16)


on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@on_a_gpu
@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_on_a_gpu_takes_the_steps_that_eager_code_takes(kind, tmp_path):
    graph, eager = (Trainer(small_run(kind), tmp_path / f"{name}.safetensors", "cuda") for name in "ab")
    for _ in range(12):
        graph._advance()
        eager._step()
    assert graph.graph is not None and int(graph.next) == int(eager.next) == 12
    assert graph.generator.get_state().equal(eager.generator.get_state())
    torch.testing.assert_close(graph.losses, eager.losses, rtol=1e-3, atol=1e-4)


@on_a_gpu
def test_a_killed_run_goes_on_on_a_gpu(tmp_path):
    assert Trainer(small_run(), tmp_path / "whole.safetensors", "cuda").train()
    stopped_after(Trainer(small_run(), tmp_path / "killed.safetensors", "cuda"), steps=7)
    again = Trainer(small_run(), tmp_path / "killed.safetensors", "cuda")
    assert again.train()
    whole = load_file(tmp_path / "whole.safetensors")["losses"]
    torch.testing.assert_close(again.losses.cpu(), whole, rtol=1e-3, atol=1e-4)
