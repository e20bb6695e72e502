"""The block's forward pass beside lite-mamba 0.1.4 and transformers' CPU path, taking turns.

    python benchmarks/block.py [--repeats 9] [--device cuda]

Each has d_state 16, d_conv 4, one convolution branch and its own random weights. lite-mamba 0.1.4 runs in a child
process (see `common.Predecessor`), transformers is optional. On a GPU: our block alone, forward and with backward, in
float32 and under bfloat16 autocast, with the eager scan and with the compiled one.
"""

import argparse
import importlib.util

import common
import torch

from lite_mamba import Mamba
from lite_mamba.selective_scan import compile_scan

SHAPES = [(2, 128, 512), (1, 1024, 256), (1, 2048, 256)]  # (batch, length, d_model)
GPU_SHAPE = (8, 2048, 768)


def transformers_mixer(d_model: int):
    """transformers' own block; without its CUDA kernels it takes its CPU path."""
    from transformers import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaMixer

    config = MambaConfig(hidden_size=d_model, state_size=16, conv_kernel=4, expand=2, use_mambapy=False)
    return MambaMixer(config, layer_idx=0).eval()


def compare(shape, repeats) -> dict:
    d_model = shape[2]
    x = torch.randn(shape)
    block = Mamba(d_model)
    runs = {"this package": common.clock(lambda: block(x))}
    if importlib.util.find_spec("transformers"):
        mixer = transformers_mixer(d_model)
        runs["transformers"] = common.clock(lambda: mixer(x))
    child = None
    if common.Predecessor.folder:
        setup = f"block, x = Mamba({d_model}), torch.randn{shape}"
        child = common.Predecessor(f"from lite_mamba import Mamba\n{setup}\ntorch.set_grad_enabled(False)")
        runs["lite-mamba 0.1.4"] = child.run("block(x)")
    with torch.no_grad():
        times = common.take_turns(runs, repeats)
    if child:
        child.close()
    cells = {"(batch, length, d_model)": str(shape)}
    cells |= {f"{name}, ms": common.median_ms(seconds) for name, seconds in times.items()}
    ours = times.pop("this package")
    return cells | {f"{name} ÷ ours": common.ratio(seconds, ours) for name, seconds in times.items()}


def on_gpu(repeats) -> list[dict]:
    """Our block with either scan, in float32 and under autocast, with device events."""
    x = torch.randn(GPU_SHAPE, device="cuda", requires_grad=True)
    block = Mamba(GPU_SHAPE[2]).cuda()
    rows = []
    for compiled in (False, True):
        compile_scan(compiled)
        for autocast in (False, True):

            def forward(autocast=autocast):
                with torch.autocast("cuda", torch.bfloat16, enabled=autocast):
                    return block(x)

            def both(forward=forward):
                block.zero_grad()
                x.grad = None
                forward().float().sum().backward()

            row = {"(batch, length, d_model)": str(GPU_SHAPE), "scan": "compiled" if compiled else "eager"}
            row["precision"] = "bfloat16 autocast" if autocast else "float32"
            for direction, run in {"forward": torch.no_grad()(forward), "both": both}.items():
                measured = common.on_device(run, repeats)
                row |= {f"{direction}, {unit}": value for unit, value in measured.items()}
            rows.append(row)
    compile_scan(False)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(common.THREADS)
    if options.device == "cuda":
        common.store(f"block on {torch.cuda.get_device_name()}", on_gpu(options.repeats))
        return
    common.store("block", [compare(shape, options.repeats) for shape in SHAPES])


if __name__ == "__main__":
    main()
