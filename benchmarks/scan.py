"""The selective scan beside its peers, on the CPU or on a GPU, all in one run and taking turns.

    python benchmarks/scan.py [--repeats 9] [--long] [--device cuda]

Peers, each left out where it is not installed: mambapy's parallel scan, lite-mamba 0.1.4 (see `common.Predecessor`),
and a C kernel compiled here by gcc. `--long` adds the growth up to 2^17 steps and one call of 2^20 steps.
"""

import argparse
import ctypes
import importlib.util
import math
import subprocess
import sys

import common
import torch
import torch.nn.functional as F

from lite_mamba import selective_scan_fn
from lite_mamba.selective_scan import compile_scan

SHAPES = [(2, 1024, 128), (1, 512, 2048), (4, 256, 1024), (1, 128, 4096)]
GPU_SHAPES = [(8, 1536, 2048), (1, 1536, 16384)]
STATES = 16


def draw(batch: int, channels: int, length: int, device: str = "cpu") -> dict[str, torch.Tensor]:
    """Inputs whose Δ is positive already, so that every peer does the same work."""
    g = torch.Generator(device).manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=g, device=device)

    return {
        "u": normal(batch, channels, length),
        "delta": 0.1 * torch.rand(batch, channels, length, generator=g, device=device),
        "A": -16 * torch.rand(channels, STATES, generator=g, device=device),
        "B": normal(batch, STATES, length),
        "C": normal(batch, STATES, length),
        "D": normal(channels),
        "z": normal(batch, channels, length),
    }


def mambapy_scan(u, delta, A, B, C, D, z):
    """mambapy's own lines around its parallel scan; it wants (B, L, D)."""
    from mambapy.pscan import pscan

    u, delta, z, B, C = (x.transpose(1, 2) for x in (u, delta, z, B, C))
    h = pscan(torch.exp(delta.unsqueeze(-1) * A), (delta * u).unsqueeze(-1) * B.unsqueeze(2))
    y = (h @ C.unsqueeze(-1)).squeeze(3) + D * u
    return (y * F.silu(z)).transpose(1, 2)


def fused_run(library, inputs):
    """The C kernel on these inputs, with B and C laid out as it wants them."""
    batch, channels, length = inputs["u"].shape
    B, C = (inputs[name].transpose(1, 2).contiguous() for name in ("B", "C"))
    arrays = [*(inputs[name] for name in ("u", "delta", "A")), B, C, inputs["D"], inputs["z"]]
    arrays.append(torch.empty_like(inputs["u"]))
    pointers = [ctypes.c_void_p(x.data_ptr()) for x in arrays]

    def call():
        library.scan(batch, channels, length, *pointers)
        return arrays[-1]

    return call


def both_directions(scan, inputs):
    """A function that runs forward and backward, from fresh gradients."""
    leaves = {name: x.clone().requires_grad_() for name, x in inputs.items()}
    grad = torch.randn_like(inputs["u"])

    def call():
        for x in leaves.values():
            x.grad = None
        scan(**leaves).backward(grad)

    return call


def compare(shape, library, repeats) -> list[dict]:
    """One shape: forward, then forward and backward, everybody in turns."""
    inputs = draw(*shape)
    scans = {"this package": selective_scan_fn}
    if importlib.util.find_spec("mambapy"):
        scans["mambapy"] = mambapy_scan
    wanted = selective_scan_fn(**inputs)
    for name, scan in scans.items():
        torch.testing.assert_close(scan(**inputs), wanted, rtol=1e-3, atol=1e-2, msg=f"{name} is wrong at {shape}")
    forward = {name: common.clock(lambda scan=scan: scan(**inputs)) for name, scan in scans.items()}
    if library is not None:
        kernel = fused_run(library, inputs)
        torch.testing.assert_close(kernel(), wanted, rtol=1e-3, atol=1e-2)
        forward["fused C"] = common.clock(kernel)
    child = predecessor(shape) if common.Predecessor.folder else None
    if child:
        forward["lite-mamba 0.1.4"] = child.run("forward()")
    with torch.no_grad():
        times = common.take_turns(forward, repeats)
    if child:
        child.close()
    backward = {name: common.clock(both_directions(scans[name], inputs)) for name in scans}
    return [
        row(shape, "forward", times),
        row(shape, "forward + backward", common.take_turns(backward, max(3, repeats // 2))),
    ]


def row(shape, direction, times) -> dict:
    ours = times["this package"]
    cells = {"shape": str(shape), "direction": direction}
    cells |= {f"{name}, ms": common.median_ms(seconds) for name, seconds in times.items()}
    if "mambapy" in times:
        cells["mambapy ÷ ours"] = common.ratio(times["mambapy"], ours)
    if "fused C" in times:
        cells["ours ÷ fused C"] = common.ratio(ours, times["fused C"])
    return cells


def predecessor(shape) -> common.Predecessor:
    batch, channels, length = shape
    return common.Predecessor(f"""
from lite_mamba.selective_scan import selective_scan_fn
u, z = torch.randn(2, {batch}, {channels}, {length})
delta, A = 0.1 * torch.rand({batch}, {channels}, {length}), -16 * torch.rand({channels}, {STATES})
B, C = torch.randn(2, {batch}, {STATES}, {length})
D = torch.randn({channels})
def forward():
    with torch.no_grad():
        selective_scan_fn(u, delta, A, B, C, D, z)
""")


PEAK = """
import sys
sys.path[:0] = {paths!r}
import common, torch, scan
torch.set_num_threads(common.THREADS)
function = {{"ours": scan.selective_scan_fn, "mambapy": scan.mambapy_scan}}[{name!r}]
scan.both_directions(function, scan.draw(1, 128, 64))()
run = scan.both_directions(function, scan.draw(*{shape!r}))
print(common.added_peak(run))
"""


def peak_memory(shape) -> dict:
    """MiB that one forward and backward adds to the peak of a fresh process, the gradients included."""

    def mib(name):
        program = PEAK.format(paths=[str(common.HERE), str(common.HERE.parent)], shape=shape, name=name)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return float(done.stdout)

    ours = mib("ours")
    cells = {"shape": str(shape), "direction": "peak of forward + backward", "this package, MiB": ours}
    if importlib.util.find_spec("mambapy"):
        cells["mambapy, MiB"] = mib("mambapy")
        cells["mambapy ÷ ours"] = cells["mambapy, MiB"] / ours
    return cells


def growth(repeats) -> list[dict]:
    """Time against L, and the slope in log-log between neighbours four times apart."""
    rows, before = [], None
    for exponent in range(7, 18, 2):
        inputs = draw(1, 64, 2**exponent)
        runs = {
            "forward": common.clock(lambda inputs=inputs: selective_scan_fn(**inputs)),
            "both": common.clock(both_directions(selective_scan_fn, inputs)),
        }
        times = {name: min(seconds) for name, seconds in common.take_turns(runs, repeats).items()}
        cells = {"L": f"2^{exponent}"} | {f"{name}, ms": 1000 * seconds for name, seconds in times.items()}
        if before:
            cells |= {f"slope, {name}": math.log(times[name] / before[name], 4) for name in times}
        before = times
        rows.append(cells)
    return rows


def million() -> list[dict]:
    """2^20 steps, B = 1, D = 128, N = 16, in one call; MiB beyond the inputs and the output."""
    program = f"""
import sys, time
sys.path[:0] = {[str(common.HERE), str(common.HERE.parent)]!r}
import common, torch, scan
torch.set_num_threads(common.THREADS)
scan.selective_scan_fn(**scan.draw(1, 128, 4096))
inputs, start = scan.draw(1, 128, 2**20), time.perf_counter()
extra = common.added_peak(lambda: scan.selective_scan_fn(**inputs)) - inputs["u"].nbytes / 2**20
print(time.perf_counter() - start, extra)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, extra = map(float, done.stdout.split())
    return [{"shape": "(1, 128, 2^20)", "s": seconds, "MiB beyond inputs and output": extra}]


def on_gpu(repeats) -> None:
    """Eager, mambapy and compiled, with device events. Each shape is compiled anew, as for who uses only that one."""
    scans = {"eager": selective_scan_fn, "mambapy": mambapy_scan, "compiled": selective_scan_fn}
    if not importlib.util.find_spec("mambapy"):
        del scans["mambapy"]
    rows = []
    for shape, dtype in [(shape, torch.float32) for shape in GPU_SHAPES] + [(GPU_SHAPES[0], torch.bfloat16)]:
        torch.compiler.reset()
        parameters = ("A", "D")
        inputs = draw(*shape, device="cuda")
        inputs = {name: x if name in parameters else x.to(dtype) for name, x in inputs.items()}
        for name, scan in scans.items():
            if name == "mambapy" and dtype != torch.float32:
                continue
            compile_scan(name == "compiled")
            both = both_directions(scan, inputs)
            runs = {"forward": torch.no_grad()(lambda scan=scan, inputs=inputs: scan(**inputs)), "both": both}
            rows.append({"shape": str(shape), "dtype": str(dtype).removeprefix("torch."), "scan": name})
            for direction, run in runs.items():
                rows[-1] |= {f"{direction}, {unit}": x for unit, x in common.on_device(run, repeats).items()}
            del both, runs
        common.store(f"scan on {torch.cuda.get_device_name()}", rows)
    compile_scan(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--long", action="store_true", help="also the growth with L, and a million steps")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(common.THREADS)
    if options.device == "cuda":
        on_gpu(options.repeats)
        return
    library = common.fused_kernel()
    rows = []
    for shape in SHAPES:
        rows += compare(shape, library, options.repeats)
        common.store("scan", rows)
    common.store("scan, peak memory", [peak_memory(shape) for shape in SHAPES[:3]])
    if options.long:
        common.store("scan, growth", growth(options.repeats))
        common.store("scan, a million steps", million())


if __name__ == "__main__":
    main()
