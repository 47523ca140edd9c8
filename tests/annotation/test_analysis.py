"""The whole analysis."""

import csv
import time

import numpy as np
import pytest

from bench.annotation.analysis import Choices, analyse
from bench.annotation.mixed import mixed
from bench.annotation.reading import Label
from bench.annotation.tables import NotAvailable
from bench.annotation.votes import votes

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
    told = [(*line[:3], "raw", *line[3:]) for line in lines]
    start = time.process_time()
    tables, bad = analyse([answers], [write_csv("key.csv", columns, told)], Choices(), tmp_path)
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
    assert "truth itself" in rows["raw"]["reason"]
    assert float(rows["gan"]["average_low"]) < float(rows["gan"]["average"]) < 0.9


@pytest.mark.slow
def test_the_mixed_model_finds_what_was_planted():
    """95 % intervals of an effect of the version hold it, and would not hold none."""
    for seed in range(2):
        effect, low, high = mixed(_planted(seed, effect=-1.0)).rows[0][1:4]
        assert low < -1.0 < high < 0
        assert low < effect < high


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
    return votes(labels, key, "key")[0]


def test_a_model_of_all_right_answers_is_undefined(table):
    given = votes(table({"raw": {name: "yyy" for name in "abcd"}}), {}, "raw")[0]
    assert isinstance(mixed(given).rows[0][1], NotAvailable)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"raw": {"a": "yy", "b": "nn"}, "blur": {"a": "yn", "b": "nn"}}, "a team has 3 or more"),
        ({"blur": {"a": "yyn", "b": "nnn"}}, "no version 'raw' whose majority is the truth"),
    ],
)
def test_what_cannot_be_said_is_told_beside_what_can(table, write_csv, tmp_path, said, reason):
    path = write_csv("long.csv", LONG, [label[:5] for label in table(said)])
    tables, _ = analyse([path], [], Choices(), tmp_path)
    found = {table.name.partition("-")[2]: table for table in tables}
    assert set(found) == TABLES
    assert reason in found["curve"].rows[0][2].reason
    assert isinstance(found["agreement"].rows[0][1], float)
    assert f"{len(said['blur']['a'])} people" in (tmp_path / "analysis.md").read_text()
