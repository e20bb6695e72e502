"""The named runs: what is trained, on what, how long, and from which seed.

A name is "task-variant-seed". `RUNS` holds all runs, those whose results are stored and the short ones that notebook 12
trains live.
"""

from dataclasses import asdict, dataclass, replace

from torch import nn

from .data import Memory, Text
from .models import build


@dataclass(frozen=True)
class Run:
    """One training run.

    Args:
        data: what it trains on.
        length: L of a training sequence.
        model: `kind` and options of `models.build`.
        batch, steps, seed: as they say.
        lr, eps: of Adam, without weight decay. Gradients are clipped at norm 1.
        warmup: steps in which the learning rate rises to lr.
        final_lr: share of lr that is left at the end, after half a cosine; 1 keeps it constant.
        tf32: whether a GPU may multiply matrices with ten bits of mantissa.
    """

    data: Memory | Text
    length: int
    model: dict
    batch: int = 64
    steps: int = 20_000
    seed: int = 0
    lr: float = 1e-3
    eps: float = 1e-8
    warmup: int = 0
    final_lr: float = 1.0
    tf32: bool = False

    def build(self) -> nn.Module:
        return build(vocab_size=self.data.vocab_size, **self.model)

    def described(self) -> dict:
        """All of it, as JSON can hold it."""
        return asdict(self)


def variants(task: str, base: Run, table: dict[str, tuple[int, dict]]) -> dict[str, Run]:
    """Runs by name. The table has for each variant the number of seeds, and what its model has other than the base."""
    return {
        f"{task}-{variant}-{seed}": replace(base, model=base.model | changes, seed=seed)
        for variant, (seeds, changes) in table.items()
        for seed in range(seeds)
    }


SMALL = {"kind": "selective", "d_model": 64, "n_layers": 2}
LANGUAGE = {"kind": "selective", "d_model": 176, "n_layers": 6}
TINY = {"kind": "selective", "d_model": 32, "n_layers": 1, "d_state": 8}

ABLATIONS = {
    "noconv": (1, {"d_conv": 1}),
    "dilated": (1, {"conv_dilations": (1, 2, 4, 8)}),
    "state1": (1, {"d_state": 1}),
    "state4": (1, {"d_state": 4}),
}
INDUCTION = Run(Memory("induction_heads", 15), 256, SMALL, batch=8, steps=200_000)
COPYING = Run(Memory("selective_copying", 16, {"n_data": 16}), 256, SMALL, lr=2e-3)
LIVE = Run(Memory("selective_copying", 8, {"n_data": 3}), 64, TINY, batch=32, steps=700, lr=5e-3)

LIBRARY = Run(Text(), 1024, LANGUAGE, batch=32, lr=3e-3, warmup=200, final_lr=0.05, steps=5000, tf32=True)
LTI = {"kind": "lti"}

SLOW = {"dt_min": 1e-5, "dt_init_floor": 1e-5}
SLOWER = {"dt_min": 1e-7, "dt_init_floor": 1e-7}
ATTENTION = {"kind": "attention"}
LARGE_BATCH = replace(INDUCTION, batch=64, steps=40_000, warmup=1000)
COPYING1024 = replace(COPYING, length=1024, batch=32)
FIXED = replace(LIVE, data=replace(LIVE.data, name="fixed_copying"))
DELAY = {"kind": "delay", "taps": LIVE.length}

RUNS = {
    **variants("induction", INDUCTION, {"selective": (3, {}), "slow": (3, SLOW), "slower": (2, SLOWER)}),
    **variants("induction", INDUCTION, ABLATIONS | {"noconv": (3, {"d_conv": 1})}),
    **variants("induction", replace(INDUCTION, eps=1e-12), {"sharp": (1, {})}),
    **variants("induction", replace(INDUCTION, steps=40_000), {"gate": (3, {})}),
    **variants("induction", replace(INDUCTION, steps=100_000), {"attention": (3, ATTENTION)}),
    **variants("induction", LARGE_BATCH, {"attention64": (2, ATTENTION)}),
    **variants("induction", replace(LARGE_BATCH, lr=3e-4), {"attention64low": (1, ATTENTION)}),
    **variants(
        "copying", COPYING, {"selective": (3, {}), "lti": (3, LTI)} | ABLATIONS | {"state4": (3, {"d_state": 4})}
    ),
    **variants("copying1024", COPYING1024, {"selective": (3, {}), "lti": (2, LTI)}),
    **variants("copying1024", replace(COPYING1024, lr=1e-3), {"gentle": (2, {})}),
    **variants("library", LIBRARY, {"plain": (1, {}), "dilated": ABLATIONS["dilated"]}),
    **variants("live", LIVE, {"selective": (3, {}), "lti": (3, LTI)}),
    **variants("live", replace(LIVE, model={"d_model": 32}), {"delay": (3, DELAY)}),
    **variants("live", replace(FIXED, model={"d_model": 32}), {"fixed": (3, DELAY)}),
}

# Of these only the facts are stored, not the weights: further seeds, and runs that did not come far.
FACTS_ONLY = (
    "copying-state4-1",
    "copying-state4-2",
    "copying1024-gentle",
    "copying1024-selective-0",
    "induction-attention-1",
    "induction-attention-2",
    "induction-attention64low",
    "induction-gate-2",
    "induction-noconv-1",
    "induction-noconv-2",
    "induction-sharp",
    "induction-slow-1",
    "induction-slow-2",
    "induction-slower-1",
    "live",
)
