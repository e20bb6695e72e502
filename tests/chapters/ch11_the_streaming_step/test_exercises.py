"""The check of notebook 11 tells apart the ways in which a generation loop loses count of its tokens."""

import pytest
import torch

from lite_mamba import InferenceParams
from lite_mamba.course.chapters.ch11_the_streaming_step.exercises import GENERATE, STEP, _step
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.page.check import card


def loop(before=lambda piece, chunk: 0, after=lambda piece, chunk: piece, whole=0, token=1, feed_last=False):
    """A generation loop whose offset moves as told: before and after a piece, after the prompt, after a token."""

    def generate(block, prompt, chunk, tokens):
        stream = InferenceParams(max_seqlen=100, max_batch_size=len(prompt))
        for piece in prompt.split(chunk, dim=1):
            stream.seqlen_offset += before(piece.shape[1], chunk)
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += after(piece.shape[1], chunk)
        stream.seqlen_offset += whole * prompt.shape[1]
        outputs = [out[:, -1:]]
        while len(outputs) < tokens + feed_last:
            outputs.append(block(outputs[-1], inference_params=stream))
            stream.seqlen_offset += token
        return torch.cat(outputs[:tokens], dim=1)

    return generate


LOOPS = {
    "an offset that moves by one for a whole chunk": {"after": lambda piece, chunk: 1},
    "an offset that moves by `chunk` after a shorter piece": {"after": lambda piece, chunk: chunk},
    "an offset that stands still while you generate": {"token": 0},
    "an offset that does not move between the pieces": {"after": lambda piece, chunk: 0},
    "an offset that moves once, after the whole prompt": {"after": lambda piece, chunk: 0, "whole": 1},
    "an offset that moves before the call": {
        "before": lambda piece, chunk: piece,
        "after": lambda piece, chunk: 0,
    },
    "an offset that never moves": {"after": lambda piece, chunk: 0, "token": 0},
    "an offset that does not fit the tokens": {"token": 2},
}


@pytest.mark.parametrize("feed_last", [False, True])
@pytest.mark.parametrize("name", LOOPS)
def test_each_wrong_offset_is_named_with_what_came(name, feed_last):
    verdict = judge(GENERATE, loop(**LOOPS[name], feed_last=feed_last))
    assert verdict.kind == "misconception" and verdict.misconception.name == name
    rows = dict(card(GENERATE, verdict).rows)
    assert "seqlen_offset at each call" in rows["got"] and "tokens in each call" in rows["expected"]
    if verdict.example.raised:
        assert "ValueError: inference_params.seqlen_offset is" in rows["got"]


@pytest.mark.parametrize("feed_last", [False, True])
def test_a_right_loop_is_right_whether_or_not_the_last_output_is_fed_back(feed_last):
    assert judge(GENERATE, loop(feed_last=feed_last)).kind == "right"


def test_another_value_error_is_the_learners_own():
    def wrong(block, prompt, chunk, tokens):
        raise ValueError("something else")

    assert judge(GENERATE, wrong).kind == "raised"


def test_exchanged_parts_of_the_selection_are_named():
    def swapped(token, history, h, weights, parts):
        def cut(selected, rank, states):
            low_rank, C, B = selected.split([rank, states, states], dim=-1)
            return low_rank, B, C

        return _step(token, history, h, weights, parts, cut=cut)

    assert judge(STEP, swapped).misconception.name == "B and C in exchanged places"
