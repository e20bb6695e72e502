"""What the processes of test_distributed.py run: one sequence as a whole, then each process's part of it."""

import copy
import gc
import weakref

import torch
import torch.distributed as dist
from equations import error, stir

from lite_mamba import InferenceParams, Mamba
from lite_mamba.distributed import sequence_parallel
from lite_mamba.language_model import MambaLM


def own_tokens(lengths):
    start = sum(lengths[: dist.get_rank()])
    return slice(start, start + lengths[dist.get_rank()])


def signal(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)


def gradients_of(model):
    """The gradients, taken out of the model; zeros where a part is empty and has none."""
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
    model.zero_grad()
    return gradients


def summed(gradients):
    """Each tensor, summed over the processes."""
    for gradient in gradients:
        dist.all_reduce(gradient)
    return gradients


def errors_of_a_block(arguments, seed, lengths, batch, seq_idx=None):
    """How far outputs, last states and every gradient are from one process's.

    As shares of the largest value, for a parameter of the largest gradient of all.
    """
    block = stir(Mamba(**arguments, layer_idx=0), seed)
    block.to(block.conv_gates.dtype)  # A_log and D too
    length, own = sum(lengths), own_tokens(lengths)
    x, weight = (signal(batch, length, block.d_model, dtype=block.D.dtype, seed=seed + i) for i in range(2))
    index = {} if seq_idx is None else {"seq_idx": torch.tensor(seq_idx, dtype=torch.long).view(batch, length)}
    own_index = {name: value[:, own] for name, value in index.items()}
    whole, part = x.clone().requires_grad_(), x[:, own].clone().requires_grad_()
    stream, own_stream = InferenceParams(length + 1, batch), InferenceParams(length + 1, batch)

    out = block(whole, **index)
    (out * weight).sum().backward()
    expected = gradients_of(block)
    with torch.no_grad():
        block(x, stream, **index)
    with sequence_parallel():
        own_out = block(part, **own_index)
        with torch.no_grad():
            block(x[:, own], own_stream, **own_index)
    (own_out * weight[:, own]).sum().backward()
    gradients = gradients_of(block)

    found = {"out": error(own_out, out[:, own]), "input": error(part.grad, whole.grad[:, own])}
    largest = max([1e-30, *(float(right.abs().max()) for right in expected)])  # a lone number may be a sum near zero
    for (name, _), actual, right in zip(block.named_parameters(), summed(gradients), expected, strict=True):
        found[name] = float((actual - right).abs().max()) / largest
    if dist.get_rank() == dist.get_world_size() - 1:
        actual, right = (s.key_value_memory_dict[0] for s in (own_stream, stream))
        found |= {"conv_state": error(actual[0], right[0]), "ssm_state": error(actual[1], right[1])}
        assert actual.tokens == right.tokens
        assert seq_idx is None or length == 0 or torch.equal(actual.last_seq_idx, right.last_seq_idx)
    return found


def language_model(n_layers=2):
    torch.manual_seed(0)
    return MambaLM(11, 8, n_layers, conv_dilations=(1, 3)).double()


def errors_of_a_language_model(lengths, seq_idx=None):
    model, own = language_model(), own_tokens(lengths)
    ids = torch.randint(0, 11, (2, sum(lengths)), generator=torch.Generator().manual_seed(1))
    index = None if seq_idx is None else torch.tensor(seq_idx).expand(2, -1)
    logits = model(ids, seq_idx=index)
    logits.logsumexp(-1).sum().backward()
    expected = gradients_of(model)
    with sequence_parallel():
        own_logits = model(ids[:, own], seq_idx=None if index is None else index[:, own])
    own_logits.logsumexp(-1).sum().backward()
    gradients = summed(gradients_of(model))
    return {"logits": error(own_logits, logits[:, own])} | {
        name: error(actual, right)
        for (name, _), actual, right in zip(model.named_parameters(), gradients, expected, strict=True)
    }


@torch.no_grad()
def stream_goes_on(lengths, more=4):
    """The last process goes on with the stream that all began: how far its further logits are from one process's."""
    model, own, length = language_model(), own_tokens(lengths), sum(lengths)
    ids = torch.randint(0, 11, (2, length + more), generator=torch.Generator().manual_seed(1))
    stream = InferenceParams(length + more, 2)
    with sequence_parallel():
        model(ids[:, own], stream)
    stream.seqlen_offset = length
    try:
        logits = model(ids[:, length:], stream)
    except ValueError as refused:
        return str(refused)
    return error(logits, model(ids)[:, length:])


def bytes_handed_out(batch):
    """The bytes that go into the collectives of a forward and a backward pass of a block, the checks left out."""
    counted = {"all_gather": 0, "isend": 0}
    block = Mamba(8, conv_dilations=(1, 3), layer_idx=0)
    real = {name: getattr(dist, name) for name in counted}

    def counting(name, place):
        def call(*arguments):
            value = arguments[place]
            if value.is_floating_point():
                counted[name] += value.nbytes
            return real[name](*arguments)

        return call

    dist.all_gather, dist.isend = counting("all_gather", 1), counting("isend", 0)
    try:
        with sequence_parallel():
            out = block(signal(batch, 20, 8, dtype=torch.float32).requires_grad_())
        forward = dict(counted)
        out.sum().backward()
    finally:
        dist.all_gather, dist.isend = real["all_gather"], real["isend"]
    backward = {name: counted[name] - forward[name] for name in counted}
    return forward["isend"], forward["all_gather"], backward["isend"], backward["all_gather"]


def checkpointed():
    """How far gradients with activation checkpointing, run inside the context, are from those without."""
    from torch.utils.checkpoint import checkpoint

    block = stir(Mamba(6)).double()
    x = signal(1, 9, 6, seed=dist.get_rank())
    grads = []
    for run in (block, lambda x: checkpoint(block, x, use_reentrant=False)):
        part = x.clone().requires_grad_()
        with sequence_parallel():
            run(part).square().sum().backward()
        grads.append(part.grad)
    return error(*grads)


@torch.no_grad()
def compiled():
    """How far a part is off that a block gives after `torch.compile`."""
    block, x, own = stir(Mamba(6)).double(), signal(1, 9, 6), own_tokens([5, 4])
    with sequence_parallel():
        part = torch.compile(block, backend="eager")(x[:, own])
    return error(part, block(x)[:, own])


def under_autocast():
    """A part under bfloat16 autocast beside the whole sequence: the largest difference, and the dtype."""
    block, x = stir(Mamba(16)), signal(1, 40, 16, dtype=torch.float32)
    own = own_tokens([25, 15])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        whole = block(x)
        with sequence_parallel():
            part = block(x[:, own])
    return error(part.float(), whole[:, own].float()), str(part.dtype)


def outlives_its_use():
    """Whether a part is still there when nobody holds it, without the garbage collector's help."""
    gc.disable()
    block, x = Mamba(4), torch.randn(1, 9, 4).requires_grad_()
    alive = weakref.ref(x)
    with sequence_parallel():
        block(x).sum().backward()
    del x
    gone = alive() is None
    gc.enable()
    return not gone


def said(function, *args):
    """What the error of `function(*args)` says, with its type."""
    try:
        function(*args)
    except Exception as raised:
        return f"{type(raised).__name__}: {raised}"
    return "nothing"


def misuse(case):
    """A wrong use on some process, and what each process is told."""
    rank = dist.get_rank()
    block = Mamba(8, layer_idx=0)
    x = torch.randn(2, 5, 8)

    def run():
        with sequence_parallel():
            MISUSES[case](block, x, rank == 1)

    return said(run)


def _frozen(block, x, wrong):
    block.D.requires_grad_(not wrong)
    block(x)


def _grad_mode(block, x, wrong):
    with torch.set_grad_enabled(not wrong):
        block(x)


def _autocast(block, x, wrong):
    with torch.autocast("cpu", torch.bfloat16, enabled=wrong):
        block(x)


MISUSES = {
    "batch": lambda block, x, wrong: block(x[:1] if wrong else x),
    "dtype": lambda block, x, wrong: block.double()(x.double()) if wrong else block(x),
    "width": lambda block, x, wrong: block(x[..., :5] if wrong else x),
    "model": lambda block, x, wrong: (Mamba(8, d_state=4, layer_idx=0) if wrong else block)(x),
    "dilation": lambda block, x, wrong: (Mamba(8, conv_dilations=(1, 2), layer_idx=0) if wrong else block)(x),
    "layer": lambda block, x, wrong: (Mamba(8, layer_idx=1) if wrong else block)(x),
    "grad mode": _grad_mode,
    "requires_grad": lambda block, x, wrong: block(x.clone().requires_grad_(wrong)),
    "frozen": _frozen,
    "autocast": _autocast,
    "seq_idx": lambda block, x, wrong: block(x, seq_idx=torch.zeros(2, 5, dtype=torch.long) if wrong else None),
    "stream": lambda block, x, wrong: block(x, InferenceParams(5, 2) if wrong else None),
    "offset": lambda block, x, wrong: block(x, InferenceParams(5, 2, seqlen_offset=5 if wrong else 0)),
    "type": lambda block, x, wrong: block("x" if wrong else x),
}


def a_process_is_missing(where):
    """Process 1 stays away from something: what each is told, by a group whose waits are short."""
    from datetime import timedelta

    group = dist.new_group(timeout=timedelta(seconds=3))
    block, x, away = Mamba(8), torch.randn(1, 4, 8), dist.get_rank() == 1

    def run():
        with sequence_parallel(group):
            block(x)
        if away and where == "context":
            return
        with sequence_parallel(group):
            out = block(x)
            if not (away and where == "layer"):
                out = block(out)
        if not (away and where == "backward"):
            out.sum().backward()

    return said(run)


def outside_of_the_group():
    group = dist.new_group([0])

    def run():
        with sequence_parallel(group):
            pass

    return said(run)


def a_mesh_for_a_group():
    from torch.distributed.device_mesh import init_device_mesh

    mesh = init_device_mesh("cpu", (2,), mesh_dim_names=("sequence",))

    def run(group):
        with sequence_parallel(group):
            pass

    return said(run, mesh), said(run, mesh.get_group("sequence"))


def two_sequences_beside_ddp(length):
    """Four processes: two sequences of two parts each, and DDP over all: how far the gradients are from one process's.

    DDP takes the mean over the four processes of losses that are means over half a sequence: the mean over everything.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.nn.parallel import DistributedDataParallel

    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("batch", "sequence"))
    group = mesh["sequence"].get_group()
    model, alone = language_model(), language_model()
    ids = torch.randint(0, 11, (2, length), generator=torch.Generator().manual_seed(1))
    alone(ids).logsumexp(-1).mean().backward()
    row, half = mesh.get_local_rank("batch"), mesh.get_local_rank("sequence")
    own = slice(half * length // 2, (half + 1) * length // 2)
    parallel = DistributedDataParallel(model)
    with sequence_parallel(group):
        logits = parallel(ids[row : row + 1, own])
    logits.logsumexp(-1).mean().backward()
    return max(error(p.grad, q.grad) for p, q in zip(model.parameters(), alone.parameters(), strict=True))


def weights_shared_by_fsdp(length):
    """Every process holds a part of the sequence and a part of the weights: how far the gradients are off."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cpu", (dist.get_world_size(),))  # by itself it takes a GPU where there is one
    alone = language_model()
    model = copy.deepcopy(alone)
    ids = torch.randint(0, 11, (1, length), generator=torch.Generator().manual_seed(1))
    alone(ids).logsumexp(-1).mean().backward()
    for layer in model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    rank, size = dist.get_rank(), dist.get_world_size()
    with sequence_parallel():
        logits = model(ids[:, rank * length // size : (rank + 1) * length // size])
    logits.logsumexp(-1).mean().backward()
    grads = [p.grad.full_tensor() for p in model.parameters()]
    return max(error(p, q.grad) for p, q in zip(grads, alone.parameters(), strict=True))
