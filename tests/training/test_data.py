"""The memory tasks keep their laws for any length and seed; the text is split by the names of its files."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lite_mamba.course import tasks
from lite_mamba.course.training.data import Memory, Text, library_bytes

COPYING = [tasks.fixed_copying, tasks.selective_copying]


def generator(seed):
    return torch.Generator().manual_seed(seed)


seeds = st.integers(0, 2**31)


@pytest.mark.parametrize("task", COPYING)
@given(seeds, st.integers(1, 5), st.integers(1, 6), st.integers(1, 9), st.integers(0, 30))
def test_a_copying_task_shows_each_symbol_once_in_order_and_asks_at_the_end(task, seed, batch, n_data, n_symbols, more):
    length = 2 * n_data + more
    tokens, targets = task(generator(seed), batch, length, n_data=n_data, n_symbols=n_symbols)
    assert tokens.shape == (batch, length) and targets.shape == (batch, n_data)
    for row, wanted in zip(tokens, targets, strict=True):
        assert row[row < n_symbols].tolist() == wanted.tolist()
        assert (row[-n_data:] == n_symbols + 1).all()
        assert (row[:-n_data] <= n_symbols).all()


@given(seeds, st.integers(1, 5), st.integers(3, 40), st.integers(1, 15))
def test_induction_heads_asks_for_what_followed_the_only_cue(seed, batch, length, n_symbols):
    tokens, targets = tasks.induction_heads(generator(seed), batch, length, n_symbols=n_symbols)
    for row, (wanted,) in zip(tokens, targets, strict=True):
        first, last = (row == n_symbols).nonzero().flatten().tolist()
        assert last == length - 1 and row[first + 1] == wanted and row.max() == n_symbols


@pytest.mark.parametrize("task", [*COPYING, tasks.induction_heads])
def test_the_seed_decides_and_the_global_generator_does_not(task):
    torch.manual_seed(1)
    first = task(generator(0), 4, 64)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, task(generator(0), 4, 64), strict=True))
    assert not torch.equal(first[0], task(generator(1), 4, 64)[0])


def test_fixed_copying_has_one_delay_and_selective_copying_many():
    def places(task):
        tokens, _ = task(generator(0), 50, 20, n_data=2, n_symbols=4)
        return {tuple((row < 4).nonzero().flatten().tolist()) for row in tokens}

    assert places(tasks.fixed_copying) == {(0, 1)}
    assert len(places(tasks.selective_copying)) > 30


def test_every_place_of_a_symbol_and_of_the_cue_is_as_likely_as_any_other():
    tokens, _ = tasks.selective_copying(generator(0), 20_000, 12, n_data=2, n_symbols=4)
    share = (tokens[:, :10] < 4).float().mean(0)  # (10,)
    assert (share - 0.2).abs().max() < 0.02
    tokens, _ = tasks.induction_heads(generator(0), 20_000, 12)
    share = (tokens[:, :10] == 15).float().mean(0)
    assert (share - 0.1).abs().max() < 0.02


@pytest.mark.parametrize("task, least", [(tasks.fixed_copying, 32), (tasks.selective_copying, 32)])
def test_a_length_without_room_is_refused(task, least):
    task(generator(0), 1, least)
    with pytest.raises(ValueError, match=f"at least {least} tokens"):
        task(generator(0), 1, least - 1)


@pytest.mark.parametrize("name", ["fixed_copying", "selective_copying", "induction_heads"])
def test_data_noise_and_questions_are_all_there_is(name):
    data = Memory(name, 8)
    tokens, targets = data.draw(generator(0), 20, 64)
    assert tokens.max() == data.vocab_size - 1
    kept, passed = data.data(tokens), data.noise(tokens)
    assert not (kept & passed).any()
    assert ((~kept & ~passed).sum(1) == targets.shape[1]).all()
    if name != "induction_heads":
        assert torch.equal(tokens[kept].view(20, -1), targets)


def test_induction_data_are_the_cue_and_what_the_convolution_sees_with_it():
    tokens = torch.tensor([[3, 15, 4, 5, 6, 7, 15]])
    assert Memory("induction_heads", 15).data(tokens).tolist() == [[False, True, True, True, True, False, False]]


def test_the_two_parts_of_the_library_share_no_file_and_lose_no_byte():
    train, held_out = tasks.library_split()
    assert len(train) + len(held_out) == len(tasks.library_text())
    assert 0.05 < len(held_out) / len(train) < 0.2


def test_a_rule_of_your_own_splits_the_library():
    none, unread = tasks.library_split(rule=lambda paths, share: [True] * len(paths))
    assert none == b"" and unread == tasks.library_text()
    as_numpy = lambda paths, share: tuple(map(np.bool_, tasks.held_out(paths, share)))  # noqa: E731
    assert tasks.library_split(20, as_numpy) == tasks.library_split(20)


def test_text_targets_are_the_bytes_that_follow():
    tokens, targets = Text().draw(generator(0), 3, 50)
    assert torch.equal(tokens[:, 1:], targets[:, :-1])
    train = bytes(library_bytes(torch.device("cpu"))[0].numpy())
    assert bytes(tokens[0].tolist()) + bytes(targets[0, -1:].tolist()) in train
