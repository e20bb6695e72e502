"""Reading in chunks gives what reading at once gives; a model that knows is right, one that guesses is at chance."""

import pytest
import torch
from torch import nn

from lite_mamba.course.training import build
from lite_mamba.course.training.data import Memory, Text
from lite_mamba.course.training.evaluation import accuracy, answers, bits_per_byte, read

TOKENS = torch.randint(12, (3, 70), generator=torch.Generator().manual_seed(0))


def selective(vocab_size=12):
    torch.manual_seed(0)
    model = build("selective", vocab_size, d_model=8, n_layers=2, conv_dilations=(1, 4))
    nn.init.normal_(model.embedding.weight)  # so that the logits are far from each other
    return model


@pytest.mark.parametrize("chunk", [1, 7, 32, 70, 100])
def test_chunked_reading_equals_the_whole_forward(chunk):
    model = selective()
    with torch.no_grad():
        whole = model(TOKENS)
        torch.testing.assert_close(torch.cat(list(read(model, TOKENS, chunk)), dim=1), whole, rtol=1e-4, atol=1e-5)
        for n in (1, 5, 40):
            assert torch.equal(answers(model, TOKENS, n, chunk), whole[:, -n:].argmax(-1))


def test_a_model_without_a_state_reads_at_once():
    model = build("attention", 12, d_model=8, n_layers=1, n_heads=2)
    assert [part.shape[1] for part in read(model, TOKENS, 7)] == [70]


class Oracle(nn.Module):
    """Answers induction heads by looking; `right` of the answers in 4."""

    def __init__(self, right):
        super().__init__()
        self.right, self.unused = right, nn.Parameter(torch.zeros(1))

    def forward(self, tokens):
        place = (tokens == 15).float().argmax(1)  # (B,)
        answer = tokens.gather(1, place[:, None] + 1)
        answer[torch.arange(len(tokens)) % 4 >= self.right] = 15  # the cue is never right
        logits = torch.zeros(*tokens.shape, 16)
        logits[:, -1].scatter_(1, answer, 1.0)
        return logits


@pytest.mark.parametrize("right", [0, 3, 4])
def test_accuracy_counts_right_answers(right):
    assert accuracy(Oracle(right), Memory("induction_heads", 15), 40, rows=40) == right / 4


def test_accuracy_of_chance_is_chance():
    assert accuracy(selective(18), Memory("selective_copying", 16), 64, rows=100) < 0.15


def test_the_same_rows_are_drawn_again_and_other_ones_at_another_length():
    data = Memory("selective_copying", 16)
    model = selective(18)
    assert accuracy(model, data, 64, rows=20) == accuracy(model, data, 64, rows=20)


def test_a_model_that_knows_nothing_needs_eight_bits():
    class Uniform(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(1))

        def forward(self, tokens):
            return torch.zeros(*tokens.shape, 256)

    assert bits_per_byte(Uniform(), torch.arange(200), rows=4) == pytest.approx(8)


def test_bits_per_byte_do_not_depend_on_the_chunk():
    text = torch.randint(256, (600,), generator=torch.Generator().manual_seed(0))
    model = selective(Text().vocab_size)
    whole = bits_per_byte(model, text, rows=4, chunk=1000)
    assert bits_per_byte(model, text, rows=4, chunk=13) == pytest.approx(whole, rel=1e-5)
