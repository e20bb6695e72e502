"""`explore`, its controls, and the figures beneath: what a reader sees after a move, without a kernel."""

import importlib
import io
import json
import math
import threading
import time
from copy import deepcopy
from types import SimpleNamespace
from typing import ClassVar

import ipywidgets
import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from packaging.version import Version
from PIL import Image

from lite_mamba.course import explore as public_explore
from lite_mamba.course.drawing import LiveFigure, raster, style
from lite_mamba.course.drawing.controls import choice, slider, toggle
from lite_mamba.course.drawing.raster import WITHIN_PIXELS, Canvas, draw_cells, has_plain_cells, png
from lite_mamba.course.page.explore import SPEEDS, Exploration, _Panel, explore

page = importlib.import_module("lite_mamba.course.page.explore")


class Ripple(LiveFigure):
    """A ripple and its map."""

    controls: ClassVar = {
        "waves": slider(1, 8, 2, label="number of waves"),
        "decay": slider(0.01, 10.0, 1.0, 0.1, label="decay", unit="s", log=True),
        "shape": choice(["sine", "square"], "sine", label="shape"),
        "shown": toggle(True, label="show the map"),
    }

    def __init__(self, function=None):
        super().__init__(6, 3)
        self.function = function or (lambda signal, waves: signal)
        self.left, right = self.figure.subplots(1, 2)
        self.t = np.linspace(0, 1, 100)
        (self.line,) = self.left.plot(self.t, 0 * self.t)
        self.left.set(ylim=(-1.1, 1.1), xlabel="time (s)")
        self.map = right.imshow(np.zeros((10, 10)), vmin=-1, vmax=1)
        self.move(self.line, self.map)
        self.updates = 0

    def update(self, waves=2, decay=1.0, shape="sine", shown=True):
        self.updates += 1
        signal = np.sin(2 * np.pi * waves * self.t) * np.exp(-self.t / decay)
        self.y = self.function(np.sign(signal) if shape == "square" else signal, waves)
        self.line.set_ydata(self.y)
        self.map.set_data(shown * np.outer(self.y[::10], self.y[::10]))
        self.title(self.left, f"{waves} waves")
        return f"There are {waves} waves; they fade in {decay:.2f} s."


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)))  # (height, width, 4)


# The picture


def test_blitted_picture_equals_one_drawn_from_nothing():
    figure = Ripple()
    figure.update(waves=2)
    figure.picture()
    figure.update(waves=5)
    blitted = pixels(figure.picture())
    for artist in figure._moving:
        artist.set_animated(False)
    with style.context():
        FigureCanvasAgg(figure.figure).draw()
    whole = np.asarray(figure.figure.canvas.buffer_rgba())
    assert (abs(blitted.astype(int) - whole) > 40).any(axis=-1).mean() < 0.002


def words(canvas, *kinds) -> np.ndarray:
    """Words of many kinds, drawn twice, so that the second time finds kept ones."""
    figure = Figure(figsize=(5, 3), dpi=130)
    canvas(figure)
    for i, kind in enumerate(kinds):
        figure.text(0.3 + 0.011 * i, 0.9 - i / len(kinds), **kind)
    figure.canvas.draw()
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).astype(int)  # (height, width, 4)


def test_a_saved_figure_is_the_picture_of_what_was_set_last_with_its_heading(tmp_path):
    figure = Ripple()
    figure.heading = figure.figure.suptitle("finding", x=0.01, ha="left")
    figure.move(figure.heading)
    shown = [pixels(figure.picture()) for words in ("", "a ripple") if not figure.heading.set_text(words)]
    figure.update(waves=5)
    figure.savefig(tmp_path / "saved.png")
    saved, drawn = (pixels(picture) for picture in ((tmp_path / "saved.png").read_bytes(), figure.picture()))
    assert (shown[0] != shown[1]).any()
    assert (abs(drawn.astype(int) - saved) > 40).any(axis=-1).mean() < 0.002
    figure.figure.savefig(tmp_path / "again.png")
    assert (pixels((tmp_path / "again.png").read_bytes()) == saved).all()
    assert figure.heading.get_animated()


def test_a_figure_keeps_its_axes_however_often_it_is_saved_and_wherever_it_has_no_points(tmp_path):
    places = []
    for points in ([], [0.5]):
        figure = Ripple()
        (marks,) = figure.left.plot(points, points, "o", clip_on=False)
        figure.move(marks)
        for one in (figure.figure, figure, figure.figure, figure):
            one.savefig(tmp_path / "saved.png")
            deepcopy(figure.figure).savefig(tmp_path / "copied.png")
            places.append(figure.left.get_position().bounds)
        figure.picture()
        places.append(figure.left.get_position().bounds)
    assert len(set(places)) == 1


class Named(LiveFigure):
    """A name beside the axes, long at the start."""

    controls: ClassVar = {"name": choice(["a long name", "short", "broken"], "a long name", label="name")}

    def __init__(self, start="a long name"):
        super().__init__(6, 3)
        self.controls = {"name": choice(["a long name", "short", "broken"], start, label="name")}
        self.ax = self.figure.subplots()
        self.name = self.ax.text(-0.05, 0.5, "", ha="right", fontsize=20)
        self.move(self.name)

    def update(self, name="a long name"):
        if name == "broken":
            raise ValueError("broken")
        self.name.set_text(name)
        return f"It is {name}."


def test_a_figure_has_its_axes_where_its_start_asks_for_them_whatever_is_drawn_first():
    first, second = Named(), Named()
    first.update(name="a long name"), second.update(name="short")
    first.pixels(), second.pixels()
    assert second.set_to == {"name": "short"} and second.name.get_text() == "short"
    second.update(name="a long name")
    assert np.array_equal(first.pixels(), second.pixels()) and second.name.get_window_extent().x0 >= 0
    third = Named(start="broken")
    third.update(name="short")
    third.pixels()
    assert third.name.get_text() == "short"


def test_kept_words_are_drawn_as_matplotlib_draws_them():
    kinds = [
        {"s": "Jagged ΔA, gy|", "color": style.VERMILLION},
        {"s": "half of it at 1,024.5 steps, −7 %  of 3", "size": 16},
        {"s": "two lines,\nof which this is the second", "ha": "center", "weight": "bold"},
        {"s": "$e^{-\\Delta t} \\sum_n h_n$ and words", "size": 20},
        {"s": "turned", "rotation": 40},
        {"s": "pale", "alpha": 0.4, "color": "blue"},
        {"s": "pale from its colour", "color": (0, 0.5, 0, 0.3)},
        {"s": "on a ground", "bbox": {"facecolor": "yellow"}, "ha": "right"},
        {"s": " "},
    ]
    ours, theirs = words(Canvas, *kinds), words(FigureCanvasAgg, *kinds)
    assert (theirs < 250).any(axis=-1).mean() > 0.02
    assert abs(ours - theirs).max() < 16  # of 255: where an edge is rounded twice


def test_words_that_stay_are_drawn_once(monkeypatch):
    figure = Ripple()
    figure.update(waves=2)
    figure.pixels()
    monkeypatch.setattr(RendererAgg, "draw_text", None)
    figure.update(waves=2, decay=3.0)
    figure.pixels()


@pytest.mark.skipif(not WITHIN_PIXELS, reason="this matplotlib begins text at whole pixels: lines stay whole")
def test_of_a_title_only_the_new_digit_is_drawn(monkeypatch):
    figure, drawn, draw = Ripple(), [], RendererAgg.draw_text
    figure.update()
    raster._drawn.cache_clear()  # another test may have drawn an 8
    figure.title(figure.left, "Half is left after 171 steps")
    figure.pixels()

    def note(renderer, context, x, y, s, *more):
        drawn.append(s)
        draw(renderer, context, x, y, s, *more)

    monkeypatch.setattr(RendererAgg, "draw_text", note)
    figure.title(figure.left, "Half is left after 181 steps")
    figure.pixels()
    assert drawn == ["8"]


def test_what_moves_is_drawn_in_the_order_of_its_layers_and_an_image_brings_its_frame():
    figure = Ripple()
    high, low = figure.left.plot([0], [0], zorder=9)[0], figure.left.plot([0], [0], zorder=-1)[0]
    figure.move(high, low)
    assert figure._moving[0] is low and figure._moving[-1] is high
    assert set(figure.map.axes.spines.values()) <= set(figure._moving)
    assert not set(figure.left.spines.values()) & set(figure._moving)


def test_an_enlarged_figure_is_as_wide_as_was_asked():
    figure = Ripple()
    figure.update()
    small = figure.picture()
    figure.enlarge(1200)
    assert figure.size()[0] == pixels(figure.picture()).shape[1] == 1200
    figure.enlarge(pixels(small).shape[1])
    assert figure.picture() == small


def test_a_figure_says_whose_functions_it_runs_and_nothing_of_unknown_ones():
    figure = Ripple()
    assert figure.whose_is(gate=min) == figure.whose_are({"min": min}) == ""
    figure.owner = lambda function: {min: "yours", max: "the reference's", sum: "yours"}.get(function, "")
    assert figure.whose_is(gate=min, rule=max, other=abs) == " The gate is yours. The rule is the reference's."
    named = {"min": min, "max": max, "sum": sum, "abs": abs}
    assert figure.whose_are(named) == " Yours: min, sum. The reference's: max."


def test_a_figure_is_told_by_the_first_line_of_its_docstring_or_its_name():
    class Plain(LiveFigure):
        pass

    assert Ripple().about() == "A ripple and its map." and Plain().about() == "Plain"


def test_picture_after_coming_back_is_the_same():
    figure = Ripple()
    figure.update(waves=2)
    first = figure.picture()
    figure.update(waves=7)
    assert figure.picture() != first
    figure.update(waves=2)
    assert figure.picture() == first


def test_png_holds_the_pixels_it_was_given():
    given = np.random.default_rng(0).integers(0, 256, (37, 53, 4), dtype=np.uint8)
    assert (pixels(png(given)) == given).all()


@pytest.mark.parametrize("origin", ["upper", "lower"])
@pytest.mark.parametrize("extent", [None, (0, 10, -2, 5), (0, 10, 5, -2)])
@pytest.mark.parametrize("xlim", [None, (2, 7)])
def test_quick_heat_map_equals_matplotlibs(origin, extent, xlim):
    cells = np.random.default_rng(0).normal(size=(13, 48))
    with style.context():
        figure = style.new_figure()
        image = figure.subplots().imshow(cells, origin=origin, extent=extent)
        image.axes.set_xlim(xlim)
        figure.canvas.draw()
    assert has_plain_cells(image)
    renderer = figure.canvas.get_renderer()
    drawn = []
    for draw in (image.draw, lambda renderer: draw_cells(image, renderer)):
        renderer.clear()
        draw(renderer)
        drawn.append(np.asarray(figure.canvas.buffer_rgba()).copy())
    # At most one column, at the frame. Before 3.11, matplotlib put a cell's border up to a pixel beside its place.
    exact = Version(matplotlib.__version__) >= Version("3.11")
    assert (drawn[0] != drawn[1]).any(axis=-1).mean() < (0.001 if exact else 0.06)
    assert found_within_a_pixel(*drawn) and found_within_a_pixel(*reversed(drawn))


def test_a_hidden_heat_map_is_not_drawn():
    figure = Ripple()
    figure.map.set_visible(False)
    figure.update(waves=2)
    hidden = figure.picture()
    figure.update(waves=2, shown=False)  # other cells
    assert figure.picture() == hidden
    figure.map.set_visible(True)
    assert figure.picture() != hidden


def found_within_a_pixel(one, other):
    """Whether each pixel of one has the colour of the pixel there, or of one next to it, in the other."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge"), (3, 3, 4))
    return (around[:, :, 0] == one[:, :, None, None]).all(axis=-1).any(axis=(2, 3)).all()


def test_smoothed_or_logarithmic_images_are_left_to_matplotlib():
    figure = style.new_figure()
    axes = figure.subplots()
    assert not has_plain_cells(axes.imshow(np.eye(3), interpolation="bilinear"))
    assert not has_plain_cells(axes.plot([1])[0])
    image = axes.imshow(np.eye(3), interpolation="nearest")
    axes.set_xscale("log")
    assert not has_plain_cells(image)


def test_figure_is_unknown_to_pyplot():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    Ripple().update()
    assert plt.get_fignums() == before


def test_style_stays_inside_the_figure():
    before = matplotlib.rcParams["font.size"]
    assert Ripple().left.xaxis.label.get_fontsize() >= 13
    assert matplotlib.rcParams["font.size"] == before


def test_corners_cover_all_extremes_and_the_start():
    corners = list(Ripple().corners())
    assert corners[0] == {"waves": 2, "decay": 1.0, "shape": "sine", "shown": True}
    assert len(corners) == 1 + 2**4
    assert {"waves": 8, "decay": 0.01, "shape": "square", "shown": False} in corners


# The exploration


def test_a_move_changes_picture_and_sentence_and_reset_brings_them_back():
    exploration = Exploration(Ripple())
    start = exploration.frame
    moved = exploration.set(waves=5)
    assert moved.picture != start.picture
    assert "5 waves" in moved.sentence
    assert exploration.reset() == start


def test_controls_given_by_name_replace_the_figures():
    exploration = Exploration(Ripple(), waves=slider(3, 6, 4, label="waves"))
    assert "4 waves" in exploration.frame.sentence
    assert list(exploration.controls) == ["waves", "decay", "shape", "shown"]


def test_a_figure_starts_as_it_was_set_last_where_a_reader_can_set_it():
    figure = Ripple()
    figure.update(5, decay=1e9)
    assert "5 waves" in figure._repr_mimebundle_()[0]["text/plain"]
    exploration = Exploration(figure)
    assert (exploration.values["waves"], exploration.values["decay"]) == (5, 1.0)
    assert "5 waves" in exploration.reset().sentence


def test_figures_own_controls_stay_as_they_are():
    Exploration(Ripple(), waves=slider(3, 6, 4, label="waves"))
    assert Ripple.controls["waves"].value == 2


def test_an_error_is_told_with_values_type_message_and_the_readers_line_and_passes():
    def half(signal, waves):
        if waves == 3:
            raise RuntimeError("three is too many")
        return signal

    exploration = Exploration(Ripple(half))
    good = exploration.frame
    bad = exploration.set(waves=3)
    assert bad.failed and bad.picture != good.picture
    for part in ("number of waves = 3", "shape = sine", "RuntimeError: three is too many", "in half", "raise"):
        assert part in bad.sentence
    assert exploration.set(waves=2) == good


def test_a_wrong_length_that_only_fails_when_drawn_is_told_too():
    exploration = Exploration(Ripple(lambda signal, waves: signal[:50] if waves == 3 else signal))
    assert exploration.set(waves=3).failed
    assert not exploration.set(waves=4).failed


def test_a_sentence_is_asked_for_at_values_that_a_reader_can_set_only():
    exploration = Exploration(Ripple())
    assert "5 waves" in exploration.at(waves=5)
    with pytest.raises(ValueError, match="there is no control 'wave'; there are waves, decay"):
        exploration.at(wave=5)
    with pytest.raises(ValueError, match="waves = 99 can't be set: number of waves: 2"):
        exploration.at(waves=99)


def test_an_error_leaves_the_last_picture_pale():
    figure = Ripple()
    figure.update()
    last, pale = pixels(figure.picture()), pixels(figure.faded())
    assert (pale[..., :3] == 255 - (255 - last[..., :3]) // 4).all() and (pale[..., 3] == last[..., 3]).all()


def test_an_error_at_the_start_leaves_a_white_picture():
    exploration = Exploration(Ripple(lambda signal, waves: signal.nothing))
    assert exploration.frame.failed
    assert (pixels(exploration.frame.picture) == 255).all()


def test_two_explorations_of_one_figure_do_not_mix():
    figure = Ripple()
    one, two = Exploration(figure), Exploration(figure)
    one.set(waves=8)
    assert "2 waves" in two.set(decay=1.0).sentence
    assert "8 waves" in one.set(decay=1.0).sentence


def test_public_name_is_the_function():
    assert public_explore is explore


def test_a_slider_goes_from_end_to_end_in_its_steps():
    assert slider(1, 9, 5, 4, label="n").positions() == [1, 5, 9]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: explore(3), TypeError, "takes a LiveFigure, got int"),
        (lambda: explore(Ripple(), wave=slider(1, 2, 1, label="w")), ValueError, "it has: waves, decay"),
        (lambda: explore(Ripple(), waves=4), TypeError, "slider\\(\\), choice\\(\\) or toggle\\(\\)"),
        (lambda: slider(3, 3, 3, label="n"), ValueError, "must be below"),
        (lambda: slider(1, 3, 4, label="n"), ValueError, "lies outside 1 to 3"),
        (lambda: slider(1, 3, 2, 0, label="n"), ValueError, "must be positive"),
        (lambda: slider(0, 3, 2, 0.1, label="n", log=True), ValueError, "low > 0"),
        (lambda: slider(0, 10, 2, 3, label="n"), ValueError, "never reach 10"),
        (lambda: slider(1, 7, 1, 4, label="n"), ValueError, "steps of 4 from 1 never reach 7"),
        (lambda: choice(["a", "b"], "c", label="n"), ValueError, "value='c' is not one of a, b"),
    ],
)
def test_wrong_use_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


# The widgets


def test_moving_a_widget_draws_once_and_reset_draws_once(monkeypatch):
    panel = _Panel(Exploration(Ripple()))
    drawn = []
    monkeypatch.setattr(_Panel, "_redraw", lambda self: drawn.append(self.exploration.frame.sentence))
    before = panel.exploration.figure.updates
    panel.widgets["waves"].value = 6
    panel.widgets["shape"].value = "square"
    assert len(drawn) == 2 and panel.exploration.figure.updates == before + 2
    panel.reset.click()
    assert len(drawn) == 3 and panel.exploration.figure.updates == before + 3
    assert panel.widgets["waves"].value == 2 and panel.widgets["shape"].value == "sine"


def test_options_with_commas_are_told_apart_in_the_saved_text():
    assert choice(["a", "b, c"], "a", label="n").summary() == "n: a (choice of a; b, c)"
    assert choice(["a", "b"], "a", label="n").summary() == "n: a (choice of a, b)"


def test_a_choice_may_hold_arrays_and_functions(monkeypatch):
    monkeypatch.setattr(_Panel, "_redraw", lambda self: None)
    kernels = {"flat": np.ones(3), "step": np.arange(3)}
    exploration = Exploration(Ripple(), shape=choice(kernels, kernels["step"], label="kernel"))
    panel = _Panel(exploration)
    panel.widgets["shape"].value = "flat"
    assert exploration.values["shape"] is kernels["flat"]


def test_every_kind_of_control_has_its_widget():
    many = choice([f"option {n}" for n in range(9)], "option 3", label="many")
    panel = _Panel(Exploration(Ripple(), shape=many))
    kinds = [type(widget) for widget in panel.widgets.values()]
    assert kinds == [
        ipywidgets.IntSlider,
        ipywidgets.SelectionSlider,
        ipywidgets.Dropdown,
        ipywidgets.Checkbox,
    ]
    for options, kind in (("abcd", ipywidgets.RadioButtons), ("abcde", ipywidgets.Dropdown)):
        panel = _Panel(Exploration(Ripple(), shape=choice(list(options), "a", label="few")))
        assert type(panel.widgets["shape"]) is kind


@pytest.mark.parametrize(
    ("low", "high", "start", "step", "first", "second"),
    [
        (1e-10, 10.0, 1e-7, 0.1, "1e−10", "1.259e−10"),  # the widgets' own format: 0.000001995, zeros to be counted
        (16, 65536, 1024, math.log10(2), "16", "32"),
        (1.0, 1000.0, 10.0, 0.1, "1", "1.259"),  # 1.000
        (1e4, 1e6, 1e5, 0.1, "10 000", "12 589"),  # 12,590
    ],
)
def test_a_logarithmic_slider_reads_at_each_position_as_its_sentence(
    monkeypatch, low, high, start, step, first, second
):
    monkeypatch.setattr(_Panel, "_redraw", lambda self: None)
    size = slider(low, high, start, step, label="size", unit="s", log=True)
    exploration = Exploration(Ripple(), decay=size)
    shown = _Panel(exploration).widgets["decay"]
    assert f"{shown.label} s".replace("\xa0", " ") == size.describe(start).replace("\xa0", " ")
    labels = []
    for i, value in enumerate(size.positions()):
        shown.index = i
        assert exploration.values["decay"] == value and size.describe(value).startswith(shown.label)
        labels.append(shown.label.replace("\xa0", " "))
    assert labels[:2] == [first, second] and len(set(labels)) == len(labels)


def test_a_logarithmic_slider_over_large_numbers_says_them_in_its_summary():
    tokens = slider(1.0, 1e6, 1e4, label="tokens", log=True)
    assert tokens.summary() == "tokens: 10 000 (slider, 1 to 1 000 000)"


def test_a_slider_writes_its_numbers_as_a_sentence_does():
    speed = slider(-50.0, 50.0, 15.625, 0.625, label="speed")
    assert speed.summary() == "speed: 15.625 (slider, −50 to 50)"
    assert speed.describe(-0.625) == "−0.625"
    assert slider(1e-10, 10.0, 1e-7, label="size", log=True).describe(1e-7) == "1e−7"


def test_one_of_a_unit_is_written_without_its_s():
    lag, wait = slider(0, 9, 1, label="lag", unit="samples"), slider(0, 9, 1, label="wait", unit="ms")
    assert [lag.describe(n) for n in (0, 1, 2)] == ["0 samples", "1 sample", "2 samples"]
    assert wait.describe(1) == "1 ms"


def test_outputs_are_the_same_every_time_and_hold_no_ids():
    bundles = []
    for _ in range(2):
        panel = _Panel(Exploration(Ripple()))
        picture, _details = panel._picture_bundle()
        bundles.append([panel._text(), picture["text/plain"], panel._sentence_bundle()])
    assert bundles[0] == bundles[1]
    assert "number of waves: 2 (slider, 1 to 8)" in bundles[0][0]
    assert "base64" not in json.dumps(bundles)


def test_html_in_a_sentence_is_text():
    panel = _Panel(Exploration(Ripple(lambda signal, waves: (_ for _ in ()).throw(ValueError("a<b>c")))))
    assert "a&lt;b&gt;c" in panel._sentence_bundle()["text/html"]


def test_a_move_updates_the_two_places_of_picture_and_sentence(monkeypatch):
    shown, updated = [], []

    def place(bundle, metadata=None, *, raw, display_id):
        assert raw
        shown.append(bundle)
        return SimpleNamespace(display_id=f"place {len(shown)}")

    monkeypatch.setattr(page, "display", place)
    monkeypatch.setattr(page, "update_display", lambda bundle, **details: updated.append((bundle, details)))
    panel = _Panel(Exploration(Ripple()))
    panel.show()
    panel.widgets["waves"].value = 6
    (picture, where), (sentence, below) = updated
    assert where["display_id"] == "place 1" and below["display_id"] == "place 2" and where["raw"] and below["raw"]
    assert picture["image/png"] == panel.exploration.frame.picture != shown[0]["image/png"]
    assert where["metadata"]["image/png"]["width"] == panel.exploration.figure.size()[0]
    assert "2 waves" in shown[1]["text/plain"] and "6 waves" in sentence["text/plain"]


def test_a_cell_that_runs_again_closes_the_panels_of_its_last_run_only(monkeypatch):
    def panel(cell, run):
        parent = {"metadata": {"cellId": cell}, "header": {"msg_id": run}}
        monkeypatch.setattr(page, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: parent))
        made = _Panel(Exploration(Ripple()))
        made._replace_older()
        return made

    def is_open(panel):
        return panel.box.comm is not None

    monkeypatch.setattr(_Panel, "open_panels", {})
    first, second = panel("a", "run 1"), panel("a", "run 1")
    other, nowhere = panel("b", "run 2"), panel(None, "run 3")
    assert all(map(is_open, (first, second, other, nowhere)))
    again = panel("a", "run 4")
    assert [is_open(one) for one in (first, second, other, nowhere, again)] == [False, False, True, True, True]


def test_a_closed_panel_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    panel = _Panel(Exploration(Ripple()))
    assert set(ipywidgets.widgets.widget._instances) > before
    panel.close()
    assert set(ipywidgets.widgets.widget._instances) == before


class Narrow(Ripple):
    """A ripple that counts the updates that begin before the last picture is done."""

    def __init__(self):
        super().__init__()
        self.busy, self.overlaps = False, 0

    def update(self, **parameters):
        self.overlaps += self.busy
        self.busy = True
        time.sleep(0.002)
        return super().update(**parameters)

    def picture(self):
        picture = super().picture()
        self.busy = False
        return picture


def test_moves_from_several_threads_do_not_draw_into_one_another(monkeypatch):
    monkeypatch.setattr(_Panel, "_redraw", lambda self: None)
    panel = _Panel(Exploration(Narrow()))

    def shake(name, values):
        for value in values:
            panel.widgets[name].value = value

    decays = panel.exploration.controls["decay"].positions()[-5:]
    moves = [("waves", [3, 4, 5, 6, 7, 8]), ("decay", decays)]
    threads = [threading.Thread(target=shake, args=move) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert panel.exploration.figure.overlaps == 0
    assert panel.exploration.frame == Exploration(Ripple()).set(waves=8, decay=decays[-1])


def test_a_widget_that_repeats_its_value_draws_nothing(monkeypatch):
    drawn = []
    monkeypatch.setattr(_Panel, "_redraw", lambda self: drawn.append(1))
    panel = _Panel(Exploration(Ripple()))
    panel.reset.click()
    panel._follow()
    assert drawn == []


class Clock(LiveFigure):
    """A hand that goes round."""

    controls: ClassVar = {"t": slider(0, 60, 5, label="time", unit="s", play=True)}

    def update(self, t=5):
        return f"It is {t}."


def test_a_slider_that_plays_has_its_buttons_linked_in_the_page(monkeypatch):
    monkeypatch.setattr(_Panel, "_redraw", lambda self: None)
    panel = _Panel(Exploration(Clock()))
    (play,), (link,), moved = panel.players, panel.links, panel.widgets["t"]
    assert (play.min, play.max, play.step, play.value) == (0, 60, 1, 5)
    assert link.source == (play, "value") and link.target == (moved, "value")
    speed = next(w for row in panel.box.children for w in getattr(row, "children", ()) if w is not play)
    speed.value = SPEEDS["fast"]
    assert play.interval == SPEEDS["fast"] < 100
    play.playing = True
    panel.reset.click()
    assert not play.playing
    assert panel._text() == "Controls\ntime: 5 s (slider, 0 to 60, with a play button)"


def test_a_closed_player_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    _Panel(Exploration(Clock())).close()
    assert set(ipywidgets.widgets.widget._instances) == before


def test_only_whole_numbers_can_play():
    with pytest.raises(ValueError, match="whole numbers"):
        slider(0.0, 1.0, 0.5, 0.1, label="phase", play=True)


@pytest.mark.parametrize("start", [0.001, 0.0316, 0.316, 31.6, 100.0])
def test_a_slider_has_its_start_among_its_positions_as_it_is_written(start):
    control = slider(0.001, 100.0, start, 0.5, label="Δ", log=True)
    positions = control.positions()
    assert positions[control.position(start)] == start
    assert positions == sorted(positions) and len(positions) == 11
