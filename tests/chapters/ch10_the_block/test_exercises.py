"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

import io

import torch
from torch import nn

from lite_mamba.course.chapters.ch10_the_block import exercises as chapter
from lite_mamba.course.checking.trial import judge, trials


def test_the_values_of_a_failing_block_can_be_read():
    for one in trials(chapter.BLOCK_FORWARD):
        assert 0.05 < chapter.block_forward(**one.case, parts=chapter.PARTS).abs().max() < 50
    for known in chapter.BLOCK_FORWARD.misconceptions:
        for wrong in known.answers:
            example = judge(chapter.BLOCK_FORWARD, wrong).example
            assert example.raised or example.got.value.abs().max() < 50, known.name
            assert example.expected.value.abs().max() > 0.05, known.name


def test_a_file_of_torch_holds_the_numbers_with_two_names_once():
    """What the last hint of the bug hunt says: the state dict is too large, the file is not."""
    front = nn.Module()
    front.conv1d_layers = nn.ModuleList([nn.Conv1d(2000, 2000, 3, groups=2000)])
    sizes = []
    for _ in range(2):
        file = io.BytesIO()
        torch.save(front.state_dict(), file)
        sizes.append((len(file.getvalue()), sum(tensor.numel() for tensor in front.state_dict().values())))
        front.conv1d = front.conv1d_layers[0]
    (file_once, numbers_once), (file_twice, numbers_twice) = sizes
    assert numbers_twice == 2 * numbers_once and file_twice < 1.1 * file_once
