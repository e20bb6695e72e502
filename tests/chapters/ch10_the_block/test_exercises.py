"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

import pytest
import torch

from lite_mamba.course.chapters.ch10_the_block import exercises as chapter
from lite_mamba.course.checking import running
from lite_mamba.course.checking.trial import judge, trials


def random_order(layer, x):
    order = torch.randperm(x.shape[0])
    return torch.allclose(layer(x[order]), layer(x)[order], atol=1e-5)


def first_two_exchanged(layer, x):
    order = [1, 0, *range(2, x.shape[0])]
    return torch.allclose(layer(x[order]), layer(x)[order], atol=1e-5)


def turned_by_one(layer, x):
    return torch.allclose(layer(x.roll(1, 0)), layer(x).roll(1, 0), atol=1e-5)


@pytest.mark.parametrize("answer", [random_order, first_two_exchanged, turned_by_one])
@pytest.mark.parametrize("seed", range(5))
def test_a_test_of_the_order_of_rows_is_named_whichever_rows_it_exchanges(answer, seed, monkeypatch):
    monkeypatch.setattr(running, "SEED", seed)
    verdict = judge(chapter.INDEPENDENT, answer)
    assert verdict.misconception.name == "a test of the order of rows"


def test_the_values_of_a_failing_block_can_be_read():
    for one in trials(chapter.BLOCK):
        assert 0.05 < chapter.block_forward(**one.case, parts=chapter.PARTS).abs().max() < 50
    for known in chapter.BLOCK.misconceptions:
        if known.wrong:
            example = judge(chapter.BLOCK, known.wrong).example
            value = example.got.value
            assert value.abs().max() < 50 and example.expected.value.abs().max() > 0.05, known.name
