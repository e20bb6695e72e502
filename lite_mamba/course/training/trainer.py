"""One training run: seeded, logged, and resumable after a kill as if nothing had happened.

Everything that the next step depends on is in the checkpoint: weights, Adam's moments, the state of the generator, the
step, and the log. A checkpoint is one safetensors file, written beside the old one and put in its place at once, so
that a kill at any moment leaves a whole one. Weights start from `seed`, batches from a generator of the trainer's own.

On CUDA the whole step, the drawing of the batch included, is captured into one CUDA graph: such a small model is all
launches. So nothing in `_step` may depend on a value that Python would have to read.
"""

import json
import math
import os
import time
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from lite_mamba.selective_scan import compile_scan

from .data import Memory
from .models import step_sizes
from .runs import Run

MOMENTS = 32  # from the first thousandth of the steps to the last, on a logarithmic scale, at which the log looks at Δ
PROBE_ROWS = 128
WARM_UP = 3  # eager steps before the capture: they make what may not be made during it
SAVE_SECONDS = 20


class Trainer:
    """A run in progress.

    Args:
        run: what to train.
        checkpoint: the file to keep; if it is there, the run goes on from it.
        device: "cpu" or "cuda".
        compiled: whether the scan goes through `torch.compile` (CUDA only); it takes minutes once.

    Attributes:
        model: the model, in training.
        at: steps done.
        losses, hits: (steps,) loss, and share of right answers, of each step so far.
        log: tensors with one entry a moment: step, loss and accuracy on the probe. A model with a Δ adds, for a memory
            task, delta_profile (moments, n_layers, L) of the probe's first row, the geometric mean over channels (0
            where the Δ of one is too small for a float), and delta_data and delta_noise (moments, n_layers, d_inner),
            the means over the probe's tokens of that kind; for text, delta (moments, n_layers, d_inner), the mean over
            all tokens.
        probe: (rows, L) tokens that the log looks at, the same at every moment.
        seconds: time spent, over all the kills.

    Raises:
        ValueError: the checkpoint is of another run.

    >>> import tempfile
    >>> run = Run(Memory("selective_copying", 4, {"n_data": 2}), 8, {"kind": "delay", "d_model": 4, "taps": 8}, steps=3)
    >>> Trainer(run, Path(tempfile.mkdtemp()) / "small.safetensors").train()
    True
    """

    def __init__(self, run: Run, checkpoint: Path, device: str = "cpu", compiled: bool = False):
        self.run, self.checkpoint, self.device, self.compiled = run, Path(checkpoint), device, compiled
        torch.set_float32_matmul_precision("high" if run.tf32 else "highest")
        torch.manual_seed(run.seed)
        self.model = run.build().to(device)
        self.generator = torch.Generator(device).manual_seed(run.seed + 1)
        self.lr = torch.tensor(run.lr, device=device)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=self.lr, eps=run.eps, fused=True, capturable=device == "cuda"
        )
        self.losses, self.hits = (torch.zeros(run.steps, device=device) for _ in range(2))
        self.next = torch.zeros(1, dtype=torch.long, device=device)  # the step's number, where a graph can read it
        probe_generator = torch.Generator(device).manual_seed(run.seed + 2)
        self.probe, self.probe_targets = run.data.draw(probe_generator, PROBE_ROWS, run.length)
        self.moments = {0, *(round(run.steps * 1000 ** (i / MOMENTS - 1)) for i in range(MOMENTS + 1))}
        self.log: dict[str, Tensor] = {}
        self.at, self.seconds, self.graph, self.eager_steps = 0, 0.0, None, 0
        if self.checkpoint.exists():
            self._load()

    def train(self, seconds: float = math.inf) -> bool:
        """Train to the end, or for so many seconds; returns whether the end is reached. Saves as it goes."""
        begin, before = time.monotonic(), self.seconds
        saved = begin
        with tqdm(total=self.run.steps, initial=self.at, mininterval=1, desc=self.checkpoint.stem) as bar:
            while self.at < self.run.steps and time.monotonic() - begin < seconds:
                if self.at in self.moments:
                    self._look()
                self._advance()
                bar.update()
                if self.at % 50 == 0:
                    bar.set_postfix(loss=f"{self.losses[self.at - 1]:.4f}", refresh=False)
                    self.seconds = before + time.monotonic() - begin
                    if time.monotonic() - saved > SAVE_SECONDS:
                        self.save()
                        saved = time.monotonic()
        if self.at == self.run.steps:
            self._look()
        self.seconds = before + time.monotonic() - begin
        self.save()
        return self.at == self.run.steps

    def _step(self) -> None:
        """One step, as tensor operations alone."""
        run = self.run
        tokens, targets = run.data.draw(self.generator, run.batch, run.length)  # (B, L), (B, answers)
        logits = self.model(tokens)[:, -targets.shape[1] :]  # (B, answers, vocab_size)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.lr.copy_(run.lr * self._share_of_lr())
        self.optimizer.step()
        self.losses.index_copy_(0, self.next, loss.detach().view(1))
        self.hits.index_copy_(0, self.next, (logits.argmax(-1) == targets).float().mean().view(1))
        self.next += 1

    def _share_of_lr(self) -> Tensor:
        """Up over the warm-up, then down half a cosine."""
        rise = ((self.next + 1) / max(1, self.run.warmup)).clamp(max=1)
        cosine = (1 + torch.cos(math.pi * self.next / self.run.steps)) / 2
        return (rise * (self.run.final_lr + (1 - self.run.final_lr) * cosine))[0]

    def _advance(self) -> None:
        """One step, on CUDA as a replay of the graph."""
        if self.graph is not None:
            self.graph.replay()
        elif self.device == "cpu":
            self._step()
        elif self.eager_steps < WARM_UP:
            with self._scan_of_the_run(), torch.cuda.stream(torch.cuda.Stream()):
                self._step()
            torch.cuda.synchronize()
            self.eager_steps += 1
        else:
            self.graph = torch.cuda.CUDAGraph()
            self.graph.register_generator_state(self.generator)
            with self._scan_of_the_run(), torch.cuda.graph(self.graph):
                self._step()
            self.graph.replay()
        self.at += 1

    @contextmanager
    def _scan_of_the_run(self):
        """Only training may compile: each other shape would take minutes again."""
        compile_scan(self.compiled)
        yield
        compile_scan(False)

    @torch.no_grad()
    def _look(self) -> None:
        """Add a moment to the log, unless it is there already."""
        if self.log and self.log["step"][-1] == self.at:
            return
        logits = self.model(self.probe)[:, -self.probe_targets.shape[1] :]
        moment = {
            "step": torch.tensor(self.at),
            "loss": F.cross_entropy(logits.flatten(0, 1), self.probe_targets.flatten()),
            "accuracy": (logits.argmax(-1) == self.probe_targets).float().mean(),
        }
        delta = step_sizes(self.model, self.probe)  # (n_layers, rows, L, d_inner)
        if delta is not None and isinstance(self.run.data, Memory):
            moment["delta_profile"] = delta[:, 0].log().mean(-1).exp()
            moment["delta_data"] = delta[:, self.run.data.data(self.probe)].mean(1)
            moment["delta_noise"] = delta[:, self.run.data.noise(self.probe)].mean(1)
        elif delta is not None:
            moment["delta"] = delta.mean((1, 2))
        for name, value in moment.items():
            value = value.cpu().unsqueeze(0)
            self.log[name] = torch.cat([self.log[name], value]) if name in self.log else value

    def save(self) -> None:
        """Put a whole checkpoint in the place of the last."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        tensors |= {f"log.{name}": value for name, value in self.log.items()}
        tensors |= {"losses": self.losses[: self.at].clone(), "hits": self.hits[: self.at].clone()}
        tensors |= {"next": self.next, "generator": self.generator.get_state()}
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = self.checkpoint.with_suffix(".part")
        save_file(tensors, part, {"run": json.dumps(self.run.described()), "seconds": str(self.seconds)})
        os.replace(part, self.checkpoint)

    def _load(self) -> None:
        with safe_open(self.checkpoint, "pt") as file:
            metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if json.loads(metadata["run"]) != json.loads(json.dumps(self.run.described())):
            raise ValueError(
                f"{self.checkpoint} is of another run, {metadata['run']}; give another folder or remove it"
            )
        self.model.load_state_dict(under("model.", tensors))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in under("optimizer.", tensors).items():
            index, key = name.split(".")
            moments.setdefault(int(index), {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.optimizer.param_groups[0]["lr"] = self.lr  # loading puts a copy there
        self.log = under("log.", tensors)
        self.generator.set_state(tensors["generator"])
        self.next.copy_(tensors["next"])
        self.at, self.seconds = int(self.next), float(metadata["seconds"])
        self.losses[: self.at], self.hits[: self.at] = tensors["losses"], tensors["hits"]


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The entries whose name starts with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
