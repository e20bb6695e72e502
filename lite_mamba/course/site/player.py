"""A recorded figure on a page: range inputs that scrub it, and without script three of its settings side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..drawing.controls import Control
from ..page.answers import Answer
from ..page.explore import Exploration
from .picture import least_width, picture
from .record import Recording, Settings, Shot, place


@dataclass(frozen=True)
class Player:
    """A figure, what was recorded of it, and where on the site its pictures lie."""

    exploration: Exploration
    recording: Recording
    place: str

    def save(self, site: Path) -> None:
        """Writes the pictures."""
        folder = site / self.place
        folder.mkdir(parents=True, exist_ok=True)
        for number, shot in enumerate(self.recording.shots):
            (folder / f"{number}.webp").write_bytes(shot.picture)

    def html(self) -> str:
        """The figure with its ranges; without script three of its settings."""
        recording, about = self.recording, self.exploration.figure.about()
        controls, start = self.exploration.controls, recording.shots[recording.start]
        words = [[controls[name].describe(value) for value in values] for name, values in recording.positions.items()]
        told = {"words": words, "sentences": [shot.sentence for shot in recording.combined()]}
        rows = [
            _range(controls[name], describe, describe.index(controls[name].describe(start.settings[name])))
            for name, describe in zip(recording.positions, words, strict=True)
        ]
        three = "".join(map(self._still, _three(recording)))
        right = " data-right" if recording.right else ""
        return f"""<div class="player" role="group" aria-label="{escape(about)}"{right}>
<div class="controls" hidden>{"".join(rows)}<button type="button" class="reset">Reset</button></div>
{self.picture(recording.start, about)}
<p class="says" role="status" aria-live="polite">{escape(start.sentence)}</p>
{self._held()}
<noscript><div class="three" role="group" aria-label="Three settings" tabindex="0">{three}</div></noscript>
<script type="application/json">{json.dumps(told, ensure_ascii=False).replace("<", chr(92) + "u003c")}</script>
</div>"""

    def answer(self, number: int, given: Answer) -> str:
        """An answer, folded, with the picture at each of the settings at which it shows."""
        shown = "".join(self._still(self.number(settings), settings) for settings in given.settings)
        words = escape(given.words)
        return f"<details><summary>Answer {number}</summary><p>{words}</p>{shown}</details>"

    def number(self, settings: Settings) -> int:
        """Which shot shows the settings; controls that they do not name stand at their start."""
        wanted = place(self.exploration, settings)
        return next(n for n, one in enumerate(self.recording.shots) if place(self.exploration, one.settings) == wanted)

    def picture(self, number: int, alt: str) -> str:
        figure = self.exploration.figure
        return picture(f"{self.place}/{number}.webp", figure.size(), alt, least_width(figure.figure))

    def _held(self) -> str:
        """Says which controls stand still here."""
        held = {n: one.value for n, one in self.exploration.controls.items() if n not in self.recording.positions}
        if not held:
            return ""
        stand, at = "it stands" if len(held) == 1 else "they stand", escape(self.exploration.describe(held))
        return f'<p class="held">The notebook moves {len(held)} more; {stand} here at {at}.</p>'

    def _still(self, number: int, settings: Settings | None = None) -> str:
        """One picture, with its settings and its sentence below."""
        shot: Shot = self.recording.shots[number]
        recorded = {name: shot.settings[name] for name in self.recording.positions}
        at = self.exploration.describe(recorded if settings is None else dict(settings)) or "as it starts"
        alt = f"{self.exploration.figure.about()} {at}"
        words = f"{escape(at)}: {escape(shot.sentence)}"
        return f"<figure>{self.picture(number, alt)}<figcaption>{words}</figcaption></figure>"


def _range(control: Control, words: list[str], start: int) -> str:
    label, now = escape(control.label), escape(words[start])
    play = f'<button type="button" class="play">Play {label}</button>'
    return (
        f'<label>{label}: <span>{now}</span><input type="range" min="0" max="{len(words) - 1}" value="{start}" '
        f'aria-label="{label}" aria-valuetext="{now}"></label>{play if getattr(control, "play", False) else ""}'
    )


def _three(recording: Recording) -> list[int]:
    """The first frame, the one at the start, and the last; where two of them are one, the middle."""
    last = len(recording.combined()) - 1
    numbers = {0, recording.start, last}
    return sorted(numbers | ({last // 2} if len(numbers) < 3 else set()))
