"""What is wrong with pages of the site: axe's findings, words too small, and pages that scroll sideways.

python tests/browser/audit.py site          every page, on a phone, light and dark, on a tablet and on a laptop
"""

import pathlib
import sys

import lab
from axe_playwright_python.sync_playwright import Axe

PHONE = {"width": 390, "height": 844}
VIEWS = (
    (PHONE, "light"),
    (PHONE, "dark"),
    ({"width": 768, "height": 1024}, "light"),
    ({"width": 1280, "height": 720}, "dark"),
)
SMALLEST = 10.9  # CSS pixels

# The words below SMALLEST, every fold opened; those of a picture have the size that the picture's width gives them.
SMALL_WORDS = """smallest => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const words = walk.currentNode, around = words.parentElement;
        if (!words.textContent.trim() || !around.getClientRects().length) continue;
        if (parseFloat(getComputedStyle(around).fontSize) < smallest) found.push(words.textContent.trim());
    }
    for (const picture of document.querySelectorAll(".picture img"))
        if (picture.width && picture.width < parseFloat(picture.style.minWidth) - 1) found.push(picture.src);
    return found; }"""


def complaints(page) -> list[str]:
    """All that is wrong with an open page, each in a line."""
    found = [f"too small: {words}" for words in page.evaluate(SMALL_WORDS, SMALLEST)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    violations = Axe().run(page, options={"preload": False}).response["violations"]  # or it asks for the styles again
    serious = [one for one in violations if one["impact"] in ("serious", "critical")]
    return found + [f"{one['impact']}: {one['help']}, {one['nodes'][0]['html']}" for one in serious]


def main(site: pathlib.Path) -> int:
    from playwright.sync_api import sync_playwright

    wrong, pages = 0, sorted(site.resolve().glob("*.html"))
    if not pages:
        print(f"There is no page in {site}.")
        return 1
    with sync_playwright() as playwright, lab.browser(playwright) as browser:
        for screen, scheme in VIEWS:
            context = browser.new_context(viewport=screen, color_scheme=scheme, offline=True)
            page = context.new_page()
            for path in pages:
                page.goto(path.as_uri())
                for complaint in complaints(page):
                    wrong += 1
                    print(f"{path.name}, {screen['width']} wide, {scheme}: {complaint}", flush=True)
            context.close()
    print(f"{len(pages)} pages in {len(VIEWS)} views: {wrong} complaints")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
