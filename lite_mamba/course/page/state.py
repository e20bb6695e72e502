"""The learner's state on disk: one small JSON file per item, under `$LITE_MAMBA_HOME`.

Every write goes to a temporary file that then takes the place of the old one, so an item is always whole; two
kernels that write different items never disturb one another. A damaged file is set aside and named in words. A folder
that can't be written is said once, and the state then lives in memory until the kernel stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

_memory: dict[Path, dict[str, Any]] = {}
_warned: set[Path] = set()


def home() -> Path:
    """The folder of the learner's state: `$LITE_MAMBA_HOME`, else `lite-mamba` in the user's data folder."""
    chosen = os.environ.get("LITE_MAMBA_HOME")
    return Path(chosen).expanduser() if chosen else user_data_path("lite-mamba", appauthor=False)


def read(kind: str, key: str) -> dict[str, Any] | None:
    """The item of a kind ("check", "guess", "recap") with this key, or None."""
    return _read_file(_path(kind, key))


def write(kind: str, key: str, item: dict[str, Any]) -> bool:
    """Keeps an item; False if it could be kept in memory only."""
    path = _path(kind, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, json.dumps(item, ensure_ascii=False, indent=1, sort_keys=True))
    except OSError as error:
        _memory[path] = item
        _warn_once(error)
        return False
    _memory.pop(path, None)
    return True


def items(kind: str) -> dict[str, dict[str, Any]]:
    """All items of a kind, by key; damaged ones are set aside."""
    folder = home() / kind
    paths = {path for path in _memory if path.parent == folder}
    with contextlib.suppress(OSError):
        paths.update(folder.glob("*.json"))
    found = {path.name.removesuffix(".json"): _read_file(path) for path in sorted(paths)}
    return {key: item for key, item in found.items() if item is not None}


def can_write() -> OSError | None:
    """None if the folder of the state can be written, else what stands in the way."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        _replace(home() / "write-test", "")
        (home() / "write-test").unlink(missing_ok=True)
    except OSError as error:
        return error
    return None


def _path(kind: str, key: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.\-]*", key):
        raise ValueError(f"id {key!r}: use letters, digits, '.', '-' and '_' only, for example '02.holes'")
    return home() / kind / f"{key}.json"


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _read_file(path: Path) -> dict[str, Any] | None:
    if path in _memory:
        return _memory[path]
    try:
        item = json.loads(path.read_bytes())
    except OSError:
        return None
    except (ValueError, RecursionError):  # not UTF-8, or not JSON, or nested without end
        return _set_aside(path)
    return item if isinstance(item, dict) else _set_aside(path)


def _set_aside(path: Path) -> None:
    kept = next(name for i in range(1, 10_000) if not (name := path.with_name(f"{path.name}.damaged-{i}")).exists())
    try:
        os.replace(path, kept)
        print(f"A file of your progress was damaged and is set aside as {kept}. Everything else is still there.")
    except OSError:
        print(f"A file of your progress is damaged and can't be read: {path}. Everything else is still there.")


def _warn_once(error: OSError) -> None:
    if home() not in _warned:
        _warned.add(home())
        reason = error.strerror or type(error).__name__
        print(
            f"Your progress can't be written to {home()} ({reason}). It is kept in memory until the kernel stops. "
            "To keep it, set the variable LITE_MAMBA_HOME to a folder that you can write to, and restart."
        )
