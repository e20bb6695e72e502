"""One sequence over several processes gives what one process gives, and wrong use is an error on every process."""

import pytest
import torch
import torch.distributed.fsdp as fsdp
from hypothesis import given, settings
from hypothesis import strategies as st
from parts_of_a_sequence import (
    MISUSES,
    a_mesh_for_a_group,
    a_process_is_missing,
    bytes_handed_out,
    checkpointed,
    compiled,
    errors_of_a_block,
    errors_of_a_language_model,
    misuse,
    outlives_its_use,
    outside_of_the_group,
    stream_goes_on,
    two_sequences_beside_ddp,
    under_autocast,
    weights_shared_by_fsdp,
)

from lite_mamba import Mamba
from lite_mamba.distributed import exchanged, own_part, sequence_parallel
from lite_mamba.processes import Processes

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}  # of the largest value
SIZES = [1, 3, 4]


@pytest.fixture(scope="module")
def two():
    with Processes(2, timeout=60) as ranks:
        yield ranks


@st.composite
def cut_sequences(draw, size):
    """A block, and a sequence cut into `size` parts, empty ones and ones shorter than the history too."""
    arguments = {
        "d_model": draw(st.integers(1, 5)),
        "d_state": draw(st.integers(1, 4)),
        "d_conv": draw(st.integers(1, 4)),
        "conv_dilations": tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))),
        "dtype": draw(st.sampled_from([torch.float32, torch.float64])),
    }
    lengths = draw(st.lists(st.integers(0, 40), min_size=size, max_size=size))
    batch = draw(st.integers(1, 3))
    changes = st.lists(
        st.sampled_from([0, 0, 0, 0, 1, 2]), min_size=batch * sum(lengths), max_size=batch * sum(lengths)
    )
    return arguments, draw(st.integers(0, 99)), lengths, batch, draw(st.none() | changes)


def assert_equal_to_one_process(ranks, case):
    for rank, errors in enumerate(ranks.run(errors_of_a_block, *case)):
        wrong = {name: value for name, value in errors.items() if not value <= TOLERANCE[case[0]["dtype"]]}
        assert not wrong, f"rank {rank}: {wrong}"


@settings(max_examples=40)
@given(case=cut_sequences(2))
def test_outputs_last_states_and_gradients_equal_one_process_s_for_any_split(two, case):
    assert_equal_to_one_process(two, case)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_any_number_of_processes_equals_one(size):
    with Processes(size) as ranks:

        @settings(max_examples=60)
        @given(case=cut_sequences(size))
        def check(case):
            assert_equal_to_one_process(ranks, case)

        check()


@pytest.mark.parametrize("border", [19, 20, 21])
def test_nothing_crosses_a_segment_s_border_beside_or_at_the_part_s(two, border):
    case = ({"d_model": 4, "dtype": torch.float64}, 0, [20, 20], 2, 2 * [int(t >= border) for t in range(40)])
    assert_equal_to_one_process(two, case)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_parts_longer_than_their_memory_equal_one_process_s(two, dtype):
    assert_equal_to_one_process(two, ({"d_model": 4, "dtype": dtype}, 3, [3000, 2500], 1, None))


@pytest.mark.parametrize("seq_idx", [None, [0] * 7 + [1] * 2 + [0] * 11])
@pytest.mark.parametrize("lengths", [[10, 10], [1, 19]])
def test_a_language_model_gives_the_same_logits_and_gradients(two, lengths, seq_idx):
    for errors in two.run(errors_of_a_language_model, lengths, seq_idx):
        assert max(errors.values()) < 1e-10, errors


@pytest.mark.parametrize("lengths", [[9, 6], [14, 1], [15, 0], [0, 15]])
def test_the_last_process_goes_on_with_the_stream(two, lengths):
    others, last = two.run(stream_goes_on, lengths)
    assert last < 1e-10
    if lengths[1]:
        assert f"has seen {lengths[0]} tokens" in others  # the stream is not theirs


@pytest.mark.slow
def test_checkpointing_inside_the_context_gives_the_same_gradients(two):
    assert max(two.run(checkpointed)) < 1e-12


@pytest.mark.slow
def test_a_compiled_model_gives_the_same(two):
    assert max(two.run(compiled)) < 1e-12


def test_a_part_is_freed_with_its_last_use(two):
    assert two.run(outlives_its_use) == [False, False]


def test_autocast_gives_what_it_gives_on_one_process(two):
    for difference, dtype in two.run(under_autocast):
        assert dtype == "torch.bfloat16"
        assert difference < 1e-2


def test_the_bytes_that_pass_are_those_of_the_formula_whatever_the_batch(two):
    block = Mamba(8, conv_dilations=(1, 3))
    for batch in (1, 3):
        first, last = two.run(bytes_handed_out, batch)
        halo, state, halo_back, state_back = exchanged(block, batch)
        assert (halo, state) == (4 * batch * 16 * 9, 4 * batch * 16 * 17)
        assert first == (halo, state, 0, state_back)
        assert last == (0, state, halo_back, state_back)


TOLD = {
    "batch": "agree in the batch size, got process 0: 2, process 1: 1; cut the sequence along its time axis only",
    "dtype": "agree in the dtype, got process 0: torch.float32, process 1: torch.float64; convert one",
    "model": "agree in the d_state, got process 0: 16, process 1: 4; run the same model on every process",
    "dilation": "agree in the max_lag, got process 0: 3, process 1: 6; run the same model",
    "layer": "agree in the layer_idx, got process 0: 0, process 1: 1; run the same model",
    "grad mode": "agree in the grad mode, got process 0: True, process 1: False; enter torch.no_grad()",
    "requires_grad": "agree in the requires_grad of the input, got process 0: False, process 1: True",
    "frozen": "agree in the number of trainable parameters, got process 0: 10, process 1: 9; freeze the same",
    "autocast": "agree in the dtype under autocast, got process 0: None, process 1: torch.bfloat16",
    "seq_idx": "agree in the use of seq_idx, got process 0: False, process 1: True; give every process its part",
    "stream": "agree in the use of inference_params, got process 0: False, process 1: True",
}
REFUSED = {
    "width": ("hidden_states must have shape (B, L, 8), got (2, 5, 5)", "ValueError"),
    "offset": ("a stream can only begin, at seqlen_offset 0, got 5; leave the context", "ValueError"),
    "type": ("hidden_states must be a torch.Tensor, got str", "TypeError"),
}


def test_every_wrong_use_has_its_words():
    assert TOLD.keys() | REFUSED.keys() == MISUSES.keys()


@pytest.mark.parametrize("case", TOLD)
def test_parts_that_do_not_fit_are_an_error_on_every_process(two, case):
    for rank, message in enumerate(two.run(misuse, case)):
        assert message.startswith("ValueError: the parts of one sequence must "), message
        assert TOLD[case] in message
        assert f"(this is process {rank})" in message


@pytest.mark.parametrize("case", REFUSED)
def test_what_one_process_refuses_stops_the_others_too(two, case):
    words, kind = REFUSED[case]
    others, own = two.run(misuse, case)
    assert own.startswith(kind)
    assert words in own
    assert others.startswith("ValueError: another process cannot take its part")
    assert f"process 1: {kind}" in others and "process 0" not in others
    assert words in others


def test_after_an_error_the_processes_can_go_on(two):
    two.run(misuse, "batch")
    assert_equal_to_one_process(two, ({"d_model": 4, "dtype": torch.float64}, 0, [3, 4], 1, None))


@pytest.mark.parametrize("where", ["context", "backward"])
def test_a_missing_process_is_named(two, where):
    waited, _ = two.run(a_process_is_missing, where)
    assert waited.startswith("RuntimeError: an exchange of sequence_parallel failed on process 0")
    assert "process 1 of 2 did not come to it" in waited
    assert "Every process must run every layer, and call backward" in waited


def test_a_process_that_leaves_out_a_layer_is_an_error_on_every_process(two):
    for rank, message in enumerate(two.run(a_process_is_missing, "layer")):
        assert "different passes of a layer, got process 0: forward, process 1: backward; let every" in message
        assert message.endswith(f"(this is process {rank})")


def test_a_mesh_is_no_group(two):
    for mesh, group in two.run(a_mesh_for_a_group):
        assert mesh.startswith("TypeError: group must be a process group, got DeviceMesh")
        assert group == "nothing"


def test_a_process_outside_of_the_group_is_told_so(two):
    inside, outside = two.run(outside_of_the_group)
    assert inside == "nothing"
    assert "process 1 is not in the group that sequence_parallel was given" in outside


def test_without_initialised_processes_it_says_what_to_call():
    with pytest.raises(RuntimeError, match=r"not initialised; call torch.distributed.init_process_group"):
        sequence_parallel().__enter__()


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("length", [0, 1, 5, 100])
def test_own_parts_are_the_sequence_in_order_and_about_equal(length, size):
    parts = [range(length)[own_part(length, rank=r, size=size)] for r in range(size)]
    assert [t for part in parts for t in part] == list(range(length))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"rank": 3, "size": 3}, "rank must be below size = 3, got 3; the first process has rank 0"),
        ({"rank": -1, "size": 3}, "rank must be at least 0, got -1"),
        ({"rank": 0, "size": 0}, "size must be at least 1, got 0"),
    ],
)
def test_a_place_that_no_process_has_is_refused(place, message):
    with pytest.raises(ValueError, match=message):
        own_part(10, **place)


@pytest.mark.slow
def test_two_sequences_of_two_parts_beside_ddp_equal_one_process():
    with Processes(4) as ranks:
        assert max(ranks.run(two_sequences_beside_ddp, 24)) < 1e-10


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(fsdp, "fully_shard"), reason="FSDP2 came with PyTorch 2.6")
def test_fsdp_shares_the_weights_of_a_model_whose_sequence_is_shared():
    with Processes(2) as ranks:
        assert max(ranks.run(weights_shared_by_fsdp, 24)) < 1e-10
