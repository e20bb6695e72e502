"""What a learner's function returned is drawn if it can be drawn; else the words say what came and what is expected."""

import pytest
import torch

from lite_mamba.course.drawing.returned import returned

y = torch.ones(2)


def test_what_is_expected_comes_back_with_its_gradient():
    x = torch.ones(2, requires_grad=True)
    (kept,) = returned("the loop", 2 * x, (2,))
    assert kept.requires_grad
    assert returned("the chunk", [y, y[:1]], (2,), (1,))[1].shape == (1,)


@pytest.mark.parametrize(
    ("result", "shapes", "words"),
    [
        (None, [(2,)], "returned NoneType, expected a tensor of the shape (2,)"),
        (y[:1], [(2,)], "returned (1,), expected a tensor of the shape (2,)"),
        ((y,), [(2,)], "returned a tuple of 1, expected a tensor of the shape (2,)"),
        (y.numpy(), [(2,)], "returned ndarray, expected a tensor of the shape (2,)"),
        ([0.5] * 50, [(50,)], "returned a list of 50, expected a tensor of the shape (50,)"),
        (y, [(2,), (1,)], "returned (2,), expected tensors of the shapes (2,) and (1,)"),
        ((y, "h"), [(2,), (1,)], "returned (2,) and str, expected tensors of the shapes (2,) and (1,)"),
        ((), [(2,), (1,)], "returned nothing, expected tensors of the shapes (2,) and (1,)"),
        ([y] * 9, [(2,), (1,)], "returned a list of 9, expected tensors of the shapes (2,) and (1,)"),
        (y + 0j, [(2,)], "returned complex numbers, expected real ones"),
        (-y / 0, [(2,)], "returned numbers that are not finite: −inf"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_words(result, shapes, words):
    with pytest.raises(ValueError) as caught:
        returned("the loop", result, *shapes, finite=True)
    assert str(caught.value) == f"the loop {words}"
