"""One token through the block: `step` beside lite-mamba 0.1.4 and transformers' CPU path, and its time over a stream.

python benchmarks/step.py [--repeats 15] [--tokens 100000]
"""

import argparse
import importlib.util
import statistics
import time

import common
import torch
from block import transformers_mixer

from lite_mamba import Mamba

SHAPES = [(1, 256), (1, 1024), (8, 512)]  # (batch, d_model)
TOKENS = 50  # of one round


def our_steps(batch: int, d_model: int):
    """A function that does `TOKENS` steps of one stream."""
    block, x = Mamba(d_model), torch.randn(batch, 1, d_model)
    states = block.allocate_inference_cache(batch, TOKENS)

    def call():
        nonlocal states
        for _ in range(TOKENS):
            _, *states = block.step(x, *states)

    return call


def transformers_steps(batch: int, d_model: int):
    from transformers.cache_utils import DynamicCache

    mixer, x = transformers_mixer(d_model), torch.randn(batch, 1, d_model)
    cache = DynamicCache(config=mixer.config) if hasattr(mixer, "config") else None
    mixer(x, cache_params=cache)

    def call():
        for _ in range(TOKENS):
            mixer(x, cache_params=cache)

    return call


def compare(shape, repeats) -> dict:
    batch, d_model = shape
    runs = {"this package": common.clock(our_steps(batch, d_model))}
    if importlib.util.find_spec("transformers"):
        runs["transformers"] = common.clock(transformers_steps(batch, d_model))
    child = None
    if common.Predecessor.folder:
        child = common.Predecessor(f"""
from lite_mamba import Mamba
torch.set_grad_enabled(False)
block, x = Mamba({d_model}), torch.randn({batch}, 1, {d_model})
states = block.allocate_inference_cache({batch}, {TOKENS})
def steps():
    global states
    for _ in range({TOKENS}):
        _, *states = block.step(x, *states)
""")
        runs["lite-mamba 0.1.4"] = child.run("steps()")
    times = common.take_turns(runs, repeats)
    if child:
        child.close()
    cells = {"(batch, d_model)": str(shape)}
    cells |= {f"{name}, µs a token": 1000 * common.median_ms(seconds) / TOKENS for name, seconds in times.items()}
    ours = times.pop("this package")
    return cells | {f"{name} ÷ ours": common.ratio(seconds, ours) for name, seconds in times.items()}


def over_a_stream(tokens: int) -> list[dict]:
    """µs a token, the median of ten tokens, at token 10, 100, … of one stream."""
    block, x = Mamba(64), torch.randn(1, 1, 64)
    states, times = block.allocate_inference_cache(1, tokens), []
    for _ in range(tokens + 10):
        start = time.perf_counter()
        _, *states = block.step(x, *states)
        times.append(1e6 * (time.perf_counter() - start))
    marks = [10**k for k in range(1, 10) if 10**k <= tokens]
    return [{"token": mark, "µs": statistics.median(times[mark : mark + 10])} for mark in marks]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()
    torch.set_num_threads(common.THREADS)
    with torch.no_grad():
        common.store("step", [compare(shape, options.repeats) for shape in SHAPES])
        common.store("step, over a stream", over_a_stream(options.tokens))


if __name__ == "__main__":
    main()
