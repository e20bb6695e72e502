"""The README's example runs, gives what it says, and its commands and links exist."""

import inspect
import re
from pathlib import Path

import pytest
import torch
import yaml

import lite_mamba
from lite_mamba.course.chapters import exercise
from lite_mamba.course.checking.edits import edited
from lite_mamba.course.checking.exercise import Misconception
from lite_mamba.course.checking.trial import judge
from lite_mamba.course.lecture.decks import DECKS, Picture, Vote

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
LINKS = sorted(set(re.findall(r"\]\(([^)#:]+)\)", README)))


def test_the_example_streams_to_the_same_numbers():
    names = {}
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(example, names)
    assert names["y"].shape == (2, 128, 512)
    streamed = torch.cat([names["first"], names["rest"]], dim=1)  # (B, L, d_model)
    torch.testing.assert_close(streamed, names["y"], rtol=0, atol=1e-5)


def test_citation_and_changes_are_those_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == lite_mamba.__version__ and citation["license"] == "Apache-2.0"
    assert f"\n## {lite_mamba.__version__}\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    named = re.findall(r"lite_mamba-([\d.]+)-py3|\[course\]==([\d.]+)", README)
    assert {"".join(version) for version in named} == {lite_mamba.__version__}


def test_arguments_and_parameters_have_the_names_that_the_readme_says():
    theirs = (  # of mamba_ssm's Mamba
        "d_model d_state d_conv expand dt_rank dt_min dt_max dt_init dt_scale dt_init_floor "
        "conv_bias bias use_fast_path layer_idx device dtype"
    )
    ours = list(inspect.signature(lite_mamba.Mamba).parameters)
    assert ours.pop(3) == "conv_dilations" and " ".join(ours) == theirs
    parts = {name.partition(".")[0] for name in lite_mamba.Mamba(8).state_dict()}
    assert parts ^ {"in_proj", "conv1d", "x_proj", "dt_proj", "A_log", "D", "out_proj"} == {
        "conv1d",
        *re.findall(r"`(conv1d_layers|conv_gates)`", README),
    }


@pytest.mark.parametrize(
    "deck, said", [("45", "eight pictures, a question for each, four votes"), ("90", "sixteen pictures, eight votes")]
)
def test_a_deck_shows_as_much_as_the_readme_says(deck, said):
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {deck} minutes")]
    entries = DECKS[deck].entries
    words = {4: "four", 8: "eight", 16: "sixteen"}
    pictures, votes = ([one for one in entries if isinstance(one, kind)] for kind in (Picture, Vote))
    assert said in line
    assert said.startswith(f"{words[len(pictures)]} pictures") and said.endswith(f"{words[len(votes)]} votes")
    assert "a question for each" not in said or all(len(one.questions or ()) == 1 for one in pictures)
    chapters = {"00", *re.findall(r"\b\d\d\b", line.split("|")[3])}
    assert deck == "45" or chapters == {one.notebook for one in entries}


def test_the_mistake_of_the_contributing_page_is_one_that_the_check_finds():
    (example,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.S)
    known = exercise("04.euler")
    mistake = eval(example, {"Misconception": Misconception, "edited": edited, "euler": known.reference})
    assert all(judge(known, wrong, quiet=True).misconception.name == mistake.name for wrong in mistake.answers)
    assert mistake.name in [one.name for one in known.misconceptions] and "This one is there already" in CONTRIBUTING
    assert f'function, "{mistake.name}")`' in " ".join(CONTRIBUTING.split())


def test_the_first_picture_has_words():
    (words,) = re.findall(r"!\[([^\]]*)\]\(figures/course.webp\)", README)
    assert len(words.split()) > 20


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CHANGELOG.md", "docs/teaching.md"])
def test_every_link_and_path_of_the_other_pages_leads_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:lite_mamba|tests|tools|notebooks)/[\w/.]+)`", text)
    places = ((ROOT / page).parent, ROOT)
    wanted = [name for name in [*links, *paths] if "NN" not in name]
    assert not [name for name in wanted if not any((place / name).exists() for place in places)]


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_to_a_file(link):
    assert (ROOT / link).exists()


def test_every_make_command_is_a_target():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"(?:^|[`(])make (?:--silent )?([a-z-]+)", README, re.M))
    assert named
    assert named <= targets
