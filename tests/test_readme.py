"""The README's example runs, gives what it says, and its commands and links exist."""

import re
from pathlib import Path

import pytest
import torch
import yaml

import lite_mamba

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
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
