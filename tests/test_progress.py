"""The learner's state survives damage, read-only folders and two kernels; progress and recap read it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import platformdirs
import pytest
from fake_exercises import fake_chapter  # noqa: F401 (a fixture)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lite_mamba import course
from lite_mamba.course.chapters import Question
from lite_mamba.course.page import state
from lite_mamba.course.page.recap import Asked, verdict

RIGHT = {"verdict": "right"}
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@pytest.fixture(autouse=True)
def nothing_in_memory(monkeypatch):
    monkeypatch.setattr(state, "_memory", {})
    monkeypatch.setattr(state, "_warned", set())


def refuse(*arguments, **options):
    raise PermissionError(13, "Permission denied")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@SAME_FOLDER
@given(item=st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_written_is_read(item):
    assert state.write("check", "91.any", item)
    assert state.read("check", "91.any") == item


@SAME_FOLDER
@given(garbage=st.binary())
def test_any_bytes_in_a_file_leave_the_rest_alive(garbage, empty_home):
    state.write("check", "91.good", RIGHT)
    (empty_home / "check" / "91.bad.json").write_bytes(garbage)
    found = state.items("check")
    assert found["91.good"] == RIGHT
    assert state.write("check", "91.bad", RIGHT) and state.read("check", "91.bad") == RIGHT


DAMAGED = {
    "truncated": b'{"verdict": "ri',
    "empty": b"",
    "binary garbage": bytes(range(256)),
    "a list": b"[1, 2]",
    "a number": b"3",
    "not UTF-8": b'{"verdict": "\xff"}',
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_set_aside_and_named(damage, empty_home, capsys):
    state.write("check", "91.good", RIGHT)
    bad = empty_home / "check" / "91.bad.json"
    bad.write_bytes(DAMAGED[damage])
    assert state.items("check") == {"91.good": RIGHT}
    aside = empty_home / "check" / "91.bad.json.damaged-1"
    assert aside.read_bytes() == DAMAGED[damage] and not bad.exists()
    assert f"damaged and is set aside as {aside}" in capsys.readouterr().out
    state.items("check")
    assert capsys.readouterr().out == ""


def test_a_second_damaged_file_does_not_overwrite_the_first(empty_home):
    for text in ("one", "two"):
        state.write("check", "91.bad", RIGHT)
        (empty_home / "check" / "91.bad.json").write_text(text)
        assert state.read("check", "91.bad") is None
    kept = [path.read_text() for path in sorted((empty_home / "check").glob("*.damaged-*"))]
    assert kept == ["one", "two"]


def test_a_damaged_file_that_can_not_be_moved_is_named_too(empty_home, monkeypatch, capsys):
    state.write("check", "91.bad", RIGHT)
    (empty_home / "check" / "91.bad.json").write_text("{")
    monkeypatch.setattr(state.os, "replace", refuse)
    assert state.read("check", "91.bad") is None
    assert "is damaged and can't be read" in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["tempfile.mkstemp", "os.replace", "Path.mkdir"])
def test_a_folder_that_can_not_be_written_is_said_once_and_memory_goes_on(broken, monkeypatch, capsys):
    owner, name = broken.split(".")
    monkeypatch.setattr(getattr(state, owner), name, refuse)
    assert state.write("check", "91.a", RIGHT) is False
    assert not state.write("check", "91.b", {"verdict": "wrong"})
    said = capsys.readouterr().out
    assert said.count("can't be written") == 1 and "LITE_MAMBA_HOME" in said and "Permission denied" in said
    assert state.read("check", "91.a") == RIGHT
    assert set(state.items("check")) == {"91.a", "91.b"}


def test_a_failed_write_leaves_the_old_item_and_no_temporary_file(empty_home, monkeypatch):
    state.write("check", "91.a", RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(state.os, "replace", refuse)
        state.write("check", "91.a", {"verdict": "wrong"})
    assert [path.name for path in (empty_home / "check").iterdir()] == ["91.a.json"]
    assert json.loads((empty_home / "check" / "91.a.json").read_text()) == RIGHT


def test_a_file_in_the_place_of_the_folder_is_no_accident(empty_home, capsys):
    empty_home.write_text("I am a file")
    assert not state.write("check", "91.a", RIGHT)
    assert state.items("check") == {"91.a": RIGHT}
    assert "can't be written" in capsys.readouterr().out
    assert empty_home.read_text() == "I am a file"


def test_a_folder_in_the_place_of_an_item_is_no_accident(empty_home, capsys):
    (empty_home / "check" / "91.a.json").mkdir(parents=True)
    assert state.read("check", "91.a") is None
    assert not state.write("check", "91.a", RIGHT)
    assert state.read("check", "91.a") == RIGHT


def test_two_kernels_at_once_lose_nothing(empty_home):
    program = """
import sys
from lite_mamba.course.page import state
for i in range(60):
    assert state.write("check", f"91.{sys.argv[1]}{i}", {"verdict": "right"})
    assert state.write("check", "91.shared", {"verdict": "right", "by": sys.argv[1] * 2000})
    assert len(state.read("check", "91.shared")["by"]) == 2000
"""
    kernels = [subprocess.Popen([sys.executable, "-c", program, name]) for name in "ab"]
    assert [kernel.wait(120) for kernel in kernels] == [0, 0]
    assert len(state.items("check")) == 121
    assert {path.suffix for path in (empty_home / "check").iterdir()} == {".json"}


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a b", ".hidden", "ü"])
def test_an_id_that_is_no_file_name_is_refused(key):
    with pytest.raises(ValueError, match="letters, digits"):
        state.write("guess", key, {})


def test_the_default_folder_is_the_users_data_folder(monkeypatch):
    monkeypatch.delenv("LITE_MAMBA_HOME")
    assert state.home() == platformdirs.user_data_path("lite-mamba", appauthor=False)
    assert state.home().name == "lite-mamba" and Path.home() in state.home().parents


def test_the_folder_is_chosen_by_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("LITE_MAMBA_HOME", str(tmp_path / "mine"))
    assert state.home() == tmp_path / "mine"
    monkeypatch.delenv("LITE_MAMBA_HOME")
    assert state.home().name == "lite-mamba"


def test_write_access_is_tried_by_writing(empty_home, monkeypatch, tmp_path):
    monkeypatch.setenv("LITE_MAMBA_HOME", str(tmp_path / "one" / "two"))
    assert state.can_write() is None and state.can_write() is None
    monkeypatch.setattr(state.os, "replace", refuse)
    assert isinstance(state.can_write(), PermissionError)


def test_write_access_is_known(empty_home):
    assert state.can_write() is None
    assert list(empty_home.iterdir()) == []
    empty_home.rmdir()
    empty_home.write_text("")
    assert isinstance(state.can_write(), OSError)


# progress() and recap().

pytestmark = pytest.mark.usefixtures("fake_chapter")


def shown_progress(capsys) -> str:
    course.progress()
    return capsys.readouterr().out


def test_progress_of_a_newcomer(capsys):
    assert shown_progress(capsys) == (
        "Chapter 91: 0 of 2 checks pass, recap not answered yet\n"
        "  ○ A delay: not attempted yet\n"
        "  ○ A tuple: not attempted yet\n"
    )


def test_progress_counts_checks_and_recap(fake_chapter, capsys):  # noqa: F811
    course.check("91.shifted", lambda x, lag: fake_chapter.shifted(x, lag))
    course.check("91.statistics", lambda x: 1)
    asked = [Asked("91", i, question) for i, question in enumerate(fake_chapter.RECAP, 1)]
    for one in asked:
        one.radio.value = "yes"
    capsys.readouterr()
    answer = shown_progress(capsys)
    assert "Chapter 91: 1 of 2 checks pass, recap 3 of 5 right" in answer
    assert "✓ A delay: passes" in answer and "≈ A tuple: tried, not right yet" in answer


class Page(HTMLParser):
    """The rows of a table: each a list of its cells' texts, with the tag of each; and what is never closed."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append((tag, dict(attributes).get("scope"), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            tag, scope, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, scope, text + data)


def shown_html(monkeypatch) -> Page:
    bundles = []
    monkeypatch.setattr(importlib.import_module("lite_mamba.course.page.progress"), "show", bundles.append)
    course.progress()
    page = Page(bundles[0]["text/html"])
    assert page.open == []
    return page


def test_the_page_says_what_the_text_says(fake_chapter, monkeypatch):  # noqa: F811
    course.check("91.shifted", lambda x, lag: fake_chapter.shifted(x, lag))
    course.check("91.statistics", lambda x: 1)
    rows = shown_html(monkeypatch).rows
    assert rows[0] == [("th", "col", "Exercise"), ("th", "col", "State")]
    assert rows[1:] == [
        [("th", "row", "Chapter 91"), ("td", None, "1 of 2 checks pass, recap not answered yet")],
        [("th", "row", "A delay"), ("td", None, "✓ passes")],
        [("th", "row", "A tuple"), ("td", None, "≈ tried, not right yet")],
    ]


def test_a_title_is_text_and_never_markup(fake_chapter, monkeypatch):  # noqa: F811
    for exercise in fake_chapter.EXERCISES:
        object.__setattr__(exercise, "title", "A < B & <script>")
    rows = shown_html(monkeypatch).rows
    assert [row[0][2] for row in rows[2:]] == ["A < B & <script>"] * 2


def test_a_course_without_exercises_says_so_on_the_page(fake_chapter, monkeypatch):  # noqa: F811
    monkeypatch.setattr(importlib.import_module("lite_mamba.course.page.progress"), "chapters", list)
    assert shown_html(monkeypatch).rows[1] == [("th", "row", "No exercises yet.")]


@pytest.mark.parametrize("answers", [{"answers": 3}, {"answers": []}, {}, {"verdict": []}])
def test_progress_survives_items_of_another_form(answers, capsys):
    state.write("recap", "91", answers)
    state.write("check", "91.shifted", {"verdict": [1]})
    assert "0 of 2 checks pass, recap not answered yet" in shown_progress(capsys)
    Asked("91", 1, course_question()).radio.value = "b"
    assert "recap 0 of 5 right" in shown_progress(capsys)


def course_question():
    return Question("Which?", ["a", "b"], "b", "Because <b>.")


def test_a_recap_answer_gets_its_verdict_at_once():
    asked = Asked("91", 1, course_question())
    assert asked.radio.value is None and asked.verdict.value == ""
    asked.radio.value = "a"
    assert "✗ Not this one" in asked.verdict.value and "<details" in asked.verdict.value
    asked.radio.value = "b"
    assert "✓ Right." in asked.verdict.value and "<details" not in asked.verdict.value
    assert "Because &lt;b&gt;." in asked.verdict.value
    assert verdict(course_question(), "b")[0] == "good"


def test_a_recap_in_the_file_shows_questions_and_folds_answers(fake_chapter, capsys, monkeypatch):  # noqa: F811
    bundles = []
    monkeypatch.setattr(importlib.import_module("lite_mamba.course.page.recap"), "show", bundles.append)
    course.recap("91")
    (bundle,) = bundles
    assert bundle["text/plain"].startswith("1. Is 0 even?\n   ○ yes\n   ○ no\n2. Is 1 even?")
    assert bundle["text/html"].count("<details") == 5
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_chapter_without_recap_is_named():
    with pytest.raises(ValueError, match="no recap for chapter '77'; there are chapters 91"):
        course.recap("77")
