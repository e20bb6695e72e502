"""The figures of notebook 13 show what the stored models and the stored facts say."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lite_mamba.course import training
from lite_mamba.course.chapters.ch13_a_language_model import figures
from lite_mamba.course.chapters.ch13_a_language_model.exercises import draw_byte, ngram, window_bits
from lite_mamba.course.chapters.ch13_a_language_model.texts import CODE, LENGTH, PROMPTS, SNIPPETS, encoded
from lite_mamba.course.training import facts, step_sizes, stored
from lite_mamba.course.training.evaluation import bits_per_byte


def test_every_snippet_has_the_same_number_of_bytes():
    assert {len(text.encode()) for text in SNIPPETS.values()} == {LENGTH}


def test_the_bits_of_a_text_are_those_of_the_evaluation_that_was_stored():
    shown = figures.NextByte()
    shown.update(text="an error", at=10)
    ids = encoded(SNIPPETS["an error"])
    assert math.isclose(shown.mean, bits_per_byte(stored(figures.PLAIN), ids, rows=1), rel_tol=1e-4)
    assert math.isclose(shown.mean, shown.bits.mean(), rel_tol=1e-4)


def test_a_text_of_your_own_is_read_and_cut_to_what_fits():
    shown = figures.NextByte("x" * 100)
    assert shown.n == LENGTH and "text" not in shown.controls
    assert figures.StepSizes("for x in y:").n == 11
    with pytest.raises(ValueError, match="give at least 3"):
        figures.NextByte("ab")


def test_step_sizes_are_those_of_the_models_layers():
    shown = figures.StepSizes()
    shown.update(text="a loop", layer=3)
    delta = step_sizes(stored(figures.PLAIN), encoded(SNIPPETS["a loop"])[None])[2, 0].mean(-1)  # (L,)
    assert shown.widest == int(delta.argmax())
    assert math.isclose(shown.times, float(delta.max() / delta.mean()), rel_tol=1e-5)


def test_writing_with_a_state_gives_what_reading_everything_anew_gives():
    written = figures.write("def area(", 0, [0.5] * 12)
    text = "def area("
    for _ in range(12):
        text += chr(int(stored(figures.PLAIN)(encoded(text)[None])[0, -1].argmax()))
    assert text == "def area(" + written


def test_a_drawn_byte_may_be_a_whole_number_of_any_type():
    as_uint8 = figures.write("def area(", 0, [0.5] * 3, lambda *given: np.uint8(draw_byte(*given)))
    assert as_uint8 == figures.write("def area(", 0, [0.5] * 3)


def test_brackets_are_asked_at_the_last_byte_of_an_item():
    shares = figures.brackets("numbers", rows=2)
    assert all(0 <= share <= 1 for values in shares.values() for share in values)
    assert min(shares["["]) > 0.9 > max(shares["{"][3:])
    logits = stored(figures.PLAIN)(encoded("result = [1, 2, 3")[None])[0, -1]
    assert max(")]}", key=lambda sign: float(logits[ord(sign)])) == "]"


def test_learning_ends_where_the_facts_end():
    shown = figures.Learning()
    shown.update(step=5000)
    assert math.isclose(shown.plain, facts(figures.PLAIN)["curve"][-1][1] / math.log(2), rel_tol=1e-6)


def test_the_window_of_reading_does_not_change_the_bits():
    ids = encoded(CODE[:200])
    whole = F.cross_entropy(stored(figures.PLAIN)(ids[None])[0, :-1], ids[1:]).item() / math.log(2)
    assert all(math.isclose(window_bits(stored(figures.PLAIN), ids, n), whole, rel_tol=1e-4) for n in (1, 64, 300))


def test_counts_that_back_off_are_probabilities():
    for context in (b"", b"ab", b"nowhere"):
        p = ngram(b"abababc", context)
        assert (p > 0).all() and math.isclose(float(p.sum()), 1, rel_tol=1e-5)


def test_the_state_is_as_small_after_much_text():
    shown = figures.Speed(repeats=1)
    assert len(set(shown.sizes)) == 1
    assert torch.tensor(shown.rates).min() > 0


def test_the_file_of_the_model_is_as_large_as_the_notebook_says():
    size = (Path(training.__file__).parent / "stored" / f"{figures.PLAIN}.safetensors").stat().st_size
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    assert f"the file of the model has {size / 1e6:.1f} MB" in notebook.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", SNIPPETS)
def test_no_byte_of_the_texts_costs_more_than_the_axis_holds(text):
    shown = figures.NextByte()
    shown.update(text=text, at=1)
    assert shown.bits.max() < shown.MOST_BITS


def test_the_axis_holds_the_dearest_byte_of_your_own_text():
    shown = figures.NextByte("x = '中文'\n")
    shown.update(at=7)
    assert shown.bits.max() > shown.MOST_BITS
    assert [bar.get_height() for bar in shown.bars][1:] == pytest.approx(shown.bits)
    assert shown.top.get_ylim()[1] > shown.place.get_ydata()[0] > shown.here


@pytest.mark.parametrize("text", SNIPPETS)
def test_no_byte_is_impossible_and_none_is_certain(text):
    shown = figures.NextByte()
    for at in range(1, LENGTH):
        words = [shown.update(text=text, at=at), shown.ax.get_title(loc="left"), *(s.get_text() for s in shown.shares)]
        assert not any(re.search(r"(?<![\d.])(0|0\.0|100) %", each) for each in words), words


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_page_holds_all_that_was_written_or_says_how_much_it_leaves_out(prompt):
    shown = figures.Temperature()
    for temperature in (1.25, 1.5, 2.0):
        shown.update(temperature=temperature, prompt=prompt)
        page = "".join(line.get_text() for line in shown.words).replace("\\$", "$")
        assert page.split() and page.split()[-1].endswith(shown.text.split()[-1][-3:])
        assert shown.left_out == 0 and "left out" not in shown.page.get_title(loc="left")
    shown = figures.Temperature(draw=lambda *_: 10)  # new lines only
    shown.update(prompt=prompt)
    assert f"{shown.left_out} lines left out" in shown.page.get_title(loc="left")
