"""Streaming: prefill in chunks, single tokens and any mix of both give what one forward pass gives."""

import copy
import pickle

import pytest
import torch
from equations import block_loop, block_segment, error, stir
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from lite_mamba import InferenceParams, Mamba
from lite_mamba.language_model import MambaLM

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-10}  # of the output's scale


def tokens(length, batch=2, dtype=torch.float64, width=4):
    generator = torch.Generator().manual_seed(length)
    return torch.randn(batch, length, width, dtype=torch.float64, generator=generator).to(dtype)


@st.composite
def blocks(draw):
    """A block of any small shape with every parameter away from its special start, not in training order."""
    return {
        "d_model": draw(st.integers(1, 6)),
        "d_state": draw(st.integers(1, 4)),
        "d_conv": draw(st.integers(1, 5)),
        "conv_dilations": tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))),
        "expand": draw(st.sampled_from([1, 2, 1.5, 2.25])),
        "dt_rank": draw(st.sampled_from(["auto", 1, 3])),
        "conv_bias": draw(st.booleans()),
        "bias": draw(st.booleans()),
        "dtype": draw(st.sampled_from([torch.float32, torch.float64])),
    }


@st.composite
def segment_rows(draw, batch, length):
    """Indices (B, L) with a change at a few places of each row, and back to an earlier index now and then."""
    rows = torch.zeros(batch, length, dtype=torch.long)
    for row in rows:
        for change in draw(st.sets(st.integers(0, max(length - 1, 0)), max_size=3)):
            row[change:] = draw(st.integers(0, 2))
    return rows


@st.composite
def streams(draw):
    """A block, an input, its cut into chunks (empty ones too), and segment indices or None."""
    block = stir(Mamba(**draw(blocks()), layer_idx=0), seed=draw(st.integers(0, 99)))
    chunks = draw(st.lists(st.integers(0, 7), max_size=6))
    batch, length = draw(st.integers(1, 3)), sum(chunks)
    x = tokens(length, batch, block.in_proj.weight.dtype, block.d_model)
    seq_idx = draw(segment_rows(batch, length)) if draw(st.booleans()) else None
    return block, x, chunks, seq_idx


def in_chunks(block, x, chunks, seq_idx=None):
    """The block over `x` in chunks of the given lengths, and the cache at the end."""
    params = InferenceParams(max_seqlen=1000, max_batch_size=x.shape[0])
    pieces, start = [x[:, :0]], 0
    for chunk in chunks:
        span = slice(start, start + chunk)
        part = None if seq_idx is None else seq_idx[:, span]
        pieces.append(block(x[:, span], inference_params=params, seq_idx=part))
        params.seqlen_offset += chunk
        start += chunk
    return torch.cat(pieces, dim=1), params


def in_steps(block, x, seq_idx=None, states=None, last=None):
    """The block over `x` token by token, from the states and indices of the token before; and its states."""
    states = states or block.allocate_inference_cache(x.shape[0], x.shape[1])
    pieces = [x[:, :0]]
    for t in range(x.shape[1]):
        now = None if seq_idx is None else seq_idx[:, t]
        restart = None if now is None or last is None else now != last
        out, *states = block.step(x[:, t : t + 1], *states, restart=restart)
        last = now
        pieces.append(out)
    return torch.cat(pieces, dim=1), states


@pytest.mark.parametrize("grad", [False, True], ids=["grad off", "grad on"])
@given(stream=streams())
@settings(max_examples=60)
def test_any_split_equals_one_forward_pass(grad, stream):
    block, x, chunks, seq_idx = stream
    with torch.set_grad_enabled(grad):
        whole = block(x, seq_idx=seq_idx)
        split, _ = in_chunks(block, x, chunks, seq_idx)
    assert error(split, whole) <= TOLERANCE[x.dtype]


@pytest.mark.parametrize("grad", [False, True], ids=["grad off", "grad on"])
@given(stream=streams())
@settings(max_examples=60)
def test_step_by_step_equals_one_forward_pass(grad, stream):
    block, x, _, seq_idx = stream
    with torch.set_grad_enabled(grad):
        steps, _ = in_steps(block, x, seq_idx)
        assert error(steps, block(x, seq_idx=seq_idx)) <= TOLERANCE[x.dtype]


@given(stream=streams())
@settings(max_examples=40)
def test_one_forward_pass_equals_the_equations(stream):
    block, x, _, seq_idx = stream
    assert error(block(x, seq_idx=seq_idx), block_loop(block, x, seq_idx)) <= TOLERANCE[x.dtype]


@given(stream=streams(), prefill=st.integers(0, 20))
@settings(max_examples=40)
def test_steps_go_on_from_the_cache_of_a_prefill(stream, prefill):
    block, x, _, seq_idx = stream
    first, later = (None, None) if seq_idx is None else (seq_idx[:, :prefill], seq_idx[:, prefill:])
    with torch.no_grad():
        head, params = in_chunks(block, x[:, :prefill], [x[:, :prefill].shape[1]], first)
        conv_state, ssm_state = params.key_value_memory_dict[0]
        last = params.key_value_memory_dict[0].last_seq_idx
        tail, _ = in_steps(block, x[:, prefill:], later, (conv_state, ssm_state), last)
        whole = block(x, seq_idx=seq_idx)
    assert error(torch.cat([head, tail], dim=1), whole) <= TOLERANCE[x.dtype]


@given(stream=streams())
@settings(max_examples=40)
def test_chunks_and_steps_end_in_the_same_state(stream):
    block, x, chunks, seq_idx = stream
    with torch.no_grad():
        _, params = in_chunks(block, x, chunks or [0], seq_idx)
        _, states = in_steps(block, x, seq_idx)
    for from_chunks, from_steps in zip(params.key_value_memory_dict[0], states, strict=True):
        torch.testing.assert_close(from_chunks, from_steps, rtol=1e-4, atol=1e-5)


@pytest.fixture
def block():
    return stir(Mamba(4, d_state=3, d_conv=3, conv_dilations=(1, 4), layer_idx=0, dtype=torch.float64))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_with_grad_off_step_updates_the_given_states_in_place_and_returns_them(block, mode):
    with mode():
        states = block.allocate_inference_cache(2, 10)
        before = [state.data_ptr() for state in states]
        _, *after = block.step(tokens(1), *states)
    assert all(new is old for new, old in zip(after, states, strict=True))
    assert [state.data_ptr() for state in after] == before
    assert after[0][..., -1].any() and after[1].any()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_with_grad_off_a_stream_keeps_its_cache_in_one_place(block, mode):
    with mode():
        params = InferenceParams(10, 2)
        places = set()
        for chunk in (3, 1, 0, 5):
            block(tokens(chunk), inference_params=params)
            params.seqlen_offset += chunk
            places.add(tuple(state.data_ptr() for state in params.key_value_memory_dict[0]))
    assert len(places) == 1


def test_with_grad_on_step_returns_new_states_and_leaves_the_given_ones(block):
    with torch.no_grad():
        _, states = in_steps(block, tokens(5))
    before = [state.clone() for state in states]
    _, *after = block.step(tokens(1), *states)
    for old, kept, new in zip(states, before, after, strict=True):
        assert torch.equal(old, kept) and new.data_ptr() != old.data_ptr() and new.requires_grad


def test_with_grad_on_a_state_can_be_used_twice(block):
    states = block.allocate_inference_cache(2, 10)
    _, *states = block.step(tokens(1), *states)
    first = block.step(tokens(1), *states)[0]
    assert torch.equal(block.step(tokens(1), *states)[0], first)


@pytest.mark.parametrize("made", [torch.no_grad, torch.inference_mode, torch.enable_grad])
@pytest.mark.parametrize("used", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_cache_made_in_one_grad_mode_goes_on_in_another(block, made, used):
    x = tokens(9)
    with made():
        head, params = in_chunks(block, x[:, :4], [4])
        step_head, states = in_steps(block, x[:, :4])
    with used():
        pieces, step_pieces = [head], [step_head]
        for t in range(4, 9):
            pieces.append(block(x[:, t : t + 1], inference_params=params))
            params.seqlen_offset += 1
            out, *states = block.step(x[:, t : t + 1], *states)
            step_pieces.append(out)
        whole = block(x)
        assert error(torch.cat(pieces, dim=1), whole) < 1e-10
        assert error(torch.cat(step_pieces, dim=1), whole) < 1e-10


def test_a_cache_made_under_inference_mode_stays_untouched_outside(block):
    with torch.inference_mode():
        states = block.allocate_inference_cache(2, 10)
    with torch.no_grad():
        _, *after = block.step(tokens(1), *states)
    assert not states[1].any() and after[1].any()


def gradients(block, loss):
    return torch.autograd.grad(loss, list(block.parameters()), retain_graph=True)


def test_the_gradient_through_many_steps_is_that_of_one_forward_pass(block):
    block = block.double()  # A_log and D too
    x = tokens(12).requires_grad_()
    steps, states = in_steps(block, x)
    whole = block(x)
    target = torch.randn_like(whole)
    for ours, expected in zip(
        gradients(block, (steps * target).sum()), gradients(block, (whole * target).sum()), strict=True
    ):
        assert error(ours, expected) < 1e-10
    for state in states:
        (gradient,) = torch.autograd.grad(state.sum(), x, retain_graph=True)
        assert gradient.any()


def test_detached_states_cut_back_propagation_through_time(block):
    x = tokens(10)
    early, late = x[:, :6].clone().requires_grad_(), x[:, 6:].clone().requires_grad_()
    _, states = in_steps(block, early)
    out, _ = in_steps(block, late, states=states)
    through = torch.autograd.grad(out.square().sum(), [early, late])
    assert through[0].any()
    _, states = in_steps(block, early)
    out, _ = in_steps(block, late, states=[state.detach() for state in states])
    cut = torch.autograd.grad(out.square().sum(), [early, late], allow_unused=True)
    assert cut[0] is None
    torch.testing.assert_close(cut[1], through[1])


def test_truncated_back_propagation_runs_window_after_window(block):
    x, states = tokens(12), block.allocate_inference_cache(2, 12)
    total = [torch.zeros_like(p) for p in block.parameters()]
    for start in range(0, 12, 4):
        states = [state.detach() for state in states]
        out, states = in_steps(block, x[:, start : start + 4], states=states)
        total = [a + b for a, b in zip(total, gradients(block, out.square().sum()), strict=True)]
    assert all(torch.isfinite(gradient).all() and gradient.any() for gradient in total)


def test_a_stream_with_grad_on_keeps_no_graph_between_calls(block):
    params = InferenceParams(20, 2)
    for _ in range(3):
        block(tokens(4), inference_params=params).sum().backward()
        params.seqlen_offset += 4
        assert not any(state.requires_grad for state in params.key_value_memory_dict[0])
    assert block.A_log.grad.any()


def test_a_stream_with_grad_on_does_not_hold_on_to_its_chunks(block):
    params = InferenceParams(200, 2)
    block(tokens(200), inference_params=params)
    for state in params.key_value_memory_dict[0]:
        assert state.untyped_storage().nbytes() == state.numel() * state.element_size()


def test_offset_zero_starts_afresh(block):
    params = InferenceParams(10, 2)
    with torch.no_grad():
        first = block(tokens(5), inference_params=params)
        again = block(tokens(5), inference_params=params)
        assert torch.equal(first, again)
        params.seqlen_offset = 5
        block(tokens(5), inference_params=params, seq_idx=torch.ones(2, 5, dtype=torch.long))
        params.seqlen_offset = 0
        other_segment = torch.zeros(2, 5, dtype=torch.long)
        assert torch.equal(first, block(tokens(5), inference_params=params, seq_idx=other_segment))


@pytest.mark.parametrize("offset", [1, 4, 6])
def test_an_offset_that_disagrees_with_the_cache_names_both_counts(block, offset):
    params = InferenceParams(10, 2)
    block(tokens(5), inference_params=params)
    params.seqlen_offset = offset
    with pytest.raises(ValueError, match=rf"seqlen_offset is {offset}, .*layer_idx 0 has seen 5 tokens"):
        block(tokens(1), inference_params=params)


def test_a_forgotten_advance_is_found_at_the_next_call_but_one(block):
    params = InferenceParams(10, 2)
    block(tokens(5), inference_params=params)
    params.seqlen_offset = 5
    block(tokens(1), inference_params=params)
    with pytest.raises(ValueError, match=r"is 5, .* has seen 6 tokens; advance seqlen_offset"):
        block(tokens(1), inference_params=params)


def test_a_missing_cache_is_an_error_unless_the_stream_starts(block):
    params = InferenceParams(10, 2, seqlen_offset=3)
    with pytest.raises(ValueError, match=r"seqlen_offset is 3, .* has seen 0 tokens"):
        block(tokens(1), inference_params=params)


def test_two_layers_with_one_layer_idx_are_an_error(block):
    other = copy.deepcopy(block)
    params = InferenceParams(10, 2)
    other(block(tokens(5), inference_params=params), inference_params=params)
    params.seqlen_offset += 5
    with pytest.raises(ValueError, match=r"has seen 10 tokens; .* a layer_idx of its own|has seen 6 tokens"):
        other(block(tokens(1), inference_params=params), inference_params=params)


def test_a_failed_call_leaves_the_cache_as_it_was(block):
    params = InferenceParams(10, 2)
    with torch.no_grad():
        block(tokens(5), inference_params=params)
        params.seqlen_offset = 5
        before = [state.clone() for state in params.key_value_memory_dict[0]]
        with pytest.raises(ValueError, match="batch of 3"):
            block(tokens(1, batch=3), inference_params=params)
        with pytest.raises(ValueError, match="hidden_states must have shape"):
            block(tokens(1)[..., :3], inference_params=params)
    for state, kept in zip(params.key_value_memory_dict[0], before, strict=True):
        assert torch.equal(state, kept)


@pytest.mark.parametrize("length", [1, 3])
def test_a_call_that_fails_at_its_very_end_leaves_the_cache_as_it_was(block, length):
    def fail(*_):
        raise MemoryError("no room")

    params = InferenceParams(10, 2)
    with torch.no_grad():
        block(tokens(5), inference_params=params)
        params.seqlen_offset = 5
        before = [state.clone() for state in params.key_value_memory_dict[0]]
        block.out_proj.register_forward_pre_hook(fail)
        with pytest.raises(MemoryError):
            block(tokens(length), inference_params=params)
    for state, kept in zip(params.key_value_memory_dict[0], before, strict=True):
        assert torch.equal(state, kept)


@pytest.mark.parametrize("batch", [1, 3])
def test_another_batch_size_is_an_error_in_every_cache_path(block, batch):
    states = block.allocate_inference_cache(2, 10)
    with pytest.raises(ValueError, match=rf"conv_state has shape \(2, 8, 8\).* for a batch of {batch}"):
        block.step(tokens(1, batch=batch), *states)
    params = InferenceParams(10, 2)
    block(tokens(5), inference_params=params)
    params.seqlen_offset = 5
    for length in (1, 3):
        with pytest.raises(ValueError, match=f"for a batch of {batch}"):
            block(tokens(length, batch=batch), inference_params=params)


def test_a_cache_made_by_hand_may_be_put_into_the_stream(block):
    params = InferenceParams(10, 2)
    params.key_value_memory_dict[0] = block.allocate_inference_cache(2, 10)
    with torch.no_grad():
        out = block(tokens(5), inference_params=params)
    assert error(out, block(tokens(5))) < 1e-10


def test_two_interleaved_streams_do_not_mix(block):
    one, two = tokens(8), tokens(9)[:, :8]
    streams = [(one, InferenceParams(8, 2), []), (two, InferenceParams(8, 2), [])]
    with torch.no_grad():
        for start in range(0, 8, 2):
            for x, params, pieces in streams:
                pieces.append(block(x[:, start : start + 2], inference_params=params))
                params.seqlen_offset += 2
        for x, _, pieces in streams:
            assert error(torch.cat(pieces, dim=1), block(x)) < 1e-10


@pytest.mark.parametrize("cut", [3, 4, 5])
@pytest.mark.parametrize("way", ["steps", "chunks", "chunk then steps"])
def test_a_row_is_reset_in_mid_stream_and_the_others_go_on(block, way, cut):
    x = tokens(10)
    seq_idx = torch.zeros(2, 10, dtype=torch.long)
    seq_idx[1, cut:] = 1
    with torch.no_grad():
        if way == "steps":
            out, _ = in_steps(block, x, seq_idx)
        elif way == "chunks":
            out, _ = in_chunks(block, x, [cut, 10 - cut], seq_idx)
        else:
            out, _ = in_chunks(block, x, [cut - 1, *[1] * (11 - cut)], seq_idx)
    assert error(out[0], block_loop(block, x[:1])[0]) < 1e-10
    assert error(out[1, cut:], block_loop(block, x[1:, cut:])[0]) < 1e-10


@pytest.mark.parametrize("chunk", [2, 3, 7])
def test_a_segment_longer_than_a_chunk_keeps_its_whole_history(block, chunk):
    x, seq_idx = tokens(42), torch.zeros(2, 42, dtype=torch.long)
    seq_idx[1, 2:] = 1
    with torch.no_grad():
        out, _ = in_chunks(block, x, [chunk] * (42 // chunk), seq_idx)
    assert error(out, block(x, seq_idx=seq_idx)) < 1e-10


def test_without_an_index_the_last_segment_goes_on(block):
    x, seq_idx = tokens(8), torch.full((2, 3), 7)
    params, pieces = InferenceParams(8, 2), []
    with torch.no_grad():
        for chunk, index in ((x[:, :3], seq_idx), (x[:, 3:5], None), (x[:, 5:], seq_idx)):
            pieces.append(block(chunk, inference_params=params, seq_idx=index))
            params.seqlen_offset += chunk.shape[1]
    assert error(torch.cat(pieces, dim=1), block(x)) < 1e-10


@pytest.mark.parametrize("side", ["left", "right"])
@given(padding=st.lists(st.integers(0, 6), min_size=2, max_size=2), garbage=st.sampled_from([0.0, 1e4, float("nan")]))
@settings(max_examples=25)
def test_padding_never_changes_a_real_token(side, padding, garbage):
    block = stir(Mamba(4, d_state=3, d_conv=3, conv_dilations=(1, 4), dtype=torch.float64))
    length, x, mask = 7, tokens(13), torch.zeros(2, 13, dtype=torch.long)
    for row, pad in enumerate(padding):
        mask[row, pad : pad + length] = 1
    if side == "right":
        x, mask = x.flip(1), mask.flip(1)
    padded = torch.where(mask[..., None] == 1, x, garbage)
    out = block(padded, seq_idx=mask)
    for row in range(2):
        real = mask[row] == 1
        assert error(out[row, real], block(x[row : row + 1, real])[0]) < 1e-10


def test_a_left_padded_prompt_streams_on(block):
    x, mask = tokens(9), torch.ones(2, 9, dtype=torch.long)
    mask[1, :3] = 0
    with torch.no_grad():
        out, _ = in_chunks(block, x, [5, 1, 1, 2], mask)
    assert error(out[1, 3:], block(x[1:, 3:])[0]) < 1e-10


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))])
def test_a_copy_of_a_stream_is_a_stream_of_its_own(block, copied):
    x, seq_idx = tokens(8), torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1], [0] * 8])
    with torch.no_grad():
        head, stream = in_chunks(block, x[:, :5], [5], seq_idx[:, :5])
        branch = copied(stream)
        tails = [block(x[:, 5:], inference_params=params, seq_idx=seq_idx[:, 5:]) for params in (stream, branch)]
    assert torch.equal(*tails)
    assert error(torch.cat([head, tails[0]], dim=1), block(x, seq_idx=seq_idx)) < 1e-10


def test_the_caller_may_change_his_indices_afterwards(block):
    index, params = torch.zeros(2, 1, dtype=torch.long), InferenceParams(10, 2)
    with torch.no_grad():
        block(tokens(1), inference_params=params, seq_idx=index)
        params.seqlen_offset += 1
        index += 1
        reset = block(tokens(1), inference_params=params, seq_idx=index)
    assert error(reset, block(tokens(1))) < 1e-10


@given(stream=streams(), cut=st.integers(0, 20), rows=st.lists(st.integers(0, 2), min_size=1, max_size=5))
@settings(max_examples=60)
def test_reordering_the_rows_of_a_cache_reorders_the_streams(stream, cut, rows):
    block, x, _, seq_idx = stream
    rows, cut = torch.tensor(rows) % len(x), min(cut, x.shape[1])
    head, tail = (None, None) if seq_idx is None else (seq_idx[:, :cut], seq_idx[rows, cut:])
    with torch.no_grad():
        _, params = in_chunks(block, x[:, :cut], [cut], head)
        params.reorder(rows)
        out = block(x[rows, cut:], inference_params=params, seq_idx=tail)
        expected = block(x, seq_idx=seq_idx)[rows, cut:]
    assert error(out, expected) <= TOLERANCE[x.dtype] * 10


def test_reordering_a_stream_reorders_it_in_every_block():
    blocks = [stir(Mamba(4, d_conv=2, layer_idx=i, dtype=torch.float64), seed=i) for i in range(3)]
    x, rows, params = tokens(9, batch=3), torch.tensor([2, 0, 2, 2]), InferenceParams(9, 3)

    def run(hidden, params=None):
        for block in blocks:
            hidden = block(hidden, inference_params=params)
        return hidden

    with torch.no_grad():
        run(x[:, :4], params)
        params.seqlen_offset = 4
        params.reorder(rows)
        assert error(run(x[rows, 4:], params), run(x)[rows, 4:]) < 1e-10


def test_beam_search_over_a_cache_finds_the_beams_of_full_passes():
    torch.manual_seed(0)
    model, width = MambaLM(vocab_size=7, d_model=8, n_layers=2).double(), 3

    def best(scores, logits):
        """The `width` best continuations of the beams: scores, and (beam, token) of each."""
        scores, place = (scores[:, None] + logits.log_softmax(-1)).flatten().topk(width)
        return scores, place // 7, place % 7

    stream, beams = InferenceParams(10, width), torch.zeros(width, 1, dtype=torch.long)
    scores, ids = torch.tensor([0.0, -torch.inf, -torch.inf], dtype=torch.float64), beams
    with torch.no_grad():
        for _ in range(8):
            logits = model(ids, stream)[:, -1]  # (width, 7)
            stream.seqlen_offset += 1
            torch.testing.assert_close(logits, model(beams)[:, -1])
            scores, rows, token = best(scores, logits)
            stream.reorder(rows)
            ids = token[:, None]
            beams = torch.cat([beams[rows], ids], dim=1)
    assert len({tuple(beam) for beam in beams.tolist()}) == width


def test_a_cache_is_a_pair_to_those_who_expect_one(block):
    _, params = in_chunks(block, tokens(5), [5])
    cache = params.key_value_memory_dict[0]
    conv_state, ssm_state = cache
    assert cache[0] is conv_state is cache.conv_state and cache[1] is ssm_state is cache.ssm_state
    assert len(cache) == 2 and cache[-1] is ssm_state and tuple(cache) == (conv_state, ssm_state)
    with pytest.raises(IndexError):
        cache[2]


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("grad", [False, True], ids=["grad off", "grad on"])
def test_a_compiled_step_is_one_graph_and_equals_the_step(block, grad, backend):
    torch.compiler.reset()
    x, seq_idx = tokens(6), torch.tensor([[0, 0, 0, 1, 1, 1], [0] * 6])
    compiled = copy.deepcopy(block)
    compiled.step = torch.compile(compiled.step, fullgraph=True, backend=backend)
    with torch.set_grad_enabled(grad):
        out, states = in_steps(compiled, x, seq_idx)
        expected, expected_states = in_steps(block, x, seq_idx)
    for ours, theirs in zip((out, *states), (expected, *expected_states), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_compiled_stream_is_compiled_a_few_times_and_not_once_a_token(block):
    torch.compiler.reset()
    graphs = []

    def count(graph, _inputs):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(copy.deepcopy(block), fullgraph=True, backend=count)
    with torch.no_grad():
        out, _ = in_chunks(compiled, tokens(12), [1] * 12)
    once_more = Version(torch.__version__) < Version("2.5")  # seen with 2.4
    assert len(graphs) == 3 + once_more  # at 0 tokens, at 1, and at any other number
    torch.testing.assert_close(out, block(tokens(12)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, None])
def test_the_cache_dtype_sets_the_conv_state_only(block, dtype):
    block = block.float()
    conv_state, ssm_state = block.allocate_inference_cache(2, 10, dtype=dtype)
    assert conv_state.dtype == (dtype or torch.float32) and ssm_state.dtype == torch.float32
    for grad in (False, True):
        with torch.set_grad_enabled(grad):
            out, new_conv, new_ssm = block.step(tokens(1, dtype=torch.float32), conv_state, ssm_state)
        assert out.dtype == torch.float32
        assert new_conv.dtype == conv_state.dtype and new_ssm.dtype == torch.float32


@pytest.mark.parametrize(
    ("dtype", "recurrence"),
    [
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
    ids=str,
)
def test_the_state_has_the_dtype_of_the_recurrence(dtype, recurrence):
    block = Mamba(4, dtype=dtype, layer_idx=0)
    conv_state, ssm_state = block.allocate_inference_cache(1, 10)
    assert (conv_state.dtype, ssm_state.dtype) == (dtype, recurrence)
    params = InferenceParams(10, 1)
    for length in (3, 1):
        out = block(tokens(length, batch=1, dtype=dtype), inference_params=params)
        params.seqlen_offset += length
        assert out.dtype == dtype
        assert [state.dtype for state in params.key_value_memory_dict[0]] == [dtype, recurrence]


@pytest.mark.parametrize("module_dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_bfloat16_cache_is_accurate_after_1500_steps_of_a_slow_channel(module_dtype):
    torch.manual_seed(0)
    block = Mamba(8, d_state=4, dt_min=0.001, dt_max=0.002).to(module_dtype)
    x = torch.randn(1, 1, 8).to(module_dtype)
    with torch.inference_mode():
        states = block.allocate_inference_cache(1, 1500, dtype=torch.bfloat16)
        for _ in range(1500):
            out, *states = block.step(x, *states)
    expected, state = block_segment(block, x[0].expand(1500, 8))
    assert error(states[1][0], state) < 0.02
    assert error(out[0, -1], expected[-1]) < 0.03


def test_the_states_have_the_documented_shapes():
    block = Mamba(6, d_state=5, d_conv=4, conv_dilations=(1, 8, 3), expand=1.5)
    conv_state, ssm_state = block.allocate_inference_cache(3, 100)
    assert conv_state.shape == (3, 9, 24) and ssm_state.shape == (3, 9, 5)
    assert Mamba(6, d_conv=1, conv_dilations=(9,)).allocate_inference_cache(1, 1)[0].shape == (1, 12, 0)


def test_an_empty_chunk_at_the_start_changes_nothing(block):
    with torch.no_grad():
        out, params = in_chunks(block, tokens(5), [0, 0, 5])
    assert error(out, block(tokens(5))) < 1e-10
    assert params.key_value_memory_dict[0].tokens == 5


def test_inference_params_takes_upstream_positional_order():
    params = InferenceParams(100, 2, 0)
    assert (params.max_seqlen, params.max_batch_size, params.seqlen_offset) == (100, 2, 0)
    assert params.key_value_memory_dict == {}
    assert InferenceParams(100, 2).key_value_memory_dict is not params.key_value_memory_dict
