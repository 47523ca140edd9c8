"""bench list NAME."""

import pytest
from typer.testing import CliRunner

from bench.cli import app


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("pprl_vgan", "see also nets.py", "nothing is chosen on test pictures."),
        ("mug", "which 8 people", "a second at the 19 frames/s that are reported."),
        ("mask", "the region is the same in every picture", "not detected."),
    ],
)
def test_list_of_a_name_prints_all_that_differs_from_its_source(name, first, last):
    lines = CliRunner().invoke(app, ["list", name]).stdout.splitlines()
    (line,) = (line for line in lines if line.startswith("  Differs from it: "))
    assert line.removeprefix("  Differs from it: ").startswith(first)
    assert line.endswith(last)


def test_list_of_a_name_says_nothing_where_nothing_differs():
    assert "Differs from it" not in CliRunner().invoke(app, ["list", "none"]).stdout
