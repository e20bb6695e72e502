"""A mutant is the module with one change, and nothing else changed."""

import pytest
from test_tools import tool

SOURCE = '''
def share(part: int | None, whole=4):
    """Δ > 0"""
    print("Δ")
    if part is None or not whole > 0:
        return 0.5
    if part == whole:
        return None
    return "Δ" if part else part / -whole
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("whole=4", "whole=5"),
        ('print("Δ")', "pass"),
        ("part is None or not whole > 0", "True"),
        ("part is None or not whole > 0", "(part is None and (not whole > 0))"),
        ("part is None", "(part is not None)"),
        ("not whole > 0", "(whole > 0)"),
        ("whole > 0", "(whole >= 0)"),
        ("0.5", "1.5"),
        ('"Δ" if part else part / -whole', "('Δ')"),
        ("part / -whole", "(part * -whole)"),
        ("-whole", "(whole)"),
        ("return 0.5", "return None"),
    ],
)
def test_each_change_is_made_where_it_belongs_and_nowhere_else(old, new):
    made = [mutant.apply(SOURCE) for mutant in tool("mutate").mutants(SOURCE)]
    assert SOURCE.replace(old, new) in made


def test_annotations_strings_and_docstrings_stay():
    made = [mutant.apply(SOURCE) for mutant in tool("mutate").mutants(SOURCE)]
    assert len(set(made)) == len(made) and SOURCE not in made
    assert all("int | None" in source and '"""Δ > 0"""' in source for source in made)
