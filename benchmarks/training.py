"""One step of training a small language model beside its peers, with the cores free and with the cores taken.

    python benchmarks/training.py [--repeats 5]

A step is forward, cross entropy, backward and AdamW, on random bytes; every model has N = 16, one convolution of four
taps, and as many layers as ours. Peers, each left out where it is not installed: mambapy, transformers'
`MambaForCausalLM` on its own path and on mambapy's, and lite-mamba 0.1.4, whose blocks stand in our layers, in a
process of its own (see `common.Predecessor`). "Busy": another program computes on each core that we may use.
"""

import argparse
import contextlib
import importlib.util
import os
import subprocess
import sys

import common
import torch
import torch.nn.functional as F
from torch import nn

from lite_mamba.course.waiting import sleeps
from lite_mamba.language_model import MambaLM

SHAPES = [(64, 2, 8, 256), (64, 2, 32, 64), (128, 4, 4, 512), (256, 4, 2, 1024)]  # (d_model, layers, batch, L)
LONGEST = 256  # for peers whose backward pass grows with L²: with 1024 tokens they take minutes a step
VOCABULARY = 256

# lite-mamba 0.1.4 has a block and no model. This is `MambaLM` around it, as text for the child process.
PREDECESSOR = """
import torch.nn.functional as F
from torch import nn
from lite_mamba import Mamba

class Layer(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.norm, self.mixer = nn.RMSNorm(d_model), Mamba(d_model)

    def forward(self, x):
        return x + self.mixer(self.norm(x))

class Model(nn.Module):
    def __init__(self, d_model, layers):
        super().__init__()
        self.embedding, self.norm = nn.Embedding({vocabulary}, d_model), nn.RMSNorm(d_model)
        self.layers = nn.Sequential(*(Layer(d_model) for _ in range(layers)))

    def forward(self, ids):
        return F.linear(self.norm(self.layers(self.embedding(ids))), self.embedding.weight)

ids = torch.randint({vocabulary}, ({batch}, {length} + 1))
model = Model({d_model}, {layers})
optimizer = torch.optim.AdamW(model.parameters())
def step():
    F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten()).backward()
    optimizer.step()
    optimizer.zero_grad()
"""


class Around(nn.Module):
    """A stack of blocks between an embedding and a head that shares its weight, as in `MambaLM`."""

    def __init__(self, d_model: int, blocks: nn.Module):
        super().__init__()
        self.embedding, self.blocks, self.norm = nn.Embedding(VOCABULARY, d_model), blocks, nn.RMSNorm(d_model)

    def forward(self, ids):
        return F.linear(self.norm(self.blocks(self.embedding(ids))), self.embedding.weight)


def mambapy_model(d_model: int, layers: int) -> nn.Module:
    from mambapy.mamba import Mamba, MambaConfig

    return Around(d_model, Mamba(MambaConfig(d_model=d_model, n_layers=layers)))


def transformers_model(d_model: int, layers: int, use_mambapy: bool):
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(
        vocab_size=VOCABULARY, hidden_size=d_model, num_hidden_layers=layers, use_mambapy=use_mambapy, use_cache=False
    )
    model = MambaForCausalLM(config)
    return lambda ids: model(ids).logits, model


def training_step(model, parameters, ids):
    """A function that does one step."""
    optimizer = torch.optim.AdamW(parameters)

    def step():
        F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def models(d_model: int, layers: int, length: int) -> dict:
    """name → model and parameters: who can be run here at this length."""
    ours = MambaLM(VOCABULARY, d_model, layers)
    found = {"this package": (ours, ours.parameters())}
    if importlib.util.find_spec("mambapy"):
        model = mambapy_model(d_model, layers)
        found["mambapy"] = model, model.parameters()
    if importlib.util.find_spec("transformers"):
        if length <= LONGEST:
            call, model = transformers_model(d_model, layers, use_mambapy=False)
            found["transformers"] = call, model.parameters()
        if importlib.util.find_spec("mambapy"):
            call, model = transformers_model(d_model, layers, use_mambapy=True)
            found["transformers with mambapy"] = call, model.parameters()
    return found


@contextlib.contextmanager
def taken_cores(taken: bool):
    """Another program that computes on each core that this process may use, while the block runs."""
    cores = sorted(os.sched_getaffinity(0)) if taken else []
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in cores]
    try:
        for core, other in zip(cores, others, strict=True):
            os.sched_setaffinity(other.pid, {core})
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def compare(shape, repeats: int) -> list[dict]:
    """Two rows, quiet and busy."""
    d_model, layers, batch, length = shape
    ids = torch.randint(VOCABULARY, (batch, length + 1), generator=torch.Generator().manual_seed(0))
    steps = {name: training_step(*model, ids) for name, model in models(d_model, layers, length).items()}
    runs = {name: common.clock(step) for name, step in steps.items()}
    child = None
    if common.Predecessor.folder and length <= LONGEST:
        sizes = {"vocabulary": VOCABULARY, "batch": batch, "length": length, "d_model": d_model, "layers": layers}
        child = common.Predecessor(PREDECESSOR.format(**sizes))
        runs["lite-mamba 0.1.4"] = child.run("step()")
    rows = []
    for cores in ("quiet", "busy"):
        with taken_cores(cores == "busy"):
            times = common.take_turns(runs, repeats)
        rows.append(row(shape, cores, times))
    if child:
        child.close()
    return rows


def row(shape, cores: str, times: dict[str, list[float]]) -> dict:
    cells = {"(d_model, layers, batch, L)": str(shape), "cores": cores}
    cells |= {f"{name}, ms": common.median_ms(seconds) for name, seconds in times.items()}
    ours, peers = times["this package"], {name: seconds for name, seconds in times.items() if name != "this package"}
    if peers:
        best = min(peers, key=lambda name: common.median_ms(peers[name]))
        cells |= {"best peer": best, "best peer ÷ ours": common.ratio(peers[best], ours)}
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(common.THREADS)
    torch.manual_seed(0)
    waiting = ", sleeping threads" if sleeps(os.environ) else ", spinning threads"
    name = "training" + waiting * (common.THREADS > 1)
    rows = []
    for shape in SHAPES:
        rows += compare(shape, options.repeats)
        common.store(name, rows)


if __name__ == "__main__":
    main()
