"""Markdown and mathematics of the notebooks as plain HTML."""

import json
import re
from pathlib import Path

import pytest

from lite_mamba.course.prose import html, mathematics

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def test_a_formula_becomes_mathml_and_its_subscripts_stay_out_of_markdown():
    shown = html("The state *fades*: $h_t = e^{\\Delta_t A} h_{t-1}$ and $x_t$.")
    assert shown.count("<math") == 2 and "<em>fades</em>" in shown and "<msub><mi>h</mi><mi>t</mi></msub>" in shown


def test_a_displayed_formula_is_a_block():
    assert 'display="block"' in html("$$ y = Cx $$") and 'display="inline"' in mathematics("y")


def test_a_dollar_in_code_is_no_formula():
    assert "<math" not in html("`$LITE_MAMBA_HOME` and `$x`")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_formula_of_the_notebooks_is_converted_whole(path):
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "markdown":
            shown = re.sub(r"<code.*?</code>", "", html("".join(cell["source"])), flags=re.S)
            assert not re.search(r"[\\$\ue000]|<mi>&<|linebreak", shown), cell["id"]
