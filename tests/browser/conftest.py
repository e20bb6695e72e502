"""One JupyterLab and one Chromium for all browser tests; each notebook is opened and run once."""

import pathlib
import shutil
from urllib.parse import urlsplit

import lab
import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")


# What `make test` runs of these: the learner's first notebook, and what no other test of a notebook shows.
QUICK = ("00_start_here", "test_lab_explore.py", "test_lab_saved.py")


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs a Chromium (set CHROMIUM=/path/to/it)")


def pytest_collection_modifyitems(items):
    missing = pytest.mark.skip(reason="there is no Chromium here; install it or set CHROMIUM=/path/to/it")
    for item in items:
        if pathlib.Path(item.fspath).parent == pathlib.Path(__file__).parent:
            item.add_marker("browser")
            if not any(part in item.nodeid for part in QUICK):
                item.add_marker("thorough")
            if lab.CHROMIUM is None:
                item.add_marker(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """All tests of a notebook go to one process, which opens and runs it once; so do those of any other file.

    The mark `xdist_group` would say the same, but pytest-xdist 3.8 loses it under pytest 9.2 and says nothing.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByNotebook(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("[")[2] or nodeid.partition("::")[0]

    return ByNotebook(config, log)


class Watch:
    """Everything that a page does and should not: errors, complaints on the console, words to the outside."""

    def __init__(self, page):
        self.clear()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.console.append(line.text))
        page.on("request", self._request)

    def clear(self) -> None:
        self.errors: list[str] = []
        self.console: list[str] = []
        self.outside: list[str] = []

    def _request(self, request) -> None:
        place = urlsplit(request.url)
        if place.scheme in ("http", "https", "ws", "wss") and place.hostname != "127.0.0.1":
            self.outside.append(request.url)


@pytest.fixture(scope="session")
def chromium():
    with playwright_api.sync_playwright() as playwright, lab.browser(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A copy of the notebooks that may be thrown away."""
    copy = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(lab.ROOT / "notebooks", copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return copy


@pytest.fixture(scope="session")
def jupyter(folder):
    with lab.server(folder) as running:
        yield running


@pytest.fixture(scope="session")
def open_notebook(chromium, jupyter):
    """A function that opens a notebook and runs it, in one page for all, which is watched; close one before the next.

    Loading JupyterLab takes longer than most notebooks run: all share it.
    """
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)

    def open_and_run(name: str) -> lab.Notebook:
        watch.clear()
        notebook = lab.Notebook(page, jupyter, name)
        notebook.watch = watch
        notebook.run()
        return notebook

    return open_and_run
