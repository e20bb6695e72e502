"""A learner's second evening: a notebook that was run and saved is opened again, and nothing runs yet."""

import lab

NAME = "00_start_here.ipynb"


def test_a_saved_notebook_shows_its_words_and_pictures_and_how_to_wake_it(chromium, jupyter, open_notebook):
    first = open_notebook(NAME)
    live = first.explorations()
    pictures = first.page.locator(lab.PICTURES).count()
    assert live and first.errors() == []
    first.save()
    first.close()

    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    again = lab.Notebook(page, jupyter, NAME)
    page.wait_for_selector(lab.PICTURES)
    assert "Error displaying widget" not in page.locator(".jp-Notebook").inner_text()
    assert page.get_by_text("To wake this, run its cell").count() >= len(live)
    assert page.locator(lab.PICTURES).count() == pictures
    again.run()
    assert len(again.explorations()) == len(live)
    again.close()
