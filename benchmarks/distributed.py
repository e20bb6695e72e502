"""One sequence on two GPUs beside the same sequence on one, taking turns, and what an exchange costs.

    python benchmarks/distributed.py [--device cuda] [--out FILE] [--seconds 240]

One block, its weights as they are initialised, float32, one row; seed 0. In each round the first GPU runs the whole
sequence while the second one waits, then both run their halves, twice each, of which the second time counts: by then
the allocator has what it needs. A time is the slower one's, from a common start until both GPUs are done. Memory is the
allocator's peak on a GPU, the input included. Lengths go up as long as memory is expected to suffice. Two processes on
CPUs (--device cpu) try the script.
"""

import argparse
import json
import pathlib
import socket
import statistics
import time
from datetime import timedelta

import common
import torch
import torch.distributed as dist
from torch.multiprocessing import spawn

from lite_mamba import Mamba
from lite_mamba.distributed import own_part, sequence_parallel

SHAPES = {  # d_model → lengths
    "cuda": {768: [2**k for k in (12, 14, 16, 17, 18, 19, 20, 21)], 128: [2**22]},
    "cpu": {16: [2**k for k in (8, 10, 12)]},
}
SIZES = {"cuda": [2**k for k in range(8, 29, 4)], "cpu": [2**k for k in range(8, 21, 4)]}  # bytes of an all-gather
MODES = ("forward", "forward + backward")


class Run:
    """One block and a sequence, on this process's device."""

    def __init__(self, d_model: int, length: int, device: torch.device):
        if device.type == "cuda":
            torch.cuda.empty_cache()
        torch.manual_seed(0)
        self.block, self.device = Mamba(d_model).to(device), device
        self.shape, self.own = (1, length, d_model), own_part(length)

    def whole(self, mode: str) -> None:
        if dist.get_rank() == 0:
            self._run(self.input(slice(None), mode), mode)

    def part(self, mode: str) -> None:
        with sequence_parallel():
            self._run(self.input(self.own, mode), mode)

    def input(self, tokens: slice, mode: str) -> torch.Tensor:
        generator = torch.Generator(self.device).manual_seed(0)
        x = torch.randn(self.shape, device=self.device, generator=generator)
        return x[:, tokens].clone().requires_grad_(mode != "forward")

    def _run(self, x: torch.Tensor, mode: str) -> None:
        """Time the work on `x`, into `seconds`, and its peak of memory, into `peak`."""
        self.block.zero_grad()
        start_afresh(self.device)
        start = time.perf_counter()
        with torch.set_grad_enabled(mode != "forward"):
            out = self.block(x)
        if mode != "forward":
            out.sum().backward()
        synchronize(self.device)
        self.seconds = time.perf_counter() - start
        self.peak = torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else 0


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def start_afresh(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)


def largest(value: float, device: torch.device) -> float:
    """The largest `value` of the processes; all of them wait here."""
    value = torch.tensor([value], device=device, dtype=torch.float64)
    dist.all_reduce(value, dist.ReduceOp.MAX)
    return float(value)


def fits(expected: float, device: torch.device) -> bool:
    if device.type == "cpu":
        return True
    return expected < 0.88 * torch.cuda.get_device_properties(device).total_memory


def compare(d_model: int, lengths: list[int], mode: str, device, repeats: int, deadline: float) -> list[dict]:
    """A row for each length: seconds and peak memory of one GPU and of two, as long as they fit."""
    rows, per_token = [], {"whole": 0.0, "part": 0.0}
    for length in lengths:
        run = Run(d_model, length, device)
        able = {name: fits(used * length, device) for name, used in per_token.items()}
        seconds: dict[str, list[float]] = {name: [] for name in able}
        for name in [name for name, fitting in able.items() if fitting] * repeats:
            for _ in range(2):
                run.seconds = run.peak = 0.0
                largest(0, device)
                getattr(run, name)(mode)
                taken, peak = largest(run.seconds, device), largest(run.peak, device)
            per_token[name] = peak / length
            seconds[name].append(taken)
        row = {"d_model": d_model, "length": length, "direction": mode}
        for name, words in (("whole", "one GPU"), ("part", "two GPUs")):
            if seconds[name]:
                row |= {f"{words}, ms": common.median_ms(seconds[name])}
                row |= {f"{words}, peak GiB": per_token[name] * length / 2**30}
        if all(seconds.values()):
            row["speedup"] = common.ratio(seconds["whole"], seconds["part"])
            row["memory"] = per_token["part"] / max(per_token["whole"], 1e-30)
        if dist.get_rank() == 0:
            print(row, flush=True)
        if any(seconds.values()):
            rows.append(row)
        over = largest(time.monotonic() - deadline, device) > 0
        if over or not any(able.values()):
            break
    return rows


def accuracy(d_model: int, length: int, segments: int, device: torch.device) -> dict:
    """How far outputs and gradients of two GPUs are from one's, as shares of the largest value."""
    run = Run(d_model, length, device)
    seq_idx = (torch.arange(length, device=device) * segments // length).unsqueeze(0)
    weight = torch.randn(length, 1, generator=torch.Generator().manual_seed(1)).to(device)

    def results(tokens: slice):
        run.block.zero_grad()
        x = run.input(tokens, MODES[1])
        out = run.block(x, seq_idx=seq_idx[:, tokens] if segments > 1 else None)
        (out * weight[tokens]).sum().backward()
        return out.detach(), x.grad, [p.grad.clone() for p in run.block.parameters()]

    out, grad, grads = results(slice(None))
    with sequence_parallel():
        own_out, own_grad, own_grads = results(run.own)
    for own in own_grads:
        dist.all_reduce(own)

    def share(actual, right, scale):
        return largest(float((actual - right).abs().max() / scale.abs().max()), device)

    return {
        "d_model": d_model,
        "length": length,
        "segments": segments,
        "output": share(own_out, out[:, run.own], out),
        "gradient of the input": share(own_grad, grad[:, run.own], grad),
        "gradients of the parameters": max(
            share(own, right, torch.stack([other.abs().max() for other in grads]))
            for own, right in zip(own_grads, grads, strict=True)
        ),
    }


def exchanges(device: torch.device) -> list[dict]:
    """The time of an all-gather, and of handing on to the neighbour, for some sizes."""
    rows, rank = [], dist.get_rank()
    for size in SIZES[device.type]:
        value = torch.zeros(size // 4, device=device)
        everybody = [torch.empty_like(value) for _ in range(dist.get_world_size())]

        def hand_on(value=value):
            if rank == 0:
                dist.isend(value, 1).wait()
            else:
                dist.recv(value, 0)

        def gather(value=value, everybody=everybody):
            dist.all_gather(everybody, value)

        row = {"bytes": size}
        for name, function in (("all-gather", gather), ("neighbour", hand_on)):
            seconds = []
            for i in range(25):
                largest(0, device)
                synchronize(device)
                start = time.perf_counter()
                function()
                synchronize(device)
                taken = largest(time.perf_counter() - start, device)
                if i >= 5:
                    seconds.append(taken)
            row[f"{name}, µs"] = 1e6 * statistics.median(seconds)
        rows.append(row)
    return rows


def work(rank: int, options, meeting: str) -> None:
    device = torch.device(options.device, rank) if options.device == "cuda" else torch.device("cpu")
    if options.device == "cuda":
        torch.cuda.set_device(device)
    else:
        torch.set_num_threads(1)
    deadline = time.monotonic() + options.seconds
    dist.init_process_group(
        "nccl" if options.device == "cuda" else "gloo",
        init_method=meeting,
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
    shapes = SHAPES[options.device]
    result = {"command": f"python benchmarks/distributed.py --device {options.device}", "seed": 0}
    result["machine"] = common.machine() | {"card": card(device)}
    d_model, lengths = next(iter(shapes.items()))
    cases = [(5, 1), (1000, 7), (lengths[len(lengths) // 2], 1)]  # the first: parts shorter than the convolution
    result["accuracy"] = [accuracy(d_model, *case, device) for case in cases]
    if rank == 0:
        print(result, flush=True)
    result["exchanges"] = exchanges(device)
    result["rows"] = []
    for d_model, lengths in shapes.items():
        for mode in MODES:
            result["rows"] += compare(d_model, lengths, mode, device, options.repeats, deadline)
            if rank == 0:
                pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")
    dist.barrier()
    dist.destroy_process_group()


def card(device: torch.device) -> str:
    return f"2 × {torch.cuda.get_device_name(device)}" if device.type == "cuda" else "CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=list(SHAPES), default="cuda")
    parser.add_argument("--out", default=str(common.HERE / "distributed.json"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=240, help="begin no further length after this time")
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("localhost", 0))
        meeting = f"tcp://localhost:{free.getsockname()[1]}"
    spawn(work, (options, meeting), nprocs=2)
    result = json.loads(pathlib.Path(options.out).read_text())
    for table in ("accuracy", "exchanges", "rows"):
        common.print_table(result[table])


if __name__ == "__main__":
    main()
