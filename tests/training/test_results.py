"""What is stored is small, complete, free of pickle, and what the stored weights really reach."""

import json
from pathlib import Path

import pytest
import torch

from lite_mamba.course.training import RUNS, facts, library_baselines, load, names, step_sizes
from lite_mamba.course.training.__main__ import chosen, main
from lite_mamba.course.training.data import library_bytes
from lite_mamba.course.training.evaluation import accuracy, bits_per_byte
from lite_mamba.course.training.results import STORED, curve, lengths, rows_at

MEMORY = [name for name in names() if not name.startswith("library")]


def test_all_of_it_is_at_most_twelve_megabytes():
    assert sum(path.stat().st_size for path in STORED.iterdir()) <= 12e6


def test_nothing_but_safetensors_json_and_a_page_to_read():
    assert {path.suffix for path in STORED.iterdir()} == {".safetensors", ".json", ".md"}
    for path in STORED.glob("*.safetensors"):
        head = path.read_bytes()[:4096]
        assert head[8:9] == b"{" and b"PK" not in head[:4]  # a length and JSON, no zip of pickles


@pytest.mark.parametrize("name", names(kind="json"))
def test_the_facts_of_a_run_are_complete_and_those_of_the_named_run(name):
    found = facts(name)
    assert found["run"] == json.loads(json.dumps(RUNS[name].described()))
    assert found["name"] == name and found["command"].startswith(f"python -m lite_mamba.course.training train {name}")
    assert found["seed"] == RUNS[name].seed and found["versions"].keys() == {"python", "torch", "lite-mamba"}
    assert found["machine"] and found["seconds"] > 0 and 0 < found["steps"] <= RUNS[name].steps
    steps, losses, hits = zip(*found["curve"], strict=True)
    assert steps[-1] == found["steps"] and len(steps) <= 200 and losses[0] > 0 and max(hits) <= 1
    assert found["evaluation"]


@pytest.mark.parametrize("name", names())
def test_the_weights_fit_and_the_log_belongs_to_them(name):
    model, log = load(name)
    assert sum(p.numel() for p in model.parameters()) == facts(name)["parameters"]
    assert 25 <= len(log["step"]) <= 45 and log["step"][0] == 0
    kinds = {"delta_profile", "delta_data", "delta_noise"} if name in MEMORY else {"delta"}
    if step_sizes(model, log["probe"][None]) is not None:
        assert kinds <= log.keys() and all((log[kind] >= 0).all() and log[kind][0].all() for kind in kinds)


@pytest.mark.parametrize("name", MEMORY)
def test_the_stored_accuracy_is_what_the_weights_reach(name):
    model, _ = load(name)
    length = next(iter(lengths(RUNS[name])))
    if length > 256:
        pytest.skip("takes long; the slow test of one long run stands for it")
    stored = facts(name)["evaluation"]["by_length"][str(length)]
    assert stored["rows"] == rows_at(length)
    again = accuracy(model, RUNS[name].data, length, rows=128)
    assert again == pytest.approx(stored["accuracy"], abs=0.06)  # 128 rows of its own against 512


@pytest.mark.slow
@pytest.mark.parametrize("name, length", [("induction-selective-0", 4096), ("copying1024-selective-1", 1024)])
def test_the_stored_accuracy_at_a_long_length_comes_out_again_on_the_same_rows(name, length):
    model, _ = load(name)
    stored = facts(name)["evaluation"]["by_length"][str(length)]
    again = accuracy(model, RUNS[name].data, length, stored["rows"])
    assert again == pytest.approx(stored["accuracy"], abs=0.003)


@pytest.mark.parametrize("name", ["library-plain-0", "library-dilated-0"])
def test_the_language_model_beats_counting_on_a_part_of_the_held_out_text(name):
    """The library differs between Python versions, so the bits differ a little, too."""
    model, _ = load(name)
    held_out = library_bytes(torch.device("cpu"))[1]
    part = held_out[:12_000]
    counting = min(bits for key, bits in library_baselines()["bits_per_byte"].items() if key.startswith("order"))
    assert bits_per_byte(model, part, rows=8) < counting


def test_a_name_that_is_not_stored_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match="induction-selective-0"):
        load("induction-selective-9")
    with pytest.raises(ValueError, match="induction-selective-0"):
        facts("baselines")


def test_the_curve_keeps_the_mean_of_every_stretch():
    losses, hits = torch.arange(1000.0), torch.ones(1000)
    points = curve(losses, hits)
    assert len(points) == 200 and points[0] == [5, 2.0, 1.0] and points[-1] == [1000, 997.0, 1.0]
    assert curve(losses[:3], hits[:3]) == [[1, 0.0, 1.0], [2, 1.0, 1.0], [3, 2.0, 1.0]]


def test_a_start_of_a_name_chooses_all_runs_that_start_so():
    assert chosen(["copying-lti"]) == ["copying-lti-0", "copying-lti-1", "copying-lti-2"]
    assert set(chosen([])) == {name for name in RUNS if not name.startswith("live-")}
    with pytest.raises(SystemExit, match="no run is called nonsense"):
        chosen(["nonsense"])


def test_the_command_line_lists_trains_and_stores(tmp_path, capsys, monkeypatch):
    main(["list"])
    assert "induction-selective-0" in capsys.readouterr().out
    words = ["--checkpoints", str(tmp_path / "c"), "--store", str(tmp_path / "s"), "--device", "cpu"]
    main(["train", "live-delay-0", "--seconds", "0.2", *words])
    found = json.loads((tmp_path / "s" / "live-delay-0.json").read_text())
    assert 0 < found["steps"] < found["run"]["steps"]
    assert not list(Path(tmp_path / "s").glob("*.safetensors"))  # of the live runs the facts alone are stored


@pytest.mark.slow
@pytest.mark.parametrize("name", ["live-delay-0", "live-selective-0"])
def test_a_stored_result_comes_out_again_from_its_command(name, tmp_path):
    """Sums come out in another order on another number of threads, and that shows most far from what was trained."""
    main([*facts(name)["command"].split()[3:], "--checkpoints", str(tmp_path), "--store", str(tmp_path)])
    again = json.loads((tmp_path / f"{name}.json").read_text())["evaluation"]["by_length"]
    for length, stored in facts(name)["evaluation"]["by_length"].items():
        near = 0.02 if int(length) == RUNS[name].length else 0.1
        assert again[length]["accuracy"] == pytest.approx(stored["accuracy"], abs=near)
