"""The whole analysis."""

import csv
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from bench.annotation.analysis import AnalysisOptions, analyse, write_table
from bench.annotation.mixed import fitted, mixed
from bench.annotation.reading import Label
from bench.annotation.votes import votes_by_question
from bench.tables import NotAvailable, Table

LONG = ("labeler", "question", "image", "version", "label")
TABLES = {
    "accuracy", "agreement", "attributes", "consensus", "curve", "evidence", "labelers", "mixed",
    "ttests", "worst",
}  # fmt: skip


@pytest.mark.slow
def test_a_study_of_the_papers_size_takes_ten_seconds(paper_sized, write_csv, tmp_path):
    labels, key = paper_sized
    answers = write_csv("long.csv", LONG, [label[:5] for label in labels])
    columns = ("picture", "question", "image", "version", "evidence", "light", "pose")
    lines = [(name, *line.values()) for name, line in key.items()]
    lines = [(*line[:3], "raw", *line[3:]) for line in lines]
    start = time.process_time()
    tables, bad = analyse(
        [answers], [write_csv("key.csv", columns, lines)], AnalysisOptions(), tmp_path
    )
    assert time.process_time() - start < 10
    assert (len(labels), bad) == (60 * 60 * 3 * 2, [])
    assert {table.name for table in tables} == {
        f"{question}-{name}" for question in ("joy", "anger") for name in TABLES
    }
    assert all("60 SIMULATED labelers" in table.title for table in tables)
    for figure in ("consensus", "curve", "evidence"):
        assert (tmp_path / f"joy-{figure}.png").stat().st_size > 5000
    with (tmp_path / "anger-accuracy.csv").open() as file:
        rows = {row["version"]: row for row in csv.DictReader(file)}
    assert rows["raw"]["vote 50"] == ""
    assert "is the truth" in rows["raw"]["reason"]
    assert float(rows["gan"]["average_low"]) < float(rows["gan"]["average"]) < 0.9


@pytest.mark.slow
def test_the_mixed_model_holds_what_was_planted():
    """95 % intervals of an effect of the version, and its spreads."""
    found = [mixed(_planted(seed, effect=-1.0)).rows for seed in range(10)]
    held = [rows[0][2] < -1.0 < rows[0][3] for rows in found]
    assert np.mean(held) >= 0.8
    spreads = np.mean([[row[1] for row in rows[1:]] for rows in found], axis=0)
    assert spreads == pytest.approx([0.5, 1.0, 0.5], abs=0.15)  # labelers, images, within a version


def test_the_mixed_model_is_that_of_statsmodels():
    """Where its variational estimates are good, without the third effect, ours are alike."""
    given = _planted(0, effect=-1.0)
    version, image, labeler = np.nonzero(given.labels >= 0)
    right, fixed = given.correct.ravel(), np.stack([np.ones_like(version), version], axis=1)
    means, _, spreads = fitted(right, fixed, [labeler, image])
    groups = sparse.csr_array(np.hstack([np.eye(20)[labeler], np.eye(30)[image]]))
    model = BinomialBayesMixedGLM(right, fixed, groups, np.repeat([0, 1], [20, 30]))
    other = model.fit_vb(np.zeros(54), np.full(54, 0.6), fit_method="L-BFGS-B")
    assert means == pytest.approx(other.fe_mean, abs=0.1)
    assert spreads == pytest.approx(np.exp(other.vcp_mean), abs=0.1)


def _planted(seed, effect):
    rng = np.random.default_rng(seed)
    image, labeler = rng.normal(0, 1, 30), rng.normal(0, 0.5, 20)
    labels = []
    for version, add in (("raw", 0.0), ("gan", effect)):
        logit = 1.5 + add + image[:, None] + labeler + rng.normal(0, 0.5, (30, 1))
        right = rng.random((30, 20)) < 1 / (1 + np.exp(-logit))
        labels += [
            Label(f"l{j}", "joy", f"i{i}", version, "yes" if right[i, j] else "no")
            for i in range(30)
            for j in range(20)
        ]
    key = {f"i{i}": {"question": "joy", "image": f"i{i}", "truth": "yes"} for i in range(30)}
    return votes_by_question(labels, key, "key")[0]


def test_a_model_of_all_right_answers_is_undefined(table):
    given = votes_by_question(table({"raw": {name: "yyy" for name in "abcd"}}), {}, "raw")[0]
    assert isinstance(mixed(given).rows[0][1], NotAvailable)


def eight(first, second):
    """The same labels of four images each."""
    return dict.fromkeys("abcd", first) | dict.fromkeys("efgh", second)


@pytest.mark.parametrize(
    ("labelled", "reason"),
    [
        (
            {"raw": eight("yy", "nn"), "blur": eight("yn", "nn")},
            "expected 3 labelers or more for a team, got 2",
        ),
        ({"blur": eight("yyn", "nnn")}, "expected votes on the version 'raw'"),
    ],
)
def test_missing_numbers_have_a_reason_and_spare_the_others(
    table, write_csv, tmp_path, labelled, reason
):
    path = write_csv("long.csv", LONG, [label[:5] for label in table(labelled)])
    tables, _ = analyse([path], [], AnalysisOptions(), tmp_path)
    found = {table.name.partition("-")[2]: table for table in tables}
    assert set(found) == TABLES
    assert reason in found["curve"].rows[0][2].reason
    assert isinstance(found["agreement"].rows[0][1], float)
    assert f"{len(labelled['blur']['a'])} people" in (tmp_path / "analysis.md").read_text()


EVIL = ("../../escaped", "/escaped", "..", "a/b", "$\\frac$", "=1+1", "<b>|x", "x" * 300, "a\nb")


@pytest.mark.parametrize("question", EVIL)
def test_a_question_of_an_answer_file_is_never_a_path(write_csv, tmp_path, question):
    rows = [
        (labeler, question, image, version, "yes" if image == "1" else "no")
        for labeler in ("=a", "b", "c")
        for image in "12"
        for version in ("raw", "=blur")
    ]
    path = write_csv("long.csv", LONG, [*rows, ("<i>", question, "3", "raw", "")])
    out = tmp_path / "in" / "out"
    analyse([path], [], AnalysisOptions(), out)
    assert {path.name for path in tmp_path.rglob("*")} - {p.name for p in out.iterdir()} == {
        "long.csv", "in", "out",
    }  # fmt: skip
    assert len(list(out.iterdir())) == 2 + 2 * len(TABLES) + 3  # report, bad lines; 3 figures
    for file in out.glob("*.csv"):
        with file.open(newline="") as opened:
            cells = [cell for row in csv.reader(opened) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@"))], file


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_table_is_written_in_its_folder_whatever_its_name(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "out").mkdir()
    write_table(Table("title", ("a",), [("b",)], name=name), folder / "out")
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in written) == [".csv", ".md"]
    assert {path.parent for path in written} == {folder / "out"}


def test_what_is_said_of_bad_lines_is_one_line_without_html(write_csv, tmp_path):
    rows = [("ann", "joy", "1", "raw", "yes"), ("<b>\n# x", "joy", "1", "raw", "yes")] * 2
    analyse([write_csv("long.csv", LONG, rows)], [], AnalysisOptions(), tmp_path / "out")
    report = (tmp_path / "out" / "analysis.md").read_text()
    assert "&lt;b&gt; # x labelled this already at long.csv:" in report
