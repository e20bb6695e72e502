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
        const seen = box.width && element.checkVisibility();
        if (seen && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1))
            found.push(`${element.tagName} ends at ${box.right}, ${box.bottom}`);
    }
    return found; }"""
TEXTS = """() => [...document.querySelectorAll(".now *, #place")]
    .filter(element => element.getClientRects().length && element.checkVisibility() && [...element.childNodes].some(
        node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()))
    .map(element => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(element).fontSize);
        return { words: element.textContent, size, left, top, width, height };
    })"""
PLACE = """() => {
    const { shown, slide } = lecture.now;
    const answered = shown.settings ?? shown.folds?.findIndex(fold => fold.open) + 1;
    return [lecture.i, shown.question ?? 0, answered, slide.source ?? "title"]; }"""
BOXES = """selector => [...document.querySelectorAll(`.now ${selector}`)].map(element => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom]; })"""
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

    @property
    def place(self) -> tuple:
        """The page, its question, and how much of the answer is given."""
        return tuple(self.page.evaluate(PLACE))

    def every_page(self):
        """Goes through all pages, every question and every answer, as a clicker does; gives the name of each."""
        self.go(0)
        before = None
        while self.place != before:
            before = self.place
            yield f"page {before[0] + 1}, question {before[1] + 1}, answer {before[2]} ({before[3]})"
            self.press("PageDown")


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


def apart(one: list[float], other: list[float]) -> bool:
    """Whether two boxes have no point in common."""
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("name", ["45", "90"])
def test_whichever_choice_the_room_takes_its_mark_stands_in_the_box_and_beside_the_words(enter, name):
    room = enter(name)
    found = []
    for number, slide in enumerate(room.slides):
        if slide["kind"] != "vote" or slide["reveals"] or not slide["choices"]:
            continue
        for choice in range(len(slide["choices"])):
            room.go(number)
            room.page.locator(".now .choices button").nth(choice).click()
            room.press("PageDown")
            boxes, words, marks = (room.page.evaluate(BOXES, f".choices {part}") for part in ("div", "span", "small"))
            for (left, top, right, bottom), spoken, mark in zip(boxes, words, marks, strict=True):
                inside = left <= mark[0] and top <= mark[1] and mark[2] <= right and mark[3] <= bottom
                if not inside or not apart(spoken, mark):
                    found.append((slide["source"], choice))
    assert not found


@pytest.mark.parametrize("end", ["Home", "End"])
def test_a_guess_at_an_end_stands_at_its_place_and_covers_no_number(enter, end):
    room = enter("90")
    for number, slide in enumerate(room.slides):
        if slide["kind"] != "vote" or slide["reveals"] or "scale" not in slide:
            continue
        room.go(number)
        room.page.locator(".now input").focus()
        room.press(end)
        room.press("PageDown")
        (line,), (diamond,) = (room.page.evaluate(BOXES, part) for part in (".line", ".line span.guess"))
        place = line[0 if end == "Home" else 2]
        assert abs((diamond[0] + diamond[2]) / 2 - place) < 1, slide["source"]
        ends, words = (room.page.evaluate(BOXES, part) for part in (".line i", ".line b.guess, .line span.guess"))
        assert all(apart(one, other) for one in ends for other in words), slide["source"]


def test_numbers_of_a_guess_are_written_as_everywhere(enter):
    room = enter("90")
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("scale", {}).get("high") == 12000))
    assert room.page.locator(".now output").inner_text().replace("\xa0", " ") == "1000 to 12 000 numbers"
    room.page.locator(".now input").focus()
    room.press("End")
    assert room.page.locator(".now output").inner_text().replace("\xa0", " ") == "12 000 numbers"


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
    assert room.place[:3] == (number, 0, 1)
    slider.focus()
    room.press("PageUp")
    assert room.place[:3] == (number, 0, 0)
    slider.focus()
    room.press("Escape")
    room.press("ArrowRight")
    assert room.place[:3] == (number, 0, 1)


def test_tab_goes_to_the_first_control_of_the_slide_from_wherever_one_came(enter):
    room = enter()
    first, later = [i for i, slide in enumerate(room.slides) if slide.get("controls")][:2]
    room.go(later)
    room.page.locator(".now .controls button").focus()
    for number in (first, later):
        room.go(number)
        room.press("Tab")
        assert room.page.locator(".now .controls :focus").evaluate(
            "one => one.closest('label') === one.closest('.controls').firstChild"
        )


def test_enter_leaves_a_slider_for_escape_leaves_the_full_screen_too(enter):
    room = enter()
    room.go(next(i for i, s in enumerate(room.slides) if any(c["kind"] == "slider" for c in s.get("controls", ()))))
    room.page.locator(".now input[type=range]").first.focus()
    room.press("Enter")
    assert room.page.evaluate("document.activeElement === document.body")


def test_a_button_that_was_clicked_keeps_no_arrow_for_itself(enter):
    room = enter()
    vote = next(i for i, slide in enumerate(room.slides) if slide["kind"] == "vote" and slide["choices"])
    room.go(vote)
    room.page.locator(".now .choices button").first.click()
    room.press("ArrowRight")
    assert room.at == vote + 1
    picture = next(i for i, slide in enumerate(room.slides) if slide.get("controls"))
    room.go(picture)
    room.page.locator(".now .controls button").click()
    room.press("ArrowLeft")
    assert room.at == picture - 1


def test_a_clicker_shows_every_question_and_every_setting_of_its_answer(enter):
    room = enter("90")
    room.go(0)
    shown = []
    while not shown or room.place != shown[-1]:
        shown.append(room.place)
        room.press("PageDown")
    for number, slide in enumerate(room.slides):
        wanted = [
            (question, answered)
            for question, one in enumerate(slide.get("questions") or [{"settings": []}])
            for answered in range(len(one["settings"]) + 1)
        ]
        assert [(question, answered) for at, question, answered, _ in shown if at == number] == wanted
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("questions")))
    room.press("PageDown")
    room.press("PageUp")
    assert not room.page.locator(".now .ask .a").count() and room.place[2] == 0


def test_the_answer_key_reveals_a_vote(enter):
    room = enter()
    number = next(i for i, slide in enumerate(room.slides) if slide["kind"] == "vote")
    room.go(number)
    room.press("a")
    assert room.at == number + 1


def test_a_fold_of_a_notebook_stays_closed_until_it_is_asked_for(enter):
    room = enter("07")
    number = next(i for i, slide in enumerate(room.slides) if "<details" in slide.get("html", ""))
    folds = room.slides[number]["html"].count("<details")
    room.go(number)
    states = [room.page.evaluate("lecture.now.shown.folds.map(fold => fold.open)")]
    assert not cut_or_small(room)
    for _ in range(folds):
        room.press("PageDown")
        states.append(room.page.evaluate("lecture.now.shown.folds.map(fold => fold.open)"))
        assert not cut_or_small(room)
    assert folds > 1 and states == [[i == step - 1 for i in range(folds)] for step in range(folds + 1)]
    room.press("PageDown")
    assert room.at == number + 1
    room.press("PageUp")
    assert not any(room.page.evaluate("lecture.now.shown.folds.map(fold => fold.open)"))


@pytest.mark.parametrize("key", ["b", "."])
def test_the_first_key_after_black_lights_the_page_and_turns_nothing(enter, key):
    room = enter()
    room.go(1)
    room.press(key)
    assert room.page.evaluate("document.body.className") == "black"
    room.press("PageDown")
    assert room.page.evaluate("document.body.className") == "" and room.place[:3] == (1, 0, 0)


def test_a_new_lecture_starts_as_if_nobody_had_been_there(enter):
    room = enter()
    choices, number = (
        next(i for i, slide in enumerate(room.slides) if slide["kind"] == "vote" and ("scale" in slide) is is_number)
        for is_number in (False, True)
    )
    room.go(choices)
    room.page.locator(".now .choices button").first.click()
    room.go(number)
    asked = room.page.locator(".now output").inner_text()
    room.page.locator(".now input").focus()
    room.press("End")
    picture = next(i for i, slide in enumerate(room.slides) if slide.get("controls"))
    room.go(picture)
    room.page.locator(".now select").select_option(index=3)
    room.press("n")
    assert room.at == 0
    room.go(picture)
    positions = room.page.evaluate("lecture.now.shown.controls.map(control => control.position)")
    assert positions == [control["start"] for control in room.slides[picture]["controls"]]
    assert room.page.evaluate(
        f"[lecture.slides[{choices}], lecture.slides[{number}]].map(({{shown}}) => shown.vote)"
    ) == [
        None,
        None,
    ]
    room.go(choices)
    assert not room.page.locator('.now [aria-pressed="true"]').count()
    room.go(number)
    assert room.page.locator(".now output").inner_text() == asked


def test_a_picture_that_could_not_be_fetched_is_asked_for_again(chromium, served):
    page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    room = Room(page, served("45"))
    picture = next(i for i, slide in enumerate(room.slides) if slide.get("controls"))
    page.route("**/frame*", lambda route: route.abort())
    page.reload()  # draws the picture after the title, and fails
    page.wait_for_function("() => lecture?.slides && !lecture.slides[1].shown.busy")  # once its script has run
    page.evaluate(f"lecture.go({picture})")
    page.wait_for_selector(".now .says.failed")
    page.unroute("**/frame*")
    room.wait()  # nothing is moved meanwhile
    assert not page.locator(".now .says.failed").count() and len(room.picture()) > 10_000
    page.close()


def test_a_screen_of_5120_pixels_shows_its_pictures(chromium, served):
    page = chromium.new_page(viewport={"width": 2560, "height": 1440}, device_scale_factor=2)
    room = Room(page, served("45"))
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("controls")))
    assert not page.locator(".now .says.failed").count()
    page.close()


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


def test_a_slide_is_called_by_words_and_not_by_the_letters_of_its_formula(enter):
    room = enter("90")
    room.press("o")
    number = next(i for i, slide in enumerate(room.slides) if slide.get("source") == "08, cell 7e7c75a7")
    assert room.page.locator("#overview button").nth(number).inner_text().startswith("Read the small letters.")


def test_the_code_behind_a_picture_opens_with_a_key(enter):
    room = enter()
    room.go(next(i for i, slide in enumerate(room.slides) if slide.get("code")))
    assert not room.page.locator("#code").is_visible()
    room.press("c")
    assert "def " in room.page.locator("#code pre").inner_text()
    room.press("c")
    assert not room.page.locator("#code").is_visible()
    room.press("c")
    room.press("PageDown")
    assert not room.page.locator("#code").is_visible() and room.place[2] == 1


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
    room.page.wait_for_selector(".now .ask .a")
    notes.keyboard.press("r")
    notes.keyboard.press("b")
    room.page.wait_for_function("document.body.className === 'black'")
    notes.keyboard.press("b")
    room.page.wait_for_function("document.body.className === ''")
    notes.keyboard.press("End")
    room.page.wait_for_function("lecture.i === lecture.slides.length - 1")


def test_the_clock_starts_with_the_second_page_and_outlives_a_reload_and_its_window(enter):
    room = enter()

    def open_notes():
        with room.page.expect_popup() as opened:
            room.press("p")
        opened.value.wait_for_selector(".clock")
        return opened.value

    started = "Number(sessionStorage.started) || null"
    notes = open_notes()
    room.page.wait_for_timeout(50)
    assert notes.locator(".clock").inner_text() == "00:00" and room.page.evaluate(started) is None
    room.press("ArrowRight")
    start = room.page.evaluate(started)
    notes.wait_for_function("document.body.textContent.includes('2 / ')")
    notes.evaluate(f"Date.now = () => {start} + 754_000")
    notes.wait_for_function("document.querySelector('.clock').textContent === '12:34'")
    notes.close()
    room.page.reload()
    room.wait()
    notes = open_notes()
    notes.wait_for_function("document.body.textContent.includes('2 / ')")
    notes.evaluate(f"Date.now = () => {start} + 754_000")
    notes.wait_for_function("document.querySelector('.clock').textContent === '12:34'")
    room.press("n")
    notes.wait_for_function("document.querySelector('.clock').textContent === '00:00'")


def test_a_narrow_projector_cuts_nothing_either(enter):
    room = enter("45", (1024, 768))
    assert not {name: wrong for name in room.every_page() if (wrong := room.page.evaluate(CUT))}
