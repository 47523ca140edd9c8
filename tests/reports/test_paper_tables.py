"""The papers' tables beside ours."""

import pytest

from bench.reports.paper_tables import paper_tables, published
from bench.reports.records import Record

SAN = "san:prototype={}"
EMPTY = Record(
    *("t", "lfw:size=112", "open", "", "private", "gender", "none", "cnn", "raw", "pixels"),
    *(0, 1.0, 0, 1, "eer", 0.1, 0.05, 0.2, 100, 50, 0.5, "ok", "", "", "k", 0, 1, "", 0),
)


def records() -> list[Record]:
    """What was done to the pictures of LFW, with an EER each, and one record of another kind."""
    eers = {"none": 0.04, SAN.format("SM"): 0.05, SAN.format("NT"): 0.06, SAN.format("OP"): 0.14}
    found = [EMPTY._replace(defense=name, value=value) for name, value in eers.items()]
    return [*found, EMPTY._replace(defense="blur"), EMPTY._replace(threat="aware", value=0.01)]


def test_our_error_stands_beside_the_published_one_of_the_same_data_and_output():
    table, _ = paper_tables(records())
    cells = {(row[0], row[1]): [str(cell) for cell in row[2:]] for row in table.rows}
    assert list(table.columns[2:]) == ["cnn, ours", "IntraFace, published", "G-COTS, published"]
    assert cells["LFW", "before"] == ["4.0 [5.0, 20.0]", "33.4", "2.8"]
    assert cells["LFW", "SM"] == ["5.0 [5.0, 20.0]", "n/a", "n/a"]  # the paper has none
    assert cells["LFW", "OP"] == ["14.0 [5.0, 20.0]", "72.5", "18.8"]
    assert cells["MUCT", "OP"] == ["n/a", "39.2", "25.4"]  # this run did not ask about MUCT
    assert ("LFW", "blur") not in cells


def test_a_run_without_all_three_outputs_has_no_such_table():
    assert paper_tables(records()[:3]) == []


def test_what_learned_elsewhere_has_rows_of_its_own_beside_the_same_figures():
    learned = [r._replace(learned_from="defender celeba:size=112") for r in records()]
    table, _ = paper_tables([*records(), *learned])
    rows = {(row[0], row[1]): str(row[3]) for row in table.rows}
    assert rows["LFW, learned from CelebA", "OP"] == rows["LFW", "OP"] == "72.5"


def test_the_size_of_each_data_set_stands_beside_the_published_one():
    learned = [
        r._replace(learned_from="defender celeba:size=112", n=90, n_people=40) for r in records()
    ]
    *_, table = paper_tables([*learned, *learned[:1]])
    assert table.title == "Data sets"
    rows = {(row[0], row[1]): list(map(str, row[2:])) for row in table.rows}
    assert rows["LFW, learned from CelebA", "test"] == ["90", "40", "12969", "4205", "1448"]
    assert rows["CelebA", "train"] == ["n/a", "n/a", "157350", "65160", "92190"]
    assert rows["AR", "test"] == ["n/a", "n/a", "3286", "76", "60"]
    assert ("LFW", "test") not in rows  # it stands above
    assert len(rows) == 5


def test_data_that_the_paper_does_not_have_have_sizes_of_ours_only():
    of_others = [r._replace(data="synthetic:people=9") for r in records()]
    *_, table = paper_tables(of_others)
    (row,) = (row for row in table.texts() if "synthetic" in row[0])
    assert row[1:] == ["test", "100", "50", "n/a", "n/a", "n/a"]


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("san-gender", ("CelebA", "OP"), "IntraFace", 0.393),
        ("san-matching", ("AR", "NT"), "M-COTS", 0.9195),
        ("san-datasets", ("CelebA", "train"), "images", 157_350),
        ("annotation", ("joy", "GAN"), "vote 75", 0.822),
        ("annotation-majority", ("anger", "surrogates"), "gain to", 0.1),
        ("annotation-worst", ("joy", "Extreme3D"), "to", 0.43),
    ],
)
def test_published_figures_are_those_of_the_sources(table, row, column, value):
    assert published(table)[row][column] == value
