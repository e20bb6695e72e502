"""Draw figures/course.webp, the moving picture of the README: a figure of notebook 02 while its slider is drawn.

python tools/make_moving_picture.py [folder]
"""

import io
import sys
from pathlib import Path

from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from lite_mamba.course.chapters.ch02_dilation_and_receptive_field.figures import TapsOnRecording
from lite_mamba.course.drawing.style import BLACK, BLUE, GREY
from lite_mamba.course.page.explore import Exploration

FOLDER = Path(__file__).resolve().parent.parent / "figures"
NAME = "course.webp"
CONTROL = TapsOnRecording.controls["dilation"]
STEPS = [*range(8, 0, -1), *range(2, 49, 2)]  # from the start down to 1, then up to where the taps meet the spike
SHORT, LONG = 90, 2500  # milliseconds: while the slider moves, and where it rests
STRIP, TRACK = 64, (190, 900)  # height of the controls, and the two ends of the slider's track, in pixels
RESTS = (0, 7, len(STEPS) - 1)  # the frames at which the slider rests


def frame(exploration: Exploration, dilation: int) -> Image.Image:
    """One picture: the slider above, the figure below."""
    exploration.set(dilation=dilation)
    picture = Image.open(io.BytesIO(exploration.figure.picture())).convert("RGB")
    whole = Image.new("RGB", (picture.width, picture.height + STRIP), "white")
    whole.paste(picture, (0, STRIP))
    draw_slider(ImageDraw.Draw(whole), dilation)
    return whole


def draw_slider(draw: ImageDraw.ImageDraw, value: int) -> None:
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 20)
    (left, right), middle = TRACK, STRIP // 2
    knob = left + (right - left) * (value - CONTROL.low) / (CONTROL.high - CONTROL.low)
    draw.text((left - 20, middle), CONTROL.label, BLACK, font, anchor="rm")
    draw.line((left, middle, right, middle), GREY, 3)
    draw.line((left, middle, knob, middle), BLUE, 5)
    draw.ellipse((knob - 11, middle - 11, knob + 11, middle + 11), BLUE)
    draw.text((right + 20, middle), str(value), BLACK, font, anchor="lm")


def frames() -> list[Image.Image]:
    exploration = Exploration(TapsOnRecording())
    return [frame(exploration, dilation) for dilation in STEPS]


def main(folder: Path = FOLDER) -> None:
    first, *rest = frames()
    times = [LONG if number in RESTS else SHORT for number in range(len(STEPS))]
    first.save(folder / NAME, save_all=True, append_images=rest, duration=times, loop=0, quality=70, method=6)
    print(f"{folder.name}/{NAME}: {(folder / NAME).stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
