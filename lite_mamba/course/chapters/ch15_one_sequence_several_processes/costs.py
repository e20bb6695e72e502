"""What a layer costs when its sequence lies on P processes: counted bytes and products, and a model of time.

The layer is the one of a model with d_model 768: D = 1536 channels, N = 16 states, 4 taps; the attention beside it has
the same width. Numbers are float32, 4 bytes. Counted is the forward pass of one sequence, for one process.
"""

from typing import NamedTuple

WIDTH, D, N, MAX_LAG, BYTES = 768, 1536, 16, 3, 4


def ring_bytes(L, P):
    """Keys and values of all other parts come by, one part after the other."""
    return (P - 1) * (L / P) * 2 * WIDTH * BYTES


def scan_bytes(L, P):
    """A sum of steps and a state from every other process, and one halo; the length L does not appear."""
    return ((P - 1) * D * (N + 1) + D * MAX_LAG) * BYTES + 0 * L


def ring_work(L, P):
    """Each query meets half of all keys on average: one product a number for the score, one for the value."""
    return (L / P) * (L / 2) * 2 * WIDTH


def scan_work(L, P):
    """Two runs with two products a state each (decay, drive), and one for reading."""
    return (L / P) * D * N * 5


class Machine(NamedTuple):
    """Measured times, in seconds: of one message, of a byte, and of a token in one layer's forward pass."""

    latency: float
    bandwidth: float
    a_token: float
    again: float  # the share of a pass that a part costs more than one process pays for the same tokens


# Two processes of one CPU, which talk through gloo: the fastest of 30 messages; 17 MB handed to each other; 2048 tokens
MACHINE = Machine(latency=1e-4, bandwidth=2e8, a_token=1.7e-4, again=0.1)


def speed_up(machine: Machine, L: int, P: int, wait: float = 1.0) -> float:
    """How many times as fast P processes are as one: a halo, and an all-gather whose messages make P − 1 steps."""
    alone = L * machine.a_token
    if P == 1:
        return 1.0
    sent = (1 + P - 1) * wait * machine.latency + scan_bytes(L, P) / machine.bandwidth
    return alone / (alone / P * (1 + machine.again) + sent)
