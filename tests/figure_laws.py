"""What holds for every live figure, for the tests of each chapter's figures."""

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
