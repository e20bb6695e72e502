"""The lecture in a real browser: what the back row sees, what a key does, and what stays hidden before the vote."""

import io
import threading

import lab
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from lite_mamba.course.lecture import slides
from lite_mamba.course.lecture.chapter import deck
from lite_mamba.course.lecture.collect import collect
from lite_mamba.course.lecture.server import Server

NOTEBOOKS = lab.ROOT / "notebooks"
SIZE, LARGE = (1280, 720), (1920, 1080)
SMALLEST = 1 / 40  # of the height of the page
CUT = """() => {
    const slide = document.querySelector(".now"), found = [];
    if (slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1)
        found.push(`the slide needs ${slide.scrollWidth} × ${slide.scrollHeight}`);
    for (const element of slide.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        if (box.width && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1))
            found.push(`${element.tagName} ends at ${box.right}, ${box.bottom}`);
    }
    return found; }"""
TEXTS = """() => [...document.querySelectorAll(".now *, #place")]
    .filter(element => element.getClientRects().length && [...element.childNodes].some(
        node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()))
    .map(element => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(element).fontSize);
        return { words: element.textContent, size, left, top, width, height };
    })"""
DRAWN = """() => { const { image, drawn, wanted, busy } = lecture.now.shown;
    return !image || (drawn === wanted && !busy); }"""


class Room:
    """A lecture that is open in a page."""

    def __init__(self, page, server):
        self.page, self.server = page, server
        page.goto(server.address)
        self.wait()

    def wait(self) -> None:
        self.page.wait_for_selector(".now")
        self.page.wait_for_function(DRAWN)

    def go(self, number: int) -> None:
        self.page.evaluate(f"lecture.go({number})")
        self.wait()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.wait()

    @property
    def at(self) -> int:
        return self.page.evaluate("lecture.i")

    @property
    def slides(self) -> list[dict]:
        """What each page shows: the answer of a vote counts as a page of its own."""
        return self.page.evaluate("lecture.slides.map(({ slide, answer }) => ({ ...slide, reveals: answer === true }))")

    def picture(self) -> str:
        """The picture that stands on the page, by its pixels."""
        return self.page.evaluate("document.querySelector('.now canvas').toDataURL()")

    def every_page(self):
        """Goes through all pages, every question and every answer; gives the name of each."""
        for number, slide in enumerate(self.slides):
            self.go(number)
            for question in range(max(1, len(slide.get("questions", ())))):
                yield f"page {number + 1}, question {question + 1} ({slide.get('source', 'title')})"
                if slide.get("questions"):
                    self.press("a")
                    yield f"page {number + 1}, answer {question + 1} ({slide['source']})"
                    if question + 1 < len(slide["questions"]):
                        self.press("ArrowRight")


@pytest.fixture(scope="module")
def served():
    """A function that serves a deck, once for all tests; each notebook runs once for all decks."""
    running, runs = {}, {}

    def collect_once(path, leave_out):
        runs[path] = runs.get(path) or collect(path, leave_out)
        return runs[path]

    def serve(name: str) -> Server:
        if name not in running:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(slides, "collect", collect_once)
                running[name] = Server(slides.show(deck(name, NOTEBOOKS), NOTEBOOKS))
            threading.Thread(target=running[name].serve_forever, daemon=True).start()
        return running[name]

    yield serve
    for server in running.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
def enter(chromium, served):
    """A function that opens a deck in a page of some size, and sees to it that the page complains of nothing."""
    pages, errors = [], []

    def open_deck(name: str = "45", size: tuple[int, int] = SIZE) -> Room:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and errors.append(line.text))
        page.on(
            "request", lambda asked: "//127.0.0.1:" in asked.url or "blob:" in asked.url or errors.append(asked.url)
        )
        return Room(page, served(name))

    yield open_deck
    for page in pages:
        page.close()
    assert not errors


def contrast(pixels: np.ndarray) -> float:
    """Of a text's pixels (height, width, 3): how far the strongest lies from the commonest, its ground."""
    red, green, blue = np.moveaxis(pixels.astype(np.uint32), -1, 0)  # (height, width) each
    packed = red << 16 | green << 8 | blue
    packed, counts = np.unique(packed, return_counts=True)
    colours = packed[:, None] >> np.array([16, 8, 0]) & 255  # (colours, 3)
    light = np.where(colours <= 10, colours / 255 / 12.92, ((colours / 255 + 0.055) / 1.055) ** 2.4)
    luminance = light @ (0.2126, 0.7152, 0.0722)
    ground = luminance[counts.argmax()]
    return max((luminance.max() + 0.05) / (ground + 0.05), (ground + 0.05) / (luminance.min() + 0.05))


def complaints(room: Room) -> list[str]:
    """What is cut, too small or too pale on the page that is shown."""
    return [*cut_or_small(room), *pale(room)]


def cut_or_small(room: Room) -> list[str]:
    found, height = room.page.evaluate(CUT), room.page.viewport_size["height"]
    for text in room.page.evaluate(TEXTS):
        if text["size"] < SMALLEST * height:
            found.append(f"{text['words'][:30]!r} is {text['size']:.1f} pixels high")
    if room.page.locator(".now canvas").count():
        figure = room.server.stage.show.figures[room.page.evaluate("lecture.now.slide.figure")].figure.figure
        texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        width = room.page.locator(".now canvas").bounding_box()["width"]
        smallest = min(text.get_fontsize() for text in texts) / 72 * width / figure.get_figwidth()
        if smallest < SMALLEST * height:
            found.append(f"words of the picture are {smallest:.1f} pixels high")
    return found


def pale(room: Room) -> list[str]:
    found, shown = [], np.asarray(Image.open(io.BytesIO(room.page.screenshot())).convert("RGB"))
    for text in room.page.evaluate(TEXTS):
        rows, columns = (
            slice(int(text[at]), int(text[at] + text[by])) for at, by in (("top", "height"), ("left", "width"))
        )
        if (measured := contrast(shown[rows, columns])) < 4.5:
            found.append(f"{text['words'][:30]!r} has a contrast of {measured:.1f}")
    return found


def test_on_no_page_anything_is_cut_or_too_small_or_too_pale(enter):
    room = enter()
    found = {name: wrong for name in room.every_page() if (wrong := complaints(room))}
    assert not found


def test_a_larger_room_cuts_nothing_and_keeps_the_words_large(enter):
    """Strokes grow with the page, and stand out the more."""
    room = enter("45", LARGE)
    found = {name: wrong for name in room.every_page() if (wrong := cut_or_small(room))}
    assert not found


@pytest.mark.parametrize("name", ["90", "00"])
def test_nor_in_another_deck(enter, name):
    room = enter(name)
    found = {name: wrong for name in room.every_page() if (wrong := complaints(room))}
    assert not found


def test_every_control_moves_its_picture_and_reset_takes_it_back(enter):
    room = enter()
    still = []
    for number, slide in enumerate(room.slides):
        room.go(number)
        for i in range(len(slide.get("controls", ()))):
            before = room.picture()
            control = room.page.locator(".now .controls input, .now .controls select").nth(i)
            control.focus()
            room.press("Space" if slide["controls"][i]["kind"] == "switch" else "ArrowDown")
            changed = room.picture() != before
            if slide["controls"][i]["kind"] != "switch" and not changed:  # it may have stood at its lower end
                room.press("ArrowUp")
                changed = room.picture() != before
            room.page.locator(".now .controls button").click()
            room.wait()
            if not changed or room.picture() != before:
                still.append((slide["source"], slide["controls"][i]["label"]))
    assert not still


def test_no_answer_is_in_the_page_before_reveal_and_no_guess_is_needed(enter):
    room = enter()
    votes = [number for number, slide in enumerate(room.slides) if slide["kind"] == "vote" and not slide["reveals"]]
    assert len(votes) >= 3
    for number in votes:
        room.go(number)
        hidden = room.page.evaluate(
            "Object.assign(document.createElement('p'), {innerHTML: lecture.now.slide.because}).textContent"
        )
        assert hidden not in room.page.evaluate("document.body.textContent")
        room.page.locator(".now .reveal").click()
        assert room.at == number + 1 and hidden in room.page.locator(".now").inner_text()
        room.press("PageUp")
        assert hidden not in room.page.evaluate("document.body.textContent")


def test_the_rooms_vote_stands_beside_the_truth(enter):
    room = enter()
    choices, number = (
        next(i for i, slide in enumerate(room.slides) if slide["kind"] == "vote" and ("scale" in slide) is is_number)
        for is_number in (False, True)
    )
    room.go(choices)
    room.page.locator(".now .choices button").first.click()
    room.press("PageDown")
    assert room.page.locator(".now .voted").inner_text().endswith("the room")
    room.go(number)
    room.page.locator(".now input").focus()
    room.press("End")
    room.page.locator(".now .reveal").click()
    assert room.page.locator(".now b.guess").inner_text().startswith("the room: ")
    assert not complaints(room)


def test_arrows_belong_to_a_slider_that_has_the_focus_and_a_clicker_always_turns_the_page(enter):
    room = enter()
    room.press("ArrowRight")
    room.press("ArrowRight")
    room.press("ArrowLeft")
    number = next(i for i, s in enumerate(room.slides) if any(c["kind"] == "slider" for c in s.get("controls", ())))
    assert room.at == 1
    room.go(number)
    slider = room.page.locator(".now input[type=range]").first
    slider.focus()
    before = slider.input_value()
    room.press("ArrowRight")
    assert room.at == number and slider.input_value() != before
    room.press("PageDown")
    assert room.at == number + 1
    room.press("PageUp")
    room.page.locator(".now input[type=range]").first.focus()
    room.press("Escape")
    room.press("ArrowRight")
    assert room.at == number + 1


def test_the_answer_key_opens_the_answer_and_sets_the_controls_where_it_shows(enter):
    room = enter()
    number, slide = next((i, s) for i, s in enumerate(room.slides) if s.get("questions"))
    room.go(number)
    question = room.page.locator(".now .ask").inner_text()
    room.press("a")
    assert room.page.locator(".now .ask .a").count() == 1
    positions = room.page.evaluate("lecture.now.shown.controls.map(control => control.position)")
    assert positions == slide["questions"][0]["settings"][0]
    for _ in slide["questions"][0]["settings"]:
        room.press("a")
    assert room.page.locator(".now .ask").inner_text() == question


def test_the_sentence_under_a_picture_is_announced_and_follows_it(enter):
    room = enter()
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("controls")))
    says = room.page.locator(".now .says")
    assert says.get_attribute("aria-live") == "polite"
    before = says.inner_text()
    room.page.locator(".now select").select_option(index=3)
    room.wait()
    assert says.inner_text() != before


def test_a_reload_stays_on_the_page(enter):
    room = enter()
    room.go(4)
    room.page.reload()
    room.wait()
    assert room.at == 4


def test_the_overview_goes_to_a_page(enter):
    room = enter()
    room.press("o")
    entries = room.page.locator("#overview button")
    assert entries.count() == len(room.slides) and all(entries.all_inner_texts())
    entries.nth(5).click()
    assert room.at == 5 and not room.page.locator("dialog[open]").count()


def test_the_code_behind_a_picture_opens_with_a_key(enter):
    room = enter()
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("code")))
    assert not room.page.locator("#code").is_visible()
    room.press("c")
    assert "def " in room.page.locator("#code pre").inner_text()
    room.press("c")
    assert not room.page.locator("#code").is_visible()


def test_the_presenter_sees_notes_answers_and_what_comes_next_and_turns_pages_from_there(enter):
    room = enter()
    with room.page.expect_popup() as opened:
        room.press("p")
    notes = opened.value
    notes.wait_for_selector(".clock")
    room.press("ArrowRight")
    notes.wait_for_function("document.body.textContent.includes('2 / ')")
    words = notes.locator("body").inner_text()
    assert room.slides[1]["note"] in words and "Answer: " in words and "Next: " in words
    notes.keyboard.press("PageDown")
    room.page.wait_for_function("lecture.i === 2")


def test_a_narrow_projector_cuts_nothing_either(enter):
    room = enter("45", (1024, 768))
    assert not {name: wrong for name in room.every_page() if (wrong := room.page.evaluate(CUT))}
