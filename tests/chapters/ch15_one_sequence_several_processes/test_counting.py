"""The bytes that chapter 15 counts are those that a process hands out, and its block scans as often as it says."""

from pathlib import Path

from lite_mamba import Mamba
from lite_mamba.distributed import exchanged
from lite_mamba.processes import Processes


def counted(length):
    import torch

    from lite_mamba import Mamba
    from lite_mamba.course.chapters.ch15_one_sequence_several_processes.counting import bytes_handed_out
    from lite_mamba.distributed import own_part, sequence_parallel

    block = Mamba(16, conv_dilations=(1, 4))
    with bytes_handed_out() as sent, sequence_parallel():
        block(torch.randn(1, length, 16)[:, own_part(length)]).sum().backward()
    return sorted(sent)


def test_the_bytes_of_both_passes_are_the_formulas_at_any_length():
    one = exchanged(Mamba(16, conv_dilations=(1, 4)), batch=1)
    first = sorted([one.halo_forward, one.state_forward, one.state_backward])
    last = sorted([one.halo_backward, one.state_forward, one.state_backward])
    with Processes(2) as ranks:
        for length in (32, 512):
            assert ranks.run(counted, length) == [first, last]


def scans():
    """How often a block scans its part in a forward pass."""
    from unittest import mock

    import torch

    from lite_mamba import Mamba, distributed

    block = Mamba(16)
    with (
        distributed.sequence_parallel(),
        mock.patch.object(distributed, "selective_scan_fn", wraps=distributed.selective_scan_fn) as scan,
    ):
        block(torch.randn(1, 20, 16)[:, distributed.own_part(20)])
    return scan.call_count


def test_a_block_scans_its_part_once_and_does_not_go_the_second_way():
    text = (Path(__file__).parents[3] / "notebooks/15_one_sequence_several_processes.ipynb").read_text("utf-8")
    assert "A whole block of the package works on parts, too, and scans once." in text
    with Processes(2) as ranks:
        assert ranks.run(scans) == [1, 1]


def what_comes_when():
    """The exchanges of a forward pass of a block, and where among them its work begins."""
    from unittest import mock

    import torch
    import torch.distributed as dist

    from lite_mamba import Mamba, distributed

    block, come = Mamba(16), []
    block.in_proj.register_forward_pre_hook(lambda *_: come.append("work"))

    def noting(name, exchange):
        def noted(*given):
            value = given[-2] if name == "all tell all" else given[0]
            come.append(f"{name}: {'numbers' if value.is_floating_point() else 'whole numbers'}")
            return exchange(*given)

        return noted

    with (
        distributed.sequence_parallel(),
        mock.patch.object(dist, "all_gather", noting("all tell all", dist.all_gather)),
        mock.patch.object(dist, "recv", noting("from the neighbour", dist.recv)),
    ):
        block(torch.randn(1, 20, 16)[:, distributed.own_part(20)])
    return come


def test_all_wait_for_all_before_a_layer_and_again_at_the_exchange_of_ends():
    """The answer on a process that goes on to layer 2 named the two later waits, and in the package the first decides.

    So the rounds, and the model of time, are those without the check.
    """
    text = (Path(__file__).parents[3] / "notebooks/15_one_sequence_several_processes.ipynb").read_text("utf-8")
    assert "In the package it waits for all even before layer 2 begins, for the check that their parts fit." in text
    assert "Not counted, here and below: the few whole numbers by which all check before each layer that" in text
    first, last = ["all tell all: whole numbers", "work"], ["all tell all: numbers"]
    with Processes(2) as ranks:
        assert ranks.run(what_comes_when) == [first + last, [*first, "from the neighbour: numbers", *last]]
