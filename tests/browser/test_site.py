"""A chapter of the site in a real browser, opened from the disk with the network shut."""

import audit
import lab
import pytest

from lite_mamba.course.site import build

CHAPTER = "00_start_here"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder, notebook = tmp_path_factory.mktemp("site"), lab.ROOT / "notebooks" / f"{CHAPTER}.ipynb"
    build.chapter(notebook, folder, frames=9)
    build.index([notebook], folder)
    return (folder / f"{CHAPTER}.html").as_uri()


@pytest.fixture
def enter(chromium, address):
    """A function that opens the page, and sees to it that nothing fails and nothing leads outside."""
    contexts, wrong = [], []

    def open_page(**options):
        contexts.append(chromium.new_context(**{"viewport": audit.PHONE, "offline": True} | options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda asked: wrong.append(asked.url))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or wrong.append(asked.url))
        page.goto(address)
        return page

    yield open_page
    assert not wrong
    for context in contexts:
        context.close()


def test_every_range_scrubs_picture_and_sentence_by_the_keyboard(enter):
    page = enter()
    players = page.locator(".player")
    assert players.count() > 1
    for player in players.all():
        says = player.locator("[aria-live=polite]")
        first = says.inner_text()
        for control in player.locator("input[type=range]").all():
            control.focus()
            seen = set()
            for key in ("Home", "End"):
                control.press(key)
                page.wait_for_function("image => image.complete && image.naturalWidth", arg=_image(player))
                seen.add((_image(player).get_attribute("src"), says.inner_text()))
                assert control.get_attribute("aria-valuetext") in player.locator(".controls").inner_text()
            assert len({picture for picture, _ in seen}) == len({sentence for _, sentence in seen}) == 2
        player.locator("button").click()
        assert says.inner_text() == first


def _image(player):
    return player.locator("img").first.element_handle()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_large_enough_and_axe_finds_nothing_serious(enter, scheme):
    page = enter(color_scheme=scheme)
    assert audit.complaints(page) == []
    frames = page.locator(".player > .picture")
    assert frames.evaluate_all("all => all.every(one => one.scrollWidth > one.clientWidth)")


def test_a_wide_screen_shows_each_picture_whole(enter):
    page = enter(viewport={"width": 1280, "height": 720})
    frames = page.locator(".player > .picture")
    assert frames.evaluate_all("all => all.every(one => one.scrollWidth === one.clientWidth)")


def test_without_script_three_settings_stand_side_by_side(enter):
    page = enter(java_script_enabled=False)
    for player in page.locator(".player").all():
        assert player.locator(".three img").count() == 3
        assert not player.locator("input").first.is_visible()
