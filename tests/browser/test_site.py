"""A chapter of the site in a real browser, opened from the disk with the network shut."""

import audit
import lab
import pytest

from lite_mamba.course import slider
from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.page.explore import Exploration
from lite_mamba.course.site import build
from lite_mamba.course.site.player import Player
from lite_mamba.course.site.record import record

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

    def open_page(where=address, **options):
        contexts.append(chromium.new_context(**{"viewport": audit.PHONE, "offline": True} | options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda asked: wrong.append(asked.url))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or wrong.append(asked.url))
        page.goto(where)
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
        player.locator(".reset").click()
        assert says.inner_text() == first


def test_a_control_that_plays_runs_to_its_end_says_so_once_and_stops_at_reset(enter, tmp_path):
    exploration = Exploration(Rising())
    player = Player(exploration, record(exploration), "figures/rising")
    player.save(tmp_path)
    build.page(tmp_path / "rising.html", "Rising", "", player.html())
    build.index([], tmp_path)
    page = enter((tmp_path / "rising.html").as_uri())
    page.clock.install(time=0)
    page.clock.pause_at(10_000)  # milliseconds; from here on the clock goes only where it is told to
    play, says = page.locator(".play"), page.locator(".says")
    play.click()
    page.clock.run_for(450)
    assert (says.inner_text(), play.inner_text(), says.get_attribute("aria-live")) == ("At 3.", "Pause height", "off")
    page.locator(".reset").click()
    page.clock.run_for(450)
    assert (says.inner_text(), play.inner_text(), says.get_attribute("aria-live")) == ("At 1.", "Play height", "polite")
    play.click()
    page.clock.run_for(2000)
    assert (says.inner_text(), play.inner_text()) == ("At 4.", "Play height")
    play.click()
    page.clock.run_for(250)
    assert says.inner_text() == "At 1."


class Rising(LiveFigure):
    """A line that rises."""

    controls = {"height": slider(0, 4, 1, label="height", play=True)}  # noqa: RUF012

    def __init__(self):
        super().__init__(width=4, height=3)
        ax = self.figure.subplots()
        ax.set(ylim=(0, 5))
        (self.line,) = ax.plot([0, 1], [0, 0])
        self.move(self.line)

    def update(self, height=1):
        self.line.set_ydata([height, height])
        return f"At {height}."


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
        for words in player.locator(".three figcaption").all():
            box = words.bounding_box()
            assert box["width"] <= audit.PHONE["width"], "its lines are longer than the screen"
        assert not player.locator("input").first.is_visible()


def test_a_folder_without_pages_is_not_found_good(tmp_path):
    assert audit.main(tmp_path) != 0
