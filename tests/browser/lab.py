"""A real JupyterLab in a real Chromium: start it on a copy of some notebooks, open one, run it, move its
controls.

Everything that could reach out of the machine or open a pop-up is switched off by a settings directory of its
own. Needs Playwright for the driving and the system's Chromium (`CHROMIUM=/path` or one on the search path);
no browser is ever downloaded.
"""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
    # keeps cells that are out of sight in the page, where selectors find them; `Lab.as_installed` takes it back
    "notebook-extension/tracker": {"windowingMode": "none"},
}
# Everything here waits for an event. This is when it gives up, in milliseconds; no test that passes depends on it.
PATIENCE = 300_000
PICTURES = ".jp-OutputArea-output.jp-RenderedImage img"

# What the page has asked of the kernel and the kernel has not finished yet. A control that moves asks at once, or,
# while its last question is open, as soon as that is answered: before the answered one leaves the set. So an empty set
# says that nothing is on its way. The kernel's status does not: it is idle, too, until a message reaches it.
LISTEN = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const open = window.unfinished = new Set();
    kernel.anyMessage.connect((_, {msg, direction}) => {
        if (direction === 'send' && msg.channel === 'shell') open.add(msg.header.msg_id); });
    kernel.iopubMessage.connect((_, msg) => {
        if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle')
            open.delete(msg.parent_header.msg_id); }); }"""

# Cells that come into view for the first time are laid out then, and what is below them moves: for three frames.
STANDS_STILL = """control => new Promise(done => {
    let place = null, frames = 0;
    const look = () => {
        const now = control.getBoundingClientRect().top;
        frames = now === place ? frames + 1 : 0;
        place = now;
        if (frames < 10) requestAnimationFrame(look); else done(); };
    look(); })"""


class Lab:
    """A running JupyterLab: its address, its token, and the folder of its settings."""

    def __init__(self, address: str, token: str, settings: pathlib.Path):
        self.address = address
        self.token = token
        self.settings = settings

    def url(self, notebook: str) -> str:
        return f"{self.address}/lab/workspaces/test/tree/{notebook}?token={self.token}&reset"

    @contextlib.contextmanager
    def as_installed(self):
        """A page that loads in this `with` block shows notebooks as JupyterLab does when nobody has set anything."""
        file = _settings_file(self.settings, "notebook-extension/tracker")
        set_here = file.read_text()
        file.unlink()
        try:
            yield
        finally:
            file.write_text(set_here)


@contextlib.contextmanager
def server(folder: pathlib.Path, environment: dict[str, str] | None = None):
    """Serve `folder` (a copy that may be thrown away) on loopback, for the length of a `with` block."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
    port, token = _free_port(), secrets.token_hex(16)
    with open(home / "lab.log", "w") as log:
        process = subprocess.Popen(
            _command(port, token, folder),
            env=_environment(home) | (environment or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for_answer(process, f"{address}/api/status?token={token}", home / "lab.log")
            yield Lab(address, token, home / "settings")
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def browser(playwright):
    """The system's Chromium, without a window."""
    if CHROMIUM is None:
        raise RuntimeError("There is no Chromium here; install it or set CHROMIUM=/path/to/it.")
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=CHROMIUM_OPTIONS)
    try:
        yield chromium
    finally:
        chromium.close()


class Notebook:
    """A notebook that is open in a page: in an empty page with a JupyterLab of its own, in a page with a JupyterLab
    in that one. A page holds one notebook at a time: `close` it before the next."""

    def __init__(self, page, lab: Lab, name: str):
        self.page = page
        page.set_default_timeout(PATIENCE)
        if page.url.startswith(lab.address):
            # Not awaited: Chromium may drop a promise that only waits, and the cells below say when it is open.
            page.evaluate("name => { jupyterapp.commands.execute('docmanager:open', {path: name}); }", name)
        else:
            page.goto(lab.url(name), wait_until="load")
        page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.sessionContext")
        # The status dot says idle before a kernel exists, and running then opens a dialog: ask the session.
        page.evaluate(
            """async () => {
                const app = window.jupyterapp; await app.restored;
                const panel = app.shell.currentWidget;
                await panel.context.ready; await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info; }"""
        )
        page.evaluate(LISTEN)

    def run(self) -> None:
        """Run all cells and wait until the last one is done."""
        self.page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        self.wait()

    def wait(self) -> None:
        """Wait until all that was done in the page has come back from the kernel and is shown."""
        self.page.wait_for_function(
            """() => window.unfinished.size === 0
                && ![...document.querySelectorAll('.jp-NotebookPanel .jp-InputPrompt')]
                    .some(prompt => prompt.textContent.includes('[*]'))""",
            polling=10,  # at each frame, as it would without this, makes the page draw one frame after the other
        )

    def errors(self) -> list[str]:
        """The text of every error output."""
        return self.page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()

    def dialogs(self) -> int:
        return self.page.locator(".jp-Dialog").count()

    def prompts(self) -> list[str]:
        """The execution numbers of all code cells that hold code."""
        return self.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()

    def cells_with(self, code: str) -> list:
        """The code cells whose source contains `code`."""
        return self.page.locator(".jp-CodeCell").filter(has_text=code).all()

    def commit_buttons(self):
        """The Commit buttons of the predictions that are still open."""
        return self.page.locator("css:light=.jp-OutputArea-output button:not([disabled])").filter(has_text="Commit")

    def choose_first(self, button) -> None:
        """Give the prediction of a Commit button an answer: its first option, or the number as it stands."""
        options = button.locator("xpath=ancestor::*[contains(@class, 'widget-vbox')][1]").locator("input[type=radio]")
        if options.count():
            options.first.check()

    def windowing(self) -> str:
        """What JupyterLab does with the cells that are out of sight."""
        return self.page.evaluate("jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode")

    def turn_wheel_to(self, control) -> None:
        """Turn the mouse's wheel until a control is in sight, and wait until it stands still, as a reader would."""
        height = self.page.viewport_size["height"]
        self.page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer").hover()
        for _ in range(500):
            top = control.bounding_box()["y"]
            if 0.2 * height < top < 0.8 * height:
                break
            self.page.mouse.wheel(0, 300 if top > height / 2 else -300)
            self.page.evaluate("new Promise(requestAnimationFrame)")
        control.evaluate(STANDS_STILL)

    def waiting(self) -> int:
        """At how many places an answer still waits for a guess."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('.jp-OutputArea-output')]
                .filter(output => output.textContent.includes('Commit your guess above first')).length"""
        )

    def photograph(self, path: pathlib.Path) -> None:
        """The whole notebook as one picture: the window is made as tall as its contents for a moment."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        height = self.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(height + 200, 16_000)})
        self.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
        self.page.wait_for_timeout(300)
        self.page.locator(".jp-NotebookPanel").screenshot(path=path)
        self.page.set_viewport_size(size)

    def save(self) -> None:
        """Write the notebook to its file."""
        self.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.save(); }")

    def close(self) -> None:
        """Stop the kernel and close the notebook, which would go on drawing beside the next one."""
        self.page.evaluate(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                void panel.sessionContext.shutdown();
                panel.dispose(); }"""
        )

    def explorations(self) -> list["Explored"]:
        """Every cell that shows controls above a picture and a sentence."""
        count = self.page.evaluate(
            """pictures => {
                const explored = [...document.querySelectorAll('.jp-CodeCell')].filter(
                    cell => cell.querySelector(pictures) && cell.querySelector('.widget-vbox button .fa-undo'));
                explored.forEach((cell, number) => { cell.dataset.explored = number; });
                return explored.length; }""",
            PICTURES,
        )
        return [Explored(self, self.page.locator(f"css:light=[data-explored='{number}']")) for number in range(count)]


class Explored:
    """One cell with an exploration: what it shows, and its controls."""

    def __init__(self, notebook: Notebook, cell):
        self.notebook = notebook
        self.page = notebook.page
        self.cell = cell
        self.sliders = cell.locator(".jp-OutputArea-output .widget-slider").all()
        self.switches = cell.locator(".jp-OutputArea-output .widget-checkbox input").all()
        self.radios = cell.locator(".jp-OutputArea-output .widget-radio").all()
        self.menus = cell.locator(".jp-OutputArea-output .widget-dropdown select").all()
        self.reset = cell.locator(".widget-vbox button:has(.fa-undo)")

    def shown(self) -> tuple[str, str]:
        """The picture's address (its bytes, as the page holds them) and the sentence, once they are at rest."""
        self.notebook.wait()
        return tuple(
            self.cell.evaluate(
                """(cell, pictures) => [cell.querySelector(pictures)?.src ?? '',
                    cell.querySelector('[role=status], [role=alert]')?.textContent ?? '']""",
                PICTURES,
            )
        )

    def failed(self) -> bool:
        """Whether an error stands in the sentence's place."""
        return self.cell.locator(".jp-OutputArea-output [role=alert]").count() > 0

    def other_moves(self) -> list:
        """Switches, radio buttons and menus: functions that change each by one step, by mouse, then by keyboard.

        JupyterLab keeps the plain arrow keys for its cells; Tab and Space, and arrows in an open menu, are free.
        """
        moves = []
        for switch in self.switches:
            moves += [switch.click, lambda switch=switch: switch.press("Space")]
        for radio in self.radios:
            moves += [radio.locator("input:not(:checked)").first.check]
            moves += [lambda radio=radio: radio.locator("input:not(:checked)").last.press("Space")]
        for menu in self.menus:
            moves += [lambda menu=menu: self._next_option(menu), lambda menu=menu: self._next_key(menu)]
        return moves

    def _next_option(self, menu) -> None:
        last = menu.locator("option").count() - 1
        at = menu.evaluate("menu => menu.selectedIndex")
        menu.select_option(index=at + 1 if at < last else at - 1)

    def _next_key(self, menu) -> None:
        up = menu.evaluate("menu => menu.selectedIndex") > 0
        menu.press("Space")
        self._until(menu, "menu => menu.matches(':open')")
        menu.press("ArrowUp" if up else "ArrowDown")
        menu.press("Enter")
        self._until(menu, "menu => !menu.matches(':open')")

    def _until(self, control, condition: str) -> None:
        self.page.wait_for_function(condition, arg=control.element_handle())

    def photograph(self, path: pathlib.Path) -> None:
        """Controls, picture and sentence as they stand."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.cell.locator(".jp-Cell-outputWrapper").screenshot(path=path)

    def readout(self, slider) -> str:
        """The number beside a slider, once it is at rest: Reset asks the kernel, which then moves the slider."""
        self.notebook.wait()
        return slider.locator(".widget-readout").inner_text()

    def drag(self, slider, to: float, steps: int = 2) -> None:
        """Drag a slider's handle to a fraction of its track, as a hand would, in so many moves of the mouse."""
        handle = slider.locator(".noUi-handle")
        handle.hover()
        self.page.mouse.down()
        assert "noUi-active" in handle.get_attribute("class"), "the mouse missed the handle"
        track, at = slider.locator(".noUi-base").bounding_box(), handle.bounding_box()
        self.page.mouse.move(track["x"] + track["width"] * to, at["y"] + at["height"] / 2, steps=steps)
        self.page.mouse.up()

    def press(self, slider, key: str) -> None:
        """Press a key on a slider's handle."""
        slider.locator(".noUi-handle").focus()
        self.page.keyboard.press(key)

    def fraction(self, slider) -> float:
        """Where the handle stands on its track, 0 to 1."""
        low, high, now = (
            float(slider.locator(".noUi-handle").get_attribute(f"aria-value{end}")) for end in ("min", "max", "now")
        )
        return (now - low) / (high - low)


def label(control) -> str:
    """The label of a control."""
    return control.locator(".widget-label").first.inner_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _command(port: int, token: str, folder: pathlib.Path) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [f"--LabApp.extra_labextensions_path={ROOT / 'lite_mamba_jupyter/labextensions'}"]
    return command + (["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else [])


def _settings_file(settings: pathlib.Path, name: str) -> pathlib.Path:
    return settings / "@jupyterlab" / f"{name}.jupyterlab-settings"


def _environment(home: pathlib.Path) -> dict[str, str]:
    for name, value in SETTINGS.items():
        path = _settings_file(home / "settings", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    extensions = home / "config/jupyter_server_config.d"
    extensions.mkdir(parents=True)
    shutil.copy(ROOT / "lite_mamba_jupyter/lite_mamba_jupyter.json", extensions)
    own = {
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "run",
        "IPYTHONDIR": home / "ipython",
        "LITE_MAMBA_HOME": home / "learner",
        "OMP_NUM_THREADS": 1,
    }
    inherited = {name: value for name, value in os.environ.items() if name != "LITE_MAMBA_ANSWERS"}
    return inherited | {name: str(value) for name, value in own.items()}


def _wait_for_answer(process, url: str, log: pathlib.Path) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=PATIENCE / 1000).read()
            return
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text())
