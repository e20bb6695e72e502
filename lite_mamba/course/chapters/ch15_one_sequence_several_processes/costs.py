"""What a layer costs when its sequence lies on P processes: counted bytes and products, and a model of time.

The layer is the one of a model with d_model 768: D = 1536 channels, N = 16 states, 4 taps; the attention beside it has
the same width. Numbers are float32, 4 bytes. All counts are of the forward pass of one sequence, for one process.
"""

from typing import NamedTuple

import numpy as np

WIDTH, D, N, MAX_LAG, BYTES = 768, 1536, 16, 3, 4


def ring_bytes(L, P):
    """Keys and values of all other parts come by, one part after the other."""
    return (P - 1) * (L / P) * 2 * WIDTH * BYTES


def scan_bytes(L, P):
    """A sum of steps and a state from each of the others, and one halo; the length L does not appear."""
    return ((P - 1) * D * (N + 1) + D * MAX_LAG) * BYTES + 0 * L


def ring_work(L, P):
    """Each query meets half of all keys on average: one product a number for the score, one for the value."""
    return (L / P) * (L / 2) * 2 * WIDTH


def scan_work(L, P):
    """Two runs with two products a state each (decay, drive), and one for reading, once the decays are made."""
    return (L / P) * D * N * 5


def ring_rounds(L, P):
    """Keys and values go from neighbour to neighbour until everybody has seen all."""
    return P - 1 + 0 * L


def scan_rounds(L, P):
    """A halo, and an all-gather that doubles in each round what a process knows: no way takes fewer."""
    return 1 + np.ceil(np.log2(P)) + 0 * L


class Machine(NamedTuple):
    """Times of a layer's forward pass, in seconds, and how many of a part's last tokens its end is made of."""

    start: float  # a process begins the layer, however short its part
    token: float  # it runs the layer over a token
    sum: float  # a token within the memory goes into the end
    message: float  # one message, however small
    byte: float  # a byte of it
    memory: int  # tokens


# Fitted to two H100 GPUs, rows and exchanges of benchmarks/distributed.json: the model's times are theirs to a fifth
MACHINE = Machine(start=4e-3, token=1.3e-6, sum=0.65e-6, message=1.3e-4, byte=5.7e-12, memory=45_000)


def seconds(machine: Machine, L: float, P: int) -> float:
    """A layer's forward pass over L tokens: on P > 1 processes with a sum over each part, a halo and an all-gather.

    The all-gather makes P − 1 steps, one after the other.
    """
    if P == 1:
        return machine.start + L * machine.token
    summed = min(L / P, machine.memory) * machine.sum
    messages = P * machine.message + scan_bytes(L, P) * machine.byte
    return machine.start + L / P * machine.token + summed + messages


def speed_up(machine: Machine, L: float, P: int) -> float:
    """How many times as fast P processes are as one."""
    return seconds(machine, L, 1) / seconds(machine, L, P)
