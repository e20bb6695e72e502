"""The exercises of notebook 10 name the wrong answers of readers, and their examples can be read."""

import io
import json
from pathlib import Path

import torch
from torch import nn

from lite_mamba.course.chapters.ch10_the_block import exercises as chapter
from lite_mamba.course.checking.trial import judge, trials

NOTEBOOK = Path(__file__).parents[3] / "notebooks/10_the_block.ipynb"
CELLS = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]]


def cell_with(words: str) -> str:
    return next(cell for cell in CELLS if words in cell)


def test_a_raw_number_is_what_notebook_07_calls_so_with_its_bias():
    torch.manual_seed(0)
    for one in trials(chapter.BLOCK_FORWARD)[:5]:
        w = one.case["weights"]
        token = torch.randn(w["x_proj"].shape[1])  # (D,)
        raw = chapter.delta_map(w["x_proj"], w["dt_proj"]) @ token + w["dt_bias"]  # (D,)
        given = w["x_proj"], w["dt_proj"], w["dt_bias"]
        delta, _, _ = chapter.PARTS["select"](token[None, None], *given)
        torch.testing.assert_close(torch.nn.functional.softplus(raw), delta[0, 0])
    assert "raw numbers = M @ token + bias" in cell_with("def delta_map(")
    assert "Add the bias, and you have the raw numbers of notebook 07" in cell_with("## 4 ")
    assert "raw Δ" not in "".join(CELLS) + str(chapter.RECAP)


def test_the_ticks_of_the_first_picture_are_named_above_it():
    above = CELLS[: next(i for i, cell in enumerate(CELLS) if "figures.TokenTrace(" in cell)]
    assert any("A small tick stands where nothing moves" in cell for cell in above)


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
    card = cell_with("### Exercise 3")
    assert "when its `state_dict()` holds more numbers than it learns" in card and "file" not in card
