"""The figures of notebook 01 show what the package computes, at every corner of their sliders."""

import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from lite_mamba import Mamba, causal_dilated_conv1d_fn
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


@pytest.mark.parametrize(
    ("said", "needed"),
    [("samples before the start count as zero", '"01.impulse"'), ("as the smallest Mamba has", "{full_24}")],
)
def test_what_a_prediction_or_its_answer_needs_is_said_before(said, needed):
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    assert 0 < notebook.find(said) < notebook.find(needed.replace('"', '\\"'))


def test_the_six_samples_that_are_padded_by_hand_stand_in_the_cell_that_is_named():
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    cells = ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]
    (at,) = [i for i, text in enumerate(cells) if "By hand, one of the four, with the six samples of the next" in text]
    numbers = tuple(map(int, re.findall(r"\d", re.search(r"tiny = torch\.tensor\((.*?)\)", cells[at + 1])[1])))
    assert numbers == figures.Padding.X and f"the sample of time 2, here a {numbers[2]}" in cells[at]


def test_the_half_that_is_not_convolved_is_explained_where_it_is_said_to_be():
    said, there = (
        next((Path(__file__).parents[3] / "notebooks").glob(f"{chapter}_*.ipynb")).read_text("utf-8")
        for chapter in ("01", "08")
    )
    assert "one half for the convolution and one that notebook 08 explains" in said
    (gate,) = re.findall(r"The \*\*gate\*\* [^\n]*", there)
    assert "z comes from the other half of the [block](glossary.ipynb#B)'s first layer" in gate


def test_from_one_jump_of_the_voltage_to_the_next_it_is_more_than_a_hundred_samples():
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    x = membrane_voltage().numpy()
    jumps = np.flatnonzero((x[1:] > -15) & (x[:-1] <= -15))
    assert len(jumps) == figures.Recording().spikes and 100 < np.diff(jumps).min() < 200
    assert "From one jump of the voltage to the next it is more than a hundred samples." in notebook


def test_the_linear_layers_of_a_block_are_one_before_the_convolution_and_others_after_it():
    notebook = (Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8")
    kinds = [type(module) for module in Mamba(d_model=4).modules()]
    after = kinds[kinds.index(torch.nn.Conv1d) :].count(torch.nn.Linear)
    assert (kinds.count(torch.nn.Linear) - after, after > 1) == (1, True)
    assert "puts a linear layer before it (`in_proj`) and others after it" in notebook


@pytest.mark.parametrize("shape", ["flat", "fading"])
@pytest.mark.parametrize("width", [3, 9, 25, 41])
def test_only_the_centred_window_knows_the_onset_before_it_happens(width, shape):
    smoothing = figures.Smoothing()
    sentence = smoothing.update(width=width, shape=shape)
    assert smoothing.first_to_know == figures.ONSET - width // 2
    assert f"knows of the rise {width // 2 * 0.5:.1f} ms before it happens" in sentence
    past = figures.smooth(smoothing.resting, figures.window(width, shape, centred=False), ahead=0)
    assert torch.equal(smoothing.past[: figures.ONSET], past[: figures.ONSET])
    assert smoothing.delay > 0


@pytest.mark.parametrize("shape", ["flat", "fading"])
def test_a_window_of_one_sample_has_no_output_that_is_the_first_to_know(shape):
    smoothing = figures.Smoothing()
    sentence = smoothing.update(width=1, shape=shape)
    assert torch.equal(smoothing.past, smoothing.recording) and torch.equal(smoothing.centred, smoothing.recording)
    assert not smoothing.first.get_visible() and not smoothing.first_name.get_text()
    assert "no curve is early or late, and the noise stays" in sentence and "its noise" not in sentence
    smoothing.update(width=3, shape=shape)
    assert smoothing.first.get_visible() and smoothing.first_name.get_text()


@pytest.mark.parametrize("width", [1, 3, 25, 41])
def test_the_dots_of_the_recording_are_seen_where_the_curves_run_through_them(width):
    smoothing = figures.Smoothing()
    smoothing.update(width=width)
    smoothing.picture()  # the first one updates again
    smoothing.first.set_visible(False)  # the one mark that may hide a dot
    pixels = np.asarray(Image.open(io.BytesIO(smoothing.picture())).convert("RGB")).astype(int)
    grey = [int(style.GREY[i : i + 2], 16) for i in (1, 3, 5)]
    for x, y in zip(smoothing.ms[1:], smoothing.recording[smoothing.shown][1:].tolist(), strict=True):
        if y < smoothing.ax.get_ylim()[1]:
            column, row = map(int, smoothing.ax.transData.transform((x, y)))
            assert abs(pixels[pixels.shape[0] - 1 - row, column] - grey).max() < 12, (x, y)


@pytest.mark.parametrize("shape", ["flat", "fading"])
@pytest.mark.parametrize("width", [3, 25, 41])
def test_the_past_only_curve_is_said_to_be_later_than_the_recording(width, shape):
    smoothing = figures.Smoothing()
    sentence = smoothing.update(width=width, shape=shape)
    reached, risen = (np.flatnonzero(curve > -61)[0] for curve in (smoothing.past, smoothing.recording))
    assert f"reaches −61 mV {(reached - risen) * 0.5:.1f} ms later than the recording." in sentence


def test_what_leaks_is_said_where_the_word_leak_stands_first():
    notebook = json.loads((Path(__file__).parents[3] / "notebooks/01_causal_convolution.ipynb").read_text("utf-8"))
    sources = "\n".join("".join(cell["source"]) for cell in notebook["cells"])  # a picture's letters may spell it, too
    assert sources[: sources.index("leak")].endswith("also its end: the future ")


def test_the_noise_in_the_sentence_is_said_to_be_that_of_the_past_only_curve():
    smoothing = figures.Smoothing()
    sentence = smoothing.update(width=15, shape="fading")
    rest = slice(100, figures.ONSET - 40)
    assert f"{smoothing.past[rest].std():.2f}" != f"{smoothing.centred[rest].std():.2f}"
    assert "The past-only curve reaches" in sentence
    assert sentence.endswith(f"At rest its noise is {smoothing.past[rest].std():.2f} mV instead of 0.25.")


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
    assert "answers 4, 3, 2, 1: the kernel in reverse, without the bias." in impulse.update(biased=True)
    assert impulse.titles() == ["The kernel in reverse, without the bias"]
    assert "answers 4: the kernel in reverse, cut off, without the bias." in impulse.update(at=11, biased=True)
    assert impulse.titles() == ["The kernel in reverse, cut off, without the bias"]
    impulse.picture()
    assert all(box.x1 <= impulse.size()[0] for _, box in words_of(impulse))


@pytest.mark.parametrize("at", [0, 3, 11])
@pytest.mark.parametrize("biased", [False, True])
def test_impulse_response_of_another_convolution_is_not_called_the_kernel_in_reverse(at, biased):
    def flipped(x, weight, bias):
        return convolve(x, weight.flip(-1), bias)

    def ahead(x, weight, bias):
        return F.conv1d(F.pad(x, (0, weight.shape[1] - 1)), weight.unsqueeze(1), bias)

    plus = " plus 1" if biased else ""
    for wrong in (flipped, ahead):
        impulse = figures.ImpulseResponse(wrong)
        sentence = impulse.update(at=at, biased=biased)
        assert f"not the kernel in reverse{plus}. " in sentence and "last tap comes first" not in sentence
        assert impulse.titles() == [f"Not the kernel in reverse{plus} from t = {at} on"]
        impulse.picture()
        assert all(box.x1 <= impulse.size()[0] for _, box in words_of(impulse))
        first = max(0, at - 3) if wrong is ahead else at
        assert impulse.reached == list(range(first, at + 1 if wrong is ahead else min(at + 4, 12)))


@pytest.mark.parametrize("biased", [False, True])
def test_an_answer_that_differs_by_less_than_is_shown_is_called_almost_right(biased):
    impulse = figures.ImpulseResponse(lambda x, weight, bias: 1.001 * convolve(x, weight, bias))
    sentence, plus = impulse.update(at=11, biased=biased), " plus 1" if biased else ""
    assert f"answers {4 + biased}: almost the kernel in reverse{plus}. " in sentence
    assert impulse.titles() == [f"Almost the kernel in reverse{plus} from t = 11 on"]
    impulse.picture()
    assert all(box.x1 <= impulse.size()[0] for _, box in words_of(impulse))


def in_a_circle(x, weight, bias):
    lags = range(weight.shape[1] - 1, -1, -1)  # of the taps, the oldest first
    return sum(weight[:, k, None] * x.roll(lag, -1) for k, lag in enumerate(lags)) + bias[:, None]


def without_the_last(x, weight, bias):
    return convolve(x, weight, bias) * (torch.arange(x.shape[-1]) < x.shape[-1] - 1)


@pytest.mark.parametrize(
    ("conv", "at", "others"), [(in_a_circle, 11, "0, 1, 2"), (in_a_circle, 9, "0"), (without_the_last, 3, "11")]
)
def test_impulse_response_that_is_wrong_elsewhere_is_told_where(conv, at, others):
    impulse = figures.ImpulseResponse(conv)
    sentence = impulse.update(at=at, biased=True)
    right = figures.ImpulseResponse(convolve).update(at=at, biased=True)
    answer = right.split(" The bias")[0]  # "From there on the function answers 5: the last tap comes first."
    assert sentence.startswith(f"{answer} Other outputs that are wrong: {others}. ") and "The bias" not in sentence
    number = "1 other output is" if "," not in others else "3 other outputs are"
    assert impulse.titles() == [f"The right answer, but {number} wrong"]
    impulse.picture()
    assert all(box.x1 <= impulse.size()[0] for _, box in words_of(impulse))


@pytest.mark.parametrize("factor", [2, -1, -0.731, 1e6])
@pytest.mark.parametrize("at", [0, 3, 11])
def test_every_bar_and_every_number_of_an_impulse_response_stays_in_the_frame(factor, at):
    impulse = figures.ImpulseResponse(lambda x, weight, bias: factor * convolve(x, weight, bias))
    impulse.update(at=at, biased=True)
    impulse.picture()
    frame = impulse.right.get_window_extent()
    for bar, name in zip(impulse.bars, impulse.names, strict=True):
        assert frame.y0 - 1 <= bar.get_window_extent().y0 and bar.get_window_extent().y1 <= frame.y1 + 1
        assert name.get_text() and frame.y0 - 1 <= name.get_window_extent().y0
        assert name.get_window_extent().y1 <= impulse.word.get_window_extent().y0
        assert float(name.get_text().replace("−", "-")) == pytest.approx(bar.get_height(), rel=0.01)
    for (first, a), (second, b) in itertools.combinations(words_of(impulse), 2):
        assert not a.overlaps(b), (first, second)
    assert impulse.left.get_ylim() == impulse.right.get_ylim()
    impulse.conv = convolve
    impulse.update(at=at)
    assert impulse.right.get_ylim() == pytest.approx((0, 7.2))


def test_impulse_response_with_the_rounding_of_a_fourier_transform_has_plain_numbers():
    def by_fourier(x, weight, bias):
        n = x.shape[-1] + weight.shape[-1] - 1
        product = torch.fft.rfft(x, n) * torch.fft.rfft(weight.flip(-1), n)  # (B, D, frequencies)
        return torch.fft.irfft(product, n)[..., : x.shape[-1]] + bias[:, None]

    impulse, plain = figures.ImpulseResponse(by_fourier), figures.ImpulseResponse(convolve)
    for corner in plain.corners():
        assert impulse.update(**corner) == plain.update(**corner)
        assert [name.get_text() for name in impulse.names] == [name.get_text() for name in plain.names]


def test_impulse_response_in_another_precision_or_of_a_function_that_writes_into_its_input_is_the_same():
    def writing(x, weight, bias):
        y = convolve(x, weight, bias)
        x.zero_()
        return y

    for conv in (writing, lambda *given: convolve(*given).double()):
        assert figures.ImpulseResponse(conv).update(biased=True) == figures.ImpulseResponse(convolve).update(
            biased=True
        )


def test_an_output_that_is_shown_as_a_number_is_one_that_the_impulse_reaches():
    impulse = figures.ImpulseResponse(lambda x, weight, bias: 1e-4 * convolve(x, weight, bias))
    assert "answers 0.0004, 0.0003, 0.0002, 0.0001: not" in impulse.update(at=3)
    assert impulse.reached == [3, 4, 5, 6]


def test_each_of_the_four_outputs_of_an_answer_has_its_number_be_it_zero():
    impulse = figures.ImpulseResponse(convolve)
    impulse.update(at=3, kernel=(4.0, 1.0, 0.0, 2.0))
    assert [name.get_text() for name in impulse.names] == ["", "", "", "2", "0", "1", "4", "", "", "", "", ""]


@pytest.mark.parametrize("build", [figures.ImpulseResponse, figures.GradientMap])
def test_figures_say_in_words_that_a_result_is_not_a_number(build):
    with pytest.raises(ValueError, match="not finite: NaN"):
        build(lambda x, weight, bias: x * float("nan")).update()


def test_figures_say_in_words_that_a_function_returns_the_wrong_shape():
    wrong = figures.ImpulseResponse(lambda x, weight, bias: x[..., :3])
    with pytest.raises(ValueError, match=r"returned \(1, 1, 3\), expected a tensor of the shape \(1, 1, 12\)"):
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


@pytest.mark.parametrize("scheme", ["both", "right"])
@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_padding_says_not_causal_of_windows_with_a_later_sample_only(scheme, width):
    padding = figures.Padding()
    for t in range(6):
        sentence = padding.update(scheme, width, t)
        moved = padding.y.clone()
        padding.X = (*figures.Padding.X[: t + 1], *(70 for _ in figures.Padding.X[t + 1 :]))  # another future
        padding.update(scheme, width, t)
        del padding.X
        assert ("not causal" in sentence) == bool(padding.y[t] != moved[t]), (t, sentence)
        assert ("after the end, and no later sample" in sentence) == (t == 5)


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


def test_gradient_map_names_the_mark_of_the_future_only_where_there_is_one():
    gradients = figures.GradientMap(convolve)
    for layer, width in itertools.product(gradients.LAYERS.values(), range(1, 9)):
        gradients.update(layer, width)
        words = " ".join(text for text, _ in words_of(gradients))
        assert "the future" in words and ("×" in words) == bool(len(gradients.crosses.get_xdata())), (layer, width)


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


def test_gradient_map_without_a_gradient_is_called_neither_causal_nor_not():
    def cut_off(x, weight, bias):
        return F.conv1d(F.pad(x.detach(), (0, weight.shape[1] - 1)), weight.unsqueeze(1), bias)

    gradients = figures.GradientMap(cut_off)
    sentence = gradients.update("conv", 4)
    assert "No gradient comes through, so nothing is known. Filled squares: 0" in sentence and "causal." not in sentence


def test_gradient_map_of_gradients_that_are_no_numbers_says_so():
    def root_of_nothing(x, weight, bias):
        return convolve(x, weight, bias) + (x - x).sqrt()

    with pytest.raises(ValueError, match="the gradients are not all numbers"):
        figures.GradientMap(root_of_nothing).update("conv", 4)


def test_the_caption_of_the_padding_is_true_where_no_zero_is_put_in():
    assert "Zeros: 0 on the left, 0 on the right" in figures.Padding().update(scheme="left", width=1)
    assert "the zeros that are put in, if any," in figures.Padding.__doc__
