"""The HTML of cards, tables and folds."""

from lite_mamba.course.page import markup


def test_words_are_escaped_and_backticks_become_code():
    assert markup.text("a < b, `x[0] < 1`").startswith("a &lt; b, <code ")
    assert "x[0] &lt; 1</code>" in markup.text("`x[0] < 1`")


def test_a_word_in_stars_is_emphasised_and_a_product_is_not():
    assert markup.text("the *next* one, *as it was*.") == "the <em>next</em> one, <em>as it was</em>."
    for words in (
        "a // b * c is (a // b) * c",
        "f(*args, **kwargs)",
        "10 ** 2 and 3*4*5",
        "(*=, +=, or *)",
        "h = … * h + ….",
    ):
        assert markup.text(words) == words
    assert "a *b* c</code>" in markup.text("`a *b* c`")


def test_a_frame_is_read_aloud_only_where_it_changes():
    assert 'role="status"' in markup.frame("good", status=True)
    assert "role" not in markup.frame("good", "words")


def test_a_table_names_its_rows_and_columns():
    page = markup.table([("a", "1"), ("b", "2")], ("name", "value"))
    assert page.count('scope="col"') == page.count('scope="row"') == 2
    assert page.count("<tr ") == 3 and page.count("<td ") == 2
    assert markup.table([("a", "1")]).count("<tr ") == 1
    assert markup.table([]) == ""


def test_values_stand_in_fixed_width_only_where_asked():
    assert "monospace" in markup.table([("a", "1")], mono=True)
    assert "monospace" not in markup.table([("a", "1")])


def test_what_is_folded_stands_behind_its_summary():
    page = markup.folded("Answer 1", "inside")
    assert page.index("Answer 1</summary>inside</details>") > 0
