"""What holds for every live figure, for the tests of each chapter's figures."""

import itertools

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from lite_mamba.course.drawing import LiveFigure
from lite_mamba.course.page.explore import Exploration


def check_every_corner(figure: LiveFigure) -> None:
    """Each corner of the controls gives a sentence and a picture, and not always the same picture."""
    pictures = set()
    for parameters in figure.corners():
        assert figure.update(**parameters).endswith(".")
        pictures.add(figure.picture())
    assert len(pictures) > 1


def check_every_control(figure: LiveFigure) -> None:
    """Each control, moved from one end to the other, changes the picture and the sentence."""
    exploration = Exploration(figure)
    for name, control in exploration.controls.items():
        frames = [exploration.set(**{name: value}) for value in control.extremes()]
        assert not any(frame.failed for frame in frames)
        assert frames[0].sentence != frames[1].sentence
        assert frames[0].picture != frames[1].picture
        exploration.reset()


def crossed_labels(figure: LiveFigure) -> list[str]:
    """The texts through which a dashed or dotted line runs, unless a ground of their own covers it."""
    found = []

    def drawn(one) -> tuple[bool, float]:
        """Its place in the order of drawing: what moves comes after what stays."""
        return one in figure._moving, one.get_zorder()

    for ax in figure.figure.axes:
        broken = [line for line in ax.lines if line.get_visible() and line.get_linestyle() in ("--", ":", "-.")]
        for text, line in itertools.product(ax.texts, broken):
            if not (text.get_visible() and text.get_text().strip() and _crosses(line, _inside(text))):
                continue
            own = text.get_bbox_patch() is not None and drawn(text) > drawn(line)
            over = [shape for shape in (*ax.patches, *ax.collections) if drawn(shape) > drawn(line)]
            if not own and not _grounded(text, over):
                found.append(text.get_text())
    return found


def _inside(text) -> Bbox:
    """Where the letters of a text stand: its box without a narrow edge, in pixels."""
    return text.get_window_extent().padded(-2)


def _crosses(line, box: Bbox) -> bool:
    points = line.get_transform().transform(line.get_xydata())  # (points, 2), in pixels
    pieces = itertools.pairwise(points)
    shown = line.axes.bbox.overlaps(box)
    return shown and any(Path(piece).intersects_bbox(box, filled=False) for piece in pieces if np.isfinite(piece).all())


def _grounded(text, over: list) -> bool:
    """Whether one of the filled shapes over the line lies under the text."""
    centre = _inside(text).get_points().mean(axis=0)
    paths = (shape.get_transform().transform_path(path) for shape in over for path in _paths(shape))
    return any(path.contains_point(centre) for path in paths)


def _paths(shape) -> list[Path]:
    return shape.get_paths() if hasattr(shape, "get_paths") else [shape.get_path()]
