"""What learners hand in is written, read and counted; damaged and foreign files are named and skipped."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lite_mamba import course
from lite_mamba.course.classroom import __main__ as classroom
from lite_mamba.course.classroom import counts, pictures
from lite_mamba.course.kit.working_copy import originals
from lite_mamba.course.page import record, state
from lite_mamba.course.page.predict import predict
from lite_mamba.course.page.recap import Asked

EMPTY = {"format": record.FORMAT, "version": 1, "name": "", "checks": {}, "guesses": {}, "recaps": {}}
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)

pytestmark = pytest.mark.usefixtures("fake_chapter")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def handed_in(folder, file, **parts):
    path = folder / f"{file}.json"
    path.write_text(json.dumps({**EMPTY, **parts}), "utf-8")
    return path


def work(chapter):
    """A learner's evening: a known mistake, then right; something wrong; a guess that is changed; a recap."""
    course.check("91.shifted", chapter.rolled)
    course.check("91.shifted", chapter.ahead)
    course.check("91.shifted", chapter.rolled)
    course.check("91.shifted", lambda x, lag: chapter.shifted(x, lag))
    course.check("91.statistics", lambda x: 1)
    guess = predict("91.count", "How many?", low=0, high=9)
    guess.commit(4)
    guess.commit(7)
    predict("91.which", "Which?", choices=["a", "b"]).commit("b")
    for number, question in enumerate(chapter.RECAP, 1):
        Asked("91", number, question).radio.value = "yes"


def test_what_a_learner_did_is_handed_in_and_read(fake_chapter, tmp_path, capsys):  # noqa: F811
    work(fake_chapter)
    course.progress(save_as=tmp_path / "ada.json", name="Ada")
    said = capsys.readouterr().out
    assert "2 exercises, 2 predictions, 1 recap tried." in said and "The name in it is “Ada”" in said
    assert record.read(tmp_path / "ada.json") == record.Record(
        name="Ada",
        checks={
            "91.shifted": ("right", ("a circular delay", "a look ahead")),
            "91.statistics": ("misconception", ("a result of the wrong type",)),
        },
        guesses={"91.count": 4, "91.which": "b"},
        recaps={"91": (3, 5)},
    )


def test_the_code_that_a_bug_hunt_gives_is_neither_an_attempt_nor_a_mistake_met(fake_chapter, capsys):  # noqa: F811
    course.check("91.statistics", lambda x: (x.mean(),))
    assert "this is “a missing length”" in capsys.readouterr().out
    course.progress()
    assert "A tuple: not attempted yet" in capsys.readouterr().out and not record.collected()["checks"]
    course.check("91.statistics", lambda x: (x.sum(), x.shape[0]))
    course.check("91.statistics", lambda x: (x.mean(),))
    assert record.collected()["checks"]["91.statistics"] == {"verdict": "misconception", "met": ["a sum"]}


def test_nothing_goes_in_but_results_and_what_was_typed(fake_chapter, tmp_path):  # noqa: F811
    work(fake_chapter)
    course.progress(save_as=tmp_path / "x.json")
    found = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert set(found) == set(EMPTY) and found["name"] == ""
    assert set(found["checks"]["91.shifted"]) == {"verdict", "met"} and set(found["recaps"]["91"]) == {"right", "of"}
    assert "def " not in json.dumps(found) and "lambda" not in json.dumps(found)


def test_a_newcomer_hands_in_an_empty_record(tmp_path, capsys):
    course.progress(save_as=str(tmp_path / "x.json"))
    assert "There is no name in it" in capsys.readouterr().out
    assert json.loads((tmp_path / "x.json").read_text("utf-8")) == EMPTY


def test_a_place_that_can_not_be_written_is_said_in_words(tmp_path, capsys):
    course.progress(save_as=tmp_path / "nowhere" / "x.json")
    assert "can't be written" in (said := capsys.readouterr().out) and "Give save_as= another place." in said


@pytest.mark.parametrize(
    "damage",
    [{"verdict": "never heard of"}, {"verdict": "right", "met": 3}, {"verdict": []}, {}],
)
def test_a_damaged_state_hands_in_the_rest(damage, tmp_path):
    state.write("check", "91.shifted", damage)
    state.write("check", "91.statistics", {"verdict": "wrong"})
    state.write("guess", "91.count", {"guess": [1]})
    state.write("recap", "77", {"answers": {"?": "!"}})
    course.progress(save_as=tmp_path / "x.json")
    found = record.read(tmp_path / "x.json")
    assert found.checks == {"91.statistics": ("wrong", ())} and not found.guesses and not found.recaps


FOREIGN = {
    "not JSON": (b"{", "damaged: not JSON"),
    "not UTF-8": (b"\xff\xfe", "damaged: not JSON"),
    "nested without end": (b"[" * 100_000, "damaged: not JSON"),
    "a list": (b"[]", "something else"),
    "another program's": (b'{"format": "x"}', "something else"),
    "a newer version": (
        json.dumps({**EMPTY, "version": 2}).encode(),
        "its version is 2; this lite-mamba reads up to 1",
    ),
    "no version": (json.dumps({**EMPTY, "version": None}).encode(), "its version is None"),
    "a part missing": (json.dumps({**EMPTY, "checks": []}).encode(), "damaged: checks"),
    "a strange verdict": (json.dumps({**EMPTY, "checks": {"91.a": {"verdict": "x", "met": []}}}).encode(), "of 91.a"),
    "a strange guess": (json.dumps({**EMPTY, "guesses": {"91.a": True}}).encode(), "guess of 91.a"),
    "a number without end": (json.dumps({**EMPTY, "guesses": {"91.a": 10**400}}).encode(), "guess of 91.a"),
    "more questions than a recap has": (
        json.dumps({**EMPTY, "recaps": {"91": {"right": 10**400, "of": 10**400}}}).encode(),
        "recap of 91",
    ),
    "not a number": (json.dumps({**EMPTY, "guesses": {"91.a": float("nan")}}).encode(), "guess of 91.a"),
    "more than all": (json.dumps({**EMPTY, "recaps": {"91": {"right": 6, "of": 5}}}).encode(), "recap of 91"),
    "no name": (json.dumps({**EMPTY, "name": 3}).encode(), "damaged: name"),
    "too large": (b" " * 1_000_001, "too large"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_record_is_named_and_skipped(kind, folder):
    handed_in(folder, "good")
    (folder / "strange.json").write_bytes(FOREIGN[kind][0])
    found, skipped = counts.records(folder)
    assert len(found) == 1 and len(skipped) == 1
    assert skipped[0].startswith("strange.json is skipped: ") and FOREIGN[kind][1] in skipped[0]


def test_files_are_found_under_any_name_and_in_a_folder_for_each_learner(folder):
    for name in ("progress", "PROGRESS.JSON", "progress.json.txt", "Ada_1234/progress.json", ".hidden", "_notes/x"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(EMPTY), "utf-8")
    (folder / "Ada_1234" / "essay.pdf").write_bytes(b"%PDF")
    found, said = counts.records(folder)
    assert len(found) == 4 and said == ["Ada_1234/essay.pdf is skipped: it is damaged: not JSON."]


def test_what_an_earlier_count_has_written_is_no_file_of_a_learner(folder, capsys):
    handed_in(folder, "x", checks={"91.shifted": {"verdict": "right", "met": []}})
    for _ in range(2):
        classroom.main([str(folder)])
    assert "skipped" not in capsys.readouterr().out and (folder / "class" / "class.csv").exists()


def test_a_file_that_was_handed_in_twice_counts_once_and_two_of_one_name_are_told(folder):
    checks = {"91.shifted": {"verdict": "right", "met": []}}
    for name in ("a", "a (1)"):
        handed_in(folder, name, name="Ada", checks=checks)
    for name in ("nobody", "nobody (1)"):
        handed_in(folder, name, checks=checks)
    found, said = counts.records(folder)
    assert len(found) == 3 and said == ["a.json is skipped: it holds the same as a (1).json."]
    handed_in(folder, "later", name="Ada")
    found, said = counts.records(folder)
    assert len(found) == 4 and said[1].startswith(
        "a (1).json and later.json carry one name, and all of them are counted"
    )
    assert not any("Ada" in words for words in said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@SAME_FOLDER
@given(part=st.sampled_from(sorted(EMPTY)), value=JSON)
def test_any_value_in_any_place_is_read_or_named(part, value, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**EMPTY, part: value}), "utf-8")
    try:
        record.read(path)
    except record.NoRecord as reason:
        assert str(reason)


@SAME_FOLDER
@given(garbage=st.binary())
def test_any_bytes_are_read_or_named(garbage, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(garbage)
    with pytest.raises(record.NoRecord):
        record.read(path)


# The class


def three(folder):
    met = {"verdict": "right", "met": ["a circular delay", "a mistake that is no longer known"]}
    handed_in(folder, "a", checks={"91.shifted": met}, recaps={"91": {"right": 3, "of": 5}})
    tried = {"91.shifted": {"verdict": "misconception", "met": ["a circular delay", "a look ahead"]}}
    handed_in(folder, "b", checks={**tried, "90.gone": {"verdict": "right", "met": []}})
    handed_in(folder, "c", recaps={"91": {"right": 4, "of": 5}})
    return counts.records(folder)[0]


def test_exercises_and_mistakes_are_counted(folder):
    shifted, statistics = counts.counted(three(folder), "91")
    assert (shifted.right, shifted.tried, shifted.open) == (1, 1, 1)
    assert shifted.met == {"a circular delay": 2, "a look ahead": 1}
    assert shifted.words() == "“a circular delay” 2 · “a look ahead” 1" and shifted.words(1) == "“a circular delay” 2"
    assert (statistics.right, statistics.tried, statistics.open, statistics.met) == (0, 0, 3, {})


def test_the_recap_and_the_exercises_that_nobody_knows_are_told(folder):
    found = three(folder)
    assert counts.recap_words(found, "91") == "recap answered by 2, 3.5 of 5 right"
    assert counts.recap_words(found, "92") == "recap not answered yet"
    assert counts.touched(found) == ["91"] and counts.unknown(found) == ["90.gone"]


def test_the_command_prints_the_table_and_writes_table_and_pictures(folder, capsys):
    three(folder)
    (folder / "z.json").write_text("?")
    classroom.main([str(folder)])
    said = capsys.readouterr().out
    assert "3 learners" in said and "z.json is skipped" in said and "left out: 90.gone" in said
    assert "      1     1     1  A delay\n" in said and "“a circular delay” 2 · “a look ahead” 1" in said
    with (folder / "class" / "class.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["91.shifted", "A delay", "1", "1", "1", "“a circular delay” 2 · “a look ahead” 1"]
    with Image.open(folder / "class" / "chapter-91.png") as picture:
        assert picture.width == 1200 and picture.convert("RGB").getcolors(1 << 20)[1:]


def test_no_name_stands_in_what_can_be_shown_to_the_room(folder, capsys):
    handed_in(folder, "x", name="Ada Lovelace", checks={"91.shifted": {"verdict": "right", "met": []}})
    classroom.main([str(folder)])
    written = (folder / "class" / "class.csv").read_text("utf-8-sig")
    assert "Ada" not in capsys.readouterr().out + written


CHOICE = counts.Question("91.which", "Which?", ("a", "b", "c"))
NUMBER = counts.Question("91.count", "How many?", (), "steps", 0, 9)


def test_votes_keep_the_order_of_the_choices_and_count_none_as_none(folder):
    for i, guess in enumerate(["b", "b", "a", "no longer a choice", 3, 1e300, -1]):
        handed_in(folder, str(i), guesses={"91.which": guess, "91.count": guess})
    handed_in(folder, "silent")
    found, _ = counts.records(folder)
    assert list(counts.votes(found, CHOICE).items()) == [("a", 1), ("b", 2), ("c", 0)]
    assert counts.votes(found, NUMBER) == {3: 1}


def test_few_numbers_are_shown_as_they_are_and_many_in_ranges():
    assert pictures.ranges(Counter({25: 2, 9: 1})) == [("9", 1), ("25", 2)]
    many = pictures.ranges(Counter({number / 2: 1 for number in range(29)}))
    assert len(many) == pictures.MOST_BARS and sum(count for _, count in many) == 29
    assert many[0] == ("0 to 1", 2) and many[-1] == ("13 to 14", 3)
    whole = pictures.ranges(Counter({number: 1 for number in range(9_980, 10_009)}))
    assert len(whole) <= pictures.MOST_BARS and sum(count for _, count in whole) == 29
    assert whole[0] == ("9980 to 9982", 3) and whole[-1] == ("10 007 to 10 009", 2)
    assert pictures.ranges(Counter()) == []


@pytest.mark.parametrize("question", [CHOICE, NUMBER], ids=["choice", "number"])
def test_votes_are_drawn_without_the_answer(question, folder, capsys, monkeypatch):
    monkeypatch.setattr(counts, "questions", lambda notebooks: {question.id: question})
    handed_in(folder, "x", guesses={"91.which": "a", "91.count": 4})
    classroom.main([str(folder), "--votes", question.id])
    said = capsys.readouterr().out
    assert question.text in said and ("      0  c" in said or "      1  4" in said)
    with Image.open(folder / "class" / f"votes-{question.id}.png") as picture:
        assert picture.width == 1200


@pytest.mark.parametrize(
    "key", [lambda q: len(q.text), lambda q: max(map(len, q.choices), default=0)], ids=["text", "choice"]
)
def test_nothing_of_the_longest_questions_is_cut_off(key, tmp_path):
    for question in sorted(counts.questions(originals()).values(), key=key)[-4:]:
        votes = Counter(dict.fromkeys(question.choices, 1) or {question.low: 1})
        pictures.votes_picture(tmp_path / "votes.png", question, votes)
        with Image.open(tmp_path / "votes.png") as picture:
            grey = picture.convert("L")
            edges = [grey.crop((0, 0, 2, grey.height)), grey.crop((grey.width - 2, 0, grey.width, grey.height))]
        assert all(edge.getextrema() == (255, 255) for edge in edges), question.id


def test_the_votes_on_a_number_make_a_picture_that_is_wider_than_high(tmp_path):
    pictures.votes_picture(tmp_path / "votes.png", NUMBER, Counter({number / 4: 1 for number in range(29)}))
    with Image.open(tmp_path / "votes.png") as picture:
        assert picture.height <= 0.66 * picture.width


def test_a_recap_of_another_length_does_not_change_the_mean(folder):
    for name, right, of in (("x", 4, 5), ("y", 3, 5), ("z", 90, 90)):
        handed_in(folder, name, recaps={"91": {"right": right, "of": of}})
    assert counts.recap_words(counts.records(folder)[0], "91") == "recap answered by 3, 3.5 of 5 right"


def test_every_prediction_of_the_course_can_be_put_to_the_vote():
    asked = counts.questions(originals())
    assert len(asked) > 80 and all(question.text for question in asked.values())
    assert asked["02.span"].unit == "samples" and len(asked["02.gates"].choices) == 4


@pytest.mark.parametrize(
    ("prepare", "words", "said"),
    [
        (lambda folder: None, [], "There is nothing to count"),
        (lambda folder: folder.rmdir(), [], "There is no folder"),
        (lambda folder: handed_in(folder, "x"), ["--votes", "02.spam"], "no prediction '02.spam'. There are: 02.span"),
        (lambda folder: (handed_in(folder, "x"), (folder / "class").write_text("")), [], "can't be written"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_said_in_words(prepare, words, said, folder):
    prepare(folder)
    with pytest.raises(SystemExit, match=said):
        classroom.main([str(folder), *words])
