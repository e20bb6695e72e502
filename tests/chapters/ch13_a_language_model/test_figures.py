"""The figures of notebook 13 show what the stored models and the stored facts say."""

import gzip
import inspect
import json
import lzma
import math
import re
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from lite_mamba import block
from lite_mamba.course import tasks, training
from lite_mamba.course.chapters.ch13_a_language_model import figures
from lite_mamba.course.chapters.ch13_a_language_model.exercises import draw_byte, ngram, window_bits
from lite_mamba.course.chapters.ch13_a_language_model.exercises.recap import RECAP
from lite_mamba.course.chapters.ch13_a_language_model.texts import CODE, LENGTH, PROMPTS, SNIPPETS, encoded, named
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
    assert f"The first {LENGTH} bytes cost {shown.bits.mean():.2f} bits a byte" in shown.update(at=9)
    assert figures.StepSizes("for x in y:").n == 11
    for text, start in {"x" * LENGTH: "The text costs", "é" * 29: "The first 56 bytes cost"}.items():
        shown = figures.StepSizes(text)
        shown.update()
        assert shown.top.get_title(loc="left").startswith(start)
        assert ("The whole text costs" in figures.NextByte(text).update()) == (start == "The text costs")
    with pytest.raises(ValueError, match="give at least 3"):
        figures.NextByte("ab")


@pytest.mark.parametrize("at", [1, 20, 21, LENGTH - 1])
def test_a_quotation_says_whether_the_text_begins_earlier(at):
    quotation = re.search("After “(.*)” the model", figures.NextByte().update(at=at))[1]
    read = SNIPPETS["a function"][:at].replace("\n", "↵").replace(" ", "␣")
    assert quotation == (read if at <= 20 else f"…{read[-20:]}")


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
    shares = figures.brackets("small numbers", rows=2)
    assert all(0 <= share <= 1 for values in shares.values() for share in values)
    assert min(shares["["]) > 0.9 > max(shares["{"][3:])
    logits = stored(figures.PLAIN)(encoded("result = [1, 2, 3")[None])[0, -1]
    assert max(")]}", key=lambda sign: float(logits[ord(sign)])) == "]"


@pytest.mark.parametrize("filler", figures.FILLERS)
def test_far_from_its_opening_a_bracket_is_closed_by_what_stands_between(filler):
    last = sorted(values[-1] for values in figures.brackets(filler).values())
    assert last[-1] > 0.99 and last[1] < 0.1  # one closing bracket for all three openings, so one of three is right


@pytest.mark.parametrize("filler", figures.FILLERS)
def test_a_trace_of_the_opening_is_left_where_what_stands_between_decides(filler):
    listed = ", ".join(figures.FILLERS[filler][:12] * 6)[: figures.DISTANCES[-1]]  # the same behind each opening

    def odds(opening: str, sign: str) -> np.ndarray:
        """How much likelier the sign is than a round one, at the end of each item far from the opening; in nats."""
        text = figures.OPENINGS[opening] + listed
        logits = stored(figures.PLAIN)(encoded(text)[None])[0]  # (L, 256)
        ends = [i - 1 for i, byte in enumerate(text) if byte == "," and i - len(figures.OPENINGS[opening]) > 64]
        return (logits[ends, ord(sign)] - logits[ends, ord(")")]).numpy()

    for opening, sign in zip("[{", "]}", strict=True):
        assert (odds(opening, sign) - odds("(", sign)).mean() > 0.5


def test_the_notebook_tells_which_numbers_stand_between():
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    for filler in ("small numbers", "large numbers"):
        items = figures.FILLERS[filler]
        assert f"{filler} ({items[0]} to {items[-1]})" in notebook.read_text(encoding="utf-8")


def test_the_notebook_tells_what_a_mark_of_the_brackets_is_the_share_of():
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    told, shown = notebook.read_text(encoding="utf-8"), figures.Brackets()
    assert "17 to 32 bytes later" in (shown.update(distance=32), *shown.titles())[1]
    assert "17 to 32 bytes after the opening, the mark at 32 bytes is the share closed rightly" in told
    assert "17 to 32 bytes after the opening, the right" in shown.update(distance=32)
    assert "1 to 8 bytes later" in (shown.update(distance=8), *shown.titles())[1] and "takes all up to 8." in told
    assert inspect.signature(figures.brackets).parameters["rows"].default == 8
    assert "Each bracket opens eight lists of each kind." in told


def test_the_training_starts_at_a_step_whose_bits_are_no_held_out_number():
    shown = figures.Learning()
    shown.update()
    title = shown.ax.get_title(loc="left")
    assert not any(f"{bits:.3f}" in title for bits in shown.held_out.values())


def test_a_step_of_the_training_is_told_as_the_mean_over_the_steps_up_to_it():
    shown = figures.Learning()
    assert (shown.steps == np.arange(25, 5001, 25)).all()
    for step in (25, 500, 5000):
        assert f"In steps {step - 24} to {step}, a training byte costs" in shown.update(step=step)


def test_learning_ends_where_the_facts_end():
    shown = figures.Learning()
    shown.update(step=5000)
    assert math.isclose(shown.plain, facts(figures.PLAIN)["curve"][-1][1] / math.log(2), rel_tol=1e-6)


def test_most_lines_of_the_small_program_stand_nowhere_in_the_library():
    library = set(b"".join(tasks.library_split()).decode("latin-1").splitlines())
    lines = [line for line in CODE.splitlines() if line.strip()]
    assert sum(line in library for line in lines) < len(lines) / 3


def test_the_model_gives_good_probabilities_inside_of_lines_that_the_library_does_not_have():
    library = set(b"".join(tasks.library_split()).decode("latin-1").splitlines(keepends=True))
    lines = CODE.splitlines(keepends=True)
    new = torch.tensor([line not in library for line in lines for _ in line])[1:]  # (L − 1,), all but the first byte
    bits = figures.per_byte(stored(figures.PLAIN)(encoded(CODE)[None])[0], encoded(CODE))  # (L − 1,)
    by_counts = training.library_baselines()["bits_per_byte"]["order 5"]
    assert new.float().mean() > 0.8 and bits[new].mean() < by_counts - 0.4


def test_the_copyright_that_is_recited_stands_in_several_files_of_the_library():
    recited = figures.write("# Copyright", 0, [0.5] * 64).splitlines()[:2]
    notice = f"# Copyright{recited[0]}\n{recited[1]}\n"
    assert "Author" in notice and b"".join(tasks.library_split()).count(notice.encode()) >= 3


def test_the_bug_report_is_true_of_the_code_as_it_was_found():
    def found(window: int) -> float:
        parts = [part for part in encoded(CODE).split(window) if len(part) > 1]
        costs = [figures.per_byte(stored(figures.PLAIN)(part[None])[0], part) for part in parts]
        return float(torch.cat(costs).mean())

    whole = found(len(CODE))
    assert found(16) > found(1024) + 0.5 > whole + 0.5
    assert math.isclose(whole, bits_per_byte(stored(figures.PLAIN), encoded(CODE), rows=1), rel_tol=1e-4)


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
    assert [stream.seqlen_offset - 1 for stream in shown.streams] == list(shown.POSITIONS)  # one step was measured


def test_what_slows_the_machine_for_a_while_slows_no_position_alone(monkeypatch):
    seconds = iter([9.0] * 4 + [1.0, 1.0, 1.0, 1.0] + [9.0] * 4)  # a busy machine, a quiet moment, a busy one
    monkeypatch.setattr(figures.Speed, "_seconds", lambda self, stream: next(seconds))
    assert figures.Speed(repeats=3).rates == [1, 1, 1, 1]


def test_the_stored_model_has_as_many_numbers_of_16_bits_as_the_notebook_says():
    file = Path(training.__file__).parent / "stored" / f"{figures.PLAIN}.safetensors"  # it also holds answers to test
    numbers = [tensor for tensor in load_file(file).values() if tensor.dtype == torch.float16]
    assert sum(tensor.numel() for tensor in numbers) == facts(figures.PLAIN)["parameters"]
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    size = sum(tensor.nbytes for tensor in numbers) / 1e6
    assert f"the model has {size:.1f} MB, at 16 bits a number" in notebook.read_text(encoding="utf-8")


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
        end = re.sub("[^ -~]", "·", shown.text.split()[-1][-3:])  # in the signs of the picture
        assert page.split() and page.split()[-1].endswith(end)
        assert shown.left_out == 0 and "left out" not in shown.page.get_title(loc="left")
    shown = figures.Temperature(draw=lambda *_: 10)  # new lines only
    shown.update(prompt=prompt)
    assert f"{shown.left_out} lines left out" in shown.page.get_title(loc="left")


WRONG_MEANS = {
    "no shift": lambda logits, ids: float(F.cross_entropy(logits, ids)) / math.log(2),
    "nats": lambda logits, ids: float(F.cross_entropy(logits[:-1], ids[1:])),
    "sum": lambda logits, ids: float(F.cross_entropy(logits[:-1], ids[1:], reduction="sum")) / math.log(2),
    "sign": lambda logits, ids: -float(F.cross_entropy(logits[:-1], ids[1:])) / math.log(2),
    "huge": lambda logits, ids: 1e9,
}


@pytest.mark.parametrize("cost", WRONG_MEANS.values(), ids=WRONG_MEANS.keys())
def test_the_mean_told_is_that_of_the_bars_whatever_the_function_gives(cost):
    shown = figures.NextByte(cost=cost)
    for at in (1, 12, LENGTH - 1):
        sentence, title = shown.update(at=at), shown.top.get_title(loc="left")
        for words in (sentence, title):
            assert f"{shown.bits.mean():.2f} bits a byte; bits_per_byte gives " in words
        assert all(title.get_window_extent().x1 <= shown.size()[0] for title in shown._titles.values())


def test_a_mean_that_is_right_is_told_once():
    shown = figures.NextByte(cost=lambda logits, ids: F.cross_entropy(logits[:-1], ids[1:]) / math.log(2))
    assert "bits_per_byte" not in shown.update() + shown.top.get_title(loc="left")
    shown.owner = lambda _: "yours"
    assert shown.update().endswith("bits a byte. The mean cost is yours.")


def test_functions_that_write_into_what_they_get_change_no_picture():
    def mean(logits, ids):
        value = float(F.cross_entropy(logits[:-1], ids[1:])) / math.log(2)
        logits.zero_(), ids.zero_()
        return value

    def draw(logits, temperature, u):
        byte = draw_byte(logits, temperature, u)
        logits.zero_()
        return byte

    shown, plain = figures.NextByte(cost=mean), figures.NextByte()
    for at in (9, 10, 9):
        assert shown.update(at=at) == plain.update(at=at)
        assert (shown.pixels() == plain.pixels()).all()
    assert "wrong" not in figures.Temperature(draw=draw).update()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "returned None, expected a number"),
        (math.nan, "returned nan, expected a number"),
        ("1.9", "returned '1.9', expected a number"),
        (torch.ones(3), r"returned \(3,\), expected a number"),
    ],
)
def test_what_is_no_number_is_told_in_words(result, said):
    with pytest.raises(ValueError, match=f"bits_per_byte {said}"):
        figures.NextByte(cost=lambda *_: result).update()
    with pytest.raises(ValueError, match=f"draw_byte {said}"):
        figures.Temperature(draw=lambda *_: result).update()


@pytest.mark.parametrize("byte", [256, -1, 97.5])
def test_what_is_no_byte_is_told_in_words(byte):
    with pytest.raises(ValueError, match="expected a byte: a whole number from 0 to 255"):
        figures.Temperature(draw=lambda *_: byte).update()


@pytest.mark.parametrize("temperature", [0.0, 0.25, 1.0, 2.0])
def test_bytes_that_u_does_not_fall_on_are_counted(temperature):
    def sent(draw):
        shown = figures.Temperature(draw=draw)
        sentence = shown.update(temperature=temperature)
        assert (f"blue, {shown.wrong} wrong" in shown.page.get_title(loc="left")) == (shown.wrong > 0)
        assert (f"drawn, {shown.wrong} {'is' if shown.wrong == 1 else 'are'} not" in sentence) == (shown.wrong > 0)
        assert all(title.get_window_extent().x1 <= shown.size()[0] for title in shown._titles.values())
        return shown.wrong

    by_double = sent(lambda logits, *rest: draw_byte(logits.double(), *rest))  # right, rounded in another way
    assert sent(draw_byte) == by_double == 0
    assert sent(lambda logits, *_: int(logits.argmin())) == sent(lambda *_: 0) == 96
    assert sent(lambda *_: 10) > 80  # the title is longest: new lines that are left out
    greedy = sent(lambda logits, *_: int(logits.argmax()))
    assert (greedy > 0) == (temperature > 0)


def test_a_distance_that_is_not_zero_never_reads_as_zero():
    shown = figures.Learning()
    for step in range(25, 5001, 25):
        shown.update(step=step)
        said, told = shown.below.get_title(loc="left"), shown.ax.get_title(loc="left")
        assert float(said.split()[1]) > 0 and said.endswith("behind" if shown.behind > 0 else "ahead")
        assert shown._titles[shown.below].get_window_extent().x1 <= shown.size()[0]
        plain, dilated = map(float, re.findall(r"\d\.\d{3}", told))
        assert abs(dilated - plain - shown.behind) < 0.0011
        if dilated != plain:  # two titles of one picture: the second is the difference of the numbers in the first
            assert math.isclose(float(said.split()[1]), abs(dilated - plain), abs_tol=1e-6)


def test_two_bytes_without_a_sign_have_two_names():
    shown = figures.NextByte("x = '中文'\n")
    sentence = shown.update(at=9)
    byte = int(shown.ids[9])
    assert shown.best != byte and byte > 127
    assert f"expects “\\x{shown.best:02x}” with" in sentence and f"There comes “\\x{byte:02x}”," in sentence
    assert len({name.get_text() for name in shown.names}) == shown.MOST


def test_a_state_keeps_less_where_the_gate_is_wide():
    shown = figures.StepSizes()
    shown.update(text="a function", layer=5)
    kept = shown.kept(5)
    assert kept.shape == (LENGTH,) and kept[shown.widest] == kept.min() < 0.9 * kept.mean()
    block = stored(figures.PLAIN).layers[4].mixer
    A = -block.A_log.detach().exp()  # (D, N)
    delta = step_sizes(stored(figures.PLAIN), encoded(SNIPPETS["a function"])[None])[4, 0, 7].detach()  # (D,)
    assert math.isclose(kept[7], float((delta[:, None] * A).exp().mean()), rel_tol=1e-5)


@pytest.mark.parametrize("at", [3, 4])
def test_a_sentence_quotes_bytes_in_the_signs_of_the_picture(at):
    shown = figures.NextByte("naïve\tx")  # ï has two bytes
    assert f"After “{'na··'[:at]}”" in shown.update(at=at)
    assert "".join(sign.get_text() for sign in shown.signs) == "na··ve·x"
    shown = figures.StepSizes("naïve\tx")
    for layer in range(1, 7):
        sentence = shown.update(layer=layer)
        assert f"“{'na··ve·x'[: shown.widest + 1]}”" in sentence


def test_the_page_shows_no_sign_for_a_byte_without_one():
    shown = figures.Temperature()
    shown.update(temperature=2, prompt="a method")
    page = "".join(line.get_text() for line in (*shown.given, *shown.words))
    assert not shown.text.isascii() and "·" in page and page.replace("·", "").isascii()


def test_the_signs_of_bytes_are_told_before_the_first_picture():
    shown = figures.NextByte()
    shown.update(text="an error", at=42)
    assert "\\x85" in [name.get_text() for name in shown.names]
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    before = notebook.read_text(encoding="utf-8").split("figures.NextByte()")[0]
    assert json.dumps(f"`{named(9)}`")[1:-1] in before


def test_a_byte_has_a_whole_number_in_a_text_of_any_length():
    for text in ("abc", "abcde", "x" * LENGTH):
        shown = figures.StepSizes(text)
        shown.update()
        shown.pixels()
        assert all(float(tick).is_integer() for tick in shown.ax.get_xticks())


def test_of_two_orders_that_read_alike_the_sentence_says_that_one_is_best_by_a_hair():
    shown = figures.Orders()
    for counted in shown.COUNTED:
        best = min(shown.bits[counted])
        for order, bits in enumerate(shown.bits[counted]):
            same = bits > best and f"{bits:.2f}" == f"{best:.2f}"
            assert ("by less than 0.01" in shown.update(order, counted)) >= same


def test_the_two_held_out_numbers_have_the_colours_of_their_models():
    shown = figures.Learning()
    colours = [line.get_color() for line in shown.ax.lines[:1] + shown.ax.lines[2:3]]
    labels = [text for text in shown.ax.texts if text.get_text().startswith("held out")]
    assert [text.get_color() for text in labels] == colours
    assert [text.get_text() for text in labels] == [f"held out {bits:.2f}" for bits in shown.held_out.values()]


@pytest.mark.parametrize("text", SNIPPETS)
def test_a_byte_that_is_a_comma_or_a_full_stop_is_not_read_as_one(text):
    shown = figures.NextByte()
    for at in range(1, LENGTH):
        words = [shown.update(text=text, at=at), shown.ax.get_title(loc="left")]
        assert all(f"“{named(int(shown.ids[at]))}”" in each for each in words)
        assert f"expects “{named(shown.best)}” with" in words[0]
    shown = figures.StepSizes()
    for layer in range(1, 7):
        words = [shown.update(text=text, layer=layer), shown.ax.get_title(loc="left")]
        assert all(f"“{named(int(shown.ids[shown.widest]))}”" in each for each in words)


def test_the_compressors_packed_all_held_out_files_as_one():
    folder = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in folder.rglob("*.py") if tasks.NOT_THE_LIBRARY.isdisjoint(path.parts[len(folder.parts) :])]
    unread = tasks.held_out([path.relative_to(folder).as_posix() for path in paths], 10)
    files = [path.read_bytes() for path, out in zip(paths, unread, strict=True) if out]
    whole = b"".join(files)
    assert len(whole) == len(tasks.library_split()[1])
    for name, pack in {"gzip": gzip.compress, "xz": lzma.compress}.items():
        stored_bits = training.library_baselines()["bits_per_byte"][name]
        as_one, one_by_one = len(pack(whole)), sum(len(pack(file)) for file in files)
        assert 8 * as_one / len(whole) < stored_bits + 0.1 < 8 * one_by_one / len(whole)
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    assert "They pack these files as one" in notebook.read_text(encoding="utf-8")


def card_and_code() -> tuple[dict[str, str], str]:
    """The shapes of the notebook's symbol card by the names in code, and all its code."""
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(notebook.read_text("utf-8"))["cells"]]
    card = next(text for kind, text in cells if kind == "markdown" and text.startswith("## Symbols"))
    shapes = dict(re.findall(r"`(\w+)` \| ([^|]*) \|", card))
    return shapes, "\n".join(text for kind, text in cells if kind == "code")


def test_the_symbol_card_has_each_shape_in_which_the_code_holds_a_symbol():
    shapes, code = card_and_code()
    told = re.findall(r"^ *(\w+)(?:: | = .*# )(\([^()]*\))", code.replace("(window,", "(L,"), re.M)
    told = [(name, shape) for name, shape in told if name in shapes]
    assert {("logits", "(L, 256)"), ("logits", "(256,)"), ("ids", "(L,)"), ("p", "(256,)")} <= set(told)
    assert [(name, shape) for name, shape in told if shape not in shapes[name]] == []


def test_the_symbol_card_gives_counts_of_each_byte_and_of_all():
    shapes, code = card_and_code()
    assert "counts = context[len(context) - size :], torch.zeros(256)" in code and "counts.sum()" in code
    assert shapes["counts"] == "(256,), or a number"


def test_the_symbol_card_has_the_shape_in_which_a_layer_scans_delta(monkeypatch):
    scan, seen = block.selective_scan_fn, []

    def told(u, delta, *others, **more):
        seen.append(tuple(delta.shape))
        return scan(u, delta, *others, **more)

    monkeypatch.setattr(block, "selective_scan_fn", told)
    stored(figures.PLAIN)(encoded(CODE)[None, :7])
    assert set(seen) == {(1, 352, 7)} and card_and_code()[0]["delta"] == "(B, D, L)"


def test_behind_is_no_place_in_a_text():
    """Of two models one is behind; a byte comes after another."""
    notebook = Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb"
    sources = "\n".join("".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"])
    assert re.findall(r"(\w+) behind\b", sources) == ["bits"]


def test_the_symbol_card_names_the_size_of_a_context_as_the_code_does():
    _, code = card_and_code()
    notebook = (Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb").read_text(encoding="utf-8")
    assert "for size in range(len(context) + 1)" in code and "$k$ | `i`, `size` |" in notebook


def test_what_closes_a_bracket_rightly_is_told_before_its_share():
    notebook = (Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb").read_text(encoding="utf-8")
    told = "the likeliest of `)`, `]` and `}` would close the bracket, rightly or not"
    assert 0 < notebook.find(told) < notebook.find("the share closed rightly")


@pytest.mark.parametrize("closing", ")]}")
def test_a_list_is_closed_by_the_likeliest_of_the_three_brackets_whatever_else_is_likelier(closing, monkeypatch):
    def model(ids):
        assert not {*b")]}"} & {*ids[0].tolist()}  # the list goes on: nothing is closed on the way
        logits = torch.zeros(*ids.shape, 256)
        logits[..., ord(closing)], logits[..., ord(",")] = 1, 2
        return logits

    monkeypatch.setattr(figures, "stored", lambda name: model)
    for opening, shares in figures.brackets("names", f"says {closing}", rows=1).items():
        assert set(shares) == {float("()[]{}".index(closing) == "()[]{}".index(opening) + 1)}


def test_from_64_bytes_on_names_are_closed_by_a_round_bracket_whatever_opened(monkeypatch):
    """The answer has two things to say: the other two are at 0 %, and it is `)` that comes in their place."""
    notebook = (Path(__file__).parents[3] / "notebooks" / "13_a_language_model.ipynb").read_text(encoding="utf-8")
    (start,) = set(re.findall(r"From (\d+) bytes on it is no proof: [^.]*, the model says \) to everything", notebook))
    for opening, closings in (("[", "])}"), ("{", "]})")):
        monkeypatch.setattr(figures, "CLOSINGS", closings)  # counted as right is `)`
        shares = figures.brackets.__wrapped__("names")[opening]
        assert set(shares[figures.DISTANCES.index(int(start)) :]) == {1.0}


def test_a_window_of_a_text_is_what_the_glossary_calls_so():
    glossary = (Path(__file__).parents[3] / "notebooks" / "glossary.ipynb").read_text(encoding="utf-8")
    meaning = re.search(r"\*\*window\*\*[^\n]*", glossary)[0]
    assert "window: how many bytes are read in one call." in card_and_code()[1]
    assert "of a long text, what one call reads" in meaning


def test_the_first_question_of_the_recap_gives_the_probability_to_the_byte():
    (share,) = re.findall(r"the probability 1/(\d+) to the byte that came", RECAP[0].text)
    assert RECAP[0].answer == f"{math.log2(int(share)):g} bits"
