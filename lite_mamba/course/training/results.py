"""What is stored of a run: `NAME.safetensors`, weights in float16 and the log, and `NAME.json`, how it came about.

    model, log = load("induction-selective-0")
    log["delta_profile"]                                # Δ at some thirty moments of the training
    facts("induction-selective-0")["evaluation"]        # measured after rounding to float16

The JSON file holds: the run, command, seed, versions, machine, seconds, steps done, parameters, the loss curve as
[step, loss, share of right answers] (means over equal stretches), and the evaluation. Of some runs, `FACTS_ONLY`, the
package holds this file alone. Nothing is ever unpickled.
"""

import json
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from . import evaluation
from .data import Memory, Text, library_bytes
from .runs import FACTS_ONLY, RUNS, Run
from .trainer import Trainer, under

STORED = Path(__file__).with_name("stored")
CURVE_POINTS = 200
LONGEST = {"attention": 2**16, "lti": 2**16}  # they have no state to read in chunks with


def load(name: str, folder: Path = STORED) -> tuple[nn.Module, dict[str, Tensor]]:
    """A stored model, in float32 and ready to run, and its log.

    The log holds the tensors of `Trainer.log`, and as `probe` the (L,) tokens to which delta_profile belongs.

    Raises:
        ValueError: no weights of that name are stored.
    """
    if name not in names(folder):
        raise ValueError(f"no weights are stored of {name!r}; there are {', '.join(names(folder))}")
    tensors = load_file(folder / f"{name}.safetensors")
    with torch.random.fork_rng(devices=[]):  # the first weights are drawn, and then overwritten
        model = RUNS[name].build()
    model.load_state_dict(under("model.", tensors))
    return model.eval(), {key: widened(value) for key, value in under("log.", tensors).items()}


@cache
def stored(name: str) -> nn.Module:
    """A stored model to look at, loaded once for all: nobody trains it. See `load`."""
    return load(name)[0].requires_grad_(False)


def facts(name: str, folder: Path = STORED) -> dict:
    """How a stored run came about and how good it is: the JSON file.

    Raises:
        ValueError: nothing of that name is stored.
    """
    path = folder / f"{name}.json"
    if name not in RUNS or not path.exists():
        raise ValueError(f"nothing is stored of {name!r}; there are {', '.join(names(folder, 'json'))}")
    return json.loads(path.read_text("utf-8"))


def names(folder: Path = STORED, kind: str = "safetensors") -> list[str]:
    """The names of all runs of which weights are stored, or with "json" of which the facts are.

    >>> all(name in RUNS for name in names())
    True
    """
    return sorted(path.stem for path in folder.glob(f"*.{kind}") if path.stem in RUNS)


def library_baselines(folder: Path = STORED) -> dict:
    """Bits per held-out byte of n-grams, gzip and xz, and the Python version whose library that was."""
    return json.loads((folder / "baselines.json").read_text("utf-8"))


def widened(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def store(trainer: Trainer, command: str, folder: Path = STORED) -> dict:
    """Round the weights of a run to float16, evaluate them so, and write both files; returns the facts."""
    name, run, model = trainer.checkpoint.stem, trainer.run, trainer.model
    weights = {key: value.half().cpu() for key, value in model.state_dict().items()}
    model.load_state_dict(weights)
    # bfloat16 has the range for a Δ of 1e-7, which float16 has not.
    log = {key: value.bfloat16() if value.ndim > 1 else value for key, value in trainer.log.items()}
    log["probe"] = trainer.probe[0].int().cpu()
    found = {
        "name": name,
        "run": run.described(),
        "command": command,
        "seed": run.seed,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "lite-mamba": version("lite-mamba"),
        },
        "machine": torch.cuda.get_device_name() if trainer.device == "cuda" else f"CPU, {platform.machine()}",
        "seconds": round(trainer.seconds, 1),
        "steps": trainer.at,
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": curve(trainer.losses[: trainer.at], trainer.hits[: trainer.at]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    if not name.startswith(FACTS_ONLY):
        tensors = {f"model.{key}": value for key, value in weights.items()}
        save_file(tensors | {f"log.{key}": value for key, value in log.items()}, folder / f"{name}.safetensors")
    found["evaluation"] = evaluate(model, run)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def curve(losses: Tensor, hits: Tensor) -> list[list[float]]:
    """[last step, mean loss, mean share of right answers] of at most `CURVE_POINTS` equal stretches."""
    size = -(-len(losses) // CURVE_POINTS) or 1
    pairs = zip(losses.split(size), hits.split(size), strict=True)
    return [
        [min(size * (i + 1), len(losses)), round(loss.mean().item(), 5), round(hit.mean().item(), 4)]
        for i, (loss, hit) in enumerate(pairs)
    ]


def evaluate(model: nn.Module, run: Run) -> dict:
    """Bits per held-out byte, or accuracy by length with the number of rows, as JSON can hold it."""
    if isinstance(run.data, Text):
        text = library_bytes(next(model.parameters()).device)[1]
        return {"bits_per_byte": round(evaluation.bits_per_byte(model, text), 4), "bytes": len(text)}
    result = {}
    for length in lengths(run):
        rows = rows_at(length)
        share = evaluation.accuracy(model, run.data, length, rows)
        result[str(length)] = {"accuracy": round(share, 5), "rows": rows}
    return {"by_length": result}


def lengths(run: Run) -> Iterable[int]:
    """The lengths at which a memory task is tested: 2⁶ … 2²⁰ for induction heads, else up to four times its own."""
    if isinstance(run.data, Memory) and run.data.name == "induction_heads":
        return [2**k for k in range(6, 21, 2) if 2**k <= LONGEST.get(run.model["kind"], 2**20)]
    return [run.length, 2 * run.length, 4 * run.length]


def rows_at(length: int) -> int:
    """How many rows a length is tested on: 512, fewer for long ones, at least 32."""
    return max(32, min(512, 2**21 // length))
