"""Typed cells, and what becomes of them as text, Markdown, CSV and on the terminal."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from bench.tables import NotAvailable, Number, Table, inert, markdown, plain, terminal, write_csv

HOSTILE = st.text(st.sampled_from("ab |\\`*_[]()<>&#!=+-@'\"\n\r\t:/")) | st.text()


@pytest.fixture
def table():
    rows = [
        ["none", Number(0.995, 0.98, 1.0), Number(1.0, 1.0, 1.0, "fraction", "cnn raw"), 640],
        ["a|b", NotAvailable("too few people"), NotAvailable(status="failed"), 3],
        ["chance", Number(0.125), "", math.nan],
    ]
    return Table("Hide identity", ["defense", "accuracy", "leakage", "n"], rows, note="In %.")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Number(0.1234), "12.3"),
        (Number(0.5, 0.25, 0.75), "50.0 [25.0, 75.0]"),
        (Number(0.5, 0.25, 0.75, "fraction"), "0.50 [0.25, 0.75]"),
        (Number(23.456, unit="dB"), "23.5"),
        (Number(2.0, 1.0, 3.0, "rank"), "2 [1, 3]"),
        (
            Number(-0.031, -0.2, 0.1, "fraction", "mlp aware (weak)"),
            "-0.03 [-0.20, 0.10] mlp aware (weak)",
        ),
        (Number(math.nan), ""),
        (NotAvailable("why"), "n/a"),
        (NotAvailable(status="failed"), "failed"),
    ],
)
def test_a_cell_as_a_person_reads_it(cell, text):
    assert str(cell) == text


def test_markdown_has_title_note_rows_and_reasons(table):
    text = markdown([table], "The end.")
    assert text.startswith("## Hide identity\n\nIn %.\n\n| defense | accuracy | leakage | n |\n")
    assert "| none | 99.5 [98.0, 100.0] | 1.00 [1.00, 1.00] cnn raw | 640 |" in text
    assert "| a\\|b | n/a | failed | 3 |" in text
    assert "| chance | 12.5 |  |  |" in text
    assert "\nn/a: too few people\n" in text
    assert text.endswith("\nThe end.\n")


def test_csv_has_fractions_with_their_intervals_and_reasons(table, tmp_path):
    write_csv(tmp_path / "t.csv", table)
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        none, bad, chance = csv.DictReader(file)
    assert list(none) == [
        "defense",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "leakage",
        "leakage_low",
        "leakage_high",
        "n",
        "reason",
    ]
    assert (none["accuracy"], none["accuracy_low"], none["n"]) == ("0.995", "0.98", "640")
    assert (bad["accuracy"], bad["leakage"], bad["reason"]) == ("", "", "too few people")
    assert (chance["accuracy"], chance["accuracy_low"], chance["n"]) == ("0.125", "", "")


def test_the_terminal_shows_the_same_texts(table):
    console = Console(width=120, record=True, quiet=False, file=io.StringIO())
    console.print(terminal(table))
    shown = console.export_text()
    for text in ("Hide identity", "99.5 [98.0, 100.0]", "failed", "a|b"):
        assert text in shown


@given(HOSTILE, HOSTILE)
def test_text_of_others_stays_in_its_cell(name, reason):
    rows = [[name, 1], [f"x{name}", NotAvailable(reason)]]
    text = markdown([Table(f"Hide {name}", [name, "n"], rows)])
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = [token.type for token in tokens]
    assert (kinds.count("heading_open"), kinds.count("th_open"), kinds.count("td_open")) == (
        1,
        2,
        4,
    )
    inner = {child.type for token in tokens for child in token.children or ()}
    assert not inner & {"html_inline", "link_open", "image", "hardbreak"}
    assert "html_block" not in kinds


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+a", "'+a"), ("-a", "'-a"), ("@a", "'@a"), ("\t=a", "'\t=a"),
        ("\r=a", "'\n=a"), ("'=a", "''=a"), ("-0.5", "-0.5"), ("+1", "+1"),
        ("'t Hooft", "'t Hooft"), (-0.5, -0.5), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(cell, written):
    assert inert(cell) == written


@given(st.text(st.characters(exclude_characters="\r")) | HOSTILE.map(lambda t: t.replace("\r", "")))
def test_inert_text_is_read_back(text):
    shown = inert(text)
    assert plain(shown) == text
    assert not shown.startswith(("=", "@"))


def test_csv_of_others_texts_has_no_formula(tmp_path):
    write_csv(tmp_path / "t.csv", Table("", ["=name", "@n"], [["=cmd", Number(-0.5, -1, 0)]]))
    text = (tmp_path / "t.csv").read_text()
    assert text == "'=name,'@n,'@n_low,'@n_high,reason\n'=cmd,-0.5,-1,0,\n"
