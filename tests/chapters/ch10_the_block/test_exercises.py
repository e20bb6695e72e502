"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

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
