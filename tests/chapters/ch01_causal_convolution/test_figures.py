"""The figures of notebook 01 show what the package computes, at every corner of their sliders."""

import io
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from lite_mamba import causal_dilated_conv1d_fn
from lite_mamba.course.chapters.ch01_causal_convolution import figures
from lite_mamba.course.drawing import style
from lite_mamba.course.tasks import membrane_voltage


def convolve(x, weight, bias):
    return causal_dilated_conv1d_fn(x, weight, bias)


BUILD = {
    "hero": figures.Hero,
    "recording": figures.Recording,
    "smoothing": figures.Smoothing,
    "impulse": lambda: figures.ImpulseResponse(convolve),
    "padding": figures.Padding,
    "cost": figures.Cost,
    "gradients": lambda: figures.GradientMap(convolve),
}


@pytest.fixture(scope="module", params=BUILD)
def figure(request):
    return BUILD[request.param]()


def words_of(figure):
    """The boxes of all titles, axis labels and labels in the picture, by their words."""
    texts = [t for ax in figure.figure.axes for t in (*ax.texts, ax.xaxis.label, ax.yaxis.label, ax._left_title)]
    return [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text() and t.get_visible()]


def test_words_stay_inside_the_picture_and_apart_at_every_corner(figure):
    width, height = figure.size()
    for corner in figure.corners():
        figure.update(**corner)
        figure.picture()
        words = words_of(figure)
        for text, box in words:
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, (text, corner)
        for (first, a), (second, b) in itertools.combinations(words, 2):
            assert not a.overlaps(b), (first, second, corner)


def test_hero_output_stands_below_the_axis_of_voltages():
    hero = figures.Hero()
    (square,) = [line for line in hero.ax.lines if line.get_marker() == "s"]
    low, high = hero.ax.spines["left"].get_bounds()
    assert square.get_ydata()[0] < low < hero.x.min() and hero.x.max() < high


def test_hero_output_is_the_convolution_of_the_recording():
    hero = figures.Hero()
    x = torch.from_numpy(hero.x[hero.t <= 0]).view(1, 1, -1)  # (B, D, L)
    y = causal_dilated_conv1d_fn(x, torch.from_numpy(hero.weight).float().view(1, -1))  # (B, D, L)
    assert y[0, 0, -1].item() == pytest.approx(hero.y, abs=1e-4)


def test_recording_rests_until_the_onset_and_then_spikes():
    recording = figures.Recording()
    assert np.ptp(recording.x[: figures.ONSET]) < 2 < recording.x[figures.ONSET] - recording.x[figures.ONSET - 1]
    assert recording.spikes == 57 and "57 times" in recording.update()


def test_recording_falls_when_the_current_is_switched_off_five_seconds_later():
    recording = figures.Recording()
    steps = np.diff(recording.x)
    assert steps[figures.OFFSET - 1] == steps[figures.OFFSET - 40 : figures.OFFSET + 40].min() < -1
    assert recording.x[figures.OFFSET :].max() < recording.x[figures.OFFSET - 1] and "for 5 s" in recording.update()


def test_mean_of_four_begins_far_from_rest_as_a_think_answer_says():
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    said = re.search(r"a mean of four begins with (−\d+), (−\d+) and (−\d+) mV", notebook).groups()
    recording = membrane_voltage().view(1, 1, -1)  # (B, D, L)
    first = causal_dilated_conv1d_fn(recording, torch.full((1, 4), 0.25))[0, 0, :3]  # (W − 1,)
    assert list(said) == [f"{value:.0f}".replace("-", "−") for value in first.tolist()]


@pytest.mark.parametrize("shape", ["flat", "fading"])
@pytest.mark.parametrize("width", [3, 9, 25, 41])
def test_only_the_centred_window_knows_the_onset_before_it_happens(width, shape):
    smoothing = figures.Smoothing()
    sentence = smoothing.update(width=width, shape=shape)
    assert smoothing.first_to_know == figures.ONSET - width // 2
    assert f"{width // 2 * 0.5:.1f} ms before the cell" in sentence
    past = figures.smooth(smoothing.resting, figures.window(width, shape, centred=False), ahead=0)
    assert torch.equal(smoothing.past[: figures.ONSET], past[: figures.ONSET])
    assert smoothing.delay > 0


def test_past_only_smoothing_is_the_causal_convolution_of_the_package():
    smoothing = figures.Smoothing()
    smoothing.update(width=9, shape="fading")
    weight = figures.window(9, "fading", centred=False)
    y = causal_dilated_conv1d_fn(smoothing.recording.view(1, 1, -1), weight.view(1, -1))[0, 0]
    torch.testing.assert_close(smoothing.past[8:], y[8:])
    torch.testing.assert_close(weight, torch.arange(1, 10) / 45)


def test_impulse_response_is_the_reversed_kernel_and_the_sentence_says_its_values():
    impulse = figures.ImpulseResponse(convolve)
    impulse.owner = lambda function: "yours"
    sentence = impulse.update(at=3, kernel=(4.0, 1.0, 0.0, 2.0), biased=True)
    assert impulse.y.tolist() == [1, 1, 1, 3, 1, 2, 5, 1, 1, 1, 1, 1]
    assert impulse.reached == [3, 5, 6]
    assert "your function answers 3, 1, 2, 5" in sentence


def test_impulse_at_the_end_reaches_the_last_output_only():
    impulse = figures.ImpulseResponse(convolve)
    sentence = impulse.update(at=11)
    assert impulse.reached == [11] and "the function answers 4:" in sentence
    impulse.owner = lambda function: "the reference's"
    assert "the reference's function answers 4:" in impulse.update(at=11)


def test_impulse_response_without_the_bias_is_not_called_plus_1():
    impulse = figures.ImpulseResponse(lambda x, weight, bias: convolve(x, weight, 0 * bias))
    assert "the last tap comes first" in impulse.update(biased=False)
    assert "answers 4, 3, 2, 1: not the kernel in reverse, plus 1." in impulse.update(biased=True)


@pytest.mark.parametrize("at", [0, 3, 11])
@pytest.mark.parametrize("biased", [False, True])
def test_impulse_response_of_another_convolution_is_not_called_the_kernel_in_reverse(at, biased):
    def flipped(x, weight, bias):
        return convolve(x, weight.flip(-1), bias)

    def ahead(x, weight, bias):
        return F.conv1d(F.pad(x, (0, weight.shape[1] - 1)), weight.unsqueeze(1), bias)

    for wrong in (flipped, ahead):
        impulse = figures.ImpulseResponse(wrong)
        sentence = impulse.update(at=at, biased=biased)
        assert "not the kernel in reverse" in sentence and "last tap comes first" not in sentence
        assert impulse.right._left_title.get_text().startswith(f"Not the kernel in reverse from t = {at} on")
        impulse.picture()
        assert all(box.x1 <= impulse.size()[0] for _, box in words_of(impulse))
        first = max(0, at - 3) if wrong is ahead else at
        assert impulse.reached == list(range(first, at + 1 if wrong is ahead else min(at + 4, 12)))


def test_figures_say_in_words_that_a_function_returns_the_wrong_shape():
    wrong = figures.ImpulseResponse(lambda x, weight, bias: x[..., :3])
    with pytest.raises(ValueError, match=r"returned \(1, 1, 3\), expected the shape \(1, 1, 12\)"):
        wrong.update()


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_padding_left_gives_the_outputs_of_the_package(width):
    padding = figures.Padding()
    x = torch.tensor([[figures.Padding.X]], dtype=torch.float32)  # (B, D, L)
    for t in range(6):
        padding.update("left", width, t)
        assert not padding.future and padding.reads[-1] == t
    y = causal_dilated_conv1d_fn(x, torch.ones(1, width))[0, 0]  # (L,)
    assert padding.y.tolist() == y.tolist()


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths")
def test_padding_both_sides_is_what_pytorch_calls_same():
    padding = figures.Padding()
    x = torch.tensor([[figures.Padding.X]], dtype=torch.float32)  # (B, D, L)
    for width in (1, 2, 3, 4, 5):
        sentence = padding.update("both", width, 2)
        assert padding.y.tolist() == F.conv1d(x, torch.ones(1, 1, width), padding="same")[0, 0].tolist()
        assert len(padding.future) == width // 2 and ("no half" in sentence) == (width % 2 == 0)
    assert "no half" not in padding.update("right", 4, 2)


def test_padding_with_a_zero_too_many_forgets_now():
    padding = figures.Padding()
    sentence = padding.update("too many", 4, 2)
    assert not padding.sees_now and "does not know x[2]" in sentence and "Outputs: 7" in sentence


def test_cost_counts_the_weights_of_real_layers():
    cost = figures.Cost()
    sentence = cost.update(channels=64, width=4)
    assert cost.full == torch.nn.Conv1d(64, 64, 4, bias=False).weight.numel()
    assert cost.depthwise == torch.nn.Conv1d(64, 64, 4, groups=64, bias=False).weight.numel()
    assert "16 384" in sentence and "256" in sentence


@pytest.mark.parametrize(("layer", "cheaters"), [("conv", 0), ("both", 11), ("right", 11), ("mean", 11)])
def test_gradient_map_counts_the_outputs_that_read_the_future(layer, cheaters):
    gradients = figures.GradientMap(convolve)
    sentence = gradients.update(layer, 4)
    assert gradients.cheaters == cheaters and ("has no kernel" in sentence) == (layer == "mean")
    assert ("No output reads the future" if cheaters == 0 else f"{cheaters} of 12 outputs") in sentence


def test_gradient_map_of_the_causal_convolution_is_a_band_below_the_diagonal():
    gradients = figures.GradientMap(convolve)
    gradients.update("conv", 4)
    lag = np.subtract.outer(np.arange(12), np.arange(12))  # (L, L): output t minus input s
    assert np.array_equal(gradients.reads, (lag >= 0) & (lag < 4))


def test_gradient_map_is_drawn_with_output_0_at_the_top():
    gradients = figures.GradientMap(convolve)
    gradients.update("conv", 4)
    pixels = np.asarray(Image.open(io.BytesIO(gradients.picture())).convert("RGB"))

    def colour(output, source):  # a little beside the middle, where a cross could be
        x, y = gradients.ax.transData.transform((source + 0.3, output))
        return tuple(pixels[pixels.shape[0] - 1 - int(y), int(x)])

    blue = tuple(int(style.BLUE[i : i + 2], 16) for i in (1, 3, 5))
    assert colour(11, 8) == blue and colour(3, 0) == blue
    assert colour(11, 0) == colour(0, 11) == (255, 255, 255)
