"""The README's example runs, gives what it says, and its commands and links exist."""

import re
from pathlib import Path

import pytest
import torch

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


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_to_a_file(link):
    assert (ROOT / link).exists()


def test_every_make_command_is_a_target():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"(?:^|[`(])make (?:--silent )?([a-z-]+)", README, re.M))
    assert named
    assert named <= targets
