"""A recorded figure on a page: range inputs that scrub it, and without script three of its settings side by side."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from ..page.explore import Exploration
from .record import Recording, Shot


def player(exploration: Exploration, recording: Recording, folder: Path, site: Path) -> str:
    """The HTML of a recorded figure; its pictures go to `folder`, which lies inside `site`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(recording.shots):
        (folder / f"{number}.webp").write_bytes(shot.picture)
    place = folder.relative_to(site).as_posix()
    controls, about = exploration.controls, exploration.figure.about()
    words = [[controls[name].describe(value) for value in values] for name, values in recording.positions.items()]
    start = recording.shots[recording.start]
    told = {"words": words, "sentences": [shot.sentence for shot in recording.shots]}
    rows = [
        _range(controls[name].label, describe, recording.positions[name].index(start.settings[name]))
        for name, describe in zip(recording.positions, words, strict=True)
    ]
    held = {name: control.value for name, control in controls.items() if name not in recording.positions}
    three = "".join(
        f"<figure>{_picture(exploration, place, number, f'{about} {exploration.describe(shot.settings)}')}"
        f"<figcaption>{escape(exploration.describe(shot.settings))}: {escape(shot.sentence)}</figcaption></figure>"
        for number, shot in _three(recording)
    )
    return f"""<div class="player" role="group" aria-label="{escape(about)}">
<div class="controls" hidden>{"".join(rows)}<button type="button">Reset</button></div>
{_picture(exploration, place, recording.start, about)}
<p class="says" role="status" aria-live="polite">{escape(start.sentence)}</p>
{f'<p class="held">Recorded at {escape(exploration.describe(held))}.</p>' if held else ""}
<noscript><div class="three">{three}</div></noscript>
<script type="application/json">{json.dumps(told, ensure_ascii=False).replace("<", chr(92) + "u003c")}</script>
</div>"""


def _range(label: str, words: list[str], start: int) -> str:
    now = escape(words[start])
    return (
        f'<label>{escape(label)}: <span>{now}</span><input type="range" min="0" max="{len(words) - 1}" value="{start}" '
        f'aria-label="{escape(label)}" aria-valuetext="{now}"></label>'
    )


def _picture(exploration: Exploration, place: str, number: int, alt: str) -> str:
    width, height = exploration.figure.size()
    return f'<img src="{place}/{number}.webp" width="{width}" height="{height}" alt="{escape(alt)}" loading="lazy">'


def _three(recording: Recording) -> list[tuple[int, Shot]]:
    """The first shot, the one at the start, and the last; where two of them are one, the middle."""
    last = len(recording.shots) - 1
    numbers = {0, recording.start, last}
    numbers |= {last // 2} if len(numbers) < 3 else set()
    return [(number, recording.shots[number]) for number in sorted(numbers)]
